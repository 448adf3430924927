// SPDX-License-Identifier: Apache-2.0
// embed/seq_ops_avx512.c - the sequence model's arithmetic with registers of sixteen floats.
#include "embed/seq_ops.h"

#if defined(__x86_64__)
#define FAST __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")))
#define TABLE "avx512"
#include "embed/seq_ops_tile.h"

const att_seq_ops *att_seq_ops_avx512(void)
{
    return &table;
}
#else
const att_seq_ops *att_seq_ops_avx512(void)
{
    return NULL;
}
#endif
