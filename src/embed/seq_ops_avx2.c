// SPDX-License-Identifier: Apache-2.0
// embed/seq_ops_avx2.c - the sequence model's arithmetic with registers of eight floats.
#include "embed/seq_ops.h"

#if defined(__x86_64__)
#define FAST __attribute__((target("avx2,fma")))
#define TABLE "avx2"
#include "embed/seq_ops_tile.h"

const att_seq_ops *att_seq_ops_avx2(void)
{
    return &table;
}
#else
const att_seq_ops *att_seq_ops_avx2(void)
{
    return NULL;
}
#endif
