// SPDX-License-Identifier: Apache-2.0
// tests/retrieve/test_index.c - adding, replacing, removing; what is refused; memory that runs out.
#include "check.h"

#include "attune/retrieve.h"

#include <math.h>

static att_index *create(uint32_t dim, att_index_form form)
{
    att_index *index = NULL;
    att_error err;
    const att_index_options options = {.dim = dim, .form = form};
    CHECK_OK_ERR(att_index_create(&index, &options, NULL, &err), &err);
    return index;
}

static uint32_t best(const att_index *index, const float *query)
{
    att_search *search = NULL;
    att_hit hit = {0};
    size_t found = 0;
    CHECK_OK(att_search_create(&search, NULL, NULL));
    CHECK_OK(att_index_top(index, search, query, NULL, 1, 0, &hit, &found, NULL));
    att_search_destroy(search);
    return found ? hit.id : UINT32_MAX;
}

CHECK_TEST(three_vectors_by_hand)
{
    CHECK_BEGIN();
    for (int form = ATT_INDEX_F32; form <= ATT_INDEX_I8; form++) {
        att_index *index = create(2, (att_index_form)form);
        const uint32_t ids[] = {5, 2000000000, 9};
        const float vectors[] = {1, 0, 0, 1, 3, 3};
        const float right[] = {1, 0}, left[] = {-1, 0};
        CHECK_OK(att_index_add(index, ids, vectors, 3, 1, NULL));
        CHECK_EQ(att_index_count(index), 3);
        CHECK_EQ(best(index, right), 9);
        CHECK_EQ(best(index, left), 2000000000);
        CHECK_OK(att_index_remove(index, 9, NULL));
        CHECK_EQ(best(index, right), 5);
        const float changed[] = {-4, 0};
        CHECK_OK(att_index_add(index, ids, changed, 1, 1, NULL));
        CHECK_EQ(att_index_count(index), 2);
        CHECK_EQ(best(index, right), 2000000000);
        CHECK_EQ(best(index, left), 5);
        CHECK(att_index_bytes(index) > 0);
        att_index_destroy(index);
    }
}

