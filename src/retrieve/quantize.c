// SPDX-License-Identifier: Apache-2.0
// retrieve/quantize.c - a vector in signed bytes.
//
// scale = max |x| / 127 for each vector by itself, code = round(x / scale). One vector of great
// norm so takes no resolution from the others.
#include "retrieve/index.h"

#include <math.h>

float att_quantize(int8_t *codes, size_t code_stride, const float *vector, size_t dim)
{
    float largest = 0;
    for (size_t i = 0; i < dim; i++)
        largest = fmaxf(largest, fabsf(vector[i]));
    memset(codes, 0, code_stride);
    if (largest < 1e-30f) // its products count as zero
        return 0;
    const float factor = 127.0f / largest;
    for (size_t i = 0; i < dim; i++)
        codes[i] = (int8_t)lrintf(vector[i] * factor);
    return largest / 127.0f;
}
