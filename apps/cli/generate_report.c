// SPDX-License-Identifier: Apache-2.0
// apps/cli/generate_report.c - generate report and generate plan: what was made, what it cost and brought, and when to make it.
#include "generate.h"

#include <math.h>

static json_t *figure(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *plan_json(const att_made_class *k)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:f,s:f,s:f,s:f,s:f,s:f,s:f}", "medium", k->medium, "kind", k->kind, "make", k->plan.ahead ? "ahead" : "real-time", "why",
        k->plan.why, "latency_s", k->input.latency_s, "brief_cost", k->input.brief_cost, "asked", k->input.asked, "possible", k->plan.possible, "ahead_cost",
        k->plan.ahead_cost, "realtime_cost", k->plan.realtime_cost, "risk", k->input.risk);
}

static json_t *class_json(const att_made_class *k)
{
    return json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:f,s:f,s:I,s:I,s:f,s:f,s:f,s:f,s:f,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o}", "medium", k->medium, "kind",
        k->kind, "briefs", (json_int_t)k->briefs, "asked", (json_int_t)k->asked, "candidates", (json_int_t)k->candidates, "allowed",
        (json_int_t)k->allowed, "held", (json_int_t)k->held, "denied", (json_int_t)k->denied, "looks", (json_int_t)k->looks, "cpu_s", k->cpu_s, "gpu_s",
        k->gpu_s, "bytes", (json_int_t)k->bytes, "bytes_sent", (json_int_t)k->bytes_sent, "making", k->making, "looking", k->looking, "keeping", k->keeping,
        "sending", k->sending, "cost", k->cost, "impressions", (json_int_t)k->impressions, "successes", (json_int_t)k->successes, "cost_per_success",
        figure(k->cost_per_success), "expected", figure(k->expected), "lift", figure(k->lift), "lift_low", figure(k->lift_low), "lift_high",
        figure(k->lift_high), "lift_per_cost", figure(k->lift_per_cost));
}

static void print_class(const cli *c, const char *title, const att_made_class *k)
{
    printf("%s%s%s: %s asked for %s; %s, %llu allowed, %llu held, %llu denied\n", cli_paint(c, "bold"), title, cli_paint(c, "reset"),
        cli_count(k->briefs, "brief", "briefs"), cli_count(k->asked, "time", "times"), cli_count(k->candidates, "candidate", "candidates"),
        (unsigned long long)k->allowed, (unsigned long long)k->held, (unsigned long long)k->denied);
    printf("  cost %.4f: making %.4f (%.1f s of processors, %.1f s of accelerators), looking %.4f (%s), keeping %.4f, sending %.4f\n", k->cost, k->making,
        k->cpu_s, k->gpu_s, k->looking, cli_count(k->looks, "look", "looks"), k->keeping, k->sending);
    printf("  shown in %s, %s", cli_count(k->impressions, "slot", "slots"), cli_count(k->successes, "success", "successes"));
    if (isfinite(k->cost_per_success))
        printf(", %.4f each", k->cost_per_success);
    if (k->impressions && isfinite(k->lift))
        printf("; catalogue items at these places: %.1f, so %+.1f", k->expected, k->lift);
    if (k->impressions && isfinite(k->lift_low))
        printf(" (95 %%: %+.1f to %+.1f)", k->lift_low, k->lift_high);
    if (isfinite(k->lift_per_cost))
        printf(", %+.3g for each unit of cost", k->lift_per_cost);
    putchar('\n');
}

static void print_plan(const cli *c, const att_made_class *k)
{
    printf("%s%s %s%s: make it %s: %s\n", cli_paint(c, "bold"), k->medium, k->kind, cli_paint(c, "reset"), k->plan.ahead ? "ahead" : "in real time",
        k->plan.why);
}

static int tell(const cli *c, const att_made_report *r, bool plan)
{
    if (c->json) {
        json_t *classes = json_array();
        for (size_t i = 0; i < r->count; i++)
            json_array_append_new(classes, plan ? plan_json(&r->classes[i]) : class_json(&r->classes[i]));
        if (plan)
            return cli_print_json(json_pack("{s:o}", "classes", classes));
        return cli_print_json(json_pack("{s:I,s:I,s:I,s:I,s:o,s:o}", "from", (json_int_t)r->from_ms, "until", (json_int_t)r->until_ms, "catalogue_impressions",
            (json_int_t)r->catalogue_impressions, "catalogue_successes", (json_int_t)r->catalogue_successes, "all", class_json(&r->all), "classes", classes));
    }
    if (!r->count && !c->quiet)
        puts("nothing was made");
    for (size_t i = 0; i < r->count; i++) {
        char title[80];
        snprintf(title, sizeof title, "%s %s", r->classes[i].medium, r->classes[i].kind);
        if (plan)
            print_plan(c, &r->classes[i]);
        else
            print_class(c, title, &r->classes[i]);
    }
    if (!plan && r->count > 1)
        print_class(c, "all", &r->all);
    return 0;
}

static int run(cli *c, bool plan)
{
    int code;
    static att_made_report report;
    att_error err = {0};
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    cli_progress_start(c);
    const att_status status = att_engine_made_report(engine, &report, &err);
    cli_progress_end();
    att_engine_close(engine);
    return status ? cli_fail(c, status, &err) : tell(c, &report, plan);
}

static int run_report(cli *c)
{
    return run(c, false);
}

static int run_plan(cli *c)
{
    return run(c, true);
}

static const cli_option no_options[] = {{NULL, 0, NULL, NULL}};
static const char *const report_examples[] = {"attune generate report", "cost and lift of each class of assets", NULL};
static const char *const plan_examples[] = {"attune generate plan", "what to make ahead, and what while somebody waits", NULL};
const cli_command cli_generate_report = {"generate report", "Report what was made, what it cost, and what it brought", "", 0, 0,
    "Cost is seconds of processors and accelerators, looks of people, storage and what was sent, at the policy's prices (section generation). A slot is a "
    "success when its events earn generation.success within a day. Lift is successes more than catalogue items had at the same places, with an "
    "interval by person.", no_options, report_examples, run_report};
const cli_command cli_generate_plan = {"generate plan", "Say what to make ahead, and what while somebody waits", "", 0, 0,
    "For each class of assets, from the log: latency against generation.realtime_ms, the share that needs people against generation.risk, then cost: all "
    "that may be asked for, made ahead, against what is asked for, by machines that stand ready.", no_options, plan_examples, run_plan};
