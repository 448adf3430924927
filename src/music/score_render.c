// SPDX-License-Identifier: Apache-2.0
// music/score_render.c - a score as sound: every distinct note is played once by attune-synth and laid down wherever it occurs.
//
// Why notes and not the whole: FluidSynth looks at its events once in 64 frames. A note played alone begins on the first frame of what
// comes back, so here it is put on the very frame that its tick falls on, and two equal notes are equal bit for bit. It is also much
// cheaper: songs repeat themselves. Notes are linear; what is not, an open hi-hat that its pedal closes, is done here.
//
//   frame(tick) = round(tick · 60 · rate / (480 · tempo)); a loop of n bars has frame(n bars) frames, and wraps: dry sound modulo its
//   length, the room run in a circle until what it remembers of its start is below -100 dB.
//
// Stems (drums, bass, vocals, other) are rounded to multiples of 2^-23 and then added: so they sum to the mix exactly, also in 24-bit files.
#include "music/loudness.h"
#include "music/score.h"
#include "music/score_reverb.h"
#include "music/score_synth.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { RATE_DEFAULT = 44100, TAIL_S_DEFAULT = 4, TAIL_S_MAX = 30, NOTE_TAIL_S = 5, ALL_BUSES = ATT_STEM_COUNT, CHUNK_FRAMES = 4096 };
static const double decay_s = 2.2, peak_max_dbtp = -1, loudness_default_lufs = -16, quantum = 1.0 / (1 << 23);

const char *att_sound_font_at(size_t index)
{
    static const char *const places[] = {"/usr/share/sounds/sf2/TimGM6mb.sf2", "/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/sounds/sf2/default-GM.sf2",
        "/usr/share/sounds/sf3/default-GM.sf3", "/usr/share/soundfonts/FluidR3_GM.sf2", NULL};
    return index < ATT_COUNT_OF(places) ? places[index] : NULL;
}

// One place where a note sounds.
typedef struct use {
    att_synth_note note;
    uint8_t part;
    uint64_t start;   // frame
    uint64_t cut;     // frame where it is damped; 0: nowhere
    uint32_t bent_by; // index of the score's note whose bends these are; UINT32_MAX: not bent
} use;

typedef struct bus {
    float *dry;  // (frames, 2)
    float *send; // (frames)
} bus;

typedef struct render {
    const att_score *score;
    const att_render_options *options;
    att_host host;
    uint32_t rate_hz;
    uint64_t loop_frames; // 0: no loop
    uint64_t frames;
    use *uses;
    size_t use_count;
    uint8_t *request;
    size_t request_size;
    size_t played;
    bus buses[ALL_BUSES];
    size_t bus_count;
} render;

static uint64_t frame_of(const render *r, double ticks)
{
    return (uint64_t)llround(ticks * 60 * r->rate_hz / (ATT_TICKS_PER_BEAT * r->score->tempo_bpm));
}

// --- What to play -----------------------------------------------------------------------------------------------

static bool is_drums(const render *r, const att_note *n)
{
    return r->score->parts[n->part].role == ATT_ROLE_DRUMS;
}

static void set_use(const render *r, uint32_t index, use *out)
{
    const att_note *n = &r->score->notes[index];
    const bool drums = is_drums(r, n), bent = !drums && (n->glide_ticks || n->shake_cents);
    const double cents = drums ? 0 : r->score->key_cents[n->key];
    const uint64_t held = frame_of(r, n->length_ticks), blocks = ATT_MAX((held + ATT_SYNTH_BLOCK / 2) / ATT_SYNTH_BLOCK, 1u);
    const long nearest = drums ? n->key : lround(cents / 100);
    memset(out, 0, sizeof *out); // compared as bytes
    out->note.hold_frames = (uint32_t)ATT_MIN(blocks * ATT_SYNTH_BLOCK, (uint64_t)ATT_SYNTH_FRAMES_MAX);
    out->note.tail_frames_max = (uint32_t)NOTE_TAIL_S * r->rate_hz;
    out->note.cents = (float)cents;
    out->note.key = (uint8_t)ATT_MAX(0, ATT_MIN(127, nearest));
    out->note.velocity = n->velocity;
    out->note.program = r->score->parts[n->part].program;
    out->note.drums = drums;
    out->part = n->part;
    out->start = frame_of(r, n->start_ticks);
    out->bent_by = bent ? index : UINT32_MAX;
}

