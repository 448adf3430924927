// SPDX-License-Identifier: Apache-2.0
// attune/import.h - files and pipes of items and events into a store.
//
// Resumable and idempotent: an event id counts once, and an import that was cut off goes on behind the last
// durable batch when it is run again on the same file. A bad line goes to the reject file with its reason,
// never silently dropped.
#ifndef ATT_IMPORT_H
#define ATT_IMPORT_H

#include "attune/engine.h"

ATT_BEGIN

typedef enum att_import_format {
    ATT_IMPORT_AUTO,
    ATT_IMPORT_NDJSON,   // a line an object: events have "user" and "signal", items have "id" and no "signal"
    ATT_IMPORT_CSV,      // needs a mapping
    ATT_IMPORT_MOVIELENS // a folder with movies.csv, ratings.csv and perhaps tags.csv
} att_import_format;

typedef struct att_import_options {
    att_import_format format;
    const char *mapping;     // CSV: "user=userId,item=movieId,signal:rating,value=rating,at=timestamp:s"
                             // see docs/import.md. NULL: none
    const char *reject_path; // NULL: SOURCE.rejects.ndjson (import.rejects.ndjson for a pipe)
    bool strict;             // the first bad line ends the import with an error
    bool restart;            // forget where an earlier import of the same file stopped
    size_t batch;            // lines a commit, 1 … 100000; 0: 10000
} att_import_options;

typedef struct att_import_report {
    uint64_t lines, items, events, duplicates, rejected, resumed_at_line;
    double seconds;
    char first_reject[256]; // "events.ndjson:17: field \"signal\": unknown value \"liek\""
    char reject_path[256];  // "" when nothing was rejected
} att_import_report;

// `source`: a path, or "-" for standard input (descriptor 0). A thread of the import reads ahead (it uses host.resize,
// and is gone when the call returns); host.progress is called from the caller's thread alone.
att_status att_import(att_engine *engine, const char *source, const att_import_options *options,
    att_import_report *report, att_error *err);

ATT_END
#endif
