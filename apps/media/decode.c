// SPDX-License-Identifier: Apache-2.0
// apps/media/decode.c - libsndfile: WAV, AIFF, FLAC, Ogg, Opus, MP3 and some twenty more.
#include "decode.h"

#include "attune/audio.h"

#include <sndfile.h>
#include <stdio.h>
#include <unistd.h>

static att_status decode(SNDFILE *file, const SF_INFO *info, const decode_sink *sink, char why[200])
{
    static float samples[1 << 16];
    if (info->channels < 1 || info->channels > ATT_AUDIO_CHANNELS_MAX) {
        snprintf(why, 200, "channels: found %d, expected 1 to %d", info->channels, ATT_AUDIO_CHANNELS_MAX);
        return ATT_LIMIT;
    }
    if (info->samplerate < ATT_AUDIO_RATE_MIN_HZ || info->samplerate > ATT_AUDIO_RATE_MAX_HZ) {
        snprintf(why, 200, "sample rate: found %d Hz, expected %d to %d", info->samplerate, ATT_AUDIO_RATE_MIN_HZ, ATT_AUDIO_RATE_MAX_HZ);
        return ATT_LIMIT;
    }
    const sf_count_t block = (sf_count_t)(sizeof samples / sizeof samples[0] / (size_t)info->channels);
    sf_count_t got, all = 0;
    if (!sink->head(sink->user, (uint32_t)info->samplerate, (uint32_t)info->channels, info->frames > 0 ? (uint64_t)info->frames : 0))
        return ATT_CANCELLED;
    while ((got = sf_readf_float(file, samples, block)) > 0 && got <= block) {
        all += got;
        if (!sink->samples(sink->user, samples, (size_t)(got * info->channels)))
            return ATT_CANCELLED;
    }
    if (sf_error(file))
        snprintf(why, 200, "after %lld frames: %s", (long long)all, sf_strerror(file));
    else if (all == 0)
        snprintf(why, 200, "no sound in it");
    else
        return ATT_OK;
    return ATT_INVALID;
}

att_status decode_sound(int descriptor, const decode_sink *sink, char why[200])
{
    SF_INFO info = {0};
    SNDFILE *file = sf_open_fd(descriptor, SFM_READ, &info, 0);
    if (!file) {
        snprintf(why, 200, "%s", sf_strerror(NULL));
        return ATT_INVALID;
    }
    const att_status status = decode(file, &info, sink, why);
    sf_close(file);
    return status;
}
