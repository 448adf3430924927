// SPDX-License-Identifier: Apache-2.0
// guard/prov_verify.c - is a log what it was, and if not, where was it changed? With the file alone.
//
// Every entry's bytes, every node of the tree and every checkpoint say the same thing again, so that what differs from the rest is
// found and named. Of a node that does not follow from what is below it, the node above decides: if that one follows from the
// stored node, what is below was changed; if it follows from the computed one, the stored hash was. Whoever changes an entry and
// all that follows from it gets another root, which no signed checkpoint has.
#include "guard/prov_entry.h"
#include "guard/prov_file.h"
#include "guard/prov_note.h"

#include <stdio.h>
#include <stdlib.h>

enum { TOLD_MAX = 100, KEYS_MAX = 64 };

typedef struct signed_root {
    uint64_t size, offset; // offset 0: of a note kept elsewhere
    att_hash root;
    bool is_signed;
} signed_root;

typedef struct verifying {
    att_host host;
    const unsigned char *data;
    size_t size;
    uint64_t end; // of what can be read
    att_prov_head head;
    ATT_VEC(att_prov_record) entries;
    ATT_VEC(signed_root) roots;
    ATT_VEC(uint64_t) bad_nodes; // level << 56 | index, of those that were told
    att_note_key keys[KEYS_MAX];
    size_t key_count;
    att_provenance_fault_sink *sink;
    void *user;
    att_provenance_verdict *verdict;
    bool no_memory, cancelled;
} verifying;

const char *att_provenance_fault_name(att_provenance_fault_kind kind)
{
    static const char *const names[ATT_PROVENANCE_FAULT_COUNT] = {"none", "head", "frame", "entry", "node", "order", "truncated", "root",
        "signature", "split", "form"};
    return (unsigned)kind < ATT_PROVENANCE_FAULT_COUNT ? names[kind] : "?";
}

static void tell(verifying *v, att_provenance_fault fault, const char *format, ...) ATT_PRINTF(3, 4);
static void tell(verifying *v, att_provenance_fault fault, const char *format, ...)
{
    if (v->verdict->faults++ >= TOLD_MAX || !v->sink)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(fault.text, sizeof fault.text, format, args);
    va_end(args);
    v->sink(v->user, &fault);
}

#define ULL(x) ((unsigned long long)(x))

// --- Records ----------------------------------------------------------------------------------------------------------

// The next byte from `at` on where a record is that could follow.
static uint64_t find_record(const verifying *v, uint64_t at, att_prov_record *out)
{
    const uint64_t due = v->entries.count;
    for (; at + ATT_PROV_FRAME_SIZE <= v->end; at++)
        if (att_prov_record_at(v->data, v->end, at, out) && out->number <= due + 1)
            return at;
    return v->end;
}

static void take_record(verifying *v, const att_prov_record *r)
{
    if (r->kind == ATT_PROV_CHECKPOINT) {
        const signed_root root = {.size = r->number, .offset = r->offset};
        v->no_memory |= !ATT_VEC_PUSH(&v->host, &v->roots, root);
        return;
    }
    const uint64_t due = v->entries.count;
    if (r->number != due)
        tell(v, (att_provenance_fault){.kind = ATT_PROVENANCE_FAULT_ORDER, .entry = due, .last = r->number, .offset = r->offset},
            "entry %llu stands at byte %llu, where entry %llu is due", ULL(r->number), ULL(r->offset), ULL(due));
    v->no_memory |= !ATT_VEC_PUSH(&v->host, &v->entries, *r);
}

// An entry whose frame cannot be read: an empty place is kept for it, so that those behind it stay where they are.
static void take_hole(verifying *v, uint64_t at, uint64_t next)
{
    const att_prov_record hole = {.offset = at, .number = v->entries.count};
    tell(v, (att_provenance_fault){.kind = ATT_PROVENANCE_FAULT_FRAME, .entry = hole.number, .last = hole.number, .offset = at},
        "the frame around entry %llu, or around a checkpoint before it, is damaged: bytes %llu to %llu", ULL(hole.number), ULL(at),
        ULL(next - 1));
    att_prov_record behind;
    if (att_prov_record_at(v->data, v->end, next, &behind) && behind.kind == ATT_PROV_ENTRY && behind.number == hole.number)
        return; // it was a checkpoint
    if (next < v->end || v->entries.count < v->head.entries)
        v->no_memory |= !ATT_VEC_PUSH(&v->host, &v->entries, hole);
}

