// SPDX-License-Identifier: Apache-2.0
// apps/cli/sim_skips.c - are fewer things left early where the policy looks at that? An experiment, told by the ordinary report.
//
// In one arm objective.early_skip is 0, in the other the weight that was asked for; all else is the same, and all people bring the same
// history. The report reads the log and knows nothing of the truth.
#include "report.h"
#include "simulate.h"

#define EXPERIMENT "early-skips"

static att_status begin(engine_policy *p, double weight, att_error *err)
{
    char yaml[512];
    snprintf(yaml, sizeof yaml,
        "key: " EXPERIMENT "\nnote: what is likely to be left early is shown less\nvariations:\n"
        "  - key: without\n    policy:\n      objective:\n        early_skip: 0\n"
        "  - key: with\n    policy:\n      objective:\n        early_skip: %g\n",
        weight);
    att_experiment *experiment = NULL;
    att_status status = att_experiment_parse(&experiment, att_text_of(yaml), "the experiment of early skips", &p->c->host, err);
    if (!status)
        status = att_engine_experiment_create(p->engine, experiment, err);
    if (!status)
        status = att_engine_experiment_start(p->engine, att_text_of(EXPERIMENT), err);
    att_experiment_destroy(experiment);
    return status;
}

static bool take_number(void *user, const att_experiment *experiment)
{
    *(uint32_t *)user = experiment->number;
    return false;
}

static att_status look(engine_policy *p, att_longrun **report, att_error *err)
{
    uint32_t number = 0;
    att_status status = att_engine_experiment_see(p->engine, att_text_of(EXPERIMENT), take_number, &number, err);
    att_longrun_options options = att_longrun_options_default();
    options.compare = ATT_COMPARE_ARMS;
    options.arms[0] = (att_arm){number, 0};
    options.arms[1] = (att_arm){number, 1};
    options.group_names[0] = "without";
    options.group_names[1] = "with";
    options.churn_days = 7;
    return status ? status : att_engine_longrun(p->engine, &options, report, err);
}

static att_status live(engine_policy *p, uint32_t days, double weight, att_error *err)
{
    att_world_run_options options = att_world_run_options_default();
    options.days = days;
    options.regret_every = 0;
    const att_world_policy policy = cli_sim_policy(p);
    att_world_report truth;
    att_status status = cli_sim_fill(p, err);
    if (!status)
        status = att_engine_train(p->engine, NULL, NULL, err);
    if (!status)
        status = begin(p, weight, err);
    return status ? status : att_world_run(p->world, &policy, &options, &truth, NULL, err);
}

int cli_run_early_skips(cli *c, const att_world *world, uint32_t days)
{
    double weight = att_policy_default().objective.early_skip;
    uint64_t train_every = 7;
    int code;
    if (!cli_must_number(c, "early-skips", 0, 10, &weight) || !cli_must_whole(c, "train-every", 0, 1000, &train_every))
        return 64;
    att_engine *engine = cli_open(c, true, false, &code);
    if (!engine)
        return code;
    att_engine_info info;
    att_engine_info_get(engine, &info);
    if (info.events || info.items) {
        att_engine_close(engine);
        return cli_usage(c, "--early-skips wants a new store, %s is not empty", cli_store_path(c));
    }
    engine_policy p = {.c = c, .engine = engine, .world = world, .train_every_days = (uint32_t)train_every};
    att_longrun *report = NULL;
    att_error err = {0};
    att_status status = att_slate_memory_create(&p.memory, &c->host, &err);
    cli_progress_start(c);
    if (!status)
        status = live(&p, days, weight, &err);
    if (!status)
        status = look(&p, &report, &err);
    cli_progress_end();
    att_slate_memory_destroy(p.memory);
    att_engine_close(engine);
    if (status)
        code = cli_fail(c, status, &err);
    else if (c->json)
        code = cli_print_json(say_longrun(report));
    else {
        printf("%u days after the history, everything simulated; half of the people met a policy with objective.early_skip %g, half one with 0\n", days,
            weight);
        cli_print_differences(c, report);
        printf("\nnext: attune report --store %s --compare experiment:" EXPERIMENT "\n", cli_store_path(c));
    }
    att_longrun_destroy(report);
    return code;
}
