// SPDX-License-Identifier: Apache-2.0
// embed/features.h - an item's body as a sparse row of numbers.
//
// Three blocks, each of length one so that none drowns the others, and a constant:
//   terms     medium, tags, publication years in fives, words of title and text (lower-cased), weighted by
//             idf = 1 + ln((items + 1) / (with it + 1)); at most ATT_TERMS_MAX, those in most items
//   numbers   named features, length, publication time: standardized, cut at 3, missing ones are average
//   vector    the dense vector that the user gave: centred, divided by its usual length
#ifndef ATT_EMBED_FEATURES_H
#define ATT_EMBED_FEATURES_H

#include "attune/items.h"
#include "base/arena.h"
#include "base/names.h"

#define ATT_TERMS_MAX 4096
#define ATT_NUMBERS_MAX 256

// Feature 0 is the constant, then the terms and numbers by name, then the vector's coordinates.
typedef struct att_features {
    const att_host *host;
    att_names
        names; // "t:jazz" tag, "w:night" word, "m:film" medium, "p:1995" five years, "n:energy" number
    const float *mean;  // (names.count) of numbers; 0 for terms
    const float *scale; // (names.count) 1 / deviation of numbers; idf of terms
    uint32_t vector_dim;
    const float *vector_mean; // (vector_dim)
    float vector_scale;
} att_features;

typedef struct att_feature_entry {
    uint32_t feature;
    float value;
} att_feature_entry;

// Learns names and scales from the bodies that item_of gives (NULL: no body). The arrays lie in `life`.
// Without any body there are no names and no vector: att_features_count is 0.
att_status att_features_learn(att_features *out, uint32_t item_count,
    const att_item *(*item_of)(void *user, uint32_t item), void *item_user, const att_host *host,
    att_arena *life, att_error *err);
void att_features_deinit(att_features *features); // the names; not the arrays
uint32_t att_features_count(const att_features *features);
// The row, features ascending. NULL with *count 0: the item has nothing that is known. *count SIZE_MAX: out of memory.
const att_feature_entry *att_features_row(
    const att_features *features, const att_item *item, size_t *count, att_arena *scratch);

#endif
