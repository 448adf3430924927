// SPDX-License-Identifier: Apache-2.0
// Whatever stands in the sections of a model, loading ends in a status; what loads can fold, score, explain, place and
// be saved. A good model is built once in memory; the input then says which bytes of which sections change, and the
// checksums are made right again, so that the room's own checks are reached.
#include "embed/model_parts.h"
#include "embed/seq_parts.h"
#include "base/rng.h"
#include "laid_over.h"

#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ITEMS = 24, KINDS = 4 };

static const att_item *item_of(void *user, uint32_t item)
{
    static const att_text tags[] = {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}};
    static const float vectors[] = {1, 2, 0, -1, 0.5f, 2};
    att_item *body = user;
    *body = (att_item){
        .tags = tags + item % 3, .tag_count = 2, .vector = vectors + item % 5, .vector_dim = 2};
    return body;
}

// A sequence part with any weights: what they say is not looked at here.
static void add_sequence(att_model *model, const att_matrix *m, const att_host *host)
{
    const att_seq_shape shape = {ITEMS, 6, 16, 2, 1, 16};
    static float numbers[16384];
    static uint32_t known[ITEMS], at_s[240];
    att_rng rng = att_rng_seed(4);
    att_seq *seq = NULL;
    for (size_t k = 0; k < 16384; k++)
        numbers[k] = (float)(0.3 * att_rng_normal(&rng));
    for (uint32_t k = 0; k < 240; k++)
        at_s[k] = 100 * k;
    for (uint32_t i = 0; i < ITEMS; i++)
        known[i] = i % 5;
    if (att_seq_weights(&shape) + ITEMS * 16 > 16384 ||
        att_seq_create(&seq, &shape, numbers, numbers + att_seq_weights(&shape), known, host,
            NULL) != ATT_OK ||
        att_model_add_sequence(model, seq, 0.5, m, at_s, NULL, NULL) != ATT_OK)
        abort();
}

// The bytes of a saved model; the file goes at once.
static void add_days(att_model *model, const att_matrix *m)
{
    int64_t at_ms[240];
    for (int64_t k = 0; k < 240; k++)
        at_ms[k] = k * 86400000;
    const att_model_input input = {.preferences = m, .last_at_ms = at_ms};
    if (att_model_add_trend(model, m, at_ms, 30, 0.5, NULL) != ATT_OK || att_model_trend_weight(model) == 0 ||
        att_model_add_newness(model, &input, 30, 2, NULL) != ATT_OK)
        abort();
}

static unsigned char *good_model(int kind, size_t *size)
{
    static const char *const kinds[] = {"als", "ease", "blend", "als"};
    const att_host host = att_host_default();
    att_triplet triplets[240];
    att_matrix m;
    for (uint32_t k = 0; k < 240; k++)
        triplets[k] = (att_triplet){k / 8, k * 7 % 8 * 3 + k / 8 % 3, 1};
    char path[] = "/tmp/attune-fuzz-model-XXXXXX";
    const int file = mkstemp(path);
    att_item body;
    att_model *model = NULL;
    att_train_report report;
    if (file < 0 || att_matrix_build(&m, 30, ITEMS, triplets, 240, &host, NULL) != ATT_OK)
        abort();
    const att_model_input input = {.preferences = &m, .item_of = item_of, .item_user = &body};
    const att_train_options options = {.seed = 1, .dim = 16, .kind = kinds[kind]};
    if (att_model_train(&model, &input, &options, &report, &host, NULL) != ATT_OK)
        abort();
    if (kind == 3)
        add_sequence(model, &m, &host);
    if (kind > 1)
        add_days(model, &m);
    if (att_model_save(model, 1, path, NULL) != ATT_OK)
        abort();
    close(file);
    unsigned char *bytes = read_whole(path, size);
    att_model_destroy(model);
    att_matrix_deinit(&m, &host);
    return bytes;
}

static void use(att_model *model, const att_host *host)
{
    const att_fold_item history[] = {{0, 1, NULL}, {5, 0.5f, NULL}, {23, -1, NULL}, {99, 1, NULL}};
    const att_model_event events[] = {{0, 50}, {5, 40}, {99, 60}, {11, 4000000000u}};
    const uint32_t targets[] = {1, 22, 1000};
    float vector[ATT_ALS_DIM_MAX], scores[3], effects[12], best[5];
    uint32_t items[5];
    att_item body;
    att_fold *fold = NULL;
    att_arena scratch;
    att_arena_init(&scratch, host, 0);
    if (att_fold_create(&fold, host, NULL) == ATT_OK &&
        att_model_fold(model, fold, history, 4, vector, NULL) == ATT_OK &&
        att_model_read(model, fold, events, 4, 0x0803, ATT_MODEL_EXPLAINED, NULL) == ATT_OK &&
        att_model_score(model, fold, targets, NULL, 3, scores, NULL) == ATT_OK &&
        att_model_effects(model, fold, targets, NULL, 3, effects, NULL) == ATT_OK) {
        att_model_sequence_top(model, fold, NULL, 0, 5, items, best);
        att_model_item_item_top(model, fold, NULL, 0, 5, items, best);
        att_model_ask(model, fold, (int64_t)300 * 86400000, (int64_t)200 * 86400000);
        if (att_model_score(model, fold, targets, NULL, 3, scores, NULL) != ATT_OK)
            abort();
    }
    att_model_place(model, item_of(&body, 4), vector, &scratch);
    att_fold_destroy(fold);
    att_arena_deinit(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char *good[KINDS];
    static size_t sizes[KINDS];
    const int kind = size ? data[0] % KINDS : 0;
    if (!good[kind])
        good[kind] = good_model(kind, &sizes[kind]);
    unsigned char *file = aligned_alloc(64, (sizes[kind] + 63) / 64 * 64);
    if (!file || !good[kind] || !sizes[kind])
        abort();
    memcpy(file, good[kind], sizes[kind]);
    if (size)
        change_sections(file, data + 1, size - 1);
    mend(file, sizes[kind]);
    const att_host host = att_host_default();
    att_snapshot *snapshot = NULL;
    att_model *model = NULL;
    uint32_t version;
    att_error err;
    if (att_snapshot_open_memory(&snapshot, file, sizes[kind], ATT_TAG4('M', 'O', 'D', 'L'),
            &version, &host, &err) == ATT_OK &&
        att_model_of_snapshot(&model, snapshot, version, &host, &err) == ATT_OK)
        use(model, &host);
    att_model_destroy(model);
    free(file);
    return 0;
}
