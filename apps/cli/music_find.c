// SPDX-License-Identifier: Apache-2.0
// apps/cli/music_find.c - music find: known recordings, and which of them a sound is.
#include "cli.h"

#include "music_files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static att_status read_sound(const cli *c, const char *path, att_audio *out, att_error *err)
{
    const att_audio_read_options options = {.mono = true, .seconds_max = ATT_PRINT_SECONDS_MAX};
    return att_audio_read(out, path, &options, &c->host, err);
}

static att_status open_prints(const cli *c, const char *path, bool create, att_prints **out, att_error *err)
{
    if (create && access(path, F_OK) != 0)
        return att_prints_create(out, &c->host, err);
    return att_prints_load(out, path, &c->host, err);
}

// --- --add ----------------------------------------------------------------------------------------------------

typedef struct added {
    size_t new_ones, known, refused;
} added;

static att_status add_file(cli *c, att_prints *prints, const char *path, added *counts)
{
    att_audio audio;
    att_error err = {0};
    size_t index;
    if (att_prints_named(prints, path, &index))
        return counts->known++, ATT_OK;
    att_status status = read_sound(c, path, &audio, &err);
    if (!status) {
        status = att_prints_add(prints, path, att_audio_view(&audio), &err);
        att_audio_deinit(&audio);
    }
    counts->new_ones += !status;
    if (status) {
        counts->refused++;
        cli_progress_clear();
        fprintf(stderr, "attune music find: %s\n", err.text);
    }
    return status == ATT_NO_MEMORY ? status : ATT_OK;
}

static int say_added(const cli *c, const att_prints *prints, const char *db, const added *counts)
{
    double seconds = 0;
    for (size_t i = 0; i < att_prints_count(prints); i++)
        seconds += att_prints_get(prints, i).seconds;
    if (c->json)
        return cli_print_json(json_pack("{s:s,s:I,s:I,s:I,s:I,s:f,s:I}", "db", db, "added", (json_int_t)counts->new_ones, "known",
            (json_int_t)counts->known, "refused", (json_int_t)counts->refused, "recordings", (json_int_t)att_prints_count(prints), "seconds", seconds,
            "bytes", (json_int_t)att_prints_bytes(prints)));
    printf("%s: %s added", db, cli_count(counts->new_ones, "recording", "recordings"));
    if (counts->known)
        printf(", %zu known already", counts->known);
    if (counts->refused)
        printf(", %zu refused", counts->refused);
    printf("; it has %s, %.2f hours\n", cli_count(att_prints_count(prints), "recording", "recordings"), seconds / 3600);
    return 0;
}

static int run_add(cli *c, const char *db)
{
    music_files files;
    att_prints *prints = NULL;
    att_error err = {0};
    added counts = {0};
    if (c->argument_count < 1)
        return cli_usage(c, "--add needs files or folders");
    if (!music_files_list(c, &files))
        return 66;
    att_status status = open_prints(c, db, true, &prints, &err);
    cli_progress_start(c);
    for (size_t i = 0; !status && i < files.count && !cli_interrupted(); i++) {
        cli_on_progress(c->host.user, &(att_progress){"adding", i, files.count, "files"});
        status = add_file(c, prints, files.paths[i], &counts);
    }
    cli_progress_end();
    if (!status && counts.new_ones)
        status = att_prints_save(prints, db, &err);
    int code = status ? cli_fail(c, status, &err) : say_added(c, prints, db, &counts);
    if (!code && cli_interrupted())
        code = 130; // what was added is kept: the next --add goes on
    else if (!code && counts.refused)
        code = 65;
    att_prints_destroy(prints);
    music_files_free(&files);
    return code;
}

// --- Looking up -----------------------------------------------------------------------------------------------

static const char *clock_text(double seconds, char out[16])
{
    const int tenths = (int)(10 * seconds + 0.5);
    snprintf(out, 16, "%d:%02d.%d", tenths / 600, tenths / 10 % 60, tenths % 10);
    return out;
}

