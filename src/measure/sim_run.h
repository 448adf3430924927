// SPDX-License-Identifier: Apache-2.0
// measure/sim_run.h - a policy's run: what it is told, what is counted.
#ifndef ATT_MEASURE_SIM_RUN_H
#define ATT_MEASURE_SIM_RUN_H

#include "measure/sim_live.h"

enum { SIM_TAGS_EACH = 6, SIM_SHOWN_LATELY = 48, SIM_BATCH = 256 };

// Sums that the report is made from.
typedef struct sim_tally {
    const att_world *world;
    uint32_t days, person_count, tag_count;
    uint64_t *person_plays;      // (person_count)
    double *person_satisfaction; // (person_count), sums
    uint8_t *came;               // (person_count, days)
    uint8_t *shown;              // (item_count)
    uint16_t *item_tags;         // (item_count, SIM_TAGS_EACH): number + 1, 0 ends
    uint32_t *played_tags;       // (person_count, tag_count)
    uint64_t skips_5s, skips_10s, completed, regrets;
    double satisfaction, regret;
    att_world_report *report;
    att_world_day *per_day;            // (days)
    uint64_t *day_regrets, *day_skips; // (days)
} sim_tally;

att_status att_sim_tally_init(sim_tally *tally, const att_world *world, uint32_t days,
    att_world_report *report, att_error *err);
void att_sim_tally_deinit(sim_tally *tally);
void att_sim_tally_outcome(sim_tally *tally, const sim_outcome *outcome);
void att_sim_tally_regret(sim_tally *tally, int64_t at_ms, double regret);
void att_sim_tally_finish(sim_tally *tally);

// The built-in policies' memory.
typedef struct sim_builtin {
    const att_world *world;
    att_rng rng;
    uint32_t *plays;       // (item_count)
    uint32_t *chart;       // (item_count): items, most played first, as of the last sort
    uint32_t *lately;      // (person_count, SIM_SHOWN_LATELY) item + 1; a ring
    uint32_t *lately_next; // (person_count)
} sim_builtin;

// Whether an item may be shown to who asks: rights, age, and the medium that is asked for.
bool att_sim_may_show(const sim_moment *moment, uint32_t item);
att_status att_sim_builtin_init(
    sim_builtin *builtin, const att_world *world, uint64_t seed, att_error *err);
void att_sim_builtin_deinit(sim_builtin *builtin);
void att_sim_builtin_played(sim_builtin *builtin, const sim_event *event);
void att_sim_builtin_chart(sim_builtin *builtin); // sorts again
void att_sim_builtin_choose(sim_builtin *builtin, att_world_builtin kind, const sim_moment *moment,
    size_t wanted, sim_slate *slate);
// The best slate there is for this person now.
void att_sim_ideal(const sim_moment *moment, size_t wanted, sim_slate *slate);

#endif
