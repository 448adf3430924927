// SPDX-License-Identifier: Apache-2.0
// music/listen.c - frames of a mono mix, as they come.
#include "music/listen.h"

#include "base/fft.h"
#include "music/pitches.h"
#include "music/sides.h"

#include <math.h>
#include <stdlib.h>

enum { BANDS = 40, LASTING = 9, TALL = 9, HPSS_BINS = 384, TIMBRE_FRAMES = 16 }; // the medians' lengths, in frames (every second one) and in bins

typedef struct band {
    uint32_t first, count; // bins
    float weight[64];      // a triangle, of sum 1 or more where it is narrower than a bin
} band;

struct att_listener {
    att_host host;
    uint32_t channels, rate_hz;
    size_t window, hop, heard; // samples; heard: all that came
    float *ring;               // the last `window` samples, unrolled: (2 * window)
    size_t filled;             // samples in the ring that wait
    float *hann, *framed, *magnitude;
    float complex *spectrum;
    att_fft *fft;
    uint32_t bins; // below 11 kHz
    band bands[BANDS];
    uint8_t registers[BANDS];
    float now[BANDS], before[2][BANDS]; // log bands: this frame's and those of the two before
    size_t frames;
    ATT_VEC(float) onset;
    ATT_VEC(float) level;
    double cepstrum_sum[ATT_CEPSTRA], cepstrum_square[ATT_CEPSTRA], motion_square[ATT_CEPSTRA], last_cepstrum[ATT_CEPSTRA];
    float cosine[ATT_CEPSTRA][BANDS];
    size_t cepstra;
    double timbre_sum[ATT_CEPSTRA]; // of the row that is gathered
    size_t timbre_parts;
    ATT_VEC(float) timbre;
    double centroid_sum, centroid_weight, square_sum, peak;
    size_t clipped;
    att_sides sides; // of all that was heard until now
    float *history; // (LASTING, HPSS_BINS), a ring
    size_t history_count;
    double harmonic, percussive;
    att_pitches *pitches;
};

// --- Bands ------------------------------------------------------------------------------------------------

static double mel(double hz)
{
    return 1127 * log(1 + hz / 700);
}

static double hz_of_mel(double m)
{
    return 700 * (exp(m / 1127) - 1);
}

static void set_bands(att_listener *l)
{
    const double bin_hz = (double)l->rate_hz / (double)l->window, top = fmin(10000, 0.48 * l->rate_hz), low = mel(30), step = (mel(top) - low) / (BANDS + 1);
    for (int b = 0; b < BANDS; b++) {
        const double from = hz_of_mel(low + b * step), at = hz_of_mel(low + (b + 1) * step), to = hz_of_mel(low + (b + 2) * step);
        band *its = &l->bands[b];
        its->first = (uint32_t)ceil(from / bin_hz);
        double sum = 0;
        for (uint32_t k = its->first; k * bin_hz < to && its->count < 64; k++) {
            const double hz = k * bin_hz, weight = hz < at ? (hz - from) / (at - from) : (to - hz) / (to - at);
            its->weight[its->count++] = (float)weight;
            sum += weight;
        }
        if (sum < 1e-3) { // narrower than a bin: the nearest one
            its->first = (uint32_t)(at / bin_hz + 0.5);
            its->count = 1;
            its->weight[0] = 1;
            sum = 1;
        }
        for (uint32_t i = 0; i < its->count; i++)
            its->weight[i] /= (float)sum;
        l->registers[b] = at < 150 ? 0 : at < 600 ? 1 : at < 2400 ? 2 : 3;
    }
    for (int c = 0; c < ATT_CEPSTRA; c++)
        for (int b = 0; b < BANDS; b++)
            l->cosine[c][b] = (float)(sqrt((c ? 2.0 : 1.0) / BANDS) * cos(M_PI * c * (b + 0.5) / BANDS));
}

// --- Making it --------------------------------------------------------------------------------------------

void att_listener_destroy(att_listener *l)
{
    if (!l)
        return;
    const att_host host = l->host;
    ATT_FREE_ARRAY(&host, l->ring, 2 * l->window);
    ATT_FREE_ARRAY(&host, l->hann, l->window);
    ATT_FREE_ARRAY(&host, l->framed, l->window);
    ATT_FREE_ARRAY(&host, l->magnitude, l->window / 2 + 1);
    ATT_FREE_ARRAY(&host, l->spectrum, l->window / 2 + 1);
    ATT_FREE_ARRAY(&host, l->history, (size_t)LASTING * HPSS_BINS);
    att_fft_destroy(l->fft);
    att_pitches_destroy(l->pitches);
    ATT_VEC_FREE(&host, &l->onset);
    ATT_VEC_FREE(&host, &l->level);
    ATT_VEC_FREE(&host, &l->timbre);
    ATT_FREE_ARRAY(&host, l, 1);
}

