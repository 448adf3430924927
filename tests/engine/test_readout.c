// SPDX-License-Identifier: Apache-2.0
// From a definition to a verdict: simulated people meet two arms through the engine, and the readout finds what was
// planted, and nothing where nothing was.
#include "check.h"

#include "attune/attune.h"
#include "base/rng.h"
#include "engine/internal.h"
#include "measure/readout.h"

#include <math.h>

enum { DAYS = 12, PEOPLE = 320, WAITING = 400 };

typedef struct town {
    check_heap heap;
    att_host host;
    att_world *world;
    att_engine *engine;
    att_slate_memory *memory;
    struct {
        att_event event;
        char id[64];
    } waiting[WAITING]; // told in one commit: the test is about counting, not about disks
    size_t waiting_count;
    att_readout *early; // read after half of the days
    bool drops_treated; // exposures of the treatment do not arrive for most people: a broken client
} town;

static att_status tell_waiting(town *t, att_error *err)
{
    static att_event events[WAITING];
    for (size_t i = 0; i < t->waiting_count; i++) {
        events[i] = t->waiting[i].event;
        events[i].id = att_text_of(t->waiting[i].id);
    }
    const att_status status = att_engine_events(t->engine, events, t->waiting_count, NULL, err);
    t->waiting_count = 0;
    return status;
}

// Users' and items' ids live as long as the world, an event's id does not.
static att_status wait_event(void *user, const att_event *event, att_error *err)
{
    town *t = user;
    t->heap.now_ms = ATT_MAX(t->heap.now_ms, event->at_ms);
    t->waiting[t->waiting_count].event = *event;
    snprintf(t->waiting[t->waiting_count++].id, sizeof t->waiting[0].id, "%.*s", ATT_TEXT_ARGS(event->id));
    return t->waiting_count == WAITING ? tell_waiting(t, err) : ATT_OK;
}

static void open_town(town *t, const char *name)
{
    att_error err;
    att_world_options o = att_world_options_default();
    o.people = PEOPLE;
    o.items = 300;
    o.days = 15;
    o.ahead_days = DAYS;
    o.events = 9000;
    *t = (town){.heap.now_ms = o.start_ms};
    t->host = check_host(&t->heap);
    CHECK_OK_ERR(att_world_create(&t->world, &o, &t->host, &err), &err);
    const att_open_options options = {.create = true, .seed = 4, .threads = 2};
    CHECK_OK_ERR(att_engine_open(&t->engine, check_path(name), &options, &t->host, &err), &err);
    for (size_t i = 0; i < att_world_item_count(t->world); i++)
        CHECK_OK_ERR(att_engine_items_put(t->engine, att_world_item(t->world, i), 1, &err), &err);
    CHECK_OK_ERR(att_world_history(t->world, wait_event, t, &err), &err);
    CHECK_OK_ERR(tell_waiting(t, &err), &err);
    CHECK_OK_ERR(att_engine_train(t->engine, NULL, NULL, &err), &err);
    CHECK_OK_ERR(att_slate_memory_create(&t->memory, &t->host, &err), &err);
}

static void close_town(town *t)
{
    att_slate_memory_destroy(t->memory);
    att_engine_close(t->engine);
    att_world_destroy(t->world);
    CHECK_EQ(t->heap.bytes_live, 0);
}

static att_status choose(
    void *user, const att_world_visit *visit, uint32_t *items, size_t *count, uint64_t *decision, att_error *err)
{
    town *t = user;
    att_request request = att_request_default();
    att_slate slate = {0};
    request.user = visit->user;
    request.context = visit->context;
    request.territory = visit->territory;
    request.age = visit->age;
    request.at_ms = visit->at_ms;
    request.count = (uint32_t)visit->wanted;
    t->heap.now_ms = ATT_MAX(t->heap.now_ms, visit->at_ms);
    const att_status status = att_engine_decide(t->engine, &request, t->memory, &slate, err);
    *count = 0;
    *decision = slate.decision;
    for (size_t i = 0; i < slate.count; i++)
        items[(*count)++] = (uint32_t)att_world_item_find(t->world, slate.shown[i].item);
    return status;
}

static att_status feedback(void *user, const att_event *events, size_t count, att_error *err)
{
    town *t = user;
    for (size_t i = 0; i < count; i++) {
        att_event event = events[i];
        att_assignment a;
        att_status status = att_engine_assign(t->engine, event.user, &a, err);
        // A broken client: four in ten of the treated never send which decision they saw.
        if (!status && t->drops_treated && a.count && a.arms[0].experiment && a.arms[0].variation == 1 &&
            att_assign_hash(att_text_of("broken"), event.user, 2) < 0.4)
            event.decision = 0;
        if (!status)
            status = wait_event(t, &event, err);
        if (status)
            return status;
    }
    return ATT_OK;
}

