// SPDX-License-Identifier: Apache-2.0
// engine/care.c - looking a store over.
#include "attune/audio.h"
#include "attune/filter.h"
#include "attune/release.h"
#include "base/file_state.h"
#include "engine/care.h"
#include "engine/provenance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSIONS_MAX 64

typedef struct doctoring {
    att_finding_sink *sink;
    void *user;
    size_t *damage;
} doctoring;

static void find(doctoring *d, att_finding_kind kind, const char *what, const char *advice)
{
    if (kind == ATT_FINDING_DAMAGE)
        (*d->damage)++;
    d->sink(d->user, kind, what, advice);
}

// Every file of a version is opened the way serving opens it, with all checksums.
static void check_version(doctoring *d, const char *path, uint64_t version, const att_host *host)
{
    static const struct {
        const char *suffix;
        uint32_t kind;
    } files[] = {{"model", ATT_TAG4('M', 'O', 'D', 'L')}, {"index", ATT_TAG4('I', 'N', 'D', 'X')},
        {"context", ATT_TAG4('C', 'T', 'X', 'T')}};
    for (size_t f = 0; f < ATT_COUNT_OF(files); f++) {
        char file[4200], what[4800];
        snprintf(file, sizeof file, "%s-models/%08llu.%s", path, (unsigned long long)version,
            files[f].suffix);
        att_snapshot *snapshot = NULL;
        att_error err = {0};
        uint32_t kind_version;
        const att_status status =
            att_snapshot_open(&snapshot, file, files[f].kind, &kind_version, host, &err);
        att_snapshot_close(snapshot);
        if (status == ATT_OK) {
            snprintf(what, sizeof what, "%s: whole", file);
            find(d, ATT_FINDING_FINE, what, "");
        } else if (status == ATT_NOT_FOUND && f > 0) {
            snprintf(what, sizeof what, "%s: missing", file);
            find(d, ATT_FINDING_NOTE, what, "models without vectors have none");
        } else {
            snprintf(what, sizeof what, "%s", err.text);
            find(d, ATT_FINDING_DAMAGE, what,
                f == 1 ? "the engine builds it again from the model"
                       : "the engine passes it over; run: attune train (then delete the damaged files)");
        }
    }
}

// The versions that the log names, in a store that nobody need have opened.
// Whoever opens a copy of his own for writing leaves no -wal and -shm of SQLite's beside it.
att_status att_read_model_log(
    att_model_log *log, const char *path, bool is_own, const att_host *host, att_error *err)
{
    const att_store_options options = {.read_only = !is_own};
    att_store *store = NULL;
    att_status status = att_store_open(&store, path, &options, host, err);
    if (!status)
        status = att_model_log_read(log, store, true, host, err);
    att_store_close(store);
    return status;
}

static bool is_listed(const uint64_t *versions, size_t count, uint64_t version)
{
    for (size_t i = 0; i < count; i++)
        if (versions[i] == version)
            return true;
    return false;
}

// What the log says against what lies there.
static void check_models(
    doctoring *d, const char *path, const uint64_t *versions, size_t count, const att_host *host)
{
    att_model_log log = {0};
    att_error err = {0};
    char what[4800];
    const att_status status = att_read_model_log(&log, path, false, host, &err);
    if (status == ATT_CORRUPT && !log.count) { // the store has told it already
        ATT_VEC_FREE(host, &log);
        return;
    }
    if (status) {
        snprintf(what, sizeof what, "%s", err.text);
        find(d, ATT_FINDING_DAMAGE, what, "models cannot be told; keep the file, and bring back the newest backup");
        ATT_VEC_FREE(host, &log);
        return;
    }
    const att_model_entry *now = att_model_log_in_force(&log);
    if (now && !is_listed(versions, count, now->version)) {
        snprintf(what, sizeof what, "model %llu is in force, but has no files", (unsigned long long)now->version);
        find(d, ATT_FINDING_WARNING, what, "run: attune rollback, or attune train");
    } else if (now) {
        snprintf(what, sizeof what, "model %llu is in force", (unsigned long long)now->version);
        find(d, ATT_FINDING_FINE, what, "");
    }
    for (size_t i = 0; i < count; i++)
        if (!att_model_log_of(&log, versions[i])) {
            snprintf(what, sizeof what, "model %llu lies there, and the log does not know it",
                (unsigned long long)versions[i]);
            find(d, ATT_FINDING_NOTE, what, "it is not served; of a training that was cut off, or of another store: it may be deleted");
        }
    ATT_VEC_FREE(host, &log);
}

