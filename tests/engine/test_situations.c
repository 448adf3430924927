// SPDX-License-Identifier: Apache-2.0
// Where situations tell what comes next, the engine learns it from imported events, and asks for the situation of the request.
//
// Albums of fifteen places in three styles, each song in a morning version and an evening version. Everybody goes on to the next place; in what
// style hangs on the device of the newest event, in which version on the hour at which they come back. So one of six songs comes next, and
// nothing but situations says which: that of the newest event and that of the request.
#include "scene.h"

#include "attune/import.h"
#include "attune/measure.h"

#include <math.h>

enum { STYLES = 3, PLACES = 15, SONGS = STYLES * PLACES, WAYS = 2 * STYLES, WALKERS = 400, STEPS = 9, FRESH = 40, LIKED_BY_FRESH = 6 };

static const att_host host = {0};
static att_error err;

typedef struct walk {
    int place, device; // of the newest event
} walk;

static const char *const devices[STYLES] = {"phone", "tv", "desktop"};

static int song(int style, int place, bool evening)
{
    return (evening ? SONGS : 0) + style * PLACES + place % PLACES;
}

static int64_t moment(int day, bool evening)
{
    return SCENE_NOW / SCENE_DAY * SCENE_DAY - (20 - day) * SCENE_DAY + (evening ? 22 : 8) * INT64_C(3600000);
}

// One line an event. Without context everything else is the same.
static walk write_walk(FILE *file, int user, int steps, bool with_context, att_rng *rng)
{
    walk w = {(int)att_rng_below(rng, PLACES), (int)att_rng_below(rng, STYLES)};
    for (int k = 0; k < steps; k++) {
        const bool evening = att_rng_below(rng, 2);
        const int style = w.device;
        w.place++;
        w.device = (int)att_rng_below(rng, STYLES);
        fprintf(file, "{\"id\":\"%d-%d\",\"user\":\"person-%02d\",\"item\":\"song-%02d\",\"at\":%lld,\"signal\":\"like\"",
            user, k, user, song(style, w.place, evening), (long long)moment(k, evening) + user);
        if (with_context)
            fprintf(file, ",\"context\":{\"device\":\"%s\",\"utc_offset_min\":0}", devices[w.device]);
        fprintf(file, "}\n");
    }
    return w;
}

static void import_walks(att_engine *engine, const char *name, int first, int count, int steps, bool with_context, walk *ends)
{
    FILE *file = fopen(check_path(name), "w");
    CHECK(file != NULL);
    att_rng rng = att_rng_seed(7 + (uint64_t)first);
    for (int u = 0; u < count; u++) {
        const walk end = write_walk(file, first + u, steps, with_context, &rng);
        if (ends)
            ends[u] = end;
    }
    CHECK_EQ(fclose(file), 0);
    att_import_report report;
    const att_import_options options = {0};
    CHECK_OK_ERR(att_import(engine, check_path(name), &options, &report, &err), &err);
    CHECK_EQ(report.rejected, 0);
}

static att_engine *town(const char *name, bool with_context, att_train_report *report, walk *ends)
{
    att_engine *engine = scene_open(check_path(name), &host);
    for (int i = 0; i < 2 * SONGS; i++)
        scene_put_item(engine, i, INT64_MAX);
    import_walks(engine, "walks.ndjson", 0, WALKERS, STEPS, with_context, NULL);
    if (report) {
        const att_train_options options = {.seed = 2, .threads = 2, .kind = "als", .dim = 16};
        CHECK_OK_ERR(att_engine_train(engine, &options, report, &err), &err);
        import_walks(engine, "fresh.ndjson", 1000, FRESH, LIKED_BY_FRESH, with_context, ends);
    }
    return engine;
}

static double relevance(att_engine *engine, att_slate_memory *memory, int user, int item, bool evening)
{
    att_request request = scene_request(user, 8);
    request.dry = true;
    request.seed = 4;
    request.at_ms = moment(LIKED_BY_FRESH, evening);
    request.context.utc_offset_min = 0;
    att_explanation out;
    CHECK_OK_ERR(att_engine_explain(engine, &request, scene_item_id(item), memory, &out, &err), &err);
    return out.shown.terms[ATT_TERM_RELEVANCE];
}

