// SPDX-License-Identifier: Apache-2.0
// music/beats.c - the best sequence of beats.
#include "music/beats.h"

#include "music/bars.h"
#include "music/tempo.h"

#include <math.h>

enum { PERIOD_MAX = 1024 };
static const double TIGHTNESS = 100;

typedef struct desk {
    float *curves; // (ATT_ONSET_CURVES, count)
    float *score;  // (count)
    uint32_t *from; // (count), + 1; 0: the first beat
    size_t *beats; // (count) frames
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
    if (!out->items)
        return att_no_memory(err, found, "beats");
    out->count = found;
    for (size_t i = 0; i < found; i++)
        out->items[i].at_s = fmax(0, exact(onset, count, d->beats[i]) / heard->frames_hz);
    const att_status status = att_bars_find(heard, d->beats, out, host, err);
    if (status) {
        ATT_FREE_ARRAY(host, out->items, found);
        *out = (att_beats){0};
    }
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
        .from = ATT_NEW_ARRAY(&full, uint32_t, count), .beats = ATT_NEW_ARRAY(&full, size_t, count)};
    att_status status = d.curves && d.score && d.from && d.beats ? ATT_OK : att_no_memory(err, count, "frames of beats");
    if (!status)
        status = find(&d, heard, period, out, &full, err);
    ATT_FREE_ARRAY(&full, d.curves, ATT_ONSET_CURVES * count);
    ATT_FREE_ARRAY(&full, d.score, count);
    ATT_FREE_ARRAY(&full, d.from, count);
    ATT_FREE_ARRAY(&full, d.beats, count);
    return status;
}
