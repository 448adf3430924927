// SPDX-License-Identifier: Apache-2.0
// A decision comes back from the log as it was, or with a story of what is wrong.
#include "check.h"

#include "base/rng.h"
#include "store/decision.h"

#include <math.h>

static att_decision_record draw(att_rng *rng, att_decided_slot *slots)
{
    att_decision_record decision = {.seed = att_rng_u64(rng),
        .model = att_rng_u64(rng),
        .policy = att_rng_u64(rng),
        .eligible = (uint32_t)att_rng_u64(rng),
        .candidates = 500,
        .context = {1, 2, 3, 1, -210},
        .territory = 'D' << 8 | 'E',
        .age = (uint8_t)att_rng_below(rng, 256),
        .use = 5,
        .arm_count = (uint8_t)att_rng_below(rng, 9),
        .count = (uint16_t)att_rng_below(rng, ATT_SLATE_MAX + 1),
        .slots = slots};
    for (size_t a = 0; a < decision.arm_count; a++)
        decision.arms[a] = (uint32_t)att_rng_u64(rng);
    for (size_t i = 0; i < decision.count; i++) {
        memset(&slots[i], 0, sizeof slots[i]);
        slots[i].item = (uint32_t)att_rng_below(rng, UINT32_MAX);
        slots[i].kind = (uint8_t)att_rng_below(rng, 3);
        slots[i].propensity = (float)(1 - att_rng_unit(rng) * 0.99);
        for (int t = 0; t < ATT_TERM_COUNT; t++)
            slots[i].terms[t] = (float)att_rng_normal(rng);
    }
    return decision;
}

static void check_same(const att_decision_record *a, const att_decision_record *b)
{
    CHECK_EQ(a->seed, b->seed);
    CHECK_EQ(a->model, b->model);
    CHECK_EQ(a->policy, b->policy);
    CHECK_EQ(a->eligible, b->eligible);
    CHECK_EQ(a->candidates, b->candidates);
    CHECK(memcmp(&a->context, &b->context, sizeof a->context) == 0);
    CHECK_EQ(a->territory, b->territory);
    CHECK_EQ(a->age, b->age);
    CHECK_EQ(a->use, b->use);
    CHECK_EQ(a->arm_count, b->arm_count);
    CHECK(memcmp(a->arms, b->arms, sizeof a->arms) == 0);
    CHECK_EQ(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        CHECK_EQ(a->slots[i].item, b->slots[i].item);
        CHECK_EQ(a->slots[i].kind, b->slots[i].kind);
        CHECK(a->slots[i].propensity == b->slots[i].propensity);
        CHECK(memcmp(a->slots[i].terms, b->slots[i].terms, sizeof a->slots[i].terms) == 0);
    }
}

CHECK_TEST(decisions_survive_the_round_trip)
{
    CHECK_BEGIN();
    att_error err;
    att_rng rng = att_rng_seed(1);
    static att_decided_slot slots[ATT_SLATE_MAX], back[ATT_SLATE_MAX];
    for (int round = 0; round < 200; round++) {
        const att_decision_record decision = draw(&rng, slots);
        const size_t size = att_decision_size(&decision);
        unsigned char *bytes = malloc(size); // exact, so that a sanitizer sees one byte too many
        att_decision_encode(&decision, bytes);
        att_decision_record again;
        CHECK_OK_ERR(att_decision_decode(bytes, size, &again, back, ATT_SLATE_MAX, &err), &err);
        check_same(&decision, &again);
        free(bytes);
    }
}

