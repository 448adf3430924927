// SPDX-License-Identifier: Apache-2.0
// The set of ids: what was put is there, what was forgotten is not, and nothing else moved.
#include "check.h"

#include "base/rng.h"
#include "signals/seen.h"

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
        att_seen_forget(&seen, gone);
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
        att_seen_forget(&seen, 1);
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

CHECK_MAIN(CHECK_CASE(what_was_put_is_there),
    CHECK_CASE(forgetting_takes_out_one_persons_ids_and_no_others),
    CHECK_CASE(runs_that_wrap_round_survive_forgetting), CHECK_CASE(another_seed_gives_other_keys))
