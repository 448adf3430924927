// SPDX-License-Identifier: Apache-2.0
// httpd/sound_compose.c - a song or a loop composed as it is asked for, option by option: checked, played, and kept as sounds.
//
// What is to be shown to people is made from a brief instead (routes_generate.c), judged, and put into the catalogue.
#include "sound_job.h"

#include "say/say.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_SIZE = 256, BREACHES_TOLD = 20 };

typedef struct composing {
    sound_job job; // its task is the song's
    att_music_brief brief;
    att_render_options options;
    char folder[HTTPD_FOLDER_SIZE], style[TEXT_SIZE], key[TEXT_SIZE], form[TEXT_SIZE], scale[PATH_MAX], keymap[PATH_MAX]; // what the brief points to
    att_score score;
    att_breach items[BREACHES_TOLD];
    att_breaches breaches;
    att_rendered sound;
    att_seam seam;
    att_tuning_measured tuning;
    char midi[65];
} composing;

// --- What is asked for --------------------------------------------------------------------------------------------

static const char *text_or_null(const json_t *task, const char *name, char *out, size_t size)
{
    sound_job_text(task, name, "", out, size);
    return out[0] ? out : NULL;
}

// The library reads Scala's files by path: the text becomes a file of the folder.
static att_status write_text(const composing *c, const char *field, const char *ending, char path[PATH_MAX], att_error *err)
{
    const att_text text = shape_text(c->job.task, field);
    if (!text.size)
        return ATT_OK;
    snprintf(path, PATH_MAX, "%s/%s%s", c->folder, field, ending);
    FILE *file = fopen(path, "wb");
    const bool good = file && fwrite(text.data, 1, text.size, file) == text.size;
    if ((file && fclose(file) != 0) || !good)
        return sound_job_say(err, ATT_IO, strerror(errno));
    return ATT_OK;
}

static void remove_folder(const composing *c)
{
    static const char *const files[] = {"scala.scl", "keymap.kbm", "notes.mid"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", c->folder, files[i]);
        unlink(path);
    }
    rmdir(c->folder);
}

// NULL: this machine does not have it.
static const char *font_named(att_text name)
{
    const char *path;
    for (size_t i = 0; (path = att_sound_font_at(i)); i++)
        if (att_text_equal(att_text_of(strrchr(path, '/') + 1), name) && access(path, R_OK) == 0)
            return path;
    return NULL;
}

static att_status take_song(composing *c, att_error *err)
{
    static const char *const tastes[ATT_MUSIC_TASTE_COUNT] = {"density", "syncopation", "colour", "repetition", "brightness"};
    const json_t *o = c->job.task;
    c->brief = (att_music_brief){.style = text_or_null(o, "style", c->style, sizeof c->style), .key = text_or_null(o, "key", c->key, sizeof c->key),
        .form = text_or_null(o, "form", c->form, sizeof c->form), .tempo_bpm = shape_number(o, "tempo_bpm", 0), .bars = (uint32_t)shape_whole(o, "bars", 0),
        .energy = shape_number(o, "energy", 0), .mood = shape_number(o, "mood", 0), .vocals = shape_bool(o, "vocals", false), .loop = shape_bool(o, "loop", false),
        .seed = (uint64_t)shape_whole(o, "seed", 1), .attempts_max = (uint32_t)shape_whole(o, "attempts", 0), .search_ms_max = (uint32_t)shape_whole(o, "search_ms", 0)};
    c->brief.length_s = c->brief.bars ? 0 : 60 * shape_number(o, "minutes", 0);
    for (int i = 0; i < ATT_MUSIC_TASTE_COUNT; i++)
        c->brief.taste[i] = shape_number(o, tastes[i], 0);
    c->options = (att_render_options){.rate_hz = (uint32_t)shape_whole(o, "rate_hz", 44100), .stems = shape_bool(o, "stems", false),
        .loudness_lufs = shape_number(o, "loudness_lufs", 0)};
    c->options.sound_font = font_named(shape_text(o, "sound_font"));
    sound_job_text(o, "scale", "", c->scale, sizeof c->scale); // a preset's name: the shape has looked
    att_status status = write_text(c, "scala", ".scl", c->scale, err);
    if (!status)
        status = write_text(c, "keymap", ".kbm", c->keymap, err);
    c->brief.scale = c->scale[0] ? c->scale : NULL;
    c->brief.keymap = c->keymap[0] ? c->keymap : NULL;
    return status;
}

const char *httpd_compose_fault(const json_t *task, char text[200])
{
    if (json_object_get(task, "scale") && json_object_get(task, "scala"))
        return snprintf(text, 200, "tells a scale, as scala does: one of them"), "scale";
    if (json_object_get(task, "keymap") && !json_object_get(task, "scala") && !json_object_get(task, "scale"))
        return snprintf(text, 200, "belongs to a scale"), "keymap";
    if (json_object_get(task, "minutes") && json_object_get(task, "bars"))
        return snprintf(text, 200, "tells the length, as bars does: one of them"), "minutes";
    const att_text font = shape_text(task, "sound_font");
    if (font.size && !font_named(font))
        return snprintf(text, 200, "this machine does not have \"%.*s\"", (int)font.size, font.data), "sound_font";
    return NULL;
}

