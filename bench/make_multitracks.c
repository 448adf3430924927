// SPDX-License-Identifier: Apache-2.0
// bench/make_multitracks.c - writes folders of multitracks: FOLDER/0001/{drums,bass,vocals,other}.wav and so on.
//
//   make_multitracks [--plain] FOLDER COUNT SECONDS SEED FONT[:FONT…] [DRUMFONT…]
//
// Random songs (multitrack_song.c) are rendered part by part with FluidSynth, each part by a font drawn for it; voices are our own
// singer's. A part may be equalized, compressed, driven, made narrow, sent through MP3, put into a room; a song may be played faster
// and higher, or slower and lower, by resampling: all this to learn from. --plain leaves it out, but for the room around voices, and puts
// the stems at levels closer to each other: to measure on. Drum fonts play drums alone.
#include "multitrack.h"

#include "base/base.h"

#include <fluidsynth.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RATE_HZ = 44100, FONTS_MAX = 16, CHANNEL_DRUMS = 9 };

typedef struct fonts {
    fluid_settings_t *settings;
    fluid_synth_t *synth[FONTS_MAX];
    int id[FONTS_MAX];
    int count, drums_only; // the last drums_only of them
} fonts;

static bool load_one(fonts *f, const char *path)
{
    fluid_synth_t *synth = f->count < FONTS_MAX ? new_fluid_synth(f->settings) : NULL;
    const int id = synth ? fluid_synth_sfload(synth, path, 1) : FLUID_FAILED;
    if (id == FLUID_FAILED)
        return fprintf(stderr, "make_multitracks: cannot load %s\n", path), false;
    f->id[f->count] = id;
    f->synth[f->count++] = synth;
    return true;
}

static bool load(fonts *f, char *list)
{
    for (char *path = strtok(list, ":"); path; path = strtok(NULL, ":"))
        if (!load_one(f, path))
            return false;
    return f->count > 0;
}

// --- Rendering ------------------------------------------------------------------------------------------------

typedef struct event {
    size_t at;
    int channel, key, velocity; // velocity 0: it ends
} event;

static int by_time(const void *a, const void *b)
{
    const event *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->velocity - y->velocity; // ends first
}

static int channel_of(const song_note *n)
{
    return n->stem == ATT_STEM_DRUMS ? CHANNEL_DRUMS : n->stem == ATT_STEM_BASS ? 0 : 1 + n->layer;
}

// Fonts of drums alone have their kit as their first preset.
static void set_up(const fonts *f, int font, const song *s, att_rng *rng)
{
    fluid_synth_t *synth = f->synth[font];
    fluid_synth_system_reset(synth);
    fluid_synth_set_gain(synth, 0.4f);
    fluid_synth_reverb_on(synth, -1, att_rng_unit(rng) < 0.6);
    fluid_synth_set_reverb_group_roomsize(synth, -1, 0.2 + 0.6 * att_rng_unit(rng));
    fluid_synth_set_reverb_group_level(synth, -1, 0.2 + 0.6 * att_rng_unit(rng));
    fluid_synth_chorus_on(synth, -1, att_rng_unit(rng) < 0.3);
    if (font >= f->count - f->drums_only) {
        fluid_synth_program_select(synth, CHANNEL_DRUMS, f->id[font], 0, 0);
        return;
    }
    fluid_synth_program_change(synth, 0, s->bass_program);
    fluid_synth_program_change(synth, CHANNEL_DRUMS, s->kit);
    for (int layer = 0; layer < SONG_LAYERS; layer++) {
        fluid_synth_program_change(synth, 1 + layer, s->layer_program[layer]);
        fluid_synth_cc(synth, 1 + layer, 10, s->layer_pan[layer]);
    }
}

// All notes of one stem; for `other`, those of one layer.
static size_t events_of(const song *s, int stem, int layer, event *out)
{
    size_t count = 0;
    for (size_t n = 0; n < s->note_count; n++) {
        const song_note *note = &s->notes[n];
        if (note->stem != stem || (stem == ATT_STEM_OTHER && note->layer != layer))
            continue;
        const size_t from = (size_t)(note->at_s * RATE_HZ), to = from + (size_t)(note->seconds * RATE_HZ) + 1;
        out[count++] = (event){from, channel_of(note), note->key, note->velocity};
        out[count++] = (event){to, channel_of(note), note->key, 0};
    }
    qsort(out, count, sizeof *out, by_time);
    return count;
}

