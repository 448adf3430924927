// SPDX-License-Identifier: Apache-2.0
// music/score_seam.c - how well a loop's end meets its beginning, measured on the sound alone.
//
// A click is a jump of the waveform: the largest second difference at the seam is set beside the largest near it. A wrong note or a cut tail
// is a jump of the spectrum: the distance of log-magnitude spectra just before and just after the seam is set beside the same distances at
// the other bar lines, where music changes too.
#include "attune/compose.h"
#include "base/base.h"
#include "base/fft.h"

#include <math.h>
#include <stdlib.h>

enum { WINDOW = 2048, HOPS_MAX = 64 };

static float at(att_sound s, int64_t frame, uint32_t channel)
{
    const int64_t frames = (int64_t)s.frames;
    return s.samples[(size_t)((frame % frames + frames) % frames) * s.channels + channel];
}

// Around these frames, of all channels.
static double largest_bend(att_sound s, int64_t first, int64_t count)
{
    double most = 0;
    for (int64_t i = first; i < first + count; i++)
        for (uint32_t c = 0; c < s.channels; c++)
            most = fmax(most, fabs((double)at(s, i - 1, c) - 2 * (double)at(s, i, c) + (double)at(s, i + 1, c)));
    return most;
}

typedef struct meter {
    att_sound sound;
    att_fft *fft;
    float window[WINDOW], in[WINDOW];
    float complex bins[WINDOW / 2 + 1];
    double before[WINDOW / 2 + 1];
} meter;

static double look(meter *m, int64_t first, double *log_magnitudes)
{
    double energy = 0;
    for (int i = 0; i < WINDOW; i++) {
        float sum = 0;
        for (uint32_t c = 0; c < m->sound.channels; c++)
            sum += at(m->sound, first + i, c);
        m->in[i] = sum * m->window[i];
        energy += (double)(m->in[i] * m->in[i]);
    }
    att_fft_forward(m->fft, m->in, m->bins);
    for (int k = 0; k <= WINDOW / 2; k++)
        log_magnitudes[k] = log10((double)cabsf(m->bins[k]) + 1e-4);
    return energy;
}

// The mean distance of the spectra on both sides of a frame, in decades, and the change of level in dB.
static double change(meter *m, int64_t frame, double *level_db)
{
    double after[WINDOW / 2 + 1], sum = 0;
    const double a = look(m, frame - WINDOW, m->before), b = look(m, frame, after);
    for (int k = 0; k <= WINDOW / 2; k++)
        sum += fabs(after[k] - m->before[k]);
    *level_db = 10 * log10((b + 1e-9) / (a + 1e-9));
    return sum / (WINDOW / 2 + 1);
}

static int order_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, order_doubles);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void measure(meter *m, uint32_t bars, att_seam *out)
{
    const uint32_t lines = (uint32_t)ATT_MIN(bars > 1 ? bars : 4u, (uint32_t)HOPS_MAX);
    double changes[HOPS_MAX], levels[HOPS_MAX], level = 0;
    for (uint32_t i = 1; i < lines; i++)
        changes[i - 1] = change(m, (int64_t)((double)m->sound.frames * i / lines), &levels[i - 1]);
    const double here = change(m, 0, &level), usual = median(changes, lines - 1);
    const int64_t near = (int64_t)m->sound.rate_hz / 100;
    const double beside = fmax(largest_bend(m->sound, -near, near - 1), largest_bend(m->sound, 2, near));
    *out = (att_seam){.step = largest_bend(m->sound, -1, 3) / fmax(beside, 1e-9), .spectrum = here / fmax(usual, 1e-9), .level = level - median(levels, lines - 1)};
}

att_status att_seam_measure(att_sound loop, uint32_t bars, att_seam *out, const att_host *host, att_error *err)
{
    const att_host complete = att_host_complete(host);
    bool silent = true;
    *out = (att_seam){0};
    for (size_t i = 0; silent && i < loop.frames * loop.channels; i++)
        silent = loop.samples[i] == 0;
    if (silent || loop.frames < (size_t)2 * WINDOW || loop.frames < loop.rate_hz / 5)
        return ATT_FAIL(err, ATT_INSUFFICIENT, "seam: the loop is %s", silent ? "silent" : "shorter than a fifth of a second");
    meter *m = ATT_NEW_ARRAY(&complete, meter, 1);
    if (!m)
        return att_no_memory(err, 1, "meter of a seam");
    m->sound = loop;
    att_window_hann(m->window, WINDOW);
    const att_status status = att_fft_create(&m->fft, WINDOW, &complete, err);
    if (!status)
        measure(m, bars, out);
    att_fft_destroy(m->fft);
    ATT_FREE_ARRAY(&complete, m, 1);
    return status;
}
