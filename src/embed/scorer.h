// SPDX-License-Identifier: Apache-2.0
// embed/scorer.h - one face for every way to score items for a history: what evaluation compares.
//
// A scorer is trained on a matrix (people, items), with the order in which things happened where it is known, and then
// scores all items for the history of somebody who need not be in that matrix (strong generalization). Higher is better; scores of one scorer compare only with each
// other. Items of the history are scored too: leaving them out is the caller's.
#ifndef ATT_EMBED_SCORER_H
#define ATT_EMBED_SCORER_H

#include "embed/fold.h"
#include "embed/matrix.h"

// Zero means "this scorer's default" in every field but seed.
typedef struct att_scorer_params {
    uint64_t seed;
    uint32_t threads;    // 0: 1
    uint32_t dim;        // als, blend
    uint32_t passes;     // als, blend
    double reg;          // als, blend: lambda of the frequency-scaled penalty
    double unobserved;   // als, blend: weight of what was not touched
    double ease_reg;     // ease, blend: lambda added to the diagonal
    uint32_t ease_keep;  // ease, blend: weights kept for each target item; 0: all while they fit
    double mix;          // blend: the share of als, 0 … 1
    uint32_t neighbours; // item-knn: kept for each item
    double shrinkage;    // item-knn: added to the product of norms
    const char *checkpoint; // sequence: file to keep the training's state in and to go on from; NULL: none
} att_scorer_params;

// What there is to learn from. `order` and `at_ms` stand beside matrix->col.
typedef struct att_scorer_input {
    const att_matrix *matrix;
    const uint32_t *order; // (nonzeros) place in that person's history, the earliest first; NULL: not known
    const int64_t *at_ms;  // (nonzeros); NULL: only the order is known
    const uint16_t *situation; // (nonzeros) signals/situation.h; NULL: not known
} att_scorer_input;

// Somebody's history, items ascending.
typedef struct att_history {
    const uint32_t *items;
    const float *weights;
    const uint32_t *order; // (count) as above; NULL: not known
    const int64_t *at_ms;  // (count); NULL: not known
    int64_t asked_ms;      // what they come to like about then is asked for; 0: after all that was learned from
    const uint16_t *situation; // (count); NULL: not known
    uint16_t asked;            // the situation in which it is asked what comes next; 0: not known
    size_t count;
} att_history;

typedef struct att_scorer {
    const char *name;     // "item-knn"; as printed in tables
    const char *story;    // one sentence for people
    const char *citation; // "Steck 2019, ..."; empty where there is none
    // The model is owned by the caller and immutable: several threads may score with it.
    att_status (*train)(void **model, const att_scorer_input *input, const att_scorer_params *params,
        const att_host *host, att_error *err);
    // scores is (matrix->cols). `memory` is the thread's own (att_fold_create); it grows to fit, then nothing is
    // allocated. Items not below matrix->cols are passed over. Fails for want of memory only.
    att_status (*score_all)(const void *model, att_fold *memory, const att_history *history,
        float *scores, att_error *err);
    void (*destroy)(void *model); // NULL is fine
} att_scorer;

// Random scores are a hash of (seed, the history, item): the same history gets the same order.
extern const att_scorer att_scorer_random;
extern const att_scorer att_scorer_popularity;
extern const att_scorer att_scorer_item_knn;
extern const att_scorer att_scorer_als;
extern const att_scorer att_scorer_ease;
extern const att_scorer att_scorer_blend;
extern const att_scorer att_scorer_sequence; // wants to know the order
// What the engine would use: kind and parameters chosen by att_model_train on a validation split of its own.
extern const att_scorer att_scorer_chosen;

// All of the above, in the order of tables. NULL when there is no scorer of that name.
const att_scorer *const *att_scorer_list(size_t *count);
const att_scorer *att_scorer_named(const char *name);

#endif
