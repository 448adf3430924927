// SPDX-License-Identifier: Apache-2.0
// music/stems.c - a track split into four stems that sum to it.
//
// Spectra, masks, spectra of drums, bass and vocals, and back; `other` is the track less these three. The three are rounded to
// multiples of 2^-23, so that for a track of 24 bits or fewer every sum is exact in float.
#include "embed/blas.h"
#include "music/stems_chunk.h"
#include "music/stems_features.h"
#include "music/stems_masks.h"
#include "music/stems_parts.h"
#include "music/stems_place.h"

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
    const att_stems_model *model; // NULL: classical masks
    att_stems_room *room;
    double level;
    att_stft *stft;
    att_arena scratch;
    att_stems_chunk chunk;
    float complex *row; // (bins)
    att_stems_place *places; // (bins, stems); NULL: not two channels, or classical masks
    float complex *placed;   // (stems, 2, bins)
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
    bool whole = c->spectra && c->power && c->masks && s->row;
    if (s->model && c->channels == 2) {
        s->places = ATT_NEW_RAW(&s->scratch, att_stems_place, c->bins *ATT_STEM_COUNT);
        s->placed = ATT_NEW_RAW(&s->scratch, float complex, 2 * ATT_STEM_COUNT *c->bins);
        whole = whole && s->places && s->placed;
    }
    return whole;
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

static bool classical_masks(splitter *s)
{
    att_stems_chunk *c = &s->chunk;
    float *magnitude = ATT_NEW_RAW(&s->scratch, float, c->frames *c->bins);
    const double bin_hz = (double)s->sound.rate_hz / (double)(4 * att_stft_hop(s->stft));
    for (size_t i = 0; magnitude && i < c->frames * c->bins; i++)
        magnitude[i] = sqrtf(c->power[i]);
    return magnitude && att_stems_classical(magnitude, c->frames, c->bins, bin_hz, c->masks, &s->scratch);
}

// A band's mask is that of each of its bins.
static void spread(const float *bands, const att_stems_chunk *c)
{
    for (size_t row = 0; row < c->frames * ATT_STEM_COUNT; row++)
        for (size_t b = 0; b < ATT_STEMS_BANDS; b++) {
            const size_t from = ATT_MIN(att_stems_band_begin(b), c->bins);
            const size_t to = b + 1 < ATT_STEMS_BANDS ? ATT_MIN(att_stems_band_begin(b + 1), c->bins) : c->bins;
            for (size_t k = from; k < to; k++)
                c->masks[row * c->bins + k] = bands[row * ATT_STEMS_BANDS + b];
        }
}

static bool network_masks(splitter *s)
{
    att_stems_chunk *c = &s->chunk;
    const att_stems_net net = {s->model->weights, att_seq_ops_best()};
    float *band_power = ATT_NEW_RAW(&s->scratch, float, c->frames *ATT_STEMS_BANDS), *side = ATT_NEW_RAW(&s->scratch, float, c->frames *ATT_STEMS_BANDS);
    float *features = ATT_NEW_RAW(&s->scratch, float, c->frames *ATT_STEMS_FEATURES);
    if (!band_power || !side || !features)
        return false;
    att_stems_to_bands(c->power, c->frames, c->bins, band_power);
    for (size_t t = 0; t < c->frames; t++)
        att_stems_side(c->spectra + t * c->bins, c->channels == 2 ? c->spectra + (c->frames + t) * c->bins : NULL, c->bins, side + t * ATT_STEMS_BANDS);
    if (!att_stems_features(band_power, side, s->level, c->frames, features, &s->scratch))
        return false;
    const int before = att_blas_hold();
    spread(att_stems_forward(&net, features, c->frames, s->room), c);
    att_blas_release(before);
    return true;
}

static att_status make_masks(splitter *s, att_error *err)
{
    const att_arena_mark mark = att_arena_save(&s->scratch);
    const bool whole = s->model ? network_masks(s) : classical_masks(s);
    att_arena_rewind(&s->scratch, mark);
    return whole ? ATT_OK : att_no_memory(err, s->chunk.frames, "frames of masks");
}

static void put_masked(splitter *s, int64_t frame, size_t t)
{
    const att_stems_chunk *c = &s->chunk;
    for (int stem = 0; stem < ATT_STEM_OTHER; stem++) {
        const float *mask = c->masks + (t * ATT_STEM_COUNT + (size_t)stem) * c->bins;
        for (uint32_t channel = 0; channel < c->channels; channel++) {
            const float complex *from = c->spectra + (channel * c->frames + t) * c->bins;
            for (size_t k = 0; k < c->bins; k++)
                s->row[k] = from[k] * mask[k];
            att_stft_inverse(s->stft, s->row, frame, channel, &s->out->stem[stem]);
        }
    }
}

static void put_placed(splitter *s, int64_t frame, size_t t)
{
    att_stems_placed(&s->chunk, s->places, t, s->placed);
    for (uint32_t stem = 0; stem < ATT_STEM_OTHER; stem++)
        for (uint32_t channel = 0; channel < 2; channel++)
            att_stft_inverse(s->stft, s->placed + (2 * stem + channel) * s->chunk.bins, frame, channel, &s->out->stem[stem]);
}

