// SPDX-License-Identifier: Apache-2.0
#include "check.h"
#include "base/rng.h"
#include "embed/blas.h"

#include <cblas.h>
#include <math.h>

CHECK_TEST(this_blas_computes_right)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_error err = {0};
    CHECK_OK_ERR(att_blas_check(&host, &err), &err);
    CHECK(strlen(att_blas_core()) > 0);
}

CHECK_TEST(the_number_of_threads_is_put_back)
{
    CHECK_BEGIN();
    openblas_set_num_threads(2);
    const int before = openblas_get_num_threads();
    float a[] = {4, 1, 1, 3};
    CHECK_OK(att_blas_invert(a, 2, 1, "a matrix", NULL));
    CHECK_EQ(openblas_get_num_threads(), before);
    CHECK_NEAR(a[0], 3.0 / 11, 1e-6);
    CHECK_NEAR(a[1], -1.0 / 11, 1e-6);
    CHECK_NEAR(a[2], -1.0 / 11, 1e-6);
    CHECK_NEAR(a[3], 4.0 / 11, 1e-6);
}

CHECK_TEST(what_is_not_positive_definite_is_named)
{
    CHECK_BEGIN();
    float a[] = {1, 2, 2, 1};
    att_error err;
    CHECK_FAILS(att_blas_invert(a, 2, 1, "the test matrix", &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "the test matrix (2 by 2) is not positive definite at row 2");
}

CHECK_TEST(both_triangles_of_a_large_product_agree_with_plain_sums)
{
    CHECK_BEGIN();
    static float z[5 * 150], c[150 * 150];
    att_rng rng = att_rng_seed(1);
    for (size_t k = 0; k < 5 * 150; k++)
        z[k] = (float)att_rng_normal(&rng);
    att_blas_gram(c, z, 5, 150, -0.5f, 2);
    for (size_t i = 0; i < 150; i++) {
        for (size_t j = 0; j < 150; j++) {
            double sum = 0;
            for (size_t k = 0; k < 5; k++)
                sum += (double)z[k * 150 + i] * z[k * 150 + j];
            CHECK_NEAR(c[i * 150 + j], -0.5 * sum, 1e-5);
        }
    }
}

// diag(1, 3) turned by 30 degrees has its axes there again.
CHECK_TEST(principal_axes_are_found)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_arena scratch;
    att_arena_init(&scratch, &host, 0);
    const double c = sqrt(3) / 2, s = 0.5;
    double a[] = {c * c + 3 * s * s, -2 * c * s, -2 * c * s, s * s + 3 * c * c}, values[2];
    CHECK_OK(att_blas_axes(a, values, 2, &scratch, NULL));
    CHECK_NEAR(values[0], 1, 1e-12);
    CHECK_NEAR(values[1], 3, 1e-12);
    CHECK_NEAR(fabs(a[0]), c, 1e-12);
    CHECK_NEAR(fabs(a[1]), s, 1e-12);
    att_arena_deinit(&scratch);
}

CHECK_MAIN(CHECK_CASE(this_blas_computes_right), CHECK_CASE(the_number_of_threads_is_put_back),
    CHECK_CASE(what_is_not_positive_definite_is_named),
    CHECK_CASE(both_triangles_of_a_large_product_agree_with_plain_sums),
    CHECK_CASE(principal_axes_are_found))
