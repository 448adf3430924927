// SPDX-License-Identifier: Apache-2.0
// guard/queue.h - cases as a fold over the log: who reported, held, decided and appealed, and what is barred by it.
//
// A case is its history and nothing else: verdict, counts and whether it is barred are computed from the entries, the
// newest verdict on. So a person who is forgotten can be taken out of it, and it is then as if they had never reported, which is
// what a replay of the log without them gives. Checkpoint: the entries themselves (queue_save.c).
#ifndef ATT_GUARD_QUEUE_H
#define ATT_GUARD_QUEUE_H

#include "attune/queue.h"
#include "base/base.h"
#include "store/store.h"

// An entry's texts lie in one block of the case's own: by, reason, matched.
typedef struct att_queue_entry {
    uint64_t seq;
    int64_t at_ms;
    char *texts; // (by_size + reason_size + matched_size); NULL when all are empty
    uint32_t user; // ATT_NO_INDEX: nobody
    float score;
    uint16_t reason_size, matched_size;
    uint8_t by_size, act;
} att_queue_entry;

typedef struct att_queue_case {
    uint32_t item;   // ATT_NO_INDEX: a text
    uint64_t seq;    // of the record that opened a text's case; 0 for an item
    uint32_t author; // of a text; ATT_NO_INDEX: not known
    char *text;
    uint32_t text_size;
    ATT_VEC(att_queue_entry) history; // oldest first
    // Computed from it.
    att_case_verdict verdict;
    bool held, appealed; // since the newest verdict
    uint32_t reporters;  // likewise
    uint64_t reports;
} att_queue_case;

typedef struct att_queue {
    att_host host;
    uint32_t hold_reports; // policy.moderation.hold_reports
    ATT_VEC(att_queue_case) cases; // in order of appearance
    ATT_VEC(uint64_t) of_item;     // item << 32 | place of its case, rising
    ATT_VEC(uint32_t) texts;       // places of those about texts, in the order of their seq
    uint64_t last_seq;
} att_queue;

att_status att_queue_create(att_queue **out, uint32_t hold_reports, const att_host *host, att_error *err);
void att_queue_destroy(att_queue *queue); // NULL is fine
// Any record; those that are not about cases only move last_seq. *item receives whose bar may have changed, ATT_NO_INDEX: nobody's;
// after a record of kind ATT_RECORD_FORGET it may be anybody's.
att_status att_queue_apply(att_queue *queue, const att_record *record, uint32_t *item, att_error *err);

bool att_queue_barred(const att_queue *queue, const att_queue_case *found);
bool att_queue_waiting(const att_queue_case *found);
bool att_queue_automatic(const att_queue *queue, const att_queue_case *found); // barred by reports alone
// NULL: none.
const att_queue_case *att_queue_of_item(const att_queue *queue, uint32_t item);
const att_queue_case *att_queue_find(const att_queue *queue, att_text id);
void att_queue_id(const att_queue_case *found, char out[ATT_CASE_ID_SIZE]);
// Has this person reported it since the newest verdict, with this reason?
bool att_queue_has_reported(const att_queue_case *found, uint32_t user, att_text reason);

static inline att_text att_queue_by(const att_queue_entry *e)
{
    return (att_text){e->texts, e->by_size};
}
static inline att_text att_queue_reason(const att_queue_entry *e)
{
    return (att_text){e->texts ? e->texts + e->by_size : NULL, e->reason_size};
}
static inline att_text att_queue_matched(const att_queue_entry *e)
{
    return (att_text){e->texts ? e->texts + e->by_size + e->reason_size : NULL, e->matched_size};
}

// --- queue_save.c -------------------------------------------------------------------------------------------------
// PATH-queue. `seed` is the store's: a checkpoint of another one is refused, with ATT_VERSION. Loading wants an empty queue.
att_status att_queue_save(const att_queue *queue, uint64_t seed, const char *path, att_error *err);
att_status att_queue_load(att_queue *queue, uint64_t seed, const char *path, att_error *err);
att_status att_queue_read(att_queue *queue, uint64_t seed, const void *data, size_t size, att_error *err);

#endif
