// SPDX-License-Identifier: Apache-2.0
// apps/cli/lines.c - lines of text files, with a limit before memory is taken.
#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 100000, LINE_SIZE_MAX = 2048 };

// --- One line -------------------------------------------------------------------------------------------------

static bool has_room(char **line, size_t *capacity, size_t size)
{
    if (size < *capacity)
        return true;
    const size_t more = *capacity ? 2 * *capacity : 256;
    char *grown = realloc(*line, more);
    if (!grown)
        return false;
    *line = grown;
    *capacity = more;
    return true;
}

ssize_t cli_getline(char **line, size_t *capacity, size_t most, FILE *file)
{
    size_t size = 0;
    int byte = 0;
    flockfile(file);
    while (byte != '\n' && (byte = getc_unlocked(file)) != EOF) {
        if (size == most)
            size = most + 1;
        else if (size < most && !has_room(line, capacity, size + 1)) {
            funlockfile(file);
            return -1;
        } else if (size < most)
            (*line)[size++] = (char)byte;
    }
    funlockfile(file);
    if (size == 0)
        return -1;
    (*line)[size < most ? size : most] = 0;
    return (ssize_t)size;
}

// --- Lists ----------------------------------------------------------------------------------------------------

void cli_lines_free(cli_lines *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->items[i]);
    free(l->items);
    *l = (cli_lines){0};
}

static int bad_line(const cli *c, const char *path, size_t line, const char *expected)
{
    fprintf(stderr, "attune %s: %s:%zu: expected %s\n", c->command->name, path, line, expected);
    return 65;
}

int cli_lines_read(const cli *c, const char *path, cli_lines *out)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t capacity = 0, number = 0;
    int code = 0;
    *out = (cli_lines){0};
    if (!file) {
        fprintf(stderr, "attune %s: opening %s: %s\n", c->command->name, path, strerror(errno));
        return errno == ENOENT ? 66 : 74;
    }
    out->items = calloc(LINES_MAX, sizeof *out->items);
    for (ssize_t size; !code && out->items && (size = cli_getline(&line, &capacity, LINE_SIZE_MAX + 2, file)) >= 0;) {
        number++;
        while (size > 0 && size <= LINE_SIZE_MAX + 2 && strchr("\r\n \t", line[size - 1]))
            line[--size] = 0;
        if (size == 0 || line[0] == '#')
            continue;
        if (size > LINE_SIZE_MAX || memchr(line, 0, (size_t)size) || out->count == LINES_MAX)
            code = bad_line(c, path, number, "text of at most 2048 bytes, in at most 100000 lines");
        else if ((out->items[out->count] = strdup(line)))
            out->count++;
        else
            code = 71;
    }
    free(line);
    if (!code && ferror(file)) { // a list that was read in part would let out what the rest forbids
        fprintf(stderr, "attune %s: reading %s: %s\n", c->command->name, path, strerror(errno));
        code = 74;
    }
    fclose(file);
    return out->items ? code : 71;
}

// The lines are cut up.
int cli_inputs_read(const cli *c, const char *path, cli_lines *l, att_release_input **out)
{
    int code = cli_lines_read(c, path, l);
    *out = code ? NULL : calloc(l->count + 1, sizeof **out);
    for (size_t i = 0; !code && *out && i < l->count; i++) {
        char *licence = strchr(l->items[i], '\t'), *sign = licence ? strchr(licence + 1, '\t') : NULL;
        if (licence)
            *licence++ = 0;
        if (sign)
            *sign++ = 0;
        (*out)[i] = (att_release_input){l->items[i], licence, sign && strcmp(sign, "opted out") == 0};
        if (sign && !(*out)[i].opted_out)
            code = bad_line(c, path, i + 1, "name, licence and \"opted out\", with tabs between");
    }
    return code || *out ? code : 71;
}
