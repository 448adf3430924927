// SPDX-License-Identifier: Apache-2.0
// A kept set says what the plain rule says, at every time, after every change, while others hold
// it.
#include "check.h"

#include "base/rng.h"
#include "guard/rights.h"

#include <pthread.h>

static const att_territory places[] = {
    'D' << 8 | 'E', 'A' << 8 | 'T', 'F' << 8 | 'R', 'U' << 8 | 'S'};
enum { last_ms = 40, item_most = 300 };

static size_t some_territories(att_rng *rng, att_territory out[4])
{
    size_t count = 0;
    for (size_t i = 0; i < 4 && att_rng_below(rng, 3); i++)
        out[count++] = places[att_rng_below(rng, 4)];
    return att_rng_below(rng, 2) ? count : 0;
}

static att_status put_random(att_rights *rights, uint32_t item, att_rng *rng, att_error *err)
{
    static const char *const mediums[] = {"music", "film", ""};
    att_territory include[3][4], exclude[3][4];
    att_licence licences[3];
    const size_t count = att_rng_below(rng, 4);
    for (size_t i = 0; i < count; i++) {
        const int64_t start = (int64_t)att_rng_below(rng, last_ms);
        licences[i] = (att_licence){.start_ms = att_rng_below(rng, 5) ? start : INT64_MIN,
            .end_ms =
                att_rng_below(rng, 5) ? start + 1 + (int64_t)att_rng_below(rng, 9) : INT64_MAX,
            .uses = 1 + (uint32_t)att_rng_below(rng, 3),
            .include = include[i],
            .include_count = some_territories(rng, include[i]),
            .exclude = exclude[i],
            .exclude_count = some_territories(rng, exclude[i])};
    }
    const att_item body = {.id = ATT_LIT("i"),
        .medium = att_text_of(mediums[att_rng_below(rng, 3)]),
        .age_rating = (int)att_rng_below(rng, 3) * 6,
        .rights_known = count || att_rng_below(rng, 2),
        .licences = licences,
        .licence_count = count,
        .taken_down = att_rng_below(rng, 8) == 0};
    return att_rights_set(rights, item, &body, err);
}

static att_rights_query random_query(const att_rights *rights, att_rng *rng)
{
    const uint64_t place = att_rng_below(rng, 5);
    return (att_rights_query){.territory = place < 4 ? places[place] : 0,
        .age = (int)att_rng_below(rng, 5) * 5,
        .use = 1u << att_rng_below(rng, 2),
        .at_ms = (int64_t)att_rng_below(rng, last_ms + 12) - 1,
        .required = att_rng_below(rng, 2),
        .medium =
            att_rng_below(rng, 2) ? ATT_NO_INDEX : att_rights_medium(rights, ATT_LIT("film"))};
}

static bool has_bit(const att_eligible *set, uint32_t item)
{
    return item < set->count && (set->bits[item / 64] >> (item % 64) & 1);
}

static size_t check_set(att_rights *rights, const att_rights_query *query, const att_eligible *set)
{
    size_t eligible = 0;
    for (uint32_t item = 0; item < item_most + 70; item++) {
        const bool plain = att_rights_check(rights, item, query) == ATT_BAR_NONE;
        CHECK_EQ(has_bit(set, item), plain);
        eligible += plain;
    }
    CHECK_EQ(set->eligible, eligible);
    CHECK(set->good_from_ms <= query->at_ms && query->at_ms < set->good_until_ms);
    return item_most + 70;
}

CHECK_TEST(kept_sets_agree_with_the_rule_through_random_changes)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(11);
    att_rights *rights;
    att_error err;
    CHECK_OK_ERR(att_rights_create(&rights, NULL, &err), &err);
    size_t checks = 0;
    for (int round = 0; round < 1500; round++) {
        const uint32_t item = (uint32_t)att_rng_below(&rng, item_most);
        if (att_rng_below(&rng, 4))
            CHECK_OK_ERR(put_random(rights, item, &rng, &err), &err);
        else
            att_rights_take_down(rights, item, att_rng_below(&rng, 2));
        const att_rights_query query = random_query(rights, &rng);
        const att_eligible *set;
        CHECK_OK_ERR(att_rights_eligible(rights, &query, &set, &err), &err);
        checks += check_set(rights, &query, set);
        att_rights_release(rights, set);
    }
    CHECK(checks > 100000);
    att_rights_destroy(rights);
}

CHECK_TEST(a_kept_set_is_given_again_until_a_window_turns)
{
    CHECK_BEGIN();
    att_rights *rights;
    att_error err;
    CHECK_OK_ERR(att_rights_create(&rights, NULL, &err), &err);
    const att_licence licence = {100, 200, ATT_USE_STREAM, NULL, 0, NULL, 0};
    const att_item body = {
        .id = ATT_LIT("i"), .rights_known = true, .licences = &licence, .licence_count = 1};
    CHECK_OK_ERR(att_rights_set(rights, 0, &body, &err), &err);
    att_rights_query query = {.use = ATT_USE_STREAM, .at_ms = 100, .medium = ATT_NO_INDEX};
    const att_eligible *first, *second, *third;
    CHECK_OK_ERR(att_rights_eligible(rights, &query, &first, &err), &err);
    CHECK_EQ(first->eligible, 1);
    CHECK_EQ(first->good_from_ms, 100);
    CHECK_EQ(first->good_until_ms, 200);
    query.at_ms = 199;
    CHECK_OK_ERR(att_rights_eligible(rights, &query, &second, &err), &err);
    CHECK(second == first);
    query.at_ms = 200;
    CHECK_OK_ERR(att_rights_eligible(rights, &query, &third, &err), &err);
    CHECK(third != first);
    CHECK_EQ(third->eligible, 0);
    att_rights_release(rights, first);
    att_rights_release(rights, second);
    att_rights_release(rights, third);
    att_rights_release(rights, NULL);
    att_rights_destroy(rights);
}

