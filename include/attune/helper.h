// SPDX-License-Identifier: Apache-2.0
// attune/helper.h - what a helper program writes to the library that started it.
//
// Bytes of foreign files are decoded in helper programs (apps/media), which have a few rights and a bounded share of memory and
// time. A helper is started as `NAME MEMORY_BYTES CPU_SECONDS`, with its request on standard input and the file, opened by the
// library, as descriptor 3. It writes blocks to standard output, in the byte order of the machine:
//
//   offset  size  content
//   0       4     kind: one of att_helper_block
//   4       4     size of what follows, in bytes
//   8       …     HEAD: an att_helper_head; SAMPLES: whole frames of float32; STORY: one status byte, then a line of text; END: nothing
//
// HEAD comes first and once, then any number of SAMPLES, then END. A STORY may come instead of any of them and is the last.
#ifndef ATT_HELPER_H
#define ATT_HELPER_H

#include "attune/status.h"

ATT_BEGIN

#define ATT_HELPER_FILE 3                   // the descriptor of the file
#define ATT_HELPER_MAGIC 0x31545441u        // "ATT1"
#define ATT_HELPER_BLOCK_BYTES_MAX (1 << 20)
#define ATT_HELPER_STORY_BYTES_MAX 400

typedef enum att_helper_block { ATT_HELPER_NONE, ATT_HELPER_HEAD, ATT_HELPER_SAMPLES, ATT_HELPER_END, ATT_HELPER_STORY } att_helper_block;

#define ATT_HELPER_UNFILTERED 1u // this system has no filter of system calls: the helper runs under limits of memory and time alone

typedef struct att_helper_head {
    uint32_t magic;
    uint32_t rate_hz;
    uint32_t channels;
    uint32_t flags;  // ATT_HELPER_UNFILTERED
    uint64_t frames; // as the file claims; 0: unknown. Never trusted with memory.
} att_helper_head;

// --- What the library asks of attune-synth, on its standard input and in the byte order of the machine: an att_synth_request, its notes,
// its bends. The sound font is descriptor 3. It answers each note in turn, as if it were alone in the world: a frame whose first sample
// is the count of frames that follow, then these.

#define ATT_SYNTH_MAGIC 0x31535441u // "ATS1"
#define ATT_SYNTH_BLOCK 64          // frames; holds are whole blocks, so that a note is the same wherever it stands
#define ATT_SYNTH_NOTES_MAX (1 << 20)
#define ATT_SYNTH_BENDS_MAX (1 << 24)
#define ATT_SYNTH_FRAMES_MAX (1 << 23) // of one note

typedef struct att_synth_note {
    uint32_t hold_frames;            // whole blocks
    uint32_t tail_frames_max;        // after it is let go
    uint32_t bend_first, bend_count; // one a block, from the beginning; the last one stays
    float cents;                     // pitch, above MIDI key 0 of equal temperament; of drums: not read
    uint8_t key;                     // whose sample sounds
    uint8_t velocity, program;
    uint8_t drums;                   // 1: program is a drum kit
} att_synth_note;

typedef struct att_synth_request {
    uint32_t magic, rate_hz, note_count, bend_count; // bends: float cents, within 1200 either way
} att_synth_request;

ATT_END
#endif
