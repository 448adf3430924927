// SPDX-License-Identifier: Apache-2.0
// decide/choices.c - decisions wait, rewards come, learners are taught: the fold.
#include "decide/choices.h"

#include <math.h>

static const char *const part_names[ATT_REWARD_PART_COUNT] = {
    "reward", "click", "play", "satisfaction", "purchase", "complaint"};

bool att_reward_part_parse(att_text name, uint8_t *out)
{
    for (uint8_t p = 0; p < ATT_REWARD_PART_COUNT; p++)
        if (att_text_equal(name, att_text_of(part_names[p]))) {
            *out = p;
            return true;
        }
    return false;
}

const char *att_reward_part_name(uint8_t part)
{
    return part < ATT_REWARD_PART_COUNT ? part_names[part] : "unknown";
}

// --- Making and breaking ----------------------------------------------------------------------------------------

att_status att_choices_create(att_choices **out, const att_policy *policy, uint64_t seed, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    att_choices *choices = ATT_NEW_ARRAY(&full, att_choices, 1);
    *out = choices;
    if (!choices)
        return att_no_memory(err, 1, "choices");
    choices->host = full;
    choices->policy = *policy;
    choices->seed = seed;
    att_names_init(&choices->names, &choices->host);
    att_seen_init(&choices->rewards, seed, &choices->host);
    att_bandit_memory_init(&choices->memory, &choices->host);
    att_arena_init(&choices->scratch, &choices->host, 0);
    return ATT_OK;
}

static void drop_waiting(att_choices *choices, att_waiting *waiting)
{
    ATT_FREE_ARRAY(&choices->host, waiting->features, waiting->feature_count);
    ATT_FREE_ARRAY(&choices->host, waiting->option_features, waiting->option_count);
    waiting->features = NULL;
    waiting->option_features = NULL;
}

void att_choices_destroy(att_choices *choices)
{
    if (!choices)
        return;
    const att_host host = choices->host;
    for (size_t i = 0; i < choices->choosers.count; i++) {
        att_bandit_deinit(&choices->choosers.items[i]->bandit);
        att_free(&host, choices->choosers.items[i], 1, sizeof(att_chooser));
    }
    for (size_t i = choices->first_waiting; i < choices->waiting.count; i++)
        drop_waiting(choices, &choices->waiting.items[i]);
    ATT_VEC_FREE(&host, &choices->choosers);
    ATT_VEC_FREE(&host, &choices->waiting);
    ATT_VEC_FREE(&host, &choices->made);
    ATT_VEC_FREE(&host, &choices->people);
    ATT_VEC_FREE(&host, &choices->options);
    att_seen_deinit(&choices->rewards);
    att_names_deinit(&choices->names);
    att_bandit_memory_deinit(&choices->memory);
    att_arena_deinit(&choices->scratch);
    att_free(&host, choices, 1, sizeof *choices);
}

att_status att_choices_add_chooser(att_choices *choices, att_text name, uint32_t *out, att_error *err)
{
    *out = att_names_find(&choices->names, name);
    if (*out != ATT_NO_INDEX)
        return ATT_OK;
    size_t count;
    const att_bandit_options options = {.algorithm = &att_bandit_algorithms(&count)[choices->policy.choices.algorithm],
        .bits = choices->policy.choices.bits,
        .floor = choices->policy.choices.floor,
        .seed = att_mix64(choices->seed ^ att_bandit_key(ATT_LIT("choice"), name))};
    att_chooser *chooser = ATT_NEW_ARRAY(&choices->host, att_chooser, 1);
    if (!chooser || !ATT_VEC_RESERVE(&choices->host, &choices->choosers, choices->choosers.count + 1)) {
        att_free(&choices->host, chooser, chooser ? 1 : 0, sizeof *chooser);
        return att_no_memory(err, 1, "learners of choices");
    }
    att_status status = att_bandit_init(&chooser->bandit, &options, &choices->host, err);
    if (!status) {
        *out = att_names_add(&choices->names, name);
        if (*out == ATT_NO_INDEX)
            status = att_no_memory(err, choices->names.count, "names of choices");
    }
    if (status) {
        att_bandit_deinit(&chooser->bandit);
        att_free(&choices->host, chooser, 1, sizeof *chooser);
        return status;
    }
    choices->choosers.items[choices->choosers.count++] = chooser;
    return ATT_OK;
}

