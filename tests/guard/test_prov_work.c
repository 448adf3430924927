// SPDX-License-Identifier: Apache-2.0
// Work without an engine: what went in is known by its bytes, with licence and opt-out; what came out has its parents, or says what
// it learned from; what is opted out goes into nothing.
#include "check.h"

#include "guard/prov_tree.h"

#include <unistd.h>

static att_error err;

static att_provenance_material material(const char *file, const char *text, const char *licence)
{
    static char paths[16][512];
    static int at;
    char *path = paths[at++ % 16];
    snprintf(path, 512, "%s", check_path(file));
    check_write_file(path, text, strlen(text));
    return (att_provenance_material){.file = path, .name = att_text_of(file), .licence = att_text_of(licence)};
}

static void new_log(const char *name, char path[512])
{
    snprintf(path, 512, "%s", check_path(name));
    unlink(path);
}

typedef struct seen {
    int inputs, outputs, models;
    att_hash leaves[16], parents[2];
    size_t leaf_count, parent_count;
    att_provenance_learned learned;
    char counts[256], last_input[512];
} seen;

static bool see(void *user, const att_provenance_entry *e, att_text line)
{
    seen *s = user;
    if (e->kind == ATT_PROVENANCE_INPUT) {
        s->inputs++;
        s->leaves[s->leaf_count++ % 16] = e->leaf;
        snprintf(s->last_input, sizeof s->last_input, "%.*s", ATT_TEXT_ARGS(line));
    }
    if (e->kind == ATT_PROVENANCE_OUTPUT) {
        s->outputs++;
        s->parent_count = e->parent_count;
        for (size_t i = 0; i < e->parent_count && i < 2; i++)
            s->parents[i] = e->parents[i];
    }
    if (e->kind == ATT_PROVENANCE_MODEL) {
        s->models++;
        s->learned = *e->learned;
        s->counts[0] = 0;
        for (size_t i = 0; i < e->count_count; i++)
            snprintf(s->counts + strlen(s->counts), sizeof s->counts - strlen(s->counts), "%.*s=%llu;", ATT_TEXT_ARGS(e->counts[i].name),
                (unsigned long long)e->counts[i].count);
    }
    return true;
}

static seen look(const char *path)
{
    seen s = {0};
    att_provenance_verdict verdict;
    CHECK_OK_ERR(att_provenance_verify(path, NULL, NULL, NULL, NULL, &verdict, &err), &err);
    CHECK_EQ(verdict.faults, 0);
    CHECK_OK_ERR(att_provenance_each(path, NULL, 0, NULL, see, &s, &err), &err);
    return s;
}

CHECK_TEST(an_output_has_what_it_was_made_from_as_parents)
{
    CHECK_BEGIN();
    char path[512];
    att_hash first, second;
    new_log("made", path);
    att_provenance_material in[3] = {material("song.wav", "some song", "CC-BY-4.0"), material("colour.wav", "a tuba", ""), material("again.wav", "some song", "")};
    const att_provenance_material out = material("remix.wav", "another song", "");
    CHECK_OK_ERR(att_provenance_take(path, ATT_LIT("music"), in, 3, NULL, &err), &err);
    seen s = look(path);
    CHECK_EQ(s.inputs, 2); // the third has the bytes of the first
    const att_provenance_entry entry = {.kind = ATT_PROVENANCE_OUTPUT, .subject = ATT_LIT("remix.wav"), .model = ATT_LIT("attune remix")};
    CHECK_OK_ERR(att_provenance_give(path, &entry, out.file, in, 3, NULL, &err), &err);
    s = look(path);
    CHECK_EQ(s.outputs, 1);
    CHECK_EQ(s.parent_count, 2);
    att_hash_of("some song", 9, &first);
    att_hash_of("a tuba", 6, &second);
    CHECK(att_hash_equal(&s.parents[0], &first));
    CHECK(att_hash_equal(&s.parents[1], &second));
    // Nothing new is said: nothing is entered. What was made here is no input.
    att_provenance_material again[2] = {in[0], out};
    CHECK_OK_ERR(att_provenance_take(path, ATT_LIT("music"), again, 2, NULL, &err), &err);
    CHECK_EQ(look(path).inputs, 2);
    again[0].licence = ATT_LIT("CC0-1.0");
    CHECK_OK_ERR(att_provenance_take(path, ATT_LIT("music"), again, 2, NULL, &err), &err);
    s = look(path);
    CHECK_EQ(s.inputs, 3);
    CHECK_HOLDS(s.last_input, "\"licence\":\"CC0-1.0\"");
}

