// SPDX-License-Identifier: Apache-2.0
// apps/cli/music_analyze.c - music analyze: what is in sound files, whole folders of them.
//
// Files are heard by several threads, one file each; what was found is said in the order of the files, whoever is ready first. With --out
// each goes into a file of lines as it is said, and what that file has already (same path, size and time) is not heard again.
#include "lines.h"
#include "music_files.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LINE_SIZE_MAX = 1 << 20 };
typedef enum work_state { WAITS, KNOWN, TAKEN, DONE } work_state;

typedef struct work {
    const char *path;
    int64_t size_bytes, modified_ms;
    work_state state;
    att_status status;
    att_error err;
    att_music_analysis found;
    json_t *sections, *beats;
} work;

typedef struct job {
    cli *c;
    double seconds_max;
    bool with_beats, alone; // alone: one file, heard by the thread that tells progress
    work *works;
    size_t count, next, said; // guarded by lock, as each work's state
    pthread_mutex_t lock;
    pthread_cond_t done;
} job;

// --- Hearing ----------------------------------------------------------------------------------------------

static bool go_on(void *user, const att_progress *progress)
{
    (void)user;
    (void)progress;
    return !cli_interrupted();
}

static void hear(job *j, work *w)
{
    att_music_details details;
    att_host host = j->c->host;
    if (!j->alone)
        host.progress = go_on;
    w->status = att_music_analyse_file(w->path, j->seconds_max, &w->found, &details, &host, &w->err);
    w->sections = w->status ? NULL : say_sections(&details);
    w->beats = !w->status && j->with_beats ? say_beats(&details) : NULL;
    att_music_details_deinit(&details);
}

