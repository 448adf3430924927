// SPDX-License-Identifier: Apache-2.0
// httpd/shapes_measure.c - experiments, their readouts, and reports over the long run, field by field. Times in what is
// read out are milliseconds since 1970, as the command line's --json has them.
#include "routes.h"

#define ID_SIZE .low = 1, .high = ATT_ID_SIZE_MAX
#define KEY_SIZE .low = 1, .high = ATT_EXPERIMENT_KEY_MAX

static const char *status_of(unsigned status)
{
    return status <= ATT_EXPERIMENT_STOPPED ? att_experiment_status_name((att_experiment_status)status) : NULL;
}

static const char *role_of(unsigned role)
{
    return role <= ATT_ROLE_GUARDRAIL ? att_metric_role_name((att_metric_role)role) : NULL;
}

static const char *by_of(unsigned by)
{
    static const char *const names[] = {"week", "day"};
    return by < 2 ? names[by] : NULL;
}

const char *httpd_compare_name(unsigned compare)
{
    static const char *const names[] = {"none", "time", "halves", "experiment", "holdout"};
    return compare < 5 ? names[compare] : NULL;
}

static const char *warning_of(unsigned kind)
{
    static const char *const names[] = {"guardrail", "harm", "trend"};
    return kind < 3 ? names[kind] : NULL;
}

// --- Experiments ------------------------------------------------------------------------------------------------

static const shape_field variation_fields[] = {{"key", SHAPE_TEXT, "name", .required = true},
    {"arm", SHAPE_WHOLE, "as records of decisions name it", .required = true}, {"weight", SHAPE_NUMBER, "its share", .required = true},
    {"policy", SHAPE_TEXT, "YAML that it changes; empty: the store's policy", .required = true}, {0}};
static const shape shape_variation = {"Variation", "One arm", variation_fields};
static const shape_field experiment_fields[] = {{"number", SHAPE_WHOLE, "in order of creation", .required = true},
    {"key", SHAPE_TEXT, "name", .required = true}, {"status", SHAPE_TEXT, "how far it is", .name_of = status_of, .required = true},
    {"note", SHAPE_TEXT, "what is expected", .required = true}, {"seed", SHAPE_TEXT, "of the hash", .required = true},
    {"hash_version", SHAPE_WHOLE, "2, or 1", .required = true}, {"coverage", SHAPE_NUMBER, "share of people that takes part", .required = true},
    {"created", SHAPE_WHOLE, "milliseconds since 1970", .required = true}, {"started", SHAPE_WHOLE, "likewise; 0: not yet", .required = true},
    {"stopped", SHAPE_WHOLE, "likewise; 0: not yet", .required = true},
    {"variations", SHAPE_LIST, "the first one is what others are compared with", .of = SHAPE_OBJECT, .shape = &shape_variation, .required = true},
    {0}};
const shape httpd_shape_experiment = {"Experiment", "Ways that are tried on people at random", experiment_fields};
static const shape_field experiments_fields[] = {
    {"experiments", SHAPE_LIST, "in order of number", .of = SHAPE_OBJECT, .shape = &httpd_shape_experiment, .required = true},
    {"holdout_share", SHAPE_NUMBER, "of people that are held back from all of them", .required = true},
    {"holdout_since", SHAPE_TIME, "when the holdout began; null: with the first experiment", .required = true, .nullable = true}, {0}};
const shape httpd_shape_experiments = {"Experiments", "All experiments, and the holdout", experiments_fields};

static const shape_field person_arm_fields[] = {{"experiment", SHAPE_TEXT, "key", .required = true},
    {"variation", SHAPE_TEXT, "key", .required = true}, {"index", SHAPE_WHOLE, "of the variation, 0 first", .required = true}, {0}};
static const shape shape_person_arm = {"PersonArm", "An arm that somebody is in", person_arm_fields};
static const shape_field assignment_fields[] = {{"user", SHAPE_TEXT, "who", .required = true},
    {"held_out", SHAPE_BOOL, "in no experiment, and under the baseline policy", .required = true},
    {"arms", SHAPE_LIST, "of running experiments", .of = SHAPE_OBJECT, .shape = &shape_person_arm, .required = true}, {0}};
const shape httpd_shape_assignment = {"Assignment", "The arms that a decision would have now", assignment_fields};

static const shape_field exposure_fields[] = {{"user", SHAPE_TEXT, "who saw it", ID_SIZE, .required = true},
    {"decision", SHAPE_TEXT, "that was displayed: 16 hexadecimal digits", 16, 16},
    {"experiment", SHAPE_TEXT, "with variation, instead of decision: another tool assigned it", KEY_SIZE},
    {"variation", SHAPE_TEXT, "that was shown", KEY_SIZE}, {0}};
