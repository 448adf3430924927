// SPDX-License-Identifier: Apache-2.0
// store/decision.c - a decision as bytes.
//
//   offset  bytes  what                                   (all numbers little-endian)
//        0      2  version: 1; with a pool behind the slots (decision_pool.c) 3, in older records 2
//        2      2  slots, at most ATT_SLATE_MAX
//        4      1  terms per slot
//        5      1  experiment arms, at most 8
//        6      1  age in years, 255: not known
//        7      1  zero
//        8      8  seed
//       16      8  model version
//       24      8  policy: seq of its record
//       32      4  eligible items
//       36      4  candidates scored
//       40      4  use
//       44      2  territory
//       46      2  minutes from UTC, -32768: not known
//       48      4  device, place, activity, noise: one byte each
//       52    4 x arms   each arm
//     then, for each slot: 4 item, 4 propensity (float), 4 x terms (float), 1 kind
//
// Whoever appends a term appends a column: older records have fewer, the missing ones read as zero.
#include "store/decision.h"

#include "base/names.h"
#include "store/bytes.h"

#include <math.h>

enum { VERSION = 3, HEAD_SIZE = 52, ARMS_MAX = 8 };

static size_t slot_size(size_t terms)
{
    return 4 + 4 + 4 * terms + 1;
}

static size_t whole_size(size_t arms, size_t slots, size_t terms)
{
    return HEAD_SIZE + 4 * arms + slots * slot_size(terms);
}

size_t att_decision_size(const att_decision_record *decision)
{
    return whole_size(decision->arm_count, decision->count, ATT_TERM_COUNT) +
           (decision->pool ? att_decision_pool_size(decision->pool) : 0);
}

static void put_head(att_byte_writer *out, const att_decision_record *decision)
{
    att_put_u16(out, !decision->pool ? 1 : decision->pool->packed ? 3 : 2); // older builds read what has no pool
    att_put_u16(out, decision->count);
    att_put_u8(out, ATT_TERM_COUNT);
    att_put_u8(out, decision->arm_count);
    att_put_u8(out, decision->age);
    att_put_u8(out, 0);
    att_put_u64(out, decision->seed);
    att_put_u64(out, decision->model);
    att_put_u64(out, decision->policy);
    att_put_u32(out, decision->eligible);
    att_put_u32(out, decision->candidates);
    att_put_u32(out, decision->use);
    att_put_u16(out, decision->territory);
    att_put_u16(out, (uint16_t)decision->context.utc_offset_min);
    att_put_u8(out, decision->context.device);
    att_put_u8(out, decision->context.place);
    att_put_u8(out, decision->context.activity);
    att_put_u8(out, decision->context.noise);
}

void att_decision_encode(const att_decision_record *decision, unsigned char *out)
{
    assert(decision->count <= ATT_SLATE_MAX && decision->arm_count <= ARMS_MAX);
    att_byte_writer writer = {out};
    put_head(&writer, decision);
    att_put(&writer, decision->arms, 4 * (size_t)decision->arm_count);
    for (size_t i = 0; i < decision->count; i++) {
        const att_decided_slot *slot = &decision->slots[i];
        att_put_u32(&writer, slot->item);
        att_put(&writer, &slot->propensity, 4);
        att_put(&writer, slot->terms, sizeof slot->terms);
        att_put_u8(&writer, slot->kind);
    }
    if (decision->pool)
        att_decision_pool_encode(decision->pool, writer.at);
}

static bool context_is_known(const att_context *context)
{
    return context->device < ATT_DEVICE_COUNT && context->place < ATT_PLACE_COUNT &&
           context->activity < ATT_ACTIVITY_COUNT && context->noise < ATT_NOISE_COUNT;
}

