// SPDX-License-Identifier: Apache-2.0
// apps/cli/evaluate.h - what evaluate's files and the demo share.
#ifndef ATT_CLI_EVALUATE_H
#define ATT_CLI_EVALUATE_H

#include "cli.h"

// evaluate policy (cmd_evaluate_policy.c).
int cli_evaluate_policy(cli *c);
// --estimators, --model, --min-effective, --max-gap. False: the error is printed.
bool cli_ope_options(const cli *c, att_ope_options *options, att_ope_pick *picks, size_t capacity);
// Evaluates and prints; the exit code.
int cli_ope_report(cli *c, const att_ope_log *log, const att_ope_options *options);

// The global time split of the last seven days of this store.
att_status cli_evaluate_demo(cli *c, att_engine *engine, att_error *err);

#endif
