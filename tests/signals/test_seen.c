// SPDX-License-Identifier: Apache-2.0
// The set of ids: what was put is there, what was forgotten is not, and nothing else moved.
#include "check.h"

#include "base/rng.h"
#include "signals/seen.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { IDS = 20000, USERS = 7 };

static att_seen_key key_of(const att_seen *seen, unsigned i)
{
    char id[32];
    snprintf(id, sizeof id, "event-%u", i);
    return att_seen_key_of(seen, att_text_of(id), i % USERS);
}

static void put_all(att_seen *seen)
{
    for (unsigned i = 0; i < IDS; i++) {
        const att_seen_key key = key_of(seen, i);
        CHECK(!att_seen_has(seen, &key));
        CHECK(att_seen_reserve(seen, &key));
        att_seen_put(seen, &key);
    }
}

CHECK_TEST(what_was_put_is_there)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_seen seen;
    att_seen_init(&seen, 1, &host);
    put_all(&seen);
    CHECK_EQ(att_seen_count(&seen), IDS);
    CHECK_EQ(att_seen_bytes(&seen), heap.bytes_live);
    CHECK(att_seen_bytes(&seen) < IDS * 28);
    for (unsigned i = 0; i < 2 * IDS; i++) {
        const att_seen_key key = key_of(&seen, i);
        CHECK_EQ(att_seen_has(&seen, &key), i < IDS);
    }
    att_seen_deinit(&seen);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(forgetting_takes_out_one_persons_ids_and_no_others)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_seen seen;
    att_seen_init(&seen, 2, &host);
    put_all(&seen);
    size_t left = IDS;
    for (unsigned gone = 0; gone < USERS; gone++) {
        CHECK_OK(att_seen_forget(&seen, gone, NULL));
        for (unsigned i = 0; i < IDS; i++) {
            const att_seen_key key = key_of(&seen, i);
            CHECK_EQ(att_seen_has(&seen, &key), i % USERS > gone);
            left -= i % USERS == gone;
        }
        CHECK_EQ(att_seen_count(&seen), left);
    }
    att_seen_deinit(&seen);
}

// Keys whose home is the last slot run on at the first; freeing must follow them round.
CHECK_TEST(runs_that_wrap_round_survive_forgetting)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_rng rng = att_rng_seed(4);
    for (int round = 0; round < 300; round++) {
        att_seen seen;
        att_seen_init(&seen, 3, &host);
        att_seen_key keys[12];
        for (unsigned i = 0; i < 12; i++) {
            const uint32_t high = att_rng_below(&rng, 2)
                                      ? UINT32_MAX - (uint32_t)att_rng_below(&rng, 1u << 29)
                                      : (uint32_t)att_rng_below(&rng, 1u << 29);
            keys[i] = (att_seen_key){
                .low = i + 1, .high = high, .user_plus_1 = 1 + (uint32_t)att_rng_below(&rng, 3)};
            CHECK(att_seen_reserve(&seen, &keys[i]));
            att_seen_put(&seen, &keys[i]);
        }
        CHECK_OK(att_seen_forget(&seen, 1, NULL));
        for (unsigned i = 0; i < 12; i++)
            CHECK_EQ(att_seen_has(&seen, &keys[i]), keys[i].user_plus_1 != 2);
        att_seen_deinit(&seen);
    }
}

CHECK_TEST(another_seed_gives_other_keys)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_seen a, b;
    att_seen_init(&a, 1, &host);
    att_seen_init(&b, 2, &host);
    const att_seen_key x = key_of(&a, 5), y = key_of(&b, 5);
    CHECK(x.low != y.low && x.high != y.high);
}

// --- In a file ------------------------------------------------------------------------------------------------

enum { MANY = 150000 }; // with 2,560 in memory: shards merge their runs

static att_seen make_spilled(unsigned count, const att_host *host)
{
    att_seen seen;
    att_seen_init(&seen, 7, host);
    CHECK_OK(att_seen_spill(&seen, check_path("."), 2560, NULL));
    for (unsigned i = 0; i < count; i++) {
        const att_seen_key key = key_of(&seen, i);
        CHECK(!att_seen_has(&seen, &key));
        CHECK(att_seen_reserve(&seen, &key));
        att_seen_put(&seen, &key);
    }
    return seen;
}

typedef struct keys {
    att_seen_key *items;
    size_t count;
} keys;

static bool note_keys(void *user, const att_seen_key *some, size_t count)
{
    keys *all = user;
    memcpy(all->items + all->count, some, count * sizeof *some);
    all->count += count;
    return true;
}

