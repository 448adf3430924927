// SPDX-License-Identifier: Apache-2.0
// music/stems_measure.h - how close a stem is to what it should be.
//
// SI-SDR (Le Roux et al. 2019): 10 log10(|a s|^2 / |a s - e|^2), a = <e, s> / |s|^2, over all samples of all channels at once.
// SDR of BSS Eval v4 (Stöter, Liutkus and Ito 2018, after Vincent, Gribonval and Févotte 2006) for images: 10 log10(|s|^2 / |s - e|^2) in
// windows of one second that do not overlap, the median over them; a window in which any stem or estimate is silent does not count. Its
// spatial, interference and artifact parts sum to s - e, so that the distortion filters of 512 taps, which tell these apart, cancel
// out of SDR; parts are not told apart here. Stems that are silent throughout are left out first, as that tool demands.
#ifndef ATT_MUSIC_STEMS_MEASURE_H
#define ATT_MUSIC_STEMS_MEASURE_H

#include "music/stems_parts.h"

// NaN: the reference is silence. Between -80 and 120.
double att_si_sdr_db(const float *reference, const float *estimate, size_t count);

// sdr_db (count): of each stem; NaN where no window counts. All sounds have the first one's shape.
void att_bss_sdr_db(const att_sound *references, const att_sound *estimates, size_t count, double *sdr_db);

// The stems as masks |S|^2 / sum of |S|^2 of the true stems give them, one a channel: the best a mask of powers can do.
att_status att_stems_ideal(const att_audio truth[ATT_STEM_COUNT], att_sound mix, att_stems *out, const att_host *host, att_error *err);

typedef struct att_stems_point {
    double si_sdr_db[ATT_STEMS_ROW_COUNT][ATT_STEM_COUNT], sdr_db[ATT_STEMS_ROW_COUNT][ATT_STEM_COUNT]; // NaN: silent
    double expected_db[ATT_STEMS_ROW_COUNT][ATT_STEM_COUNT];
    double seconds, network_s;
} att_stems_point;

// One track of a folder of multitracks. model NULL: the row of the network stays empty (NaN). The mix is the sum of the stems.
att_status att_stems_measure_track(
    const char *folder, const char *track, const att_stems_model *model, const att_host *host, att_stems_point *out, att_error *err);

#endif
