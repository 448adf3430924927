// SPDX-License-Identifier: Apache-2.0
// bench_music [LIST [HELPERS [scale]]] - is the tempo right, and the key, and how fast is that? aubio's tempo beside ours, in the same run on the same samples.
//
// LIST has a line for each sound file: beats a minute or -, second of a bar's first beat (bars of four) or -, key ("F# minor") or -, path; with tabs between. scripts/tempo-songs makes one
// of what Debian packages. HELPERS: where attune-audio is. Without LIST: twelve sounds made here. scale: writes the rows of
// src/music/timbre_scale.h over the LIST instead.
//
//   first     share of files whose first answer is within 4 % (accuracy 1 of Gouyon et al. 2006)
//   octaves   the same, also at 1/3, 1/2, 2 and 3 times (accuracy 2)
//   fine      the same as octaves, within 0.5 %
//   beats     F measure of the beats within 70 ms of the grid, between the first and the last one found, where the tempo is right; bars: of their first beats
//   key       weighted score of MIREX: 1 the key, 0.5 a fifth off, 0.3 relative, 0.2 parallel; with a 95 % interval (bootstrap over files)
//   speed     seconds of sound per second of one processor's time; `read` and `all` with decoding in the child process
#include "attune/music.h"
#include "base/rng.h"
#include "music/timbre.h"

#ifdef BENCH_AUBIO
#include <aubio/aubio.h>
#endif
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { SOUNDS_MAX = 4096, MADE = 12, RESAMPLES = 2000, SEED = 42 };

typedef struct score {
    size_t count, first, octaves, fine;
    double cpu_s;
} score;

typedef struct sums {
    score ours, aubio;
    double keys[SOUNDS_MAX], heard_s, read_s;
    double beats, bars; // sums of F measures
    size_t key_count, grid_count;
    uint64_t hash;
    bool scale;
    double raw[ATT_MUSIC_EMBEDDING], squares[ATT_MUSIC_EMBEDDING];
    size_t raw_count;
} sums;