const shape httpd_shape_exposure = {"Exposure", "Somebody saw an arm", exposure_fields};
static const shape_field exposed_fields[] = {{"user", SHAPE_TEXT, "who", .required = true}, {0}};
const shape httpd_shape_exposed = {"Exposed", "It is on disk", exposed_fields};

static const shape_field readout_query_fields[] = {{"alpha", SHAPE_NUMBER, "intervals are of level 1 - alpha; 0.05 when left out", 1e-6, 0.49},
    {"until", SHAPE_TIME, "as it was then"}, {"before_days", SHAPE_WHOLE, "of the covariate; 28 when left out", 0, 365}, {0}};
const shape httpd_shape_readout_query = {"ReadoutQuery", "", readout_query_fields};
static const shape_field timeline_query_fields[] = {{"alpha", SHAPE_NUMBER, "intervals are of level 1 - alpha; 0.05 when left out", 1e-6, 0.49},
    {"points", SHAPE_WHOLE, "moments to read at; 10 when left out", 1, 40}, {0}};
const shape httpd_shape_timeline_query = {"TimelineQuery", "", timeline_query_fields};

static const shape_field arm_fields[] = {{"key", SHAPE_TEXT, "name", .required = true}, {"weight", SHAPE_NUMBER, "its share", .required = true},
    {"assigned", SHAPE_WHOLE, "people with a decision in it", .required = true}, {"exposed", SHAPE_WHOLE, "people who saw one", .required = true},
    {"bots", SHAPE_WHOLE, "of these, set aside", .required = true}, {"people", SHAPE_WHOLE, "that are measured", .required = true},
    {"decisions", SHAPE_WHOLE, "in it", .required = true}, {"displayed", SHAPE_WHOLE, "of these", .required = true}, {0}};
static const shape shape_arm = {"ReadoutArm", "How many an arm has", arm_fields};
static const shape_field line_fields[] = {{"metric", SHAPE_TEXT, "name", .required = true},
    {"role", SHAPE_TEXT, "what it is for", .name_of = role_of, .required = true}, {"arm", SHAPE_TEXT, "beside the first one", .required = true},
    {"known", SHAPE_BOOL, "there is enough to say anything", .required = true},
    {"control", SHAPE_NUMBER, "of the first arm", .required = true}, {"value", SHAPE_NUMBER, "of this arm", .required = true},
    {"difference", SHAPE_NUMBER, "after CUPED", .required = true},
    {"low", SHAPE_NUMBER, "of an interval that may be read any day; null: too early", .required = true, .nullable = true},
    {"high", SHAPE_NUMBER, "likewise", .required = true, .nullable = true}, {"p", SHAPE_NUMBER, "that may be read any day", .required = true},
    {"p_holm", SHAPE_NUMBER, "corrected for all of this role", .required = true}, {"fixed_p", SHAPE_NUMBER, "for who reads once", .required = true},
    {"fixed_low", SHAPE_NUMBER, "Welch's, for who reads once", .required = true, .nullable = true},
    {"fixed_high", SHAPE_NUMBER, "likewise", .required = true, .nullable = true},
    {"variance_cut", SHAPE_NUMBER, "by CUPED", .required = true}, {"verdict", SHAPE_WHOLE, "1: better, -1: worse, 0: not known", .required = true},
    {0}};
static const shape shape_line = {"ReadoutLine", "One metric of one arm beside the first arm's", line_fields};
static const shape_field readout_fields[] = {{"experiment", SHAPE_TEXT, "key", .required = true},
    {"status", SHAPE_TEXT, "how far it is", .name_of = status_of, .required = true},
    {"started", SHAPE_WHOLE, "milliseconds since 1970", .required = true}, {"days", SHAPE_NUMBER, "it ran", .required = true},
    {"alpha", SHAPE_NUMBER, "of intervals", .required = true}, {"before_days", SHAPE_WHOLE, "of the covariate", .required = true},
    {"set_aside", SHAPE_WHOLE, "people seen in two arms", .required = true},
    {"sample_ratio_p", SHAPE_NUMBER, "of the counts of people, read once", .required = true},
    {"sample_ratio_p_any_day", SHAPE_NUMBER, "however often it is read", .required = true},
    {"assigned_ratio_p", SHAPE_NUMBER, "of assigned people", .required = true},
    {"sample_ratio_alarm", SHAPE_BOOL, "nothing else here can be trusted", .required = true},
    {"arms", SHAPE_LIST, "arms", .of = SHAPE_OBJECT, .shape = &shape_arm, .required = true},
    {"metrics", SHAPE_LIST, "metric by metric, arm by arm", .of = SHAPE_OBJECT, .shape = &shape_line, .required = true}, {0}};
