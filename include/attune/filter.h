// SPDX-License-Identifier: Apache-2.0
// attune/filter.h - may this text be shown? Phrases seen through disguises, and classifiers; doubt is held for people.
//
// A text is brought to a canonical form first: hidden characters, look-alike letters, full width, marks between letters,
// leet and repeated letters are seen through, and every letter keeps the bytes it came from, so that a match shows the original.
// Then a list of phrases is sought in it (docs/filter.md tells the form of the list), and a model, trained by
// att_filter_train, scores it for each category. docs/filter.md has the method and what it was measured at.
#ifndef ATT_FILTER_H
#define ATT_FILTER_H

#include "attune/host.h"
#include "attune/measure.h"

ATT_BEGIN

#define ATT_FILTER_CATEGORIES_MAX 16
#define ATT_FILTER_MATCHES_MAX 16
#define ATT_FILTER_TEXT_MAX ((size_t)1 << 20) // bytes

typedef enum att_filter_verdict { ATT_FILTER_ALLOW, ATT_FILTER_HOLD, ATT_FILTER_DENY } att_filter_verdict;
const char *att_filter_verdict_name(att_filter_verdict verdict); // "allow", "hold", "deny"

// What had to be seen through. Bits.
typedef enum att_seen_through {
    ATT_SEEN_HIDDEN = 1,   // zero-width and other invisible characters
    ATT_SEEN_WRITTEN = 2,  // character references of HTML
    ATT_SEEN_WIDTH = 4,    // full width, circled, mathematical and other forms of the same letter
    ATT_SEEN_LOOK = 8,     // a letter of another script that looks alike
    ATT_SEEN_ACCENT = 16,
    ATT_SEEN_CAPITAL = 32, // no disguise
    ATT_SEEN_LEET = 64,    // a digit or mark for a letter
    ATT_SEEN_REPEAT = 128,
    ATT_SEEN_SPLIT = 256,  // marks or spaces between letters
    ATT_SEEN_MASK = 512    // a star for a letter
} att_seen_through;
// "leet, marks between letters"; "" for none. Returns out.
const char *att_seen_through_text(uint32_t bits, char *out, size_t size);

typedef struct att_filter_match {
    uint32_t category;
    size_t begin, end; // bytes of the text that was given
    double score;      // of a phrase: 1 as it is written, less for every disguise; of the classifier: what the score loses without this word
    uint32_t seen;     // bits of att_seen_through
    att_text phrase;   // as the list has it; empty: the classifier's. Valid as long as the filter
} att_filter_match;

typedef struct att_filter_result {
    att_filter_verdict verdict;
    uint32_t category; // that led to it; ATT_FILTER_CATEGORIES_MAX when allowed
    bool scored;       // there is a model
    double scores[ATT_FILTER_CATEGORIES_MAX]; // probabilities, by category; 0 for those that the model does not know
    att_filter_match matches[ATT_FILTER_MATCHES_MAX]; // in the order of the text, phrases before words of the classifier
    size_t match_count; // of them
    size_t match_total; // found
} att_filter_result;

typedef struct att_filter_options {
    const char *phrases; // path of a phrase list; NULL: none
    const char *model;   // path of what att_filter_train wrote; NULL: none. One of the two must be
    bool plain;          // the plain twins: no ICU, no vectorscan
} att_filter_options;

typedef struct att_filter att_filter;

// Reads the files; they are not needed afterwards. Owned by the caller; destroy takes NULL.
att_status att_filter_create(att_filter **out, const att_filter_options *options, const att_host *host, att_error *err);
void att_filter_destroy(att_filter *filter);
size_t att_filter_categories(const att_filter *filter);
const char *att_filter_category(const att_filter *filter, uint32_t category); // valid as long as the filter
// Scores from which the classifier holds and denies; above 1: never.
void att_filter_thresholds(const att_filter *filter, uint32_t category, double *hold_at, double *deny_at);
size_t att_filter_phrases(const att_filter *filter);

