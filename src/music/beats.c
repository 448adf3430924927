// SPDX-License-Identifier: Apache-2.0
// music/beats.c - the best sequence of beats, and its bars.
#include "music/beats.h"

#include "music/tempo.h"

#include <math.h>

enum { LOW = 0, PERIOD_MAX = 1024 };
static const double TIGHTNESS = 100, TRIPLE_LEAST = 0.25; // a bar of three must be that much clearer than one of four

typedef struct desk {
    float *curves; // (ATT_ONSET_CURVES, count)
    float *score;  // (count)
    uint32_t *from; // (count), + 1; 0: the first beat
    size_t *beats; // (count) frames
    double *accent; // (count) of beats
} desk;

// The sum of all registers, smoothed over some 25 ms, in units of its standard deviation.
static void smooth(const float *in, size_t count, float *out)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        const float before = i ? in[i - 1] : 0, after = i + 1 < count ? in[i + 1] : 0;
        out[i] = 0.25f * before + 0.5f * in[i] + 0.25f * after;
        sum += (double)out[i];
        squares += (double)(out[i] * out[i]);
    }
    const double n = (double)count, spread = sqrt(fmax(1e-12, squares / n - sum / n * (sum / n)));
    for (size_t i = 0; i < count; i++)
        out[i] /= (float)spread;
}

static void chain(desk *d, const float *onset, size_t count, double period)
{
    float cost[2 * PERIOD_MAX + 1] = {0};
    const size_t least = (size_t)fmax(1, round(period / 2)), most = ATT_MIN((size_t)round(2 * period), (size_t)2 * PERIOD_MAX);
    for (size_t step = least; step <= most; step++) {
        const double off = log((double)step / period);
        cost[step] = (float)(TIGHTNESS * off * off);
    }
    for (size_t t = 0; t < count; t++) {
        float best = 0;
        uint32_t from = 0;
        for (size_t step = least; step <= most && step <= t; step++) {
            const float value = d->score[t - step] - cost[step];
            if (value > best) {
                best = value;
                from = (uint32_t)(t - step) + 1;
            }
        }
        d->score[t] = onset[t] + best;
        d->from[t] = from;
    }
}

// Back from the best end within the last two periods; without the weak beats before the music begins and after it ends.
static size_t trace(desk *d, const float *onset, size_t count, double period)
{
    size_t at = count - 1, found = 0, first = 0;
    for (size_t i = count > (size_t)(2 * period) ? count - (size_t)(2 * period) : 0; i < count; i++)
        at = d->score[i] > d->score[at] ? i : at;
    for (uint32_t next = (uint32_t)at + 1; next; next = d->from[next - 1])
        d->beats[found++] = next - 1;
    for (size_t i = 0; i < found / 2; i++) {
        const size_t other = d->beats[i];
        d->beats[i] = d->beats[found - 1 - i];
        d->beats[found - 1 - i] = other;
    }
    double mean = 0;
    for (size_t i = 0; i < found; i++)
        mean += (double)onset[d->beats[i]] / (double)found;
    while (found > first && (double)onset[d->beats[found - 1]] < 0.25 * mean)
        found--;
    while (first < found && (double)onset[d->beats[first]] < 0.25 * mean)
        first++;
    memmove(d->beats, d->beats + first, (found - first) * sizeof *d->beats);
    return found - first;
}

// --- Bars -------------------------------------------------------------------------------------------------

// How much the pitch classes of the time after frame `at` differ from those before: 1 minus their cosine.
static double change_at(const att_heard *h, size_t frame, size_t frames_span)
{
    double before[12] = {0}, after[12] = {0}, ab = 0, aa = 0, bb = 0;
    const double per_frame = h->chroma_hz / h->frames_hz;
    const size_t at = (size_t)((double)frame * per_frame + 0.5), span = (size_t)fmax(1, (double)frames_span * per_frame);
    for (size_t i = at > span ? at - span : 0; i < at && i < h->chroma_count; i++)
        for (int c = 0; c < 12; c++)
            before[c] += (double)h->chroma[i * 12 + (size_t)c];
    for (size_t i = at; i < at + span && i < h->chroma_count; i++)
        for (int c = 0; c < 12; c++)
            after[c] += (double)h->chroma[i * 12 + (size_t)c];
    for (int c = 0; c < 12; c++) {
        ab += before[c] * after[c];
        aa += before[c] * before[c];
        bb += after[c] * after[c];
    }
    return aa > 0 && bb > 0 ? 1 - ab / sqrt(aa * bb) : 0;
}

static void add_normal(double *to, const double *values, size_t count)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
        squares += values[i] * values[i];
    }
    const double mean = sum / (double)count, spread = sqrt(fmax(1e-12, squares / (double)count - mean * mean));
    for (size_t i = 0; i < count; i++)
        to[i] += (values[i] - mean) / spread;
}

