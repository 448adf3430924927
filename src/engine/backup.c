// SPDX-License-Identifier: Apache-2.0
// engine/backup.c - a copy of a store and of what lies beside it, while others write.
//
// All is written beside the goal, TO.tmp-PID and what follows it, and moved when it is whole, the store itself last: so a copy that
// failed, or whose process was killed, is never taken for one.
#include "base/file_state.h"
#include "engine/care.h"
#include "engine/provenance.h"
#include "store/durable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static att_status copy_bytes(int from, int to, const char *name, att_error *err)
{
    char buffer[1 << 16];
    for (;;) {
        const ssize_t got = read(from, buffer, sizeof buffer);
        if (got < 0)
            return att_fail_errno(err, errno, "reading %s", name);
        if (got == 0)
            return fsync(to) == 0 ? ATT_OK : att_fail_errno(err, errno, "writing a copy of %s", name);
        for (ssize_t at = 0; at < got;) {
            const ssize_t put = write(to, buffer + at, (size_t)(got - at));
            if (put < 0)
                return att_fail_errno(err, errno, "writing a copy of %s", name);
            at += put;
        }
    }
}

static att_status copy_file(const char *from, const char *to, mode_t mode, att_error *err)
{
    const int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return att_fail_errno(err, errno, "opening %s", from);
    const int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    att_status status = out < 0 ? att_fail_errno(err, errno, "creating %s", to) : copy_bytes(in, out, from, err);
    if (out >= 0 && close(out) != 0 && !status)
        status = att_fail_errno(err, errno, "closing %s", to);
    close(in);
    return status;
}

// The version in force as the copy says, or the last before it whose files are there; 0: none.
static att_status find_served(const char *path, const char *to, uint64_t *version, const att_host *host, att_error *err)
{
    att_model_log log = {0};
    uint64_t tried[ATT_MODEL_LOG_MAX];
    *version = 0;
    const att_status status = att_read_model_log(&log, to, true, host, err);
    const size_t count = att_model_log_tried(&log, tried, ATT_COUNT_OF(tried));
    for (size_t i = 0; i < count && !*version && !status; i++) {
        char file[4300];
        snprintf(file, sizeof file, "%s-models/%08llu.model", path, (unsigned long long)tried[i]);
        if (access(file, F_OK) == 0)
            *version = tried[i];
    }
    ATT_VEC_FREE(host, &log);
    return status;
}

static att_status copy_model(const char *path, const char *to, uint64_t version, att_error *err)
{
    char folder[4200];
    att_status status = ATT_OK;
    snprintf(folder, sizeof folder, "%s-models", to);
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return att_fail_errno(err, errno, "creating %s", folder);
    static const char *const suffixes[] = {"index", "context", "model"}; // a model is whole when it is there
    for (size_t s = 0; s < ATT_COUNT_OF(suffixes) && !status; s++) {
        char a[4300], b[4300];
        snprintf(a, sizeof a, "%s-models/%08llu.%s", path, (unsigned long long)version, suffixes[s]);
        snprintf(b, sizeof b, "%s/%08llu.%s", folder, (unsigned long long)version, suffixes[s]);
        if (access(a, F_OK) == 0 || s == 2)
            status = copy_file(a, b, 0644, err);
    }
    return status;
}

// The log first: every entry that the copy has about somebody has its key in the copy too. The private key stays where it is.
static att_status copy_provenance(const char *path, const char *to, const att_host *host, att_error *err)
{
    static const char *const suffixes[] = {"-people", "-key.pub"};
    char from[4200], copy[4200];
    if (!att_provenance_path(path, "", from, sizeof from) || !att_provenance_path(to, "", copy, sizeof copy))
        return ATT_FAIL(err, ATT_LIMIT, "the path %s is too long", path);
    if (access(from, F_OK) != 0)
        return ATT_OK;
    att_status status = att_provenance_export(from, copy, host, err);
    for (size_t s = 0; s < ATT_COUNT_OF(suffixes) && !status; s++)
        if (att_provenance_path(path, suffixes[s], from, sizeof from) && att_provenance_path(to, suffixes[s], copy, sizeof copy) &&
            access(from, F_OK) == 0)
            status = copy_file(from, copy, s ? 0644 : 0600, err);
    return status;
}

