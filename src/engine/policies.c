// SPDX-License-Identifier: Apache-2.0
// engine/policies.c - versions of the policy: staged, put in force, taken back, and who did it.
//
// A version is the number of the record that holds its YAML: one that put it in force at once (ATT_RECORD_POLICY), or one that
// staged it (ATT_RECORD_POLICY_ACT). Putting a version in force again appends the YAML anew, with the version's number in
// `decision`, so that whoever replays the log needs no other record. The store's meta "policy_log" lists the numbers of all
// records about policies, the newest 512; where it is missing or empty, the log is read.
#include "engine/internal.h"

#include "signals/event.h"
#include "store/policy_record.h"

#include <stdio.h>

#define META "policy_log"
enum { RECORDS_MAX = 512 };

const char *att_policy_act_name(att_policy_act act)
{
    static const char *const names[] = {"unknown", "put in force", "staged", "activated", "rolled back", "discarded"};
    return (unsigned)act < ATT_COUNT_OF(names) ? names[act] : "?";
}

// One record about policies.
typedef struct entry {
    uint64_t seq, version; // version 0 with kind policy: it is one itself
    int64_t at_ms;
    uint8_t kind, act;
    char by[ATT_POLICY_BY_SIZE_MAX + 1], reason[ATT_POLICY_REASON_SIZE_MAX + 1];
} entry;

typedef struct history {
    const att_host *host;
    ATT_VEC(entry) entries;
    uint64_t wanted; // seq; 0: every one
    att_status status;
    att_error *err;
} history;

// --- Reading ------------------------------------------------------------------------------------------------------

static bool note(void *user, const att_record *record)
{
    history *h = user;
    if (h->wanted && record->seq != h->wanted)
        return false;
    if (record->kind != ATT_RECORD_POLICY && record->kind != ATT_RECORD_POLICY_ACT)
        return !h->wanted;
    entry e = {.seq = record->seq, .version = record->decision, .at_ms = record->at_ms, .kind = record->kind};
    att_policy_record said;
    if (record->kind == ATT_RECORD_POLICY_ACT) {
        h->status = att_policy_record_decode(record->payload, record->payload_size, &said, h->err);
        if (h->status)
            return false;
        e.act = said.act;
        snprintf(e.by, sizeof e.by, "%.*s", ATT_TEXT_ARGS(said.by));
        snprintf(e.reason, sizeof e.reason, "%.*s", ATT_TEXT_ARGS(said.reason));
    }
    if (!ATT_VEC_PUSH(h->host, &h->entries, e))
        h->status = att_no_memory(h->err, h->entries.count, "records of policies");
    return !h->wanted && !h->status;
}

// store_lock held.
static att_status read_history(att_engine *engine, history *h, att_error *err)
{
    *h = (history){.host = &engine->host, .err = err};
    att_bytes seqs = {0};
    att_status status = att_store_meta_get(engine->store, META, &seqs, err);
    if (status == ATT_NOT_FOUND || (!status && !seqs.count))
        status = att_store_log_each(engine->store, 1, note, h, err);
    else
        for (size_t at = 0; at + sizeof h->wanted <= seqs.count && !status && !h->status; at += sizeof h->wanted) {
            memcpy(&h->wanted, seqs.items + at, sizeof h->wanted);
            status = att_store_log_each(engine->store, h->wanted, note, h, err);
        }
    ATT_VEC_FREE(&engine->host, &seqs);
    return status ? status : h->status;
}

// The version that this record put in force; 0: it did not.
static uint64_t in_force_by(const entry *e)
{
    return e->kind != ATT_RECORD_POLICY ? 0 : e->version ? e->version : e->seq;
}

static uint64_t in_force(const history *h)
{
    for (size_t i = h->entries.count; i-- > 0;)
        if (in_force_by(&h->entries.items[i]))
            return in_force_by(&h->entries.items[i]);
    return 0;
}

// Going back twice must not lead forth again: so it is the one before the first time.
static uint64_t before_it(const history *h)
{
    const uint64_t now = in_force(h);
    uint64_t before = 0;
    for (size_t i = 0; i < h->entries.count; i++) {
        const uint64_t version = in_force_by(&h->entries.items[i]);
        if (version == now && now)
            return before;
        if (version)
            before = version;
    }
    return 0;
}

static bool is_version(const entry *e)
{
    return e->kind == ATT_RECORD_POLICY ? e->version == 0 : e->act == ATT_POLICY_ACT_STAGED;
}

