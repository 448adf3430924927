// SPDX-License-Identifier: Apache-2.0
// music/world.c - the world of music: briefs become songs, loops and ambient pieces, heard again by the analyser.
//
// `make` turns a brief into the composer's (attune/compose.h): what the brief asks for in numbers first, then what its taste and its context say,
// then the style's own. What comes out is FLAC, since that is sample-exact, so a loop stays seamless, and the same bytes from the same samples.
// Sounds go through files: the decoders and the synthesizer are helper programs that take an open file. `check` holds what was made against
// what lies beside the store to protect works of others (music/protected.c).
#include "music/world.h"

#include "attune/compose.h"
#include "attune/music.h"
#include "attune/prompt.h"
#include "base/base.h"
#include "music/protected.h"
#include "music/situations.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PEAKS = 800, KEYS = 24, RATE_HZ = 44100, CHECKED_S_MAX = 7200 };

static const char *const kinds[] = {"song", "loop", "ambient", NULL};
static const char *const media_types[] = {"audio/flac", "audio/wav", "audio/ogg", "audio/mpeg", NULL};
static const char *const endings[] = {".flac", ".wav", ".ogg", ".mp3"}; // in their order

static const att_measure measures[] = {
    {"tempo_bpm", "BPM", "beats in a minute; half and double are other readings of it", 0.3, 0.01},
    {"key", "", "0 C major … 11 B major, 12 C minor … 23 B minor; a name will do: \"A minor\"", 0, 0},
    {"duration_s", "s", "how long it is", 1, 0.02},
    {"loudness_lufs", "LUFS", "ITU-R BS.1770", 0.5, 0},
    {"loudness_range_lu", "LU", "EBU Tech 3342", 0.5, 0},
    {"true_peak_dbtp", "dBTP", "true peak", 0.1, 0},
    {"crest_db", "dB", "peak over root mean square", 0.5, 0},
    {"brightness", "", "0 … 1: where the weight of the spectrum lies", 0.03, 0},
    {"harmonicity", "", "0 … 1: lasting partials against strokes", 0.03, 0},
    {"energy", "", "0 … 1: how loud and dense it is", 0.03, 0},
    {"valence", "", "0 sad … 1 happy, by rule", 0.05, 0},
    {"arousal", "", "0 calm … 1 excited, by rule", 0.05, 0},
    {"tuning_cents", "cents", "of A against 440 Hz", 5, 0},
};

// --- Files that hold bytes for a moment -----------------------------------------------------------------------------

typedef struct passing_file {
    char path[256];
    int file;
} passing_file;

static att_status open_passing(passing_file *out, const char *ending, att_error *err)
{
    const char *folder = getenv("TMPDIR");
    snprintf(out->path, sizeof out->path, "%s/attune-XXXXXX%s", folder && *folder && strlen(folder) < 200 ? folder : "/tmp", ending);
    out->file = mkostemps(out->path, (int)strlen(ending), O_CLOEXEC);
    return out->file < 0 ? att_fail_errno(err, errno, "making a temporary file %s", out->path) : ATT_OK;
}

static void close_passing(passing_file *passing)
{
    if (passing->file < 0)
        return;
    close(passing->file);
    unlink(passing->path);
    passing->file = -1;
}

static att_status write_all(const passing_file *to, const void *data, size_t size, att_error *err)
{
    const char *at = data;
    while (size) {
        const ssize_t wrote = write(to->file, at, size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return att_fail_errno(err, wrote ? errno : EIO, "writing %s", to->path);
        at += wrote;
        size -= (size_t)wrote;
    }
    return ATT_OK;
}

static att_status read_all(const char *path, att_made *out, att_error *err)
{
    struct stat about;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &about) != 0 || about.st_size <= 0 || (uint64_t)about.st_size > ATT_MADE_SIZE_MAX) {
        const int error = errno;
        if (file)
            fclose(file);
        return att_fail_errno(err, error ? error : EFBIG, "reading %s", path);
    }
    const size_t size = (size_t)about.st_size;
    void *bytes = att_alloc(&out->host, size, 1);
    att_status status = bytes ? ATT_OK : att_no_memory(err, size, "bytes of a song");
    if (!status && fread(bytes, 1, size, file) != size)
        status = att_fail_errno(err, EIO, "reading %s", path);
    fclose(file);
    if (!status)
        status = att_made_set(out, bytes, size, "audio/flac", err);
    att_free(&out->host, bytes, size, 1);
    return status;
}

