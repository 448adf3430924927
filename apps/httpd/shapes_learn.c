// SPDX-License-Identifier: Apache-2.0
// httpd/shapes_learn.c - choices and rewards, models: what goes in and what comes out, field by field.
#include "routes.h"

#define ID_SIZE .low = 1, .high = ATT_ID_SIZE_MAX

static const char *const part_names[ATT_REWARD_PART_COUNT] = {"reward", "click", "play", "satisfaction", "purchase", "complaint"};
static const char *part_of(unsigned part)
{
    return part < ATT_REWARD_PART_COUNT ? part_names[part] : NULL;
}

static const char *act_of(unsigned act)
{
    return act < ATT_MODEL_ACT_COUNT ? att_model_act_name((att_model_act)act) : NULL;
}

// --- Choices ----------------------------------------------------------------------------------------------------

static const shape_field option_fields[] = {{"id", SHAPE_TEXT, "each option another", ID_SIZE, .required = true},
    {"features", SHAPE_MAP, "what it is like: {\"kind\": \"face\", \"brightness\": 0.4}; texts are classes", .of = SHAPE_SCALAR}, {0}};
static const shape shape_option = {"Option", "One of those that could be shown", option_fields};
static const shape_field choice_request_fields[] = {
    {"choice", SHAPE_TEXT, "its name, such as \"thumbnail\": choices of one name learn together", ID_SIZE, .required = true},
    {"user", SHAPE_TEXT, "for whom; left out: a stranger", ID_SIZE},
    {"options", SHAPE_LIST, "to choose from", 1, ATT_CHOICE_OPTIONS_MAX, .of = SHAPE_OBJECT, .shape = &shape_option, .required = true},
    {"features", SHAPE_MAP, "of the moment, as those of an option", .of = SHAPE_SCALAR},
    {"context", SHAPE_OBJECT, "the situation; becomes features too", .shape = &httpd_shape_context},
    {"host_option", SHAPE_TEXT, "apprentice mode: this option is shown whatever the learner says", ID_SIZE},
    {"await_display", SHAPE_BOOL, "it counts as shown only when POST /v1/displays says so"},
    {"weight", SHAPE_NUMBER, "how much it counts in learning; 1 when left out", 1e-9, 1e6},
    {"seed", SHAPE_WHOLE, "of this draw; left out: the store's next"}, {"dry", SHAPE_BOOL, "log nothing"}, {0}};
const shape httpd_shape_choice_request = {"ChoiceRequest", "A question: which of these", choice_request_fields};

static const shape_field odds_fields[] = {{"option", SHAPE_TEXT, "id", .required = true},
    {"probability", SHAPE_NUMBER, "with which it would have been drawn", .required = true}, {0}};
static const shape shape_odds = {"Odds", "An option and its probability", odds_fields};
static const shape_field choice_fields[] = {
    {"decision", SHAPE_TEXT, "its id, to be sent with the rewards that follow; null when dry", .required = true, .nullable = true},
    {"choice", SHAPE_TEXT, "its name", .required = true}, {"show", SHAPE_TEXT, "the option to show", .required = true},
    {"chosen", SHAPE_TEXT, "what the learner drew; another one in apprentice mode alone", .required = true},
    {"best", SHAPE_TEXT, "the greatest expected reward", .required = true},
    {"explored", SHAPE_BOOL, "shown though it is not the best", .required = true},
    {"options", SHAPE_LIST, "what was drawn from", .of = SHAPE_OBJECT, .shape = &shape_odds, .required = true}, {0}};
const shape httpd_shape_choice = {"Choice", "Which option; on disk with all odds", choice_fields};

