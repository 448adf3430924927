// SPDX-License-Identifier: Apache-2.0
// What is trained is the optimum it claims, the same on any number of threads, the same after a save and a load; labelled
// files with a mistake are refused with their line.
#include "check.h"

#include "base/rng.h"
#include "guard/text_filter.h"
#include "guard/text_linear.h"

#include <math.h>
#include <pthread.h>

enum { ROWS = 600 };

// Rows of small talk; one in three has a bad word, and these say "bad".
static void write_chat(const char *path, uint64_t seed)
{
    static const char *const good[] = {"the", "weather", "is", "nice", "today", "we", "play", "music", "after", "school", "good", "game",
        "watch", "this", "film", "and", "then", "sleep", "tomorrow", "again", "class", "grass", "pass"};
    static const char *const bad[] = {"blockhead", "nitwit", "dunderhead", "numbskull"};
    static char text[ROWS * 200];
    att_rng rng = att_rng_seed(seed);
    size_t size = (size_t)sprintf(text, "id,text,label\n");
    for (int i = 0; i < ROWS; i++) {
        const bool is_bad = att_rng_below(&rng, 3) == 0;
        const uint64_t words = 4 + att_rng_below(&rng, 6), at = att_rng_below(&rng, words);
        size += (size_t)sprintf(text + size, "%d,\"", i);
        for (uint64_t w = 0; w < words; w++)
            size += (size_t)sprintf(text + size, "%s%s", w ? " " : "",
                is_bad && w == at ? bad[att_rng_below(&rng, 4)] : good[att_rng_below(&rng, 23)]);
        size += (size_t)sprintf(text + size, "\",%s\n", is_bad ? "bad" : "none");
    }
    check_write_file(path, text, size);
}

static const char mapping[] = "text=text,label=label,id=id,label.none:none";

CHECK_TEST(training_ends_at_the_optimum)
{
    CHECK_BEGIN();
    enum { N = 60, F = 8 };
    static size_t starts[N + 1];
    static uint32_t index[N * F], rows[N];
    static float value[N * F], target[N], cost[N], w[F + 1];
    att_rng rng = att_rng_seed(3);
    const att_host host = att_host_default();
    for (uint32_t i = 0; i < N; i++) {
        rows[i] = i;
        starts[i + 1] = (i + 1) * F;
        target[i] = (float)att_rng_unit(&rng) < 0.5f ? (float)att_rng_unit(&rng) : (float)(i % 2);
        cost[i] = 0.5f + (float)att_rng_unit(&rng);
        for (uint32_t k = 0; k < F; k++) {
            index[i * F + k] = k;
            value[i * F + k] = (float)att_rng_normal(&rng);
        }
    }
    const att_sparse x = {starts, index, value, F};
    const att_linear_options options = {.rows = rows, .count = N, .targets = target, .costs = cost, .passes = 500, .tolerance = 1e-9, .seed = 1};
    CHECK_OK(att_linear_train(&x, &options, w, &host, NULL));
    for (size_t k = 0; k <= F; k++) { // the gradient: w + sum c (sigma(s) - t) x
        double gradient = (double)w[k];
        for (uint32_t i = 0; i < N; i++)
            gradient += (double)cost[i] * (1 / (1 + exp(-att_linear_score(&x, i, w))) - (double)target[i]) *
                        (k == F ? 1 : (double)value[i * F + k]);
        CHECK_NEAR(gradient, 0, 1e-4);
    }
}

static void check_same_file(const char *a, const char *b)
{
    size_t a_size, b_size;
    char *x = check_read_file(a, &a_size), *y = check_read_file(b, &b_size);
    CHECK_EQ(a_size, b_size);
    CHECK(memcmp(x, y, a_size) == 0);
    free(x);
    free(y);
}

CHECK_TEST(a_model_is_the_same_on_any_number_of_threads)
{
    CHECK_BEGIN();
    att_error err = {0};
    att_filter_trained trained;
    write_chat(check_path("chat.csv"), 1);
    for (uint32_t threads = 1; threads <= 3; threads += 2) {
        const att_filter_train_options options = {.mapping = mapping, .threads = threads, .seed = 5};
        CHECK_OK_ERR(att_filter_train(check_path("chat.csv"), check_path(threads == 1 ? "one" : "three"), &options, NULL, &trained, &err),
            &err);
    }
    check_same_file(check_path("one"), check_path("three"));
    CHECK_EQ(trained.rows, ROWS);
    CHECK_EQ(trained.category_count, 1);
    CHECK_STR(trained.categories[0], "bad");
    CHECK(trained.macro_f1 > 0.95);
}

