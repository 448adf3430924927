// SPDX-License-Identifier: Apache-2.0
// tests/measure/longrun_log.h - a log in memory, and what the report says of it.
#ifndef ATT_TESTS_MEASURE_LONGRUN_LOG_H
#define ATT_TESTS_MEASURE_LONGRUN_LOG_H

#include "base/rng.h"
#include "check.h"
#include "measure/longrun.h"
#include "signals/grade.h"

#include <math.h>

#define DAY LONGRUN_DAY_MS
#define HOUR INT64_C(3600000)
#define MINUTE INT64_C(60000)
#define MONDAY (INT64_C(20458) * DAY) // 2026-01-05
enum { LOG_MAX = 60000, LOG_ITEMS = 40, LOG_TAGS = 7 };

typedef struct log_slate {
    uint32_t items[10], arm;
    uint16_t count, explored;
} log_slate;

typedef struct memory_log {
    att_record *records; // (count)
    log_slate *slates;   // (count): of decisions
    size_t count;
    att_policy policy;
    uint32_t tag_start[LOG_ITEMS + 1];
    uint16_t tags[LOG_ITEMS * 2];
    uint8_t standing[256];
    int8_t groups[256]; // for ATT_COMPARE_PEOPLE
    uint32_t people;
    double (*lure)(
        uint32_t user, uint32_t day); // 0 … 1: more is begun, and more of it thrown away; NULL: 0
} memory_log;

static inline void log_open(memory_log *log)
{
    memset(log, 0, sizeof *log);
    log->records = calloc(LOG_MAX, sizeof *log->records);
    log->slates = calloc(LOG_MAX, sizeof *log->slates);
    log->policy = att_policy_default();
    CHECK(log->records && log->slates);
    // Item i has the tag i mod 7; even ones have the next one, too.
    uint32_t at = 0;
    for (uint32_t i = 0; i < LOG_ITEMS; i++) {
        log->tags[at++] = (uint16_t)(i % LOG_TAGS);
        if (i % 2 == 0)
            log->tags[at++] = (uint16_t)((i + 1) % LOG_TAGS);
        log->tag_start[i + 1] = at;
    }
}

static inline void log_close(memory_log *log)
{
    free(log->records);
    free(log->slates);
}

static inline att_record *log_push(memory_log *log, uint8_t kind, uint32_t user, int64_t at_ms)
{
    CHECK(log->count < LOG_MAX);
    att_record *r = &log->records[log->count++];
    *r = (att_record){.seq = log->count,
        .kind = kind,
        .user = user,
        .item = ATT_NO_INDEX,
        .at_ms = at_ms,
        .logged_ms = at_ms,
        .value = NAN,
        .position_ms = -1,
        .length_ms = -1,
        .dwell_ms = -1,
        .context = att_context_unknown()};
    if (user != ATT_NO_INDEX && user >= log->people)
        log->people = user + 1;
    return r;
}

static inline att_record *log_event(
    memory_log *log, uint32_t user, att_signal signal, uint32_t item, int64_t at_ms)
{
    att_record *r = log_push(log, ATT_RECORD_EVENT, user, at_ms);
    r->signal = (uint8_t)signal;
    r->item = item;
    return r;
}

// `played_s` of `length_s` were played, until at_ms.
static inline att_record *log_played(memory_log *log, uint32_t user, att_signal signal,
    uint32_t item, int64_t at_ms, int played_s, int length_s)
{
    att_record *r = log_event(log, user, signal, item, at_ms);
    r->position_ms = played_s * 1000;
    r->length_ms = length_s * 1000;
    return r;
}

// Returns the decision's number. Arm 0: none.
static inline uint64_t log_decision(memory_log *log, uint32_t user, int64_t at_ms,
    const uint32_t *items, uint16_t count, uint16_t explored, uint32_t arm)
{
    const att_record *r = log_push(log, ATT_RECORD_DECISION, user, at_ms);
    log_slate *slate = &log->slates[log->count - 1];
    memcpy(slate->items, items, count * sizeof *items);
    slate->count = count;
    slate->explored = explored;
    slate->arm = arm;
    return r->seq;
}

