// SPDX-License-Identifier: Apache-2.0
// base/fft.h - the Fourier transform of real samples, by kissfft.
//
// Forward: out[k] = sum over i of in[i] exp(-2 pi j i k / n), k = 0 … n/2. Inverse: the same with the other sign, times 1/n, so that
// one undoes the other. An att_fft serves one thread at a time.
#ifndef ATT_BASE_FFT_H
#define ATT_BASE_FFT_H

#include "base/base.h"

#include <complex.h>

typedef struct att_fft att_fft;

// size: samples, even, 2 … 1 << 24; fastest where it has only the factors 2, 3 and 5.
att_status att_fft_create(att_fft **out, size_t size, const att_host *host, att_error *err);
void att_fft_destroy(att_fft *fft); // NULL is fine
size_t att_fft_size(const att_fft *fft);
void att_fft_forward(att_fft *fft, const float *in, float complex *out); // in (size), out (size/2 + 1)
void att_fft_inverse(att_fft *fft, const float complex *in, float *out); // in (size/2 + 1), out (size)

// Hann's window, periodic: sin^2(pi i / size).
void att_window_hann(float *out, size_t size);

#endif