static void walk(verifying *v)
{
    for (uint64_t at = ATT_PROV_RECORDS_AT; at < v->end && !v->no_memory;) {
        att_prov_record r;
        if (att_prov_record_at(v->data, v->end, at, &r)) {
            take_record(v, &r);
            at += r.size;
            continue;
        }
        const uint64_t next = find_record(v, at + 1, &r);
        if (next >= v->end && v->size < v->head.end)
            break; // cut off, and told as such
        take_hole(v, at, next);
        at = next;
    }
}

static void check_head(verifying *v, int damaged)
{
    if (damaged)
        tell(v, (att_provenance_fault){.kind = ATT_PROVENANCE_FAULT_HEAD, .offset = ATT_PROV_SLOT_AT},
            "a slot of the head (bytes %d to %d) is damaged", ATT_PROV_SLOT_AT, ATT_PROV_RECORDS_AT - 1);
    v->end = ATT_MIN(v->head.end, (uint64_t)v->size);
}

static void check_end(verifying *v)
{
    const uint64_t have = v->entries.count;
    if (have < v->head.entries)
        tell(v, (att_provenance_fault){.kind = ATT_PROVENANCE_FAULT_TRUNCATED, .entry = have, .last = v->head.entries - 1, .offset = v->size},
            "entries %llu to %llu are missing: the file ends after %zu bytes, its head speaks of %llu", ULL(have),
            ULL(v->head.entries - 1), v->size, ULL(v->head.end));
    else if (v->size < v->head.end)
        tell(v, (att_provenance_fault){.kind = ATT_PROVENANCE_FAULT_TRUNCATED, .entry = have, .last = have, .offset = v->size},
            "the end is missing: the file ends after %zu bytes, its head speaks of %llu", v->size, ULL(v->head.end));
}

// --- The tree ---------------------------------------------------------------------------------------------------------

static bool stored_node(void *user, unsigned level, uint64_t index, att_hash *out)
{
    const verifying *v = user;
    const uint64_t last = ((index + 1) << level) - 1;
    if (last >= v->entries.count || v->entries.items[last].hash_count <= level)
        return false;
    memcpy(out->bytes, v->entries.items[last].hashes + (size_t)level * ATT_HASH_SIZE, ATT_HASH_SIZE);
    return true;
}

// From what is below it: the entry's bytes, or the stored nodes.
static bool computed_node(const verifying *v, unsigned level, uint64_t index, att_hash *out)
{
    att_hash left, right;
    if (level == 0) {
        att_tree_leaf(v->entries.items[index].body.data, v->entries.items[index].body.size, out);
        return true;
    }
    if (!stored_node((void *)(uintptr_t)v, level - 1, 2 * index, &left) || !stored_node((void *)(uintptr_t)v, level - 1, 2 * index + 1, &right))
        return false;
    att_tree_node(&left, &right, out);
    return true;
}

static bool is_told(const verifying *v, unsigned level, uint64_t index)
{
    for (size_t i = 0; i < v->bad_nodes.count; i++)
        if (v->bad_nodes.items[i] == ((uint64_t)level << 56 | index))
            return true;
    return false;
}

// Does what stands above follow from this node? True too where nothing stands above.
static bool fits_above(verifying *v, unsigned level, uint64_t index, const att_hash *node)
{
    att_hash sibling, above, computed;
    if (!stored_node(v, level, index ^ 1, &sibling) || !stored_node(v, level + 1, index / 2, &above)) {
        // A peak: the head's root follows from it and the other peaks.
        att_tree tree = {.size = v->entries.count};
        uint64_t begin = 0;
        for (unsigned l = ATT_TREE_LEVELS; l-- > 0;) {
            if (!(tree.size >> l & 1))
                continue;
            if (!stored_node(v, l, begin >> l, &tree.peaks[l]))
                return true;
            if (l == level && begin >> l == index)
                tree.peaks[l] = *node;
            begin += 1ull << l;
        }
        att_tree_root(&tree, &computed);
        return tree.size != v->head.entries || att_hash_equal(&computed, &v->head.root);
    }
    att_tree_node(index & 1 ? &sibling : node, index & 1 ? node : &sibling, &computed);
    return att_hash_equal(&computed, &above);
}

