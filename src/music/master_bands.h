// SPDX-License-Identifier: Apache-2.0
// music/master_bands.h - a sound through the profile's curve, in four bands, each compressed for itself.
//
// Bands are linear-phase filters whose responses are the curve times weights that sum to one, so that without compression the bands sum to the
// curve alone; their delay is taken off. A band's level is the power of all channels, smoothed by attack and release; above the band's own
// mean level T it is turned down by (1 - 1/ratio)(level - T) dB, with a knee of 6 dB, the same in all channels.
#ifndef ATT_MUSIC_MASTER_BANDS_H
#define ATT_MUSIC_MASTER_BANDS_H

#include "attune/master.h"
#include "base/fft.h"

enum { ATT_MASTER_BANDS = 4 };

typedef struct att_master_bands {
    att_host host;
    const att_master_profile *profile;
    att_fft *fft;
    uint32_t channels, rate_hz;
    size_t taps, points, bins, block; // points = block + taps
    float *gains;                     // (BANDS, bins): real, the delay is a matter of reading
    float complex *spectra, *made;    // (channels, bins), (bins)
    float *frame, *bands;             // (points), (channels, block)
    double mean_db[ATT_MASTER_BANDS]; // T, by att_master_bands_learn
} att_master_bands;

att_status att_master_bands_init(att_master_bands *bands, const att_master_profile *profile, uint32_t channels, uint32_t rate_hz, const att_host *host,
    att_error *err);
void att_master_bands_deinit(att_master_bands *bands);

// The mean level of each band of a sound.
att_status att_master_bands_learn(att_master_bands *bands, att_sound sound, att_error *err);
// out is (frames, channels), interleaved. ATT_CANCELLED.
att_status att_master_bands_run(att_master_bands *bands, att_sound sound, double ratio, float *out, att_error *err);

#endif
