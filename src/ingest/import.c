// SPDX-License-Identifier: Apache-2.0
// ingest/import.c - chunks from the reading thread into the sink, batch by batch.
#include "ingest/import.h"

#include "ingest/cursor.h"
#include "ingest/feed.h"
#include "ingest/movielens.h"
#include "ingest/opened.h"
#include "ingest/rejects.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BATCH_DEFAULT = 10000, BATCH_MAX = 100000, FILES_MAX = 3, TICK_MS = 100 };

// One file of the import, or the pipe.
typedef struct source {
    const char *path;
    char key[ATT_CURSOR_KEY_SIZE]; // of its cursor; "" for a pipe
    bool known;                    // there is a cursor in the store
    att_cursor cursor;
    bool
        reread; // read from the start whatever the cursor says; only its rejects are not told again
    bool finished;  // nothing left to do
    uint64_t bytes; // its size, 0 when not known
} source;

typedef struct job {
    const att_import_options *options;
    const att_import_sink *sink;
    const att_host *host;
    att_import_report *report;
    size_t batch;
    att_rejects rejects;
    att_arena life;
    source sources[FILES_MAX];
    size_t source_count;
    att_table *table;
    att_movie_tags tags; // MovieLens
    uint64_t bytes_before, bytes_total;
    int64_t started_ms, told_ms;
} job;

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// At most ten times a second. False: the host wants it to end.
static bool tell(job *j, uint64_t offset)
{
    const int64_t now = monotonic_ms();
    if (now - j->told_ms < TICK_MS)
        return true;
    j->told_ms = now;
    return att_progress_tell(j->host, "import", j->bytes_before + offset, j->bytes_total, "bytes");
}

// --- Batches -------------------------------------------------------------------------------------

typedef struct pour {
    job *job;
    source *source;
    const att_opened *opened;
    att_cut done; // what is durable (offset and line), and where the next batch begins in its chunk
    uint64_t from_offset; // where this import began
    bool last;            // this batch is the file's last
} pour;

static void note_first_reject(const pour *p, uint64_t line, const att_fault *fault)
{
    att_import_report *report = p->job->report;
    if (report->rejected++ == 0)
        att_fault_story(
            fault, p->opened->name, line, report->first_reject, sizeof report->first_reject);
}

static att_status reject(
    pour *p, uint64_t line, const att_fault *fault, att_text text, bool cut, att_error *err)
{
    if (p->job->options->strict) {
        char story[sizeof err->text];
        att_fault_story(fault, p->opened->name, line, story, sizeof story);
        return ATT_FAIL(err, ATT_INVALID, "%s", story);
    }
    note_first_reject(p, line, fault);
    return att_rejects_add(&p->job->rejects, p->opened->name, line, fault, text, cut, err);
}

static bool is_refusal(att_status status)
{
    return status == ATT_INVALID || status == ATT_LIMIT;
}

static att_status reject_refused(
    pour *p, uint64_t line, const att_error *why, att_text id, att_error *err)
{
    att_fault fault;
    const att_error copy = *why;
    att_fault_of_error(&copy, &fault);
    return reject(p, line, &fault, id, false, err);
}

// The cursor as it stands once this batch is durable. NULL for a pipe.
static att_status cursor_behind(pour *p, const att_cut *cut, char text[ATT_CURSOR_TEXT_SIZE],
    att_import_cursor *out, att_error *err)
{
    att_cursor cursor = {.offset = cut->offset,
        .line = cut->line,
        .whole_offset = cut->whole_offset,
        .whole_line = cut->whole_line,
        .rejects = p->job->rejects.size,
        .complete = p->last};
    const att_status status = att_cursor_look(p->opened->fd, p->opened->name, &cursor, err);
    *out = (att_import_cursor){p->source->key, text, status ? 0 : att_cursor_write(&cursor, text)};
    return status;
}

static att_status put_events(
    pour *p, const att_event *events, size_t count, const att_import_cursor *cursor, att_error *err)
{
    att_ingest_result result = {0};
    const att_status status =
        p->job->sink->events(p->job->sink->user, events, count, cursor, &result, err);
    if (!status) {
        p->job->report->events += result.added;
        p->job->report->duplicates += result.duplicates;
    }
    return status;
}

