// SPDX-License-Identifier: Apache-2.0
// engine/candidates.c - a few hundred items out of all that may be shown.
//
// Sources, in turn: near the person's taste (index search under the filter), near by item-item weights and likely to come
// next by the sequence part where the model has them, made here (one of a brief), popular (of late, where the model has a trend), newly published, tags outside the usual taste, and a seeded draw from everything eligible
// so that exploration can reach every item. When all of these give fewer than the slate wants, the eligible set
// is walked until it is enough: k items come back whenever k are eligible.
#include "engine/made.h"
#include "engine/serve.h"
#include "retrieve/kept.h"

#include <math.h>

static bool may_enter(const att_view *view, uint32_t item)
{
    return item < view->bit_count && (view->open[item / 64] >> item % 64 & 1);
}

// False: it was there.
static bool mark_entered(att_view *view, uint32_t item)
{
    uint32_t at = item * 0x9E3779B1u >> 7 & view->entered_mask;
    for (; view->entered[at]; at = (at + 1) & view->entered_mask)
        if (view->entered[at] == item + 1)
            return false;
    view->entered[at] = item + 1;
    return true;
}

// Once each, and only what may be shown. False: it was there, or may not, or there is no room.
static bool enter(att_view *view, uint32_t item)
{
    if (view->candidate_count == view->candidate_capacity || !may_enter(view, item) ||
        !mark_entered(view, item))
        return false;
    if (view->may_be_made && !att_view_enter_made(view, item))
        return false;
    const att_serving *serving = &view->engine->serving;
    const att_entry *entry = &view->engine->catalogue.entries.items[item]; // on two lines, every other time
    __builtin_prefetch(entry);
    __builtin_prefetch(&entry->published_at_ms);
    if (item < serving->fact_count)
        __builtin_prefetch(&serving->facts[item]);
    view->candidates[view->candidate_count++] = (att_candidate){.item = item};
    return true;
}

// Those nearest to the person's taste among `eligible` items of `bits`. What is kept of a search is kept for each `purpose` (0 or 1).
static att_status enter_nearest_of(att_view *view, const uint64_t *bits, size_t eligible, size_t wanted, uint64_t purpose, att_error *err)
{
    const att_serving *serving = &view->engine->serving;
    if (!view->taste || !serving->index || att_index_count(serving->index) == 0 || !wanted)
        return ATT_OK;
    att_hit *hits = ATT_NEW_RAW(&view->memory->scratch, att_hit, wanted);
    if (!hits)
        return att_no_memory(err, wanted, "hits");
    const att_filter filter = {.bits = bits,
        .bit_count = view->bit_count,
        .eligible = eligible,
        .exclude = view->open == view->bits ? view->exclude : NULL,
        .exclude_count = view->exclude_count};
    size_t found = 0;
    const size_t width = wanted + 32; // the index widens it by what is excluded
    const uint64_t whose = (uint64_t)view->user << 32 | purpose << 16 | view->moment.situation; // people like other things elsewhere
    const att_status status = att_kept_top(serving->kept, whose, serving->index, view->memory->search, view->taste, &filter,
        wanted, (uint32_t)width, hits, &found, err);
    for (size_t i = 0; i < found && !status; i++)
        if (enter(view, hits[i].id))
            view->relevance[view->candidate_count - 1] = hits[i].score;
    view->near_count = view->candidate_count;
    return status;
}

