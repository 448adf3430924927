// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_filter.c - filter: train a text filter, measure it, check texts with it.
#include "origin.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_SIZE = 1 << 21 };

static bool number_options(const cli *c, uint64_t *seed, uint64_t *threads, uint64_t *test_every)
{
    *threads = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
    return cli_must_whole(c, "seed", 1, UINT64_MAX, seed) && cli_must_whole(c, "threads", 1, 64, threads) &&
           cli_must_whole(c, "test-every", 0, 1000000, test_every);
}

// --- train ----------------------------------------------------------------------------------------------------

static int train(cli *c, cli_origin *origin)
{
    const char *model = cli_get(c, "out");
    uint64_t seed = 1, threads, test_every = 0;
    char note[256];
    if (c->argument_count != 2 || !model)
        return cli_usage(c, "train needs a CSV file and --out MODEL");
    if (!number_options(c, &seed, &threads, &test_every))
        return 64;
    int code = cli_origin_add(c, origin, NULL, c->arguments[1]);
    if (!code)
        code = cli_origin_take(c, origin, "text");
    if (code)
        return code;
    const att_filter_train_options options = {.mapping = cli_get(c, "mapping"), .test_every = test_every, .seed = seed,
        .threads = (uint32_t)threads};
    att_filter_trained trained;
    att_error err = {0};
    cli_progress_start(c);
    const att_status status = att_filter_train(c->arguments[1], model, &options, &c->host, &trained, &err);
    cli_progress_end();
    if (status)
        return cli_fail(c, status, &err);
    snprintf(note, sizeof note, "A text filter. %llu texts, %llu left out for testing; macro-F1 out of fold %.3f.", (unsigned long long)trained.rows,
        (unsigned long long)trained.left_out, trained.macro_f1);
    code = cli_origin_give(c, origin, (att_provenance_entry){.kind = ATT_PROVENANCE_MODEL, .seeded = true, .seed = seed}, "text", model, note);
    if (code)
        return code;
    if (c->json) {
        json_t *categories = json_object();
        for (size_t i = 0; i < trained.category_count; i++)
            json_object_set_new(categories, trained.categories[i], json_real(trained.thresholds[i]));
        return cli_print_json(json_pack("{s:s,s:I,s:I,s:I,s:I,s:f,s:o}", "model", model, "rows", (json_int_t)trained.rows, "left_out",
            (json_int_t)trained.left_out, "words", (json_int_t)trained.words, "features", (json_int_t)trained.features, "macro_f1",
            trained.macro_f1, "thresholds", categories));
    }
    printf("%s: %s, %s, %s. Macro-F1 out of fold %.3f.\n", model, cli_count(trained.rows, "row", "rows"),
        cli_count(trained.words, "word", "words"), cli_count(trained.features, "feature", "features"), trained.macro_f1);
    for (size_t i = 0; i < trained.category_count; i++)
        printf("  %s from a score of %.2f\n", trained.categories[i], trained.thresholds[i]);
    return 0;
}

static int run_train(cli *c)
{
    cli_origin origin;
    int code = cli_origin_open(c, &origin);
    if (!code)
        code = train(c, &origin);
    cli_origin_close(&origin);
    return code;
}

// --- evaluate -------------------------------------------------------------------------------------------------

// What the test has no text of has no figure.
static json_t *figure_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *interval_json(att_interval interval)
{
    return json_pack("[o,o,o]", figure_json(interval.mean), figure_json(interval.low), figure_json(interval.high));
}

static json_t *report_json(const att_filter_report *r)
{
    json_t *rows = json_array();
    for (int d = 0; d < ATT_DISGUISE_COUNT; d++) {
        const att_filter_figures *f = &r->figures[d];
        json_t *classes = json_object();
        for (size_t i = 0; i <= r->category_count; i++)
            json_object_set_new(classes, i < r->category_count ? r->categories[i] : "none", interval_json(f->f1[i]));
        json_array_append_new(rows, json_pack("{s:s,s:o,s:o,s:o,s:f}", "disguise", att_disguise_name(f->disguise), "macro_f1",
            interval_json(f->macro_f1), "auc", interval_json(f->auc), "f1", classes, "texts_per_s", f->texts_per_s));
    }
    return json_pack("{s:I,s:I,s:I,s:I,s:o}", "trained_rows", (json_int_t)r->trained_rows, "test_rows", (json_int_t)r->test_rows, "words",
        (json_int_t)r->words, "features", (json_int_t)r->features, "figures", rows);
}

