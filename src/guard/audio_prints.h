// SPDX-License-Identifier: Apache-2.0
// guard/audio_prints.h - what a database of recordings holds, for its own files and tests.
//
// Marks lie in sorted runs. A new recording is a run of its own; a run that is not twice as long as the next is merged with it, so that
// there are at most log2 of all marks of them, and each mark is moved as often (the logarithmic method, Bentley and Saxe 1980).
#ifndef ATT_GUARD_AUDIO_PRINTS_H
#define ATT_GUARD_AUDIO_PRINTS_H

#include "attune/fingerprint.h"
#include "guard/audio_marks.h"
#include "store/snapshot.h"

typedef struct att_print_track {
    char *name; // (name_size + 1), zero-terminated
    uint32_t name_size;
    uint32_t first_peak, peak_count;
    uint32_t frames;
    uint32_t begins; // on the one time axis of all recordings, frames
} att_print_track;

typedef struct att_print_run {
    const att_mark *marks; // rising by key, then peak
    uint32_t count;
    uint32_t bits;
    uint32_t *directory; // ((1 << bits) + 1): where the marks whose keys begin with these bits begin
    bool borrowed;       // marks are the snapshot's
} att_print_run;

struct att_prints {
    att_host host;
    ATT_VEC(att_print_track) tracks;
    att_peaks peaks;           // of all tracks, one after the other
    ATT_VEC(uint32_t) moments; // (peaks.count): their frames on the one axis
    ATT_VEC(att_print_run) runs;
    uint32_t frames;       // where the next track begins
    att_snapshot *snapshot; // of the file it was loaded from, or NULL
};

enum { ATT_PRINT_BETWEEN = 4096 }; // frames of nothing between two tracks on the one axis

// Puts a track behind the others; takes the name and leaves the peaks.
bool att_prints_put(att_prints *prints, char *name, uint32_t name_size, const uint32_t *peaks, uint32_t peak_count, uint32_t frames);
// Makes the directory of a run; takes the marks (unless borrowed). False: out of memory.
bool att_prints_put_run(att_prints *prints, const att_mark *marks, uint32_t count, bool borrowed);
bool att_prints_merge_all(att_prints *prints); // into one run
size_t att_prints_track_at(const att_prints *prints, uint32_t moment);

// A peak of the query and one of a recording under the same key.
typedef struct att_print_hit {
    uint32_t asked, kept; // indexes of peaks
    uint32_t weight;      // 16 over the number of marks with this key, at least 1: what is rare tells more
} att_print_hit;
typedef ATT_VEC(att_print_hit) att_print_hits;
// Keys that more than ATT_PRINT_KEY_MOST marks of a run have are passed over: they tell nothing.
enum { ATT_PRINT_KEY_MOST = 2048 };
bool att_prints_hits(const att_prints *prints, const att_mark *probes, size_t count, const att_host *host, att_print_hits *out);
// The same by reading every mark: the plain twin.
bool att_prints_hits_plain(const att_prints *prints, const att_mark *probes, size_t count, const att_host *host, att_print_hits *out);

#endif
