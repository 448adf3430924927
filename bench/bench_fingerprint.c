// SPDX-License-Identifier: Apache-2.0
// bench_fingerprint [FOLDER] [tracks] [seconds] [helpers] - the fingerprint beside Chromaprint, on the same excerpts under the same attacks.
//
// Two of three sound files of the folder are known (their first `seconds`), the others foreign; without a folder, music by dice. Each
// gives one excerpt of 10 s for each attack. `helpers` is the folder of the programs that read sound (build/apps/media). Both methods
// judge by their own number: ours by its score, Chromaprint by the least share of bits that differ (BER) over all places in all known
// tracks, which is how its fingerprints are compared. Both thresholds are set where no foreign excerpt of the run is taken for a known
// track, so that the shares that are found can be compared. Chromaprint is built in where Debian's libchromaprint-dev is there.
#include "base/rng.h"
#include "measure/audio_attacks.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#ifdef BENCH_CHROMAPRINT
#include <chromaprint.h>
#endif

enum { TRACKS_MAX = 1000, RATE_HZ = 22050, EXCERPT_S = 10 };

static const att_audio_attack attacks[] = {ATT_AUDIO_NONE, ATT_AUDIO_MP3_64, ATT_AUDIO_WHITE_10, ATT_AUDIO_PINK_10, ATT_AUDIO_TEMPO_DOWN_5,
    ATT_AUDIO_TEMPO_DOWN_1, ATT_AUDIO_TEMPO_UP_1, ATT_AUDIO_TEMPO_UP_5, ATT_AUDIO_SPEED_DOWN_5, ATT_AUDIO_SPEED_UP_1, ATT_AUDIO_SPEED_UP_5,
    ATT_AUDIO_PITCH_DOWN, ATT_AUDIO_PITCH_UP, ATT_AUDIO_TELEPHONE, ATT_AUDIO_MIXED_6, ATT_AUDIO_COMBINED};
enum { ATTACKS = sizeof attacks / sizeof *attacks };

typedef struct prints {
    uint32_t *words;
    size_t count;
} prints;

typedef struct track {
    att_audio audio;
    prints words;
    bool foreign;
} track;

static track tracks[TRACKS_MAX];
static size_t track_count;

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(att_status status, const att_error *err)
{
    if (status == ATT_OK)
        return;
    fprintf(stderr, "bench_fingerprint: %s\n", err->text);
    exit(1);
}

// --- Tracks -------------------------------------------------------------------------------------------------------

static void add_note(att_audio *to, att_rng *rng, size_t at)
{
    const double hz = 110 * pow(2, (double)att_rng_below(rng, 36) / 12), level = 0.1 + 0.1 * att_rng_unit(rng);
    const size_t length = (size_t)(RATE_HZ * (0.2 + att_rng_unit(rng)));
    for (size_t i = 0; i < length && at + i < to->frames; i++)
        for (int k = 1; k <= 4; k++)
            to->samples[at + i] += (float)(level / k * exp(-3.0 * (double)i / (double)length) * sin(2 * M_PI * hz * k * (double)i / RATE_HZ));
}

static void by_dice(size_t count, double seconds)
{
    att_error err = {0};
    for (size_t t = 0; t < count; t++, track_count++) {
        att_rng rng = att_rng_seed(t + 1);
        must(att_audio_init(&tracks[t].audio, (size_t)(seconds * RATE_HZ), 1, RATE_HZ, NULL, &err), &err);
        for (size_t n = 0; n < (size_t)(8 * seconds); n++)
            add_note(&tracks[t].audio, &rng, (size_t)att_rng_below(&rng, tracks[t].audio.frames));
    }
}

