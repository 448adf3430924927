// SPDX-License-Identifier: Apache-2.0
// The whole way: data, protocols, models, intervals, tables, files for trec_eval.
#include "world.h"

#include <jansson.h>
#include <math.h>

static const char *const fast[] = {"random", "popularity", "item-knn"};

static att_evaluate_options quick(uint32_t protocols)
{
    att_evaluate_options options = att_evaluate_options_default();
    options.protocols = protocols;
    options.models = fast;
    options.model_count = 3;
    options.resamples = 200;
    options.negatives = 20;
    return options;
}

static const att_measured *value(const att_report_part *part, const char *model, const char *column)
{
    for (size_t r = 0; r < part->row_count; r++)
        for (size_t i = 0; strcmp(part->rows[r].model, model) == 0 && i < part->column_count; i++) {
            char name[64];
            snprintf(
                name, sizeof name, "%s@%zu", part->columns[i].metric->name, part->columns[i].k);
            if (strcmp(name, column) == 0)
                return &part->rows[r].values[i];
        }
    print_error("no value of %s in %s\n", column, model);
    CHECK(false);
    return NULL;
}

static att_report *evaluate(const att_dataset *dataset, const att_evaluate_options *options)
{
    att_report *report;
    att_error err;
    CHECK_OK_ERR(att_evaluate(dataset, options, NULL, &report, &err), &err);
    return report;
}

CHECK_TEST(who_looks_at_taste_beats_popularity_beats_chance)
{
    CHECK_BEGIN();
    att_dataset *dataset = world();
    att_evaluate_options options =
        quick(ATT_PROTOCOL_LEAVE_ONE_OUT | ATT_PROTOCOL_LEAVE_ONE_OUT_SAMPLED);
    att_report *report = evaluate(dataset, &options);
    CHECK_EQ(report->part_count, 2);
    CHECK(!report->parts[0].sampled && report->parts[1].sampled);
    for (size_t p = 0; p < 2; p++) {
        const att_report_part *part = &report->parts[p];
        CHECK_STR(part->baseline, "popularity");
        const double chance = value(part, "random", "ndcg-binary@100")->value.mean;
        const double popular = value(part, "popularity", "ndcg-binary@100")->value.mean;
        const double taste = value(part, "item-knn", "ndcg-binary@100")->value.mean;
        CHECK(chance < popular && popular < taste);
        const att_measured *measured = value(part, "item-knn", "ndcg-binary@100");
        CHECK(measured->value.low < taste && taste < measured->value.high);
        CHECK_NEAR(measured->difference.mean, taste - popular, 1e-12);
        CHECK(measured->difference.low > 0.0);
        CHECK_NEAR(value(part, "popularity", "mrr@100")->difference.high, 0.0, 0);
    }
    // Beyond accuracy only where lists are the model's own.
    CHECK(value(&report->parts[0], "random", "coverage@10")->value.mean > 0.95);
    CHECK(value(&report->parts[0], "popularity", "novelty@10")->value.mean <
          value(&report->parts[0], "random", "novelty@10")->value.mean);
    CHECK_NEAR(value(&report->parts[0], "popularity", "serendipity@10")->value.mean, 0.0, 0);
    CHECK(isnan(value(&report->parts[1], "random", "coverage@10")->value.mean));
    CHECK(isnan(value(&report->parts[1], "random", "novelty@10")->value.mean));
    // Sampled figures are far higher: that is why they are labelled.
    CHECK(value(&report->parts[1], "random", "hit-rate@10")->value.mean >
          value(&report->parts[0], "random", "hit-rate@10")->value.mean);
    att_report_destroy(report);
    att_dataset_destroy(dataset);
}

