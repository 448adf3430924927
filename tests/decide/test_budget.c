// SPDX-License-Identifier: Apache-2.0
// The exploration budget is never passed, for anybody, at any moment, and is nearly used up.
#include "check.h"

#include "decide/budget.h"

#include <math.h>

enum { people = 200, decisions = 10000 };

typedef struct ledger {
    att_spent of[people], all;
} ledger;

static void check_promise(const ledger *l, double share, uint32_t user)
{
    CHECK((double)l->of[user].explored <= floor(share * (double)l->of[user].impressions));
    CHECK((double)l->all.explored <= floor(share * (double)l->all.impressions));
}

static uint32_t explore_slots(att_allowance allowance, uint32_t slots, att_rng *rng)
{
    uint32_t explored = 0;
    for (uint32_t s = 0; s < slots; s++)
        if (explored < allowance.slots_max && att_rng_unit(rng) < allowance.probability)
            explored++;
    return explored;
}

static void fold(ledger *l, uint32_t user, uint32_t slots, uint32_t explored)
{
    l->of[user].impressions += slots;
    l->of[user].explored += explored;
    l->all.impressions += slots;
    l->all.explored += explored;
}

static double simulate(double share, uint32_t slots_most, uint64_t seed)
{
    static ledger l;
    memset(&l, 0, sizeof l);
    att_rng rng = att_rng_seed(seed);
    for (int d = 0; d < decisions; d++) {
        const uint32_t user = (uint32_t)att_rng_below(&rng, people);
        const uint32_t slots = 1 + (uint32_t)att_rng_below(&rng, slots_most);
        const att_allowance allowance = att_budget_allow(att_one_share(share), l.of[user], l.all, slots);
        CHECK(allowance.probability <= 0.5 && allowance.slots_max <= slots);
        const uint32_t explored = explore_slots(allowance, slots, &rng);
        CHECK(att_budget_fits(att_one_share(share), l.of[user], l.all, slots, explored));
        fold(&l, user, slots, explored);
        check_promise(&l, share, user);
    }
    return (double)l.all.explored / (double)l.all.impressions / share;
}

CHECK_TEST(ten_thousand_decisions_stay_below_the_share_and_close_to_it)
{
    CHECK_BEGIN();
    static const double shares[] = {0.05, 0.1, 0.15};
    for (size_t i = 0; i < 3; i++) {
        const double used = simulate(shares[i], 30, i + 1);
        CHECK(used > 0.9 && used <= 1);
        CHECK_NOTE("share %g, slates of 1 to 30: %.1f %% used", shares[i], 100 * used);
    }
    const double used = simulate(0.1, 5, 7);
    CHECK(used > 0.9 && used <= 1);
    CHECK_NOTE("share 0.1, slates of 1 to 5: %.1f %% used", 100 * used);
}

CHECK_TEST(worked_by_hand)
{
    CHECK_BEGIN();
    // 10 % of 20 slots are 2; with 1 spent over 5 earlier ones, floor(2.5) - 1 = 1.
    att_allowance a = att_budget_allow(att_one_share(0.1), (att_spent){0, 0}, (att_spent){0, 0}, 20);
    CHECK_EQ(a.slots_max, 2);
    CHECK_NEAR(a.probability, 0.1, 1e-12);
    a = att_budget_allow(att_one_share(0.1), (att_spent){5, 1}, (att_spent){1000, 0}, 20);
    CHECK_EQ(a.slots_max, 1);
    CHECK_NEAR(a.probability, 1.5 / 20, 1e-12);
    // All together have spent it: nobody explores.
    a = att_budget_allow(att_one_share(0.1), (att_spent){0, 0}, (att_spent){980, 100}, 20);
    CHECK_EQ(a.slots_max, 0);
    CHECK_NEAR(a.probability, 0, 0);
    // Short slates wait until a whole slot is due; then one half at most.
    a = att_budget_allow(att_one_share(0.1), (att_spent){8, 0}, (att_spent){8, 0}, 1);
    CHECK_EQ(a.slots_max, 0);
    a = att_budget_allow(att_one_share(0.1), (att_spent){9, 0}, (att_spent){9, 0}, 1);
    CHECK_EQ(a.slots_max, 1);
    CHECK_NEAR(a.probability, 0.5, 0);
    a = att_budget_allow(att_one_share(0), (att_spent){1000, 0}, (att_spent){1000, 0}, 20);
    CHECK_EQ(a.slots_max, 0);
    CHECK(!att_budget_fits(att_one_share(0.1), (att_spent){0, 0}, (att_spent){0, 0}, 20, 3));
}

