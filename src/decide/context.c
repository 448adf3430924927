// SPDX-License-Identifier: Apache-2.0
// decide/context.c - counting, lifts, and looking them up.
#include "decide/context.h"

#include <math.h>

enum { magic = 0x58435441, version = 2, header_size = 16 };

static const uint32_t facet_start[ATT_FACETS + 1] = {0, ATT_DEVICE_COUNT,
    ATT_DEVICE_COUNT + ATT_PLACE_COUNT, ATT_DEVICE_COUNT + ATT_PLACE_COUNT + ATT_ACTIVITY_COUNT,
    ATT_DEVICE_COUNT + ATT_PLACE_COUNT + ATT_ACTIVITY_COUNT + ATT_NOISE_COUNT,
    ATT_DEVICE_COUNT + ATT_PLACE_COUNT + ATT_ACTIVITY_COUNT + ATT_NOISE_COUNT + ATT_HOUR_BANDS,
    ATT_SITUATIONS};

void att_context_situations(const att_context *context, int64_t at_ms, uint32_t out[ATT_FACETS])
{
    const uint8_t classes[4] = {context->device, context->place, context->activity, context->noise};
    for (size_t f = 0; f < ATT_FACETS; f++)
        out[f] = ATT_NO_SITUATION;
    for (size_t f = 0; f < 4; f++) // class 0 is "unknown"
        if (classes[f] && classes[f] < facet_start[f + 1] - facet_start[f])
            out[f] = facet_start[f] + classes[f];
    unsigned band;
    bool is_weekend;
    if (!att_hour_of(at_ms, context->utc_offset_min, &band, &is_weekend))
        return;
    out[4] = facet_start[4] + band;
    out[5] = facet_start[5] + is_weekend;
}

// --- Learning ----------------------------------------------------------------

struct att_context_builder {
    att_host host;
    size_t tag_total;
    double *by_tag;   // (ATT_SITUATIONS, tag_total): weight
    double *of_class; // (ATT_SITUATIONS): weight
    double *seen_tag; // (ATT_FACETS, tag_total): weight where the facet is known
};

att_status att_context_builder_create(
    att_context_builder **out, size_t tag_total, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    *out = NULL;
    if (tag_total > UINT16_MAX + (size_t)1)
        return ATT_FAIL(err, ATT_LIMIT, "%zu tags, at most %d", tag_total, UINT16_MAX + 1);
    att_context_builder *builder = ATT_NEW_ARRAY(&full, att_context_builder, 1);
    if (!builder)
        return att_no_memory(err, 1, "context builder");
    builder->host = full;
    builder->tag_total = tag_total;
    builder->by_tag = ATT_NEW_ARRAY(&builder->host, double, ATT_SITUATIONS *tag_total + 1);
    builder->of_class = ATT_NEW_ARRAY(&builder->host, double, ATT_SITUATIONS);
    builder->seen_tag = ATT_NEW_ARRAY(&builder->host, double, ATT_FACETS *tag_total + 1);
    if (!builder->by_tag || !builder->of_class || !builder->seen_tag) {
        att_context_builder_destroy(builder);
        return att_no_memory(err, tag_total, "tags of the context builder");
    }
    *out = builder;
    return ATT_OK;
}

void att_context_builder_destroy(att_context_builder *builder)
{
    if (!builder)
        return;
    const att_host host = builder->host;
    ATT_FREE_ARRAY(&host, builder->by_tag, ATT_SITUATIONS * builder->tag_total + 1);
    ATT_FREE_ARRAY(&host, builder->of_class, ATT_SITUATIONS);
    ATT_FREE_ARRAY(&host, builder->seen_tag, ATT_FACETS * builder->tag_total + 1);
    ATT_FREE_ARRAY(&host, builder, 1);
}

void att_context_builder_add(att_context_builder *builder, const att_context *context,
    int64_t at_ms, const uint16_t *tags, size_t tag_count, double weight)
{
    uint32_t situations[ATT_FACETS];
    if (!(weight > 0) || !tag_count)
        return;
    att_context_situations(context, at_ms, situations);
    const double part = weight / (double)tag_count;
    for (size_t f = 0; f < ATT_FACETS; f++) {
        if (situations[f] == ATT_NO_SITUATION)
            continue;
        double *row = builder->by_tag + situations[f] * builder->tag_total;
        double *seen = builder->seen_tag + f * builder->tag_total;
        for (size_t i = 0; i < tag_count; i++)
            if (tags[i] < builder->tag_total) {
                row[tags[i]] += part;
                seen[tags[i]] += part;
                builder->of_class[situations[f]] += part;
            }
    }
}

