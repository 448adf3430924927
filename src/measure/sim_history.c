// SPDX-License-Identifier: Apache-2.0
// measure/sim_history.c - sixty days under a plain service: charts, search, new releases, and
// chance.
//
// 24 % of slates are drawn by popularity, 58 % are what the person looked for, 8 % are new, 10 %
// are anything.
#include "measure/sim_live.h"

#include <math.h>
#include <stdio.h>

enum { DEFAULT_SLOTS = 8, SEARCH_POOL = 16 };

// --- The default service -----------------------------------------------------------------------

static void offer(const sim_moment *moment, sim_slate *slate, uint32_t item)
{
    for (size_t i = 0; i < slate->count; i++) {
        if (slate->items[i] == item)
            return;
    }
    const sim_person *p = moment->person;
    if (att_world_eligible(moment->world, item, p->territory, p->age, moment->at_ms))
        slate->items[slate->count++] = item;
}

static void offer_drawn(
    const sim_moment *moment, sim_slate *slate, const sim_list *list, att_rng *rng)
{
    for (int tries = 0;
         list->count > 0 && tries < 4 * DEFAULT_SLOTS && slate->count < DEFAULT_SLOTS; tries++)
        offer(moment, slate, att_sim_draw(list, rng));
}

static unsigned medium_draw(const sim_moment *moment, att_rng *rng)
{
    static const double usual[SIM_MEDIA] = {1, 0.6, 0.5};
    double weight[SIM_MEDIA], total = 0;
    for (unsigned m = 0; m < SIM_MEDIA; m++)
        total += weight[m] = usual[m] * exp(1.2 * moment->medium[m]);
    double at = att_rng_unit(rng) * total;
    for (unsigned m = 0; m + 1 < SIM_MEDIA; m++) {
        at -= weight[m];
        if (at < 0)
            return m;
    }
    return SIM_MEDIA - 1;
}

static unsigned theme_near(const sim_moment *moment, unsigned interest)
{
    unsigned best = 0;
    double least = 1e30;
    for (unsigned t = 0; t < SIM_THEMES; t++) {
        double distance = 0;
        for (unsigned d = 0; d < SIM_LATENT; d++) {
            const double off = moment->world->centre[t][d] - moment->centre[d][interest];
            distance += off * off;
        }
        if (distance < least) {
            least = distance;
            best = t;
        }
    }
    return best;
}

static unsigned interest_draw(const sim_moment *moment, att_rng *rng)
{
    double total = 0;
    for (unsigned m = 0; m < moment->person->interest_count; m++)
        total += moment->omega[m];
    double at = att_rng_unit(rng) * total;
    unsigned m = 0;
    while (m + 1u < moment->person->interest_count && (at -= moment->omega[m]) >= 0)
        m++;
    return m;
}

// What a person finds who knows roughly what to look for: the best of a handful, with noise
// (Gumbel's trick makes it a draw by the softmax).
static void offer_search(const sim_moment *moment, sim_slate *slate, unsigned medium, att_rng *rng)
{
    const unsigned theme = theme_near(moment, interest_draw(moment, rng));
    const sim_list *list = &moment->world->by_theme[theme][medium];
    uint32_t best[DEFAULT_SLOTS / 2];
    double score[DEFAULT_SLOTS / 2];
    size_t count = 0;
    for (int i = 0; list->count > 0 && i < SEARCH_POOL; i++) {
        const uint32_t item = att_sim_draw(list, rng);
        const double s = att_sim_value(moment, item) - 0.6 * log(att_rng_exponential(rng) + 1e-12);
        size_t at = count < ATT_COUNT_OF(best) ? count++ : count;
        for (; at > 0 && score[at - 1] < s; at--) {
            if (at < ATT_COUNT_OF(best)) {
                score[at] = score[at - 1];
                best[at] = best[at - 1];
            }
        }
        if (at < ATT_COUNT_OF(best)) {
            score[at] = s;
            best[at] = item;
        }
    }
    for (size_t i = 0; i < count; i++)
        offer(moment, slate, best[i]);
}

