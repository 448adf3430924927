// SPDX-License-Identifier: Apache-2.0
// music/stretch_map.h - which place of the input a window is taken from, so that attacks pass unstretched.
//
// The tempo alone maps output s to input p(s), of slope r = 1 / ratio. An attack at input o belongs to output s* with p(s*) = o.
// Within w of it the windows are taken from a(s) = o + (s - s*), of slope 1; between two such zones a goes in a straight line from the
// end of one to the begin of the next. So each attack lies exactly where the tempo says, and its windows are copies. w is half a
// window, less where attacks are dense: of a gap g in the input, G in the output, zones leave so much that no stretch between them is
// steeper than STEEP: w + w' <= (STEEP g - G) / (STEEP - 1) for G > g, and with g, G exchanged for G < g.
#ifndef ATT_MUSIC_STRETCH_MAP_H
#define ATT_MUSIC_STRETCH_MAP_H

#include "base/base.h"

enum { ATT_STRETCH_QUEUE = 64 };

typedef struct att_stretch_map {
    double hop;           // of the output, samples
    double zone;          // half a window
    double stray;         // most that a may lie off p
    double rate;          // input by output
    double s, p;          // of the next window's centre
    int64_t a;            // of the last window's centre
    double last, last_out; // the attack passed, in the input and in the output
    int64_t queue[ATT_STRETCH_QUEUE]; // attacks to come, by input
    size_t first, count;
} att_stretch_map;

void att_stretch_map_init(att_stretch_map *map, size_t hop, size_t window, double stray, double ratio);
void att_stretch_map_onset(att_stretch_map *map, int64_t at); // in rising order
// The next window's centre in the input; attacks beyond `known` are not looked at, so that the answer does not depend on how much
// has come in. *attack: the attack that the window [a - zone, a + zone) holds and that is not far behind, INT64_MIN for none.
int64_t att_stretch_map_next(att_stretch_map *map, double known, int64_t *attack);

#endif
