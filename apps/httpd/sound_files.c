// SPDX-License-Identifier: Apache-2.0
// httpd/sound_files.c - bytes of the store as files for the library, and files of the library as bytes of the store.
#include "sounds.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static att_status say(att_error *err, att_status status, const char *format, ...) ATT_PRINTF(3, 4);
static att_status say(att_error *err, att_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err->status = status;
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return status;
}

// --- Lending ------------------------------------------------------------------------------------------------------

static bool write_all(int file, const char *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        const ssize_t put = write(file, data + at, size - at);
        if (put < 0 && errno != EINTR)
            return false;
        at += put > 0 ? (size_t)put : 0;
    }
    return true;
}

att_status httpd_sound_lend(sound_file *out, const void *data, size_t size, att_error *err)
{
    *out = (sound_file){0};
    const int file = memfd_create("attune-sound", MFD_CLOEXEC);
    if (file < 0)
        return say(err, ATT_NO_MEMORY, "memory for a sound: %s", strerror(errno));
    if (!write_all(file, data, size)) {
        close(file);
        return say(err, ATT_NO_MEMORY, "memory ran out for a sound of %zu bytes", size);
    }
    out->file = file;
    snprintf(out->path, sizeof out->path, "/proc/self/fd/%d", file);
    return ATT_OK;
}

typedef struct lending {
    sound_file *out;
    att_status status;
    att_error *err;
} lending;

static void lend_asset(void *user, const void *data, size_t size)
{
    lending *l = user;
    l->status = httpd_sound_lend(l->out, data, size, l->err);
}

att_status httpd_sound_open(sound_file *out, att_engine *engine, att_text hash, att_error *err)
{
    lending l = {out, ATT_OK, err};
    *out = (sound_file){0};
    const att_status status = att_engine_asset_see(engine, hash, lend_asset, &l, err);
    if (status == ATT_NOT_FOUND || status == ATT_INVALID)
        return say(err, ATT_NOT_FOUND, "there is no sound \"%.*s\"", (int)(hash.size < 64 ? hash.size : 64), hash.data);
    return status ? status : l.status;
}

att_status httpd_sound_close(sound_file *f, att_status status, att_error *err)
{
    char *at = f->file && status ? strstr(err->text, f->path) : NULL;
    if (at) {
        char rest[sizeof err->text];
        snprintf(rest, sizeof rest, "%s", at + strlen(f->path));
        snprintf(at, sizeof err->text - (size_t)(at - err->text), "the sound%s", rest);
    }
    if (f->file)
        close(f->file);
    *f = (sound_file){0};
    return status;
}

// --- What it is ---------------------------------------------------------------------------------------------------

const char *httpd_sound_type(const void *data, size_t size)
{
    static const struct {
        const char *first, *type;
    } known[] = {{"RIFF", "audio/wav"}, {"fLaC", "audio/flac"}, {"OggS", "audio/ogg"}, {"ID3", "audio/mpeg"}, {"\xff\xfb", "audio/mpeg"}, {"MThd", "audio/midi"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (size >= strlen(known[i].first) && memcmp(data, known[i].first, strlen(known[i].first)) == 0)
            return known[i].type;
    return "application/octet-stream";
}

att_status httpd_sound_measure(sound_about *out, const void *data, size_t size, const att_host *host, att_error *err)
{
    sound_file f;
    *out = (sound_about){.size = size, .type = httpd_sound_type(data, size)};
    att_status status = httpd_sound_lend(&f, data, size, err);
    if (!status)
        status = att_audio_measure(&out->shape, f.path, HTTPD_SOUND_SAMPLES_MAX, host, err);
    return httpd_sound_close(&f, status, err);
}

void httpd_write_sound(httpd_out *o, const sound_about *s)
{
    out_key_string(o, "sound", s->hash);
    out_key_number(o, "seconds", s->shape.rate_hz ? (double)s->shape.frames / s->shape.rate_hz : 0);
    out_key_whole(o, "rate_hz", s->shape.rate_hz);
    out_key_whole(o, "channels", s->shape.channels);
    out_key_whole(o, "size", s->size);
    out_key_string(o, "media_type", s->type);
}

// --- Keeping ------------------------------------------------------------------------------------------------------

att_status httpd_sound_keep_file(sound_about *out, att_engine *engine, const char *path, att_error *err)
{
    FILE *file = fopen(path, "rb");
    struct stat about;
    if (!file || fstat(fileno(file), &about) != 0) {
        if (file)
            fclose(file);
        return say(err, ATT_IO, "reading what was made: %s", strerror(errno));
    }
    out->size = (size_t)about.st_size;
    char *data = malloc(out->size + 1);
    att_status status = data ? ATT_OK : say(err, ATT_NO_MEMORY, "memory ran out for a sound of %zu bytes", out->size);
    if (!status && fread(data, 1, out->size, file) != out->size)
        status = say(err, ATT_IO, "reading what was made: fewer bytes than were written");
    fclose(file);
    if (!status) {
        out->type = httpd_sound_type(data, out->size);
        status = att_engine_asset_add(engine, data, out->size, att_text_of(out->type), out->hash, err);
    }
    free(data);
    return status;
}

att_status httpd_sound_folder(char out[HTTPD_FOLDER_SIZE], att_error *err)
{
    const char *temporary = getenv("TMPDIR");
    if (snprintf(out, HTTPD_FOLDER_SIZE, "%s/attune-sound-XXXXXX", temporary && *temporary ? temporary : "/tmp") >= HTTPD_FOLDER_SIZE)
        return say(err, ATT_LIMIT, "the path of the temporary folder is too long");
    return mkdtemp(out) ? ATT_OK : say(err, ATT_IO, "making a temporary folder: %s", strerror(errno));
}

att_status httpd_sound_keep(sound_about *out, att_engine *engine, att_sound sound, const char *format, const att_host *host, att_error *err)
{
    char folder[HTTPD_FOLDER_SIZE], path[PATH_MAX];
    *out = (sound_about){.shape = {sound.frames, sound.channels, sound.rate_hz}};
    att_status status = httpd_sound_folder(folder, err);
    if (status)
        return status;
    snprintf(path, sizeof path, "%s/made.%s", folder, format);
    status = att_audio_write(sound, path, host, err);
    if (!status)
        status = httpd_sound_keep_file(out, engine, path, err);
    unlink(path);
    rmdir(folder);
    return status;
}
