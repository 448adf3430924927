// SPDX-License-Identifier: Apache-2.0
// apps/cli/music_remix.c - music remix: a track with its stems louder, softer, out, or in another colour.
#include "origin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct wishes {
    att_remix_options options;
    const char *colour[ATT_STEM_COUNT]; // files
} wishes;

typedef bool take_value(const cli *c, wishes *w, att_stem stem, const char *value);

static bool take_mute(const cli *c, wishes *w, att_stem stem, const char *value)
{
    if (value)
        return cli_usage(c, "--mute: expected names of stems alone"), false;
    w->options.gain_db[stem] = -HUGE_VAL;
    return true;
}

static bool take_boost(const cli *c, wishes *w, att_stem stem, const char *value)
{
    char *end = NULL;
    const double db = value ? strtod(value, &end) : NAN;
    if (!value || end == value || *end || !(db >= -60 && db <= 24))
        return cli_usage(c, "--boost %s: expected decibels between -60 and 24, as in %s=6", att_stem_name(stem), att_stem_name(stem)), false;
    w->options.gain_db[stem] = db;
    return true;
}

static bool take_swap(const cli *c, wishes *w, att_stem stem, const char *value)
{
    static char paths[ATT_STEM_COUNT][4096];
    if (!value || !*value || strlen(value) >= sizeof paths[0])
        return cli_usage(c, "--swap %s: expected a sound file, as in %s=other.wav", att_stem_name(stem), att_stem_name(stem)), false;
    memcpy(paths[stem], value, strlen(value) + 1);
    w->colour[stem] = paths[stem];
    return true;
}

// "drums=6,vocals=-3": each to `take`.
static bool read_list(const cli *c, const char *option, wishes *w, take_value *take)
{
    const char *given = cli_get(c, option);
    char text[8192];
    if (!given)
        return true;
    if (strlen(given) >= sizeof text)
        return cli_usage(c, "--%s: too long", option), false;
    memcpy(text, given, strlen(given) + 1);
    for (char *rest = text, *one; (one = strsep(&rest, ","));) {
        char *value = strchr(one, '=');
        att_stem stem;
        if (value)
            *value++ = 0;
        if (!att_stem_by_name(att_text_of(one), &stem))
            return cli_usage(c, "--%s: found \"%s\", expected drums, bass, vocals or other", option, one), false;
        if (!take(c, w, stem, value))
            return false;
    }
    return true;
}

static bool read_wishes(const cli *c, wishes *w)
{
    const char *context = cli_get(c, "context");
    if (context && !att_remix_preset(att_text_of(context), w->options.gain_db)) {
        char names[256] = "";
        for (size_t i = 0; att_remix_preset_name(i); i++)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "", att_remix_preset_name(i));
        return cli_usage(c, "--context: found \"%s\", expected one of %s", context, names), false;
    }
    if (!read_list(c, "boost", w, take_boost) || !read_list(c, "mute", w, take_mute) || !read_list(c, "swap", w, take_swap))
        return false;
    if (!context && !cli_get(c, "boost") && !cli_get(c, "mute") && !cli_get(c, "swap"))
        return cli_usage(c, "expected --mute, --boost, --swap or --context"), false;
    return true;
}

static json_t *decibels(double value)
{
    return isfinite(value) ? json_real(round(value * 10) / 10) : json_null();
}

static const char *gain_text(double db, char out[32])
{
    snprintf(out, 32, isfinite(db) ? "%+.1f dB" : "muted", db);
    return out;
}

static int tell(cli *c, const wishes *w, const att_stems *stems, const att_remix_told *told)
{
    json_t *list = json_array();
    char asked[32], given[32];
    for (int s = 0; s < ATT_STEM_COUNT; s++) {
        const char *name = att_stem_name((att_stem)s);
        json_array_append_new(list, json_pack("{s:s,s:o,s:o,s:o,s:b,s:f}", "stem", name, "expected_db", decibels(stems->expected_db[s]), "asked_db",
            decibels(w->options.gain_db[s]), "gain_db", decibels(told->gain_db[s]), "limited", told->limited[s], "timbre_share", told->timbre_share[s]));
        if (c->json || (w->options.gain_db[s] == 0 && !w->colour[s]))
            continue;
        printf("%-7s %s", name, gain_text(told->gain_db[s], given));
        if (told->limited[s])
            printf(" instead of %s: it is expected to be split at %.1f dB only", gain_text(w->options.gain_db[s], asked), stems->expected_db[s]);
        if (w->colour[s])
            printf(", %.0f %% of the way to the colour of %s", 100 * told->timbre_share[s], w->colour[s]);
        printf("\n");
    }
    if (c->json)
        return cli_print_json(json_pack("{s:s,s:s,s:f,s:o}", "file", c->arguments[0], "out", cli_get(c, "out"), "turned_down_db", told->turned_down_db, "stems", list));
    json_decref(list);
    if (told->turned_down_db > 0)
        printf("all     -%.1f dB, so that nothing is clipped\n", told->turned_down_db);
    return 0;
}

