// SPDX-License-Identifier: Apache-2.0
// measure/sim_people.c - draws the people: interests and their drift, habits, hours of the day.
#include "measure/sim_world.h"

#include <math.h>
#include <stdio.h>

// --- Where they live ---------------------------------------------------------------------------

typedef struct sim_home {
    char territory[3];
    float share;
    int16_t offsets_min[4]; // standard time; no summer time in this world
} sim_home;

static const sim_home homes[] = {{"US", 0.30f, {-300, -300, -360, -480}},
    {"DE", 0.22f, {60, 60, 60, 60}}, {"GB", 0.12f, {0, 0, 0, 0}}, {"FR", 0.10f, {60, 60, 60, 60}},
    {"BR", 0.08f, {-180, -180, -180, -240}}, {"JP", 0.07f, {540, 540, 540, 540}},
    {"PL", 0.06f, {60, 60, 60, 60}}, {"IN", 0.05f, {330, 330, 330, 330}}};

static void home_draw(sim_person *person, att_rng *rng)
{
    double at = att_rng_unit(rng);
    size_t i = 0;
    while (i + 1 < ATT_COUNT_OF(homes) && at >= homes[i].share)
        at -= homes[i++].share;
    person->territory = (att_territory)(homes[i].territory[0] << 8 | homes[i].territory[1]);
    person->utc_offset_min = homes[i].offsets_min[att_rng_below(rng, 4)];
    const double age =
        att_rng_unit(rng) < 0.08 ? 8 + 9 * att_rng_unit(rng) : 18 + att_rng_gamma(rng, 2.2) * 8.5;
    person->age = (int16_t)ATT_MIN(age, 88);
}

// --- What they like ----------------------------------------------------------------------------

static void point_near_theme(const att_world *world, float *out, att_rng *rng)
{
    const uint64_t theme = att_rng_below(rng, SIM_THEMES);
    for (unsigned d = 0; d < SIM_LATENT; d++)
        out[d] = (float)(world->centre[theme][d] + 0.4 * att_rng_normal(rng));
}

// A random walk from week to week: 0.09 a dimension, 0.2 in the logarithm of the weight.
static bool path_draw(att_world *world, sim_person *person, att_rng *rng)
{
    sim_knot *path = ATT_NEW(&world->life, sim_knot, (size_t)world->knot_count * SIM_INTERESTS);
    if (!path)
        return false;
    for (unsigned m = 0; m < person->interest_count; m++) {
        point_near_theme(world, path[m].centre, rng);
        path[m].weight = (float)(0.6 * att_rng_normal(rng));
    }
    for (uint32_t k = 1; k < world->knot_count; k++) {
        for (unsigned m = 0; m < person->interest_count; m++) {
            sim_knot *now = &path[k * SIM_INTERESTS + m];
            const sim_knot *before = now - SIM_INTERESTS;
            for (unsigned d = 0; d < SIM_LATENT; d++)
                now->centre[d] = (float)(before->centre[d] + 0.09 * att_rng_normal(rng));
            now->weight = (float)(before->weight + 0.2 * att_rng_normal(rng));
        }
    }
    person->path = path;
    return true;
}

// Once in 300 days on average an interest gives way to another one.
static void jump_draw(const att_world *world, sim_person *person, att_rng *rng)
{
    const double days = 300 * att_rng_exponential(rng);
    float to[SIM_LATENT];
    person->jump_interest = (uint8_t)att_rng_below(rng, person->interest_count);
    point_near_theme(world, to, rng);
    for (unsigned d = 0; d < SIM_LATENT; d++)
        person->jump[d] = to[d] - person->path[person->jump_interest].centre[d];
    person->jump_ms = days < world->options.days + world->options.ahead_days
                          ? world->options.start_ms + (int64_t)(days * (double)SIM_DAY_MS)
                          : INT64_MAX;
}

