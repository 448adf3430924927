// SPDX-License-Identifier: Apache-2.0
// apps/cli/music_stretch.c - music stretch: faster or slower, higher or lower.
#include "origin.h"

#include <math.h>
#include <time.h>

// --ratio, or --from-bpm with --to-bpm. False: told.
static bool must_ratio(const cli *c, double *out, int *code)
{
    const bool given = cli_get(c, "ratio") != NULL, from = cli_get(c, "from-bpm") != NULL, to = cli_get(c, "to-bpm") != NULL;
    double from_bpm = 0, to_bpm = 0;
    *code = 64;
    if (from != to || (given && from))
        return *code = cli_usage(c, "expected --ratio R, or --from-bpm with --to-bpm, not both"), false;
    if (!given && !from && !cli_get(c, "pitch"))
        return *code = cli_usage(c, "expected --ratio R, --from-bpm with --to-bpm, or --pitch CENTS"), false;
    *out = 1;
    if (!cli_must_number(c, "ratio", ATT_STRETCH_RATIO_MIN, ATT_STRETCH_RATIO_MAX, out) || !cli_must_number(c, "from-bpm", 10, 1000, &from_bpm) ||
        !cli_must_number(c, "to-bpm", 10, 1000, &to_bpm))
        return false;
    if (from)
        *out = from_bpm / to_bpm;
    if (*out < ATT_STRETCH_RATIO_MIN || *out > ATT_STRETCH_RATIO_MAX)
        return *code = cli_usage(c, "%g to %g BPM is a ratio of %g, expected %g to %g", from_bpm, to_bpm, *out, ATT_STRETCH_RATIO_MIN, ATT_STRETCH_RATIO_MAX), false;
    return true;
}

static double spent_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int stretch(cli *c, cli_origin *origin)
{
    att_stretch_options options = {.ratio = 1};
    att_audio in = {0}, made = {0};
    att_error err = {0};
    const char *out = cli_get(c, "out");
    char maker[ATT_PROVENANCE_NAME_SIZE_MAX + 1], note[128];
    int code;
    if (!out)
        return cli_usage(c, "expected --out FILE");
    if (!must_ratio(c, &options.ratio, &code))
        return code;
    if (!cli_must_number(c, "pitch", -ATT_STRETCH_CENTS_MAX, ATT_STRETCH_CENTS_MAX, &options.pitch_cents))
        return 64;
    code = cli_origin_add(c, origin, NULL, c->arguments[0]);
    if (!code)
        code = cli_origin_take(c, origin, "music");
    if (code)
        return code;
    cli_progress_start(c);
    att_status status = att_audio_read(&in, c->arguments[0], NULL, &c->host, &err);
    const double from = spent_s();
    if (!status)
        status = att_stretch(&made, att_audio_view(&in), &options, &c->host, &err);
    const double spent = spent_s() - from, seconds_in = in.rate_hz ? (double)in.frames / in.rate_hz : 0;
    if (!status)
        status = att_audio_write(att_audio_view(&made), out, &c->host, &err);
    cli_progress_end();
    const double seconds_out = made.rate_hz ? (double)made.frames / made.rate_hz : 0;
    const size_t frames_in = in.frames, frames_out = made.frames;
    att_audio_deinit(&in);
    att_audio_deinit(&made);
    if (status)
        return cli_fail(c, status, &err);
    snprintf(note, sizeof note, "ratio %.6g, pitch %+.6g cents", options.ratio, options.pitch_cents);
    code = cli_origin_give(c, origin, (att_provenance_entry){.kind = ATT_PROVENANCE_OUTPUT, .model = att_text_of(cli_origin_maker(c, origin, NULL, maker))},
        "music", out, note);
    if (code)
        return code;
    const double speed = seconds_in / fmax(spent, 1e-6);
    if (c->json)
        return cli_print_json(json_pack("{s:s,s:s,s:f,s:f,s:I,s:I,s:f,s:f,s:f}", "file", c->arguments[0], "out", out, "ratio", options.ratio,
            "pitch_cents", options.pitch_cents, "frames_in", (json_int_t)frames_in, "frames_out", (json_int_t)frames_out, "seconds_in", seconds_in,
            "seconds_out", seconds_out, "times_real_time", speed));
    printf("%s: %.3f s, from %.3f s, at %.0f times real time.\n", out, seconds_out, seconds_in, speed);
    return 0;
}

static int run_stretch(cli *c)
{
    cli_origin origin;
    int code = cli_origin_open(c, &origin);
    if (!code)
        code = stretch(c, &origin);
    cli_origin_close(&origin);
    return code;
}

static const cli_option stretch_options[] = {{"ratio", 0, "R", "length of the output by that of the input, 0.25 to 4"},
    {"from-bpm", 0, "BPM", "tempo of the file"}, {"to-bpm", 0, "BPM", "tempo of the output"},
    {"pitch", 0, "CENTS", "higher or lower by so many hundredths of a semitone, -2400 to 2400"},
    {"out", 'o', "FILE", "where it is written: .wav, .flac, .ogg or .mp3"}, CLI_ORIGIN_OPTIONS, {NULL, 0, NULL, NULL}};
static const char *const stretch_examples[] = {"attune music stretch song.flac --from-bpm 120 --to-bpm 127 --out faster.flac", "seven beats a minute faster",
    "attune music stretch song.flac --ratio 1.05 --out longer.wav", "a twentieth longer",
    "attune music stretch song.flac --pitch -100 --out lower.wav", "a semitone lower, as long as before", NULL};
const cli_command cli_music_stretch = {"music stretch", "Change the tempo of a sound file, or its pitch", "FILE", 1, 1,
    "The output has exactly the length of the input times the ratio. Attacks are copied unstretched to where the new tempo puts them, tones "
    "between them are stretched; left and right stay as they stand to each other. A change of pitch leaves the length as it is.",
    stretch_options, stretch_examples, run_stretch};
