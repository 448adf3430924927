// SPDX-License-Identifier: Apache-2.0
// httpd/shapes.c - what goes in and what comes out, field by field.
#include "routes.h"

#define ID_SIZE .low = 1, .high = ATT_ID_SIZE_MAX

static const char *use_of(unsigned bit)
{
    return bit < 5 ? att_use_name(1u << bit) : NULL;
}

static const char *control_of(unsigned kind)
{
    return kind < ATT_CONTROL_KIND_COUNT ? att_control_kind_name((att_control_kind)kind) : NULL;
}

static const char *signal_of(unsigned signal)
{
    return signal < ATT_SIGNAL_COUNT ? att_signal_name((att_signal)signal) : NULL;
}

static const char *slot_of(unsigned kind)
{
    return kind <= ATT_SLOT_OUT_OF_DISTRIBUTION ? att_slot_kind_name((att_slot_kind)kind) : NULL;
}

static const shape_field context_fields[] = {
    {"device", SHAPE_TEXT, "what it is played on", .name_of = att_device_name},
    {"place", SHAPE_TEXT, "what kind of place", .name_of = att_place_name},
    {"activity", SHAPE_TEXT, "what they are doing", .name_of = att_activity_name},
    {"noise", SHAPE_TEXT, "how loud it is around", .name_of = att_noise_name},
    {"utc_offset_min", SHAPE_WHOLE, "local time minus UTC, minutes", -840, 840}, {0}};
const shape httpd_shape_context = {"Context", "Where a person is, and when for them. What is left out is not known.", context_fields};

static const shape_field event_fields[] = {
    {"id", SHAPE_TEXT, "counts once; without it one is made from the other fields", ID_SIZE},
    {"user", SHAPE_TEXT, "who", ID_SIZE, .required = true}, {"item", SHAPE_TEXT, "on what; needed by most signals", ID_SIZE},
    {"signal", SHAPE_TEXT, "what they did", .name_of = signal_of, .first_name = 1, .required = true},
    {"at", SHAPE_TIME, "when it happened; left out: now"}, {"value", SHAPE_NUMBER, "a rating, a survey's answer, an amount"},
    {"position_ms", SHAPE_WHOLE, "how far it was played", 0, INT32_MAX},
    {"length_ms", SHAPE_WHOLE, "of how much; left out: as the catalogue says", 0, INT32_MAX},
    {"dwell_ms", SHAPE_WHOLE, "time on the thumbnail", 0, INT32_MAX},
    {"decision", SHAPE_TEXT, "the decision that showed it: 16 hexadecimal digits"},
    {"context", SHAPE_OBJECT, "the situation", .shape = &httpd_shape_context}, {0}};
const shape httpd_shape_event = {"Event", "What a person did", event_fields};

static const shape_field added_fields[] = {
    {"added", SHAPE_BOOL, "false: its id was known, and nothing was changed", .required = true}, {0}};
const shape httpd_shape_added = {"Added", "The event is on disk", added_fields};

static const shape_field ingested_fields[] = {{"added", SHAPE_WHOLE, "lines that were new", .required = true},
    {"duplicates", SHAPE_WHOLE, "events whose id was known", .required = true}, {0}};
const shape httpd_shape_ingested = {"Ingested", "All lines are on disk", ingested_fields};

static const shape_field request_fields[] = {{"user", SHAPE_TEXT, "for whom; need not be known yet", ID_SIZE, .required = true},
    {"count", SHAPE_WHOLE, "slots; 10 when left out", 1, ATT_SLATE_MAX},
    {"context", SHAPE_OBJECT, "the situation", .shape = &httpd_shape_context},
    {"territory", SHAPE_TEXT, "where, ISO 3166 alpha-2 in letters", 2, 2}, {"age", SHAPE_WHOLE, "of the person in years", 0, 150},
    {"use", SHAPE_TEXT, "what for; stream when left out", .name_of = use_of}, {"medium", SHAPE_TEXT, "only this medium", 1, 32},
    {"made", SHAPE_BOOL, "only what was made here"}, {"explain", SHAPE_BOOL, "with reasons; true when left out"}, {"dry", SHAPE_BOOL, "log nothing, use no exploration budget"},
    {"seed", SHAPE_WHOLE, "of this decision; left out: the store's next"}, {"at", SHAPE_TIME, "as if it were then; left out: now"},
    {0}};