struct att_context_model {
    att_host host;
    size_t tag_total;
    float *lifts; // (ATT_SITUATIONS, tag_total)
    bool has_seen; // false: it comes from a file of version 1
    float seen[ATT_SITUATIONS];
};

static att_status new_model(
    att_context_model **out, size_t tag_total, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    *out = NULL;
    att_context_model *model = ATT_NEW_ARRAY(&full, att_context_model, 1);
    float *lifts = ATT_NEW_ARRAY(&full, float, ATT_SITUATIONS *tag_total + 1);
    if (!model || !lifts) {
        ATT_FREE_ARRAY(&full, model, 1);
        ATT_FREE_ARRAY(&full, lifts, ATT_SITUATIONS * tag_total + 1);
        return att_no_memory(err, tag_total, "tags of the context model");
    }
    *model = (att_context_model){.host = full, .tag_total = tag_total, .lifts = lifts};
    *out = model;
    return ATT_OK;
}

void att_context_model_destroy(att_context_model *model)
{
    if (!model)
        return;
    const att_host host = model->host;
    ATT_FREE_ARRAY(&host, model->lifts, ATT_SITUATIONS * model->tag_total + 1);
    ATT_FREE_ARRAY(&host, model, 1);
}

size_t att_context_tag_total(const att_context_model *model)
{
    return model->tag_total;
}

static void lift_facet(
    const att_context_builder *builder, size_t facet, double smoothing, double least, float *lifts)
{
    const size_t tag_total = builder->tag_total;
    const double *seen = builder->seen_tag + facet * tag_total;
    double all = 0;
    for (uint32_t c = facet_start[facet]; c < facet_start[facet + 1]; c++)
        all += builder->of_class[c];
    for (uint32_t c = facet_start[facet]; c < facet_start[facet + 1]; c++) {
        const double of_class = builder->of_class[c];
        for (size_t g = 0; of_class >= least && g < tag_total; g++) {
            if (seen[g] < least || seen[g] <= 0)
                continue;
            const double expected = seen[g] / all;
            const double found = (builder->by_tag[c * tag_total + g] + smoothing * expected) /
                                 (of_class + smoothing);
            lifts[c * tag_total + g] = (float)log(found / expected);
        }
    }
}

att_status att_context_finish(att_context_model **out, const att_context_builder *builder,
    double smoothing, double least, const att_host *host, att_error *err)
{
    *out = NULL;
    if (!(smoothing > 0 && isfinite(smoothing)))
        return ATT_FAIL(err, ATT_INVALID, "context smoothing is %g, expected above 0", smoothing);
    const att_status status = new_model(out, builder->tag_total, host, err);
    if (status)
        return status;
    for (size_t f = 0; f < ATT_FACETS; f++)
        lift_facet(builder, f, smoothing, least, (*out)->lifts);
    (*out)->has_seen = true;
    for (size_t c = 0; c < ATT_SITUATIONS; c++)
        (*out)->seen[c] = (float)builder->of_class[c];
    return ATT_OK;
}

// --- Looking up --------------------------------------------------------------

void att_context_row(
    const att_context_model *model, const att_context *context, int64_t at_ms, float *row)
{
    uint32_t situations[ATT_FACETS];
    att_context_situations(context, at_ms, situations);
    for (size_t g = 0; g < model->tag_total; g++)
        row[g] = 0;
    for (size_t f = 0; f < ATT_FACETS; f++)
        if (situations[f] != ATT_NO_SITUATION) {
            const float *lifts = model->lifts + situations[f] * model->tag_total;
            for (size_t g = 0; g < model->tag_total; g++)
                row[g] += lifts[g];
        }
}

double att_context_seen(const att_context_model *model, att_facet facet, unsigned which)
{
    const size_t f = facet; // the facets that are told by name come first, in that order
    const bool known = f < ATT_FACET_COUNT && which < facet_start[f + 1] - facet_start[f];
    return known ? (double)model->seen[facet_start[f] + which] : 0;
}

// To -1 … 1, with slope 1 at 0.
static float squash(double sum)
{
    return (float)(sum / sqrt(1 + sum * sum));
}

