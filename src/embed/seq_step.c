// SPDX-License-Identifier: Apache-2.0
// embed/seq_step.c - pieces of a batch, side by side; their sums, one after the other.
#include "embed/seq_step.h"
#include "embed/blas.h"
#include "embed/parallel.h"

#include <math.h>

#define WEIGHT_GRAIN 4096 // weights moved at a time
#define ROW_GRAIN 64      // item vectors moved at a time
#define WARM_STEPS 100    // over which the rate rises
#define NONE UINT32_MAX

typedef struct piece {
    att_seq_tokens tokens;
    uint32_t *start, *item, *target; // (tokens)
    int64_t *at_s;
    uint8_t *context, *asked;
    uint64_t *key; // of each token, for dropout
    att_seq_room *room;
    const float *out; // (count, dim)
    const float *dx;  // (count, dim)
    float *positive;  // (count) scores, then derivatives
    float *z;         // (count, negatives) likewise
    float *dout;      // (count, dim)
    float *gradient;  // (weight_count)
    float *dnegative; // (negatives, dim)
    double loss;
} piece;

struct att_seq_step {
    const att_seq_data *data;
    const att_seq_options *options;
    att_seq_shape shape;
    const att_seq_ops *ops;
    const uint32_t *events, *item_events;
    uint64_t event_count;
    size_t capacity; // tokens of a piece
    size_t weight_count, count, windows;
    double pairs; // query, key
    uint64_t number;
    att_seq_negatives negatives;
    float *negative_rows; // (negatives, dim)
    piece pieces[ATT_SEQ_PIECES];
    const att_seq_state *state;
    // What was touched: entries of one item are chained, newest first.
    uint32_t *head;        // (items) its newest entry, NONE between steps
    uint32_t *next;        // (entries)
    const float **source;  // (entries)
    float *factor;         // (entries)
    uint32_t *touched;     // (entries) items
    size_t entry_count, touched_count;
    float *row; // (threads, dim)
    att_seq_pace pace;
    att_seq_state *moving;
};

// --- Room -----------------------------------------------------------------------------------------

static bool make_piece(att_seq_step *s, piece *p, att_arena *life)
{
    const size_t tokens = s->capacity, dim = s->shape.dim, negatives = s->options->negatives;
    p->start = ATT_NEW(life, uint32_t, tokens + 1);
    p->item = ATT_NEW(life, uint32_t, tokens);
    p->target = ATT_NEW(life, uint32_t, tokens);
    p->at_s = ATT_NEW(life, int64_t, tokens);
    p->context = ATT_NEW(life, uint8_t, tokens *ATT_SEQ_FIELDS);
    p->asked = ATT_NEW(life, uint8_t, tokens *ATT_SEQ_FIELDS);
    p->key = ATT_NEW(life, uint64_t, tokens);
    p->room = att_seq_room_new(&s->shape, tokens, true, life);
    p->positive = ATT_NEW(life, float, tokens);
    p->z = ATT_NEW(life, float, tokens *negatives);
    p->dout = ATT_NEW(life, float, tokens *dim);
    p->gradient = ATT_NEW(life, float, s->weight_count);
    p->dnegative = ATT_NEW(life, float, negatives *dim);
    return p->start && p->item && p->target && p->at_s && p->context && p->asked && p->key &&
           p->room && p->positive && p->z && p->dout && p->gradient && p->dnegative;
}

static bool make_chains(att_seq_step *s, att_arena *life)
{
    const size_t entries = 2 * s->capacity * ATT_SEQ_PIECES + s->options->negatives;
    s->head = ATT_NEW(life, uint32_t, s->shape.items);
    s->next = ATT_NEW(life, uint32_t, entries);
    s->source = ATT_NEW(life, const float *, entries);
    s->factor = ATT_NEW(life, float, entries);
    s->touched = ATT_NEW(life, uint32_t, entries);
    s->row = ATT_NEW(life, float, (size_t)ATT_THREADS_MAX * s->shape.dim);
    if (!s->head || !s->next || !s->source || !s->factor || !s->touched || !s->row)
        return false;
    memset(s->head, 0xFF, s->shape.items * sizeof *s->head);
    return true;
}

