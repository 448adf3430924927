// SPDX-License-Identifier: Apache-2.0
// engine/tastes.c - what a person's preferences amount to now, and what has changed: decide/taste.h and decide/drift.h asked with what the
// engine knows of the items.
#include "base/best.h"
#include "engine/serve.h"

#include <xxhash.h>

// The running session's items get their rank, the newest 0; of the same second the later acquaintance first.
static att_status rank_session(
    const att_person_state *person, const att_taste_moment *moment, att_tastes *tastes, att_arena *scratch, att_error *err)
{
    if (person->session_ended || moment->now_ms - person->last_ms >= moment->policy->signals.session_gap_ms)
        return ATT_OK;
    uint64_t *newest = ATT_NEW_RAW(scratch, uint64_t, 2 * tastes->count);
    if (!newest)
        return att_no_memory(err, tastes->count, "preferences");
    size_t in_session = 0;
    for (size_t i = tastes->count; i-- > 0;) // of one second they are sorted already
        if (att_preference_is_in_session(person, &person->preferences[tastes->chosen[i]]))
            newest[in_session++] = (uint64_t)tastes->items[i].at_s << 32 | i;
    att_rank_sort(newest, in_session, newest + tastes->count);
    for (size_t rank = 0; rank < in_session; rank++)
        tastes->items[(uint32_t)newest[rank]].session_rank = (uint32_t)rank;
    return ATT_OK;
}

// How much more than others the item is for situations like this one, -1 … 1: what people's habits say of its tags, and what the
// situation wants of its features.
static float lift_of(const att_engine *engine, uint32_t item, const uint16_t *tags, size_t tag_count, const float *lifts, const att_wishes_now *wishes)
{
    const float learned = lifts ? att_context_fit(lifts, engine->serving.context_tag_count, tags, tag_count) : 0;
    const float wanted = wishes->count ? att_wishes_fit(&engine->wishes, wishes, item) : 0;
    return ATT_MAX(-1.0F, ATT_MIN(learned + wanted, 1.0F));
}

// Into the second cache: the first cannot hold all of them until the fold reads them, and whoever waits for room there waits long.
static void fetch_vector(const float *vector, size_t dim)
{
    for (size_t k = 0; vector && k < ATT_MIN(dim, 128); k += 16)
        __builtin_prefetch(vector + k, 0, 2);
}

// What is asked of a preference's item, towards the caches: its entry, then its tags, and its vector for the fold.
static void fetch(const att_engine *engine, const att_preference *preference, uint32_t dim, int step)
{
    att_catalogue_prefetch_tags(&engine->catalogue, preference->item, step);
    if (step == 1 && dim && preference->grade > 0)
        fetch_vector(att_serving_vector(&engine->serving, preference->item), dim);
}

// Before preference p is looked at, and those of the first that come after it.
static void fetch_ahead(const att_engine *engine, const att_person_state *person, uint32_t p, uint32_t dim)
{
    enum { FAR = 20, NEAR = 10 };
    const uint32_t count = person->preference_count;
    for (uint32_t k = p ? p + FAR : 0; k < count && k <= p + FAR; k++)
        fetch(engine, &person->preferences[k], dim, 0);
    for (uint32_t k = p ? p + NEAR : 0; k < count && k <= p + NEAR; k++)
        fetch(engine, &person->preferences[k], dim, 1);
}

static void choose_liked(const att_engine *engine, const att_person_state *person,
    const float *lifts, const att_wishes_now *wishes, att_tastes *out)
{
    const att_catalogue *catalogue = &engine->catalogue;
    const int64_t reset_ms = att_person_controls_of(person)->reset_ms;
    const uint32_t dim = engine->serving.model ? att_model_dim(engine->serving.model) : 0;
    for (uint32_t p = 0; p < person->preference_count; p++) {
        const att_preference *preference = &person->preferences[p];
        fetch_ahead(engine, person, p, dim);
        if (!(preference->grade > 0) || (int64_t)preference->at_s * 1000 < reset_ms)
            continue;
        size_t tag_count;
        const uint16_t *tags = att_catalogue_tags(catalogue, preference->item, &tag_count);
        out->chosen[out->count] = p;
        out->items[out->count++] = (att_taste_item){.grade = (double)preference->grade,
            .at_s = preference->at_s,
            .session_rank = ATT_NOT_IN_SESSION,
            .tags = tags,
            .tag_count = (uint16_t)tag_count,
            .session = preference->session,
            .situation = preference->situation,
            .days = preference->days,
            .kept = 1,
            .lift = lift_of(engine, preference->item, tags, tag_count, lifts, wishes)};
    }
}

