// SPDX-License-Identifier: Apache-2.0
// apps/cli/music_files.c - the sound files that a command line names.
#include "music_files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { DEPTH_MOST = 16 };

static bool is_sound(const char *name)
{
    static const char *const endings[] = {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".w64", ".m4a", ".m4b", ".aac",
        ".wv", ".wma", ".ape", ".mka", ".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

static bool put(music_files *files, const char *path)
{
    if (files->count == files->capacity) {
        const size_t more = files->capacity ? 2 * files->capacity : 64;
        char **grown = realloc(files->paths, more * sizeof *grown);
        if (!grown)
            return false;
        files->paths = grown;
        files->capacity = more;
    }
    files->paths[files->count] = strdup(path);
    return files->paths[files->count] && ++files->count;
}

static bool is_link(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0 && S_ISLNK(about.st_mode);
}

static bool walk(music_files *files, const char *folder, int depth)
{
    struct dirent **entries;
    files->too_deep += depth >= DEPTH_MOST;
    const int count = depth < DEPTH_MOST ? scandir(folder, &entries, NULL, alphasort) : 0;
    bool fine = count >= 0;
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        struct stat about;
        // A folder behind a link is not entered: it may be one that this lies in.
        const bool fits = (size_t)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) < sizeof path;
        if (fine && fits && entries[i]->d_name[0] != '.' && stat(path, &about) == 0)
            fine = !S_ISDIR(about.st_mode) ? !is_sound(path) || put(files, path) : is_link(path) || walk(files, path, depth + 1);
        free(entries[i]);
    }
    if (count > 0)
        free(entries);
    return fine;
}

static bool add_argument(const cli *c, music_files *out, const char *argument)
{
    struct stat about;
    char path[PATH_MAX];
    const size_t deep = out->too_deep;
    snprintf(path, sizeof path, "%s", argument);
    for (size_t size = strlen(path); size > 1 && path[size - 1] == '/'; size--)
        path[size - 1] = 0;
    if (stat(path, &about) != 0 || !(S_ISDIR(about.st_mode) ? walk(out, path, 0) : put(out, path))) {
        fprintf(stderr, "attune %s: opening %s: %s\n", c->command->name, argument, strerror(errno));
        music_files_free(out);
        return false;
    }
    if (out->too_deep > deep)
        fprintf(stderr, "attune %s: %s: %s deeper than %d in it, passed over\n", c->command->name, argument,
            cli_count(out->too_deep - deep, "folder lies", "folders lie"), DEPTH_MOST);
    return true;
}

bool music_files_below(const cli *c, const char *folder, music_files *out)
{
    *out = (music_files){0};
    return add_argument(c, out, folder);
}

bool music_files_list(const cli *c, music_files *out)
{
    *out = (music_files){0};
    for (int i = 0; i < c->argument_count; i++)
        if (!add_argument(c, out, c->arguments[i]))
            return false;
    return true;
}

void music_files_free(music_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->paths[i]);
    free(files->paths);
    *files = (music_files){0};
}
