// SPDX-License-Identifier: Apache-2.0
// tests/retrieve/test_reach.c - long answers from a part of the blocks are those of a scan of all.
#include "world.h"

#include "retrieve/scan.h"

enum { COUNT = 12000, DIM = 16, TOP = 150, QUERIES = 40 };

typedef struct scene {
    world w;
    float *vectors;
    uint32_t *ids;
    att_index *index;
    att_search *search;
} scene;

static void open_scene(scene *s, att_index_form form, bool arranged)
{
    s->w = world_create(DIM, 24, 0.6, 61);
    float *drawn = world_draw_many(&s->w, COUNT);
    s->vectors = malloc(COUNT * DIM * sizeof *s->vectors);
    s->ids = malloc(COUNT * sizeof *s->ids);
    uint32_t *order = malloc(COUNT * sizeof *order);
    for (uint32_t i = 0; i < COUNT; i++)
        order[i] = i;
    if (arranged)
        CHECK_OK(att_index_arrange(drawn, COUNT, DIM, 5, order, NULL, NULL));
    for (uint32_t i = 0; i < COUNT; i++) {
        s->ids[i] = order[i];
        memcpy(s->vectors + i * DIM, drawn + order[i] * DIM, DIM * sizeof *drawn);
    }
    s->index = NULL;
    s->search = NULL;
    const att_index_options options = {.dim = DIM, .form = form, .links = 4, .build_width = 8};
    CHECK_OK(att_index_create(&s->index, &options, NULL, NULL));
    CHECK_OK(att_index_add(s->index, s->ids, s->vectors, COUNT, 1, NULL));
    CHECK_OK(att_search_create(&s->search, NULL, NULL));
    free(drawn);
    free(order);
}

static void close_scene(scene *s)
{
    att_search_destroy(s->search);
    att_index_destroy(s->index);
    free(s->vectors);
    free(s->ids);
    free(s->w.centres);
}

static void learn(scene *s)
{
    float *queries = world_draw_many(&s->w, 64);
    CHECK_OK(att_index_learn_reach(s->index, queries, 64, 2 * TOP, NULL));
    free(queries);
}

// Share of the exact answer that the scan by reach has.
static double recall(scene *s, const att_filter *filter)
{
    size_t right = 0, wanted = 0;
    for (int q = 0; q < QUERIES; q++) {
        float query[DIM];
        att_hit exact[TOP], hits[TOP];
        size_t exact_count, count;
        world_draw(&s->w, query);
        CHECK_OK(att_index_top_exact(s->index, s->search, query, filter, TOP, exact, &exact_count, NULL));
        CHECK_OK(att_index_scan_top(s->index, s->search, query, filter, COUNT, TOP, hits, &count, NULL));
        CHECK_EQ(count, exact_count);
        for (size_t i = 0; i < count; i++)
            for (size_t e = 0; e < exact_count; e++)
                right += hits[i].id == exact[e].id;
        wanted += exact_count;
    }
    return (double)right / (double)wanted;
}

CHECK_TEST(an_arrangement_has_everybody_once_and_makes_blocks_tight)
{
    CHECK_BEGIN();
    double sums[2] = {0};
    for (int arranged = 0; arranged < 2; arranged++) {
        scene s;
        open_scene(&s, ATT_INDEX_F32, arranged);
        bool *met = calloc(COUNT, sizeof *met);
        for (uint32_t i = 0; i < COUNT; i++) {
            CHECK(!met[s.ids[i]]);
            met[s.ids[i]] = true;
        }
        att_index_settle_reaches(s.index);
        for (size_t b = 0; b < att_blocks_of(COUNT); b++)
            sums[arranged] += (double)s.index->reaches[b];
        free(met);
        close_scene(&s);
    }
    CHECK(sums[1] < 0.6 * sums[0]);
}

CHECK_TEST(without_a_doubt_nothing_is_lost)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, ATT_INDEX_F32, true);
    learn(&s);
    CHECK(s.index->share < 1);
    s.index->doubt = 0;
    CHECK_NEAR(recall(&s, NULL), 1, 0);
    close_scene(&s);
}

