// SPDX-License-Identifier: Apache-2.0
// Situations from clocks and offsets, lifts worked by hand, bytes that come back or are refused.
#include "check.h"

#include "decide/context.h"

#include <math.h>

#define HOUR_MS INT64_C(3600000)
#define MONDAY_MS (INT64_C(4) * 24 * HOUR_MS) // 1970-01-05 00:00 UTC

static const att_context nowhere = {.utc_offset_min = ATT_OFFSET_UNKNOWN};

static uint32_t facet_at(int64_t at_ms, int16_t offset_min, size_t facet)
{
    uint32_t out[ATT_FACETS];
    const att_context context = {.utc_offset_min = offset_min};
    att_context_situations(&context, at_ms, out);
    return out[facet];
}

CHECK_TEST(hours_and_weekends_are_local)
{
    CHECK_BEGIN();
    const uint32_t night = facet_at(MONDAY_MS, 0, 4), week = facet_at(MONDAY_MS, 0, 5);
    CHECK_EQ(facet_at(MONDAY_MS + 5 * HOUR_MS - 1, 0, 4), night);
    CHECK_EQ(facet_at(MONDAY_MS + 5 * HOUR_MS, 0, 4), night + 1);
    CHECK_EQ(facet_at(MONDAY_MS + 23 * HOUR_MS, 0, 4), night + 5);
    CHECK_EQ(facet_at(MONDAY_MS, -60, 4), night + 5);
    CHECK_EQ(facet_at(MONDAY_MS, -60, 5), week + 1); // still Sunday there
    CHECK_EQ(facet_at(MONDAY_MS - 48 * HOUR_MS, 0, 5), week + 1);
    CHECK_EQ(facet_at(MONDAY_MS - 48 * HOUR_MS - 1, 0, 5), week);
    CHECK_EQ(facet_at(-700 * 24 * HOUR_MS - 1, 0, 4), night + 5);
    CHECK_EQ(facet_at(MONDAY_MS, ATT_OFFSET_UNKNOWN, 4), ATT_NO_SITUATION);
    CHECK(week + 1 < ATT_SITUATIONS && facet_at(0, 0, 0) == ATT_NO_SITUATION);
}

static double squash(double x)
{
    return x / sqrt(1 + x * x);
}

// Calm (0) at home and lively (1) at the gym, nine times of ten; tag 2 was seen once.
static att_context_model *learn(const att_host *host, double smoothing, double least)
{
    att_context_builder *builder;
    att_context_model *model;
    att_context home = nowhere, gym = nowhere;
    const uint16_t tags[] = {0, 1, 2};
    home.place = ATT_PLACE_HOME;
    gym.place = ATT_PLACE_GYM;
    if (att_context_builder_create(&builder, 3, host, NULL) != ATT_OK)
        return NULL;
    for (int i = 0; i < 100; i++) {
        att_context_builder_add(builder, &home, 0, tags + (i % 10 == 0), 1, 1);
        att_context_builder_add(builder, &gym, 0, tags + (i % 10 != 0), 1, 1);
        att_context_builder_add(builder, &gym, 0, tags, 1, -1);
        att_context_builder_add(builder, &nowhere, 0, tags, 1, 1);
    }
    att_context_builder_add(builder, &gym, 0, tags + 2, 1, 1);
    if (att_context_finish(&model, builder, smoothing, least, host, NULL) != ATT_OK)
        model = NULL;
    att_context_builder_destroy(builder);
    return model;
}

CHECK_TEST(lifts_are_as_worked_by_hand)
{
    CHECK_BEGIN();
    att_context_model *model = learn(NULL, 20, 10);
    att_context gym = nowhere;
    const uint16_t tags[] = {0, 1, 2, 7};
    gym.place = ATT_PLACE_GYM;
    // 201 events of a known place, 100 with tag 0, 10 of them at the gym, which has 101.
    const double p0 = 100.0 / 201, p1 = 100.0 / 201;
    const double lift0 = log((10 + 20 * p0) / (101 + 20.0) / p0);
    const double lift1 = log((90 + 20 * p1) / (101 + 20.0) / p1);
    CHECK_NEAR((double)att_context_lookup(model, &gym, 0, tags, 1), squash(lift0), 1e-6);
    CHECK_NEAR((double)att_context_lookup(model, &gym, 0, tags + 1, 1), squash(lift1), 1e-6);
    CHECK_NEAR(
        (double)att_context_lookup(model, &gym, 0, tags, 2), squash((lift0 + lift1) / 2), 1e-6);
    CHECK_NEAR((double)att_context_lookup(model, &gym, 0, tags + 2, 1), 0, 0); // too rare
    CHECK_NEAR((double)att_context_lookup(model, &gym, 0, tags + 3, 1), 0, 0); // not there
    CHECK_NEAR((double)att_context_lookup(model, &nowhere, 0, tags, 1), 0, 0);
    CHECK_NEAR((double)att_context_lookup(model, &gym, 0, tags, 0), 0, 0);
    float row[3];
    att_context_row(model, &gym, 0, row);
    CHECK_NEAR((double)att_context_fit(row, 3, tags, 2),
        (double)att_context_lookup(model, &gym, 0, tags, 2), 1e-7);
    CHECK_NEAR((double)att_context_fit(row, 3, tags, 0), 0, 0);
    att_context_model_destroy(model);
}