static att_status put_items(
    pour *p, const att_item *items, size_t count, const att_import_cursor *cursor, att_error *err)
{
    const att_status status = p->job->sink->items(p->job->sink->user, items, count, cursor, err);
    if (!status)
        p->job->report->items += count;
    return status;
}

static att_status items_one_by_one(
    pour *p, const att_chunk *chunk, const att_cut *cut, att_error *err)
{
    att_status status = ATT_OK;
    for (size_t i = p->done.item_end; i < cut->item_end && !status; i++) {
        att_error why;
        status = put_items(p, &chunk->items.items[i], 1, NULL, &why);
        if (is_refusal(status))
            status =
                reject_refused(p, chunk->item_lines.items[i], &why, chunk->items.items[i].id, err);
        else if (status)
            status = ATT_FAIL(err, status, "%s", why.text);
    }
    return status;
}

static att_status events_one_by_one(
    pour *p, const att_chunk *chunk, const att_cut *cut, att_error *err)
{
    att_status status = ATT_OK;
    for (size_t i = p->done.event_end; i < cut->event_end && !status; i++) {
        att_error why;
        status = put_events(p, &chunk->events[i], 1, NULL, &why);
        if (is_refusal(status))
            status = reject_refused(p, chunk->event_lines[i], &why, chunk->events[i].id, err);
        else if (status)
            status = ATT_FAIL(err, status, "%s", why.text);
    }
    return status;
}

// Items, then events; the cursor goes with what is written last.
static att_status write_batch(pour *p, const att_chunk *chunk, const att_cut *cut, att_error *err)
{
    const size_t item_count = cut->item_end - p->done.item_end,
                 event_count = cut->event_end - p->done.event_end;
    char text[ATT_CURSOR_TEXT_SIZE];
    att_import_cursor behind;
    const bool keeps = p->source->key[0] != 0;
    att_status status = keeps ? cursor_behind(p, cut, text, &behind, err) : ATT_OK;
    const att_import_cursor *cursor = keeps ? &behind : NULL;
    bool kept = false;
    if (!status && item_count) {
        const bool with_cursor = event_count == 0;
        status = put_items(
            p, chunk->items.items + p->done.item_end, item_count, with_cursor ? cursor : NULL, err);
        kept = with_cursor && !status;
        if (is_refusal(status))
            status = items_one_by_one(p, chunk, cut, err);
    }
    if (!status && event_count) {
        status = put_events(p, chunk->events + p->done.event_end, event_count, cursor, err);
        kept = !status;
        if (is_refusal(status))
            status = events_one_by_one(p, chunk, cut, err);
    }
    if (status || kept)
        return status;
    // Nothing to carry it, or what was refused has gone to the reject file.
    status = att_rejects_flush(&p->job->rejects, err);
    if (!status && keeps)
        status = cursor_behind(p, cut, text, &behind, err);
    return status || !keeps ? status : put_events(p, NULL, 0, &behind, err);
}

static att_status write_rejects(pour *p, const att_chunk *chunk, const att_cut *cut, att_error *err)
{
    att_status status = ATT_OK;
    for (size_t i = p->done.reject_end; i < cut->reject_end && !status; i++) {
        const att_rejected *r = &chunk->rejects.items[i];
        if (!p->source->reread || r->line > p->source->cursor.line)
            status = reject(p, r->line, &r->fault, r->text, r->cut, err);
    }
    return status ? status : att_rejects_flush(&p->job->rejects, err);
}

static bool is_empty(const pour *p, const att_cut *cut)
{
    return cut->event_end == p->done.event_end && cut->item_end == p->done.item_end &&
           cut->reject_end == p->done.reject_end;
}

static att_status commit(pour *p, const att_chunk *chunk, const att_cut *cut, att_error *err)
{
    // A strict import keeps what stands before the bad line, and no cursor behind it.
    att_status status = ATT_OK;
    if (p->job->options->strict && cut->reject_end > p->done.reject_end) {
        att_cut before = *cut;
        const att_rejected *bad = &chunk->rejects.items[p->done.reject_end];
        before.offset = before.whole_offset = p->done.offset;
        before.line = before.whole_line = p->done.line;
        p->last = false;
        status = write_batch(p, chunk, &before, err);
        p->job->report->lines += bad->line - p->done.line;
        return status ? status : reject(p, bad->line, &bad->fault, bad->text, bad->cut, err);
    }
    status = write_rejects(p, chunk, cut, err);
    // At the end even an empty batch carries the cursor, unless it stands there already.
    const bool ends = p->last && !(p->source->known && cut->offset == p->from_offset);
    if (!status && (ends || !is_empty(p, cut)))
        status = write_batch(p, chunk, cut, err);
    if (!status) {
        p->job->report->lines += cut->line - p->done.line;
        p->done = *cut;
    }
    return status;
}