// Everything before the arms; *terms is how many each slot has.
static att_status take_head(
    att_byte_reader *in, att_decision_record *out, size_t *terms, unsigned *version, att_error *err)
{
    const size_t size = in->left;
    if (size < HEAD_SIZE)
        return ATT_FAIL(
            err, ATT_CORRUPT, "decision record has %zu bytes, its head needs %d", size, HEAD_SIZE);
    *version = att_take_u16(in);
    if (*version > VERSION)
        return ATT_FAIL(err, ATT_VERSION,
            "decision record has version %u, this build reads up to %d: use a newer attune",
            *version, VERSION);
    if (*version == 0)
        return ATT_FAIL(err, ATT_CORRUPT, "decision record has version 0");
    out->count = att_take_u16(in);
    *terms = att_take_u8(in);
    out->arm_count = att_take_u8(in);
    out->age = att_take_u8(in);
    const unsigned zero = att_take_u8(in);
    out->seed = att_take_u64(in);
    out->model = att_take_u64(in);
    out->policy = att_take_u64(in);
    out->eligible = att_take_u32(in);
    out->candidates = att_take_u32(in);
    out->use = att_take_u32(in);
    out->territory = att_take_u16(in);
    out->context.utc_offset_min = (int16_t)att_take_u16(in);
    out->context.device = att_take_u8(in);
    out->context.place = att_take_u8(in);
    out->context.activity = att_take_u8(in);
    out->context.noise = att_take_u8(in);
    if (zero != 0)
        return ATT_FAIL(err, ATT_CORRUPT, "decision record has %u where zero belongs", zero);
    if (out->arm_count > ARMS_MAX)
        return ATT_FAIL(err, ATT_CORRUPT,
            "decision record names %u experiment arms, at most %d fit", out->arm_count, ARMS_MAX);
    if (!context_is_known(&out->context))
        return ATT_FAIL(err, ATT_CORRUPT, "decision record has an unknown context class");
    return ATT_OK;
}

static att_status check_sizes(const att_decision_record *out, size_t terms, unsigned version,
    size_t size, size_t slot_capacity, att_error *err)
{
    if (terms > ATT_TERM_COUNT)
        return ATT_FAIL(err, ATT_VERSION,
            "decision record has %zu terms per slot, this build knows %d: use a newer attune",
            terms, ATT_TERM_COUNT);
    const size_t most = ATT_MIN(slot_capacity, (size_t)ATT_SLATE_MAX);
    if (out->count > most)
        return ATT_FAIL(
            err, ATT_CORRUPT, "decision record has %u slots, at most %zu fit", out->count, most);
    const size_t wanted = whole_size(out->arm_count, out->count, terms);
    if (version == 1 ? size != wanted : size <= wanted)
        return ATT_FAIL(err, ATT_CORRUPT,
            "decision record of %u slots and %u arms has %zu bytes, %zu belong there", out->count,
            out->arm_count, size, wanted);
    return ATT_OK;
}

// What is left behind the slots: the pool, of which only the sizes are looked at here.
static att_status take_pool(const att_byte_reader *in, att_decision_record *out, att_error *err)
{
    const att_status status = att_decision_pool_check(in->at, in->left, out->count, out->terms, err);
    if (status)
        return status;
    out->pool_data = in->at;
    out->pool_size = in->left;
    return ATT_OK;
}

static att_status take_slot(
    att_byte_reader *in, att_decided_slot *slot, size_t terms, size_t index, att_error *err)
{
    memset(slot, 0, sizeof *slot);
    slot->item = att_take_u32(in);
    slot->propensity = att_take_f32(in);
    bool finite = true;
    for (size_t t = 0; t < terms; t++) {
        slot->terms[t] = att_take_f32(in);
        finite &= isfinite(slot->terms[t]) != 0;
    }
    slot->kind = att_take_u8(in);
    if (slot->item == ATT_NO_INDEX)
        return ATT_FAIL(err, ATT_CORRUPT, "decision record: slot %zu has no item", index);
    if (!(slot->propensity > 0 && slot->propensity <= 1))
        return ATT_FAIL(err, ATT_CORRUPT,
            "decision record: slot %zu has propensity %g, not in (0, 1]", index,
            (double)slot->propensity);
    if (!finite)
        return ATT_FAIL(
            err, ATT_CORRUPT, "decision record: slot %zu has a term that is not finite", index);
    if (slot->kind > ATT_SLOT_OUT_OF_DISTRIBUTION)
        return ATT_FAIL(
            err, ATT_CORRUPT, "decision record: slot %zu has unknown kind %u", index, slot->kind);
    return ATT_OK;
}

att_status att_decision_decode(const unsigned char *data, size_t size, att_decision_record *out,
    att_decided_slot *slots, size_t slot_capacity, att_error *err)
{
    *out = (att_decision_record){.slots = slots};
    att_byte_reader in = {.at = data, .left = size};
    size_t terms = 0;
    unsigned version = 0;
    att_status status = take_head(&in, out, &terms, &version, err);
    if (!status)
        status = check_sizes(out, terms, version, size, slot_capacity, err);
    out->terms = terms;
    for (size_t a = 0; !status && a < out->arm_count; a++)
        out->arms[a] = att_take_u32(&in);
    for (size_t i = 0; !status && i < out->count; i++)
        status = take_slot(&in, &slots[i], terms, i, err);
    if (!status && version > 1)
        status = take_pool(&in, out, err);
    if (status)
        out->count = 0;
    return status;
}
