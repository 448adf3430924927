// SPDX-License-Identifier: Apache-2.0
#include "check.h"
#include "embed/model_parts.h"
#include "world.h"

#include <math.h>

#define ITEMS 80
#define KINDS 4

// Item i is of kind i % KINDS and says so in a tag, unless it is bare.
typedef struct shelf {
    att_text tags[ITEMS][2];
    att_item items[ITEMS];
    bool bare[ITEMS];
} shelf;

static const char *const kind_tags[KINDS] = {"Jazz", "Metal", "Folk", "Techno"};

static void fill_shelf(shelf *s)
{
    memset(s, 0, sizeof *s);
    for (uint32_t i = 0; i < ITEMS; i++) {
        s->tags[i][0] = att_text_of(kind_tags[i % KINDS]);
        s->tags[i][1] = att_text_of(i % 2 ? "odd" : "even");
        s->items[i] = (att_item){.tags = s->tags[i],
            .tag_count = 2,
            .medium = ATT_LIT("music"),
            .title = ATT_LIT("A Song of the Night")};
    }
}

static const att_item *item_of(void *user, uint32_t item)
{
    const shelf *s = user;
    return s->bare[item] ? NULL : &s->items[item];
}

// Items from `first_hidden` on have no preferences.
static att_matrix world_without(uint32_t first_hidden, const att_host *host)
{
    att_matrix m = world_matrix(200, first_hidden, KINDS, 20, 3, host);
    m.cols = ITEMS;
    return m;
}

static att_model *train(shelf *s, const char *kind, const att_host *host)
{
    att_matrix m = world_without(60, host);
    const att_model_input input = {.preferences = &m, .item_of = item_of, .item_user = s};
    const att_train_options options = {.seed = 5, .threads = 2, .kind = kind, .dim = 16};
    att_train_report report;
    att_model *model = NULL;
    att_error err = {0};
    CHECK_OK_ERR(att_model_train(&model, &input, &options, &report, host, &err), &err);
    att_matrix_deinit(&m, host);
    return model;
}

// Mean score of the hidden items of a kind for somebody who likes that kind.
static double mean_score(const att_model *model, att_fold *fold, uint32_t kind)
{
    double sum = 0;
    for (uint32_t i = 60; i < ITEMS; i++) {
        float score;
        CHECK_OK(att_model_score(model, fold, &i, NULL, 1, &score, NULL));
        sum += i % KINDS == kind ? score : 0;
    }
    return sum;
}

static void untouched_items_find_their_people(const char *kind, double times)
{
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    static shelf s;
    fill_shelf(&s);
    att_model *model = train(&s, kind, &host);
    att_fold *fold = NULL;
    CHECK_OK(att_fold_create(&fold, &host, NULL));
    for (uint32_t likes = 0; likes < KINDS; likes++) {
        att_fold_item history[5];
        for (uint32_t k = 0; k < 5; k++)
            history[k] = (att_fold_item){k * KINDS + likes, 1, NULL};
        CHECK_OK(att_model_fold(model, fold, history, 5, NULL, NULL));
        for (uint32_t other = 0; other < KINDS; other++)
            if (other != likes)
                CHECK(mean_score(model, fold, likes) > times * mean_score(model, fold, other));
    }
    att_fold_destroy(fold);
    att_model_destroy(model);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(items_nobody_touched_score_by_what_they_are)
{
    CHECK_BEGIN();
    untouched_items_find_their_people("als", 5);
    untouched_items_find_their_people("ease", 1.5); // whose vectors are those of the defaults, no search was made for them
    untouched_items_find_their_people("blend", 5);
}

CHECK_TEST(a_new_item_is_placed_like_its_kind_and_after_loading_alike)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    static shelf s;
    fill_shelf(&s);
    att_model *model = train(&s, "als", &host), *loaded = NULL;
    att_error err = {0};
    CHECK_OK_ERR(att_model_save(model, 1, check_path("content.snap"), &err), &err);
    CHECK_OK_ERR(att_model_load(&loaded, check_path("content.snap"), &host, &err), &err);
    att_arena scratch;
    att_arena_init(&scratch, &host, 0);
    const att_text tags[] = {ATT_LIT("techno")}; // case does not matter
    const att_item item = {.tags = tags, .tag_count = 1};
    float vector[16], again[16];
    CHECK(att_model_place(model, &item, vector, &scratch));
    CHECK(att_model_place(loaded, &item, again, &scratch));
    CHECK(memcmp(vector, again, sizeof vector) == 0);
    double same = 0, other = 0;
    for (uint32_t i = 60; i < ITEMS; i++) {
        const float *v = att_model_item_vector(model, i);
        CHECK(v != NULL);
        double dot = 0;
        for (size_t j = 0; j < 16; j++)
            dot += (double)v[j] * vector[j];
        *(i % KINDS == 3 ? &same : &other) += dot;
    }
    CHECK(same > other);
    const att_item unknown = {.title = ATT_LIT("zzz")};
    CHECK(!att_model_place(model, &unknown, vector, &scratch));
    att_arena_deinit(&scratch);
    att_model_destroy(model);
    att_model_destroy(loaded);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(items_without_body_or_people_have_no_vector)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    static shelf s;
    fill_shelf(&s);
    s.bare[70] = s.bare[5] = true;
    att_model *model = train(&s, "als", &host);
    CHECK(att_model_item_vector(model, 70) == NULL);
    CHECK(att_model_item_vector(model, 71) != NULL);
    CHECK(att_model_item_vector(model, 5) != NULL); // people place it
    CHECK(att_model_item_vector(model, ITEMS) == NULL);
    att_model_destroy(model);
}

CHECK_MAIN(CHECK_CASE(items_nobody_touched_score_by_what_they_are),
    CHECK_CASE(a_new_item_is_placed_like_its_kind_and_after_loading_alike),
    CHECK_CASE(items_without_body_or_people_have_no_vector))
