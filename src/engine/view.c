// SPDX-License-Identifier: Apache-2.0
// engine/view.c - who asks, what may be shown to them, and what they like: everything before candidates.
#include "base/best.h"
#include "engine/serve.h"
#include "generate/ledger.h"
#include "signals/event.h"

#define AT_MS_MAX INT64_C(253402300799999) // end of the year 9999, as for events

// --- What may be shown --------------------------------------------------------------------------------------------

static att_status find_eligible(att_view *view, att_error *err)
{
    att_engine *engine = view->engine;
    const att_request *request = view->request;
    view->rights = (att_rights_query){.territory = request->territory,
        .age = request->age >= 0 ? request->age : view->policy->rights.unknown_age,
        .use = request->use ? request->use : ATT_USE_STREAM,
        .at_ms = view->at_ms,
        .required = view->policy->rights.required,
        .medium = request->medium.size ? att_rights_medium(engine->rights, request->medium)
                                       : ATT_NO_INDEX};
    const att_status status = att_rights_eligible(engine->rights, &view->rights, &view->eligible, err);
    if (status)
        return status;
    view->bits = view->eligible->bits;
    view->bit_count = view->eligible->count;
    view->eligible_count = view->eligible->eligible;
    return ATT_OK;
}

// Of the eligible set what was made here.
static att_status keep_made(att_view *view, att_error *err)
{
    const att_ledger *ledger = view->engine->ledger;
    const size_t words = (view->bit_count + 63) / 64;
    uint64_t *bits = ATT_NEW(&view->memory->scratch, uint64_t, words);
    size_t count = 0;
    if (!bits)
        return att_no_memory(err, words, "words of an eligible set");
    for (size_t i = 0; i < ledger->candidates.count; i++) {
        const uint32_t item = ledger->candidates.items[i].item;
        const uint64_t bit = UINT64_C(1) << item % 64;
        if (item >= view->bit_count || !(view->bits[item / 64] & bit) || bits[item / 64] & bit)
            continue;
        bits[item / 64] |= bit;
        count++;
    }
    view->bits = bits;
    view->eligible_count = count;
    return ATT_OK;
}

// A copy of the eligible set without what the person blocked.
static att_status take_blocked_out(att_view *view, att_error *err)
{
    const att_person_controls *controls = view->controls;
    if (!controls->blocked_item_count && !controls->blocked_tag_count)
        return ATT_OK;
    const att_catalogue *catalogue = &view->engine->catalogue;
    const size_t words = (view->bit_count + 63) / 64;
    uint64_t *bits = ATT_NEW(&view->memory->scratch, uint64_t, words);
    if (!bits)
        return att_no_memory(err, words, "words of an eligible set");
    memcpy(bits, view->bits, words * sizeof *bits);
    for (uint32_t i = 0; i < controls->blocked_item_count; i++)
        if (controls->blocked_items[i] < view->bit_count)
            bits[controls->blocked_items[i] / 64] &= ~(UINT64_C(1) << controls->blocked_items[i] % 64);
    for (uint32_t t = 0; t < controls->blocked_tag_count; t++) {
        const att_text name = att_names_get(att_people_tags(view->engine->people), controls->blocked_tags[t]);
        const uint32_t tag = att_names_find(&catalogue->tags, name);
        if (tag >= catalogue->tagged.count)
            continue;
        const att_u32_vec *list = &catalogue->tagged.items[tag];
        for (size_t i = 0; i < list->count; i++)
            if (list->items[i] < view->bit_count)
                bits[list->items[i] / 64] &= ~(UINT64_C(1) << list->items[i] % 64);
    }
    size_t left = 0;
    for (size_t w = 0; w < words; w++)
        left += (size_t)__builtin_popcountll(bits[w]);
    view->bits = bits;
    view->eligible_count = left;
    return ATT_OK;
}

// Sorts, and keeps each eligible item once. `spare` has room for `count`.
static size_t sort_eligible(const att_view *view, uint32_t *list, size_t count, uint32_t *spare)
{
    att_sort_u32(list, count, spare);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const uint32_t item = list[i];
        const bool eligible = item < view->bit_count && (view->bits[item / 64] >> item % 64 & 1);
        if (eligible && (kept == 0 || list[kept - 1] != item))
            list[kept++] = item;
    }
    return kept;
}

static size_t list_disliked(const att_person_state *person, uint32_t *list)
{
    size_t count = 0;
    for (uint32_t p = 0; p < person->preference_count; p++)
        if (person->preferences[p].grade <= -0.5f)
            list[count++] = person->preferences[p].item;
    return count;
}

