// SPDX-License-Identifier: Apache-2.0
// Replay is the truth: a checkpoint, a failure of memory or a damaged file never leads to another state.
#include "fold_support.h"

#include "signals/checkpoint.h"

#define RECORDS 20000

typedef struct random_log {
    att_record *records; // (RECORDS)
    char (*ids)[16];
    unsigned char (*payloads)[2048];
} random_log;

static void make_event(random_log *log, att_rng *rng, size_t i)
{
    att_record *record = &log->records[i];
    *record = event_of((uint32_t)(att_rng_below(rng, 40) * att_rng_below(rng, 40)),
        (att_signal)(1 + att_rng_below(rng, ATT_SIGNAL_COUNT - 1)),
        (uint32_t)att_rng_below(rng, 900),
        T0 + (int64_t)i * 20000 - (int64_t)att_rng_below(rng, 8) * 3000000);
    record->value = 0.5f + (float)att_rng_below(rng, 10) / 2;
    if (record->signal == ATT_SIGNAL_SURVEY)
        record->value = (float)att_rng_unit(rng);
    record->position_ms = (int32_t)att_rng_below(rng, 120000);
    record->length_ms = 100000;
    record->dwell_ms = (int32_t)att_rng_below(rng, 9000);
    record->set_aside = att_rng_below(rng, 50) == 0;
    record->context.device = (uint8_t)att_rng_below(rng, ATT_DEVICE_COUNT);
    snprintf(log->ids[i], sizeof log->ids[i], "%u", (unsigned)(att_rng_below(rng, 20) ? i : i / 2));
    record->id = att_text_of(log->ids[i]);
    if (!att_signal_needs_item((att_signal)record->signal))
        record->item = ATT_NO_INDEX;
}

static void make_decision(random_log *log, att_rng *rng, size_t i)
{
    uint32_t items[20];
    for (size_t k = 0; k < 20; k++)
        items[k] = (uint32_t)att_rng_below(rng, 900);
    log->records[i] = record_of(ATT_RECORD_DECISION,
        att_rng_below(rng, 9) ? (uint32_t)att_rng_below(rng, 1600) : ATT_NO_INDEX,
        T0 + (int64_t)i * 20000);
    log->records[i].payload = log->payloads[i];
    log->records[i].payload_size =
        decision_bytes(items, 1 + att_rng_below(rng, 20), att_rng_below(rng, 3), log->payloads[i]);
}

static void make_control(random_log *log, att_rng *rng, size_t i)
{
    static const char *const tags[] = {"tag:war", "tag:horror", "tag:jazz"};
    att_record *record = &log->records[i];
    *record =
        record_of(ATT_RECORD_CONTROL, (uint32_t)att_rng_below(rng, 200), T0 + (int64_t)i * 20000);
    record->signal = (uint8_t)(1 + att_rng_below(rng, ATT_CONTROL_KIND_COUNT - 1));
    record->value = (float)(2 * att_rng_unit(rng) - 1);
    record->item = (uint32_t)att_rng_below(rng, 900);
    if (record->signal == ATT_CONTROL_OPT_OUT)
        record->value = (float)att_rng_below(rng, 2);
    if ((record->signal == ATT_CONTROL_BLOCK || record->signal == ATT_CONTROL_UNBLOCK) &&
        att_rng_below(rng, 2)) {
        record->item = ATT_NO_INDEX;
        record->payload = tags[att_rng_below(rng, 3)];
        record->payload_size = strlen(record->payload);
    }
}

static random_log make_log(uint64_t seed)
{
    random_log log = {calloc(RECORDS, sizeof *log.records), calloc(RECORDS, sizeof *log.ids),
        calloc(RECORDS, sizeof *log.payloads)};
    att_rng rng = att_rng_seed(seed);
    for (size_t i = 0; i < RECORDS; i++) {
        const uint64_t draw = att_rng_below(&rng, 1000);
        if (draw < 850)
            make_event(&log, &rng, i);
        else if (draw < 950)
            make_decision(&log, &rng, i);
        else if (draw < 995)
            make_control(&log, &rng, i);
        else
            log.records[i] = record_of(draw < 997 ? ATT_RECORD_FORGET : ATT_RECORD_MODEL,
                (uint32_t)att_rng_below(&rng, 1600), T0);
        log.records[i].seq = i + 1;
    }
    return log;
}

