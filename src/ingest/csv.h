// SPDX-License-Identifier: Apache-2.0
// ingest/csv.h - records of RFC 4180: quotes, doubled quotes, line ends inside quotes, CRLF or LF.
#ifndef ATT_INGEST_CSV_H
#define ATT_INGEST_CSV_H

#include "ingest/piece.h"

#define ATT_CSV_FIELDS_MAX 512
#define ATT_CSV_RECORD_MAX ((size_t)1 << 20) // bytes

// One record at the front of `rest`. Fills `fields` (ATT_CSV_FIELDS_MAX) and *count; a field is a
// view, or lives in `scratch` when quotes in it were doubled. out->kind: EVENT stands for "a
// record", BLANK for an empty line, BAD for what is not CSV: then the piece ends with its first
// line, so that one stray quote costs one line.
void att_csv_record(att_text rest, bool last, char delimiter, att_arena *scratch, att_text *fields,
    size_t *count, att_piece *out);

#endif
