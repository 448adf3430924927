// SPDX-License-Identifier: Apache-2.0
// base/names.h - outside ids (text) <-> dense numbers 0, 1, 2 … in order of first appearance.
//
// Open addressing over XXH3-64 with linear probing at most 70 % full; the bytes lie in one growing pool.
// One writer; readers only while nobody writes. Views stay valid until the next add (the pool may move).
#ifndef ATT_BASE_NAMES_H
#define ATT_BASE_NAMES_H

#include "base/base.h"

#define ATT_NO_INDEX UINT32_MAX

typedef struct att_names {
    const att_host *host;
    uint32_t *slots; // index + 1, 0 is free; size is a power of two
    size_t slot_count;
    uint64_t *offsets; // (count + 1): bytes of name i are pool[offsets[i] … offsets[i + 1])
    size_t offset_capacity;
    char *pool;
    size_t pool_capacity;
    uint32_t count;
} att_names;

void att_names_init(att_names *names, const att_host *host);
void att_names_deinit(att_names *names);
// ATT_NO_INDEX when it is not there.
uint32_t att_names_find(const att_names *names, att_text name);
// Finds or adds. ATT_NO_INDEX: out of memory, or 2^32 - 2 names.
uint32_t att_names_add(att_names *names, att_text name);
// Brings what finding `name` will need towards the caches, in three steps that each need some time after the one before:
// 0 its slot, 1 where its bytes are, 2 the bytes.
void att_names_prefetch(const att_names *names, att_text name, int step);
// The same for getting the name of `index`: 0 where its bytes are, 1 the bytes.
void att_names_prefetch_get(const att_names *names, uint32_t index, int step);
// Adds a number without a findable name (a person who was forgotten). Same result values.
uint32_t att_names_add_blank(att_names *names);
// From now on `index` has the empty name and is not found any more; the bytes are overwritten.
void att_names_erase(att_names *names, uint32_t index);
// Forgets every number from `count` on (a transaction that did not commit).
void att_names_truncate(att_names *names, uint32_t count);
att_text att_names_get(const att_names *names, uint32_t index);
size_t att_names_bytes(const att_names *names); // memory held

#endif
