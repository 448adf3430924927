// SPDX-License-Identifier: Apache-2.0
// A folder of MovieLens arrives whole: films with their tags, ratings as events; by hand, cut off anywhere, and the small one counted.
#include "shelf.h"

#include <sys/stat.h>

static void write_text(const char *path, const char *text)
{
    check_write_file(path, text, strlen(text));
}

static const char tags_csv[] =
    "userId,movieId,tag,timestamp\n1,3,Funny,1\n2,3,funny,2\n2,3,drama,2\n2,3,aaa,2\n\"x";

CHECK_TEST(a_small_movielens_folder_by_hand)
{
    CHECK_BEGIN();
    shelf s;
    shelf_init(&s);
    att_import_report report;
    att_error err;
    mkdir(check_path("ml"), 0700);
    write_text(check_path("ml/movies.csv"), "movieId,title,genres\n"
                                            "1,\"American President, The (1995)\",Comedy|Drama\n"
                                            "2,No Year,(no genres listed)\n"
                                            "3,\"He said \"\"hi\"\" (1970)\",Drama\n");
    write_text(check_path("ml/ratings.csv"),
        "userId,movieId,rating,timestamp\n1,1,4.0,964982703\n1,3,0.5,964982704\nx,3,bad,1\n");
    write_text(check_path("ml/tags.csv"), tags_csv);
    CHECK_OK_ERR(import_with(&s, check_path("ml/"), NULL, &report, &err), &err);
    CHECK_EQ(report.items, 3);
    CHECK_EQ(report.events, 2);
    CHECK_EQ(report.rejected, 2);
    CHECK_NEAR(s.value_sum, 4.5, 1e-9);
    CHECK_STR(s.last_item, "He said \"hi\" (1970)");
    CHECK_STR(s.last_tags, "Drama;funny;aaa;");
    CHECK_EQ(s.last_published, 15638400000); // 1970-07-01
    CHECK(att_names_find(&s.events, ATT_LIT("ml-1-1-964982703")) != ATT_NO_INDEX);
    char *rejects = check_read_file(check_path("ml.rejects.ndjson"), NULL);
    CHECK_HOLDS(rejects, "tags.csv\",\"line\":6,\"field\":\"\",\"reason\":\"column 1: found a "
                         "quote that is never closed");
    CHECK_HOLDS(rejects, "ratings.csv\",\"line\":4,\"field\":\"value\"");
    free(rejects);
    CHECK_OK_ERR(import_with(&s, check_path("ml"), NULL, &report, &err), &err);
    CHECK_EQ(report.items + report.events + report.duplicates + report.rejected, 0);
    CHECK_EQ(count_lines(check_path("ml.rejects.ndjson")), 2);
    // New words about a film bring the film again, and the ratings stay where they are.
    usleep(20000);
    write_text(check_path("ml/tags.csv"), "userId,movieId,tag,timestamp\n1,3,late,1\n");
    CHECK_OK_ERR(import_with(&s, check_path("ml"), NULL, &report, &err), &err);
    CHECK_EQ(report.items, 3);
    CHECK_EQ(report.events + report.duplicates, 0);
    CHECK_STR(s.last_tags, "Drama;late;");
    shelf_deinit(&s);
}

CHECK_TEST(a_movielens_import_that_is_cut_off_goes_on)
{
    CHECK_BEGIN();
    for (uint64_t fail_at = 1;; fail_at++) {
        shelf s;
        shelf_init(&s);
        s.fail_at = fail_at;
        s.fail_with = ATT_FULL;
        att_import_report report;
        att_error err;
        write_text(check_path("ml/tags.csv"), tags_csv);
        unlink(check_path("ml.rejects.ndjson"));
        const att_import_options options = {.batch = 1};
        const att_status status = import_with(&s, check_path("ml"), &options, &report, &err);
        const bool failed = status != ATT_OK;
        CHECK_OK_ERR(import_with(&s, check_path("ml"), &options, &report, &err), &err);
        CHECK_EQ(s.item_count, 3);
        CHECK_EQ(s.event_count, 2);
        // Tags are never lost: the last film was put with all of them.
        CHECK_STR(s.last_tags, "Drama;funny;aaa;");
        CHECK_EQ(count_lines(check_path("ml.rejects.ndjson")), 2);
        shelf_deinit(&s);
        if (!failed)
            break;
    }
}

CHECK_TEST(movielens_small_is_counted)
{
    CHECK_BEGIN();
    const char *path = check_shared("movielens-small");
    if (!path)
        CHECK_SKIP("movielens-small is not here");
    char folder[1024];
    snprintf(folder, sizeof folder, "%s", path);
    shelf s;
    shelf_init(&s);
    att_import_report report;
    att_error err;
    const att_import_options options = {.reject_path = check_path("ml-small.rejects")};
    CHECK_OK_ERR(import_with(&s, folder, &options, &report, &err), &err);
    CHECK_EQ(report.rejected, 0);
    CHECK_EQ(report.items, 9742);
    CHECK_EQ(report.events, 100836);
    CHECK_EQ(s.rating_count, 100836);
    CHECK_EQ(s.users.count, 610);
    CHECK_NEAR(s.value_sum / 100836, 3.501557, 1e-6);
    CHECK_EQ(s.published, 9729); // titles that end in "(YYYY)"
    shelf_deinit(&s);
}

CHECK_MAIN(CHECK_CASE(a_small_movielens_folder_by_hand),
    CHECK_CASE(a_movielens_import_that_is_cut_off_goes_on), CHECK_CASE(movielens_small_is_counted))
