// SPDX-License-Identifier: Apache-2.0
// embed/fold_seq.c - the sequence part of a person: their state now, and their state without each of the newest events.
//
// With s the state and e the items' vectors, an item scores scale * s.(e - mean e): an item that the sequence model has not
// met scores what all do on average. Removing an event is done, not estimated: the cache goes back to the event before
// it and the later ones are read again. Decisions look at the same histories again and again, so the sums that states are made of
// are remembered by a hash of the events; the situation in which somebody asks is added to them each time.
#include "embed/model_parts.h"
#include "embed/seq_parts.h"

#include <xxhash.h>

#define MEMO_SLOTS 512 // a power of two

typedef struct memo_slot {
    uint64_t key; // 0: empty
} memo_slot;

struct att_fold_sequence {
    att_host host;
    att_seq_cache *cache;
    ATT_VEC(att_seq_place) events; // read, oldest first, at most `length`
    ATT_VEC(float) sums;           // (1 + explained, dim): with all, then without the newest, the one before …
    ATT_VEC(float) states;         // likewise, for who asks in a situation
    size_t explained;
    bool is_read;
    float shift; // of the first state: s.mean
    // Remembered for the usual number of explained events.
    memo_slot *slots; // (MEMO_SLOTS)
    float *memory;    // (MEMO_SLOTS, 1 + ATT_MODEL_EXPLAINED, dim) sums
    size_t memory_dim;
};

void att_fold_sequence_destroy(att_fold_sequence *s)
{
    if (!s)
        return;
    const att_host host = s->host;
    att_seq_cache_destroy(s->cache);
    ATT_VEC_FREE(&host, &s->events);
    ATT_VEC_FREE(&host, &s->sums);
    ATT_VEC_FREE(&host, &s->states);
    ATT_FREE_ARRAY(&host, s->slots, MEMO_SLOTS);
    ATT_FREE_ARRAY(&host, s->memory, MEMO_SLOTS * (1 + ATT_MODEL_EXPLAINED) * s->memory_dim);
    ATT_FREE_ARRAY(&host, s, 1);
}

void att_fold_sequence_forget(att_fold_sequence *s)
{
    if (s)
        s->is_read = false;
}

// --- Room -------------------------------------------------------------------------------------------

static att_status make_cache(att_fold_sequence *s, const att_seq *seq, att_error *err)
{
    if (s->cache && att_seq_cache_turn(s->cache, seq))
        return ATT_OK;
    att_seq_cache_destroy(s->cache);
    s->cache = NULL;
    return att_seq_cache_create(&s->cache, seq, &s->host, err);
}

static att_status make_memo(att_fold_sequence *s, size_t dim, att_error *err)
{
    const size_t each = (1 + ATT_MODEL_EXPLAINED) * MEMO_SLOTS;
    if (s->slots && s->memory_dim == dim)
        return ATT_OK;
    ATT_FREE_ARRAY(&s->host, s->slots, MEMO_SLOTS);
    ATT_FREE_ARRAY(&s->host, s->memory, each * s->memory_dim);
    s->slots = ATT_NEW_ARRAY(&s->host, memo_slot, MEMO_SLOTS);
    s->memory = ATT_NEW_ARRAY(&s->host, float, each *dim);
    s->memory_dim = s->memory ? dim : 0;
    return s->slots && s->memory ? ATT_OK : att_no_memory(err, MEMO_SLOTS, "remembered states");
}

static att_status make_room(
    att_fold *fold, const att_seq *seq, size_t count, size_t explained, att_error *err)
{
    att_fold_sequence *s = fold->sequence;
    if (!s) {
        s = fold->sequence = ATT_NEW_ARRAY(&fold->host, att_fold_sequence, 1);
        if (!s)
            return att_no_memory(err, 1, "sequence of a person");
        s->host = fold->host;
    }
    s->is_read = false;
    if (!ATT_VEC_RESERVE(&s->host, &s->events, count + 1) ||
        !ATT_VEC_RESERVE(&s->host, &s->sums, (1 + explained) * seq->shape.dim) ||
        !ATT_VEC_RESERVE(&s->host, &s->states, (1 + explained) * seq->shape.dim))
        return att_no_memory(err, count, "events");
    const att_status status = make_cache(s, seq, err);
    return status ? status : make_memo(s, seq->shape.dim, err);
}

// --- Reading ----------------------------------------------------------------------------------------

// Those that the model knows, in order, the newest `length`.
static void take_events(
    att_fold_sequence *s, const att_seq *seq, const att_model_event *events, size_t count)
{
    s->events.count = 0;
    for (size_t k = 0; k < count; k++)
        if (events[k].item < seq->shape.items && seq->known[events[k].item] > 0)
            s->events.items[s->events.count++] =
                (att_seq_place){events[k].at_s, events[k].item, events[k].situation, events[k].at_s};
    att_seq_places_sort(s->events.items, s->events.count);
    if (s->events.count > seq->shape.length) {
        const size_t spare = s->events.count - seq->shape.length;
        memmove(s->events.items, s->events.items + spare,
            seq->shape.length * sizeof *s->events.items);
        s->events.count = seq->shape.length;
    }
}

// The sum behind the layers with this event too.
static const float *push(att_fold_sequence *s, const att_seq_place *event)
{
    uint8_t context[ATT_SEQ_FIELDS];
    att_seq_context_of(event->situation, context);
    att_seq_push(s->cache, event->item, true, event->at_s, context);
    return att_seq_sum(s->cache);
}

static void push_from(att_fold_sequence *s, const att_seq *seq, size_t first, float *sum)
{
    const float *now = NULL;
    for (size_t k = first; k < s->events.count; k++)
        now = push(s, &s->events.items[k]);
    if (now)
        memcpy(sum, now, seq->shape.dim * sizeof *sum);
}

