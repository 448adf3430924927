// SPDX-License-Identifier: Apache-2.0
// attune/prompt.h - words about music become constraints and a vector, and tracks are ranked by them.
//
// "high-energy synth pop, 120-128 BPM, minor, no vocals" is read by rules and a table of words of ours, no model: what was understood
// is told back with what it was taken for, and what was not is told too. docs/prompts.md has the grammar and the table's kinds.
#ifndef ATT_PROMPT_H
#define ATT_PROMPT_H

#include "attune/items.h"
#include "attune/signals.h"

ATT_BEGIN

#define ATT_PROMPT_SIZE_MAX 2000 // bytes
#define ATT_PROMPT_TERMS_MAX 32
#define ATT_PROMPT_SAID_MAX 64

// The vector: features of an item (0 … 1), as the analyser writes them.
typedef enum att_prompt_axis {
    ATT_AXIS_ENERGY,
    ATT_AXIS_VALENCE,
    ATT_AXIS_AROUSAL,
    ATT_AXIS_BRIGHTNESS,
    ATT_AXIS_HARMONICITY,
    ATT_AXIS_COUNT
} att_prompt_axis;
const char *att_prompt_axis_name(att_prompt_axis axis); // "energy" …, the feature's name

typedef enum att_prompt_kind {
    ATT_PROMPT_GENRE,
    ATT_PROMPT_MOOD,
    ATT_PROMPT_INSTRUMENT,
    ATT_PROMPT_USE // workout, sleep …
} att_prompt_kind;
const char *att_prompt_kind_name(att_prompt_kind kind);

typedef struct att_prompt_range {
    bool given;
    double least, most; // -HUGE_VAL, HUGE_VAL: open
} att_prompt_range;

typedef struct att_prompt_term {
    att_prompt_kind kind;
    const char *names; // its words in the table, the first its name: "synth pop|synthpop|electropop"; static
    bool unwanted;
} att_prompt_term;

// A piece of the prompt, and what it was taken for.
typedef struct att_prompt_said {
    size_t begin, end; // bytes of the prompt
    char meaning[96];  // "tempo 120 to 128 BPM"
} att_prompt_said;

typedef enum att_prompt_wish { ATT_WISH_NONE, ATT_WISH_WITH, ATT_WISH_WITHOUT } att_prompt_wish;

typedef struct att_music_prompt {
    att_prompt_range tempo_bpm, duration_s, year;
    bool half_time, double_time; // the tempo that is felt is half, or twice, the beats'
    int tonic;                   // 0: C … 11: B; -1: any
    char mode[16];               // "minor", "dorian" …; empty: any
    att_prompt_wish vocals;
    att_prompt_term terms[ATT_PROMPT_TERMS_MAX];
    size_t term_count;
    att_prompt_range axes[ATT_AXIS_COUNT]; // what the words "high energy", "not sad" bound
    double vector[ATT_AXIS_COUNT], weight[ATT_AXIS_COUNT]; // where the words lie; weight 0: they say nothing of it
    att_prompt_said understood[ATT_PROMPT_SAID_MAX], ignored[ATT_PROMPT_SAID_MAX];
    size_t understood_count, ignored_count;
} att_music_prompt;

// ATT_INVALID: not UTF-8; ATT_LIMIT: too long. A text that says nothing known is no error: nothing is understood then.
att_status att_music_prompt_read(att_music_prompt *out, att_text prompt, att_error *err);
// What a situation asks for, as a prompt: activity, noise, device. False: it asks for nothing.
bool att_music_prompt_of_context(att_music_prompt *out, const att_context *context);

// How an item stands to a prompt, by its features (tempo_bpm, key_tonic 0 … 11, key_mode 1 major 2 minor, vocals 0 … 1, the axes), tags,
// title, text, length and year.
typedef struct att_prompt_fit {
    uint32_t met, missed, unknown; // constraints; unknown: the item does not say
    double likeness; // 0 … 1: to the vector and the words
    double score;    // 0 … 1: what tracks are ranked by; below 0.5 when any constraint is missed
    char why[200];   // the first that is missed; empty: none
} att_prompt_fit;
void att_music_prompt_fit(const att_music_prompt *prompt, const att_item *item, att_prompt_fit *out);

ATT_END
#endif