static att_status pour_chunk(pour *p, const att_chunk *chunk, att_error *err)
{
    p->done.event_end = p->done.item_end = p->done.reject_end = 0;
    for (size_t i = 0; i < chunk->cuts.count; i++) {
        p->last = chunk->last && !chunk->status && i + 1 == chunk->cuts.count;
        const att_status status = commit(p, chunk, &chunk->cuts.items[i], err);
        if (status)
            return status;
        if (!tell(p->job, p->done.offset))
            return ATT_FAIL(err, ATT_CANCELLED, "cancelled");
    }
    if (chunk->status && err)
        *err = chunk->error;
    return chunk->status;
}

static att_status pour_all(pour *p, att_feed *feed, att_error *err)
{
    for (;;) {
        const att_chunk *chunk = att_feed_next(feed, TICK_MS);
        if (!tell(p->job, p->done.offset))
            return ATT_FAIL(err, ATT_CANCELLED, "cancelled");
        if (!chunk)
            continue;
        const att_status status = pour_chunk(p, chunk, err);
        const bool last = chunk->last;
        att_feed_release(feed);
        if (status || last)
            return status;
    }
}

// --- One file ------------------------------------------------------------------------------------

// What to do is part of the story.
static att_status with_advice(const pour *p, att_status status, att_error *err)
{
    if (!err || status == ATT_OK || status == ATT_INVALID)
        return status;
    char story[sizeof err->text];
    memcpy(story, err->text, sizeof story);
    const char *first = status == ATT_FULL        ? "free some space and "
                        : status == ATT_BUSY      ? "wait for the other writer and "
                        : status == ATT_NO_MEMORY ? "give it more memory or a smaller batch and "
                                                  : "";
    const char *then = p->opened->pipe ? "send the same again (what is known is not counted twice)"
                                       : "run the same import again: it goes on behind that line";
    return ATT_FAIL(err, status, "%s: %.300s; all up to line %llu is kept: %s%s", p->opened->name,
        story, (unsigned long long)p->done.line, first, then);
}

static att_status open_source(
    job *j, const source *s, att_opened *opened, size_t index, att_error *err)
{
    const bool movielens = j->source_count > 1;
    att_status status = ATT_OK;
    *j->table = (att_table){0};
    if (movielens)
        status = index == 0   ? att_movielens_tags(j->table, &j->tags, &j->life, err)
                 : index == 1 ? att_movielens_movies(j->table, &j->tags, &j->life, err)
                              : att_movielens_ratings(j->table, &j->life, err);
    return status ? status
                  : att_opened_open(
                        opened, s->path, j->options, j->table, movielens, &j->life, j->host, err);
}

// Moves to where an earlier import stopped. Leaves the options as they are when there is nothing to
// go on from.
static att_status seek(
    job *j, source *s, const att_opened *o, att_feed_options *feed, att_error *err)
{
    uint64_t offset, line;
    if (!s->known || s->reread || !att_cursor_resume(o->fd, &s->cursor, &offset, &line) ||
        offset < feed->offset)
        return ATT_OK;
    char before = '\n';
    if (lseek(o->fd, (off_t)offset, SEEK_SET) < 0 ||
        (offset && pread(o->fd, &before, 1, (off_t)offset - 1) != 1))
        return att_fail_errno(
            err, errno, "going to byte %llu of %s", (unsigned long long)offset, o->name);
    feed->head = (att_text){0};
    feed->at_end = false;
    feed->offset = offset;
    feed->line = line;
    // Inside a line only when an overlong one was given up there, or at the end of a file without a
    // line end.
    feed->inside_line = before != '\n';
    j->report->resumed_at_line = line;
    return ATT_OK;
}

