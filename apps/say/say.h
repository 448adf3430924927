// SPDX-License-Identifier: Apache-2.0
// apps/say/say.h - what the command line and the service say in the same words: results of the library as JSON.
//
// Times are whole milliseconds since 1970. Each call makes a new value; NULL when memory ran out.
#ifndef ATT_SAY_H
#define ATT_SAY_H

#include "attune/attune.h"

#include <jansson.h>

json_t *say_number(double value); // null when it is not finite
json_t *say_text(att_text text);  // "" when it is not UTF-8

json_t *say_training(const att_train_report *report);
json_t *say_model(const att_model_state *version);

json_t *say_experiment(const att_experiment *experiment);
json_t *say_readout(const att_readout *readout);
json_t *say_readout_line(const att_readout *readout, const att_readout_line *line);
// As decision records name an arm, and `attune report --compare arms:A,B` takes it.
unsigned say_arm_number(const att_experiment *experiment, size_t variation);

json_t *say_longrun(const att_longrun *report);

#ifdef ATT_MUSIC
json_t *say_music(const att_music_analysis *analysis);   // an object
json_t *say_sections(const att_music_details *details);  // [{begin_s, end_s, label}, …]
json_t *say_beats(const att_music_details *details);     // [[seconds, place in the bar], …]
json_t *say_song(const att_score *score, const att_breaches *breaches);
json_t *say_tuning(const att_tuning_measured *tuning);
json_t *say_print_rates(const att_print_rates *rates);
json_t *say_style_rates(const att_style_rates *rates, double floor);
json_t *say_seam(const att_seam *seam);
#endif

#endif
