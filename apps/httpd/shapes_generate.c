// SPDX-License-Identifier: Apache-2.0
// httpd/shapes_generate.c - briefs, candidates and what they cost, field by field.
#include "routes.h"

static const char *latency_of(unsigned latency)
{
    return latency <= ATT_LATENCY_REAL_TIME ? att_latency_name((att_latency)latency) : NULL;
}

static const char *state_of(unsigned state)
{
    return state <= ATT_BRIEF_FAILED ? att_brief_state_name((att_brief_state)state) : NULL;
}

static const char *verdict_of(unsigned verdict)
{
    return verdict < ATT_MADE_VERDICT_COUNT ? att_made_verdict_name((att_made_verdict)verdict) : NULL;
}

static const char *make_of(unsigned make)
{
    static const char *const names[] = {"ahead", "real-time"};
    return make < 2 ? names[make] : NULL;
}

static const shape_field need_fields[] = {{"name", SHAPE_TEXT, "a measure of the world, or novelty", 1, ATT_TAG_SIZE_MAX, .required = true},
    {"least", SHAPE_NUMBER, "it may not be less", .required = true}, {"most", SHAPE_NUMBER, "nor more; left out: exactly least"}, {0}};
static const shape shape_need = {"Need", "A measure that must lie within bounds", need_fields};
static const shape_field brief_fields[] = {{"medium", SHAPE_TEXT, "the world that makes it", 1, 32, .required = true},
    {"kind", SHAPE_TEXT, "class of asset; left out: the world's first", 1, ATT_BRIEF_KIND_SIZE_MAX},
    {"prompt", SHAPE_TEXT, "what is wanted, in words", 0, ATT_BRIEF_PROMPT_SIZE_MAX},
    {"needs", SHAPE_LIST, "what it is held against", 0, ATT_BRIEF_NEEDS_MAX, .of = SHAPE_OBJECT, .shape = &shape_need},
    {"taste", SHAPE_MAP, "features and where the taste lies in them", .of = SHAPE_NUMBER},
    {"person", SHAPE_TEXT, "whose taste it is, taken from what they liked when taste is left out", 1, ATT_ID_SIZE_MAX},
    {"context", SHAPE_OBJECT, "the situation it is for", .shape = &httpd_shape_context},
    {"seed", SHAPE_WHOLE, "the same brief and seed make the same bytes; 1 when left out", 0, 9e15},
    {"latency", SHAPE_TEXT, "whether somebody waits for it", .name_of = latency_of},
    {"candidates", SHAPE_WHOLE, "that are allowed or held, wanted; left out: the policy's", 1, ATT_BRIEF_CANDIDATES_MAX}, {0}};
const shape httpd_shape_brief_request = {"Brief", "What is to be made", brief_fields};

static const shape_field generated_fields[] = {{"brief", SHAPE_TEXT, "its id", .required = true},
    {"made", SHAPE_WHOLE, "candidates, by this job; 0: all were there", .required = true}, {"candidates", SHAPE_WHOLE, "in all", .required = true},
    {"allowed", SHAPE_WHOLE, "of them", .required = true}, {"held", SHAPE_WHOLE, "for people", .required = true},
    {"denied", SHAPE_WHOLE, "of them", .required = true}, {"seconds", SHAPE_NUMBER, "it took", .required = true},
    {"cpu_s", SHAPE_NUMBER, "of processors", .required = true}, {"gpu_s", SHAPE_NUMBER, "of accelerators", .required = true}, {0}};
const shape httpd_shape_generated = {"Generated", "What became of a brief", generated_fields};

static const shape_field query_fields[] = {{"limit", SHAPE_WHOLE, "at most this many; 50 when left out", 1, 500},
    {"offset", SHAPE_WHOLE, "how many to pass over", 0, 1e9}, {0}};
const shape httpd_shape_generation_query = {"GenerationQuery", "", query_fields};

#define BRIEF_FIELDS                                                                                               \
    {"id", SHAPE_TEXT, "id", .required = true},                                                                    \
        {"form", SHAPE_TEXT, "the canonical form; null: it was of somebody who is forgotten", .required = true, .nullable = true}, \
        {"medium", SHAPE_TEXT, "of it", .required = true, .nullable = true}, {"kind", SHAPE_TEXT, "of it", .required = true, .nullable = true}, \
        {"state", SHAPE_TEXT, "how far it is", .name_of = state_of, .required = true}, {"asked", SHAPE_WHOLE, "how often", .required = true}, \
        {"count", SHAPE_WHOLE, "candidates", .required = true}, {"allowed", SHAPE_WHOLE, "of them", .required = true},     \
        {"held", SHAPE_WHOLE, "for people", .required = true}, {"denied", SHAPE_WHOLE, "of them", .required = true},       \
        {"last_asked_at", SHAPE_TIME, "when", .required = true, .nullable = true}

static const shape_field summary_fields[] = {BRIEF_FIELDS, {0}};
static const shape shape_summary = {"GenerationSummary", "A brief without its candidates", summary_fields};
static const shape_field list_fields[] = {{"briefs", SHAPE_LIST, "newest first", .of = SHAPE_OBJECT, .shape = &shape_summary, .required = true},
    {"more", SHAPE_BOOL, "there are more", .required = true}, {0}};
