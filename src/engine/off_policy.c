// SPDX-License-Identifier: Apache-2.0
// engine/off_policy.c - the engine's own log as a log of choices, for off-policy estimates of another policy.
//
// Decisions whose pool was kept (exploration.pool_log_share) say what each slot was chosen from; decide/replay.h gives the
// odds of both policies over it. A row is one open slot: one where the budget still allowed exploration. After that the
// best stands for sure, and the log cannot say what something else would have earned there; such slots are counted, not
// rated. They end a slate, since the allowance only runs out.
//
// A menu names the chosen, the best of either policy, and all else as one group, with both policies' mass on it and the
// mean of its features under the target. IPS, SNIPS and DR need no more and are exact; clipped weights see the group's
// ratio for those in it, who differ by the exploration weights alone.
//
// Reward of a slot: the rewards of its events (docs/signals.md), added and cut to -1 … 1; an event belongs to the slot
// whose decision and item it names, within the joining window. A slot without events earned 0.
#include "attune/ope.h"
#include "decide/replay.h"
#include "engine/internal.h"
#include "signals/policy.h"

#include <math.h>

enum { FEATURES = ATT_TERM_COUNT, NAMED = 4 };

typedef struct open_slot {
    att_ope_choice choices[NAMED];
    float features[NAMED * FEATURES];
    uint32_t count, chosen; // chosen: into choices
    uint32_t item;
    double propensity, reward;
    uint8_t slot;
    bool rewarded;
} open_slot;

typedef struct open_slate {
    uint64_t decision;
    int64_t at_ms;
    uint32_t user;
    size_t first, count; // into the slots
} open_slate;

typedef struct gathering {
    att_engine *engine;
    const att_ope_store_options *options;
    att_policy current;
    att_ope_store_counts counts;
    ATT_VEC(open_slate) slates;
    ATT_VEC(open_slot) slots;
    uint32_t items;        // the group of the rest is the action behind the last item
    int64_t *durations_ms; // (items)
    uint32_t users;
    uint8_t *halves;       // (users)
    att_arena scratch;
    att_status status;
    att_error *err;
    uint64_t seen, last_seq;
} gathering;

// --- One slot ----------------------------------------------------------------------------------------

static void describe(const att_decision_pool *pool, size_t slot, uint32_t candidate, double weight, float *features)
{
    const float *column = pool->raw;
    for (int t = 0; t < ATT_TERM_COUNT; t++)
        if (pool->columns >> t & 1) {
            features[t] += (float)weight * column[candidate];
            column += pool->count;
        }
    features[ATT_TERM_CALIBRATION] += (float)weight * pool->gain[slot * pool->count + candidate];
    features[ATT_TERM_REDUNDANCY] += (float)weight * pool->penalty[slot * pool->count + candidate];
}

static uint32_t greatest(const double *odds, size_t count)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < count; i++)
        if (odds[i] > odds[best])
            best = i;
    return best;
}

static void name_choice(open_slot *s, const att_decision_pool *pool, size_t slot, uint32_t candidate, double *target, double *logged)
{
    for (uint32_t k = 0; k < s->count; k++)
        if (s->choices[k].action == pool->items[candidate])
            return;
    describe(pool, slot, candidate, 1, &s->features[s->count * FEATURES]);
    s->choices[s->count++] = (att_ope_choice){pool->items[candidate], target[candidate], logged[candidate]};
    target[candidate] = logged[candidate] = 0;
}

// What is left of both, as one choice. Its features are the target's mean, or a plain one where the target has no mass.
static void name_rest(open_slot *s, const att_decision_pool *pool, size_t slot, const double *target, const double *logged, uint32_t group)
{
    double t = 0, l = 0;
    for (uint32_t i = 0; i < pool->count; i++) {
        t += target[i];
        l += logged[i];
    }
    if (!(l > 0) && !(t > 0))
        return;
    const double *by = t > 0 ? target : logged;
    for (uint32_t i = 0; i < pool->count; i++)
        if (by[i] > 0)
            describe(pool, slot, i, by[i] / (t > 0 ? t : l), &s->features[s->count * FEATURES]);
    s->choices[s->count++] = (att_ope_choice){group, t, l};
}

