// SPDX-License-Identifier: Apache-2.0
// measure/sim_report.c - from what happened to how people fared.
#include "measure/sim_run.h"

#include <math.h>

static bool tags_number(sim_tally *tally)
{
    const att_world *world = tally->world;
    att_names names;
    att_names_init(&names, &world->host);
    bool fine = true;
    for (uint32_t i = 0; fine && i < world->item_count; i++) {
        const att_item *view = &world->views[i];
        for (size_t t = 0; fine && t < view->tag_count && t < SIM_TAGS_EACH; t++) {
            const uint32_t tag = att_names_add(&names, view->tags[t]);
            fine = tag != ATT_NO_INDEX;
            tally->item_tags[(size_t)i * SIM_TAGS_EACH + t] = (uint16_t)(tag + 1);
        }
    }
    tally->tag_count = names.count;
    att_names_deinit(&names);
    return fine;
}

att_status att_sim_tally_init(sim_tally *tally, const att_world *world, uint32_t days,
    att_world_report *report, att_error *err)
{
    const att_host *host = &world->host;
    const size_t people = world->person_count;
    *tally = (sim_tally){
        .world = world, .days = days, .person_count = world->person_count, .report = report};
    tally->person_plays = ATT_NEW_ARRAY(host, uint64_t, people);
    tally->person_satisfaction = ATT_NEW_ARRAY(host, double, people);
    tally->came = ATT_NEW_ARRAY(host, uint8_t, people * days);
    tally->shown = ATT_NEW_ARRAY(host, uint8_t, world->item_count);
    tally->item_tags = ATT_NEW_ARRAY(host, uint16_t, (size_t)world->item_count * SIM_TAGS_EACH);
    tally->per_day = ATT_NEW_ARRAY(host, att_world_day, days);
    tally->day_regrets = ATT_NEW_ARRAY(host, uint64_t, days);
    tally->day_skips = ATT_NEW_ARRAY(host, uint64_t, days);
    bool fine = tally->person_plays && tally->person_satisfaction && tally->came && tally->shown &&
                tally->item_tags && tally->per_day && tally->day_regrets && tally->day_skips &&
                tags_number(tally);
    if (fine) {
        tally->played_tags = ATT_NEW_ARRAY(host, uint32_t, people * tally->tag_count);
        fine = tally->played_tags != NULL;
    }
    return fine ? ATT_OK : att_no_memory(err, people, "people in a simulated run");
}

void att_sim_tally_deinit(sim_tally *tally)
{
    if (!tally->world)
        return;
    const att_host *host = &tally->world->host;
    const size_t people = tally->person_count;
    ATT_FREE_ARRAY(host, tally->person_plays, people);
    ATT_FREE_ARRAY(host, tally->person_satisfaction, people);
    ATT_FREE_ARRAY(host, tally->came, people * tally->days);
    ATT_FREE_ARRAY(host, tally->shown, tally->world->item_count);
    ATT_FREE_ARRAY(host, tally->item_tags, (size_t)tally->world->item_count * SIM_TAGS_EACH);
    ATT_FREE_ARRAY(host, tally->per_day, tally->days);
    ATT_FREE_ARRAY(host, tally->day_regrets, tally->days);
    ATT_FREE_ARRAY(host, tally->day_skips, tally->days);
    ATT_FREE_ARRAY(host, tally->played_tags, people * tally->tag_count);
}

static uint32_t day_of(const sim_tally *tally, int64_t at_ms)
{
    const int64_t day = (at_ms - tally->world->end_ms) / SIM_DAY_MS;
    return (uint32_t)ATT_MIN(ATT_MAX(day, 0), (int64_t)tally->days - 1);
}

static void tally_play(sim_tally *tally, const sim_outcome *o, uint32_t day_index)
{
    att_world_day *day = &tally->per_day[day_index];
    const uint16_t *tags = &tally->item_tags[(size_t)o->item * SIM_TAGS_EACH];
    const bool early = o->skipped && o->position_ms < 10000;
    tally->report->plays++;
    tally->report->clicks++;
    tally->report->clicks_at[o->clicked]++;
    tally->skips_5s += o->skipped && o->position_ms < 5000;
    tally->skips_10s += early;
    tally->completed += o->position_ms >= 0.9 * o->length_ms;
    tally->satisfaction += o->satisfaction;
    tally->person_plays[o->person]++;
    tally->person_satisfaction[o->person] += o->satisfaction;
    for (int t = 0; t < SIM_TAGS_EACH && tags[t]; t++)
        tally->played_tags[(size_t)o->person * tally->tag_count + tags[t] - 1]++;
    day->plays++;
    day->satisfaction += o->satisfaction;
    tally->day_skips[day_index] += early;
}

