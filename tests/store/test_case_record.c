// SPDX-License-Identifier: Apache-2.0
// An act on a case as bytes: every field comes back, and what is cut or changed is refused.
#include "check.h"
#include "store/case_record.h"

#include <math.h>

static att_case_record example(void)
{
    return (att_case_record){.act = ATT_CASE_HELD,
        .score = 0.75f,
        .by = att_text_of("words"),
        .reason = att_text_of("a phrase of the list"),
        .matched = att_text_of("b4d w0rd"),
        .text = att_text_of("some b4d w0rd here")};
}

CHECK_TEST(every_field_comes_back)
{
    CHECK_BEGIN();
    const att_case_record record = example();
    unsigned char bytes[200];
    const size_t size = att_case_record_size(&record);
    CHECK_EQ(size, 16 + 5 + 20 + 8 + 18);
    att_case_record_encode(&record, bytes);
    CHECK_EQ(bytes[0] | bytes[1] << 8, 1);
    CHECK_EQ(bytes[2], 2);
    CHECK_EQ(bytes[3], 5);
    att_case_record again;
    att_error err;
    CHECK_OK_ERR(att_case_record_decode(bytes, size, &again, &err), &err);
    CHECK_EQ(again.act, record.act);
    CHECK_NEAR(again.score, 0.75, 0);
    CHECK(att_text_equal(again.by, record.by) && att_text_equal(again.reason, record.reason));
    CHECK(att_text_equal(again.matched, record.matched) && att_text_equal(again.text, record.text));
}

CHECK_TEST(whatever_is_cut_or_changed_is_refused)
{
    CHECK_BEGIN();
    const att_case_record record = example();
    unsigned char bytes[200];
    const size_t size = att_case_record_size(&record);
    att_case_record again;
    att_error err;
    att_case_record_encode(&record, bytes);
    for (size_t cut = 0; cut < size; cut++)
        CHECK_EQ(att_case_record_decode(bytes, cut, &again, &err), ATT_CORRUPT);
    CHECK_EQ(att_case_record_decode(bytes, size + 1, &again, &err), ATT_CORRUPT);
    bytes[0] = 2;
    CHECK_EQ(att_case_record_decode(bytes, size, &again, &err), ATT_VERSION);
    bytes[0] = 1;
    bytes[2] = ATT_CASE_ACT_COUNT;
    CHECK_EQ(att_case_record_decode(bytes, size, &again, &err), ATT_CORRUPT);
    bytes[2] = 0;
    CHECK_EQ(att_case_record_decode(bytes, size, &again, &err), ATT_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(every_field_comes_back), CHECK_CASE(whatever_is_cut_or_changed_is_refused)};
    return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);
}
