// SPDX-License-Identifier: Apache-2.0
// tests/retrieve/test_search.c - filters inside the search: never an ineligible id, always enough, and nearly the best.
#include "world.h"

#include "retrieve/scan.h"

enum { COUNT = 6000, DIM = 16, TOP = 10, QUERIES = 40 };

typedef struct scene {
    world w;
    att_index *index;
    att_search *search;
    float *vectors;
    uint64_t bits[COUNT / 64 + 1];
    uint32_t exclude[64];
    att_filter filter;
} scene;

static void open_scene(scene *s, att_index_form form, double spread)
{
    memset(s, 0, sizeof *s);
    s->w = world_create(DIM, 12, spread, 41);
    s->vectors = world_draw_many(&s->w, COUNT);
    att_error err;
    const att_index_options options = {.dim = DIM, .form = form, .links = 12, .build_width = 60};
    CHECK_OK_ERR(att_index_create(&s->index, &options, NULL, &err), &err);
    uint32_t ids[COUNT];
    for (uint32_t i = 0; i < COUNT; i++)
        ids[i] = i;
    CHECK_OK_ERR(att_index_add(s->index, ids, s->vectors, COUNT, 1, &err), &err);
    CHECK_OK(att_search_create(&s->search, NULL, NULL));
    CHECK_OK(att_search_reserve_walk(s->index, s->search, NULL));
    s->filter.eligible = SIZE_MAX;
}

static void close_scene(scene *s)
{
    att_search_destroy(s->search);
    att_index_destroy(s->index);
    free(s->vectors);
    free(s->w.centres);
}

static void allow(scene *s, uint32_t id)
{
    s->filter.bits = s->bits;
    s->filter.bit_count = COUNT;
    s->bits[id / 64] |= 1ull << (id % 64);
}

static bool is_eligible(const scene *s, uint32_t id)
{
    for (size_t i = 0; i < s->filter.exclude_count; i++)
        if (s->filter.exclude[i] == id)
            return false;
    return !s->filter.bits || s->bits[id / 64] >> (id % 64) & 1;
}

// Recall of att_index_top under the scene's filter; what it must never do is checked on the way.
static double recall(scene *s)
{
    size_t right = 0, wanted = 0;
    for (int q = 0; q < QUERIES; q++) {
        float query[DIM];
        att_hit exact[TOP], top[TOP];
        size_t exact_count, count;
        world_draw(&s->w, query);
        CHECK_OK(att_index_top_exact(
            s->index, s->search, query, &s->filter, TOP, exact, &exact_count, NULL));
        CHECK_OK(att_index_top(s->index, s->search, query, &s->filter, TOP, 0, top, &count, NULL));
        CHECK_EQ(count, exact_count);
        for (size_t i = 0; i < count; i++) {
            CHECK(is_eligible(s, top[i].id));
            CHECK(i == 0 || top[i - 1].score > top[i].score ||
                  (top[i - 1].score == top[i].score && top[i - 1].id < top[i].id));
            CHECK_NEAR(top[i].score,
                att_kernels_scalar()->dot_f32(query, s->vectors + top[i].id * DIM, DIM), 0);
            for (size_t e = 0; e < exact_count; e++)
                right += exact[e].id == top[i].id;
        }
        wanted += exact_count;
    }
    return wanted ? (double)right / (double)wanted : 1;
}

CHECK_TEST(every_selectivity_gets_enough_and_nearly_the_best)
{
    CHECK_BEGIN();
    for (int form = ATT_INDEX_F32; form <= ATT_INDEX_I8; form++) {
        static const double shares[] = {1, 0.6, 0.3, 0.1, 0.01, 0.001};
        for (size_t i = 0; i < ATT_COUNT_OF(shares); i++) {
            scene s;
            att_rng rng = att_rng_seed(42);
            open_scene(&s, (att_index_form)form, 0.3);
            allow(&s, 17);
            for (uint32_t id = 0; id < COUNT; id++)
                if (att_rng_unit(&rng) < shares[i])
                    allow(&s, id);
            CHECK(recall(&s) > 0.97);
            close_scene(&s);
        }
    }
}

// The hard case for a graph of products: only what queries never come near is eligible.
CHECK_TEST(a_filter_that_leaves_the_shortest_vectors_is_no_trap)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, ATT_INDEX_I8, 0.7);
    for (uint32_t id = 0; id < COUNT; id++)
        if (s.index->inverses[id] > 0.3f)
            allow(&s, id);
    CHECK(recall(&s) > 0.97);
    close_scene(&s);
}

CHECK_TEST(the_excluded_stay_out_even_when_they_are_the_best)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, ATT_INDEX_I8, 0.3);
    for (int q = 0; q < QUERIES; q++) {
        float query[DIM];
        att_hit best[64], rest[TOP];
        size_t count, rest_count;
        world_draw(&s.w, query);
        CHECK_OK(att_index_top_exact(s.index, s.search, query, NULL, 64, best, &count, NULL));
        for (size_t i = 0; i < 54; i++) { // ascending
            size_t at = i;
            for (; at > 0 && s.exclude[at - 1] > best[i].id; at--)
                s.exclude[at] = s.exclude[at - 1];
            s.exclude[at] = best[i].id;
        }
        s.filter.exclude = s.exclude;
        s.filter.exclude_count = 54;
        CHECK_OK(
            att_index_top(s.index, s.search, query, &s.filter, TOP, 0, rest, &rest_count, NULL));
        CHECK_EQ(rest_count, TOP);
        for (size_t i = 0; i < rest_count; i++)
            CHECK(is_eligible(&s, rest[i].id));
    }
    CHECK(recall(&s) > 0.97);
    close_scene(&s);
}

