// SPDX-License-Identifier: Apache-2.0
// engine/learn.h - what a training learns from, as it was at one moment, and the files that it leaves.
//
// A training holds its own copy of the policy and its own numbers of tags, and reads through a connection of its own:
// whatever is written or read anew meanwhile, it learns from the log up to `log_seq` under the policy of that moment.
#ifndef ATT_ENGINE_LEARN_H
#define ATT_ENGINE_LEARN_H

#include "attune/provenance.h"
#include "embed/holdout.h"
#include "engine/internal.h"

// What is known of an item before it is learned from: for the log of where things come from. Texts lie in `bodies`.
typedef struct att_learning_input {
    att_text id, medium, licence, opt_out;
    att_hash content; // of its body as it is stored
    bool is_opted_out; // of training: it is not learned from
} att_learning_input;

typedef struct att_learning {
    att_engine *engine;
    att_store *reader;
    att_policy policy;
    uint64_t log_seq, events;
    uint32_t item_count, people_count; // when it began
    const att_item **items; // (item_count), NULL: no body, or opted out
    att_learning_input *inputs; // (item_count)
    bool *opted_out;            // (item_count)
    att_names tags;         // of the bodies
    uint32_t *tags_at;      // (item_count + 1) into tag_list
    ATT_VEC(uint16_t) tag_list; // distinct within an item
    att_arena bodies;       // items' texts, for the time of training
    att_status status;
    att_error *err;
} att_learning;

// Everybody's likings at one moment, graded, and decayed to the newest event of that moment.
typedef struct att_likings {
    att_matrix matrix; // (people, items)
    int64_t *at_ms;    // (nonzeros)
    uint16_t *situation; // (nonzeros) in which it was last chosen
    size_t at_count;   // of both, at least the nonzeros
    uint64_t preferences; // liking or not
    int64_t last_ms;   // of the newest event
} att_likings;

att_status att_learning_begin(att_learning *l, att_engine *engine, att_error *err);
void att_learning_end(att_learning *l);
const att_item *att_learning_item(void *learning, uint32_t item); // NULL: it has no body

// From a fold: bots' and opted-out people's are left out, items that are opted out (item_count; NULL: none) and those from
// item_count on.
att_status att_likings_gather(att_likings *out, const att_people *people, const att_policy *policy,
    uint32_t item_count, const bool *opted_out, const att_host *host, att_error *err);
// From the engine's own state, which may have come further than log_seq by now: then log_seq and events move along.
att_status att_learning_gather(att_learning *l, att_likings *out, att_error *err);
void att_likings_deinit(att_likings *likings, const att_host *host);
// Preferences of those who are learned from, liking or not. O(people).
uint64_t att_count_preferences(const att_people *people);

// Writes index, context and model of `version`, the model last: a version is there when its .model is there.
att_status att_learning_write(att_learning *l, const att_likings *likings, const att_model *model,
    uint64_t version, uint64_t seed, uint32_t threads, att_error *err);
// The index over a model's vectors. `people` teaches it its reach (retrieve/index.h); NULL: it is right without, only slower.
att_status att_model_make_index(const att_model *model, const att_matrix *people, att_index **out, uint64_t seed,
    uint32_t threads, const att_host *host, att_error *err);

// --- slice.c ------------------------------------------------------------------------------------------------------

// The log in two parts: what a model to judge may learn from, and what it and the model in force are judged on.
typedef struct att_slice {
    uint64_t seen_seq; // the model in force has seen the log up to here
    uint64_t cut_seq;  // the model to judge sees it up to here
    att_likings before, after; // at the cut, and at log_seq
    att_holdout held;  // of `before` the histories, and what these people came to like since; no train
} att_slice;

// `held` has no rows when nobody came to like anything new. Reads the whole log.
att_status att_slice_make(att_slice *out, att_learning *l, uint64_t seen_seq, uint64_t seed, att_error *err);
void att_slice_deinit(att_slice *slice, const att_host *host);

#endif
