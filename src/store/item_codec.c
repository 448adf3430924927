// SPDX-License-Identifier: Apache-2.0
// store/item_codec.c - the body of an item, read front to back.
//
//   bytes  what                                           (all numbers little-endian)
//       1  form: 1, or 2 where the last two are there
//       1  bits: 1 the rights are known
//       1  age rating
//       1  zero
//       8  duration_ms
//       8  published_at_ms
//       8  boost (double)
//       2  size of the title, then its bytes
//       1  size of the medium, then its bytes
//       4  size of the text, then its bytes
//       1  tags, then each: 1 size, bytes
//       1  features, then each: 1 size, bytes of the name, 8 value (double)
//       2  dimensions of the vector, then 4 each (float)
//       1  licences, then each: 8 start_ms, 8 end_ms, 4 uses, 2 included territories, 2 each,
//          2 excluded territories, 2 each
//       1  size of the licence's name, then its bytes      (form 2 alone, as what follows)
//       1  uses that it opts out of
#include "store/codec.h"

#include "store/bytes.h"

#include <math.h>

enum {
    FORM = 1,
    FORM_NAMED = 2,
    FIXED_SIZE = 4 + 24 + 2 + 1 + 4 + 1 + 1 + 2 + 1,
    LICENCE_SIZE = 8 + 8 + 4 + 2 + 2
};
enum { RIGHTS_KNOWN = 1, MEDIUM_SIZE_MAX = 32, FEATURE_NAME_SIZE_MAX = 64 };

static att_status over(att_error *err, const char *what, size_t have, size_t most)
{
    return ATT_FAIL(err, ATT_LIMIT, "its %s has %zu, at most %zu are kept", what, have, most);
}

static att_status check_limits(const att_item *item, att_error *err)
{
    if (item->title.size > ATT_TITLE_SIZE_MAX)
        return over(err, "title", item->title.size, ATT_TITLE_SIZE_MAX);
    if (item->medium.size > MEDIUM_SIZE_MAX)
        return over(err, "medium", item->medium.size, MEDIUM_SIZE_MAX);
    if (item->text.size > ATT_ITEM_TEXT_SIZE_MAX)
        return over(err, "text", item->text.size, ATT_ITEM_TEXT_SIZE_MAX);
    if (item->tag_count > ATT_TAGS_MAX)
        return over(err, "tag list", item->tag_count, ATT_TAGS_MAX);
    if (item->feature_count > ATT_FEATURES_MAX)
        return over(err, "feature list", item->feature_count, ATT_FEATURES_MAX);
    if (item->vector_dim > ATT_VECTOR_DIM_MAX)
        return over(err, "vector", item->vector_dim, ATT_VECTOR_DIM_MAX);
    if (item->licence_count > ATT_LICENCES_MAX)
        return over(err, "licence list", item->licence_count, ATT_LICENCES_MAX);
    if (item->licence_name.size > ATT_LICENCE_NAME_SIZE_MAX)
        return over(err, "licence's name", item->licence_name.size, ATT_LICENCE_NAME_SIZE_MAX);
    if (item->opt_outs & ~(uint32_t)ATT_USE_ALL)
        return ATT_FAIL(err, ATT_LIMIT, "its opt-outs 0x%X are not uses", item->opt_outs);
    if (item->age_rating < 0 || item->age_rating > 255)
        return ATT_FAIL(err, ATT_LIMIT, "its age rating %d is not in 0 to 255", item->age_rating);
    return ATT_OK;
}

// What an older build cannot read is written only where it is needed.
static bool is_named(const att_item *item)
{
    return item->licence_name.size || item->opt_outs;
}

att_status att_item_body_size(const att_item *item, size_t *size, att_error *err)
{
    const att_status status = check_limits(item, err);
    if (status)
        return status;
    *size =
        FIXED_SIZE + item->title.size + item->medium.size + item->text.size + 4 * item->vector_dim;
    if (is_named(item))
        *size += 2 + item->licence_name.size;
    for (size_t i = 0; i < item->tag_count; i++) {
        if (item->tags[i].size > ATT_TAG_SIZE_MAX)
            return over(err, "tag", item->tags[i].size, ATT_TAG_SIZE_MAX);
        *size += 1 + item->tags[i].size;
    }
    for (size_t i = 0; i < item->feature_count; i++) {
        if (item->features[i].name.size > FEATURE_NAME_SIZE_MAX)
            return over(err, "feature name", item->features[i].name.size, FEATURE_NAME_SIZE_MAX);
        *size += 1 + item->features[i].name.size + 8;
    }
    for (size_t i = 0; i < item->licence_count; i++) {
        const att_licence *licence = &item->licences[i];
        const size_t most = ATT_MAX(licence->include_count, licence->exclude_count);
        if (most > ATT_TERRITORIES_MAX)
            return over(err, "licence's territory list", most, ATT_TERRITORIES_MAX);
        *size += LICENCE_SIZE + 2 * (licence->include_count + licence->exclude_count);
    }
    return ATT_OK;
}

