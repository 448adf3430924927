// SPDX-License-Identifier: Apache-2.0
#include "check.h"
#include "embed/als.h"
#include "embed/als_rows.h"
#include "world.h"

#include <math.h>

static att_als_options small_options(uint32_t dim)
{
    att_als_options options = att_als_options_default();
    options.dim = dim;
    options.passes = 3;
    options.seed = 9;
    options.reg = 0.01;
    return options;
}

// --- The plain twin: double, one row at a time, Gauss-Jordan ---------------------------------------

#define TWIN_DIM_MAX 24

static void twin_solve(double a[TWIN_DIM_MAX][TWIN_DIM_MAX + 1], size_t dim, double *x)
{
    for (size_t k = 0; k < dim; k++) {
        const double pivot = a[k][k];
        for (size_t c = 0; c <= dim; c++)
            a[k][c] /= pivot;
        for (size_t r = 0; r < dim; r++) {
            const double by = a[r][k];
            for (size_t c = 0; r != k && c <= dim; c++)
                a[r][c] -= by * a[k][c];
        }
    }
    for (size_t k = 0; k < dim; k++)
        x[k] = a[k][dim];
}

static void twin_side(
    double *own, const double *other, const att_matrix *m, const att_als_options *o, double shared)
{
    const size_t dim = o->dim;
    for (uint32_t row = 0; row < m->rows; row++) {
        double a[TWIN_DIM_MAX][TWIN_DIM_MAX + 1] = {{0}};
        const double count = (double)(m->row_start[row + 1] - m->row_start[row]);
        const double penalty =
            shared >= 0 ? shared : o->reg * pow(count + o->unobserved * m->cols, o->reg_power);
        for (uint32_t i = 0; i < m->cols; i++)
            for (size_t r = 0; r < dim; r++)
                for (size_t c = 0; c < dim; c++)
                    a[r][c] += o->unobserved * other[i * dim + r] * other[i * dim + c];
        for (size_t r = 0; r < dim; r++)
            a[r][r] += penalty;
        for (uint64_t k = m->row_start[row]; k < m->row_start[row + 1]; k++) {
            const double *x = other + (size_t)m->col[k] * dim;
            for (size_t r = 0; r < dim; r++) {
                for (size_t c = 0; c < dim; c++)
                    a[r][c] += m->value[k] * x[r] * x[c];
                a[r][dim] += m->value[k] * x[r];
            }
        }
        twin_solve(a, dim, own + (size_t)row * dim);
    }
}

typedef struct twin {
    double people[80 * TWIN_DIM_MAX], items[50 * TWIN_DIM_MAX];
} twin;

static void twin_train(twin *t, const att_matrix *m, const att_als_options *o, const att_host *host)
{
    att_matrix by_item;
    CHECK_OK(att_matrix_transpose(&by_item, m, host, NULL));
    att_rng rng = att_rng_stream(o->seed, 0);
    for (size_t k = 0; k < (size_t)m->cols * o->dim; k++)
        t->items[k] = (float)(o->init / sqrt(o->dim) * att_rng_normal(&rng));
    const double mean = (double)att_matrix_nonzeros(m) / m->rows;
    const double shared =
        o->scale_people ? -1 : o->reg * pow(mean + o->unobserved * m->cols, o->reg_power);
    for (uint32_t pass = 0; pass < o->passes; pass++) {
        twin_side(t->people, t->items, m, o, shared);
        twin_side(t->items, t->people, &by_item, o, -1);
    }
    att_matrix_deinit(&by_item, host);
}

// Vectors may be turned; what they say of each pair may not differ.
static void says_the_same(const att_als *als, const twin *t, uint32_t dim)
{
    for (uint32_t u = 0; u < als->people_count; u++) {
        for (uint32_t i = 0; i < als->item_count; i++) {
            double plain = 0, fast = 0;
            for (uint32_t j = 0; j < dim; j++) {
                plain += t->people[u * dim + j] * t->items[i * dim + j];
                fast += (double)als->people[u * als->stride + j] * als->items[i * als->stride + j];
            }
            CHECK_NEAR(fast, plain, 2e-4);
        }
    }
}

