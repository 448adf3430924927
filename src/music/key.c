// SPDX-License-Identifier: Apache-2.0
// music/key.c - profiles of keys held against what sounds.
#include "music/key.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>

enum { PROFILES = 2, STEPS = ATT_PITCH_STEPS, A_FROM_C = 9 };

// How much each degree belongs to a key, from the tonic up.
static const double profiles[PROFILES][2][12] = {
    // Temperley 2007, from the Kostka-Payne corpus.
    {{0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400},
        {0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330}},
    // Faraldo et al. 2016, from electronic dance music.
    {{1.00, 0.29, 0.50, 0.40, 0.60, 0.56, 0.32, 0.80, 0.31, 0.45, 0.42, 0.39}, {1.00, 0.31, 0.44, 0.58, 0.33, 0.49, 0.29, 0.78, 0.43, 0.29, 0.53, 0.32}},
};

static double tuning_of(const double *pitches)
{
    double complex sum = 0;
    for (int s = 0; s < STEPS; s++)
        sum += pitches[s] * cexp(2 * M_PI * I * s * 12 / STEPS);
    return cabs(sum) > 0 ? carg(sum) / (2 * M_PI) * 100 : 0;
}

// Twelve classes from C; a step counts for the class that it is within 50 cents of, by cos^2.
static void fold(const double *pitches, double tuning_cents, double out[12])
{
    memset(out, 0, 12 * sizeof *out);
    for (int s = 0; s < STEPS; s++) {
        const double semitones = fmod(s * 12.0 / STEPS - tuning_cents / 100 + A_FROM_C + 12, 12), nearest = round(semitones);
        const double c = cos(M_PI * (semitones - nearest));
        out[(int)nearest % 12] += pitches[s] * c * c;
    }
    for (int i = 0; i < 12; i++)
        out[i] = sqrt(out[i]);
}

static double correlation(const double classes[12], const double profile[12], int tonic)
{
    double mean = 0, mean_p = 0, ab = 0, aa = 0, bb = 0;
    for (int i = 0; i < 12; i++) {
        mean += classes[i] / 12;
        mean_p += profile[i] / 12;
    }
    for (int i = 0; i < 12; i++) {
        const double a = classes[(tonic + i) % 12] - mean, b = profile[i] - mean_p;
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    return aa > 0 ? ab / sqrt(aa * bb) : 0;
}

att_key_found att_key_find(const double pitches[ATT_PITCH_STEPS])
{
    att_key_found found = {.tuning_cents = tuning_of(pitches)};
    double classes[12], best = -2, next = -2, sum = 0;
    for (int s = 0; s < STEPS; s++)
        sum += pitches[s];
    if (sum <= 0)
        return (att_key_found){0};
    fold(pitches, found.tuning_cents, classes);
    for (int tonic = 0; tonic < 12; tonic++)
        for (int minor = 0; minor < 2; minor++) {
            double score = 0;
            for (int p = 0; p < PROFILES; p++)
                score += correlation(classes, profiles[p][minor], tonic) / PROFILES;
            if (score > best) {
                next = best;
                best = score;
                found.key = (att_key){(uint8_t)tonic, minor ? ATT_KEY_MINOR : ATT_KEY_MAJOR};
            } else if (score > next) {
                next = score;
            }
        }
    found.confidence = fmin(1, fmax(0, best * fmin(1, (best - next) / 0.1)));
    return found;
}

void att_key_text(att_key key, char out[16])
{
    static const char *const names[12] = {"C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"};
    if (key.mode == ATT_KEY_NONE)
        snprintf(out, 16, "none");
    else
        snprintf(out, 16, "%s %s", names[key.tonic % 12], key.mode == ATT_KEY_MINOR ? "minor" : "major");
}