// Any number of threads may check with one filter. ATT_INVALID: not UTF-8, ATT_LIMIT: longer than ATT_FILTER_TEXT_MAX.
att_status att_filter_check(const att_filter *filter, att_text text, att_filter_result *out, att_error *err);
// The canonical form: words as they are read, one space between them. Writes at most `size` bytes with a zero at the end, and
// returns how many the whole has.
att_status att_filter_canonical(const att_filter *filter, att_text text, char *out, size_t size, size_t *whole, att_error *err);

// --- The filter of a store ----------------------------------------------------------------------------

// Is called once, while the filter is there; must not call the engine.
typedef void att_text_check_seer(void *user, const att_filter *filter, const att_filter_result *result);
// One text through PATH-filter.txt and PATH-filter.model, whether or not the policy filters items by them. Nothing is kept.
// ATT_NOT_FOUND: neither file is there.
struct att_engine;
att_status att_engine_text_check(
    struct att_engine *engine, att_text text, att_text_check_seer *see, void *user, att_error *err);

// --- Training ---------------------------------------------------------------------------------------

typedef struct att_filter_train_options {
    const char *mapping;  // which columns are what, see docs/filter.md; NULL: "text=text,label=label"
    uint64_t test_every;  // rows whose id is a multiple of it are left out; 0: none
    uint64_t seed;        // 0: 1
    uint32_t threads;     // 0: 1
} att_filter_train_options;

typedef struct att_filter_trained {
    uint64_t rows, left_out, words, features;
    size_t category_count;
    char categories[ATT_FILTER_CATEGORIES_MAX][33];
    double thresholds[ATT_FILTER_CATEGORIES_MAX];
    double macro_f1; // out of fold
} att_filter_trained;

// The same seed, rows and options give the same bytes, on any number of threads.
att_status att_filter_train(const char *csv, const char *model, const att_filter_train_options *options, const att_host *host,
    att_filter_trained *out, att_error *err);

// --- Measuring --------------------------------------------------------------------------------------

typedef enum att_disguise {
    ATT_DISGUISE_NONE,
    ATT_DISGUISE_HIDDEN, // zero-width characters between letters
    ATT_DISGUISE_HOMOGLYPH,
    ATT_DISGUISE_FULL_WIDTH,
    ATT_DISGUISE_DOTS,
    ATT_DISGUISE_LEET,
    ATT_DISGUISE_REPEATS,
    ATT_DISGUISE_MIXED, // each word by one of the others
    ATT_DISGUISE_COUNT
} att_disguise;
const char *att_disguise_name(att_disguise disguise); // "zero-width" …

typedef struct att_filter_evaluate_options {
    const char *mapping; // as in training
    const char *model;   // NULL: one is trained on the rows that are not for the test
    uint64_t test_every; // rows whose id is a multiple are the test; 0: all (with a model only)
    double share;        // of words that are disguised; 0: 1
    uint64_t seed;       // of training, disguises and resamples; 0: 1
    uint32_t threads, resamples; // 0: 1, 1000
} att_filter_evaluate_options;

typedef struct att_filter_figures {
    att_disguise disguise;
    att_interval macro_f1; // over the categories, and none
    att_interval auc;      // any category against none
    att_interval f1[ATT_FILTER_CATEGORIES_MAX + 1]; // the last in use is none's
    double texts_per_s;    // on one core, from bytes to scores
} att_filter_figures;

typedef struct att_filter_report {
    uint64_t trained_rows, test_rows, words, features;
    size_t category_count;
    char categories[ATT_FILTER_CATEGORIES_MAX][33];
    double thresholds[ATT_FILTER_CATEGORIES_MAX];
    double trained_macro_f1;
    att_filter_figures figures[ATT_DISGUISE_COUNT];
} att_filter_report;

att_status att_filter_evaluate(const char *csv, const att_filter_evaluate_options *options, const att_host *host,
    att_filter_report *out, att_error *err);

ATT_END
#endif
