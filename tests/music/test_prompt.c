// SPDX-License-Identifier: Apache-2.0
// A prompt is understood as it says: numbers, ranges, relations, keys, negations, synonyms; what is not understood is told; tracks are
// ranked as the prompt asks.
#include "check.h"

#include "attune/prompt.h"
#include "base/base.h"

#include <math.h>

static att_music_prompt read_prompt(const char *text)
{
    att_music_prompt p;
    att_error err = {0};
    CHECK_OK_ERR(att_music_prompt_read(&p, att_text_of(text), &err), &err);
    return p;
}

static void check_range(const att_prompt_range *range, double least, double most)
{
    CHECK(range->given);
    CHECK((isinf(least) && isinf(range->least)) || fabs(range->least - least) < 1e-9);
    CHECK((isinf(most) && isinf(range->most)) || fabs(range->most - most) < 1e-9);
}

static const att_prompt_term *term(const att_music_prompt *p, const char *name)
{
    for (size_t i = 0; i < p->term_count; i++)
        if (strncmp(p->terms[i].names, name, strlen(name)) == 0)
            return &p->terms[i];
    return NULL;
}

static bool ignored(const att_music_prompt *p, const char *text, const char *wanted)
{
    for (size_t i = 0; i < p->ignored_count; i++)
        if (strlen(wanted) == p->ignored[i].end - p->ignored[i].begin && strncmp(text + p->ignored[i].begin, wanted, strlen(wanted)) == 0)
            return true;
    return false;
}

CHECK_TEST(the_prompt_of_the_plan_is_understood_whole)
{
    CHECK_BEGIN();
    const att_music_prompt p = read_prompt("high-energy synth pop, 120-128 BPM, minor, no vocals");
    check_range(&p.tempo_bpm, 120, 128);
    check_range(&p.axes[ATT_AXIS_ENERGY], 0.65, 1);
    CHECK_STR(p.mode, "minor");
    CHECK_EQ(p.tonic, -1);
    CHECK_EQ(p.vocals, ATT_WISH_WITHOUT);
    CHECK(term(&p, "synth pop") && !term(&p, "synth pop")->unwanted);
    CHECK_EQ(p.term_count, 1);
    CHECK_EQ(p.ignored_count, 0);
    CHECK_EQ(p.understood_count, 5);
    CHECK_STR(p.understood[2].meaning, "tempo 120 to 128 BPM");
    CHECK_EQ(p.understood[2].begin, 23);
    CHECK_EQ(p.understood[2].end, 34);
    CHECK(p.vector[ATT_AXIS_ENERGY] > 0.7 && p.weight[ATT_AXIS_ENERGY] > 0);
}

