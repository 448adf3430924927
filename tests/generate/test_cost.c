// SPDX-License-Identifier: Apache-2.0
// What making costs, what a plan says, and the report over a log small enough to be worked out by hand.
#include "check.h"

#include "attune/signals.h"
#include "generate/brief.h"
#include "generate/cost.h"
#include "generate/report.h"
#include "store/case_record.h"
#include "store/decision.h"

#include <math.h>

#define DAY INT64_C(86400000)
#define START INT64_C(1790000000000)

static att_host host;
static att_error err;

static att_policy prices(void)
{
    att_policy p = att_policy_default();
    p.generation.cpu_hour = 100;
    p.generation.gpu_hour = 1000;
    p.generation.labour_hour = 60;
    p.generation.qa_minutes = 2;
    p.generation.storage_gb_month = 3;
    p.generation.egress_gb = 5;
    p.generation.success = 0.5;
    p.generation.realtime_ms = 2000;
    p.generation.risk = 0.1;
    p.generation.utilisation = 0.25;
    return p;
}

CHECK_TEST(costs_are_the_sums_that_the_file_says)
{
    CHECK_BEGIN();
    const att_policy p = prices();
    CHECK_NEAR(att_cost_of_making(&p, 36, 7.2), 1 + 2, 1e-12);
    CHECK_NEAR(att_cost_of_looking(&p, 3), 6, 1e-12);
    CHECK_NEAR(att_cost_of_keeping(&p, 2e9, 15), 3, 1e-12);
    CHECK_NEAR(att_cost_of_sending(&p, 4e8), 2, 1e-12);
}

CHECK_TEST(a_plan_says_ahead_or_real_time_for_each_reason)
{
    CHECK_BEGIN();
    const att_policy p = prices();
    att_made_plan plan;
    // 10 briefs, 4 of them asked for once, 2 twice: 10 + 4 * 3 / (2 * 3) = 12 may be.
    att_plan_input in = {.latency_s = 0.5, .brief_cost = 1, .keep_cost = 0.5, .asked = 40, .distinct = 10, .once = 4, .twice = 2, .risk = 0.05};
    att_plan_making(&in, &p, &plan);
    CHECK_NEAR(plan.possible, 12, 1e-12);
    CHECK_NEAR(plan.ahead_cost, 12 * 1.5, 1e-12);
    CHECK_NEAR(plan.realtime_cost, 10 * (1 / 0.25 + 0.5), 1e-12); // 45
    CHECK(plan.ahead);
    CHECK_HOLDS(plan.why, "12 briefs may be asked for, 10 were");
    in.once = 10; // every one once: 10 + 10 * 9 / 2 = 55 may be, ahead costs 82.5
    in.twice = 0;
    att_plan_making(&in, &p, &plan);
    CHECK_NEAR(plan.possible, 55, 1e-12);
    CHECK(!plan.ahead);
    in.latency_s = 2.5;
    att_plan_making(&in, &p, &plan);
    CHECK(plan.ahead);
    CHECK_HOLDS(plan.why, "it takes 2.5 s, a person waits at most 2 s");
    in.latency_s = 0.5;
    in.risk = 0.2;
    att_plan_making(&in, &p, &plan);
    CHECK(plan.ahead);
    CHECK_HOLDS(plan.why, "20.0 % of it is held or denied");
}

// --- A log ------------------------------------------------------------------------------------------------------------

static att_made_tally *tally;
static uint64_t seq;
static att_brief_hash hash;

static att_record blank(att_record_kind kind, int64_t at_ms)
{
    return (att_record){.seq = ++seq, .kind = (uint8_t)kind, .at_ms = at_ms, .logged_ms = at_ms, .user = ATT_NO_INDEX, .item = ATT_NO_INDEX,
        .value = NAN, .position_ms = -1, .length_ms = -1, .dwell_ms = -1, .context = att_context_unknown()};
}

static void add(att_record *record, att_bytes *payload)
{
    if (payload) {
        record->payload = payload->items;
        record->payload_size = payload->count;
    }
    CHECK_OK_ERR(att_made_tally_add(tally, record, &err), &err);
    if (payload)
        ATT_VEC_FREE(&host, payload);
}

