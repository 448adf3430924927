// SPDX-License-Identifier: Apache-2.0
// base/rng.c - xoshiro256** and the draws made from it.
#include "base/rng.h"

#include <math.h>

uint64_t att_mix64(uint64_t value)
{
    value += 0x9E3779B97F4A7C15u;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    return value ^ (value >> 31);
}

att_rng att_rng_seed(uint64_t seed)
{
    att_rng rng;
    for (int i = 0; i < 4; i++)
        rng.state[i] = att_mix64(seed + (uint64_t)i * 0x9E3779B97F4A7C15u);
    return rng;
}

att_rng att_rng_stream(uint64_t seed, uint64_t stream)
{
    return att_rng_seed(att_mix64(seed) ^ att_mix64(stream + 0xD1B54A32D192ED03u));
}

static uint64_t rotate_left(uint64_t value, int by)
{
    return (value << by) | (value >> (64 - by));
}

uint64_t att_rng_u64(att_rng *rng)
{
    uint64_t *s = rng->state;
    const uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

// Lemire 2019: multiply and keep the high half, refusing the biased low remainders.
uint64_t att_rng_below(att_rng *rng, uint64_t bound)
{
    assert(bound > 0);
    __uint128_t product = (__uint128_t)att_rng_u64(rng) * bound;
    if ((uint64_t)product < bound) {
        const uint64_t threshold = -bound % bound;
        while ((uint64_t)product < threshold)
            product = (__uint128_t)att_rng_u64(rng) * bound;
    }
    return (uint64_t)(product >> 64);
}

double att_rng_unit(att_rng *rng)
{
    return (double)(att_rng_u64(rng) >> 11) * 0x1p-53;
}

double att_rng_normal(att_rng *rng)
{
    for (;;) {
        const double x = 2 * att_rng_unit(rng) - 1;
        const double y = 2 * att_rng_unit(rng) - 1;
        const double r = x * x + y * y;
        if (r > 0 && r < 1)
            return x * sqrt(-2 * log(r) / r);
    }
}

double att_rng_exponential(att_rng *rng)
{
    return -log1p(-att_rng_unit(rng));
}

double att_rng_gamma(att_rng *rng, double shape)
{
    assert(shape > 0);
    if (shape < 1) {
        const double lift = pow(1 - att_rng_unit(rng), 1 / shape);
        return att_rng_gamma(rng, shape + 1) * lift;
    }
    const double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        const double x = att_rng_normal(rng);
        const double v = 1 + c * x;
        if (v <= 0)
            continue;
        const double cube = v * v * v;
        const double u = 1 - att_rng_unit(rng);
        if (log(u) < 0.5 * x * x + d - d * cube + d * log(cube))
            return d * cube;
    }
}

// Knuth's product for small means, split in halves for large ones (a sum of Poissons is Poisson).
uint64_t att_rng_poisson(att_rng *rng, double mean)
{
    uint64_t total = 0;
    while (mean > 30) {
        const double half = mean / 2;
        // Ahrens and Dieter 1974: where the n-th arrival of a unit-rate process falls decides the rest.
        const uint64_t n = (uint64_t)(half * 7 / 4);
        const double arrival = att_rng_gamma(rng, (double)n);
        if (arrival > mean) {
            uint64_t below = 0;
            for (uint64_t i = 0; i + 1 < n; i++)
                below += att_rng_unit(rng) < mean / arrival;
            return total + below;
        }
        total += n;
        mean -= arrival;
    }
    const double limit = exp(-mean);
    double product = 1 - att_rng_unit(rng);
    while (product > limit) {
        total++;
        product *= 1 - att_rng_unit(rng);
    }
    return total;
}

void att_rng_shuffle_u32(att_rng *rng, uint32_t *values, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        const size_t j = (size_t)att_rng_below(rng, i);
        const uint32_t swap = values[i - 1];
        values[i - 1] = values[j];
        values[j] = swap;
    }
}
