// SPDX-License-Identifier: Apache-2.0
// music/source.c - a file is opened once and handed to one helper program after another, until one can read it.
#include "music/source.h"

#include "music/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CPU_S = 600 }; // two hours of sound are decoded in less than a tenth of that

struct att_source {
    att_host host;
    att_helper *helper;
    uint64_t frames; // read so far
    bool ended;
};

static att_status open_file(int *out, const char *path, att_error *err)
{
    struct stat about;
    *out = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); // not to wait for who writes a FIFO
    if (*out < 0)
        return att_fail_errno(err, errno, "opening %s", path);
    att_status status = ATT_OK;
    if (fstat(*out, &about) != 0)
        status = att_fail_errno(err, errno, "looking at %s", path);
    else if (S_ISDIR(about.st_mode))
        status = ATT_FAIL(err, ATT_INVALID, "%s: a folder, expected a sound file", path);
    else if (!S_ISREG(about.st_mode))
        status = ATT_FAIL(err, ATT_INVALID, "%s: not a regular file", path);
    else if (about.st_size == 0)
        status = ATT_FAIL(err, ATT_INVALID, "%s: the file is empty", path);
    if (status)
        close(*out);
    return status;
}

// By its first bytes, a kind of file that libsndfile has no word for and FFmpeg has.
static bool ffmpeg_knows(int file)
{
    static const struct {
        uint8_t at, size;
        char bytes[5];
    } marks[] = {{4, 4, "ftyp"}, {0, 4, "\x1A\x45\xDF\xA3"}, {8, 4, "AVI "}, {0, 4, "\x30\x26\xB2\x75"}, {0, 4, "MAC "}, {0, 4, "wvpk"}, {0, 4, "ADIF"},
        {0, 2, "\xFF\xF1"}, {0, 2, "\xFF\xF9"}, {0, 4, "FLV\x01"}};
    char head[16] = {0};
    if (pread(file, head, sizeof head, 0) <= 0)
        return false;
    for (size_t i = 0; i < ATT_COUNT_OF(marks); i++)
        if (memcmp(head + marks[i].at, marks[i].bytes, marks[i].size) == 0)
            return true;
    return false;
}

// The first program that reads it. When none does, the first one's story is told: what a second one says of a file that is no
// sound at all helps nobody.
static att_status try_programs(att_source *source, int file, const char *path, att_error *err)
{
    static const struct {
        const char *name;
        uint64_t memory_bytes;
    } programs[] = {{"attune-audio", (uint64_t)512 << 20}, {"attune-audio-av", (uint64_t)1 << 30}};
    att_error first = {0}, other = {0}, *said = &first;
    att_status status = ATT_OK;
    for (size_t i = 0; i < ATT_COUNT_OF(programs); i++) {
        const att_helper_options options = {.name = programs[i].name, .what = path, .file = file, .memory_bytes = programs[i].memory_bytes, .cpu_s = CPU_S};
        if (lseek(file, 0, SEEK_SET) != 0)
            return att_fail_errno(err, errno, "reading %s", path);
        const att_status its = att_helper_start(&source->helper, &options, &source->host, said);
        if (its == ATT_OK)
            return ATT_OK;
        status = i == 0 ? its : status;
        if (i > 0 && its == ATT_UNSUPPORTED && ffmpeg_knows(file))
            return ATT_FAIL(err, ATT_UNSUPPORTED, "%s. MP4, Matroska, WMA and their like are read with FFmpeg: build with -Dav=enabled, where libavformat-dev, "
                "libavcodec-dev and libswresample-dev are installed", other.text);
        if (its != ATT_INVALID)
            break; // missing, cancelled, out of memory: another program would not help
        said = &other;
    }
    return ATT_FAIL(err, status, "%s", first.text);
}

att_status att_source_open(att_source **out, const char *path, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    int file;
    *out = NULL;
    att_status status = open_file(&file, path, err);
    if (status)
        return status;
    att_source *source = ATT_NEW_ARRAY(&full, att_source, 1);
    if (source) {
        source->host = full;
        status = try_programs(source, file, path, err);
    } else {
        status = att_no_memory(err, 1, "sound file");
    }
    close(file);
    if (status)
        att_source_close(source);
    else
        *out = source;
    return status;
}

void att_source_close(att_source *source)
{
    if (!source)
        return;
    const att_host host = source->host;
    att_helper_destroy(source->helper);
    ATT_FREE_ARRAY(&host, source, 1);
}

uint32_t att_source_rate_hz(const att_source *source)
{
    return att_helper_head_of(source->helper)->rate_hz;
}

uint32_t att_source_channels(const att_source *source)
{
    return att_helper_head_of(source->helper)->channels;
}

uint64_t att_source_frames(const att_source *source)
{
    return att_helper_head_of(source->helper)->frames;
}

uint64_t att_source_missing(const att_source *source)
{
    const uint64_t claimed = att_source_frames(source), there = source->frames;
    if (!source->ended || claimed <= there)
        return 0;
    const uint64_t missing = claimed - there;
    return missing > claimed / 100 && missing > att_source_rate_hz(source) / 4 ? missing : 0;
}

att_status att_source_read(att_source *source, float *out, size_t frames, size_t *got, att_error *err)
{
    const att_status status = att_helper_read(source->helper, out, frames, got, err);
    const size_t samples = *got * att_source_channels(source);
    source->frames += *got;
    source->ended = !status && *got < frames;
    for (size_t i = 0; i < samples; i++)
        out[i] = isfinite(out[i]) ? out[i] : 0;
    return status;
}