const shape httpd_shape_readout = {"Readout", "An experiment read out, as attune experiment report --json", readout_fields};
static const shape_field point_fields[] = {{"until", SHAPE_TIME, "read as it was then", .required = true, .nullable = true},
    {"days", SHAPE_NUMBER, "it had run", .required = true},
    {"metrics", SHAPE_LIST, "metric by metric, arm by arm", .of = SHAPE_OBJECT, .shape = &shape_line, .required = true}, {0}};
static const shape shape_point = {"TimelinePoint", "An experiment as it was at one moment", point_fields};
static const shape_field timeline_fields[] = {{"experiment", SHAPE_TEXT, "key", .required = true},
    {"points", SHAPE_LIST, "in order of time", .of = SHAPE_OBJECT, .shape = &shape_point, .required = true}, {0}};
const shape httpd_shape_timeline = {"Timeline", "Intervals over time; each may be read any day", timeline_fields};

// --- The long run -----------------------------------------------------------------------------------------------

static const shape_field longrun_query_fields[] = {{"by", SHAPE_TEXT, "spans; week when left out", .name_of = by_of},
    {"from", SHAPE_TIME, "only what happened from then on"}, {"to", SHAPE_TIME, "only what happened before"},
    {"compare", SHAPE_TEXT, "two groups: before and after, two random halves, two arms, the holdout", .name_of = httpd_compare_name},
    {"at", SHAPE_TIME, "of compare=time: where before ends"}, {"seed", SHAPE_WHOLE, "of compare=halves", 1, 9e15},
    {"experiment", SHAPE_TEXT, "of compare=experiment: its key", KEY_SIZE},
    {"arms", SHAPE_TEXT, "of compare=experiment: two variations, \"A,B\"; left out: the first two", 3, 2 * ATT_EXPERIMENT_KEY_MAX + 1},
    {"churn_days", SHAPE_WHOLE, "a silence this long is churn; 28 when left out", 2, 365},
    {"left_s", SHAPE_NUMBER, "a session shorter than this was left early; 30 when left out", 0, 3600},
    {"alarm", SHAPE_NUMBER, "how probable a false warning may be; 0.05 when left out", 1e-6, 0.5},
    {"least", SHAPE_WHOLE, "figures of fewer people or cases are not judged; 100 when left out", 2, 1e9}, {0}};
const shape httpd_shape_longrun_query = {"ReportOptions", "What to report on", longrun_query_fields};

#define INTERVAL_FIELDS                                                                                            \
    {"value", SHAPE_NUMBER, "null: nothing to measure", .required = true, .nullable = true},                       \
        {"low", SHAPE_NUMBER, "bound", .required = true, .nullable = true},                                        \
        {"high", SHAPE_NUMBER, "bound", .required = true, .nullable = true}
static const shape_field interval_fields[] = {INTERVAL_FIELDS, {0}};
static const shape shape_interval = {"Interval", "A figure and its interval over people", interval_fields};
static const shape_field figure_fields[] = {INTERVAL_FIELDS, {"cases", SHAPE_NUMBER, "sessions, plays, answers …", .required = true, .nullable = true}, {0}};
static const shape shape_figure = {"Figure", "A figure of the report; docs/reports.md has its formula", figure_fields};
static const shape_field retention_fields[] = {{"day", SHAPE_WHOLE, "n", .required = true}, {"people", SHAPE_WHOLE, "whose day n was over", .required = true},
    {"too_young", SHAPE_WHOLE, "whose day n was not", .required = true},
    {"classic", SHAPE_OBJECT, "active again on day n exactly", .shape = &shape_interval, .required = true},
    {"rolling", SHAPE_OBJECT, "on day n or later", .shape = &shape_interval, .required = true}, {0}};
static const shape shape_retention = {"Retention", "Of people by their first day", retention_fields};
static const shape_field span_fields[] = {{"start", SHAPE_WHOLE, "milliseconds since 1970", .required = true},
    {"end", SHAPE_WHOLE, "likewise", .required = true}, {"partial", SHAPE_BOOL, "the log began or ended within it", .required = true},
    {"people", SHAPE_WHOLE, "active", .required = true}, {"events", SHAPE_WHOLE, "events", .required = true},
    {"decisions", SHAPE_WHOLE, "slates", .required = true}, {"items_shown", SHAPE_WHOLE, "different ones", .required = true},
    {"cohort", SHAPE_LIST, "of people whose first day lies in it", .of = SHAPE_OBJECT, .shape = &shape_retention, .required = true},
    {"figures", SHAPE_MAP, "by name", .of = SHAPE_OBJECT, .shape = &shape_figure, .required = true}, {0}};
