// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_simulate.c - a made-up world to try things on: written as files, or met by a policy.
#include "simulate.h"

#include <math.h>
#include <string.h>

// --- The engine as a policy of the simulator ----------------------------------------------------------------

static att_status choose(void *user, const att_world_visit *visit, uint32_t *items, size_t *count,
    uint64_t *decision, att_error *err)
{
    engine_policy *p = user;
    att_request request = att_request_default();
    request.user = visit->user;
    request.context = visit->context;
    request.territory = visit->territory;
    request.age = visit->age;
    request.at_ms = visit->at_ms;
    request.count = (uint32_t)visit->wanted;
    request.medium = visit->medium;
    att_slate slate;
    const att_status status = att_engine_decide(p->engine, &request, p->memory, &slate, err);
    *count = 0;
    *decision = status ? 0 : slate.decision;
    for (size_t i = 0; i < slate.count && !status; i++) {
        const size_t item = att_world_item_find(p->world, slate.shown[i].item);
        if (item != SIZE_MAX)
            items[(*count)++] = (uint32_t)item;
    }
    return status;
}

static att_status feedback(void *user, const att_event *events, size_t count, att_error *err)
{
    const engine_policy *p = user;
    return att_engine_events(p->engine, events, count, NULL, err);
}

static att_status day_over(void *user, uint32_t day, int64_t at_ms, att_error *err)
{
    engine_policy *p = user;
    (void)at_ms;
    if (!p->train_every_days || (day + 1) % p->train_every_days != 0)
        return ATT_OK;
    return att_engine_train(p->engine, NULL, NULL, err);
}

att_world_policy cli_sim_policy(engine_policy *p)
{
    return (att_world_policy){.choose = choose, .feedback = feedback, .day_over = day_over, .user = p};
}

att_status cli_sim_fill(engine_policy *p, att_error *err)
{
    char folder[4096], path[4200];
    static const char *const files[] = {"items.ndjson", "events.ndjson"};
    snprintf(folder, sizeof folder, "%s-world", cli_store_path(p->c));
    att_status status = att_world_write(p->world, folder, err);
    for (int i = 0; i < 2 && !status; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        status = att_import(p->engine, path, NULL, NULL, err);
    }
    return status;
}

// --- Options ------------------------------------------------------------------------------------------------

static bool world_options(const cli *c, att_world_options *out)
{
    uint64_t people = 1000, items = 2000, days = 60, ahead = 30;
    *out = att_world_options_default();
    if (!cli_must_whole(c, "people", 1, 1000000, &people) || !cli_must_whole(c, "items", 60, 1000000, &items) ||
        !cli_must_whole(c, "days", 1, 1000, &days) || !cli_must_whole(c, "events", 1, 1000000000, &out->events) ||
        !cli_must_whole(c, "seed", 1, UINT64_MAX, &out->seed) || !cli_must_time(c, "start", &out->start_ms) ||
        !cli_must_whole(c, "run", 1, 1000, &ahead))
        return false;
    out->people = (uint32_t)people;
    out->items = (uint32_t)items;
    out->days = (uint32_t)days;
    out->ahead_days = (uint32_t)ahead;
    return true;
}

static json_t *report_json(const char *name, const att_world_report *r)
{
    return json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:I}", "policy", name, "sessions",
        (json_int_t)r->sessions, "visits", (json_int_t)r->visits, "shown", (json_int_t)r->shown, "clicks",
        (json_int_t)r->clicks, "plays", (json_int_t)r->plays, "skip_5s", r->skip_5s_rate, "skip_10s", r->skip_10s_rate,
        "completion", r->completion_rate, "satisfaction", r->satisfaction, "satisfaction_error", r->satisfaction_error,
        "satisfaction_per_visit", r->satisfaction_per_visit, "return_day_1", r->return_day_1, "return_day_7",
        r->return_day_7, "variety_bits", r->variety, "coverage", r->coverage, "regret", r->regret, "ineligible",
        (json_int_t)r->ineligible);
}

#define COLUMNS 11

