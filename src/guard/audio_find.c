// SPDX-License-Identifier: Apache-2.0
// guard/audio_find.c - looking a sound up among recordings.
//
// A query is taken in windows of 10 s every 5 s. Every hit of a window (a key in common) votes for four overlapping cells of (moment in
// the recordings, pitch), with more weight the rarer its key is; cells are counters chosen by a hash, so that memory does not grow with the database and a collision costs a
// check and no more. The fullest cells are aligned and verified (audio_align.c); what agrees by more than `score_least` is a match.
// Windows that lie on one line are joined.
#include "guard/audio_align.h"

#include <math.h>
#include <stdlib.h>

enum {
    WINDOW = 625, // frames: 10 s
    STEP = 312,
    SHORT = 125, // 2 s: less is not looked up
    CELL_FRAMES = 32,
    CELL_PITCH = 20,
    PITCH_MOST = 90, // 1.4 semitones
    COUNTER_BITS = 20,
    TRIED_MOST = 48,
    VOTES_LEAST = 32
};

typedef struct vote {
    uint32_t moment_cell, pitch_cell;
    uint32_t hit;
} vote;

typedef struct looker {
    const att_prints *prints;
    att_host host;
    double score_least;
    att_print_window window;
    att_marks probes;
    att_print_hits hits;
    ATT_VEC(vote) votes;
    ATT_VEC(att_print_hit) group;
    uint16_t *counters; // (1 << COUNTER_BITS)
    uint32_t *having;   // (1 << 16): counters with so many votes
    ATT_VEC(att_print_match) found; // windows' matches, in the order of windows
} looker;

static size_t counter_of(uint32_t moment_cell, uint32_t pitch_cell)
{
    return (size_t)((((uint64_t)moment_cell * 16 + pitch_cell) * 0x9e3779b97f4a7c15u) >> (64 - COUNTER_BITS));
}

// The cells that a hit votes for: (m, p), (m + 1, p), (m, p + 1), (m + 1, p + 1). False: another pitch than we look for.
static bool cell_of(const looker *l, att_print_hit hit, uint32_t *moment_cell, uint32_t *pitch_cell)
{
    const uint32_t asked = l->window.peaks[hit.asked], kept = l->prints->peaks.items[hit.kept];
    const int32_t pitch = att_peak_pitch(asked) - att_peak_pitch(kept);
    if (pitch < -PITCH_MOST || pitch > PITCH_MOST)
        return false;
    const uint32_t at = l->prints->moments.items[hit.kept] + 2 * WINDOW + (l->window.begin + l->window.end) / 2 - att_peak_frame(asked);
    *moment_cell = at / CELL_FRAMES;
    *pitch_cell = (uint32_t)(pitch + PITCH_MOST) / CELL_PITCH;
    return true;
}

static void count_votes(looker *l)
{
    uint32_t m, p;
    memset(l->counters, 0, sizeof *l->counters << COUNTER_BITS);
    for (size_t i = 0; i < l->hits.count; i++)
        for (uint32_t corner = 0; corner < 4 && cell_of(l, l->hits.items[i], &m, &p); corner++) {
            uint16_t *counter = &l->counters[counter_of(m + (corner & 1), p + (corner >> 1))];
            *counter = (uint16_t)ATT_MIN((uint32_t)*counter + l->hits.items[i].weight, UINT16_MAX);
        }
}

// So many votes that about TRIED_MOST cells have them.
static uint16_t fewest_votes(const looker *l)
{
    uint32_t cells = 0;
    memset(l->having, 0, sizeof *l->having << 16);
    for (size_t i = 0; i < (size_t)1 << COUNTER_BITS; i++)
        l->having[l->counters[i]]++;
    for (uint16_t votes = UINT16_MAX; votes > VOTES_LEAST; votes--) {
        cells += l->having[votes];
        if (cells > TRIED_MOST)
            return (uint16_t)ATT_MIN(votes + 1, UINT16_MAX);
    }
    return VOTES_LEAST;
}

static int by_cell(const void *a, const void *b)
{
    const vote *x = a, *y = b;
    if (x->moment_cell != y->moment_cell)
        return (x->moment_cell > y->moment_cell) - (x->moment_cell < y->moment_cell);
    if (x->pitch_cell != y->pitch_cell)
        return (x->pitch_cell > y->pitch_cell) - (x->pitch_cell < y->pitch_cell);
    return (x->hit > y->hit) - (x->hit < y->hit);
}

