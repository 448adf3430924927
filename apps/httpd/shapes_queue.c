// SPDX-License-Identifier: Apache-2.0
// httpd/shapes_queue.c - cases of the queue, field by field.
#include "routes.h"

#define ID_SIZE .low = 1, .high = ATT_ID_SIZE_MAX

static const char *act_of(unsigned act)
{
    return act < ATT_CASE_ACT_COUNT ? att_case_act_name((att_case_act)act) : NULL;
}

static const char *verdict_of(unsigned verdict)
{
    return verdict < ATT_VERDICT_COUNT ? att_case_verdict_name((att_case_verdict)verdict) : NULL;
}

const char *httpd_subject_name(unsigned subject)
{
    static const char *const names[] = {"any", "item", "text"};
    return subject < 3 ? names[subject] : NULL;
}

static const shape_field query_fields[] = {{"waiting", SHAPE_BOOL, "only those that somebody should look at"},
    {"barred", SHAPE_BOOL, "only those that are not shown"}, {"appealed", SHAPE_BOOL, "only those with an appeal that waits"},
    {"verdict", SHAPE_TEXT, "only those of this verdict", .name_of = verdict_of},
    {"subject", SHAPE_TEXT, "only those about this", .name_of = httpd_subject_name},
    {"limit", SHAPE_WHOLE, "at most this many; 50 when left out", 1, 500}, {"offset", SHAPE_WHOLE, "how many to pass over", 0, 1e9}, {0}};
const shape httpd_shape_case_query = {"CaseQuery", "", query_fields};

static const shape_field event_fields[] = {{"at", SHAPE_TIME, "when", .required = true, .nullable = true},
    {"act", SHAPE_TEXT, "what happened", .name_of = act_of, .first_name = 1, .required = true},
    {"by", SHAPE_TEXT, "a person's id, or the name of who decides or of a filter", .required = true},
    {"by_person", SHAPE_BOOL, "by is a person's id", .required = true}, {"reason", SHAPE_TEXT, "why; may be empty", .required = true},
    {"matched", SHAPE_TEXT, "what a filter saw; may be empty", .required = true},
    {"score", SHAPE_NUMBER, "of the filter; null: none", .required = true, .nullable = true}, {0}};
static const shape shape_event = {"CaseEvent", "One thing that happened to a case", event_fields};

#define SUMMARY_FIELDS                                                                                             \
    {"id", SHAPE_TEXT, "id", .required = true}, {"item", SHAPE_TEXT, "that it is about; null: a text", .required = true, .nullable = true},  \
        {"title", SHAPE_TEXT, "of the item", .required = true, .nullable = true},                                  \
        {"text", SHAPE_TEXT, "that it is about; null: an item", .required = true, .nullable = true},               \
        {"author", SHAPE_TEXT, "of the text; null: not known", .required = true, .nullable = true},                \
        {"verdict", SHAPE_TEXT, "in force", .name_of = verdict_of, .required = true},                              \
        {"waiting", SHAPE_BOOL, "somebody should look at it", .required = true}, {"barred", SHAPE_BOOL, "not shown", .required = true},    \
        {"automatic", SHAPE_BOOL, "barred by the number of reports alone", .required = true},                      \
        {"appealed", SHAPE_BOOL, "an appeal waits", .required = true},                                             \
        {"taken_down", SHAPE_BOOL, "the item is, in the catalogue", .required = true},                             \
        {"reports", SHAPE_WHOLE, "in all", .required = true},                                                      \
        {"reporters", SHAPE_WHOLE, "different people since the last verdict", .required = true},                   \
        {"opened_at", SHAPE_TIME, "when it began", .required = true, .nullable = true},                            \
        {"changed_at", SHAPE_TIME, "when something last happened", .required = true, .nullable = true}
static const shape_field summary_fields[] = {SUMMARY_FIELDS, {0}};
static const shape shape_summary = {"CaseSummary", "A case without its history", summary_fields};
static const shape_field cases_fields[] = {
    {"cases", SHAPE_LIST, "what changed last comes first", .of = SHAPE_OBJECT, .shape = &shape_summary, .required = true},
    {"total", SHAPE_WHOLE, "that fit", .required = true}, {"more", SHAPE_BOOL, "whether there are more behind these", .required = true}, {0}};
const shape httpd_shape_cases = {"Cases", "A page of the queue", cases_fields};
static const shape_field case_fields[] = {SUMMARY_FIELDS,
    {"history", SHAPE_LIST, "oldest first", .of = SHAPE_OBJECT, .shape = &shape_event, .required = true}, {0}};
const shape httpd_shape_case = {"Case", "A case and all that happened to it", case_fields};

static const char *decision_of(unsigned act)
{
    return act + ATT_CASE_ALLOW < ATT_CASE_ACT_COUNT ? att_case_act_name((att_case_act)(act + ATT_CASE_ALLOW)) : NULL;
}
static const shape_field act_fields[] = {{"act", SHAPE_TEXT, "what to do", .name_of = decision_of, .required = true},
    {"reason", SHAPE_TEXT, "why; kept in the log", 1, ATT_CASE_REASON_SIZE_MAX, .required = true}, {0}};
