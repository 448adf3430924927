// SPDX-License-Identifier: Apache-2.0
// guard/audio_marks.c - keys of three peaks.
//
// Peaks (t, f), t in frames, f in units of pitch, t1 < t2 < t3 within a zone, give five numbers:
//
//   f2 - f1, f3 - f1              the same at any pitch and speed
//   (t2 - t1) / (t3 - t1)         the same at any tempo and speed
//   log2(t3 - t1)                 moves by 0.07 at 5 %
//   f1                            moves by a semitone at most
//
// (Six and Leman 2014 use the first three; what we promise to survive is small enough for the other two to tell tracks apart as well.)
// Each is cut into cells, and the cells make a key. What is stored has one key. What is looked up probes the next cell too where a
// number lies within a tolerance of its edge. Of all keys the same share is kept on both sides, chosen by their hash (as in min-wise
// sampling, Broder 1997): which three peaks make a mark depends on them alone, whatever noise adds or takes away around them.
#include "guard/audio_marks.h"

#include <math.h>
#include <stdlib.h>

enum { GAP = 3, NEAR = 16, FAR = 100, SPAN = 12 * ATT_PEAK_SEMITONE, KEPT_OF_256 = 32 };

// A number's cell and the ones it may have been in.
typedef struct dimension {
    float width, tolerance;
} dimension;

enum { INTERVAL, RATIO, LENGTH, HEIGHT };
static const dimension dimensions[] = {[INTERVAL] = {26, 12}, [RATIO] = {0.1f, 0.035f}, [LENGTH] = {0.3f, 0.12f}, [HEIGHT] = {160, 80}};

typedef struct cells {
    uint32_t of[2];
    size_t count;
} cells;

static cells cells_of(int kind, float value, bool probe)
{
    const dimension d = dimensions[kind];
    const float at = value / d.width, low = floorf(at), edge = d.tolerance / d.width;
    cells out = {{(uint32_t)low, 0}, 1};
    if (probe && at - low < edge && low > 0)
        out.of[out.count++] = (uint32_t)low - 1;
    else if (probe && at - low > 1 - edge)
        out.of[out.count++] = (uint32_t)low + 1;
    return out;
}

// One to one on 32 bits (the finalizer of MurmurHash3, Appleby).
static uint32_t mix(uint32_t x)
{
    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return x ^ x >> 16;
}

typedef struct maker {
    const uint32_t *peaks;
    const att_host *host;
    att_marks *out;
    uint32_t first;
    bool probe;
    cells length[FAR + 1];
} maker;

static int32_t interval(uint32_t a, uint32_t b)
{
    return att_peak_pitch(b) - att_peak_pitch(a);
}

static bool keep(maker *m, uint32_t packed, size_t i)
{
    const uint32_t key = mix(packed);
    return key >> 24 >= KEPT_OF_256 || ATT_VEC_PUSH(m->host, m->out, ((att_mark){key, m->first + (uint32_t)i}));
}

static bool add_three(maker *m, size_t i, size_t j, size_t k, cells height, cells second)
{
    const uint32_t a = m->peaks[i], b = m->peaks[j], c = m->peaks[k], long_gap = att_peak_frame(c) - att_peak_frame(a);
    const cells third = cells_of(INTERVAL, (float)(interval(a, c) + SPAN), m->probe);
    const cells ratio = cells_of(RATIO, (float)(att_peak_frame(b) - att_peak_frame(a)) / (float)long_gap, m->probe);
    const cells length = m->length[long_gap];
    bool fine = true;
    for (size_t h = 0; h < height.count; h++)
        for (size_t s = 0; s < second.count; s++)
            for (size_t t = 0; t < third.count; t++)
                for (size_t r = 0; r < ratio.count; r++)
                    for (size_t l = 0; l < length.count; l++)
                        fine &= keep(m,
                            (((height.of[h] * 64 + second.of[s]) * 64 + third.of[t]) * 16 + ratio.of[r]) * 16 + length.of[l], i);
    return fine;
}

static bool in_span(uint32_t a, uint32_t b)
{
    return abs(interval(a, b)) <= SPAN;
}

static void prepare(maker *m)
{
    for (uint32_t gap = NEAR; gap <= FAR; gap++)
        m->length[gap] = cells_of(LENGTH, log2f((float)gap / (NEAR / 2)), m->probe);
}

bool att_marks_of(const uint32_t *peaks, size_t count, bool probe, uint32_t first, const att_host *host, att_marks *out)
{
    maker m = {.peaks = peaks, .host = host, .out = out, .first = first, .probe = probe};
    bool fine = true;
    prepare(&m);
    for (size_t i = 0; fine && i < count; i++) {
        const uint32_t from = att_peak_frame(peaks[i]);
        const cells height = cells_of(HEIGHT, (float)att_peak_pitch(peaks[i]), probe);
        for (size_t j = i + 1; fine && j < count && att_peak_frame(peaks[j]) + GAP <= from + FAR; j++) {
            if (att_peak_frame(peaks[j]) < from + GAP || !in_span(peaks[i], peaks[j]))
                continue;
            const cells second = cells_of(INTERVAL, (float)(interval(peaks[i], peaks[j]) + SPAN), probe);
            for (size_t k = j + 1; fine && k < count && att_peak_frame(peaks[k]) <= from + FAR; k++)
                if (att_peak_frame(peaks[k]) >= ATT_MAX(att_peak_frame(peaks[j]) + GAP, from + NEAR) && in_span(peaks[i], peaks[k]))
                    fine = add_three(&m, i, j, k, height, second);
        }
    }
    return fine;
}
