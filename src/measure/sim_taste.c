// SPDX-License-Identifier: Apache-2.0
// measure/sim_taste.c - what a thing is worth to a person at a moment.
//
// value = -2.0 + 4.4 fit + 0.5 quality + medium + context + 0.35 own - 1.4 clickbait - bored -
// again fit   = (sum_m (omega_m K_m)^4)^(1/4),  K_m = (1 + |z - c_m(t)|^2 / (4 w_m^2))^-2
//
// Interests are points that a thing can be near to (Coombs 1964), joined by a norm that is close to
// the maximum: one match is enough. No product of person and item factors gives this exactly.
#include "measure/sim_world.h"

#include <math.h>

double att_sim_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

double att_sim_clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

// How much an activity wants each medium, and how much arousal it wants how strongly.
typedef struct sim_fitness {
    float medium[SIM_MEDIA]; // music, film, game
    float arousal, weight;
} sim_fitness;

static const sim_fitness fitness[ATT_ACTIVITY_COUNT] = {
    [ATT_ACTIVITY_UNKNOWN] = {{0, 0, 0}, 0, 0},
    [ATT_ACTIVITY_COMMUTE] = {{0.8f, -0.8f, 0.1f}, 0.4f, 0.10f},
    [ATT_ACTIVITY_WORKOUT] = {{1.0f, -2.0f, -2.5f}, 1.9f, 0.45f},
    [ATT_ACTIVITY_FOCUS] = {{0.9f, -1.4f, -1.2f}, -0.9f, 0.30f},
    [ATT_ACTIVITY_SLEEP] = {{0.7f, -0.6f, -1.8f}, -2.0f, 0.45f},
    [ATT_ACTIVITY_RELAX] = {{0.1f, 0.7f, 0.0f}, -0.3f, 0.10f},
    [ATT_ACTIVITY_PARTY] = {{1.0f, -1.2f, -0.2f}, 1.7f, 0.40f},
    [ATT_ACTIVITY_PLAY] = {{-0.6f, -0.6f, 1.4f}, 0.7f, 0.10f},
    [ATT_ACTIVITY_FAMILY] = {{-0.1f, 0.8f, 0.4f}, 0.2f, 0.15f},
};

// Interests on their way from one week's knot to the next, jumped or not.
static void interests_at(sim_moment *moment)
{
    const att_world *world = moment->world;
    const sim_person *person = moment->person;
    double weeks = (double)(moment->at_ms - world->options.start_ms) / (7.0 * (double)SIM_DAY_MS);
    weeks = ATT_MIN(ATT_MAX(weeks, 0), (double)(world->knot_count - 1) - 1e-9);
    const uint32_t knot = (uint32_t)weeks;
    const float part = (float)(weeks - knot);
    float greatest = -1e9f;
    for (unsigned m = 0; m < person->interest_count; m++) {
        const sim_knot *from = &person->path[knot * SIM_INTERESTS + m], *to = from + SIM_INTERESTS;
        const bool jumped = m == person->jump_interest && moment->at_ms >= person->jump_ms;
        for (unsigned d = 0; d < SIM_LATENT; d++)
            moment->centre[d][m] = from->centre[d] + part * (to->centre[d] - from->centre[d]) +
                                   (jumped ? person->jump[d] : 0);
        moment->omega[m] = from->weight + part * (to->weight - from->weight);
        greatest = ATT_MAX(greatest, moment->omega[m]);
        moment->narrow[m] = 1 / (4 * person->width[m] * person->width[m]);
    }
    for (unsigned m = 0; m < person->interest_count; m++)
        moment->omega[m] = (float)exp(0.4 * (moment->omega[m] - greatest));
}

static void boredom_at(sim_moment *moment)
{
    const sim_mind *mind = moment->mind;
    if (!mind)
        return;
    const double kept =
        exp2(-(double)(moment->at_ms - mind->bored_ms) / moment->person->bored_half_ms);
    for (unsigned t = 0; t < SIM_THEMES; t++)
        moment->bored[t] =
            (float)(moment->person->bored_weight * (1 - exp(-kept * mind->bored[t] / 4)));
}

void att_sim_moment_init(sim_moment *moment, const att_world *world, const sim_person *person,
    const att_context *context, int64_t at_ms, const sim_mind *mind)
{
    *moment = (sim_moment){.world = world, .person = person, .mind = mind, .at_ms = at_ms};
    unsigned activity = context ? context->activity : ATT_ACTIVITY_UNKNOWN;
    if (activity == ATT_ACTIVITY_UNKNOWN || activity >= ATT_ACTIVITY_COUNT)
        activity = ATT_ACTIVITY_RELAX;
    const sim_fitness *fit = &fitness[activity];
    for (unsigned m = 0; m < SIM_MEDIA; m++)
        moment->medium[m] = person->medium[m] + person->context_weight * fit->medium[m];
    moment->arousal = fit->arousal;
    moment->arousal_weight = person->context_weight * fit->weight;
    interests_at(moment);
    boredom_at(moment);
}

