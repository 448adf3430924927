// SPDX-License-Identifier: Apache-2.0
// base/fft.c - kissfft with memory from the host.
#include "base/fft.h"

#include <kiss_fftr.h>
#include <math.h>

_Static_assert(sizeof(kiss_fft_cpx) == sizeof(float complex), "kissfft of float");

struct att_fft {
    att_host host;
    size_t size, bytes;
    kiss_fftr_cfg forward, inverse; // behind this struct, in the same memory
};

att_status att_fft_create(att_fft **out, size_t size, const att_host *host, att_error *err)
{
    const att_host its = att_host_complete(host);
    *out = NULL;
    if (size < 2 || size % 2 || size > (size_t)1 << 24)
        return ATT_FAIL(err, ATT_LIMIT, "transform of %zu samples: expected an even number from 2 to %d", size, 1 << 24);
    size_t one = 0, other = 0;
    kiss_fftr_alloc((int)size, 0, NULL, &one);
    kiss_fftr_alloc((int)size, 1, NULL, &other);
    const size_t head = (sizeof(att_fft) + 63) & ~(size_t)63, middle = (one + 63) & ~(size_t)63, bytes = head + middle + other;
    unsigned char *memory = att_alloc_zero(&its, bytes, 1);
    if (!memory)
        return att_no_memory(err, bytes, "bytes of a transform");
    att_fft *fft = (att_fft *)(void *)memory;
    *fft = (att_fft){.host = its, .size = size, .bytes = bytes};
    fft->forward = kiss_fftr_alloc((int)size, 0, memory + head, &one);
    fft->inverse = kiss_fftr_alloc((int)size, 1, memory + head + middle, &other);
    *out = fft;
    return ATT_OK;
}

void att_fft_destroy(att_fft *fft)
{
    if (!fft)
        return;
    const att_host host = fft->host;
    att_free(&host, fft, fft->bytes, 1);
}

size_t att_fft_size(const att_fft *fft)
{
    return fft->size;
}

void att_fft_forward(att_fft *fft, const float *in, float complex *out)
{
    kiss_fftr(fft->forward, in, (kiss_fft_cpx *)(void *)out);
}

void att_fft_inverse(att_fft *fft, const float complex *in, float *out)
{
    const float scale = 1.0f / (float)fft->size;
    kiss_fftri(fft->inverse, (const kiss_fft_cpx *)(const void *)in, out);
    for (size_t i = 0; i < fft->size; i++)
        out[i] *= scale;
}

void att_window_hann(float *out, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const double s = sin(M_PI * (double)i / (double)size);
        out[i] = (float)(s * s);
    }
}
