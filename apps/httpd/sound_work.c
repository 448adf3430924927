// SPDX-License-Identifier: Apache-2.0
// httpd/sound_work.c - what a job does with a sound: hear it, find it, change it, check it.
//
// Each action reads the sound from the tenant's store, and what it makes goes there; nothing is named by a path of this machine. The
// result has the same keys whatever was done; a list is empty and an object null where they are another action's.
#include "sounds.h"

#include "say/say.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct sound_job {
    att_engine *engine;
    const att_host *host;
    const json_t *task;
    att_text sound; // its hash
    // Written by the action, put together at the end.
    httpd_out analysis, beats, made, stems, mastered, matches, check;
} sound_job;

static bool is(const json_t *task, const char *name, const char *value)
{
    return att_text_equal(shape_text(task, name), att_text_of(value));
}

static att_status say(att_error *err, att_status status, const char *text)
{
    err->status = status;
    snprintf(err->text, sizeof err->text, "%s", text);
    return status;
}

static void text_into(const json_t *task, const char *name, const char *otherwise, char *out, size_t size)
{
    const att_text text = shape_text(task, name);
    snprintf(out, size, "%.*s", text.size ? (int)text.size : (int)strlen(otherwise), text.size ? text.data : otherwise);
}

const char *httpd_sound_task_fault(const json_t *task, char text[200])
{
    const struct {
        const char *action, *field, *other;
    } needs[] = {{"stretch", "ratio", "pitch_cents"}, {"master", "profile", "profile_yaml"}, {"find", "among", "among"}};
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++)
        if (is(task, "action", needs[i].action) && !json_object_get(task, needs[i].field) && !json_object_get(task, needs[i].other)) {
            const bool alone = strcmp(needs[i].field, needs[i].other) == 0;
            snprintf(text, 200, "%s needs it%s%s", needs[i].action, alone ? "" : ", or ", alone ? "" : needs[i].other);
            return needs[i].field;
        }
    if (is(task, "action", "remix") && !json_object_get(task, "context") && !json_object_get(task, "gains") && !json_object_get(task, "mute"))
        return snprintf(text, 200, "remix needs it, or gains or mute"), "context";
    if (is(task, "action", "check") && !json_object_get(task, "among") && !json_object_get(task, "inputs"))
        return snprintf(text, 200, "check needs it, or inputs"), "among";
    return NULL;
}

// --- Sounds in and out --------------------------------------------------------------------------------------------

static att_status load(const sound_job *j, att_text hash, bool mono, att_audio *out, att_error *err)
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