// All that att_drift_find reads, but for the situation of the moment: the preferences, the tags of the catalogue and how many items carry them, since when
// the person is asked about, and the policy.
static uint64_t drift_key(const att_engine *engine, const att_person_state *person, const att_taste_moment *moment)
{
    struct {
        double policy[ATT_DRIFT_NUMBERS];
        int64_t reset_ms;
        uint64_t whole_reads, tag_changes, preferences;
    } all = {.reset_ms = att_person_controls_of(person)->reset_ms,
        .whole_reads = engine->whole_reads,
        .tag_changes = engine->catalogue.tag_changes,
        .preferences = XXH3_64bits(person->preferences, person->preference_count * sizeof *person->preferences)};
    att_drift_numbers(moment->policy, all.policy);
    return XXH3_64bits(&all, sizeof all);
}

// Everybody's shares of the tags are those of the catalogue.
static att_status ask_drift(const att_engine *engine, const att_taste_moment *moment, att_tastes *tastes,
    att_arena *scratch, att_error *err)
{
    const att_catalogue *catalogue = &engine->catalogue;
    const size_t tags = catalogue->tagged.count;
    float *common = ATT_NEW_RAW(scratch, float, catalogue->tags.count + 1);
    if (!common)
        return att_no_memory(err, tags, "tags");
    const float each = 1 / (float)ATT_MAX(catalogue->tag_lists.count - catalogue->dead_tags, (size_t)1);
    for (size_t t = 0; t < catalogue->tags.count; t++)
        common[t] = each * (float)(t < tags ? ATT_MAX(catalogue->tagged.items[t].count, (size_t)1) : 1);
    return att_drift_find(
        moment, tastes->items, tastes->count, catalogue->tags.count, common, scratch, &tastes->drift, err);
}

// In nearly everybody nothing has changed, and that holds until something is added to what they like, or to the catalogue.
static att_status find_drift(const att_engine *engine, const att_person_state *person, const att_taste_moment *moment,
    att_tastes *tastes, att_arena *scratch, att_error *err)
{
    const uint64_t key = engine->steady ? drift_key(engine, person, moment) : 0;
    if (engine->steady && att_steady_has(engine->steady, key)) {
        tastes->drift.changes = att_drift_situation(moment, tastes->items, tastes->count);
        return ATT_OK;
    }
    const att_status status = ask_drift(engine, moment, tastes, scratch, err);
    const bool nothing = !status && tastes->drift.binge_tag == ATT_NO_INDEX && !tastes->drift.moved_s;
    if (nothing && engine->steady)
        att_steady_add(engine->steady, key);
    return status;
}

att_status att_view_tastes(const att_engine *engine, const att_person_state *person, const att_taste_moment *moment,
    const float *lifts, const att_wishes_now *wishes, att_arena *scratch, att_tastes *out, att_error *err)
{
    const uint32_t known = person->preference_count;
    *out = (att_tastes){.items = ATT_NEW_RAW(scratch, att_taste_item, known),
        .chosen = ATT_NEW_RAW(scratch, uint32_t, known),
        .weights = ATT_NEW_RAW(scratch, float, known),
        .scales = ATT_NEW_RAW(scratch, float, (size_t)known * ATT_TASTE_SCALES),
        .drift.binge_tag = ATT_NO_INDEX};
    if (!out->items || !out->chosen || !out->weights || !out->scales)
        return att_no_memory(err, known, "preferences");
    choose_liked(engine, person, lifts, wishes, out);
    att_status status = rank_session(person, moment, out, scratch, err);
    if (!status && moment->policy->taste.scales)
        status = find_drift(engine, person, moment, out, scratch, err);
    if (status)
        return status;
    att_taste_moment now = *moment;
    now.moved = out->drift.moved_s != 0;
    att_taste_weights(&now, out->items, out->count, out->weights, out->scales, &out->sum);
    return ATT_OK;
}
