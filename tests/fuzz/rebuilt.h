// SPDX-License-Identifier: Apache-2.0
// tests/fuzz/rebuilt.h - whatever the bytes, a snapshot container (docs/formats.md) that opens: so that what lies in
// its sections is reached, which checksums would keep from any changed byte.
//
// The input is read as a container whose sums, order and sizes need not be right. Its sections, cut to what is
// there, are laid out anew under right sums.
#ifndef ATT_TESTS_FUZZ_REBUILT_H
#define ATT_TESTS_FUZZ_REBUILT_H

#include "store/snapshot.h"

#include <stdlib.h>
#include <xxhash.h>

enum { REBUILT_HEAD = 64, REBUILT_ENTRY = 48, REBUILT_SECTIONS_MAX = 24 };

typedef struct rebuilt_part {
    uint32_t id;
    const uint8_t *data;
    uint64_t size, offset;
} rebuilt_part;

static inline void rebuilt_put_sum(unsigned char *at, const void *data, size_t size)
{
    const XXH128_hash_t sum = XXH3_128bits(data, size);
    memcpy(at, &sum.low64, 8);
    memcpy(at + 8, &sum.high64, 8);
}

// Gives each section its place; returns the size of the file.
static inline size_t rebuilt_lay_out(
    const uint8_t *data, size_t size, rebuilt_part *parts, uint32_t *count)
{
    *count = 0;
    if (size >= REBUILT_HEAD)
        memcpy(count, data + 20, 4);
    *count %= REBUILT_SECTIONS_MAX + 1;
    while (*count && REBUILT_HEAD + REBUILT_ENTRY * (size_t)*count > size)
        --*count;
    uint64_t end = REBUILT_HEAD + REBUILT_ENTRY * (uint64_t)*count;
    for (uint32_t i = 0; i < *count; i++) {
        const uint8_t *entry = data + REBUILT_HEAD + REBUILT_ENTRY * (size_t)i;
        uint64_t offset, length;
        memcpy(&parts[i].id, entry, 4);
        memcpy(&offset, entry + 8, 8);
        memcpy(&length, entry + 16, 8);
        offset = ATT_MIN(offset, (uint64_t)size);
        parts[i].data = data + offset;
        parts[i].size = ATT_MIN(length, size - offset);
        parts[i].offset = (end + 63) / 64 * 64;
        end = parts[i].offset + parts[i].size;
    }
    return (size_t)end;
}

// A container of this kind, 64-byte aligned, *file_size bytes; the caller frees it. `head` (may be NULL) is written over the
// beginning of section HEAD where that is long enough: what else would always be refused.
static inline unsigned char *rebuilt_container(const uint8_t *data, size_t size, uint32_t kind,
    const void *head, size_t head_size, size_t *file_size)
{
    rebuilt_part parts[REBUILT_SECTIONS_MAX];
    uint32_t count;
    const uint32_t format = 1;
    *file_size = rebuilt_lay_out(data, size, parts, &count);
    unsigned char *file = aligned_alloc(64, (*file_size + 63) / 64 * 64);
    if (!file)
        return NULL;
    memset(file, 0, *file_size);
    for (uint32_t i = 0; i < count; i++) {
        unsigned char *entry = file + REBUILT_HEAD + REBUILT_ENTRY * (size_t)i;
        unsigned char *section = file + parts[i].offset;
        if (parts[i].size)
            memcpy(section, parts[i].data, parts[i].size);
        if (head && parts[i].id == ATT_TAG4('H', 'E', 'A', 'D') && head_size <= parts[i].size)
            memcpy(section, head, head_size);
        memcpy(entry, &parts[i].id, 4);
        memcpy(entry + 8, &parts[i].offset, 8);
        memcpy(entry + 16, &parts[i].size, 8);
        rebuilt_put_sum(entry + 24, section, parts[i].size);
    }
    const uint64_t whole = *file_size;
    memcpy(file, "ATTSNAP\n", 8);
    memcpy(file + 8, &format, 4);
    memcpy(file + 12, &kind, 4);
    if (size >= 20)
        memcpy(file + 16, data + 16, 4);
    memcpy(file + 20, &count, 4);
    memcpy(file + 24, &whole, 8);
    rebuilt_put_sum(file + 32, file, REBUILT_HEAD + REBUILT_ENTRY * (size_t)count);
    return file;
}

#endif
