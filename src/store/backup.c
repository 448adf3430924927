// SPDX-License-Identifier: Apache-2.0
// store/backup.c - a consistent copy while others write.
//
// One read transaction is held from the first page to the last, so the copy shows one moment, and a
// busy writer cannot make it start over. The copy appears under its name only when it is whole and
// synced.
#include "store/durable.h"
#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGES_PER_STEP = 1024 };

static att_status copy_pages(att_sqlite *from, att_sqlite *to, att_error *err)
{
    sqlite3_backup *copy = sqlite3_backup_init(to->db, "main", from->db, "main");
    if (!copy)
        return att_sqlite_fail(to, sqlite3_extended_errcode(to->db), "starting the copy", err);
    int code = SQLITE_OK;
    bool go_on = true;
    while (code == SQLITE_OK && go_on) {
        code = sqlite3_backup_step(copy, PAGES_PER_STEP);
        const int total = sqlite3_backup_pagecount(copy);
        go_on = att_progress_tell(from->host, "backup",
            (uint64_t)(total - sqlite3_backup_remaining(copy)), (uint64_t)total, "pages");
    }
    const int finished = sqlite3_backup_finish(copy);
    if (code == SQLITE_OK)
        return ATT_FAIL(err, ATT_CANCELLED, "it was cancelled");
    if (code != SQLITE_DONE || finished != SQLITE_OK)
        return att_sqlite_fail(to, code != SQLITE_DONE ? code : finished, "writing the copy", err);
    return ATT_OK;
}

static att_status sync_file(const char *path, att_error *err)
{
    const int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0)
        return att_fail_errno(err, errno, "opening %s", path);
    att_status status = ATT_OK;
    if (fsync(file) != 0)
        status = att_fail_errno(err, errno, "syncing %s", path);
    close(file);
    return status;
}

// No journal and no waiting for the disk meanwhile: until it is renamed, the copy is nobody's.
static att_status write_copy(att_sqlite *from, char *name, att_error *err)
{
    att_sqlite to = {.host = from->host, .path = name};
    unlink(name); // of a backup that was killed under the same process number
    const int code = sqlite3_open_v2(name, &to.db,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
        NULL);
    att_status status = ATT_OK;
    if (code != SQLITE_OK)
        status = att_sqlite_fail(&to, code, "creating the copy", err);
    if (!status)
        status = att_sqlite_exec(
            &to, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", "setting up the copy", err);
    if (!status)
        status = copy_pages(from, &to, err);
    sqlite3_close(to.db);
    return status ? status : sync_file(name, err);
}

static att_status copy_to(att_sqlite *from, const char *to, att_error *err)
{
    size_t size;
    char *name = att_temporary_name(to, from->host, &size);
    if (!name)
        return att_no_memory(err, size, "bytes of a path");
    att_status status = att_sqlite_exec(
        from, "BEGIN; SELECT count(*) FROM sqlite_master", "taking a view of the store", err);
    if (!status)
        status = write_copy(from, name, err);
    if (!status)
        status = att_rename_durable(name, to, true, from->host, err);
    if (status)
        unlink(name);
    att_free(from->host, name, size, 1);
    return status;
}

att_status att_store_backup(const char *path, const char *to, const att_host *host, att_error *err)
{
    struct stat about;
    if (lstat(to, &about) == 0)
        return ATT_FAIL(err, ATT_EXISTS, "backing up to %s: it exists already", to);
    const att_host full = att_host_complete(host);
    const att_store_options options = {.read_only = true, .busy_timeout_ms = 5000};
    att_sqlite from;
    att_status status = att_sqlite_open(&from, path, &options, &full, err);
    if (status)
        return status;
    bool made;
    status = att_schema_apply(&from, att_schema_current(), &options, &made, err);
    if (!status)
        status = copy_to(&from, to, err);
    att_sqlite_close(&from);
    return att_while(err, status, "backing up to %s", to);
}
