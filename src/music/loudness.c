// SPDX-License-Identifier: Apache-2.0
// music/loudness.c - loudness by libebur128, in one pass.
#include "music/loudness.h"
#include "base/base.h"

#include <ebur128.h>
#include <math.h>

att_status att_loudness_measure(att_sound sound, att_loudness *out, att_error *err)
{
    enum { BLOCK_FRAMES = 1 << 16 };
    *out = (att_loudness){-HUGE_VAL, 0, -HUGE_VAL};
    ebur128_state *meter = ebur128_init(sound.channels, sound.rate_hz, EBUR128_MODE_I | EBUR128_MODE_LRA | EBUR128_MODE_TRUE_PEAK);
    if (!meter)
        return ATT_FAIL(err, ATT_NO_MEMORY, "out of memory for a loudness meter");
    int bad = EBUR128_SUCCESS;
    for (size_t at = 0; !bad && at < sound.frames; at += BLOCK_FRAMES)
        bad = ebur128_add_frames_float(meter, sound.samples + at * sound.channels, ATT_MIN(sound.frames - at, (size_t)BLOCK_FRAMES));
    double peak = 0;
    for (uint32_t c = 0; !bad && c < sound.channels; c++) {
        double its = 0;
        bad = ebur128_true_peak(meter, c, &its);
        peak = fmax(peak, its);
    }
    if (!bad)
        bad = ebur128_loudness_global(meter, &out->integrated_lufs);
    if (!bad)
        bad = ebur128_loudness_range(meter, &out->range_lu);
    out->true_peak_dbtp = peak > 0 ? 20 * log10(peak) : -HUGE_VAL;
    ebur128_destroy(&meter);
    return bad ? ATT_FAIL(err, ATT_NO_MEMORY, "out of memory for a loudness meter") : ATT_OK;
}
