// SPDX-License-Identifier: Apache-2.0
// trec_eval's files and digits: golden runs, values published by others, strict reading, writing
// back.
#include "attune/measure.h"
#include "base/rng.h"
#include "check.h"
#include "measure/trec.h"

#include <math.h>

#define GOLDEN ATT_SOURCE_ROOT "/tests/measure/trec/"

typedef struct printed {
    char text[65536];
    size_t size;
} printed;

static bool print(void *user, const att_trec_line *line)
{
    printed *out = user;
    out->size +=
        (size_t)snprintf(out->text + out->size, sizeof out->text - out->size, "%s\n", line->text);
    CHECK(out->size < sizeof out->text);
    return true;
}

static void compare(const att_trec_options *options, const char *golden)
{
    printed *out = calloc(1, sizeof *out);
    att_error err;
    CHECK_OK_ERR(
        att_trec_eval(GOLDEN "ties.run", GOLDEN "ties.qrels", options, print, out, NULL, &err),
        &err);
    char *wanted = check_read_file(golden, NULL);
    char *got = out->text, *want = wanted;
    for (int line = 1; *got || *want; line++) {
        char *got_end = strchrnul(got, '\n'), *want_end = strchrnul(want, '\n');
        if (got_end - got != want_end - want || memcmp(got, want, (size_t)(got_end - got)) != 0)
            print_error("%s:%d: %.*s is not %.*s\n", golden, line, (int)(got_end - got), got,
                (int)(want_end - want), want);
        CHECK(got_end - got == want_end - want && memcmp(got, want, (size_t)(got_end - got)) == 0);
        got = got_end + (*got_end != 0);
        want = want_end + (*want_end != 0);
    }
    free(wanted);
    free(out);
}

CHECK_TEST(prints_the_golden_digits_on_ties_and_missing_queries)
{
    CHECK_BEGIN();
    compare(NULL, GOLDEN "ties.out");
    compare(&(att_trec_options){.complete = true}, GOLDEN "ties.complete.out");
    compare(&(att_trec_options){.per_query = true}, GOLDEN "ties.queries.out");
}

static const char *put(const char *name, const char *text)
{
    const char *path = check_path(name);
    check_write_file(path, text, strlen(text));
    return path;
}

typedef struct found {
    const char *measure, *query;
    double value;
    int hits;
} found;

static bool find(void *user, const att_trec_line *line)
{
    for (found *f = user; f->measure; f++)
        if (strcmp(f->measure, line->measure) == 0 &&
            att_text_equal(line->query, att_text_of(f->query))) {
            f->value = line->value;
            f->hits++;
        }
    return true;
}

// The example of the pytrec_eval README, whose figures come from trec_eval's own code.
CHECK_TEST(agrees_with_figures_published_for_trec_eval)
{
    CHECK_BEGIN();
    const char *run = put("run", "q1 Q0 d1 1 1.0 t\nq1 Q0 d2 2 0.0 t\nq1 Q0 d3 3 1.5 t\n"
                                 "q2 Q0 d1 1 1.5 t\nq2 Q0 d2 2 0.2 t\nq2 Q0 d3 3 0.5 t\n");
    const char *qrels = put("qrels", "q1 0 d1 0\nq1 0 d2 1\nq1 0 d3 0\nq2 0 d2 1\nq2 0 d3 1\n");
    found values[] = {{"ndcg", "q1"}, {"map", "q1"}, {"ndcg", "q2"}, {"map", "q2"}, {NULL, NULL}};
    CHECK_OK(att_trec_eval(
        run, qrels, &(att_trec_options){.per_query = true}, find, values, NULL, NULL));
    const double wanted[] = {0.5, 0.3333333333333333, 0.6934264036172708, 0.5833333333333333};
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(values[i].hits, 1);
        CHECK_NEAR(values[i].value, wanted[i], 1e-15);
    }
}

// Three items tie: the order is c, b, a, whatever file order and rank column say.
CHECK_TEST(ties_fall_to_the_later_name)
{
    CHECK_BEGIN();
    const char *run = put("run", "1 Q0 a 1 5 t\n1 Q0 b 2 5 t\n1 Q0 c 3 5 t\n");
    for (int i = 0; i < 3; i++) {
        char text[64];
        snprintf(text, sizeof text, "1 0 %c 1\n", "abc"[i]);
        found value[] = {{"recip_rank", "all"}, {NULL, NULL}};
        CHECK_OK(att_trec_eval(run, put("qrels", text), NULL, find, value, NULL, NULL));
        CHECK_NEAR(value[0].value, 1.0 / (3 - i), 0);
    }
}

