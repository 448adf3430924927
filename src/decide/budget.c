// SPDX-License-Identifier: Apache-2.0
// decide/budget.c - room, deficit, and what is in flight.
#include "decide/budget.h"

#include <math.h>

#define PROBABILITY_MOST 0.5
#define HELD_MOST 20.0

uint64_t att_budget_room(double share, att_spent spent, uint32_t slots)
{
    const double most = floor(share * (double)(spent.impressions + slots));
    return most > (double)spent.explored ? (uint64_t)most - spent.explored : 0;
}

bool att_budget_fits(
    att_shares shares, att_spent person, att_spent overall, uint32_t slots, uint32_t explored)
{
    return explored == 0 || (explored <= att_budget_room(shares.person, person, slots) &&
                                explored <= att_budget_room(shares.overall, overall, slots));
}

uint64_t att_budget_held(double share, double reserve, att_spent person, uint32_t slots)
{
    return (uint64_t)fmin(HELD_MOST, reserve * share * (double)(person.impressions + slots));
}

static double deficit_of(double share, att_spent spent, uint32_t slots)
{
    return share * (double)(spent.impressions + slots) - (double)spent.explored;
}

att_allowance att_budget_allow(
    att_shares shares, att_spent person, att_spent overall, uint32_t slots)
{
    const uint64_t room = ATT_MIN(att_budget_room(shares.person, person, slots),
        att_budget_room(shares.overall, overall, slots));
    if (!room || !slots)
        return (att_allowance){0};
    const double deficit = ATT_MIN(
        deficit_of(shares.person, person, slots), deficit_of(shares.overall, overall, slots));
    return (att_allowance){.slots_max = (uint32_t)ATT_MIN(room, slots),
        .probability = ATT_MIN(deficit / (double)slots, PROBABILITY_MOST)};
}

att_status att_budget_init(att_budget *budget, att_error *err)
{
    budget->pending_count = 0;
    budget->pending_slots = 0;
    if (pthread_mutex_init(&budget->lock, NULL) != 0)
        return att_no_memory(err, 1, "lock of the exploration budget");
    return ATT_OK;
}

void att_budget_deinit(att_budget *budget)
{
    pthread_mutex_destroy(&budget->lock);
}

static uint64_t pending_of(const att_budget *budget, uint32_t user)
{
    uint64_t slots = 0;
    for (size_t i = 0; i < budget->pending_count; i++)
        if (budget->pending[i].user == user)
            slots += budget->pending[i].slots;
    return slots;
}

att_allowance att_budget_reserve(att_budget *budget, att_shares shares, uint32_t user,
    att_spent person, att_spent overall, uint32_t slots, att_reservation *out)
{
    att_allowance allowance = {0};
    pthread_mutex_lock(&budget->lock);
    if (budget->pending_count < ATT_BUDGET_PENDING_MAX) {
        person.explored += pending_of(budget, user);
        overall.explored += budget->pending_slots;
        allowance = att_budget_allow(shares, person, overall, slots);
    }
    *out = (att_reservation){.user = user, .slots = allowance.slots_max};
    if (out->slots) {
        budget->pending[budget->pending_count].user = user;
        budget->pending[budget->pending_count++].slots = out->slots;
        budget->pending_slots += out->slots;
    }
    pthread_mutex_unlock(&budget->lock);
    return allowance;
}

void att_budget_settle(att_budget *budget, att_reservation reservation)
{
    if (!reservation.slots)
        return;
    pthread_mutex_lock(&budget->lock);
    size_t at = 0;
    while (budget->pending[at].user != reservation.user ||
           budget->pending[at].slots != reservation.slots) {
        at++;
        assert(at < budget->pending_count);
    }
    budget->pending[at] = budget->pending[--budget->pending_count];
    budget->pending_slots -= reservation.slots;
    pthread_mutex_unlock(&budget->lock);
}
