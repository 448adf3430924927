// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes of an index file, opening it ends in a status; what opens can be searched, changed and saved.
//
// A small true index is made, then the input is laid over it: runs of (where, length, bytes). Checksums are
// mended behind it, so that the checks of the content are reached.
#include "retrieve/file.h"
#include "retrieve/scan.h"

#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 64, ENTRY = 48, DIM = 6, COUNT = 90 };

static void must(bool truth)
{
    if (!truth)
        abort();
}

// The file of a true index; the caller frees it.
static unsigned char *true_file(size_t *size, att_index_form form)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/fuzz_index.%ld", (long)getpid());
    att_index *index = NULL;
    const att_index_options options = {.dim = DIM, .form = form, .links = 4, .build_width = 8};
    must(att_index_create(&index, &options, NULL, NULL) == ATT_OK);
    att_rng rng = att_rng_seed(3);
    for (uint32_t id = 0; id < COUNT; id++) {
        float vector[DIM];
        for (int d = 0; d < DIM; d++)
            vector[d] = (float)att_rng_normal(&rng);
        must(att_index_add(index, &id, vector, 1, 1, NULL) == ATT_OK);
    }
    must(att_index_remove(index, 7, NULL) == ATT_OK);
    must(att_index_save(index, path, NULL) == ATT_OK);
    att_index_destroy(index);
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

static void put_hash(unsigned char *at, XXH128_hash_t hash)
{
    memcpy(at, &hash.low64, 8);
    memcpy(at + 8, &hash.high64, 8);
}

static void mend(unsigned char *file, size_t size)
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

static void lay_over(unsigned char *file, size_t file_size, const uint8_t *data, size_t size)
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

static void use(att_index *index)
{
    float vector[ATT_INDEX_DIM_MAX];
    for (int d = 0; d < ATT_INDEX_DIM_MAX; d++)
        vector[d] = (float)(d % 5) - 1.5f;
    att_search *search = NULL;
    att_hit hits[COUNT + 8];
    size_t found = 0;
    must(att_search_create(&search, NULL, NULL) == ATT_OK);
    must(att_search_reserve_walk(index, search, NULL) == ATT_OK);
    must(att_index_top_exact(index, search, vector, NULL, COUNT, hits, &found, NULL) == ATT_OK);
    if (index->entry != ATT_ENTRY_NONE)
        must(att_index_walk_top(index, search, vector, NULL, 20, 40, hits, &found, NULL) == ATT_OK);
    for (uint32_t id = 0; id < 40; id++) {
        if (id % 3 == 0 && att_index_remove(index, id, NULL) == ATT_OK)
            continue;
        if (att_index_add(index, &id, vector, 1, 1, NULL) != ATT_OK)
            break;
    }
    if (index->entry != ATT_ENTRY_NONE && att_search_reserve_walk(index, search, NULL) == ATT_OK)
        must(att_index_walk_top(index, search, vector, NULL, 20, 40, hits, &found, NULL) == ATT_OK);
    att_search_destroy(search);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char *pattern[2];
    static size_t pattern_size[2];
    if (size == 0)
        return 0;
    const int form = data[0] & 1;
    if (!pattern[form])
        pattern[form] = true_file(&pattern_size[form], (att_index_form)form);
    const size_t file_size = pattern_size[form];
    unsigned char *file = aligned_alloc(64, (file_size / 64 + 1) * 64);
    if (!file)
        return 0;
    memcpy(file, pattern[form], file_size);
    lay_over(file, file_size, data + 1, size - 1);
    if (data[0] & 2)
        mend(file, file_size);
    att_snapshot *snapshot = NULL;
    att_index *index = NULL;
    uint32_t version;
    att_error err;
    if (att_snapshot_open_memory(&snapshot, file, file_size, ATT_TAG4('I', 'N', 'D', 'X'), &version,
            NULL, &err) == ATT_OK &&
        att_index_adopt(&index, snapshot, version, NULL, &err) == ATT_OK)
        use(index);
    att_index_destroy(index);
    free(file);
    return 0;
}
