// SPDX-License-Identifier: Apache-2.0
// decide/wishes.h - what situations want of features that items carry, and how every item stands to that.
//
// A wish (attune/policy.h) names a class of a facet (workout, loud …), a feature, a range, a tolerance and a weight w. With d
// the distance of the item's value to the range:
//   g            = 2 / (1 + (d / tolerance)^2) - 1       1 inside, 0 at the tolerance, towards -1 far away
//   fit(item, c) = sum w g / sum w                       over the wishes of class c; a feature that the item lacks counts 0
//   fit(item)    = sum_c W_c s_c fit(item, c) / sum_c W_c    over the classes that hold now, W_c the sum of c's weights
//   s_c          = e / (e + n_c)                         what is left of a prior of e events once n_c were learned from (decide/context.h)
// Fits by class are computed when an item arrives and kept in a byte each, so a request adds up to four bytes an item.
// What is wanted is said by the policy and by the worlds; no feature is known here by name.
#ifndef ATT_DECIDE_WISHES_H
#define ATT_DECIDE_WISHES_H

#include "attune/items.h"
#include "attune/policy.h"
#include "base/base.h"
#include "decide/context.h"

#define ATT_WISH_CLASSES_MAX 32

typedef struct att_wish_entry {
    att_wish wish;
    const char *medium; // whose world wants it; NULL: the policy, of every item
    uint8_t column;     // its class among `classes`
} att_wish_entry;

typedef struct att_wish_class {
    uint8_t facet, which;
    float weight; // W_c: the greatest that one medium has
} att_wish_class;

// One writer; readers while nobody writes.
typedef struct att_wishes {
    const att_host *host;
    ATT_VEC(att_wish_entry) entries;
    att_wish_class classes[ATT_WISH_CLASSES_MAX];
    size_t class_count;
    int8_t *fits;    // (capacity, class_count): 127 fits wholly
    uint64_t *good;  // (class_count, capacity / 64): whose fit is at least a half
    size_t capacity; // items
} att_wishes;

// What holds in one context, and how much each class counts.
typedef struct att_wishes_now {
    size_t count;
    uint8_t column[ATT_FACET_COUNT];
    float share[ATT_FACET_COUNT]; // W_c s_c / sum W_c / 127
} att_wishes_now;

void att_wishes_init(att_wishes *wishes, const att_host *host);
void att_wishes_deinit(att_wishes *wishes);
// Before any item is put: first the policy's, then those of each medium, which count where the policy has none of that situation and
// feature. `medium` and `host` live as long as this.
att_status att_wishes_add(att_wishes *wishes, const char *medium, const att_wish *list, size_t count, att_error *err);
// Again for an item that is there replaces what was known of it. O(wishes * features).
att_status att_wishes_put(att_wishes *wishes, uint32_t item, att_text medium, const att_feature *features, size_t feature_count, att_error *err);
void att_wishes_drop(att_wishes *wishes, uint32_t item);

// How a value stands to a wish: g above.
double att_wish_fit(const att_wish *wish, double value);
// `learned` may be NULL. `evidence` is e; 0: nothing fades.
void att_wishes_now_of(
    const att_wishes *wishes, const att_context *context, const att_context_model *learned, double evidence, att_wishes_now *out);
// -1 … 1; 0 for an item of which nothing is known.
static inline float att_wishes_fit(const att_wishes *wishes, const att_wishes_now *now, uint32_t item)
{
    float sum = 0;
    if (item >= wishes->capacity)
        return 0;
    const int8_t *row = wishes->fits + (size_t)item * wishes->class_count;
    for (size_t i = 0; i < now->count; i++)
        sum += now->share[i] * (float)row[now->column[i]];
    return sum;
}
// Of the items in `open` (bit_count bits) those that fit well in every class that holds now; where these are fewer than `wanted`, in the
// first that has so many, the heaviest first. Returns how many; out is (words of open).
size_t att_wishes_fitting(const att_wishes *wishes, const att_wishes_now *now, const uint64_t *open, size_t bit_count, size_t wanted, uint64_t *out);
size_t att_wishes_bytes(const att_wishes *wishes);

#endif
