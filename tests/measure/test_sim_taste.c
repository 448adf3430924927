// SPDX-License-Identifier: Apache-2.0
// What simulated people like: something that content tells about, that the moment bends, that
// repetition dulls and that time changes.
#include "check.h"

#include "measure/sim_world.h"

#include <math.h>

static att_world *small_world(void)
{
    att_world_options o = att_world_options_default();
    o.people = 300;
    o.events = 2000; // the history is not looked at here
    o.seed = 21;
    att_world *world;
    att_error err;
    CHECK_OK_ERR(att_world_create(&world, &o, NULL, &err), &err);
    return world;
}

static double correlation(const double *x, const double *y, size_t count)
{
    double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
    for (size_t i = 0; i < count; i++) {
        sx += x[i];
        sy += y[i];
        sxx += x[i] * x[i];
        syy += y[i] * y[i];
        sxy += x[i] * y[i];
    }
    const double n = (double)count;
    return (sxy - sx * sy / n) / sqrt((sxx - sx * sx / n) * (syy - sy * sy / n));
}

enum { PAIRS = 400, PEOPLE = 250 };

CHECK_TEST(things_alike_in_content_are_liked_by_the_same_people)
{
    CHECK_BEGIN();
    att_world *world = small_world();
    const int64_t at_ms = att_world_options_of(world).start_ms;
    att_rng rng = att_rng_seed(5);
    double alike[PAIRS], shared[PAIRS];
    for (int pair = 0; pair < PAIRS; pair++) {
        const sim_list *music = &world->by_medium[SIM_MUSIC];
        const size_t a = music->items[att_rng_below(&rng, music->count)];
        const size_t b = music->items[att_rng_below(&rng, music->count)];
        const att_item *x = att_world_item(world, a), *y = att_world_item(world, b);
        double ux[PEOPLE], uy[PEOPLE];
        for (size_t p = 0; p < PEOPLE; p++) {
            ux[p] = att_world_utility(world, p, a, NULL, at_ms);
            uy[p] = att_world_utility(world, p, b, NULL, at_ms);
        }
        shared[pair] = correlation(ux, uy, PEOPLE);
        alike[pair] = 0;
        for (size_t d = 0; d < x->vector_dim; d++)
            alike[pair] += x->vector[d] * y->vector[d];
    }
    const double told = correlation(alike, shared, PAIRS);
    CHECK_NOTE("correlation of content likeness and shared liking: %.3f", told);
    CHECK(told > 0.2);
    CHECK(told < 0.9); // content is not the whole truth
    att_world_destroy(world);
}

// Mean over people of the correlation between the worth of all things now and `days` later.
static double steadiness(const att_world *world, uint32_t days)
{
    const int64_t start_ms = att_world_options_of(world).start_ms;
    double sum = 0;
    for (size_t p = 0; p < 100; p++) {
        double now[200], then[200];
        for (size_t i = 0; i < 200; i++) {
            now[i] = att_world_utility(world, p, i, NULL, start_ms);
            then[i] = att_world_utility(world, p, i, NULL, start_ms + days * SIM_DAY_MS);
        }
        sum += correlation(now, then, 200) / 100;
    }
    return sum;
}

CHECK_TEST(tastes_drift_with_the_days)
{
    CHECK_BEGIN();
    att_world *world = small_world();
    const double week = steadiness(world, 7), month = steadiness(world, 30),
                 all = steadiness(world, 60);
    CHECK_NOTE("steadiness after 7, 30, 60 days: %.4f %.4f %.4f", week, month, all);
    CHECK(week > month && month > all);
    CHECK(week > 0.97);
    CHECK(all < 0.97 && all > 0.7); // changed, not exchanged
    att_world_destroy(world);
}

