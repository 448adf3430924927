// SPDX-License-Identifier: Apache-2.0
// decide/wishes.c - lists of wishes become classes, items become rows of fits.
#include "decide/wishes.h"

#include <math.h>

enum { FULL = 127, GOOD = 64 };

void att_wishes_init(att_wishes *wishes, const att_host *host)
{
    *wishes = (att_wishes){.host = host};
}

static size_t words_of(size_t capacity)
{
    return capacity / 64;
}

void att_wishes_deinit(att_wishes *wishes)
{
    if (!wishes->host)
        return;
    ATT_FREE_ARRAY(wishes->host, wishes->fits, wishes->capacity * wishes->class_count);
    ATT_FREE_ARRAY(wishes->host, wishes->good, words_of(wishes->capacity) * wishes->class_count);
    ATT_VEC_FREE(wishes->host, &wishes->entries);
    att_wishes_init(wishes, wishes->host);
}

// --- What is wanted -----------------------------------------------------------------------------------------------

static size_t column_of(const att_wishes *wishes, unsigned facet, unsigned which)
{
    size_t column = 0;
    while (column < wishes->class_count && (wishes->classes[column].facet != facet || wishes->classes[column].which != which))
        column++;
    return column;
}

static bool is_said(const att_wishes *wishes, const char *medium, const att_wish *wish)
{
    for (size_t i = 0; i < wishes->entries.count; i++) {
        const att_wish_entry *entry = &wishes->entries.items[i];
        const bool counts = !entry->medium || (medium && strcmp(entry->medium, medium) == 0);
        if (counts && entry->wish.facet == wish->facet && entry->wish.which == wish->which && strcmp(entry->wish.feature, wish->feature) == 0)
            return true;
    }
    return false;
}

static bool is_of(const att_wish_entry *entry, const char *medium)
{
    return !entry->medium || (medium && strcmp(entry->medium, medium) == 0);
}

// W_c of every class for one medium, where that is more than for those before.
static void weigh(att_wishes *wishes, const char *medium)
{
    float sums[ATT_WISH_CLASSES_MAX] = {0};
    for (size_t i = 0; i < wishes->entries.count; i++)
        if (is_of(&wishes->entries.items[i], medium))
            sums[wishes->entries.items[i].column] += (float)wishes->entries.items[i].wish.weight;
    for (size_t c = 0; c < wishes->class_count; c++)
        wishes->classes[c].weight = ATT_MAX(wishes->classes[c].weight, sums[c]);
}

att_status att_wishes_add(att_wishes *wishes, const char *medium, const att_wish *list, size_t count, att_error *err)
{
    assert(!wishes->capacity);
    for (size_t i = 0; i < count; i++) {
        if (is_said(wishes, medium, &list[i]))
            continue;
        const size_t column = column_of(wishes, list[i].facet, list[i].which);
        if (column == ATT_WISH_CLASSES_MAX)
            return ATT_FAIL(err, ATT_LIMIT, "more than %d situations want something", ATT_WISH_CLASSES_MAX);
        const att_wish_entry entry = {list[i], medium, (uint8_t)column};
        if (!ATT_VEC_PUSH(wishes->host, &wishes->entries, entry))
            return att_no_memory(err, count, "wishes of situations");
        if (column == wishes->class_count)
            wishes->classes[wishes->class_count++] = (att_wish_class){list[i].facet, list[i].which, 0};
    }
    weigh(wishes, medium);
    return ATT_OK;
}

double att_wish_fit(const att_wish *wish, double value)
{
    const double off = value < wish->least ? wish->least - value : value > wish->most ? value - wish->most : 0;
    const double share = off / wish->tolerance;
    return 2 / (1 + share * share) - 1;
}

// --- Items --------------------------------------------------------------------------------------------------------

static att_status make_room(att_wishes *wishes, uint32_t item, att_error *err)
{
    const size_t classes = wishes->class_count, before = wishes->capacity;
    if (item < before)
        return ATT_OK;
    const size_t capacity = ATT_MAX(before * 2, ((size_t)item / 64 + 1) * 64);
    int8_t *fits = ATT_NEW_ARRAY(wishes->host, int8_t, capacity * classes);
    uint64_t *good = ATT_NEW_ARRAY(wishes->host, uint64_t, words_of(capacity) * classes);
    if (!fits || !good) {
        ATT_FREE_ARRAY(wishes->host, fits, capacity * classes);
        ATT_FREE_ARRAY(wishes->host, good, words_of(capacity) * classes);
        return att_no_memory(err, capacity, "items' fits to situations");
    }
    if (before)
        memcpy(fits, wishes->fits, before * classes);
    for (size_t c = 0; c < classes && before; c++)
        memcpy(good + c * words_of(capacity), wishes->good + c * words_of(before), words_of(before) * sizeof *good);
    ATT_FREE_ARRAY(wishes->host, wishes->fits, before * classes);
    ATT_FREE_ARRAY(wishes->host, wishes->good, words_of(before) * classes);
    wishes->fits = fits;
    wishes->good = good;
    wishes->capacity = capacity;
    return ATT_OK;
}