static void fill_slot(open_slot *s, const att_decision_pool *pool, size_t slot, double *target, double *logged, uint32_t group)
{
    const uint32_t chosen = pool->slots[slot].chosen;
    const uint32_t best = greatest(target, pool->count);
    *s = (open_slot){.item = pool->items[chosen], .propensity = logged[chosen], .slot = (uint8_t)ATT_MIN(slot, 255)};
    name_choice(s, pool, slot, chosen, target, logged);
    name_choice(s, pool, slot, best, target, logged);
    name_choice(s, pool, slot, pool->slots[slot].best, target, logged);
    name_rest(s, pool, slot, target, logged, group);
}

// --- One decision ------------------------------------------------------------------------------------

static att_status replay_pool(gathering *g, const att_decision_pool *pool, open_slate *slate, att_error *err)
{
    att_replay logged, target;
    double *logged_odds = ATT_NEW(&g->scratch, double, pool->count), *target_odds = ATT_NEW(&g->scratch, double, pool->count);
    if (!logged_odds || !target_odds)
        return att_no_memory(err, pool->count, "candidates of a pool");
    att_status status = att_replay_init(&logged, pool, &g->scratch, err);
    if (!status)
        status = att_replay_init(&target, pool, &g->scratch, err);
    if (status)
        return status;
    att_replay_policy(&logged, NULL);
    att_replay_policy(&target, g->options->target);
    for (size_t s = 0; s < pool->slot_count; s++) {
        g->counts.slots++;
        if (!(pool->slots[s].probability > 0)) {
            g->counts.closed_slots++;
            continue;
        }
        open_slot slot;
        att_replay_odds(&logged, s, logged_odds);
        att_replay_odds(&target, s, target_odds);
        fill_slot(&slot, pool, s, target_odds, logged_odds, g->items);
        if (!(slot.propensity > 0)) { // a damaged pool: it says that what stood here could not
            g->counts.closed_slots++;
            continue;
        }
        if (!ATT_VEC_PUSH(&g->engine->host, &g->slots, slot))
            return att_no_memory(err, g->slots.count, "slots");
        slate->count++;
    }
    return ATT_OK;
}

// Which half a person is in, the same for every question: 1 or 2.
static uint8_t half_of(att_text user)
{
    uint64_t hash = 0xA77E5EEDu;
    for (size_t i = 0; i < user.size; i++)
        hash = att_mix64(hash ^ (unsigned char)user.data[i]);
    return (uint8_t)((hash >> 63) + 1);
}

static bool is_asked(const gathering *g, const att_record *record)
{
    const att_ope_store_options *o = g->options;
    if (record->user == ATT_NO_INDEX || (o->from_ms && record->at_ms < o->from_ms) || (o->until_ms && record->at_ms >= o->until_ms))
        return false;
    return o->half == 0 || (record->user < g->users && g->halves[record->user] == o->half);
}

static att_status take_decision(gathering *g, const att_record *record, att_error *err)
{
    att_decided_slot slots[ATT_SLATE_MAX];
    att_decision_record decision;
    att_decision_pool pool;
    if (!is_asked(g, record))
        return ATT_OK;
    g->counts.decisions++;
    att_status status = att_decision_decode(record->payload, record->payload_size, &decision, slots, ATT_SLATE_MAX, err);
    if (status || !decision.pool_size)
        return status;
    att_arena_reset(&g->scratch);
    status = att_decision_pool_decode(decision.pool_data, decision.pool_size, decision.count, decision.terms, &g->scratch, &pool, err);
    if (status)
        return status;
    g->counts.with_pool++;
    if (g->options->current_only && !att_pool_is_of(&pool, &g->current)) {
        g->counts.other_policy++;
        return ATT_OK;
    }
    open_slate slate = {.decision = record->seq, .at_ms = record->at_ms, .user = record->user, .first = g->slots.count};
    status = replay_pool(g, &pool, &slate, err);
    if (!status && slate.count && !ATT_VEC_PUSH(&g->engine->host, &g->slates, slate))
        status = att_no_memory(err, g->slates.count, "decisions");
    return status;
}

// --- Rewards -----------------------------------------------------------------------------------------

