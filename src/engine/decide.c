// SPDX-License-Identifier: Apache-2.0
// engine/decide.c - a request becomes a slate, and the slate a record.
//
// The slate is computed under the reading lock; its record goes through the queue of writes; the answer is given
// when the record is on disk. Exploration is reserved in the ledger before the draw and settled after the
// fold, so that decisions side by side cannot pass the budget together.
#include "engine/made.h"
#include "engine/serve.h"

#include <math.h>
#include <stdio.h>

att_status att_slate_memory_create(att_slate_memory **out, const att_host *host, att_error *err)
{
    *out = NULL;
    const att_host full = att_host_complete(host);
    att_slate_memory *memory = ATT_NEW_ARRAY(&full, att_slate_memory, 1);
    if (!memory)
        return att_no_memory(err, 1, "slate memory");
    memory->host = full;
    att_arena_init(&memory->scratch, &memory->host, (size_t)512 << 10);
    att_arena_init(&memory->answer, &memory->host, (size_t)32 << 10);
    att_status status = att_search_create(&memory->search, &memory->host, err);
    if (!status)
        status = att_fold_create(&memory->fold, &memory->host, err);
    if (status)
        att_slate_memory_destroy(memory);
    else
        *out = memory;
    return status;
}

void att_slate_memory_destroy(att_slate_memory *memory)
{
    if (!memory)
        return;
    const att_host host = memory->host;
    att_arena_deinit(&memory->scratch);
    att_arena_deinit(&memory->answer);
    att_search_destroy(memory->search);
    att_fold_destroy(memory->fold);
    if (memory->bandit)
        att_bandit_memory_deinit(memory->bandit);
    att_free(&host, memory->bandit, 1, sizeof *memory->bandit);
    att_free(&host, memory, 1, sizeof *memory);
}

// --- One decision ---------------------------------------------------------------------------------------------

typedef struct decision {
    att_view view;
    att_slot *slots; // (filled)
    size_t filled, explored;
    att_decision_record record;
    att_reservation reserved;
    bool is_reserved, without_exploration;
    uint64_t whole_reads; // of the engine when the slate was made
    att_shown *shown;
    att_variant_choice *variants; // (variant_count) of slots that a brief has won
    size_t variant_count;
} decision;

static att_status fill_shown(decision *d, att_error *err)
{
    const att_view *view = &d->view;
    att_arena *answer = view->answer;
    const att_catalogue *catalogue = &view->engine->catalogue;
    d->shown = ATT_NEW(answer, att_shown, d->filled);
    if (!d->shown)
        return att_no_memory(err, d->filled, "slots");
    for (int step = 0; step < 2; step++)
        for (size_t s = 0; s < d->filled; s++)
            att_catalogue_prefetch(catalogue, view->candidates[d->slots[s].candidate].item, step);
    for (size_t s = 0; s < d->filled; s++) {
        const att_slot *slot = &d->slots[s];
        const uint32_t item = view->candidates[slot->candidate].item;
        att_shown *shown = &d->shown[s];
        *shown = (att_shown){.item = att_arena_text(answer, att_names_get(&catalogue->ids, item)),
            .title = att_arena_text(answer, att_catalogue_title(catalogue, item)),
            .medium = att_arena_text(
                answer, att_names_get(&catalogue->media, catalogue->entries.items[item].medium)),
            .made = att_view_made(view, item),
            .kind = slot->kind,
            .score = slot->score,
            .propensity = slot->propensity};
        memcpy(shown->terms, slot->terms, sizeof shown->terms);
        if (!shown->item.data || !shown->title.data || !shown->medium.data)
            return att_no_memory(err, d->filled, "slots");
    }
    return ATT_OK;
}

static att_status explain_shown(decision *d, att_error *err)
{
    att_view *view = &d->view;
    att_arena *scratch = &view->memory->scratch;
    uint32_t *items = ATT_NEW(scratch, uint32_t, d->filled);
    size_t *counts = ATT_NEW(scratch, size_t, d->filled);
    att_reason *reasons = ATT_NEW(scratch, att_reason, d->filled *ATT_REASONS_MAX);
    if (!items || !counts || !reasons)
        return att_no_memory(err, d->filled, "reasons");
    for (size_t s = 0; s < d->filled; s++)
        items[s] = view->candidates[d->slots[s].candidate].item;
    const att_status status =
        att_view_reasons(view, items, d->filled, ATT_REASONS_MAX, reasons, counts, err);
    for (size_t s = 0; s < d->filled && !status; s++) {
        d->shown[s].reason_count = counts[s];
        memcpy(d->shown[s].reasons, reasons + s * ATT_REASONS_MAX, counts[s] * sizeof *reasons);
    }
    return status;
}

