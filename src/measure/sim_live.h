// SPDX-License-Identifier: Apache-2.0
// measure/sim_live.h - time goes on: people come, are shown a slate, act, leave, and come back or
// not.
//
// A discrete-event simulation. One heap holds what happens next, of two kinds: a person looks at a
// slate, or an event arrives. Everybody draws from a stream of their own, so one person's luck does
// not hang on another's.
#ifndef ATT_MEASURE_SIM_LIVE_H
#define ATT_MEASURE_SIM_LIVE_H

#include "measure/sim_world.h"

typedef struct sim_live sim_live;

typedef struct sim_event {
    int64_t at_ms;
    uint64_t decision;
    uint32_t person, item; // item: ATT_NO_INDEX, none
    float value;           // NaN: none
    int32_t position_ms, length_ms, dwell_ms;
    uint8_t signal;
    att_context context;
} sim_event;

// What is on offer to one person, and what became of it.
typedef struct sim_slate {
    uint32_t items[ATT_WORLD_SLATE_MAX];
    size_t count;
    uint64_t decision;
} sim_slate;

typedef struct sim_outcome {
    uint32_t person;
    int64_t at_ms;
    bool session_begins;
    const sim_slate *slate;
    size_t clicked; // slot; SIZE_MAX: none
    uint32_t item;
    double satisfaction;
    int32_t position_ms, length_ms;
    bool skipped;
} sim_outcome;

typedef struct sim_play_by {
    att_status (*choose)(void *user, sim_live *live, const sim_moment *moment, sim_mind *mind,
        sim_slate *slate, att_error *err);
    att_status (*deliver)(void *user, sim_live *live, const sim_event *event, att_error *err);
    void (*saw)(
        void *user, const sim_moment *moment, const sim_outcome *outcome); // NULL: nobody looks
    void *user;
} sim_play_by;

typedef struct sim_entry {
    int64_t ms;
    uint32_t order; // events by number, then people (top bit set)
    uint32_t index; // of the event's place or of the person
} sim_entry;

struct sim_live {
    const att_world *world;
    const att_host *host;
    sim_play_by by;
    double impression_share;
    double rate_scale;
    bool untidy;           // late and contradictory events
    sim_mind *minds;       // (person_count)
    uint32_t person_count; // who take part: the first so many
    ATT_VEC(sim_entry) heap;
    ATT_VEC(sim_event) events;
    ATT_VEC(uint32_t) free;
    uint32_t event_order;
    bool out_of_memory;
};

// The first `person_count` people (bots too, if they are among them) begin at `start_ms`.
att_status att_sim_live_init(sim_live *live, const att_world *world, uint32_t person_count,
    int64_t start_ms, uint64_t luck, att_error *err);
void att_sim_live_deinit(sim_live *live);
// Until just before `until_ms`. What is still under way stays in the heap, so that it can be called
// again.
att_status att_sim_live_go(sim_live *live, int64_t until_ms, att_error *err);

// --- For sim_act.c -----------------------------------------------------------------------------

// Puts an event into the stream, late now and then.
void att_sim_tell(sim_live *live, sim_mind *mind, sim_event event);
// The person looks at a slate. Tells what happens, fills the outcome, returns when it is over.
int64_t att_sim_look(
    sim_live *live, sim_mind *mind, const sim_moment *moment, sim_outcome *outcome);
void att_sim_bot_burst(sim_live *live, sim_mind *mind, uint32_t person, int64_t at_ms);

// --- The default service (sim_history.c) -------------------------------------------------------

att_status att_sim_default_choose(void *user, sim_live *live, const sim_moment *moment,
    sim_mind *mind, sim_slate *slate, att_error *err);
// As an outside event; `id` is (64) and holds its id.
att_event att_sim_event_view(const att_world *world, const sim_event *event, const char *prefix,
    uint64_t number, char id[64]);
att_status att_sim_calibrate(att_world *world, att_error *err);

#endif
