// SPDX-License-Identifier: Apache-2.0
// embed/seq_checkpoint.c - writing a training's state whole, and taking it up again.
#include "embed/seq_checkpoint.h"

#include <math.h>
#include <xxhash.h>

enum {
    SEQT = ATT_TAG4('S', 'E', 'Q', 'T'),
    HEAD = ATT_TAG4('H', 'E', 'A', 'D'),
    WEIG = ATT_TAG4('W', 'E', 'I', 'G'),
    ITEM = ATT_TAG4('I', 'T', 'E', 'M'),
    BEST = ATT_TAG4('B', 'E', 'S', 'T'),
    VERSION = 2 // 1 had no weights for the context that is asked in
};

uint64_t att_seq_training_hash(const att_seq_data *data, const att_seq_options *o)
{
    const uint64_t events = data->start[data->people];
    const double numbers[] = {o->length, o->dim, o->heads, o->layers, o->hidden, o->negatives,
        o->popular, o->calibration, o->dropout, o->rate, o->decay, o->batch_tokens, o->epochs,
        o->patience, o->held, o->judged, o->flops_most, data->people, data->items};
    uint64_t hash = XXH3_64bits_withSeed(numbers, sizeof numbers, o->seed);
    hash = XXH3_64bits_withSeed(o->loss->name, strlen(o->loss->name), hash);
    hash = XXH3_64bits_withSeed(
        data->start, ((size_t)data->people + 1) * sizeof *data->start, hash);
    hash = XXH3_64bits_withSeed(data->item, (size_t)events * sizeof *data->item, hash);
    if (data->at_s)
        hash = XXH3_64bits_withSeed(data->at_s, (size_t)events * sizeof *data->at_s, hash);
    if (data->context)
        hash = XXH3_64bits_withSeed(data->context, (size_t)events * ATT_SEQ_FIELDS, hash);
    return hash;
}

// Weights and moments lie in one block, and so do the items' (seq_train.c).
att_status att_seq_checkpoint_save(const char *path, const att_seq_mark *mark,
    const att_seq_state *state, const float *kept, size_t item_floats, const att_host *host,
    att_error *err)
{
    att_snapshot_writer *writer = NULL;
    att_status status = att_snapshot_writer_create(&writer, SEQT, VERSION, host, err);
    if (!status)
        status = att_snapshot_add(writer, HEAD, mark, sizeof *mark, err);
    if (!status)
        status = att_snapshot_add(
            writer, WEIG, state->weights, 3 * state->weight_count * sizeof(float), err);
    if (!status)
        status = att_snapshot_add(writer, ITEM, state->items, 3 * item_floats * sizeof(float), err);
    if (!status)
        status = att_snapshot_add(
            writer, BEST, kept, 2 * (state->weight_count + item_floats) * sizeof(float), err);
    if (!status)
        status = att_snapshot_finish(writer, path, err);
    att_snapshot_writer_destroy(writer);
    return status ? att_while(err, status, "saving checkpoint %s", path) : ATT_OK;
}

static att_status take(const att_snapshot *snapshot, uint32_t id, float *to, size_t count,
    att_error *err)
{
    const void *data = NULL;
    size_t found = 0;
    const att_status status = att_snapshot_need(snapshot, id, sizeof(float), &found, &data, err);
    if (status)
        return status;
    if (found != count)
        return ATT_FAIL(err, ATT_CORRUPT, "section %.4s has %zu numbers, wanted %zu",
            (const char *)&id, found, count);
    memcpy(to, data, count * sizeof *to);
    for (size_t k = 0; k < count; k++)
        if (!isfinite(to[k]))
            return ATT_FAIL(
                err, ATT_CORRUPT, "section %.4s: number %zu is not finite", (const char *)&id, k);
    return ATT_OK;
}

static att_status check_mark(const att_seq_mark *mark, uint64_t training, att_error *err)
{
    if (mark->training != training)
        return ATT_FAIL(err, ATT_INVALID,
            "it is of a training on other data or with other options or seed; remove it or name "
            "another file");
    const double numbers[] = {mark->best_ndcg, mark->best_hit, mark->loss, mark->flops,
        mark->seconds, mark->validation_s};
    for (size_t k = 0; k < ATT_COUNT_OF(numbers); k++)
        if (!(numbers[k] >= 0 && isfinite(numbers[k])))
            return ATT_FAIL(err, ATT_CORRUPT, "section HEAD: number %zu is %g", k, numbers[k]);
    if (mark->epoch < 1 || mark->epoch > UINT32_MAX || mark->best_epoch < 1 ||
        mark->best_epoch > mark->epoch)
        return ATT_FAIL(err, ATT_CORRUPT, "section HEAD: %llu epochs, the best is %llu",
            (unsigned long long)mark->epoch, (unsigned long long)mark->best_epoch);
    return ATT_OK;
}

att_status att_seq_checkpoint_read(const att_snapshot *snapshot, uint32_t version,
    att_seq_mark *mark, att_seq_state *state, float *kept, size_t item_floats, att_error *err)
{
    const uint64_t training = mark->training;
    const void *head = NULL;
    size_t count = 0;
    if (version != VERSION)
        return ATT_FAIL(err, ATT_VERSION, "version %u, this build reads %d", version, VERSION);
    att_status status = att_snapshot_need(snapshot, HEAD, sizeof *mark, &count, &head, err);
    if (!status && count != 1)
        status = ATT_FAIL(err, ATT_CORRUPT, "section HEAD is there %zu times", count);
    if (status)
        return status;
    memcpy(mark, head, sizeof *mark);
    status = check_mark(mark, training, err);
    if (!status)
        status = take(snapshot, WEIG, state->weights, 3 * state->weight_count, err);
    if (!status)
        status = take(snapshot, ITEM, state->items, 3 * item_floats, err);
    return status ? status : take(snapshot, BEST, kept, 2 * (state->weight_count + item_floats), err);
}

att_status att_seq_checkpoint_load(const char *path, att_seq_mark *mark, att_seq_state *state,
    float *kept, size_t item_floats, const att_host *host, att_error *err)
{
    att_snapshot *snapshot = NULL;
    uint32_t version = 0;
    att_status status = att_snapshot_open(&snapshot, path, SEQT, &version, host, err);
    if (status == ATT_NOT_FOUND)
        return status;
    if (!status)
        status = att_seq_checkpoint_read(snapshot, version, mark, state, kept, item_floats, err);
    att_snapshot_close(snapshot);
    return status ? att_while(err, status, "going on from checkpoint %s", path) : ATT_OK;
}
