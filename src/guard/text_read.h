// SPDX-License-Identifier: Apache-2.0
// guard/text_read.h - a folded text as words, each in its likeliest reading.
//
// "f.0.0.d", "f00d", "fooood" and "f o o d" are all read as "food", if "food" is a word that the vocabulary knows and what
// is written is none. Names of users become @, addresses http, numbers 0: what a filter learns is about words.
#ifndef ATT_GUARD_TEXT_READ_H
#define ATT_GUARD_TEXT_READ_H

#include "guard/text_letters.h"

#define ATT_WORD_LETTERS_MAX 32

// The words that are known, with how often they were seen.
typedef struct att_vocabulary att_vocabulary;
att_status att_vocabulary_create(att_vocabulary **out, const att_host *host, att_error *err);
void att_vocabulary_destroy(att_vocabulary *vocabulary);
// Counts the words of a text as they are written.
att_status att_vocabulary_count(att_vocabulary *vocabulary, const att_folded *text, att_error *err);
// A word by itself. Words with other than letters, or too long, are passed over.
att_status att_vocabulary_add(att_vocabulary *vocabulary, att_text word, uint32_t times, att_error *err);
// Nothing is added from here on: drops words seen less than `least` times, and makes it ready to be asked.
att_status att_vocabulary_close(att_vocabulary *vocabulary, uint32_t least, att_error *err);
uint32_t att_vocabulary_times(const att_vocabulary *vocabulary, att_text word); // 0: not known
size_t att_vocabulary_size(const att_vocabulary *vocabulary);
// In an order that depends on the words alone. Borrowed.
att_text att_vocabulary_word(const att_vocabulary *vocabulary, size_t index, uint32_t *times);
// The likeliest known word that these symbols spell; empty: none.
att_text att_vocabulary_read(const att_vocabulary *vocabulary, const att_symbol *symbols, size_t count, uint16_t *how);

typedef struct att_token {
    att_text word;       // as read: UTF-8, lower case
    att_text key;        // of the word as read
    uint32_t begin, end; // bytes of the original
    uint16_t how;
    bool known; // in the vocabulary
} att_token;

typedef struct att_reading {
    att_token *tokens;
    size_t count;
} att_reading;

// vocabulary may be NULL: then words are read as they are written. False: out of memory.
bool att_read_text(const att_vocabulary *vocabulary, const att_folded *text, att_arena *scratch, att_reading *out);

#endif
