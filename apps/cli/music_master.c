// SPDX-License-Identifier: Apache-2.0
// apps/cli/music_master.c - music master: the same music for another listener.
#include "origin.h"

#include <math.h>
#include <string.h>

static json_t *figure(double value)
{
    return isfinite(value) ? json_real(round(value * 100) / 100) : json_null();
}

static json_t *figures_json(const att_master_figures *f)
{
    char key[16];
    att_key_text(f->key, key);
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:s}", "loudness_lufs", figure(f->loudness_lufs), "loudness_range_lu", figure(f->loudness_range_lu),
        "true_peak_dbtp", figure(f->true_peak_dbtp), "crest_db", figure(f->crest_db), "band_low_hz", figure(f->band_low_hz), "band_high_hz",
        figure(f->band_high_hz), "tempo_bpm", f->tempo_bpm > 0 ? figure(f->tempo_bpm) : json_null(), "key", key);
}

static void print_figures(const char *word, const att_master_figures *f)
{
    char key[16], tempo[24];
    att_key_text(f->key, key);
    if (f->tempo_bpm > 0)
        snprintf(tempo, sizeof tempo, "%.1f BPM", f->tempo_bpm);
    else
        snprintf(tempo, sizeof tempo, "no beat");
    printf("  %-7s %6.1f LUFS, range %4.1f LU, true peak %5.1f dBTP, crest %4.1f dB, %5.0f to %5.0f Hz, %s, %s\n", word, f->loudness_lufs,
        f->loudness_range_lu, f->true_peak_dbtp, f->crest_db, f->band_low_hz, f->band_high_hz, tempo, key);
}

// A name, or a file.
static att_status profile_of(const char *asked, att_master_profile *out, att_error *err)
{
    const att_master_profile *preset = att_master_preset(asked);
    if (preset) {
        *out = *preset;
        return ATT_OK;
    }
    const att_status status = att_master_profile_read(out, asked, err);
    if (status == ATT_NOT_FOUND)
        snprintf(err->text, sizeof err->text, "profile \"%.80s\": no file, and no name of phone, night, car, voice-clear, hearing-mild, hearing-moderate", asked);
    return status;
}

static int master(cli *c, cli_origin *origin)
{
    att_master_profile profile;
    att_mastered made = {0};
    att_audio in = {0}, mastered = {0};
    att_error err = {0};
    char maker[ATT_PROVENANCE_NAME_SIZE_MAX + 1], note[256];
    const char *out = cli_get(c, "out"), *asked = cli_get(c, "profile");
    if (!out || !asked)
        return cli_usage(c, "expected --profile NAME|FILE and --out FILE");
    att_status status = profile_of(asked, &profile, &err);
    if (status)
        return cli_fail(c, status, &err);
    int code = cli_origin_add(c, origin, NULL, c->arguments[0]);
    if (!code)
        code = cli_origin_take(c, origin, "music");
    if (code)
        return code;
    cli_progress_start(c);
    status = att_audio_read(&in, c->arguments[0], NULL, &c->host, &err);
    if (!status)
        status = att_master(&mastered, att_audio_view(&in), &profile, &made, &c->host, &err);
    if (!status)
        status = att_audio_write(att_audio_view(&mastered), out, &c->host, &err);
    cli_progress_end();
    att_audio_deinit(&in);
    att_audio_deinit(&mastered);
    if (status)
        return cli_fail(c, status, &err);
    snprintf(note, sizeof note, "profile %s", profile.name);
    code = cli_origin_give(c, origin, (att_provenance_entry){.kind = ATT_PROVENANCE_OUTPUT, .model = att_text_of(cli_origin_maker(c, origin, NULL, maker))},
        "music", out, note);
    if (code)
        return code;
    if (c->json)
        return cli_print_json(json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:b}", "file", c->arguments[0], "out", out, "profile", profile.name, "before",
            figures_json(&made.before), "after", figures_json(&made.after), "compress_ratio", figure(made.ratio), "gain_db", figure(made.gain_db),
            "limit_most_db", figure(made.limit_most_db), "identified", made.identified));
    printf("%s: %s, gain %+.1f dB, compressed %.2f : 1, limited by at most %.1f dB; %s.\n", out, profile.name, made.gain_db, made.ratio,
        made.limit_most_db, made.identified ? "the same music by its fingerprint" : "too short or empty for a fingerprint");
    print_figures("before", &made.before);
    print_figures("after", &made.after);
    return 0;
}

static int run_master(cli *c)
{
    cli_origin origin;
    int code = cli_origin_open(c, &origin);
    if (!code)
        code = master(c, &origin);
    cli_origin_close(&origin);
    return code;
}

static const cli_option master_options[] = {{"profile", 'p', "NAME|FILE", "phone, night, car, voice-clear, hearing-mild, hearing-moderate, or a file"},
    {"out", 'o', "FILE", "where it is written: .wav, .flac, .ogg or .mp3"}, CLI_ORIGIN_OPTIONS, {NULL, 0, NULL, NULL}};
static const char *const master_examples[] = {"attune music master song.flac --profile night --out quiet.flac", "softer, with less crest",
    "attune music master song.flac --profile mine.yaml --out mine.flac", "by a profile of your own", NULL};
const cli_command cli_music_master = {"music master", "Master a sound file for a listener: band, crest, loudness, hearing", "FILE", 1, 1,
    "Limits the band, makes up for a hearing loss, compresses in four bands, brings to a loudness without peaks over a limit. The result is measured: "
    "when it misses the profile, or is no longer the same music, nothing is written and the exit code is 77. Keys of a profile: docs/mastering.md.",
    master_options, master_examples, run_master};
