// SPDX-License-Identifier: Apache-2.0
// music/stems.c - a track split into four stems that sum to it.
//
// Spectra, masks, spectra of drums, bass and vocals, and back; `other` is the track less these three. The three are rounded to
// multiples of 2^-23, so that for a track of 24 bits or fewer every sum is exact in float.
#include "attune/stems.h"
#include "music/stems_chunk.h"
#include "music/stems_masks.h"

#include <math.h>

const char *att_stem_name(att_stem stem)
{
    static const char *const names[] = {"drums", "bass", "vocals", "other"};
    return (unsigned)stem < ATT_STEM_COUNT ? names[stem] : "?";
}

bool att_stem_by_name(att_text name, att_stem *out)
{
    for (int s = 0; s < ATT_STEM_COUNT; s++)
        if (att_text_equal(name, att_text_of(att_stem_name((att_stem)s))))
            return *out = (att_stem)s, true;
    return false;
}

void att_stems_deinit(att_stems *stems)
{
    for (int s = 0; s < ATT_STEM_COUNT; s++)
        att_audio_deinit(&stems->stem[s]);
    *stems = (att_stems){0};
}

typedef struct splitter {
    att_sound sound;
    att_stems *out;
    att_stft *stft;
    att_arena scratch;
    att_stems_chunk chunk;
    float complex *row; // (bins)
    double took[ATT_STEM_COUNT], unsure[ATT_STEM_COUNT]; // power in the masks, and power that they are unsure about
} splitter;

static bool make_room(splitter *s)
{
    att_stems_chunk *c = &s->chunk;
    *c = (att_stems_chunk){.frames = ATT_STEMS_CHUNK_FRAMES, .bins = att_stft_bins(s->stft), .channels = s->sound.channels};
    c->spectra = ATT_NEW_RAW(&s->scratch, float complex, c->channels *c->frames *c->bins);
    c->power = ATT_NEW_RAW(&s->scratch, float, c->frames *c->bins);
    c->masks = ATT_NEW_RAW(&s->scratch, float, c->frames *ATT_STEM_COUNT *c->bins);
    s->row = ATT_NEW_RAW(&s->scratch, float complex, c->bins);
    return c->spectra && c->power && c->masks && s->row;
}

static void look(splitter *s, int64_t first)
{
    att_stems_chunk *c = &s->chunk;
    memset(c->power, 0, c->frames * c->bins * sizeof *c->power);
    for (uint32_t channel = 0; channel < c->channels; channel++)
        for (size_t t = 0; t < c->frames; t++) {
            float complex *row = c->spectra + (channel * c->frames + t) * c->bins;
            att_stft_forward(s->stft, s->sound, channel, first + (int64_t)t, row);
            for (size_t k = 0; k < c->bins; k++)
                c->power[t * c->bins + k] += (crealf(row[k]) * crealf(row[k]) + cimagf(row[k]) * cimagf(row[k])) / (float)c->channels;
        }
}

static att_status make_masks(splitter *s, att_error *err)
{
    att_stems_chunk *c = &s->chunk;
    const att_arena_mark mark = att_arena_save(&s->scratch);
    float *magnitude = ATT_NEW_RAW(&s->scratch, float, c->frames *c->bins);
    const double bin_hz = (double)s->sound.rate_hz / (double)(4 * att_stft_hop(s->stft));
    bool whole = magnitude != NULL;
    for (size_t i = 0; whole && i < c->frames * c->bins; i++)
        magnitude[i] = sqrtf(c->power[i]);
    whole = whole && att_stems_classical(magnitude, c->frames, c->bins, bin_hz, c->masks, &s->scratch);
    att_arena_rewind(&s->scratch, mark);
    return whole ? ATT_OK : att_no_memory(err, c->frames, "frames of masks");
}

// The frames between the margins, for the three stems that are made from their masks.
static void put(splitter *s, int64_t first, size_t frames)
{
    const att_stems_chunk *c = &s->chunk;
    for (size_t t = ATT_STEMS_MARGIN; t < ATT_STEMS_MARGIN + frames; t++)
        for (int stem = 0; stem < ATT_STEM_OTHER; stem++) {
            const float *mask = c->masks + (t * ATT_STEM_COUNT + (size_t)stem) * c->bins;
            for (uint32_t channel = 0; channel < c->channels; channel++) {
                const float complex *from = c->spectra + (channel * c->frames + t) * c->bins;
                for (size_t k = 0; k < c->bins; k++)
                    s->row[k] = from[k] * mask[k];
                att_stft_inverse(s->stft, s->row, first + (int64_t)t, channel, &s->out->stem[stem]);
            }
        }
}

