// SPDX-License-Identifier: Apache-2.0
// apps/cli/music_loop.c - music loop: a loop at a set tempo, as long as its bars to the sample, its seam measured.
#include "song.h"

static int tell(cli *c, const att_score *score, const att_breaches *breaches, const char *out, const att_rendered *sound, const att_seam *seam)
{
    if (c->json) {
        json_t *all = cli_song_json(score, breaches, out);
        if (sound->mix.samples) {
            json_object_set_new(all, "frames", json_integer((json_int_t)sound->mix.frames));
            json_object_set_new(all, "rate_hz", json_integer(sound->mix.rate_hz));
            json_object_set_new(all, "seam", say_seam(seam));
        }
        return cli_print_json(all);
    }
    cli_song_print(c, score, breaches, out);
    if (sound->mix.samples)
        printf("  %zu frames of %u Hz; seam: waveform %.2f, spectrum %.2f of what it is elsewhere, level %+.1f dB\n", sound->mix.frames, sound->mix.rate_hz, seam->step,
            seam->spectrum, seam->level);
    return 0;
}

static int make_loop(cli *c, cli_origin *origin)
{
    att_music_brief brief;
    att_render_options options;
    att_score score;
    att_rendered sound = {0};
    att_seam seam = {0};
    att_breach items[CLI_BREACHES_SHOWN];
    att_breaches breaches = {.items = items, .capacity = CLI_BREACHES_SHOWN};
    att_error err = {0};
    const char *out = cli_get(c, "out");
    if (!cli_song_brief(c, &brief) || !cli_song_render_options(c, &options) || !cli_song_name_is_fine(c, out))
        return 64;
    int code = cli_song_take(c, origin, &options, out);
    if (code)
        return code;
    brief.loop = true;
    cli_progress_start(c);
    att_status status = att_compose(&score, &brief, &c->host, &err);
    if (!status)
        status = att_score_check(&score, &breaches, &c->host, &err);
    if (!status && out && cli_ends_with(out, ".mid"))
        status = att_score_write_midi(&score, out, &c->host, &err);
    else if (!status && out) {
        status = att_score_render(&sound, &score, &options, &c->host, &err);
        if (!status)
            status = att_seam_measure(att_audio_view(&sound.mix), score.bars, &seam, &c->host, &err);
        if (!status)
            status = cli_song_write(c, &sound, out, &err);
    }
    cli_progress_end();
    code = status ? cli_fail(c, status, &err) : cli_song_give(c, origin, &score, &options, out);
    if (!code)
        code = tell(c, &score, &breaches, out, &sound, &seam);
    if (!code && breaches.count)
        code = 1;
    att_rendered_deinit(&sound);
    att_score_deinit(&score);
    return code;
}

static int run_loop(cli *c)
{
    cli_origin origin;
    int code = cli_origin_open(c, &origin);
    if (!code)
        code = make_loop(c, &origin);
    cli_origin_close(&origin);
    return code;
}

static const cli_option options[] = {CLI_SONG_OPTIONS, {NULL, 0, NULL, NULL}};
static const char *const examples[] = {"attune music loop --style house --bpm 120 --bars 4 --out loop.wav", "four bars that repeat",
    "attune music loop --style lo-fi --bpm 80 --seed 3 --out beat.flac --stems", "with its stems", NULL};
const cli_command cli_music_loop = {"music loop", "Make a loop that repeats without a seam", "", 0, 0,
    "A loop of 8 bars, or as many as asked for, that leads back into its own beginning: as long as its bars at its tempo, rounded once to whole frames; what still "
    "sounds at its end is in its beginning. The seam is measured beside the other bar lines: near 1 it is a place like others.",
    options, examples, run_loop};
