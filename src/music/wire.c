// SPDX-License-Identifier: Apache-2.0
// music/wire.c - the blocks of a helper program, each checked before it is believed.
#include "music/wire.h"

#include "attune/audio.h"

static att_status pull_all(att_wire *wire, void *out, size_t size, att_error *err)
{
    size_t got = 0;
    const att_status status = wire->pull(wire->source, out, size, &got, err);
    if (!status && got < size)
        return ATT_FAIL(err, ATT_CORRUPT, "it ended in the middle");
    return status;
}

// Only a line that can be shown is passed on, whoever wrote it.
static att_status tell_story(att_wire *wire, size_t size, att_error *err)
{
    static const att_status allowed[] = {ATT_INVALID, ATT_LIMIT, ATT_NO_MEMORY, ATT_UNSUPPORTED, ATT_NOT_FOUND};
    unsigned char bytes[1 + ATT_HELPER_STORY_BYTES_MAX];
    if (size < 2 || size > sizeof bytes)
        return ATT_FAIL(err, ATT_CORRUPT, "a story of %zu bytes, expected 2 to %zu", size, sizeof bytes);
    const att_status status = pull_all(wire, bytes, size, err);
    if (status)
        return status;
    for (size_t i = 1; i < size; i++)
        bytes[i] = bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '?';
    att_status its = ATT_INVALID;
    for (size_t i = 0; i < ATT_COUNT_OF(allowed); i++)
        its = bytes[0] == (unsigned char)allowed[i] ? allowed[i] : its;
    return ATT_FAIL(err, its, "%.*s", (int)(size - 1), (const char *)bytes + 1);
}

static att_status next_block(att_wire *wire, uint32_t *kind, uint32_t *size, att_error *err)
{
    uint32_t block[2];
    const att_status status = pull_all(wire, block, sizeof block, err);
    if (status)
        return status;
    *kind = block[0];
    *size = block[1];
    return *kind == ATT_HELPER_STORY ? tell_story(wire, *size, err) : ATT_OK;
}

att_status att_wire_open(att_wire *out, att_wire_pull *pull, void *source, att_error *err)
{
    uint32_t kind, size;
    *out = (att_wire){.pull = pull, .source = source};
    att_status status = next_block(out, &kind, &size, err);
    if (status)
        return status;
    if (kind != ATT_HELPER_HEAD || size != sizeof out->head)
        return ATT_FAIL(err, ATT_CORRUPT, "it begins with block %u of %u bytes, expected a head of %zu", kind, size, sizeof out->head);
    status = pull_all(out, &out->head, sizeof out->head, err);
    if (status)
        return status;
    const att_helper_head *h = &out->head;
    if (h->magic != ATT_HELPER_MAGIC)
        return ATT_FAIL(err, ATT_CORRUPT, "its head has the mark %08x, expected %08x", h->magic, ATT_HELPER_MAGIC);
    if (h->channels < 1 || h->channels > ATT_AUDIO_CHANNELS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "channels: found %u, expected 1 to %d", h->channels, ATT_AUDIO_CHANNELS_MAX);
    if (h->rate_hz < ATT_AUDIO_RATE_MIN_HZ || h->rate_hz > ATT_AUDIO_RATE_MAX_HZ)
        return ATT_FAIL(err, ATT_LIMIT, "sample rate: found %u Hz, expected %d to %d", h->rate_hz, ATT_AUDIO_RATE_MIN_HZ, ATT_AUDIO_RATE_MAX_HZ);
    return ATT_OK;
}

// The head of the next block of samples; `ended` when there is none.
static att_status begin_block(att_wire *wire, att_error *err)
{
    uint32_t kind, size;
    const att_status status = next_block(wire, &kind, &size, err);
    if (status)
        return status;
    if (kind == ATT_HELPER_END && size == 0) {
        wire->ended = true;
        return ATT_OK;
    }
    const size_t frame = wire->head.channels * sizeof(float);
    if (kind != ATT_HELPER_SAMPLES || size == 0 || size > ATT_HELPER_BLOCK_BYTES_MAX || size % frame)
        return ATT_FAIL(err, ATT_CORRUPT, "block %u of %u bytes, expected samples in frames of %zu bytes", kind, size, frame);
    wire->left = size / sizeof(float);
    return ATT_OK;
}

att_status att_wire_read(att_wire *wire, float *out, size_t count, size_t *got, att_error *err)
{
    *got = 0;
    while (*got < count && !wire->ended) {
        att_status status = ATT_OK;
        if (wire->left == 0)
            status = begin_block(wire, err);
        const size_t some = ATT_MIN(wire->left, count - *got);
        if (!status && some)
            status = pull_all(wire, out + *got, some * sizeof(float), err);
        if (status)
            return status;
        wire->left -= some;
        *got += some;
    }
    return ATT_OK;
}
