// SPDX-License-Identifier: Apache-2.0
// decide/choices_save.c - the fold of choices in one canonical form of bytes: a checkpoint, and what a digest is taken of.
//
// Snapshot of kind "CHOI", one section "STAT" (docs/formats.md has its table).
#include "decide/choices.h"

#include "signals/policy.h"
#include "store/bytes.h"
#include "store/snapshot.h"

#include <stdlib.h>

#define KIND ATT_TAG4('C', 'H', 'O', 'I')
#define SECTION ATT_TAG4('S', 'T', 'A', 'T')
enum { VERSION = 1 };

typedef struct state_head {
    uint64_t seed, policy_hash, last_seq;
    int64_t log_ms;
    att_spent total;
    uint32_t choosers, people;
    uint64_t waiting, made, rewards;
    att_spent places[ATT_SLATE_MAX];
} state_head;

typedef struct chooser_row {
    uint64_t decisions, displayed, apprentice, pending, rewarded, defaulted, undisplayed, late;
    double reward_sum;
    att_spent spent;
    uint64_t name_size, bandit_size;
} chooser_row;

typedef struct waiting_row {
    uint64_t seq;
    int64_t deadline_ms;
    uint32_t user, chooser, shown, option_count, feature_count, context_count;
    float probability, weight;
    uint32_t displayed, parts;
    float part[ATT_REWARD_PART_COUNT];
} waiting_row;

typedef struct sink {
    const att_host *host;
    att_bytes *out;
    bool failed;
} sink;

static bool emit(void *user, const void *data, size_t size)
{
    sink *to = user;
    if (to->failed || !ATT_VEC_RESERVE(to->host, to->out, to->out->count + size)) {
        to->failed = true;
        return false;
    }
    if (size)
        memcpy(to->out->items + to->out->count, data, size);
    to->out->count += size;
    return true;
}

static void write_chooser(sink *to, const att_choices *choices, uint32_t number)
{
    const att_chooser *chooser = choices->choosers.items[number];
    const att_text name = att_names_get(&choices->names, number);
    const size_t row_at = to->out->count;
    chooser_row row;
    memset(&row, 0, sizeof row);
    row = (chooser_row){.decisions = chooser->decisions,
        .displayed = chooser->displayed,
        .apprentice = chooser->apprentice,
        .pending = chooser->pending,
        .rewarded = chooser->rewarded,
        .defaulted = chooser->defaulted,
        .undisplayed = chooser->undisplayed,
        .late = chooser->late,
        .reward_sum = chooser->reward_sum,
        .spent = chooser->spent,
        .name_size = name.size};
    emit(to, &row, sizeof row);
    emit(to, name.data, name.size);
    const size_t bandit_at = to->out->count;
    att_bandit_write(&chooser->bandit, emit, to);
    if (to->failed)
        return;
    row.bandit_size = to->out->count - bandit_at; // known only now
    memcpy(to->out->items + row_at, &row, sizeof row);
}

static void write_waiting(sink *to, const att_waiting *waiting)
{
    waiting_row row = {.seq = waiting->seq,
        .deadline_ms = waiting->deadline_ms,
        .user = waiting->user,
        .chooser = waiting->chooser,
        .shown = waiting->shown,
        .option_count = waiting->option_count,
        .feature_count = waiting->feature_count,
        .context_count = waiting->context_count,
        .probability = waiting->probability,
        .weight = waiting->weight,
        .displayed = waiting->displayed,
        .parts = waiting->parts};
    memcpy(row.part, waiting->part, sizeof row.part);
    emit(to, &row, sizeof row);
    emit(to, waiting->option_features, waiting->option_count * sizeof *waiting->option_features);
    for (uint32_t i = 0; i < waiting->feature_count; i++) { // field by field: the struct has a gap
        emit(to, &waiting->features[i].key, 8);
        emit(to, &waiting->features[i].value, 4);
    }
}

static int by_key(const void *a, const void *b)
{
    const att_seen_key *x = a, *y = b;
    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    if (x->high != y->high)
        return x->high < y->high ? -1 : 1;
    return (x->user_plus_1 > y->user_plus_1) - (x->user_plus_1 < y->user_plus_1);
}

static void write_rewards(sink *to, const att_choices *choices)
{
    const size_t at = to->out->count;
    size_t count = 0;
    for (int s = 0; s < ATT_SEEN_SHARDS; s++) {
        const att_seen_shard *shard = &choices->rewards.shards[s];
        for (uint32_t i = 0; i < shard->capacity; i++)
            if (shard->slots[i].user_plus_1) {
                emit(to, &shard->slots[i], sizeof shard->slots[i]);
                count++;
            }
    }
    if (!to->failed && count) {
        att_seen_key *keys = ATT_NEW_ARRAY(to->host, att_seen_key, count);
        if (!keys) {
            to->failed = true;
            return;
        }
        memcpy(keys, to->out->items + at, count * sizeof *keys);
        qsort(keys, count, sizeof *keys, by_key);
        memcpy(to->out->items + at, keys, count * sizeof *keys);
        ATT_FREE_ARRAY(to->host, keys, count);
    }
}

