// SPDX-License-Identifier: Apache-2.0
// Lines of NDJSON: what they mean, and what is said about those that are wrong.
#include "ingest/line.h"

#include "check.h"

#include <math.h>

static att_host host;
static att_arena scratch;
static att_event event;
static att_item item;
static att_fault fault;

static att_line_kind read_line(const char *line)
{
    if (!scratch.host) {
        host = att_host_default();
        att_arena_init(&scratch, &host, 0);
    }
    att_arena_reset(&scratch);
    fault = (att_fault){0};
    return att_line_read(att_text_of(line), &scratch, &event, &item, &fault);
}

CHECK_TEST(an_event_with_every_key_is_read)
{
    CHECK_BEGIN();
    CHECK_EQ(read_line("{\"id\":\"e1\",\"user\":\"anna\",\"item\":\"song-7\",\"at\":1700000000000,"
                       "\"signal\":\"play\","
                       "\"value\":4.5,\"position_ms\":1000,\"length_ms\":2000,\"dwell_ms\":3,"
                       "\"decision\":\"00000000000000ff\",\"context\":{\"device\":\"phone\","
                       "\"place\":\"transit\","
                       "\"activity\":\"commute\",\"noise\":\"loud\",\"utc_offset_min\":-90}}"),
        ATT_LINE_EVENT);
    CHECK_TEXT(event.id, "e1");
    CHECK_TEXT(event.user, "anna");
    CHECK_TEXT(event.item, "song-7");
    CHECK_EQ(event.at_ms, 1700000000000);
    CHECK_EQ(event.signal, ATT_SIGNAL_PLAY);
    CHECK_NEAR(event.value, 4.5, 0);
    CHECK_EQ(event.position_ms, 1000);
    CHECK_EQ(event.length_ms, 2000);
    CHECK_EQ(event.dwell_ms, 3);
    CHECK_EQ(event.decision, 255);
    CHECK_EQ(event.context.device, ATT_DEVICE_PHONE);
    CHECK_EQ(event.context.place, ATT_PLACE_TRANSIT);
    CHECK_EQ(event.context.activity, ATT_ACTIVITY_COMMUTE);
    CHECK_EQ(event.context.noise, ATT_NOISE_LOUD);
    CHECK_EQ(event.context.utc_offset_min, -90);
}

CHECK_TEST(what_is_not_given_stays_not_given)
{
    CHECK_BEGIN();
    CHECK_EQ(read_line(" { \"at\" : \"2026-03-01T20:30:00.250+01:00\" , \"signal\" : \"quit\" , "
                       "\"user\" : \"u\", "
                       "\"value\":null, \"item\":null }\r"),
        ATT_LINE_EVENT);
    CHECK_EQ(event.at_ms, 1772393400250);
    CHECK_EQ(event.id.size, 0);
    CHECK_EQ(event.item.size, 0);
    CHECK(isnan(event.value));
    CHECK_EQ(event.position_ms, -1);
    CHECK_EQ(event.length_ms, -1);
    CHECK_EQ(event.dwell_ms, -1);
    CHECK_EQ(event.decision, 0);
    CHECK_EQ(event.context.device, ATT_DEVICE_UNKNOWN);
    CHECK_EQ(event.context.utc_offset_min, ATT_OFFSET_UNKNOWN);
}

CHECK_TEST(texts_are_views_unless_they_have_escapes)
{
    CHECK_BEGIN();
    const char *line = "{\"user\":\"Zo\xC3\xAB\",\"item\":\"\\ud83c\\udfb5\\t\\\"x\\u00e9\",\"at\":"
                       "0,\"signal\":\"like\"}";
    CHECK_EQ(read_line(line), ATT_LINE_EVENT);
    CHECK_TEXT(event.user, "Zo\xC3\xAB");
    CHECK(event.user.data > line && event.user.data < line + strlen(line));
    CHECK_TEXT(event.item, "\xF0\x9F\x8E\xB5\t\"x\xC3\xA9");
}

CHECK_TEST(an_item_with_every_key_is_read)
{
    CHECK_BEGIN();
    CHECK_EQ(
        read_line(
            "{\"id\":\"film-1\",\"title\":\"A \\\"B\\\"\",\"medium\":\"film\",\"text\":\"about\","
            "\"tags\":[\"drama\",\"slow\"],\"features\":{\"energy\":0.25,\"year\":-3e2},"
            "\"vector\":[1,-0.5,2.5e-3],\"duration_ms\":5400000,\"published_at\":\"1995-11-22\","
            "\"age_rating\":12,\"boost\":-0.5,\"rights\":[{\"start\":1000,\"end\":\"2030-01-01\","
            "\"include\":[\"DE\",\"AT\"],\"exclude\":[\"CH\"],\"uses\":[\"stream\",\"train\"]},{}]"
            "}"),
        ATT_LINE_ITEM);
    CHECK_TEXT(item.id, "film-1");
    CHECK_TEXT(item.title, "A \"B\"");
    CHECK_TEXT(item.medium, "film");
    CHECK_TEXT(item.text, "about");
    CHECK_EQ(item.tag_count, 2);
    CHECK_TEXT(item.tags[1], "slow");
    CHECK_EQ(item.feature_count, 2);
    CHECK_TEXT(item.features[1].name, "year");
    CHECK_NEAR(item.features[1].value, -300, 0);
    CHECK_EQ(item.vector_dim, 3);
    CHECK_NEAR(item.vector[2], 0.0025f, 0);
    CHECK_EQ(item.duration_ms, 5400000);
    CHECK_EQ(item.published_at_ms, 816998400000);
    CHECK_EQ(item.age_rating, 12);
    CHECK_NEAR(item.boost, -0.5, 0);
    CHECK(item.rights_known);
    CHECK_EQ(item.licence_count, 2);
    CHECK_EQ(item.licences[0].start_ms, 1000);
    CHECK_EQ(item.licences[0].end_ms, 1893456000000);
    CHECK_EQ(item.licences[0].include_count, 2);
    CHECK_EQ(item.licences[0].include[1], 'A' << 8 | 'T');
    CHECK_EQ(item.licences[0].uses, ATT_USE_STREAM | ATT_USE_TRAIN);
    CHECK_EQ(item.licences[1].start_ms, INT64_MIN);
    CHECK_EQ(item.licences[1].uses, ATT_USE_STREAM);
}