// In how many of the questions the right one of the six songs is the most relevant: each fresh walker, in the morning and in the evening.
static int count_right(att_engine *engine, const walk *ends)
{
    int right = 0;
    att_slate_memory *memory;
    CHECK_OK(att_slate_memory_create(&memory, NULL, &err));
    for (int u = 0; u < FRESH; u++)
        for (int evening = 0; evening < 2; evening++) {
            double own = 0, best = -HUGE_VAL;
            for (int way = 0; way < WAYS; way++) {
                const int style = way / 2, next = song(style, ends[u].place + 1, way % 2);
                const double found = relevance(engine, memory, 1000 + u, next, evening);
                if (style == ends[u].device && way % 2 == evening)
                    own = found;
                else
                    best = fmax(best, found);
            }
            right += own > best;
        }
    att_slate_memory_destroy(memory);
    return right;
}

CHECK_TEST(the_situations_of_the_newest_event_and_of_the_request_say_what_comes_next)
{
    CHECK_BEGIN();
    walk ends[FRESH];
    att_train_report report;
    att_engine *engine = town("with.attune", true, &report, ends);
    CHECK_NOTE("with context: %s", report.sequence);
    CHECK(report.sequence_share > 0);
    const int with = count_right(engine, ends);
    att_engine_close(engine);
    engine = town("without.attune", false, &report, ends);
    CHECK_NOTE("without: %s", report.sequence);
    const int without = count_right(engine, ends);
    att_engine_close(engine);
    CHECK_NOTE("of %d questions %d right with context, %d without", 2 * FRESH, with, without);
    CHECK(with >= 2 * FRESH * 3 / 4);
    CHECK(without <= 2 * FRESH * 35 / 100); // by chance one of six
}

// The model's file, the log and the fold of a store that was closed: the same bits.
CHECK_TEST(a_store_opened_again_knows_the_situations)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(check_path("with.attune"), &host);
    att_slate_memory *memory;
    CHECK_OK(att_slate_memory_create(&memory, NULL, &err));
    double first[2 * SONGS], moved = 0;
    for (int i = 0; i < 2 * SONGS; i++) {
        first[i] = relevance(engine, memory, 1000, i, i % 2);
        moved += first[i] != relevance(engine, memory, 1000, i, !(i % 2));
    }
    CHECK(moved > SONGS);
    att_engine_close(engine);
    remove(check_path("with.attune-fold")); // if it is there: the log is replayed
    engine = scene_open(check_path("with.attune"), &host);
    for (int i = 0; i < 2 * SONGS; i++)
        CHECK_NEAR(relevance(engine, memory, 1000, i, i % 2), first[i], 0);
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

static double mean_rank(const char *name, bool with_context)
{
    att_engine *engine = town(name, with_context, NULL, NULL);
    att_dataset *dataset;
    CHECK_OK_ERR(att_engine_dataset(engine, &dataset, &err), &err);
    att_engine_close(engine);
    static const char *const models[] = {"sequence"};
    att_column column;
    CHECK(att_column_parse(att_text_of("mrr@100"), &column));
    att_evaluate_options options = att_evaluate_options_default();
    options.protocols = ATT_PROTOCOL_LEAVE_ONE_OUT;
    options.models = models;
    options.model_count = 1;
    options.columns = &column;
    options.column_count = 1;
    options.threads = 2;
    options.baseline = "sequence";
    att_report *report;
    CHECK_OK_ERR(att_evaluate(dataset, &options, NULL, &report, &err), &err);
    const double mean = report->parts[0].rows[0].values[0].value.mean;
    att_report_destroy(report);
    att_dataset_destroy(dataset);
    return mean;
}

CHECK_TEST(an_evaluation_of_the_store_ranks_what_was_kept_out_higher_with_situations)
{
    CHECK_BEGIN();
    const double with = mean_rank("judged-with.attune", true), without = mean_rank("judged-without.attune", false);
    CHECK_NOTE("mean reciprocal rank %.3f with context, %.3f without", with, without);
    CHECK(with > 0.85);
    CHECK(without < 0.5); // one of six in any order: 0.41
}

CHECK_MAIN(CHECK_CASE(the_situations_of_the_newest_event_and_of_the_request_say_what_comes_next),
    CHECK_CASE(a_store_opened_again_knows_the_situations),
    CHECK_CASE(an_evaluation_of_the_store_ranks_what_was_kept_out_higher_with_situations))
