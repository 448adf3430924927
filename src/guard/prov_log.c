// SPDX-License-Identifier: Apache-2.0
// guard/prov_log.c - appending to the provenance log: people's keys, entries, the head, in this order, each synced.
//
// Whoever appends holds the lock of the file (flock) for the time of one call, reads first what others appended since, and finishes
// the erasure that somebody who was killed had begun: so no entry gets the number that an erasure was to have.
#include "guard/prov_file.h"
#include "guard/prov_note.h"
#include "guard/prov_people.h"

#include "guard/prov_entry.h"
#include "store/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 5000, WAIT_STEP_MS = 5 };

struct att_provenance {
    att_host host;
    int file;
    int32_t wait_ms;
    char *path, *key_path, *people_path;
    size_t path_size, key_size, people_size;
    char origin[64];
    att_prov_head head;
    att_tree tree;
    att_prov_people people;
    bool has_people; // opened for writing
};

// --- Opening ---------------------------------------------------------------------------------------------------------

static char *copy_path(const att_host *host, const char *path, const char *given, const char *suffix, size_t *size)
{
    *size = strlen(given ? given : path) + strlen(suffix) + 1;
    char *copy = att_alloc(host, *size, 1);
    if (copy)
        snprintf(copy, *size, "%s%s", given ? given : path, given ? "" : suffix);
    return copy;
}

static att_status lock_file(const att_provenance *log, att_error *err)
{
    for (int32_t waited = 0; flock(log->file, LOCK_EX | LOCK_NB) != 0; waited += WAIT_STEP_MS) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return att_fail_errno(err, errno, "locking %s", log->path);
        if (waited >= log->wait_ms)
            return ATT_FAIL(err, ATT_BUSY, "somebody else appends to %s", log->path);
        nanosleep(&(struct timespec){.tv_nsec = WAIT_STEP_MS * 1000000L}, NULL);
    }
    return ATT_OK;
}

static void unlock_file(const att_provenance *log)
{
    flock(log->file, LOCK_UN);
}

static att_status begin_log(att_provenance *log, const char *origin, att_error *err)
{
    unsigned char head[ATT_PROV_RECORDS_AT], bits[8];
    char own[64], hex[17];
    randombytes_buf(bits, sizeof bits);
    snprintf(own, sizeof own, "attune/%s", sodium_bin2hex(hex, sizeof hex, bits, sizeof bits));
    att_prov_head_begin(head, origin ? origin : own);
    if (pwrite(log->file, head, sizeof head, 0) != (ssize_t)sizeof head || fsync(log->file) != 0)
        return att_fail_errno(err, errno, "writing %s", log->path);
    return att_sync_folder_of(log->path, &log->host, err);
}

// The roots of the whole subtrees of a view, which are all that appending needs.
static void take_peaks(att_prov_view *view, att_tree *tree)
{
    *tree = (att_tree){.size = view->entries.count};
    uint64_t begin = 0;
    for (unsigned level = ATT_TREE_LEVELS; level-- > 0;) {
        if (!(tree->size >> level & 1))
            continue;
        (void)att_prov_view_node(view, level, begin >> level, &tree->peaks[level]);
        begin += 1ull << level;
    }
}

// A process that was killed while it made the file has left less than a head, and nothing of worth.
static att_status read_log(att_provenance *log, att_error *err)
{
    att_prov_map map;
    att_prov_view view;
    att_status status = att_prov_map_file(&map, log->path, err);
    if (status)
        return status;
    status = att_prov_view_init(&view, map.data, map.size, &log->host, err);
    if (!status) {
        log->head = view.head;
        memcpy(log->origin, view.origin, sizeof log->origin);
        take_peaks(&view, &log->tree);
        att_prov_view_deinit(&view);
    }
    att_prov_unmap(&map);
    return status;
}

// What is torn at the end of the keys must be of nobody's entry.
static att_status check_people(att_provenance *log, att_error *err)
{
    att_prov_map map;
    att_prov_view view;
    if (!log->people.torn)
        return ATT_OK;
    att_status status = att_prov_map_file(&map, log->path, err);
    if (status)
        return status;
    status = att_prov_view_init(&view, map.data, map.size, &log->host, err);
    if (!status) {
        status = att_prov_people_whole(&log->people, &view, err);
        att_prov_view_deinit(&view);
    }
    att_prov_unmap(&map);
    return status;
}

// Without `create` only where the file is there.
static att_status need_people(att_provenance *log, bool create, att_error *err)
{
    att_status status = ATT_OK;
    if (log->has_people)
        status = att_prov_people_catch_up(&log->people, log->people_path, err);
    else if (!create && access(log->people_path, F_OK) != 0)
        return ATT_OK;
    else
        status = att_prov_people_open(&log->people, log->people_path, true, &log->host, err);
    if (!status)
        status = check_people(log, err);
    if (!status || log->has_people) {
        log->has_people = true;
        return status;
    }
    att_prov_people_close(&log->people);
    return status;
}

