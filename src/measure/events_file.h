// SPDX-License-Identifier: Apache-2.0
// measure/events_file.h - lines of "who, what, when" as a dataset.
//
// The first line tells what parts the fields: "::" (MovieLens 1M), a tab, a comma, or spaces. Without a head line two fields are
// user and item, in the order in which things happened; three are user, item and time; four user, item, rating and time. A head line
// names them in any order among others (user or userId, item, movieId or asin, rating, time or timestamp, in any case).
// Times are whole seconds since 1970, or milliseconds where they are above 99,999,999,999.
//
// Data to measure on must be clean: the first bad line ends it, with file, line and field.
#ifndef ATT_MEASURE_EVENTS_FILE_H
#define ATT_MEASURE_EVENTS_FILE_H

#include "measure/dataset.h"

// Adds what `text` holds to the dataset; `path` is for stories. Ratings below min_rating are passed over.
att_status att_events_parse(att_dataset *dataset, const char *path, const char *text, size_t size,
    double min_rating, const char *columns, att_error *err);

#endif
