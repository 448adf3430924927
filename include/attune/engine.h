// SPDX-License-Identifier: Apache-2.0
// attune/engine.h - the loop: open, ingest, train, decide, feed back, and keep people in control.
//
// A store is one SQLite file PATH, with model snapshots beside it in PATH-models/. Several processes may open the same
// store: writers take turns, and each sees what the others wrote before it writes or decides.
//
// Threads: every call on one engine may be made from any thread. Decisions run side by side; writes and
// training take turns. A call that returns ATT_OK has put what it wrote on disk (fsync), unless said otherwise.
// Functions that a call is given (seers, sinks, progress) run while writers wait: they must not call the engine.
#ifndef ATT_ENGINE_H
#define ATT_ENGINE_H

#include "attune/decide.h"
#include "attune/host.h"
#include "attune/items.h"
#include "attune/policy.h"
#include "attune/signals.h"

ATT_BEGIN

typedef struct att_engine att_engine;

typedef struct att_open_options {
    bool create;     // make it when it is not there; ATT_EXISTS is no error then
    bool exclusive;  // with create: fail with ATT_EXISTS when it is there
    bool read_only;
    uint64_t seed;   // of a new store; 0: taken from the clock
    uint32_t threads; // for training and building, 1 … 64, more counts as 64; 0: 1
    uint64_t near_bytes_max; // memory for lists of what is near people, so that who asks again need not be searched for; 0: 64 MiB; 1: none
    uint64_t checkpoint_records; // folded since the last checkpoint before att_engine_checkpoint or closing writes another; 0: 20000
    int32_t wait_ms;  // for another process that writes, then ATT_BUSY; 0: 5000
    const struct att_medium *const *worlds; // beside those built in, or in place of one of that name, until NULL; they outlive the engine (attune/generate.h)
} att_open_options;

att_open_options att_open_options_default(void);

// Owned by the caller; att_engine_close(NULL) is fine. Open loads the model that the log says is in force; when its files
// are damaged or missing, a warning goes to the log sink and the last good one that was in force before is used.
att_status att_engine_open(att_engine **out, const char *path, const att_open_options *options,
    const att_host *host, att_error *err);
// As it was opened; valid as long as the engine. What lies beside the store has this name and more.
const char *att_engine_path(const att_engine *engine);
// When no other call is running. Writes a checkpoint of people's state when it is due.
void att_engine_close(att_engine *engine);
// Writes one while the engine goes on: after a kill, opening folds only what came behind it. For a thread of the host's that has time, now
// and then (attune serve: each half minute). It is due when checkpoint_records were folded since the last one, and a sixteenth of all that
// there are, so that it costs little beside what it saves; otherwise nothing is done, at once. *written (may be NULL) tells. It reads the
// last one and the log behind it on a connection of its own: no event, no decision waits for it. Needs memory for a second state meanwhile.
att_status att_engine_checkpoint(att_engine *engine, bool *written, att_error *err);

// What the store holds. All zeros when it cannot be read; the log sink is told why.
typedef struct att_engine_info {
    uint64_t events;           // without duplicates and bots'
    uint64_t duplicate_events; // that this engine was sent since it was opened; no store keeps them
    uint64_t bot_events, decisions, items, items_taken_down, users;
    uint64_t impressions, explored_impressions; // decided slots, and those spent on exploration
    int64_t first_event_ms, last_event_ms;      // 0: no events
    uint64_t model;                             // version in use, 0: none
    char model_kind[32];                        // "als", "ease", "blend", "popularity"
    uint64_t items_bytes, users_bytes, index_bytes; // memory held
    uint64_t event_ids_bytes; // of users_bytes, what knows the ids of events: some 22 bytes for each, for good, so that it counts once
    uint64_t since_checkpoint; // records that opening after a kill would fold again
    uint64_t model_in_force; // what the log says; differs from `model` only when its files are damaged
} att_engine_info;
void att_engine_info_get(att_engine *engine, att_engine_info *out);

// --- Ingest -----------------------------------------------------------------------------------------

// Counts of what became of a batch.
typedef struct att_ingest_result {
    uint64_t added;
    uint64_t duplicates; // their id was known; nothing was changed
    uint64_t refused;    // not valid: 1, since the first ends the looking
    size_t first_refused; // index of the first, when refused > 0
} att_ingest_result;

