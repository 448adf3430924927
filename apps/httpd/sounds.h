// SPDX-License-Identifier: Apache-2.0
// httpd/sounds.h - sounds of a tenant: bytes in its store that are lent to the library as files, and what it makes of them.
//
// The library reads and writes sound by path. What is read lies in memory under a path of this process alone (memfd), what is written
// in a folder of its own that is gone before the call returns. Foreign bytes are decoded in the library's limited child process.
#ifndef ATT_HTTPD_SOUNDS_H
#define ATT_HTTPD_SOUNDS_H

#include "routes.h"

#define HTTPD_SOUND_SAMPLES_MAX ((uint64_t)120 << 20) // frames times channels: 21 minutes of stereo at 48 kHz

// Bytes under a path.
typedef struct sound_file {
    int file; // 0: none
    char path[40];
} sound_file;

att_status httpd_sound_lend(sound_file *out, const void *data, size_t size, att_error *err);
// The sound of this hash in the tenant's store. ATT_NOT_FOUND: none, or the hash is no hash.
att_status httpd_sound_open(sound_file *out, att_engine *engine, att_text hash, att_error *err);
// A story that names the path names "the sound" afterwards. Returns the status; all zero is fine.
att_status httpd_sound_close(sound_file *f, att_status status, att_error *err);

typedef struct sound_about {
    char hash[65];
    att_audio_shape shape;
    size_t size;
    const char *type;
} sound_about;

// Audio types by the first bytes; otherwise "application/octet-stream".
const char *httpd_sound_type(const void *data, size_t size);
// ATT_INVALID: no sound; ATT_LIMIT: too much of it.
att_status httpd_sound_measure(sound_about *out, const void *data, size_t size, const att_host *host, att_error *err);
// A new folder that nobody else sees, for files that the library reads or writes by path; whoever made it empties and removes it.
enum { HTTPD_FOLDER_SIZE = 1024 };
att_status httpd_sound_folder(char out[HTTPD_FOLDER_SIZE], att_error *err);
att_status httpd_sound_keep_file(sound_about *out, att_engine *engine, const char *path, att_error *err); // its bytes, into the store; `shape` is left alone
// Written as "flac", "wav" or "ogg" and kept in the store.
att_status httpd_sound_keep(sound_about *out, att_engine *engine, att_sound sound, const char *format, const att_host *host, att_error *err);
void httpd_write_sound(httpd_out *o, const sound_about *s); // keys of an open object

#endif
