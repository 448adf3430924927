// SPDX-License-Identifier: Apache-2.0
// Spectra go back to what they came from, at every rate, with bins of the same width.
#include "check.h"

#include "base/rng.h"
#include "music/stft.h"

#include <math.h>
#include <stdlib.h>

static att_audio noise(size_t frames, uint32_t channels, uint32_t rate_hz)
{
    att_audio out;
    att_rng rng = att_rng_seed(7);
    CHECK_OK(att_audio_init(&out, frames, channels, rate_hz, NULL, NULL));
    for (size_t i = 0; i < frames * channels; i++)
        out.samples[i] = (float)(att_rng_unit(&rng) - 0.5);
    return out;
}

CHECK_TEST(what_is_not_changed_comes_back)
{
    CHECK_BEGIN();
    static const uint32_t rates[] = {4000, 8000, 22050, 44100, 48000, 192000};
    for (size_t r = 0; r < 6; r++) {
        att_stft *stft;
        CHECK_OK(att_stft_create(&stft, rates[r], NULL, NULL));
        att_audio a = noise(3 * att_stft_hop(stft) + 17, 2, rates[r]), b;
        CHECK_OK(att_audio_init(&b, a.frames, 2, rates[r], NULL, NULL));
        float complex *row = malloc(att_stft_bins(stft) * sizeof *row);
        for (uint32_t c = 0; c < 2; c++)
            for (size_t f = 0; f < att_stft_frames(stft, a.frames); f++) {
                att_stft_forward(stft, att_audio_view(&a), c, (int64_t)f, row);
                att_stft_inverse(stft, row, (int64_t)f, c, &b);
            }
        for (size_t i = 0; i < a.frames * 2; i++)
            CHECK_NEAR(b.samples[i], a.samples[i], 2e-6);
        CHECK_NEAR((double)rates[r] / (4.0 * (double)att_stft_hop(stft)), 10.77, 0.36);
        free(row);
        att_audio_deinit(&a);
        att_audio_deinit(&b);
        att_stft_destroy(stft);
    }
}

CHECK_TEST(a_sine_has_its_amplitude_in_its_bin)
{
    CHECK_BEGIN();
    att_stft *stft;
    att_audio a;
    CHECK_OK(att_stft_create(&stft, 44100, NULL, NULL));
    CHECK_EQ(att_stft_hop(stft), 1024);
    CHECK_OK(att_audio_init(&a, 8192, 1, 44100, NULL, NULL));
    for (size_t i = 0; i < a.frames; i++)
        a.samples[i] = (float)(0.5 * cos(2 * M_PI * 100 * (double)i / 4096));
    float complex row[2049];
    att_stft_forward(stft, att_audio_view(&a), 0, 4, row);
    CHECK_NEAR(cabsf(row[100]), 0.5, 1e-5);
    CHECK_NEAR(cabsf(row[200]), 0, 1e-5);
    att_stft_forward(stft, att_audio_view(&a), 0, -9, row);
    CHECK_NEAR(cabsf(row[100]), 0, 0);
    att_stft_destroy(stft);
    att_audio_deinit(&a);
}

CHECK_MAIN(CHECK_CASE(what_is_not_changed_comes_back), CHECK_CASE(a_sine_has_its_amplitude_in_its_bin))
