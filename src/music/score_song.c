// SPDX-License-Identifier: Apache-2.0
// music/score_song.c - from a brief to a checked score and its sound, in one call.
#include "attune/compose.h"
#include "base/base.h"

att_status att_song_make(att_song *out, const att_music_brief *brief, const att_render_options *options, const att_host *host, att_error *err)
{
    att_breaches found = {.items = &out->first, .capacity = 1};
    *out = (att_song){0};
    att_status status = att_compose(&out->score, brief, host, err);
    if (!status)
        status = att_score_check(&out->score, &found, host, err);
    out->rules = found.rules;
    out->breaches = found.count;
    if (!status)
        status = att_score_render(&out->sound, &out->score, options, host, err);
    if (status)
        att_song_deinit(out);
    return status;
}

void att_song_deinit(att_song *song)
{
    att_score_deinit(&song->score);
    att_rendered_deinit(&song->sound);
    *song = (att_song){0};
}
