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

void att_check_modal(att_check *c); // score_check_modal.c

#endif
