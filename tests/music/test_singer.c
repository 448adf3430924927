// SPDX-License-Identifier: Apache-2.0
// The singer hits the notes, vibrates as asked, and is a voice: harmonics under formants.
#include "check.h"

#include "base/fft.h"
#include "music/singer.h"

#include <math.h>
#include <stdlib.h>

enum { RATE = 44100, SIZE = 16384 };

static att_audio sung(double key, const att_voice *voice)
{
    att_audio out;
    att_rng rng = att_rng_seed(1);
    const att_sung_note note = {0.1, 1.5, key, 1};
    CHECK_OK(att_audio_init(&out, 2 * RATE, 1, RATE, NULL, NULL));
    att_singer_sing(&out, &note, 1, voice, &rng);
    return out;
}

static void spectrum(const att_audio *a, size_t from, float power[SIZE / 2 + 1])
{
    static float frame[SIZE], window[SIZE];
    static float complex out[SIZE / 2 + 1];
    att_fft *fft;
    CHECK_OK(att_fft_create(&fft, SIZE, NULL, NULL));
    att_window_hann(window, SIZE);
    for (size_t i = 0; i < SIZE; i++)
        frame[i] = a->samples[from + i] * window[i];
    att_fft_forward(fft, frame, out);
    for (size_t k = 0; k <= SIZE / 2; k++)
        power[k] = crealf(out[k]) * crealf(out[k]) + cimagf(out[k]) * cimagf(out[k]);
    att_fft_destroy(fft);
}

static const att_voice calm = {.tract = 1, .vibrato_hz = 5, .vibrato_cents = 0, .glide_s = 0.02, .breath = 0.02, .open = 0.6, .consonants = 0};

CHECK_TEST(the_note_is_the_one_that_was_asked)
{
    CHECK_BEGIN();
    static float power[SIZE / 2 + 1];
    for (double key = 50; key <= 74; key += 8) {
        att_audio a = sung(key, &calm);
        const double hz = 440 * exp2((key - 69) / 12), step = (double)RATE / SIZE;
        double on = 0, all = 0;
        spectrum(&a, RATE / 2, power);
        for (size_t k = 1; k < SIZE / 2; k++) {
            const double at = (double)k * step / hz, off_hz = fabs(at - round(at)) * hz;
            all += power[k];
            if (at > 0.5 && off_hz < 4 * step * round(at) / 4 + 3 * step)
                on += power[k];
        }
        CHECK(on / all > 0.9); // nearly all of it is at multiples of the note
        att_audio_deinit(&a);
    }
}

CHECK_TEST(silence_surrounds_a_note_and_the_seed_decides)
{
    CHECK_BEGIN();
    att_audio a = sung(60, &calm), b = sung(60, &calm);
    CHECK_EQ(memcmp(a.samples, b.samples, a.frames * sizeof *a.samples), 0);
    float peak = 0;
    for (size_t i = 0; i < a.frames; i++) {
        if (i < RATE / 10 || i > RATE * 17 / 10)
            CHECK_NEAR(a.samples[i], 0, 0);
        CHECK(isfinite(a.samples[i]));
        peak = fmaxf(peak, fabsf(a.samples[i]));
    }
    CHECK(peak > 0.05f && peak < 2);
    att_audio_deinit(&a);
    att_audio_deinit(&b);
}

CHECK_TEST(any_drawn_voice_stays_finite)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(12);
    for (int n = 0; n < 6; n++) {
        const att_voice voice = att_voice_draw(&rng);
        att_audio a = sung(40 + 8 * n, &voice);
        for (size_t i = 0; i < a.frames; i++)
            CHECK(isfinite(a.samples[i]) && fabsf(a.samples[i]) < 8);
        att_audio_deinit(&a);
    }
}

CHECK_MAIN(CHECK_CASE(the_note_is_the_one_that_was_asked), CHECK_CASE(silence_surrounds_a_note_and_the_seed_decides), CHECK_CASE(any_drawn_voice_stays_finite))
