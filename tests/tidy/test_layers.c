// SPDX-License-Identifier: Apache-2.0
// The house stands: a room includes only its own headers and those of rooms above it in src/LAYERS, and the
// apps see include/attune alone.
#include "check.h"

#include <dirent.h>
#include <sys/stat.h>

#ifndef ATT_SOURCE_ROOT
#error "ATT_SOURCE_ROOT is the checkout"
#endif

typedef struct room {
    char name[32];
    int layer;
} room;

static room rooms[64];
static int room_count, includes_seen, files_seen, breaches;

static int layer_of(const char *name, size_t size)
{
    for (int i = 0; i < room_count; i++)
        if (strlen(rooms[i].name) == size && memcmp(rooms[i].name, name, size) == 0)
            return rooms[i].layer;
    return -1;
}

static void read_layers(void)
{
    FILE *file = fopen(ATT_SOURCE_ROOT "/src/LAYERS", "r");
    CHECK(file != NULL);
    char line[256];
    int layer = 0;
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        char *rest = line;
        for (char *word; (word = strtok_r(rest, " \n", &rest));) {
            CHECK(room_count < 64);
            snprintf(rooms[room_count].name, sizeof rooms[0].name, "%s", word);
            rooms[room_count++].layer = layer;
        }
        layer++;
    }
    fclose(file);
}

static void check_file(const char *path, const char *room_name, bool app)
{
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    files_seen++;
    char line[1024];
    for (int number = 1; fgets(line, sizeof line, file); number++) {
        const char *start = strstr(line, "#include \"");
        if (!start)
            continue;
        start += strlen("#include \"");
        const char *slash = strchr(start, '/');
        if (!slash)
            continue;
        includes_seen++;
        const size_t size = (size_t)(slash - start);
        if (size == 6 && memcmp(start, "attune", 6) == 0)
            continue;
        const int target = layer_of(start, size), own = layer_of(room_name, strlen(room_name));
        const bool same = strlen(room_name) == size && memcmp(start, room_name, size) == 0;
        if (app ? target >= 0 : (target < 0 || (!same && target >= own))) {
            print_error("%s:%d: %s may not look at %.*s\n", path, number, room_name, (int)size, start);
            breaches++;
        }
    }
    fclose(file);
}

static void check_tree(const char *folder, const char *room_name, bool app)
{
    DIR *dir = opendir(folder);
    CHECK(dir != NULL);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        struct stat status;
        CHECK_EQ(stat(path, &status), 0);
        if (S_ISDIR(status.st_mode))
            check_tree(path, room_name[0] ? room_name : entry->d_name, app);
        else if (room_name[0]) {
            const char *dot = strrchr(entry->d_name, '.');
            if (dot && (strcmp(dot, ".c") == 0 || strcmp(dot, ".h") == 0))
                check_file(path, room_name, app);
        }
    }
    closedir(dir);
}

CHECK_TEST(rooms_look_up_never_down)
{
    CHECK_BEGIN();
    read_layers();
    check_tree(ATT_SOURCE_ROOT "/src", "", false);
    check_tree(ATT_SOURCE_ROOT "/apps", "apps", true);
    CHECK(files_seen > 5 && includes_seen > 5);
    CHECK_EQ(breaches, 0);
}

CHECK_MAIN(CHECK_CASE(rooms_look_up_never_down))
