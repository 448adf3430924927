// SPDX-License-Identifier: Apache-2.0
// bench_rights [items] - memory an item, and what checks, eligible sets and changes cost.
//
// Two catalogues: one whose items share 1,000 contracts, one where every item has a contract of its
// own (its window differs). Prints bytes an item, ns a check, ms to build a set anew, us to find it
// again, us to change an item while 64 sets are kept. The sets are compared with the plain check on
// a sample.
#include "guard/rights.h"

#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define YEAR_MS INT64_C(31557600000)

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void need(att_status status, const att_error *err)
{
    if (status == ATT_OK)
        return;
    fprintf(stderr, "bench_rights: %s\n", err->text);
    exit(1);
}

static void put(att_rights *rights, uint32_t item, uint64_t contract)
{
    static const att_territory europe[] = {'D' << 8 | 'E', 'A' << 8 | 'T', 'F' << 8 | 'R'};
    att_rng rng = att_rng_seed(contract);
    const int64_t start = (int64_t)att_rng_below(&rng, (uint64_t)(10 * YEAR_MS));
    const att_licence licence = {.start_ms = start,
        .end_ms = start + (int64_t)att_rng_below(&rng, (uint64_t)(10 * YEAR_MS)) + 1,
        .uses = ATT_USE_STREAM | ATT_USE_PREVIEW,
        .include = europe,
        .include_count = att_rng_below(&rng, 4)};
    const att_item body = {.id = ATT_LIT("item"),
        .medium = item % 3 ? ATT_LIT("film") : ATT_LIT("music"),
        .age_rating = (int)att_rng_below(&rng, 19),
        .rights_known = true,
        .licences = &licence,
        .licence_count = 1};
    att_error err;
    need(att_rights_set(rights, item, &body, &err), &err);
}

static att_rights_query query_at(int64_t at_ms, int age)
{
    return (att_rights_query){.territory = 'D' << 8 | 'E',
        .age = age,
        .use = ATT_USE_STREAM,
        .at_ms = at_ms,
        .required = true,
        .medium = ATT_NO_INDEX};
}

static double time_sets(att_rights *rights, size_t rounds, int64_t step_ms)
{
    att_error err;
    const double start = now_us();
    for (size_t i = 0; i < rounds; i++) {
        const att_rights_query query = query_at(5 * YEAR_MS + (int64_t)i * step_ms, 18);
        const att_eligible *set;
        need(att_rights_eligible(rights, &query, &set, &err), &err);
        att_rights_release(rights, set);
    }
    return (now_us() - start) / (double)rounds;
}

static double time_checks(const att_rights *rights, uint32_t items, size_t *eligible)
{
    const att_rights_query query = query_at(5 * YEAR_MS, 18);
    const double start = now_us();
    *eligible = 0;
    for (uint32_t i = 0; i < items; i++)
        *eligible += att_rights_check(rights, i, &query) == ATT_BAR_NONE;
    return (now_us() - start) * 1e3 / items;
}

static double time_changes(att_rights *rights, uint32_t items)
{
    att_error err;
    for (int i = 0; i < 64; i++) {
        att_rights_query query = query_at(5 * YEAR_MS, i % 22);
        const att_eligible *set;
        query.use = i < 22 ? ATT_USE_STREAM : i < 44 ? ATT_USE_PREVIEW : ATT_USE_REMIX;
        need(att_rights_eligible(rights, &query, &set, &err), &err);
        att_rights_release(rights, set);
    }
    const uint32_t changes = ATT_MIN(items, 20000);
    const double start = now_us();
    for (uint32_t i = 0; i < changes; i++)
        put(rights, (uint32_t)(att_mix64(i) % items), i % 1000);
    return (now_us() - start) / changes;
}

static bool run(const char *name, uint32_t items, uint64_t contracts)
{
    att_rights *rights;
    att_error err;
    need(att_rights_create(&rights, NULL, &err), &err);
    double start = now_us();
    for (uint32_t i = 0; i < items; i++)
        put(rights, i, att_mix64(i) % contracts);
    const double put_ns = (now_us() - start) * 1e3 / items;
    const double bytes = (double)att_rights_bytes(rights) / items;
    size_t eligible;
    const double check_ns = time_checks(rights, items, &eligible);
    const double build_ms = time_sets(rights, 8, YEAR_MS / 100) / 1e3;
    const double find_us = time_sets(rights, 10000, 0);
    const att_rights_query query = query_at(5 * YEAR_MS, 18);
    const att_eligible *set;
    need(att_rights_eligible(rights, &query, &set, &err), &err);
    const bool agrees = set->eligible == eligible;
    att_rights_release(rights, set);
    const double change_us = time_changes(rights, items);
    printf("%s, %u items: %.1f bytes/item, put %.0f ns, check %.0f ns, set %.2f ms anew, %.2f us "
           "again, "
           "change with 64 sets %.1f us, agrees: %s\n",
        name, items, bytes, put_ns, check_ns, build_ms, find_us, change_us, agrees ? "yes" : "NO");
    att_rights_destroy(rights);
    return agrees;
}

int main(int argc, char **argv)
{
    const uint32_t items = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    if (!items) {
        fprintf(stderr, "usage: bench_rights [items]\n");
        return 2;
    }
    const bool shared = run("shared contracts", items, 1000),
               own = run("own contracts", items, UINT64_MAX);
    return shared && own ? 0 : 1;
}