CHECK_TEST(a_jump_exchanges_one_interest)
{
    CHECK_BEGIN();
    att_world *world = small_world();
    uint32_t jumps = 0;
    for (uint32_t p = 0; p < world->person_count; p++) {
        const sim_person *person = &world->people[p];
        if (person->jump_ms == INT64_MAX)
            continue;
        jumps++;
        sim_moment before, after;
        att_sim_moment_init(&before, world, person, NULL, person->jump_ms - 1, NULL);
        att_sim_moment_init(&after, world, person, NULL, person->jump_ms, NULL);
        for (unsigned m = 0; m < person->interest_count; m++) {
            const double moved = fabs((double)after.centre[3][m] - (double)before.centre[3][m]);
            if (m == person->jump_interest)
                CHECK_NEAR(moved, fabs((double)person->jump[3]), 1e-4);
            else
                CHECK_NEAR(moved, 0, 1e-5);
        }
    }
    CHECK(jumps > 40 && jumps < 120); // 1 - exp(-90 / 300) of 300 is 78
    att_world_destroy(world);
}

// Mean energy of the twenty things that are worth most now.
static double energy_wanted(const att_world *world, size_t person, att_activity activity)
{
    const att_context context = {.activity = (uint8_t)activity};
    const int64_t at_ms = att_world_options_of(world).start_ms;
    static double worth[2000];
    double sum = 0;
    for (size_t i = 0; i < 2000; i++)
        worth[i] = att_world_utility(world, person, i, &context, at_ms);
    for (int best = 0; best < 20; best++) {
        size_t top = 0;
        for (size_t i = 1; i < 2000; i++)
            top = worth[i] > worth[top] ? i : top;
        worth[top] = -1;
        const att_item *item = att_world_item(world, top);
        CHECK_TEXT(item->features[0].name, "energy");
        sum += item->features[0].value / 20;
    }
    return sum;
}

CHECK_TEST(workouts_want_energy_and_sleep_wants_calm)
{
    CHECK_BEGIN();
    att_world *world = small_world();
    double workout = 0, sleep = 0;
    for (size_t p = 0; p < 40; p++) {
        workout += energy_wanted(world, p, ATT_ACTIVITY_WORKOUT) / 40;
        sleep += energy_wanted(world, p, ATT_ACTIVITY_SLEEP) / 40;
    }
    CHECK_NOTE("energy of the best: workout %.3f, sleep %.3f", workout, sleep);
    CHECK(workout > sleep + 0.15);
    att_world_destroy(world);
}

static double value_now(const att_world *world, const sim_mind *mind, uint32_t item, int64_t at_ms)
{
    sim_moment moment;
    att_sim_moment_init(&moment, world, &world->people[0], NULL, at_ms, mind);
    return att_sim_value(&moment, item);
}

CHECK_TEST(repetition_bores_and_time_heals)
{
    CHECK_BEGIN();
    att_world *world = small_world();
    const sim_person *person = &world->people[0];
    const sim_list *list = &world->by_theme[0][SIM_MUSIC];
    CHECK(list->count > 3);
    const uint32_t item = list->items[0], other = list->items[1];
    const int64_t t = world->options.start_ms;
    sim_mind *mind = calloc(1, sizeof *mind);
    mind->bored_ms = t;
    const double fresh = value_now(world, mind, other, t);
    for (int i = 0; i < 6; i++)
        att_sim_had(mind, world, person, item, t);
    const double bored = value_now(world, mind, other, t);
    const double again = value_now(world, mind, item, t);
    const double later = value_now(world, mind, other, t + 3 * SIM_DAY_MS);
    CHECK(bored < fresh - 0.3);                           // more of the same theme
    CHECK(again < value_now(world, NULL, item, t) - 1.3); // the very same thing
    CHECK(later > bored);
    CHECK(value_now(world, mind, other, t + 40 * SIM_DAY_MS) > fresh - 0.2);
    free(mind);
    att_world_destroy(world);
}

CHECK_TEST(memory_keeps_the_newest_of_many)
{
    CHECK_BEGIN();
    att_world *world = small_world();
    sim_mind *mind = calloc(1, sizeof *mind);
    for (uint32_t i = 0; i < 1000; i++)
        att_sim_had(mind, world, &world->people[0], i, (int64_t)i * SIM_MINUTE_MS);
    uint32_t newest = 0, oldest = 0;
    for (uint32_t i = 0; i < 100; i++) {
        newest += att_sim_last_had(mind, 999 - i) == 999 - (int64_t)i;
        oldest += att_sim_last_had(mind, i) >= 0;
    }
    CHECK_EQ(newest, 100);
    CHECK_EQ(oldest, 0);
    free(mind);
    att_world_destroy(world);
}

