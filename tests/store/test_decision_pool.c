// SPDX-License-Identifier: Apache-2.0
// A pool comes back from the log as it was, written as today or as before; old decisions have none; damage has a story.
#include "check.h"

#include "base/rng.h"
#include "store/decision.h"

enum { COUNT = 5, SLOTS = 2, COLUMNS = 2 };

static const uint32_t items[COUNT] = {10, 11, 12, 13, 14};
static const float raw[COLUMNS * COUNT] = {0.5f, 1, 0, -1, 2, 0, 0, 1, 0, 0};
static const float uncertainty[COUNT] = {1, 0.5f, 0, 0.25f, 1};
static const uint8_t flags[COUNT] = {1, 0, 3, 2, 1};
static const float gain[SLOTS * COUNT] = {0.1f, 0.2f}, penalty[SLOTS * COUNT] = {0, 0, 0, 0, 0, -0.5f};

static att_decision_pool pool_of(const att_pool_slot *slots, bool packed)
{
    return (att_decision_pool){.packed = packed, .terms = ATT_TERM_COUNT, .count = COUNT, .columns = 1 | 4, .novelty = -0.5f, .share = 0.1f, .weights = {1, 0, 0.25f},
        .items = items, .raw = raw, .uncertainty = uncertainty, .flags = flags, .slot_count = SLOTS, .slots = slots,
        .gain = gain, .penalty = penalty};
}

static size_t encode(unsigned char *bytes, const att_decision_pool *pool)
{
    static att_decided_slot decided[SLOTS] = {{.item = 10, .propensity = 0.75f}, {.item = 12, .propensity = 1}};
    const att_decision_record decision = {.count = SLOTS, .slots = decided, .pool = pool};
    att_decision_encode(&decision, bytes);
    return att_decision_size(&decision);
}

static void comes_back(bool packed)
{
    const att_pool_slot slots[SLOTS] = {{0.25f, 4, 0, false}, {0, 2, 2, true}};
    const att_decision_pool pool = pool_of(slots, packed);
    unsigned char bytes[1024];
    const size_t size = encode(bytes, &pool);
    CHECK_EQ(bytes[0], packed ? 3 : 2);
    att_decided_slot decided[SLOTS];
    att_decision_record decision;
    att_error err = {0};
    CHECK_OK_ERR(att_decision_decode(bytes, size, &decision, decided, SLOTS, &err), &err);
    CHECK_EQ(decided[1].item, 12);
    CHECK_EQ(decision.pool_size, att_decision_pool_size(&pool));
    const att_host host = att_host_default();
    att_arena keep;
    att_decision_pool back;
    att_arena_init(&keep, &host, 0);
    CHECK_OK_ERR(att_decision_pool_decode(decision.pool_data, decision.pool_size, SLOTS, decision.terms, &keep, &back, &err), &err);
    CHECK(memcmp(back.items, items, sizeof items) == 0 && memcmp(back.raw, raw, sizeof raw) == 0);
    CHECK(memcmp(back.gain, gain, sizeof gain) == 0 && memcmp(back.penalty, penalty, sizeof penalty) == 0);
    CHECK(memcmp(back.weights, pool.weights, sizeof pool.weights) == 0 && back.novelty == -0.5f && back.share == 0.1f);
    CHECK(back.slots[0].best == 4 && back.slots[0].chosen == 0 && back.slots[1].outside && !back.slots[0].outside);
    CHECK_EQ(back.packed, packed);
    att_arena_deinit(&keep);
}

CHECK_TEST(a_pool_of_before_a_term_was_there_has_no_weight_for_it)
{
    CHECK_BEGIN();
    const att_pool_slot slots[SLOTS] = {{0.25f, 4, 0, false}, {0, 2, 2, true}};
    att_decision_pool pool = pool_of(slots, true), back;
    unsigned char bytes[1024];
    att_error err = {0};
    pool.terms = ATT_TERM_COUNT - 1;
    const size_t size = att_decision_pool_size(&pool);
    att_decision_pool_encode(&pool, bytes);
    const att_host host = att_host_default();
    att_arena keep;
    att_arena_init(&keep, &host, 0);
    CHECK_OK_ERR(att_decision_pool_decode(bytes, size, SLOTS, ATT_TERM_COUNT - 1, &keep, &back, &err), &err);
    CHECK(memcmp(back.weights, pool.weights, (ATT_TERM_COUNT - 1) * sizeof *pool.weights) == 0);
    CHECK_NEAR((double)back.weights[ATT_TERM_COUNT - 1], 0, 0);
    CHECK_EQ(back.terms, ATT_TERM_COUNT - 1);
    CHECK_FAILS(att_decision_pool_decode(bytes, size, SLOTS, ATT_TERM_COUNT, &keep, &back, &err), ATT_CORRUPT);
    CHECK_FAILS(att_decision_pool_decode(bytes, size, SLOTS, ATT_TERM_COUNT + 1, &keep, &back, &err), ATT_VERSION);
    att_arena_deinit(&keep);
}

CHECK_TEST(a_pool_survives_the_round_trip_and_others_have_none)
{
    CHECK_BEGIN();
    comes_back(true);
    comes_back(false);
    unsigned char bytes[1024];
    att_decided_slot decided[SLOTS];
    att_decision_record decision;
    const size_t without = encode(bytes, NULL);
    CHECK_EQ(bytes[0], 1); // an older build reads it
    CHECK_OK(att_decision_decode(bytes, without, &decision, decided, SLOTS, NULL));
    CHECK_EQ(decision.pool_size, 0);
}

