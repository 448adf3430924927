// SPDX-License-Identifier: Apache-2.0
// guard/audio_prints_file.c - a database of recordings as a file: snapshot kind "PRNT", version 1. docs/formats.md has the byte table.
//
// Marks are used where they are mapped; names and peaks, which grow, are copied. Whatever a look-up trusts is checked before: that
// tracks share out all peaks and names, that peaks rise, that marks are sorted and point at peaks.
#include "guard/audio_prints_file.h"

enum { FILE_VERSION = 1 };

// Section HEAD: how peaks are made. Another value is another database.
typedef struct head {
    uint32_t rate_hz, window, hop, least_hz, semitone, reach_frames, reach_cells, scheme;
} head;
_Static_assert(sizeof(head) == 32, "the head is laid down in docs/formats.md");

// Section TRKS, one a recording.
typedef struct track_row {
    uint32_t name_size, peak_count, frames, zero;
} track_row;

static const uint32_t head_tag = ATT_TAG4('H', 'E', 'A', 'D'), track_tag = ATT_TAG4('T', 'R', 'K', 'S'), name_tag = ATT_TAG4('N', 'A', 'M', 'E'),
                      peak_tag = ATT_TAG4('P', 'E', 'A', 'K'), mark_tag = ATT_TAG4('M', 'A', 'R', 'K');

static head head_now(void)
{
    return (head){ATT_PEAK_RATE_HZ, ATT_PEAK_WINDOW, ATT_PEAK_HOP, ATT_PEAK_LEAST_HZ, ATT_PEAK_SEMITONE, att_peak_reach_kept.frames,
        att_peak_reach_kept.cells, ATT_MARK_SCHEME};
}

// --- Saving -------------------------------------------------------------------------------------------------------

static att_status write_all(const att_prints *prints, const track_row *rows, const char *names, size_t names_size, const char *path, att_error *err)
{
    const head h = head_now();
    const att_print_run none = {0}, *run = prints->runs.count ? prints->runs.items : &none;
    att_snapshot_writer *writer = NULL;
    att_status status = att_snapshot_writer_create(&writer, ATT_TAG4('P', 'R', 'N', 'T'), FILE_VERSION, &prints->host, err);
    if (!status)
        status = att_snapshot_add(writer, head_tag, &h, sizeof h, err);
    if (!status)
        status = att_snapshot_add(writer, track_tag, rows, prints->tracks.count * sizeof *rows, err);
    if (!status)
        status = att_snapshot_add(writer, name_tag, names, names_size, err);
    if (!status)
        status = att_snapshot_add(writer, peak_tag, prints->peaks.items, prints->peaks.count * sizeof *prints->peaks.items, err);
    if (!status)
        status = att_snapshot_add(writer, mark_tag, run->marks, run->count * sizeof *run->marks, err);
    if (!status)
        status = att_snapshot_finish(writer, path, err);
    att_snapshot_writer_destroy(writer);
    return status;
}

att_status att_prints_save(att_prints *prints, const char *path, att_error *err)
{
    const size_t count = prints->tracks.count;
    size_t names_size = 0;
    for (size_t i = 0; i < count; i++)
        names_size += prints->tracks.items[i].name_size;
    track_row *rows = ATT_NEW_ARRAY(&prints->host, track_row, count + 1);
    char *names = ATT_NEW_ARRAY(&prints->host, char, names_size + 1);
    att_status status = rows && names && att_prints_merge_all(prints) ? ATT_OK : att_no_memory(err, count, "recordings");
    size_t at = 0;
    for (size_t i = 0; !status && i < count; i++) {
        const att_print_track *t = &prints->tracks.items[i];
        rows[i] = (track_row){t->name_size, t->peak_count, t->frames, 0};
        memcpy(names + at, t->name, t->name_size);
        at += t->name_size;
    }
    if (!status)
        status = write_all(prints, rows, names, names_size, path, err);
    if (rows)
        ATT_FREE_ARRAY(&prints->host, rows, count + 1);
    if (names)
        ATT_FREE_ARRAY(&prints->host, names, names_size + 1);
    return att_while(err, status, "saving the recordings");
}

// --- Loading ------------------------------------------------------------------------------------------------------

static att_status corrupt(att_error *err, const char *what, size_t at)
{
    return ATT_FAIL(err, ATT_CORRUPT, "file of recordings: %s at %zu is out of its range; build it again", what, at);
}

static att_status check_head(const att_snapshot *snapshot, uint32_t version, att_error *err)
{
    const head now = head_now();
    const void *data;
    size_t count;
    if (version != FILE_VERSION)
        return ATT_FAIL(err, ATT_VERSION, "file of recordings of version %u; this build reads %d: build it again", version, FILE_VERSION);
    const att_status status = att_snapshot_need(snapshot, head_tag, sizeof now, &count, &data, err);
    if (status)
        return status;
    if (count != 1)
        return ATT_FAIL(err, ATT_CORRUPT, "file of recordings: %zu heads instead of one", count);
    return memcmp(data, &now, sizeof now) == 0 ? ATT_OK
                                               : ATT_FAIL(err, ATT_VERSION, "file of recordings: its peaks are made otherwise; build it again");
}