static void print_report(const cli *c, const att_filter_report *r)
{
    enum { FIXED = 5, COLUMNS_MAX = FIXED + ATT_FILTER_CATEGORIES_MAX + 1 };
    static char text[(ATT_DISGUISE_COUNT + 1) * COLUMNS_MAX][48];
    const char *cells[(ATT_DISGUISE_COUNT + 1) * COLUMNS_MAX];
    char align[COLUMNS_MAX + 1] = "llrlr";
    const size_t columns = FIXED + r->category_count + 1;
    static const char *const heads[FIXED] = {"disguise", "macro-F1", "lost", "AUC", "texts/s"};
    memset(align + FIXED, 'l', r->category_count + 1);
    for (size_t k = 0; k < columns; k++)
        if (k < FIXED)
            snprintf(text[k], sizeof text[k], "%s", heads[k]);
        else
            snprintf(text[k], sizeof text[k], "F1 %s", k - FIXED < r->category_count ? r->categories[k - FIXED] : "none");
    for (int d = 0; d < ATT_DISGUISE_COUNT; d++) {
        const att_filter_figures *f = &r->figures[d];
        char(*row)[48] = text + (size_t)(d + 1) * columns;
        snprintf(row[0], sizeof row[0], "%s", att_disguise_name(f->disguise));
        snprintf(row[1], sizeof row[1], "%.3f [%.3f, %.3f]", f->macro_f1.mean, f->macro_f1.low, f->macro_f1.high);
        snprintf(row[2], sizeof row[2], "%.3f", r->figures[0].macro_f1.mean - f->macro_f1.mean);
        snprintf(row[3], sizeof row[3], "%.3f [%.3f, %.3f]", f->auc.mean, f->auc.low, f->auc.high);
        snprintf(row[4], sizeof row[4], "%.0f", f->texts_per_s);
        for (size_t i = 0; i <= r->category_count; i++)
            snprintf(row[FIXED + i], sizeof row[0], "%.3f [%.3f, %.3f]", f->f1[i].mean, f->f1[i].low, f->f1[i].high);
    }
    for (size_t i = 0; i < (ATT_DISGUISE_COUNT + 1) * columns; i++)
        cells[i] = text[i];
    printf("%s trained on, %s tested; 95 %% intervals over the texts.\n", cli_count(r->trained_rows, "row", "rows"),
        cli_count(r->test_rows, "row", "rows"));
    cli_print_table(c, cells, columns, ATT_DISGUISE_COUNT + 1, align);
}

static int run_evaluate(cli *c)
{
    uint64_t seed = 1, threads, test_every = cli_get(c, "model") ? 0 : 5, resamples = 1000;
    double share = 100;
    if (c->argument_count != 2)
        return cli_usage(c, "evaluate needs a CSV file");
    if (!number_options(c, &seed, &threads, &test_every) || !cli_must_number(c, "share", 1, 100, &share) ||
        !cli_must_whole(c, "resamples", 1, 100000, &resamples))
        return 64;
    const att_filter_evaluate_options options = {.mapping = cli_get(c, "mapping"), .model = cli_get(c, "model"), .test_every = test_every,
        .share = share / 100, .seed = seed, .threads = (uint32_t)threads, .resamples = (uint32_t)resamples};
    static att_filter_report report;
    att_error err = {0};
    cli_progress_start(c);
    const att_status status = att_filter_evaluate(c->arguments[1], &options, &c->host, &report, &err);
    cli_progress_end();
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(report_json(&report));
    print_report(c, &report);
    return 0;
}

// --- check ----------------------------------------------------------------------------------------------------

static json_t *match_json(const att_filter *filter, att_text text, const att_filter_match *m)
{
    char seen[160];
    json_t *out = json_pack("{s:s,s:I,s:I,s:o,s:f,s:s}", "category", att_filter_category(filter, m->category), "begin", (json_int_t)m->begin,
        "end", (json_int_t)m->end, "text", cli_json_text((att_text){text.data + m->begin, m->end - m->begin}), "score", m->score,
        "seen_through", att_seen_through_text(m->seen, seen, sizeof seen));
    json_object_set_new(out, "by", json_string(m->phrase.size ? "phrase" : "classifier"));
    if (m->phrase.size)
        json_object_set_new(out, "phrase", cli_json_text(m->phrase));
    return out;
}

