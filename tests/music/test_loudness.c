// SPDX-License-Identifier: Apache-2.0
// The signals that EBU Tech 3341 and 3342 ask a meter to be right on, made here: sines of 1 kHz, levels in dB of full scale.
// What each must read and its tolerance were compared with what the EBU's own set of test files (version 5, 2016: seq-3341-…, seq-3342-…) is
// published to read: the same in all cases that are here.
#include "sounds.h"

#include "music/loudness.h"
#include "music/true_peak.h"

#include <ebur128.h>

typedef struct stretch {
    double level_db, seconds;
} stretch;

static att_loudness measure(const stretch *parts, size_t count)
{
    double all = 0, at = 0;
    for (size_t i = 0; i < count; i++)
        all += parts[i].seconds;
    att_audio sound = sound_silence(all, 2, 48000);
    for (size_t i = 0; i < count; at += parts[i++].seconds)
        sound_add_sine(&sound, at, parts[i].seconds, 1000, pow(10, parts[i].level_db / 20));
    att_loudness out;
    CHECK_OK(att_loudness_measure(att_audio_view(&sound), &out, NULL));
    att_audio_deinit(&sound);
    return out;
}

#define MEASURE(...) measure((const stretch[]){__VA_ARGS__}, sizeof((const stretch[]){__VA_ARGS__}) / sizeof(stretch))

CHECK_TEST(integrated_loudness_as_tech_3341_cases_1_to_5)
{
    CHECK_BEGIN();
    CHECK_NEAR(MEASURE({-23, 20}).integrated_lufs, -23, 0.1);
    CHECK_NEAR(MEASURE({-33, 20}).integrated_lufs, -33, 0.1);
    CHECK_NEAR(MEASURE({-36, 10}, {-23, 60}, {-36, 10}).integrated_lufs, -23, 0.1);
    CHECK_NEAR(MEASURE({-72, 10}, {-36, 10}, {-23, 60}, {-36, 10}, {-72, 10}).integrated_lufs, -23, 0.1);
    CHECK_NEAR(MEASURE({-26, 20}, {-20, 20.1}, {-26, 20}).integrated_lufs, -23, 0.1);
}

CHECK_TEST(five_channels_as_tech_3341_case_6)
{
    CHECK_BEGIN();
    static const double levels_db[5] = {-28, -28, -24, -30, -30}; // left, right, centre, surrounds
    att_audio sound = sound_silence(20, 5, 48000);
    for (size_t i = 0; i < sound.frames; i++)
        for (size_t c = 0; c < 5; c++)
            sound.samples[i * 5 + c] = (float)(pow(10, levels_db[c] / 20) * sin(2 * M_PI * 1000 * (double)i / 48000));
    att_loudness out;
    CHECK_OK(att_loudness_measure(att_audio_view(&sound), &out, NULL));
    CHECK_NEAR(out.integrated_lufs, -23, 0.1);
    att_audio_deinit(&sound);
}

CHECK_TEST(loudness_range_as_tech_3342_cases_1_to_4)
{
    CHECK_BEGIN();
    CHECK_NEAR(MEASURE({-20, 20}, {-30, 20}).range_lu, 10, 1);
    CHECK_NEAR(MEASURE({-20, 20}, {-15, 20}).range_lu, 5, 1);
    CHECK_NEAR(MEASURE({-40, 20}, {-20, 20}).range_lu, 20, 1);
    CHECK_NEAR(MEASURE({-50, 20}, {-35, 20}, {-20, 20}, {-35, 20}, {-50, 20}).range_lu, 15, 1);
}

static double true_peak_of(const att_audio *sound)
{
    att_true_peak meter;
    att_true_peak_init(&meter, sound->channels, sound->rate_hz);
    for (size_t at = 0; at < sound->frames; at += 777)
        att_true_peak_add(&meter, sound->samples + at * sound->channels, ATT_MIN((size_t)777, sound->frames - at));
    return 20 * log10((double)att_true_peak_tell(&meter));
}

// Tech 3341 cases 15 to 19: a quarter, a sixth, an eighth of the rate at half of full scale, at phases between the samples' peaks: -6 dBTP,
// +0.2 -0.4; the last at 1.41 of full scale: +3 dBTP.
CHECK_TEST(true_peak_as_tech_3341_cases_15_to_19)
{
    CHECK_BEGIN();
    static const double parts[][4] = {{4, 0, 0.5, -6}, {4, 45, 0.5, -6}, {6, 60, 0.5, -6}, {8, 67.5, 0.5, -6}, {4, 45, 1.41, 3}};
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        att_audio sound = sound_silence(1, 1, 48000);
        for (size_t i = 0; i < sound.frames; i++)
            sound.samples[i] = (float)(parts[p][2] * fmin(1, fmin((double)i, (double)(sound.frames - i)) / 4800) * sin(2 * M_PI * (double)i / parts[p][0] + parts[p][1] * M_PI / 180));
        const double peak_db = true_peak_of(&sound);
        CHECK(peak_db > parts[p][3] - 0.4 && peak_db < parts[p][3] + 0.2);
        att_audio_deinit(&sound);
    }
}

CHECK_TEST(true_peak_agrees_with_the_library)
{
    CHECK_BEGIN();
    static const uint32_t rates[] = {44100, 96000, 192000};
    for (size_t r = 0; r < 3; r++) {
        att_audio sound = sound_silence(0.5, 2, rates[r]);
        sound_add_noise(&sound, 0.2, 7 + r);
        sound_add_sine(&sound, 0, 0.5, 9000, 0.4);
        ebur128_state *state = ebur128_init(2, rates[r], EBUR128_MODE_TRUE_PEAK | EBUR128_MODE_M);
        CHECK(state != NULL);
        CHECK_EQ(ebur128_add_frames_float(state, sound.samples, sound.frames), EBUR128_SUCCESS);
        double left = 0, right = 0;
        ebur128_true_peak(state, 0, &left);
        ebur128_true_peak(state, 1, &right);
        ebur128_destroy(&state);
        CHECK_NEAR(true_peak_of(&sound), 20 * log10(fmax(left, right)), 0.35);
        att_audio_deinit(&sound);
    }
}

CHECK_MAIN(CHECK_CASE(integrated_loudness_as_tech_3341_cases_1_to_5), CHECK_CASE(five_channels_as_tech_3341_case_6),
    CHECK_CASE(loudness_range_as_tech_3342_cases_1_to_4), CHECK_CASE(true_peak_as_tech_3341_cases_15_to_19), CHECK_CASE(true_peak_agrees_with_the_library))
