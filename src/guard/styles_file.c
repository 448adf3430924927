// SPDX-License-Identifier: Apache-2.0
// guard/styles_file.c - works of named artists as a file: snapshot kind "STYL", version 1. docs/formats.md has the byte table.
#include "guard/styles.h"

#include <math.h>

enum { FILE_VERSION = 1 };

static const uint32_t head_tag = ATT_TAG4('H', 'E', 'A', 'D'), name_tag = ATT_TAG4('N', 'A', 'M', 'E'), work_tag = ATT_TAG4('W', 'O', 'R', 'K'),
                      number_tag = ATT_TAG4('N', 'U', 'M', 'S');

// --- Saving -------------------------------------------------------------------------------------------------------

// Names, each with a zero byte behind it.
static char *names_of(const att_styles *styles, size_t *size)
{
    *size = 0;
    for (size_t a = 0; a < styles->artists.count; a++)
        *size += styles->artists.items[a].name_size + (size_t)1;
    char *names = ATT_NEW_ARRAY(&styles->host, char, *size + 1), *to = names;
    for (size_t a = 0; names && a < styles->artists.count; a++) {
        memcpy(to, styles->artists.items[a].name, styles->artists.items[a].name_size + (size_t)1);
        to += styles->artists.items[a].name_size + (size_t)1;
    }
    return names;
}

att_status att_styles_save(const att_styles *styles, const char *path, att_error *err)
{
    const uint32_t head = (uint32_t)styles->dim;
    size_t size;
    char *names = names_of(styles, &size);
    att_snapshot_writer *writer = NULL;
    att_status status = names ? att_snapshot_writer_create(&writer, ATT_TAG4('S', 'T', 'Y', 'L'), FILE_VERSION, &styles->host, err)
                              : att_no_memory(err, size, "bytes of names");
    if (!status)
        status = att_snapshot_add(writer, head_tag, &head, sizeof head, err);
    if (!status)
        status = att_snapshot_add(writer, name_tag, names, size, err);
    if (!status)
        status = att_snapshot_add(writer, work_tag, styles->works.items, styles->works.count * sizeof *styles->works.items, err);
    if (!status)
        status = att_snapshot_add(writer, number_tag, styles->numbers.items, styles->numbers.count * sizeof *styles->numbers.items, err);
    if (!status)
        status = att_snapshot_finish(writer, path, err);
    att_snapshot_writer_destroy(writer);
    if (names)
        ATT_FREE_ARRAY(&styles->host, names, size + 1);
    return att_while(err, status, "saving the artists");
}

// --- Loading ------------------------------------------------------------------------------------------------------

static att_status corrupt(att_error *err, const char *what, size_t at)
{
    return ATT_FAIL(err, ATT_CORRUPT, "file of artists: %s at %zu is out of its range; build it again", what, at);
}

static att_status read_dim(const att_snapshot *snapshot, uint32_t version, uint32_t *dim, att_error *err)
{
    const void *data;
    size_t count;
    if (version != FILE_VERSION)
        return ATT_FAIL(err, ATT_VERSION, "file of artists of version %u; this build reads %d: build it again", version, FILE_VERSION);
    const att_status status = att_snapshot_need(snapshot, head_tag, sizeof *dim, &count, &data, err);
    if (status)
        return status;
    if (count != 1)
        return corrupt(err, "the head", count);
    memcpy(dim, data, sizeof *dim);
    return *dim ? ATT_OK : corrupt(err, "the dimension", 0);
}

// The names in their places, borrowed.
static att_status read_names(const att_snapshot *snapshot, const att_host *host, const char ***out, size_t *count, att_error *err)
{
    const void *data;
    size_t size;
    att_status status = att_snapshot_need(snapshot, name_tag, 1, &size, &data, err);
    const char *names = data;
    *count = 0;
    for (size_t i = 0; !status && i < size; i++)
        *count += names[i] == 0;
    if (!status && (*count > ATT_STYLE_WORKS_MAX || (size && names[size - 1])))
        status = corrupt(err, "a name", size);
    *out = status ? NULL : ATT_NEW_ARRAY(host, const char *, *count + 1);
    if (!status && !*out)
        status = att_no_memory(err, *count, "names");
    for (size_t i = 0, at = 0; !status && i < *count; i++) {
        (*out)[i] = names + at;
        at += strlen(names + at) + 1;
    }
    return status;
}

static att_status read_works(att_styles *styles, const att_snapshot *snapshot, const char *const *names, size_t name_count, att_error *err)
{
    const void *works = NULL, *numbers = NULL;
    size_t count = 0, number_count = 0;
    att_status status = att_snapshot_need(snapshot, work_tag, sizeof(uint32_t), &count, &works, err);
    if (!status)
        status = att_snapshot_need(snapshot, number_tag, sizeof(float), &number_count, &numbers, err);
    if (!status && (count > ATT_STYLE_WORKS_MAX || number_count != count * styles->dim))
        return corrupt(err, "the number of works", count);
    for (size_t w = 0; !status && w < count; w++) {
        const uint32_t artist = ((const uint32_t *)works)[w];
        if (artist >= name_count)
            return corrupt(err, "the artist of a work", w);
        status = att_styles_put(styles, names[artist], (const float *)numbers + w * styles->dim, err);
        if (status == ATT_INVALID || status == ATT_LIMIT)
            status = att_while(err, ATT_CORRUPT, "file of artists");
    }
    if (!status)
        att_styles_settle(styles);
    return status;
}

att_status att_styles_adopt(att_styles **out, att_snapshot *snapshot, uint32_t version, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    const char **names = NULL;
    size_t name_count = 0;
    uint32_t dim = 0;
    *out = NULL;
    att_status status = read_dim(snapshot, version, &dim, err);
    if (!status)
        status = read_names(snapshot, &full, &names, &name_count, err);
    if (!status) {
        status = att_styles_create(out, dim, host, err);
        status = status == ATT_LIMIT ? att_while(err, ATT_CORRUPT, "file of artists") : status;
    }
    if (!status)
        status = read_works(*out, snapshot, names, name_count, err);
    if (status) {
        att_styles_destroy(*out);
        *out = NULL;
    }
    if (names)
        ATT_FREE_ARRAY(&full, names, name_count + 1);
    att_snapshot_close(snapshot);
    return status;
}

att_status att_styles_load(att_styles **out, const char *path, const att_host *host, att_error *err)
{
    att_snapshot *snapshot = NULL;
    uint32_t version = 0;
    *out = NULL;
    att_status status = att_snapshot_open(&snapshot, path, ATT_TAG4('S', 'T', 'Y', 'L'), &version, host, err);
    if (!status)
        status = att_styles_adopt(out, snapshot, version, host, err);
    return att_while(err, status, "loading the artists %s", path);
}
