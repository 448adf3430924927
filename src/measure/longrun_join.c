// SPDX-License-Identifier: Apache-2.0
// measure/longrun_join.c - slates wait for the events that name them; then their order is judged.
//
// An event belongs to a slate when it names the decision, comes from the same person within join_ms, and its item
// stands in it. The gain of a slot is the sum of the rewards of its events (docs/signals.md), at least 0 and at most 1.
//
//   NDCG = sum_r gain_r / log2(r + 1)  over the same sum with the gains in falling order          Järvelin, Kekäläinen 2002
//
// The ideal is the best order of what was shown, so this figure says whether the best stood on top, and nothing about
// what could have been shown. A slate that earned nothing has no NDCG. Slates stand in one queue in order of the log, found by
// their number by bisection, and leave it when a slate comes that is join_ms younger.
#include "measure/longrun.h"

#include <math.h>
#include <stdlib.h>

static longrun_slot *slots_of(const att_longrun_fold *fold, const longrun_slate *slate)
{
    return &fold->slots.items[slate->slots_at - fold->slots_base];
}

static int greater(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

// NaN: it earned nothing.
static double ndcg_of(const longrun_slot *slots, size_t count)
{
    double gains[ATT_SLATE_MAX], earned = 0, best = 0;
    for (size_t i = 0; i < count; i++) {
        gains[i] = fmin(1, fmax(0, (double)slots[i].gain));
        earned += gains[i] / log2((double)i + 2);
    }
    qsort(gains, count, sizeof *gains, greater);
    for (size_t i = 0; i < count; i++)
        best += gains[i] / log2((double)i + 2);
    return best > 0 ? earned / best : (double)NAN;
}

static att_status close_first(att_longrun_fold *fold, att_error *err)
{
    const longrun_slate *slate = &fold->slates.items[fold->slates_first];
    if (slate->side >= 0) {
        longrun_span *span = att_longrun_span_at(fold, slate->side, slate->at_ms);
        if (!span)
            return att_no_memory(err, 1, "spans of a report");
        const uint8_t group = fold->people.items[slate->user].group;
        const double ndcg = ndcg_of(slots_of(fold, slate), slate->count);
        att_longrun_count(span, group, SUM_SLATES, 1);
        att_longrun_count(span, group, SUM_SLATES_TAKEN, slate->taken);
        if (!isnan(ndcg)) {
            att_longrun_count(span, group, SUM_SLATES_RANKED, 1);
            att_longrun_count(span, group, SUM_NDCG, ndcg);
        }
    }
    fold->slates_first++;
    return ATT_OK;
}

// Gives the place of closed slates to open ones, once they are the greater part.
static void compact(att_longrun_fold *fold)
{
    const size_t closed = fold->slates_first, open = fold->slates.count - closed;
    if (closed < 1024 || closed < open)
        return;
    const uint64_t base =
        open ? fold->slates.items[closed].slots_at : fold->slots_base + fold->slots.count;
    const size_t gone = (size_t)(base - fold->slots_base), left = fold->slots.count - gone;
    memmove(fold->slates.items, fold->slates.items + closed, open * sizeof *fold->slates.items);
    memmove(fold->slots.items, fold->slots.items + gone, left * sizeof *fold->slots.items);
    fold->slates.count = open;
    fold->slots.count = left;
    fold->slots_base = base;
    fold->slates_first = 0;
}

static att_status close_old(att_longrun_fold *fold, size_t more, att_error *err)
{
    att_status status = ATT_OK;
    while (!status && fold->slates_first < fold->slates.count) {
        const longrun_slate *first = &fold->slates.items[fold->slates_first];
        const bool crowded =
            fold->slots_base + fold->slots.count - first->slots_at + more > LONGRUN_OPEN_SLOTS_MAX;
        if (fold->last_decision_ms - first->at_ms <= fold->options.join_ms && !crowded)
            break;
        status = close_first(fold, err);
    }
    compact(fold);
    return status;
}

att_status att_longrun_join_decision(att_longrun_fold *fold, const att_record *record,
    const att_decision_record *decision, att_error *err)
{
    fold->last_decision_ms = ATT_MAX(fold->last_decision_ms, record->at_ms);
    const att_status status = close_old(fold, decision->count, err);
    if (status)
        return status;
    const longrun_slate slate = {.seq = record->seq,
        .at_ms = record->at_ms,
        .slots_at = fold->slots_base + fold->slots.count,
        .user = record->user,
        .count = decision->count,
        .side = (int8_t)att_longrun_side_at(fold, record->user, record->at_ms)};
    if (!ATT_VEC_RESERVE(&fold->host, &fold->slots, fold->slots.count + decision->count) ||
        !ATT_VEC_PUSH(&fold->host, &fold->slates, slate))
        return att_no_memory(err, decision->count, "slots of open slates");
    for (size_t i = 0; i < decision->count; i++)
        fold->slots.items[fold->slots.count++] = (longrun_slot){.item = decision->slots[i].item};
    return ATT_OK;
}

static longrun_slate *find_open(const att_longrun_fold *fold, uint64_t seq)
{
    size_t low = fold->slates_first, high = fold->slates.count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (fold->slates.items[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low < fold->slates.count && fold->slates.items[low].seq == seq ? &fold->slates.items[low]
                                                                          : NULL;
}

static bool is_taking(const att_record *event)
{
    return event->signal == ATT_SIGNAL_CLICK || event->signal == ATT_SIGNAL_PLAY ||
           event->signal == ATT_SIGNAL_SKIP || event->signal == ATT_SIGNAL_COMPLETE ||
           event->signal == ATT_SIGNAL_PURCHASE;
}

void att_longrun_join_event(att_longrun_fold *fold, const att_record *event, double reward)
{
    longrun_slate *slate = event->decision ? find_open(fold, event->decision) : NULL;
    if (!slate || slate->user != event->user ||
        event->at_ms - slate->at_ms > fold->options.join_ms) {
        fold->totals.unjoined += event->decision != 0;
        return;
    }
    longrun_slot *slots = slots_of(fold, slate);
    for (size_t i = 0; i < slate->count; i++)
        if (slots[i].item == event->item) {
            slots[i].gain += (float)reward;
            slate->taken |= is_taking(event);
            fold->totals.joined++;
            return;
        }
    fold->totals.unjoined++;
}

att_status att_longrun_join_end(att_longrun_fold *fold, att_error *err)
{
    att_status status = ATT_OK;
    while (!status && fold->slates_first < fold->slates.count)
        status = close_first(fold, err);
    return status;
}
