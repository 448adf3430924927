// SPDX-License-Identifier: Apache-2.0
// music/stretch_stream.c - windows in, windows out: the stretcher itself.
//
// Window m is centred at output m * hop, m = -1, 0, 1 …; its place in the input comes from music/stretch_map.h, its angles from
// music/stretch_phase.h. The product of the shapes before and behind is Hann's, squared, of `lay` samples: a quarter of that apart it adds
// up to 1.5 everywhere. After window m the output up to (m - 1) * hop is whole.
// Live, the window is longer than what is laid down, but only into the past, which costs no time: it rises over all of that and falls
// within half of `lay` (low-delay windows: Mauler and Martin 2007). What a window depends on is counted from the input's begin, never from what happens to have come in, so
// that pieces of any size give the same output, bit for bit.
#include "attune/stretch.h"
#include "music/stretch_map.h"
#include "music/stretch_onset.h"
#include "music/stretch_phase.h"

#include <math.h>

enum { OVERLAP = 4 };
static const double WINDOW_S = 0.093, LIVE_LAY_S = 0.039, LIVE_STRAY_S = 0.0022;

struct att_stretcher {
    att_host host;
    uint32_t channels, rate_hz;
    size_t window, lay, hop, bins, ahead; // ahead: input known beyond the end of a window
    size_t ring_size;                // a power of two
    float *ring;                     // (channels, ring_size): the input, frame i at i & (ring_size - 1)
    int64_t written, looked, end;    // frames of input so far; looks for attacks so far; INT64_MAX until finished
    att_onsets *onsets;
    att_stretch_map map;
    att_stretch_phase phase;
    att_fft *fft;
    float *shape, *frame, *lay_shape; // (window), (window), (lay)
    float complex *spectra[2], *made; // (channels, bins): this window's and the last one's by turns; what is laid down
    int which;
    float *sum, *out; // (channels, lay): output that is not whole yet; (channels, hop): whole
    size_t out_at, out_count;
    int64_t windows; // so far
    int64_t place;   // of the last one
};

// Near that many samples, a multiple of 16 with no factor above 5, so that the transform is fast and a quarter is whole.
static size_t window_for(double samples)
{
    for (size_t size = ATT_MAX((size_t)samples / 16 * 16, (size_t)64);; size -= 16) {
        size_t rest = size;
        static const size_t factors[] = {2, 3, 5};
        for (size_t i = 0; i < ATT_COUNT_OF(factors); i++)
            while (rest % factors[i] == 0)
                rest /= factors[i];
        if (rest == 1)
            return size;
    }
}

static att_status check_ratio(double ratio, att_error *err)
{
    if (!(ratio >= ATT_STRETCH_RATIO_MIN && ratio <= ATT_STRETCH_RATIO_MAX))
        return ATT_FAIL(err, ATT_INVALID, "ratio %g, expected %g to %g", ratio, ATT_STRETCH_RATIO_MIN, ATT_STRETCH_RATIO_MAX);
    return ATT_OK;
}

static att_status check_options(const att_stretcher_options *o, att_error *err)
{
    if (o->channels < 1 || o->channels > ATT_AUDIO_CHANNELS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "channels: found %u, expected 1 to %d", o->channels, ATT_AUDIO_CHANNELS_MAX);
    if (o->rate_hz < ATT_AUDIO_RATE_MIN_HZ || o->rate_hz > ATT_AUDIO_RATE_MAX_HZ)
        return ATT_FAIL(err, ATT_LIMIT, "sample rate: found %u Hz, expected %d to %d", o->rate_hz, ATT_AUDIO_RATE_MIN_HZ, ATT_AUDIO_RATE_MAX_HZ);
    return o->ratio == 0 ? ATT_OK : check_ratio(o->ratio, err);
}

