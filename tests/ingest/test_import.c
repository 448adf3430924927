// SPDX-License-Identifier: Apache-2.0
// Imports into a store that only pretends: it keeps what it acknowledged and fails when it is told
// to.
#include "shelf.h"

#include "base/rng.h"

#include <pthread.h>
#include <sys/stat.h>

// --- Files ---------------------------------------------------------------------------------------

// `count` events, one bad line after every `bad_every`, blank lines and items here and there.
static const char *write_events(const char *name, size_t count, size_t bad_every)
{
    const char *path = check_path(name);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    for (size_t i = 0; i < count; i++) {
        fprintf(file,
            "{\"id\":\"e%zu\",\"user\":\"u%zu\",\"item\":\"i%zu\",\"at\":%zu,\"signal\":\"like\"}"
            "\n",
            i, i % 7, i % 11, i);
        if (bad_every && i % bad_every == bad_every - 1)
            fprintf(file, "{\"user\":\"u\",\"at\":1,\"signal\":\"bad-%zu\"}\n", i);
        if (i % 10 == 9)
            fprintf(file, "\n{\"id\":\"i%zu\",\"title\":\"T\"}\n", i);
    }
    CHECK_EQ(fclose(file), 0);
    return path;
}

// --- Tests ---------------------------------------------------------------------------------------

CHECK_TEST(a_file_arrives_whole)
{
    CHECK_BEGIN();
    shelf s;
    shelf_init(&s);
    att_import_report report;
    att_error err;
    const char *path = write_events("whole.ndjson", 5000, 0);
    CHECK_OK_ERR(import_with(&s, path, NULL, &report, &err), &err);
    CHECK_EQ(s.event_count, 5000);
    CHECK_EQ(s.item_count, 500);
    CHECK_EQ(report.events, 5000);
    CHECK_EQ(report.items, 500);
    CHECK_EQ(report.lines, 6000);
    CHECK_EQ(report.rejected, 0);
    CHECK_STR(report.reject_path, "");
    // The same file again: nothing is read.
    CHECK_OK_ERR(import_with(&s, path, NULL, &report, &err), &err);
    CHECK_EQ(report.lines, 0);
    CHECK_EQ(report.resumed_at_line, 6000);
    CHECK_EQ(report.duplicates, 0);
    // From the start when asked: ids are known.
    CHECK_OK_ERR(
        import_with(&s, path, &(att_import_options){.restart = true}, &report, &err), &err);
    CHECK_EQ(report.duplicates, 5000);
    CHECK_EQ(s.event_count, 5000);
    shelf_deinit(&s);
}

// Lines of all lengths, many chunks: what is left of one is the beginning of the next.
CHECK_TEST(chunks_join_without_a_seam)
{
    CHECK_BEGIN();
    static const size_t batches[] = {500, 3000, 100000};
    const char *path = check_path("seams.ndjson"), *table = check_path("seams.csv");
    FILE *lines = fopen(path, "w"), *records = fopen(table, "w");
    CHECK(lines && records);
    att_rng rng = att_rng_seed(6);
    fputs("id,user,item,at\n", records);
    for (int i = 0; i < 40000; i++) {
        const int pad =
            (int)(att_rng_below(&rng, 50) ? att_rng_below(&rng, 20) : att_rng_below(&rng, 2000));
        fprintf(lines,
            "{\"id\":\"e%d\",\"user\":\"u\",%*s\"item\":\"i\\u0041%d\",\"at\":%d,\"signal\":"
            "\"like\"}\n",
            i, pad, "", i % 10, i);
        fprintf(records, "e%d,u,\"i%.*s\"\"%d\",%d\r\n", i, pad % 3, "\n\n\n", i % 10, i);
    }
    CHECK(fclose(lines) == 0 && fclose(records) == 0);
    for (size_t i = 0; i < 2 * ATT_COUNT_OF(batches); i++) {
        shelf s;
        shelf_init(&s);
        att_import_report report;
        att_error err;
        const bool csv = i % 2;
        const att_import_options options = {.batch = batches[i / 2],
            .mapping = csv ? "id=id,user=user,item=item,at=at,signal:like" : NULL};
        CHECK_OK_ERR(import_with(&s, csv ? table : path, &options, &report, &err), &err);
        CHECK_EQ(report.rejected, 0);
        CHECK_EQ(s.event_count, 40000);
        CHECK_EQ(report.duplicates, 0);
        CHECK(att_names_find(&s.events, ATT_LIT("e39999")) != ATT_NO_INDEX);
        CHECK(s.commits >= 40000 / batches[i / 2]);
        shelf_deinit(&s);
    }
}