// An open hi-hat is damped by the next closed one or the pedal.
static void damp_hats(render *r)
{
    enum { CLOSED = 42, PEDAL = 44, OPEN = 46 };
    uint64_t next = 0;
    for (int round = 0; round < (r->loop_frames ? 2 : 1); round++)
        for (size_t i = r->use_count; i-- > 0;) {
            use *u = &r->uses[i];
            if (!u->note.drums || (u->note.key != CLOSED && u->note.key != PEDAL && u->note.key != OPEN))
                continue;
            if (u->note.key == OPEN && next)
                u->cut = next > u->start ? next : next + r->loop_frames;
            next = u->start ? u->start : r->loop_frames;
        }
}

static int order_uses(const void *a, const void *b)
{
    const use *x = a, *y = b;
    const int by_note = memcmp(&x->note, &y->note, sizeof x->note);
    if (by_note)
        return by_note;
    if (x->bent_by != y->bent_by)
        return x->bent_by < y->bent_by ? -1 : 1;
    return x->start != y->start ? (x->start < y->start ? -1 : 1) : x->part - y->part;
}

static bool same_sound(const use *a, const use *b)
{
    return memcmp(&a->note, &b->note, sizeof a->note) == 0 && a->bent_by == b->bent_by;
}

static uint32_t bends_of(const use *u)
{
    return u->bent_by == UINT32_MAX ? 0 : u->note.hold_frames / ATT_SYNTH_BLOCK;
}

static att_status write_request(render *r, att_error *err)
{
    size_t bends = 0;
    for (size_t i = 0; i < r->use_count; i++)
        if (!i || !same_sound(&r->uses[i - 1], &r->uses[i])) {
            r->played++;
            bends += bends_of(&r->uses[i]);
        }
    if (r->played > ATT_SYNTH_NOTES_MAX || bends > ATT_SYNTH_BENDS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "rendering: %zu distinct notes with %zu bends are too many", r->played, bends);
    r->request_size = sizeof(att_synth_request) + r->played * sizeof(att_synth_note) + bends * sizeof(float);
    r->request = ATT_NEW_ARRAY(&r->host, uint8_t, r->request_size);
    if (!r->request)
        return att_no_memory(err, r->played, "notes to play");
    const att_synth_request head = {ATT_SYNTH_MAGIC, r->rate_hz, (uint32_t)r->played, (uint32_t)bends};
    memcpy(r->request, &head, sizeof head);
    uint8_t *at = r->request + sizeof head;
    float *bend = (float *)(void *)(at + r->played * sizeof(att_synth_note));
    uint32_t bend_at = 0;
    for (size_t i = 0; i < r->use_count; i++) {
        if (i && same_sound(&r->uses[i - 1], &r->uses[i]))
            continue;
        att_synth_note note = r->uses[i].note;
        note.bend_first = bend_at;
        note.bend_count = bends_of(&r->uses[i]);
        for (uint32_t b = 0; b < note.bend_count; b++)
            bend[bend_at++] = (float)att_note_bend_cents(&r->score->notes[r->uses[i].bent_by],
                (double)b * ATT_SYNTH_BLOCK * r->score->tempo_bpm * ATT_TICKS_PER_BEAT / (60.0 * r->rate_hz));
        memcpy(at, &note, sizeof note);
        at += sizeof note;
    }
    return ATT_OK;
}