static inline att_status log_feed(
    const memory_log *log, size_t i, att_longrun_fold *fold, att_error *err)
{
    att_record record = log->records[i];
    unsigned char bytes[2048];
    att_decided_slot slots[10] = {{0}};
    const log_slate *slate = &log->slates[i];
    if (record.kind == ATT_RECORD_DECISION) {
        for (size_t s = 0; s < slate->count; s++)
            slots[s] = (att_decided_slot){.item = slate->items[s],
                .kind = s < slate->explored ? ATT_SLOT_EXPLORE : ATT_SLOT_BEST,
                .propensity = 1};
        const att_decision_record decision = {.context = att_context_unknown(),
            .age = 255,
            .arms = {slate->arm},
            .arm_count = slate->arm != 0,
            .count = slate->count,
            .slots = slots};
        CHECK(att_decision_size(&decision) <= sizeof bytes);
        att_decision_encode(&decision, bytes);
        record.payload = bytes;
        record.payload_size = att_decision_size(&decision);
    }
    return att_longrun_fold_add(fold, &record, err);
}

static inline att_status log_try(const memory_log *log, const att_longrun_options *options,
    const att_host *host, att_longrun **out, att_error *err)
{
    const att_host full = att_host_complete(host);
    const att_longrun_input input = {.policy = &log->policy,
        .standing = log->standing,
        .groups = log->groups,
        .people_count = 256,
        .tag_start = log->tag_start,
        .tags = log->tags,
        .item_count = LOG_ITEMS,
        .tag_count = LOG_TAGS};
    att_longrun_fold *fold;
    *out = NULL;
    att_status status = att_longrun_fold_create(&fold, options, &input, &full, err);
    for (size_t i = 0; i < log->count && !status; i++)
        status = log_feed(log, i, fold, err);
    if (!status)
        status = att_longrun_fold_finish(fold, out, err);
    att_longrun_fold_destroy(fold);
    return status;
}

// The caller destroys it.
static inline att_longrun *log_report(const memory_log *log, const att_longrun_options *options)
{
    att_longrun *report;
    att_error err = {0};
    const att_longrun_options defaults = att_longrun_options_default();
    CHECK_OK_ERR(log_try(log, options ? options : &defaults, NULL, &report, &err), &err);
    return report;
}

static inline double figure(const att_longrun *report, int group, att_figure f)
{
    return report->groups[group].all.figures[f].value.mean;
}

// People come and go, play, skip, say things; about `days` days of one to four events a session. In order of time.
static inline void log_fill(memory_log *log, uint32_t people, uint32_t days, uint64_t seed)
{
    att_rng rng = att_rng_seed(seed);
    for (uint32_t day = 0; day < days; day++)
        for (uint32_t minute = 0; minute < 24 * 60; minute += 120)
            for (uint32_t u = 0; u < people; u++) {
                const double habit = 0.02 + 0.1 * (u % 5) / 5.0;
                if (att_rng_unit(&rng) > habit || (u % 7 == 3 && day > 3 * (u % 11)))
                    continue;
                int64_t at = MONDAY + day * DAY + minute * MINUTE +
                             (int64_t)att_rng_below(&rng, 20) * MINUTE;
                uint32_t items[5];
                for (uint32_t s = 0; s < 5; s++)
                    items[s] = (u + s * 7 + (uint32_t)att_rng_below(&rng, 7)) % LOG_ITEMS;
                const uint64_t decision =
                    log_decision(log, u, at, items, 5, (uint16_t)att_rng_below(&rng, 2), 0);
                const double lure = log->lure ? log->lure(u, day) : 0;
                const uint32_t events = 1 + (uint32_t)att_rng_below(&rng, 4) +
                                        (uint32_t)(3 * lure + att_rng_unit(&rng));
                for (uint32_t e = 0; e < events; e++) {
                    const uint32_t item = items[att_rng_below(&rng, 5)];
                    const int played_s = 1 + (int)att_rng_below(&rng, 200);
                    at += played_s * 1000 + 500;
                    const bool skipped = att_rng_unit(&rng) < 0.3 + 0.4 * lure;
                    log_played(log, u, skipped ? ATT_SIGNAL_SKIP : ATT_SIGNAL_PLAY, item, at,
                        skipped ? played_s % 14 : played_s, 200)
                        ->decision = decision;
                    if (att_rng_unit(&rng) < 0.2)
                        log_event(log, u,
                            att_rng_unit(&rng) < 0.7 ? ATT_SIGNAL_LIKE : ATT_SIGNAL_DISLIKE, item,
                            at + 10)
                            ->decision = decision;
                    if (att_rng_unit(&rng) < 0.2)
                        log_event(log, u, ATT_SIGNAL_SURVEY, ATT_NO_INDEX, at + 20)->value =
                            (float)att_rng_unit(&rng);
                    if (att_rng_unit(&rng) < 0.03)
                        log_event(log, u, ATT_SIGNAL_REPORT, item, at + 30);
                }
            }
}

#endif
