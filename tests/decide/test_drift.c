// SPDX-License-Identifier: Apache-2.0
// What counts as a change, what does not, and what is left of what came before it.
#include "check.h"

#include "base/names.h"
#include "base/rng.h"
#include "decide/drift.h"
#include "signals/situation.h"

#include <math.h>

enum { DAY_S = 86400, FIRST_S = 20000 * DAY_S, TAGS = 40, ITEMS_MAX = 512 };

static att_arena scratch;
static const att_host host = {0};

// A person's history as it grows.
typedef struct history {
    att_taste_item items[ITEMS_MAX];
    uint16_t tags[ITEMS_MAX][4];
    size_t count;
    uint16_t session;
    att_policy policy;
} history;

static bool is_open;

static void end(void)
{
    if (is_open)
        att_arena_deinit(&scratch);
    is_open = false;
}

static history *begin(void)
{
    end();
    is_open = true;
    static history h;
    static att_host full;
    full = att_host_complete(&host);
    h.count = 0;
    h.session = 0;
    h.policy = att_policy_default();
    att_arena_init(&scratch, &full, 0);
    return &h;
}

// A liked thing with a theme and an accompanying tag.
static att_taste_item *like(history *h, double day, uint16_t theme, uint16_t beside)
{
    att_taste_item *item = &h->items[h->count];
    h->tags[h->count][0] = theme;
    h->tags[h->count][1] = beside;
    *item = (att_taste_item){.grade = 0.7,
        .at_s = FIRST_S + (uint32_t)(day * DAY_S),
        .session_rank = ATT_NOT_IN_SESSION,
        .tags = h->tags[h->count],
        .tag_count = 2,
        .session = h->session,
        .days = 1};
    h->count++;
    return item;
}

// Sessions of five things, one a day, by themes in turn.
static void live(history *h, int from_day, int days, const uint16_t *themes, size_t theme_count)
{
    for (int d = 0; d < days; d++) {
        h->session++;
        for (int i = 0; i < 5; i++)
            like(h, from_day + d + 0.5 + i * 0.003, themes[(size_t)(d * 5 + i) % theme_count],
                (uint16_t)(20 + (d + 3 * i) % 8));
    }
}

static void binge(history *h, double day, uint16_t theme, int count)
{
    h->session++;
    for (int i = 0; i < count; i++)
        like(h, day + i * 0.003, theme, (uint16_t)(20 + i % 8));
}

static att_drift find(history *h, double day, uint16_t situation)
{
    const att_taste_moment moment = {.policy = &h->policy,
        .now_ms = (int64_t)(FIRST_S + day * DAY_S) * 1000,
        .situation = situation};
    att_drift drift;
    att_error err = {0};
    att_arena_reset(&scratch);
    CHECK_OK_ERR(att_drift_find(&moment, h->items, h->count, TAGS, NULL, &scratch, &drift, &err), &err);
    return drift;
}

static const uint16_t own[] = {1, 2, 3};

CHECK_TEST(a_steady_person_has_not_changed)
{
    CHECK_BEGIN();
    history *h = begin();
    live(h, 0, 40, own, 3);
    const att_drift drift = find(h, 41, 0);
    CHECK_EQ(drift.changes, 0);
    CHECK_EQ(drift.binge_tag, ATT_NO_INDEX);
    CHECK_EQ(drift.moved_s, 0);
    for (size_t i = 0; i < h->count; i++)
        CHECK_NEAR((double)h->items[i].kept, 1, 0);
    CHECK_EQ(find(begin(), 1, 0).changes, 0); // nobody
    end();
}

CHECK_TEST(a_binge_brings_one_sessions_worth)
{
    CHECK_BEGIN();
    history *h = begin();
    live(h, 0, 20, own, 3);
    binge(h, 20.9, 9, 12);
    const att_drift drift = find(h, 21.4, 0);
    CHECK_EQ(drift.binge_tag, 9);
    CHECK_EQ(drift.binge_count, 12);
    // q = 1, p = 0.5 / 101: evidence 12 ln(202).
    CHECK_NEAR(drift.binge_evidence, 12 * log(202), 1e-9);
    // An ordinary session brings 5 * 0.7, the binge 12 * 0.7.
    CHECK_NEAR(drift.binge_kept, 5.0 / 12, 1e-6);
    CHECK_EQ(drift.changes, 0); // it is over
    CHECK_EQ(drift.moved_s, 0);
    for (size_t i = 0; i < h->count; i++)
        CHECK_NEAR((double)h->items[i].kept, i < 100 ? 1 : 5.0 / 12, 1e-6);
    for (size_t i = 100; i < h->count; i++)
        h->items[i].session_rank = (uint32_t)(h->count - 1 - i);
    CHECK_EQ(find(h, 20.95, 0).changes, ATT_CHANGE_BINGE); // while it runs
    end();
}

