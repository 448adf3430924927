// SPDX-License-Identifier: Apache-2.0
// music/situations.h - what situations want of music, for the engine's slates. Needs no decoder.
#ifndef ATT_MUSIC_SITUATIONS_H
#define ATT_MUSIC_SITUATIONS_H

#include "attune/policy.h"

#define ATT_MUSIC_MEDIUM "music"

enum { ATT_MUSIC_WISH_COUNT = 36 };
extern const att_wish att_music_wishes[ATT_MUSIC_WISH_COUNT];

#endif