// --- What becomes of it -------------------------------------------------------------------------------------------

static att_status is_short_enough(const composing *c, att_error *err)
{
    const double samples = (att_score_length_s(&c->score) + 4) * c->options.rate_hz * 2 * (c->options.stems ? 1 + ATT_STEM_COUNT : 1);
    return samples <= (double)HTTPD_SOUND_SAMPLES_MAX ? ATT_OK : sound_job_say(err, ATT_LIMIT, "minutes: so long a song, with its stems, has more samples than are made here");
}

static att_status keep_notes(composing *c, att_error *err)
{
    char path[PATH_MAX];
    sound_about about;
    snprintf(path, sizeof path, "%s/notes.mid", c->folder);
    att_status status = att_score_write_midi(&c->score, path, c->job.host, err);
    if (!status)
        status = httpd_sound_keep_file(&about, c->job.engine, path, err);
    if (!status)
        memcpy(c->midi, about.hash, sizeof c->midi);
    return status;
}

static att_status keep_sounds(composing *c, att_error *err)
{
    att_status status = sound_job_keep(&c->job, c->brief.loop ? "loop" : "song", &c->sound.mix, err);
    for (unsigned s = 0; !status && s < ATT_STEM_COUNT; s++)
        if (c->sound.stem[s].samples)
            status = sound_job_keep(&c->job, att_stem_name((att_stem)s), &c->sound.stem[s], err);
    return status;
}

static att_status play(composing *c, att_error *err)
{
    att_status status = is_short_enough(c, err);
    if (!status)
        status = att_score_render(&c->sound, &c->score, &c->options, c->job.host, err);
    if (!status && c->brief.loop)
        status = att_seam_measure(att_audio_view(&c->sound.mix), c->score.bars, &c->seam, c->job.host, err);
    if (!status)
        status = keep_sounds(c, err);
    if (!status && shape_bool(c->job.task, "measure", false))
        status = att_tuning_measure(&c->score, &c->options, &c->tuning, c->job.host, err);
    return status;
}

static void write_part(httpd_out *o, const char *key, bool there, json_t *value)
{
    out_key(o, key);
    if (!there)
        json_decref(value);
    httpd_write_json(o, there ? value : json_null());
}

static void write_composed(composing *c, httpd_out *o)
{
    json_t *song = say_song(&c->score, &c->breaches);
    if (!c->score.scale[0])
        json_object_set_new(song, "scale", json_null());
    out_open(o, '{');
    write_part(o, "song", true, song);
    write_part(o, "seam", c->brief.loop && c->sound.mix.samples, say_seam(&c->seam));
    write_part(o, "tuning", c->tuning.count > 0, say_tuning(&c->tuning));
    out_key_text_or_null(o, "midi", att_text_of(c->midi));
    const char *font = c->sound.sound_font ? c->sound.sound_font : "", *slash = strrchr(font, '/');
    out_key_text_or_null(o, "sound_font", att_text_of(slash ? slash + 1 : font)); // its name, no path of this machine
    out_key_whole(o, "played", c->sound.played);
    out_key_list(o, "made", &c->job.made);
    out_close(o, '}');
}

// A story names the field, never the folder.
static att_status without_folder(const composing *c, att_status status, att_error *err)
{
    const size_t size = strlen(c->folder) + 1;
    char *at = status && size > 1 ? strstr(err->text, c->folder) : NULL;
    if (at && strlen(at) >= size)
        memmove(at, at + size, strlen(at + size) + 1);
    return status;
}

att_status httpd_compose_work(att_engine *engine, const att_host *host, const json_t *request, httpd_out *result, att_error *err)
{
    composing *c = host->resize(host->user, NULL, 0, sizeof *c);
    if (!c)
        return sound_job_say(err, ATT_NO_MEMORY, "memory ran out for a song");
    *c = (composing){.job = {.engine = engine, .host = host, .task = json_object_get(request, "compose")}};
    c->breaches = (att_breaches){.items = c->items, .capacity = BREACHES_TOLD};
    att_status status = httpd_sound_folder(c->folder, err);
    const bool has_folder = !status;
    if (!status)
        status = take_song(c, err);
    if (!status)
        status = att_compose(&c->score, &c->brief, host, err);
    if (!status)
        status = att_score_check(&c->score, &c->breaches, host, err);
    if (!status && shape_bool(c->job.task, "midi", false))
        status = keep_notes(c, err);
    if (!status && !shape_bool(c->job.task, "plan", false))
        status = play(c, err);
    if (!status)
        write_composed(c, result);
    if (has_folder)
        remove_folder(c);
    (void)without_folder(c, status, err);
    out_free(&c->job.made);
    att_rendered_deinit(&c->sound);
    att_score_deinit(&c->score);
    host->resize(host->user, c, sizeof *c, 0);
    return status;
}
