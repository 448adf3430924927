// SPDX-License-Identifier: Apache-2.0
// bench/bench_decide.c - decisions a second in one process, on one core, each with a durable record.
//
//   bench_decide [items [people [events-per-person [decisions [group [store]]]]]]      100000 5000 50 10000 32
//
// A slate of 20 out of 500 candidates with all terms and explanations, from a factorization alone. `group` decisions share one commit (one fsync).
// Latency is that of the group's call, which is what a caller waits for; the cost of each stage of one
// decision is measured apart, on the same kind of requests, from inside the engine, in CPU time: that of the process,
// so that a busy machine changes it little. Means, with the medians beside them, which it changes least. All of it twice: when everybody is new to slates, and once as many items as are
// remembered (256) were lately shown to each, which keeps them from coming again and makes the search work harder. At first what is near
// is searched for each time; then the same requests come again, and lists are kept. With
// `store`, a store is kept there, and used again by the next run, which begins where the last one ended.
#include "engine/serve.h"
#include "retrieve/kept.h"

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

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

#define NOW_MS INT64_C(1790000000000)
#define KINDS 40
#define SLOTS 20
#define SEED 3

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

// The whole run lies within the gap in which nothing comes again.
static att_request request_of(uint64_t i, uint32_t people, char user[16])
{
    att_request request = att_request_default();
    snprintf(user, 16, "u%u", (uint32_t)(att_mix64(i) % people));
    request.user = att_text_of(user);
    request.count = SLOTS;
    request.at_ms = NOW_MS + (int64_t)i * 10;
    request.context.activity = (uint8_t)(1 + i % 8);
    request.explain = true;
    return request;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

enum { PERSON, CANDIDATES, SLATE, REASONS, STAGES };

typedef struct cost {
    double mean, median; // CPU seconds
} cost;

typedef struct costs {
    cost stages[STAGES], sum; // of one decision
    size_t candidate_count;
} costs;

// Sorts the spent times.
static cost cost_of(double *spent, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += spent[i];
    qsort(spent, count, sizeof *spent, by_value);
    return (cost){sum / (double)count, spent[count / 2]};
}

static size_t time_stages(
    att_engine *engine, const att_request *request, att_slate_memory *memory, uint64_t seed, double spent[STAGES])
{
    att_view view;
    const double t0 = cpu_s();
    must(att_view_begin(engine, request, memory, &memory->answer, seed, &view, &err));
    const double t1 = cpu_s();
    must(att_view_candidates(&view, &err));
    const double t2 = cpu_s();
    att_slot slots[SLOTS];
    size_t filled;
    const att_slate_input input = {.candidates = view.candidates, .count = view.candidate_count,
        .dim = att_model_dim(engine->serving.model), .taste_mix = view.taste_mix,
        .tag_total = engine->catalogue.tags.count, .wanted = SLOTS, .policy = &engine->policy,
        .allowance = {2, 0.1}};
    att_rng rng = att_rng_seed(seed);
    must(att_slate_build(&input, &rng, &memory->scratch, slots, &filled, &err));
    const double t3 = cpu_s();
    uint32_t items[SLOTS];
    att_reason reasons[SLOTS * ATT_REASONS_MAX];
    size_t counts[SLOTS];
    for (size_t s = 0; s < filled; s++)
        items[s] = view.candidates[slots[s].candidate].item;
    must(att_view_reasons(&view, items, filled, ATT_REASONS_MAX, reasons, counts, &err));
    const double t4 = cpu_s();
    const size_t candidates = view.candidate_count;
    att_view_end(&view);
    spent[PERSON] = t1 - t0;
    spent[CANDIDATES] = t2 - t1;
    spent[SLATE] = t3 - t2;
    spent[REASONS] = t4 - t3;
    return candidates;
}

static costs stages(att_engine *engine, uint32_t people, uint64_t rounds, att_slate_memory *memory)
{
    costs out = {0};
    double *spent = calloc(rounds * (STAGES + 1), sizeof *spent);
    if (!spent)
        exit(1);
    for (uint64_t i = 0; i < rounds; i++) {
        char user[16];
        double here[STAGES];
        const att_request request = request_of(i * 7 + 3, people, user);
        out.candidate_count += time_stages(engine, &request, memory, i + 1, here);
        for (int s = 0; s < STAGES; s++) {
            spent[s * rounds + i] = here[s];
            spent[STAGES * rounds + i] += here[s];
        }
    }
    for (int s = 0; s < STAGES; s++)
        out.stages[s] = cost_of(spent + s * rounds, rounds);
    out.sum = cost_of(spent + STAGES * rounds, rounds);
    out.candidate_count /= rounds;
    free(spent);
    return out;
}

// How many of the nearest that were wanted stand among the first candidates, against the exact scan.
static double nearest_recall(att_engine *engine, uint32_t people, uint64_t rounds, att_slate_memory *memory)
{
    const size_t most = engine->policy.objective.candidates;
    att_hit *exact = calloc(most, sizeof *exact);
    bool *is_exact = calloc(engine->catalogue.entries.count, sizeof *is_exact);
    if (!exact || !is_exact)
        exit(1);
    size_t right = 0, wanted = 0;
    for (uint64_t i = 0; i < rounds; i++) {
        char user[16];
        const att_request request = request_of(i * 7 + 3, people, user);
        att_view view;
        size_t found = 0;
        must(att_view_begin(engine, &request, memory, &memory->answer, i + 1, &view, &err));
        must(att_view_candidates(&view, &err));
        const att_filter filter = {view.bits, view.bit_count, view.eligible_count, view.exclude, view.exclude_count};
        if (view.taste && engine->serving.index)
            must(att_index_top_exact(engine->serving.index, memory->search, view.taste, &filter, most * 6 / 10, exact, &found, &err));
        for (size_t e = 0; e < found; e++)
            is_exact[exact[e].id] = true;
        for (size_t c = 0; c < ATT_MIN(found, view.candidate_count); c++)
            right += is_exact[view.candidates[c].item];
        for (size_t e = 0; e < found; e++)
            is_exact[exact[e].id] = false;
        wanted += found;
        att_view_end(&view);
    }
    free(exact);
    free(is_exact);
    return wanted ? (double)right / (double)wanted : 1;
}

typedef struct decided {
    double wall_s;
    cost whole;    // of one decision
    double *waits; // (calls) ascending
    size_t calls;
    uint64_t done, slots, hash;
} decided;

static decided decide(att_engine *engine, uint32_t people, uint64_t decisions, size_t group, bool dry,
    att_slate_memory *const *memories)
{
    att_request *requests = calloc(group, sizeof *requests);
    att_slate *slates = calloc(group, sizeof *slates);
    char(*users)[16] = calloc(group, sizeof *users);
    decided d = {.waits = calloc(decisions / group + 2, sizeof *d.waits)};
    double *spent = calloc(decisions / group + 2, sizeof *spent);
    if (!requests || !slates || !users || !d.waits || !spent)
        exit(1);
    const double start = now_s();
    for (; d.done < decisions; d.done += group) {
        for (size_t g = 0; g < group; g++) {
            requests[g] = request_of(d.done + g, people, users[g]);
            requests[g].dry = dry;
        }
        const double call = now_s(), call_cpu = cpu_s();
        must(att_engine_decide_many(engine, requests, group, memories, slates, &err));
        spent[d.calls] = (cpu_s() - call_cpu) / (double)group;
        d.waits[d.calls++] = now_s() - call;
        for (size_t g = 0; g < group; g++)
            for (size_t s = 0; s < slates[g].count; s++, d.slots++)
                for (size_t b = 0; b < slates[g].shown[s].item.size; b++)
                    d.hash = att_mix64(d.hash ^ (unsigned char)slates[g].shown[s].item.data[b]);
    }
    d.wall_s = now_s() - start;
    d.whole = cost_of(spent, d.calls);
    qsort(d.waits, d.calls, sizeof *d.waits, by_value);
    free(requests);
    free(slates);
    free(users);
    free(spent);
    return d;
}

static double wait_ms(const decided *d, double share)
{
    return d->waits[(size_t)((double)d->calls * share)] * 1e3;
}

static void print_cost(const char *name, double mean, double median)
{
    printf(" %s %.1f (%.1f)", name, mean * 1e6, median * 1e6);
}

static void report(const costs *c, double recall, const decided *dry, const decided *real, size_t group)
{
    static const char *const names[STAGES] = {"person and rights", "candidates with terms", "slate", "explanations"};
    printf("  CPU us a decision, means (medians), %zu candidates:", c->candidate_count);
    for (int s = 0; s < STAGES; s++)
        print_cost(names[s], c->stages[s].mean, c->stages[s].median);
    print_cost("answer", dry->whole.mean - c->sum.mean, dry->whole.median - c->sum.median);
    print_cost("durable record", real->whole.mean - dry->whole.mean, real->whole.median - dry->whole.median);
    print_cost("whole", real->whole.mean, real->whole.median);
    printf("\n  decide: %.0f (%.0f) decisions a second of CPU, %.0f by the clock, on one core, durable in groups of %zu; a group "
           "waits p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms; %.1f slots each; hash %016llx\n",
        1 / real->whole.mean, 1 / real->whole.median, (double)real->done / real->wall_s, group, wait_ms(real, 0.5),
        wait_ms(real, 0.99), wait_ms(real, 0.999), (double)real->slots / (double)real->done, (unsigned long long)real->hash);
    printf("  one by one, without record: p50 %.3f ms, p99 %.3f ms, p99.9 %.3f ms; recall of the nearest that were asked for "
           "%.4f; hash %016llx\n",
        wait_ms(dry, 0.5), wait_ms(dry, 0.99), wait_ms(dry, 0.999), recall, (unsigned long long)dry->hash);
}

// How many of a person's lately shown items are kept in mind, at the mean.
static double shown_lately(const att_engine *engine)
{
    const uint32_t people = att_people_count(engine->people);
    uint64_t shown = 0;
    for (uint32_t p = 0; p < people; p++) {
        const att_person_state *person = att_people_get(engine->people, p);
        shown += person ? person->shown_count : 0;
    }
    return people ? (double)shown / people : 0;
}

typedef struct bench {
    att_engine *engine;
    uint32_t people;
    uint64_t decisions;
    size_t group;
    att_slate_memory **memories; // (group)
} bench;

// The same requests twice, as somebody asks who asks again: the second time what is near stands in the lists of the first (retrieve/kept.h).
static void measure_again(const bench *b)
{
    const att_kept *kept = b->engine->serving.kept;
    if (!kept)
        return;
    const uint64_t again = ATT_MIN(b->decisions, 5000u);
    decided first = decide(b->engine, b->people, again, 1, true, b->memories);
    const att_kept_counts before = att_kept_count(kept);
    const double recall = nearest_recall(b->engine, b->people, ATT_MIN(b->decisions, 200u), b->memories[0]);
    decided dry = decide(b->engine, b->people, again, 1, true, b->memories);
    decided real = decide(b->engine, b->people, again, b->group, false, b->memories);
    const att_kept_counts after = att_kept_count(kept);
    const uint64_t used = after.used - before.used;
    printf("  asked again: CPU us a decision without record %.1f (%.1f), with it %.1f (%.1f); what is near from a kept list %llu of %llu times, "
           "recall %.4f; %.1f MB of lists; hash %016llx\n",
        dry.whole.mean * 1e6, dry.whole.median * 1e6, real.whole.mean * 1e6, real.whole.median * 1e6, (unsigned long long)used,
        (unsigned long long)(used + after.searched - before.searched), recall, (double)att_kept_bytes(kept) / 1e6,
        (unsigned long long)dry.hash);
    free(first.waits);
    free(dry.waits);
    free(real.waits);
}

static void measure(const bench *b, const char *state)
{
    att_kept *kept = b->engine->serving.kept;
    b->engine->serving.kept = NULL; // each is searched for
    printf("%s: %.0f items were lately shown to each\n", state, shown_lately(b->engine));
    stages(b->engine, b->people, ATT_MIN(b->decisions, 200u), b->memories[0]); // warms up
    const costs spent = stages(b->engine, b->people, ATT_MIN(b->decisions, 5000u), b->memories[0]);

    const double recall = nearest_recall(b->engine, b->people, ATT_MIN(b->decisions, 200u), b->memories[0]);
    decided dry = decide(b->engine, b->people, ATT_MIN(b->decisions, 5000u), 1, true, b->memories);
    decided real = decide(b->engine, b->people, b->decisions, b->group, false, b->memories);
    report(&spent, recall, &dry, &real, b->group);
    b->engine->serving.kept = kept;
    measure_again(b);
    free(dry.waits);
    free(real.waits);
    fflush(stdout);
}

// Slates for everybody in turn, until all that is remembered of them was shown within the gap.
static void age(const bench *b)
{
    const double start = now_s();
    uint64_t done = 0;
    att_request *requests = calloc(b->group, sizeof *requests);
    att_slate *slates = calloc(b->group, sizeof *slates);
    char(*users)[16] = calloc(b->group, sizeof *users);
    if (!requests || !slates || !users)
        exit(1);
    for (uint32_t round = 0; round < ATT_SHOWN_MAX / SLOTS + 1; round++)
        for (uint32_t person = 0; person < b->people; person += (uint32_t)b->group) {
            const size_t count = ATT_MIN(b->group, b->people - person);
            for (size_t g = 0; g < count; g++, done++) {
                requests[g] = request_of(done, b->people, users[g]);
                snprintf(users[g], sizeof users[g], "u%u", person + (uint32_t)g);
                requests[g].user = att_text_of(users[g]);
            }
            must(att_engine_decide_many(b->engine, requests, count, b->memories, slates, &err));
        }
    free(requests);
    free(slates);
    free(users);
    printf("showed %llu slates in %.1f s\n", (unsigned long long)done, now_s() - start);
}

static void fill_whole(att_engine *engine, uint32_t items, uint32_t people, uint32_t each)
{
    const double start = now_s();
    fill(engine, items, people, each);
    printf("filled %u items, %u people, %u events in %.1f s\n", items, people, people * each, now_s() - start);
}

static void train(att_engine *engine)
{
    const double start = now_s();
    const att_train_options how = {.kind = "als", .dim = 64, .plain = true};
    must(att_engine_train(engine, &how, NULL, &err));
    printf("trained als at 64 dimensions, without a sequence part or a trend, with its index in %.1f s\n", now_s() - start);
}

int main(int argc, char **argv)
{
    const uint32_t items = argc > 1 ? (uint32_t)atoi(argv[1]) : 100000;
    const uint32_t people = argc > 2 ? (uint32_t)atoi(argv[2]) : 5000;
    const uint32_t each = argc > 3 ? (uint32_t)atoi(argv[3]) : 50;
    const uint64_t decisions = argc > 4 ? (uint64_t)atoll(argv[4]) : 10000;
    const size_t group = argc > 5 ? (size_t)atoi(argv[5]) : 32;
    char folder[] = "/tmp/bench-decide-XXXXXX", path[512];
    if (argc > 6)
        snprintf(path, sizeof path, "%s", argv[6]);
    else if (!mkdtemp(folder))
        return 1;
    else
        snprintf(path, sizeof path, "%s/b.attune", folder);
    att_engine *engine;
    const bool there = access(path, R_OK) == 0;
    const att_open_options options = {.create = true, .seed = SEED, .threads = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN)};
    must(att_engine_open(&engine, path, &options, NULL, &err));
    if (!there)
        fill_whole(engine, items, people, each);
    if (!engine->serving.model)
        train(engine);

    printf("seed %d; %u items, %u people with %u events each, %llu decisions\n", SEED, items, people, each,
        (unsigned long long)decisions);
    bench b = {engine, people, decisions, group, calloc(group, sizeof *b.memories)};
    if (!b.memories)
        return 1;
    for (size_t g = 0; g < group; g++)
        must(att_slate_memory_create(&b.memories[g], NULL, &err));
    if (!there)
        measure(&b, "a new store");
    if (!there)
        age(&b);
    measure(&b, "a store in use");
    att_engine_info info;
    att_engine_info_get(engine, &info);
    printf("memory: %.0f bytes an item with its vector and place in the index, %.0f a person; explored %.2f %% of slots\n",
        (double)(info.items_bytes + info.index_bytes - att_kept_bytes(engine->serving.kept)) / (double)info.items, (double)info.users_bytes / (double)info.users,
        100.0 * (double)info.explored_impressions / (double)info.impressions);
    for (size_t g = 0; g < group; g++)
        att_slate_memory_destroy(b.memories[g]);
    free(b.memories);
    att_engine_close(engine);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return argc > 6 || system(command) == 0 ? 0 : 1;
}
