// SPDX-License-Identifier: Apache-2.0
// tests/retrieve/test_kept.c - who asks again gets from the kept list what the search would have found.
#include "world.h"

#include "retrieve/kept.h"
#include "retrieve/scan.h"

#include <pthread.h>

enum { COUNT = 9000, DIM = 64, TOP = 150, WORDS = (COUNT + 63) / 64 };

typedef struct scene {
    world w;
    float *vectors;
    att_index *index;
    att_search *search;
    att_kept *kept;
} scene;

static void open_scene(scene *s, size_t bytes_max)
{
    *s = (scene){.w = world_create(DIM, 24, 0.3, 67)};
    float *drawn = world_draw_many(&s->w, COUNT), *queries = world_draw_many(&s->w, 64);
    s->vectors = malloc(COUNT * DIM * sizeof *s->vectors);
    uint32_t *order = malloc(COUNT * sizeof *order);
    CHECK_OK(att_index_arrange(drawn, COUNT, DIM, 5, order, NULL, NULL));
    for (uint32_t i = 0; i < COUNT; i++)
        memcpy(s->vectors + i * DIM, drawn + order[i] * DIM, DIM * sizeof *drawn);
    const att_index_options options = {.dim = DIM, .form = ATT_INDEX_I8, .links = 4, .build_width = 8};
    CHECK_OK(att_index_create(&s->index, &options, NULL, NULL));
    CHECK_OK(att_index_add(s->index, order, s->vectors, COUNT, 1, NULL));
    CHECK_OK(att_index_learn_reach(s->index, queries, 64, 2 * TOP, NULL));
    CHECK_OK(att_search_create(&s->search, NULL, NULL));
    CHECK_OK(att_kept_create(&s->kept, bytes_max, NULL, NULL));
    free(drawn);
    free(queries);
    free(order);
}

static void close_scene(scene *s)
{
    att_kept_destroy(s->kept);
    att_search_destroy(s->search);
    att_index_destroy(s->index);
    free(s->vectors);
    free(s->w.centres);
}

// Some that may not be shown at all, and some that one person has just met.
typedef struct limits {
    uint64_t bits[WORDS];
    uint32_t exclude[64];
    att_filter filter;
} limits;

static void limit(limits *l, att_rng *rng, const att_hit *met, size_t met_count)
{
    memset(l->bits, 0, sizeof l->bits);
    for (uint64_t id = 0; id < COUNT; id++)
        l->bits[id / 64] |= UINT64_C(1) << id % 64;
    for (int i = 0; i < COUNT / 20; i++) {
        const uint64_t id = att_rng_below(rng, COUNT);
        l->bits[id / 64] &= ~(UINT64_C(1) << id % 64);
    }
    size_t count = 0;
    for (uint32_t id = 0; id < COUNT && count < ATT_COUNT_OF(l->exclude); id++)
        for (size_t m = 0; m < met_count; m++)
            if (met[m].id == id && (l->bits[id / 64] >> id % 64 & 1))
                l->exclude[count++] = id;
    l->filter = (att_filter){.bits = l->bits, .bit_count = COUNT, .eligible = SIZE_MAX, .exclude = l->exclude, .exclude_count = count};
}

static size_t ask(scene *s, uint64_t whose, const float *query, const att_filter *filter, att_hit *hits)
{
    size_t found = 0;
    CHECK_OK(att_kept_top(s->kept, whose, s->index, s->search, query, filter, TOP, TOP + 32, hits, &found, NULL));
    return found;
}

CHECK_TEST(the_same_question_has_the_answer_of_the_search_to_the_bit)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, 1 << 20);
    att_rng rng = att_rng_seed(3);
    static limits l;
    for (uint64_t person = 0; person < 20; person++) {
        float query[DIM];
        att_hit first[TOP], again[TOP], plain[TOP];
        size_t plain_count;
        world_draw(&s.w, query);
        limit(&l, &rng, NULL, 0);
        CHECK_EQ(ask(&s, person, query, &l.filter, first), TOP);
        // Other rights, and what was met since.
        limit(&l, &rng, first, 12);
        CHECK_EQ(ask(&s, person, query, &l.filter, again), TOP);
        CHECK_OK(att_index_top(s.index, s.search, query, &l.filter, TOP, TOP + 32, plain, &plain_count, NULL));
        CHECK_EQ(plain_count, TOP);
        for (int i = 0; i < TOP; i++) {
            CHECK_EQ(again[i].id, plain[i].id);
            CHECK_NEAR(again[i].score, plain[i].score, 0);
        }
    }
    CHECK(att_kept_count(s.kept).used >= 15);
    CHECK_EQ(att_kept_count(s.kept).used + att_kept_count(s.kept).searched, 40);
    close_scene(&s);
}