att_status att_choices_write(att_choices *choices, att_bytes *out, att_error *err)
{
    sink to = {&choices->host, out, false};
    state_head head;
    memset(&head, 0, sizeof head);
    head.seed = choices->seed;
    head.policy_hash = att_policy_choices_hash(&choices->policy);
    head.last_seq = choices->last_seq;
    head.log_ms = choices->log_ms;
    head.total = choices->total;
    head.choosers = (uint32_t)choices->choosers.count;
    head.people = (uint32_t)choices->people.count;
    head.made = choices->made.count;
    head.rewards = att_seen_count(&choices->rewards);
    for (size_t i = choices->first_waiting; i < choices->waiting.count; i++)
        head.waiting += !choices->waiting.items[i].settled;
    memcpy(head.places, choices->places, sizeof head.places);
    emit(&to, &head, sizeof head);
    for (uint32_t c = 0; c < head.choosers; c++)
        write_chooser(&to, choices, c);
    emit(&to, choices->people.items, head.people * sizeof *choices->people.items);
    emit(&to, choices->made.items, head.made * sizeof *choices->made.items);
    for (size_t i = choices->first_waiting; i < choices->waiting.count; i++)
        if (!choices->waiting.items[i].settled)
            write_waiting(&to, &choices->waiting.items[i]);
    write_rewards(&to, choices);
    return to.failed ? att_no_memory(err, out->count, "bytes of choices") : ATT_OK;
}

// --- Reading ----------------------------------------------------------------------------------------------------

static bool take(att_byte_reader *in, void *out, size_t size)
{
    const unsigned char *at = att_take(in, size);
    if (at && size)
        memcpy(out, at, size);
    return at != NULL;
}

static att_status cut_off(att_error *err, const char *where)
{
    return ATT_FAIL(err, ATT_CORRUPT, "checkpoint of choices: cut off or out of range at its %s", where);
}

static att_status read_chooser(att_choices *choices, att_byte_reader *in, uint32_t number, att_error *err)
{
    chooser_row row;
    uint32_t got;
    if (!take(in, &row, sizeof row) || !row.name_size || row.name_size > 255)
        return cut_off(err, "names");
    const unsigned char *name = att_take(in, row.name_size);
    const unsigned char *state = att_take(in, row.bandit_size);
    if (!name || !state)
        return cut_off(err, "learners");
    att_status status = att_choices_add_chooser(choices, (att_text){(const char *)name, row.name_size}, &got, err);
    if (status || got != number)
        return status ? status : cut_off(err, "names");
    att_chooser *chooser = choices->choosers.items[number];
    chooser->decisions = row.decisions;
    chooser->displayed = row.displayed;
    chooser->apprentice = row.apprentice;
    chooser->pending = row.pending;
    chooser->rewarded = row.rewarded;
    chooser->defaulted = row.defaulted;
    chooser->undisplayed = row.undisplayed;
    chooser->late = row.late;
    chooser->reward_sum = row.reward_sum;
    chooser->spent = row.spent;
    return att_bandit_read(&chooser->bandit, state, row.bandit_size, err);
}

static att_status read_waiting(att_choices *choices, att_byte_reader *in, att_error *err)
{
    waiting_row row;
    if (!take(in, &row, sizeof row) || row.chooser >= choices->choosers.count || row.shown >= row.option_count ||
        row.option_count > ATT_CHOICE_OPTIONS_MAX || row.feature_count > in->left / 12 || row.context_count > row.feature_count ||
        row.parts >> ATT_REWARD_PART_COUNT)
        return cut_off(err, "decisions that wait");
    if (!ATT_VEC_RESERVE(&choices->host, &choices->waiting, choices->waiting.count + 1))
        return att_no_memory(err, choices->waiting.count, "decisions");
    att_waiting *waiting = &choices->waiting.items[choices->waiting.count];
    *waiting = (att_waiting){.seq = row.seq,
        .deadline_ms = row.deadline_ms,
        .user = row.user,
        .chooser = row.chooser,
        .shown = row.shown,
        .option_count = row.option_count,
        .feature_count = row.feature_count,
        .context_count = row.context_count,
        .probability = row.probability,
        .weight = row.weight,
        .displayed = row.displayed != 0,
        .parts = (uint8_t)row.parts};
    memcpy(waiting->part, row.part, sizeof row.part);
    waiting->features = ATT_NEW_ARRAY(&choices->host, att_bandit_feature, row.feature_count);
    waiting->option_features = ATT_NEW_ARRAY(&choices->host, uint32_t, row.option_count);
    choices->waiting.count++; // owned from here on
    if (!waiting->features || !waiting->option_features)
        return att_no_memory(err, row.feature_count, "features of a decision");
    uint64_t total = row.context_count;
    take(in, waiting->option_features, row.option_count * sizeof *waiting->option_features);
    for (uint32_t a = 0; a < row.option_count; a++)
        total += waiting->option_features[a];
    for (uint32_t i = 0; i < row.feature_count; i++) {
        waiting->features[i].key = att_take_u64(in);
        waiting->features[i].value = att_take_f32(in);
    }
    return in->bad || total != row.feature_count ? cut_off(err, "features") : ATT_OK;
}

