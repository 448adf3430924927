// SPDX-License-Identifier: Apache-2.0
// embed/seq_train.c - epochs, validation, and when to stop.
//
// An epoch shows every person's newest window once (of a history longer than the window every other time one that ends
// earlier), in an order drawn from (seed, epoch). After it the people held out are ranked in full; the best epoch's
// weights are what is kept, and `patience` epochs without a better one end it.
//
// What is judged and kept is a running mean of the weights after each epoch: with a rate of learning that stays as it is the weights
// keep moving around the place where they should be, and their mean is nearer to it (Polyak and Juditsky 1992; Shamir and
// Zhang 2013 for the weights of early epochs; Izmailov et al. 2018).
#include "embed/blas.h"
#include "embed/parallel.h"
#include "embed/seq_checkpoint.h"
#include "embed/seq_parts.h"
#include "embed/seq_validate.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#define ITEM_SPREAD 0.5 // of item vectors at the start, as a length
#define MEAN_PART 0.1    // of an epoch in the running mean, once there are many
#define MEAN_POWER 3     // before: the mean forgets the start by this power of the epoch
#define CLEARLY 1.5      // times popularity's quality: before, a training may stand still for long and go on
#define EVENTS_LEAST 2 // to learn from a person: one read, one sought

typedef struct training {
    const att_seq_data *data;
    att_seq_options options;
    att_seq_shape shape;
    const att_host *host;
    att_arena scratch;
    uint64_t *past;   // (people) end of what is trained on
    uint32_t *judged; // people validated on
    size_t judged_count;
    uint32_t *events; // (event_count) what is trained on
    uint64_t event_count;
    uint32_t *item_events; // (items)
    uint32_t *people;      // (people_count) with something to learn from
    uint32_t people_count;
    att_seq_window *windows; // (people_count)
    att_seq_state state;
    size_t item_floats;
    float *mean; // (weight_count + item_floats) of the epochs so far, the newer the more
    float *best; // the same after the best epoch
    att_seq_step *step;
    att_seq_validator *validator;
    att_seq_mark mark;
    double popular_ndcg; // of popularity, on those validated on
    uint64_t epochs_most; // that the options and the operations allow
    double told_s;        // when progress was told
} training;

// --- Who is learned from, who is judged -------------------------------------------------------------

static uint64_t count_of(const att_seq_data *data, uint32_t person)
{
    return data->start[person + 1] - data->start[person];
}

// Shuffled once, so that "the first so many" is a draw.
static att_status hold_out(training *t, att_error *err)
{
    const att_seq_data *d = t->data;
    uint32_t *order = ATT_NEW(&t->scratch, uint32_t, d->people + 1), count = 0;
    t->past = ATT_NEW(&t->scratch, uint64_t, d->people + 1);
    t->judged = order;
    if (!order || !t->past)
        return att_no_memory(err, d->people, "people");
    for (uint32_t u = 0; u < d->people; u++) {
        t->past[u] = d->start[u + 1];
        if (count_of(d, u) >= 2) // with one it would be the only thing to read
            order[count++] = u;
    }
    att_rng rng = att_rng_stream(t->options.seed, 0);
    att_rng_shuffle_u32(&rng, order, count);
    const uint32_t held = ATT_MIN(t->options.held, count);
    for (uint32_t i = 0; i < held; i++)
        t->past[order[i]]--;
    t->judged_count = ATT_MIN(held, t->options.judged);
    return ATT_OK;
}

static att_status list_events(training *t, att_error *err)
{
    const att_seq_data *d = t->data;
    t->events = ATT_NEW(&t->scratch, uint32_t, d->start[d->people] + 1);
    t->item_events = ATT_NEW(&t->scratch, uint32_t, d->items);
    t->people = ATT_NEW(&t->scratch, uint32_t, d->people + 1);
    t->windows = ATT_NEW(&t->scratch, att_seq_window, d->people + 1);
    if (!t->events || !t->item_events || !t->people || !t->windows)
        return att_no_memory(err, d->start[d->people], "events");
    for (uint32_t u = 0; u < d->people; u++) {
        for (uint64_t k = d->start[u]; k < t->past[u]; k++) {
            t->events[t->event_count++] = d->item[k];
            t->item_events[d->item[k]]++;
        }
        if (t->past[u] - d->start[u] >= EVENTS_LEAST)
            t->people[t->people_count++] = u;
    }
    if (t->people_count == 0 || t->judged_count == 0)
        return ATT_FAIL(err, ATT_INVALID,
            "a sequence model needs people with at least 3 events to learn from and to validate "
            "on; of %u people none has them",
            d->people);
    return ATT_OK;
}