// A score of a scale is played in tune whatever the sound font is: each key of each instrument is listened to, and corrected.
static att_status correct(render *r, int font, const char *font_path, att_error *err)
{
    enum { PROGRAMS = 128, KEYS = 128 };
    const size_t most = ATT_MIN(r->use_count, (size_t)PROGRAMS * KEYS);
    att_synth_note *notes = ATT_NEW_ARRAY(&r->host, att_synth_note, ATT_MAX(most, (size_t)1));
    float *off = ATT_NEW_ARRAY(&r->host, float, ATT_MAX(most, (size_t)1));
    uint16_t *which = ATT_NEW_ARRAY(&r->host, uint16_t, PROGRAMS * KEYS); // 1 + index of a program's key; 0: not played
    att_status status = notes && off && which ? ATT_OK : att_no_memory(err, most, "keys to tune");
    size_t count = 0;
    for (size_t i = 0; !status && i < r->use_count; i++) {
        const att_synth_note *n = &r->uses[i].note;
        uint16_t *seen = &which[n->program * KEYS + n->key];
        if (!n->drums && !*seen) {
            notes[count] = *n;
            *seen = (uint16_t)++count;
        }
    }
    if (!status && count)
        status = att_synth_detunes(notes, count, r->rate_hz, font, font_path, off, &r->host, err);
    for (size_t i = 0; !status && i < r->use_count; i++) {
        att_synth_note *n = &r->uses[i].note;
        if (!n->drums)
            n->cents -= off[which[n->program * KEYS + n->key] - 1];
    }
    if (notes)
        ATT_FREE_ARRAY(&r->host, notes, ATT_MAX(most, (size_t)1));
    if (off)
        ATT_FREE_ARRAY(&r->host, off, ATT_MAX(most, (size_t)1));
    if (which)
        ATT_FREE_ARRAY(&r->host, which, PROGRAMS * KEYS);
    return status;
}

static att_status list_uses(render *r, int font, const char *font_path, att_error *err)
{
    r->use_count = r->score->note_count;
    r->uses = ATT_NEW_ARRAY(&r->host, use, ATT_MAX(r->use_count, (size_t)1));
    if (!r->uses)
        return att_no_memory(err, r->use_count, "notes to play");
    for (size_t i = 0; i < r->use_count; i++)
        set_use(r, (uint32_t)i, &r->uses[i]);
    damp_hats(r);
    const att_status status = r->score->scale[0] ? correct(r, font, font_path, err) : ATT_OK;
    if (status)
        return status;
    qsort(r->uses, r->use_count, sizeof *r->uses, order_uses);
    return write_request(r, err);
}

// --- Laying notes down ------------------------------------------------------------------------------------------

static size_t bus_of(const render *r, const att_music_part *part)
{
    if (r->bus_count == 1)
        return 0;
    switch (part->role) {
    case ATT_ROLE_DRUMS: return ATT_STEM_DRUMS;
    case ATT_ROLE_BASS: return ATT_STEM_BASS;
    case ATT_ROLE_LEAD: return r->score->vocals ? ATT_STEM_VOCALS : ATT_STEM_OTHER;
    default: return ATT_STEM_OTHER;
    }
}

static void lay_down(const render *r, const use *u, const float *note, size_t frames)
{
    enum { FADE_MS = 6 };
    const att_music_part *part = &r->score->parts[u->part];
    const double angle = (1 + (double)part->pan) * M_PI / 4, gain = pow(10, (double)part->gain_db / 20) * sqrt(2);
    const float left = (float)(gain * cos(angle)), right = (float)(gain * sin(angle)), send = (float)(0.5 * (double)part->room);
    const bus *b = &r->buses[bus_of(r, part)];
    const uint64_t fade = (uint64_t)r->rate_hz * FADE_MS / 1000, cut = u->cut ? u->cut - u->start : UINT64_MAX;
    uint64_t at = u->start;
    for (size_t i = 0; i < frames && i < cut; i++, at++) {
        if (at >= r->frames) {
            if (!r->loop_frames)
                break;
            at %= r->loop_frames;
        }
        const float damp = cut - i < fade ? (float)(cut - i) / (float)fade : 1;
        const float l = note[2 * i] * left * damp, s = note[2 * i + 1] * right * damp;
        b->dry[2 * at] += l;
        b->dry[2 * at + 1] += s;
        b->send[at] += send * (l + s);
    }
}