static void free_log(random_log *log)
{
    free(log->records);
    free(log->ids);
    free(log->payloads);
}

static att_people *fresh(const att_host *host)
{
    const att_policy policy = att_policy_default();
    att_people *people;
    CHECK_OK(att_people_create(&people, &policy, SEED, host, NULL));
    return people;
}

static void apply_range(att_people *people, const random_log *log, size_t from, size_t to)
{
    att_error err = {0};
    for (size_t i = from; i < to; i++)
        CHECK_OK_ERR(att_people_apply(people, &log->records[i], &err), &err);
}

static void same_digest(const att_people *a, const att_people *b)
{
    uint8_t x[16], y[16];
    att_people_digest(a, x);
    att_people_digest(b, y);
    CHECK_EQ(memcmp(x, y, 16), 0);
}

CHECK_TEST(a_checkpoint_anywhere_leads_to_the_same_bits)
{
    CHECK_BEGIN();
    for (uint64_t seed = 1; seed <= 3; seed++) {
        random_log log = make_log(seed);
        att_rng rng = att_rng_seed(seed + 100);
        att_people *whole = fresh(NULL);
        apply_range(whole, &log, 0, RECORDS);
        for (int round = 0; round < 3; round++) {
            const size_t cut = round == 0 ? 0 : (size_t)att_rng_below(&rng, RECORDS + 1);
            att_people *before = fresh(NULL), *after = fresh(NULL);
            const char *path = check_path("fold.snap");
            att_error err = {0};
            apply_range(before, &log, 0, cut);
            CHECK_OK_ERR(att_people_save(before, path, &err), &err);
            CHECK_OK_ERR(att_people_load(after, path, &err), &err);
            CHECK_EQ(att_people_last_seq(after), cut);
            same_digest(before, after);
            apply_range(after, &log, cut, RECORDS);
            same_digest(whole, after);
            att_people_destroy(before);
            att_people_destroy(after);
        }
        att_people_destroy(whole);
        free_log(&log);
    }
}

// Ids in memory or in a file: the same state, in a checkpoint too, and after a person was forgotten.
CHECK_TEST(where_ids_of_events_lie_changes_nothing)
{
    CHECK_BEGIN();
    random_log log = make_log(5);
    for (int cut = 0; cut < 2; cut++) {
        att_people *plain = fresh(NULL), *spilled = fresh(NULL), *again = fresh(NULL);
        const char *path = check_path("spilled.snap");
        const size_t to = cut ? RECORDS / 2 : RECORDS;
        att_error err = {0};
        CHECK_OK(att_people_spill(spilled, check_folder(), 2048, NULL));
        CHECK_OK(att_people_spill(again, check_folder(), 2048, NULL));
        apply_range(plain, &log, 0, to);
        apply_range(spilled, &log, 0, to);
        CHECK(spilled->seen.file->end > 0); // something lies in the file
        same_digest(plain, spilled);
        CHECK_OK_ERR(att_people_save(spilled, path, &err), &err);
        CHECK_OK_ERR(att_people_load(again, path, &err), &err);
        same_digest(plain, again);
        apply_range(plain, &log, to, RECORDS);
        apply_range(again, &log, to, RECORDS);
        same_digest(plain, again);
        for (uint32_t user = 0, seq = RECORDS; user < 40; user += 4) {
            att_record forget = record_of(ATT_RECORD_FORGET, user, T0);
            forget.seq = ++seq;
            CHECK_OK_ERR(att_people_apply(plain, &forget, &err), &err);
            CHECK_OK_ERR(att_people_apply(again, &forget, &err), &err);
        }
        same_digest(plain, again);
        att_people_destroy(plain);
        att_people_destroy(spilled);
        att_people_destroy(again);
    }
    free_log(&log);
}

