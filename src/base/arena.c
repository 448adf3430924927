// SPDX-License-Identifier: Apache-2.0
// base/arena.c - a chain of blocks; allocation bumps a pointer in the newest.
#include "base/arena.h"

#include <stdio.h>

struct att_arena_block {
    att_arena_block *next;
    size_t size; // of data
    size_t used;
    unsigned char *data; // aligned to 64 inside the allocation
    size_t allocated;    // bytes asked from the host
};

void att_arena_init(att_arena *arena, const att_host *host, size_t block_size)
{
    *arena = (att_arena){.host = host, .block_size = block_size ? block_size : (size_t)64 << 10};
}

static void free_block(att_arena *arena, att_arena_block *block)
{
    att_free(arena->host, block, block->allocated, 1);
}

void att_arena_deinit(att_arena *arena)
{
    while (arena->blocks) {
        att_arena_block *next = arena->blocks->next;
        free_block(arena, arena->blocks);
        arena->blocks = next;
    }
}

void att_arena_reset(att_arena *arena)
{
    att_arena_block *largest = arena->blocks;
    for (att_arena_block *block = arena->blocks; block; block = block->next)
        if (block->size > largest->size)
            largest = block;
    for (att_arena_block *block = arena->blocks; block;) {
        att_arena_block *next = block->next;
        if (block != largest)
            free_block(arena, block);
        block = next;
    }
    arena->blocks = largest;
    if (largest) {
        largest->next = NULL;
        largest->used = 0;
    }
}

att_arena_mark att_arena_save(const att_arena *arena)
{
    return (att_arena_mark){arena->blocks, arena->blocks ? arena->blocks->used : 0};
}

void att_arena_rewind(att_arena *arena, att_arena_mark mark)
{
    if (!mark.block) {
        att_arena_reset(arena);
        return;
    }
    while (arena->blocks != mark.block) {
        att_arena_block *next = arena->blocks->next;
        free_block(arena, arena->blocks);
        arena->blocks = next;
    }
    arena->blocks->used = mark.used;
}

static void *take(att_arena *arena, size_t count, size_t item_size, bool clear)
{
    size_t size;
    if (__builtin_mul_overflow(count, item_size, &size) || size > SIZE_MAX / 2)
        return NULL;
    const size_t align = size >= 64 ? 64 : 16;
    att_arena_block *block = arena->blocks;
    if (block) {
        const size_t start = (block->used + align - 1) & ~(align - 1);
        if (start <= block->size && size <= block->size - start) {
            block->used = start + size;
            return clear ? memset(block->data + start, 0, size) : block->data + start;
        }
    }
    const size_t data_size = ATT_MAX(size, arena->block_size);
    const size_t allocated = sizeof(att_arena_block) + 64 + data_size;
    block = att_alloc(arena->host, allocated, 1);
    if (!block)
        return NULL;
    att_want_large_pages(block, allocated);
    const uintptr_t data = ((uintptr_t)(block + 1) + 63) & ~(uintptr_t)63;
    *block = (att_arena_block){.next = arena->blocks,
        .size = data_size,
        .used = size,
        .data = (unsigned char *)data,
        .allocated = allocated};
    arena->blocks = block;
    return clear ? memset(block->data, 0, size) : block->data;
}

void *att_arena_alloc(att_arena *arena, size_t count, size_t item_size)
{
    return take(arena, count, item_size, true);
}

void *att_arena_alloc_raw(att_arena *arena, size_t count, size_t item_size)
{
    return take(arena, count, item_size, false);
}

att_text att_arena_text(att_arena *arena, att_text text)
{
    char *copy = att_arena_alloc(arena, text.size + 1, 1);
    if (!copy)
        return (att_text){NULL, 0};
    if (text.size)
        memcpy(copy, text.data, text.size);
    return (att_text){copy, text.size};
}

char *att_arena_printf(att_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : att_arena_alloc(arena, (size_t)length + 1, 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