// As they are, whole or not: a copy that lacks one would let through what the store does not.
static att_status copy_guards(const char *path, const char *to, att_error *err)
{
    att_status status = ATT_OK;
    for (size_t i = 0; att_guard_suffix(i) && !status; i++) {
        char from[4200], copy[4200];
        snprintf(from, sizeof from, "%s%s", path, att_guard_suffix(i));
        snprintf(copy, sizeof copy, "%s%s", to, att_guard_suffix(i));
        if (att_file_state_of(from).there)
            status = copy_file(from, copy, 0644, err);
    }
    return status;
}

static att_status copy_all(const char *path, const char *to, const att_host *host, att_error *err)
{
    uint64_t version = 0;
    att_status status = att_store_backup(path, to, host, err);
    if (!status)
        status = find_served(path, to, &version, host, err);
    if (!status && version)
        status = copy_model(path, to, version, err);
    if (!status)
        status = copy_guards(path, to, err);
    return status ? status : copy_provenance(path, to, host, err);
}

// --- All of it, or nothing ------------------------------------------------------------------------------------

// What a copy is made of; the store itself is the last: where it is, all the others are.
static const char *part(size_t index)
{
    static const char *const own[] = {"-models", ATT_PROVENANCE_SUFFIX, ATT_PROVENANCE_SUFFIX "-people", ATT_PROVENANCE_SUFFIX "-key.pub"};
    size_t lists = 0;
    while (att_guard_suffix(lists))
        lists++;
    if (index < lists)
        return att_guard_suffix(index);
    index -= lists;
    return index < ATT_COUNT_OF(own) ? own[index] : index == ATT_COUNT_OF(own) ? "" : NULL;
}

static const char *name_of(char out[4300], const char *path, size_t index)
{
    snprintf(out, 4300, "%s%s", path, part(index));
    return out;
}

static void remove_parts(const char *path)
{
    char file[4300], in[4600];
    for (size_t i = 0; part(i); i++) {
        if (unlink(name_of(file, path, i)) == 0 || errno == ENOENT)
            continue;
        DIR *folder = opendir(file); // of a model: files alone
        for (struct dirent *e; folder && (e = readdir(folder));)
            if ((size_t)snprintf(in, sizeof in, "%s/%s", file, e->d_name) < sizeof in)
                unlink(in);
        if (folder)
            closedir(folder);
        rmdir(file);
    }
}

static att_status refuse_existing(const char *to, att_error *err)
{
    char file[4300];
    struct stat about;
    if (strlen(to) > 4096)
        return ATT_FAIL(err, ATT_LIMIT, "the path %s is too long", to);
    if (lstat(to, &about) == 0)
        return ATT_FAIL(err, ATT_EXISTS, "it exists already");
    for (size_t i = 0; part(i); i++)
        if (lstat(name_of(file, to, i), &about) == 0)
            return ATT_FAIL(err, ATT_EXISTS, "%s exists already", file);
    return ATT_OK;
}

static att_status move_parts(const char *from, const char *to, const att_host *host, att_error *err)
{
    char old[4300], new[4300];
    struct stat about;
    att_status status = ATT_OK;
    for (size_t i = 0; part(i) && !status; i++)
        if (lstat(name_of(old, from, i), &about) == 0)
            status = att_rename_durable(old, name_of(new, to, i), true, host, err);
    if (status && status != ATT_EXISTS) // then somebody else's lie there
        remove_parts(to);
    return status;
}

att_status att_backup(const char *path, const char *to, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    size_t size;
    att_status status = refuse_existing(to, err);
    if (status)
        return att_while(err, status, "backing up to %s", to);
    char *aside = att_temporary_name(to, &full, &size);
    if (!aside)
        return att_no_memory(err, size, "bytes of a path");
    status = copy_all(path, aside, &full, err);
    if (!status)
        status = move_parts(aside, to, &full, err);
    if (status)
        remove_parts(aside);
    att_free(&full, aside, size, 1);
    return att_while(err, status, "backing up to %s", to);
}