// Adds events in order, all or nothing on ATT_OK apart from duplicates. With any invalid event nothing is
// added and the story names its index and field. Unknown items are accepted (they may arrive later).
att_status att_engine_event(att_engine *engine, const att_event *event, bool *added, att_error *err);
att_status att_engine_events(att_engine *engine, const att_event *events, size_t count,
    att_ingest_result *result, att_error *err);
// The same, all or nothing, and added[i] tells whether event i was new; (count).
att_status att_engine_events_each(
    att_engine *engine, const att_event *events, size_t count, bool *added, att_error *err);
// What is wrong with an event, if anything; the policy's rules on time need now_ms.
att_status att_event_check(const att_event *event, const att_policy *policy, int64_t now_ms, att_error *err);

// Adds or replaces items, all or nothing. Takes effect on the next decision.
att_status att_engine_items_put(att_engine *engine, const att_item *items, size_t count, att_error *err);
att_status att_item_check(const att_item *item, att_error *err);
// At once; `reason` (at most 4096 bytes) is kept in the log. Undone by putting the item again.
att_status att_engine_takedown(att_engine *engine, att_text item, att_text reason, att_error *err);

// The item leaves the catalogue: no slate, search or list holds it from the next decision on. What the log says of it stays,
// decisions too, and so does what people did with it. Putting it again brings it back. ATT_NOT_FOUND.
att_status att_engine_item_delete(att_engine *engine, att_text item, att_text reason, att_error *err);

// --- The catalogue ----------------------------------------------------------------------------------

// Calls `see` for each item in order of arrival until it returns false. The item is valid during the call.
// `query`: empty, or words that must all occur (in either case of a … z) in id, title, medium or tags; the first 16
// words count.
typedef bool att_item_seer(void *user, const att_item *item);
att_status att_engine_items_each(
    att_engine *engine, att_text query, att_item_seer *see, void *user, att_error *err);
// One by id. ATT_NOT_FOUND if it is not there.
att_status att_engine_item_see(att_engine *engine, att_text id, att_item_seer *see, void *user, att_error *err);

// --- Learning ---------------------------------------------------------------------------------------

typedef struct att_train_options {
    uint64_t seed;      // 0: from the store's seed and the version
    uint32_t threads;   // 0: as opened
    const char *kind;   // NULL or "auto": chosen by validation; "als", "ease", "blend"
    uint32_t dim;       // 0: by validation
    bool plain;         // neither a sequence part nor a trend nor what is new is tried, whatever they would help
    // Names of files begin with it: long parts of a training keep their state there, and a training that was stopped goes on
    // from them where data, options and seed are the same. The engine names its own. NULL: none.
    const char *checkpoints;
    bool incremental;   // keeps kind and parameters of the model in force and begins from its vectors, where it can
    bool validated;     // swapped in only if it is not worse than the model in force (docs/training.md)
} att_train_options;

// How a new model stood against the one in force, person by person on what both had not seen.
// q is (NDCG@100 + recall@20) / 2; docs/training.md has the formula.
typedef struct att_duel {
    uint32_t people; // judged by; 0: there was no trial
    bool not_worse;  // low >= least
    double before_ndcg_100, before_recall_20, after_ndcg_100, after_recall_20;
    double difference, low, high; // of q, after less before; each bound holds at `confidence`
    double least;                 // -margin times q before
    double margin, confidence;
} att_duel;

typedef struct att_train_report {
    uint64_t version;
    char kind[32];
    uint32_t dim;
    uint64_t users, items, preferences; // that were learned from
    struct {
        char name[48];     // "als d=64 reg=0.01 unobserved=0.1"
        double ndcg_100, recall_20;
        double seconds;
    } tried[16];
    size_t tried_count;
    size_t chosen;
    double seconds;
    double flops, flops_per_s; // of the factorization's main loop; 0 when it was not run
    double sequence_share;     // of the score that the sequence model gives; 0: there is none
    char sequence[120];        // what was tried of it, or why nothing was
    double trend_weight; // of what people like of late, in deviations of the rest of the score; 0: it has no part
    char trend[160];     // what was tried of it, or why nothing was
    double newness_weight; // of what came since a person was last here, likewise
    char newness[160];
    bool incremental; // it began from the vectors of the model in force
    bool swapped;     // in; false: the trial spoke against it, and nothing but a record of that was kept
    att_duel trial;
    double trial_seconds; // of `seconds`: for the slice, the model to judge, and judging
    char why[200];        // it was swapped in, or not
} att_train_report;