CHECK_TEST(a_reject_file_of_somebody_else_is_not_touched)
{
    CHECK_BEGIN();
    shelf s;
    shelf_init(&s);
    att_import_report report;
    att_error err;
    const char *path = write_events("foreign.ndjson", 20, 10);
    const char *rejects = check_path("foreign.ndjson.rejects.ndjson");
    check_write_file(rejects, "my own notes", 12);
    s.fail_at = 3;
    s.fail_with = ATT_FULL;
    CHECK_FAILS(import_with(&s, path, &(att_import_options){.batch = 5}, &report, &err), ATT_FULL);
    char *text = check_read_file(rejects, NULL);
    CHECK_HOLDS(text, "my own notes\n{\"file\":");
    free(text);
    // Somebody writes behind what we wrote: then nothing is cut, and a line may stand there twice.
    FILE *file = fopen(rejects, "a");
    CHECK(file && fputs("more notes\n", file) >= 0 && fclose(file) == 0);
    CHECK_OK_ERR(import_with(&s, path, &(att_import_options){.batch = 5}, &report, &err), &err);
    text = check_read_file(rejects, NULL);
    CHECK_HOLDS(text, "my own notes\n{\"file\":");
    CHECK_HOLDS(text, "more notes\n");
    CHECK_HOLDS(text, "bad-19");
    free(text);
    CHECK_EQ(s.event_count, 20);
    shelf_deinit(&s);
}

CHECK_TEST(a_reject_file_that_cannot_be_written_stops_the_import)
{
    CHECK_BEGIN();
    shelf s;
    shelf_init(&s);
    att_import_report report;
    att_error err;
    const char *path = write_events("nowhere.ndjson", 20, 10);
    const att_import_options options = {.reject_path = check_path("no/such/folder/rejects")};
    CHECK_FAILS(import_with(&s, path, &options, &report, &err), ATT_NOT_FOUND);
    CHECK_HOLDS(err.text, "opening the reject file");
    CHECK_EQ(s.event_count, 0); // the batch is not taken before its rejects are safe
    shelf_deinit(&s);
}

CHECK_TEST(bad_lines_are_set_aside_with_their_story)
{
    CHECK_BEGIN();
    shelf s;
    shelf_init(&s);
    att_import_report report;
    att_error err;
    const char *path = check_path("bad.ndjson");
    static const char content[] =
        "{\"user\":\"u\",\"item\":\"i\",\"at\":1,\"signal\":\"like\"}\r\n"
        "{\"user\":\"u\",\"item\":\"i\",\"at\":1,\"signal\":\"liek\"}\r\n"
        "\n"
        "not \xFF utf8\n"
        "{\"user\":\"u\",\"item\":\"i\",\"at\":5000000000000,\"signal\":\"like\"}\n"
        "{\"user\":\"u\",\"item\":\"j\",\"at\":2,\"signal\":\"like\"}";
    check_write_file(path, content, sizeof content - 1);
    CHECK_OK_ERR(import_with(&s, path, NULL, &report, &err), &err);
    CHECK_EQ(report.events, 2);
    CHECK_EQ(report.rejected, 3);
    CHECK_EQ(report.lines, 6);
    char wanted[1024];
    snprintf(wanted, sizeof wanted,
        "%s:2: field \"signal\": unknown value \"liek\", did you mean \"like\"?", path);
    CHECK_STR(report.first_reject, wanted);
    snprintf(wanted, sizeof wanted, "%s.rejects.ndjson", path);
    CHECK_STR(report.reject_path, wanted);
    char *rejects = check_read_file(report.reject_path, NULL);
    char expected[4096];
    snprintf(expected, sizeof expected,
        "{\"file\":\"%s\",\"line\":2,\"field\":\"signal\",\"reason\":\"unknown value \\\"liek\\\", "
        "did you mean "
        "\\\"like\\\"?\",\"text\":\"{\\\"user\\\":\\\"u\\\",\\\"item\\\":\\\"i\\\",\\\"at\\\":1,"
        "\\\"signal\\\":\\\"liek\\\"}\"}\n"
        "{\"file\":\"%s\",\"line\":4,\"field\":\"\",\"reason\":\"found not, expected an object: "
        "{\\\"user\\\": "
        "\xE2\x80\xA6} or {\\\"id\\\": \xE2\x80\xA6}\",\"text\":\"not \xEF\xBF\xBD "
        "utf8\",\"bytes\":\"6e6f7420ff2075746638\"}\n"
        "{\"file\":\"%s\",\"line\":5,\"field\":\"at\",\"reason\":\"found a time in the future, "
        "expected the past\","
        "\"text\":\"{\\\"user\\\":\\\"u\\\",\\\"item\\\":\\\"i\\\",\\\"at\\\":5000000000000,"
        "\\\"signal\\\":\\\"like\\\"}\"}\n",
        path, path, path);
    CHECK_STR(rejects, expected);
    free(rejects);
    shelf_deinit(&s);
}

