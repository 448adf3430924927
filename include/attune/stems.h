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
    ATT_STEMS_NETWORK,   // the mask network by `model` or that comes with the library; where it was built without one, as below
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
    att_stems_method method; // that did it
} att_stems;

// Any rate, one to eight channels, at most ATT_STEMS_SECONDS_MAX. Working memory beyond the stems is about 150 MB whatever the length.
// The sum of the stems is the sound to within 2^-22, and bit for bit where its samples are whole multiples of 2^-23 between -1 and 1
// (files of 8, 16 and 24 bits). ATT_LIMIT; ATT_INVALID, ATT_CORRUPT, ATT_VERSION: the model; ATT_CANCELLED.
att_status att_stems_separate(att_stems *out, att_sound sound, const att_stems_options *options, const att_host *host, att_error *err);
void att_stems_deinit(att_stems *stems); // all zero is fine

// --- Mixing again ---------------------------------------------------------------------------------------------

typedef struct att_remix_options {
    double gain_db[ATT_STEM_COUNT];          // 0: as it is; -HUGE_VAL: mute; at most 24
    const att_sound *timbre[ATT_STEM_COUNT]; // the stem takes on the colour of this sound: its spectrum over octaves; NULL: keeps its own
} att_remix_options;

typedef struct att_remix_told {
    double gain_db[ATT_STEM_COUNT];  // as given
    bool limited[ATT_STEM_COUNT];    // less than was asked, since the stem was not split well enough
    double timbre_share[ATT_STEM_COUNT]; // of the way to the other colour
    double turned_down_db;           // all of it, so that nothing is clipped; 0 or more
} att_remix_told;

// What a stem is expected to have wrong, |e|^2, may come out no stronger than 3 dB below the stem as it was: moving it by a factor g adds
// (g - 1) e, so |g - 1| <= 10^((expected_db - 3) / 20). A stem of which nothing was found is not limited.
att_status att_stems_remix(
    att_audio *out, const att_stems *stems, const att_remix_options *options, const att_host *host, att_remix_told *told, att_error *err);

// How far it goes with a stem that is expected to be split so well: *least_db is -HUGE_VAL where it may be muted, *most_db at most 24.
void att_remix_limits(double expected_db, double *least_db, double *most_db);

// Gains for a situation: "workout", "focus", "sleep", "commute", "party", "relax", "karaoke". False: no such preset.
bool att_remix_preset(att_text name, double gain_db[ATT_STEM_COUNT]);
const char *att_remix_preset_name(size_t index); // NULL beyond the last

// --- Measuring ------------------------------------------------------------------------------------------------

// Each beside what is there without splitting, and the best that a mask can do.
typedef enum att_stems_row { ATT_STEMS_ROW_MIX, ATT_STEMS_ROW_CLASSICAL, ATT_STEMS_ROW_NETWORK, ATT_STEMS_ROW_IDEAL, ATT_STEMS_ROW_COUNT } att_stems_row;

// NaN: no track has that stem. SI-SDR is Le Roux et al. 2019's, over a whole track; SDR that of BSS Eval v4 (median over seconds).
typedef struct att_stems_figures {
    uint32_t tracks;
    double si_sdr_mean_db, si_sdr_median_db, sdr_median_db; // over tracks
} att_stems_figures;

typedef struct att_stems_report {
    uint32_t tracks;
    double seconds;
    att_stems_figures row[ATT_STEMS_ROW_COUNT][ATT_STEM_COUNT];
    double si_sdr_mean_db[ATT_STEMS_ROW_COUNT]; // of all stems of all tracks
    double expected_off_db[ATT_STEM_COUNT];     // how far the network's expected SI-SDR was off, in the mean
    double network_s;                           // how long it took
} att_stems_report;

// Splits the sum of each track's stems. options->method does not matter; the row of the network is NaN when there is none.
att_status att_stems_evaluate(const char *folder, const att_stems_options *options, const att_host *host, att_stems_report *out, att_error *err);

// --- Learning -------------------------------------------------------------------------------------------------

typedef struct att_stems_train_options {
    const char *held_out;   // another folder of multitracks, to see how well it goes and to learn how far to trust it; NULL: the same
    const char *checkpoint; // a file to go on from, written every now and then; removed at the end. NULL: none
    const char *card;       // text about the data and their licences, for the file's model card
    uint64_t seed;          // 0: 1
    uint32_t steps;         // 0: 13000; of two stretches of six seconds each
} att_stems_train_options;

typedef struct att_stems_trained {
    uint32_t tracks, held_out_tracks, steps;
    double loss;                         // of the last tenth of the steps; the mean log error, see music/stems_net.h
    double expected_db[ATT_STEM_COUNT];  // mean SI-SDR on the held-out tracks
} att_stems_trained;

// Learns from a folder of multitracks (one folder a track, with drums.wav, bass.wav, vocals.wav and other.wav) on one thread and writes
// `model`. The same folders, seed and steps give the same file, also when it was stopped and went on from its checkpoint.
att_status att_stems_train(
    const char *folder, const char *model, const att_stems_train_options *options, const att_host *host, att_stems_trained *out, att_error *err);

// The model card of a network, NULL: of the one in the library: what it learned from, with which seed, how well it does. Markdown; the
// host frees it with att_stems_card_free (NULL is fine).
att_status att_stems_card(char **out, const char *model, const att_host *host, att_error *err);
void att_stems_card_free(char *card, const att_host *host);

ATT_END
#endif
