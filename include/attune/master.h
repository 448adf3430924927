// SPDX-License-Identifier: Apache-2.0
// attune/master.h - the same music for another listener: a narrower band, less crest, a loudness, a hearing loss made up for.
//
// What is made is measured again and refused when it misses its profile or is no longer the same music (docs/mastering.md).
#ifndef ATT_MASTER_H
#define ATT_MASTER_H

#include "attune/music.h"

ATT_BEGIN

#define ATT_HEARING_MAX 16

// Gain for a threshold of hearing h dB HL at f Hz: half of it (Lybarger 1944), or NAL-R's (Byrne and Dillon 1986).
typedef enum att_hearing_rule { ATT_HEARING_NAL_R, ATT_HEARING_HALF_GAIN } att_hearing_rule;

typedef struct att_master_profile {
    char name[64];
    double loudness_lufs;  // -40 … -8, ITU-R BS.1770
    double true_peak_dbtp; // at most; -12 … 0
    double band_low_hz, band_high_hz; // 3 dB down; 0: open
    double crest_db;       // at most, greatest sample by RMS; 4 … 30; 0: as it is
    double compress_ratio; // at least, of each of four bands above its own mean level; 1 … 8; more where crest_db asks for it
    double attack_ms, release_ms; // of the compressor
    double voice_db;       // at 2.7 kHz, an octave to either side; -12 … 12
    att_hearing_rule hearing_rule;
    size_t hearing_count;  // 0: no loss
    double hearing_hz[ATT_HEARING_MAX]; // rising
    double hearing_db[ATT_HEARING_MAX]; // thresholds, dB HL, -10 … 120
} att_master_profile;

// The profiles that come with Attune: "phone", "night", "car", "voice-clear", "hearing-mild", "hearing-moderate". NULL: none of that name.
const att_master_profile *att_master_preset(const char *name);
const att_master_profile *att_master_presets(size_t *count); // static

// YAML (docs/mastering.md has the keys). ATT_INVALID names line and key; at most 64 KiB. `name` is for messages.
att_status att_master_profile_parse(att_master_profile *out, att_text yaml, const char *name, att_error *err);
att_status att_master_profile_read(att_master_profile *out, const char *path, att_error *err);

typedef struct att_master_figures {
    double loudness_lufs, loudness_range_lu, true_peak_dbtp;
    double crest_db;
    double band_low_hz, band_high_hz; // all but a thousandth of the power lies above, below
    double tempo_bpm; // 0: no beat was found
    att_key key;
    double tempo_confidence, key_confidence; // 0 … 1
} att_master_figures;

typedef struct att_mastered {
    att_master_figures before, after;
    double ratio;         // of the compressor
    double gain_db;       // to the loudness
    double limit_most_db; // greatest reduction by the limiter
    bool identified;      // by its fingerprint; false: too short or too empty to be
} att_mastered;

// As long as it was; the same for the same input. ATT_INSUFFICIENT: silence, or less than 0.4 s. ATT_DENIED: what was made misses its
// profile or is not the same music; the story says what, *figures has the figures, *out is empty. `figures` may be NULL.
att_status att_master(
    att_audio *out, att_sound sound, const att_master_profile *profile, att_mastered *figures, const att_host *host, att_error *err);

// What the profile's hearing gives at a frequency, dB (0 … 30).
double att_master_hearing_gain_db(const att_master_profile *profile, double hz);

ATT_END
#endif