CHECK_TEST(training_equals_the_plain_twin_in_double)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    const uint32_t dims[] = {5, 16, 24};
    static twin t;
    att_matrix m = world_matrix(
        80, 50, 4, 14, 1, &host); // rows of 5 to 14, columns of 1 to 60: all ways to solve
    for (size_t d = 0; d < ATT_COUNT_OF(dims); d++) {
        for (int scaled = 0; scaled < 2; scaled++) {
            att_als_options options = small_options(dims[d]);
            options.scale_people = scaled;
            att_als als;
            CHECK_OK(att_als_train(&als, &m, &options, &host, NULL));
            twin_train(&t, &m, &options, &host);
            says_the_same(&als, &t, dims[d]);
            att_als_deinit(&als);
        }
    }
    att_matrix_deinit(&m, &host);
}

// --- What must hold ------------------------------------------------------------------------------

CHECK_TEST(each_pass_lowers_the_loss)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(80, 50, 4, 14, 2, &host);
    const uint32_t blocks[] = {0, 16};
    for (size_t b = 0; b < 2; b++) {
        double last = INFINITY;
        for (uint32_t passes = 1; passes <= 6; passes++) {
            att_als_options options = small_options(40);
            options.passes = passes;
            options.block = blocks[b];
            att_als als;
            CHECK_OK(att_als_train(&als, &m, &options, &host, NULL));
            const double loss = att_als_loss(&als, &m, &options);
            CHECK(loss < last * (1 + 1e-6));
            last = loss;
            att_als_deinit(&als);
        }
    }
    att_matrix_deinit(&m, &host);
}

CHECK_TEST(blocks_come_to_the_same_place_as_whole_solves)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(80, 50, 4, 14, 2, &host);
    double losses[2];
    for (int b = 0; b < 2; b++) {
        att_als_options options = small_options(32);
        options.passes = 60;
        options.block = b ? 16 : 0;
        att_als als;
        CHECK_OK(att_als_train(&als, &m, &options, &host, NULL));
        losses[b] = att_als_loss(&als, &m, &options);
        att_als_deinit(&als);
    }
    CHECK_NEAR(losses[1] / losses[0], 1, 1e-3);
    att_matrix_deinit(&m, &host);
}

// One side alone, by blocks of `block` coordinates (0: whole), `rounds` times.
static void solve_one_side(float *own, const att_matrix *m, const float *other, const float *axes,
    uint32_t block, int rounds)
{
    att_als_side side = {.matrix = m,
        .other = other,
        .own = own,
        .axes = axes,
        .normal = att_normal_best(),
        .kernels = att_kernels_best(),
        .stride = 32,
        .dim = 32,
        .block = block,
        .reg = 0.01,
        .reg_power = 1,
        .unobserved = 0.1,
        .shared_penalty = -1};
    const att_host host = att_host_default();
    att_arena life;
    att_arena_init(&life, &host, 0);
    CHECK_OK(att_als_order_rows(&side, &life, NULL));
    CHECK_OK(att_als_make_work(&side.work[0], &side, &life, NULL));
    memset(own, 0, (size_t)m->rows * 32 * sizeof *own);
    for (int round = 0; round < rounds; round++)
        CHECK(att_als_solve_rows(&side, 1));
    att_arena_deinit(&life);
}