static bool make_negatives(att_seq_step *s, att_arena *life)
{
    att_seq_negatives *n = &s->negatives;
    n->count = s->options->negatives;
    n->item = ATT_NEW(life, uint32_t, n->count);
    n->log_q = ATT_NEW(life, float, n->count);
    n->weight = ATT_NEW(life, float, n->count);
    n->beta =
        (float)att_seq_gbce_beta(n->count, s->shape.items, s->options->calibration);
    n->shift = (float)log((double)n->count);
    s->negative_rows = ATT_NEW(life, float, n->count * s->shape.dim);
    return n->item && n->log_q && n->weight && s->negative_rows;
}

att_status att_seq_step_create(att_seq_step **out, const att_seq_data *data,
    const att_seq_options *options, const att_seq_shape *shape, const uint32_t *events,
    uint64_t event_count, const uint32_t *item_events, att_arena *life, att_error *err)
{
    att_seq_step *s = *out = ATT_NEW(life, att_seq_step, 1);
    if (!s)
        return att_no_memory(err, 1, "step");
    *s = (att_seq_step){.data = data,
        .options = options,
        .shape = *shape,
        .ops = att_seq_ops_best(),
        .events = events,
        .event_count = event_count,
        .item_events = item_events,
        .weight_count = att_seq_weights(shape),
        .capacity = options->batch_tokens / ATT_SEQ_PIECES + shape->length};
    bool whole = make_negatives(s, life) && make_chains(s, life);
    for (size_t p = 0; p < ATT_SEQ_PIECES && whole; p++)
        whole = make_piece(s, &s->pieces[p], life);
    return whole ? ATT_OK : att_no_memory(err, s->capacity * ATT_SEQ_PIECES, "events of a step");
}

// --- Filling --------------------------------------------------------------------------------------

static void put_window(att_seq_step *s, piece *p, const att_seq_window *w)
{
    const att_seq_data *data = s->data;
    att_seq_tokens *t = &p->tokens;
    for (uint32_t k = 0; k < w->count; k++) {
        const uint64_t from = w->first + k;
        const size_t to = t->count++;
        p->item[to] = data->item[from];
        p->target[to] = data->item[from + 1];
        p->key[to] = from;
        if (data->at_s)
            p->at_s[to] = data->at_s[from];
        if (!data->context)
            continue;
        memcpy(p->context + to * ATT_SEQ_FIELDS, data->context + from * ATT_SEQ_FIELDS,
            ATT_SEQ_FIELDS);
        memcpy(p->asked + to * ATT_SEQ_FIELDS, data->context + (from + 1) * ATT_SEQ_FIELDS,
            ATT_SEQ_FIELDS);
    }
    p->start[++t->sequences] = (uint32_t)t->count;
    s->pairs += 0.5 * w->count * (w->count + 1.0);
}

static void empty_pieces(att_seq_step *s)
{
    for (size_t i = 0; i < ATT_SEQ_PIECES; i++) {
        piece *p = &s->pieces[i];
        p->tokens = (att_seq_tokens){.start = p->start,
            .item = p->item,
            .at_s = s->data->at_s ? p->at_s : NULL,
            .context = s->data->context ? p->context : NULL,
            .asked = s->data->context ? p->asked : NULL};
        p->start[0] = 0;
    }
    s->count = 0;
    s->pairs = 0;
}

// Each window goes to the piece with the fewest events so far.
size_t att_seq_step_fill(att_seq_step *s, const att_seq_window *windows, size_t count)
{
    size_t taken = 0;
    empty_pieces(s);
    for (; taken < count && s->count < s->options->batch_tokens; taken++) {
        piece *least = &s->pieces[0];
        for (size_t i = 1; i < ATT_SEQ_PIECES; i++)
            if (s->pieces[i].tokens.count < least->tokens.count)
                least = &s->pieces[i];
        put_window(s, least, &windows[taken]);
        s->count += windows[taken].count;
    }
    return taken;
}

// --- The gradient ---------------------------------------------------------------------------------

// Scores of the piece's events with their own target and with all negatives become derivatives.
static void judge_piece(att_seq_step *s, piece *p)
{
    const size_t dim = s->shape.dim, count = p->tokens.count, negatives = s->negatives.count;
    const float mean = 1.0f / (float)s->count;
    att_blas_product(false, true, count, negatives, dim, 1, p->out, dim, s->negative_rows, dim, 0,
        p->z, negatives);
    for (size_t t = 0; t < count; t++) {
        float *z = p->z + t * negatives;
        const uint32_t target = p->target[t];
        p->positive[t] = s->ops->dot(
            p->out + t * dim, s->state->items + (size_t)target * dim, dim);
        for (size_t j = 0; j < negatives; j++)
            z[j] = s->negatives.item[j] == target ? ATT_SEQ_NEVER : z[j];
        p->loss += s->options->loss->row(s->ops, &p->positive[t], z, &s->negatives);
        p->positive[t] *= mean;
    }
    s->ops->scale_to(p->z, mean, p->z, count * negatives);
}

