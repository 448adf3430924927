// SPDX-License-Identifier: Apache-2.0
// apps/cli/music_compose.c - music compose: a song from a brief, checked, as notes or as sound.
#include "song.h"

static att_status write_song(const cli *c, const att_score *score, const char *out, const att_render_options *options, att_rendered *sound, att_error *err)
{
    if (!out)
        return ATT_OK;
    if (cli_ends_with(out, ".mid"))
        return att_score_write_midi(score, out, &c->host, err);
    const att_status status = att_score_render(sound, score, options, &c->host, err);
    return status ? status : cli_song_write(c, sound, out, err);
}

static int tell(cli *c, const att_score *score, const att_breaches *breaches, const char *out, const att_rendered *sound, const att_tuning_measured *tuning)
{
    if (!c->json && tuning->count)
        printf("%s of the lead, played alone: %.2f cents off in the median, %.2f at most; the instrument as a whole %+.2f\n", cli_count(tuning->count, "key", "keys"),
            tuning->median_cents, tuning->worst_cents, tuning->instrument_cents);
    if (!c->json) {
        cli_song_print(c, score, breaches, out);
        if (sound->mix.samples)
            printf("  %s played on %s\n", cli_count(sound->played, "distinct note", "distinct notes"), sound->sound_font);
        return 0;
    }
    json_t *all = cli_song_json(score, breaches, out);
    if (sound->mix.samples)
        json_object_set_new(all, "sound", json_pack("{s:I,s:i,s:I,s:s,s:f}", "frames", (json_int_t)sound->mix.frames, "rate_hz", (int)sound->mix.rate_hz, "played",
            (json_int_t)sound->played, "sound_font", sound->sound_font, "gain_db", sound->gain_db));
    if (tuning->count)
        json_object_set_new(all, "tuning", say_tuning(tuning));
    return cli_print_json(all);
}

static int compose(cli *c, cli_origin *origin)
{
    att_music_brief brief;
    att_render_options options;
    att_score score;
    att_rendered sound = {0};
    att_breach items[CLI_BREACHES_SHOWN];
    att_breaches breaches = {.items = items, .capacity = CLI_BREACHES_SHOWN};
    att_tuning_measured tuning = {.count = 0};
    att_error err = {0};
    const char *out = cli_get(c, "out");
    if (!cli_song_brief(c, &brief) || !cli_song_render_options(c, &options) || !cli_song_name_is_fine(c, out))
        return 64;
    int code = cli_song_take(c, origin, &options, out);
    if (code)
        return code;
    cli_progress_start(c);
    att_status status = att_compose(&score, &brief, &c->host, &err);
    if (!status)
        status = att_score_check(&score, &breaches, &c->host, &err);
    if (!status)
        status = write_song(c, &score, out, &options, &sound, &err);
    if (!status && cli_flag(c, "measure"))
        status = att_tuning_measure(&score, &options, &tuning, &c->host, &err);
    cli_progress_end();
    code = status ? cli_fail(c, status, &err) : cli_song_give(c, origin, &score, &options, out);
    if (!code)
        code = tell(c, &score, &breaches, out, &sound, &tuning);
    if (!code && breaches.count)
        code = 1;
    att_rendered_deinit(&sound);
    att_score_deinit(&score);
    return code;
}

static int run_compose(cli *c)
{
    cli_origin origin;
    int code = cli_origin_open(c, &origin);
    if (!code)
        code = compose(c, &origin);
    cli_origin_close(&origin);
    return code;
}

static const cli_option options[] = {
    CLI_SONG_OPTIONS,
    {"form", 0, "WORDS", "\"intro verse chorus verse chorus bridge chorus outro\""},
    {"minutes", 0, "N", "whole length, rounded to bars; otherwise the style's own"},
    {"measure", 0, NULL, "play each key of the lead alone and measure its pitch"},
    {"search-ms", 0, "N", "the clock may end the search after a whole plan"},
    {NULL, 0, NULL, NULL},
};
static const char *const examples[] = {"attune music compose --style house --bpm 124 --key \"A minor\" --plan", "a song's plan",
    "attune music compose --style jazz --seed 7 --out song.mid", "its notes", "attune music compose --style ambient --minutes 10 --out calm.flac", "ten minutes of sound",
    "attune music compose --scale bayati --key D --measure --out taqsim.wav", "a piece in a maqam, its degrees measured", NULL};
const cli_command cli_music_compose = {"music compose", "Compose a song from a brief", "", 0, 0,
    "A score is planned under rules of form, harmony, voice leading and melody, and checked by a second program part that shares no code with the first. "
    "The same brief and seed give the same song. Sound is made by FluidSynth in a helper program, from a General MIDI sound font. Exit code 1: the checker found a breach.",
    options, examples, run_compose};