CHECK_TEST(an_import_that_is_cut_off_goes_on_at_every_batch)
{
    CHECK_BEGIN();
    const char *path = write_events("cut.ndjson", 200, 9);
    char rejects[600];
    snprintf(rejects, sizeof rejects, "%s.rejects.ndjson", path);
    const att_import_options options = {.batch = 7};
    static const att_status reasons[] = {ATT_FULL, ATT_BUSY, ATT_IO};
    for (uint64_t fail_at = 1;; fail_at++) {
        shelf s;
        shelf_init(&s);
        s.fail_at = fail_at;
        s.fail_with = reasons[fail_at % 3];
        att_import_report first, second;
        att_error err;
        unlink(rejects);
        const att_status status = import_with(&s, path, &options, &first, &err);
        const bool failed = status != ATT_OK;
        if (failed) {
            CHECK_EQ(status, s.fail_with);
            CHECK_HOLDS(err.text, "told to fail");
            CHECK_HOLDS(err.text, "run the same import again");
        }
        CHECK_OK_ERR(import_with(&s, path, &options, &second, &err), &err);
        CHECK_EQ(s.event_count, 200);
        CHECK_EQ(s.item_count, 20);
        CHECK_EQ(count_lines(rejects), 22);
        if (failed && fail_at > 4)
            CHECK(second.resumed_at_line > 0);
        shelf_deinit(&s);
        if (!failed)
            break;
    }
}

CHECK_TEST(strict_stops_at_the_first_bad_line_and_keeps_what_stood_before)
{
    CHECK_BEGIN();
    shelf s;
    shelf_init(&s);
    att_import_report report;
    att_error err;
    const char *path = write_events("strict.ndjson", 100, 25);
    CHECK_FAILS(
        import_with(&s, path, &(att_import_options){.strict = true, .batch = 10}, &report, &err),
        ATT_INVALID);
    char wanted[600];
    // 25 events, and after the 10th and 20th a blank line and an item.
    snprintf(wanted, sizeof wanted,
        "%s:30: field \"signal\": unknown value \"bad-24\", expected one of", path);
    CHECK_HOLDS(err.text, wanted);
    CHECK_EQ(s.event_count, 25);
    snprintf(wanted, sizeof wanted, "%s.rejects.ndjson", path);
    CHECK(access(wanted, F_OK) != 0);
    shelf_deinit(&s);
}

