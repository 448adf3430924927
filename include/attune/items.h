// SPDX-License-Identifier: Apache-2.0
// attune/items.h - a thing in the catalogue, and the rights to show it.
#ifndef ATT_ITEMS_H
#define ATT_ITEMS_H

#include "attune/status.h"

ATT_BEGIN

#define ATT_TITLE_SIZE_MAX 512
#define ATT_ITEM_TEXT_SIZE_MAX 65536
#define ATT_TAG_SIZE_MAX 64
#define ATT_TAGS_MAX 64
#define ATT_FEATURES_MAX 64
#define ATT_VECTOR_DIM_MAX 2048
#define ATT_LICENCES_MAX 64
#define ATT_LICENCE_NAME_SIZE_MAX 64
#define ATT_TERRITORIES_MAX 256

// ISO 3166-1 alpha-2, upper case, packed as (first << 8 | second); 0: none given.
typedef uint16_t att_territory;
bool att_territory_parse(att_text text, att_territory *out); // "DE"; empty gives 0
void att_territory_name(att_territory territory, char out[3]);

// What may be done with it. A set of bits.
typedef enum att_use {
    ATT_USE_STREAM = 1,
    ATT_USE_DOWNLOAD = 2,
    ATT_USE_PREVIEW = 4,
    ATT_USE_REMIX = 8,
    ATT_USE_TRAIN = 16, // learn from it to make new content
    ATT_USE_ALL = 31
} att_use;
bool att_use_parse(att_text wire_name, uint32_t *bit); // "stream", "download", "preview", "remix", "train"
const char *att_use_name(uint32_t bit);

// One permission. It holds at time t when start_ms <= t < end_ms, the territory is included and not excluded.
typedef struct att_licence {
    int64_t start_ms; // INT64_MIN: since always
    int64_t end_ms;   // INT64_MAX: for ever
    uint32_t uses;    // bits of att_use
    const att_territory *include; // empty: everywhere
    size_t include_count;
    const att_territory *exclude;
    size_t exclude_count;
} att_licence;

typedef struct att_feature {
    att_text name; // at most 64 bytes
    double value;  // finite
} att_feature;

// All pointers are borrowed for the call when given, and belong to the result's owner when returned.
typedef struct att_item {
    att_text id;     // 1 … 255 bytes
    att_text title;  // may be empty
    att_text medium; // "music", "film", "video", "game" …: at most 32 bytes, free text
    att_text text;   // description
    const att_text *tags;
    size_t tag_count;
    const att_feature *features; // numeric content features; "energy" in 0 … 1 is moved by the slider
    size_t feature_count;
    const float *vector; // dense content vector given by the user, (vector_dim); all items alike or none
    size_t vector_dim;
    int64_t duration_ms;     // 0: not known
    int64_t published_at_ms; // 0: not known
    int age_rating;          // least age in years, 0 … 21
    double boost;            // business term, -1 … 1
    bool rights_known;       // false: no licences were given (shown only if the policy does not require rights)
    const att_licence *licences;
    size_t licence_count;
    att_text licence_name; // "CC-BY-4.0": at most 64 bytes, for the log of where things come from; empty: not given
    uint32_t opt_outs;     // bits of att_use that its owners reserve, whatever the licences say: ATT_USE_TRAIN or none
    bool taken_down;
} att_item;

ATT_END
#endif
