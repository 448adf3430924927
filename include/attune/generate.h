// SPDX-License-Identifier: Apache-2.0
// attune/generate.h - making what the catalogue lacks: briefs, the worlds that fulfil them, candidates, verdicts, what it costs.
//
// A brief says what is wanted. Its world makes candidates, analyses each as it would analyse a foreign file, and judges it: allow, hold
// for people, or deny, with reasons. What is allowed becomes an item of the catalogue and stands in slates beside the others; what is
// held waits in the queue (attune/queue.h); no item that was made is ever shown without a verdict. Every step is in the log, so a job
// that was cut off goes on behind its last step, and the same brief is made once for all who ask (docs/generate.md).
#ifndef ATT_GENERATE_H
#define ATT_GENERATE_H

#include "attune/engine.h"

ATT_BEGIN

#define ATT_BRIEF_ID_SIZE 65       // 64 hex digits and a zero
#define ATT_BRIEF_KIND_SIZE_MAX 32 // bytes
#define ATT_BRIEF_PROMPT_SIZE_MAX 2000
#define ATT_BRIEF_NEEDS_MAX 32
#define ATT_BRIEF_TASTE_MAX 32
#define ATT_BRIEF_CANDIDATES_MAX 64
#define ATT_MADE_SIZE_MAX ((size_t)256 << 20) // bytes of one asset
#define ATT_MADE_REASONS_MAX 8
#define ATT_MADE_REASON_SIZE 200   // with its zero
#define ATT_MADE_SOURCES_MAX 16
#define ATT_EMBEDDING_DIM_MAX 256

// --- Briefs -------------------------------------------------------------------------------------------

typedef enum att_latency { // kept in the log: only append
    ATT_LATENCY_AHEAD,     // somebody may want it later
    ATT_LATENCY_REAL_TIME  // somebody waits
} att_latency;
const char *att_latency_name(att_latency latency); // "ahead", "real-time"
bool att_latency_parse(att_text name, att_latency *out);

// A measured quantity must lie in least … most (least = most: exactly that, within the world's tolerance).
typedef struct att_need {
    att_text name; // one of the world's measures, or "novelty"
    double least, most;
} att_need;

// Borrowed for the call. What the output depends on is its identity: all but person and latency. Two briefs that say the same in another
// order, or with other blanks, are one.
typedef struct att_brief {
    att_text medium;         // the world's name
    att_text kind;           // asset class within it, "loop", "song" …; empty: the world's first
    att_text prompt;
    const att_need *needs;   // (need_count) names differ
    size_t need_count;
    const att_feature *taste; // (taste_count) conditioning: where in the world's features the taste lies; rounded to 1/16
    size_t taste_count;
    att_context context;     // utc_offset_min is not looked at
    uint64_t seed;
    att_latency latency;
    att_text person;         // whose taste it is: forgotten with the person; may be empty
} att_brief;
att_brief att_brief_default(void);

// The taste of a person as a brief wants it: the mean of each feature over what they liked, weighed as for a slate. At most `capacity`
// features, those first that most of the items have; names live in `memory`. A stranger, or who opted out, has none.
att_status att_engine_taste_features(att_engine *engine, const att_request *request, att_slate_memory *memory,
    att_feature *out, size_t capacity, size_t *count, att_error *err);

// --- Worlds -------------------------------------------------------------------------------------------

// What a world measures of a piece: what a brief may ask for.
typedef struct att_measure {
    const char *name, *unit, *text; // "tempo_bpm", "BPM", "beats in a minute"
    double tolerance;        // so far beyond the range is no miss: the analyser's own error
    double tolerance_share;  // likewise, as a share of the bound
} att_measure;

