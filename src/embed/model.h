// SPDX-License-Identifier: Apache-2.0
// embed/model.h - where in taste space are this person and this thing?
//
// A model is an immutable snapshot: item vectors, what a person's history becomes in the same space, the
// projection that places items nobody has touched, and (for small catalogues) EASE's item-item weights.
#ifndef ATT_EMBED_MODEL_H
#define ATT_EMBED_MODEL_H

#include "attune/engine.h"
#include "base/kernels.h"
#include "embed/fold.h"
#include "embed/matrix.h"
#include "store/snapshot.h"

typedef enum att_model_kind {
    ATT_MODEL_POPULARITY,
    ATT_MODEL_ALS,
    ATT_MODEL_EASE,
    ATT_MODEL_BLEND
} att_model_kind;

typedef struct att_model att_model;

// Where a model comes from. All zero: a file from before this was kept.
typedef struct att_model_origin {
    uint64_t store_seed;  // of the store whose log it learned from
    uint64_t log_seq;     // it learned from the log up to this record
    int64_t trained_ms;   // by the host's clock
    uint64_t events;      // that the log held then, without bots'
    uint64_t preferences; // that people had then, liking or not
    uint64_t began_from;  // version whose vectors it began from; 0: it began cold
    uint64_t generation;  // trainings since kind and parameters were chosen; 0: they were chosen for it
} att_model_origin;

// Items' contents for the cold-start projection: called once per item with a body, borrowed during the call.
typedef struct att_model_input {
    const att_matrix *preferences; // (users, items), graded and decayed; > 0 only
    const int64_t
        *last_at_ms; // per nonzero, same order as preferences->col; for the validation split
    bool untimed;    // last_at_ms tells the order alone
    const uint16_t *situation; // likewise (signals/situation.h): which it was last chosen in; NULL: not known
    // Returns NULL where the item has no body.
    const att_item *(*item_of)(void *user, uint32_t item);
    void *item_user;
    // A warm start: its kind and parameters are kept, and the passes begin from its item vectors (items it does not
    // know begin where their content places them). NULL: none. It is not used, and report->incremental stays false,
    // when it holds no recipe or options->kind or dim ask for another.
    const att_model *before;
    uint32_t warm_passes; // of a warm start; 0: ATT_WARM_PASSES
} att_model_input;

#define ATT_WARM_PASSES 4 // what bench_warm and docs/training.md show

// Chooses kind and hyper-parameters on a validation split of its own (options->kind, dim narrow the search), then
// trains on everything. Reproducible by seed for a given thread count.
att_status att_model_train(att_model **out, const att_model_input *input,
    const att_train_options *options, att_train_report *report, const att_host *host,
    att_error *err);
att_status att_model_save(
    const att_model *model, uint64_t version, const char *path, att_error *err);
att_status att_model_load(att_model **out, const char *path, const att_host *host, att_error *err);
void att_model_destroy(att_model *model);

att_model_kind att_model_kind_of(const att_model *model);
const char *att_model_kind_name(att_model_kind kind);
uint64_t att_model_version(const att_model *model);
const att_model_origin *att_model_origin_of(const att_model *model);
void att_model_set_origin(att_model *model, const att_model_origin *origin); // before it is saved
// The checksum of the file it was loaded from; all zero for one that was trained just now.
void att_model_fingerprint(const att_model *model, unsigned char out[16]);
uint32_t att_model_dim(
    const att_model *model); // of vectors, 0 for pure EASE / popularity without content
uint32_t att_model_item_count(const att_model *model); // items known when it was trained
// (dim) of a known item; borrowed. NULL: none (no signal and no content).
const float *att_model_item_vector(const att_model *model, uint32_t item);
// Share of those who prefer anything that prefer it, 0 … 1; 0 for items it does not know.
float att_model_popularity(const att_model *model, uint32_t item);
// Places an item that it has not seen. False: nothing to place it by.
bool att_model_place(
    const att_model *model, const att_item *item, float *vector, att_arena *scratch);

