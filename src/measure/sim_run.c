// SPDX-License-Identifier: Apache-2.0
// measure/sim_run.c - a policy chooses, people act, the policy is told: day after day.
//
// Warm people first live through the history again, silently, so that they come with the habits,
// the memory and the boredom that it left. Then their luck is drawn anew from the run's seed.
#include "measure/sim_run.h"

#include <math.h>
#include <stdio.h>

typedef struct sim_run {
    const att_world *world;
    const att_world_policy *policy;
    att_world_run_options options;
    sim_tally tally;
    sim_builtin builtin;
    sim_live live;
    att_event batch[SIM_BATCH];
    char batch_ids[SIM_BATCH][64];
    size_t batch_count;
    uint64_t number, visits;
    uint8_t only; // as sim_moment has it
    char prefix[48];
} sim_run;

att_world_run_options att_world_run_options_default(void)
{
    return (att_world_run_options){.days = 14, .slots = 10, .regret_every = 5};
}

// --- What the policy is told -------------------------------------------------------------------

static att_status feed_back(sim_run *run, att_error *err)
{
    const size_t count = run->batch_count;
    run->batch_count = 0;
    if (count == 0 || run->policy->builtin || !run->policy->feedback)
        return ATT_OK;
    return run->policy->feedback(run->policy->user, run->batch, count, err);
}

static att_status deliver(void *user, sim_live *live, const sim_event *event, att_error *err)
{
    sim_run *run = user;
    (void)live;
    if (run->policy->builtin) {
        att_sim_builtin_played(&run->builtin, event);
        return ATT_OK;
    }
    run->batch[run->batch_count] = att_sim_event_view(
        run->world, event, run->prefix, ++run->number, run->batch_ids[run->batch_count]);
    return ++run->batch_count == SIM_BATCH ? feed_back(run, err) : ATT_OK;
}

static att_status deliver_warm(void *user, sim_live *live, const sim_event *event, att_error *err)
{
    sim_run *run = user;
    (void)live;
    (void)err;
    att_sim_builtin_played(&run->builtin, event);
    return ATT_OK;
}

// --- What the policy chooses -------------------------------------------------------------------

// Takes out what is not in this world, stands twice, or may not be shown.
static void keep_eligible(sim_run *run, const sim_moment *moment, sim_slate *slate)
{
    size_t kept = 0;
    for (size_t i = 0; i < slate->count; i++) {
        const uint32_t item = slate->items[i];
        bool fine = item < run->world->item_count && att_sim_may_show(moment, item);
        for (size_t j = 0; fine && j < kept; j++)
            fine = slate->items[j] != item;
        if (fine)
            slate->items[kept++] = item;
    }
    run->tally.report->ineligible += slate->count - kept;
    slate->count = kept;
}

static att_status ask(
    sim_run *run, const sim_moment *moment, const sim_mind *mind, sim_slate *slate, att_error *err)
{
    const sim_person *p = moment->person;
    const att_world_visit visit = {.user = p->id,
        .person = (size_t)(p - run->world->people),
        .context = mind->seen,
        .territory = p->territory,
        .age = p->age,
        .at_ms = moment->at_ms,
        .wanted = run->options.slots,
        .medium = run->only ? att_text_of(att_sim_medium(run->only - 1u)) : (att_text){0}};
    att_status status = feed_back(run, err);
    if (status)
        return att_while(err, status, "feedback of a simulated run");
    status = run->policy->choose(
        run->policy->user, &visit, slate->items, &slate->count, &slate->decision, err);
    if (status)
        return att_while(err, status, "choosing for %.*s", ATT_TEXT_ARGS(p->id));
    if (slate->count > visit.wanted)
        return ATT_FAIL(err, ATT_INVALID, "the policy chose %zu items, %zu were wanted",
            slate->count, visit.wanted);
    return ATT_OK;
}

// What a slate is worth: satisfaction by slot, weighted by the odds that the slot is examined.
static double worth(const sim_moment *moment, const sim_slate *slate, size_t slots)
{
    double sum = 0, weights = 0;
    for (size_t i = 0; i < slots; i++) {
        const double weight = pow((double)i + 1, -moment->person->examine_power);
        weights += weight;
        if (i < slate->count)
            sum += weight * att_sim_sigmoid(att_sim_value(moment, slate->items[i]));
    }
    return sum / weights;
}

static void look_for_regret(sim_run *run, const sim_moment *moment, const sim_slate *slate)
{
    sim_slate ideal;
    const size_t slots = run->options.slots;
    if (run->options.regret_every == 0 || run->visits++ % run->options.regret_every != 0)
        return;
    att_sim_ideal(moment, slots, &ideal);
    const double regret = worth(moment, &ideal, slots) - worth(moment, slate, slots);
    att_sim_tally_regret(&run->tally, moment->at_ms, regret);
}

static att_status choose(void *user, sim_live *live, const sim_moment *now, sim_mind *mind,
    sim_slate *slate, att_error *err)
{
    sim_run *run = user;
    (void)live;
    sim_moment asked = *now;
    asked.only = run->only;
    const sim_moment *moment = &asked;
    if (run->policy->builtin)
        att_sim_builtin_choose(
            &run->builtin, run->policy->builtin, moment, run->options.slots, slate);
    else {
        const att_status status = ask(run, moment, mind, slate, err);
        if (status)
            return status;
    }
    keep_eligible(run, moment, slate);
    look_for_regret(run, moment, slate);
    return ATT_OK;
}

static void saw(void *user, const sim_moment *moment, const sim_outcome *outcome)
{
    (void)moment;
    att_sim_tally_outcome(&((sim_run *)user)->tally, outcome);
}