static void habits_draw(sim_person *person, att_rng *rng)
{
    const bool grown = person->age >= 18;
    person->context_weight = (float)(0.5 + att_rng_unit(rng));
    person->bored_weight = (float)(0.6 + 1.2 * att_rng_unit(rng));
    person->bored_half_ms = (float)((0.5 + 4 * att_rng_unit(rng)) * (double)SIM_DAY_MS);
    person->examine_power = (float)(0.4 + 0.7 * att_rng_unit(rng));
    person->expectation = (float)(0.42 + 0.08 * att_rng_normal(rng));
    person->visits_per_day = (float)att_sim_clamp(0.12 + 0.45 * att_rng_gamma(rng, 1.6), 0, 4);
    person->chronotype_h = (float)att_sim_clamp(1.2 * att_rng_normal(rng), -3, 3);
    person->patience = (float)(0.6 + 0.8 * att_rng_unit(rng));
    person->gym = (float)(att_rng_unit(rng) * att_rng_unit(rng));
    person->commuter = grown && att_rng_unit(rng) < 0.5 ? 0.7f : 0.15f;
    person->worker = grown && person->age < 67 ? (float)(0.3 + 0.6 * att_rng_unit(rng)) : 0.2f;
    person->gamer =
        (float)att_sim_clamp(0.1 + att_rng_unit(rng) * (person->age < 35 ? 0.8 : 0.35), 0, 1);
    person->social = (float)(0.6 * att_rng_unit(rng));
}

static bool person_make(att_world *world, uint32_t index)
{
    att_rng rng = att_rng_stream(world->options.seed, 2000000000 + (uint64_t)index);
    sim_person *person = &world->people[index];
    char id[32];
    const int size = snprintf(id, sizeof id, "person-%05u", index + 1);
    person->id = att_arena_text(&world->life, (att_text){id, (size_t)size});
    if (!person->id.data || att_names_add(&world->person_names, person->id) != index)
        return false;
    person->bot = index >= world->person_count - world->bot_count;
    person->hash = (uint32_t)att_rng_u64(&rng);
    home_draw(person, &rng);
    person->interest_count = (uint8_t)(2 + att_rng_below(&rng, SIM_INTERESTS - 1));
    for (unsigned m = 0; m < SIM_INTERESTS; m++)
        person->width[m] = (float)(1.1 + 0.7 * att_rng_unit(&rng));
    for (unsigned m = 0; m < SIM_MEDIA; m++)
        person->medium[m] = (float)(0.8 * att_rng_normal(&rng));
    if (!path_draw(world, person, &rng))
        return false;
    jump_draw(world, person, &rng);
    habits_draw(person, &rng);
    return true;
}

// --- The day -----------------------------------------------------------------------------------

static double bump(double hour, double centre, double width)
{
    double off = fabs(hour - centre);
    off = ATT_MIN(off, 24 - off) / width;
    return exp(-off * off / 2);
}

// Relative rates, so that the mean over a week is 1.
static void rhythm_make(att_world *world)
{
    double sum = 0;
    for (int q = 0; q < 96; q++) {
        const double h = (q + 0.5) / 4;
        const double work = 0.05 + 0.8 * bump(h, 7.8, 0.9) + 0.5 * bump(h, 12.8, 1.0) +
                            0.7 * bump(h, 17.8, 1.0) + 1.2 * bump(h, 21, 1.6);
        const double rest =
            0.07 + 0.7 * bump(h, 11, 1.8) + 0.8 * bump(h, 16, 2.5) + 1.3 * bump(h, 21.6, 2.0);
        world->rhythm[0][q] = (float)work;
        world->rhythm[1][q] = (float)rest;
        sum += (5 * work + 2 * rest) / (7 * 96);
    }
    world->rhythm_max = 0;
    for (int i = 0; i < 2 * 96; i++) {
        float *at = &world->rhythm[i / 96][i % 96];
        *at = (float)(*at / sum);
        world->rhythm_max = ATT_MAX(world->rhythm_max, *at);
    }
}

typedef struct sim_hour {
    double hour; // local, 0 … 24
    bool weekend;
    bool party_night; // Friday or Saturday
} sim_hour;

// 1970-01-01 was a Thursday.
static sim_hour hour_at(const sim_person *person, int64_t at_ms, double shift_h)
{
    const int64_t local =
        at_ms + person->utc_offset_min * SIM_MINUTE_MS - (int64_t)(shift_h * (double)SIM_HOUR_MS);
    int64_t day = local / SIM_DAY_MS, rest = local % SIM_DAY_MS;
    if (rest < 0) {
        rest += SIM_DAY_MS;
        day--;
    }
    const int weekday = (int)(((day + 3) % 7 + 7) % 7); // 0 is Monday
    return (sim_hour){
        (double)rest / (double)SIM_HOUR_MS, weekday >= 5, weekday == 4 || weekday == 5};
}

