// SPDX-License-Identifier: Apache-2.0
// attune/choose.h - choosing one of a few options (a thumbnail, a scene order, a line of dialogue), and learning from what
// came of it.
#ifndef ATT_CHOOSE_H
#define ATT_CHOOSE_H

#include "attune/status.h"

ATT_BEGIN

// An algorithm, as it describes itself.
typedef struct att_bandit_about {
    const char *name, *title, *story, *paper;
} att_bandit_about;
// The first is the default; NULL behind the last.
const att_bandit_about *att_bandit_about_at(size_t index);

ATT_END
#endif
