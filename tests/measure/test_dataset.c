// SPDX-License-Identifier: Apache-2.0
// Preferences and items added one by one, the dense table, and MovieLens folders.
#include "check.h"
#include "measure/dataset.h"

#include <math.h>
#include <sys/stat.h>

static att_dataset *empty(void)
{
    att_dataset *dataset;
    CHECK_OK(att_dataset_create(&dataset, "test", NULL, NULL));
    return dataset;
}

static void add(
    att_dataset *dataset, const char *user, const char *item, int64_t at_ms, double weight)
{
    CHECK_OK(att_dataset_add(dataset, att_text_of(user), att_text_of(item), at_ms, weight, NULL));
}

CHECK_TEST(doubles_are_merged_and_the_later_counts)
{
    CHECK_BEGIN();
    att_dataset *dataset = empty();
    att_arena life;
    att_table table;
    const att_host host = att_host_default();
    att_arena_init(&life, &host, 0);
    add(dataset, "ann", "x", 50, 1.0);
    add(dataset, "ann", "y", 20, 2.0);
    add(dataset, "ann", "x", 10, 3.0); // earlier: does not count
    add(dataset, "bo", "z", 5, 1.0);
    add(dataset, "cy", "x", 7, 1.0);
    add(dataset, "cy", "y", 7, 4.0);
    add(dataset, "cy", "y", 7, 5.0); // same moment: the one added last
    CHECK_OK(att_table_build(&table, dataset, 2, &life, NULL));
    CHECK_EQ(table.users, 2);
    CHECK_EQ(table.users_short, 1);
    CHECK_EQ(table.items, 2); // z had nobody but bo
    CHECK_EQ(table.count, 4);
    CHECK_TEXT(att_table_user_name(&table, 1), "cy");
    // ann by time: y at 20, x at 50
    CHECK_TEXT(att_table_item_name(&table, table.item[0]), "y");
    CHECK_EQ(table.at_ms[1], 50);
    CHECK_NEAR(table.weight[1], 1.0, 0);
    CHECK_NEAR(table.weight[3], 5.0, 0);
    att_arena_deinit(&life);
    att_dataset_destroy(dataset);
}

CHECK_TEST(tags_are_numbered_by_item_without_doubles)
{
    CHECK_BEGIN();
    att_dataset *dataset = empty();
    att_arena life;
    att_table table;
    const att_host host = att_host_default();
    att_arena_init(&life, &host, 0);
    char word[] = "calm";
    const att_text tags[] = {att_text_of("loud"), att_text_of(word), att_text_of("loud")};
    const att_item item = {.id = att_text_of("x"), .tags = tags, .tag_count = 3};
    CHECK_OK(att_dataset_item(dataset, &item, NULL));
    word[0] = '?'; // the dataset keeps its own copy
    add(dataset, "ann", "x", 1, 1.0);
    add(dataset, "ann", "y", 2, 1.0);
    CHECK_OK(att_table_build(&table, dataset, 1, &life, NULL));
    CHECK_EQ(table.tag_start[1] - table.tag_start[0], 2);
    CHECK_EQ(table.tag_start[2] - table.tag_start[1], 0);
    CHECK_EQ(table.tag_count, 2);
    CHECK_TEXT(att_table_body(&table, 0)->tags[1], "calm");
    CHECK(att_table_body(&table, 1) == NULL);
    att_dataset_info info;
    att_dataset_info_get(dataset, &info);
    CHECK_EQ(info.described, 1);
    CHECK_EQ(info.items, 2);
    CHECK_EQ(info.last_ms, 2);
    att_arena_deinit(&life);
    att_dataset_destroy(dataset);
}

