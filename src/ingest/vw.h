// SPDX-License-Identifier: Apache-2.0
// ingest/vw.h - Vowpal Wabbit's text format: contextual bandits, and labels that can be made into one.
//
//   [label] [importance] ['tag]|namespace[:scale] feature[:value] … |namespace …
//
// A feature without a value has 1; a namespace's scale multiplies its values. Forms:
//   multiclass   "3 | …"                       label 1, 2, 3 …
//   costs        "1:0 2:1 3:0.5 | …"           the cost of each option (csoaa)
//   cb           "2:0.5:0.3 | …"               option 2 was taken with probability 0.3 and cost 0.5; further "3" or "3:…" name options
//   cb_adf       lines until an empty one: "shared |…" first (or not), then one line an option; the taken one has "0:0.5:0.3 |…"
// The format: https://github.com/VowpalWabbit/vowpal_wabbit/wiki/Input-format and …/Contextual-Bandit-algorithms.
#ifndef ATT_INGEST_VW_H
#define ATT_INGEST_VW_H

#include "attune/choose.h"
#include "base/arena.h"
#include "store/store.h"

typedef enum att_vw_form { ATT_VW_UNKNOWN, ATT_VW_MULTICLASS, ATT_VW_COSTS, ATT_VW_CB, ATT_VW_ADF } att_vw_form;
const char *att_vw_form_name(att_vw_form form);

#define ATT_VW_LINE_MAX ((size_t)1 << 20)

typedef struct att_vw_label {
    uint32_t option;    // from 0
    double cost;        // NaN: not known
    double probability; // NaN: not given
} att_vw_label;

// One line, or one block of cb_adf. Texts point into the text that was read, arrays live in the arena.
typedef struct att_vw_example {
    const att_choice_feature *features; // of the line, or shared
    size_t feature_count;
    const att_choice_option *options; // cb_adf; ids are "1", "2" …
    size_t option_count;
    const att_vw_label *labels;
    size_t label_count; // 0: unlabelled
    double weight;      // importance, 1 unless given
    uint64_t line;      // where it begins, from 1
} att_vw_example;

// Reads a text that lies in memory, example by example.
typedef struct att_vw_reader {
    const char *name; // of the file, for messages
    const char *at, *end;
    uint64_t line;
    att_vw_form form;
    void *plain; // locale_t: numbers have a point
} att_vw_reader;

// Finds out the form from the first lines. ATT_INVALID for an empty text.
att_status att_vw_reader_init(att_vw_reader *reader, att_text text, const char *name, att_error *err);
void att_vw_reader_deinit(att_vw_reader *reader);
// *found is false at the end. The arena is not reset. ATT_INVALID names file, line, field and what was expected.
att_status att_vw_next(att_vw_reader *reader, att_arena *arena, att_vw_example *out, bool *found, att_error *err);

// Appends one block of cb_adf and its empty line. `cost` NaN: no label. Bytes that the format gives a meaning become '_'.
att_status att_vw_write_choice(const att_host *host, att_bytes *out, const att_choice_feature *features, size_t feature_count,
    const att_context *context, const att_choice_option *options, size_t option_count, uint32_t shown, double probability,
    double cost, att_error *err);

#endif
