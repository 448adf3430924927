// SPDX-License-Identifier: Apache-2.0
// attune/provenance.h - where things come from: what a model learned from, what was made, from what, and by which model.
//
// An append-only log beside the store, PATH-provenance: a Merkle tree as in RFC 6962, whose leaves are lines of JSON. Nothing in
// it can be changed, left out, put in between or put elsewhere without another root, and roots are signed now and then: a
// checkpoint is a note of three lines (origin, entries, root) under an Ed25519 signature, in the form of C2SP's tlog-checkpoint
// and signed-note. Whoever has kept one checkpoint can check the whole log behind it, with the file alone.
//
// People stand in it as commitments under keys that lie in another file, PATH-provenance-people: to forget somebody destroys
// their key, after which nothing tells who it was, and the tree is the same as before. docs/provenance.md has the forms.
#ifndef ATT_PROVENANCE_H
#define ATT_PROVENANCE_H

#include "attune/engine.h"
#include "attune/host.h"

ATT_BEGIN

#define ATT_HASH_SIZE 32
typedef struct att_hash { // SHA-256; all zeros: not given
    unsigned char bytes[ATT_HASH_SIZE];
} att_hash;
// Of bytes in memory, and of a file (ATT_NOT_FOUND …).
void att_hash_of(const void *data, size_t size, att_hash *out);
att_status att_hash_file(const char *path, att_hash *out, att_error *err);
void att_hash_text(const att_hash *hash, char out[2 * ATT_HASH_SIZE + 1]); // in hex
bool att_hash_parse(att_text hex, att_hash *out);
bool att_hash_given(const att_hash *hash);

typedef enum att_provenance_kind { // names stand in the log: only append
    ATT_PROVENANCE_NONE,
    ATT_PROVENANCE_INPUT,   // something that models may learn from, with its licence and what it opts out of
    ATT_PROVENANCE_MODEL,   // what was learned, from how much of what
    ATT_PROVENANCE_OUTPUT,  // what was made, by which model, from which brief and parents
    ATT_PROVENANCE_ERASURE, // somebody was forgotten: how many entries no longer tell who
    ATT_PROVENANCE_KIND_COUNT
} att_provenance_kind;
const char *att_provenance_kind_name(att_provenance_kind kind);
bool att_provenance_kind_parse(att_text name, att_provenance_kind *out);

#define ATT_PROVENANCE_PARENTS_MAX 64
#define ATT_PROVENANCE_COUNTS_MAX 32
#define ATT_PROVENANCE_NAME_SIZE_MAX 255
#define ATT_PROVENANCE_NOTE_SIZE_MAX 4096

typedef struct att_provenance_count {
    att_text name;
    uint64_t count;
} att_provenance_count;

// What a model learned from. Of the log of events its range, by number of record and by time.
typedef struct att_provenance_learned {
    uint64_t records;             // up to this record of the store's log; 0: it learned from no log
    int64_t first_ms, last_ms;    // of the events
    uint64_t events, people, items, preferences;
    uint64_t inputs, opted_out;   // items that it could learn from; those left out because they opt out of training
    att_hash inputs_root;         // root of the tree over the inputs' leaves, in the order of their items
} att_provenance_learned;

typedef enum att_provenance_person { ATT_PROVENANCE_NOBODY, ATT_PROVENANCE_SOMEBODY, ATT_PROVENANCE_ERASED } att_provenance_person;

typedef struct att_provenance_entry {
    att_provenance_kind kind;
    int64_t at_ms;     // 0: now
    att_text subject;  // 1 … 255 bytes. Input: the item. Model: its name, "store/3". Output: the item or file
    att_text medium;   // may be empty
    att_hash content;  // of the item's body, the model's file, the asset
    att_text licence;  // input: "CC-BY-4.0", or what its licences allow
    att_text opt_out;  // input: uses that it opts out of, "train"; empty: none
    att_text model;    // output: what made it, the subject of a model's entry or "name version"
    att_hash brief;    // output: of what was asked for
    const att_hash *parents; // contents that went into it
    size_t parent_count;
    bool seeded;
    uint64_t seed;
    att_text person;   // output: whom it was made for; never written, a commitment is
    const att_provenance_learned *learned; // model; NULL: not told
    const att_provenance_count *counts;    // model: its inputs by licence
    size_t count_count;
    att_text note;     // for people: how it was chosen, measured figures, known limits
    // Of an entry that is read:
    uint64_t index;
    att_hash leaf, commitment;
    att_provenance_person who; // erased: its key is gone; where no keys are at hand, SOMEBODY
} att_provenance_entry;