static void put_short_text(att_byte_writer *out, att_text text)
{
    att_put_u8(out, (uint8_t)text.size);
    att_put(out, text.data, text.size);
}

static void put_licence(att_byte_writer *out, const att_licence *licence)
{
    att_put_u64(out, (uint64_t)licence->start_ms);
    att_put_u64(out, (uint64_t)licence->end_ms);
    att_put_u32(out, licence->uses);
    att_put_u16(out, (uint16_t)licence->include_count);
    att_put(out, licence->include, 2 * licence->include_count);
    att_put_u16(out, (uint16_t)licence->exclude_count);
    att_put(out, licence->exclude, 2 * licence->exclude_count);
}

static void put_texts(att_byte_writer *out, const att_item *item)
{
    att_put_u16(out, (uint16_t)item->title.size);
    att_put(out, item->title.data, item->title.size);
    put_short_text(out, item->medium);
    att_put_u32(out, (uint32_t)item->text.size);
    att_put(out, item->text.data, item->text.size);
    att_put_u8(out, (uint8_t)item->tag_count);
    for (size_t i = 0; i < item->tag_count; i++)
        put_short_text(out, item->tags[i]);
}

void att_item_body_encode(const att_item *item, unsigned char *out)
{
    att_byte_writer writer = {out};
    att_put_u8(&writer, is_named(item) ? FORM_NAMED : FORM);
    att_put_u8(&writer, item->rights_known ? RIGHTS_KNOWN : 0);
    att_put_u8(&writer, (uint8_t)item->age_rating);
    att_put_u8(&writer, 0);
    att_put_u64(&writer, (uint64_t)item->duration_ms);
    att_put_u64(&writer, (uint64_t)item->published_at_ms);
    att_put(&writer, &item->boost, 8);
    put_texts(&writer, item);
    att_put_u8(&writer, (uint8_t)item->feature_count);
    for (size_t i = 0; i < item->feature_count; i++) {
        put_short_text(&writer, item->features[i].name);
        att_put(&writer, &item->features[i].value, 8);
    }
    att_put_u16(&writer, (uint16_t)item->vector_dim);
    att_put(&writer, item->vector, 4 * item->vector_dim);
    att_put_u8(&writer, (uint8_t)item->licence_count);
    for (size_t i = 0; i < item->licence_count; i++)
        put_licence(&writer, &item->licences[i]);
    if (is_named(item)) {
        put_short_text(&writer, item->licence_name);
        att_put_u8(&writer, (uint8_t)item->opt_outs);
    }
}

// --- Reading: one part after the other; `no_memory` and in.bad are looked at in the end. --------

typedef struct decoder {
    att_byte_reader in;
    att_arena *arena;
    const char *wrong; // what disagrees, NULL: nothing so far
    bool no_memory;
} decoder;

static bool fine(const decoder *d)
{
    return !d->in.bad && !d->wrong && !d->no_memory;
}

// Room for `count` of them, NULL when count is 0 or something went wrong.
static void *room(decoder *d, size_t count, size_t item_size)
{
    if (!fine(d) || count == 0)
        return NULL;
    void *memory = att_arena_alloc(d->arena, count, item_size);
    d->no_memory = !memory;
    return memory;
}

static size_t limited(decoder *d, size_t have, size_t most, const char *what)
{
    if (have <= most)
        return have;
    d->wrong = d->wrong ? d->wrong : what;
    return 0;
}

static att_text take_text(decoder *d, size_t size)
{
    const unsigned char *at = att_take(&d->in, size);
    if (!fine(d) || size == 0)
        return (att_text){"", 0};
    const att_text copy = att_arena_text(d->arena, (att_text){(const char *)at, size});
    d->no_memory = !copy.data;
    return copy;
}

static double take_finite(decoder *d, const char *what)
{
    const double value = att_take_f64(&d->in);
    if (!isfinite(value))
        d->wrong = what;
    return value;
}

static void take_texts(decoder *d, att_item *out)
{
    out->title = take_text(d, limited(d, att_take_u16(&d->in), ATT_TITLE_SIZE_MAX, "title size"));
    out->medium = take_text(d, limited(d, att_take_u8(&d->in), MEDIUM_SIZE_MAX, "medium size"));
    out->text = take_text(d, limited(d, att_take_u32(&d->in), ATT_ITEM_TEXT_SIZE_MAX, "text size"));
    const size_t count = limited(d, att_take_u8(&d->in), ATT_TAGS_MAX, "number of tags");
    att_text *tags = room(d, count, sizeof *tags);
    for (size_t i = 0; tags && i < count; i++)
        tags[i] = take_text(d, limited(d, att_take_u8(&d->in), ATT_TAG_SIZE_MAX, "tag size"));
    out->tags = tags;
    out->tag_count = tags ? count : 0;
}

