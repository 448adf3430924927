// SPDX-License-Identifier: Apache-2.0
// guard/audio_peaks.c - peaks of the spectrum.
//
// Sound is brought to one channel at 8 kHz, and one power, and cut into windows of 128 ms every 16 ms (Hann). In each spectrum the local maxima are
// sharpened by a parabola through three logarithms and put into cells of half a semitone, one to a cell. A maximum is a peak when none
// is higher within `reach` frames and cells around it (Wang 2003 took such points; a logarithmic axis, on which another speed or key is
// a shift, is Six and Leman's, 2014). Whether it is one depends on its surroundings alone: not on level, slow equalizing, or silence.
//
// Rows of the last 2 reach + 1 frames are kept in a ring, each with the highest value within reach of every cell.
#include "guard/audio_peaks.h"

#include "base/fft.h"

#include <math.h>

enum { BINS = ATT_PEAK_WINDOW / 2 + 1, CELL = ATT_PEAK_SEMITONE / 2, CELLS = (ATT_PEAK_PITCHES + CELL - 1) / CELL, REACH_MAX = 32 };

static const float silence_db = -75; // below a sine of full scale, in a recording of -20 dB: no peaks

const att_peak_reach att_peak_reach_kept = {12, 6};
const att_peak_reach att_peak_reach_asked = {7, 4};

typedef struct row {
    float value[CELLS]; // of the cell's maximum; 0: none
    float most[CELLS];  // within reach, in this row
    uint16_t pitch[CELLS];
} row;

typedef struct finder {
    att_fft *fft;
    float window[ATT_PEAK_WINDOW], cut[ATT_PEAK_WINDOW], power[BINS];
    float complex spectrum[BINS];
    float floor;
    att_peak_reach reach;
    row ring[2 * REACH_MAX + 1];
} finder;

static float pitch_at(float bin)
{
    return 12 * ATT_PEAK_SEMITONE * log2f(bin * ATT_PEAK_RATE_HZ / ATT_PEAK_WINDOW / ATT_PEAK_LEAST_HZ);
}

// The row of one window: values are powers, compared and never added.
static void fill_row(finder *f, row *r, const float *samples)
{
    for (size_t i = 0; i < ATT_PEAK_WINDOW; i++)
        f->cut[i] = samples[i] * f->window[i];
    att_fft_forward(f->fft, f->cut, f->spectrum);
    for (size_t k = 0; k < BINS; k++)
        f->power[k] = crealf(f->spectrum[k]) * crealf(f->spectrum[k]) + cimagf(f->spectrum[k]) * cimagf(f->spectrum[k]);
    memset(r->value, 0, sizeof r->value);
    const float *p = f->power;
    for (size_t k = 2; k + 1 < BINS; k++) {
        if (!(p[k] > f->floor && p[k] > p[k - 1] && p[k] >= p[k + 1]))
            continue;
        const float low = logf(p[k - 1] + 1e-20f), here = logf(p[k]), high = logf(p[k + 1] + 1e-20f);
        const float bend = low - 2 * here + high, off = bend < 0 ? 0.5f * (low - high) / bend : 0;
        const float pitch = pitch_at((float)k + off);
        if (!(pitch >= 0 && pitch < ATT_PEAK_PITCHES))
            continue;
        const size_t cell = (size_t)pitch / CELL;
        if (p[k] > r->value[cell]) {
            r->value[cell] = p[k];
            r->pitch[cell] = (uint16_t)pitch;
        }
    }
    const size_t reach = f->reach.cells;
    for (size_t c = 0; c < CELLS; c++) {
        float most = 0;
        for (size_t i = c > reach ? c - reach : 0; i < ATT_MIN(c + reach + 1, (size_t)CELLS); i++)
            most = ATT_MAX(most, r->value[i]);
        r->most[c] = most;
    }
}

static row *row_of(finder *f, size_t frame)
{
    return &f->ring[frame % (2 * f->reach.frames + 1)];
}

// Of equals in time the first is the peak.
static bool is_peak(finder *f, size_t frame, size_t frames, size_t cell)
{
    const float value = row_of(f, frame)->value[cell];
    if (value == 0 || row_of(f, frame)->most[cell] > value)
        return false;
    for (size_t i = frame > f->reach.frames ? frame - f->reach.frames : 0; i < frame; i++)
        if (row_of(f, i)->most[cell] >= value)
            return false;
    for (size_t i = frame + 1; i < ATT_MIN(frame + f->reach.frames + 1, frames); i++)
        if (row_of(f, i)->most[cell] > value)
            return false;
    return true;
}

