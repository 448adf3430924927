// SPDX-License-Identifier: Apache-2.0
// engine/slice.c - the newest part of the log as a test: what people came to like that no model to be judged has seen.
//
//        learned by the model in force        |   new to it
//   1 ............................... seen_seq | ........ cut_seq | ............ log_seq
//        learned by the model to judge, up to cut_seq             |  judged on
//
// The model in force has seen nothing behind seen_seq, the model to judge nothing behind cut_seq: neither knows an answer.
// Both are given the same histories, the people's states at the cut. What counts as an answer is an item that the person
// likes at log_seq and had no preference for at the cut, so that a song heard again is no discovery. The states are those of
// a fold of its own over the log, not guesses from times: events may arrive late. The cut is by place in the log, since
// what arrives later is what a model could not have seen.
#include "engine/learn.h"

#include <stdlib.h>

#define JUDGED_MOST 4000        // people
#define SCORES_MOST 400000000.0 // people times items, for each of the two models

typedef struct counting {
    att_learning *l;
    uint64_t events, wanted, found_seq; // wanted: the number of the event to find; 0: count alone
} counting;

static bool count_event(void *user, const att_record *record)
{
    counting *c = user;
    if (record->seq > c->l->log_seq)
        return false;
    if (record->kind != ATT_RECORD_EVENT || record->set_aside)
        return true;
    if (++c->events == c->wanted)
        c->found_seq = record->seq;
    return !c->found_seq;
}

// The seq behind which the newest held_share of the events behind seen_seq lie.
static att_status find_cut(att_slice *slice, att_learning *l, att_error *err)
{
    counting c = {.l = l};
    att_status status = att_store_log_each(l->reader, slice->seen_seq + 1, count_event, &c, err);
    const uint64_t kept = (uint64_t)((double)c.events * (1 - l->policy.learning.held_share));
    slice->cut_seq = slice->seen_seq;
    if (status || !kept)
        return status;
    c = (counting){.l = l, .wanted = kept};
    status = att_store_log_each(l->reader, slice->seen_seq + 1, count_event, &c, err);
    slice->cut_seq = c.found_seq;
    return status;
}

typedef struct replaying {
    att_learning *l;
    att_people *people;
    uint64_t to_seq;
} replaying;

static bool replay_one(void *user, const att_record *record)
{
    replaying *r = user;
    att_learning *l = r->l;
    if (record->seq > r->to_seq)
        return false;
    if ((record->seq & 0xFFFF) == 0 &&
        !att_progress_tell(&l->engine->host, "replay", record->seq, l->log_seq, "records"))
        l->status = ATT_FAIL(l->err, ATT_CANCELLED, "training was cancelled");
    else
        l->status = att_people_apply(r->people, record, l->err);
    return l->status == ATT_OK;
}

static att_status replay_to(att_learning *l, att_people *people, uint64_t to_seq, att_error *err)
{
    replaying r = {l, people, to_seq};
    const att_status status =
        att_store_log_each(l->reader, att_people_last_seq(people) + 1, replay_one, &r, err);
    return status ? status : l->status;
}

// A fold from the checkpoint, when that does not reach behind the cut already.
static att_status start_fold(
    att_people **out, att_learning *l, uint64_t cut_seq, att_error *err)
{
    const att_host *host = &l->engine->host;
    const uint64_t seed = att_store_seed(l->reader);
    att_status status = att_engine_make_people(out, l->engine->path, &l->policy, seed, host, err);
    const char *path = att_arena_printf(&l->bodies, "%s-fold", l->engine->path);
    if (status || !path)
        return status ? status : att_no_memory(err, 1, "path");
    att_error unused;
    if (att_people_load(*out, path, &unused) == ATT_OK && att_people_last_seq(*out) <= cut_seq)
        return ATT_OK;
    att_people_destroy(*out);
    return att_engine_make_people(out, l->engine->path, &l->policy, seed, host, err);
}

// --- Whom to judge by -------------------------------------------------------------------------------------------------

