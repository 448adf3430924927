// SPDX-License-Identifier: Apache-2.0
// decide/bandit_math.h - exponential and logarithm in plain float arithmetic.
//
// A bandit's state is a fold over the log, the same bits on every machine: so it must not depend on whose libm is linked.
// Range reduction and polynomials as in Moshier's Cephes library (expf, logf); relative error under 3e-7. Branch-free, so
// compilers run several at once.
#ifndef ATT_DECIDE_BANDIT_MATH_H
#define ATT_DECIDE_BANDIT_MATH_H

#include <stdint.h>
#include <string.h>

static inline float att_exp_f32(float x)
{
    x = x < -87.0f ? -87.0f : x > 87.0f ? 87.0f : x;
    const float shifted = x * 1.44269504088896341f + 12582912.0f; // rounds to a whole number in the low bits
    const float whole = shifted - 12582912.0f;
    const float r = (x - whole * 0.693359375f) - whole * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    const int32_t bits = ((int32_t)whole + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

// x > 0 and normal.
static inline float att_log_f32(float x)
{
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const int32_t exponent = (bits - 0x3f3504f3) >> 23; // mantissa in [sqrt(1/2), sqrt(2))
    bits -= exponent * (1 << 23);
    float m;
    memcpy(&m, &bits, sizeof m);
    m -= 1.0f;
    float p = 7.0376836292e-2f;
    p = p * m - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    const float z = m * m;
    const float e = (float)exponent;
    return (p * m * z - 0.5f * z) + e * -2.12194440e-4f + m + e * 0.693359375f;
}

static inline float att_sigmoid_f32(float x)
{
    return 1.0f / (1.0f + att_exp_f32(-x));
}

#endif
