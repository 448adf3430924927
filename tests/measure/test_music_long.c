// SPDX-License-Identifier: Apache-2.0
// The figures of music are those that can be counted by hand.
#include "check.h"

#include "measure/music_long.h"

#include <math.h>

static att_error err;

static att_music_item song(double tempo, double valence, double rated)
{
    return (att_music_item){.tempo_bpm = tempo, .tonic = 9, .mode = 2, .found = {valence, NAN, 0.5}, .rated = {rated, NAN, NAN}};
}

static att_music_report make(att_music_begun *begun, size_t count, const att_music_item *items, size_t item_count)
{
    const att_host host = att_host_default();
    const att_music_report_options options = att_music_report_options_default();
    att_music_report report;
    CHECK_OK_ERR(att_music_report_make(&report, &options, begun, count, items, item_count, &host, &err), &err);
    return report;
}

CHECK_TEST(workouts_count_what_lies_within_ten_beats)
{
    CHECK_BEGIN();
    const att_music_item items[] = {song(130, 0, 0), song(140, 0, 0), song(140.5, 0, 0), song(65, 0, 0), song(NAN, 0, 0), song(260, 0, 0)};
    att_music_begun begun[] = {{1, 0, 0, true, false}, {2, 0, 1, true, false}, {3, 0, 2, true, false}, {4, 0, 3, true, false}, {5, 0, 4, true, false},
        {6, 0, 5, true, true}, {7, 0, 2, false, false}, {8, 0, 77, true, false}};
    const att_music_report r = make(begun, ATT_COUNT_OF(begun), items, ATT_COUNT_OF(items));
    CHECK_EQ(r.begun, 8);
    CHECK_EQ(r.workout_begun, 7);
    CHECK_EQ(r.workout_known, 5);
    CHECK_EQ(r.workout_within, 2);
    CHECK_EQ(r.workout_within_octave, 4);
    CHECK_EQ(r.left_early, 1);
    CHECK_EQ(r.items_with_tempo, 5);
}

CHECK_TEST(moods_are_held_against_peoples_ratings)
{
    CHECK_BEGIN();
    // Spearman's is 1 where the order agrees, whatever the distances; Pearson's by hand: x 0 1 2 3 against 0 1 4 9 gives 0.9583.
    const att_music_item items[] = {song(1, 0, 0), song(1, 0.1, 0.1), song(1, 0.2, 0.4), song(1, 0.3, 0.9), song(1, 0.5, NAN), song(1, NAN, 0.5)};
    const att_music_report r = make(NULL, 0, items, ATT_COUNT_OF(items));
    CHECK_EQ(r.moods[0].items, 4);
    CHECK_NEAR(r.moods[0].spearman, 1, 1e-12);
    CHECK_NEAR(r.moods[0].pearson, 0.958315, 1e-6);
    CHECK_NEAR(r.moods[0].distance, 0.2, 1e-12);
    CHECK_EQ(r.moods[1].items, 0);
    CHECK(isnan(r.moods[1].pearson));
    const double same[] = {1, 1, 1}, rising[] = {1, 2, 3}, falling[] = {3, 2, 1};
    CHECK(isnan(att_correlation(same, rising, 3)));
    CHECK(isnan(att_correlation(rising, falling, 2)));
    CHECK_NEAR(att_correlation(rising, falling, 3), -1, 1e-12);
}

CHECK_TEST(near_identical_tracks_crowd_a_window_of_half_an_hour)
{
    CHECK_BEGIN();
    const int64_t minute = 60000;
    // 0, 1, 2 are one sound, 3 is another; the last has none of the figures.
    const att_music_item items[] = {song(120, 0, 0), song(121, 0, 0), song(119, 0, 0), song(90, 0, 0), song(NAN, 0, 0)};
    CHECK(att_music_near(&items[0], &items[1], 0.98));
    CHECK(!att_music_near(&items[0], &items[3], 0.98));
    CHECK(!att_music_near(&items[4], &items[4], 0.98)); // what is not known is near to nothing else
    att_music_begun begun[] = {// person 1: three near-identical ones in twenty minutes; the third crowds
        {0, 1, 0, false, false}, {10 * minute, 1, 1, false, false}, {20 * minute, 1, 2, false, false}, {25 * minute, 1, 3, false, false},
        // person 2: the same, an hour apart each
        {0, 2, 0, false, false}, {60 * minute, 2, 1, false, false}, {120 * minute, 2, 2, false, false},
        // person 3: one item three times, of which nothing is known
        {0, 3, 4, false, false}, {1 * minute, 3, 4, false, false}, {2 * minute, 3, 4, false, false}};
    const att_music_report r = make(begun, ATT_COUNT_OF(begun), items, ATT_COUNT_OF(items));
    CHECK_EQ(r.people, 3);
    CHECK_EQ(r.windows, 10);
    CHECK_EQ(r.crowded, 2);
    CHECK_EQ(r.crowded_people, 2);
    CHECK_EQ(r.near_greatest, 3);
    CHECK_EQ(r.in_windows, 1 + 2 + 3 + 4 + 3 + 1 + 2 + 3);
    CHECK_EQ(r.distinct, 1 + 1 + 1 + 2 + 3 + 1 + 1 + 1);
}

CHECK_TEST(vectors_decide_where_there_are_some)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_arena life;
    att_arena_init(&life, &host, 0);
    const float a[] = {3, 4, 0}, b[] = {6, 8, 0.5f}, c[] = {0, 0, 1};
    const att_feature features[] = {{ATT_LIT("tempo_bpm"), 0}, {ATT_LIT("human_valence"), 0.25}};
    const att_item bodies[] = {{.vector = a, .vector_dim = 3}, {.vector = b, .vector_dim = 3}, {.vector = c, .vector_dim = 3, .features = features, .feature_count = 2}};
    att_music_item items[3];
    for (int i = 0; i < 3; i++)
        CHECK(att_music_item_of(&bodies[i], &life, &items[i]));
    CHECK(att_music_near(&items[0], &items[1], 0.98));
    CHECK(!att_music_near(&items[0], &items[1], 0.9999));
    CHECK(!att_music_near(&items[0], &items[2], 0.98));
    CHECK(isnan(items[2].tempo_bpm));
    CHECK_NEAR(items[2].rated[0], 0.25, 0);
    att_arena_deinit(&life);
}

CHECK_MAIN(CHECK_CASE(workouts_count_what_lies_within_ten_beats), CHECK_CASE(moods_are_held_against_peoples_ratings),
    CHECK_CASE(near_identical_tracks_crowd_a_window_of_half_an_hour), CHECK_CASE(vectors_decide_where_there_are_some))