static const shape shape_span = {"ReportSpan", "A day, a week, or all of it", span_fields};
static const shape_field survival_fields[] = {{"day", SHAPE_WHOLE, "since the first one", .required = true},
    {"at_risk", SHAPE_WHOLE, "people on that day", .required = true}, {"churned", SHAPE_WHOLE, "on that day", .required = true},
    {"censored", SHAPE_WHOLE, "on that day", .required = true},
    {"alive", SHAPE_OBJECT, "Kaplan-Meier, Greenwood's interval", .shape = &shape_interval, .required = true}, {0}};
static const shape shape_survival = {"SurvivalStep", "How many stayed so long", survival_fields};
static const shape_field group_fields[] = {{"name", SHAPE_TEXT, "of the group", .required = true},
    {"all", SHAPE_OBJECT, "the whole time", .shape = &shape_span, .required = true},
    {"coverage", SHAPE_NUMBER, "of the catalogue by what was shown", .required = true, .nullable = true},
    {"gini", SHAPE_NUMBER, "of what was shown", .required = true, .nullable = true},
    {"survival", SHAPE_LIST, "day by day", .of = SHAPE_OBJECT, .shape = &shape_survival, .required = true},
    {"survival_people", SHAPE_WHOLE, "people", .required = true},
    {"survival_left_out", SHAPE_WHOLE, "who came too lately", .required = true},
    {"spans", SHAPE_LIST, "in order of time", .of = SHAPE_OBJECT, .shape = &shape_span, .required = true}, {0}};
static const shape shape_group = {"ReportGroup", "Everybody, or one of two groups", group_fields};
static const shape_field difference_fields[] = {INTERVAL_FIELDS, {"relative", SHAPE_NUMBER, "of the first group's", .required = true, .nullable = true},
    {"p_rise", SHAPE_NUMBER, "one-sided", .required = true, .nullable = true}, {"p_fall", SHAPE_NUMBER, "one-sided", .required = true, .nullable = true},
    {"judged", SHAPE_BOOL, "enough people and cases in both", .required = true}, {0}};
static const shape shape_difference = {"FigureDifference", "Second group less first", difference_fields};
static const shape_field warning_fields[] = {{"kind", SHAPE_TEXT, "engagement against people, harm alone, or week after week", .name_of = warning_of, .required = true},
    {"text", SHAPE_TEXT, "which figures, by how much", .required = true}, {"risen", SHAPE_LIST, "figures", .of = SHAPE_TEXT, .required = true},
    {"hurt", SHAPE_LIST, "figures", .of = SHAPE_TEXT, .required = true}, {0}};
static const shape shape_warning = {"ReportWarning", "Clicks that hide harm", warning_fields};
#define WHOLE(name, text) {name, SHAPE_WHOLE, text, .required = true}
static const shape_field longrun_fields[] = {WHOLE("report", "version of this form, 1"), WHOLE("from", "milliseconds since 1970"), WHOLE("to", "likewise"),
    {"by", SHAPE_TEXT, "spans", .name_of = by_of, .required = true}, WHOLE("churn_days", "a silence this long is churn"),
    WHOLE("early_session_ms", "a session shorter than this was left early"),
    {"confidence", SHAPE_NUMBER, "of intervals", .required = true}, {"alarm", SHAPE_NUMBER, "of a false warning", .required = true},
    {"exploration_budget", SHAPE_NUMBER, "of the policy in force", .required = true}, WHOLE("people", "people"), WHOLE("events", "events"),
    WHOLE("decisions", "slates"), WHOLE("bots", "people left out"), WHOLE("opted_out", "people left out"), WHOLE("set_aside_events", "of others"),
    WHOLE("late_events", "in no session"), WHOLE("joined", "events that fit the decision they name"), WHOLE("unjoined", "that do not"),
    WHOLE("in_both", "people seen in both groups"), WHOLE("in_neither", "people"), WHOLE("memory_bytes", "held at the end"),
    {"groups", SHAPE_LIST, "one, or two when compared", .of = SHAPE_OBJECT, .shape = &shape_group, .required = true},
    {"differences", SHAPE_MAP, "by name; empty when not compared", .of = SHAPE_OBJECT, .shape = &shape_difference, .required = true},
    {"warnings", SHAPE_LIST, "worst first", .of = SHAPE_OBJECT, .shape = &shape_warning, .required = true}, {0}};
const shape httpd_shape_longrun = {"Report", "How people fare over the long run, as attune report --json", longrun_fields};