static void *hear_next(void *argument)
{
    job *j = argument;
    pthread_mutex_lock(&j->lock);
    while (j->next < j->count && !cli_interrupted()) {
        work *w = &j->works[j->next++];
        if (w->state == WAITS) {
            w->state = TAKEN;
            pthread_mutex_unlock(&j->lock);
            hear(j, w);
            pthread_mutex_lock(&j->lock);
            w->state = DONE;
        }
        pthread_cond_signal(&j->done);
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

// --- Saying -----------------------------------------------------------------------------------------------

static json_t *line_of(const work *w)
{
    json_t *line = json_pack("{s:s,s:I,s:I}", "file", w->path, "size_bytes", (json_int_t)w->size_bytes, "modified_ms", (json_int_t)w->modified_ms);
    if (w->status) {
        json_object_set_new(line, "error", json_string(w->err.text));
        return line;
    }
    json_t *found = say_music(&w->found);
    json_object_update(line, found);
    json_decref(found);
    json_object_set(line, "sections", w->sections);
    if (w->beats)
        json_object_set(line, "beats", w->beats);
    return line;
}

static void print_moods(const att_music_analysis *a)
{
    const char *before = "";
    for (uint32_t i = 0; i < ATT_MOOD_COUNT; i++)
        if (a->moods >> i & 1) {
            printf("%s%s", before, att_mood_name((att_mood)(1u << i)));
            before = ", ";
        }
}

// "A 0:00, B 0:08 …"
static void print_sections(const json_t *sections)
{
    size_t i;
    const json_t *one;
    json_array_foreach((json_t *)sections, i, one)
    {
        const int at_s = (int)(json_real_value(json_object_get(one, "begin_s")) + 0.5);
        printf("%s%s %d:%02d", i ? ", " : "  sections ", json_string_value(json_object_get(one, "label")), at_s / 60, at_s % 60);
    }
    printf("\n");
}

static void say_found(const work *w)
{
    const att_music_analysis *a = &w->found;
    char key[16];
    printf("%s: %.1f s, %u Hz, %s\n", w->path, a->seconds, a->rate_hz, cli_count(a->channels, "channel", "channels"));
    if (a->seconds_missing > 0)
        printf("  the file was cut off: its head says %.1f s\n", a->seconds + a->seconds_missing);
    if (!isfinite(a->loudness_lufs)) {
        printf("  silence\n");
        return;
    }
    if (a->tempo_bpm > 0) {
        printf("  tempo %.2f BPM (confidence %.2f", a->tempo_bpm, a->tempo_confidence);
        for (uint32_t i = 1; i < a->tempo_count && i < 3; i++)
            printf("; or %.2f", a->tempos[i].bpm);
        printf("), %u beats a bar\n", a->beats_per_bar);
    } else {
        printf("  no beat\n");
    }
    att_key_text(a->key, key);
    printf("  key %s (confidence %.2f), tuning %+.0f cents\n", key, a->key_confidence, a->tuning_cents);
    printf("  loudness %.1f LUFS, range %.1f LU, true peak %.1f dBTP, crest %.1f dB%s\n", a->loudness_lufs, a->loudness_range_lu, a->true_peak_dbtp,
        a->crest_db, a->clipped_share > 1e-4 ? ", clipped" : "");
    printf("  energy %.2f, brightness %.2f, harmonicity %.2f, valence %.2f, arousal %.2f\n  moods ", a->energy, a->brightness, a->harmonicity, a->valence,
        a->arousal);
    print_moods(a);
    printf("\n");
    print_sections(w->sections);
}

// False: the file of lines could not be written.
static bool say(const job *j, const work *w, FILE *lines)
{
    const cli *c = j->c;
    if (w->status || !c->quiet)
        cli_progress_clear();
    if (w->status)
        fprintf(stderr, "attune %s: %s\n", c->command->name, w->err.text[0] ? w->err.text : att_status_text(w->status));
    if (lines || (c->json && !(w->status && j->count == 1))) {
        json_t *line = line_of(w);
        char *text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(10));
        const bool fine = text && (!lines || (fprintf(lines, "%s\n", text) > 0 && fflush(lines) == 0));
        if (c->json && text)
            puts(text);
        free(text);
        json_decref(line);
        return fine;
    }
    if (!w->status && !lines)
        say_found(w);
    return true;
}

static void tell(const job *j, size_t known)
{
    size_t done = 0;
    for (size_t i = 0; i < j->next; i++)
        done += j->works[i].state == DONE;
    const att_progress progress = {.task = "analyse", .done = done, .total = j->count - known, .unit = "files"};
    j->c->host.progress(j->c->host.user, &progress);
}

// Says what is ready, in order, until all is said, or nothing more will come.
static bool say_all(job *j, FILE *lines, size_t known)
{
    bool fine = true;
    pthread_mutex_lock(&j->lock);
    while (fine && j->said < j->count && !cli_interrupted()) {
        work *w = &j->works[j->said];
        if (w->state == KNOWN || w->state == DONE) {
            pthread_mutex_unlock(&j->lock);
            if (w->state == DONE)
                fine = w->status == ATT_CANCELLED || say(j, w, lines);
            pthread_mutex_lock(&j->lock);
            j->said++;
        } else {
            struct timespec until;
            clock_gettime(CLOCK_REALTIME, &until);
            until.tv_nsec += 100000000;
            until.tv_sec += until.tv_nsec / 1000000000;
            until.tv_nsec %= 1000000000;
            pthread_cond_timedwait(&j->done, &j->lock, &until);
        }
        if (!j->alone && j->count > known)
            tell(j, known);
    }
    if (!fine)
        j->next = j->count; // nobody takes another
    pthread_mutex_unlock(&j->lock);
    return fine;
}

// --- What is there already --------------------------------------------------------------------------------

static int by_path(const void *a, const void *b)
{
    return strcmp((*(work *const *)a)->path, (*(work *const *)b)->path);
}

static void mark(work **sorted, size_t count, const json_t *line)
{
    const char *path = json_string_value(json_object_get(line, "file"));
    work wanted = {.path = path}, *key = &wanted;
    work **at = path ? bsearch(&key, sorted, count, sizeof *sorted, by_path) : NULL;
    if (at && json_integer_value(json_object_get(line, "size_bytes")) == (*at)->size_bytes &&
        json_integer_value(json_object_get(line, "modified_ms")) == (*at)->modified_ms)
        (*at)->state = KNOWN;
}

// Opens the file of lines to go on with it: what it has is not heard again; a last line that was torn off is taken away.
static FILE *open_lines(const cli *c, const char *path, job *j, size_t *known)
{
    FILE *file = fopen(path, "a+");
    work **sorted = malloc(j->count * sizeof *sorted + 1);
    char *text = NULL;
    size_t room = 0, number = 0;
    long whole = 0;
    ssize_t size;
    if (!file || !sorted) {
        fprintf(stderr, "attune %s: opening %s: %s\n", c->command->name, path, strerror(errno));
        free(sorted);
        return file ? fclose(file), NULL : NULL;
    }
    for (size_t i = 0; i < j->count; i++)
        sorted[i] = &j->works[i];
    qsort(sorted, j->count, sizeof *sorted, by_path);
    rewind(file);
    bool right = true;
    while (right && (size = cli_getline(&text, &room, LINE_SIZE_MAX, file)) > 0) {
        const bool whole_line = size <= LINE_SIZE_MAX;
        json_t *line = whole_line ? json_loadb(text, (size_t)size, 0, NULL) : NULL;
        const bool torn = whole_line && text[size - 1] != '\n';
        number++;
        right = torn || json_is_object(line);
        if (!torn && right) {
            mark(sorted, j->count, line);
            whole += size;
        }
        json_decref(line);
    }
    free(text);
    free(sorted);
    if (!right)
        fprintf(stderr, "attune %s: %s, line %zu: expected a JSON object; it is no file of this command\n", c->command->name, path, number);
    else if (ftruncate(fileno(file), whole) != 0)
        fprintf(stderr, "attune %s: writing %s: %s\n", c->command->name, path, strerror(errno));
    else {
        for (size_t i = 0; i < j->count; i++)
            *known += j->works[i].state == KNOWN;
        return file;
    }
    fclose(file);
    return NULL;
}

// --- All of it --------------------------------------------------------------------------------------------

static int conclude(const job *j, bool fine, FILE *lines, const char *out, size_t known)
{
    const cli *c = j->c;
    size_t bad = 0, heard = 0;
    att_status last = ATT_OK;
    for (size_t i = 0; i < j->said; i++) {
        const work *w = &j->works[i];
        heard += w->state == DONE && w->status == ATT_OK;
        if (w->state == DONE && w->status && w->status != ATT_CANCELLED) {
            bad++;
            last = w->status;
        }
    }
    if (lines && fclose(lines) != 0)
        fine = false;
    if (!fine) {
        fprintf(stderr, "attune %s: writing %s: %s\n", c->command->name, out ? out : "standard output", strerror(errno));
        return 74;
    }
    if (lines && !c->quiet)
        fprintf(stderr, "attune %s: %s heard, %zu already there, %zu could not be read\n", c->command->name, cli_count(heard, "file", "files"), known, bad);
    if (cli_interrupted()) {
        fprintf(stderr, "attune %s: interrupted%s\n", c->command->name, lines ? "; the same command goes on from here" : "");
        return 130;
    }
    return bad && heard + known == 0 ? att_status_exit_code(last) : 0; // a broken file among others is told, and no more
}

static int run_files(job *j, uint64_t threads)
{
    pthread_t handles[64];
    size_t known = 0, started = 0;
    const char *out = cli_get(j->c, "out");
    FILE *lines = out ? open_lines(j->c, out, j, &known) : NULL;
    if (out && !lines)
        return 73;
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->done, NULL);
    cli_progress_start(j->c);
    j->alone = j->count == 1;
    if (j->alone)
        hear_next(j);
    else
        while (started < threads && started < j->count && pthread_create(&handles[started], NULL, hear_next, j) == 0)
            started++;
    if (!j->alone && !started)
        hear_next(j);
    const bool fine = say_all(j, lines, known);
    for (size_t i = 0; i < started; i++)
        pthread_join(handles[i], NULL);
    cli_progress_end();
    pthread_cond_destroy(&j->done);
    pthread_mutex_destroy(&j->lock);
    return conclude(j, fine, lines, out, known);
}

