// SPDX-License-Identifier: Apache-2.0
// embed/holdout_forward.c - people kept out by the clock: what came before a moment is learned from and is their history,
// what came after, up to another moment, must be found.
//
// Items that nobody preferred before the moment cannot be found and are no targets.
#include "embed/holdout.h"
#include "base/rng.h"

enum { NEITHER, BEFORE, SOUGHT };

typedef struct parting {
    const att_matrix *m;
    const int64_t *at_ms;
    uint8_t *role; // (nonzeros)
} parting;

static void mark(const parting *p, int64_t from_ms, int64_t until_ms, uint8_t *known)
{
    const uint64_t count = att_matrix_nonzeros(p->m);
    for (uint64_t k = 0; k < count; k++)
        if (p->at_ms[k] < from_ms) {
            p->role[k] = BEFORE;
            known[p->m->col[k]] = 1;
        }
    for (uint64_t k = 0; k < count; k++)
        if (p->at_ms[k] >= from_ms && p->at_ms[k] < until_ms && known[p->m->col[k]])
            p->role[k] = SOUGHT;
}

static uint64_t count_role(const parting *p, uint32_t person, uint8_t role)
{
    uint64_t count = 0;
    for (uint64_t k = p->m->row_start[person]; k < p->m->row_start[person + 1]; k++)
        count += p->role[k] == role;
    return count;
}

// People with something before, and (sought) something to find too; at most `most` of them, drawn.
static uint32_t pick_people(
    const parting *p, bool sought, uint32_t most, uint64_t seed, uint32_t *people)
{
    uint32_t count = 0;
    for (uint32_t u = 0; u < p->m->rows; u++)
        if (count_role(p, u, BEFORE) && (!sought || count_role(p, u, SOUGHT)))
            people[count++] = u;
    if (!most || count <= most)
        return count;
    att_rng rng = att_rng_stream(seed, sought ? 1 : 2);
    att_rng_shuffle_u32(&rng, people, count);
    return most;
}

// at_ms NULL: no times are wanted.
static att_status take(att_matrix *out, int64_t **at_ms, uint64_t *room, const parting *p,
    const uint32_t *people, uint32_t count, uint8_t role, const att_host *host, att_error *err)
{
    const att_matrix *m = p->m;
    uint64_t total = 0, to = 0;
    for (uint32_t i = 0; i < count; i++)
        total += count_role(p, people[i], role);
    const att_status status = att_matrix_init(out, count, m->cols, total, host, err);
    if (status)
        return status;
    if (at_ms) {
        *room = total + 1;
        *at_ms = ATT_NEW_ARRAY(host, int64_t, *room);
        if (!*at_ms)
            return att_no_memory(err, *room, "times");
    }
    for (uint32_t i = 0; i < count; i++) {
        for (uint64_t k = m->row_start[people[i]]; k < m->row_start[people[i] + 1]; k++) {
            if (p->role[k] != role)
                continue;
            if (at_ms)
                (*at_ms)[to] = p->at_ms[k];
            out->col[to] = m->col[k];
            out->value[to++] = m->value[k];
        }
        out->row_start[i + 1] = to;
    }
    return ATT_OK;
}

static att_status make(att_holdout *out, const att_matrix *m, const int64_t *at_ms, int64_t from_ms,
    int64_t until_ms, const att_holdout_options *o, att_arena *scratch, const att_host *host,
    att_error *err)
{
    parting p = {m, at_ms, ATT_NEW(scratch, uint8_t, att_matrix_nonzeros(m) + 1)};
    uint8_t *known = ATT_NEW(scratch, uint8_t, (size_t)m->cols + 1);
    uint32_t *people = ATT_NEW(scratch, uint32_t, (size_t)m->rows + 1);
    if (!p.role || !known || !people)
        return att_no_memory(err, m->rows, "people to hold out");
    mark(&p, from_ms, until_ms, known);
    uint32_t count = pick_people(&p, false, o->train_most, o->seed, people);
    att_status status =
        take(&out->train, &out->train_at_ms, &out->train_count, &p, people, count, BEFORE, host, err);
    count = pick_people(&p, true, o->held, o->seed, people);
    if (!status)
        status = take(&out->history, &out->history_at_ms, &out->history_count, &p, people, count, BEFORE, host, err);
    if (!status)
        status = take(&out->targets, NULL, NULL, &p, people, count, SOUGHT, host, err);
    return status;
}

att_status att_holdout_make_forward(att_holdout *out, const att_matrix *preferences,
    const int64_t *at_ms, int64_t from_ms, int64_t until_ms, const att_holdout_options *options,
    const att_host *host, att_error *err)
{
    *out = (att_holdout){.by_clock = true};
    att_arena scratch;
    att_arena_init(&scratch, host, 0);
    const att_status status =
        make(out, preferences, at_ms, from_ms, until_ms, options, &scratch, host, err);
    att_arena_deinit(&scratch);
    if (status)
        att_holdout_deinit(out, host);
    return status;
}
