// SPDX-License-Identifier: Apache-2.0
// apps/cli/music_stems.c - music stems: a track into four files that sum to it.
#include "music_files.h"
#include "origin.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

static json_t *decibels(double value)
{
    return isfinite(value) ? json_real(round(value * 10) / 10) : json_null();
}

static int write_stems(cli *c, const att_stems *stems, const char *folder)
{
    att_error err = {0};
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        snprintf(err.text, sizeof err.text, "making folder %s: %s", folder, strerror(errno));
        return cli_fail(c, ATT_IO, &err);
    }
    for (int s = 0; s < ATT_STEM_COUNT; s++) {
        char path[PATH_MAX];
        if ((size_t)snprintf(path, sizeof path, "%s/%s.wav", folder, att_stem_name((att_stem)s)) >= sizeof path)
            return cli_usage(c, "the folder's name is too long");
        const att_status status = att_audio_write(att_audio_view(&stems->stem[s]), path, &c->host, &err);
        if (status)
            return cli_fail(c, status, &err);
    }
    return 0;
}

static int tell(cli *c, const att_stems *stems, const char *folder)
{
    if (c->json) {
        json_t *list = json_array();
        for (int s = 0; s < ATT_STEM_COUNT; s++)
            json_array_append_new(list, json_pack("{s:s,s:o}", "stem", att_stem_name((att_stem)s), "expected_db", decibels(stems->expected_db[s])));
        return cli_print_json(json_pack("{s:s,s:s,s:o}", "file", c->arguments[0], "folder", folder, "stems", list));
    }
    for (int s = 0; s < ATT_STEM_COUNT; s++) {
        printf("%s/%s.wav", folder, att_stem_name((att_stem)s));
        if (isfinite(stems->expected_db[s]))
            printf("  expected SI-SDR %.1f dB\n", stems->expected_db[s]);
        else
            printf("  nothing found\n");
    }
    return 0;
}

static bool options_of(const cli *c, att_stems_options *out)
{
    const char *method = cli_get(c, "method");
    *out = (att_stems_options){.model = cli_get(c, "model")};
    if (method && strcmp(method, "classical") == 0)
        out->method = ATT_STEMS_CLASSICAL;
    return !method || out->method || strcmp(method, "network") == 0;
}

// Of the track that was split, each of the four.
static int give_stems(cli *c, const cli_origin *origin, const att_stems_options *options, const char *folder)
{
    char maker[ATT_PROVENANCE_NAME_SIZE_MAX + 1], path[PATH_MAX];
    int code = 0;
    for (int s = 0; !code && s < ATT_STEM_COUNT; s++) {
        const att_provenance_entry what = {.kind = ATT_PROVENANCE_OUTPUT, .model = att_text_of(cli_origin_maker(c, origin, options->model, maker))};
        snprintf(path, sizeof path, "%s/%s.wav", folder, att_stem_name((att_stem)s));
        code = cli_origin_give(c, origin, what, "music", path, options->method == ATT_STEMS_CLASSICAL ? "split by classical masks" : "split by a network");
    }
    return code;
}

static int run_split(cli *c, cli_origin *origin, const att_stems_options *options)
{
    const char *folder = cli_get(c, "out");
    att_audio audio;
    att_stems stems;
    att_error err = {0};
    if (!folder)
        return cli_usage(c, "expected --out FOLDER");
    int code = cli_origin_add(c, origin, NULL, c->arguments[0]);
    if (!code)
        code = cli_origin_add_model(c, origin, options->model);
    if (!code)
        code = cli_origin_take(c, origin, "music");
    if (code)
        return code;
    att_status status = att_audio_read(&audio, c->arguments[0], NULL, &c->host, &err);
    if (status)
        return cli_fail(c, status, &err);
    cli_progress_start(c);
    status = att_stems_separate(&stems, att_audio_view(&audio), options, &c->host, &err);
    cli_progress_end();
    att_audio_deinit(&audio);
    if (status)
        return cli_fail(c, status, &err);
    code = write_stems(c, &stems, folder);
    if (!code)
        code = give_stems(c, origin, options, folder);
    if (!code)
        code = tell(c, &stems, folder);
    att_stems_deinit(&stems);
    return code;
}

// --- Measuring ------------------------------------------------------------------------------------------------

static const char *const row_names[ATT_STEMS_ROW_COUNT] = {"the mix itself", "classical", "network", "ideal mask"};

