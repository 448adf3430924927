// SPDX-License-Identifier: Apache-2.0
// A planted clickbait policy meets simulated people: the report, which does not know the truth, warns of it, and does not
// warn where both halves of the people meet the same policy.
#include "attune/simulate.h"
#include "longrun_log.h"

enum { PEOPLE = 500, ITEMS = 800, LOOKED_AT = 60 };

// Half of the people get what lies nearest among some things drawn at random, the other half the same with clickbait first.
typedef struct feed {
    const att_world *world;
    att_longrun_fold *fold;
    att_rng rng;
    uint64_t seq;
    double push; // for the second half
    att_error err;
} feed;

static int half_of(size_t person)
{
    return (int)(att_mix64(person) & 1);
}

static att_status choose(void *user, const att_world_visit *visit, uint32_t *items, size_t *count,
    uint64_t *decision, att_error *err)
{
    feed *f = user;
    double scores[LOOKED_AT];
    *count = 0;
    for (int tries = 0; tries < LOOKED_AT; tries++) {
        const uint32_t item = (uint32_t)att_rng_below(&f->rng, ITEMS);
        if (!att_world_eligible(f->world, item, visit->territory, visit->age, visit->at_ms))
            continue;
        const double score =
            att_world_utility(f->world, visit->person, item, &visit->context, visit->at_ms) +
            2 * att_rng_unit(&f->rng) +
            (half_of(visit->person) && att_world_is_clickbait(f->world, item) ? f->push : 0);
        size_t at = *count < visit->wanted ? (*count)++ : visit->wanted - 1;
        if (at == visit->wanted - 1 && *count == visit->wanted && score < scores[at] &&
            tries >= (int)visit->wanted)
            continue;
        for (; at > 0 && scores[at - 1] < score; at--) {
            scores[at] = scores[at - 1];
            items[at] = items[at - 1];
        }
        scores[at] = score;
        items[at] = item;
    }
    att_decided_slot slots[ATT_WORLD_SLATE_MAX] = {{0}};
    for (size_t i = 0; i < *count; i++)
        slots[i] = (att_decided_slot){.item = items[i], .propensity = 1};
    const att_decision_record made = {
        .context = att_context_unknown(), .age = 255, .count = (uint16_t)*count, .slots = slots};
    unsigned char bytes[4096];
    CHECK(att_decision_size(&made) <= sizeof bytes);
    att_decision_encode(&made, bytes);
    const att_record record = {.seq = *decision = ++f->seq,
        .kind = ATT_RECORD_DECISION,
        .user = (uint32_t)visit->person,
        .item = ATT_NO_INDEX,
        .at_ms = visit->at_ms,
        .payload = bytes,
        .payload_size = att_decision_size(&made)};
    return att_longrun_fold_add(f->fold, &record, err);
}

static att_status feedback(void *user, const att_event *events, size_t count, att_error *err)
{
    feed *f = user;
    att_status status = ATT_OK;
    for (size_t i = 0; i < count && !status; i++) {
        const att_event *e = &events[i];
        const size_t item = e->item.size ? att_world_item_find(f->world, e->item) : SIZE_MAX;
        const att_record record = {.seq = ++f->seq,
            .kind = ATT_RECORD_EVENT,
            .signal = (uint8_t)e->signal,
            .user = (uint32_t)att_world_person_find(f->world, e->user),
            .item = item == SIZE_MAX ? ATT_NO_INDEX : (uint32_t)item,
            .at_ms = e->at_ms,
            .value = e->value,
            .position_ms = e->position_ms,
            .length_ms = e->length_ms,
            .dwell_ms = e->dwell_ms,
            .decision = e->decision,
            .context = e->context};
        status = att_longrun_fold_add(f->fold, &record, err);
    }
    return status;
}

