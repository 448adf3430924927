// SPDX-License-Identifier: Apache-2.0
// music/timbre.c - the embedding, and a rule for moods.
#include "music/timbre.h"

#include "base/fft.h"
#include "music/tempo.h"
#include "music/timbre_scale.h"

#include <math.h>

enum { RATES = 8, WINDOW = 1024 };
static const double RATE_LOW_HZ = 0.5, RATE_HIGH_HZ = 13;

// How strongly `curve` recurs at each rate: the root of its energy there, as a share of all. out is (RATES).
static void recur(att_fft *fft, const float *curve, size_t count, double frames_hz, float *work, float complex *spectrum, double *out)
{
    double bins[WINDOW / 2 + 1] = {0}, all = 1e-12;
    for (size_t at = 0; at == 0 || at + WINDOW / 2 < count; at += WINDOW / 2) {
        const size_t there = ATT_MIN((size_t)WINDOW, count - at);
        double mean = 0;
        for (size_t i = 0; i < there; i++)
            mean += (double)curve[at + i] / WINDOW;
        for (size_t i = 0; i < WINDOW; i++) {
            const double s = sin(M_PI * (double)i / WINDOW);
            work[i] = (float)(((i < there ? (double)curve[at + i] : 0) - mean) * s * s);
        }
        att_fft_forward(fft, work, spectrum);
        for (size_t k = 1; k <= WINDOW / 2; k++)
            bins[k] += (double)(crealf(spectrum[k]) * crealf(spectrum[k]) + cimagf(spectrum[k]) * cimagf(spectrum[k]));
    }
    const double step = log(RATE_HIGH_HZ / RATE_LOW_HZ) / (RATES - 1), bin_hz = frames_hz / WINDOW;
    for (size_t k = 1; k <= WINDOW / 2; k++) {
        const double at = log((double)k * bin_hz / RATE_LOW_HZ) / step, nearest = round(at);
        all += bins[k];
        if (nearest >= 0 && nearest < RATES)
            out[(size_t)nearest] += bins[k];
    }
    for (size_t r = 0; r < RATES; r++)
        out[r] = sqrt(out[r] / all);
}

static att_status add_rhythm(const att_heard *heard, double out[3 * RATES], const att_host *host, att_error *err)
{
    static const size_t which[3] = {0, ATT_REGISTERS - 1, ATT_REGISTERS};
    const size_t count = heard->count;
    att_fft *fft = NULL;
    float *curves = ATT_NEW_ARRAY(host, float, ATT_ONSET_CURVES *count), *work = ATT_NEW_ARRAY(host, float, WINDOW);
    float complex *spectrum = ATT_NEW_ARRAY(host, float complex, WINDOW / 2 + 1);
    att_status status = curves && work && spectrum ? att_fft_create(&fft, WINDOW, host, err) : att_no_memory(err, count, "frames of onsets");
    if (!status) {
        att_onset_curves(heard, curves);
        for (size_t c = 0; c < 3; c++)
            recur(fft, curves + which[c] * count, count, heard->frames_hz, work, spectrum, out + c * RATES);
    }
    att_fft_destroy(fft);
    ATT_FREE_ARRAY(host, curves, ATT_ONSET_CURVES * count);
    ATT_FREE_ARRAY(host, work, WINDOW);
    ATT_FREE_ARRAY(host, spectrum, WINDOW / 2 + 1);
    return status;
}

att_status att_timbre_raw(const att_heard *heard, double out[ATT_MUSIC_EMBEDDING], const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    memset(out, 0, ATT_MUSIC_EMBEDDING * sizeof *out);
    for (int c = 0; c < ATT_CEPSTRA; c++) {
        out[c] = heard->cepstrum_mean[c];
        out[ATT_CEPSTRA + c] = heard->cepstrum_spread[c];
        out[2 * ATT_CEPSTRA + c] = heard->cepstrum_motion[c];
    }
    out[ATT_MUSIC_EMBEDDING - 1] = heard->harmonic_share;
    return add_rhythm(heard, out + 3 * ATT_CEPSTRA, &full, err);
}

