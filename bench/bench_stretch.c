// SPDX-License-Identifier: Apache-2.0
// bench_stretch [seconds] [FILE]… - tempo changes, by ours and by others: where attacks lie, how sharp they are, how clean tones.
//
// 44,100 Hz, stereo, 120 to 114 and to 127 BPM, seed 1. Three signals: a drum pattern (kick, snare, hats on known eighths); the same
// with a held chord of five tones; the chord with a click each half second. For every method, the same measures:
//   jitter: of each drum on a beat, t_out - ratio t_in, by one finder on both sides (the greatest rise of the level, over 1.5 ms, of the
//     differenced signal, within 30 ms); the mean over all drums is the method's delay and is taken off; greatest and standard deviation;
//   attack: the greatest slope of the level (RMS over 1.5 ms) at each drum, output by input, mean over all drums of the pattern with the chord;
//   tone: power of the chord by what least-squares fits of its five frequencies over each half second leave, in dB (and, stricter, what
//     one fit over all of the middle leaves: each frequency must be right to a small part of a turn in all that time);
//   tone beside clicks: the same of the third signal, 60 ms round each click left out;
//   speed: seconds of sound by seconds of one core, of the pattern with the chord.
// Files are stretched too, and their spectra compared with those of the input at the places that the tempo gives (spectral convergence:
// |Y - X| / |X| of magnitudes, 2,048 points, in dB; lower is nearer).
#include "bench_stretch_others.h"

#include "attune/stretch.h"
#include "base/fft.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RATE = 44100, CHANNELS = 2, TONES = 5 };
static const double tones_hz[TONES] = {110, 220, 277.1826, 329.6276, 880};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *get(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory) {
        fprintf(stderr, "bench_stretch: out of memory\n");
        exit(1);
    }
    return memory;
}

static size_t ours_of(const float *in, size_t frames, unsigned channels, unsigned rate_hz, double ratio, float *out, size_t out_frames, bool live)
{
    att_stretcher *s;
    const att_stretcher_options o = {.channels = channels, .rate_hz = rate_hz, .ratio = ratio, .live = live};
    if (att_stretcher_create(&s, &o, NULL, NULL))
        exit(1);
    size_t at = 0, made = 0;
    while (made < out_frames) {
        at += att_stretcher_push(s, in + at * channels, ATT_MIN(frames - at, (size_t)4096));
        if (at == frames)
            att_stretcher_finish(s);
        made += att_stretcher_pull(s, out + made * channels, ATT_MIN(out_frames - made, (size_t)4096));
    }
    att_stretcher_destroy(s);
    return made;
}

static size_t ours(const float *in, size_t frames, unsigned channels, unsigned rate_hz, double ratio, float *out, size_t out_frames)
{
    return ours_of(in, frames, channels, rate_hz, ratio, out, out_frames, false);
}

static size_t ours_live(const float *in, size_t frames, unsigned channels, unsigned rate_hz, double ratio, float *out, size_t out_frames)
{
    return ours_of(in, frames, channels, rate_hz, ratio, out, out_frames, true);
}

// --- Signals --------------------------------------------------------------------------------------------------

typedef struct signal {
    float *samples; // (frames, CHANNELS)
    size_t frames;
    size_t *hits; // frames at which drums begin
    size_t hit_count;
} signal;

static void add(signal *s, size_t at, float left, float right)
{
    if (at < s->frames) {
        s->samples[2 * at] += left;
        s->samples[2 * at + 1] += right;
    }
}

static void hit_kick(signal *s, size_t at)
{
    double phase = 0;
    for (size_t i = 0; i < RATE / 4; i++) {
        const double t = (double)i / RATE;
        phase += 2 * M_PI * (50 + 120 * exp(-t / 0.02)) / RATE;
        const float x = (float)(0.5 * exp(-t / 0.08) * sin(phase) + 0.3 * exp(-t / 0.0015) * cos(2 * M_PI * 1800 * t));
        add(s, at + i, x, x);
    }
}

