// SPDX-License-Identifier: Apache-2.0
// music/audio.c - sound in memory, from and to files.
#include "attune/audio.h"
#include "base/base.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <samplerate.h>
#include <sndfile.h>
#include <stdio.h>
#include <unistd.h>

enum { SECONDS_DEFAULT = 7200, BLOCK_FRAMES = 1 << 16 };

static att_status check_shape(size_t frames, uint32_t channels, uint32_t rate_hz, att_error *err)
{
    if (channels < 1 || channels > ATT_AUDIO_CHANNELS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "channels: found %u, expected 1 to %d", channels, ATT_AUDIO_CHANNELS_MAX);
    if (rate_hz < ATT_AUDIO_RATE_MIN_HZ || rate_hz > ATT_AUDIO_RATE_MAX_HZ)
        return ATT_FAIL(err, ATT_LIMIT, "sample rate: found %u Hz, expected %d to %d", rate_hz, ATT_AUDIO_RATE_MIN_HZ, ATT_AUDIO_RATE_MAX_HZ);
    if (frames > SIZE_MAX / sizeof(float) / channels)
        return ATT_FAIL(err, ATT_LIMIT, "frames: found %zu, more than memory has", frames);
    return ATT_OK;
}

att_status att_audio_init(att_audio *out, size_t frames, uint32_t channels, uint32_t rate_hz, const att_host *host, att_error *err)
{
    const att_status status = check_shape(frames, channels, rate_hz, err);
    *out = (att_audio){.frames = frames, .channels = channels, .rate_hz = rate_hz, .host = att_host_complete(host)};
    if (status)
        return status;
    out->samples = ATT_NEW_ARRAY(&out->host, float, frames * channels);
    return out->samples || !frames ? ATT_OK : att_no_memory(err, frames, "frames of sound");
}

void att_audio_deinit(att_audio *audio)
{
    if (audio->samples)
        ATT_FREE_ARRAY(&audio->host, audio->samples, audio->frames * audio->channels);
    *audio = (att_audio){0};
}

att_sound att_audio_view(const att_audio *audio)
{
    return (att_sound){audio->samples, audio->frames, audio->channels, audio->rate_hz};
}

void att_audio_mix(att_sound sound, float *out)
{
    for (size_t i = 0; i < sound.frames; i++) {
        float sum = 0;
        for (uint32_t c = 0; c < sound.channels; c++)
            sum += sound.samples[i * sound.channels + c];
        out[i] = sum / (float)sound.channels;
    }
}

att_status att_audio_resample(att_audio *out, att_sound sound, uint32_t rate_hz, const att_host *host, att_error *err)
{
    const double ratio = (double)rate_hz / sound.rate_hz;
    const size_t frames = (size_t)llround((double)sound.frames * ratio);
    att_status status = att_audio_init(out, frames, sound.channels, rate_hz, host, err);
    if (status || !frames)
        return status;
    int bad = 0;
    SRC_STATE *converter = src_new(SRC_SINC_FASTEST, (int)sound.channels, &bad);
    if (!converter)
        return att_audio_deinit(out), ATT_FAIL(err, ATT_NO_MEMORY, "sample rate: %s", src_strerror(bad));
    size_t in = 0, made = 0;
    while (!bad && made < frames) {
        const size_t most = LONG_MAX / 64;
        SRC_DATA d = {.data_in = sound.samples + in * sound.channels, .data_out = out->samples + made * sound.channels,
            .input_frames = (long)ATT_MIN(sound.frames - in, most), .output_frames = (long)ATT_MIN(frames - made, most), .src_ratio = ratio};
        d.end_of_input = (size_t)d.input_frames == sound.frames - in;
        bad = src_process(converter, &d);
        if (!bad && !d.input_frames_used && !d.output_frames_gen)
            break; // the rest is silence
        in += (size_t)d.input_frames_used;
        made += (size_t)d.output_frames_gen;
    }
    src_delete(converter);
    return bad ? att_audio_deinit(out), ATT_FAIL(err, ATT_INVALID, "sample rate: %s", src_strerror(bad)) : ATT_OK;
}

// --- Files ----------------------------------------------------------------------------------------------------

// What comes from a pipe or lies about its length is read until it ends.
static att_status read_all(att_audio *out, SNDFILE *file, size_t frames_max, const char *path, att_error *err)
{
    size_t capacity = 0, frames = 0;
    for (;;) {
        const size_t wanted = ATT_MIN(frames_max - frames, (size_t)BLOCK_FRAMES);
        if (frames + wanted > capacity) {
            const size_t more = ATT_MAX(frames + wanted, capacity + capacity / 2);
            float *grown = att_realloc(&out->host, out->samples, capacity * out->channels, more * out->channels, sizeof(float));
            if (!grown)
                return out->frames = capacity, att_no_memory(err, more, "frames of sound");
            out->samples = grown;
            capacity = more;
        }
        const sf_count_t got = wanted ? sf_readf_float(file, out->samples + frames * out->channels, (sf_count_t)wanted) : 0;
        frames += got > 0 ? (size_t)got : 0;
        if (got <= 0)
            break;
    }
    out->frames = capacity; // as allocated
    if (sf_error(file))
        return ATT_FAIL(err, ATT_INVALID, "%s: %s", path, sf_strerror(file));
    if (!frames)
        return ATT_FAIL(err, ATT_INVALID, "%s: no sound in it", path);
    for (size_t i = 0; i < frames * out->channels; i++)
        if (!isfinite(out->samples[i]))
            out->samples[i] = 0;
    float *fitted = att_realloc(&out->host, out->samples, capacity * out->channels, frames * out->channels, sizeof(float));
    out->samples = fitted ? fitted : out->samples;
    out->frames = fitted ? frames : out->frames;
    return fitted ? ATT_OK : att_no_memory(err, frames, "frames of sound");
}

