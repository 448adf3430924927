// SPDX-License-Identifier: Apache-2.0
// apps/cli/music_check.c - music check: may this piece be let out?
#include "cli.h"

#include "lines.h"
#include "lock.h"
#include "music_files.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static att_status read_sound(const cli *c, const char *path, att_audio *out, att_error *err)
{
    const att_audio_read_options options = {.mono = true, .seconds_max = ATT_PRINT_SECONDS_MAX};
    return att_audio_read(out, path, &options, &c->host, err);
}

// --- Learning what an artist sounds like --------------------------------------------------------------------------

static int run_learn(cli *c, const char *artist, const char *path)
{
    music_files files;
    att_styles *styles = NULL;
    att_error err = {0};
    size_t learned = 0, refused = 0;
    cli_lock lock;
    if (!music_files_list(c, &files))
        return 66;
    cli_progress_start(c);
    int code = cli_lock_take(c, path, &lock);
    if (code) {
        cli_progress_end();
        music_files_free(&files);
        return code;
    }
    att_status status = access(path, F_OK) == 0 ? att_styles_load(&styles, path, &c->host, &err) : att_styles_create(&styles, 0, &c->host, &err);
    for (size_t i = 0; !status && i < files.count && !cli_interrupted(); i++) {
        float embedding[ATT_STYLE_DIM];
        att_audio audio;
        att_error why = {0};
        cli_on_progress(c->host.user, &(att_progress){"learning", i, files.count, "files"});
        att_status one = read_sound(c, files.paths[i], &audio, &why);
        if (!one) {
            one = att_style_of(att_audio_view(&audio), embedding, &c->host, &why);
            att_audio_deinit(&audio);
        }
        if (!one)
            one = att_styles_add(styles, artist, embedding, &why);
        learned += !one;
        if (one) {
            refused++;
            cli_progress_clear();
            fprintf(stderr, "attune %s: %s: %s\n", c->command->name, files.paths[i], why.text);
        }
    }
    cli_progress_end();
    if (!status && !cli_interrupted() && learned)
        status = att_styles_save(styles, path, &err);
    cli_lock_give(&lock);
    code = status ? cli_fail(c, status, &err) : cli_interrupted() ? 130 : refused ? 65 : 0;
    if (!status && c->json)
        cli_print_json(json_pack("{s:s,s:s,s:I,s:I,s:I,s:I}", "style", path, "artist", artist, "learned", (json_int_t)learned, "refused",
            (json_int_t)refused, "artists", (json_int_t)att_styles_artists(styles), "works", (json_int_t)att_styles_works(styles)));
    else if (!status)
        printf("%s: %s of %s; it has %s of %s\n", path, cli_count(learned, "work", "works"), artist,
            cli_count(att_styles_works(styles), "work", "works"), cli_count(att_styles_artists(styles), "artist", "artists"));
    att_styles_destroy(styles);
    music_files_free(&files);
    return code;
}

static int run_style_rates(cli *c, const char *path, double floor)
{
    att_styles *styles = NULL;
    att_style_rates r;
    att_error err = {0};
    att_status status = att_styles_load(&styles, path, &c->host, &err);
    if (!status)
        status = att_styles_rate(styles, floor, &r, &err);
    att_styles_destroy(styles);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(say_style_rates(&r, floor));
    printf("%s, each left out in turn: %llu are nearest to their own artist.\n", cli_count(r.works, "work", "works"), (unsigned long long)r.own_nearest);
    printf("  median distance to the own artist %.2f, to the nearest other %.2f\n", r.own_middle, r.other_middle);
    printf("  below %.2f are %.1f %% to their own artist, %.1f %% to some other\n", floor, 100 * r.own_below, 100 * r.other_below);
    return 0;
}

// --- The check ----------------------------------------------------------------------------------------------------

static json_t *reason_json(const att_release_rules *rules, const att_release_reason *r)
{
    json_t *out = json_pack("{s:s,s:s}", "rule", att_release_rule_name(r->rule), "verdict", att_release_verdict_name(r->verdict));
    if (*r->name)
        json_object_set_new(out, "name", cli_json_text(att_text_of(r->name)));
    if (r->rule == ATT_RELEASE_COPY)
        json_object_set_new(out, "match", music_match_json(rules->prints, &r->match));
    if (r->rule == ATT_RELEASE_STYLE)
        json_object_set_new(out, "distance", json_real(r->value));
    if (r->limit > 0)
        json_object_set_new(out, "limit", json_real(r->limit));
    return out;
}