static void drop_people(att_provenance *log)
{
    if (log->has_people)
        att_prov_people_close(&log->people);
    log->has_people = false;
}

static bool is_begun(const att_provenance *log)
{
    struct stat about;
    return fstat(log->file, &about) == 0 && about.st_size >= ATT_PROV_RECORDS_AT;
}

static att_status open_log(att_provenance *log, const att_provenance_options *options, att_error *err)
{
    if (!log->path || !log->key_path || !log->people_path)
        return att_no_memory(err, 3, "paths");
    if (options->origin && !att_note_name_valid(att_text_of(options->origin)))
        return ATT_FAIL(err, ATT_INVALID, "the origin \"%s\" is not 1 to %d bytes without spaces and '+'", options->origin, ATT_NOTE_NAME_SIZE_MAX);
    if (sodium_init() < 0)
        return ATT_FAIL(err, ATT_UNSUPPORTED, "libsodium does not start here");
    log->file = open(log->path, O_RDWR | O_CLOEXEC | (options->create ? O_CREAT : 0), 0644);
    if (log->file < 0)
        return att_fail_errno(err, errno, "opening %s", log->path);
    att_status status = lock_file(log, err);
    if (status)
        return status;
    if (options->create && !is_begun(log))
        status = begin_log(log, options->origin, err);
    if (!status)
        status = read_log(log, err);
    unlock_file(log);
    return status;
}

void att_provenance_close(att_provenance *log)
{
    if (!log)
        return;
    const att_host host = log->host;
    drop_people(log);
    if (log->file >= 0)
        close(log->file);
    att_free(&host, log->path, log->path_size, 1);
    att_free(&host, log->key_path, log->key_size, 1);
    att_free(&host, log->people_path, log->people_size, 1);
    ATT_FREE_ARRAY(&host, log, 1);
}

// --- Writing ---------------------------------------------------------------------------------------------------------

// What others appended since is read; they may have forgotten somebody, whose key is not to be used again. The lock is held.
static att_status catch_up(att_provenance *log, att_error *err)
{
    unsigned char head[ATT_PROV_RECORDS_AT];
    char origin[64];
    att_prov_head now;
    if (pread(log->file, head, sizeof head, 0) != (ssize_t)sizeof head)
        return att_fail_errno(err, errno, "reading the head");
    const att_status status = att_prov_head_read(head, sizeof head, origin, &now, NULL, err);
    if (status || now.turn == log->head.turn)
        return status;
    drop_people(log);
    return read_log(log, err);
}

static att_status write_at(const att_provenance *log, const void *data, size_t size, uint64_t offset, att_error *err)
{
    for (size_t at = 0; at < size;) {
        const ssize_t put = pwrite(log->file, (const char *)data + at, size - at, (off_t)(offset + at));
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return att_fail_errno(err, put < 0 ? errno : EIO, "writing");
        at += (size_t)put;
    }
    return ATT_OK;
}

// Records behind the end, synced; then the head, synced: what is told after that is on disk.
static att_status write_records(att_provenance *log, const att_bytes *records, const att_tree *tree, att_error *err)
{
    unsigned char slot[ATT_PROV_SLOT_SIZE];
    att_prov_head head = {.turn = log->head.turn + 1, .entries = tree->size, .end = log->head.end + records->count};
    att_tree_root(tree, &head.root);
    att_status status = ftruncate(log->file, (off_t)log->head.end) == 0 ? ATT_OK : att_fail_errno(err, errno, "cutting off what was not acknowledged");
    if (!status)
        status = write_at(log, records->items, records->count, log->head.end, err);
    if (!status && fdatasync(log->file) != 0)
        status = att_fail_errno(err, errno, "syncing");
    if (status)
        return status;
    att_prov_slot_write(slot, &head);
    status = write_at(log, slot, sizeof slot, ATT_PROV_SLOT_AT + (head.turn & 1) * ATT_PROV_SLOT_SIZE, err);
    if (!status && fdatasync(log->file) != 0)
        status = att_fail_errno(err, errno, "syncing the head");
    if (!status) {
        log->head = head;
        log->tree = *tree;
    }
    return status;
}

