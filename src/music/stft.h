// SPDX-License-Identifier: Apache-2.0
// music/stft.h - short-time spectra with bins of about 10.8 Hz at every sample rate, and the way back.
//
// Frames of four hops under a periodic Hann window, one each hop. Frame f begins at sample (f - 3) hop, so that every sample lies in
// four frames. The window is applied again on the way back; over four frames its squares sum to 3/2, so an unchanged spectrum gives
// back what went in. The hop is the number nearest to rate / 43.07 that has no factors but 2, 3 and 5: 1024 at 44.1 kHz.
#ifndef ATT_MUSIC_STFT_H
#define ATT_MUSIC_STFT_H

#include "attune/audio.h"
#include "base/fft.h"

typedef struct att_stft att_stft;

att_status att_stft_create(att_stft **out, uint32_t rate_hz, const att_host *host, att_error *err);
void att_stft_destroy(att_stft *stft); // NULL is fine
size_t att_stft_hop(const att_stft *stft);
size_t att_stft_bins(const att_stft *stft);                       // 2 hop + 1
size_t att_stft_frames(const att_stft *stft, size_t sample_count); // that touch any of them
// out (bins): the spectrum of one channel's frame; beyond both ends is silence, and so are frames outside 0 … frames-1. Scaled so that a sine of amplitude 1 has magnitude 1.
void att_stft_forward(att_stft *stft, att_sound sound, uint32_t channel, int64_t frame, float complex *out);
// Adds the frame's samples to one channel of out (frames, channels). Spoils nothing in `in`.
void att_stft_inverse(att_stft *stft, const float complex *in, int64_t frame, uint32_t channel, att_audio *out);

#endif