// What fits the situation and is near the person's taste; for a stranger, what fits and is popular.
static att_status enter_fitting(att_view *view, size_t wanted, att_error *err)
{
    const att_serving *serving = &view->engine->serving;
    const size_t until = ATT_MIN(view->candidate_count + wanted, view->candidate_capacity);
    if (!view->wishes.count || !wanted)
        return ATT_OK;
    uint64_t *fitting = ATT_NEW_RAW(&view->memory->scratch, uint64_t, (view->bit_count + 63) / 64);
    if (!fitting)
        return att_no_memory(err, view->bit_count, "items that fit");
    size_t count = att_wishes_fitting(&view->engine->wishes, &view->wishes, view->open, view->bit_count, wanted, fitting);
    for (size_t i = 0; i < view->candidate_count && count; i++) { // others than are there
        uint64_t *word = &fitting[view->candidates[i].item / 64];
        const uint64_t bit = UINT64_C(1) << view->candidates[i].item % 64;
        count -= (*word & bit) != 0;
        *word &= ~bit;
    }
    if (!count)
        return ATT_OK;
    if (view->taste)
        return enter_nearest_of(view, fitting, count, ATT_MIN(wanted, count), 1, err);
    for (size_t i = 0; i < serving->popular_count && view->candidate_count < until; i++)
        if (serving->popular[i] < view->bit_count && (fitting[serving->popular[i] / 64] >> serving->popular[i] % 64 & 1))
            enter(view, serving->popular[i]);
    return ATT_OK;
}

static att_status enter_item_item(att_view *view, size_t wanted, att_error *err)
{
    const att_model *model = view->engine->serving.model;
    if (!view->folded || (att_model_kind_of(model) != ATT_MODEL_EASE && att_model_kind_of(model) != ATT_MODEL_BLEND))
        return ATT_OK;
    uint32_t *items = ATT_NEW(&view->memory->scratch, uint32_t, wanted);
    float *scores = ATT_NEW(&view->memory->scratch, float, wanted);
    if (!items || !scores)
        return att_no_memory(err, wanted, "candidates");
    const size_t found = att_model_item_item_top(
        model, view->memory->fold, view->open, view->bit_count, wanted, items, scores);
    for (size_t i = 0; i < found; i++)
        enter(view, items[i]);
    return ATT_OK;
}

// Where what is excluded is looked up afterwards, more than are wanted, since the best are often those that the person has just met.
static att_status enter_sequence(att_view *view, size_t wanted, att_error *err)
{
    const att_model *model = view->engine->serving.model;
    if (!view->folded || att_model_sequence_share(model) <= 0)
        return ATT_OK;
    const size_t met = view->open == view->bits ? view->exclude_count : 0;
    const size_t asked = ATT_MIN(wanted + met, ATT_MODEL_SEQUENCE_TOP_MAX);
    const size_t until = ATT_MIN(view->candidate_count + wanted, view->candidate_capacity);
    uint32_t *items = ATT_NEW_RAW(&view->memory->scratch, uint32_t, asked);
    float *scores = ATT_NEW_RAW(&view->memory->scratch, float, asked);
    if (!items || !scores)
        return att_no_memory(err, asked, "candidates");
    const size_t found = att_model_sequence_top(
        model, view->memory->fold, view->open, view->bit_count, asked, items, scores);
    for (size_t i = 0; i < found && view->candidate_count < until; i++)
        enter(view, items[i]);
    return ATT_OK;
}

static void enter_list(att_view *view, const uint32_t *items, size_t count, size_t wanted)
{
    const size_t until = ATT_MIN(view->candidate_count + wanted, view->candidate_capacity);
    for (size_t i = 0; i < count && view->candidate_count < until; i++)
        enter(view, items[i]);
}

// From tags that have no place in the person's taste, a few items each, tag and items drawn with the seed.
static void enter_outside(att_view *view, att_rng *rng, size_t wanted)
{
    const att_catalogue *catalogue = &view->engine->catalogue;
    const size_t until = ATT_MIN(view->candidate_count + wanted, view->candidate_capacity);
    if (!view->taste_mix || catalogue->tagged.count == 0)
        return;
    enum { few = 4 };
    const uint32_t *drawn[few] = {0}; // of the tag before, on their way meanwhile
    for (int tries = 0; tries < 64 && view->candidate_count < until; tries++) {
        const size_t tag = (size_t)att_rng_below(rng, catalogue->tagged.count);
        const att_u32_vec *list = &catalogue->tagged.items[tag];
        if (list->count == 0 || view->taste_mix[tag] >= ATT_OUTSIDE_MASS)
            continue;
        for (int k = 0; k < few; k++) {
            if (drawn[k] && view->candidate_count < until)
                enter(view, *drawn[k]);
            drawn[k] = &list->items[att_rng_below(rng, list->count)];
            __builtin_prefetch(drawn[k]);
        }
    }
    for (int k = 0; k < few && drawn[k] && view->candidate_count < until; k++)
        enter(view, *drawn[k]);
}

