// SPDX-License-Identifier: Apache-2.0
// music/wire.h - reads what a helper program writes (attune/helper.h). Whatever the bytes, it ends with sound or with a story.
#ifndef ATT_MUSIC_WIRE_H
#define ATT_MUSIC_WIRE_H

#include "attune/helper.h"
#include "base/base.h"

// Where the bytes come from: `*got` is `size`, or less at the end of them.
typedef att_status att_wire_pull(void *source, void *out, size_t size, size_t *got, att_error *err);

typedef struct att_wire {
    att_wire_pull *pull;
    void *source;
    att_helper_head head;
    size_t left; // samples of the block that has begun
    bool ended;
} att_wire;

// ATT_CORRUPT: not the bytes of a helper, or they end too early; otherwise what the helper tells, or what `pull` says.
att_status att_wire_open(att_wire *out, att_wire_pull *pull, void *source, att_error *err);
// The next samples, interleaved: `*got` is `count` (whole frames), or less at the end.
att_status att_wire_read(att_wire *wire, float *out, size_t count, size_t *got, att_error *err);

#endif
