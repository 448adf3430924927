// SPDX-License-Identifier: Apache-2.0
// tests/store/world.h - a small store with a bit of everything, for the tests of this room.
#ifndef ATT_TESTS_STORE_WORLD_H
#define ATT_TESTS_STORE_WORLD_H

#include "check.h"

#include "store/decision.h"
#include "store/store.h"

#include <math.h>

static inline att_store *world_open(const char *path)
{
    att_error err;
    att_store *store = NULL;
    const att_store_options options = {.create = true, .seed = 42, .busy_timeout_ms = 5000};
    CHECK_OK_ERR(att_store_open(&store, path, &options, NULL, &err), &err);
    return store;
}

// `id` is borrowed.
static inline att_record world_event(const char *id, uint32_t user, uint32_t item)
{
    return (att_record){.at_ms = 1700000000000,
        .logged_ms = 1700000000500,
        .kind = ATT_RECORD_EVENT,
        .signal = ATT_SIGNAL_LIKE,
        .user = user,
        .item = item,
        .value = NAN,
        .position_ms = -1,
        .length_ms = -1,
        .dwell_ms = -1,
        .context = {.utc_offset_min = ATT_OFFSET_UNKNOWN},
        .id = att_text_of(id)};
}

static inline void world_append(att_store *store, att_record *records, size_t count)
{
    att_error err;
    uint64_t last;
    CHECK_OK_ERR(att_store_begin(store, &last, &err), &err);
    CHECK_OK_ERR(att_store_append(store, records, count, &err), &err);
    CHECK_OK_ERR(att_store_commit(store, &err), &err);
}

// In a transaction: a decision of two slots, shown to `user`.
static inline void world_decide(att_store *store, uint32_t user, uint32_t item)
{
    att_error err;
    att_decided_slot slots[2] = {{.item = item, .propensity = 1}, {.item = 0, .propensity = 0.5f}};
    const att_decision_record decision = {.count = 2, .slots = slots, .age = 255};
    unsigned char payload[512];
    att_decision_encode(&decision, payload);
    att_record record = world_event("", user, ATT_NO_INDEX);
    record.kind = ATT_RECORD_DECISION;
    record.signal = 0;
    record.payload = payload;
    record.payload_size = att_decision_size(&decision);
    CHECK_OK_ERR(att_store_append(store, &record, 1, &err), &err);
}

// `users` people "person-N-of-this-test", `items` items "item-N", and for each person `events`
// events "event-N-K" interleaved with other people's, and one decision.
static inline void world_fill(att_store *store, uint32_t users, uint32_t items, uint32_t events)
{
    att_error err;
    uint64_t last;
    char name[64];
    CHECK_OK_ERR(att_store_begin(store, &last, &err), &err);
    for (uint32_t i = 0; i < items; i++) {
        const int size = snprintf(name, sizeof name, "item-%u", i);
        const att_item item = {.title = {name, (size_t)size}};
        CHECK_OK_ERR(att_store_item_put(
                         store, i, (att_text){name, (size_t)size}, i % 5 ? &item : NULL, &err),
            &err);
    }
    for (uint32_t i = 0; i < users; i++) {
        const int size = snprintf(name, sizeof name, "person-%u-of-this-test", i);
        CHECK_OK_ERR(att_store_user_add(store, i, (att_text){name, (size_t)size}, &err), &err);
    }
    for (uint32_t k = 0; k < events; k++)
        for (uint32_t i = 0; i < users; i++) {
            snprintf(name, sizeof name, "event-%u-%u-of-this-test", i, k);
            att_record record = world_event(name, i, (i + k) % items);
            CHECK_OK_ERR(att_store_append(store, &record, 1, &err), &err);
        }
    for (uint32_t i = 0; i < users; i++)
        world_decide(store, i, i % items);
    CHECK_OK_ERR(att_store_commit(store, &err), &err);
}

static inline void world_forget(att_store *store, uint32_t user, uint64_t *rows)
{
    att_error err;
    uint64_t last;
    CHECK_OK_ERR(att_store_begin(store, &last, &err), &err);
    CHECK_OK_ERR(att_store_forget(store, user, rows, &err), &err);
    att_record record = world_event("", user, ATT_NO_INDEX);
    record.kind = ATT_RECORD_FORGET;
    CHECK_OK_ERR(att_store_append(store, &record, 1, &err), &err);
    CHECK_OK_ERR(att_store_commit(store, &err), &err);
}

typedef struct world_findings {
    int fine, damage, other;
    char text[4096]; // of damages and warnings
} world_findings;

static inline void world_sink(
    void *user, att_finding_kind kind, const char *what, const char *advice)
{
    world_findings *all = user;
    all->fine += kind == ATT_FINDING_FINE;
    all->damage += kind == ATT_FINDING_DAMAGE;
    all->other += kind != ATT_FINDING_FINE && kind != ATT_FINDING_DAMAGE;
    const size_t at = strlen(all->text);
    if (kind != ATT_FINDING_FINE)
        snprintf(all->text + at, sizeof all->text - at, "%s (%s)\n", what, advice);
}

// Returns the number of damages; fills `all`, which may be NULL.
static inline size_t world_doctor(const char *path, world_findings *all)
{
    att_error err;
    size_t damage = 0;
    world_findings own;
    if (!all)
        all = &own;
    *all = (world_findings){0};
    CHECK_OK_ERR(att_store_doctor(path, NULL, world_sink, all, &damage, &err), &err);
    return damage;
}

#endif
