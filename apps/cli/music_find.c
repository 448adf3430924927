// SPDX-License-Identifier: Apache-2.0
// apps/cli/music_find.c - music find: known recordings, and which of them a sound is.
#include "lock.h"
#include "music_files.h"

#include <math.h>
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
    cli_lock lock;
    if (c->argument_count < 1)
        return cli_usage(c, "--add needs files or folders");
    if (!music_files_list(c, &files))
        return 66;
    cli_progress_start(c);
    int code = cli_lock_take(c, db, &lock);
    if (code) {
        cli_progress_end();
        music_files_free(&files);
        return code;
    }
    att_status status = open_prints(c, db, true, &prints, &err);
    for (size_t i = 0; !status && i < files.count && !cli_interrupted(); i++) {
        cli_on_progress(c->host.user, &(att_progress){"adding", i, files.count, "files"});
        status = add_file(c, prints, files.paths[i], &counts);
    }
    cli_progress_end();
    if (!status && counts.new_ones)
        status = att_prints_save(prints, db, &err);
    cli_lock_give(&lock);
    code = status ? cli_fail(c, status, &err) : say_added(c, prints, db, &counts);
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

// --- --duplicates ---------------------------------------------------------------------------------------------

// Each file is looked for among those before it; files that share something are one cluster.
typedef struct clusters {
    size_t *parent; // (files)
    size_t *number; // (recordings): the file that each is
    size_t pairs;
} clusters;

static size_t root_of(clusters *k, size_t i)
{
    while (k->parent[i] != i)
        i = k->parent[i] = k->parent[k->parent[i]];
    return i;
}

static int say_pair(const cli *c, const att_prints *prints, const char *path, const att_print_match *m)
{
    if (c->json)
        return cli_print_json(json_pack("{s:s,s:o}", "file", path, "match", music_match_json(prints, m)));
    cli_progress_clear();
    printf("%s\n", path);
    music_print_match(prints, m);
    return 0;
}

static att_status look_and_add(cli *c, att_prints *prints, const music_files *files, size_t i, const att_print_options *options, clusters *k, att_error *err)
{
    att_print_match found[ATT_PRINT_FOUND_MAX];
    att_audio audio;
    size_t count;
    att_status status = read_sound(c, files->paths[i], &audio, err);
    if (status)
        return status;
    status = att_prints_find(prints, att_audio_view(&audio), options, found, &count, err);
    for (size_t m = 0; !status && m < count; m++) {
        k->pairs++;
        k->parent[root_of(k, i)] = root_of(k, k->number[found[m].index]);
        say_pair(c, prints, files->paths[i], &found[m]);
    }
    if (!status)
        status = att_prints_add(prints, files->paths[i], att_audio_view(&audio), err);
    if (!status)
        k->number[att_prints_count(prints) - 1] = i;
    att_audio_deinit(&audio);
    return status;
}

static int say_clusters(const cli *c, const music_files *files, clusters *k)
{
    size_t in = 0, groups = 0;
    for (size_t i = 0; i < files->count; i++) {
        size_t size = 0;
        for (size_t j = 0; j < files->count; j++)
            size += root_of(k, j) == root_of(k, i);
        in += size > 1;
        groups += size > 1 && root_of(k, i) == i;
    }
    if (c->json)
        return cli_print_json(json_pack("{s:I,s:I,s:I,s:I}", "files", (json_int_t)files->count, "pairs", (json_int_t)k->pairs, "clusters",
            (json_int_t)groups, "files_in_clusters", (json_int_t)in));
    printf("%s: ", cli_count(files->count, "file", "files"));
    printf("%s share something with another, in %s\n", cli_count(in, "file", "files"), cli_count(groups, "cluster", "clusters"));
    return 0;
}

