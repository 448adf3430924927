// SPDX-License-Identifier: Apache-2.0
// tests/retrieve/test_graph.c - what the graph finds, next to what is there.
#include "world.h"

#include "retrieve/scan.h"

enum { COUNT = 3000, DIM = 24, TOP = 10, QUERIES = 100 };

static att_index *build(world *w, att_index_form form, uint32_t threads, const att_host *host)
{
    att_index *index = NULL;
    att_error err;
    const att_index_options options = {.dim = w->dim, .form = form, .build_width = 100, .seed = 5};
    CHECK_OK_ERR(att_index_create(&index, &options, host, &err), &err);
    float *vectors = world_draw_many(w, COUNT);
    uint32_t *ids = malloc(COUNT * sizeof *ids);
    for (uint32_t i = 0; i < COUNT; i++)
        ids[i] = 3 * i + 1;
    CHECK_OK_ERR(att_index_add(index, ids, vectors, COUNT, threads, &err), &err);
    free(vectors);
    free(ids);
    return index;
}

// Share of the exact best that a walk of `width` finds.
static double recall(const att_index *index, world *w, size_t width)
{
    att_search *search = NULL;
    CHECK_OK(att_search_create(&search, NULL, NULL));
    CHECK_OK(att_search_reserve_walk(index, search, NULL));
    size_t right = 0, wanted = 0;
    for (int i = 0; i < QUERIES; i++) {
        float query[DIM];
        att_hit exact[TOP], walked[TOP];
        size_t exact_count, walked_count;
        world_draw(w, query);
        CHECK_OK(att_index_top_exact(index, search, query, NULL, TOP, exact, &exact_count, NULL));
        CHECK_OK(att_index_walk_top(
            index, search, query, NULL, TOP, width, walked, &walked_count, NULL));
        wanted += exact_count;
        for (size_t a = 0; a < exact_count; a++)
            for (size_t b = 0; b < walked_count; b++)
                right += exact[a].id == walked[b].id;
    }
    att_search_destroy(search);
    return (double)right / (double)wanted;
}

CHECK_TEST(a_walk_finds_nearly_all_of_the_best)
{
    CHECK_BEGIN();
    for (int form = ATT_INDEX_F32; form <= ATT_INDEX_I8; form++) {
        world even = world_create(DIM, 20, 0, 21), uneven = world_create(DIM, 20, 0.7, 22);
        att_index *a = build(&even, (att_index_form)form, 1, NULL);
        att_index *b = build(&uneven, (att_index_form)form, 1, NULL);
        CHECK(recall(a, &even, 60) > 0.98);
        CHECK(recall(b, &uneven, 60) > 0.98);
        att_index_destroy(a);
        att_index_destroy(b);
        free(even.centres);
        free(uneven.centres);
    }
}

static uint32_t reached(const att_index *index)
{
    uint32_t *queue = malloc(index->slot_count * sizeof *queue), head = 0, tail = 0;
    uint8_t *seen = calloc(index->slot_count, 1);
    queue[tail++] = att_entry_slot(index->entry);
    seen[queue[0]] = 1;
    while (head < tail) {
        const uint32_t slot = queue[head++];
        for (uint32_t i = 0; i < index->ground_links; i++) {
            const uint32_t to = index->links[(size_t)slot * index->ground_links + i];
            if (to != ATT_SLOT_NONE && !seen[to]) {
                seen[to] = 1;
                queue[tail++] = to;
            }
        }
    }
    free(queue);
    free(seen);
    return tail;
}

CHECK_TEST(short_vectors_are_not_cut_off)
{
    CHECK_BEGIN();
    world w = world_create(DIM, 20, 0.7, 23);
    att_index *index = build(&w, ATT_INDEX_I8, 1, NULL);
    CHECK(reached(index) > COUNT * 0.97);
    att_index_destroy(index);
    free(w.centres);
}

CHECK_TEST(one_thread_builds_the_same_graph_every_time)
{
    CHECK_BEGIN();
    world a = world_create(DIM, 20, 0.3, 24), b = world_create(DIM, 20, 0.3, 24);
    att_index *first = build(&a, ATT_INDEX_I8, 1, NULL), *again = build(&b, ATT_INDEX_I8, 1, NULL);
    CHECK(memcmp(first->links, again->links, COUNT * first->ground_links * sizeof *first->links) ==
          0);
    CHECK_EQ(first->entry, again->entry);
    att_index_destroy(first);
    att_index_destroy(again);
    free(a.centres);
    free(b.centres);
}

// Kernels give the same bits on every path, so the graph does not depend on the processor.
CHECK_TEST(every_processor_builds_the_same_graph)
{
    CHECK_BEGIN();
    enum { FEW = 500 };
    static const char *const paths[] = {"scalar", "avx2"};
    for (int form = ATT_INDEX_F32; form <= ATT_INDEX_I8; form++) {
        for (size_t p = 0; p < ATT_COUNT_OF(paths); p++) {
            if (!att_kernels_named(paths[p]))
                continue;
            att_index *index[2];
            for (int i = 0; i < 2; i++) {
                world w = world_create(DIM, 20, 0.3, 30);
                const att_index_options options = {
                    .dim = DIM, .form = (att_index_form)form, .build_width = 30};
                CHECK_OK(att_index_create(&index[i], &options, NULL, NULL));
                if (i)
                    index[i]->kernels = att_kernels_named(paths[p]);
                for (uint32_t id = 0; id < FEW; id++) {
                    float vector[DIM];
                    world_draw(&w, vector);
                    CHECK_OK(att_index_add(index[i], &id, vector, 1, 1, NULL));
                }
                free(w.centres);
            }
            CHECK(memcmp(index[0]->links, index[1]->links,
                      FEW * index[0]->ground_links * sizeof(uint32_t)) == 0);
            att_index_destroy(index[0]);
            att_index_destroy(index[1]);
        }
    }
}

