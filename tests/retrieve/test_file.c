// SPDX-License-Identifier: Apache-2.0
// tests/retrieve/test_file.c - a saved index is the same index; a damaged one is refused.
#include "world.h"

#include "retrieve/file.h"

enum { COUNT = 600, DIM = 20 };

static att_index *build(world *w, att_index_form form)
{
    att_index *index = NULL;
    const att_index_options options = {
        .dim = DIM, .form = form, .links = 4, .build_width = 40, .seed = 5};
    CHECK_OK(att_index_create(&index, &options, NULL, NULL));
    for (uint32_t i = 0; i < COUNT; i++) {
        float vector[DIM];
        const uint32_t id = i * 5;
        world_draw(w, vector);
        CHECK_OK(att_index_add(index, &id, vector, 1, 1, NULL));
    }
    for (uint32_t i = 0; i < COUNT; i += 29)
        CHECK_OK(att_index_remove(index, i * 5, NULL));
    return index;
}

static void same_answers(const att_index *a, const att_index *b, world *w)
{
    att_search *search = NULL;
    CHECK_OK(att_search_create(&search, NULL, NULL));
    for (int i = 0; i < 50; i++) {
        float query[DIM];
        att_hit x[10], y[10];
        size_t x_count, y_count;
        world_draw(w, query);
        CHECK_OK(att_index_top(a, search, query, NULL, 10, 0, x, &x_count, NULL));
        CHECK_OK(att_index_top(b, search, query, NULL, 10, 0, y, &y_count, NULL));
        CHECK_EQ(x_count, y_count);
        CHECK(memcmp(x, y, x_count * sizeof *x) == 0);
    }
    att_search_destroy(search);
}

CHECK_TEST(saved_and_loaded_it_answers_the_same)
{
    CHECK_BEGIN();
    att_error err;
    for (int form = ATT_INDEX_F32; form <= ATT_INDEX_I8; form++) {
        world w = world_create(DIM, 5, 0.3, 31);
        att_index *index = build(&w, (att_index_form)form), *loaded = NULL;
        const char *path = check_path("a.index");
        CHECK_OK_ERR(att_index_save(index, path, &err), &err);
        CHECK_OK_ERR(att_index_load(&loaded, path, NULL, &err), &err);
        CHECK_EQ(att_index_count(loaded), att_index_count(index));
        CHECK(loaded->snapshot != NULL);
        same_answers(index, loaded, &w);
        att_index_destroy(index);
        att_index_destroy(loaded);
        free(w.centres);
    }
}

CHECK_TEST(a_loaded_index_changes_in_memory_and_not_in_the_file)
{
    CHECK_BEGIN();
    att_error err;
    world w = world_create(DIM, 5, 0.3, 32);
    att_index *index = build(&w, ATT_INDEX_I8), *loaded = NULL, *again = NULL;
    const char *path = check_path("b.index");
    CHECK_OK_ERR(att_index_save(index, path, &err), &err);
    CHECK_OK_ERR(att_index_load(&loaded, path, NULL, &err), &err);
    for (uint32_t i = 0; i < 2 * COUNT; i++) {
        float vector[DIM];
        const uint32_t id = i * 3;
        world_draw(&w, vector);
        CHECK_OK_ERR(att_index_add(loaded, &id, vector, 1, 1, &err), &err);
    }
    CHECK_FAILS(att_index_remove(loaded, 1, &err), ATT_NOT_FOUND);
    CHECK_OK_ERR(att_index_remove(loaded, 3, &err), &err);
    CHECK_OK_ERR(att_index_load(&again, path, NULL, &err), &err);
    same_answers(index, again, &w);
    CHECK_OK_ERR(att_index_save(loaded, path, &err), &err);
    att_index_destroy(again);
    CHECK_OK_ERR(att_index_load(&again, path, NULL, &err), &err);
    same_answers(loaded, again, &w);
    att_index_destroy(index);
    att_index_destroy(loaded);
    att_index_destroy(again);
    free(w.centres);
}

CHECK_TEST(an_empty_index_can_be_saved_and_filled_later)
{
    CHECK_BEGIN();
    att_error err;
    att_index *index = NULL, *loaded = NULL;
    CHECK_OK(
        att_index_create(&index, &(att_index_options){.dim = 3, .form = ATT_INDEX_I8}, NULL, NULL));
    CHECK_OK_ERR(att_index_save(index, check_path("empty.index"), &err), &err);
    CHECK_OK_ERR(att_index_load(&loaded, check_path("empty.index"), NULL, &err), &err);
    CHECK_EQ(att_index_count(loaded), 0);
    const uint32_t id = 8;
    CHECK_OK_ERR(att_index_add(loaded, &id, (const float[]){1, 2, 3}, 1, 1, &err), &err);
    CHECK_EQ(att_index_count(loaded), 1);
    att_index_destroy(index);
    att_index_destroy(loaded);
}

