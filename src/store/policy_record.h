// SPDX-License-Identifier: Apache-2.0
// store/policy_record.h - what was done with a version of the policy, by whom and why: the payload of ATT_RECORD_POLICY_ACT.
// Little-endian, versioned; a byte table is in policy_record.c.
#ifndef ATT_STORE_POLICY_RECORD_H
#define ATT_STORE_POLICY_RECORD_H

#include "attune/engine.h"
#include "base/base.h"

#define ATT_POLICY_YAML_SIZE_MAX (256u << 10)

typedef struct att_policy_record {
    uint8_t act; // att_policy_act
    att_text by, reason;
    att_text yaml; // of a staged version; else empty
} att_policy_record;

size_t att_policy_record_size(const att_policy_record *record);
// Writes att_policy_record_size bytes.
void att_policy_record_encode(const att_policy_record *record, unsigned char *out);
// Texts point into `data`. ATT_CORRUPT, or ATT_VERSION for a form from a newer build, with a story.
att_status att_policy_record_decode(const void *data, size_t size, att_policy_record *out, att_error *err);

#endif
