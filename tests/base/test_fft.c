// SPDX-License-Identifier: Apache-2.0
// The transform agrees with its definition, and its inverse undoes it.
#include "check.h"

#include "base/fft.h"
#include "base/rng.h"

#include <math.h>

CHECK_TEST(it_is_the_sum_that_the_definition_says)
{
    CHECK_BEGIN();
    enum { N = 60 };
    att_fft *fft;
    CHECK_OK(att_fft_create(&fft, N, NULL, NULL));
    float in[N], back[N];
    float complex out[N / 2 + 1];
    att_rng rng = att_rng_seed(1);
    for (int i = 0; i < N; i++)
        in[i] = (float)att_rng_normal(&rng);
    att_fft_forward(fft, in, out);
    for (int k = 0; k <= N / 2; k++) {
        double complex sum = 0;
        for (int i = 0; i < N; i++)
            sum += (double)in[i] * cexp(-2 * M_PI * I * (double)i * k / N);
        CHECK_NEAR(cabs(sum - (double complex)out[k]), 0, 1e-4);
    }
    att_fft_inverse(fft, out, back);
    for (int i = 0; i < N; i++)
        CHECK_NEAR(back[i], in[i], 1e-5);
    att_fft_destroy(fft);
    att_fft_destroy(NULL);
}

CHECK_TEST(sizes_that_it_cannot_take_are_refused)
{
    CHECK_BEGIN();
    att_fft *fft;
    att_error err;
    CHECK_FAILS(att_fft_create(&fft, 7, NULL, &err), ATT_LIMIT);
    CHECK_HOLDS(err.text, "even");
    CHECK_FAILS(att_fft_create(&fft, 0, NULL, &err), ATT_LIMIT);
    CHECK_FAILS(att_fft_create(&fft, (size_t)1 << 25, NULL, &err), ATT_LIMIT);
}

CHECK_TEST(two_half_overlapping_windows_sum_to_one)
{
    CHECK_BEGIN();
    float w[64];
    att_window_hann(w, 64);
    for (int i = 0; i < 32; i++)
        CHECK_NEAR(w[i] + w[i + 32], 1, 1e-6);
}

CHECK_MAIN(CHECK_CASE(it_is_the_sum_that_the_definition_says), CHECK_CASE(sizes_that_it_cannot_take_are_refused),
    CHECK_CASE(two_half_overlapping_windows_sum_to_one))
