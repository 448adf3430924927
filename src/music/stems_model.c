// SPDX-License-Identifier: Apache-2.0
// music/stems_model.c - the mask network in a file.
#include "music/stems_model.h"
#include "store/snapshot.h"

#include <math.h>

enum {
    STEM = ATT_TAG4('S', 'T', 'E', 'M'),
    HEAD = ATT_TAG4('H', 'E', 'A', 'D'),
    BYTE = ATT_TAG4('B', 'Y', 'T', 'E'),
    SCAL = ATT_TAG4('S', 'C', 'A', 'L'),
    REST = ATT_TAG4('R', 'E', 'S', 'T'),
    CARD = ATT_TAG4('C', 'A', 'R', 'D'),
    VERSION = 2,
    MATRICES = 5 + 2 * ATT_STEMS_BLOCKS,
    CARD_SIZE_MAX = 1 << 16
};

typedef struct head {
    uint32_t inputs, cues, width, blocks, masks, eyes, signs, spare;
    att_stems_trust trust[ATT_STEM_COUNT];
} head;

typedef struct matrix {
    size_t at, from, to;
} matrix;

static void matrices_of(matrix out[MATRICES])
{
    enum { W = ATT_STEMS_WIDTH };
    const att_stems_layout l = att_stems_layout_get();
    out[0] = (matrix){l.pool, ATT_STEMS_POOLED, W};
    out[1] = (matrix){l.in, ATT_STEMS_INPUTS, W};
    for (int b = 0; b < ATT_STEMS_BLOCKS; b++) {
        out[2 + 2 * b] = (matrix){l.block[b].wide, (size_t)3 * W, W};
        out[3 + 2 * b] = (matrix){l.block[b].back, W, W};
    }
    out[MATRICES - 3] = (matrix){l.out, W, ATT_STEMS_MASKS};
    out[MATRICES - 2] = (matrix){l.gate, W, ATT_STEMS_GATES};
    out[MATRICES - 1] = (matrix){l.hint, W, ATT_STEMS_HINTS};
}

// How many bytes, scales and other numbers the weights are.
static void sizes(const matrix list[MATRICES], size_t *bytes, size_t *scales, size_t *rest)
{
    *bytes = *scales = 0;
    for (int m = 0; m < MATRICES; m++) {
        *bytes += list[m].from * list[m].to;
        *scales += list[m].to;
    }
    *rest = att_stems_layout_get().count - *bytes;
}

// Calls go through all weights in their order: matrices as bytes, what lies between them as floats.
static void expand(float *weights, const int8_t *bytes, const float *scales, const float *rest)
{
    matrix list[MATRICES];
    size_t at = 0;
    const size_t count = att_stems_layout_get().count;
    matrices_of(list);
    for (int m = 0; m < MATRICES; m++) {
        for (; at < list[m].at; at++)
            weights[at] = *rest++;
        for (size_t r = 0; r < list[m].from; r++)
            for (size_t c = 0; c < list[m].to; c++)
                weights[at++] = *bytes++ * scales[c];
        scales += list[m].to;
    }
    for (; at < count; at++)
        weights[at] = *rest++;
}

static void round_off(const float *weights, int8_t *bytes, float *scales, float *rest)
{
    matrix list[MATRICES];
    size_t at = 0;
    const size_t count = att_stems_layout_get().count;
    matrices_of(list);
    for (int m = 0; m < MATRICES; m++) {
        for (; at < list[m].at; at++)
            *rest++ = weights[at];
        for (size_t c = 0; c < list[m].to; c++) {
            float most = 0;
            for (size_t r = 0; r < list[m].from; r++)
                most = fmaxf(most, fabsf(weights[at + r * list[m].to + c]));
            scales[c] = most / 127;
            for (size_t r = 0; r < list[m].from; r++)
                bytes[r * list[m].to + c] = (int8_t)(most > 0 ? lrintf(weights[at + r * list[m].to + c] / scales[c]) : 0);
        }
        bytes += list[m].from * list[m].to;
        at += list[m].from * list[m].to;
        scales += list[m].to;
    }
    for (; at < count; at++)
        *rest++ = weights[at];
}