// How much clearer the accents at `phase` of bars of `length` are than the others, in their standard deviations.
static double clearness(const double *accent, size_t count, size_t length, size_t phase)
{
    double on = 0, off = 0;
    size_t ons = 0;
    for (size_t i = 0; i < count; i++)
        if (i % length == phase)
            on += accent[i], ons++;
        else
            off += accent[i];
    return ons && ons < count ? on / (double)ons - off / (double)(count - ons) : 0;
}

static void find_bars(const att_heard *h, const desk *d, size_t count, att_beats *out, double *work)
{
    const float *low = d->curves + (size_t)LOW * h->count;
    const size_t period = count > 1 ? (d->beats[count - 1] - d->beats[0]) / (count - 1) : 1;
    memset(d->accent, 0, count * sizeof *d->accent);
    for (size_t i = 0; i < count; i++) {
        const size_t at = d->beats[i];
        work[i] = (double)ATT_MAX(low[at], ATT_MAX(at ? low[at - 1] : 0, at + 1 < h->count ? low[at + 1] : 0));
    }
    add_normal(d->accent, work, count);
    for (size_t i = 0; i < count; i++)
        work[i] = change_at(h, d->beats[i], period * 2);
    add_normal(d->accent, work, count);
    double best[2] = {-1e9, -1e9};
    size_t phases[2] = {0, 0};
    for (size_t b = 0; b < 2; b++)
        for (size_t phase = 0; phase < 3 + b; phase++) {
            const double its = clearness(d->accent, count, 3 + b, phase);
            if (its > best[b]) {
                best[b] = its;
                phases[b] = phase;
            }
        }
    const size_t b = best[0] > best[1] + TRIPLE_LEAST ? 0 : 1;
    out->per_bar = (uint32_t)(3 + b);
    for (size_t i = 0; i < count; i++)
        out->items[i].in_bar = (uint32_t)((i + (3 + b) - phases[b]) % (3 + b)) + 1;
}

// To a part of a frame: the parabola through the onset's neighbours.
static double exact(const float *onset, size_t count, size_t at)
{
    if (at == 0 || at + 1 >= count)
        return (double)at;
    const double a = (double)onset[at - 1], b = (double)onset[at], c = (double)onset[at + 1], bend = a - 2 * b + c;
    return (double)at + (bend < -1e-9 && a <= b && c <= b ? 0.5 * (a - c) / bend : 0);
}

static att_status find(desk *d, const att_heard *heard, double period, att_beats *out, const att_host *host, att_error *err)
{
    const size_t count = heard->count;
    float *onset = d->curves + (size_t)(ATT_REGISTERS - 1) * count; // the highest register's place, once it is summed
    att_onset_curves(heard, d->curves);
    smooth(d->curves + (size_t)ATT_REGISTERS * count, count, onset);
    chain(d, onset, count, period);
    const size_t found = trace(d, onset, count, period);
    if (found < 2)
        return ATT_OK;
    out->items = ATT_NEW_ARRAY(host, att_beat, found);
    double *work = ATT_NEW_ARRAY(host, double, found);
    att_status status = out->items && work ? ATT_OK : att_no_memory(err, found, "beats");
    if (!status) {
        out->count = found;
        for (size_t i = 0; i < found; i++)
            out->items[i].at_s = fmax(0, exact(onset, count, d->beats[i]) / heard->frames_hz);
        find_bars(heard, d, found, out, work);
    } else if (out->items) {
        ATT_FREE_ARRAY(host, out->items, found);
        out->items = NULL;
    }
    ATT_FREE_ARRAY(host, work, found);
    return status;
}

att_status att_beats_find(const att_heard *heard, double bpm, att_beats *out, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    const size_t count = heard->count;
    *out = (att_beats){0};
    const double period = bpm > 0 ? 60 * heard->frames_hz / bpm : 0;
    if (period < 4 || period > PERIOD_MAX || (double)count < 4 * period)
        return ATT_OK;
    desk d = {.curves = ATT_NEW_ARRAY(&full, float, ATT_ONSET_CURVES *count), .score = ATT_NEW_ARRAY(&full, float, count),
        .from = ATT_NEW_ARRAY(&full, uint32_t, count), .beats = ATT_NEW_ARRAY(&full, size_t, count), .accent = ATT_NEW_ARRAY(&full, double, count)};
    att_status status = d.curves && d.score && d.from && d.beats && d.accent ? ATT_OK : att_no_memory(err, count, "frames of beats");
    if (!status)
        status = find(&d, heard, period, out, &full, err);
    ATT_FREE_ARRAY(&full, d.curves, ATT_ONSET_CURVES * count);
    ATT_FREE_ARRAY(&full, d.score, count);
    ATT_FREE_ARRAY(&full, d.from, count);
    ATT_FREE_ARRAY(&full, d.beats, count);
    ATT_FREE_ARRAY(&full, d.accent, count);
    return status;
}
