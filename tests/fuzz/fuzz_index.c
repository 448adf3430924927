// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes of an index file, opening it ends in a status; what opens can be searched, changed and saved.
//
// A small true index is made, then the input is laid over it: runs of (where, length, bytes). Checksums are
// mended behind it, so that the checks of the content are reached.
#include "retrieve/file.h"
#include "retrieve/scan.h"

#include "base/rng.h"
#include "laid_over.h"

#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DIM = 6, COUNT = 90 };

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
    return read_whole(path, size);
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