CHECK_TEST(a_held_set_stays_as_it_was_when_items_change)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(5);
    att_rights *rights;
    att_error err;
    CHECK_OK_ERR(att_rights_create(&rights, NULL, &err), &err);
    const att_item body = {.id = ATT_LIT("i")};
    for (uint32_t i = 0; i < 64; i++)
        CHECK_OK_ERR(att_rights_set(rights, i, &body, &err), &err);
    const att_rights_query query = {.use = ATT_USE_STREAM, .age = 18, .medium = ATT_NO_INDEX};
    const att_eligible *held, *now;
    CHECK_OK_ERR(att_rights_eligible(rights, &query, &held, &err), &err);
    att_rights_take_down(rights, 3, true);
    CHECK_OK_ERR(att_rights_set(rights, 1000, &body, &err), &err);
    CHECK(has_bit(held, 3) && !has_bit(held, 1000));
    CHECK_EQ(held->eligible, 64);
    CHECK_OK_ERR(att_rights_eligible(rights, &query, &now, &err), &err);
    CHECK(!has_bit(now, 3) && has_bit(now, 1000));
    // Push it out of the cache while it is held.
    for (int i = 0; i < 500; i++) {
        const att_rights_query other = random_query(rights, &rng);
        const att_eligible *set;
        CHECK_OK_ERR(att_rights_eligible(rights, &other, &set, &err), &err);
        att_rights_release(rights, set);
    }
    CHECK(has_bit(held, 3));
    att_rights_release(rights, held);
    att_rights_release(rights, now);
    att_rights_destroy(rights);
}

typedef struct reader {
    att_rights *rights;
    uint64_t seed;
    size_t wrong;
} reader;

static void *read_sets(void *argument)
{
    reader *self = argument;
    att_rng rng = att_rng_seed(self->seed);
    for (int i = 0; i < 400; i++) {
        const att_rights_query query = random_query(self->rights, &rng);
        const att_eligible *set;
        if (att_rights_eligible(self->rights, &query, &set, NULL) != ATT_OK) {
            self->wrong++;
            continue;
        }
        for (uint32_t item = 0; item < item_most; item += 7)
            self->wrong += has_bit(set, item) !=
                           (att_rights_check(self->rights, item, &query) == ATT_BAR_NONE);
        att_rights_release(self->rights, set);
    }
    return NULL;
}

CHECK_TEST(threads_share_the_sets)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(21);
    att_rights *rights;
    att_error err;
    CHECK_OK_ERR(att_rights_create(&rights, NULL, &err), &err);
    for (uint32_t i = 0; i < item_most; i++)
        CHECK_OK_ERR(put_random(rights, i, &rng, &err), &err);
    reader readers[4];
    pthread_t threads[4];
    for (uint64_t i = 0; i < 4; i++) {
        readers[i] = (reader){rights, i, 0};
        CHECK_EQ(pthread_create(&threads[i], NULL, read_sets, &readers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
        CHECK_EQ(readers[i].wrong, 0);
    }
    att_rights_destroy(rights);
}

// The same work under an allocation that fails at `fail_at`: right answers or ATT_NO_MEMORY,
// nothing lost.
static bool work_through(check_heap *heap)
{
    const att_host host = check_host(heap);
    att_rng rng = att_rng_seed(3);
    att_rights *rights;
    att_error err;
    if (att_rights_create(&rights, &host, &err) != ATT_OK)
        return false;
    bool all = true;
    for (int round = 0; round < 60; round++) {
        const uint32_t item = (uint32_t)att_rng_below(&rng, item_most);
        const att_status put = put_random(rights, item, &rng, &err);
        CHECK(put == ATT_OK || put == ATT_NO_MEMORY);
        const att_rights_query query = random_query(rights, &rng);
        const att_eligible *set;
        const att_status got = att_rights_eligible(rights, &query, &set, &err);
        CHECK(got == ATT_OK || got == ATT_NO_MEMORY);
        if (got == ATT_OK)
            check_set(rights, &query, set);
        else
            CHECK_HOLDS(err.text, "out of memory");
        all = all && !put && !got;
        att_rights_release(rights, set);
    }
    CHECK(att_rights_bytes(rights) <= (size_t)heap->bytes_live);
    att_rights_destroy(rights);
    return all;
}

CHECK_TEST(every_allocation_may_fail)
{
    CHECK_BEGIN();
    for (uint64_t fail_at = 1;; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        const bool all = work_through(&heap);
        CHECK_EQ(heap.bytes_live, 0);
        if (all && heap.fail_at)
            break;
    }
}

CHECK_MAIN(CHECK_CASE(kept_sets_agree_with_the_rule_through_random_changes),
    CHECK_CASE(a_kept_set_is_given_again_until_a_window_turns),
    CHECK_CASE(a_held_set_stays_as_it_was_when_items_change), CHECK_CASE(threads_share_the_sets),
    CHECK_CASE(every_allocation_may_fail))