CHECK_TEST(many_at_once_and_one_by_one_are_the_same)
{
    CHECK_BEGIN();
    random_log log = make_log(4);
    att_people *one = fresh(NULL), *many = fresh(NULL);
    apply_range(one, &log, 0, RECORDS);
    att_error err = {0};
    size_t applied = 0;
    for (size_t at = 0, step = 1; at < RECORDS; at += applied, step = step * 2 + 1)
        CHECK_OK_ERR(att_people_apply_many(
                         many, log.records + at, ATT_MIN(step, RECORDS - at), &applied, &err),
            &err);
    same_digest(one, many);
    att_record bad[3];
    for (size_t i = 0; i < 3; i++) {
        bad[i] = event_of(1, ATT_SIGNAL_LIKE, 1, T0);
        bad[i].seq = RECORDS + 1 + i;
    }
    bad[1].seq = 5;
    CHECK_FAILS(att_people_apply_many(many, bad, 3, &applied, &err), ATT_CORRUPT);
    CHECK_EQ(applied, 1);
    att_people_destroy(one);
    att_people_destroy(many);
    free_log(&log);
}

CHECK_TEST(the_digest_sees_every_record)
{
    CHECK_BEGIN();
    random_log log = make_log(5);
    att_people *people = fresh(NULL);
    uint8_t before[16], after[16];
    att_people_digest(people, before);
    for (size_t i = 0; i < 300; i++) {
        apply_range(people, &log, i, i + 1);
        att_people_digest(people, after);
        CHECK(memcmp(before, after, 16) != 0); // at least last_seq moved
        memcpy(before, after, 16);
    }
    att_people *other = fresh(NULL);
    att_record record = log.records[0];
    for (size_t i = 0; i < 300; i++) {
        record = log.records[i];
        if (i == 137)
            record.at_ms += 1000; // one event a second later
        CHECK_OK(att_people_apply(other, &record, NULL));
    }
    CHECK_EQ(log.records[137].kind, ATT_RECORD_EVENT);
    att_people_digest(other, after);
    CHECK(memcmp(before, after, 16) != 0);
    att_people_destroy(people);
    att_people_destroy(other);
    free_log(&log);
}

CHECK_TEST(when_memory_fails_a_record_is_applied_whole_or_not_at_all)
{
    CHECK_BEGIN();
    random_log log = make_log(7);
    att_people *clean = fresh(NULL);
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_people *hurt = fresh(&host);
    size_t failures = 0;
    for (size_t i = 0; i < 4000; i++) {
        uint8_t before[16], after[16];
        // Every allocation that this record makes fails once, then it goes through.
        for (uint64_t at = 1;; at++) {
            if (i % 16 == 0)
                att_people_digest(hurt, before);
            heap.fail_at = at;
            att_error err = {0};
            const att_status status = att_people_apply(hurt, &log.records[i], &err);
            const bool reached = heap.fail_at == 0;
            heap.fail_at = 0;
            if (!reached) {
                CHECK_OK_ERR(status, &err);
                break;
            }
            CHECK_EQ(status, ATT_NO_MEMORY);
            failures++;
            if (i % 16 == 0) {
                att_people_digest(hurt, after);
                CHECK_EQ(memcmp(before, after, 16), 0);
            }
        }
        CHECK_OK(att_people_apply(clean, &log.records[i], NULL));
    }
    CHECK(failures > 1000);
    same_digest(clean, hurt);
    att_people_destroy(clean);
    att_people_destroy(hurt);
    CHECK_EQ(heap.bytes_live, 0);
    free_log(&log);
}

CHECK_TEST(saving_and_loading_without_memory_leaves_nothing_behind)
{
    CHECK_BEGIN();
    random_log log = make_log(9);
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_people *people = fresh(&host), *loaded = fresh(&host);
    apply_range(people, &log, 0, 3000);
    const char *path = check_path("fold.snap");
    att_error err = {0};
    uint64_t at = 1;
    for (;; at++) {
        heap.fail_at = at;
        const att_status status = att_people_save(people, path, &err);
        const bool reached = heap.fail_at == 0;
        heap.fail_at = 0;
        CHECK(!reached || status == ATT_NO_MEMORY);
        if (!reached) {
            CHECK_OK_ERR(status, &err);
            break;
        }
    }
    CHECK(at > 5);
    att_people *empty = fresh(NULL);
    for (at = 1;; at += 1 + at / 8) {
        heap.fail_at = at;
        const att_status status = att_people_load(loaded, path, &err);
        const bool reached = heap.fail_at == 0;
        heap.fail_at = 0;
        if (!reached) {
            CHECK_OK_ERR(status, &err);
            break;
        }
        CHECK_EQ(status, ATT_NO_MEMORY);
        same_digest(loaded, empty);
    }
    same_digest(people, loaded);
    att_people_destroy(empty);
    att_people_destroy(people);
    att_people_destroy(loaded);
    CHECK_EQ(heap.bytes_live, 0);
    free_log(&log);
}