// The entry whose bytes are these, if it is another one: they changed places.
static uint64_t find_leaf(verifying *v, const att_hash *leaf, uint64_t but)
{
    att_hash stored;
    for (uint64_t i = 0; i < v->entries.count; i++)
        if (i != but && stored_node(v, 0, i, &stored) && att_hash_equal(&stored, leaf))
            return i;
    return but;
}

static void tell_entry(verifying *v, uint64_t index, const att_hash *computed)
{
    const att_prov_record *r = &v->entries.items[index];
    const uint64_t from = find_leaf(v, computed, index);
    if (from != index)
        tell(v, (att_provenance_fault){.kind = ATT_PROVENANCE_FAULT_ORDER, .entry = index, .last = from, .offset = r->offset},
            "the bytes of entry %llu stand where entry %llu was logged (byte %llu)", ULL(from), ULL(index), ULL(r->offset));
    else
        tell(v, (att_provenance_fault){.kind = ATT_PROVENANCE_FAULT_ENTRY, .entry = index, .last = index,
                    .offset = r->offset + ATT_PROV_FRAME_SIZE},
            "entry %llu was changed: its bytes %llu to %llu do not give its leaf (level 0 of the tree)", ULL(index),
            ULL(r->offset + ATT_PROV_FRAME_SIZE), ULL(r->offset + ATT_PROV_FRAME_SIZE + r->body.size - 1));
}

static void tell_node(verifying *v, unsigned level, uint64_t index, bool is_stored)
{
    const uint64_t first = index << level, last = ((index + 1) << level) - 1;
    const att_prov_record *r = &v->entries.items[last];
    const uint64_t offset = (uint64_t)(r->hashes - v->data) + (uint64_t)level * ATT_HASH_SIZE;
    const att_provenance_fault fault = {.kind = ATT_PROVENANCE_FAULT_NODE, .entry = first, .last = last, .level = level, .offset = offset};
    if (is_stored)
        tell(v, fault, "the hash at level %u over entries %llu to %llu was changed (bytes %llu to %llu); the entries are as they were", level,
            ULL(first), ULL(last), ULL(offset), ULL(offset + ATT_HASH_SIZE - 1));
    else
        tell(v, fault, "one of entries %llu to %llu was changed together with its hashes below level %u", ULL(first), ULL(last), level);
}

static void check_node(verifying *v, unsigned level, uint64_t index)
{
    att_hash stored, computed;
    if (!stored_node(v, level, index, &stored) || !computed_node(v, level, index, &computed) || att_hash_equal(&stored, &computed))
        return;
    // What was told below explains it.
    if (level && (is_told(v, level - 1, 2 * index) || is_told(v, level - 1, 2 * index + 1)))
        return;
    const bool hash_changed = !fits_above(v, level, index, &stored) && fits_above(v, level, index, &computed);
    if (hash_changed || level)
        tell_node(v, level, index, hash_changed);
    else
        tell_entry(v, index, &computed);
    if (hash_changed)
        v->no_memory |= !ATT_VEC_PUSH(&v->host, &v->bad_nodes, ((uint64_t)level << 56 | index));
}

// A hundred faults are enough to know that it is another log.
static bool may_go_on(const verifying *v)
{
    return !v->no_memory && !v->cancelled && v->verdict->faults < TOLD_MAX;
}

static void check_tree(verifying *v)
{
    for (uint64_t i = 0; i < v->entries.count && may_go_on(v); i++) {
        const att_prov_record *r = &v->entries.items[i];
        if (!r->size)
            continue;
        const size_t due = 1u + (unsigned)__builtin_ctzll(~i);
        if (r->hash_count != due)
            tell(v, (att_provenance_fault){.kind = ATT_PROVENANCE_FAULT_FRAME, .entry = i, .last = i, .offset = r->offset},
                "entry %llu has %zu hashes, %zu are due", ULL(i), r->hash_count, due);
        for (unsigned level = 0; level < ATT_MIN(due, r->hash_count); level++)
            check_node(v, level, i >> level);
        if (i % 4096 == 4095)
            v->cancelled = !att_progress_tell(&v->host, "verify", i, v->entries.count, "entries");
    }
}

