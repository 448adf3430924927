// SPDX-License-Identifier: Apache-2.0
// engine/reasons.c - why these items: the events of the person's history that moved each score most.
//
// What each event does to each item is exact, by removal of that one event (embed/model.h). The effects on one item lie side by side. Few of
// them can be among the n strongest: those that reach the least of the maxima of n + 1 parts, the one more for the item itself.
#include "base/best.h"
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

// Keeps the `capacity` largest in `best`, which falls. No branch asks where the key belongs: nobody could guess it.
static void keep(uint64_t *best, size_t capacity, uint64_t key)
{
    for (size_t k = 0; k < capacity; k++) {
        const uint64_t larger = ATT_MAX(best[k], key);
        key = ATT_MIN(best[k], key);
        best[k] = larger;
    }
}

// Room for one item's search.
typedef struct search {
    uint64_t *keys; // (history_count + 8)
    uint64_t *best; // (capacity)
    size_t capacity;
} search;

// The greatest of `effects` (history_count) on an item, best first; of equal ones the first. Where they came from is left in item.size, until it is
// named. Having met the thing itself is no reason to show it.
static size_t list_strongest(
    const att_view *view, uint32_t item, const float *effects, double weight, const search *s, att_reason *reasons)
{
    const float bar = bar_of(effects, view->history_count, s->capacity + 1);
    const size_t found = att_kernels_best()->keys_at_least_f32(s->keys, effects, view->history_count, bar, 0);
    memset(s->best, 0, s->capacity * sizeof *s->best);
    for (size_t f = 0; f < found; f++)
        keep(s->best, s->capacity, view->history[att_rank_tail(s->keys[f])].item == item ? 0 : s->keys[f]);
    size_t count = 0;
    for (; count < s->capacity && s->best[count] && att_rank_score(s->best[count]) > 0; count++)
        reasons[count] = (att_reason){
            .item.size = att_rank_tail(s->best[count]), .effect = weight * (double)att_rank_score(s->best[count])};
    return count;
}

// Names of the reasons towards the caches, in two steps: 0, then 1.
static void fetch_names(const att_view *view, const att_reason *reasons, size_t count, int step)
{
    for (size_t r = 0; r < count; r++)
        att_catalogue_prefetch(&view->engine->catalogue, view->history[reasons[r].item.size].item, step);
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
    att_status status = ATT_OK;
    for (size_t j = 0; j < count; j++)
        for (size_t r = 0; r < reason_counts[j] && !status; r++)
            status = name_reason(view, &reasons[j * capacity + r], err);
    return status;
}

static const float **find_vectors(const att_view *view, const uint32_t *items, size_t count)
{
    const att_serving *serving = &view->engine->serving;
    const float **vectors = ATT_NEW_RAW(&view->memory->scratch, const float *, count);
    for (size_t j = 0; vectors && j < count; j++) {
        vectors[j] = att_serving_vector(serving, items[j]);
        att_fetch_vector(vectors[j], att_model_dim(serving->model));
    }
    return vectors;
}

att_status att_view_reasons(att_view *view, const uint32_t *items, size_t count, size_t capacity,
    att_reason *reasons, size_t *reason_counts, att_error *err)
{
    memset(reason_counts, 0, count * sizeof *reason_counts);
    if (!view->folded || !count)
        return ATT_OK;
    att_arena *scratch = &view->memory->scratch;
    const float **vectors = find_vectors(view, items, count);
    float *effects = ATT_NEW_RAW(scratch, float, view->history_count *count);
    const search s = {.keys = ATT_NEW_RAW(scratch, uint64_t, view->history_count + 8),
        .best = ATT_NEW_RAW(scratch, uint64_t, capacity),
        .capacity = capacity};
    if (!effects || !vectors || !s.keys || !s.best)
        return att_no_memory(err, count, "reasons");
    const att_status status = att_model_effects(
        view->engine->serving.model, view->memory->fold, items, vectors, count, effects, err);
    if (status)
        return status;
    const double weight = view->policy->objective.relevance * view->relevance_scale;
    for (size_t j = 0; j < count && weight > 0; j++) {
        reason_counts[j] = list_strongest(view, items[j], effects + j * view->history_count, weight, &s, reasons + j * capacity);
        fetch_names(view, reasons + j * capacity, reason_counts[j], 0);
        if (j > 0)
            fetch_names(view, reasons + (j - 1) * capacity, reason_counts[j - 1], 1);
    }
    return name_reasons(view, count, capacity, reasons, reason_counts, err);
}