static void hit_noise(signal *s, size_t at, att_rng *rng, double level, double decay_s, bool high, float left, float right)
{
    double last = 0;
    for (size_t i = 0; i < (size_t)(decay_s * 8 * RATE); i++) {
        const double noise = att_rng_normal(rng), x = level * exp(-(double)i / RATE / decay_s) * (high ? (noise - last) / 2 : noise);
        last = noise;
        add(s, at + i, (float)x * left, (float)x * right);
    }
}

static signal make_signal(double seconds, bool drums, bool chord, bool clicks)
{
    signal s = {.frames = (size_t)(seconds * RATE)};
    att_rng rng = att_rng_seed(1);
    s.samples = get(s.frames * CHANNELS, sizeof(float));
    s.hits = get((size_t)(seconds * 8) + 8, sizeof(size_t));
    for (size_t i = 1; drums && (double)i * 0.25 + 0.5 < seconds; i++) { // eighths at 120 BPM, a little off the grid
        const size_t at = (size_t)((double)i * 0.25 * RATE) + att_rng_below(&rng, 200);
        hit_noise(&s, at, &rng, 0.12, 0.02, true, 0.6f, 1);
        if (i % 4 == 0)
            hit_kick(&s, at);
        if (i % 4 == 2)
            hit_noise(&s, at, &rng, 0.2, 0.05, false, 1, 0.8f);
        s.hits[s.hit_count++] = at;
    }
    for (size_t i = 0; chord && i < s.frames; i++)
        for (int k = 0; k < TONES; k++) {
            const double x = 0.06 * sin(2 * M_PI * tones_hz[k] * (double)i / RATE + k);
            add(&s, i, (float)(x * (1 + 0.1 * k)), (float)(x * (1.4 - 0.1 * k)));
        }
    for (size_t i = 1; clicks && (double)i * 0.5 + 0.5 < seconds; i++) {
        hit_noise(&s, i * RATE / 2, &rng, 0.4, 0.001, false, 1, 1);
        s.hits[s.hit_count++] = i * RATE / 2;
    }
    return s;
}

static void free_signal(signal *s)
{
    free(s->samples);
    free(s->hits);
}

// --- Measures -------------------------------------------------------------------------------------------------

// RMS over 1.5 ms about each frame of the differenced sum of channels.
static double *levels_of(const float *samples, size_t frames)
{
    enum { WIDE = RATE * 3 / 2000 };
    double *out = get(frames, sizeof(double)), sum = 0;
    double *power = get(frames, sizeof(double));
    for (size_t i = 1; i < frames; i++) {
        const double d = (double)samples[2 * i] + (double)samples[2 * i + 1] - (double)samples[2 * i - 2] - (double)samples[2 * i - 1];
        power[i] = d * d;
    }
    for (size_t i = 0; i < frames; i++) {
        sum += power[i] - (i >= WIDE ? power[i - WIDE] : 0);
        if (i >= WIDE / 2)
            out[i - WIDE / 2] = sqrt(fmax(sum, 0) / WIDE);
    }
    free(power);
    return out;
}

// The greatest slope of the level within 30 ms of `at`: where, and how steep.
static double steepest(const double *levels, size_t frames, double at, double *slope)
{
    enum { STEP = RATE / 1000 };
    const size_t from = (size_t)fmax(STEP, at - RATE * 0.03), to = (size_t)fmin((double)frames - STEP - 1, at + RATE * 0.03);
    double best = 0;
    size_t where = from;
    for (size_t i = from; i < to; i++) {
        const double rise = levels[i + STEP / 2] - levels[i - STEP / 2];
        if (rise > best) {
            best = rise;
            where = i;
        }
    }
    *slope = best;
    return (double)where;
}

typedef struct attacks {
    double jitter_max_ms, jitter_sd_ms, delay_ms, ratio;
} attacks;

