// SPDX-License-Identifier: Apache-2.0
// engine/choose.c - choices among a few options: decided, displayed, rewarded; each a record before it is acknowledged.
//
// A choice is computed when it is its turn to be written: then the ledger is exact and the learner knows all that was logged,
// in this process and in others. It costs microseconds where the commit costs a sync.
#include "engine/made.h"
#include "ingest/vw.h"
#include "signals/event.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

att_choice_request att_choice_request_default(void)
{
    return (att_choice_request){.context = att_context_unknown(), .host_option = -1, .weight = 1};
}

// --- What is asked ----------------------------------------------------------------------------------------------

static att_status check_features(const att_choice_feature *features, size_t count, const char *whose, att_error *err)
{
    if (count > ATT_CHOICE_FEATURES_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%s has %zu features, %d at most", whose, count, ATT_CHOICE_FEATURES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (features[i].name_space.size > 255 || features[i].name.size > 255)
            return ATT_FAIL(err, ATT_LIMIT, "%s: the name of feature %zu has more than 255 bytes", whose, i + 1);
        if (!isfinite((float)features[i].value))
            return ATT_FAIL(err, ATT_INVALID, "%s: feature \"%.*s\" is not a finite number", whose,
                ATT_TEXT_ARGS(features[i].name));
    }
    return ATT_OK;
}

static int by_text(const void *a, const void *b)
{
    const att_text *x = a, *y = b;
    const int order = memcmp(x->data, y->data, ATT_MIN(x->size, y->size));
    return order ? order : (x->size > y->size) - (x->size < y->size);
}