static json_t *result_json(const att_filter *filter, att_text text, const att_filter_result *r)
{
    json_t *out = json_pack("{s:s}", "verdict", att_filter_verdict_name(r->verdict)), *matches = json_array();
    if (r->verdict != ATT_FILTER_ALLOW)
        json_object_set_new(out, "category", json_string(att_filter_category(filter, r->category)));
    if (r->scored) {
        json_t *scores = json_object();
        for (uint32_t i = 0; i < att_filter_categories(filter); i++)
            json_object_set_new(scores, att_filter_category(filter, i), json_real(r->scores[i]));
        json_object_set_new(out, "scores", scores);
    }
    for (size_t i = 0; i < r->match_count; i++)
        json_array_append_new(matches, match_json(filter, text, &r->matches[i]));
    json_object_set_new(out, "matches", matches);
    return out;
}

static void print_result(const cli *c, const att_filter *filter, att_text text, const att_filter_result *r)
{
    static const char *const paints[] = {"green", "yellow", "red"};
    printf("%s%s%s", cli_paint(c, paints[r->verdict]), att_filter_verdict_name(r->verdict), cli_paint(c, "reset"));
    if (r->verdict != ATT_FILTER_ALLOW)
        printf(": %s", att_filter_category(filter, r->category));
    for (uint32_t i = 0; r->scored && i < att_filter_categories(filter); i++)
        printf("%s%s %.3f", i ? ", " : "  (", att_filter_category(filter, i), r->scores[i]);
    puts(r->scored ? ")" : "");
    for (size_t i = 0; i < r->match_count; i++) {
        const att_filter_match *m = &r->matches[i];
        char seen[160];
        att_seen_through_text(m->seen, seen, sizeof seen);
        printf("  %zu-%zu \"%.*s\" ", m->begin, m->end, (int)(m->end - m->begin), text.data + m->begin);
        if (m->phrase.size)
            printf("is \"%.*s\" of %s, %.2f sure", (int)m->phrase.size, m->phrase.data, att_filter_category(filter, m->category), m->score);
        else
            printf("moves %s by %.3f", att_filter_category(filter, m->category), m->score);
        printf("%s%s\n", seen[0] ? ", through " : "", seen);
    }
}

static att_filter *open_filter(cli *c, int *code)
{
    const att_filter_options options = {.phrases = cli_get(c, "phrases"), .model = cli_get(c, "model"), .plain = cli_flag(c, "plain")};
    att_filter *filter = NULL;
    att_error err = {0};
    *code = 0;
    if (!options.phrases && !options.model) {
        *code = cli_usage(c, "check needs --phrases FILE, --model FILE, or both");
        return NULL;
    }
    const att_status status = att_filter_create(&filter, &options, &c->host, &err);
    if (status)
        *code = cli_fail(c, status, &err);
    return filter;
}

static int check_one(cli *c, const att_filter *filter, att_text text)
{
    att_filter_result result;
    att_error err = {0};
    const att_status status = att_filter_check(filter, text, &result, &err);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(result_json(filter, text, &result));
    print_result(c, filter, text, &result);
    return 0;
}

// One line of NDJSON: {"id": …, "text": "…"}; what comes back has the same id.
static int check_line(const att_filter *filter, const char *line, size_t size, unsigned long long number)
{
    json_error_t bad;
    att_filter_result result;
    att_error err = {0};
    json_t *in = json_loadb(line, size, JSON_REJECT_DUPLICATES, &bad);
    const json_t *text = in ? json_object_get(in, "text") : NULL;
    if (!json_is_string(text)) {
        fprintf(stderr, "attune filter: line %llu: %s\n", number, in ? "field \"text\": expected a text" : bad.text);
        json_decref(in);
        return 65;
    }
    const att_text view = {json_string_value(text), json_string_length(text)};
    const att_status status = att_filter_check(filter, view, &result, &err);
    if (status) {
        fprintf(stderr, "attune filter: line %llu: %s\n", number, err.text);
        json_decref(in);
        return att_status_exit_code(status);
    }
    json_t *out = result_json(filter, view, &result), *id = json_object_get(in, "id");
    if (id)
        json_object_set(out, "id", id);
    json_decref(in);
    return cli_print_json(out);
}

