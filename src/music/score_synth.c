// SPDX-License-Identifier: Apache-2.0
// music/score_synth.c - notes from attune-synth (score_synth.h).
#include "music/score_synth.h"

#include "music/pitch.h"

#include <math.h>

enum { CPU_S = 1800 };

att_status att_synth_start(att_synth *out, att_text request, int font, const char *font_path, const att_host *host, att_error *err)
{
    *out = (att_synth){.host = att_host_complete(host)};
    const att_helper_options options = {.name = "attune-synth", .what = font_path, .file = font, .request = request, .memory_bytes = (uint64_t)2 << 30, .cpu_s = CPU_S};
    return att_helper_start(&out->helper, &options, &out->host, err);
}

void att_synth_deinit(att_synth *synth)
{
    att_helper_destroy(synth->helper);
    if (synth->samples)
        ATT_FREE_ARRAY(&synth->host, synth->samples, synth->capacity * 2);
    *synth = (att_synth){0};
}

att_status att_synth_next(att_synth *synth, size_t *frames, att_error *err)
{
    float head[2];
    size_t got;
    att_status status = att_helper_read(synth->helper, head, 1, &got, err);
    if (status)
        return status;
    if (got != 1 || !(head[0] >= 0 && head[0] <= 2.0f * ATT_SYNTH_FRAMES_MAX))
        return ATT_FAIL(err, ATT_CORRUPT, "attune-synth: its answer is not notes");
    *frames = (size_t)head[0];
    if (*frames > synth->capacity) {
        float *grown = att_realloc(&synth->host, synth->samples, synth->capacity * 2, *frames * 2, sizeof *grown);
        if (!grown)
            return att_no_memory(err, *frames, "frames of a note");
        synth->samples = grown;
        synth->capacity = *frames;
    }
    status = att_helper_read(synth->helper, synth->samples, *frames, &got, err);
    return status || got == *frames ? status : ATT_FAIL(err, ATT_CORRUPT, "attune-synth: a note ends early");
}

// --- How far the sound font is out of tune ------------------------------------------------------------------------------

static float detune_of(const att_synth *synth, size_t frames, uint32_t rate_hz, double wanted_cents)
{
    const size_t first = rate_hz / 5;
    const double hz = 440 * exp2((wanted_cents - 6900) / 1200);
    att_pitch is;
    if (frames < first * 3)
        return 0;
    const att_sound held = {synth->samples + first * 2, ATT_MIN(frames - first, (size_t)(1.1 * rate_hz)), 2, rate_hz};
    if (att_pitch_measure(held, hz * 0.8, hz * 1.25, &is, &synth->host, NULL) != ATT_OK || is.clarity < 0.8)
        return 0;
    const double off = is.cents - wanted_cents;
    return fabs(off) < 50 ? (float)off : 0;
}

att_status att_synth_detunes(const att_synth_note *notes, size_t count, uint32_t rate_hz, int font, const char *font_path, float *out_cents, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    const size_t size = sizeof(att_synth_request) + count * sizeof *notes;
    char *request = ATT_NEW_ARRAY(&full, char, size);
    if (!request)
        return att_no_memory(err, count, "notes to listen to");
    const att_synth_request head = {ATT_SYNTH_MAGIC, rate_hz, (uint32_t)count, 0};
    memcpy(request, &head, sizeof head);
    for (size_t i = 0; i < count; i++) {
        const uint32_t held = rate_hz * 3 / 2 / ATT_SYNTH_BLOCK * ATT_SYNTH_BLOCK;
        const att_synth_note n = {.hold_frames = held, .cents = 100.0f * notes[i].key, .key = notes[i].key, .velocity = notes[i].velocity, .program = notes[i].program};
        memcpy(request + sizeof head + i * sizeof n, &n, sizeof n);
    }
    att_synth synth;
    att_status status = att_synth_start(&synth, (att_text){request, size}, font, font_path, &full, err);
    for (size_t i = 0; !status && i < count; i++) {
        size_t frames = 0;
        status = att_synth_next(&synth, &frames, err);
        if (!status)
            out_cents[i] = detune_of(&synth, frames, rate_hz, 100.0 * notes[i].key);
    }
    att_synth_deinit(&synth);
    ATT_FREE_ARRAY(&full, request, size);
    return status;
}
