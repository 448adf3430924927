// SPDX-License-Identifier: Apache-2.0
// generate/ledger.c - the fold: records into briefs and candidates.
#include "generate/ledger.h"

#include "base/kernels.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>

static const char *const state_names[] = {"open", "done", "cancelled", "failed"};
static const char *const verdict_names[] = {"unjudged", "allow", "hold", "deny"};

const char *att_brief_state_name(att_brief_state state)
{
    return (unsigned)state < ATT_COUNT_OF(state_names) ? state_names[state] : "?";
}

const char *att_made_verdict_name(att_made_verdict verdict)
{
    return (unsigned)verdict < ATT_COUNT_OF(verdict_names) ? verdict_names[verdict] : "?";
}

att_status att_ledger_create(att_ledger **out, const att_host *host, att_error *err)
{
    att_ledger *ledger = *out = ATT_NEW_ARRAY(host, att_ledger, 1);
    if (!ledger)
        return att_no_memory(err, 1, "ledger of what was made");
    ledger->host = *host;
    att_names_init(&ledger->hashes, &ledger->host);
    return ATT_OK;
}

static void drop_form(att_ledger *ledger, att_ledger_brief *brief)
{
    if (brief->form)
        memset(brief->form, 0, brief->form_size); // somebody's taste
    ATT_FREE_ARRAY(&ledger->host, brief->form, brief->form_size);
    brief->form = NULL;
    brief->form_size = 0;
    brief->form_seq = 0;
}

void att_ledger_destroy(att_ledger *ledger)
{
    if (!ledger)
        return;
    const att_host host = ledger->host;
    for (size_t i = 0; i < ledger->briefs.count; i++) {
        drop_form(ledger, &ledger->briefs.items[i]);
        ATT_VEC_FREE(&host, &ledger->briefs.items[i].asks);
        ATT_VEC_FREE(&host, &ledger->briefs.items[i].candidates);
    }
    for (size_t i = 0; i < ledger->candidates.count; i++)
        ATT_FREE_ARRAY(&host, ledger->candidates.items[i].embedding, ledger->candidates.items[i].dim);
    ATT_VEC_FREE(&host, &ledger->briefs);
    ATT_VEC_FREE(&host, &ledger->candidates);
    ATT_VEC_FREE(&host, &ledger->of_item);
    ATT_VEC_FREE(&host, &ledger->seqs);
    att_names_deinit(&ledger->hashes);
    att_free(&host, ledger, 1, sizeof *ledger);
}

// --- Looking up ---------------------------------------------------------------------------------------------------

const att_ledger_candidate *att_ledger_of_item(const att_ledger *ledger, uint32_t item)
{
    const uint32_t place = item < ledger->of_item.count ? ledger->of_item.items[item] : 0;
    return place ? &ledger->candidates.items[place - 1] : NULL;
}

static att_text text_of(const att_brief_hash *hash)
{
    return (att_text){(const char *)hash->bytes, sizeof hash->bytes};
}

uint32_t att_ledger_find(const att_ledger *ledger, const att_brief_hash *hash)
{
    return att_names_find(&ledger->hashes, text_of(hash));
}

att_brief_hash att_ledger_hash(const att_ledger *ledger, uint32_t brief)
{
    att_brief_hash hash;
    memcpy(hash.bytes, att_names_get(&ledger->hashes, brief).data, sizeof hash.bytes);
    return hash;
}

att_status att_ledger_find_hex(const att_ledger *ledger, att_text hex, uint32_t *out, att_error *err)
{
    *out = ATT_NO_INDEX;
    if (hex.size < 8 || hex.size > 64)
        return ATT_FAIL(err, ATT_INVALID, "brief \"%.*s\": expected 8 to 64 hex digits of its id", (int)ATT_MIN(hex.size, (size_t)64), hex.data);
    for (uint32_t b = 0; b < ledger->briefs.count; b++) {
        char full[65];
        att_hash_hex(att_ledger_hash(ledger, b).bytes, full);
        if (memcmp(full, hex.data, hex.size) != 0)
            continue;
        if (*out != ATT_NO_INDEX)
            return ATT_FAIL(err, ATT_INVALID, "several briefs begin with \"%.*s\": give more digits", ATT_TEXT_ARGS(hex));
        *out = b;
    }
    return *out == ATT_NO_INDEX ? ATT_FAIL(err, ATT_NOT_FOUND, "there is no brief \"%.*s\"", ATT_TEXT_ARGS(hex)) : ATT_OK;
}

const att_ledger_candidate *att_ledger_candidate_at(const att_ledger *ledger, uint32_t brief, uint32_t index)
{
    if (brief >= ledger->briefs.count)
        return NULL;
    const att_ledger_brief *b = &ledger->briefs.items[brief];
    for (size_t i = 0; i < b->candidates.count; i++)
        if (ledger->candidates.items[b->candidates.items[i]].index == index)
            return &ledger->candidates.items[b->candidates.items[i]];
    return NULL;
}