CHECK_TEST(numbers_and_their_relations)
{
    CHECK_BEGIN();
    static const struct {
        const char *text;
        double least, most;
    } tempos[] = {{"120 bpm", 119, 121}, {"around 90 bpm", 85.5, 94.5}, {"~90", 85.5, 94.5}, {"under 100 bpm", -HUGE_VAL, 100},
        {"over 140bpm", 140, HUGE_VAL}, {"between 110 and 120 bpm", 110, 120}, {"110 to 120", 110, 120}, {"110\xE2\x80\x93" "120 bpm", 110, 120},
        {"at least 130 bpm", 130, HUGE_VAL}, {"no more than 80 bpm", -HUGE_VAL, 80}, {"over 100 bpm, under 120 bpm", 100, 120}, {">125 bpm", 125, HUGE_VAL},
        {"slow", 55, 80}, {"mid-tempo", 90, 120}, {"very fast", 160, 210}, {"not fast", -HUGE_VAL, 120}, {"not slow", 80, HUGE_VAL},
        {"123.5 bpm", 122.5, 124.5}, {"running", 150, 185}, {"for a workout, 130 bpm", 129, 131}};
    for (size_t i = 0; i < ATT_COUNT_OF(tempos); i++) {
        const att_music_prompt p = read_prompt(tempos[i].text);
        check_range(&p.tempo_bpm, tempos[i].least, tempos[i].most);
        CHECK_EQ(p.ignored_count, 0);
    }
    static const struct {
        const char *text;
        double least, most;
    } lengths[] = {{"3:30", 189, 231}, {"under 3 minutes", -HUGE_VAL, 180}, {"2 to 4 min", 120, 240}, {"at least 1 hour", 3600, HUGE_VAL},
        {"about 30 seconds", 24, 36}, {"10 minutes long", 540, 660}, {"3:00-4:00", 180, 240}};
    for (size_t i = 0; i < ATT_COUNT_OF(lengths); i++) {
        const att_music_prompt p = read_prompt(lengths[i].text);
        check_range(&p.duration_s, lengths[i].least, lengths[i].most);
        CHECK(!p.tempo_bpm.given);
    }
    static const struct {
        const char *text;
        double least, most;
    } years[] = {{"80s", 1980, 1989}, {"from the 1990s", 1990, 1999}, {"90's", 1990, 1999}, {"2020s", 2020, 2029}, {"from 1985", 1985, 1985},
        {"1975-1985", 1975, 1985}, {"before 1970", -HUGE_VAL, 1969}, {"after 2010", 2010, HUGE_VAL}};
    for (size_t i = 0; i < ATT_COUNT_OF(years); i++) {
        const att_music_prompt p = read_prompt(years[i].text);
        check_range(&p.year, years[i].least, years[i].most);
        CHECK(!p.tempo_bpm.given);
    }
}

CHECK_TEST(keys_and_modes)
{
    CHECK_BEGIN();
    static const struct {
        const char *text, *mode;
        int tonic;
    } keys[] = {{"A minor", "minor", 9}, {"F# dorian", "dorian", 6}, {"in Bb major", "major", 10}, {"C sharp minor", "minor", 1}, {"E-flat major", "major", 3},
        {"minor", "minor", -1}, {"in the key of D", "", 2}, {"g moll", "minor", 7}, {"C\xE2\x99\xAF minor", "minor", 1}, {"a song in lydian", "lydian", -1},
        {"a happy song", "", -1}};
    for (size_t i = 0; i < ATT_COUNT_OF(keys); i++) {
        const att_music_prompt p = read_prompt(keys[i].text);
        CHECK_EQ(p.tonic, keys[i].tonic);
        CHECK_STR(p.mode, keys[i].mode);
    }
}

CHECK_TEST(negations_end_where_their_clause_ends)
{
    CHECK_BEGIN();
    att_music_prompt p = read_prompt("not sad, piano without drums or bass, jazz");
    CHECK(term(&p, "sad")->unwanted);
    CHECK(!term(&p, "piano")->unwanted);
    CHECK(term(&p, "drums")->unwanted);
    CHECK(term(&p, "bass")->unwanted);
    CHECK(!term(&p, "jazz")->unwanted);
    check_range(&p.axes[ATT_AXIS_VALENCE], 0.4, 1);
    p = read_prompt("no guitar but with strings");
    CHECK(term(&p, "guitar")->unwanted);
    CHECK(!term(&p, "strings")->unwanted);
    p = read_prompt("not instrumental");
    CHECK_EQ(p.vocals, ATT_WISH_WITH);
    p = read_prompt("female vocals");
    CHECK_EQ(p.vocals, ATT_WISH_WITH);
    p = read_prompt("not high energy");
    check_range(&p.axes[ATT_AXIS_ENERGY], 0, 0.65);
    // Each word pulls the vector to its side, and what is unwanted to the other.
    CHECK(read_prompt("happy").vector[ATT_AXIS_VALENCE] > 0.8);
    CHECK(read_prompt("not happy").vector[ATT_AXIS_VALENCE] < 0.2);
}