static att_status make(cli *c, wishes *w, const att_stems_options *options, att_stems *stems, att_remix_told *told, att_error *err)
{
    att_audio audio = {0}, colour[ATT_STEM_COUNT] = {{0}}, out = {0};
    att_sound view[ATT_STEM_COUNT];
    att_status status = att_audio_read(&audio, c->arguments[0], NULL, &c->host, err);
    for (int s = 0; !status && s < ATT_STEM_COUNT; s++)
        if (w->colour[s]) {
            status = att_audio_read(&colour[s], w->colour[s], &(att_audio_read_options){.seconds_max = 600}, &c->host, err);
            view[s] = att_audio_view(&colour[s]);
            w->options.timbre[s] = &view[s];
        }
    if (!status)
        status = att_stems_separate(stems, att_audio_view(&audio), options, &c->host, err);
    if (!status)
        status = att_stems_remix(&out, stems, &w->options, &c->host, told, err);
    if (!status)
        status = att_audio_write(att_audio_view(&out), cli_get(c, "out"), &c->host, err);
    for (int s = 0; s < ATT_STEM_COUNT; s++)
        att_audio_deinit(&colour[s]);
    att_audio_deinit(&audio);
    att_audio_deinit(&out);
    return status;
}

// The track, what a stem takes its colour from, and a network of one's own.
static int take_origin(cli *c, cli_origin *origin, const wishes *w, const char *model)
{
    int code = cli_origin_add(c, origin, NULL, c->arguments[0]);
    for (int s = 0; !code && s < ATT_STEM_COUNT; s++)
        if (w->colour[s])
            code = cli_origin_add(c, origin, NULL, w->colour[s]);
    if (!code)
        code = cli_origin_add_model(c, origin, model);
    return code ? code : cli_origin_take(c, origin, "music");
}

static int give_origin(cli *c, const cli_origin *origin, const att_stems_options *options, const att_remix_told *told)
{
    char maker[ATT_PROVENANCE_NAME_SIZE_MAX + 1], note[256], gain[32];
    int at = snprintf(note, sizeof note, "split by %s", options->method == ATT_STEMS_CLASSICAL ? "classical masks" : options->model ? "a network" : "the network built in");
    for (int s = 0; s < ATT_STEM_COUNT; s++)
        at += snprintf(note + at, sizeof note - (size_t)at, ", %s %s", att_stem_name((att_stem)s), gain_text(told->gain_db[s], gain));
    const att_provenance_entry what = {.kind = ATT_PROVENANCE_OUTPUT, .model = att_text_of(cli_origin_maker(c, origin, options->model, maker))};
    return cli_origin_give(c, origin, what, "music", cli_get(c, "out"), note);
}

static int remix(cli *c, cli_origin *origin)
{
    wishes w = {0};
    const char *method = cli_get(c, "method");
    att_stems_options options = {.model = cli_get(c, "model")};
    att_stems stems = {0};
    att_remix_told told;
    att_error err = {0};
    if (!cli_get(c, "out"))
        return cli_usage(c, "expected --out FILE");
    if (method && strcmp(method, "classical") == 0)
        options.method = ATT_STEMS_CLASSICAL;
    else if (method && strcmp(method, "network") != 0)
        return cli_usage(c, "--method: expected network or classical");
    if (!read_wishes(c, &w))
        return 64;
    int code = take_origin(c, origin, &w, options.model);
    if (code)
        return code;
    cli_progress_start(c);
    const att_status status = make(c, &w, &options, &stems, &told, &err);
    cli_progress_end();
    code = status ? cli_fail(c, status, &err) : give_origin(c, origin, &options, &told);
    if (!code)
        code = tell(c, &w, &stems, &told);
    att_stems_deinit(&stems);
    return code;
}

static int run_remix(cli *c)
{
    cli_origin origin;
    int code = cli_origin_open(c, &origin);
    if (!code)
        code = remix(c, &origin);
    cli_origin_close(&origin);
    return code;
}

static const cli_option options[] = {{"out", 'o', "FILE", "the remix: .wav, .flac, .ogg or .mp3"}, {"mute", 0, "STEMS", "drums, bass, vocals, other; several with commas"},
    {"boost", 0, "STEM=DB", "louder, or softer where DB is below 0; several with commas"},
    {"swap", 0, "STEM=FILE", "the stem takes on the colour of that sound"}, {"context", 0, "NAME", "workout, focus, sleep, commute, party, relax, karaoke"},
    {"method", 0, "NAME", "network (the default), or classical"}, {"model", 'm', "FILE", "a network of your own"}, CLI_ORIGIN_OPTIONS,
    {NULL, 0, NULL, NULL}};
static const char *const examples[] = {"attune music remix song.flac --mute vocals -o backing.flac", "without the voice",
    "attune music remix song.mp3 --boost drums=6,bass=3 -o loud.wav", "more of what moves", "attune music remix song.mp3 --context focus -o calm.ogg", "as a situation asks",
    "attune music remix song.mp3 --swap bass=tuba.wav -o tuba.wav", "the bass in a tuba's colour", NULL};
const cli_command cli_music_remix = {"music remix", "Mix a track again: stems louder, softer, out, in another colour", "FILE", 1, 1,
    "Splits the track into stems and mixes them again. How well a stem is expected to be split limits how far it is moved; what was limited is said.", options,
    examples, run_remix};