CHECK_TEST(a_file_that_grew_goes_on_behind_its_last_whole_line)
{
    CHECK_BEGIN();
    shelf s;
    shelf_init(&s);
    att_import_report report;
    att_error err;
    const char *path = check_path("grows.ndjson");
    const char *begin = "{\"user\":\"u\",\"item\":\"a\",\"at\":1,\"signal\":\"like\"}\n{\"user\":"
                        "\"u\",\"item\":\"b\",";
    const char *whole = "{\"user\":\"u\",\"item\":\"a\",\"at\":1,\"signal\":\"like\"}\n{\"user\":"
                        "\"u\",\"item\":\"b\","
                        "\"at\":2,\"signal\":\"like\"}\n{\"user\":\"u\",\"item\":\"c\",\"at\":3,"
                        "\"signal\":\"like\"}";
    check_write_file(path, begin, strlen(begin));
    CHECK_OK_ERR(import_with(&s, path, NULL, &report, &err), &err);
    CHECK_EQ(report.events, 1);
    CHECK_EQ(report.rejected, 1);
    check_write_file(path, whole, strlen(whole));
    CHECK_OK_ERR(import_with(&s, path, NULL, &report, &err), &err);
    CHECK_EQ(report.resumed_at_line, 1);
    CHECK_EQ(report.events, 2);
    CHECK_EQ(report.rejected, 0);
    CHECK_EQ(report.duplicates, 0);
    // Nothing new, and no line end behind the last line: still nothing new.
    CHECK_OK_ERR(import_with(&s, path, NULL, &report, &err), &err);
    CHECK_EQ(report.lines, 0);
    CHECK_EQ(report.resumed_at_line, 3);
    shelf_deinit(&s);
}

CHECK_TEST(a_file_that_was_changed_begins_anew)
{
    CHECK_BEGIN();
    shelf s;
    shelf_init(&s);
    att_import_report report;
    att_error err;
    const char *path = check_path("fixed.ndjson");
    const char *bad =
        "{\"user\":\"u\",\"item\":\"a\",\"at\":1,\"signal\":\"liek\"}\n{\"id\":\"x\"}\n";
    const char *good =
        "{\"user\":\"u\",\"item\":\"a\",\"at\":1,\"signal\":\"like\"}\n{\"id\":\"x\"}\n";
    check_write_file(path, bad, strlen(bad));
    CHECK_OK_ERR(import_with(&s, path, NULL, &report, &err), &err);
    CHECK_EQ(report.rejected, 1);
    usleep(20000); // another time of change
    check_write_file(path, good, strlen(good));
    CHECK_OK_ERR(import_with(&s, path, NULL, &report, &err), &err);
    CHECK_EQ(report.resumed_at_line, 0);
    CHECK_EQ(report.events, 1);
    CHECK_EQ(report.rejected, 0);
    // What the first import had set aside is in now, so its file went.
    char rejects[600];
    snprintf(rejects, sizeof rejects, "%s.rejects.ndjson", path);
    CHECK(access(rejects, F_OK) != 0);
    shelf_deinit(&s);
}

CHECK_TEST(what_the_store_refuses_is_set_aside_alone)
{
    CHECK_BEGIN();
    shelf s;
    shelf_init(&s);
    s.refuses_poison = true;
    att_import_report report;
    att_error err;
    const char *path = check_path("poison.ndjson");
    const char *content =
        "{\"id\":\"1\",\"user\":\"u\",\"item\":\"a\",\"at\":1,\"signal\":\"like\"}\n"
        "{\"id\":\"poison\",\"user\":\"u\",\"item\":\"a\",\"at\":1,\"signal\":\"like\"}\n"
        "{\"id\":\"2\",\"user\":\"u\",\"item\":\"a\",\"at\":1,\"signal\":\"like\"}\n"
        "{\"id\":\"poison\",\"title\":\"t\"}\n{\"id\":\"fine\",\"title\":\"t\"}\n";
    check_write_file(path, content, strlen(content));
    CHECK_OK_ERR(import_with(&s, path, NULL, &report, &err), &err);
    CHECK_EQ(report.events, 2);
    CHECK_EQ(report.items, 1);
    CHECK_EQ(report.rejected, 2);
    char *rejects = check_read_file(report.reject_path, NULL);
    CHECK_HOLDS(rejects, "\"line\":2,\"field\":\"id\",\"reason\":\"found poison, expected none\"");
    CHECK_HOLDS(rejects, "\"line\":4,\"field\":\"\",\"reason\":\"item 0: poison\"");
    free(rejects);
    CHECK_OK_ERR(import_with(&s, path, NULL, &report, &err), &err);
    CHECK_EQ(report.lines, 0);
    shelf_deinit(&s);
}

