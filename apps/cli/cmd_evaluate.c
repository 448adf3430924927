// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_evaluate.c - how good is it: ranking quality with intervals, and trec_eval's measures on files.
#include "evaluate.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool print_line(void *user, att_text line)
{
    (void)user;
    return fwrite(line.data, 1, line.size, stdout) == line.size && putchar('\n') != EOF;
}

static bool print_piece(void *user, att_text piece)
{
    (void)user;
    return fwrite(piece.data, 1, piece.size, stdout) == piece.size;
}

// --- trec -----------------------------------------------------------------------------------------------------

static bool print_trec(void *user, const att_trec_line *line)
{
    const cli *c = user;
    if (!c->json)
        return puts(line->text) != EOF;
    json_t *query = cli_json_text(line->query);
    return cli_print_json(json_pack("{s:s,s:o,s:f}", "measure", line->measure, "query", query, "value", line->value)) == 0;
}

static int run_trec(cli *c)
{
    if (c->argument_count != 3)
        return cli_usage(c, "trec needs a run file and a qrels file");
    const att_trec_options options = {.complete = cli_flag(c, "complete"), .per_query = cli_flag(c, "per-query"),
        .double_scores = cli_flag(c, "double-scores")};
    att_error err = {0};
    const att_status status = att_trec_eval(c->arguments[1], c->arguments[2], &options, print_trec, c, &c->host, &err);
    return status ? cli_fail(c, status, &err) : 0;
}

// --- Data -----------------------------------------------------------------------------------------------------

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

// A MovieLens folder or a file of events when one is named, otherwise the store.
static att_status open_dataset(cli *c, att_dataset **out, int *code, att_error *err)
{
    *code = 0;
    if (c->argument_count > 0) {
        const bool folder = is_folder(c->arguments[0]);
        double min_rating = folder ? 4 : 0;
        if (!cli_must_number(c, "min-rating", 0, 10, &min_rating)) {
            *code = 64;
            return ATT_INVALID;
        }
        if (!folder)
            return att_dataset_events(out, c->arguments[0], min_rating, cli_get(c, "columns"), &c->host, err);
        return att_dataset_movielens(out, c->arguments[0], min_rating, &c->host, err);
    }
    att_engine *engine = cli_open(c, false, true, code);
    if (!engine)
        return ATT_NOT_FOUND;
    const att_status status = att_engine_dataset(engine, out, err);
    att_engine_close(engine);
    return status;
}

// Comma-separated words into a list that borrows from `copy`.
static size_t split(char *copy, const char **out, size_t capacity)
{
    size_t count = 0;
    char *rest = copy;
    for (char *word; (word = strtok_r(rest, ",", &rest)) && count < capacity;)
        out[count++] = word;
    return count;
}

static bool protocols_of(const cli *c, uint32_t *out)
{
    const char *text = cli_get(c, "protocol");
    if (!text)
        return true;
    char copy[512];
    const char *names[8];
    snprintf(copy, sizeof copy, "%s", text);
    *out = 0;
    const size_t count = split(copy, names, 8);
    for (size_t i = 0; i < count; i++) {
        uint32_t bit;
        if (strcmp(names[i], "all") == 0)
            bit = ATT_PROTOCOL_LEAVE_ONE_OUT | ATT_PROTOCOL_LEAVE_ONE_OUT_SAMPLED | ATT_PROTOCOL_STRONG |
                  ATT_PROTOCOL_TIME | ATT_PROTOCOL_COLD;
        else if (!att_protocol_parse(att_text_of(names[i]), &bit)) {
            cli_usage(c, "unknown protocol \"%s\", expected leave-one-out, leave-one-out-sampled, strong, time, cold, rolling or all", names[i]);
            return false;
        }
        *out |= bit;
    }
    return true;
}

static bool columns_of(const cli *c, att_column *out, size_t *count)
{
    const char *text = cli_get(c, "metrics");
    *count = 0;
    if (!text)
        return true;
    char copy[1024];
    const char *names[ATT_COLUMNS_MAX];
    snprintf(copy, sizeof copy, "%s", text);
    const size_t named = split(copy, names, ATT_COLUMNS_MAX);
    for (size_t i = 0; i < named; i++)
        if (!att_column_parse(att_text_of(names[i]), &out[(*count)++])) {
            cli_usage(c, "unknown metric \"%s\", expected NAME@K such as ndcg-binary@100 or recall-capped@20", names[i]);
            return false;
        }
    return true;
}

