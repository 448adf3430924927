// SPDX-License-Identifier: Apache-2.0
// music/master_curve.h - how much louder each frequency becomes: band limits, presence of voices, a hearing loss.
#ifndef ATT_MUSIC_MASTER_CURVE_H
#define ATT_MUSIC_MASTER_CURVE_H

#include "attune/master.h"

// A factor. Band limits are Butterworth's of 48 dB an octave: 1 / sqrt(1 + (low / f)^16), and the like above.
double att_master_curve(const att_master_profile *profile, double hz);

#endif