CHECK_TEST(scores_tie_when_they_are_the_same_float)
{
    CHECK_BEGIN();
    const char *run = put("run", "1 Q0 a 1 1.00000001 t\n1 Q0 b 2 1.0 t\n");
    found value[] = {{"recip_rank", "all"}, {NULL, NULL}};
    CHECK_OK(att_trec_eval(run, put("qrels", "1 0 a 1\n"), NULL, find, value, NULL, NULL));
    CHECK_NEAR(value[0].value, 0.5, 0);
}

CHECK_TEST(as_release_10_scores_tie_only_when_they_are_the_same_double)
{
    CHECK_BEGIN();
    const char *run = put("run", "1 Q0 a 1 1.00000001 t\n1 Q0 b 2 1.0 t\n1 Q0 c 3 1.0 t\n");
    const att_trec_options options = {.double_scores = true};
    found value[] = {{"recip_rank", "all"}, {NULL, NULL}};
    CHECK_OK(att_trec_eval(run, put("qrels", "1 0 a 1\n"), &options, find, value, NULL, NULL));
    CHECK_NEAR(value[0].value, 1, 0);
    CHECK_OK(att_trec_eval(run, put("qrels", "1 0 b 1\n"), &options, find, value, NULL, NULL));
    CHECK_NEAR(value[0].value, 1.0 / 3, 0); // b and c do tie
}

// d4 d1 d3 d2 are ranked, graded 0, 2, none, -1; d5 (3) is not retrieved. By hand:
// DCG = 2 / log2 3, ideal = 3 + 2 / log2 3, one of two relevant found at rank 2.
CHECK_TEST(a_small_list_worked_out_by_hand)
{
    CHECK_BEGIN();
    const char *run = put("run", "  # a comment\n7 Q0 d1 9 8 t\n7 Q0 d2 9 6.5 t\n7 Q0 d3 9 7 t\r\n7 Q0 d4 9 8 t more\n");
    const char *qrels = put("qrels", "7 0 d1 2\n7 0 d2 -1\n7 0 d4 0\n7 0 d5 3\n");
    found value[] = {{"map", "all"}, {"Rprec", "all"}, {"recip_rank", "all"}, {"P_5", "all"}, {"recall_5", "all"},
        {"ndcg", "all"}, {"ndcg_cut_5", "all"}, {"success_1", "all"}, {"success_5", "all"}, {"num_rel", "all"},
        {"num_rel_ret", "all"}, {NULL, NULL}};
    const double part = 2 / log2(3), right[] = {0.25, 0.5, 0.5, 0.2, 0.5, part / (3 + part), part / (3 + part), 0, 1, 2, 1};
    CHECK_OK(att_trec_eval(run, qrels, NULL, find, value, NULL, NULL));
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        CHECK_NEAR(value[i].value, right[i], 1e-15);
}

CHECK_TEST(missing_queries_count_as_zero_only_when_complete)
{
    CHECK_BEGIN();
    const char *run = put("run", "1 Q0 a 1 1 t\n3 Q0 a 1 1 t\n");
    const char *qrels = put("qrels", "1 0 a 1\n2 0 a 1\n4 0 b 0\n");
    found value[] = {{"map", "all"}, {"num_q", "all"}, {"num_rel", "all"}, {NULL, NULL}};
    CHECK_OK(att_trec_eval(run, qrels, NULL, find, value, NULL, NULL));
    CHECK_NEAR(value[0].value, 1.0, 0);
    CHECK_EQ(value[1].value, 1);
    CHECK_EQ(value[2].value, 1);
    CHECK_OK(
        att_trec_eval(run, qrels, &(att_trec_options){.complete = true}, find, value, NULL, NULL));
    CHECK_NEAR(value[0].value, 1.0 / 3, 1e-15);
    CHECK_EQ(value[1].value, 3);
    CHECK_EQ(value[2].value, 2); // query 2's item too, though the run leaves it out
}