static int run_duplicates(cli *c, const att_print_options *options)
{
    music_files files;
    att_prints *prints = NULL;
    att_error err = {0};
    int code = 0;
    if (c->argument_count < 1)
        return cli_usage(c, "--duplicates needs files or folders");
    if (!music_files_list(c, &files))
        return 66;
    clusters k = {calloc(files.count + 1, sizeof(size_t)), calloc(files.count + 1, sizeof(size_t)), 0};
    att_status status = k.parent && k.number ? att_prints_create(&prints, NULL, &err) : ATT_NO_MEMORY;
    for (size_t i = 0; !status && i < files.count; i++)
        k.parent[i] = i;
    cli_progress_start(c);
    for (size_t i = 0; !status && i < files.count && !cli_interrupted(); i++) {
        cli_on_progress(c->host.user, &(att_progress){"looking for duplicates", i, files.count, "files"});
        att_error why = {0};
        if (look_and_add(c, prints, &files, i, options, &k, &why)) {
            code = 65;
            cli_progress_clear();
            fprintf(stderr, "attune %s: %s\n", c->command->name, why.text);
        }
    }
    cli_progress_end();
    if (status)
        code = cli_fail(c, status, &err);
    else
        say_clusters(c, &files, &k);
    att_prints_destroy(prints);
    free(k.parent);
    free(k.number);
    music_files_free(&files);
    return cli_interrupted() ? 130 : code;
}

// --- --rates --------------------------------------------------------------------------------------------------

static void share_text(att_interval share, char out[48])
{
    if (isfinite(share.mean))
        snprintf(out, 48, "%.1f %% [%.1f, %.1f]", 100 * share.mean, 100 * share.low, 100 * share.high);
    else
        snprintf(out, 48, "-");
}

static void print_rates(const cli *c, const att_print_rates *r)
{
    enum { COLUMNS = 7 };
    static const char *const heads[COLUMNS] = {"attack", "found", "of", "placed", "wrong", "false alarms", "of"};
    static char text[(ATT_AUDIO_ATTACK_COUNT + 1) * COLUMNS][64];
    const char *cells[(ATT_AUDIO_ATTACK_COUNT + 1) * COLUMNS];
    size_t rows = 1;
    for (int a = 0; a < ATT_AUDIO_ATTACK_COUNT; a++) {
        const att_print_rate *x = &r->rates[a];
        char(*row)[64] = text + rows * COLUMNS;
        if (x->impossible)
            continue;
        snprintf(row[0], sizeof row[0], "%s", att_audio_attack_name((att_audio_attack)a));
        share_text(x->found_share, row[1]);
        snprintf(row[2], sizeof row[2], "%llu", (unsigned long long)x->looked);
        snprintf(row[3], sizeof row[3], "%llu", (unsigned long long)x->placed);
        snprintf(row[4], sizeof row[4], "%llu", (unsigned long long)x->wrong);
        share_text(x->alarm_share, row[5]);
        snprintf(row[6], sizeof row[6], "%llu", (unsigned long long)x->foreign_looked);
        rows++;
    }
    for (size_t i = 0; i < rows * COLUMNS; i++)
        cells[i] = i < COLUMNS ? heads[i] : text[i];
    printf("%s known (%.2f hours), %llu foreign; 95 %% intervals (Wilson).\n", cli_count(r->known, "recording", "recordings"), r->hours,
        (unsigned long long)r->foreign);
    cli_print_table(c, cells, COLUMNS, rows, "lrrrrrr");
    for (int a = 0; a < ATT_AUDIO_ATTACK_COUNT; a++)
        if (r->rates[a].impossible)
            printf("%s: this build cannot do that to sound\n", att_audio_attack_name((att_audio_attack)a));
    printf("Scores of what is foreign: median %.1f, highest %.1f; a match is one of %.1f. Chance of an alarm in one look by their tail: %.1e\n",
        r->foreign_middle, r->foreign_most, r->score_least, r->alarm_bound);
    printf("The database takes %.1f MB an hour. Adding runs at %.0f times real time, a look takes %.0f ms of processor time.\n",
        r->bytes_per_hour / 1e6, r->add_times, 1000 * r->look_s);
}