static void print_reason(const att_release_rules *rules, const att_release_reason *r)
{
    printf("  %s: ", att_release_verdict_name(r->verdict));
    switch (r->rule) {
    case ATT_RELEASE_COPY:
        printf("a part of it is protected, score %.1f against %.1f\n  ", r->value, r->limit);
        music_print_match(rules->prints, &r->match);
        break;
    case ATT_RELEASE_STYLE:
        printf("it sounds like %s, distance %.2f with a floor of %.2f\n", r->name, r->value, r->limit);
        break;
    case ATT_RELEASE_OPTED_OUT:
        printf("%s is opted out\n", r->name);
        break;
    case ATT_RELEASE_LICENCE:
        printf("%s has no licence\n", r->name);
        break;
    case ATT_RELEASE_PROVENANCE:
        puts("nothing says what it was made from");
        break;
    case ATT_RELEASE_SILENT:
        puts("there is nothing in it that could be checked");
        break;
    }
}

static int say_report(const cli *c, const char *path, const att_release_rules *rules, const att_release_report *r)
{
    static const char *const paints[] = {"green", "yellow", "red"};
    if (c->json) {
        json_t *reasons = json_array();
        for (size_t i = 0; i < r->reason_count; i++)
            json_array_append_new(reasons, reason_json(rules, &r->reasons[i]));
        json_t *out = json_pack("{s:s,s:s,s:o}", "file", path, "verdict", att_release_verdict_name(r->verdict), "reasons", reasons);
        if (*r->nearest_artist) {
            json_object_set_new(out, "nearest_artist", cli_json_text(att_text_of(r->nearest_artist)));
            json_object_set_new(out, "nearest_distance", json_real(r->nearest_distance));
        }
        const int code = cli_print_json(out);
        return code ? code : (int)r->verdict;
    }
    printf("%s%s%s: %s\n", cli_paint(c, paints[r->verdict]), att_release_verdict_name(r->verdict), cli_paint(c, "reset"), path);
    for (size_t i = 0; i < r->reason_count; i++)
        print_reason(rules, &r->reasons[i]);
    if (*r->nearest_artist)
        printf("  the nearest artist is %s, distance %.2f\n", r->nearest_artist, r->nearest_distance);
    return (int)r->verdict;
}

static int check_file(cli *c, const char *path, const att_release_rules *rules, const att_release_work *work)
{
    static att_release_report report;
    att_release_trace *trace = NULL;
    att_release_rules asked = *rules;
    att_release_work is = *work;
    att_audio audio;
    att_error err = {0};
    const char *log = cli_get(c, "provenance");
    att_status status = read_sound(c, path, &audio, &err);
    if (status)
        return cli_fail(c, status, &err);
    if ((double)audio.frames >= (double)ATT_PRINT_SECONDS_MAX * audio.rate_hz) { // the rest would be let out unheard
        att_audio_deinit(&audio);
        snprintf(err.text, sizeof err.text, "%s: %d seconds or more; so long a piece is not checked as a whole: cut it", path, ATT_PRINT_SECONDS_MAX);
        return cli_fail(c, ATT_LIMIT, &err);
    }
    if (log)
        status = att_release_trace_create(&trace, log, path, &c->host, &err);
    if (trace) {
        is.inputs = att_release_trace_inputs(trace, &is.input_count);
        asked.inputs_needed = !att_release_trace_known(trace);
    }
    is.sound = att_audio_view(&audio);
    if (!status)
        status = att_release_check(&asked, &is, &c->host, &report, &err);
    att_audio_deinit(&audio);
    cli_progress_clear();
    const int code = status ? cli_fail(c, status, &err) : say_report(c, path, rules, &report);
    att_release_trace_destroy(trace);
    return code;
}

static int check_all(cli *c, const att_release_rules *rules, const att_release_work *work)
{
    music_files files;
    int worst = 0;
    if (!music_files_list(c, &files))
        return 66;
    if (!files.count) {
        fprintf(stderr, "attune %s: no sound files in %s\n", c->command->name, c->arguments[0]);
        worst = 66; // nothing was allowed
    }
    cli_progress_start(c);
    for (size_t i = 0; i < files.count && !cli_interrupted(); i++) {
        const int code = check_file(c, files.paths[i], rules, work);
        worst = code > worst ? code : worst;
    }
    cli_progress_end();
    music_files_free(&files);
    return cli_interrupted() ? 130 : worst;
}

