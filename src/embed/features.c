// SPDX-License-Identifier: Apache-2.0
// embed/features.c - terms, numbers and vectors of items.
#include "embed/features.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WORD_SIZE_MIN 2
#define WORD_SIZE_MAX 32
#define NAME_SIZE_MAX 96 // prefix and name
#define NUMBER_CUT 3
#define YEAR_MS 31556952000.0
#define FIVE_YEARS 5

// --- Names in an item ----------------------------------------------------------------------------

// Called for each term or number; `number` tells which, `value` is 1 for terms.
typedef bool name_seer(void *context, att_text name, bool number, double value);

typedef struct name_buffer {
    char text[NAME_SIZE_MAX];
} name_buffer;

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80;
}

// "t:" + lower-cased name, cut to fit.
static att_text prefixed(name_buffer *buffer, char prefix, att_text name)
{
    const size_t size = ATT_MIN(name.size, sizeof buffer->text - 2);
    buffer->text[0] = prefix;
    buffer->text[1] = ':';
    for (size_t i = 0; i < size; i++)
        buffer->text[2 + i] = lower(name.data[i]);
    return (att_text){buffer->text, size + 2};
}

static bool see_words(att_text text, name_seer *see, void *context)
{
    name_buffer buffer;
    for (size_t at = 0; at < text.size;) {
        size_t end = at;
        while (end < text.size && is_word_byte(text.data[end]))
            end++;
        if (end - at >= WORD_SIZE_MIN && end - at <= WORD_SIZE_MAX &&
            !see(context, prefixed(&buffer, 'w', (att_text){text.data + at, end - at}), false, 1))
            return false;
        at = end + 1;
    }
    return true;
}

static bool see_published(const att_item *item, name_seer *see, void *context)
{
    const double year = 1970 + (double)item->published_at_ms / YEAR_MS;
    if (item->published_at_ms == 0 || !(year > 0 && year < 10000))
        return true;
    char digits[16];
    snprintf(digits, sizeof digits, "%d", (int)year / FIVE_YEARS * FIVE_YEARS);
    name_buffer buffer;
    return see(context, prefixed(&buffer, 'p', att_text_of(digits)), false, 1) &&
           see(context, ATT_LIT("n:@published"), true, year);
}

static bool see_numbers(const att_item *item, name_seer *see, void *context)
{
    name_buffer buffer;
    for (size_t i = 0; i < item->feature_count; i++)
        if (isfinite(item->features[i].value) &&
            !see(context, prefixed(&buffer, 'n', item->features[i].name), true,
                item->features[i].value))
            return false;
    return item->duration_ms <= 0 ||
           see(context, ATT_LIT("n:@duration"), true, log1p((double)item->duration_ms / 1000));
}

static bool see_names(const att_item *item, name_seer *see, void *context)
{
    name_buffer buffer;
    if (item->medium.size && !see(context, prefixed(&buffer, 'm', item->medium), false, 1))
        return false;
    for (size_t i = 0; i < item->tag_count; i++)
        if (!see(context, prefixed(&buffer, 't', item->tags[i]), false, 1))
            return false;
    return see_published(item, see, context) && see_numbers(item, see, context) &&
           see_words(item->title, see, context) && see_words(item->text, see, context);
}

// --- Learning ------------------------------------------------------------------------------------

typedef struct tally {
    double sum, squares; // numbers
    uint32_t items;      // with it
    uint32_t last_item;  // + 1, so that an item counts a word once
    bool number;
} tally;

typedef struct learner {
    const att_host *host;
    att_names names;
    ATT_VEC(tally) tallies;
    uint32_t item, bodies;
    uint32_t vector_dim;
    double *vector_sum; // (ATT_VECTOR_DIM_MAX)
    double vector_squares;
    uint32_t vectors;
} learner;

static bool count_name(void *context, att_text name, bool number, double value)
{
    learner *l = context;
    const uint32_t at = att_names_add(&l->names, name);
    if (at == ATT_NO_INDEX)
        return false;
    if (at == l->tallies.count && !ATT_VEC_PUSH(l->host, &l->tallies, (tally){.number = number}))
        return false;
    tally *t = &l->tallies.items[at];
    t->sum += value;
    t->squares += value * value;
    t->items += t->last_item != l->item + 1;
    t->last_item = l->item + 1;
    return true;
}

