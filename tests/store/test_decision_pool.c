// SPDX-License-Identifier: Apache-2.0
// A pool comes back from the log as it was; old decisions have none; damage has a story.
#include "check.h"

#include "base/rng.h"
#include "store/decision.h"

enum { COUNT = 5, SLOTS = 2, COLUMNS = 2 };

static const uint32_t items[COUNT] = {10, 11, 12, 13, 14};
static const float raw[COLUMNS * COUNT] = {0.5f, 1, 0, -1, 2, 0, 0, 1, 0, 0};
static const float uncertainty[COUNT] = {1, 0.5f, 0, 0.25f, 1};
static const uint8_t flags[COUNT] = {1, 0, 3, 2, 1};
static const float gain[SLOTS * COUNT] = {0.1f, 0.2f}, penalty[SLOTS * COUNT] = {0, 0, 0, 0, 0, -0.5f};

static att_decision_pool pool_of(const att_pool_slot *slots)
{
    return (att_decision_pool){.count = COUNT, .columns = 1 | 4, .novelty = -0.5f, .share = 0.1f, .weights = {1, 0, 0.25f},
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

CHECK_TEST(a_pool_survives_the_round_trip_and_others_have_none)
{
    CHECK_BEGIN();
    const att_pool_slot slots[SLOTS] = {{0.25f, 4, 0, false}, {0, 2, 2, true}};
    const att_decision_pool pool = pool_of(slots);
    unsigned char bytes[1024];
    const size_t size = encode(bytes, &pool);
    CHECK_EQ(bytes[0], 2);
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
    CHECK_OK_ERR(att_decision_pool_decode(decision.pool_data, decision.pool_size, SLOTS, &keep, &back, &err), &err);
    CHECK(memcmp(back.items, items, sizeof items) == 0 && memcmp(back.raw, raw, sizeof raw) == 0);
    CHECK(memcmp(back.gain, gain, sizeof gain) == 0 && memcmp(back.penalty, penalty, sizeof penalty) == 0);
    CHECK(memcmp(back.weights, pool.weights, sizeof pool.weights) == 0 && back.novelty == -0.5f && back.share == 0.1f);
    CHECK(back.slots[0].best == 4 && back.slots[0].chosen == 0 && back.slots[1].outside && !back.slots[0].outside);
    att_arena_deinit(&keep);

    const size_t without = encode(bytes, NULL);
    CHECK_EQ(bytes[0], 1); // an older build reads it
    CHECK_OK(att_decision_decode(bytes, without, &decision, decided, SLOTS, NULL));
    CHECK_EQ(decision.pool_size, 0);
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
        const att_decision_pool pool = pool_of(slots);
        att_error err = {0};
        CHECK_OK(att_decision_decode(bytes, encode(bytes, &pool), &decision, decided, SLOTS, NULL));
        CHECK_FAILS(att_decision_pool_decode(decision.pool_data, decision.pool_size, SLOTS, &keep, &back, &err), ATT_CORRUPT);
        CHECK_HOLDS(err.text, cases[i].story);
    }
    const att_pool_slot slots[SLOTS] = {{0.25f, 4, 0, false}, {0, 2, 2, true}};
    const att_decision_pool pool = pool_of(slots);
    const size_t size = encode(bytes, &pool), start = size - att_decision_pool_size(&pool);
    for (size_t cut = start; cut < size; cut++) { // anywhere inside the pool
        att_error err = {0};
        unsigned char *exact = malloc(cut);
        memcpy(exact, bytes, cut);
        CHECK_FAILS(att_decision_decode(exact, cut, &decision, decided, SLOTS, &err), ATT_CORRUPT);
        CHECK(err.text[0] != 0);
        free(exact);
    }
    bytes[start + 4 + 1] = 1; // a term that does not exist yet
    CHECK_FAILS(att_decision_decode(bytes, size, &decision, decided, SLOTS, NULL), ATT_VERSION);
    att_arena_deinit(&keep);
}

CHECK_MAIN(CHECK_CASE(a_pool_survives_the_round_trip_and_others_have_none), CHECK_CASE(damage_is_told))
