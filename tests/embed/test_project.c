// SPDX-License-Identifier: Apache-2.0
#include "check.h"
#include "base/rng.h"
#include "embed/project.h"

#include <math.h>

static att_error err;
static att_arena life, scratch;

static att_projection fit(float (*points)[4], size_t count)
{
    const float *vectors[512] = {0};
    att_projection p;
    for (size_t i = 0; i < count; i++)
        vectors[i] = points[i];
    CHECK_OK_ERR(att_projection_fit(&p, vectors, count, 4, &life, &scratch, &err), &err);
    return p;
}

CHECK_TEST(directions_in_a_plane_lose_nothing)
{
    CHECK_BEGIN();
    float points[300][4] = {0};
    att_rng rng = att_rng_seed(4);
    for (int i = 0; i < 300; i++) { // on a circle through the second and the last coordinate, of any length
        const double angle = 6.2831853 * att_rng_unit(&rng), length = 0.2 + 3 * att_rng_unit(&rng);
        points[i][1] = (float)(length * cos(angle));
        points[i][3] = (float)(length * sin(angle));
    }
    const att_projection p = fit(points, 300);
    CHECK_NEAR(p.shares[0] + p.shares[1], 1, 1e-6);
    CHECK(p.shares[0] >= p.shares[1]);
    for (int i = 1; i < 300; i++) { // distances of directions stay
        double x0, y0, x, y, true_2 = 0;
        const double a = hypot((double)points[0][1], (double)points[0][3]), b = hypot((double)points[i][1], (double)points[i][3]);
        for (int d = 0; d < 4; d++)
            true_2 += pow((double)points[0][d] / a - (double)points[i][d] / b, 2);
        att_projection_point(&p, points[0], &x0, &y0);
        att_projection_point(&p, points[i], &x, &y);
        CHECK_NEAR(hypot(x - x0, y - y0), sqrt(true_2), 1e-5);
    }
}

CHECK_TEST(axes_are_of_length_1_at_right_angles_and_do_not_flip)
{
    CHECK_BEGIN();
    float points[400][4];
    att_rng rng = att_rng_seed(9);
    for (int i = 0; i < 400; i++)
        for (int d = 0; d < 4; d++)
            points[i][d] = (float)((att_rng_unit(&rng) - 0.5) * (4 - d));
    const att_projection p = fit(points, 400), again = fit(points, 400);
    double cross = 0;
    for (int a = 0; a < 2; a++) {
        double size = 0, greatest = 0;
        for (int d = 0; d < 4; d++) {
            size += p.axis[a][d] * p.axis[a][d];
            if (fabs(p.axis[a][d]) > fabs(greatest))
                greatest = p.axis[a][d];
            CHECK_NEAR(p.axis[a][d], again.axis[a][d], 0);
        }
        CHECK_NEAR(size, 1, 1e-9);
        CHECK(greatest > 0);
    }
    for (int d = 0; d < 4; d++)
        cross += p.axis[0][d] * p.axis[1][d];
    CHECK_NEAR(cross, 0, 1e-9);
}

// The plain twin: no other axis has more variance.
CHECK_TEST(no_direction_varies_more_than_the_first_axis)
{
    CHECK_BEGIN();
    float points[400][4];
    att_rng rng = att_rng_seed(2);
    for (int i = 0; i < 400; i++)
        for (int d = 0; d < 4; d++)
            points[i][d] = (float)((att_rng_unit(&rng) - 0.5) * (1 + d));
    const att_projection p = fit(points, 400);
    double best = 0;
    for (int trial = 0; trial < 2000; trial++) {
        double axis[4], size = 0, sum = 0, squares = 0, all = 0;
        for (int d = 0; d < 4; d++) {
            axis[d] = att_rng_unit(&rng) - 0.5;
            size += axis[d] * axis[d];
        }
        for (int i = 0; i < 400; i++) {
            double length = 0, on = 0;
            for (int d = 0; d < 4; d++) {
                length += (double)points[i][d] * (double)points[i][d];
                on += (double)points[i][d] * axis[d];
            }
            on /= sqrt(length * size);
            sum += on;
            squares += on * on;
        }
        for (int i = 0; i < 400; i++) {
            double length = 0;
            for (int d = 0; d < 4; d++)
                length += (double)points[i][d] * (double)points[i][d];
            for (int d = 0; d < 4; d++)
                all += pow((double)points[i][d] / sqrt(length) - p.mean[d], 2);
        }
        best = fmax(best, (squares - sum * sum / 400) / all);
    }
    CHECK(best <= p.shares[0] + 1e-9);
    CHECK(best > p.shares[0] - 0.05); // and the search was no empty one
}

CHECK_TEST(nothing_to_tell_apart_is_no_failure)
{
    CHECK_BEGIN();
    float same[3][4] = {{1, 1, 0, 0}, {2, 2, 0, 0}, {0, 0, 0, 0}};
    const att_projection p = fit(same, 3);
    double x, y;
    CHECK_NEAR(p.shares[0], 0, 0);
    att_projection_point(&p, same[1], &x, &y);
    CHECK(isfinite(x) && isfinite(y));
    CHECK_NEAR(fit(same, 0).shares[0], 0, 0);
}

static int begin(void **state)
{
    (void)state;
    static att_host host;
    host = att_host_complete(NULL);
    att_arena_init(&life, &host, 0);
    att_arena_init(&scratch, &host, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    att_arena_deinit(&life);
    att_arena_deinit(&scratch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(directions_in_a_plane_lose_nothing),
        CHECK_CASE(axes_are_of_length_1_at_right_angles_and_do_not_flip), CHECK_CASE(no_direction_varies_more_than_the_first_axis),
        CHECK_CASE(nothing_to_tell_apart_is_no_failure)};
    return cmocka_run_group_tests_name(__FILE__, tests, begin, end);
}
