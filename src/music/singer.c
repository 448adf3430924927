// SPDX-License-Identifier: Apache-2.0
// music/singer.c - glottal pulses through formants.
#include "music/singer.h"

#include <math.h>

enum { FORMANTS = 5, BLOCK = 32 };

// Hz, of a man: a, e, i, o, u, ae, schwa, and a closed mouth (the eighth, for m and n).
static const double vowels[][FORMANTS] = {{730, 1090, 2440, 3400, 4500}, {530, 1840, 2480, 3500, 4500}, {270, 2290, 3010, 3600, 4500},
    {570, 840, 2410, 3400, 4500}, {300, 870, 2240, 3300, 4500}, {660, 1720, 2410, 3400, 4500}, {490, 1350, 1690, 3400, 4500},
    {250, 1100, 2200, 3000, 4200}};
enum { CLOSED = 7 };
static const double widths[FORMANTS] = {70, 90, 130, 220, 300}; // Hz

typedef struct resonator {
    double a, b, c, y1, y2; // y = a x + b y1 + c y2
} resonator;

// Klatt 1980: gain 1 at 0 Hz.
static void tune(resonator *r, double hz, double width_hz, double rate_hz)
{
    const double radius = exp(-M_PI * width_hz / rate_hz);
    r->c = -radius * radius;
    r->b = 2 * radius * cos(2 * M_PI * ATT_MIN(hz, 0.45 * rate_hz) / rate_hz);
    r->a = 1 - r->b - r->c;
}

static double resonate(resonator *r, double x)
{
    const double y = r->a * x + r->b * r->y1 + r->c * r->y2;
    r->y2 = r->y1;
    r->y1 = y;
    return y;
}

// The slope of Rosenberg's pulse C at a phase of 0 … 1: the folds open slowly and close fast.
static double pulse(double phase, double open)
{
    const double rise = open * 0.7, fall = open - rise;
    if (phase < rise)
        return 0.5 * M_PI / rise * sin(M_PI * phase / rise);
    if (phase < open)
        return -0.5 * M_PI / fall * sin(0.5 * M_PI * (phase - rise) / fall);
    return 0;
}

typedef enum onset { ONSET_NONE, ONSET_HISS, ONSET_STOP, ONSET_CLOSED, ONSET_COUNT } onset;

typedef struct sound_of_note {
    onset begins;
    double onset_s;      // how long that takes
    double hiss_hz;
    const double *from, *to; // vowels
} sound_of_note;

typedef struct singer {
    const att_voice *voice;
    att_rng *rng;
    double rate_hz, phase, key, drift, shimmer, time_s;
    double formant[FORMANTS];
    resonator tract[FORMANTS], hiss;
} singer;

att_voice att_voice_draw(att_rng *rng)
{
    const bool high = att_rng_unit(rng) < 0.5;
    return (att_voice){.tract = (high ? 1.12 : 0.95) + 0.18 * att_rng_unit(rng),
        .vibrato_hz = 4.5 + 2 * att_rng_unit(rng),
        .vibrato_cents = 70 * att_rng_unit(rng),
        .glide_s = 0.02 + 0.08 * att_rng_unit(rng),
        .breath = 0.02 + 0.15 * att_rng_unit(rng),
        .open = 0.45 + 0.3 * att_rng_unit(rng),
        .consonants = 0.3 + 0.6 * att_rng_unit(rng)};
}

static sound_of_note sound_for(att_rng *rng, const att_voice *voice)
{
    sound_of_note out = {.begins = ONSET_NONE};
    out.from = vowels[att_rng_below(rng, CLOSED)];
    out.to = att_rng_unit(rng) < 0.3 ? vowels[att_rng_below(rng, CLOSED)] : out.from;
    if (att_rng_unit(rng) < voice->consonants)
        out.begins = (onset)(1 + att_rng_below(rng, ONSET_COUNT - 1));
    out.onset_s = out.begins == ONSET_NONE ? 0 : 0.04 + 0.08 * att_rng_unit(rng);
    out.hiss_hz = 1500 + 6500 * att_rng_unit(rng);
    return out;
}

