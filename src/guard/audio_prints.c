// SPDX-License-Identifier: Apache-2.0
// guard/audio_prints.c - the database of recordings: tracks, their peaks, and marks in sorted runs.
#include "guard/audio_prints.h"

#include <stdlib.h>

enum { PEAKS_LEAST = 24 };

att_status att_prints_create(att_prints **out, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    att_prints *prints = ATT_NEW_ARRAY(&full, att_prints, 1);
    *out = prints;
    if (!prints)
        return att_no_memory(err, 1, "database of recordings");
    prints->host = full;
    return ATT_OK;
}

static void free_run(const att_host *host, att_print_run *run)
{
    if (!run->borrowed)
        att_free(host, (void *)(uintptr_t)run->marks, run->count, sizeof *run->marks);
    if (run->directory)
        att_free(host, run->directory, ((size_t)1 << run->bits) + 1, sizeof *run->directory);
}

void att_prints_destroy(att_prints *prints)
{
    if (!prints)
        return;
    const att_host host = prints->host;
    for (size_t i = 0; i < prints->tracks.count; i++)
        att_free(&host, prints->tracks.items[i].name, prints->tracks.items[i].name_size + (size_t)1, 1);
    for (size_t i = 0; i < prints->runs.count; i++)
        free_run(&host, &prints->runs.items[i]);
    ATT_VEC_FREE(&host, &prints->tracks);
    ATT_VEC_FREE(&host, &prints->peaks);
    ATT_VEC_FREE(&host, &prints->moments);
    ATT_VEC_FREE(&host, &prints->runs);
    att_snapshot_close(prints->snapshot);
    ATT_FREE_ARRAY(&host, prints, 1);
}

size_t att_prints_count(const att_prints *prints)
{
    return prints->tracks.count;
}

att_print_info att_prints_get(const att_prints *prints, size_t index)
{
    const att_print_track *t = &prints->tracks.items[index];
    return (att_print_info){{t->name, t->name_size}, t->frames * ATT_PEAK_FRAME_S, t->peak_count};
}

bool att_prints_named(const att_prints *prints, const char *name, size_t *index)
{
    for (size_t i = 0; i < prints->tracks.count; i++)
        if (strcmp(prints->tracks.items[i].name, name) == 0)
            return *index = i, true;
    return false;
}

size_t att_prints_bytes(const att_prints *prints)
{
    size_t bytes = prints->tracks.count * sizeof *prints->tracks.items + prints->peaks.count * 2 * sizeof *prints->peaks.items;
    for (size_t i = 0; i < prints->runs.count; i++)
        bytes += prints->runs.items[i].count * sizeof(att_mark) + (((size_t)1 << prints->runs.items[i].bits) + 1) * sizeof(uint32_t);
    return bytes;
}

size_t att_prints_track_at(const att_prints *prints, uint32_t moment)
{
    size_t low = 0, high = prints->tracks.count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (prints->tracks.items[middle].begins <= moment)
            low = middle;
        else
            high = middle;
    }
    return low;
}

// --- Runs -------------------------------------------------------------------------------------------------------

static int by_key(const void *a, const void *b)
{
    const att_mark *x = a, *y = b;
    return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->peak > y->peak) - (x->peak < y->peak);
}

static uint32_t *make_directory(const att_host *host, const att_mark *marks, uint32_t count, uint32_t bits)
{
    const size_t places = (size_t)1 << bits;
    uint32_t *directory = ATT_NEW_ARRAY(host, uint32_t, places + 1);
    uint32_t at = 0;
    for (size_t place = 0; directory && place <= places; place++) {
        while (at < count && marks[at].key >> (32 - bits) < place)
            at++;
        directory[place] = at;
    }
    return directory;
}

bool att_prints_put_run(att_prints *prints, const att_mark *marks, uint32_t count, bool borrowed)
{
    att_print_run run = {.marks = marks, .count = count, .bits = 1, .borrowed = borrowed};
    while (run.bits < 24 && (uint64_t)1 << run.bits < count)
        run.bits++;
    run.directory = make_directory(&prints->host, marks, count, run.bits);
    if (run.directory && ATT_VEC_PUSH(&prints->host, &prints->runs, run))
        return true;
    free_run(&prints->host, &run);
    return false;
}