int64_t att_sim_next_visit(
    const att_world *world, const sim_person *person, double factor, int64_t from_ms, att_rng *rng)
{
    const double rate = person->visits_per_day * factor * world->rhythm_max /
                        (double)SIM_DAY_MS; // greatest, per ms
    double at = (double)from_ms;
    const double end = at + 400.0 * (double)SIM_DAY_MS;
    for (;;) {
        at += att_rng_exponential(rng) / ATT_MAX(rate, 1e-12);
        if (at >= end)
            return (int64_t)end;
        const sim_hour h = hour_at(person, (int64_t)at, person->chronotype_h);
        const int quarter = ATT_MIN((int)(h.hour * 4), 95);
        if (att_rng_unit(rng) * world->rhythm_max < world->rhythm[h.weekend][quarter])
            return (int64_t)at;
    }
}

// --- The moment --------------------------------------------------------------------------------

static att_activity activity_draw(const sim_person *p, const sim_hour *h, att_rng *rng)
{
    double w[ATT_ACTIVITY_COUNT] = {0};
    const double t = h->hour;
    const bool night = t >= 22.5 || t < 4;
    w[ATT_ACTIVITY_RELAX] = 0.5 + (t >= 18 && t < 23 ? 0.5 : 0);
    w[ATT_ACTIVITY_WORKOUT] = night ? 0 : 0.5 * p->gym;
    w[ATT_ACTIVITY_PLAY] = t >= 15 || t < 2 ? p->gamer : 0.1 * p->gamer;
    w[ATT_ACTIVITY_SLEEP] = night ? 0.7 : 0;
    w[ATT_ACTIVITY_FAMILY] = t >= 16 && t < 21 ? 0.25 * (h->weekend ? 2 : 1) : 0;
    w[ATT_ACTIVITY_PARTY] = h->party_night && (t >= 20 || t < 3) ? p->social : 0;
    if (!h->weekend) {
        w[ATT_ACTIVITY_COMMUTE] =
            (t >= 6.5 && t < 9.3) || (t >= 16.5 && t < 19) ? 1.6 * p->commuter : 0;
        w[ATT_ACTIVITY_FOCUS] = t >= 9 && t < 17 ? 1.3 * p->worker : 0;
    }
    double total = 0;
    for (int a = 0; a < ATT_ACTIVITY_COUNT; a++)
        total += w[a];
    double at = att_rng_unit(rng) * total;
    for (int a = 0; a < ATT_ACTIVITY_COUNT; a++) {
        at -= w[a];
        if (at < 0)
            return (att_activity)a;
    }
    return ATT_ACTIVITY_RELAX;
}

// Where, with what and how loud each activity usually is. The first is twice as likely as the
// second.
typedef struct sim_setting {
    uint8_t place[2], device[3], noise[2];
} sim_setting;

static const sim_setting settings[ATT_ACTIVITY_COUNT] = {
    [ATT_ACTIVITY_COMMUTE] = {{ATT_PLACE_TRANSIT, ATT_PLACE_OUTDOORS},
        {ATT_DEVICE_PHONE, ATT_DEVICE_CAR, ATT_DEVICE_HEADSET}, {ATT_NOISE_LOUD, ATT_NOISE_NORMAL}},
    [ATT_ACTIVITY_WORKOUT] = {{ATT_PLACE_GYM, ATT_PLACE_OUTDOORS},
        {ATT_DEVICE_PHONE, ATT_DEVICE_WATCH, ATT_DEVICE_HEADSET},
        {ATT_NOISE_LOUD, ATT_NOISE_NORMAL}},
    [ATT_ACTIVITY_FOCUS] = {{ATT_PLACE_WORK, ATT_PLACE_HOME},
        {ATT_DEVICE_DESKTOP, ATT_DEVICE_PHONE, ATT_DEVICE_HEADSET},
        {ATT_NOISE_NORMAL, ATT_NOISE_QUIET}},
    [ATT_ACTIVITY_SLEEP] = {{ATT_PLACE_HOME, ATT_PLACE_HOME},
        {ATT_DEVICE_PHONE, ATT_DEVICE_SPEAKER, ATT_DEVICE_TABLET},
        {ATT_NOISE_QUIET, ATT_NOISE_QUIET}},
    [ATT_ACTIVITY_RELAX] = {{ATT_PLACE_HOME, ATT_PLACE_HOME},
        {ATT_DEVICE_TV, ATT_DEVICE_PHONE, ATT_DEVICE_TABLET}, {ATT_NOISE_QUIET, ATT_NOISE_NORMAL}},
    [ATT_ACTIVITY_PARTY] = {{ATT_PLACE_HOME, ATT_PLACE_AWAY},
        {ATT_DEVICE_SPEAKER, ATT_DEVICE_PHONE, ATT_DEVICE_TV}, {ATT_NOISE_LOUD, ATT_NOISE_LOUD}},
    [ATT_ACTIVITY_PLAY] = {{ATT_PLACE_HOME, ATT_PLACE_HOME},
        {ATT_DEVICE_CONSOLE, ATT_DEVICE_DESKTOP, ATT_DEVICE_PHONE},
        {ATT_NOISE_NORMAL, ATT_NOISE_QUIET}},
    [ATT_ACTIVITY_FAMILY] = {{ATT_PLACE_HOME, ATT_PLACE_HOME},
        {ATT_DEVICE_TV, ATT_DEVICE_TABLET, ATT_DEVICE_SPEAKER}, {ATT_NOISE_NORMAL, ATT_NOISE_LOUD}},
};