CHECK_TEST(one_block_of_all_coordinates_is_the_whole_solve)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(40, 50, 4, 30, 2, &host);
    static _Alignas(64) float other[50 * 32], axes[32], whole[40 * 32], blocks[40 * 32];
    att_rng rng = att_rng_seed(4);
    for (size_t k = 0; k < 50 * 32; k++)
        other[k] = (float)att_rng_normal(&rng) * 0.3f;
    for (size_t j = 0; j < 32; j++)
        axes[j] = 0.5f + (float)j / 32;
    solve_one_side(whole, &m, other, axes, 0, 1);
    solve_one_side(blocks, &m, other, axes, 32, 1);
    for (size_t k = 0; k < 40 * 32; k++)
        CHECK_NEAR(blocks[k], whole[k], 2e-5);
    solve_one_side(blocks, &m, other, axes, 16, 60);
    for (size_t k = 0; k < 40 * 32; k++)
        CHECK_NEAR(blocks[k], whole[k], 1e-3);
    att_matrix_deinit(&m, &host);
}

CHECK_TEST(any_number_of_threads_gives_the_same_bits)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(300, 120, 4, 20, 6, &host);
    att_als one, other;
    att_als_options options = small_options(33);
    CHECK_OK(att_als_train(&one, &m, &options, &host, NULL));
    for (uint32_t threads = 2; threads <= 5; threads++) {
        options.threads = threads;
        CHECK_OK(att_als_train(&other, &m, &options, &host, NULL));
        CHECK(memcmp(one.items, other.items, 120 * one.stride * sizeof(float)) == 0);
        CHECK(memcmp(one.people, other.people, 300 * one.stride * sizeof(float)) == 0);
        att_als_deinit(&other);
    }
    att_als_deinit(&one);
    att_matrix_deinit(&m, &host);
}

CHECK_TEST(slow_and_fast_kernels_agree)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(80, 50, 4, 14, 2, &host);
    att_als fast, plain;
    att_als_options options = small_options(32);
    CHECK_OK(att_als_train(&fast, &m, &options, &host, NULL));
    options.normal = att_normal_scalar();
    CHECK_OK(att_als_train(&plain, &m, &options, &host, NULL));
    for (uint32_t u = 0; u < 80; u++)
        for (uint32_t i = 0; i < 50; i++)
            CHECK_NEAR(att_kernels_scalar()->dot_f32(fast.people + u * 32, fast.items + i * 32, 32),
                att_kernels_scalar()->dot_f32(plain.people + u * 32, plain.items + i * 32, 32),
                2e-4);
    att_als_deinit(&fast);
    att_als_deinit(&plain);
    att_matrix_deinit(&m, &host);
}

// --- Refusals ------------------------------------------------------------------------------------

static void refused(att_als_options options, const att_matrix *m, const char *why)
{
    const att_host host = att_host_default();
    att_als als;
    att_error err = {0};
    CHECK_FAILS(att_als_train(&als, m, &options, &host, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, why);
}

CHECK_TEST(bad_options_and_preferences_are_refused_by_name)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(10, 10, 2, 4, 2, &host);
    att_als_options o = small_options(0);
    refused(o, &m, "dim is 0");
    o = small_options(16);
    o.passes = 0;
    refused(o, &m, "passes is 0");
    o = small_options(64);
    o.block = 17;
    refused(o, &m, "block is 17");
    o = small_options(16);
    o.reg = 0;
    refused(o, &m, "reg 0");
    o = small_options(16);
    o.reg_power = NAN;
    refused(o, &m, "reg_power");
    m.value[3] = -1;
    refused(small_options(16), &m, "preference 3 is -1");
    att_matrix_deinit(&m, &host);
    CHECK_OK(att_matrix_build(&m, 3, 3, NULL, 0, &host, NULL));
    refused(small_options(16), &m, "no preference");
    att_matrix_deinit(&m, &host);
}

static bool no_further(void *user, const att_progress *progress)
{
    (void)user;
    return progress->done < 2;
}

CHECK_TEST(the_host_can_cancel)
{
    CHECK_BEGIN();
    att_host host = att_host_default();
    host.progress = no_further;
    att_matrix m = world_matrix(10, 10, 2, 4, 2, &host);
    att_als als;
    const att_als_options options = small_options(16);
    CHECK_FAILS(att_als_train(&als, &m, &options, &host, NULL), ATT_CANCELLED);
    att_matrix_deinit(&m, &host);
}