static att_status take_memory(att_stretcher *s, att_error *err)
{
    const size_t c = s->channels;
    s->ring = ATT_NEW_ARRAY(&s->host, float, c * s->ring_size);
    s->shape = ATT_NEW_ARRAY(&s->host, float, s->window);
    s->frame = ATT_NEW_ARRAY(&s->host, float, s->window);
    s->spectra[0] = ATT_NEW_ARRAY(&s->host, float complex, c * s->bins);
    s->spectra[1] = ATT_NEW_ARRAY(&s->host, float complex, c * s->bins);
    s->made = ATT_NEW_ARRAY(&s->host, float complex, c * s->bins);
    s->lay_shape = ATT_NEW_ARRAY(&s->host, float, s->lay);
    s->sum = ATT_NEW_ARRAY(&s->host, float, c * s->lay);
    s->out = ATT_NEW_ARRAY(&s->host, float, c * s->hop);
    if (!s->ring || !s->shape || !s->frame || !s->spectra[0] || !s->spectra[1] || !s->made || !s->lay_shape || !s->sum || !s->out)
        return att_no_memory(err, s->ring_size, "frames of a stretcher");
    att_status status = att_fft_create(&s->fft, s->window, &s->host, err);
    return status ? status : att_stretch_phase_init(&s->phase, s->bins, s->channels, &s->host, err);
}

// The window rises over all but half of `lay` and falls over that half, each half of a Hann window; behind it comes what is left to
// Hann's square. At the very end both are 0.
static void make_shapes(att_stretcher *s)
{
    const size_t fall = s->lay / 2, rise = s->window - fall;
    for (size_t i = 0; i < s->window; i++) {
        const double x = i < rise ? sin(M_PI / 2 * (double)i / (double)rise) : cos(M_PI / 2 * (double)(i - rise) / (double)fall);
        s->shape[i] = (float)(x * x);
    }
    for (size_t i = 0; i < s->lay; i++) {
        const double hann = sin(M_PI * (double)i / (double)s->lay), before = (double)s->shape[s->window - s->lay + i];
        s->lay_shape[i] = before > 0 ? (float)(hann * hann * hann * hann / before / 1.5) : 0;
    }
}

att_status att_stretcher_create(att_stretcher **out, const att_stretcher_options *options, const att_host *host, att_error *err)
{
    *out = NULL;
    att_status status = check_options(options, err);
    if (status)
        return status;
    const att_host its = att_host_complete(host);
    att_stretcher *s = ATT_NEW_ARRAY(&its, att_stretcher, 1);
    if (!s)
        return att_no_memory(err, 1, "stretcher");
    s->host = its;
    s->channels = options->channels;
    s->rate_hz = options->rate_hz;
    s->window = window_for(WINDOW_S * options->rate_hz);
    s->lay = options->live ? window_for(LIVE_LAY_S * options->rate_hz) : s->window;
    s->hop = s->lay / OVERLAP;
    s->bins = s->window / 2 + 1;
    s->end = INT64_MAX;
    status = att_onsets_create(&s->onsets, s->channels, s->rate_hz, &its, err);
    if (!status) {
        const size_t stray = options->live ? (size_t)(LIVE_STRAY_S * s->rate_hz) : s->lay / 2;
        s->ahead = ATT_MAX(stray, options->live ? 0 : s->lay) + att_onsets_delay(s->onsets);
        s->ring_size = 1;
        while (s->ring_size < 4 * s->window + s->ahead + 2 * stray)
            s->ring_size *= 2;
        att_stretch_map_init(&s->map, s->hop, s->lay, (double)stray, options->ratio == 0 ? 1 : options->ratio);
        status = take_memory(s, err);
    }
    if (status)
        return att_stretcher_destroy(s), status;
    make_shapes(s);
    *out = s;
    return ATT_OK;
}

void att_stretcher_destroy(att_stretcher *s)
{
    if (!s)
        return;
    const att_host host = s->host;
    const size_t c = s->channels;
    ATT_FREE_ARRAY(&host, s->ring, c * s->ring_size);
    ATT_FREE_ARRAY(&host, s->shape, s->window);
    ATT_FREE_ARRAY(&host, s->frame, s->window);
    ATT_FREE_ARRAY(&host, s->spectra[0], c * s->bins);
    ATT_FREE_ARRAY(&host, s->spectra[1], c * s->bins);
    ATT_FREE_ARRAY(&host, s->made, c * s->bins);
    ATT_FREE_ARRAY(&host, s->lay_shape, s->lay);
    ATT_FREE_ARRAY(&host, s->sum, c * s->lay);
    ATT_FREE_ARRAY(&host, s->out, c * s->hop);
    att_stretch_phase_deinit(&s->phase, &host);
    att_fft_destroy(s->fft);
    att_onsets_destroy(s->onsets);
    ATT_FREE_ARRAY(&host, s, 1);
}

