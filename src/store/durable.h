// SPDX-License-Identifier: Apache-2.0
// store/durable.h - files that are wholly there or not at all, also after the power went.
#ifndef ATT_STORE_DURABLE_H
#define ATT_STORE_DURABLE_H

#include "base/base.h"

// Writes all of it, through interruptions and short writes. `name` is for the story.
att_status att_write_all(int file, const void *data, size_t size, const char *name, att_error *err);
// Syncs the folder that holds `path`, so that a new name in it survives.
att_status att_sync_folder_of(const char *path, const att_host *host, att_error *err);
// rename, then sync of the folder. keep_existing: ATT_EXISTS when `to` is there.
att_status att_rename_durable(
    const char *from, const char *to, bool keep_existing, const att_host *host, att_error *err);
// PATH.tmp-PID, the caller's to give back with att_free(host, name, *size, 1); NULL: out of memory.
char *att_temporary_name(const char *path, const att_host *host, size_t *size);

#endif
