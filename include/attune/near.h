// SPDX-License-Identifier: Apache-2.0
// attune/near.h - has this text been here before, in other words, in another order, or in disguise?
//
// A text is compared by its canonical form (attune/filter.h: case, marks, spaces, look-alikes, leet and repeats do not matter).
// Candidates come from two indexes: signatures of 126 minima over hashed runs of five letters (MinHash, Broder 1997) in 42 bands,
// and the text's rarest-hashed runs of letters (winnowing, Schleimer, Wilkerson and Aiken 2003), which find a text inside a longer
// one. Each candidate is then compared exactly. docs/filter.md has the method and the rates.
#ifndef ATT_NEAR_H
#define ATT_NEAR_H

#include "attune/host.h"

ATT_BEGIN

#define ATT_NEAR_TEXT_MAX ((size_t)1 << 20) // bytes
#define ATT_NEAR_TEXTS_MAX 10000000
#define ATT_NEAR_FOUND_MAX 64

typedef struct att_near_options {
    double likeness; // from this share of runs in common a text is found, 0.1 … 1; 0: 0.35
    double inside;   // or from this share of the smaller one's runs, 0.1 … 1; 0: 0.8
    size_t run_least; // or from so many letters in a row in common, at least 16; 0: 40
    bool plain;      // folding without ICU
} att_near_options;

typedef struct att_near_match {
    uint64_t id;     // as it was added
    double likeness; // |A n B| / |A u B| of runs of five letters
    double inside;   // |A n B| / min(|A|, |B|)
    size_t run;      // letters in the longest run in common
} att_near_match;

typedef struct att_near att_near;

att_status att_near_create(att_near **out, const att_near_options *options, const att_host *host, att_error *err); // NULL: defaults
void att_near_destroy(att_near *near); // NULL is fine
// Keeps what it needs of the text. Not while another thread looks. A text of fewer than five letters and digits is never found.
att_status att_near_add(att_near *near, uint64_t id, att_text text, att_error *err);
size_t att_near_count(const att_near *near);
// Most alike first; at most ATT_NEAR_FOUND_MAX. Any number of threads, while nobody adds.
att_status att_near_find(const att_near *near, att_text text, att_near_match out[ATT_NEAR_FOUND_MAX], size_t *count, att_error *err);

// --- Measuring --------------------------------------------------------------------------------------

// What is done to a text before it is looked for.
typedef enum att_near_attack {
    ATT_ATTACK_NONE,
    ATT_ATTACK_CASE,      // all capitals
    ATT_ATTACK_MARKS,     // punctuation and spaces anew
    ATT_ATTACK_WORDS_10,  // one word in ten replaced
    ATT_ATTACK_WORDS_20,
    ATT_ATTACK_WORDS_30,
    ATT_ATTACK_ORDER,     // its parts in another order
    ATT_ATTACK_AROUND,    // as much foreign text before and behind as it has itself
    ATT_ATTACK_HALF,      // its first half alone
    ATT_ATTACK_DISGUISE,  // every word disguised (attune/filter.h)
    ATT_ATTACK_COUNT
} att_near_attack;
const char *att_near_attack_name(att_near_attack attack);

typedef struct att_near_rates {
    uint64_t texts, pairs_asked, false_alarms; // other texts than the one looked for, of all that were asked about
    uint64_t looked[ATT_ATTACK_COUNT], found[ATT_ATTACK_COUNT];
    double looks_per_s; // on one core
} att_near_rates;

// One text a line. Every second text goes into the index and is looked for under every attack; the others are looked for as they
// are: what is found then is a false alarm, unless it is a copy (its letters are the same).
att_status att_near_measure(const char *path, const att_near_options *options, uint64_t seed, const att_host *host, att_near_rates *out,
    att_error *err);

ATT_END
#endif