CHECK_TEST(several_threads_build_as_good_a_graph)
{
    CHECK_BEGIN();
    world w = world_create(DIM, 20, 0.3, 25);
    att_index *index = build(&w, ATT_INDEX_I8, 4, NULL);
    CHECK_EQ(att_index_count(index), COUNT);
    CHECK(recall(index, &w, 60) > 0.98);
    att_index_destroy(index);
    free(w.centres);
}

CHECK_TEST(half_removed_and_others_added_the_rest_is_still_found)
{
    CHECK_BEGIN();
    world w = world_create(DIM, 20, 0.3, 26);
    att_index *index = build(&w, ATT_INDEX_I8, 1, NULL);
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = (uint32_t)round % 2; i < COUNT; i += 2)
            CHECK_OK(att_index_remove(index, 3 * i + 1, NULL));
        CHECK_EQ(att_index_count(index), COUNT / 2);
        CHECK(recall(index, &w, 60) > 0.97);
        for (uint32_t i = (uint32_t)round % 2; i < COUNT; i += 2) {
            float vector[DIM];
            const uint32_t id = 3 * i + 1;
            world_draw(&w, vector);
            CHECK_OK(att_index_add(index, &id, vector, 1, 1, NULL));
        }
        CHECK_EQ(att_index_count(index), COUNT);
        CHECK(recall(index, &w, 60) > 0.97);
    }
    CHECK(index->slot_count < COUNT * 1.2); // slots are used again
    att_index_destroy(index);
    free(w.centres);
}

CHECK_TEST(nothing_leads_to_a_free_slot)
{
    CHECK_BEGIN();
    world w = world_create(DIM, 20, 0.3, 27);
    att_index *index = build(&w, ATT_INDEX_I8, 1, NULL);
    for (uint32_t i = 0; i < COUNT; i += 3)
        CHECK_OK(att_index_remove(index, 3 * i + 1, NULL));
    att_sweep(index, 2 * index->slot_count);
    CHECK_EQ(index->limbo.count, 0);
    CHECK_EQ(index->free_slots.count, (COUNT + 2) / 3);
    for (uint32_t slot = 0; slot < index->slot_count; slot++)
        for (uint32_t l = 0; l < att_lists_of(index, slot); l++) {
            const att_list list = att_list_of(index, slot, l);
            for (uint32_t i = 0; i < att_list_count(list); i++)
                CHECK(index->ids[list.links[i]] != ATT_SLOT_NONE);
        }
    CHECK(reached(index) > (COUNT - COUNT / 3) * 0.97);
    att_index_destroy(index);
    free(w.centres);
}

CHECK_TEST(much_longer_vectors_that_come_later_are_found)
{
    CHECK_BEGIN();
    world w = world_create(DIM, 20, 0.2, 28);
    att_index *index = build(&w, ATT_INDEX_I8, 1, NULL);
    for (uint32_t i = 0; i < 300; i++) {
        float vector[DIM];
        const uint32_t id = 3 * COUNT + i;
        world_draw(&w, vector);
        for (int d = 0; d < DIM; d++)
            vector[d] *= 1 + (float)i / 10;
        CHECK_OK(att_index_add(index, &id, vector, 1, 1, NULL));
    }
    CHECK(recall(index, &w, 60) > 0.97);
    att_index_destroy(index);
    free(w.centres);
}

CHECK_TEST(an_index_emptied_and_filled_again_works)
{
    CHECK_BEGIN();
    world w = world_create(DIM, 20, 0.2, 29);
    att_index *index = build(&w, ATT_INDEX_F32, 1, NULL);
    for (uint32_t i = 0; i < COUNT; i++)
        CHECK_OK(att_index_remove(index, 3 * i + 1, NULL));
    CHECK_EQ(att_index_count(index), 0);
    CHECK(index->entry == ATT_ENTRY_NONE);
    for (uint32_t id = 0; id < 1000; id++) {
        float vector[DIM];
        world_draw(&w, vector);
        CHECK_OK(att_index_add(index, &id, vector, 1, 1, NULL));
    }
    CHECK(recall(index, &w, 60) > 0.98);
    att_index_destroy(index);
    free(w.centres);
}

CHECK_MAIN(CHECK_CASE(a_walk_finds_nearly_all_of_the_best),
    CHECK_CASE(short_vectors_are_not_cut_off),
    CHECK_CASE(one_thread_builds_the_same_graph_every_time),
    CHECK_CASE(every_processor_builds_the_same_graph),
    CHECK_CASE(several_threads_build_as_good_a_graph),
    CHECK_CASE(half_removed_and_others_added_the_rest_is_still_found),
    CHECK_CASE(nothing_leads_to_a_free_slot),
    CHECK_CASE(much_longer_vectors_that_come_later_are_found),
    CHECK_CASE(an_index_emptied_and_filled_again_works))
