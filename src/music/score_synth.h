// SPDX-License-Identifier: Apache-2.0
// music/score_synth.h - single notes from attune-synth, and how far out of tune the sound font itself is.
#ifndef ATT_MUSIC_SCORE_SYNTH_H
#define ATT_MUSIC_SCORE_SYNTH_H

#include "attune/audio.h"
#include "music/helper.h"

typedef struct att_synth {
    att_host host;
    att_helper *helper;
    float *samples; // (capacity, 2): the note last read
    size_t capacity;
} att_synth;

// request: attune/helper.h; borrowed until deinit, as is font_path.
att_status att_synth_start(att_synth *out, att_text request, int font, const char *font_path, const att_host *host, att_error *err);
void att_synth_deinit(att_synth *synth); // all zero is fine
// The next note of the request; `synth->samples` is valid until the next call.
att_status att_synth_next(att_synth *synth, size_t *frames, att_error *err);

// What a key of an instrument plays, less what it should: its sample is held and listened to (music/pitch.h). A key without a clear pitch,
// or half a semitone off and more, is taken for one that is right. Only program, key and velocity of the notes are read.
att_status att_synth_detunes(
    const att_synth_note *notes, size_t count, uint32_t rate_hz, int font, const char *font_path, float *out_cents, const att_host *host, att_error *err);

#endif
