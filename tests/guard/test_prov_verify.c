// SPDX-License-Identifier: Apache-2.0
// Whatever is done to a log is found, and where: every single flipped byte, a tail that was cut, an entry elsewhere, a forged
// signature, an entry rewritten with all that follows from it, two signed stories.
#include "check.h"

#include "guard/prov_file.h"
#include "guard/prov_note.h"
#include "store/bytes.h"

enum { ENTRIES = 13 };
static att_error err;

typedef struct scene {
    char path[512], public_key[ATT_PROVENANCE_KEY_TEXT_MAX], early[ATT_CHECKPOINT_SIZE_MAX], late[ATT_CHECKPOINT_SIZE_MAX];
    unsigned char *bytes;
    size_t size;
} scene;

// Thirteen entries, a checkpoint behind the fifth and one at the end.
static void make_log(scene *s, const char *name, const char *subject, att_text secret)
{
    att_provenance *log;
    char key[560];
    const att_provenance_options options = {.create = true, .origin = "test/log"};
    snprintf(s->path, sizeof s->path, "%s", check_path(name));
    snprintf(key, sizeof key, "%s-key", s->path);
    if (secret.size)
        check_write_file(key, secret.data, secret.size);
    else
        CHECK_OK_ERR(att_provenance_key_make(key, "test/log", s->public_key, NULL, &err), &err);
    CHECK_OK_ERR(att_provenance_open(&log, s->path, &options, NULL, &err), &err);
    for (int i = 0; i < ENTRIES; i++) {
        char item[64];
        snprintf(item, sizeof item, "%s-%d", subject, i);
        const att_provenance_entry entry = {.kind = ATT_PROVENANCE_INPUT, .at_ms = 1700000000000 + i, .subject = att_text_of(item), .licence = ATT_LIT("CC0-1.0")};
        CHECK_OK_ERR(att_provenance_append(log, &entry, 1, NULL, &err), &err);
        if (i == 4)
            CHECK_OK_ERR(att_provenance_checkpoint(log, s->early, &err), &err);
    }
    CHECK_OK_ERR(att_provenance_checkpoint(log, s->late, &err), &err);
    att_provenance_close(log);
    s->bytes = (unsigned char *)check_read_file(s->path, &s->size);
}

typedef struct findings {
    att_provenance_fault faults[120];
    size_t count;
} findings;

static void find(void *user, const att_provenance_fault *fault)
{
    findings *f = user;
    CHECK(f->count < ATT_COUNT_OF(f->faults));
    CHECK(fault->text[0]);
    f->faults[f->count++] = *fault;
}

static att_provenance_verdict verify(const scene *s, const unsigned char *bytes, size_t size, const char *note, findings *f)
{
    const char *const keys[] = {s->public_key}, *const notes[] = {note};
    const att_provenance_check check = {keys, 1, notes, note ? 1 : 0};
    att_provenance_verdict verdict;
    *f = (findings){0};
    CHECK_OK_ERR(att_prov_verify_memory(bytes, size, &check, NULL, find, f, &verdict, &err), &err);
    CHECK_EQ(verdict.faults, f->count);
    return verdict;
}

static bool has(const findings *f, att_provenance_fault_kind kind, uint64_t entry)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->faults[i].kind == kind && f->faults[i].entry <= entry && entry <= f->faults[i].last)
            return true;
    return false;
}

CHECK_TEST(a_whole_log_has_no_fault)
{
    CHECK_BEGIN();
    scene s;
    findings f;
    make_log(&s, "whole", "item", (att_text){0});
    const att_provenance_verdict v = verify(&s, s.bytes, s.size, s.early, &f);
    CHECK_EQ(v.faults, 0);
    CHECK_EQ(v.entries, ENTRIES);
    CHECK_EQ(v.kinds[ATT_PROVENANCE_INPUT], ENTRIES);
    CHECK_EQ(v.checkpoints, 2);
    CHECK_EQ(v.signed_checkpoints, 2);
    CHECK_EQ(v.outside_checkpoints, 1);
    CHECK_EQ(v.covered, ENTRIES);
    CHECK_STR(v.origin, "test/log");
    // A copy for others is as good, with nothing beside it.
    char copy[512];
    snprintf(copy, sizeof copy, "%s", check_path("copy"));
    CHECK_OK_ERR(att_provenance_export(s.path, copy, NULL, &err), &err);
    CHECK_FAILS(att_provenance_export(s.path, copy, NULL, &err), ATT_EXISTS);
    size_t size;
    unsigned char *bytes = (unsigned char *)check_read_file(copy, &size);
    CHECK_EQ(verify(&s, bytes, size, s.late, &f).faults, 0);
    free(bytes);
    free(s.bytes);
}

