// SPDX-License-Identifier: Apache-2.0
// guard/styles.h - what a list of artists holds; for its file, tests and fuzzing.
#ifndef ATT_GUARD_STYLES_H
#define ATT_GUARD_STYLES_H

#include "attune/release.h"
#include "store/snapshot.h"

typedef struct att_style_artist {
    char *name; // (name_size + 1)
    uint32_t name_size;
    uint32_t works;
    double *sum; // (dim): of its works
} att_style_artist;

struct att_styles {
    att_host host;
    size_t dim;
    ATT_VEC(att_style_artist) artists;
    ATT_VEC(uint32_t) works;    // (works): the artist of each
    ATT_VEC(float) numbers;     // (works, dim)
    double *deviations;         // (dim): within artists
};

// Adds without settling: distances are right after att_styles_settle.
att_status att_styles_put(att_styles *styles, const char *artist, const float *embedding, att_error *err);
void att_styles_settle(att_styles *styles);

// Adopts the snapshot: it is closed before the call returns.
att_status att_styles_adopt(att_styles **out, att_snapshot *snapshot, uint32_t version, const att_host *host, att_error *err);

#endif