static att_status read_rewards(att_choices *choices, att_byte_reader *in, uint64_t count, att_error *err)
{
    att_status status = ATT_OK;
    for (uint64_t i = 0; i < count && !status; i++) {
        att_seen_key key;
        if (!take(in, &key, sizeof key) || !key.user_plus_1)
            status = cut_off(err, "rewards");
        else if (!att_seen_reserve(&choices->rewards, &key))
            status = att_no_memory(err, count, "ids of rewards");
        else
            att_seen_put(&choices->rewards, &key);
    }
    return status;
}

att_status att_choices_read(att_choices *choices, const void *data, size_t size, att_error *err)
{
    att_byte_reader in = {.at = data, .left = size};
    state_head head;
    if (!take(&in, &head, sizeof head))
        return cut_off(err, "head");
    if (head.seed != choices->seed || head.policy_hash != att_policy_choices_hash(&choices->policy))
        return ATT_FAIL(err, ATT_VERSION, "checkpoint of choices: of another store, or made under another policy");
    att_status status = ATT_OK;
    for (uint32_t c = 0; c < head.choosers && !status; c++)
        status = read_chooser(choices, &in, c, err);
    if (status)
        return status;
    if (head.people > in.left / sizeof(att_spent) || head.made > in.left / sizeof(att_made_choice))
        return cut_off(err, "people");
    if (!ATT_VEC_RESERVE(&choices->host, &choices->people, head.people) ||
        !ATT_VEC_RESERVE(&choices->host, &choices->made, head.made))
        return att_no_memory(err, head.made, "decisions");
    choices->people.count = head.people;
    choices->made.count = head.made;
    take(&in, choices->people.items, head.people * sizeof *choices->people.items);
    take(&in, choices->made.items, head.made * sizeof *choices->made.items);
    for (size_t i = 0; i < choices->made.count; i++)
        if (in.bad || choices->made.items[i].chooser >= choices->choosers.count)
            return cut_off(err, "decisions");
    for (uint64_t i = 0; i < head.waiting && !status; i++)
        status = read_waiting(choices, &in, err);
    if (!status)
        status = read_rewards(choices, &in, head.rewards, err);
    if (!status && (in.bad || in.left))
        status = cut_off(err, "end");
    choices->last_seq = head.last_seq;
    choices->log_ms = head.log_ms;
    choices->total = head.total;
    memcpy(choices->places, head.places, sizeof head.places);
    return status;
}

att_status att_choices_save(att_choices *choices, const char *path, att_error *err)
{
    att_bytes bytes = {0};
    att_snapshot_writer *writer = NULL;
    att_status status = att_choices_write(choices, &bytes, err);
    if (!status)
        status = att_snapshot_writer_create(&writer, KIND, VERSION, &choices->host, err);
    if (!status)
        status = att_snapshot_add(writer, SECTION, bytes.items, bytes.count, err);
    if (!status)
        status = att_snapshot_finish(writer, path, err);
    att_snapshot_writer_destroy(writer);
    ATT_VEC_FREE(&choices->host, &bytes);
    return status;
}

att_status att_choices_load(att_choices *choices, const char *path, att_error *err)
{
    att_snapshot *snapshot = NULL;
    uint32_t version;
    size_t size;
    att_status status = att_snapshot_open(&snapshot, path, KIND, &version, &choices->host, err);
    if (!status && version != VERSION)
        status = ATT_FAIL(err, ATT_VERSION, "checkpoint of choices: version %u, this build reads %d", version, VERSION);
    const void *data = status ? NULL : att_snapshot_section(snapshot, SECTION, &size);
    if (!status && !data)
        status = ATT_FAIL(err, ATT_CORRUPT, "checkpoint of choices: it has no state");
    if (!status)
        status = att_choices_read(choices, data, size, err);
    att_snapshot_close(snapshot);
    return status;
}