att_status att_listener_create(att_listener **out, uint32_t channels, uint32_t rate_hz, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    *out = NULL;
    att_listener *l = ATT_NEW_ARRAY(&full, att_listener, 1);
    if (!l)
        return att_no_memory(err, 1, "listener");
    l->host = full;
    l->channels = channels;
    l->rate_hz = rate_hz;
    for (l->window = 128; (double)l->window * M_SQRT2 < 0.046 * rate_hz;)
        l->window *= 2; // the power of two that is nearest to 46 ms: 2048 at 44.1 and 48 kHz, 512 at 8 kHz
    l->hop = (size_t)(rate_hz / 86.1328125 + 0.5);
    const size_t half = l->window / 2 + 1;
    l->ring = ATT_NEW_ARRAY(&full, float, 2 * l->window);
    l->hann = ATT_NEW_ARRAY(&full, float, l->window);
    l->framed = ATT_NEW_ARRAY(&full, float, l->window);
    l->magnitude = ATT_NEW_ARRAY(&full, float, half);
    l->spectrum = ATT_NEW_ARRAY(&full, float complex, half);
    l->history = ATT_NEW_ARRAY(&full, float, (size_t)LASTING * HPSS_BINS);
    att_status status = l->ring && l->hann && l->framed && l->magnitude && l->spectrum && l->history ? ATT_OK : att_no_memory(err, 1, "listener");
    if (!status)
        status = att_fft_create(&l->fft, l->window, &full, err);
    if (!status)
        status = att_pitches_create(&l->pitches, rate_hz, &full, err);
    if (status) {
        att_listener_destroy(l);
        return status;
    }
    att_window_hann(l->hann, l->window);
    for (size_t i = 0; i < l->window; i++)
        l->hann[i] *= 4.0f / (float)l->window; // a sine of full scale has a peak of 1
    l->filled = l->window / 2; // silence before, so that frame 0 is around time 0
    l->bins = (uint32_t)ATT_MIN(half, (size_t)(11000.0 * (double)l->window / rate_hz) + 1);
    set_bands(l);
    *out = l;
    return ATT_OK;
}

// --- A frame ----------------------------------------------------------------------------------------------

static float median(float *values, size_t count)
{
    for (size_t i = 1; i < count; i++) { // few: inserted one by one
        const float v = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > v; at--)
            values[at] = values[at - 1];
        values[at] = v;
    }
    return values[count / 2];
}

// Energy that lasts is the median along time, energy that strikes the median along frequency; the two share what is there by
// their squares. Looked at every 8th bin of every second frame: only the sums are wanted.
static void share_partials(att_listener *l)
{
    const size_t at = l->history_count++ % LASTING, bins = ATT_MIN((size_t)HPSS_BINS, (size_t)l->bins);
    memcpy(l->history + at * HPSS_BINS, l->magnitude, bins * sizeof(float));
    if (l->history_count < LASTING || l->history_count % 2)
        return;
    const float *middle = l->history + (at + LASTING - LASTING / 2) % LASTING * HPSS_BINS;
    for (size_t k = TALL / 2; k + TALL / 2 < bins; k += 3) {
        float lasting[LASTING], tall[TALL];
        for (size_t i = 0; i < LASTING; i++)
            lasting[i] = l->history[i * HPSS_BINS + k];
        memcpy(tall, middle + k - TALL / 2, sizeof tall);
        const double h = (double)median(lasting, LASTING), p = (double)median(tall, TALL), there = (double)middle[k] * (double)middle[k];
        const double both = h * h + p * p;
        if (both > 1e-16) {
            l->harmonic += there * h * h / both;
            l->percussive += there * p * p / both;
        }
    }
}

static void add_cepstrum(att_listener *l, const float *log_bands)
{
    for (int c = 0; c < ATT_CEPSTRA; c++) {
        double sum = 0;
        for (int b = 0; b < BANDS; b++)
            sum += (double)(l->cosine[c][b] * log_bands[b]);
        const double step = l->cepstra ? sum - l->last_cepstrum[c] : 0;
        l->cepstrum_sum[c] += sum;
        l->cepstrum_square[c] += sum * sum;
        l->motion_square[c] += step * step;
        l->last_cepstrum[c] = sum;
        l->timbre_sum[c] += sum;
    }
    l->cepstra++;
    l->timbre_parts++;
}

