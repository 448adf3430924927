// SPDX-License-Identifier: Apache-2.0
#include "check.h"
#include "base/rng.h"
#include "embed/normal.h"

#include <math.h>

#define DIM_MAX 128
#define ROWS 77

typedef struct bench {
    _Alignas(64) float a[DIM_MAX * DIM_MAX];
    _Alignas(64) float panel[ROWS * DIM_MAX];
    _Alignas(64) float b[DIM_MAX];
    _Alignas(64) float columns[DIM_MAX * 48];
} bench;

static const uint32_t dims[] = {16, 32, 48, 64, 112, 128};
static const char *const names[] = {"avx512", "avx2"};

static void fill(bench *w, uint32_t dim)
{
    att_rng rng = att_rng_seed(dim);
    memset(w, 0, sizeof *w);
    for (uint32_t j = 0; j < dim; j++)
        w->a[j * dim + j] = 0.5f;
    for (size_t k = 0; k < ROWS * dim; k++)
        w->panel[k] = (float)att_rng_normal(&rng);
    for (uint32_t j = 0; j < dim; j++)
        w->b[j] = (float)att_rng_normal(&rng);
    for (size_t k = 0; k < (size_t)dim * 48; k++)
        w->columns[k] = (float)att_rng_normal(&rng);
}

static void run(const att_normal *n, bench *w, uint32_t dim, bool factor)
{
    fill(w, dim);
    n->add_products(w->a, dim, w->panel, dim, ROWS, dim);
    if (!factor)
        return;
    CHECK(n->factor(w->a, dim, dim));
    n->forward(w->a, dim, dim, w->columns, 48, 48);
    n->solve(w->a, dim, dim, w->b);
}

static void near(const float *a, const float *b, size_t count, double tolerance)
{
    for (size_t i = 0; i < count; i++)
        CHECK_NEAR(a[i], b[i], tolerance * (1 + fabs((double)b[i])));
}

static void near_upper(const bench *a, const bench *b, uint32_t dim, double tolerance)
{
    for (uint32_t r = 0; r < dim; r++)
        near(a->a + r * dim + r, b->a + r * dim + r, dim - r, tolerance);
}

CHECK_TEST(fast_paths_equal_the_plain_twin)
{
    CHECK_BEGIN();
    static bench plain, fast;
    for (size_t n = 0; n < ATT_COUNT_OF(names); n++) {
        const att_normal *normal = att_normal_named(names[n]);
        if (!normal)
            continue;
        for (size_t d = 0; d < ATT_COUNT_OF(dims); d++) {
            run(att_normal_scalar(), &plain, dims[d], false);
            run(normal, &fast, dims[d], false);
            near_upper(&fast, &plain, dims[d], 2e-5);
            run(att_normal_scalar(), &plain, dims[d], true);
            run(normal, &fast, dims[d], true);
            near_upper(&fast, &plain, dims[d], 2e-3);
            near(fast.columns, plain.columns, (size_t)dims[d] * 48, 2e-3);
            near(fast.b, plain.b, dims[d], 5e-3);
        }
    }
}

static const uint32_t picks[] = {
    5, 3, 3, 0, 70, 8, 1, 2, 4, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 44, 45};

static void pack_and_multiply(
    const att_normal *n, bench *w, uint32_t dim, float *packed, float *product)
{
    float roots[ATT_COUNT_OF(picks)];
    fill(w, dim);
    for (size_t k = 0; k < ATT_COUNT_OF(picks); k++)
        roots[k] = 0.5f + (float)k;
    n->pack_columns(packed, 32, w->panel, dim, picks, roots, ATT_COUNT_OF(picks), w->b, dim);
    for (size_t k = 0; k < (size_t)dim * dim; k++)
        w->a[k] = w->panel[k % (ROWS * dim)];
    n->multiply(product, dim, w->panel, dim, w->a, dim, 24, dim);
    n->combine(w->b, w->panel, dim, picks, roots, ATT_COUNT_OF(picks), w->columns, dim);
    memcpy(product + 24 * dim + 12 * 48, w->b, dim * sizeof *product);
    n->cross(product + 24 * dim, 48, w->panel, dim, w->columns, 48, 13, 12, 48); // a tile of eight rows, and one of four
}