static bool has_version(const history *h, uint64_t version)
{
    for (size_t i = 0; i < h->entries.count; i++)
        if (h->entries.items[i].seq == version)
            return is_version(&h->entries.items[i]);
    return false;
}

typedef struct yaml_reading {
    uint64_t version;
    const att_host *host;
    att_bytes yaml;
    att_status status;
    att_error *err;
} yaml_reading;

static bool take_yaml(void *user, const att_record *record)
{
    yaml_reading *r = user;
    att_text yaml = {record->payload, record->payload_size};
    att_policy_record said;
    if (record->seq != r->version)
        return false;
    if (record->kind == ATT_RECORD_POLICY_ACT) {
        r->status = att_policy_record_decode(record->payload, record->payload_size, &said, r->err);
        yaml = said.yaml;
    }
    if (!r->status && !ATT_VEC_RESERVE(r->host, &r->yaml, yaml.size + 1))
        r->status = att_no_memory(r->err, yaml.size, "bytes of policy");
    if (!r->status && yaml.size)
        memcpy(r->yaml.items, yaml.data, yaml.size);
    r->yaml.count = yaml.size;
    return false;
}

// store_lock held; `out` is freed by the caller.
static att_status read_yaml(att_engine *engine, uint64_t version, att_bytes *out, att_error *err)
{
    yaml_reading r = {.version = version, .host = &engine->host, .err = err};
    const att_status status = att_store_log_each(engine->store, version, take_yaml, &r, err);
    *out = r.yaml;
    return status ? status : r.status;
}

// --- Telling ------------------------------------------------------------------------------------------------------

static void tell_acts(const history *h, att_policy_version *v)
{
    for (size_t i = 0; i < h->entries.count; i++) {
        const entry *e = &h->entries.items[i];
        if (e->kind != ATT_RECORD_POLICY_ACT || (e->version ? e->version : e->seq) != v->version)
            continue;
        v->act = (att_policy_act)e->act;
        v->acted_ms = e->at_ms;
        v->by = att_text_of(e->by);
        v->reason = att_text_of(e->reason);
        v->staged = e->act == ATT_POLICY_ACT_STAGED;
        v->discarded = e->act == ATT_POLICY_ACT_DISCARDED;
    }
}

att_status att_engine_policies_each(att_engine *engine, att_policy_seer *see, void *user, att_error *err)
{
    history h;
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    pthread_mutex_lock(&engine->store_lock);
    status = read_history(engine, &h, err);
    pthread_mutex_unlock(&engine->store_lock);
    const uint64_t now = in_force(&h);
    bool going = !status;
    for (size_t i = h.entries.count; i-- > 0 && going;) {
        const entry *e = &h.entries.items[i];
        if (!is_version(e))
            continue;
        att_policy_version v = {.version = e->seq, .active = e->seq == now, .made_ms = e->at_ms, .acted_ms = e->at_ms};
        tell_acts(&h, &v);
        going = see(user, &v);
    }
    ATT_VEC_FREE(&engine->host, &h.entries);
    return status;
}

att_status att_engine_policy_of(att_engine *engine, uint64_t version, att_policy *out, att_error *err)
{
    history h;
    att_bytes yaml = {0};
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    pthread_mutex_lock(&engine->store_lock);
    status = read_history(engine, &h, err);
    if (!status && !has_version(&h, version))
        status = ATT_FAIL(err, ATT_NOT_FOUND, "there is no version %llu of the policy", (unsigned long long)version);
    if (!status)
        status = read_yaml(engine, version, &yaml, err);
    pthread_mutex_unlock(&engine->store_lock);
    *out = att_policy_default();
    if (!status)
        status = att_policy_parse(out, (att_text){yaml.items, yaml.count}, "policy", &engine->host, err);
    ATT_VEC_FREE(&engine->host, &yaml);
    ATT_VEC_FREE(&engine->host, &h.entries);
    return status;
}

// --- Writing ------------------------------------------------------------------------------------------------------

typedef struct act_write {
    att_write write;
    att_policy_act act;
    att_text yaml, by, reason;
    uint64_t version; // which; of a new one: told
    bool swaps;       // another policy is in force
} act_write;

// Every record about policies is listed: the newest, and the one that holds what is in force.
static att_status put_list(att_engine *engine, history *h, att_error *err)
{
    uint64_t seqs[RECORDS_MAX];
    size_t count = 0, over = h->entries.count > RECORDS_MAX ? h->entries.count - RECORDS_MAX : 0;
    const uint64_t now = in_force(h);
    for (size_t i = 0; i < h->entries.count; i++) {
        if (over && h->entries.items[i].seq != now) {
            over--;
            continue;
        }
        seqs[count++] = h->entries.items[i].seq;
    }
    return att_store_meta_put(engine->store, META, seqs, count * sizeof *seqs, err);
}

