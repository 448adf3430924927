// SPDX-License-Identifier: Apache-2.0
// apps/cli/music_files.h - what several commands about music say and read.
#ifndef ATT_CLI_MUSIC_FILES_H
#define ATT_CLI_MUSIC_FILES_H

#include "cli.h"

typedef struct music_files {
    char **paths; // sorted within each argument
    size_t count, capacity;
    size_t too_deep; // folders that were passed over
} music_files;

// The arguments; of a folder, all files in it and below whose names end like sound. False: told what is not there. Folders that lie
// deeper than sixteen in another are passed over, which is told.
bool music_files_list(const cli *c, music_files *out);
// The same of one folder.
bool music_files_below(const cli *c, const char *folder, music_files *out);
void music_files_free(music_files *files);

json_t *music_match_json(const att_prints *prints, const att_print_match *match);
void music_print_match(const att_prints *prints, const att_print_match *match);

#endif