static void print_reports(const cli *c, const char *const *names, const att_world_report *reports, size_t count)
{
    static const char *const head[COLUMNS] = {"policy", "visits", "clicks/visit", "skip<5s", "skip<10s", "finished",
        "satisfaction", "per visit", "back day 1", "variety", "regret"};
    char text[8][COLUMNS][32];
    const char *cells[9 * COLUMNS];
    memcpy(cells, head, sizeof head);
    for (size_t i = 0; i < count; i++) {
        const att_world_report *r = &reports[i];
        snprintf(text[i][0], 32, "%s", names[i]);
        snprintf(text[i][1], 24, "%llu", (unsigned long long)r->visits);
        snprintf(text[i][2], 24, "%.2f", r->visits ? (double)r->clicks / (double)r->visits : 0);
        snprintf(text[i][3], 24, "%.1f %%", 100 * r->skip_5s_rate);
        snprintf(text[i][4], 24, "%.1f %%", 100 * r->skip_10s_rate);
        snprintf(text[i][5], 24, "%.1f %%", 100 * r->completion_rate);
        snprintf(text[i][6], 24, "%.3f ± %.3f", r->satisfaction, 1.96 * r->satisfaction_error);
        snprintf(text[i][7], 24, "%.3f", r->satisfaction_per_visit);
        snprintf(text[i][8], 24, "%.1f %%", 100 * r->return_day_1);
        snprintf(text[i][9], 24, "%.2f bits", r->variety);
        snprintf(text[i][10], 24, "%.4f", r->regret);
        for (size_t k = 0; k < COLUMNS; k++)
            cells[(i + 1) * COLUMNS + k] = text[i][k];
    }
    cli_print_table(c, cells, COLUMNS, count + 1, "lrrrrrrrrrr");
}

// --- simulate ---------------------------------------------------------------------------------------------------

static int write_world(cli *c, const att_world *world, const char *folder)
{
    att_error err = {0};
    cli_progress_start(c);
    const att_status status = att_world_write(world, folder, &err);
    cli_progress_end();
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:s,s:I,s:I}", "folder", folder, "items",
            (json_int_t)att_world_item_count(world), "people", (json_int_t)att_world_person_count(world)));
    if (c->quiet)
        return 0;
    printf("%s holds a simulated world: items.ndjson, events.ndjson, people.csv\nnext: attune import %s/items.ndjson "
           "%s/events.ndjson\n", folder, folder, folder);
    return 0;
}

static int run_policies(cli *c, const att_world *world, uint32_t days)
{
    static const char *const names[] = {"random", "popularity", "attune", "oracle (knows the truth)"};
    static const att_world_builtin builtins[] = {ATT_WORLD_RANDOM, ATT_WORLD_POPULARITY, ATT_WORLD_NONE, ATT_WORLD_ORACLE};
    att_world_report reports[4] = {0};
    att_error err = {0};
    uint64_t train_every = 7;
    if (!cli_must_whole(c, "train-every", 0, 1000, &train_every))
        return 64;
    int code;
    att_engine *engine = cli_open(c, true, false, &code);
    if (!engine)
        return code;
    engine_policy p = {.c = c, .engine = engine, .world = world, .train_every_days = (uint32_t)train_every};
    att_engine_info info;
    att_engine_info_get(engine, &info);
    att_status status = att_slate_memory_create(&p.memory, &c->host, &err);
    cli_progress_start(c);
    if (!status && info.events == 0) {
        status = cli_sim_fill(&p, &err);
        if (!status)
            status = att_engine_train(engine, NULL, NULL, &err);
    } else if (!status && info.model == 0) {
        status = att_engine_train(engine, NULL, NULL, &err);
    }
    att_world_run_options options = att_world_run_options_default();
    options.days = days;
    options.medium = cli_get(c, "medium");
    for (size_t i = 0; i < 4 && !status; i++) {
        att_world_policy policy = {.builtin = builtins[i]};
        if (builtins[i] == ATT_WORLD_NONE)
            policy = cli_sim_policy(&p);
        status = att_world_run(world, &policy, &options, &reports[i], NULL, &err);
    }
    cli_progress_end();
    att_slate_memory_destroy(p.memory);
    att_engine_close(engine);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json) {
        json_t *list = json_array();
        for (size_t i = 0; i < 4; i++)
            json_array_append_new(list, report_json(names[i], &reports[i]));
        return cli_print_json(json_pack("{s:b,s:I,s:s?,s:o}", "simulated", 1, "days", (json_int_t)days, "medium", options.medium, "policies", list));
    }
    printf("%u days after the history, everything simulated; satisfaction is the simulated people's own truth\n", days);
    if (options.medium)
        printf("people ask for %s alone\n", options.medium);
    print_reports(c, names, reports, 4);
    return 0;
}

