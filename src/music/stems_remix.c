// SPDX-License-Identifier: Apache-2.0
// music/stems_remix.c - stems mixed again: louder, softer, out, or in another colour, as far as they can be trusted.
#include "base/base.h"
#include "music/stems_bands.h"
#include "music/stems_parts.h"
#include "music/stft.h"

#include <math.h>

#define ARTIFACTS_DB 3.0 // how far below the stem what is wrong of it must stay
#define COLOUR_DB_MAX 12.0
#define GAIN_DB_MAX 24.0
enum { COLOURS = 32 }; // bands of a colour: sixteen bands of the network each

static const struct {
    const char *name;
    double gain_db[ATT_STEM_COUNT]; // drums, bass, vocals, other
} presets[] = {
    {"workout", {4, 2, 0, 0}},   // a beat to move to
    {"focus", {-3, 0, -12, 0}},  // words distract
    {"sleep", {-9, -3, -6, 0}},
    {"commute", {0, -3, 3, 0}},  // words over the noise of wheels, which is low
    {"party", {2, 4, 0, 0}},
    {"relax", {-4, 0, -2, 0}},
    {"karaoke", {0, 0, -HUGE_VAL, 0}},
};

const char *att_remix_preset_name(size_t index)
{
    return index < ATT_COUNT_OF(presets) ? presets[index].name : NULL;
}

bool att_remix_preset(att_text name, double gain_db[ATT_STEM_COUNT])
{
    for (size_t i = 0; i < ATT_COUNT_OF(presets); i++)
        if (att_text_equal(name, att_text_of(presets[i].name)))
            return memcpy(gain_db, presets[i].gain_db, sizeof presets[i].gain_db), true;
    return false;
}

// How far from 1 a gain may go.
static double reach_of(double expected_db)
{
    return isfinite(expected_db) ? pow(10, (expected_db - ARTIFACTS_DB) / 20) : HUGE_VAL;
}

static double limit(double gain, double reach)
{
    return ATT_MAX(ATT_MIN(gain, 1 + reach), 1 - reach);
}

void att_remix_limits(double expected_db, double *least_db, double *most_db)
{
    const double reach = reach_of(expected_db);
    *least_db = reach < 1 ? 20 * log10(1 - reach) : -HUGE_VAL;
    *most_db = ATT_MIN(20 * log10(1 + reach), GAIN_DB_MAX);
}

// --- Colour ---------------------------------------------------------------------------------------------------

// Powers of a sound over COLOURS bands, summed to 1. False: it is silence.
static att_status colour_of(att_sound sound, double out[COLOURS], const att_host *host, att_error *err)
{
    att_stft *stft = NULL;
    att_status status = att_stft_create(&stft, sound.rate_hz, host, err);
    const size_t bins = status ? 0 : att_stft_bins(stft);
    float complex *row = status ? NULL : ATT_NEW_ARRAY(host, float complex, bins);
    double sum = 0;
    memset(out, 0, COLOURS * sizeof *out);
    if (!status && !row)
        status = att_no_memory(err, bins, "bins");
    for (size_t f = 0; !status && f < att_stft_frames(stft, sound.frames); f += 2)
        for (uint32_t c = 0; c < sound.channels; c++) {
            att_stft_forward(stft, sound, c, (int64_t)f, row);
            for (size_t k = 0; k < bins; k++) {
                const double power = crealf(row[k]) * crealf(row[k]) + cimagf(row[k]) * cimagf(row[k]);
                out[att_stems_band_of(k) * COLOURS / ATT_STEMS_BANDS] += power;
                sum += power;
            }
        }
    for (int b = 0; sum > 0 && b < COLOURS; b++)
        out[b] /= sum;
    if (row)
        ATT_FREE_ARRAY(host, row, bins);
    att_stft_destroy(stft);
    return status;
}

// A gain a band, from what is there to what is wanted, a share of the way (in decibels), without steps.
static void curve_of(const double is[COLOURS], const double wanted[COLOURS], double share, double out[COLOURS])
{
    double db[COLOURS];
    for (int b = 0; b < COLOURS; b++)
        db[b] = ATT_MAX(ATT_MIN(10 * log10((wanted[b] + 1e-7) / (is[b] + 1e-7)), COLOUR_DB_MAX), -COLOUR_DB_MAX) * share;
    for (int b = 0; b < COLOURS; b++) {
        const double before = db[ATT_MAX(b - 1, 0)], after = db[ATT_MIN(b + 1, COLOURS - 1)];
        out[b] = pow(10, (0.25 * before + 0.5 * db[b] + 0.25 * after) / 20);
    }
}

// The gain at a bin lies on a line between those of the bands' middles.
static float gain_at(const double curve[COLOURS], size_t bin)
{
    const size_t band = att_stems_band_of(bin), begin = att_stems_band_begin(band), end = att_stems_band_begin(band + 1);
    const double inside = ATT_MIN(((double)(bin - begin) + 0.5) / (double)(end - begin), 1);
    const double at = ((double)band + inside) * COLOURS / ATT_STEMS_BANDS - 0.5;
    const double low = ATT_MIN(ATT_MAX(at, 0), COLOURS - 1);
    const int from = (int)low, to = ATT_MIN(from + 1, COLOURS - 1);
    return (float)(curve[from] + (curve[to] - curve[from]) * (low - from));
}

