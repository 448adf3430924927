// SPDX-License-Identifier: Apache-2.0
// guard/text_near.h - texts that are nearly the same: signatures of their canonical forms, and long runs in common.
#ifndef ATT_GUARD_TEXT_NEAR_H
#define ATT_GUARD_TEXT_NEAR_H

#include "attune/near.h"
#include "base/arena.h"
#include "guard/text_fold.h"

enum { ATT_NEAR_HASHES = 126, ATT_NEAR_BANDS = 42, ATT_NEAR_ROWS = ATT_NEAR_HASHES / ATT_NEAR_BANDS, ATT_NEAR_SHINGLE = 5 };

// What a text is compared by.
typedef struct att_near_view {
    uint32_t *letters;  // (letter_count): letters and digits of the canonical form, runs once, nothing else
    size_t letter_count;
    uint64_t *shingles; // (shingle_count) rising, each once: hashes of ATT_NEAR_SHINGLE letters in a row
    size_t shingle_count;
    uint32_t signature[ATT_NEAR_HASHES];
} att_near_view;

// In `scratch`. False: out of memory.
bool att_near_view_of(const att_folding *folding, att_text text, att_arena *scratch, att_near_view *out);
// The share of shingles in common, |A n B| / |A u B|; and of the smaller one's, |A n B| / min(|A|, |B|).
double att_near_jaccard(const att_near_view *a, const att_near_view *b);
double att_near_containment(const att_near_view *a, const att_near_view *b);
// The share of equal numbers in two signatures: an estimate of the first.
double att_near_estimate(const uint32_t *a, const uint32_t *b);
// All runs of letters of a text: its suffix automaton (Blumer and others 1985). In `scratch`. NULL: out of memory.
typedef struct att_near_runs att_near_runs;
const att_near_runs *att_near_runs_of(const att_near_view *view, att_arena *scratch);
// The longest run that another text has too.
size_t att_near_longest(const att_near_runs *runs, const att_near_view *other);
// The same by comparing every pair of places: the plain twin.
size_t att_near_longest_plain(const att_near_view *a, const att_near_view *b);

#endif
