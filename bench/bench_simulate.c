// SPDX-License-Identifier: Apache-2.0
// bench_simulate [people] [items] [days] [events] - making a world, its history, and three policies
// in it.
//
// The hash covers every event's id, time and item: the same work stays the same work.
#include "attune/simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

typedef struct count {
    uint64_t events, hash;
} count;

static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)data)[i]) * 1099511628211u;
    return hash;
}

static att_status see(void *user, const att_event *event, att_error *err)
{
    count *c = user;
    (void)err;
    c->events++;
    c->hash = mix(c->hash, event->id.data, event->id.size);
    c->hash = mix(c->hash, &event->at_ms, sizeof event->at_ms);
    c->hash = mix(c->hash, event->item.data, event->item.size);
    return ATT_OK;
}

static int fail(const att_error *err)
{
    fprintf(stderr, "bench_simulate: %s\n", err->text);
    return 1;
}

static int run(const att_world *world, att_world_builtin kind, const char *name)
{
    const att_world_policy policy = {.builtin = kind};
    att_world_run_options options = att_world_run_options_default();
    options.days = 7;
    att_world_report r;
    att_error err;
    const double from = now_s();
    if (att_world_run(world, &policy, &options, &r, NULL, &err))
        return fail(&err);
    printf("run %-10s %6.2f s  %llu visits  satisfaction %.4f +- %.4f  per visit %.4f  early skips "
           "%.4f  day 1 %.3f  variety %.3f  regret %.4f\n",
        name, now_s() - from, (unsigned long long)r.visits, r.satisfaction, r.satisfaction_error,
        r.satisfaction_per_visit, r.skip_10s_rate, r.return_day_1, r.variety, r.regret);
    return 0;
}

int main(int argc, char **argv)
{
    att_world_options o = att_world_options_default();
    if (argc > 1)
        o.people = (uint32_t)strtoul(argv[1], NULL, 10);
    if (argc > 2)
        o.items = (uint32_t)strtoul(argv[2], NULL, 10);
    if (argc > 3)
        o.days = (uint32_t)strtoul(argv[3], NULL, 10);
    if (argc > 4)
        o.events = strtoull(argv[4], NULL, 10);
    att_world *world;
    att_error err;
    const double start = now_s();
    if (att_world_create(&world, &o, NULL, &err))
        return fail(&err);
    const double made = now_s();
    count c = {0, 14695981039346656037u};
    if (att_world_history(world, see, &c, &err))
        return fail(&err);
    const double told = now_s();
    printf("simulate %u people %u items %u days: create %.2f s, history %.2f s, %llu events, %.0f "
           "ns an "
           "event, hash %016llx\n",
        o.people, o.items, o.days, made - start, told - made, (unsigned long long)c.events,
        1e9 * (told - made) / (double)(c.events ? c.events : 1), (unsigned long long)c.hash);
    const int failed = run(world, ATT_WORLD_RANDOM, "random") ||
                       run(world, ATT_WORLD_POPULARITY, "popularity") ||
                       run(world, ATT_WORLD_ORACLE, "oracle");
    att_world_destroy(world);
    return failed;
}