static att_status play(render *r, int font, const char *font_path, att_error *err)
{
    att_synth synth;
    att_status status = att_synth_start(&synth, (att_text){(const char *)r->request, r->request_size}, font, font_path, &r->host, err);
    size_t frames = 0, played = 0;
    for (size_t i = 0; !status && i < r->use_count; i++) {
        if (!i || !same_sound(&r->uses[i - 1], &r->uses[i])) {
            status = att_synth_next(&synth, &frames, err);
            if (!status && !att_progress_tell(&r->host, "render", ++played, r->played, "notes"))
                status = ATT_FAIL(err, ATT_CANCELLED, "rendering was cancelled");
        }
        if (!status)
            lay_down(r, &r->uses[i], synth.samples, frames);
    }
    att_synth_deinit(&synth);
    return status;
}

// The room of a bus, added to it. A loop's is run in a circle first.
static att_status add_room(render *r, const bus *b, att_error *err)
{
    att_reverb room;
    att_status status = att_reverb_init(&room, r->rate_hz, decay_s, &r->host, err);
    if (status)
        return status;
    for (double heard_s = 0; r->loop_frames && heard_s < decay_s * 100 / 60; heard_s += (double)r->frames / r->rate_hz)
        att_reverb_run(&room, b->send, NULL, r->frames);
    for (uint64_t at = 0; !status && at < r->frames; at += r->rate_hz) {
        const size_t some = (size_t)ATT_MIN((uint64_t)r->rate_hz, r->frames - at);
        att_reverb_run(&room, b->send + at, b->dry + 2 * at, some);
        if (!att_progress_tell(&r->host, "room", at / r->rate_hz, r->frames / r->rate_hz, "seconds"))
            status = ATT_FAIL(err, ATT_CANCELLED, "rendering was cancelled");
    }
    att_reverb_deinit(&room);
    return status;
}

// --- Loudness and stems -------------------------------------------------------------------------------------------

static void add_up(const render *r, float *out)
{
    for (uint64_t i = 0; i < r->frames * 2; i++) {
        float sum = 0;
        for (size_t b = 0; b < r->bus_count; b++)
            sum += r->buses[b].dry[i];
        out[i] = sum;
    }
}

// The last half second of a tail goes to nothing.
static void fade_out(const render *r)
{
    const uint64_t fade = r->rate_hz / 2;
    for (size_t b = 0; !r->loop_frames && b < r->bus_count; b++)
        for (uint64_t i = r->frames > fade ? r->frames - fade : 0; i < r->frames; i++) {
            const float left = (float)(r->frames - i) / (float)fade;
            r->buses[b].dry[2 * i] *= left;
            r->buses[b].dry[2 * i + 1] *= left;
        }
}

static void scale_and_round(const render *r, double gain)
{
    for (size_t b = 0; b < r->bus_count; b++)
        for (uint64_t i = 0; i < r->frames * 2; i++)
            r->buses[b].dry[i] = (float)(rint((double)r->buses[b].dry[i] * gain / quantum) * quantum);
}

static att_status finish(render *r, att_rendered *out, att_error *err)
{
    att_loudness is;
    const double wanted = r->options->loudness_lufs < 0 ? r->options->loudness_lufs : loudness_default_lufs;
    fade_out(r);
    add_up(r, out->mix.samples);
    const att_status status = att_loudness_measure(att_audio_view(&out->mix), &is, err);
    if (status)
        return status;
    if (isfinite(is.true_peak_dbtp)) {
        const double loud = isfinite(is.integrated_lufs) ? wanted - is.integrated_lufs : HUGE_VAL;
        out->gain_db = fmin(loud, peak_max_dbtp - is.true_peak_dbtp);
    }
    scale_and_round(r, pow(10, out->gain_db / 20));
    add_up(r, out->mix.samples);
    return ATT_OK;
}

// --- All of it ----------------------------------------------------------------------------------------------------