static int check_lines(const att_filter *filter)
{
    char *line = NULL;
    size_t capacity = 0;
    int code = 0;
    unsigned long long number = 0;
    for (ssize_t size; (size = cli_getline(&line, &capacity, LINE_MAX_SIZE + 2, stdin)) >= 0 && !cli_interrupted();) {
        number++;
        while (size > 0 && size <= LINE_MAX_SIZE + 2 && (line[size - 1] == '\n' || line[size - 1] == '\r'))
            size--;
        const int one = size == 0 ? 0
                        : size > LINE_MAX_SIZE
                            ? (fprintf(stderr, "attune filter: line %llu: more than 2 MiB\n", number), 65)
                            : check_line(filter, line, (size_t)size, number);
        code = one ? one : code;
    }
    free(line);
    return code;
}

static int run_check(cli *c)
{
    int code;
    if (c->argument_count != 2)
        return cli_usage(c, "check needs a text, or - for lines of JSON");
    att_filter *filter = open_filter(c, &code);
    if (!filter)
        return code;
    code = strcmp(c->arguments[1], "-") == 0 ? check_lines(filter) : check_one(c, filter, att_text_of(c->arguments[1]));
    att_filter_destroy(filter);
    return code;
}

// --- duplicates -----------------------------------------------------------------------------------------------

static int print_rates(const cli *c, const att_near_rates *r)
{
    if (c->json) {
        json_t *attacks = json_object();
        for (int a = 0; a < ATT_ATTACK_COUNT; a++)
            json_object_set_new(attacks, att_near_attack_name((att_near_attack)a),
                json_pack("{s:I,s:I}", "looked", (json_int_t)r->looked[a], "found", (json_int_t)r->found[a]));
        return cli_print_json(json_pack("{s:I,s:I,s:I,s:f,s:o}", "texts", (json_int_t)r->texts, "pairs", (json_int_t)r->pairs_asked,
            "false_alarms", (json_int_t)r->false_alarms, "looks_per_s", r->looks_per_s, "attacks", attacks));
    }
    printf("%s; %.0f looks a second on one core.\n", cli_count(r->texts, "text", "texts"), r->looks_per_s);
    for (int a = 0; a < ATT_ATTACK_COUNT; a++)
        printf("  %-14s found %5.1f %%  (%llu of %llu)\n", att_near_attack_name((att_near_attack)a),
            r->looked[a] ? 100 * (double)r->found[a] / (double)r->looked[a] : 0, (unsigned long long)r->found[a],
            (unsigned long long)r->looked[a]);
    printf("  false alarms: %llu of %llu pairs\n", (unsigned long long)r->false_alarms, (unsigned long long)r->pairs_asked);
    return 0;
}

static int run_rates(cli *c, const att_near_options *options)
{
    uint64_t seed = 1;
    att_near_rates rates;
    att_error err = {0};
    if (!cli_must_whole(c, "seed", 1, UINT64_MAX, &seed))
        return 64;
    cli_progress_start(c);
    const att_status status = att_near_measure(c->arguments[1], options, seed, &c->host, &rates, &err);
    cli_progress_end();
    return status ? cli_fail(c, status, &err) : print_rates(c, &rates);
}

static int print_pair(const cli *c, unsigned long long line, const att_near_match *m)
{
    if (c->json)
        return cli_print_json(json_pack("{s:I,s:I,s:f,s:f,s:I}", "line", (json_int_t)line, "like", (json_int_t)m->id, "likeness", m->likeness,
            "inside", m->inside, "run", (json_int_t)m->run));
    printf("line %llu is like line %llu: %.0f %% alike, %.0f %% inside, %s in a row\n", line, (unsigned long long)m->id, 100 * m->likeness,
        100 * m->inside, cli_count(m->run, "letter", "letters"));
    return 0;
}

// Each line is looked for among those before it.
static int list_pairs(cli *c, att_near *near, FILE *file)
{
    char *line = NULL;
    size_t capacity = 0;
    int code = 0;
    unsigned long long number = 0;
    for (ssize_t size; !code && (size = cli_getline(&line, &capacity, LINE_MAX_SIZE, file)) >= 0 && !cli_interrupted();) {
        att_near_match found[ATT_NEAR_FOUND_MAX];
        size_t count;
        att_error err = {0};
        const att_text text = {line, (size_t)size};
        number++;
        if (size > LINE_MAX_SIZE) {
            fprintf(stderr, "attune filter: line %llu: more than 2 MiB\n", number);
            code = 65;
            break;
        }
        att_status status = att_near_find(near, text, found, &count, &err);
        for (size_t i = 0; !status && !code && i < count; i++)
            code = print_pair(c, number, &found[i]);
        if (!status)
            status = att_near_add(near, number, text, &err);
        if (status)
            code = cli_fail(c, status, &err);
    }
    free(line);
    return code ? code : cli_interrupted() ? 130 : 0;
}

