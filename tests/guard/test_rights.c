// SPDX-License-Identifier: Apache-2.0
// The rule, worked by hand: windows to the millisecond, territories, uses, ages, and what is said
// about it.
#include "check.h"

#include "guard/rights.h"

enum { DE = 'D' << 8 | 'E', AT = 'A' << 8 | 'T', FR = 'F' << 8 | 'R' };
#define NEW_YEAR_2026_MS INT64_C(1767225600000)

static att_rights *rights;
static att_error err;

static void open_rights(void)
{
    CHECK_OK_ERR(att_rights_create(&rights, NULL, &err), &err);
}

static void put(uint32_t item, const att_licence *licences, size_t count)
{
    const att_item body = {.id = ATT_LIT("i"),
        .medium = ATT_LIT("film"),
        .age_rating = 12,
        .rights_known = true,
        .licences = licences,
        .licence_count = count};
    CHECK_OK_ERR(att_rights_set(rights, item, &body, &err), &err);
}

static att_rights_query ask(att_territory territory, int64_t at_ms)
{
    return (att_rights_query){.territory = territory,
        .age = 18,
        .use = ATT_USE_STREAM,
        .at_ms = at_ms,
        .required = true,
        .medium = ATT_NO_INDEX};
}

static void check_bar(uint32_t item, att_rights_query query, att_bar wanted, const char *says)
{
    char text[160];
    const att_bar bar = att_rights_check(rights, item, &query);
    CHECK_EQ(bar, wanted);
    att_rights_say(rights, item, &query, bar, text, sizeof text);
    CHECK_STR(text, says);
}

CHECK_TEST(a_window_opens_and_closes_to_the_millisecond)
{
    CHECK_BEGIN();
    open_rights();
    const att_licence licence = {
        .start_ms = 1000, .end_ms = NEW_YEAR_2026_MS, .uses = ATT_USE_STREAM};
    put(0, &licence, 1);
    check_bar(0, ask(DE, 999), ATT_BAR_NOT_STARTED, "licence starts 1970-01-01T00:00:01Z");
    check_bar(0, ask(DE, 1000), ATT_BAR_NONE, "");
    check_bar(0, ask(DE, NEW_YEAR_2026_MS - 1), ATT_BAR_NONE, "");
    check_bar(0, ask(DE, NEW_YEAR_2026_MS), ATT_BAR_ENDED, "licence ended 2026-01-01T00:00:00Z");
    const att_licence odd = {.start_ms = INT64_MIN, .end_ms = -1, .uses = ATT_USE_STREAM};
    put(1, &odd, 1);
    check_bar(1, ask(DE, 0), ATT_BAR_ENDED, "licence ended 1969-12-31T23:59:59.999Z");
    check_bar(1, ask(DE, INT64_MIN), ATT_BAR_NONE, "");
    const att_licence ever = {.start_ms = INT64_MIN, .end_ms = INT64_MAX, .uses = ATT_USE_STREAM};
    put(2, &ever, 1);
    check_bar(2, ask(DE, INT64_MAX), ATT_BAR_NONE, "");
    att_rights_destroy(rights);
}

CHECK_TEST(territories_include_and_exclude)
{
    CHECK_BEGIN();
    open_rights();
    const att_territory both[] = {DE, AT}, only_at[] = {AT};
    const att_licence include = {INT64_MIN, INT64_MAX, ATT_USE_STREAM, both, 2, NULL, 0};
    const att_licence exclude = {INT64_MIN, INT64_MAX, ATT_USE_STREAM, NULL, 0, only_at, 1};
    const att_licence mixed = {INT64_MIN, INT64_MAX, ATT_USE_STREAM, both, 2, only_at, 1};
    put(0, &include, 1);
    put(1, &exclude, 1);
    put(2, &mixed, 1);
    check_bar(0, ask(AT, 0), ATT_BAR_NONE, "");
    check_bar(0, ask(FR, 0), ATT_BAR_TERRITORY, "no licence for territory FR");
    check_bar(
        0, ask(0, 0), ATT_BAR_TERRITORY, "licences depend on the territory, which is not known");
    check_bar(1, ask(FR, 0), ATT_BAR_NONE, "");
    check_bar(1, ask(AT, 0), ATT_BAR_TERRITORY, "no licence for territory AT");
    check_bar(
        1, ask(0, 0), ATT_BAR_TERRITORY, "licences depend on the territory, which is not known");
    check_bar(2, ask(DE, 0), ATT_BAR_NONE, "");
    check_bar(2, ask(AT, 0), ATT_BAR_TERRITORY, "no licence for territory AT");
    att_rights_destroy(rights);
}

CHECK_TEST(any_licence_that_holds_is_enough_and_the_nearest_miss_is_told)
{
    CHECK_BEGIN();
    open_rights();
    const att_territory de[] = {DE};
    const att_licence licences[] = {{INT64_MIN, INT64_MAX, ATT_USE_DOWNLOAD, NULL, 0, NULL, 0},
        {0, 100, ATT_USE_STREAM, NULL, 0, NULL, 0}, {50, 200, ATT_USE_STREAM, de, 1, NULL, 0},
        {1000, 2000, ATT_USE_STREAM | ATT_USE_PREVIEW, NULL, 0, NULL, 0}};
    put(0, licences, 4);
    check_bar(0, ask(DE, 150), ATT_BAR_NONE, "");
    check_bar(0, ask(FR, 99), ATT_BAR_NONE, "");
    check_bar(0, ask(FR, 100), ATT_BAR_NOT_STARTED, "licence starts 1970-01-01T00:00:01Z");
    check_bar(0, ask(FR, 2000), ATT_BAR_ENDED, "licence ended 1970-01-01T00:00:02Z");
    att_rights_query remix = ask(DE, 150);
    remix.use = ATT_USE_REMIX;
    check_bar(0, remix, ATT_BAR_USE, "no licence to remix it");
    att_rights_destroy(rights);
}