// The report of a run of `days` in which the second half is pushed to clickbait.
static att_longrun *run(const att_world *world, double push, uint64_t seed, uint32_t days)
{
    const att_host host = att_host_default();
    const att_policy policy = att_policy_default();
    static int8_t groups[PEOPLE];
    for (size_t p = 0; p < PEOPLE; p++)
        groups[p] = (int8_t)half_of(p);
    static uint32_t tag_start[ITEMS + 1];
    const att_longrun_input input = {.policy = &policy,
        .groups = groups,
        .people_count = PEOPLE,
        .tag_start = tag_start,
        .item_count = ITEMS};
    att_longrun_options options = att_longrun_options_default();
    options.compare = ATT_COMPARE_PEOPLE;
    options.group_names[0] = "ordinary";
    options.group_names[1] = "pushed";
    feed f = {.world = world, .rng = att_rng_seed(seed), .push = push};
    CHECK_OK_ERR(att_longrun_fold_create(&f.fold, &options, &input, &host, &f.err), &f.err);
    const att_world_policy by = {.choose = choose, .feedback = feedback, .user = &f};
    att_world_run_options run_options = att_world_run_options_default();
    run_options.days = days;
    run_options.seed = seed;
    run_options.cold = true;
    run_options.regret_every = 0;
    att_world_report truth;
    CHECK_OK_ERR(att_world_run(world, &by, &run_options, &truth, NULL, &f.err), &f.err);
    att_longrun *report;
    CHECK_OK_ERR(att_longrun_fold_finish(f.fold, &report, &f.err), &f.err);
    att_longrun_fold_destroy(f.fold);
    return report;
}

static att_world *make_world(void)
{
    att_world_options options = att_world_options_default();
    options.people = PEOPLE;
    options.items = ITEMS;
    options.days = 20;
    options.events = 50000;
    att_world *world;
    att_error err;
    CHECK_OK_ERR(att_world_create(&world, &options, NULL, &err), &err);
    return world;
}

CHECK_TEST(clickbait_that_lifts_clicks_and_harms_people_is_flagged)
{
    CHECK_BEGIN();
    att_world *world = make_world();
    att_longrun *report = run(world, 3, 1, 14);
    const att_longrun_group *before = &report->groups[0], *after = &report->groups[1];
    CHECK_NOTE("uptake %.3f to %.3f", before->all.figures[ATT_FIGURE_UPTAKE].value.mean,
        after->all.figures[ATT_FIGURE_UPTAKE].value.mean);
    CHECK(report->warning_count >= 1);
    CHECK_EQ(report->warnings[0].kind, ATT_WARNING_GUARDRAIL);
    CHECK_NOTE("%s", report->warnings[0].text);
    CHECK(report->warnings[0].risen >> ATT_FIGURE_UPTAKE & 1);
    CHECK(report->warnings[0].hurt >> ATT_FIGURE_EARLY_SKIPS_10S & 1);
    CHECK(report->warnings[0].hurt >> ATT_FIGURE_LIKED & 1);
    CHECK(after->all.figures[ATT_FIGURE_RATING].value.mean <
          before->all.figures[ATT_FIGURE_RATING].value.mean);
    att_longrun_destroy(report);
    att_world_destroy(world);
}

CHECK_TEST(two_halves_under_one_policy_are_not)
{
    CHECK_BEGIN();
    att_world *world = make_world();
    size_t guardrails = 0, harms = 0;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        att_longrun *report = run(world, 0, seed, 7);
        for (size_t i = 0; i < report->warning_count; i++) {
            guardrails += report->warnings[i].kind == ATT_WARNING_GUARDRAIL;
            harms += report->warnings[i].kind == ATT_WARNING_HARM;
        }
        att_longrun_destroy(report);
    }
    CHECK_NOTE("8 runs: %zu guardrail warnings, %zu of harm alone", guardrails, harms);
    CHECK_EQ(guardrails, 0);
    CHECK(harms <= 2); // each has at most 5 %; three have 0.6 %
    att_world_destroy(world);
}

CHECK_MAIN(CHECK_CASE(clickbait_that_lifts_clicks_and_harms_people_is_flagged),
    CHECK_CASE(two_halves_under_one_policy_are_not))