const shape httpd_shape_request = {"DecisionRequest", "A question: what to show this person", request_fields};

static const shape_field reason_fields[] = {{"item", SHAPE_TEXT, "the item of the event", .required = true},
    {"title", SHAPE_TEXT, "its title", .required = true},
    {"signal", SHAPE_TEXT, "what the person did with it", .name_of = signal_of, .first_name = 1, .required = true},
    {"at", SHAPE_TIME, "when", .required = true, .nullable = true},
    {"effect", SHAPE_NUMBER, "without it the score would be this much lower", .required = true}, {0}};
static const shape shape_reason = {"Reason", "An event that moved a score", reason_fields};

static const shape_field terms_fields[] = {
#define X(name, wire, what) {wire, SHAPE_NUMBER, what},
    ATT_TERM_LIST(X)
#undef X
        {0}};
const shape httpd_shape_terms = {"Terms", "The score is the sum of these; a term that is left out is 0", terms_fields};

static const shape_field shown_fields[] = {{"item", SHAPE_TEXT, "id", .required = true},
    {"title", SHAPE_TEXT, "title", .required = true}, {"medium", SHAPE_TEXT, "medium", .required = true},
    {"made", SHAPE_TEXT, "id of the brief that it was made for; null: it was not made here", .required = true, .nullable = true},
    {"slot", SHAPE_TEXT, "why it stands here", .name_of = slot_of, .required = true},
    {"score", SHAPE_NUMBER, "the sum of the terms", .required = true},
    {"propensity", SHAPE_NUMBER, "probability that it stood here, given the slots above", .required = true},
    {"terms", SHAPE_OBJECT, "each with its weight in it", .shape = &httpd_shape_terms, .required = true},
    {"reasons", SHAPE_LIST, "most effective first", .of = SHAPE_OBJECT, .shape = &shape_reason, .required = true}, {0}};
static const shape shape_shown = {"Shown", "One slot of a slate", shown_fields};

static const shape_field slate_fields[] = {
    {"decision", SHAPE_TEXT, "its id, to be sent with the events that follow; null when dry", .required = true, .nullable = true},
    {"at", SHAPE_TIME, "when it was made", .required = true, .nullable = true},
    {"model", SHAPE_WHOLE, "version of the model; 0: none yet", .required = true},
    {"eligible", SHAPE_WHOLE, "items that could have been shown", .required = true},
    {"candidates", SHAPE_WHOLE, "items that were scored", .required = true},
    {"explored", SHAPE_WHOLE, "slots spent on exploration", .required = true},
    {"shown", SHAPE_LIST, "best first", .of = SHAPE_OBJECT, .shape = &shape_shown, .required = true}, {0}};
const shape httpd_shape_slate = {"Slate", "What to show; on disk with all its terms and odds", slate_fields};

static const shape_field explain_fields[] = {{"item", SHAPE_TEXT, "which item", ID_SIZE, .required = true},
    {"user", SHAPE_TEXT, "for whom", ID_SIZE, .required = true}, {"context", SHAPE_OBJECT, "the situation", .shape = &httpd_shape_context},
    {"territory", SHAPE_TEXT, "where, ISO 3166 alpha-2 in letters", 2, 2}, {"age", SHAPE_WHOLE, "of the person in years", 0, 150},
    {"use", SHAPE_TEXT, "what for", .name_of = use_of}, {"medium", SHAPE_TEXT, "as in a slate of this medium alone", 1, 32},
    {"at", SHAPE_TIME, "as if it were then"}, {0}};
const shape httpd_shape_explain = {"ExplanationRequest", "A question: why this item", explain_fields};

