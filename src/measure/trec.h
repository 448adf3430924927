// SPDX-License-Identifier: Apache-2.0
// measure/trec.h - the two text files of trec_eval, read into memory.
//
//   run:   query Q0 item rank score tag [anything]     one line a retrieved item; rank is not used
//   qrels: query 0 item grade                          one line a judgement; grade below 1 is not
//   relevant
//
// Fields are parted by white space; empty lines and lines that begin with '#' are passed over.
#ifndef ATT_MEASURE_TREC_H
#define ATT_MEASURE_TREC_H

#include "base/base.h"

#define ATT_TREC_FILE_SIZE_MAX ((size_t)1 << 30)
#define ATT_TREC_ID_SIZE_MAX 1024
#define ATT_TREC_GRADE_MAX 1000000

typedef enum att_trec_kind { ATT_TREC_RUN, ATT_TREC_QRELS } att_trec_kind;

typedef struct att_trec_row {
    att_text query, item; // into the file's text
    double score;         // run; att_trec_eval says whether it is rounded to a float: that decides what ties
    int32_t grade;        // qrels
    uint32_t line;
} att_trec_row;

typedef struct att_trec_file {
    char *text;
    size_t text_size;
    att_trec_row *rows; // by query, then by item, both as bytes
    size_t count, capacity;
    att_text tag; // of the last line; run
} att_trec_file;

// `name` is for messages. Text is copied. A duplicate (query, item) is ATT_INVALID with both line
// numbers.
att_status att_trec_parse(att_trec_file *out, att_trec_kind kind, const char *text, size_t size,
    const char *name, const att_host *host, att_error *err);
att_status att_trec_load(
    att_trec_file *out, att_trec_kind kind, const char *path, const att_host *host, att_error *err);
void att_trec_file_deinit(att_trec_file *file, const att_host *host);

int att_text_order(att_text a, att_text b); // as strcmp

#endif
