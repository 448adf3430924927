// SPDX-License-Identifier: Apache-2.0
// store/case_record.h - what happened to a case of the queue: the payload of ATT_RECORD_CASE and ATT_RECORD_VERDICT.
// Little-endian, versioned; a byte table is in case_record.c.
#ifndef ATT_STORE_CASE_RECORD_H
#define ATT_STORE_CASE_RECORD_H

#include "attune/queue.h"
#include "base/base.h"

typedef struct att_case_record {
    uint8_t act; // att_case_act
    float score; // NaN: none
    att_text by, reason, matched, text;
} att_case_record;

size_t att_case_record_size(const att_case_record *record);
// Writes att_case_record_size bytes.
void att_case_record_encode(const att_case_record *record, unsigned char *out);
// Texts point into `data`. ATT_CORRUPT, or ATT_VERSION for a form from a newer build, with a story.
att_status att_case_record_decode(const void *data, size_t size, att_case_record *out, att_error *err);

#endif
