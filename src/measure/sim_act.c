// SPDX-License-Identifier: Apache-2.0
// measure/sim_act.c - what a person does with a slate, and with the thing taken from it.
//
// Slot r is examined with probability r^-eta; what is examined is clicked by its lure; what is
// clicked is judged by its value. So a click says where it stood and how it looked, and only then
// how good it was.
#include "measure/sim_live.h"

#include <math.h>

typedef struct sim_act {
    sim_live *live;
    sim_mind *mind;
    sim_event blank; // person, context and decision filled in
} sim_act;

static bool chance(sim_mind *mind, double probability)
{
    return att_rng_unit(&mind->rng) < probability;
}

static double between(sim_mind *mind, double low, double high)
{
    return low + (high - low) * att_rng_unit(&mind->rng);
}

static void tell(const sim_act *act, att_signal signal, uint32_t item, int64_t at_ms, double value)
{
    sim_event event = act->blank;
    event.signal = (uint8_t)signal;
    event.item = item;
    event.at_ms = at_ms;
    event.value = (float)value;
    att_sim_tell(act->live, act->mind, event);
}

static void tell_played(const sim_act *act, att_signal signal, const sim_outcome *o, int64_t at_ms)
{
    sim_event event = act->blank;
    event.signal = (uint8_t)signal;
    event.item = o->item;
    event.at_ms = at_ms;
    event.position_ms = o->position_ms;
    event.length_ms = o->length_ms;
    att_sim_tell(act->live, act->mind, event);
}

static void tell_dwell(const sim_act *act, uint32_t item, int64_t at_ms, int32_t dwell_ms)
{
    sim_event event = act->blank;
    event.signal = ATT_SIGNAL_DWELL;
    event.item = item;
    event.at_ms = at_ms;
    event.dwell_ms = dwell_ms;
    att_sim_tell(act->live, act->mind, event);
}

// --- Playing -----------------------------------------------------------------------------------

// How long it lasted: skips by dislike, 42 % of them in the first 5 s and 20 % in the next 5.
static void play_draw(sim_mind *mind, sim_outcome *o)
{
    const double s = o->satisfaction, length = o->length_ms;
    o->skipped = chance(mind, 0.9 * (1 - s) * (1 - s));
    double at = length;
    if (o->skipped) {
        const double when = att_rng_unit(&mind->rng);
        at = when < 0.42   ? between(mind, 800, 5000)
             : when < 0.62 ? between(mind, 5000, 10000)
                           : between(mind, 10000, ATT_MAX(0.6 * length, 12000));
    } else if (!chance(mind, 0.35 + 0.7 * s))
        at = length * between(mind, 0.25, 0.97);
    o->position_ms = (int32_t)ATT_MIN(at, length);
}

static double half_stars(double stars)
{
    return att_sim_clamp(round(2 * stars) / 2, 0.5, 5);
}

// What people say besides playing on. Few do.
static void tell_opinion(const sim_act *act, const sim_outcome *o, int64_t from_ms, int64_t to_ms)
{
    sim_mind *mind = act->mind;
    const double s = o->satisfaction;
    const sim_item *item = &act->live->world->items[o->item];
    const int64_t during = from_ms + (int64_t)(0.7 * (double)(to_ms - from_ms));
    if (s > 0.5 && chance(mind, 0.16 * s)) {
        tell(act, ATT_SIGNAL_LIKE, o->item, during, NAN);
        if (act->live->untidy && chance(mind, 0.02)) // slipped, or changed their mind
            tell(act, ATT_SIGNAL_DISLIKE, o->item, during + 4000, NAN);
    }
    if (s < 0.3 && chance(mind, 0.07))
        tell(act, ATT_SIGNAL_DISLIKE, o->item, during, NAN);
    if (chance(mind, 0.07 * s * s))
        tell(act, ATT_SIGNAL_SAVE, o->item, during, NAN);
    if (chance(mind, 0.05))
        tell(act, ATT_SIGNAL_RATING, o->item, to_ms,
            half_stars(0.7 + 4.3 * s + 0.4 * att_rng_normal(&mind->rng)));
    if (item->medium == SIM_GAME && chance(mind, 0.05 * s))
        tell(act, ATT_SIGNAL_PURCHASE, o->item, to_ms, item->price);
    if (chance(mind, 0.008)) {
        const double answer = att_sim_clamp(s + 0.1 * att_rng_normal(&mind->rng), 0, 1);
        tell(act, ATT_SIGNAL_SURVEY, chance(mind, 0.7) ? o->item : ATT_NO_INDEX, to_ms,
            round(answer * 100) / 100);
    }
    if (chance(mind, 0.0008 + (item->clickbait ? 0.01 : 0) + (s < 0.15 ? 0.004 : 0)))
        tell(act, ATT_SIGNAL_REPORT, o->item, during, NAN);
}