// What was shown or finished within the repeat gap, and what is disliked. Left aside only as long as enough remains: a
// full slate comes before freshness, and what was shown comes again before what is disliked.
static att_status list_excluded(att_view *view, att_error *err)
{
    const att_person_state *person = view->person;
    const size_t most = (size_t)person->shown_count + person->preference_count;
    uint32_t *list = ATT_NEW_RAW(&view->memory->scratch, uint32_t, most);
    uint32_t *spare = ATT_NEW_RAW(&view->memory->scratch, uint32_t, most);
    if (!list || !spare)
        return att_no_memory(err, person->shown_count, "shown items");
    const int64_t since_s = (view->at_ms - view->policy->objective.repeat_gap_ms) / 1000;
    size_t count = list_disliked(person, list);
    for (uint32_t s = 0; s < person->shown_count; s++)
        if ((int64_t)person->shown[s].at_s > since_s)
            list[count++] = person->shown[s].item;
    size_t kept = sort_eligible(view, list, count, spare);
    if (view->eligible_count < kept + view->request->count)
        kept = sort_eligible(view, list, list_disliked(person, list), spare);
    if (view->eligible_count < kept + view->request->count)
        return ATT_OK;
    view->exclude = list;
    view->exclude_count = kept;
    return ATT_OK;
}

// --- What they like -------------------------------------------------------------------------------------------------

// What everybody's habits say of each tag here and now. NULL: no context was learned.
static att_status list_lifts(att_view *view, att_error *err)
{
    const att_serving *serving = &view->engine->serving;
    if (!serving->context)
        return ATT_OK;
    const size_t learned = att_context_tag_total(serving->context), tags = serving->context_tag_count;
    float *row = ATT_NEW_RAW(&view->memory->scratch, float, learned);
    view->lifts = ATT_NEW_RAW(&view->memory->scratch, float, tags);
    if (!row || !view->lifts)
        return att_no_memory(err, learned, "tags");
    att_context_row(serving->context, &view->request->context, view->at_ms, row);
    for (size_t t = 0; t < tags; t++)
        view->lifts[t] = serving->context_tag[t] == ATT_NO_INDEX ? 0 : row[serving->context_tag[t]];
    return ATT_OK;
}

// A thing that the person left early is one of which only that is known: its grade is that of such a skip, and nothing explicit was said.
static bool was_left_early(const att_policy *policy, const att_preference *preference)
{
    return preference->signal == ATT_SIGNAL_SKIP && (double)preference->grade <= policy->signals.soft_skip_grade;
}

// For each tag what the person's own skips and those of people who do the same add to the odds of leaving early.
static att_status list_skips(att_view *view, att_error *err)
{
    const att_serving *serving = &view->engine->serving;
    const att_skips *skips = serving->skips;
    if (!skips || !(view->policy->objective.early_skip > 0))
        return ATT_OK;
    const size_t tags = serving->context_tag_count;
    float *early = ATT_NEW(&view->memory->scratch, float, tags), *begun = ATT_NEW(&view->memory->scratch, float, tags);
    float *out = ATT_NEW(&view->memory->scratch, float, tags);
    if (!early || !begun || !out)
        return att_no_memory(err, tags, "tags");
    for (uint32_t p = 0; view->person && p < view->person->preference_count; p++) {
        size_t count;
        const uint16_t *list = att_catalogue_tags(&view->engine->catalogue, view->person->preferences[p].item, &count);
        const bool left = was_left_early(view->policy, &view->person->preferences[p]);
        for (size_t t = 0; t < count; t++)
            if (list[t] < tags) {
                early[list[t]] += left;
                begun[list[t]] += 1;
            }
    }
    const float *doing = skips->activities + (size_t)view->request->context.activity * skips->tag_count;
    for (size_t t = 0; t < tags; t++) {
        const uint32_t learned = serving->context_tag[t];
        out[t] = (float)skips->b[2] * (float)att_skips_rate(skips, (double)early[t], (double)begun[t]) +
                 (learned == ATT_NO_INDEX ? 0 : (float)skips->b[3] * doing[learned]);
    }
    view->skips = out;
    return ATT_OK;
}