CHECK_TEST(synonyms_are_one_meaning_and_the_longest_wins)
{
    CHECK_BEGIN();
    static const char *const same[] = {"drum and bass", "dnb", "Drum & Bass", "DRUM'N'BASS", "jungle"};
    for (size_t i = 0; i < ATT_COUNT_OF(same); i++) {
        const att_music_prompt p = read_prompt(same[i]);
        CHECK_EQ(p.term_count, 1);
        CHECK(term(&p, "drum and bass") != NULL);
    }
    CHECK_EQ(read_prompt("lo-fi hip hop").term_count, 2);
    CHECK(term(&(att_music_prompt){0}, "pop") == NULL);
    const att_music_prompt p = read_prompt("indie pop");
    CHECK_EQ(p.term_count, 1);
    CHECK(term(&p, "indie") != NULL);
}

CHECK_TEST(what_is_not_understood_is_told)
{
    CHECK_BEGIN();
    static const char text[] = "a zydeco waltz for my grandmother, 95 bpm";
    att_music_prompt p = read_prompt(text);
    CHECK_EQ(p.ignored_count, 3);
    CHECK(ignored(&p, text, "zydeco") && ignored(&p, text, "waltz") && ignored(&p, text, "grandmother"));
    p = read_prompt("");
    CHECK_EQ(p.understood_count + p.ignored_count, 0);
    p = read_prompt("12345678901234567890 bpm");
    CHECK(!p.tempo_bpm.given);
    att_error err;
    char *long_text = calloc(1, ATT_PROMPT_SIZE_MAX + 2);
    memset(long_text, 'x', ATT_PROMPT_SIZE_MAX + 1);
    CHECK_FAILS(att_music_prompt_read(&p, att_text_of(long_text), &err), ATT_LIMIT);
    free(long_text);
    CHECK_FAILS(att_music_prompt_read(&p, att_text_of("caf\xE9"), &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "byte 4");
}

// --- Ranking ----------------------------------------------------------------------------------------------------

typedef struct track {
    const char *id, *tag;
    double tempo, energy, valence, minor, vocals;
    double seconds;
} track;

// Ten tracks that differ in what prompts ask for.
static const track tracks[] = {{"anthem", "synth pop", 124, 0.85, 0.8, 1, 1, 200}, {"night-drive", "synth pop", 122, 0.8, 0.5, 2, 0, 220},
    {"slow-synth", "synth pop", 84, 0.4, 0.4, 2, 0, 240}, {"bounce", "house", 126, 0.8, 0.7, 2, 0, 360}, {"rage", "metal", 180, 0.97, 0.15, 2, 1, 260},
    {"lullaby", "ambient", 60, 0.08, 0.55, 1, 0, 600}, {"trio", "jazz", 132, 0.45, 0.6, 1, 0, 300}, {"torch", "jazz", 66, 0.3, 0.2, 2, 1, 250},
    {"study", "lofi", 82, 0.28, 0.5, 2, 0, 150}, {"march", "soundtrack", 96, 0.75, 0.6, 1, 0, 180}};

static double score_of(const att_music_prompt *p, const track *t)
{
    const att_feature features[] = {{ATT_LIT("tempo_bpm"), t->tempo}, {ATT_LIT("energy"), t->energy}, {ATT_LIT("arousal"), t->energy},
        {ATT_LIT("valence"), t->valence}, {ATT_LIT("key_mode"), t->minor}, {ATT_LIT("vocals"), t->vocals}};
    const att_text tags[] = {att_text_of(t->tag)};
    const att_item item = {.id = att_text_of(t->id), .tags = tags, .tag_count = 1, .features = features, .feature_count = ATT_COUNT_OF(features),
        .duration_ms = (int64_t)(t->seconds * 1000)};
    att_prompt_fit fit;
    att_music_prompt_fit(p, &item, &fit);
    CHECK(fit.score >= 0 && fit.score <= 1 && (fit.missed == 0) == (fit.why[0] == 0));
    return fit.score;
}

static const char *best(const char *text, double *score)
{
    const att_music_prompt p = read_prompt(text);
    const char *name = "";
    *score = -1;
    for (size_t i = 0; i < ATT_COUNT_OF(tracks); i++)
        if (score_of(&p, &tracks[i]) > *score) {
            *score = score_of(&p, &tracks[i]);
            name = tracks[i].id;
        }
    return name;
}

CHECK_TEST(queries_with_known_answers)
{
    CHECK_BEGIN();
    static const struct {
        const char *text, *answer;
    } known[] = {{"high-energy synth pop, 120-128 BPM, minor, no vocals", "night-drive"}, {"happy synth pop with vocals", "anthem"},
        {"house, around 125 bpm", "bounce"}, {"something for sleep", "lullaby"}, {"sad jazz, slow", "torch"}, {"jazz, not sad, without vocals", "trio"},
        {"lofi for studying", "study"}, {"angry metal", "rage"}, {"under 90 bpm, synth pop", "slow-synth"}, {"epic soundtrack under 4 minutes", "march"},
        {"calm, at least 8 minutes", "lullaby"}, {"major, over 130 bpm", "trio"}};
    for (size_t i = 0; i < ATT_COUNT_OF(known); i++) {
        double score;
        const char *found = best(known[i].text, &score);
        CHECK_NOTE("%s: %s, %.2f", known[i].text, found, score);
        CHECK_STR(found, known[i].answer);
        CHECK(score >= 0.5); // it misses nothing
    }
}

CHECK_TEST(half_time_counts_twice_the_beats_and_what_is_unknown_is_no_miss)
{
    CHECK_BEGIN();
    const att_music_prompt half = read_prompt("half-time, 70 bpm"), plain = read_prompt("70 bpm");
    const track trap = {"trap", "trap", 140, 0.6, 0.4, 2, 1, 180};
    CHECK(score_of(&half, &trap) >= 0.5);
    CHECK(score_of(&plain, &trap) < 0.5);
    const att_item bare = {.id = ATT_LIT("bare")};
    att_prompt_fit fit;
    const att_music_prompt p = read_prompt("jazz, 120 bpm, no vocals, A minor");
    att_music_prompt_fit(&p, &bare, &fit);
    CHECK_EQ(fit.missed, 0);
    CHECK_EQ(fit.unknown, 4);
    CHECK(fit.score < 0.5); // less than anything that meets it
}

CHECK_TEST(one_listener_in_two_situations_gets_two_orders)
{
    CHECK_BEGIN();
    const att_context gym = {.activity = ATT_ACTIVITY_WORKOUT}, bed = {.activity = ATT_ACTIVITY_SLEEP, .noise = ATT_NOISE_QUIET}, none = {0};
    att_music_prompt workout, sleep, nothing;
    CHECK(att_music_prompt_of_context(&workout, &gym));
    CHECK(att_music_prompt_of_context(&sleep, &bed));
    CHECK(!att_music_prompt_of_context(&nothing, &none));
    check_range(&workout.tempo_bpm, 110, 160);
    check_range(&sleep.tempo_bpm, 40, 80);
    CHECK_EQ(sleep.vocals, ATT_WISH_WITHOUT);
    const track *anthem = &tracks[0], *lullaby = &tracks[5];
    CHECK(score_of(&workout, anthem) > 0.5 && score_of(&workout, lullaby) < 0.5);
    CHECK(score_of(&sleep, lullaby) > 0.5 && score_of(&sleep, anthem) < 0.5);
}

CHECK_MAIN(CHECK_CASE(the_prompt_of_the_plan_is_understood_whole), CHECK_CASE(numbers_and_their_relations), CHECK_CASE(keys_and_modes),
    CHECK_CASE(negations_end_where_their_clause_ends), CHECK_CASE(synonyms_are_one_meaning_and_the_longest_wins),
    CHECK_CASE(what_is_not_understood_is_told), CHECK_CASE(queries_with_known_answers),
    CHECK_CASE(half_time_counts_twice_the_beats_and_what_is_unknown_is_no_miss), CHECK_CASE(one_listener_in_two_situations_gets_two_orders))
