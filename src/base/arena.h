// SPDX-License-Identifier: Apache-2.0
// base/arena.h - memory with one lifetime: many small pieces, given back together.
//
// The variable's name is the lifetime: `life` (as long as the object), `scratch` (one request).
// Blocks are chained and never move, so pointers stay valid until reset, rewind past them, or deinit.
#ifndef ATT_BASE_ARENA_H
#define ATT_BASE_ARENA_H

#include "base/base.h"

typedef struct att_arena_block att_arena_block;

typedef struct att_arena {
    const att_host *host;
    att_arena_block *blocks; // newest first
    size_t block_size;       // least size of a new block, bytes
} att_arena;

typedef struct att_arena_mark {
    att_arena_block *block;
    size_t used;
} att_arena_mark;

void att_arena_init(att_arena *arena, const att_host *host, size_t block_size); // 0: 64 KiB
void att_arena_deinit(att_arena *arena);
// Keeps the largest block for reuse, so a warm arena allocates nothing more.
void att_arena_reset(att_arena *arena);
att_arena_mark att_arena_save(const att_arena *arena);
void att_arena_rewind(att_arena *arena, att_arena_mark mark);

// Cleared memory, aligned to 64 bytes when `count * item_size` is at least 64, else to 16. NULL: out of memory.
void *att_arena_alloc(att_arena *arena, size_t count, size_t item_size);
#define ATT_NEW(arena, type, count) ((type *)att_arena_alloc((arena), (count), sizeof(type)))
// The same without clearing, for what is written whole.
void *att_arena_alloc_raw(att_arena *arena, size_t count, size_t item_size);
#define ATT_NEW_RAW(arena, type, count) ((type *)att_arena_alloc_raw((arena), (count), sizeof(type)))

// A copy with a zero byte behind it. data == NULL: out of memory.
att_text att_arena_text(att_arena *arena, att_text text);
char *att_arena_printf(att_arena *arena, const char *format, ...) ATT_PRINTF(2, 3);

#endif