// The mean of the cepstra since the last row; in silence those of the floor.
static att_status end_timbre_row(att_listener *l, att_error *err)
{
    if (!ATT_VEC_RESERVE(&l->host, &l->timbre, l->timbre.count + ATT_CEPSTRA))
        return att_no_memory(err, l->timbre.count, "figures of timbre");
    for (int c = 0; c < ATT_CEPSTRA; c++) {
        const double silent = c ? 0 : sqrt(BANDS) * log(1e-5);
        l->timbre.items[l->timbre.count++] = (float)(l->timbre_parts ? l->timbre_sum[c] / (double)l->timbre_parts : silent);
        l->timbre_sum[c] = 0;
    }
    l->timbre_parts = 0;
    return ATT_OK;
}

static void add_centroid(att_listener *l)
{
    const float bin_hz = (float)l->rate_hz / (float)l->window;
    float weight = 0, sum = 0;
    for (uint32_t k = 1; k < l->bins; k++) {
        weight += l->magnitude[k];
        sum += l->magnitude[k] * (float)k;
    }
    l->centroid_weight += (double)weight;
    l->centroid_sum += (double)(sum * bin_hz);
}

static att_status add_frame(att_listener *l, att_error *err)
{
    float onset[ATT_REGISTERS] = {0}, energy = 0;
    for (size_t i = 0; i < l->window; i++)
        l->framed[i] = l->ring[i] * l->hann[i];
    att_fft_forward(l->fft, l->framed, l->spectrum);
    for (uint32_t k = 0; k < l->bins; k++) {
        const float re = crealf(l->spectrum[k]), im = cimagf(l->spectrum[k]);
        const float square = re * re + im * im;
        l->magnitude[k] = sqrtf(square);
        energy += square;
    }
    float log_bands[BANDS];
    for (int b = 0; b < BANDS; b++) {
        float sum = 0;
        for (uint32_t i = 0; i < l->bands[b].count; i++)
            sum += l->bands[b].weight[i] * l->magnitude[ATT_MIN(l->bands[b].first + i, l->bins - 1)];
        l->now[b] = logf(1 + 1000 * sum);
        log_bands[b] = logf(sum + 1e-5f);
    }
    for (int b = 0; b < BANDS && l->frames >= 2; b++) {
        const float *old = l->before[l->frames % 2];
        float most = old[b];
        most = b > 0 ? ATT_MAX(most, old[b - 1]) : most;
        most = b + 1 < BANDS ? ATT_MAX(most, old[b + 1]) : most;
        onset[l->registers[b]] += ATT_MAX(l->now[b] - most, 0);
    }
    memcpy(l->before[l->frames % 2], l->now, sizeof l->now);
    const float level_db = energy > 1e-12f ? 10 * log10f(energy) : -120;
    if (!ATT_VEC_RESERVE(&l->host, &l->onset, l->onset.count + ATT_REGISTERS) || !ATT_VEC_PUSH(&l->host, &l->level, level_db))
        return att_no_memory(err, l->frames, "frames of features");
    memcpy(l->onset.items + l->onset.count, onset, sizeof onset);
    l->onset.count += ATT_REGISTERS;
    if (level_db > -70) {
        if (l->frames % 2 == 0)
            add_cepstrum(l, log_bands);
        add_centroid(l);
        if (l->frames % 2 == 0)
            share_partials(l);
    }
    l->frames++;
    return l->frames % TIMBRE_FRAMES ? ATT_OK : end_timbre_row(l, err);
}

// --- Samples ----------------------------------------------------------------------------------------------

static att_status take(att_listener *l, const float *mono, size_t count, att_error *err)
{
    att_status status = att_pitches_hear(l->pitches, mono, count, err);
    while (!status && count) {
        const size_t some = ATT_MIN(count, l->window - l->filled);
        memcpy(l->ring + l->filled, mono, some * sizeof *mono);
        l->filled += some;
        mono += some;
        count -= some;
        if (l->filled < l->window)
            break;
        status = add_frame(l, err);
        memmove(l->ring, l->ring + l->hop, (l->window - l->hop) * sizeof *l->ring);
        l->filled = l->window - l->hop;
    }
    return status;
}

// The mean of the channels; half the difference of two that have cancelled each other until now.
static void fold(att_listener *l, att_sound sound, float *mono)
{
    att_audio_mix(sound, mono);
    for (size_t i = 0; sound.channels == 2 && i < sound.frames; i++) {
        const float left = sound.samples[2 * i], right = sound.samples[2 * i + 1];
        att_sides_add(&l->sides, left, right);
        if (att_sides_cancel(&l->sides))
            mono[i] = (left - right) / 2;
    }
}