static void ask(int64_t at_ms, bool again)
{
    static const char form[] = "attune-brief 1\nworld music 1\nkind loop\nseed 1\n";
    att_bytes payload = {0};
    att_record record = blank(ATT_RECORD_BRIEF, at_ms);
    att_brief_record said = {.text = again ? (att_text){0} : att_text_of(form)};
    hash = att_brief_hash_of(att_text_of(form));
    said.hash = hash;
    record.signal = again ? ATT_BRIEF_ASKED_AGAIN : ATT_BRIEF_ASKED;
    CHECK_OK(att_brief_record_encode(&said, &host, &payload, &err));
    add(&record, &payload);
}

static void make(uint32_t item, uint16_t index, att_made_verdict verdict)
{
    att_bytes payload = {0};
    att_record record = blank(ATT_RECORD_CANDIDATE, START);
    const att_candidate_record made = {.brief = hash, .index = index, .size = 1000000000, .cpu_s = 30, .gpu_s = 3.6, .wall_s = 1,
        .medium = att_text_of("music"), .kind = att_text_of("loop")};
    record.item = item;
    CHECK_OK(att_candidate_record_encode(&made, &host, &payload, &err));
    add(&record, &payload);
    record = blank(ATT_RECORD_JUDGED, START);
    const att_judged_record judged = {.brief = hash, .index = index, .verdict = (uint8_t)verdict, .cpu_s = 6, .wall_s = 0.5};
    record.item = item;
    CHECK_OK(att_judged_record_encode(&judged, &host, &payload, &err));
    add(&record, &payload);
}

static void look(uint32_t item, const char *by)
{
    unsigned char bytes[64];
    const att_case_record said = {.act = ATT_CASE_ALLOW, .by = att_text_of(by), .score = NAN};
    att_record record = blank(ATT_RECORD_VERDICT, START);
    att_case_record_encode(&said, bytes);
    record.item = item;
    record.payload = bytes;
    record.payload_size = att_case_record_size(&said);
    add(&record, NULL);
}

static uint64_t decide(uint32_t user, int64_t at_ms, uint32_t first, uint32_t second)
{
    unsigned char bytes[512];
    att_decided_slot slots[2] = {{.item = first, .propensity = 1}, {.item = second, .propensity = 1}};
    const att_decision_record d = {.seed = 1, .count = 2, .slots = slots, .use = ATT_USE_STREAM};
    att_record record = blank(ATT_RECORD_DECISION, at_ms);
    att_decision_encode(&d, bytes);
    record.user = user;
    record.payload = bytes;
    record.payload_size = att_decision_size(&d);
    add(&record, NULL);
    return record.seq;
}

static void event(uint32_t user, uint64_t decision, uint32_t item, att_signal signal, int64_t at_ms, int32_t position_ms)
{
    att_record record = blank(ATT_RECORD_EVENT, at_ms);
    record.user = user;
    record.decision = decision;
    record.item = item;
    record.signal = (uint8_t)signal;
    record.position_ms = position_ms;
    record.length_ms = 100000;
    record.id = att_text_of("e");
    add(&record, NULL);
}

static att_made_report report_at(int64_t now_ms)
{
    static att_made_report report;
    CHECK_OK_ERR(att_made_tally_finish(tally, now_ms, &report, &err), &err);
    att_made_tally_destroy(tally);
    return report;
}

static void begin(void)
{
    const att_policy p = prices();
    seq = 0;
    CHECK_OK_ERR(att_made_tally_create(&tally, &p, &host, &err), &err);
}

