// SPDX-License-Identifier: Apache-2.0
// Figures are those worked out by hand; the mix, the masks and the ideal are measured alike.
#include "check.h"

#include "base/rng.h"
#include "music/stems_measure.h"

#include <math.h>
#include <sys/stat.h>

CHECK_TEST(si_sdr_is_that_of_a_worked_example)
{
    CHECK_BEGIN();
    // e = 2 s + n with n orthogonal to s: |2 s|^2 = 16, |n|^2 = 4 of |s|^2 = 4: 10 log10(4).
    const float s[] = {1, 1, 1, 1}, e[] = {3, 1, 3, 1}, other[] = {0, 0, 0, 0};
    CHECK_NEAR(att_si_sdr_db(s, e, 4), 10 * log10(4), 1e-9);
    const float half[] = {0.5f, 0.5f, 0.5f, 0.5f};
    CHECK_NEAR(att_si_sdr_db(s, half, 4), 120, 0); // scale does not matter
    CHECK(isnan(att_si_sdr_db(other, s, 4)));
    CHECK_NEAR(att_si_sdr_db(s, other, 4), -80, 0);
}

CHECK_TEST(sdr_is_the_median_over_seconds_in_which_all_sound)
{
    CHECK_BEGIN();
    enum { RATE = 4000, SECONDS = 4 };
    static float s[2][RATE * SECONDS], e[2][RATE * SECONDS];
    static const double noise[SECONDS] = {0.1, 0.01, 1, 0.001};
    for (int i = 0; i < RATE * SECONDS; i++) {
        s[0][i] = i % 2 ? 1 : -1;
        s[1][i] = i / RATE == 3 ? 0 : 1; // silent in the last second, which so does not count
        e[0][i] = s[0][i] + (float)noise[i / RATE];
        e[1][i] = 0.5f;
    }
    const att_sound truth[] = {{s[0], RATE * SECONDS, 1, RATE}, {s[1], RATE * SECONDS, 1, RATE}};
    const att_sound found[] = {{e[0], RATE * SECONDS, 1, RATE}, {e[1], RATE * SECONDS, 1, RATE}};
    double sdr[2];
    att_bss_sdr_db(truth, found, 2, sdr);
    CHECK_NEAR(sdr[0], 20, 1e-4); // of 20, 40, 0
    CHECK_NEAR(sdr[1], 20 * log10(2), 1e-4);
    for (int i = 0; i < RATE * SECONDS; i++)
        s[1][i] = 0; // silent throughout: left out, and all seconds count
    att_bss_sdr_db(truth, found, 2, sdr);
    CHECK_NEAR(sdr[0], 30, 1e-3); // of 20, 40, 0, 60
    CHECK(isnan(sdr[1]));
}

static void write_tone(const char *folder, const char *stem, double hz, double noise, double seconds)
{
    char path[4096];
    att_audio a;
    att_rng rng = att_rng_seed(2);
    CHECK_OK(att_audio_init(&a, (size_t)(seconds * 22050), 1, 22050, NULL, NULL));
    for (size_t i = 0; i < a.frames; i++)
        a.samples[i] = (float)(0.2 * sin(2 * M_PI * hz * (double)i / 22050) + noise * exp(-(double)(i % 11025) / 400) * (att_rng_unit(&rng) - 0.5));
    snprintf(path, sizeof path, "%s/%s.wav", folder, stem);
    CHECK_OK(att_audio_write(att_audio_view(&a), path, NULL, NULL));
    att_audio_deinit(&a);
}

CHECK_TEST(a_folder_is_measured_beside_the_mix_and_the_ideal)
{
    CHECK_BEGIN();
    char track[4096];
    att_stems_report r;
    att_error err;
    const char *folder = check_path("tracks");
    mkdir(folder, 0777);
    CHECK_FAILS(att_stems_evaluate(folder, NULL, NULL, &r, &err), ATT_INSUFFICIENT);
    CHECK_HOLDS(err.text, "no track");
    CHECK_FAILS(att_stems_evaluate(check_path("nowhere"), NULL, NULL, &r, &err), ATT_NOT_FOUND);
    snprintf(track, sizeof track, "%s/one", folder);
    mkdir(track, 0777);
    write_tone(track, "bass", 70, 0, 3);
    write_tone(track, "drums", 0, 1, 3);
    write_tone(track, "other", 900, 0, 3.2); // cut to the shortest; there are no vocals
    CHECK_OK_ERR(att_stems_evaluate(folder, NULL, NULL, &r, &err), &err);
    CHECK_EQ(r.tracks, 1);
    CHECK_NEAR(r.seconds, 3, 1e-3);
    CHECK_EQ(r.row[ATT_STEMS_ROW_MIX][ATT_STEM_VOCALS].tracks, 0);
    // The mix beside a tone in it, as loud as another one and the drums: about -3 dB.
    CHECK_NEAR(r.row[ATT_STEMS_ROW_MIX][ATT_STEM_BASS].si_sdr_mean_db, -2, 2);
    CHECK(r.row[ATT_STEMS_ROW_CLASSICAL][ATT_STEM_BASS].si_sdr_mean_db > r.row[ATT_STEMS_ROW_MIX][ATT_STEM_BASS].si_sdr_mean_db + 6);
    for (int s = 0; s < ATT_STEM_COUNT; s++)
        if (s != ATT_STEM_VOCALS)
            CHECK(r.row[ATT_STEMS_ROW_IDEAL][s].si_sdr_mean_db > 10);
    CHECK(r.si_sdr_mean_db[ATT_STEMS_ROW_IDEAL] > r.si_sdr_mean_db[ATT_STEMS_ROW_CLASSICAL]);
}

CHECK_MAIN(CHECK_CASE(si_sdr_is_that_of_a_worked_example), CHECK_CASE(sdr_is_the_median_over_seconds_in_which_all_sound),
    CHECK_CASE(a_folder_is_measured_beside_the_mix_and_the_ideal))
