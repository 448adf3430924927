// SPDX-License-Identifier: Apache-2.0
// The network agrees with plain loops, and its gradient with finite differences.
#include "check.h"

#include "base/rng.h"
#include "music/stems_fine.h"

#include <math.h>
#include <stdlib.h>

enum { FRAMES = 21, F = ATT_STEMS_INPUTS, ROW = ATT_STEMS_FEATURES, Q = ATT_STEMS_GATES, W = ATT_STEMS_WIDTH, B = ATT_STEMS_BANDS, M = ATT_STEMS_MASKS };

typedef struct scene {
    att_stems_layout layout;
    float *weights, *features, *mix, *cross;
    att_stems_target target;
    att_arena life;
    att_stems_room *room;
    att_stems_net net;
} scene;

static const att_host *host(void)
{
    static att_host its;
    its = att_host_default();
    return &its;
}

static void set_up(scene *s)
{
    att_rng rng = att_rng_seed(4);
    s->layout = att_stems_layout_get();
    att_arena_init(&s->life, host(), 1 << 20);
    s->weights = ATT_NEW(&s->life, float, s->layout.count);
    s->features = ATT_NEW(&s->life, float, FRAMES *ROW);
    s->mix = ATT_NEW(&s->life, float, FRAMES *B);
    s->cross = ATT_NEW(&s->life, float, FRAMES *M);
    att_stems_weights_draw(s->weights, 9);
    for (size_t i = 0; i < s->layout.count; i++) // biases and gains as well
        s->weights[i] += (float)(0.02 * att_rng_normal(&rng));
    for (size_t i = 0; i < FRAMES * ROW; i++)
        s->features[i] = (float)att_rng_normal(&rng);
    for (size_t t = 0; t < FRAMES; t++)
        for (size_t b = 0; b < B; b++) {
            double left = s->mix[t * B + b] = (float)att_rng_exponential(&rng);
            for (size_t k = 0; k < ATT_STEM_COUNT; k++) {
                const double its = k == 3 ? left : left * att_rng_unit(&rng);
                s->cross[t * M + k * B + b] = (float)its;
                left -= its;
            }
        }
    s->target = (att_stems_target){s->mix, s->cross, {9000, 8000, 7000, 9000}};
    s->room = att_stems_room_new(FRAMES, true, &s->life);
    s->net = (att_stems_net){s->weights, att_seq_ops_best()};
    CHECK(s->room != NULL);
}

// --- The plain twin: one frame after the other, in double -------------------------------------------------------

static void plain_norm(const double *x, const float *gain, double *out)
{
    double sum = 0;
    for (size_t i = 0; i < W; i++)
        sum += x[i] * x[i];
    for (size_t i = 0; i < W; i++)
        out[i] = x[i] / sqrt(sum / W + 1e-6) * gain[i];
}

enum { E = ATT_STEMS_EYES, U = ATT_STEMS_SIGNS, PLANES = ATT_STEMS_PLANES };

static double silu(double x)
{
    return x / (1 + exp(-x));
}

// What lies beyond the ends of time and of the bands is 0.
static double plane(const scene *s, int t, int b, int p)
{
    if (t < 0 || t >= FRAMES || b < 0 || b >= B)
        return 0;
    return s->features[t * ROW + (p ? F + (p - 1) * B : 0) + b];
}

static void plain_eyes(const scene *s, double eyes[FRAMES][B][E])
{
    const float *w = s->weights;
    for (int t = 0; t < FRAMES; t++)
        for (int b = 0; b < B; b++)
            for (int c = 0; c < E; c++) {
                double sum = w[s->layout.eye_bias + (size_t)(b * E + c)];
                for (int i = 0; i < 3 * 5 * PLANES; i++)
                    sum += plane(s, t + i / (5 * PLANES) - 1, b + i / PLANES % 5 - 2, i % PLANES) * w[s->layout.eye + (size_t)(i * E + c)];
                eyes[t][b][c] = silu(sum);
            }
}

// What the fine part adds to z of a stem.
static double plain_vote(const scene *s, double eyes[FRAMES][B][E], const double *h, int t, int b, int stem)
{
    const float *w = s->weights;
    double z = 0;
    for (int c = 0; c < U; c++) {
        const int hint = b / ATT_STEMS_GROUP * U + c;
        double sum = w[s->layout.hint_bias + (size_t)hint];
        for (size_t i = 0; i < W; i++)
            sum += h[i] * w[s->layout.hint + i * ATT_STEMS_HINTS + (size_t)hint];
        for (int i = 0; i < 9 * E; i++) {
            const int at = t + 3 * (i / (3 * E) - 1), to = b + i / E % 3 - 1;
            if (at >= 0 && at < FRAMES && to >= 0 && to < B)
                sum += eyes[at][to][i % E] * w[s->layout.sign + (size_t)(i * U + c)];
        }
        z += silu(sum) * w[s->layout.vote + (size_t)(c * ATT_STEM_COUNT + stem)];
    }
    return z;
}