// The fault's kind and place for every byte of the file, by what lies there.
static void check_located(const scene *s, size_t at, const findings *f)
{
    att_prov_record r;
    uint64_t offset = ATT_PROV_RECORDS_AT, number = 0;
    CHECK(f->count > 0);
    if (at < ATT_PROV_RECORDS_AT) {
        CHECK_EQ(f->faults[0].kind, ATT_PROVENANCE_FAULT_HEAD);
        return;
    }
    for (; att_prov_record_at(s->bytes, s->size, offset, &r) && at >= offset + r.size; offset += r.size)
        number += r.kind == ATT_PROV_ENTRY;
    const size_t hashes = r.size - r.hash_count * ATT_HASH_SIZE;
    if (at < offset + ATT_PROV_FRAME_SIZE) {
        CHECK(has(f, ATT_PROVENANCE_FAULT_FRAME, number));
        CHECK_EQ(f->faults[0].offset, offset);
    } else if (r.kind == ATT_PROV_CHECKPOINT) {
        CHECK_EQ(f->faults[0].kind, ATT_PROVENANCE_FAULT_SIGNATURE);
        CHECK_EQ(f->faults[0].offset, offset);
    } else if (at < offset + hashes) {
        CHECK_EQ(f->faults[0].kind, ATT_PROVENANCE_FAULT_ENTRY);
        CHECK_EQ(f->faults[0].entry, number);
    } else {
        CHECK_EQ(f->count, 1);
        CHECK_EQ(f->faults[0].kind, ATT_PROVENANCE_FAULT_NODE);
        CHECK_EQ(f->faults[0].level, (at - offset - hashes) / ATT_HASH_SIZE);
        CHECK_EQ(f->faults[0].last, number);
        CHECK(f->faults[0].offset <= at && at < f->faults[0].offset + ATT_HASH_SIZE);
    }
}

CHECK_TEST(every_flipped_byte_is_found_and_located)
{
    CHECK_BEGIN();
    scene s;
    findings f;
    make_log(&s, "flipped", "item", (att_text){0});
    size_t flipped = 0;
    for (size_t at = 0; at < s.size; at++) {
        s.bytes[at] ^= (unsigned char)(1u << at % 8);
        att_provenance_verdict v;
        const char *const keys[] = {s.public_key};
        const att_provenance_check check = {keys, 1, NULL, 0};
        f = (findings){0};
        const att_status status = att_prov_verify_memory(s.bytes, s.size, &check, NULL, find, &f, &v, &err);
        CHECK(status == ATT_OK || (status == ATT_VERSION && at >= 8 && at < 12));
        if (!status) {
            s.bytes[at] ^= (unsigned char)(1u << at % 8);
            check_located(&s, at, &f);
            s.bytes[at] ^= (unsigned char)(1u << at % 8);
        }
        s.bytes[at] ^= (unsigned char)(1u << at % 8);
        flipped++;
    }
    CHECK_NOTE("%zu flipped bytes of %zu", flipped, s.size);
    free(s.bytes);
}

CHECK_TEST(a_cut_tail_is_found_at_every_length)
{
    CHECK_BEGIN();
    scene s;
    findings f;
    make_log(&s, "cut", "item", (att_text){0});
    for (size_t size = ATT_PROV_RECORDS_AT; size < s.size; size++) {
        unsigned char *part = malloc(size);
        memcpy(part, s.bytes, size);
        verify(&s, part, size, NULL, &f);
        bool found = false;
        for (size_t i = 0; i < f.count; i++)
            found |= f.faults[i].kind == ATT_PROVENANCE_FAULT_TRUNCATED;
        CHECK(found);
        free(part);
    }
    // Whoever cuts it and makes a head that fits is found by the checkpoint that somebody kept.
    att_prov_view view;
    const att_host host = att_host_default();
    CHECK_OK_ERR(att_prov_view_init(&view, s.bytes, s.size, &host, &err), &err);
    att_prov_head head = {.turn = 99, .entries = 7, .end = view.entries.items[7]};
    CHECK(att_tree_root_of(att_prov_view_node, &view, 7, &head.root));
    att_prov_view_deinit(&view);
    att_prov_slot_write(s.bytes + ATT_PROV_SLOT_AT + ATT_PROV_SLOT_SIZE, &head);
    CHECK_EQ(verify(&s, s.bytes, head.end, NULL, &f).faults, 0); // nothing in it tells
    CHECK_EQ(verify(&s, s.bytes, head.end, s.late, &f).faults, 1);
    CHECK_EQ(f.faults[0].kind, ATT_PROVENANCE_FAULT_TRUNCATED);
    CHECK_EQ(f.faults[0].entry, 7);
    CHECK_EQ(f.faults[0].last, ENTRIES - 1);
    free(s.bytes);
}

