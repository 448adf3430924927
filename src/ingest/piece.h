// SPDX-License-Identifier: Apache-2.0
// ingest/piece.h - what a file is cut into: lines or records, each an event, an item, or bad.
#ifndef ATT_INGEST_PIECE_H
#define ATT_INGEST_PIECE_H

#include "attune/items.h"
#include "attune/signals.h"
#include "base/arena.h"
#include "ingest/fault.h"
#include "ingest/line.h"

typedef enum att_piece_kind {
    ATT_PIECE_MORE, // the bytes end inside it: call again with more
    ATT_PIECE_BLANK,
    ATT_PIECE_EVENT,
    ATT_PIECE_ITEM,
    ATT_PIECE_BAD, // see the fault
    ATT_PIECE_NO_MEMORY
} att_piece_kind;

typedef struct att_piece {
    att_piece_kind kind;
    size_t size;     // bytes it takes, with its line end
    uint64_t lines;  // line ends in them; an unended last line counts too
    bool unended;    // the file ends without a line end behind it
    bool skip_rest;  // it is longer than may be held: drop what follows up to the next line end
    att_fault fault; // when bad
} att_piece;

// How files of one kind are read. `rest` begins at a piece; `last`: nothing follows it. Texts of
// the event or item are views into `rest`, or live in `scratch`.
typedef void att_piece_reader(void *user, att_text rest, bool last, att_arena *scratch,
    att_event *event, att_item *item, att_piece *out);
typedef struct att_form {
    att_piece_reader *read;
    void *user;
} att_form;

att_form att_form_ndjson(void);

#endif
