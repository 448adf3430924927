// SPDX-License-Identifier: Apache-2.0
// music/analyse.c - all that is measured of a piece of music: heard once, block by block, then asked.
#include "attune/music.h"

#include "music/beats.h"
#include "music/key.h"
#include "music/listen.h"
#include "music/loudness.h"
#include "music/sections.h"
#include "music/source.h"
#include "music/tempo.h"
#include "music/timbre.h"

#include <math.h>

enum { BLOCK_FRAMES = 1 << 14 };

typedef struct hearing {
    att_host host;
    uint32_t channels, rate_hz;
    uint64_t frames, expected;
    att_listener *listener;
    att_meter *meter;
} hearing;

static void end(hearing *h)
{
    att_listener_destroy(h->listener);
    att_meter_destroy(h->meter);
}

static att_status begin(hearing *h, uint32_t channels, uint32_t rate_hz, uint64_t expected, const att_host *host, att_error *err)
{
    *h = (hearing){.host = att_host_complete(host), .channels = channels, .rate_hz = rate_hz, .expected = expected};
    const att_status status = att_listener_create(&h->listener, channels, rate_hz, &h->host, err);
    return status ? status : att_meter_create(&h->meter, channels, rate_hz, &h->host, err);
}

static att_status hear(hearing *h, const float *samples, size_t frames, att_error *err)
{
    att_status status = att_listener_hear(h->listener, samples, frames, err);
    if (!status)
        status = att_meter_add(h->meter, samples, frames, err);
    const bool tell = (h->frames >> 20) != ((h->frames + frames) >> 20); // some ten times a second
    h->frames += frames;
    if (!status && tell && !att_progress_tell(&h->host, "analyse", h->frames, ATT_MAX(h->frames, h->expected), "frames"))
        status = ATT_FAIL(err, ATT_CANCELLED, "cancelled while it was heard");
    return status;
}

static att_status take_beats(const att_heard *heard, att_music_analysis *out, att_music_details *details, const att_host *host, att_error *err)
{
    att_beats beats;
    att_status status = att_beats_find(heard, out->tempo_bpm, &beats, host, err);
    out->beats_per_bar = beats.per_bar;
    if (!status && details)
        status = att_sections_find(heard, &beats, &details->sections, &details->section_count, host, err);
    if (details) {
        details->beats = beats.items;
        details->beat_count = beats.count;
    } else if (beats.items) {
        ATT_FREE_ARRAY(host, beats.items, beats.count);
    }
    return status;
}

static att_status ask(const att_heard *heard, att_music_analysis *out, att_music_details *details, const att_host *host, att_error *err)
{
    att_tempo tempo;
    out->crest_db = heard->mean_square > 0 ? 20 * log10(heard->peak / sqrt(heard->mean_square)) : 0;
    out->clipped_share = heard->clipped_share;
    out->centroid_hz = heard->centroid_hz;
    out->harmonicity = heard->harmonic_share;
    att_status status = att_tempo_find(heard, &tempo, host, err);
    if (status)
        return status;
    memcpy(out->tempos, tempo.guesses, sizeof out->tempos);
    out->tempo_count = tempo.count;
    out->tempo_bpm = tempo.count ? tempo.guesses[0].bpm : 0;
    out->tempo_confidence = tempo.confidence;
    const att_key_found key = att_key_find(heard->pitches);
    out->key = key.key;
    out->key_confidence = key.confidence;
    out->tuning_cents = key.tuning_cents;
    status = att_timbre_of(heard, out->embedding, host, err);
    if (!status)
        status = take_beats(heard, out, details, host, err);
    if (!status)
        att_mood_of(heard, out);
    return status;
}

static att_status conclude(hearing *h, att_music_analysis *out, att_music_details *details, att_error *err)
{
    att_heard heard = {0};
    att_loudness loudness;
    att_status status = att_meter_tell(h->meter, &loudness, err);
    if (!status)
        status = att_listener_tell(h->listener, &heard, err);
    if (!status) {
        *out = (att_music_analysis){.seconds = heard.seconds, .rate_hz = h->rate_hz, .channels = h->channels,
            .loudness_lufs = loudness.integrated_lufs, .loudness_range_lu = loudness.range_lu, .true_peak_dbtp = loudness.true_peak_dbtp};
        status = ask(&heard, out, details, &h->host, err);
    }
    att_heard_deinit(&heard);
    return status;
}

att_status att_music_analyse_all(att_sound sound, att_music_analysis *out, att_music_details *details, const att_host *host, att_error *err)
{
    hearing h;
    *out = (att_music_analysis){0};
    if (details)
        *details = (att_music_details){.host = att_host_complete(host)};
    att_status status = begin(&h, sound.channels, sound.rate_hz, sound.frames, host, err);
    for (size_t at = 0; !status && at < sound.frames; at += BLOCK_FRAMES)
        status = hear(&h, sound.samples + at * sound.channels, ATT_MIN(sound.frames - at, (size_t)BLOCK_FRAMES), err);
    if (!status)
        status = conclude(&h, out, details, err);
    end(&h);
    return status;
}

att_status att_music_analyse(att_sound sound, att_music_analysis *out, const att_host *host, att_error *err)
{
    return att_music_analyse_all(sound, out, NULL, host, err);
}

static att_status hear_source(hearing *h, att_source *source, uint64_t frames_max, att_error *err)
{
    float *block = ATT_NEW_ARRAY(&h->host, float, (size_t)BLOCK_FRAMES * h->channels);
    att_status status = block ? ATT_OK : att_no_memory(err, BLOCK_FRAMES, "frames of sound");
    size_t got = BLOCK_FRAMES;
    while (!status && got == BLOCK_FRAMES && h->frames < frames_max) {
        status = att_source_read(source, block, BLOCK_FRAMES, &got, err);
        if (!status && got)
            status = hear(h, block, (size_t)ATT_MIN((uint64_t)got, frames_max - h->frames), err);
    }
    ATT_FREE_ARRAY(&h->host, block, (size_t)BLOCK_FRAMES * h->channels);
    return status;
}

att_status att_music_analyse_file(
    const char *path, double seconds_max, att_music_analysis *out, att_music_details *details, const att_host *host, att_error *err)
{
    att_source *source;
    hearing h = {0};
    *out = (att_music_analysis){0};
    if (details)
        *details = (att_music_details){.host = att_host_complete(host)};
    att_status status = att_source_open(&source, path, host, err);
    if (status)
        return status;
    const uint32_t rate_hz = att_source_rate_hz(source);
    const uint64_t frames_max = seconds_max > 0 && seconds_max < 1e9 ? (uint64_t)ceil(seconds_max * rate_hz) : UINT64_MAX;
    status = begin(&h, att_source_channels(source), rate_hz, ATT_MIN(att_source_frames(source), frames_max), host, err);
    if (!status)
        status = hear_source(&h, source, frames_max, err);
    const double missing = (double)att_source_missing(source) / rate_hz;
    att_source_close(source);
    if (!status && h.frames == 0)
        status = ATT_FAIL(err, ATT_INVALID, "%s: no sound in it", path);
    if (!status)
        status = conclude(&h, out, details, err);
    out->seconds_missing = status ? 0 : missing;
    end(&h);
    return status;
}

void att_music_details_deinit(att_music_details *details)
{
    if (details->beats)
        ATT_FREE_ARRAY(&details->host, details->beats, details->beat_count);
    if (details->sections)
        ATT_FREE_ARRAY(&details->host, details->sections, details->section_count);
    *details = (att_music_details){0};
}
