// SPDX-License-Identifier: Apache-2.0
// base/rng.h - seeded random numbers, the same on every machine.
//
// xoshiro256** by Blackman and Vigna (2018), its state filled from one seed by splitmix64. Randomness is
// always an argument: whoever draws takes an att_rng, whoever logs keeps the seed.
#ifndef ATT_BASE_RNG_H
#define ATT_BASE_RNG_H

#include "base/base.h"

typedef struct att_rng {
    uint64_t state[4];
} att_rng;

att_rng att_rng_seed(uint64_t seed);
// An independent stream: the same seed and stream number give the same numbers.
att_rng att_rng_stream(uint64_t seed, uint64_t stream);
uint64_t att_rng_u64(att_rng *rng);
uint64_t att_rng_below(att_rng *rng, uint64_t bound); // 0 … bound-1, unbiased; bound > 0
double att_rng_unit(att_rng *rng);                    // [0, 1), 53 bits
double att_rng_normal(att_rng *rng);                  // mean 0, variance 1; polar method
double att_rng_exponential(att_rng *rng);             // mean 1
double att_rng_gamma(att_rng *rng, double shape);     // scale 1; Marsaglia and Tsang 2000
uint64_t att_rng_poisson(att_rng *rng, double mean);  // 0 <= mean <= 1e6
void att_rng_shuffle_u32(att_rng *rng, uint32_t *values, size_t count);
// splitmix64's mixing step: a good 64-bit hash of one number.
uint64_t att_mix64(uint64_t value);

#endif