CHECK_TEST(a_line_without_end_costs_itself_alone)
{
    CHECK_BEGIN();
    shelf s;
    shelf_init(&s);
    att_import_report report;
    att_error err;
    const char *path = check_path("long.ndjson");
    FILE *file = fopen(path, "w");
    fputs("{\"user\":\"u\",\"item\":\"a\",\"at\":1,\"signal\":\"like\"}\n{\"user\":\"", file);
    for (int i = 0; i < 7000000; i++)
        fputc('x', file);
    fputs("\"}\n{\"user\":\"u\",\"item\":\"b\",\"at\":1,\"signal\":\"like\"}\n", file);
    fclose(file);
    CHECK_OK_ERR(import_with(&s, path, NULL, &report, &err), &err);
    CHECK_EQ(report.events, 2);
    CHECK_EQ(report.rejected, 1);
    CHECK_EQ(report.lines, 3);
    CHECK_HOLDS(report.first_reject, "long.ndjson:2: the line has more than 1048576 bytes");
    // Cut off inside that line, it is not taken up in its middle.
    for (uint64_t fail_at = 2; fail_at <= 3; fail_at++) {
        shelf t;
        shelf_init(&t);
        t.fail_at = fail_at;
        t.fail_with = ATT_FULL;
        (void)!import_with(&t, path, &(att_import_options){.batch = 1}, &report, &err);
        CHECK_OK_ERR(import_with(&t, path, &(att_import_options){.batch = 1}, &report, &err), &err);
        CHECK_EQ(t.event_count, 2);
        CHECK_EQ(count_lines(check_path("long.ndjson.rejects.ndjson")), 1);
        shelf_deinit(&t);
    }
    shelf_deinit(&s);
}

CHECK_TEST(csv_with_a_mapping_arrives)
{
    CHECK_BEGIN();
    shelf s;
    shelf_init(&s);
    att_import_report report;
    att_error err;
    const char *path = check_path("plays.csv");
    const char *content = "\xEF\xBB\xBFuserId,when,\"the item\",stars\r\n"
                          "u1,10,\"a \"\"b\"\"\",4.5\r\n"
                          "u2,11,\"x\ny\",3\r\n"
                          "u3,12,\"stray\"quote,3\r\n"
                          "u4,13,c\r\n"
                          "u5,abc,c,1\r\n"
                          "\r\n"
                          "u6,14,c,";
    check_write_file(path, content, strlen(content));
    const att_import_options options = {
        .mapping = "user=userId,item=the item,signal:rating,value=stars,at=when:s"};
    CHECK_OK_ERR(import_with(&s, path, &options, &report, &err), &err);
    CHECK_EQ(report.events, 3);
    CHECK_EQ(report.rejected, 3);
    CHECK_NEAR(s.value_sum, 7.5, 1e-6);
    CHECK_EQ(report.lines, 8);
    char *rejects = check_read_file(report.reject_path, NULL);
    CHECK_HOLDS(rejects,
        "\"line\":5,\"field\":\"\",\"reason\":\"column 14: found text behind a closing quote");
    CHECK_HOLDS(rejects,
        "\"line\":6,\"field\":\"\",\"reason\":\"found 3 fields, expected 4 as in the header\"");
    CHECK_HOLDS(rejects, "\"line\":7,\"field\":\"at\",\"reason\":\"found \\\"abc\\\" in column "
                         "\\\"when\\\", expected seconds since 1970\"");
    free(rejects);
    shelf_deinit(&s);
}

