// SPDX-License-Identifier: Apache-2.0
// measure/ope_rate.c - the plainest reward model: how often an action was rewarded, smoothed.
//
//   q(a) = low + (sum over rows that chose a of (r - low) + range) / (rows that chose a + 100)
//
// With rewards 0 and 1: (clicks + 1) / (impressions + 100). The moment and the slot are ignored.
#include "measure/ope_models.h"

#define PRIOR_ROWS 100.0

typedef struct tallies {
    double *sum, *rows; // (actions)
} tallies;

typedef struct rate_state {
    tallies all, past;
    size_t absorbed; // rows in `past`
    uint32_t actions;
} rate_state;

static void absorb(tallies *to, const att_ope_log *log, size_t row)
{
    const att_ope_row *r = &log->rows.items[row];
    const uint32_t action = log->menus.items[r->menu].choices[r->chosen].action;
    to->sum[action] += r->reward - log->options.reward_low;
    to->rows[action] += 1;
}

static void forget(void *opaque, const att_host *host)
{
    rate_state *state = opaque;
    if (!state)
        return;
    ATT_FREE_ARRAY(host, state->all.sum, 4 * (size_t)state->actions);
    ATT_FREE_ARRAY(host, state, 1);
}

static att_status fit(void **out, const att_ope_log *log, const att_host *host, att_error *err)
{
    const size_t actions = log->options.actions;
    rate_state *state = ATT_NEW_ARRAY(host, rate_state, 1);
    double *memory = ATT_NEW_ARRAY(host, double, 4 * actions);
    *out = NULL;
    if (!state || !memory) {
        ATT_FREE_ARRAY(host, state, 1);
        ATT_FREE_ARRAY(host, memory, 4 * actions);
        return att_no_memory(err, actions, "actions");
    }
    state->actions = log->options.actions;
    state->all = (tallies){memory, memory + actions};
    state->past = (tallies){memory + 2 * actions, memory + 3 * actions};
    for (size_t i = 0; i < log->rows.count; i++)
        absorb(&state->all, log, i);
    *out = state;
    return ATT_OK;
}

static void predict(void *opaque, const att_ope_log *log, size_t row, bool before, double *predicted)
{
    rate_state *state = opaque;
    const ope_menu *menu = &log->menus.items[log->rows.items[row].menu];
    const double low = log->options.reward_low, range = log->options.reward_high - low;
    while (before && state->absorbed < row)
        absorb(&state->past, log, state->absorbed++);
    const tallies *from = before ? &state->past : &state->all;
    for (size_t i = 0; i < menu->count; i++) {
        const uint32_t action = menu->choices[i].action;
        predicted[i] = low + (from->sum[action] + range) / (from->rows[action] + PRIOR_ROWS);
    }
}

const att_ope_model att_ope_rate = {"rate", "q(a) = (rewards of a + 1) / (rows of a + 100), the moment ignored",
    "the protocol of the Open Bandit figures in docs/off-policy.md", fit, predict, forget};