// The frames between the margins, for the three stems that are made from their masks.
static void put(splitter *s, int64_t first, size_t frames)
{
    if (s->places)
        att_stems_places(&s->chunk, s->places);
    for (size_t t = ATT_STEMS_MARGIN; t < ATT_STEMS_MARGIN + frames; t++)
        if (s->places)
            put_placed(s, first + (int64_t)t, t);
        else
            put_masked(s, first + (int64_t)t, t);
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

// What the masks say of themselves: the power they took beside the power they were unsure about.
static double certainty_db(double took, double unsure)
{
    return took > 0 ? 10 * log10(took / ATT_MAX(unsure, 1e-4 * took)) : -HUGE_VAL;
}

// The mean power of a frame, as the network was shown it: that of the sound in seconds that are no softer than a hundredth of the
// loudest. Squared samples are three times less than squared bins (Parseval; Hann's window).
static double level_of(att_sound sound)
{
    const size_t second = (size_t)sound.rate_hz * sound.channels, count = sound.frames * sound.channels;
    double loudest = 0, sum = 0, seconds = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t at = 0; at < count; at += second) {
            double its = 0;
            const size_t to = ATT_MIN(at + second, count);
            for (size_t i = at; i < to; i++)
                its += (double)sound.samples[i] * sound.samples[i];
            its /= (double)(to - at);
            if (pass == 0)
                loudest = ATT_MAX(loudest, its);
            else if (its >= 0.01 * loudest)
                sum += its, seconds++;
        }
    return seconds > 0 ? 3 * sum / seconds : 0;
}

static att_status check(att_sound sound, att_error *err)
{
    if (sound.channels < 1 || sound.channels > ATT_AUDIO_CHANNELS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "channels: found %u, expected 1 to %d", sound.channels, ATT_AUDIO_CHANNELS_MAX);
    if ((double)sound.frames > ATT_STEMS_SECONDS_MAX * sound.rate_hz)
        return ATT_FAIL(err, ATT_LIMIT, "%.0f seconds are too long to split, at most %.0f", (double)sound.frames / sound.rate_hz, ATT_STEMS_SECONDS_MAX);
    return ATT_OK;
}

static att_status prepare(splitter *s, const att_host *host, att_error *err)
{
    att_status status = att_stft_create(&s->stft, s->sound.rate_hz, host, err);
    for (int i = 0; !status && i < ATT_STEM_COUNT; i++)
        status = att_audio_init(&s->out->stem[i], s->sound.frames, s->sound.channels, s->sound.rate_hz, host, err);
    if (!status && !make_room(s))
        status = att_no_memory(err, ATT_STEMS_CHUNK_FRAMES, "frames of spectra");
    if (!status && s->model && !(s->room = att_stems_room_new(ATT_STEMS_CHUNK_FRAMES, false, &s->scratch)))
        status = att_no_memory(err, ATT_STEMS_CHUNK_FRAMES, "frames of masks");
    s->level = s->model ? level_of(s->sound) : 0;
    return status;
}

// Learned as a network's is (music/stems_finish.c), for classical masks.
static const att_stems_trust classical_trust[ATT_STEM_COUNT] = {{-14.63f, 3.45f}, {-14.37f, 1.74f}, {-24.34f, 3.94f}, {-5.24f, 0.74f}};

att_status att_stems_separate_with(att_stems *out, att_sound sound, const att_stems_model *model, const att_host *host, att_error *err)
{
    const att_host its = att_host_complete(host);
    const att_stems_trust *trust = model ? model->trust : classical_trust;
    *out = (att_stems){.method = model ? ATT_STEMS_NETWORK : ATT_STEMS_CLASSICAL};
    splitter s = {.sound = sound, .out = out, .model = model};
    att_status status = check(sound, err);
    if (status)
        return status;
    att_arena_init(&s.scratch, &its, 0);
    status = prepare(&s, &its, err);
    if (!status)
        status = split(&s, &its, err);
    if (!status) {
        leave_rest(out, sound);
        for (int i = 0; i < ATT_STEM_COUNT; i++)
            out->expected_db[i] = trust[i].offset_db + trust[i].slope * certainty_db(s.took[i], s.unsure[i]);
    }
    att_stft_destroy(s.stft);
    att_arena_deinit(&s.scratch);
    if (status)
        att_stems_deinit(out);
    return status;
}

att_status att_stems_separate(att_stems *out, att_sound sound, const att_stems_options *options, const att_host *host, att_error *err)
{
    const att_stems_options o = options ? *options : (att_stems_options){0};
    att_stems_model model = {0};
    att_status status = ATT_OK;
    *out = (att_stems){0};
    if ((unsigned)o.method >= ATT_STEMS_METHOD_COUNT)
        return ATT_FAIL(err, ATT_INVALID, "method: found %d, expected 0 to %d", (int)o.method, ATT_STEMS_METHOD_COUNT - 1);
    if (o.method == ATT_STEMS_NETWORK)
        status = att_stems_model_open(&model, o.model, host, err);
    if (status == ATT_UNSUPPORTED && !o.model)
        status = ATT_OK;
    if (!status)
        status = att_stems_separate_with(out, sound, model.weights ? &model : NULL, host, err);
    att_stems_model_close(&model);
    return status;
}