// Sum 1 + k is without the k-th newest event. What is left after the newest is the sum before it.
static void compute(att_fold_sequence *s, const att_seq *seq)
{
    const size_t dim = seq->shape.dim, count = s->events.count;
    float *sums = s->sums.items;
    memset(sums, 0, (1 + s->explained) * dim * sizeof *sums);
    att_seq_cache_clear(s->cache);
    for (size_t k = 0; k < count; k++) {
        const float *now = push(s, &s->events.items[k]);
        if (k + 1 == count)
            memcpy(sums, now, dim * sizeof *sums);
        if (k + 2 == count && s->explained > 0)
            memcpy(sums + dim, now, dim * sizeof *sums);
    }
    for (size_t k = 1; k < s->explained; k++) {
        att_seq_cache_keep(s->cache, count - 1 - k);
        push_from(s, seq, count - k, sums + (1 + k) * dim);
    }
}

// Somebody of whom no event is left has no state, whatever the situation.
static void ask(att_fold_sequence *s, const att_seq *seq, uint32_t asked)
{
    const size_t dim = seq->shape.dim;
    uint8_t context[ATT_SEQ_FIELDS];
    att_seq_context_of(asked, context);
    for (size_t k = 0; k <= s->explained; k++) {
        float *state = s->states.items + k * dim;
        if (s->events.count > (k > 0))
            att_seq_ask(seq, s->sums.items + k * dim, context, state);
        else
            memset(state, 0, dim * sizeof *state);
    }
}

static uint64_t key_of(const att_fold_sequence *s, const att_seq *seq)
{
    const uint64_t key = XXH3_64bits_withSeed(
        s->events.items, s->events.count * sizeof *s->events.items, seq->fingerprint);
    return key ? key : 1;
}

static void recall(att_fold_sequence *s, const att_seq *seq)
{
    const size_t size = (1 + s->explained) * seq->shape.dim;
    const uint64_t key = key_of(s, seq);
    memo_slot *slot = &s->slots[key % MEMO_SLOTS];
    float *kept = s->memory + (size_t)(slot - s->slots) * (1 + ATT_MODEL_EXPLAINED) * seq->shape.dim;
    if (slot->key == key) {
        memcpy(s->sums.items, kept, size * sizeof *kept);
        return;
    }
    compute(s, seq);
    memcpy(kept, s->sums.items, size * sizeof *kept);
    slot->key = key;
}

att_status att_model_read(const att_model *model, att_fold *fold, const att_model_event *events,
    size_t count, uint32_t asked, size_t explained, att_error *err)
{
    const att_seq *seq = model->seq;
    if (!seq || model->seq_share <= 0 || fold->model != model)
        return ATT_OK;
    const att_status status = make_room(fold, seq, count, ATT_MIN(explained, count), err);
    if (status)
        return status;
    att_fold_sequence *s = fold->sequence;
    take_events(s, seq, events, count);
    s->explained = ATT_MIN(explained, s->events.count);
    if (explained == ATT_MODEL_EXPLAINED)
        recall(s, seq);
    else
        compute(s, seq);
    ask(s, seq, asked);
    s->shift = seq->ops->dot(s->states.items, seq->mean, seq->shape.dim);
    s->is_read = true;
    return ATT_OK;
}

// --- Scores and effects -----------------------------------------------------------------------------

bool att_fold_is_read(const att_fold *fold)
{
    return fold->sequence && fold->sequence->is_read;
}

static bool knows(const att_seq *seq, uint32_t item)
{
    return item < seq->shape.items && seq->known[item] > 0;
}

double att_fold_sequence_score(const att_model *model, const att_fold *fold, uint32_t item)
{
    const att_seq *seq = model->seq;
    const att_fold_sequence *s = fold->sequence;
    if (!knows(seq, item))
        return 0;
    const float *vector = seq->items + (size_t)item * seq->shape.dim;
    return model->seq_scale * (double)(seq->ops->dot(s->states.items, vector, seq->shape.dim) - s->shift);
}

// Difference of two states against a vector less the mean.
static double moved(const att_seq *seq, const float *with, const float *without, const float *vector)
{
    double sum = 0;
    for (size_t d = 0; d < seq->shape.dim; d++)
        sum += (double)(with[d] - without[d]) * (double)(vector[d] - seq->mean[d]);
    return sum;
}

void att_fold_sequence_effects(const att_model *model, const att_fold *fold,
    const uint32_t *targets, size_t target_count, float *effects)
{
    const att_seq *seq = model->seq;
    const att_fold_sequence *s = fold->sequence;
    const size_t dim = seq->shape.dim;
    const double share = model->seq_share * model->seq_scale;
    for (size_t k = 0; k < s->explained; k++) {
        const uint32_t item = s->events.items[s->events.count - 1 - k].item;
        size_t row = 0;
        while (row < fold->history.count && fold->history.items[row].item != item)
            row++;
        for (size_t j = 0; row < fold->history.count && j < target_count; j++)
            if (knows(seq, targets[j]))
                effects[j * fold->history.count + row] +=
                    (float)(share * moved(seq, s->states.items, s->states.items + (1 + k) * dim,
                                        seq->items + (size_t)targets[j] * dim));
    }
}

size_t att_model_sequence_top(const att_model *model, const att_fold *fold, const uint64_t *bits,
    size_t bit_count, size_t count, uint32_t *items, float *scores)
{
    if (fold->model != model || !att_fold_is_read(fold))
        return 0;
    return att_seq_top(
        model->seq, fold->sequence->states.items, bits, bit_count, count, items, scores);
}