// What helper programs have computed. Of the whole process: jobs side by side may count each other's.
static double helpers_s(void)
{
    struct rusage used;
    if (getrusage(RUSAGE_CHILDREN, &used) != 0)
        return 0;
    return (double)used.ru_utime.tv_sec + (double)used.ru_stime.tv_sec + 1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

// Text for people that a candidate or an analysis keeps. Takes the value.
static att_status keep_json(json_t *value, const att_host *host, char **out, size_t *size, att_error *err)
{
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    json_decref(value);
    *size = text ? strlen(text) : 0;
    *out = text ? att_alloc(host, *size, 1) : NULL;
    if (*out)
        memcpy(*out, text, *size);
    free(text);
    if (*out)
        return ATT_OK;
    *size = 0;
    return att_no_memory(err, 1, "details of a song");
}

// --- Keys -----------------------------------------------------------------------------------------------------------

static const char *const tonics[] = {"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"};

static void key_name(int key, char out[16])
{
    snprintf(out, 16, "%s %s", tonics[key % 12], key < 12 ? "major" : "minor");
}

// "A minor", "f# major", "Bb"; a letter alone is major.
static bool read_key(const att_medium *world, att_text measure, att_text text, double *out)
{
    static const int letters[] = {9, 11, 0, 2, 4, 5, 7}; // A … G
    (void)world;
    if (!att_text_equal(measure, ATT_LIT("key")) || !text.size)
        return false;
    const int letter = toupper((unsigned char)text.data[0]) - 'A';
    if (letter < 0 || letter > 6)
        return false;
    size_t at = 1;
    int tonic = letters[letter];
    if (at < text.size && (text.data[at] == '#' || text.data[at] == 'b'))
        tonic += text.data[at++] == '#' ? 1 : 11;
    while (at < text.size && text.data[at] == ' ')
        at++;
    const att_text mode = {text.data + at, text.size - at};
    if (mode.size && !att_text_equal(mode, ATT_LIT("major")) && !att_text_equal(mode, ATT_LIT("minor")))
        return false;
    *out = tonic % 12 + (att_text_equal(mode, ATT_LIT("minor")) ? 12 : 0);
    return true;
}

// --- Making ---------------------------------------------------------------------------------------------------------

static bool asks(const att_brief *brief, const char *name, double *middle)
{
    for (size_t i = 0; i < brief->need_count; i++)
        if (att_text_equal(brief->needs[i].name, att_text_of(name))) {
            *middle = (brief->needs[i].least + brief->needs[i].most) / 2;
            return true;
        }
    return false;
}

// Where the prompt's words lie; false: they say nothing of it.
static bool says(const att_music_prompt *prompt, const char *name, double *out)
{
    for (unsigned a = 0; a < ATT_AXIS_COUNT; a++)
        if (strcmp(att_prompt_axis_name((att_prompt_axis)a), name) == 0 && prompt->weight[a] > 0) {
            *out = prompt->vector[a];
            return true;
        }
    return false;
}

// What the brief asks for, else what the prompt says, else the taste; false: none of them.
static bool wants(const att_brief *brief, const att_music_prompt *prompt, const char *name, double *out)
{
    if (asks(brief, name, out) || says(prompt, name, out))
        return true;
    for (size_t i = 0; i < brief->taste_count; i++)
        if (att_text_equal(brief->taste[i].name, att_text_of(name))) {
            *out = brief->taste[i].value;
            return true;
        }
    return false;
}

static double within(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

static bool holds_words(att_text text, const char *words)
{
    const size_t size = strlen(words);
    for (size_t i = 0; i + size <= text.size; i++)
        if (strncasecmp(text.data + i, words, size) == 0)
            return true;
    return false;
}

static bool is_among(const char *name, const char *names)
{
    const size_t size = strlen(name);
    for (const char *at = names; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (strncasecmp(at, name, size) == 0 && (at[size] == '|' || !at[size]))
            return true;
    return false;
}

// A style that is one of the prompt's genres, by any of their names; NULL: none.
static const char *style_of_genres(const att_music_prompt *prompt)
{
    for (size_t t = 0; t < prompt->term_count; t++)
        for (size_t i = 0; i < att_style_count() && !prompt->terms[t].unwanted; i++)
            if (is_among(att_style_at(i).name, prompt->terms[t].names))
                return att_style_at(i).name;
    return NULL;
}

// The longest name of a style that the prompt holds; NULL: none.
static const char *style_of_words(att_text prompt)
{
    const char *best = NULL;
    for (size_t i = 0; i < att_style_count(); i++) {
        const char *name = att_style_at(i).name;
        if (holds_words(prompt, name) && (!best || strlen(name) > strlen(best)))
            best = name;
    }
    return best;
}

// How lively a situation wants it; 0: it says nothing.
static double energy_for(const att_context *context)
{
    switch (context->activity) {
    case ATT_ACTIVITY_WORKOUT: return 0.9;
    case ATT_ACTIVITY_PARTY: return 0.85;
    case ATT_ACTIVITY_COMMUTE: return 0.6;
    case ATT_ACTIVITY_FOCUS: return 0.35;
    case ATT_ACTIVITY_RELAX: return 0.3;
    case ATT_ACTIVITY_SLEEP: return 0.12;
    default: return 0;
    }
}

static const char *default_style(const att_brief *brief)
{
    if (att_text_equal(brief->kind, ATT_LIT("ambient")))
        return "ambient";
    return NULL;
}

typedef struct asked {
    att_music_brief brief;
    att_render_options render;
    char key[16];
} asked;

static void read_brief(const att_brief *brief, uint64_t seed, asked *out)
{
    double x;
    att_music_prompt prompt;
    if (att_music_prompt_read(&prompt, brief->prompt, NULL) != ATT_OK)
        prompt = (att_music_prompt){.tonic = -1};
    *out = (asked){.render = {.rate_hz = RATE_HZ}};
    att_music_brief *m = &out->brief;
    m->seed = seed;
    m->loop = att_text_equal(brief->kind, ATT_LIT("loop"));
    m->style = style_of_genres(&prompt);
    if (!m->style)
        m->style = style_of_words(brief->prompt);
    if (!m->style)
        m->style = default_style(brief);
    if (asks(brief, "key", &x) && x >= 0 && x < KEYS) {
        key_name((int)x, out->key);
        m->key = out->key;
    }
    if (wants(brief, &prompt, "tempo_bpm", &x))
        m->tempo_bpm = within(x, 30, 300);
    if (asks(brief, "duration_s", &x))
        m->length_s = within(x, 2, 3600);
    else if (m->loop)
        m->bars = 8;
    else
        m->length_s = att_text_equal(brief->kind, ATT_LIT("ambient")) ? 180 : 75;
    m->energy = wants(brief, &prompt, "energy", &x) ? within(x, 0.05, 1) : energy_for(&brief->context);
    if (wants(brief, &prompt, "valence", &x))
        m->mood = within(2 * x - 1, -1, 1);
    if (wants(brief, &prompt, "brightness", &x))
        m->taste[ATT_MUSIC_BRIGHTNESS] = within(2 * x - 1, -1, 1);
    m->vocals = prompt.vocals == ATT_WISH_WITH;
    if (asks(brief, "loudness_lufs", &x))
        out->render.loudness_lufs = within(x, -60, -5);
}

static void add_need(att_need *needs, size_t capacity, size_t *count, const char *name, double least, double most)
{
    if (*count < capacity)
        needs[(*count)++] = (att_need){att_text_of(name), least, most};
}

// Tempo, length and key, that the composer can be held to; what the words say of mood and style is for `make`.
static size_t understand(const att_medium *world, att_text text, att_need *needs, size_t capacity)
{
    att_music_prompt p;
    size_t count = 0;
    (void)world;
    if (att_music_prompt_read(&p, text, NULL) != ATT_OK)
        return 0;
    if (p.tempo_bpm.given)
        add_need(needs, capacity, &count, "tempo_bpm", fmax(30, p.tempo_bpm.least), fmin(300, p.tempo_bpm.most));
    if (p.duration_s.given)
        add_need(needs, capacity, &count, "duration_s", fmax(2, p.duration_s.least), fmin(3600, p.duration_s.most));
    const bool minor = strcmp(p.mode, "minor") == 0;
    if (p.tonic >= 0 && (minor || strcmp(p.mode, "major") == 0))
        add_need(needs, capacity, &count, "key", p.tonic + (minor ? 12 : 0), p.tonic + (minor ? 12 : 0));
    return count;
}

static json_t *plan_of(const att_score *s)
{
    json_t *sections = json_array(), *chords = json_array(), *parts = json_array();
    const double beat_s = 60 / s->tempo_bpm, bar_s = ATT_BEATS_PER_BAR * beat_s;
    for (size_t i = 0; i < s->section_count; i++) {
        const att_section *x = &s->sections[i];
        json_array_append_new(sections, json_pack("{s:s,s:f,s:f,s:i,s:s,s:f}", "kind", att_section_name(x->kind), "from_s", x->first_bar * bar_s, "to_s",
            (x->first_bar + x->bars) * bar_s, "bars", (int)x->bars, "cadence", att_cadence_name(x->cadence), "energy", x->energy));
    }
    for (size_t i = 0; i < s->chord_count; i++) {
        char name[16];
        json_array_append_new(chords, json_pack("{s:f,s:s}", "at_s", (double)s->chords[i].start_ticks / ATT_TICKS_PER_BEAT * beat_s, "name",
            att_chord_name_in(s, s->chords[i], name)));
    }
    for (size_t i = 0; i < s->part_count; i++)
        json_array_append_new(parts, json_string(att_role_name(s->parts[i].role)));
    char key[32];
    return json_pack("{s:s,s:s,s:f,s:i,s:i,s:o,s:o,s:o}", "style", s->style, "key", att_music_key_name(s, key), "tempo_bpm", s->tempo_bpm, "bars", (int)s->bars,
        "notes", (int)s->note_count, "parts", parts, "sections", sections, "chords", chords);
}

// "Synth pop in A minor, 120 BPM"
static void fill_title(const att_score *s, att_made *out)
{
    char key[32];
    snprintf(out->title, sizeof out->title, "%s%s in %s, %.0f BPM", s->style, s->loop ? " loop" : "", att_music_key_name(s, key), s->tempo_bpm);
    out->title[0] = (char)toupper((unsigned char)out->title[0]);
}

static void fill_about(const att_song *song, att_made *out)
{
    const char *font = song->sound.sound_font ? song->sound.sound_font : "";
    const char *slash = strrchr(font, '/');
    fill_title(&song->score, out);
    snprintf(out->maker, sizeof out->maker, "composer %u", att_music_world.version);
    snprintf(out->tags[0], sizeof out->tags[0], "%s", song->score.style);
    snprintf(out->tags[1], sizeof out->tags[1], "%s", song->score.mode == ATT_MODE_MAJOR ? "major" : song->score.mode == ATT_MODE_MINOR ? "minor" : "modal");
    snprintf(out->tags[2], sizeof out->tags[2], "%s", song->score.vocals ? "vocals" : "instrumental");
    snprintf(out->sources[0], sizeof out->sources[0], "sound font %.100s", slash ? slash + 1 : font);
}

static att_status keep_song(const att_song *song, att_made *out, const att_host *host, att_error *err)
{
    passing_file file = {.file = -1};
    att_status status = open_passing(&file, ".flac", err);
    if (!status)
        status = att_audio_write(att_audio_view(&song->sound.mix), file.path, host, err);
    if (!status)
        status = read_all(file.path, out, err);
    close_passing(&file);
    if (!status)
        status = keep_json(plan_of(&song->score), &out->host, &out->detail, &out->detail_size, err);
    return status;
}

static att_status make(const att_medium *world, const att_brief *brief, uint64_t seed, att_made *out, const att_host *host, att_error *err)
{
    asked want;
    att_song song = {0};
    const double before = helpers_s();
    (void)world;
    read_brief(brief, seed, &want);
    att_status status = att_song_make(&song, &want.brief, &want.render, host, err);
    if (!status && song.breaches)
        status = ATT_FAIL(err, ATT_INVALID, "the score breaks %zu of %zu rules, first %s in bar %u", song.breaches, song.rules, song.first.rule, song.first.bar);
    if (!status)
        fill_about(&song, out);
    if (!status)
        status = keep_song(&song, out, host, err);
    att_song_deinit(&song);
    out->cpu_s = fmax(0, helpers_s() - before);
    return status;
}

// --- Hearing it -----------------------------------------------------------------------------------------------------

static const char *ending_of(const char *media_type)
{
    for (size_t i = 0; media_types[i]; i++)
        if (strcmp(media_types[i], media_type) == 0)
            return endings[i];
    return ".wav";
}

static void put_figures(const att_music_analysis *a, att_analysis *out)
{
    for (uint32_t i = 0; i < a->tempo_count; i++) // others are other readings
        if (i == 0 || a->tempos[i].share >= 0.1)
            att_analysis_put(out, "tempo_bpm", a->tempos[i].bpm);
    if (a->key.mode != ATT_KEY_NONE) {
        att_analysis_put(out, "key", a->key.tonic + (a->key.mode == ATT_KEY_MINOR ? 12 : 0));
        att_analysis_put(out, "key_tonic", a->key.tonic); // as searches by prompt want it (attune/prompt.h)
        att_analysis_put(out, "key_mode", a->key.mode == ATT_KEY_MINOR ? 2 : 1);
    }
    att_analysis_put(out, "duration_s", a->seconds);
    att_analysis_put(out, "loudness_lufs", a->loudness_lufs);
    att_analysis_put(out, "loudness_range_lu", a->loudness_range_lu);
    att_analysis_put(out, "true_peak_dbtp", a->true_peak_dbtp);
    att_analysis_put(out, "crest_db", a->crest_db);
    att_analysis_put(out, "brightness", a->brightness);
    att_analysis_put(out, "harmonicity", a->harmonicity);
    att_analysis_put(out, "energy", a->energy);
    att_analysis_put(out, "valence", a->valence);
    att_analysis_put(out, "arousal", a->arousal);
    att_analysis_put(out, "tuning_cents", a->tuning_cents);
    out->duration_ms = (int64_t)(a->seconds * 1000);
    out->dim = ATT_MUSIC_EMBEDDING;
    memcpy(out->embedding, a->embedding, sizeof a->embedding);
    size_t tag = 0;
    for (unsigned m = 0; m < ATT_MOOD_COUNT && tag < ATT_COUNT_OF(out->tags); m++)
        if (a->moods & (1u << m))
            snprintf(out->tags[tag++], sizeof out->tags[0], "%s", att_mood_name((att_mood)(1u << m)));
}

// The greatest sample of each of so many stretches, in thousandths.
static json_t *waveform_of(const char *path, const att_host *host)
{
    const att_audio_read_options low = {.rate_hz = 8000, .mono = true};
    att_audio audio = {0};
    json_t *list = json_array();
    if (att_audio_read(&audio, path, &low, host, NULL) != ATT_OK)
        return list;
    for (size_t p = 0; p < PEAKS && audio.frames; p++) {
        float peak = 0;
        for (size_t i = p * audio.frames / PEAKS; i < (p + 1) * audio.frames / PEAKS; i++)
            peak = fmaxf(peak, fabsf(audio.samples[i]));
        json_array_append_new(list, json_integer((json_int_t)(1000 * fminf(1, peak))));
    }
    att_audio_deinit(&audio);
    return list;
}

static json_t *heard(const att_music_analysis *a, const att_music_details *details, json_t *waveform)
{
    json_t *beats = json_array(), *bars = json_array(), *tempos = json_array();
    for (size_t i = 0; i < details->beat_count; i++) {
        json_array_append_new(beats, json_real(details->beats[i].at_s));
        if (details->beats[i].in_bar == 1)
            json_array_append_new(bars, json_real(details->beats[i].at_s));
    }
    for (uint32_t i = 0; i < a->tempo_count; i++)
        json_array_append_new(tempos, json_pack("{s:f,s:f}", "bpm", a->tempos[i].bpm, "share", a->tempos[i].share));
    char key[16];
    att_key_text(a->key, key);
    return json_pack("{s:f,s:s,s:f,s:f,s:f,s:o,s:o,s:o,s:o}", "seconds", a->seconds, "key", key, "key_confidence", a->key_confidence, "tempo_bpm", a->tempo_bpm,
        "tempo_confidence", a->tempo_confidence, "tempos", tempos, "beats", beats, "bars", bars, "waveform", waveform);
}

static att_status analyse(const att_medium *world, const void *data, size_t size, const char *media_type, att_analysis *out, const att_host *host,
    att_error *err)
{
    passing_file file = {.file = -1};
    att_music_analysis a = {0};
    att_music_details details = {0};
    const double before = helpers_s();
    (void)world;
    att_status status = open_passing(&file, ending_of(media_type), err);
    if (!status)
        status = write_all(&file, data, size, err);
    if (!status)
        status = att_music_analyse_file(file.path, 0, &a, &details, host, err);
    if (!status) {
        put_figures(&a, out);
        status = keep_json(heard(&a, &details, waveform_of(file.path, host)), &out->host, &out->detail, &out->detail_size, err);
    }
    att_music_details_deinit(&details);
    close_passing(&file);
    out->cpu_s = fmax(0, helpers_s() - before);
    return status;
}

// --- What is protected ------------------------------------------------------------------------------------------------

static att_status open_beside(const att_medium *world, const char *store, void **beside, const att_host *host, att_error *err)
{
    att_protected *p = NULL;
    (void)world;
    const att_status status = att_protected_create(&p, store, host, err);
    *beside = p;
    return status;
}

static void close_beside(const att_medium *world, void *beside)
{
    (void)world;
    att_protected_destroy(beside);
}

// Decoded once more, as a foreign file is; only where there is something to be held against.
static att_status check(const att_medium *world, void *beside, const att_brief *brief, const void *data, size_t size, const att_analysis *analysis,
    att_judgement *out, const att_host *host, att_error *err)
{
    const att_audio_read_options options = {.mono = true, .seconds_max = CHECKED_S_MAX};
    passing_file file = {.file = -1};
    att_audio audio = {0};
    (void)world, (void)brief, (void)analysis;
    if (!att_protected_is_there(beside))
        return ATT_OK;
    att_status status = open_passing(&file, ".sound", err);
    if (!status)
        status = write_all(&file, data, size, err);
    if (!status)
        status = att_audio_read(&audio, file.path, &options, host, err);
    if (!status && audio.frames >= (uint64_t)CHECKED_S_MAX * audio.rate_hz)
        att_made_judge(out, ATT_MADE_HOLD, "it has %d s or more: what comes behind them was not held against what is protected", CHECKED_S_MAX);
    if (!status)
        status = att_protected_judge(beside, att_audio_view(&audio), out, err);
    att_audio_deinit(&audio);
    close_passing(&file);
    return status;
}

const att_medium att_music_world = {.name = "music",
    .version = 1,
    .kinds = kinds,
    .media_types = media_types,
    .measures = measures,
    .measure_count = ATT_COUNT_OF(measures),
    .wishes = att_music_wishes,
    .wish_count = ATT_MUSIC_WISH_COUNT,
    .read_value = read_key,
    .understand = understand,
    .make = make,
    .analyse = analyse,
    .open = open_beside,
    .close = close_beside,
    .check = check};
