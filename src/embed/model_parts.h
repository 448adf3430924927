// SPDX-License-Identifier: Apache-2.0
// embed/model_parts.h - what a model is made of. For the files of this room that build, use and keep one.
#ifndef ATT_EMBED_MODEL_PARTS_H
#define ATT_EMBED_MODEL_PARTS_H

#include "embed/als.h"
#include "embed/content.h"
#include "embed/ease.h"
#include "embed/model.h"
#include "embed/newness.h"
#include "embed/seq_data.h"
#include "embed/seq_serve.h"
#include "embed/trend.h"

#define ATT_MODEL_VERSION 2 // of the file's sections; 1 is read too

// What to train: everything that validation chooses.
typedef struct att_recipe {
    att_model_kind kind;
    att_als_options als;
    att_ease_options ease;
    double mix; // blend: the share of als
} att_recipe;

// From the recipe that a file holds: within the bounds that training would check. False: not.
bool att_recipe_is_sound(const att_recipe *recipe);

// Arrays belong to `life` (trained) or to `snapshot` (loaded); ease likewise to the host or to the snapshot.
struct att_model {
    att_host host;
    att_arena life;
    att_snapshot *snapshot;
    const att_normal *normal;
    const att_kernels *kernels;
    att_model_kind kind;
    uint64_t version;
    uint32_t item_count, dim, stride;
    float *items;            // (item_count, stride); NULL without vectors
    const uint32_t *touched; // (item_count) people who prefer it
    uint32_t touched_count;  // items that anybody prefers
    uint8_t *placed;         // (item_count) 1: has a vector
    const float *base; // (stride, stride) unobserved * G + the people's penalty; 1 in the padding
    const float *popularity; // (item_count)
    att_item_item ease;
    double unobserved, penalty; // of people's equations
    att_content content;
    double mix, ease_scale; // item-item sums times ease_scale are on the scale of dot products
    att_seq *seq;           // NULL: none
    double seq_share;       // of the score; the rest is that of the other parts
    double seq_scale;       // the sequence's scores times it are on the scale of the other parts
    att_trend trend;        // values NULL: none
    att_newness newness;    // born_days NULL: none
    bool has_recipe;        // false: a file from before recipes were kept
    att_recipe recipe;      // what it was built by; recipe.als.start is NULL
    att_model_origin origin;
};

// Aligned memory that grows.
typedef struct att_float_block {
    float *at; // 64-byte aligned
    void *memory;
    size_t size; // bytes of memory
} att_float_block;
bool att_float_block_fit(att_float_block *block, size_t floats, const att_host *host);
void att_float_block_deinit(att_float_block *block, const att_host *host);

// One event of the history as the equations hold it.
typedef struct att_fold_row {
    uint32_t item;
    uint32_t row; // in the panel; UINT32_MAX: it has no vector
    float weight; // as given; below 0: not wanted
} att_fold_row;

// How loud the parts are that hang on the day.
typedef struct att_fold_day {
    double trend, newness; // times the trend's values and what is new is their part of a score
    att_newness_moment moment;
} att_fold_day;

// What is read of a person by the sequence part (fold_seq.c).
typedef struct att_fold_sequence att_fold_sequence;
void att_fold_sequence_destroy(att_fold_sequence *sequence); // NULL is fine
void att_fold_sequence_forget(att_fold_sequence *sequence);  // NULL is fine

struct att_fold {
    att_host host;
    const att_model *model; // of the last fold; NULL: none
    att_float_block block, extra;
    ATT_VEC(att_fold_row) history;
    size_t rows;   // in the panel
    float *factor; // (stride, stride) U
    float *vector; // (stride)
    float *panel;  // (rows, stride) sqrt|w| x
    float *sums;   // (item_count) item-item sums; NULL where the model has none
    att_fold_day day, asked_day; // what scores are made with; what was asked last
    att_fold_sequence *sequence; // NULL: never read
    ATT_VEC(att_model_event) events; // of a history, for it
    // The sequence scorer's own.
    att_seq_reader *reader; // NULL: not asked yet
    ATT_VEC(att_seq_place) places; // of a history that is being sorted
};

// Trains on all of `preferences` as the recipe says. No content, no choice. als.dim 0: no vectors (to try ease alone).
att_status att_model_build(att_model **out, const att_matrix *preferences, const att_recipe *recipe,
    uint32_t threads, const att_host *host, att_train_report *report, att_error *err);
att_recipe att_recipe_default(void);
// base from the item vectors as they are now.
att_status att_model_make_base(att_model *model, uint32_t threads, att_error *err);
// Learns content from the bodies in `input`, moves items with few preferences towards it and places those with none.
att_status att_content_learn(att_model *model, const att_model_input *input, uint64_t seed,
    uint32_t threads, att_error *err);
// `vectors` (als) becomes a blend with the item-item weights of `sums` (ease), which loses them. `preferences`
// is what both were trained on.
att_status att_model_join(
    att_model *vectors, att_model *sums, const att_matrix *preferences, att_error *err);

// att_model_fold over known items.
att_status att_model_fold_arrays(const att_model *model, att_fold *fold, const uint32_t *items,
    const float *weights, size_t count, att_error *err);

// The sequence model's state after these events, oldest first (att_seq_read), for who asks in the situation `asked`, by the fold's own
// reader. Borrowed until the next call. Fails for want of memory only.
att_status att_fold_read(att_fold *fold, const att_seq *seq, const att_seq_place *places,
    size_t count, bool timed, uint32_t asked, const float **state, att_error *err);

// Learns a sequence part and its share where it helps; report->sequence says what came of it. `model` is trained on all
// of input->preferences by `recipe`.
att_status att_choose_sequence(att_model *model, const att_recipe *recipe,
    const att_model_input *input, const att_train_options *options, att_train_report *report,
    att_error *err);

// A trend becomes a part of the model, on the scale of what it scores to the same people. m is what the model was trained on,
// at_ms the times beside m->col.
att_status att_model_add_trend(att_model *model, const att_matrix *m, const int64_t *at_ms,
    double half_life_days, double weight, att_error *err);
// Likewise what came since a person was last here. Needs input->last_at_ms.
att_status att_model_add_newness(
    att_model *model, const att_model_input *input, double half_life_days, double weight, att_error *err);

// Reads a model out of an opened snapshot, which it adopts (also when it fails).
att_status att_model_of_snapshot(att_model **out, att_snapshot *snapshot, uint32_t version,
    const att_host *host, att_error *err);

// After att_model_read has read somebody: the score of an item, on the scale of the other parts; what each explained event did.
bool att_fold_is_read(const att_fold *fold);
double att_fold_sequence_score(const att_model *model, const att_fold *fold, uint32_t item);
void att_fold_sequence_effects(const att_model *model, const att_fold *fold,
    const uint32_t *targets, size_t target_count, float *effects);

// `seq` becomes a part of the model, with this share of the score, on a scale found on some people of `m`, whose
// preferences happened at at_s (beside m->col), in these situations (likewise; NULL: not known). Adopts `seq`, also when it fails.
att_status att_model_add_sequence(att_model *model, att_seq *seq, double share, const att_matrix *m,
    const uint32_t *at_s, const uint16_t *situation, att_error *err);

// scores[j] for all j < item_count, after att_model_fold.
void att_model_score_all(const att_model *model, const att_fold *fold, float *scores);

#endif