// The new of the last three weeks; the list is long, so it is drawn from and looked at.
static void offer_fresh(const sim_moment *moment, sim_slate *slate, att_rng *rng)
{
    const sim_list *list = &moment->world->fresh;
    for (int tries = 0; list->count > 0 && tries < 60 && slate->count < DEFAULT_SLOTS / 2;
         tries++) {
        const uint32_t item = att_sim_draw(list, rng);
        if (moment->world->views[item].published_at_ms > moment->at_ms - 21 * SIM_DAY_MS)
            offer(moment, slate, item);
    }
}

att_status att_sim_default_choose(void *user, sim_live *live, const sim_moment *moment,
    sim_mind *mind, sim_slate *slate, att_error *err)
{
    (void)user;
    (void)err;
    const att_world *world = live->world;
    const double source = att_rng_unit(&mind->rng);
    const unsigned medium = medium_draw(moment, &mind->rng);
    if (source < 0.10) {
        for (int tries = 0; tries < 4 * DEFAULT_SLOTS && slate->count < DEFAULT_SLOTS; tries++)
            offer(moment, slate, (uint32_t)att_rng_below(&mind->rng, world->item_count));
        return ATT_OK;
    }
    if (source < 0.18)
        offer_fresh(moment, slate, &mind->rng);
    else if (source < 0.76)
        offer_search(moment, slate, medium, &mind->rng);
    offer_drawn(moment, slate, &world->by_medium[medium], &mind->rng);
    return ATT_OK;
}

// --- Events to the outside ---------------------------------------------------------------------

att_event att_sim_event_view(const att_world *world, const sim_event *event, const char *prefix,
    uint64_t number, char id[64])
{
    const int size = snprintf(id, 64, "%s-%08llu", prefix, (unsigned long long)number);
    att_event view = att_event_empty();
    view.id = (att_text){id, (size_t)size};
    view.user = world->people[event->person].id;
    if (event->item != ATT_NO_INDEX)
        view.item = world->views[event->item].id;
    view.at_ms = event->at_ms;
    view.signal = (att_signal)event->signal;
    view.value = event->value;
    view.position_ms = event->position_ms;
    view.length_ms = event->length_ms;
    view.dwell_ms = event->dwell_ms;
    view.decision = event->decision;
    view.context = event->context;
    return view;
}

typedef struct sim_outflow {
    att_world_sink *sink;
    void *user;
    uint64_t number;
    char prefix[40];
} sim_outflow;

static att_status deliver_out(void *user, sim_live *live, const sim_event *event, att_error *err)
{
    sim_outflow *out = user;
    char id[64];
    const att_event view = att_sim_event_view(live->world, event, out->prefix, ++out->number, id);
    if (out->number % 20000 == 0 && !att_progress_tell(live->host, "simulate", out->number,
                                        live->world->options.events, "events"))
        return ATT_FAIL(err, ATT_CANCELLED, "cancelled after %llu simulated events",
            (unsigned long long)out->number);
    return out->sink(out->user, &view, err);
}

att_status att_world_history(
    const att_world *world, att_world_sink *sink, void *user, att_error *err)
{
    sim_outflow out = {sink, user, 0, {0}};
    snprintf(out.prefix, sizeof out.prefix, "sim-%llx", (unsigned long long)world->options.seed);
    sim_live live;
    att_status status = att_sim_live_init(
        &live, world, world->person_count, world->options.start_ms, world->options.seed, err);
    live.untidy = true;
    live.by = (sim_play_by){att_sim_default_choose, deliver_out, NULL, &out};
    if (!status)
        status = att_sim_live_go(&live, world->end_ms, err);
    att_sim_live_deinit(&live);
    return status;
}

// --- Meeting the wanted number of events -------------------------------------------------------

static att_status deliver_count(void *user, sim_live *live, const sim_event *event, att_error *err)
{
    (void)live;
    (void)event;
    (void)err;
    ++*(uint64_t *)user;
    return ATT_OK;
}

// Events of the first `count` people at the present rate.
static att_status try_history(
    const att_world *world, uint32_t count, uint64_t *events, att_error *err)
{
    sim_live live;
    *events = 0;
    att_status status =
        att_sim_live_init(&live, world, count, world->options.start_ms, world->options.seed, err);
    live.untidy = true;
    live.by = (sim_play_by){att_sim_default_choose, deliver_count, NULL, events};
    if (!status)
        status = att_sim_live_go(&live, world->end_ms, err);
    att_sim_live_deinit(&live);
    return status;
}