static void take_features(decoder *d, att_item *out)
{
    const size_t count = limited(d, att_take_u8(&d->in), ATT_FEATURES_MAX, "number of features");
    att_feature *features = room(d, count, sizeof *features);
    for (size_t i = 0; features && i < count; i++) {
        features[i].name = take_text(
            d, limited(d, att_take_u8(&d->in), FEATURE_NAME_SIZE_MAX, "size of a feature's name"));
        features[i].value = take_finite(d, "value of a feature");
    }
    out->features = features;
    out->feature_count = features ? count : 0;
}

static void take_vector(decoder *d, att_item *out)
{
    const size_t dim = limited(d, att_take_u16(&d->in), ATT_VECTOR_DIM_MAX, "vector size");
    float *vector = room(d, dim, sizeof *vector);
    const unsigned char *bytes = att_take(&d->in, 4 * dim);
    if (!vector || !bytes)
        return;
    memcpy(vector, bytes, 4 * dim);
    for (size_t i = 0; i < dim; i++)
        if (!isfinite(vector[i]))
            d->wrong = "element of the vector";
    out->vector = vector;
    out->vector_dim = dim;
}

static const att_territory *take_territories(decoder *d, size_t *count)
{
    *count = limited(d, att_take_u16(&d->in), ATT_TERRITORIES_MAX, "number of territories");
    att_territory *territories = room(d, *count, sizeof *territories);
    const unsigned char *bytes = att_take(&d->in, 2 * *count);
    if (!territories || !bytes) {
        *count = 0;
        return NULL;
    }
    memcpy(territories, bytes, 2 * *count);
    return territories;
}

static void take_licences(decoder *d, att_item *out)
{
    const size_t count = limited(d, att_take_u8(&d->in), ATT_LICENCES_MAX, "number of licences");
    att_licence *licences = room(d, count, sizeof *licences);
    for (size_t i = 0; licences && i < count && fine(d); i++) {
        licences[i].start_ms = (int64_t)att_take_u64(&d->in);
        licences[i].end_ms = (int64_t)att_take_u64(&d->in);
        licences[i].uses = att_take_u32(&d->in);
        licences[i].include = take_territories(d, &licences[i].include_count);
        licences[i].exclude = take_territories(d, &licences[i].exclude_count);
    }
    out->licences = licences;
    out->licence_count = licences ? count : 0;
}

static void take_name(decoder *d, att_item *out)
{
    out->licence_name = take_text(d, limited(d, att_take_u8(&d->in), ATT_LICENCE_NAME_SIZE_MAX, "size of the licence's name"));
    out->opt_outs = att_take_u8(&d->in);
    if (out->opt_outs & ~(uint32_t)ATT_USE_ALL || (fine(d) && !is_named(out)))
        d->wrong = "opt-out";
}

static void take_fixed(decoder *d, att_item *out)
{
    const unsigned bits = att_take_u8(&d->in);
    out->rights_known = bits & RIGHTS_KNOWN;
    out->age_rating = att_take_u8(&d->in);
    if (bits > RIGHTS_KNOWN || att_take_u8(&d->in) != 0)
        d->wrong = "bit that must be zero";
    out->duration_ms = (int64_t)att_take_u64(&d->in);
    out->published_at_ms = (int64_t)att_take_u64(&d->in);
    out->boost = take_finite(d, "boost");
}

att_status att_item_body_decode(
    const unsigned char *data, size_t size, att_arena *arena, att_item *out, att_error *err)
{
    *out = (att_item){.id = out->id, .taken_down = out->taken_down};
    decoder d = {.in = {.at = data, .left = size}, .arena = arena};
    const unsigned form = att_take_u8(&d.in);
    if (form != FORM && form != FORM_NAMED)
        return ATT_FAIL(err, form > FORM_NAMED ? ATT_VERSION : ATT_CORRUPT,
            "its body has form %u, this build reads %d and %d", form, FORM, FORM_NAMED);
    take_fixed(&d, out);
    take_texts(&d, out);
    take_features(&d, out);
    take_vector(&d, out);
    take_licences(&d, out);
    if (form == FORM_NAMED)
        take_name(&d, out);
    if (d.no_memory)
        return att_no_memory(err, size, "bytes of an item");
    if (d.wrong)
        return ATT_FAIL(err, ATT_CORRUPT, "its body has a wrong %s", d.wrong);
    if (d.in.bad)
        return ATT_FAIL(err, ATT_CORRUPT, "its body ends too early, after %zu bytes", size);
    if (d.in.left)
        return ATT_FAIL(err, ATT_CORRUPT, "%zu bytes follow the end of its body", d.in.left);
    return ATT_OK;
}