static double recall_of(scene *s, const float *query, const att_filter *filter, const att_hit *hits)
{
    att_hit exact[TOP];
    size_t count, right = 0;
    CHECK_OK(att_index_top_exact(s->index, s->search, query, filter, TOP, exact, &count, NULL));
    for (size_t i = 0; i < count; i++)
        for (size_t e = 0; e < count; e++)
            right += hits[i].id == exact[e].id;
    return (double)right / (double)count;
}

// Near moves are answered from the list as well as by a search; far ones are searched for.
CHECK_TEST(a_moved_question_loses_nothing)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, 1 << 20);
    double listed = 0, searched = 0;
    uint64_t used[2] = {0};
    for (uint64_t i = 0; i < 60; i++) {
        float query[DIM];
        att_hit hits[TOP], plain[TOP];
        size_t count;
        world_draw(&s.w, query);
        CHECK_EQ(ask(&s, i, query, NULL, hits), TOP);
        for (int far = 0; far < 2; far++) {
            for (int d = 0; d < DIM; d++)
                query[d] += (float)((far ? 0.5 : 1e-5) * att_rng_normal(&s.w.rng));
            const uint64_t before = att_kept_count(s.kept).used;
            CHECK_EQ(ask(&s, i, query, NULL, hits), TOP);
            used[far] += att_kept_count(s.kept).used - before;
            CHECK_OK(att_index_top(s.index, s.search, query, NULL, TOP, TOP + 32, plain, &count, NULL));
            listed += recall_of(&s, query, NULL, hits);
            searched += recall_of(&s, query, NULL, plain);
            for (int k = 0; k < TOP && far; k++)
                CHECK_EQ(hits[k].id, plain[k].id);
            for (int k = 0; k < TOP; k++) // products with the query as it is now
                CHECK_NEAR(hits[k].score, att_kernels_best()->dot_f32(att_index_vector(s.index, hits[k].id), query, DIM), 1e-4);
        }
    }
    CHECK(used[0] > 40);
    CHECK_EQ(used[1], 0);
    CHECK_NEAR(listed, searched, 0.2);
    CHECK(listed / 120 > 0.98);
    close_scene(&s);
}

CHECK_TEST(what_comes_later_is_found_and_what_goes_is_not)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, 1 << 20);
    float query[DIM], best[DIM];
    att_hit hits[TOP];
    world_draw(&s.w, query);
    CHECK_EQ(ask(&s, 1, query, NULL, hits), TOP);
    const uint32_t gone = hits[0].id, id = COUNT + 7;
    CHECK_OK(att_index_remove(s.index, gone, NULL));
    for (int d = 0; d < DIM; d++)
        best[d] = 2 * query[d];
    CHECK_OK(att_index_add(s.index, &id, best, 1, 1, NULL));
    CHECK_EQ(ask(&s, 1, query, NULL, hits), TOP);
    CHECK_EQ(att_kept_count(s.kept).used, 1);
    CHECK_EQ(hits[0].id, id);
    for (int i = 0; i < TOP; i++)
        CHECK(hits[i].id != gone);
    close_scene(&s);
}

// A slot that the list names may mean another item by then.
CHECK_TEST(a_slot_that_is_used_again_ends_the_lists_from_before)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, 1 << 20);
    float query[DIM], drawn[DIM];
    att_hit hits[TOP], plain[TOP];
    size_t count;
    world_draw(&s.w, query);
    CHECK_EQ(ask(&s, 1, query, NULL, hits), TOP);
    const uint64_t before = s.index->reused;
    for (uint32_t i = 0; i < COUNT && s.index->reused == before; i++) { // until a dead slot is free, and taken
        world_draw(&s.w, drawn);
        CHECK_OK(att_index_remove(s.index, i, NULL));
        CHECK_OK(att_index_add(s.index, &i, drawn, 1, 1, NULL));
    }
    CHECK(s.index->reused > before);
    CHECK_EQ(ask(&s, 1, query, NULL, hits), TOP);
    CHECK_EQ(att_kept_count(s.kept).used, 0);
    CHECK_OK(att_index_top(s.index, s.search, query, NULL, TOP, TOP + 32, plain, &count, NULL));
    for (int i = 0; i < TOP; i++)
        CHECK_EQ(hits[i].id, plain[i].id);
    close_scene(&s);
}

