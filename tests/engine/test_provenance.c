// SPDX-License-Identifier: Apache-2.0
// A training logs what it learned from before its model is served; what opts out moves no number of the model; a person who is
// forgotten is forgotten here too.
#include "scene.h"

#include "engine/internal.h"

#include <math.h>

#include <sys/stat.h>
#include <unistd.h>

static att_error err;

enum { RESERVED = 4 }; // the item that opts out

static const char *store(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s", check_path(name));
    return path;
}

// The town, with one song that opts out or not, whose title and whose listeners differ by `likes`.
static att_model *model_of(const char *name, bool opted_out, int likes)
{
    att_engine *engine = scene_open(store(name), NULL);
    scene_fill(engine);
    const att_text tags[] = {att_text_of(likes ? "jazz" : "polka")};
    const att_item item = {.id = scene_item_id(RESERVED), .title = att_text_of(likes ? "Loved" : "Unknown"), .medium = att_text_of("music"), .tags = tags,
        .tag_count = 1, .licence_name = att_text_of("ARR"), .opt_outs = opted_out ? ATT_USE_TRAIN : 0};
    CHECK_OK_ERR(att_engine_items_put(engine, &item, 1, &err), &err);
    for (int u = 0; u < likes; u++) {
        const att_event event = scene_event(u, RESERVED, ATT_SIGNAL_LIKE, SCENE_NOW - 11 * SCENE_DAY + u);
        CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
    }
    const att_train_options options = {.kind = "als", .dim = 16, .plain = true, .threads = 1};
    CHECK_OK_ERR(att_engine_train(engine, &options, NULL, &err), &err);
    att_model *model = NULL;
    CHECK_OK_ERR(att_model_load_version(engine, 1, &model, &err), &err);
    att_engine_close(engine);
    return model;
}

// The greatest difference between two models' vectors of the items that do not opt out.
static double difference(const att_model *a, const att_model *b)
{
    double most = 0;
    CHECK_EQ(att_model_item_count(a), att_model_item_count(b));
    CHECK_EQ(att_model_dim(a), att_model_dim(b));
    for (uint32_t i = 0; i < att_model_item_count(a); i++) {
        const float *x = att_model_item_vector(a, i), *y = att_model_item_vector(b, i);
        if (i == RESERVED)
            continue;
        CHECK(x && y);
        for (uint32_t d = 0; d < att_model_dim(a); d++)
            most = ATT_MAX(most, fabs((double)x[d] - (double)y[d]));
    }
    return most;
}

CHECK_TEST(what_opts_out_moves_no_number_of_the_model)
{
    CHECK_BEGIN();
    att_model *liked = model_of("out-liked", true, 40), *unknown = model_of("out-unknown", true, 0);
    CHECK_EQ(memcmp(&(double){difference(liked, unknown)}, &(double){0}, sizeof(double)), 0);
    att_model *in = model_of("in-liked", false, 40);
    CHECK(difference(liked, in) > 1e-4); // so the test can fail
    att_model_destroy(liked);
    att_model_destroy(unknown);
    att_model_destroy(in);
}

typedef struct seen {
    uint64_t inputs, opted_out, models, counted;
    att_provenance_learned learned;
    att_hash content;
    char licences[200], person[64], lines[4096];
} seen;

static bool see(void *user, const att_provenance_entry *e, att_text line)
{
    seen *s = user;
    s->inputs += e->kind == ATT_PROVENANCE_INPUT;
    s->opted_out += e->kind == ATT_PROVENANCE_INPUT && e->opt_out.size;
    if (e->kind != ATT_PROVENANCE_MODEL)
        return true;
    s->models++;
    s->learned = *e->learned;
    s->content = e->content;
    for (size_t i = 0; i < e->count_count; i++)
        s->counted += e->counts[i].count;
    snprintf(s->lines, sizeof s->lines, "%.*s", (int)line.size, line.data);
    return true;
}