static void render(fluid_synth_t *synth, const event *events, size_t count, att_audio *out)
{
    size_t at = 0;
    for (size_t e = 0; e <= count; e++) {
        const size_t until = e < count ? ATT_MIN(events[e].at, out->frames) : out->frames;
        if (until > at)
            fluid_synth_write_float(synth, (int)(until - at), out->samples, (int)(2 * at), 2, out->samples, (int)(2 * at + 1), 2);
        at = ATT_MAX(at, until);
        if (e < count && events[e].velocity)
            fluid_synth_noteon(synth, events[e].channel, events[e].key, events[e].velocity);
        else if (e < count)
            fluid_synth_noteoff(synth, events[e].channel, events[e].key);
    }
}

// --- Effects: each may happen ---------------------------------------------------------------------------------

// A peak of `db` (Bristow-Johnson's equalizer), both channels.
static void equalize(att_audio *a, double hz, double db, double q)
{
    const double w = 2 * M_PI * hz / RATE_HZ, alpha = sin(w) / (2 * q), g = pow(10, db / 40), a0 = 1 + alpha / g;
    const double b0 = (1 + alpha * g) / a0, b1 = -2 * cos(w) / a0, b2 = (1 - alpha * g) / a0, a2 = (1 - alpha / g) / a0;
    for (size_t c = 0; c < 2; c++) {
        double x1 = 0, x2 = 0, y1 = 0, y2 = 0;
        for (size_t i = 0; i < a->frames; i++) {
            const double x = a->samples[2 * i + c], y = b0 * x + b1 * x1 + b2 * x2 - b1 * y1 - a2 * y2;
            x2 = x1, x1 = x, y2 = y1, y1 = y;
            a->samples[2 * i + c] = (float)y;
        }
    }
}

static double loudness(const att_audio *a) // root mean square of what is not silence
{
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; i + RATE_HZ / 10 <= a->frames; i += RATE_HZ / 10) {
        double its = 0;
        for (size_t k = 0; k < RATE_HZ / 5; k++)
            its += (double)a->samples[2 * i + k] * a->samples[2 * i + k];
        if (its > 1e-7 * RATE_HZ)
            sum += its, count += RATE_HZ / 5;
    }
    return count ? sqrt(sum / (double)count) : 0;
}

static void scale(att_audio *a, double by)
{
    for (size_t i = 0; i < 2 * a->frames; i++)
        a->samples[i] = (float)(a->samples[i] * by);
}

static void compress(att_audio *a, double threshold, double ratio)
{
    const double in = exp(-1 / (0.005 * RATE_HZ)), out = exp(-1 / (0.12 * RATE_HZ));
    double level = 0;
    for (size_t i = 0; i < a->frames; i++) {
        const double is = fmax(fabs(a->samples[2 * i]), fabs(a->samples[2 * i + 1])), keep = is > level ? in : out;
        level = keep * level + (1 - keep) * is;
        const double gain = level > threshold ? pow(level / threshold, 1 / ratio - 1) : 1;
        a->samples[2 * i] *= (float)gain;
        a->samples[2 * i + 1] *= (float)gain;
    }
}

// Schroeder's room: four combs a side, then an all-pass.
static void room(att_audio *a, double wet, double size)
{
    static const int lengths[2][5] = {{1557, 1617, 1491, 1422, 225}, {1580, 1640, 1514, 1445, 248}};
    static float line[5][2048];
    for (size_t c = 0; c < 2; c++) {
        memset(line, 0, sizeof line);
        for (size_t i = 0; i < a->frames; i++) {
            float sum = 0;
            const float x = a->samples[2 * i + c];
            for (int k = 0; k < 4; k++) {
                float *at = &line[k][i % (size_t)lengths[c][k]];
                sum += *at;
                *at = x + (float)size * *at;
            }
            float *at = &line[4][i % (size_t)lengths[c][4]];
            const float held = *at, y = held - 0.5f * sum;
            *at = sum + 0.5f * y;
            a->samples[2 * i + c] = x + (float)wet * y * 0.25f;
        }
    }
}

