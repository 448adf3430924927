// SPDX-License-Identifier: Apache-2.0
// guard/text_rows.h - labelled texts from a CSV file, to train a filter with or to measure one by.
//
//   mapping := part { "," part }
//   part    := "text" "=" COLUMN | "id" "=" COLUMN | "label" "=" COLUMN     "" in quotes: the column without a name
//            | "label." VALUE ":" CATEGORY      what a value of the label column means; "none" is no category
//            | "votes." CATEGORY "=" COLUMN     how many people said so; "none" too
//            | "category." CATEGORY "=" COLUMN  0 to 1; at least 0.5: it is of this category
//
// With a label, or votes, a row is of one category or none; with category columns it may be of several.
#ifndef ATT_GUARD_TEXT_ROWS_H
#define ATT_GUARD_TEXT_ROWS_H

#include "base/arena.h"

#define ATT_CATEGORIES_MAX 16
#define ATT_CATEGORY_NAME_MAX 32
#define ATT_LABELLED_SIZE_MAX ((size_t)1 << 30)

typedef struct att_labelled_row {
    att_text text;
    uint64_t id;    // from the id column, or the row's number from 0
    uint32_t truth; // bit c: it is of category c
    float targets[ATT_CATEGORIES_MAX]; // 0 … 1: the share of votes where there are, else the truth
} att_labelled_row;

typedef struct att_labelled {
    att_host host;
    att_arena life;
    char *file; // what texts view into, (file_size)
    size_t file_size;
    char categories[ATT_CATEGORIES_MAX][ATT_CATEGORY_NAME_MAX + 1];
    size_t category_count;
    bool exclusive; // a row is of one category or none
    ATT_VEC(att_labelled_row) rows;
} att_labelled;

// mapping NULL: the columns "text" and "label". The story names file, line and field.
att_status att_labelled_load(att_labelled *out, const char *path, const char *mapping, const att_host *host, att_error *err);
// The same over bytes (borrowed), for fuzzing.
att_status att_labelled_parse(att_labelled *out, const char *name, att_text file, const char *mapping, const att_host *host,
    att_error *err);
void att_labelled_deinit(att_labelled *rows); // of a zeroed struct is fine

#endif
