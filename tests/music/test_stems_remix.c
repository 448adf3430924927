// SPDX-License-Identifier: Apache-2.0
// Stems are mixed as asked, as far as they can be trusted.
#include "check.h"

#include "attune/stems.h"

#include <math.h>

enum { FRAMES = 44100 };

// Four tones; each stem one of them, in time with a whole number of periods.
static att_stems tones(double expected_db)
{
    static const double hz[] = {200, 80, 600, 2000};
    att_stems out = {0};
    for (int s = 0; s < ATT_STEM_COUNT; s++) {
        CHECK_OK(att_audio_init(&out.stem[s], FRAMES, 1, 44100, NULL, NULL));
        out.expected_db[s] = expected_db;
        for (size_t i = 0; i < FRAMES; i++)
            out.stem[s].samples[i] = (float)(0.1 * sin(2 * M_PI * hz[s] * (double)i / 44100));
    }
    return out;
}

// How much of a stem is in a mix: of orthogonal tones.
static double share(const att_audio *mix, const att_audio *stem)
{
    double ss = 0, sm = 0;
    for (size_t i = 0; i < FRAMES; i++) {
        ss += (double)stem->samples[i] * stem->samples[i];
        sm += (double)stem->samples[i] * mix->samples[i];
    }
    return sm / ss;
}

CHECK_TEST(stems_are_as_loud_as_asked)
{
    CHECK_BEGIN();
    att_stems stems = tones(20);
    att_audio mix;
    att_remix_told told;
    CHECK_OK(att_stems_remix(&mix, &stems, &(att_remix_options){.gain_db = {6, -6, -HUGE_VAL, 0}}, NULL, &told, NULL));
    CHECK_NEAR(share(&mix, &stems.stem[0]), pow(10, 0.3), 1e-4);
    CHECK_NEAR(share(&mix, &stems.stem[1]), pow(10, -0.3), 1e-4);
    CHECK_NEAR(share(&mix, &stems.stem[2]), 0, 1e-4);
    CHECK_NEAR(share(&mix, &stems.stem[3]), 1, 1e-4);
    for (int s = 0; s < ATT_STEM_COUNT; s++)
        CHECK(!told.limited[s]);
    CHECK_NEAR(told.turned_down_db, 0, 0);
    att_audio_deinit(&mix);
    att_stems_deinit(&stems);
}

// At 0 dB: |g - 1| <= 10^(-3/20) = 0.708, so the most is 1.708 (4.65 dB) and the least 0.292 (-10.7 dB).
CHECK_TEST(what_is_split_badly_is_moved_less)
{
    CHECK_BEGIN();
    att_stems stems = tones(0);
    att_audio mix;
    att_remix_told told;
    stems.expected_db[3] = -HUGE_VAL; // nothing found: nothing to spoil
    CHECK_OK(att_stems_remix(&mix, &stems, &(att_remix_options){.gain_db = {12, -HUGE_VAL, 3, 12}}, NULL, &told, NULL));
    CHECK(told.limited[0] && told.limited[1] && !told.limited[2] && !told.limited[3]);
    CHECK_NEAR(told.gain_db[0], 20 * log10(1 + pow(10, -0.15)), 1e-6);
    CHECK_NEAR(told.gain_db[1], 20 * log10(1 - pow(10, -0.15)), 1e-6);
    CHECK_NEAR(told.gain_db[2], 3, 0);
    CHECK_NEAR(share(&mix, &stems.stem[1]), 1 - pow(10, -0.15), 1e-4);
    att_audio_deinit(&mix);
    att_stems_deinit(&stems);
}

// Whatever is expected: asked for all there is and for nothing, a remix gives exactly the limits that are told.
CHECK_TEST(a_remix_goes_as_far_as_its_limits_say)
{
    CHECK_BEGIN();
    for (int i = 0; i < 9; i++) {
        const double expected_db = i == 8 ? -HUGE_VAL : -20 + 5 * i;
        att_stems stems = tones(expected_db);
        att_audio mix;
        att_remix_told told;
        double least_db, most_db;
        att_remix_limits(expected_db, &least_db, &most_db);
        CHECK_OK(att_stems_remix(&mix, &stems, &(att_remix_options){.gain_db = {24, -HUGE_VAL, 0, 0}}, NULL, &told, NULL));
        CHECK_NEAR(told.gain_db[0], most_db, 1e-9);
        CHECK(isinf(least_db) ? isinf(told.gain_db[1]) != 0 : fabs(told.gain_db[1] - least_db) < 1e-9);
        CHECK(least_db <= 0 && most_db >= 0);
        CHECK(i == 8 || isfinite(least_db) == (expected_db < 3));
        att_audio_deinit(&mix);
        att_stems_deinit(&stems);
    }
}

