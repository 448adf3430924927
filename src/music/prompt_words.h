// SPDX-License-Identifier: Apache-2.0
// music/prompt_words.h - the table of words that prompts are read by.
#ifndef ATT_MUSIC_PROMPT_WORDS_H
#define ATT_MUSIC_PROMPT_WORDS_H

#include "attune/prompt.h"

// One meaning: its words, the first of which is its name, and where it lies. Values are targets in 0 … 1, negative: it says nothing.
typedef struct att_prompt_word {
    const char *words; // "synth pop|synthpop|electropop"; each in lower case, of up to three words
    att_prompt_kind kind;
    float axes[ATT_AXIS_COUNT];
    float tempo_least, tempo_most; // of a use alone, as a constraint; 0: none
    att_prompt_wish vocals;        // likewise
} att_prompt_word;

extern const att_prompt_word att_prompt_words[];
extern const size_t att_prompt_word_count;

// A word for a tempo: "slow", "allegro". Bounds as metronomes' makers and textbooks give them, roughly.
typedef struct att_tempo_word {
    const char *words;
    double least, most;
} att_tempo_word;
extern const att_tempo_word att_tempo_words[];
extern const size_t att_tempo_word_count;

#endif
