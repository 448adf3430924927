// SPDX-License-Identifier: Apache-2.0
// measure/music_long.h - what a log says of music: tempo of workouts, moods against people's ratings, variety without churn.
//
//   workouts   share of what was begun in the activity workout, of known tempo, with |tempo - target| <= within; and the share where half
//              or twice the tempo counts too
//   moods      over items that people rated: Pearson's and Spearman's correlation of the analyser's feature with the rating (features
//              human_valence, human_arousal, human_energy), and the mean distance
//   variety    for each thing begun, how many of what the same person began in the window up to it are near-identical to it, itself
//              included: the same item; or cosine of the items' vectors >= near; or, without vectors, tempo within 2 %, the same key and
//              energy within 0.05. A window is crowded when they are more than near_most
//   churn      of things begun in those windows, those left before the policy's early mark
#ifndef ATT_MEASURE_MUSIC_LONG_H
#define ATT_MEASURE_MUSIC_LONG_H

#include "attune/report.h"
#include "base/arena.h"

typedef struct att_music_begun { // one thing begun
    int64_t at_ms;
    uint32_t user, item;
    bool workout, left_early;
} att_music_begun;

typedef struct att_music_item { // NaN: not known
    double tempo_bpm, tonic, mode;
    double found[ATT_MUSIC_MOODS], rated[ATT_MUSIC_MOODS];
    const float *vector; // (dim), of length 1; NULL: none
    uint32_t dim;
} att_music_item;

// Fills the item from its body; the vector lies in `life`. False: out of memory.
bool att_music_item_of(const att_item *item, att_arena *life, att_music_item *out);
bool att_music_near(const att_music_item *a, const att_music_item *b, double near);
// Sorts `begun` by person and time. Items not below item_count are not known.
att_status att_music_report_make(att_music_report *out, const att_music_report_options *options, att_music_begun *begun, size_t count,
    const att_music_item *items, size_t item_count, const att_host *host, att_error *err);
// Pearson's; NaN below three pairs or without spread.
double att_correlation(const double *x, const double *y, size_t count);

#endif