const shape httpd_shape_generations = {"Generations", "Briefs that were asked for", list_fields};

static const shape_field candidate_fields[] = {{"item", SHAPE_TEXT, "id in the catalogue", .required = true},
    {"index", SHAPE_WHOLE, "within the brief", .required = true}, {"verdict", SHAPE_TEXT, "of the check", .name_of = verdict_of, .required = true},
    {"shown", SHAPE_BOOL, "it may be", .required = true}, {"title", SHAPE_TEXT, "title", .required = true},
    {"media_type", SHAPE_TEXT, "of the asset", .required = true}, {"maker", SHAPE_TEXT, "what made it", .required = true},
    {"asset", SHAPE_TEXT, "BLAKE2b-256 of its bytes", .required = true}, {"has_plan", SHAPE_BOOL, "its maker tells how it is built", .required = true},
    {"has_analysis", SHAPE_BOOL, "the analyser tells more than measures", .required = true}, {"size", SHAPE_WHOLE, "bytes", .required = true},
    {"cpu_s", SHAPE_NUMBER, "to make and check it", .required = true}, {"gpu_s", SHAPE_NUMBER, "likewise", .required = true},
    {"wall_s", SHAPE_NUMBER, "likewise", .required = true}, {"made_at", SHAPE_TIME, "when", .required = true, .nullable = true},
    {"reasons", SHAPE_LIST, "of the verdict; none when nothing speaks against it", .of = SHAPE_TEXT, .required = true},
    {"sources", SHAPE_LIST, "what it was made from", .of = SHAPE_TEXT, .required = true},
    {"measures", SHAPE_MAP, "what the analyser found", .of = SHAPE_NUMBER, .required = true}, {0}};
const shape httpd_shape_candidate = {"Candidate", "Something that was made, and what the check says", candidate_fields};
static const shape_field whole_fields[] = {BRIEF_FIELDS,
    {"candidates", SHAPE_LIST, "in the order of making", .of = SHAPE_OBJECT, .shape = &httpd_shape_candidate, .required = true}, {0}};
const shape httpd_shape_generation = {"Generation", "A brief with its candidates", whole_fields};

#define FIGURE(name, text) {name, SHAPE_NUMBER, text, .required = true, .nullable = true}
static const shape_field class_fields[] = {{"medium", SHAPE_TEXT, "empty: all", .required = true}, {"kind", SHAPE_TEXT, "empty: all", .required = true},
    {"briefs", SHAPE_WHOLE, "different ones", .required = true}, {"asked", SHAPE_WHOLE, "how often any was", .required = true},
    {"candidates", SHAPE_WHOLE, "made", .required = true}, {"allowed", SHAPE_WHOLE, "of them", .required = true},
    {"held", SHAPE_WHOLE, "of them", .required = true}, {"denied", SHAPE_WHOLE, "of them", .required = true},
    {"looks", SHAPE_WHOLE, "verdicts that people gave", .required = true}, {"cpu_s", SHAPE_NUMBER, "of processors", .required = true},
    {"gpu_s", SHAPE_NUMBER, "of accelerators", .required = true}, {"making", SHAPE_NUMBER, "cost of both", .required = true},
    {"looking", SHAPE_NUMBER, "cost of looks", .required = true}, {"keeping", SHAPE_NUMBER, "cost of storage", .required = true},
    {"sending", SHAPE_NUMBER, "cost of what was sent", .required = true}, {"cost", SHAPE_NUMBER, "the sum", .required = true},
    {"impressions", SHAPE_WHOLE, "slots that held it", .required = true}, {"successes", SHAPE_WHOLE, "of them", .required = true},
    FIGURE("cost_per_success", "null: there was none"), FIGURE("expected", "successes of catalogue items at the same places"),
    FIGURE("lift", "successes more than that"), FIGURE("lift_low", "95 % interval, by person"), FIGURE("lift_high", "likewise"),
    FIGURE("lift_per_cost", "for each unit of cost"),
    {"make", SHAPE_TEXT, "when to make it; null: all classes together", .name_of = make_of, .required = true, .nullable = true},
    {"why", SHAPE_TEXT, "so", .required = true, .nullable = true}, {0}};
static const shape shape_class = {"MadeClass", "A class of assets: cost, lift, and when to make it", class_fields};
static const shape_field report_fields[] = {{"from", SHAPE_TIME, "of the log", .required = true, .nullable = true},
    {"until", SHAPE_TIME, "likewise", .required = true, .nullable = true},
    {"catalogue_impressions", SHAPE_WHOLE, "slots with other items", .required = true}, {"catalogue_successes", SHAPE_WHOLE, "of them", .required = true},
    {"all", SHAPE_OBJECT, "all classes", .shape = &shape_class, .required = true},
    {"classes", SHAPE_LIST, "by name", .of = SHAPE_OBJECT, .shape = &shape_class, .required = true}, {0}};
const shape httpd_shape_making_report = {"MakingReport", "What was made, what it cost, and what it brought", report_fields};
