// SPDX-License-Identifier: Apache-2.0
// store/made_record.c - making, as bytes.
//
// A brief (the record's signal says what happened to it):
//   offset  bytes  what                                   (all numbers little-endian)
//        0      2  form (1)
//        2      1  latency class of who asks: 0 ahead, 1 real time
//        3      1  zero
//        4     32  hash of the brief
//       36      …  its canonical form (generate/brief.c) or the reason of a refusal, to the end: UTF-8
//
// A candidate:
//        0      2  form (1)
//        2      2  number within the brief: 0, 1, 2 …
//        4     32  hash of the brief
//       36     32  hash of the asset
//       68     32  hash of what the maker tells of it, zeros: nothing
//      100      8  bytes of the asset
//      108      8  seed
//      116   8, 8, 8  seconds of processors, of accelerators, of the clock, to make it (double)
//      140      …  texts, each 1 size and its bytes: medium, kind, media type, maker, title; then 1 how many tags, the tags; 1 how many
//                  sources, the sources
//
// A judgement:
//        0      2  form (1)
//        2      2  number within the brief
//        4     32  hash of the brief
//       36     32  hash of what the analyser tells of it, zeros: nothing
//       68   8, 8, 8  seconds, as above, to check it
//       92      8  duration in ms, 0: it has none
//      100      1  verdict: 1 allow, 2 hold, 3 deny
//      101      1  how many reasons, then each 1 size and its bytes
//               1  how many measures, then each 1 size, its bytes, 8 value (double)
//               2  dimensions of the embedding, then 4 each (float)
#include "store/made_record.h"

#include "store/bytes.h"

#include <math.h>

enum { FORM = 1 };

// --- Writing ------------------------------------------------------------------------------------------------------

// Sizes are summed first, so that the writer has its room.
static bool room(att_bytes *out, const att_host *host, size_t size, att_byte_writer *writer)
{
    if (!ATT_VEC_RESERVE(host, out, size))
        return false;
    out->count = size;
    writer->at = (unsigned char *)out->items;
    return true;
}

static void put_f64(att_byte_writer *out, double value)
{
    att_put(out, &value, sizeof value);
}

static void put_text(att_byte_writer *out, att_text text)
{
    assert(text.size <= UINT8_MAX);
    att_put_u8(out, (uint8_t)text.size);
    att_put(out, text.data, text.size);
}

static size_t texts_size(const att_text *texts, size_t count)
{
    size_t size = 1;
    for (size_t i = 0; i < count; i++)
        size += 1 + texts[i].size;
    return size;
}

static void put_texts(att_byte_writer *out, const att_text *texts, size_t count)
{
    att_put_u8(out, (uint8_t)count);
    for (size_t i = 0; i < count; i++)
        put_text(out, texts[i]);
}

att_status att_brief_record_encode(const att_brief_record *record, const att_host *host, att_bytes *out, att_error *err)
{
    att_byte_writer writer;
    if (!room(out, host, 36 + record->text.size, &writer))
        return att_no_memory(err, record->text.size, "bytes of a brief");
    att_put_u16(&writer, FORM);
    att_put_u8(&writer, record->latency);
    att_put_u8(&writer, 0);
    att_put(&writer, &record->hash, sizeof record->hash);
    att_put(&writer, record->text.data, record->text.size);
    return ATT_OK;
}