static bool gather_votes(looker *l)
{
    const uint16_t fewest = fewest_votes(l);
    uint32_t m, p;
    l->votes.count = 0;
    for (size_t i = 0; i < l->hits.count; i++)
        for (uint32_t corner = 0; corner < 4 && cell_of(l, l->hits.items[i], &m, &p); corner++) {
            const vote v = {m + (corner & 1), p + (corner >> 1), (uint32_t)i};
            if (l->counters[counter_of(v.moment_cell, v.pitch_cell)] >= fewest && !ATT_VEC_PUSH(&l->host, &l->votes, v))
                return false;
        }
    if (l->votes.count)
        qsort(l->votes.items, l->votes.count, sizeof *l->votes.items, by_cell);
    return true;
}

static att_print_match match_of(const looker *l, size_t track, const att_alignment *a, const att_agreement *agreed)
{
    const att_print_track *t = &l->prints->tracks.items[track];
    return (att_print_match){.index = (uint32_t)track,
        .from_s = fmax(0, ((agreed->begin - a->origin) / a->slope + a->middle) * ATT_PEAK_FRAME_S),
        .to_s = fmax(0, ((agreed->end - a->origin) / a->slope + a->middle) * ATT_PEAK_FRAME_S),
        .there_from_s = (agreed->begin - t->begins) * ATT_PEAK_FRAME_S,
        .there_to_s = (agreed->end - t->begins) * ATT_PEAK_FRAME_S,
        .tempo = a->slope,
        .pitch_semitones = a->pitch / ATT_PEAK_SEMITONE,
        .score = agreed->score,
        .shared = agreed->asked ? (double)agreed->shared / (double)agreed->asked : 0};
}

// A window has one match in a recording: the best. (Music repeats itself; its other places are no news.)
static bool keep_match(looker *l, size_t from, const att_print_match *m)
{
    for (size_t i = from; i < l->found.count; i++)
        if (l->found.items[i].index == m->index) {
            if (l->found.items[i].score < m->score)
                l->found.items[i] = *m;
            return true;
        }
    return ATT_VEC_PUSH(&l->host, &l->found, *m);
}

static bool try_cell(looker *l, const vote *votes, size_t count, size_t first_found)
{
    att_alignment a;
    l->group.count = 0;
    for (size_t i = 0; i < count; i++)
        if (!ATT_VEC_PUSH(&l->host, &l->group, l->hits.items[votes[i].hit]))
            return false;
    if (!att_align(l->prints, &l->window, l->group.items, count, &a))
        return true;
    const size_t track = att_prints_track_at(l->prints, l->prints->moments.items[l->group.items[0].kept]); // all hits of a cell are of one
    const att_agreement agreed = att_agree(l->prints, &l->window, track, &a);
    if (agreed.score < l->score_least)
        return true;
    const att_print_match m = match_of(l, track, &a, &agreed);
    return keep_match(l, first_found, &m);
}

static bool look(looker *l)
{
    att_print_window *w = &l->window;
    const size_t first_found = l->found.count;
    w->from = w->first[w->begin];
    w->to = w->first[w->end];
    l->probes.count = l->hits.count = 0;
    if (w->to == w->from)
        return true;
    if (!att_marks_of(w->peaks + w->from, w->to - w->from, true, (uint32_t)w->from, &l->host, &l->probes) ||
        !att_prints_hits(l->prints, l->probes.items, l->probes.count, &l->host, &l->hits))
        return false;
    count_votes(l);
    if (!gather_votes(l))
        return false;
    for (size_t i = 0, end; i < l->votes.count; i = end) {
        for (end = i + 1; end < l->votes.count && l->votes.items[end].moment_cell == l->votes.items[i].moment_cell &&
                          l->votes.items[end].pitch_cell == l->votes.items[i].pitch_cell;)
            end++;
        if (!try_cell(l, l->votes.items + i, end - i, first_found))
            return false;
    }
    return true;
}

// --- Joining windows ---------------------------------------------------------------------------------------------

// Where a match says that a moment of the query is.
static double place_of(const att_print_match *m, double query_s)
{
    return m->there_from_s + m->tempo * (query_s - m->from_s);
}

static bool joins(const att_print_match *m, const att_print_match *next)
{
    return m->index == next->index && next->from_s <= m->to_s + 5.5 && fabs(place_of(m, next->from_s) - next->there_from_s) < 0.4 &&
           fabs(m->pitch_semitones - next->pitch_semitones) < 0.3;
}