CHECK_TEST(a_checkpoint_of_other_rules_or_another_store_is_refused)
{
    CHECK_BEGIN();
    random_log log = make_log(2);
    att_people *people = fresh(NULL);
    apply_range(people, &log, 0, 100);
    const char *path = check_path("fold.snap");
    CHECK_OK(att_people_save(people, path, NULL));
    att_policy policy = att_policy_default();
    att_error err = {0};
    att_people *other;
    policy.signals.rule[ATT_SIGNAL_LIKE].grade = 0.5;
    CHECK_OK(att_people_create(&other, &policy, SEED, NULL, NULL));
    CHECK_FAILS(att_people_load(other, path, &err), ATT_VERSION);
    CHECK_HOLDS(err.text, "other signal rules");
    CHECK_HOLDS(err.text, path);
    att_people_destroy(other);
    policy = att_policy_default();
    CHECK_OK(att_people_create(&other, &policy, SEED + 1, NULL, NULL));
    CHECK_FAILS(att_people_load(other, path, &err), ATT_VERSION);
    CHECK_HOLDS(err.text, "another store");
    att_people_destroy(other);
    policy.objective.relevance = 2; // does not touch the fold
    CHECK_OK(att_people_create(&other, &policy, SEED, NULL, NULL));
    CHECK_OK_ERR(att_people_load(other, path, &err), &err);
    CHECK_FAILS(att_people_load(other, check_path("absent"), &err), ATT_NOT_FOUND);
    CHECK_EQ(att_people_last_seq(other), 0);
    att_people_destroy(other);
    att_people_destroy(people);
    free_log(&log);
}