static void narrow(att_audio *a)
{
    for (size_t i = 0; i < a->frames; i++)
        a->samples[2 * i] = a->samples[2 * i + 1] = 0.5f * (a->samples[2 * i] + a->samples[2 * i + 1]);
}

static void through_mp3(att_audio *a, const char *folder)
{
    att_host host = att_host_default();
    host.helpers = ATT_BENCH_HELPERS;
    char path[4128];
    att_audio back;
    snprintf(path, sizeof path, "%s/part.mp3", folder);
    if (att_audio_write(att_audio_view(a), path, NULL, NULL) || att_audio_read(&back, path, NULL, &host, NULL))
        return; // this libsndfile has no MP3
    unlink(path);
    for (size_t i = 0; i < 2 * a->frames; i++)
        a->samples[i] = i < back.frames * back.channels && back.channels == 2 ? back.samples[i] : 0;
    att_audio_deinit(&back);
}

// As loud as it usually is in a mix, give or take.
static void set_level(att_audio *a, int stem, double spread_db, att_rng *rng)
{
    static const double usual_db[ATT_STEM_COUNT] = {-19, -20, -18, -19};
    const double wanted = pow(10, (usual_db[stem] + spread_db * att_rng_normal(rng)) / 20), now = loudness(a);
    scale(a, now > 0 ? wanted / now : 0);
}

static void treat(att_audio *a, int stem, const char *folder, att_rng *rng)
{
    const double is = loudness(a);
    if (is <= 0)
        return;
    scale(a, 0.1 / is);
    for (int k = 0; k < 2; k++)
        if (att_rng_unit(rng) < 0.5)
            equalize(a, 60 * pow(150, att_rng_unit(rng)), 12 * (att_rng_unit(rng) - 0.5), 0.5 + att_rng_unit(rng));
    if (stem != ATT_STEM_DRUMS && att_rng_unit(rng) < 0.12)
        for (size_t i = 0; i < 2 * a->frames; i++)
            a->samples[i] = 0.15f * tanhf(a->samples[i] * 12);
    if (att_rng_unit(rng) < 0.4)
        compress(a, 0.08, 2 + 3 * att_rng_unit(rng));
    if (stem == ATT_STEM_VOCALS ? att_rng_unit(rng) < 0.8 : att_rng_unit(rng) < 0.1)
        room(a, 0.05 + 0.4 * att_rng_unit(rng), 0.6 + 0.25 * att_rng_unit(rng));
    if (stem == ATT_STEM_BASS || att_rng_unit(rng) < 0.25)
        narrow(a);
    if (att_rng_unit(rng) < 0.2)
        through_mp3(a, folder);
    set_level(a, stem, 3, rng);
}

// --- Songs ----------------------------------------------------------------------------------------------------

static void sing(const song *s, att_audio *out, att_rng *rng)
{
    for (int v = 0; v < 2; v++) {
        att_audio mono;
        const att_voice voice = att_voice_draw(rng);
        if (!s->sung_count[v] || att_audio_init(&mono, out->frames, 1, RATE_HZ, NULL, NULL))
            continue;
        att_singer_sing(&mono, s->sung[v], s->sung_count[v], &voice, rng);
        const float side = v ? (float)(att_rng_unit(rng) - 0.5) : 0;
        for (size_t i = 0; i < out->frames; i++) {
            out->samples[2 * i] += mono.samples[i] * (1 - side);
            out->samples[2 * i + 1] += mono.samples[i] * (1 + side);
        }
        att_audio_deinit(&mono);
    }
}

static void play(const fonts *f, const song *s, int stem, att_audio *out, att_rng *rng)
{
    static event events[2 * SONG_NOTES_MAX];
    att_audio layer;
    const int layers = stem == ATT_STEM_OTHER ? s->layers : 1;
    for (int l = 0; l < layers; l++) {
        const int choices = stem == ATT_STEM_DRUMS ? f->count : f->count - f->drums_only;
        const int font = (int)att_rng_below(rng, (uint64_t)choices);
        if (att_audio_init(&layer, out->frames, 2, RATE_HZ, NULL, NULL))
            continue;
        set_up(f, font, s, rng);
        render(f->synth[font], events, events_of(s, stem, l, events), &layer);
        const double is = loudness(&layer), by = is > 0 ? 0.1 / is * pow(10, (att_rng_unit(rng) - 0.5) * 0.5) : 0;
        for (size_t i = 0; i < 2 * out->frames; i++)
            out->samples[i] += (float)(layer.samples[i] * by);
        att_audio_deinit(&layer);
    }
}

