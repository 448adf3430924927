// SPDX-License-Identifier: Apache-2.0
// apps/cli/song.c - what music compose and music loop share: the brief, the sound, telling of it.
#include "song.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

bool cli_ends_with(const char *text, const char *end)
{
    const size_t size = strlen(text), end_size = strlen(end);
    return size > end_size && strcmp(text + size - end_size, end) == 0;
}

bool cli_song_brief(const cli *c, att_music_brief *out)
{
    static const char *const tastes[ATT_MUSIC_TASTE_COUNT] = {"density", "syncopation", "colour", "repetition", "brightness"};
    uint64_t bars = 0, attempts = 0, search_ms = 0;
    double minutes = 0;
    *out = (att_music_brief){.style = cli_get(c, "style"), .key = cli_get(c, "key"), .form = cli_get(c, "form"), .scale = cli_get(c, "scale"), .keymap = cli_get(c, "keymap"), .vocals = cli_flag(c, "vocals"), .seed = 1};
    if (!cli_must_number(c, "bpm", 30, 300, &out->tempo_bpm) || !cli_must_whole(c, "bars", ATT_SCORE_BARS_MIN, ATT_SCORE_BARS_MAX, &bars) ||
        !cli_must_number(c, "minutes", 0.02, 240, &minutes) || !cli_must_number(c, "energy", 0, 1, &out->energy) ||
        !cli_must_number(c, "mood", -1, 1, &out->mood) || !cli_must_whole(c, "seed", 0, UINT64_MAX, &out->seed) ||
        !cli_must_whole(c, "attempts", 1, 10000, &attempts) || !cli_must_whole(c, "search-ms", 1, 3600000, &search_ms))
        return false;
    for (int i = 0; i < ATT_MUSIC_TASTE_COUNT; i++)
        if (!cli_must_number(c, tastes[i], -1, 1, &out->taste[i]))
            return false;
    out->bars = (uint32_t)bars;
    out->length_s = bars ? 0 : minutes * 60;
    out->attempts_max = (uint32_t)attempts;
    out->search_ms_max = (uint32_t)search_ms;
    return true;
}

bool cli_song_render_options(const cli *c, att_render_options *out)
{
    uint64_t rate_hz = 44100;
    *out = (att_render_options){.sound_font = cli_get(c, "sound-font"), .stems = cli_flag(c, "stems")};
    if (!cli_must_whole(c, "rate", 8000, 96000, &rate_hz) || !cli_must_number(c, "loudness", -60, -5, &out->loudness_lufs))
        return false;
    out->rate_hz = (uint32_t)rate_hz;
    return true;
}