static int report(cli *c, const att_dataset *dataset, const att_evaluate_options *options)
{
    att_report *result = NULL;
    att_error err = {0};
    cli_progress_start(c);
    att_status status = att_evaluate(dataset, options, &c->host, &result, &err);
    cli_progress_end();
    if (!status)
        status = c->json ? att_report_json(result, print_piece, NULL, &err)
                         : att_report_text(result, print_line, NULL, &err);
    if (!status && c->json)
        putchar('\n');
    att_report_destroy(result);
    return status ? cli_fail(c, status, &err) : 0;
}

static int run_evaluate(cli *c)
{
    if (c->argument_count > 0 && strcmp(c->arguments[0], "trec") == 0)
        return run_trec(c);
    if (c->argument_count > 0 && strcmp(c->arguments[0], "policy") == 0)
        return cli_evaluate_policy(c);
    if (c->argument_count > 1)
        return cli_usage(c, "too many arguments: \"%s\"", c->arguments[1]);
    att_evaluate_options options = att_evaluate_options_default();
    att_column columns[ATT_COLUMNS_MAX];
    const char *models[ATT_CONTENDERS_MAX];
    char models_copy[512];
    uint64_t threads = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN), least = options.min_preferences, folds = options.folds,
             moments = options.moments;
    if (!protocols_of(c, &options.protocols) || !columns_of(c, columns, &options.column_count) ||
        !cli_must_whole(c, "seed", 1, UINT64_MAX, &options.seed) || !cli_must_whole(c, "threads", 1, 64, &threads) ||
        !cli_must_whole(c, "min-preferences", 1, 1000000, &least) || !cli_must_time(c, "split", &options.split_ms) ||
        !cli_must_whole(c, "folds", 1, 10, &folds) || !cli_must_whole(c, "moments", 1, 50, &moments) ||
        !cli_must_number(c, "half-life", 0, 36500, &options.half_life_days))
        return 64;
    options.threads = (uint32_t)threads;
    options.min_preferences = (uint32_t)least;
    options.folds = (uint32_t)folds;
    options.moments = (uint32_t)moments;
    options.columns = options.column_count ? columns : NULL;
    options.baseline = cli_get(c, "baseline");
    options.trec_folder = cli_get(c, "trec-out");
    options.resume_folder = cli_get(c, "resume");
    if (options.trec_folder && mkdir(options.trec_folder, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "attune evaluate: creating %s: %s\n", options.trec_folder, strerror(errno));
        return 74;
    }
    if (cli_get(c, "models")) {
        snprintf(models_copy, sizeof models_copy, "%s", cli_get(c, "models"));
        options.model_count = split(models_copy, models, ATT_CONTENDERS_MAX);
        options.models = models;
    }
    att_dataset *dataset = NULL;
    att_error err = {0};
    int code;
    const att_status status = open_dataset(c, &dataset, &code, &err);
    if (status)
        return code ? code : cli_fail(c, status, &err);
    att_dataset_info info;
    att_dataset_info_get(dataset, &info);
    if (info.untimed && !cli_get(c, "protocol"))
        options.protocols = ATT_PROTOCOL_LEAVE_ONE_OUT;
    code = report(c, dataset, &options);
    att_dataset_destroy(dataset);
    return code;
}

att_status cli_evaluate_demo(cli *c, att_engine *engine, att_error *err)
{
    static const char *const models[] = {"random", "popularity", "item-knn", "chosen"};
    att_column columns[4];
    static const char *const names[] = {"ndcg-binary@20", "recall-capped@20", "hit@10", "coverage@20"};
    att_evaluate_options options = att_evaluate_options_default();
    options.column_count = 0;
    for (size_t i = 0; i < 4; i++)
        if (att_column_parse(att_text_of(names[i]), &columns[options.column_count]))
            options.column_count++;
    options.columns = columns;
    options.protocols = ATT_PROTOCOL_TIME;
    options.models = models;
    options.model_count = 4;
    options.seed = 1;
    options.threads = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
    att_engine_info info;
    att_engine_info_get(engine, &info);
    options.split_ms = info.last_event_ms - INT64_C(7) * 86400000;
    att_dataset *dataset = NULL;
    att_report *result = NULL;
    att_status status = att_engine_dataset(engine, &dataset, err);
    if (!status)
        status = att_evaluate(dataset, &options, &c->host, &result, err);
    cli_progress_clear();
    if (!status)
        status = att_report_text(result, print_line, NULL, err);
    att_report_destroy(result);
    att_dataset_destroy(dataset);
    return status;
}

