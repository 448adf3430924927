// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, opening them as a snapshot ends in a status; what opens can be read to its
// last byte.
//
// The first byte says whether the checksums are to be mended first: random bytes would never pass
// them, and what lies behind would stay untried.
#include "laid_over.h"
#include "store/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A head of this kind, of so many bytes and at most four sections, and right sums.
static void make_head(unsigned char *file, size_t size)
{
    uint32_t count;
    const uint64_t file_size = size;
    if (size < HEAD)
        return;
    memcpy(file, "ATTSNAP\n\1\0\0\0TEST", 16);
    memcpy(&count, file + 20, 4);
    count %= 5;
    memcpy(file + 20, &count, 4);
    memcpy(file + 24, &file_size, 8);
    mend(file, size);
}

// Every byte of every section, so that a sanitizer sees each read; the sum only keeps the reads alive.
static unsigned read_all(const att_snapshot *snapshot, const unsigned char *file, size_t size)
{
    unsigned sum = 0;
    for (size_t at = HEAD; at + ENTRY <= size && at < HEAD + 5 * ENTRY; at += ENTRY) {
        uint32_t id;
        memcpy(&id, file + at, 4);
        size_t length;
        const unsigned char *bytes = att_snapshot_section(snapshot, id, &length);
        for (size_t i = 0; bytes && i < length; i++)
            sum += bytes[i];
        const void *items;
        if (att_snapshot_need(snapshot, id, 12, &length, &items, NULL) == ATT_OK &&
            length * 12 > size)
            abort();
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const size_t length = size - 1;
    unsigned char *file = aligned_alloc(64, (length / 64 + 1) * 64);
    if (!file)
        return 0;
    memcpy(file, data + 1, length);
    if (data[0] & 1)
        make_head(file, length);
    att_snapshot *snapshot = NULL;
    uint32_t version;
    att_error err;
    if (att_snapshot_open_memory(&snapshot, file, length, ATT_TAG4('T', 'E', 'S', 'T'), &version,
            NULL, &err) == ATT_OK &&
        read_all(snapshot, file, length) == UINT32_MAX)
        abort(); // no sum of so few bytes
    att_snapshot_close(snapshot);
    free(file);
    return 0;
}
