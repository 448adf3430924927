// SPDX-License-Identifier: Apache-2.0
// httpd/sound_known.c - sounds held against those that are known: which is in it, and may it be let out?
//
// Known are the sounds that a task names, heard anew, or what lies beside the tenant's store: its recordings and its artists, which
// `attune music find --add` and `attune music check --learn` write too, and to which what the engine makes is held (attune/release.h).
#include "sound_job.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// --- What is known ------------------------------------------------------------------------------------------------

typedef struct known {
    att_prints *prints; // NULL: none
    att_styles *styles; // likewise
} known;

static bool path_beside(const sound_job *j, const char *suffix, char out[PATH_MAX])
{
    return snprintf(out, PATH_MAX, "%s%s", att_engine_path(j->engine), suffix) < PATH_MAX;
}

static att_status load_prints(const sound_job *j, const char *path, att_prints **out, att_error *err)
{
    return access(path, F_OK) == 0 ? att_prints_load(out, path, j->host, err) : ATT_OK;
}

static att_status load_styles(const sound_job *j, const char *path, att_styles **out, att_error *err)
{
    return access(path, F_OK) == 0 ? att_styles_load(out, path, j->host, err) : ATT_OK;
}

static att_status hear_all(const sound_job *j, const json_t *hashes, att_prints *out, att_error *err)
{
    const json_t *one;
    size_t i;
    att_status status = ATT_OK;
    json_array_foreach((json_t *)hashes, i, one)
    {
        const char *hash = json_string_value(one);
        att_audio audio = {0};
        size_t index;
        if (status || att_prints_named(out, hash, &index))
            continue;
        status = sound_job_load(j, att_text_of(hash), true, &audio, err);
        if (!status)
            status = att_prints_add(out, hash, att_audio_view(&audio), err);
        att_audio_deinit(&audio);
    }
    return status;
}

static att_status know_recordings(const sound_job *j, known *out, att_error *err)
{
    const json_t *among = json_object_get(j->task, "among");
    char path[PATH_MAX];
    if (!path_beside(j, ATT_PROTECTED_SUFFIX, path))
        return sound_job_say(err, ATT_LIMIT, "the store's path is too long");
    if (!among)
        return load_prints(j, path, &out->prints, err);
    const att_status status = att_prints_create(&out->prints, j->host, err);
    return status ? status : hear_all(j, among, out->prints, err);
}

static void forget(known *k)
{
    att_prints_destroy(k->prints);
    att_styles_destroy(k->styles);
}

// --- Add to it ----------------------------------------------------------------------------------------------------

static void write_known(sound_job *j, const char *name, bool added, const att_prints *prints, const att_styles *styles)
{
    httpd_out *o = &j->known;
    out_open(o, '{');
    out_key_string(o, "name", name);
    out_key_bool(o, "added", added);
    out_key_whole(o, "recordings", prints ? att_prints_count(prints) : 0);
    out_key_whole(o, "works", styles ? att_styles_works(styles) : 0);
    out_key_whole(o, "artists", styles ? att_styles_artists(styles) : 0);
    out_close(o, '}');
}

static att_status add_recording(sound_job *j, att_sound sound, const char *path, att_error *err)
{
    char name[ATT_PRINT_NAME_MAX + 1], hash[65];
    att_prints *prints = NULL;
    size_t index;
    snprintf(hash, sizeof hash, "%.*s", (int)j->sound.size, j->sound.data);
    sound_job_text(j->task, "name", hash, name, sizeof name);
    att_status status = load_prints(j, path, &prints, err);
    if (!status && !prints)
        status = att_prints_create(&prints, j->host, err);
    const bool is_new = !status && !att_prints_named(prints, name, &index);
    if (is_new)
        status = att_prints_add(prints, name, sound, err);
    if (is_new && !status)
        status = att_prints_save(prints, path, err);
    if (!status)
        write_known(j, name, is_new, prints, NULL);
    att_prints_destroy(prints);
    return status;
}

static att_status add_work(sound_job *j, att_sound sound, const char *path, att_error *err)
{
    char artist[ATT_STYLE_NAME_MAX];
    float embedding[ATT_STYLE_DIM];
    att_styles *styles = NULL;
    sound_job_text(j->task, "artist", "", artist, sizeof artist);
    att_status status = load_styles(j, path, &styles, err);
    if (!status && !styles)
        status = att_styles_create(&styles, 0, j->host, err);
    if (!status)
        status = att_style_of(sound, embedding, j->host, err);
    if (!status)
        status = att_styles_add(styles, artist, embedding, err);
    if (!status)
        status = att_styles_save(styles, path, err);
    if (!status)
        write_known(j, artist, true, NULL, styles);
    att_styles_destroy(styles);
    return status;
}