void att_sim_tally_outcome(sim_tally *tally, const sim_outcome *o)
{
    const uint32_t day = day_of(tally, o->at_ms);
    uint8_t *came = &tally->came[(size_t)o->person * tally->days + day];
    tally->report->visits++;
    tally->per_day[day].visits++;
    tally->report->sessions += o->session_begins;
    tally->per_day[day].sessions += o->session_begins;
    tally->per_day[day].people += !*came;
    *came = 1;
    tally->report->shown += o->slate->count;
    for (size_t i = 0; i < o->slate->count; i++) {
        tally->report->shown_at[i]++;
        tally->shown[o->slate->items[i]] = 1;
    }
    if (o->clicked != SIZE_MAX)
        tally_play(tally, o, day);
}

void att_sim_tally_regret(sim_tally *tally, int64_t at_ms, double regret)
{
    const uint32_t day = day_of(tally, at_ms);
    tally->regret += regret;
    tally->regrets++;
    tally->per_day[day].regret += regret;
    tally->day_regrets[day]++;
}

// --- At the end --------------------------------------------------------------------------------

static double share(double part, uint64_t whole)
{
    return whole ? part / (double)whole : 0;
}

// Of those who came on a day, the share that came exactly `later` days after it.
static double returned(const sim_tally *tally, uint32_t later)
{
    uint64_t came = 0, again = 0;
    for (uint32_t p = 0; p < tally->person_count; p++) {
        const uint8_t *days = &tally->came[(size_t)p * tally->days];
        for (uint32_t d = 0; d + later < tally->days; d++) {
            came += days[d];
            again += days[d] && days[d + later];
        }
    }
    return share((double)again, came);
}

static double entropy_bits(const uint32_t *counts, uint32_t count)
{
    double total = 0, sum = 0;
    for (uint32_t i = 0; i < count; i++)
        total += counts[i];
    for (uint32_t i = 0; i < count; i++)
        sum -= counts[i] ? counts[i] / total * log2(counts[i] / total) : 0;
    return sum;
}

// Mean entropy over those who played at least five things.
static double variety(const sim_tally *tally)
{
    double sum = 0;
    uint64_t people = 0;
    for (uint32_t p = 0; p < tally->person_count; p++) {
        if (tally->person_plays[p] < 5)
            continue;
        sum += entropy_bits(&tally->played_tags[(size_t)p * tally->tag_count], tally->tag_count);
        people++;
    }
    return share(sum, people);
}

// Of a ratio of sums, people being independent: sqrt(sum (s_p - R n_p)^2) / sum n_p.
static double satisfaction_error(const sim_tally *tally, double mean)
{
    double sum = 0;
    for (uint32_t p = 0; p < tally->person_count; p++) {
        const double off = tally->person_satisfaction[p] - mean * (double)tally->person_plays[p];
        sum += off * off;
    }
    return share(sqrt(sum), tally->report->plays);
}

static uint64_t people_who_came(const sim_tally *tally)
{
    uint64_t people = 0;
    for (uint32_t p = 0; p < tally->person_count; p++)
        people += memchr(&tally->came[(size_t)p * tally->days], 1, tally->days) != NULL;
    return people;
}

static void finish_days(sim_tally *tally)
{
    for (uint32_t d = 0; d < tally->days; d++) {
        att_world_day *day = &tally->per_day[d];
        day->satisfaction = share(day->satisfaction, day->plays);
        day->early_skip_rate = share((double)tally->day_skips[d], day->plays);
        day->regret = share(day->regret, tally->day_regrets[d]);
    }
}

void att_sim_tally_finish(sim_tally *tally)
{
    att_world_report *r = tally->report;
    uint64_t shown = 0;
    for (uint32_t i = 0; i < tally->world->item_count; i++)
        shown += tally->shown[i];
    r->people = people_who_came(tally);
    r->skip_5s_rate = share((double)tally->skips_5s, r->plays);
    r->skip_10s_rate = share((double)tally->skips_10s, r->plays);
    r->completion_rate = share((double)tally->completed, r->plays);
    r->satisfaction = share(tally->satisfaction, r->plays);
    r->satisfaction_error = satisfaction_error(tally, r->satisfaction);
    r->satisfaction_per_visit = share(tally->satisfaction, r->visits);
    r->plays_per_session = share((double)r->plays, r->sessions);
    r->return_day_1 = returned(tally, 1);
    r->return_day_7 = returned(tally, 7);
    r->variety = variety(tally);
    r->coverage = share((double)shown, tally->world->item_count);
    r->regret = share(tally->regret, tally->regrets);
    finish_days(tally);
}