CHECK_TEST(bad_lines_are_refused_with_line_and_field)
{
    CHECK_BEGIN();
    static const struct {
        att_trec_kind kind;
        const char *text, *story;
    } cases[] = {
        {ATT_TREC_RUN, "1 Q0 a 1 0.5 t\n1 Q0 b 2 0.5x t\n", "f:2: field \"score\" is \"0.5x\""},
        {ATT_TREC_RUN, "\n\n1 Q0 a 1 nan t\n", "f:3: field \"score\""},
        {ATT_TREC_RUN, "1 Q0 a 1 1e999 t\n", "f:1: field \"score\""},
        {ATT_TREC_RUN, "1 Q0 a 1 0.5\n", "f:1: a run line needs six fields"},
        {ATT_TREC_RUN, "1 Q0 a 1 0.5 t\n# no\n1 Q0 a 2 0.4 t\n",
            "f:3: query \"1\" has item \"a\" already in line 1"},
        {ATT_TREC_RUN, "# nothing\n \n", "no lines"},
        {ATT_TREC_RUN, "", "no lines"},
        {ATT_TREC_QRELS, "1 0 a\n", "f:1: a qrels line needs four fields"},
        {ATT_TREC_QRELS, "1 0 a 1 2\n", "f:1: a qrels line needs four fields"},
        {ATT_TREC_QRELS, "1 0 a 1.5\n", "f:1: field \"grade\" is \"1.5\""},
        {ATT_TREC_QRELS, "1 0 a 99999999999999\n", "f:1: field \"grade\""},
        {ATT_TREC_QRELS, "1 0 a 1\n1 0 a 1\n", "already in line 1"},
    };
    const att_host host = att_host_default();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        att_trec_file file;
        att_error err = {0};
        CHECK_FAILS(att_trec_parse(&file, cases[i].kind, cases[i].text, strlen(cases[i].text), "f",
                        &host, &err),
            ATT_INVALID);
        CHECK_HOLDS(err.text, cases[i].story);
        CHECK(file.rows == NULL && file.text == NULL);
    }
    att_error err = {0};
    att_trec_file file;
    CHECK_FAILS(
        att_trec_parse(&file, ATT_TREC_QRELS, "1 0 a\0 1\n", 9, "f", &host, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "zero byte at offset 5");
    CHECK_FAILS(
        att_trec_load(&file, ATT_TREC_RUN, check_path("not-there"), &host, &err), ATT_NOT_FOUND);
    CHECK_FAILS(att_trec_load(&file, ATT_TREC_RUN, check_folder(), &host, &err), ATT_INVALID);
}

CHECK_TEST(files_without_a_common_query_are_refused)
{
    CHECK_BEGIN();
    att_error err;
    printed out = {.size = 0};
    CHECK_FAILS(att_trec_eval(put("run", "1 Q0 a 1 1 t\n"), put("qrels", "2 0 a 1\n"), NULL, print,
                    &out, NULL, &err),
        ATT_INVALID);
    CHECK_HOLDS(err.text, "no query is in both files");
}

static bool refuse(void *user, const att_trec_line *line)
{
    (void)line;
    return --*(int *)user > 0;
}

CHECK_TEST(the_sink_can_stop_it)
{
    CHECK_BEGIN();
    const att_trec_options each = {.per_query = true};
    for (int lines = 1; lines < 200; lines += 37) {
        int left = lines;
        CHECK_FAILS(
            att_trec_eval(GOLDEN "ties.run", GOLDEN "ties.qrels", &each, refuse, &left, NULL, NULL),
            ATT_CANCELLED);
        CHECK_EQ(left, 0);
    }
}