static att_status keep(sound_job *j, const char *name, const att_audio *made, att_error *err)
{
    sound_about about;
    char format[8];
    text_into(j->task, "format", "flac", format, sizeof format);
    const att_status status = httpd_sound_keep(&about, j->engine, att_audio_view(made), format, j->host, err);
    if (status)
        return status;
    out_item(&j->made);
    out_open(&j->made, '{');
    out_key_string(&j->made, "name", name);
    httpd_write_sound(&j->made, &about);
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

static att_status analyze(sound_job *j, att_error *err)
{
    att_music_analysis found;
    att_music_details details = {0};
    sound_file f;
    att_status status = httpd_sound_open(&f, j->engine, j->sound, err);
    if (!status)
        status = att_music_analyse_file(f.path, 0, &found, &details, j->host, err);
    status = httpd_sound_close(&f, status, err);
    if (!status)
        httpd_write_json(&j->analysis, say_music(&found));
    if (!status && shape_bool(j->task, "beats", false))
        write_beats(&j->beats, &details);
    att_music_details_deinit(&details);
    return status;
}

// --- Find and check -----------------------------------------------------------------------------------------------

// The sounds that the task names, known by their hashes.
static att_status know(const sound_job *j, att_prints **out, att_error *err)
{
    const json_t *among = json_object_get(j->task, "among"), *one;
    size_t i;
    att_status status = att_prints_create(out, j->host, err);
    json_array_foreach((json_t *)among, i, one)
    {
        const char *hash = json_string_value(one);
        att_audio audio = {0};
        size_t index;
        if (status || att_prints_named(*out, hash, &index))
            continue;
        status = load(j, att_text_of(hash), true, &audio, err);
        if (!status)
            status = att_prints_add(*out, hash, att_audio_view(&audio), err);
        att_audio_deinit(&audio);
    }
    return status;
}

static void write_match(httpd_out *o, const att_prints *prints, const att_print_match *m)
{
    out_item(o);
    out_open(o, '{');
    out_key_text(o, "sound", att_prints_get(prints, m->index).name);
    out_key_number(o, "from_s", m->from_s);
    out_key_number(o, "to_s", m->to_s);
    out_key_number(o, "there_from_s", m->there_from_s);
    out_key_number(o, "there_to_s", m->there_to_s);
    out_key_number(o, "tempo", m->tempo);
    out_key_number(o, "pitch_semitones", m->pitch_semitones);
    out_key_number(o, "score", m->score);
    out_key_number(o, "shared", m->shared);
    out_close(o, '}');
}

static att_status find(sound_job *j, att_error *err)
{
    const att_print_options options = {.score_least = shape_number(j->task, "score", 0)};
    att_print_match found[ATT_PRINT_FOUND_MAX];
    att_prints *prints = NULL;
    att_audio audio = {0};
    size_t count = 0;
    att_status status = know(j, &prints, err);
    if (!status)
        status = load(j, j->sound, true, &audio, err);
    if (!status)
        status = att_prints_find(prints, att_audio_view(&audio), &options, found, &count, err);
    for (size_t i = 0; !status && i < count; i++)
        write_match(&j->matches, prints, &found[i]);
    att_audio_deinit(&audio);
    att_prints_destroy(prints);
    return status;
}

static void write_check(httpd_out *o, const att_release_report *r)
{
    out_open(o, '{');
    out_key_string(o, "verdict", att_release_verdict_name(r->verdict));
    out_key(o, "reasons");
    out_open(o, '[');
    for (size_t i = 0; i < r->reason_count; i++) {
        out_item(o);
        out_open(o, '{');
        out_key_string(o, "rule", att_release_rule_name(r->reasons[i].rule));
        out_key_string(o, "verdict", att_release_verdict_name(r->reasons[i].verdict));
        out_key_text_or_null(o, "name", att_text_of(r->reasons[i].name));
        out_key_number(o, "value", r->reasons[i].value);
        out_key_number(o, "limit", r->reasons[i].limit);
        out_close(o, '}');
    }
    out_close(o, ']');
    out_close(o, '}');
}

enum { INPUTS_MAX = 256, OPTED_OUT_MAX = 1024 }; // as the shape has them

typedef struct told_inputs {
    att_release_input inputs[INPUTS_MAX];
    const char *opted_out[OPTED_OUT_MAX];
    att_release_report report;
} told_inputs;

static void take_inputs(const json_t *task, told_inputs *t, att_release_rules *rules, att_release_work *work)
{
    const json_t *inputs = json_object_get(task, "inputs"), *opted_out = json_object_get(task, "opted_out"), *one;
    size_t i;
    json_array_foreach((json_t *)inputs, i, one)
        if (i < INPUTS_MAX)
            t->inputs[work->input_count++] = (att_release_input){json_string_value(json_object_get(one, "name")),
                json_string_value(json_object_get(one, "licence")), shape_bool(one, "opted_out", false)};
    json_array_foreach((json_t *)opted_out, i, one)
        if (i < OPTED_OUT_MAX)
            t->opted_out[rules->opted_out_count++] = json_string_value(one);
    work->inputs = t->inputs;
    rules->opted_out = t->opted_out;
    rules->inputs_needed = inputs != NULL;
}

static att_status check(sound_job *j, att_error *err)
{
    told_inputs *t = j->host->resize(j->host->user, NULL, 0, sizeof *t);
    att_release_rules rules = {.deny_score = shape_number(j->task, "score", 0)};
    att_release_work work = {0};
    att_prints *prints = NULL;
    att_audio audio = {0};
    if (!t)
        return say(err, ATT_NO_MEMORY, "memory ran out for a check");
    take_inputs(j->task, t, &rules, &work);
    att_status status = know(j, &prints, err);
    rules.prints = prints;
    if (!status)
        status = load(j, j->sound, true, &audio, err);
    work.sound = att_audio_view(&audio);
    if (!status)
        status = att_release_check(&rules, &work, j->host, &t->report, err);
    if (!status)
        write_check(&j->check, &t->report);
    att_audio_deinit(&audio);
    att_prints_destroy(prints);
    j->host->resize(j->host->user, t, sizeof *t, 0);
    return status;
}

// --- Stretch and master -------------------------------------------------------------------------------------------

static att_status stretch(sound_job *j, att_error *err)
{
    const att_stretch_options options = {.ratio = shape_number(j->task, "ratio", 1), .pitch_cents = shape_number(j->task, "pitch_cents", 0)};
    att_audio in = {0}, made = {0};
    att_status status = load(j, j->sound, false, &in, err);
    if (!status && (double)in.frames * in.channels * options.ratio > (double)HTTPD_SOUND_SAMPLES_MAX)
        status = say(err, ATT_LIMIT, "ratio: so much longer it has more samples than are made here");
    if (!status)
        status = att_stretch(&made, att_audio_view(&in), &options, j->host, err);
    if (!status)
        status = keep(j, "stretch", &made, err);
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
    text_into(j->task, "profile", "", name, sizeof name);
    att_status status = ATT_OK;
    if (name[0])
        profile = *att_master_preset(name); // the shape has looked
    else
        status = att_master_profile_parse(&profile, shape_text(j->task, "profile_yaml"), "profile_yaml", err);
    if (!status)
        status = load(j, j->sound, false, &in, err);
    if (!status)
        status = att_master(&made, att_audio_view(&in), &profile, &figures, j->host, err);
    if (!status)
        status = keep(j, "master", &made, err);
    if (!status)
        write_mastered(&j->mastered, &profile, &figures);
    att_audio_deinit(&in);
    att_audio_deinit(&made);
    return status;
}

// --- Stems and remix ----------------------------------------------------------------------------------------------

static void write_stem(httpd_out *o, att_stem stem, double expected_db, double gain_db, bool limited)
{
    out_item(o);
    out_open(o, '{');
    out_key_string(o, "stem", att_stem_name(stem));
    out_key_number(o, "expected_db", expected_db);
    out_key_number(o, "gain_db", gain_db);
    out_key_bool(o, "limited", limited);
    out_close(o, '}');
}

static att_status split(sound_job *j, att_stems *out, att_error *err)
{
    const att_stems_options options = {.method = is(j->task, "method", "classical") ? ATT_STEMS_CLASSICAL : ATT_STEMS_NETWORK};
    att_audio in = {0};
    *out = (att_stems){0};
    att_status status = load(j, j->sound, false, &in, err);
    if (!status)
        status = att_stems_separate(out, att_audio_view(&in), &options, j->host, err);
    att_audio_deinit(&in);
    return status;
}

static att_status stems(sound_job *j, att_error *err)
{
    att_stems parts;
    att_status status = split(j, &parts, err);
    for (unsigned s = 0; !status && s < ATT_STEM_COUNT; s++) {
        status = keep(j, att_stem_name((att_stem)s), &parts.stem[s], err);
        write_stem(&j->stems, (att_stem)s, parts.expected_db[s], 0, false);
    }
    att_stems_deinit(&parts);
    return status;
}

static void take_gains(const json_t *task, att_remix_options *out)
{
    const json_t *gains = json_object_get(task, "gains");
    (void)att_remix_preset(shape_text(task, "context"), out->gain_db); // left out: none is found
    for (unsigned s = 0; s < ATT_STEM_COUNT; s++) {
        const char *name = att_stem_name((att_stem)s);
        out->gain_db[s] = gains ? shape_number(gains, name, out->gain_db[s]) : out->gain_db[s];
        if (is(task, "mute", name))
            out->gain_db[s] = -HUGE_VAL;
    }
}

static att_status remix(sound_job *j, att_error *err)
{
    att_remix_options options = {0};
    att_remix_told told;
    att_stems parts;
    att_audio made = {0};
    take_gains(j->task, &options);
    att_status status = split(j, &parts, err);
    if (!status)
        status = att_stems_remix(&made, &parts, &options, j->host, &told, err);
    if (!status)
        status = keep(j, "remix", &made, err);
    for (unsigned s = 0; !status && s < ATT_STEM_COUNT; s++)
        write_stem(&j->stems, (att_stem)s, parts.expected_db[s], told.gain_db[s], told.limited[s]);
    att_stems_deinit(&parts);
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
    put_or_null(o, "analysis", &j->analysis);
    put_or_null(o, "mastered", &j->mastered);
    put_or_null(o, "check", &j->check);
    out_key_list(o, "beats", &j->beats);
    out_key_list(o, "made", &j->made);
    out_key_list(o, "stems", &j->stems);
    out_key_list(o, "matches", &j->matches);
    out_close(o, '}');
}

att_status httpd_sound_work(att_engine *engine, const att_host *host, const json_t *request, httpd_out *result, att_error *err)
{
    static const struct {
        const char *name;
        att_status (*run)(sound_job *j, att_error *err);
    } actions[] = {{"analyze", analyze}, {"find", find}, {"stretch", stretch}, {"stems", stems}, {"remix", remix}, {"master", master}, {"check", check}};
    const json_t *task = json_object_get(request, "sound");
    sound_job j = {.engine = engine, .host = host, .task = task, .sound = shape_text(task, "sound")};
    att_status status = ATT_INVALID;
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (is(task, "action", actions[i].name))
            status = actions[i].run(&j, err);
    if (!status)
        write_result(&j, result);
    httpd_out *const parts[] = {&j.analysis, &j.beats, &j.made, &j.stems, &j.mastered, &j.matches, &j.check};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        out_free(parts[i]);
    return status;
}
