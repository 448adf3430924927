// SPDX-License-Identifier: Apache-2.0
// music/score_midi.c - a score as a standard MIDI file.
//
//   "MThd" 6 | format 1 | tracks | 480 ticks a beat
//   "MTrk"   | tempo, key, metre, markers of sections and chords, tuning of keys
//   "MTrk" … | one a part: name, program, volume, pan, reverb; notes; bends where notes glide or swing
//
// Keys that are not in equal temperament are tuned by a single-note tuning change of the MIDI tuning standard (F0 7F 7F 08 02 …), in steps
// of 100/16384 cents. Bends use a range of 12 semitones, 24/16384 of an octave each step. Tempo is kept in whole microseconds a beat, as
// the format has it: what a file says is off by less than 0.5 us a beat.
#include "music/score.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DRUM_CHANNEL = 9, BEND_SEMITONES = 12, BEND_TICKS = 10, SCALE_KEYS = 128 };

typedef struct event {
    uint32_t ticks;
    uint8_t order; // at one tick: 0 ends of notes, 1 all else, 2 beginnings
    uint8_t size;
    uint8_t bytes[3];
} event;

typedef struct writer {
    const att_score *score;
    const att_host *host;
    ATT_VEC(uint8_t) bytes;
    ATT_VEC(event) events;
    bool no_memory;
} writer;

static void put(writer *w, const void *data, size_t size)
{
    if (!ATT_VEC_RESERVE(w->host, &w->bytes, w->bytes.count + size)) {
        w->no_memory = true;
        return;
    }
    memcpy(w->bytes.items + w->bytes.count, data, size);
    w->bytes.count += size;
}

static void put_big(writer *w, uint32_t value, int size)
{
    for (int i = size - 1; i >= 0; i--)
        put(w, &(uint8_t){(uint8_t)(value >> 8 * i)}, 1);
}

// Seven bits a byte, the highest first, all but the last with the top bit set.
static void put_length(writer *w, uint32_t value)
{
    for (int shift = 28; shift > 0; shift -= 7)
        if (value >> shift)
            put(w, &(uint8_t){(uint8_t)(0x80 | (value >> shift & 0x7f))}, 1);
    put(w, &(uint8_t){(uint8_t)(value & 0x7f)}, 1);
}

static void put_meta(writer *w, uint32_t delta, uint8_t kind, const void *data, size_t size)
{
    put_length(w, delta);
    put(w, (uint8_t[]){0xff, kind}, 2);
    put_length(w, (uint32_t)size);
    put(w, data, size);
}

static size_t begin_track(writer *w)
{
    put(w, "MTrk\0\0\0\0", 8);
    return w->bytes.count;
}

static void end_track(writer *w, size_t begin)
{
    put_meta(w, 0, 0x2f, "", 0);
    const uint32_t size = (uint32_t)(w->bytes.count - begin);
    for (int i = 0; i < 4 && !w->no_memory; i++)
        w->bytes.items[begin - 4 + (size_t)i] = (uint8_t)(size >> 8 * (3 - i));
}

// --- The first track ------------------------------------------------------------------------------------------

static bool is_tuned(const att_score *s)
{
    for (int key = 0; key < SCALE_KEYS; key++)
        if (s->key_mapped[key] && s->key_cents[key] != 100.0 * key)
            return true;
    return false;
}

static void put_tuning(writer *w)
{
    for (uint8_t key = 0; key < SCALE_KEYS; key++) {
        const double cents = w->score->key_cents[key];
        if (!w->score->key_mapped[key] || cents < 0 || cents >= 12800)
            continue;
        const uint32_t whole = (uint32_t)llround(cents * 16384 / 100), semitone = ATT_MIN(whole >> 14, 127u), rest = whole & 16383;
        put(w, (uint8_t[]){0, 0xf0, 11, 0x7f, 0x7f, 8, 2, 0, 1, key, (uint8_t)semitone, (uint8_t)(rest >> 7), (uint8_t)(rest & 0x7f), 0xf7}, 14);
    }
}

static void put_markers(writer *w)
{
    const att_score *s = w->score;
    uint32_t at = 0;
    size_t section = 0;
    for (size_t i = 0; i < s->chord_count || section < s->section_count; i++) {
        const uint32_t chord_ticks = i < s->chord_count ? s->chords[i].start_ticks : UINT32_MAX;
        for (; section < s->section_count && s->sections[section].first_bar * BAR <= chord_ticks; section++) {
            const char *name = att_section_name(s->sections[section].kind);
            put_meta(w, s->sections[section].first_bar * BAR - at, 6, name, strlen(name));
            at = s->sections[section].first_bar * BAR;
        }
        if (i >= s->chord_count)
            continue;
        char name[16];
        att_chord_name_in(s, s->chords[i], name);
        put_meta(w, chord_ticks - at, 1, name, strlen(name));
        at = chord_ticks;
    }
}

static void put_head(writer *w)
{
    const att_score *s = w->score;
    const uint32_t beat_us = (uint32_t)llround(60e6 / s->tempo_bpm);
    const size_t begin = begin_track(w);
    put_meta(w, 0, 3, s->style, strlen(s->style));
    put_meta(w, 0, 0x51, (uint8_t[]){(uint8_t)(beat_us >> 16), (uint8_t)(beat_us >> 8), (uint8_t)beat_us}, 3);
    put_meta(w, 0, 0x58, (uint8_t[]){ATT_BEATS_PER_BAR, 2, 24, 8}, 4);
    put_meta(w, 0, 0x59, (uint8_t[]){(uint8_t)(int8_t)att_music_sharps(s), s->mode == ATT_MODE_MINOR}, 2);
    if (is_tuned(s))
        put_tuning(w);
    put_markers(w);
    end_track(w, begin);
}

