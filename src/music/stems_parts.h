// SPDX-License-Identifier: Apache-2.0
// music/stems_parts.h - what the files of separation share.
#ifndef ATT_MUSIC_STEMS_PARTS_H
#define ATT_MUSIC_STEMS_PARTS_H

#include "music/stems_model.h"

// model NULL: classical masks.
att_status att_stems_separate_with(att_stems *out, att_sound sound, const att_stems_model *model, const att_host *host, att_error *err);

// Learns on a folder of multitracks how far masks may be trusted, and writes the network. Weights are rounded to the file's.
att_status att_stems_finish(const char *path, float *weights, const char *folder, const att_stems_train_options *options, const att_host *host,
    att_stems_trained *out, att_error *err);

#endif
