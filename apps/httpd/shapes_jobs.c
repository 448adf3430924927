// SPDX-License-Identifier: Apache-2.0
// httpd/shapes_jobs.c - jobs and what they come to, field by field.
#include "jobs.h"
#include "routes.h"

static const char *kind_of(unsigned kind)
{
    static const char *const names[] = {"train", "report", "generate",
#ifdef ATT_MUSIC
        "sound", "compose",
#endif
    };
    return kind < sizeof names / sizeof names[0] ? names[kind] : NULL;
}

static const char *model_kind_of(unsigned kind)
{
    static const char *const names[] = {"auto", "als", "ease", "blend"};
    return kind < 4 ? names[kind] : NULL;
}

static const shape_field train_fields[] = {{"kind", SHAPE_TEXT, "auto: chosen by validation", .name_of = model_kind_of},
    {"dim", SHAPE_WHOLE, "dimensions; left out: by validation", 8, 512}, {"threads", SHAPE_WHOLE, "left out: as the service was started", 1, 64},
    {"seed", SHAPE_WHOLE, "left out: from the store's seed and the version", 1, 9e15},
    {"incremental", SHAPE_BOOL, "keep kind and parameters, begin from the vectors of the model in force"},
    {"validated", SHAPE_BOOL, "swap in only what is not worse than the model in force"},
    {"if_needed", SHAPE_BOOL, "only when the policy's section learning says that enough is new; then always validated"}, {0}};
static const shape shape_train = {"TrainOptions", "How to train", train_fields};

static const shape_field request_fields[] = {{"kind", SHAPE_TEXT, "what to do", .name_of = kind_of, .required = true},
    {"key", SHAPE_TEXT, "the same kind and key again finds the job instead of making one", 1, 64},
    {"train", SHAPE_OBJECT, "of a training", .shape = &shape_train},
    {"report", SHAPE_OBJECT, "of a report", .shape = &httpd_shape_longrun_query},
    {"generate", SHAPE_OBJECT, "what to make", .shape = &httpd_shape_brief_request},
#ifdef ATT_MUSIC
    {"sound", SHAPE_OBJECT, "what to do with which sound", .shape = &httpd_shape_sound_job},
    {"compose", SHAPE_OBJECT, "a song, option by option", .shape = &httpd_shape_song_task},
#endif
    {0}};
const shape httpd_shape_job_request = {"JobRequest", "Work that takes a while", request_fields};

#define SUMMARY_FIELDS                                                                                             \
    {"id", SHAPE_TEXT, "id", .required = true}, {"kind", SHAPE_TEXT, "what it does", .name_of = kind_of, .required = true},        \
        {"key", SHAPE_TEXT, "as it was given; null: none", .required = true, .nullable = true},                    \
        {"state", SHAPE_TEXT, "how far it is", .name_of = httpd_job_state_name, .required = true},                 \
        {"cancelling", SHAPE_BOOL, "it was asked to stop", .required = true},                                      \
        {"created_at", SHAPE_TIME, "when it was asked for", .required = true, .nullable = true},                   \
        {"started_at", SHAPE_TIME, "when it began", .required = true, .nullable = true},                           \
        {"ended_at", SHAPE_TIME, "when it ended", .required = true, .nullable = true},                             \
        {"task", SHAPE_TEXT, "what it is at", .required = true}, {"done", SHAPE_WHOLE, "of it, in units", .required = true},       \
        {"total", SHAPE_WHOLE, "0: not known", .required = true}, {"unit", SHAPE_TEXT, "of both", .required = true},       \
        {"problem", SHAPE_TEXT, "why it failed; null when it did not", .required = true, .nullable = true}

static const shape_field summary_fields[] = {SUMMARY_FIELDS, {0}};
const shape httpd_shape_job_summary = {"JobSummary", "A job without what it came to", summary_fields};
static const shape_field jobs_fields[] = {
    {"jobs", SHAPE_LIST, "newest first", .of = SHAPE_OBJECT, .shape = &httpd_shape_job_summary, .required = true}, {0}};
const shape httpd_shape_jobs = {"Jobs", "Jobs since the service was started", jobs_fields};

static const shape_field tried_fields[] = {{"name", SHAPE_TEXT, "kind and parameters", .required = true},
    {"ndcg_100", SHAPE_NUMBER, "on held-out people", .required = true}, {"recall_20", SHAPE_NUMBER, "likewise", .required = true},
    {"seconds", SHAPE_NUMBER, "it took", .required = true}, {"chosen", SHAPE_BOOL, "it was the best", .required = true}, {0}};
static const shape shape_tried = {"ModelTried", "One of the models that were tried", tried_fields};
static const shape_field training_fields[] = {{"version", SHAPE_WHOLE, "of the new model", .required = true},
    {"kind", SHAPE_TEXT, "als, ease, blend …", .required = true}, {"dim", SHAPE_WHOLE, "dimensions", .required = true},
    {"users", SHAPE_WHOLE, "learned from", .required = true}, {"items", SHAPE_WHOLE, "learned from", .required = true},
    {"preferences", SHAPE_WHOLE, "learned from", .required = true}, {"seconds", SHAPE_NUMBER, "in all", .required = true},
    {"gflops", SHAPE_NUMBER, "a second, of the main loop", .required = true},
    {"tried", SHAPE_LIST, "best parameters sought", .of = SHAPE_OBJECT, .shape = &shape_tried, .required = true},
    {"sequence_share", SHAPE_NUMBER, "of the score that the sequence model gives", .required = true},
    {"sequence", SHAPE_TEXT, "what was tried of it, or why nothing was", .required = true},
    {"trend_weight", SHAPE_NUMBER, "of what is liked of late, in deviations of the rest of the score", .required = true},
    {"trend", SHAPE_TEXT, "what was tried of it, or why nothing was", .required = true},
    {"newness_weight", SHAPE_NUMBER, "of what came since a person was last here, likewise", .required = true},
    {"newness", SHAPE_TEXT, "what was tried of it, or why nothing was", .required = true},
    {"incremental", SHAPE_BOOL, "begun from the model in force", .required = true},
    {"swapped", SHAPE_BOOL, "it is in force", .required = true}, {"why", SHAPE_TEXT, "or why not", .required = true},
    {"trial", SHAPE_OBJECT, "null: there was none", .shape = &httpd_shape_trial, .required = true, .nullable = true},
    {"trial_seconds", SHAPE_NUMBER, "of all", .required = true}, {0}};
static const shape shape_training = {"Training", "What became of a training", training_fields};
static const shape_field job_fields[] = {SUMMARY_FIELDS,
    {"training", SHAPE_OBJECT, "what a training came to; null: another kind, not at its end, or nothing was due", .shape = &shape_training,
        .required = true, .nullable = true},
    {"report", SHAPE_OBJECT, "what a report says; null: another kind, or not at its end", .shape = &httpd_shape_longrun, .required = true,
        .nullable = true},
    {"generated", SHAPE_OBJECT, "what became of a brief; null: another kind, or not at its end", .shape = &httpd_shape_generated, .required = true,
        .nullable = true},
#ifdef ATT_MUSIC
    {"sound", SHAPE_OBJECT, "what became of a sound; null: another kind, or not at its end", .shape = &httpd_shape_sound_result, .required = true,
        .nullable = true},
    {"composed", SHAPE_OBJECT, "what became of a song; null: another kind, or not at its end", .shape = &httpd_shape_composed, .required = true,
        .nullable = true},
#endif
    {0}};
const shape httpd_shape_job = {"Job", "A job and what it came to", job_fields};
