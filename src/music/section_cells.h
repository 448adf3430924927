// SPDX-License-Identifier: Apache-2.0
// music/section_cells.h - a piece cut into cells of a beat, and how alike any two of them are.
//
// Of each cell: the square roots of its pitch classes, of length 1 (harmony); its mean cepstra and the logarithms of what begins in it in four
// registers, in their standard deviations over the piece, cut at 3 (colour). Two cells are as alike as the four cells that begin with
// each (delay coordinates: Serra, Mueller, Grosche and Arcos 2012):
//
//   d(i, j) = sum over q = 0 … 3 of |x(i + q) - x(j + q)|^2      likeness = 0.3 exp(-2 d / mean d) of harmony + 0.7 of colour
//
// Likenesses are kept by lag, one row for each j - i, so that what repeats lies side by side. A longer piece has coarser cells (whole bars,
// then two, four …): never more than ATT_CELLS_MAX, some 5 MB.
#ifndef ATT_MUSIC_SECTION_CELLS_H
#define ATT_MUSIC_SECTION_CELLS_H

#include "music/beats.h"
#include "music/listen.h"

enum { ATT_CELLS_MAX = 1536, ATT_CELL_HARMONY = 12, ATT_CELL_COLOUR = ATT_CEPSTRA + ATT_REGISTERS, ATT_CELL_STACK = 4 };

typedef struct att_cells {
    size_t count, per_bar;           // 1: a cell is a bar or more
    double *edges_s;                 // (count + 1)
    float *harmony;                  // (count, ATT_CELL_HARMONY)
    float *colour;                   // (count, ATT_CELL_COLOUR)
    float *like;                     // rows of lags 0 … count - 1, of count - lag
    double harmony_mean, colour_mean; // of the squared distance of two cells
    att_host host;
} att_cells;

// Without beats a cell is half a second, and a bar four of them.
att_status att_cells_make(att_cells *out, const att_heard *heard, const att_beats *beats, const att_host *host, att_error *err);
void att_cells_deinit(att_cells *cells); // all zero is fine

// The row of a lag: [i] is the likeness of cells i and i + lag.
static inline const float *att_cells_lag(const att_cells *cells, size_t lag)
{
    return cells->like + lag * (2 * cells->count - lag + 1) / 2;
}
// The likeness of two cells alone, without what follows them.
double att_cells_alone(const att_cells *cells, size_t i, size_t j);

#endif
