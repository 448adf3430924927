// SPDX-License-Identifier: Apache-2.0
// apps/media/decode.c - libsndfile: WAV, AIFF, FLAC, Ogg, Opus, MP3 and some twenty more.
#include "decode.h"

#include "attune/audio.h"

#include <sndfile.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Whether the head of an MPEG stream says how many frames follow; without that a length would be a guess from the first of them.
static bool has_mpeg_length(int descriptor)
{
    static char bytes[1 << 16];
    const ssize_t n = read(descriptor, bytes, sizeof bytes);
    const size_t size = n > 0 ? (size_t)n : 0;
    return lseek(descriptor, 0, SEEK_SET) == 0 && (memmem(bytes, size, "Xing", 4) || memmem(bytes, size, "Info", 4) || memmem(bytes, size, "VBRI", 4));
}

// Frames as the file claims, 0: it does not. Of a file that was cut off libsndfile counts what is there, and notes down what should be.
static uint64_t claimed_frames(SNDFILE *file, const SF_INFO *info, bool mpeg_length)
{
    static char notes[4096];
    if (info->frames <= 0 || ((info->format & SF_FORMAT_TYPEMASK) == SF_FORMAT_MPEG && !mpeg_length))
        return 0;
    const int size = sf_command(file, SFC_GET_LOG_INFO, notes, sizeof notes);
    notes[size > 0 && size < (int)sizeof notes ? size : (int)sizeof notes - 1] = '\0';
    for (const char *line = notes; (line = strpbrk(line, "dS")) != NULL; line++) {
        unsigned long long claimed, there;
        if ((sscanf(line, "data : %llu (should be %llu)", &claimed, &there) == 2 || sscanf(line, "SSND : %llu (should be %llu)", &claimed, &there) == 2) &&
            there > 0 && claimed > there && claimed < 0x7fff0000) // more is what a stream says whose end was not known
            return (uint64_t)((double)info->frames * ((double)claimed / (double)there));
    }
    return (uint64_t)info->frames;
}

static att_status decode(SNDFILE *file, const SF_INFO *info, uint64_t claimed, const decode_sink *sink, char why[200])
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
    int bad = 0; // the next call forgets what was wrong in one
    if (!sink->head(sink->user, (uint32_t)info->samplerate, (uint32_t)info->channels, claimed))
        return ATT_CANCELLED;
    while (!bad && (got = sf_readf_float(file, samples, block)) > 0 && got <= block) {
        all += got;
        bad = sf_error(file);
        if (!sink->samples(sink->user, samples, (size_t)(got * info->channels)))
            return ATT_CANCELLED;
    }
    bad = bad ? bad : sf_error(file);
    // What was cut off ends where it ends: the head has said how long it should be.
    if (bad && (all == 0 || (uint64_t)all >= claimed))
        snprintf(why, 200, "after %lld frames: %s", (long long)all, sf_error_number(bad));
    else if (all == 0)
        snprintf(why, 200, "no sound in it");
    else
        return ATT_OK;
    return ATT_INVALID;
}

att_status decode_sound(int descriptor, const decode_sink *sink, char why[200])
{
    SF_INFO info = {0};
    const bool mpeg_length = has_mpeg_length(descriptor);
    SNDFILE *file = sf_open_fd(descriptor, SFM_READ, &info, 0);
    if (!file) {
        snprintf(why, 200, "%s", sf_strerror(NULL));
        return ATT_INVALID;
    }
    const att_status status = decode(file, &info, claimed_frames(file, &info, mpeg_length), sink, why);
    sf_close(file);
    return status;
}