static void check_checkpoint(doctoring *d, const char *path, const att_host *host)
{
    char file[4200], what[4800];
    snprintf(file, sizeof file, "%s-fold", path);
    if (access(file, F_OK) != 0)
        return;
    att_snapshot *snapshot = NULL;
    att_error err = {0};
    uint32_t version;
    if (att_snapshot_open(
            &snapshot, file, ATT_TAG4('F', 'O', 'L', 'D'), &version, host, &err) == ATT_OK) {
        snprintf(what, sizeof what, "%s: whole", file);
        find(d, ATT_FINDING_FINE, what, "");
    } else {
        snprintf(what, sizeof what, "%s", err.text);
        find(d, ATT_FINDING_WARNING, what, "it only saves time: delete it, the log is replayed");
    }
    att_snapshot_close(snapshot);
}

// --- What guards it -----------------------------------------------------------------------------------------------

static att_status read_filter(const char *path, bool is_model, const att_host *host, att_error *err)
{
    const att_filter_options options = {.phrases = is_model ? NULL : path, .model = is_model ? path : NULL};
    att_filter *filter = NULL;
    const att_status status = att_filter_create(&filter, &options, host, err);
    att_filter_destroy(filter);
    return status;
}

static att_status read_phrases(const char *path, const att_host *host, att_error *err)
{
    return read_filter(path, false, host, err);
}

static att_status read_filter_model(const char *path, const att_host *host, att_error *err)
{
    return read_filter(path, true, host, err);
}

#ifdef ATT_MUSIC
static att_status read_recordings(const char *path, const att_host *host, att_error *err)
{
    att_prints *prints = NULL;
    const att_status status = att_prints_load(&prints, path, host, err);
    att_prints_destroy(prints);
    return status;
}

static att_status read_styles(const char *path, const att_host *host, att_error *err)
{
    att_styles *styles = NULL;
    const att_status status = att_styles_load(&styles, path, host, err);
    att_styles_destroy(styles);
    return status;
}
#else
#define read_recordings NULL // what this build cannot make it need not read
#define read_styles NULL
#endif

#define TEXT_STOPS "items are refused until it can be read, where the policy asks for the filter: write it again, or bring back a backup"
#define MUSIC_STOPS "no music that is made gets a verdict, nor is shown, until it can be read: bring back a backup, or write it again"

// What an operator puts beside a store, and what reads it.
static const struct {
    const char *suffix;
    att_status (*read)(const char *path, const att_host *host, att_error *err);
    const char *advice;
} guards[] = {
    {"-filter.txt", read_phrases, TEXT_STOPS},
    {"-filter.model", read_filter_model, TEXT_STOPS},
    {ATT_PROTECTED_SUFFIX, read_recordings, MUSIC_STOPS},
    {ATT_STYLES_SUFFIX, read_styles, MUSIC_STOPS},
};

const char *att_guard_suffix(size_t index)
{
    return index < ATT_COUNT_OF(guards) ? guards[index].suffix : NULL;
}

static void check_guards(doctoring *d, const char *path, const att_host *host)
{
    for (size_t i = 0; i < ATT_COUNT_OF(guards); i++) {
        char file[4200], what[4800];
        att_error err = {0};
        snprintf(file, sizeof file, "%s%s", path, guards[i].suffix);
        if (!guards[i].read || !att_file_state_of(file).there)
            continue;
        const att_status status = guards[i].read(file, host, &err);
        snprintf(what, sizeof what, "%s: whole", file);
        if (status)
            find(d, ATT_FINDING_DAMAGE, err.text, guards[i].advice);
        else
            find(d, ATT_FINDING_FINE, what, "");
    }
}

