// SPDX-License-Identifier: Apache-2.0
// decide/steady.c - one number a place.
#include "decide/steady.h"

struct att_steady {
    att_host host;
    uint64_t places[ATT_STEADY_PLACES]; // 0: free
};

att_status att_steady_create(att_steady **out, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    *out = ATT_NEW_ARRAY(&full, att_steady, 1);
    if (!*out)
        return att_no_memory(err, ATT_STEADY_PLACES, "places of who has not changed");
    (*out)->host = full;
    return ATT_OK;
}

void att_steady_destroy(att_steady *steady)
{
    if (!steady)
        return;
    const att_host host = steady->host;
    ATT_FREE_ARRAY(&host, steady, 1);
}

bool att_steady_has(const att_steady *steady, uint64_t key)
{
    return key && __atomic_load_n(&steady->places[key % ATT_STEADY_PLACES], __ATOMIC_RELAXED) == key;
}

void att_steady_add(att_steady *steady, uint64_t key)
{
    __atomic_store_n(&steady->places[key % ATT_STEADY_PLACES], key, __ATOMIC_RELAXED);
}
