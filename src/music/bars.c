// SPDX-License-Identifier: Apache-2.0
// music/bars.c - what speaks for a bar at each beat, and the best way through all of it.
#include "music/bars.h"

#include <math.h>

enum { LOW = 0, BAR_MOST = 4 };
static const double TRIPLE_LEAST = 0.25, ELSEWHERE = 25; // a bar of three must be that much clearer than one of four

typedef struct desk {
    const att_heard *heard;
    const size_t *frames; // of beats
    size_t count;
    double period; // frames
    double *accent, *work; // (count)
    uint8_t *from;         // (count, BAR_MOST): the place of the beat before
} desk;

// --- What speaks for it -----------------------------------------------------------------------------------

// Adds what is in `work`, in its standard deviations.
static void add_work(desk *d)
{
    const double n = (double)d->count;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < d->count; i++) {
        sum += d->work[i];
        squares += d->work[i] * d->work[i];
    }
    const double mean = sum / n, spread = sqrt(fmax(1e-12, squares / n - mean * mean));
    for (size_t i = 0; i < d->count; i++)
        d->accent[i] += (d->work[i] - mean) / spread;
}

static void add_low(desk *d)
{
    const att_heard *h = d->heard;
    for (size_t i = 0; i < d->count; i++) {
        const size_t from = d->frames[i] ? d->frames[i] - 1 : 0, to = ATT_MIN(d->frames[i] + 2, h->count);
        d->work[i] = 0;
        for (size_t f = from; f < to; f++)
            d->work[i] = fmax(d->work[i], (double)h->onset[f * ATT_REGISTERS + LOW]);
    }
    add_work(d);
}

typedef struct rows {
    const float *items; // (count, width)
    size_t count, width;
    double rows_hz;
    bool root; // taken by their square roots
} rows;

enum { WIDTH_MOST = 13 };

// Means of the rows of `beats` beats before a beat and after it. False: there are none on one side.
static bool take_sides(const desk *d, const rows *r, size_t beat, double beats, double before[WIDTH_MOST], double after[WIDTH_MOST])
{
    const double per_frame = r->rows_hz / d->heard->frames_hz;
    const size_t at = ATT_MIN((size_t)((double)d->frames[beat] * per_frame + 0.5), r->count), span = (size_t)fmax(1, beats * d->period * per_frame + 0.5);
    const size_t from = at > span ? at - span : 0, to = ATT_MIN(at + span, r->count);
    for (size_t k = 0; k < r->width; k++) {
        double sums[2] = {0, 0};
        for (size_t i = from; i < to; i++) {
            const double value = (double)r->items[i * r->width + k];
            sums[i >= at] += r->root ? sqrt(fmax(0, value)) : value;
        }
        before[k] = at > from ? sums[0] / (double)(at - from) : 0;
        after[k] = to > at ? sums[1] / (double)(to - at) : 0;
    }
    return at > from && to > at;
}

static void add_harmony(desk *d, double beats, bool root)
{
    const rows chroma = {d->heard->chroma, d->heard->chroma_count, 12, d->heard->chroma_hz, root};
    for (size_t i = 0; i < d->count; i++) {
        double a[WIDTH_MOST], b[WIDTH_MOST], ab = 0, aa = 0, bb = 0;
        const bool both = take_sides(d, &chroma, i, beats, a, b);
        for (size_t k = 0; both && k < chroma.width; k++) {
            ab += a[k] * b[k];
            aa += a[k] * a[k];
            bb += b[k] * b[k];
        }
        d->work[i] = both && aa > 0 && bb > 0 ? 1 - ab / sqrt(aa * bb) : 0;
    }
    add_work(d);
}

static void add_timbre(desk *d, double beats)
{
    const rows timbre = {d->heard->timbre, d->heard->timbre_count, ATT_CEPSTRA, d->heard->timbre_hz, false};
    for (size_t i = 0; i < d->count; i++) {
        double a[WIDTH_MOST], b[WIDTH_MOST], sum = 0;
        const bool both = take_sides(d, &timbre, i, beats, a, b);
        for (size_t k = 0; both && k < timbre.width; k++)
            sum += (a[k] - b[k]) * (a[k] - b[k]);
        d->work[i] = sqrt(sum);
    }
    add_work(d);
}

// --- The way through --------------------------------------------------------------------------------------

// How much clearer the accents at `phase` of bars of `length` are than the others, in their standard deviations.
static double clearness(const double *accent, size_t count, size_t length, size_t phase)
{
    double on = 0, off = 0;
    size_t ons = 0;
    for (size_t i = 0; i < count; i++)
        if (i % length == phase)
            on += accent[i], ons++;
        else
            off += accent[i];
    return ons && ons < count ? on / (double)ons - off / (double)(count - ons) : 0;
}

static size_t length_of(const desk *d)
{
    double best[2] = {-HUGE_VAL, -HUGE_VAL};
    for (size_t b = 0; b < 2; b++)
        for (size_t phase = 0; phase < 3 + b; phase++)
            best[b] = fmax(best[b], clearness(d->accent, d->count, 3 + b, phase));
    return best[0] > best[1] + TRIPLE_LEAST ? 3 : 4;
}

// A beat is worth its accent where a bar begins, and a share of minus that elsewhere: all together nothing.
static void follow(desk *d, size_t length, att_beat *beats)
{
    double score[BAR_MOST] = {0}, next[BAR_MOST] = {0};
    for (size_t i = 0; i < d->count; i++) {
        size_t best = 0;
        for (size_t p = 1; p < length; p++)
            best = score[p] > score[best] ? p : best;
        for (size_t p = 0; p < length; p++) {
            const size_t before = (p + length - 1) % length;
            const bool on = i == 0 || score[before] >= score[best] - ELSEWHERE;
            d->from[i * BAR_MOST + p] = (uint8_t)(on ? before : best);
            next[p] = (i == 0 ? 0 : on ? score[before] : score[best] - ELSEWHERE) + (p ? -1 / (double)(length - 1) : 1) * d->accent[i];
        }
        memcpy(score, next, sizeof score);
    }
    size_t place = 0;
    for (size_t p = 1; p < length; p++)
        place = score[p] > score[place] ? p : place;
    for (size_t i = d->count; i-- > 0;) {
        beats[i].in_bar = (uint32_t)place + 1;
        place = d->from[i * BAR_MOST + place];
    }
}

att_status att_bars_find(const att_heard *heard, const size_t *frames, att_beats *beats, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    const size_t n = beats->count;
    desk d = {.heard = heard, .frames = frames, .count = n, .period = n > 1 ? (double)(frames[n - 1] - frames[0]) / (double)(n - 1) : 1,
        .accent = ATT_NEW_ARRAY(&full, double, n), .work = ATT_NEW_ARRAY(&full, double, n), .from = ATT_NEW_ARRAY(&full, uint8_t, BAR_MOST *n)};
    const att_status status = d.accent && d.work && d.from ? ATT_OK : att_no_memory(err, n, "beats");
    if (!status) {
        add_low(&d);
        add_harmony(&d, 1, true);
        add_harmony(&d, 4, false);
        add_timbre(&d, 2);
        memcpy(d.work, d.accent, n * sizeof *d.work);
        memset(d.accent, 0, n * sizeof *d.accent);
        add_work(&d); // the sum in its own deviations
        beats->per_bar = (uint32_t)length_of(&d);
        follow(&d, beats->per_bar, beats->items);
    }
    ATT_FREE_ARRAY(&full, d.accent, n);
    ATT_FREE_ARRAY(&full, d.work, n);
    ATT_FREE_ARRAY(&full, d.from, BAR_MOST * n);
    return status;
}
