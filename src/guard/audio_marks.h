// SPDX-License-Identifier: Apache-2.0
// guard/audio_marks.h - keys of three peaks that stay the same at another tempo, speed or pitch.
#ifndef ATT_GUARD_AUDIO_MARKS_H
#define ATT_GUARD_AUDIO_MARKS_H

#include "guard/audio_peaks.h"

typedef struct att_mark {
    uint32_t key;
    uint32_t peak; // index of the first of the three
} att_mark;

typedef ATT_VEC(att_mark) att_marks;

enum { ATT_MARK_SCHEME = 1 }; // another number with every change of what makes a key

// The marks of peaks [0, count), appended; `first` is added to their indexes. With `probe` every key under which a mark could have been
// stored comes out, else the one key under which it is stored. False: out of memory.
bool att_marks_of(const uint32_t *peaks, size_t count, bool probe, uint32_t first, const att_host *host, att_marks *out);

#endif
