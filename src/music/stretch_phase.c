// SPDX-License-Identifier: Apache-2.0
// music/stretch_phase.c - peaks, regions, angles.
#include "music/stretch_phase.h"

#include <math.h>

static const float NEW = 2;        // times the power before, that make a bin new
static const float STANDS_OUT = 7; // times the power of most bins about it, that make a peak a tone's
enum { ABOUT = 12, LOW = 20 };     // bins to either side; bins so low hold several tones about each other, or none

att_status att_stretch_phase_init(att_stretch_phase *p, size_t bins, uint32_t channels, const att_host *host, att_error *err)
{
    *p = (att_stretch_phase){.bins = bins, .channels = channels, .attack = INT64_MIN};
    p->now = ATT_NEW_ARRAY(host, float, bins);
    p->before = ATT_NEW_ARRAY(host, float, bins);
    p->clean = ATT_NEW_ARRAY(host, float, bins);
    p->turn = ATT_NEW_ARRAY(host, float, 2 * bins);
    p->turn_next = ATT_NEW_ARRAY(host, float, 2 * bins);
    p->peaks = ATT_NEW_ARRAY(host, uint32_t, bins);
    if (!p->now || !p->before || !p->clean || !p->turn || !p->turn_next || !p->peaks)
        return att_no_memory(err, bins, "bins of a phase vocoder");
    for (size_t k = 0; k < bins; k++)
        p->turn[2 * k] = 1;
    return ATT_OK;
}

void att_stretch_phase_deinit(att_stretch_phase *p, const att_host *host)
{
    ATT_FREE_ARRAY(host, p->now, p->bins);
    ATT_FREE_ARRAY(host, p->before, p->bins);
    ATT_FREE_ARRAY(host, p->clean, p->bins);
    ATT_FREE_ARRAY(host, p->turn, 2 * p->bins);
    ATT_FREE_ARRAY(host, p->turn_next, 2 * p->bins);
    ATT_FREE_ARRAY(host, p->peaks, p->bins);
}

static void measure_power(att_stretch_phase *p, const float complex *now)
{
    float *restrict power = p->now;
    memset(power, 0, p->bins * sizeof *power);
    for (uint32_t c = 0; c < p->channels; c++) {
        const float *x = (const float *)(now + c * p->bins);
        for (size_t k = 0; k < p->bins; k++)
            power[k] += x[2 * k] * x[2 * k] + x[2 * k + 1] * x[2 * k + 1];
    }
}

// A peak is greater than its two neighbours on either side.
static size_t find_peaks(att_stretch_phase *p)
{
    const float *m = p->now;
    size_t count = 0;
    for (size_t k = 0; k < p->bins; k++) {
        const bool left = (k < 1 || m[k] > m[k - 1]) && (k < 2 || m[k] > m[k - 2]);
        const bool right = (k + 1 >= p->bins || m[k] >= m[k + 1]) && (k + 2 >= p->bins || m[k] >= m[k + 2]);
        if (left && right && m[k] > 0) {
            p->peaks[count++] = (uint32_t)k;
            k += 2;
        }
    }
    return count;
}

// The angle of the tone at bin k from window to window, wrapped round what the bin's own frequency gives.
static double advance_of(const att_stretch_phase *p, const float complex *now, const float complex *before, size_t k, double in)
{
    double re = 0, im = 0;
    for (uint32_t c = 0; c < p->channels; c++) {
        const float *x = (const float *)(now + c * p->bins + k), *y = (const float *)(before + c * p->bins + k);
        re += (double)x[0] * (double)y[0] + (double)x[1] * (double)y[1];
        im += (double)x[1] * (double)y[0] - (double)x[0] * (double)y[1];
    }
    const double expected = M_PI * (double)k / (double)(p->bins - 1) * in;
    return expected + remainder(atan2(im, re) - expected, 2 * M_PI);
}

