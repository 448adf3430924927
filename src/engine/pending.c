// SPDX-License-Identifier: Apache-2.0
// engine/pending.c - weak stand-ins while their rooms are on the way; the real ones replace them when they are linked.
#include "store/store.h"

__attribute__((weak)) att_status att_store_backup(
    const char *path, const char *to, const att_host *host, att_error *err)
{
    (void)to;
    (void)host;
    return ATT_FAIL(err, ATT_UNSUPPORTED, "no backup of %s in this build", path);
}

__attribute__((weak)) att_status att_store_doctor(const char *path, const att_host *host,
    att_finding_sink *sink, void *user, size_t *damage, att_error *err)
{
    (void)path;
    (void)host;
    (void)sink;
    (void)user;
    (void)err;
    *damage = 0;
    return ATT_OK;
}