static void plain(const scene *s, double *masks)
{
    static double x[FRAMES][W], n[FRAMES][W], h[W], eyes[FRAMES][B][E];
    static const int reach[] = {1, 2, 4, 8, 16, 32, 64};
    const att_stems_layout *l = &s->layout;
    const float *w = s->weights;
    plain_eyes(s, eyes);
    for (int t = 0; t < FRAMES; t++)
        for (size_t j = 0; j < W; j++) {
            x[t][j] = w[l->in_bias + j];
            for (size_t i = 0; i < F; i++)
                x[t][j] += (double)s->features[(size_t)t * ROW + i] * w[l->in + i * W + j];
            for (size_t b = 0; b < B; b++)
                for (size_t c = 0; c < E; c++)
                    x[t][j] += eyes[t][b][c] / ATT_STEMS_GROUP * w[l->pool + (b / ATT_STEMS_GROUP * E + c) * W + j];
        }
    for (int b = 0; b < ATT_STEMS_BLOCKS; b++) {
        for (int t = 0; t < FRAMES; t++)
            plain_norm(x[t], w + l->block[b].gain, n[t]);
        for (int t = 0; t < FRAMES; t++) {
            for (size_t j = 0; j < W; j++) {
                h[j] = w[l->block[b].wide_bias + j];
                for (int tap = -1; tap <= 1; tap++) {
                    const int at = t + tap * reach[b];
                    for (size_t i = 0; at >= 0 && at < FRAMES && i < W; i++)
                        h[j] += n[at][i] * w[l->block[b].wide + (size_t)(tap + 1) * W * W + i * W + j];
                }
                h[j] = h[j] / (1 + exp(-h[j]));
            }
            for (size_t j = 0; j < W; j++) {
                x[t][j] += w[l->block[b].back_bias + j];
                for (size_t i = 0; i < W; i++)
                    x[t][j] += h[i] * w[l->block[b].back + i * W + j];
            }
        }
    }
    for (int t = 0; t < FRAMES; t++) {
        plain_norm(x[t], w + l->out_gain, h);
        for (size_t b = 0; b < B; b++) {
            double z[ATT_STEM_COUNT], sum = 0;
            for (size_t k = 0; k < ATT_STEM_COUNT; k++) {
                z[k] = w[l->out_bias + k * B + b];
                for (size_t i = 0; i < W; i++)
                    z[k] += h[i] * w[l->out + i * M + k * B + b];
                for (size_t c = 0; c < ATT_STEMS_CUES; c++) {
                    const size_t gate = (k * ATT_STEMS_CUES + c) * ATT_STEMS_GROUPS + b / ATT_STEMS_GROUP;
                    double q = w[l->gate_bias + gate];
                    for (size_t i = 0; i < W; i++)
                        q += h[i] * w[l->gate + i * Q + gate];
                    z[k] += q * s->features[(size_t)t * ROW + F + c * B + b];
                }
                z[k] += plain_vote(s, eyes, h, t, (int)b, (int)k);
                sum += exp(z[k]);
            }
            for (size_t k = 0; k < ATT_STEM_COUNT; k++)
                masks[(size_t)t * M + k * B + b] = exp(z[k]) / sum;
        }
    }
}

CHECK_TEST(masks_are_those_of_plain_loops_and_sum_to_one)
{
    CHECK_BEGIN();
    scene s;
    set_up(&s);
    static double wanted[FRAMES * M];
    plain(&s, wanted);
    const float *masks = att_stems_forward(&s.net, s.features, FRAMES, s.room);
    double worst = 0, sum_worst = 0;
    for (size_t i = 0; i < FRAMES * M; i++)
        worst = fmax(worst, fabs(masks[i] - wanted[i]));
    for (size_t t = 0; t < FRAMES; t++)
        for (size_t b = 0; b < B; b++) {
            double sum = 0;
            for (size_t k = 0; k < ATT_STEM_COUNT; k++)
                sum += masks[t * M + k * B + b];
            sum_worst = fmax(sum_worst, fabs(sum - 1));
        }
    CHECK_NEAR(worst, 0, 2e-5);
    CHECK_NEAR(sum_worst, 0, 1e-6);
    // Room that is not for training gives the same bits.
    att_stems_room *small = att_stems_room_new(FRAMES, false, &s.life);
    const float *again = att_stems_forward(&s.net, s.features, FRAMES, small);
    CHECK_EQ(memcmp(again, masks, FRAMES * M * sizeof *masks), 0);
    att_arena_deinit(&s.life);
}