CHECK_TEST(an_evening_of_ones_own_themes_is_no_binge)
{
    CHECK_BEGIN();
    history *h = begin();
    live(h, 0, 20, own, 3);
    binge(h, 20.9, 2, 12); // a third of all was of this theme: 12 ln 3 is much, but it is not far
    h->policy.taste.binge_evidence = 14;
    CHECK_EQ(find(h, 21, 0).binge_tag, ATT_NO_INDEX);
    h = begin();
    live(h, 0, 20, own, 3);
    binge(h, 20.9, 9, 5); // too few
    CHECK_EQ(find(h, 21, 0).binge_tag, ATT_NO_INDEX);
    h = begin();
    live(h, 0, 2, own, 3);
    binge(h, 20.9, 9, 12); // of a person hardly known it is the taste itself
    CHECK_EQ(find(h, 21, 0).binge_tag, ATT_NO_INDEX);
    end();
}

CHECK_TEST(sessions_on_other_days_confirm_a_theme)
{
    CHECK_BEGIN();
    history *h = begin();
    live(h, 0, 20, own, 3);
    binge(h, 20.9, 9, 12);
    binge(h, 21.05, 9, 4); // after midnight: another day, another session
    CHECK(find(h, 22, 0).binge_kept < 1 && find(h, 22, 0).binge_tag == 9);
    binge(h, 23.5, 9, 2);
    const att_drift drift = find(h, 24, 0);
    CHECK_EQ(drift.binge_tag, ATT_NO_INDEX);
    for (size_t i = 100; i < 112; i++)
        CHECK_NEAR((double)h->items[i].kept, 1, 0);
    h->policy.taste.confirm_days = 4;
    CHECK_EQ(find(h, 24, 0).binge_tag, 9);
    end();
}

CHECK_TEST(a_lasting_move_fades_what_has_ended_and_keeps_what_goes_on)
{
    CHECK_BEGIN();
    static const uint16_t then[] = {1, 2, 3}, now[] = {3, 10, 11};
    history *h = begin();
    live(h, 0, 40, then, 3);
    live(h, 41, 4, now, 3);
    const att_drift drift = find(h, 45, 0);
    CHECK_EQ(drift.changes, ATT_CHANGE_MOVE);
    CHECK(drift.moved_s > FIRST_S + 40u * DAY_S && drift.moved_s < FIRST_S + 43u * DAY_S);
    CHECK(drift.moved_count >= 15 && drift.moved_days >= 3 && drift.move_evidence > 9);
    double kept_on = 0, ended = 0;
    for (size_t i = 0; i < 200; i++)
        *(h->tags[i][0] == 3 ? &kept_on : &ended) += (double)h->items[i].kept;
    kept_on /= 66;
    ended /= 134;
    CHECK(kept_on > 0.9); // theme and company both go on
    CHECK(ended < 0.65);  // the company does
    for (size_t i = 200; i < h->count; i++)
        CHECK_NEAR((double)h->items[i].kept, 1, 0);
    // The same five days of the old taste: nothing has moved. And one day alone is not lasting.
    h = begin();
    live(h, 0, 40, then, 3);
    live(h, 41, 5, then, 3);
    CHECK_EQ(find(h, 46, 0).moved_s, 0);
    h = begin();
    live(h, 0, 40, then, 3);
    live(h, 41, 1, now, 3);
    CHECK_EQ(find(h, 46, 0).moved_s, 0);
    end();
}

CHECK_TEST(a_move_stays_one_as_time_goes_by)
{
    CHECK_BEGIN();
    static const uint16_t then[] = {1, 2, 3}, now[] = {10, 11, 12};
    history *h = begin();
    live(h, 0, 30, then, 3);
    live(h, 31, 60, now, 3);
    for (int day = 35; day < 300; day += 20) {
        h->count = 150;
        h->session = 30;
        live(h, 31, ATT_MIN(day - 30, 60), now, 3);
        CHECK(find(h, day + 1, 0).moved_s > 0);
    }
    CHECK_EQ(find(h, 300, 0).changes, 0); // but it is no news any more
    end();
}

