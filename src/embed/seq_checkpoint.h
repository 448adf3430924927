// SPDX-License-Identifier: Apache-2.0
// embed/seq_checkpoint.h - the state of a training after a whole epoch, to go on from.
//
// A snapshot "SEQT", version 1: HEAD (below), WEIG (weights, first and second moments: 3 * weight_count floats), ITEM (item
// vectors and moments: 3 * items * dim floats), BEST (weights and item vectors, as a running mean and as the best
// epoch had it: 2 * (weight_count + items * dim) floats). All random draws are streams
// of (seed, epoch) and (seed, step), so that the two numbers are the whole state of the generators.
#ifndef ATT_EMBED_SEQ_CHECKPOINT_H
#define ATT_EMBED_SEQ_CHECKPOINT_H

#include "embed/seq_step.h"

typedef struct att_seq_mark {
    uint64_t training; // hash of data, options and seed
    uint64_t epoch;    // whole ones so far
    uint64_t step;
    uint64_t best_epoch;
    double best_ndcg, best_hit, loss, flops, seconds, validation_s;
} att_seq_mark;

// Hash of all that decides the result: the data and the options but for threads and the checkpoint's path.
uint64_t att_seq_training_hash(const att_seq_data *data, const att_seq_options *options);

// kept is (2, weight_count + items * dim).
att_status att_seq_checkpoint_save(const char *path, const att_seq_mark *mark,
    const att_seq_state *state, const float *kept, size_t item_floats, const att_host *host,
    att_error *err);
// Takes a state out of an opened snapshot of this version. mark->training says whose it must be.
att_status att_seq_checkpoint_read(const att_snapshot *snapshot, uint32_t version,
    att_seq_mark *mark, att_seq_state *state, float *kept, size_t item_floats, att_error *err);
// ATT_NOT_FOUND: there is none. ATT_INVALID: it is of another training.
att_status att_seq_checkpoint_load(const char *path, att_seq_mark *mark, att_seq_state *state,
    float *kept, size_t item_floats, const att_host *host, att_error *err);

#endif
