// SPDX-License-Identifier: Apache-2.0
// music/master_figures.h - what a listener's profile is about, measured: loudness, peaks, crest, band.
#ifndef ATT_MUSIC_MASTER_FIGURES_H
#define ATT_MUSIC_MASTER_FIGURES_H

#include "attune/master.h"

att_status att_master_measure(att_sound sound, att_master_figures *out, const att_host *host, att_error *err);
// Gated loudness alone; faster.
att_status att_master_loudness(att_sound sound, double *lufs, att_error *err);
double att_master_rms(att_sound sound); // over all frames and channels
double att_master_peak(att_sound sound);

#endif
