// SPDX-License-Identifier: Apache-2.0
// apps/cli/origin.c - what a command took in and gave out, into a log of provenance.
#include "origin.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// --- What goes in ---------------------------------------------------------------------------------------------

int cli_origin_open(cli *c, cli_origin *out)
{
    const char *inputs = cli_get(c, "inputs");
    *out = (cli_origin){.log = cli_get(c, "provenance")};
    if (!out->log && (inputs || cli_get(c, "licence")))
        return cli_usage(c, "--licence and --inputs are for --provenance LOG");
    return inputs ? cli_inputs_read(c, inputs, &out->lines, &out->inputs) : 0;
}

static bool is_or_lies_in(const char *path, const char *said)
{
    const size_t size = strlen(said);
    return size && strncmp(said, path, size) == 0 && (!path[size] || path[size] == '/');
}

static bool is_named(const char *said, const char *path, const char *name)
{
    return is_or_lies_in(path, said) || is_or_lies_in(name, said) || strcmp(said, last_part(name)) == 0;
}

static bool add(cli_origin *o, att_provenance_material material)
{
    if (o->count == o->capacity) {
        const size_t more = o->capacity ? 2 * o->capacity : 16;
        att_provenance_material *grown = realloc(o->materials, more * sizeof *grown);
        if (!grown)
            return false;
        o->materials = grown;
        o->capacity = more;
    }
    o->materials[o->count] = material;
    o->materials[o->count].file = strdup(material.file);
    return o->materials[o->count].file && ++o->count;
}

int cli_origin_add(cli *c, cli_origin *o, const char *folder, const char *path)
{
    if (!o->log)
        return 0;
    if (!add(o, (att_provenance_material){.file = path, .licence = att_text_of(cli_get(c, "licence") ? cli_get(c, "licence") : "")}))
        return cli_fail(c, ATT_NO_MEMORY, NULL);
    att_provenance_material *m = &o->materials[o->count - 1];
    const size_t before = folder ? strlen(folder) : 0;
    const char *name = folder && strncmp(m->file, folder, before) == 0 ? m->file + before : last_part(m->file);
    while (*name == '/')
        name++;
    const size_t size = strlen(name);
    m->name = att_text_of(size > ATT_PROVENANCE_NAME_SIZE_MAX ? name + size - ATT_PROVENANCE_NAME_SIZE_MAX : name);
    for (size_t i = 0; i < o->lines.count; i++) {
        if (!is_named(o->inputs[i].name, m->file, name))
            continue;
        m->told = true;
        m->opted_out |= o->inputs[i].opted_out; // said once is enough
        if (o->inputs[i].licence && *o->inputs[i].licence)
            m->licence = att_text_of(o->inputs[i].licence);
    }
    return 0;
}

int cli_origin_take(cli *c, cli_origin *o, const char *medium)
{
    att_error err = {0};
    if (!o->log)
        return 0;
    const att_status status = att_provenance_take(o->log, att_text_of(medium), o->materials, o->count, &c->host, &err);
    return status ? cli_fail(c, status, &err) : 0;
}

// --- Models that the log has ----------------------------------------------------------------------------------

typedef struct search {
    att_hash content;
    char *name; // "" until it is found
} search;

static bool see_model(void *user, const att_provenance_entry *entry, att_text line)
{
    search *s = user;
    (void)line;
    if (entry->kind == ATT_PROVENANCE_MODEL && memcmp(entry->content.bytes, s->content.bytes, ATT_HASH_SIZE) == 0)
        snprintf(s->name, ATT_PROVENANCE_NAME_SIZE_MAX + 1, "%.*s", (int)entry->subject.size, entry->subject.data);
    return true;
}

// A log that cannot be read is told when it is written.
static bool find_model(const cli *c, const cli_origin *o, const char *model, char out[ATT_PROVENANCE_NAME_SIZE_MAX + 1])
{
    search s = {.name = out};
    *out = 0;
    if (o->log && access(o->log, F_OK) == 0 && att_hash_file(model, &s.content, NULL) == ATT_OK)
        (void)!att_provenance_each(o->log, NULL, 0, &c->host, see_model, &s, NULL);
    return *out;
}

int cli_origin_add_model(cli *c, cli_origin *o, const char *model)
{
    char name[ATT_PROVENANCE_NAME_SIZE_MAX + 1];
    return !model || find_model(c, o, model, name) ? 0 : cli_origin_add(c, o, NULL, model);
}

const char *cli_origin_maker(cli *c, const cli_origin *o, const char *model, char out[ATT_PROVENANCE_NAME_SIZE_MAX + 1])
{
    if (!model || !find_model(c, o, model, out))
        snprintf(out, ATT_PROVENANCE_NAME_SIZE_MAX + 1, "attune %s %s", c->command->name, att_version());
    return out;
}

// --- What comes out -------------------------------------------------------------------------------------------

int cli_origin_give(cli *c, const cli_origin *o, att_provenance_entry what, const char *medium, const char *path, const char *note)
{
    att_error err = {0};
    const char *name = last_part(path);
    const size_t size = strlen(name);
    if (!o->log)
        return 0;
    what.subject = att_text_of(size > ATT_PROVENANCE_NAME_SIZE_MAX ? name + size - ATT_PROVENANCE_NAME_SIZE_MAX : name);
    what.medium = att_text_of(medium);
    what.note = att_text_of(note);
    const att_status status = att_provenance_give(o->log, &what, path, o->materials, o->count, &c->host, &err);
    if (status)
        unlink(path); // nothing is made without its entry
    return status ? cli_fail(c, status, &err) : 0;
}

void cli_origin_close(cli_origin *o)
{
    for (size_t i = 0; i < o->count; i++)
        free((char *)(uintptr_t)o->materials[i].file);
    free(o->materials);
    free(o->inputs);
    cli_lines_free(&o->lines);
    *o = (cli_origin){0};
}
