// SPDX-License-Identifier: Apache-2.0
// attune/stems.h - a track split into drums, bass, vocals and the rest, and mixed again to taste.
//
// The four stems sum to the track: what no other stem took is in `other`. How well each was split is predicted from the masks, and
// that prediction limits how far a remix may push a stem. Method and figures: docs/stems.md.
#ifndef ATT_STEMS_H
#define ATT_STEMS_H

#include "attune/audio.h"

ATT_BEGIN

typedef enum att_stem { ATT_STEM_DRUMS, ATT_STEM_BASS, ATT_STEM_VOCALS, ATT_STEM_OTHER, ATT_STEM_COUNT } att_stem;

const char *att_stem_name(att_stem stem); // "drums", "bass", "vocals", "other"
bool att_stem_by_name(att_text name, att_stem *out);

typedef enum att_stems_method {
    ATT_STEMS_NETWORK,   // the mask network that comes with the library, or another by `model`
    ATT_STEMS_CLASSICAL, // nothing learned: harmonic-percussive medians and repetition (REPET)
    ATT_STEMS_METHOD_COUNT
} att_stems_method;

#define ATT_STEMS_SECONDS_MAX 3600.0

typedef struct att_stems_options {
    att_stems_method method;
    const char *model; // a file that att_stems_train wrote; NULL: the one in the library
} att_stems_options;

typedef struct att_stems {
    att_audio stem[ATT_STEM_COUNT]; // of the track's shape
    // The SI-SDR that is expected of each stem, in dB; -HUGE_VAL: nothing of it was found.
    double expected_db[ATT_STEM_COUNT];
    att_stems_method method;
} att_stems;

// Any rate, one to eight channels, at most ATT_STEMS_SECONDS_MAX. Working memory beyond the stems is about 150 MB whatever the length.
// The sum of the stems is the sound to within 2^-22, and bit for bit where its samples are whole multiples of 2^-23 between -1 and 1
// (files of 8, 16 and 24 bits). ATT_LIMIT; ATT_INVALID, ATT_CORRUPT, ATT_VERSION: the model; ATT_CANCELLED.
att_status att_stems_separate(att_stems *out, att_sound sound, const att_stems_options *options, const att_host *host, att_error *err);
void att_stems_deinit(att_stems *stems); // all zero is fine

ATT_END
#endif
