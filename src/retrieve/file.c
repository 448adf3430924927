// SPDX-License-Identifier: Apache-2.0
// retrieve/file.c - an index as a file: snapshot kind "INDX", version 2. docs/index.md has the byte
// table.
//
// The columns are used where they are mapped, so everything that a walk trusts is checked before:
// that links, blocks and ids stay in their ranges, and that numbers are finite.
#include "retrieve/file.h"

#include <math.h>

enum { FILE_VERSION = 2 }; // 1: codes were not turned

// Section HEAD.
typedef struct head {
    uint32_t dim, form, links, build_width;
    uint64_t seed;
    uint32_t slot_count, live_count;
    uint64_t entry;
    uint64_t upper_count;
} head;
_Static_assert(sizeof(head) == 48, "the head is laid down in docs/index.md");

static const uint32_t column_tags[ATT_COLUMN_COUNT] = {
    [ATT_COLUMN_VECTOR] = ATT_TAG4('V', 'E', 'C', 'T'),
    [ATT_COLUMN_CODE] = ATT_TAG4('C', 'O', 'D', 'E'),
    [ATT_COLUMN_SCALE] = ATT_TAG4('S', 'C', 'A', 'L'),
    [ATT_COLUMN_INVERSE] = ATT_TAG4('I', 'N', 'V', 'L'),
    [ATT_COLUMN_ID] = ATT_TAG4('I', 'D', 'S', ' '),
    [ATT_COLUMN_LINK] = ATT_TAG4('L', 'I', 'N', 'K'),
    [ATT_COLUMN_UPPER] = ATT_TAG4('U', 'P', 'A', 'T'),
};
static const uint32_t head_tag = ATT_TAG4('H', 'E', 'A', 'D');
static const uint32_t upper_tag = ATT_TAG4('U', 'P', 'P', 'R');
static const uint32_t doubt_tag = ATT_TAG4('D', 'O', 'B', 'T'); // doubt and share, or no such section

att_status att_index_save(const att_index *index, const char *path, att_error *err)
{
    const head h = {index->options.dim, index->options.form, index->options.links,
        index->options.build_width, index->options.seed, index->slot_count, index->live_count,
        index->entry, index->upper_count};
    att_snapshot_writer *writer = NULL;
    att_status status = att_snapshot_writer_create(
        &writer, ATT_TAG4('I', 'N', 'D', 'X'), FILE_VERSION, &index->host, err);
    if (!status)
        status = att_snapshot_add(writer, head_tag, &h, sizeof h, err);
    for (att_column c = 0; !status && c < ATT_COLUMN_COUNT; c++)
        if (att_column_row(index, c))
            status = att_snapshot_add(writer, column_tags[c], index->columns[c].data,
                index->slot_count * att_column_row(index, c), err);
    if (!status)
        status = att_snapshot_add(writer, upper_tag, index->upper_words,
            index->upper_count * sizeof *index->upper_words, err);
    const float pair[2] = {index->doubt, index->share};
    if (!status && index->share < 1)
        status = att_snapshot_add(writer, doubt_tag, pair, sizeof pair, err);
    if (!status)
        status = att_snapshot_finish(writer, path, err);
    att_snapshot_writer_destroy(writer);
    return att_while(err, status, "saving the index");
}

static att_status corrupt(att_error *err, const char *what, size_t at)
{
    return ATT_FAIL(
        err, ATT_CORRUPT, "index file: %s at %zu is out of its range; build it again", what, at);
}

static att_status read_head(const att_snapshot *snapshot, head *h, att_error *err)
{
    const void *data = NULL;
    size_t count = 0;
    const att_status status = att_snapshot_need(snapshot, head_tag, sizeof *h, &count, &data, err);
    if (status)
        return status;
    if (count != 1)
        return ATT_FAIL(err, ATT_CORRUPT, "index file: %zu heads instead of one", count);
    memcpy(h, data, sizeof *h);
    if (h->slot_count > ATT_INDEX_ID_MAX || h->live_count > h->slot_count ||
        h->upper_count >= ATT_SLOT_NONE || h->links == 0 || h->build_width == 0)
        return corrupt(err, "the head's counts", 0);
    return ATT_OK;
}