uint32_t att_ledger_count(const att_ledger *ledger, uint32_t brief, att_made_verdict verdict)
{
    uint32_t count = 0;
    for (size_t i = 0; brief < ledger->briefs.count && i < ledger->briefs.items[brief].candidates.count; i++)
        count += ledger->candidates.items[ledger->briefs.items[brief].candidates.items[i]].verdict == verdict;
    return count;
}

att_brief_state att_ledger_state(const att_ledger_brief *brief)
{
    for (size_t i = brief->asks.count; i-- > 0;)
        switch (brief->asks.items[i].act) {
        case ATT_BRIEF_ASKED:
            return ATT_BRIEF_OPEN;
        case ATT_BRIEF_FINISHED:
            return ATT_BRIEF_DONE;
        case ATT_BRIEF_STOPPED:
            return ATT_BRIEF_CANCELLED;
        case ATT_BRIEF_REFUSED:
            return ATT_BRIEF_FAILED;
        default: // asked again changes nothing
            break;
        }
    return brief->candidates.count ? ATT_BRIEF_DONE : ATT_BRIEF_OPEN; // its records are those of somebody forgotten
}

double att_ledger_novelty(const att_ledger *ledger, const float *embedding, size_t dim, uint32_t but, uint32_t *nearest)
{
    const att_kernels *kernels = att_kernels_best();
    const double own = dim ? sqrt((double)kernels->dot_f32(embedding, embedding, dim)) : 0;
    double best = 0;
    if (nearest)
        *nearest = ATT_NO_INDEX;
    for (uint32_t c = 0; own > 0 && c < ledger->candidates.count; c++) {
        const att_ledger_candidate *other = &ledger->candidates.items[c];
        if (c == but || !other->embedding || other->dim != dim || other->verdict == ATT_MADE_DENY)
            continue;
        const double cosine = (double)kernels->dot_f32(embedding, other->embedding, dim) / own;
        if (cosine <= best)
            continue;
        best = cosine;
        if (nearest)
            *nearest = c;
    }
    return fmax(0, 1 - best);
}

// --- The fold -----------------------------------------------------------------------------------------------------

static att_status brief_of(att_ledger *ledger, const att_brief_hash *hash, att_ledger_brief **out, uint32_t *place, att_error *err)
{
    *place = att_ledger_find(ledger, hash);
    if (*place == ATT_NO_INDEX) {
        if (!ATT_VEC_RESERVE(&ledger->host, &ledger->briefs, ledger->briefs.count + 1))
            return att_no_memory(err, ledger->briefs.count, "briefs");
        *place = att_names_add(&ledger->hashes, text_of(hash));
        if (*place == ATT_NO_INDEX)
            return att_no_memory(err, ledger->briefs.count, "briefs");
        ledger->briefs.items[ledger->briefs.count++] = (att_ledger_brief){0};
    }
    *out = &ledger->briefs.items[*place];
    return ATT_OK;
}

static att_status apply_brief(att_ledger *ledger, const att_record *record, att_error *err)
{
    att_brief_record said;
    att_ledger_brief *brief;
    uint32_t place;
    att_status status = att_brief_record_decode(record->payload, record->payload_size, &said, err);
    if (!status)
        status = brief_of(ledger, &said.hash, &brief, &place, err);
    if (status)
        return status;
    const att_ledger_ask ask = {record->seq, record->at_ms, record->user, record->signal, said.latency};
    if (!ATT_VEC_RESERVE(&ledger->host, &brief->asks, brief->asks.count + 1))
        return att_no_memory(err, brief->asks.count, "requests of a brief");
    if (record->signal == ATT_BRIEF_ASKED && !brief->form && said.text.size) {
        brief->form = att_alloc(&ledger->host, said.text.size, 1);
        if (!brief->form)
            return att_no_memory(err, said.text.size, "bytes of a brief");
        memcpy(brief->form, said.text.data, said.text.size);
        brief->form_size = (uint32_t)said.text.size;
        brief->form_seq = record->seq;
    }
    brief->asks.items[brief->asks.count++] = ask;
    return ATT_OK;
}

static att_status reserve_item(att_ledger *ledger, uint32_t item, att_error *err)
{
    const size_t before = ledger->of_item.count;
    if (item < before)
        return ATT_OK;
    if (!ATT_VEC_RESERVE(&ledger->host, &ledger->of_item, (size_t)item + 1))
        return att_no_memory(err, (size_t)item + 1, "items");
    memset(ledger->of_item.items + before, 0, ((size_t)item + 1 - before) * sizeof *ledger->of_item.items);
    ledger->of_item.count = (size_t)item + 1;
    return ATT_OK;
}

