// SPDX-License-Identifier: Apache-2.0
// apps/cli/generate.h - what the commands of `attune generate` share: a brief from the command line or a file.
#ifndef ATT_CLI_GENERATE_H
#define ATT_CLI_GENERATE_H

#include "cli.h"

typedef struct brief_given {
    att_brief brief;
    att_need needs[ATT_BRIEF_NEEDS_MAX];
    att_feature taste[ATT_BRIEF_TASTE_MAX];
    json_t *file; // texts point into it
} brief_given;

// 0, or the exit code: what is wrong was told. brief_given_free in any case.
int brief_take(cli *c, const char *path, brief_given *out);
void brief_given_free(brief_given *given);

#endif
