// SPDX-License-Identifier: Apache-2.0
// attune/queue.h - what people should look at: items that were reported or held, texts that wait for a verdict, and what was
// decided about them, by whom and why.
//
// A case is about one subject, for good: an item has one, opened by the first report or hold, and all that happens to it later
// stands in the same history. A text that a host or a filter holds gets one of its own. Who decides does so by acts, each with
// a reason, and each in the log.
//
//   reported   somebody complained: by att_engine_report, or by an event with the signal report (not a bot's)
//   held       a host or a filter brought it up: not shown until somebody decides
//   allow      may be shown
//   hold       not shown, and still to be decided
//   deny       not shown
//   takedown   deny, and the item is taken down from the catalogue too (att_engine_takedown): putting the item again
//              undoes only that
//   appeal     somebody asks to look again at what is not shown; it stays so meanwhile
//   note       changes nothing
//
// An item is not shown from the next decision on while it is barred: held or denied, or, where policy.moderation.hold_reports
// is not 0, reported by so many different people since the last allow, hold or deny. This is a constraint: no weight buys it off.
#ifndef ATT_QUEUE_H
#define ATT_QUEUE_H

#include "attune/engine.h"

ATT_BEGIN

#define ATT_CASE_ID_SIZE 24       // with its zero
#define ATT_CASE_BY_SIZE_MAX 64   // bytes of a moderator's or filter's name
#define ATT_CASE_REASON_SIZE_MAX 2000
#define ATT_CASE_MATCHED_SIZE_MAX 255
#define ATT_CASE_TEXT_SIZE_MAX 16384
#define ATT_CASE_ACTS_MAX 16      // at a time

// Columns: name, wire name, an act of who decides, what it does. Numbers are kept in the log: only append.
#define ATT_CASE_ACT_LIST(X)                                                                       \
    X(NONE, "none", false, "")                                                                     \
    X(REPORTED, "reported", false, "a person complained")                                          \
    X(HELD, "held", false, "a host or a filter brought it up")                                     \
    X(APPEALED, "appealed", false, "somebody asks to look again")                                  \
    X(ALLOW, "allow", true, "may be shown")                                                        \
    X(HOLD, "hold", true, "not shown, still to be decided")                                        \
    X(DENY, "deny", true, "not shown")                                                             \
    X(TAKEDOWN, "takedown", true, "not shown, and taken down from the catalogue")                  \
    X(NOTE, "note", true, "changes nothing")

typedef enum att_case_act {
#define X(name, wire, decides, text) ATT_CASE_##name,
    ATT_CASE_ACT_LIST(X)
#undef X
    ATT_CASE_ACT_COUNT
} att_case_act;
const char *att_case_act_name(att_case_act act); // "?" out of range
bool att_case_act_parse(att_text name, att_case_act *out); // those that decide

typedef enum att_case_verdict {
    ATT_VERDICT_NONE, // nobody has decided yet
    ATT_VERDICT_ALLOW,
    ATT_VERDICT_HOLD,
    ATT_VERDICT_DENY,
    ATT_VERDICT_COUNT
} att_case_verdict;
const char *att_case_verdict_name(att_case_verdict verdict);
bool att_case_verdict_parse(att_text name, att_case_verdict *out);

// One thing that happened to a case.
typedef struct att_case_event {
    uint64_t seq; // of the record
    int64_t at_ms;
    att_case_act act;
    bool by_person; // `by` is a person's id; else a moderator's or a filter's name
    att_text by, reason, matched; // matched: what a filter saw; may be empty
    double score; // of the filter; NaN: none
} att_case_event;

typedef struct att_case {
    att_text id;          // "item-12", "text-345"
    att_text item, title; // empty for a text
    att_text text;        // empty for an item
    att_text author;      // of a text; empty: not known
    att_case_verdict verdict;
    bool waiting;   // somebody should look at it
    bool barred;    // not shown
    bool automatic; // barred by the number of reports alone
    bool appealed;
    bool taken_down; // the item is, in the catalogue
    uint64_t reports;   // in all
    uint32_t reporters; // different people since the last allow, hold or deny
    int64_t opened_ms, changed_ms;
    const att_case_event *history; // (history_count) oldest first; NULL in a list
    size_t history_count;
} att_case;
// Valid during the call; must not call the engine. False stops.
typedef bool att_case_seer(void *user, const att_case *found);

typedef enum att_case_subject { ATT_SUBJECT_ANY, ATT_SUBJECT_ITEM, ATT_SUBJECT_TEXT } att_case_subject;
typedef struct att_case_filter {
    bool waiting, barred, appealed; // only those
    att_case_subject subject;
    int verdict; // an att_case_verdict; -1: any
} att_case_filter;
att_case_filter att_case_filter_default(void); // everything

// Those that changed last come first. *total (may be NULL) counts all that fit, seen or not.
att_status att_engine_cases_each(
    att_engine *engine, const att_case_filter *filter, att_case_seer *see, void *user, size_t *total, att_error *err);
// One, with its history. ATT_NOT_FOUND.
att_status att_engine_case_see(att_engine *engine, att_text id, att_case_seer *see, void *user, att_error *err);

// A person complains about an item. *added (may be NULL) is false when the same person has complained about it with the
// same reason since the last verdict: nothing is changed then. `id` receives the case's.
att_status att_engine_report(att_engine *engine, att_text user, att_text item, att_text reason, char id[ATT_CASE_ID_SIZE],
    bool *added, att_error *err);

// Something is held until somebody decides: an item of the catalogue, or a text (exactly one of the two is not empty).
typedef struct att_case_hold {
    att_text item, text;
    att_text author;  // of the text, a person's id; may be empty: when this person is forgotten the text goes too
    att_text by;      // the filter or host, 1 … 64 bytes
    att_text reason;
    att_text matched; // what it saw
    double score;     // NaN: none
} att_case_hold;
att_status att_engine_hold(att_engine *engine, const att_case_hold *hold, char id[ATT_CASE_ID_SIZE], att_error *err);

typedef struct att_case_decision {
    att_case_act act; // allow, hold, deny, takedown, note
    att_text reason;  // 1 … 2000 bytes
} att_case_decision;
// Several acts on one case in one commit, in order. ATT_INVALID: an act that does not decide, or takedown of a text.
att_status att_engine_case_decide(att_engine *engine, att_text id, att_text by, const att_case_decision *acts, size_t count, att_error *err);
// `person`: a person's id, or empty; then `by` names who asks. ATT_EXISTS: an appeal waits already; ATT_INVALID: it is not barred.
att_status att_engine_case_appeal(att_engine *engine, att_text id, att_text person, att_text by, att_text reason, att_error *err);

ATT_END
#endif
