// SPDX-License-Identifier: Apache-2.0
// store/decision_pool.c - a pool as bytes, behind the slots of a decision record of version 2 or 3.
//
//   bytes          what                                   (all numbers little-endian)
//       4          0, in version 3 alone: gain and redundancy are packed
//       4          candidates, at least 1
//       4          columns: bits of the terms that are kept
//       4          the person's novelty slider (float)
//       4          exploration share of the policy that chose (float)
//   4 x terms      its weights, one a term (float): as many as the record has terms a slot
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
//
// From slot to slot few gains change, and most redundancies but a little. So a packed column is told by its difference to that of
// the slot before, bit by bit (xor; before the first slot all is 0), without the high bytes that are 0:
//   2 bits x count  for each candidate, lower bits first: 0 no byte, 1 two, 2 three, 3 four; zeros up to a whole byte
//   the bytes       of each candidate's difference, lower ones first
// A pool of before a term was there has no weight and no column for it; the weight reads as 0.
#include "store/decision_pool.h"

#include "store/bytes.h"

#include <math.h>

enum { HEAD_SIZE = 16, SLOT_HEAD_SIZE = 13, FEW = 64, FLAGS_ALL = ATT_POOL_EXPLORABLE | ATT_POOL_OUTSIDE };

// --- Packed columns -----------------------------------------------------------------------------------------------

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// Bytes of a difference: 0, or 2 to 4.
static size_t bytes_of(uint32_t difference)
{
    return 2 * (size_t)(difference != 0) + (difference >> 16 != 0) + (difference >> 24 != 0);
}

static size_t lengths_size(size_t count)
{
    return (count + 3) / 4;
}

// Of slot `slot` of the columns (slots, count).
static uint32_t difference(const float *columns, size_t count, size_t slot, size_t candidate)
{
    const float *now = columns + slot * count + candidate;
    return bits_of(*now) ^ (slot ? bits_of(now[-(ptrdiff_t)count]) : 0);
}

static size_t packed_size(const float *columns, size_t count, size_t slots)
{
    size_t size = slots * lengths_size(count);
    for (size_t s = 0; s < slots; s++)
        for (size_t i = 0; i < count; i++)
            size += bytes_of(difference(columns, count, s, i));
    return size;
}

static void put_packed(att_byte_writer *out, const float *columns, size_t count, size_t slot)
{
    unsigned char *const lengths = out->at;
    memset(lengths, 0, lengths_size(count));
    out->at += lengths_size(count);
    for (size_t from = 0; from < count; from += FEW) {
        unsigned char few[4 * FEW + 4]; // four bytes are written of each, whatever its size
        size_t used = 0;
        for (size_t i = from; i < ATT_MIN(from + FEW, count); i++) {
            const uint32_t changed = difference(columns, count, slot, i);
            const size_t size = bytes_of(changed);
            lengths[i / 4] |= (unsigned char)((size - (size > 0)) << i % 4 * 2);
            memcpy(few + used, &changed, sizeof changed);
            used += size;
        }
        att_put(out, few, used);
    }
}

// False: not what put_packed writes.
static bool take_packed(att_byte_reader *in, float *columns, size_t count, size_t slot)
{
    if (in->left < lengths_size(count))
        return false;
    const unsigned char *const lengths = in->at;
    in->at += lengths_size(count);
    in->left -= lengths_size(count);
    for (size_t i = 0; i < count; i++) {
        const unsigned code = lengths[i / 4] >> i % 4 * 2 & 3;
        const size_t size = code ? code + 1 : 0;
        float *const now = columns + slot * count + i;
        uint32_t changed = 0;
        if (in->left < size)
            return false;
        memcpy(&changed, in->at, size);
        in->at += size;
        in->left -= size;
        if (bytes_of(changed) != size)
            return false;
        changed ^= slot ? bits_of(now[-(ptrdiff_t)count]) : 0;
        memcpy(now, &changed, sizeof changed);
    }
    return count % 4 == 0 || lengths[count / 4] >> count % 4 * 2 == 0;
}

// --- The whole ----------------------------------------------------------------------------------------------------

static size_t column_count(uint32_t columns)
{
    return (size_t)__builtin_popcount(columns);
}

// All but the gains and redundancies.
static size_t frame_size(size_t count, size_t terms, size_t columns, size_t slots)
{
    return HEAD_SIZE + 4 * terms + count * (4 + 4 * columns + 4 + 1) + slots * SLOT_HEAD_SIZE;
}

size_t att_decision_pool_size(const att_decision_pool *pool)
{
    const size_t count = pool->count, slots = pool->slot_count;
    const size_t frame = frame_size(count, pool->terms, column_count(pool->columns), slots);
    return pool->packed ? 4 + frame + packed_size(pool->gain, count, slots) + packed_size(pool->penalty, count, slots)
                        : frame + 8 * count * slots;
}