CHECK_TEST(clickbait_lures_and_disappoints)
{
    CHECK_BEGIN();
    att_world *world = small_world();
    double lure[2] = {0}, value[2] = {0}, count[2] = {0};
    for (size_t p = 0; p < 50; p++) {
        sim_moment moment;
        att_sim_moment_init(&moment, world, &world->people[p], NULL, world->options.start_ms, NULL);
        for (uint32_t i = 0; i < world->item_count; i++) {
            const int bait = att_world_is_clickbait(world, i);
            lure[bait] += att_sim_lure(&moment, i);
            value[bait] += att_sim_value(&moment, i);
            count[bait]++;
        }
    }
    CHECK_NEAR(count[1] / (count[0] + count[1]), 0.05, 0.02);
    CHECK(lure[1] / count[1] > lure[0] / count[0] + 0.8);
    CHECK(value[1] / count[1] < value[0] / count[0] - 0.8);
    att_world_destroy(world);
}

// --- The catalogue -----------------------------------------------------------------------------

CHECK_TEST(rights_come_in_the_stated_kinds)
{
    CHECK_BEGIN();
    att_world *world = small_world();
    const att_world_options o = att_world_options_of(world);
    double open = 0, limited = 0, excluded = 0, opens = 0, closes = 0, staggered = 0, none = 0,
           preview = 0;
    double fresh = 0;
    for (size_t i = 0; i < 2000; i++) {
        const att_item *item = att_world_item(world, i);
        fresh += item->published_at_ms >= o.start_ms;
        none += !item->rights_known;
        staggered += item->licence_count == 2;
        if (item->licence_count != 1)
            continue;
        const att_licence *l = item->licences;
        limited += l->include_count > 0;
        excluded += l->exclude_count > 0;
        closes += l->end_ms != INT64_MAX;
        preview += l->uses == ATT_USE_PREVIEW;
        opens += l->start_ms != INT64_MIN && l->start_ms != item->published_at_ms;
        open += l->include_count + l->exclude_count == 0 && l->end_ms == INT64_MAX &&
                l->uses != ATT_USE_PREVIEW &&
                (l->start_ms == INT64_MIN || l->start_ms == item->published_at_ms);
    }
    CHECK_NEAR(open / 2000, 0.78, 0.04);
    CHECK_NEAR(limited / 2000, 0.08, 0.025);
    CHECK_NEAR(excluded / 2000, 0.04, 0.02);
    CHECK_NEAR(opens / 2000, 0.025, 0.015);
    CHECK_NEAR(closes / 2000, 0.025, 0.015);
    CHECK_NEAR(staggered / 2000, 0.02, 0.015);
    CHECK_NEAR(none / 2000, 0.02, 0.015);
    CHECK_NEAR(preview / 2000, 0.01, 0.01);
    CHECK_NEAR(fresh / 2000, 0.13, 0.03);
    att_world_destroy(world);
}

CHECK_TEST(a_licence_holds_from_its_start_to_just_before_its_end_where_it_says)
{
    CHECK_BEGIN();
    att_world *world = small_world();
    const att_territory here = 'D' << 8 | 'E', there = 'U' << 8 | 'S';
    const att_licence licence = {.start_ms = 1000,
        .end_ms = 2000,
        .uses = ATT_USE_STREAM,
        .include = &here,
        .include_count = 1};
    att_item *item = &world->views[0];
    item->published_at_ms = 0;
    item->age_rating = 16;
    item->licences = &licence;
    item->licence_count = 1;
    CHECK(!att_world_eligible(world, 0, here, 16, 999));
    CHECK(att_world_eligible(world, 0, here, 16, 1000));
    CHECK(att_world_eligible(world, 0, here, 16, 1999));
    CHECK(!att_world_eligible(world, 0, here, 16, 2000));
    CHECK(!att_world_eligible(world, 0, here, 15, 1500));
    CHECK(!att_world_eligible(world, 0, there, 16, 1500));
    item->published_at_ms = 1700;
    CHECK(!att_world_eligible(world, 0, here, 16, 1500));
    att_world_destroy(world);
}

