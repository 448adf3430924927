// SPDX-License-Identifier: Apache-2.0
// store/decision_pool.c - a pool as bytes, behind the slots of a decision record of version 2.
//
//   bytes          what                                   (all numbers little-endian)
//       4          candidates, at least 1
//       4          columns: bits of the terms that are kept
//       4          the person's novelty slider (float)
//       4          exploration share of the policy that chose (float)
//      32          its weights, one a term (float)
//   4 x count      items
//   4 x count      for each column, lower bits first: the term at weight 1 (float)
//   4 x count      uncertainty (float)
//   1 x count      flags: 1 explorable, 2 outside the usual taste
//     for each slot:
//       4          probability of exploring (float)
//       4          best candidate
//       4          chosen candidate
//       1          1: only candidates outside the usual taste were allowed
//   4 x count      calibration gain at weight 1 (float)
//   4 x count      redundancy at weight 1 (float)
// Whoever appends a term raises the record's version: here its weight stands in the head.
#include "store/decision_pool.h"

#include "store/bytes.h"

#include <math.h>

enum { HEAD_SIZE = 16 + 4 * ATT_TERM_COUNT, SLOT_HEAD_SIZE = 13, FLAGS_ALL = ATT_POOL_EXPLORABLE | ATT_POOL_OUTSIDE };

static size_t column_count(uint32_t columns)
{
    return (size_t)__builtin_popcount(columns);
}

static size_t whole_size(size_t count, size_t columns, size_t slots)
{
    return HEAD_SIZE + count * (4 + 4 * columns + 4 + 1) + slots * (SLOT_HEAD_SIZE + 8 * count);
}

size_t att_decision_pool_size(const att_decision_pool *pool)
{
    return whole_size(pool->count, column_count(pool->columns), pool->slot_count);
}

void att_decision_pool_encode(const att_decision_pool *pool, unsigned char *out)
{
    const size_t count = pool->count;
    att_byte_writer writer = {out};
    att_put_u32(&writer, pool->count);
    att_put_u32(&writer, pool->columns);
    att_put(&writer, &pool->novelty, 4);
    att_put(&writer, &pool->share, 4);
    att_put(&writer, pool->weights, sizeof pool->weights);
    att_put(&writer, pool->items, 4 * count);
    att_put(&writer, pool->raw, 4 * count * column_count(pool->columns));
    att_put(&writer, pool->uncertainty, 4 * count);
    att_put(&writer, pool->flags, count);
    for (size_t s = 0; s < pool->slot_count; s++) {
        const att_pool_slot *slot = &pool->slots[s];
        att_put(&writer, &slot->probability, 4);
        att_put_u32(&writer, slot->best);
        att_put_u32(&writer, slot->chosen);
        att_put_u8(&writer, slot->outside);
        att_put(&writer, pool->gain + s * count, 4 * count);
        att_put(&writer, pool->penalty + s * count, 4 * count);
    }
}

static att_status take_head(att_byte_reader *in, size_t slots, uint32_t *count, uint32_t *columns, att_error *err)
{
    const size_t size = in->left;
    if (size < HEAD_SIZE)
        return ATT_FAIL(err, ATT_CORRUPT, "pool of a decision has %zu bytes, its head needs %d", size, HEAD_SIZE);
    *count = att_take_u32(in);
    *columns = att_take_u32(in);
    if (*columns >> ATT_TERM_COUNT)
        return ATT_FAIL(err, ATT_VERSION, "pool of a decision has terms that this build does not know: use a newer attune");
    if (*count == 0 || *count > ATT_POOL_SIZE_MAX / 9 || size > ATT_POOL_SIZE_MAX ||
        size != whole_size(*count, column_count(*columns), slots))
        return ATT_FAIL(err, ATT_CORRUPT, "pool of %u candidates, %zu terms and %zu slots has %zu bytes", *count,
            column_count(*columns), slots, size);
    return ATT_OK;
}

att_status att_decision_pool_check(const unsigned char *data, size_t size, size_t slots, att_error *err)
{
    uint32_t count, columns;
    att_byte_reader in = {.at = data, .left = size};
    return take_head(&in, slots, &count, &columns, err);
}