static att_readout *read_out(town *t, const char *key)
{
    att_readout *readout;
    att_error err;
    CHECK_OK_ERR(att_engine_experiment_read(t->engine, att_text_of(key), NULL, &readout, &err), &err);
    return readout;
}

static att_status day_over(void *user, uint32_t day, int64_t at_ms, att_error *err)
{
    town *t = user;
    (void)at_ms;
    if (day + 1 != DAYS / 2 || t->drops_treated)
        return ATT_OK;
    const att_status status = tell_waiting(t, err);
    t->early = read_out(t, "opposite");
    return status;
}

static void run(town *t, const char *yaml, const char *key, uint32_t days)
{
    att_error err;
    att_experiment *experiment;
    att_world_report report;
    CHECK_OK_ERR(att_experiment_parse(&experiment, att_text_of(yaml), "def.yaml", NULL, &err), &err);
    CHECK_OK_ERR(att_engine_experiment_create(t->engine, experiment, &err), &err);
    CHECK_OK_ERR(att_engine_experiment_start(t->engine, att_text_of(key), &err), &err);
    att_experiment_destroy(experiment);
    const att_world_policy policy = {.choose = choose, .feedback = feedback, .day_over = day_over, .user = t};
    att_world_run_options options = att_world_run_options_default();
    options.days = days;
    options.label = key;
    options.regret_every = 0;
    options.impressions = true;
    CHECK_OK_ERR(att_world_run(t->world, &policy, &options, &report, NULL, &err), &err);
    CHECK_OK_ERR(tell_waiting(t, &err), &err);
}

static const att_readout_line *line_of(const att_readout *r, const char *metric)
{
    for (size_t i = 0; i < r->line_count; i++)
        if (strcmp(r->lines[i].metric->name, metric) == 0)
            return &r->lines[i];
    return NULL;
}

static const char opposite[] = "key: opposite\nmetrics: [reward, plays]\nvariations:\n  - key: control\n  - key: strange\n"
                               "    policy: {objective: {relevance: 0, context: 0, novelty: 10, calibration: 0, business: 0}}\n";

static bool add_person(void *user, const att_readout_person *person)
{
    att_person_tally *sums = user;
    sums[person->variation].slots += person->during.slots;
    sums[person->variation].starts += person->during.starts;
    sums[person->variation].days += person->during.days > 0;
    return true;
}

CHECK_TEST(a_planted_difference_is_found_and_the_sample_ratio_is_fine)
{
    CHECK_BEGIN();
    town t;
    att_error err;
    open_town(&t, "found.attune");
    run(&t, opposite, "opposite", DAYS);
    att_readout *r = read_out(&t, "opposite");
    const att_readout_line *reward = line_of(r, "reward");
    CHECK_NOTE("reward %.3f to %.3f, any-day interval %.3f to %.3f, p %.2g; ratio p %.2g", reward->control, reward->value,
        reward->low, reward->high, reward->p, r->ratio_p);
    CHECK(!r->ratio_alarm);
    CHECK(r->days > DAYS - 1.5 && r->days < DAYS + 0.5);
    CHECK_EQ(r->set_aside, 0);
    CHECK(r->arms[0].people > 60 && r->arms[1].people > 60);
    CHECK(r->arms[0].exposed <= r->arms[0].assigned);
    CHECK(r->arms[0].displayed <= r->arms[0].decisions);
    CHECK_EQ(reward->role, ATT_ROLE_GOAL);
    CHECK(reward->value < reward->control);
    CHECK(reward->high < 0);
    CHECK_EQ(reward->verdict, -1);
    CHECK_EQ(line_of(r, "early-skips")->role, ATT_ROLE_GUARDRAIL);
    // The people behind it add up to what the arms say.
    att_person_tally sums[2] = {{0}};
    CHECK_OK_ERR(att_engine_experiment_people(t.engine, ATT_LIT("opposite"), NULL, add_person, sums, &err), &err);
    CHECK_NEAR(sums[0].starts / (double)r->arms[0].people, line_of(r, "plays")->control, 1e-9);
    CHECK_NEAR(sums[1].days, (double)r->arms[1].people, 0); // whoever was exposed did something
    // What was read after half of the days is what reading up to then gives today.
    att_readout_options options = att_readout_options_default();
    att_readout *early;
    options.until_ms = t.early->until_ms;
    CHECK_OK_ERR(att_engine_experiment_read(t.engine, ATT_LIT("opposite"), &options, &early, &err), &err);
    CHECK(early->arms[0].people < r->arms[0].people);
    CHECK_EQ(early->arms[1].people, t.early->arms[1].people);
    CHECK_NEAR(line_of(early, "reward")->low, line_of(t.early, "reward")->low, 0);
    CHECK_NEAR(line_of(early, "plays")->p, line_of(t.early, "plays")->p, 0);
    att_readout_destroy(t.early);
    att_readout_destroy(early);
    att_readout_destroy(r);
    r = read_out(&t, "holdout");
    CHECK_STR(r->arms[0].key, "held-out");
    CHECK(r->arms[0].people > 0 && r->arms[0].people < 20);
    CHECK(r->arms[1].people > 120);
    att_readout_destroy(r);
    close_town(&t);
}

