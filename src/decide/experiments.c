// SPDX-License-Identifier: Apache-2.0
// decide/experiments.c - which experiments run, which arms a person is in, and the policy that follows.
//
//   holdout: hash v2 of the person under the store's own salt < experiments.holdout_share. The same salt for good: a
//     larger share adds people, a smaller one frees some, and nobody moves between.
//   arms: each running experiment by its own hash, in order of number
//   policy: the store's, then what the arms override; two that run for the same people never override the same key
#include "decide/experiments.h"

#include "base/rng.h"
#include "signals/policy.h"
#include "store/bytes.h"

#include <stdio.h>

void att_experiments_init(att_experiments *set, uint64_t seed, const att_host *host)
{
    *set = (att_experiments){.host = att_host_complete(host)};
    snprintf(set->holdout_seed, sizeof set->holdout_seed, "holdout-%016llx",
        (unsigned long long)att_mix64(seed ^ 0x686F6C646F7574u));
}

static void drop_running(att_experiments *set)
{
    for (size_t r = 0; r < set->running_count; r++)
        for (size_t v = 0; v < ATT_VARIATIONS_MAX; v++)
            ATT_FREE_ARRAY(&set->host, set->running[r].overrides[v].list, set->running[r].overrides[v].count);
    ATT_FREE_ARRAY(&set->host, set->running, set->running_count);
    set->running = NULL;
    set->running_count = 0;
}

void att_experiments_deinit(att_experiments *set)
{
    drop_running(set);
    for (size_t i = 0; i < set->all.count; i++)
        att_experiment_destroy(set->all.items[i]);
    ATT_VEC_FREE(&set->host, &set->all);
    set->holdout_since_ms = 0;
    set->holdout_seq = 0;
}

// --- What runs --------------------------------------------------------------------------------------------------

static att_status keep_overrides(att_experiments *set, att_text yaml, att_arm_overrides *out, att_error *err)
{
    att_override list[ATT_OVERRIDES_MAX];
    size_t count = 0;
    if (!yaml.size)
        return ATT_OK;
    const att_status status = att_overrides_parse(yaml, "policy", list, &count, err);
    if (status || !count)
        return status;
    out->list = ATT_NEW_ARRAY(&set->host, att_override, count);
    if (!out->list)
        return att_no_memory(err, count, "overrides");
    memcpy(out->list, list, count * sizeof *list);
    out->count = count;
    return ATT_OK;
}

static att_status fill_running(att_experiments *set, att_running *out, const att_experiment *experiment, att_error *err)
{
    double weights[ATT_VARIATIONS_MAX];
    att_status status = ATT_OK;
    out->experiment = experiment;
    for (size_t v = 0; v < experiment->variation_count; v++) {
        weights[v] = experiment->variations[v].weight;
        if (!status)
            status = keep_overrides(set, experiment->variations[v].policy, &out->overrides[v], err);
    }
    att_assign_ranges(weights, experiment->variation_count, experiment->coverage, out->ranges);
    return status;
}

static att_status list_running(att_experiments *set, att_error *err)
{
    drop_running(set);
    size_t count = 0;
    for (size_t i = 0; i < set->all.count; i++)
        count += set->all.items[i]->status == ATT_EXPERIMENT_RUNNING;
    if (!count)
        return ATT_OK;
    set->running = ATT_NEW_ARRAY(&set->host, att_running, count);
    if (!set->running)
        return att_no_memory(err, count, "experiments");
    set->running_count = count;
    att_status status = ATT_OK;
    for (size_t i = 0, r = 0; i < set->all.count && !status; i++)
        if (set->all.items[i]->status == ATT_EXPERIMENT_RUNNING)
            status = fill_running(set, &set->running[r++], set->all.items[i], err);
    return status;
}

att_status att_experiments_put(att_experiments *set, att_experiment *adopt, att_error *err)
{
    const size_t at = adopt->number - 1; // number 0 is far out of range
    if (at > set->all.count || adopt->number == 0 || adopt->number > ATT_EXPERIMENTS_MAX) {
        const unsigned number = adopt->number;
        att_experiment_destroy(adopt);
        return ATT_FAIL(err, ATT_CORRUPT, "experiment number %u comes after %zu experiments", number, set->all.count);
    }
    if (at < set->all.count) {
        drop_running(set); // it may point to the one that goes
        att_experiment_destroy(set->all.items[at]);
        set->all.items[at] = adopt;
    } else if (!ATT_VEC_PUSH(&set->host, &set->all, adopt)) {
        att_experiment_destroy(adopt);
        return att_no_memory(err, set->all.count, "experiments");
    }
    return list_running(set, err);
}

