// SPDX-License-Identifier: Apache-2.0
// measure/sim_policies.c - the yardsticks: anything, the charts, and the truth.
#include "measure/sim_run.h"

#include <stdlib.h>

att_status att_sim_builtin_init(
    sim_builtin *builtin, const att_world *world, uint64_t seed, att_error *err)
{
    *builtin = (sim_builtin){.world = world, .rng = att_rng_stream(seed, 77)};
    builtin->plays = ATT_NEW_ARRAY(&world->host, uint32_t, world->item_count);
    builtin->chart = ATT_NEW_ARRAY(&world->host, uint32_t, world->item_count);
    builtin->lately =
        ATT_NEW_ARRAY(&world->host, uint32_t, (size_t)world->person_count * SIM_SHOWN_LATELY);
    builtin->lately_next = ATT_NEW_ARRAY(&world->host, uint32_t, world->person_count);
    if (!builtin->plays || !builtin->chart || !builtin->lately || !builtin->lately_next)
        return att_no_memory(err, world->item_count, "items of a built-in policy");
    for (uint32_t i = 0; i < world->item_count; i++)
        builtin->chart[i] = i;
    return ATT_OK;
}

void att_sim_builtin_deinit(sim_builtin *builtin)
{
    const att_world *world = builtin->world;
    if (!world)
        return;
    ATT_FREE_ARRAY(&world->host, builtin->plays, world->item_count);
    ATT_FREE_ARRAY(&world->host, builtin->chart, world->item_count);
    ATT_FREE_ARRAY(&world->host, builtin->lately, (size_t)world->person_count * SIM_SHOWN_LATELY);
    ATT_FREE_ARRAY(&world->host, builtin->lately_next, world->person_count);
}

void att_sim_builtin_played(sim_builtin *builtin, const sim_event *event)
{
    if (event->signal == ATT_SIGNAL_PLAY && event->item != ATT_NO_INDEX)
        builtin->plays[event->item]++;
}

static int more_played(const void *a, const void *b, void *user)
{
    const uint32_t *plays = user;
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return plays[x] != plays[y] ? (plays[x] > plays[y] ? -1 : 1) : (x > y) - (x < y);
}

void att_sim_builtin_chart(sim_builtin *builtin)
{
    qsort_r(
        builtin->chart, builtin->world->item_count, sizeof(uint32_t), more_played, builtin->plays);
}

bool att_sim_may_show(const sim_moment *moment, uint32_t item)
{
    return (!moment->only || moment->world->items[item].medium + 1 == moment->only) &&
           att_world_eligible(moment->world, item, moment->person->territory, moment->person->age,
               moment->at_ms);
}

static bool is_in(const sim_slate *slate, uint32_t item)
{
    for (size_t i = 0; i < slate->count; i++) {
        if (slate->items[i] == item)
            return true;
    }
    return false;
}

// Tries are bounded, so a world with next to nothing to show ends with a short slate.
static void choose_random(
    sim_builtin *builtin, const sim_moment *moment, size_t wanted, sim_slate *slate)
{
    for (size_t tries = 0; slate->count < wanted && tries < 200 * wanted; tries++) {
        const uint32_t item = (uint32_t)att_rng_below(&builtin->rng, builtin->world->item_count);
        if (att_sim_may_show(moment, item) && !is_in(slate, item))
            slate->items[slate->count++] = item;
    }
}

static bool shown_lately(const uint32_t *ring, uint32_t item)
{
    for (size_t i = 0; i < SIM_SHOWN_LATELY; i++) {
        if (ring[i] == item + 1)
            return true;
    }
    return false;
}

static void choose_popular(
    sim_builtin *builtin, const sim_moment *moment, size_t wanted, sim_slate *slate)
{
    const size_t person = (size_t)(moment->person - moment->world->people);
    uint32_t *ring = &builtin->lately[person * SIM_SHOWN_LATELY],
             *next = &builtin->lately_next[person];
    for (uint32_t i = 0; i < builtin->world->item_count && slate->count < wanted; i++) {
        const uint32_t item = builtin->chart[i];
        if (!shown_lately(ring, item) && att_sim_may_show(moment, item))
            slate->items[slate->count++] = item;
    }
    for (size_t i = 0; i < slate->count; i++)
        ring[(*next)++ % SIM_SHOWN_LATELY] = slate->items[i] + 1;
}

void att_sim_ideal(const sim_moment *moment, size_t wanted, sim_slate *slate)
{
    double values[ATT_WORLD_SLATE_MAX];
    slate->count = 0;
    for (uint32_t item = 0; item < moment->world->item_count; item++) {
        if (!att_sim_may_show(moment, item))
            continue;
        const double value = att_sim_value(moment, item);
        if (slate->count == wanted && value <= values[wanted - 1])
            continue;
        size_t at = slate->count < wanted ? slate->count++ : wanted - 1;
        for (; at > 0 && values[at - 1] < value; at--) {
            values[at] = values[at - 1];
            slate->items[at] = slate->items[at - 1];
        }
        values[at] = value;
        slate->items[at] = item;
    }
}

void att_sim_builtin_choose(sim_builtin *builtin, att_world_builtin kind, const sim_moment *moment,
    size_t wanted, sim_slate *slate)
{
    if (kind == ATT_WORLD_RANDOM)
        choose_random(builtin, moment, wanted, slate);
    else if (kind == ATT_WORLD_POPULARITY)
        choose_popular(builtin, moment, wanted, slate);
    else
        att_sim_ideal(moment, wanted, slate);
}