static att_prov_record record_of(const scene *s, uint64_t index)
{
    att_prov_view view;
    att_prov_record r;
    const att_host host = att_host_default();
    CHECK_OK_ERR(att_prov_view_init(&view, s->bytes, s->size, &host, &err), &err);
    att_prov_view_entry(&view, index, &r);
    att_prov_view_deinit(&view);
    return r;
}

CHECK_TEST(entries_that_changed_places_are_found)
{
    CHECK_BEGIN();
    scene s;
    findings f;
    make_log(&s, "order", "item", (att_text){0});
    // The bytes of two entries of one size, the frames and hashes left as they were.
    const att_prov_record a = record_of(&s, 2), b = record_of(&s, 6);
    CHECK_EQ(a.body.size, b.body.size);
    unsigned char *swapped = malloc(s.size);
    memcpy(swapped, s.bytes, s.size);
    memcpy(swapped + a.offset + ATT_PROV_FRAME_SIZE, b.body.data, b.body.size);
    memcpy(swapped + b.offset + ATT_PROV_FRAME_SIZE, a.body.data, a.body.size);
    verify(&s, swapped, s.size, NULL, &f);
    CHECK(f.count >= 2);
    CHECK_EQ(f.faults[0].kind, ATT_PROVENANCE_FAULT_ORDER);
    CHECK_EQ(f.faults[0].entry, 2);
    CHECK_EQ(f.faults[0].last, 6);
    CHECK_HOLDS(f.faults[0].text, "the bytes of entry 6 stand where entry 2 was logged");
    // Whole records.
    CHECK_EQ(a.size, b.size);
    memcpy(swapped, s.bytes, s.size);
    memcpy(swapped + a.offset, s.bytes + b.offset, b.size);
    memcpy(swapped + b.offset, s.bytes + a.offset, a.size);
    verify(&s, swapped, s.size, NULL, &f);
    CHECK(has(&f, ATT_PROVENANCE_FAULT_ORDER, 2));
    CHECK(f.faults[0].kind == ATT_PROVENANCE_FAULT_ORDER && f.faults[0].entry == 2);
    free(swapped);
    free(s.bytes);
}

// The key, a checkpoint of which was given to others: a second log under the same key tells another story.
CHECK_TEST(two_signed_stories_are_found_against_each_other)
{
    CHECK_BEGIN();
    scene one, two;
    findings f;
    make_log(&one, "story-1", "item", (att_text){0});
    char key[560];
    snprintf(key, sizeof key, "%s-key", one.path);
    size_t size;
    char *secret = check_read_file(key, &size);
    make_log(&two, "story-2", "other", (att_text){secret, size});
    memcpy(two.public_key, one.public_key, sizeof two.public_key);
    CHECK_EQ(verify(&two, two.bytes, two.size, NULL, &f).faults, 0);
    verify(&two, two.bytes, two.size, one.early, &f);
    CHECK(f.count >= 1);
    CHECK(has(&f, ATT_PROVENANCE_FAULT_SPLIT, 4));
    for (size_t i = 0; i < f.count; i++)
        CHECK_EQ(f.faults[i].kind, ATT_PROVENANCE_FAULT_SPLIT);
    verify(&two, two.bytes, two.size, one.late, &f);
    CHECK(has(&f, ATT_PROVENANCE_FAULT_SPLIT, ENTRIES - 1));
    // A log rewritten from entry 5 on and not signed anew: its own checkpoint tells, and from where on.
    free(secret);
    free(one.bytes);
    free(two.bytes);
}

