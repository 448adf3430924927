// SPDX-License-Identifier: Apache-2.0
// music/tempo.c - autocorrelation times spectrum of what begins.
#include "music/tempo.h"

#include "base/fft.h"

#include <math.h>

enum { WINDOW = 1024, STEP = 512, CURVES = ATT_ONSET_CURVES, STEPS_MAX = 512, STROKES_LEAST = 4 };
static const double SLOWEST_BPM = 40, FASTEST_BPM = 260, PREFERRED_BPM = 115, PREFERENCE_OCTAVES = 0.7, GRID = 0.005,
                    RISE_LEAST = 0.1, STROKE = 2.5, SAME = 0.005;

typedef struct tempogram {
    double lags[WINDOW];             // mean autocorrelation; 1 at 0
    double frequencies[WINDOW + 1];  // mean magnitude; bin k is k / (2 WINDOW) a frame
    double frames_hz;
    size_t reach; // frames of a window: WINDOW, or all there are
} tempogram;

typedef struct desk { // the memory of one search
    float *curves;     // (CURVES, count): of the registers, then their sum
    float *segment, *hann, *back;
    float complex *spectrum;
    att_fft *fft;
} desk;

// What rises above its surroundings of half a second, in units of its own root mean square.
static void sharpen(const att_heard *heard, size_t of, float *out)
{
    const size_t half = (size_t)(heard->frames_hz / 4), count = heard->count;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < ATT_MIN(half, count); i++)
        sum += (double)heard->onset[i * ATT_REGISTERS + of];
    for (size_t i = 0; i < count; i++) {
        if (i + half < count)
            sum += (double)heard->onset[(i + half) * ATT_REGISTERS + of];
        if (i > half)
            sum -= (double)heard->onset[(i - half - 1) * ATT_REGISTERS + of];
        const double rise = (double)heard->onset[i * ATT_REGISTERS + of] - sum / (double)(2 * half + 1);
        out[i] = rise > RISE_LEAST ? (float)rise : 0; // music has 0.3 to 3 here, what hums or hisses hardly any
        squares += (double)(out[i] * out[i]);
    }
    const float scale = squares > 0 ? (float)(1 / sqrt(squares / (double)count)) : 0;
    for (size_t i = 0; i < count; i++)
        out[i] *= scale;
}

void att_onset_curves(const att_heard *heard, float *out)
{
    const size_t count = heard->count;
    float *all = out + (size_t)ATT_REGISTERS * count;
    memset(all, 0, count * sizeof *all);
    for (size_t c = 0; c < ATT_REGISTERS; c++) {
        sharpen(heard, c, out + c * count);
        for (size_t i = 0; i < count; i++)
            all[i] += out[c * count + i];
    }
}

// One curve's window into `lags` and `frequencies`, by `weight`; false: nothing begins in it.
static bool add_curve(desk *b, const float *curve, size_t count, double weight, double *lags, double *frequencies)
{
    double mean = 0, energy = 0;
    for (size_t i = 0; i < count; i++)
        mean += (double)curve[i] / (double)count;
    for (size_t i = 0; i < WINDOW; i++) {
        b->segment[i] = i < count ? curve[i] - (float)mean : 0;
        energy += (double)(b->segment[i] * b->segment[i]);
    }
    if (energy < 1e-6)
        return false;
    memset(b->segment + WINDOW, 0, WINDOW * sizeof *b->segment);
    att_fft_forward(b->fft, b->segment, b->spectrum);
    for (size_t k = 0; k <= WINDOW; k++)
        b->spectrum[k] *= conjf(b->spectrum[k]);
    att_fft_inverse(b->fft, b->spectrum, b->back);
    for (size_t i = 0; i < count; i++)
        lags[i] += weight * (double)b->back[i] / energy / (1 - (double)i / ((double)count * 1.02));
    for (size_t i = 0; i < WINDOW; i++)
        b->segment[i] *= b->hann[i];
    att_fft_forward(b->fft, b->segment, b->spectrum);
    const double scale = weight / sqrt(energy * (double)count / 2);
    for (size_t k = 0; k <= WINDOW; k++)
        frequencies[k] += scale * (double)cabsf(b->spectrum[k]);
    return true;
}

