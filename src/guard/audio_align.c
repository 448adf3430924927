// SPDX-License-Identifier: Apache-2.0
// guard/audio_align.c - the line that carries a window of the query into a recording, and how much agrees along it.
//
// Hits of one track give points (frame in the query, moment in the recording). For each slope the offsets are counted in a histogram
// (Hough 1962); the fullest bin's points give slope and offset by least squares. Then all peaks of the recording that lie under the
// window are asked for in the query, within 2 frames and a third of a semitone: n of them, m there. The same question at eight moments
// nearby, where nothing should agree, gives the share p that is there by chance in just this music, and
//
//   score = (m - n p) / sqrt(n p (1 - p))
//
// standard deviations above it. (Sonnleitner and Widmer 2016 verify by the share of peaks, against a fixed one.)
#include "guard/audio_align.h"

#include <math.h>

enum { SLOPES = 29, BIN = 3, BINS = 96, HIT_REACH = 4, FRAME_REACH = 2, PITCH_REACH = 21, PEAKS_LEAST = 20 };
static const double slope_step = 0.005, chance_least = 0.08;
static const int nearby[] = {-83, -59, -41, -23, 23, 41, 59, 83};

typedef struct line_sums {
    double n, x, y, xx, xy, pitch;
} line_sums;

static void add_point(line_sums *s, double x, double y, double pitch)
{
    s->n++;
    s->x += x;
    s->y += y;
    s->xx += x * x;
    s->xy += x * y;
    s->pitch += pitch;
}

// Least squares, the slope kept within reason; points at one place say nothing of it.
static void draw(const line_sums *s, double base, att_alignment *a)
{
    const double spread = s->xx - s->x * s->x / s->n;
    if (spread > 100 * s->n)
        a->slope = (s->xy - s->x * s->y / s->n) / spread;
    a->slope = fmin(fmax(a->slope, 0.92), 1.08);
    a->origin = base + (s->y - a->slope * s->x) / s->n;
    a->pitch = s->pitch / s->n;
}

static double query_x(const att_print_window *w, uint32_t peak, uint32_t middle)
{
    return (double)att_peak_frame(w->peaks[peak]) - middle;
}

bool att_align(const att_prints *prints, const att_print_window *w, const att_print_hit *hits, size_t count, att_alignment *out)
{
    *out = (att_alignment){.middle = (w->begin + w->end) / 2, .slope = 1};
    double base = 0, best_offset = 0;
    for (size_t i = 0; i < count; i++)
        base += ((double)prints->moments.items[hits[i].kept] - query_x(w, hits[i].asked, out->middle)) / (double)count;
    base = floor(base);
    size_t best = 0;
    for (int s = 0; s < SLOPES; s++) {
        const double slope = 1 + slope_step * (s - SLOPES / 2);
        uint16_t bins[BINS + 1] = {0};
        for (size_t i = 0; i < count; i++) {
            const double y = (double)prints->moments.items[hits[i].kept] - base;
            const double bin = floor((y - slope * query_x(w, hits[i].asked, out->middle)) / BIN) + BINS / 2.0;
            if (bin >= 0 && bin < BINS)
                bins[(size_t)bin]++;
        }
        for (int b = 0; b < BINS; b++)
            if ((size_t)bins[b] + bins[b + 1] > best) {
                best = (size_t)bins[b] + bins[b + 1];
                best_offset = (b + 1 - BINS / 2) * BIN;
                out->slope = slope;
            }
    }
    line_sums sums = {0};
    for (size_t i = 0; i < count; i++) {
        const double x = query_x(w, hits[i].asked, out->middle), y = (double)prints->moments.items[hits[i].kept] - base;
        if (fabs(y - out->slope * x - best_offset) <= HIT_REACH)
            add_point(&sums, x, y, att_peak_pitch(w->peaks[hits[i].asked]) - att_peak_pitch(prints->peaks.items[hits[i].kept]));
    }
    if (sums.n > 0)
        draw(&sums, base, out);
    return sums.n > 0;
}

// The peak of the query nearest in pitch to where one should be; false: none within reach.
static bool peak_near(const att_print_window *w, double frame, double pitch, uint32_t *found)
{
    const double low = ceil(frame - FRAME_REACH), high = floor(frame + FRAME_REACH);
    if (low < w->begin || high >= w->end)
        return false;
    double least = PITCH_REACH + 1;
    for (uint32_t i = w->first[(uint32_t)low]; i < w->first[(uint32_t)high + 1]; i++) {
        const double off = fabs(att_peak_pitch(w->peaks[i]) - pitch);
        if (off < least) {
            least = off;
            *found = w->peaks[i];
        }
    }
    return least <= PITCH_REACH;
}

