// SPDX-License-Identifier: Apache-2.0
// guard/text_fold.h - a text as the letters that an eye sees, each with its bytes in the original.
//
// What is folded, in this order, one code point at a time:
//   hidden     zero-width characters, soft hyphens, direction marks, variation selectors and combining marks go away
//   written    character references of HTML (&#98; &amp;) are read
//   width      compatibility forms (full width, mathematical, circled, ligatures) become plain: NFKC of UAX 15
//   look       a letter that looks like one of a … z becomes it: confusables of UTS 39 (2023), by their skeletons
//   case       what is left is folded (NFKC_Casefold) and loses its accents
//   drawn      marks that together draw a letter beside others are that letter: |-| /\ ()
// A word of letters of one other script, one of which looks like no Latin letter, is a word of that script and keeps
// its letters: "сок" is Russian, "соск" alone could be either and is read as Latin.
//
// Leet, separators and repeats have several readings; they are left to who reads (text_read.h).
#ifndef ATT_GUARD_TEXT_FOLD_H
#define ATT_GUARD_TEXT_FOLD_H

#include "base/arena.h"

#define ATT_FOLD_TEXT_MAX ((size_t)1 << 20) // bytes

typedef enum att_symbol_kind { ATT_SYMBOL_SPACE, ATT_SYMBOL_MARK, ATT_SYMBOL_DIGIT, ATT_SYMBOL_LETTER } att_symbol_kind;

// How a symbol came to be: bits.
enum {
    ATT_HOW_HIDDEN = 1, // something invisible stood before it
    ATT_HOW_WRITTEN = 2,
    ATT_HOW_WIDTH = 4,
    ATT_HOW_LOOK = 8,
    ATT_HOW_ACCENT = 16,
    ATT_HOW_CASE = 32, // it was a capital: no disguise, but it says something
    // Set by who reads:
    ATT_HOW_LEET = 64,
    ATT_HOW_REPEAT = 128,
    ATT_HOW_SPLIT = 256,
    ATT_HOW_MASK = 512
};

typedef struct att_symbol {
    uint32_t code;       // folded code point; ' ' for every kind of space
    uint32_t begin, end; // bytes of the original
    uint16_t how;
    uint8_t kind;
} att_symbol;

typedef struct att_folding att_folding;

// Tables that fill as code points are met; any number of threads may fold with one at a time.
att_status att_folding_create(att_folding **out, bool plain, const att_host *host, att_error *err);
void att_folding_destroy(att_folding *fold);

typedef struct att_folded {
    att_symbol *symbols; // (count)
    size_t count;
} att_folded;

// Bytes that are not UTF-8 become marks. In `scratch`. False: out of memory, or longer than ATT_FOLD_TEXT_MAX.
bool att_folding_text(const att_folding *fold, att_text text, att_arena *scratch, att_folded *out);

// What one code point folds to: at most ATT_FOLD_CODES_MAX code points; 0 is fine (hidden).
enum { ATT_FOLD_CODES_MAX = 4 };
typedef struct att_fold_of {
    uint32_t codes[ATT_FOLD_CODES_MAX];
    uint32_t own[ATT_FOLD_CODES_MAX]; // the same without the look: what it is in its own script
    uint8_t count, own_count;
    uint8_t how;
    uint8_t kind;   // of all of them
    uint8_t script; // 0: none or Latin; others only tell scripts apart
    bool faint;     // it looks like the letter only among Latin ones
} att_fold_of;

// The plain twin: tables of our own, for builds without ICU and for the test of those with it.
att_fold_of att_fold_plain(uint32_t code);
// With ICU; false when this build has none.
bool att_fold_icu(void *checker, uint32_t code, att_fold_of *out);
void *att_fold_icu_create(void);       // the checker; NULL when there is none
void att_fold_icu_destroy(void *checker);
const char *att_fold_unicode_version(void); // "15.0" by ICU, "" without

// The code point at text[at …), 0xFFFD and one byte where it is not UTF-8.
uint32_t att_fold_decode(att_text text, size_t at, size_t *size);
// One to four bytes.
size_t att_fold_encode(uint32_t code, char out[4]);

#endif