typedef struct parts {
    const track_row *rows;
    const char *names;
    const uint32_t *peaks;
    const att_mark *marks;
    size_t row_count, names_size, peak_count, mark_count;
} parts;

static att_status map_parts(const att_snapshot *snapshot, parts *p, att_error *err)
{
    const void *data = NULL;
    att_status status = att_snapshot_need(snapshot, track_tag, sizeof *p->rows, &p->row_count, &data, err);
    p->rows = data;
    if (!status)
        status = att_snapshot_need(snapshot, name_tag, 1, &p->names_size, &data, err);
    p->names = data;
    if (!status)
        status = att_snapshot_need(snapshot, peak_tag, sizeof *p->peaks, &p->peak_count, &data, err);
    p->peaks = data;
    if (!status)
        status = att_snapshot_need(snapshot, mark_tag, sizeof *p->marks, &p->mark_count, &data, err);
    p->marks = data;
    if (!status && (p->row_count > ATT_PRINTS_MAX || p->peak_count > UINT32_MAX / 64 || p->mark_count > UINT32_MAX))
        status = corrupt(err, "the number of recordings", p->row_count);
    return status;
}

static bool peaks_are_sound(const uint32_t *peaks, uint32_t count, uint32_t frames)
{
    for (uint32_t i = 0; i < count; i++)
        if (att_peak_frame(peaks[i]) >= frames || att_peak_pitch(peaks[i]) >= ATT_PEAK_PITCHES || (i && peaks[i] <= peaks[i - 1]))
            return false;
    return true;
}

static bool name_is_sound(const char *name, uint32_t size)
{
    return size > 0 && size <= ATT_PRINT_NAME_MAX && !memchr(name, 0, size);
}

static att_status read_tracks(att_prints *prints, const parts *p, att_error *err)
{
    size_t names_at = 0, peaks_at = 0;
    for (size_t i = 0; i < p->row_count; i++) {
        const track_row r = p->rows[i];
        if (r.name_size > p->names_size - names_at || !name_is_sound(p->names + names_at, r.name_size))
            return corrupt(err, "a name", i);
        if (r.frames > ATT_PEAK_FRAMES_MAX || prints->frames > UINT32_MAX - 2 * ATT_PEAK_FRAMES_MAX || r.zero)
            return corrupt(err, "a length", i);
        if (r.peak_count > p->peak_count - peaks_at || !peaks_are_sound(p->peaks + peaks_at, r.peak_count, r.frames))
            return corrupt(err, "a peak of the recording", i);
        char *name = att_alloc_zero(&prints->host, (size_t)r.name_size + 1, 1);
        if (name)
            memcpy(name, p->names + names_at, r.name_size);
        if (!name || !att_prints_put(prints, name, r.name_size, p->peaks + peaks_at, r.peak_count, r.frames)) {
            att_free(&prints->host, name, (size_t)r.name_size + 1, 1);
            return att_no_memory(err, r.peak_count, "peaks of a recording");
        }
        names_at += r.name_size;
        peaks_at += r.peak_count;
    }
    return names_at == p->names_size && peaks_at == p->peak_count ? ATT_OK : corrupt(err, "the end", peaks_at);
}

static att_status read_marks(att_prints *prints, const parts *p, att_error *err)
{
    for (size_t i = 0; i < p->mark_count; i++) {
        const att_mark *m = &p->marks[i];
        if (m->peak >= p->peak_count || (i && (m->key < m[-1].key || (m->key == m[-1].key && m->peak < m[-1].peak))))
            return corrupt(err, "a mark", i);
    }
    if (p->mark_count && !att_prints_put_run(prints, p->marks, (uint32_t)p->mark_count, true))
        return att_no_memory(err, p->mark_count, "marks");
    return ATT_OK;
}

att_status att_prints_adopt(att_prints **out, att_snapshot *snapshot, uint32_t version, const att_host *host, att_error *err)
{
    att_prints *prints = NULL;
    parts p = {0};
    *out = NULL;
    att_status status = check_head(snapshot, version, err);
    if (!status)
        status = map_parts(snapshot, &p, err);
    if (!status)
        status = att_prints_create(&prints, host, err);
    if (status) {
        att_snapshot_close(snapshot);
        return status;
    }
    prints->snapshot = snapshot;
    status = read_tracks(prints, &p, err);
    if (!status)
        status = read_marks(prints, &p, err);
    if (status)
        att_prints_destroy(prints);
    else
        *out = prints;
    return status;
}

att_status att_prints_load(att_prints **out, const char *path, const att_host *host, att_error *err)
{
    att_snapshot *snapshot = NULL;
    uint32_t version = 0;
    *out = NULL;
    att_status status = att_snapshot_open(&snapshot, path, ATT_TAG4('P', 'R', 'N', 'T'), &version, host, err);
    if (!status)
        status = att_prints_adopt(out, snapshot, version, host, err);
    return att_while(err, status, "loading the recordings %s", path);
}