// A person met at several moments counts once: no more are judged than there are, and one moment is the time split.
CHECK_TEST(rolling_moments_pool_people)
{
    CHECK_BEGIN();
    att_dataset *dataset = world();
    att_evaluate_options options = quick(ATT_PROTOCOL_ROLLING);
    options.moments = 6;
    att_report *many = evaluate(dataset, &options);
    options.moments = 1;
    att_report *one = evaluate(dataset, &options);
    options.protocols = ATT_PROTOCOL_TIME;
    options.train_share = 0.5;
    att_report *time = evaluate(dataset, &options);
    CHECK(many->parts[0].judged > one->parts[0].judged && many->parts[0].judged <= many->users);
    CHECK_HOLDS(many->parts[0].about, "several moments");
    CHECK_EQ(one->parts[0].judged, time->parts[0].judged);
    const att_measured *a = value(&one->parts[0], "item-knn", "ndcg-binary@100");
    const att_measured *b = value(&time->parts[0], "item-knn", "ndcg-binary@100");
    CHECK_NEAR(a->value.mean, b->value.mean, 0);
    CHECK_NEAR(a->difference.low, b->difference.low, 0);
    const att_measured *pooled = value(&many->parts[0], "item-knn", "ndcg-binary@100");
    CHECK(pooled->value.high - pooled->value.low < a->value.high - a->value.low); // more people say more
    att_report_destroy(many);
    att_report_destroy(one);
    att_report_destroy(time);
    options.moments = 51;
    att_error err;
    CHECK_FAILS(att_evaluate(dataset, &options, NULL, &many, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "moments");
    att_dataset_destroy(dataset);
}

CHECK_TEST(seed_decides_and_threads_do_not)
{
    CHECK_BEGIN();
    att_dataset *dataset = world();
    att_evaluate_options options = quick(ATT_PROTOCOL_STRONG);
    options.test_share = 0.3;
    att_report *one = evaluate(dataset, &options);
    options.threads = 3;
    att_report *three = evaluate(dataset, &options);
    options.seed = 2;
    att_report *other = evaluate(dataset, &options);
    bool differs = false;
    for (size_t r = 0; r < 3; r++)
        for (size_t i = 0; i < one->parts[0].column_count; i++) {
            const att_measured *a = &one->parts[0].rows[r].values[i],
                               *b = &three->parts[0].rows[r].values[i];
            CHECK(memcmp(a, b, sizeof *a) == 0);
            differs |= memcmp(a, &other->parts[0].rows[r].values[i], sizeof *a) != 0;
        }
    CHECK(differs);
    att_report_destroy(one);
    att_report_destroy(three);
    att_report_destroy(other);
    att_dataset_destroy(dataset);
}

typedef struct mean {
    const char *measure;
    double value;
} mean;

static bool take(void *user, const att_trec_line *line)
{
    for (mean *m = user; line->summary && m->measure; m++)
        if (strcmp(m->measure, line->measure) == 0)
            m->value = line->value;
    return true;
}

CHECK_TEST(trec_eval_finds_the_same_figures_in_the_files_written)
{
    CHECK_BEGIN();
    att_dataset *dataset = world();
    att_evaluate_options options = quick(ATT_PROTOCOL_STRONG | ATT_PROTOCOL_LEAVE_ONE_OUT_SAMPLED);
    options.test_share = 0.3;
    options.trec_folder = check_folder();
    att_report *report = evaluate(dataset, &options);
    for (size_t p = 0; p < report->part_count; p++)
        for (size_t r = 0; r < 3; r++) {
            const att_report_part *part = &report->parts[p];
            char run[64], qrels[64];
            snprintf(run, sizeof run, "%s.%s.run", part->name, part->rows[r].model);
            snprintf(qrels, sizeof qrels, "%s.qrels", part->name);
            mean means[] = {{"ndcg_cut_10", 0}, {"map", 0}, {"recip_rank", 0}, {"P_10", 0},
                {"success_10", 0}, {"num_q", 0}, {NULL, 0}};
            CHECK_OK(
                att_trec_eval(check_path(run), check_path(qrels), NULL, take, means, NULL, NULL));
            static const char *const columns[] = {
                "ndcg-binary@10", "map@100", "mrr@100", "precision@10", "hit-rate@10"};
            for (size_t i = 0; i < 5; i++)
                CHECK_NEAR(means[i].value, value(part, part->rows[r].model, columns[i])->value.mean,
                    1e-12);
            CHECK_EQ(means[5].value, part->judged);
        }
    att_report_destroy(report);
    att_dataset_destroy(dataset);
}

CHECK_TEST(cold_start_ranks_the_hidden_for_everybody_who_liked_some)
{
    CHECK_BEGIN();
    att_dataset *dataset = world();
    att_evaluate_options options = att_evaluate_options_default();
    options.protocols = ATT_PROTOCOL_COLD;
    options.resamples = 100;
    options.cold_share = 0.2;
    att_report *report = evaluate(dataset, &options);
    const att_report_part *part = &report->parts[0];
    CHECK_EQ(part->row_count, 4);
    CHECK(part->ranked == 9 || part->ranked == 10);
    CHECK(value(part, "popularity-oracle", "ndcg-binary@10")->value.mean >
          value(part, "random", "ndcg-binary@10")->value.mean);
    CHECK(isnan(value(part, "popularity", "novelty@10")->value.mean));
    att_report_destroy(report);
    att_dataset_destroy(dataset);
}

typedef struct text {
    char data[65536];
    size_t size;
    int left; // lines or pieces until it refuses; 0: never
} text;

static bool keep_line(void *user, att_text line)
{
    text *out = user;
    CHECK(out->size + line.size + 2 < sizeof out->data);
    CHECK(line.size <= 110);
    memcpy(out->data + out->size, line.data, line.size);
    out->size += line.size;
    out->data[out->size++] = '\n';
    return out->left == 0 || --out->left > 0;
}

static bool keep(void *user, att_text piece)
{
    text *out = user;
    CHECK(out->size + piece.size + 1 < sizeof out->data);
    memcpy(out->data + out->size, piece.data, piece.size);
    out->size += piece.size;
    return out->left == 0 || --out->left > 0;
}

CHECK_TEST(reports_read_well_and_parse)
{
    CHECK_BEGIN();
    att_dataset *dataset = world();
    att_evaluate_options options = quick(ATT_PROTOCOL_LEAVE_ONE_OUT_SAMPLED | ATT_PROTOCOL_TIME);
    options.split_ms = 1000000 + (int64_t)35 * 3600000;
    att_report *report = evaluate(dataset, &options);
    text *out = calloc(1, sizeof *out);
    CHECK_OK(att_report_text(report, keep_line, out, NULL));
    CHECK_HOLDS(out->data, "model (SAMPLED)");
    CHECK_HOLDS(out->data, "Global time split");
    CHECK_HOLDS(out->data, "NDCG@100");
    CHECK_HOLDS(out->data, "Difference to popularity");
    CHECK_HOLDS(out->data, "Steck 2018");
    CHECK(strstr(out->data, "nan") == NULL);

    memset(out, 0, sizeof *out);
    CHECK_OK(att_report_json(report, keep, out, NULL));
    json_t *root = json_loads(out->data, 0, NULL);
    CHECK(root != NULL);
    json_t *first = json_array_get(json_object_get(root, "protocols"), 0);
    CHECK_STR(json_string_value(json_object_get(first, "name")), "leave-one-out-sampled");
    CHECK(json_is_true(json_object_get(first, "sampled")));
    json_t *model = json_array_get(json_object_get(first, "models"), 2);
    json_t *measured = json_object_get(json_object_get(model, "values"), "ndcg-binary@100");
    CHECK_NEAR(json_real_value(json_object_get(measured, "mean")),
        value(&report->parts[0], "item-knn", "ndcg-binary@100")->value.mean, 1e-8);
    CHECK(json_is_object(json_object_get(measured, "difference")));
    CHECK(json_is_null(
        json_object_get(json_object_get(json_object_get(model, "values"), "gini@10"), "mean")));
    json_decref(root);

    out->size = 0;
    out->left = 3;
    CHECK_FAILS(att_report_text(report, keep_line, out, NULL), ATT_CANCELLED);
    out->size = 0;
    out->left = 2;
    CHECK_FAILS(att_report_json(report, keep, out, NULL), ATT_CANCELLED);
    free(out);
    att_report_destroy(report);
    att_dataset_destroy(dataset);
}

CHECK_TEST(wrong_options_are_refused_by_name)
{
    CHECK_BEGIN();
    att_dataset *dataset = world();
    static const char *const unknown[] = {"magic"};
    static const char *const nobody[] = {"content"};
    att_column bare = {NULL, 5};
    struct {
        att_evaluate_options options;
        const char *story;
    } cases[10];
    for (size_t i = 0; i < 10; i++)
        cases[i].options = quick(ATT_PROTOCOL_STRONG);
    size_t n = 0;
    cases[n].options.protocols = 0, cases[n++].story = "protocols";
    cases[n].options.protocols = 64, cases[n++].story = "protocols";
    cases[n].options.resamples = 0, cases[n++].story = "resamples";
    cases[n].options.test_share = 1.5, cases[n++].story = "test_share";
    cases[n].options.fold_in_share = (double)NAN, cases[n++].story = "fold_in_share";
    cases[n].options.negatives = 0, cases[n++].story = "negatives";
    cases[n].options.models = unknown, cases[n].options.model_count = 1,
    cases[n++].story = "no model \"magic\"";
    cases[n].options.models = nobody, cases[n].options.model_count = 1,
    cases[n++].story = "protocol strong: none of the chosen models takes part";
    cases[n].options.columns = &bare, cases[n].options.column_count = 1,
    cases[n++].story = "column 1";
    cases[n].options.min_preferences = 1000, cases[n++].story = "nobody";
    for (size_t i = 0; i < n; i++) {
        att_report *report;
        att_error err = {0};
        CHECK_FAILS(att_evaluate(dataset, &cases[i].options, NULL, &report, &err), ATT_INVALID);
        CHECK_HOLDS(err.text, cases[i].story);
        CHECK(report == NULL);
    }
    att_dataset_destroy(dataset);
}

CHECK_TEST(folds_put_their_people_side_by_side)
{
    CHECK_BEGIN();
    att_dataset *dataset = world();
    att_evaluate_options options = quick(ATT_PROTOCOL_STRONG);
    att_report *one = evaluate(dataset, &options);
    options.folds = 5;
    att_report *five = evaluate(dataset, &options);
    CHECK(five->parts[0].judged >= 5 * 5 && five->parts[0].judged <= 30);
    CHECK_HOLDS(five->parts[0].about, "Done 5 times");
    const att_interval a = value(&one->parts[0], "item-knn", "ndcg-binary@100")->value;
    const att_interval b = value(&five->parts[0], "item-knn", "ndcg-binary@100")->value;
    CHECK(b.high - b.low < a.high - a.low);
    CHECK(value(&five->parts[0], "random", "coverage@10")->value.mean <= 1.0);
    att_report_destroy(one);
    att_report_destroy(five);
    options.folds = 11;
    att_error err;
    CHECK_FAILS(att_evaluate(dataset, &options, NULL, &one, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "folds");
    att_dataset_destroy(dataset);
}

CHECK_TEST(names_of_protocols_and_columns_are_read)
{
    CHECK_BEGIN();
    for (uint32_t bit = 1; bit <= 16; bit *= 2) {
        uint32_t again = 0;
        CHECK(att_protocol_parse(att_text_of(att_protocol_name(bit)), &again));
        CHECK_EQ(again, bit);
    }
    uint32_t bit;
    CHECK(!att_protocol_parse(att_text_of("strongest"), &bit));
    CHECK_STR(att_protocol_name(3), "?");
    att_column column;
    CHECK(att_column_parse(att_text_of("recall@20"), &column) && column.k == 20);
    static const char *const bad[] = {"", "recall", "recall@", "recall@0", "recall@1001",
        "recall@2x", "recal@20", "recall@99999999999999999999", "@5"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!att_column_parse(att_text_of(bad[i]), &column));
}

static bool stop(void *user, const att_progress *progress)
{
    (void)user;
    return progress->done == 0;
}

// Rings of ten that everybody goes round, told as lines in their order. The numbers in a name are no help: 0, 7, 4, 1 …
CHECK_TEST(the_engines_choice_learns_and_asks_by_the_order_where_no_times_are_told)
{
    CHECK_BEGIN();
    FILE *file = fopen(check_path("walks.txt"), "w");
    CHECK(file != NULL);
    att_rng rng = att_rng_seed(8);
    for (uint32_t u = 0; u < 400; u++) {
        const uint32_t ring = (uint32_t)att_rng_below(&rng, 6), begin = (uint32_t)att_rng_below(&rng, 10);
        for (uint32_t k = 0; k < 8; k++)
            fprintf(file, "u%u i%u\n", u, ring * 10 + (begin + k) * 7 % 10);
    }
    CHECK_EQ(fclose(file), 0);
    att_dataset *dataset;
    att_error err;
    CHECK_OK_ERR(att_dataset_events(&dataset, check_path("walks.txt"), 0, NULL, NULL, &err), &err);
    att_dataset_info info;
    att_dataset_info_get(dataset, &info);
    CHECK(info.untimed);
    static const char *const chosen[] = {"als", "chosen"};
    att_evaluate_options options = quick(ATT_PROTOCOL_LEAVE_ONE_OUT);
    options.models = chosen;
    options.model_count = 2;
    options.baseline = "als";
    options.threads = 2;
    att_report *report = evaluate(dataset, &options);
    const att_report_part *part = &report->parts[0];
    CHECK_NOTE("%s", part->rows[1].story);
    CHECK_HOLDS(part->rows[1].story, "for a sequence model");
    const double als = value(part, "als", "mrr@100")->value.mean, order = value(part, "chosen", "mrr@100")->value.mean;
    CHECK_NOTE("mean reciprocal rank %.3f, als %.3f", order, als);
    CHECK(order > 0.9);
    CHECK(als < 0.85); // three of the ring are left: 0.61 by chance
    att_report_destroy(report);
    att_dataset_destroy(dataset);
}

CHECK_TEST(it_can_be_stopped)
{
    CHECK_BEGIN();
    att_dataset *dataset = world();
    att_host host = att_host_default();
    host.progress = stop;
    att_report *report;
    const att_evaluate_options options = quick(ATT_PROTOCOL_STRONG);
    CHECK_FAILS(att_evaluate(dataset, &options, &host, &report, NULL), ATT_CANCELLED);
    CHECK(report == NULL);
    att_dataset_destroy(dataset);
}

CHECK_TEST(memory_may_run_out_anywhere)
{
    CHECK_BEGIN();
    att_dataset *dataset = world();
    att_evaluate_options options =
        quick(ATT_PROTOCOL_LEAVE_ONE_OUT | ATT_PROTOCOL_LEAVE_ONE_OUT_SAMPLED);
    options.resamples = 3;
    att_status status = ATT_NO_MEMORY;
    uint64_t fail_at = 1;
    for (; status == ATT_NO_MEMORY && fail_at < 2000; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        const att_host host = check_host(&heap);
        att_report *report;
        att_error err = {0};
        status = att_evaluate(dataset, &options, &host, &report, &err);
        CHECK(status == ATT_OK || err.text[0] != 0);
        att_report_destroy(report);
        CHECK_EQ(heap.bytes_live, 0);
    }
    CHECK_EQ(status, ATT_OK);
    CHECK(fail_at > 20);
    att_dataset_destroy(dataset);
}

CHECK_TEST(films_split_by_people_and_by_time)
{
    CHECK_BEGIN();
    const char *folder = check_shared("movielens-small");
    if (!folder)
        CHECK_SKIP("no MovieLens folder");
    att_dataset *dataset;
    att_error err;
    CHECK_OK_ERR(att_dataset_movielens(&dataset, folder, 4.0, NULL, &err), &err);
    att_evaluate_options options = quick(ATT_PROTOCOL_STRONG | ATT_PROTOCOL_TIME);
    att_report *report = evaluate(dataset, &options);
    for (size_t p = 0; p < 2; p++) {
        const double popular =
            value(&report->parts[p], "popularity", "ndcg-binary@100")->value.mean;
        const double taste = value(&report->parts[p], "item-knn", "ndcg-binary@100")->value.mean;
        CHECK(value(&report->parts[p], "random", "ndcg-binary@100")->value.mean < popular &&
              popular < taste);
    }
    att_report_destroy(report);
    att_dataset_destroy(dataset);
}

CHECK_MAIN(CHECK_CASE(who_looks_at_taste_beats_popularity_beats_chance),
    CHECK_CASE(rolling_moments_pool_people),
    CHECK_CASE(seed_decides_and_threads_do_not),
    CHECK_CASE(trec_eval_finds_the_same_figures_in_the_files_written),
    CHECK_CASE(cold_start_ranks_the_hidden_for_everybody_who_liked_some),
    CHECK_CASE(reports_read_well_and_parse), CHECK_CASE(wrong_options_are_refused_by_name),
    CHECK_CASE(folds_put_their_people_side_by_side),
    CHECK_CASE(names_of_protocols_and_columns_are_read), CHECK_CASE(the_engines_choice_learns_and_asks_by_the_order_where_no_times_are_told), CHECK_CASE(it_can_be_stopped),
    CHECK_CASE(memory_may_run_out_anywhere), CHECK_CASE(films_split_by_people_and_by_time))