// The last two become one. On failure both stay.
static bool merge_last(att_prints *prints)
{
    att_print_run a = prints->runs.items[prints->runs.count - 2], b = prints->runs.items[prints->runs.count - 1];
    att_mark *marks = att_alloc(&prints->host, (size_t)a.count + b.count, sizeof *marks);
    if (!marks)
        return false;
    uint32_t i = 0, j = 0;
    for (size_t to = 0; to < (size_t)a.count + b.count; to++)
        marks[to] = j == b.count || (i < a.count && by_key(&a.marks[i], &b.marks[j]) <= 0) ? a.marks[i++] : b.marks[j++];
    prints->runs.count -= 2; // room for one is there
    if (!att_prints_put_run(prints, marks, a.count + b.count, false))
        return prints->runs.count += 2, false;
    free_run(&prints->host, &a);
    free_run(&prints->host, &b);
    return true;
}

bool att_prints_merge_all(att_prints *prints)
{
    while (prints->runs.count > 1)
        if (!merge_last(prints))
            return false;
    return true;
}

// --- Adding ------------------------------------------------------------------------------------------------------

bool att_prints_put(att_prints *prints, char *name, uint32_t name_size, const uint32_t *peaks, uint32_t peak_count, uint32_t frames)
{
    if (!ATT_VEC_RESERVE(&prints->host, &prints->peaks, prints->peaks.count + peak_count) ||
        !ATT_VEC_RESERVE(&prints->host, &prints->moments, prints->moments.count + peak_count) ||
        !ATT_VEC_RESERVE(&prints->host, &prints->tracks, prints->tracks.count + 1))
        return false;
    prints->tracks.items[prints->tracks.count++] = (att_print_track){.name = name, .name_size = name_size,
        .first_peak = (uint32_t)prints->peaks.count, .peak_count = peak_count, .frames = frames, .begins = prints->frames};
    for (uint32_t i = 0; i < peak_count; i++) {
        prints->peaks.items[prints->peaks.count++] = peaks[i];
        prints->moments.items[prints->moments.count++] = prints->frames + att_peak_frame(peaks[i]);
    }
    prints->frames += frames + ATT_PRINT_BETWEEN;
    return true;
}

static void take_back(att_prints *prints)
{
    const att_print_track *t = &prints->tracks.items[--prints->tracks.count];
    prints->peaks.count = prints->moments.count = t->first_peak;
    prints->frames = t->begins;
}

static bool add_marks(att_prints *prints, const att_peaks *peaks)
{
    att_marks marks = {0};
    const uint32_t first = (uint32_t)(prints->peaks.count - peaks->count);
    bool fine = att_marks_of(peaks->items, peaks->count, false, first, &prints->host, &marks);
    const bool none = marks.count == 0;
    att_mark *fitted = fine && !none ? att_realloc(&prints->host, marks.items, marks.capacity, marks.count, sizeof *fitted) : NULL;
    if (!fitted) {
        ATT_VEC_FREE(&prints->host, &marks);
        return fine && none;
    }
    qsort(fitted, marks.count, sizeof *fitted, by_key);
    if (!att_prints_put_run(prints, fitted, (uint32_t)marks.count, false))
        return false;
    for (size_t n = prints->runs.count; n > 1 && prints->runs.items[n - 2].count < 2 * (uint64_t)prints->runs.items[n - 1].count; n--)
        if (!merge_last(prints))
            break; // the runs stay longer in number: it is slower, not wrong
    return true;
}

