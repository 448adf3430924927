// SPDX-License-Identifier: Apache-2.0
// engine/models.h - which versions of the model there are, and which one is in force: a fold over the log.
//
// The version in force is the one that the newest ATT_RECORD_MODEL names, whatever files lie around. So that opening a
// store needs no walk over its log, the meta value "models" holds the seqs of the records about models; it is put in
// the transaction that appends such a record. A store from before has none until its next training: it is walked.
#ifndef ATT_ENGINE_MODELS_H
#define ATT_ENGINE_MODELS_H

#include "store/model_record.h"
#include "store/store.h"

typedef struct att_model_entry {
    uint64_t seq; // of its record
    int64_t at_ms;
    uint64_t version;
    bool refused; // it was never in force by this record
    att_model_record r;
} att_model_entry;

// In the order of the log.
typedef ATT_VEC(att_model_entry) att_model_log;

#define ATT_MODELS_META "models"
#define ATT_MODEL_LOG_MAX 512 // entries kept; the oldest that do not matter go first

// What `store` says. `has_files`: models lie beside the store, so one without the meta value is worth a walk.
att_status att_model_log_read(
    att_model_log *log, att_store *store, bool has_files, const att_host *host, att_error *err);
// One record of either kind, in order of the log; one that was noted is passed over.
att_status att_model_log_note(
    att_model_log *log, const att_record *record, const att_host *host, att_error *err);
// The meta value. *size in bytes; the host's memory, NULL: out of memory.
uint64_t *att_model_log_seqs(const att_model_log *log, const att_host *host, size_t *size);

// NULL: none was ever put in force. Borrowed until the next note, as all below.
const att_model_entry *att_model_log_in_force(const att_model_log *log);
// The newest entry about a version; NULL: the log knows nothing of it.
const att_model_entry *att_model_log_of(const att_model_log *log, uint64_t version);
// The version that was in force before the present one first came; 0: none.
uint64_t att_model_log_before(const att_model_log *log);
// Versions that were in force, the present one first, each once. Returns how many.
size_t att_model_log_tried(const att_model_log *log, uint64_t *out, size_t capacity);
uint64_t att_model_log_newest(const att_model_log *log); // greatest version named; 0: none

#endif