CHECK_TEST(what_is_not_valid_is_refused)
{
    CHECK_BEGIN();
    att_dataset *dataset = empty();
    att_arena life;
    att_table table;
    att_error err;
    const att_host host = att_host_default();
    const att_text a = att_text_of("a"), none = att_text_of("");
    att_arena_init(&life, &host, 0);
    CHECK_FAILS(att_dataset_add(dataset, none, a, 1, 1, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "\"user\"");
    CHECK_FAILS(att_dataset_add(dataset, a, none, 1, 1, &err), ATT_INVALID);
    CHECK_FAILS(att_dataset_add(dataset, a, a, 1, 0, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "\"weight\"");
    CHECK_FAILS(att_dataset_add(dataset, a, a, 1, (double)NAN, &err), ATT_INVALID);
    CHECK_FAILS(att_dataset_add(dataset, a, a, 1, 1e300, &err), ATT_INVALID);
    CHECK_FAILS(att_dataset_item(dataset, &(att_item){0}, &err), ATT_INVALID);
    CHECK_FAILS(att_table_build(&table, dataset, 1, &life, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "no preferences");
    add(dataset, "a", "a", 1, 1);
    CHECK_FAILS(att_table_build(&table, dataset, 2, &life, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "nobody");
    att_arena_deinit(&life);
    att_dataset_destroy(dataset);
    att_dataset_destroy(NULL);
}

static const char *folder_with(const char *movies, const char *ratings)
{
    const char *folder = check_path("ml");
    mkdir(folder, 0777);
    check_write_file(check_path("ml/movies.csv"), movies, strlen(movies));
    check_write_file(check_path("ml/ratings.csv"), ratings, strlen(ratings));
    return folder;
}

#define MOVIES                                                                                     \
    "movieId,title,genres\r\n1,Toy Story (1995),Adventure|Comedy\r\n2,\"Say, \"\"Hi\"\" "          \
    "(2001)\",(no genres listed)\r\n"
#define RATINGS "userId,movieId,rating,timestamp\n7,1,4.0,100\n7,2,3.5,200\n8,2,5.0,300"

CHECK_TEST(a_movielens_folder_is_read)
{
    CHECK_BEGIN();
    att_dataset *dataset;
    att_error err;
    CHECK_OK_ERR(
        att_dataset_movielens(&dataset, folder_with(MOVIES, RATINGS), 4.0, NULL, &err), &err);
    att_dataset_info info;
    att_dataset_info_get(dataset, &info);
    CHECK_STR(info.name, "ml");
    CHECK_EQ(info.preferences, 2);
    CHECK_EQ(info.users, 2);
    CHECK_EQ(info.described, 2);
    CHECK_EQ(info.first_ms, 100000);
    const att_item *toys = dataset->bodies.items[0], *hi = dataset->bodies.items[1];
    CHECK_EQ(toys->tag_count, 2);
    CHECK_TEXT(toys->tags[1], "Comedy");
    CHECK(toys->published_at_ms > 788918400000 &&
          toys->published_at_ms < 820454400000); // within 1995
    CHECK_TEXT(hi->title, "Say, \"Hi\" (2001)");
    CHECK_EQ(hi->tag_count, 0);
    att_dataset_destroy(dataset);
}

CHECK_TEST(a_bad_movielens_line_is_named)
{
    CHECK_BEGIN();
    static const struct {
        const char *movies, *ratings, *story;
    } cases[] = {
        {"movieId,name,genres\n", RATINGS,
            "movies.csv:1: field \"column head\" is \"name\", expected title"},
        {"", RATINGS, "movies.csv is empty"},
        {"movieId,title,genres\n1,\"open,x\n", RATINGS, "movies.csv:2: a quote is not closed"},
        {"movieId,title,genres\n1,x\n", RATINGS, "movies.csv:2: expected 3 fields"},
        {"movieId,title,genres\n1,x,y,z\n", RATINGS, "movies.csv:2: expected 3 fields"},
        {"movieId,title,genres\n,x,y\n", RATINGS, "movies.csv:2: field \"id\""},
        {MOVIES, "userId,movieId,rating,timestamp\n1,1,five,3\n",
            "ratings.csv:2: field \"rating\" is \"five\""},
        {MOVIES, "userId,movieId,rating,timestamp\n1,1,5,x\n",
            "ratings.csv:2: field \"timestamp\""},
        {MOVIES, "userId,movieId,rating,timestamp\n1,1,5,-3\n",
            "ratings.csv:2: field \"timestamp\""},
        {MOVIES, "userId,movieId,rating,timestamp\n,1,5,3\n", "ratings.csv:2: field \"user\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        att_dataset *dataset;
        att_error err = {0};
        CHECK_FAILS(att_dataset_movielens(
                        &dataset, folder_with(cases[i].movies, cases[i].ratings), 4.0, NULL, &err),
            ATT_INVALID);
        CHECK_HOLDS(err.text, cases[i].story);
        CHECK(dataset == NULL);
    }
    att_dataset *dataset;
    CHECK_FAILS(
        att_dataset_movielens(&dataset, check_path("nowhere"), 4.0, NULL, NULL), ATT_NOT_FOUND);
}

CHECK_TEST(memory_may_run_out_anywhere)
{
    CHECK_BEGIN();
    const char *folder = folder_with(MOVIES, RATINGS);
    att_status status = ATT_NO_MEMORY;
    uint64_t fail_at = 1;
    for (; status == ATT_NO_MEMORY && fail_at < 200; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        const att_host host = check_host(&heap);
        att_dataset *dataset;
        status = att_dataset_movielens(&dataset, folder, 4.0, &host, NULL);
        if (!status) {
            att_arena life;
            att_table table;
            heap.fail_at = 0;
            att_arena_init(&life, &host, 0);
            CHECK_OK(att_table_build(&table, dataset, 1, &life, NULL));
            att_arena_deinit(&life);
            for (uint64_t later = 1; later < 12; later++) {
                heap.fail_at = later;
                att_arena_init(&life, &host, 0);
                const att_status again = att_table_build(&table, dataset, 1, &life, NULL);
                CHECK(again == ATT_OK || again == ATT_NO_MEMORY);
                att_arena_deinit(&life);
            }
            att_dataset_destroy(dataset);
        }
        CHECK_EQ(heap.bytes_live, 0);
    }
    CHECK_EQ(status, ATT_OK);
    CHECK(fail_at > 8);
}

CHECK_MAIN(CHECK_CASE(doubles_are_merged_and_the_later_counts),
    CHECK_CASE(tags_are_numbered_by_item_without_doubles), CHECK_CASE(what_is_not_valid_is_refused),
    CHECK_CASE(a_movielens_folder_is_read), CHECK_CASE(a_bad_movielens_line_is_named),
    CHECK_CASE(memory_may_run_out_anywhere))
