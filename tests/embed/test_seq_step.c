// SPDX-License-Identifier: Apache-2.0
// The fast model and its derivatives against the plain one in double (seq_plain.h).
#include "check.h"
#include "base/arena.h"
#include "embed/blas.h"
#include "embed/seq_parts.h"
#include "embed/seq_step.h"
#include "seq_plain.h"

enum { ITEMS = 24, PEOPLE = 4 };

static const uint64_t starts[PEOPLE + 1] = {0, 6, 9, 15, 17};
static const uint32_t events[] = {3, 7, 1, 9, 3, 20, 5, 5, 8, 0, 2, 4, 6, 23, 10, 11, 3};
static const int64_t times[] = {10, 10, 15, 400, 9000, 800000, 5, 6, 7, 1, 2, 3, 50, 51, 3000000000, 8, 9};

typedef struct scene {
    att_arena life;
    att_host host;
    att_seq_data data;
    att_seq_options options;
    att_seq_shape shape;
    att_seq_state state;
    uint8_t context[ATT_COUNT_OF(events) * ATT_SEQ_FIELDS];
    uint32_t counts[ITEMS];
    att_seq_window windows[PEOPLE];
    att_seq_step *step;
    double loss;
} scene;

static void open_scene(scene *s, const att_seq_loss *loss, bool rich)
{
    *s = (scene){.host = att_host_default()};
    att_arena_init(&s->life, &s->host, 0);
    att_rng rng = att_rng_seed(11);
    for (size_t k = 0; k < ATT_COUNT_OF(s->context); k++)
        s->context[k] = (uint8_t)att_rng_below(&rng, ATT_SEQ_CLASSES);
    for (size_t k = 0; k < ATT_COUNT_OF(events); k++)
        s->counts[events[k]]++;
    s->data = (att_seq_data){PEOPLE, ITEMS, starts, events, rich ? times : NULL, rich ? s->context : NULL};
    const att_seq_options wanted = {.seed = 3,
        .threads = 2,
        .length = 8,
        .dim = 16,
        .heads = 2,
        .layers = 2,
        .hidden = 32,
        .loss = loss,
        .negatives = 16,
        .popular = 0.5,
        .dropout = rich ? 0.3 : -1,
        .batch_tokens = 64};
    s->options = att_seq_options_for(&wanted, &s->data);
    s->shape = (att_seq_shape){ITEMS, 8, 16, 2, 2, 32};
    const size_t weights = att_seq_weights(&s->shape), items = ITEMS * 16;
    float *block = ATT_NEW(&s->life, float, 3 * (weights + items));
    s->state = (att_seq_state){weights, block, block + weights, block + 2 * weights,
        block + 3 * weights, block + 3 * weights + items, block + 3 * weights + 2 * items};
    for (size_t k = 0; k < weights; k++)
        block[k] = (float)(0.4 * att_rng_normal(&rng));
    for (size_t k = 0; k < items; k++)
        s->state.items[k] = (float)(0.4 * att_rng_normal(&rng));
    for (uint32_t p = 0; p < PEOPLE; p++)
        s->windows[p] = (att_seq_window){p, starts[p], (uint32_t)(starts[p + 1] - starts[p] - 1)};
    CHECK_OK(att_seq_step_create(&s->step, &s->data, &s->options, &s->shape, events,
        ATT_COUNT_OF(events), s->counts, &s->life, NULL));
    CHECK_EQ(att_seq_step_fill(s->step, s->windows, PEOPLE), PEOPLE);
    CHECK_EQ(att_seq_step_tokens(s->step), 13);
    const int before = att_blas_hold();
    s->loss = att_seq_step_gradient(s->step, &s->state, 5);
    att_blas_release(before);
}

static double loss_at(const scene *s, const double *weights, const double *items)
{
    const plain_net net = {&s->shape, s->state.weights, weights, items, s->options.dropout > 0 ? s->options.dropout : 0,
        att_mix64(s->options.seed ^ att_mix64(5))};
    return plain_loss(&net, &s->data, s->windows, PEOPLE, att_seq_step_negatives(s->step),
        s->options.loss == &att_seq_loss_gbce);
}