CHECK_TEST(panels_and_rotations_equal_the_plain_twin)
{
    CHECK_BEGIN();
    static bench w;
    static _Alignas(64) float packed[2][DIM_MAX * 32], product[2][DIM_MAX * 25 + 12 * 48];
    for (size_t n = 0; n < ATT_COUNT_OF(names); n++) {
        const att_normal *normal = att_normal_named(names[n]);
        if (!normal)
            continue;
        for (size_t d = 0; d < ATT_COUNT_OF(dims); d++) {
            pack_and_multiply(att_normal_scalar(), &w, dims[d], packed[0], product[0]);
            memset(packed[1], 1, sizeof packed[1]);
            pack_and_multiply(normal, &w, dims[d], packed[1], product[1]);
            near(packed[1], packed[0], (size_t)dims[d] * 32, 0);
            near(product[1], product[0], (size_t)dims[d] * 25 + 12 * 48, 2e-5);
        }
    }
}

// --- Systems side by side ------------------------------------------------------------------------

#define COUNT_MAX 64
#define LANES ATT_NORMAL_LANES_MAX

typedef struct abreast {
    _Alignas(64) float panel[COUNT_MAX * LANES * LANES];
    _Alignas(64) float a[COUNT_MAX * COUNT_MAX * LANES];
    _Alignas(64) float t[COUNT_MAX * LANES];
    _Alignas(64) float roots[COUNT_MAX * LANES];
    size_t from[COUNT_MAX * LANES];
} abreast;

// System s takes vectors s, s + 3, s + 6 … of ROWS; its result is (count). Lanes hold first, first + 1 … and none from `used` on.
static bool solve_some(const att_normal *n, abreast *w, const float *rows, const float *scale,
    size_t count, size_t dim, size_t first, size_t used)
{
    memset(w->panel, 1, sizeof w->panel);
    memset(w->a, 1, sizeof w->a);
    memset(w->roots, 0, sizeof w->roots);
    for (size_t k = 0; k < count; k++)
        for (size_t l = 0; l < n->lanes; l++) {
            w->from[k * n->lanes + l] = (first + l + 3 * k) % ROWS * dim;
            if (l < used)
                w->roots[k * n->lanes + l] = 0.3f + 0.02f * (float)((first + l + k) % 9);
        }
    const att_normal_abreast systems = {.rows = rows,
        .from = w->from,
        .next = w->from,
        .roots = w->roots,
        .scale = scale,
        .panel = w->panel,
        .a = w->a,
        .t = w->t,
        .count = count,
        .next_count = count / 2,
        .dim = dim};
    return n->solve_abreast(&systems);
}

CHECK_TEST(systems_side_by_side_equal_the_plain_twin_one_by_one)
{
    CHECK_BEGIN();
    static bench data;
    static abreast fast, plain;
    static const size_t counts[] = {1, 2, 4, 5, 8, 11, 16, 23, 32, 49, 64};
    for (size_t n = 0; n < ATT_COUNT_OF(names); n++) {
        const att_normal *normal = att_normal_named(names[n]);
        for (size_t c = 0; normal && c < ATT_COUNT_OF(counts) * 2; c++) {
            const size_t count = counts[c / 2], dim = c % 2 ? 112 : 64;
            fill(&data, (uint32_t)dim);
            for (size_t j = 0; j < dim; j++)
                data.b[j] = 0.2f + 0.5f * fabsf(data.b[j]);
            CHECK(normal->lanes <= LANES);
            CHECK(solve_some(normal, &fast, data.panel, data.b, count, dim, 5, normal->lanes));
            for (size_t l = 0; l < normal->lanes; l++) {
                CHECK(solve_some(
                    att_normal_scalar(), &plain, data.panel, data.b, count, dim, 5 + l, 1));
                for (size_t k = 0; k < count; k++)
                    CHECK_NEAR(fast.t[k * normal->lanes + l], plain.t[k], 2e-4);
            }
        }
    }
}