// Each look as JSON; of people's reading only what went wrong.
static void on_look(void *user, const att_print_look *l)
{
    const cli *c = user;
    const char *attack = att_audio_attack_name(l->attack);
    cli_progress_clear();
    if (c->json) {
        json_t *line = json_pack("{s:s,s:f,s:s,s:b,s:b,s:b,s:f,s:f}", "file", l->path, "begin_s", l->begin_s, "attack", attack, "known", l->known,
            "found", l->found, "placed", l->placed, "score", l->score, "other_score", l->other_score);
        if (l->other)
            json_object_set_new(line, "other", json_string(l->other));
        cli_print_json(line);
    } else if (l->known && !l->found) {
        printf("missed: %s at %.1f s, %s, score %.1f\n", l->path, l->begin_s, attack, l->score);
    } else if (l->other_score >= ATT_PRINT_SCORE) {
        printf("false alarm: %s at %.1f s, %s, is no %s, score %.1f\n", l->path, l->begin_s, attack, l->other, l->other_score);
    }
}

static int run_rates(cli *c)
{
    music_files files;
    att_prints *prints = NULL;
    const char *db = cli_get(c, "db");
    uint64_t seed = 1, excerpts = 1;
    double seconds = 10;
    static att_print_rates rates;
    att_error err = {0};
    if (!cli_must_whole(c, "seed", 1, UINT64_MAX, &seed) || !cli_must_whole(c, "excerpts", 1, 1000, &excerpts) ||
        !cli_must_number(c, "seconds", 3, 60, &seconds))
        return 64;
    if (c->argument_count < 1)
        return cli_usage(c, "--rates needs files or folders");
    if (!music_files_list(c, &files))
        return 66;
    att_print_measure_options options = {.seed = seed, .excerpts = (uint32_t)excerpts, .seconds = seconds};
    if (!cli_must_number(c, "score", 1, 1000, &options.score_least))
        return music_files_free(&files), 64;
    if (cli_flag(c, "each"))
        options.on_look = on_look, options.user = c;
    att_status status = db ? att_prints_load(&prints, db, NULL, &err) : ATT_OK;
    options.prints = prints;
    cli_progress_start(c);
    if (!status)
        status = att_print_measure((const char *const *)files.paths, files.count, &options, &c->host, &rates, &err);
    cli_progress_end();
    att_prints_destroy(prints);
    music_files_free(&files);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(say_print_rates(&rates));
    print_rates(c, &rates);
    return 0;
}

static int run_find(cli *c)
{
    att_print_options options = {0};
    const char *db = cli_get(c, "db");
    if (!cli_must_number(c, "score", 1, 1000, &options.score_least))
        return 64;
    if (cli_flag(c, "rates"))
        return run_rates(c);
    if (cli_flag(c, "duplicates"))
        return run_duplicates(c, &options);
    if (!db)
        return cli_usage(c, "needs --db FILE");
    return cli_flag(c, "add") ? run_add(c, db) : run_look(c, db, &options);
}

static const cli_option find_options[] = {
    {"db", 'd', "FILE", "the recordings that are known"},
    {"add", 'a', NULL, "put files, or all sound files of folders, into --db"},
    {"score", 0, "N", "from so many standard deviations above chance it is a match; default 8"},
    {"duplicates", 0, NULL, "which of the files share something with another"},
    {"rates", 0, NULL, "measure: excerpts of all files are attacked and looked up; known are those in --db, else two of three"},
    {"each", 0, NULL, "rates: tell each look that went wrong, with --json every look"},
    {"excerpts", 0, "N", "rates: of each file; default 1"},
    {"seconds", 0, "N", "rates: of an excerpt; default 10"},
    {"seed", 0, "N", "rates: default 1"},
    {NULL, 0, NULL, NULL},
};
static const char *const examples[] = {
    "attune music find --db known.prints --add ~/Music", "what is in a folder is known from now on",
    "attune music find --db known.prints clip.mp3", "which recording it is, where in it, how much faster, how much higher",
    "attune music find --rates ~/Music", "how often that works after MP3, noise, other tempos, and how often it errs", NULL};
const cli_command cli_music_find = {"music find", "Which known recording is in a sound file", "FILE…", 0, -1,
    "A recording is found by 10 s of it, after lossy coding, in noise, up to 6 % faster or slower and a semitone higher or lower. Files that are "
    "in the database are passed over when they are added again.",
    find_options, examples, run_find};