static int run_duplicates(cli *c)
{
    double likeness = 35, inside = 80;
    uint64_t run = 40;
    if (c->argument_count != 2)
        return cli_usage(c, "duplicates needs a file with a text in each line, or -");
    if (!cli_must_number(c, "likeness", 10, 100, &likeness) || !cli_must_number(c, "inside", 10, 100, &inside) ||
        !cli_must_whole(c, "run", 16, 100000, &run))
        return 64;
    const att_near_options options = {.likeness = likeness / 100, .inside = inside / 100, .run_least = (size_t)run};
    if (cli_flag(c, "rates"))
        return run_rates(c, &options);
    const bool pipe = strcmp(c->arguments[1], "-") == 0;
    FILE *file = pipe ? stdin : fopen(c->arguments[1], "r");
    if (!file) {
        fprintf(stderr, "attune filter: opening %s: %s\n", c->arguments[1], strerror(errno));
        return errno == ENOENT ? 66 : 74;
    }
    att_near *near = NULL;
    att_error err = {0};
    const att_status status = att_near_create(&near, &options, &c->host, &err);
    const int code = status ? cli_fail(c, status, &err) : list_pairs(c, near, file);
    att_near_destroy(near);
    if (!pipe)
        fclose(file);
    return code;
}

static int run_filter(cli *c)
{
    static const struct {
        const char *name;
        int (*run)(cli *c);
    } actions[] = {{"train", run_train}, {"check", run_check}, {"evaluate", run_evaluate},
        {"duplicates", run_duplicates}};
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(c->arguments[0], actions[i].name) == 0)
            return actions[i].run(c);
    return cli_usage(c, "unknown action \"%s\", expected train, check, evaluate or duplicates", c->arguments[0]);
}

static const cli_option filter_options[] = {
    {"phrases", 0, "FILE", "check: the list of phrases"},
    {"model", 'm', "FILE", "check, evaluate: what train wrote"},
    {"out", 'o', "FILE", "train: where the model goes"},
    {"mapping", 0, "LIST", "which columns are what, such as text=tweet,label=class,label.2:none; default text=text,label=label"},
    {"test-every", 0, "N", "rows whose id is a multiple of N are the test, not trained on; evaluate: default 5 without --model"},
    {"share", 0, "PERCENT", "evaluate: of words that are disguised; default 100"},
    {"resamples", 0, "N", "evaluate: of the intervals; default 1000"},
    {"likeness", 0, "PERCENT", "duplicates: of the runs of five letters in common, from which a text is found; default 35"},
    {"inside", 0, "PERCENT", "duplicates: or of the shorter text's runs; default 80"},
    {"run", 0, "N", "duplicates: or so many letters in a row in common; default 40"},
    {"rates", 0, NULL, "duplicates: measure how often the file's lines are found after attacks, and how often others are"},
    {"plain", 0, NULL, "check: without ICU and vectorscan"},
    CLI_ORIGIN_OPTIONS, {"threads", 't', "N", "default: all cores"}, {"seed", 0, "N", "default 1"}, {0}};
static const char *const filter_examples[] = {"attune filter train chat.csv -o chat.filter", "learn from the columns text and label",
    "attune filter check \"you bl0ckhead\" --phrases words.txt", "verdict, and what was matched where",
    "attune filter check - --phrases words.txt -m chat.filter < chat.ndjson", "a line of JSON in, a line out",
    "attune filter evaluate chat.csv", "train on four fifths, test on the rest, plain and disguised",
    "attune filter duplicates posts.txt", "lines that are nearly the same as one before", NULL};
const cli_command cli_filter = {"filter", "Find unwanted texts through their disguises, and measure how well", "ACTION [FILE|TEXT]", 1, 2,
    "Actions: train FILE.csv --out MODEL, check TEXT (or - for NDJSON), evaluate FILE.csv, duplicates FILE (a text a line).\n\n"
    "A verdict is allow, hold (for people to look at) or deny. The form of phrase lists, the mapping, the method and what it was "
    "measured at are in docs/filter.md.",
    filter_options, filter_examples, run_filter};
