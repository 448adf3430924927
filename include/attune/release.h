// SPDX-License-Identifier: Apache-2.0
// attune/release.h - may this piece of music be let out?
//
// A piece that was made is checked before anybody hears it: is a part of it in a protected recording (attune/fingerprint.h), does it keep
// its distance from what named artists sound like, is anything that it was made from opted out or without a licence? The verdict is
// allow, hold for people, or deny, with every reason. docs/fingerprint.md has rates.
//
// What the engine makes passes the same check when one of two files lies beside the store: recordings, and works of artists.
#ifndef ATT_RELEASE_H
#define ATT_RELEASE_H

#include "attune/fingerprint.h"
#include "attune/provenance.h"

ATT_BEGIN

#define ATT_PROTECTED_SUFFIX "-protected.prints" // behind the store's path: att_prints_save, `attune music find --db`
#define ATT_STYLES_SUFFIX "-styles"              // att_styles_save, `attune music check --learn`

// --- What an artist sounds like -------------------------------------------------------------------------------------

#define ATT_STYLE_DIM 44
#define ATT_STYLE_WORKS_MAX 1000000
#define ATT_STYLE_NAME_MAX 256 // bytes

// Timbre (thirteen cepstra: means, then deviations) and rhythm (self-likeness of onsets at eighteen lags). ATT_INSUFFICIENT: less than
// three seconds of sound.
att_status att_style_of(att_sound sound, float out[ATT_STYLE_DIM], const att_host *host, att_error *err);

// Works of named artists. Looking up is for any number of threads, adding for one.
typedef struct att_styles att_styles;

// dim: numbers of an embedding, 1 … 1024; 0: ATT_STYLE_DIM.
att_status att_styles_create(att_styles **out, size_t dim, const att_host *host, att_error *err);
void att_styles_destroy(att_styles *styles); // NULL is fine
size_t att_styles_dim(const att_styles *styles);
size_t att_styles_works(const att_styles *styles);
size_t att_styles_artists(const att_styles *styles);
const char *att_styles_artist(const att_styles *styles, size_t index); // valid until the next is added
att_status att_styles_add(att_styles *styles, const char *artist, const float *embedding, att_error *err);

// From an embedding to the middle of an artist's works, in deviations of works around their artists' middles, root mean square over the
// numbers: an artist's own works are at about 1. `without` is the number of a work to be left out, SIZE_MAX: none. Not finite where the
// artist has no (other) work.
double att_styles_distance(const att_styles *styles, size_t artist, const float *embedding, size_t without);

att_status att_styles_save(const att_styles *styles, const char *path, att_error *err); // a snapshot (docs/formats.md)
att_status att_styles_load(att_styles **out, const char *path, const att_host *host, att_error *err);

// How well works are told apart: each in turn is left out and measured against all artists.
typedef struct att_style_rates {
    size_t works;          // of artists with two or more
    size_t own_nearest;    // of them, those that are nearest to their own artist
    double own_middle, other_middle; // median distances: to the own artist, to the nearest other
    double own_below, other_below;   // shares of works nearer than the floor: to their own artist; to some other
} att_style_rates;
att_status att_styles_rate(const att_styles *styles, double floor, att_style_rates *out, att_error *err);

// --- The check ------------------------------------------------------------------------------------------------------

typedef enum att_release_verdict { ATT_RELEASE_ALLOW, ATT_RELEASE_HOLD, ATT_RELEASE_DENY } att_release_verdict;
const char *att_release_verdict_name(att_release_verdict verdict);

typedef enum att_release_rule {
    ATT_RELEASE_COPY,       // a part of it is in a protected recording: deny; where it is not sure: hold
    ATT_RELEASE_STYLE,      // nearer to an artist than the floor: deny; by less than a tenth above it: hold
    ATT_RELEASE_OPTED_OUT,  // made from, or like, something that is opted out: deny
    ATT_RELEASE_LICENCE,    // something that it was made from has no licence: hold
    ATT_RELEASE_PROVENANCE, // nobody says what it was made from, and that was asked for: hold
    ATT_RELEASE_SILENT,     // nothing in it to be checked: hold
} att_release_rule;
const char *att_release_rule_name(att_release_rule rule);

// Something that the piece was made from, as provenance tells.
typedef struct att_release_input {
    const char *name;
    const char *licence; // NULL or "": none
    bool opted_out;
} att_release_input;

// What a file was made from, as a provenance log tells (attune/provenance.h): by its content's SHA-256. ATT_CORRUPT: the log does not hold.
typedef struct att_release_trace att_release_trace;
att_status att_release_trace_create(att_release_trace **out, const char *log, const char *file, const att_host *host, att_error *err);
void att_release_trace_destroy(att_release_trace *trace); // NULL is fine
bool att_release_trace_known(const att_release_trace *trace); // the log has the file as an output
// What went into it (its parents' parents, where these were made here), and what its model learned from; valid until destroy.
const att_release_input *att_release_trace_inputs(const att_release_trace *trace, size_t *count);

typedef struct att_release_rules {
    const att_prints *prints;    // of protected works; NULL: not asked
    double deny_score;           // from this score it is a copy; 0: ATT_PRINT_SCORE
    double hold_score;           // from this one people look at it; 0: 0.75 of deny_score
    const att_styles *styles;    // NULL: not asked
    double style_floor;          // distance that it must keep from every artist; 0: 0.9
    const char *const *opted_out; // names of works and artists; compared without case
    size_t opted_out_count;
    bool inputs_needed;          // ask for what it was made from
} att_release_rules;

typedef struct att_release_work {
    att_sound sound;
    const float *embedding; // of the styles' dim; NULL: att_style_of
    const att_release_input *inputs;
    size_t input_count;
} att_release_work;

#define ATT_RELEASE_REASONS_MAX 64

typedef struct att_release_reason {
    att_release_rule rule;
    att_release_verdict verdict;
    char name[ATT_STYLE_NAME_MAX]; // of the recording, artist, input; cut at the end
    double value, limit; // score, or distance, and what it was held against
    att_print_match match; // of a copy
} att_release_reason;

typedef struct att_release_report {
    att_release_verdict verdict; // the worst of the reasons
    att_release_reason reasons[ATT_RELEASE_REASONS_MAX]; // the worst first
    size_t reason_count;
    char nearest_artist[ATT_STYLE_NAME_MAX]; // "": not asked
    double nearest_distance;
} att_release_report;

att_status att_release_check(
    const att_release_rules *rules, const att_release_work *work, const att_host *host, att_release_report *out, att_error *err);

ATT_END
#endif
