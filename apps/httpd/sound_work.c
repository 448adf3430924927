// SPDX-License-Identifier: Apache-2.0
// httpd/sound_work.c - a job with a sound from its request to its result; hearing, stretching and mastering.
#include "sound_job.h"

#include "say/say.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool sound_job_is(const json_t *task, const char *name, const char *value)
{
    return att_text_equal(shape_text(task, name), att_text_of(value));
}

bool sound_job_has(const json_t *task, const char *name, const char *value)
{
    const json_t *list = json_object_get(task, name), *one;
    size_t i;
    json_array_foreach((json_t *)list, i, one)
        if (strcmp(json_string_value(one), value) == 0)
            return true;
    return false;
}

void sound_job_text(const json_t *task, const char *name, const char *otherwise, char *out, size_t size)
{
    const att_text text = shape_text(task, name);
    snprintf(out, size, "%.*s", text.size ? (int)text.size : (int)strlen(otherwise), text.size ? text.data : otherwise);
}

att_status sound_job_say(att_error *err, att_status status, const char *text)
{
    err->status = status;
    snprintf(err->text, sizeof err->text, "%s", text);
    return status;
}

// --- What a task needs --------------------------------------------------------------------------------------------

static bool names_any(const json_t *task, const char *const *fields)
{
    for (; *fields; fields++)
        if (json_object_get(task, *fields))
            return true;
    return false;
}

const char *httpd_sound_task_fault(const json_t *task, char text[200])
{
    static const struct {
        const char *action, *fields[6]; // one of them
    } needs[] = {{"stretch", {"ratio", "pitch_cents"}}, {"master", {"profile", "profile_yaml"}}, {"learn", {"artist"}},
        {"remix", {"context", "gains", "mute", "swap"}}, {"duplicates", {"among"}}};
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        if (!sound_job_is(task, "action", needs[i].action) || names_any(task, needs[i].fields))
            continue;
        int at = snprintf(text, 200, "%s needs it", needs[i].action);
        for (int f = 1; needs[i].fields[f]; f++)
            at += snprintf(text + at, 200 - (size_t)at, ", or %s", needs[i].fields[f]);
        return needs[i].fields[0];
    }
    if (json_object_get(task, "inputs") && shape_bool(task, "provenance", false))
        return snprintf(text, 200, "tells the same as inputs: one of them"), "provenance";
    return NULL;
}

// --- Sounds in and out --------------------------------------------------------------------------------------------

att_status sound_job_load(const sound_job *j, att_text hash, bool mono, att_audio *out, att_error *err)
{
    // All of it, however slow its samples are: what it may have is measured first.
    const att_audio_read_options options = {.mono = mono, .seconds_max = (double)HTTPD_SOUND_SAMPLES_MAX / ATT_AUDIO_RATE_MIN_HZ};
    att_audio_shape length;
    sound_file f;
    *out = (att_audio){0};
    att_status status = httpd_sound_open(&f, j->engine, hash, err);
    if (!status)
        status = att_audio_measure(&length, f.path, HTTPD_SOUND_SAMPLES_MAX, j->host, err); // before there is memory for it
    if (!status)
        status = att_audio_read(out, f.path, &options, j->host, err);
    return httpd_sound_close(&f, status, err);
}

att_status sound_job_keep(sound_job *j, const char *name, const att_audio *made, att_error *err)
{
    sound_about about;
    char format[8];
    sound_job_text(j->task, "format", "flac", format, sizeof format);
    double loudness_lufs;
    const att_progress keeping = {"keep", 0, 0, "sounds"};
    if (j->host->progress && !j->host->progress(j->host->user, &keeping)) // a job that was cancelled keeps nothing more
        return sound_job_say(err, ATT_CANCELLED, "cancelled");
    att_status status = att_music_loudness(att_audio_view(made), &loudness_lufs, err);
    if (!status)
        status = httpd_sound_keep(&about, j->engine, att_audio_view(made), format, j->host, err);
    if (status)
        return status;
    out_item(&j->made);
    out_open(&j->made, '{');
    out_key_string(&j->made, "name", name);
    httpd_write_sound(&j->made, &about);
    out_key_number(&j->made, "loudness_lufs", loudness_lufs);
    out_close(&j->made, '}');
    return ATT_OK;
}

// --- Analyze ------------------------------------------------------------------------------------------------------

static void write_beats(httpd_out *o, const att_music_details *details)
{
    for (size_t i = 0; i < details->beat_count; i++) {
        out_item(o);
        out_open(o, '{');
        out_key_number(o, "at_s", details->beats[i].at_s);
        out_key_whole(o, "in_bar", details->beats[i].in_bar);
        out_close(o, '}');
    }
}

static void write_analysis(httpd_out *o, const att_music_analysis *found, const att_music_details *details)
{
    json_t *all = say_music(found);
    json_object_set_new(all, "sections", say_sections(details));
    httpd_write_json(o, all);
}

static att_status analyze(sound_job *j, att_error *err)
{
    att_music_analysis found;
    att_music_details details = {0};
    sound_file f;
    att_status status = httpd_sound_open(&f, j->engine, j->sound, err);
    if (!status)
        status = att_music_analyse_file(f.path, shape_number(j->task, "seconds", 0), &found, &details, j->host, err);
    status = httpd_sound_close(&f, status, err);
    if (!status)
        write_analysis(&j->analysis, &found, &details);
    if (!status && shape_bool(j->task, "beats", false))
        write_beats(&j->beats, &details);
    att_music_details_deinit(&details);
    return status;
}

// --- Stretch and master -------------------------------------------------------------------------------------------