CHECK_TEST(lost_exposures_of_one_arm_raise_the_alarm)
{
    CHECK_BEGIN();
    town t;
    open_town(&t, "lost.attune");
    t.drops_treated = true;
    run(&t, "key: same\nvariations: [{key: control}, {key: treatment}]\n", "same", DAYS);
    att_readout *r = read_out(&t, "same");
    CHECK_NOTE("exposed %llu and %llu, p %.2g; assigned p %.2g", (unsigned long long)r->arms[0].exposed,
        (unsigned long long)r->arms[1].exposed, r->ratio_p, r->assigned_ratio_p);
    CHECK(r->ratio_alarm);
    CHECK(r->assigned_ratio_p > 0.001); // they were assigned as they should: it is the display that was lost
    att_readout_destroy(r);
    close_town(&t);
}

// --- By hand: records put into the log, one by one --------------------------------------------------------------

typedef struct hand {
    att_gather *gather;
    uint64_t seq;
} hand;

static uint64_t tell(hand *h, att_record record)
{
    att_error err;
    record.seq = ++h->seq;
    CHECK_OK_ERR(att_gather_see(h->gather, &record, &err), &err);
    return h->seq;
}

static uint64_t tell_decision(hand *h, uint32_t user, uint32_t arm, int64_t at_ms)
{
    att_decided_slot slots[2] = {{.item = 1, .propensity = 1}, {.item = 2, .propensity = 1}};
    att_decision_record decision = {.arm_count = 1, .arms = {1u << 8 | arm}, .count = 2, .slots = slots};
    unsigned char bytes[512];
    CHECK(att_decision_size(&decision) <= sizeof bytes);
    att_decision_encode(&decision, bytes);
    return tell(h, (att_record){.kind = ATT_RECORD_DECISION, .user = user, .item = ATT_NO_INDEX, .at_ms = at_ms,
                       .payload = bytes, .payload_size = att_decision_size(&decision)});
}

static void tell_event(hand *h, uint32_t user, att_signal signal, uint64_t decision, int64_t at_ms)
{
    tell(h, (att_record){.kind = ATT_RECORD_EVENT, .signal = (uint8_t)signal, .user = user, .item = 1, .at_ms = at_ms,
                .decision = decision, .value = NAN, .position_ms = -1, .length_ms = -1, .dwell_ms = -1});
}

#define START INT64_C(1000000000)
#define HOUR INT64_C(3600000)

static hand by_hand(void)
{
    att_experiment *e;
    att_error err;
    hand h = {0};
    const att_policy policy = att_policy_default();
    const att_readout_options options = att_readout_options_default();
    CHECK_OK_ERR(att_experiment_parse(&e, ATT_LIT("key: x\nvariations: [{key: a}, {key: b}]\n"), "x", NULL, &err), &err);
    e->number = 1;
    e->status = ATT_EXPERIMENT_RUNNING;
    e->started_ms = START;
    CHECK_OK_ERR(att_gather_create(&h.gather, e, 0, 0, &policy, &options, NULL, &err), &err);
    att_experiment_destroy(e);
    return h;
}

