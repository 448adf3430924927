// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_experiment.c - experiments: define, start, stop, look, read out, and try the reading itself.
#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DONE(text) done(c, text)

static int done(const cli *c, const char *text)
{
    if (c->json)
        return cli_print_json(json_pack("{s:b}", "done", 1));
    if (!c->quiet)
        puts(text);
    return 0;
}

// The one argument behind the verb.
static const char *must_name(const cli *c, const char *what)
{
    if (c->argument_count == 2)
        return c->arguments[1];
    cli_usage(c, "%s needs %s", c->arguments[0], what);
    return NULL;
}

// --- create, start, stop --------------------------------------------------------------------------------------

static int run_create(cli *c)
{
    const char *path = must_name(c, "a definition file");
    if (!path)
        return 64;
    att_experiment *experiment = NULL;
    att_error err = {0};
    att_status status = att_experiment_load(&experiment, path, &c->host, &err);
    if (status)
        return cli_fail(c, status, &err);
    int code;
    att_engine *engine = cli_open(c, false, false, &code);
    if (engine) {
        status = att_engine_experiment_create(engine, experiment, &err);
        if (!status && cli_flag(c, "start"))
            status = att_engine_experiment_start(engine, experiment->key, &err);
        code = status ? cli_fail(c, status, &err)
                      : DONE(cli_flag(c, "start") ? "it runs" : "a draft; next: attune experiment start KEY");
    }
    att_engine_close(engine);
    att_experiment_destroy(experiment);
    return code;
}

static int run_change(cli *c)
{
    const bool starts = strcmp(c->arguments[0], "start") == 0;
    const char *key = must_name(c, "the key of an experiment");
    if (!key)
        return 64;
    int code;
    att_error err = {0};
    att_engine *engine = cli_open(c, false, false, &code);
    if (!engine)
        return code;
    const att_status status = starts ? att_engine_experiment_start(engine, att_text_of(key), &err)
                                     : att_engine_experiment_stop(engine, att_text_of(key), &err);
    code = status ? cli_fail(c, status, &err) : DONE(starts ? "it runs" : "stopped");
    att_engine_close(engine);
    return code;
}

static int run_holdout(cli *c)
{
    int code;
    att_error err = {0};
    att_engine *engine = cli_open(c, false, !cli_flag(c, "restart"), &code);
    if (!engine)
        return code;
    att_policy policy;
    int64_t since_ms = 0;
    att_status status = cli_flag(c, "restart") ? att_engine_holdout_restart(engine, &err) : ATT_OK;
    if (!status)
        status = att_engine_holdout_policy(engine, &policy, &since_ms, &err);
    const double share = att_engine_policy(engine).experiments.holdout_share;
    att_engine_close(engine);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:f,s:I}", "share", share, "since", (json_int_t)since_ms));
    char since[32];
    cli_time_text(since_ms, since);
    if (since_ms)
        printf("%g %% of people are held back since %s UTC: in no experiment, and under objective, exploration and taste of that "
               "time\n", 100 * share, since);
    else
        printf("%g %% of people will be held back from the first experiment on\n", 100 * share);
    return 0;
}

// --- list, show -----------------------------------------------------------------------------------------------

typedef struct listing {
    cli *c;
    json_t *list;
    size_t rows;
    char (*text)[6][ATT_EXPERIMENT_KEY_MAX + 8];
    bool good;
} listing;

static bool list_one(void *user, const att_experiment *e)
{
    listing *l = user;
    if (l->c->json) {
        json_array_append_new(l->list, say_experiment(e));
        return true;
    }
    void *grown = realloc(l->text, (l->rows + 1) * sizeof *l->text);
    l->good = grown != NULL;
    if (!grown)
        return false;
    l->text = grown;
    char(*cell)[ATT_EXPERIMENT_KEY_MAX + 8] = l->text[l->rows++];
    snprintf(cell[0], sizeof cell[0], "%u", e->number);
    snprintf(cell[1], sizeof cell[1], "%.*s", (int)e->key.size, e->key.data);
    snprintf(cell[2], sizeof cell[2], "%s", att_experiment_status_name(e->status));
    snprintf(cell[3], sizeof cell[3], "%zu", e->variation_count);
    cli_time_text(e->started_ms, cell[4]);
    cli_time_text(e->stopped_ms, cell[5]);
    return true;
}

