// SPDX-License-Identifier: Apache-2.0
// attune/fingerprint.h - is this sound, or a part of it, in a recording that we know?
//
// A recording is known by the peaks of its spectrum over time and pitch, and looked up by keys of three peaks that stay the same at
// another tempo, speed or pitch (to 6 % and a semitone), in noise, and after lossy coding. What comes out says where in the query, where
// in the recording, how much faster and how much higher. docs/fingerprint.md has the method and the measured rates.
#ifndef ATT_FINGERPRINT_H
#define ATT_FINGERPRINT_H

#include "attune/audio.h"

ATT_BEGIN

#define ATT_PRINTS_MAX 1000000
#define ATT_PRINT_NAME_MAX 1024         // bytes
#define ATT_PRINT_SECONDS_MAX 16000     // of one recording
#define ATT_PRINT_FOUND_MAX 64

// Many recordings. Adding needs it alone; any number of threads may look up in what is not being added to.
typedef struct att_prints att_prints;

att_status att_prints_create(att_prints **out, const att_host *host, att_error *err);
void att_prints_destroy(att_prints *prints); // NULL is fine
size_t att_prints_count(const att_prints *prints);

typedef struct att_print_info {
    att_text name; // valid until the database is added to or destroyed
    double seconds;
    size_t peaks;
} att_print_info;

att_print_info att_prints_get(const att_prints *prints, size_t index); // index < count
bool att_prints_named(const att_prints *prints, const char *name, size_t *index);
size_t att_prints_bytes(const att_prints *prints); // memory of what is stored

// ATT_EXISTS: the name is taken. ATT_INSUFFICIENT: silence, or too short to be known by. ATT_LIMIT. On failure all is as it was.
att_status att_prints_add(att_prints *prints, const char *name, att_sound sound, att_error *err);

typedef struct att_print_match {
    uint32_t index;             // of the recording
    double from_s, to_s;        // in the query
    double there_from_s, there_to_s; // in the recording
    double tempo;               // of the query relative to the recording: 1.05 is 5 % faster
    double pitch_semitones;     // of the query above the recording
    double score;               // standard deviations above chance
    double shared;              // of the recording's peaks in that place, the share that the query has too
} att_print_match;

typedef struct att_print_options {
    double score_least; // less is no match; 0: the one that docs/fingerprint.md derives
} att_print_options;

// The best first; what lasts over more windows of 10 s is one match. `out` has room for ATT_PRINT_FOUND_MAX. A query in which nothing is
// heard has no match: that is not an error. About … per window and hour of recordings.
att_status att_prints_find(
    const att_prints *prints, att_sound query, const att_print_options *options, att_print_match *out, size_t *count, att_error *err);

// One file, a snapshot (docs/formats.md). A damaged one is refused: ATT_CORRUPT, ATT_VERSION.
att_status att_prints_save(att_prints *prints, const char *path, att_error *err);
att_status att_prints_load(att_prints **out, const char *path, const att_host *host, att_error *err);

ATT_END
#endif