// The heaviest, of equal ones the older acquaintance; at most ATT_HISTORY_MAX, and only what weighs.
static att_status keep_heaviest(att_view *view, const att_tastes *tastes, att_error *err)
{
    att_arena *scratch = &view->memory->scratch;
    const size_t most = ATT_MIN(tastes->count, (size_t)ATT_HISTORY_MAX);
    uint64_t *keys = ATT_NEW_RAW(scratch, uint64_t, tastes->count), *spare = ATT_NEW_RAW(scratch, uint64_t, tastes->count);
    att_fold_item *items = ATT_NEW_RAW(scratch, att_fold_item, most);
    view->sources = ATT_NEW_RAW(scratch, const att_preference *, most);
    if (!keys || !spare || !items || !view->sources)
        return att_no_memory(err, tastes->count, "preferences");
    size_t weighing = 0;
    for (size_t i = 0; i < tastes->count; i++)
        if (tastes->weights[i] > 0)
            keys[weighing++] = att_rank_key(tastes->weights[i], (uint32_t)i);
    att_rank_sort(keys, weighing, spare); // all: so few are sorted sooner than the best of them are found
    const size_t count = ATT_MIN(weighing, most);
    for (size_t i = 0; i < count; i++) {
        const uint32_t at = att_rank_tail(keys[i]);
        view->sources[i] = &view->person->preferences[tastes->chosen[at]];
        items[i] = (att_fold_item){.item = view->sources[i]->item,
            .weight = tastes->weights[at],
            .vector = att_serving_vector(&view->engine->serving, view->sources[i]->item)};
    }
    view->history = items;
    view->history_count = count;
    return ATT_OK;
}

static att_status list_history(att_view *view, att_error *err)
{
    const att_person_state *person = view->person;
    att_arena *scratch = &view->memory->scratch;
    view->moment = (att_taste_moment){.policy = view->policy,
        .now_ms = view->at_ms,
        .life_event_s = view->controls->life_event_s,
        .situation = att_situation_of(&view->request->context, view->at_ms)};
    att_tastes tastes;
    const att_status status =
        att_view_tastes(view->engine, person, &view->moment, view->lifts, &view->wishes, scratch, &tastes, err);
    if (status)
        return status;
    view->changes = tastes.drift.changes;
    return keep_heaviest(view, &tastes, err);
}

static att_status mix_tastes(att_view *view, att_error *err)
{
    const att_catalogue *catalogue = &view->engine->catalogue;
    const size_t tags = catalogue->tags.count;
    double *mix = ATT_NEW(&view->memory->scratch, double, tags);
    if (!mix)
        return att_no_memory(err, tags, "tags");
    for (size_t i = 0; i < view->history_count; i++) {
        size_t count;
        const uint16_t *list = att_catalogue_tags(catalogue, view->history[i].item, &count);
        att_taste_mix_add(mix, tags, list, count, (double)view->history[i].weight);
    }
    if (att_taste_mix_finish(mix, tags))
        view->taste_mix = mix;
    return ATT_OK;
}

// What the person preferred and when, for the sequence part: the same events that make their vector. `items` is the history or
// a part of it, in its order.
static att_status read_sequence(att_view *view, const att_fold_item *items, size_t count, att_error *err)
{
    const att_model *model = view->engine->serving.model;
    if (att_model_sequence_share(model) <= 0)
        return ATT_OK;
    att_model_event *events = ATT_NEW_RAW(&view->memory->scratch, att_model_event, count);
    if (!events)
        return att_no_memory(err, count, "events");
    for (size_t i = 0, h = 0; i < count; i++, h++) {
        while (view->history[h].item != items[i].item)
            h++;
        events[i] = (att_model_event){items[i].item, view->sources[h]->at_s, view->sources[h]->situation};
    }
    return att_model_read(
        model, view->memory->fold, events, count, view->moment.situation, view->explained, err);
}

static int64_t newest_liking_ms(const att_view *view)
{
    int64_t newest_s = 0;
    for (size_t i = 0; i < view->history_count; i++)
        newest_s = ATT_MAX(newest_s, (int64_t)view->sources[i]->at_s);
    return newest_s * 1000;
}

// Where a part of the history is folded, the question stays that of the whole.
static void ask(att_view *view, const att_fold_item *items)
{
    const att_model *model = view->engine->serving.model;
    if (items == view->history)
        att_model_ask(model, view->memory->fold, view->at_ms, newest_liking_ms(view));
    else
        att_model_ask_again(model, view->memory->fold);
}

static att_status fold_person(att_view *view, const att_fold_item *items, size_t count, att_error *err)
{
    const att_model *model = view->engine->serving.model;
    view->folded = false;
    view->taste = NULL;
    if (!model || count == 0)
        return ATT_OK;
    const uint32_t dim = att_model_dim(model);
    float *taste = ATT_NEW(&view->memory->scratch, float, dim ? dim : 1);
    if (!taste)
        return att_no_memory(err, dim, "dimensions");
    att_status status = att_model_fold(model, view->memory->fold, items, count, taste, err);
    if (!status)
        ask(view, items);
    if (!status)
        status = read_sequence(view, items, count, err);
    if (status)
        return status;
    view->folded = true;
    view->taste = dim ? taste : NULL;
    return ATT_OK;
}

att_status att_view_refold(att_view *view, const unsigned char *left_out, att_error *err)
{
    att_fold_item *kept = ATT_NEW(&view->memory->scratch, att_fold_item, view->history_count);
    if (!kept)
        return att_no_memory(err, view->history_count, "preferences");
    size_t count = 0;
    for (size_t i = 0; i < view->history_count; i++)
        if (!left_out[i])
            kept[count++] = view->history[i];
    return fold_person(view, kept, count, err);
}