static open_slate *slate_of(const gathering *g, uint64_t decision)
{
    size_t low = 0, high = g->slates.count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (g->slates.items[middle].decision < decision)
            low = middle + 1;
        else
            high = middle;
    }
    return low < g->slates.count && g->slates.items[low].decision == decision ? &g->slates.items[low] : NULL;
}

static void take_event(gathering *g, const att_record *record)
{
    if (!record->decision || record->item == ATT_NO_INDEX || record->set_aside)
        return;
    const open_slate *slate = slate_of(g, record->decision);
    if (!slate || slate->user != record->user || record->at_ms < slate->at_ms ||
        record->at_ms - slate->at_ms > g->options->window_ms)
        return;
    const int64_t length_ms = record->item < g->items ? g->durations_ms[record->item] : 0;
    const att_grade grade = att_grade_event(&g->current, record, length_ms);
    for (size_t i = slate->first; i < slate->first + slate->count; i++) {
        open_slot *slot = &g->slots.items[i];
        if (slot->item != record->item)
            continue;
        slot->reward += (double)grade.reward;
        g->counts.rewarded += !slot->rewarded;
        slot->rewarded = true;
        return;
    }
}

static bool visit(void *user, const att_record *record)
{
    gathering *g = user;
    if (record->seq > g->last_seq)
        return false;
    if (g->seen++ % 4096 == 0 && !att_progress_tell(&g->engine->host, "reading the log", record->seq, g->last_seq, "records")) {
        g->status = ATT_FAIL(g->err, ATT_CANCELLED, "cancelled while reading the log");
        return false;
    }
    if (record->kind == ATT_RECORD_DECISION)
        g->status = take_decision(g, record, g->err);
    else if (record->kind == ATT_RECORD_EVENT)
        take_event(g, record);
    if (g->status && g->status != ATT_CANCELLED)
        g->status = att_while(g->err, g->status, "record %llu", (unsigned long long)record->seq);
    return g->status == ATT_OK;
}

// --- The log of choices ------------------------------------------------------------------------------

static att_status add_slate(const gathering *g, const open_slate *slate, att_ope_log *log, att_error *err)
{
    for (size_t i = slate->first; i < slate->first + slate->count; i++) {
        const open_slot *s = &g->slots.items[i];
        uint32_t menu;
        att_status status = att_ope_log_menu(log, s->choices, s->count, s->features, &menu, err);
        const att_ope_row row = {.menu = menu, .chosen = s->chosen, .propensity = s->propensity,
            .reward = ATT_MAX(-1, ATT_MIN(1, s->reward)), .slot = s->slot, .slate = slate->decision, .person = slate->user};
        if (!status)
            status = att_ope_log_add(log, &row, err);
        if (status)
            return att_while(err, status, "decision %llu", (unsigned long long)slate->decision);
    }
    return ATT_OK;
}

static att_status build(const gathering *g, att_ope_log **out, att_error *err)
{
    const att_ope_log_options options = {.name = g->engine->path, .reward_low = -1, .reward_high = 1, .actions = g->items + 1,
        .choice_features = FEATURES};
    att_ope_log *log = NULL;
    att_status status = att_ope_log_create(&log, &options, &g->engine->host, err);
    for (size_t i = 0; i < g->slates.count && !status; i++)
        status = add_slate(g, &g->slates.items[i], log, err);
    if (status)
        att_ope_log_destroy(log);
    else
        *out = log;
    return status;
}

att_ope_store_options att_ope_store_options_default(void)
{
    return (att_ope_store_options){.window_ms = INT64_C(24) * 3600 * 1000};
}

// The log cannot follow these: they change who is a candidate, or what the raw terms are.
static att_status check_target(const att_policy *current, const att_policy *target, att_error *err)
{
    const struct {
        const char *key;
        bool same;
    } fixed[] = {{"objective.method", current->objective.method == target->objective.method},
        {"objective.session_mix", current->objective.session_mix == target->objective.session_mix},
        {"objective.freshness_half_life_days", current->objective.freshness_half_life_days == target->objective.freshness_half_life_days},
        {"objective.repeat_gap_ms", current->objective.repeat_gap_ms == target->objective.repeat_gap_ms},
        {"objective.candidates", current->objective.candidates == target->objective.candidates},
        {"objective.out_of_distribution", current->objective.out_of_distribution == target->objective.out_of_distribution},
        {"objective.situation_evidence", current->objective.situation_evidence == target->objective.situation_evidence},
        {"objective.situation_share", current->objective.situation_share == target->objective.situation_share},
        {"situations", att_policy_wishes_equal(current, target)}};
    for (size_t i = 0; i < ATT_COUNT_OF(fixed); i++)
        if (!fixed[i].same)
            return ATT_FAIL(err, ATT_INSUFFICIENT,
                "insufficient support: the target has another %s; the log can speak of the objective's weights and of the "
                "exploration share alone", fixed[i].key);
    return ATT_OK;
}