static att_status import_opened(job *j, source *s, const att_opened *o, att_error *err)
{
    att_feed_options options = {.fd = o->fd,
        .name = o->name,
        .waits = o->pipe,
        .stop_at_bad = j->options->strict,
        .batch = j->batch,
        .form = o->form,
        .check_event = j->sink->check_event,
        .check_item = j->sink->check_item,
        .check_user = j->sink->user,
        .head = {o->head.items + o->body, o->head.count - o->body},
        .at_end = o->at_end,
        .offset = o->body,
        .line = o->lines};
    att_feed *feed = NULL;
    att_status status = seek(j, s, o, &options, err);
    pour p = {.job = j,
        .source = s,
        .opened = o,
        .done = {.offset = options.offset, .line = options.line},
        .from_offset = options.offset};
    if (!status)
        status = att_feed_start(&feed, &options, j->host, err);
    if (!status)
        status = with_advice(&p, pour_all(&p, feed, err), err);
    att_feed_stop(feed);
    return status;
}

static att_status import_source(job *j, size_t index, att_error *err)
{
    source *s = &j->sources[index];
    att_opened opened = {.fd = -1};
    att_status status = open_source(j, s, &opened, index, err);
    if (!status)
        status = import_opened(j, s, &opened, err);
    att_opened_close(&opened, j->host);
    j->bytes_before += s->bytes;
    return status;
}

// --- The whole -----------------------------------------------------------------------------------

static att_status path_in(
    job *j, const char *folder, const char *name, const char **out, att_error *err)
{
    *out = att_arena_printf(&j->life, "%s/%s", folder, name);
    return *out ? ATT_OK : att_no_memory(err, strlen(folder), "bytes of a path");
}

static att_status find_sources(job *j, const char *path, att_error *err)
{
    static const char *const names[] = {"tags.csv", "movies.csv", "ratings.csv"};
    struct stat status;
    const bool folder =
        strcmp(path, "-") != 0 && stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    if (!folder && j->options->format == ATT_IMPORT_MOVIELENS)
        return ATT_FAIL(err, ATT_INVALID,
            "%s is no folder, expected one with movies.csv and ratings.csv", path);
    if (!folder) {
        j->sources[0].path = path;
        j->source_count = 1;
        return ATT_OK;
    }
    if (j->options->format != ATT_IMPORT_AUTO && j->options->format != ATT_IMPORT_MOVIELENS)
        return ATT_FAIL(err, ATT_INVALID, "%s is a folder, expected a file", path);
    for (size_t i = 0; i < FILES_MAX; i++) {
        const att_status made = path_in(j, path, names[i], &j->sources[i].path, err);
        if (made)
            return made;
        const bool there = access(j->sources[i].path, F_OK) == 0;
        j->sources[i].finished = !there;
        if (!there && i > 0)
            return ATT_FAIL(err, ATT_NOT_FOUND,
                "%s is a folder without %s, expected a file, or a MovieLens folder with movies.csv "
                "and ratings.csv",
                path, names[i]);
    }
    j->source_count = FILES_MAX;
    return ATT_OK;
}

static bool is_same_file(const source *s)
{
    uint64_t offset, line;
    const int fd = open(s->path, O_RDONLY | O_CLOEXEC);
    const bool same = fd >= 0 && att_cursor_resume(fd, &s->cursor, &offset, &line);
    if (fd >= 0)
        close(fd);
    return same;
}

static att_status find_cursor(job *j, source *s, att_error *err)
{
    char real[PATH_MAX];
    struct stat status;
    if (strcmp(s->path, "-") == 0 || stat(s->path, &status) != 0 || !S_ISREG(status.st_mode) ||
        !realpath(s->path, real))
        return ATT_OK;
    s->bytes = (uint64_t)status.st_size;
    att_cursor_key(real, (int)j->options->format, j->options->mapping, s->key);
    if (j->options->restart)
        return ATT_OK;
    att_bytes value = {0};
    const att_status found = j->sink->cursor_get(j->sink->user, s->key, &value, err);
    s->known = !found && att_cursor_read(value.items, value.count, &s->cursor) && is_same_file(s);
    ATT_VEC_FREE(j->host, &value);
    return found == ATT_NOT_FOUND ? ATT_OK : found;
}

// Nothing new in it since it was imported to its end.
static bool is_finished(const source *s)
{
    return s->known && s->cursor.complete && s->cursor.size == s->bytes;
}