// Learns from the whole log, writes an immutable snapshot, swaps it in. Decisions go on meanwhile. ATT_BUSY while
// another training of this store runs, in any process; ATT_INVALID when there is no liking to learn from.
att_status att_engine_train(
    att_engine *engine, const att_train_options *options, att_train_report *report, att_error *err);

// What has come since the last training, activation or rollback, by the policy's section `learning`.
typedef struct att_train_need {
    bool needed;
    uint64_t new_preferences, preferences; // now less then; then. A preference is a person and an item
    uint64_t new_items, items; // that people met and the model has learned nothing about; that people met
    double age_days;
    char why[160]; // "412 new preferences, 8.3 % of 4960: 5 % start a training"
} att_train_need;
att_status att_engine_train_need(att_engine *engine, att_train_need *out, att_error *err);
// One turn of a watch: trains, validated, when it is needed; incrementally but for every policy.learning.choose_every-th
// time. `options` as above, but for validated and incremental, which this call decides. Otherwise *report is all zeros.
att_status att_engine_train_if_needed(att_engine *engine, const att_train_options *options,
    att_train_need *need, att_train_report *report, att_error *err);

// --- Versions of the model --------------------------------------------------------------------------

typedef enum att_model_act { // kept in the log: only append
    ATT_MODEL_UNKNOWN,       // a record from before reasons were kept
    ATT_MODEL_TRAINED,       // and swapped in
    ATT_MODEL_ACTIVATED,     // by hand
    ATT_MODEL_ROLLED_BACK,
    ATT_MODEL_REFUSED, // trained, and not swapped in
    ATT_MODEL_ACT_COUNT
} att_model_act;
const char *att_model_act_name(att_model_act act); // "trained", "rolled back" …

// One version, by the newest record about it.
typedef struct att_model_state {
    uint64_t version;
    bool active;  // the log says that it is in force
    bool on_disk; // its files are there; a refused one has none, and old ones are deleted (policy.learning.keep_models)
    att_model_act act;
    int64_t acted_ms, trained_ms;
    uint64_t log_seq; // it learned from the log up to this record; 0: not known
    uint64_t events, preferences; // that there were then
    uint64_t began_from, generation; // version it began from, 0: none; trainings since parameters were chosen
    char kind[16];
    uint32_t dim;
    att_duel trial;
    char why[200];
} att_model_state;
// Newest version first, until false.
typedef bool att_model_seer(void *user, const att_model_state *version);
att_status att_engine_models_each(att_engine *engine, att_model_seer *see, void *user, att_error *err);
// Puts an older version in force again, and logs it with the reason. ATT_NOT_FOUND, ATT_CORRUPT when its files are gone or
// damaged: the one in force stays.
att_status att_engine_model_activate(att_engine *engine, uint64_t version, att_text reason, att_error *err);
// The same with the one that was in force before the present one first came; *version (may be NULL) tells which.
att_status att_engine_model_rollback(att_engine *engine, att_text reason, uint64_t *version, att_error *err);

// --- Deciding ---------------------------------------------------------------------------------------

// A slate is reusable: each call to att_engine_decide overwrites it. One slate, one thread at a time.
typedef struct att_slate_memory att_slate_memory;
att_status att_slate_memory_create(att_slate_memory **out, const att_host *host, att_error *err);
void att_slate_memory_destroy(att_slate_memory *memory);

// The record is on disk before this returns (unless request->dry). *slate points into `memory`.
att_status att_engine_decide(att_engine *engine, const att_request *request, att_slate_memory *memory,
    att_slate *slate, att_error *err);
// Several at once with one commit: memories and slates are (count), each memory its own. All or nothing; all dry or
// none. ATT_BUSY when rights or the store changed under the slates four times in a row.
att_status att_engine_decide_many(att_engine *engine, const att_request *requests, size_t count,
    att_slate_memory *const *memories, att_slate *slates, att_error *err);

