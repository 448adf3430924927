// SPDX-License-Identifier: Apache-2.0
// engine/explain.c - why one item has its score, and proof that the named events made it.
//
// The terms are those of the item standing first in a slate. The reasons are the history entries with the greatest
// effect; then the person is folded again without all of them and the score is computed anew: what is
// printed as "without these" was measured, not summed up.
#include "engine/made.h"
#include "engine/serve.h"

#include <stdio.h>

// The terms of the only candidate when it stands first in a slate: calibration depends on its place.
static att_status stand_first(att_view *view, double *terms, att_error *err)
{
    const att_engine *engine = view->engine;
    const att_slate_input input = {.candidates = view->candidates,
        .count = 1,
        .dim = engine->serving.model ? att_model_dim(engine->serving.model) : 0,
        .taste_mix = view->taste_mix,
        .tag_total = engine->catalogue.tags.count,
        .wanted = 1,
        .policy = view->policy};
    att_rng rng = att_rng_stream(view->seed, 2);
    att_slot slot;
    size_t filled;
    const att_status status = att_slate_build(&input, &rng, &view->memory->scratch, &slot, &filled, err);
    if (!status)
        memcpy(terms, slot.terms, sizeof slot.terms);
    return status;
}

static double sum_of(const double *terms)
{
    double sum = 0;
    for (int t = 0; t < ATT_TERM_COUNT; t++)
        sum += terms[t];
    return sum;
}

static void say_bar(const att_view *view, uint32_t item, att_explanation *out)
{
    const att_bar bar = att_rights_check(view->engine->rights, item, &view->rights);
    out->eligible = item < view->bit_count && (view->bits[item / 64] >> item % 64 & 1);
    if (bar != ATT_BAR_NONE)
        att_rights_say(view->engine->rights, item, &view->rights, bar, out->barred_by, sizeof out->barred_by);
    else if (!out->eligible)
        snprintf(out->barred_by, sizeof out->barred_by, "blocked by %.*s",
            ATT_TEXT_ARGS(view->request->user));
}

static att_status score_without(att_view *view, uint32_t item, const att_explanation *e, double *out, att_error *err)
{
    unsigned char *left_out = ATT_NEW(&view->memory->scratch, unsigned char, view->history_count);
    if (!left_out)
        return att_no_memory(err, view->history_count, "preferences");
    for (size_t r = 0; r < e->reason_count; r++)
        for (size_t i = 0; i < view->history_count; i++)
            if (att_text_equal(att_names_get(&view->engine->catalogue.ids, view->history[i].item), e->reasons[r].item))
                left_out[i] = 1;
    att_status status = att_view_refold(view, left_out, err);
    if (!status)
        status = att_view_one(view, item, err);
    double terms[ATT_TERM_COUNT];
    if (!status)
        status = stand_first(view, terms, err);
    if (!status)
        *out = sum_of(terms);
    return status;
}

static att_status explain_item(att_view *view, uint32_t item, att_explanation *out, att_error *err)
{
    att_arena *answer = &view->memory->answer;
    const att_catalogue *catalogue = &view->engine->catalogue;
    view->explained = SIZE_MAX; // of all events, since somebody waits for one answer only
    unsigned char *none = ATT_NEW(&view->memory->scratch, unsigned char, view->history_count);
    att_status status = none ? att_view_refold(view, none, err)
                             : att_no_memory(err, view->history_count, "preferences");
    if (!status)
        status = att_view_candidates(view, err); // finds the person's scale of relevance
    if (!status)
        status = att_view_one(view, item, err);
    if (status)
        return status;
    att_shown *shown = &out->shown;
    *shown = (att_shown){.item = att_arena_text(answer, att_names_get(&catalogue->ids, item)),
        .title = att_arena_text(answer, att_catalogue_title(catalogue, item)),
        .medium =
            att_arena_text(answer, att_names_get(&catalogue->media, catalogue->entries.items[item].medium)),
        .made = att_view_made(view, item),
        .propensity = 0};
    if (!shown->item.data || !shown->title.data || !shown->medium.data)
        return att_no_memory(err, 1, "explanation");
    status = stand_first(view, shown->terms, err);
    if (status)
        return status;
    shown->score = sum_of(shown->terms);
    say_bar(view, item, out);
    status = att_view_reasons(
        view, &item, 1, ATT_COUNT_OF(out->reasons), out->reasons, &out->reason_count, err);
    if (status)
        return status;
    shown->reason_count = ATT_MIN(out->reason_count, ATT_REASONS_MAX);
    memcpy(shown->reasons, out->reasons, shown->reason_count * sizeof *shown->reasons);
    out->score_without_reasons = shown->score;
    return out->reason_count ? score_without(view, item, out, &out->score_without_reasons, err) : ATT_OK;
}

att_status att_engine_explain(att_engine *engine, const att_request *request, att_text item,
    att_slate_memory *memory, att_explanation *out, att_error *err)
{
    *out = (att_explanation){0};
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    att_view view;
    status = att_view_begin(engine, request, memory, &memory->answer, 1, &view, err);
    if (status)
        return status;
    const uint32_t number = att_names_find(&engine->catalogue.ids, item);
    if (number == ATT_NO_INDEX || !engine->catalogue.entries.items[number].has_body)
        status = ATT_FAIL(err, ATT_NOT_FOUND, "item \"%.*s\" is not in the catalogue", ATT_TEXT_ARGS(item));
    else
        status = explain_item(&view, number, out, err);
    att_view_end(&view);
    return status;
}
