// SPDX-License-Identifier: Apache-2.0
// attune/stretch.h - the same music, faster or slower: tempo changes, pitch stays.
//
// A phase vocoder whose attacks are copied unstretched to exactly the places they belong to (docs/stretch.md). All
// channels are turned by the same angles, so that what stands left stays left.
#ifndef ATT_STRETCH_H
#define ATT_STRETCH_H

#include "attune/audio.h"

ATT_BEGIN

#define ATT_STRETCH_RATIO_MIN 0.25
#define ATT_STRETCH_RATIO_MAX 4.0
#define ATT_STRETCH_CENTS_MAX 2400.0

typedef struct att_stretch_options {
    double ratio;       // length of the output by that of the input; 120 to 114 BPM is 120.0 / 114. 0: 1
    double pitch_cents; // up or down, by resampling what was stretched so much further; 0: none
} att_stretch_options;

// A whole sound; out has round(frames * ratio) frames. ATT_INVALID: a figure outside the limits above; ATT_CANCELLED.
att_status att_stretch(att_audio *out, att_sound sound, const att_stretch_options *options, const att_host *host, att_error *err);

// --- Live: frames are pushed in, frames are pulled out, the tempo is changed at any moment ---------------------

typedef struct att_stretcher att_stretcher;

typedef struct att_stretcher_options {
    uint32_t channels, rate_hz;
    double ratio; // to begin with; 0: 1
    bool live;    // short windows: first sound within 50 ms of input, deep tones less clean
} att_stretcher_options;

// One stretcher serves one thread at a time. All memory is taken here.
att_status att_stretcher_create(att_stretcher **out, const att_stretcher_options *options, const att_host *host, att_error *err);
void att_stretcher_destroy(att_stretcher *stretcher); // NULL is fine

// The calls below allocate nothing, wait for nothing, and cannot fail.

// Takes frames, interleaved, as many as there is room for, and returns how many. What is not finite is taken for silence.
size_t att_stretcher_push(att_stretcher *stretcher, const float *in, size_t frames);
void att_stretcher_finish(att_stretcher *stretcher); // no more input comes: the rest can be pulled, then silence
// Writes up to that many frames, interleaved, and returns how many: fewer when input is wanting.
size_t att_stretcher_pull(att_stretcher *stretcher, float *out, size_t frames);
// Input still to be pushed before att_stretcher_pull gives that many frames; at most what there is room for.
size_t att_stretcher_wants(const att_stretcher *stretcher, size_t frames);
// The tempo, from the next window on. False, and nothing changes, when the ratio is outside the limits above.
bool att_stretcher_nudge(att_stretcher *stretcher, double ratio);
double att_stretcher_ratio(const att_stretcher *stretcher);

// Input that is needed before the first frame comes out, at the ratio of now; and output that is made already when a
// nudge comes, at most, so that it is heard so much later.
size_t att_stretcher_latency_frames(const att_stretcher *stretcher);
size_t att_stretcher_nudge_frames(const att_stretcher *stretcher);
// Where in the input the next frame of output lies, by the tempo alone.
double att_stretcher_position(const att_stretcher *stretcher);

ATT_END
#endif