// --- The state --------------------------------------------------------------------------------------

// Products start with variance 1 / from, so that a normed input gives sums of about 1; what is added to the residual
// starts smaller by the square root of how often that happens.
static void start_weights(training *t)
{
    const att_seq_shape *s = &t->shape;
    const size_t dim = s->dim;
    att_rng rng = att_rng_stream(t->options.seed, 2);
    const double residual = 1 / sqrt(2.0 * s->layers);
    for (uint32_t l = 0; l < s->layers; l++) {
        const att_seq_layer w = att_seq_layer_of(s, t->state.weights, l);
        for (size_t k = 0; k < dim; k++)
            w.norm_in[k] = w.norm_mid[k] = 1;
        for (size_t k = 0; k < 3 * dim * dim; k++)
            w.project[k] = (float)(att_rng_normal(&rng) / sqrt((double)dim));
        for (size_t k = 0; k < dim * dim; k++)
            w.merge[k] = (float)(residual * att_rng_normal(&rng) / sqrt((double)dim));
        for (size_t k = 0; k < dim * s->hidden; k++)
            w.up[k] = (float)(att_rng_normal(&rng) / sqrt((double)dim));
        for (size_t k = 0; k < dim * s->hidden; k++)
            w.down[k] = (float)(residual * att_rng_normal(&rng) / sqrt((double)s->hidden));
    }
    const att_seq_ends ends = att_seq_ends_of(s, t->state.weights);
    for (size_t k = 0; k < dim; k++)
        ends.norm_out[k] = 1;
    for (size_t k = 0; k < t->item_floats; k++)
        t->state.items[k] = (float)(ITEM_SPREAD * att_rng_normal(&rng) / sqrt((double)dim));
}

static att_status make_state(training *t, att_error *err)
{
    const size_t weights = att_seq_weights(&t->shape);
    t->item_floats = (size_t)t->shape.items * t->shape.dim;
    float *block = ATT_NEW(&t->scratch, float, 3 * weights);
    float *items = ATT_NEW(&t->scratch, float, 3 * t->item_floats);
    t->mean = ATT_NEW(&t->scratch, float, 2 * (weights + t->item_floats));
    if (!block || !items || !t->mean)
        return att_no_memory(err, 3 * (weights + t->item_floats), "weights");
    t->best = t->mean + weights + t->item_floats;
    t->state = (att_seq_state){weights, block, block + weights, block + 2 * weights, items,
        items + t->item_floats, items + 2 * t->item_floats};
    start_weights(t);
    t->mark = (att_seq_mark){.training = att_seq_training_hash(t->data, &t->options)};
    if (!t->options.checkpoint)
        return ATT_OK;
    const att_status status = att_seq_checkpoint_load(t->options.checkpoint, &t->mark, &t->state,
        t->mean, t->item_floats, t->host, err);
    return status == ATT_NOT_FOUND ? ATT_OK : status;
}

// --- An epoch ---------------------------------------------------------------------------------------