// --- Where things come from ---------------------------------------------------------------------------------------

#define REWRITTEN "the log of provenance was changed: keep it as it is, and compare it with a backup or an export (attune provenance verify)"

static void find_fault(void *user, const att_provenance_fault *fault)
{
    find(user, ATT_FINDING_DAMAGE, fault->text, REWRITTEN);
}

// The public half lies beside the private one; without it signatures cannot be checked.
static bool read_key(const char *path, char out[ATT_PROVENANCE_KEY_TEXT_MAX])
{
    FILE *file = fopen(path, "re");
    const bool got = file && fgets(out, ATT_PROVENANCE_KEY_TEXT_MAX, file);
    if (file)
        fclose(file);
    return got;
}

static void check_modes(doctoring *d, const char *path)
{
    static const char *const suffixes[] = {"-key", "-people"};
    for (size_t s = 0; s < ATT_COUNT_OF(suffixes); s++) {
        char file[4200], what[4800];
        struct stat about;
        if (!att_provenance_path(path, suffixes[s], file, sizeof file) || stat(file, &about) != 0 || !(about.st_mode & 077))
            continue;
        snprintf(what, sizeof what, "%s may be read by others (mode %o)", file, (unsigned)(about.st_mode & 0777));
        find(d, ATT_FINDING_WARNING, what, "run: chmod 600 on it; a key that others have read is to be replaced");
    }
}

static void check_provenance(doctoring *d, const char *path, const att_host *host)
{
    char file[4200], key_file[4200], key[ATT_PROVENANCE_KEY_TEXT_MAX], what[4800];
    const char *const keys[] = {key};
    att_error err = {0};
    att_provenance_verdict v;
    if (!att_provenance_path(path, "", file, sizeof file) || access(file, F_OK) != 0 ||
        !att_provenance_path(path, "-key.pub", key_file, sizeof key_file))
        return;
    const att_provenance_check check = {.keys = keys, .key_count = read_key(key_file, key)};
    const att_status status = att_provenance_verify(file, &check, host, find_fault, d, &v, &err);
    if (status)
        find(d, ATT_FINDING_DAMAGE, err.text, REWRITTEN);
    else if (!v.faults) {
        snprintf(what, sizeof what, "%s: %llu entries as they were logged, %llu under a signed checkpoint", file, (unsigned long long)v.entries,
            (unsigned long long)v.covered);
        find(d, ATT_FINDING_FINE, what, "");
    }
    check_modes(d, path);
}

att_status att_doctor(const char *path, const att_host *host, att_finding_sink *sink, void *user,
    size_t *damage, att_error *err)
{
    const att_host full = att_host_complete(host);
    *damage = 0;
    const att_status status = att_store_doctor(path, &full, sink, user, damage, err);
    if (status)
        return status;
    doctoring d = {sink, user, damage};
    uint64_t versions[VERSIONS_MAX];
    const size_t count = att_model_versions(path, versions, VERSIONS_MAX);
    if (count == 0)
        find(&d, ATT_FINDING_NOTE, "no model has been trained", "run: attune train");
    for (size_t i = 0; i < count; i++)
        check_version(&d, path, versions[i], &full);
    check_models(&d, path, versions, count, &full);
    check_checkpoint(&d, path, &full);
    check_guards(&d, path, &full);
    check_provenance(&d, path, &full);
#ifdef ATT_MUSIC
    if (!att_helpers_filtered())
        find(&d, ATT_FINDING_WARNING, "no filter of system calls here: the programs that read foreign sound run under limits of memory and time alone",
            "use a kernel with seccomp filters, or read no sound that you do not trust");
#endif
    return ATT_OK;
}