// Peaks of the track from a moment on.
static uint32_t peak_from(const att_prints *prints, const att_print_track *t, double moment)
{
    uint32_t low = t->first_peak, high = t->first_peak + t->peak_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if ((double)prints->moments.items[middle] < moment)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// How many agree when the window is moved by `shift` frames in the recording; sums may be NULL.
static size_t count_shared(const att_prints *prints, const att_print_window *w, const att_print_track *t, const att_alignment *a, double shift,
    size_t *asked, line_sums *sums)
{
    const double begin = a->origin + shift + a->slope * ((double)w->begin + FRAME_REACH - a->middle);
    const double end = a->origin + shift + a->slope * ((double)w->end - 1 - FRAME_REACH - a->middle);
    size_t shared = 0;
    *asked = 0;
    for (uint32_t i = peak_from(prints, t, begin); i < t->first_peak + t->peak_count && (double)prints->moments.items[i] <= end; i++) {
        const double there = (double)att_peak_pitch(prints->peaks.items[i]), pitch = there + a->pitch;
        const double moment = (double)prints->moments.items[i];
        uint32_t found = 0;
        if (pitch < 0 || pitch >= ATT_PEAK_PITCHES)
            continue;
        ++*asked;
        if (!peak_near(w, (moment - shift - a->origin) / a->slope + a->middle, pitch, &found))
            continue;
        shared++;
        if (sums)
            add_point(sums, (double)att_peak_frame(found) - a->middle, moment - floor(a->origin), att_peak_pitch(found) - there);
    }
    return shared;
}

static att_agreement score(const att_prints *prints, const att_print_window *w, const att_print_track *t, const att_alignment *a, line_sums *sums)
{
    att_agreement out = {0};
    out.shared = count_shared(prints, w, t, a, 0, &out.asked, sums);
    size_t asked = 0, shared = 0;
    for (size_t i = 0; i < ATT_COUNT_OF(nearby); i++) {
        size_t more;
        shared += count_shared(prints, w, t, a, nearby[i], &more, NULL);
        asked += more;
    }
    out.chance = fmax(chance_least, asked ? (double)shared / (double)asked : 0);
    const double n = (double)out.asked, p = fmin(out.chance, 0.9);
    out.score = out.asked >= PEAKS_LEAST ? ((double)out.shared - n * p) / sqrt(n * p * (1 - p)) : 0;
    return out;
}

// Between which moments does it agree? The run of the recording's peaks with the greatest sum, where a shared one counts 1 - t and another
// -t, t half way between the share there is and the one by chance (Kadane's algorithm).
static void find_ends(const att_prints *prints, const att_print_window *w, const att_print_track *t, const att_alignment *a, att_agreement *out)
{
    const double middle = 0.5 * (out->chance + (double)out->shared / (double)ATT_MAX(out->asked, 1));
    const double begin = a->origin + a->slope * ((double)w->begin - a->middle), end = a->origin + a->slope * ((double)w->end - a->middle);
    double sum = 0, most = 0, from = begin;
    out->begin = begin;
    out->end = end;
    for (uint32_t i = peak_from(prints, t, begin); i < t->first_peak + t->peak_count && (double)prints->moments.items[i] <= end; i++) {
        const double moment = (double)prints->moments.items[i];
        uint32_t found = 0;
        if (sum <= 0) {
            sum = 0;
            from = moment;
        }
        sum += (peak_near(w, (moment - a->origin) / a->slope + a->middle, att_peak_pitch(prints->peaks.items[i]) + a->pitch, &found) ? 1 : 0) - middle;
        if (sum > most) {
            most = sum;
            out->begin = from;
            out->end = moment;
        }
    }
}

att_agreement att_agree(const att_prints *prints, const att_print_window *window, size_t track, att_alignment *alignment)
{
    const att_print_track *t = &prints->tracks.items[track];
    line_sums sums = {0};
    att_agreement out = score(prints, window, t, alignment, &sums);
    if (sums.n >= 8) {
        att_alignment again = *alignment;
        draw(&sums, floor(alignment->origin), &again);
        const att_agreement better = score(prints, window, t, &again, NULL);
        if (better.score > out.score) {
            *alignment = again;
            out = better;
        }
    }
    find_ends(prints, window, t, alignment, &out);
    return out;
}
