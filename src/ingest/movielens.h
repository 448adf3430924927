// SPDX-License-Identifier: Apache-2.0
// ingest/movielens.h - the files of a MovieLens folder (csv editions, 2014 and later) as tables.
//
// movies.csv   an item each: id, title, medium "film", genres as tags; "(1995)" at the end of the
// title is the year ratings.csv  an event each: a rating with id "ml-USER-MOVIE-TIMESTAMP", so the
// same file counts once tags.csv     the words that people gave most often to a film, at most
// ATT_MOVIE_TAGS of them, join its tags
#ifndef ATT_INGEST_MOVIELENS_H
#define ATT_INGEST_MOVIELENS_H

#include "base/names.h"
#include "ingest/table.h"

enum { ATT_MOVIE_TAGS = 16 };

// What tags.csv said. One thread at a time.
typedef struct att_movie_tags {
    const att_host *host;
    att_names movies, tags;
    ATT_VEC(uint64_t) pairs; // movie << 32 | tag; sorted once reading ends
    bool sorted;
} att_movie_tags;

void att_movie_tags_init(att_movie_tags *tags, const att_host *host);
void att_movie_tags_deinit(att_movie_tags *tags);
bool att_movie_tags_add(att_movie_tags *tags, att_text movie, att_text tag); // false: out of memory
// The most frequent first, ties by the tag's bytes; lower case. Views into `tags`.
size_t att_movie_tags_of(att_movie_tags *tags, att_text movie, att_text out[ATT_MOVIE_TAGS]);

// Each sets mapping and finish; the header is still to be read. `tags` is borrowed.
att_status att_movielens_ratings(att_table *table, att_arena *life, att_error *err);
att_status att_movielens_movies(
    att_table *table, att_movie_tags *tags, att_arena *life, att_error *err);
att_status att_movielens_tags(
    att_table *table, att_movie_tags *tags, att_arena *life, att_error *err);

#endif
