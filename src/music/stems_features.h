// SPDX-License-Identifier: Apache-2.0
// music/stems_features.h - what the network is shown of a stretch.
//
// Inputs: of each band the logarithm of its power beside the track's level, to 50 dB below it; of each group of eight bands the harmonic
// and the repeating share (classical masks, stems_masks.h) and the share of power that differs between left and right.
// Cues: of each band how far it stands out of its neighbours, the harmonic and the repeating share, how much it rose since the frame
// before, and the share that differs between left and right.
#ifndef ATT_MUSIC_STEMS_FEATURES_H
#define ATT_MUSIC_STEMS_FEATURES_H

#include "music/stems_net.h"

#include <complex.h>

// Bins to bands: the mean. power is (frames, bins), out (frames, ATT_STEMS_BANDS); bands without bins are 0.
void att_stems_to_bands(const float *power, size_t frames, size_t bins, float *out);
// A frame's share of |left - right|^2 in 2 (|left|^2 + |right|^2), by band. right NULL: zeros.
void att_stems_side(const float complex *left, const float complex *right, size_t bins, float *out);
// level: the track's mean power of a frame, summed over the bins. band_power is (frames, bands), side (frames, bands), out (frames, features).
// False: out of memory.
bool att_stems_features(const float *band_power, const float *side, double level, size_t frames, float *out, att_arena *scratch);

#endif
