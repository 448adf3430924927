// SPDX-License-Identifier: Apache-2.0
// guard/prov_read.c - reading the log: its entries in order, proofs out of it, copies of it.
#include "guard/prov_entry.h"
#include "guard/prov_file.h"
#include "guard/prov_people.h"
#include "store/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

// A file and the view of it.
typedef struct opened {
    att_host host;
    att_prov_map map;
    att_prov_view view;
} opened;

static att_status open_view(opened *o, const char *path, const att_host *host, att_error *err)
{
    *o = (opened){.host = att_host_complete(host)};
    att_status status = att_prov_map_file(&o->map, path, err);
    if (!status)
        status = att_while(err, att_prov_view_init(&o->view, o->map.data, o->map.size, &o->host, err), "provenance log %s", path);
    if (status)
        att_prov_unmap(&o->map);
    return status;
}

static void close_view(opened *o)
{
    att_prov_view_deinit(&o->view);
    att_prov_unmap(&o->map);
}

// --- Entries -------------------------------------------------------------------------------------------------------

typedef struct reading {
    opened *from;
    const att_prov_people *people; // NULL: no keys at hand
    att_text only;                 // about this person; empty: all
    att_provenance_seer *see;
    void *user;
} reading;

static att_status see_entry(const reading *r, uint64_t index, att_arena *arena, bool *go_on, att_error *err)
{
    att_prov_record record;
    att_provenance_entry entry;
    att_prov_view_entry(&r->from->view, index, &record);
    const att_status status = att_prov_entry_read(record.body, arena, &entry, err);
    if (status)
        return att_while(err, status, "entry %llu", (unsigned long long)index);
    if (entry.index != index)
        return ATT_FAIL(err, ATT_CORRUPT, "what stands as entry %llu calls itself %llu", (unsigned long long)index, (unsigned long long)entry.index);
    memcpy(entry.leaf.bytes, record.hashes, ATT_HASH_SIZE);
    if (r->people)
        entry.who = att_prov_people_who(r->people, index, &entry.commitment, &entry.person);
    if (!r->only.size || att_text_equal(entry.person, r->only))
        *go_on = r->see(r->user, &entry, record.body);
    return ATT_OK;
}

static att_status see_all(const reading *r, uint64_t from, att_error *err)
{
    att_arena arena;
    att_status status = ATT_OK;
    bool go_on = true;
    att_arena_init(&arena, &r->from->host, 0);
    for (uint64_t i = from; i < r->from->view.entries.count && go_on && !status; i++) {
        att_arena_reset(&arena);
        status = see_entry(r, i, &arena, &go_on, err);
    }
    att_arena_deinit(&arena);
    return status;
}

static att_status each(const char *path, const char *people_path, att_text only, uint64_t from, const att_host *host,
    att_provenance_seer *see, void *user, att_error *err)
{
    opened o;
    att_prov_people people = {.file = -1};
    att_status status = open_view(&o, path, host, err);
    if (status)
        return status;
    if (people_path)
        status = att_prov_people_open(&people, people_path, false, &o.host, err);
    if (!status)
        status = att_prov_people_whole(&people, &o.view, err);
    const bool known = !only.size || (people.host && att_names_find(&people.names, only) != ATT_NO_INDEX);
    if (!status && !known)
        status = ATT_FAIL(err, ATT_NOT_FOUND, "no entry is about this person");
    const reading r = {&o, people_path ? &people : NULL, only, see, user};
    if (!status)
        status = see_all(&r, from, err);
    att_prov_people_close(&people);
    close_view(&o);
    return status;
}

att_status att_provenance_each(const char *path, const char *people, uint64_t from, const att_host *host, att_provenance_seer *see,
    void *user, att_error *err)
{
    return each(path, people, (att_text){0}, from, host, see, user, err);
}

att_status att_provenance_each_of(const char *path, const char *people, att_text person, const att_host *host,
    att_provenance_seer *see, void *user, att_error *err)
{
    return each(path, people, person, 0, host, see, user, err);
}

// --- Proofs --------------------------------------------------------------------------------------------------------

static att_status check_size(const opened *o, uint64_t *size, uint64_t least, att_error *err)
{
    if (*size == 0)
        *size = o->view.entries.count;
    if (*size > o->view.entries.count || *size < least)
        return ATT_FAIL(err, ATT_NOT_FOUND, "a tree of %llu entries: there are %zu, and at least %llu are needed", (unsigned long long)*size,
            o->view.entries.count, (unsigned long long)least);
    return ATT_OK;
}