// --- The log itself, with or without an engine --------------------------------------------------------------------------

// Any thread, one at a time; several processes take turns.
typedef struct att_provenance att_provenance;

typedef struct att_provenance_options {
    bool create;        // make it when it is not there
    const char *origin; // of a new log, 1 … 63 bytes without spaces or '+'; NULL: "attune/" and 16 random letters
    const char *key;    // file with the private key; NULL: PATH-key. When it is not there, nothing is signed
    const char *people; // file with people's keys; NULL: PATH-people
    int32_t wait_ms;    // for another process that appends, then ATT_BUSY; 0: 5000
} att_provenance_options;

att_status att_provenance_open(
    att_provenance **out, const char *path, const att_provenance_options *options, const att_host *host, att_error *err);
void att_provenance_close(att_provenance *log);
// On disk (fsync) when it returns, all or none. *first (may be NULL): the number of the first; the others follow.
att_status att_provenance_append(
    att_provenance *log, const att_provenance_entry *entries, size_t count, uint64_t *first, att_error *err);
// Signs the root of all entries there are, and keeps it in the log. ATT_NOT_FOUND: there is no key.
#define ATT_CHECKPOINT_SIZE_MAX 1024
att_status att_provenance_checkpoint(att_provenance *log, char note[ATT_CHECKPOINT_SIZE_MAX], att_error *err);
// Destroys the person's key, and appends an entry of kind ERASURE. *entries (may be NULL): how many were about them.
att_status att_provenance_forget(att_provenance *log, att_text person, uint64_t *entries, att_error *err);

// A new pair: the private key goes to PATH (mode 0600; ATT_EXISTS when it is there), the public one to PATH.pub and to `out`.
#define ATT_PROVENANCE_KEY_TEXT_MAX 192
att_status att_provenance_key_make(const char *path, const char *name, char out[ATT_PROVENANCE_KEY_TEXT_MAX], const att_host *host,
    att_error *err);

// --- Reading: with the file alone -----------------------------------------------------------------------------------------

// From `from` on, until false. Texts are valid during the call. `people`: file with their keys; NULL: none at hand.
typedef bool att_provenance_seer(void *user, const att_provenance_entry *entry, att_text line);
att_status att_provenance_each(const char *path, const char *people, uint64_t from, const att_host *host, att_provenance_seer *see,
    void *user, att_error *err);
// The person's own entries alone; their key must be there.
att_status att_provenance_each_of(const char *path, const char *people, att_text person, const att_host *host,
    att_provenance_seer *see, void *user, att_error *err);

typedef enum att_provenance_fault_kind {
    ATT_PROVENANCE_FAULT_NONE,
    ATT_PROVENANCE_FAULT_HEAD,      // the file's head
    ATT_PROVENANCE_FAULT_FRAME,     // what stands around an entry or checkpoint: size, kind, number
    ATT_PROVENANCE_FAULT_ENTRY,     // an entry's own bytes; level 0
    ATT_PROVENANCE_FAULT_NODE,      // a hash of the tree, at `level`: 0 is the leaf's
    ATT_PROVENANCE_FAULT_ORDER,     // an entry that stands elsewhere than it was logged
    ATT_PROVENANCE_FAULT_TRUNCATED, // entries from `entry` on are missing
    ATT_PROVENANCE_FAULT_ROOT,      // a checkpoint, or the head, has another root: entries from `entry` to `last` are not what was signed
    ATT_PROVENANCE_FAULT_SIGNATURE, // of a checkpoint
    ATT_PROVENANCE_FAULT_SPLIT,     // two signed checkpoints that cannot both be true of one log
    ATT_PROVENANCE_FAULT_FORM,      // an entry that is not of the form
    ATT_PROVENANCE_FAULT_COUNT
} att_provenance_fault_kind;
const char *att_provenance_fault_name(att_provenance_fault_kind kind);

typedef struct att_provenance_fault {
    att_provenance_fault_kind kind;
    uint64_t entry, last; // the entries that it is about
    uint32_t level;       // of the tree
    uint64_t offset;      // in the file, bytes
    char text[400];
} att_provenance_fault;
typedef void att_provenance_fault_sink(void *user, const att_provenance_fault *fault);

