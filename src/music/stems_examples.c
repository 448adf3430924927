// SPDX-License-Identifier: Apache-2.0
// music/stems_examples.c - tracks from a folder, mixes from tracks.
#include "music/stems_examples.h"
#include "base/rng.h"
#include "music/stems_features.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

// --- Folders --------------------------------------------------------------------------------------------------

char *att_stems_folder_stem(const char *folder, const char *track, att_stem stem, att_arena *life)
{
    static const char *const endings[] = {"wav", "flac", "ogg"};
    for (size_t i = 0; i < ATT_COUNT_OF(endings); i++) {
        char *path = att_arena_printf(life, "%s/%s/%s.%s", folder, track, att_stem_name(stem), endings[i]);
        if (path && access(path, R_OK) == 0)
            return path;
    }
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_track(const char *folder, const char *name, att_arena *life)
{
    for (int s = 0; name[0] != '.' && s < ATT_STEM_COUNT; s++)
        if (att_stems_folder_stem(folder, name, (att_stem)s, life))
            return true;
    return false;
}

att_status att_stems_folder_list(const char *folder, char ***names, size_t *count, att_arena *life, att_error *err)
{
    *count = 0;
    *names = ATT_NEW(life, char *, ATT_STEMS_TRACKS_MAX);
    DIR *dir = opendir(folder);
    if (!dir)
        return att_fail_errno(err, errno, "opening folder %s", folder);
    bool whole = *names != NULL;
    for (struct dirent *e; whole && (e = readdir(dir)) && *count < ATT_STEMS_TRACKS_MAX;) {
        if (!is_track(folder, e->d_name, life))
            continue;
        const att_text copy = att_arena_text(life, att_text_of(e->d_name));
        whole = copy.data != NULL;
        (*names)[(*count)++] = (char *)(uintptr_t)copy.data;
    }
    closedir(dir);
    if (!whole)
        return att_no_memory(err, ATT_STEMS_TRACKS_MAX, "names of tracks");
    if (!*count)
        return ATT_FAIL(err, ATT_INSUFFICIENT, "%s: no track in it, expected folders with drums.wav, bass.wav, vocals.wav, other.wav", folder);
    qsort(*names, *count, sizeof **names, by_name);
    return ATT_OK;
}

// The track is as long as its shortest stem.
static bool shorten(att_stems_pool *pool, att_stems_track *track, size_t frames)
{
    for (int s = 0; s < ATT_STEM_COUNT; s++) {
        if (!track->samples[s] || track->frames <= frames)
            continue;
        int16_t *fitted = att_realloc(&pool->host, track->samples[s], track->frames * 2, frames * 2, sizeof *fitted);
        if (!fitted)
            return false;
        track->samples[s] = fitted;
    }
    track->frames = frames;
    return true;
}

static bool to_integers(att_sound sound, int16_t *out, size_t frames) // false: it is silence
{
    int loudest = 0;
    for (size_t i = 0; i < frames; i++)
        for (size_t c = 0; c < 2; c++) {
            const float x = sound.samples[i * sound.channels + (sound.channels > 1 ? c : 0)];
            out[2 * i + c] = (int16_t)lrintf(ATT_MAX(ATT_MIN(x, 1), -1) * 32767);
            loudest = ATT_MAX(loudest, abs(out[2 * i + c]));
        }
    return loudest >= 8;
}

static att_status load_stem(att_stems_pool *pool, att_stems_track *track, int stem, const char *path, att_error *err)
{
    att_audio audio;
    const att_audio_read_options options = {.rate_hz = ATT_STEMS_RATE_HZ};
    const att_status status = att_audio_read(&audio, path, &options, &pool->host, err);
    if (status)
        return status;
    const size_t frames = track->frames ? ATT_MIN(track->frames, audio.frames) : audio.frames;
    int16_t *to = ATT_NEW_ARRAY(&pool->host, int16_t, frames * 2);
    const bool whole = to && (!track->frames || shorten(pool, track, frames));
    track->frames = whole ? frames : track->frames;
    if (whole && to_integers(att_audio_view(&audio), to, frames))
        track->samples[stem] = to;
    else if (to)
        ATT_FREE_ARRAY(&pool->host, to, frames * 2);
    att_audio_deinit(&audio);
    return whole ? ATT_OK : att_no_memory(err, frames, "frames of a stem");
}

static void free_track(att_stems_pool *pool, att_stems_track *track)
{
    for (int s = 0; s < ATT_STEM_COUNT; s++)
        if (track->samples[s])
            ATT_FREE_ARRAY(&pool->host, track->samples[s], track->frames * 2);
    *track = (att_stems_track){0};
}

att_status att_stems_pool_load(att_stems_pool *out, const char *folder, size_t frames_least, const att_host *host, att_error *err)
{
    *out = (att_stems_pool){.host = att_host_complete(host)};
    att_arena life;
    char **names = NULL;
    size_t count = 0;
    att_arena_init(&life, &out->host, 0);
    att_status status = att_stems_folder_list(folder, &names, &count, &life, err);
    for (size_t n = 0; !status && n < count; n++) {
        att_stems_track track = {0};
        if (!att_progress_tell(&out->host, "read multitracks", n, count, "tracks"))
            status = ATT_FAIL(err, ATT_CANCELLED, "reading %s was stopped", folder);
        for (int s = 0; !status && s < ATT_STEM_COUNT; s++) {
            const char *path = att_stems_folder_stem(folder, names[n], (att_stem)s, &life);
            status = path ? load_stem(out, &track, s, path, err) : ATT_OK;
        }
        if (status || track.frames < frames_least)
            free_track(out, &track);
        else if (!ATT_VEC_PUSH(&out->host, &out->tracks, track))
            free_track(out, &track), status = att_no_memory(err, n, "tracks");
    }
    if (!status && !out->tracks.count)
        status = ATT_FAIL(err, ATT_INSUFFICIENT, "%s: every track is shorter than %.1f s", folder, (double)frames_least / ATT_STEMS_RATE_HZ);
    att_arena_deinit(&life);
    if (status)
        att_stems_pool_deinit(out);
    return status;
}

void att_stems_pool_deinit(att_stems_pool *pool)
{
    for (size_t i = 0; i < pool->tracks.count; i++)
        free_track(pool, &pool->tracks.items[i]);
    if (pool->tracks.items)
        ATT_VEC_FREE(&pool->host, &pool->tracks);
    *pool = (att_stems_pool){0};
}

// --- Examples -------------------------------------------------------------------------------------------------

bool att_stems_example_init(att_stems_example *out, size_t frames, att_arena *life)
{
    *out = (att_stems_example){.frames = frames};
    out->features = ATT_NEW_RAW(life, float, frames *ATT_STEMS_FEATURES);
    out->mix = ATT_NEW_RAW(life, float, frames *ATT_STEMS_BANDS);
    out->cross = ATT_NEW_RAW(life, float, frames *ATT_STEMS_MASKS);
    return out->features && out->mix && out->cross;
}

size_t att_stems_example_samples(const att_stft *stft, size_t frames)
{
    return (frames + 3) * att_stft_hop(stft);
}

// One stem of an example: where it comes from and what is done to it.
typedef struct part {
    const int16_t *samples; // NULL: left out
    float gain;
    float *curve; // (bins) of its spectrum
    float *sound; // (samples, 2)
} part;

typedef struct mixture {
    part part[ATT_STEM_COUNT];
    uint32_t channels;
    bool swapped;
    size_t samples, bins, bins_kept;
    float level; // the feature's level is off by that factor
} mixture;

static float decibels(att_rng *rng, double most)
{
    return (float)pow(10, most * (2 * att_rng_unit(rng) - 1) / 20);
}

// A tilt and two waves over the octaves, a few dB each.
static void bend(float *curve, size_t bins, att_rng *rng)
{
    double by[3];
    for (int k = 0; k < 3; k++)
        by[k] = 3 * (2 * att_rng_unit(rng) - 1);
    for (size_t k = 0; k < bins; k++) {
        const double u = log2(1 + (double)k) / 11;
        curve[k] = (float)pow(10, (2 * by[0] * (u - 0.5) + by[1] * cos(M_PI * 2 * u) + by[2] * cos(M_PI * 4 * u)) / 20);
    }
}

static void take_part(part *p, const att_stems_pool *pool, const mixture *m, size_t anchor, double share, int stem, att_rng *rng)
{
    const bool same = att_rng_unit(rng) < 0.5;
    const att_stems_track *track = &pool->tracks.items[same ? anchor : att_rng_below(rng, pool->tracks.count)];
    const double at = same ? share : att_rng_unit(rng);
    const size_t from = (size_t)(at * (double)(track->frames - m->samples));
    p->samples = track->samples[stem] ? track->samples[stem] + 2 * from : NULL;
    p->gain = decibels(rng, 4);
    if (att_rng_unit(rng) < 0.06)
        p->samples = NULL;
    if (att_rng_unit(rng) < 0.5)
        bend(p->curve, m->bins, rng);
    if (att_rng_unit(rng) < 0.5)
        p->gain = -p->gain;
}

static void draw_mixture(mixture *m, const att_stems_pool *pool, uint64_t seed, uint64_t number, bool plain)
{
    att_rng rng = att_rng_stream(seed, number);
    const size_t anchor = plain ? (size_t)(number % pool->tracks.count) : att_rng_below(&rng, pool->tracks.count);
    const double share = att_rng_unit(&rng);
    m->channels = 2;
    m->bins_kept = m->bins;
    m->level = 1;
    for (int s = 0; s < ATT_STEM_COUNT; s++) {
        for (size_t k = 0; k < m->bins; k++)
            m->part[s].curve[k] = 1;
        m->part[s].samples = pool->tracks.items[anchor].samples[s];
        m->part[s].gain = 1;
        if (!plain)
            take_part(&m->part[s], pool, m, anchor, share, s, &rng);
    }
    if (plain)
        return;
    m->channels = att_rng_unit(&rng) < 0.25 ? 1 : 2;
    m->swapped = att_rng_unit(&rng) < 0.5;
    m->level = decibels(&rng, 3);
    if (att_rng_unit(&rng) < 0.15)
        m->bins_kept = (size_t)(350 + att_rng_unit(&rng) * 1200); // 3.8 … 16.7 kHz
}

static void lay_out(mixture *m)
{
    for (int s = 0; s < ATT_STEM_COUNT; s++) {
        const part *p = &m->part[s];
        for (size_t i = 0; p->samples && i < m->samples; i++) {
            float left = p->samples[2 * i] * (p->gain / 32767), right = p->samples[2 * i + 1] * (p->gain / 32767);
            if (m->channels == 1)
                left = right = 0.5f * (left + right);
            p->sound[2 * i] = m->swapped ? right : left;
            p->sound[2 * i + 1] = m->swapped ? left : right;
        }
    }
}

typedef struct rows {
    float complex *stem; // (stems, bins)
    float complex *mix[2]; // (bins)
    float *power, *cross; // (bins), (stems, bins)
} rows;

static void add_channel(const mixture *m, rows *r, att_stft *stft, size_t frame, uint32_t channel, double own[ATT_STEM_COUNT])
{
    const size_t bins = m->bins;
    const float share = 1.0f / (float)m->channels;
    float complex *mix = r->mix[channel];
    memset(mix, 0, bins * sizeof *mix);
    for (size_t s = 0; s < ATT_STEM_COUNT; s++) {
        float complex *its = r->stem + s * bins;
        const part *p = &m->part[s];
        if (!p->samples)
            continue;
        att_stft_forward(stft, (att_sound){p->sound, m->samples, 2, ATT_STEMS_RATE_HZ}, channel, (int64_t)frame + 3, its);
        float sum = 0;
        for (size_t k = 0; k < m->bins_kept; k++) {
            its[k] *= p->curve[k];
            mix[k] += its[k];
            sum += crealf(its[k]) * crealf(its[k]) + cimagf(its[k]) * cimagf(its[k]);
        }
        own[s] += (double)(sum * share);
    }
    for (size_t k = 0; k < m->bins_kept; k++)
        r->power[k] += share * (crealf(mix[k]) * crealf(mix[k]) + cimagf(mix[k]) * cimagf(mix[k]));
    for (size_t s = 0; s < ATT_STEM_COUNT; s++) {
        const float complex *its = r->stem + s * bins;
        for (size_t k = 0; m->part[s].samples && k < m->bins_kept; k++)
            r->cross[s * bins + k] += share * (crealf(mix[k]) * crealf(its[k]) + cimagf(mix[k]) * cimagf(its[k]));
    }
}

static void to_bands(const float *bins, float *bands)
{
    for (size_t b = 0; b < ATT_STEMS_BANDS; b++) {
        float sum = 0;
        for (size_t k = att_stems_band_begin(b); k < att_stems_band_begin(b + 1); k++)
            sum += bins[k];
        bands[b] = sum;
    }
}

static double put_frame(att_stems_example *out, const mixture *m, rows *r, att_stft *stft, size_t t, float *band_power, float *side)
{
    memset(r->power, 0, m->bins * sizeof *r->power);
    memset(r->cross, 0, ATT_STEM_COUNT * m->bins * sizeof *r->cross);
    for (uint32_t c = 0; c < m->channels; c++)
        add_channel(m, r, stft, t, c, out->own);
    to_bands(r->power, out->mix + t * ATT_STEMS_BANDS);
    for (size_t s = 0; s < ATT_STEM_COUNT; s++)
        to_bands(r->cross + s * m->bins, out->cross + t * ATT_STEMS_MASKS + s * ATT_STEMS_BANDS);
    att_stems_to_bands(r->power, 1, m->bins, band_power + t * ATT_STEMS_BANDS);
    att_stems_side(r->mix[0], m->channels == 2 ? r->mix[1] : NULL, m->bins, side + t * ATT_STEMS_BANDS);
    double sum = 0;
    for (size_t k = 0; k < m->bins; k++)
        sum += r->power[k];
    return sum;
}

bool att_stems_example_draw(
    att_stems_example *out, const att_stems_pool *pool, att_stft *stft, uint64_t seed, uint64_t number, bool plain, att_arena *scratch)
{
    const att_arena_mark mark = att_arena_save(scratch);
    mixture m = {.samples = att_stems_example_samples(stft, out->frames), .bins = att_stft_bins(stft)};
    rows r = {.stem = ATT_NEW(scratch, float complex, ATT_STEM_COUNT *m.bins), .power = ATT_NEW(scratch, float, m.bins),
        .cross = ATT_NEW(scratch, float, ATT_STEM_COUNT *m.bins)};
    float *band_power = ATT_NEW(scratch, float, out->frames *ATT_STEMS_BANDS), *side = ATT_NEW(scratch, float, out->frames *ATT_STEMS_BANDS);
    bool whole = r.stem && r.power && r.cross && band_power && side;
    for (int c = 0; c < 2; c++)
        whole = (r.mix[c] = ATT_NEW(scratch, float complex, m.bins)) && whole;
    for (int s = 0; s < ATT_STEM_COUNT; s++) {
        m.part[s].curve = ATT_NEW(scratch, float, m.bins);
        m.part[s].sound = ATT_NEW(scratch, float, 2 * m.samples);
        whole = whole && m.part[s].curve && m.part[s].sound;
    }
    if (whole) {
        double power = 0;
        memset(out->own, 0, sizeof out->own);
        draw_mixture(&m, pool, seed, number, plain);
        lay_out(&m);
        for (size_t t = 0; t < out->frames; t++)
            power += put_frame(out, &m, &r, stft, t, band_power, side);
        whole = att_stems_features(band_power, side, m.level * power / (double)out->frames, out->frames, out->features, scratch);
    }
    att_arena_rewind(scratch, mark);
    return whole;
}
