// SPDX-License-Identifier: Apache-2.0
// apps/cli/lock.h - one process at a time reads a file, changes it, and puts the new one in its place.
#ifndef ATT_CLI_LOCK_H
#define ATT_CLI_LOCK_H

#include "cli.h"

typedef struct cli_lock {
    int file; // -1: none
    char path[4200];
} cli_lock;

// Holds PATH.lock, from before the file is read until after it is written. Waits for who has it, and says so once. 0, or the exit
// code: told; 130 when it was interrupted.
int cli_lock_take(const cli *c, const char *path, cli_lock *out);
void cli_lock_give(cli_lock *lock); // PATH.lock goes away; one that is not held is fine

#endif