// A file is read, added to, and written whole under a lock, so of two jobs, or of one and the command line's, none loses what it added.
static att_status add_beside(sound_job *j, const char *suffix, att_status (*add)(sound_job *, att_sound, const char *, att_error *), att_error *err)
{
    char path[PATH_MAX];
    att_audio audio = {0};
    if (!path_beside(j, suffix, path))
        return sound_job_say(err, ATT_LIMIT, "the store's path is too long");
    att_status status = sound_job_load(j, j->sound, true, &audio, err);
    const int lock = status ? -1 : httpd_lock_file(path, err);
    if (!status && lock < 0)
        status = err->status;
    if (!status)
        status = add(j, att_audio_view(&audio), path, err);
    if (lock >= 0)
        close(lock);
    att_audio_deinit(&audio);
    return status;
}

att_status sound_job_know(sound_job *j, att_error *err)
{
    return add_beside(j, ATT_PROTECTED_SUFFIX, add_recording, err);
}

att_status sound_job_learn(sound_job *j, att_error *err)
{
    return add_beside(j, ATT_STYLES_SUFFIX, add_work, err);
}

// --- Find ---------------------------------------------------------------------------------------------------------

void sound_job_write_match(httpd_out *o, const att_prints *prints, const att_print_match *m)
{
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

att_status sound_job_find(sound_job *j, att_error *err)
{
    const att_print_options options = {.score_least = shape_number(j->task, "score", 0)};
    att_print_match found[ATT_PRINT_FOUND_MAX];
    known k = {0};
    att_audio audio = {0};
    size_t count = 0;
    att_status status = know_recordings(j, &k, err);
    if (!status && !k.prints)
        status = sound_job_say(err, ATT_NOT_FOUND, "this store knows no recordings: the action know adds one, or among names some");
    if (!status)
        status = sound_job_load(j, j->sound, true, &audio, err);
    if (!status)
        status = att_prints_find(k.prints, att_audio_view(&audio), &options, found, &count, err);
    for (size_t i = 0; !status && i < count; i++) {
        out_item(&j->matches);
        sound_job_write_match(&j->matches, k.prints, &found[i]);
    }
    att_audio_deinit(&audio);
    forget(&k);
    return status;
}

// --- Check --------------------------------------------------------------------------------------------------------

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
    out_key_text_or_null(o, "nearest_artist", att_text_of(r->nearest_artist));
    out_key_number(o, "nearest_distance", r->nearest_artist[0] ? r->nearest_distance : NAN);
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

// What the store's log of provenance says of the sound instead of the task.
static att_status trace_inputs(const sound_job *j, att_release_trace **out, att_release_rules *rules, att_release_work *work, att_error *err)
{
    char log[PATH_MAX];
    sound_file f;
    if (!path_beside(j, ATT_PROVENANCE_SUFFIX, log))
        return sound_job_say(err, ATT_LIMIT, "the store's path is too long");
    att_status status = httpd_sound_open(&f, j->engine, j->sound, err);
    if (!status)
        status = att_release_trace_create(out, log, f.path, j->host, err);
    status = httpd_sound_close(&f, status, err);
    if (status)
        return status;
    work->inputs = att_release_trace_inputs(*out, &work->input_count);
    rules->inputs_needed = !att_release_trace_known(*out);
    return ATT_OK;
}

static att_status know_all(const sound_job *j, known *out, att_error *err)
{
    char path[PATH_MAX];
    att_status status = know_recordings(j, out, err); // looks at the length of the path too
    if (!status && path_beside(j, ATT_STYLES_SUFFIX, path))
        status = load_styles(j, path, &out->styles, err);
    if (!status && !out->prints && !out->styles && !json_object_get(j->task, "inputs") && !shape_bool(j->task, "provenance", false))
        return sound_job_say(err, ATT_NOT_FOUND, "there is nothing to check it against: this store knows no recordings and no artists; among, inputs or provenance say what else");
    return status;
}

att_status sound_job_check(sound_job *j, att_error *err)
{
    told_inputs *t = j->host->resize(j->host->user, NULL, 0, sizeof *t);
    att_release_rules rules = {.deny_score = shape_number(j->task, "score", 0), .style_floor = shape_number(j->task, "floor", 0)};
    att_release_work work = {0};
    att_release_trace *trace = NULL;
    known k = {0};
    att_audio audio = {0};
    if (!t)
        return sound_job_say(err, ATT_NO_MEMORY, "memory ran out for a check");
    take_inputs(j->task, t, &rules, &work);
    att_status status = know_all(j, &k, err);
    rules.prints = k.prints;
    rules.styles = k.styles;
    if (!status && shape_bool(j->task, "provenance", false))
        status = trace_inputs(j, &trace, &rules, &work, err);
    if (!status)
        status = sound_job_load(j, j->sound, true, &audio, err);
    work.sound = att_audio_view(&audio);
    if (!status)
        status = att_release_check(&rules, &work, j->host, &t->report, err);
    if (!status)
        write_check(&j->check, &t->report);
    att_audio_deinit(&audio);
    att_release_trace_destroy(trace);
    forget(&k);
    j->host->resize(j->host->user, t, sizeof *t, 0);
    return status;
}