CHECK_TEST(what_is_written_is_read_back)
{
    CHECK_BEGIN();
    const char *run = check_path("out.run"), *qrels = check_path("out.qrels");
    att_trec_writer *writer;
    CHECK_OK(att_trec_writer_create(&writer, run, NULL, NULL));
    CHECK_OK(att_trec_write_run(
        writer, att_text_of("#ann lee"), att_text_of("50% off"), 1, 2.5, "model", NULL));
    for (int i = 0; i < 3000; i++) {
        char id[32];
        snprintf(id, sizeof id, "item\t%d", i);
        CHECK_OK(
            att_trec_write_run(writer, att_text_of("bo"), att_text_of(id), 2, -i, "model", NULL));
    }
    CHECK_FAILS(att_trec_write_run(writer, att_text_of(""), att_text_of("x"), 1, 0, "model", NULL),
        ATT_INVALID);
    CHECK_OK(att_trec_writer_close(writer, NULL));
    CHECK_OK(att_trec_writer_create(&writer, qrels, NULL, NULL));
    CHECK_OK(att_trec_write_qrel(writer, att_text_of("bo"), att_text_of("item\t3"), 2, NULL));
    CHECK_OK(att_trec_writer_close(writer, NULL));

    att_trec_file file;
    const att_host host = att_host_default();
    CHECK_OK(att_trec_load(&file, ATT_TREC_RUN, run, &host, NULL));
    CHECK_EQ(file.count, 3001);
    CHECK_TEXT(file.rows[0].query, "%23ann%20lee");
    CHECK_TEXT(file.rows[0].item, "50%25%20off");
    CHECK_TEXT(file.tag, "model");
    att_trec_file_deinit(&file, &host);
    found value[] = {{"recip_rank", "all"}, {NULL, NULL}};
    CHECK_OK(att_trec_eval(run, qrels, NULL, find, value, NULL, NULL));
    CHECK_NEAR(value[0].value, 0.25, 0);
    CHECK_FAILS(
        att_trec_writer_create(&writer, check_path("no/such/folder"), NULL, NULL), ATT_NOT_FOUND);
    CHECK(writer == NULL);
}

// A short fixed run of what the fuzzer does: lines are cut, swapped and overwritten.
CHECK_TEST(damaged_files_end_in_a_status)
{
    CHECK_BEGIN();
    size_t size;
    char *text = check_read_file(GOLDEN "ties.qrels", &size);
    const att_host host = att_host_default();
    att_rng rng = att_rng_seed(12);
    int good = 0;
    for (int trial = 0; trial < 2000; trial++) {
        char piece[400];
        const size_t start = att_rng_below(&rng, size - sizeof piece);
        memcpy(piece, text + start, sizeof piece);
        for (uint64_t hits = att_rng_below(&rng, 4); hits > 0; hits--)
            piece[att_rng_below(&rng, sizeof piece)] = (char)att_rng_below(&rng, 256);
        att_trec_file file;
        att_error err = {0};
        const att_trec_kind kind = trial & 1 ? ATT_TREC_RUN : ATT_TREC_QRELS;
        const att_status status =
            att_trec_parse(&file, kind, piece, att_rng_below(&rng, sizeof piece), "f", &host, &err);
        CHECK(status == ATT_OK || err.text[0] != 0);
        good += status == ATT_OK;
        if (status == ATT_OK)
            att_trec_file_deinit(&file, &host);
    }
    CHECK(good > 10 && good < 1990);
    free(text);
}

CHECK_TEST(memory_may_run_out_anywhere)
{
    CHECK_BEGIN();
    const char *run = put("run", "1 Q0 a 1 1 t\n"), *qrels = put("qrels", "1 0 a 1\n");
    found value[] = {{"map", "all"}, {NULL, NULL}};
    att_status status = ATT_NO_MEMORY;
    uint64_t fail_at = 1;
    for (; status == ATT_NO_MEMORY && fail_at < 100; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        const att_host host = check_host(&heap);
        status = att_trec_eval(run, qrels, NULL, find, value, &host, NULL);
        CHECK_EQ(heap.bytes_live, 0);
    }
    CHECK_EQ(status, ATT_OK);
    CHECK(fail_at > 6);
}

CHECK_MAIN(CHECK_CASE(prints_the_golden_digits_on_ties_and_missing_queries),
    CHECK_CASE(agrees_with_figures_published_for_trec_eval),
    CHECK_CASE(ties_fall_to_the_later_name), CHECK_CASE(scores_tie_when_they_are_the_same_float),
    CHECK_CASE(as_release_10_scores_tie_only_when_they_are_the_same_double),
    CHECK_CASE(a_small_list_worked_out_by_hand),
    CHECK_CASE(missing_queries_count_as_zero_only_when_complete),
    CHECK_CASE(bad_lines_are_refused_with_line_and_field),
    CHECK_CASE(files_without_a_common_query_are_refused), CHECK_CASE(the_sink_can_stop_it),
    CHECK_CASE(what_is_written_is_read_back), CHECK_CASE(damaged_files_end_in_a_status),
    CHECK_CASE(memory_may_run_out_anywhere))