// Why this item has the score it has for this person now, shown or not: terms as if it stood first.
typedef struct att_explanation {
    att_shown shown;     // texts live in `memory`; no slot, so propensity is 0
    bool eligible;
    char barred_by[160]; // when not eligible: "licence ended 2026-01-01", "blocked by you", "age rating 18"
    att_reason reasons[16];
    size_t reason_count;
    double score_without_reasons; // the score with relevance recomputed from scratch without those events
} att_explanation;
att_status att_engine_explain(att_engine *engine, const att_request *request, att_text item,
    att_slate_memory *memory, att_explanation *out, att_error *err);

// What the situation wants of an item (policy.situations and the worlds' own, docs/prompts.md), wish by wish: what the term
// ATT_TERM_SITUATION is the mean of. Of wishes for features that the item lacks nothing is known. At most `capacity`. ATT_NOT_FOUND.
typedef struct att_wish_met {
    att_wish wish;
    bool is_known;
    double value, fit; // where it is known; fit: 1 within the range, 0 at the tolerance, towards -1 far off
} att_wish_met;
#define ATT_WISHES_MET_MAX 64
att_status att_engine_wishes_see(att_engine *engine, const att_context *context, att_text item, att_wish_met *out, size_t capacity,
    size_t *count, att_error *err);

// --- People -----------------------------------------------------------------------------------------

typedef enum att_control_kind {
    ATT_CONTROL_NONE,
    ATT_CONTROL_ENERGY,    // value -1 (calm) … 1 (lively), 0 off
    ATT_CONTROL_NOVELTY,   // value -1 (familiar) … 1 (new), 0 as the policy says
    ATT_CONTROL_LESS_LIKE, // item
    ATT_CONTROL_BLOCK,     // item, or "tag:NAME"
    ATT_CONTROL_UNBLOCK,
    ATT_CONTROL_RESET,     // taste forgotten for deciding; the log stays
    ATT_CONTROL_OPT_OUT,   // value 1: no personalization, no learning from this person; 0: back in
    ATT_CONTROL_LIFE_EVENT, // value 0: what was liked until now counts little from now on; a day since 1970-01-01 (UTC):
                            // what was liked before it; -1: taken back
    ATT_CONTROL_KIND_COUNT
} att_control_kind;
const char *att_control_kind_name(att_control_kind kind); // "energy", "less-like" …
bool att_control_kind_parse(att_text name, att_control_kind *out);

typedef struct att_control {
    att_control_kind kind;
    double value;
    att_text item; // id, or "tag:NAME" for block and unblock
} att_control;

// Acts on the very next slate of this person, and is kept in the log.
att_status att_engine_control(att_engine *engine, att_text user, const att_control *control, att_error *err);

// What the engine knows about a person; "now" is the host's clock. Texts live in `memory`.
typedef struct att_taste_share {
    att_text tag;
    double share; // of graded listening, 0 … 1
} att_taste_share;
typedef struct att_taste_scales {
    double long_term, recent, session; // shares
} att_taste_scales;
typedef struct att_known_item {
    att_text item, title;
    att_signal signal;
    int64_t at_ms;
    double grade; // now, after decay
} att_known_item;
typedef struct att_person {
    uint64_t events, sessions, impressions, explored;
    int64_t first_ms, last_ms;
    double energy, novelty; // sliders
    bool opted_out, bot;
    const att_taste_share *tags; // greatest share first
    size_t tag_count;
    const att_known_item *items; // greatest |grade| first
    size_t item_count;
    const att_text *blocked; // items and "tag:…"
    size_t blocked_count;
    const att_text *less_like;
    size_t less_like_count;
    // The time scales (docs/taste.md): the same tags in the same order as `tags`, each vector's shares summing to 1, or all 0.
    const att_taste_scales *scales; // (tag_count)
    double long_share, recent_share, session_share; // of the three vectors in the mix
    uint32_t changes;               // bits of att_change that need no situation: a binge that runs, a move
    const att_text *change_texts;   // the same and more in words: what was found, since when, on what evidence
    size_t change_count;
    int64_t life_event_ms;          // 0: none
} att_person;
// ATT_NOT_FOUND when nothing is known.
att_status att_engine_person(att_engine *engine, att_text user, att_slate_memory *memory, att_person *out, att_error *err);