// Derivative of the plain loss by central difference.
static double slope(const scene *s, double *at, const double *weights, const double *items)
{
    const double kept = *at, step = 1e-5;
    *at = kept + step;
    const double above = loss_at(s, weights, items);
    *at = kept - step;
    const double below = loss_at(s, weights, items);
    *at = kept;
    return (above - below) / (2 * step);
}

static void compare(const att_seq_loss *loss, bool rich)
{
    scene *s = malloc(sizeof *s);
    open_scene(s, loss, rich);
    const size_t weight_count = s->state.weight_count, item_count = ITEMS * 16;
    double *weights = calloc(weight_count, sizeof *weights), *items = calloc(item_count, sizeof *items);
    for (size_t k = 0; k < weight_count; k++)
        weights[k] = (double)s->state.weights[k];
    for (size_t k = 0; k < item_count; k++)
        items[k] = (double)s->state.items[k];
    CHECK_NEAR(s->loss, loss_at(s, weights, items), 1e-4);
    double worst = 0, greatest = 0, moved = 0;
    for (size_t k = 0; k < weight_count; k++) {
        const double wanted = slope(s, &weights[k], weights, items);
        worst = fmax(worst, fabs((double)att_seq_step_weights(s->step)[k] - wanted));
        greatest = fmax(greatest, fabs(wanted));
        moved += wanted != 0;
    }
    CHECK_NEAR(worst, 0, 2e-5);
    CHECK(greatest > 0.05);
    CHECK(moved > 4000); // all but biases and contexts that no event has
    worst = 0;
    for (uint32_t item = 0; item < ITEMS; item++) {
        float got[16];
        att_seq_step_item(s->step, item, got);
        for (size_t k = 0; k < 16; k++)
            worst = fmax(worst, fabs((double)got[k] - slope(s, &items[item * 16 + k], weights, items)));
    }
    CHECK_NEAR(worst, 0, 2e-5);
    free(weights);
    free(items);
    att_arena_deinit(&s->life);
    free(s);
}

CHECK_TEST(every_gradient_of_gbce_with_times_contexts_and_dropout_is_the_plain_difference)
{
    CHECK_BEGIN();
    compare(&att_seq_loss_gbce, true);
}

CHECK_TEST(every_gradient_of_sampled_softmax_is_the_plain_difference)
{
    CHECK_BEGIN();
    compare(&att_seq_loss_sampled, false);
}

CHECK_TEST(what_comes_later_changes_nothing_before)
{
    CHECK_BEGIN();
    scene *s = malloc(sizeof *s);
    open_scene(s, &att_seq_loss_sampled, true);
    const att_seq_net net = {s->shape, s->state.weights, s->state.items, att_seq_ops_best()};
    att_seq_room *room = att_seq_room_new(&s->shape, 8, false, &s->life);
    uint32_t start[] = {0, 5}, item[] = {1, 2, 3, 4, 5};
    const att_seq_tokens tokens = {1, 5, start, item, times, s->context, s->context + ATT_SEQ_FIELDS};
    float first[3 * 16];
    const float *out = att_seq_forward(&net, &tokens, NULL, room);
    memcpy(first, out, sizeof first);
    item[3] = 9;
    out = att_seq_forward(&net, &tokens, NULL, room);
    for (size_t k = 0; k < 3 * 16; k++)
        CHECK_NEAR((double)out[k], (double)first[k], 1e-6);
    CHECK(fabs((double)out[3 * 16] - (double)first[3 * 16 - 16]) > 1e-6);
    att_arena_deinit(&s->life);
    free(s);
}

