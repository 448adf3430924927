// SPDX-License-Identifier: Apache-2.0
// measure/sim_world.c - a world is made, looked at, and given back.
#include "measure/sim_live.h"

#include <math.h>

att_world_options att_world_options_default(void)
{
    return (att_world_options){.people = 1000,
        .items = 2000,
        .days = 60,
        .ahead_days = 30,
        .events = 300000,
        .seed = 1,
        .start_ms = INT64_C(1767225600000),
        .impression_share = 0.02};
}

static att_status in_range(
    att_error *err, const char *name, uint64_t value, uint64_t least, uint64_t most)
{
    if (value >= least && value <= most)
        return ATT_OK;
    return ATT_FAIL(err, ATT_INVALID, "world option %s is %llu; it must be %llu to %llu", name,
        (unsigned long long)value, (unsigned long long)least, (unsigned long long)most);
}

static att_status check_options(const att_world_options *o, att_error *err)
{
    att_status status = in_range(err, "people", o->people, 1, 1000000);
    if (!status)
        status = in_range(err, "items", o->items, 60, 1000000);
    if (!status)
        status = in_range(err, "days", o->days, 1, 1000);
    if (!status)
        status = in_range(err, "ahead_days", o->ahead_days, 0, 1000);
    if (!status)
        status = in_range(err, "events", o->events, 0, 1000000000);
    if (!status && (o->start_ms < 0 || o->start_ms > INT64_C(4102444800000)))
        return ATT_FAIL(err, ATT_INVALID,
            "world option start_ms is %lld; it must be 0 to 4102444800000 (the year 2100)",
            (long long)o->start_ms);
    if (!status && !(o->impression_share >= 0 && o->impression_share <= 1))
        return ATT_FAIL(err, ATT_INVALID, "world option impression_share is %g; it must be 0 to 1",
            o->impression_share);
    return status;
}

// One bot in 333 people; together they make about 1.5 % of the events, in bursts of 1,500 or more
// at some thirty a second: far above the policy's 600 a minute.
static void bots_plan(att_world *world)
{
    world->bot_count = world->person_count / 333;
    if (world->bot_count == 0)
        return;
    const uint64_t each = world->options.events * 3 / 200 / world->bot_count;
    world->bursts = (uint32_t)ATT_MAX(each / 1500, 1);
    world->burst_events = (uint32_t)(each / world->bursts);
}

static att_status fill(att_world *world, att_error *err)
{
    att_status status = att_sim_catalogue_make(world, err);
    if (!status)
        status = att_sim_people_make(world, err);
    if (!status)
        status = att_sim_calibrate(world, err);
    return status ? att_while(err, status, "making a simulated world") : ATT_OK;
}

att_status att_world_create(
    att_world **out, const att_world_options *options, const att_host *host, att_error *err)
{
    *out = NULL;
    const att_world_options o = options ? *options : att_world_options_default();
    const att_host whole = att_host_complete(host);
    att_status status = check_options(&o, err);
    if (status)
        return status;
    att_world *world = ATT_NEW_ARRAY(&whole, att_world, 1);
    if (!world)
        return att_no_memory(err, 1, "simulated world");
    world->host = whole;
    world->options = o;
    world->item_count = o.items;
    world->person_count = o.people;
    world->end_ms = o.start_ms + o.days * SIM_DAY_MS;
    att_arena_init(&world->life, &world->host, 0);
    att_names_init(&world->item_names, &world->host);
    att_names_init(&world->person_names, &world->host);
    bots_plan(world);
    status = fill(world, err);
    if (status)
        att_world_destroy(world);
    else
        *out = world;
    return status;
}

void att_world_destroy(att_world *world)
{
    if (!world)
        return;
    const att_host host = world->host;
    att_names_deinit(&world->item_names);
    att_names_deinit(&world->person_names);
    att_arena_deinit(&world->life);
    ATT_FREE_ARRAY(&host, world, 1);
}

att_world_options att_world_options_of(const att_world *world)
{
    return world->options;
}

size_t att_world_item_count(const att_world *world)
{
    return world->item_count;
}

const att_item *att_world_item(const att_world *world, size_t item)
{
    return &world->views[item];
}

size_t att_world_item_find(const att_world *world, att_text id)
{
    const uint32_t index = att_names_find(&world->item_names, id);
    return index == ATT_NO_INDEX ? SIZE_MAX : index;
}
