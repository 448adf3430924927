// SPDX-License-Identifier: Apache-2.0
// attune/look.h - for people who look: what is near an item, where it was shown and why, what somebody did, and taste
// space as a map.
//
// The log is read while others write, by a connection of its own, newest first, and no call looks at more than
// ATT_LOOK_RECORDS_MAX records of it. Neighbours and the map go through the items once, and writers wait meanwhile.
#ifndef ATT_LOOK_H
#define ATT_LOOK_H

#include "attune/engine.h"

ATT_BEGIN

#define ATT_LOOK_MAX 500              // rows of an answer
#define ATT_LOOK_RECORDS_MAX 1000000  // of the log, in one call
#define ATT_MAP_ITEMS_MAX 5000

// --- Neighbours -------------------------------------------------------------------------------------

typedef struct att_neighbour {
    att_text item, title, medium;
    double similarity; // cosine of the vectors, -1 … 1; by tags: shared ones of all, 0 … 1
    bool by_tags;      // there are no vectors: the model has none, or there is no model
} att_neighbour;
// Nearest first, until false; valid during the call, which must not call the engine. Every item that has a body is looked at.
typedef bool att_neighbour_seer(void *user, const att_neighbour *neighbour);
att_status att_engine_neighbours(
    att_engine *engine, att_text item, size_t count, att_neighbour_seer *see, void *user, att_error *err);

// --- The log, newest first --------------------------------------------------------------------------

// Where to go on: pass *next as `before` of the next call; 0 as `before` begins at the end, 0 as *next says that all was seen.
typedef struct att_shown_once {
    uint64_t decision; // its id
    int64_t at_ms;
    att_text user;     // empty: forgotten
    uint32_t place;    // in the slate, 0 first
    att_slot_kind kind;
    double propensity, score, terms[ATT_TERM_COUNT];
    uint64_t model;
} att_shown_once;
typedef bool att_shown_seer(void *user, const att_shown_once *shown);
// Decisions that showed the item. ATT_NOT_FOUND: nobody named it.
att_status att_engine_shown(att_engine *engine, att_text item, uint64_t before, size_t count, att_shown_seer *see, void *user,
    uint64_t *next, att_error *err);

typedef struct att_past_event {
    att_event event; // id and user are empty
    att_text title;
    bool set_aside;  // a bot's
} att_past_event;
typedef bool att_past_seer(void *user, const att_past_event *past);
// What a person did. ATT_NOT_FOUND: nothing is known of them.
att_status att_engine_past(att_engine *engine, att_text person, uint64_t before, size_t count, att_past_seer *see, void *user,
    uint64_t *next, att_error *err);

// --- A map of taste space ---------------------------------------------------------------------------

// Vectors are brought to length 1 and projected on the two directions in which the items' differ most (principal components). The
// same model gives the same map. x and y lie within -2 … 2.
typedef struct att_map_about {
    uint64_t model;
    uint32_t dim;
    double shares[2]; // of all variance, on each axis
    size_t items;     // that have a vector
} att_map_about;
typedef struct att_map_item {
    att_text item, title, tag; // tag: the first one; may be empty
    uint64_t events;           // that named it
    double x, y;
} att_map_item;
typedef bool att_map_seer(void *user, const att_map_item *item);
// The items that people met most, until false. ATT_NOT_FOUND: there is no model with vectors.
att_status att_engine_map(
    att_engine *engine, size_t count, att_map_seer *see, void *user, att_map_about *about, att_error *err);

typedef enum att_taste_point_kind { ATT_POINT_LONG_TERM, ATT_POINT_RECENT, ATT_POINT_SESSION, ATT_POINT_NOW, ATT_POINT_COUNT } att_taste_point_kind;
const char *att_taste_point_name(att_taste_point_kind kind); // "long-term", "recent", "session", "now"
typedef struct att_taste_point {
    bool known; // something weighs in it
    double share; // of the mix; of "now": 1
    double x, y;
} att_taste_point;
typedef struct att_taste_map {
    att_taste_point points[ATT_POINT_COUNT];
    att_map_about about;
} att_taste_map;
// Where somebody stands on it here and now: each vector of the mix, and the mix. Then the items it is made of, heaviest first.
typedef struct att_taste_item_point {
    att_map_item item;
    double weight;
} att_taste_item_point;
typedef bool att_taste_seer(void *user, const att_taste_item_point *point);
att_status att_engine_taste_map(att_engine *engine, const att_request *request, att_slate_memory *memory, size_t count,
    att_taste_seer *see, void *user, att_taste_map *out, att_error *err);

ATT_END
#endif
