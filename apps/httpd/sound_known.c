// SPDX-License-Identifier: Apache-2.0
// httpd/sound_known.c - sounds held against those that are known: which is in it, and may it be let out?
#include "sound_job.h"

#include <math.h>


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
        status = sound_job_load(j, att_text_of(hash), true, &audio, err);
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

att_status sound_job_find(sound_job *j, att_error *err)
{
    const att_print_options options = {.score_least = shape_number(j->task, "score", 0)};
    att_print_match found[ATT_PRINT_FOUND_MAX];
    att_prints *prints = NULL;
    att_audio audio = {0};
    size_t count = 0;
    att_status status = know(j, &prints, err);
    if (!status)
        status = sound_job_load(j, j->sound, true, &audio, err);
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

att_status sound_job_check(sound_job *j, att_error *err)
{
    told_inputs *t = j->host->resize(j->host->user, NULL, 0, sizeof *t);
    att_release_rules rules = {.deny_score = shape_number(j->task, "score", 0)};
    att_release_work work = {0};
    att_prints *prints = NULL;
    att_audio audio = {0};
    if (!t)
        return sound_job_say(err, ATT_NO_MEMORY, "memory ran out for a check");
    take_inputs(j->task, t, &rules, &work);
    att_status status = know(j, &prints, err);
    rules.prints = prints;
    if (!status)
        status = sound_job_load(j, j->sound, true, &audio, err);
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