CHECK_TEST(what_was_learned_loses_little_and_passes_over_most)
{
    CHECK_BEGIN();
    for (int form = ATT_INDEX_F32; form <= ATT_INDEX_I8; form++) {
        scene s;
        open_scene(&s, (att_index_form)form, true);
        learn(&s);
        CHECK(s.index->doubt > 0.1F);
        CHECK(s.index->share < 0.6F);
        CHECK(recall(&s, NULL) > 0.99);
        close_scene(&s);
    }
}

CHECK_TEST(the_excluded_do_not_make_it_short)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, ATT_INDEX_I8, true);
    learn(&s);
    uint32_t exclude[COUNT / 50];
    for (uint32_t i = 0; i < COUNT / 50; i++)
        exclude[i] = i * 50;
    const att_filter filter = {.eligible = SIZE_MAX, .exclude = exclude, .exclude_count = COUNT / 50};
    CHECK(recall(&s, &filter) > 0.98);
    close_scene(&s);
}

// A few are asked for, and the excluded stand above them: as far down as a long answer goes.
CHECK_TEST(a_short_answer_below_the_excluded_loses_little)
{
    CHECK_BEGIN();
    enum { SHORT = 30, MET = 200 };
    scene s;
    open_scene(&s, ATT_INDEX_I8, true);
    learn(&s);
    size_t right = 0;
    for (int q = 0; q < QUERIES; q++) {
        float query[DIM];
        att_hit met[MET], exact[SHORT], hits[SHORT];
        uint32_t exclude[MET];
        size_t count, met_count = 0;
        world_draw(&s.w, query);
        CHECK_OK(att_index_top_exact(s.index, s.search, query, NULL, MET, met, &count, NULL));
        for (uint32_t id = 0; id < COUNT; id++)
            for (size_t m = 0; m < count; m++)
                if (met[m].id == id)
                    exclude[met_count++] = id;
        const att_filter filter = {.eligible = SIZE_MAX, .exclude = exclude, .exclude_count = met_count};
        CHECK_OK(att_index_top_exact(s.index, s.search, query, &filter, SHORT, exact, &count, NULL));
        CHECK_OK(att_index_scan_top(s.index, s.search, query, &filter, COUNT, SHORT, hits, &count, NULL));
        CHECK_EQ(count, SHORT);
        for (size_t i = 0; i < count; i++)
            for (size_t e = 0; e < SHORT; e++)
                right += hits[i].id == exact[e].id;
    }
    CHECK((double)right / (QUERIES * SHORT) > 0.98);
    close_scene(&s);
}

// Alike are so many that those within reach are cut off among them.
CHECK_TEST(ties_at_the_end_go_to_the_lower_id)
{
    CHECK_BEGIN();
    enum { ALIKE = 2 * TOP };
    scene s;
    open_scene(&s, ATT_INDEX_F32, true);
    learn(&s);
    CHECK(s.index->share < 1);
    float far[DIM];
    att_hit hits[TOP];
    size_t count;
    world_draw(&s.w, far);
    for (int d = 0; d < DIM; d++)
        far[d] *= 30;
    for (uint32_t i = ALIKE; i-- > 0;) { // the higher id has the lower slot
        const uint32_t id = COUNT + i;
        CHECK_OK(att_index_add(s.index, &id, far, 1, 1, NULL));
    }
    CHECK_OK(att_index_scan_top(s.index, s.search, far, NULL, COUNT + ALIKE, TOP, hits, &count, NULL));
    CHECK_EQ(count, TOP);
    for (uint32_t i = 0; i < count; i++)
        CHECK_EQ(hits[i].id, COUNT + i);
    close_scene(&s);
}