static bool has_preference(const uint32_t *sorted, uint64_t count, uint32_t item)
{
    uint64_t low = 0, high = count;
    while (low < high) {
        const uint64_t middle = (low + high) / 2;
        if (sorted[middle] < item)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && sorted[low] == item;
}

// What people had any opinion of at the cut, liking or not: rows like a matrix's.
typedef struct opinions {
    uint64_t *row_start; // (people + 1)
    uint32_t *items;     // ascending within a row
    uint32_t people;
} opinions;

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static att_status note_opinions(opinions *o, const att_people *people, att_arena *scratch, att_error *err)
{
    o->people = att_people_count(people);
    o->row_start = ATT_NEW(scratch, uint64_t, (size_t)o->people + 1);
    if (!o->row_start)
        return att_no_memory(err, o->people, "people");
    for (uint32_t u = 0; u < o->people; u++) {
        const att_person_state *person = att_people_get(people, u);
        o->row_start[u + 1] = o->row_start[u] + (person ? person->preference_count : 0);
    }
    o->items = ATT_NEW(scratch, uint32_t, (size_t)o->row_start[o->people] + 1);
    if (!o->items)
        return att_no_memory(err, (size_t)o->row_start[o->people], "opinions");
    for (uint32_t u = 0; u < o->people; u++) {
        const att_person_state *person = att_people_get(people, u);
        uint32_t *row = o->items + o->row_start[u];
        for (uint32_t p = 0; person && p < person->preference_count; p++)
            row[p] = person->preferences[p].item;
        if (person)
            qsort(row, person->preference_count, sizeof *row, by_number);
    }
    return ATT_OK;
}

typedef struct choosing {
    const att_slice *slice;
    const opinions *known;
    uint32_t *people; // (count) who are judged by
    uint32_t count;
} choosing;

// Nothing that the person had an opinion of at the cut.
static bool is_new(const choosing *c, uint32_t u, uint32_t item)
{
    const uint64_t first = u < c->known->people ? c->known->row_start[u] : 0;
    const uint64_t known = u < c->known->people ? c->known->row_start[u + 1] - first : 0;
    return item < c->slice->before.matrix.cols &&
           !has_preference(c->known->items + first, known, item);
}

// How many things the person came to like since; `out` (NULL: not wanted) takes them, ascending.
static uint64_t new_likings(const choosing *c, uint32_t u, uint32_t *out)
{
    const att_matrix *after = &c->slice->after.matrix;
    uint64_t count = 0;
    for (uint64_t k = after->row_start[u]; k < after->row_start[u + 1]; k++) {
        if (!is_new(c, u, after->col[k]))
            continue;
        if (out)
            out[count] = after->col[k];
        count++;
    }
    return count;
}

// In which the first of the things that the person came to like since was chosen.
static uint16_t first_situation(const choosing *c, uint32_t u)
{
    const att_likings *after = &c->slice->after;
    int64_t first_ms = INT64_MAX;
    uint16_t situation = 0;
    for (uint64_t k = after->matrix.row_start[u]; k < after->matrix.row_start[u + 1]; k++)
        if (is_new(c, u, after->matrix.col[k]) && after->at_ms[k] < first_ms) {
            first_ms = after->at_ms[k];
            situation = after->situation[k];
        }
    return situation;
}

// Those with a liking at the cut and a new one since; too many are thinned by lot.
static att_status choose_people(choosing *c, uint64_t seed, att_arena *scratch, att_error *err)
{
    const att_matrix *before = &c->slice->before.matrix, *after = &c->slice->after.matrix;
    const uint32_t people = ATT_MIN(before->rows, after->rows);
    c->people = ATT_NEW(scratch, uint32_t, (size_t)people + 1);
    if (!c->people)
        return att_no_memory(err, people, "people to judge by");
    for (uint32_t u = 0; u < people; u++)
        if (before->row_start[u + 1] > before->row_start[u] && new_likings(c, u, NULL))
            c->people[c->count++] = u;
    const double affordable = SCORES_MOST / ATT_MAX(before->cols, 1);
    const uint32_t most = (uint32_t)ATT_MIN(ATT_MAX(affordable, 200), JUDGED_MOST);
    if (c->count <= most)
        return ATT_OK;
    att_rng rng = att_rng_stream(seed, 7);
    att_rng_shuffle_u32(&rng, c->people, c->count);
    c->count = most;
    qsort(c->people, c->count, sizeof *c->people, by_number);
    return ATT_OK;
}

static att_status fill_held(att_slice *slice, const choosing *c, const att_host *host, att_error *err)
{
    att_holdout *held = &slice->held;
    att_status status =
        att_matrix_pick_rows(&held->history, &slice->before.matrix, c->people, c->count, host, err);
    if (!status) // a sequence part reads them in order of time
        status = att_holdout_take_moments(
            held, &slice->before.matrix, slice->before.at_ms, slice->before.situation, c->people, host, err);
    uint64_t total = 0;
    for (uint32_t i = 0; i < c->count; i++)
        total += new_likings(c, c->people[i], NULL);
    if (!status)
        status = att_matrix_init(&held->targets, c->count, slice->before.matrix.cols, total, host, err);
    if (!status)
        held->asked = ATT_NEW_ARRAY(host, uint16_t, c->count);
    if (!status && !held->asked)
        status = att_no_memory(err, c->count, "situations");
    for (uint32_t i = 0; i < c->count && !status; i++) {
        uint64_t *at = &held->targets.row_start[i];
        held->asked[i] = first_situation(c, c->people[i]);
        at[1] = at[0] + new_likings(c, c->people[i], held->targets.col + at[0]);
    }
    for (uint64_t k = 0; k < total && !status; k++)
        held->targets.value[k] = 1;
    return status;
}

static att_status make(
    att_slice *slice, att_learning *l, att_people **people, uint64_t seed, att_arena *scratch, att_error *err)
{
    const att_host *host = &l->engine->host;
    opinions known = {0};
    choosing c = {.slice = slice, .known = &known};
    att_status status = find_cut(slice, l, err);
    if (!status)
        status = start_fold(people, l, slice->cut_seq, err);
    if (!status)
        status = replay_to(l, *people, slice->cut_seq, err);
    if (!status)
        status = note_opinions(&known, *people, scratch, err);
    if (!status)
        status = att_likings_gather(&slice->before, *people, &l->policy, l->item_count, l->opted_out, host, err);
    if (!status)
        status = replay_to(l, *people, l->log_seq, err);
    if (!status)
        status = att_likings_gather(&slice->after, *people, &l->policy, l->item_count, l->opted_out, host, err);
    if (!status)
        status = choose_people(&c, seed, scratch, err);
    return status ? status : fill_held(slice, &c, host, err);
}

att_status att_slice_make(att_slice *out, att_learning *l, uint64_t seen_seq, uint64_t seed, att_error *err)
{
    *out = (att_slice){.seen_seq = ATT_MIN(seen_seq, l->log_seq)};
    att_people *people = NULL;
    att_arena scratch;
    att_arena_init(&scratch, &l->engine->host, 0);
    const att_status status = make(out, l, &people, seed, &scratch, err);
    att_arena_deinit(&scratch);
    att_people_destroy(people);
    if (status)
        att_slice_deinit(out, &l->engine->host);
    return status;
}

void att_slice_deinit(att_slice *slice, const att_host *host)
{
    att_likings_deinit(&slice->before, host);
    att_likings_deinit(&slice->after, host);
    att_holdout_deinit(&slice->held, host);
}