// What the reading needs of the state, so that nobody waits for it.
static att_status copy_state(gathering *g, att_error *err)
{
    att_engine *engine = g->engine;
    const att_host *host = &engine->host;
    pthread_mutex_lock(&engine->store_lock);
    g->last_seq = engine->last_seq;
    pthread_mutex_unlock(&engine->store_lock);
    pthread_rwlock_rdlock(&engine->state_lock);
    att_status status = att_engine_state_check(engine, err);
    g->current = engine->policy;
    g->items = (uint32_t)engine->catalogue.entries.count;
    g->users = (uint32_t)engine->users.count;
    g->durations_ms = ATT_NEW_ARRAY(host, int64_t, g->items + 1);
    g->halves = ATT_NEW_ARRAY(host, uint8_t, g->users + 1);
    if (!status && (!g->durations_ms || !g->halves))
        status = att_no_memory(err, (size_t)g->items + g->users, "items and people");
    for (uint32_t i = 0; i < g->items && !status; i++)
        g->durations_ms[i] = engine->catalogue.entries.items[i].duration_ms;
    for (uint32_t u = 0; u < g->users && !status; u++)
        g->halves[u] = half_of(att_names_get(&engine->users, u));
    pthread_rwlock_unlock(&engine->state_lock);
    return status;
}

static att_status read_log(gathering *g, att_error *err)
{
    att_engine *engine = g->engine;
    att_store *reader = NULL;
    const att_store_options options = {.read_only = true};
    att_status status = copy_state(g, err);
    if (!status)
        status = check_target(&g->current, g->options->target, err);
    if (!status)
        status = att_store_open(&reader, engine->path, &options, &engine->host, err);
    if (!status)
        status = att_store_log_each(reader, 1, visit, g, err);
    att_store_close(reader);
    return status ? status : g->status;
}

att_status att_engine_ope_log(att_engine *engine, const att_ope_store_options *options, att_ope_log **out,
    att_ope_store_counts *counts, att_error *err)
{
    *out = NULL;
    if (!options->target || options->window_ms <= 0 || options->half > 2)
        return ATT_FAIL(err, ATT_INVALID, "a target policy, a joining window above 0 and a half of 0 to 2 are needed");
    att_status status = att_policy_check(options->target, err);
    if (!status)
        status = att_engine_refresh(engine, err);
    gathering g = {.engine = engine, .options = options, .err = err};
    att_arena_init(&g.scratch, &engine->host, (size_t)256 << 10);
    if (!status)
        status = read_log(&g, err);
    if (counts)
        *counts = g.counts;
    if (!status && g.counts.with_pool == 0)
        status = ATT_FAIL(err, ATT_INSUFFICIENT,
            "insufficient support: none of %llu decisions kept what it was chosen from; set exploration.pool_log_share and "
            "come back when enough have", (unsigned long long)g.counts.decisions);
    else if (!status && g.slots.count == 0)
        status = ATT_FAIL(err, ATT_INSUFFICIENT,
            "insufficient support: none of %llu slots was open to exploration, so nothing else could have stood there",
            (unsigned long long)g.counts.slots);
    if (!status)
        status = build(&g, out, err);
    ATT_FREE_ARRAY(&engine->host, g.durations_ms, g.items + 1);
    ATT_FREE_ARRAY(&engine->host, g.halves, g.users + 1);
    ATT_VEC_FREE(&engine->host, &g.slates);
    ATT_VEC_FREE(&engine->host, &g.slots);
    att_arena_deinit(&g.scratch);
    return status;
}