static att_status append_act(att_engine *engine, act_write *job, att_error *err)
{
    const bool stages = job->act == ATT_POLICY_ACT_STAGED;
    const att_policy_record said = {
        .act = (uint8_t)job->act, .by = job->by, .reason = job->reason, .yaml = stages ? job->yaml : (att_text){0}};
    att_record record = att_record_blank(engine, ATT_RECORD_POLICY_ACT);
    const size_t size = att_policy_record_size(&said);
    unsigned char *payload = att_alloc(&engine->host, size, 1);
    if (!payload)
        return att_no_memory(err, size, "bytes of a policy's record");
    att_policy_record_encode(&said, payload);
    record.signal = said.act;
    record.decision = stages ? 0 : job->version;
    record.payload = payload;
    record.payload_size = size;
    const att_status status = att_engine_append(engine, &record, 1, err);
    if (!status && stages)
        job->version = record.seq;
    ATT_FREE_ARRAY(&engine->host, payload, size);
    return status;
}

static att_status append_policy(att_engine *engine, act_write *job, att_text yaml, att_error *err)
{
    att_record record = att_record_blank(engine, ATT_RECORD_POLICY);
    record.decision = job->version;
    record.payload = yaml.data;
    record.payload_size = yaml.size;
    att_status status = att_store_meta_put(engine->store, "policy", yaml.data, yaml.size, err);
    if (!status)
        status = att_engine_append(engine, &record, 1, err);
    if (!status)
        status = att_store_meta_put(engine->store, "policy_seq", &record.seq, sizeof record.seq, err);
    if (!status && !job->version)
        job->version = record.seq;
    job->swaps = !status;
    return status;
}

static att_status put_in_force(att_engine *engine, act_write *job, att_error *err)
{
    att_bytes yaml = {0};
    if (job->act == ATT_POLICY_ACT_SET)
        return append_policy(engine, job, job->yaml, err);
    att_status status = read_yaml(engine, job->version, &yaml, err);
    att_policy checked = att_policy_default();
    if (!status) // what an older build stored may be refused by this one
        status = att_policy_parse(&checked, (att_text){yaml.items, yaml.count}, "policy", &engine->host, err);
    if (!status)
        status = append_policy(engine, job, (att_text){yaml.items, yaml.count}, err);
    ATT_VEC_FREE(&engine->host, &yaml);
    return status;
}

// Whether it may be done, now that what other processes wrote is known. False: refused.
static bool may_be(const history *h, act_write *job)
{
    att_write *write = &job->write;
    if (job->act == ATT_POLICY_ACT_SET || job->act == ATT_POLICY_ACT_STAGED)
        return true;
    if (job->act == ATT_POLICY_ACT_ROLLED_BACK && !(job->version = before_it(h)))
        write->refused = ATT_FAIL(&write->error, ATT_NOT_FOUND, "there is no policy before the one in force to go back to");
    else if (!has_version(h, job->version))
        write->refused = ATT_FAIL(
            &write->error, ATT_NOT_FOUND, "there is no version %llu of the policy", (unsigned long long)job->version);
    else if (job->version == in_force(h))
        write->refused = ATT_FAIL(&write->error, ATT_EXISTS, "version %llu of the policy is in force%s",
            (unsigned long long)job->version, job->act == ATT_POLICY_ACT_DISCARDED ? ": put another one in force first" : " already");
    return !write->refused;
}

static att_status run_act(att_engine *engine, att_write *write, att_error *err)
{
    act_write *job = (act_write *)write;
    history h;
    job->swaps = false;
    if (job->act != ATT_POLICY_ACT_ACTIVATED && job->act != ATT_POLICY_ACT_DISCARDED)
        job->version = 0; // told anew: a group that failed is run again
    att_status status = read_history(engine, &h, err);
    const uint64_t first_seq = engine->last_seq + 1;
    if (!status && may_be(&h, job)) {
        if (job->act != ATT_POLICY_ACT_STAGED && job->act != ATT_POLICY_ACT_DISCARDED)
            status = put_in_force(engine, job, err);
        if (!status && job->by.size)
            status = append_act(engine, job, err);
        h.wanted = 0;
        if (!status)
            status = att_store_log_each(engine->store, first_seq, note, &h, err);
        if (!status)
            status = h.status ? h.status : put_list(engine, &h, err);
    }
    ATT_VEC_FREE(&engine->host, &h.entries);
    return status;
}

