// SPDX-License-Identifier: Apache-2.0
// music/score_reverb.h - a room: a feedback delay network of eight lines (Jot and Chaigne 1991), linear and without modulation.
//
// Lines of mutually prime lengths between 29 and 73 ms feed each other through a Householder reflection I - 2/8 ones; each loses
// 60 dB within the decay time, and its heights sooner, by a one-pole low-pass. Being linear and the same at all times, a sound that
// repeats has a room that repeats: what makes a loop seamless.
#ifndef ATT_MUSIC_SCORE_REVERB_H
#define ATT_MUSIC_SCORE_REVERB_H

#include "base/base.h"

#define ATT_REVERB_LINES 8

typedef struct att_reverb {
    att_host host;
    float *lines[ATT_REVERB_LINES]; // rings
    size_t sizes[ATT_REVERB_LINES], at[ATT_REVERB_LINES];
    float gains[ATT_REVERB_LINES], damped[ATT_REVERB_LINES];
} att_reverb;

att_status att_reverb_init(att_reverb *out, uint32_t rate_hz, double decay_s, const att_host *host, att_error *err);
void att_reverb_deinit(att_reverb *reverb);
// Adds the room of `in` (frames) to `out` (frames, 2); out NULL: the room goes on, nothing is written.
void att_reverb_run(att_reverb *reverb, const float *in, float *out, size_t frames);

#endif
