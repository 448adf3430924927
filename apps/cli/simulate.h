// SPDX-License-Identifier: Apache-2.0
// apps/cli/simulate.h - the engine as a policy of the simulator, shared by the commands that let people meet it.
#ifndef ATT_CLI_SIMULATE_H
#define ATT_CLI_SIMULATE_H

#include "cli.h"

typedef struct engine_policy {
    cli *c;
    att_engine *engine;
    const att_world *world;
    att_slate_memory *memory;
    uint32_t train_every_days; // 0: never
} engine_policy;

att_world_policy cli_sim_policy(engine_policy *p);
// Writes the world beside the store and imports it; no training.
att_status cli_sim_fill(engine_policy *p, att_error *err);

// Half of the people meet a policy that pushes what is made to be clicked (sim_arms.c).
int cli_run_clickbait(cli *c, const att_world *world, uint32_t days);
// Half of the people meet a policy that looks at what is left early, half one that does not (sim_arms.c).
int cli_run_early_skips(cli *c, const att_world *world, uint32_t days);

#endif