static keys walk(const att_seen *seen)
{
    keys all = {malloc((att_seen_count(seen) + 1) * sizeof(att_seen_key)), 0};
    CHECK(att_seen_walk(seen, note_keys, &all));
    CHECK_EQ(all.count, att_seen_count(seen));
    return all;
}

static size_t runs_of(const att_seen *seen, uint32_t tier)
{
    size_t count = 0;
    for (size_t s = 0; s < ATT_SEEN_SHARDS; s++)
        for (size_t r = 0; r < seen->shards[s].runs.count; r++)
            count += seen->shards[s].runs.items[r].tier == tier;
    return count;
}

CHECK_TEST(what_is_in_the_file_is_found_and_nothing_else)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_seen seen = make_spilled(MANY, &host);
    CHECK_EQ(att_seen_count(&seen), MANY);
    CHECK(runs_of(&seen, 0) > 0 && runs_of(&seen, 1) > 0);
    CHECK_EQ(att_seen_bytes(&seen), heap.bytes_live);
    CHECK(att_seen_bytes(&seen) < MANY * 10); // more than 20 when all are in memory; runs as small as these are mostly their heads
    for (unsigned i = 0; i < 2 * MANY; i++) {
        const att_seen_key key = key_of(&seen, i);
        CHECK_EQ(att_seen_has(&seen, &key), i < MANY);
    }
    CHECK_EQ(att_seen_trouble(&seen), 0);
    att_seen_clear(&seen);
    CHECK_EQ(att_seen_count(&seen), 0);
    const att_seen_key key = key_of(&seen, 5);
    CHECK(!att_seen_has(&seen, &key));
    CHECK(att_seen_reserve(&seen, &key));
    att_seen_deinit(&seen);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(forgetting_reaches_the_file)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_seen seen = make_spilled(MANY, &host);
    for (unsigned gone = 0; gone < USERS; gone += 3) { // 0, 3, 6
        CHECK_OK(att_seen_forget(&seen, gone, NULL));
        CHECK_OK(att_seen_forget(&seen, gone, NULL)); // again is fine
    }
    size_t left = 0;
    for (unsigned i = 0; i < MANY; i++) {
        const att_seen_key key = key_of(&seen, i);
        CHECK_EQ(att_seen_has(&seen, &key), i % USERS % 3 != 0);
        left += i % USERS % 3 != 0;
    }
    CHECK_EQ(att_seen_count(&seen), left);
    for (unsigned i = MANY; i < 2 * MANY; i++) { // and the set lives on
        const att_seen_key key = key_of(&seen, i);
        CHECK(att_seen_reserve(&seen, &key));
        att_seen_put(&seen, &key);
    }
    CHECK_EQ(att_seen_count(&seen), left + MANY);
    for (unsigned gone = 0; gone < USERS; gone++)
        CHECK_OK(att_seen_forget(&seen, gone, NULL));
    CHECK_EQ(att_seen_count(&seen), 0);
    att_seen_deinit(&seen);
}

CHECK_TEST(what_a_walk_gave_is_loaded_into_memory_or_file)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_seen from = make_spilled(MANY, &host);
    keys all = walk(&from);
    const att_seen_key last = all.items[all.count - 1];
    for (int spilled = 0; spilled < 2; spilled++) {
        att_seen to;
        size_t bad;
        att_seen_init(&to, 7, &host);
        if (spilled)
            CHECK_OK(att_seen_spill(&to, check_path("."), 2560, NULL));
        CHECK_OK(att_seen_load(&to, all.items, all.count, &bad, NULL));
        CHECK_EQ(att_seen_count(&to), MANY);
        CHECK_EQ(runs_of(&to, 0) + runs_of(&to, 1) > 0, spilled);
        for (unsigned i = 0; i < MANY + 1000; i++) {
            const att_seen_key key = key_of(&to, i);
            CHECK_EQ(att_seen_has(&to, &key), i < MANY);
        }
        att_seen_clear(&to);
        all.items[all.count - 1] = all.items[all.count - 2];
        CHECK_FAILS(att_seen_load(&to, all.items, all.count, &bad, NULL), ATT_CORRUPT);
        CHECK_EQ(bad, all.count - 1);
        all.items[all.count - 1].low++; // another key of that shard, out of order: sorted
        att_seen_clear(&to);
        CHECK_OK(att_seen_load(&to, all.items, all.count, &bad, NULL));
        all.items[all.count - 1] = last;
        att_seen_deinit(&to);
    }
    free(all.items);
    att_seen_deinit(&from);
}