static int run_analyze(cli *c)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t threads = processors < 1 ? 1 : processors > 64 ? 64 : (uint64_t)processors;
    job j = {.c = c, .with_beats = cli_flag(c, "beats")};
    music_files files;
    if (!cli_must_whole(c, "threads", 1, 64, &threads) || !cli_must_number(c, "seconds", 1, 1e6, &j.seconds_max))
        return 64;
    if (!music_files_list(c, &files))
        return 66;
    j.count = files.count;
    j.works = calloc(files.count + 1, sizeof *j.works);
    for (size_t i = 0; j.works && i < files.count; i++) {
        struct stat about = {0};
        work *w = &j.works[i];
        w->path = files.paths[i];
        if (stat(w->path, &about) == 0) {
            w->size_bytes = about.st_size;
            w->modified_ms = (int64_t)about.st_mtim.tv_sec * 1000 + about.st_mtim.tv_nsec / 1000000;
        }
    }
    int code = 71;
    if (j.works && files.count)
        code = run_files(&j, threads);
    else if (j.works) {
        fprintf(stderr, "attune %s: no sound files in %s\n", c->command->name, c->arguments[0]);
        code = 66;
    }
    for (size_t i = 0; j.works && i < j.count; i++)
        json_decref(j.works[i].sections), json_decref(j.works[i].beats);
    free(j.works);
    music_files_free(&files);
    return code;
}

static const cli_option options[] = {
    {"threads", 't', "N", "files at a time; otherwise one a processor"},
    {"out", 'o', "FILE", "append a line of JSON for each file, skip what it has"},
    {"seconds", 0, "N", "hear no more than the first N seconds of each"},
    {"beats", 'b', NULL, "with --json or --out: also each beat, as [seconds, place in the bar]"},
    {NULL, 0, NULL, NULL},
};
static const char *const examples[] = {"attune music analyze song.flac", "what is in it",
    "attune music analyze ~/Music --out music.ndjson", "a whole folder; after Ctrl-C the same command goes on",
    "attune music analyze a.mp3 b.mp3 --json | jq '{file, tempo_bpm, key}'", "figures for another program", NULL};
const cli_command cli_music_analyze = {"music analyze", "Say what is in sound files: tempo, beats, key, loudness, mood, sections", "FILE|FOLDER…", 1, -1,
    "Any file that libsndfile opens, and where this build has FFmpeg's helper what that opens; of a folder, all files in it and below "
    "whose names end like sound. Each is decoded in a child process with few rights. A file that cannot be read is told and left out.\n\n"
    "The tempo comes with its other readings (half, double) and a confidence; the key with the tuning against A of 440 Hz. Loudness "
    "is ITU-R BS.1770's, its range EBU Tech 3342's. Moods follow a stated rule, no people were asked. Sections with one letter are alike; "
    "what they are (verse, chorus) is not told. How all of it is found, and how right it is: docs/music-analysis.md.",
    options, examples, run_analyze};
