// SPDX-License-Identifier: Apache-2.0
// retrieve/quantize.c - a vector in signed bytes.
//
// Each block of 64 components is turned first: random but fixed signs, then a Walsh-Hadamard transform over
// sqrt(64). That keeps every product and spreads a component that is much larger than the others (popularity
// often is one) over the block, so that it takes no resolution from them. Then scale = max |x| / 127 for each
// vector by itself, code = round(x / scale): a vector of great length takes none from the other vectors.
#include "retrieve/index.h"

#include "base/rng.h"

#include <math.h>

enum { BLOCK = 64 };

static void turn_block(float x[BLOCK], uint64_t signs)
{
    for (int i = 0; i < BLOCK; i++)
        x[i] = signs >> i & 1 ? -x[i] : x[i];
    for (int half = 1; half < BLOCK; half *= 2)
        for (int from = 0; from < BLOCK; from += 2 * half)
            for (int i = from; i < from + half; i++) {
                const float a = x[i], b = x[i + half];
                x[i] = a + b;
                x[i + half] = a - b;
            }
    for (int i = 0; i < BLOCK; i++)
        x[i] *= 0.125f;
}

float att_quantize(int8_t *codes, size_t code_stride, const float *vector, size_t dim)
{
    float turned[ATT_INDEX_DIM_MAX];
    memcpy(turned, vector, dim * sizeof *turned);
    memset(turned + dim, 0, (code_stride - dim) * sizeof *turned);
    float largest = 0;
    for (size_t from = 0; from < code_stride; from += BLOCK) {
        turn_block(turned + from, att_mix64(from + 1));
        for (size_t i = from; i < from + BLOCK; i++)
            largest = fabsf(turned[i]) > largest ? fabsf(turned[i]) : largest;
    }
    memset(codes, 0, code_stride);
    if (!(largest >= 1e-30f)) // its products count as zero
        return 0;
    const float factor = 127.0f / largest;
    for (size_t i = 0; i < code_stride; i++)
        codes[i] = (int8_t)lrintf(turned[i] * factor);
    return largest / 127.0f;
}