static void weigh(splitter *s, size_t frames)
{
    const att_stems_chunk *c = &s->chunk;
    for (size_t t = ATT_STEMS_MARGIN; t < ATT_STEMS_MARGIN + frames; t++)
        for (size_t stem = 0; stem < ATT_STEM_COUNT; stem++) {
            const float *mask = c->masks + (t * ATT_STEM_COUNT + stem) * c->bins, *power = c->power + t * c->bins;
            double took = 0, unsure = 0;
            for (size_t k = 0; k < c->bins; k++) {
                took += mask[k] * power[k];
                unsure += mask[k] * (1 - mask[k]) * power[k];
            }
            s->took[stem] += took;
            s->unsure[stem] += unsure;
        }
}

static att_status split(splitter *s, const att_host *host, att_error *err)
{
    const size_t frames = att_stft_frames(s->stft, s->sound.frames);
    for (size_t at = 0; at < frames; at += ATT_STEMS_CHUNK) {
        const size_t count = ATT_MIN(frames - at, (size_t)ATT_STEMS_CHUNK);
        const int64_t first = (int64_t)at - ATT_STEMS_MARGIN;
        const att_arena_mark mark = att_arena_save(&s->scratch);
        if (!att_progress_tell(host, "split into stems", at, frames, "frames"))
            return ATT_FAIL(err, ATT_CANCELLED, "splitting into stems was stopped");
        look(s, first);
        const att_status status = make_masks(s, err);
        if (status)
            return status;
        put(s, first, count);
        weigh(s, count);
        att_arena_rewind(&s->scratch, mark);
    }
    return ATT_OK;
}

static float on_grid(float value)
{
    return roundf(value * 0x1p23f) * 0x1p-23f;
}

// What the three stems did not take.
static void leave_rest(att_stems *out, att_sound sound)
{
    float *d = out->stem[ATT_STEM_DRUMS].samples, *b = out->stem[ATT_STEM_BASS].samples, *v = out->stem[ATT_STEM_VOCALS].samples;
    float *other = out->stem[ATT_STEM_OTHER].samples;
    for (size_t i = 0; i < sound.frames * sound.channels; i++) {
        d[i] = on_grid(d[i]);
        b[i] = on_grid(b[i]);
        v[i] = on_grid(v[i]);
        other[i] = sound.samples[i] - (d[i] + b[i] + v[i]);
    }
}

static double expected_db(double took, double unsure)
{
    return took > 0 ? 10 * log10(took / ATT_MAX(unsure, 1e-4 * took)) : -HUGE_VAL;
}

static att_status check(att_sound sound, const att_stems_options *o, att_error *err)
{
    if ((unsigned)o->method >= ATT_STEMS_METHOD_COUNT)
        return ATT_FAIL(err, ATT_INVALID, "method: found %d, expected 0 to %d", (int)o->method, ATT_STEMS_METHOD_COUNT - 1);
    if (sound.channels < 1 || sound.channels > ATT_AUDIO_CHANNELS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "channels: found %u, expected 1 to %d", sound.channels, ATT_AUDIO_CHANNELS_MAX);
    if ((double)sound.frames > ATT_STEMS_SECONDS_MAX * sound.rate_hz)
        return ATT_FAIL(err, ATT_LIMIT, "%.0f seconds are too long to split, at most %.0f", (double)sound.frames / sound.rate_hz, ATT_STEMS_SECONDS_MAX);
    return ATT_OK;
}

att_status att_stems_separate(att_stems *out, att_sound sound, const att_stems_options *options, const att_host *host, att_error *err)
{
    const att_stems_options o = options ? *options : (att_stems_options){0};
    const att_host its = att_host_complete(host);
    *out = (att_stems){.method = ATT_STEMS_CLASSICAL};
    splitter s = {.sound = sound, .out = out};
    att_status status = check(sound, &o, err);
    if (status)
        return status;
    att_arena_init(&s.scratch, &its, 0);
    status = att_stft_create(&s.stft, sound.rate_hz, &its, err);
    for (int i = 0; !status && i < ATT_STEM_COUNT; i++)
        status = att_audio_init(&out->stem[i], sound.frames, sound.channels, sound.rate_hz, &its, err);
    if (!status && !make_room(&s))
        status = att_no_memory(err, ATT_STEMS_CHUNK_FRAMES, "frames of spectra");
    if (!status)
        status = split(&s, &its, err);
    if (!status) {
        leave_rest(out, sound);
        for (int i = 0; i < ATT_STEM_COUNT; i++)
            out->expected_db[i] = expected_db(s.took[i], s.unsure[i]);
    }
    att_stft_destroy(s.stft);
    att_arena_deinit(&s.scratch);
    if (status)
        att_stems_deinit(out);
    return status;
}