static const shape shape_act = {"CaseAct", "One act of who decides", act_fields};
static const shape_field decision_fields[] = {
    {"acts", SHAPE_LIST, "in order; all or none", 1, ATT_CASE_ACTS_MAX, .of = SHAPE_OBJECT, .shape = &shape_act, .required = true},
    {"by", SHAPE_TEXT, "who decides; the key's name when left out", 1, ATT_CASE_BY_SIZE_MAX}, {0}};
const shape httpd_shape_case_decision = {"CaseDecision", "What somebody decided", decision_fields};

static const shape_field appeal_fields[] = {{"reason", SHAPE_TEXT, "why it should be looked at again", 1, ATT_CASE_REASON_SIZE_MAX, .required = true},
    {"user", SHAPE_TEXT, "the person who asks", ID_SIZE},
    {"by", SHAPE_TEXT, "or who asks in another name; the key's when both are left out", 1, ATT_CASE_BY_SIZE_MAX}, {0}};
const shape httpd_shape_case_appeal = {"CaseAppeal", "Somebody asks to look again", appeal_fields};
static const shape_field appealed_fields[] = {{"case", SHAPE_TEXT, "its id", .required = true}, {0}};
const shape httpd_shape_case_appealed = {"CaseAppealed", "The appeal waits; what happened before is for moderators", appealed_fields};

static const shape_field report_fields[] = {{"user", SHAPE_TEXT, "who complains", ID_SIZE, .required = true},
    {"item", SHAPE_TEXT, "about what", ID_SIZE, .required = true}, {"reason", SHAPE_TEXT, "why", 0, ATT_CASE_REASON_SIZE_MAX}, {0}};
const shape httpd_shape_case_report = {"CaseReport", "A person complains about an item", report_fields};
static const shape_field reported_fields[] = {{"case", SHAPE_TEXT, "its id", .required = true},
    {"added", SHAPE_BOOL, "false: the same person has said the same since the last verdict", .required = true}, {0}};
const shape httpd_shape_case_reported = {"CaseReported", "The complaint is on disk", reported_fields};

static const shape_field hold_fields[] = {{"item", SHAPE_TEXT, "of the catalogue; or text", ID_SIZE},
    {"text", SHAPE_TEXT, "that waits to be shown; or item", 1, ATT_CASE_TEXT_SIZE_MAX},
    {"author", SHAPE_TEXT, "of the text: a person's id", ID_SIZE},
    {"by", SHAPE_TEXT, "the filter or host; the key's name when left out", 1, ATT_CASE_BY_SIZE_MAX},
    {"reason", SHAPE_TEXT, "why", 0, ATT_CASE_REASON_SIZE_MAX}, {"matched", SHAPE_TEXT, "what a filter saw", 0, ATT_CASE_MATCHED_SIZE_MAX},
    {"score", SHAPE_NUMBER, "of the filter"}, {0}};
const shape httpd_shape_case_hold = {"CaseHold", "Something that must not be shown until somebody has looked at it", hold_fields};
static const shape_field held_fields[] = {{"case", SHAPE_TEXT, "its id", .required = true}, {0}};
const shape httpd_shape_case_held = {"CaseHeld", "It is held", held_fields};

static const shape_field text_check_fields[] = {{"text", SHAPE_TEXT, "the text", 1, ATT_FILTER_TEXT_MAX, .required = true},
    {"hold", SHAPE_BOOL, "open a case where it is not allowed; otherwise nothing of it is kept"},
    {"author", SHAPE_TEXT, "of the text: a person's id; for the case", ID_SIZE}, {0}};
const shape httpd_shape_text_check = {"TextCheck", "A text that somebody wants to show", text_check_fields};
static const char *filter_verdict_of(unsigned verdict)
{
    return verdict <= ATT_FILTER_DENY ? att_filter_verdict_name((att_filter_verdict)verdict) : NULL;
}
static const shape_field text_match_fields[] = {{"category", SHAPE_TEXT, "of the filter", .required = true},
    {"matched", SHAPE_TEXT, "as it stands in the text", .required = true}, {"begin", SHAPE_WHOLE, "byte of the text", .required = true},
    {"end", SHAPE_WHOLE, "byte behind it", .required = true},
    {"score", SHAPE_NUMBER, "of a phrase: 1 as it is written, less for every disguise; of a word: what it adds", .required = true},
    {"phrase", SHAPE_TEXT, "of the list; null: a word that the classifier weighed", .nullable = true, .required = true},
    {"seen_through", SHAPE_TEXT, "the disguise", .required = true}, {0}};
static const shape shape_text_match = {"TextMatch", "A place that moved the verdict", text_match_fields};
static const shape_field text_checked_fields[] = {{"verdict", SHAPE_TEXT, "what is to be done with it", .name_of = filter_verdict_of, .required = true},
    {"category", SHAPE_TEXT, "that led to it; null when allowed", .nullable = true, .required = true},
    {"scores", SHAPE_MAP, "by category; empty without a classifier", .of = SHAPE_NUMBER, .required = true},
    {"matches", SHAPE_LIST, "the first of them", .of = SHAPE_OBJECT, .shape = &shape_text_match, .required = true},
    {"found", SHAPE_WHOLE, "how many there are", .required = true},
    {"case", SHAPE_TEXT, "that was opened; null: none", .nullable = true, .required = true}, {0}};
const shape httpd_shape_text_checked = {"TextChecked", "What the filter says of a text", text_checked_fields};