static const shape_field wish_fields[] = {{"situation", SHAPE_TEXT, "whose wish it is", .required = true},
    {"feature", SHAPE_TEXT, "what of the item", .required = true},
    {"least", SHAPE_NUMBER, "what fits best, from; null: no bound", .required = true, .nullable = true},
    {"most", SHAPE_NUMBER, "to; null: no bound", .required = true, .nullable = true},
    {"tolerance", SHAPE_NUMBER, "so far beyond, the fit is 0", .required = true},
    {"weight", SHAPE_NUMBER, "among the wishes of its situation", .required = true},
    {"value", SHAPE_NUMBER, "the item's; null: not known", .required = true, .nullable = true},
    {"fit", SHAPE_NUMBER, "1 within, towards -1 far off; null: not known", .required = true, .nullable = true}, {0}};
static const shape shape_wish = {"Wish", "What a situation wants of a feature, and how the item meets it", wish_fields};

static const shape_field explanation_fields[] = {{"shown", SHAPE_OBJECT, "as if it stood first", .shape = &shape_shown, .required = true},
    {"eligible", SHAPE_BOOL, "whether it may be shown", .required = true},
    {"barred_by", SHAPE_TEXT, "why not; null when it may", .required = true, .nullable = true},
    {"score_without_reasons", SHAPE_NUMBER, "computed anew without the events named", .required = true},
    {"wishes", SHAPE_LIST, "what the term situation is made of; none where all media are asked for together", .of = SHAPE_OBJECT, .shape = &shape_wish, .required = true}, {0}};
const shape httpd_shape_explanation = {"Explanation", "Why this item has this score", explanation_fields};

static const shape_field share_fields[] = {{"tag", SHAPE_TEXT, "tag", .required = true},
    {"share", SHAPE_NUMBER, "of what they liked, 0 to 1", .required = true},
    {"long_term", SHAPE_NUMBER, "of the long-term vector", .required = true}, {"recent", SHAPE_NUMBER, "of the recent one", .required = true},
    {"session", SHAPE_NUMBER, "of this session's", .required = true}, {0}};
static const shape shape_share = {"TagShare", "How much of a taste a tag holds", share_fields};
static const shape_field known_fields[] = {{"item", SHAPE_TEXT, "id", .required = true}, {"title", SHAPE_TEXT, "title", .required = true},
    {"signal", SHAPE_TEXT, "the signal in force", .name_of = signal_of, .first_name = 1, .required = true},
    {"at", SHAPE_TIME, "of the newest event", .required = true, .nullable = true},
    {"grade", SHAPE_NUMBER, "preference now, -1 to 1", .required = true}, {0}};
static const shape shape_known = {"KnownItem", "What a person thinks of an item", known_fields};
static const shape_field person_fields[] = {{"user", SHAPE_TEXT, "id", .required = true},
    {"events", SHAPE_WHOLE, "events", .required = true}, {"sessions", SHAPE_WHOLE, "sessions", .required = true},
    {"impressions", SHAPE_WHOLE, "slots decided for them", .required = true},
    {"explored", SHAPE_WHOLE, "of these, spent on exploration", .required = true},
    {"first_at", SHAPE_TIME, "first event", .required = true, .nullable = true},
    {"last_at", SHAPE_TIME, "newest event", .required = true, .nullable = true},
    {"energy", SHAPE_NUMBER, "slider, -1 to 1", .required = true}, {"novelty", SHAPE_NUMBER, "slider, -1 to 1", .required = true},
    {"opted_out", SHAPE_BOOL, "no personalization", .required = true}, {"bot", SHAPE_BOOL, "events at an absurd rate", .required = true},
    {"tags", SHAPE_LIST, "greatest share first", .of = SHAPE_OBJECT, .shape = &shape_share, .required = true},
    {"changes", SHAPE_LIST, "what changed in their taste of late, in words", .of = SHAPE_TEXT, .required = true},
    {"items", SHAPE_LIST, "greatest grade first, in size", .of = SHAPE_OBJECT, .shape = &shape_known, .required = true},
    {"blocked", SHAPE_LIST, "items and tag:NAME", .of = SHAPE_TEXT, .required = true},
    {"less_like", SHAPE_LIST, "items", .of = SHAPE_TEXT, .required = true}, {0}};
const shape httpd_shape_person = {"Person", "What is known about a person", person_fields};