// A person's vector from weighted items (unknown items are passed over), by the model's own least squares:
// A = G * unobserved + sum w x x^T + reg; b = sum w x. Well under a millisecond at 64 dimensions and 100 items.
// The factor of A stays in `fold` for what-if removal. Scratch comes from the caller: no allocation.
typedef struct att_fold_item {
    uint32_t item;
    float weight;
    const float *vector; // (dim); NULL: the model's own
} att_fold_item;
att_status att_model_fold(const att_model *model, att_fold *fold, const att_fold_item *items,
    size_t count, float *vector, att_error *err);
// When the answer is for, after att_model_fold and before scores: what people like of late counts less the farther that is
// from the newest preference learned from (embed/trend.h). 0, or without this call: then, and all of it counts. `since_ms` is the newest
// thing that the person came to like: what came after counts more (embed/newness.h). 0, or without this call: not known, nothing is new.
// Both are as loud as this person's other scores reach far; without this call a trend is as loud as for people on the average.
void att_model_ask(const att_model *model, att_fold *fold, int64_t asked_ms, int64_t since_ms);
// After a part of the same history was folded: the question as it was, as loud as it was. So what a removal changes is what the
// event did, to the digit.
void att_model_ask_again(const att_model *model, att_fold *fold);
// Weight of what people like of late, in deviations of the other parts' scores; 0: this model has no such part.
double att_model_trend_weight(const att_model *model);
// Likewise of what came since a person was last here.
double att_model_newness_weight(const att_model *model);
// How much an item is liked of late, in deviations from the mean of all that are liked; 0 without a trend.
float att_model_trend(const att_model *model, uint32_t item);
// The person's sequence, after att_model_fold and before scores: what they preferred, when and in what situation
// (signals/situation.h; 0: not known), in any order, each item once. Without it, and in models without a sequence part, scores are those of the rest. att_model_effects tells
// the sequence part of the `explained` newest events (SIZE_MAX: of all), others' is left out. ATT_MODEL_EXPLAINED is
// remembered from one call to the next. `asked` is the situation in which the person wants to know what comes next.
typedef struct att_model_event {
    uint32_t item, at_s, situation; // at_s of a model that learned the order alone: any number that rises
} att_model_event;
#define ATT_MODEL_EXPLAINED 4
att_status att_model_read(const att_model *model, att_fold *fold, const att_model_event *events,
    size_t count, uint32_t asked, size_t explained, att_error *err);
// 0: this model has no sequence part. Else its share of the score, 0 … 1.
double att_model_sequence_share(const att_model *model);
// Best items by the sequence part alone, as candidates beside the index search. None when nobody was read.
// At most ATT_MODEL_SEQUENCE_TOP_MAX.
#define ATT_MODEL_SEQUENCE_TOP_MAX 1024
size_t att_model_sequence_top(const att_model *model, const att_fold *fold, const uint64_t *bits,
    size_t bit_count, size_t count, uint32_t *items, float *scores);
// effects[j * history + i]: how much lower target j scores when item i of the history is removed (exact for one
// removal, Sherman-Morrison; EASE's, blend's and the sequence's part included). Uses the last att_model_fold of `fold`.
att_status att_model_effects(const att_model *model, att_fold *fold, const uint32_t *targets,
    const float *const *target_vectors, size_t target_count, float *effects, att_error *err);
// Relevance of items to the folded person: dot product for ALS, item-item sum for EASE, their weighted
// sum for blend; plus the trend and what is new, where they are there. vectors[j] NULL: the model's own, and for an unknown item the cold-start vector is the caller's to give.
att_status att_model_score(const att_model *model, att_fold *fold, const uint32_t *items,
    const float *const *vectors, size_t count, float *scores, att_error *err);
// Whether that is the product of the two vectors and nothing else, to the bit what the index says. `fold` as for att_model_score.
bool att_model_is_product(const att_model *model, const att_fold *fold);
// EASE and blend score densely: best items by the item-item part alone, as candidates beside the index search.
// Eligible by `bits` (NULL: all). Best first; returns how many.
size_t att_model_item_item_top(const att_model *model, att_fold *fold, const uint64_t *bits,
    size_t bit_count, size_t count, uint32_t *items, float *scores);

#endif