CHECK_TEST(a_lane_holds_the_same_bits_beside_any_others)
{
    CHECK_BEGIN();
    static bench data;
    static abreast full, lone;
    fill(&data, 64);
    for (size_t n = 0; n < ATT_COUNT_OF(names); n++) {
        const att_normal *normal = att_normal_named(names[n]);
        if (!normal)
            continue;
        CHECK(solve_some(normal, &full, data.panel, data.b, 19, 64, 0, normal->lanes));
        for (size_t l = 0; l < normal->lanes; l++) {
            CHECK(solve_some(normal, &lone, data.panel, data.b, 19, 64, l, 1));
            for (size_t k = 0; k < 19; k++) {
                CHECK_EQ(lone.t[k * normal->lanes], full.t[k * normal->lanes + l]);
                CHECK(normal->lanes == 1 || lone.t[k * normal->lanes + 1] == 0);
            }
        }
    }
}

// One vector (3 4) with root 1 and scales 1 and 1/2: (1 + 9 + 4) t = 1.
static void one_by_hand(const att_normal *n)
{
    static _Alignas(64) float rows[16], scale[16];
    static abreast w;
    rows[0] = 3;
    rows[1] = 4;
    scale[0] = 1;
    scale[1] = 0.5f;
    memset(&w, 0, sizeof w);
    w.roots[0] = 1;
    const att_normal_abreast systems = {.rows = rows,
        .from = w.from,
        .next = w.from,
        .roots = w.roots,
        .scale = scale,
        .panel = w.panel,
        .a = w.a,
        .t = w.t,
        .count = 1,
        .dim = 16};
    CHECK(n->solve_abreast(&systems));
    CHECK_NEAR(w.t[0], 1.0 / 14, 1e-7);
    rows[0] = NAN;
    CHECK(!n->solve_abreast(&systems));
    rows[0] = 1e30f;
    CHECK(!n->solve_abreast(&systems));
}

CHECK_TEST(one_vector_is_solved_by_hand_and_a_bad_one_refused)
{
    CHECK_BEGIN();
    one_by_hand(att_normal_scalar());
    for (size_t n = 0; n < ATT_COUNT_OF(names); n++)
        if (att_normal_named(names[n]))
            one_by_hand(att_normal_named(names[n]));
}

// --- By hand -------------------------------------------------------------------------------------

// (2 1; 1 2) x = (3 3) has x = (1 1); the rest is the identity.
static void solves_by_hand(const att_normal *n)
{
    static _Alignas(64) float a[256], b[16];
    memset(a, 0, sizeof a);
    memset(b, 0, sizeof b);
    for (size_t j = 0; j < 16; j++)
        a[j * 16 + j] = j < 2 ? 2 : 1;
    a[1] = 1;
    b[0] = b[1] = 3;
    CHECK(n->factor(a, 16, 16));
    CHECK_NEAR(a[0], sqrt(2), 1e-6);
    CHECK_NEAR(a[1], 1 / sqrt(2), 1e-6);
    CHECK_NEAR(a[17], sqrt(1.5), 1e-6);
    n->solve(a, 16, 16, b);
    CHECK_NEAR(b[0], 1, 1e-6);
    CHECK_NEAR(b[1], 1, 1e-6);
    CHECK_NEAR(b[2], 0, 0);
    memset(a, 0, sizeof a);
    for (size_t j = 0; j < 16; j++)
        a[j * 16 + j] = 1;
    a[3 * 16 + 3] = -1;
    CHECK(!n->factor(a, 16, 16));
    a[3 * 16 + 3] = NAN;
    CHECK(!n->factor(a, 16, 16));
}

CHECK_TEST(a_small_system_is_solved_and_a_bad_one_refused)
{
    CHECK_BEGIN();
    solves_by_hand(att_normal_scalar());
    for (size_t n = 0; n < ATT_COUNT_OF(names); n++)
        if (att_normal_named(names[n]))
            solves_by_hand(att_normal_named(names[n]));
    CHECK(att_normal_named("no such thing") == NULL);
}

CHECK_MAIN(CHECK_CASE(fast_paths_equal_the_plain_twin),
    CHECK_CASE(panels_and_rotations_equal_the_plain_twin),
    CHECK_CASE(systems_side_by_side_equal_the_plain_twin_one_by_one),
    CHECK_CASE(a_lane_holds_the_same_bits_beside_any_others),
    CHECK_CASE(one_vector_is_solved_by_hand_and_a_bad_one_refused),
    CHECK_CASE(a_small_system_is_solved_and_a_bad_one_refused))
