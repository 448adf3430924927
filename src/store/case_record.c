// SPDX-License-Identifier: Apache-2.0
// store/case_record.c - an act on a case, as bytes.
//
//   offset  bytes  what                                   (all numbers little-endian)
//        0      2  form (1)
//        2      1  act: 1 reported, 2 held, 3 appealed; 4 allow, 5 hold, 6 deny, 7 takedown, 8 note
//        3      1  bytes of who: a moderator's or a filter's name, at most 64
//        4      2  bytes of the reason, at most 2,000
//        6      2  bytes of what a filter saw, at most 255
//        8      4  bytes of a held text, at most 16,384
//       12      4  score of the filter (float; not a number: none)
//       16      …  who, reason, what was seen, text: UTF-8, one behind the other, to the end
#include "store/case_record.h"

#include "store/bytes.h"

#include <math.h>

enum { FORM = 1, HEAD_SIZE = 16 };

size_t att_case_record_size(const att_case_record *record)
{
    return HEAD_SIZE + record->by.size + record->reason.size + record->matched.size + record->text.size;
}

void att_case_record_encode(const att_case_record *record, unsigned char *out)
{
    att_byte_writer writer = {out};
    assert(record->by.size <= ATT_CASE_BY_SIZE_MAX && record->reason.size <= ATT_CASE_REASON_SIZE_MAX);
    assert(record->matched.size <= ATT_CASE_MATCHED_SIZE_MAX && record->text.size <= ATT_CASE_TEXT_SIZE_MAX);
    att_put_u16(&writer, FORM);
    att_put_u8(&writer, record->act);
    att_put_u8(&writer, (uint8_t)record->by.size);
    att_put_u16(&writer, (uint16_t)record->reason.size);
    att_put_u16(&writer, (uint16_t)record->matched.size);
    att_put_u32(&writer, (uint32_t)record->text.size);
    att_put(&writer, &record->score, sizeof record->score);
    att_put(&writer, record->by.data, record->by.size);
    att_put(&writer, record->reason.data, record->reason.size);
    att_put(&writer, record->matched.data, record->matched.size);
    att_put(&writer, record->text.data, record->text.size);
}

static att_text take_text(att_byte_reader *in, size_t size)
{
    return (att_text){(const char *)att_take(in, size), size};
}

att_status att_case_record_decode(const void *data, size_t size, att_case_record *out, att_error *err)
{
    att_byte_reader in = {.at = data, .left = size};
    const unsigned form = att_take_u16(&in);
    *out = (att_case_record){.act = att_take_u8(&in)};
    if (form > FORM)
        return ATT_FAIL(err, ATT_VERSION, "case record has form %u, this build reads up to %d: use a newer attune", form, FORM);
    const size_t by = att_take_u8(&in), reason = att_take_u16(&in), matched = att_take_u16(&in), text = att_take_u32(&in);
    out->score = att_take_f32(&in);
    if (form != FORM || in.bad || out->act == ATT_CASE_NONE || out->act >= ATT_CASE_ACT_COUNT || isinf(out->score))
        return ATT_FAIL(err, ATT_CORRUPT, "case record has form %u, act %u and %zu bytes", form, out->act, size);
    if (by > ATT_CASE_BY_SIZE_MAX || reason > ATT_CASE_REASON_SIZE_MAX || matched > ATT_CASE_MATCHED_SIZE_MAX ||
        text > ATT_CASE_TEXT_SIZE_MAX || by + reason + matched + text != in.left)
        return ATT_FAIL(err, ATT_CORRUPT, "case record has texts of %zu, %zu, %zu and %zu bytes, and %zu bytes for them", by, reason,
            matched, text, in.left);
    out->by = take_text(&in, by);
    out->reason = take_text(&in, reason);
    out->matched = take_text(&in, matched);
    out->text = take_text(&in, text);
    return ATT_OK;
}
