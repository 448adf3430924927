// SPDX-License-Identifier: Apache-2.0
// engine/reasons.c - why these items: the events of the person's history that moved each score most.
//
// What each event does to each item is exact, by removal of that one event (embed/model.h). The effects on one item lie side by side. Few of
// them can be among the n strongest: those that reach the least of the maxima of n + 1 parts, the one more for the item itself.
#include "engine/serve.h"

enum { PARTS = 16 };

// A bar that at least `wanted` of the values reach; 0 where it would be below.
static float bar_of(const float *values, size_t count, size_t wanted)
{
    float most[PARTS] = {0};
    if (wanted > PARTS)
        return 0;
    for (size_t first = 0; first + PARTS <= count; first += PARTS)
        for (size_t p = 0; p < PARTS; p++)
            most[p] = values[first + p] > most[p] ? values[first + p] : most[p];
    for (size_t p = PARTS; p-- > wanted;)
        most[p - wanted] = ATT_MAX(most[p - wanted], most[p]);
    float bar = most[0];
    for (size_t p = 1; p < wanted; p++)
        bar = ATT_MIN(bar, most[p]);
    return bar;
}

// The greatest of `effects` (history_count) on an item, best first; of equal ones the first. Where they came from is left in item.size, until it is
// named. Having met the thing itself is no reason to show it. `places` has room for the history and sixteen.
static size_t list_strongest(const att_view *view, uint32_t item, const float *effects, double weight, size_t capacity,
    uint32_t *places, att_reason *best)
{
    const float bar = bar_of(effects, view->history_count, capacity + 1);
    const size_t found = att_kernels_best()->at_least_f32(places, effects, view->history_count, bar);
    size_t count = 0;
    for (size_t f = 0; f < found; f++) {
        const double moved = weight * (double)effects[places[f]];
        if (!(moved > 0) || view->history[places[f]].item == item || (count == capacity && !(best[count - 1].effect < moved)))
            continue;
        size_t at = count < capacity ? count++ : capacity - 1;
        for (; at > 0 && best[at - 1].effect < moved; at--)
            best[at] = best[at - 1];
        best[at] = (att_reason){.item.size = places[f], .effect = moved};
    }
    return count;
}

static att_status name_reason(const att_view *view, att_reason *reason, att_error *err)
{
    const att_catalogue *catalogue = &view->engine->catalogue;
    const att_preference *source = view->sources[reason->item.size];
    reason->signal = (att_signal)source->signal;
    reason->at_ms = (int64_t)source->at_s * 1000;
    reason->item = att_arena_text(view->answer, att_names_get(&catalogue->ids, source->item));
    reason->title = att_arena_text(view->answer, att_catalogue_title(catalogue, source->item));
    return reason->item.data && reason->title.data ? ATT_OK : att_no_memory(err, 1, "reason");
}

static att_status name_reasons(
    const att_view *view, size_t count, size_t capacity, att_reason *reasons, const size_t *reason_counts, att_error *err)
{
    for (int step = 0; step < 2; step++)
        for (size_t j = 0; j < count; j++)
            for (size_t r = 0; r < reason_counts[j]; r++)
                att_catalogue_prefetch(
                    &view->engine->catalogue, view->history[reasons[j * capacity + r].item.size].item, step);
    att_status status = ATT_OK;
    for (size_t j = 0; j < count; j++)
        for (size_t r = 0; r < reason_counts[j] && !status; r++)
            status = name_reason(view, &reasons[j * capacity + r], err);
    return status;
}

att_status att_view_reasons(att_view *view, const uint32_t *items, size_t count, size_t capacity,
    att_reason *reasons, size_t *reason_counts, att_error *err)
{
    const att_engine *engine = view->engine;
    memset(reason_counts, 0, count * sizeof *reason_counts);
    if (!view->folded || !count)
        return ATT_OK;
    att_arena *scratch = &view->memory->scratch;
    float *effects = ATT_NEW_RAW(scratch, float, view->history_count *count);
    const float **vectors = ATT_NEW_RAW(scratch, const float *, count);
    uint32_t *places = ATT_NEW_RAW(scratch, uint32_t, view->history_count + 16);
    if (!effects || !vectors || !places)
        return att_no_memory(err, count, "reasons");
    for (size_t j = 0; j < count; j++)
        vectors[j] = att_serving_vector(&engine->serving, items[j]);
    const att_status status = att_model_effects(
        engine->serving.model, view->memory->fold, items, vectors, count, effects, err);
    if (status)
        return status;
    const double weight = view->policy->objective.relevance * view->relevance_scale;
    for (size_t j = 0; j < count && weight > 0; j++)
        reason_counts[j] = list_strongest(
            view, items[j], effects + j * view->history_count, weight, capacity, places, reasons + j * capacity);
    return name_reasons(view, count, capacity, reasons, reason_counts, err);
}
