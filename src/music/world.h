// SPDX-License-Identifier: Apache-2.0
// music/world.h - the world of music, as the engine knows it.
#ifndef ATT_MUSIC_WORLD_H
#define ATT_MUSIC_WORLD_H

#include "attune/generate.h"

extern const att_medium att_music_world;

#endif