static double rates(const att_world *world, uint32_t count)
{
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += world->people[i].visits_per_day;
    return sum;
}

// Events go nearly with the rate of coming, and the same rate gives the same history: so rates are
// tried, with a few people at first, and the one that comes nearest is kept.
att_status att_sim_calibrate(att_world *world, att_error *err)
{
    const uint32_t real = world->person_count - world->bot_count;
    const uint64_t by_bots = (uint64_t)world->bot_count * world->bursts * world->burst_events;
    const uint64_t wanted = world->options.events - ATT_MIN(by_bots, world->options.events);
    const double per_rate = ATT_MAX((double)wanted, 1) / rates(world, real);
    double rate = per_rate / (11.0 * world->options.days); // a session has about 11
    double least_gap = INFINITY, best = rate;
    for (int tries = 0; tries < (real > 500 ? 3 : 6) && least_gap > 0.015; tries++) {
        const uint32_t sample = ATT_MIN(real, tries == 0 ? 200 : 1500);
        uint64_t events;
        world->rate_scale = rate;
        const att_status status = try_history(world, sample, &events, err);
        if (status)
            return status;
        const double met = ATT_MAX((double)events, 0.5) / (per_rate * rates(world, sample));
        if (fabs(met - 1) < least_gap && (tries > 0 || sample == real)) {
            least_gap = fabs(met - 1);
            best = rate;
        }
        rate /= met;
    }
    world->rate_scale = best;
    return ATT_OK;
}

// --- Binge -------------------------------------------------------------------------------------

static bool has_tag(const att_item *item, att_text tag)
{
    for (size_t i = 0; i < item->tag_count; i++) {
        if (att_text_equal(item->tags[i], tag))
            return true;
    }
    return false;
}

// The item with the tag that comes after `from` in a circle; ATT_NO_INDEX: none.
static uint32_t next_with_tag(
    const att_world *world, const sim_person *p, att_text tag, int64_t at_ms, uint32_t from)
{
    for (uint32_t i = 1; i <= world->item_count; i++) {
        const uint32_t item = (uint32_t)(((uint64_t)from + i) % world->item_count);
        if (has_tag(&world->views[item], tag) &&
            att_world_eligible(world, item, p->territory, p->age, at_ms))
            return item;
    }
    return ATT_NO_INDEX;
}

att_status att_world_binge(const att_world *world, size_t person, att_text tag, int64_t at_ms,
    uint32_t count, att_world_sink *sink, void *user, att_error *err)
{
    if (person >= world->person_count)
        return ATT_FAIL(err, ATT_INVALID, "person %zu of %u", person, world->person_count);
    const sim_person *p = &world->people[person];
    uint32_t item = (uint32_t)(att_mix64((uint64_t)at_ms ^ p->hash) % world->item_count);
    char prefix[40], id[64];
    snprintf(prefix, sizeof prefix, "binge-%u-%lld", (unsigned)person, (long long)at_ms);
    for (uint32_t i = 0; i < count; i++) {
        item = next_with_tag(world, p, tag, at_ms, item);
        if (item == ATT_NO_INDEX)
            return ATT_FAIL(err, ATT_NOT_FOUND,
                "no item with the tag \"%.*s\" may be shown to %.*s", ATT_TEXT_ARGS(tag),
                ATT_TEXT_ARGS(p->id));
        const int32_t length = (int32_t)world->views[item].duration_ms;
        at_ms += length + 3000;
        const sim_event event = {.at_ms = at_ms,
            .person = (uint32_t)person,
            .item = item,
            .value = NAN,
            .position_ms = length,
            .length_ms = length,
            .dwell_ms = -1,
            .signal = ATT_SIGNAL_PLAY,
            .context = {ATT_DEVICE_PHONE, ATT_PLACE_HOME, ATT_ACTIVITY_RELAX, ATT_NOISE_QUIET,
                p->utc_offset_min}};
        const att_event view = att_sim_event_view(world, &event, prefix, i + 1, id);
        const att_status status = sink(user, &view, err);
        if (status)
            return status;
    }
    return ATT_OK;
}
