// SPDX-License-Identifier: Apache-2.0
// measure/music_long.c - the figures of music/ in the long run, from what was begun and what the items say.
#include "measure/music_long.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const mood_names[ATT_MUSIC_MOODS] = {"valence", "arousal", "energy"};

const char *att_music_mood_name(unsigned mood)
{
    return mood < ATT_MUSIC_MOODS ? mood_names[mood] : "?";
}

att_music_report_options att_music_report_options_default(void)
{
    return (att_music_report_options){.workout_bpm = 130, .within_bpm = 10, .window_ms = 30 * 60000, .near = 0.98, .near_most = 2};
}

// --- Items ------------------------------------------------------------------------------------------------------

static double feature(const att_item *item, const char *name)
{
    for (size_t i = 0; i < item->feature_count; i++)
        if (att_text_equal(item->features[i].name, att_text_of(name)))
            return item->features[i].value;
    return NAN;
}

bool att_music_item_of(const att_item *item, att_arena *life, att_music_item *out)
{
    char rated[32];
    double square = 0;
    *out = (att_music_item){.tempo_bpm = feature(item, "tempo_bpm"), .tonic = feature(item, "key_tonic"), .mode = feature(item, "key_mode")};
    if (!(out->tempo_bpm > 0))
        out->tempo_bpm = NAN;
    for (unsigned m = 0; m < ATT_MUSIC_MOODS; m++) {
        snprintf(rated, sizeof rated, "human_%s", mood_names[m]);
        out->found[m] = feature(item, mood_names[m]);
        out->rated[m] = feature(item, rated);
    }
    for (size_t d = 0; d < item->vector_dim; d++)
        square += (double)item->vector[d] * (double)item->vector[d];
    if (!(square > 0))
        return true;
    float *vector = ATT_NEW_RAW(life, float, item->vector_dim);
    for (size_t d = 0; vector && d < item->vector_dim; d++)
        vector[d] = (float)((double)item->vector[d] / sqrt(square));
    out->vector = vector;
    out->dim = (uint32_t)item->vector_dim;
    return vector != NULL;
}

static bool same_number(double a, double b)
{
    return fabs(a - b) < 0.5;
}

bool att_music_near(const att_music_item *a, const att_music_item *b, double near)
{
    if (a->vector && b->vector && a->dim == b->dim) {
        double dot = 0;
        for (uint32_t d = 0; d < a->dim; d++)
            dot += (double)a->vector[d] * (double)b->vector[d];
        return dot >= near;
    }
    return fabs(a->tempo_bpm - b->tempo_bpm) <= 0.02 * a->tempo_bpm && same_number(a->tonic, b->tonic) && same_number(a->mode, b->mode) &&
           fabs(a->found[2] - b->found[2]) <= 0.05; // nothing that is not known is near
}

// --- Correlations -----------------------------------------------------------------------------------------------

double att_correlation(const double *x, const double *y, size_t count)
{
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < count; i++) {
        mx += x[i] / (double)count;
        my += y[i] / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    return count < 3 || !(xx > 0) || !(yy > 0) ? NAN : xy / sqrt(xx * yy);
}

typedef struct ranked {
    double value;
    size_t at;
} ranked;

static int by_value(const void *a, const void *b)
{
    const double x = ((const ranked *)a)->value, y = ((const ranked *)b)->value;
    return (x > y) - (x < y);
}

// Ties share their mean rank.
static void rank_all(const double *values, size_t count, ranked *scratch, double *out)
{
    for (size_t i = 0; i < count; i++)
        scratch[i] = (ranked){values[i], i};
    qsort(scratch, count, sizeof *scratch, by_value);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && !(scratch[end].value > scratch[i].value); end++)
            ;
        for (size_t k = i; k < end; k++)
            out[scratch[k].at] = (double)(i + end - 1) / 2;
    }
}

