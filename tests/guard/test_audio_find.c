// SPDX-License-Identifier: Apache-2.0
// A recording is found by ten seconds of it, whatever was done to them; what is not known is not found.
#include "sounds.h"

#include "guard/audio_prints.h"

enum { TRACKS = 6 };
static const double track_s = 32;

static att_prints *known_tracks(void)
{
    att_prints *prints;
    CHECK_OK(att_prints_create(&prints, NULL, NULL));
    for (uint64_t i = 0; i < TRACKS; i++) {
        char name[16];
        att_error err;
        att_audio track = music_by_dice(100 + i, track_s);
        snprintf(name, sizeof name, "track %d", (int)i);
        CHECK_OK_ERR(att_prints_add(prints, name, att_audio_view(&track), &err), &err);
        att_audio_deinit(&track);
    }
    return prints;
}

// Played faster and so higher: every sample is read between two.
static att_audio sped(att_sound sound, double speed)
{
    att_audio out;
    CHECK_OK(att_audio_init(&out, (size_t)((double)sound.frames / speed) - 1, 1, sound.rate_hz, NULL, NULL));
    for (size_t i = 0; i < out.frames; i++) {
        const double at = (double)i * speed;
        const size_t low = (size_t)at;
        out.samples[i] = (float)(sound.samples[low] + (at - (double)low) * (sound.samples[low + 1] - sound.samples[low]));
    }
    return out;
}

static void noisy(att_audio *audio, double ratio_db, uint64_t seed)
{
    att_rng rng = att_rng_seed(seed);
    double power = 0;
    for (size_t i = 0; i < audio->frames; i++)
        power += audio->samples[i] * audio->samples[i] / (double)audio->frames;
    const double level = sqrt(power * pow(10, -ratio_db / 10));
    for (size_t i = 0; i < audio->frames; i++)
        audio->samples[i] += (float)(level * att_rng_normal(&rng));
}

CHECK_TEST(ten_seconds_tell_the_track_and_the_place)
{
    CHECK_BEGIN();
    att_prints *prints = known_tracks();
    for (uint64_t i = 0; i < TRACKS; i++) {
        att_print_match found[ATT_PRINT_FOUND_MAX];
        size_t count;
        att_audio track = music_by_dice(100 + i, track_s);
        CHECK_OK(att_prints_find(prints, part_of(&track, 11.3, 10), NULL, found, &count, NULL));
        CHECK(count >= 1);
        CHECK_EQ(found[0].index, i);
        CHECK_NEAR(found[0].there_from_s - found[0].from_s, 11.3, 0.05);
        CHECK_NEAR(found[0].tempo, 1, 0.003);
        CHECK_NEAR(found[0].pitch_semitones, 0, 0.05);
        CHECK(found[0].shared > 0.7);
        att_audio_deinit(&track);
    }
    att_prints_destroy(prints);
}

// Stereo: what is in the middle, and a little of another track on the sides; then the right channel upside down.
CHECK_TEST(a_channel_upside_down_hides_nothing)
{
    CHECK_BEGIN();
    att_prints *prints = known_tracks();
    static const double sides[] = {0, 0.2};
    for (size_t s = 0; s < sizeof sides / sizeof sides[0]; s++) {
        att_print_match found[ATT_PRINT_FOUND_MAX];
        size_t count;
        att_audio middle = music_by_dice(102, track_s), side = music_by_dice(900, track_s), stereo;
        CHECK_OK(att_audio_init(&stereo, 10 * middle.rate_hz, 2, middle.rate_hz, NULL, NULL));
        for (size_t i = 0; i < stereo.frames; i++) {
            const double a = middle.samples[i + 7 * middle.rate_hz], b = sides[s] * side.samples[i];
            stereo.samples[2 * i] = (float)(a + b);
            stereo.samples[2 * i + 1] = (float)-(a - b);
        }
        CHECK_OK(att_prints_find(prints, att_audio_view(&stereo), NULL, found, &count, NULL));
        CHECK(count >= 1);
        CHECK_EQ(found[0].index, 2);
        CHECK_NEAR(found[0].there_from_s - found[0].from_s, 7, 0.05);
        att_audio_deinit(&stereo);
        att_audio_deinit(&side);
        att_audio_deinit(&middle);
    }
    att_prints_destroy(prints);
}

CHECK_TEST(noise_and_another_speed_are_seen_through)
{
    CHECK_BEGIN();
    static const double speeds[] = {0.95, 1, 1.05};
    att_prints *prints = known_tracks();
    for (uint64_t i = 0; i < TRACKS; i++) {
        att_print_match found[ATT_PRINT_FOUND_MAX];
        size_t count;
        att_audio track = music_by_dice(100 + i, track_s), other = sped(part_of(&track, 20, 10), speeds[i % 3]);
        noisy(&other, 10, i);
        CHECK_OK(att_prints_find(prints, att_audio_view(&other), NULL, found, &count, NULL));
        CHECK(count >= 1);
        CHECK_EQ(found[0].index, i);
        CHECK_NEAR(found[0].tempo, speeds[i % 3], 0.01);
        CHECK_NEAR(found[0].pitch_semitones, 12 * log2(speeds[i % 3]), 0.1);
        att_audio_deinit(&other);
        att_audio_deinit(&track);
    }
    att_prints_destroy(prints);
}

CHECK_TEST(what_is_not_known_is_not_found)
{
    CHECK_BEGIN();
    att_prints *prints = known_tracks();
    att_print_match found[ATT_PRINT_FOUND_MAX];
    size_t count;
    for (uint64_t i = 0; i < 6; i++) {
        att_audio track = music_by_dice(900 + i, 12);
        CHECK_OK(att_prints_find(prints, att_audio_view(&track), NULL, found, &count, NULL));
        CHECK_EQ(count, 0);
        att_audio_deinit(&track);
    }
    att_audio nothing;
    CHECK_OK(att_audio_init(&nothing, 80000, 1, 8000, NULL, NULL));
    CHECK_OK(att_prints_find(prints, att_audio_view(&nothing), NULL, found, &count, NULL));
    CHECK_EQ(count, 0);
    att_error err;
    CHECK_FAILS(att_prints_add(prints, "silence", att_audio_view(&nothing), &err), ATT_INSUFFICIENT);
    CHECK_HOLDS(err.text, "silence");
    nothing.frames = 100;
    CHECK_OK(att_prints_find(prints, att_audio_view(&nothing), NULL, found, &count, NULL));
    CHECK_EQ(count, 0);
    nothing.frames = 80000;
    att_audio_deinit(&nothing);
    att_prints_destroy(prints);
}

CHECK_MAIN(CHECK_CASE(ten_seconds_tell_the_track_and_the_place), CHECK_CASE(a_channel_upside_down_hides_nothing), CHECK_CASE(noise_and_another_speed_are_seen_through),
    CHECK_CASE(what_is_not_known_is_not_found))
