// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_evaluate_policy.c - evaluate policy: what would another policy have earned, from the log of the one that ran.
#include "evaluate.h"

#include <string.h>

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

static bool picks_of(const cli *c, att_ope_pick *out, size_t capacity, size_t *count)
{
    const char *text = cli_get(c, "estimators");
    char copy[1024];
    *count = 0;
    if (!text)
        return true;
    snprintf(copy, sizeof copy, "%s", text);
    char *rest = copy;
    for (char *word; (word = strtok_r(rest, ",", &rest)) && *count < capacity;)
        if (!att_ope_pick_parse(att_text_of(word), &out[(*count)++])) {
            cli_usage(c, "unknown estimator \"%s\", expected ips, clipped-ips@10, snips, dm, dr, sndr, switch-dr@10, dros@100 "
                         "or the like", word);
            return false;
        }
    return *count > 0 || (cli_usage(c, "--estimators names none"), false);
}

bool cli_ope_options(const cli *c, att_ope_options *options, att_ope_pick *picks, size_t capacity)
{
    const char *model = cli_get(c, "model");
    double gap_max = 100 * options->gap_max;
    size_t pick_count;
    if (!picks_of(c, picks, capacity, &pick_count) || !cli_must_number(c, "min-effective", 2, 1e12, &options->effective_min) ||
        !cli_must_number(c, "max-gap", 0, 100, &gap_max))
        return false;
    options->gap_max = gap_max / 100;
    if (pick_count) {
        options->picks = picks;
        options->pick_count = pick_count;
    }
    options->model = model ? att_ope_model_find(att_text_of(model)) : options->model;
    return !model || options->model || (cli_usage(c, "unknown reward model \"%s\", expected rate or ridge", model), false);
}

int cli_ope_report(cli *c, const att_ope_log *log, const att_ope_options *options)
{
    att_ope_report *report = NULL;
    att_error err = {0}, said = {0};
    cli_progress_start(c);
    const att_status answer = att_ope_evaluate(log, options, &c->host, &report, &err);
    cli_progress_end();
    att_status status = ATT_OK;
    if (report)
        status = c->json ? att_ope_report_json(report, print_piece, NULL, &said)
                         : att_ope_report_text(report, print_line, NULL, &said);
    if (report && c->json)
        putchar('\n');
    att_ope_report_destroy(report);
    if (status)
        return cli_fail(c, status, &said);
    return answer ? cli_fail(c, answer, &err) : 0;
}

static int run_open_bandit(cli *c, const char *folder)
{
    const att_open_bandit_options files = {.log = cli_get(c, "log"), .target = cli_get(c, "target"),
        .campaign = cli_get(c, "campaign") ? cli_get(c, "campaign") : "men"};
    att_ope_options options = att_ope_options_default();
    att_ope_pick picks[32];
    if (!files.log || !files.target)
        return cli_usage(c, "policy FOLDER needs --log (the folder that was logged: random or bts) and --target (bts, random or a file)");
    if (!cli_ope_options(c, &options, picks, 32))
        return 64;
    options.target = files.target;
    att_ope_log *log = NULL;
    att_error err = {0};
    cli_progress_start(c);
    const att_status status = att_ope_log_open_bandit(&log, folder, &files, &c->host, &err);
    cli_progress_end();
    if (status)
        return cli_fail(c, status, &err);
    const int code = cli_ope_report(c, log, &options);
    att_ope_log_destroy(log);
    return code;
}

// --- The store -------------------------------------------------------------------------------------------------

static void print_counts(const cli *c, const att_ope_store_counts *n)
{
    if (c->json || c->quiet)
        return;
    printf("%llu decisions, %llu kept what they were chosen from: %llu slots, %llu of them open to exploration, %llu of these "
           "with an event.\n", (unsigned long long)n->decisions, (unsigned long long)n->with_pool, (unsigned long long)n->slots,
        (unsigned long long)(n->slots - n->closed_slots), (unsigned long long)n->rewarded);
}

static bool store_options(const cli *c, att_ope_store_options *out)
{
    double window_h = 24;
    if (!cli_must_number(c, "window", 0.001, 24 * 366, &window_h) || !cli_must_time(c, "since", &out->from_ms) ||
        !cli_must_time(c, "until", &out->until_ms))
        return false;
    out->window_ms = (int64_t)(window_h * 3600000);
    return true;
}

static int run_store(cli *c)
{
    att_ope_store_options store = att_ope_store_options_default();
    att_ope_options options = att_ope_options_default();
    att_ope_pick picks[32];
    const char *target = cli_get(c, "target");
    options.model = att_ope_model_find(att_text_of("ridge"));
    if (!target)
        return cli_usage(c, "policy needs --target FILE: a policy file with the keys that change");
    if (!store_options(c, &store) || !cli_ope_options(c, &options, picks, 32))
        return 64;
    int code;
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    att_policy policy = att_engine_policy(engine);
    att_ope_log *log = NULL;
    att_ope_store_counts counts;
    att_error err = {0};
    cli_progress_start(c);
    att_status status = att_policy_load(&policy, target, &c->host, &err);
    store.target = &policy;
    options.target = target;
    if (!status)
        status = att_engine_ope_log(engine, &store, &log, &counts, &err);
    cli_progress_end();
    att_engine_close(engine);
    if (status)
        return cli_fail(c, status, &err);
    print_counts(c, &counts);
    code = cli_ope_report(c, log, &options);
    att_ope_log_destroy(log);
    return code;
}

int cli_evaluate_policy(cli *c)
{
    if (c->argument_count > 2)
        return cli_usage(c, "too many arguments: \"%s\"", c->arguments[2]);
    return c->argument_count == 2 ? run_open_bandit(c, c->arguments[1]) : run_store(c);
}
