// SPDX-License-Identifier: Apache-2.0
// embed/seq_serve.h - asking a sequence model while somebody waits: one event at a time, then the best items.
//
// A cache holds, for one history, each layer's keys and values of the newest `length` events in a ring. One new event is
// one token through the layers. Up to `length` events the state is that of att_seq_read over the whole history (to float
// tolerance); beyond, what fell out of the ring has still shaped the layers above, as in any sliding window.
#ifndef ATT_EMBED_SEQ_SERVE_H
#define ATT_EMBED_SEQ_SERVE_H

#include "embed/seq.h"

typedef struct att_seq_cache att_seq_cache;

// Borrows the model. One thread at a time.
att_status att_seq_cache_create(
    att_seq_cache **out, const att_seq *seq, const att_host *host, att_error *err);
void att_seq_cache_destroy(att_seq_cache *cache); // NULL is fine
void att_seq_cache_clear(att_seq_cache *cache);
// Forgets all but the first `count` events: what others that follow would have made of them. Only while no more than `length`
// events have been pushed.
void att_seq_cache_keep(att_seq_cache *cache, size_t count);
// From now on it serves another model, empty. False: that one is larger or smaller, make a new cache.
bool att_seq_cache_turn(att_seq_cache *cache, const att_seq *seq);
// The state with one event more, (dim), borrowed until the next call. An item that the model does not know changes nothing.
// `timed` must be the same for all events of a history. No allocation. It is the state of who asks in an unknown situation.
const float *att_seq_push(
    att_seq_cache *cache, uint32_t item, bool timed, int64_t at_s, const uint8_t *context);
// The sum behind the layers after the last push, (dim): what a state is made of, now or later. Borrowed until the next push.
// After events that the model does not know, or none: that of the events before, if any.
const float *att_seq_sum(const att_seq_cache *cache);
// The state of such a sum for who asks in this situation (ATT_SEQ_FIELDS; NULL: not known). state is (dim), and not `sum`.
void att_seq_ask(const att_seq *seq, const float *sum, const uint8_t *asked, float *state);

// The best items for a state among those whose bit is set (NULL: all) and that the model was trained on: a scan over
// vectors of bytes finds four times as many, which are then scored exactly. Best first; returns how many. No allocation.
size_t att_seq_top(const att_seq *seq, const float *state, const uint64_t *bits, size_t bit_count,
    size_t count, uint32_t *items, float *scores);
#define ATT_SEQ_TOP_MAX 1024 // ATT_MODEL_SEQUENCE_TOP_MAX

#endif