// --- Reading --------------------------------------------------------------------------------------------------

static att_status take(const att_snapshot *s, uint32_t id, size_t item_size, size_t wanted, const void **out, att_error *err)
{
    size_t found = 0;
    const att_status status = att_snapshot_need(s, id, item_size, &found, out, err);
    if (status)
        return status;
    return found == wanted ? ATT_OK : ATT_FAIL(err, ATT_CORRUPT, "section %.4s has %zu numbers, expected %zu", (const char *)&id, found, wanted);
}

static att_status check_numbers(const float *x, size_t count, const char *what, att_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i]) || fabsf(x[i]) > 1e6f)
            return ATT_FAIL(err, ATT_CORRUPT, "%s: number %zu is not between -1e6 and 1e6", what, i);
    return ATT_OK;
}

static att_status check_head(const head *h, att_error *err)
{
    if (h->inputs != ATT_STEMS_INPUTS || h->cues != ATT_STEMS_CUES || h->width != ATT_STEMS_WIDTH || h->blocks != ATT_STEMS_BLOCKS || h->masks != ATT_STEMS_MASKS ||
        h->eyes != ATT_STEMS_EYES || h->signs != ATT_STEMS_SIGNS)
        return ATT_FAIL(err, ATT_VERSION,
            "a network of %u inputs, %u cues, width %u, %u blocks, %u masks, %u eyes, %u signs; this build reads %d, %d, %d, %d, %d, %d, %d", h->inputs, h->cues, h->width,
            h->blocks, h->masks, h->eyes, h->signs, ATT_STEMS_INPUTS, ATT_STEMS_CUES, ATT_STEMS_WIDTH, ATT_STEMS_BLOCKS, ATT_STEMS_MASKS, ATT_STEMS_EYES, ATT_STEMS_SIGNS);
    return check_numbers(&h->trust[0].offset_db, 2 * ATT_STEM_COUNT, "section HEAD", err);
}

static att_status load(att_stems_model *out, const att_snapshot *s, uint32_t version, att_error *err)
{
    const void *h = NULL, *bytes = NULL, *scales = NULL, *rest = NULL, *card = NULL;
    size_t byte_count, scale_count, rest_count, card_size = 0;
    matrix list[MATRICES];
    matrices_of(list);
    sizes(list, &byte_count, &scale_count, &rest_count);
    if (version != VERSION)
        return ATT_FAIL(err, ATT_VERSION, "version %u, this build reads %d", version, VERSION);
    att_status status = take(s, HEAD, sizeof(head), 1, &h, err);
    if (!status)
        status = check_head(h, err);
    if (!status)
        status = take(s, BYTE, 1, byte_count, &bytes, err);
    if (!status)
        status = take(s, SCAL, sizeof(float), scale_count, &scales, err);
    if (!status)
        status = take(s, REST, sizeof(float), rest_count, &rest, err);
    if (!status)
        status = check_numbers(scales, scale_count, "section SCAL", err);
    if (!status)
        status = check_numbers(rest, rest_count, "section REST", err);
    if (!status)
        status = att_snapshot_need(s, CARD, 1, &card_size, &card, err);
    if (!status && card_size > CARD_SIZE_MAX)
        status = ATT_FAIL(err, ATT_CORRUPT, "section CARD has %zu bytes, at most %d", card_size, CARD_SIZE_MAX);
    if (status)
        return status;
    out->count = att_stems_layout_get().count;
    out->weights = ATT_NEW_ARRAY(&out->host, float, out->count);
    out->card_size = strnlen(card, card_size) + 1;
    out->card = ATT_NEW_ARRAY(&out->host, char, out->card_size);
    if (!out->weights || !out->card)
        return att_no_memory(err, out->count, "weights");
    memcpy(out->trust, ((const head *)h)->trust, sizeof out->trust);
    memcpy(out->card, card, out->card_size - 1);
    expand(out->weights, bytes, scales, rest);
    return ATT_OK;
}

