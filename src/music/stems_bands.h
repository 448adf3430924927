// SPDX-License-Identifier: Apache-2.0
// music/stems_bands.h - the frequency bands in which tracks are split.
//
// By bins of att_stft, about 10.8 Hz each: one by one up to 2 kHz, where harmonics of different instruments must be told apart, then by
// 2, by 4 and by 17; what lies above 22 kHz shares the last band. Eight bands in a row are a group.
#ifndef ATT_MUSIC_STEMS_BANDS_H
#define ATT_MUSIC_STEMS_BANDS_H

#include "base/base.h"

enum { ATT_STEMS_BANDS = 512, ATT_STEMS_GROUPS = 64, ATT_STEMS_GROUP = 8 };

static inline size_t att_stems_band_begin(size_t band) // its first bin; that of band 512 is the end of band 511
{
    if (band <= 192)
        return band;
    if (band <= 320)
        return 192 + (band - 192) * 2;
    if (band <= 448)
        return 448 + (band - 320) * 4;
    return 960 + (band - 448) * 17;
}

static inline size_t att_stems_band_of(size_t bin)
{
    if (bin < 192)
        return bin;
    if (bin < 448)
        return 192 + (bin - 192) / 2;
    if (bin < 960)
        return 320 + (bin - 448) / 4;
    return ATT_MIN(448 + (bin - 960) / 17, (size_t)ATT_STEMS_BANDS - 1);
}

#endif
