// SPDX-License-Identifier: Apache-2.0
// music/situations.c - what situations want of music, in features of the analyser (docs/prompts.md, "Situations").
//
// Workout: 120 to 140 BPM is what people prefer while they exercise (Karageorghis and Priest 2012, a review). Sleep: playlists for sleep are
// quieter, slower, less lively and more often without voices than others (Scarratt et al. 2023). Focus: sung words cost the reader (Perham and
// Currie 2014). Where it is loud, what is soft drowns, so the loudness range should be small; a small speaker has no depth. All numbers are ours.
#include "music/situations.h"

#include <math.h>

#define WISH(facet, name, feature, least, most, tolerance, weight)                                                                                  \
    {                                                                                                                                               \
        feature, ATT_FACET_##facet, ATT_##facet##_##name, least, most, tolerance, weight                                                            \
    }
#define ANY HUGE_VAL

const att_wish att_music_wishes[ATT_MUSIC_WISH_COUNT] = {
    WISH(ACTIVITY, WORKOUT, "tempo_bpm", 120, 140, 10, 2),
    WISH(ACTIVITY, WORKOUT, "energy", 0.6, ANY, 0.2, 1),
    WISH(ACTIVITY, WORKOUT, "arousal", 0.6, ANY, 0.2, 0.5),
    WISH(ACTIVITY, SLEEP, "energy", -ANY, 0.25, 0.15, 1.5),
    WISH(ACTIVITY, SLEEP, "arousal", -ANY, 0.3, 0.2, 1),
    WISH(ACTIVITY, SLEEP, "tempo_bpm", 40, 80, 15, 1),
    WISH(ACTIVITY, SLEEP, "brightness", -ANY, 0.4, 0.2, 0.5),
    WISH(ACTIVITY, SLEEP, "vocals", -ANY, 0.3, 0.2, 0.5),
    WISH(ACTIVITY, SLEEP, "loudness_range_lu", -ANY, 8, 4, 0.5),
    WISH(ACTIVITY, FOCUS, "vocals", -ANY, 0.3, 0.2, 1),
    WISH(ACTIVITY, FOCUS, "energy", 0.15, 0.5, 0.2, 1),
    WISH(ACTIVITY, FOCUS, "arousal", -ANY, 0.5, 0.2, 1),
    WISH(ACTIVITY, FOCUS, "tempo_bpm", 60, 110, 20, 0.5),
    WISH(ACTIVITY, FOCUS, "loudness_range_lu", -ANY, 8, 4, 0.5),
    WISH(ACTIVITY, COMMUTE, "energy", 0.4, 0.8, 0.2, 1),
    WISH(ACTIVITY, COMMUTE, "loudness_range_lu", -ANY, 9, 4, 0.5),
    WISH(ACTIVITY, COMMUTE, "tempo_bpm", 85, 135, 20, 0.5),
    WISH(ACTIVITY, RELAX, "energy", -ANY, 0.45, 0.2, 1),
    WISH(ACTIVITY, RELAX, "valence", 0.4, ANY, 0.3, 0.5),
    WISH(ACTIVITY, RELAX, "tempo_bpm", 60, 105, 20, 0.5),
    WISH(ACTIVITY, PARTY, "energy", 0.65, ANY, 0.2, 1),
    WISH(ACTIVITY, PARTY, "tempo_bpm", 110, 135, 12, 1),
    WISH(ACTIVITY, PARTY, "valence", 0.5, ANY, 0.25, 0.5),
    WISH(ACTIVITY, PLAY, "energy", 0.45, ANY, 0.25, 0.5),
    WISH(ACTIVITY, FAMILY, "valence", 0.5, ANY, 0.25, 0.5),
    WISH(ACTIVITY, FAMILY, "energy", 0.25, 0.75, 0.25, 0.5),
    WISH(PLACE, GYM, "energy", 0.55, ANY, 0.2, 1),
    WISH(PLACE, GYM, "tempo_bpm", 115, 145, 15, 0.5),
    WISH(PLACE, TRANSIT, "loudness_range_lu", -ANY, 9, 4, 0.5),
    WISH(NOISE, LOUD, "loudness_range_lu", -ANY, 7, 3, 1),
    WISH(NOISE, LOUD, "brightness", 0.35, ANY, 0.2, 0.5),
    WISH(NOISE, QUIET, "energy", -ANY, 0.55, 0.25, 0.5),
    WISH(NOISE, QUIET, "brightness", -ANY, 0.6, 0.25, 0.5),
    WISH(DEVICE, CAR, "loudness_range_lu", -ANY, 9, 4, 0.5),
    WISH(DEVICE, SPEAKER, "brightness", 0.3, ANY, 0.15, 0.5),
    WISH(DEVICE, WATCH, "brightness", 0.3, ANY, 0.15, 0.5),
};
