// SPDX-License-Identifier: Apache-2.0
// guard/items.c - is this description of a thing sound? And the words for territories and uses.
//
// Texts are UTF-8 without control characters (a description may hold line ends and tabs).
#include "attune/engine.h"
#include "base/base.h"

#include <math.h>

#define FIRST_MS INT64_C(-62135596800000) // year 1
#define LAST_MS INT64_C(253402300799999)  // end of year 9999

bool att_territory_parse(att_text text, att_territory *out)
{
    *out = 0;
    if (text.size == 0)
        return true;
    if (text.size != 2)
        return false;
    uint16_t packed = 0;
    for (size_t i = 0; i < 2; i++) {
        char letter = text.data[i];
        if (letter >= 'a' && letter <= 'z')
            letter = (char)(letter - 'a' + 'A');
        if (letter < 'A' || letter > 'Z')
            return false;
        packed = (uint16_t)(packed << 8 | (uint16_t)letter);
    }
    *out = packed;
    return true;
}

void att_territory_name(att_territory territory, char out[3])
{
    out[0] = (char)(territory >> 8);
    out[1] = (char)(territory & 0xFF);
    out[2] = 0;
    if (!territory)
        out[0] = 0;
}

static const struct {
    uint32_t bit;
    const char *name;
} uses[] = {{ATT_USE_STREAM, "stream"}, {ATT_USE_DOWNLOAD, "download"},
    {ATT_USE_PREVIEW, "preview"}, {ATT_USE_REMIX, "remix"}, {ATT_USE_TRAIN, "train"}};

bool att_use_parse(att_text wire_name, uint32_t *bit)
{
    for (size_t i = 0; i < ATT_COUNT_OF(uses); i++)
        if (att_text_equal(wire_name, att_text_of(uses[i].name))) {
            *bit = uses[i].bit;
            return true;
        }
    return false;
}

const char *att_use_name(uint32_t bit)
{
    for (size_t i = 0; i < ATT_COUNT_OF(uses); i++)
        if (uses[i].bit == bit)
            return uses[i].name;
    return "?";
}

// Length of the well-formed UTF-8 sequence at data, 0 if there is none (Unicode 15, table 3-7).
static size_t utf8_length(const unsigned char *data, size_t size)
{
    const unsigned char lead = data[0];
    if (lead < 0x80)
        return 1;
    const size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || size < need)
        return 0;
    const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (data[1] < low || data[1] > high)
        return 0;
    for (size_t i = 2; i < need; i++)
        if ((data[i] & 0xC0) != 0x80)
            return 0;
    return need;
}

static bool is_control(unsigned char byte, bool lines)
{
    if (lines && (byte == '\n' || byte == '\r' || byte == '\t'))
        return false;
    return byte < 0x20 || byte == 0x7F;
}

static att_status check_text(
    att_text text, size_t least, size_t most, bool lines, const char *field, att_error *err)
{
    if (text.size < least || text.size > most)
        return ATT_FAIL(err, ATT_INVALID, "%s has %zu bytes, expected %zu to %zu", field, text.size,
            least, most);
    if (text.size && !text.data)
        return ATT_FAIL(err, ATT_INVALID, "%s has %zu bytes but no data", field, text.size);
    const unsigned char *data = (const unsigned char *)text.data;
    for (size_t i = 0; i < text.size;) {
        const size_t length = utf8_length(data + i, text.size - i);
        if (!length)
            return ATT_FAIL(
                err, ATT_INVALID, "%s is not UTF-8 at byte %zu (0x%02X)", field, i, data[i]);
        if (length == 1 && is_control(data[i], lines))
            return ATT_FAIL(err, ATT_INVALID, "%s holds a control character at byte %zu (0x%02X)",
                field, i, data[i]);
        i += length;
    }
    return ATT_OK;
}

static att_status check_tags(const att_item *item, att_error *err)
{
    if (item->tag_count > ATT_TAGS_MAX)
        return ATT_FAIL(
            err, ATT_LIMIT, "%zu tags, at most %d are kept", item->tag_count, ATT_TAGS_MAX);
    for (size_t i = 0; i < item->tag_count; i++) {
        const att_status status = check_text(item->tags[i], 1, ATT_TAG_SIZE_MAX, false, "tag", err);
        if (status)
            return att_while(err, status, "tag %zu", i + 1);
    }
    return ATT_OK;
}

static att_status check_features(const att_item *item, att_error *err)
{
    if (item->feature_count > ATT_FEATURES_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%zu features, at most %d are kept", item->feature_count,
            ATT_FEATURES_MAX);
    for (size_t i = 0; i < item->feature_count; i++) {
        const att_feature *feature = &item->features[i];
        const att_status status = check_text(feature->name, 1, 64, false, "feature name", err);
        if (status)
            return att_while(err, status, "feature %zu", i + 1);
        if (!isfinite(feature->value))
            return ATT_FAIL(err, ATT_INVALID, "feature %.*s is not a finite number",
                ATT_TEXT_ARGS(feature->name));
    }
    return ATT_OK;
}