CHECK_TEST(a_decision_alone_is_no_exposure_and_two_arms_are_set_aside)
{
    CHECK_BEGIN();
    hand h = by_hand();
    att_error err;
    att_readout *r;
    tell_event(&h, 0, ATT_SIGNAL_LIKE, 0, START - HOUR);     // before
    tell_decision(&h, 0, 0, START + HOUR);                   // never displayed
    const uint64_t seen = tell_decision(&h, 1, 1, START + HOUR);
    tell_event(&h, 1, ATT_SIGNAL_PLAY, 0, START + HOUR + 1); // before the exposure: does not count
    tell_event(&h, 1, ATT_SIGNAL_IMPRESSION, seen, START + HOUR + 2);
    tell_event(&h, 1, ATT_SIGNAL_PLAY, seen, START + HOUR + 3);
    tell_event(&h, 1, ATT_SIGNAL_LIKE, 0, START + 2 * HOUR); // after it, whatever led there: counts
    tell_event(&h, 3, ATT_SIGNAL_LIKE, seen, START + 2 * HOUR); // somebody else's decision
    const uint64_t first = tell_decision(&h, 2, 0, START + HOUR);
    tell_event(&h, 2, ATT_SIGNAL_CLICK, first, START + HOUR);
    tell_decision(&h, 2, 1, START + 3 * HOUR); // a second arm
    const uint32_t code = 1u << 8;
    tell(&h, (att_record){.kind = ATT_RECORD_EXPOSURE, .user = 4, .item = ATT_NO_INDEX, .at_ms = START + HOUR,
                 .payload = &code, .payload_size = 4}); // the host says so
    CHECK_OK_ERR(att_gather_finish(h.gather, &r, &err), &err);
    CHECK_EQ(r->arms[0].assigned, 2);
    CHECK_EQ(r->arms[0].exposed, 1);
    CHECK_EQ(r->arms[1].exposed, 1);
    CHECK_EQ(r->set_aside, 1);
    size_t at = 0;
    att_gathered person;
    CHECK(att_gather_person(h.gather, &at, &person));
    CHECK_EQ(person.user, 1);
    CHECK_EQ(person.variation, 1);
    CHECK_EQ(person.exposed_ms, START + HOUR + 2);
    CHECK_NEAR(person.during->starts, 1, 0);
    CHECK_NEAR(person.during->likes, 1, 0);
    CHECK_NEAR(person.during->slots, 2, 0); // of the displayed decision, once
    CHECK_NEAR(person.during->sessions, 2, 0); // an hour of silence ends a session
    CHECK(att_gather_person(h.gather, &at, &person));
    CHECK_EQ(person.user, 4);
    CHECK(!att_gather_person(h.gather, &at, &person));
    att_readout_destroy(r);
    att_gather_destroy(h.gather);
}

CHECK_TEST(bots_are_counted_and_left_out)
{
    CHECK_BEGIN();
    hand h = by_hand();
    att_error err;
    att_readout *r;
    for (uint32_t u = 0; u < 4; u++) {
        const uint64_t seen = tell_decision(&h, u, u % 2, START + HOUR);
        tell_event(&h, u, ATT_SIGNAL_IMPRESSION, seen, START + HOUR);
    }
    tell(&h, (att_record){.kind = ATT_RECORD_EVENT, .signal = ATT_SIGNAL_CLICK, .user = 3, .item = 1, .at_ms = START + HOUR,
                 .set_aside = 1, .value = NAN});
    CHECK_OK_ERR(att_gather_finish(h.gather, &r, &err), &err);
    CHECK_EQ(r->arms[1].exposed, 2);
    CHECK_EQ(r->arms[1].bots, 1);
    CHECK_EQ(r->arms[1].people, 1);
    att_readout_destroy(r);
    att_gather_destroy(h.gather);
}

CHECK_TEST(what_was_not_started_is_not_read)
{
    CHECK_BEGIN();
    att_engine *engine;
    att_error err;
    att_readout *r;
    const att_open_options options = {.create = true, .seed = 4, .threads = 1};
    CHECK_OK_ERR(att_engine_open(&engine, check_path("none.attune"), &options, NULL, &err), &err);
    CHECK_FAILS(att_engine_experiment_read(engine, ATT_LIT("x"), NULL, &r, &err), ATT_NOT_FOUND);
    CHECK_FAILS(att_engine_experiment_read(engine, ATT_LIT("holdout"), NULL, &r, &err), ATT_INVALID);
    CHECK_STR(err.text, "\"holdout\" has not begun: it begins with the first experiment");
    att_experiment *e;
    CHECK_OK(att_experiment_parse(&e, ATT_LIT("key: x\nmetrics: [lift]\nvariations: [{key: a}, {key: b}]\n"), "x", NULL, &err));
    CHECK_FAILS(att_engine_experiment_create(engine, e, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "\"lift\" is unknown");
    att_experiment_destroy(e);
    att_engine_close(engine);
}

CHECK_MAIN(CHECK_CASE(a_planted_difference_is_found_and_the_sample_ratio_is_fine),
    CHECK_CASE(lost_exposures_of_one_arm_raise_the_alarm),
    CHECK_CASE(a_decision_alone_is_no_exposure_and_two_arms_are_set_aside), CHECK_CASE(bots_are_counted_and_left_out),
    CHECK_CASE(what_was_not_started_is_not_read))
