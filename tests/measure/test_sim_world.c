// SPDX-License-Identifier: Apache-2.0
// The simulated world: from one seed, in the stated numbers, within the rules of events and items.
#include "check.h"

#include "ingest/line.h"
#include "attune/engine.h"
#include "guard/rights.h"
#include "measure/sim_world.h"

#include <math.h>

// --- A listener that keeps score ---------------------------------------------------------------

typedef struct tally {
    const att_world *world;
    uint64_t count, late, wrong, not_allowed, hash, by_signal[ATT_SIGNAL_COUNT];
    uint64_t early_skips, by_bots, known_activity;
    int64_t newest_ms;
} tally;

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)data)[i]) * 1099511628211u;
    return hash;
}

static bool fields_hold(const att_event *e)
{
    const bool value_due = e->signal == ATT_SIGNAL_RATING || e->signal == ATT_SIGNAL_SURVEY ||
                           e->signal == ATT_SIGNAL_PURCHASE;
    const bool played = e->signal == ATT_SIGNAL_PLAY || e->signal == ATT_SIGNAL_SKIP;
    const att_context *c = &e->context;
    bool fine = e->id.size > 0 && e->id.size <= ATT_ID_SIZE_MAX && e->user.size > 0;
    fine = fine && e->signal > ATT_SIGNAL_NONE && e->signal < ATT_SIGNAL_COUNT;
    fine = fine && (e->item.size > 0 || !att_signal_needs_item(e->signal));
    fine = fine && value_due == !isnan(e->value) && e->decision == 0;
    fine = fine && played == (e->position_ms >= 0) && played == (e->length_ms > 0);
    fine = fine && e->position_ms <= e->length_ms;
    fine = fine && (e->signal == ATT_SIGNAL_DWELL) == (e->dwell_ms >= 0);
    fine = fine && c->device < ATT_DEVICE_COUNT && c->place < ATT_PLACE_COUNT &&
           c->activity < ATT_ACTIVITY_COUNT && c->noise < ATT_NOISE_COUNT;
    fine = fine && (c->utc_offset_min == ATT_OFFSET_UNKNOWN || abs(c->utc_offset_min) <= 840);
    if (e->signal == ATT_SIGNAL_RATING)
        fine = fine && e->value >= 0.5f && e->value <= 5 && e->value * 2 == roundf(e->value * 2);
    if (e->signal == ATT_SIGNAL_SURVEY)
        fine = fine && e->value >= 0 && e->value <= 1;
    return fine;
}

static void tally_event(tally *t, const att_event *e)
{
    t->hash = hash_bytes(t->hash, e->id.data, e->id.size);
    t->hash = hash_bytes(t->hash, e->user.data, e->user.size);
    t->hash = hash_bytes(t->hash, e->item.data, e->item.size);
    t->hash = hash_bytes(t->hash, &e->at_ms, sizeof e->at_ms);
    const int32_t numbers[] = {(int32_t)e->signal, e->position_ms, e->length_ms, e->dwell_ms,
        e->context.device, e->context.activity,
        isnan(e->value) ? -1 : (int32_t)lrint(100 * e->value)};
    t->hash = hash_bytes(t->hash, numbers, sizeof numbers);
}

static att_status see(void *user, const att_event *e, att_error *err)
{
    tally *t = user;
    (void)err;
    t->count++;
    t->by_signal[e->signal]++;
    t->wrong += !fields_hold(e);
    t->late += e->at_ms < t->newest_ms;
    t->newest_ms = e->at_ms > t->newest_ms ? e->at_ms : t->newest_ms;
    t->early_skips += e->signal == ATT_SIGNAL_SKIP && e->position_ms < 5000;
    t->known_activity += e->context.activity != ATT_ACTIVITY_UNKNOWN;
    tally_event(t, e);
    const size_t person = att_world_person_find(t->world, e->user);
    CHECK(person != SIZE_MAX);
    const att_world_person p = att_world_person_at(t->world, person);
    t->by_bots += p.bot;
    if (e->item.size > 0) {
        const size_t item = att_world_item_find(t->world, e->item);
        CHECK(item != SIZE_MAX);
        // A window may close while it plays; nothing is longer than five hours.
        t->not_allowed +=
            !p.bot && !att_world_eligible(t->world, item, p.territory, p.age, e->at_ms) &&
            !att_world_eligible(t->world, item, p.territory, p.age, e->at_ms - 5 * SIM_HOUR_MS);
    }
    return ATT_OK;
}

static att_world *world_of(uint32_t people, uint64_t events, uint64_t seed)
{
    att_world_options o = att_world_options_default();
    o.people = people;
    o.events = events;
    o.seed = seed;
    att_world *world;
    att_error err;
    CHECK_OK_ERR(att_world_create(&world, &o, NULL, &err), &err);
    return world;
}

static tally tally_of(const att_world *world)
{
    tally t = {.world = world, .hash = 14695981039346656037u};
    att_error err;
    CHECK_OK_ERR(att_world_history(world, see, &t, &err), &err);
    return t;
}

// --- Promises ----------------------------------------------------------------------------------