static att_status load_and_close(att_stems_model *out, att_snapshot *s, uint32_t version, att_status status, att_error *err)
{
    if (!status)
        status = load(out, s, version, err);
    att_snapshot_close(s);
    if (status)
        att_stems_model_close(out);
    return status;
}

att_status att_stems_model_read(att_stems_model *out, const void *data, size_t size, const att_host *host, att_error *err)
{
    att_snapshot *s = NULL;
    uint32_t version = 0;
    *out = (att_stems_model){.host = att_host_complete(host)};
    const att_status status = att_snapshot_open_memory(&s, data, size, STEM, &version, host, err);
    return load_and_close(out, s, version, status, err);
}

att_status att_stems_model_open(att_stems_model *out, const char *path, const att_host *host, att_error *err)
{
    att_snapshot *s = NULL;
    uint32_t version = 0;
    *out = (att_stems_model){.host = att_host_complete(host)};
    if (!path) {
        size_t size = 0;
        const void *bytes = att_stems_weights(&size);
        return bytes ? att_stems_model_read(out, bytes, size, host, err) : ATT_FAIL(err, ATT_UNSUPPORTED, "no network is built in");
    }
    const att_status status = att_snapshot_open(&s, path, STEM, &version, host, err);
    return att_while(err, load_and_close(out, s, version, status, err), "network %s", path);
}

void att_stems_model_close(att_stems_model *m)
{
    if (m->weights)
        ATT_FREE_ARRAY(&m->host, m->weights, m->count);
    if (m->card)
        ATT_FREE_ARRAY(&m->host, m->card, m->card_size);
    *m = (att_stems_model){0};
}

// --- Writing --------------------------------------------------------------------------------------------------

static att_status write_sections(att_snapshot_writer *w, const head *h, const int8_t *bytes, size_t byte_count, const float *scales, size_t scale_count,
    const float *rest, size_t rest_count, const char *card, att_error *err)
{
    att_status status = att_snapshot_add(w, HEAD, h, sizeof *h, err);
    if (!status)
        status = att_snapshot_add(w, BYTE, bytes, byte_count, err);
    if (!status)
        status = att_snapshot_add(w, SCAL, scales, scale_count * sizeof *scales, err);
    if (!status)
        status = att_snapshot_add(w, REST, rest, rest_count * sizeof *rest, err);
    return status ? status : att_snapshot_add(w, CARD, card, strlen(card), err);
}

att_status att_stems_model_save(
    const char *path, float *weights, const att_stems_trust trust[ATT_STEM_COUNT], const char *card, const att_host *host, att_error *err)
{
    const att_host its = att_host_complete(host);
    head h = {.inputs = ATT_STEMS_INPUTS, .cues = ATT_STEMS_CUES, .width = ATT_STEMS_WIDTH, .blocks = ATT_STEMS_BLOCKS, .masks = ATT_STEMS_MASKS,
        .eyes = ATT_STEMS_EYES, .signs = ATT_STEMS_SIGNS};
    size_t byte_count, scale_count, rest_count;
    matrix list[MATRICES];
    att_arena scratch;
    att_snapshot_writer *writer = NULL;
    memcpy(h.trust, trust, sizeof h.trust);
    matrices_of(list);
    sizes(list, &byte_count, &scale_count, &rest_count);
    att_arena_init(&scratch, &its, 0);
    int8_t *bytes = ATT_NEW(&scratch, int8_t, byte_count);
    float *scales = ATT_NEW(&scratch, float, scale_count), *rest = ATT_NEW(&scratch, float, rest_count);
    att_status status = bytes && scales && rest ? ATT_OK : att_no_memory(err, byte_count, "weights");
    if (!status) {
        round_off(weights, bytes, scales, rest);
        expand(weights, bytes, scales, rest);
        status = att_snapshot_writer_create(&writer, STEM, VERSION, &its, err);
    }
    if (!status)
        status = write_sections(writer, &h, bytes, byte_count, scales, scale_count, rest, rest_count, card, err);
    if (!status)
        status = att_snapshot_finish(writer, path, err);
    att_snapshot_writer_destroy(writer);
    att_arena_deinit(&scratch);
    return att_while(err, status, "writing network %s", path);
}
