// SPDX-License-Identifier: Apache-2.0
// measure/ope_ridge.c - a reward model that looks at the moment: ridge regression (Hoerl and Kennard 1970).
//
//   q(x, a) = beta . z(x, a),    beta = (Z'Z + 10 I)^-1 Z'(r - mean r),    clipped to the range of rewards
//
// z holds the choice's features, the moment's, the slot, and which action it is (where there are at most 256). The
// answer for a row comes from a fit on the other four fifths of the people (cross-fitting, Chernozhukov et al. 2018),
// so that a row does not vouch for itself. "Before": fits on the rows so far, at 64 rows and then after each growth by
// half.
#include "measure/ope_models.h"

#include <math.h>

#define FOLDS 5
#define PENALTY 10.0
#define ACTIONS_MAX 256 // of one column each
#define SLOTS 16
#define ENTRIES_MAX (2 * ATT_OPE_FEATURES_MAX + 2)

typedef struct entries { // a sparse z
    uint32_t at[ENTRIES_MAX];
    double value[ENTRIES_MAX];
    size_t count;
} entries;

typedef struct normal { // Z'Z (lower triangle by rows), Z'r, Z'1, and how much
    double *gram;       // (dim, dim)
    double *moment;     // (dim)
    double *ones;       // (dim)
    double rows, sum;
} normal;

typedef struct ridge_state {
    uint32_t dim, choice_features, row_features, action_columns;
    normal folds[FOLDS], total, past;
    double *beta;  // (FOLDS + 1, dim); the last is of `past`
    double mean[FOLDS + 1];
    double *work;  // (dim, dim)
    size_t absorbed, next_fit;
    double *memory;
    size_t memory_count;
} ridge_state;

// --- z -----------------------------------------------------------------------------------------

static void put(entries *z, uint32_t at, double value)
{
    if (value != 0) {
        z->at[z->count] = at;
        z->value[z->count++] = value;
    }
}

// Indices rise, so that the lower triangle is written in order.
static void describe(const ridge_state *s, const att_ope_log *log, size_t row, size_t choice, entries *z)
{
    const att_ope_row *r = &log->rows.items[row];
    const ope_menu *menu = &log->menus.items[r->menu];
    z->count = 0;
    uint32_t at = 0;
    for (uint32_t k = 0; k < s->choice_features; k++)
        if (menu->features)
            put(z, at + k, (double)menu->features[choice * s->choice_features + k]);
    at += s->choice_features;
    for (uint32_t k = 0; k < s->row_features; k++)
        if (r->features)
            put(z, at + k, (double)r->features[k]);
    at += s->row_features;
    put(z, at + ATT_MIN(r->slot, SLOTS - 1), 1);
    at += SLOTS;
    if (s->action_columns)
        put(z, at + menu->choices[choice].action, 1);
}

static void absorb(normal *to, const ridge_state *s, const entries *z, double reward)
{
    for (size_t i = 0; i < z->count; i++) {
        double *line = to->gram + (size_t)z->at[i] * s->dim;
        for (size_t k = 0; k <= i; k++)
            line[z->at[k]] += z->value[i] * z->value[k];
        to->moment[z->at[i]] += z->value[i] * reward;
        to->ones[z->at[i]] += z->value[i];
    }
    to->rows += 1;
    to->sum += reward;
}

// --- Solving -----------------------------------------------------------------------------------

// a is (dim, dim), its lower triangle read and overwritten by the Cholesky factor; x is (dim), solved in place.
static void solve(double *a, double *x, size_t dim)
{
    for (size_t j = 0; j < dim; j++) {
        double *row = a + j * dim;
        for (size_t i = 0; i <= j; i++) {
            const double *other = a + i * dim;
            double sum = row[i];
            for (size_t k = 0; k < i; k++)
                sum -= row[k] * other[k];
            row[i] = i < j ? sum / other[i] : sqrt(sum); // positive: the penalty sees to it
        }
    }
    for (size_t j = 0; j < dim; j++) {
        for (size_t k = 0; k < j; k++)
            x[j] -= a[j * dim + k] * x[k];
        x[j] /= a[j * dim + j];
    }
    for (size_t j = dim; j-- > 0;) {
        for (size_t k = j + 1; k < dim; k++)
            x[j] -= a[k * dim + j] * x[k];
        x[j] /= a[j * dim + j];
    }
}

