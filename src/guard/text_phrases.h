// SPDX-License-Identifier: Apache-2.0
// guard/text_phrases.h - the list of phrases, as somebody wrote it: plain text, a line each.
//
//   # a remark
//   [insult hold]            what follows is of this category; hold (unless it says deny) is what happens
//   [slur deny hold=0.4 deny=0.95]   from which score of the classifier on this category is held, denied
//   blockhead                a word by itself
//   dumb bunny               words, with anything but letters between them
//   nitwit*                  words that begin so; *wit ends so; *wit* anywhere
//   + dumbwaiter             allowed: what lies inside such words is no match
//
// Letters and digits alone count; a phrase is folded as texts are (text_fold.h), so its own case and accents do not matter.
#ifndef ATT_GUARD_TEXT_PHRASES_H
#define ATT_GUARD_TEXT_PHRASES_H

#include "guard/text_fold.h"
#include "guard/text_rows.h"

#define ATT_PHRASES_MAX 100000
#define ATT_PHRASE_LETTERS_MAX 128
#define ATT_PHRASE_FILE_MAX ((size_t)64 << 20)

typedef struct att_phrase {
    uint32_t *codes; // (size): letters and digits, ' ' between words
    uint32_t size;
    att_text written; // as in the file, without the sign of an allowed one
    uint32_t line;
    uint8_t category;
    bool allowed, open_front, open_back;
} att_phrase;

typedef struct att_rule {
    char name[ATT_CATEGORY_NAME_MAX + 1];
    bool denies;             // phrases of it deny, else they hold
    double hold_at, deny_at; // of the classifier's score; NAN: not said
} att_rule;

typedef struct att_rules {
    att_host host;
    att_arena life;
    att_rule rules[ATT_CATEGORIES_MAX];
    size_t rule_count;
    ATT_VEC(att_phrase) phrases;
} att_rules;

// The story names file and line.
att_status att_rules_load(att_rules *out, const char *path, const att_folding *folding, const att_host *host, att_error *err);
att_status att_rules_parse(att_rules *out, const char *name, att_text text, const att_folding *folding, const att_host *host,
    att_error *err);
void att_rules_deinit(att_rules *rules); // of a zeroed struct is fine

#endif