// --- Entries ------------------------------------------------------------------------------------------------------------

static void check_form(verifying *v, uint64_t index, att_arena *arena)
{
    const att_prov_record *r = &v->entries.items[index];
    att_provenance_entry entry;
    att_error story;
    att_hash leaf, stored;
    uint64_t number;
    if (!r->size)
        return;
    if (att_prov_entry_number(r->body, &number) && number != index && r->number == index)
        tell(v, (att_provenance_fault){.kind = ATT_PROVENANCE_FAULT_ORDER, .entry = index, .last = number, .offset = r->offset},
            "what stands as entry %llu calls itself %llu (byte %llu)", ULL(index), ULL(number), ULL(r->offset));
    att_tree_leaf(r->body.data, r->body.size, &leaf);
    if (!stored_node(v, 0, index, &stored) || !att_hash_equal(&leaf, &stored))
        return; // told already, and of what form it is says nothing
    att_arena_reset(arena);
    const att_status status = att_prov_entry_read(r->body, arena, &entry, &story);
    v->no_memory |= status == ATT_NO_MEMORY;
    if (status)
        tell(v, (att_provenance_fault){.kind = ATT_PROVENANCE_FAULT_FORM, .entry = index, .last = index, .offset = r->offset},
            "entry %llu: %s", ULL(index), story.text);
    else
        v->verdict->kinds[entry.kind]++;
}

static void check_entries(verifying *v)
{
    att_arena arena;
    att_arena_init(&arena, &v->host, 0);
    for (uint64_t i = 0; i < v->entries.count && may_go_on(v); i++)
        check_form(v, i, &arena);
    att_arena_deinit(&arena);
}

// --- Checkpoints --------------------------------------------------------------------------------------------------------

static att_note_verdict judge_note(const verifying *v, const att_note *note)
{
    att_note_verdict best = ATT_NOTE_UNKNOWN_KEY;
    for (size_t k = 0; k < v->key_count && best != ATT_NOTE_SIGNED; k++) {
        const att_note_verdict verdict = att_note_verify(note, &v->keys[k]);
        if (verdict != ATT_NOTE_UNKNOWN_KEY)
            best = verdict;
    }
    return best;
}

// Which checkpoint it is, for people.
static const char *name_root(const signed_root *root, char out[96])
{
    if (root->offset)
        snprintf(out, 96, "the checkpoint of %llu entries (byte %llu)", ULL(root->size), ULL(root->offset));
    else
        snprintf(out, 96, "the checkpoint of %llu entries that was kept elsewhere", ULL(root->size));
    return out;
}

static void read_note(verifying *v, signed_root *root, att_text text, bool *usable)
{
    att_note note;
    att_checkpoint checkpoint;
    att_error story;
    char name[96];
    const att_provenance_fault fault = {.kind = ATT_PROVENANCE_FAULT_SIGNATURE, .entry = root->size ? root->size - 1 : 0,
        .last = root->size ? root->size - 1 : 0, .offset = root->offset};
    *usable = false;
    if (att_note_parse(&note, text, &story) || att_checkpoint_parse(&checkpoint, note.text, &story)) {
        tell(v, fault, "%s: %s", name_root(root, name), story.text);
        return;
    }
    if (root->offset && checkpoint.size != root->size)
        tell(v, fault, "%s says that it is of %llu", name_root(root, name), ULL(checkpoint.size));
    root->size = checkpoint.size;
    root->root = checkpoint.root;
    if (!att_text_equal(checkpoint.origin, att_text_of(v->verdict->origin))) {
        tell(v, fault, "%s is of another log, %.*s", name_root(root, name), (int)ATT_MIN(checkpoint.origin.size, 64u), checkpoint.origin.data);
        return;
    }
    const att_note_verdict verdict = judge_note(v, &note);
    if (verdict == ATT_NOTE_FORGED)
        tell(v, fault, "the signature of %s is not of the key that it names", name_root(root, name));
    root->is_signed = verdict == ATT_NOTE_SIGNED;
    *usable = verdict == ATT_NOTE_SIGNED || (verdict == ATT_NOTE_UNKNOWN_KEY && !v->key_count);
    if (verdict == ATT_NOTE_UNKNOWN_KEY && v->key_count)
        tell(v, fault, "%s is signed by none of the keys that were given", name_root(root, name));
}