att_status att_provenance_prove(
    const char *path, uint64_t index, uint64_t size, const att_host *host, att_provenance_proof *out, att_error *err)
{
    opened o;
    *out = (att_provenance_proof){.index = index, .size = size};
    att_status status = open_view(&o, path, host, err);
    if (status)
        return status;
    status = index == UINT64_MAX ? ATT_FAIL(err, ATT_NOT_FOUND, "there is no such entry") : check_size(&o, &out->size, index + 1, err);
    if (!status && !(att_prov_view_node(&o.view, 0, index, &out->leaf) &&
                       att_tree_path(att_prov_view_node, &o.view, index, out->size, out->hashes, &out->hash_count) &&
                       att_tree_root_of(att_prov_view_node, &o.view, out->size, &out->root)))
        status = ATT_FAIL(err, ATT_CORRUPT, "a node of the tree is missing");
    close_view(&o);
    return status;
}

att_status att_provenance_prove_consistency(
    const char *path, uint64_t first, uint64_t size, const att_host *host, att_provenance_proof *out, att_error *err)
{
    opened o;
    *out = (att_provenance_proof){.consistency = true, .first = first, .size = size};
    att_status status = open_view(&o, path, host, err);
    if (status)
        return status;
    status = first ? check_size(&o, &out->size, first, err) : ATT_FAIL(err, ATT_INVALID, "a tree of no entries begins every other; nothing is proved by it");
    if (!status && !(att_tree_proof(att_prov_view_node, &o.view, first, out->size, out->hashes, &out->hash_count) &&
                       att_tree_root_of(att_prov_view_node, &o.view, first, &out->first_root) &&
                       att_tree_root_of(att_prov_view_node, &o.view, out->size, &out->root)))
        status = ATT_FAIL(err, ATT_CORRUPT, "a node of the tree is missing");
    close_view(&o);
    return status;
}

att_status att_provenance_proof_check(const att_provenance_proof *p, att_error *err)
{
    if (p->hash_count > ATT_PROOF_HASHES_MAX)
        return ATT_FAIL(err, ATT_INVALID, "a proof of %zu hashes, at most %d", p->hash_count, ATT_PROOF_HASHES_MAX);
    const bool holds = p->consistency
                           ? att_tree_proof_holds(p->first, &p->first_root, p->size, &p->root, p->hashes, p->hash_count)
                           : att_tree_path_holds(&p->leaf, p->index, p->size, p->hashes, p->hash_count, &p->root);
    return holds ? ATT_OK : ATT_FAIL(err, ATT_INVALID, "the hashes do not lead to the root");
}

// --- Copies -----------------------------------------------------------------------------------------------------------

// What is acknowledged, and no more: the slot that is in force stands alone in the copy's head.
static att_status write_copy(const opened *o, const char *name, att_error *err)
{
    unsigned char head[ATT_PROV_RECORDS_AT];
    const int file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0)
        return att_fail_errno(err, errno, "creating %s", name);
    memcpy(head, o->view.data, sizeof head);
    memset(head + ATT_PROV_SLOT_AT, 0, 2 * ATT_PROV_SLOT_SIZE);
    att_prov_slot_write(head + ATT_PROV_SLOT_AT + (o->view.head.turn & 1) * ATT_PROV_SLOT_SIZE, &o->view.head);
    att_status status = att_write_all(file, head, sizeof head, name, err);
    if (!status)
        status = att_write_all(file, o->view.data + ATT_PROV_RECORDS_AT, o->view.head.end - ATT_PROV_RECORDS_AT, name, err);
    if (!status && fsync(file) != 0)
        status = att_fail_errno(err, errno, "syncing %s", name);
    close(file);
    return status;
}

att_status att_provenance_export(const char *path, const char *to, const att_host *host, att_error *err)
{
    opened o;
    size_t size;
    if (access(to, F_OK) == 0)
        return ATT_FAIL(err, ATT_EXISTS, "exporting to %s: it exists already", to);
    att_status status = open_view(&o, path, host, err);
    if (status)
        return status;
    char *name = att_temporary_name(to, &o.host, &size);
    status = name ? write_copy(&o, name, err) : att_no_memory(err, size, "bytes of a path");
    if (!status)
        status = att_rename_durable(name, to, true, &o.host, err);
    if (status && name)
        unlink(name);
    att_free(&o.host, name, size, 1);
    close_view(&o);
    return att_while(err, status, "exporting to %s", to);
}