static att_status check_options(const att_engine *engine, const att_choice_request *request, att_error *err)
{
    if (request->option_count < 1 || request->option_count > ATT_CHOICE_OPTIONS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%zu options, 1 to %d expected", request->option_count, ATT_CHOICE_OPTIONS_MAX);
    att_text *ids = ATT_NEW_ARRAY(&engine->host, att_text, request->option_count);
    if (!ids)
        return att_no_memory(err, request->option_count, "options");
    att_status status = ATT_OK;
    for (size_t a = 0; a < request->option_count && !status; a++) {
        const att_choice_option *option = &request->options[a];
        char whose[64];
        snprintf(whose, sizeof whose, "option %zu", a + 1);
        ids[a] = option->id;
        if (!option->id.size || option->id.size > 255)
            status = ATT_FAIL(err, ATT_INVALID, "%s: its id has %zu bytes, 1 to 255 expected", whose, option->id.size);
        else
            status = check_features(option->features, option->feature_count, whose, err);
    }
    if (!status) {
        qsort(ids, request->option_count, sizeof *ids, by_text);
        for (size_t a = 1; a < request->option_count && !status; a++)
            if (att_text_equal(ids[a - 1], ids[a]))
                status = ATT_FAIL(err, ATT_INVALID, "option \"%.*s\" is there twice", ATT_TEXT_ARGS(ids[a]));
    }
    ATT_FREE_ARRAY(&engine->host, ids, request->option_count);
    return status;
}

static att_status check_request(const att_engine *engine, const att_choice_request *request, att_error *err)
{
    if (!request->choice.size || request->choice.size > 255)
        return ATT_FAIL(err, ATT_INVALID, "the choice's name has %zu bytes, 1 to 255 expected", request->choice.size);
    if (request->user.size > ATT_ID_SIZE_MAX)
        return ATT_FAIL(err, ATT_INVALID, "the user id has %zu bytes, at most 255 expected", request->user.size);
    if (request->user.size && att_id_check(request->user, false, "user", err))
        return ATT_INVALID;
    if (!(request->weight > 0 && request->weight <= 1e6))
        return ATT_FAIL(err, ATT_INVALID, "the weight is %g, over 0 and at most 1e6 expected", request->weight);
    if (request->host_option < -1 || request->host_option >= (int64_t)request->option_count)
        return ATT_FAIL(err, ATT_INVALID, "the host's option is %d of %zu", request->host_option, request->option_count);
    const att_status status = check_options(engine, request, err);
    return status ? status : check_features(request->features, request->feature_count, "the context", err);
}

// --- Choosing ---------------------------------------------------------------------------------------------------

static att_allowance allowance_of(const att_choices *choices, double share, uint32_t user)
{
    if (share >= 1)
        return (att_allowance){.slots_max = 1, .probability = 1};
    const att_spent person = user == ATT_NO_INDEX ? choices->total : att_choices_spent(choices, user);
    return att_budget_allow(att_one_share(share), person, choices->total, 1);
}

// Nobody writes meanwhile: store_lock or state_lock is held. Somebody new has spent nothing.
static att_status compute(att_engine *engine, const att_choice_request *request, att_bandit_memory *memory, att_arena *arena,
    float *probabilities, att_choice *out, att_error *err)
{
    att_choices *choices = engine->choices;
    att_bandit_question question;
    att_status status = att_choices_question(request->features, request->feature_count, &request->context, request->options,
        request->option_count, arena, &question, err);
    if (status)
        return status;
    const uint32_t known = att_names_find(&engine->users, request->user);
    const uint32_t user = request->user.size && known == ATT_NO_INDEX ? ATT_NO_INDEX - 1 : known;
    out->seed = request->seed ? request->seed
                              : att_mix64(att_mix64(att_store_seed(engine->store) ^ UINT64_C(0x63686f6f7365)) + engine->last_seq);
    status = att_choices_distribution(choices, att_choices_find(choices, request->choice), &question, out->seed,
        allowance_of(choices, engine->policy.choices.share, request->user.size ? user : ATT_NO_INDEX), memory,
        probabilities, &out->greedy, err);
    if (status)
        return status;
    out->chosen = att_bandit_draw(probabilities, (uint32_t)request->option_count, out->seed);
    out->shown = request->host_option >= 0 ? (uint32_t)request->host_option : out->chosen;
    out->explored = request->host_option < 0 && out->shown != out->greedy;
    return ATT_OK;
}

typedef struct choice_write {
    att_write write;
    const att_choice_request *request;
    float *probabilities;
    att_choice choice;
} choice_write;

static att_status log_choice(att_engine *engine, const choice_write *job, att_record *record, att_error *err)
{
    const att_choice_request *request = job->request;
    const uint32_t chooser = att_choices_find(engine->choices, request->choice);
    const att_choice_record choice = {.seed = job->choice.seed,
        .rounds = chooser == ATT_NO_INDEX ? 0 : engine->choices->choosers.items[chooser]->bandit.rounds,
        .policy = engine->policy_seq,
        .chosen = job->choice.chosen,
        .shown = job->choice.shown,
        .greedy = job->choice.greedy,
        .apprentice = request->host_option >= 0,
        .awaits_display = request->await_display,
        .weight = (float)request->weight,
        .name = request->choice,
        .features = request->features,
        .feature_count = request->feature_count,
        .options = request->options,
        .probabilities = job->probabilities,
        .option_count = request->option_count};
    unsigned char *payload = att_arena_alloc_raw(&engine->choose_scratch, record->payload_size, 1);
    if (!payload)
        return att_no_memory(err, record->payload_size, "bytes of a choice");
    att_choice_encode(&choice, payload);
    record->payload = payload;
    record->context = request->context;
    att_status status = ATT_OK;
    if (request->user.size)
        status = att_engine_user_number(engine, request->user, &record->user, err);
    return status ? status : att_engine_append(engine, record, 1, err);
}

static att_status run_choice(att_engine *engine, att_write *write, att_error *err)
{
    choice_write *job = (choice_write *)write;
    att_record record = att_record_blank(engine, ATT_RECORD_CHOICE);
    att_arena_reset(&engine->choose_scratch);
    att_status status = compute(engine, job->request, &engine->choose_memory, &engine->choose_scratch,
        job->probabilities, &job->choice, err);
    if (status)
        return status;
    if (engine->choices->choosers.count >= ATT_CHOICE_NAMES_MAX &&
        att_choices_find(engine->choices, job->request->choice) == ATT_NO_INDEX) {
        write->refused = ATT_FAIL(&write->error, ATT_LIMIT, "the store has %d names of choices, the most it may", ATT_CHOICE_NAMES_MAX);
        return ATT_OK;
    }
    record.payload_size = att_choice_size(&(att_choice_record){.name = job->request->choice,
        .features = job->request->features,
        .feature_count = job->request->feature_count,
        .options = job->request->options,
        .option_count = job->request->option_count});
    if (record.payload_size > ATT_PAYLOAD_SIZE_MAX) {
        write->refused = ATT_FAIL(&write->error, ATT_LIMIT, "the choice has %zu bytes of options and features, %zu at most",
            record.payload_size, ATT_PAYLOAD_SIZE_MAX);
        return ATT_OK;
    }
    status = log_choice(engine, job, &record, err);
    job->choice.decision = record.seq;
    return status;
}

static att_status choose_dry(att_engine *engine, const att_choice_request *request, float *probabilities, att_choice *out, att_error *err)
{
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    att_bandit_memory *memory = ATT_NEW_ARRAY(&engine->host, att_bandit_memory, 1);
    if (!memory)
        return att_no_memory(err, 1, "memory of a choice");
    att_arena scratch;
    att_arena_init(&scratch, &engine->host, 0);
    att_bandit_memory_init(memory, &engine->host);
    pthread_rwlock_rdlock(&engine->state_lock);
    status = att_engine_state_check(engine, err);
    if (!status)
        status = compute(engine, request, memory, &scratch, probabilities, out, err);
    pthread_rwlock_unlock(&engine->state_lock);
    att_bandit_memory_deinit(memory);
    ATT_FREE_ARRAY(&engine->host, memory, 1);
    att_arena_deinit(&scratch);
    return status;
}

att_status att_engine_choose(att_engine *engine, const att_choice_request *request, float *probabilities,
    att_choice *out, att_error *err)
{
    *out = (att_choice){0};
    const att_status status = check_request(engine, request, err);
    if (status)
        return status;
    if (request->dry)
        return choose_dry(engine, request, probabilities, out, err);
    choice_write job = {.write.run = run_choice, .request = request, .probabilities = probabilities};
    const att_status done = att_engine_commit(engine, &job.write, err);
    if (!done)
        *out = job.choice;
    return done;
}

// --- Rewards ----------------------------------------------------------------------------------------------------

typedef struct rewards_write {
    att_write write;
    const att_reward *rewards;
    size_t count;
    att_reward_result result;
} rewards_write;

static att_status check_reward(const att_reward *reward, int64_t now_ms, const att_policy *policy, att_error *err)
{
    uint8_t part;
    if (reward->part.size && !att_reward_part_parse(reward->part, &part))
        return ATT_FAIL(err, ATT_INVALID,
            "part \"%.*s\" is unknown: reward, click, play, satisfaction, purchase or complaint expected",
            (int)ATT_MIN(reward->part.size, (size_t)64), reward->part.data);
    if (!isfinite((float)reward->value))
        return ATT_FAIL(err, ATT_INVALID, "the reward's value is not a finite number");
    if (reward->id.size > ATT_ID_SIZE_MAX)
        return ATT_FAIL(err, ATT_INVALID, "the reward's id has %zu bytes, at most 255 expected", reward->id.size);
    if (reward->at_ms < 0 || reward->at_ms > now_ms + policy->signals.future_ms)
        return ATT_FAIL(err, ATT_INVALID, "the reward's time lies before 1970 or too far ahead");
    return ATT_OK;
}

static att_status run_rewards(att_engine *engine, att_write *write, att_error *err)
{
    rewards_write *job = (rewards_write *)write;
    job->result = (att_reward_result){0};
    for (size_t i = 0; i < job->count; i++)
        if (!att_choices_made(engine->choices, job->rewards[i].decision)) {
            write->refused = ATT_FAIL(&write->error, ATT_NOT_FOUND, "%016llx is not the decision of a choice",
                (unsigned long long)job->rewards[i].decision);
            return ATT_OK;
        }
    att_status status = ATT_OK;
    for (size_t i = 0; i < job->count && !status; i++) {
        const att_reward *reward = &job->rewards[i];
        const att_made_choice *made = att_choices_made(engine->choices, reward->decision);
        uint8_t part = ATT_REWARD_PART_REWARD;
        if (reward->part.size)
            att_reward_part_parse(reward->part, &part);
        char own[48];
        snprintf(own, sizeof own, "auto-%s", att_reward_part_name(part));
        const att_text id = reward->id.size ? reward->id : att_text_of(own);
        if (att_choices_reward_seen(engine->choices, reward->decision, id, made->user)) {
            job->result.duplicates++;
            continue;
        }
        att_record record = att_record_blank(engine, ATT_RECORD_REWARD);
        record.at_ms = reward->at_ms ? reward->at_ms : record.at_ms;
        record.user = made->user;
        record.decision = reward->decision;
        record.signal = (uint8_t)(part | (reward->more ? ATT_REWARD_MORE : 0));
        record.value = (float)reward->value;
        record.id = id;
        const uint64_t late = engine->choices->choosers.items[made->chooser]->late;
        const uint32_t chooser = made->chooser;
        status = att_engine_append(engine, &record, 1, err);
        if (status)
            break;
        job->result.added++;
        job->result.late += engine->choices->choosers.items[chooser]->late > late;
    }
    return status;
}

att_status att_engine_reward(
    att_engine *engine, const att_reward *rewards, size_t count, att_reward_result *result, att_error *err)
{
    att_reward_result none;
    att_reward_result *out = result ? result : &none;
    *out = (att_reward_result){0};
    const att_policy policy = att_engine_policy(engine);
    for (size_t i = 0; i < count; i++) {
        const att_status status = check_reward(&rewards[i], engine->host.now_ms(engine->host.user), &policy, err);
        if (status)
            return count == 1 ? status : att_while(err, status, "reward %zu of %zu", i + 1, count);
    }
    rewards_write job = {.write.run = run_rewards, .rewards = rewards, .count = count};
    const att_status status = att_engine_commit(engine, &job.write, err);
    if (!status)
        *out = job.result;
    return status;
}

typedef struct displayed_write {
    att_write write;
    uint64_t decision;
    bool added;
} displayed_write;

static att_status run_displayed(att_engine *engine, att_write *write, att_error *err)
{
    displayed_write *job = (displayed_write *)write;
    const att_made_choice *made = att_choices_made(engine->choices, job->decision);
    job->added = false;
    if (!made) {
        write->refused = ATT_FAIL(&write->error, ATT_NOT_FOUND, "%016llx is not the decision of a choice",
            (unsigned long long)job->decision);
        return ATT_OK;
    }
    if (!att_choices_awaits_display(engine->choices, job->decision))
        return ATT_OK;
    att_record record = att_record_blank(engine, ATT_RECORD_DISPLAYED);
    record.user = made->user;
    record.decision = job->decision;
    job->added = true;
    return att_engine_append(engine, &record, 1, err);
}

att_status att_engine_displayed(att_engine *engine, uint64_t decision, bool *added, att_error *err)
{
    displayed_write job = {.write.run = run_displayed, .decision = decision};
    const att_status status = att_engine_commit(engine, &job.write, err);
    if (added)
        *added = !status && job.added;
    return status;
}

// --- Looking ----------------------------------------------------------------------------------------------------

att_status att_engine_choices_each(att_engine *engine, att_choice_count_seer *see, void *user, att_error *err)
{
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    pthread_rwlock_rdlock(&engine->state_lock);
    status = att_engine_state_check(engine, err);
    bool going = true;
    for (uint32_t c = 0; !status && going && c < engine->choices->choosers.count; c++) {
        const att_chooser *chooser = engine->choices->choosers.items[c];
        const uint64_t settled = chooser->rewarded + chooser->defaulted;
        const att_choice_count count = {.name = att_names_get(&engine->choices->names, c),
            .decisions = chooser->decisions,
            .displayed = chooser->displayed,
            .apprentice = chooser->apprentice,
            .impressions = chooser->spent.impressions,
            .explored = chooser->spent.explored,
            .pending = chooser->pending,
            .rewarded = chooser->rewarded,
            .defaulted = chooser->defaulted,
            .undisplayed = chooser->undisplayed,
            .late_rewards = chooser->late,
            .reward = settled ? chooser->reward_sum / (double)settled : 0};
        going = see(user, &count);
    }
    pthread_rwlock_unlock(&engine->state_lock);
    return status;
}

bool att_engine_slate_place(att_engine *engine, uint32_t place, uint64_t *impressions, uint64_t *explored)
{
    att_spent spent = {0};
    pthread_rwlock_rdlock(&engine->state_lock);
    if (place < ATT_SLATE_MAX && !engine->stale)
        spent = engine->choices->places[place];
    pthread_rwlock_unlock(&engine->state_lock);
    *impressions = spent.impressions;
    *explored = spent.explored;
    return spent.impressions > 0;
}

void att_engine_person_choices(att_engine *engine, att_text user, uint64_t *impressions, uint64_t *explored)
{
    att_spent spent = {0};
    pthread_rwlock_rdlock(&engine->state_lock);
    const uint32_t number = att_names_find(&engine->users, user);
    if (number != ATT_NO_INDEX && !engine->stale)
        spent = att_choices_spent(engine->choices, number);
    pthread_rwlock_unlock(&engine->state_lock);
    *impressions = spent.impressions;
    *explored = spent.explored;
}

void att_engine_choices_digest(att_engine *engine, uint8_t out[16])
{
    att_bytes bytes = {0};
    memset(out, 0, 16);
    pthread_rwlock_wrlock(&engine->state_lock);
    if (!engine->stale && att_choices_write(engine->choices, &bytes, NULL) == ATT_OK) {
        const XXH128_hash_t hash = XXH3_128bits(bytes.items, bytes.count);
        memcpy(out, &hash.low64, 8);
        memcpy(out + 8, &hash.high64, 8);
    }
    pthread_rwlock_unlock(&engine->state_lock);
    ATT_VEC_FREE(&engine->host, &bytes);
}

// --- Reading from checkpoint and log ----------------------------------------------------------------------------

static att_status apply_to_choices(void *fold, const att_record *record, uint32_t *item, att_error *err)
{
    (void)item;
    return att_choices_apply(fold, record, err);
}

att_status att_engine_read_choices(att_engine *engine, bool from_checkpoint, att_error *err)
{
    char path[4200];
    const uint64_t seed = att_store_seed(engine->store);
    att_choices *choices = NULL;
    att_status status = att_choices_create(&choices, &engine->policy, seed, &engine->host, err);
    const bool named = (size_t)snprintf(path, sizeof path, "%s-choices", engine->path) < sizeof path;
    if (!status && from_checkpoint && named && engine->last_seq) {
        att_error why = {0};
        const att_status loaded = att_choices_load(choices, path, &why);
        if (loaded || choices->last_seq > engine->last_seq) {
            if (loaded != ATT_NOT_FOUND)
                att_logf(&engine->host, ATT_LOG_INFO, "replaying the log for choices: %s", loaded ? why.text : "checkpoint is ahead");
            att_choices_destroy(choices);
            choices = NULL;
            status = att_choices_create(&choices, &engine->policy, seed, &engine->host, err);
        }
    }
    if (!status)
        status = att_engine_replay(engine, choices->last_seq, apply_to_choices, choices, err);
    if (status) {
        att_choices_destroy(choices);
        return status;
    }
    choices->outdated = false; // what was forgotten is not in the log that was read
    choices->last_seq = engine->last_seq;
    att_choices_destroy(engine->choices);
    engine->choices = choices;
    return ATT_OK;
}

att_status att_engine_renew_choices(att_engine *engine, att_error *err)
{
    pthread_mutex_lock(&engine->store_lock);
    pthread_rwlock_wrlock(&engine->state_lock);
    att_status status = ATT_OK;
    if (!engine->stale && engine->choices->outdated)
        status = att_engine_read_choices(engine, false, err);
    engine->stale |= status != ATT_OK;
    pthread_rwlock_unlock(&engine->state_lock);
    pthread_mutex_unlock(&engine->store_lock);
    return status;
}

// --- Export -----------------------------------------------------------------------------------------------------

typedef struct vw_reward {
    float part[ATT_REWARD_PART_COUNT];
    bool has[ATT_REWARD_PART_COUNT], any, displayed;
} vw_reward;

typedef struct vw_export {
    att_engine *engine;
    att_text choice;
    att_line_sink *sink;
    void *sink_user;
    vw_reward *rewards; // by place in choices->made
    size_t made;
    att_bytes line;
    att_arena scratch;
    uint64_t written;
    bool stopped;
    att_status status;
    att_error *err;
} vw_export;

static bool gather_reward(void *user, const att_record *record)
{
    vw_export *e = user;
    if (record->kind != ATT_RECORD_REWARD)
        return true;
    const att_made_choice *made = att_choices_made(e->engine->choices, record->decision);
    const unsigned part = record->signal & ~(unsigned)ATT_REWARD_MORE;
    if (made && part < ATT_REWARD_PART_COUNT) {
        vw_reward *reward = &e->rewards[made - e->engine->choices->made.items];
        reward->part[part] = record->value;
        reward->has[part] = reward->any = true;
    }
    return true;
}

static bool export_choice(void *user, const att_record *record)
{
    vw_export *e = user;
    if (record->kind != ATT_RECORD_CHOICE)
        return true;
    att_choice_record choice;
    att_arena_reset(&e->scratch);
    e->status = att_choice_decode(record->payload, record->payload_size, &e->scratch, &choice, e->err);
    if (e->status)
        return false;
    if (e->choice.size && !att_text_equal(e->choice, choice.name))
        return true;
    const att_made_choice *made = att_choices_made(e->engine->choices, record->seq);
    const vw_reward *reward = made ? &e->rewards[made - e->engine->choices->made.items] : NULL;
    double value = 0;
    for (int p = 0; reward && p < ATT_REWARD_PART_COUNT; p++)
        value += reward->has[p] ? e->engine->policy.choices.part[p] * (double)reward->part[p] : 0;
    e->line.count = 0;
    e->status = att_vw_write_choice(&e->engine->host, &e->line, choice.features, choice.feature_count, &record->context,
        choice.options, choice.option_count, choice.shown,
        choice.apprentice ? 1 : (double)choice.probabilities[choice.shown], reward && reward->any ? -value : NAN, e->err);
    if (e->status)
        return false;
    e->written++;
    e->stopped = !e->sink(e->sink_user, (att_text){e->line.items, e->line.count});
    return !e->stopped;
}

att_status att_engine_choices_export_vw(
    att_engine *engine, att_text choice, att_line_sink *sink, void *sink_user, uint64_t *written, att_error *err)
{
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    vw_export e = {.engine = engine, .choice = choice, .sink = sink, .sink_user = sink_user, .err = err};
    att_arena_init(&e.scratch, &engine->host, 0);
    pthread_mutex_lock(&engine->store_lock); // nobody folds while decisions are looked up
    status = att_engine_state_check(engine, err);
    if (!status) {
        e.made = engine->choices->made.count;
        e.rewards = ATT_NEW_ARRAY(&engine->host, vw_reward, e.made + 1);
        status = e.rewards ? att_store_log_each(engine->store, 1, gather_reward, &e, err)
                           : att_no_memory(err, e.made, "rewards");
    }
    if (!status)
        status = att_store_log_each(engine->store, 1, export_choice, &e, err);
    pthread_mutex_unlock(&engine->store_lock);
    ATT_FREE_ARRAY(&engine->host, e.rewards, e.made + 1);
    ATT_VEC_FREE(&engine->host, &e.line);
    att_arena_deinit(&e.scratch);
    if (written)
        *written = e.written;
    return status ? status : e.status;
}
