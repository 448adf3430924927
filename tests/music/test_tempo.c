// SPDX-License-Identifier: Apache-2.0
// Beats that were put there are found where they were put, at their tempo, in their bars.
#include "sounds.h"

#include "attune/music.h"

static att_music_analysis analyse(att_audio *sound, att_music_details *details)
{
    att_music_analysis out;
    att_error err;
    CHECK_OK_ERR(att_music_analyse_all(att_audio_view(sound), &out, details, NULL, &err), &err);
    att_audio_deinit(sound);
    return out;
}

static void check_beats(double bpm, int in_bar, double first_s, uint32_t rate_hz)
{
    const double seconds = 24;
    att_audio sound = sound_beats(bpm, in_bar, seconds, first_s, rate_hz);
    att_music_details details;
    const att_music_analysis a = analyse(&sound, &details);
    CHECK_NEAR(a.tempo_bpm, bpm, 0.001 * bpm);
    CHECK(a.tempo_confidence > 0.6);
    CHECK(a.moods & ATT_MOOD_RHYTHMIC);
    CHECK_EQ(a.beats_per_bar, in_bar);
    CHECK_NEAR((double)details.beat_count, (seconds - first_s) * bpm / 60, 2.5);
    for (size_t i = 0; i < details.beat_count; i++) {
        const double place = (details.beats[i].at_s - first_s) * bpm / 60, nearest = round(place);
        CHECK_NEAR((place - nearest) * 60 / bpm, 0, 0.012);
        CHECK_EQ(details.beats[i].in_bar, (int)nearest % in_bar + 1);
    }
    att_music_details_deinit(&details);
}

CHECK_TEST(beats_and_bars_are_found_where_they_are)
{
    CHECK_BEGIN();
    check_beats(120, 4, 0, 44100);
    check_beats(97.3, 4, 0.31, 48000);
    check_beats(141, 3, 0.2, 22050);
    check_beats(102, 4, 0.1, 8000);
}

CHECK_TEST(the_other_readings_of_a_tempo_are_told)
{
    CHECK_BEGIN();
    att_audio sound = sound_beats(174, 4, 20, 0, 22050);
    const att_music_analysis a = analyse(&sound, NULL);
    double sum = 0;
    bool half = false, whole = false;
    for (uint32_t i = 0; i < a.tempo_count; i++) {
        sum += a.tempos[i].share;
        CHECK(i == 0 || a.tempos[i].share <= a.tempos[i - 1].share);
        for (uint32_t k = 0; k < i; k++)
            CHECK(fabs(a.tempos[i].bpm / a.tempos[k].bpm - 1) > 0.005); // each is another one
        half |= fabs(a.tempos[i].bpm - 87) < 0.5;
        whole |= fabs(a.tempos[i].bpm - 174) < 0.5;
    }
    CHECK(half && whole);
    CHECK_NEAR(sum, 1, 1e-9);
}

CHECK_TEST(what_has_no_beat_is_not_given_one)
{
    CHECK_BEGIN();
    att_audio sound = sound_silence(10, 2, 44100);
    att_music_details details;
    att_music_analysis a = analyse(&sound, &details);
    CHECK_EQ(a.tempo_count, 0);
    CHECK_NEAR(a.tempo_bpm, 0, 0);
    CHECK_EQ(details.beat_count, 0);
    CHECK_EQ(a.beats_per_bar, 0);
    CHECK_EQ(a.key.mode, ATT_KEY_NONE);
    CHECK(isinf(a.loudness_lufs) && a.loudness_lufs < 0);
    att_music_details_deinit(&details);
    sound = sound_silence(20, 1, 44100);
    sound_add_noise(&sound, 0.3, 1);
    a = analyse(&sound, NULL);
    CHECK(a.tempo_confidence < 0.3);
    sound = sound_silence(10, 1, 44100);
    sound_add_sine(&sound, 0, 10, 440, 0.5);
    a = analyse(&sound, NULL);
    CHECK(a.tempo_confidence < 0.3);
    CHECK(a.harmonicity > 0.9);
    sound = sound_silence(8, 1, 8000);
    for (int h = 1; h < 90; h++)
        sound_add_sine(&sound, 0, 8, 40.0 * h, 0.2 / h); // a steady low tone of many partials
    a = analyse(&sound, NULL);
    CHECK_EQ(a.tempo_count, 0);
    sound = sound_silence(3, 1, 44100); // two strokes are no beat
    sound_add_stroke(&sound, 0.5, 200, 0.05, 0.5);
    sound_add_stroke(&sound, 1.1, 200, 0.05, 0.5);
    a = analyse(&sound, NULL);
    CHECK_EQ(a.tempo_count, 0);
}

// Chords of a bar each over beats that are all alike; one bar in the middle has a fifth beat.
CHECK_TEST(a_beat_too_many_does_not_shift_all_bars_after_it)
{
    CHECK_BEGIN();
    enum { BEATS = 145, ODD = 72 };
    static const int roots[4] = {0, 5, 7, 3};
    const double beat_s = 0.5;
    att_audio sound = sound_silence(BEATS * beat_s, 1, 11025);
    att_music_details d;
    for (int i = 0; i < BEATS; i++) {
        const int place = i <= ODD ? i : i - 1;
        sound_add_stroke(&sound, i * beat_s, 300, 0.03, 0.3);
        for (int n = 0; n < 3; n++)
            sound_add_tone(&sound, i * beat_s, beat_s, 261.63 * pow(2, (roots[place / 4 % 4] + 4 * n - (n == 2)) / 12.0), 0.08);
    }
    const att_music_analysis a = analyse(&sound, &d);
    CHECK_EQ(a.beats_per_bar, 4);
    CHECK_NEAR(a.tempo_bpm, 120, 0.2);
    size_t wrong = 0, firsts = 0;
    for (size_t i = 0; i < d.beat_count; i++) {
        const int beat = (int)lround(d.beats[i].at_s / beat_s), place = beat <= ODD ? beat : beat - 1;
        firsts += d.beats[i].in_bar == 1;
        wrong += (d.beats[i].in_bar == 1) != (place % 4 == 0);
    }
    CHECK(firsts >= 35);
    CHECK(wrong <= 2); // the fifth beat itself
    att_music_details_deinit(&d);
}

CHECK_MAIN(CHECK_CASE(beats_and_bars_are_found_where_they_are), CHECK_CASE(the_other_readings_of_a_tempo_are_told),
    CHECK_CASE(what_has_no_beat_is_not_given_one), CHECK_CASE(a_beat_too_many_does_not_shift_all_bars_after_it))