static void turn_region(att_stretch_phase *p, size_t from, size_t end, size_t peak, double angle)
{
    const double c = cos(angle), s = sin(angle), re = (double)p->turn[2 * peak], im = (double)p->turn[2 * peak + 1];
    const double x = re * c - im * s, y = re * s + im * c, norm = 1 / sqrt(x * x + y * y);
    for (size_t k = from; k < end; k++) {
        p->turn_next[2 * k] = (float)(x * norm);
        p->turn_next[2 * k + 1] = (float)(y * norm);
    }
}

// Where the region of peak i ends: at the valley before the next one.
static size_t region_end(const att_stretch_phase *p, size_t i, size_t count)
{
    if (i + 1 == count)
        return p->bins;
    size_t end = p->peaks[i] + 1;
    for (size_t k = end; k <= p->peaks[i + 1]; k++)
        end = p->now[k] < p->now[end] ? k : end;
    return end;
}

static void follow_tones(att_stretch_phase *p, size_t count, const float complex *now, const float complex *before, double in, double out)
{
    for (size_t i = 0, from = 0, end; i < count; i++, from = end) {
        const size_t peak = p->peaks[i];
        end = region_end(p, i, count);
        const double w = advance_of(p, now, before, peak, in) / in;
        turn_region(p, from, end, peak, peak ? w * (out - in) : 0);
    }
    if (count) {
        float *swap = p->turn;
        p->turn = p->turn_next;
        p->turn_next = swap;
    }
}

// A tone's peak is far above the median about it (Fitzgerald 2010, along frequency); those of noise and of attacks are not.
static bool is_tone(const att_stretch_phase *p, size_t peak)
{
    const size_t from = peak > ABOUT ? peak - ABOUT : 0, end = ATT_MIN(peak + ABOUT + 1, p->bins);
    size_t far_below = 0;
    for (size_t k = from; k < end; k++)
        far_below += p->now[k] * STANDS_OUT < p->now[peak];
    return peak < LOW || 2 * far_below > end - from;
}

static bool is_new(const att_stretch_phase *p, size_t k)
{
    float was = p->clean[k];
    was = k ? fmaxf(was, p->clean[k - 1]) : was;
    was = k + 1 < p->bins ? fmaxf(was, p->clean[k + 1]) : was;
    return p->now[k] > NEW * was;
}

static void reset_all_but_tones(att_stretch_phase *p, size_t count)
{
    for (size_t i = 0, from = 0, end; i < count; i++, from = end) {
        const bool tone = is_tone(p, p->peaks[i]);
        end = region_end(p, i, count);
        for (size_t k = from; k < end; k++)
            if (!tone || is_new(p, k)) {
                p->turn[2 * k] = 1;
                p->turn[2 * k + 1] = 0;
            }
    }
}

void att_stretch_phase_turn(att_stretch_phase *p, const float complex *now, const float complex *before, double in, double out,
    int64_t attack, float complex *turned)
{
    measure_power(p, now);
    const size_t count = in != out || attack != INT64_MIN ? find_peaks(p) : 0;
    if (in != out)
        follow_tones(p, count, now, before, in, out);
    if (attack != INT64_MIN) {
        if (attack != p->attack)
            memcpy(p->clean, p->before, p->bins * sizeof *p->clean);
        p->attack = attack;
        reset_all_but_tones(p, count);
    }
    float *swap = p->before;
    p->before = p->now;
    p->now = swap;
    const float *restrict turn = p->turn;
    for (uint32_t c = 0; c < p->channels; c++) {
        const float *x = (const float *)(now + c * p->bins);
        float *y = (float *)(turned + c * p->bins);
        for (size_t k = 0; k < p->bins; k++) {
            const float re = x[2 * k], im = x[2 * k + 1];
            y[2 * k] = re * turn[2 * k] - im * turn[2 * k + 1];
            y[2 * k + 1] = re * turn[2 * k + 1] + im * turn[2 * k];
        }
    }
}