CHECK_TEST(what_cannot_be_read_is_said_before_anything_is_written)
{
    CHECK_BEGIN();
    shelf s;
    shelf_init(&s);
    att_import_report report;
    att_error err;
    static const struct {
        const char *name, *content, *mapping, *story;
    } cases[] = {
        {"a.json", "[{\"id\":1}]", NULL, "a list as one JSON value, expected one object a line"},
        {"b.gz", "\x1F\x8B\x08", NULL, "compressed by gzip"},
        {"c.txt", "hello", NULL, "begins with \"hello\", expected lines of JSON"},
        {"d.txt", "\xFF\xFE{", NULL, "is UTF-16, expected UTF-8"},
        {"e.csv", "a,b,c\n1,2,3\n", NULL, "a CSV file needs a mapping, such as"},
        {"f.csv", "a,b,c\n1,2,3\n", NULL, "its columns are a, b, c"},
        {"g.csv", "a,b,c\n1,2,3\n", "user=a,item=b,signal:like,at=d",
            "mapping part 4 \"at=d\": the file has no column \"d\", expected one of a, b, c"},
        {"h.csv", "", "user=a,signal:like,at=d", "expected a header"},
        {"i.ndjson", "{}", "user=a,signal:like,at=d", "a mapping is for CSV files alone"},
    };
    for (size_t i = 0; i < ATT_COUNT_OF(cases); i++) {
        const char *path = check_path(cases[i].name);
        check_write_file(path, cases[i].content, strlen(cases[i].content));
        CHECK(import_with(&s, path, &(att_import_options){.mapping = cases[i].mapping}, &report,
                  &err) != ATT_OK);
        CHECK_HOLDS(err.text, cases[i].story);
        CHECK_HOLDS(err.text, i == 9 ? "mapping" : cases[i].name);
    }
    CHECK_FAILS(import_with(&s, check_path("not-there"), NULL, &report, &err), ATT_NOT_FOUND);
    CHECK_HOLDS(err.text, "opening");
    mkdir(check_path("folder"), 0700);
    CHECK_FAILS(import_with(&s, check_path("folder"), NULL, &report, &err), ATT_NOT_FOUND);
    CHECK_HOLDS(err.text, "without movies.csv");
    CHECK_FAILS(
        import_with(&s, "x", &(att_import_options){.batch = 1000000}, &report, &err), ATT_LIMIT);
    CHECK_EQ(s.calls, 0);
    shelf_deinit(&s);
}

CHECK_TEST(an_empty_file_is_fine)
{
    CHECK_BEGIN();
    shelf s;
    shelf_init(&s);
    att_import_report report;
    att_error err;
    const char *path = check_path("empty.ndjson");
    check_write_file(path, "", 0);
    CHECK_OK_ERR(import_with(&s, path, NULL, &report, &err), &err);
    CHECK_EQ(report.lines, 0);
    shelf_deinit(&s);
}

// --- Pipes and progress --------------------------------------------------------------------------

typedef struct typist {
    int fd;
    size_t count;
    bool slowly;
} typist;

static void *type(void *argument)
{
    const typist *t = argument;
    for (size_t i = 0; i < t->count; i++) {
        char line[128];
        const int size = snprintf(line, sizeof line,
            "{\"user\":\"u\",\"item\":\"i%zu\",\"at\":1,\"signal\":\"like\"}\n", i);
        const int half = size / 2;
        CHECK_EQ(write(t->fd, line, (size_t)half), half);
        if (t->slowly)
            usleep(1000);
        CHECK_EQ(write(t->fd, line + half, (size_t)(size - half)), size - half);
    }
    close(t->fd);
    return NULL;
}

CHECK_TEST(a_pipe_arrives_and_leaves_no_cursor)
{
    CHECK_BEGIN();
    for (int slowly = 0; slowly < 2; slowly++) {
        int ends[2];
        shelf s;
        shelf_init(&s);
        att_import_report report;
        att_error err;
        CHECK_EQ(pipe(ends), 0);
        const int own = dup(0);
        CHECK_EQ(dup2(ends[0], 0), 0);
        close(ends[0]);
        typist t = {ends[1], slowly ? 50 : 20000, slowly};
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, type, &t), 0);
        const att_import_options options = {.reject_path = check_path("pipe.rejects")};
        const att_status status = import_with(&s, "-", &options, &report, &err);
        pthread_join(thread, NULL);
        CHECK(dup2(own, 0) == 0);
        close(own);
        CHECK_OK_ERR(status, &err);
        CHECK_EQ(s.event_count, slowly ? 50 : 20000);
        CHECK_EQ(s.cursor_count, 0);
        shelf_deinit(&s);
    }
}

typedef struct watch {
    uint64_t calls, done, total;
    bool cancel;
} watch;

