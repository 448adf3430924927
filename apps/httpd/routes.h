// SPDX-License-Identifier: Apache-2.0
// httpd/routes.h - handlers by topic, and what they share.
#ifndef ATT_HTTPD_ROUTES_H
#define ATT_HTTPD_ROUTES_H

#include "httpd.h"

// Shapes of answers that several routes give (shapes.c).
extern const shape httpd_shape_slate, httpd_shape_explanation, httpd_shape_person, httpd_shape_item, httpd_shape_items,
    httpd_shape_event, httpd_shape_added, httpd_shape_ingested, httpd_shape_request, httpd_shape_explain, httpd_shape_control,
    httpd_shape_controlled, httpd_shape_forgotten, httpd_shape_health, httpd_shape_ready, httpd_shape_takedown, httpd_shape_taken, httpd_shape_delete_query, httpd_shape_deleted,
    httpd_shape_policy, httpd_shape_policy_checked, httpd_shape_item_query, httpd_shape_problem, httpd_shape_status, httpd_shape_context, httpd_shape_terms;
// shapes_learn.c
extern const shape httpd_shape_choice_request, httpd_shape_choice, httpd_shape_choices, httpd_shape_reward, httpd_shape_rewarded,
    httpd_shape_display, httpd_shape_displayed, httpd_shape_models, httpd_shape_trial, httpd_shape_model_reason, httpd_shape_model_in_force;
extern const shape httpd_shape_demo; // routes_demo.c

// shapes_jobs.c, shapes_measure.c
extern const shape httpd_shape_job_request, httpd_shape_job_summary, httpd_shape_jobs, httpd_shape_job, httpd_shape_experiment,
    httpd_shape_experiments, httpd_shape_assignment, httpd_shape_exposure, httpd_shape_exposed, httpd_shape_readout_query,
    httpd_shape_timeline_query, httpd_shape_readout, httpd_shape_timeline, httpd_shape_longrun_query, httpd_shape_longrun;
// routes_look.c
extern const shape httpd_shape_limit_query, httpd_shape_back_query, httpd_shape_map_query, httpd_shape_taste_query, httpd_shape_neighbours,
    httpd_shape_shown_page, httpd_shape_past_page, httpd_shape_map, httpd_shape_taste;
void httpd_item_neighbours(httpd_exchange *x);
void httpd_item_shown(httpd_exchange *x);
void httpd_person_history(httpd_exchange *x);
void httpd_person_taste(httpd_exchange *x);
void httpd_map_get(httpd_exchange *x);
// routes_policies.c
extern const shape httpd_shape_policy_query, httpd_shape_policy_reason, httpd_shape_policies, httpd_shape_policy_made;
void httpd_policies_get(httpd_exchange *x);
void httpd_policy_version_get(httpd_exchange *x);
void httpd_policy_stage(httpd_exchange *x);
void httpd_policy_activate(httpd_exchange *x);
void httpd_policy_discard(httpd_exchange *x);
void httpd_policy_rollback(httpd_exchange *x);
// Of a list that is walked row by row, what "offset" and "limit" of the query ask for (routes_queue.c).
typedef struct httpd_page {
    size_t skip, left;
    bool more; // there are rows behind it
} httpd_page;
httpd_page httpd_page_of(const httpd_exchange *x);
bool httpd_page_takes(httpd_page *page); // the next row is in it; false: walk on while there is not more
bool httpd_read_version(httpd_exchange *x, uint64_t *out); // of the path, 1 or more; false: answered with 404
att_text httpd_by_of(const httpd_exchange *x);             // "by" of the body; left out: the key's name
void httpd_write_policy(httpd_exchange *x, const att_policy *policy); // as commented YAML
// The body, read over the policy in force: only the keys that change need be given.
att_status httpd_parse_policy(httpd_exchange *x, att_policy *policy, att_error *err);
// shapes_queue.c
extern const shape httpd_shape_case_query, httpd_shape_cases, httpd_shape_case, httpd_shape_case_decision, httpd_shape_case_appeal, httpd_shape_case_appealed,
    httpd_shape_case_report, httpd_shape_case_reported, httpd_shape_case_hold, httpd_shape_case_held;
extern const shape httpd_shape_text_check, httpd_shape_text_checked;
void httpd_text_check(httpd_exchange *x); // routes_text.c
// shapes_generate.c, routes_generate.c
extern const shape httpd_shape_brief_request, httpd_shape_generated, httpd_shape_generation_query, httpd_shape_generations, httpd_shape_generation,
    httpd_shape_candidate, httpd_shape_making_report;
