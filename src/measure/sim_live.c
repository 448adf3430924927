// SPDX-License-Identifier: Apache-2.0
// measure/sim_live.c - the heap of what happens next, and a person's sessions.
#include "measure/sim_live.h"

#include <math.h>

#define PERSON_BIT 0x80000000u

// --- The heap ----------------------------------------------------------------------------------

static bool before(const sim_entry *a, const sim_entry *b)
{
    return a->ms != b->ms ? a->ms < b->ms : a->order < b->order;
}

static void heap_push(sim_live *live, sim_entry entry)
{
    if (!ATT_VEC_PUSH(live->host, &live->heap, entry)) {
        live->out_of_memory = true;
        return;
    }
    sim_entry *h = live->heap.items;
    size_t i = live->heap.count - 1;
    for (; i > 0 && before(&entry, &h[(i - 1) / 2]); i = (i - 1) / 2)
        h[i] = h[(i - 1) / 2];
    h[i] = entry;
}

static sim_entry heap_pop(sim_live *live)
{
    sim_entry *h = live->heap.items;
    const sim_entry top = h[0], last = h[--live->heap.count];
    const size_t count = live->heap.count;
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < count; i = child) {
        if (child + 1 < count && before(&h[child + 1], &h[child]))
            child++;
        if (!before(&h[child], &last))
            break;
        h[i] = h[child];
    }
    h[i] = last;
    return top;
}

// --- Events under way --------------------------------------------------------------------------

void att_sim_tell(sim_live *live, sim_mind *mind, sim_event event)
{
    uint32_t place;
    if (live->free.count > 0)
        place = live->free.items[--live->free.count];
    else if (ATT_VEC_PUSH(live->host, &live->events, event))
        place = (uint32_t)live->events.count - 1;
    else {
        live->out_of_memory = true;
        return;
    }
    live->events.items[place] = event;
    int64_t arrives = event.at_ms;
    if (live->untidy && att_rng_unit(&mind->rng) < 0.003) // a device that was off the net
        arrives += (int64_t)(att_sim_clamp(12 * att_rng_exponential(&mind->rng), 0, 72) *
                             (double)SIM_HOUR_MS);
    heap_push(live, (sim_entry){arrives, live->event_order++ & ~PERSON_BIT, place});
}

static att_status deliver(sim_live *live, uint32_t place, att_error *err)
{
    const sim_event event = live->events.items[place];
    if (!ATT_VEC_PUSH(live->host, &live->free, place))
        return att_no_memory(err, 1, "simulated event");
    return live->by.deliver(live->by.user, live, &event, err);
}

// --- Sessions ----------------------------------------------------------------------------------

static void session_begin(sim_live *live, uint32_t person, sim_mind *mind, int64_t at_ms)
{
    const sim_person *p = &live->world->people[person];
    att_sim_context(p, at_ms, &mind->rng, &mind->truth, &mind->seen);
    const double budget = att_sim_time_budget_min((att_activity)mind->truth.activity) *
                          exp(0.4 * att_rng_normal(&mind->rng));
    mind->session_end_ms = at_ms + (int64_t)(budget * (double)SIM_MINUTE_MS);
    mind->in_session = true;
    mind->session_picks = mind->session_empty = mind->bad_in_a_row = 0;
    mind->session_satisfaction = 0;
}

static void schedule(sim_live *live, uint32_t person, int64_t at_ms)
{
    live->minds[person].next_ms = at_ms;
    heap_push(live, (sim_entry){at_ms, PERSON_BIT | person, person});
}

// A good session brings the next one nearer, a bad one puts it off or ends the habit for weeks.
static void session_over(sim_live *live, uint32_t person, sim_mind *mind, int64_t at_ms)
{
    const sim_person *p = &live->world->people[person];
    const double mean =
        mind->session_picks ? mind->session_satisfaction / mind->session_picks : 0.15;
    const double gap = mean - p->expectation;
    const double engagement = mind->engagement + 0.25 * gap + 0.03 * (1 - mind->engagement);
    mind->engagement = (float)att_sim_clamp(engagement, 0.15, 2);
    mind->in_session = false;
    int64_t from = at_ms + 10 * SIM_MINUTE_MS;
    if (att_rng_unit(&mind->rng) < 0.04 * att_sim_sigmoid(-2 - 9 * gap))
        from += (int64_t)((4 + 14 * att_rng_exponential(&mind->rng)) * (double)SIM_DAY_MS);
    schedule(live, person,
        att_sim_next_visit(live->world, p, live->rate_scale * mind->engagement, from, &mind->rng));
}

static void tell_quit(
    sim_live *live, uint32_t person, sim_mind *mind, const sim_outcome *last, int64_t at_ms)
{
    const bool game =
        last->clicked != SIZE_MAX && live->world->items[last->item].medium == SIM_GAME;
    const double rage = mind->bad_in_a_row >= 3             ? 0.25
                        : game && last->satisfaction < 0.25 ? 0.2
                                                            : 0;
    const bool raging = att_rng_unit(&mind->rng) < rage;
    if (!raging && att_rng_unit(&mind->rng) >= 0.5)
        return;
    att_sim_tell(live, mind,
        (sim_event){.at_ms = at_ms,
            .decision = last->slate->decision,
            .person = person,
            .item = raging && last->clicked != SIZE_MAX ? last->item : ATT_NO_INDEX,
            .value = NAN,
            .position_ms = -1,
            .length_ms = -1,
            .dwell_ms = -1,
            .signal = raging ? ATT_SIGNAL_RAGE_QUIT : ATT_SIGNAL_QUIT,
            .context = mind->seen});
}