CHECK_TEST(the_default_world_has_the_stated_size_and_every_event_holds_its_fields)
{
    CHECK_BEGIN();
    att_world *world = world_of(1000, 300000, 1);
    CHECK_EQ(att_world_person_count(world), 1000);
    CHECK_EQ(att_world_item_count(world), 2000);
    const tally t = tally_of(world);
    CHECK_NOTE(
        "events %llu, hash %016llx", (unsigned long long)t.count, (unsigned long long)t.hash);
    CHECK_NEAR((double)t.count, 300000, 15000);
    CHECK_EQ(t.wrong, 0);
    CHECK_EQ(t.not_allowed, 0);
    CHECK(t.late > 0);
    CHECK((double)t.late < 0.005 * (double)t.count);
    CHECK(t.by_bots > 0 && (double)t.by_bots < 0.025 * (double)t.count);
    for (int s = ATT_SIGNAL_IMPRESSION; s < ATT_SIGNAL_COUNT; s++)
        CHECK(t.by_signal[s] > 0); // the whole list is exercised
    const double plays = (double)(t.by_signal[ATT_SIGNAL_PLAY] + t.by_signal[ATT_SIGNAL_SKIP]);
    CHECK((double)t.by_signal[ATT_SIGNAL_SKIP] / plays > 0.1);
    CHECK((double)t.early_skips / (double)t.by_signal[ATT_SIGNAL_SKIP] > 0.3);
    CHECK((double)t.known_activity / (double)t.count > 0.5);
    att_world_destroy(world);
}

CHECK_TEST(a_seed_gives_the_same_events_and_another_seed_others)
{
    CHECK_BEGIN();
    att_world *a = world_of(60, 9000, 7), *b = world_of(60, 9000, 7), *c = world_of(60, 9000, 8);
    const tally ta = tally_of(a), ta2 = tally_of(a), tb = tally_of(b), tc = tally_of(c);
    CHECK_NOTE("seed 7: hash %016llx", (unsigned long long)ta.hash);
    CHECK(ta.hash == ta2.hash); // a world is not used up
    CHECK(ta.hash == tb.hash);
    CHECK(ta.hash != tc.hash);
    CHECK(ta.hash == UINT64_C(0xa13928a49ba18dfe));
    att_world_destroy(a);
    att_world_destroy(b);
    att_world_destroy(c);
}

static att_status name_once(void *user, const att_event *e, att_error *err)
{
    att_names *names = user;
    (void)err;
    const uint32_t before = names->count;
    CHECK_EQ(att_names_add(names, e->id), before);
    return ATT_OK;
}

CHECK_TEST(event_ids_are_unique)
{
    CHECK_BEGIN();
    att_world *world = world_of(60, 9000, 3);
    const att_host host = att_host_default();
    att_names names;
    att_error err;
    att_names_init(&names, &host);
    CHECK_OK_ERR(att_world_history(world, name_once, &names, &err), &err);
    CHECK(names.count > 8000);
    att_names_deinit(&names);
    att_world_destroy(world);
}

typedef struct rates {
    const att_world *world;
    att_policy policy;
    uint32_t *in_minute; // (people)
    int64_t *minute;     // (people)
    uint32_t most_by_person, bots_over;
} rates;

static att_status check_and_rate(void *user, const att_event *e, att_error *err)
{
    rates *r = user;
    CHECK_OK_ERR(att_event_check(e, &r->policy, INT64_C(1800000000000), err), err);
    const size_t person = att_world_person_find(r->world, e->user);
    const int64_t minute = e->at_ms / SIM_MINUTE_MS;
    r->in_minute[person] = r->minute[person] == minute ? r->in_minute[person] + 1 : 1;
    r->minute[person] = minute;
    const uint32_t rate = r->in_minute[person];
    if (att_world_person_at(r->world, person).bot)
        r->bots_over += rate == r->policy.signals.bot_events_per_minute + 1;
    else
        r->most_by_person = rate > r->most_by_person ? rate : r->most_by_person;
    return ATT_OK;
}

CHECK_TEST(the_policy_takes_every_event_and_only_bots_pass_its_rate)
{
    CHECK_BEGIN();
    att_world *world = world_of(400, 60000, 4);
    rates r = {.world = world, .policy = att_policy_default()};
    r.in_minute = calloc(400, sizeof *r.in_minute);
    r.minute = calloc(400, sizeof *r.minute);
    att_error err;
    CHECK_OK_ERR(att_world_history(world, check_and_rate, &r, &err), &err);
    CHECK(r.most_by_person < 60);
    CHECK(r.bots_over >= 1);
    free(r.in_minute);
    free(r.minute);
    att_world_destroy(world);
}