static void enter_drawn(att_view *view, att_rng *rng, size_t wanted)
{
    const size_t until = ATT_MIN(view->candidate_count + wanted, view->candidate_capacity);
    for (size_t tries = 0; tries < wanted * 8 && view->candidate_count < until && view->bit_count; tries++)
        enter(view, (uint32_t)att_rng_below(rng, view->bit_count));
}

// What was made, so that it meets people before the model knows it.
static att_status enter_made(att_view *view, att_rng *rng, size_t wanted, att_error *err)
{
    if (!view->may_be_made)
        return ATT_OK;
    const size_t until = ATT_MIN(view->candidate_count + wanted, view->candidate_capacity);
    uint32_t *items = ATT_NEW_RAW(&view->memory->scratch, uint32_t, wanted * 4);
    if (!items)
        return att_no_memory(err, wanted, "candidates");
    const size_t count = att_view_list_made(view, rng, wanted * 4, items);
    for (size_t i = 0; i < count && view->candidate_count < until; i++)
        enter(view, items[i]);
    return ATT_OK;
}

static void enter_all_until(att_view *view, size_t wanted)
{
    for (size_t word = 0; word < (view->bit_count + 63) / 64 && view->candidate_count < wanted; word++)
        for (uint64_t left = view->open[word]; left && view->candidate_count < wanted; left &= left - 1)
            enter(view, (uint32_t)(word * 64 + (size_t)__builtin_ctzll(left)));
}

// Up to so many items the set without what is excluded is made anew for each request; beyond, what is excluded is looked up.
enum { OPEN_ITEMS_MAX = 1 << 20 };

static att_status open_set(att_view *view, att_error *err)
{
    const size_t words = (view->bit_count + 63) / 64;
    view->open = view->bits;
    if (!view->exclude_count || view->bit_count > OPEN_ITEMS_MAX)
        return ATT_OK;
    uint64_t *open = ATT_NEW_RAW(&view->memory->scratch, uint64_t, words);
    if (!open)
        return att_no_memory(err, words, "words of an eligible set");
    memcpy(open, view->bits, words * sizeof *open);
    for (size_t i = 0; i < view->exclude_count; i++)
        open[view->exclude[i] / 64] &= ~(UINT64_C(1) << view->exclude[i] % 64);
    view->open = open;
    return ATT_OK;
}

static bool make_columns(att_raw_columns *c, size_t count, att_arena *scratch)
{
    c->novelty = ATT_NEW_RAW(scratch, float, count);
    c->boost = ATT_NEW_RAW(scratch, float, count);
    c->energy = ATT_NEW_RAW(scratch, float, count);
    c->less_like = ATT_NEW_RAW(scratch, float, count);
    c->situation = ATT_NEW_RAW(scratch, float, count);
    c->published_at_ms = ATT_NEW_RAW(scratch, int64_t, count);
    c->skip = ATT_NEW_RAW(scratch, float, count);
    return c->novelty && c->boost && c->energy && c->less_like && c->situation && c->skip && c->published_at_ms;
}

static att_status make_room(att_view *view, size_t capacity, att_error *err)
{
    att_arena *scratch = &view->memory->scratch;
    const size_t marked = view->open == view->bits ? view->exclude_count : 0;
    size_t slots = 64;
    while (slots < (capacity + marked) * 2)
        slots *= 2;
    view->candidates = ATT_NEW_RAW(scratch, att_candidate, capacity);
    view->relevance = ATT_NEW(scratch, float, capacity);
    view->entered = ATT_NEW(scratch, uint32_t, slots);
    view->entered_mask = (uint32_t)slots - 1;
    view->candidate_capacity = capacity;
    view->candidate_count = view->near_count = 0;
    view->made_briefs = NULL;
    view->made_count = 0;
    view->may_be_made = view->engine->ledger->candidates.count > 0;
    if (!view->candidates || !view->relevance || !view->entered || !make_columns(&view->columns, capacity, scratch))
        return att_no_memory(err, capacity, "candidates");
    for (size_t i = 0; i < marked; i++)
        mark_entered(view, view->exclude[i]); // so they never will
    return ATT_OK;
}

