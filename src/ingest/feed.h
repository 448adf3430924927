// SPDX-License-Identifier: Apache-2.0
// ingest/feed.h - a thread that reads and parses ahead, handing over chunks through a ring of
// three.
//
// While the caller's thread makes one chunk durable, the next is parsed. All signals are blocked in
// the reading thread; it ends before att_feed_stop returns. It calls host->resize and the check
// functions.
#ifndef ATT_INGEST_FEED_H
#define ATT_INGEST_FEED_H

#include "ingest/piece.h"

typedef struct att_rejected {
    uint64_t line;
    att_text text; // view, without its line end
    bool cut;      // the line went on
    att_fault fault;
} att_rejected;

// What one commit takes: everything up to these ends.
typedef struct att_cut {
    size_t event_end, item_end, reject_end;
    uint64_t offset, line;             // in the file, behind it
    uint64_t whole_offset, whole_line; // before a last line without a line end
} att_cut;

typedef struct att_chunk {
    char *data; // (capacity); all texts are views into it or live in `scratch`
    size_t capacity, size;
    att_event *events; // (event_capacity)
    uint64_t *event_lines;
    size_t event_count, event_capacity;
    ATT_VEC(att_item) items;
    ATT_VEC(uint64_t) item_lines;
    ATT_VEC(att_rejected) rejects;
    ATT_VEC(att_cut) cuts;
    att_arena scratch;
    bool last;         // nothing comes behind it
    att_status status; // what ended the reading, if not the end of the file
    att_error error;
} att_chunk;

typedef struct att_feed_options {
    int fd;           // borrowed
    const char *name; // for messages
    bool waits;       // a pipe: a chunk is handed over when nothing more comes for a moment
    bool stop_at_bad; // nothing is read behind the first bad piece
    size_t batch;     // lines a cut
    att_form form;
    // From the reading thread. NULL: everything is taken.
    att_status (*check_event)(void *user, const att_event *event, att_error *err);
    att_status (*check_item)(void *user, const att_item *item, att_error *err);
    void *check_user;
    att_text head;         // bytes already read, copied; they end where reading goes on
    bool at_end;           // there is nothing behind the head
    uint64_t offset, line; // of the head's first byte
    bool inside_line; // it stands inside a line that was given up: drop what is left of that line
} att_feed_options;

typedef struct att_feed att_feed;

att_status att_feed_start(
    att_feed **out, const att_feed_options *options, const att_host *host, att_error *err);
// The next chunk, or NULL when none came within `wait_ms`. Valid until att_feed_release. At most
// one is held.
const att_chunk *att_feed_next(att_feed *feed, int wait_ms);
void att_feed_release(att_feed *feed);
// Ends the thread and frees everything; NULL is fine.
void att_feed_stop(att_feed *feed);

// A checker's story, `field "x": …`, as a fault.
void att_fault_of_error(const att_error *err, att_fault *out);

#endif