// A block's reach grows with what is put into it later.
CHECK_TEST(a_vector_added_later_is_found)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, ATT_INDEX_I8, true);
    learn(&s);
    for (int round = 0; round < 20; round++) {
        float far[DIM];
        att_hit hits[TOP];
        size_t count;
        const uint32_t id = COUNT + (uint32_t)round % 3; // new, and replaced
        world_draw(&s.w, far);
        for (int d = 0; d < DIM; d++)
            far[d] *= 30;
        CHECK_OK(att_index_add(s.index, &id, far, 1, 1, NULL));
        CHECK_OK(att_index_scan_top(s.index, s.search, far, NULL, COUNT, TOP, hits, &count, NULL));
        CHECK_EQ(hits[0].id, id);
    }
    close_scene(&s);
}

CHECK_TEST(what_was_learned_is_in_the_file)
{
    CHECK_BEGIN();
    scene s;
    att_index *loaded = NULL;
    open_scene(&s, ATT_INDEX_I8, true);
    learn(&s);
    CHECK_OK(att_index_save(s.index, check_path("reach.index"), NULL));
    CHECK_OK(att_index_load(&loaded, check_path("reach.index"), NULL, NULL));
    CHECK_NEAR(loaded->doubt, s.index->doubt, 0);
    CHECK_NEAR(loaded->share, s.index->share, 0);
    for (int q = 0; q < 10; q++) {
        float query[DIM];
        att_hit a[TOP], b[TOP];
        size_t a_count, b_count;
        world_draw(&s.w, query);
        CHECK_OK(att_index_scan_top(s.index, s.search, query, NULL, COUNT, TOP, a, &a_count, NULL));
        CHECK_OK(att_index_scan_top(loaded, s.search, query, NULL, COUNT, TOP, b, &b_count, NULL));
        CHECK_EQ(a_count, b_count);
        CHECK(memcmp(a, b, a_count * sizeof *a) == 0);
    }
    att_index_destroy(loaded);
    close_scene(&s);
}

// True when no allocation failed.
static bool learn_with_failure(check_heap *heap, uint64_t fail_at)
{
    enum { FEW = 2000 };
    const att_host host = check_host(heap);
    world w = world_create(DIM, 4, 0.3, 62);
    float *vectors = world_draw_many(&w, FEW);
    static uint32_t order[FEW];
    att_index *index = NULL;
    const att_index_options options = {.dim = DIM, .form = ATT_INDEX_I8, .links = 4, .build_width = 8};
    CHECK_OK(att_index_create(&index, &options, &host, NULL));
    for (uint32_t i = 0; i < FEW; i++)
        order[i] = i;
    CHECK_OK(att_index_add(index, order, vectors, FEW, 1, NULL));
    heap->fail_at = fail_at;
    att_status status = att_index_arrange(vectors, FEW, DIM, 1, order, &host, NULL);
    if (!status)
        status = att_index_learn_reach(index, vectors, 8, 50, NULL);
    CHECK(status == ATT_OK || status == ATT_NO_MEMORY);
    heap->fail_at = 0;
    att_index_destroy(index);
    CHECK_EQ(heap->bytes_live, 0);
    free(vectors);
    free(w.centres);
    return status == ATT_OK;
}

CHECK_TEST(memory_running_out_while_learning_is_a_status)
{
    CHECK_BEGIN();
    uint64_t fail_at = 1;
    while (!learn_with_failure(&(check_heap){0}, fail_at))
        fail_at++;
    CHECK(fail_at > 8);
}

CHECK_MAIN(CHECK_CASE(an_arrangement_has_everybody_once_and_makes_blocks_tight),
    CHECK_CASE(without_a_doubt_nothing_is_lost), CHECK_CASE(what_was_learned_loses_little_and_passes_over_most),
    CHECK_CASE(the_excluded_do_not_make_it_short), CHECK_CASE(a_short_answer_below_the_excluded_loses_little),
    CHECK_CASE(ties_at_the_end_go_to_the_lower_id), CHECK_CASE(a_vector_added_later_is_found),
    CHECK_CASE(what_was_learned_is_in_the_file), CHECK_CASE(memory_running_out_while_learning_is_a_status))