CHECK_TEST(disguises_hardly_matter)
{
    CHECK_BEGIN();
    att_error err = {0};
    static att_filter_report report;
    write_chat(check_path("chat.csv"), 2);
    const att_filter_evaluate_options options = {.mapping = mapping, .test_every = 4, .resamples = 50};
    CHECK_OK_ERR(att_filter_evaluate(check_path("chat.csv"), &options, NULL, &report, &err), &err);
    CHECK_EQ(report.test_rows, ROWS / 4);
    for (int d = 0; d < ATT_DISGUISE_COUNT; d++) {
        CHECK(report.figures[d].macro_f1.mean > 0.9);
        CHECK(report.figures[d].macro_f1.low <= report.figures[d].macro_f1.mean);
        CHECK(report.figures[d].auc.mean > 0.95 && report.figures[d].auc.high <= 1);
    }
    CHECK(report.figures[ATT_DISGUISE_NONE].macro_f1.mean > 0.97);
}

CHECK_TEST(a_filter_tells_where_and_why)
{
    CHECK_BEGIN();
    att_error err = {0};
    att_filter *filter;
    att_filter_result r;
    att_filter_trained trained;
    char out[128];
    size_t whole;
    write_chat(check_path("chat.csv"), 3);
    const att_filter_train_options options = {.mapping = mapping};
    CHECK_OK_ERR(att_filter_train(check_path("chat.csv"), check_path("model"), &options, NULL, &trained, &err), &err);
    check_write_file(check_path("list"), "[bad deny]\nfopdoodle\n[odd]\nflapdragon\n", 38);
    const att_filter_options files = {.phrases = check_path("list"), .model = check_path("model")};
    CHECK_OK_ERR(att_filter_create(&filter, &files, NULL, &err), &err);
    CHECK_EQ(att_filter_categories(filter), 2);
    CHECK_OK(att_filter_check(filter, ATT_LIT("the weather is nice"), &r, &err));
    CHECK_EQ(r.verdict, ATT_FILTER_ALLOW);
    CHECK(r.scored && r.scores[0] < 0.5);
    CHECK_OK(att_filter_check(filter, ATT_LIT("this n.1.t.w.1.t is nice"), &r, &err));
    CHECK_EQ(r.verdict, ATT_FILTER_HOLD);
    CHECK_EQ(r.match_count, 1);
    CHECK_EQ(r.matches[0].begin, 5);
    CHECK_EQ(r.matches[0].end, 16);
    CHECK(r.matches[0].seen & ATT_SEEN_LEET && r.matches[0].seen & ATT_SEEN_SPLIT);
    CHECK_EQ(r.matches[0].phrase.size, 0);
    CHECK_OK(att_filter_check(filter, ATT_LIT("a fl4pdragon and a fopdoodle"), &r, &err));
    CHECK_EQ(r.verdict, ATT_FILTER_DENY);
    CHECK_STR(att_filter_category(filter, r.category), "bad");
    CHECK_EQ(r.match_total, 2);
    char many[400] = "";
    for (int i = 0; i < 20; i++)
        strcat(many, "flapdragon ");
    strcat(many, "fopdoodle flapdragon");
    CHECK_OK(att_filter_check(filter, att_text_of(many), &r, &err));
    CHECK_EQ(r.verdict, ATT_FILTER_DENY);
    CHECK(r.match_count == ATT_FILTER_MATCHES_MAX && r.match_total == 22);
    CHECK_TEXT(r.matches[ATT_FILTER_MATCHES_MAX - 1].phrase, "fopdoodle"); // what decided is told
    CHECK_OK(att_filter_canonical(filter, ATT_LIT("W3 pl\u0430y, m-u-s-i-c!!"), out, sizeof out, &whole, &err));
    CHECK_STR(out, "we play music");
    CHECK_EQ(whole, strlen(out));
    CHECK_FAILS(att_filter_check(filter, ATT_LIT("a\xFF"), &r, &err), ATT_INVALID);
    att_filter_destroy(filter);
}

typedef struct one_thread {
    const att_filter *filter;
    uint64_t seed;
    int wrong;
} one_thread;

// Texts of many scripts, so that pages of letters are filled by several threads at once.
static void *check_many(void *argument)
{
    one_thread *mine = argument;
    att_rng rng = att_rng_seed(mine->seed);
    for (int i = 0; i < 300; i++) {
        char text[128];
        att_filter_result r;
        const unsigned code = 0x400 + (unsigned)att_rng_below(&rng, 0x1C00);
        const int size = snprintf(text, sizeof text, "%c%c%c f0pdoodle %s", (char)(0xE0 | code >> 12), (char)(0x80 | (code >> 6 & 63)),
            (char)(0x80 | (code & 63)), i % 2 ? "weather" : "nitwit");
        const bool fine = code >= 0x800 && att_filter_check(mine->filter, (att_text){text, (size_t)size}, &r, NULL) == ATT_OK;
        mine->wrong += fine && (r.verdict != ATT_FILTER_DENY || r.match_total < 1);
    }
    return NULL;
}