typedef struct att_provenance_check {
    const char *const *keys; // public keys as text, "NAME+HASH+KEY"
    size_t key_count;
    const char *const *checkpoints; // notes kept elsewhere, as text
    size_t checkpoint_count;
} att_provenance_check;

typedef struct att_provenance_verdict {
    uint64_t entries, kinds[ATT_PROVENANCE_KIND_COUNT];
    uint64_t checkpoints, signed_checkpoints; // in the file; those whose signature by a known key is right
    uint64_t outside_checkpoints;             // of `checkpoints`, those that hold
    uint64_t covered;                         // entries that a rightly signed checkpoint covers
    uint64_t faults;
    att_hash root;
    char origin[64];
} att_provenance_verdict;

// ATT_OK when it could look; the faults are in verdict->faults and were told to `sink` (may be NULL), at most 100 of them.
att_status att_provenance_verify(const char *path, const att_provenance_check *check, const att_host *host,
    att_provenance_fault_sink *sink, void *user, att_provenance_verdict *verdict, att_error *err);

// A copy of the log as it is, for others: the same form, so that all of the above reads it. Fails when `to` exists.
att_status att_provenance_export(const char *path, const char *to, const att_host *host, att_error *err);

// --- Proofs -------------------------------------------------------------------------------------------------------------------

#define ATT_PROOF_HASHES_MAX 128
typedef struct att_provenance_proof {
    bool consistency;          // that the tree of `first` entries begins that of `size`; else that entry `index` is in it
    uint64_t index, first, size;
    att_hash leaf, first_root, root;
    att_hash hashes[ATT_PROOF_HASHES_MAX];
    size_t hash_count;
} att_provenance_proof;
// `size` 0: all there are.
att_status att_provenance_prove(
    const char *path, uint64_t index, uint64_t size, const att_host *host, att_provenance_proof *out, att_error *err);
att_status att_provenance_prove_consistency(
    const char *path, uint64_t first, uint64_t size, const att_host *host, att_provenance_proof *out, att_error *err);
// With no file at all (RFC 9162, 2.1.3.2 and 2.1.4.2). ATT_INVALID: it proves nothing.
att_status att_provenance_proof_check(const att_provenance_proof *proof, att_error *err);

// --- Cards -----------------------------------------------------------------------------------------------------------------------

// A model's card in Markdown, from the log alone: what it is, learned from, made, and what is not known. `model`: its subject;
// the newest entry of that name. ATT_NOT_FOUND.
att_status att_provenance_card(
    const char *path, att_text model, const att_host *host, att_line_sink *sink, void *user, att_error *err);

// --- Work without an engine ------------------------------------------------------------------------------------------------------

// A file that something is made from, or learned from. It is known by its bytes.
typedef struct att_provenance_material {
    const char *file;
    att_text name;    // its subject in the log
    att_text licence; // empty: what the log last said of these bytes, if anything
    bool told;        // that it is opted out, or not, is said now; else what the log last said of these bytes counts
    bool opted_out;
    att_hash content; // written by att_provenance_take
} att_provenance_material;

// Before the work: enters each whose bytes are new to the log, or of which something else is said now. The log is made when it is not
// there. ATT_DENIED, when all are entered: one is opted out, and nothing may be made from it.
att_status att_provenance_take(const char *log, att_text medium, att_provenance_material *materials, size_t count, const att_host *host,
    att_error *err);
// After the work: enters what lies in `file`. An entry of kind OUTPUT gets the materials' contents as its parents; one of kind MODEL how
// many there are by licence, and the root over their leaves. Signs a checkpoint where PATH-key is there.
att_status att_provenance_give(const char *log, const att_provenance_entry *entry, const char *file,
    const att_provenance_material *materials, size_t count, const att_host *host, att_error *err);

// --- Through an engine -----------------------------------------------------------------------------------------------------------

// Into PATH-provenance of the engine's store, which is made when it is not there. As att_provenance_append.
att_status att_engine_provenance_append(
    att_engine *engine, const att_provenance_entry *entries, size_t count, uint64_t *first, att_error *err);
// PATH-provenance of a store.
#define ATT_PROVENANCE_SUFFIX "-provenance"

ATT_END
#endif