static void keep(att_wishes *wishes, uint32_t item, size_t column, double fit)
{
    const int8_t byte = (int8_t)lround(fit * FULL);
    uint64_t *word = &wishes->good[column * words_of(wishes->capacity) + item / 64];
    wishes->fits[(size_t)item * wishes->class_count + column] = byte;
    *word = (*word & ~(UINT64_C(1) << item % 64)) | (uint64_t)(byte >= GOOD) << item % 64;
}

static const att_feature *find(const att_feature *features, size_t count, const char *name)
{
    for (size_t f = 0; f < count; f++)
        if (att_text_equal(features[f].name, att_text_of(name)))
            return &features[f];
    return NULL;
}

att_status att_wishes_put(att_wishes *wishes, uint32_t item, att_text medium, const att_feature *features, size_t feature_count, att_error *err)
{
    double sums[ATT_WISH_CLASSES_MAX] = {0}, weights[ATT_WISH_CLASSES_MAX] = {0};
    if (!wishes->class_count || (!feature_count && item >= wishes->capacity))
        return ATT_OK;
    const att_status status = make_room(wishes, item, err);
    if (status)
        return status;
    for (size_t i = 0; i < wishes->entries.count; i++) {
        const att_wish_entry *entry = &wishes->entries.items[i];
        if (entry->medium && !att_text_equal(medium, att_text_of(entry->medium)))
            continue;
        const att_feature *feature = find(features, feature_count, entry->wish.feature);
        weights[entry->column] += entry->wish.weight;
        if (feature)
            sums[entry->column] += entry->wish.weight * att_wish_fit(&entry->wish, feature->value);
    }
    for (size_t c = 0; c < wishes->class_count; c++)
        keep(wishes, item, c, weights[c] > 0 ? sums[c] / weights[c] : 0);
    return ATT_OK;
}

void att_wishes_drop(att_wishes *wishes, uint32_t item)
{
    for (size_t c = 0; c < wishes->class_count && item < wishes->capacity; c++)
        keep(wishes, item, c, 0);
}

// --- Now ----------------------------------------------------------------------------------------------------------

void att_wishes_now_of(
    const att_wishes *wishes, const att_context *context, const att_context_model *learned, double evidence, att_wishes_now *out)
{
    float whole = 0;
    *out = (att_wishes_now){0};
    for (unsigned f = 0; f < ATT_FACET_COUNT; f++) {
        const unsigned which = att_facet_class_of(context, (att_facet)f);
        const size_t column = which ? column_of(wishes, f, which) : wishes->class_count;
        if (column == wishes->class_count || !(wishes->classes[column].weight > 0))
            continue;
        const double seen = learned && evidence > 0 ? att_context_seen(learned, (att_facet)f, which) : 0;
        const float weight = wishes->classes[column].weight;
        whole += weight;
        size_t at = out->count++; // the heaviest first
        for (; at > 0 && wishes->classes[out->column[at - 1]].weight < weight; at--) {
            out->column[at] = out->column[at - 1];
            out->share[at] = out->share[at - 1];
        }
        out->column[at] = (uint8_t)column;
        out->share[at] = weight * (float)(seen > 0 ? evidence / (evidence + seen) : 1) / FULL;
    }
    for (size_t i = 0; i < out->count; i++)
        out->share[i] /= whole;
}

static size_t intersect(const att_wishes *wishes, const uint8_t *columns, size_t column_count, const uint64_t *open, size_t bit_count, uint64_t *out)
{
    const size_t words = (bit_count + 63) / 64, known = ATT_MIN(words, words_of(wishes->capacity));
    size_t count = 0;
    for (size_t w = 0; w < words; w++) {
        uint64_t word = w < known ? open[w] : 0;
        for (size_t i = 0; i < column_count && word; i++)
            word &= wishes->good[columns[i] * words_of(wishes->capacity) + w];
        out[w] = word;
        count += (size_t)__builtin_popcountll(word);
    }
    return count;
}

size_t att_wishes_fitting(const att_wishes *wishes, const att_wishes_now *now, const uint64_t *open, size_t bit_count, size_t wanted, uint64_t *out)
{
    if (!now->count)
        return 0;
    size_t count = intersect(wishes, now->column, now->count, open, bit_count, out);
    for (size_t i = 0; count < wanted && now->count > 1 && i < now->count; i++)
        count = intersect(wishes, now->column + i, 1, open, bit_count, out);
    return count;
}

size_t att_wishes_bytes(const att_wishes *wishes)
{
    return (wishes->capacity + words_of(wishes->capacity) * sizeof(uint64_t)) * wishes->class_count;
}