// --- choices ------------------------------------------------------------------------------------------------

static json_t *curve_json(const att_world_curve *curve)
{
    json_t *points = json_array();
    for (int i = 0; i < ATT_WORLD_CHOICES_POINTS; i++)
        json_array_append_new(points, json_pack("{s:I,s:f,s:f}", "rounds", (json_int_t)curve->at[i], "regret",
                                          curve->regret[i], "half_width", curve->half_width[i]));
    return json_pack("{s:s,s:f,s:o}", "algorithm", curve->name, "reward", curve->reward, "points", points);
}

static void print_curves(const cli *c, const att_world_curve *curves, size_t count)
{
    enum { WIDTH = ATT_WORLD_CHOICES_POINTS + 2 };
    static char text[ATT_WORLD_CURVES_MAX + 1][WIDTH][40];
    const char *cells[(ATT_WORLD_CURVES_MAX + 1) * WIDTH];
    snprintf(text[0][0], 40, "algorithm");
    snprintf(text[0][1], 40, "clicks");
    for (int i = 0; i < ATT_WORLD_CHOICES_POINTS; i++)
        snprintf(text[0][i + 2], 40, "T = %llu", (unsigned long long)curves[0].at[i]);
    for (size_t a = 0; a < count; a++) {
        snprintf(text[a + 1][0], 40, "%s", curves[a].name);
        snprintf(text[a + 1][1], 40, "%.4f", curves[a].reward);
        for (int i = 0; i < ATT_WORLD_CHOICES_POINTS; i++)
            snprintf(text[a + 1][i + 2], 40, "%.1f ± %.1f", curves[a].regret[i], curves[a].half_width[i]);
    }
    for (size_t a = 0; a <= count; a++)
        for (int i = 0; i < WIDTH; i++)
            cells[a * WIDTH + (size_t)i] = text[a][i];
    cli_print_table(c, cells, WIDTH, count + 1, "lrrrrrr");
}

static int run_choices(cli *c, const att_world *world)
{
    att_world_choices_options options = att_world_choices_options_default();
    att_world_curve curves[ATT_WORLD_CURVES_MAX];
    uint64_t rounds = options.rounds, runs = options.runs;
    size_t count = 0;
    att_error err = {0};
    if (!cli_must_whole(c, "choices", 100, 10000000, &rounds) || !cli_must_whole(c, "runs", 1, ATT_WORLD_CHOICES_RUNS_MAX, &runs) ||
        !cli_must_whole(c, "seed", 1, UINT64_MAX, &options.seed))
        return 64;
    options.rounds = (uint32_t)rounds;
    options.runs = (uint32_t)runs;
    cli_progress_start(c);
    const att_status status = att_world_choices(world, &options, curves, &count, &err);
    cli_progress_end();
    if (status)
        return cli_fail(c, status, &err);
    if (c->json) {
        json_t *list = json_array();
        for (size_t a = 0; a < count; a++)
            json_array_append_new(list, curve_json(&curves[a]));
        return cli_print_json(json_pack("{s:b,s:I,s:I,s:I,s:o}", "simulated", 1, "rounds", (json_int_t)options.rounds, "runs",
            (json_int_t)options.runs, "seed", (json_int_t)options.seed, "curves", list));
    }
    printf("a film's thumbnail out of %u, %u simulated visitors, %u runs; rewards come %u rounds late; regret against the best "
           "fixed policy in expected clicks, ± 95 %%\n", options.options, options.rounds, options.runs, options.delay);
    print_curves(c, curves, count);
    return 0;
}