void httpd_generation_post(httpd_exchange *x); // routes_jobs.c
void httpd_generations_get(httpd_exchange *x);
void httpd_generation_get(httpd_exchange *x);
void httpd_item_making(httpd_exchange *x);
void httpd_item_asset(httpd_exchange *x);
void httpd_item_plan(httpd_exchange *x);
void httpd_item_analysis(httpd_exchange *x);
void httpd_making_report(httpd_exchange *x);
att_status httpd_generate_work(att_engine *engine, const att_host *host, const json_t *request, httpd_out *result, att_error *err);
#ifdef ATT_MUSIC
// shapes_sounds.c, routes_sounds.c, sound_work.c
extern const shape httpd_shape_sound, httpd_shape_made_sound, httpd_shape_sound_deleted, httpd_shape_sound_task, httpd_shape_sound_job, httpd_shape_sound_result;
void httpd_sound_post(httpd_exchange *x);
void httpd_sound_get(httpd_exchange *x);
void httpd_sound_delete(httpd_exchange *x);
void httpd_sound_content(httpd_exchange *x);
void httpd_sound_job_post(httpd_exchange *x); // routes_jobs.c
// What a task lacks, and the field; NULL: nothing. `text` has room for a sentence.
const char *httpd_sound_task_fault(const json_t *task, char text[200]);
bool httpd_sound_there(httpd_exchange *x); // the sound of the path; false: answered with 404
// shapes_songs.c, sound_compose.c
extern const shape httpd_shape_song_task, httpd_shape_composed;
const char *httpd_compose_fault(const json_t *task, char text[200]); // likewise
att_status httpd_compose_work(att_engine *engine, const att_host *host, const json_t *request, httpd_out *result, att_error *err);
att_status httpd_sound_work(att_engine *engine, const att_host *host, const json_t *request, httpd_out *result, att_error *err);
#endif
const char *httpd_subject_name(unsigned subject); // NULL ends them
const char *httpd_compare_name(unsigned compare); // NULL ends them

void httpd_write_json(httpd_out *o, json_t *value); // takes the value; NULL counts as memory that ran out
// What the library refuses though the shape was right: ATT_INVALID becomes `http`, with the field that the story begins
// with ("NAME:LINE: FIELD: …" or "FIELD: …"); any other status as in httpd_failed. ATT_OK: nothing is done.
void httpd_refused(httpd_exchange *x, att_status status, int http, const att_error *err);
// What a reader of events or items refuses, as 400 with the field at fault; `line` of a batch, otherwise 0.
void httpd_wire_refused(httpd_exchange *x, size_t line, const att_wire_fault *fault, const att_error *err);
void httpd_write_slate(httpd_out *o, const att_slate *slate);
void httpd_write_trial(httpd_out *o, const char *key, const att_duel *trial); // null where there was none
// Made when it is first needed; false: answered with a problem.
bool httpd_need_slate_memory(httpd_exchange *x);
// "context" of the body; what is left out is not known.
void httpd_read_context(const json_t *body, att_context *context);
// The next line of an NDJSON body that is not blank. False: no more.
bool httpd_next_line(att_text *rest, att_text *line, size_t *number);
// Room for an entry a line; NULL: answered.
void *httpd_need_batch(httpd_exchange *x, size_t item_size, size_t *count);
// 16 hexadecimal digits as decisions are written. False: answered with 400.
bool httpd_read_decision(httpd_exchange *x, const json_t *body, const char *name, uint64_t *out);

void httpd_health(httpd_exchange *x);
void httpd_ready(httpd_exchange *x);
void httpd_metrics(httpd_exchange *x);
void httpd_document(httpd_exchange *x);
void httpd_status(httpd_exchange *x);
void httpd_demo(httpd_exchange *x); // routes_demo.c

void httpd_event_post(httpd_exchange *x);
void httpd_events_batch(httpd_exchange *x);

void httpd_decision_post(httpd_exchange *x);
void httpd_explain(httpd_exchange *x);

void httpd_choice_post(httpd_exchange *x);
void httpd_choices_get(httpd_exchange *x);
void httpd_reward_post(httpd_exchange *x);
void httpd_rewards_batch(httpd_exchange *x);
void httpd_display_post(httpd_exchange *x);

void httpd_models_get(httpd_exchange *x);
void httpd_model_activate(httpd_exchange *x);
void httpd_model_rollback(httpd_exchange *x);

void httpd_job_post(httpd_exchange *x);
void httpd_jobs_get(httpd_exchange *x);
void httpd_job_show(httpd_exchange *x);
void httpd_job_cancel_post(httpd_exchange *x);
void httpd_job_events(httpd_exchange *x);

void httpd_experiments_get(httpd_exchange *x);
void httpd_experiment_get(httpd_exchange *x);
void httpd_experiment_post(httpd_exchange *x);
void httpd_experiment_start(httpd_exchange *x);
void httpd_experiment_stop(httpd_exchange *x);
void httpd_experiment_readout(httpd_exchange *x);
void httpd_experiment_timeline(httpd_exchange *x);
void httpd_holdout_restart(httpd_exchange *x);
void httpd_person_arms(httpd_exchange *x);
void httpd_exposure_post(httpd_exchange *x);

void httpd_queue_get(httpd_exchange *x);
void httpd_case_get(httpd_exchange *x);
void httpd_case_decide(httpd_exchange *x);
void httpd_case_appeal(httpd_exchange *x);
void httpd_case_report(httpd_exchange *x);
void httpd_case_hold(httpd_exchange *x);

void httpd_report_get(httpd_exchange *x);
att_status httpd_report_work(att_engine *engine, const att_host *host, const json_t *request, httpd_out *result, att_error *err);

void httpd_person_get(httpd_exchange *x);
void httpd_person_control(httpd_exchange *x);
void httpd_person_export(httpd_exchange *x);
void httpd_person_forget(httpd_exchange *x);

void httpd_items_get(httpd_exchange *x);
void httpd_item_get(httpd_exchange *x);
void httpd_item_put(httpd_exchange *x);
void httpd_items_batch(httpd_exchange *x);
void httpd_item_delete(httpd_exchange *x);
void httpd_item_takedown(httpd_exchange *x);

void httpd_policy_get(httpd_exchange *x);
void httpd_policy_put(httpd_exchange *x);
void httpd_policy_check(httpd_exchange *x);

#endif
