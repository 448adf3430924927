// SPDX-License-Identifier: Apache-2.0
// measure/ope_log.h - a log of choices in memory, for off-policy estimates.
#ifndef ATT_MEASURE_OPE_LOG_H
#define ATT_MEASURE_OPE_LOG_H

#include "attune/ope.h"
#include "base/arena.h"

typedef struct ope_menu {
    const att_ope_choice *choices; // (count)
    const float *features;         // (count, choice_features); NULL: none
    uint32_t count;
    double rest; // target mass on things that are not named here
} ope_menu;

struct att_ope_log {
    att_host host;
    att_arena life;
    att_ope_log_options options;
    ATT_VEC(ope_menu) menus;
    ATT_VEC(att_ope_row) rows;
};

#endif
