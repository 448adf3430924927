// SPDX-License-Identifier: Apache-2.0
// tests/fuzz/laid_over.h - for readers of snapshots: a true file with the input laid over it, and its sums mended behind that, so that the
// checks of the content are reached. The input is runs of (where, length, bytes), or changes of single bytes of sections.
#ifndef ATT_FUZZ_LAID_OVER_H
#define ATT_FUZZ_LAID_OVER_H

#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { HEAD = 64, ENTRY = 48 }; // of a snapshot (docs/formats.md)

static inline void must(bool truth)
{
    if (!truth)
        abort();
}

// The file is removed; the caller frees its bytes.
static inline unsigned char *read_whole(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    must(file && fseek(file, 0, SEEK_END) == 0);
    *size = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = aligned_alloc(64, (*size / 64 + 1) * 64);
    must(bytes && fread(bytes, 1, *size, file) == *size);
    fclose(file);
    remove(path);
    return bytes;
}

static inline void put_hash(unsigned char *at, XXH128_hash_t hash)
{
    memcpy(at, &hash.low64, 8);
    memcpy(at + 8, &hash.high64, 8);
}

static inline void mend(unsigned char *file, size_t size)
{
    uint32_t count;
    memcpy(&count, file + 20, 4);
    if (count > 256 || size < HEAD + ENTRY * (size_t)count)
        return;
    for (uint32_t i = 0; i < count; i++) {
        unsigned char *entry = file + HEAD + ENTRY * (size_t)i;
        uint64_t offset, length;
        memcpy(&offset, entry + 8, 8);
        memcpy(&length, entry + 16, 8);
        if (offset <= size && length <= size - offset)
            put_hash(entry + 24, XXH3_128bits(file + offset, (size_t)length));
    }
    memset(file + 32, 0, 16);
    put_hash(file + 32, XXH3_128bits(file, HEAD + ENTRY * (size_t)count));
}

static inline void lay_over(unsigned char *file, size_t file_size, const uint8_t *data, size_t size)
{
    while (size >= 4) {
        const size_t at = ((size_t)data[0] | (size_t)data[1] << 8) * 4 % file_size;
        size_t length = 1 + data[2] % 8;
        data += 3;
        size -= 3;
        length = ATT_MIN(ATT_MIN(length, size), file_size - at);
        memcpy(file + at, data, length);
        data += length;
        size -= length;
    }
}

// Four bytes of input change one byte of one section of a true file.
static inline void change_sections(unsigned char *file, const uint8_t *data, size_t size)
{
    uint32_t sections;
    memcpy(&sections, file + 20, 4);
    for (; size >= 4; data += 4, size -= 4) {
        const unsigned char *entry = file + HEAD + ENTRY * (size_t)(data[0] % sections);
        uint64_t offset, length;
        memcpy(&offset, entry + 8, 8);
        memcpy(&length, entry + 16, 8);
        if (length)
            file[offset + (data[1] + 256u * data[2]) % length] = data[3];
    }
}

#endif