CHECK_TEST(a_training_logs_its_inputs_once_and_its_model_before_it_is_served)
{
    CHECK_BEGIN();
    char log[560], file[560];
    att_model_destroy(model_of("logged", true, 10));
    snprintf(log, sizeof log, "%s%s", store("logged"), ATT_PROVENANCE_SUFFIX);
    snprintf(file, sizeof file, "%s-models/00000001.model", store("logged"));
    seen s = {0};
    CHECK_OK_ERR(att_provenance_each(log, NULL, 0, NULL, see, &s, &err), &err);
    CHECK_EQ(s.inputs, SCENE_ITEMS);
    CHECK_EQ(s.opted_out, 1);
    CHECK_EQ(s.models, 1);
    CHECK_EQ(s.learned.inputs, SCENE_ITEMS - 1);
    CHECK_EQ(s.learned.opted_out, 1);
    CHECK_EQ(s.counted, SCENE_ITEMS - 1);
    CHECK_EQ(s.learned.events, SCENE_PEOPLE * 24 + 10);
    CHECK(s.learned.first_ms > 0 && s.learned.first_ms < s.learned.last_ms);
    CHECK(att_hash_given(&s.learned.inputs_root));
    att_hash on_disk;
    CHECK_OK_ERR(att_hash_file(file, &on_disk, &err), &err);
    CHECK(memcmp(&on_disk, &s.content, sizeof on_disk) == 0);
    CHECK_HOLDS(s.lines, "\"subject\":\"store/1\"");
    // Again: only the item that changed, and the new model.
    att_engine *engine = scene_open(store("logged"), NULL);
    scene_put_item(engine, 7, SCENE_NOW + SCENE_DAY);
    scene_train(engine);
    att_engine_close(engine);
    const att_hash root = s.learned.inputs_root;
    s = (seen){0};
    CHECK_OK_ERR(att_provenance_each(log, NULL, 0, NULL, see, &s, &err), &err);
    CHECK_EQ(s.inputs, SCENE_ITEMS + 1);
    CHECK_EQ(s.models, 2);
    CHECK(memcmp(&root, &s.learned.inputs_root, sizeof root) != 0);
}

// A log that cannot be written: no model is put in force that has no entry.
CHECK_TEST(without_its_entry_no_model_is_served)
{
    CHECK_BEGIN();
    char log[560];
    att_engine *engine = scene_open(store("unlogged"), NULL);
    scene_fill(engine);
    snprintf(log, sizeof log, "%s%s", store("unlogged"), ATT_PROVENANCE_SUFFIX);
    char *filler = calloc(1, 1000);
    memset(filler, 'x', 1000);
    check_write_file(log, filler, 1000);
    free(filler);
    CHECK_FAILS(att_engine_train(engine, NULL, NULL, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "it is no provenance log");
    att_engine_info info;
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.model, 0);
    CHECK_EQ(unlink(log), 0);
    scene_train(engine);
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.model, 1);
    att_engine_close(engine);
}

static bool keep_line(void *user, att_text line)
{
    seen *s = user;
    if (memmem(line.data, line.size, "provenance", 10))
        snprintf(s->lines, sizeof s->lines, "%.*s", (int)line.size, line.data);
    return true;
}

static bool see_erased(void *user, const att_provenance_entry *e, att_text line)
{
    seen *s = user;
    (void)line;
    s->models += e->who == ATT_PROVENANCE_ERASED;
    snprintf(s->person, sizeof s->person, "%.*s", (int)e->person.size, e->person.size ? e->person.data : "");
    return e->kind != ATT_PROVENANCE_OUTPUT;
}

