// SPDX-License-Identifier: Apache-2.0
// music/stems_masks.h - what can be told apart without learning: what sounds on from what strikes, and what repeats from what does not.
//
// All matrices are (frames, count), magnitudes or powers of bins or bands; masks are shares between 0 and 1.
#ifndef ATT_MUSIC_STEMS_MASKS_H
#define ATT_MUSIC_STEMS_MASKS_H

#include "attune/stems.h"
#include "base/arena.h"

// out[i * step] = the median of the `width` (odd) values around in[i * step]; at the ends of those that are there (of an even number,
// the upper of the two in the middle). width <= ATT_MEDIAN_WIDTH_MAX.
#define ATT_MEDIAN_WIDTH_MAX 63
void att_median_filter(const float *in, size_t count, size_t step, size_t width, float *out);

// The harmonic share H^2 / (H^2 + P^2), H the median along time, P the median along frequency (Fitzgerald 2010). False: out of memory.
bool att_stems_harmonic(const float *magnitude, size_t frames, size_t count, size_t time_width, size_t frequency_width, float *out, att_arena *scratch);

// After how many frames the music repeats: the lag between 0.7 and 8 s at whose multiples the beat spectrum, the mean autocorrelation
// of the rows' powers, is highest (Rafii and Pardo 2013). 0: too short to tell.
size_t att_stems_period(const float *power, size_t frames, size_t count, att_arena *scratch);
// The repeating share: the median over the five frames at multiples of the period around each (adaptive REPET, Liutkus et al. 2012),
// at most the frame itself, of the frame. Ones where the period is 0.
void att_stems_repeating(const float *magnitude, size_t frames, size_t count, size_t period, float *out);

// Masks (frames, ATT_STEM_COUNT, bins) of a chunk, whose bins are bin_hz wide. What strikes is drums; of what sounds on, what is low is
// bass; of the rest, what repeats is other and what does not is vocals. They sum to 1. False: out of memory.
bool att_stems_classical(const float *magnitude, size_t frames, size_t bins, double bin_hz, float *masks, att_arena *scratch);

#endif