void att_experiments_holdout(att_experiments *set, const att_policy *baseline, int64_t since_ms, uint64_t seq)
{
    set->baseline = *baseline;
    set->holdout_since_ms = since_ms;
    set->holdout_seq = seq;
}

const att_experiment *att_experiments_find(const att_experiments *set, att_text key)
{
    for (size_t i = 0; i < set->all.count; i++)
        if (att_text_equal(set->all.items[i]->key, key))
            return set->all.items[i];
    return NULL;
}

// --- May it start? ----------------------------------------------------------------------------------------------

static bool same_space(const att_experiment *a, const att_experiment *b)
{
    return a->space.size && att_text_equal(a->space, b->space);
}

static bool overrides_field(const att_experiment *experiment, uint16_t field)
{
    att_override list[ATT_OVERRIDES_MAX];
    size_t count;
    for (size_t v = 0; v < experiment->variation_count; v++) {
        if (!experiment->variations[v].policy.size ||
            att_overrides_parse(experiment->variations[v].policy, "policy", list, &count, NULL))
            continue;
        for (size_t i = 0; i < count; i++)
            if (list[i].field == field)
                return true;
    }
    return false;
}

static att_status check_against(const att_running *running, const att_experiment *experiment, att_error *err)
{
    const att_experiment *other = running->experiment;
    if (same_space(other, experiment)) {
        if (other->space_part.from < experiment->space_part.to && experiment->space_part.from < other->space_part.to)
            return ATT_FAIL(err, ATT_INVALID,
                "\"%.*s\" takes %g to %g of the namespace \"%.*s\", but \"%.*s\" runs on %g to %g of it",
                ATT_TEXT_ARGS(experiment->key), experiment->space_part.from, experiment->space_part.to,
                ATT_TEXT_ARGS(experiment->space), ATT_TEXT_ARGS(other->key), other->space_part.from, other->space_part.to);
        return ATT_OK;
    }
    size_t field_count;
    const att_policy_field *fields = att_policy_fields(&field_count);
    for (size_t v = 0; v < other->variation_count; v++)
        for (size_t i = 0; i < running->overrides[v].count; i++) {
            const uint16_t field = running->overrides[v].list[i].field;
            char path[96];
            if (overrides_field(experiment, field))
                return ATT_FAIL(err, ATT_INVALID,
                    "\"%.*s\" and the running \"%.*s\" both change %s for the same people; put both into one namespace",
                    ATT_TEXT_ARGS(experiment->key), ATT_TEXT_ARGS(other->key),
                    att_policy_field_path(&fields[field], path, sizeof path));
        }
    return ATT_OK;
}