att_status att_listener_hear(att_listener *l, const float *samples, size_t frames, att_error *err)
{
    enum { BLOCK = 1024 };
    float mono[BLOCK];
    att_status status = ATT_OK;
    for (size_t i = 0; i < frames * l->channels; i++) {
        const float size = fabsf(samples[i]);
        l->peak = (double)size > l->peak ? (double)size : l->peak;
        l->square_sum += (double)(size * size);
        l->clipped += size >= 0.9999f;
    }
    for (size_t at = 0; !status && at < frames; at += BLOCK) {
        const size_t some = ATT_MIN(frames - at, (size_t)BLOCK);
        fold(l, (att_sound){samples + at * l->channels, some, l->channels, l->rate_hz}, mono);
        status = take(l, mono, some, err);
    }
    l->heard += frames;
    return status;
}

static void close_sums(const att_listener *l, att_heard *out)
{
    const double n = l->cepstra ? (double)l->cepstra : 1, samples = l->heard ? (double)l->heard * l->channels : 1;
    for (int c = 0; c < ATT_CEPSTRA; c++) {
        out->cepstrum_mean[c] = l->cepstrum_sum[c] / n;
        out->cepstrum_spread[c] = sqrt(fmax(0, l->cepstrum_square[c] / n - out->cepstrum_mean[c] * out->cepstrum_mean[c]));
        out->cepstrum_motion[c] = sqrt(l->motion_square[c] / n);
    }
    out->centroid_hz = l->centroid_weight > 0 ? l->centroid_sum / l->centroid_weight : 0;
    out->harmonic_share = l->harmonic + l->percussive > 0 ? l->harmonic / (l->harmonic + l->percussive) : 0;
    out->peak = l->peak;
    out->mean_square = l->square_sum / samples;
    out->clipped_share = (double)l->clipped / samples;
}

// A list as it is freed later: of just its size. It is the caller's then; NULL when memory ran out.
static float *fit(const att_listener *l, float **items, size_t *capacity, size_t count)
{
    float *fitted = att_realloc(&l->host, *items, *capacity, count, sizeof(float));
    if (fitted) {
        *items = NULL;
        *capacity = 0;
    }
    return fitted;
}

att_status att_listener_tell(att_listener *l, att_heard *out, att_error *err)
{
    static const float silence[1024];
    *out = (att_heard){.frames_hz = (double)l->rate_hz / (double)l->hop, .seconds = (double)l->heard / l->rate_hz, .host = l->host};
    att_status status = ATT_OK;
    for (size_t left = l->window / 2; !status && left;) { // so that the last frames are whole
        const size_t some = ATT_MIN(left, ATT_COUNT_OF(silence));
        status = take(l, silence, some, err);
        left -= some;
    }
    if (status)
        return status;
    close_sums(l, out);
    att_pitches_tell(l->pitches, out->pitches);
    out->count = l->frames;
    out->onset = fit(l, &l->onset.items, &l->onset.capacity, l->frames * ATT_REGISTERS);
    out->level = fit(l, &l->level.items, &l->level.capacity, l->frames);
    out->timbre_hz = out->frames_hz / TIMBRE_FRAMES;
    out->timbre_count = l->timbre.count / ATT_CEPSTRA;
    out->timbre = fit(l, &l->timbre.items, &l->timbre.capacity, l->timbre.count);
    out->chroma = att_pitches_take(l->pitches, &out->chroma_count, &out->chroma_hz);
    if (out->onset && out->level && (out->timbre || !out->timbre_count) && (out->chroma || !out->chroma_count))
        return ATT_OK;
    att_heard_deinit(out);
    return att_no_memory(err, l->frames, "frames of features");
}

void att_heard_deinit(att_heard *f)
{
    if (f->onset)
        ATT_FREE_ARRAY(&f->host, f->onset, f->count * ATT_REGISTERS);
    if (f->level)
        ATT_FREE_ARRAY(&f->host, f->level, f->count);
    if (f->timbre)
        ATT_FREE_ARRAY(&f->host, f->timbre, f->timbre_count * ATT_CEPSTRA);
    if (f->chroma)
        ATT_FREE_ARRAY(&f->host, f->chroma, f->chroma_count * 12);
    f->onset = f->level = f->timbre = f->chroma = NULL;
    f->count = f->timbre_count = f->chroma_count = 0;
}