static int run_list(cli *c)
{
    int code;
    att_error err = {0};
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    listing l = {.c = c, .list = c->json ? json_array() : NULL, .good = true};
    const att_status status = att_engine_experiments_each(engine, list_one, &l, &err);
    att_engine_close(engine);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:o}", "experiments", l.list));
    const char **cells = malloc((l.rows + 1) * 6 * sizeof *cells);
    if (cells && l.good && l.rows) {
        static const char *const head[] = {"number", "key", "status", "arms", "started", "stopped"};
        memcpy(cells, head, sizeof head);
        for (size_t r = 0; r < l.rows; r++)
            for (size_t k = 0; k < 6; k++)
                cells[(r + 1) * 6 + k] = l.text[r][k];
        cli_print_table(c, cells, 6, l.rows + 1, "rllrll");
    } else if (cells && l.good && !c->quiet) {
        puts("no experiments");
    }
    free(cells);
    free(l.text);
    return cells && l.good ? 0 : 71;
}

static bool show_one(void *user, const att_experiment *e)
{
    cli *c = user;
    if (c->json) {
        cli_print_json(say_experiment(e));
        return true;
    }
    const size_t size = att_experiment_write(e, NULL, 0);
    char *text = malloc(size + 1);
    if (text) {
        char started[32], stopped[32];
        cli_time_text(e->started_ms, started);
        cli_time_text(e->stopped_ms, stopped);
        att_experiment_write(e, text, size + 1);
        printf("# number %u, %s, started %s, stopped %s\n# arms in records:", e->number, att_experiment_status_name(e->status),
            started, stopped);
        for (size_t v = 0; v < e->variation_count; v++)
            printf("%s %.*s %u", v ? "," : "", (int)e->variations[v].key.size, e->variations[v].key.data, say_arm_number(e, v));
        printf("\n%s", text);
    }
    free(text);
    return true;
}

static int run_show(cli *c)
{
    const char *key = must_name(c, "the key of an experiment");
    if (!key)
        return 64;
    int code;
    att_error err = {0};
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    const att_status status = att_engine_experiment_see(engine, att_text_of(key), show_one, c, &err);
    att_engine_close(engine);
    return status ? cli_fail(c, status, &err) : 0;
}

// --- assign ---------------------------------------------------------------------------------------------------

typedef struct naming {
    const att_assignment *assignment;
    json_t *list; // NULL: print
} naming;

static bool name_arm(void *user, const att_experiment *e)
{
    const naming *n = user;
    for (size_t a = 0; a < n->assignment->count; a++) {
        const att_arm arm = n->assignment->arms[a];
        if (arm.experiment != e->number || arm.variation >= e->variation_count)
            continue;
        const att_text variation = e->variations[arm.variation].key;
        if (n->list)
            json_array_append_new(n->list, json_pack("{s:o,s:o,s:I}", "experiment", cli_json_text(e->key), "variation",
                                               cli_json_text(variation), "index", (json_int_t)arm.variation));
        else
            printf("%.*s: %.*s\n", (int)e->key.size, e->key.data, (int)variation.size, variation.data);
    }
    return true;
}

// Where a person falls under a definition file, without a store.
static int assign_by_file(cli *c, const char *path, const char *person)
{
    att_experiment *e = NULL;
    att_error err = {0};
    const att_status status = att_experiment_load(&e, path, &c->host, &err);
    if (status)
        return cli_fail(c, status, &err);
    const int arm = att_experiment_assign(e, att_text_of(person));
    const double point = att_assign_hash(e->seed, att_text_of(person), e->hash_version);
    int code = 0;
    if (c->json)
        code = cli_print_json(json_pack("{s:s,s:o,s:I,s:f}", "person", person, "variation",
            arm < 0 ? json_null() : cli_json_text(e->variations[arm].key), "index", (json_int_t)arm, "bucket", point));
    else if (arm < 0)
        printf("%s is not in it (bucket %.4f)\n", person, point);
    else
        printf("%.*s (bucket %.4f)\n", (int)e->variations[arm].key.size, e->variations[arm].key.data, point);
    att_experiment_destroy(e);
    return code;
}

static int run_assign(cli *c)
{
    const char *person = must_name(c, "a person");
    if (!person)
        return 64;
    if (cli_get(c, "file"))
        return assign_by_file(c, cli_get(c, "file"), person);
    int code;
    att_error err = {0};
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    att_assignment assignment;
    naming n = {.assignment = &assignment, .list = c->json ? json_array() : NULL};
    att_status status = att_engine_assign(engine, att_text_of(person), &assignment, &err);
    if (!status)
        status = att_engine_experiments_each(engine, name_arm, &n, &err);
    att_engine_close(engine);
    if (status)
        return json_decref(n.list), cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:s,s:b,s:o}", "person", person, "held_out", assignment.held_out, "arms", n.list));
    if (assignment.held_out)
        printf("%s is held out of all experiments\n", person);
    else if (!assignment.count)
        printf("%s is in no experiment\n", person);
    return 0;
}

