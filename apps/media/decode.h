// SPDX-License-Identifier: Apache-2.0
// apps/media/decode.h - one file through libsndfile, block by block.
#ifndef ATT_MEDIA_DECODE_H
#define ATT_MEDIA_DECODE_H

#include "attune/status.h"

// Where the sound goes; false ends the decoding.
typedef struct decode_sink {
    bool (*head)(void *user, uint32_t rate_hz, uint32_t channels, uint64_t frames);
    bool (*samples)(void *user, const float *samples, size_t count);
    void *user;
} decode_sink;

// Reads the file from its beginning. What ends before its head says is no failure: the sink can tell. ATT_INVALID, ATT_LIMIT with the reason in `why`; ATT_CANCELLED: the sink had enough.
att_status decode_sound(int descriptor, const decode_sink *sink, char why[200]);

#endif