// All rows about one person as NDJSON lines, events and decisions and controls, in order; false stops.
typedef bool att_line_sink(void *user, att_text line);
att_status att_engine_export(att_engine *engine, att_text user, att_line_sink *sink, void *sink_user, att_error *err);
// Deletes them: rows, state, name. Counts what went (`rows` may be NULL).
att_status att_engine_forget(att_engine *engine, att_text user, uint64_t *rows, att_error *err);

// --- Policy -----------------------------------------------------------------------------------------

// As this engine last saw it.
att_policy att_engine_policy(att_engine *engine);
// Kept in the store; takes effect at once. Grading rules take effect on what is known by replaying the log.
att_status att_engine_policy_set(att_engine *engine, const att_policy *policy, att_error *err);

// Versions of it. `by` (1 … 64 bytes) and `reason` (at most 500) are kept in the log. A version is whole: it does not
// change with the one that it was made from.
#define ATT_POLICY_BY_SIZE_MAX 64
#define ATT_POLICY_REASON_SIZE_MAX 500
typedef enum att_policy_act { // kept in the log: only append
    ATT_POLICY_ACT_UNKNOWN,   // nobody said who
    ATT_POLICY_ACT_SET,       // put in force at once
    ATT_POLICY_ACT_STAGED,    // kept, to be put in force later
    ATT_POLICY_ACT_ACTIVATED,
    ATT_POLICY_ACT_ROLLED_BACK,
    ATT_POLICY_ACT_DISCARDED, // of no more use; may still be activated
    ATT_POLICY_ACT_COUNT
} att_policy_act;
const char *att_policy_act_name(att_policy_act act); // "put in force", "rolled back" …
typedef struct att_policy_version {
    uint64_t version; // number of the record that holds it
    bool active, staged, discarded;
    att_policy_act act;        // what was done with it last
    int64_t made_ms, acted_ms;
    att_text by, reason;       // of that
} att_policy_version;
// Newest version first, until false; valid during the call. The policy of a store where none was ever set is no version.
typedef bool att_policy_seer(void *user, const att_policy_version *version);
att_status att_engine_policies_each(att_engine *engine, att_policy_seer *see, void *user, att_error *err);
att_status att_engine_policy_of(att_engine *engine, uint64_t version, att_policy *out, att_error *err); // ATT_NOT_FOUND
// As att_engine_policy_set, with who and why; *version (may be NULL) tells the new one.
att_status att_engine_policy_put(
    att_engine *engine, const att_policy *policy, att_text by, att_text reason, uint64_t *version, att_error *err);
att_status att_engine_policy_stage(
    att_engine *engine, const att_policy *policy, att_text by, att_text reason, uint64_t *version, att_error *err);
// ATT_NOT_FOUND, also when the files of a filter that it asks for have gone; ATT_EXISTS: it is in force.
att_status att_engine_policy_activate(att_engine *engine, uint64_t version, att_text by, att_text reason, att_error *err);
att_status att_engine_policy_discard(att_engine *engine, uint64_t version, att_text by, att_text reason, att_error *err);
// To the one that was in force before the present one first came. ATT_NOT_FOUND: there is none.
att_status att_engine_policy_rollback(att_engine *engine, att_text by, att_text reason, uint64_t *version, att_error *err);

// What people prefer, and what the things are, as data to measure on (attune/measure.h). The caller's.
struct att_dataset;
att_status att_engine_dataset(att_engine *engine, struct att_dataset **out, att_error *err);

// --- Care of a store --------------------------------------------------------------------------------

typedef enum att_finding_kind { ATT_FINDING_FINE, ATT_FINDING_NOTE, ATT_FINDING_WARNING, ATT_FINDING_DAMAGE } att_finding_kind;
typedef void att_finding_sink(void *user, att_finding_kind kind, const char *what, const char *advice);
// Opens nothing for writing. Returns ATT_OK when it could look; `damage` counts ATT_FINDING_DAMAGE.
att_status att_doctor(const char *path, const att_host *host, att_finding_sink *sink, void *user,
    size_t *damage, att_error *err);
// A consistent copy of the store and of the model that it says is in force, while others write; with it go the log of provenance, and the
// lists that guard it (docs/formats.md). Fails when `to` exists.
att_status att_backup(const char *path, const char *to, const att_host *host, att_error *err);

ATT_END
#endif