static attacks measure_attacks(const signal *in, const float *out, size_t out_frames, double ratio)
{
    double *a = levels_of(in->samples, in->frames), *b = levels_of(out, out_frames), *off = get(in->hit_count, sizeof(double));
    attacks found = {0};
    for (size_t i = 0; i < in->hit_count; i++) {
        double slope_in, slope_out;
        const double t = steepest(a, in->frames, (double)in->hits[i], &slope_in);
        off[i] = (steepest(b, out_frames, t * ratio, &slope_out) - t * ratio) / RATE * 1e3;
        found.ratio += slope_out / slope_in / (double)in->hit_count;
        found.delay_ms += off[i] / (double)in->hit_count;
    }
    for (size_t i = 0; i < in->hit_count; i++) {
        found.jitter_max_ms = fmax(found.jitter_max_ms, fabs(off[i] - found.delay_ms));
        found.jitter_sd_ms += pow(off[i] - found.delay_ms, 2) / (double)in->hit_count;
    }
    found.jitter_sd_ms = sqrt(found.jitter_sd_ms);
    free(a);
    free(b);
    free(off);
    return found;
}

// Solves the normal equations in place; they are small and well conditioned.
static void solve(double a[2 * TONES][2 * TONES + 1])
{
    for (int i = 0; i < 2 * TONES; i++)
        for (int r = 0; r < 2 * TONES; r++) {
            const double f = a[r][i] / a[i][i];
            for (int c = i; r != i && c <= 2 * TONES; c++)
                a[r][c] -= f * a[i][c];
        }
    for (int i = 0; i < 2 * TONES; i++)
        a[i][2 * TONES] /= a[i][i];
}

static bool near_hit(const signal *in, double at)
{
    for (size_t h = 0; h < in->hit_count; h++)
        if (fabs((double)in->hits[h] - at) < 0.06 * RATE)
            return true;
    return false;
}

// What a fit over frames [from, to) of a channel leaves, and the whole, both added up.
static void fit_tones(const float *out, size_t from, size_t to, const bool *left_out, double *rest, double *whole)
{
    double a[2 * TONES][2 * TONES + 1] = {{0}}, basis[2 * TONES];
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = from; i < to; i++) {
            if (left_out[i])
                continue;
            const double y = (double)out[2 * i];
            double fit = 0;
            for (int k = 0; k < TONES; k++) {
                basis[2 * k] = cos(2 * M_PI * tones_hz[k] * (double)i / RATE);
                basis[2 * k + 1] = sin(2 * M_PI * tones_hz[k] * (double)i / RATE);
            }
            for (int r = 0; r < 2 * TONES; r++) {
                fit += basis[r] * a[r][2 * TONES];
                for (int c = 0; pass == 0 && c < 2 * TONES; c++)
                    a[r][c] += basis[r] * basis[c];
            }
            for (int r = 0; pass == 0 && r < 2 * TONES; r++)
                a[r][2 * TONES] += basis[r] * y;
            *rest += pass ? (y - fit) * (y - fit) : 0;
            *whole += pass ? y * y : 0;
        }
        if (pass == 0)
            solve(a);
    }
}

// What fits over stretches of so many frames leave, in dB below the whole, of the worse channel; a second at either end is left out.
static double tone_error_db(const signal *in, const float *out, size_t out_frames, double ratio, size_t piece)
{
    double worst = HUGE_VAL;
    const size_t from = RATE, to = out_frames > 2 * RATE ? out_frames - RATE : RATE;
    bool *left_out = get(out_frames, sizeof(bool));
    for (size_t i = from; i < to; i++)
        left_out[i] = near_hit(in, (double)i / ratio);
    for (size_t channel = 0; channel < CHANNELS; channel++) {
        double rest = 0, whole = 0;
        for (size_t at = from; piece && at + piece <= to; at += piece)
            fit_tones(out + channel, at, at + piece, left_out, &rest, &whole);
        worst = fmin(worst, 10 * log10(whole / rest));
    }
    free(left_out);
    return worst;
}