CHECK_TEST(new_devices_places_and_hours_are_seen_once_the_old_are_known)
{
    CHECK_BEGIN();
    const att_context usual = {ATT_DEVICE_TV, ATT_PLACE_HOME, ATT_ACTIVITY_RELAX, 0, 0};
    const att_context trip = {ATT_DEVICE_PHONE, ATT_PLACE_AWAY, ATT_ACTIVITY_RELAX, 0, 0};
    const int64_t evening_ms = INT64_C(20000) * 86400000 + 19 * 3600000, night_ms = evening_ms + 6 * 3600000;
    history *h = begin();
    live(h, 0, 10, own, 3);
    for (size_t i = 0; i < h->count; i++)
        h->items[i].situation = i < 19 ? att_situation_of(&usual, evening_ms) : 0;
    CHECK_EQ(find(h, 11, att_situation_of(&trip, night_ms)).changes, 0); // too little is known
    for (size_t i = 0; i < h->count; i++)
        h->items[i].situation = att_situation_of(&usual, evening_ms);
    CHECK_EQ(find(h, 11, att_situation_of(&usual, evening_ms)).changes, 0);
    CHECK_EQ(find(h, 11, att_situation_of(&usual, night_ms)).changes, ATT_CHANGE_HOURS);
    CHECK_EQ(find(h, 11, att_situation_of(&trip, evening_ms)).changes, ATT_CHANGE_DEVICE | ATT_CHANGE_PLACE);
    h->items[0].situation = h->items[1].situation = att_situation_of(&trip, evening_ms);
    CHECK_EQ(find(h, 11, att_situation_of(&trip, evening_ms)).changes, 0); // met twice
    end();
}

// The plain twin: each definition of drift.h worked out from the items alone, without sessions, numbers or cuts kept.
static double plain_move_evidence(const history *h, uint32_t before_s)
{
    double mass[2][TAGS] = {{0}}, tags = 0, things[2] = {0}, sum = 0; // of the newer, of the older
    bool met[TAGS] = {0};
    for (size_t i = 0; i < h->count; i++) {
        const int side = h->items[i].at_s <= before_s;
        things[side]++;
        for (size_t t = 0; t < h->items[i].tag_count; t++) {
            mass[side][h->items[i].tags[t]] += 0.5;
            tags += !met[h->items[i].tags[t]];
            met[h->items[i].tags[t]] = true;
        }
    }
    const int model = things[0] <= things[1]; // the better known side
    for (size_t i = 0; i < h->count; i++)
        for (size_t t = 0; t < h->items[i].tag_count && (h->items[i].at_s <= before_s) != model; t++) {
            const double common = 1 / tags;
            sum += 0.5 * log(common / ((mass[model][h->items[i].tags[t]] + 5 * common) / (things[model] + 5)));
        }
    return sum;
}

CHECK_TEST(the_evidence_of_a_move_is_the_plain_formula)
{
    CHECK_BEGIN();
    static const uint16_t then[] = {1, 2, 3}, now[] = {10, 11, 12};
    static const int cuts[] = {1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 540, 730};
    history *h = begin();
    live(h, 0, 40, then, 3);
    live(h, 41, 9, now, 3);
    const att_drift drift = find(h, 50, 0);
    uint32_t newest_s = 0;
    for (size_t i = 0; i < h->count; i++)
        newest_s = ATT_MAX(newest_s, h->items[i].at_s);
    double most = 0;
    for (size_t c = 0; c < ATT_COUNT_OF(cuts); c++) {
        const uint32_t before_s = newest_s - (uint32_t)cuts[c] * DAY_S;
        size_t older = 0;
        for (size_t i = 0; i < h->count; i++)
            older += h->items[i].at_s <= before_s;
        if (older >= 10 && cuts[c] >= 3)
            most = fmax(most, plain_move_evidence(h, before_s));
    }
    CHECK_NEAR(drift.move_evidence, most, 1e-9);
    end();
}

CHECK_MAIN(CHECK_CASE(a_steady_person_has_not_changed), CHECK_CASE(a_binge_brings_one_sessions_worth),
    CHECK_CASE(an_evening_of_ones_own_themes_is_no_binge), CHECK_CASE(sessions_on_other_days_confirm_a_theme),
    CHECK_CASE(a_lasting_move_fades_what_has_ended_and_keeps_what_goes_on),
    CHECK_CASE(a_move_stays_one_as_time_goes_by),
    CHECK_CASE(new_devices_places_and_hours_are_seen_once_the_old_are_known),
    CHECK_CASE(the_evidence_of_a_move_is_the_plain_formula))