// --- Terms ----------------------------------------------------------------------------------------------------

// How much less likely than most the item is to be left early.
static float skip_of(const att_view *view, const att_candidate *candidate)
{
    const att_serving *serving = &view->engine->serving;
    const att_skips *skips = serving->skips;
    float sum = 0;
    for (size_t t = 0; t < candidate->tag_count; t++)
        sum += candidate->tags[t] < serving->context_tag_count ? view->skips[candidate->tags[t]] : 0;
    return (float)skips->base - att_skips_chance(skips, candidate->item < skips->item_count ? skips->items[candidate->item] : 0,
                                    candidate->tag_count ? sum / (float)candidate->tag_count : 0);
}

static void describe_one(att_view *view, size_t i, float log_least)
{
    const att_catalogue *catalogue = &view->engine->catalogue;
    const att_serving *serving = &view->engine->serving;
    att_candidate *candidate = &view->candidates[i];
    const uint32_t item = candidate->item;
    const att_entry *entry = &catalogue->entries.items[item];
    size_t tag_count;
    candidate->tags = att_catalogue_tags(catalogue, item, &tag_count);
    candidate->tag_count = (uint16_t)tag_count;
    candidate->explorable = true;
    candidate->uncertainty = 1 / sqrtf(1 + (float)entry->events);
    __builtin_prefetch(candidate->tags);
    view->columns.novelty[i] =
        att_novelty_of_log(item < serving->fact_count ? serving->facts[item].log_popularity : -INFINITY, log_least);
    view->columns.boost[i] = entry->boost;
    view->columns.energy[i] = entry->energy;
    view->columns.published_at_ms[i] = entry->published_at_ms;
    if (view->skips)
        view->columns.skip[i] = skip_of(view, candidate);
    if (view->wishes.count)
        view->columns.situation[i] = att_wishes_fit(&view->engine->wishes, &view->wishes, item);
}

// The index has just looked at the vectors of what it found, so its copy is read from the cache.
static const float *vector_of(const att_view *view, size_t i)
{
    const att_serving *serving = &view->engine->serving;
    return i < view->near_count ? att_index_vector(serving->index, view->candidates[i].item)
                                : att_serving_vector(serving, view->candidates[i].item);
}

// What stands for popularity until a model has been trained: events an item for each person.
static float met_by(const att_engine *engine, uint32_t item)
{
    const float people = (float)ATT_MAX(1u, att_people_count(engine->people));
    return fminf(1, (float)engine->catalogue.entries.items[item].events / people);
}

static float length_of(const att_serving *serving, uint32_t item, const float *vector, uint32_t dim)
{
    if (!vector)
        return 0;
    return item < serving->fact_count && serving->facts[item].length > 0
               ? serving->facts[item].length
               : sqrtf(att_kernels_best()->dot_f32(vector, vector, dim));
}

