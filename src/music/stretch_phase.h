// SPDX-License-Identifier: Apache-2.0
// music/stretch_phase.h - by which angle each bin of a window is turned, so that tones go on and attacks stay whole.
//
// A window that is taken every A samples and laid down every B must be turned, against its predecessor, by w (B - A) for a tone of
// w radians a sample. w comes from the advance of the phase between the two windows (Flanagan and Golden 1966), once for each peak of
// the power summed over channels; its whole region, down to the valleys, is turned alike (identity phase locking: Laroche and
// Dolson 1999), and so are all channels. With A = B nothing turns.
// Where a window holds an attack, a bin that is more than twice as strong as it and its neighbours were in the last window before the
// attack is new: it is turned by nothing, so the attack is a copy of the input (phase reset of what is transient: Röbel 2003). So is the
// region of a peak that does not stand out of its neighbourhood: noise, and attacks so dense that the window before held one too.
// What is left belongs to tones that go on, and keeps its angle.
#ifndef ATT_MUSIC_STRETCH_PHASE_H
#define ATT_MUSIC_STRETCH_PHASE_H

#include "base/fft.h"

typedef struct att_stretch_phase {
    size_t bins;
    uint32_t channels;
    float *now, *before, *clean; // power of this window, the last one, the last one before an attack; (bins)
    float *turn, *turn_next;     // (bins, 2): cosine and sine of each bin's angle
    uint32_t *peaks;             // (bins)
    int64_t attack;              // that `clean` is of; INT64_MIN: none
} att_stretch_phase;

att_status att_stretch_phase_init(att_stretch_phase *phase, size_t bins, uint32_t channels, const att_host *host, att_error *err);
void att_stretch_phase_deinit(att_stretch_phase *phase, const att_host *host);

// now and before are (channels, bins); `in` and `out` are the windows' distances in the input and the output; attack as
// att_stretch_map_next tells it. Turns `turned`, which is (channels, bins) and may be `now`.
void att_stretch_phase_turn(att_stretch_phase *phase, const float complex *now, const float complex *before, double in, double out,
    int64_t attack, float complex *turned);

#endif