static att_status add_entry(att_provenance *log, const att_provenance_entry *from, att_tree *tree, att_bytes *line, att_bytes *records, att_error *err)
{
    att_provenance_entry entry = *from;
    att_hash leaf, nodes[ATT_TREE_LEVELS];
    entry.index = tree->size;
    entry.commitment = (att_hash){0};
    if (!entry.at_ms)
        entry.at_ms = log->host.now_ms(log->host.user);
    att_status status = att_prov_entry_check(&entry, err);
    if (!status && entry.person.size)
        status = att_prov_people_commit(&log->people, entry.person, entry.index, &entry.commitment, err);
    line->count = 0;
    if (!status)
        status = att_prov_entry_write(&log->host, line, &entry, err);
    if (status)
        return status;
    att_tree_leaf(line->items, line->count, &leaf);
    const size_t count = att_tree_add(tree, &leaf, nodes);
    const att_text body = {line->items, line->count};
    return att_prov_record_write(&log->host, records, ATT_PROV_ENTRY, entry.index, body, nodes, count)
               ? ATT_OK
               : att_no_memory(err, records->count, "bytes of entries");
}

static att_status append(att_provenance *log, const att_provenance_entry *entries, size_t count, att_error *err)
{
    att_tree tree = log->tree;
    att_bytes line = {0}, records = {0};
    att_status status = ATT_OK;
    size_t bad = 0;
    bool about_people = false;
    for (size_t i = 0; i < count; i++)
        about_people |= entries[i].person.size > 0;
    if (about_people)
        status = need_people(log, true, err);
    for (size_t i = 0; i < count && !status; i++) {
        status = add_entry(log, &entries[i], &tree, &line, &records, err);
        bad = i;
    }
    if (status && count > 1)
        status = att_while(err, status, "entry %zu of %zu", bad, count);
    if (!status && about_people)
        status = att_prov_people_sync(&log->people, err);
    if (!status)
        status = write_records(log, &records, &tree, err);
    ATT_VEC_FREE(&log->host, &line);
    ATT_VEC_FREE(&log->host, &records);
    return status;
}

// --- Forgetting ----------------------------------------------------------------------------------------------------------

// From wherever it was left. The entry is there when its number is taken: nobody else appends before this.
static att_status finish_erasure(att_provenance *log, att_error *err)
{
    char note[96];
    if (!log->people.erasing)
        return ATT_OK;
    snprintf(note, sizeof note, "the keys of %llu entries about one person were destroyed", (unsigned long long)log->people.erasing_count);
    const att_provenance_entry erasure = {.kind = ATT_PROVENANCE_ERASURE, .subject = ATT_LIT("a person"), .note = att_text_of(note)};
    att_status status = att_prov_people_erase(&log->people, err);
    if (!status && log->tree.size <= log->people.erasing_at)
        status = append(log, &erasure, 1, err);
    return status ? status : att_prov_people_end_erasing(&log->people, err);
}

// The lock, what others did, and what they left undone.
static att_status begin_turn(att_provenance *log, att_error *err)
{
    att_status status = lock_file(log, err);
    if (status)
        return status;
    status = catch_up(log, err);
    if (!status)
        status = need_people(log, false, err);
    if (!status)
        status = finish_erasure(log, err);
    if (status)
        unlock_file(log);
    return status;
}

static att_status forget(att_provenance *log, att_text person, uint64_t *entries, att_error *err)
{
    if (!log->has_people)
        return ATT_FAIL(err, ATT_NOT_FOUND, "no entry is about this person");
    att_status status = att_prov_people_begin_erasing(&log->people, person, log->tree.size, err);
    if (status)
        return status;
    if (entries)
        *entries = log->people.erasing_count;
    return finish_erasure(log, err);
}

att_status att_provenance_forget(att_provenance *log, att_text person, uint64_t *entries, att_error *err)
{
    if (entries)
        *entries = 0;
    att_status status = begin_turn(log, err);
    if (!status) {
        status = forget(log, person, entries, err);
        unlock_file(log);
    }
    return att_while(err, status, "provenance log %s", log->path);
}

// --- From outside ------------------------------------------------------------------------------------------------

att_status att_provenance_append(
    att_provenance *log, const att_provenance_entry *entries, size_t count, uint64_t *first, att_error *err)
{
    att_status status = begin_turn(log, err);
    if (status)
        return att_while(err, status, "provenance log %s", log->path);
    if (first)
        *first = log->tree.size;
    if (count)
        status = append(log, entries, count, err);
    unlock_file(log);
    return att_while(err, status, "provenance log %s", log->path);
}

att_status att_provenance_open(
    att_provenance **out, const char *path, const att_provenance_options *options, const att_host *host, att_error *err)
{
    static const att_provenance_options plain = {0};
    const att_host full = att_host_complete(host);
    const att_provenance_options *o = options ? options : &plain;
    *out = NULL;
    att_provenance *log = ATT_NEW_ARRAY(&full, att_provenance, 1);
    if (!log)
        return att_no_memory(err, 1, "provenance log");
    log->host = full;
    log->file = log->people.file = -1;
    log->wait_ms = o->wait_ms ? o->wait_ms : WAIT_MS;
    log->path = copy_path(&full, path, NULL, "", &log->path_size);
    log->key_path = copy_path(&full, path, o->key, "-key", &log->key_size);
    log->people_path = copy_path(&full, path, o->people, "-people", &log->people_size);
    att_status status = open_log(log, o, err);
    if (!status) // what somebody left undone is done now, not when the next entry comes
        status = begin_turn(log, err);
    if (status)
        att_provenance_close(log);
    else {
        unlock_file(log);
        *out = log;
    }
    return att_while(err, status, "provenance log %s", path);
}