static int tell_report(cli *c, const att_stems_report *r)
{
    json_t *rows = json_array();
    char text[ATT_STEMS_ROW_COUNT + 1][6][48];
    const char *cells[(ATT_STEMS_ROW_COUNT + 1) * 6] = {"", "drums", "bass", "vocals", "other", "mean"};
    size_t count = 1;
    for (int row = 0; row < ATT_STEMS_ROW_COUNT; row++) {
        json_t *stems = json_array();
        for (int s = 0; s < ATT_STEM_COUNT; s++) {
            const att_stems_figures *f = &r->row[row][s];
            json_array_append_new(stems, json_pack("{s:s,s:i,s:o,s:o,s:o}", "stem", att_stem_name((att_stem)s), "tracks", (int)f->tracks, "si_sdr_mean_db",
                decibels(f->si_sdr_mean_db), "si_sdr_median_db", decibels(f->si_sdr_median_db), "sdr_median_db", decibels(f->sdr_median_db)));
            snprintf(text[count][1 + s], sizeof text[0][0], "%.2f %.2f %.2f", f->si_sdr_mean_db, f->si_sdr_median_db, f->sdr_median_db);
        }
        json_array_append_new(rows, json_pack("{s:s,s:o,s:o}", "of", row_names[row], "si_sdr_mean_db", decibels(r->si_sdr_mean_db[row]), "stems", stems));
        if (!isfinite(r->si_sdr_mean_db[row]))
            continue;
        snprintf(text[count][0], sizeof text[0][0], "%s", row_names[row]);
        snprintf(text[count][5], sizeof text[0][0], "%.2f", r->si_sdr_mean_db[row]);
        for (size_t k = 0; k < 6; k++)
            cells[count * 6 + k] = text[count][k];
        count++;
    }
    if (c->json)
        return cli_print_json(json_pack("{s:i,s:f,s:f,s:o}", "tracks", (int)r->tracks, "seconds", r->seconds, "network_s", r->network_s, "rows", rows));
    json_decref(rows);
    printf("%s, %.0f s. In dB: mean and median SI-SDR over tracks, median SDR of BSS Eval v4.\n", cli_count(r->tracks, "track", "tracks"), r->seconds);
    cli_print_table(c, cells, 6, count, "llllll");
    if (isfinite(r->si_sdr_mean_db[ATT_STEMS_ROW_NETWORK]))
        printf("What it expected was off by %.1f, %.1f, %.1f, %.1f dB in the mean. %.0f times real time.\n", r->expected_off_db[0], r->expected_off_db[1],
            r->expected_off_db[2], r->expected_off_db[3], r->seconds / r->network_s);
    return 0;
}

static int run_evaluate(cli *c, const att_stems_options *options)
{
    att_stems_report report;
    att_error err = {0};
    cli_progress_start(c);
    const att_status status = att_stems_evaluate(cli_get(c, "evaluate"), options, &c->host, &report, &err);
    cli_progress_end();
    return status ? cli_fail(c, status, &err) : tell_report(c, &report);
}

// --- Learning -------------------------------------------------------------------------------------------------

// At most 64 KB of text; NULL: told.
static const char *read_card(const cli *c, const char *path)
{
    static char text[1 << 16];
    FILE *file = fopen(path, "r");
    if (!file)
        return cli_usage(c, "--card %s: %s", path, strerror(errno)), NULL;
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    return text;
}

// "drums.wav": a file that a training reads.
static bool is_stem(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    att_stem stem;
    return dot && att_stem_by_name((att_text){name, (size_t)(dot - name)}, &stem);
}

static int add_multitracks(cli *c, cli_origin *origin, const char *folder)
{
    music_files files = {0};
    int code = 0;
    if (!folder || !origin->log)
        return 0;
    if (!music_files_below(c, folder, &files))
        return 66;
    for (size_t i = 0; !code && i < files.count; i++)
        code = is_stem(files.paths[i]) ? cli_origin_add(c, origin, folder, files.paths[i]) : 0;
    music_files_free(&files);
    return code;
}

static int give_network(cli *c, const cli_origin *origin, const att_stems_trained *t, const char *model, uint64_t seed)
{
    char note[512];
    int at = snprintf(note, sizeof note, "A network that splits tracks into stems. %u tracks, %u steps; SI-SDR on %u held-out tracks:", t->tracks, t->steps,
        t->held_out_tracks);
    for (int s = 0; s < ATT_STEM_COUNT; s++)
        at += isfinite(t->expected_db[s])
                  ? snprintf(note + at, sizeof note - (size_t)at, "%s %s %.2f dB", s ? "," : "", att_stem_name((att_stem)s), t->expected_db[s])
                  : snprintf(note + at, sizeof note - (size_t)at, "%s no %s in them", s ? "," : "", att_stem_name((att_stem)s));
    return cli_origin_give(c, origin, (att_provenance_entry){.kind = ATT_PROVENANCE_MODEL, .seeded = true, .seed = seed}, "music", model, note);
}

