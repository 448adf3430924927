// SPDX-License-Identifier: Apache-2.0
// Whatever the sections of a mask network hold, it is refused with a story, or its weights are numbers. A network's sections are larger
// than a fuzzer's input: that is laid over those of a right one, at a place that its first bytes say.
#include "music/stems_model.h"

#include "rebuilt.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned char *right(size_t *size)
{
    static unsigned char *bytes;
    static size_t its;
    if (!bytes) {
        const att_host host = att_host_default();
        const size_t count = att_stems_layout_get().count;
        float *weights = malloc(count * sizeof *weights);
        const att_stems_trust trust[ATT_STEM_COUNT] = {{0, 1}, {0, 1}, {0, 1}, {0, 1}};
        char path[] = "/tmp/attune-fuzz-XXXXXX";
        const int file = mkstemp(path);
        if (!weights || file < 0)
            abort();
        close(file);
        att_stems_weights_draw(weights, 1);
        if (att_stems_model_save(path, weights, trust, "card", &host, NULL))
            abort();
        FILE *in = fopen(path, "rb");
        bytes = aligned_alloc(64, 4 << 20);
        if (!in || !bytes)
            abort();
        its = fread(bytes, 1, 4 << 20, in);
        fclose(in);
        unlink(path);
        free(weights);
    }
    *size = its;
    return bytes;
}

// One section with the input over it, under right sums.
static void put_sums(unsigned char *file, size_t section, const unsigned char *data, size_t size)
{
    unsigned char *entry = file + REBUILT_HEAD + REBUILT_ENTRY * section;
    uint32_t count;
    memcpy(&count, file + 20, 4);
    rebuilt_put_sum(entry + 24, data, size);
    memset(file + 32, 0, 16);
    rebuilt_put_sum(file + 32, file, REBUILT_HEAD + REBUILT_ENTRY * (size_t)count);
}

static void read_it(const unsigned char *file, size_t size)
{
    att_stems_model model;
    att_error err = {0};
    if (att_stems_model_read(&model, file, size, NULL, &err) == ATT_OK) {
        for (size_t i = 0; i < model.count; i++)
            if (!isfinite(model.weights[i]))
                abort();
        att_stems_model_close(&model);
    } else if (!err.text[0]) {
        abort();
    }
}

static void overlay(const uint8_t *data, size_t size)
{
    static unsigned char kept[4096];
    size_t whole_size;
    unsigned char *whole = right(&whole_size);
    const size_t section = data[0] % 5;
    uint64_t offset, length;
    memcpy(&offset, whole + REBUILT_HEAD + REBUILT_ENTRY * section + 8, 8);
    memcpy(&length, whole + REBUILT_HEAD + REBUILT_ENTRY * section + 16, 8);
    const size_t at = (data[1] | (size_t)data[2] << 8) % (size_t)length, count = ATT_MIN(ATT_MIN(size - 3, (size_t)length - at), sizeof kept);
    memcpy(kept, whole + offset + at, count);
    memcpy(whole + offset + at, data + 3, count);
    put_sums(whole, section, whole + offset, (size_t)length);
    read_it(whole, whole_size);
    memcpy(whole + offset + at, kept, count);
    put_sums(whole, section, whole + offset, (size_t)length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t file_size;
    if (size < 5)
        return 0;
    if (data[size - 1] % 16 == 0) // it takes a few milliseconds
        overlay(data, size);
    unsigned char *file = rebuilt_container(data, size, ATT_TAG4('S', 'T', 'E', 'M'), NULL, 0, &file_size);
    if (file)
        read_it(file, file_size);
    free(file);
    return 0;
}
