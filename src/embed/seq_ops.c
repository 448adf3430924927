// SPDX-License-Identifier: Apache-2.0
// embed/seq_ops.c - the scalar twin, and the choice for this processor.
#include "embed/seq_ops.h"

#define FAST
#define TABLE "scalar"
#include "embed/seq_ops_tile.h"

const att_seq_ops *att_seq_ops_scalar(void)
{
    return &table;
}

static const att_seq_ops *usable_avx512(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        return att_seq_ops_avx512();
#endif
    return NULL;
}

static const att_seq_ops *usable_avx2(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return att_seq_ops_avx2();
#endif
    return NULL;
}

const att_seq_ops *att_seq_ops_named(const char *name)
{
    const att_seq_ops *const usable[] = {usable_avx512(), usable_avx2(), &table};
    for (size_t i = 0; i < ATT_COUNT_OF(usable); i++)
        if (usable[i] && strcmp(name, usable[i]->name) == 0)
            return usable[i];
    return NULL;
}

const att_seq_ops *att_seq_ops_best(void)
{
    const att_seq_ops *best = usable_avx512();
    if (!best)
        best = usable_avx2();
    return best ? best : &table;
}
