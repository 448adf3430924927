// SPDX-License-Identifier: Apache-2.0
// Every width of registers gives the scalar twin's bits, and the approximations are as near as they say.
#include "check.h"
#include "base/rng.h"
#include "embed/seq_ops.h"

#include <math.h>

enum { MOST = 100 };

typedef struct rows {
    float a[MOST], b[MOST], c[MOST], d[MOST];
} rows;

static void fill(rows *r, uint64_t seed)
{
    att_rng rng = att_rng_seed(seed);
    float *all = r->a;
    for (size_t k = 0; k < sizeof *r / sizeof(float); k++)
        all[k] = (float)(4 * att_rng_unit(&rng) - 2);
}

// All operations on `count` numbers, one after the other.
static void do_all(const att_seq_ops *ops, rows *r, size_t count, double results[6])
{
    const att_seq_pace pace = {0.01f, 1.5f, 0.9f, 0.98f, 1e-8f, 0.999f};
    float weights[MOST], positive = 0.7f, other = -0.3f;
    for (size_t k = 0; k < count; k++)
        weights[k] = fabsf(r->d[k]);
    results[0] = (double)ops->norm(r->b, r->a, r->c, count);
    ops->norm_back(r->d, r->c, r->b, r->a, r->c, (float)results[0], count);
    ops->silu(r->b, r->d, count);
    ops->silu_back(r->c, r->a, count);
    results[1] = (double)ops->dot(r->b, r->c, count);
    ops->softmax(r->b, count);
    ops->softmax_back(r->c, r->b, count);
    ops->add(r->a, r->b, count);
    ops->add_scaled(r->a, 0.3f, r->c, count);
    ops->scale_to(r->d, 1.7f, r->a, count);
    results[2] = ops->gbce(&positive, r->d, weights, 0.3f, 1.1f, count);
    results[3] = (double)positive;
    ops->drop(r->a, 77, 60, count);
    results[4] = ops->sampled(&other, r->a, weights, count);
    results[5] = (double)other;
    ops->adam(r->c, r->b, weights, r->a, &pace, count);
    float matrix[4 * 80];
    for (size_t k = 0; k < ATT_COUNT_OF(matrix); k++)
        matrix[k] = r->a[k % count];
    ops->product(r->d, r->b, matrix, 4, 80);
}

CHECK_TEST(every_width_gives_the_bits_of_the_scalar_twin)
{
    CHECK_BEGIN();
    static const char *const names[] = {"avx512", "avx2"};
    for (size_t n = 0; n < ATT_COUNT_OF(names); n++) {
        const att_seq_ops *ops = att_seq_ops_named(names[n]);
        if (!ops) {
            CHECK_NOTE("%s is not here", names[n]);
            continue;
        }
        for (size_t count = 1; count <= MOST; count++) {
            rows plain, fast;
            double plain_results[6], fast_results[6];
            fill(&plain, count);
            fill(&fast, count);
            do_all(att_seq_ops_scalar(), &plain, count, plain_results);
            do_all(ops, &fast, count, fast_results);
            CHECK(memcmp(&plain, &fast, sizeof plain) == 0);
            CHECK(memcmp(plain_results, fast_results, sizeof plain_results) == 0);
        }
    }
    CHECK(att_seq_ops_named("abacus") == NULL);
    CHECK(att_seq_ops_named("scalar") == att_seq_ops_scalar());
}

CHECK_TEST(exponentials_are_near_those_of_the_library)
{
    CHECK_BEGIN();
    const att_seq_ops *ops = att_seq_ops_best();
    for (double x = -60; x <= 60; x += 0.37) {
        float y, in = (float)x, pair[2] = {(float)x, 0};
        ops->silu(&y, &in, 1);
        const double wanted = (double)in / (1 + exp(-(double)in));
        CHECK_NEAR((double)y, wanted, 1e-6 * fabs(wanted) + 1e-20);
        ops->softmax(pair, 2);
        CHECK_NEAR((double)pair[0], 1 / (1 + exp(-(double)in)), 1e-6);
        float positive = (float)x, z = (float)x;
        const float one = 1;
        const double softplus = in > 0 ? (double)in + log1p(exp(-(double)in)) : log1p(exp((double)in));
        CHECK_NEAR(ops->gbce(&positive, &z, &one, 0, 0, 1), softplus, 1e-6 * softplus + 1e-20);
    }
}

CHECK_TEST(what_is_dropped_is_the_share_that_was_asked_for_and_the_mean_stays)
{
    CHECK_BEGIN();
    const att_seq_ops *ops = att_seq_ops_best();
    double zeros = 0, sum = 0;
    for (uint64_t key = 0; key < 2000; key++) {
        float x[64];
        for (size_t k = 0; k < 64; k++)
            x[k] = 1;
        ops->drop(x, key * 1000, 64, 64); // a quarter
        for (size_t k = 0; k < 64; k++) {
            zeros += x[k] == 0;
            sum += (double)x[k];
        }
    }
    CHECK_NEAR(zeros / 128000, 0.25, 0.005); // four standard deviations
    CHECK_NEAR(sum / 128000, 1, 0.007);
}

// Worked by hand: one weight, gradient 2, from rest. first = 0.2, second = 0.08, step 0.1 * 0.2 / 0.1 / (sqrt(0.08 / 0.02) + 0).
CHECK_TEST(the_first_step_of_adam_is_the_rate)
{
    CHECK_BEGIN();
    const att_seq_pace pace = {0.1f / 0.1f, 1 / 0.02f, 0.9f, 0.98f, 0, 1};
    float x = 5, first = 0, second = 0, gradient = 2;
    att_seq_ops_best()->adam(&x, &first, &second, &gradient, &pace, 1);
    CHECK_NEAR((double)first, 0.2, 1e-6);
    CHECK_NEAR((double)second, 0.08, 1e-6);
    CHECK_NEAR((double)x, 5 - 0.1, 1e-5);
}

CHECK_MAIN(CHECK_CASE(every_width_gives_the_bits_of_the_scalar_twin),
    CHECK_CASE(exponentials_are_near_those_of_the_library),
    CHECK_CASE(what_is_dropped_is_the_share_that_was_asked_for_and_the_mean_stays),
    CHECK_CASE(the_first_step_of_adam_is_the_rate))
