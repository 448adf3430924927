// SPDX-License-Identifier: Apache-2.0
// guard/text_match.h - which phrases a text holds, seen through what disguises them.
//
// The text's key (text_letters.h: classes of letters, runs once, separators gone) is searched for the keys of all phrases at
// once, by vectorscan or by our own automaton (Aho and Corasick 1975). Where a key is found, the text is spelled against
// the phrase symbol by symbol, with these rules:
//   - a digit or mark counts as a letter it may stand for; at least one symbol is a letter, or a mark
//   - a letter may be repeated; where it is only doubled, as many a word has it, the whole must be no known word
//   - marks may stand between letters, unless what stands between them is all known words; spaces only between single letters
//   - a star may hide a letter of a phrase of four or more: "bl*ckhead"
//   - the ends of a phrase are ends of words in the text, unless the list says otherwise
#ifndef ATT_GUARD_TEXT_MATCH_H
#define ATT_GUARD_TEXT_MATCH_H

#include "guard/text_phrases.h"
#include "guard/text_read.h"

typedef struct att_matcher att_matcher;

typedef struct att_phrase_match {
    uint32_t phrase;     // index in the rules
    uint32_t begin, end; // bytes of the original
    uint16_t how;
    double score; // 1 as it is written, less for each disguise
} att_phrase_match;

// Borrows rules; vocabulary may be NULL, else borrowed too. plain: our own automaton.
att_status att_matcher_create(att_matcher **out, const att_rules *rules, const att_vocabulary *vocabulary, bool plain,
    const att_host *host, att_error *err);
void att_matcher_destroy(att_matcher *matcher);
// In rising order of begin; those inside an allowed phrase, or inside a longer match of the same category, are left out. In
// `scratch`. Any number of threads. False: out of memory.
bool att_matcher_find(const att_matcher *matcher, const att_folded *text, att_arena *scratch, att_phrase_match **out, size_t *count);

// --- The searches: keys of phrases in the key of a text --------------------------------------------

typedef struct att_needles {
    const unsigned char *const *bytes; // (count), each a different key
    const uint32_t *sizes;
    uint32_t count;
} att_needles;

// Tells of every place where needle `needle` ends before byte `end` of the text. False ends the search.
typedef bool att_needle_found(void *user, uint32_t needle, size_t end);

typedef struct att_automaton att_automaton;
att_status att_automaton_create(att_automaton **out, const att_needles *needles, const att_host *host, att_error *err);
void att_automaton_destroy(att_automaton *automaton);
void att_automaton_search(const att_automaton *automaton, const unsigned char *text, size_t size, att_needle_found *found, void *user);

typedef struct att_scanner att_scanner; // vectorscan or hyperscan
bool att_scanner_exists(void);
const char *att_scanner_version(void);
att_status att_scanner_create(att_scanner **out, const att_needles *needles, const att_host *host, att_error *err);
void att_scanner_destroy(att_scanner *scanner);
// False: out of memory.
bool att_scanner_search(const att_scanner *scanner, const unsigned char *text, size_t size, att_needle_found *found, void *user);

#endif
