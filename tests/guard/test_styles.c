// SPDX-License-Identifier: Apache-2.0
// What artists sound like: distances as worked out by hand, files, damage.
#include "sounds.h"

#include "guard/styles.h"

// Two artists of two works in one number: middles 1 and 11, pooled variance within ((1 + 1) + (1 + 1)) / 2 = 2, and a hundredth of the
// overall one, 26: sqrt(0.99 * 2 + 0.01 * 26) = 1.4967.
CHECK_TEST(distance_is_in_deviations_within_artists)
{
    CHECK_BEGIN();
    att_styles *styles;
    static const float works[] = {0, 2, 10, 12};
    CHECK_OK(att_styles_create(&styles, 1, NULL, NULL));
    for (int i = 0; i < 4; i++)
        CHECK_OK(att_styles_add(styles, i < 2 ? "low" : "high", &works[i], NULL));
    const float at = 4;
    CHECK_NEAR(att_styles_distance(styles, 0, &at, SIZE_MAX), 3 / 1.4967, 1e-3);
    CHECK_NEAR(att_styles_distance(styles, 1, &at, SIZE_MAX), 7 / 1.4967, 1e-3);
    CHECK_NEAR(att_styles_distance(styles, 0, &works[0], 0), 2 / 1.4967, 1e-3); // without itself the middle is 2
    att_style_rates r;
    CHECK_OK(att_styles_rate(styles, 1, &r, NULL));
    CHECK_EQ(r.works, 4);
    CHECK_EQ(r.own_nearest, 4);
    CHECK_NEAR(r.own_middle, 2 / 1.4967, 1e-3);
    CHECK_NEAR(r.own_below, 0, 1e-9);
    att_styles_destroy(styles);
}

CHECK_TEST(saved_artists_are_the_same_and_damage_is_refused)
{
    CHECK_BEGIN();
    att_styles *styles, *loaded;
    att_error err;
    const char *path = check_path("artists.styles");
    float x[3] = {1, 2, 3};
    CHECK_OK(att_styles_create(&styles, 3, NULL, NULL));
    for (int i = 0; i < 5; i++, x[i % 3] += 2)
        CHECK_OK(att_styles_add(styles, i % 2 ? "odd" : "even", x, NULL));
    CHECK_OK_ERR(att_styles_save(styles, path, &err), &err);
    CHECK_OK_ERR(att_styles_load(&loaded, path, NULL, &err), &err);
    CHECK_EQ(att_styles_works(loaded), 5);
    CHECK_STR(att_styles_artist(loaded, 1), "odd");
    CHECK_NEAR(att_styles_distance(loaded, 1, x, SIZE_MAX), att_styles_distance(styles, 1, x, SIZE_MAX), 1e-12);
    att_styles_destroy(loaded);
    size_t size;
    char *bytes = check_read_file(path, &size);
    for (size_t at = 0; at < size; at += 7) {
        bytes[at] ^= 4;
        check_write_file(path, bytes, size);
        const att_status status = att_styles_load(&loaded, path, NULL, &err);
        CHECK(status == ATT_CORRUPT || status == ATT_VERSION);
        bytes[at] ^= 4;
    }
    free(bytes);
    att_styles_destroy(styles);
}

CHECK_TEST(what_is_no_number_is_refused)
{
    CHECK_BEGIN();
    att_styles *styles;
    att_error err;
    const float bad[2] = {0, NAN}, good[2] = {0, 1};
    CHECK_FAILS(att_styles_create(&styles, 5000, NULL, &err), ATT_LIMIT);
    CHECK_OK(att_styles_create(&styles, 2, NULL, NULL));
    CHECK_FAILS(att_styles_add(styles, "a", bad, &err), ATT_INVALID);
    CHECK_FAILS(att_styles_add(styles, "", good, &err), ATT_LIMIT);
    CHECK_EQ(att_styles_artists(styles), 0);
    att_style_rates r;
    CHECK_OK(att_styles_add(styles, "a", good, NULL));
    CHECK_FAILS(att_styles_rate(styles, 1, &r, &err), ATT_INSUFFICIENT);
    att_styles_destroy(styles);
}

// The same piece at another level and rate sounds the same; another piece does not.
CHECK_TEST(style_is_of_the_sound_and_not_of_its_level)
{
    CHECK_BEGIN();
    att_audio piece = music_by_dice(5, 12), other = music_by_dice(6, 12);
    float a[ATT_STYLE_DIM], b[ATT_STYLE_DIM], c[ATT_STYLE_DIM];
    att_error err;
    CHECK_OK(att_style_of(att_audio_view(&piece), a, NULL, NULL));
    for (size_t i = 0; i < piece.frames; i++)
        piece.samples[i] *= 0.5f;
    CHECK_OK(att_style_of(att_audio_view(&piece), b, NULL, NULL));
    CHECK_OK(att_style_of(att_audio_view(&other), c, NULL, NULL));
    double same = 0, apart = 0;
    for (int d = 0; d < ATT_STYLE_DIM; d++) {
        CHECK(isfinite(a[d]));
        same += fabs(a[d] - b[d]);
        apart += fabs(a[d] - c[d]);
    }
    CHECK(same < 0.2 * apart);
    piece.frames = 100;
    CHECK_FAILS(att_style_of(att_audio_view(&piece), a, NULL, &err), ATT_INSUFFICIENT);
    piece.frames = 12 * SOUND_RATE_HZ;
    memset(piece.samples, 0, piece.frames * sizeof *piece.samples);
    CHECK_FAILS(att_style_of(att_audio_view(&piece), a, NULL, &err), ATT_INSUFFICIENT);
    att_audio_deinit(&piece);
    att_audio_deinit(&other);
}

CHECK_MAIN(CHECK_CASE(distance_is_in_deviations_within_artists), CHECK_CASE(saved_artists_are_the_same_and_damage_is_refused),
    CHECK_CASE(what_is_no_number_is_refused), CHECK_CASE(style_is_of_the_sound_and_not_of_its_level))
