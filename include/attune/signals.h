// SPDX-License-Identifier: Apache-2.0
// attune/signals.h - what a person did, and where they were when they did it.
//
// An event is what arrives from outside. How it is graded is said by the policy (attune/policy.h,
// docs/signals.md).
#ifndef ATT_SIGNALS_H
#define ATT_SIGNALS_H

#include "attune/status.h"

ATT_BEGIN

// Columns: name, wire name, needs an item, what the value means ("" where it is not used).
// Numbers are kept in the log: only append.
#define ATT_SIGNAL_LIST(X)                                                                         \
    X(NONE, "none", false, "")                                                                     \
    X(IMPRESSION, "impression", true, "")      /* it was really seen */                            \
    X(LIKE, "like", true, "")                                                                      \
    X(DISLIKE, "dislike", true, "")                                                                \
    X(SAVE, "save", true, "")                                                                      \
    X(RATING, "rating", true, "rating on the policy's scale, 0.5 to 5 by default")                 \
    X(SURVEY, "survey", false, "answer, 0 to 1; with or without an item")                          \
    X(PLAY, "play", true, "")                  /* position_ms of length_ms were heard or seen */   \
    X(SKIP, "skip", true, "")                  /* left at position_ms; early below 5 s and 10 s */ \
    X(REPLAY, "replay", true, "")                                                                  \
    X(COMPLETE, "complete", true, "")          /* watch-through */                                 \
    X(DWELL, "dwell", true, "")                /* dwell_ms on the thumbnail */                     \
    X(CLICK, "click", true, "")                                                                    \
    X(QUIT, "quit", false, "")                 /* session ended */                                 \
    X(RAGE_QUIT, "rage-quit", false, "")                                                           \
    X(PURCHASE, "purchase", true, "amount, in the catalogue's currency")                           \
    X(REPORT, "report", true, "")              /* a complaint about the item */

typedef enum att_signal {
#define X(name, wire, needs_item, value) ATT_SIGNAL_##name,
    ATT_SIGNAL_LIST(X)
#undef X
    ATT_SIGNAL_COUNT
} att_signal;

const char *att_signal_name(att_signal signal);          // the wire name; "?" out of range
bool att_signal_parse(att_text wire_name, att_signal *out); // false: unknown
bool att_signal_needs_item(att_signal signal);

// Context classes. Wire names are the lower-case words; 0 is unknown. Only append.
#define ATT_DEVICE_LIST(X)                                                                         \
    X(UNKNOWN, "unknown") X(PHONE, "phone") X(TABLET, "tablet") X(DESKTOP, "desktop") X(TV, "tv")  \
    X(CAR, "car") X(SPEAKER, "speaker") X(CONSOLE, "console") X(HEADSET, "headset") X(WATCH, "watch")
#define ATT_PLACE_LIST(X)                                                                          \
    X(UNKNOWN, "unknown") X(HOME, "home") X(WORK, "work") X(TRANSIT, "transit") X(GYM, "gym")      \
    X(OUTDOORS, "outdoors") X(AWAY, "away")
#define ATT_ACTIVITY_LIST(X)                                                                       \
    X(UNKNOWN, "unknown") X(COMMUTE, "commute") X(WORKOUT, "workout") X(FOCUS, "focus")            \
    X(SLEEP, "sleep") X(RELAX, "relax") X(PARTY, "party") X(PLAY, "play") X(FAMILY, "family")
#define ATT_NOISE_LIST(X) X(UNKNOWN, "unknown") X(QUIET, "quiet") X(NORMAL, "normal") X(LOUD, "loud")

typedef enum att_device {
#define X(name, wire) ATT_DEVICE_##name,
    ATT_DEVICE_LIST(X) ATT_DEVICE_COUNT
} att_device;
typedef enum att_place {
#undef X
#define X(name, wire) ATT_PLACE_##name,
    ATT_PLACE_LIST(X) ATT_PLACE_COUNT
} att_place;
typedef enum att_activity {
#undef X
#define X(name, wire) ATT_ACTIVITY_##name,
    ATT_ACTIVITY_LIST(X) ATT_ACTIVITY_COUNT
} att_activity;
typedef enum att_noise {
#undef X
#define X(name, wire) ATT_NOISE_##name,
    ATT_NOISE_LIST(X) ATT_NOISE_COUNT
#undef X
} att_noise;

// The facets of a context that are told by name. No class of one has the name of a class of another, but for "unknown".
typedef enum att_facet { ATT_FACET_DEVICE, ATT_FACET_PLACE, ATT_FACET_ACTIVITY, ATT_FACET_NOISE, ATT_FACET_COUNT } att_facet;

typedef struct att_context {
    uint8_t device, place, activity, noise; // the enums above
    int16_t utc_offset_min;                 // local time minus UTC, -840 … 840; ATT_OFFSET_UNKNOWN
} att_context;
#define ATT_OFFSET_UNKNOWN INT16_MIN

att_context att_context_unknown(void);
// "unknown" and friends; parse takes the wire name of one class.
const char *att_device_name(unsigned device);
const char *att_place_name(unsigned place);
const char *att_activity_name(unsigned activity);
const char *att_noise_name(unsigned noise);
bool att_device_parse(att_text wire_name, uint8_t *out);
bool att_place_parse(att_text wire_name, uint8_t *out);
bool att_activity_parse(att_text wire_name, uint8_t *out);
bool att_noise_parse(att_text wire_name, uint8_t *out);
// The same for any facet: "workout", "loud", "car" … 0 of a context is not known.
const char *att_facet_class_name(att_facet facet, unsigned which);
bool att_facet_class_parse(att_text wire_name, att_facet *facet, uint8_t *which); // "unknown" is none
uint8_t att_facet_class_of(const att_context *context, att_facet facet);

#define ATT_ID_SIZE_MAX 255 // bytes of an outside id: user, item, event

// All texts are borrowed for the length of the call.
typedef struct att_event {
    att_text id;   // idempotency key, 1 … 255 bytes; the same id counts once, however often it is sent.
                   // Empty: the engine makes one from all the other fields but the context.
    att_text user; // 1 … 255 bytes of UTF-8, no control characters
    att_text item; // may be empty where the signal does not need one
    int64_t at_ms; // Unix time, 0 … 253402300799999 (year 9999); when it happened, not when it arrived
    att_signal signal;
    float value;         // see ATT_SIGNAL_LIST; NaN: not given
    int32_t position_ms; // how far it was played; -1: not given
    int32_t length_ms;   // length of the thing as played; -1: not given (then the catalogue's)
    int32_t dwell_ms;    // -1: not given
    uint64_t decision;   // the decision that showed it; 0: none
    att_context context;
} att_event;

// An event with every field "not given".
att_event att_event_empty(void);

ATT_END
#endif
