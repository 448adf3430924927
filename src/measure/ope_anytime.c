// SPDX-License-Identifier: Apache-2.0
// measure/ope_anytime.c - confidence sequences of the policy's value, one pass over the log.
//
// With l <= r <= h the range of rewards, u <= w an estimator's weight, p the logged probabilities, and any guess q made
// before the row:
//   below = l + sum_a u(a) p(a) (q(a) - l) + u (r - q)     has mean  l + sum_a u p (mu - l)  <=  value,
//   above = h - sum_a u(a) p(a) (h - q(a)) + u (r - q)     has mean  h - sum_a u p (h - mu)  >=  value,
// with equality where u = w and the log has support for all of the target: so bias of a clipped weight, and a gap of
// support, widen the interval by just what they may hide. DM has u = 0: its sequence is all of the range, since it
// rests on its model alone.
//
// below needs a floor: q - l is cut to (h - l) / u, then below >= l - (h - l), as in Waudby-Smith et al. 2022. above needs
// a ceiling, and has two: the same cut from the other side, or, where all logged probabilities are known, the largest
// weight there can be. Both are followed, each with half of this side's alpha, and the lower one counts.
// Where the log tells the chosen action's probability alone, q = l below and q = h above: then nothing else is needed.
#include "measure/ope_parts.h"
#include "measure/ope_sequence.h"

#include <math.h>

typedef struct follower { // of one pick in one part
    att_ope_sequence below, above_cut, above_weight;
    double sum_below, sum_cut, sum_weight, rows; // of the slate that is being read
} follower;

typedef struct past { // what a normalized estimator without a model guesses: its value so far
    double rewards, weights;
} past;

typedef struct walk {
    const ope_rows *rows;
    const att_ope_options *options;
    double low, high, range;
    follower *followers; // (part_count, pick_count)
    past *pasts;         // (pick_count)
    double *foreseen;    // (longest menu)
} walk;

typedef struct bounds {
    double below, cut, weight;
} bounds;

static double weight_at(const att_ope_pick *pick, double target, double logged)
{
    return logged > 0 ? pick->estimator->weight(target / logged, pick->level) : 0;
}

// The largest weight that any row could have had.
static double largest_weight(const ope_rows *rows, const att_ope_pick *pick)
{
    double most = 0;
    for (size_t m = 0; m < rows->log->menus.count; m++) {
        const ope_menu *menu = &rows->log->menus.items[m];
        for (size_t a = 0; a < menu->count; a++)
            most = ATT_MAX(most, weight_at(pick, menu->choices[a].target, menu->choices[a].logged));
    }
    return most;
}

static double guess_of(const walk *w, size_t pick, size_t choice)
{
    const att_ope_estimator *estimator = w->options->picks[pick].estimator;
    double q = 0;
    if (estimator->uses_model)
        q = w->foreseen[choice];
    else if (estimator->normalized)
        q = w->pasts[pick].weights > 0 ? w->pasts[pick].rewards / w->pasts[pick].weights : w->low;
    return ATT_MIN(ATT_MAX(q, w->low), w->high);
}

static bounds known_bounds(const walk *w, const att_ope_row *row, size_t p)
{
    const ope_menu *menu = &w->rows->log->menus.items[row->menu];
    const att_ope_pick *pick = &w->options->picks[p];
    bounds b = {w->low, w->high, w->high};
    for (size_t a = 0; a < menu->count; a++) {
        const double logged = menu->choices[a].logged;
        const double u = weight_at(pick, menu->choices[a].target, logged);
        if (!(u > 0))
            continue;
        const double q = guess_of(w, p, a), most = w->range / u;
        const double over = ATT_MIN(q - w->low, most), under = ATT_MIN(w->high - q, most);
        b.below += u * logged * over;
        b.cut -= u * logged * under;
        b.weight -= u * logged * (w->high - q);
        if (a != row->chosen)
            continue;
        b.below += u * (row->reward - w->low - over);
        b.cut += u * (row->reward - w->high + under);
        b.weight += u * (row->reward - q);
    }
    return b;
}

static bounds bounds_of(const walk *w, size_t i, size_t p)
{
    const att_ope_row *row = &w->rows->log->rows.items[i];
    if (!w->rows->log->options.logged_unknown)
        return known_bounds(w, row, p);
    const att_ope_pick *pick = &w->options->picks[p];
    const double u = pick->estimator->weight(w->rows->w[i], pick->level);
    const double above = w->high - u * (w->high - row->reward);
    return (bounds){w->low + u * (row->reward - w->low), above, above};
}

