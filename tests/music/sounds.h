// SPDX-License-Identifier: Apache-2.0
// tests/music/sounds.h - sounds whose tempo, key and level are known because they are made here.
#ifndef ATT_TESTS_SOUNDS_H
#define ATT_TESTS_SOUNDS_H

#include "check.h"

#include "attune/audio.h"
#include "base/rng.h"

#include <math.h>

static inline att_audio sound_silence(double seconds, uint32_t channels, uint32_t rate_hz)
{
    att_audio out;
    CHECK_OK(att_audio_init(&out, (size_t)(seconds * rate_hz), channels, rate_hz, NULL, NULL));
    return out;
}

// A sine on all channels, added from `from_s` for `seconds`.
static inline void sound_add_sine(att_audio *to, double from_s, double seconds, double hz, double level)
{
    const size_t first = (size_t)llround(from_s * to->rate_hz), last = (size_t)llround((from_s + seconds) * to->rate_hz);
    for (size_t i = first; i < last && i < to->frames; i++)
        for (uint32_t c = 0; c < to->channels; c++)
            to->samples[i * to->channels + c] += (float)(level * sin(2 * M_PI * hz * (double)i / to->rate_hz));
}

// A stroke: a decaying tone of `hz` that begins at `at_s`.
static inline void sound_add_stroke(att_audio *to, double at_s, double hz, double decay_s, double level)
{
    const size_t first = (size_t)llround(at_s * to->rate_hz), count = (size_t)(6 * decay_s * to->rate_hz);
    for (size_t i = 0; i < count && first + i < to->frames; i++) {
        const double t = (double)i / to->rate_hz;
        for (uint32_t c = 0; c < to->channels; c++)
            to->samples[(first + i) * to->channels + c] += (float)(level * exp(-t / decay_s) * sin(2 * M_PI * hz * t));
    }
}

// A tone of six partials with a soft beginning and end.
static inline void sound_add_tone(att_audio *to, double from_s, double seconds, double hz, double level)
{
    const size_t first = (size_t)llround(from_s * to->rate_hz), count = (size_t)(seconds * to->rate_hz);
    for (size_t i = 0; i < count && first + i < to->frames; i++) {
        const double t = (double)i / to->rate_hz, shape = fmin(1, fmin(t / 0.01, (seconds - t) / 0.05));
        double sum = 0;
        for (int h = 1; h <= 6 && hz * h < 0.45 * to->rate_hz; h++)
            sum += sin(2 * M_PI * hz * h * t) / (h * h);
        for (uint32_t c = 0; c < to->channels; c++)
            to->samples[(first + i) * to->channels + c] += (float)(level * shape * sum);
    }
}

static inline void sound_add_noise(att_audio *to, double level, uint64_t seed)
{
    att_rng rng = att_rng_seed(seed);
    for (size_t i = 0; i < to->frames * to->channels; i++)
        to->samples[i] += (float)(level * (2 * att_rng_unit(&rng) - 1));
}

// Strokes at each beat, the first of each bar an octave lower and twice as loud.
static inline att_audio sound_beats(double bpm, int in_bar, double seconds, double first_s, uint32_t rate_hz)
{
    att_audio out = sound_silence(seconds, 1, rate_hz);
    for (int i = 0; first_s + i * 60 / bpm < seconds; i++) {
        sound_add_stroke(&out, first_s + i * 60 / bpm, i % in_bar ? 900 : 90, i % in_bar ? 0.02 : 0.06, i % in_bar ? 0.3 : 0.6);
        sound_add_stroke(&out, first_s + (i + 0.5) * 60 / bpm, 3000, 0.01, 0.1);
    }
    return out;
}

// Tonic, subdominant, dominant, tonic, each two seconds; `cents` off A = 440 Hz.
static inline att_audio sound_cadence(int tonic, bool minor, double cents, uint32_t rate_hz)
{
    static const int roots[4] = {0, 5, 7, 0};
    att_audio out = sound_silence(8, 1, rate_hz);
    for (int c = 0; c < 4; c++) {
        const int third = minor && c != 2 ? 3 : 4, notes[4] = {roots[c] - 12, roots[c], roots[c] + third, roots[c] + 7};
        for (int n = 0; n < 4; n++)
            sound_add_tone(&out, 2 * c, 2, 440 * pow(2, (tonic - 9 + notes[n] + cents / 100) / 12), 0.1);
    }
    return out;
}

#endif