static att_status check_words(att_text by, att_text reason, att_error *err)
{
    if (by.size > ATT_POLICY_BY_SIZE_MAX)
        return ATT_FAIL(err, ATT_INVALID, "by: found %zu bytes, expected at most %d", by.size, ATT_POLICY_BY_SIZE_MAX);
    if (reason.size > ATT_POLICY_REASON_SIZE_MAX)
        return ATT_FAIL(err, ATT_INVALID, "reason: found %zu bytes, expected at most %d", reason.size, ATT_POLICY_REASON_SIZE_MAX);
    return att_id_check(by, true, "by", err) || att_id_check(reason, true, "reason", err) ? ATT_INVALID : ATT_OK;
}

static att_status act(att_engine *engine, act_write *job, att_error *err)
{
    att_status status = check_words(job->by, job->reason, err);
    job->write.run = run_act;
    if (!status)
        status = att_engine_commit(engine, &job->write, err);
    return status || !job->swaps ? status : att_engine_renew(engine, err); // the fold is a function of log and policy
}

// With the policy as YAML, read back under the reader's own checks: one that it would refuse is not stored.
static att_status act_on(att_engine *engine, const att_policy *policy, act_write *job, uint64_t *version, att_error *err)
{
    const size_t size = att_policy_write(policy, NULL, 0);
    char *yaml = att_alloc(&engine->host, size + 1, 1);
    if (!yaml)
        return att_no_memory(err, size, "bytes of policy");
    att_policy_write(policy, yaml, size + 1);
    att_policy checked = att_policy_default();
    job->yaml = (att_text){yaml, size};
    att_status status = att_policy_parse(&checked, job->yaml, "policy", &engine->host, err);
    if (!status)
        status = att_engine_filter_ready(engine, &checked, err);
    if (!status)
        status = act(engine, job, err);
    if (version)
        *version = status ? 0 : job->version;
    ATT_FREE_ARRAY(&engine->host, yaml, size + 1);
    return status;
}

att_status att_engine_policy_set(att_engine *engine, const att_policy *policy, att_error *err)
{
    act_write job = {.act = ATT_POLICY_ACT_SET};
    return act_on(engine, policy, &job, NULL, err);
}

att_status att_engine_policy_put(
    att_engine *engine, const att_policy *policy, att_text by, att_text reason, uint64_t *version, att_error *err)
{
    act_write job = {.act = ATT_POLICY_ACT_SET, .by = by, .reason = reason};
    return act_on(engine, policy, &job, version, err);
}

static att_status need_name(att_text by, att_error *err)
{
    return by.size ? ATT_OK : ATT_FAIL(err, ATT_INVALID, "by: it is empty, expected who does it");
}

att_status att_engine_policy_stage(
    att_engine *engine, const att_policy *policy, att_text by, att_text reason, uint64_t *version, att_error *err)
{
    act_write job = {.act = ATT_POLICY_ACT_STAGED, .by = by, .reason = reason};
    const att_status status = need_name(by, err);
    return status ? status : act_on(engine, policy, &job, version, err);
}

att_status att_engine_policy_activate(att_engine *engine, uint64_t version, att_text by, att_text reason, att_error *err)
{
    act_write job = {.act = ATT_POLICY_ACT_ACTIVATED, .version = version, .by = by, .reason = reason};
    att_policy policy;
    att_status status = need_name(by, err);
    if (!status)
        status = att_engine_policy_of(engine, version, &policy, err);
    if (!status) // its files may have gone since it was staged
        status = att_engine_filter_ready(engine, &policy, err);
    return status ? status : act(engine, &job, err);
}

att_status att_engine_policy_discard(att_engine *engine, uint64_t version, att_text by, att_text reason, att_error *err)
{
    act_write job = {.act = ATT_POLICY_ACT_DISCARDED, .version = version, .by = by, .reason = reason};
    const att_status status = need_name(by, err);
    return status ? status : act(engine, &job, err);
}

att_status att_engine_policy_rollback(att_engine *engine, att_text by, att_text reason, uint64_t *version, att_error *err)
{
    act_write job = {.act = ATT_POLICY_ACT_ROLLED_BACK, .by = by, .reason = reason};
    att_status status = need_name(by, err);
    if (!status)
        status = act(engine, &job, err);
    if (version)
        *version = status ? 0 : job.version;
    return status;
}
