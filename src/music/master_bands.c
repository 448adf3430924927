// SPDX-License-Identifier: Apache-2.0
// music/master_bands.c - filters by overlap-save, compression by bands.
#include "music/master_bands.h"
#include "music/master_curve.h"

#include <math.h>

enum { STEP = 16 }; // samples from one gain to the next; straight lines between them
static const double TAPS_S = 0.093, KNEE_DB = 6;
static const double crossings_hz[ATT_MASTER_BANDS - 1] = {200, 1200, 5000};

// Of a band's lower side of a crossing: 1 below, 0 above, half a cosine over the octave between.
static double below(double hz, double crossing_hz)
{
    const double x = log2(fmax(hz, 1) / crossing_hz);
    return x <= -0.5 ? 1 : x >= 0.5 ? 0 : (1 - sin(M_PI * x)) / 2;
}

static double weight(size_t band, double hz)
{
    double rest = 1;
    for (size_t i = 0; i < band; i++)
        rest *= 1 - below(hz, crossings_hz[i]);
    return band < ATT_MASTER_BANDS - 1 ? rest * below(hz, crossings_hz[band]) : rest;
}

// The response as asked is cut to taps + 1 coefficients by Hann's window, symmetric round 0, and transformed again.
static void make_filter(att_master_bands *b, size_t band)
{
    const size_t half = b->taps / 2;
    for (size_t k = 0; k < b->bins; k++) {
        const double hz = (double)k * b->rate_hz / (double)b->points;
        b->made[k] = (float)(weight(band, hz) * att_master_curve(b->profile, hz));
    }
    att_fft_inverse(b->fft, b->made, b->frame);
    for (size_t i = 0; i < b->points; i++) {
        const size_t off = i <= b->points / 2 ? i : b->points - i;
        const double c = off < half ? cos(M_PI / 2 * (double)off / (double)half) : 0;
        b->frame[i] *= (float)(c * c);
    }
    att_fft_forward(b->fft, b->frame, b->made);
    for (size_t k = 0; k < b->bins; k++)
        b->gains[band * b->bins + k] = crealf(b->made[k]);
}

att_status att_master_bands_init(att_master_bands *b, const att_master_profile *profile, uint32_t channels, uint32_t rate_hz, const att_host *host,
    att_error *err)
{
    *b = (att_master_bands){.host = att_host_complete(host), .profile = profile, .channels = channels, .rate_hz = rate_hz, .taps = 64};
    while ((double)b->taps < TAPS_S * rate_hz * 0.75)
        b->taps *= 2;
    b->points = 4 * b->taps;
    b->bins = b->points / 2 + 1;
    b->block = b->points - b->taps;
    b->gains = ATT_NEW_ARRAY(&b->host, float, ATT_MASTER_BANDS * b->bins);
    b->spectra = ATT_NEW_ARRAY(&b->host, float complex, channels * b->bins);
    b->made = ATT_NEW_ARRAY(&b->host, float complex, b->bins);
    b->frame = ATT_NEW_ARRAY(&b->host, float, b->points);
    b->bands = ATT_NEW_ARRAY(&b->host, float, channels * b->block);
    const att_status status = att_fft_create(&b->fft, b->points, &b->host, err);
    if (status || !b->gains || !b->spectra || !b->made || !b->frame || !b->bands)
        return status ? status : att_no_memory(err, b->points, "points of a filter");
    for (size_t band = 0; band < ATT_MASTER_BANDS; band++)
        make_filter(b, band);
    return ATT_OK;
}

void att_master_bands_deinit(att_master_bands *b)
{
    ATT_FREE_ARRAY(&b->host, b->gains, ATT_MASTER_BANDS * b->bins);
    ATT_FREE_ARRAY(&b->host, b->spectra, b->channels * b->bins);
    ATT_FREE_ARRAY(&b->host, b->made, b->bins);
    ATT_FREE_ARRAY(&b->host, b->frame, b->points);
    ATT_FREE_ARRAY(&b->host, b->bands, b->channels * b->block);
    att_fft_destroy(b->fft);
    b->fft = NULL;
}

// The spectra of the input round the block that begins at frame `at`: half the taps before it, half behind.
static void transform(att_master_bands *b, att_sound sound, size_t at)
{
    const int64_t from = (int64_t)at - (int64_t)(b->taps / 2);
    for (uint32_t c = 0; c < b->channels; c++) {
        for (size_t i = 0; i < b->points; i++) {
            const int64_t n = from + (int64_t)i;
            b->frame[i] = n >= 0 && n < (int64_t)sound.frames ? sound.samples[(size_t)n * sound.channels + c] : 0;
        }
        att_fft_forward(b->fft, b->frame, b->spectra + c * b->bins);
    }
}