void att_sim_context(
    const sim_person *person, int64_t at_ms, att_rng *rng, att_context *truth, att_context *seen)
{
    const sim_hour h = hour_at(person, at_ms, 0);
    const att_activity activity = activity_draw(person, &h, rng);
    const sim_setting *s = &settings[activity];
    const double device = att_rng_unit(rng);
    truth->activity = (uint8_t)activity;
    truth->place = s->place[att_rng_unit(rng) < 0.67 ? 0 : 1];
    if (att_rng_unit(rng) < 0.02)
        truth->place = ATT_PLACE_AWAY;
    truth->device = s->device[device < 0.55 ? 0 : device < 0.85 ? 1 : 2];
    truth->noise = s->noise[att_rng_unit(rng) < 0.67 ? 0 : 1];
    truth->utc_offset_min = person->utc_offset_min;
    *seen = *truth;
    // An app does not know everything: the activity least of all.
    if (att_rng_unit(rng) < 0.25)
        seen->activity = ATT_ACTIVITY_UNKNOWN;
    if (att_rng_unit(rng) < 0.15)
        seen->place = ATT_PLACE_UNKNOWN;
    if (att_rng_unit(rng) < 0.5)
        seen->noise = ATT_NOISE_UNKNOWN;
    if (att_rng_unit(rng) < 0.03) {
        seen->device = ATT_DEVICE_UNKNOWN;
        seen->utc_offset_min = ATT_OFFSET_UNKNOWN;
    }
}

double att_sim_time_budget_min(att_activity activity)
{
    static const float minutes[ATT_ACTIVITY_COUNT] = {[ATT_ACTIVITY_UNKNOWN] = 40,
        [ATT_ACTIVITY_COMMUTE] = 32,
        [ATT_ACTIVITY_WORKOUT] = 50,
        [ATT_ACTIVITY_FOCUS] = 70,
        [ATT_ACTIVITY_SLEEP] = 35,
        [ATT_ACTIVITY_RELAX] = 90,
        [ATT_ACTIVITY_PARTY] = 90,
        [ATT_ACTIVITY_PLAY] = 80,
        [ATT_ACTIVITY_FAMILY] = 90};
    return minutes[activity];
}

// --- All of them -------------------------------------------------------------------------------

att_status att_sim_people_make(att_world *world, att_error *err)
{
    rhythm_make(world);
    world->knot_count = (world->options.days + world->options.ahead_days) / 7 + 2;
    world->people = ATT_NEW(&world->life, sim_person, world->person_count);
    bool fine = world->people != NULL;
    for (uint32_t i = 0; fine && i < world->person_count; i++)
        fine = person_make(world, i);
    return fine ? ATT_OK : att_no_memory(err, world->person_count, "simulated people");
}

size_t att_world_person_count(const att_world *world)
{
    return world->person_count;
}

att_world_person att_world_person_at(const att_world *world, size_t person)
{
    const sim_person *p = &world->people[person];
    return (att_world_person){p->id, p->territory, p->age, p->utc_offset_min, p->bot};
}

size_t att_world_person_find(const att_world *world, att_text id)
{
    const uint32_t index = att_names_find(&world->person_names, id);
    return index == ATT_NO_INDEX ? SIZE_MAX : index;
}
