// SPDX-License-Identifier: Apache-2.0
// The other stretchers that bench_stretch runs beside ours: those that Debian ships and that were found when this was built.
#ifndef ATT_BENCH_STRETCH_OTHERS_H
#define ATT_BENCH_STRETCH_OTHERS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// `in` is (frames, channels); writes up to out_frames frames to `out`, the first belonging to the first of `in`; returns how many.
typedef size_t bench_stretch(const float *in, size_t frames, unsigned channels, unsigned rate_hz, double ratio, float *out, size_t out_frames);

typedef struct bench_stretcher {
    const char *name;
    bench_stretch *run;
} bench_stretcher;

extern const bench_stretcher bench_others[]; // ends with a NULL name

#ifdef __cplusplus
}
#endif

#endif