static att_status fill_record(decision *d, att_error *err)
{
    const att_view *view = &d->view;
    const att_request *request = view->request;
    d->record = (att_decision_record){.seed = view->seed,
        .model = view->engine->serving.version,
        .policy = view->engine->policy_seq,
        .eligible = (uint32_t)view->eligible_count,
        .candidates = (uint32_t)view->candidate_count,
        .context = request->context,
        .territory = request->territory,
        .age = request->age < 0 ? 255 : (uint8_t)request->age,
        .use = view->rights.use,
        .count = (uint16_t)d->filled,
        .slots = ATT_NEW(view->answer, att_decided_slot, d->filled)};
    if (!d->record.slots)
        return att_no_memory(err, d->filled, "slots");
    for (size_t a = 0; a < view->assignment.count; a++)
        d->record.arms[d->record.arm_count++] = att_arm_code(view->assignment.arms[a]);
    for (size_t s = 0; s < d->filled; s++) {
        att_decided_slot *out = &d->record.slots[s];
        out->item = view->candidates[d->slots[s].candidate].item;
        out->kind = (uint8_t)d->slots[s].kind;
        out->propensity = (float)d->slots[s].propensity;
        for (int t = 0; t < ATT_TERM_COUNT; t++)
            out->terms[t] = (float)d->slots[s].terms[t];
        d->explored += d->slots[s].kind == ATT_SLOT_EXPLORE;
    }
    return ATT_OK;
}

static uint64_t next_seed(att_engine *engine, const att_request *request)
{
    if (request->seed)
        return request->seed;
    const uint64_t number = __atomic_add_fetch(&engine->decision_draws, 1, __ATOMIC_RELAXED);
    const uint64_t claim = __atomic_load_n(&engine->draw_claim, __ATOMIC_RELAXED);
    const uint64_t seed = att_mix64(att_mix64(att_mix64(att_store_seed(engine->store)) + claim) + number);
    return seed ? seed : 1;
}

// Two engines on one store must not draw alike, so each takes a number of its own from the store before its first
// decision. Opened one after the other, they take 1, 2, 3 …: a run that is repeated draws the same.
typedef struct claim_write {
    att_write write;
    uint64_t claim;
} claim_write;

static att_status run_claim(att_engine *engine, att_write *write, att_error *err)
{
    claim_write *job = (claim_write *)write;
    att_bytes value = {0};
    job->claim = 0;
    att_status status = att_store_meta_get(engine->store, "draws", &value, err);
    if (status == ATT_OK && value.count == sizeof job->claim)
        memcpy(&job->claim, value.items, sizeof job->claim);
    job->claim++;
    if (status == ATT_OK || status == ATT_NOT_FOUND)
        status = att_store_meta_put(engine->store, "draws", &job->claim, sizeof job->claim, err);
    ATT_VEC_FREE(&engine->host, &value);
    return status;
}