static void filter(att_master_bands *b, size_t band)
{
    const float *gains = b->gains + band * b->bins;
    for (uint32_t c = 0; c < b->channels; c++) {
        for (size_t k = 0; k < b->bins; k++)
            b->made[k] = b->spectra[c * b->bins + k] * gains[k];
        att_fft_inverse(b->fft, b->made, b->frame);
        memcpy(b->bands + c * b->block, b->frame + b->taps / 2, b->block * sizeof *b->bands);
    }
}

att_status att_master_bands_learn(att_master_bands *b, att_sound sound, att_error *err)
{
    double power[ATT_MASTER_BANDS] = {0};
    for (size_t at = 0; at < sound.frames; at += b->block) {
        const size_t count = ATT_MIN(b->block, sound.frames - at);
        transform(b, sound, at);
        for (size_t band = 0; band < ATT_MASTER_BANDS; band++) {
            filter(b, band);
            for (uint32_t c = 0; c < b->channels; c++)
                for (size_t i = 0; i < count; i++)
                    power[band] += (double)b->bands[c * b->block + i] * (double)b->bands[c * b->block + i];
        }
        if (!att_progress_tell(&b->host, "listen", at / sound.rate_hz, sound.frames / sound.rate_hz, "seconds"))
            return ATT_FAIL(err, ATT_CANCELLED, "mastering was cancelled");
    }
    for (size_t band = 0; band < ATT_MASTER_BANDS; band++)
        b->mean_db[band] = 10 * log10(power[band] / (double)ATT_MAX(sound.frames, (size_t)1) + 1e-12);
    return ATT_OK;
}

// --- Compression ----------------------------------------------------------------------------------------------

typedef struct follower {
    double power, gain; // smoothed; the last step's
} follower;

static double gain_for(double power, double mean_db, double ratio)
{
    const double over = 10 * log10(power + 1e-12) - mean_db;
    double down = 0;
    if (over >= KNEE_DB / 2)
        down = over;
    else if (over > -KNEE_DB / 2)
        down = (over + KNEE_DB / 2) * (over + KNEE_DB / 2) / (2 * KNEE_DB);
    return pow(10, -(1 - 1 / ratio) * down / 20);
}

static void compress(const att_master_bands *b, size_t band, double ratio, size_t count, follower *f, float *out)
{
    const double rise = exp(-1e3 / (b->profile->attack_ms * b->rate_hz)), fall = exp(-1e3 / (b->profile->release_ms * b->rate_hz));
    for (size_t at = 0; at < count; at += STEP) {
        const size_t end = ATT_MIN(at + STEP, count);
        for (size_t i = at; i < end; i++) {
            double p = 0;
            for (uint32_t c = 0; c < b->channels; c++)
                p += (double)b->bands[c * b->block + i] * (double)b->bands[c * b->block + i];
            const double keep = p > f->power ? rise : fall;
            f->power = f->power * keep + p * (1 - keep);
        }
        const double gain = gain_for(f->power, b->mean_db[band], ratio), slope = (gain - f->gain) / STEP;
        for (size_t i = at; i < end; i++) {
            f->gain += slope;
            for (uint32_t c = 0; c < b->channels; c++)
                out[i * b->channels + c] += b->bands[c * b->block + i] * (float)f->gain;
        }
    }
}

att_status att_master_bands_run(att_master_bands *b, att_sound sound, double ratio, float *out, att_error *err)
{
    follower followers[ATT_MASTER_BANDS];
    for (size_t band = 0; band < ATT_MASTER_BANDS; band++)
        followers[band] = (follower){pow(10, b->mean_db[band] / 10), 1};
    memset(out, 0, sound.frames * sound.channels * sizeof *out);
    for (size_t at = 0; at < sound.frames; at += b->block) {
        transform(b, sound, at);
        for (size_t band = 0; band < ATT_MASTER_BANDS; band++) {
            filter(b, band);
            compress(b, band, ratio, ATT_MIN(b->block, sound.frames - at), &followers[band], out + at * b->channels);
        }
        if (!att_progress_tell(&b->host, "master", at / sound.rate_hz, sound.frames / sound.rate_hz, "seconds"))
            return ATT_FAIL(err, ATT_CANCELLED, "mastering was cancelled");
    }
    return ATT_OK;
}