static double fit_of(const sim_moment *moment, const float *z)
{
    float distance[SIM_INTERESTS] = {0}; // squared
    for (unsigned d = 0; d < SIM_LATENT; d++) {
        for (unsigned m = 0; m < SIM_INTERESTS; m++) {
            const float off = z[d] - moment->centre[d][m];
            distance[m] += off * off;
        }
    }
    float sum = 0;
    for (unsigned m = 0; m < SIM_INTERESTS; m++) {
        const float base = 1 / (1 + distance[m] * moment->narrow[m]);
        const float near = moment->omega[m] * base * base;
        sum += near * near * near * near;
    }
    return sqrt(sqrt((double)sum));
}

// What only this person finds in this item: the same at all times, about N(0, 1).
static double own_view(const sim_moment *moment, const sim_item *item, uint64_t salt)
{
    const uint64_t bits = att_mix64(((uint64_t)moment->person->hash << 32 | item->hash) ^ salt);
    double sum = 0;
    for (int i = 0; i < 4; i++)
        sum += (double)(bits >> (16 * i) & 0xFFFF) / 65536.0;
    return (sum - 2) * 1.7320508;
}

static size_t memory_set(uint32_t item)
{
    return (size_t)(att_mix64(item) % (SIM_MEMORY / SIM_MEMORY_WAYS)) * SIM_MEMORY_WAYS;
}

int64_t att_sim_last_had(const sim_mind *mind, uint32_t item)
{
    const sim_memory *set = &mind->memory[memory_set(item)];
    for (int i = 0; i < SIM_MEMORY_WAYS; i++) {
        if (set[i].item == item + 1)
            return set[i].minute;
    }
    return -1;
}

// A film seen is seen for months, a song for hours; a game may be gone on with tomorrow.
static double again(const sim_moment *moment, const sim_item *item, uint32_t index)
{
    if (!moment->mind)
        return 0;
    const int64_t minute = att_sim_last_had(moment->mind, index);
    if (minute < 0)
        return 0;
    const double hours = (double)(moment->at_ms / SIM_MINUTE_MS - minute) / 60;
    if (item->medium == SIM_FILM)
        return 2.5 * exp(-hours / (24 * 90));
    if (item->medium == SIM_MUSIC)
        return 1.3 * exp(-hours / 8);
    return hours < 6 ? 0.8 : -0.5 * exp(-hours / (24 * 5));
}

static double common_value(const sim_moment *moment, const sim_item *item, uint32_t index)
{
    const double off = item->z[0] - moment->arousal;
    const double context = -moment->arousal_weight * ATT_MIN(off * off / 2, 4);
    return -2.0 + 4.4 * fit_of(moment, item->z) + moment->medium[item->medium] + context -
           moment->bored[item->theme] - again(moment, item, index);
}

double att_sim_value(const sim_moment *moment, uint32_t index)
{
    const sim_item *item = &moment->world->items[index];
    return common_value(moment, item, index) + 0.5 * item->quality +
           0.35 * own_view(moment, item, 0) - (item->clickbait ? 1.4 : 0);
}

// From the outside neither quality nor clickbait is seen, and taste is guessed.
double att_sim_lure(const sim_moment *moment, uint32_t index)
{
    const sim_item *item = &moment->world->items[index];
    return -0.4 + 1.0 * common_value(moment, item, index) + item->lure +
           0.5 * own_view(moment, item, 0x5EED);
}

void att_sim_had(
    sim_mind *mind, const att_world *world, const sim_person *person, uint32_t item, int64_t at_ms)
{
    const float kept = (float)exp2(-(double)(at_ms - mind->bored_ms) / person->bored_half_ms);
    for (unsigned t = 0; t < SIM_THEMES; t++)
        mind->bored[t] *= kept;
    mind->bored_ms = at_ms;
    mind->bored[world->items[item].theme] += world->items[item].medium == SIM_MUSIC ? 1 : 2;
    sim_memory *set = &mind->memory[memory_set(item)], *slot = set;
    for (int i = 0; i < SIM_MEMORY_WAYS; i++) {
        if (set[i].item == item + 1 || set[i].item == 0) {
            slot = &set[i];
            break;
        }
        if (set[i].minute < slot->minute)
            slot = &set[i];
    }
    *slot = (sim_memory){item + 1, (uint32_t)(at_ms / SIM_MINUTE_MS)};
}

double att_world_utility(
    const att_world *world, size_t person, size_t item, const att_context *context, int64_t at_ms)
{
    sim_moment moment;
    att_sim_moment_init(&moment, world, &world->people[person], context, at_ms, NULL);
    return att_sim_sigmoid(att_sim_value(&moment, (uint32_t)item));
}