static const shape_field count_fields[] = {{"name", SHAPE_TEXT, "of the choice", .required = true},
    {"decisions", SHAPE_WHOLE, "made", .required = true}, {"displayed", SHAPE_WHOLE, "of these, seen", .required = true},
    {"apprentice", SHAPE_WHOLE, "in which the host showed its own option", .required = true},
    {"impressions", SHAPE_WHOLE, "in which the learner's option was to be shown", .required = true},
    {"explored", SHAPE_WHOLE, "of these, explored", .required = true},
    {"pending", SHAPE_WHOLE, "that wait for their reward", .required = true}, {"rewarded", SHAPE_WHOLE, "learned from", .required = true},
    {"defaulted", SHAPE_WHOLE, "learned from with the default reward", .required = true},
    {"undisplayed", SHAPE_WHOLE, "never seen, not learned from", .required = true},
    {"late_rewards", SHAPE_WHOLE, "that came after the settling", .required = true},
    {"reward", SHAPE_NUMBER, "mean of the settled ones", .required = true, .nullable = true}, {0}};
static const shape shape_choice_count = {"ChoiceCount", "The ledger of one choice", count_fields};
static const shape_field algorithm_fields[] = {{"name", SHAPE_TEXT, "as in the policy", .required = true},
    {"title", SHAPE_TEXT, "title", .required = true}, {"story", SHAPE_TEXT, "what it does", .required = true},
    {"paper", SHAPE_TEXT, "where it comes from", .required = true}, {"used", SHAPE_BOOL, "by the policy in force", .required = true}, {0}};
static const shape shape_algorithm = {"Algorithm", "A way to learn which option to choose", algorithm_fields};
static const shape_field place_fields[] = {{"place", SHAPE_WHOLE, "from the top, 0 first", .required = true},
    {"impressions", SHAPE_WHOLE, "decided", .required = true}, {"explored", SHAPE_WHOLE, "of these, spent on exploration", .required = true}, {0}};
static const shape shape_place = {"SlatePlace", "One place of slates", place_fields};
static const shape_field choices_fields[] = {
    {"choices", SHAPE_LIST, "in order of appearance", .of = SHAPE_OBJECT, .shape = &shape_choice_count, .required = true},
    {"share", SHAPE_NUMBER, "of a choice's decisions that may be explored", .required = true},
    {"algorithms", SHAPE_LIST, "to choose from", .of = SHAPE_OBJECT, .shape = &shape_algorithm, .required = true},
    {"places", SHAPE_LIST, "of slates", .of = SHAPE_OBJECT, .shape = &shape_place, .required = true}, {0}};
const shape httpd_shape_choices = {"Choices", "How choices do", choices_fields};

static const shape_field reward_fields[] = {{"decision", SHAPE_TEXT, "of the choice: 16 hexadecimal digits", 16, 16, .required = true},
    {"value", SHAPE_NUMBER, "how good it was", .required = true},
    {"part", SHAPE_TEXT, "of the reward; reward when left out", .name_of = part_of},
    {"more", SHAPE_BOOL, "more parts may come: wait for them"},
    {"id", SHAPE_TEXT, "counts once; left out: one is made from decision and part", ID_SIZE}, {"at", SHAPE_TIME, "when; left out: now"}, {0}};
const shape httpd_shape_reward = {"Reward", "What came of a choice", reward_fields};
static const shape_field rewarded_fields[] = {{"added", SHAPE_WHOLE, "rewards that were new", .required = true},
    {"duplicates", SHAPE_WHOLE, "whose id was known", .required = true},
    {"late", SHAPE_WHOLE, "of those added: kept, and too late to be learned from", .required = true}, {0}};
const shape httpd_shape_rewarded = {"Rewarded", "The rewards are on disk", rewarded_fields};
static const shape_field display_fields[] = {{"decision", SHAPE_TEXT, "of the choice: 16 hexadecimal digits", 16, 16, .required = true}, {0}};
const shape httpd_shape_display = {"Display", "What was seen", display_fields};
static const shape_field displayed_fields[] = {{"added", SHAPE_BOOL, "false: it was known, or not awaited", .required = true}, {0}};
const shape httpd_shape_displayed = {"Displayed", "It is on disk", displayed_fields};

// --- Models -----------------------------------------------------------------------------------------------------

