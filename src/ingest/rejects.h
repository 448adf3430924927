// SPDX-License-Identifier: Apache-2.0
// ingest/rejects.h - the file of lines that were set aside: NDJSON, durable before what comes
// behind them is committed.
//
// {"file":"e.ndjson","line":17,"field":"signal","reason":"unknown value \"liek\", …","text":"{…}"}
// A text that is not UTF-8 has its exact bytes beside it as "bytes" in hexadecimal; one of more
// than 1 MiB is cut and says so with "cut":true.
#ifndef ATT_INGEST_REJECTS_H
#define ATT_INGEST_REJECTS_H

#include "ingest/fault.h"
#include "store/store.h"

typedef struct att_rejects {
    const att_host *host;
    char path[4096];
    att_bytes mark;  // how lines about this source begin: {"file":"NAME
    int fd;          // -1: not opened
    uint64_t size;   // of the file
    att_bytes lines; // that wait for flush
} att_rejects;

// Nothing is opened yet. `source`: the file that is imported, or with a '/' at the end the folder.
att_status att_rejects_init(att_rejects *rejects, const char *path, const char *source,
    const att_host *host, att_error *err);
void att_rejects_deinit(att_rejects *rejects);
// An import goes on from where the file had `size` bytes: what it holds behind them was never
// committed and will be found again, so it is cut off. Only when all of it is about this source;
// else it stays.
att_status att_rejects_resume(att_rejects *rejects, uint64_t size, att_error *err);
// A new import of the same source: what our own earlier one left is removed. A file of anything
// else is left as it is and appended to.
att_status att_rejects_restart(att_rejects *rejects, att_error *err);
att_status att_rejects_add(att_rejects *rejects, const char *file, uint64_t line,
    const att_fault *fault, att_text text, bool cut, att_error *err);
// On disk when it returns.
att_status att_rejects_flush(att_rejects *rejects, att_error *err);

#endif
