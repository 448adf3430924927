// SPDX-License-Identifier: Apache-2.0
// apps/cli/music_tracks.h - tracks as items: from a catalogue, from item lines, from what `attune music analyze` wrote.
#ifndef ATT_CLI_MUSIC_TRACKS_H
#define ATT_CLI_MUSIC_TRACKS_H

#include "cli.h"

// False stops. The item is valid during the call.
typedef bool cli_track_seer(void *user, const att_item *item);
// Every track of a file of NDJSON ("-": standard input). A line with "file" is an analysis, any other an item's; lines that tell of a
// file that could not be read are passed over and counted. 0, or an exit code: told.
int cli_tracks_of_file(cli *c, const char *path, cli_track_seer *see, void *user, uint64_t *unread);

#endif