static int run_train(cli *c, cli_origin *origin)
{
    const char *model = cli_get(c, "out"), *card = cli_get(c, "card");
    uint64_t seed = 1, steps = 0;
    att_stems_trained trained;
    att_error err = {0};
    if (!model)
        return cli_usage(c, "expected --out FILE for the network");
    if (!cli_must_whole(c, "seed", 1, UINT64_MAX, &seed) || !cli_must_whole(c, "steps", 1, 1000000, &steps) || (card && !(card = read_card(c, card))))
        return 64;
    const att_stems_train_options options = {.held_out = cli_get(c, "held-out"), .checkpoint = cli_get(c, "checkpoint"), .card = card, .seed = seed,
        .steps = (uint32_t)steps};
    int code = add_multitracks(c, origin, cli_get(c, "train"));
    if (!code)
        code = add_multitracks(c, origin, options.held_out);
    if (!code)
        code = cli_origin_take(c, origin, "music");
    if (code)
        return code;
    cli_progress_start(c);
    const att_status status = att_stems_train(cli_get(c, "train"), model, &options, &c->host, &trained, &err);
    cli_progress_end();
    if (status)
        return cli_fail(c, status, &err);
    code = give_network(c, origin, &trained, model, seed);
    if (code)
        return code;
    if (c->json)
        return cli_print_json(json_pack("{s:s,s:i,s:i,s:i,s:f,s:[o,o,o,o]}", "model", model, "tracks", (int)trained.tracks, "held_out_tracks",
            (int)trained.held_out_tracks, "steps", (int)trained.steps, "loss", trained.loss, "si_sdr_mean_db", decibels(trained.expected_db[0]),
            decibels(trained.expected_db[1]), decibels(trained.expected_db[2]), decibels(trained.expected_db[3])));
    printf("%s: %s, %s, loss %.3f. SI-SDR on %s:", model, cli_count(trained.tracks, "track", "tracks"), cli_count(trained.steps, "step", "steps"), trained.loss,
        cli_count(trained.held_out_tracks, "held-out track", "held-out tracks"));
    for (int s = 0; s < ATT_STEM_COUNT; s++)
        printf(" %s %.2f dB%s", att_stem_name((att_stem)s), trained.expected_db[s], s + 1 < ATT_STEM_COUNT ? "," : ".\n");
    return 0;
}

static int run_about(cli *c)
{
    char *card = NULL;
    att_error err = {0};
    const att_status status = att_stems_card(&card, cli_get(c, "model"), &c->host, &err);
    if (status)
        return cli_fail(c, status, &err);
    const int code = c->json ? cli_print_json(json_pack("{s:o}", "card", cli_json_text(att_text_of(card)))) : (fputs(card, stdout), 0);
    att_stems_card_free(card, &c->host);
    return code;
}

static int run_stems(cli *c)
{
    att_stems_options options;
    if (!options_of(c, &options))
        return cli_usage(c, "--method: expected network or classical");
    const int asked = (cli_get(c, "train") != NULL) + (cli_get(c, "evaluate") != NULL) + (c->argument_count == 1) + cli_flag(c, "about");
    if (asked != 1)
        return cli_usage(c, "expected FILE, --evaluate FOLDER, --train FOLDER or --about");
    if (cli_flag(c, "about"))
        return run_about(c);
    if (cli_get(c, "evaluate"))
        return run_evaluate(c, &options);
    cli_origin origin;
    int code = cli_origin_open(c, &origin);
    if (!code)
        code = cli_get(c, "train") ? run_train(c, &origin) : run_split(c, &origin, &options);
    cli_origin_close(&origin);
    return code;
}

static const cli_option options[] = {{"out", 'o', "FOLDER", "where drums.wav, bass.wav, vocals.wav and other.wav go; made if absent"},
    {"method", 0, "NAME", "network (the default), or classical: nothing learned"}, {"model", 'm', "FILE", "a network of your own"},
    {"about", 0, NULL, "the model card of the network: its data, licences, figures"}, {"evaluate", 0, "FOLDER", "split multitracks and say how well it went"}, {"train", 0, "FOLDER", "learn a network from multitracks, into --out FILE"},
    {"held-out", 0, "FOLDER", "of --train: other multitracks, to learn how far to trust it"},
    {"checkpoint", 0, "FILE", "of --train: goes on from it, and writes it now and then"}, {"card", 0, "FILE", "of --train: text about the data, kept in the network"},
    {"steps", 0, "N", "of --train: steps of learning (13000)"}, {"seed", 0, "N", "of --train: the same seed gives the same network (1)"},
    CLI_ORIGIN_OPTIONS, {NULL, 0, NULL, NULL}};
static const char *const examples[] = {"attune music stems song.flac --out song-stems", "four files that sum to the song",
    "attune music stems song.mp3 -o parts --method classical", "by medians and repetition alone",
    "attune music stems --evaluate multitracks", "folders with drums.wav, bass.wav, vocals.wav, other.wav",
    "attune music stems --train multitracks -o my.stems --held-out others", "a network of your own", NULL};
const cli_command cli_music_stems = {"music stems", "Split a track into drums, bass, vocals and the rest", "[FILE]", 0, 1,
    "Writes four files that sum to the track, and says how well each is expected to be split, as SI-SDR in dB.\n\n"
    "--evaluate and --train take a folder of multitracks: one folder a track, with drums.wav, bass.wav, vocals.wav and other.wav "
    "(or .flac, .ogg); a stem that is absent is silence, and their sum is the track.", options, examples, run_stems};
