// SPDX-License-Identifier: Apache-2.0
// guard/text_model.c - scores, and the file.
#include "guard/text_model.h"

#include "store/bytes.h"
#include "store/snapshot.h"

#include <math.h>

enum { VERSION = 1, FEATURES_MAX = 1 << 27, HEAD_SIZE = 256 };
#define KIND ATT_TAG4('T', 'X', 'T', 'F')
#define HEAD ATT_TAG4('H', 'E', 'A', 'D')
#define NAME ATT_TAG4('N', 'A', 'M', 'E')
#define HASH ATT_TAG4('H', 'A', 'S', 'H')
#define IDF ATT_TAG4('I', 'D', 'F', '_')
#define GROUP ATT_TAG4('G', 'R', 'U', 'P')
#define WEIGHTS ATT_TAG4('W', 'G', 'H', 'T')
#define VOCABULARY ATT_TAG4('V', 'O', 'C', 'B')

typedef struct text_model_head {
    uint32_t category_count, exclusive;
    uint64_t seed, rows, features;
    double trained_macro_f1;
    double thresholds[ATT_CATEGORIES_MAX];
    unsigned char zero[HEAD_SIZE - 40 - 8 * ATT_CATEGORIES_MAX];
} text_model_head;
_Static_assert(sizeof(text_model_head) == HEAD_SIZE, "the head is on disk");

void att_text_model_deinit(att_text_model *m)
{
    if (!m->host.resize)
        return;
    const att_host host = m->host;
    ATT_FREE_ARRAY(&host, m->weights, (m->category_count + 1) * (m->features.count + 1));
    att_feature_table_deinit(&m->features, &host);
    att_vocabulary_destroy(m->vocabulary);
    *m = (att_text_model){0};
}

// --- Scores ---------------------------------------------------------------------------------------

bool att_text_model_score(const att_text_model *m, const att_reading *reading, att_arena *scratch, double *scores)
{
    att_feature_value *values;
    size_t count;
    const att_arena_mark mark = att_arena_save(scratch);
    if (!att_features_of(&m->features, reading, scratch, &values, &count))
        return false;
    double sum = 0;
    for (size_t t = 0; t <= m->category_count; t++) {
        const float *w = m->weights + t * (m->features.count + 1);
        double score = w[m->features.count];
        for (size_t i = 0; i < count; i++)
            score += (double)w[values[i].index] * values[i].value;
        scores[t] = 1 / (1 + exp(-score));
        sum += scores[t];
    }
    for (size_t t = 0; m->exclusive && sum > 0 && t <= m->category_count; t++)
        scores[t] /= sum;
    att_arena_rewind(scratch, mark);
    return true;
}

size_t att_text_model_class(const att_text_model *m, const double *scores)
{
    size_t best = m->category_count;
    double most = 1;
    for (size_t c = 0; c < m->category_count; c++) {
        const double times = scores[c] / m->thresholds[c];
        if (times >= most && (best == m->category_count || times > most)) {
            best = c;
            most = times;
        }
    }
    return best;
}

// --- The file -------------------------------------------------------------------------------------

typedef struct file_parts {
    text_model_head head;
    uint64_t *hashes; // rising, (features)
    unsigned char *words;
    size_t words_size;
} file_parts;

static void sorted_hashes(const att_text_model *m, uint64_t *out)
{
    for (size_t i = 0; i < m->features.capacity; i++)
        if (m->features.hashes[i])
            out[m->features.index[i]] = m->features.hashes[i];
}

static size_t words_size(const att_text_model *m)
{
    size_t size = 0;
    uint32_t times;
    for (size_t i = 0; i < att_vocabulary_size(m->vocabulary); i++)
        size += 5 + att_vocabulary_word(m->vocabulary, i, &times).size;
    return size;
}

static void put_words(const att_text_model *m, unsigned char *out)
{
    att_byte_writer writer = {out};
    for (size_t i = 0; i < att_vocabulary_size(m->vocabulary); i++) {
        uint32_t times;
        const att_text word = att_vocabulary_word(m->vocabulary, i, &times);
        att_put_u32(&writer, times);
        att_put_u8(&writer, (uint8_t)word.size);
        att_put(&writer, word.data, word.size);
    }
}

