// SPDX-License-Identifier: Apache-2.0
// embed/seq_validate.c - some people at a time: their states, one product with all items, their ranks.
#include "embed/seq_validate.h"
#include "embed/blas.h"
#include "embed/parallel.h"

#include <math.h>

#define SCORES_MOST ((size_t)1 << 23) // of one group
#define GROUP_MOST 64                 // people

typedef struct worker {
    att_seq_room *room;
    uint32_t *start, *item;
    int64_t *at_s;
    uint8_t *context, *asked;
    float *last;   // (group, dim)
    float *scores; // (group, items)
} worker;

struct att_seq_validator {
    const att_seq_data *data;
    const uint32_t *people;
    size_t count, group;
    att_seq_shape shape;
    uint32_t threads;
    worker *workers;
    uint32_t *rank; // (count)
    const att_seq_net *net;
    const float *fixed; // (items) scores for everybody; NULL: the net's
};

static bool make_worker(att_seq_validator *v, worker *w, att_arena *life)
{
    const size_t tokens = v->group * v->shape.length;
    w->room = att_seq_room_new(&v->shape, tokens, false, life);
    w->start = ATT_NEW(life, uint32_t, v->group + 1);
    w->item = ATT_NEW(life, uint32_t, tokens);
    w->at_s = ATT_NEW(life, int64_t, tokens);
    w->context = ATT_NEW(life, uint8_t, tokens *ATT_SEQ_FIELDS);
    w->asked = ATT_NEW(life, uint8_t, tokens *ATT_SEQ_FIELDS);
    w->last = ATT_NEW(life, float, v->group *v->shape.dim);
    w->scores = ATT_NEW(life, float, v->group *v->shape.items);
    return w->room && w->start && w->item && w->at_s && w->context && w->asked && w->last &&
           w->scores;
}

att_status att_seq_validator_create(att_seq_validator **out, const att_seq_data *data,
    const uint32_t *people, size_t count, const att_seq_shape *shape, uint32_t threads,
    att_arena *life, att_error *err)
{
    att_seq_validator *v = *out = ATT_NEW(life, att_seq_validator, 1);
    if (!v)
        return att_no_memory(err, 1, "validation");
    *v = (att_seq_validator){.data = data,
        .people = people,
        .count = count,
        .group = ATT_MAX(ATT_MIN(SCORES_MOST / shape->items, GROUP_MOST), 1),
        .shape = *shape,
        .threads = att_parallel_threads(threads)};
    v->workers = ATT_NEW(life, worker, v->threads);
    v->rank = ATT_NEW(life, uint32_t, count + 1);
    bool whole = v->workers && v->rank;
    for (uint32_t t = 0; t < v->threads && whole; t++)
        whole = make_worker(v, &v->workers[t], life);
    return whole ? ATT_OK : att_no_memory(err, count, "people to validate on");
}

static att_seq_tokens gather(const att_seq_validator *v, worker *w, size_t begin, size_t end)
{
    const att_seq_data *d = v->data;
    att_seq_tokens t = {.start = w->start,
        .item = w->item,
        .at_s = d->at_s ? w->at_s : NULL,
        .context = d->context ? w->context : NULL,
        .asked = d->context ? w->asked : NULL};
    w->start[0] = 0;
    for (size_t i = begin; i < end; i++) {
        const uint64_t last = d->start[v->people[i] + 1] - 1; // kept out
        const uint64_t count = ATT_MIN(last - d->start[v->people[i]], v->shape.length);
        for (uint64_t k = last - count; k < last; k++, t.count++) {
            w->item[t.count] = d->item[k];
            if (d->at_s)
                w->at_s[t.count] = d->at_s[k];
            if (!d->context)
                continue;
            memcpy(w->context + t.count * ATT_SEQ_FIELDS, d->context + k * ATT_SEQ_FIELDS,
                ATT_SEQ_FIELDS);
            memcpy(w->asked + t.count * ATT_SEQ_FIELDS, d->context + (k + 1) * ATT_SEQ_FIELDS,
                ATT_SEQ_FIELDS);
        }
        w->start[++t.sequences] = (uint32_t)t.count;
    }
    return t;
}

// How many other items score as high or higher.
static uint32_t rank_of(const att_seq_validator *v, uint32_t person, float *scores)
{
    const att_seq_data *d = v->data;
    const uint64_t last = d->start[person + 1] - 1;
    const float own = scores[d->item[last]];
    for (uint64_t k = d->start[person]; k < last; k++)
        scores[d->item[k]] = -HUGE_VALF;
    scores[d->item[last]] = -HUGE_VALF;
    uint32_t rank = 0;
    for (uint32_t j = 0; j < v->shape.items; j++)
        rank += !(scores[j] < own); // NaN stands before all
    return rank;
}

static void score_group(att_seq_validator *v, worker *w, size_t first, size_t past)
{
    const size_t dim = v->shape.dim, items = v->shape.items;
    const att_seq_tokens tokens = gather(v, w, first, past);
    const float *out = att_seq_forward(v->net, &tokens, NULL, w->room);
    for (size_t i = 0; i < tokens.sequences; i++)
        memcpy(w->last + i * dim, out + (w->start[i + 1] - 1) * dim, dim * sizeof *out);
    att_blas_product(false, true, tokens.sequences, items, dim, 1, w->last, dim, v->net->items, dim,
        0, w->scores, items);
}

static void rank_group(void *context, uint32_t thread, size_t begin, size_t end)
{
    att_seq_validator *v = context;
    worker *w = &v->workers[thread];
    const size_t items = v->shape.items;
    for (size_t group = begin; group < end; group++) {
        const size_t first = group * v->group, past = ATT_MIN(first + v->group, v->count);
        if (!v->fixed)
            score_group(v, w, first, past);
        for (size_t i = first; v->fixed && i < past; i++)
            memcpy(w->scores + (i - first) * items, v->fixed, items * sizeof *v->fixed);
        for (size_t i = first; i < past; i++)
            v->rank[i] = rank_of(v, v->people[i], w->scores + (i - first) * items);
    }
}

static att_seq_quality rank_all(att_seq_validator *v)
{
    att_seq_quality q = {.people = (uint32_t)v->count};
    att_parallel_for(v->threads, (v->count + v->group - 1) / v->group, 1, rank_group, v);
    for (size_t i = 0; i < v->count; i++) {
        if (v->rank[i] >= 10)
            continue;
        q.ndcg_10 += 1 / log2(v->rank[i] + 2.0) / (double)v->count;
        q.hit_10 += 1 / (double)v->count;
    }
    return q;
}

att_seq_quality att_seq_validate(att_seq_validator *v, const att_seq_net *net)
{
    v->net = net;
    v->fixed = NULL;
    return rank_all(v);
}

att_seq_quality att_seq_validate_scores(att_seq_validator *v, const float *scores)
{
    v->fixed = scores;
    return rank_all(v);
}