static att_status open_font(int *out, const char **path, att_error *err)
{
    if (*path) {
        *out = open(*path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        return *out < 0 ? att_fail_errno(err, errno, "opening the sound font %s", *path) : ATT_OK;
    }
    for (size_t i = 0; (*path = att_sound_font_at(i)); i++) {
        *out = open(*path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (*out >= 0)
            return ATT_OK;
    }
    return ATT_FAIL(err, ATT_UNSUPPORTED, "no sound font: expected %s or another General MIDI font; Debian has one in timgm6mb-soundfont", att_sound_font_at(0));
}

static att_status check_options(const att_render_options *o, const att_score *score, att_error *err)
{
    if (o->rate_hz && (o->rate_hz < 8000 || o->rate_hz > 96000))
        return ATT_FAIL(err, ATT_INVALID, "rate_hz: found %u, expected 8000 to 96000", o->rate_hz);
    if (o->loudness_lufs != 0 && !(o->loudness_lufs >= -60 && o->loudness_lufs <= -5))
        return ATT_FAIL(err, ATT_INVALID, "loudness_lufs: found %g, expected -60 to -5", o->loudness_lufs);
    if (!(o->tail_s >= 0 && o->tail_s <= TAIL_S_MAX))
        return ATT_FAIL(err, ATT_INVALID, "tail_s: found %g, expected 0 to %d", o->tail_s, TAIL_S_MAX);
    if (att_score_length_s(score) > ATT_RENDER_SECONDS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "length: %.0f s are more than %.0f", att_score_length_s(score), ATT_RENDER_SECONDS_MAX);
    return ATT_OK;
}

// With stems a bus is a stem, and writes into it.
static att_status make_buses(render *r, att_rendered *out, att_error *err)
{
    att_status status = att_audio_init(&out->mix, r->frames, 2, r->rate_hz, &r->host, err);
    for (size_t b = 0; !status && b < r->bus_count; b++) {
        status = att_audio_init(&out->stem[b], r->frames, 2, r->rate_hz, &r->host, err);
        r->buses[b].dry = out->stem[b].samples;
        r->buses[b].send = status ? NULL : ATT_NEW_ARRAY(&r->host, float, r->frames);
        if (!status && !r->buses[b].send)
            status = att_no_memory(err, r->frames, "frames of sound");
    }
    return status;
}

static void put_away(render *r)
{
    ATT_FREE_ARRAY(&r->host, r->uses, ATT_MAX(r->use_count, (size_t)1));
    ATT_FREE_ARRAY(&r->host, r->request, r->request_size);
    for (size_t b = 0; b < r->bus_count; b++)
        ATT_FREE_ARRAY(&r->host, r->buses[b].send, r->frames);
}

att_status att_score_render(att_rendered *out, const att_score *score, const att_render_options *options, const att_host *host, att_error *err)
{
    static const att_render_options usual;
    render r = {.score = score, .options = options ? options : &usual, .host = att_host_complete(host)};
    *out = (att_rendered){.sound_font = r.options->sound_font};
    int font = -1;
    att_status status = check_options(r.options, score, err);
    if (!status)
        status = open_font(&font, &out->sound_font, err);
    if (status)
        return status;
    r.rate_hz = r.options->rate_hz ? r.options->rate_hz : RATE_DEFAULT;
    r.bus_count = r.options->stems ? ATT_STEM_COUNT : 1;
    r.frames = frame_of(&r, (double)score->bars * BAR);
    r.loop_frames = score->loop ? r.frames : 0;
    r.frames += score->loop ? 0 : (uint64_t)((r.options->tail_s > 0 ? r.options->tail_s : TAIL_S_DEFAULT) * r.rate_hz);
    status = att_while(err, list_uses(&r, font, out->sound_font, err), "rendering");
    if (!status)
        status = make_buses(&r, out, err);
    if (!status)
        status = att_while(err, play(&r, font, out->sound_font, err), "rendering");
    for (size_t b = 0; !status && b < r.bus_count; b++)
        status = add_room(&r, &r.buses[b], err);
    if (!status)
        status = finish(&r, out, err);
    out->played = r.played;
    put_away(&r);
    close(font);
    if (!status && !r.options->stems)
        att_audio_deinit(&out->stem[0]);
    if (status)
        att_rendered_deinit(out);
    return status;
}

void att_rendered_deinit(att_rendered *rendered)
{
    att_audio_deinit(&rendered->mix);
    for (int s = 0; s < ATT_STEM_COUNT; s++)
        att_audio_deinit(&rendered->stem[s]);
    *rendered = (att_rendered){0};
}
