// SPDX-License-Identifier: Apache-2.0
// engine/provenance.h - the log of where things come from, beside a store.
#ifndef ATT_ENGINE_PROVENANCE_H
#define ATT_ENGINE_PROVENANCE_H

#include "attune/generate.h"
#include "attune/provenance.h"
#include "engine/learn.h"

// Into the log of a training: every input that is not there yet as it is now, and the model that lies in `file`; a checkpoint when
// there is a key. Before the model is put in force: what is served has its entry.
att_status att_engine_log_training(att_engine *engine, const att_learning *l, const att_likings *likings, uint64_t version, uint64_t seed,
    const att_train_report *report, const char *file, att_error *err);
// "store/3".
#define ATT_MODEL_NAME_SIZE 64
void att_model_name(uint64_t version, char out[ATT_MODEL_NAME_SIZE]);

// What was made, before it gets its verdict: nothing that was judged is without its entry. `person`: whose taste it has, or empty.
typedef struct att_output {
    att_text item, medium, person, verdict; // verdict: with its reasons, for the note
    const att_made *made;
    const uint8_t *brief; // (32) hash of its form
    uint64_t seed;
} att_output;
att_status att_engine_log_output(att_engine *engine, const att_output *output, att_error *err);
// A checkpoint, where there is a key.
att_status att_engine_provenance_sign(att_engine *engine, att_error *err);

// Destroys the person's keys, where there are any. ATT_NOT_FOUND: there are none.
att_status att_engine_provenance_forget(att_engine *engine, att_text user, att_error *err);
// The entries about a person, one line each.
att_status att_engine_provenance_export(att_engine *engine, att_text user, att_line_sink *sink, void *sink_user, att_error *err);
void att_engine_provenance_close(att_engine *engine);

// PATH-provenance and what follows it: "", "-key", "-people". False: the path is too long.
bool att_provenance_path(const char *store_path, const char *suffix, char *out, size_t room);

#endif
