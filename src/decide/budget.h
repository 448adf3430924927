// SPDX-License-Identifier: Apache-2.0
// decide/budget.h - how much of this slate may be spent on exploration.
//
// The promise, for every person and for all together, after every decision:
//   explored <= floor(share * impressions)
// where both count all decided slots so far, this slate's included. A slate of n slots may
// therefore explore
//   room = floor(share * (impressions + n)) - explored - in flight       (never below 0)
// slots, the lesser of the person's room and the room overall. "In flight" are slots reserved by
// decisions that are not yet in the counts; their impressions are not counted until they are. So
// the promise holds in whatever order decisions come to the log, and if some never do.
//
// The chance that a slot explores follows the deficit: (share * (impressions + n) - explored - in
// flight) / n, at most one half, so that the best item always keeps a fair chance and the log stays
// fit for off-policy estimates. What one slate leaves unspent, the next ones make up for.
//
// Sudden changes. While nothing has changed in a person (decide/drift.h), some of their exploration is held back: as if
//   held = floor(min(20, reserve * share * (impressions + n)))
// more slots had been explored. In a slate that meets a change nothing is held, so that the chance rises with what has
// gathered. Exploration is moved in time; the promise above is untouched, and what is held is never lost.
//
// An experiment's arm may promise its people less than the store promises all of them together: each room has its own share.
#ifndef ATT_DECIDE_BUDGET_H
#define ATT_DECIDE_BUDGET_H

#include "decide/slate.h"

#include <pthread.h>

typedef struct att_spent {
    uint64_t impressions, explored; // decided slots, and those of kind ATT_SLOT_EXPLORE
} att_spent;

typedef struct att_shares {
    double person, overall;
} att_shares;
static inline att_shares att_one_share(double share)
{
    return (att_shares){share, share};
}

// Slots that may be explored by a slate of `slots`.
uint64_t att_budget_room(double share, att_spent spent, uint32_t slots);
// Whether a finished slate keeps the promise. A process that shares its store asks this once more
// when it has its turn to write and knows what others wrote; if not, it builds the slate again with
// what is left.
bool att_budget_fits(
    att_shares shares, att_spent person, att_spent overall, uint32_t slots, uint32_t explored);
// Pure; for dry runs, and as if nothing were in flight.
att_allowance att_budget_allow(
    att_shares shares, att_spent person, att_spent overall, uint32_t slots);

// Slots held back for sudden changes from a calm slate; add them to the person's explored ones.
uint64_t att_budget_held(double share, double reserve, att_spent person, uint32_t slots);

#define ATT_BUDGET_PENDING_MAX 1024

// Reservations in flight. Any thread.
typedef struct att_budget {
    pthread_mutex_t lock;
    struct {
        uint32_t user, slots;
    } pending[ATT_BUDGET_PENDING_MAX];
    size_t pending_count;
    uint64_t pending_slots;
} att_budget;

typedef struct att_reservation {
    uint32_t user, slots;
} att_reservation;

att_status att_budget_init(att_budget *budget, att_error *err);
void att_budget_deinit(att_budget *budget);
// Reserves for one slate that will have exactly `slots` slots. `person` and `overall` are read
// under a lock that keeps decisions from being folded in between; strangers share ATT_NO_INDEX.
// With more than ATT_BUDGET_PENDING_MAX in flight the allowance is none.
att_allowance att_budget_reserve(att_budget *budget, att_shares shares, uint32_t user,
    att_spent person, att_spent overall, uint32_t slots, att_reservation *out);
// Ends the reservation: after the decision has been folded into the counts, or when it was given
// up.
void att_budget_settle(att_budget *budget, att_reservation reservation);

#endif
