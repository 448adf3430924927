// SPDX-License-Identifier: Apache-2.0
// music/master_figures.c - figures before and after.
#include "music/master_figures.h"
#include "base/fft.h"
#include "music/loudness.h"

#include <ebur128.h>
#include <math.h>

enum { POINTS = 4096, PIECE_FRAMES = 1 << 16 };
static const double EDGE = 1e-3; // of the power lies beyond the band's edge

att_status att_master_loudness(att_sound sound, double *lufs, att_error *err)
{
    ebur128_state *meter = ebur128_init(sound.channels, sound.rate_hz, EBUR128_MODE_I);
    int bad = meter ? EBUR128_SUCCESS : EBUR128_ERROR_NOMEM;
    for (size_t at = 0; !bad && at < sound.frames; at += PIECE_FRAMES)
        bad = ebur128_add_frames_float(meter, sound.samples + at * sound.channels, ATT_MIN(sound.frames - at, (size_t)PIECE_FRAMES));
    if (!bad)
        bad = ebur128_loudness_global(meter, lufs);
    if (meter)
        ebur128_destroy(&meter);
    return bad ? ATT_FAIL(err, ATT_NO_MEMORY, "out of memory for a loudness meter") : ATT_OK;
}

double att_master_rms(att_sound sound)
{
    const size_t count = sound.frames * sound.channels;
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)sound.samples[i] * (double)sound.samples[i];
    return count ? sqrt(sum / (double)count) : 0;
}

double att_master_peak(att_sound sound)
{
    double peak = 0;
    for (size_t i = 0; i < sound.frames * sound.channels; i++)
        peak = fmax(peak, fabs((double)sound.samples[i]));
    return peak;
}

// Power by frequency, all channels, of windows half a window apart; the edges that a thousandth lies beyond.
static void find_edges(att_fft *fft, att_sound sound, float *work, double *power, att_master_figures *out)
{
    float *shape = work, *frame = work + POINTS;
    float complex *spectrum = (float complex *)(void *)(work + 2 * POINTS);
    double whole = 0, sum = 0;
    att_window_hann(shape, POINTS);
    for (size_t at = 0; at < sound.frames; at += POINTS / 2)
        for (uint32_t c = 0; c < sound.channels; c++) {
            for (size_t i = 0; i < POINTS; i++)
                frame[i] = at + i < sound.frames ? sound.samples[(at + i) * sound.channels + c] * shape[i] : 0;
            att_fft_forward(fft, frame, spectrum);
            for (size_t k = 0; k <= POINTS / 2; k++)
                power[k] += (double)(crealf(spectrum[k]) * crealf(spectrum[k]) + cimagf(spectrum[k]) * cimagf(spectrum[k]));
        }
    for (size_t k = 0; k <= POINTS / 2; k++)
        whole += power[k];
    const double hz = (double)sound.rate_hz / POINTS;
    for (size_t k = 0; k <= POINTS / 2; k++) {
        if (sum < EDGE * whole && sum + power[k] >= EDGE * whole)
            out->band_low_hz = (double)k * hz;
        if (sum < (1 - EDGE) * whole && sum + power[k] >= (1 - EDGE) * whole)
            out->band_high_hz = (double)k * hz;
        sum += power[k];
    }
}

att_status att_master_measure(att_sound sound, att_master_figures *out, const att_host *host, att_error *err)
{
    enum { WORK = 3 * POINTS + 2, BINS = POINTS / 2 + 1 };
    att_loudness loudness;
    *out = (att_master_figures){0};
    att_status status = att_loudness_measure(sound, &loudness, err);
    if (status)
        return status;
    const att_host its = att_host_complete(host);
    att_fft *fft = NULL;
    float *work = ATT_NEW_ARRAY(&its, float, WORK);
    double *power = ATT_NEW_ARRAY(&its, double, BINS);
    status = work && power ? att_fft_create(&fft, POINTS, &its, err) : att_no_memory(err, POINTS, "points of a spectrum");
    if (!status) {
        find_edges(fft, sound, work, power, out);
        out->loudness_lufs = loudness.integrated_lufs;
        out->loudness_range_lu = loudness.range_lu;
        out->true_peak_dbtp = loudness.true_peak_dbtp;
        out->crest_db = 20 * log10(fmax(att_master_peak(sound), 1e-12) / fmax(att_master_rms(sound), 1e-12));
    }
    att_fft_destroy(fft);
    ATT_FREE_ARRAY(&its, power, BINS);
    ATT_FREE_ARRAY(&its, work, WORK);
    return status;
}
