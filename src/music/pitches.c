// SPDX-License-Identifier: Apache-2.0
// music/pitches.c - long windows, their peaks, and the pitch classes that these speak for.
#include "music/pitches.h"

#include "base/fft.h"

#include <math.h>

enum { PARTIALS = 4 };

struct att_pitches {
    att_host host;
    uint32_t rate_hz;
    size_t window, hop, filled;
    float *ring, *hann, *framed, *magnitude;
    float complex *spectrum;
    att_fft *fft;
    double all[ATT_PITCH_STEPS];
    ATT_VEC(float) chroma;
};

void att_pitches_destroy(att_pitches *p)
{
    if (!p)
        return;
    const att_host host = p->host;
    ATT_FREE_ARRAY(&host, p->ring, p->window);
    ATT_FREE_ARRAY(&host, p->hann, p->window);
    ATT_FREE_ARRAY(&host, p->framed, p->window);
    ATT_FREE_ARRAY(&host, p->magnitude, p->window / 2 + 1);
    ATT_FREE_ARRAY(&host, p->spectrum, p->window / 2 + 1);
    att_fft_destroy(p->fft);
    ATT_VEC_FREE(&host, &p->chroma);
    ATT_FREE_ARRAY(&host, p, 1);
}

att_status att_pitches_create(att_pitches **out, uint32_t rate_hz, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    *out = NULL;
    att_pitches *p = ATT_NEW_ARRAY(&full, att_pitches, 1);
    if (!p)
        return att_no_memory(err, 1, "pitch meter");
    p->host = full;
    p->rate_hz = rate_hz;
    for (p->window = 512; (double)p->window < 0.12 * rate_hz;)
        p->window *= 2; // 8192 at 44.1 kHz
    p->hop = p->window / 2;
    p->filled = p->hop; // silence before, so that window 0 is around time 0
    p->ring = ATT_NEW_ARRAY(&full, float, p->window);
    p->hann = ATT_NEW_ARRAY(&full, float, p->window);
    p->framed = ATT_NEW_ARRAY(&full, float, p->window);
    p->magnitude = ATT_NEW_ARRAY(&full, float, p->window / 2 + 1);
    p->spectrum = ATT_NEW_ARRAY(&full, float complex, p->window / 2 + 1);
    att_status status = p->ring && p->hann && p->framed && p->magnitude && p->spectrum ? ATT_OK : att_no_memory(err, 1, "pitch meter");
    if (!status)
        status = att_fft_create(&p->fft, p->window, &full, err);
    if (status) {
        att_pitches_destroy(p);
        return status;
    }
    att_window_hann(p->hann, p->window);
    for (size_t i = 0; i < p->window; i++)
        p->hann[i] *= 4.0f / (float)p->window;
    *out = p;
    return ATT_OK;
}

static void speak(double *to, double hz, double weight)
{
    double at = fmod(log2(hz / 440) + 16, 1) * ATT_PITCH_STEPS;
    const double low = floor(at), share = at - low;
    to[(size_t)low % ATT_PITCH_STEPS] += weight * (1 - share);
    to[((size_t)low + 1) % ATT_PITCH_STEPS] += weight * share;
}

typedef struct peak {
    double hz, weight;
} peak;

static size_t find_peaks(const att_pitches *p, peak *out, size_t capacity)
{
    const double bin_hz = (double)p->rate_hz / (double)p->window;
    const size_t first = (size_t)(55 / bin_hz), last = ATT_MIN((size_t)(3000 / bin_hz), p->window / 2 - 2);
    const float *m = p->magnitude;
    float top = 0;
    for (size_t k = first; k <= last; k++)
        top = ATT_MAX(top, m[k]);
    const float least = ATT_MAX(top * 0.003f, 1e-4f); // 50 dB below the loudest, 80 below full scale
    size_t count = 0;
    for (size_t k = ATT_MAX(first, (size_t)2); k <= last && count < capacity; k++) {
        if (m[k] < least || m[k] <= m[k - 1] || m[k] < m[k + 1])
            continue;
        const double a = log((double)m[k - 1] + 1e-9), b = log((double)m[k] + 1e-9), c = log((double)m[k + 1] + 1e-9), bend = a - 2 * b + c;
        const double shift = bend < -1e-9 ? 0.5 * (a - c) / bend : 0;
        out[count++] = (peak){((double)k + shift) * bin_hz, sqrt((double)m[k])};
    }
    return count;
}

static att_status add_window(att_pitches *p, att_error *err)
{
    enum { PEAKS_MAX = 400 };
    peak peaks[PEAKS_MAX];
    for (size_t i = 0; i < p->window; i++)
        p->framed[i] = p->ring[i] * p->hann[i];
    att_fft_forward(p->fft, p->framed, p->spectrum);
    const size_t last = ATT_MIN((size_t)(3100.0 * (double)p->window / p->rate_hz), p->window / 2);
    for (size_t k = 0; k <= last; k++)
        p->magnitude[k] = hypotf(crealf(p->spectrum[k]), cimagf(p->spectrum[k]));
    const size_t count = find_peaks(p, peaks, PEAKS_MAX);
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += peaks[i].weight;
    if (!ATT_VEC_RESERVE(&p->host, &p->chroma, p->chroma.count + 12))
        return att_no_memory(err, p->chroma.count, "pitch classes");
    float *classes = p->chroma.items + p->chroma.count;
    memset(classes, 0, 12 * sizeof *classes);
    p->chroma.count += 12;
    for (size_t i = 0; i < count; i++) {
        double weight = peaks[i].weight / sum;
        classes[(size_t)floor(fmod(log2(peaks[i].hz / 440) + 16, 1) * 12 + 0.5) % 12] += (float)weight;
        for (int h = 1; h <= PARTIALS && peaks[i].hz / h > 50; h++, weight *= 0.6)
            speak(p->all, peaks[i].hz / h, weight);
    }
    return ATT_OK;
}

att_status att_pitches_hear(att_pitches *p, const float *mono, size_t count, att_error *err)
{
    att_status status = ATT_OK;
    while (!status && count) {
        const size_t some = ATT_MIN(count, p->window - p->filled);
        memcpy(p->ring + p->filled, mono, some * sizeof *mono);
        p->filled += some;
        mono += some;
        count -= some;
        if (p->filled < p->window)
            break;
        status = add_window(p, err);
        memmove(p->ring, p->ring + p->hop, (p->window - p->hop) * sizeof *p->ring);
        p->filled = p->window - p->hop;
    }
    return status;
}

void att_pitches_tell(const att_pitches *p, double all[ATT_PITCH_STEPS])
{
    memcpy(all, p->all, sizeof p->all);
}

float *att_pitches_take(att_pitches *p, size_t *count, double *windows_hz)
{
    *count = p->chroma.count / 12;
    *windows_hz = (double)p->rate_hz / (double)p->hop;
    float *fitted = att_realloc(&p->host, p->chroma.items, p->chroma.capacity, p->chroma.count, sizeof(float));
    if (!fitted && p->chroma.count)
        return NULL;
    p->chroma.items = NULL;
    p->chroma.capacity = p->chroma.count = 0;
    return fitted;
}