static att_status plan(job *j, const char *path, att_error *err)
{
    att_status status = find_sources(j, path, err);
    for (size_t i = 0; i < j->source_count && !status; i++) {
        status = find_cursor(j, &j->sources[i], err);
        j->bytes_total += j->sources[i].bytes;
    }
    if (!status && j->source_count > 1) {
        // Tags go into the films, so they are read again unless every film is in already.
        source *tags = &j->sources[0], *movies = &j->sources[1];
        const bool tags_done = tags->finished || is_finished(tags);
        movies->known = movies->known && tags_done;
        tags->reread = tags->known;
        tags->finished |= tags_done && is_finished(movies);
    }
    return status;
}

static att_status prepare_rejects(job *j, const char *path, att_error *err)
{
    const bool pipe = strcmp(path, "-") == 0;
    const char *made = j->options->reject_path;
    if (!made)
        made =
            pipe ? "import.rejects.ndjson" : att_arena_printf(&j->life, "%s.rejects.ndjson", path);
    const char *about = j->source_count > 1 ? att_arena_printf(&j->life, "%s/", path)
                        : pipe              ? "stdin"
                                            : path;
    if (!made || !about)
        return att_no_memory(err, strlen(path), "bytes of a path");
    att_status status = att_rejects_init(&j->rejects, made, about, j->host, err);
    if (status)
        return status;
    bool resumes = false;
    uint64_t kept = 0;
    for (size_t i = 0; i < j->source_count; i++) {
        resumes |= j->sources[i].known;
        if (j->sources[i].known)
            kept = ATT_MAX(kept, j->sources[i].cursor.rejects);
    }
    if (resumes)
        return att_rejects_resume(&j->rejects, kept, err);
    return j->options->reject_path || pipe || j->options->strict
               ? ATT_OK
               : att_rejects_restart(&j->rejects, err);
}

static att_status run(job *j, const char *source_path, att_error *err)
{
    size_t size = strlen(source_path);
    while (size > 1 && source_path[size - 1] == '/')
        size--;
    const char *path = att_arena_text(&j->life, (att_text){source_path, size}).data;
    if (!path)
        return att_no_memory(err, size, "bytes of a path");
    att_status status = plan(j, path, err);
    if (!status)
        status = prepare_rejects(j, path, err);
    for (size_t i = 0; i < j->source_count && !status; i++) {
        if (!j->sources[i].finished)
            status = import_source(j, i, err);
        else
            j->bytes_before += j->sources[i].bytes;
    }
    if (!status && j->host->progress)
        att_progress_tell(j->host, "import", j->bytes_total, j->bytes_total, "bytes");
    return status;
}

// The end of a long path says more than its beginning.
static void say_path(char *out, size_t size, const char *path)
{
    const size_t length = strlen(path);
    const size_t kept = ATT_MIN(length, size - 1);
    memcpy(out, path + length - kept, kept + 1);
    if (kept < length)
        memcpy(out, "...", 3);
}

att_status att_ingest_import(const char *source_path, const att_import_options *options,
    const att_import_sink *sink, const att_host *host, att_import_report *report, att_error *err)
{
    static const att_import_options defaults = {0};
    att_import_report own_report;
    const att_host full = att_host_complete(host);
    job j = {.options = options ? options : &defaults,
        .sink = sink,
        .host = &full,
        .report = report ? report : &own_report,
        .started_ms = monotonic_ms()};
    *j.report = (att_import_report){0};
    j.batch = j.options->batch ? j.options->batch : BATCH_DEFAULT;
    if (j.batch > BATCH_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "batch is %zu lines, expected 1 to %d", j.batch, BATCH_MAX);
    if (!source_path || !*source_path)
        return ATT_FAIL(err, ATT_INVALID, "no source was given, expected a path or \"-\"");
    att_arena_init(&j.life, j.host, 0);
    att_movie_tags_init(&j.tags, j.host);
    j.rejects = (att_rejects){.host = j.host, .fd = -1};
    j.table = ATT_NEW_ARRAY(j.host, att_table, 1);
    const att_status status = j.table ? run(&j, source_path, err) : att_no_memory(err, 1, "table");
    if (j.report->rejected)
        say_path(j.report->reject_path, sizeof j.report->reject_path, j.rejects.path);
    j.report->seconds = (double)(monotonic_ms() - j.started_ms) / 1000;
    ATT_FREE_ARRAY(j.host, j.table, 1);
    att_rejects_deinit(&j.rejects);
    att_movie_tags_deinit(&j.tags);
    att_arena_deinit(&j.life);
    return status;
}