static const shape_field trial_fields[] = {{"people", SHAPE_WHOLE, "judged by", .required = true},
    {"not_worse", SHAPE_BOOL, "the lower bound is at least the least that is allowed", .required = true},
    {"before_ndcg_100", SHAPE_NUMBER, "of the model in force then", .required = true},
    {"before_recall_20", SHAPE_NUMBER, "likewise", .required = true}, {"after_ndcg_100", SHAPE_NUMBER, "of this one", .required = true},
    {"after_recall_20", SHAPE_NUMBER, "likewise", .required = true},
    {"difference", SHAPE_NUMBER, "of (NDCG@100 + recall@20) / 2, after less before", .required = true},
    {"low", SHAPE_NUMBER, "bound of it", .required = true}, {"high", SHAPE_NUMBER, "bound of it", .required = true},
    {"least", SHAPE_NUMBER, "that the lower bound must reach", .required = true},
    {"margin", SHAPE_NUMBER, "of the quality that may be lost", .required = true},
    {"confidence", SHAPE_NUMBER, "of each bound", .required = true}, {0}};
const shape httpd_shape_trial = {"ModelTrial", "A new model against the one in force, on what both had not seen", trial_fields};
static const shape_field model_fields[] = {{"version", SHAPE_WHOLE, "number", .required = true},
    {"active", SHAPE_BOOL, "in force", .required = true}, {"on_disk", SHAPE_BOOL, "its files are there", .required = true},
    {"act", SHAPE_TEXT, "what the newest record about it says", .name_of = act_of, .required = true},
    {"acted_at", SHAPE_TIME, "when that was", .required = true, .nullable = true},
    {"trained_at", SHAPE_TIME, "when it was trained", .required = true, .nullable = true},
    {"kind", SHAPE_TEXT, "als, ease, blend …; empty: not known", .required = true},
    {"dim", SHAPE_WHOLE, "dimensions of taste space", .required = true},
    {"log_seq", SHAPE_WHOLE, "learned from the log up to this record; 0: not known", .required = true},
    {"events", SHAPE_WHOLE, "that there were then", .required = true}, {"preferences", SHAPE_WHOLE, "that there were then", .required = true},
    {"began_from", SHAPE_WHOLE, "version it began from; 0: none", .required = true},
    {"generation", SHAPE_WHOLE, "trainings since its parameters were chosen", .required = true},
    {"trial", SHAPE_OBJECT, "null: there was none", .shape = &httpd_shape_trial, .required = true, .nullable = true},
    {"why", SHAPE_TEXT, "the reason, in words", .required = true}, {0}};
static const shape shape_model = {"Model", "One version of the model", model_fields};
static const shape_field need_fields[] = {{"needed", SHAPE_BOOL, "a watch would train now", .required = true},
    {"new_preferences", SHAPE_WHOLE, "since the last training", .required = true}, {"preferences", SHAPE_WHOLE, "there were then", .required = true},
    {"new_items", SHAPE_WHOLE, "that people met and the model does not know", .required = true},
    {"items", SHAPE_WHOLE, "that people met", .required = true}, {"age_days", SHAPE_NUMBER, "since the last training", .required = true},
    {"why", SHAPE_TEXT, "in words", .required = true}, {0}};
static const shape shape_need = {"TrainingNeed", "What has come since the last training", need_fields};
static const shape_field models_fields[] = {{"in_use", SHAPE_WHOLE, "version that decides; 0: none", .required = true},
    {"need", SHAPE_OBJECT, "whether a training is due", .shape = &shape_need, .required = true},
    {"models", SHAPE_LIST, "newest version first", .of = SHAPE_OBJECT, .shape = &shape_model, .required = true}, {0}};
const shape httpd_shape_models = {"Models", "Versions of the model", models_fields};
static const shape_field model_reason_fields[] = {{"reason", SHAPE_TEXT, "kept in the log", 1, 160, .required = true}, {0}};
const shape httpd_shape_model_reason = {"ModelReason", "Why", model_reason_fields};
static const shape_field in_force_fields[] = {{"version", SHAPE_WHOLE, "that is in force now", .required = true}, {0}};
const shape httpd_shape_model_in_force = {"ModelInForce", "The version was put in force", in_force_fields};
