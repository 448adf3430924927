// SPDX-License-Identifier: Apache-2.0
// music/stems_place.h - where stems lie between left and right, and masks that make use of it.
//
// Of each bin and stem the covariance of left and right is taken over a chunk, with a trace of 1, mostly from frames whose masks are sure:
//
//   R_j = (1 - K) sum over t of m_j^4 x x^H / sum over t of m_j^4 |x|^2 + K I / 2              x: (left, right), K = ATT_STEMS_ALIKE
//
// and the stem is what a Wiener filter leaves of x, m_j |x|^2 being its power: y_j = m_j R_j (sum over k of m_k R_k)^-1 x. That is one step of
// the expectation and maximization of Duong, Vincent and Gribonval (2010), begun with the masks. The stems still sum to x, and where all
// lie alike, as in a sound with two channels that are one, y_j = m_j x.
#ifndef ATT_MUSIC_STEMS_PLACE_H
#define ATT_MUSIC_STEMS_PLACE_H

#include "music/stems_chunk.h"

#define ATT_STEMS_ALIKE 0.01f

typedef struct att_stems_place { // ((left, across), (conj across, right))
    float left, right, re, im;
} att_stems_place;

// Of a chunk with two channels: out (bins, ATT_STEM_COUNT).
void att_stems_places(const att_stems_chunk *chunk, att_stems_place *out);
// Frame t of all stems: out (ATT_STEM_COUNT, 2, bins).
void att_stems_placed(const att_stems_chunk *chunk, const att_stems_place *places, size_t t, float complex *out);

#endif