att_status att_timbre_of(const att_heard *heard, float out[ATT_MUSIC_EMBEDDING], const att_host *host, att_error *err)
{
    double raw[ATT_MUSIC_EMBEDDING], length = 0;
    memset(out, 0, ATT_MUSIC_EMBEDDING * sizeof *out);
    const att_status status = att_timbre_raw(heard, raw, host, err);
    if (status || heard->mean_square <= 0)
        return status;
    for (size_t i = 0; i < ATT_MUSIC_EMBEDDING; i++) {
        raw[i] = fmax(-4, fmin(4, (raw[i] - timbre_scale[i][0]) / timbre_scale[i][1]));
        length += raw[i] * raw[i];
    }
    for (size_t i = 0; i < ATT_MUSIC_EMBEDDING && length > 0; i++)
        out[i] = (float)(raw[i] / sqrt(length));
    return ATT_OK;
}

// --- Mood -------------------------------------------------------------------------------------------------

static double within(double value, double low, double high)
{
    return fmin(1, fmax(0, (value - low) / (high - low)));
}

// Onsets a second that rise clearly: frames whose sum of registers is above 2 and above both neighbours.
static double onsets_hz(const att_heard *h)
{
    size_t count = 0;
    float sums[3] = {0};
    for (size_t i = 0; i < h->count; i++) {
        sums[0] = sums[1];
        sums[1] = sums[2];
        sums[2] = 0;
        for (int c = 0; c < ATT_REGISTERS; c++)
            sums[2] += h->onset[i * ATT_REGISTERS + (size_t)c];
        count += sums[1] > 2 && sums[1] > sums[0] && sums[1] >= sums[2];
    }
    return h->seconds > 0 ? (double)count / h->seconds : 0;
}

static uint32_t moods_of(const att_music_analysis *a)
{
    uint32_t moods = 0;
    moods |= a->arousal < 0.35 ? ATT_MOOD_CALM : 0;
    moods |= a->arousal > 0.65 ? ATT_MOOD_ENERGETIC : 0;
    moods |= a->valence > 0.6 && a->arousal >= 0.4 ? ATT_MOOD_HAPPY : 0;
    moods |= a->valence < 0.4 && a->arousal <= 0.5 ? ATT_MOOD_SAD : 0;
    moods |= a->valence < 0.4 && a->arousal > 0.5 ? ATT_MOOD_TENSE : 0;
    moods |= a->valence >= 0.45 && a->arousal < 0.45 ? ATT_MOOD_RELAXED : 0;
    moods |= a->brightness < 0.3 ? ATT_MOOD_DARK : 0;
    moods |= a->brightness > 0.65 ? ATT_MOOD_BRIGHT : 0;
    moods |= a->tempo_confidence >= 0.6 ? ATT_MOOD_RHYTHMIC : 0;
    moods |= a->tempo_confidence < 0.25 && a->arousal < 0.5 ? ATT_MOOD_AMBIENT : 0;
    return moods;
}

void att_mood_of(const att_heard *heard, att_music_analysis *of)
{
    of->brightness = heard->centroid_hz > 0 ? within(log(heard->centroid_hz), log(300), log(5000)) : 0;
    if (heard->mean_square <= 0)
        return;
    const double loud = within(of->loudness_lufs, -32, -8), dense = within(onsets_hz(heard), 0.5, 8);
    const double fast = of->tempo_bpm > 0 ? within(log2(of->tempo_bpm), log2(60), log2(180)) : 0.3;
    const double major = (of->key.mode == ATT_KEY_MAJOR) - (of->key.mode == ATT_KEY_MINOR);
    of->energy = 0.5 * loud + 0.35 * dense + 0.15 * (1 - of->harmonicity);
    of->arousal = 0.4 * loud + 0.25 * dense + 0.2 * of->brightness + 0.15 * fast;
    of->valence = fmin(1, fmax(0, 0.5 + 0.2 * major * of->key_confidence + 0.2 * (fast - 0.5) + 0.15 * (of->brightness - 0.5) + 0.1 * (of->harmonicity - 0.5)));
    of->moods = moods_of(of);
}

const char *att_mood_name(att_mood mood)
{
    static const char *const names[ATT_MOOD_COUNT] = {
        "calm", "energetic", "happy", "sad", "tense", "relaxed", "dark", "bright", "rhythmic", "ambient"};
    for (uint32_t i = 0; i < ATT_MOOD_COUNT; i++)
        if ((uint32_t)mood == 1u << i)
            return names[i];
    return NULL;
}
