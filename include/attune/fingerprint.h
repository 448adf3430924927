// SPDX-License-Identifier: Apache-2.0
// attune/fingerprint.h - is this sound, or a part of it, in a recording that we know?
//
// A recording is known by the peaks of its spectrum over time and pitch, and looked up by keys of three peaks that stay the same at
// another tempo, speed or pitch (to 6 % and a semitone), in noise, and after lossy coding. What comes out says where in the query, where
// in the recording, how much faster and how much higher. docs/fingerprint.md has the method and the measured rates.
#ifndef ATT_FINGERPRINT_H
#define ATT_FINGERPRINT_H

#include "attune/audio.h"
#include "attune/measure.h"

ATT_BEGIN

#define ATT_PRINTS_MAX 1000000
#define ATT_PRINT_NAME_MAX 1024         // bytes
#define ATT_PRINT_SECONDS_MAX 16000     // of one recording
#define ATT_PRINT_FOUND_MAX 64
#define ATT_PRINT_SCORE 8.0             // standard deviations above chance, from which it is a match

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
    double score_least; // less is no match; 0: ATT_PRINT_SCORE
} att_print_options;

// The best first; what lasts over more windows of 10 s is one match. `out` has room for ATT_PRINT_FOUND_MAX. A query in which nothing is
// heard has no match: that is not an error.
att_status att_prints_find(
    const att_prints *prints, att_sound query, const att_print_options *options, att_print_match *out, size_t *count, att_error *err);

// One file, a snapshot (docs/formats.md). A damaged one is refused: ATT_CORRUPT, ATT_VERSION.
att_status att_prints_save(att_prints *prints, const char *path, att_error *err);
att_status att_prints_load(att_prints **out, const char *path, const att_host *host, att_error *err);

// --- Measuring ---------------------------------------------------------------------------------------------------

// What is done to an excerpt before it is looked up. The first takes the place of the harmless zero: nothing.
#define ATT_AUDIO_ATTACKS(X)                                                                       \
    X(NONE, "nothing")                                                                             \
    X(MP3_64, "MP3 64 kb/s")                                                                       \
    X(MP3_32, "MP3 32 kb/s")                                                                       \
    X(WHITE_10, "white noise 10 dB")                                                               \
    X(WHITE_0, "white noise 0 dB")                                                                 \
    X(PINK_10, "pink noise 10 dB")                                                                 \
    X(TEMPO_DOWN_5, "tempo -5 %")                                                                  \
    X(TEMPO_DOWN_2, "tempo -2 %")                                                                  \
    X(TEMPO_DOWN_1, "tempo -1 %")                                                                  \
    X(TEMPO_UP_1, "tempo +1 %")                                                                    \
    X(TEMPO_UP_2, "tempo +2 %")                                                                    \
    X(TEMPO_UP_5, "tempo +5 %")                                                                    \
    X(SPEED_DOWN_5, "speed -5 %")                                                                  \
    X(SPEED_DOWN_2, "speed -2 %")                                                                  \
    X(SPEED_DOWN_1, "speed -1 %")                                                                  \
    X(SPEED_UP_1, "speed +1 %")                                                                    \
    X(SPEED_UP_2, "speed +2 %")                                                                    \
    X(SPEED_UP_5, "speed +5 %")                                                                    \
    X(PITCH_DOWN, "pitch -1 semitone")                                                             \
    X(PITCH_UP, "pitch +1 semitone")                                                               \
    X(EQUALIZED, "equalizer +-8 dB")                                                               \
    X(LOW_PASS, "low-pass 1.5 kHz")                                                                \
    X(TELEPHONE, "telephone band")                                                                 \
    X(COMPRESSED, "compressor 8:1")                                                                \
    X(CLIPPED, "clipped by 12 dB")                                                                 \
    X(QUIET, "20 dB quieter")                                                                      \
    X(MIXED_6, "another track at -6 dB")                                                           \
    X(MIXED_0, "another track as loud")                                                            \
    X(COMBINED, "tempo, pitch, EQ, compressor, noise, MP3")                                        \
    X(REVERSED, "reversed")

typedef enum att_audio_attack {
#define X(name, text) ATT_AUDIO_##name,
    ATT_AUDIO_ATTACKS(X)
#undef X
    ATT_AUDIO_ATTACK_COUNT
} att_audio_attack;
const char *att_audio_attack_name(att_audio_attack attack);

typedef struct att_print_rate {
    uint64_t looked, found; // excerpts of known recordings, and those whose recording comes first
    uint64_t placed;        // of them, those at the right place within half a second
    uint64_t wrong;         // excerpts of known recordings that are taken for others
    uint64_t foreign_looked, alarms; // excerpts of recordings that are not known, and those taken for one that is
    att_interval found_share, alarm_share; // 95 %, Wilson
    bool impossible;        // this build cannot do that to sound
} att_print_rate;

typedef struct att_print_rates {
    uint64_t known, foreign; // recordings
    double hours, bytes_per_hour; // of the known ones in the database
    double look_s;           // processor time of one look: the excerpt's peaks, and all behind
    double add_times;        // sound is added so many times as fast as it plays, decoding left out
    double foreign_most;     // the highest score of a foreign excerpt
    double foreign_middle;   // the median
    double score_least;      // from which it was a match
    double alarm_bound;      // chance of an alarm in one look at a foreign excerpt, from the tail of their scores (Gumbel)
    att_print_rate rates[ATT_AUDIO_ATTACK_COUNT];
} att_print_rates;

// One look, as it is told to on_look.
typedef struct att_print_look {
    const char *path;
    double begin_s;          // of the excerpt
    att_audio_attack attack;
    bool known;              // the file is in the database
    bool found, placed;      // its recording came first, at the right place
    double score;            // the highest of its own recording; 0: none
    double other_score;      // the highest of another
    const char *other;       // and whose that is, NULL: none
} att_print_look;

typedef struct att_print_measure_options {
    const att_prints *prints; // files in it are known, all others foreign; NULL: two of three files are added to one that is made
    uint64_t seed;           // 0: 1
    uint32_t excerpts;       // of each recording; 0: 1
    double seconds;          // of an excerpt, 3 to 60; 0: 10
    double score_least;      // as in att_print_options
    void (*on_look)(void *user, const att_print_look *look); // may be NULL
    void *user;
} att_print_measure_options;

// Reads sound files, and looks up excerpts of all of them under every attack. Files that cannot be read or hold less than two excerpts
// are passed over. ATT_INSUFFICIENT: fewer than three are left; the story says why the last was passed over.
att_status att_print_measure(const char *const *paths, size_t count, const att_print_measure_options *options, const att_host *host,
    att_print_rates *out, att_error *err);

ATT_END
#endif
