// SPDX-License-Identifier: Apache-2.0
// bench/bench_memory.c - bytes an item and a person, and how long a store takes to open.
//
//   bench_memory [items [people [events-per-person [indexed]]]]      100000 100000 20 20000
//
// A store is filled through the ordinary calls; all memory that the engine holds is counted at its allocator, SQLite's
// own is not. What a model of 64 dimensions adds is the index over `indexed` vectors (measured, then a share for each) and
// the arrays of the model file, which are counted from its format. Then the store is closed and opened again, with
// the checkpoint of the fold and without it.
#include "engine/internal.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define NOW_MS INT64_C(1790000000000)
enum { DIM = 64, BATCH = 1000, TAGS = 200 };

static att_error err;
static char folder[] = "/var/tmp/attune-bench-XXXXXX";

static void must(att_status status)
{
    if (status) {
        fprintf(stderr, "bench_memory: %s\n", err.text);
        exit(1);
    }
}

static double clock_s(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void clean(void)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

typedef struct counter {
    att_host inner;
    size_t live, most;
} counter;

static void *counted(void *user, void *old, size_t old_size, size_t size)
{
    counter *c = user;
    void *memory = c->inner.resize(c->inner.user, old, old_size, size);
    if (memory || size == 0) {
        c->live += size - old_size;
        c->most = ATT_MAX(c->most, c->live);
    }
    return memory;
}

static void put_items(att_engine *engine, uint32_t items)
{
    att_rng rng = att_rng_seed(7);
    static att_item put[BATCH];
    static char ids[BATCH][16], titles[BATCH][40], names[TAGS][16];
    static att_text tags[BATCH][3];
    static att_feature energy[BATCH];
    for (int t = 0; t < TAGS; t++)
        snprintf(names[t], sizeof names[t], "genre-%d", t);
    for (uint32_t at = 0; at < items; at += BATCH) {
        const uint32_t count = ATT_MIN((uint32_t)BATCH, items - at);
        for (uint32_t i = 0; i < count; i++) {
            snprintf(ids[i], sizeof ids[i], "item-%07u", at + i);
            snprintf(titles[i], sizeof titles[i], "The long road to number %u", at + i);
            for (int t = 0; t < 3; t++)
                tags[i][t] = att_text_of(names[(at + i + (uint32_t)t * 67) % TAGS]);
            energy[i] = (att_feature){att_text_of("energy"), att_rng_unit(&rng)};
            put[i] = (att_item){.id = att_text_of(ids[i]), .title = att_text_of(titles[i]),
                .medium = att_text_of("music"), .tags = tags[i], .tag_count = 3, .features = &energy[i],
                .feature_count = 1, .duration_ms = 120000 + (int64_t)att_rng_below(&rng, 200000),
                .published_at_ms = NOW_MS - (int64_t)att_rng_below(&rng, 2000) * 86400000};
        }
        must(att_engine_items_put(engine, put, count, &err));
    }
}

// In order of time, people mixed, as a log has them.
static void put_events(att_engine *engine, uint32_t items, uint32_t people, uint32_t each)
{
    static att_event events[BATCH];
    static char users[BATCH][16], named[BATCH][16], ids[BATCH][44];
    const uint64_t total = (uint64_t)people * each;
    for (uint64_t at = 0; at < total; at += BATCH) {
        const size_t count = (size_t)ATT_MIN((uint64_t)BATCH, total - at);
        for (size_t i = 0; i < count; i++) {
            const uint64_t e = at + i, drawn = att_mix64(e);
            const double u = (double)(drawn >> 11) * 0x1p-53;
            snprintf(users[i], sizeof users[i], "user-%07u", (uint32_t)(e % people));
            snprintf(named[i], sizeof named[i], "item-%07u", (uint32_t)(u * u * items));
            snprintf(ids[i], sizeof ids[i], "7d1f0000-0000-4000-8000-%012llx", (unsigned long long)e);
            events[i] = att_event_empty();
            events[i].id = att_text_of(ids[i]);
            events[i].user = att_text_of(users[i]);
            events[i].item = att_text_of(named[i]);
            events[i].signal = drawn % 5 == 0 ? ATT_SIGNAL_LIKE : ATT_SIGNAL_COMPLETE;
            events[i].at_ms = NOW_MS - (int64_t)(total - e) * 100;
        }
        must(att_engine_events(engine, events, count, NULL, &err));
    }
}

static double index_bytes(uint32_t count, const att_host *host)
{
    const att_index_options options = {.dim = DIM, .form = ATT_INDEX_I8, .capacity = count, .seed = 1};
    att_index *index;
    att_rng rng = att_rng_seed(3);
    must(att_index_create(&index, &options, host, &err));
    for (uint32_t i = 0; i < count; i++) {
        float vector[DIM];
        for (int k = 0; k < DIM; k++)
            vector[k] = (float)att_rng_normal(&rng);
        must(att_index_add(index, &i, vector, 1, 1, &err));
    }
    const double bytes = (double)att_index_bytes(index) / count;
    att_index_destroy(index);
    return bytes;
}

static att_engine *open_timed(const char *path, const att_host *host, double *wall_s, double *core_s)
{
    att_engine *engine;
    const att_open_options options = {.create = true, .seed = 3};
    const double start = clock_s(CLOCK_MONOTONIC), start_core = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    must(att_engine_open(&engine, path, &options, host, &err));
    *wall_s = clock_s(CLOCK_MONOTONIC) - start;
    *core_s = clock_s(CLOCK_PROCESS_CPUTIME_ID) - start_core;
    return engine;
}

static void report(const counter *c, const att_engine_info *info, size_t ids_bytes, double index, uint32_t indexed)
{
    // vectors, people who prefer it, placed, popularity and its logarithm
    const double model = DIM * 4 + 4 + 1 + 4 + 4;
    const double item = (double)info->items_bytes / (double)info->items;
    const double person = (double)info->users_bytes / (double)info->users;
    const double state = (double)(info->users_bytes - ids_bytes) / (double)info->users;
    printf("an item: %.0f bytes = catalogue and rights %.0f + index %.0f (over %u vectors) + model %.0f\n",
        item + index + model, item, index, indexed, model);
    printf("a person: %.0f bytes = name and state with %.1f events %.0f + ids of these events %.0f\n", person,
        (double)info->events / (double)info->users, state, person - state);
    printf("a million of both: %.2f GiB\n", (item + index + model + person) * 1e6 / 0x1p30);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("counted at the allocator: %.1f MiB now, %.1f MiB at most; peak resident %.1f MiB\n", (double)c->live / 0x1p20,
        (double)c->most / 0x1p20, (double)usage.ru_maxrss / 1024);
}

int main(int argc, char **argv)
{
    const uint32_t items = argc > 1 ? (uint32_t)atoi(argv[1]) : 100000;
    const uint32_t people = argc > 2 ? (uint32_t)atoi(argv[2]) : 100000;
    const uint32_t each = argc > 3 ? (uint32_t)atoi(argv[3]) : 20;
    const uint32_t indexed = argc > 4 ? (uint32_t)atoi(argv[4]) : 20000;
    char path[64], fold[80];
    if (!mkdtemp(folder))
        return 1;
    atexit(clean);
    snprintf(path, sizeof path, "%s/m.attune", folder);
    snprintf(fold, sizeof fold, "%s-fold", path);
    counter c = {.inner = att_host_default()};
    att_host host = c.inner;
    host.resize = counted;
    host.user = &c;
    double wall_s, core_s;
    att_engine *engine = open_timed(path, &host, &wall_s, &core_s);
    const double start = clock_s(CLOCK_MONOTONIC);
    put_items(engine, items);
    put_events(engine, items, people, each);
    printf("filled %u items, %u people, %llu events in %.1f s\n", items, people,
        (unsigned long long)people * each, clock_s(CLOCK_MONOTONIC) - start);
    att_engine_info info;
    att_engine_info_get(engine, &info);
    const size_t ids_bytes = att_people_total(engine->people).ids_bytes;
    report(&c, &info, ids_bytes, index_bytes(indexed, &host), indexed);
    att_engine_close(engine);
    const bool kept = access(fold, R_OK) == 0;
    engine = open_timed(path, &host, &wall_s, &core_s);
    printf("open %s: %.2f s (core time %.2f s)\n",
        kept ? "with the checkpoint of the fold" : "with no checkpoint, too little was folded for one", wall_s, core_s);
    att_engine_close(engine);
    remove(fold);
    engine = open_timed(path, &host, &wall_s, &core_s);
    att_engine_info again;
    att_engine_info_get(engine, &again);
    printf("open by replaying the log: %.2f s (core time %.2f s)\n", wall_s, core_s);
    att_engine_close(engine);
    if (again.events != info.events || again.users != info.users) {
        fprintf(stderr, "bench_memory: the replay has %llu events of %llu\n", (unsigned long long)again.events,
            (unsigned long long)info.events);
        return 1;
    }
    return c.live == 0 ? 0 : 1;
}