static const shape_field control_fields[] = {
    {"control", SHAPE_TEXT, "which", .name_of = control_of, .first_name = 1, .required = true},
    {"value", SHAPE_NUMBER, "of a slider (-1 to 1) or opt-out (1 or 0)", -1, 1},
    {"item", SHAPE_TEXT, "of less-like, block and unblock: an item, or tag:NAME to block", 1, ATT_ID_SIZE_MAX}, {0}};
const shape httpd_shape_control = {"Control", "A wish of a person; acts on their very next slate", control_fields};
static const shape_field controlled_fields[] = {{"control", SHAPE_TEXT, "which", .required = true}, {0}};
const shape httpd_shape_controlled = {"Controlled", "It is on disk", controlled_fields};
static const shape_field forgotten_fields[] = {{"rows", SHAPE_WHOLE, "rows of the log that were deleted", .required = true}, {0}};
const shape httpd_shape_forgotten = {"Forgotten", "Nothing of the person is left in the store", forgotten_fields};

static const shape_field licence_fields[] = {{"start", SHAPE_TIME, "from then on"}, {"end", SHAPE_TIME, "until then"},
    {"include", SHAPE_LIST, "territories; left out: everywhere", .of = SHAPE_TEXT},
    {"exclude", SHAPE_LIST, "territories", .of = SHAPE_TEXT}, {"uses", SHAPE_LIST, "stream, download …; left out: all", .of = SHAPE_TEXT},
    {0}};
static const shape shape_licence = {"Licence", "One permission to show it", licence_fields};
static const shape_field item_fields[] = {{"id", SHAPE_TEXT, "id", ID_SIZE}, {"title", SHAPE_TEXT, "title", 0, ATT_TITLE_SIZE_MAX},
    {"medium", SHAPE_TEXT, "music, film, game …", 0, 32}, {"text", SHAPE_TEXT, "description", 0, ATT_ITEM_TEXT_SIZE_MAX},
    {"tags", SHAPE_LIST, "tags", 0, ATT_TAGS_MAX, .of = SHAPE_TEXT}, {"features", SHAPE_MAP, "numbers by name", .of = SHAPE_NUMBER},
    {"vector", SHAPE_LIST, "content vector", 0, ATT_VECTOR_DIM_MAX, .of = SHAPE_NUMBER},
    {"duration_ms", SHAPE_WHOLE, "length", 0, INT32_MAX}, {"published_at", SHAPE_TIME, "time, milliseconds, or a date alone"},
    {"age_rating", SHAPE_WHOLE, "least age in years", 0, 21}, {"boost", SHAPE_NUMBER, "business term", -1, 1},
    {"rights", SHAPE_LIST, "licences; left out: not known", 0, ATT_LICENCES_MAX, .of = SHAPE_OBJECT, .shape = &shape_licence},
    {"licence", SHAPE_TEXT, "its name, such as CC-BY-4.0", 0, ATT_LICENCE_NAME_SIZE_MAX},
    {"opt_out", SHAPE_LIST, "train: nothing is learned from it", 0, 5, .of = SHAPE_TEXT}, {0}};
const shape httpd_shape_item = {"Item", "A thing in the catalogue", item_fields};
static const shape_field items_fields[] = {{"items", SHAPE_LIST, "items", .of = SHAPE_OBJECT, .shape = &httpd_shape_item, .required = true},
    {"more", SHAPE_BOOL, "whether there are more behind these", .required = true}, {0}};
const shape httpd_shape_items = {"Items", "A page of the catalogue", items_fields};
static const shape_field item_query_fields[] = {{"q", SHAPE_TEXT, "words that must all occur", 0, 200},
    {"limit", SHAPE_WHOLE, "at most this many; 50 when left out", 1, 500}, {"offset", SHAPE_WHOLE, "how many to pass over", 0, 1e9}, {0}};
const shape httpd_shape_item_query = {"ItemQuery", "", item_query_fields};
static const shape_field takedown_fields[] = {{"reason", SHAPE_TEXT, "kept in the log", 1, 4096, .required = true}, {0}};
const shape httpd_shape_takedown = {"Takedown", "Why it must go", takedown_fields};
static const shape_field taken_fields[] = {{"item", SHAPE_TEXT, "id", .required = true}, {0}};
static const shape_field delete_query_fields[] = {{"reason", SHAPE_TEXT, "kept in the log", 1, 4096}, {0}};
const shape httpd_shape_delete_query = {"DeleteQuery", "", delete_query_fields};
const shape httpd_shape_deleted = {"Deleted", "It is in no slate, search or list from now on; the log keeps what it says of it", taken_fields};
const shape httpd_shape_taken = {"TakenDown", "It is in no slate from now on", taken_fields};