typedef struct checker {
    att_prints *prints;
    att_styles *styles;
    cli_lines opted_out, input_lines;
    att_release_input *inputs;
} checker;

static int open_checker(cli *c, checker *k)
{
    const char *prints = cli_get(c, "protected"), *styles = cli_get(c, "style"), *opted_out = cli_get(c, "opted-out"), *inputs = cli_get(c, "inputs");
    att_error err = {0};
    att_status status = prints ? att_prints_load(&k->prints, prints, &c->host, &err) : ATT_OK;
    if (!status && styles)
        status = att_styles_load(&k->styles, styles, &c->host, &err);
    if (status)
        return cli_fail(c, status, &err);
    const int code = opted_out ? cli_lines_read(c, opted_out, &k->opted_out) : 0;
    return code || !inputs ? code : cli_inputs_read(c, inputs, &k->input_lines, &k->inputs);
}

static void close_checker(checker *k)
{
    att_prints_destroy(k->prints);
    att_styles_destroy(k->styles);
    cli_lines_free(&k->opted_out);
    cli_lines_free(&k->input_lines);
    free(k->inputs);
}

static int run_rules(cli *c, double floor, double score)
{
    checker k = {0};
    int code = open_checker(c, &k);
    const att_release_rules rules = {.prints = k.prints, .deny_score = score, .styles = k.styles, .style_floor = floor,
        .opted_out = (const char *const *)k.opted_out.items, .opted_out_count = k.opted_out.count, .inputs_needed = cli_get(c, "inputs") != NULL};
    const att_release_work work = {.inputs = k.inputs, .input_count = k.input_lines.count};
    if (!code)
        code = check_all(c, &rules, &work);
    close_checker(&k);
    return code;
}

static int run_check(cli *c)
{
    double floor = 0.9, score = 0;
    const char *style = cli_get(c, "style"), *learn = cli_get(c, "learn");
    if (!cli_must_number(c, "floor", 0.01, 1000, &floor) || !cli_must_number(c, "score", 1, 1000, &score))
        return 64;
    if ((learn || cli_flag(c, "rates")) && !style)
        return cli_usage(c, "--learn and --rates need --style FILE");
    if (cli_flag(c, "rates"))
        return run_style_rates(c, style, floor);
    if (c->argument_count < 1)
        return cli_usage(c, "needs a file");
    if (learn)
        return run_learn(c, learn, style);
    if (!style && !cli_get(c, "protected") && !cli_get(c, "inputs") && !cli_get(c, "provenance"))
        return cli_usage(c, "needs something to check against: --protected, --style, --inputs or --provenance");
    if (cli_get(c, "inputs") && cli_get(c, "provenance"))
        return cli_usage(c, "--inputs and --provenance tell the same: one of them");
    return run_rules(c, floor, score);
}

static const cli_option check_options[] = {
    {"protected", 'p', "FILE", "recordings of which no part may be in it (music find --add)"},
    {"score", 0, "N", "from this score it is a copy, from three quarters of it people look; default 8"},
    {"style", 0, "FILE", "artists that it must not sound like (--learn)"},
    {"floor", 0, "N", "the distance from every artist, in deviations of works; default 0.9"},
    {"opted-out", 0, "FILE", "names of works and artists that are opted out, one a line"},
    {"provenance", 0, "FILE", "the log that tells what it was made from, by its content (attune provenance)"},
    {"inputs", 0, "FILE", "what it was made from: name, tab, licence, and where so a tab and \"opted out\""},
    {"learn", 0, "ARTIST", "put files, or those of folders, into --style as works of an artist"},
    {"rates", 0, NULL, "how well the works in --style are told apart, each left out in turn"},
    {NULL, 0, NULL, NULL},
};
static const char *const examples[] = {
    "attune music check song.flac --protected known.prints", "deny it when a part of it is in a protected recording",
    "attune music check --style artists.styles --learn \"Maxstack\" ~/Music/Maxstack", "what an artist sounds like",
    "attune music check song.flac --style artists.styles --floor 1", "deny it when it is nearer to one than that", NULL};
const cli_command cli_music_check = {"music check", "Say whether a piece of music may be let out: allow, hold or deny", "FILE…", 0, -1,
    "The exit code is 0 for allow, 1 for hold, 2 for deny; of several files the worst. What cannot be checked is held.", check_options, examples,
    run_check};