// All items have the dimension of the first that has a vector; others are passed over.
static void count_vector(learner *l, const att_item *item)
{
    if (!item->vector_dim || item->vector_dim > ATT_VECTOR_DIM_MAX)
        return;
    if (!l->vector_dim)
        l->vector_dim = (uint32_t)item->vector_dim;
    if (item->vector_dim != l->vector_dim)
        return;
    l->vectors++;
    for (uint32_t j = 0; j < l->vector_dim; j++) {
        l->vector_sum[j] += item->vector[j];
        l->vector_squares += (double)item->vector[j] * item->vector[j];
    }
}

// In most items first, then in order of appearance; numbers before all terms.
typedef struct ranked {
    uint32_t items, name;
    bool number;
} ranked;

static int by_rank(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->number != y->number)
        return x->number ? -1 : 1;
    if (x->items != y->items)
        return x->items > y->items ? -1 : 1;
    return x->name < y->name ? -1 : 1;
}

// Constant numbers and words of a single item say nothing.
static bool is_telling(const tally *t, uint32_t bodies)
{
    if (t->number)
        return t->items > 1 && t->squares / t->items - pow(t->sum / t->items, 2) > 1e-12;
    return t->items > 1 && t->items < bodies;
}

static size_t rank_names(const learner *l, ranked *out)
{
    size_t count = 0;
    for (uint32_t i = 0; i < l->names.count; i++)
        if (is_telling(&l->tallies.items[i], l->bodies))
            out[count++] = (ranked){l->tallies.items[i].items, i, l->tallies.items[i].number};
    qsort(out, count, sizeof *out, by_rank);
    size_t numbers = 0;
    while (numbers < count && out[numbers].number)
        numbers++;
    if (numbers > ATT_NUMBERS_MAX) {
        memmove(out + ATT_NUMBERS_MAX, out + numbers, (count - numbers) * sizeof *out);
        count -= numbers - ATT_NUMBERS_MAX;
        numbers = ATT_NUMBERS_MAX;
    }
    // No more terms than bodies: what cannot be learned only costs.
    const size_t terms = ATT_MIN(ATT_TERMS_MAX, ATT_MAX(l->bodies, 64u));
    return ATT_MIN(count, numbers + terms);
}

static att_status keep_names(att_features *out, const learner *l, const ranked *chosen,
    size_t count, att_arena *life, att_error *err)
{
    float *mean = ATT_NEW(life, float, count + 1), *scale = ATT_NEW(life, float, count + 1);
    if (!mean || !scale)
        return att_no_memory(err, count, "features");
    for (size_t i = 0; i < count; i++) {
        const tally *t = &l->tallies.items[chosen[i].name];
        if (att_names_add(&out->names, att_names_get(&l->names, chosen[i].name)) == ATT_NO_INDEX)
            return att_no_memory(err, count, "feature names");
        const double average = t->sum / t->items;
        mean[i] = t->number ? (float)average : 0;
        scale[i] = t->number ? (float)(1 / sqrt(t->squares / t->items - average * average))
                             : (float)(1 + log((l->bodies + 1.0) / (t->items + 1.0)));
    }
    out->mean = mean;
    out->scale = scale;
    return ATT_OK;
}

static att_status keep_vector(att_features *out, const learner *l, att_arena *life, att_error *err)
{
    if (!l->vectors)
        return ATT_OK;
    float *mean = ATT_NEW(life, float, l->vector_dim);
    if (!mean)
        return att_no_memory(err, l->vector_dim, "coordinates");
    double centred = l->vector_squares / l->vectors;
    for (uint32_t j = 0; j < l->vector_dim; j++) {
        mean[j] = (float)(l->vector_sum[j] / l->vectors);
        centred -= pow(l->vector_sum[j] / l->vectors, 2);
    }
    out->vector_mean = mean;
    out->vector_dim = centred > 1e-12 ? l->vector_dim : 0;
    out->vector_scale = centred > 1e-12 ? (float)(1 / sqrt(centred)) : 0;
    return ATT_OK;
}

static att_status read_items(learner *l, uint32_t item_count,
    const att_item *(*item_of)(void *user, uint32_t item), void *item_user, att_error *err)
{
    for (l->item = 0; l->item < item_count; l->item++) {
        const att_item *item = item_of(item_user, l->item);
        if (!item)
            continue;
        l->bodies++;
        count_vector(l, item);
        if (!see_names(item, count_name, l))
            return att_no_memory(err, l->names.count, "words of items");
    }
    return ATT_OK;
}

static att_status choose_names(att_features *out, const learner *l, att_arena *life, att_error *err)
{
    const size_t all = l->names.count;
    ranked *order = ATT_NEW_ARRAY(l->host, ranked, all + 1);
    if (!order)
        return att_no_memory(err, all, "words of items");
    const size_t count = rank_names(l, order);
    const att_status status = keep_names(out, l, order, count, life, err);
    ATT_FREE_ARRAY(l->host, order, all + 1);
    return status;
}

