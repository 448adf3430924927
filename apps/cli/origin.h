// SPDX-License-Identifier: Apache-2.0
// apps/cli/origin.h - --provenance of commands that make or train something without a store: what went in, before; what came out, after.
#ifndef ATT_CLI_ORIGIN_H
#define ATT_CLI_ORIGIN_H

#include "lines.h"

// For a command's list of options.
#define CLI_ORIGIN_OPTIONS                                                                                                    \
    {"provenance", 0, "LOG", "enter what went in and what came out into this log of provenance; made if absent"},             \
    {"licence", 0, "NAME", "with --provenance: the licence of what goes in"},                                                 \
    {"inputs", 0, "FILE", "with --provenance: what goes in: name, tab, licence, and where so a tab and \"opted out\""}

// All zeros is one without --provenance, for which all below does nothing.
typedef struct cli_origin {
    const char *log; // NULL: not asked for
    att_provenance_material *materials;
    size_t count, capacity;
    cli_lines lines;
    att_release_input *inputs; // of lines.count
} cli_origin;

// Each gives 0, or the exit code: told. A file's name in the log is its path without `folder`; --inputs knows it by its path, by that
// name, by the last part of it, or by a folder that it lies in.
int cli_origin_open(cli *c, cli_origin *out);
int cli_origin_add(cli *c, cli_origin *o, const char *folder, const char *path);
// A model that something is made with: where the log has its entry, what it learned from stands there; else it is one more thing that
// goes in, of unknown licence. NULL: none.
int cli_origin_add_model(cli *c, cli_origin *o, const char *model);
// Hashed, entered, and refused when one is opted out.
int cli_origin_take(cli *c, cli_origin *o, const char *medium);
// `what`: of kind OUTPUT or MODEL, its subject, medium and note left out. What cannot be entered is removed.
int cli_origin_give(cli *c, const cli_origin *o, att_provenance_entry what, const char *medium, const char *path, const char *note);
// What made it, "attune music stretch 0.1.0"; or, where the log has the model that lies in `model` (may be NULL), its name.
const char *cli_origin_maker(cli *c, const cli_origin *o, const char *model, char out[ATT_PROVENANCE_NAME_SIZE_MAX + 1]);
void cli_origin_close(cli_origin *o);

#endif