// A candidate as a world made it. Arrays and texts come from `host`, and att_made_deinit gives them back.
typedef struct att_made {
    att_host host;
    void *data; // (size)
    size_t size;
    char media_type[64];
    char title[128];
    char maker[64];          // what made it, with its version: "composer 1"
    char tags[8][ATT_TAG_SIZE_MAX + 1]; // until the first empty one
    char sources[ATT_MADE_SOURCES_MAX][128]; // inputs that it is made from, for its provenance: sound fonts, models, other assets
    char *detail; // (detail_size) JSON for people: the plan of a song; kept as an asset of its own. NULL: none
    size_t detail_size;
    double cpu_s, gpu_s;     // spent outside the calling thread (helper programs, accelerators)
} att_made;
void att_made_init(att_made *made, const att_host *host);
void att_made_deinit(att_made *made);
// Copies the bytes. For worlds.
att_status att_made_set(att_made *made, const void *data, size_t size, const char *media_type, att_error *err);

typedef struct att_made_measure {
    const char *name; // static, or the measure's
    double value;
} att_made_measure;

// What the analyser found in it.
typedef struct att_analysis {
    att_host host;
    att_made_measure measures[ATT_FEATURES_MAX]; // of the world's list where it could tell; they become the item's features. One that comes again
                         // is another reading, as a tempo at half speed: a need is met by any, the item gets the first
    size_t measure_count;
    float embedding[ATT_EMBEDDING_DIM_MAX]; // (dim) for novelty; 0: none
    size_t dim;
    char tags[16][ATT_TAG_SIZE_MAX + 1];    // until the first empty one
    int64_t duration_ms; // 0: it has none
    char *detail; // (detail_size) JSON for people: beats, sections, a waveform
    size_t detail_size;
    double cpu_s, gpu_s; // outside the calling thread
} att_analysis;
void att_analysis_init(att_analysis *analysis, const att_host *host);
void att_analysis_deinit(att_analysis *analysis);
bool att_analysis_get(const att_analysis *analysis, att_text name, double *out);
void att_analysis_put(att_analysis *analysis, const char *name, double value); // nothing when full or not finite

typedef enum att_made_verdict { // kept in the log: only append
    ATT_MADE_UNJUDGED,
    ATT_MADE_ALLOW,
    ATT_MADE_HOLD,
    ATT_MADE_DENY,
    ATT_MADE_VERDICT_COUNT
} att_made_verdict;
const char *att_made_verdict_name(att_made_verdict verdict); // "unjudged", "allow" …

typedef struct att_judgement {
    att_made_verdict verdict; // the worst that was said
    char reasons[ATT_MADE_REASONS_MAX][ATT_MADE_REASON_SIZE];
    size_t reason_count;
} att_judgement;
// Makes the verdict at least this bad, and says why.
void att_made_judge(att_judgement *judgement, att_made_verdict verdict, const char *format, ...) ATT_PRINTF(3, 4);