CHECK_TEST(memory_has_its_bound_and_the_lately_asked_stay)
{
    CHECK_BEGIN();
    enum { PEOPLE = 300, BYTES = 64 << 10 };
    scene s;
    open_scene(&s, BYTES);
    float *queries = world_draw_many(&s.w, PEOPLE);
    att_hit hits[TOP];
    for (uint64_t p = 0; p < PEOPLE; p++) {
        CHECK_EQ(ask(&s, p, queries + p * DIM, NULL, hits), TOP);
        CHECK(att_kept_bytes(s.kept) < BYTES + 8192);
    }
    CHECK_EQ(att_kept_count(s.kept).used, 0);
    CHECK_EQ(ask(&s, PEOPLE - 1, queries + (PEOPLE - 1) * DIM, NULL, hits), TOP);
    CHECK_EQ(att_kept_count(s.kept).used, 1);
    CHECK_EQ(ask(&s, 0, queries, NULL, hits), TOP);
    CHECK_EQ(att_kept_count(s.kept).used, 1);
    free(queries);
    close_scene(&s);
    open_scene(&s, 1); // none fits
    float query[DIM];
    world_draw(&s.w, query);
    for (int i = 0; i < 2; i++)
        CHECK_EQ(ask(&s, 1, query, NULL, hits), TOP);
    CHECK_EQ(att_kept_count(s.kept).used, 0);
    close_scene(&s);
}

// A list is a help, not a need.
CHECK_TEST(without_memory_for_lists_the_answer_is_the_same)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, 1 << 20);
    float query[DIM];
    att_hit hits[TOP], plain[TOP];
    size_t count;
    world_draw(&s.w, query);
    CHECK_OK(att_index_top(s.index, s.search, query, NULL, TOP, TOP + 32, plain, &count, NULL));
    for (uint64_t fail_at = 1; fail_at < 6; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        const att_host host = check_host(&heap);
        att_kept *kept = NULL;
        if (att_kept_create(&kept, 1 << 20, &host, NULL)) {
            CHECK(!kept);
            CHECK(fail_at <= 2);
            CHECK_EQ(heap.bytes_live, 0);
            continue;
        }
        for (int i = 0; i < 2; i++) {
            CHECK_OK(att_kept_top(kept, 1, s.index, s.search, query, NULL, TOP, TOP + 32, hits, &count, NULL));
            for (int k = 0; k < TOP; k++)
                CHECK_EQ(hits[k].id, plain[k].id);
        }
        CHECK_EQ(att_kept_count(kept).used, fail_at > 3); // the third is the list's
        att_kept_destroy(kept);
        CHECK_EQ(heap.bytes_live, 0);
    }
    close_scene(&s);
}

typedef struct asking {
    scene *s;
    const float *queries;
    uint64_t seed;
    bool right;
    pthread_t thread;
} asking;

enum { SHARED = 8 };

static void *ask_many(void *user)
{
    asking *a = user;
    att_search *search = NULL;
    att_rng rng = att_rng_seed(a->seed);
    a->right = !att_search_create(&search, NULL, NULL);
    for (int i = 0; i < 200 && a->right; i++) {
        const uint64_t whose = att_rng_below(&rng, SHARED);
        const float *query = a->queries + whose * DIM;
        att_hit hits[TOP], plain[TOP];
        size_t found, count;
        a->right = !att_kept_top(a->s->kept, whose, a->s->index, search, query, NULL, TOP, TOP + 32, hits, &found, NULL) &&
                   !att_index_top(a->s->index, search, query, NULL, TOP, TOP + 32, plain, &count, NULL) && found == count &&
                   memcmp(hits, plain, sizeof hits) == 0;
    }
    att_search_destroy(search);
    return NULL;
}

CHECK_TEST(threads_share_the_lists)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, 16 << 10); // so that they also push each other out
    float *queries = world_draw_many(&s.w, SHARED);
    asking a[3];
    for (uint64_t t = 0; t < 3; t++) {
        a[t] = (asking){.s = &s, .queries = queries, .seed = t};
        CHECK_EQ(pthread_create(&a[t].thread, NULL, ask_many, &a[t]), 0);
    }
    for (int t = 0; t < 3; t++) {
        pthread_join(a[t].thread, NULL);
        CHECK(a[t].right);
    }
    const att_kept_counts counts = att_kept_count(s.kept);
    CHECK_EQ(counts.used + counts.searched, 600);
    CHECK(counts.used > 0);
    free(queries);
    close_scene(&s);
}

CHECK_MAIN(CHECK_CASE(the_same_question_has_the_answer_of_the_search_to_the_bit), CHECK_CASE(a_moved_question_loses_nothing),
    CHECK_CASE(what_comes_later_is_found_and_what_goes_is_not), CHECK_CASE(a_slot_that_is_used_again_ends_the_lists_from_before),
    CHECK_CASE(memory_has_its_bound_and_the_lately_asked_stay), CHECK_CASE(without_memory_for_lists_the_answer_is_the_same),
    CHECK_CASE(threads_share_the_lists))