att_status att_experiments_may_start(const att_experiments *set, const att_experiment *experiment, att_error *err)
{
    size_t at_once = 1; // that one person can be in, this one included
    for (size_t r = 0; r < set->running_count; r++) {
        const att_experiment *other = set->running[r].experiment;
        const att_status status = check_against(&set->running[r], experiment, err);
        if (status)
            return status;
        bool counted = same_space(other, experiment);
        for (size_t before = 0; before < r && !counted; before++)
            counted = same_space(other, set->running[before].experiment);
        at_once += !counted;
    }
    if (at_once > ATT_ARMS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "a person would be in %zu experiments at the same time, %d at most", at_once,
            ATT_ARMS_MAX);
    if (set->running_count >= ATT_EXPERIMENTS_RUNNING_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%zu experiments run, %d at most", set->running_count, ATT_EXPERIMENTS_RUNNING_MAX);
    return ATT_OK;
}

// --- Who is in what ---------------------------------------------------------------------------------------------

static int variation_of(const att_running *running, att_text person)
{
    const att_experiment *e = running->experiment;
    if (e->filter_count)
        return att_experiment_assign(e, person);
    if (e->space.size && !att_assign_in_space(person, e->space, e->space_part))
        return -1;
    const double point = att_assign_hash(e->seed, person, e->hash_version);
    return att_assign_choose(point, running->ranges, e->variation_count);
}

// What is held back are objective, exploration and taste; how signals count and what may be shown is one for all.
static void hold_out(const att_experiments *set, const att_policy *base, att_assignment *out,
    const att_policy **policy, att_policy *own)
{
    out->held_out = true;
    out->arms[out->count++] = (att_arm){0, 0};
    *own = *base;
    own->objective = set->baseline.objective;
    own->exploration = set->baseline.exploration;
    own->taste = set->baseline.taste;
    *policy = own;
}

void att_experiments_assign(const att_experiments *set, att_text person, const att_policy *base, double holdout_share,
    att_assignment *out, const att_policy **policy, att_policy *own)
{
    out->count = 0;
    out->held_out = false;
    *policy = base;
    if (!set->holdout_since_ms && !set->running_count)
        return;
    if (set->holdout_since_ms && holdout_share > 0 &&
        att_assign_hash(att_text_of(set->holdout_seed), person, 2) < holdout_share) {
        hold_out(set, base, out, policy, own);
        return;
    }
    for (size_t r = 0; r < set->running_count && out->count < ATT_ARMS_MAX; r++) {
        const att_running *running = &set->running[r];
        const int variation = variation_of(running, person);
        if (variation < 0)
            continue;
        out->arms[out->count++] = (att_arm){running->experiment->number, (uint32_t)variation};
        if (!running->overrides[variation].count)
            continue;
        if (*policy == base)
            *own = *base;
        *policy = own;
        att_overrides_apply(own, running->overrides[variation].list, running->overrides[variation].count);
    }
}

// --- Records ----------------------------------------------------------------------------------------------------
//
//   offset  bytes  what                                   (all numbers little-endian)
//        0      1  form (1)
//        1      1  status
//        2      2  zero
//        4      4  number
//        8      8  created, 16 started, 24 stopped: Unix time in ms, 0: not yet
//       32         the definition as YAML, to the end

enum { FORM = 1, HEAD_SIZE = 32 };

size_t att_experiment_record_size(const att_experiment *experiment)
{
    return HEAD_SIZE + att_experiment_write(experiment, NULL, 0) + 1; // the writer closes with a zero: not kept
}

void att_experiment_record_encode(const att_experiment *experiment, unsigned char *out)
{
    att_byte_writer writer = {out};
    att_put_u8(&writer, FORM);
    att_put_u8(&writer, (uint8_t)experiment->status);
    att_put_u16(&writer, 0);
    att_put_u32(&writer, experiment->number);
    att_put_u64(&writer, (uint64_t)experiment->created_ms);
    att_put_u64(&writer, (uint64_t)experiment->started_ms);
    att_put_u64(&writer, (uint64_t)experiment->stopped_ms);
    const size_t size = att_experiment_write(experiment, NULL, 0);
    att_experiment_write(experiment, (char *)writer.at, size + 1);
    writer.at[size] = '\n';
}

att_status att_experiment_record_decode(
    const unsigned char *data, size_t size, const att_host *host, att_experiment **out, att_error *err)
{
    *out = NULL;
    if (size < HEAD_SIZE)
        return ATT_FAIL(err, ATT_CORRUPT, "experiment record has %zu bytes, its head needs %d", size, HEAD_SIZE);
    att_byte_reader in = {.at = data, .left = size};
    const unsigned form = att_take_u8(&in), status_code = att_take_u8(&in), zero = att_take_u16(&in);
    const uint32_t number = att_take_u32(&in);
    const int64_t created_ms = (int64_t)att_take_u64(&in), started_ms = (int64_t)att_take_u64(&in),
                  stopped_ms = (int64_t)att_take_u64(&in);
    if (form != FORM)
        return ATT_FAIL(err, form > FORM ? ATT_VERSION : ATT_CORRUPT,
            "experiment record has form %u, this build reads %d", form, FORM);
    if (status_code > ATT_EXPERIMENT_STOPPED || zero || number == 0 || number > ATT_EXPERIMENTS_MAX)
        return ATT_FAIL(err, ATT_CORRUPT, "experiment record of number %u has status %u", number, status_code);
    const att_status status =
        att_experiment_parse(out, (att_text){(const char *)in.at, in.left}, "experiment record", host, err);
    if (status == ATT_INVALID || status == ATT_LIMIT) {
        if (err)
            err->status = ATT_CORRUPT;
        return ATT_CORRUPT;
    }
    if (status)
        return status;
    (*out)->number = number;
    (*out)->status = (att_experiment_status)status_code;
    (*out)->created_ms = created_ms;
    (*out)->started_ms = started_ms;
    (*out)->stopped_ms = stopped_ms;
    return ATT_OK;
}