typedef struct att_medium att_medium;
struct att_medium {
    const char *name;               // of the medium: "music"
    uint32_t version;               // a change of it makes every brief a new one: for when `make` makes other bytes
    const char *const *kinds;       // asset classes, until NULL; at least one
    const char *const *media_types; // that `analyse` reads and `make` writes, until NULL
    const att_measure *measures;    // (measure_count)
    size_t measure_count;
    // What situations want of items of this medium, by features; the policy's `situations` say otherwise. May be NULL.
    const att_wish *wishes;
    size_t wish_count;
    // A number for a name that a need may have instead of one: "A minor". NULL: it has none.
    bool (*read_value)(const att_medium *world, att_text measure, att_text text, double *out);
    // What a prompt asks for in numbers: writes at most `capacity` needs, returns how many; what the brief says itself comes first. NULL:
    // prompts are for `make` alone.
    size_t (*understand)(const att_medium *world, att_text prompt, att_need *needs, size_t capacity);
    // Makes a candidate of the brief from the seed: the same bytes every time. ATT_INVALID: it cannot be made as asked.
    att_status (*make)(const att_medium *world, const att_brief *brief, uint64_t seed, att_made *out, const att_host *host, att_error *err);
    // The analyser that reads foreign files. ATT_INVALID: it is none of its media.
    att_status (*analyse)(const att_medium *world, const void *data, size_t size, const char *media_type, att_analysis *out, const att_host *host,
        att_error *err);
    // What it keeps beside a store for `check`, such as lists of what is protected: made when the store at that path is opened, used by any
    // number of threads, given back when it is closed. Both or neither; without them `beside` is NULL.
    att_status (*open)(const att_medium *world, const char *store, void **beside, const att_host *host, att_error *err);
    void (*close)(const att_medium *world, void *beside); // NULL is fine
    // What this medium forbids beyond the brief: copies of protected works and the like. May be NULL. A failure is no verdict: the candidate
    // is not shown, and checked again when its brief is asked for again.
    att_status (*check)(const att_medium *world, void *beside, const att_brief *brief, const void *data, size_t size,
        const att_analysis *analysis, att_judgement *out, const att_host *host, att_error *err);
};
// Those of att_open_options, then those built in, one line each in engine/worlds.c. NULL behind the last.
const att_medium *att_engine_world(const att_engine *engine, size_t index);
const att_medium *att_engine_world_named(const att_engine *engine, att_text name); // NULL: none

// --- Making -------------------------------------------------------------------------------------------

typedef struct att_generate_options {
    uint32_t candidates; // that are allowed or held, wanted; 0: policy.generation.candidates
} att_generate_options;

typedef struct att_generated {
    char brief[ATT_BRIEF_ID_SIZE];
    uint32_t candidates, allowed, held, denied; // of the brief, those from before too
    uint32_t made;   // by this call; 0: all were there
    double seconds, cpu_s, gpu_s; // of this call; cpu_s with helpers
} att_generated;

// Makes, checks and judges candidates until enough are allowed or held, or policy.generation.attempts times as many were tried. Progress and
// cancelling by the host; what was done stays. ATT_UNSUPPORTED: no such world; ATT_INVALID: the brief, or it cannot be made so.
att_status att_engine_generate(
    att_engine *engine, const att_brief *brief, const att_generate_options *options, att_generated *out, att_error *err);

// --- Looking ------------------------------------------------------------------------------------------

typedef enum att_brief_state { ATT_BRIEF_OPEN, ATT_BRIEF_DONE, ATT_BRIEF_CANCELLED, ATT_BRIEF_FAILED } att_brief_state;
const char *att_brief_state_name(att_brief_state state);

typedef struct att_brief_about {
    char id[ATT_BRIEF_ID_SIZE];
    att_text form; // its canonical form; empty: it was of somebody who is forgotten
    att_text medium, kind; // likewise
    att_brief_state state;
    uint64_t asked; // how often
    uint32_t candidates, allowed, held, denied;
    int64_t first_ms, last_ms; // asked
} att_brief_about;
typedef bool att_brief_seer(void *user, const att_brief_about *about);
// Newest first, until false.
att_status att_engine_briefs_each(att_engine *engine, att_brief_seer *see, void *user, att_error *err);

typedef struct att_candidate_about {
    att_text item;    // id in the catalogue
    uint32_t index;   // within the brief
    att_made_verdict verdict;
    bool shown;       // it may be: allowed, by the check or by people, and not barred since
    char asset[65];   // hex of its hash
    char made_detail[65], analysis[65]; // of the JSON; empty: none
    uint64_t size;    // bytes
    att_text title, media_type, maker;
    uint64_t seed;
    double cpu_s, gpu_s, wall_s; // to make and to check it
    int64_t at_ms;
    const att_text *reasons; // (reason_count)
    size_t reason_count;
    const att_feature *measures; // (measure_count)
    size_t measure_count;
    const att_text *sources;     // (source_count)
    size_t source_count;
} att_candidate_about;
typedef bool att_candidate_seer(void *user, const att_candidate_about *about);
// `brief`: the id, or at least 8 digits of it that no other begins with. In order of index. ATT_NOT_FOUND.
att_status att_engine_brief_see(
    att_engine *engine, att_text brief, att_brief_seer *see_brief, att_candidate_seer *see, void *user, att_error *err);
