// SPDX-License-Identifier: Apache-2.0
// bench/bench_import.c - events a second from NDJSON: parsing alone, and all the way to the disk.
//
//   bench_import [events [batch]]      1000000 10000
//
// Parsing is timed by the core's clock, and set beside memcpy and memchr over the same bytes, and beside jansson. The whole import (read, parse,
// check, deduplicate, fold, encode, commit with fsync) is set beside bare SQLite: the very rows that the import left in
// the log, inserted into an empty table of the same shape, WAL, synchronous=FULL, 1,000 a commit.
#include "attune/import.h"

#include "base/rng.h"
#include "ingest/json_write.h"
#include "ingest/piece.h"

#include <ftw.h>
#include <jansson.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static att_error err;
static att_host host;
static char folder[] = "/var/tmp/attune-bench-XXXXXX";

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void clean(void)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "bench_import: %s: %s\n", what, err.text);
        exit(1);
    }
}

static double clock_s(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double now_s(void)
{
    return clock_s(CLOCK_MONOTONIC);
}

// What this thread had of a core: the same on a machine that is busy with other things.
static double core_s(void)
{
    return clock_s(CLOCK_THREAD_CPUTIME_ID);
}

// About 185 bytes a line, in time order: 20,000 people, 10,000 items, plays and likes with a context.
static att_bytes make_lines(size_t count)
{
    att_rng rng = att_rng_seed(1);
    att_bytes out = {0};
    for (size_t i = 0; i < count; i++) {
        char id[32], user[32], item[32];
        snprintf(id, sizeof id, "evt-%010zu", i);
        snprintf(user, sizeof user, "user-%06u", (unsigned)att_rng_below(&rng, 20000));
        snprintf(item, sizeof item, "item-%06u", (unsigned)(10000 * pow(att_rng_unit(&rng), 2)));
        const bool play = att_rng_unit(&rng) < 0.7;
        const att_event event = {.id = att_text_of(id),
            .user = att_text_of(user),
            .item = att_text_of(item),
            .at_ms = INT64_C(1700000000000) + (int64_t)i * 1000,
            .signal = play ? ATT_SIGNAL_PLAY : ATT_SIGNAL_LIKE,
            .value = NAN,
            .position_ms = play ? (int32_t)att_rng_below(&rng, 240000) : -1,
            .length_ms = play ? 240000 : -1,
            .dwell_ms = -1,
            .context = {.device = ATT_DEVICE_PHONE,
                .activity = (uint8_t)att_rng_below(&rng, ATT_ACTIVITY_COUNT),
                .utc_offset_min = 60}};
        must(att_event_write_json(&host, &out, &event, &err) == ATT_OK, "making lines");
    }
    return out;
}

// --- Parsing ------------------------------------------------------------------------------------------------

static uint64_t parse_all(const att_bytes *lines, size_t *count)
{
    const att_form form = att_form_ndjson();
    att_arena scratch;
    att_arena_init(&scratch, &host, 0);
    uint64_t hash = 0;
    *count = 0;
    for (size_t at = 0; at < lines->count;) {
        att_event event;
        att_item item;
        att_piece piece;
        form.read(NULL, (att_text){lines->items + at, lines->count - at}, true, &scratch, &event,
            &item, &piece);
        must(piece.kind == ATT_PIECE_EVENT, "a line was not taken");
        hash = att_mix64(
            hash ^ (uint64_t)event.at_ms ^ event.user.size ^ (uint64_t)event.position_ms << 20);
        at += piece.size;
        ++*count;
    }
    att_arena_deinit(&scratch);
    return hash;
}

static uint64_t jansson_all(const att_bytes *lines, size_t most, size_t *count, size_t *bytes)
{
    uint64_t hash = 0;
    *count = *bytes = 0;
    while (*bytes < lines->count && *count < most) {
        const char *line = lines->items + *bytes, *end = memchr(line, '\n', lines->count - *bytes);
        json_t *root = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, NULL);
        must(root != NULL, "jansson took no line");
        hash += (uint64_t)json_integer_value(json_object_get(root, "at"));
        json_decref(root);
        *bytes += (size_t)(end - line) + 1;
        ++*count;
    }
    return hash;
}

