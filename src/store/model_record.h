// SPDX-License-Identifier: Apache-2.0
// store/model_record.h - why a version of the model was put in force, or was not: the payload of ATT_RECORD_MODEL and
// ATT_RECORD_MODEL_REFUSED. Little-endian, versioned; a byte table is in model_record.c.
#ifndef ATT_STORE_MODEL_RECORD_H
#define ATT_STORE_MODEL_RECORD_H

#include "attune/engine.h"
#include "base/base.h"

#define ATT_MODEL_WHY_MAX 199 // bytes

typedef struct att_model_record {
    uint8_t act; // att_model_act
    uint32_t dim;
    uint64_t log_seq;             // the version learned from the log up to here
    int64_t trained_ms;
    uint64_t events, preferences; // that there were then
    uint64_t preferences_now;     // that there were when this record was made
    uint64_t began_from, generation;
    unsigned char fingerprint[16]; // of the .model file (att_snapshot_checksum); zero: none was kept
    char kind[16];                 // with a zero at its end
    att_duel trial;
    char why[ATT_MODEL_WHY_MAX + 1];
} att_model_record;

#define ATT_MODEL_RECORD_SIZE_MAX (176 + ATT_MODEL_WHY_MAX)

// Writes at most ATT_MODEL_RECORD_SIZE_MAX bytes; returns how many.
size_t att_model_record_encode(const att_model_record *record, unsigned char *out);
// An empty payload is a record from before reasons were kept: all zeros. ATT_CORRUPT, or ATT_VERSION for a form from a newer
// build, with a story.
att_status att_model_record_decode(
    const unsigned char *data, size_t size, att_model_record *out, att_error *err);

#endif