static bool wants_more(
    const sim_person *person, sim_mind *mind, const sim_outcome *outcome, int64_t at_ms)
{
    if (at_ms >= mind->session_end_ms)
        return false;
    if (outcome->clicked == SIZE_MAX)
        return mind->session_empty < 2 + (uint32_t)(2 * person->patience);
    const double leave = (0.04 + 0.10 * (1 - outcome->satisfaction)) / person->patience;
    return att_rng_unit(&mind->rng) >= leave;
}

static void outcome_felt(sim_mind *mind, const sim_outcome *outcome)
{
    if (outcome->clicked == SIZE_MAX) {
        mind->session_empty++;
        return;
    }
    mind->session_empty = 0;
    mind->session_picks++;
    mind->session_satisfaction += outcome->satisfaction;
    mind->bad_in_a_row = outcome->satisfaction < 0.3 ? mind->bad_in_a_row + 1 : 0;
}

static att_status visit(sim_live *live, uint32_t person, int64_t at_ms, att_error *err)
{
    const att_world *world = live->world;
    const sim_person *p = &world->people[person];
    sim_mind *mind = &live->minds[person];
    sim_slate slate = {.count = 0};
    sim_outcome outcome = {
        .person = person, .at_ms = at_ms, .session_begins = !mind->in_session, .slate = &slate};
    if (!mind->in_session)
        session_begin(live, person, mind, at_ms);
    sim_moment moment;
    att_sim_moment_init(&moment, world, p, &mind->truth, at_ms, mind);
    const att_status status = live->by.choose(live->by.user, live, &moment, mind, &slate, err);
    if (status)
        return status;
    const int64_t over_ms = att_sim_look(live, mind, &moment, &outcome);
    if (live->by.saw)
        live->by.saw(live->by.user, &moment, &outcome);
    outcome_felt(mind, &outcome);
    if (wants_more(p, mind, &outcome, over_ms)) {
        schedule(live, person, over_ms);
        return ATT_OK;
    }
    tell_quit(live, person, mind, &outcome, over_ms);
    session_over(live, person, mind, over_ms);
    return ATT_OK;
}

static double burst_gap_ms(const att_world *world)
{
    return (double)world->options.days * (double)SIM_DAY_MS / (world->bursts + 0.1);
}

static void bot_visit(sim_live *live, uint32_t person, int64_t at_ms)
{
    const att_world *world = live->world;
    sim_mind *mind = &live->minds[person];
    if (mind->bursts_left == 0)
        return;
    mind->bursts_left--;
    att_sim_bot_burst(live, mind, person, at_ms);
    schedule(live, person, at_ms + (int64_t)burst_gap_ms(world));
}

// --- The whole ---------------------------------------------------------------------------------

static void begin(sim_live *live, uint32_t person, int64_t start_ms, uint64_t luck)
{
    const att_world *world = live->world;
    const sim_person *p = &world->people[person];
    sim_mind *mind = &live->minds[person];
    mind->rng = att_rng_stream(luck, 3000000000u + (uint64_t)person);
    mind->engagement = 1;
    mind->bored_ms = start_ms;
    mind->bursts_left = p->bot ? world->bursts : 0;
    if (p->bot)
        schedule(live, person,
            start_ms + (int64_t)(0.9 * att_rng_unit(&mind->rng) * burst_gap_ms(world)));
    else
        schedule(
            live, person, att_sim_next_visit(world, p, live->rate_scale, start_ms, &mind->rng));
}

att_status att_sim_live_init(sim_live *live, const att_world *world, uint32_t person_count,
    int64_t start_ms, uint64_t luck, att_error *err)
{
    *live = (sim_live){.world = world,
        .host = &world->host,
        .person_count = person_count,
        .rate_scale = world->rate_scale,
        .impression_share = world->options.impression_share};
    live->minds = ATT_NEW_ARRAY(&world->host, sim_mind, person_count);
    if (!live->minds)
        return att_no_memory(err, person_count, "simulated minds");
    for (uint32_t i = 0; i < person_count; i++)
        begin(live, i, start_ms, luck);
    return live->out_of_memory ? att_no_memory(err, person_count, "simulated people") : ATT_OK;
}

void att_sim_live_deinit(sim_live *live)
{
    if (!live->host)
        return;
    ATT_FREE_ARRAY(live->host, live->minds, live->person_count);
    ATT_VEC_FREE(live->host, &live->heap);
    ATT_VEC_FREE(live->host, &live->events);
    ATT_VEC_FREE(live->host, &live->free);
    *live = (sim_live){0};
}

att_status att_sim_live_go(sim_live *live, int64_t until_ms, att_error *err)
{
    while (live->heap.count > 0 && live->heap.items[0].ms < until_ms) {
        const sim_entry next = heap_pop(live);
        att_status status = ATT_OK;
        if (!(next.order & PERSON_BIT))
            status = deliver(live, next.index, err);
        else if (live->world->people[next.index].bot)
            bot_visit(live, next.index, next.ms);
        else
            status = visit(live, next.index, next.ms, err);
        if (status)
            return status;
        if (live->out_of_memory)
            return att_no_memory(err, live->events.count, "simulated events");
    }
    return ATT_OK;
}