static double convergence_db(const float *in, size_t frames, const float *out, size_t out_frames, double ratio)
{
    enum { POINTS = 2048 };
    att_fft *fft;
    float shape[POINTS], x[POINTS];
    float complex spectra[2][POINTS / 2 + 1];
    double off = 0, whole = 0;
    if (att_fft_create(&fft, POINTS, NULL, NULL))
        exit(1);
    att_window_hann(shape, POINTS);
    for (size_t at = POINTS; at + POINTS < out_frames; at += POINTS / 2) {
        const size_t from = (size_t)llround((double)at / ratio);
        if (from + POINTS >= frames)
            break;
        for (int side = 0; side < 2; side++) {
            const float *source = side ? out + 2 * (at - POINTS / 2) : in + 2 * (from - POINTS / 2);
            for (size_t i = 0; i < POINTS; i++)
                x[i] = (source[2 * i] + source[2 * i + 1]) * shape[i];
            att_fft_forward(fft, x, spectra[side]);
        }
        for (size_t k = 0; k <= POINTS / 2; k++) {
            const double a = (double)cabsf(spectra[0][k]), b = (double)cabsf(spectra[1][k]);
            off += (a - b) * (a - b);
            whole += a * a;
        }
    }
    att_fft_destroy(fft);
    return 10 * log10(off / whole);
}

// --- The run --------------------------------------------------------------------------------------------------

static uint64_t hash_of(const float *out, size_t count)
{
    uint64_t hash = 1;
    for (size_t i = 0; i < count; i += 97) {
        uint32_t bits;
        memcpy(&bits, out + i, sizeof bits);
        hash = att_mix64(hash ^ bits);
    }
    return hash;
}

static float *run(const bench_stretcher *with, const float *in, size_t frames, double ratio, size_t *out_frames, double *seconds)
{
    *out_frames = (size_t)llround((double)frames * ratio);
    float *out = get(*out_frames * CHANNELS, sizeof(float));
    const double from = now_s();
    with->run(in, frames, CHANNELS, RATE, ratio, out, *out_frames);
    *seconds = now_s() - from;
    return out;
}

static void measure(const bench_stretcher *with, double bpm, double length_s)
{
    const double ratio = 120 / bpm;
    signal drums = make_signal(length_s, true, false, false), mix = make_signal(length_s, true, true, false);
    signal chord = make_signal(length_s, false, true, false), clicks = make_signal(length_s, false, true, true);
    size_t frames;
    double spent, other;
    float *out = run(with, drums.samples, drums.frames, ratio, &frames, &other);
    const attacks a = measure_attacks(&drums, out, frames, ratio);
    free(out);
    out = run(with, mix.samples, mix.frames, ratio, &frames, &spent);
    const attacks m = measure_attacks(&mix, out, frames, ratio);
    const uint64_t hash = hash_of(out, frames * CHANNELS);
    free(out);
    out = run(with, chord.samples, chord.frames, ratio, &frames, &other);
    const double tone = tone_error_db(&chord, out, frames, ratio, RATE / 2), strict = tone_error_db(&chord, out, frames, ratio, frames > 2 * RATE ? frames - 2 * RATE : 0);
    free(out);
    out = run(with, clicks.samples, clicks.frames, ratio, &frames, &other);
    const double beside = tone_error_db(&clicks, out, frames, ratio, RATE / 2);
    free(out);
    printf("%-15s 120->%3.0f  drums: jitter %5.2f ms (sd %4.2f) attack %.2f | with chord: jitter %5.2f ms (sd %4.2f) attack %.2f | tone %5.1f dB (%.1f), beside clicks %5.1f dB | %6.1f x real time | %016llx\n",
        with->name, bpm, a.jitter_max_ms, a.jitter_sd_ms, a.ratio, m.jitter_max_ms, m.jitter_sd_ms, m.ratio, tone, strict, beside, length_s / spent,
        (unsigned long long)hash);
    free_signal(&drums);
    free_signal(&mix);
    free_signal(&chord);
    free_signal(&clicks);
}