static const cli_option evaluate_options[] = {
    {"protocol", 'p', "LIST", "strong, time, rolling, cold, leave-one-out, leave-one-out-sampled, all (but rolling); default strong,time; leave-one-out for data without times"},
    {"models", 0, "LIST", "random, popularity, item-knn, als, ease, blend, sequence, chosen; default all"},
    {"metrics", 0, "LIST", "such as ndcg-binary@100,recall-capped@20"},
    {"baseline", 0, "NAME", "differences are taken to it; default popularity"},
    {"min-rating", 0, "X", "ratings of at least this are positive; default 4 in a MovieLens folder, all in a file"},
    {"columns", 0, "LIST", "file: what its fields are, such as item,user,rating,time, where no head line tells"},
    {"min-preferences", 0, "N", "people with fewer are left out; default 5"},
    {"folds", 0, "N", "strong: so many disjoint groups of held-out people, 1 to 10; default 1"},
    {"half-life", 0, "DAYS", "preferences learned from and histories lose half their weight in so long; default no decay"},
    {"moments", 0, "N", "rolling: train and judge at so many moments, 1 to 50; default 8"},
    {"split", 0, "TIME", "time: train before it, test after; default at 80 % of the preferences"},
    {"resume", 0, "FOLDER", "keep long trainings' state there; the same command again goes on from it"},
    {"trec-out", 0, "FOLDER", "write run and qrels files in trec_eval's format there"},
    {"complete", 0, NULL, "trec: count queries that the run leaves out as zero (trec_eval -c)"},
    {"per-query", 0, NULL, "trec: each query too (trec_eval -q)"},
    {"double-scores", 0, NULL, "trec: scores tie when equal as doubles, as in release 10; else as floats, as in 9"},
    {"log", 0, "POLICY", "policy: which folder of an Open Bandit Dataset was logged: random, bts"},
    {"target", 0, "POLICY", "policy: what is asked about: bts, random, a file of probabilities; of a store: a policy file"},
    {"campaign", 0, "NAME", "policy: men, women or all; default men"},
    {"estimators", 0, "LIST", "policy: such as snips,dr,switch-dr@10,dros@100; default all"},
    {"model", 0, "NAME", "policy: what DM and DR believe: rate, ridge"},
    {"min-effective", 0, "N", "policy: fewer effective rows are refused; default 30"},
    {"window", 0, "HOURS", "policy, store: a later event does not count for its decision; default 24"},
    {"since", 0, "TIME", "policy, store: only decisions from then on"},
    {"until", 0, "TIME", "policy, store: only decisions before"},
    {"max-gap", 0, "PERCENT", "policy: a larger support gap is refused; default 5"},
    {"threads", 't', "N", "default: all cores"}, {"seed", 0, "N", "of every split and resample; default 1"}, {0}};
static const char *const evaluate_examples[] = {"attune evaluate ml-latest-small/", "the table on a MovieLens folder",
    "attune evaluate --store shop.attune --protocol time", "train before, ask about after, on your own log",
    "attune evaluate Video.txt -p leave-one-out-sampled --models popularity,item-knn,sequence --min-preferences 3",
    "who preferred what in its order: the last is sought among 100 drawn negatives",
    "attune evaluate trec my.run my.qrels", "what trec_eval prints",
    "attune evaluate policy open-bandit/ --log random --target bts", "what Thompson sampling would have earned, from the random log",
    "attune evaluate policy --store shop.attune --target new.yaml", "what other weights would have earned, from your own log", NULL};
const cli_command cli_evaluate = {"evaluate", "Measure ranking quality with confidence intervals", "[FOLDER | FILE | trec RUN QRELS | policy [FOLDER]]", 0, 3,
    "Models are trained here on a part of the data and asked about the rest; the store's own model is not touched. Protocols,\n"
    "metric variants and sources are in docs/evaluation.md. Intervals are bootstraps over people.\n"
    "\n"
    "evaluate policy says what another policy would have earned, from the log of the one that ran (IPS and its relatives,\n"
    "docs/off-policy.md): on a folder of the Open Bandit Dataset, or on the store's own decisions. Where the log cannot answer, it says so and exits with 69.",
    evaluate_options, evaluate_examples, run_evaluate};
