// SPDX-License-Identifier: Apache-2.0
// guard/text_letters.h - which letters a symbol may stand for.
//
// A digit or mark can be read as letters (leet: "1" as i or l, "@" as a). So that a text with several readings needs one
// search only, letters that share a reading share a class, runs of one class count once, and marks that are no letter
// count nothing: the key. Whatever a text's reading, its key is the same; what has the same key is then compared letter
// by letter (att_spells).
#ifndef ATT_GUARD_TEXT_LETTERS_H
#define ATT_GUARD_TEXT_LETTERS_H

#include "guard/text_fold.h"

// The letters that a digit or mark may stand for, "" for none.
const char *att_leet_of(uint32_t code);
// One byte, never 0: letters of one class share it. 0: this symbol takes no part in a key.
uint8_t att_class_of(uint32_t code);
// What this letter-like symbol may be read as.
bool att_reads_as(const att_symbol *symbol, uint32_t letter);
// A reader's default: the letter itself, or the first that a digit or mark stands for; 0: none.
uint32_t att_default_letter(const att_symbol *symbol);

// Do these symbols spell the word (letters, no spaces), perhaps with leet and with letters repeated? Every symbol must take
// part. *how receives the bits of what was needed.
bool att_spells(const att_symbol *symbols, size_t count, const uint32_t *word, size_t size, uint16_t *how);

#endif
