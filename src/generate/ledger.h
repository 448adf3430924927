// SPDX-License-Identifier: Apache-2.0
// generate/ledger.h - what was asked for and made, as a fold over the log: briefs, their candidates, and each one's verdict.
//
// Of a brief whose person is forgotten the form goes, since the taste in it was theirs; what was made of it stays, under the hash, as a
// replay of the log without those records gives. Only what is looked at while deciding is here; the rest stays in the records, found by seq.
// Checkpoint: the seqs of the records (ledger_save.c).
#ifndef ATT_GENERATE_LEDGER_H
#define ATT_GENERATE_LEDGER_H

#include "base/names.h"
#include "generate/brief.h"
#include "store/store.h"

typedef struct att_ledger_candidate {
    uint32_t item, brief; // number in the catalogue; place in briefs
    uint16_t index;
    uint8_t verdict;      // att_made_verdict
    uint64_t seq, judged_seq; // of its records; 0: not judged yet
    double cpu_s, gpu_s, wall_s; // so far
    uint64_t size;
    att_asset_hash asset;
    float *embedding; // (dim), of length 1; NULL: none
    uint16_t dim;
} att_ledger_candidate;

typedef struct att_ledger_ask {
    uint64_t seq;
    int64_t at_ms;
    uint32_t user;    // ATT_NO_INDEX: nobody
    uint8_t act, latency;
} att_ledger_ask;

typedef struct att_ledger_brief {
    char *form; // (form_size); NULL: it is not known (any more)
    uint32_t form_size;
    uint64_t form_seq;
    ATT_VEC(att_ledger_ask) asks;        // and what else happened to it, in order
    ATT_VEC(uint32_t) candidates;        // places, by index
} att_ledger_brief;

typedef struct att_ledger {
    att_host host;
    att_names hashes;                    // of briefs, 32 bytes each; the number is the place in `briefs`
    ATT_VEC(att_ledger_brief) briefs;
    ATT_VEC(att_ledger_candidate) candidates; // in order of making
    ATT_VEC(uint32_t) of_item;           // by item: place of the candidate + 1; 0 or beyond the end: it was not made
    ATT_VEC(uint64_t) seqs;              // of all records that it holds
    uint64_t last_seq;
} att_ledger;

att_status att_ledger_create(att_ledger **out, const att_host *host, att_error *err);
void att_ledger_destroy(att_ledger *ledger); // NULL is fine
// Any record; those that are not about making only move last_seq. *item receives whose verdict may have changed, or ATT_NO_INDEX.
att_status att_ledger_apply(att_ledger *ledger, const att_record *record, uint32_t *item, att_error *err);

// NULL: nothing made.
const att_ledger_candidate *att_ledger_of_item(const att_ledger *ledger, uint32_t item);
uint32_t att_ledger_find(const att_ledger *ledger, const att_brief_hash *hash); // ATT_NO_INDEX: not known
// By at least 8 hex digits. ATT_NOT_FOUND; ATT_INVALID: several begin so.
att_status att_ledger_find_hex(const att_ledger *ledger, att_text hex, uint32_t *out, att_error *err);
att_brief_hash att_ledger_hash(const att_ledger *ledger, uint32_t brief);
// The candidate with this number within the brief; NULL: it is not there.
const att_ledger_candidate *att_ledger_candidate_at(const att_ledger *ledger, uint32_t brief, uint32_t index);
uint32_t att_ledger_count(const att_ledger *ledger, uint32_t brief, att_made_verdict verdict);
att_brief_state att_ledger_state(const att_ledger_brief *brief);

// 1 - the greatest cosine to the embeddings of all other candidates that were not denied; 1: there is none to compare with. `but`: place of
// the candidate itself, ATT_NO_INDEX: it is not in the ledger. *nearest (may be NULL) receives the place of that one.
double att_ledger_novelty(const att_ledger *ledger, const float *embedding, size_t dim, uint32_t but, uint32_t *nearest);

// --- ledger_save.c ------------------------------------------------------------------------------------------------
att_status att_ledger_save(const att_ledger *ledger, uint64_t seed, const char *path, att_error *err);
// The seqs of a checkpoint, rising, and up to where it reaches; the caller reads these records and applies them.
typedef struct att_ledger_checkpoint {
    ATT_VEC(uint64_t) seqs;
    uint64_t last_seq;
} att_ledger_checkpoint;
att_status att_ledger_load(att_ledger_checkpoint *out, uint64_t seed, const char *path, const att_host *host, att_error *err);
att_status att_ledger_read(att_ledger_checkpoint *out, uint64_t seed, const void *data, size_t size, const att_host *host, att_error *err);

#endif