// --- report ---------------------------------------------------------------------------------------------------

static void print_arms(const cli *c, const att_readout *r)
{
    enum { COLUMNS = 8 };
    static const char *const head[COLUMNS] = {"arm", "weight", "assigned", "exposed", "bots", "people", "decisions", "displayed"};
    const char *cells[(ATT_VARIATIONS_MAX + 1) * COLUMNS];
    char text[ATT_VARIATIONS_MAX][COLUMNS][24];
    memcpy(cells, head, sizeof head);
    for (size_t v = 0; v < r->arm_count; v++) {
        const att_readout_arm *arm = &r->arms[v];
        const uint64_t counts[] = {arm->assigned, arm->exposed, arm->bots, arm->people, arm->decisions, arm->displayed};
        snprintf(text[v][1], 24, "%.4g", arm->weight);
        cells[(v + 1) * COLUMNS] = arm->key;
        cells[(v + 1) * COLUMNS + 1] = text[v][1];
        for (size_t k = 0; k < 6; k++) {
            snprintf(text[v][k + 2], 24, "%llu", (unsigned long long)counts[k]);
            cells[(v + 1) * COLUMNS + k + 2] = text[v][k + 2];
        }
    }
    cli_print_table(c, cells, COLUMNS, r->arm_count + 1, "lrrrrrrr");
}

static void print_checks(const cli *c, const att_readout *r)
{
    if (r->ratio_alarm)
        printf("%ssample ratio: ALARM, p %.2g is below 0.001 (p %.2g however often it is read): the arms did not get the "
               "people they should;%s\nfind out why before you believe anything below (assigned people: p %.2g)\n",
            cli_paint(c, "red"), r->ratio_p, r->ratio_p_anytime, cli_paint(c, "reset"), r->assigned_ratio_p);
    else
        printf("sample ratio: fine, p %.2g\n", r->ratio_p);
    printf("seen in two arms and set aside: %s\n", cli_count(r->set_aside, "person", "people"));
}

static const char *verdict_of(const att_readout_line *l)
{
    if (!l->known)
        return "no data";
    if (isinf(l->low))
        return "too early";
    if (l->verdict < 0)
        return l->role == ATT_ROLE_GUARDRAIL ? "HARMED" : "worse";
    return l->verdict > 0 ? "better" : "-";
}

static void fill_cells(const att_readout *r, const att_readout_line *l, char text[10][32])
{
    const double s = l->metric->scale;
    const bool early = !l->known || isinf(l->low);
    snprintf(text[0], 32, "%s", l->metric->name);
    snprintf(text[1], 32, "%s", att_metric_role_name(l->role));
    snprintf(text[2], 32, "%.24s", r->arms[l->variation].key);
    snprintf(text[3], 32, l->known ? "%.4g%s" : "-", s * l->control, l->metric->unit);
    snprintf(text[4], 32, l->known ? "%.4g%s" : "-", s * l->value, l->metric->unit);
    snprintf(text[5], 32, l->known ? "%+.3g" : "-", s * l->difference);
    snprintf(text[6], 32, early ? "-" : "%+.3g to %+.3g", s * l->low, s * l->high);
    snprintf(text[7], 32, l->known ? "%.2g" : "-", l->p_holm);
    snprintf(text[8], 32, l->known ? "%.2g" : "-", l->fixed_p);
    snprintf(text[9], 32, l->known ? "%.0f %%" : "-", 100 * fmax(0, l->variance_cut));
}

static int print_lines(const cli *c, const att_readout *r)
{
    enum { COLUMNS = 11 };
    static const char *const head[COLUMNS] = {"metric", "role", "arm", "control", "value", "difference", "any-day interval", "p",
        "p if read once", "CUPED cut", "verdict"};
    const char **cells = malloc((r->line_count + 1) * COLUMNS * sizeof *cells);
    char(*text)[10][32] = malloc((r->line_count + 1) * sizeof *text);
    if (cells && text) {
        memcpy(cells, head, sizeof head);
        for (size_t i = 0; i < r->line_count; i++) {
            fill_cells(r, &r->lines[i], text[i]);
            for (size_t k = 0; k < 10; k++)
                cells[(i + 1) * COLUMNS + k] = text[i][k];
            cells[(i + 1) * COLUMNS + 10] = verdict_of(&r->lines[i]);
        }
        cli_print_table(c, cells, COLUMNS, r->line_count + 1, "lllrrrrrrrl");
    }
    const bool good = cells && text;
    free(cells);
    free(text);
    return good ? 0 : 71;
}

