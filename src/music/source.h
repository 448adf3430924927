// SPDX-License-Identifier: Apache-2.0
// music/source.h - the sound of a foreign file, block by block, from the helper program that can read it.
#ifndef ATT_MUSIC_SOURCE_H
#define ATT_MUSIC_SOURCE_H

#include "base/base.h"

typedef struct att_source att_source;

// The path is opened here, the bytes are read in a child process. What is no regular file is refused. As att_audio_read fails.
att_status att_source_open(att_source **out, const char *path, const att_host *host, att_error *err);
void att_source_close(att_source *source); // NULL is fine
uint32_t att_source_rate_hz(const att_source *source);
uint32_t att_source_channels(const att_source *source);
uint64_t att_source_frames(const att_source *source); // as the file claims; 0: unknown

// Frames that the file claims to have and that did not come: it was cut off, or is damaged from there on. 0 before the end, where it claims
// nothing, and for less than a hundredth and a quarter of a second (encoders round).
uint64_t att_source_missing(const att_source *source);

// The next frames, interleaved, never NaN nor infinite: `*got` is `frames`, or less at the end.
att_status att_source_read(att_source *source, float *out, size_t frames, size_t *got, att_error *err);

#endif