// False: nothing ever begins.
static bool fill(tempogram *t, desk *b, const att_heard *heard)
{
    double lags[WINDOW], frequencies[WINDOW + 1];
    size_t windows = 0;
    t->reach = ATT_MIN((size_t)WINDOW, heard->count);
    for (size_t from = 0; from == 0 || from + WINDOW / 2 < heard->count; from += STEP) {
        const size_t at = ATT_MIN(from, heard->count - t->reach); // each window is whole
        double weight = 0;
        memset(lags, 0, sizeof lags);
        memset(frequencies, 0, sizeof frequencies);
        for (size_t c = 0; c < CURVES; c++) {
            const double its = c == ATT_REGISTERS ? 1 : 0.5;
            if (add_curve(b, b->curves + c * heard->count + at, t->reach, its, lags, frequencies))
                weight += its;
        }
        windows += weight > 0;
        for (size_t i = 0; weight > 0 && i < WINDOW; i++)
            t->lags[i] += lags[i] / weight;
        for (size_t k = 0; weight > 0 && k <= WINDOW; k++)
            t->frequencies[k] += frequencies[k] / weight;
    }
    for (size_t i = 0; windows && i < WINDOW; i++)
        t->lags[i] /= (double)windows;
    for (size_t k = 0; windows && k <= WINDOW; k++)
        t->frequencies[k] /= (double)windows;
    return windows > 0;
}

static double between(const double *values, size_t count, double at)
{
    const size_t low = (size_t)at;
    return low + 1 < count ? values[low] * (1 - (at - (double)low)) + values[low + 1] * (at - (double)low) : 0;
}

static double lag_evidence(const tempogram *t, double period)
{
    static const double multiples[][2] = {{1, 1}, {2, 1}, {3, 0.5}, {4, 1}, {8, 0.6}};
    double sum = 0, weight = 0;
    for (size_t i = 0; i < ATT_COUNT_OF(multiples); i++)
        if (period * multiples[i][0] < 0.8 * (double)t->reach) {
            sum += multiples[i][1] * fmax(0, between(t->lags, WINDOW, period * multiples[i][0]));
            weight += multiples[i][1];
        }
    return weight > 0 ? sum / weight : 0;
}

static double worth(const tempogram *t, double bpm)
{
    const double period = 60 * t->frames_hz / bpm, bin = 2 * WINDOW / period, off = log2(bpm / PREFERRED_BPM) / PREFERENCE_OCTAVES;
    const double f = between(t->frequencies, WINDOW + 1, bin) + 0.5 * between(t->frequencies, WINDOW + 1, 2 * bin) +
                     0.25 * between(t->frequencies, WINDOW + 1, 4 * bin);
    return lag_evidence(t, period) * f * exp(-0.5 * off * off);
}

// The peak of the autocorrelation near `lag`, to a part of a frame.
static double peak_near(const tempogram *t, double lag, double reach)
{
    const size_t from = (size_t)fmax(1, floor(lag - reach)), to = (size_t)fmin((double)t->reach - 2, ceil(lag + reach));
    size_t best = from;
    for (size_t i = from; i <= to; i++)
        best = t->lags[i] > t->lags[best] ? i : best;
    const double a = t->lags[best - 1], b = t->lags[best], c = t->lags[best + 1], bend = a - 2 * b + c;
    return (double)best + (bend < -1e-12 && a <= b && c <= b ? 0.5 * (a - c) / bend : 0);
}

static double make_exact(const tempogram *t, double bpm)
{
    double period = 60 * t->frames_hz / bpm;
    period = peak_near(t, period, fmax(1, 0.02 * period));
    for (int k = 2; k * period < 0.8 * (double)t->reach && k <= 16; k *= 2) {
        const double peak = peak_near(t, k * period, 2 + 0.002 * k * period);
        if (fabs(peak - k * period) < 2.5 + 0.002 * k * period)
            period = peak / k;
    }
    return 60 * t->frames_hz / period;
}

