// SPDX-License-Identifier: Apache-2.0
// apps/cli/lines.h - text files that a command line names: a line at a time, as lists, as a table of what something was made from.
#ifndef ATT_CLI_LINES_H
#define ATT_CLI_LINES_H

#include "cli.h"

#include <sys/types.h>

// As getline, with at most `most` bytes held: of a longer line the size is most + 1 and the text its beginning; the rest is passed over.
ssize_t cli_getline(char **line, size_t *capacity, size_t most, FILE *file);

typedef struct cli_lines {
    char **items;
    size_t count;
} cli_lines;

// Without empty lines and those that begin with #. 0, or the exit code: told.
int cli_lines_read(const cli *c, const char *path, cli_lines *out);
void cli_lines_free(cli_lines *lines); // blank is fine

// "name", tab, "licence", and perhaps a tab and "opted out", in each line. The array is the caller's to free, its texts are of `lines`.
int cli_inputs_read(const cli *c, const char *path, cli_lines *lines, att_release_input **out);

#endif
