// SPDX-License-Identifier: Apache-2.0
// engine/terms.c - raw quantities of the candidates, gathered from catalogue, model and person; decide/terms.h makes
// terms of them.
#include "engine/serve.h"

#include <math.h>
#include <stdlib.h>

#define LESS_LIKE_MAX 64 // the newest wishes count

static att_status list_less(att_view *view, const att_less **out, size_t *count, att_error *err)
{
    const att_serving *serving = &view->engine->serving;
    const uint32_t wishes = view->controls->less_like_count;
    const uint32_t first = wishes > LESS_LIKE_MAX ? wishes - LESS_LIKE_MAX : 0;
    const uint32_t dim = serving->model ? att_model_dim(serving->model) : 0;
    const att_kernels *kernels = att_kernels_best();
    att_less *list = ATT_NEW(&view->memory->scratch, att_less, wishes - first);
    float *units = dim ? att_arena_alloc(&view->memory->scratch, (size_t)(wishes - first) * dim, sizeof(float)) : NULL;
    if (!list || (dim && !units))
        return att_no_memory(err, wishes, "wishes");
    for (uint32_t w = first; w < wishes; w++) {
        const uint32_t item = view->controls->less_like_items[w];
        att_less *less = &list[w - first];
        size_t tag_count;
        less->tags = att_catalogue_tags(&view->engine->catalogue, item, &tag_count);
        less->tag_count = (uint16_t)tag_count;
        const float *vector = att_serving_vector(serving, item);
        const float norm = vector ? sqrtf(kernels->dot_f32(vector, vector, dim)) : 0;
        if (!(norm > 0))
            continue;
        float *unit = units + (size_t)(w - first) * dim;
        kernels->axpy_f32(unit, 1 / norm, vector, dim);
        less->vector = unit;
    }
    *out = list;
    *count = wishes - first;
    return ATT_OK;
}

// One fit per candidate, from the lifts of this situation over the catalogue's tags. NULL: no context was learned.
static att_status fit_context(att_view *view, const float **out, att_error *err)
{
    *out = NULL;
    if (!view->lifts)
        return ATT_OK;
    float *fits = ATT_NEW_RAW(&view->memory->scratch, float, view->candidate_count);
    if (!fits)
        return att_no_memory(err, view->candidate_count, "candidates");
    for (size_t i = 0; i < view->candidate_count; i++)
        fits[i] = att_context_fit(view->lifts, view->engine->serving.context_tag_count, view->candidates[i].tags,
            view->candidates[i].tag_count);
    *out = fits;
    return ATT_OK;
}

// What a person dislikes is no welcome stranger, however unusual it is.
static att_status flag_outside(att_view *view, att_error *err)
{
    const size_t count = view->candidate_count;
    const uint32_t known = view->person ? view->person->preference_count : 0;
    bool *disliked = ATT_NEW(&view->memory->scratch, bool, count);
    uint32_t *list = ATT_NEW_RAW(&view->memory->scratch, uint32_t, known);
    if (!disliked || !list)
        return att_no_memory(err, count, "candidates");
    size_t listed = 0;
    for (uint32_t p = 0; p < known; p++)
        if (view->person->preferences[p].grade < 0)
            list[listed++] = view->person->preferences[p].item;
    qsort(list, listed, sizeof *list, att_order_u32);
    for (size_t i = 0; i < count && listed; i++)
        disliked[i] = bsearch(&view->candidates[i].item, list, listed, sizeof *list, att_order_u32) != NULL;
    att_pool_flag_outside(view->candidates, count, view->taste_mix, view->engine->catalogue.tags.count,
        disliked, view->policy->objective.out_of_distribution);
    return ATT_OK;
}

att_status att_view_terms(att_view *view, att_error *err)
{
    const att_engine *engine = view->engine;
    const att_raw_columns *c = &view->columns;
    const size_t count = view->candidate_count;
    const att_less *less = NULL;
    size_t less_count = 0;
    const float *fits = NULL;
    att_status status = list_less(view, &less, &less_count, err);
    if (!status)
        status = fit_context(view, &fits, err);
    if (status)
        return status;
    const uint32_t dim = engine->serving.model ? att_model_dim(engine->serving.model) : 0;
    att_less_like(view->candidates, count, dim, less, less_count, c->less_like);
    if (view->relevance_scale == 0)
        view->relevance_scale = att_relevance_scale(view->relevance, count);
    const att_raw_terms raw = {.relevance = view->relevance,
        .context = fits,
        .situation = view->wishes.count ? c->situation : NULL,
        .novelty = c->novelty,
        .published_at_ms = c->published_at_ms,
        .boost = c->boost,
        .energy = c->energy,
        .less_like = c->less_like,
        .skip = view->skips ? c->skip : NULL};
    const att_term_settings settings = {.policy = view->policy,
        .relevance_scale = view->relevance_scale,
        .energy = (double)view->controls->energy,
        .novelty = (double)view->controls->novelty,
        .at_ms = view->at_ms};
    if (view->keeps_pool)
        status = att_view_keep_raw(view, &raw, &settings, err);
    att_terms_fill(view->candidates, count, &raw, &settings);
    return status ? status : flag_outside(view, err);
}
