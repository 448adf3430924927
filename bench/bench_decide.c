// SPDX-License-Identifier: Apache-2.0
// bench/bench_decide.c - decisions a second in one process, on one core, each with a durable record.
//
//   bench_decide [items [people [events-per-person [decisions [group]]]]]      100000 20000 50 20000 32
//
// A slate of 20 out of 500 candidates with all terms and explanations. `group` decisions share one commit (one fsync).
// Latency is that of the group's call, which is what a caller waits for; the mean cost of each stage of one
// decision is measured apart, on the same requests, from inside the engine.
#include "engine/serve.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static att_error err;

static void must(att_status status)
{
    if (status) {
        fprintf(stderr, "bench_decide: %s\n", err.text);
        exit(1);
    }
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

#define NOW_MS INT64_C(1790000000000)
#define KINDS 40

// Items belong to kinds; a person likes three kinds and now and then anything. Popularity falls off as a power law.
static void fill(att_engine *engine, uint32_t items, uint32_t people, uint32_t each)
{
    att_rng rng = att_rng_seed(5);
    enum { batch = 1000 };
    static att_item put[batch];
    static char ids[batch][16];
    static att_text tags[batch][2];
    static char tag_names[KINDS + 8][16];
    static att_feature features[batch];
    for (int t = 0; t < KINDS + 8; t++)
        snprintf(tag_names[t], sizeof tag_names[t], "tag-%d", t);
    for (uint32_t at = 0; at < items; at += batch) {
        const uint32_t count = ATT_MIN((uint32_t)batch, items - at);
        for (uint32_t i = 0; i < count; i++) {
            snprintf(ids[i], sizeof ids[i], "i%u", at + i);
            tags[i][0] = att_text_of(tag_names[(at + i) % KINDS]);
            tags[i][1] = att_text_of(tag_names[KINDS + att_rng_below(&rng, 8)]);
            features[i] = (att_feature){att_text_of("energy"), att_rng_unit(&rng)};
            put[i] = (att_item){.id = att_text_of(ids[i]), .title = att_text_of(ids[i]), .medium = att_text_of("music"),
                .tags = tags[i], .tag_count = 2, .features = &features[i], .feature_count = 1, .duration_ms = 200000,
                .published_at_ms = NOW_MS - (int64_t)att_rng_below(&rng, 400) * 86400000};
        }
        must(att_engine_items_put(engine, put, count, &err));
    }
    static att_event events[batch];
    static char users[batch][16], named[batch][16], event_ids[batch][24];
    size_t filled = 0;
    for (uint64_t e = 0; e < (uint64_t)people * each; e++) {
        const uint32_t person = (uint32_t)(e / each);
        const uint32_t kind = att_rng_unit(&rng) < 0.85 ? (uint32_t)(att_mix64(person) >> (8 * att_rng_below(&rng, 3))) % KINDS
                                                        : (uint32_t)att_rng_below(&rng, KINDS);
        const double u = att_rng_unit(&rng);
        const uint32_t item = (uint32_t)(u * u * u * (items / KINDS)) * KINDS + kind;
        snprintf(users[filled], sizeof users[0], "u%u", person);
        snprintf(named[filled], sizeof named[0], "i%u", item % items);
        snprintf(event_ids[filled], sizeof event_ids[0], "e%llu", (unsigned long long)e);
        events[filled] = att_event_empty();
        events[filled].id = att_text_of(event_ids[filled]);
        events[filled].user = att_text_of(users[filled]);
        events[filled].item = att_text_of(named[filled]);
        events[filled].signal = att_rng_unit(&rng) < 0.2 ? ATT_SIGNAL_LIKE : ATT_SIGNAL_COMPLETE;
        events[filled].at_ms = NOW_MS - (int64_t)att_rng_below(&rng, 30) * 86400000 + (int64_t)(e % 86400) * 1000;
        events[filled].context.activity = (uint8_t)(1 + kind % 8);
        if (++filled == batch || e + 1 == (uint64_t)people * each) {
            must(att_engine_events(engine, events, filled, NULL, &err));
            filled = 0;
        }
    }
}

static att_request request_of(uint64_t i, uint32_t people, char user[16])
{
    att_request request = att_request_default();
    snprintf(user, 16, "u%u", (uint32_t)(att_mix64(i) % people));
    request.user = att_text_of(user);
    request.count = 20;
    request.at_ms = NOW_MS + (int64_t)i * 1000;
    request.context.activity = (uint8_t)(1 + i % 8);
    request.explain = true;
    return request;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void stages(att_engine *engine, uint32_t people, uint64_t rounds, att_slate_memory *memory)
{
    double spent[4] = {0};
    size_t candidates = 0;
    for (uint64_t i = 0; i < rounds; i++) {
        char user[16];
        const att_request request = request_of(i * 7 + 3, people, user);
        att_view view;
        const double t0 = now_s();
        must(att_view_begin(engine, &request, memory, i + 1, &view, &err));
        const double t1 = now_s();
        must(att_view_candidates(&view, &err));
        const double t2 = now_s();
        att_slot slots[20];
        size_t filled;
        const att_slate_input input = {.candidates = view.candidates, .count = view.candidate_count,
            .dim = att_model_dim(engine->serving.model), .taste_mix = view.taste_mix,
            .tag_total = engine->catalogue.tags.count, .wanted = 20, .policy = &engine->policy,
            .allowance = {2, 0.1}};
        att_rng rng = att_rng_seed(i);
        must(att_slate_build(&input, &rng, &memory->scratch, slots, &filled, &err));
        const double t3 = now_s();
        uint32_t items[20];
        att_reason reasons[20 * ATT_REASONS_MAX];
        size_t counts[20];
        for (size_t s = 0; s < filled; s++)
            items[s] = view.candidates[slots[s].candidate].item;
        must(att_view_reasons(&view, items, filled, ATT_REASONS_MAX, reasons, counts, &err));
        const double t4 = now_s();
        candidates += view.candidate_count;
        att_view_end(&view);
        spent[0] += t1 - t0;
        spent[1] += t2 - t1;
        spent[2] += t3 - t2;
        spent[3] += t4 - t3;
    }
    const double per = 1e6 / (double)rounds;
    printf("stages, us a decision: person and rights %.1f, %zu candidates with terms %.1f, slate %.1f, explanations %.1f\n",
        spent[0] * per, candidates / rounds, spent[1] * per, spent[2] * per, spent[3] * per);
}

int main(int argc, char **argv)
{
    const uint32_t items = argc > 1 ? (uint32_t)atoi(argv[1]) : 100000;
    const uint32_t people = argc > 2 ? (uint32_t)atoi(argv[2]) : 20000;
    const uint32_t each = argc > 3 ? (uint32_t)atoi(argv[3]) : 50;
    const uint64_t decisions = argc > 4 ? (uint64_t)atoll(argv[4]) : 20000;
    const size_t group = argc > 5 ? (size_t)atoi(argv[5]) : 32;
    char folder[] = "/tmp/bench-decide-XXXXXX", path[64];
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/b.attune", folder);
    att_engine *engine;
    const att_open_options options = {.create = true, .seed = 3, .threads = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN)};
    must(att_engine_open(&engine, path, &options, NULL, &err));
    double start = now_s();
    fill(engine, items, people, each);
    printf("filled %u items, %u people, %u events in %.1f s\n", items, people, people * each, now_s() - start);
    start = now_s();
    const att_train_options train = {.kind = "als", .dim = 64};
    must(att_engine_train(engine, &train, NULL, &err));
    printf("trained als at 64 dimensions with its index in %.1f s\n", now_s() - start);

    att_slate_memory **memories = calloc(group, sizeof *memories);
    att_request *requests = calloc(group, sizeof *requests);
    att_slate *slates = calloc(group, sizeof *slates);
    char(*users)[16] = calloc(group, sizeof *users);
    double *waits = calloc(decisions / group + 2, sizeof *waits);
    if (!memories || !requests || !slates || !users || !waits)
        return 1;
    for (size_t g = 0; g < group; g++)
        must(att_slate_memory_create(&memories[g], NULL, &err));
    stages(engine, people, ATT_MIN(decisions, 200u), memories[0]); // warms up
    stages(engine, people, ATT_MIN(decisions, 5000u), memories[0]);

    uint64_t done = 0, hash = 0, slots = 0;
    size_t calls = 0;
    start = now_s();
    while (done < decisions) {
        for (size_t g = 0; g < group; g++)
            requests[g] = request_of(done + g, people, users[g]);
        const double call = now_s();
        must(att_engine_decide_many(engine, requests, group, memories, slates, &err));
        waits[calls++] = now_s() - call;
        for (size_t g = 0; g < group; g++)
            for (size_t s = 0; s < slates[g].count; s++, slots++)
                for (size_t b = 0; b < slates[g].shown[s].item.size; b++)
                    hash = att_mix64(hash ^ (unsigned char)slates[g].shown[s].item.data[b]);
        done += group;
    }
    const double seconds = now_s() - start;
    qsort(waits, calls, sizeof *waits, by_value);
    printf("decide: %.0f decisions/s on one core, durable in groups of %zu; a group waits p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms; "
           "%.1f slots each; hash %016llx\n",
        (double)done / seconds, group, waits[calls / 2] * 1e3, waits[(size_t)((double)calls * 0.99)] * 1e3,
        waits[(size_t)((double)calls * 0.999)] * 1e3, (double)slots / (double)done, (unsigned long long)hash);
    att_engine_info info;
    att_engine_info_get(engine, &info);
    printf("memory: %.0f bytes an item with its vector and place in the index, %.0f a person; explored %.2f %% of slots\n",
        (double)(info.items_bytes + info.index_bytes) / (double)info.items, (double)info.users_bytes / (double)info.users,
        100.0 * (double)info.explored_impressions / (double)info.impressions);
    for (size_t g = 0; g < group; g++)
        att_slate_memory_destroy(memories[g]);
    free(memories);
    free(requests);
    free(slates);
    free(users);
    free(waits);
    att_engine_close(engine);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? 0 : 1;
}
