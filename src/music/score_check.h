// SPDX-License-Identifier: Apache-2.0
// music/score_check.h - how the checker's files tell what they find.
#ifndef ATT_MUSIC_SCORE_CHECK_H
#define ATT_MUSIC_SCORE_CHECK_H

#include "attune/compose.h"
#include "base/base.h"

typedef struct att_check {
    const att_score *score;
    att_breaches *out;
} att_check;

void att_check_tell(att_check *c, const char *rule, uint32_t ticks, int part, int voice, const char *format, ...) ATT_PRINTF(6, 7);

#define TELL(ticks, part, voice, ...) att_check_tell(c, rule, (ticks), (part), (voice), __VA_ARGS__)

enum { TICKS_OF_BAR = ATT_TICKS_PER_BEAT * ATT_BEATS_PER_BAR };

// What the notation means: sets of pitches are bits, bit p the pitch p semitones above C.
unsigned att_check_tones(const att_chord *chord);
unsigned att_check_scale(const att_score *score);
bool att_check_holds(unsigned set, unsigned key);
const att_chord *att_check_chord(const att_score *score, uint32_t ticks); // the one that sounds then
bool att_check_has_role(const att_check *c, const att_note *note, att_role role);
bool att_check_in_chord(const att_score *score, const att_note *note);

att_status att_check_chords(att_check *c, const att_host *host, att_error *err); // score_check_chords.c
att_status att_check_lines(att_check *c, const att_host *host, att_error *err);  // score_check_lines.c
void att_check_modal(att_check *c);                                              // score_check_modal.c

#endif