static att_status add_sections(const att_text_model *m, const file_parts *parts, att_snapshot_writer *writer, att_error *err)
{
    const size_t n = m->features.count;
    att_status status = att_snapshot_add(writer, HEAD, &parts->head, sizeof parts->head, err);
    if (!status)
        status = att_snapshot_add(writer, NAME, m->categories, m->category_count * sizeof m->categories[0], err);
    if (!status)
        status = att_snapshot_add(writer, HASH, parts->hashes, n * sizeof *parts->hashes, err);
    if (!status)
        status = att_snapshot_add(writer, IDF, m->features.idf, n * sizeof *m->features.idf, err);
    if (!status)
        status = att_snapshot_add(writer, GROUP, m->features.group, n, err);
    if (!status)
        status = att_snapshot_add(writer, WEIGHTS, m->weights, (m->category_count + 1) * (n + 1) * sizeof *m->weights, err);
    if (!status)
        status = att_snapshot_add(writer, VOCABULARY, parts->words, parts->words_size, err);
    return status;
}

att_status att_text_model_save(const att_text_model *m, const char *path, att_error *err)
{
    file_parts parts = {.head = {.category_count = (uint32_t)m->category_count, .exclusive = m->exclusive, .seed = m->seed,
                            .rows = m->rows, .features = m->features.count, .trained_macro_f1 = m->trained_macro_f1}};
    memcpy(parts.head.thresholds, m->thresholds, sizeof m->thresholds);
    att_snapshot_writer *writer = NULL;
    parts.words_size = words_size(m);
    parts.hashes = ATT_NEW_ARRAY(&m->host, uint64_t, m->features.count + 1);
    parts.words = ATT_NEW_ARRAY(&m->host, unsigned char, parts.words_size + 1);
    att_status status = parts.hashes && parts.words ? ATT_OK : att_no_memory(err, m->features.count, "features");
    if (!status) {
        sorted_hashes(m, parts.hashes);
        put_words(m, parts.words);
        status = att_snapshot_writer_create(&writer, KIND, VERSION, &m->host, err);
    }
    if (!status)
        status = add_sections(m, &parts, writer, err);
    if (!status)
        status = att_snapshot_finish(writer, path, err);
    att_snapshot_writer_destroy(writer);
    ATT_FREE_ARRAY(&m->host, parts.hashes, m->features.count + 1);
    ATT_FREE_ARRAY(&m->host, parts.words, parts.words_size + 1);
    return status;
}

static att_status load_names(att_text_model *m, const att_snapshot *snapshot, att_error *err)
{
    size_t count;
    const void *names;
    const att_status status = att_snapshot_need(snapshot, NAME, sizeof m->categories[0], &count, &names, err);
    if (status)
        return status;
    if (count != m->category_count)
        return ATT_FAIL(err, ATT_CORRUPT, "it names %zu categories, its head says %zu", count, m->category_count);
    memcpy(m->categories, names, count * sizeof m->categories[0]);
    for (size_t i = 0; i < count; i++)
        if (!m->categories[i][0] || !memchr(m->categories[i], 0, sizeof m->categories[i]))
            return ATT_FAIL(err, ATT_CORRUPT, "category %zu has no name, or one without end", i);
    return ATT_OK;
}

static att_status load_head(att_text_model *m, const att_snapshot *snapshot, size_t *features, att_error *err)
{
    size_t count;
    const void *data;
    const att_status status = att_snapshot_need(snapshot, HEAD, sizeof(text_model_head), &count, &data, err);
    if (status)
        return status;
    if (count != 1)
        return ATT_FAIL(err, ATT_CORRUPT, "it has %zu heads", count);
    text_model_head head;
    memcpy(&head, data, sizeof head);
    if (head.category_count < 1 || head.category_count > ATT_CATEGORIES_MAX || head.exclusive > 1 || head.features > FEATURES_MAX)
        return ATT_FAIL(err, ATT_CORRUPT, "its head says %u categories and %llu features, expected 1 to %d and at most %d",
            head.category_count, (unsigned long long)head.features, ATT_CATEGORIES_MAX, FEATURES_MAX);
    m->category_count = head.category_count;
    m->exclusive = head.exclusive;
    m->seed = head.seed;
    m->rows = head.rows;
    m->trained_macro_f1 = head.trained_macro_f1;
    for (size_t i = 0; i < m->category_count; i++) {
        m->thresholds[i] = head.thresholds[i];
        if (!(m->thresholds[i] > 0 && m->thresholds[i] <= 1))
            return ATT_FAIL(err, ATT_CORRUPT, "threshold %zu is not within 0 … 1", i);
    }
    *features = (size_t)head.features;
    return ATT_OK;
}