static att_status check_name(const att_prints *prints, const char *name, att_error *err)
{
    size_t index;
    const size_t size = strlen(name);
    if (size == 0 || size > ATT_PRINT_NAME_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "a recording's name of %zu bytes, expected 1 to %d", size, ATT_PRINT_NAME_MAX);
    if (att_prints_named(prints, name, &index))
        return ATT_FAIL(err, ATT_EXISTS, "a recording is named %s already", name);
    if (prints->tracks.count == ATT_PRINTS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "the database has %d recordings, it takes no more", ATT_PRINTS_MAX);
    return ATT_OK;
}

static att_status put(att_prints *prints, const char *name, const att_peaks *peaks, uint32_t frames, att_error *err)
{
    const size_t size = strlen(name);
    if (peaks->count < PEAKS_LEAST)
        return ATT_FAIL(err, ATT_INSUFFICIENT, "%s: %zu peaks in it, expected %d: silence, or too short", name, peaks->count, PEAKS_LEAST);
    if (prints->peaks.count + peaks->count > UINT32_MAX / 64 || prints->frames > UINT32_MAX - 2 * ATT_PEAK_FRAMES_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%s: the database is full", name);
    char *copy = att_alloc(&prints->host, size + 1, 1);
    if (!copy)
        return att_no_memory(err, size, "bytes of a name");
    memcpy(copy, name, size + 1);
    bool fine = att_prints_put(prints, copy, (uint32_t)size, peaks->items, (uint32_t)peaks->count, frames);
    if (fine && !add_marks(prints, peaks)) {
        take_back(prints);
        fine = false;
    }
    if (!fine)
        att_free(&prints->host, copy, size + 1, 1);
    return fine ? ATT_OK : att_no_memory(err, peaks->count, "peaks of a recording");
}

att_status att_prints_add(att_prints *prints, const char *name, att_sound sound, att_error *err)
{
    att_peaks peaks = {0};
    uint32_t frames;
    att_status status = check_name(prints, name, err);
    if (!status)
        status = att_peaks_find(sound, att_peak_reach_kept, &prints->host, &peaks, &frames, err);
    if (!status)
        status = put(prints, name, &peaks, frames, err);
    ATT_VEC_FREE(&prints->host, &peaks);
    return status;
}

// --- Looking up ----------------------------------------------------------------------------------------------------

static bool add_hits(const att_mark *marks, uint32_t count, att_mark probe, const att_host *host, att_print_hits *out)
{
    const uint32_t weight = count < 16 ? 16 / ATT_MAX(count, 1) : 1;
    if (count > ATT_PRINT_KEY_MOST)
        return true;
    if (!ATT_VEC_RESERVE(host, out, out->count + count))
        return false;
    for (uint32_t i = 0; i < count; i++)
        out->items[out->count++] = (att_print_hit){probe.peak, marks[i].peak, weight};
    return true;
}

bool att_prints_hits(const att_prints *prints, const att_mark *probes, size_t count, const att_host *host, att_print_hits *out)
{
    bool fine = true;
    for (size_t r = 0; r < prints->runs.count; r++) {
        const att_print_run *run = &prints->runs.items[r];
        for (size_t i = 0; fine && i < count; i++) {
            uint32_t from = run->directory[probes[i].key >> (32 - run->bits)], to;
            const uint32_t end = run->directory[(probes[i].key >> (32 - run->bits)) + 1];
            while (from < end && run->marks[from].key < probes[i].key)
                from++;
            for (to = from; to < end && run->marks[to].key == probes[i].key;)
                to++;
            fine = add_hits(run->marks + from, to - from, probes[i], host, out);
        }
    }
    return fine;
}

bool att_prints_hits_plain(const att_prints *prints, const att_mark *probes, size_t count, const att_host *host, att_print_hits *out)
{
    bool fine = true;
    for (size_t r = 0; r < prints->runs.count; r++) {
        const att_print_run *run = &prints->runs.items[r];
        for (size_t i = 0; fine && i < count; i++) {
            uint32_t first = 0, same = 0;
            for (uint32_t k = 0; k < run->count; k++)
                if (run->marks[k].key == probes[i].key && same++ == 0)
                    first = k;
            fine = add_hits(run->marks + first, same, probes[i], host, out);
        }
    }
    return fine;
}