// Vectors of the candidates `from` to `until` - 1 and their lengths, for likeness, and their relevance, so that a vector comes
// once from where it lies. Those that lie far apart in memory are asked for some candidates ahead. Where relevance is a product of vectors,
// the index has told it of what is near.
static att_status weigh(att_view *view, const uint32_t *items, const float **vectors, size_t from, size_t until, att_error *err)
{
    enum { ahead = 8 };
    const att_serving *serving = &view->engine->serving;
    const uint32_t dim = serving->model ? att_model_dim(serving->model) : 0;
    for (size_t i = from; i < until; i++) {
        if (i + ahead < view->candidate_count && i + ahead >= view->near_count)
            att_fetch_vector(vectors[i + ahead], dim);
        const float length = length_of(serving, items[i], vectors[i], dim);
        if (length > 0) {
            view->candidates[i].vector = vectors[i];
            view->candidates[i].length = length;
        }
    }
    if (view->folded && att_model_is_product(serving->model, view->memory->fold))
        from = ATT_MIN(ATT_MAX(from, view->near_count), until);
    if (view->folded)
        return att_model_score(serving->model, view->memory->fold, items + from, vectors + from, until - from,
            view->relevance + from, err);
    for (size_t i = from; i < until; i++) // a stranger: what most people like
        view->relevance[i] = serving->model ? att_model_popularity(serving->model, items[i])
                                            : met_by(view->engine, items[i]);
    return ATT_OK;
}

static att_status describe(att_view *view, att_error *err)
{
    enum { step = 32 };
    att_arena *scratch = &view->memory->scratch;
    const size_t count = view->candidate_count;
    uint32_t *items = ATT_NEW_RAW(scratch, uint32_t, count);
    const float **vectors = ATT_NEW_RAW(scratch, const float *, count);
    if (!items || !vectors)
        return att_no_memory(err, count, "candidates");
    const float log_least = logf(1 / (float)ATT_MAX(2u, att_people_count(view->engine->people)));
    for (size_t i = 0; i < count; i++) { // a look-up each, and none waits for another
        items[i] = view->candidates[i].item;
        vectors[i] = vector_of(view, i);
    }
    for (size_t i = 0; i < count; i++)
        describe_one(view, i, log_least);
    att_status status = ATT_OK;
    for (size_t from = 0; from < count && !status; from += step)
        status = weigh(view, items, vectors, from, ATT_MIN(from + step, count), err);
    return status;
}

att_status att_view_candidates(att_view *view, att_error *err)
{
    const att_policy *policy = view->policy;
    const size_t capacity = ATT_MAX((size_t)policy->objective.candidates, (size_t)view->request->count * 2);
    att_status status = open_set(view, err);
    if (!status)
        status = make_room(view, capacity, err);
    att_rng rng = att_rng_stream(view->seed, 1);
    const size_t tenth = capacity / 10 + 1;
    const bool sequence = view->folded && att_model_sequence_share(view->engine->serving.model) > 0;
    const bool trend = view->folded && att_model_trend_weight(view->engine->serving.model) > 0;
    const size_t nearest = (sequence ? 4 : 6) - (trend ? 1 : 0); // tenths
    const size_t near = view->folded ? capacity * nearest / 10 : capacity;
    const size_t fitting = view->wishes.count ? ATT_MIN(near / 2, (size_t)(policy->objective.situation_share * (double)capacity)) : 0;
    if (!status)
        status = enter_nearest_of(view, view->open, view->eligible_count, near - fitting, 0, err);
    if (!status)
        status = enter_fitting(view, fitting, err);
    if (!status)
        status = enter_sequence(view, capacity * 2 / 10, err);
    if (!status)
        status = enter_item_item(view, capacity * 3 / 10, err);
    if (!status)
        status = enter_made(view, &rng, tenth, err);
    if (!status) {
        if (trend)
            enter_list(view, view->engine->serving.popular, view->engine->serving.popular_count, tenth);
        enter_outside(view, &rng, tenth);
        enter_list(view, view->engine->catalogue.fresh, view->engine->catalogue.fresh_count, tenth);
        enter_drawn(view, &rng, tenth);
        enter_list(view, view->engine->serving.popular, view->engine->serving.popular_count, capacity);
        enter_all_until(view, ATT_MIN(view->request->count, capacity));
        status = describe(view, err);
    }
    return status ? status : att_view_terms(view, err);
}

att_status att_view_one(att_view *view, uint32_t item, att_error *err)
{
    view->open = view->bits;
    att_status status = make_room(view, 1, err);
    if (status)
        return status;
    view->candidates[view->candidate_count++] = (att_candidate){.item = item};
    status = describe(view, err);
    return status ? status : att_view_terms(view, err);
}
