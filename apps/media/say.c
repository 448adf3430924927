// SPDX-License-Identifier: Apache-2.0
// apps/media/say.c - blocks on standard output.
#include "say.h"

#include "sandbox.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool write_all(const void *bytes, size_t size)
{
    for (const char *at = bytes; size;) {
        const ssize_t n = write(STDOUT_FILENO, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static bool block(att_helper_block kind, const void *bytes, size_t size)
{
    const uint32_t head[2] = {kind, (uint32_t)size};
    return write_all(head, sizeof head) && write_all(bytes, size);
}

bool say_head(uint32_t rate_hz, uint32_t channels, uint64_t frames)
{
    const att_helper_head head = {.magic = ATT_HELPER_MAGIC, .rate_hz = rate_hz, .channels = channels, .frames = frames,
        .flags = sandbox_is_filtered() ? 0 : ATT_HELPER_UNFILTERED};
    return block(ATT_HELPER_HEAD, &head, sizeof head);
}

bool say_samples(const float *samples, size_t count)
{
    const size_t most = 840 * 64; // samples: whole frames, however many of its channels (1 … 8)
    for (size_t at = 0; at < count; at += most) {
        const size_t some = count - at < most ? count - at : most;
        if (!block(ATT_HELPER_SAMPLES, samples + at, some * sizeof *samples))
            return false;
    }
    return true;
}

bool say_end(void)
{
    return block(ATT_HELPER_END, "", 0);
}

int say_story(att_status status, const char *format, ...)
{
    char text[1 + ATT_HELPER_STORY_BYTES_MAX];
    va_list args;
    text[0] = (char)status;
    va_start(args, format);
    vsnprintf(text + 1, sizeof text - 1, format, args);
    va_end(args);
    return block(ATT_HELPER_STORY, text, 1 + strlen(text + 1)) ? 0 : 1;
}
