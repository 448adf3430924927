// SPDX-License-Identifier: Apache-2.0
// music/helper.h - a helper program: a child process of few rights that turns bytes which nobody trusts into sound.
//
// The child gets what it needs as open descriptors and nothing else: no other descriptor, no environment, no signal handling
// of the host. It bounds its own memory and time and gives up its rights before it looks at a byte (apps/media/sandbox.h).
// Here its answer is checked (music/wire.h), and a child that crashes, hangs or lies ends as a story. Any thread; one helper
// serves one thread.
#ifndef ATT_MUSIC_HELPER_H
#define ATT_MUSIC_HELPER_H

#include "attune/helper.h"
#include "base/base.h"

typedef struct att_helper att_helper;

typedef struct att_helper_options {
    const char *name;        // of the program, in host.helpers
    const char *what;        // what it works on, for stories: a path; outlives the helper
    int file;                // the program's descriptor 3; stays the caller's; negative: none
    att_text request;        // its standard input; outlives the helper
    uint64_t memory_bytes;   // the most it may have; 0: 512 MiB
    uint32_t cpu_s;          // the most it may compute; 0: 60
    uint32_t silence_s;      // ended when nothing came for so long; 0: 60
} att_helper_options;

// Starts it and waits for its head. ATT_UNSUPPORTED: the program is not there. ATT_INVALID: it refuses, or crashed; ATT_LIMIT;
// ATT_CANCELLED by the host's progress.
att_status att_helper_start(att_helper **out, const att_helper_options *options, const att_host *host, att_error *err);
const att_helper_head *att_helper_head_of(const att_helper *helper); // valid until destroy
// The next `frames`, interleaved: `*got` is less at the end, which is only reached when the program says so.
att_status att_helper_read(att_helper *helper, float *out, size_t frames, size_t *got, att_error *err);
// Ends the program when it still runs, and takes its remains away. NULL is fine.
void att_helper_destroy(att_helper *helper);

// Where the programs are when the host does not say: the folder that this build installs them into. (Tests put their own in its place.)
const char *att_helpers_installed(void);

#endif
