// SPDX-License-Identifier: Apache-2.0
// store/policy_record.c - an act on a version of the policy, as bytes.
//
//   offset  bytes  what                                   (all numbers little-endian)
//        0      2  form (1)
//        2      1  act: 1 put in force, 2 staged, 3 activated, 4 rolled back, 5 discarded
//        3      1  bytes of who, at most 64
//        4      2  bytes of the reason, at most 500
//        6      2  zero
//        8      …  who, reason, then to the end the YAML of a staged version
#include "store/policy_record.h"

#include "store/bytes.h"

enum { FORM = 1, HEAD_SIZE = 8 };

size_t att_policy_record_size(const att_policy_record *record)
{
    return HEAD_SIZE + record->by.size + record->reason.size + record->yaml.size;
}

void att_policy_record_encode(const att_policy_record *record, unsigned char *out)
{
    att_byte_writer writer = {out};
    assert(record->by.size <= ATT_POLICY_BY_SIZE_MAX && record->reason.size <= ATT_POLICY_REASON_SIZE_MAX);
    att_put_u16(&writer, FORM);
    att_put_u8(&writer, record->act);
    att_put_u8(&writer, (uint8_t)record->by.size);
    att_put_u16(&writer, (uint16_t)record->reason.size);
    att_put_u16(&writer, 0);
    att_put(&writer, record->by.data, record->by.size);
    att_put(&writer, record->reason.data, record->reason.size);
    att_put(&writer, record->yaml.data, record->yaml.size);
}

att_status att_policy_record_decode(const void *data, size_t size, att_policy_record *out, att_error *err)
{
    att_byte_reader in = {.at = data, .left = size};
    const unsigned form = att_take_u16(&in);
    *out = (att_policy_record){.act = att_take_u8(&in)};
    if (form > FORM)
        return ATT_FAIL(err, ATT_VERSION, "policy record has form %u, this build reads up to %d: use a newer attune", form, FORM);
    const size_t by = att_take_u8(&in), reason = att_take_u16(&in), zero = att_take_u16(&in);
    if (form != FORM || in.bad || zero || out->act == ATT_POLICY_ACT_UNKNOWN || out->act >= ATT_POLICY_ACT_COUNT)
        return ATT_FAIL(err, ATT_CORRUPT, "policy record has form %u, act %u and %zu bytes", form, out->act, size);
    if (by > ATT_POLICY_BY_SIZE_MAX || reason > ATT_POLICY_REASON_SIZE_MAX || by + reason > in.left ||
        in.left - by - reason > ATT_POLICY_YAML_SIZE_MAX || (out->act == ATT_POLICY_ACT_STAGED) != (in.left > by + reason))
        return ATT_FAIL(err, ATT_CORRUPT, "policy record of act %u has texts of %zu and %zu bytes, and %zu bytes for them and the policy",
            out->act, by, reason, in.left);
    out->by = (att_text){(const char *)att_take(&in, by), by};
    out->reason = (att_text){(const char *)att_take(&in, reason), reason};
    out->yaml = (att_text){(const char *)in.at, in.left};
    return ATT_OK;
}