CHECK_TEST(what_makes_no_sense_is_refused_with_a_story)
{
    CHECK_BEGIN();
    att_index *index = NULL;
    att_error err;
    CHECK_FAILS(att_index_create(&index, &(att_index_options){.dim = 0}, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "dim 0");
    CHECK_FAILS(att_index_create(&index, &(att_index_options){.dim = 3, .links = 99}, NULL, &err),
        ATT_INVALID);
    CHECK_HOLDS(err.text, "99 links");
    CHECK_FAILS(
        att_index_create(&index, &(att_index_options){.dim = 3, .build_width = 2}, NULL, &err),
        ATT_INVALID);
    CHECK(index == NULL);
    index = create(2, ATT_INDEX_I8);
    const uint32_t id = 3, id_too_high = 0x80000000u;
    const float good[] = {1, 2}, bad[] = {1, NAN};
    CHECK_FAILS(att_index_add(index, &id, bad, 1, 1, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "component 1 of the vector with id 3");
    CHECK_FAILS(att_index_add(index, &id_too_high, good, 1, 1, &err), ATT_INVALID);
    CHECK_FAILS(att_index_remove(index, 3, &err), ATT_NOT_FOUND);
    CHECK_FAILS(att_index_remove(index, UINT32_MAX, &err), ATT_NOT_FOUND);
    CHECK_EQ(att_index_count(index), 0);
    CHECK_EQ(best(index, good), UINT32_MAX);
    att_search *search = NULL;
    size_t found;
    CHECK_OK(att_search_create(&search, NULL, NULL));
    CHECK_FAILS(att_index_top(index, search, bad, NULL, 1, 0, NULL, &found, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "query");
    att_search_destroy(search);
    att_index_destroy(index);
}

// Everything an index does, with the allocation number fail_at failing. True when all of it worked.
static bool whole_life(check_heap *heap, uint64_t fail_at, att_index_form form)
{
    enum { COUNT = 90, DIM = 5 };
    const att_host host = check_host(heap);
    att_index *index = NULL, *loaded = NULL;
    att_search *search = NULL;
    float vectors[COUNT * DIM];
    uint32_t ids[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        ids[i] = i * 5000; // a page each
        for (uint32_t d = 0; d < DIM; d++)
            vectors[i * DIM + d] = (float)((i * 7 + d * 3) % 11) - 5;
    }
    heap->fail_at = fail_at;
    const att_index_options options = {
        .dim = DIM, .form = form, .links = 4, .build_width = 8, .capacity = 4};
    att_status status = att_index_create(&index, &options, &host, NULL);
    for (uint32_t i = 0; !status && i < COUNT; i += 30) {
        status = att_index_add(index, ids + i, vectors + i * DIM, 30, 1, NULL);
        CHECK_EQ(att_index_count(index), status ? i : i + 30); // all or nothing
    }
    if (!status)
        status = att_index_remove(index, ids[3], NULL);
    if (!status)
        status = att_search_create(&search, &host, NULL);
    att_hit hits[10];
    size_t found = 0;
    if (!status)
        status = att_index_top(index, search, vectors, NULL, 10, 0, hits, &found, NULL);
    if (!status)
        CHECK_EQ(found, 10);
    if (!status)
        status = att_index_save(index, check_path("memory.index"), NULL);
    if (!status)
        status = att_index_load(&loaded, check_path("memory.index"), &host, NULL);
    if (!status)
        status = att_index_remove(loaded, ids[4], NULL);
    if (!status)
        CHECK_EQ(att_index_count(loaded), COUNT - 2);
    if (status)
        CHECK_EQ(status, ATT_NO_MEMORY);
    att_search_destroy(search);
    att_index_destroy(index);
    att_index_destroy(loaded);
    heap->fail_at = 0;
    CHECK_EQ(heap->bytes_live, 0);
    return status == ATT_OK;
}

CHECK_TEST(memory_running_out_anywhere_is_a_status_and_leaks_nothing)
{
    CHECK_BEGIN();
    for (int form = ATT_INDEX_F32; form <= ATT_INDEX_I8; form++) {
        check_heap heap = {0};
        uint64_t fail_at = 1;
        while (!whole_life(&heap, fail_at, (att_index_form)form))
            fail_at++;
        CHECK(fail_at > 30);
    }
}

CHECK_TEST(the_same_id_twice_in_one_call_keeps_the_last)
{
    CHECK_BEGIN();
    att_index *index = create(2, ATT_INDEX_I8);
    const uint32_t ids[] = {4, 4, 6, 4};
    const float vectors[] = {9, 0, 8, 0, 1, 1, 0, 5};
    const float right[] = {1, 0}, up[] = {0, 1};
    CHECK_OK(att_index_add(index, ids, vectors, 4, 2, NULL));
    CHECK_EQ(att_index_count(index), 2);
    CHECK_EQ(best(index, right), 6);
    CHECK_EQ(best(index, up), 4);
    att_index_destroy(index);
}

CHECK_TEST(tiny_and_huge_components_do_no_harm)
{
    CHECK_BEGIN();
    att_index *index = create(3, ATT_INDEX_I8);
    const uint32_t ids[] = {1, 2, 3, 4};
    const float vectors[] = {1e-45f, 0, 0, 3e38f, -3e38f, 3e38f, 0, 0, 0, 1, 2, 3};
    const float query[] = {1, 1, 1};
    CHECK_OK(att_index_add(index, ids, vectors, 4, 1, NULL));
    CHECK_EQ(att_index_count(index), 4);
    CHECK_EQ(best(index, query), 2);
    att_index_destroy(index);
}

CHECK_MAIN(CHECK_CASE(three_vectors_by_hand),
    CHECK_CASE(what_makes_no_sense_is_refused_with_a_story),
    CHECK_CASE(memory_running_out_anywhere_is_a_status_and_leaks_nothing),
    CHECK_CASE(the_same_id_twice_in_one_call_keeps_the_last),
    CHECK_CASE(tiny_and_huge_components_do_no_harm))