CHECK_TEST(what_is_opted_out_goes_into_nothing_until_its_owners_say_otherwise)
{
    CHECK_BEGIN();
    char path[512];
    new_log("opted", path);
    att_provenance_material in[2] = {material("a.wav", "free", "CC0-1.0"), material("b.wav", "reserved", "CC-BY-4.0")};
    in[1].told = in[1].opted_out = true;
    CHECK_FAILS(att_provenance_take(path, ATT_LIT("music"), in, 2, NULL, &err), ATT_DENIED);
    CHECK_HOLDS(err.text, "b.wav is opted out, as was said");
    seen s = look(path); // the signal is in the log, with its time
    CHECK_EQ(s.inputs, 2);
    CHECK_HOLDS(s.last_input, "\"opt_out\":\"train\"");
    // Under another name, and nothing said: the log remembers the bytes.
    att_provenance_material renamed = material("c.wav", "reserved", "");
    CHECK_FAILS(att_provenance_take(path, ATT_LIT("music"), &renamed, 1, NULL, &err), ATT_DENIED);
    CHECK_HOLDS(err.text, "c.wav is opted out, as the log of provenance has it");
    CHECK_EQ(look(path).inputs, 2);
    renamed.told = true;
    CHECK_OK_ERR(att_provenance_take(path, ATT_LIT("music"), &renamed, 1, NULL, &err), &err);
    s = look(path);
    CHECK_EQ(s.inputs, 3);
    CHECK(strstr(s.last_input, "opt_out") == NULL);
    CHECK_HOLDS(s.last_input, "\"licence\":\"CC-BY-4.0\""); // what was known of it stays
}

CHECK_TEST(a_model_says_what_it_learned_from_by_licence_and_root)
{
    CHECK_BEGIN();
    char path[512], name[32], licence[32];
    static char licences[40][32], files[40][512];
    att_provenance_material in[40] = {{0}};
    new_log("learned", path);
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "t%d.wav", i);
        snprintf(licence, sizeof licence, i < 4 ? "CC0-1.0" : "L%d", i);
        snprintf(licences[i], sizeof licences[i], "%s", licence);
        snprintf(files[i], sizeof files[i], "%s", check_path(name));
        check_write_file(files[i], name, strlen(name));
        in[i] = (att_provenance_material){.file = files[i], .name = att_text_of(files[i]), .licence = i == 39 ? (att_text){0} : att_text_of(licences[i])};
    }
    const att_provenance_material out = material("my.stems", "weights", "");
    const att_provenance_entry entry = {.kind = ATT_PROVENANCE_MODEL, .subject = ATT_LIT("my.stems"), .medium = ATT_LIT("music"), .seeded = true, .seed = 3};
    CHECK_OK_ERR(att_provenance_take(path, ATT_LIT("music"), in, 5, NULL, &err), &err);
    CHECK_OK_ERR(att_provenance_give(path, &entry, out.file, in, 5, NULL, &err), &err);
    seen s = look(path);
    CHECK_EQ(s.models, 1);
    CHECK_EQ(s.learned.inputs, 5);
    CHECK_STR(s.counts, "CC0-1.0=4;L4=1;");
    att_tree tree = {0};
    att_hash nodes[ATT_TREE_LEVELS], root;
    for (int i = 0; i < 5; i++)
        att_tree_add(&tree, &s.leaves[i], nodes);
    att_tree_root(&tree, &root);
    CHECK(att_hash_equal(&root, &s.learned.inputs_root));
    // More licences than an entry has room for.
    CHECK_OK_ERR(att_provenance_take(path, ATT_LIT("music"), in, 40, NULL, &err), &err);
    CHECK_OK_ERR(att_provenance_give(path, &entry, out.file, in, 40, NULL, &err), &err);
    s = look(path);
    CHECK_EQ(s.learned.inputs, 40);
    CHECK_HOLDS(s.counts, "CC0-1.0=4;L4=1;");
    CHECK_HOLDS(s.counts, ";others=6;"); // 36 + 1 kinds: 31 have a name
    CHECK_FAILS(att_provenance_give(path, &entry, "/nowhere/x", in, 5, NULL, &err), ATT_NOT_FOUND);
}

CHECK_TEST(without_memory_nothing_is_half_entered)
{
    CHECK_BEGIN();
    char path[512];
    int done = 0;
    att_provenance_material in[2] = {material("m1.wav", "one", "CC0-1.0"), material("m2.wav", "two", "")};
    for (uint64_t fail_at = 1; fail_at < 300 && !done; fail_at++) {
        new_log("memory", path);
        check_heap heap = {.fail_at = fail_at, .now_ms = 1700000000000};
        const att_host host = check_host(&heap);
        const att_provenance_entry entry = {.kind = ATT_PROVENANCE_MODEL, .subject = ATT_LIT("m")};
        att_status status = att_provenance_take(path, ATT_LIT("music"), in, 2, &host, &err);
        if (!status)
            status = att_provenance_give(path, &entry, in[0].file, in, 2, &host, &err);
        CHECK_EQ(heap.bytes_live, 0);
        CHECK(status == ATT_OK || status == ATT_NO_MEMORY);
        done = !status;
        if (access(path, F_OK) == 0)
            CHECK(look(path).models == done);
    }
    CHECK(done);
}

CHECK_MAIN(CHECK_CASE(an_output_has_what_it_was_made_from_as_parents),
    CHECK_CASE(what_is_opted_out_goes_into_nothing_until_its_owners_say_otherwise),
    CHECK_CASE(a_model_says_what_it_learned_from_by_licence_and_root), CHECK_CASE(without_memory_nothing_is_half_entered))
