// SPDX-License-Identifier: Apache-2.0
// music/stretch_onset.c - attacks by spectral flux.
#include "music/stretch_onset.h"

#include <math.h>

enum { BANDS = 18, PAST = 10, FLUX = 5, OVERLAP = 4 };

static const float GAIN = 1e6f;       // what is 60 dB below full scale counts one step of two
static const float LEAST = 0.35f;     // mean rise, in steps of two, that is an attack in silence
static const float STANDS_OUT = 2.2f; // times the running mean
static const float FORGET = 0.985f;   // of the running mean, a block: half in 46 blocks, 67 ms

struct att_onsets {
    att_host host;
    att_fft *fft;
    size_t window, hop, bins;
    uint32_t channels;
    float *room, *shape, *seen; // (channels, window), (window), (window)
    float complex *spectrum;    // (bins)
    size_t edges[BANDS + 1];
    float past[PAST][BANDS]; // by n % PAST
    float flux[FLUX];        // by n % FLUX
    float mean;
    int64_t n, last; // looks so far; the look of the last attack
};

// Bands are a bin wide below and grow by a constant factor above.
static void make_bands(att_onsets *o)
{
    const double ratio = pow((double)(o->bins - 1), 1.0 / BANDS);
    for (size_t b = 0; b <= BANDS; b++) {
        const size_t wide = (size_t)lround(pow(ratio, (double)b));
        o->edges[b] = b ? ATT_MAX(o->edges[b - 1] + 1, wide) : 0;
        o->edges[b] = ATT_MIN(o->edges[b], o->bins);
    }
    o->edges[BANDS] = o->bins;
}

// 5.8 ms, of factors 2 and 3 only, so that the transform is fast.
static size_t window_for(uint32_t rate_hz)
{
    const size_t least = (size_t)(rate_hz * 0.0052);
    for (size_t size = 16;; size += 8) {
        size_t rest = size;
        while (rest % 2 == 0)
            rest /= 2;
        while (rest % 3 == 0)
            rest /= 3;
        if (rest == 1 && size >= least)
            return size;
    }
}

att_status att_onsets_create(att_onsets **out, uint32_t channels, uint32_t rate_hz, const att_host *host, att_error *err)
{
    const att_host its = att_host_complete(host);
    *out = NULL;
    att_onsets *o = ATT_NEW_ARRAY(&its, att_onsets, 1);
    if (!o)
        return att_no_memory(err, 1, "look-out for attacks");
    o->host = its;
    o->window = window_for(rate_hz);
    o->hop = o->window / OVERLAP;
    o->bins = o->window / 2 + 1;
    o->channels = channels;
    o->last = -1000;
    o->room = ATT_NEW_ARRAY(&its, float, channels * o->window);
    o->shape = ATT_NEW_ARRAY(&its, float, o->window);
    o->seen = ATT_NEW_ARRAY(&its, float, o->window);
    o->spectrum = ATT_NEW_ARRAY(&its, float complex, o->bins);
    const att_status status = att_fft_create(&o->fft, o->window, &its, err);
    if (status || !o->room || !o->shape || !o->seen || !o->spectrum) {
        att_onsets_destroy(o);
        return status ? status : att_no_memory(err, 1, "look-out for attacks");
    }
    att_window_hann(o->shape, o->window);
    make_bands(o);
    *out = o;
    return ATT_OK;
}

void att_onsets_destroy(att_onsets *o)
{
    if (!o)
        return;
    const att_host host = o->host;
    att_fft_destroy(o->fft);
    ATT_FREE_ARRAY(&host, o->room, o->channels * o->window);
    ATT_FREE_ARRAY(&host, o->shape, o->window);
    ATT_FREE_ARRAY(&host, o->seen, o->window);
    ATT_FREE_ARRAY(&host, o->spectrum, o->bins);
    ATT_FREE_ARRAY(&host, o, 1);
}

size_t att_onsets_window(const att_onsets *o)
{
    return o->window;
}

size_t att_onsets_hop(const att_onsets *o)
{
    return o->hop;
}

// The greatest of five is known two blocks later; the window reaches half of itself further, and starts a quarter before.
size_t att_onsets_delay(const att_onsets *o)
{
    return o->window / 2 + o->window / 4 + (FLUX / 2) * o->hop;
}

float *att_onsets_room(att_onsets *o)
{
    return o->room;
}

static void measure_bands(att_onsets *o, float levels[BANDS])
{
    const float scale = GAIN * 16 / ((float)o->window * (float)o->window); // a full-scale sine gives about GAIN
    float energy[BANDS] = {0};
    for (uint32_t c = 0; c < o->channels; c++) {
        for (size_t i = 0; i < o->window; i++)
            o->seen[i] = o->room[c * o->window + i] * o->shape[i];
        att_fft_forward(o->fft, o->seen, o->spectrum);
        const float *x = (const float *)o->spectrum;
        for (size_t b = 0; b < BANDS; b++)
            for (size_t k = o->edges[b]; k < o->edges[b + 1]; k++)
                energy[b] += x[2 * k] * x[2 * k] + x[2 * k + 1] * x[2 * k + 1];
    }
    for (size_t b = 0; b < BANDS; b++)
        levels[b] = log2f(1 + energy[b] * scale);
}

// Mean rise over the loudest of blocks n - 9 … n - 4: a tone that beats does not rise over its own past.
static float rise(const att_onsets *o, const float levels[BANDS])
{
    float sum = 0;
    for (size_t b = 0; b < BANDS; b++) {
        float before = 0;
        for (int j = OVERLAP; j < PAST; j++)
            before = fmaxf(before, o->past[(o->n + PAST - j) % PAST][b]);
        sum += fmaxf(0, levels[b] - before);
    }
    return sum / BANDS;
}

bool att_onsets_look(att_onsets *o, int64_t *at)
{
    float levels[BANDS];
    measure_bands(o, levels);
    o->flux[o->n % FLUX] = rise(o, levels);
    memcpy(o->past[o->n % PAST], levels, sizeof levels);
    const int64_t middle = o->n - FLUX / 2; // the look that is judged now
    const float its = middle >= 0 ? o->flux[middle % FLUX] : 0;
    bool greatest = middle >= 0 && its > LEAST && its > STANDS_OUT * o->mean;
    for (int j = 1; greatest && j <= FLUX / 2; j++)
        greatest = its >= o->flux[(middle + j) % FLUX] && (middle < j || its > o->flux[(middle + FLUX - j) % FLUX]);
    o->mean = o->mean * FORGET + its * (1 - FORGET);
    o->n++;
    if (!greatest || middle - o->last < 12)
        return false;
    o->last = middle;
    *at = middle * (int64_t)o->hop - (int64_t)o->window / 4;
    return true;
}