// Seconds from a stretcher's making to its first sound, the input lying ready.
static void measure_start(const att_audio *audio)
{
    float out[256 * CHANNELS];
    for (int live = 0; live < 2; live++) {
        att_stretcher *s;
        const double from = now_s();
        if (att_stretcher_create(&s, &(att_stretcher_options){.channels = CHANNELS, .rate_hz = RATE, .ratio = 120.0 / 127, .live = live}, NULL, NULL))
            exit(1);
        const double made = now_s();
        size_t at = 0;
        while (att_stretcher_pull(s, out, 256) == 0)
            at += att_stretcher_push(s, audio->samples + at * CHANNELS, ATT_MIN(att_stretcher_wants(s, 256), audio->frames - at));
        printf("first sound%s: made in %.2f ms, sounds %.2f ms later, from %.1f ms of input; a nudge is heard within %.1f ms\n", live ? ", live" : "",
            (made - from) * 1e3, (now_s() - made) * 1e3, (double)at * 1e3 / RATE, (double)att_stretcher_nudge_frames(s) * 1e3 / RATE);
        att_stretcher_destroy(s);
    }
}

static void measure_file(const bench_stretcher *with, const char *path, const att_audio *audio)
{
    printf("%-15s %s:", with->name, path);
    for (int i = 0; i < 2; i++) {
        size_t frames;
        double spent;
        const double bpm = i ? 127 : 114;
        float *out = run(with, audio->samples, audio->frames, 120 / bpm, &frames, &spent);
        printf("  120->%3.0f spectral convergence %6.2f dB, %6.1f x", bpm, convergence_db(audio->samples, audio->frames, out, frames, 120 / bpm),
            (double)audio->frames / RATE / spent);
        free(out);
    }
    printf("\n");
}

// At RATE, of two channels.
static bool read_file(att_audio *out, const char *path)
{
    att_error err;
    att_audio file;
    const att_audio_read_options o = {.seconds_max = 60, .rate_hz = RATE};
    att_host host = att_host_default();
    host.helpers = BENCH_HELPERS;
    if (att_audio_read(&file, path, &o, &host, &err)) {
        printf("skipped: %s\n", err.text);
        return false;
    }
    if (att_audio_init(out, file.frames, CHANNELS, RATE, NULL, NULL))
        exit(1);
    for (size_t i = 0; i < file.frames; i++)
        for (uint32_t c = 0; c < CHANNELS; c++)
            out->samples[i * CHANNELS + c] = file.samples[i * file.channels + ATT_MIN(c, file.channels - 1)];
    att_audio_deinit(&file);
    return true;
}

int main(int count, char **arguments)
{
    const double seconds = count > 1 ? atof(arguments[1]) : 20;
    const bench_stretcher mine[] = {{"Attune", ours}, {"Attune live", ours_live}, {NULL, NULL}};
    const bench_stretcher *const lists[] = {mine, bench_others};
    for (int bpm = 0; bpm < 2; bpm++)
        for (int l = 0; l < 2; l++)
            for (const bench_stretcher *s = lists[l]; s->name; s++, fflush(stdout))
                measure(s, bpm ? 127 : 114, seconds);
    signal mix = make_signal(seconds, true, true, false);
    const att_audio start = {.samples = mix.samples, .frames = mix.frames};
    measure_start(&start);
    free_signal(&mix);
    for (int f = 2; f < count; f++) {
        att_audio audio;
        if (!read_file(&audio, arguments[f]))
            continue;
        for (int l = 0; l < 2; l++)
            for (const bench_stretcher *s = lists[l]; s->name; s++, fflush(stdout))
                measure_file(s, arguments[f], &audio);
        att_audio_deinit(&audio);
    }
    return 0;
}
