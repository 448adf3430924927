// SPDX-License-Identifier: Apache-2.0
// guard/text_features.h - a reading as a sparse vector of weighted n-grams.
//
// Three groups: words as read, 1- and 2-grams; characters of words with their edges, 2- to 5-grams; and keys, the words'
// 1- and 2-grams and their characters' 2- to 5-grams, which stay the same when a word was read wrongly. A feature that
// fewer than two texts of the training have is left out. Weight (1 + ln tf) * idf, idf = ln((1 + n) / (1 + df)) + 1; each
// group is scaled to length 1, so that a vector has length sqrt(3) at most.
#ifndef ATT_GUARD_TEXT_FEATURES_H
#define ATT_GUARD_TEXT_FEATURES_H

#include "guard/text_read.h"

enum { ATT_FEATURES_GROUPS = 3, ATT_FEATURE_TOKENS_MAX = 4096 };

typedef struct att_feature_value {
    uint32_t index;
    float value;
} att_feature_value;

// Which features there are. Open addressing by the hash of the n-gram; what a build and a file share.
typedef struct att_feature_table {
    uint64_t *hashes; // (capacity), 0: free
    uint32_t *index;  // (capacity)
    size_t capacity;  // a power of two
    float *idf;       // (count)
    uint8_t *group;   // (count)
    size_t count;
} att_feature_table;

typedef struct att_feature_count att_feature_count; // in building
att_status att_feature_count_create(att_feature_count **out, const att_host *host, att_error *err);
void att_feature_count_destroy(att_feature_count *counts);
att_status att_feature_count_add(att_feature_count *counts, const att_reading *reading, att_arena *scratch, att_error *err);
// Features in at least `least` texts, numbered in rising order of their hashes. The caller frees by deinit.
att_status att_feature_table_build(att_feature_table *out, const att_feature_count *counts, uint32_t least, const att_host *host,
    att_error *err);
// From hashes in rising order, with idf and group as given (copied).
att_status att_feature_table_make(att_feature_table *out, const uint64_t *hashes, const float *idf, const uint8_t *group, size_t count,
    const att_host *host, att_error *err);
void att_feature_table_deinit(att_feature_table *table, const att_host *host);

// Rising by index, no index twice; in `scratch`. False: out of memory.
bool att_features_of(const att_feature_table *table, const att_reading *reading, att_arena *scratch, att_feature_value **out,
    size_t *count);

#endif
