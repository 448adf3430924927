// SPDX-License-Identifier: Apache-2.0
// guard/text_features.c - n-grams are known by a 64-bit hash; two of a million collide once in 37 million models.
#include "guard/text_features.h"

#include <math.h>
#include <stdlib.h>
#include <xxhash.h>

enum { NGRAM_MOST = 5, WORD_BYTES_MAX = ATT_WORD_LETTERS_MAX * 4 };

typedef enum kind { WORDS, LETTERS, KEY_WORDS, KEY_LETTERS } kind;
static const uint8_t group_of[] = {0, 1, 2, 2};

typedef struct gram {
    uint64_t hash;
    uint8_t group;
} gram;

typedef struct grams {
    gram *items;
    size_t count;
} grams;

static void put(grams *out, kind family, const char *bytes, size_t size)
{
    const uint64_t hash = XXH3_64bits_withSeed(bytes, size, (uint64_t)family + 1);
    out->items[out->count++] = (gram){hash ? hash : 1, group_of[family]};
}

static void put_words(grams *out, kind family, att_text word, att_text before)
{
    char pair[2 * WORD_BYTES_MAX + 1];
    put(out, family, word.data, word.size);
    const size_t first = ATT_MIN(before.size, (size_t)WORD_BYTES_MAX), second = ATT_MIN(word.size, (size_t)WORD_BYTES_MAX);
    if (first)
        memcpy(pair, before.data, first);
    pair[first] = ' ';
    memcpy(pair + first + 1, word.data, second);
    put(out, family, pair, first + 1 + second);
}

// Bytes of " word ", cut between characters; letters of a key are one byte each whatever their value.
static void put_letters(grams *out, kind family, att_text word)
{
    char padded[WORD_BYTES_MAX + 2];
    uint16_t starts[WORD_BYTES_MAX + 3];
    size_t count = 0;
    const size_t size = ATT_MIN(word.size, (size_t)WORD_BYTES_MAX);
    padded[0] = ' ';
    memcpy(padded + 1, word.data, size);
    padded[size + 1] = ' ';
    for (size_t i = 0; i < size + 2; i++)
        if (family == KEY_LETTERS || ((unsigned char)padded[i] & 0xC0) != 0x80)
            starts[count++] = (uint16_t)i;
    starts[count] = (uint16_t)(size + 2);
    for (size_t n = 2; n <= NGRAM_MOST; n++)
        for (size_t i = 0; i + n <= count; i++)
            put(out, family, padded + starts[i], (size_t)(starts[i + n] - starts[i]));
}

// Every n-gram, as often as it occurs.
static bool grams_of(const att_reading *reading, att_arena *scratch, grams *out)
{
    const size_t tokens = ATT_MIN(reading->count, (size_t)ATT_FEATURE_TOKENS_MAX);
    size_t most = 1;
    for (size_t i = 0; i < tokens; i++)
        most += 4 + 4 * (ATT_MIN(reading->tokens[i].word.size, (size_t)WORD_BYTES_MAX) + 2) +
                4 * (ATT_MIN(reading->tokens[i].key.size, (size_t)WORD_BYTES_MAX) + 2);
    *out = (grams){ATT_NEW_RAW(scratch, gram, most), 0};
    if (!out->items)
        return false;
    for (size_t i = 0; i < tokens; i++) {
        const att_token *token = &reading->tokens[i];
        put_words(out, WORDS, token->word, i ? token[-1].word : ATT_LIT(""));
        put_letters(out, LETTERS, token->word);
        put_words(out, KEY_WORDS, token->key, i ? token[-1].key : ATT_LIT(""));
        put_letters(out, KEY_LETTERS, token->key);
    }
    return true;
}

static int by_hash(const void *a, const void *b)
{
    return att_order_u64(&((const gram *)a)->hash, &((const gram *)b)->hash);
}

// --- Counting -------------------------------------------------------------------------------------

typedef struct counted {
    uint64_t hash;
    uint32_t texts;
    uint8_t group;
} counted;