CHECK_TEST(no_licence_and_no_rights_are_two_things)
{
    CHECK_BEGIN();
    CHECK_EQ(read_line("{\"id\":\"a\"}"), ATT_LINE_ITEM);
    CHECK(!item.rights_known);
    CHECK_EQ(read_line("{\"id\":\"a\",\"rights\":[]}"), ATT_LINE_ITEM);
    CHECK(item.rights_known);
    CHECK_EQ(item.licence_count, 0);
}

CHECK_TEST(blank_lines_are_blank)
{
    CHECK_BEGIN();
    CHECK_EQ(read_line(""), ATT_LINE_BLANK);
    CHECK_EQ(read_line(" \t\r"), ATT_LINE_BLANK);
}

#define EVENT_AND(more) "{\"user\":\"u\",\"at\":1,\"signal\":\"like\"," more "}"
#define ITEM_AND(more) "{\"id\":\"i\"," more "}"

static const struct {
    const char *line, *story;
} golden[] = {
#include "golden_lines.h"
};

CHECK_TEST(every_bad_line_has_its_story)
{
    CHECK_BEGIN();
    char story[512];
    CHECK(ATT_COUNT_OF(golden) >= 40);
    for (size_t i = 0; i < ATT_COUNT_OF(golden); i++) {
        if (read_line(golden[i].line) != ATT_LINE_BAD)
            print_error("line %zu was taken: %s\n", i, golden[i].line);
        att_fault_story(&fault, "f", 7, story, sizeof story);
        CHECK_STR(story, golden[i].story);
    }
}

CHECK_TEST(a_long_line_is_refused_by_its_kind)
{
    CHECK_BEGIN();
    const size_t size = ATT_EVENT_LINE_MAX + 10;
    char *line = malloc(size + 200);
    memset(line, 'x', size + 200);
    memcpy(line, "{\"id\":\"i\",\"text\":\"", 18);
    memcpy(line + size, "\"}", 3);
    CHECK_EQ(read_line(line), ATT_LINE_ITEM);
    memset(line, ' ', size);
    strcpy(line + size, EVENT_AND("\"value\":1"));
    CHECK_EQ(read_line(line), ATT_LINE_BAD);
    CHECK_HOLDS(fault.reason, "expected at most 65536");
    free(line);
}

CHECK_TEST(a_failing_arena_is_no_bad_line)
{
    CHECK_BEGIN();
    check_heap heap = {.fail_at = 1};
    const att_host failing = check_host(&heap);
    att_arena arena;
    att_arena_init(&arena, &failing, 0);
    const att_text line = att_text_of("{\"id\":\"i\",\"title\":\"a\\tb\"}");
    CHECK_EQ(att_line_read(line, &arena, &event, &item, &fault), ATT_LINE_NO_MEMORY);
    CHECK_EQ(att_line_read(line, &arena, &event, &item, &fault), ATT_LINE_ITEM);
    heap.fail_at = 1;
    att_arena_deinit(&arena);
    att_arena_init(&arena, &failing, 0);
    CHECK_EQ(att_line_read(att_text_of("{\"user\":\"\\t\"}"), &arena, &event, &item, &fault),
        ATT_LINE_NO_MEMORY);
    att_arena_deinit(&arena);
    CHECK_EQ(heap.bytes_live, 0);
    att_arena_deinit(&scratch);
    scratch.host = NULL;
}

CHECK_MAIN(CHECK_CASE(an_event_with_every_key_is_read),
    CHECK_CASE(what_is_not_given_stays_not_given),
    CHECK_CASE(texts_are_views_unless_they_have_escapes),
    CHECK_CASE(an_item_with_every_key_is_read), CHECK_CASE(no_licence_and_no_rights_are_two_things),
    CHECK_CASE(blank_lines_are_blank), CHECK_CASE(every_bad_line_has_its_story),
    CHECK_CASE(a_long_line_is_refused_by_its_kind), CHECK_CASE(a_failing_arena_is_no_bad_line))