static const shape_field policy_fields[] = {{"active", SHAPE_BOOL, "it is in force", .required = true}, {0}};
const shape httpd_shape_policy = {"PolicyActive", "The policy was put in force", policy_fields};
static const shape_field checked_fields[] = {{"valid", SHAPE_BOOL, "whether it could be put in force", .required = true},
    {"fault", SHAPE_TEXT, "line, key, what was found and expected; null when valid", .required = true, .nullable = true}, {0}};
const shape httpd_shape_policy_checked = {"PolicyChecked", "What the reader says of a policy", checked_fields};

static const shape_field health_fields[] = {{"status", SHAPE_TEXT, "ok", .required = true},
    {"version", SHAPE_TEXT, "of the program", .required = true}, {0}};
const shape httpd_shape_health = {"Health", "The process answers", health_fields};
static const shape_field ready_fields[] = {{"ready", SHAPE_BOOL, "true", .required = true},
    {"ready_ms", SHAPE_WHOLE, "from the start until every store was whole", .required = true}, {0}};
const shape httpd_shape_ready = {"Ready", "Requests can be served", ready_fields};

static const shape_field status_fields[] = {{"version", SHAPE_TEXT, "of the program", .required = true},
    {"started_at", SHAPE_TIME, "of the process", .required = true}, {"items", SHAPE_WHOLE, "in the catalogue", .required = true},
    {"items_taken_down", SHAPE_WHOLE, "of these", .required = true}, {"users", SHAPE_WHOLE, "people", .required = true},
    {"events", SHAPE_WHOLE, "without duplicates and bots'", .required = true}, {"bot_events", SHAPE_WHOLE, "set aside", .required = true},
    {"decisions", SHAPE_WHOLE, "slates", .required = true}, {"impressions", SHAPE_WHOLE, "decided slots", .required = true},
    {"explored", SHAPE_WHOLE, "of these, spent on exploration", .required = true},
    {"exploration_share", SHAPE_NUMBER, "the policy's budget", .required = true},
    {"model", SHAPE_WHOLE, "version in use; 0: none", .required = true}, {"model_kind", SHAPE_TEXT, "its kind", .required = true},
    {"first_event_at", SHAPE_TIME, "first", .required = true, .nullable = true},
    {"last_event_at", SHAPE_TIME, "newest", .required = true, .nullable = true},
    {"requests", SHAPE_WHOLE, "answered since the start", .required = true},
    {"p50_us", SHAPE_WHOLE, "half of the answers took at most this long", .required = true},
    {"p99_us", SHAPE_WHOLE, "and 99 of 100", .required = true},
    {"simulated", SHAPE_TEXT, "what is made up here; null: nothing", .required = true, .nullable = true}, {0}};
const shape httpd_shape_status = {"Status", "The store and the service at a glance", status_fields};

static const shape_field fault_fields[] = {{"field", SHAPE_TEXT, "the field at fault", .required = true},
    {"detail", SHAPE_TEXT, "what was found, and expected", .required = true}, {0}};
static const shape shape_fault_entry = {"Fault", "A field at fault", fault_fields};
static const shape_field problem_fields[] = {{"type", SHAPE_TEXT, "about:blank", .required = true},
    {"title", SHAPE_TEXT, "what kind of problem", .required = true}, {"status", SHAPE_WHOLE, "HTTP status", .required = true},
    {"detail", SHAPE_TEXT, "what happened, and what to do", .required = true},
    {"errors", SHAPE_LIST, "fields at fault", .of = SHAPE_OBJECT, .shape = &shape_fault_entry},
    {"request_id", SHAPE_TEXT, "as in the header X-Request-Id and the log", .required = true}, {0}};
const shape httpd_shape_problem = {"Problem", "Problem details (RFC 9457)", problem_fields};