// The guard reads the licences in its own way; both must agree on everything that is published.
CHECK_TEST(the_guard_and_the_world_agree_on_what_may_be_shown)
{
    CHECK_BEGIN();
    att_world *world = world_of(20, 1000, 6);
    const att_host host = att_host_default();
    att_rights *rights;
    att_error err;
    CHECK_OK_ERR(att_rights_create(&rights, &host, &err), &err);
    for (uint32_t i = 0; i < 2000; i++) {
        CHECK_OK_ERR(att_item_check(att_world_item(world, i), &err), &err);
        CHECK_OK_ERR(att_rights_set(rights, i, att_world_item(world, i), &err), &err);
    }
    uint32_t allowed = 0;
    for (size_t p = 0; p < 20; p++) {
        const att_world_person person = att_world_person_at(world, p);
        for (uint32_t i = 0; i < 2000; i++) {
            const int64_t at_ms =
                att_world_options_of(world).start_ms + (int64_t)(p * 3) * SIM_DAY_MS;
            const att_rights_query query = {.territory = person.territory,
                .age = person.age,
                .use = ATT_USE_STREAM,
                .at_ms = at_ms,
                .required = true,
                .medium = ATT_NO_INDEX};
            const bool may = att_rights_check(rights, i, &query) == ATT_BAR_NONE;
            CHECK_EQ(may, att_world_eligible(world, i, person.territory, person.age, at_ms));
            allowed += may;
        }
    }
    CHECK(allowed > 20 * 2000 / 2 && allowed < 20 * 2000 * 9 / 10);
    att_rights_destroy(rights);
    att_world_destroy(world);
}

// Reads a file with the import's own reader; counts lines by kind.
static void read_lines(const char *path, att_line_kind wanted, uint64_t *count)
{
    size_t size;
    char *data = check_read_file(path, &size);
    const att_host host = att_host_default();
    att_arena scratch;
    att_arena_init(&scratch, &host, 0);
    *count = 0;
    for (char *at = data, *end; at < data + size; at = end + 1) {
        end = memchr(at, '\n', (size_t)(data + size - at));
        CHECK(end != NULL);
        att_event event;
        att_item item;
        att_fault fault;
        CHECK_EQ(att_line_read((att_text){at, (size_t)(end - at)}, &scratch, &event, &item, &fault),
            wanted);
        ++*count;
        att_arena_reset(&scratch);
    }
    att_arena_deinit(&scratch);
    free(data);
}

CHECK_TEST(written_files_are_read_by_the_import_without_one_bad_line)
{
    CHECK_BEGIN();
    att_world *world = world_of(40, 6000, 5);
    const tally t = tally_of(world);
    att_error err;
    uint64_t items, events;
    CHECK_OK_ERR(att_world_write(world, check_path("world"), &err), &err);
    read_lines(check_path("world/items.ndjson"), ATT_LINE_ITEM, &items);
    read_lines(check_path("world/events.ndjson"), ATT_LINE_EVENT, &events);
    CHECK_EQ(items, 2000);
    CHECK_EQ(events, t.count);
    char *readme = check_read_file(check_path("world/README.txt"), NULL);
    CHECK_HOLDS(readme, "A simulated world");
    free(readme);
    check_write_file(check_path("in-the-way"), "", 0);
    CHECK_FAILS(att_world_write(world, check_path("in-the-way"), &err), ATT_NOT_FOUND);
    CHECK_HOLDS(err.text, "in-the-way");
    att_world_destroy(world);
}

CHECK_TEST(options_out_of_range_are_refused_by_name)
{
    CHECK_BEGIN();
    att_world *world;
    att_error err;
    att_world_options o = att_world_options_default();
    o.items = 10;
    CHECK_FAILS(att_world_create(&world, &o, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "items is 10");
    o = att_world_options_default();
    o.impression_share = NAN;
    CHECK_FAILS(att_world_create(&world, &o, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "impression_share");
}

static att_status accept_all(void *user, const att_event *event, att_error *err)
{
    (void)user;
    (void)event;
    (void)err;
    return ATT_OK;
}

CHECK_TEST(memory_that_runs_out_is_told_and_none_is_kept)
{
    CHECK_BEGIN();
    att_world_options o = att_world_options_default();
    o.people = 8;
    o.items = 80;
    o.events = 400;
    o.days = 5;
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    for (uint64_t fail_at = 1, finished = 0; !finished; fail_at += 1 + fail_at / 8) {
        att_world *world;
        att_error err;
        heap.fail_at = fail_at;
        att_status status = att_world_create(&world, &o, &host, &err);
        if (!status)
            status = att_world_history(world, accept_all, NULL, &err);
        finished = heap.fail_at != 0;
        CHECK(finished ? status == ATT_OK : status == ATT_NO_MEMORY);
        heap.fail_at = 0;
        att_world_destroy(world);
        CHECK_EQ(heap.bytes_live, 0);
    }
}

CHECK_MAIN(CHECK_CASE(the_default_world_has_the_stated_size_and_every_event_holds_its_fields),
    CHECK_CASE(a_seed_gives_the_same_events_and_another_seed_others),
    CHECK_CASE(event_ids_are_unique),
    CHECK_CASE(the_policy_takes_every_event_and_only_bots_pass_its_rate),
    CHECK_CASE(the_guard_and_the_world_agree_on_what_may_be_shown),
    CHECK_CASE(written_files_are_read_by_the_import_without_one_bad_line),
    CHECK_CASE(options_out_of_range_are_refused_by_name),
    CHECK_CASE(memory_that_runs_out_is_told_and_none_is_kept))