// --- Input ----------------------------------------------------------------------------------------------------

// The earliest frame that a coming window or look may reach back to.
static int64_t oldest(const att_stretcher *s)
{
    const int64_t look = s->looked * (int64_t)att_onsets_hop(s->onsets) - (int64_t)att_onsets_window(s->onsets) / 2;
    const int64_t window = s->map.a - (int64_t)(s->window - s->lay / 2);
    return ATT_MAX(0, ATT_MIN(look, window));
}

static size_t room(const att_stretcher *s)
{
    return s->ring_size - (size_t)(s->written - oldest(s));
}

size_t att_stretcher_push(att_stretcher *s, const float *in, size_t frames)
{
    const size_t count = s->end == INT64_MAX ? ATT_MIN(frames, room(s)) : 0, mask = s->ring_size - 1;
    for (uint32_t c = 0; c < s->channels; c++) {
        float *ring = s->ring + c * s->ring_size;
        for (size_t i = 0; i < count; i++) {
            const float x = in[i * s->channels + c];
            ring[((size_t)s->written + i) & mask] = isfinite(x) ? x : 0;
        }
    }
    s->written += (int64_t)count;
    return count;
}

void att_stretcher_finish(att_stretcher *s)
{
    if (s->end == INT64_MAX)
        s->end = s->written;
}

// What lies before the begin and behind the end is silence.
static void read_ring(const att_stretcher *s, uint32_t channel, int64_t from, size_t count, float *out)
{
    const float *ring = s->ring + channel * s->ring_size;
    const size_t mask = s->ring_size - 1;
    size_t i = 0;
    while (i < count) {
        const int64_t at = from + (int64_t)i;
        size_t run = count - i;
        if (at < 0) {
            run = ATT_MIN(run, (size_t)-at);
            memset(out + i, 0, run * sizeof *out);
        } else if (at >= s->written) {
            memset(out + i, 0, run * sizeof *out);
        } else {
            run = ATT_MIN(ATT_MIN(run, (size_t)(s->written - at)), s->ring_size - ((size_t)at & mask));
            memcpy(out + i, ring + ((size_t)at & mask), run * sizeof *out);
        }
        i += run;
    }
}

// --- Windows --------------------------------------------------------------------------------------------------

// The input that the next window must know.
static double known_for_next(const att_stretcher *s)
{
    return s->map.p + (double)(s->lay / 2 + s->ahead);
}

static void look_for_attacks(att_stretcher *s, double known)
{
    const int64_t hop = (int64_t)att_onsets_hop(s->onsets), half = (int64_t)att_onsets_window(s->onsets) / 2;
    while ((double)(s->looked * hop + half) <= known) {
        for (uint32_t c = 0; c < s->channels; c++)
            read_ring(s, c, s->looked * hop - half, (size_t)half * 2, att_onsets_room(s->onsets) + c * (size_t)half * 2);
        s->looked++;
        int64_t at;
        if (att_onsets_look(s->onsets, &at) && at > 0)
            att_stretch_map_onset(&s->map, at);
    }
}

static void lay_down(att_stretcher *s, uint32_t channel)
{
    float *restrict sum = s->sum + channel * s->lay;
    att_fft_inverse(s->fft, s->made + channel * s->bins, s->frame);
    const float *end = s->frame + s->window - s->lay;
    for (size_t i = 0; i < s->lay; i++)
        sum[i] += end[i] * s->lay_shape[i];
    memcpy(s->out + channel * s->hop, sum, s->hop * sizeof *sum);
    memmove(sum, sum + s->hop, (s->lay - s->hop) * sizeof *sum);
    memset(sum + s->lay - s->hop, 0, s->hop * sizeof *sum);
}