// dout = d positive * target's vector + z N, dnegative = z^T out.
static void spread_piece(att_seq_step *s, piece *p)
{
    const size_t dim = s->shape.dim, count = p->tokens.count, negatives = s->negatives.count;
    for (size_t t = 0; t < count; t++)
        s->ops->scale_to(p->dout + t * dim, p->positive[t],
            s->state->items + (size_t)p->target[t] * dim, dim);
    att_blas_product(false, false, count, dim, negatives, 1, p->z, negatives, s->negative_rows, dim,
        1, p->dout, dim);
    att_blas_product(true, false, negatives, dim, count, 1, p->z, negatives, p->out, dim, 0,
        p->dnegative, dim);
}

static void run_piece(att_seq_step *s, piece *p)
{
    const att_seq_net net = {s->shape, s->state->weights, s->state->items, s->ops};
    const att_seq_dropout dropout = {.seed = att_mix64(s->options->seed ^ att_mix64(s->number)),
        .threshold = (uint32_t)lround(ATT_MAX(s->options->dropout, 0) * 256),
        .token = p->key};
    p->loss = 0;
    memset(p->gradient, 0, s->weight_count * sizeof *p->gradient);
    if (p->tokens.count == 0) {
        memset(p->dnegative, 0, s->negatives.count * s->shape.dim * sizeof *p->dnegative);
        return;
    }
    p->out = att_seq_forward(&net, &p->tokens, &dropout, p->room);
    judge_piece(s, p);
    spread_piece(s, p);
    p->dx = att_seq_backward(&net, &p->tokens, &dropout, p->room, p->dout, p->gradient);
}

static void run_pieces(void *context, uint32_t thread, size_t begin, size_t end)
{
    att_seq_step *s = context;
    (void)thread;
    for (size_t p = begin; p < end; p++)
        run_piece(s, &s->pieces[p]);
}

static void gather_negatives(att_seq_step *s)
{
    const size_t dim = s->shape.dim;
    att_rng rng = att_rng_stream(s->options->seed, 2 * s->number + 1);
    att_seq_negatives_draw(&s->negatives, s->shape.items, ATT_MAX(s->options->popular, 0),
        s->events, s->event_count, s->item_events, &rng);
    for (size_t j = 0; j < s->negatives.count; j++)
        memcpy(s->negative_rows + j * dim, s->state->items + (size_t)s->negatives.item[j] * dim,
            dim * sizeof(float));
}

// All pieces' sums into the first's, a range at a time.
static void sum_weights(void *context, uint32_t thread, size_t begin, size_t end)
{
    att_seq_step *s = context;
    (void)thread;
    const size_t count = ATT_MIN(end * WEIGHT_GRAIN, s->weight_count) - begin * WEIGHT_GRAIN;
    for (size_t p = 1; p < ATT_SEQ_PIECES; p++)
        s->ops->add(s->pieces[0].gradient + begin * WEIGHT_GRAIN,
            s->pieces[p].gradient + begin * WEIGHT_GRAIN, count);
}

static void sum_negatives(att_seq_step *s)
{
    for (size_t p = 1; p < ATT_SEQ_PIECES; p++)
        s->ops->add(s->pieces[0].dnegative, s->pieces[p].dnegative,
            s->negatives.count * s->shape.dim);
}

static void chain(att_seq_step *s, uint32_t item, const float *source, float factor)
{
    const uint32_t entry = (uint32_t)s->entry_count++;
    if (s->head[item] == NONE)
        s->touched[s->touched_count++] = item;
    s->next[entry] = s->head[item];
    s->head[item] = entry;
    s->source[entry] = source;
    s->factor[entry] = factor;
}

static void chain_all(att_seq_step *s)
{
    const size_t dim = s->shape.dim;
    for (size_t i = 0; i < s->touched_count; i++)
        s->head[s->touched[i]] = NONE;
    s->entry_count = s->touched_count = 0;
    for (size_t i = 0; i < ATT_SEQ_PIECES; i++) {
        const piece *p = &s->pieces[i];
        for (size_t t = 0; t < p->tokens.count; t++) {
            chain(s, p->item[t], p->dx + t * dim, 1);
            chain(s, p->target[t], p->out + t * dim, p->positive[t]);
        }
    }
    for (size_t j = 0; j < s->negatives.count; j++)
        chain(s, s->negatives.item[j], s->pieces[0].dnegative + j * dim, 1);
}