static att_status map_section(const att_snapshot *snapshot, uint32_t tag, size_t item_size,
    size_t wanted, const void **out, att_error *err)
{
    size_t count = 0;
    const att_status status = att_snapshot_need(snapshot, tag, item_size, &count, out, err);
    if (status)
        return status;
    if (count != wanted)
        return ATT_FAIL(err, ATT_CORRUPT, "index file: section %.4s has %zu items, %zu wanted",
            (const char *)&tag, count, wanted);
    return ATT_OK;
}

static att_status read_doubt(att_index *index, att_error *err)
{
    size_t size;
    float pair[2];
    const void *data = att_snapshot_section(index->snapshot, doubt_tag, &size);
    if (!data)
        return ATT_OK;
    if (size != sizeof pair)
        return corrupt(err, "the doubt's size", size);
    memcpy(pair, data, sizeof pair);
    if (!(pair[0] >= 0 && pair[0] <= 1 && pair[1] >= 0 && pair[1] <= 1))
        return corrupt(err, "the doubt", 0);
    index->doubt = pair[0];
    index->share = pair[1];
    return ATT_OK;
}

// The columns are written to by nobody before att_index_own has copied them.
static void *shown(const void *mapped)
{
    return (void *)(uintptr_t)mapped;
}

static att_status map_columns(att_index *index, const head *h, att_error *err)
{
    att_status status = ATT_OK;
    const void *data = NULL;
    for (att_column c = 0; !status && c < ATT_COLUMN_COUNT; c++) {
        const size_t row = att_column_row(index, c);
        if (!row)
            continue;
        status = map_section(index->snapshot, column_tags[c], row, h->slot_count, &data, err);
        index->columns[c] = (att_lines){.data = shown(data)};
    }
    if (!status)
        status = map_section(
            index->snapshot, upper_tag, sizeof *index->upper_words, h->upper_count, &data, err);
    if (status)
        return status;
    index->upper_words = shown(data);
    index->upper_count = h->upper_count;
    index->slot_count = index->capacity = h->slot_count;
    index->entry = h->entry;
    att_columns_bind(index);
    return ATT_OK;
}

static att_status check_numbers(const att_index *index, att_error *err)
{
    for (size_t slot = 0; slot < index->slot_count; slot++) {
        const float *row = index->vectors + slot * index->vector_stride;
        float sum = 0; // of x - x: not a number as soon as one x is not finite
        for (size_t d = 0; d < index->vector_stride; d++)
            sum += row[d] - row[d];
        if (sum != 0)
            return corrupt(err, "the vector", slot);
        if (!isfinite(index->inverses[slot]) || index->inverses[slot] < 0)
            return corrupt(err, "the inverse length", slot);
        if (index->codes && (!isfinite(index->scales[slot]) || index->scales[slot] < 0))
            return corrupt(err, "the scale", slot);
    }
    return ATT_OK;
}

// From the inverses, which are rounded.
static void find_longest(att_index *index)
{
    for (size_t slot = 0; slot < index->slot_count; slot++)
        if (index->inverses[slot] > 0)
            index->longest = ATT_MAX(index->longest, 1.000001 / (double)index->inverses[slot]);
}

// A block lies within upper_words and shares no word with another.
static bool claim_block(const att_index *index, size_t at, uint8_t *used)
{
    if (at >= index->upper_count)
        return false;
    const size_t level = index->upper_words[at], words = 1 + level * index->options.links;
    if (level == 0 || level > ATT_LEVEL_MAX || words > index->upper_count - at ||
        memchr(used + at, 1, words))
        return false;
    memset(used + at, 1, words);
    return true;
}

static att_status check_blocks(const att_index *index, att_error *err)
{
    uint8_t *used = ATT_NEW_ARRAY(&index->host, uint8_t, index->upper_count + 1);
    if (!used)
        return att_no_memory(err, index->upper_count, "words");
    att_status status = ATT_OK;
    for (size_t slot = 0; !status && slot < index->slot_count; slot++)
        if (index->uppers[slot] != ATT_SLOT_NONE && !claim_block(index, index->uppers[slot], used))
            status = corrupt(err, "the block", slot);
    ATT_FREE_ARRAY(&index->host, used, index->upper_count + 1);
    return status;
}

// Unused places are behind the used ones, and a link on a layer leads to a node that has this
// layer.
static bool list_is_sound(const att_index *index, att_list list, uint32_t level)
{
    const uint32_t count = att_list_count(list);
    for (uint32_t i = 0; i < list.room; i++) {
        const uint32_t to = list.links[i];
        if (i >= count ? to != ATT_SLOT_NONE
                       : to >= index->slot_count || att_level(index, to) < level)
            return false;
    }
    return true;
}