// One slot, worked by hand after the table in decision.c.
CHECK_TEST(the_bytes_lie_as_the_table_says)
{
    CHECK_BEGIN();
    att_decided_slot slot = {.item = 0x01020304, .kind = ATT_SLOT_EXPLORE, .propensity = 0.5f};
    slot.terms[0] = 1.0f;
    const att_decision_record decision = {.seed = 0x1122,
        .context = {.device = 1, .utc_offset_min = -1},
        .age = 255,
        .arm_count = 1,
        .arms = {9},
        .count = 1,
        .slots = &slot};
    unsigned char bytes[52 + 4 + 4 + 4 + 4 * ATT_TERM_COUNT + 1];
    CHECK_EQ(att_decision_size(&decision), sizeof bytes);
    att_decision_encode(&decision, bytes);
    CHECK(memcmp(bytes, "\1\0\1\0", 4) == 0 && bytes[4] == ATT_TERM_COUNT && memcmp(bytes + 5, "\1\377\0\x22\x11", 5) == 0);
    CHECK(memcmp(bytes + 46, "\377\377\1\0\0\0\11\0\0\0\4\3\2\1\0\0\0\x3f\0\0\x80\x3f", 22) == 0);
    CHECK_EQ(bytes[sizeof bytes - 1], ATT_SLOT_EXPLORE);
}

// Writes one small decision into bytes; returns its size.
static size_t small(unsigned char bytes[256])
{
    att_decided_slot slots[2] = {{.item = 1, .propensity = 1}, {.item = 2, .propensity = 0.25f}};
    const att_decision_record decision = {.count = 2, .slots = slots};
    att_decision_encode(&decision, bytes);
    return att_decision_size(&decision);
}

CHECK_TEST(what_does_not_agree_is_refused_with_a_reason)
{
    CHECK_BEGIN();
    static const struct {
        size_t at;
        unsigned char value;
        att_status status;
        const char *story;
    } damages[] = {
        {0, 4, ATT_VERSION, "version 4"},
        {0, 2, ATT_CORRUPT, "bytes"}, // a pool that is not there
        {0, 0, ATT_CORRUPT, "version 0"},
        {2, 1, ATT_CORRUPT, "bytes"},
        {2, 3, ATT_CORRUPT, "3 slots, at most 2 fit"},
        {4, 99, ATT_VERSION, "99 terms"},
        {5, 9, ATT_CORRUPT, "9 experiment arms"},
        {7, 1, ATT_CORRUPT, "zero"},
        {48, 99, ATT_CORRUPT, "context"},
        {52 + 7, 0x7f, ATT_CORRUPT, "propensity"}, // 1.0 becomes 1.7e38
        {52 + 7, 0x80, ATT_CORRUPT, "propensity"}, // less than zero
        {52 + 8 + 4 * ATT_TERM_COUNT, 3, ATT_CORRUPT, "slot 0 has unknown kind 3"},
    };
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        att_error err;
        unsigned char bytes[256];
        att_decided_slot slots[2];
        att_decision_record out;
        const size_t size = small(bytes);
        CHECK_OK_ERR(att_decision_decode(bytes, size, &out, slots, 2, &err), &err);
        bytes[damages[i].at] = damages[i].value;
        CHECK_FAILS(att_decision_decode(bytes, size, &out, slots, 2, &err), damages[i].status);
        CHECK_HOLDS(err.text, damages[i].story);
        CHECK_EQ(out.count, 0);
    }
}

CHECK_TEST(no_cut_is_taken_for_whole)
{
    CHECK_BEGIN();
    unsigned char bytes[256];
    const size_t size = small(bytes);
    for (size_t cut = 0; cut < size; cut++) {
        unsigned char *exact = malloc(cut ? cut : 1);
        memcpy(exact, bytes, cut);
        att_decided_slot slots[2];
        att_decision_record out;
        CHECK_FAILS(att_decision_decode(exact, cut, &out, slots, 2, NULL), ATT_CORRUPT);
        free(exact);
    }
}

CHECK_MAIN(CHECK_CASE(decisions_survive_the_round_trip),
    CHECK_CASE(the_bytes_lie_as_the_table_says),
    CHECK_CASE(what_does_not_agree_is_refused_with_a_reason), CHECK_CASE(no_cut_is_taken_for_whole))