json_t *music_match_json(const att_prints *prints, const att_print_match *m)
{
    return json_pack("{s:o,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f}", "recording", cli_json_text(att_prints_get(prints, m->index).name), "from_s", m->from_s,
        "to_s", m->to_s, "there_from_s", m->there_from_s, "there_to_s", m->there_to_s, "tempo", m->tempo, "pitch_semitones", m->pitch_semitones,
        "score", m->score, "shared", m->shared);
}

void music_print_match(const att_prints *prints, const att_print_match *m)
{
    char a[16], b[16], x[16], y[16];
    const att_text name = att_prints_get(prints, m->index).name;
    printf("  %s to %s is %.*s, %s to %s", clock_text(m->from_s, a), clock_text(m->to_s, b), (int)name.size, name.data,
        clock_text(m->there_from_s, x), clock_text(m->there_to_s, y));
    printf(" (tempo %+.1f %%, pitch %+.2f, %.0f %% shared, score %.1f)\n", 100 * (m->tempo - 1), m->pitch_semitones, 100 * m->shared, m->score);
}

static int look_up(cli *c, const att_prints *prints, const char *path, const att_print_options *options)
{
    att_print_match found[ATT_PRINT_FOUND_MAX];
    att_audio audio;
    att_error err = {0};
    size_t count;
    att_status status = read_sound(c, path, &audio, &err);
    if (status)
        return cli_fail(c, status, &err);
    status = att_prints_find(prints, att_audio_view(&audio), options, found, &count, &err);
    att_audio_deinit(&audio);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json) {
        json_t *matches = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(matches, music_match_json(prints, &found[i]));
        return cli_print_json(json_pack("{s:s,s:o}", "file", path, "matches", matches));
    }
    cli_progress_clear();
    printf("%s: %s\n", path, count ? cli_count(count, "match", "matches") : "no match");
    for (size_t i = 0; i < count; i++)
        music_print_match(prints, &found[i]);
    return 0;
}

static int run_look(cli *c, const char *db, const att_print_options *options)
{
    music_files files;
    att_prints *prints = NULL;
    att_error err = {0};
    if (c->argument_count < 1)
        return cli_usage(c, "needs a file to look up, or --add");
    if (!music_files_list(c, &files))
        return 66;
    const att_status status = open_prints(c, db, false, &prints, &err);
    int code = status ? cli_fail(c, status, &err) : 0;
    cli_progress_start(c);
    for (size_t i = 0; !status && i < files.count && !cli_interrupted(); i++) {
        const int one = look_up(c, prints, files.paths[i], options);
        code = one ? one : code;
    }
    cli_progress_end();
    att_prints_destroy(prints);
    music_files_free(&files);
    return cli_interrupted() ? 130 : code;
}

static int run_find(cli *c)
{
    att_print_options options = {0};
    const char *db = cli_get(c, "db");
    if (!cli_must_number(c, "score", 1, 1000, &options.score_least))
        return 64;
    if (!db)
        return cli_usage(c, "needs --db FILE");
    return cli_flag(c, "add") ? run_add(c, db) : run_look(c, db, &options);
}

static const cli_option find_options[] = {
    {"db", 'd', "FILE", "the recordings that are known"},
    {"add", 'a', NULL, "put files, or all sound files of folders, into --db"},
    {"score", 0, "N", "from so many standard deviations above chance it is a match"},
    {NULL, 0, NULL, NULL},
};
static const char *const examples[] = {
    "attune music find --db known.prints --add ~/Music", "what is in a folder is known from now on",
    "attune music find --db known.prints clip.mp3", "which recording it is, where in it, how much faster, how much higher", NULL};
const cli_command cli_music_find = {"music find", "Which known recording is in a sound file", "FILE…", 0, -1,
    "A recording is found by 10 s of it, after lossy coding, in noise, up to 6 % faster or slower and a semitone higher or lower. Files that are "
    "in the database are passed over when they are added again.",
    find_options, examples, run_find};
