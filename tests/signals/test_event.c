// SPDX-License-Identifier: Apache-2.0
// Signals and contexts by name, and what makes an event valid.
#include "check.h"

#include "signals/event.h"

#include <math.h>

#define NOW INT64_C(1700000000000)

static att_event valid(void)
{
    att_event event = att_event_empty();
    event.id = att_text_of("e1");
    event.user = att_text_of("anna");
    event.item = att_text_of("film 7");
    event.at_ms = NOW;
    event.signal = ATT_SIGNAL_LIKE;
    return event;
}

static void refused(const att_event *event, const char *story)
{
    const att_policy policy = att_policy_default();
    att_error err = {0};
    CHECK_FAILS(att_event_check(event, &policy, NOW, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, story);
}

static void accepted(const att_event *event)
{
    const att_policy policy = att_policy_default();
    att_error err = {0};
    CHECK_OK_ERR(att_event_check(event, &policy, NOW, &err), &err);
}

CHECK_TEST(every_name_reads_back)
{
    CHECK_BEGIN();
    for (unsigned i = 1; i < ATT_SIGNAL_COUNT; i++) {
        att_signal signal;
        CHECK(att_signal_parse(att_text_of(att_signal_name((att_signal)i)), &signal));
        CHECK_EQ(signal, i);
    }
    static const struct {
        const char *(*name)(unsigned);
        bool (*parse)(att_text, uint8_t *);
        unsigned count;
    } classes[] = {{att_device_name, att_device_parse, ATT_DEVICE_COUNT},
        {att_place_name, att_place_parse, ATT_PLACE_COUNT},
        {att_activity_name, att_activity_parse, ATT_ACTIVITY_COUNT},
        {att_noise_name, att_noise_parse, ATT_NOISE_COUNT}};
    for (size_t c = 0; c < ATT_COUNT_OF(classes); c++) {
        uint8_t found;
        for (unsigned i = 0; i < classes[c].count; i++) {
            CHECK(classes[c].parse(att_text_of(classes[c].name(i)), &found));
            CHECK_EQ(found, i);
        }
        CHECK(!classes[c].parse(att_text_of("nonsense"), &found));
        CHECK(!classes[c].parse(att_text_of(""), &found));
        CHECK_STR(classes[c].name(classes[c].count), "?");
        CHECK_STR(classes[c].name(0), "unknown");
    }
    att_signal signal;
    CHECK(!att_signal_parse(att_text_of("none"), &signal));
    CHECK(!att_signal_parse(att_text_of("Like"), &signal));
    CHECK_STR(att_signal_name(ATT_SIGNAL_COUNT), "?");
    CHECK(att_signal_needs_item(ATT_SIGNAL_PLAY) && !att_signal_needs_item(ATT_SIGNAL_QUIT));
    CHECK(!att_signal_needs_item(ATT_SIGNAL_COUNT));
}

CHECK_TEST(a_whole_event_is_accepted)
{
    CHECK_BEGIN();
    att_event event = valid();
    accepted(&event);
    event.id = att_text_of("");
    event.user = att_text_of("Zo\xc3\xab \xf0\x9f\x8e\xb5");
    accepted(&event);
    event.signal = ATT_SIGNAL_QUIT;
    event.item = att_text_of("");
    accepted(&event);
    event.at_ms = 0;
    accepted(&event);
    event.at_ms = NOW + 86400000; // the default limit itself
    accepted(&event);
}

CHECK_TEST(ids_are_clean_utf8_of_bounded_size)
{
    CHECK_BEGIN();
    char longest[ATT_ID_SIZE_MAX + 2];
    memset(longest, 'x', sizeof longest);
    att_event event = valid();
    event.user = (att_text){longest, ATT_ID_SIZE_MAX};
    accepted(&event);
    event.user.size++;
    refused(&event, "field \"user\": it has 256 bytes; at most 255");
    event.user.size = 0;
    refused(&event, "field \"user\": it is empty");
    static const char *const bad[] = {"a\nb", "a\x7f", "\xc2\x85", "\xff", "\xc0\xaf",
        "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf0\x9f\x8e", "\x80"};
    for (size_t i = 0; i < ATT_COUNT_OF(bad); i++) {
        event = valid();
        event.item = att_text_of(bad[i]);
        refused(&event, "field \"item\": byte");
        event = valid();
        event.id = att_text_of(bad[i]);
        refused(&event, "field \"id\": byte");
    }
    event = valid();
    event.user = (att_text){"a\0b", 3};
    refused(&event, "field \"user\": byte 1 (0x00)");
}

CHECK_TEST(times_are_bounded)
{
    CHECK_BEGIN();
    att_event event = valid();
    event.at_ms = -1;
    refused(&event, "field \"at\"");
    event.at_ms = INT64_MAX;
    refused(&event, "field \"at\"");
    event.at_ms = NOW + 86400001;
    refused(&event, "ahead of the clock");
}

CHECK_TEST(values_are_on_their_scale)
{
    CHECK_BEGIN();
    att_event event = valid();
    event.signal = ATT_SIGNAL_RATING;
    refused(&event, "a rating needs one, 0.5 to 5");
    event.value = 5.5f;
    refused(&event, "5.5 is not a rating of 0.5 to 5");
    event.value = 0.5f;
    accepted(&event);
    event.signal = ATT_SIGNAL_SURVEY;
    event.item.size = 0;
    accepted(&event);
    event.value = 1.01f;
    refused(&event, "is not a survey answer of 0 to 1");
    event = valid();
    event.value = INFINITY;
    refused(&event, "infinite");
    event.signal = ATT_SIGNAL_PURCHASE;
    event.value = -1;
    refused(&event, "below 0");
    event.value = NAN;
    accepted(&event);
}

CHECK_TEST(measures_and_classes_are_checked)
{
    CHECK_BEGIN();
    att_event event = valid();
    event.position_ms = -2;
    refused(&event, "field \"position_ms\"");
    event = valid();
    event.length_ms = INT32_MIN;
    refused(&event, "field \"length_ms\"");
    event = valid();
    event.dwell_ms = -7;
    refused(&event, "field \"dwell_ms\"");
    event = valid();
    event.context.noise = ATT_NOISE_COUNT;
    refused(&event, "field \"noise\"");
    event = valid();
    event.context.utc_offset_min = 841;
    refused(&event, "field \"utc_offset_min\"");
    event = valid();
    event.signal = ATT_SIGNAL_NONE;
    refused(&event, "field \"signal\"");
    event.signal = ATT_SIGNAL_COUNT;
    refused(&event, "field \"signal\"");
    event = valid();
    event.item.size = 0;
    refused(&event, "field \"item\": signal \"like\" needs one");
}

CHECK_MAIN(CHECK_CASE(every_name_reads_back), CHECK_CASE(a_whole_event_is_accepted),
    CHECK_CASE(ids_are_clean_utf8_of_bounded_size), CHECK_CASE(times_are_bounded),
    CHECK_CASE(values_are_on_their_scale), CHECK_CASE(measures_and_classes_are_checked))
