// SPDX-License-Identifier: Apache-2.0
// engine/made_look.c - briefs, candidates and their bytes, for who wants to look. What the ledger does not keep is read from the records.
#include "engine/made.h"

#include <stdlib.h>

// --- Briefs ---------------------------------------------------------------------------------------------------------

// state_lock held. `life` holds what the brief's form says of itself. False: nothing of it is left.
static bool fill_brief(const att_engine *engine, uint32_t number, att_arena *life, att_brief_about *out)
{
    const att_ledger *ledger = engine->ledger;
    const att_ledger_brief *b = &ledger->briefs.items[number];
    *out = (att_brief_about){.form = {b->form, b->form_size}, .state = att_ledger_state(b)};
    att_hash_hex(att_ledger_hash(ledger, number).bytes, out->id);
    for (size_t i = 0; i < b->asks.count; i++) {
        const att_ledger_ask *ask = &b->asks.items[i];
        if (ask->act != ATT_BRIEF_ASKED && ask->act != ATT_BRIEF_ASKED_AGAIN)
            continue;
        out->asked++;
        out->last_ms = ask->at_ms;
        if (!out->first_ms)
            out->first_ms = ask->at_ms;
    }
    out->allowed = att_ledger_count(ledger, number, ATT_MADE_ALLOW);
    out->held = att_ledger_count(ledger, number, ATT_MADE_HOLD);
    out->denied = att_ledger_count(ledger, number, ATT_MADE_DENY);
    out->candidates = (uint32_t)b->candidates.count;
    att_brief brief;
    uint32_t version;
    if (b->form && att_brief_read(out->form, life, &brief, &version, NULL) == ATT_OK) {
        out->medium = brief.medium;
        out->kind = brief.kind;
    }
    return b->asks.count || b->candidates.count;
}

typedef struct dated {
    uint64_t seq; // of the newest request or candidate
    uint32_t brief;
} dated;

static int newest_first(const void *a, const void *b)
{
    const dated *x = a, *y = b;
    return x->seq != y->seq ? (x->seq < y->seq) - (x->seq > y->seq) : (x->brief > y->brief) - (x->brief < y->brief);
}

static uint64_t newest_seq(const att_ledger *ledger, const att_ledger_brief *b)
{
    uint64_t seq = b->asks.count ? b->asks.items[b->asks.count - 1].seq : 0;
    for (size_t i = 0; i < b->candidates.count; i++)
        seq = ATT_MAX(seq, ledger->candidates.items[b->candidates.items[i]].seq);
    return seq;
}

static att_status see_all(const att_engine *engine, att_brief_seer *see, void *user, att_error *err)
{
    const att_ledger *ledger = engine->ledger;
    dated *order = ATT_NEW_ARRAY(&engine->host, dated, ledger->briefs.count + 1);
    if (!order)
        return att_no_memory(err, ledger->briefs.count, "briefs");
    for (uint32_t b = 0; b < ledger->briefs.count; b++)
        order[b] = (dated){newest_seq(ledger, &ledger->briefs.items[b]), b};
    qsort(order, ledger->briefs.count, sizeof *order, newest_first);
    att_arena life;
    att_arena_init(&life, &engine->host, 0);
    bool going = true;
    for (size_t i = 0; i < ledger->briefs.count && going; i++) {
        att_brief_about about;
        att_arena_reset(&life);
        if (fill_brief(engine, order[i].brief, &life, &about))
            going = see(user, &about);
    }
    att_arena_deinit(&life);
    ATT_FREE_ARRAY(&engine->host, order, ledger->briefs.count + 1);
    return ATT_OK;
}

att_status att_engine_briefs_each(att_engine *engine, att_brief_seer *see, void *user, att_error *err)
{
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    pthread_rwlock_rdlock(&engine->state_lock);
    status = att_engine_state_check(engine, err);
    if (!status)
        status = see_all(engine, see, user, err);
    pthread_rwlock_unlock(&engine->state_lock);
    return status;
}

// --- Candidates -----------------------------------------------------------------------------------------------------

typedef struct telling {
    att_arena *life;
    att_candidate_about about;
    att_candidate_record made;
    att_judged_record judged;
    att_status status;
    att_error *err;
} telling;

// What a decoded record points to is gone after the visit.
static att_text keep(telling *t, att_text text)
{
    const att_text copy = att_arena_text(t->life, text);
    if (!copy.data && !t->status)
        t->status = att_no_memory(t->err, text.size, "bytes of a candidate");
    return copy;
}

static att_text *keep_all(telling *t, const att_text *texts, size_t count)
{
    att_text *copies = ATT_NEW(t->life, att_text, count + 1);
    for (size_t i = 0; copies && i < count; i++)
        copies[i] = keep(t, texts[i]);
    if (!copies && !t->status)
        t->status = att_no_memory(t->err, count, "texts of a candidate");
    return copies;
}

static bool tell_made(void *user, const att_record *record)
{
    telling *t = user;
    t->status = att_candidate_record_decode(record->payload, record->payload_size, &t->made, t->err);
    if (t->status)
        return false;
    t->about.title = keep(t, t->made.title);
    t->about.media_type = keep(t, t->made.media_type);
    t->about.maker = keep(t, t->made.maker);
    t->about.sources = keep_all(t, t->made.sources, t->made.source_count);
    t->about.source_count = t->made.source_count;
    t->about.seed = t->made.seed;
    t->about.at_ms = record->at_ms;
    if (!att_hash_is_none(t->made.detail.bytes))
        att_hash_hex(t->made.detail.bytes, t->about.made_detail);
    return true;
}