// `count` numbers of 4 bytes into memory of their own. NULL: out of memory.
static void *take_words(att_byte_reader *in, att_arena *keep, size_t count)
{
    uint32_t *words = ATT_NEW_RAW(keep, uint32_t, count);
    if (words)
        memcpy(words, in->at, 4 * count);
    in->at += 4 * count;
    in->left -= 4 * count;
    return words;
}

static bool all_finite(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

static att_status take_slot(att_byte_reader *in, att_pool_slot *slot, float *gain, float *penalty, uint32_t count,
    size_t index, att_error *err)
{
    slot->probability = att_take_f32(in);
    slot->best = att_take_u32(in);
    slot->chosen = att_take_u32(in);
    const unsigned outside = att_take_u8(in);
    slot->outside = outside;
    memcpy(gain, in->at, 4 * (size_t)count);
    memcpy(penalty, in->at + 4 * (size_t)count, 4 * (size_t)count);
    in->at += 8 * (size_t)count;
    in->left -= 8 * (size_t)count;
    if (!(slot->probability >= 0 && slot->probability <= 1) || slot->best >= count || slot->chosen >= count || outside > 1)
        return ATT_FAIL(err, ATT_CORRUPT, "pool of a decision: slot %zu is out of range", index);
    if (!all_finite(gain, count) || !all_finite(penalty, count))
        return ATT_FAIL(err, ATT_CORRUPT, "pool of a decision: slot %zu has a term that is not finite", index);
    return ATT_OK;
}

static att_status check_candidates(const att_decision_pool *pool, att_error *err)
{
    const size_t columns = column_count(pool->columns);
    if (!isfinite(pool->novelty) || !isfinite(pool->share) || !all_finite(pool->weights, ATT_TERM_COUNT) ||
        !all_finite(pool->raw, pool->count * columns))
        return ATT_FAIL(err, ATT_CORRUPT, "pool of a decision has a term that is not finite");
    for (uint32_t i = 0; i < pool->count; i++)
        if (pool->items[i] == UINT32_MAX || !(pool->uncertainty[i] >= 0) || !isfinite(pool->uncertainty[i]) ||
            pool->flags[i] & ~FLAGS_ALL)
            return ATT_FAIL(err, ATT_CORRUPT, "pool of a decision: candidate %u is out of range", i);
    return ATT_OK;
}

att_status att_decision_pool_decode(const unsigned char *data, size_t size, size_t slots,
    att_arena *keep, att_decision_pool *out, att_error *err)
{
    *out = (att_decision_pool){.slot_count = (uint16_t)slots};
    att_byte_reader in = {.at = data, .left = size};
    att_status status = take_head(&in, slots, &out->count, &out->columns, err);
    if (status)
        return status;
    const size_t count = out->count;
    out->novelty = att_take_f32(&in);
    out->share = att_take_f32(&in);
    for (int t = 0; t < ATT_TERM_COUNT; t++)
        out->weights[t] = att_take_f32(&in);
    out->items = take_words(&in, keep, count);
    out->raw = take_words(&in, keep, count * column_count(out->columns));
    out->uncertainty = take_words(&in, keep, count);
    uint8_t *flags = ATT_NEW_RAW(keep, uint8_t, count);
    att_pool_slot *kept = ATT_NEW(keep, att_pool_slot, slots);
    float *gain = ATT_NEW_RAW(keep, float, slots * count), *penalty = ATT_NEW_RAW(keep, float, slots * count);
    if (!out->items || !out->raw || !out->uncertainty || !flags || !kept || !gain || !penalty)
        return att_no_memory(err, count, "candidates of a pool");
    memcpy(flags, in.at, count);
    in.at += count;
    in.left -= count;
    out->flags = flags;
    out->slots = kept;
    out->gain = gain;
    out->penalty = penalty;
    status = check_candidates(out, err);
    for (size_t s = 0; s < slots && !status; s++)
        status = take_slot(&in, &kept[s], gain + s * count, penalty + s * count, out->count, s, err);
    return status;
}