att_status att_candidate_record_encode(const att_candidate_record *r, const att_host *host, att_bytes *out, att_error *err)
{
    att_byte_writer writer;
    const att_text texts[] = {r->medium, r->kind, r->media_type, r->maker, r->title};
    const size_t size = 140 + texts_size(texts, ATT_COUNT_OF(texts)) - 1 + texts_size(r->tags, r->tag_count) + texts_size(r->sources, r->source_count);
    if (!room(out, host, size, &writer))
        return att_no_memory(err, size, "bytes of a candidate");
    att_put_u16(&writer, FORM);
    att_put_u16(&writer, r->index);
    att_put(&writer, &r->brief, sizeof r->brief);
    att_put(&writer, &r->asset, sizeof r->asset);
    att_put(&writer, &r->detail, sizeof r->detail);
    att_put_u64(&writer, r->size);
    att_put_u64(&writer, r->seed);
    put_f64(&writer, r->cpu_s);
    put_f64(&writer, r->gpu_s);
    put_f64(&writer, r->wall_s);
    for (size_t i = 0; i < ATT_COUNT_OF(texts); i++)
        put_text(&writer, texts[i]);
    put_texts(&writer, r->tags, r->tag_count);
    put_texts(&writer, r->sources, r->source_count);
    return ATT_OK;
}

att_status att_judged_record_encode(const att_judged_record *r, const att_host *host, att_bytes *out, att_error *err)
{
    att_byte_writer writer;
    size_t size = 101 + texts_size(r->reasons, r->reason_count) + 1 + 2 + r->dim * sizeof(float);
    for (size_t i = 0; i < r->measure_count; i++)
        size += 1 + r->measures[i].name.size + 8;
    if (!room(out, host, size, &writer))
        return att_no_memory(err, size, "bytes of a judgement");
    att_put_u16(&writer, FORM);
    att_put_u16(&writer, r->index);
    att_put(&writer, &r->brief, sizeof r->brief);
    att_put(&writer, &r->detail, sizeof r->detail);
    put_f64(&writer, r->cpu_s);
    put_f64(&writer, r->gpu_s);
    put_f64(&writer, r->wall_s);
    att_put_u64(&writer, (uint64_t)r->duration_ms);
    att_put_u8(&writer, r->verdict);
    put_texts(&writer, r->reasons, r->reason_count);
    att_put_u8(&writer, (uint8_t)r->measure_count);
    for (size_t i = 0; i < r->measure_count; i++) {
        put_text(&writer, r->measures[i].name);
        put_f64(&writer, r->measures[i].value);
    }
    att_put_u16(&writer, (uint16_t)r->dim);
    att_put(&writer, r->embedding, r->dim * sizeof *r->embedding);
    return ATT_OK;
}

// --- Reading ------------------------------------------------------------------------------------------------------

static att_status check_form(att_byte_reader *in, const char *what, att_error *err)
{
    const unsigned form = att_take_u16(in);
    if (form > FORM)
        return ATT_FAIL(err, ATT_VERSION, "%s record has form %u, this build reads up to %d: use a newer attune", what, form, FORM);
    return form == FORM ? ATT_OK : ATT_FAIL(err, ATT_CORRUPT, "%s record has form %u", what, form);
}

static void take_bytes(att_byte_reader *in, void *out, size_t size)
{
    const unsigned char *at = att_take(in, size);
    if (at)
        memcpy(out, at, size);
}

static att_text take_text(att_byte_reader *in)
{
    const size_t size = att_take_u8(in);
    const unsigned char *at = att_take(in, size);
    return (att_text){(const char *)at, at ? size : 0};
}

static size_t take_texts(att_byte_reader *in, att_text *out, size_t most)
{
    const size_t count = att_take_u8(in);
    in->bad |= count > most;
    for (size_t i = 0; i < count && !in->bad; i++)
        out[i] = take_text(in);
    return in->bad ? 0 : count;
}

static bool is_seconds(double value)
{
    return value >= 0 && isfinite(value);
}

static att_status check_end(const att_byte_reader *in, bool good, const char *what, size_t size, att_error *err)
{
    return good && !in->bad && !in->left
               ? ATT_OK
               : ATT_FAIL(err, ATT_CORRUPT, "%s record of %zu bytes does not hold what it should", what, size);
}

