// SPDX-License-Identifier: Apache-2.0
// music/stems_chunk.h - a stretch of a track as spectra, and the masks that split it.
#ifndef ATT_MUSIC_STEMS_CHUNK_H
#define ATT_MUSIC_STEMS_CHUNK_H

#include "attune/stems.h"
#include "base/arena.h"
#include "music/stft.h"

// ATT_STEMS_CHUNK frames are split at a time, and looked at with ATT_STEMS_MARGIN more at each side.
enum { ATT_STEMS_CHUNK = 512, ATT_STEMS_MARGIN = 128, ATT_STEMS_CHUNK_FRAMES = ATT_STEMS_CHUNK + 2 * ATT_STEMS_MARGIN };

typedef struct att_stems_chunk {
    size_t frames, bins;
    uint32_t channels;
    float complex *spectra; // (channels, frames, bins)
    float *power;           // (frames, bins) mean over the channels
    float *masks;           // (frames, ATT_STEM_COUNT, bins)
} att_stems_chunk;

#endif
