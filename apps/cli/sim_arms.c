// SPDX-License-Identifier: Apache-2.0
// apps/cli/sim_arms.c - experiments among simulated people, told by the ordinary report, which reads the log and knows nothing of the truth.
//
// In one arm a weight of the objective is 0, in the other what was asked for; all else is the same, and all people bring the same history.
// --clickbait: the world knows which things are made to be clicked and disappoint. Their owner boosts them, and in the second arm the boost
// counts: does the report see through it? --early-skips: are fewer things left early where the policy looks at that?
#include "report.h"
#include "simulate.h"

#include <stdlib.h>

typedef struct two_arms {
    const char *key; // of the experiment
    const char *option, *weight; // of the command; the policy's objective.WEIGHT
    const char *note, *arms[2]; // the second has the weight
    const char *said; // of the second arm's policy
    att_status (*prepare)(engine_policy *p, att_error *err); // before the model is trained; NULL: nothing
    bool warns;
} two_arms;

static att_status boost(engine_policy *p, att_error *err)
{
    const size_t count = att_world_item_count(p->world);
    att_item *items = calloc(count, sizeof *items);
    size_t baits = 0;
    if (!items) {
        err->status = ATT_NO_MEMORY;
        snprintf(err->text, sizeof err->text, "out of memory for %zu items", count);
        return ATT_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++)
        if (att_world_is_clickbait(p->world, i)) {
            items[baits] = *att_world_item(p->world, i);
            items[baits++].boost = 1;
        }
    const att_status status = att_engine_items_put(p->engine, items, baits, err);
    free(items);
    return status;
}

static att_status begin(engine_policy *p, const two_arms *x, double weight, att_error *err)
{
    char yaml[512];
    snprintf(yaml, sizeof yaml,
        "key: %s\nnote: %s\nvariations:\n"
        "  - key: %s\n    policy:\n      objective:\n        %s: 0\n"
        "  - key: %s\n    policy:\n      objective:\n        %s: %g\n",
        x->key, x->note, x->arms[0], x->weight, x->arms[1], x->weight, weight);
    att_experiment *experiment = NULL;
    att_status status = att_experiment_parse(&experiment, att_text_of(yaml), x->key, &p->c->host, err);
    if (!status)
        status = att_engine_experiment_create(p->engine, experiment, err);
    if (!status)
        status = att_engine_experiment_start(p->engine, att_text_of(x->key), err);
    att_experiment_destroy(experiment);
    return status;
}

static bool take_number(void *user, const att_experiment *experiment)
{
    *(uint32_t *)user = experiment->number;
    return false;
}

static att_status look(engine_policy *p, const two_arms *x, att_longrun **report, att_error *err)
{
    uint32_t number = 0;
    const att_status status = att_engine_experiment_see(p->engine, att_text_of(x->key), take_number, &number, err);
    att_longrun_options options = att_longrun_options_default();
    options.compare = ATT_COMPARE_ARMS;
    for (uint32_t a = 0; a < 2; a++) {
        options.arms[a] = (att_arm){number, a};
        options.group_names[a] = x->arms[a];
    }
    options.churn_days = 7;
    return status ? status : att_engine_longrun(p->engine, &options, report, err);
}

static att_status live(engine_policy *p, const two_arms *x, uint32_t days, double weight, att_error *err)
{
    att_world_run_options options = att_world_run_options_default();
    options.days = days;
    options.medium = cli_get(p->c, "medium");
    options.regret_every = 0;
    const att_world_policy policy = cli_sim_policy(p);
    att_world_report truth;
    att_status status = cli_sim_fill(p, err);
    if (!status && x->prepare)
        status = x->prepare(p, err);
    if (!status)
        status = att_engine_train(p->engine, NULL, NULL, err);
    if (!status)
        status = begin(p, x, weight, err);
    return status ? status : att_world_run(p->world, &policy, &options, &truth, NULL, err);
}

static int tell(cli *c, const two_arms *x, uint32_t days, double weight, const att_longrun *report)
{
    if (c->json)
        return cli_print_json(say_longrun(report));
    printf("%u days after the history, everything simulated; half of the people met a policy that %s %g\n", days, x->said, weight);
    cli_print_differences(c, report);
    if (x->warns)
        cli_print_warnings(c, report);
    printf("\nnext: attune report --store %s --compare experiment:%s\n", cli_store_path(c), x->key);
    return 0;
}

static int run(cli *c, const two_arms *x, const att_world *world, uint32_t days, double weight)
{
    uint64_t train_every = 7;
    int code;
    if (!cli_must_number(c, x->option, 0, 10, &weight) || !cli_must_whole(c, "train-every", 0, 1000, &train_every))
        return 64;
    att_engine *engine = cli_open(c, true, false, &code);
    if (!engine)
        return code;
    att_engine_info info;
    att_engine_info_get(engine, &info);
    if (info.events || info.items) {
        att_engine_close(engine);
        return cli_usage(c, "--%s wants a new store, %s is not empty", x->option, cli_store_path(c));
    }
    engine_policy p = {.c = c, .engine = engine, .world = world, .train_every_days = (uint32_t)train_every};
    att_longrun *report = NULL;
    att_error err = {0};
    att_status status = att_slate_memory_create(&p.memory, &c->host, &err);
    cli_progress_start(c);
    if (!status)
        status = live(&p, x, days, weight, &err);
    if (!status)
        status = look(&p, x, &report, &err);
    cli_progress_end();
    att_slate_memory_destroy(p.memory);
    att_engine_close(engine);
    code = status ? cli_fail(c, status, &err) : tell(c, x, days, weight, report);
    att_longrun_destroy(report);
    return code;
}

int cli_run_clickbait(cli *c, const att_world *world, uint32_t days)
{
    static const two_arms pushed = {.key = "clickbait", .option = "clickbait", .weight = "business", .note = "what is made to be clicked is pushed",
        .arms = {"ordinary", "pushed"}, .said = "pushes clickbait by", .prepare = boost, .warns = true};
    return run(c, &pushed, world, days, 0);
}

int cli_run_early_skips(cli *c, const att_world *world, uint32_t days)
{
    static const two_arms skips = {.key = "early-skips", .option = "early-skips", .weight = "early_skip", .note = "what is likely to be left early is shown less",
        .arms = {"without", "with"}, .said = "weighs early skips by"};
    return run(c, &skips, world, days, att_policy_default().objective.early_skip);
}