// Rows that no fold could have written, in a file whose checksums are right.
static void refuses(unsigned what, const char *story)
{
    att_fold_head head = {.seed = SEED, .last_seq = 9, .events = 3, .users = 1, .count = 1};
    att_people *people = fresh(NULL);
    att_fold_person person = {.events = 3,
        .sessions = 1,
        .preference_count = 1,
        .shown_count = 1,
        .last_played = ATT_NO_INDEX};
    att_preference preference = {.item = 3, .grade = 0.5f, .signal = ATT_SIGNAL_LIKE, .count = 1, .days = 1};
    att_shown_mark mark = {3, 4};
    att_fold_rare rare = {.blocked_tags = 1, .blocked_items = 1};
    uint32_t lists[2] = {7, 0};
    uint16_t tag_size = 3;
    char tag_name[4] = "war";
    att_seen_key seen[2] = {
        {.low = 5, .high = 6, .user_plus_1 = 1}, {.low = 6, .high = 6, .user_plus_1 = 1}};
    size_t people_count = 1, preference_count = 1, list_count = 2, tag_bytes = 3;

    // The head of an empty fold says which rules are in force.
    const char *path = check_path("bad.snap");
    CHECK_OK(att_people_save(people, path, NULL));
    att_snapshot *snapshot;
    uint32_t version;
    CHECK_OK(att_snapshot_open(&snapshot, path, ATT_FOLD_KIND, &version, NULL, NULL));
    size_t size;
    head.signals_hash =
        ((const att_fold_head *)att_snapshot_section(snapshot, ATT_FOLD_HEAD, &size))->signals_hash;
    att_snapshot_close(snapshot);

    switch (what) {
    case 1:
        preference.grade = 1.5f;
        break;
    case 2:
        preference.signal = ATT_SIGNAL_COUNT;
        break;
    case 3:
        preference.signal = ATT_SIGNAL_CLICK;
        preference.basis.weight = NAN;
        break;
    case 4:
        person.preference_count = 2;
        break;
    case 5:
        person.preference_count = 0;
        break;
    case 6:
        person.user = 1;
        break;
    case 7:
        person.device = ATT_DEVICE_COUNT;
        break;
    case 8:
        person.shown_count = ATT_SHOWN_MAX + 1;
        break;
    case 9:
        head.events = 4;
        break;
    case 10:
        head.users = 2;
        break;
    case 11:
        head.count = 2;
        break;
    case 12:
        rare.user = 1;
        break;
    case 13:
        rare.energy = NAN;
        break;
    case 14:
        lists[1] = 1;
        break;
    case 15:
        rare.blocked_items = 2;
        break;
    case 16:
        list_count = 1;
        break;
    case 17:
        tag_size = 4;
        break;
    case 18:
        tag_name[0] = 0;
        break;
    case 19:
        tag_bytes = 4;
        break;
    case 20:
        seen[0].user_plus_1 = 0;
        break;
    case 21:
        seen[0].user_plus_1 = 2;
        break;
    case 22:
        seen[1].low = 5;
        break;
    case 23:
        people_count = 0;
        break;
    case 24:
        preference.item = ATT_NO_INDEX;
        break;
    case 25:
        person.flags = 16;
        break;
    case 26:
        preference.days = 0;
        break;
    case 27:
        preference.situation = ATT_DEVICE_COUNT;
        break;
    case 28:
        preference.zero = 1;
        break;
    default:
        break;
    }
    att_snapshot_writer *writer;
    CHECK_OK(att_snapshot_writer_create(&writer, ATT_FOLD_KIND, ATT_FOLD_VERSION, NULL, NULL));
    CHECK_OK(att_snapshot_add(writer, ATT_FOLD_HEAD, &head, sizeof head, NULL));
    CHECK_OK(
        att_snapshot_add(writer, ATT_FOLD_PEOPLE, &person, people_count * sizeof person, NULL));
    CHECK_OK(att_snapshot_add(
        writer, ATT_FOLD_PREFERENCES, &preference, preference_count * sizeof preference, NULL));
    CHECK_OK(att_snapshot_add(writer, ATT_FOLD_SHOWN, &mark, sizeof mark, NULL));
    CHECK_OK(att_snapshot_add(writer, ATT_FOLD_RARE, &rare, sizeof rare, NULL));
    CHECK_OK(att_snapshot_add(writer, ATT_FOLD_LISTS, lists, list_count * sizeof *lists, NULL));
    CHECK_OK(att_snapshot_add(writer, ATT_FOLD_TAG_SIZES, &tag_size, sizeof tag_size, NULL));
    CHECK_OK(att_snapshot_add(writer, ATT_FOLD_TAG_NAMES, tag_name, tag_bytes, NULL));
    CHECK_OK(att_snapshot_add(writer, ATT_FOLD_SEEN, seen, sizeof seen, NULL));
    CHECK_OK(att_snapshot_finish(writer, path, NULL));
    att_snapshot_writer_destroy(writer);

    att_error err = {0};
    if (what == 0) {
        CHECK_OK_ERR(att_people_load(people, path, &err), &err);
        CHECK_EQ(att_people_last_seq(people), 9);
    } else {
        CHECK_FAILS(att_people_load(people, path, &err), ATT_CORRUPT);
        CHECK_HOLDS(err.text, story);
        CHECK_EQ(att_people_count(people), 0);
    }
    att_people_destroy(people);
}

CHECK_TEST(rows_that_no_fold_could_have_written_are_refused)
{
    CHECK_BEGIN();
    static const char *const stories[] = {"", "PREF", "PREF", "PREF", "more rows", "add up", "PEOP",
        "PEOP", "PEOP", "add up", "PEOP", "add up", "RARE", "RARE", "LIST", "LIST", "LIST", "TAGN",
        "TAGN", "TAGN", "SEEN", "SEEN", "SEEN", "PEOP", "PREF", "PEOP", "PREF", "PREF", "PREF"};
    for (unsigned i = 0; i < ATT_COUNT_OF(stories); i++)
        refuses(i, stories[i]);
}

CHECK_MAIN(CHECK_CASE(a_checkpoint_anywhere_leads_to_the_same_bits), CHECK_CASE(where_ids_of_events_lie_changes_nothing),
    CHECK_CASE(many_at_once_and_one_by_one_are_the_same), CHECK_CASE(the_digest_sees_every_record),
    CHECK_CASE(when_memory_fails_a_record_is_applied_whole_or_not_at_all),
    CHECK_CASE(saving_and_loading_without_memory_leaves_nothing_behind),
    CHECK_CASE(a_checkpoint_of_other_rules_or_another_store_is_refused),
    CHECK_CASE(rows_that_no_fold_could_have_written_are_refused))
