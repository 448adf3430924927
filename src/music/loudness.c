// SPDX-License-Identifier: Apache-2.0
// music/loudness.c - loudness by libebur128, true peak by our own, in one pass.
#include "music/loudness.h"
#include "attune/music.h"
#include "base/base.h"
#include "music/true_peak.h"

#include <ebur128.h>
#include <math.h>

struct att_meter {
    att_host host;
    ebur128_state *state;
    att_true_peak peak;
};

att_status att_meter_create(att_meter **out, uint32_t channels, uint32_t rate_hz, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    *out = NULL;
    att_meter *meter = ATT_NEW_ARRAY(&full, att_meter, 1);
    if (!meter)
        return att_no_memory(err, 1, "loudness meter");
    meter->host = full;
    // Histograms: memory that does not grow with the hours, at a step of 0.1 dB.
    meter->state = ebur128_init(channels, rate_hz, EBUR128_MODE_I | EBUR128_MODE_LRA | EBUR128_MODE_HISTOGRAM);
    if (!meter->state) {
        att_meter_destroy(meter);
        return ATT_FAIL(err, ATT_NO_MEMORY, "out of memory for a loudness meter");
    }
    att_true_peak_init(&meter->peak, channels, rate_hz);
    *out = meter;
    return ATT_OK;
}

void att_meter_destroy(att_meter *meter)
{
    if (!meter)
        return;
    const att_host host = meter->host;
    if (meter->state)
        ebur128_destroy(&meter->state);
    ATT_FREE_ARRAY(&host, meter, 1);
}

att_status att_meter_add(att_meter *meter, const float *samples, size_t frames, att_error *err)
{
    enum { BLOCK_FRAMES = 1 << 16 };
    int bad = EBUR128_SUCCESS;
    for (size_t at = 0; !bad && at < frames; at += BLOCK_FRAMES)
        bad = ebur128_add_frames_float(meter->state, samples + at * meter->state->channels, ATT_MIN(frames - at, (size_t)BLOCK_FRAMES));
    att_true_peak_add(&meter->peak, samples, frames);
    return bad ? ATT_FAIL(err, ATT_NO_MEMORY, "out of memory for a loudness meter") : ATT_OK;
}

att_status att_meter_tell(att_meter *meter, att_loudness *out, att_error *err)
{
    *out = (att_loudness){-HUGE_VAL, 0, -HUGE_VAL};
    const double peak = (double)att_true_peak_tell(&meter->peak);
    int bad = ebur128_loudness_global(meter->state, &out->integrated_lufs);
    if (!bad)
        bad = ebur128_loudness_range(meter->state, &out->range_lu);
    out->true_peak_dbtp = peak > 0 ? 20 * log10(peak) : -HUGE_VAL;
    return bad ? ATT_FAIL(err, ATT_NO_MEMORY, "out of memory for a loudness meter") : ATT_OK;
}

att_status att_loudness_measure(att_sound sound, att_loudness *out, att_error *err)
{
    att_meter *meter;
    att_status status = att_meter_create(&meter, sound.channels, sound.rate_hz, NULL, err);
    *out = (att_loudness){-HUGE_VAL, 0, -HUGE_VAL};
    if (!status)
        status = att_meter_add(meter, sound.samples, sound.frames, err);
    if (!status)
        status = att_meter_tell(meter, out, err);
    att_meter_destroy(meter);
    return status;
}

att_status att_music_loudness(att_sound sound, double *lufs, att_error *err)
{
    att_loudness heard;
    const att_status status = att_loudness_measure(sound, &heard, err);
    *lufs = heard.integrated_lufs;
    return status;
}