// From `all` without `less` (NULL: all of it). Rewards are taken about their mean.
static void fit_one(ridge_state *s, const normal *all, const normal *less, size_t which)
{
    const size_t dim = s->dim;
    double *beta = s->beta + which * dim;
    const double rows = all->rows - (less ? less->rows : 0), sum = all->sum - (less ? less->sum : 0);
    const double mean = rows > 0 ? sum / rows : 0;
    for (size_t i = 0; i < dim * dim; i++)
        s->work[i] = all->gram[i] - (less ? less->gram[i] : 0);
    for (size_t i = 0; i < dim; i++) {
        s->work[i * dim + i] += PENALTY;
        const double ones = all->ones[i] - (less ? less->ones[i] : 0);
        beta[i] = all->moment[i] - (less ? less->moment[i] : 0) - mean * ones;
    }
    solve(s->work, beta, dim);
    s->mean[which] = mean;
}

// --- The model ---------------------------------------------------------------------------------

static size_t fold_of(const att_ope_row *row)
{
    return (size_t)(att_mix64(row->person ^ 0xC505F17u) % FOLDS);
}

static void forget(void *opaque, const att_host *host)
{
    ridge_state *s = opaque;
    if (!s)
        return;
    ATT_FREE_ARRAY(host, s->memory, s->memory_count);
    ATT_FREE_ARRAY(host, s, 1);
}

static bool lay_out(ridge_state *s, const att_host *host)
{
    const size_t dim = s->dim, one = dim * dim + 2 * dim;
    s->memory_count = (FOLDS + 2) * one + (FOLDS + 1) * dim + dim * dim;
    s->memory = ATT_NEW_ARRAY(host, double, s->memory_count);
    if (!s->memory)
        return false;
    double *at = s->memory;
    normal *const all[FOLDS + 2] = {&s->folds[0], &s->folds[1], &s->folds[2], &s->folds[3], &s->folds[4], &s->total, &s->past};
    for (size_t i = 0; i < ATT_COUNT_OF(all); i++, at += one)
        *all[i] = (normal){at, at + dim * dim, at + dim * dim + dim, 0, 0};
    s->beta = at;
    s->work = at + (FOLDS + 1) * dim;
    return true;
}

static att_status fit(void **out, const att_ope_log *log, const att_host *host, att_error *err)
{
    *out = NULL;
    const att_ope_log_options *o = &log->options;
    ridge_state *s = ATT_NEW_ARRAY(host, ridge_state, 1);
    if (!s)
        return att_no_memory(err, 1, "ridge regression");
    s->choice_features = o->choice_features;
    s->row_features = o->row_features;
    s->action_columns = o->actions <= ACTIONS_MAX ? o->actions : 0;
    s->dim = s->choice_features + s->row_features + SLOTS + s->action_columns;
    s->next_fit = 64;
    const size_t dim = s->dim;
    if (!lay_out(s, host)) {
        forget(s, host);
        return att_no_memory(err, dim, "columns of a ridge regression");
    }
    entries z;
    for (size_t i = 0; i < log->rows.count; i++) {
        const att_ope_row *row = &log->rows.items[i];
        describe(s, log, i, row->chosen, &z);
        absorb(&s->folds[fold_of(row)], s, &z, row->reward);
        absorb(&s->total, s, &z, row->reward);
    }
    for (size_t f = 0; f < FOLDS; f++)
        fit_one(s, &s->total, &s->folds[f], f);
    *out = s;
    return ATT_OK;
}

static void catch_up(ridge_state *s, const att_ope_log *log, size_t row)
{
    entries z;
    for (; s->absorbed < row; s->absorbed++) {
        if (s->absorbed == s->next_fit) {
            fit_one(s, &s->past, NULL, FOLDS);
            s->next_fit += s->next_fit / 2;
        }
        describe(s, log, s->absorbed, log->rows.items[s->absorbed].chosen, &z);
        absorb(&s->past, s, &z, log->rows.items[s->absorbed].reward);
    }
}

static void predict(void *opaque, const att_ope_log *log, size_t row, bool before, double *predicted)
{
    ridge_state *s = opaque;
    const ope_menu *menu = &log->menus.items[log->rows.items[row].menu];
    const double low = log->options.reward_low, high = log->options.reward_high;
    if (before)
        catch_up(s, log, row);
    const size_t which = before ? FOLDS : fold_of(&log->rows.items[row]);
    const double *beta = s->beta + which * s->dim;
    entries z;
    for (size_t i = 0; i < menu->count; i++) {
        describe(s, log, row, i, &z);
        double q = s->mean[which];
        for (size_t k = 0; k < z.count; k++)
            q += z.value[k] * beta[z.at[k]];
        predicted[i] = ATT_MIN(ATT_MAX(q, low), high);
    }
}

const att_ope_model att_ope_ridge = {"ridge", "q(x, a) = ridge regression on choice, moment, slot and action, cross-fitted",
    "Hoerl and Kennard 1970; Chernozhukov et al. 2018", fit, predict, forget};