static void from_folder(const char *folder, size_t most, double seconds, const char *helpers)
{
    att_host host = att_host_default();
    struct dirent **entries;
    const att_audio_read_options options = {.mono = true, .rate_hz = RATE_HZ, .seconds_max = seconds};
    host.helpers = helpers;
    const int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (track_count < most && entries[i]->d_name[0] != '.' && !att_audio_read(&tracks[track_count].audio, path, &options, &host, NULL)) {
            if (tracks[track_count].audio.frames > 2 * EXCERPT_S * RATE_HZ)
                track_count++;
            else
                att_audio_deinit(&tracks[track_count].audio);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

// --- Chromaprint --------------------------------------------------------------------------------------------------

static double spent_s[2];

#ifdef BENCH_CHROMAPRINT
static prints words_of(att_sound sound)
{
    int16_t *whole = malloc(sound.frames * sizeof *whole);
    uint32_t *words;
    int count = 0;
    ChromaprintContext *c = chromaprint_new(CHROMAPRINT_ALGORITHM_DEFAULT);
    for (size_t i = 0; whole && i < sound.frames; i++)
        whole[i] = (int16_t)lrintf(32767 * fminf(1, fmaxf(-1, sound.samples[i])));
    prints out = {0};
    if (whole && c && chromaprint_start(c, (int)sound.rate_hz, 1) && chromaprint_feed(c, whole, (int)sound.frames) && chromaprint_finish(c) &&
        chromaprint_get_raw_fingerprint(c, &words, &count)) {
        out = (prints){malloc((size_t)count * sizeof *words + 1), (size_t)count};
        for (int i = 0; out.words && i < count; i++)
            out.words[i] = words[i];
        chromaprint_dealloc(words);
    }
    chromaprint_free(c);
    free(whole);
    return out;
}
#else
static prints words_of(att_sound sound)
{
    (void)sound;
    return (prints){0};
}
#endif

static double least_difference(const prints *asked, const prints *known)
{
    double least = 1;
    for (size_t at = 0; asked->count && at + asked->count <= known->count; at++) {
        unsigned bits = 0;
        for (size_t i = 0; i < asked->count; i++)
            bits += (unsigned)__builtin_popcount(asked->words[i] ^ known->words[at + i]);
        least = fmin(least, bits / (32.0 * (double)asked->count));
    }
    return least;
}

// --- Looks --------------------------------------------------------------------------------------------------------

typedef struct look {
    bool foreign, right[2];
    double number[2]; // our score; how many bits are the same
    int attack;
} look;

static look look_up(const att_prints *prints_known, size_t t, int attack, att_sound excerpt, att_sound other, att_rng *rng)
{
    att_print_match found[ATT_PRINT_FOUND_MAX];
    att_audio changed;
    att_error err = {0};
    size_t count;
    look out = {.foreign = tracks[t].foreign, .attack = attack};
    must(att_audio_attacked(&changed, excerpt, other, attacks[attack], rng, NULL, &err), &err);
    const double start = now_s();
    must(att_prints_find(prints_known, att_audio_view(&changed), &(att_print_options){0.5}, found, &count, &err), &err);
    const double middle = now_s();
    char name[32];
    snprintf(name, sizeof name, "%zu", t);
    if (count) {
        const att_text is = att_prints_get(prints_known, found[0].index).name;
        out.number[0] = found[0].score;
        out.right[0] = is.size == strlen(name) && memcmp(is.data, name, is.size) == 0;
    }
    const prints asked = words_of(att_audio_view(&changed));
    for (size_t k = 0; k < track_count; k++) {
        const double same = tracks[k].foreign ? 0 : 1 - least_difference(&asked, &tracks[k].words);
        if (same > out.number[1]) {
            out.number[1] = same;
            out.right[1] = k == t;
        }
    }
    spent_s[0] += middle - start;
    spent_s[1] += now_s() - middle;
    free(asked.words);
    att_audio_deinit(&changed);
    return out;
}

static void say(const look *looks, size_t count)
{
    double edge[2] = {0, 0};
    uint64_t hash = 0;
    for (size_t i = 0; i < count; i++)
        for (int m = 0; m < 2 && looks[i].foreign; m++)
            edge[m] = fmax(edge[m], looks[i].number[m]);
    for (int a = 0; a < ATTACKS; a++) {
        int asked = 0, found[2] = {0};
        for (size_t i = 0; i < count; i++) {
            if (looks[i].foreign || looks[i].attack != a)
                continue;
            asked++;
            for (int m = 0; m < 2; m++)
                found[m] += looks[i].right[m] && looks[i].number[m] > edge[m];
        }
        printf("  %-40s ours %3d  chromaprint %3d  of %d\n", att_audio_attack_name(attacks[a]), found[0], found[1], asked);
        hash = hash * 1000003 + (uint64_t)found[0];
    }
    printf("  edges: score %.1f, BER %.3f; ms a look: %.0f and %.0f; hash %016llx\n", edge[0], 1 - edge[1], 1000 * spent_s[0] / (double)count,
        1000 * spent_s[1] / (double)count, (unsigned long long)hash);
}

int main(int argc, char **argv)
{
    const size_t most = argc > 2 ? (size_t)atoi(argv[2]) : 40;
    const double seconds = argc > 3 ? atof(argv[3]) : 120;
    if (argc > 1 && strcmp(argv[1], "-") != 0)
        from_folder(argv[1], ATT_MIN(most, (size_t)TRACKS_MAX), seconds, argc > 4 ? argv[4] : NULL);
    else
        by_dice(ATT_MIN(most, (size_t)TRACKS_MAX), seconds);
    if (track_count < 3) {
        fprintf(stderr, "bench_fingerprint: fewer than three tracks\n");
        return 1;
    }
    att_prints *known;
    att_error err = {0};
    must(att_prints_create(&known, NULL, &err), &err);
    for (size_t t = 0; t < track_count; t++) {
        char name[32];
        tracks[t].foreign = t % 3 == 2;
        snprintf(name, sizeof name, "%zu", t);
        if (tracks[t].foreign)
            continue;
        must(att_prints_add(known, name, att_audio_view(&tracks[t].audio), &err), &err);
        tracks[t].words = words_of(att_audio_view(&tracks[t].audio));
    }
    look *looks = calloc(track_count * ATTACKS, sizeof *looks);
    size_t count = 0;
    for (size_t t = 0; looks && t < track_count; t++) {
        att_rng rng = att_rng_stream(1, t);
        const att_audio *a = &tracks[t].audio, *foreign = &tracks[2].audio;
        const size_t frames = EXCERPT_S * RATE_HZ, begin = (size_t)att_rng_below(&rng, a->frames - frames);
        const att_sound excerpt = {a->samples + begin, frames, 1, RATE_HZ}, other = {foreign->samples, frames, 1, RATE_HZ};
        for (int k = 0; k < ATTACKS; k++)
            looks[count++] = look_up(known, t, k, excerpt, other, &rng);
    }
    printf("bench_fingerprint: %zu tracks, %zu looks\n", track_count, count);
    say(looks, count);
    for (size_t t = 0; t < track_count; t++) {
        att_audio_deinit(&tracks[t].audio);
        free(tracks[t].words.words);
    }
    free(looks);
    att_prints_destroy(known);
    return 0;
}