static int run_report(cli *c)
{
    const char *key = must_name(c, "the key of an experiment, or holdout");
    att_readout_options options = att_readout_options_default();
    uint64_t before = options.before_days;
    if (!key || !cli_must_number(c, "alpha", 1e-6, 0.49, &options.alpha) || !cli_must_time(c, "until", &options.until_ms) ||
        !cli_must_whole(c, "before-days", 0, 365, &before))
        return 64;
    options.before_days = (uint32_t)before;
    int code;
    att_error err = {0};
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    att_readout *r = NULL;
    cli_progress_start(c);
    const att_status status = att_engine_experiment_read(engine, att_text_of(key), &options, &r, &err);
    cli_progress_end();
    att_engine_close(engine);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json) {
        code = cli_print_json(say_readout(r));
    } else {
        printf("%s%s%s: %s, %.1f days; intervals of level %g %% that may be read any day\n", cli_paint(c, "bold"), r->key,
            cli_paint(c, "reset"), att_experiment_status_name(r->status), r->days, 100 * (1 - r->alpha));
        print_arms(c, r);
        print_checks(c, r);
        code = print_lines(c, r);
    }
    att_readout_destroy(r);
    return code;
}

// --- simulate -------------------------------------------------------------------------------------------------

static int trials_json(const att_trials_options *o, const att_trials_report *r)
{
    json_t *list = json_array();
    for (int m = 0; m < ATT_TRIAL_METRICS; m++) {
        const att_trials_metric *metric = &r->metrics[m];
        json_array_append_new(list,
            json_pack("{s:s,s:f,s:f,s:f,s:f,s:f,s:f,s:o,s:f}", "metric", metric->name, "any_day", metric->anytime, "any_day_plain",
                metric->anytime_plain, "once_at_end", metric->at_end, "peeking", metric->peeking, "first_day",
                metric->first_day, "variance_cut", metric->variance_cut, "error_cut", say_number(metric->error_cut), "growth",
                metric->growth));
    }
    return cli_print_json(json_pack("{s:I,s:I,s:I,s:f,s:f,s:I,s:o,s:f,s:f,s:f,s:f}", "experiments", (json_int_t)o->experiments,
        "people", (json_int_t)o->people, "days", (json_int_t)o->days, "effect", o->effect, "alpha", o->alpha, "seed",
        (json_int_t)o->seed, "metrics", list, "any_metric_holm", r->any_metric, "sample_ratio_at_end", r->ratio_at_end,
        "sample_ratio_daily", r->ratio_daily, "sample_ratio_any_day", r->ratio_anytime));
}

static void print_trials(const cli *c, const att_trials_options *o, const att_trials_report *r)
{
    enum { COLUMNS = 8 };
    const char *cells[(ATT_TRIAL_METRICS + 1) * COLUMNS] = {"metric", "any day", "any day, no CUPED", "one t-test at the end",
        "t-test every day", "first day", "CUPED cut", "error cut"};
    char text[ATT_TRIAL_METRICS][COLUMNS][24];
    for (int m = 0; m < ATT_TRIAL_METRICS; m++) {
        const att_trials_metric *metric = &r->metrics[m];
        cells[(m + 1) * COLUMNS] = metric->name;
        snprintf(text[m][1], 24, "%.1f %%", 100 * metric->anytime);
        snprintf(text[m][2], 24, "%.1f %%", 100 * metric->anytime_plain);
        snprintf(text[m][3], 24, "%.1f %%", 100 * metric->at_end);
        snprintf(text[m][4], 24, "%.1f %%", 100 * metric->peeking);
        snprintf(text[m][5], 24, metric->first_day > 0 ? "%.1f" : "-", metric->first_day);
        snprintf(text[m][6], 24, "%.1f %%", 100 * metric->variance_cut);
        snprintf(text[m][7], 24, isfinite(metric->error_cut) ? "%.1f %%" : "-", 100 * metric->error_cut);
        for (int k = 1; k < COLUMNS; k++)
            cells[(m + 1) * COLUMNS + k] = text[m][k];
    }
    printf("%u simulated experiments of %u people and %u days, true effect on plays %+g %%, alpha %g: share that was called\n",
        o->experiments, o->people, o->days, 100 * o->effect, o->alpha);
    cli_print_table(c, cells, COLUMNS, ATT_TRIAL_METRICS + 1, "lrrrrrrr");
    printf("any of the three metrics after Holm: %.1f %%\n", 100 * r->any_metric);
    printf("sample-ratio alarms: %.2f %% at the end, %.2f %% on any day, %.2f %% by the sequential test\n",
        100 * r->ratio_at_end, 100 * r->ratio_daily, 100 * r->ratio_anytime);
}