static bool see_progress(void *user, const att_progress *progress)
{
    watch *w = user;
    w->calls++;
    w->done = progress->done;
    w->total = progress->total;
    CHECK_STR(progress->unit, "bytes");
    return !w->cancel;
}

CHECK_TEST(a_cancelled_import_keeps_what_it_acknowledged)
{
    CHECK_BEGIN();
    shelf s;
    shelf_init(&s);
    att_import_report report;
    att_error err;
    const char *path = write_events("cancel.ndjson", 3000, 0);
    watch w = {.cancel = true};
    const att_host host = {.progress = see_progress, .user = &w};
    const att_import_sink sink = sink_of(&s);
    CHECK_FAILS(att_ingest_import(path, NULL, &sink, &host, &report, &err), ATT_CANCELLED);
    CHECK_HOLDS(err.text, "is kept");
    w.cancel = false;
    CHECK_OK_ERR(att_ingest_import(path, NULL, &sink, &host, &report, &err), &err);
    CHECK_EQ(s.event_count, 3000);
    CHECK(w.calls >= 1);
    CHECK_EQ(w.done, w.total);
    shelf_deinit(&s);
}

// --- Memory --------------------------------------------------------------------------------------

typedef struct meter {
    uint64_t fail_at, count;
    int64_t live;
} meter;

static void *metered_resize(void *user, void *old, size_t old_size, size_t size)
{
    meter *m = user;
    if (size && __atomic_add_fetch(&m->count, 1, __ATOMIC_RELAXED) == m->fail_at)
        return NULL;
    void *memory = NULL;
    if (size == 0)
        free(old);
    else if (!(memory = realloc(old, size)))
        return NULL;
    __atomic_add_fetch(&m->live, (int64_t)size - (int64_t)old_size, __ATOMIC_RELAXED);
    return memory;
}

CHECK_TEST(without_memory_nothing_is_lost_and_nothing_leaks)
{
    CHECK_BEGIN();
    const char *path = write_events("memory.ndjson", 300, 50);
    for (uint64_t n = 1; n < 200; n++) {
        shelf s;
        shelf_init(&s);
        meter m = {.fail_at = n};
        const att_host host = {.resize = metered_resize, .user = &m};
        s.bytes_host = &host;
        const att_import_sink sink = sink_of(&s);
        att_import_report report;
        att_error err;
        const att_status status = att_ingest_import(path, NULL, &sink, &host, &report, &err);
        const bool failed = status != ATT_OK;
        CHECK_EQ(m.live, 0);
        if (failed)
            CHECK_EQ(status, ATT_NO_MEMORY);
        m.fail_at = 0;
        CHECK_OK_ERR(att_ingest_import(path, NULL, &sink, &host, &report, &err), &err);
        CHECK_EQ(s.event_count, 300);
        CHECK_EQ(m.live, 0);
        shelf_deinit(&s);
        if (!failed)
            return;
    }
    CHECK(false);
}

CHECK_MAIN(CHECK_CASE(a_file_arrives_whole), CHECK_CASE(chunks_join_without_a_seam),
    CHECK_CASE(a_reject_file_of_somebody_else_is_not_touched),
    CHECK_CASE(a_reject_file_that_cannot_be_written_stops_the_import),
    CHECK_CASE(bad_lines_are_set_aside_with_their_story),
    CHECK_CASE(an_import_that_is_cut_off_goes_on_at_every_batch),
    CHECK_CASE(strict_stops_at_the_first_bad_line_and_keeps_what_stood_before),
    CHECK_CASE(a_file_that_grew_goes_on_behind_its_last_whole_line),
    CHECK_CASE(a_file_that_was_changed_begins_anew),
    CHECK_CASE(what_the_store_refuses_is_set_aside_alone),
    CHECK_CASE(a_line_without_end_costs_itself_alone), CHECK_CASE(csv_with_a_mapping_arrives),
    CHECK_CASE(what_cannot_be_read_is_said_before_anything_is_written),
    CHECK_CASE(an_empty_file_is_fine), CHECK_CASE(a_pipe_arrives_and_leaves_no_cursor),
    CHECK_CASE(a_cancelled_import_keeps_what_it_acknowledged),
    CHECK_CASE(without_memory_nothing_is_lost_and_nothing_leaks))
