// SPDX-License-Identifier: Apache-2.0
// music/key.h - the key, and how far the tuning is from A = 440 Hz.
//
// Tuning: the mean angle of all pitches on a circle of one semitone. Then twelve pitch classes, each the weight around it by
// cos^2, by their square root are compared with each key's profile by correlation (Krumhansl and Schmuckler), the mean of two profiles.
#ifndef ATT_MUSIC_KEY_H
#define ATT_MUSIC_KEY_H

#include "attune/music.h"
#include "music/listen.h"

typedef struct att_key_found {
    att_key key;
    double confidence, tuning_cents;
} att_key_found;

att_key_found att_key_find(const double pitches[ATT_PITCH_STEPS]);

#endif