float att_context_fit(const float *row, size_t tag_total, const uint16_t *tags, size_t tag_count)
{
    double sum = 0;
    if (!tag_count)
        return 0;
    for (size_t i = 0; i < tag_count; i++)
        if (tags[i] < tag_total)
            sum += (double)row[tags[i]];
    return squash(sum / (double)tag_count);
}

float att_context_lookup(const att_context_model *model, const att_context *context, int64_t at_ms,
    const uint16_t *tags, size_t tag_count)
{
    uint32_t situations[ATT_FACETS];
    double sum = 0;
    att_context_situations(context, at_ms, situations);
    for (size_t i = 0; i < tag_count; i++)
        for (size_t f = 0; tags[i] < model->tag_total && f < ATT_FACETS; f++)
            if (situations[f] != ATT_NO_SITUATION)
                sum += (double)model->lifts[situations[f] * model->tag_total + tags[i]];
    return tag_count ? squash(sum / (double)tag_count) : 0;
}

// --- Bytes -------------------------------------------------------------------

static void put_u32(unsigned char *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

static uint32_t get_u32(const unsigned char *from)
{
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
           (uint32_t)from[3] << 24;
}

static size_t number_count(uint32_t of_version, uint64_t tag_total)
{
    return ATT_SITUATIONS * (tag_total + (of_version > 1));
}

size_t att_context_size(const att_context_model *model)
{
    return header_size + 4 * number_count(model->has_seen ? version : 1, model->tag_total);
}

// The i-th of the numbers behind the header.
static float *number_at(att_context_model *model, size_t i)
{
    const size_t lifts = ATT_SITUATIONS * model->tag_total;
    return i < lifts ? &model->lifts[i] : &model->seen[i - lifts];
}

void att_context_save(const att_context_model *model, unsigned char *out)
{
    const uint32_t of_version = model->has_seen ? version : 1;
    const size_t lifts = ATT_SITUATIONS * model->tag_total, count = number_count(of_version, model->tag_total);
    put_u32(out, magic);
    put_u32(out + 4, of_version);
    put_u32(out + 8, ATT_SITUATIONS);
    put_u32(out + 12, (uint32_t)model->tag_total);
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, i < lifts ? &model->lifts[i] : &model->seen[i - lifts], 4);
        put_u32(out + header_size + 4 * i, bits);
    }
}

static att_status check_header(const unsigned char *data, size_t size, att_error *err)
{
    if (size < header_size || get_u32(data) != magic)
        return ATT_FAIL(
            err, ATT_CORRUPT, "context section of %zu bytes does not begin with ATCX", size);
    const uint32_t of_version = get_u32(data + 4);
    if (of_version < 1 || of_version > version)
        return ATT_FAIL(err, ATT_VERSION, "context section is of version %u, this build reads 1 to %d",
            of_version, version);
    if (get_u32(data + 8) != ATT_SITUATIONS)
        return ATT_FAIL(err, ATT_VERSION, "context section has %u situations, this build knows %d",
            get_u32(data + 8), ATT_SITUATIONS);
    const uint64_t tags = get_u32(data + 12);
    if (tags > UINT16_MAX + 1u || size - header_size != 4 * number_count(of_version, tags))
        return ATT_FAIL(err, ATT_CORRUPT,
            "context section has %zu bytes, which does not fit %llu tags", size,
            (unsigned long long)tags);
    return ATT_OK;
}

att_status att_context_load(att_context_model **out, const unsigned char *data, size_t size,
    const att_host *host, att_error *err)
{
    *out = NULL;
    att_status status = check_header(data, size, err);
    if (!status)
        status = new_model(out, get_u32(data + 12), host, err);
    if (status)
        return status;
    (*out)->has_seen = get_u32(data + 4) > 1;
    const size_t count = number_count(get_u32(data + 4), (*out)->tag_total);
    for (size_t i = 0; i < count; i++) {
        const uint32_t bits = get_u32(data + header_size + 4 * i);
        float *number = number_at(*out, i);
        memcpy(number, &bits, 4);
        if (isfinite(*number))
            continue;
        att_context_model_destroy(*out);
        *out = NULL;
        return ATT_FAIL(err, ATT_CORRUPT, "context section: number %zu is not finite", i);
    }
    return ATT_OK;
}