static att_status stretch(sound_job *j, att_error *err)
{
    const att_stretch_options options = {.ratio = shape_number(j->task, "ratio", 1), .pitch_cents = shape_number(j->task, "pitch_cents", 0)};
    att_audio in = {0}, made = {0};
    att_status status = sound_job_load(j, j->sound, false, &in, err);
    if (!status && (double)in.frames * in.channels * options.ratio > (double)HTTPD_SOUND_SAMPLES_MAX)
        status = sound_job_say(err, ATT_LIMIT, "ratio: so much longer it has more samples than are made here");
    if (!status)
        status = att_music_loudness(att_audio_view(&in), &j->loudness_lufs, err);
    if (!status)
        status = att_stretch(&made, att_audio_view(&in), &options, j->host, err);
    if (!status)
        status = sound_job_keep(j, "stretch", &made, err);
    att_audio_deinit(&in);
    att_audio_deinit(&made);
    return status;
}

static void write_figures(httpd_out *o, const char *name, const att_master_figures *f)
{
    char key[16];
    att_key_text(f->key, key);
    out_key(o, name);
    out_open(o, '{');
    out_key_number(o, "loudness_lufs", f->loudness_lufs);
    out_key_number(o, "loudness_range_lu", f->loudness_range_lu);
    out_key_number(o, "true_peak_dbtp", f->true_peak_dbtp);
    out_key_number(o, "crest_db", f->crest_db);
    out_key_number(o, "band_low_hz", f->band_low_hz);
    out_key_number(o, "band_high_hz", f->band_high_hz);
    out_key_number(o, "tempo_bpm", f->tempo_bpm > 0 ? f->tempo_bpm : NAN);
    out_key_string(o, "key", key);
    out_close(o, '}');
}

static void write_mastered(httpd_out *o, const att_master_profile *profile, const att_mastered *m)
{
    out_open(o, '{');
    out_key_string(o, "profile", profile->name);
    write_figures(o, "before", &m->before);
    write_figures(o, "after", &m->after);
    out_key_number(o, "compress_ratio", m->ratio);
    out_key_number(o, "gain_db", m->gain_db);
    out_key_number(o, "limit_most_db", m->limit_most_db);
    out_key_bool(o, "identified", m->identified);
    out_close(o, '}');
}

static att_status master(sound_job *j, att_error *err)
{
    char name[64];
    att_master_profile profile = {0};
    att_mastered figures = {0};
    att_audio in = {0}, made = {0};
    sound_job_text(j->task, "profile", "", name, sizeof name);
    att_status status = ATT_OK;
    if (name[0])
        profile = *att_master_preset(name); // the shape has looked
    else
        status = att_master_profile_parse(&profile, shape_text(j->task, "profile_yaml"), "profile_yaml", err);
    if (!status)
        status = sound_job_load(j, j->sound, false, &in, err);
    if (!status)
        status = att_music_loudness(att_audio_view(&in), &j->loudness_lufs, err);
    if (!status)
        status = att_master(&made, att_audio_view(&in), &profile, &figures, j->host, err);
    if (!status)
        status = sound_job_keep(j, "master", &made, err);
    if (!status)
        write_mastered(&j->mastered, &profile, &figures);
    att_audio_deinit(&in);
    att_audio_deinit(&made);
    return status;
}

// --- All of it ----------------------------------------------------------------------------------------------------

static void put_or_null(httpd_out *o, const char *key, const httpd_out *value)
{
    out_key(o, key);
    if (value->size)
        out_raw(o, value->data, value->size);
    else
        out_string(o, "null");
    o->failed |= value->failed;
}

static void write_result(sound_job *j, httpd_out *o)
{
    out_open(o, '{');
    out_key_text(o, "action", shape_text(j->task, "action"));
    out_key_text(o, "sound", j->sound);
    out_key_number(o, "loudness_lufs", j->loudness_lufs);
    out_key_number(o, "turned_down_db", j->turned_down_db);
    put_or_null(o, "analysis", &j->analysis);
    put_or_null(o, "mastered", &j->mastered);
    put_or_null(o, "check", &j->check);
    put_or_null(o, "known", &j->known);
    out_key_list(o, "beats", &j->beats);
    out_key_list(o, "made", &j->made);
    out_key_list(o, "stems", &j->stems);
    out_key_list(o, "contexts", &j->contexts);
    out_key_list(o, "matches", &j->matches);
    out_key_list(o, "duplicates", &j->duplicates);
    out_key_list(o, "clusters", &j->clusters);
    put_or_null(o, "rates", &j->rates);
    out_close(o, '}');
}

att_status httpd_sound_work(att_engine *engine, const att_host *host, const json_t *request, httpd_out *result, att_error *err)
{
    static const struct {
        const char *name;
        att_status (*run)(sound_job *j, att_error *err);
    } actions[] = {{"analyze", analyze}, {"know", sound_job_know}, {"find", sound_job_find}, {"learn", sound_job_learn}, {"stretch", stretch}, {"stems", sound_job_stems}, {"remix", sound_job_remix}, {"master", master},
        {"check", sound_job_check}, {"duplicates", sound_job_duplicates}, {"rates", sound_job_rates}};
    const json_t *task = json_object_get(request, "sound");
    sound_job j = {.engine = engine, .host = host, .task = task, .sound = shape_text(task, "sound"), .loudness_lufs = NAN, .turned_down_db = NAN};
    att_status status = ATT_INVALID;
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (sound_job_is(task, "action", actions[i].name))
            status = actions[i].run(&j, err);
    if (!status)
        write_result(&j, result);
    httpd_out *const parts[] = {&j.analysis, &j.beats, &j.made, &j.stems, &j.contexts, &j.mastered, &j.matches, &j.check, &j.known, &j.duplicates, &j.clusters, &j.rates};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        out_free(parts[i]);
    return status;
}