// As decisions have them: gains that change for a few, redundancies that fall for all.
CHECK_TEST(packed_columns_are_smaller_and_the_same_to_the_bit)
{
    CHECK_BEGIN();
    enum { MANY = 203, LONG = 20 };
    static float gains[LONG * MANY], penalties[LONG * MANY], zeros[MANY];
    static uint32_t numbers[MANY];
    static uint8_t none[MANY];
    static att_pool_slot slots[LONG];
    static unsigned char bytes[64 << 10], again[64 << 10];
    att_rng rng = att_rng_seed(8);
    for (size_t i = 0; i < LONG * MANY; i++) {
        const bool first = i < MANY;
        gains[i] = first ? (float)att_rng_unit(&rng) : gains[i - MANY] * (att_rng_below(&rng, 10) ? 1 : 0.5f);
        penalties[i] = first ? 0 : penalties[i - MANY] - (float)att_rng_unit(&rng) * 0.01f;
    }
    att_decision_pool pool = {.packed = true, .terms = ATT_TERM_COUNT, .count = MANY, .items = numbers, .raw = zeros, .columns = 1, .uncertainty = zeros,
        .flags = none, .slot_count = LONG, .slots = slots, .gain = gains, .penalty = penalties};
    const size_t size = att_decision_pool_size(&pool);
    att_decision_pool_encode(&pool, bytes);
    const att_host host = att_host_default();
    att_arena keep;
    att_decision_pool back;
    att_error err = {0};
    att_arena_init(&keep, &host, 0);
    CHECK_OK_ERR(att_decision_pool_decode(bytes, size, LONG, ATT_TERM_COUNT, &keep, &back, &err), &err);
    CHECK(memcmp(back.gain, gains, sizeof gains) == 0 && memcmp(back.penalty, penalties, sizeof penalties) == 0);
    CHECK_EQ(att_decision_pool_size(&back), size);
    att_decision_pool_encode(&back, again);
    CHECK(memcmp(bytes, again, size) == 0);
    pool.packed = false;
    CHECK(size < att_decision_pool_size(&pool) * 2 / 3);

    CHECK_FAILS(att_decision_pool_decode(bytes, size + 1, LONG, ATT_TERM_COUNT, &keep, &back, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "behind its end");
    const size_t lengths = 4 + 16 + 4 * ATT_TERM_COUNT + MANY * 13 + 13; // of the first slot's gains
    bytes[lengths + MANY / 4] |= 0xC0;                                   // of a candidate that is not there
    CHECK_FAILS(att_decision_pool_decode(bytes, size, LONG, ATT_TERM_COUNT, &keep, &back, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "not packed as it should be");
    att_arena_deinit(&keep);
}

CHECK_TEST(damage_is_told)
{
    CHECK_BEGIN();
    const struct {
        att_pool_slot slot;
        const char *story;
    } cases[] = {{{1.5f, 0, 0, false}, "slot 1 is out of range"}, {{0.5f, COUNT, 0, false}, "slot 1 is out of range"},
        {{0.5f, 0, COUNT, false}, "slot 1 is out of range"}};
    const att_host host = att_host_default();
    att_arena keep;
    att_arena_init(&keep, &host, 0);
    unsigned char bytes[1024];
    att_decided_slot decided[SLOTS];
    att_decision_record decision;
    att_decision_pool back;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const att_pool_slot slots[SLOTS] = {{0.25f, 4, 0, false}, cases[i].slot};
        const att_decision_pool pool = pool_of(slots, i % 2);
        att_error err = {0};
        CHECK_OK(att_decision_decode(bytes, encode(bytes, &pool), &decision, decided, SLOTS, NULL));
        CHECK_FAILS(att_decision_pool_decode(decision.pool_data, decision.pool_size, SLOTS, decision.terms, &keep, &back, &err), ATT_CORRUPT);
        CHECK_HOLDS(err.text, cases[i].story);
    }
    for (int packed = 0; packed < 2; packed++) {
        const att_pool_slot slots[SLOTS] = {{0.25f, 4, 0, false}, {0, 2, 2, true}};
        const att_decision_pool pool = pool_of(slots, packed);
        const size_t size = encode(bytes, &pool), start = size - att_decision_pool_size(&pool);
        for (size_t cut = start; cut < size; cut++) { // anywhere inside the pool
            att_error err = {0};
            unsigned char *exact = malloc(cut);
            memcpy(exact, bytes, cut);
            att_status status = att_decision_decode(exact, cut, &decision, decided, SLOTS, &err);
            if (!status) // the size of what is packed is known when it is read
                status = att_decision_pool_decode(decision.pool_data, decision.pool_size, SLOTS, decision.terms, &keep, &back, &err);
            CHECK_FAILS(status, ATT_CORRUPT);
            CHECK(err.text[0] != 0);
            free(exact);
        }
        bytes[start + (packed ? 8 : 4) + 2] = 1; // a term that does not exist yet
        CHECK_FAILS(att_decision_decode(bytes, size, &decision, decided, SLOTS, NULL), ATT_VERSION);
    }
    att_arena_deinit(&keep);
}

CHECK_MAIN(CHECK_CASE(a_pool_of_before_a_term_was_there_has_no_weight_for_it), CHECK_CASE(a_pool_survives_the_round_trip_and_others_have_none), CHECK_CASE(packed_columns_are_smaller_and_the_same_to_the_bit), CHECK_CASE(damage_is_told))