uint32_t att_choices_find(const att_choices *choices, att_text name)
{
    return att_names_find(&choices->names, name);
}

// --- Questions --------------------------------------------------------------------------------------------------

static void add_class(att_bandit_feature *out, size_t *count, const char *what, const char *name, bool known)
{
    if (known)
        out[(*count)++] = (att_bandit_feature){att_bandit_key(att_text_of(what), att_text_of(name)), 1};
}

static void hash_features(const att_choice_feature *features, size_t count, att_bandit_feature *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (att_bandit_feature){att_bandit_key(features[i].name_space, features[i].name), (float)features[i].value};
}

att_status att_choices_question(const att_choice_feature *features, size_t feature_count, const att_context *context,
    const att_choice_option *options, size_t option_count, att_arena *arena, att_bandit_question *out, att_error *err)
{
    att_bandit_feature *about = ATT_NEW_RAW(arena, att_bandit_feature, feature_count + 4);
    att_bandit_features *list = ATT_NEW_RAW(arena, att_bandit_features, option_count);
    if (!about || !list)
        return att_no_memory(err, option_count, "options");
    hash_features(features, feature_count, about);
    size_t count = feature_count;
    add_class(about, &count, "device", att_device_name((att_device)context->device), context->device != 0);
    add_class(about, &count, "place", att_place_name((att_place)context->place), context->place != 0);
    add_class(about, &count, "activity", att_activity_name((att_activity)context->activity), context->activity != 0);
    add_class(about, &count, "noise", att_noise_name((att_noise)context->noise), context->noise != 0);
    for (size_t a = 0; a < option_count; a++) {
        att_bandit_feature *own = ATT_NEW_RAW(arena, att_bandit_feature, options[a].feature_count + 1);
        if (!own)
            return att_no_memory(err, option_count, "options");
        own[0] = (att_bandit_feature){att_bandit_key(ATT_LIT("option"), options[a].id), 1};
        hash_features(options[a].features, options[a].feature_count, own + 1);
        list[a] = (att_bandit_features){own, options[a].feature_count + 1};
    }
    *out = (att_bandit_question){{about, count}, list, (uint32_t)option_count};
    return ATT_OK;
}

// A name that was never chosen from has no learner yet: every option is as good as another.
static void even(float *probabilities, uint32_t count, uint32_t *greedy)
{
    for (uint32_t a = 0; a < count; a++)
        probabilities[a] = 1.0f / (float)count;
    *greedy = 0;
}

// With c = min(1, allowed / (1 - p(greedy))): p(a) <- c p(a) off the greedy option, which takes the rest.
static void keep_within(float *probabilities, uint32_t count, uint32_t greedy, att_allowance allowance)
{
    double off = 0;
    for (uint32_t a = 0; a < count; a++)
        off += a == greedy ? 0 : (double)probabilities[a];
    const double allowed = allowance.slots_max ? allowance.probability : 0;
    if (off <= allowed || off == 0)
        return;
    const double scale = allowed / off;
    double kept = 0;
    for (uint32_t a = 0; a < count; a++)
        if (a != greedy) {
            probabilities[a] = (float)((double)probabilities[a] * scale);
            kept += (double)probabilities[a];
        }
    probabilities[greedy] = (float)(1 - kept);
}

att_status att_choices_distribution(att_choices *choices, uint32_t chooser, const att_bandit_question *question, uint64_t seed,
    att_allowance allowance, att_bandit_memory *memory, float *probabilities, uint32_t *greedy, att_error *err)
{
    att_status status = ATT_OK;
    if (chooser == ATT_NO_INDEX)
        even(probabilities, question->count, greedy);
    else
        status = att_bandit_distribution(
            &choices->choosers.items[chooser]->bandit, question, seed, memory, probabilities, greedy, err);
    if (!status)
        keep_within(probabilities, question->count, *greedy, allowance);
    return status;
}

// --- Looking up -------------------------------------------------------------------------------------------------