bool cli_song_name_is_fine(const cli *c, const char *out)
{
    static const char *const ends[] = {".mid", ".wav", ".flac", ".ogg"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (!out || cli_ends_with(out, ends[i]))
            return true;
    cli_usage(c, "--out: found \"%s\", expected a name that ends in .wav, .flac, .ogg or .mid", out);
    return false;
}

// song.wav -> song.drums.wav
static void stem_path(char path[4200], const char *out, att_stem stem)
{
    const char *dot = strrchr(out, '.');
    snprintf(path, 4200, "%.*s.%s%s", (int)(dot - out), out, att_stem_name(stem), dot);
}

int cli_song_take(cli *c, cli_origin *origin, const att_render_options *options, const char *out)
{
    const char *font = options->sound_font;
    if (!origin->log || !out)
        return 0;
    for (size_t i = 0; !font && att_sound_font_at(i); i++)
        font = access(att_sound_font_at(i), R_OK) == 0 ? att_sound_font_at(i) : NULL;
    const int code = font && !cli_ends_with(out, ".mid") ? cli_origin_add(c, origin, NULL, font) : 0;
    return code ? code : cli_origin_take(c, origin, "sound font");
}

int cli_song_give(cli *c, const cli_origin *origin, const att_score *score, const att_render_options *options, const char *out)
{
    char maker[ATT_PROVENANCE_NAME_SIZE_MAX + 1], note[160], path[4200];
    if (!origin->log || !out)
        return 0;
    snprintf(note, sizeof note, "composed: %s, %.6g BPM, %u bars, seed %llu", score->style, score->tempo_bpm, score->bars, (unsigned long long)score->seed);
    const att_provenance_entry what = {.kind = ATT_PROVENANCE_OUTPUT, .model = att_text_of(cli_origin_maker(c, origin, NULL, maker))};
    int code = cli_origin_give(c, origin, what, "music", out, note);
    for (int s = 0; !code && options->stems && !cli_ends_with(out, ".mid") && s < ATT_STEM_COUNT; s++) {
        stem_path(path, out, (att_stem)s);
        if (access(path, F_OK) == 0)
            code = cli_origin_give(c, origin, what, "music", path, note);
    }
    return code;
}

static att_status write_stem(const cli *c, att_sound sound, const char *out, att_stem stem, att_error *err)
{
    char path[4200];
    stem_path(path, out, stem);
    return att_audio_write(sound, path, &c->host, err);
}

att_status cli_song_write(const cli *c, const att_rendered *sound, const char *out, att_error *err)
{
    att_status status = att_audio_write(att_audio_view(&sound->mix), out, &c->host, err);
    for (int s = 0; !status && s < ATT_STEM_COUNT; s++)
        if (sound->stem[s].samples)
            status = write_stem(c, att_audio_view(&sound->stem[s]), out, s, err);
    return status;
}

// --- Telling ----------------------------------------------------------------------------------------------------

json_t *cli_song_json(const att_score *s, const att_breaches *b, const char *out)
{
    json_t *all = say_song(s, b);
    if (out)
        json_object_set_new(all, "file", json_string(out));
    return all;
}

static void print_plan(const cli *c, const att_score *s)
{
    size_t chord = 0;
    for (size_t i = 0; i < s->section_count; i++) {
        const att_section *its = &s->sections[i];
        const uint32_t end = (its->first_bar + its->bars) * ATT_BEATS_PER_BAR * ATT_TICKS_PER_BEAT;
        printf("  %sbar %3u  %-7s%s %2u bars, %-9s ", cli_paint(c, "bold"), its->first_bar + 1, att_section_name(its->kind), cli_paint(c, "reset"), its->bars,
            att_cadence_name(its->cadence));
        for (; chord < s->chord_count && s->chords[chord].start_ticks < end; chord++) {
            char name[16];
            printf(" %s", att_chord_name_in(s, s->chords[chord], name));
        }
        printf("\n");
    }
}

static void print_breaches(const att_breaches *b)
{
    for (size_t i = 0; i < b->count && i < b->capacity; i++)
        fprintf(stderr, "  bar %u: %s: %s\n", b->items[i].bar, b->items[i].rule, b->items[i].text);
}

void cli_song_print(const cli *c, const att_score *s, const att_breaches *b, const char *out)
{
    char key[32];
    const double seconds = att_score_length_s(s);
    printf("%s in %s, %g BPM, %u bars, %d:%04.1f, %s, seed %llu\n", s->style, att_music_key_name(s, key), s->tempo_bpm, s->bars, (int)seconds / 60, fmod(seconds, 60),
        cli_count(s->note_count, "note", "notes"), (unsigned long long)s->seed);
    if (s->scale[0])
        printf("  scale %s%s\n", s->scale, s->modal ? ", drone and melody" : "");
    if (cli_flag(c, "plan"))
        print_plan(c, s);
    if (b->count)
        printf("  %s of %zu rules:\n", cli_count(b->count, "breach", "breaches"), b->rules);
    else
        printf("  %zu rules kept\n", b->rules);
    print_breaches(b);
    if (s->stopped_early)
        printf("  the clock ended the search after %s; another run may find another song\n", cli_count(s->attempts, "plan", "plans"));
    if (out)
        printf("  written to %s\n", out);
}