static int64_t played(const sim_act *act, const sim_outcome *o, int64_t at_ms)
{
    sim_mind *mind = act->mind;
    int64_t to_ms = at_ms + o->position_ms;
    tell_played(act, o->skipped ? ATT_SIGNAL_SKIP : ATT_SIGNAL_PLAY, o, to_ms);
    if (o->position_ms < o->length_ms)
        return to_ms;
    if (chance(mind, 0.6))
        tell(act, ATT_SIGNAL_COMPLETE, o->item, to_ms, NAN);
    if (act->live->untidy && chance(mind, 0.002)) { // two devices that tell different stories
        sim_outcome other = *o;
        other.position_ms = 2000;
        tell_played(act, ATT_SIGNAL_SKIP, &other, to_ms);
    }
    const bool music = act->live->world->items[o->item].medium == SIM_MUSIC;
    if (music && o->satisfaction > 0.6 && chance(mind, 0.06)) {
        tell(act, ATT_SIGNAL_REPLAY, o->item, to_ms + 1500, NAN);
        to_ms += 1500 + o->length_ms;
        tell_played(act, ATT_SIGNAL_PLAY, o, to_ms);
    }
    return to_ms;
}

// A length that the catalogue does not know does not occur here; a sitting of a game varies.
static int32_t length_draw(const sim_live *live, sim_mind *mind, uint32_t item)
{
    const int64_t length = live->world->views[item].duration_ms;
    if (live->world->items[item].medium != SIM_GAME)
        return (int32_t)length;
    return (int32_t)((double)length * between(mind, 0.6, 1.4));
}

static int64_t take(const sim_act *act, const sim_moment *moment, sim_outcome *o, int64_t at_ms)
{
    sim_mind *mind = act->mind;
    o->satisfaction =
        att_sim_sigmoid(att_sim_value(moment, o->item) + 0.3 * att_rng_normal(&mind->rng));
    o->length_ms = length_draw(act->live, mind, o->item);
    play_draw(mind, o);
    if (chance(mind, 0.4))
        tell(act, ATT_SIGNAL_CLICK, o->item, at_ms, NAN);
    const int64_t to_ms = played(act, o, at_ms);
    tell_opinion(act, o, at_ms, to_ms);
    att_sim_had(mind, act->live->world, moment->person, o->item, to_ms);
    return to_ms + (int64_t)between(mind, 800, 9000);
}

// --- Looking -----------------------------------------------------------------------------------

int64_t att_sim_look(sim_live *live, sim_mind *mind, const sim_moment *moment, sim_outcome *o)
{
    const sim_slate *slate = o->slate;
    const sim_act act = {live, mind,
        {.decision = slate->decision,
            .person = o->person,
            .item = ATT_NO_INDEX,
            .value = NAN,
            .position_ms = -1,
            .length_ms = -1,
            .dwell_ms = -1,
            .context = mind->seen}};
    int64_t at_ms = o->at_ms + (int64_t)between(mind, 500, 2500);
    o->clicked = SIZE_MAX;
    for (size_t slot = 0; slot < slate->count; slot++) {
        if (!chance(mind, pow((double)slot + 1, -moment->person->examine_power)))
            continue;
        const double lure = att_sim_lure(moment, slate->items[slot]);
        const int32_t dwell_ms =
            (int32_t)(between(mind, 300, 1200) * exp(0.35 * att_sim_clamp(lure, -3, 3)));
        if (chance(mind, 0.06))
            tell_dwell(&act, slate->items[slot], at_ms, dwell_ms);
        at_ms += dwell_ms;
        if (chance(mind, att_sim_sigmoid(lure))) {
            o->clicked = slot;
            o->item = slate->items[slot];
            return take(&act, moment, o, at_ms);
        }
        if (chance(mind, live->impression_share))
            tell(&act, ATT_SIGNAL_IMPRESSION, slate->items[slot], at_ms, NAN);
    }
    return at_ms + (int64_t)between(mind, 2000, 9000);
}

// --- Bots --------------------------------------------------------------------------------------

// Five things are pushed, several times a second, day or night, from nowhere.
void att_sim_bot_burst(sim_live *live, sim_mind *mind, uint32_t person, int64_t at_ms)
{
    const att_world *world = live->world;
    sim_act act = {live, mind,
        {.person = person,
            .item = ATT_NO_INDEX,
            .value = NAN,
            .position_ms = -1,
            .length_ms = -1,
            .dwell_ms = -1,
            .context = att_context_unknown()}};
    const uint32_t first = world->people[person].hash % world->item_count;
    for (uint32_t i = 0; i < world->burst_events; i++) {
        at_ms += (int64_t)between(mind, 12, 50);
        const uint32_t item = (first + (uint32_t)att_rng_below(&mind->rng, 5)) % world->item_count;
        const double what = att_rng_unit(&mind->rng);
        if (what < 0.6) {
            const int32_t length = (int32_t)world->views[item].duration_ms;
            const sim_outcome o = {.item = item, .position_ms = length, .length_ms = length};
            tell_played(&act, ATT_SIGNAL_PLAY, &o, at_ms);
        } else
            tell(&act, what < 0.9 ? ATT_SIGNAL_LIKE : ATT_SIGNAL_CLICK, item, at_ms, NAN);
    }
}