// --- Begin and end ------------------------------------------------------------------------------------------------

static att_status check_request(const att_request *request, att_error *err)
{
    if (request->user.size == 0 || request->user.size > ATT_ID_SIZE_MAX)
        return ATT_FAIL(err, ATT_INVALID, "the user id has %zu bytes, 1 to 255 expected", request->user.size);
    if (att_id_check(request->user, false, "user", err))
        return ATT_INVALID;
    if (request->at_ms < 0 || request->at_ms > AT_MS_MAX)
        return ATT_FAIL(err, ATT_INVALID, "at_ms is %lld, 0 (now) to %lld expected", (long long)request->at_ms,
            (long long)AT_MS_MAX);
    if (request->count < 1 || request->count > ATT_SLATE_MAX)
        return ATT_FAIL(err, ATT_INVALID, "%u slots were asked for, 1 to %d expected", request->count, ATT_SLATE_MAX);
    if (request->age < -1 || request->age > 150)
        return ATT_FAIL(err, ATT_INVALID, "age is %d, 0 to 150 or -1 expected", request->age);
    if (request->use & (request->use - 1) || request->use > ATT_USE_ALL)
        return ATT_FAIL(err, ATT_INVALID, "use is %u, one bit of att_use expected", request->use);
    if (request->context.device >= ATT_DEVICE_COUNT || request->context.place >= ATT_PLACE_COUNT ||
        request->context.activity >= ATT_ACTIVITY_COUNT || request->context.noise >= ATT_NOISE_COUNT)
        return ATT_FAIL(err, ATT_INVALID, "the context holds a class that does not exist");
    const int offset_min = request->context.utc_offset_min;
    if (offset_min != ATT_OFFSET_UNKNOWN && (offset_min < -840 || offset_min > 840))
        return ATT_FAIL(err, ATT_INVALID, "utc_offset_min is %d, -840 to 840 expected", offset_min);
    return ATT_OK;
}

// Who opted out is in no experiment: nothing is to be learned from them.
static void assign(att_view *view, bool opted_out)
{
    const att_engine *engine = view->engine;
    view->policy = &engine->policy;
    if (!opted_out)
        att_experiments_assign(&engine->experiments, view->request->user, &engine->policy,
            engine->policy.experiments.holdout_share, &view->assignment, &view->policy, &view->own_policy);
}

att_status att_view_begin(att_engine *engine, const att_request *request, att_slate_memory *memory,
    att_arena *answer, uint64_t seed, att_view *view, att_error *err)
{
    *view = (att_view){
        .engine = engine, .memory = memory, .answer = answer, .request = request, .user = ATT_NO_INDEX, .explained = ATT_MODEL_EXPLAINED};
    att_status status = check_request(request, err);
    if (status)
        return status;
    view->at_ms = request->at_ms ? request->at_ms : engine->host.now_ms(engine->host.user);
    view->seed = seed;
    att_arena_reset(&memory->scratch);
    att_arena_reset(answer);
    pthread_rwlock_rdlock(&engine->state_lock);
    status = att_engine_state_check(engine, err);
    if (status) {
        att_view_end(view);
        return status;
    }
    view->user = att_names_find(&engine->users, request->user);
    const att_person_state *person =
        view->user == ATT_NO_INDEX ? NULL : att_people_get(engine->people, view->user);
    static const att_person_controls none = {.reset_ms = INT64_MIN};
    view->controls = person ? att_person_controls_of(person) : &none;
    assign(view, person && person->opted_out);
    if (view->policy->objective.situation > 0 && request->medium.size) // among several, a fit would speak for the medium that has one
        att_wishes_now_of(&engine->wishes, &request->context, engine->serving.context, view->policy->objective.situation_evidence, &view->wishes);
    status = find_eligible(view, err);
    if (!status && request->made)
        status = keep_made(view, err);
    if (!status)
        status = list_lifts(view, err);
    if (!status)
        status = take_blocked_out(view, err); // also for who opted out: a block is a wish, not a profile
    if (!status && person && !person->opted_out) {
        view->person = person;
        status = list_excluded(view, err);
        if (!status)
            status = list_history(view, err);
        if (!status)
            status = mix_tastes(view, err);
        if (!status)
            status = fold_person(view, view->history, view->history_count, err);
    }
    if (!status)
        status = list_skips(view, err);
    if (status)
        att_view_end(view);
    return status;
}

void att_view_end(att_view *view)
{
    if (view->eligible)
        att_rights_release(view->engine->rights, view->eligible);
    view->eligible = NULL;
    pthread_rwlock_unlock(&view->engine->state_lock);
}