static double cpu_s(int who)
{
    struct rusage u;
    getrusage(who, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + 1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static double both_s(void)
{
    return cpu_s(RUSAGE_SELF) + cpu_s(RUSAGE_CHILDREN);
}

static const char *judge(score *s, double bpm, double truth)
{
    static const double readings[] = {1, 2, 3, 0.5, 1.0 / 3};
    const char *word = "wrong";
    bool octaves = false, fine = false;
    s->count++;
    if (fabs(bpm / truth - 1) < 0.04) {
        s->first++;
        word = "right";
    }
    for (size_t i = 0; i < 5; i++) {
        octaves |= fabs(bpm / truth / readings[i] - 1) < 0.04;
        fine |= fabs(bpm / truth / readings[i] - 1) < 0.005;
    }
    s->octaves += octaves;
    s->fine += fine;
    return strcmp(word, "right") != 0 && octaves ? "octave" : word;
}

static bool parse_key(const char *text, att_key *out)
{
    char name[16];
    for (int tonic = 0; tonic < 12; tonic++)
        for (int mode = ATT_KEY_MAJOR; mode <= ATT_KEY_MINOR; mode++) {
            *out = (att_key){(uint8_t)tonic, (att_key_mode)mode};
            att_key_text(*out, name);
            if (strcmp(text, name) == 0)
                return true;
        }
    return false;
}

static double key_score(att_key found, att_key truth)
{
    const int up = (found.tonic - truth.tonic + 12) % 12;
    if (found.mode == ATT_KEY_NONE)
        return 0;
    if (found.mode == truth.mode)
        return up == 0 ? 1 : up == 7 || up == 5 ? 0.5 : 0;
    if (up == 0)
        return 0.2;
    return up == (truth.mode == ATT_KEY_MAJOR ? 9 : 3) ? 0.3 : 0;
}

// Every grid line between the first beat and the last is hit or missed, every beat is on one or not.
static double f_measure(const att_music_details *d, uint32_t in_bar, double first_s, double step_s)
{
    size_t told = 0, right = 0;
    if (d->beat_count < 2)
        return 0;
    for (size_t i = 0; i < d->beat_count; i++) {
        const double off = fabs(remainder(d->beats[i].at_s - first_s, step_s));
        told += !in_bar || d->beats[i].in_bar == in_bar;
        right += (!in_bar || d->beats[i].in_bar == in_bar) && off < 0.07;
    }
    const double lines = floor((d->beats[d->beat_count - 1].at_s + 0.07 - first_s) / step_s) - ceil((d->beats[0].at_s - 0.07 - first_s) / step_s) + 1;
    return told + lines > 0 ? 2 * (double)right / ((double)told + lines) : 0;
}

#ifdef BENCH_AUBIO
static int by_size(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

// As its own command line does: 60 over the median time between beats.
static double aubio_bpm(const att_audio *mono)
{
    enum { HOP = 512, BEATS_MAX = 1 << 16 };
    static float steps[BEATS_MAX];
    aubio_tempo_t *tempo = new_aubio_tempo("default", 2 * HOP, HOP, mono->rate_hz);
    fvec_t *in = new_fvec(HOP), *out = new_fvec(1);
    size_t count = 0;
    float last = -1;
    for (size_t at = 0; at + HOP <= mono->frames; at += HOP) {
        memcpy(in->data, mono->samples + at, HOP * sizeof(float));
        aubio_tempo_do(tempo, in, out);
        if (out->data[0] != 0 && count < BEATS_MAX) {
            const float now = aubio_tempo_get_last_s(tempo);
            if (last >= 0)
                steps[count++] = now - last;
            last = now;
        }
    }
    qsort(steps, count, sizeof *steps, by_size);
    del_fvec(in);
    del_fvec(out);
    del_aubio_tempo(tempo);
    return count ? 60 / (double)steps[count / 2] : 0;
}
#endif

static void add_raw(sums *s, att_sound sound)
{
    att_listener *listener;
    att_heard heard;
    double raw[ATT_MUSIC_EMBEDDING];
    if (att_listener_create(&listener, sound.channels, sound.rate_hz, NULL, NULL))
        return;
    if (att_listener_hear(listener, sound.samples, sound.frames, NULL) == ATT_OK && att_listener_tell(listener, &heard, NULL) == ATT_OK) {
        const att_status status = att_timbre_raw(&heard, raw, NULL, NULL);
        for (size_t i = 0; status == ATT_OK && i < ATT_MUSIC_EMBEDDING; i++) {
            s->raw[i] += raw[i];
            s->squares[i] += raw[i] * raw[i];
        }
        s->raw_count += status == ATT_OK;
        att_heard_deinit(&heard);
    }
    att_listener_destroy(listener);
}

static void print_scale(const sums *s)
{
    const double n = (double)s->raw_count;
    for (size_t i = 0; i < ATT_MUSIC_EMBEDDING; i++)
        printf("%s{%.4f, %.4f},%s", i % 8 ? " " : "    ", s->raw[i] / n, sqrt(fmax(1e-6, s->squares[i] / n - s->raw[i] / n * (s->raw[i] / n))),
            i % 8 == 7 ? "\n" : "");
}

static void hear(sums *s, const char *name, double bpm, double first_s, const char *key, att_sound sound)
{
    att_music_analysis a;
    att_music_details details;
    att_key truth;
    char found[16];
    const double before = cpu_s(RUSAGE_SELF);
    if (att_music_analyse_all(sound, &a, &details, NULL, NULL))
        return;
    s->ours.cpu_s += cpu_s(RUSAGE_SELF) - before;
    s->heard_s += a.seconds;
    s->hash = s->hash * 31 + (uint64_t)llround(a.tempo_bpm * 10);
    if (bpm > 0 && first_s >= 0 && fabs(a.tempo_bpm / bpm - 1) < 0.04) {
        s->beats += f_measure(&details, 0, first_s, 60 / bpm);
        s->bars += f_measure(&details, 1, first_s, 240 / bpm);
        s->grid_count++;
    }
    att_music_details_deinit(&details);
    att_key_text(a.key, found);
    printf("%-48.48s %7.2f %7.2f %-6s", name, bpm, a.tempo_bpm, bpm > 0 ? judge(&s->ours, a.tempo_bpm, bpm) : "");
#ifdef BENCH_AUBIO
    if (bpm > 0) {
        att_audio mono;
        if (att_audio_init(&mono, sound.frames, 1, sound.rate_hz, NULL, NULL))
            return;
        att_audio_mix(sound, mono.samples);
        const double begun = cpu_s(RUSAGE_SELF), its = aubio_bpm(&mono);
        s->aubio.cpu_s += cpu_s(RUSAGE_SELF) - begun;
        printf("  aubio %7.2f %-6s", its, judge(&s->aubio, its, bpm));
        att_audio_deinit(&mono);
    }
#endif
    if (parse_key(key, &truth) && s->key_count < SOUNDS_MAX) {
        s->keys[s->key_count++] = key_score(a.key, truth);
        printf("  %-8s %-8s", key, found);
    }
    printf("\n");
}

static void hear_list(sums *s, const char *path, const att_host *host)
{
    FILE *file = fopen(path, "r");
    char line[4096], first[16], key[16], name[4096];
    while (file && fgets(line, sizeof line, file)) {
        att_audio sound;
        att_error err = {0};
        char *end;
        const double bpm = strtod(line, &end), before = both_s();
        if (sscanf(end == line ? line + 1 : end, "\t%15[^\t]\t%15[^\t]\t%4095[^\n]", first, key, name) != 3) {
            fprintf(stderr, "bench_music: expected tempo, first beat, key, path: %s", line);
            continue;
        }
        if (att_audio_read(&sound, name, NULL, host, &err)) {
            fprintf(stderr, "bench_music: %s\n", err.text);
            continue;
        }
        s->read_s += both_s() - before;
        const char *slash = strrchr(name, '/');
        if (s->scale)
            add_raw(s, att_audio_view(&sound));
        else
            hear(s, slash ? slash + 1 : name, end == line ? 0 : bpm, first[0] == '-' ? -1 : strtod(first, NULL), key, att_audio_view(&sound));
        att_audio_deinit(&sound);
    }
    if (file)
        fclose(file);
}

// Chords that change with the beat, over strokes.
static void hear_made(sums *s)
{
    static const int steps[4] = {0, 5, 7, 0};
    for (int m = 0; m < MADE; m++) {
        const double bpm = 70 + 9.7 * m;
        char name[32], key[16];
        att_audio sound;
        if (att_audio_init(&sound, 12 * 22050, 1, 22050, NULL, NULL))
            return;
        for (size_t i = 0; i < sound.frames; i++) {
            const double t = (double)i / 22050, beat = t * bpm / 60, in_beat = beat - floor(beat);
            const int root = m + steps[(int)(beat / 4) % 4];
            double sum = 0.4 * exp(-in_beat * 20) * sin(2 * M_PI * 80 * in_beat * 60 / bpm);
            for (int n = 0; n < 3; n++)
                sum += 0.1 * sin(2 * M_PI * 261.63 * pow(2, (root + (n == 0 ? 0 : n == 1 ? 4 : 7)) / 12.0) * t);
            sound.samples[i] = (float)sum;
        }
        snprintf(name, sizeof name, "made here, %d", m);
        att_key_text((att_key){(uint8_t)m, ATT_KEY_MAJOR}, key);
        hear(s, name, bpm, 0, key, att_audio_view(&sound));
        att_audio_deinit(&sound);
    }
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_keys(const sums *s)
{
    static double means[RESAMPLES];
    att_rng rng = att_rng_seed(SEED);
    double mean = 0;
    size_t right = 0;
    for (size_t i = 0; i < s->key_count; i++) {
        mean += s->keys[i] / (double)s->key_count;
        right += s->keys[i] == 1;
    }
    for (size_t r = 0; r < RESAMPLES; r++) {
        means[r] = 0;
        for (size_t i = 0; i < s->key_count; i++)
            means[r] += s->keys[att_rng_below(&rng, s->key_count)] / (double)s->key_count;
    }
    qsort(means, RESAMPLES, sizeof *means, by_value);
    printf("key      files %zu  right %.1f %%  weighted %.3f (%.3f to %.3f)\n", s->key_count, 100.0 * (double)right / (double)s->key_count, mean,
        means[RESAMPLES / 40], means[RESAMPLES - 1 - RESAMPLES / 40]);
}

static void print_tempo(const char *name, const score *s, double heard_s)
{
    if (s->count)
        printf("%-8s files %zu  first %.1f %%  octaves %.1f %%  fine %.1f %%  speed %.0f\n", name, s->count, 100.0 * (double)s->first / (double)s->count,
            100.0 * (double)s->octaves / (double)s->count, 100.0 * (double)s->fine / (double)s->count, heard_s / s->cpu_s);
}

int main(int argc, char **argv)
{
    static sums s;
    const att_host host = {.helpers = argc > 2 ? argv[2] : NULL};
    s.scale = argc > 3 && strcmp(argv[3], "scale") == 0;
    if (argc > 1)
        hear_list(&s, argv[1], &host);
    else
        hear_made(&s);
    if (s.scale)
        return print_scale(&s), 0;
    print_tempo("attune", &s.ours, s.heard_s);
    print_tempo("aubio", &s.aubio, s.heard_s);
    if (s.grid_count)
        printf("beats    files %zu  beats %.3f  bars %.3f\n", s.grid_count, s.beats / (double)s.grid_count, s.bars / (double)s.grid_count);
    if (s.key_count)
        print_keys(&s);
    if (s.read_s > 0)
        printf("read     speed %.0f; all, with decoding, %.0f\n", s.heard_s / s.read_s, s.heard_s / (s.read_s + s.ours.cpu_s));
    printf("hash %016llx\n", (unsigned long long)s.hash);
    return s.ours.count || s.key_count ? 0 : 1;
}