static double best_of(double best, double seconds)
{
    return best == 0 || seconds < best ? seconds : best;
}

static void bench_parse(const att_bytes *lines)
{
    double copy_s = 0, scan_s = 0, parse_s = 0;
    size_t count = 0, found = 0;
    uint64_t hash = 0;
    char *copy = malloc(lines->count);
    must(copy != NULL, "memory");
    memset(copy, 1, lines->count);
    for (int round = 0; round < 3; round++) {
        double start = core_s();
        memcpy(copy, lines->items, lines->count);
        copy_s = best_of(copy_s, core_s() - start);
        start = core_s();
        found = 0;
        for (const char *at = copy, *end = copy + lines->count;
             at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
            found++;
        scan_s = best_of(scan_s, core_s() - start);
        start = core_s();
        hash = parse_all(lines, &count);
        parse_s = best_of(parse_s, core_s() - start);
    }
    must(found == count, "lines");
    free(copy);
    const double mb = (double)lines->count * 1e-6;
    double start = core_s();
    size_t slow_count, slow_bytes;
    const uint64_t slow_hash = jansson_all(lines, 200000, &slow_count, &slow_bytes);
    const double slow_s = core_s() - start;
    printf("parse     %zu events of %.0f bytes  %6.0f ns/event  %.2fM events/s  %5.0f MB/s  = %.1f "
           "%% of memcpy (%.0f MB/s), "
           "%.1f %% of memchr by line (%.0f MB/s)  hash %016llx\n",
        count, (double)lines->count / (double)count, parse_s * 1e9 / (double)count,
        (double)count / parse_s * 1e-6, mb / parse_s, 100 * copy_s / parse_s, mb / copy_s,
        100 * scan_s / parse_s, mb / scan_s, (unsigned long long)hash);
    printf("jansson   %zu events  %6.0f ns/event  %.2fM events/s  (the tree alone, no event made)  "
           "hash %016llx\n",
        slow_count, slow_s * 1e9 / (double)slow_count, (double)slow_count / slow_s * 1e-6,
        (unsigned long long)slow_hash);
}

// --- To the disk --------------------------------------------------------------------------------------------

static double bench_engine(const char *store, const char *source, size_t batch, size_t count)
{
    att_engine *engine;
    const att_open_options options = {.create = true, .seed = 1};
    must(att_engine_open(&engine, store, &options, NULL, &err) == ATT_OK, "opening the store");
    att_import_report report;
    const att_import_options how = {.batch = batch};
    const double start = now_s(), cores = clock_s(CLOCK_PROCESS_CPUTIME_ID), own = core_s();
    must(att_import(engine, source, &how, &report, &err) == ATT_OK, "import");
    const double seconds = now_s() - start, own_s = core_s() - own,
                 both_s = clock_s(CLOCK_PROCESS_CPUTIME_ID) - cores;
    must(report.events == count && report.rejected == 0, "events");
    att_engine_close(engine);
    const double ns = 1e9 / (double)count;
    printf("import    %zu events to the disk, %zu a commit  %.0f ns/event  %.0fk events/s  (core "
           "time: "
           "writing %.0f ns, reading ahead %.0f ns)\n",
        count, batch, seconds * ns, (double)count / seconds * 1e-3, own_s * ns,
        (both_s - own_s) * ns);
    return seconds;
}

typedef struct row {
    sqlite3_int64 seq, user;
    int kind;
    size_t offset, size;
} row;

// The rows of the log, in memory.
static row *read_rows(const char *store, size_t count, att_bytes *bodies)
{
    sqlite3 *db;
    sqlite3_stmt *select;
    row *rows = calloc(count, sizeof *rows);
    must(rows != NULL, "memory");
    must(sqlite3_open_v2(store, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK, "opening the log");
    must(sqlite3_prepare_v2(db, "SELECT seq, kind, user, body FROM log ORDER BY seq", -1, &select,
             NULL) == SQLITE_OK,
        "the log");
    size_t found = 0;
    for (; sqlite3_step(select) == SQLITE_ROW && found < count; found++) {
        const size_t size = (size_t)sqlite3_column_bytes(select, 3);
        rows[found] = (row){sqlite3_column_int64(select, 0), sqlite3_column_int64(select, 2),
            sqlite3_column_int(select, 1), bodies->count, size};
        must(att_json_put(&host, bodies, sqlite3_column_blob(select, 3), size), "memory");
    }
    must(found == count, "rows of the log");
    sqlite3_finalize(select);
    sqlite3_close(db);
    return rows;
}

static double bench_sqlite(
    const char *path, const row *rows, size_t count, const att_bytes *bodies, size_t batch)
{
    sqlite3 *db;
    sqlite3_stmt *insert;
    must(sqlite3_open(path, &db) == SQLITE_OK, "opening bare SQLite");
    must(sqlite3_exec(db,
             "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
             "CREATE TABLE log(seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, user INTEGER, body "
             "BLOB NOT NULL)",
             NULL, NULL, NULL) == SQLITE_OK,
        "its table");
    must(sqlite3_prepare_v2(db, "INSERT INTO log VALUES(?1, ?2, ?3, ?4)", -1, &insert, NULL) ==
             SQLITE_OK,
        "its insert");
    const double start = now_s(), own = core_s();
    for (size_t i = 0; i < count;) {
        must(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK, "begin");
        for (const size_t end = ATT_MIN(count, i + batch); i < end; i++) {
            sqlite3_bind_int64(insert, 1, rows[i].seq);
            sqlite3_bind_int(insert, 2, rows[i].kind);
            sqlite3_bind_int64(insert, 3, rows[i].user);
            sqlite3_bind_blob(
                insert, 4, bodies->items + rows[i].offset, (int)rows[i].size, SQLITE_STATIC);
            must(sqlite3_step(insert) == SQLITE_DONE, "insert");
            sqlite3_reset(insert);
        }
        must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, "commit");
    }
    const double seconds = now_s() - start, own_s = core_s() - own;
    sqlite3_finalize(insert);
    sqlite3_close(db);
    printf("sqlite    %zu rows, the same as the log's (%.0f bytes of body), %zu a commit, "
           "synchronous=FULL  %.0f ns/row  %.0fk rows/s  (core time %.0f ns)\n",
        count, (double)bodies->count / (double)count, batch, seconds * 1e9 / (double)count,
        (double)count / seconds * 1e-3, own_s * 1e9 / (double)count);
    return seconds;
}

static void bench_durable(const att_bytes *lines, size_t count, size_t batch)
{
    char source[128], store[128], bare[128];
    must(mkdtemp(folder) != NULL, "a folder");
    atexit(clean);
    snprintf(source, sizeof source, "%s/events.ndjson", folder);
    snprintf(store, sizeof store, "%s/store.attune", folder);
    FILE *file = fopen(source, "wb");
    must(file && fwrite(lines->items, 1, lines->count, file) == lines->count && fclose(file) == 0,
        "writing the lines");
    const double import_s = bench_engine(store, source, batch, count);
    att_bytes bodies = {0};
    row *rows = read_rows(store, count, &bodies);
    const size_t batches[] = {1000, batch};
    for (size_t i = 0; i < (batch == 1000 ? 1 : ATT_COUNT_OF(batches)); i++) {
        snprintf(bare, sizeof bare, "%s/bare-%zu.db", folder, i);
        const double bare_s = bench_sqlite(bare, rows, count, &bodies, batches[i]);
        printf("ratio     import / bare SQLite at %zu a commit = %.2f\n", batches[i],
            bare_s / import_s);
    }
    free(rows);
    ATT_VEC_FREE(&host, &bodies);
}

int main(int argc, char **argv)
{
    const size_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    const size_t batch = argc > 2 ? strtoull(argv[2], NULL, 10) : 10000;
    host = att_host_default();
    att_bytes lines = make_lines(count);
    bench_parse(&lines);
    bench_durable(&lines, count, batch);
    ATT_VEC_FREE(&host, &lines);
    return 0;
}
