// SPDX-License-Identifier: Apache-2.0
// music/stems_fine.h - small patterns in time and frequency, the same ones in all bands: the part of the mask network that is fine.
//
//   e[t, b] = silu(sum over 3 frames, 5 bands, 6 planes of plane[t', b'] E + b_e[b])     planes: the level and the five cues
//   u[t, b] = silu(sum over frames t - 3, t, t + 3 and 3 bands of e[t', b'] U + hint[t, group of b])
//   z[t, stem, b] += u[t, b] . V[stem]
//
// Rows of bands lie in memory as (band, channel) with two empty bands at each end, so that what is around a band is one piece and a
// convolution is a few matrix products without a copy (stems_fine.c).
#ifndef ATT_MUSIC_STEMS_FINE_H
#define ATT_MUSIC_STEMS_FINE_H

#include "music/stems_net.h"

enum {
    ATT_STEMS_PLANES = 1 + ATT_STEMS_CUES,
    ATT_STEMS_EYE_SIZE = 3 * 5 * ATT_STEMS_PLANES * ATT_STEMS_EYES,
    ATT_STEMS_SIGN_SIZE = 3 * 3 * ATT_STEMS_EYES * ATT_STEMS_SIGNS
};

typedef struct att_stems_fine att_stems_fine;

att_stems_fine *att_stems_fine_new(size_t frames_max, bool training, att_arena *life); // NULL: out of memory

// e, and its means over groups of bands: pooled (frames, ATT_STEMS_POOLED).
void att_stems_fine_look(att_stems_fine *fine, const att_seq_ops *ops, const float *features, size_t frames, const float *eye, const float *bias, float *pooled);
// After it: adds u . V to z (frames, ATT_STEM_COUNT, bands). hints is (frames, ATT_STEMS_HINTS).
void att_stems_fine_vote(att_stems_fine *fine, const att_seq_ops *ops, size_t frames, const float *hints, const float *sign, const float *vote, float *z);

// Back: writes dhints, adds to dsign and dvote, and keeps what it means for e for the next.
void att_stems_fine_vote_back(att_stems_fine *fine, const att_seq_ops *ops, size_t frames, const float *sign, const float *vote, const float *dz, float *dhints,
    float *dsign, float *dvote);
void att_stems_fine_look_back(att_stems_fine *fine, const att_seq_ops *ops, size_t frames, const float *dpooled, float *deye, float *dbias);

#endif