// --- Coverage of off-policy intervals ---------------------------------------------------------------------------

static void print_coverage(const cli *c, const att_ope_coverage_report *r)
{
    static const char *const head[] = {"estimator", "truth", "mean", "rmse", "95 % holds", "width", "anytime holds", "width"};
    enum { COUNT = 8 };
    char text[48][COUNT][40];
    const char *cells[49 * COUNT];
    memcpy(cells, head, sizeof head);
    for (size_t i = 0; i < r->row_count; i++) {
        const att_ope_coverage *o = &r->rows[i];
        const double runs = o->runs ? (double)o->runs : 1;
        snprintf(text[i][0], 40, "%.28s%s", o->name, o->biased ? " (b)" : "");
        snprintf(text[i][1], 40, "%.5f", o->truth);
        snprintf(text[i][2], 40, "%.5f", o->value);
        snprintf(text[i][3], 40, "%.5f", o->rmse);
        snprintf(text[i][4], 40, "%.1f %%", 100 * o->covered / runs);
        snprintf(text[i][5], 40, "%.4f", o->width);
        snprintf(text[i][6], 40, o->has_anytime ? "%.1f %%" : "-", 100 * o->covered_anytime / runs);
        snprintf(text[i][7], 40, o->has_anytime ? "%.4f" : "-", o->width_anytime);
        for (size_t k = 0; k < COUNT; k++)
            cells[(i + 1) * COUNT + k] = text[i][k];
    }
    cli_print_table(c, cells, COUNT, r->row_count + 1, "lrrrrrrr");
}

static json_t *coverage_json(const att_ope_coverage_report *r)
{
    json_t *list = json_array();
    for (size_t i = 0; i < r->row_count; i++) {
        const att_ope_coverage *o = &r->rows[i];
        json_array_append_new(list, json_pack("{s:s,s:b,s:i,s:f,s:f,s:f,s:i,s:f,s:o,s:o}", "estimator", o->name, "biased", o->biased,
            "runs", (int)o->runs, "truth", o->truth, "value", o->value, "rmse", o->rmse, "covered", (int)o->covered, "width",
            o->width, "covered_anytime", o->has_anytime ? json_integer(o->covered_anytime) : json_null(), "width_anytime",
            o->has_anytime ? json_real(o->width_anytime) : json_null()));
    }
    return list;
}

static int run_coverage(cli *c)
{
    att_ope_coverage_options options = att_ope_coverage_options_default();
    static att_ope_coverage_report report;
    uint64_t runs = options.runs, people = options.people;
    att_error err = {0};
    if (!cli_must_whole(c, "ope-coverage", 1, 100000, &runs) || !cli_must_whole(c, "people", 10, 100000, &people) ||
        !cli_must_whole(c, "seed", 1, UINT64_MAX, &options.seed))
        return 64;
    options.runs = (uint32_t)runs;
    options.people = (uint32_t)people;
    cli_progress_start(c);
    const att_status status = att_ope_coverage_run(&options, &c->host, &report, &err);
    cli_progress_end();
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:b,s:i,s:i,s:i,s:i,s:o}", "simulated", 1, "logs", (int)options.runs, "slates",
            (int)options.slates, "people", (int)options.people, "refused", (int)report.refused, "estimators", coverage_json(&report)));
    printf("%u simulated logs of %u slates, %u of them refused; (b): biased, by construction or because its assumption does not "
           "hold here\n", options.runs, options.slates, report.refused);
    print_coverage(c, &report);
    return 0;
}