static att_status check_features(const uint64_t *hashes, const float *idf, const uint8_t *group, size_t count, att_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!hashes[i] || (i > 0 && hashes[i] <= hashes[i - 1]))
            return ATT_FAIL(err, ATT_CORRUPT, "feature %zu is not in rising order", i);
        if (!(idf[i] > 0 && idf[i] < 1e3f) || group[i] >= ATT_FEATURES_GROUPS)
            return ATT_FAIL(err, ATT_CORRUPT, "feature %zu has weight %g and group %u", i, (double)idf[i], group[i]);
    }
    return ATT_OK;
}

static att_status load_features(att_text_model *m, const att_snapshot *snapshot, size_t wanted, att_error *err)
{
    size_t counts[4];
    const void *hashes, *idf, *group, *weights;
    att_status status = att_snapshot_need(snapshot, HASH, 8, &counts[0], &hashes, err);
    if (!status)
        status = att_snapshot_need(snapshot, IDF, 4, &counts[1], &idf, err);
    if (!status)
        status = att_snapshot_need(snapshot, GROUP, 1, &counts[2], &group, err);
    if (!status)
        status = att_snapshot_need(snapshot, WEIGHTS, 4, &counts[3], &weights, err);
    if (status)
        return status;
    const size_t all = (m->category_count + 1) * (wanted + 1);
    if (counts[0] != wanted || counts[1] != wanted || counts[2] != wanted || counts[3] != all)
        return ATT_FAIL(err, ATT_CORRUPT, "its sections have %zu, %zu, %zu features and %zu weights, expected %zu and %zu", counts[0],
            counts[1], counts[2], counts[3], wanted, all);
    status = check_features(hashes, idf, group, wanted, err);
    if (!status)
        status = att_feature_table_make(&m->features, hashes, idf, group, wanted, &m->host, err);
    if (status)
        return status;
    m->weights = ATT_NEW_ARRAY(&m->host, float, all);
    if (!m->weights)
        return att_no_memory(err, all, "weights");
    memcpy(m->weights, weights, all * sizeof *m->weights);
    for (size_t i = 0; i < all; i++)
        if (!isfinite(m->weights[i]))
            return ATT_FAIL(err, ATT_CORRUPT, "weight %zu is not a finite number", i);
    return ATT_OK;
}

static att_status load_words(att_text_model *m, const att_snapshot *snapshot, att_error *err)
{
    size_t size;
    const void *data;
    att_status status = att_snapshot_need(snapshot, VOCABULARY, 1, &size, &data, err);
    if (!status)
        status = att_vocabulary_create(&m->vocabulary, &m->host, err);
    att_byte_reader reader = {data, size, false};
    while (!status && reader.left) {
        const uint32_t times = att_take_u32(&reader);
        const size_t length = att_take_u8(&reader);
        const unsigned char *word = att_take(&reader, length);
        if (reader.bad || times == 0 || length == 0)
            return ATT_FAIL(err, ATT_CORRUPT, "a word of its vocabulary ends past the section, or is empty");
        status = att_vocabulary_add(m->vocabulary, (att_text){(const char *)word, length}, times, err);
    }
    return status ? status : att_vocabulary_close(m->vocabulary, 1, err);
}

static att_status load(att_text_model *out, att_snapshot *snapshot, uint32_t version, const att_host *host, att_error *err)
{
    size_t features = 0;
    *out = (att_text_model){.host = *host};
    att_status status = version == VERSION ? ATT_OK
                                           : ATT_FAIL(err, ATT_VERSION, "it is of version %u, this build reads %d", version, VERSION);
    if (!status)
        status = load_head(out, snapshot, &features, err);
    if (!status)
        status = load_names(out, snapshot, err);
    if (!status)
        status = load_features(out, snapshot, features, err);
    if (!status)
        status = load_words(out, snapshot, err);
    if (status)
        att_text_model_deinit(out);
    att_snapshot_close(snapshot);
    return status;
}

att_status att_text_model_load(att_text_model *out, const char *path, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    att_snapshot *snapshot;
    uint32_t version;
    *out = (att_text_model){0};
    att_status status = att_snapshot_open(&snapshot, path, KIND, &version, &full, err);
    if (!status)
        status = att_while(err, load(out, snapshot, version, &full, err), "text model %s", path);
    return status;
}

att_status att_text_model_load_memory(att_text_model *out, const void *data, size_t size, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    att_snapshot *snapshot;
    uint32_t version;
    *out = (att_text_model){0};
    const att_status status = att_snapshot_open_memory(&snapshot, data, size, KIND, &version, &full, err);
    return status ? status : load(out, snapshot, version, &full, err);
}