static bool tell_judged(void *user, const att_record *record)
{
    telling *t = user;
    t->status = att_judged_record_decode(record->payload, record->payload_size, &t->judged, t->err);
    if (t->status)
        return false;
    att_feature *measures = ATT_NEW(t->life, att_feature, t->judged.measure_count + 1);
    if (!measures)
        t->status = att_no_memory(t->err, t->judged.measure_count, "measures");
    for (size_t i = 0; measures && i < t->judged.measure_count; i++)
        measures[i] = (att_feature){keep(t, t->judged.measures[i].name), t->judged.measures[i].value};
    t->about.reasons = keep_all(t, t->judged.reasons, t->judged.reason_count);
    t->about.reason_count = t->judged.reason_count;
    t->about.measures = measures;
    t->about.measure_count = t->judged.measure_count;
    if (!att_hash_is_none(t->judged.detail.bytes))
        att_hash_hex(t->judged.detail.bytes, t->about.analysis);
    return true;
}

// store_lock held.
static att_status tell_candidate(att_engine *engine, const att_ledger_candidate *c, telling *t, att_error *err)
{
    const att_queue_case *held = att_queue_of_item(engine->queue, c->item);
    const bool has_body = c->item < engine->catalogue.entries.count && engine->catalogue.entries.items[c->item].has_body &&
                          !engine->catalogue.entries.items[c->item].taken_down;
    t->about = (att_candidate_about){.item = att_names_get(&engine->catalogue.ids, c->item),
        .index = c->index,
        .verdict = (att_made_verdict)c->verdict,
        .shown = has_body && att_engine_made_bar(engine, c->item, held) == ATT_MADE_FREE && !(held && att_queue_barred(engine->queue, held)),
        .size = c->size,
        .cpu_s = c->cpu_s,
        .gpu_s = c->gpu_s,
        .wall_s = c->wall_s};
    att_hash_hex(c->asset.bytes, t->about.asset);
    att_status status = att_engine_record_see(engine, c->seq, tell_made, t, err);
    if (!status && !t->status && c->judged_seq)
        status = att_engine_record_see(engine, c->judged_seq, tell_judged, t, err);
    return status ? status : t->status;
}

static int by_index(const void *a, const void *b)
{
    const att_ledger_candidate *const *x = a, *const *y = b;
    return ((*x)->index > (*y)->index) - ((*x)->index < (*y)->index);
}

// store_lock held: then nobody folds, and the state may be read without its lock.
static att_status see_candidates(att_engine *engine, uint32_t brief, att_candidate_seer *see, void *user, att_error *err)
{
    const att_ledger *ledger = engine->ledger;
    const att_ledger_brief *b = &ledger->briefs.items[brief];
    const att_ledger_candidate **list = ATT_NEW_ARRAY(&engine->host, const att_ledger_candidate *, b->candidates.count + 1);
    telling *t = ATT_NEW_ARRAY(&engine->host, telling, 1);
    att_status status = list && t ? ATT_OK : att_no_memory(err, b->candidates.count, "candidates");
    att_arena life;
    att_arena_init(&life, &engine->host, 0);
    for (size_t i = 0; i < b->candidates.count && !status; i++)
        list[i] = &ledger->candidates.items[b->candidates.items[i]];
    if (!status)
        qsort(list, b->candidates.count, sizeof *list, by_index);
    bool going = true;
    for (size_t i = 0; i < b->candidates.count && !status && going; i++) {
        att_arena_reset(&life);
        *t = (telling){.life = &life, .err = err};
        status = tell_candidate(engine, list[i], t, err);
        if (!status)
            going = see(user, &t->about);
    }
    att_arena_deinit(&life);
    ATT_FREE_ARRAY(&engine->host, list, b->candidates.count + 1);
    ATT_FREE_ARRAY(&engine->host, t, 1);
    return status;
}

att_status att_engine_brief_see(
    att_engine *engine, att_text brief, att_brief_seer *see_brief, att_candidate_seer *see, void *user, att_error *err)
{
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    uint32_t number;
    att_arena life;
    att_arena_init(&life, &engine->host, 0);
    pthread_mutex_lock(&engine->store_lock);
    status = att_engine_state_check(engine, err);
    if (!status)
        status = att_ledger_find_hex(engine->ledger, brief, &number, err);
    att_brief_about about;
    if (!status && !fill_brief(engine, number, &life, &about))
        status = ATT_FAIL(err, ATT_NOT_FOUND, "there is no brief \"%.*s\"", ATT_TEXT_ARGS(brief));
    if (!status && (!see_brief || see_brief(user, &about)) && see)
        status = see_candidates(engine, number, see, user, err);
    pthread_mutex_unlock(&engine->store_lock);
    att_arena_deinit(&life);
    return status;
}

typedef struct one_item {
    att_text item;
    att_candidate_seer *see;
    void *user;
} one_item;

static bool see_item(void *user, const att_candidate_about *about)
{
    const one_item *one = user;
    if (!att_text_equal(about->item, one->item))
        return true;
    one->see(one->user, about);
    return false;
}

att_status att_engine_candidate_see(att_engine *engine, att_text item, att_candidate_seer *see, void *user, att_error *err)
{
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    one_item one = {item, see, user};
    pthread_mutex_lock(&engine->store_lock);
    status = att_engine_state_check(engine, err);
    const uint32_t number = status ? ATT_NO_INDEX : att_names_find(&engine->catalogue.ids, item);
    const att_ledger_candidate *c = number == ATT_NO_INDEX ? NULL : att_ledger_of_item(engine->ledger, number);
    if (!status && !c)
        status = ATT_FAIL(err, ATT_NOT_FOUND, "item \"%.*s\" was not made here", ATT_TEXT_ARGS(item));
    if (!status)
        status = see_candidates(engine, c->brief, see_item, &one, err);
    pthread_mutex_unlock(&engine->store_lock);
    return status;
}
