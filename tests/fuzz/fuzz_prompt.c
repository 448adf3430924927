// SPDX-License-Identifier: Apache-2.0
// Whatever a prompt says, it is read or refused with a story: pieces lie within it, in order of their beginning, ranges are the right way
// round, the vector is within its bounds, and a track has a score.
#include "attune/prompt.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
    if (!condition)
        abort();
}

static void check_pieces(const att_prompt_said *said, size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++)
        need(said[i].begin < said[i].end && said[i].end <= size && said[i].meaning[0] && (!i || said[i - 1].begin <= said[i].begin));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const att_item bare = {0};
    att_music_prompt p;
    att_prompt_fit fit;
    att_error err = {0};
    if (att_music_prompt_read(&p, (att_text){(const char *)data, size}, &err)) {
        need(err.text[0] != 0);
        return 0;
    }
    check_pieces(p.understood, p.understood_count, size);
    check_pieces(p.ignored, p.ignored_count, size);
    need(p.tonic >= -1 && p.tonic < 12 && p.term_count <= ATT_PROMPT_TERMS_MAX);
    for (unsigned a = 0; a < ATT_AXIS_COUNT; a++) {
        need(p.vector[a] >= 0 && p.vector[a] <= 1 && p.weight[a] >= 0);
        need(!p.axes[a].given || p.axes[a].least <= p.axes[a].most);
    }
    need(!isnan(p.tempo_bpm.least) && !isnan(p.duration_s.most) && !isnan(p.year.least));
    att_music_prompt_fit(&p, &bare, &fit);
    need(fit.score >= 0 && fit.score <= 1);
    return 0;
}