// t = 1 makes up for all of the sampling, t = 0 for none; ten of a hundred others at t = 0.75: 0.1 (0.75 * -9 + 10).
CHECK_TEST(the_power_of_gbce_is_that_of_the_paper)
{
    CHECK_BEGIN();
    CHECK_NEAR(att_seq_gbce_beta(10, 101, 0), 1, 1e-12);
    CHECK_NEAR(att_seq_gbce_beta(10, 101, 1), 0.1, 1e-12);
    CHECK_NEAR(att_seq_gbce_beta(10, 101, 0.75), 0.325, 1e-12);
    CHECK_NEAR(att_seq_gbce_beta(500, 101, 0.75), 1, 1e-12); // more than there are: as if all
}

// With enough draws the corrected sum over negatives is the sum over the catalogue, whatever they are drawn by.
CHECK_TEST(corrections_make_any_mix_of_negatives_speak_for_the_whole_catalogue)
{
    CHECK_BEGIN();
    enum { DRAWN = 200000 };
    static uint32_t item[DRAWN];
    static float log_q[DRAWN], weight[DRAWN];
    uint32_t counts[ITEMS] = {0};
    for (size_t k = 0; k < ATT_COUNT_OF(events); k++)
        counts[events[k]]++;
    const double mixes[] = {0, 0.5, 0.9};
    for (size_t m = 0; m < 3; m++) {
        att_seq_negatives n = {DRAWN, item, log_q, weight, 0, 0};
        att_rng rng = att_rng_seed(m + 1);
        att_seq_negatives_draw(&n, ITEMS, mixes[m], events, ATT_COUNT_OF(events), counts, &rng);
        double sum = 0, mean = 0, wanted = 0;
        for (size_t j = 0; j < DRAWN; j++) {
            const double score = sin(item[j] + 1.0);
            sum += exp(score - (double)log_q[j]);
            mean += (double)weight[j] * score / DRAWN;
        }
        for (uint32_t i = 0; i < ITEMS; i++)
            wanted += exp(sin(i + 1.0));
        CHECK_NEAR(sum, wanted, 0.02 * wanted);
        double alike = 0;
        for (uint32_t i = 0; i < ITEMS; i++)
            alike += sin(i + 1.0) / ITEMS;
        CHECK_NEAR(mean, alike, 0.02);
    }
}

CHECK_TEST(gaps_are_classes_of_doubling_time)
{
    CHECK_BEGIN();
    CHECK_EQ(att_seq_gap(5, 5), 0);
    CHECK_EQ(att_seq_gap(9, 5), 0);
    CHECK_EQ(att_seq_gap(5, 6), 1);
    CHECK_EQ(att_seq_gap(0, 6), 2);
    CHECK_EQ(att_seq_gap(0, 7), 3);
    CHECK_EQ(att_seq_gap(INT64_MIN, INT64_MAX), ATT_SEQ_GAPS - 1);
}

CHECK_TEST(sizes_that_cannot_be_are_refused)
{
    CHECK_BEGIN();
    const att_seq_shape good = {10, 20, 64, 2, 2, 128};
    att_seq_shape bad[] = {good, good, good, good, good};
    bad[0].dim = 40;
    bad[1].heads = 5;
    bad[2].length = 0;
    bad[3].layers = 9;
    bad[4].hidden = 0;
    CHECK_OK(att_seq_shape_check(&good, NULL));
    for (size_t i = 0; i < ATT_COUNT_OF(bad); i++) {
        att_error err = {0};
        CHECK_FAILS(att_seq_shape_check(&bad[i], &err), ATT_INVALID);
        CHECK(err.text[0] != 0);
    }
}

CHECK_MAIN(CHECK_CASE(every_gradient_of_gbce_with_times_contexts_and_dropout_is_the_plain_difference),
    CHECK_CASE(every_gradient_of_sampled_softmax_is_the_plain_difference),
    CHECK_CASE(what_comes_later_changes_nothing_before),
    CHECK_CASE(the_power_of_gbce_is_that_of_the_paper),
    CHECK_CASE(corrections_make_any_mix_of_negatives_speak_for_the_whole_catalogue),
    CHECK_CASE(gaps_are_classes_of_doubling_time), CHECK_CASE(sizes_that_cannot_be_are_refused))
