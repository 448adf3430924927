// SPDX-License-Identifier: Apache-2.0
// music/listen.h - a sound listened to once, block by block: what of it the analysis needs, and no samples.
//
// Frames come about 86 times a second (`frames_hz`), each a Hann window of about 46 ms around its time. Of each frame is kept
// how much began in it, in four registers (spectral flux of log-compressed bands against the loudest neighbour before:
// Boeck and Widmer, SuperFlux, 2013), and its level. All else is gathered as sums: cepstra (Davis and Mermelstein 1980), the
// centroid, the share of lasting partials (medians: FitzGerald 2010), and every 93 ms the spectrum's peaks as pitches of
// 10 cents (Gomez, HPCP, 2006). An hour is some 8 MB.
#ifndef ATT_MUSIC_LISTEN_H
#define ATT_MUSIC_LISTEN_H

#include "attune/audio.h"
#include "base/base.h"

enum {
    ATT_REGISTERS = 4,    // below 150 Hz, to 600 Hz, to 2.4 kHz, above
    ATT_CEPSTRA = 13,
    ATT_PITCH_STEPS = 120 // in an octave; step 0 is A
};

typedef struct att_heard {
    double frames_hz, seconds;
    size_t count;
    float *onset;  // (count, ATT_REGISTERS)
    float *level;  // (count), dB of full scale, -120: silence
    double cepstrum_mean[ATT_CEPSTRA], cepstrum_spread[ATT_CEPSTRA], cepstrum_motion[ATT_CEPSTRA]; // spread: standard deviation; motion: of steps
    double centroid_hz, harmonic_share, peak, mean_square, clipped_share;
    double pitches[ATT_PITCH_STEPS]; // weight by pitch class
    double timbre_hz;
    size_t timbre_count;
    float *timbre; // (timbre_count, ATT_CEPSTRA): means of cepstra, a row some five times a second
    double chroma_hz;
    size_t chroma_count;
    float *chroma; // (chroma_count, 12) from A: one window's weight by semitone, of sum 1 or 0
    att_host host;
} att_heard;

typedef struct att_listener att_listener;

att_status att_listener_create(att_listener **out, uint32_t channels, uint32_t rate_hz, const att_host *host, att_error *err);
void att_listener_destroy(att_listener *listener); // NULL is fine
att_status att_listener_hear(att_listener *listener, const float *samples, size_t frames, att_error *err); // interleaved
// What was heard; the listener has then done its work. Give it back with att_heard_deinit.
att_status att_listener_tell(att_listener *listener, att_heard *out, att_error *err);
void att_heard_deinit(att_heard *features);

#endif