CHECK_TEST(an_output_for_somebody_is_exported_with_them_and_forgotten_with_them)
{
    CHECK_BEGIN();
    char log[560], people[600];
    seen s = {0};
    att_engine *engine = scene_open(store("person"), NULL);
    scene_fill(engine);
    snprintf(log, sizeof log, "%s%s", store("person"), ATT_PROVENANCE_SUFFIX);
    snprintf(people, sizeof people, "%s-people", log);
    const att_provenance_entry made[2] = {
        {.kind = ATT_PROVENANCE_OUTPUT, .subject = ATT_LIT("made-1"), .model = ATT_LIT("composer 1"), .person = scene_user_id(3)},
        {.kind = ATT_PROVENANCE_OUTPUT, .subject = ATT_LIT("made-2"), .model = ATT_LIT("composer 1"), .person = ATT_LIT("a stranger to the store")}};
    CHECK_OK_ERR(att_engine_provenance_append(engine, made, 2, NULL, &err), &err);
    CHECK_OK_ERR(att_engine_export(engine, scene_user_id(3), keep_line, &s, &err), &err);
    CHECK_HOLDS(s.lines, "{\"kind\":\"provenance\",\"entry\":{\"entry\":0,");
    CHECK_HOLDS(s.lines, "\"subject\":\"made-1\"");
    CHECK_OK_ERR(att_provenance_each(log, people, 0, NULL, see_erased, &s, &err), &err);
    CHECK_STR(s.person, "person-03");
    CHECK_OK_ERR(att_engine_forget(engine, scene_user_id(3), NULL, &err), &err);
    s = (seen){0};
    CHECK_OK_ERR(att_provenance_each(log, people, 0, NULL, see_erased, &s, &err), &err);
    CHECK_EQ(s.models, 1);
    CHECK_STR(s.person, "");
    CHECK_OK_ERR(att_engine_forget(engine, ATT_LIT("a stranger to the store"), NULL, &err), &err);
    CHECK_FAILS(att_engine_forget(engine, ATT_LIT("a stranger to the store"), NULL, &err), ATT_NOT_FOUND);
    att_engine_close(engine);
    size_t size;
    char *bytes = check_read_file(people, &size);
    CHECK(memmem(bytes, size, "person-03", 9) == NULL && memmem(bytes, size, "stranger", 8) == NULL);
    free(bytes);
}

static void count_damage(void *user, att_finding_kind kind, const char *what, const char *advice)
{
    (void)advice;
    if (kind == ATT_FINDING_DAMAGE)
        snprintf(user, 400, "%s", what);
}

CHECK_TEST(the_doctor_finds_a_changed_log_and_a_backup_has_all_but_the_private_key)
{
    CHECK_BEGIN();
    char log[560], key[600], copy[512], path[640], said[400] = "", public_key[ATT_PROVENANCE_KEY_TEXT_MAX];
    size_t damage, size;
    snprintf(copy, sizeof copy, "%s", check_path("copy"));
    snprintf(log, sizeof log, "%s%s", store("care"), ATT_PROVENANCE_SUFFIX);
    snprintf(key, sizeof key, "%s-key", log);
    CHECK_OK_ERR(att_provenance_key_make(key, "care", public_key, NULL, &err), &err);
    att_engine *engine = scene_open(store("care"), NULL);
    scene_fill(engine);
    scene_train(engine);
    const att_provenance_entry made = {.kind = ATT_PROVENANCE_OUTPUT, .subject = ATT_LIT("made-1"), .person = scene_user_id(3)};
    CHECK_OK_ERR(att_engine_provenance_append(engine, &made, 1, NULL, &err), &err);
    att_engine_close(engine);
    CHECK_OK_ERR(att_doctor(store("care"), NULL, count_damage, said, &damage, &err), &err);
    CHECK_EQ(damage, 0);
    CHECK_OK_ERR(att_backup(store("care"), copy, NULL, &err), &err);
    struct stat about;
    snprintf(path, sizeof path, "%s-provenance-people", copy);
    CHECK_EQ(stat(path, &about), 0);
    CHECK_EQ(about.st_mode & 0777, 0600);
    snprintf(path, sizeof path, "%s-provenance-key", copy);
    CHECK(stat(path, &about) != 0);
    CHECK_OK_ERR(att_doctor(copy, NULL, count_damage, said, &damage, &err), &err);
    CHECK_EQ(damage, 0);
    char *bytes = check_read_file(log, &size);
    char *at = memmem(bytes, size, "song-05", 7);
    at[6] = '6';
    check_write_file(log, bytes, size);
    free(bytes);
    CHECK_OK_ERR(att_doctor(store("care"), NULL, count_damage, said, &damage, &err), &err);
    CHECK(damage > 0);
}

CHECK_MAIN(CHECK_CASE(what_opts_out_moves_no_number_of_the_model), CHECK_CASE(a_training_logs_its_inputs_once_and_its_model_before_it_is_served),
    CHECK_CASE(without_its_entry_no_model_is_served), CHECK_CASE(an_output_for_somebody_is_exported_with_them_and_forgotten_with_them),
    CHECK_CASE(the_doctor_finds_a_changed_log_and_a_backup_has_all_but_the_private_key))