// --- Parts ----------------------------------------------------------------------------------------------------

static void add_event(writer *w, uint32_t ticks, uint8_t order, uint8_t size, uint8_t a, uint8_t b, uint8_t c)
{
    if (!ATT_VEC_PUSH(w->host, &w->events, ((event){ticks, order, size, {a, b, c}})))
        w->no_memory = true;
}

static int order_events(const void *x, const void *y)
{
    const event *a = x, *b = y;
    if (a->ticks != b->ticks)
        return a->ticks < b->ticks ? -1 : 1;
    if (a->order != b->order)
        return a->order - b->order;
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static void add_bend(writer *w, uint32_t ticks, uint8_t channel, double cents)
{
    const long steps = lround(8192 + cents * 8192 / (100.0 * BEND_SEMITONES)), value = ATT_MAX(0L, ATT_MIN(16383L, steps));
    add_event(w, ticks, 1, 3, 0xe0 | channel, (uint8_t)(value & 0x7f), (uint8_t)(value >> 7));
}

static void add_note(writer *w, const att_note *n, uint8_t channel)
{
    add_event(w, n->start_ticks, 2, 3, 0x90 | channel, n->key, n->velocity);
    add_event(w, n->start_ticks + n->length_ticks, 0, 3, 0x80 | channel, n->key, 64);
    if (!n->glide_ticks && !n->shake_cents)
        return;
    for (uint32_t at = 0; at < n->length_ticks; at += BEND_TICKS)
        add_bend(w, n->start_ticks + at, channel, att_note_bend_cents(n, at));
    add_bend(w, n->start_ticks + n->length_ticks, channel, 0);
}

static uint8_t midi_volume(float gain_db)
{
    return (uint8_t)ATT_MAX(1, ATT_MIN(127, (int)lround(127 * pow(10, (double)gain_db / 40)))); // General MIDI: 40 log10(volume / 127)
}

static void put_part(writer *w, size_t index)
{
    const att_music_part *p = &w->score->parts[index];
    const uint8_t channel = p->role == ATT_ROLE_DRUMS ? DRUM_CHANNEL : (uint8_t)(index + (index >= DRUM_CHANNEL));
    const size_t begin = begin_track(w);
    w->events.count = 0;
    put_meta(w, 0, 3, att_role_name(p->role), strlen(att_role_name(p->role)));
    put(w, (uint8_t[]){0, 0xc0 | channel, p->program}, 3);
    put(w, (uint8_t[]){0, 0xb0 | channel, 7, midi_volume(p->gain_db), 0, 0xb0 | channel, 10, (uint8_t)lround(64 + 63 * (double)p->pan)}, 8);
    put(w, (uint8_t[]){0, 0xb0 | channel, 91, (uint8_t)lround(127 * (double)p->room)}, 4);
    put(w, (uint8_t[]){0, 0xb0 | channel, 101, 0, 0, 0xb0 | channel, 100, 0, 0, 0xb0 | channel, 6, BEND_SEMITONES}, 12);
    for (size_t i = 0; i < w->score->note_count; i++)
        if (w->score->notes[i].part == index)
            add_note(w, &w->score->notes[i], channel);
    qsort(w->events.items, w->events.count, sizeof *w->events.items, order_events);
    uint32_t at = 0;
    for (size_t i = 0; i < w->events.count; i++) {
        const event *e = &w->events.items[i];
        put_length(w, e->ticks - at);
        put(w, e->bytes, e->size);
        at = e->ticks;
    }
    end_track(w, begin);
}

static att_status write_file(const writer *w, const char *path, att_error *err)
{
    char part[PATH_MAX];
    if ((size_t)snprintf(part, sizeof part, "%s.part", path) >= sizeof part)
        return ATT_FAIL(err, ATT_LIMIT, "%s: the name is too long", path);
    unlink(part); // of one who was killed; a new file follows nobody's link
    FILE *file = fopen(part, "wbxe");
    if (!file)
        return att_fail_errno(err, errno, "writing %s", path);
    bool fine = fwrite(w->bytes.items, 1, w->bytes.count, file) == w->bytes.count;
    fine = fclose(file) == 0 && fine;
    if (fine && rename(part, path) == 0)
        return ATT_OK;
    const int why = errno;
    unlink(part);
    return att_fail_errno(err, why, "writing %s", path);
}

att_status att_score_write_midi(const att_score *score, const char *path, const att_host *host, att_error *err)
{
    const att_host complete = att_host_complete(host);
    writer w = {.score = score, .host = &complete};
    put(&w, "MThd", 4);
    put_big(&w, 6, 4);
    put_big(&w, 1, 2);
    put_big(&w, (uint32_t)(1 + score->part_count), 2);
    put_big(&w, ATT_TICKS_PER_BEAT, 2);
    put_head(&w);
    for (size_t i = 0; i < score->part_count; i++)
        put_part(&w, i);
    const att_status status = w.no_memory ? att_no_memory(err, score->note_count, "notes of a MIDI file") : write_file(&w, path, err);
    ATT_VEC_FREE(&complete, &w.bytes);
    ATT_VEC_FREE(&complete, &w.events);
    return status;
}