CHECK_TEST(a_rewritten_entry_with_all_its_hashes_breaks_the_signed_root)
{
    CHECK_BEGIN();
    scene s, other;
    findings f;
    make_log(&s, "rewritten", "item", (att_text){0});
    // Entries 0 to 4 as they were, 5 to 12 others, hashes and head made anew, the old signed checkpoints in between.
    make_log(&other, "rewritten-2", "item", (att_text){0});
    const att_host host = att_host_default();
    att_prov_view view;
    CHECK_OK_ERR(att_prov_view_init(&view, s.bytes, s.size, &host, &err), &err);
    att_bytes out = {0};
    att_tree tree = {0};
    CHECK(ATT_VEC_RESERVE(&host, &out, s.size + 4096));
    memcpy(out.items, s.bytes, ATT_PROV_RECORDS_AT);
    out.count = ATT_PROV_RECORDS_AT;
    for (uint64_t at = ATT_PROV_RECORDS_AT; at < s.size;) {
        att_prov_record r;
        att_hash leaf, nodes[ATT_TREE_LEVELS];
        char line[4096];
        CHECK(att_prov_record_at(s.bytes, s.size, at, &r));
        snprintf(line, sizeof line, "%.*s", (int)r.body.size, r.body.data);
        if (r.kind == ATT_PROV_ENTRY && r.number == 8)
            memcpy(strstr(line, "item-8"), "evil-8", 6);
        att_tree_leaf(line, r.body.size, &leaf);
        const bool is_entry = r.kind == ATT_PROV_ENTRY;
        const size_t count = is_entry ? att_tree_add(&tree, &leaf, nodes) : 1;
        if (!is_entry)
            memcpy(nodes, r.hashes, ATT_HASH_SIZE);
        CHECK(att_prov_record_write(&host, &out, r.kind, r.number, (att_text){line, r.body.size}, nodes, count));
        at += r.size;
    }
    att_prov_head head = {.turn = 99, .entries = tree.size, .end = out.count};
    att_tree_root(&tree, &head.root);
    att_prov_slot_write((unsigned char *)out.items + ATT_PROV_SLOT_AT + ATT_PROV_SLOT_SIZE, &head);
    verify(&s, (unsigned char *)out.items, out.count, NULL, &f);
    CHECK_EQ(f.count, 1);
    CHECK_EQ(f.faults[0].kind, ATT_PROVENANCE_FAULT_ROOT);
    CHECK_EQ(f.faults[0].entry, 5); // the checkpoint of five entries still holds
    CHECK_EQ(f.faults[0].last, ENTRIES - 1);
    verify(&s, (unsigned char *)out.items, out.count, s.late, &f);
    CHECK(has(&f, ATT_PROVENANCE_FAULT_SPLIT, 8));
    att_prov_view_deinit(&view);
    ATT_VEC_FREE(&host, &out);
    free(s.bytes);
    free(other.bytes);
}

CHECK_TEST(a_forged_signature_and_a_foreign_note_are_found)
{
    CHECK_BEGIN();
    scene s, other;
    findings f;
    make_log(&s, "forged", "item", (att_text){0});
    make_log(&other, "forged-2", "item", (att_text){0});
    char note[ATT_CHECKPOINT_SIZE_MAX];
    memcpy(note, s.late, sizeof note);
    char *digit = strstr(note, "13\n");
    digit[1] = '2'; // another size under the same signature
    verify(&s, s.bytes, s.size, note, &f);
    CHECK_EQ(f.count, 1);
    CHECK_EQ(f.faults[0].kind, ATT_PROVENANCE_FAULT_SIGNATURE);
    CHECK_HOLDS(f.faults[0].text, "is not of the key that it names");
    verify(&s, s.bytes, s.size, other.late, &f); // the same words, signed by another key
    CHECK_EQ(f.count, 1);
    CHECK_HOLDS(f.faults[0].text, "signed by none of the keys");
    verify(&s, s.bytes, s.size, "nonsense", &f);
    CHECK_EQ(f.faults[0].kind, ATT_PROVENANCE_FAULT_SIGNATURE);
    free(s.bytes);
    free(other.bytes);
}

CHECK_TEST(what_is_no_log_is_told)
{
    CHECK_BEGIN();
    scene s = {.public_key = ""};
    att_provenance_verdict v;
    findings f = {0};
    CHECK_OK(att_prov_verify_memory("nonsense", 8, NULL, NULL, find, &f, &v, &err));
    CHECK_EQ(f.faults[0].kind, ATT_PROVENANCE_FAULT_HEAD);
    const char *const keys[] = {"nonsense"};
    const att_provenance_check check = {keys, 1, NULL, 0};
    CHECK_FAILS(att_prov_verify_memory("nonsense", 8, &check, NULL, find, &f, &v, &err), ATT_INVALID);
    CHECK_FAILS(att_provenance_verify(check_path("none"), NULL, NULL, find, &f, &v, &err), ATT_NOT_FOUND);
    (void)s;
}

CHECK_MAIN(CHECK_CASE(a_whole_log_has_no_fault), CHECK_CASE(every_flipped_byte_is_found_and_located), CHECK_CASE(a_cut_tail_is_found_at_every_length),
    CHECK_CASE(entries_that_changed_places_are_found), CHECK_CASE(two_signed_stories_are_found_against_each_other),
    CHECK_CASE(a_rewritten_entry_with_all_its_hashes_breaks_the_signed_root), CHECK_CASE(a_forged_signature_and_a_foreign_note_are_found),
    CHECK_CASE(what_is_no_log_is_told))