static void list_windows(training *t)
{
    att_rng rng = att_rng_stream(t->options.seed, 2 * (t->mark.epoch + 2));
    att_rng_shuffle_u32(&rng, t->people, t->people_count);
    for (uint32_t i = 0; i < t->people_count; i++) {
        const uint32_t u = t->people[i];
        const uint64_t first = t->data->start[u], pairs = t->past[u] - first - 1;
        const uint64_t count = ATT_MIN(pairs, t->shape.length), spare = pairs - count;
        uint64_t skip = spare;
        if (spare > 0 && (att_rng_u64(&rng) & 1))
            skip = att_rng_below(&rng, spare + 1);
        t->windows[i] = (att_seq_window){u, first + skip, (uint32_t)count};
    }
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// At the start of an epoch and then some ten times a second.
static bool tell(training *t, uint64_t done)
{
    const uint64_t each = t->people_count;
    const double now = seconds_now();
    if (done > 0 && now < t->told_s + 0.1)
        return true;
    t->told_s = now;
    return att_progress_tell(t->host, "sequence model", t->mark.epoch * each + done,
        t->epochs_most * each, "histories");
}

// People are listed by number before they are shuffled, so an epoch does not hang on the one before.
static int by_number(const void *a, const void *b)
{
    return att_order_u32(a, b);
}

static att_status run_epoch(training *t, att_error *err)
{
    double loss = 0, events = 0;
    const double start = seconds_now();
    qsort(t->people, t->people_count, sizeof *t->people, by_number);
    list_windows(t);
    for (size_t at = 0; at < t->people_count;) {
        if (!tell(t, at))
            return ATT_FAIL(err, ATT_CANCELLED,
                "the training of the sequence model was stopped in epoch %llu",
                (unsigned long long)t->mark.epoch + 1);
        at += att_seq_step_fill(t->step, t->windows + at, t->people_count - at);
        const double count = (double)att_seq_step_tokens(t->step);
        loss += count * att_seq_step_gradient(t->step, &t->state, t->mark.step);
        att_seq_step_apply(t->step, &t->state, t->mark.step++);
        t->mark.flops += att_seq_step_flops(t->step);
        events += count;
    }
    t->mark.loss = loss / events;
    t->mark.seconds += seconds_now() - start;
    t->mark.epoch++;
    return isfinite(t->mark.loss)
               ? ATT_OK
               : ATT_FAIL(err, ATT_INVALID,
                     "the training of the sequence model ran away in epoch %llu: ask for a lower "
                     "rate of learning than %g",
                     (unsigned long long)t->mark.epoch, t->options.rate);
}

// mean += part * (now - mean)
static void move_mean(float *mean, const float *now, size_t count, float part)
{
    for (size_t k = 0; k < count; k++)
        mean[k] += part * (now[k] - mean[k]);
}

static void judge_epoch(training *t)
{
    const double start = seconds_now();
    const size_t weights = t->state.weight_count;
    const double epoch = (double)t->mark.epoch;
    const float part = (float)ATT_MAX((MEAN_POWER + 1) / (epoch + MEAN_POWER), MEAN_PART);
    move_mean(t->mean, t->state.weights, weights, part);
    move_mean(t->mean + weights, t->state.items, t->item_floats, part);
    const att_seq_net net = {t->shape, t->mean, t->mean + weights, att_seq_ops_best()};
    const att_seq_quality q = att_seq_validate(t->validator, &net);
    if (q.ndcg_10 > t->mark.best_ndcg || t->mark.epoch == 1) {
        t->mark.best_ndcg = q.ndcg_10;
        t->mark.best_hit = q.hit_10;
        t->mark.best_epoch = t->mark.epoch;
        memcpy(t->best, t->mean, (weights + t->item_floats) * sizeof(float));
    }
    t->mark.validation_s += seconds_now() - start;
    att_logf(t->host, ATT_LOG_DEBUG,
        "sequence model, epoch %llu: loss %.4f, NDCG@10 %.4f, hit rate@10 %.4f, best %.4f in epoch "
        "%llu, %.1f s",
        (unsigned long long)t->mark.epoch, t->mark.loss, q.ndcg_10, q.hit_10, t->mark.best_ndcg,
        (unsigned long long)t->mark.best_epoch, t->mark.seconds);
}

static bool is_done(const training *t)
{
    const att_seq_mark *m = &t->mark;
    const uint64_t patience =
        m->best_ndcg > CLEARLY * t->popular_ndcg ? t->options.patience : 4 * (uint64_t)t->options.patience;
    return m->epoch >= t->options.epochs || m->epoch >= m->best_epoch + patience ||
           (t->options.flops_most > 0 && m->flops >= t->options.flops_most);
}

static att_status run_epochs(training *t, att_error *err)
{
    att_status status = ATT_OK;
    while (!status && (t->mark.epoch == 0 || !is_done(t))) {
        status = run_epoch(t, err);
        if (status)
            return status;
        judge_epoch(t);
        if (t->options.checkpoint)
            status = att_seq_checkpoint_save(t->options.checkpoint, &t->mark, &t->state, t->mean,
                t->item_floats, t->host, err);
    }
    return status;
}

// A step's operations are known before it is made.
static void plan(training *t)
{
    double tokens = 0, pairs = 0;
    for (uint32_t i = 0; i < t->people_count; i++) {
        const uint32_t u = t->people[i];
        const double count = (double)ATT_MIN(t->past[u] - t->data->start[u] - 1, t->shape.length);
        tokens += count;
        pairs += count * (count + 1);
    }
    const double epoch = 3 * tokens *
                         (att_seq_token_flops(&t->shape, pairs / tokens) +
                             2.0 * t->options.negatives * t->shape.dim);
    t->epochs_most = t->options.epochs;
    if (t->options.flops_most > 0)
        t->epochs_most =
            (uint64_t)ATT_MIN(ceil(t->options.flops_most / epoch), (double)t->epochs_most);
    t->epochs_most = ATT_MAX(t->epochs_most, 1);
}

// --- The whole --------------------------------------------------------------------------------------

static att_status judge_popularity(training *t, att_error *err)
{
    float *scores = ATT_NEW(&t->scratch, float, t->shape.items);
    if (!scores)
        return att_no_memory(err, t->shape.items, "items");
    for (uint32_t i = 0; i < t->shape.items; i++)
        scores[i] = (float)t->item_events[i];
    t->popular_ndcg = att_seq_validate_scores(t->validator, scores).ndcg_10;
    return ATT_OK;
}

static void fill_report(const training *t, att_seq_report *report)
{
    *report = (att_seq_report){.epochs = (uint32_t)t->mark.epoch,
        .best_epoch = (uint32_t)t->mark.best_epoch,
        .ndcg_10 = t->mark.best_ndcg,
        .hit_10 = t->mark.best_hit,
        .popular_ndcg_10 = t->popular_ndcg,
        .judged = (uint32_t)t->judged_count,
        .loss = t->mark.loss,
        .flops = t->mark.flops,
        .seconds = t->mark.seconds,
        .validation_s = t->mark.validation_s,
        .events = t->event_count};
}

static att_status prepare(training *t, att_error *err)
{
    att_status status = att_seq_shape_check(&t->shape, err);
    if (!status)
        status = hold_out(t, err);
    if (!status)
        status = list_events(t, err);
    if (!status)
        status = make_state(t, err);
    if (!status)
        status = att_seq_step_create(&t->step, t->data, &t->options, &t->shape, t->events,
            t->event_count, t->item_events, &t->scratch, err);
    if (!status)
        status = att_seq_validator_create(&t->validator, t->data, t->judged, t->judged_count,
            &t->shape, t->options.threads, &t->scratch, err);
    return status ? status : judge_popularity(t, err);
}

att_status att_seq_train(att_seq **out, const att_seq_data *data, const att_seq_options *options,
    att_seq_report *report, const att_host *host, att_error *err)
{
    *out = NULL;
    *report = (att_seq_report){0};
    training t = {.data = data, .options = att_seq_options_for(options, data), .host = host};
    const att_seq_options *o = &t.options;
    t.shape = (att_seq_shape){data->items, o->length, o->dim, o->heads, o->layers, o->hidden};
    att_arena_init(&t.scratch, host, 0);
    att_status status = att_blas_check(host, err);
    if (!status)
        status = prepare(&t, err);
    if (!status) {
        plan(&t);
        const int before = att_blas_hold();
        status = run_epochs(&t, err);
        att_blas_release(before);
    }
    fill_report(&t, report);
    if (!status)
        status = att_seq_create(
            out, &t.shape, t.best, t.best + t.state.weight_count, t.item_events, host, err);
    att_arena_deinit(&t.scratch);
    return status;
}