CHECK_TEST(a_flipped_byte_anywhere_is_refused)
{
    CHECK_BEGIN();
    att_error err;
    world w = world_create(DIM, 5, 0.3, 33);
    att_index *index = build(&w, ATT_INDEX_I8), *loaded = NULL;
    CHECK_OK_ERR(att_index_save(index, check_path("c.index"), &err), &err);
    size_t size;
    char *bytes = check_read_file(check_path("c.index"), &size);
    for (size_t at = 0; at < size; at += 1 + at / 40) {
        bytes[at] ^= 0x10;
        check_write_file(check_path("d.index"), bytes, size);
        CHECK(att_index_load(&loaded, check_path("d.index"), NULL, &err) != ATT_OK);
        CHECK(loaded == NULL);
        bytes[at] ^= 0x10;
    }
    check_write_file(check_path("d.index"), bytes, size / 2);
    CHECK(att_index_load(&loaded, check_path("d.index"), NULL, &err) != ATT_OK);
    CHECK_HOLDS(err.text, "d.index");
    CHECK_FAILS(att_index_load(&loaded, check_path("nowhere.index"), NULL, &err), ATT_NOT_FOUND);
    free(bytes);
    att_index_destroy(index);
    free(w.centres);
}

// Saves with one word of a column changed, so that every checksum is right but the content is not.
static void refused(att_index *index, uint32_t *word, uint32_t value, const char *story)
{
    att_error err;
    att_index *loaded = NULL;
    const uint32_t held = *word;
    *word = value;
    CHECK_OK_ERR(att_index_save(index, check_path("e.index"), &err), &err);
    *word = held;
    CHECK_FAILS(att_index_load(&loaded, check_path("e.index"), NULL, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, story);
}

CHECK_TEST(well_sealed_nonsense_is_refused)
{
    CHECK_BEGIN();
    world w = world_create(DIM, 5, 0.3, 34);
    att_index *index = build(&w, ATT_INDEX_I8);
    const uint32_t nan_bits = 0x7FC00000, upper = (uint32_t)index->entry;
    refused(index, &index->links[40], index->slot_count, "link");
    refused(index, &index->links[40], 0xFFFFFFFE, "link");
    refused(index, &index->links[40], ATT_SLOT_NONE, "link"); // a gap
    refused(index, &index->ids[7], 0x80000000u, "id");
    refused(index, &index->ids[7], index->ids[8], "twice");
    refused(index, &index->ids[7], ATT_SLOT_NONE, "living");
    refused(index, (uint32_t *)&index->vectors[99], nan_bits, "vector");
    refused(index, (uint32_t *)&index->scales[9], nan_bits, "scale");
    refused(index, (uint32_t *)&index->inverses[9], 0x7F800000, "inverse");
    refused(index, &index->uppers[upper], (uint32_t)index->upper_count, "block");
    refused(index, &index->uppers[upper ? 0 : 1], index->uppers[upper], "block"); // two share it
    refused(index, &index->upper_words[index->uppers[upper]], 9999, "block");
    refused(index, (uint32_t *)&index->entry, index->slot_count, "entry");
    refused(index, &index->live_count, index->live_count - 1, "living");
    refused(index, &index->options.dim, 0, "dim 0");
    refused(index, (uint32_t *)&index->options.form, 7, "form 7");
    uint32_t ground = 0; // a node without upper layers, linked to on an upper layer
    while (index->uppers[ground] != ATT_SLOT_NONE)
        ground++;
    refused(index, &index->upper_words[index->uppers[upper] + 1], ground, "link");
    att_index_destroy(index);
    free(w.centres);
}

CHECK_TEST(an_index_from_before_codes_were_turned_is_refused_and_says_what_helps)
{
    CHECK_BEGIN();
    att_error err;
    const att_host host = att_host_default();
    const unsigned char head[48] = {3};
    att_snapshot_writer *writer = NULL;
    att_index *index = NULL;
    CHECK_OK(att_snapshot_writer_create(&writer, ATT_TAG4('I', 'N', 'D', 'X'), 1, &host, &err));
    CHECK_OK(att_snapshot_add(writer, ATT_TAG4('H', 'E', 'A', 'D'), head, sizeof head, &err));
    CHECK_OK_ERR(att_snapshot_finish(writer, check_path("old.index"), &err), &err);
    att_snapshot_writer_destroy(writer);
    CHECK_FAILS(att_index_load(&index, check_path("old.index"), NULL, &err), ATT_VERSION);
    CHECK_HOLDS(err.text, "version 1; this build reads 2: build it again");
    CHECK(index == NULL);
}

CHECK_MAIN(CHECK_CASE(an_index_from_before_codes_were_turned_is_refused_and_says_what_helps),
    CHECK_CASE(saved_and_loaded_it_answers_the_same),
    CHECK_CASE(a_loaded_index_changes_in_memory_and_not_in_the_file),
    CHECK_CASE(an_empty_index_can_be_saved_and_filled_later),
    CHECK_CASE(a_flipped_byte_anywhere_is_refused), CHECK_CASE(well_sealed_nonsense_is_refused))