static void make_window(att_stretcher *s)
{
    const double known = known_for_next(s);
    look_for_attacks(s, known);
    int64_t attack;
    const int64_t before = s->place;
    s->place = att_stretch_map_next(&s->map, known - (double)att_onsets_delay(s->onsets), &attack);
    s->which = !s->which;
    float complex *now = s->spectra[s->which];
    for (uint32_t c = 0; c < s->channels; c++) {
        read_ring(s, c, s->place - (int64_t)(s->window - s->lay / 2), s->window, s->frame);
        for (size_t i = 0; i < s->window; i++)
            s->frame[i] *= s->shape[i];
        att_fft_forward(s->fft, s->frame, now + c * s->bins);
    }
    const double in = s->windows ? (double)(s->place - before) : (double)s->hop;
    att_stretch_phase_turn(&s->phase, now, s->spectra[!s->which], in, (double)s->hop, attack, s->made);
    for (uint32_t c = 0; c < s->channels; c++)
        lay_down(s, c);
    s->windows++;
    s->out_at = 0;
    s->out_count = s->windows > OVERLAP / 2 + 1 ? s->hop : 0; // the first three end before the output begins
}

static bool can_make(const att_stretcher *s)
{
    return s->end != INT64_MAX || (double)s->written >= known_for_next(s);
}

size_t att_stretcher_pull(att_stretcher *s, float *out, size_t frames)
{
    size_t made = 0;
    while (made < frames) {
        if (s->out_at == s->out_count) {
            if (!can_make(s))
                break;
            make_window(s);
            continue;
        }
        const size_t run = ATT_MIN(frames - made, s->out_count - s->out_at);
        for (uint32_t c = 0; c < s->channels; c++)
            for (size_t i = 0; i < run; i++)
                out[(made + i) * s->channels + c] = s->out[c * s->hop + s->out_at + i];
        s->out_at += run;
        made += run;
    }
    return made;
}

// --- Figures --------------------------------------------------------------------------------------------------

// Windows that must be made before so many frames can be pulled.
static size_t windows_for(const att_stretcher *s, size_t frames)
{
    const size_t whole = s->out_count - s->out_at;
    if (frames <= whole)
        return 0;
    const size_t first = s->windows < OVERLAP / 2 + 1 ? OVERLAP / 2 + 1 - (size_t)s->windows : 0;
    return first + (frames - whole + s->hop - 1) / s->hop;
}

size_t att_stretcher_wants(const att_stretcher *s, size_t frames)
{
    const size_t windows = windows_for(s, frames);
    if (!windows || s->end != INT64_MAX)
        return 0;
    att_stretch_map map = s->map;
    for (size_t i = 1; i < windows && i < 4 * OVERLAP; i++)
        map.p += map.hop * (map.p < 0 ? 1 : map.rate);
    const double wanted = ceil(map.p + (double)(s->lay / 2 + s->ahead)) - (double)s->written;
    return wanted <= 0 ? 0 : ATT_MIN((size_t)wanted, room(s));
}

bool att_stretcher_nudge(att_stretcher *s, double ratio)
{
    if (check_ratio(ratio, NULL))
        return false;
    s->map.rate = 1 / ratio;
    return true;
}

double att_stretcher_ratio(const att_stretcher *s)
{
    return 1 / s->map.rate;
}

size_t att_stretcher_latency_frames(const att_stretcher *s)
{
    return (size_t)ceil((double)(OVERLAP / 2 * s->hop) * s->map.rate + (double)(s->lay / 2 + s->ahead));
}

size_t att_stretcher_nudge_frames(const att_stretcher *s)
{
    return s->lay / 2 + s->hop;
}

// Window m is made when output (m - 2) * hop … (m - 1) * hop is given away; the map stands at window m + 1.
double att_stretcher_position(const att_stretcher *s)
{
    const double ahead = s->map.s - ((double)s->windows - (OVERLAP / 2 + 1)) * (double)s->hop + (double)(s->out_count - s->out_at);
    return s->windows < OVERLAP / 2 + 1 ? 0 : s->map.p - ahead * s->map.rate;
}