// An arm that explores less does not keep its people from exploring at all, nor the others from their share.
CHECK_TEST(a_persons_share_may_be_less_than_that_of_all)
{
    CHECK_BEGIN();
    const att_shares half = {.person = 0.05, .overall = 0.1};
    const att_spent all = {10000, 900}, person = {100, 3};
    CHECK_EQ(att_budget_allow(half, person, all, 20).slots_max, 3);                // floor(0.05 * 120) - 3
    CHECK_EQ(att_budget_allow(att_one_share(0.05), person, all, 20).slots_max, 0); // all together spent more than 5 %
    CHECK(att_budget_fits(half, person, all, 20, 3));
    CHECK(!att_budget_fits(half, person, all, 20, 4));
}

typedef struct flight {
    att_reservation reservation;
    att_allowance allowance;
    uint32_t user, slots;
} flight;

CHECK_TEST(decisions_in_flight_do_not_break_it_in_any_order)
{
    CHECK_BEGIN();
    static ledger l;
    static att_budget budget;
    flight flights[32];
    size_t count = 0;
    att_rng rng = att_rng_seed(3);
    memset(&l, 0, sizeof l);
    CHECK_OK(att_budget_init(&budget, NULL));
    for (int d = 0; d < 40000; d++) {
        if (count < 32 && att_rng_below(&rng, 2)) {
            flight *f = &flights[count++];
            f->user = (uint32_t)att_rng_below(&rng, 5);
            f->slots = 1 + (uint32_t)att_rng_below(&rng, 30);
            f->allowance = att_budget_reserve(
                &budget, att_one_share(0.1), f->user, l.of[f->user], l.all, f->slots, &f->reservation);
        } else if (count) {
            const size_t at = (size_t)att_rng_below(&rng, count);
            const flight f = flights[at];
            flights[at] = flights[--count];
            if (att_rng_below(&rng, 4)) { // one in four is given up
                fold(&l, f.user, f.slots, explore_slots(f.allowance, f.slots, &rng));
                check_promise(&l, 0.1, f.user);
            }
            att_budget_settle(&budget, f.reservation);
        }
    }
    while (count)
        att_budget_settle(&budget, flights[--count].reservation);
    CHECK_EQ(budget.pending_count, 0);
    CHECK_EQ(budget.pending_slots, 0);
    CHECK((double)l.all.explored > 0.085 * (double)l.all.impressions);
    att_budget_deinit(&budget);
}

typedef struct worker {
    att_budget *budget;
    ledger *ledger;
    pthread_rwlock_t *lock; // of the ledger, as the engine has one
    uint64_t seed;
    size_t broken;
} worker;

static void *decide(void *argument)
{
    worker *self = argument;
    ledger *l = self->ledger;
    att_rng rng = att_rng_seed(self->seed);
    for (int d = 0; d < 2000; d++) {
        const uint32_t user = (uint32_t)att_rng_below(&rng, 3), slots = 20;
        att_reservation reservation;
        pthread_rwlock_rdlock(self->lock);
        const att_allowance allowance =
            att_budget_reserve(self->budget, att_one_share(0.1), user, l->of[user], l->all, slots, &reservation);
        pthread_rwlock_unlock(self->lock);
        const uint32_t explored = explore_slots(allowance, slots, &rng);
        pthread_rwlock_wrlock(self->lock);
        self->broken += !att_budget_fits(att_one_share(0.1), l->of[user], l->all, slots, explored);
        fold(l, user, slots, explored);
        pthread_rwlock_unlock(self->lock);
        att_budget_settle(self->budget, reservation);
    }
    return NULL;
}

CHECK_TEST(threads_share_one_budget)
{
    CHECK_BEGIN();
    static ledger l;
    static att_budget budget;
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    worker workers[4];
    pthread_t threads[4];
    memset(&l, 0, sizeof l);
    CHECK_OK(att_budget_init(&budget, NULL));
    for (uint64_t i = 0; i < 4; i++) {
        workers[i] = (worker){&budget, &l, &lock, i, 0};
        CHECK_EQ(pthread_create(&threads[i], NULL, decide, &workers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
        CHECK_EQ(workers[i].broken, 0);
    }
    CHECK_EQ(l.all.impressions, 4 * 2000 * 20);
    CHECK(l.all.explored <= l.all.impressions / 10);
    CHECK(l.all.explored > l.all.impressions * 9 / 100);
    att_budget_deinit(&budget);
}

CHECK_MAIN(CHECK_CASE(ten_thousand_decisions_stay_below_the_share_and_close_to_it),
    CHECK_CASE(worked_by_hand), CHECK_CASE(a_persons_share_may_be_less_than_that_of_all), CHECK_CASE(decisions_in_flight_do_not_break_it_in_any_order),
    CHECK_CASE(threads_share_one_budget))
