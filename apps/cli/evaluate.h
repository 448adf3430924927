// SPDX-License-Identifier: Apache-2.0
// apps/cli/evaluate.h - the table that evaluate prints, shared with the demo.
#ifndef ATT_CLI_EVALUATE_H
#define ATT_CLI_EVALUATE_H

#include "cli.h"

// The global time split of the last seven days of this store.
att_status cli_evaluate_demo(cli *c, att_engine *engine, att_error *err);

#endif
