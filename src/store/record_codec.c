// SPDX-License-Identifier: Apache-2.0
// store/record_codec.c - the body of a log record: what is not given takes no bytes.
//
//   offset  bytes  what                                   (all numbers little-endian)
//        0      1  form (1)
//        1      1  signal, or the kind of control
//        2      1  which follow: 1 set aside (no bytes), 2 item, 4 value, 8 position,
//                  16 length, 32 dwell, 64 decision, 128 context
//        3      1  bytes of the id
//        4      8  at_ms
//       12      8  logged_ms
//     then in this order, those that are there: 4 item, 4 value (float), 4 position_ms, 4
//     length_ms, 4 dwell_ms, 8 decision, 6 context (device, place, activity, noise, 2 minutes from
//     UTC); then the id, then the payload to the end
//
// One string per row instead of a column a field: bench/bench_store prints what that saves.
#include "store/codec.h"

#include "store/bytes.h"

#include <math.h>

enum { FORM = 1, HEAD_SIZE = 20 };
enum {
    SET_ASIDE = 1,
    HAS_ITEM = 2,
    HAS_VALUE = 4,
    HAS_POSITION = 8,
    HAS_LENGTH = 16,
    HAS_DWELL = 32,
    HAS_DECISION = 64,
    HAS_CONTEXT = 128
};

static bool context_is_given(const att_context *context)
{
    return context->device | context->place | context->activity | context->noise ||
           context->utc_offset_min != ATT_OFFSET_UNKNOWN;
}

static unsigned flags_of(const att_record *record)
{
    return (record->set_aside ? SET_ASIDE : 0u) | (record->item != ATT_NO_INDEX ? HAS_ITEM : 0u) |
           (!isnan(record->value) ? HAS_VALUE : 0u) |
           (record->position_ms != -1 ? HAS_POSITION : 0u) |
           (record->length_ms != -1 ? HAS_LENGTH : 0u) | (record->dwell_ms != -1 ? HAS_DWELL : 0u) |
           (record->decision ? HAS_DECISION : 0u) |
           (context_is_given(&record->context) ? HAS_CONTEXT : 0u);
}

static size_t given_size(unsigned flags)
{
    return (flags & HAS_ITEM ? 4u : 0u) + (flags & HAS_VALUE ? 4u : 0u) +
           (flags & HAS_POSITION ? 4u : 0u) + (flags & HAS_LENGTH ? 4u : 0u) +
           (flags & HAS_DWELL ? 4u : 0u) + (flags & HAS_DECISION ? 8u : 0u) +
           (flags & HAS_CONTEXT ? 6u : 0u);
}

size_t att_record_body_size(const att_record *record)
{
    return HEAD_SIZE + given_size(flags_of(record)) + record->id.size + record->payload_size;
}

static void put_given(att_byte_writer *out, const att_record *record, unsigned flags)
{
    if (flags & HAS_ITEM)
        att_put_u32(out, record->item);
    if (flags & HAS_VALUE)
        att_put(out, &record->value, 4);
    if (flags & HAS_POSITION)
        att_put(out, &record->position_ms, 4);
    if (flags & HAS_LENGTH)
        att_put(out, &record->length_ms, 4);
    if (flags & HAS_DWELL)
        att_put(out, &record->dwell_ms, 4);
    if (flags & HAS_DECISION)
        att_put_u64(out, record->decision);
    if (flags & HAS_CONTEXT) {
        att_put_u8(out, record->context.device);
        att_put_u8(out, record->context.place);
        att_put_u8(out, record->context.activity);
        att_put_u8(out, record->context.noise);
        att_put_u16(out, (uint16_t)record->context.utc_offset_min);
    }
}

void att_record_body_encode(const att_record *record, unsigned char *out)
{
    assert(record->id.size <= ATT_ID_SIZE_MAX);
    const unsigned flags = flags_of(record);
    att_byte_writer writer = {out};
    att_put_u8(&writer, FORM);
    att_put_u8(&writer, record->signal);
    att_put_u8(&writer, (uint8_t)flags);
    att_put_u8(&writer, (uint8_t)record->id.size);
    att_put_u64(&writer, (uint64_t)record->at_ms);
    att_put_u64(&writer, (uint64_t)record->logged_ms);
    put_given(&writer, record, flags);
    att_put(&writer, record->id.data, record->id.size);
    att_put(&writer, record->payload, record->payload_size);
}

static void take_context(att_byte_reader *in, att_context *context)
{
    context->device = att_take_u8(in);
    context->place = att_take_u8(in);
    context->activity = att_take_u8(in);
    context->noise = att_take_u8(in);
    context->utc_offset_min = (int16_t)att_take_u16(in);
}

static void take_given(att_byte_reader *in, att_record *out, unsigned flags)
{
    out->item = flags & HAS_ITEM ? att_take_u32(in) : ATT_NO_INDEX;
    out->value = flags & HAS_VALUE ? att_take_f32(in) : NAN;
    out->position_ms = flags & HAS_POSITION ? (int32_t)att_take_u32(in) : -1;
    out->length_ms = flags & HAS_LENGTH ? (int32_t)att_take_u32(in) : -1;
    out->dwell_ms = flags & HAS_DWELL ? (int32_t)att_take_u32(in) : -1;
    out->decision = flags & HAS_DECISION ? att_take_u64(in) : 0;
    out->context = (att_context){.utc_offset_min = ATT_OFFSET_UNKNOWN};
    if (flags & HAS_CONTEXT)
        take_context(in, &out->context);
}

static bool context_is_known(const att_context *context)
{
    return context->device < ATT_DEVICE_COUNT && context->place < ATT_PLACE_COUNT &&
           context->activity < ATT_ACTIVITY_COUNT && context->noise < ATT_NOISE_COUNT;
}

att_status att_record_body_decode(
    const unsigned char *data, size_t size, att_record *out, att_error *err)
{
    if (size < HEAD_SIZE)
        return ATT_FAIL(
            err, ATT_CORRUPT, "it has %zu bytes, a record's head has %d", size, HEAD_SIZE);
    att_byte_reader in = {.at = data, .left = size};
    const unsigned form = att_take_u8(&in);
    if (form != FORM)
        return ATT_FAIL(err, form > FORM ? ATT_VERSION : ATT_CORRUPT,
            "it has form %u, this build reads %d", form, FORM);
    out->signal = att_take_u8(&in);
    const unsigned flags = att_take_u8(&in);
    const size_t id_size = att_take_u8(&in);
    out->at_ms = (int64_t)att_take_u64(&in);
    out->logged_ms = (int64_t)att_take_u64(&in);
    out->set_aside = flags & SET_ASIDE ? 1 : 0;
    take_given(&in, out, flags);
    const unsigned char *id = att_take(&in, id_size);
    if (in.bad)
        return ATT_FAIL(err, ATT_CORRUPT, "it has %zu bytes, its fields need %zu", size,
            HEAD_SIZE + given_size(flags) + id_size);
    if (!context_is_known(&out->context))
        return ATT_FAIL(err, ATT_CORRUPT, "it names a context class that does not exist");
    out->id = (att_text){(const char *)id, id_size};
    out->payload = in.at;
    out->payload_size = in.left;
    return ATT_OK;
}