CHECK_TEST(many_threads_check_with_one_filter)
{
    CHECK_BEGIN();
    enum { THREADS = 6 };
    att_error err = {0};
    att_filter_trained trained;
    att_filter *filter;
    pthread_t handles[THREADS];
    one_thread threads[THREADS];
    write_chat(check_path("chat.csv"), 3);
    const att_filter_train_options options = {.mapping = mapping, .threads = 3};
    CHECK_OK_ERR(att_filter_train(check_path("chat.csv"), check_path("model"), &options, NULL, &trained, &err), &err);
    check_write_file(check_path("list"), "[bad deny]\nfopdoodle\n", 21);
    const att_filter_options files = {.phrases = check_path("list"), .model = check_path("model")};
    CHECK_OK_ERR(att_filter_create(&filter, &files, NULL, &err), &err);
    for (int t = 0; t < THREADS; t++) {
        threads[t] = (one_thread){filter, (uint64_t)t + 1, 0};
        CHECK_EQ(pthread_create(&handles[t], NULL, check_many, &threads[t]), 0);
    }
    for (int t = 0; t < THREADS; t++) {
        pthread_join(handles[t], NULL);
        CHECK_EQ(threads[t].wrong, 0);
    }
    att_filter_destroy(filter);
}

CHECK_TEST(a_damaged_model_is_refused)
{
    CHECK_BEGIN();
    att_error err = {0};
    att_filter_trained trained;
    att_filter *filter;
    size_t size;
    write_chat(check_path("chat.csv"), 4);
    const att_filter_train_options options = {.mapping = mapping};
    CHECK_OK_ERR(att_filter_train(check_path("chat.csv"), check_path("model"), &options, NULL, &trained, &err), &err);
    char *bytes = check_read_file(check_path("model"), &size);
    const att_filter_options files = {.model = check_path("bad")};
    for (size_t at = 8; at < size; at += size / 7) {
        bytes[at] ^= 4;
        check_write_file(check_path("bad"), bytes, size);
        CHECK(att_filter_create(&filter, &files, NULL, &err) != ATT_OK);
        CHECK_HOLDS(err.text, "bad");
        bytes[at] ^= 4;
    }
    free(bytes);
    const att_filter_options absent = {.model = check_path("absent")};
    CHECK_FAILS(att_filter_create(&filter, &absent, NULL, &err), ATT_NOT_FOUND);
    const att_filter_options nothing = {0};
    CHECK_FAILS(att_filter_create(&filter, &nothing, NULL, &err), ATT_INVALID);
}

CHECK_TEST(a_labelled_file_with_a_mistake_is_refused_with_its_line)
{
    CHECK_BEGIN();
    static const struct {
        const char *csv, *mapping, *story;
    } bad[] = {{"text,label\na,b,c\n", NULL, "f:2: found 3 fields, expected 2"}, {"text\na\n", NULL, "f: there is no column \"label\""},
        {"text,label\n\"a,b\n", NULL, "f:2: column"}, {"t,x\na,2\n", "text=t,category.c=x", "f:2: field \"c\" is \"2\", expected a number from 0 to 1"},
        {"text,label,id\na,b,-1\n", "text=text,label=label,id=id", "f:2: field \"id\" is \"-1\""}, {"text,label\n", NULL, "f has no rows"},
        {"text,label\na,\n", NULL, "no row is of any category"}, {"text,label\na,b\n", "text=text", "expected label=COLUMN"},
        {"text,label\na,b\n", "txt=text", "unknown target"}, {"text,label\na,b\n", "text=text,text=label", "mapped twice"},
        {"text,label\na,b\n", "text=text,label=label,category.c=label", "found both"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        att_labelled rows;
        att_error err = {0};
        CHECK(att_labelled_parse(&rows, "f", att_text_of(bad[i].csv), bad[i].mapping, NULL, &err) != ATT_OK);
        CHECK_HOLDS(err.text, bad[i].story);
    }
}

CHECK_TEST(votes_become_shares)
{
    CHECK_BEGIN();
    att_labelled rows;
    att_error err = {0};
    CHECK_OK_ERR(att_labelled_parse(&rows, "f", ATT_LIT(",a,b,n,text\n7,3,1,0,x\n8,0,1,1,\"y, z\"\n"),
                     "text=text,id=\"\",votes.first=a,votes.second=b,votes.none=n", NULL, &err), &err);
    CHECK_EQ(rows.rows.count, 2);
    CHECK(rows.exclusive);
    CHECK_EQ(rows.rows.items[0].id, 7);
    CHECK_EQ(rows.rows.items[0].truth, 1);
    CHECK_NEAR((double)rows.rows.items[0].targets[0], 0.75, 1e-6);
    CHECK_EQ(rows.rows.items[1].truth, 0); // a tie is none
    CHECK_TEXT(rows.rows.items[1].text, "y, z");
    att_labelled_deinit(&rows);
}

CHECK_MAIN(CHECK_CASE(training_ends_at_the_optimum), CHECK_CASE(a_model_is_the_same_on_any_number_of_threads),
    CHECK_CASE(disguises_hardly_matter), CHECK_CASE(a_filter_tells_where_and_why),
    CHECK_CASE(many_threads_check_with_one_filter), CHECK_CASE(a_damaged_model_is_refused),
    CHECK_CASE(a_labelled_file_with_a_mistake_is_refused_with_its_line), CHECK_CASE(votes_become_shares))