CHECK_TEST(a_filter_may_know_ids_that_the_index_does_not)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, ATT_INDEX_I8, 0.3);
    for (uint32_t id = 0; id < COUNT; id += 2) {
        allow(&s, id);
        if (id % 4)
            CHECK_OK(att_index_remove(s.index, id, NULL));
    }
    CHECK(recall(&s) > 0.97);
    s.filter.eligible = COUNT; // told wrong: still enough, still eligible
    CHECK(recall(&s) > 0.97);
    close_scene(&s);
}

CHECK_TEST(walking_and_scanning_give_the_same_best)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, ATT_INDEX_I8, 0.3);
    size_t same = 0;
    for (int q = 0; q < QUERIES; q++) {
        float query[DIM];
        att_hit walked[TOP], scanned[TOP];
        size_t a, b;
        world_draw(&s.w, query);
        CHECK_OK(att_index_walk_top(s.index, s.search, query, NULL, TOP, 200, walked, &a, NULL));
        CHECK_OK(att_index_scan_top(s.index, s.search, query, NULL, COUNT, TOP, scanned, &b, NULL));
        CHECK_EQ(a, TOP);
        CHECK_EQ(b, TOP);
        for (size_t i = 0; i < TOP; i++)
            same += walked[i].id == scanned[i].id;
    }
    CHECK(same > QUERIES * TOP * 0.99);
    close_scene(&s);
}

// One component that dwarfs the others must not cost the bytes their resolution.
CHECK_TEST(a_dominant_component_does_not_blind_the_codes)
{
    CHECK_BEGIN();
    enum { FINALISTS = TOP + TOP / 2 };
    scene s;
    open_scene(&s, ATT_INDEX_I8, 0);
    uint32_t ids[COUNT];
    for (uint32_t id = 0; id < COUNT; id++) {
        ids[id] = id;
        s.vectors[id * DIM + 3] += 200;
    }
    CHECK_OK(att_index_add(s.index, ids, s.vectors, COUNT, 1, NULL));
    CHECK_OK(att_search_reserve_keys(s.search, 3 * FINALISTS, NULL));
    size_t right = 0;
    for (int q = 0; q < QUERIES; q++) {
        float query[DIM];
        int8_t code[64];
        att_hit exact[TOP];
        size_t exact_count;
        world_draw(&s.w, query); // has little of it
        CHECK_OK(
            att_index_top_exact(s.index, s.search, query, NULL, TOP, exact, &exact_count, NULL));
        const att_probe probe = {.code = code, .scale = att_quantize(code, 64, query, DIM)};
        const att_scan_plan plan = {.codes = true, .eligible = COUNT, .keep = FINALISTS};
        const size_t found = att_scan(s.index, s.search, &probe, NULL, &plan);
        for (size_t i = 0; i < found; i++)
            for (size_t e = 0; e < exact_count; e++)
                right += exact[e].id == s.index->ids[att_rank_tail(s.search->keys[i])];
    }
    CHECK(right > QUERIES * TOP * 0.95);
    close_scene(&s);
}

CHECK_TEST(many_are_kept_in_order_from_a_large_index)
{
    CHECK_BEGIN();
    enum { MANY = 20000, KEEP = 300, SMALL = 4 };
    world w = world_create(SMALL, 12, 0.3, 43);
    float *vectors = world_draw_many(&w, MANY);
    uint32_t *ids = malloc(MANY * sizeof *ids);
    att_index *index = NULL;
    const att_index_options options = {.dim = SMALL, .links = 4, .build_width = 8};
    CHECK_OK(att_index_create(&index, &options, NULL, NULL));
    for (uint32_t i = 0; i < MANY; i++) {
        ids[i] = i;
        if (i < 4096) // what is sampled is much better than the rest
            for (int d = 0; d < SMALL; d++)
                vectors[i * SMALL + d] *= 50;
    }
    CHECK_OK(att_index_add(index, ids, vectors, MANY, 1, NULL));
    att_search *search = NULL;
    CHECK_OK(att_search_create(&search, NULL, NULL));
    att_hit hits[KEEP];
    size_t found;
    for (int q = 0; q < 20; q++) {
        float query[SMALL];
        world_draw(&w, query);
        CHECK_OK(att_index_top_exact(index, search, query, NULL, KEEP, hits, &found, NULL));
        CHECK_EQ(found, KEEP);
        size_t better = 0;
        for (uint32_t i = 0; i < MANY; i++) {
            const float score = att_kernels_scalar()->dot_f32(query, vectors + i * SMALL, SMALL);
            better += score > hits[KEEP - 1].score;
        }
        CHECK(better < KEEP);
        for (size_t i = 1; i < KEEP; i++)
            CHECK(hits[i - 1].score >= hits[i].score);
    }
    att_search_destroy(search);
    att_index_destroy(index);
    free(vectors);
    free(ids);
    free(w.centres);
}

CHECK_MAIN(CHECK_CASE(every_selectivity_gets_enough_and_nearly_the_best),
    CHECK_CASE(a_filter_that_leaves_the_shortest_vectors_is_no_trap),
    CHECK_CASE(the_excluded_stay_out_even_when_they_are_the_best),
    CHECK_CASE(a_filter_may_know_ids_that_the_index_does_not),
    CHECK_CASE(walking_and_scanning_give_the_same_best),
    CHECK_CASE(a_dominant_component_does_not_blind_the_codes),
    CHECK_CASE(many_are_kept_in_order_from_a_large_index))