// A slate is one step: its rows share a moment.
static void end_slate(follower *f)
{
    if (f->rows == 0)
        return;
    att_ope_sequence_add(&f->below, f->sum_below / f->rows);
    att_ope_sequence_add(&f->above_cut, -f->sum_cut / f->rows);
    att_ope_sequence_add(&f->above_weight, -f->sum_weight / f->rows);
    f->sum_below = f->sum_cut = f->sum_weight = f->rows = 0;
}

static void follow(walk *w, size_t i, size_t part_count, const uint32_t *slots)
{
    const size_t picks = w->options->pick_count;
    for (size_t p = 0; p < picks; p++) {
        const bounds b = bounds_of(w, i, p);
        for (size_t part = 0; part < part_count; part++) {
            if (!att_ope_rows_in(w->rows, i, slots[part]))
                continue;
            follower *f = &w->followers[part * picks + p];
            f->sum_below += b.below;
            f->sum_cut += b.cut;
            f->sum_weight += b.weight;
            f->rows += 1;
        }
        w->pasts[p].weights += w->rows->w[i];
        w->pasts[p].rewards += w->rows->w[i] * w->rows->log->rows.items[i].reward;
    }
}

static void set_out(walk *w, size_t part_count)
{
    const double alpha = (1 - w->options->confidence) / 2;
    const size_t picks = w->options->pick_count;
    for (size_t p = 0; p < picks; p++) {
        const double most = largest_weight(w->rows, &w->options->picks[p]);
        for (size_t part = 0; part < part_count; part++) {
            follower *f = &w->followers[part * picks + p];
            att_ope_sequence_init(&f->below, w->low - w->range, w->low, w->high, alpha);
            att_ope_sequence_init(&f->above_cut, -w->high - w->range, -w->high, -w->low, alpha / 2);
            att_ope_sequence_init(&f->above_weight, -w->high - most * w->range, -w->high, -w->low, alpha / 2);
        }
    }
}

static void read_bounds(const walk *w, size_t part_count, att_interval *anytime)
{
    for (size_t k = 0; k < part_count * w->options->pick_count; k++) {
        const follower *f = &w->followers[k];
        const double cut = -att_ope_sequence_bound(&f->above_cut);
        const double weight = -att_ope_sequence_bound(&f->above_weight);
        const bool weight_holds = !w->rows->log->options.logged_unknown;
        anytime[k].low = att_ope_sequence_bound(&f->below);
        anytime[k].high = weight_holds ? ATT_MIN(cut, weight) : cut;
    }
}

static att_status go(walk *w, const att_ope_model *model, void *state, size_t part_count, const uint32_t *slots,
    const att_host *host, att_error *err)
{
    const ope_rows *rows = w->rows;
    const size_t followers = part_count * w->options->pick_count;
    for (size_t i = 0; i < rows->count; i++) {
        if (i % 65536 == 0 && !att_progress_tell(host, "off-policy bounds", i, rows->count, "rows"))
            return ATT_FAIL(err, ATT_CANCELLED, "cancelled at row %zu", i);
        if (i > 0 && rows->log->rows.items[i].slate != rows->log->rows.items[i - 1].slate)
            for (size_t k = 0; k < followers; k++)
                end_slate(&w->followers[k]);
        if (!rows->log->options.logged_unknown)
            model->predict(state, rows->log, i, true, w->foreseen);
        follow(w, i, part_count, slots);
    }
    for (size_t k = 0; k < followers; k++)
        end_slate(&w->followers[k]);
    return ATT_OK;
}

att_status att_ope_anytime(const ope_rows *rows, const att_ope_model *model, void *state,
    const att_ope_options *options, size_t part_count, const uint32_t *slots, att_interval *anytime,
    const att_host *host, att_error *err)
{
    const size_t followers = part_count * options->pick_count;
    walk w = {.rows = rows, .options = options, .low = rows->log->options.reward_low, .high = rows->log->options.reward_high};
    w.range = w.high - w.low;
    w.followers = ATT_NEW_ARRAY(host, follower, followers);
    w.pasts = ATT_NEW_ARRAY(host, past, options->pick_count);
    w.foreseen = ATT_NEW_ARRAY(host, double, ATT_OPE_CHOICES_MAX);
    att_status status = ATT_OK;
    if (!w.followers || !w.pasts || !w.foreseen)
        status = att_no_memory(err, followers, "confidence sequences");
    else {
        set_out(&w, part_count);
        status = go(&w, model, state, part_count, slots, host, err);
    }
    if (!status)
        read_bounds(&w, part_count, anytime);
    ATT_FREE_ARRAY(host, w.followers, followers);
    ATT_FREE_ARRAY(host, w.pasts, options->pick_count);
    ATT_FREE_ARRAY(host, w.foreseen, ATT_OPE_CHOICES_MAX);
    return status;
}