CHECK_TEST(what_would_be_clipped_is_turned_down)
{
    CHECK_BEGIN();
    att_stems stems = tones(40);
    att_audio mix;
    att_remix_told told;
    CHECK_OK(att_stems_remix(&mix, &stems, &(att_remix_options){.gain_db = {24, 0, 0, 0}}, NULL, &told, NULL));
    float peak = 0;
    for (size_t i = 0; i < FRAMES; i++)
        peak = fmaxf(peak, fabsf(mix.samples[i]));
    CHECK_NEAR(peak, 1, 1e-6);
    CHECK(told.turned_down_db > 3);
    att_audio_deinit(&mix);
    att_stems_deinit(&stems);
}

// A stem of 200 and 2000 Hz, alike, in the colour of a sound with 12 dB more of the high one.
CHECK_TEST(a_stem_takes_on_another_colour)
{
    CHECK_BEGIN();
    att_stems stems = tones(40);
    att_audio mix, like;
    att_remix_told told;
    CHECK_OK(att_audio_init(&like, FRAMES, 1, 44100, NULL, NULL));
    for (size_t i = 0; i < FRAMES; i++) {
        like.samples[i] = stems.stem[0].samples[i] + 4 * stems.stem[3].samples[i];
        stems.stem[1].samples[i] = stems.stem[2].samples[i] = 0;
    }
    att_audio both = stems.stem[0], high = stems.stem[3];
    CHECK_OK(att_audio_init(&stems.stem[0], FRAMES, 1, 44100, NULL, NULL));
    CHECK_OK(att_audio_init(&stems.stem[3], FRAMES, 1, 44100, NULL, NULL));
    for (size_t i = 0; i < FRAMES; i++)
        stems.stem[0].samples[i] = both.samples[i] + high.samples[i];
    const att_sound view = att_audio_view(&like);
    CHECK_OK(att_stems_remix(&mix, &stems, &(att_remix_options){.timbre = {&view}}, NULL, &told, NULL));
    CHECK_NEAR(told.timbre_share[0], 1, 0);
    CHECK(share(&mix, &high) / share(&mix, &both) > 2);
    const double power = pow(share(&mix, &high), 2) + pow(share(&mix, &both), 2);
    CHECK_NEAR(power, 2, 0.1); // as loud as before
    att_audio_deinit(&mix);
    att_audio_deinit(&like);
    att_audio_deinit(&both);
    att_audio_deinit(&high);
    att_stems_deinit(&stems);
}

CHECK_TEST(presets_are_known_and_wrong_gains_refused)
{
    CHECK_BEGIN();
    double gain[ATT_STEM_COUNT];
    CHECK(att_remix_preset(att_text_of("workout"), gain));
    CHECK(gain[ATT_STEM_DRUMS] > 0);
    CHECK(att_remix_preset(att_text_of("focus"), gain));
    CHECK(gain[ATT_STEM_VOCALS] < -6);
    CHECK(!att_remix_preset(att_text_of("swimming"), gain));
    att_stems stems = tones(10);
    att_audio mix;
    att_error err;
    CHECK_FAILS(att_stems_remix(&mix, &stems, &(att_remix_options){.gain_db = {0, 40}}, NULL, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "gain of bass: found 40 dB");
    CHECK_FAILS(att_stems_remix(&mix, &stems, &(att_remix_options){.gain_db = {NAN}}, NULL, NULL, &err), ATT_INVALID);
    att_stems_deinit(&stems);
}

CHECK_MAIN(CHECK_CASE(stems_are_as_loud_as_asked), CHECK_CASE(what_is_split_badly_is_moved_less), CHECK_CASE(a_remix_goes_as_far_as_its_limits_say), CHECK_CASE(what_would_be_clipped_is_turned_down),
    CHECK_CASE(a_stem_takes_on_another_colour), CHECK_CASE(presets_are_known_and_wrong_gains_refused))