static void read_own(verifying *v, signed_root *root, bool *usable)
{
    att_prov_record r;
    att_hash hash;
    char name[96];
    *usable = false;
    if (!att_prov_record_at(v->data, v->end, root->offset, &r))
        return;
    att_hash_of(r.body.data, r.body.size, &hash);
    if (memcmp(hash.bytes, r.hashes, ATT_HASH_SIZE) != 0) {
        tell(v, (att_provenance_fault){.kind = ATT_PROVENANCE_FAULT_SIGNATURE, .offset = r.offset, .entry = r.number, .last = r.number},
            "%s was changed: bytes %llu to %llu", name_root(root, name), ULL(r.offset), ULL(r.offset + r.size - 1));
        return;
    }
    read_note(v, root, r.body, usable);
}

// Against the tree, computed from the bytes of the entries alone.
static void check_root(verifying *v, const signed_root *root, const att_hash *computed, uint64_t good)
{
    char name[96];
    if (att_hash_equal(&root->root, computed)) {
        v->verdict->outside_checkpoints += root->offset == 0;
        if (root->is_signed)
            v->verdict->covered = ATT_MAX(v->verdict->covered, root->size);
        return;
    }
    const bool split = root->is_signed && !root->offset;
    tell(v, (att_provenance_fault){.kind = split ? ATT_PROVENANCE_FAULT_SPLIT : ATT_PROVENANCE_FAULT_ROOT, .entry = good,
                .last = root->size ? root->size - 1 : 0, .offset = root->offset},
        split ? "%s is signed and has another root: one of entries %llu to %llu is not what was shown then" :
                "%s has another root: one of entries %llu to %llu is not what it was made of",
        name_root(root, name), ULL(good), ULL(root->size ? root->size - 1 : 0));
}

static int by_size(const void *a, const void *b)
{
    const signed_root *x = a, *y = b;
    return x->size != y->size ? (x->size > y->size ? 1 : -1) : (x->offset > y->offset) - (x->offset < y->offset);
}

// Two roots of one size, both signed: one key has told two stories.
static void check_pairs(verifying *v)
{
    char a[96], b[96];
    for (size_t i = 1; i < v->roots.count; i++) {
        const signed_root *x = &v->roots.items[i - 1], *y = &v->roots.items[i];
        if (x->size == y->size && x->is_signed && y->is_signed && !att_hash_equal(&x->root, &y->root))
            tell(v, (att_provenance_fault){.kind = ATT_PROVENANCE_FAULT_SPLIT, .entry = 0, .last = x->size ? x->size - 1 : 0, .offset = y->offset},
                "%s and %s are both signed and have different roots", name_root(x, a), name_root(y, b));
    }
}

static void check_missing(verifying *v, const signed_root *root)
{
    char name[96];
    const uint64_t have = v->entries.count;
    tell(v, (att_provenance_fault){.kind = ATT_PROVENANCE_FAULT_TRUNCATED, .entry = have, .last = root->size - 1, .offset = v->size},
        "entries %llu to %llu are missing: %s is of a longer log", ULL(have), ULL(root->size - 1), name_root(root, name));
}

static void compare_roots(verifying *v)
{
    att_tree tree = {0};
    att_hash computed, leaf, nodes[ATT_TREE_LEVELS];
    uint64_t good = 0;
    if (v->roots.count)
        qsort(v->roots.items, v->roots.count, sizeof *v->roots.items, by_size);
    check_pairs(v);
    for (size_t i = 0; i < v->roots.count; i++) {
        const signed_root *root = &v->roots.items[i];
        for (; tree.size < root->size && tree.size < v->entries.count;) {
            computed_node(v, 0, tree.size, &leaf);
            att_tree_add(&tree, &leaf, nodes);
        }
        if (root->size > v->entries.count) {
            check_missing(v, root);
            continue;
        }
        att_tree_root(&tree, &computed);
        check_root(v, root, &computed, good);
        if (att_hash_equal(&root->root, &computed))
            good = root->size;
    }
    while (tree.size < v->entries.count) {
        computed_node(v, 0, tree.size, &leaf);
        att_tree_add(&tree, &leaf, nodes);
    }
    att_tree_root(&tree, &v->verdict->root);
    if (v->verdict->faults == 0 && !att_hash_equal(&v->verdict->root, &v->head.root))
        tell(v, (att_provenance_fault){.kind = ATT_PROVENANCE_FAULT_ROOT, .entry = good, .last = tree.size ? tree.size - 1 : 0, .offset = ATT_PROV_SLOT_AT},
            "the head has another root: it, or the entries from %llu on with all their hashes, was changed", ULL(good));
}

