// SPDX-License-Identifier: Apache-2.0
// What is written reads back to the same.
#include "ingest/json_write.h"

#include "base/rng.h"
#include "check.h"
#include "ingest/line.h"
#include "ingest/utf8.h"

#include <math.h>

static att_arena arena;
static att_host host;
static att_rng rng;

static att_text random_text(size_t most)
{
    static const char *const pieces[] = {"a", "Z", "0", " ", "\"", "\\", "/", "\n", "\t", "\x01",
        "\x7F", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x8E\xB5", "some plain words", "\xEF\xBF\xBF"};
    char *text = ATT_NEW(&arena, char, most + 20);
    size_t size = 0;
    for (const size_t wanted = 1 + att_rng_below(&rng, most); size < wanted;) {
        const char *piece = pieces[att_rng_below(&rng, ATT_COUNT_OF(pieces))];
        memcpy(text + size, piece, strlen(piece));
        size += strlen(piece);
    }
    return (att_text){text, size};
}

static bool coin(void)
{
    return att_rng_below(&rng, 2);
}

static float random_float(void)
{
    for (;;) {
        const uint32_t bits = (uint32_t)att_rng_u64(&rng);
        float value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            return coin() ? value : (float)att_rng_below(&rng, 100) / 2;
    }
}

static double random_double(void)
{
    for (;;) {
        const uint64_t bits = att_rng_u64(&rng);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            return coin() ? value : (double)att_rng_below(&rng, 100000) / 100 - 300;
    }
}

static att_event random_event(void)
{
    return (att_event){
        .id = coin() ? random_text(30) : (att_text){0},
        .user = random_text(30),
        .item = coin() ? random_text(30) : (att_text){0},
        .at_ms = (int64_t)att_rng_below(&rng, 253402300800000),
        .signal = (att_signal)(1 + att_rng_below(&rng, ATT_SIGNAL_COUNT - 1)),
        .value = coin() ? random_float() : NAN,
        .position_ms = coin() ? (int32_t)att_rng_below(&rng, 1u << 31) : -1,
        .length_ms = coin() ? (int32_t)att_rng_below(&rng, 1u << 31) : -1,
        .dwell_ms = coin() ? (int32_t)att_rng_below(&rng, 5000) : -1,
        .decision = coin() ? att_rng_u64(&rng) : 0,
        .context = {.device = (uint8_t)att_rng_below(&rng, ATT_DEVICE_COUNT),
            .place = (uint8_t)att_rng_below(&rng, ATT_PLACE_COUNT),
            .activity = (uint8_t)att_rng_below(&rng, ATT_ACTIVITY_COUNT),
            .noise = (uint8_t)att_rng_below(&rng, ATT_NOISE_COUNT),
            .utc_offset_min =
                coin() ? (int16_t)((int)att_rng_below(&rng, 1681) - 840) : ATT_OFFSET_UNKNOWN},
    };
}

static void setup(uint64_t seed)
{
    host = att_host_default();
    rng = att_rng_seed(seed);
    att_arena_init(&arena, &host, 0);
}

// Both not given, or the same.
static bool same_float(float a, float b)
{
    return (isnan(a) && isnan(b)) || a == b;
}

CHECK_TEST(an_event_comes_back)
{
    CHECK_BEGIN();
    setup(11);
    att_bytes bytes = {0};
    for (int i = 0; i < 5000; i++) {
        att_arena_reset(&arena);
        bytes.count = 0;
        const att_event event = random_event();
        CHECK_OK(att_event_write_json(&host, &bytes, &event, NULL));
        CHECK_EQ(bytes.items[bytes.count - 1], '\n');
        CHECK(memchr(bytes.items, '\n', bytes.count - 1) == NULL);
        att_event back;
        att_item item;
        att_fault fault;
        const att_line_kind kind =
            att_line_read((att_text){bytes.items, bytes.count - 1}, &arena, &back, &item, &fault);
        if (kind != ATT_LINE_EVENT)
            print_error("%s: %s: %.*s", fault.field, fault.reason, (int)bytes.count, bytes.items);
        CHECK_EQ(kind, ATT_LINE_EVENT);
        CHECK(att_text_equal(back.id, event.id));
        CHECK(att_text_equal(back.user, event.user));
        CHECK(att_text_equal(back.item, event.item));
        CHECK_EQ(back.at_ms, event.at_ms);
        CHECK_EQ(back.signal, event.signal);
        CHECK(same_float(back.value, event.value));
        CHECK_EQ(back.position_ms, event.position_ms);
        CHECK_EQ(back.length_ms, event.length_ms);
        CHECK_EQ(back.dwell_ms, event.dwell_ms);
        CHECK(back.decision == event.decision);
        CHECK_EQ(back.context.device, event.context.device);
        CHECK_EQ(back.context.place, event.context.place);
        CHECK_EQ(back.context.activity, event.context.activity);
        CHECK_EQ(back.context.noise, event.context.noise);
        CHECK_EQ(back.context.utc_offset_min, event.context.utc_offset_min);
    }
    ATT_VEC_FREE(&host, &bytes);
    att_arena_deinit(&arena);
}

static att_item random_item(void)
{
    const size_t tags = att_rng_below(&rng, 5), features = att_rng_below(&rng, 5),
                 dim = att_rng_below(&rng, 9), licences = att_rng_below(&rng, 4);
    att_text *tag = ATT_NEW(&arena, att_text, tags + 1);
    att_feature *feature = ATT_NEW(&arena, att_feature, features + 1);
    float *vector = ATT_NEW(&arena, float, dim + 1);
    att_licence *licence = ATT_NEW(&arena, att_licence, licences + 1);
    att_territory *territories = ATT_NEW(&arena, att_territory, 2);
    territories[0] = 'D' << 8 | 'E';
    territories[1] = 'Z' << 8 | 'A';
    for (size_t i = 0; i < tags; i++)
        tag[i] = random_text(20);
    for (size_t i = 0; i < features; i++)
        feature[i] =
            (att_feature){att_text_of(att_arena_printf(&arena, "f%zu", i)), random_double()};
    for (size_t i = 0; i < dim; i++)
        vector[i] = random_float();
    for (size_t i = 0; i < licences; i++)
        licence[i] = (att_licence){.start_ms = coin() ? (int64_t)att_rng_u64(&rng) / 2 : INT64_MIN,
            .end_ms = coin() ? (int64_t)att_rng_u64(&rng) / 2 : INT64_MAX,
            .uses = (uint32_t)att_rng_below(&rng, 32),
            .include = territories,
            .include_count = att_rng_below(&rng, 3),
            .exclude = territories + 1,
            .exclude_count = att_rng_below(&rng, 2)};
    return (att_item){.id = random_text(20),
        .title = random_text(40),
        .medium = random_text(8),
        .text = coin() ? random_text(4000) : (att_text){0},
        .tags = tag,
        .tag_count = tags,
        .features = feature,
        .feature_count = features,
        .vector = vector,
        .vector_dim = dim,
        .duration_ms = (int64_t)att_rng_below(&rng, 1000000),
        .published_at_ms = (int64_t)att_rng_u64(&rng) / 4,
        .age_rating = (int)att_rng_below(&rng, 22),
        .boost = att_rng_unit(&rng) * 2 - 1,
        .rights_known = licences > 0 || coin(),
        .licences = licence,
        .licence_count = licences};
}

static void check_same_item(const att_item *a, const att_item *b)
{
    CHECK(att_text_equal(a->id, b->id) && att_text_equal(a->title, b->title));
    CHECK(att_text_equal(a->medium, b->medium) && att_text_equal(a->text, b->text));
    CHECK_EQ(a->tag_count, b->tag_count);
    for (size_t i = 0; i < a->tag_count; i++)
        CHECK(att_text_equal(a->tags[i], b->tags[i]));
    CHECK_EQ(a->feature_count, b->feature_count);
    for (size_t i = 0; i < a->feature_count; i++)
        CHECK(att_text_equal(a->features[i].name, b->features[i].name) &&
              a->features[i].value == b->features[i].value);
    CHECK_EQ(a->vector_dim, b->vector_dim);
    for (size_t i = 0; i < a->vector_dim; i++)
        CHECK(a->vector[i] == b->vector[i]);
    CHECK_EQ(a->duration_ms, b->duration_ms);
    CHECK_EQ(a->published_at_ms, b->published_at_ms);
    CHECK_EQ(a->age_rating, b->age_rating);
    CHECK(a->boost == b->boost);
    CHECK_EQ(a->rights_known, b->rights_known);
    CHECK_EQ(a->licence_count, b->licence_count);
    for (size_t i = 0; i < a->licence_count; i++) {
        const att_licence *la = &a->licences[i], *lb = &b->licences[i];
        CHECK(la->start_ms == lb->start_ms && la->end_ms == lb->end_ms && la->uses == lb->uses);
        CHECK_EQ(la->include_count, lb->include_count);
        CHECK_EQ(la->exclude_count, lb->exclude_count);
        CHECK(!la->include_count ||
              memcmp(la->include, lb->include, la->include_count * sizeof *la->include) == 0);
    }
}

CHECK_TEST(an_item_comes_back)
{
    CHECK_BEGIN();
    setup(12);
    att_bytes bytes = {0};
    for (int i = 0; i < 2000; i++) {
        att_arena_reset(&arena);
        bytes.count = 0;
        const att_item item = random_item();
        CHECK_OK(att_item_write_json(&host, &bytes, &item, NULL));
        att_event event;
        att_item back;
        att_fault fault;
        const att_line_kind kind =
            att_line_read((att_text){bytes.items, bytes.count - 1}, &arena, &event, &back, &fault);
        if (kind != ATT_LINE_ITEM)
            print_error("%s: %s: %.*s", fault.field, fault.reason, (int)bytes.count, bytes.items);
        CHECK_EQ(kind, ATT_LINE_ITEM);
        check_same_item(&item, &back);
    }
    ATT_VEC_FREE(&host, &bytes);
    att_arena_deinit(&arena);
}

CHECK_TEST(a_hand_written_event_has_this_line)
{
    CHECK_BEGIN();
    host = att_host_default();
    att_bytes bytes = {0};
    const att_event event = {.user = ATT_LIT("anna"),
        .item = ATT_LIT("a\"b"),
        .at_ms = 1000,
        .signal = ATT_SIGNAL_RATING,
        .value = 4.5f,
        .position_ms = -1,
        .length_ms = -1,
        .dwell_ms = 7,
        .decision = 255,
        .context = {.device = ATT_DEVICE_TV, .utc_offset_min = 60}};
    CHECK_OK(att_event_write_json(&host, &bytes, &event, NULL));
    CHECK_TEXT(((att_text){bytes.items, bytes.count}),
        "{\"user\":\"anna\",\"item\":\"a\\\"b\",\"at\":1000,\"signal\":\"rating\",\"value\":4.5,"
        "\"dwell_ms\":7,"
        "\"decision\":\"00000000000000ff\",\"context\":{\"device\":\"tv\",\"utc_offset_min\":60}}"
        "\n");
    ATT_VEC_FREE(&host, &bytes);
}

CHECK_TEST(without_memory_nothing_is_begun)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host failing = check_host(&heap);
    const att_event event = {.user = ATT_LIT("anna"), .signal = ATT_SIGNAL_LIKE, .value = NAN};
    for (uint64_t n = 1;; n++) {
        att_bytes bytes = {0};
        CHECK(att_json_put(&failing, &bytes, "x\n", 2));
        heap.fail_at = n;
        const att_status status = att_event_write_json(&failing, &bytes, &event, NULL);
        const bool failed = status != ATT_OK;
        CHECK(!failed || (status == ATT_NO_MEMORY && bytes.count == 2));
        heap.fail_at = 0;
        ATT_VEC_FREE(&failing, &bytes);
        CHECK_EQ(heap.bytes_live, 0);
        if (!failed)
            break;
    }
}

CHECK_TEST(bytes_that_are_not_utf8_are_replaced)
{
    CHECK_BEGIN();
    host = att_host_default();
    att_bytes bytes = {0};
    CHECK(att_json_put_text(&host, &bytes,
        (att_text){"a\xFF"
                   "b\xC3",
            4}));
    CHECK_TEXT(((att_text){bytes.items, bytes.count}), "\"a\xEF\xBF\xBD"
                                                       "b\xEF\xBF\xBD\"");
    ATT_VEC_FREE(&host, &bytes);
}

CHECK_MAIN(CHECK_CASE(an_event_comes_back), CHECK_CASE(an_item_comes_back),
    CHECK_CASE(a_hand_written_event_has_this_line), CHECK_CASE(without_memory_nothing_is_begun),
    CHECK_CASE(bytes_that_are_not_utf8_are_replaced))
