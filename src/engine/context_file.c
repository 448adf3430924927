// SPDX-License-Identifier: Apache-2.0
// engine/context_file.c - what contexts lift, on disk: a "CTXT" snapshot.
//
// Sections: "TAGS" the names of the tags, each with a zero byte behind it, in the order of their numbers;
// "LIFT" the bytes of decide/context.h; "SKIP", where it was learned, those of decide/skips.h. Tags are found again by name, since a catalogue may number them anew.
#include "engine/internal.h"

#define CONTEXT_VERSION 1
#define KIND ATT_TAG4('C', 'T', 'X', 'T')
#define SECTION_TAGS ATT_TAG4('T', 'A', 'G', 'S')
#define SECTION_LIFT ATT_TAG4('L', 'I', 'F', 'T')
#define SECTION_SKIP ATT_TAG4('S', 'K', 'I', 'P')

att_status att_context_file_save(const att_context_model *model, const att_skips *skips, const att_names *tags, const char *path,
    const att_host *host, att_error *err)
{
    ATT_VEC(char) names = {0};
    const size_t total = att_context_tag_total(model), size = att_context_size(model);
    const size_t skips_size = skips ? att_skips_size(skips) : 0;
    unsigned char *lifts = att_alloc(host, size, 1), *skips_bytes = skips ? att_alloc(host, skips_size, 1) : NULL; // until it is written
    att_snapshot_writer *writer = NULL;
    att_status status = lifts && (skips_bytes || !skips) ? ATT_OK : att_no_memory(err, size + skips_size, "bytes of context");
    for (uint32_t t = 0; t < total && !status; t++) {
        const att_text name = att_names_get(tags, t);
        if (!ATT_VEC_RESERVE(host, &names, names.count + name.size + 1)) {
            status = att_no_memory(err, total, "tags");
        } else {
            if (name.size)
                memcpy(names.items + names.count, name.data, name.size);
            names.items[names.count + name.size] = 0;
            names.count += name.size + 1;
        }
    }
    if (!status) {
        att_context_save(model, lifts);
        status = att_snapshot_writer_create(&writer, KIND, CONTEXT_VERSION, host, err);
    }
    if (!status)
        status = att_snapshot_add(writer, SECTION_TAGS, names.items, names.count, err);
    if (!status)
        status = att_snapshot_add(writer, SECTION_LIFT, lifts, size, err);
    if (!status && skips) {
        att_skips_save(skips, skips_bytes);
        status = att_snapshot_add(writer, SECTION_SKIP, skips_bytes, skips_size, err);
    }
    if (!status)
        status = att_snapshot_finish(writer, path, err);
    att_snapshot_writer_destroy(writer);
    att_free(host, lifts, size, 1);
    att_free(host, skips_bytes, skips_size, 1);
    ATT_VEC_FREE(host, &names);
    return status;
}

// For each tag of the catalogue the number it had when the context was learned.
static att_status match_tags(att_serving *serving, const char *names, size_t size, const att_names *catalogue_tags,
    const char *path, const att_host *host, att_error *err)
{
    const size_t learned = att_context_tag_total(serving->context);
    serving->context_tag = ATT_NEW_ARRAY(host, uint32_t, catalogue_tags->count);
    if (!serving->context_tag)
        return att_no_memory(err, catalogue_tags->count, "tags");
    serving->context_tag_count = catalogue_tags->count;
    for (size_t t = 0; t < catalogue_tags->count; t++)
        serving->context_tag[t] = ATT_NO_INDEX;
    size_t at = 0;
    uint32_t number = 0;
    for (; at < size && number < learned; number++) {
        const char *end = memchr(names + at, 0, size - at);
        if (!end)
            break;
        const uint32_t tag = att_names_find(catalogue_tags, (att_text){names + at, (size_t)(end - names) - at});
        if (tag != ATT_NO_INDEX)
            serving->context_tag[tag] = number;
        at = (size_t)(end - names) + 1;
    }
    if (at != size || number != learned)
        return ATT_FAIL(err, ATT_CORRUPT, "%s: %u tag names for %zu tags", path, number, learned);
    return ATT_OK;
}

att_status att_context_file_load(att_serving *serving, const char *path, const att_names *catalogue_tags,
    const att_host *host, att_error *err)
{
    att_snapshot *snapshot = NULL;
    uint32_t version;
    size_t names_size = 0, lifts_size = 0;
    att_status status = att_snapshot_open(&snapshot, path, KIND, &version, host, err);
    if (!status && version != CONTEXT_VERSION)
        status = ATT_FAIL(err, ATT_VERSION, "%s has version %u, this build reads %d", path, version, CONTEXT_VERSION);
    const char *names = status ? NULL : att_snapshot_section(snapshot, SECTION_TAGS, &names_size);
    const unsigned char *lifts = status ? NULL : att_snapshot_section(snapshot, SECTION_LIFT, &lifts_size);
    if (!status && !lifts)
        status = ATT_FAIL(err, ATT_CORRUPT, "%s holds no lifts", path);
    if (!status)
        status = att_while(err, att_context_load(&serving->context, lifts, lifts_size, host, err), "%s", path);
    size_t skips_size = 0;
    const unsigned char *skips = status ? NULL : att_snapshot_section(snapshot, SECTION_SKIP, &skips_size);
    if (!status && skips)
        status = att_while(err, att_skips_load(&serving->skips, skips, skips_size, host, err), "%s", path);
    if (!status && serving->skips && serving->skips->tag_count != att_context_tag_total(serving->context))
        status = ATT_FAIL(err, ATT_CORRUPT, "%s: skips of %u tags, lifts of %zu", path, serving->skips->tag_count, att_context_tag_total(serving->context));
    if (!status)
        status = match_tags(serving, names, names ? names_size : 0, catalogue_tags, path, host, err);
    att_snapshot_close(snapshot);
    return status;
}