static int run_simulate(cli *c)
{
    att_trials_options options = att_trials_options_default();
    uint64_t experiments = options.experiments, people = options.people, days = options.days;
    if (!cli_must_whole(c, "experiments", 1, 100000, &experiments) || !cli_must_whole(c, "people", 200, 1000000, &people) ||
        !cli_must_whole(c, "days", 1, 365, &days) || !cli_must_number(c, "effect", -0.9, 10, &options.effect) ||
        !cli_must_number(c, "alpha", 1e-6, 0.49, &options.alpha) || !cli_must_whole(c, "seed", 1, UINT64_MAX, &options.seed))
        return 64;
    options.experiments = (uint32_t)experiments;
    options.people = (uint32_t)people;
    options.days = (uint32_t)days;
    att_trials_report report;
    att_error err = {0};
    cli_progress_start(c);
    const att_status status = att_experiment_trials(&options, &c->host, &report, &err);
    cli_progress_end();
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return trials_json(&options, &report);
    print_trials(c, &options, &report);
    return 0;
}

static int run_experiment(cli *c)
{
    static const struct {
        const char *name;
        int (*run)(cli *c);
        bool alone;
    } verbs[] = {{"create", run_create, false}, {"start", run_change, false}, {"stop", run_change, false},
        {"list", run_list, true}, {"show", run_show, false}, {"report", run_report, false}, {"assign", run_assign, false},
        {"holdout", run_holdout, true}, {"simulate", run_simulate, true}};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(c->arguments[0], verbs[i].name) == 0) {
            if (verbs[i].alone && c->argument_count > 1)
                return cli_usage(c, "%s takes no argument: \"%s\"", verbs[i].name, c->arguments[1]);
            return verbs[i].run(c);
        }
    return cli_usage(c, "unknown action \"%s\", expected create, start, stop, list, show, report, assign, holdout or simulate",
        c->arguments[0]);
}

static const cli_option experiment_options[] = {{"start", 0, NULL, "create: and start it"},
    {"file", 'f', "FILE", "assign: under this definition alone, without a store"},
    {"restart", 0, NULL, "holdout: the policy in force becomes its baseline"},
    {"alpha", 0, "X", "report, simulate: intervals of level 1 - X; default 0.05"},
    {"until", 0, "TIME", "report: as it was then"},
    {"before-days", 0, "N", "report: days before the start that CUPED looks at; default 28"},
    {"experiments", 0, "N", "simulate: default 1000"}, {"people", 0, "N", "simulate: of each; default 2000"},
    {"days", 0, "N", "simulate: looked at after each; default 60"},
    {"effect", 0, "X", "simulate: of the treatment on plays, 0.1 is ten per cent more; default 0"},
    {"seed", 0, "N", "simulate: default 1"}, {0}};
static const char *const experiment_examples[] = {"attune experiment create bolder.yaml --start", "people are in it from now on",
    "attune experiment report bolder-mix", "arms, sample ratio, each metric with an interval that may be read any day",
    "attune experiment assign u7", "which arms this person is in", "attune experiment report holdout",
    "everybody beside those who are held back from everything",
    "attune experiment simulate --experiments 1000", "how often the reading cries wolf where nothing is", NULL};
const cli_command cli_experiment = {"experiment", "Try two ways on people at random, and read which is better",
    "ACTION [FILE|KEY|PERSON]", 1, 2,
    "Actions: create FILE, start KEY, stop KEY, list, show KEY, report KEY, assign PERSON, holdout, simulate.\n\n"
    "A definition:\n\n"
    "key: bolder-mix\n\n"
    "variations: [{key: control}, {key: bold, policy: {objective: {novelty: 0.4}}}]\n\n"
    "Optional: note, seed, hash_version (2), coverage (1), namespace: {id, from, to}, filters, metrics (the goals), and a "
    "weight for each variation. An arm's policy may hold keys of objective, exploration and taste. People are assigned as GrowthBook "
    "does.\n\n"
    "Metrics: reward, plays, clicks, completion, likes, sessions, session-minutes; guardrails: days-active, satisfaction, "
    "early-skips, complaints, rage-quits. The method is in docs/experiments.md.",
    experiment_options, experiment_examples, run_experiment};
