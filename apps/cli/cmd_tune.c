// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_tune.c - tune: other weights of the objective, searched for in the log, judged on people held out.
#include "cli.h"

static bool is_changed(const att_tune_dial *dial)
{
    return dial->now != dial->proposed;
}

static void print_proposal(const att_tune_report *r)
{
    printf("\nobjective:\n");
    for (size_t i = 0; i < ATT_TUNE_DIALS; i++)
        if (is_changed(&r->dials[i]))
            printf("  %s: %.4g # now %.4g\n", r->dials[i].key, r->dials[i].proposed, r->dials[i].now);
    putchar('\n');
}

static void print_judgement(const att_tune_report *r, double confidence)
{
    printf("Held-out half, looked at once: %zu open slots of %zu people weigh like %.1f; largest weight %.1f, support gap %.2f %%.\n",
        r->support.rows, r->support.people, r->support.effective, r->support.weight_largest, 100 * r->support.gap);
    printf("The policy in force earned %.5f a slot [%.5f %.5f]; the proposal, by DR, %.5f [%.5f %.5f].\n", r->logged.mean,
        r->logged.low, r->logged.high, r->value.mean, r->value.low, r->value.high);
    printf("Difference %+.5f, %g %% interval [%+.5f %+.5f]; anytime-valid for the proposal [%.4f %.4f].\n", r->difference.mean,
        100 * confidence, r->difference.low, r->difference.high, r->anytime.low, r->anytime.high);
}

static const char *const verdicts[] = {"nothing", "unsure", "better", "worse"};

static void print_report(const cli *c, const att_tune_report *r, double confidence)
{
    static const char *const sentences[] = {"Nothing that was tried promises more than the policy in force.",
        "Not sure: the interval does not leave zero out.", "Sure, as far as this log goes: better than the policy in force.",
        "The held-out half says that it is worse: the search was lucky."};
    if (c->quiet)
        return;
    printf("%u policies were asked about on the search half (%llu decisions), %u of them refused for want of support.\n", r->tried,
        (unsigned long long)r->decisions[0], r->refused);
    for (size_t i = 0; i < ATT_TUNE_DIALS; i++)
        if (r->dials[i].silent)
            printf("No choice in this log hangs on objective.%s.\n", r->dials[i].key);
    if (r->verdict != ATT_TUNE_NOTHING) {
        print_proposal(r);
        print_judgement(r, confidence);
    }
    puts(sentences[r->verdict]);
}

static json_t *interval_json(const att_interval *i)
{
    return json_pack("{s:f,s:f,s:f}", "mean", i->mean, "low", i->low, "high", i->high);
}

static int print_json(const att_tune_report *r, bool applied)
{
    json_t *changes = json_object();
    for (size_t i = 0; i < ATT_TUNE_DIALS; i++)
        if (is_changed(&r->dials[i]))
            json_object_set_new(changes, r->dials[i].key, json_pack("{s:f,s:f}", "now", r->dials[i].now, "proposed", r->dials[i].proposed));
    return cli_print_json(json_pack("{s:s,s:b,s:i,s:i,s:I,s:I,s:o,s:f,s:{s:I,s:I,s:f,s:f,s:f},s:o,s:o,s:o,s:o}", "verdict",
        verdicts[r->verdict], "applied", applied, "tried", (int)r->tried, "refused", (int)r->refused, "search_decisions",
        (json_int_t)r->decisions[0], "held_out_decisions", (json_int_t)r->decisions[1], "objective", changes, "promise", r->promise,
        "support", "rows", (json_int_t)r->support.rows, "people", (json_int_t)r->support.people, "effective", r->support.effective,
        "weight_largest", r->support.weight_largest, "gap", r->support.gap, "logged", interval_json(&r->logged), "value",
        interval_json(&r->value), "anytime", interval_json(&r->anytime), "difference", interval_json(&r->difference)));
}

static bool options_of(const cli *c, att_tune_options *out)
{
    double window_h = 24, gap_max = 100 * out->gap_max, confidence = 100 * out->confidence;
    if (!cli_must_number(c, "window", 0.001, 24 * 366, &window_h) || !cli_must_number(c, "min-effective", 2, 1e12, &out->effective_min) ||
        !cli_must_number(c, "max-gap", 0, 100, &gap_max) || !cli_must_number(c, "confidence", 50, 99.999, &confidence))
        return false;
    out->window_ms = (int64_t)(window_h * 3600000);
    out->gap_max = gap_max / 100;
    out->confidence = confidence / 100;
    return true;
}

static int run_tune(cli *c)
{
    att_tune_options options = att_tune_options_default();
    att_tune_report report;
    att_error err = {0};
    int code;
    const bool apply = cli_flag(c, "apply");
    if (!options_of(c, &options))
        return 64;
    att_engine *engine = cli_open(c, false, !apply, &code);
    if (!engine)
        return code;
    cli_progress_start(c);
    att_status status = att_engine_tune(engine, &options, &report, &err);
    cli_progress_end();
    const bool sure = !status && report.verdict == ATT_TUNE_BETTER;
    if (apply && sure)
        status = att_engine_policy_set(engine, &report.policy, &err);
    att_engine_close(engine);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        code = print_json(&report, apply && sure);
    else {
        print_report(c, &report, options.confidence);
        code = 0;
    }
    if (apply && !sure) {
        fprintf(stderr, "attune tune: nothing was set: only what is surely better is\n");
        return 69;
    }
    if (apply && !c->json && !c->quiet)
        puts("The policy is in force.");
    return code;
}

static const cli_option tune_options[] = {{"apply", 0, NULL, "set the proposal where the held-out half is sure of it"},
    {"confidence", 0, "PERCENT", "of the judgement; default 95"},
    {"window", 0, "HOURS", "a later event does not count for its decision; default 24"},
    {"min-effective", 0, "N", "fewer effective rows are refused; default 30"},
    {"max-gap", 0, "PERCENT", "a larger support gap is refused; default 5"}, {0}};
static const char *const tune_examples[] = {"attune tune --store shop.attune", "a proposal, and how sure it is",
    "attune tune --apply", "put it in force where the log is sure", NULL};
const cli_command cli_tune = {"tune", "Search weights of the objective in the log, and say how sure it is", "", 0, 0,
    "Weights (context, novelty, freshness, business, diversity, calibration) are searched off-policy on one half of the\n"
    "people; the winner alone is then judged, once, on the other half. It needs decisions that kept what they were chosen\n"
    "from: policy key exploration.pool_log_share. Where the log cannot answer, it says so and exits with 69.\n"
    "Method: docs/off-policy.md.",
    tune_options, tune_examples, run_tune};
