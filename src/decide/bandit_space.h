// SPDX-License-Identifier: Apache-2.0
// decide/bandit_space.h - from hashed features to the numbers that a bandit's models multiply.
//
// A question has context features c (who asks, where, when) and, for each option, option features o (its own name first).
// Models work on the crosses c x o: the score of an option is sum over its features g of o_g * (W[g] . x). So there are two
// lists: columns, the context features (column 0 is the constant 1), and slots, the option features. Both are numbered in order
// of first appearance, as long as the columns are few and slots x columns stay within 2^bits ("narrow"); the weights then lie
// in dense rows, one a slot, and SIMD runs along a row. Beyond that the space turns "wide", for good: a weight's place is a
// hash of the two features into a table of 2^bits, as in Weinberger et al. 2009 (feature hashing).
//
// Values need no scaling by the user. Narrow: a column is centred and divided by its running standard deviation over all
// rounds, and cut at +-5; wide: divided by the running root mean square of its non-zero values (the "N" of the normalized
// adaptive updates of Ross, Mineiro and Langford 2013). Option features likewise by their root mean square.
#ifndef ATT_DECIDE_BANDIT_SPACE_H
#define ATT_DECIDE_BANDIT_SPACE_H

#include "base/base.h"
#include "base/names.h"

// A hashed feature with its value. Keys come from att_bandit_key.
typedef struct att_bandit_feature {
    uint64_t key;
    float value; // finite
} att_bandit_feature;

typedef struct att_bandit_features {
    const att_bandit_feature *items;
    size_t count;
} att_bandit_features;

// What is asked. Everything is borrowed.
typedef struct att_bandit_question {
    att_bandit_features context;
    const att_bandit_features *options; // (count); the first feature of each is its name
    uint32_t count;                     // 1 … ATT_BANDIT_OPTIONS_MAX
} att_bandit_question;

#define ATT_BANDIT_OPTIONS_MAX 4096
#define ATT_BANDIT_FEATURES_MAX 4096 // of one context or one option
#define ATT_BANDIT_NARROW_COLUMNS 1024

// XXH3-64 of the name under a seed made from the namespace; never 0.
uint64_t att_bandit_key(att_text name_space, att_text name);

// Keys to numbers in order of first appearance.
typedef struct att_bandit_numbers {
    uint64_t *keys;  // (capacity) by number
    uint32_t *places; // (place_count) number + 1, 0: free; a power of two
    uint32_t count, capacity, place_count;
} att_bandit_numbers;

typedef struct att_bandit_moments {
    double sum, square, seen; // over values; seen: how many were not zero
} att_bandit_moments;

typedef struct att_bandit_space {
    const att_host *host;
    uint32_t bits;
    bool wide;
    uint64_t rounds;
    att_bandit_numbers columns, slots;
    att_bandit_moments *column_moments; // (columns.capacity)
    att_bandit_moments *slot_moments;   // (slots.capacity)
    att_bandit_moments *wide_moments;   // (2^ATT_BANDIT_WIDE_MOMENT_BITS) by hash, once wide
} att_bandit_space;

#define ATT_BANDIT_WIDE_MOMENT_BITS 16

// A question seen through a space. One thread; grows when a larger question comes, else allocates nothing.
typedef struct att_bandit_view {
    const att_host *host;
    bool wide;
    uint32_t columns;       // length of x; x[0] = 1. Narrow: one a column
    ATT_VEC(float) x;
    ATT_VEC(uint64_t) keys; // wide: of each place of x
    uint32_t count;         // options
    ATT_VEC(uint32_t) first;      // (count + 1): the features of option i are parts first[i] … first[i + 1]
    ATT_VEC(uint32_t) part_slot;  // narrow: number, ATT_NO_INDEX for one never met
    ATT_VEC(uint64_t) part_key;
    ATT_VEC(float) part_value;
} att_bandit_view;

att_status att_bandit_space_init(
    att_bandit_space *space, uint32_t bits, const att_host *host, att_error *err);
void att_bandit_space_deinit(att_bandit_space *space);
// Numbers what is new, or turns wide. Then counts the question's values. Only learning calls it.
// *turned: it became wide by this very call; the numbers of before are still there until att_bandit_space_forget_numbers.
att_status att_bandit_space_add(
    att_bandit_space *space, const att_bandit_question *question, bool *turned, att_error *err);

void att_bandit_view_init(att_bandit_view *view, const att_host *host);
void att_bandit_view_deinit(att_bandit_view *view);
att_status att_bandit_view_fill(att_bandit_view *view, const att_bandit_space *space,
    const att_bandit_question *question, att_error *err);

// The mean and the deviation that a narrow column is centred and divided by; a deviation of 0: it says nothing.
void att_bandit_column_scale(const att_bandit_space *space, uint32_t column, double *mean, double *deviation);
uint32_t att_bandit_number(const att_bandit_numbers *numbers, uint64_t key); // ATT_NO_INDEX: not there

// `count` keys, then their moments, out of `in` into fresh numbers; keys that repeat are ATT_CORRUPT.
struct att_byte_reader;
att_status att_bandit_numbers_read(const att_host *host, att_bandit_numbers *numbers, att_bandit_moments **moments,
    uint32_t count, struct att_byte_reader *in, att_error *err);

// Place of the weight of (slot, column) in a wide table of 2^bits.
static inline size_t att_bandit_place(uint64_t slot_key, uint64_t column_key, uint32_t bits)
{
    const uint64_t mixed = (slot_key ^ (column_key * UINT64_C(0x9e3779b97f4a7c15))) * UINT64_C(0xd6e8feb86659fd93);
    return (size_t)((mixed ^ (mixed >> 32)) * UINT64_C(0xd6e8feb86659fd93) >> (64 - bits));
}
#define ATT_BANDIT_CONSTANT_KEY UINT64_C(0x2545f4914f6cdd1d)

#endif