att_status att_brief_record_decode(const void *data, size_t size, att_brief_record *out, att_error *err)
{
    att_byte_reader in = {.at = data, .left = size};
    *out = (att_brief_record){0};
    const att_status status = check_form(&in, "brief", err);
    if (status)
        return status;
    out->latency = att_take_u8(&in);
    const bool good = att_take_u8(&in) == 0 && out->latency <= ATT_LATENCY_REAL_TIME;
    take_bytes(&in, &out->hash, sizeof out->hash);
    const size_t left = in.left;
    out->text = (att_text){(const char *)att_take(&in, left), left};
    return check_end(&in, good, "brief", size, err);
}

att_status att_candidate_record_decode(const void *data, size_t size, att_candidate_record *out, att_error *err)
{
    att_byte_reader in = {.at = data, .left = size};
    *out = (att_candidate_record){0};
    const att_status status = check_form(&in, "candidate", err);
    if (status)
        return status;
    out->index = att_take_u16(&in);
    take_bytes(&in, &out->brief, sizeof out->brief);
    take_bytes(&in, &out->asset, sizeof out->asset);
    take_bytes(&in, &out->detail, sizeof out->detail);
    out->size = att_take_u64(&in);
    out->seed = att_take_u64(&in);
    out->cpu_s = att_take_f64(&in);
    out->gpu_s = att_take_f64(&in);
    out->wall_s = att_take_f64(&in);
    out->medium = take_text(&in);
    out->kind = take_text(&in);
    out->media_type = take_text(&in);
    out->maker = take_text(&in);
    out->title = take_text(&in);
    out->tag_count = take_texts(&in, out->tags, ATT_COUNT_OF(out->tags));
    out->source_count = take_texts(&in, out->sources, ATT_COUNT_OF(out->sources));
    return check_end(&in, is_seconds(out->cpu_s) && is_seconds(out->gpu_s) && is_seconds(out->wall_s), "candidate", size, err);
}

static bool take_measures(att_byte_reader *in, att_judged_record *out)
{
    out->measure_count = att_take_u8(in);
    if (out->measure_count > ATT_FEATURES_MAX)
        return false;
    for (size_t i = 0; i < out->measure_count && !in->bad; i++) {
        out->measures[i].name = take_text(in);
        out->measures[i].value = att_take_f64(in);
        if (!isfinite(out->measures[i].value))
            return false;
    }
    return !in->bad;
}

static bool take_embedding(att_byte_reader *in, att_judged_record *out)
{
    out->dim = att_take_u16(in);
    if (out->dim > ATT_EMBEDDING_DIM_MAX)
        return false;
    take_bytes(in, out->floats, out->dim * sizeof *out->floats);
    for (size_t i = 0; i < out->dim; i++)
        if (!isfinite(out->floats[i]))
            return false;
    out->embedding = out->floats;
    return true;
}

att_status att_judged_record_decode(const void *data, size_t size, att_judged_record *out, att_error *err)
{
    att_byte_reader in = {.at = data, .left = size};
    *out = (att_judged_record){0};
    const att_status status = check_form(&in, "judgement", err);
    if (status)
        return status;
    out->index = att_take_u16(&in);
    take_bytes(&in, &out->brief, sizeof out->brief);
    take_bytes(&in, &out->detail, sizeof out->detail);
    out->cpu_s = att_take_f64(&in);
    out->gpu_s = att_take_f64(&in);
    out->wall_s = att_take_f64(&in);
    out->duration_ms = (int64_t)att_take_u64(&in);
    out->verdict = att_take_u8(&in);
    bool good = is_seconds(out->cpu_s) && is_seconds(out->gpu_s) && is_seconds(out->wall_s) && out->duration_ms >= 0 &&
                out->verdict > ATT_MADE_UNJUDGED && out->verdict < ATT_MADE_VERDICT_COUNT;
    out->reason_count = take_texts(&in, out->reasons, ATT_MADE_REASONS_MAX);
    good = good && take_measures(&in, out) && take_embedding(&in, out);
    return check_end(&in, good, "judgement", size, err);
}