static att_status apply_candidate(att_ledger *ledger, const att_record *record, uint32_t *item, att_error *err)
{
    att_candidate_record said;
    att_ledger_brief *brief;
    uint32_t place;
    att_status status = att_candidate_record_decode(record->payload, record->payload_size, &said, err);
    if (!status && record->item == ATT_NO_INDEX)
        status = ATT_FAIL(err, ATT_CORRUPT, "log record %llu is a candidate without an item", (unsigned long long)record->seq);
    if (!status)
        status = brief_of(ledger, &said.brief, &brief, &place, err);
    if (!status)
        status = reserve_item(ledger, record->item, err);
    if (status)
        return status;
    if (att_ledger_candidate_at(ledger, place, said.index) || ledger->of_item.items[record->item])
        return ATT_FAIL(err, ATT_CORRUPT, "log record %llu makes candidate %u of a brief a second time", (unsigned long long)record->seq, said.index);
    if (!ATT_VEC_RESERVE(&ledger->host, &ledger->candidates, ledger->candidates.count + 1) ||
        !ATT_VEC_PUSH(&ledger->host, &brief->candidates, (uint32_t)ledger->candidates.count))
        return att_no_memory(err, ledger->candidates.count, "candidates");
    ledger->candidates.items[ledger->candidates.count++] = (att_ledger_candidate){.item = record->item,
        .brief = place,
        .index = said.index,
        .seq = record->seq,
        .cpu_s = said.cpu_s,
        .gpu_s = said.gpu_s,
        .wall_s = said.wall_s,
        .size = said.size,
        .asset = said.asset};
    ledger->of_item.items[record->item] = (uint32_t)ledger->candidates.count;
    *item = record->item;
    return ATT_OK;
}

static att_status keep_embedding(att_ledger *ledger, att_ledger_candidate *c, const att_judged_record *said, att_error *err)
{
    const double length = said->dim ? sqrt((double)att_kernels_best()->dot_f32(said->embedding, said->embedding, said->dim)) : 0;
    if (!(length > 0))
        return ATT_OK;
    c->embedding = ATT_NEW_ARRAY(&ledger->host, float, said->dim);
    if (!c->embedding)
        return att_no_memory(err, said->dim, "dimensions");
    c->dim = (uint16_t)said->dim;
    for (size_t i = 0; i < said->dim; i++)
        c->embedding[i] = (float)((double)said->embedding[i] / length);
    return ATT_OK;
}

static att_status apply_judged(att_ledger *ledger, const att_record *record, uint32_t *item, att_error *err)
{
    att_judged_record said;
    att_status status = att_judged_record_decode(record->payload, record->payload_size, &said, err);
    if (status)
        return status;
    att_ledger_candidate *c = (att_ledger_candidate *)(uintptr_t)att_ledger_of_item(ledger, record->item);
    if (!c || c->judged_seq || c->index != said.index)
        return ATT_FAIL(err, ATT_CORRUPT, "log record %llu judges what was not made before it, or was judged", (unsigned long long)record->seq);
    status = keep_embedding(ledger, c, &said, err);
    if (status)
        return status;
    c->verdict = said.verdict;
    c->judged_seq = record->seq;
    c->cpu_s += said.cpu_s;
    c->gpu_s += said.gpu_s;
    c->wall_s += said.wall_s;
    *item = record->item;
    return ATT_OK;
}

// Their requests are not in the log any more, and a form that came with one of them neither.
static void forget(att_ledger *ledger, uint32_t user)
{
    if (user == ATT_NO_INDEX)
        return;
    for (size_t b = 0; b < ledger->briefs.count; b++) {
        att_ledger_brief *brief = &ledger->briefs.items[b];
        size_t kept = 0;
        for (size_t i = 0; i < brief->asks.count; i++) {
            const att_ledger_ask *ask = &brief->asks.items[i];
            if (ask->user == user && ask->seq == brief->form_seq)
                drop_form(ledger, brief);
            if (ask->user != user)
                brief->asks.items[kept++] = *ask;
        }
        brief->asks.count = kept;
    }
}

att_status att_ledger_apply(att_ledger *ledger, const att_record *record, uint32_t *item, att_error *err)
{
    att_status status = ATT_OK;
    *item = ATT_NO_INDEX;
    const bool about = record->kind == ATT_RECORD_BRIEF || record->kind == ATT_RECORD_CANDIDATE || record->kind == ATT_RECORD_JUDGED;
    if (about && !ATT_VEC_RESERVE(&ledger->host, &ledger->seqs, ledger->seqs.count + 1))
        return att_no_memory(err, ledger->seqs.count, "records of what was made");
    if (record->kind == ATT_RECORD_BRIEF)
        status = apply_brief(ledger, record, err);
    else if (record->kind == ATT_RECORD_CANDIDATE)
        status = apply_candidate(ledger, record, item, err);
    else if (record->kind == ATT_RECORD_JUDGED)
        status = apply_judged(ledger, record, item, err);
    else if (record->kind == ATT_RECORD_FORGET)
        forget(ledger, record->user);
    if (status)
        return att_while(err, status, "log record %llu", (unsigned long long)record->seq);
    if (about)
        ledger->seqs.items[ledger->seqs.count++] = record->seq;
    ledger->last_seq = record->seq;
    return ATT_OK;
}
