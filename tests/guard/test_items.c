// SPDX-License-Identifier: Apache-2.0
// An item is refused with the name of the field that is wrong.
#include "check.h"

#include "attune/engine.h"
#include "base/base.h"

#include <math.h>

static att_item plain_item(void)
{
    return (att_item){.id = ATT_LIT("i1"), .title = ATT_LIT("A title"), .medium = ATT_LIT("music")};
}

static void check_refused(const att_item *item, att_status wanted, const char *says)
{
    att_error err = {0};
    const att_status status = att_item_check(item, &err);
    CHECK_EQ(status, wanted);
    CHECK_HOLDS(err.text, says);
    CHECK_EQ(att_item_check(item, NULL), wanted);
}

CHECK_TEST(territories_read_back_as_written)
{
    CHECK_BEGIN();
    att_territory territory = 7;
    char name[3];
    CHECK(att_territory_parse(ATT_LIT("DE"), &territory));
    CHECK_EQ(territory, 'D' << 8 | 'E');
    att_territory_name(territory, name);
    CHECK_STR(name, "DE");
    CHECK(att_territory_parse(ATT_LIT("at"), &territory));
    att_territory_name(territory, name);
    CHECK_STR(name, "AT");
    CHECK(att_territory_parse(ATT_LIT(""), &territory));
    CHECK_EQ(territory, 0);
    att_territory_name(0, name);
    CHECK_STR(name, "");
    CHECK(!att_territory_parse(ATT_LIT("D"), &territory));
    CHECK(!att_territory_parse(ATT_LIT("D1"), &territory));
    CHECK(!att_territory_parse(ATT_LIT("DEU"), &territory));
}

CHECK_TEST(uses_read_back_as_written)
{
    CHECK_BEGIN();
    uint32_t all = 0;
    for (uint32_t bit = 1; bit <= ATT_USE_TRAIN; bit <<= 1) {
        uint32_t back = 0;
        CHECK(att_use_parse(att_text_of(att_use_name(bit)), &back));
        CHECK_EQ(back, bit);
        all |= bit;
    }
    uint32_t bit = 0;
    CHECK_EQ(all, ATT_USE_ALL);
    CHECK(!att_use_parse(ATT_LIT("broadcast"), &bit));
    CHECK_STR(att_use_name(3), "?");
}

CHECK_TEST(a_full_item_is_fine)
{
    CHECK_BEGIN();
    const att_text tags[] = {ATT_LIT("jazz"), ATT_LIT("caf\xC3\xA9")};
    const att_feature features[] = {{ATT_LIT("energy"), 0.5}};
    const float vector[2] = {1, -1};
    const att_territory in[] = {'D' << 8 | 'E'}, out[] = {'A' << 8 | 'T'};
    const att_licence licences[] = {{INT64_MIN, INT64_MAX, ATT_USE_ALL, in, 1, out, 1}};
    att_item item = plain_item();
    item.text = ATT_LIT("two\nlines\tand \xF0\x9F\x8E\xB5");
    item.tags = tags;
    item.tag_count = 2;
    item.features = features;
    item.feature_count = 1;
    item.vector = vector;
    item.vector_dim = 2;
    item.published_at_ms = -1000000000000; // 1938
    item.age_rating = 21;
    item.boost = -1;
    item.rights_known = true;
    item.licences = licences;
    item.licence_count = 1;
    att_error err = {0};
    CHECK_OK_ERR(att_item_check(&item, &err), &err);
}

CHECK_TEST(bad_texts_are_refused)
{
    CHECK_BEGIN();
    static const char *const bad[] = {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82",
        "\x80", "\xFF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF"};
    att_item item = plain_item();
    for (size_t i = 0; i < ATT_COUNT_OF(bad); i++) {
        item.title = att_text_of(bad[i]);
        check_refused(&item, ATT_INVALID, "title is not UTF-8 at byte 0");
    }
    item.title = ATT_LIT("a\nb");
    check_refused(&item, ATT_INVALID, "item i1: title holds a control character at byte 1");
    item = plain_item();
    item.id = ATT_LIT("");
    check_refused(&item, ATT_INVALID, "id has 0 bytes, expected 1 to 255");
    item = plain_item();
    const att_text tags[] = {ATT_LIT("a"), ATT_LIT("")};
    item.tags = tags;
    item.tag_count = 2;
    check_refused(&item, ATT_INVALID, "tag 2: tag has 0 bytes");
    item.tag_count = 65;
    check_refused(&item, ATT_LIMIT, "65 tags, at most 64");
}

CHECK_TEST(bad_numbers_are_refused)
{
    CHECK_BEGIN();
    att_item item = plain_item();
    item.age_rating = 22;
    check_refused(&item, ATT_INVALID, "age_rating is 22, expected 0 to 21");
    item = plain_item();
    item.boost = NAN;
    check_refused(&item, ATT_INVALID, "boost is");
    item = plain_item();
    item.duration_ms = -1;
    check_refused(&item, ATT_INVALID, "duration_ms is -1");
    item = plain_item();
    item.published_at_ms = INT64_MAX;
    check_refused(&item, ATT_INVALID, "published_at_ms");
    item = plain_item();
    const att_feature features[] = {{ATT_LIT("energy"), INFINITY}};
    item.features = features;
    item.feature_count = 1;
    check_refused(&item, ATT_INVALID, "feature energy is not a finite number");
    item = plain_item();
    const float vector[2] = {0, NAN};
    item.vector = vector;
    item.vector_dim = 2;
    check_refused(&item, ATT_INVALID, "vector[1] is not a finite number");
}

CHECK_TEST(bad_licences_are_refused)
{
    CHECK_BEGIN();
    att_licence licence = {.start_ms = 5, .end_ms = 5, .uses = ATT_USE_STREAM};
    att_item item = plain_item();
    item.licences = &licence;
    item.licence_count = 1;
    check_refused(&item, ATT_INVALID, "rights_known is false");
    item.rights_known = true;
    check_refused(&item, ATT_INVALID, "licence 1: it ends at 5, not after its start at 5");
    licence.end_ms = 6;
    licence.uses = 0;
    check_refused(&item, ATT_INVALID, "uses is 0x0");
    licence.uses = 32;
    check_refused(&item, ATT_INVALID, "uses is 0x20");
    licence.uses = ATT_USE_ALL;
    const att_territory bad[] = {'D' << 8 | 'E', 'd' << 8 | 'e'};
    licence.include = bad;
    licence.include_count = 2;
    check_refused(&item, ATT_INVALID, "include territory 2 is 0x6465");
    item.licence_count = 65;
    check_refused(&item, ATT_LIMIT, "65 licences");
}

CHECK_MAIN(CHECK_CASE(territories_read_back_as_written), CHECK_CASE(uses_read_back_as_written),
    CHECK_CASE(a_full_item_is_fine), CHECK_CASE(bad_texts_are_refused),
    CHECK_CASE(bad_numbers_are_refused), CHECK_CASE(bad_licences_are_refused))