static bool take_peaks(finder *f, size_t frame, size_t frames, const att_host *host, att_peaks *out)
{
    for (size_t c = 0; c < CELLS; c++)
        if (is_peak(f, frame, frames, c) && !ATT_VEC_PUSH(host, out, (uint32_t)frame << 12 | row_of(f, frame)->pitch[c]))
            return false;
    return true;
}

static bool find(finder *f, const float *samples, size_t frames, const att_host *host, att_peaks *out)
{
    const size_t late = f->reach.frames;
    bool fine = true;
    for (size_t i = 0; fine && i < frames + late; i++) {
        if (i < frames)
            fill_row(f, row_of(f, i), samples + i * ATT_PEAK_HOP);
        if (i >= late)
            fine = take_peaks(f, i - late, frames, host, out);
    }
    return fine;
}

static att_status prepare(finder **out, att_peak_reach reach, const att_host *host, att_error *err)
{
    finder *f = ATT_NEW_ARRAY(host, finder, 1);
    assert(reach.frames <= REACH_MAX);
    if (!f)
        return att_no_memory(err, 1, "finder of peaks");
    f->reach = reach;
    f->floor = powf(10, silence_db / 10) * (ATT_PEAK_WINDOW / 4.0f) * (ATT_PEAK_WINDOW / 4.0f);
    att_window_hann(f->window, ATT_PEAK_WINDOW);
    *out = f;
    return att_fft_create(&f->fft, ATT_PEAK_WINDOW, host, err);
}

// To one power, -20 dB, so that silence is what is quiet in this recording; nothing but silence stays as it is.
static void level(att_audio *audio)
{
    double sum = 0;
    for (size_t i = 0; i < audio->frames; i++)
        sum += (double)audio->samples[i] * (double)audio->samples[i];
    const double rms = audio->frames ? sqrt(sum / (double)audio->frames) : 0;
    const float gain = (float)(rms > 1e-5 ? 0.1 / rms : 1);
    for (size_t i = 0; i < audio->frames; i++)
        audio->samples[i] *= gain;
}

// One channel at 8 kHz, in `out`.
static att_status bring(att_sound sound, const att_host *host, att_audio *out, att_error *err)
{
    att_audio mono = {0};
    att_status status = att_audio_init(&mono, sound.frames, 1, sound.rate_hz, host, err);
    if (status)
        return status;
    att_audio_fold(sound, mono.samples);
    if (sound.rate_hz == ATT_PEAK_RATE_HZ)
        return *out = mono, ATT_OK;
    status = att_audio_resample(out, att_audio_view(&mono), ATT_PEAK_RATE_HZ, host, err);
    att_audio_deinit(&mono);
    return status;
}

att_status att_peaks_find(att_sound sound, att_peak_reach reach, const att_host *host, att_peaks *out, uint32_t *frames, att_error *err)
{
    const att_host full = att_host_complete(host);
    const double seconds = (double)sound.frames / sound.rate_hz;
    att_audio audio = {0};
    finder *f = NULL;
    *frames = 0;
    if (seconds > (ATT_PEAK_FRAMES_MAX - 16) * ATT_PEAK_FRAME_S)
        return ATT_FAIL(err, ATT_LIMIT, "a recording of %.0f s, at most %.0f", seconds, ATT_PEAK_FRAMES_MAX * ATT_PEAK_FRAME_S);
    att_status status = bring(sound, &full, &audio, err);
    if (!status) {
        level(&audio);
        status = prepare(&f, reach, &full, err);
    }
    if (!status && audio.frames >= ATT_PEAK_WINDOW) {
        *frames = (uint32_t)((audio.frames - ATT_PEAK_WINDOW) / ATT_PEAK_HOP + 1);
        if (!find(f, audio.samples, *frames, &full, out))
            status = att_no_memory(err, out->count, "peaks");
    }
    if (f)
        att_fft_destroy(f->fft);
    ATT_FREE_ARRAY(&full, f, 1);
    att_audio_deinit(&audio);
    return status;
}