static double energy(const att_audio *a)
{
    double sum = 0;
    for (size_t i = 0; i < a->frames * a->channels; i++)
        sum += (double)a->samples[i] * a->samples[i];
    return sum;
}

static att_status filter(att_audio *out, att_sound stem, const double curve[COLOURS], const att_host *host, att_error *err)
{
    att_stft *stft = NULL;
    att_status status = att_audio_init(out, stem.frames, stem.channels, stem.rate_hz, host, err);
    if (!status)
        status = att_stft_create(&stft, stem.rate_hz, host, err);
    const size_t bins = status ? 0 : att_stft_bins(stft);
    float complex *row = status ? NULL : ATT_NEW_ARRAY(host, float complex, bins);
    if (!status && !row)
        status = att_no_memory(err, bins, "bins");
    for (size_t f = 0; !status && f < att_stft_frames(stft, stem.frames); f++)
        for (uint32_t c = 0; c < stem.channels; c++) {
            att_stft_forward(stft, stem, c, (int64_t)f, row);
            for (size_t k = 0; k < bins; k++)
                row[k] *= gain_at(curve, k);
            att_stft_inverse(stft, row, (int64_t)f, c, out);
        }
    if (row)
        ATT_FREE_ARRAY(host, row, bins);
    att_stft_destroy(stft);
    return status;
}

// The stem in the other's colour, as loud as before.
static att_status recolour(att_audio *out, const att_audio *stem, att_sound like, double share, const att_host *host, att_error *err)
{
    double is[COLOURS], wanted[COLOURS], curve[COLOURS];
    att_status status = colour_of(att_audio_view(stem), is, host, err);
    if (!status)
        status = colour_of(like, wanted, host, err);
    curve_of(is, wanted, status ? 0 : share, curve);
    if (!status)
        status = filter(out, att_audio_view(stem), curve, host, err);
    const double before = energy(stem), now = status ? 0 : energy(out);
    const float by = now > 0 ? (float)sqrt(before / now) : 0;
    for (size_t i = 0; !status && i < out->frames * out->channels; i++)
        out->samples[i] *= by;
    if (status)
        att_audio_deinit(out);
    return status;
}

// --- The mix --------------------------------------------------------------------------------------------------

static att_status check(const att_remix_options *o, att_error *err)
{
    for (int s = 0; s < ATT_STEM_COUNT; s++)
        if (isnan(o->gain_db[s]) || o->gain_db[s] > GAIN_DB_MAX)
            return ATT_FAIL(err, ATT_INVALID, "gain of %s: found %g dB, expected at most %g", att_stem_name((att_stem)s), o->gain_db[s], GAIN_DB_MAX);
    return ATT_OK;
}

static att_status add_stem(att_audio *out, const att_stems *stems, int s, const att_sound *like, att_remix_told *told, const att_host *host, att_error *err)
{
    const att_audio *stem = &stems->stem[s];
    const float gain = (float)pow(10, told->gain_db[s] / 20);
    att_audio coloured = {0};
    told->timbre_share[s] = like ? ATT_MIN(reach_of(stems->expected_db[s]), 1) : 0;
    if (like) {
        const att_status status = recolour(&coloured, stem, *like, told->timbre_share[s], host, err);
        if (status)
            return status;
    }
    const float *from = like ? coloured.samples : stem->samples;
    for (size_t i = 0; i < out->frames * out->channels; i++)
        out->samples[i] += gain * from[i];
    att_audio_deinit(&coloured);
    return ATT_OK;
}

// Full scale is not passed, unless the track itself did.
static double turn_down(att_audio *out, const att_stems *stems)
{
    float peak = 0, before = 1;
    for (size_t i = 0; i < out->frames * out->channels; i++) {
        float sum = 0;
        for (int s = 0; s < ATT_STEM_COUNT; s++)
            sum += stems->stem[s].samples[i];
        before = fmaxf(before, fabsf(sum));
        peak = fmaxf(peak, fabsf(out->samples[i]));
    }
    if (peak <= before)
        return 0;
    for (size_t i = 0; i < out->frames * out->channels; i++)
        out->samples[i] *= before / peak;
    return 20 * log10((double)peak / before);
}

att_status att_stems_remix(
    att_audio *out, const att_stems *stems, const att_remix_options *options, const att_host *host, att_remix_told *told, att_error *err)
{
    const att_host its = att_host_complete(host);
    const att_audio *first = &stems->stem[0];
    att_remix_told said = {0};
    *out = (att_audio){0};
    att_status status = check(options, err);
    if (!status)
        status = att_audio_init(out, first->frames, first->channels, first->rate_hz, &its, err);
    for (int s = 0; !status && s < ATT_STEM_COUNT; s++) {
        const double asked = pow(10, options->gain_db[s] / 20), given = limit(asked, reach_of(stems->expected_db[s]));
        said.limited[s] = fabs(given - asked) > 1e-3;
        said.gain_db[s] = said.limited[s] ? 20 * log10(given) : options->gain_db[s];
        status = add_stem(out, stems, s, options->timbre[s], &said, &its, err);
    }
    if (!status)
        said.turned_down_db = turn_down(out, stems);
    if (status)
        att_audio_deinit(out);
    if (told)
        *told = said;
    return status;
}
