// SPDX-License-Identifier: Apache-2.0
// guard/text_model.h - what a filter learned: words, features, one weight vector a category, and thresholds.
//
// Members of the ensemble, each one-against-the-rest for every category and for "none":
//   plain   logistic regression on all features
//   bayes   the same, features scaled by |log-count ratio| (the idea of NB-SVM, Wang and Manning 2012)
//   words   as bayes, on words and their pairs alone
// A logistic regression over the members' scores on rows that they had not seen (five folds) weighs them (stacking,
// Wolpert 1992), and thresholds are sought on the same out-of-fold scores for the best macro-F1. All of it is linear, so the
// whole ensemble is folded into one weight vector a category; the test holds the two against each other.
//
// File: a snapshot (store/snapshot.h) of kind TXTF, byte by byte in docs/formats.md.
#ifndef ATT_GUARD_TEXT_MODEL_H
#define ATT_GUARD_TEXT_MODEL_H

#include "guard/text_features.h"
#include "guard/text_rows.h"

enum { ATT_MODEL_MEMBERS = 3, ATT_MODEL_TARGETS_MAX = ATT_CATEGORIES_MAX + 1 };

typedef struct att_text_model {
    att_host host;
    char categories[ATT_CATEGORIES_MAX][ATT_CATEGORY_NAME_MAX + 1];
    size_t category_count;
    bool exclusive;
    double thresholds[ATT_CATEGORIES_MAX]; // a score from here on says: of this category
    double trained_macro_f1;               // out of fold
    uint64_t seed, rows;
    att_vocabulary *vocabulary;
    att_feature_table features;
    float *weights; // (category_count + 1, features.count + 1): the last target is none
} att_text_model;

typedef struct att_text_train_options {
    uint64_t seed;
    uint32_t threads;
    double cost;    // c of every example before balancing
    double balance; // an example's cost is times (rows / (classes * rows of its class)) to this power
} att_text_train_options;

// Rows of `data` named by `rows` (count). Told of by host.progress; false there cancels.
att_status att_text_model_train(att_text_model *out, const att_folding *folding, const att_labelled *data, const uint32_t *rows,
    size_t count, const att_text_train_options *options, const att_host *host, att_error *err);
void att_text_model_deinit(att_text_model *model); // of a zeroed struct is fine

// scores is (category_count + 1): probabilities; the last is that of "none". False: out of memory.
bool att_text_model_score(const att_text_model *model, const att_reading *reading, att_arena *scratch, double *scores);
// The category that the scores say, or category_count for none.
size_t att_text_model_class(const att_text_model *model, const double *scores);

att_status att_text_model_save(const att_text_model *model, const char *path, att_error *err);
att_status att_text_model_load(att_text_model *out, const char *path, const att_host *host, att_error *err);
// Over the bytes of a file (borrowed for the call, 64-byte aligned), for fuzzing.
att_status att_text_model_load_memory(att_text_model *out, const void *data, size_t size, const att_host *host, att_error *err);

#endif