// Every few samples: the key glides to the note's, formants to the vowel's.
static void move(singer *s, const att_sung_note *note, const sound_of_note *its, double since_s)
{
    const double block_s = BLOCK / s->rate_hz, share = ATT_MIN(since_s / ATT_MAX(note->seconds, 0.05), 1);
    const double quick = 1 - exp(-block_s / 0.03);
    const bool closed = its->begins == ONSET_CLOSED && since_s < its->onset_s;
    s->key += (note->key - s->key) * (1 - exp(-block_s / s->voice->glide_s));
    s->drift += 0.05 * att_rng_normal(s->rng) - 0.05 * s->drift;
    s->shimmer += 0.03 * att_rng_normal(s->rng) - 0.05 * s->shimmer;
    for (int f = 0; f < FORMANTS; f++) {
        const double wanted = closed ? vowels[CLOSED][f] : its->from[f] + (its->to[f] - its->from[f]) * share;
        s->formant[f] += (wanted * s->voice->tract - s->formant[f]) * quick;
        tune(&s->tract[f], s->formant[f], widths[f], s->rate_hz);
    }
}

// How open the mouth is, in time: in within 30 ms, out within 60.
static double shape(const att_sung_note *note, const sound_of_note *its, double since_s)
{
    const double in = ATT_MIN(since_s / 0.03, 1), out = ATT_MIN((note->seconds - since_s) / 0.06, 1);
    if (its->begins == ONSET_HISS || its->begins == ONSET_STOP) // voiced after it
        return ATT_MAX(ATT_MIN(ATT_MIN((since_s - its->onset_s) / 0.03, out), 1), 0);
    return ATT_MAX(ATT_MIN(in, out), 0) * (its->begins == ONSET_CLOSED && since_s < its->onset_s ? 0.5 : 1);
}

static double consonant(singer *s, const sound_of_note *its, double since_s)
{
    if (since_s >= its->onset_s || (its->begins != ONSET_HISS && its->begins != ONSET_STOP))
        return 0;
    const double share = since_s / its->onset_s;
    const double level = its->begins == ONSET_HISS ? sin(M_PI * share) : share < 0.5 ? 0 : exp(-8 * (share - 0.5));
    return 0.25 * level * resonate(&s->hiss, att_rng_normal(s->rng));
}

static double sample(singer *s, const att_sung_note *note, const sound_of_note *its, double since_s)
{
    const double depth = s->voice->vibrato_cents * ATT_MIN(ATT_MAX((since_s - 0.15) / 0.25, 0), 1);
    const double cents = depth * sin(2 * M_PI * s->voice->vibrato_hz * s->time_s) + 12 * s->drift;
    const double hz = 440 * exp2((s->key - 69 + cents / 100) / 12), loud = shape(note, its, since_s) * note->level;
    s->phase += hz / s->rate_hz;
    s->phase -= floor(s->phase);
    const double flow = pulse(s->phase, s->voice->open) * (1 + 0.3 * s->shimmer);
    double x = loud * (flow + 8 * s->voice->breath * att_rng_normal(s->rng) * (s->phase < s->voice->open ? 1 : 0.2));
    for (int f = 0; f < FORMANTS; f++)
        x = resonate(&s->tract[f], x);
    return 0.04 * x + note->level * consonant(s, its, since_s);
}

void att_singer_sing(att_audio *out, const att_sung_note *notes, size_t count, const att_voice *voice, att_rng *rng)
{
    assert(out->channels == 1);
    singer s = {.voice = voice, .rng = rng, .rate_hz = out->rate_hz, .key = count ? notes[0].key : 60};
    for (int f = 0; f < FORMANTS; f++)
        s.formant[f] = vowels[0][f] * voice->tract;
    for (size_t n = 0; n < count; n++) {
        const att_sung_note *note = &notes[n];
        const sound_of_note its = sound_for(rng, voice);
        tune(&s.hiss, its.hiss_hz, its.hiss_hz / 3, s.rate_hz);
        s.hiss.a = 0.2; // its gain is at its own frequency, not at 0 Hz
        const size_t first = (size_t)(ATT_MAX(note->at_s, 0) * s.rate_hz), last = first + (size_t)(note->seconds * s.rate_hz);
        for (size_t i = first; i < ATT_MIN(last, out->frames); i++) {
            const double since_s = (double)(i - first) / s.rate_hz;
            if ((i - first) % BLOCK == 0)
                move(&s, note, &its, since_s);
            s.time_s = (double)i / s.rate_hz;
            out->samples[i] += (float)sample(&s, note, &its, since_s);
        }
    }
}
