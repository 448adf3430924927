// SPDX-License-Identifier: Apache-2.0
// embed/seq_loss.h - what a step is judged by: one positive against many negatives, as a thing.
//
// A step's negatives are shared by all of its events, so scores of all pairs are one matrix product. They are drawn
// with replacement from q = (1 - popular) / items + popular * share of events; each loss undoes q in its own way.
#ifndef ATT_EMBED_SEQ_LOSS_H
#define ATT_EMBED_SEQ_LOSS_H

#include "base/rng.h"
#include "embed/seq_ops.h"

typedef struct att_seq_negatives {
    size_t count;
    uint32_t *item; // (count)
    float *log_q;   // (count) log(count q): how often it is expected among them
    float *weight;  // (count) (1 / items) / q: makes the sum over them what it is when all are drawn alike
    float beta;     // gbce: power of the positive's probability
    float shift;    // gbce: log(count), taken off all scores, which leaves their order as it is: the training then starts
                    // with one expected hit among the negatives instead of half of them
} att_seq_negatives;

typedef struct att_seq_loss {
    const char *name;
    const char *story;
    const char *citation;
    // Scores become derivatives. What may not count (the positive itself among the negatives) comes as ATT_SEQ_NEVER.
    double (*row)(const att_seq_ops *ops, float *positive, float *z, const att_seq_negatives *n);
} att_seq_loss;

#define ATT_SEQ_NEVER (-1e30f) // a score that no share comes from

extern const att_seq_loss att_seq_loss_gbce;
extern const att_seq_loss att_seq_loss_sampled; // softmax
const att_seq_loss *const *att_seq_loss_list(size_t *count);
const att_seq_loss *att_seq_loss_named(const char *name); // NULL: none of that name

// beta = a (t (1 - 1/a) + 1/a) with a = count / (items - 1), the share that is drawn.
double att_seq_gbce_beta(size_t count, uint32_t items, double calibration);
// `events` are all items that were trained on, repeated as they were (event_count): a draw by popularity is one of them.
void att_seq_negatives_draw(att_seq_negatives *out, uint32_t items, double popular,
    const uint32_t *events, uint64_t event_count, const uint32_t *item_events, att_rng *rng);

#endif
