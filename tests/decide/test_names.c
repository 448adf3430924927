// SPDX-License-Identifier: Apache-2.0
// Every term, slot and control has its word.
#include "check.h"

#include "attune/engine.h"
#include "base/base.h"

CHECK_TEST(terms_and_slots_have_names)
{
    CHECK_BEGIN();
    CHECK_STR(att_term_name(ATT_TERM_RELEVANCE), "relevance");
    CHECK_STR(att_term_name(ATT_TERM_REDUNDANCY), "redundancy");
    CHECK_STR(att_term_name(ATT_TERM_COUNT), "?");
    CHECK_HOLDS(att_term_text(ATT_TERM_BUSINESS), "boost");
    CHECK_STR(att_term_text((att_term)99), "?");
    CHECK_STR(att_slot_kind_name(ATT_SLOT_BEST), "best");
    CHECK_STR(att_slot_kind_name(ATT_SLOT_EXPLORE), "explore");
    CHECK_STR(att_slot_kind_name(ATT_SLOT_OUT_OF_DISTRIBUTION), "out-of-distribution");
}

CHECK_TEST(controls_read_back_as_written)
{
    CHECK_BEGIN();
    for (unsigned kind = 1; kind < ATT_CONTROL_KIND_COUNT; kind++) {
        att_control_kind back = ATT_CONTROL_NONE;
        CHECK(att_control_kind_parse(
            att_text_of(att_control_kind_name((att_control_kind)kind)), &back));
        CHECK_EQ(back, kind);
    }
    att_control_kind kind;
    CHECK(!att_control_kind_parse(ATT_LIT("none"), &kind));
    CHECK(!att_control_kind_parse(ATT_LIT("louder"), &kind));
}

CHECK_TEST(an_empty_request_streams_twenty_to_a_stranger)
{
    CHECK_BEGIN();
    const att_request request = att_request_default();
    CHECK_EQ(request.count, 20);
    CHECK_EQ(request.age, -1);
    CHECK_EQ(request.use, ATT_USE_STREAM);
    CHECK_EQ(request.context.utc_offset_min, ATT_OFFSET_UNKNOWN);
    CHECK(!request.explain && !request.dry);
}

CHECK_MAIN(CHECK_CASE(terms_and_slots_have_names), CHECK_CASE(controls_read_back_as_written),
    CHECK_CASE(an_empty_request_streams_twenty_to_a_stranger))
