// SPDX-License-Identifier: Apache-2.0
// store/connect.c - opening an SQLite file the way a store needs it, and telling its failures.
//
// SQLite's locks belong to the process and are lost when any descriptor of the file is closed: so
// nothing here opens the file by itself. SQLite takes memory for its page cache from its own
// allocator, not from the host; that is at most 32 MiB for one connection.
#include "store/connect.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

// --- Stories ------------------------------------------------------------------------------------

// The writer of a WAL store holds byte 120 of PATH-shm (SQLite's file format, section 2.3.1).
enum { WRITE_LOCK_BYTE = 120 };

long att_sqlite_writer(const char *path)
{
    char name[4096], line[256];
    struct stat about;
    if (snprintf(name, sizeof name, "%s-shm", path) >= (int)sizeof name || stat(name, &about) != 0)
        return 0;
    FILE *locks = fopen("/proc/locks", "re");
    if (!locks)
        return 0;
    long writer = 0;
    while (!writer && fgets(line, sizeof line, locks)) {
        long pid;
        unsigned long long inode;
        long long start, end;
        // 1: POSIX  ADVISORY  WRITE 1234 fd:00:5678 120 120
        if (sscanf(line, "%*s POSIX ADVISORY WRITE %ld %*x:%*x:%llu %lld %lld", &pid, &inode,
                &start, &end) == 4 &&
            inode == (unsigned long long)about.st_ino && start <= WRITE_LOCK_BYTE &&
            end >= WRITE_LOCK_BYTE)
            writer = pid;
    }
    fclose(locks);
    return writer;
}

static att_status fail_busy(const att_sqlite *sqlite, const char *doing, att_error *err)
{
    const long writer = att_sqlite_writer(sqlite->path);
    char who[64] = "another process";
    if (writer == (long)getpid())
        snprintf(who, sizeof who, "another part of this process");
    else if (writer > 0)
        snprintf(who, sizeof who, "process %ld", writer);
    return ATT_FAIL(err, ATT_BUSY,
        "store %s: %s: %s is writing and did not finish within %d ms; try again, or stop it",
        sqlite->path, doing, who, (int)sqlite->busy_timeout_ms);
}

static bool is_full(int errno_value)
{
    return errno_value == ENOSPC || errno_value == EDQUOT || errno_value == EFBIG;
}

static int last_errno(sqlite3_file *file)
{
    int reason = 0;
    if (file && file->pMethods)
        file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &reason);
    return reason;
}

// sqlite3_system_errno knows nothing of failures while committing: ask the files themselves.
static int reason_of(sqlite3 *db)
{
    sqlite3_file *file = NULL;
    int reason = 0;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) == SQLITE_OK)
        reason = last_errno(file);
    if (!reason && sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK)
        reason = last_errno(file);
    return reason ? reason : sqlite3_system_errno(db);
}

static att_status fail_io(const att_sqlite *sqlite, int code, const char *doing, att_error *err)
{
    const int reason = sqlite->db ? reason_of(sqlite->db) : 0;
    if (is_full(reason))
        return ATT_FAIL(err, ATT_FULL,
            "store %s: %s: the disk is full; nothing of this step was kept, make room and try "
            "again",
            sqlite->path, doing);
    if (reason != 0)
        return att_fail_errno(
            err, reason, "store %s: %s: %s", sqlite->path, doing, sqlite3_errstr(code));
    return ATT_FAIL(
        err, ATT_IO, "store %s: %s: %s (%d)", sqlite->path, doing, sqlite3_errstr(code), code);
}

att_status att_sqlite_fail(const att_sqlite *sqlite, int code, const char *doing, att_error *err)
{
    const char *path = sqlite->path;
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail_busy(sqlite, doing, err);
    case SQLITE_FULL:
        return ATT_FAIL(err, ATT_FULL,
            "store %s: %s: the disk is full; nothing of this step was kept, make room and try "
            "again",
            path, doing);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return ATT_FAIL(err, ATT_READ_ONLY,
            "store %s: %s: it may not be written; look at the permissions of the file and its "
            "folder",
            path, doing);
    case SQLITE_NOTADB:
        return ATT_FAIL(err, ATT_CORRUPT,
            "%s is not a store: it is no SQLite file, or its first page is damaged", path);
    case SQLITE_CORRUPT:
        return ATT_FAIL(err, ATT_CORRUPT,
            "store %s: %s: the file is damaged; `attune doctor` says where, a backup brings it "
            "back",
            path, doing);
    case SQLITE_NOMEM:
        return ATT_FAIL(err, ATT_NO_MEMORY, "store %s: %s: out of memory", path, doing);
    case SQLITE_TOOBIG:
        return ATT_FAIL(err, ATT_LIMIT, "store %s: %s: a value is too large", path, doing);
    case SQLITE_CONSTRAINT:
        return ATT_FAIL(err, ATT_EXISTS, "store %s: %s: it is there already", path, doing);
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_PROTOCOL:
        return fail_io(sqlite, code, doing, err);
    default:
        return ATT_FAIL(err, ATT_IO, "store %s: %s: %s (%d)", path, doing,
            sqlite->db ? sqlite3_errmsg(sqlite->db) : sqlite3_errstr(code), code);
    }
}