CHECK_TEST(the_report_is_what_the_log_gives_by_hand)
{
    CHECK_BEGIN();
    begin();
    ask(START, false);
    ask(START, true);
    make(10, 0, ATT_MADE_ALLOW);
    make(11, 1, ATT_MADE_HOLD);
    make(12, 2, ATT_MADE_DENY);
    look(11, "mara");
    look(11, "filter"); // no person
    // Catalogue items 1 … at both places: first place 1 of 2, second 1 of 4.
    uint64_t d = decide(1, START, 1, 10); // made at place 2, liked: success
    event(1, d, 10, ATT_SIGNAL_LIKE, START + 1000, -1);
    event(1, d, 1, ATT_SIGNAL_LIKE, START + 1000, -1);
    d = decide(2, START + DAY, 11, 2); // made at place 1, finished to 40 %: 0.6 * 0.4 is no success
    event(2, d, 11, ATT_SIGNAL_PLAY, START + DAY + 1000, 40000);
    event(2, d, 2, ATT_SIGNAL_LIKE, START + DAY + 1000, -1);
    d = decide(3, START + DAY, 3, 4);
    event(3, d, 4, ATT_SIGNAL_LIKE, START + 3 * DAY, -1); // a day too late
    event(4, d, 3, ATT_SIGNAL_LIKE, START + DAY + 1, -1); // somebody else
    decide(3, START + DAY, 10, 5);                        // not taken
    decide(3, START + DAY, 10, 6);
    const att_made_report r = report_at(START + 15 * DAY);
    CHECK_EQ(r.count, 1);
    const att_made_class *c = &r.classes[0];
    CHECK_STR(c->medium, "music");
    CHECK_STR(c->kind, "loop");
    CHECK_EQ(c->briefs, 1);
    CHECK_EQ(c->asked, 2);
    CHECK(c->candidates == 3 && c->allowed == 1 && c->held == 1 && c->denied == 1 && c->looks == 1);
    CHECK_NEAR(c->making, 3 * (1.0 + 1.0), 1e-9); // 36 s at 100 an hour, 3.6 s at 1000
    CHECK_NEAR(c->looking, 2, 1e-9);
    CHECK_NEAR(c->keeping, 3 * 0.5 * 3, 1e-9); // three of 1 GB for half a month
    CHECK_NEAR(c->sending, 0.4 * 5, 1e-6);     // of one, 40 %: a like sends nothing
    CHECK_NEAR(c->cost, 6 + 2 + 4.5 + 2, 1e-6);
    CHECK_EQ(c->impressions, 4);
    CHECK_EQ(c->successes, 1);
    CHECK_NEAR(c->cost_per_success, 14.5, 1e-6);
    CHECK_EQ(r.catalogue_impressions, 6);
    CHECK_EQ(r.catalogue_successes, 2);
    // Place 1: 1 of 2; place 2: 1 of 4. Made slots: one at place 2, three at place 1.
    CHECK_NEAR(c->expected, 0.25 + 3 * 0.5, 1e-9);
    CHECK_NEAR(c->lift, 1 - 1.75, 1e-9);
    // By person: +0.75, -0.5, -1; mean -0.25: 3/2 (1 + 0.0625 + 0.5625) = 2.4375
    CHECK_NEAR(c->lift_high - c->lift, 1.96 * sqrt(2.4375), 1e-9);
    CHECK_NEAR(c->lift - c->lift_low, 1.96 * sqrt(2.4375), 1e-9);
    CHECK_NEAR(c->lift_per_cost, -0.75 / 14.5, 1e-6);
    CHECK_NEAR(c->input.risk, 2.0 / 3, 1e-12);
    CHECK_NEAR(c->input.latency_s, 1.5, 1e-9); // the first candidate was allowed
    CHECK_NEAR(c->input.brief_cost, 8, 1e-9);
    CHECK_NEAR(c->input.twice, 1, 1e-9);
    CHECK(c->plan.ahead); // for its risk
    CHECK_NEAR(r.all.cost, c->cost, 1e-9);
    CHECK_EQ(r.all.impressions, 4);
}

CHECK_TEST(where_nothing_can_be_said_no_figure_stands)
{
    CHECK_BEGIN();
    begin();
    ask(START, false);
    make(10, 0, ATT_MADE_ALLOW);
    att_made_report r = report_at(START);
    CHECK(isnan(r.classes[0].cost_per_success));
    CHECK(isnan(r.classes[0].lift_per_cost));
    begin();
    ask(START, false);
    make(10, 0, ATT_MADE_ALLOW);
    make(11, 1, ATT_MADE_ALLOW);
    decide(1, START, 10, 11); // no catalogue item stood anywhere
    r = report_at(START);
    CHECK(isnan(r.classes[0].lift));
    CHECK(isnan(r.classes[0].lift_low));
    begin();
    r = report_at(START);
    CHECK_EQ(r.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(costs_are_the_sums_that_the_file_says), CHECK_CASE(a_plan_says_ahead_or_real_time_for_each_reason),
        CHECK_CASE(the_report_is_what_the_log_gives_by_hand), CHECK_CASE(where_nothing_can_be_said_no_figure_stands)};
    host = att_host_complete(NULL);
    return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);
}