// --- The days ----------------------------------------------------------------------------------

static uint64_t luck_of(const sim_run *run)
{
    const uint64_t seed = run->options.seed ? run->options.seed : run->world->options.seed;
    return att_mix64(seed + 0x52554Eu);
}

static att_status warm_up(sim_run *run, att_error *err)
{
    const att_world *world = run->world;
    sim_live *live = &run->live;
    att_status status = att_sim_live_init(
        live, world, world->person_count, world->options.start_ms, world->options.seed, err);
    if (status)
        return status;
    live->untidy = true;
    live->by = (sim_play_by){att_sim_default_choose, deliver_warm, NULL, run};
    status = att_sim_live_go(live, world->end_ms, err);
    for (uint32_t i = 0; i < world->person_count; i++) {
        live->minds[i].rng = att_rng_stream(luck_of(run), i);
        live->minds[i].bursts_left = 0;
    }
    return status;
}

static att_status come(sim_run *run, att_error *err)
{
    const att_world *world = run->world;
    const uint32_t real = world->person_count - world->bot_count;
    const att_status status = run->options.cold ? att_sim_live_init(&run->live, world, real,
                                                      world->end_ms, luck_of(run), err)
                                                : warm_up(run, err);
    run->live.untidy = false;
    run->live.by = (sim_play_by){choose, deliver, saw, run};
    if (run->options.impressions)
        run->live.impression_share = 1;
    return status;
}

static att_status one_day(sim_run *run, uint32_t day, att_error *err)
{
    const att_world_policy *policy = run->policy;
    const int64_t over_ms = run->world->end_ms + (day + 1) * SIM_DAY_MS;
    if (policy->builtin == ATT_WORLD_POPULARITY)
        att_sim_builtin_chart(&run->builtin);
    att_status status = att_sim_live_go(&run->live, over_ms, err);
    if (!status)
        status = feed_back(run, err);
    if (!status && !policy->builtin && policy->day_over)
        status = policy->day_over(policy->user, day, over_ms, err);
    if (!status &&
        !att_progress_tell(&run->world->host, "simulate", day + 1, run->options.days, "days"))
        return ATT_FAIL(
            err, ATT_CANCELLED, "cancelled after %u simulated days", (unsigned)(day + 1));
    return status ? att_while(err, status, "day %u of a simulated run", (unsigned)day) : ATT_OK;
}

// The number of a medium of the world, + 1; 0: it has none of this name.
static uint8_t medium_named(const char *name)
{
    for (uint8_t m = 0; m < SIM_MEDIA; m++)
        if (strcmp(att_sim_medium(m), name) == 0)
            return m + 1;
    return 0;
}

static att_status check_run(const att_world *world, const att_world_policy *policy,
    const att_world_run_options *o, att_error *err)
{
    if (o->days < 1 || o->days > world->options.ahead_days)
        return ATT_FAIL(err, ATT_INVALID, "a run of %u days; this world allows 1 to %u",
            (unsigned)o->days, (unsigned)world->options.ahead_days);
    if (o->slots < 1 || o->slots > ATT_WORLD_SLATE_MAX)
        return ATT_FAIL(err, ATT_INVALID, "a slate of %zu slots; expected 1 to %d", o->slots,
            ATT_WORLD_SLATE_MAX);
    if (o->medium && !medium_named(o->medium))
        return ATT_FAIL(err, ATT_INVALID, "the run's medium \"%.40s\"; expected music, film or game", o->medium);
    if (o->label && strlen(o->label) > 24)
        return ATT_FAIL(
            err, ATT_INVALID, "the run's label \"%s\" is longer than 24 bytes", o->label);
    if (policy->builtin > ATT_WORLD_ORACLE || (!policy->builtin && !policy->choose))
        return ATT_FAIL(
            err, ATT_INVALID, "the policy has neither a choose callback nor a built-in kind");
    return ATT_OK;
}

static att_status go(sim_run *run, att_error *err)
{
    att_status status =
        att_sim_tally_init(&run->tally, run->world, run->options.days, run->tally.report, err);
    if (!status)
        status = att_sim_builtin_init(&run->builtin, run->world, luck_of(run), err);
    if (!status)
        status = come(run, err);
    for (uint32_t day = 0; !status && day < run->options.days; day++)
        status = one_day(run, day, err);
    return status;
}

att_status att_world_run(const att_world *world, const att_world_policy *policy,
    const att_world_run_options *options, att_world_report *report, att_world_day *days,
    att_error *err)
{
    const att_world_run_options o = options ? *options : att_world_run_options_default();
    *report = (att_world_report){0};
    att_status status = check_run(world, policy, &o, err);
    if (status)
        return status;
    sim_run *run = ATT_NEW_ARRAY(&world->host, sim_run, 1);
    if (!run)
        return att_no_memory(err, 1, "simulated run");
    run->world = world;
    run->policy = policy;
    run->options = o;
    run->only = o.medium ? medium_named(o.medium) : 0;
    run->tally.report = report;
    snprintf(run->prefix, sizeof run->prefix, "sim-%llx-%s",
        (unsigned long long)world->options.seed, o.label ? o.label : "run");
    status = go(run, err);
    if (!status) {
        att_sim_tally_finish(&run->tally);
        if (days)
            memcpy(days, run->tally.per_day, o.days * sizeof *days);
    }
    att_sim_live_deinit(&run->live);
    att_sim_builtin_deinit(&run->builtin);
    att_sim_tally_deinit(&run->tally);
    ATT_FREE_ARRAY(&world->host, run, 1);
    return status;
}
