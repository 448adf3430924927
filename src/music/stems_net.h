// SPDX-License-Identifier: Apache-2.0
// music/stems_net.h - the network that looks at a stretch of spectra and gives masks, forward and backward.
//
//   e = silu(levels and cues of 3 frames x 5 bands . E + b_e[band])            (frames, bands, 16)
//   x = F W_in + (means of e over groups) W_pool + b_in                        F (frames, inputs)
//   n = norm(x) g;  x += silu(n[t-d] A + n[t] B + n[t+d] C + b_1) D + b_2    seven times, d = 1, 2, 4 ... 64
//   n = norm(x) g;  z = n W_out + b_out                                     (frames, stems, bands)
//   q = n W_gate + b_gate                                                   (frames, stems, cues, groups)
//   z[stem, band] += sum over cues of q[stem, cue, group of band] * cue[band]
//   u = silu(e of frames t - 3, t, t + 3 x 3 bands . U + (n W_hint + b_hint)[group of band])  (frames, bands, 32)
//   z[stem, band] += u . V[stem]
//   mask = softmax of z over the stems
//
// In the middle a residual network of dilated convolutions in time (after van den Oord et al. 2016), norm by root mean square (Zhang and
// Sennrich 2019). A frame is seen with 128 frames to either side, three seconds. Beyond the ends is nothing (zeros). What is fine in
// frequency does not pass the narrow middle. It goes beside it (stems_fine.h): small patterns in time and frequency, the same ones in all
// bands, are looked for (e); the middle hears how much of each there is in each group of bands, and says there what they mean (u). Cues of
// each band (is it a peak, does it sound on, repeat, begin, lie at a side?) go to the masks directly, weighed by the middle for each group.
//
// What is minimized is the distortion of each stem in decibels: with A = |X|^2, B_s = Re(X* S_s) and C_s = |S_s|^2 of a band, a real mask
// m leaves an error of m^2 A - 2 m B_s + C_s, so that loss = mean over s of log((sum of errors + A / 100) / A) over the whole stretch. Stems
// that are silent weigh a twentieth: with full weight a network learns to keep silent about what is not always there.
#ifndef ATT_MUSIC_STEMS_NET_H
#define ATT_MUSIC_STEMS_NET_H

#include "attune/stems.h"
#include "base/arena.h"
#include "embed/seq_ops.h"
#include "music/stems_bands.h"

enum {
    ATT_STEMS_EYES = 16,   // patterns looked for first
    ATT_STEMS_SIGNS = 32, // and what is made of them
    ATT_STEMS_CUES = 5,
    ATT_STEMS_INPUTS = ATT_STEMS_BANDS + 3 * ATT_STEMS_GROUPS,               // of F, into the network
    ATT_STEMS_FEATURES = ATT_STEMS_INPUTS + ATT_STEMS_CUES * ATT_STEMS_BANDS, // and the cues behind them
    ATT_STEMS_WIDTH = 256,
    ATT_STEMS_BLOCKS = 7,
    ATT_STEMS_REACH_MAX = 64,
    ATT_STEMS_MASKS = ATT_STEM_COUNT * ATT_STEMS_BANDS,
    ATT_STEMS_GATES = ATT_STEM_COUNT * ATT_STEMS_CUES * ATT_STEMS_GROUPS,
    ATT_STEMS_POOLED = ATT_STEMS_EYES * ATT_STEMS_GROUPS,
    ATT_STEMS_HINTS = ATT_STEMS_SIGNS * ATT_STEMS_GROUPS
};
#define ATT_STEMS_FLOOR 0.01
#define ATT_STEMS_SILENT_WEIGHT 0.05

// Where the weights of each kind lie, in one array. Matrices are (from, to).
typedef struct att_stems_layout {
    size_t eye, eye_bias, pool, in, in_bias; // eye: (frame, band, plane, to), its bias: (bands, to)
    struct {
        size_t gain, wide, wide_bias, back, back_bias; // wide: A, B, C, each (width, width)
    } block[ATT_STEMS_BLOCKS];
    size_t out_gain, out, out_bias, gate, gate_bias, hint, hint_bias, sign, vote, count; // sign: (frame, band, from, to)
} att_stems_layout;

att_stems_layout att_stems_layout_get(void);

typedef struct att_stems_net {
    const float *weights;
    const att_seq_ops *ops;
} att_stems_net;

// Room for stretches of up to frames_max; with `training`, for going back too. NULL: out of memory.
typedef struct att_stems_room att_stems_room;
att_stems_room *att_stems_room_new(size_t frames_max, bool training, att_arena *life);

// features is (frames, ATT_STEMS_FEATURES). Returns masks (frames, ATT_STEM_COUNT, ATT_STEMS_BANDS) inside the room.
float *att_stems_forward(const att_stems_net *net, const float *features, size_t frames, att_stems_room *room);
// After forward over the same: dmasks, of the masks' shape, is spoiled; gradient (layout.count) is added to.
void att_stems_backward(const att_stems_net *net, const float *features, size_t frames, att_stems_room *room, float *dmasks, float *gradient);

// What a stretch should become. mix is A (frames, bands); cross B (frames, stems, bands); own: the sums of C.
typedef struct att_stems_target {
    const float *mix, *cross;
    double own[ATT_STEM_COUNT];
} att_stems_target;

// Writes what the masks mean for the loss into dmasks, and each stem's error, a share of its own power, into error (NULL: not wanted;
// HUGE_VAL for stems 30 dB below the mix or softer).
double att_stems_loss(const float *masks, size_t frames, const att_stems_target *target, float *dmasks, double *error);

void att_stems_weights_draw(float *weights, uint64_t seed);

#endif
