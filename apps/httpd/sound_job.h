// SPDX-License-Identifier: Apache-2.0
// httpd/sound_job.h - one job with a sound: what it reads, what it keeps, and the actions that do it.
//
// Each action reads the sound from the tenant's store, and what it makes goes there; nothing is named by a path of this machine. The
// result has the same keys whatever was done; a list is empty and an object null where they are another action's.
#ifndef ATT_HTTPD_SOUND_JOB_H
#define ATT_HTTPD_SOUND_JOB_H

#include "sounds.h"

typedef struct sound_job {
    att_engine *engine;
    const att_host *host;
    const json_t *task;
    att_text sound; // its hash
    // Written by the action, put together at the end.
    httpd_out analysis, beats, made, stems, contexts, mastered, matches, check, known, duplicates, clusters, rates;
    double loudness_lufs, turned_down_db; // NAN: not asked
} sound_job;

bool sound_job_is(const json_t *task, const char *name, const char *value);
// Is the value in the list of this name?
bool sound_job_has(const json_t *task, const char *name, const char *value);
// The text of this name, or the other one when it is left out.
void sound_job_text(const json_t *task, const char *name, const char *otherwise, char *out, size_t size);
att_status sound_job_say(att_error *err, att_status status, const char *text);

att_status sound_job_load(const sound_job *j, att_text hash, bool mono, att_audio *out, att_error *err);
// Measures what was made, keeps it, and tells of it.
att_status sound_job_keep(sound_job *j, const char *name, const att_audio *made, att_error *err);

// sound_stems.c
att_status sound_job_stems(sound_job *j, att_error *err);
att_status sound_job_remix(sound_job *j, att_error *err);
// sound_known.c
att_status sound_job_know(sound_job *j, att_error *err);
att_status sound_job_learn(sound_job *j, att_error *err);
att_status sound_job_find(sound_job *j, att_error *err);
att_status sound_job_check(sound_job *j, att_error *err);
void sound_job_write_match(httpd_out *o, const att_prints *prints, const att_print_match *m); // an object
// sound_rates.c
att_status sound_job_duplicates(sound_job *j, att_error *err);
att_status sound_job_rates(sound_job *j, att_error *err);

#endif
