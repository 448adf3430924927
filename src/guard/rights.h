// SPDX-License-Identifier: Apache-2.0
// guard/rights.h - may this be shown: to whom, where, when, for what use?
//
// Constraints, not weights: the answer is a bit per item that the search obeys, and the same rule
// is asked again for each item at the moment of serving.
#ifndef ATT_GUARD_RIGHTS_H
#define ATT_GUARD_RIGHTS_H

#include "attune/items.h"
#include "base/base.h"
#include "base/names.h"

typedef struct att_rights
    att_rights; // what is known of all items; one writer, readers while nobody writes

att_status att_rights_create(att_rights **out, const att_host *host, att_error *err);
void att_rights_destroy(att_rights *rights);
// Copies what it needs. Indices may come in any order; a hole is an item that is never eligible (no
// body).
att_status att_rights_set(att_rights *rights, uint32_t item, const att_item *body, att_error *err);
void att_rights_take_down(att_rights *rights, uint32_t item, bool down);
// The queue bars it or does not; att_rights_set lifts that, so whoever sets says it again.
void att_rights_bar(att_rights *rights, uint32_t item, bool held, bool denied);
void att_rights_drop(att_rights *rights, uint32_t item); // as if it had never been set
size_t att_rights_bytes(const att_rights *rights);

typedef struct att_rights_query {
    att_territory territory;
    int age;      // years; already resolved
    uint32_t use; // one bit
    int64_t at_ms;
    bool required;   // policy.rights.required
    uint32_t medium; // interned by att_rights_medium; ATT_NO_INDEX: any
} att_rights_query;

uint32_t att_rights_medium(
    const att_rights *rights, att_text medium); // ATT_NO_INDEX - 1 when no item has it

typedef enum att_bar {
    ATT_BAR_NONE,
    ATT_BAR_NO_BODY,
    ATT_BAR_TAKEN_DOWN,
    ATT_BAR_NO_LICENCE,
    ATT_BAR_NOT_STARTED,
    ATT_BAR_ENDED,
    ATT_BAR_TERRITORY,
    ATT_BAR_USE,
    ATT_BAR_AGE,
    ATT_BAR_MEDIUM,
    ATT_BAR_HELD,
    ATT_BAR_DENIED
} att_bar;
// The one rule.
att_bar att_rights_check(const att_rights *rights, uint32_t item, const att_rights_query *query);
// "licence ended 2026-01-01T00:00:00Z" and the like.
void att_rights_say(const att_rights *rights, uint32_t item, const att_rights_query *query,
    att_bar bar, char *out, size_t size);

// Eligible sets are kept per (territory, age, use, required, medium) with the span of time in which
// no window opens or closes; a set that is still good costs a look-up. Thread-safe; the set is held
// until released.
typedef struct att_eligible {
    const uint64_t *bits; // (count + 63) / 64 words
    size_t count;         // items in range
    size_t eligible;      // bits set
    int64_t good_from_ms, good_until_ms;
} att_eligible;
att_status att_rights_eligible(
    att_rights *rights, const att_rights_query *query, const att_eligible **out, att_error *err);
void att_rights_release(att_rights *rights, const att_eligible *eligible);

#endif
