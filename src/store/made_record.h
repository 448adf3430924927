// SPDX-License-Identifier: Apache-2.0
// store/made_record.h - making, step by step: the payloads of ATT_RECORD_BRIEF, ATT_RECORD_CANDIDATE and ATT_RECORD_JUDGED.
// Little-endian, versioned; byte tables are in made_record.c.
#ifndef ATT_STORE_MADE_RECORD_H
#define ATT_STORE_MADE_RECORD_H

#include "attune/generate.h"
#include "base/base.h"
#include "store/store.h"

typedef struct att_brief_hash {
    uint8_t bytes[32];
} att_brief_hash;

typedef enum att_brief_act { // the signal of a brief's record: only append
    ATT_BRIEF_ACT_NONE,
    ATT_BRIEF_ASKED,       // with the canonical form
    ATT_BRIEF_ASKED_AGAIN, // it is known, and the form too
    ATT_BRIEF_FINISHED,
    ATT_BRIEF_STOPPED,     // cancelled
    ATT_BRIEF_REFUSED,     // it cannot be made so; the text says why
    ATT_BRIEF_ACT_COUNT
} att_brief_act;

typedef struct att_brief_record {
    att_brief_hash hash;
    uint8_t latency; // att_latency of who asks
    att_text text;   // canonical form, or the reason
} att_brief_record;

typedef struct att_candidate_record {
    att_brief_hash brief;
    uint16_t index;
    uint64_t seed, size;
    att_asset_hash asset, detail; // detail: all zero: none
    double cpu_s, gpu_s, wall_s;
    att_text medium, kind, media_type, maker, title;
    att_text tags[8];
    size_t tag_count;
    att_text sources[ATT_MADE_SOURCES_MAX];
    size_t source_count;
} att_candidate_record;

typedef struct att_judged_record {
    att_brief_hash brief;
    uint16_t index;
    uint8_t verdict;       // att_made_verdict, not unjudged
    att_asset_hash detail; // of the analysis; all zero: none
    double cpu_s, gpu_s, wall_s;
    int64_t duration_ms;
    att_text reasons[ATT_MADE_REASONS_MAX];
    size_t reason_count;
    att_feature measures[ATT_FEATURES_MAX];
    size_t measure_count;
    const float *embedding; // (dim); decode copies it into `floats`
    size_t dim;
    float floats[ATT_EMBEDDING_DIM_MAX];
} att_judged_record;

// What was written is never larger than ATT_PAYLOAD_SIZE_MAX: all parts have limits. `out` grows through the host.
att_status att_brief_record_encode(const att_brief_record *record, const att_host *host, att_bytes *out, att_error *err);
att_status att_candidate_record_encode(const att_candidate_record *record, const att_host *host, att_bytes *out, att_error *err);
att_status att_judged_record_encode(const att_judged_record *record, const att_host *host, att_bytes *out, att_error *err);
// Texts point into `data`. ATT_CORRUPT, or ATT_VERSION for a form from a newer build, with a story.
att_status att_brief_record_decode(const void *data, size_t size, att_brief_record *out, att_error *err);
att_status att_candidate_record_decode(const void *data, size_t size, att_candidate_record *out, att_error *err);
att_status att_judged_record_decode(const void *data, size_t size, att_judged_record *out, att_error *err);

#endif