static void check_roots(verifying *v, const att_provenance_check *check)
{
    size_t kept = 0;
    const size_t own = v->roots.count;
    v->verdict->checkpoints = own;
    for (size_t i = 0; i < own; i++) {
        bool usable;
        signed_root root = v->roots.items[i];
        read_own(v, &root, &usable);
        v->verdict->signed_checkpoints += root.is_signed;
        if (usable)
            v->roots.items[kept++] = root;
    }
    v->roots.count = kept;
    for (size_t i = 0; check && i < check->checkpoint_count && !v->no_memory; i++) {
        bool usable;
        signed_root root = {0};
        read_note(v, &root, att_text_of(check->checkpoints[i]), &usable);
        if (usable)
            v->no_memory |= !ATT_VEC_PUSH(&v->host, &v->roots, root);
    }
    compare_roots(v);
}

// --- All of it --------------------------------------------------------------------------------------------------------------

static att_status take_keys(verifying *v, const att_provenance_check *check, att_error *err)
{
    if (check && check->key_count > KEYS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%zu keys, at most %d", check->key_count, KEYS_MAX);
    for (size_t i = 0; check && i < check->key_count; i++) {
        const att_status status = att_note_key_parse(&v->keys[i], att_text_of(check->keys[i]), err);
        if (status)
            return att_while(err, status, "key %zu", i + 1);
        v->key_count++;
    }
    return ATT_OK;
}

static att_status examine(verifying *v, const att_provenance_check *check, att_error *err)
{
    int damaged = 0;
    att_error story;
    const att_status status = att_prov_head_read(v->data, v->size, v->verdict->origin, &v->head, &damaged, &story);
    if (status == ATT_CORRUPT)
        tell(v, (att_provenance_fault){.kind = ATT_PROVENANCE_FAULT_HEAD}, "%s", story.text);
    if (status)
        return status == ATT_CORRUPT ? ATT_OK : ATT_FAIL(err, status, "%s", story.text);
    check_head(v, damaged);
    walk(v);
    check_end(v);
    check_tree(v);
    check_entries(v);
    if (!v->no_memory && !v->cancelled)
        check_roots(v, check);
    v->verdict->entries = v->entries.count;
    if (v->no_memory)
        return att_no_memory(err, v->entries.count, "entries");
    return v->cancelled ? ATT_FAIL(err, ATT_CANCELLED, "it was cancelled") : ATT_OK;
}

att_status att_prov_verify_memory(const void *data, size_t size, const att_provenance_check *check, const att_host *host,
    att_provenance_fault_sink *sink, void *user, att_provenance_verdict *verdict, att_error *err)
{
    verifying v = {.host = att_host_complete(host), .data = data, .size = size, .sink = sink, .user = user, .verdict = verdict};
    *verdict = (att_provenance_verdict){0};
    att_status status = take_keys(&v, check, err);
    if (!status)
        status = examine(&v, check, err);
    ATT_VEC_FREE(&v.host, &v.entries);
    ATT_VEC_FREE(&v.host, &v.roots);
    ATT_VEC_FREE(&v.host, &v.bad_nodes);
    return status;
}

att_status att_provenance_verify(const char *path, const att_provenance_check *check, const att_host *host,
    att_provenance_fault_sink *sink, void *user, att_provenance_verdict *verdict, att_error *err)
{
    att_prov_map map;
    *verdict = (att_provenance_verdict){0};
    att_status status = att_prov_map_file(&map, path, err);
    if (!status)
        status = att_prov_verify_memory(map.data, map.size, check, host, sink, user, verdict, err);
    att_prov_unmap(&map);
    return att_while(err, status, "verifying %s", path);
}