static att_status convert(att_audio *out, const att_audio_read_options *options, att_error *err)
{
    att_status status = ATT_OK;
    if (options->mono && out->channels > 1) {
        att_audio mono;
        status = att_audio_init(&mono, out->frames, 1, out->rate_hz, &out->host, err);
        if (!status)
            att_audio_mix(att_audio_view(out), mono.samples);
        att_audio_deinit(out);
        *out = mono;
    }
    if (!status && options->rate_hz && options->rate_hz != out->rate_hz) {
        att_audio other;
        status = att_audio_resample(&other, att_audio_view(out), options->rate_hz, &out->host, err);
        att_audio_deinit(out);
        *out = other;
    }
    return status;
}

att_status att_audio_read(att_audio *out, const char *path, const att_audio_read_options *options, const att_host *host, att_error *err)
{
    const att_audio_read_options asked = options ? *options : (att_audio_read_options){0};
    const double seconds = asked.seconds_max > 0 ? asked.seconds_max : SECONDS_DEFAULT;
    SF_INFO info = {0};
    *out = (att_audio){.host = att_host_complete(host)};
    if (access(path, R_OK) != 0)
        return att_fail_errno(err, errno, "opening %s", path);
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    if (!file)
        return ATT_FAIL(err, ATT_INVALID, "%s: %s", path, sf_strerror(NULL));
    out->channels = (uint32_t)info.channels;
    out->rate_hz = (uint32_t)info.samplerate;
    att_status status = att_while(err, check_shape(0, out->channels, out->rate_hz, err), "%s", path);
    if (!status)
        status = read_all(out, file, (size_t)(seconds * out->rate_hz), path, err);
    sf_close(file);
    if (!status)
        status = att_while(err, convert(out, &asked, err), "%s", path);
    if (status)
        att_audio_deinit(out);
    return status;
}

static int format_of(const char *path, bool beyond)
{
    static const struct {
        const char *ending;
        int format;
    } known[] = {{".wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24}, {".flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_24}, {".ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS},
        {".mp3", 0x230000 | 0x0082}}; // SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, of libsndfile 1.1
    const size_t size = strlen(path);
    for (size_t i = 0; i < ATT_COUNT_OF(known); i++) {
        const size_t tail = strlen(known[i].ending);
        if (size > tail && strcmp(path + size - tail, known[i].ending) == 0)
            return i == 0 && beyond ? SF_FORMAT_WAV | SF_FORMAT_FLOAT : known[i].format;
    }
    return 0;
}

att_status att_audio_write(att_sound sound, const char *path, const att_host *host, att_error *err)
{
    (void)host;
    bool beyond = false;
    for (size_t i = 0; i < sound.frames * sound.channels; i++)
        beyond |= fabsf(sound.samples[i]) > 1;
    SF_INFO info = {.samplerate = (int)sound.rate_hz, .channels = (int)sound.channels, .format = format_of(path, beyond)};
    if (!info.format)
        return ATT_FAIL(err, ATT_INVALID, "%s: expected a name that ends in .wav, .flac, .ogg or .mp3", path);
    char part[PATH_MAX];
    if ((size_t)snprintf(part, sizeof part, "%s.part", path) >= sizeof part)
        return ATT_FAIL(err, ATT_LIMIT, "%s: the name is too long", path);
    SNDFILE *file = sf_open(part, SFM_WRITE, &info);
    if (!file)
        return ATT_FAIL(err, ATT_IO, "writing %s: %s", path, sf_strerror(NULL));
    sf_command(file, SFC_SET_CLIPPING, NULL, SF_TRUE);
    bool fine = true;
    for (size_t at = 0; fine && at < sound.frames; at += BLOCK_FRAMES) { // in blocks: the Vorbis encoder keeps a block on its stack
        const sf_count_t count = (sf_count_t)ATT_MIN(sound.frames - at, (size_t)BLOCK_FRAMES);
        fine = sf_writef_float(file, sound.samples + at * sound.channels, count) == count;
    }
    sf_write_sync(file);
    fine = sf_close(file) == 0 && fine;
    if (!fine || rename(part, path) != 0) {
        unlink(part);
        return ATT_FAIL(err, ATT_IO, "writing %s: %s", path, fine ? "it cannot take its name" : "the disk would not take it");
    }
    return ATT_OK;
}
