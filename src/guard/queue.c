// SPDX-License-Identifier: Apache-2.0
// guard/queue.c - the fold: entries into cases, and what follows from the newest verdict on.
//
//   barred    verdict hold or deny; or held since the verdict; or reported by hold_reports different people since
//   waiting   no verdict or hold; or held, or appealed, since; or reported since an allow
#include "guard/queue.h"

#include "store/case_record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// So many of a case's newest entries are looked at for whether somebody reports a second time.
#define SCAN_MAX 10000

static const char *const act_names[] = {
#define X(name, wire, decides, text) wire,
    ATT_CASE_ACT_LIST(X)
#undef X
};
static const bool act_decides[] = {
#define X(name, wire, decides, text) decides,
    ATT_CASE_ACT_LIST(X)
#undef X
};
static const char *const verdict_names[] = {"none", "allow", "hold", "deny"};

const char *att_case_act_name(att_case_act act)
{
    return (unsigned)act < ATT_CASE_ACT_COUNT ? act_names[act] : "?";
}

bool att_case_act_parse(att_text name, att_case_act *out)
{
    for (unsigned a = 0; a < ATT_CASE_ACT_COUNT; a++)
        if (act_decides[a] && att_text_equal(name, att_text_of(act_names[a]))) {
            *out = (att_case_act)a;
            return true;
        }
    return false;
}

const char *att_case_verdict_name(att_case_verdict verdict)
{
    return (unsigned)verdict < ATT_VERDICT_COUNT ? verdict_names[verdict] : "?";
}

bool att_case_verdict_parse(att_text name, att_case_verdict *out)
{
    for (unsigned v = 0; v < ATT_VERDICT_COUNT; v++)
        if (att_text_equal(name, att_text_of(verdict_names[v]))) {
            *out = (att_case_verdict)v;
            return true;
        }
    return false;
}

// --- Cases --------------------------------------------------------------------------------------------------------

att_status att_queue_create(att_queue **out, uint32_t hold_reports, const att_host *host, att_error *err)
{
    att_queue *queue = *out = ATT_NEW_ARRAY(host, att_queue, 1);
    if (!queue)
        return att_no_memory(err, 1, "queue");
    queue->host = *host;
    queue->hold_reports = hold_reports;
    return ATT_OK;
}

static void drop_entry(att_queue *queue, att_queue_entry *e)
{
    const size_t size = (size_t)e->by_size + e->reason_size + e->matched_size;
    if (e->texts)
        memset(e->texts, 0, size); // somebody's words
    ATT_FREE_ARRAY(&queue->host, e->texts, size);
}

static void drop_case(att_queue *queue, att_queue_case *c)
{
    for (size_t i = 0; i < c->history.count; i++)
        drop_entry(queue, &c->history.items[i]);
    ATT_VEC_FREE(&queue->host, &c->history);
    if (c->text)
        memset(c->text, 0, c->text_size);
    ATT_FREE_ARRAY(&queue->host, c->text, c->text_size);
}

void att_queue_destroy(att_queue *queue)
{
    if (!queue)
        return;
    const att_host host = queue->host;
    for (size_t i = 0; i < queue->cases.count; i++)
        drop_case(queue, &queue->cases.items[i]);
    ATT_VEC_FREE(&host, &queue->cases);
    ATT_VEC_FREE(&host, &queue->of_item);
    ATT_VEC_FREE(&host, &queue->texts);
    att_free(&host, queue, 1, sizeof *queue);
}

