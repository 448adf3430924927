// SPDX-License-Identifier: Apache-2.0
// music/audio.c - sound in memory, from and to files. Foreign bytes are decoded elsewhere (music/source.h).
#include "attune/audio.h"
#include "base/base.h"
#include "music/sides.h"
#include "music/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <samplerate.h>
#include <sndfile.h>
#include <stdio.h>
#include <unistd.h>

enum { SECONDS_DEFAULT = 7200, BLOCK_FRAMES = 1 << 16, SAMPLES_MAX = 1 << 30 };

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

static void add_sides(att_sides *to, att_sound sound)
{
    for (size_t i = 0; sound.channels == 2 && i < sound.frames; i++)
        att_sides_add(to, sound.samples[2 * i], sound.samples[2 * i + 1]);
}

static void mix_difference(att_sound stereo, float *out)
{
    for (size_t i = 0; i < stereo.frames; i++)
        out[i] = (stereo.samples[2 * i] - stereo.samples[2 * i + 1]) / 2;
}

void att_audio_fold(att_sound sound, float *out)
{
    att_sides s = {0};
    add_sides(&s, sound);
    if (att_sides_cancel(&s))
        mix_difference(sound, out);
    else
        att_audio_mix(sound, out);
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

// Memory grows as sound comes, whatever the file claims.
static att_status grow(att_audio *out, size_t frames, att_error *err)
{
    if (frames > SAMPLES_MAX / out->channels)
        return ATT_FAIL(err, ATT_LIMIT, "more sound than %d million samples; ask for fewer seconds", SAMPLES_MAX / 1000000);
    float *grown = att_realloc(&out->host, out->samples, out->frames * out->channels, frames * out->channels, sizeof(float));
    if (!grown)
        return att_no_memory(err, frames, "frames of sound");
    out->samples = grown;
    out->frames = frames;
    return ATT_OK;
}

typedef enum fold {
    FOLD_NOT,
    FOLD_MEAN,
    FOLD_DIFFERENCE
} fold;

static att_status read_all(att_audio *out, att_source *source, fold how, att_sides *powers, size_t frames_max, att_error *err)
{
    const uint32_t channels = att_source_channels(source);
    float *block = ATT_NEW_ARRAY(&out->host, float, (size_t)BLOCK_FRAMES * channels);
    att_status status = block ? ATT_OK : att_no_memory(err, BLOCK_FRAMES, "frames of sound");
    size_t frames = 0, got = BLOCK_FRAMES;
    while (!status && got == BLOCK_FRAMES && frames < frames_max) {
        status = att_source_read(source, block, BLOCK_FRAMES, &got, err);
        got = ATT_MIN(got, frames_max - frames);
        if (!status && frames + got > out->frames)
            status = grow(out, ATT_MAX(frames + got, ATT_MIN(out->frames + out->frames / 2, SAMPLES_MAX / out->channels)), err);
        if (status || got == 0)
            break;
        const att_sound part = {block, got, channels, out->rate_hz};
        if (how == FOLD_MEAN)
            add_sides(powers, part);
        if (how == FOLD_DIFFERENCE)
            mix_difference(part, out->samples + frames);
        else if (how == FOLD_MEAN)
            att_audio_mix(part, out->samples + frames);
        else
            memcpy(out->samples + frames * channels, block, got * channels * sizeof(float));
        frames += got;
        got = frames == frames_max ? 0 : got;
    }
    ATT_FREE_ARRAY(&out->host, block, (size_t)BLOCK_FRAMES * channels);
    return !status && frames < out->frames ? grow(out, frames, err) : status;
}

static att_status count_all(att_audio_shape *out, att_source *source, uint64_t samples_max, const att_host *host, att_error *err)
{
    const size_t samples = (size_t)BLOCK_FRAMES * out->channels;
    float *block = ATT_NEW_ARRAY(host, float, samples);
    att_status status = block ? ATT_OK : att_no_memory(err, BLOCK_FRAMES, "frames of sound");
    for (size_t got = BLOCK_FRAMES; !status && got == BLOCK_FRAMES; out->frames += status ? 0 : got) {
        status = att_source_read(source, block, BLOCK_FRAMES, &got, err);
        if (!status && samples_max && out->frames + got > samples_max / out->channels)
            status = ATT_FAIL(err, ATT_LIMIT, "more sound than %llu samples in all channels", (unsigned long long)samples_max);
    }
    ATT_FREE_ARRAY(host, block, samples);
    return status;
}

att_status att_audio_measure(att_audio_shape *out, const char *path, uint64_t samples_max, const att_host *host, att_error *err)
{
    const att_host complete = att_host_complete(host);
    att_source *source;
    *out = (att_audio_shape){0};
    att_status status = att_source_open(&source, path, &complete, err);
    if (status)
        return status;
    out->rate_hz = att_source_rate_hz(source);
    out->channels = att_source_channels(source);
    status = count_all(out, source, samples_max, &complete, err);
    att_source_close(source);
    return !status && !out->frames ? ATT_FAIL(err, ATT_INVALID, "%s: no sound in it", path) : status;
}

static att_status read_file(att_audio *out, const char *path, fold how, att_sides *powers, double seconds, att_error *err)
{
    att_source *source;
    att_status status = att_source_open(&source, path, &out->host, err);
    if (status)
        return status;
    out->rate_hz = att_source_rate_hz(source);
    out->channels = how ? 1 : att_source_channels(source);
    status = read_all(out, source, how, powers, (size_t)fmin(ceil(seconds * out->rate_hz), SAMPLES_MAX), err);
    const uint64_t missing = att_source_missing(source);
    att_source_close(source);
    if (!status && out->frames == 0)
        status = ATT_FAIL(err, ATT_INVALID, "%s: no sound in it", path);
    if (!status && missing && how != FOLD_DIFFERENCE) // said once
        att_logf(&out->host, ATT_LOG_WARNING, "%s: the file ends after %.1f s; its head says %.1f s", path, (double)out->frames / out->rate_hz,
            (double)(out->frames + missing) / out->rate_hz);
    return status;
}

// To one channel it is read once more where the channels turn out to cancel each other: rare, and memory is that of one channel.
att_status att_audio_read(att_audio *out, const char *path, const att_audio_read_options *options, const att_host *host, att_error *err)
{
    const att_audio_read_options asked = options ? *options : (att_audio_read_options){0};
    const double seconds = asked.seconds_max > 0 ? asked.seconds_max : SECONDS_DEFAULT;
    att_sides powers = {0};
    *out = (att_audio){.host = att_host_complete(host)};
    att_status status = read_file(out, path, asked.mono ? FOLD_MEAN : FOLD_NOT, &powers, seconds, err);
    if (!status && asked.mono && att_sides_cancel(&powers)) {
        att_audio_deinit(out);
        *out = (att_audio){.host = att_host_complete(host)};
        status = read_file(out, path, FOLD_DIFFERENCE, &powers, seconds, err);
    }
    if (!status && asked.rate_hz && asked.rate_hz != out->rate_hz) {
        att_audio other;
        status = att_while(err, att_audio_resample(&other, att_audio_view(out), asked.rate_hz, &out->host, err), "%s", path);
        att_audio_deinit(out);
        *out = other;
    }
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

static att_status write_sound(att_sound sound, int descriptor, SF_INFO *info, const char *path, att_error *err)
{
    SNDFILE *file = sf_open_fd(descriptor, SFM_WRITE, info, SF_FALSE);
    if (!file)
        return ATT_FAIL(err, ATT_IO, "writing %s: %s", path, sf_strerror(NULL));
    sf_command(file, SFC_SET_CLIPPING, NULL, SF_TRUE);
    bool fine = true;
    for (size_t at = 0; fine && at < sound.frames; at += BLOCK_FRAMES) { // in blocks: the Vorbis encoder keeps a block on its stack
        const sf_count_t count = (sf_count_t)ATT_MIN(sound.frames - at, (size_t)BLOCK_FRAMES);
        fine = sf_writef_float(file, sound.samples + at * sound.channels, count) == count;
    }
    fine = sf_close(file) == 0 && fine;
    return fine ? ATT_OK : ATT_FAIL(err, ATT_IO, "writing %s: the disk would not take it", path);
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
    unlink(part); // of one who was killed
    const int descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); // new: nobody's link is followed
    if (descriptor < 0)
        return ATT_FAIL(err, ATT_IO, "writing %s: %s", path, strerror(errno));
    att_status status = write_sound(sound, descriptor, &info, path, err);
    if (!status && fsync(descriptor) != 0)
        status = ATT_FAIL(err, ATT_IO, "writing %s: %s", path, strerror(errno));
    if (close(descriptor) != 0 && !status)
        status = ATT_FAIL(err, ATT_IO, "writing %s: %s", path, strerror(errno));
    if (!status && rename(part, path) != 0)
        status = ATT_FAIL(err, ATT_IO, "writing %s: %s", path, strerror(errno));
    if (status)
        unlink(part);
    return status;
}