att_status att_sqlite_exec(att_sqlite *sqlite, const char *sql, const char *doing, att_error *err)
{
    const int code = sqlite3_exec(sqlite->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? ATT_OK : att_sqlite_fail(sqlite, code, doing, err);
}

att_status att_sqlite_number(att_sqlite *sqlite, const char *sql, int64_t *out, att_error *err)
{
    *out = 0;
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(sqlite->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE
               ? ATT_OK
               : att_sqlite_fail(sqlite, code, "reading it", err);
}

// --- Opening ------------------------------------------------------------------------------------

// A file that cannot have a -wal beside it (a folder that may not be written) is read as it lies.
static char *immutable_uri(const char *path, const att_host *host, size_t *size)
{
    *size = 3 * strlen(path) + 32;
    char *uri = att_alloc(host, *size, 1);
    if (!uri)
        return NULL;
    char *at = uri + sprintf(uri, "file:");
    for (const char *from = path; *from; from++)
        if (*from == '%' || *from == '?' || *from == '#')
            at += sprintf(at, "%%%02X", (unsigned)*from);
        else
            *at++ = *from;
    sprintf(at, "?immutable=1");
    return uri;
}

static bool has_wal(const att_sqlite *sqlite)
{
    char name[4096];
    struct stat about;
    return snprintf(name, sizeof name, "%s-wal", sqlite->path) >= (int)sizeof name ||
           (stat(name, &about) == 0 && about.st_size > 0);
}

static int open_once(att_sqlite *sqlite, const char *name, int flags)
{
    sqlite3_close(sqlite->db);
    sqlite->db = NULL;
    const int code = sqlite3_open_v2(
        name, &sqlite->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (code == SQLITE_OK)
        sqlite3_busy_timeout(sqlite->db, sqlite->busy_timeout_ms);
    return code;
}

static int touch(att_sqlite *sqlite)
{
    return sqlite3_exec(sqlite->db, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
}

static att_status open_read_only(att_sqlite *sqlite, att_error *err)
{
    int code = open_once(sqlite, sqlite->path, SQLITE_OPEN_READONLY);
    if (code == SQLITE_OK)
        code = touch(sqlite);
    const int kind = code & 0xff;
    if ((kind == SQLITE_CANTOPEN || kind == SQLITE_READONLY) && !has_wal(sqlite)) {
        size_t size;
        char *uri = immutable_uri(sqlite->path, sqlite->host, &size);
        if (!uri)
            return att_no_memory(err, size, "bytes of a path");
        code = open_once(sqlite, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
        att_free(sqlite->host, uri, size, 1);
        if (code == SQLITE_OK)
            code = touch(sqlite);
    }
    return code == SQLITE_OK ? ATT_OK : att_sqlite_fail(sqlite, code, "opening", err);
}

static att_status open_writable(att_sqlite *sqlite, bool create, att_error *err)
{
    const int code =
        open_once(sqlite, sqlite->path, SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0));
    if (code != SQLITE_OK)
        return att_sqlite_fail(sqlite, code, create ? "creating" : "opening", err);
    // Asked to write, SQLite opens a file without that permission for reading and says nothing.
    if (sqlite3_db_readonly(sqlite->db, "main") == 1)
        return ATT_FAIL(err, ATT_READ_ONLY,
            "store %s may not be written by this user; open it read-only or change its permissions",
            sqlite->path);
    return ATT_OK;
}

static att_status set_up(att_sqlite *sqlite, bool read_only, att_error *err)
{
    sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    att_status status = att_sqlite_exec(sqlite,
        "PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32768;"
        "PRAGMA cell_size_check=ON",
        "setting it up", err);
    if (!status && !read_only)
        status = att_sqlite_exec(sqlite,
            "PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA wal_autocheckpoint=2000;"
            "PRAGMA journal_size_limit=67108864",
            "setting it up", err);
    return status;
}

static att_status check_file(const char *path, const att_store_options *options, att_error *err)
{
    struct stat about;
    if (stat(path, &about) != 0) {
        if (errno != ENOENT)
            return att_fail_errno(err, errno, "store %s", path);
        if (!options->create)
            return ATT_FAIL(
                err, ATT_NOT_FOUND, "there is no store %s; `attune init` makes one", path);
    } else if (!S_ISREG(about.st_mode))
        return ATT_FAIL(err, ATT_CORRUPT, "%s is not a store: it is not a regular file", path);
    return ATT_OK;
}

att_status att_sqlite_open(att_sqlite *out, const char *path, const att_store_options *options,
    const att_host *host, att_error *err)
{
    *out = (att_sqlite){.host = host, .busy_timeout_ms = options->busy_timeout_ms};
    att_status status = check_file(path, options, err);
    if (status)
        return status;
    out->path_size = strlen(path) + 1;
    out->path = att_alloc(host, out->path_size, 1);
    if (!out->path)
        return att_no_memory(err, out->path_size, "bytes of a path");
    memcpy(out->path, path, out->path_size);
    status =
        options->read_only ? open_read_only(out, err) : open_writable(out, options->create, err);
    if (!status)
        status = set_up(out, options->read_only, err);
    if (status)
        att_sqlite_close(out);
    return status;
}

void att_sqlite_close(att_sqlite *sqlite)
{
    sqlite3_close(sqlite->db);
    att_free(sqlite->host, sqlite->path, sqlite->path_size, 1);
    sqlite->db = NULL;
    sqlite->path = NULL;
}
