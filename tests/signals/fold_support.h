// SPDX-License-Identifier: Apache-2.0
// tests/signals/fold_support.h - records in one line, for tests of the fold.
#ifndef ATT_TESTS_FOLD_SUPPORT_H
#define ATT_TESTS_FOLD_SUPPORT_H

#include "check.h"

#include "base/rng.h"
#include "signals/people.h"
#include "store/decision.h"

#include <math.h>

#define SEED 42
#define T0 INT64_C(1700000000000) // where tests begin, ms

// A log under construction: fills seq and an event id of its own.
typedef struct fold_log {
    att_people *people;
    uint64_t seq;
    char id[32];
} fold_log;

static inline att_record record_of(uint8_t kind, uint32_t user, int64_t at_ms)
{
    return (att_record){.kind = kind,
        .user = user,
        .item = ATT_NO_INDEX,
        .at_ms = at_ms,
        .logged_ms = at_ms,
        .value = NAN,
        .position_ms = -1,
        .length_ms = -1,
        .dwell_ms = -1,
        .context = att_context_unknown()};
}

static inline att_record event_of(uint32_t user, att_signal signal, uint32_t item, int64_t at_ms)
{
    att_record record = record_of(ATT_RECORD_EVENT, user, at_ms);
    record.signal = (uint8_t)signal;
    record.item = item;
    return record;
}

static inline void fold_open(fold_log *log, const att_policy *policy)
{
    const att_policy defaults = att_policy_default();
    att_error err = {0};
    *log = (fold_log){0};
    CHECK_OK_ERR(
        att_people_create(&log->people, policy ? policy : &defaults, SEED, NULL, &err), &err);
}

static inline void fold_close(fold_log *log)
{
    att_people_destroy(log->people);
}

static inline void fold_apply(fold_log *log, att_record record)
{
    att_error err = {0};
    record.seq = ++log->seq;
    if (record.kind == ATT_RECORD_EVENT && record.id.size == 0) {
        snprintf(log->id, sizeof log->id, "e%llu", (unsigned long long)record.seq);
        record.id = att_text_of(log->id);
    }
    CHECK_OK_ERR(att_people_apply(log->people, &record, &err), &err);
}

static inline void fold_event_at(fold_log *log, att_signal signal, uint32_t item, int64_t after_ms)
{
    fold_apply(log, event_of(0, signal, item, T0 + after_ms));
}

static inline void fold_rating(fold_log *log, uint32_t item, float rating, int64_t after_ms)
{
    att_record record = event_of(0, ATT_SIGNAL_RATING, item, T0 + after_ms);
    record.value = rating;
    fold_apply(log, record);
}

static inline void fold_played(fold_log *log, att_signal signal, uint32_t item, int32_t position_ms,
    int32_t length_ms, int64_t after_ms)
{
    att_record record = event_of(0, signal, item, T0 + after_ms);
    record.position_ms = position_ms;
    record.length_ms = length_ms;
    fold_apply(log, record);
}

static inline void fold_control(
    fold_log *log, unsigned kind, uint32_t item, const char *tag, float value, int64_t after_ms)
{
    att_record record = record_of(ATT_RECORD_CONTROL, 0, T0 + after_ms);
    record.signal = (uint8_t)kind;
    record.item = item;
    record.value = value;
    if (tag) {
        record.payload = tag;
        record.payload_size = strlen(tag);
    }
    fold_apply(log, record);
}

static inline size_t decision_bytes(
    const uint32_t *items, size_t count, size_t explored, unsigned char *out)
{
    static att_decided_slot slots[ATT_SLATE_MAX];
    memset(slots, 0, sizeof slots);
    for (size_t i = 0; i < count; i++) {
        slots[i].item = items[i];
        slots[i].kind = i < explored ? ATT_SLOT_EXPLORE : ATT_SLOT_BEST;
        slots[i].propensity = 1;
    }
    const att_decision_record decision = {.context = att_context_unknown(),
        .age = 255,
        .use = ATT_USE_STREAM,
        .eligible = 1000,
        .candidates = 500,
        .count = (uint16_t)count,
        .slots = slots};
    att_decision_encode(&decision, out);
    return att_decision_size(&decision);
}

static inline const att_person_state *fold_person(const fold_log *log, uint32_t user)
{
    const att_person_state *person = att_people_get(log->people, user);
    CHECK(person != NULL);
    return person;
}

static inline const att_preference *fold_preference(const fold_log *log, uint32_t item)
{
    const att_person_state *person = att_people_get(log->people, 0);
    for (size_t i = 0; person && i < person->preference_count; i++)
        if (person->preferences[i].item == item)
            return &person->preferences[i];
    return NULL;
}

static inline float fold_grade(const fold_log *log, uint32_t item)
{
    const att_preference *preference = fold_preference(log, item);
    return preference ? preference->grade : NAN;
}

#endif
