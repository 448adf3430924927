// SPDX-License-Identifier: Apache-2.0
// httpd/sound_stems.c - a sound split into stems, and mixed again: what was asked, what was given, how far each may go, and what
// situations would ask for.
#include "sound_job.h"

#include <math.h>

enum { COLOUR_SECONDS_MAX = 600 }; // of a sound whose colour a stem takes on

static att_status split(sound_job *j, att_stems *out, att_error *err)
{
    const att_stems_options options = {.method = sound_job_is(j->task, "method", "classical") ? ATT_STEMS_CLASSICAL : ATT_STEMS_NETWORK};
    att_audio in = {0};
    *out = (att_stems){0};
    att_status status = sound_job_load(j, j->sound, false, &in, err);
    if (!status)
        status = att_music_loudness(att_audio_view(&in), &j->loudness_lufs, err);
    if (!status)
        status = att_stems_separate(out, att_audio_view(&in), &options, j->host, err);
    att_audio_deinit(&in);
    return status;
}

// --- Telling ------------------------------------------------------------------------------------------------------

static void write_stem(httpd_out *o, unsigned stem, double expected_db, double asked_db, const att_remix_told *told)
{
    double least_db, most_db;
    att_remix_limits(expected_db, &least_db, &most_db);
    out_item(o);
    out_open(o, '{');
    out_key_string(o, "stem", att_stem_name((att_stem)stem));
    out_key_number(o, "expected_db", expected_db);
    out_key_number(o, "least_db", least_db);
    out_key_number(o, "most_db", most_db);
    out_key_number(o, "asked_db", asked_db);
    out_key_number(o, "gain_db", told->gain_db[stem]);
    out_key_bool(o, "limited", told->limited[stem]);
    out_key_number(o, "colour_share", told->timbre_share[stem]);
    out_close(o, '}');
}

// The gains that a remix for each situation would give this sound, in whose stems no more trust is than there is.
static void write_contexts(httpd_out *o, const att_stems *parts)
{
    const char *name;
    for (size_t i = 0; (name = att_remix_preset_name(i)); i++) {
        double gain_db[ATT_STEM_COUNT], least_db, most_db;
        (void)att_remix_preset(att_text_of(name), gain_db);
        out_item(o);
        out_open(o, '{');
        out_key_string(o, "context", name);
        for (unsigned s = 0; s < ATT_STEM_COUNT; s++) {
            att_remix_limits(parts->expected_db[s], &least_db, &most_db);
            out_key_number(o, att_stem_name((att_stem)s), fmax(fmin(gain_db[s], most_db), least_db));
        }
        out_close(o, '}');
    }
}

// --- Stems --------------------------------------------------------------------------------------------------------

att_status sound_job_stems(sound_job *j, att_error *err)
{
    static const att_remix_told as_it_is = {0};
    att_stems parts;
    att_status status = split(j, &parts, err);
    for (unsigned s = 0; !status && s < ATT_STEM_COUNT; s++) {
        status = sound_job_keep(j, att_stem_name((att_stem)s), &parts.stem[s], err);
        write_stem(&j->stems, s, parts.expected_db[s], 0, &as_it_is);
    }
    if (!status)
        write_contexts(&j->contexts, &parts);
    att_stems_deinit(&parts);
    return status;
}

// --- Remix --------------------------------------------------------------------------------------------------------

static void take_gains(const json_t *task, double gain_db[ATT_STEM_COUNT])
{
    const json_t *gains = json_object_get(task, "gains");
    (void)att_remix_preset(shape_text(task, "context"), gain_db); // left out: none is found
    for (unsigned s = 0; s < ATT_STEM_COUNT; s++) {
        const char *name = att_stem_name((att_stem)s);
        gain_db[s] = gains ? shape_number(gains, name, gain_db[s]) : gain_db[s];
        if (sound_job_has(task, "mute", name))
            gain_db[s] = -HUGE_VAL;
    }
}

typedef struct colours {
    att_audio sound[ATT_STEM_COUNT];
    att_sound view[ATT_STEM_COUNT];
} colours;

static att_status take_colours(const sound_job *j, colours *c, att_remix_options *out, att_error *err)
{
    const json_t *swap = json_object_get(j->task, "swap");
    att_status status = ATT_OK;
    for (unsigned s = 0; !status && s < ATT_STEM_COUNT; s++) {
        const att_text hash = shape_text(swap, att_stem_name((att_stem)s));
        if (!hash.size)
            continue;
        status = sound_job_load(j, hash, false, &c->sound[s], err);
        c->view[s] = att_audio_view(&c->sound[s]);
        if (!status && c->view[s].frames > (size_t)COLOUR_SECONDS_MAX * c->view[s].rate_hz)
            c->view[s].frames = (size_t)COLOUR_SECONDS_MAX * c->view[s].rate_hz;
        out->timbre[s] = &c->view[s];
    }
    return status;
}

att_status sound_job_remix(sound_job *j, att_error *err)
{
    att_remix_options options = {0};
    att_remix_told told;
    att_stems parts = {0};
    att_audio made = {0};
    colours c = {0};
    take_gains(j->task, options.gain_db);
    att_status status = take_colours(j, &c, &options, err);
    if (!status)
        status = split(j, &parts, err);
    if (!status)
        status = att_stems_remix(&made, &parts, &options, j->host, &told, err);
    if (!status)
        status = sound_job_keep(j, "remix", &made, err);
    for (unsigned s = 0; !status && s < ATT_STEM_COUNT; s++)
        write_stem(&j->stems, s, parts.expected_db[s], options.gain_db[s], &told);
    if (!status)
        j->turned_down_db = told.turned_down_db;
    for (unsigned s = 0; s < ATT_STEM_COUNT; s++)
        att_audio_deinit(&c.sound[s]);
    att_stems_deinit(&parts);
    att_audio_deinit(&made);
    return status;
}