static att_status check_vector(const att_item *item, att_error *err)
{
    if (item->vector_dim > ATT_VECTOR_DIM_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "vector has %zu numbers, at most %d are kept",
            item->vector_dim, ATT_VECTOR_DIM_MAX);
    if (item->vector_dim && !item->vector)
        return ATT_FAIL(err, ATT_INVALID, "vector has %zu numbers but no data", item->vector_dim);
    for (size_t i = 0; i < item->vector_dim; i++)
        if (!isfinite(item->vector[i]))
            return ATT_FAIL(err, ATT_INVALID, "vector[%zu] is not a finite number", i);
    return ATT_OK;
}

static att_status check_numbers(const att_item *item, att_error *err)
{
    if (item->duration_ms < 0)
        return ATT_FAIL(err, ATT_INVALID, "duration_ms is %lld, expected 0 (not known) or more",
            (long long)item->duration_ms);
    if (item->published_at_ms < FIRST_MS || item->published_at_ms > LAST_MS)
        return ATT_FAIL(err, ATT_INVALID, "published_at_ms is %lld, expected years 1 to 9999",
            (long long)item->published_at_ms);
    if (item->age_rating < 0 || item->age_rating > 21)
        return ATT_FAIL(
            err, ATT_INVALID, "age_rating is %d, expected 0 to 21 years", item->age_rating);
    if (!(item->boost >= -1 && item->boost <= 1))
        return ATT_FAIL(err, ATT_INVALID, "boost is %g, expected -1 to 1", item->boost);
    return ATT_OK;
}

static att_status check_territories(
    const att_territory *list, size_t count, const char *field, att_error *err)
{
    if (count > ATT_TERRITORIES_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%s has %zu territories, at most %d", field, count,
            ATT_TERRITORIES_MAX);
    if (count && !list)
        return ATT_FAIL(err, ATT_INVALID, "%s has %zu territories but no data", field, count);
    for (size_t i = 0; i < count; i++) {
        const unsigned first = list[i] >> 8, second = list[i] & 0xFF;
        if (first < 'A' || first > 'Z' || second < 'A' || second > 'Z')
            return ATT_FAIL(err, ATT_INVALID,
                "%s territory %zu is 0x%04X, expected two capital letters (ISO 3166-1 alpha-2)",
                field, i + 1, list[i]);
    }
    return ATT_OK;
}

static att_status check_licence(const att_licence *licence, att_error *err)
{
    if (licence->start_ms >= licence->end_ms)
        return ATT_FAIL(err, ATT_INVALID, "it ends at %lld, not after its start at %lld",
            (long long)licence->end_ms, (long long)licence->start_ms);
    if (!licence->uses || (licence->uses & ~(uint32_t)ATT_USE_ALL))
        return ATT_FAIL(err, ATT_INVALID, "uses is 0x%X, expected at least one of the bits 0x%X",
            licence->uses, (unsigned)ATT_USE_ALL);
    const att_status status =
        check_territories(licence->include, licence->include_count, "include", err);
    return status ? status
                  : check_territories(licence->exclude, licence->exclude_count, "exclude", err);
}

static att_status check_licences(const att_item *item, att_error *err)
{
    if (item->licence_count > ATT_LICENCES_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%zu licences, at most %d are kept", item->licence_count,
            ATT_LICENCES_MAX);
    if (item->opt_outs & ~(uint32_t)ATT_USE_TRAIN)
        return ATT_FAIL(err, ATT_INVALID, "opt_out is 0x%X, expected train alone: other uses are what no licence names", item->opt_outs);
    if (item->licence_count && !item->rights_known)
        return ATT_FAIL(err, ATT_INVALID, "%zu licences are given but rights_known is false",
            item->licence_count);
    for (size_t i = 0; i < item->licence_count; i++) {
        const att_status status = check_licence(&item->licences[i], err);
        if (status)
            return att_while(err, status, "licence %zu", i + 1);
    }
    return ATT_OK;
}

static att_status check_texts(const att_item *item, att_error *err)
{
    att_status status = check_text(item->title, 0, ATT_TITLE_SIZE_MAX, false, "title", err);
    if (!status)
        status = check_text(item->medium, 0, 32, false, "medium", err);
    if (!status)
        status = check_text(item->text, 0, ATT_ITEM_TEXT_SIZE_MAX, true, "text", err);
    if (!status)
        status = check_text(item->licence_name, 0, ATT_LICENCE_NAME_SIZE_MAX, false, "licence", err);
    return status;
}

att_status att_item_check(const att_item *item, att_error *err)
{
    att_status status = check_text(item->id, 1, ATT_ID_SIZE_MAX, false, "id", err);
    if (status)
        return att_while(err, status, "item");
    static att_status (*const checks[])(const att_item *, att_error *) = {
        check_texts, check_tags, check_features, check_vector, check_numbers, check_licences};
    for (size_t i = 0; !status && i < ATT_COUNT_OF(checks); i++)
        status = checks[i](item, err);
    return status ? att_while(err, status, "item %.*s", ATT_TEXT_ARGS(item->id)) : ATT_OK;
}
