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

typedef struct att_helper_head {
    uint32_t magic;
    uint32_t rate_hz;
    uint32_t channels;
    uint32_t spare;  // 0
    uint64_t frames; // as the file claims; 0: unknown. Never trusted with memory.
} att_helper_head;

ATT_END
#endif
