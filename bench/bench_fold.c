// SPDX-License-Identifier: Apache-2.0
// bench/bench_fold.c - how fast the log becomes state, and what a person costs in memory.
//
// bench_fold [people] [events each]: events of all people mixed in time order, as a log has them, ids like UUIDs.
// Processor time of this thread. With an even spread of events over people, record by record
// and many at once; then with a heavy head (squared uniform).
#include "base/rng.h"
#include "signals/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static att_record make(att_rng *rng, uint64_t seq, uint32_t people, bool heavy, char *id)
{
    static const att_signal signals[] = {ATT_SIGNAL_PLAY, ATT_SIGNAL_PLAY, ATT_SIGNAL_SKIP,
        ATT_SIGNAL_COMPLETE, ATT_SIGNAL_LIKE, ATT_SIGNAL_CLICK};
    const double u = att_rng_unit(rng);
    memcpy(id, "7d1f0000-0000-4000-8000-", 24);
    for (int i = 0; i < 12; i++)
        id[24 + i] = "0123456789abcdef"[seq >> (44 - 4 * i) & 15];
    return (att_record){.seq = seq,
        .kind = ATT_RECORD_EVENT,
        .signal = (uint8_t)signals[att_rng_below(rng, 6)],
        .user = (uint32_t)((heavy ? u * u : u) * people),
        .item = (uint32_t)att_rng_below(rng, 1000000),
        .at_ms = 1700000000000 + (int64_t)seq * 20,
        .value = 0,
        .position_ms = (int32_t)att_rng_below(rng, 200000),
        .length_ms = 200000,
        .dwell_ms = -1,
        .context = att_context_unknown(),
        .id = {id, 36}};
}

static bool apply_singly(att_people *people, const att_record *records, size_t count)
{
    att_error err;
    for (size_t i = 0; i < count; i++)
        if (att_people_apply(people, &records[i], &err) != ATT_OK)
            return false;
    return true;
}

static int run(uint32_t people_count, uint64_t each, bool heavy, bool many)
{
    const att_policy policy = att_policy_default();
    att_people *people;
    att_error err;
    enum { BATCH = 4096 };
    static att_record records[BATCH];
    static char ids[BATCH][40];
    if (att_people_create(&people, &policy, 42, NULL, &err) != ATT_OK)
        return 1;
    att_rng rng = att_rng_seed(1);
    const uint64_t total = people_count * each;
    double apply_s = 0;
    for (uint64_t seq = 1; seq <= total;) {
        size_t count = 0;
        for (; count < BATCH && seq <= total; count++, seq++)
            records[count] = make(&rng, seq, people_count, heavy, ids[count]);
        const double start_s = cpu_s();
        if (!(many ? att_people_apply_many(people, records, count, NULL, &err) == ATT_OK
                   : apply_singly(people, records, count)))
            return 1;
        apply_s += cpu_s() - start_s;
    }
    const double digest_start_s = cpu_s();
    uint8_t digest[16];
    att_people_digest(people, digest);
    const double digest_s = cpu_s() - digest_start_s;
    const att_people_totals totals = att_people_total(people);
    uint64_t preferences = 0;
    for (uint32_t user = 0; user < att_people_count(people); user++)
        preferences +=
            att_people_get(people, user) ? att_people_get(people, user)->preference_count : 0;
    printf("fold %-5s %-6s people %u events %llu: %.0f ns/event, %.2f M events/s, %.1f preferences "
           "each, "
           "%.0f bytes each, of them ids %.0f; digest %.2f s %02x%02x%02x%02x\n",
        heavy ? "heavy" : "even", many ? "many" : "singly", people_count, (unsigned long long)total,
        apply_s / (double)total * 1e9, (double)total / apply_s * 1e-6,
        (double)preferences / people_count, (double)totals.bytes / people_count,
        (double)totals.ids_bytes / people_count, digest_s, digest[0], digest[1], digest[2],
        digest[3]);
    att_people_destroy(people);
    return 0;
}

int main(int argc, char **argv)
{
    const uint32_t people = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    const uint64_t each = argc > 2 ? strtoull(argv[2], NULL, 10) : 20;
    return run(people, each, false, false) || run(people, each, false, true) ||
           run(people, each, true, true);
}