void att_decision_pool_encode(const att_decision_pool *pool, unsigned char *out)
{
    const size_t count = pool->count;
    att_byte_writer writer = {out};
    if (pool->packed)
        att_put_u32(&writer, 0);
    att_put_u32(&writer, pool->count);
    att_put_u32(&writer, pool->columns);
    att_put(&writer, &pool->novelty, 4);
    att_put(&writer, &pool->share, 4);
    att_put(&writer, pool->weights, 4 * (size_t)pool->terms);
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
        if (pool->packed) {
            put_packed(&writer, pool->gain, count, s);
            put_packed(&writer, pool->penalty, count, s);
        } else {
            att_put(&writer, pool->gain + s * count, 4 * count);
            att_put(&writer, pool->penalty + s * count, 4 * count);
        }
    }
}

typedef struct pool_head {
    uint32_t count, columns;
    size_t terms;
    bool packed;
} pool_head;

// Whether the size can be: that of a packed pool is known only when it has been read.
static bool size_fits(const pool_head *head, size_t slots, size_t size)
{
    const size_t count = head->count, frame = frame_size(count, head->terms, column_count(head->columns), slots);
    if (!head->packed)
        return size == frame + 8 * count * slots;
    const size_t least = frame + 2 * slots * lengths_size(count);
    return size >= least && size <= least + 8 * count * slots;
}

static att_status take_head(att_byte_reader *in, size_t slots, size_t terms, pool_head *head, att_error *err)
{
    if (terms > ATT_TERM_COUNT)
        return ATT_FAIL(err, ATT_VERSION, "pool of a decision has terms that this build does not know: use a newer attune");
    if (in->left < HEAD_SIZE + 4 * terms + 4)
        return ATT_FAIL(err, ATT_CORRUPT, "pool of a decision has %zu bytes, its head needs %zu", in->left, HEAD_SIZE + 4 * terms + 4);
    *head = (pool_head){.count = att_take_u32(in), .terms = terms};
    head->packed = head->count == 0;
    if (head->packed)
        head->count = att_take_u32(in);
    const size_t size = in->left + 4;
    head->columns = att_take_u32(in);
    if (head->columns >> terms)
        return ATT_FAIL(err, ATT_VERSION, "pool of a decision has terms that this build does not know: use a newer attune");
    if (head->count == 0 || head->count > ATT_POOL_SIZE_MAX / 9 || size > ATT_POOL_SIZE_MAX ||
        !size_fits(head, slots, size))
        return ATT_FAIL(err, ATT_CORRUPT, "pool of %u candidates, %zu terms and %zu slots has %zu bytes", head->count,
            column_count(head->columns), slots, size);
    return ATT_OK;
}

att_status att_decision_pool_check(const unsigned char *data, size_t size, size_t slots, size_t terms, att_error *err)
{
    pool_head head = {0};
    att_byte_reader in = {.at = data, .left = size};
    return take_head(&in, slots, terms, &head, err);
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

// Gains and redundancies of slot `index` of the columns (slots, count).
static att_status take_slot(att_byte_reader *in, att_pool_slot *slot, float *gains, float *penalties, const pool_head *head,
    size_t index, att_error *err)
{
    const size_t count = head->count;
    float *const gain = gains + index * count, *const penalty = penalties + index * count;
    if (in->left < SLOT_HEAD_SIZE)
        return ATT_FAIL(err, ATT_CORRUPT, "pool of a decision ends in slot %zu", index);
    slot->probability = att_take_f32(in);
    slot->best = att_take_u32(in);
    slot->chosen = att_take_u32(in);
    const unsigned outside = att_take_u8(in);
    slot->outside = outside;
    if (head->packed) {
        if (!take_packed(in, gains, count, index) || !take_packed(in, penalties, count, index))
            return ATT_FAIL(err, ATT_CORRUPT, "pool of a decision: slot %zu is not packed as it should be", index);
    } else {
        memcpy(gain, in->at, 4 * count);
        memcpy(penalty, in->at + 4 * count, 4 * count);
        in->at += 8 * count;
        in->left -= 8 * count;
    }
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

att_status att_decision_pool_decode(const unsigned char *data, size_t size, size_t slots, size_t terms,
    att_arena *keep, att_decision_pool *out, att_error *err)
{
    *out = (att_decision_pool){.slot_count = (uint16_t)slots};
    att_byte_reader in = {.at = data, .left = size};
    pool_head head = {0};
    att_status status = take_head(&in, slots, terms, &head, err);
    if (status)
        return status;
    out->count = head.count;
    out->columns = head.columns;
    out->packed = head.packed;
    out->terms = (uint8_t)terms;
    const size_t count = out->count;
    out->novelty = att_take_f32(&in);
    out->share = att_take_f32(&in);
    for (size_t t = 0; t < terms; t++)
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
        status = take_slot(&in, &kept[s], gain, penalty, &head, s, err);
    if (!status && in.left)
        status = ATT_FAIL(err, ATT_CORRUPT, "pool of a decision has %zu bytes behind its end", in.left);
    return status;
}