typedef struct binge_seen {
    const att_world *world;
    att_text tag;
    uint32_t count;
    int64_t last_ms;
} binge_seen;

static att_status see_binge(void *user, const att_event *e, att_error *err)
{
    binge_seen *seen = user;
    (void)err;
    const att_item *item = att_world_item(seen->world, att_world_item_find(seen->world, e->item));
    bool tagged = false;
    for (size_t t = 0; t < item->tag_count; t++)
        tagged |= att_text_equal(item->tags[t], seen->tag);
    CHECK(tagged && e->signal == ATT_SIGNAL_PLAY && e->position_ms == e->length_ms &&
          e->at_ms > seen->last_ms);
    seen->last_ms = e->at_ms;
    seen->count++;
    return ATT_OK;
}

CHECK_TEST(a_binge_is_one_tag_all_night)
{
    CHECK_BEGIN();
    att_world *world = small_world();
    const int64_t night_ms = att_world_options_of(world).start_ms + 25 * SIM_HOUR_MS;
    binge_seen seen = {world, att_text_of("ambient"), 0, night_ms};
    att_error err;
    CHECK_OK_ERR(att_world_binge(world, 3, seen.tag, night_ms, 12, see_binge, &seen, &err), &err);
    CHECK_EQ(seen.count, 12);
    CHECK_FAILS(
        att_world_binge(world, 3, att_text_of("polka"), night_ms, 2, see_binge, &seen, &err),
        ATT_NOT_FOUND);
    CHECK_HOLDS(err.text, "polka");
    att_world_destroy(world);
}

static int compare_texts(const void *a, const void *b)
{
    const att_text *x = a, *y = b;
    const int order = memcmp(x->data, y->data, x->size < y->size ? x->size : y->size);
    return order ? order : (x->size > y->size) - (x->size < y->size);
}

CHECK_TEST(titles_differ_and_things_are_complete)
{
    CHECK_BEGIN();
    att_world *world = small_world();
    static att_text titles[2000];
    att_names tags;
    const att_host host = att_host_default();
    att_names_init(&tags, &host);
    for (size_t i = 0; i < 2000; i++) {
        const att_item *item = att_world_item(world, i);
        titles[i] = item->title;
        CHECK(item->title.size > 3 && item->text.size > 30 && item->tag_count >= 2);
        CHECK(item->feature_count >= 5 && item->vector_dim == SIM_VECTOR && item->duration_ms > 0);
        CHECK(item->age_rating >= 0 && item->age_rating <= 18 && fabs(item->boost) <= 1);
        CHECK_EQ(att_world_item_find(world, item->id), i);
        for (size_t t = 0; t < item->tag_count; t++)
            CHECK(att_names_add(&tags, item->tags[t]) != ATT_NO_INDEX);
    }
    CHECK(tags.count >= 55 && tags.count <= 70);
    qsort(titles, 2000, sizeof *titles, compare_texts);
    for (size_t i = 1; i < 2000; i++)
        CHECK(!att_text_equal(titles[i - 1], titles[i]));
    att_names_deinit(&tags);
    att_world_destroy(world);
}

CHECK_MAIN(CHECK_CASE(things_alike_in_content_are_liked_by_the_same_people),
    CHECK_CASE(tastes_drift_with_the_days), CHECK_CASE(a_jump_exchanges_one_interest),
    CHECK_CASE(workouts_want_energy_and_sleep_wants_calm),
    CHECK_CASE(repetition_bores_and_time_heals), CHECK_CASE(memory_keeps_the_newest_of_many),
    CHECK_CASE(clickbait_lures_and_disappoints), CHECK_CASE(rights_come_in_the_stated_kinds),
    CHECK_CASE(a_licence_holds_from_its_start_to_just_before_its_end_where_it_says),
    CHECK_CASE(a_binge_is_one_tag_all_night), CHECK_CASE(titles_differ_and_things_are_complete))