static att_status claim_draws(att_engine *engine, const att_request *requests, size_t count, att_error *err)
{
    bool draws = false;
    for (size_t i = 0; i < count; i++)
        draws |= !requests[i].dry && !requests[i].seed;
    if (!draws || engine->options.read_only || __atomic_load_n(&engine->draw_claim, __ATOMIC_RELAXED))
        return ATT_OK;
    claim_write job = {.write.run = run_claim};
    const att_status status = att_engine_commit(engine, &job.write, err);
    uint64_t none = 0;
    if (!status) // another thread may have been first: then this number is nobody's
        __atomic_compare_exchange_n(
            &engine->draw_claim, &none, job.claim, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return status;
}

static att_spent person_spent(const att_engine *engine, uint32_t user)
{
    const att_person_state *person = user == ATT_NO_INDEX ? NULL : att_people_get(engine->people, user);
    return person ? (att_spent){person->impressions, person->explored} : (att_spent){0};
}

static att_spent overall_spent(const att_engine *engine)
{
    const att_people_totals total = att_people_total(engine->people);
    return (att_spent){total.impressions, total.explored};
}

// All people together are promised the store's share; this one that of their policy, which may be less.
static att_shares shares_of(const att_engine *engine, const decision *d)
{
    const double all = engine->policy.exploration.share, own = d->view.policy->exploration.share;
    return (att_shares){.person = ATT_MIN(own, all), .overall = all};
}

static att_allowance reserve(decision *d, size_t slots)
{
    att_engine *engine = d->view.engine;
    const att_shares shares = d->without_exploration ? (att_shares){0} : shares_of(engine, d);
    const att_spent overall = overall_spent(engine);
    att_spent person = person_spent(engine, d->view.user);
    if (d->view.policy->taste.scales && !d->view.changes)
        person.explored +=
            att_budget_held(shares.person, d->view.policy->taste.reserve, person, (uint32_t)slots);
    if (d->view.request->dry)
        return att_budget_allow(shares, person, overall, (uint32_t)slots);
    d->is_reserved = true;
    return att_budget_reserve(
        &engine->budget, shares, d->view.user, person, overall, (uint32_t)slots, &d->reserved);
}

static void settle(decision *d)
{
    if (d->is_reserved)
        att_budget_settle(&d->view.engine->budget, d->reserved);
    d->is_reserved = false;
}

static att_status build(decision *d, att_error *err)
{
    att_view *view = &d->view;
    att_engine *engine = view->engine;
    d->whole_reads = engine->whole_reads;
    view->keeps_pool = !view->request->dry && att_view_keeps_pool(view);
    att_status status = att_view_candidates(view, err);
    if (status)
        return status;
    att_arena *scratch = &view->memory->scratch;
    const size_t wanted = ATT_MIN((size_t)view->request->count, view->candidate_count);
    d->slots = ATT_NEW(scratch, att_slot, wanted);
    if (!d->slots)
        return att_no_memory(err, wanted, "slots");
    const att_slate_input input = {.candidates = view->candidates,
        .count = view->candidate_count,
        .dim = engine->serving.model ? att_model_dim(engine->serving.model) : 0,
        .taste_mix = view->taste_mix,
        .tag_total = engine->catalogue.tags.count,
        .wanted = wanted,
        .policy = view->policy,
        .allowance = reserve(d, wanted)};
    att_rng rng = att_rng_stream(view->seed, 2);
    status = att_slate_build(&input, &rng, scratch, d->slots, &d->filled, err);
    if (!status)
        status = att_view_draw_variants(view, d->slots, d->filled, d->without_exploration, &d->variants, &d->variant_count, err);
    if (!status)
        status = fill_shown(d, err);
    if (!status && view->request->explain)
        status = explain_shown(d, err);
    if (!status)
        status = fill_record(d, err);
    if (!status && view->keeps_pool)
        status = att_view_pool(view, &input, d->slots, d->filled, &d->record.pool, err);
    return status;
}

// --- Records ----------------------------------------------------------------------------------------------------

typedef struct decisions_write {
    att_write write;
    decision *decisions;
    size_t count;
    uint64_t *ids; // (count)
} decisions_write;

// Whether the budget holds with what other processes decided meanwhile: asked when it is this write's turn.
static bool budget_holds(const att_engine *engine, const decisions_write *job)
{
    att_spent overall = overall_spent(engine);
    for (size_t i = 0; i < job->count; i++) {
        const decision *d = &job->decisions[i];
        att_spent person = person_spent(engine, att_names_find(&engine->users, d->view.request->user));
        for (size_t k = 0; k < i; k++) // the same person earlier in this call
            if (att_text_equal(job->decisions[k].view.request->user, d->view.request->user)) {
                person.impressions += job->decisions[k].filled;
                person.explored += job->decisions[k].explored;
            }
        if (!att_budget_fits(shares_of(engine, d), person, overall, (uint32_t)d->filled, (uint32_t)d->explored))
            return false;
        overall.impressions += d->filled;
        overall.explored += d->explored;
    }
    return true;
}

// The one rule of rights, asked again when it is this record's turn: what was taken down while the slate was
// computed, or whose window closed meanwhile, is not served.
static bool rights_hold(const att_engine *engine, const decisions_write *job)
{
    const int64_t now_ms = engine->host.now_ms(engine->host.user);
    for (size_t i = 0; i < job->count; i++) {
        const decision *d = &job->decisions[i];
        att_rights_query query = d->view.rights;
        query.at_ms = d->view.request->at_ms ? query.at_ms : ATT_MAX(query.at_ms, now_ms);
        for (size_t s = 0; s < d->record.count; s++)
            if (att_rights_check(engine->rights, d->record.slots[s].item, &query) != ATT_BAR_NONE)
                return false;
    }
    return true;
}

// Whether the numbers of the slate's items still mean the same items.
static bool numbers_hold(const att_engine *engine, const decisions_write *job)
{
    for (size_t i = 0; i < job->count; i++)
        if (job->decisions[i].whole_reads != engine->whole_reads)
            return false;
    return true;
}

static bool variants_fit(const att_engine *engine, const decisions_write *job)
{
    for (size_t i = 0; i < job->count; i++) {
        const decision *d = &job->decisions[i];
        if (!att_variants_fit(engine, d->variants, d->variant_count, att_names_find(&engine->users, d->view.request->user)))
            return false;
    }
    return true;
}

static att_status run_decisions(att_engine *engine, att_write *write, att_error *err)
{
    decisions_write *job = (decisions_write *)write;
    if (!numbers_hold(engine, job)) {
        write->refused = ATT_FAIL(&write->error, ATT_BUSY, "the store was read anew while the slate was made");
        return ATT_OK;
    }
    if (!budget_holds(engine, job)) {
        write->refused = ATT_FAIL(&write->error, ATT_BUSY, "another process used the exploration budget");
        return ATT_OK;
    }
    if (!variants_fit(engine, job)) {
        write->refused = ATT_FAIL(&write->error, ATT_BUSY, "another decision used the share of explored choices");
        return ATT_OK;
    }
    if (!rights_hold(engine, job)) {
        write->refused = ATT_FAIL(&write->error, ATT_BUSY, "an item lost its rights while the slate was made");
        return ATT_OK;
    }
    for (size_t i = 0; i < job->count; i++) {
        const decision *d = &job->decisions[i];
        att_record record = att_record_blank(engine, ATT_RECORD_DECISION);
        att_status status = att_engine_user_number(engine, d->view.request->user, &record.user, err);
        if (status)
            return status;
        const size_t size = att_decision_size(&d->record);
        unsigned char *payload = att_arena_alloc(d->view.answer, size, 1);
        if (!payload)
            return att_no_memory(err, size, "bytes of decision");
        att_decision_encode(&d->record, payload);
        record.at_ms = d->view.at_ms;
        record.context = d->view.request->context;
        record.payload = payload;
        record.payload_size = size;
        status = att_engine_append(engine, &record, 1, err);
        if (!status)
            status = att_variants_append(engine, d->variants, d->variant_count, record.seq, record.user, &record.context, d->view.answer, err);
        if (status)
            return status;
        job->ids[i] = record.seq;
    }
    return ATT_OK;
}

static void answer(const decision *d, uint64_t id, uint64_t model, att_slate *slate)
{
    *slate = (att_slate){.decision = id,
        .seed = d->view.seed,
        .at_ms = d->view.at_ms,
        .model = model,
        .shown = d->shown,
        .count = d->filled,
        .eligible = d->view.eligible_count,
        .candidates = d->view.candidate_count,
        .explored = d->explored,
        .changes = d->view.changes};
}

static att_status decide_once(att_engine *engine, const att_request *requests, size_t count,
    att_slate_memory *const *memories, att_slate *slates, bool without_exploration, bool *again, att_error *err)
{
    *again = false;
    att_status status = att_engine_refresh(engine, err);
    if (!status)
        status = claim_draws(engine, requests, count, err);
    decision *decisions = ATT_NEW_ARRAY(&engine->host, decision, count);
    uint64_t *ids = ATT_NEW_ARRAY(&engine->host, uint64_t, count);
    if (!status && (!decisions || !ids))
        status = att_no_memory(err, count, "decisions");
    size_t computed = 0;
    bool dry = true;
    for (; computed < count && !status; computed++) {
        decision *d = &decisions[computed];
        const att_request *request = &requests[computed];
        dry &= request->dry;
        d->without_exploration = without_exploration;
        if (request->dry != requests[0].dry)
            status = ATT_FAIL(err, ATT_INVALID, "dry and real requests cannot be mixed in one call");
        if (!status)
            status = att_view_begin(engine, request, memories[0], &memories[computed]->answer,
                next_seed(engine, request), &d->view, err); // one scratch for all: it stays in the cache
        if (status)
            break;
        status = build(d, err);
        att_view_end(&d->view);
    }
    if (!status && !dry) {
        decisions_write job = {
            .write.run = run_decisions, .decisions = decisions, .count = count, .ids = ids};
        status = att_engine_commit(engine, &job.write, err);
        *again = job.write.refused != ATT_OK;
    }
    for (size_t i = 0; i < computed; i++)
        settle(&decisions[i]);
    for (size_t i = 0; i < count && !status; i++)
        answer(&decisions[i], ids[i], decisions[i].record.model, &slates[i]);
    ATT_FREE_ARRAY(&engine->host, decisions, count);
    ATT_FREE_ARRAY(&engine->host, ids, count);
    return status;
}

att_status att_engine_decide_many(att_engine *engine, const att_request *requests, size_t count,
    att_slate_memory *const *memories, att_slate *slates, att_error *err)
{
    bool again = true;
    att_status status = ATT_OK;
    for (int turn = 0; turn < 4 && again; turn++) // the last turn explores nothing, so the budget holds
        status = decide_once(engine, requests, count, memories, slates, turn == 3, &again, err);
    return status;
}

att_status att_engine_decide(att_engine *engine, const att_request *request, att_slate_memory *memory,
    att_slate *slate, att_error *err)
{
    return att_engine_decide_many(engine, request, 1, &memory, slate, err);
}
