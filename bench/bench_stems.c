// SPDX-License-Identifier: Apache-2.0
// bench/bench_stems.c - how fast a track is split, and how well where only one part of a recording is known.
//
//   bench_stems [SECONDS [GUITAR SONG]…]
//
// Splits made-up music and prints how many times faster than it plays one core is, by the network and by classical masks, with a hash
// of the stems. Of pairs of files (the guitar of a recording, and the rest of it; Debian's fretsonfire-songs-*) it prints the guitar's SI-SDR
// in the sum of both and in the stems: it belongs into `other`.
#include "attune/stems.h"
#include "base/rng.h"
#include "music/stems_measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <xxhash.h>

static double core_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static att_audio music(double seconds)
{
    att_audio out;
    att_rng rng = att_rng_seed(1);
    if (att_audio_init(&out, (size_t)(seconds * 44100), 2, 44100, NULL, NULL))
        exit(1);
    for (size_t i = 0; i < out.frames; i++) {
        const double t = (double)i / 44100, click = exp(-60 * fmod(t, 0.5)) * (att_rng_unit(&rng) - 0.5);
        const double low = 0.2 * sin(2 * M_PI * 65.4 * t), high = 0.1 * sin(2 * M_PI * 440 * (1 + (int)(t * 2) % 4 / 4.0) * t);
        out.samples[2 * i] = (float)(click + low + high);
        out.samples[2 * i + 1] = (float)(click + low + 0.6 * high);
    }
    return out;
}

static void time_it(const att_audio *a, att_stems_method method, const char *name)
{
    att_stems stems;
    att_error err = {0};
    const double from = core_s();
    if (att_stems_separate(&stems, att_audio_view(a), &(att_stems_options){.method = method}, NULL, &err)) {
        fprintf(stderr, "bench_stems: %s\n", err.text);
        exit(1);
    }
    const double took = core_s() - from, seconds = (double)a->frames / a->rate_hz;
    uint64_t hash = 0;
    for (size_t i = 0; i < a->frames * 2; i++) {
        float sum = 0;
        for (int s = 0; s < ATT_STEM_COUNT; s++)
            sum += stems.stem[s].samples[i];
        if (fabsf(sum - a->samples[i]) > 1e-6f)
            exit(fprintf(stderr, "bench_stems: the stems do not sum to the track\n"));
    }
    for (int s = 0; s < ATT_STEM_COUNT; s++)
        hash = XXH3_64bits_withSeed(stems.stem[s].samples, a->frames * 2 * sizeof(float), hash);
    printf("stems %-9s %.0f s of stereo in %.2f s of a core: %.1f times real time, hash %016llx\n", name, seconds, took, seconds / took, (unsigned long long)hash);
    att_stems_deinit(&stems);
}

// The guitar in the sum, and in the four stems.
static void look_for(const char *guitar_path, const char *song_path)
{
    const att_audio_read_options options = {.rate_hz = 44100, .mono = true};
    att_audio guitar, song;
    att_stems stems;
    att_error err = {0};
    att_host host = att_host_default();
    host.helpers = ATT_BENCH_HELPERS;
    if (att_audio_read(&guitar, guitar_path, &options, &host, &err) || att_audio_read(&song, song_path, &options, &host, &err)) {
        printf("skipped: %s\n", err.text);
        return;
    }
    const size_t frames = ATT_MIN(guitar.frames, song.frames);
    for (size_t i = 0; i < frames; i++)
        song.samples[i] += guitar.samples[i];
    if (att_stems_separate(&stems, (att_sound){song.samples, frames, 1, 44100}, NULL, NULL, &err))
        exit(fprintf(stderr, "bench_stems: %s\n", err.text));
    printf("%s: %.0f s, guitar in the sum %.2f dB;", guitar_path, (double)frames / 44100, att_si_sdr_db(guitar.samples, song.samples, frames));
    for (int s = 0; s < ATT_STEM_COUNT; s++)
        printf(" %s %.2f", att_stem_name((att_stem)s), att_si_sdr_db(guitar.samples, stems.stem[s].samples, frames));
    printf("\n");
    att_stems_deinit(&stems);
    att_audio_deinit(&guitar);
    att_audio_deinit(&song);
}

int main(int argc, char **argv)
{
    const double seconds = argc > 1 ? atof(argv[1]) : 60;
    if (!(seconds > 0 && seconds <= 3600))
        return fprintf(stderr, "bench_stems [SECONDS [GUITAR SONG]...]\n"), 64;
    att_audio a = music(seconds);
    time_it(&a, ATT_STEMS_NETWORK, "network");
    time_it(&a, ATT_STEMS_CLASSICAL, "classical");
    att_audio_deinit(&a);
    for (int k = 2; k + 1 < argc; k += 2)
        look_for(argv[k], argv[k + 1]);
    return 0;
}