static void join(att_print_match *m, const att_print_match *next)
{
    const double mine = m->to_s - m->from_s, its = next->to_s - next->from_s;
    m->to_s = fmax(m->to_s, next->to_s);
    m->there_to_s = fmax(m->there_to_s, next->there_to_s);
    m->tempo = m->to_s > m->from_s ? (m->there_to_s - m->there_from_s) / (m->to_s - m->from_s) : m->tempo;
    m->pitch_semitones = (m->pitch_semitones * mine + next->pitch_semitones * its) / (mine + its);
    m->shared = (m->shared * mine + next->shared * its) / (mine + its);
    m->score = fmax(m->score, next->score);
}

static int by_score(const void *a, const void *b)
{
    const att_print_match *x = a, *y = b;
    if (x->score != y->score)
        return (x->score < y->score) - (x->score > y->score);
    return (x->index > y->index) - (x->index < y->index);
}

static void join_all(looker *l, att_print_match *out, size_t *count)
{
    size_t kept = 0;
    att_print_match *m = l->found.items;
    for (size_t i = 0; i < l->found.count; i++) {
        size_t at = 0;
        while (at < kept && !joins(&m[at], &m[i]))
            at++;
        if (at < kept)
            join(&m[at], &m[i]);
        else
            m[kept++] = m[i];
    }
    if (kept)
        if (kept)
        qsort(m, kept, sizeof *m, by_score);
    *count = ATT_MIN(kept, (size_t)ATT_PRINT_FOUND_MAX);
    if (*count)
        memcpy(out, m, *count * sizeof *m);
}

// --- The query ----------------------------------------------------------------------------------------------------

static uint32_t *index_frames(const att_host *host, const att_peaks *peaks, uint32_t frames)
{
    uint32_t *first = ATT_NEW_ARRAY(host, uint32_t, (size_t)frames + 1);
    size_t at = 0;
    for (size_t f = 0; first && f <= frames; f++) {
        while (at < peaks->count && att_peak_frame(peaks->items[at]) < f)
            at++;
        first[f] = (uint32_t)at;
    }
    return first;
}

// The last window ends with the query, so that all but it are 10 s apart by half.
static att_status look_all(looker *l, att_error *err)
{
    att_print_window *w = &l->window;
    if (w->frames < SHORT)
        return ATT_OK;
    for (uint32_t begin = 0;;) {
        w->begin = begin;
        w->end = ATT_MIN(begin + WINDOW, w->frames);
        if (!look(l))
            return att_no_memory(err, l->hits.count, "hits of a query");
        if (w->end == w->frames)
            return ATT_OK;
        if (!att_progress_tell(&l->host, "looking up", begin, w->frames, "frames"))
            return ATT_FAIL(err, ATT_CANCELLED, "looking up was cancelled");
        begin = ATT_MIN(begin + STEP, w->frames - WINDOW);
    }
}

att_status att_prints_find(
    const att_prints *prints, att_sound query, const att_print_options *options, att_print_match *out, size_t *count, att_error *err)
{
    looker l = {.prints = prints, .host = prints->host, .score_least = options && options->score_least > 0 ? options->score_least : ATT_PRINT_SCORE};
    att_peaks peaks = {0};
    uint32_t *first = NULL;
    uint32_t frames;
    *count = 0;
    att_status status = att_peaks_find(query, att_peak_reach_asked, &l.host, &peaks, &frames, err);
    if (!status && prints->tracks.count && frames) {
        first = index_frames(&l.host, &peaks, frames);
        l.counters = ATT_NEW_ARRAY(&l.host, uint16_t, (size_t)1 << COUNTER_BITS);
        l.window = (att_print_window){.peaks = peaks.items, .first = first, .frames = frames};
        l.having = ATT_NEW_ARRAY(&l.host, uint32_t, (size_t)1 << 16);
        status = first && l.counters && l.having ? look_all(&l, err) : att_no_memory(err, frames, "frames of a query");
        if (!status)
            join_all(&l, out, count);
        if (first)
            ATT_FREE_ARRAY(&l.host, first, (size_t)frames + 1);
        if (l.having)
            ATT_FREE_ARRAY(&l.host, l.having, (size_t)1 << 16);
        if (l.counters)
            ATT_FREE_ARRAY(&l.host, l.counters, (size_t)1 << COUNTER_BITS);
    }
    ATT_VEC_FREE(&l.host, &l.probes);
    ATT_VEC_FREE(&l.host, &l.hits);
    ATT_VEC_FREE(&l.host, &l.votes);
    ATT_VEC_FREE(&l.host, &l.group);
    ATT_VEC_FREE(&l.host, &l.found);
    ATT_VEC_FREE(&l.host, &peaks);
    return status;
}