static double loss_of(scene *s, float *dmasks)
{
    return att_stems_loss(att_stems_forward(&s->net, s->features, FRAMES, s->room), FRAMES, &s->target, dmasks, NULL);
}

CHECK_TEST(the_gradient_is_that_of_finite_differences)
{
    CHECK_BEGIN();
    scene s;
    set_up(&s);
    float *dmasks = ATT_NEW(&s.life, float, FRAMES *M), *gradient = ATT_NEW(&s.life, float, s.layout.count);
    loss_of(&s, dmasks);
    att_stems_backward(&s.net, s.features, FRAMES, s.room, dmasks, gradient);
    // Along a random direction within each kind of weights.
    const size_t from[] = {s.layout.in, s.layout.in_bias, s.layout.block[0].gain, s.layout.block[2].wide, s.layout.block[4].wide, s.layout.gate, s.layout.gate_bias, s.layout.eye, s.layout.eye_bias, s.layout.pool, s.layout.hint,
        s.layout.hint_bias, s.layout.sign, s.layout.vote, s.layout.block[3].wide_bias,
        s.layout.block[1].back, s.layout.block[4].back_bias, s.layout.out_gain, s.layout.out, s.layout.out_bias};
    const size_t count[] = {F * W, W, W, 3 * W * W, 3 * W * W, W * Q, Q, ATT_STEMS_EYE_SIZE, B *ATT_STEMS_EYES, W *ATT_STEMS_POOLED, W *ATT_STEMS_HINTS, ATT_STEMS_HINTS,
        ATT_STEMS_SIGN_SIZE, ATT_STEMS_SIGNS *ATT_STEM_COUNT, W, W * W, W, W, W * M, M};
    att_rng rng = att_rng_seed(8);
    float *before = malloc(F * W * sizeof *before * 4);
    for (size_t k = 0; k < ATT_COUNT_OF(from); k++) {
        float *w = s.weights + from[k];
        const double step = 0.02 / sqrt((double)count[k]);
        double wanted = 0, at[2];
        memcpy(before, w, count[k] * sizeof *w);
        // The direction of the gradient itself, roughened: its length is then not lost in rounding.
        double length = 0;
        for (size_t i = 0; i < count[k]; i++)
            length += (double)gradient[from[k] + i] * gradient[from[k] + i];
        length = sqrt(length / (double)count[k]);
        float *way = malloc(count[k] * sizeof *way);
        for (size_t i = 0; i < count[k]; i++) {
            way[i] = (float)(gradient[from[k] + i] / length + 0.3 * att_rng_normal(&rng));
            wanted += (double)way[i] * gradient[from[k] + i];
        }
        for (int side = 0; side < 2; side++) {
            for (size_t i = 0; i < count[k]; i++)
                w[i] = before[i] + (float)((side ? step : -step) * way[i]);
            at[side] = loss_of(&s, dmasks);
        }
        memcpy(w, before, count[k] * sizeof *w);
        CHECK_NEAR((at[1] - at[0]) / (2 * step) / wanted, 1, 0.02);
        free(way);
    }
    free(before);
    att_arena_deinit(&s.life);
}

CHECK_TEST(perfect_masks_cost_nothing_but_the_floor)
{
    CHECK_BEGIN();
    // One stem is all: its own power is the mix's, the others' is nothing.
    static float masks[M], mix[B], cross[M], dmasks[M];
    double error[ATT_STEM_COUNT];
    for (size_t b = 0; b < B; b++)
        mix[b] = cross[ATT_STEM_BASS * B + b] = masks[ATT_STEM_BASS * B + b] = 1;
    const att_stems_target target = {mix, cross, {0, B, 0, 0}};
    CHECK_NEAR(att_stems_loss(masks, 1, &target, dmasks, error), (1 + 3 * ATT_STEMS_SILENT_WEIGHT) / 4 * log(ATT_STEMS_FLOOR), 1e-6);
    CHECK_NEAR(error[ATT_STEM_BASS], 0, 1e-9);
    CHECK(isinf(error[ATT_STEM_DRUMS]));
    CHECK_NEAR(dmasks[ATT_STEM_BASS * B], 0, 0);
}

CHECK_MAIN(CHECK_CASE(masks_are_those_of_plain_loops_and_sum_to_one), CHECK_CASE(the_gradient_is_that_of_finite_differences),
    CHECK_CASE(perfect_masks_cost_nothing_but_the_floor))
