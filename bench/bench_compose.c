// SPDX-License-Identifier: Apache-2.0
// bench_compose [seeds] [songs] - composing, its checker, rendering, loops and tunings, in figures.
//
//   rules: songs of every style and this many seeds, one plan each; loops of 4 and 8 bars and pieces of 2 to 41 bars likewise; breaches found
//   render: one song of each style (of the first `songs` styles): seconds of sound by seconds of this process and its helpers
//   seams: loops of four bars at 110, 120 and 130 BPM: frames beside what is expected, the seam's step, spectrum and level
//   tuning: every preset of scales: cents by which the lead's keys sound off, each played alone
// The hash is of all scores: it stays while composing stays as it is.
#include "attune/compose.h"
#include "base/rng.h"
#include "music/helper.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static uint64_t hash;

static double cpu_s(void)
{
    double sum = 0;
    for (int who = 0; who < 2; who++) {
        struct rusage used;
        getrusage(who ? RUSAGE_CHILDREN : RUSAGE_SELF, &used);
        sum += (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
    }
    return sum;
}

static void check(att_status status, const att_error *err)
{
    if (status == ATT_OK)
        return;
    printf("bench_compose: %s\n", err->text);
    exit(status == ATT_UNSUPPORTED ? 0 : 1); // no synthesizer here: what can be measured was
}

// Breaches of one score, which is added to the hash.
static size_t make(const att_music_brief *brief, size_t *notes)
{
    att_score s;
    att_error err = {0};
    att_breach first;
    att_breaches found = {.items = &first, .capacity = 1};
    check(att_compose(&s, brief, NULL, &err), &err);
    check(att_score_check(&s, &found, NULL, &err), &err);
    if (found.count)
        printf("  %s, seed %d, bar %u: %s: %s\n", s.style, (int)s.seed, first.bar, first.rule, first.text);
    for (size_t i = 0; i < s.note_count; i++)
        hash = att_mix64(hash ^ s.notes[i].start_ticks ^ (uint64_t)s.notes[i].key << 32 ^ (uint64_t)s.notes[i].part << 40);
    *notes += s.note_count;
    att_score_deinit(&s);
    return found.count;
}

static void bench_rules(int seeds)
{
    static const char *const kinds[] = {"songs", "loops", "2 to 41 bars"};
    for (int kind = 0; kind < 3; kind++) {
        size_t songs = 0, broken = 0, notes = 0;
        const double begin = cpu_s();
        for (size_t i = 0; i < att_style_count(); i++)
            for (int seed = 1; seed <= seeds; seed++, songs++)
                broken += make(&(att_music_brief){.style = att_style_at(i).name, .seed = (uint64_t)seed, .attempts_max = 1, .loop = kind == 1,
                                   .bars = kind == 1 ? 4 + 4 * (uint32_t)(seed % 2) : kind == 2 ? 2 + (uint32_t)(seed % 40) : 0}, &notes) > 0;
        printf("compose %-12s %zu styles, %d seeds: %zu scores, %zu notes, %zu with a breach; %.2f ms each\n", kinds[kind], att_style_count(), seeds, songs, notes, broken,
            (cpu_s() - begin) * 1e3 / (double)songs);
    }
}

static void bench_render(const att_host *host, size_t songs)
{
    for (size_t i = 0; i < songs && i < att_style_count(); i++) {
        att_song song;
        att_error err = {0};
        const double begin = cpu_s();
        check(att_song_make(&song, &(att_music_brief){.style = att_style_at(i).name, .seed = 1}, NULL, host, &err), &err);
        const double used = cpu_s() - begin, seconds = (double)song.sound.mix.frames / song.sound.mix.rate_hz;
        printf("render  %-12s %.0f s, %zu notes, %zu distinct: %.0f times real time\n", song.score.style, seconds, song.score.note_count, song.sound.played, seconds / used);
        att_song_deinit(&song);
    }
}

static void bench_seams(const att_host *host, int seeds)
{
    static const double tempos[] = {110, 120, 130};
    for (int t = 0; t < 3; t++) {
        double step = 0, spectrum = 0, level = 0;
        size_t off = 0;
        for (int seed = 1; seed <= seeds; seed++) {
            att_song song;
            att_seam seam;
            att_error err = {0};
            const char *style = att_style_at((size_t)seed % att_style_count()).name;
            check(att_song_make(&song, &(att_music_brief){.style = style, .tempo_bpm = tempos[t], .bars = 4, .loop = true, .seed = (uint64_t)seed, .attempts_max = 1}, NULL, host, &err), &err);
            check(att_seam_measure(att_audio_view(&song.sound.mix), 4, &seam, NULL, &err), &err);
            off += song.sound.mix.frames != (size_t)llround(16 * 60 / tempos[t] * 44100);
            step = fmax(step, seam.step);
            spectrum += seam.spectrum / seeds;
            level += fabs(seam.level) / seeds;
            att_song_deinit(&song);
        }
        printf("loops   %3.0f BPM      %d loops, %zu of another length; seam: step at most %.2f, spectrum %.2f, level %.1f dB in the mean\n", tempos[t], seeds, off, step, spectrum, level);
    }
}

static void bench_tunings(const att_host *host, size_t most)
{
    for (size_t i = 0; i < att_scale_preset_count() && i < most; i++) {
        att_score s;
        att_tuning_measured is;
        att_error err = {0};
        check(att_compose(&s, &(att_music_brief){.style = "focus", .scale = att_scale_preset_at(i)->name, .key = "C", .bars = 24, .seed = 2, .attempts_max = 1}, NULL, &err), &err);
        check(att_tuning_measure(&s, NULL, &is, host, &err), &err);
        printf("tuning  %-16s program %3d, %zu keys: whole %+.2f, median %.2f, worst %.2f cents\n", att_scale_preset_at(i)->name, s.parts[0].program, is.count, is.instrument_cents,
            is.median_cents, is.worst_cents);
        att_score_deinit(&s);
    }
}

int main(int argc, char **argv)
{
    const int seeds = argc > 1 ? atoi(argv[1]) : 200;
    const size_t songs = argc > 2 ? (size_t)atoi(argv[2]) : 100;
    const att_host host = {.helpers = BENCH_HELPERS};
    bench_rules(seeds);
    printf("hash %016llx\n", (unsigned long long)hash);
    bench_render(&host, songs);
    bench_seams(&host, songs < 24 ? (int)songs : 24);
    bench_tunings(&host, songs);
    return 0;
}
