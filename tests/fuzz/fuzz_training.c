// SPDX-License-Identifier: Apache-2.0
// Whatever stands in the sections of a sequence training's checkpoint, reading it ends in a status; what is read is finite and
// its epochs are in order. A good one is built once; the input then says which bytes of which sections change.
#include "embed/seq_checkpoint.h"
#include "laid_over.h"

#include <math.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WEIGHTS = 48, ITEMS = 32, TRAINING = 77 };

typedef struct memory {
    float weights[3 * WEIGHTS], items[3 * ITEMS], kept[2 * (WEIGHTS + ITEMS)];
} memory;

static att_seq_state state_of(memory *m)
{
    return (att_seq_state){WEIGHTS, m->weights, m->weights + WEIGHTS, m->weights + 2 * WEIGHTS,
        m->items, m->items + ITEMS, m->items + 2 * ITEMS};
}

static unsigned char *good_checkpoint(size_t *size)
{
    static memory m;
    const att_host host = att_host_default();
    const att_seq_mark mark = {.training = TRAINING, .epoch = 4, .step = 9, .best_epoch = 3, .best_ndcg = 0.5};
    const att_seq_state state = state_of(&m);
    char path[] = "/tmp/attune-fuzz-training-XXXXXX";
    const int file = mkstemp(path);
    if (file < 0 || att_seq_checkpoint_save(path, &mark, &state, m.kept, ITEMS, &host, NULL) != ATT_OK)
        abort();
    close(file);
    return read_whole(path, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char *good;
    static size_t good_size;
    if (!good)
        good = good_checkpoint(&good_size);
    unsigned char *file = aligned_alloc(64, (good_size + 63) / 64 * 64);
    if (!file || !good_size)
        abort();
    memcpy(file, good, good_size);
    change_sections(file, data, size);
    mend(file, good_size);
    const att_host host = att_host_default();
    att_snapshot *snapshot = NULL;
    memory m;
    att_seq_state state = state_of(&m);
    att_seq_mark mark = {.training = TRAINING};
    uint32_t version;
    att_error err = {0};
    if (att_snapshot_open_memory(&snapshot, file, good_size, ATT_TAG4('S', 'E', 'Q', 'T'), &version,
            &host, &err) == ATT_OK) {
        if (att_seq_checkpoint_read(snapshot, version, &mark, &state, m.kept, ITEMS, &err) == ATT_OK) {
            must(mark.training == TRAINING && mark.best_epoch >= 1 && mark.best_epoch <= mark.epoch);
            for (size_t k = 0; k < 3 * WEIGHTS; k++)
                must(isfinite(m.weights[k]));
        } else {
            must(err.text[0] != 0);
        }
    }
    att_snapshot_close(snapshot);
    free(file);
    return 0;
}
