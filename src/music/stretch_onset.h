// SPDX-License-Identifier: Apache-2.0
// music/stretch_onset.h - where attacks are, a few milliseconds after they have come in.
//
// Spectral flux on a logarithmic scale (Bello and others 2005; Böck and Widmer 2013 for the look back over several blocks):
// L(b, n) = log2(1 + g E(b, n)) of 18 bands of a short window, D(n) = mean over b of max(0, L(b, n) - max over j = 4 … 9 of
// L(b, n - j)). An attack is where D is the greatest of five blocks and stands out of its own running mean.
#ifndef ATT_MUSIC_STRETCH_ONSET_H
#define ATT_MUSIC_STRETCH_ONSET_H

#include "base/fft.h"

typedef struct att_onsets att_onsets;

att_status att_onsets_create(att_onsets **out, uint32_t channels, uint32_t rate_hz, const att_host *host, att_error *err);
void att_onsets_destroy(att_onsets *onsets); // NULL is fine

size_t att_onsets_window(const att_onsets *onsets); // samples of one look
size_t att_onsets_hop(const att_onsets *onsets);    // samples between two looks; look n is centred at n * hop
size_t att_onsets_delay(const att_onsets *onsets);  // an attack is told at most so many samples after it

// The next look: room for (channels, window) samples, planar, that the caller fills before att_onsets_look.
float *att_onsets_room(att_onsets *onsets);
// True: an attack is at *at (a sample, counted as the windows are).
bool att_onsets_look(att_onsets *onsets, int64_t *at);

#endif
