// SPDX-License-Identifier: Apache-2.0
// apps/media/audio.c - attune-audio: decodes the sound file that is open as descriptor 3, and writes float samples to standard output.
//
// It is started by the library (src/music/helper.h), as `attune-audio MEMORY_BYTES CPU_SECONDS`, and speaks attune/helper.h.
#include "decode.h"
#include "sandbox.h"
#include "say.h"

static bool on_head(void *user, uint32_t rate_hz, uint32_t channels, uint64_t frames)
{
    (void)user;
    return say_head(rate_hz, channels, frames);
}

static bool on_samples(void *user, const float *samples, size_t count)
{
    (void)user;
    return say_samples(samples, count);
}

int main(int argc, char **argv)
{
    char why[200] = "";
    if (!sandbox_limits(argc, argv) || !sandbox_close())
        return say_story(ATT_UNSUPPORTED, "the system lets no limits be set on the program that reads sound");
    const att_status status = decode_sound(ATT_HELPER_FILE, &(decode_sink){on_head, on_samples, NULL}, why);
    if (status == ATT_CANCELLED)
        return 1;
    if (status)
        return say_story(status, "%s", why);
    return say_end() ? 0 : 1;
}