CHECK_TEST(running_out_of_memory_leaves_nothing_behind)
{
    CHECK_BEGIN();
    const att_host plain = att_host_default();
    att_matrix m = world_matrix(10, 10, 2, 4, 2, &plain);
    for (uint64_t fail_at = 1;; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        const att_host host = check_host(&heap);
        att_als als;
        const att_als_options options = small_options(16);
        const att_status status = att_als_train(&als, &m, &options, &host, NULL);
        if (status == ATT_OK)
            att_als_deinit(&als);
        CHECK_EQ(heap.bytes_live, 0);
        if (status == ATT_OK)
            break;
        CHECK_EQ(status, ATT_NO_MEMORY);
        CHECK(fail_at < 1000);
    }
    att_matrix_deinit(&m, &plain);
}

// --- Warm starts --------------------------------------------------------------------------------

CHECK_TEST(passes_from_given_vectors_go_on_where_the_others_stopped)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(80, 50, 4, 14, 1, &host);
    att_als_options options = small_options(16);
    att_als first, more, whole;
    CHECK_OK(att_als_train(&first, &m, &options, &host, NULL));
    options.start = first.items;
    options.passes = 2;
    CHECK_OK(att_als_train(&more, &m, &options, &host, NULL));
    options.start = NULL;
    options.passes = 5;
    CHECK_OK(att_als_train(&whole, &m, &options, &host, NULL));
    for (uint32_t u = 0; u < m.rows; u++)
        for (uint32_t i = 0; i < m.cols; i++) {
            double a = 0, b = 0;
            for (uint32_t j = 0; j < 16; j++) {
                a += (double)more.people[u * more.stride + j] * more.items[i * more.stride + j];
                b += (double)whole.people[u * whole.stride + j] * whole.items[i * whole.stride + j];
            }
            CHECK_NEAR(a, b, 1e-4);
        }
    CHECK(att_als_loss(&more, &m, &options) < att_als_loss(&first, &m, &options));
    att_als_deinit(&first);
    att_als_deinit(&more);
    att_als_deinit(&whole);
    att_matrix_deinit(&m, &host);
}

CHECK_TEST(rows_of_zeros_are_drawn_as_without_a_start)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(80, 50, 4, 14, 1, &host);
    att_als_options options = small_options(16);
    att_als plain, zeros;
    CHECK_OK(att_als_train(&plain, &m, &options, &host, NULL));
    float *nothing = calloc((size_t)50 * plain.stride, sizeof *nothing);
    options.start = nothing;
    CHECK_OK(att_als_train(&zeros, &m, &options, &host, NULL));
    CHECK(memcmp(plain.items, zeros.items, (size_t)50 * plain.stride * sizeof(float)) == 0);
    free(nothing);
    att_als_deinit(&plain);
    att_als_deinit(&zeros);
    att_matrix_deinit(&m, &host);
}

CHECK_MAIN(CHECK_CASE(training_equals_the_plain_twin_in_double),
    CHECK_CASE(each_pass_lowers_the_loss),
    CHECK_CASE(blocks_come_to_the_same_place_as_whole_solves),
    CHECK_CASE(one_block_of_all_coordinates_is_the_whole_solve),
    CHECK_CASE(any_number_of_threads_gives_the_same_bits), CHECK_CASE(slow_and_fast_kernels_agree),
    CHECK_CASE(bad_options_and_preferences_are_refused_by_name), CHECK_CASE(the_host_can_cancel),
    CHECK_CASE(running_out_of_memory_leaves_nothing_behind),
    CHECK_CASE(passes_from_given_vectors_go_on_where_the_others_stopped),
    CHECK_CASE(rows_of_zeros_are_drawn_as_without_a_start))
