// SPDX-License-Identifier: Apache-2.0
#include "check.h"
#include "store/model_record.h"

#include <math.h>

static att_model_record example(void)
{
    att_model_record record = {.act = ATT_MODEL_TRAINED,
        .dim = 64,
        .log_seq = 12345678901,
        .trained_ms = 1790000000000,
        .events = 300000,
        .preferences = 90000,
        .preferences_now = 91000,
        .began_from = 3,
        .generation = 2,
        .kind = "blend",
        .trial = {.people = 244,
            .not_worse = true,
            .before_ndcg_100 = 0.19,
            .before_recall_20 = 0.17,
            .after_ndcg_100 = 0.195,
            .after_recall_20 = 0.18,
            .difference = 0.0075,
            .low = -0.002,
            .high = 0.017,
            .least = -0.009,
            .margin = 0.05,
            .confidence = 0.95},
        .why = "not worse"};
    for (int i = 0; i < 16; i++)
        record.fingerprint[i] = (unsigned char)(i * 17);
    return record;
}

CHECK_TEST(every_field_comes_back)
{
    CHECK_BEGIN();
    const att_model_record record = example();
    unsigned char bytes[ATT_MODEL_RECORD_SIZE_MAX];
    const size_t size = att_model_record_encode(&record, bytes);
    CHECK_EQ(size, 176 + 9);
    CHECK_EQ(bytes[0] | bytes[1] << 8, 1);
    CHECK_EQ(bytes[3], 1);
    att_model_record again;
    att_error err;
    CHECK_OK_ERR(att_model_record_decode(bytes, size, &again, &err), &err);
    CHECK_EQ(again.act, record.act);
    CHECK_EQ(again.dim, 64);
    CHECK_EQ(again.log_seq, record.log_seq);
    CHECK_EQ(again.trained_ms, record.trained_ms);
    CHECK_EQ(again.events, record.events);
    CHECK_EQ(again.preferences, record.preferences);
    CHECK_EQ(again.preferences_now, record.preferences_now);
    CHECK_EQ(again.began_from, 3);
    CHECK_EQ(again.generation, 2);
    CHECK(memcmp(again.fingerprint, record.fingerprint, 16) == 0);
    CHECK_STR(again.kind, "blend");
    CHECK_STR(again.why, "not worse");
    CHECK_EQ(again.trial.people, 244);
    CHECK(again.trial.not_worse);
    CHECK_NEAR(again.trial.low, -0.002, 0);
    CHECK_NEAR(again.trial.confidence, 0.95, 0);
    CHECK_NEAR(again.trial.least, -0.05 * (0.19 + 0.17) / 2, 1e-15); // follows from the margin
}

CHECK_TEST(a_record_from_before_reasons_were_kept_is_all_zeros)
{
    CHECK_BEGIN();
    att_model_record record = example();
    CHECK_OK(att_model_record_decode(NULL, 0, &record, NULL));
    CHECK_EQ(record.act, ATT_MODEL_UNKNOWN);
    CHECK_EQ(record.log_seq + record.dim + record.trial.people, 0);
}

CHECK_TEST(what_does_not_fit_is_refused_with_a_story)
{
    CHECK_BEGIN();
    const att_model_record record = example();
    unsigned char good[ATT_MODEL_RECORD_SIZE_MAX], bad[ATT_MODEL_RECORD_SIZE_MAX + 1] = {0};
    const size_t size = att_model_record_encode(&record, good);
    att_model_record out;
    att_error err;
    for (size_t cut = 1; cut < 176; cut++)
        CHECK_FAILS(att_model_record_decode(good, cut, &out, &err), ATT_CORRUPT);
    memcpy(bad, good, size);
    CHECK_FAILS(att_model_record_decode(bad, sizeof bad, &out, &err), ATT_CORRUPT);
    bad[0] = 2;
    CHECK_FAILS(att_model_record_decode(bad, size, &out, &err), ATT_VERSION);
    CHECK_HOLDS(err.text, "form 2");
    const struct {
        size_t at;
        unsigned char byte;
    } damages[] = {{2, ATT_MODEL_ACT_COUNT}, {3, 3}, {3, 0}, {95, 'x'}, {100, 1}, {111, 0x7F}};
    for (size_t d = 0; d < sizeof damages / sizeof *damages; d++) {
        memcpy(bad, good, size);
        bad[damages[d].at] = damages[d].byte;
        if (damages[d].at == 111)
            bad[110] = 0xF0; // an infinite figure
        CHECK_FAILS(att_model_record_decode(bad, size, &out, &err), ATT_CORRUPT);
    }
}

CHECK_TEST(a_reason_that_is_too_long_is_cut)
{
    CHECK_BEGIN();
    att_model_record record = example(), again;
    memset(record.why, 'w', sizeof record.why - 1);
    unsigned char bytes[ATT_MODEL_RECORD_SIZE_MAX];
    CHECK_EQ(att_model_record_encode(&record, bytes), ATT_MODEL_RECORD_SIZE_MAX);
    CHECK_OK(att_model_record_decode(bytes, sizeof bytes, &again, NULL));
    CHECK_EQ(strlen(again.why), ATT_MODEL_WHY_MAX);
}

CHECK_MAIN(CHECK_CASE(every_field_comes_back),
    CHECK_CASE(a_record_from_before_reasons_were_kept_is_all_zeros),
    CHECK_CASE(what_does_not_fit_is_refused_with_a_story),
    CHECK_CASE(a_reason_that_is_too_long_is_cut))