att_status att_features_learn(att_features *out, uint32_t item_count,
    const att_item *(*item_of)(void *user, uint32_t item), void *item_user, const att_host *host,
    att_arena *life, att_error *err)
{
    *out = (att_features){.host = host};
    att_names_init(&out->names, host);
    if (!item_of)
        return ATT_OK;
    learner l = {.host = host};
    att_names_init(&l.names, host);
    l.vector_sum = ATT_NEW_ARRAY(host, double, ATT_VECTOR_DIM_MAX);
    att_status status =
        l.vector_sum ? ATT_OK : att_no_memory(err, ATT_VECTOR_DIM_MAX, "coordinates");
    if (!status)
        status = read_items(&l, item_count, item_of, item_user, err);
    if (!status)
        status = choose_names(out, &l, life, err);
    if (!status)
        status = keep_vector(out, &l, life, err);
    ATT_FREE_ARRAY(host, l.vector_sum, ATT_VECTOR_DIM_MAX);
    ATT_VEC_FREE(host, &l.tallies);
    att_names_deinit(&l.names);
    if (status)
        att_features_deinit(out);
    return status;
}

void att_features_deinit(att_features *features)
{
    if (features->host)
        att_names_deinit(&features->names);
}

uint32_t att_features_count(const att_features *features)
{
    const uint32_t count = features->names.count + features->vector_dim;
    return count ? count + 1 : 0;
}

// --- Rows ----------------------------------------------------------------------------------------

typedef struct row_maker {
    const att_features *features;
    att_feature_entry *entries;
    size_t count, capacity;
} row_maker;

// Entries stay in order of feature; a word or tag counts once.
static void insert_entry(row_maker *r, att_feature_entry entry)
{
    size_t at = r->count;
    while (at > 0 && r->entries[at - 1].feature > entry.feature)
        at--;
    if ((at > 0 && r->entries[at - 1].feature == entry.feature) || r->count == r->capacity)
        return;
    memmove(r->entries + at + 1, r->entries + at, (r->count - at) * sizeof *r->entries);
    r->entries[at] = entry;
    r->count++;
}

static bool add_entry(void *context, att_text name, bool number, double value)
{
    row_maker *r = context;
    const uint32_t at = att_names_find(&r->features->names, name);
    if (at == ATT_NO_INDEX)
        return true;
    const double scaled = (value - r->features->mean[at]) * r->features->scale[at];
    const double cut = number ? ATT_MAX(-NUMBER_CUT, ATT_MIN(NUMBER_CUT, scaled)) : scaled;
    insert_entry(r, (att_feature_entry){at + 1, (float)cut});
    return true;
}

static bool is_number(const att_features *f, uint32_t feature)
{
    return feature <= f->names.count && feature > 0 &&
           att_names_get(&f->names, feature - 1).data[0] == 'n';
}

// Terms get length one together, numbers are divided by the root of how many there are.
static void scale_blocks(const att_features *f, att_feature_entry *entries, size_t count)
{
    double terms = 0, numbers = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_number(f, entries[i].feature))
            numbers++;
        else
            terms += (double)entries[i].value * entries[i].value;
    }
    for (size_t i = 0; i < count; i++)
        entries[i].value /= (float)(is_number(f, entries[i].feature) ? sqrt(numbers) : sqrt(terms));
}

#define ROW_NAMES_MAX 1024 // terms and numbers that one item may have

const att_feature_entry *att_features_row(
    const att_features *features, const att_item *item, size_t *count, att_arena *scratch)
{
    *count = 0;
    if (!item || !att_features_count(features))
        return NULL;
    row_maker r = {.features = features, .capacity = ROW_NAMES_MAX};
    const size_t capacity = 1 + ROW_NAMES_MAX + (size_t)features->vector_dim;
    att_feature_entry *row = ATT_NEW(scratch, att_feature_entry, capacity);
    if (!row) {
        *count = SIZE_MAX;
        return NULL;
    }
    r.entries = row + 1;
    see_names(item, add_entry, &r);
    const bool has_vector = features->vector_dim && item->vector_dim == features->vector_dim;
    if (!r.count && !has_vector)
        return NULL;
    scale_blocks(features, r.entries, r.count);
    row[0] = (att_feature_entry){0, 1};
    for (uint32_t j = 0; has_vector && j < features->vector_dim; j++)
        r.entries[r.count++] = (att_feature_entry){features->names.count + 1 + j,
            (item->vector[j] - features->vector_mean[j]) * features->vector_scale};
    *count = r.count + 1;
    return row;
}