// The peaks along the grid, best first.
static void find_guesses(const tempogram *t, att_tempo *out)
{
    double values[STEPS_MAX], sum = 0;
    size_t count = 0;
    for (double at = log(SLOWEST_BPM); at < log(FASTEST_BPM) && count < STEPS_MAX; at += GRID)
        values[count++] = worth(t, exp(at));
    for (size_t i = 1; i + 1 < count; i++) {
        if (values[i] < values[i - 1] || values[i] <= values[i + 1] || values[i] <= 0)
            continue;
        const att_tempo_guess guess = {exp(log(SLOWEST_BPM) + GRID * (double)i), values[i]};
        size_t at = out->count;
        while (at > 0 && out->guesses[at - 1].share < guess.share)
            at--;
        if (at == ATT_TEMPOS_MAX)
            continue;
        const size_t last = ATT_MIN((size_t)out->count, (size_t)ATT_TEMPOS_MAX - 1);
        memmove(out->guesses + at + 1, out->guesses + at, (last - at) * sizeof guess);
        out->guesses[at] = guess;
        out->count = (uint32_t)last + 1;
    }
    for (uint32_t i = 0; i < out->count; i++)
        sum += out->guesses[i].share;
    for (uint32_t i = 0; i < out->count; i++) {
        out->guesses[i].share /= sum;
        out->guesses[i].bpm = make_exact(t, out->guesses[i].bpm);
    }
}

// Made exact, two readings can turn out to be one.
static void merge_guesses(att_tempo *out)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < out->count; i++) {
        uint32_t same = 0;
        while (same < kept && fabs(out->guesses[same].bpm / out->guesses[i].bpm - 1) > SAME)
            same++;
        if (same < kept)
            out->guesses[same].share += out->guesses[i].share;
        else
            out->guesses[kept++] = out->guesses[i];
    }
    out->count = kept;
    for (uint32_t i = 1; i < kept; i++) // a share that grew may have overtaken another's, but for the first
        for (uint32_t k = i; k > 1 && out->guesses[k].share > out->guesses[k - 1].share; k--) {
            const att_tempo_guess other = out->guesses[k];
            out->guesses[k] = out->guesses[k - 1];
            out->guesses[k - 1] = other;
        }
}

// Moments at which clearly more begins than before and after, up to STROKES_LEAST.
static size_t strokes(const att_heard *heard)
{
    size_t count = 0;
    float sums[3] = {0};
    for (size_t i = 0; i < heard->count && count < STROKES_LEAST; i++) {
        sums[0] = sums[1];
        sums[1] = sums[2];
        sums[2] = 0;
        for (size_t c = 0; c < ATT_REGISTERS; c++)
            sums[2] += heard->onset[i * ATT_REGISTERS + c];
        count += sums[1] > (float)STROKE && sums[1] > sums[0] && sums[1] >= sums[2];
    }
    return count;
}

// How clear: the height of the autocorrelation at the beat and its multiples. Regular clicks have 1, noise about 0.03.
static double confidence(const tempogram *t, double bpm)
{
    return fmin(1, fmax(0, (lag_evidence(t, 60 * t->frames_hz / bpm) - 0.04) / 0.3));
}

att_status att_tempo_find(const att_heard *heard, att_tempo *out, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    const size_t count = heard->count;
    desk b = {.curves = ATT_NEW_ARRAY(&full, float, CURVES *count), .segment = ATT_NEW_ARRAY(&full, float, 2 * WINDOW),
        .back = ATT_NEW_ARRAY(&full, float, 2 * WINDOW), .hann = ATT_NEW_ARRAY(&full, float, WINDOW),
        .spectrum = ATT_NEW_ARRAY(&full, float complex, WINDOW + 1)};
    tempogram *t = ATT_NEW_ARRAY(&full, tempogram, 1);
    *out = (att_tempo){0};
    att_status status = b.segment && b.back && b.hann && b.spectrum && t && (b.curves || !count) ? ATT_OK : att_no_memory(err, count, "frames of onsets");
    if (!status)
        status = att_fft_create(&b.fft, 2 * WINDOW, &full, err);
    if (!status && count > (size_t)heard->frames_hz) { // a second at least
        t->frames_hz = heard->frames_hz;
        att_window_hann(b.hann, WINDOW);
        att_onset_curves(heard, b.curves);
        if (strokes(heard) == STROKES_LEAST && fill(t, &b, heard)) {
            find_guesses(t, out);
            merge_guesses(out);
        }
        if (out->count)
            out->confidence = confidence(t, out->guesses[0].bpm);
    }
    att_fft_destroy(b.fft);
    ATT_FREE_ARRAY(&full, b.curves, CURVES * count);
    ATT_FREE_ARRAY(&full, b.segment, 2 * WINDOW);
    ATT_FREE_ARRAY(&full, b.back, 2 * WINDOW);
    ATT_FREE_ARRAY(&full, b.hann, WINDOW);
    ATT_FREE_ARRAY(&full, b.spectrum, WINDOW + 1);
    ATT_FREE_ARRAY(&full, t, 1);
    return status;
}
