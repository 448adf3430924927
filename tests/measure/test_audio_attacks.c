// SPDX-License-Identifier: Apache-2.0
// Attacks do what their names say, and the rates count what they should.
#include "../guard/sounds.h"

#include "measure/audio_attacks.h"

static double power(const att_audio *a)
{
    double sum = 0;
    for (size_t i = 0; i < a->frames; i++)
        sum += (double)a->samples[i] * (double)a->samples[i];
    return sum / (double)a->frames;
}

static att_audio attacked(const att_audio *from, const att_audio *other, att_audio_attack attack)
{
    att_audio out;
    att_error err;
    att_rng rng = att_rng_seed(7);
    CHECK_OK_ERR(att_audio_attacked(&out, att_audio_view(from), att_audio_view(other), attack, &rng, NULL, &err), &err);
    return out;
}

CHECK_TEST(lengths_follow_tempo_and_speed)
{
    CHECK_BEGIN();
    att_audio music = music_by_dice(1, 6), other = music_by_dice(2, 6);
    static const struct {
        att_audio_attack attack;
        double length;
    } rows[] = {{ATT_AUDIO_NONE, 1}, {ATT_AUDIO_TEMPO_UP_5, 1 / 1.05}, {ATT_AUDIO_TEMPO_DOWN_5, 1 / 0.95}, {ATT_AUDIO_SPEED_UP_2, 1 / 1.02},
        {ATT_AUDIO_PITCH_UP, 1}, {ATT_AUDIO_PITCH_DOWN, 1}, {ATT_AUDIO_CLIPPED, 1}, {ATT_AUDIO_REVERSED, 1}};
    for (size_t i = 0; i < ATT_COUNT_OF(rows); i++) {
        att_audio out = attacked(&music, &other, rows[i].attack);
        CHECK_NEAR((double)out.frames / (double)music.frames, rows[i].length, 2e-3);
        att_audio_deinit(&out);
    }
    att_audio_deinit(&music);
    att_audio_deinit(&other);
}

CHECK_TEST(noise_and_other_tracks_are_as_loud_as_said)
{
    CHECK_BEGIN();
    static const struct {
        att_audio_attack attack;
        double ratio_db;
    } rows[] = {{ATT_AUDIO_WHITE_10, 10}, {ATT_AUDIO_WHITE_0, 0}, {ATT_AUDIO_PINK_10, 10}, {ATT_AUDIO_MIXED_6, 6}, {ATT_AUDIO_MIXED_0, 0}};
    att_audio music = music_by_dice(1, 6), other = music_by_dice(2, 6);
    for (size_t i = 0; i < ATT_COUNT_OF(rows); i++) {
        att_audio out = attacked(&music, &other, rows[i].attack);
        for (size_t k = 0; k < out.frames; k++)
            out.samples[k] -= music.samples[k];
        CHECK_NEAR(10 * log10(power(&music) / power(&out)), rows[i].ratio_db, 0.1);
        att_audio_deinit(&out);
    }
    att_audio_deinit(&music);
    att_audio_deinit(&other);
}

// How many times a second a tone crosses zero upwards.
static double hertz(const att_audio *a)
{
    size_t crossings = 0;
    for (size_t i = a->frames / 4; i < a->frames * 3 / 4; i++)
        crossings += a->samples[i - 1] < 0 && a->samples[i] >= 0;
    return (double)crossings * a->rate_hz / (double)(a->frames * 3 / 4 - a->frames / 4);
}

CHECK_TEST(tempo_keeps_the_tone_and_pitch_moves_it)
{
    CHECK_BEGIN();
    att_audio tone;
    CHECK_OK(att_audio_init(&tone, 16000, 1, 8000, NULL, NULL));
    for (size_t i = 0; i < tone.frames; i++)
        tone.samples[i] = (float)(0.5 * sin(2 * M_PI * 440 * (double)i / 8000));
    static const struct {
        att_audio_attack attack;
        double hz;
    } rows[] = {{ATT_AUDIO_TEMPO_UP_5, 440}, {ATT_AUDIO_TEMPO_DOWN_2, 440}, {ATT_AUDIO_SPEED_UP_5, 462}, {ATT_AUDIO_PITCH_UP, 466.16},
        {ATT_AUDIO_PITCH_DOWN, 415.3}};
    for (size_t i = 0; i < ATT_COUNT_OF(rows); i++) {
        att_audio out = attacked(&tone, &tone, rows[i].attack);
        CHECK_NEAR(hertz(&out), rows[i].hz, 4);
        att_audio_deinit(&out);
    }
    att_audio_deinit(&tone);
}

