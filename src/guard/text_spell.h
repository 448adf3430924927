// SPDX-License-Identifier: Apache-2.0
// guard/text_spell.h - does a text spell this phrase here?
#ifndef ATT_GUARD_TEXT_SPELL_H
#define ATT_GUARD_TEXT_SPELL_H

#include "guard/text_phrases.h"
#include "guard/text_read.h"

typedef struct att_spelled {
    size_t first, last; // symbols
    uint16_t how;
    double score;
} att_spelled;

// From symbol `from` on. vocabulary may be NULL. masked: stars stand for letters, else between them.
bool att_spell_phrase(const att_folded *text, size_t from, const att_phrase *phrase, const att_vocabulary *vocabulary, bool masked,
    att_spelled *out);

#endif
