// SPDX-License-Identifier: Apache-2.0
// bench_sections [LIST HELPERS] - are the sections of a piece where they are said to be, and alike where they are said to be alike?
//
// LIST has a path of a sound file a line; beside FILE.flac lies FILE.lab: begin and end in seconds and a label, a line each, with tabs between
// (scripts/section-songs makes both). Without LIST: four songs made here. Measures as mir_eval has them (Raffel et al. 2014):
//
//   hits    F measure of boundaries within 0.5 s and 3 s (Turnbull et al. 2007), the first and the last left out
//   labels  pairwise F of tenths of a second that have one label (Levy and Sandler 2008)
//   P       the share of the boundaries found that are any of the file's, within 0.5 s
//
// Beside ours a boundary each eight bars of the tempo that was found, with one label for all, and with labels A B A B.
#include "attune/music.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { SECTIONS_MAX = 1024, TENTHS_MAX = 1 << 17, LABELS_MAX = 256 };

typedef struct form {
    double begin_s[SECTIONS_MAX], end_s[SECTIONS_MAX];
    uint32_t label[SECTIONS_MAX];
    size_t count;
} form;

typedef struct score {
    double hits_half, hits_three, labels, precision;
} score;

static double cpu_s(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + 1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

// --- Measures ---------------------------------------------------------------------------------------------

// Boundaries inside the file's form, pairs of the two lists that are within `reach_s`, each used once: both rise, so the earliest that fits.
static void match(const form *truth, const form *told, double reach_s, size_t *pairs, size_t *wanted, size_t *found)
{
    size_t i = 1, j = 1;
    const double last = truth->end_s[truth->count - 1] - 0.5;
    *pairs = 0;
    *wanted = truth->count - 1;
    *found = 0;
    for (size_t k = 1; k < told->count; k++)
        *found += told->begin_s[k] < last;
    while (i < truth->count && j <= *found) {
        const double off = told->begin_s[j] - truth->begin_s[i];
        *pairs += fabs(off) <= reach_s;
        i += off >= -reach_s;
        j += off <= reach_s;
    }
}

static double f_measure(double pairs, double wanted, double found)
{
    return wanted + found > 0 ? 2 * pairs / (wanted + found) : 1;
}

static size_t label_at(const form *f, double at_s)
{
    size_t i = 0;
    while (i < f->count && f->end_s[i] <= at_s)
        i++;
    return i < f->count && f->begin_s[i] <= at_s ? f->label[i] : LABELS_MAX;
}

static double pairs_of(double n)
{
    return n * (n - 1) / 2;
}

static double labels_f(const form *truth, const form *told)
{
    static double both[LABELS_MAX][LABELS_MAX];
    double wanted[LABELS_MAX] = {0}, found[LABELS_MAX] = {0}, same = 0, same_wanted = 0, same_found = 0;
    memset(both, 0, sizeof both);
    for (size_t t = 0; t < TENTHS_MAX && 0.1 * (double)t < truth->end_s[truth->count - 1]; t++) {
        const size_t a = label_at(truth, 0.1 * (double)t + 0.05), b = label_at(told, 0.1 * (double)t + 0.05);
        if (a < LABELS_MAX && b < LABELS_MAX) {
            both[a][b]++;
            wanted[a]++;
            found[b]++;
        }
    }
    for (size_t a = 0; a < LABELS_MAX; a++) {
        same_wanted += pairs_of(wanted[a]);
        same_found += pairs_of(found[a]);
        for (size_t b = 0; b < LABELS_MAX; b++)
            same += pairs_of(both[a][b]);
    }
    return same_wanted + same_found > 0 ? 2 * same / (same_wanted + same_found) : 0;
}

static score judge(const form *truth, const form *told)
{
    size_t pairs, wanted, found;
    score s;
    match(truth, told, 3, &pairs, &wanted, &found);
    s.hits_three = f_measure((double)pairs, (double)wanted, (double)found);
    match(truth, told, 0.5, &pairs, &wanted, &found);
    s.hits_half = f_measure((double)pairs, (double)wanted, (double)found);
    s.precision = found ? (double)pairs / (double)found : 1;
    s.labels = labels_f(truth, told);
    return s;
}

// --- Songs ------------------------------------------------------------------------------------------------

typedef struct sums {
    score ours, one, two; // two: labels A B A B
    size_t count;
    double heard_s, cpu_s;
} sums;

static void add(score *to, score s)
{
    to->hits_half += s.hits_half;
    to->hits_three += s.hits_three;
    to->labels += s.labels;
    to->precision += s.precision;
}

static void hear(sums *all, const char *name, const form *truth, att_sound sound)
{
    static form told, even;
    att_music_analysis a;
    att_music_details d;
    const double before = cpu_s();
    if (att_music_analyse_all(sound, &a, &d, NULL, NULL))
        return;
    all->cpu_s += cpu_s() - before;
    all->heard_s += a.seconds;
    told.count = d.section_count < SECTIONS_MAX ? d.section_count : SECTIONS_MAX;
    for (size_t i = 0; i < told.count; i++) {
        told.begin_s[i] = d.sections[i].begin_s;
        told.end_s[i] = d.sections[i].end_s;
        told.label[i] = d.sections[i].label % LABELS_MAX;
    }
    att_music_details_deinit(&d);
    const double step = a.tempo_bpm > 0 ? 8 * 60 * (a.beats_per_bar ? a.beats_per_bar : 4) / a.tempo_bpm : 16;
    for (even.count = 0; even.count < SECTIONS_MAX && step * (double)even.count < a.seconds; even.count++) {
        even.begin_s[even.count] = step * (double)even.count;
        even.end_s[even.count] = fmin(a.seconds, step * (double)(even.count + 1));
        even.label[even.count] = 0;
    }
    const score ours = judge(truth, &told), one = judge(truth, &even);
    for (size_t i = 0; i < even.count; i++)
        even.label[i] = i % 2;
    add(&all->ours, ours);
    add(&all->one, one);
    add(&all->two, judge(truth, &even));
    all->count++;
    printf("%-40.40s hits %.2f %.2f  labels %.2f  P %.2f  sections %zu of %zu   ", name, ours.hits_half, ours.hits_three, ours.labels, ours.precision, told.count,
        truth->count);
    for (size_t i = 0; i < told.count && i < 24; i++) {
        char label[8];
        att_section_label(told.label[i], label);
        printf("%s", label);
    }
    printf("\n");
}

static bool read_form(const char *sound, form *out)
{
    static char names[LABELS_MAX][32];
    char path[4096], label[32];
    size_t known = 0;
    const char *dot = strrchr(sound, '.');
    snprintf(path, sizeof path, "%.*s.lab", dot ? (int)(dot - sound) : (int)strlen(sound), sound);
    FILE *file = fopen(path, "r");
    out->count = 0;
    while (file && out->count < SECTIONS_MAX && fscanf(file, "%lf\t%lf\t%31[^\n]\n", &out->begin_s[out->count], &out->end_s[out->count], label) == 3) {
        size_t i = 0;
        while (i < known && strcmp(names[i], label) != 0)
            i++;
        if (i == known && known + 1 < LABELS_MAX)
            strcpy(names[known++], label);
        out->label[out->count++] = (uint32_t)i;
    }
    if (file)
        fclose(file);
    return out->count > 0;
}

static void hear_list(sums *all, const char *list, const att_host *host)
{
    static form truth;
    FILE *file = fopen(list, "r");
    char path[4096];
    while (file && fscanf(file, " %4095[^\n]", path) == 1) {
        att_audio sound;
        att_error err = {0};
        if (!read_form(path, &truth))
            fprintf(stderr, "bench_sections: no form beside %s\n", path);
        else if (att_audio_read(&sound, path, NULL, host, &err))
            fprintf(stderr, "bench_sections: %s\n", err.text);
        else {
            const char *slash = strrchr(path, '/');
            hear(all, slash ? slash + 1 : path, &truth, att_audio_view(&sound));
            att_audio_deinit(&sound);
        }
    }
    if (file)
        fclose(file);
}

// A B A C of eight bars each: chords of their own over beats.
static void hear_made(sums *all)
{
    static const int parts[4] = {0, 1, 0, 2}, steps[3][4] = {{0, 5, 7, 0}, {9, 2, 4, 9}, {3, 8, 10, 5}};
    for (int m = 0; m < 4; m++) {
        const double bpm = 150 + 7 * m, part_s = 8 * 240 / bpm;
        form truth = {.count = 4};
        char name[32];
        att_audio sound;
        if (att_audio_init(&sound, (size_t)(4 * part_s * 8000), 1, 8000, NULL, NULL))
            return;
        for (size_t i = 0; i < sound.frames; i++) {
            const double t = (double)i / 8000, beat = t * bpm / 60, in_beat = beat - floor(beat);
            const int part = parts[(int)(t / part_s) & 3], root = m + steps[part][(int)(beat / 4) % 4];
            double sum = 0.4 * exp(-in_beat * 20) * sin(2 * M_PI * (80 + 40 * part) * in_beat * 60 / bpm);
            for (int n = 0; n < 3; n++)
                sum += 0.1 * sin(2 * M_PI * 261.63 * pow(2, (root + (n == 0 ? 0 : n == 1 ? 4 : 7)) / 12.0) * t);
            sound.samples[i] = (float)sum;
        }
        for (int i = 0; i < 4; i++) {
            truth.begin_s[i] = part_s * i;
            truth.end_s[i] = part_s * (i + 1);
            truth.label[i] = (uint32_t)parts[i];
        }
        snprintf(name, sizeof name, "made here, %d", m);
        hear(all, name, &truth, att_audio_view(&sound));
        att_audio_deinit(&sound);
    }
}

static void print(const char *name, score s, size_t count)
{
    const double n = (double)count;
    printf("%-26s hits %.3f %.3f  labels %.3f  P %.3f\n", name, s.hits_half / n, s.hits_three / n, s.labels / n, s.precision / n);
}

int main(int argc, char **argv)
{
    sums all = {0};
    const att_host host = {.helpers = argc > 2 ? argv[2] : NULL};
    if (argc > 1)
        hear_list(&all, argv[1], &host);
    else
        hear_made(&all);
    if (!all.count)
        return 1;
    printf("%zu songs, %.0f seconds of sound a second of processor time\n", all.count, all.heard_s / all.cpu_s);
    print("attune", all.ours, all.count);
    print("each eight bars, all A", all.one, all.count);
    print("each eight bars, A B A B", all.two, all.count);
    return 0;
}