CHECK_TEST(the_other_bars_come_first)
{
    CHECK_BEGIN();
    open_rights();
    const att_licence licence = {0, 100, ATT_USE_STREAM, NULL, 0, NULL, 0};
    put(5, &licence, 1);
    put(6, NULL, 0);
    check_bar(9, ask(DE, 50), ATT_BAR_NO_BODY, "not in the catalogue");
    check_bar(2, ask(DE, 50), ATT_BAR_NO_BODY, "not in the catalogue");
    check_bar(6, ask(DE, 50), ATT_BAR_NO_LICENCE, "it has no licence");
    att_rights_query query = ask(DE, 50);
    query.required = false;
    check_bar(6, query, ATT_BAR_NO_LICENCE, "it has no licence");
    query = ask(DE, 50);
    query.age = 11;
    check_bar(5, query, ATT_BAR_AGE, "age rating 12");
    query.age = 12;
    check_bar(5, query, ATT_BAR_NONE, "");
    query.medium = att_rights_medium(rights, ATT_LIT("film"));
    check_bar(5, query, ATT_BAR_NONE, "");
    query.medium = att_rights_medium(rights, ATT_LIT("game"));
    check_bar(5, query, ATT_BAR_MEDIUM, "another medium than was asked for");
    CHECK_EQ(att_rights_medium(rights, ATT_LIT("")), ATT_NO_INDEX);
    att_rights_take_down(rights, 5, true);
    check_bar(5, query, ATT_BAR_TAKEN_DOWN, "taken down");
    att_rights_take_down(rights, 5, false);
    check_bar(5, ask(DE, 50), ATT_BAR_NONE, "");
    att_rights_take_down(rights, 1000, true);
    att_rights_destroy(rights);
}

CHECK_TEST(unknown_rights_are_shown_only_where_rights_are_not_required)
{
    CHECK_BEGIN();
    open_rights();
    const att_item body = {.id = ATT_LIT("i")};
    CHECK_OK_ERR(att_rights_set(rights, 0, &body, &err), &err);
    att_rights_query query = ask(0, 50);
    check_bar(0, query, ATT_BAR_NO_LICENCE, "rights are not known, and the policy requires them");
    query.required = false;
    check_bar(0, query, ATT_BAR_NONE, "");
    att_rights_destroy(rights);
}

CHECK_TEST(contracts_that_no_item_uses_any_more_give_their_memory_back)
{
    CHECK_BEGIN();
    open_rights();
    const att_licence keep = {7, 77, ATT_USE_STREAM, NULL, 0, NULL, 0};
    put(1, &keep, 1);
    size_t most = 0;
    for (int64_t i = 0; i < 20000; i++) {
        const att_licence licence = {i, i + 1, ATT_USE_STREAM, NULL, 0, NULL, 0};
        put(0, &licence, 1);
        most = ATT_MAX(most, att_rights_bytes(rights));
    }
    CHECK(most < 200000); // 20,000 kept contracts would be more than 600,000
    check_bar(0, ask(DE, 19999), ATT_BAR_NONE, "");
    check_bar(0, ask(DE, 20000), ATT_BAR_ENDED, "licence ended 1970-01-01T00:00:20Z");
    check_bar(1, ask(DE, 76), ATT_BAR_NONE, "");
    att_rights_destroy(rights);
}

CHECK_TEST(a_shared_contract_costs_an_item_few_bytes)
{
    CHECK_BEGIN();
    open_rights();
    const att_licence licence = {0, 100, ATT_USE_STREAM, NULL, 0, NULL, 0};
    for (uint32_t i = 0; i < 100000; i++)
        put(i, &licence, 1);
    CHECK(att_rights_bytes(rights) / 100000 <= 12); // 8 and the room to grow
    att_rights_destroy(rights);
}

CHECK_TEST(limits_are_named)
{
    CHECK_BEGIN();
    open_rights();
    att_item body = {.id = ATT_LIT("adult"), .age_rating = 22};
    CHECK_FAILS(att_rights_set(rights, 0, &body, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "rights of item adult: age_rating is 22");
    body.age_rating = 0;
    CHECK_FAILS(att_rights_set(rights, ATT_NO_INDEX, &body, &err), ATT_LIMIT);
    att_rights_destroy(rights);
}

CHECK_MAIN(CHECK_CASE(a_window_opens_and_closes_to_the_millisecond),
    CHECK_CASE(territories_include_and_exclude),
    CHECK_CASE(any_licence_that_holds_is_enough_and_the_nearest_miss_is_told),
    CHECK_CASE(the_other_bars_come_first),
    CHECK_CASE(unknown_rights_are_shown_only_where_rights_are_not_required),
    CHECK_CASE(contracts_that_no_item_uses_any_more_give_their_memory_back),
    CHECK_CASE(a_shared_contract_costs_an_item_few_bytes), CHECK_CASE(limits_are_named))