static bool write_song(const fonts *f, const char *folder, double seconds, uint64_t seed, int number, bool plain)
{
    static song s;
    att_rng rng = att_rng_stream(seed, (uint64_t)number);
    const double faster = !plain && att_rng_unit(&rng) < 0.3 ? 0.92 + 0.16 * att_rng_unit(&rng) : 1;
    att_audio stem[ATT_STEM_COUNT];
    double peak = 0;
    char path[4096];
    song_draw(&s, seconds * faster, &rng);
    snprintf(path, sizeof path, "%s/%04d", folder, number);
    mkdir(path, 0777);
    for (int k = 0; k < ATT_STEM_COUNT; k++) {
        if (att_audio_init(&stem[k], (size_t)(seconds * faster * RATE_HZ), 2, RATE_HZ, NULL, NULL))
            return false;
        if (k == ATT_STEM_VOCALS)
            sing(&s, &stem[k], &rng);
        else
            play(f, &s, k, &stem[k], &rng);
        if (!plain)
            treat(&stem[k], k, path, &rng);
        else if (k == ATT_STEM_VOCALS)
            room(&stem[k], 0.2, 0.75);
        if (plain)
            set_level(&stem[k], k, 1, &rng);
    }
    for (size_t i = 0; i < 2 * stem[0].frames; i++)
        peak = fmax(peak, fabs(stem[0].samples[i] + stem[1].samples[i] + stem[2].samples[i] + stem[3].samples[i]));
    bool fine = true;
    for (int k = 0; k < ATT_STEM_COUNT; k++) {
        att_audio other = stem[k];
        att_sound view = att_audio_view(&stem[k]);
        scale(&stem[k], peak > 0.9 ? 0.9 / peak : 1);
        view.rate_hz = (uint32_t)lround(RATE_HZ * faster);
        if (view.rate_hz != RATE_HZ)
            fine = fine && !att_audio_resample(&other, view, RATE_HZ, NULL, NULL);
        snprintf(path, sizeof path, "%s/%04d/%s.wav", folder, number, att_stem_name((att_stem)k));
        fine = fine && !att_audio_write(att_audio_view(&other), path, NULL, NULL);
        if (other.samples != stem[k].samples)
            att_audio_deinit(&other);
        att_audio_deinit(&stem[k]);
    }
    return fine;
}

int main(int argc, char **argv)
{
    fonts f = {.settings = new_fluid_settings()};
    const bool plain = argc > 1 && strcmp(argv[1], "--plain") == 0;
    argc -= plain;
    argv += plain;
    if (argc < 6)
        return fprintf(stderr, "make_multitracks [--plain] FOLDER COUNT SECONDS SEED FONT[:FONT...] [DRUMFONT[:DRUMFONT...]]\n"), 64;
    const int count = atoi(argv[2]);
    const double seconds = atof(argv[3]);
    fluid_set_log_function(FLUID_WARN, NULL, NULL);
    fluid_settings_setnum(f.settings, "synth.sample-rate", RATE_HZ);
    fluid_settings_setint(f.settings, "synth.polyphony", 128);
    if (!load(&f, argv[5]))
        return 66;
    const int full = f.count;
    if (argc > 6 && !load(&f, argv[6]))
        return 66;
    f.drums_only = f.count - full;
    mkdir(argv[1], 0777);
    for (int n = 1; n <= count; n++) {
        if (!write_song(&f, argv[1], seconds, strtoull(argv[4], NULL, 10), n, plain))
            return fprintf(stderr, "make_multitracks: song %d cannot be written\n", n), 74;
        if (n % 20 == 0)
            fprintf(stderr, "%d of %d\n", n, count);
    }
    for (int k = 0; k < f.count; k++)
        delete_fluid_synth(f.synth[k]);
    delete_fluid_settings(f.settings);
    return 0;
}
