// SPDX-License-Identifier: Apache-2.0
// embed/seq.h - what comes next for this person? A causal Transformer over their events, the newest last.
//
// The hidden state after the newest event and an item's vector give that item's score by a dot product; the vectors are
// those that events are read by (tied). docs/sequence.md has the formulas, the losses and their papers.
#ifndef ATT_EMBED_SEQ_H
#define ATT_EMBED_SEQ_H

#include "embed/seq_loss.h"
#include "embed/seq_net.h"
#include "store/snapshot.h"

// Everybody's events in order. Borrowed.
typedef struct att_seq_data {
    uint32_t people, items;
    const uint64_t *start;  // (people + 1)
    const uint32_t *item;   // (events) below items
    const int64_t *at_s;    // (events) rising within a person; NULL: only the order is known
    const uint8_t *context; // (events, ATT_SEQ_FIELDS); NULL: not known
} att_seq_data;

// Zero means "from the data" or "the usual" in every field but seed. docs/sequence.md says how each is found.
typedef struct att_seq_options {
    uint64_t seed;
    uint32_t threads;
    uint32_t length, dim, heads, layers, hidden;
    const att_seq_loss *loss;
    uint32_t negatives;    // drawn for a step, shared by all of its events; a multiple of 16
    double popular;        // share of them drawn by popularity instead of alike; below 0: none
    double calibration;    // gbce: t
    double dropout;        // below 0: none
    double rate;           // of learning
    double decay;          // of weights; below 0: none
    uint32_t batch_tokens; // events of a step, about
    uint32_t epochs;       // at most
    uint32_t patience;     // epochs without a better validation, then it ends; four times as many while it is not
                           // clearly better than popularity yet, since the start can be slow
    // People whose newest event is kept out to validate on; the others' newest is trained on. UINT32_MAX: everybody's.
    uint32_t held;
    uint32_t judged;      // of those, validated on at most
    double flops_most;    // ends after the epoch in which so many were spent; 0: no end
    const char *checkpoint; // file to go on from and to keep the state in after each epoch; NULL: none
} att_seq_options;

// The options with every zero filled in for this data.
att_seq_options att_seq_options_for(const att_seq_options *options, const att_seq_data *data);

typedef struct att_seq_report {
    uint32_t epochs, best_epoch;
    double ndcg_10, hit_10; // of the validation, full ranking without what the person had; the best epoch's
    double popular_ndcg_10; // what popularity would have got there
    uint32_t judged;        // people
    double loss;            // mean of the last epoch
    double flops, seconds;  // of the steps: products alone
    double validation_s;
    uint64_t events; // trained on in one epoch
} att_seq_report;

typedef struct att_seq att_seq;

// Same data, options and seed give the same bits for any number of threads, and whether it was stopped in between or not.
// ATT_CANCELLED leaves the checkpoint of the last whole epoch. ATT_INVALID: too little data, or a checkpoint of another training.
att_status att_seq_train(att_seq **out, const att_seq_data *data, const att_seq_options *options,
    att_seq_report *report, const att_host *host, att_error *err);
void att_seq_destroy(att_seq *seq); // NULL is fine
const att_seq_shape *att_seq_shape_of(const att_seq *seq);
att_seq_net att_seq_net_of(const att_seq *seq);
const float *att_seq_item(const att_seq *seq, uint32_t item); // (dim)

// One reader's memory for asking: grows to fit, then nothing is allocated. One thread at a time.
typedef struct att_seq_reader att_seq_reader;
att_status att_seq_reader_create(
    att_seq_reader **out, const att_seq *seq, const att_host *host, att_error *err);
void att_seq_reader_destroy(att_seq_reader *reader); // NULL is fine
// From now on it reads with another model. False: that one is larger or smaller, make a new reader.
bool att_seq_reader_turn(att_seq_reader *reader, const att_seq *seq);
// Begin, add events oldest first, read: the state after the newest `length` of them. (dim), borrowed until the next read;
// zeros without events. Events with items the model does not know are passed over. `context` (ATT_SEQ_FIELDS) may be NULL,
// and `asked`, the context of who wants to know what comes next.
void att_seq_reader_begin(att_seq_reader *reader, bool timed);
void att_seq_reader_add(
    att_seq_reader *reader, uint32_t item, int64_t at_s, const uint8_t *context);
const float *att_seq_read(att_seq_reader *reader, const uint8_t *asked);
// scores (items) = item vectors . state
void att_seq_score_all(const att_seq *seq, const float *state, float *scores);

#endif