// --- Checkpoints -------------------------------------------------------------------------------------------------------

static att_status read_text_file(const char *path, char *out, size_t room, att_error *err)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return att_fail_errno(err, errno, "opening %s", path);
    const size_t got = fread(out, 1, room - 1, file);
    const att_status status = ferror(file) ? att_fail_errno(err, errno, "reading %s", path) : ATT_OK;
    out[got] = 0;
    fclose(file);
    return status;
}

static att_status read_signer(const att_provenance *log, att_note_signer *out, att_error *err)
{
    char text[512];
    att_status status = read_text_file(log->key_path, text, sizeof text, err);
    if (!status)
        status = att_while(err, att_note_signer_parse(out, att_text_of(text), err), "%s", log->key_path);
    sodium_memzero(text, sizeof text);
    return status;
}

static att_status sign_root(att_provenance *log, const att_note_signer *signer, char note[ATT_CHECKPOINT_SIZE_MAX], att_error *err)
{
    char text[ATT_CHECKPOINT_SIZE_MAX];
    att_checkpoint checkpoint = {.origin = att_text_of(log->origin), .size = log->tree.size};
    att_hash hash;
    att_bytes record = {0};
    att_tree_root(&log->tree, &checkpoint.root);
    att_checkpoint_text(&checkpoint, text);
    att_status status = att_note_sign(signer, att_text_of(text), note, ATT_CHECKPOINT_SIZE_MAX, err);
    if (status)
        return status;
    att_hash_of(note, strlen(note), &hash);
    if (!att_prov_record_write(&log->host, &record, ATT_PROV_CHECKPOINT, log->tree.size, att_text_of(note), &hash, 1))
        status = att_no_memory(err, strlen(note), "bytes of a checkpoint");
    if (!status)
        status = write_records(log, &record, &log->tree, err);
    ATT_VEC_FREE(&log->host, &record);
    return status;
}

att_status att_provenance_checkpoint(att_provenance *log, char note[ATT_CHECKPOINT_SIZE_MAX], att_error *err)
{
    char own[ATT_CHECKPOINT_SIZE_MAX];
    att_note_signer signer;
    att_status status = read_signer(log, &signer, err);
    if (!status)
        status = lock_file(log, err);
    if (!status) {
        status = catch_up(log, err);
        if (!status)
            status = sign_root(log, &signer, note ? note : own, err);
        unlock_file(log);
    }
    att_note_signer_wipe(&signer);
    return att_while(err, status, "signing a checkpoint of %s", log->path);
}

// --- Keys ----------------------------------------------------------------------------------------------------------------

static att_status write_new_file(const char *path, mode_t mode, const char *text, const att_host *host, att_error *err)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0)
        return att_fail_errno(err, errno, "creating %s", path);
    att_status status = fchmod(file, mode) == 0 ? att_write_all(file, text, strlen(text), path, err) : att_fail_errno(err, errno, "%s", path);
    if (!status)
        status = att_write_all(file, "\n", 1, path, err);
    if (!status && fsync(file) != 0)
        status = att_fail_errno(err, errno, "syncing %s", path);
    close(file);
    if (!status)
        status = att_sync_folder_of(path, host, err);
    if (status)
        unlink(path); // it was not there before
    return status;
}

att_status att_provenance_key_make(const char *path, const char *name, char out[ATT_PROVENANCE_KEY_TEXT_MAX], const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    att_note_signer signer;
    char secret[ATT_PROVENANCE_KEY_TEXT_MAX];
    size_t size;
    att_status status = att_note_signer_make(&signer, name, err);
    if (status)
        return status;
    char *public_path = copy_path(&full, path, NULL, ".pub", &size);
    att_note_signer_text(&signer, secret);
    att_note_key_text(&signer.key, out);
    status = public_path ? write_new_file(path, 0600, secret, &full, err) : att_no_memory(err, size, "bytes of a path");
    if (!status) {
        unlink(public_path); // of a private key that is gone
        status = write_new_file(public_path, 0644, out, &full, err);
        if (status)
            unlink(path); // half a pair is none
    }
    att_note_signer_wipe(&signer);
    sodium_memzero(secret, sizeof secret);
    att_free(&full, public_path, size, 1);
    return status;
}