double att_seq_step_gradient(att_seq_step *s, const att_seq_state *state, uint64_t number)
{
    s->state = state;
    s->number = number;
    gather_negatives(s);
    att_parallel_for(s->options->threads, ATT_SEQ_PIECES, 1, run_pieces, s);
    const size_t ranges = (s->weight_count + WEIGHT_GRAIN - 1) / WEIGHT_GRAIN;
    att_parallel_for(s->options->threads, ranges, ATT_MAX(ranges / 4, 1), sum_weights, s);
    sum_negatives(s);
    chain_all(s);
    double loss = 0;
    for (size_t p = 0; p < ATT_SEQ_PIECES; p++)
        loss += s->pieces[p].loss;
    return loss / (double)ATT_MAX(s->count, 1);
}

static void sum_row(const att_seq_step *s, uint32_t item, float *out)
{
    const size_t dim = s->shape.dim;
    memset(out, 0, dim * sizeof *out);
    for (uint32_t e = s->head[item]; e != NONE; e = s->next[e])
        s->ops->add_scaled(out, s->factor[e], s->source[e], dim);
}

// --- Moving ---------------------------------------------------------------------------------------

static void move_weights(void *context, uint32_t thread, size_t begin, size_t end)
{
    att_seq_step *s = context;
    (void)thread;
    const size_t at = begin * WEIGHT_GRAIN;
    const size_t count = ATT_MIN(end * WEIGHT_GRAIN, s->weight_count) - at;
    s->ops->adam(s->moving->weights + at, s->moving->first + at, s->moving->second + at,
        s->pieces[0].gradient + at, &s->pace, count);
}

static void move_rows(void *context, uint32_t thread, size_t begin, size_t end)
{
    att_seq_step *s = context;
    const size_t dim = s->shape.dim;
    float *gradient = s->row + thread * dim;
    for (size_t i = begin; i < end; i++) {
        const size_t at = (size_t)s->touched[i] * dim;
        sum_row(s, s->touched[i], gradient);
        s->ops->adam(s->moving->items + at, s->moving->item_first + at,
            s->moving->item_second + at, gradient, &s->pace, dim);
    }
}

static att_seq_pace pace_of(const att_seq_options *o, uint64_t number)
{
    const double beta1 = 0.9, beta2 = 0.98, t = (double)number + 1;
    const double rate = o->rate * ATT_MIN(t / WARM_STEPS, 1);
    return (att_seq_pace){.rate = (float)(rate / (1 - pow(beta1, t))),
        .second = (float)(1 / (1 - pow(beta2, t))),
        .beta1 = (float)beta1,
        .beta2 = (float)beta2,
        .epsilon = 1e-8f,
        .shrink = (float)(1 - rate * ATT_MAX(o->decay, 0))};
}

void att_seq_step_apply(att_seq_step *s, att_seq_state *state, uint64_t number)
{
    s->moving = state;
    s->pace = pace_of(s->options, number);
    const size_t ranges = (s->weight_count + WEIGHT_GRAIN - 1) / WEIGHT_GRAIN;
    att_parallel_for(s->options->threads, ranges, ATT_MAX(ranges / 4, 1), move_weights, s);
    att_parallel_for(s->options->threads, s->touched_count, ROW_GRAIN, move_rows, s);
}

// --- What can be seen of it -----------------------------------------------------------------------

const float *att_seq_step_weights(const att_seq_step *s)
{
    return s->pieces[0].gradient;
}

void att_seq_step_item(const att_seq_step *s, uint32_t item, float *out)
{
    sum_row(s, item, out);
}

const att_seq_negatives *att_seq_step_negatives(const att_seq_step *s)
{
    return &s->negatives;
}

size_t att_seq_step_tokens(const att_seq_step *s)
{
    return s->count;
}

// Backward is twice forward: once for what came in, once for the weights.
double att_seq_step_flops(const att_seq_step *s)
{
    const double mean = s->pairs / (double)ATT_MAX(s->count, 1);
    return 3 * (double)s->count *
           (att_seq_token_flops(&s->shape, 2 * mean) +
               2.0 * (double)s->negatives.count * s->shape.dim);
}