static att_status check_links(const att_index *index, att_error *err)
{
    for (uint32_t slot = 0; slot < index->slot_count; slot++)
        for (uint32_t l = 0; l < att_lists_of(index, slot); l++)
            if (!list_is_sound(index, att_list_of(index, slot, l), l < 2 ? 0 : l - 1))
                return corrupt(err, "a link of the node", slot);
    if (index->entry == ATT_ENTRY_NONE)
        return index->live_count ? corrupt(err, "the entry", 0) : ATT_OK;
    const uint32_t slot = att_entry_slot(index->entry);
    if (slot >= index->slot_count || index->ids[slot] == ATT_SLOT_NONE ||
        att_entry_level(index->entry) != att_level(index, slot))
        return corrupt(err, "the entry", slot);
    return ATT_OK;
}

static att_status find_reaches(att_index *index, att_error *err)
{
    const att_status status = att_index_reserve_reaches(index, index->slot_count, err);
    if (!status)
        att_index_settle_reaches(index);
    return status;
}

// The directory of ids is rebuilt; slots without an id wait in limbo as if they had just died.
static att_status settle_ids(att_index *index, uint32_t live_count, att_error *err)
{
    const size_t dead = index->slot_count - live_count;
    if (!ATT_VEC_RESERVE(&index->host, &index->limbo, dead) ||
        !ATT_VEC_RESERVE(&index->host, &index->free_slots, dead))
        return att_no_memory(err, dead, "slots to be freed");
    for (uint32_t slot = 0; slot < index->slot_count; slot++) {
        const uint32_t id = index->ids[slot];
        if (id == ATT_SLOT_NONE) {
            if (index->limbo.count == dead)
                return corrupt(err, "the count of the living", slot);
            index->limbo.items[index->limbo.count++] = (att_limbo){slot, 0};
            continue;
        }
        if (id > ATT_INDEX_ID_MAX)
            return corrupt(err, "the id", slot);
        const att_status status = att_index_reserve_page(index, id, err);
        if (status)
            return status;
        if (*att_index_place(index, id) != ATT_SLOT_NONE)
            return corrupt(err, "an id that is there twice", slot);
        *att_index_place(index, id) = slot;
        index->live_count++;
    }
    return index->live_count == live_count ? ATT_OK
                                           : corrupt(err, "the count of the living", live_count);
}

att_status att_index_adopt(
    att_index **out, att_snapshot *snapshot, uint32_t version, const att_host *host, att_error *err)
{
    *out = NULL;
    head h;
    att_index *index = NULL;
    att_status status = ATT_OK;
    if (version != FILE_VERSION)
        status = ATT_FAIL(err, ATT_VERSION, "index file of version %u; this build reads %d: build it again",
            version, FILE_VERSION);
    if (!status)
        status = read_head(snapshot, &h, err);
    if (!status) {
        const att_index_options options = {.dim = h.dim,
            .form = (att_index_form)h.form,
            .links = h.links,
            .build_width = h.build_width,
            .seed = h.seed};
        status = att_index_begin(&index, &options, host, err);
        if (status == ATT_INVALID)
            status = att_while(err, ATT_CORRUPT, "index file");
    }
    if (status) {
        att_snapshot_close(snapshot);
        return status;
    }
    index->snapshot = snapshot;
    status = map_columns(index, &h, err);
    if (!status)
        status = check_numbers(index, err);
    if (!status)
        find_longest(index);
    if (!status)
        status = find_reaches(index, err);
    if (!status)
        status = read_doubt(index, err);
    if (!status)
        status = check_blocks(index, err);
    if (!status)
        status = settle_ids(index, h.live_count, err);
    if (!status)
        status = check_links(index, err);
    if (status)
        att_index_destroy(index);
    else
        *out = index;
    return status;
}

att_status att_index_load(att_index **out, const char *path, const att_host *host, att_error *err)
{
    *out = NULL;
    att_snapshot *snapshot = NULL;
    uint32_t version = 0;
    att_status status =
        att_snapshot_open(&snapshot, path, ATT_TAG4('I', 'N', 'D', 'X'), &version, host, err);
    if (!status)
        status = att_index_adopt(out, snapshot, version, host, err);
    return att_while(err, status, "loading the index %s", path);
}
