// SPDX-License-Identifier: Apache-2.0
// guard/audio_style.c - what a recording sounds like, in forty-four numbers.
//
// Timbre: cepstra of forty mel bands (Davis and Mermelstein 1980) of windows of 64 ms every 32 ms: the means of the first thirteen, then
// their deviations; the zeroth's mean is loudness and is left out by taking each window's level away first. The recording is brought to one
// power before. Rhythm: the flux of the bands
// (rises of their logarithms, summed), less its mean, against itself at eighteen lags from 0.16 to 2 s, in equal steps of log time, over its
// energy (Pampalk 2006 has both kinds of feature, and why an artist's works lie near each other in them).
#include "attune/release.h"

#include "base/base.h"
#include "base/fft.h"

#include <math.h>

enum { RATE_HZ = 16000, WINDOW = 1024, HOP = 512, BANDS = 40, CEPSTRA = 13, LAGS = ATT_STYLE_DIM - 2 * CEPSTRA, FRAMES_LEAST = 94 };
static const double lag_first_s = 0.16, lag_last_s = 2.0, least_hz = 60, most_hz = 7600;

typedef struct styler {
    att_fft *fft;
    float window[WINDOW], cut[WINDOW];
    float complex spectrum[WINDOW / 2 + 1];
    double edges[BANDS + 2]; // in bins
    double sum[CEPSTRA], square[CEPSTRA];
    double bands[BANDS], before[BANDS];
    size_t counted;
} styler;

static double mel(double hz)
{
    return 2595 * log10(1 + hz / 700);
}

static void lay_bands(styler *s)
{
    const double low = mel(least_hz), high = mel(most_hz);
    for (int b = 0; b < BANDS + 2; b++)
        s->edges[b] = 700 * (pow(10, (low + (high - low) * b / (BANDS + 1)) / 2595) - 1) * WINDOW / RATE_HZ;
}

// Logarithms of the powers in triangles between the edges.
static void fill_bands(styler *s, const float *samples)
{
    for (size_t i = 0; i < WINDOW; i++)
        s->cut[i] = samples[i] * s->window[i];
    att_fft_forward(s->fft, s->cut, s->spectrum);
    memcpy(s->before, s->bands, sizeof s->before);
    for (int b = 0; b < BANDS; b++) {
        const double low = s->edges[b], middle = s->edges[b + 1], high = s->edges[b + 2];
        double power = 1e-7;
        for (size_t k = (size_t)ceil(low); (double)k < high; k++) {
            const double weight = (double)k < middle ? ((double)k - low) / (middle - low) : (high - (double)k) / (high - middle);
            const double re = crealf(s->spectrum[k]), im = cimagf(s->spectrum[k]);
            power += weight * (re * re + im * im);
        }
        s->bands[b] = log(power);
    }
}

// A window that is nearly silent says nothing of timbre.
static void add_cepstra(styler *s)
{
    double mean = 0;
    for (int b = 0; b < BANDS; b++)
        mean += s->bands[b] / BANDS;
    if (mean < -12)
        return;
    s->counted++;
    for (int c = 0; c < CEPSTRA; c++) {
        double value = 0;
        for (int b = 0; b < BANDS; b++)
            value += (s->bands[b] - mean) * cos(M_PI * (c + 1) * (b + 0.5) / BANDS);
        s->sum[c] += value;
        s->square[c] += value * value;
    }
}

static float rise(const styler *s)
{
    double flux = 0;
    for (int b = 0; b < BANDS; b++)
        flux += fmax(0, s->bands[b] - s->before[b]);
    return (float)flux;
}

static void read_rhythm(const float *flux, size_t frames, float *out)
{
    double mean = 0, energy = 1e-9;
    for (size_t i = 1; i < frames; i++)
        mean += flux[i] / (double)(frames - 1);
    for (size_t i = 1; i < frames; i++)
        energy += (flux[i] - mean) * (flux[i] - mean);
    for (int l = 0; l < LAGS; l++) {
        const double lag = lag_first_s * pow(lag_last_s / lag_first_s, (double)l / (LAGS - 1)) * RATE_HZ / HOP;
        const size_t whole = (size_t)lag;
        const double part = lag - (double)whole;
        double sum = 0;
        for (size_t i = 1; i + whole + 1 < frames; i++)
            sum += (flux[i] - mean) * ((1 - part) * flux[i + whole] + part * flux[i + whole + 1] - mean);
        out[l] = (float)(sum / energy);
    }
}

static void read_style(styler *s, const float *samples, float *flux, size_t frames, float out[ATT_STYLE_DIM])
{
    for (size_t i = 0; i < frames; i++) {
        fill_bands(s, samples + i * HOP);
        add_cepstra(s);
        flux[i] = i ? rise(s) : 0;
    }
    const double n = (double)ATT_MAX(s->counted, 1);
    for (int c = 0; c < CEPSTRA; c++) {
        const double mean = s->sum[c] / n;
        out[c] = (float)mean;
        out[CEPSTRA + c] = (float)sqrt(fmax(0, s->square[c] / n - mean * mean));
    }
    read_rhythm(flux, frames, out + (size_t)(2 * CEPSTRA));
}

static att_status style_of(att_sound sound, styler *s, float out[ATT_STYLE_DIM], const att_host *host, att_error *err)
{
    const size_t frames = sound.frames >= WINDOW ? (sound.frames - WINDOW) / HOP + 1 : 0;
    if (frames < FRAMES_LEAST)
        return ATT_FAIL(err, ATT_INSUFFICIENT, "%.1f s of sound, expected 3", (double)sound.frames / sound.rate_hz);
    float *flux = ATT_NEW_ARRAY(host, float, frames);
    if (!flux)
        return att_no_memory(err, frames, "frames of sound");
    att_window_hann(s->window, WINDOW);
    lay_bands(s);
    const att_status status = att_fft_create(&s->fft, WINDOW, host, err);
    if (!status)
        read_style(s, sound.samples, flux, frames, out);
    ATT_FREE_ARRAY(host, flux, frames);
    if (!status && s->counted < FRAMES_LEAST)
        return ATT_FAIL(err, ATT_INSUFFICIENT, "%.1f s that are not silence, expected 3", (double)s->counted * HOP / RATE_HZ);
    return status;
}

// To one power, -20 dB; silence stays silence.
static void level(att_audio *audio)
{
    double sum = 0;
    for (size_t i = 0; i < audio->frames; i++)
        sum += (double)audio->samples[i] * (double)audio->samples[i];
    const double rms = audio->frames ? sqrt(sum / (double)audio->frames) : 0;
    for (size_t i = 0; i < audio->frames; i++)
        audio->samples[i] *= (float)(rms > 1e-5 ? 0.1 / rms : 1);
}

att_status att_style_of(att_sound sound, float out[ATT_STYLE_DIM], const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    att_audio mono = {0}, audio = {0};
    styler *s = ATT_NEW_ARRAY(&full, styler, 1);
    att_status status = s ? att_audio_init(&mono, sound.frames, 1, sound.rate_hz, &full, err) : att_no_memory(err, 1, "styler");
    if (!status) {
        att_audio_fold(sound, mono.samples);
        status = att_audio_resample(&audio, att_audio_view(&mono), RATE_HZ, &full, err);
    }
    if (!status) {
        level(&audio);
        status = style_of(att_audio_view(&audio), s, out, &full, err);
    }
    if (s)
        att_fft_destroy(s->fft);
    ATT_FREE_ARRAY(&full, s, 1);
    att_audio_deinit(&audio);
    att_audio_deinit(&mono);
    return status;
}