// As after a long life: one run at a place, and the same answer from a plain look through everything.
CHECK_TEST(keys_that_begin_alike_are_told_apart)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_rng rng = att_rng_seed(9);
    att_seen seen;
    att_seen_init(&seen, 1, &host);
    CHECK_OK(att_seen_spill(&seen, check_path("."), 2560, NULL));
    static att_seen_key put[4000];
    for (unsigned i = 0; i < 4000; i++) { // one shard, eight values of `high`: pages begin with the same
        put[i] = (att_seen_key){.low = 1000000 + i * 2, .high = (uint32_t)att_rng_below(&rng, 8), .user_plus_1 = 1};
        CHECK(att_seen_reserve(&seen, &put[i]));
        att_seen_put(&seen, &put[i]);
    }
    CHECK(runs_of(&seen, 2) > 0); // merged from what was merged
    for (unsigned i = 0; i < 4000; i++) {
        CHECK(att_seen_has(&seen, &put[i]));
        att_seen_key other = put[i];
        other.low++;
        CHECK(!att_seen_has(&seen, &other));
        other = put[i];
        other.high = (other.high + 1) % 8;
        CHECK(!att_seen_has(&seen, &other));
    }
    att_seen_deinit(&seen);
}

CHECK_TEST(memory_that_runs_out_loses_nothing)
{
    CHECK_BEGIN();
    for (unsigned failing = 1; failing < 1500; failing += 13) {
        check_heap heap = {.fail_at = failing};
        const att_host host = check_host(&heap);
        att_seen seen;
        att_seen_init(&seen, 7, &host);
        if (att_seen_spill(&seen, check_path("."), 2560, NULL)) {
            CHECK_EQ(heap.bytes_live, 0);
            continue;
        }
        unsigned put = 0;
        for (unsigned i = 0; i < 9000; i++) {
            const att_seen_key key = key_of(&seen, i);
            if (!att_seen_reserve(&seen, &key))
                break;
            att_seen_put(&seen, &key);
            put++;
        }
        for (unsigned i = 0; i < put; i++) {
            const att_seen_key key = key_of(&seen, i);
            CHECK(att_seen_has(&seen, &key));
        }
        att_seen_deinit(&seen);
        CHECK_EQ(heap.bytes_live, 0);
    }
}

CHECK_TEST(a_file_that_cannot_be_written_or_read_is_told)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_seen seen;
    att_seen_init(&seen, 7, &host);
    CHECK_OK(att_seen_spill(&seen, check_path("no/such/folder"), 256 * 8, NULL));
    put_all(&seen);
    CHECK_EQ(runs_of(&seen, 0), 0);
    CHECK(att_seen_bytes(&seen) >= IDS * sizeof(att_seen_key));
    att_seen_deinit(&seen);
    seen = make_spilled(20000, &host);
    const int real = seen.file->descriptor, only_read = open("/dev/null", O_RDONLY | O_CLOEXEC);
    seen.file->descriptor = only_read; // what is written from here on stays in memory
    for (unsigned i = 20000; i < 30000; i++) {
        const att_seen_key key = key_of(&seen, i);
        CHECK(att_seen_reserve(&seen, &key));
        att_seen_put(&seen, &key);
    }
    seen.file->descriptor = real;
    seen.file->trouble = 0; // merging looked into the wrong file
    for (unsigned i = 0; i < 30000; i++) {
        const att_seen_key key = key_of(&seen, i);
        CHECK(att_seen_has(&seen, &key));
    }
    CHECK_EQ(att_seen_trouble(&seen), 0);
    CHECK_EQ(ftruncate(real, 0), 0); // as a disk that lost it
    bool found = true;
    for (unsigned i = 0; i < 20000; i++) {
        const att_seen_key key = key_of(&seen, i);
        found = att_seen_has(&seen, &key) && found;
    }
    CHECK(!found);
    CHECK_EQ(att_seen_trouble(&seen), EIO);
    CHECK(att_seen_forget(&seen, 0, NULL) != ATT_OK);
    close(only_read);
    att_seen_deinit(&seen);
}

CHECK_MAIN(CHECK_CASE(what_was_put_is_there), CHECK_CASE(what_is_in_the_file_is_found_and_nothing_else), CHECK_CASE(forgetting_reaches_the_file),
    CHECK_CASE(what_a_walk_gave_is_loaded_into_memory_or_file), CHECK_CASE(keys_that_begin_alike_are_told_apart),
    CHECK_CASE(memory_that_runs_out_loses_nothing), CHECK_CASE(a_file_that_cannot_be_written_or_read_is_told),
    CHECK_CASE(forgetting_takes_out_one_persons_ids_and_no_others),
    CHECK_CASE(runs_that_wrap_round_survive_forgetting), CHECK_CASE(another_seed_gives_other_keys))