// The candidate that an item of the catalogue is. ATT_NOT_FOUND: nothing made.
att_status att_engine_candidate_see(att_engine *engine, att_text item, att_candidate_seer *see, void *user, att_error *err);

// Bytes by the hex of their hash; `see` gets them with their size. ATT_NOT_FOUND.
typedef void att_asset_seer(void *user, const void *data, size_t size);
att_status att_engine_asset_see(att_engine *engine, att_text hash, att_asset_seer *see, void *user, att_error *err);
// Keeps bytes, on disk when it returns; the same bytes again are kept once. `hash`: the hex of their BLAKE2b-256. ATT_LIMIT: more than 512 MiB.
att_status att_engine_asset_add(att_engine *engine, const void *data, size_t size, att_text media_type, char hash[65], att_error *err);
// Deletes bytes; they have left the disk when it returns. ATT_NOT_FOUND; ATT_EXISTS: something that was made consists of them, and the
// log says so for good.
att_status att_engine_asset_delete(att_engine *engine, att_text hash, att_error *err);

// --- What it costs ------------------------------------------------------------------------------------

// What a class of assets asks of a planner, over 30 days.
typedef struct att_plan_input {
    double latency_s;  // that 95 of 100 briefs take at most, until something is allowed or held
    double brief_cost; // to make and check a brief's candidates, with the looks that people take
    double keep_cost;  // of them, for 30 days
    double asked;      // how often anything of the class was asked for
    double distinct;   // different briefs
    double once, twice; // of them, asked for once, and twice
    double risk;       // share of candidates that were held or denied
} att_plan_input;

typedef struct att_made_plan {
    bool ahead;
    double possible;      // briefs that may be asked for: Chao's estimate from those asked once and twice
    double ahead_cost;    // all of them made and kept, 30 days
    double realtime_cost; // those asked for, by machines kept ready
    char why[200];
} att_made_plan;
// docs/generate.md has the rule. Pure.
void att_plan_making(const att_plan_input *input, const att_policy *policy, att_made_plan *out);

#define ATT_MADE_CLASSES_MAX 64

// One class of assets: a medium and a kind. Costs in the policy's currency.
typedef struct att_made_class {
    char medium[33], kind[ATT_BRIEF_KIND_SIZE_MAX + 1];
    uint64_t briefs, asked;      // different ones; how often any was asked for
    uint64_t candidates, allowed, held, denied, looks; // looks: verdicts that people gave
    double cpu_s, gpu_s;
    uint64_t bytes, bytes_sent;  // kept; sent to people
    double making, looking, keeping, sending, cost; // cost: their sum
    uint64_t impressions, successes; // slots that held such an item; of them, those whose events earned policy.generation.success
    double cost_per_success;     // NaN: there was none
    double expected;             // successes that catalogue items had at the same places, for so many slots
    double lift, lift_low, lift_high; // successes more than that; 95 % by person. NaN without catalogue slots to compare with
    double lift_per_cost;        // NaN likewise
    att_plan_input input;
    att_made_plan plan;
} att_made_class;

typedef struct att_made_report {
    att_made_class classes[ATT_MADE_CLASSES_MAX]; // by name
    size_t count;
    att_made_class all; // medium and kind are empty; without a plan
    int64_t from_ms, until_ms; // of the log that was read
    uint64_t catalogue_impressions, catalogue_successes;
} att_made_report;
// The log read once. An event belongs to a slot when it names the decision and comes within a day.
att_status att_engine_made_report(att_engine *engine, att_made_report *out, att_error *err);

ATT_END
#endif