struct att_feature_count {
    att_host host;
    counted *slots;
    size_t capacity, used, texts;
};

att_status att_feature_count_create(att_feature_count **out, const att_host *host, att_error *err)
{
    *out = NULL;
    const att_host full = att_host_complete(host);
    att_feature_count *c = ATT_NEW_ARRAY(&full, att_feature_count, 1);
    if (!c)
        return att_no_memory(err, 1, "feature count");
    c->host = full;
    *out = c;
    return ATT_OK;
}

void att_feature_count_destroy(att_feature_count *c)
{
    if (!c)
        return;
    const att_host host = c->host;
    ATT_FREE_ARRAY(&host, c->slots, c->capacity);
    ATT_FREE_ARRAY(&host, c, 1);
}

static counted *slot_for(counted *slots, size_t capacity, uint64_t hash)
{
    size_t at = (size_t)hash & (capacity - 1);
    while (slots[at].hash && slots[at].hash != hash)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static bool make_room(att_feature_count *c)
{
    if (c->capacity && c->used * 2 < c->capacity)
        return true;
    const size_t capacity = c->capacity ? c->capacity * 2 : 1 << 16;
    counted *slots = ATT_NEW_ARRAY(&c->host, counted, capacity);
    if (!slots)
        return false;
    for (size_t i = 0; i < c->capacity; i++)
        if (c->slots[i].hash)
            *slot_for(slots, capacity, c->slots[i].hash) = c->slots[i];
    ATT_FREE_ARRAY(&c->host, c->slots, c->capacity);
    c->slots = slots;
    c->capacity = capacity;
    return true;
}

att_status att_feature_count_add(att_feature_count *c, const att_reading *reading, att_arena *scratch, att_error *err)
{
    grams all;
    if (!grams_of(reading, scratch, &all))
        return att_no_memory(err, reading->count, "n-grams");
    qsort(all.items, all.count, sizeof *all.items, by_hash);
    c->texts++;
    for (size_t i = 0; i < all.count; i++) {
        if (i > 0 && all.items[i].hash == all.items[i - 1].hash)
            continue;
        if (!make_room(c))
            return att_no_memory(err, c->capacity, "features");
        counted *slot = slot_for(c->slots, c->capacity, all.items[i].hash);
        if (!slot->hash) {
            *slot = (counted){.hash = all.items[i].hash, .group = all.items[i].group};
            c->used++;
        }
        slot->texts++;
    }
    return ATT_OK;
}

// --- The table ------------------------------------------------------------------------------------

void att_feature_table_deinit(att_feature_table *t, const att_host *host)
{
    ATT_FREE_ARRAY(host, t->hashes, t->capacity);
    ATT_FREE_ARRAY(host, t->index, t->capacity);
    ATT_FREE_ARRAY(host, t->idf, t->count);
    ATT_FREE_ARRAY(host, t->group, t->count);
    *t = (att_feature_table){0};
}

att_status att_feature_table_make(att_feature_table *out, const uint64_t *hashes, const float *idf, const uint8_t *group, size_t count,
    const att_host *host, att_error *err)
{
    att_feature_table t = {.capacity = 16, .count = count};
    while (t.capacity < count * 2)
        t.capacity *= 2;
    *out = t;
    out->hashes = ATT_NEW_ARRAY(host, uint64_t, t.capacity);
    out->index = ATT_NEW_ARRAY(host, uint32_t, t.capacity);
    out->idf = ATT_NEW_ARRAY(host, float, count);
    out->group = ATT_NEW_ARRAY(host, uint8_t, count);
    if (!out->hashes || !out->index || (count && (!out->idf || !out->group))) {
        att_feature_table_deinit(out, host);
        return att_no_memory(err, count, "features");
    }
    for (size_t i = 0; i < count; i++) {
        size_t at = (size_t)hashes[i] & (t.capacity - 1);
        while (out->hashes[at])
            at = (at + 1) & (t.capacity - 1);
        out->hashes[at] = hashes[i];
        out->index[at] = (uint32_t)i;
        out->idf[i] = idf[i];
        out->group[i] = group[i];
    }
    return ATT_OK;
}

static int by_counted_hash(const void *a, const void *b)
{
    return att_order_u64(&((const counted *)a)->hash, &((const counted *)b)->hash);
}

static att_status build_sorted(att_feature_table *out, const counted *sorted, size_t count, size_t texts, const att_host *host,
    att_error *err)
{
    uint64_t *hashes = ATT_NEW_ARRAY(host, uint64_t, count + 1);
    float *idf = ATT_NEW_ARRAY(host, float, count + 1);
    uint8_t *group = ATT_NEW_ARRAY(host, uint8_t, count + 1);
    att_status status = hashes && idf && group ? ATT_OK : att_no_memory(err, count, "features");
    for (size_t i = 0; !status && i < count; i++) {
        hashes[i] = sorted[i].hash;
        idf[i] = (float)(log((1.0 + (double)texts) / (1.0 + sorted[i].texts)) + 1);
        group[i] = sorted[i].group;
    }
    if (!status)
        status = att_feature_table_make(out, hashes, idf, group, count, host, err);
    ATT_FREE_ARRAY(host, hashes, count + 1);
    ATT_FREE_ARRAY(host, idf, count + 1);
    ATT_FREE_ARRAY(host, group, count + 1);
    return status;
}

att_status att_feature_table_build(att_feature_table *out, const att_feature_count *c, uint32_t least, const att_host *host,
    att_error *err)
{
    size_t kept = 0;
    *out = (att_feature_table){0};
    for (size_t i = 0; i < c->capacity; i++)
        kept += c->slots[i].texts >= least && c->slots[i].hash;
    counted *sorted = ATT_NEW_ARRAY(host, counted, kept + 1);
    if (!sorted)
        return att_no_memory(err, kept, "features");
    size_t n = 0;
    for (size_t i = 0; i < c->capacity; i++)
        if (c->slots[i].texts >= least && c->slots[i].hash)
            sorted[n++] = c->slots[i];
    qsort(sorted, n, sizeof *sorted, by_counted_hash);
    const att_status status = build_sorted(out, sorted, n, c->texts, host, err);
    ATT_FREE_ARRAY(host, sorted, kept + 1);
    return status;
}

static uint32_t find(const att_feature_table *t, uint64_t hash)
{
    for (size_t at = (size_t)hash & (t->capacity - 1);; at = (at + 1) & (t->capacity - 1)) {
        if (t->hashes[at] == hash)
            return t->index[at];
        if (!t->hashes[at])
            return UINT32_MAX;
    }
}

bool att_features_of(const att_feature_table *t, const att_reading *reading, att_arena *scratch, att_feature_value **out, size_t *count)
{
    grams all;
    double squares[ATT_FEATURES_GROUPS] = {0};
    *count = 0;
    if (!grams_of(reading, scratch, &all))
        return false;
    uint32_t *found = ATT_NEW_RAW(scratch, uint32_t, all.count + 1);
    *out = ATT_NEW_RAW(scratch, att_feature_value, all.count + 1);
    if (!found || !*out)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < all.count; i++) {
        const uint32_t index = find(t, all.items[i].hash);
        if (index != UINT32_MAX)
            found[n++] = index;
    }
    qsort(found, n, sizeof *found, att_order_u32);
    for (size_t i = 0, next; i < n; i = next) {
        for (next = i; next < n && found[next] == found[i];)
            next++;
        const double value = (1 + log((double)(next - i))) * t->idf[found[i]];
        squares[t->group[found[i]]] += value * value;
        (*out)[(*count)++] = (att_feature_value){found[i], (float)value};
    }
    for (size_t i = 0; i < *count; i++)
        (*out)[i].value = (float)((*out)[i].value / sqrt(squares[t->group[(*out)[i].index]]));
    return true;
}
