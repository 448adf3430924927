// SPDX-License-Identifier: Apache-2.0
// bench/bench_store.c - rows a second into the log, beside bare SQLite, and out of it again.
//
//   bench_store [rows [single commits]]                                          1000000 300
//
// Three files are written in turn, transaction by transaction, so that a busy machine slows all alike: ours;
// bare prepared inserts of the same columns (bodies made before the clock starts); and bare inserts of each
// field as a column of its own. Same settings everywhere: WAL, synchronous=FULL. Wall time holds the disk,
// processor time what each costs. The hash is over what was read back.
#include "base/rng.h"
#include "store/codec.h"
#include "store/store.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

static char folder[96];

static double clock_s(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

typedef struct stopwatch {
    double wall_s, cpu_s, wall_from, cpu_from;
} stopwatch;

static void start(stopwatch *watch)
{
    watch->wall_from = clock_s(CLOCK_MONOTONIC);
    watch->cpu_from = clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

static void stop(stopwatch *watch)
{
    watch->wall_s += clock_s(CLOCK_MONOTONIC) - watch->wall_from;
    watch->cpu_s += clock_s(CLOCK_PROCESS_CPUTIME_ID) - watch->cpu_from;
}

static att_error err;

static void must(att_status status)
{
    if (status) {
        fprintf(stderr, "bench_store: %s\n", err.text);
        exit(1);
    }
}

static void must_sql(sqlite3 *db, int code)
{
    if (code != SQLITE_OK && code != SQLITE_DONE) {
        fprintf(stderr, "bench_store: %s\n", sqlite3_errmsg(db));
        exit(1);
    }
}

// --- The events ---------------------------------------------------------------------------------

enum { ID_ROOM = 40 };

typedef struct batch {
    att_record *records;   // (count)
    char *ids;             // (count, ID_ROOM)
    unsigned char *bodies; // (count, body_room)
    size_t *body_sizes;
    size_t count;
} batch;
enum { BODY_ROOM = 128 };

static void draw_event(att_rng *rng, uint64_t number, att_record *out, char *id)
{
    const int padding = (int)att_rng_below(rng, 24); // ids of 12 to 36 bytes
    snprintf(id, ID_ROOM, "e-%0*llu", 10 + padding, (unsigned long long)number);
    *out = (att_record){.at_ms = 1700000000000 + (int64_t)number * 517,
        .logged_ms = 1750000000000 + (int64_t)number,
        .kind = ATT_RECORD_EVENT,
        .signal = (uint8_t)(1 + att_rng_below(rng, 12)),
        .user = (uint32_t)att_rng_below(rng, 100000),
        .item = (uint32_t)att_rng_below(rng, 100000),
        .value = NAN,
        .position_ms = -1,
        .length_ms = -1,
        .dwell_ms = -1,
        .context = {.utc_offset_min = ATT_OFFSET_UNKNOWN},
        .id = {id, strlen(id)}};
    if (out->signal == ATT_SIGNAL_RATING)
        out->value = 0.5f * (float)(1 + att_rng_below(rng, 10));
    if (out->signal == ATT_SIGNAL_PLAY || out->signal == ATT_SIGNAL_SKIP) {
        out->position_ms = (int32_t)att_rng_below(rng, 240000);
        out->length_ms = 240000;
    }
    if (att_rng_below(rng, 2))
        out->context = (att_context){1, 1, 5, 1, 60};
    if (att_rng_below(rng, 2))
        out->decision = 1 + att_rng_below(rng, number + 1);
}

static void draw_batch(att_rng *rng, uint64_t from, batch *out)
{
    for (size_t i = 0; i < out->count; i++) {
        draw_event(rng, from + i, &out->records[i], out->ids + i * ID_ROOM);
        out->body_sizes[i] = att_record_body_size(&out->records[i]);
        att_record_body_encode(&out->records[i], out->bodies + i * BODY_ROOM);
    }
}

// --- Bare SQLite --------------------------------------------------------------------------------

typedef struct bare {
    sqlite3 *db;
    sqlite3_stmt *begin, *insert, *commit;
    uint64_t seq;
} bare;

static bare bare_open(const char *name, const char *columns, const char *insert)
{
    char path[128], sql[1024];
    bare out = {.seq = 0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    must_sql(NULL, sqlite3_open_v2(path, &out.db,
                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL));
    snprintf(sql, sizeof sql,
        "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA "
        "cache_size=-32768;"
        "PRAGMA wal_autocheckpoint=2000; CREATE TABLE log(seq INTEGER PRIMARY KEY, %s)",
        columns);
    must_sql(out.db, sqlite3_exec(out.db, sql, NULL, NULL, NULL));
    must_sql(out.db,
        sqlite3_prepare_v3(out.db, insert, -1, SQLITE_PREPARE_PERSISTENT, &out.insert, NULL));
    must_sql(out.db, sqlite3_prepare_v2(out.db, "BEGIN IMMEDIATE", -1, &out.begin, NULL));
    must_sql(out.db, sqlite3_prepare_v2(out.db, "COMMIT", -1, &out.commit, NULL));
    return out;
}

static void bare_run(bare *it, sqlite3_stmt *statement)
{
    must_sql(it->db, sqlite3_step(statement));
    sqlite3_reset(statement);
}

static void bare_close(bare *it)
{
    sqlite3_finalize(it->begin);
    sqlite3_finalize(it->insert);
    sqlite3_finalize(it->commit);
    sqlite3_close(it->db);
}

static void bare_same(bare *it, const batch *rows)
{
    bare_run(it, it->begin);
    for (size_t i = 0; i < rows->count; i++) {
        sqlite3_bind_int64(it->insert, 1, (sqlite3_int64)++it->seq);
        sqlite3_bind_int64(it->insert, 2, rows->records[i].kind);
        sqlite3_bind_int64(it->insert, 3, rows->records[i].user);
        sqlite3_bind_blob64(
            it->insert, 4, rows->bodies + i * BODY_ROOM, rows->body_sizes[i], SQLITE_STATIC);
        bare_run(it, it->insert);
    }
    bare_run(it, it->commit);
}

static void bind_int_unless(sqlite3_stmt *statement, int at, int64_t value, int64_t none)
{
    if (value == none)
        sqlite3_bind_null(statement, at);
    else
        sqlite3_bind_int64(statement, at, value);
}

static void bare_columns(bare *it, const batch *rows)
{
    bare_run(it, it->begin);
    for (size_t i = 0; i < rows->count; i++) {
        const att_record *r = &rows->records[i];
        sqlite3_bind_int64(it->insert, 1, (sqlite3_int64)++it->seq);
        sqlite3_bind_int64(it->insert, 2, r->at_ms);
        sqlite3_bind_int64(it->insert, 3, r->logged_ms);
        sqlite3_bind_int64(it->insert, 4, r->kind);
        sqlite3_bind_int64(it->insert, 5, r->signal);
        sqlite3_bind_int64(it->insert, 6, r->set_aside);
        sqlite3_bind_int64(it->insert, 7, r->user);
        sqlite3_bind_int64(it->insert, 8, r->item);
        sqlite3_bind_double(it->insert, 9, (double)r->value); // NaN becomes NULL
        bind_int_unless(it->insert, 10, r->position_ms, -1);
        bind_int_unless(it->insert, 11, r->length_ms, -1);
        bind_int_unless(it->insert, 12, r->dwell_ms, -1);
        bind_int_unless(it->insert, 13, (int64_t)r->decision, 0);
        bind_int_unless(it->insert, 14, r->context.device | r->context.place << 8, 0);
        sqlite3_bind_text(it->insert, 15, r->id.data, (int)r->id.size, SQLITE_STATIC);
        sqlite3_bind_null(it->insert, 16);
        bare_run(it, it->insert);
    }
    bare_run(it, it->commit);
}

// --- Ours ---------------------------------------------------------------------------------------

static void ours(att_store *store, const batch *rows)
{
    uint64_t last;
    must(att_store_begin(store, &last, &err));
    must(att_store_append(store, rows->records, rows->count, &err));
    must(att_store_commit(store, &err));
}

static bool hash_record(void *user, const att_record *record)
{
    const uint64_t numbers[4] = {record->seq, (uint64_t)record->at_ms,
        (uint64_t)record->user << 32 | record->item, record->decision};
    uint64_t *hash = user;
    *hash = att_mix64(*hash ^ numbers[0]) + att_mix64(numbers[1] ^ numbers[2]) + numbers[3] +
            record->id.size;
    return true;
}

static void scan(att_store *store, uint64_t rows)
{
    uint64_t hash = 0;
    stopwatch watch = {0};
    start(&watch);
    must(att_store_log_each(store, 1, hash_record, &hash, &err));
    stop(&watch);
    printf("store scan   %9.0f rows/s, processor %9.0f rows/s   hash %016llx\n",
        (double)rows / watch.wall_s, (double)rows / watch.cpu_s, (unsigned long long)hash);
}

// What a reader of a column a field would do for the same records.
static void scan_columns(bare *it)
{
    sqlite3_stmt *row = NULL;
    uint64_t sum = 0, rows = 0;
    must_sql(it->db, sqlite3_prepare_v2(
                         it->db, "SELECT * FROM log WHERE seq >= 1 ORDER BY seq", -1, &row, NULL));
    stopwatch watch = {0};
    start(&watch);
    for (; sqlite3_step(row) == SQLITE_ROW; rows++) {
        for (int c = 0; c < 14; c++)
            if (c == 8)
                sum += sqlite3_column_type(row, c) != SQLITE_NULL
                           ? (uint64_t)sqlite3_column_double(row, c)
                           : 0;
            else if (c >= 9)
                sum += sqlite3_column_type(row, c) != SQLITE_NULL
                           ? (uint64_t)sqlite3_column_int64(row, c)
                           : 1;
            else
                sum += (uint64_t)sqlite3_column_int64(row, c);
        const unsigned char *id = sqlite3_column_text(row, 14);
        sum += id[0] + (uint64_t)sqlite3_column_bytes(row, 14);
    }
    stop(&watch);
    sqlite3_finalize(row);
    printf("store scan   %9.0f rows/s, processor %9.0f rows/s   bare, a column a field (%llx)\n",
        (double)rows / watch.wall_s, (double)rows / watch.cpu_s, (unsigned long long)sum);
}

// The least of several rounds is what it costs on a busy machine; the sum is what was waited for.
typedef struct contestant {
    const char *name;
    stopwatch all;
    double least_cpu_s, least_wall_s;
} contestant;

static void lap(contestant *one, const stopwatch *before)
{
    const double cpu = one->all.cpu_s - before->cpu_s, wall = one->all.wall_s - before->wall_s;
    one->least_cpu_s = one->least_cpu_s == 0 ? cpu : ATT_MIN(one->least_cpu_s, cpu);
    one->least_wall_s = one->least_wall_s == 0 ? wall : ATT_MIN(one->least_wall_s, wall);
}

static void print(const contestant *one, const contestant *first, size_t count, size_t rounds)
{
    const double rows = (double)count * (double)rounds;
    printf(
        "store append %6zu a commit, %-22s %9.0f rows/s, best %9.0f, processor %9.0f, best %9.0f;"
        " ours/this %.2f, processor %.2f\n",
        count, one->name, rows / one->all.wall_s, (double)count / one->least_wall_s,
        rows / one->all.cpu_s, (double)count / one->least_cpu_s,
        one->all.wall_s / first->all.wall_s, one->all.cpu_s / first->all.cpu_s);
}

static void append_batches(att_store *store, bare *same, bare *columns, size_t count, uint64_t rows)
{
    contestant contest[3] = {
        {.name = "ours"}, {.name = "bare, same columns"}, {.name = "bare, a column a field"}};
    att_rng rng = att_rng_seed(count);
    batch work = {.count = count,
        .records = calloc(count, sizeof(att_record)),
        .ids = calloc(count, ID_ROOM),
        .bodies = calloc(count, BODY_ROOM),
        .body_sizes = calloc(count, sizeof(size_t))};
    if (!work.records || !work.ids || !work.bodies || !work.body_sizes)
        exit(1);
    const size_t rounds = (size_t)ATT_MAX(rows / count, (uint64_t)1);
    for (size_t round = 0; round < rounds; round++) {
        draw_batch(&rng, round * count, &work);
        for (size_t k = 0; k < 3; k++) {
            const size_t turn = (round + k) % 3;
            const stopwatch before = contest[turn].all;
            start(&contest[turn].all);
            if (turn == 0)
                ours(store, &work);
            else if (turn == 1)
                bare_same(same, &work);
            else
                bare_columns(columns, &work);
            stop(&contest[turn].all);
            lap(&contest[turn], &before);
        }
    }
    for (size_t k = 0; k < 3; k++)
        print(&contest[k], &contest[0], count, rounds);
    free(work.records);
    free(work.ids);
    free(work.bodies);
    free(work.body_sizes);
}

static void single_commits(att_store *store, bare *same, size_t count)
{
    att_record record;
    char id[ID_ROOM];
    unsigned char body[BODY_ROOM];
    size_t body_size;
    batch one = {&record, id, body, &body_size, 1};
    att_rng rng = att_rng_seed(1);
    stopwatch mine = {0}, theirs = {0};
    for (size_t i = 0; i < count; i++) {
        draw_batch(&rng, i, &one);
        start(&mine);
        ours(store, &one);
        stop(&mine);
        start(&theirs);
        bare_same(same, &one);
        stop(&theirs);
    }
    printf("store append      1 a commit, ours %.0f commits/s (processor %.0f), bare %.0f "
           "(processor %.0f)\n",
        (double)count / mine.wall_s, (double)count / mine.cpu_s, (double)count / theirs.wall_s,
        (double)count / theirs.cpu_s);
}

static void remove_files(void)
{
    static const char *const names[] = {"ours", "same", "columns"};
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 9; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s%s", folder, names[i / 3], ends[i % 3]);
        unlink(path);
    }
    rmdir(folder);
}

int main(int argc, char **argv)
{
    const uint64_t rows = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    const size_t singles = argc > 2 ? strtoull(argv[2], NULL, 10) : 300;
    const char *base = getenv("TMPDIR");
    snprintf(
        folder, sizeof folder, "%.60s/attune-bench-store-XXXXXX", base && base[0] ? base : "/tmp");
    if (!mkdtemp(folder)) {
        perror(folder);
        return 1;
    }
    char path[128];
    snprintf(path, sizeof path, "%s/ours", folder);
    const att_store_options options = {.create = true, .seed = 1};
    att_store *store;
    must(att_store_open(&store, path, &options, NULL, &err));
    bare same = bare_open("same", "kind INTEGER NOT NULL, user INTEGER, body BLOB NOT NULL",
        "INSERT INTO log VALUES(?1,?2,?3,?4)");
    bare columns = bare_open("columns",
        "at_ms INTEGER, logged_ms INTEGER, kind INTEGER, signal INTEGER, set_aside INTEGER, user "
        "INTEGER,"
        "item INTEGER, value REAL, position_ms INTEGER, length_ms INTEGER, dwell_ms INTEGER,"
        "decision INTEGER, context INTEGER, id TEXT, payload BLOB",
        "INSERT INTO log VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)");
    append_batches(store, &same, &columns, (size_t)ATT_MIN(rows, (uint64_t)1000), rows);
    append_batches(store, &same, &columns, (size_t)ATT_MIN(rows, (uint64_t)10000), rows);
    single_commits(store, &same, singles);
    uint64_t last;
    must(att_store_last_seq(store, &last, &err));
    scan(store, last);
    scan(store, last);
    scan_columns(&columns);
    att_store_close(store);
    bare_close(&same);
    bare_close(&columns);
    if (!getenv("KEEP"))
        remove_files();
    return 0;
}
