// SPDX-License-Identifier: Apache-2.0
// apps/cli/report.h - the report over the long run for people (out_report.c), for machines, and as charts.
#ifndef ATT_CLI_REPORT_H
#define ATT_CLI_REPORT_H

#include "cli.h"

void cli_print_longrun(const cli *c, const att_longrun *report);
// Charts into `path` (.svg, .png); figures NULL: the usual ones. 0, or the exit code.
int cli_chart_longrun(
    const cli *c, const att_longrun *report, const char *figures, const char *path);
void cli_print_differences(const cli *c, const att_longrun *report);
void cli_print_warnings(const cli *c, const att_longrun *report);

// "0.412", "17.3 %": decimals by size, or as many as are given from 0 on.
void cli_figure_text(att_figure figure, double value, int decimals, char out[48]);
int cli_figure_decimals(att_figure figure, double value);

#endif