// Where the first pair of this item or a greater one stands.
static size_t seek_item(const att_queue *queue, uint32_t item)
{
    size_t low = 0, high = queue->of_item.count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (queue->of_item.items[middle] >> 32 < item)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const att_queue_case *att_queue_of_item(const att_queue *queue, uint32_t item)
{
    const size_t at = seek_item(queue, item);
    if (at == queue->of_item.count || queue->of_item.items[at] >> 32 != item)
        return NULL;
    return &queue->cases.items[(uint32_t)queue->of_item.items[at]];
}

static att_queue_case *find_text(const att_queue *queue, uint64_t seq)
{
    size_t low = 0, high = queue->texts.count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        att_queue_case *found = &queue->cases.items[queue->texts.items[middle]];
        if (found->seq == seq)
            return found;
        if (found->seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool read_number(att_text text, size_t from, uint64_t *out)
{
    *out = 0;
    if (from == text.size || text.size - from > 18 || (text.data[from] == '0' && text.size - from > 1))
        return false;
    for (size_t i = from; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(text.data[i] - '0');
    }
    return true;
}

const att_queue_case *att_queue_find(const att_queue *queue, att_text id)
{
    uint64_t number;
    if (id.size < 6 || !read_number(id, 5, &number))
        return NULL;
    if (memcmp(id.data, "item-", 5) == 0)
        return number < ATT_NO_INDEX ? att_queue_of_item(queue, (uint32_t)number) : NULL;
    return memcmp(id.data, "text-", 5) == 0 ? find_text(queue, number) : NULL;
}

void att_queue_id(const att_queue_case *found, char out[ATT_CASE_ID_SIZE])
{
    if (found->item != ATT_NO_INDEX)
        snprintf(out, ATT_CASE_ID_SIZE, "item-%u", found->item);
    else
        snprintf(out, ATT_CASE_ID_SIZE, "text-%llu", (unsigned long long)found->seq);
}

static att_status add_case(att_queue *queue, uint32_t item, uint64_t seq, uint32_t author, att_text text, att_queue_case **out, att_error *err)
{
    if (!ATT_VEC_RESERVE(&queue->host, &queue->cases, queue->cases.count + 1))
        return att_no_memory(err, queue->cases.count, "cases");
    if (item != ATT_NO_INDEX && !ATT_VEC_RESERVE(&queue->host, &queue->of_item, queue->of_item.count + 1))
        return att_no_memory(err, queue->of_item.count, "items with cases");
    if (item == ATT_NO_INDEX && !ATT_VEC_RESERVE(&queue->host, &queue->texts, queue->texts.count + 1))
        return att_no_memory(err, queue->texts.count, "texts with cases");
    char *copy = text.size ? att_alloc(&queue->host, text.size, 1) : NULL;
    if (text.size && !copy)
        return att_no_memory(err, text.size, "bytes of a held text");
    if (copy)
        memcpy(copy, text.data, text.size);
    *out = &queue->cases.items[queue->cases.count++];
    **out = (att_queue_case){.item = item, .seq = seq, .author = author, .text = copy, .text_size = (uint32_t)text.size};
    const uint32_t place = (uint32_t)queue->cases.count - 1;
    if (item == ATT_NO_INDEX) {
        queue->texts.items[queue->texts.count++] = place;
        return ATT_OK;
    }
    const size_t at = seek_item(queue, item);
    memmove(queue->of_item.items + at + 1, queue->of_item.items + at, (queue->of_item.count++ - at) * sizeof *queue->of_item.items);
    queue->of_item.items[at] = (uint64_t)item << 32 | place;
    return ATT_OK;
}

// --- What follows from the history -----------------------------------------------------------------------------------

static bool is_verdict(uint8_t act)
{
    return act == ATT_CASE_ALLOW || act == ATT_CASE_HOLD || act == ATT_CASE_DENY || act == ATT_CASE_TAKEDOWN;
}

// One entry more; it is the last of c->history.
static void count_entry(att_queue_case *c, size_t place)
{
    const att_queue_entry *e = &c->history.items[place];
    if (is_verdict(e->act)) {
        c->verdict = e->act == ATT_CASE_ALLOW ? ATT_VERDICT_ALLOW : e->act == ATT_CASE_HOLD ? ATT_VERDICT_HOLD : ATT_VERDICT_DENY;
        c->held = c->appealed = false;
        c->reporters = 0;
    }
    c->held |= e->act == ATT_CASE_HELD;
    c->appealed |= e->act == ATT_CASE_APPEALED;
    if (e->act != ATT_CASE_REPORTED)
        return;
    c->reports++;
    for (size_t i = place, looked = 0; i-- > 0 && looked < SCAN_MAX && !is_verdict(c->history.items[i].act); looked++)
        if (c->history.items[i].act == ATT_CASE_REPORTED && c->history.items[i].user == e->user)
            return;
    c->reporters++;
}

static void count_all(att_queue_case *c)
{
    c->verdict = ATT_VERDICT_NONE;
    c->held = c->appealed = false;
    c->reporters = 0;
    c->reports = 0;
    for (size_t i = 0; i < c->history.count; i++)
        count_entry(c, i);
}

bool att_queue_automatic(const att_queue *queue, const att_queue_case *c)
{
    return queue->hold_reports && c->reporters >= queue->hold_reports && c->verdict != ATT_VERDICT_HOLD &&
           c->verdict != ATT_VERDICT_DENY && !c->held;
}

bool att_queue_barred(const att_queue *queue, const att_queue_case *c)
{
    return c->verdict == ATT_VERDICT_HOLD || c->verdict == ATT_VERDICT_DENY || c->held || att_queue_automatic(queue, c);
}

bool att_queue_waiting(const att_queue_case *c)
{
    return c->verdict == ATT_VERDICT_NONE || c->verdict == ATT_VERDICT_HOLD || c->held || c->appealed ||
           (c->verdict == ATT_VERDICT_ALLOW && c->reporters);
}

bool att_queue_has_reported(const att_queue_case *c, uint32_t user, att_text reason)
{
    for (size_t i = c->history.count, looked = 0; i-- > 0 && looked < SCAN_MAX && !is_verdict(c->history.items[i].act); looked++) {
        const att_queue_entry *e = &c->history.items[i];
        if (e->act == ATT_CASE_REPORTED && e->user == user && att_text_equal(att_queue_reason(e), reason))
            return true;
    }
    return false;
}

// --- The fold ---------------------------------------------------------------------------------------------------------

static att_status add_entry(att_queue *queue, att_queue_case *c, const att_record *record, const att_case_record *said, att_error *err)
{
    const size_t size = said->by.size + said->reason.size + said->matched.size;
    if (!ATT_VEC_RESERVE(&queue->host, &c->history, c->history.count + 1))
        return att_no_memory(err, c->history.count, "entries of a case");
    char *texts = size ? att_alloc(&queue->host, size, 1) : NULL;
    if (size && !texts)
        return att_no_memory(err, size, "bytes of a case");
    if (said->by.size)
        memcpy(texts, said->by.data, said->by.size);
    if (said->reason.size)
        memcpy(texts + said->by.size, said->reason.data, said->reason.size);
    if (said->matched.size)
        memcpy(texts + said->by.size + said->reason.size, said->matched.data, said->matched.size);
    c->history.items[c->history.count] = (att_queue_entry){.seq = record->seq,
        .at_ms = record->at_ms,
        .texts = texts,
        .user = record->user,
        .score = said->score,
        .reason_size = (uint16_t)said->reason.size,
        .matched_size = (uint16_t)said->matched.size,
        .by_size = (uint8_t)said->by.size,
        .act = said->act};
    count_entry(c, c->history.count++);
    return ATT_OK;
}

// The case that the record is about. An item's is opened by whatever comes first, so that a verdict holds when all who had
// reported are forgotten; a text's by the record that holds it, and a verdict on the text of somebody forgotten is void.
static att_status case_of(att_queue *queue, const att_record *record, const att_case_record *said, att_queue_case **out, att_error *err)
{
    *out = NULL;
    const bool is_text = record->item == ATT_NO_INDEX;
    if (record->item != ATT_NO_INDEX)
        *out = (att_queue_case *)(uintptr_t)att_queue_of_item(queue, record->item);
    else if (record->decision)
        *out = find_text(queue, record->decision);
    if (*out || (is_text && (record->decision || said->act != ATT_CASE_HELD)))
        return ATT_OK;
    return add_case(queue, record->item, is_text ? record->seq : 0, is_text ? record->user : ATT_NO_INDEX,
        is_text ? said->text : (att_text){0}, out, err);
}

// The places of cases have changed.
static void renumber(att_queue *queue)
{
    queue->of_item.count = queue->texts.count = 0; // never more than there were: room is there
    for (size_t i = 0; i < queue->cases.count; i++)
        if (queue->cases.items[i].item != ATT_NO_INDEX)
            queue->of_item.items[queue->of_item.count++] = (uint64_t)queue->cases.items[i].item << 32 | i;
        else
            queue->texts.items[queue->texts.count++] = (uint32_t)i;
    if (queue->of_item.count)
        qsort(queue->of_item.items, queue->of_item.count, sizeof *queue->of_item.items, att_order_u64);
}

// Leaves the history as a log without this person's records would have made it.
static void forget_in(att_queue *queue, att_queue_case *c, uint32_t user)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->history.count; i++) {
        if (c->history.items[i].user == user)
            drop_entry(queue, &c->history.items[i]);
        else
            c->history.items[kept++] = c->history.items[i];
    }
    const bool changed = kept != c->history.count;
    c->history.count = kept;
    if (changed)
        count_all(c);
}

static void forget(att_queue *queue, uint32_t user)
{
    size_t kept = 0;
    if (user == ATT_NO_INDEX) // what nobody did stays
        return;
    for (size_t i = 0; i < queue->cases.count; i++) {
        att_queue_case *c = &queue->cases.items[i];
        const bool theirs = c->item == ATT_NO_INDEX && c->author == user;
        if (!theirs)
            forget_in(queue, c, user);
        if (theirs || !c->history.count)
            drop_case(queue, c);
        else
            queue->cases.items[kept++] = *c;
    }
    queue->cases.count = kept;
    renumber(queue);
}

static bool is_report(const att_record *record)
{
    return record->kind == ATT_RECORD_EVENT && record->signal == ATT_SIGNAL_REPORT && !record->set_aside && record->item != ATT_NO_INDEX;
}

att_status att_queue_apply(att_queue *queue, const att_record *record, uint32_t *item, att_error *err)
{
    att_case_record said = {.act = ATT_CASE_REPORTED, .score = NAN};
    att_queue_case *c;
    att_status status = ATT_OK;
    *item = ATT_NO_INDEX;
    queue->last_seq = record->seq;
    if (record->kind == ATT_RECORD_FORGET)
        return forget(queue, record->user), ATT_OK;
    if (record->kind == ATT_RECORD_CASE || record->kind == ATT_RECORD_VERDICT)
        status = att_case_record_decode(record->payload, record->payload_size, &said, err);
    else if (!is_report(record))
        return ATT_OK;
    if (!status)
        status = case_of(queue, record, &said, &c, err);
    if (status || !c)
        return status;
    *item = c->item;
    return add_entry(queue, c, record, &said, err);
}