const att_made_choice *att_choices_made(const att_choices *choices, uint64_t seq)
{
    size_t low = 0, high = choices->made.count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (choices->made.items[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low < choices->made.count && choices->made.items[low].seq == seq ? &choices->made.items[low] : NULL;
}

static att_waiting *waiting_of(const att_choices *choices, uint64_t seq)
{
    size_t low = choices->first_waiting, high = choices->waiting.count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (choices->waiting.items[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low < choices->waiting.count && choices->waiting.items[low].seq == seq && !choices->waiting.items[low].settled
               ? &choices->waiting.items[low]
               : NULL;
}

bool att_choices_is_settled(const att_choices *choices, uint64_t seq)
{
    return waiting_of(choices, seq) == NULL;
}

bool att_choices_awaits_display(const att_choices *choices, uint64_t seq)
{
    const att_waiting *waiting = waiting_of(choices, seq);
    return waiting && !waiting->displayed;
}

static att_seen_key reward_key(const att_choices *choices, uint64_t decision, att_text id, uint32_t user)
{
    char text[16 + ATT_ID_SIZE_MAX];
    memcpy(text, &decision, 8);
    memcpy(text + 8, id.data, id.size);
    return att_seen_key_of(&choices->rewards, (att_text){text, 8 + id.size}, user == ATT_NO_INDEX ? ATT_NO_INDEX - 1 : user);
}

bool att_choices_reward_seen(const att_choices *choices, uint64_t decision, att_text id, uint32_t user)
{
    const att_seen_key key = reward_key(choices, decision, id, user);
    return att_seen_has(&choices->rewards, &key);
}

att_spent att_choices_spent(const att_choices *choices, uint32_t user)
{
    return user < choices->people.count ? choices->people.items[user] : (att_spent){0};
}

// --- Settling ---------------------------------------------------------------------------------------------------

static double reward_of(const att_choices *choices, const att_waiting *waiting)
{
    if (!waiting->parts)
        return choices->policy.choices.default_reward;
    double sum = 0;
    for (int p = 0; p < ATT_REWARD_PART_COUNT; p++)
        if (waiting->parts >> p & 1)
            sum += choices->policy.choices.part[p] * (double)waiting->part[p];
    return sum;
}

static double scaled(const att_choices *choices, double reward)
{
    const double low = choices->policy.choices.reward_low, high = choices->policy.choices.reward_high;
    const double share = (reward - low) / (high - low);
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

static att_status teach(att_choices *choices, const att_waiting *waiting, double reward, att_error *err)
{
    choices->options.count = 0;
    if (!ATT_VEC_RESERVE(&choices->host, &choices->options, waiting->option_count))
        return att_no_memory(err, waiting->option_count, "options");
    const att_bandit_feature *at = waiting->features + waiting->context_count;
    for (uint32_t a = 0; a < waiting->option_count; a++) {
        choices->options.items[a] = (att_bandit_features){at, waiting->option_features[a]};
        at += waiting->option_features[a];
    }
    const att_bandit_question question = {
        {waiting->features, waiting->context_count}, choices->options.items, waiting->option_count};
    return att_bandit_learn(&choices->choosers.items[waiting->chooser]->bandit, &question, waiting->shown,
        (double)waiting->probability, scaled(choices, reward), (double)waiting->weight, &choices->memory, err);
}

static att_status settle(att_choices *choices, att_waiting *waiting, att_error *err)
{
    att_chooser *chooser = choices->choosers.items[waiting->chooser];
    att_status status = ATT_OK;
    if (waiting->displayed) {
        const double reward = reward_of(choices, waiting);
        status = teach(choices, waiting, reward, err);
        chooser->reward_sum += reward;
        chooser->rewarded += waiting->parts != 0;
        chooser->defaulted += waiting->parts == 0;
    } else {
        chooser->undisplayed++;
    }
    chooser->pending--;
    waiting->settled = true;
    drop_waiting(choices, waiting);
    return status;
}

static void trim(att_choices *choices)
{
    while (choices->first_waiting < choices->waiting.count && choices->waiting.items[choices->first_waiting].settled)
        choices->first_waiting++;
    if (choices->first_waiting < 1024 || choices->first_waiting * 2 < choices->waiting.count)
        return;
    choices->waiting.count -= choices->first_waiting;
    memmove(choices->waiting.items, choices->waiting.items + choices->first_waiting,
        choices->waiting.count * sizeof *choices->waiting.items);
    choices->first_waiting = 0;
}

// The log's time moves to this record's; whose wait is over is settled, before the record itself counts.
static att_status advance(att_choices *choices, int64_t logged_ms, att_error *err)
{
    choices->log_ms = ATT_MAX(choices->log_ms, logged_ms);
    att_status status = ATT_OK;
    for (size_t i = choices->first_waiting; i < choices->waiting.count && !status; i++) {
        att_waiting *waiting = &choices->waiting.items[i];
        if (waiting->deadline_ms > choices->log_ms)
            break; // deadlines never fall along the queue
        if (!waiting->settled)
            status = settle(choices, waiting, err);
    }
    trim(choices);
    return status;
}

// --- Records ----------------------------------------------------------------------------------------------------

static att_status keep_question(att_choices *choices, att_waiting *waiting, const att_bandit_question *question, att_error *err)
{
    size_t total = question->context.count;
    for (uint32_t a = 0; a < question->count; a++)
        total += question->options[a].count;
    waiting->features = ATT_NEW_ARRAY(&choices->host, att_bandit_feature, total);
    waiting->option_features = ATT_NEW_ARRAY(&choices->host, uint32_t, question->count);
    waiting->feature_count = (uint32_t)total;
    waiting->context_count = (uint32_t)question->context.count;
    waiting->option_count = question->count;
    if (!waiting->features || !waiting->option_features) {
        drop_waiting(choices, waiting);
        return att_no_memory(err, total, "features of a decision");
    }
    att_bandit_feature *at = waiting->features;
    if (question->context.count)
        memcpy(at, question->context.items, question->context.count * sizeof *at);
    at += question->context.count;
    for (uint32_t a = 0; a < question->count; a++) {
        memcpy(at, question->options[a].items, question->options[a].count * sizeof *at);
        at += question->options[a].count;
        waiting->option_features[a] = (uint32_t)question->options[a].count;
    }
    return ATT_OK;
}

static bool reserve_person(att_choices *choices, uint32_t user)
{
    if (user == ATT_NO_INDEX || user < choices->people.count)
        return true;
    const size_t before = choices->people.count;
    if (!ATT_VEC_RESERVE(&choices->host, &choices->people, (size_t)user + 1))
        return false;
    choices->people.count = (size_t)user + 1;
    memset(choices->people.items + before, 0, (choices->people.count - before) * sizeof *choices->people.items);
    return true;
}

static void spend(att_spent *spent, bool explored)
{
    spent->impressions++;
    spent->explored += explored;
}

static void count_choice(att_choices *choices, att_chooser *chooser, const att_choice_record *choice, uint32_t user)
{
    chooser->decisions++;
    chooser->pending++;
    chooser->displayed += !choice->awaits_display;
    if (choice->apprentice) {
        chooser->apprentice++;
        return; // the host chose: nothing of ours was spent
    }
    const bool explored = choice->shown != choice->greedy;
    spend(&chooser->spent, explored);
    spend(&choices->total, explored);
    if (user != ATT_NO_INDEX)
        spend(&choices->people.items[user], explored);
}

static att_status apply_choice(att_choices *choices, const att_record *record, att_error *err)
{
    att_choice_record choice;
    att_bandit_question question;
    uint32_t number;
    att_arena_reset(&choices->scratch);
    att_status status = att_choice_decode(record->payload, record->payload_size, &choices->scratch, &choice, err);
    if (status)
        return att_while(err, status, "log record %llu", (unsigned long long)record->seq);
    status = att_choices_question(choice.features, choice.feature_count, &record->context, choice.options,
        choice.option_count, &choices->scratch, &question, err);
    if (!status)
        status = att_choices_add_chooser(choices, choice.name, &number, err);
    if (status)
        return status;
    if (!reserve_person(choices, record->user) || !ATT_VEC_RESERVE(&choices->host, &choices->made, choices->made.count + 1) ||
        !ATT_VEC_RESERVE(&choices->host, &choices->waiting, choices->waiting.count + 1))
        return att_no_memory(err, choices->made.count, "decisions");
    att_waiting waiting = {.seq = record->seq,
        .deadline_ms = choices->log_ms + (int64_t)choices->policy.choices.reward_wait_s * 1000,
        .user = record->user,
        .chooser = number,
        .shown = choice.shown,
        .probability = choice.apprentice ? 1 : choice.probabilities[choice.shown],
        .weight = choice.weight,
        .displayed = !choice.awaits_display};
    status = keep_question(choices, &waiting, &question, err);
    if (status)
        return status;
    choices->waiting.items[choices->waiting.count++] = waiting;
    choices->made.items[choices->made.count++] = (att_made_choice){record->seq, record->user, number};
    count_choice(choices, choices->choosers.items[number], &choice, record->user);
    return ATT_OK;
}

static att_status apply_reward(att_choices *choices, const att_record *record, att_error *err)
{
    const att_made_choice *made = att_choices_made(choices, record->decision);
    const uint8_t part = record->signal & (uint8_t)~ATT_REWARD_MORE;
    if (!made || part >= ATT_REWARD_PART_COUNT || !isfinite(record->value))
        return ATT_FAIL(err, ATT_CORRUPT, "log record %llu rewards decision %llu, which it cannot; run: attune doctor",
            (unsigned long long)record->seq, (unsigned long long)record->decision);
    const att_seen_key key = reward_key(choices, record->decision, record->id, record->user);
    if (att_seen_has(&choices->rewards, &key))
        return ATT_OK;
    if (!att_seen_reserve(&choices->rewards, &key))
        return att_no_memory(err, 1, "ids of rewards");
    att_seen_put(&choices->rewards, &key);
    att_waiting *waiting = waiting_of(choices, record->decision);
    if (!waiting) {
        choices->choosers.items[made->chooser]->late++;
        return ATT_OK;
    }
    waiting->part[part] = record->value;
    waiting->parts |= (uint8_t)(1u << part);
    // Without its confirmation a decision waits on, even for a last reward.
    if (record->signal & ATT_REWARD_MORE || !waiting->displayed)
        return ATT_OK;
    const att_status status = settle(choices, waiting, err);
    trim(choices);
    return status;
}

static att_status apply_displayed(att_choices *choices, const att_record *record, att_error *err)
{
    const att_made_choice *made = att_choices_made(choices, record->decision);
    if (!made)
        return ATT_FAIL(err, ATT_CORRUPT, "log record %llu confirms decision %llu, which is none; run: attune doctor",
            (unsigned long long)record->seq, (unsigned long long)record->decision);
    att_waiting *waiting = waiting_of(choices, record->decision);
    if (waiting && !waiting->displayed) {
        waiting->displayed = true;
        choices->choosers.items[made->chooser]->displayed++;
    }
    return ATT_OK;
}

static void count_places(att_choices *choices, const att_record *record)
{
    att_decided_slot slots[ATT_SLATE_MAX];
    att_decision_record decision;
    if (att_decision_decode(record->payload, record->payload_size, &decision, slots, ATT_SLATE_MAX, NULL))
        return; // told by the fold of people
    for (uint32_t s = 0; s < decision.count; s++)
        spend(&choices->places[s], slots[s].kind == ATT_SLOT_EXPLORE);
}

// What the person chose is no more in the log: no reward finds it, and a fold that learned from it, or counted slates of
// theirs, is not the log's any more.
static void forget(att_choices *choices, uint32_t user)
{
    size_t kept = 0;
    for (size_t i = 0; i < choices->made.count; i++)
        if (choices->made.items[i].user != user)
            choices->made.items[kept++] = choices->made.items[i];
    choices->made.count = kept;
    for (size_t i = choices->first_waiting; i < choices->waiting.count; i++)
        if (choices->waiting.items[i].user == user && !choices->waiting.items[i].settled) {
            choices->waiting.items[i].settled = true;
            drop_waiting(choices, &choices->waiting.items[i]);
        }
    choices->outdated = true;
}

att_status att_choices_apply(att_choices *choices, const att_record *record, att_error *err)
{
    if (record->seq <= choices->last_seq)
        return ATT_FAIL(err, ATT_CORRUPT, "log record %llu comes after record %llu", (unsigned long long)record->seq,
            (unsigned long long)choices->last_seq);
    att_status status = advance(choices, record->logged_ms, err);
    if (status)
        return status;
    if (record->kind == ATT_RECORD_CHOICE)
        status = apply_choice(choices, record, err);
    else if (record->kind == ATT_RECORD_REWARD)
        status = apply_reward(choices, record, err);
    else if (record->kind == ATT_RECORD_DISPLAYED)
        status = apply_displayed(choices, record, err);
    else if (record->kind == ATT_RECORD_DECISION)
        count_places(choices, record);
    else if (record->kind == ATT_RECORD_FORGET)
        forget(choices, record->user);
    if (!status)
        choices->last_seq = record->seq;
    return status;
}
