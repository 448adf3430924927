// SPDX-License-Identifier: Apache-2.0
// music/stems_model.h - a trained mask network as a file (docs/formats.md: STEM) or inside the library.
//
// Matrices are kept as bytes with one scale a column, the largest of its weights being 127; biases and gains as floats.
#ifndef ATT_MUSIC_STEMS_MODEL_H
#define ATT_MUSIC_STEMS_MODEL_H

#include "music/stems_net.h"

// From what the masks say of themselves to the SI-SDR that is to be expected: offset + slope * decibels.
typedef struct att_stems_trust {
    float offset_db, slope;
} att_stems_trust;

typedef struct att_stems_model {
    att_host host;
    float *weights; // as the bytes say
    size_t count;
    att_stems_trust trust[ATT_STEM_COUNT];
    char *card; // zero-terminated
    size_t card_size;
} att_stems_model;

// path NULL: the one in the library; ATT_UNSUPPORTED when it was built without.
att_status att_stems_model_open(att_stems_model *out, const char *path, const att_host *host, att_error *err);
att_status att_stems_model_read(att_stems_model *out, const void *data, size_t size, const att_host *host, att_error *err); // 64-byte aligned
void att_stems_model_close(att_stems_model *model); // all zero is fine
// The bytes inside the library; NULL: it was built without.
const void *att_stems_weights(size_t *size);
// Rounds weights to what the file can hold, in place, and writes them.
att_status att_stems_model_save(
    const char *path, float *weights, const att_stems_trust trust[ATT_STEM_COUNT], const char *card, const att_host *host, att_error *err);

#endif