CHECK_TEST(mp3_comes_back_nearly_the_same)
{
    CHECK_BEGIN();
    att_audio music = music_by_dice(3, 4), out;
    att_rng rng = att_rng_seed(1);
    att_error err;
    const att_status status = att_audio_attacked(&out, att_audio_view(&music), att_audio_view(&music), ATT_AUDIO_MP3_64, &rng, NULL, &err);
    if (status == ATT_UNSUPPORTED) {
        att_audio_deinit(&music);
        CHECK_SKIP("this libsndfile writes no MP3");
    }
    CHECK_OK_ERR(status, &err);
    CHECK_EQ(out.frames, music.frames);
    CHECK_NEAR(10 * log10(power(&out) / power(&music)), 0, 1);
    bool differs = false;
    for (size_t i = 0; i < out.frames; i++)
        differs |= out.samples[i] != music.samples[i];
    CHECK(differs);
    att_audio_deinit(&out);
    att_audio_deinit(&music);
}

static void on_look(void *user, const att_print_look *look)
{
    CHECK(look->begin_s >= 0 && look->path);
    ++*(size_t *)user;
}

CHECK_TEST(rates_count_what_is_known_and_what_is_not)
{
    CHECK_BEGIN();
    enum { FILES = 3 };
    static char names[FILES][512];
    const char *paths[FILES + 1];
    for (int i = 0; i < FILES; i++) {
        att_audio music = music_by_dice(40 + (uint64_t)i, 12);
        snprintf(names[i], sizeof names[i], "%s/%d.wav", check_folder(), i);
        CHECK_OK(att_audio_write(att_audio_view(&music), names[i], NULL, NULL));
        att_audio_deinit(&music);
        paths[i] = names[i];
    }
    paths[FILES] = "not there.wav"; // passed over
    static att_print_rates r;
    att_error err;
    size_t looks = 0;
    const att_print_measure_options options = {.seconds = 5, .on_look = on_look, .user = &looks};
    CHECK_OK_ERR(att_print_measure(paths, FILES + 1, &options, NULL, &r, &err), &err);
    CHECK_EQ(r.known, 2);
    CHECK_EQ(r.foreign, 1);
    const att_print_rate *none = &r.rates[ATT_AUDIO_NONE];
    CHECK_EQ(none->looked, 2);
    CHECK_EQ(none->found, 2);
    CHECK_EQ(none->placed, 2);
    CHECK_EQ(none->wrong, 0);
    CHECK_EQ(none->foreign_looked, 1);
    CHECK_EQ(none->alarms, 0);
    CHECK(r.rates[ATT_AUDIO_MIXED_6].looked == 2 && !r.rates[ATT_AUDIO_MIXED_6].impossible);
    CHECK_NEAR(none->found_share.mean, 1, 1e-12);
    CHECK(none->found_share.low < 0.5);
    CHECK(r.foreign_most < r.score_least);
    CHECK(looks >= 3 * (ATT_AUDIO_ATTACK_COUNT - 4));
    CHECK_FAILS(att_print_measure(paths, 2, &options, NULL, &r, &err), ATT_INSUFFICIENT);
    CHECK_FAILS(att_print_measure(paths, 2, &(att_print_measure_options){.seconds = 1000}, NULL, &r, &err), ATT_INVALID);
}

CHECK_MAIN(CHECK_CASE(lengths_follow_tempo_and_speed), CHECK_CASE(noise_and_other_tracks_are_as_loud_as_said),
    CHECK_CASE(tempo_keeps_the_tone_and_pitch_moves_it), CHECK_CASE(mp3_comes_back_nearly_the_same),
    CHECK_CASE(rates_count_what_is_known_and_what_is_not))