static att_status align_mood(att_music_alignment *out, unsigned mood, const att_music_item *items, size_t count, const att_host *host, att_error *err)
{
    double *memory = ATT_NEW_ARRAY(host, double, 4 * count + 1), *x = memory, *y = memory + count, *rx = memory + 2 * count, *ry = memory + 3 * count;
    ranked *scratch = ATT_NEW_ARRAY(host, ranked, count + 1);
    const bool ready = memory && scratch;
    size_t n = 0;
    *out = (att_music_alignment){.pearson = NAN, .spearman = NAN, .distance = NAN};
    for (size_t i = 0; ready && i < count; i++)
        if (isfinite(items[i].found[mood]) && isfinite(items[i].rated[mood])) {
            x[n] = items[i].found[mood];
            y[n++] = items[i].rated[mood];
        }
    if (ready && n) {
        double distance = 0;
        for (size_t i = 0; i < n; i++)
            distance += fabs(x[i] - y[i]) / (double)n;
        rank_all(x, n, scratch, rx);
        rank_all(y, n, scratch, ry);
        *out = (att_music_alignment){.items = n, .pearson = att_correlation(x, y, n), .spearman = att_correlation(rx, ry, n), .distance = distance};
    }
    ATT_FREE_ARRAY(host, memory, 4 * count + 1);
    ATT_FREE_ARRAY(host, scratch, count + 1);
    return ready ? ATT_OK : att_no_memory(err, count, "ratings");
}

// --- Workouts and variety -----------------------------------------------------------------------------------------

static bool is_within(double bpm, const att_music_report_options *o)
{
    return fabs(bpm - o->workout_bpm) <= o->within_bpm;
}

static void add_workout(att_music_report *r, const att_music_report_options *o, const att_music_item *item)
{
    r->workout_begun++;
    if (!item || !isfinite(item->tempo_bpm))
        return;
    const double bpm = item->tempo_bpm;
    r->workout_known++;
    r->workout_within += is_within(bpm, o);
    r->workout_within_octave += is_within(bpm, o) || is_within(bpm / 2, o) || is_within(bpm * 2, o);
}

static int by_person_and_time(const void *a, const void *b)
{
    const att_music_begun *x = a, *y = b;
    if (x->user != y->user)
        return x->user > y->user ? 1 : -1;
    return x->at_ms != y->at_ms ? (x->at_ms > y->at_ms ? 1 : -1) : (x->item > y->item) - (x->item < y->item);
}

typedef struct variety_pass {
    const att_music_report_options *options;
    const att_music_begun *begun;
    const att_music_item *items;
    size_t item_count;
} variety_pass;

static bool are_near(const variety_pass *v, uint32_t a, uint32_t b)
{
    return a == b || (a < v->item_count && b < v->item_count && att_music_near(&v->items[a], &v->items[b], v->options->near));
}

// The window that ends with `at`; `first` is the first of the same person in it.
static void add_window(att_music_report *r, const variety_pass *v, size_t first, size_t at)
{
    uint32_t near = 0, distinct = 0;
    for (size_t i = first; i <= at; i++) {
        near += are_near(v, v->begun[i].item, v->begun[at].item);
        bool seen = false;
        for (size_t k = first; k < i && !seen; k++)
            seen = are_near(v, v->begun[k].item, v->begun[i].item);
        distinct += !seen;
    }
    r->windows++;
    r->crowded += near > v->options->near_most;
    r->near_greatest = ATT_MAX(r->near_greatest, near);
    r->distinct += distinct;
    r->in_windows += at - first + 1;
}

enum { WINDOW_MOST = 200 }; // of one window that are compared; a person who begins more in half an hour begins nothing

static void add_person(att_music_report *r, const variety_pass *v, size_t begin, size_t end)
{
    const uint64_t before = r->crowded;
    size_t first = begin;
    r->people++;
    for (size_t at = begin; at < end; at++) {
        while (v->begun[at].at_ms - v->begun[first].at_ms > v->options->window_ms || at - first >= WINDOW_MOST)
            first++;
        add_window(r, v, first, at);
        r->left_early += v->begun[at].left_early;
    }
    r->crowded_people += r->crowded > before;
}

att_status att_music_report_make(att_music_report *out, const att_music_report_options *options, att_music_begun *begun, size_t count,
    const att_music_item *items, size_t item_count, const att_host *host, att_error *err)
{
    const variety_pass pass = {options, begun, items, item_count};
    att_status status = ATT_OK;
    *out = (att_music_report){.begun = count};
    if (count)
        qsort(begun, count, sizeof *begun, by_person_and_time);
    for (size_t i = 0; i < count; i++)
        if (begun[i].workout)
            add_workout(out, options, begun[i].item < item_count ? &items[begun[i].item] : NULL);
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count && begun[end].user == begun[begin].user; end++)
            ;
        add_person(out, &pass, begin, end);
    }
    for (size_t i = 0; i < item_count; i++)
        out->items_with_tempo += isfinite(items[i].tempo_bpm);
    for (unsigned m = 0; m < ATT_MUSIC_MOODS && !status; m++)
        status = align_mood(&out->moods[m], m, items, item_count, host, err);
    return status;
}
