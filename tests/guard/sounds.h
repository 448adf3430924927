// SPDX-License-Identifier: Apache-2.0
// tests/guard/sounds.h - music by dice: chords, a melody and drums that differ with the seed.
#ifndef ATT_TESTS_GUARD_SOUNDS_H
#define ATT_TESTS_GUARD_SOUNDS_H

#include "attune/audio.h"
#include "base/rng.h"
#include "check.h"

#include <math.h>

enum { SOUND_RATE_HZ = 8000 };

// A tone that decays, with eight partials; `at` and `length` in seconds.
static void add_tone(att_audio *to, double at, double length, double hz, double level)
{
    const double turn = 2 * M_PI * hz / to->rate_hz, decay = exp(-3 / (length * to->rate_hz));
    double left = level;
    for (size_t i = (size_t)(at * to->rate_hz), n = 0; i < to->frames && (double)n < length * to->rate_hz; i++, n++) {
        // sin(k x) from the two before it: sin((k + 1) x) = 2 cos(x) sin(k x) - sin((k - 1) x)
        const double one = sin(turn * (double)n), twice = 2 * cos(turn * (double)n);
        double before = 0, here = one, sum = 0;
        for (int k = 1; k <= 8 && hz * k < to->rate_hz / 2.2; k++) {
            const double next = twice * here - before;
            sum += here / k;
            before = here;
            here = next;
        }
        to->samples[i] += (float)(left * fmin(1, (double)n * 200 / to->rate_hz) * sum);
        left *= decay;
    }
}

static void add_drum(att_audio *to, double at, double level, att_rng *rng)
{
    for (size_t i = (size_t)(at * to->rate_hz); i < to->frames && (double)i < (at + 0.1) * to->rate_hz; i++)
        to->samples[i] += (float)(level * att_rng_normal(rng) * exp(-40 * ((double)i / to->rate_hz - at)));
}

// One channel; the caller gives it back.
static inline att_audio music_by_dice(uint64_t seed, double seconds)
{
    static const int scale[] = {0, 2, 4, 5, 7, 9, 11};
    att_audio out;
    att_rng rng = att_rng_seed(seed);
    CHECK_OK(att_audio_init(&out, (size_t)(seconds * SOUND_RATE_HZ), 1, SOUND_RATE_HZ, NULL, NULL));
    const double beat = 0.3 + 0.3 * att_rng_unit(&rng), root = 110 * pow(2, (double)att_rng_below(&rng, 12) / 12);
    for (double at = 0; at < seconds; at += beat) {
        for (int k = 0; k < 3; k++)
            if (att_rng_unit(&rng) < 0.6) {
                const int step = scale[att_rng_below(&rng, 7)] + 12 * (int)att_rng_below(&rng, 3);
                add_tone(&out, at + beat / 4 * (double)att_rng_below(&rng, 4), beat * (0.5 + 2 * att_rng_unit(&rng)), root * pow(2, step / 12.0),
                    0.1 + 0.1 * att_rng_unit(&rng));
            }
        if (att_rng_unit(&rng) < 0.5)
            add_drum(&out, at, 0.1, &rng);
    }
    return out;
}

// A part of it, in frames; borrowed.
static inline att_sound part_of(const att_audio *audio, double from_s, double seconds)
{
    att_sound out = att_audio_view(audio);
    out.samples += (size_t)(from_s * audio->rate_hz);
    out.frames = (size_t)(seconds * audio->rate_hz);
    return out;
}

#endif