static int run_simulate(cli *c)
{
    if (cli_flag(c, "drift"))
        return cli_get(c, "out") || cli_get(c, "run") ? cli_usage(c, "--drift makes its own worlds, without --out and --run")
                                                      : cli_simulate_drift(c);
    att_world_options options;
    if (cli_get(c, "ope-coverage"))
        return run_coverage(c);
    if (!world_options(c, &options))
        return 64;
    const char *out = cli_get(c, "out");
    if (cli_get(c, "clickbait") && !cli_get(c, "run"))
        return cli_usage(c, "--clickbait wants --run DAYS");
    if (cli_get(c, "early-skips") && !cli_get(c, "run"))
        return cli_usage(c, "--early-skips wants --run DAYS");
    const char *medium = cli_get(c, "medium");
    if (medium && !cli_get(c, "run"))
        return cli_usage(c, "--medium wants --run DAYS");
    if (medium && strcmp(medium, "music") != 0 && strcmp(medium, "film") != 0 && strcmp(medium, "game") != 0)
        return cli_usage(c, "--medium is \"%s\", expected music, film or game", medium);
    if (!out && !cli_get(c, "run") && !cli_get(c, "choices"))
        return cli_usage(c, "say --out FOLDER to write a world, --run DAYS to let people meet the engine, --drift, or --choices N");
    att_world *world = NULL;
    att_error err = {0};
    cli_progress_start(c);
    const att_status status = att_world_create(&world, &options, &c->host, &err);
    cli_progress_end();
    if (status)
        return cli_fail(c, status, &err);
    int code = out ? write_world(c, world, out) : 0;
    if (!code && cli_get(c, "clickbait"))
        code = cli_run_clickbait(c, world, options.ahead_days);
    else if (!code && cli_get(c, "early-skips"))
        code = cli_run_early_skips(c, world, options.ahead_days);
    else if (!code && cli_get(c, "run"))
        code = run_policies(c, world, options.ahead_days);
    if (!code && cli_get(c, "choices"))
        code = run_choices(c, world);
    att_world_destroy(world);
    return code;
}

static const cli_option simulate_options[] = {{"out", 'o', "FOLDER", "write items.ndjson, events.ndjson and people.csv there"},
    {"run", 0, "DAYS", "people meet the engine of --store for so many days after the history"},
    {"medium", 0, "NAME", "with --run: people ask for music, film or game alone, so that what situations want of it counts; default any"},
    {"drift", 0, NULL, "what several time scales of taste do after a binge, a move, and over --days of a closed loop, with and without"},
    {"worlds", 0, "N", "with --drift: so many worlds; default 2"},
    {"early-skips", 0, "W", "with --run: an experiment in a new store whose second arm has objective.early_skip W, the first 0"},
    {"clickbait", 0, "W", "with --run: an experiment in a new store whose second arm pushes clickbait by the weight W; 0: none, the arms are alike"},
    {"train-every", 0, "DAYS", "with --run: train anew after so many days; default 7, 0 never"},
    {"choices", 0, "N", "N visitors choose by a thumbnail: regret of each bandit (docs/bandits.md)"},
    {"runs", 0, "N", "with --choices: other visitors, pictures and luck each; default 5"},
    {"people", 0, "N", "default 1000"}, {"items", 0, "N", "default 2000"}, {"days", 0, "N", "of history; default 60"},
    {"events", 0, "N", "about so many; default 300000"}, {"seed", 0, "N", "default 1: the same seed gives the same world"},
    {"ope-coverage", 0, "LOGS", "so many simulated logs: how often do off-policy intervals hold the true value"},
    {"start", 0, "TIME", "first moment of the history; default 2026-01-01"}, {0}};
static const char *const simulate_examples[] = {"attune simulate --out world --people 200", "files to import",
    "attune simulate --ope-coverage 200", "how often off-policy intervals hold the true value",
    "attune simulate --store sim.attune --run 14", "random, popularity, attune and an oracle, side by side", "attune simulate --drift",
    "one late night, a moved taste and sixty days, with the time scales and without",
    "attune simulate --store skips.attune --run 28 --early-skips 1", "how many fewer things are left within ten seconds",
    "attune simulate --store bait.attune --run 28 --clickbait 1", "more clicks, less satisfaction: the report warns",
    "attune simulate --choices 20000", "regret of each bandit against the best fixed policy", NULL};
const cli_command cli_simulate = {"simulate", "Make a simulated world, or let its people meet the engine", "", 0, 0,
    "The people have interests, moods, boredom and drift that follow another model than the engine's (docs/simulator.md).\n"
    "With --run an empty store is filled with the world's history first. What the simulation says holds for the simulation.",
    simulate_options, simulate_examples, run_simulate};
