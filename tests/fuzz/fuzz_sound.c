// SPDX-License-Identifier: Apache-2.0
// Whatever a sound file holds, the decoder gives whole frames of the shape that it told before, or a reason. It runs in the open
// here; in the product it is shut into a child process (apps/media).
#include "../../apps/media/decode.h"

#include "attune/audio.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// libsndfile and its codecs lose memory on some damaged files; the child process that it runs in ends with the file.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libsndfile\nleak:libvorbis\nleak:libFLAC\nleak:libmpg123\nleak:libopus";
}

enum { SAMPLES_MAX = 1 << 20 };

typedef struct heard {
    uint32_t channels;
    size_t samples;
} heard;

static void need(bool condition)
{
    if (!condition)
        abort();
}

static bool on_head(void *user, uint32_t rate_hz, uint32_t channels, uint64_t frames)
{
    heard *h = user;
    (void)frames;
    need(h->channels == 0 && channels >= 1 && channels <= ATT_AUDIO_CHANNELS_MAX && rate_hz >= ATT_AUDIO_RATE_MIN_HZ && rate_hz <= ATT_AUDIO_RATE_MAX_HZ);
    h->channels = channels;
    return true;
}

static bool on_samples(void *user, const float *samples, size_t count)
{
    heard *h = user;
    need(h->channels && samples && count > 0 && count % h->channels == 0);
    h->samples += count;
    return h->samples < SAMPLES_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heard h = {0};
    char why[200] = "";
    const int file = memfd_create("sound", MFD_CLOEXEC);
    if (file < 0 || write(file, data, size) != (ssize_t)size || lseek(file, 0, SEEK_SET) != 0)
        abort();
    const att_status status = decode_sound(file, &(decode_sink){on_head, on_samples, &h}, why);
    need(status == ATT_OK ? h.samples > 0 : status == ATT_CANCELLED || why[0] != 0);
    close(file);
    return 0;
}
