// SPDX-License-Identifier: Apache-2.0
// attune/host.h - what the embedding program gives the library: memory, time, a place for messages.
//
// The library keeps no process-wide state. Every object is made with a host and keeps a copy of the
// struct; `user` must outlive the object. Fields left NULL take the defaults of att_host_default():
// malloc, the system clock, and a log sink that drops everything.
#ifndef ATT_HOST_H
#define ATT_HOST_H

#include "attune/status.h"

ATT_BEGIN

typedef enum att_log_level { ATT_LOG_DEBUG, ATT_LOG_INFO, ATT_LOG_WARNING, ATT_LOG_ERROR } att_log_level;

// Told now and then (at most some ten times a second) during long work.
typedef struct att_progress {
    const char *task; // static text such as "import" or "factorize, pass 3 of 16"
    uint64_t done;    // in units
    uint64_t total;   // 0 when unknown
    const char *unit; // "lines", "events", "users", "bytes"
} att_progress;

typedef struct att_host {
    // realloc in shape: old == NULL allocates, size == 0 frees (and returns NULL). Returned memory is
    // aligned for max_align_t. May be called from any thread that the caller lets into the library.
    void *(*resize)(void *user, void *old, size_t old_size, size_t size);
    // Milliseconds since 1970-01-01 UTC. Any thread.
    int64_t (*now_ms)(void *user);
    // One message without a line end. Any thread. Never holds personal data.
    void (*log)(void *user, att_log_level level, const char *message);
    // False asks for the work to stop; the call then returns ATT_CANCELLED and nothing acknowledged
    // is lost. Called from the thread that called the library. May be NULL.
    bool (*progress)(void *user, const att_progress *progress);
    void *user;
    // The folder with the helper programs that decode foreign files (attune/helper.h); outlives the object. NULL: where this build
    // installs them.
    const char *helpers;
} att_host;

att_host att_host_default(void);

ATT_END
#endif