CHECK_TEST(bytes_come_back_the_same_or_are_refused)
{
    CHECK_BEGIN();
    att_context_model *model = learn(NULL, 20, 10), *back;
    att_error err;
    const size_t size = att_context_size(model);
    unsigned char *bytes = malloc(size), *again = malloc(size);
    att_context_save(model, bytes);
    CHECK_OK_ERR(att_context_load(&back, bytes, size, NULL, &err), &err);
    CHECK_EQ(att_context_tag_total(back), 3);
    att_context_save(back, again);
    CHECK_EQ(memcmp(bytes, again, size), 0);
    att_context_model_destroy(back);
    for (size_t cut = 0; cut < size; cut++)
        CHECK_FAILS(att_context_load(&back, bytes, cut, NULL, NULL), ATT_CORRUPT);
    static const struct {
        size_t at;
        unsigned char value;
        att_status wanted;
        const char *says;
    } damages[] = {{0, 'B', ATT_CORRUPT, "does not begin with ATCX"},
        {4, 3, ATT_VERSION, "is of version 3"}, {4, 1, ATT_CORRUPT, "does not fit 3 tags"}, {8, 99, ATT_VERSION, "99 situations"},
        {12, 4, ATT_CORRUPT, "does not fit 4 tags"}, {15, 1, ATT_CORRUPT, "does not fit"}};
    for (size_t i = 0; i < ATT_COUNT_OF(damages); i++) {
        memcpy(again, bytes, size);
        again[damages[i].at] = damages[i].value;
        CHECK_EQ(att_context_load(&back, again, size, NULL, &err), damages[i].wanted);
        CHECK_HOLDS(err.text, damages[i].says);
        CHECK(back == NULL);
    }
    memcpy(again, bytes, size); // as an older build wrote it: without what was seen
    again[4] = 1;
    const size_t older = size - 4 * ATT_SITUATIONS;
    CHECK_OK_ERR(att_context_load(&back, again, older, NULL, &err), &err);
    CHECK_EQ(att_context_size(back), older);
    CHECK_NEAR(att_context_seen(model, ATT_FACET_PLACE, ATT_PLACE_GYM), 101, 0);
    CHECK_NEAR(att_context_seen(back, ATT_FACET_PLACE, ATT_PLACE_GYM), 0, 0);
    att_context_model_destroy(back);
    memcpy(again, bytes, size);
    memset(again + 16, 0xFF, 4);
    CHECK_FAILS(att_context_load(&back, again, size, NULL, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "number 0 is not finite");
    free(bytes);
    free(again);
    att_context_model_destroy(model);
}

CHECK_TEST(limits_are_named)
{
    CHECK_BEGIN();
    att_context_builder *builder;
    att_context_model *model;
    att_error err;
    CHECK_FAILS(att_context_builder_create(&builder, 70000, NULL, &err), ATT_LIMIT);
    CHECK_HOLDS(err.text, "70000 tags");
    CHECK_OK(att_context_builder_create(&builder, 0, NULL, NULL));
    CHECK_FAILS(att_context_finish(&model, builder, 0, 1, NULL, &err), ATT_INVALID);
    CHECK_OK(att_context_finish(&model, builder, 1, 0, NULL, NULL));
    att_context_model_destroy(model);
    att_context_builder_destroy(builder);
}

CHECK_TEST(every_allocation_may_fail)
{
    CHECK_BEGIN();
    att_context_model *model = NULL;
    for (uint64_t fail_at = 1; !model; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        const att_host host = check_host(&heap);
        model = learn(&host, 20, 10);
        if (model)
            att_context_model_destroy(model);
        CHECK_EQ(heap.bytes_live, 0);
        CHECK(fail_at < 20);
    }
}

CHECK_MAIN(CHECK_CASE(hours_and_weekends_are_local), CHECK_CASE(lifts_are_as_worked_by_hand),
    CHECK_CASE(bytes_come_back_the_same_or_are_refused), CHECK_CASE(limits_are_named),
    CHECK_CASE(every_allocation_may_fail))
