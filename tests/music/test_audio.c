// SPDX-License-Identifier: Apache-2.0
// Sound goes to files and comes back; what is no sound is refused with a reason.
#include "check.h"

#include "attune/music.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

static att_audio tone(double hz, double seconds, uint32_t channels, uint32_t rate_hz, double level)
{
    att_audio out;
    CHECK_OK(att_audio_init(&out, (size_t)(seconds * rate_hz), channels, rate_hz, NULL, NULL));
    for (size_t i = 0; i < out.frames; i++)
        for (uint32_t c = 0; c < channels; c++)
            out.samples[i * channels + c] = (float)(level * sin(2 * M_PI * hz * (double)i / rate_hz));
    return out;
}

CHECK_TEST(what_is_written_is_read_again)
{
    CHECK_BEGIN();
    att_audio a = tone(440, 0.5, 2, 44100, 0.5);
    const char *const names[] = {"a.wav", "a.flac"};
    for (int i = 0; i < 2; i++) {
        att_audio b;
        att_error err;
        CHECK_OK_ERR(att_audio_write(att_audio_view(&a), check_path(names[i]), NULL, &err), &err);
        CHECK_OK_ERR(att_audio_read(&b, check_path(names[i]), NULL, NULL, &err), &err);
        CHECK_EQ(b.frames, a.frames);
        CHECK_EQ(b.channels, 2);
        for (size_t k = 0; k < a.frames * 2; k++)
            CHECK_NEAR(b.samples[k], a.samples[k], 1e-6);
        att_audio_deinit(&b);
    }
    CHECK_EQ(access(check_path("a.wav.part"), F_OK), -1);
    att_audio_deinit(&a);
}

CHECK_TEST(a_file_is_measured_as_it_is_read)
{
    CHECK_BEGIN();
    att_audio a = tone(440, 1.5, 2, 44100, 0.5); // more than one block
    att_audio_shape shape;
    att_error err;
    CHECK_OK_ERR(att_audio_write(att_audio_view(&a), check_path("long.flac"), NULL, &err), &err);
    CHECK_OK_ERR(att_audio_measure(&shape, check_path("long.flac"), 2 * 66150, NULL, &err), &err);
    CHECK_EQ(shape.frames, 66150);
    CHECK_EQ(shape.channels, 2);
    CHECK_EQ(shape.rate_hz, 44100);
    CHECK_FAILS(att_audio_measure(&shape, check_path("long.flac"), 2 * 66150 - 1, NULL, &err), ATT_LIMIT);
    check_write_file(check_path("measured.wav"), "this is no sound", 16);
    CHECK_FAILS(att_audio_measure(&shape, check_path("measured.wav"), 0, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "measured.wav");
    att_audio_deinit(&a);
}

CHECK_TEST(channels_that_cancel_each_other_are_still_heard_in_one)
{
    CHECK_BEGIN();
    static const double rights[] = {1, 0.3, -0.1, -1};
    for (size_t r = 0; r < sizeof rights / sizeof rights[0]; r++) {
        att_audio sound, read;
        float folded[3200];
        CHECK_OK(att_audio_init(&sound, sizeof folded / sizeof *folded, 2, 8000, NULL, NULL));
        for (size_t i = 0; i < sound.frames; i++) {
            sound.samples[2 * i] = (float)(0.5 * sin(0.3 * (double)i));
            sound.samples[2 * i + 1] = (float)(rights[r] * 0.5 * sin(0.3 * (double)i));
        }
        const double gain = rights[r] > -0.5 ? 0.5 * (1 + rights[r]) : 0.5 * (1 - rights[r]);
        CHECK_OK(att_audio_write(att_audio_view(&sound), check_path("folded.wav"), NULL, NULL));
        CHECK_OK(att_audio_read(&read, check_path("folded.wav"), &(att_audio_read_options){.mono = true}, NULL, NULL));
        att_audio_fold(att_audio_view(&sound), folded);
        CHECK_EQ(read.channels, 1);
        CHECK_EQ(read.frames, sound.frames);
        for (size_t i = 0; i < sound.frames; i += 7) {
            CHECK_NEAR(folded[i], gain * 0.5 * sin(0.3 * (double)i), 1e-6);
            CHECK_NEAR(read.samples[i], folded[i], 1e-6);
        }
        att_audio_deinit(&read);
        att_audio_deinit(&sound);
    }
}

CHECK_TEST(another_rate_keeps_the_tone)
{
    CHECK_BEGIN();
    att_audio a = tone(1000, 1, 1, 48000, 0.5), b;
    CHECK_OK(att_audio_resample(&b, att_audio_view(&a), 16000, NULL, NULL));
    CHECK_EQ(b.frames, 16000);
    for (size_t i = 2000; i < 14000; i++)
        CHECK_NEAR(b.samples[i], 0.5 * sin(2 * M_PI * 1000 * (double)i / 16000), 2e-3);
    att_audio_deinit(&a);
    att_audio_deinit(&b);
}

CHECK_TEST(a_file_that_is_no_sound_is_refused_with_its_name)
{
    CHECK_BEGIN();
    att_audio a;
    att_error err;
    FILE *file = fopen(check_path("text.wav"), "w");
    fputs("this is no sound", file);
    fclose(file);
    CHECK_FAILS(att_audio_read(&a, check_path("text.wav"), NULL, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "text.wav");
    CHECK_FAILS(att_audio_read(&a, check_path("none.wav"), NULL, NULL, &err), ATT_NOT_FOUND);
    fclose(fopen(check_path("empty.wav"), "w"));
    CHECK_FAILS(att_audio_read(&a, check_path("empty.wav"), NULL, NULL, &err), ATT_INVALID);
    att_audio t = tone(440, 0.1, 1, 8000, 0.5);
    CHECK_FAILS(att_audio_write(att_audio_view(&t), check_path("a.xyz"), NULL, &err), ATT_INVALID);
    att_audio_deinit(&t);
}

// EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS is -23.0 LUFS, within 0.1.
CHECK_TEST(loudness_is_what_the_standard_says)
{
    CHECK_BEGIN();
    att_audio a = tone(1000, 20, 2, 48000, pow(10, -23.0 / 20));
    att_music_analysis is;
    CHECK_OK(att_music_analyse(att_audio_view(&a), &is, NULL, NULL));
    CHECK_NEAR(is.loudness_lufs, -23, 0.1);
    CHECK_NEAR(is.true_peak_dbtp, -23, 0.2);
    CHECK_NEAR(is.seconds, 20, 1e-9);
    att_audio_deinit(&a);
}

CHECK_MAIN(CHECK_CASE(what_is_written_is_read_again), CHECK_CASE(a_file_is_measured_as_it_is_read), CHECK_CASE(channels_that_cancel_each_other_are_still_heard_in_one), CHECK_CASE(another_rate_keeps_the_tone),
    CHECK_CASE(a_file_that_is_no_sound_is_refused_with_its_name), CHECK_CASE(loudness_is_what_the_standard_says))
