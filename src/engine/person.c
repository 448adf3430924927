// SPDX-License-Identifier: Apache-2.0
// engine/person.c - what is known of one person, all of it in lines, and none of it any more.
#include "engine/provenance.h"
#include "engine/serve.h"
#include "ingest/json_write.h"
#include "store/case_record.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

// --- What is known --------------------------------------------------------------------------------------------

static int by_text(att_text a, att_text b)
{
    const int order = memcmp(a.data, b.data, ATT_MIN(a.size, b.size));
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

// A copy that the answer keeps; false and remembered: out of memory.
static att_text keep(att_slate_memory *memory, att_text text, bool *good)
{
    const att_text copy = att_arena_text(&memory->answer, text);
    *good = *good && copy.data;
    return copy.data ? copy : (att_text){"", 0};
}

static int greater_grade(const void *a, const void *b)
{
    const att_known_item *x = a, *y = b;
    const double dx = fabs(x->grade), dy = fabs(y->grade);
    if (dx != dy)
        return dx < dy ? 1 : -1;
    return by_text(x->item, y->item);
}

typedef struct tag_mass {
    uint32_t tag;
    double share, scale[ATT_TASTE_SCALES];
    att_text name;
} tag_mass;

static int greater_share(const void *a, const void *b)
{
    const tag_mass *x = a, *y = b;
    if (x->share != y->share)
        return x->share < y->share ? 1 : -1;
    return by_text(x->name, y->name);
}

// Weight by tag, evenly split over an item's tags, of one vector; its sum.
static double add_masses(const att_tastes *tastes, const float *weights, double *mass, size_t tags)
{
    double sum = 0;
    for (size_t i = 0; i < tastes->count; i++) {
        att_taste_mix_add(mass, tags, tastes->items[i].tags, tastes->items[i].tag_count, (double)weights[i]);
        sum += tastes->items[i].tag_count ? (double)weights[i] : 0;
    }
    return sum > 0 ? sum : 1;
}

// Shares of what was liked, by tag, in the mix that the next slate would be made from and in each of its vectors.
static att_status list_tags(
    const att_engine *engine, const att_tastes *tastes, att_slate_memory *memory, att_person *out, att_error *err)
{
    const att_catalogue *catalogue = &engine->catalogue;
    const size_t tags = catalogue->tags.count;
    double *mass = ATT_NEW(&memory->scratch, double, tags * (1 + ATT_TASTE_SCALES));
    tag_mass *list = ATT_NEW(&memory->scratch, tag_mass, tags);
    att_taste_share *shares = ATT_NEW(&memory->answer, att_taste_share, tags);
    att_taste_scales *scales = ATT_NEW(&memory->answer, att_taste_scales, tags);
    if (!mass || !list || !shares || !scales)
        return att_no_memory(err, tags, "tags");
    double sum[1 + ATT_TASTE_SCALES];
    for (size_t s = 0; s <= ATT_TASTE_SCALES; s++)
        sum[s] = add_masses(
            tastes, s ? tastes->scales + (s - 1) * tastes->count : tastes->weights, mass + s * tags, tags);
    for (uint32_t t = 0; t < tags; t++) {
        if (!(mass[t] > 0))
            continue;
        tag_mass *one = &list[out->tag_count++];
        *one = (tag_mass){.tag = t, .share = mass[t] / sum[0], .name = att_names_get(&catalogue->tags, t)};
        for (size_t s = 0; s < ATT_TASTE_SCALES; s++)
            one->scale[s] = mass[(s + 1) * tags + t] / sum[s + 1];
    }
    qsort(list, out->tag_count, sizeof *list, greater_share);
    bool good = true;
    for (size_t i = 0; i < out->tag_count; i++) {
        shares[i] = (att_taste_share){keep(memory, list[i].name, &good), list[i].share};
        scales[i] = (att_taste_scales){
            list[i].scale[ATT_TASTE_LONG], list[i].scale[ATT_TASTE_RECENT], list[i].scale[ATT_TASTE_SESSION]};
    }
    out->tags = shares;
    out->scales = scales;
    return good ? ATT_OK : att_no_memory(err, out->tag_count, "tags");
}

// --- What has changed, in words -----------------------------------------------------------------------------------

static void day_text(int64_t at_s, char out[16])
{
    const time_t at = (time_t)at_s;
    struct tm tm;
    gmtime_r(&at, &tm);
    strftime(out, 16, "%Y-%m-%d", &tm);
}

static att_status say_changes(
    const att_engine *engine, const att_tastes *tastes, att_slate_memory *memory, att_person *out, att_error *err)
{
    const att_drift *drift = &tastes->drift;
    att_text *said = ATT_NEW(&memory->answer, att_text, 3);
    char day[16];
    if (!said)
        return att_no_memory(err, 3, "changes");
    if (drift->binge_tag != ATT_NO_INDEX) {
        const att_text tag = att_names_get(&engine->catalogue.tags, drift->binge_tag);
        day_text(drift->binge_s, day);
        said[out->change_count++] = att_text_of(att_arena_printf(&memory->answer,
            "a binge: %u things of %.*s in one session on %s, evidence %.1f; each counts %.0f %% in lasting taste until "
            "other days confirm it",
            drift->binge_count, ATT_TEXT_ARGS(tag), day, drift->binge_evidence, 100 * drift->binge_kept));
    }
    if (drift->moved_s) {
        day_text(drift->moved_s, day);
        said[out->change_count++] = att_text_of(att_arena_printf(&memory->answer,
            "taste has moved: since %s %u things on %u days tell of another mix, evidence %.1f; what went before fades "
            "where it does not go on",
            day, drift->moved_count, drift->moved_days, drift->move_evidence));
    }
    if (out->life_event_ms) {
        day_text(out->life_event_ms / 1000, day);
        said[out->change_count++] = att_text_of(att_arena_printf(&memory->answer,
            "a life event on %s: what was liked before counts %.0f %%", day, 100 * engine->policy.taste.life_event_keep));
    }
    for (size_t i = 0; i < out->change_count; i++)
        if (!said[i].data)
            return att_no_memory(err, out->change_count, "changes");
    out->change_texts = said;
    out->changes = drift->changes;
    return ATT_OK;
}

// As if the person asked for a slate now, in no known situation.
static att_status list_taste(const att_engine *engine, const att_person_state *state, int64_t now_ms,
    att_slate_memory *memory, att_person *out, att_error *err)
{
    const att_taste_moment moment = {.policy = &engine->policy,
        .now_ms = now_ms,
        .life_event_s = att_person_controls_of(state)->life_event_s};
    static const att_wishes_now nowhere = {0};
    att_tastes tastes;
    att_status status = att_view_tastes(engine, state, &moment, NULL, &nowhere, &memory->scratch, &tastes, err);
    if (status)
        return status;
    out->long_share = tastes.sum.share[ATT_TASTE_LONG];
    out->recent_share = tastes.sum.share[ATT_TASTE_RECENT];
    out->session_share = tastes.sum.share[ATT_TASTE_SESSION];
    out->life_event_ms = (int64_t)moment.life_event_s * 1000;
    status = list_tags(engine, &tastes, memory, out, err);
    return status ? status : say_changes(engine, &tastes, memory, out, err);
}

static att_status list_items(const att_engine *engine, const att_person_state *state, int64_t now_ms,
    att_slate_memory *memory, att_person *out, att_error *err)
{
    const att_catalogue *catalogue = &engine->catalogue;
    att_known_item *items = ATT_NEW(&memory->answer, att_known_item, state->preference_count);
    if (!items)
        return att_no_memory(err, state->preference_count, "items");
    bool good = true;
    for (uint32_t p = 0; p < state->preference_count; p++) {
        const att_preference *preference = &state->preferences[p];
        if (preference->item >= catalogue->entries.count)
            continue;
        items[out->item_count++] = (att_known_item){
            .item = keep(memory, att_names_get(&catalogue->ids, preference->item), &good),
            .title = keep(memory, att_catalogue_title(catalogue, preference->item), &good),
            .signal = (att_signal)preference->signal,
            .at_ms = (int64_t)preference->at_s * 1000,
            .grade = preference->grade * att_decay(&engine->policy, preference->at_s, now_ms)};
    }
    qsort(items, out->item_count, sizeof *items, greater_grade);
    out->items = items;
    return good ? ATT_OK : att_no_memory(err, out->item_count, "items");
}

static att_status list_controls(const att_engine *engine, const att_person_controls *controls,
    att_slate_memory *memory, att_person *out, att_error *err)
{
    att_text *blocked =
        ATT_NEW(&memory->answer, att_text, controls->blocked_item_count + controls->blocked_tag_count);
    att_text *less = ATT_NEW(&memory->answer, att_text, controls->less_like_count);
    if (!blocked || !less)
        return att_no_memory(err, controls->blocked_item_count, "blocks");
    bool good = true;
    for (uint32_t i = 0; i < controls->blocked_item_count; i++)
        blocked[out->blocked_count++] =
            keep(memory, att_names_get(&engine->catalogue.ids, controls->blocked_items[i]), &good);
    for (uint32_t i = 0; i < controls->blocked_tag_count; i++) {
        const att_text tag = att_names_get(att_people_tags(engine->people), controls->blocked_tags[i]);
        const char *named = att_arena_printf(&memory->answer, "tag:%.*s", ATT_TEXT_ARGS(tag));
        good = good && named;
        blocked[out->blocked_count++] = att_text_of(named);
    }
    for (uint32_t i = 0; i < controls->less_like_count; i++)
        less[out->less_like_count++] =
            keep(memory, att_names_get(&engine->catalogue.ids, controls->less_like_items[i]), &good);
    out->blocked = blocked;
    out->less_like = less;
    return good ? ATT_OK : att_no_memory(err, out->blocked_count + out->less_like_count, "controls");
}

static att_status no_such_person(att_error *err, att_text user)
{
    return ATT_FAIL(err, ATT_NOT_FOUND, "nothing is known of \"%.*s\"", ATT_TEXT_ARGS(user));
}

att_status att_engine_person(
    att_engine *engine, att_text user, att_slate_memory *memory, att_person *out, att_error *err)
{
    *out = (att_person){0};
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    const int64_t now_ms = engine->host.now_ms(engine->host.user);
    att_arena_reset(&memory->scratch);
    att_arena_reset(&memory->answer);
    pthread_rwlock_rdlock(&engine->state_lock);
    const uint32_t number = att_names_find(&engine->users, user);
    status = att_engine_state_check(engine, err);
    const att_person_state *state =
        number == ATT_NO_INDEX || status ? NULL : att_people_get(engine->people, number);
    if (status) {
        ; // told already
    } else if (!state) { // who has only chosen has no taste, but is somebody
        if (number == ATT_NO_INDEX || !att_choices_spent(engine->choices, number).impressions)
            status = no_such_person(err, user);
    } else {
        const att_person_controls *controls = att_person_controls_of(state);
        *out = (att_person){.events = state->events,
            .sessions = state->sessions,
            .impressions = state->impressions,
            .explored = state->explored,
            .first_ms = state->first_ms,
            .last_ms = state->last_ms,
            .energy = (double)controls->energy,
            .novelty = (double)controls->novelty,
            .opted_out = state->opted_out,
            .bot = state->bot};
        status = list_taste(engine, state, now_ms, memory, out, err);
        if (!status)
            status = list_items(engine, state, now_ms, memory, out, err);
        if (!status)
            status = list_controls(engine, controls, memory, out, err);
    }
    pthread_rwlock_unlock(&engine->state_lock);
    return status;
}

// --- Export -----------------------------------------------------------------------------------------------------

typedef struct exporting {
    att_engine *engine;
    uint32_t user;
    att_text user_id;
    att_line_sink *sink;
    void *sink_user;
    att_bytes line; // what an event says
    char *text;     // what another record says; NULL: nothing
    uint64_t last_seq;
    att_status status;
    att_error *err;
} exporting;

static att_text item_id(const exporting *e, uint32_t item)
{
    return item == ATT_NO_INDEX ? (att_text){"", 0} : att_names_get(&e->engine->catalogue.ids, item);
}

static bool export_event(exporting *e, const att_record *record)
{
    const att_event event = {.id = record->id,
        .user = e->user_id,
        .item = item_id(e, record->item),
        .at_ms = record->at_ms,
        .signal = (att_signal)record->signal,
        .value = record->value,
        .position_ms = record->position_ms,
        .length_ms = record->length_ms,
        .dwell_ms = record->dwell_ms,
        .decision = record->decision,
        .context = record->context};
    e->status = att_event_write_json(&e->engine->host, &e->line, &event, e->err);
    return e->status == ATT_OK;
}

static bool export_json(exporting *e, json_t *value)
{
    e->text = value ? json_dumps(value, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    json_decref(value);
    if (!e->text)
        e->status = att_no_memory(e->err, 1, "line");
    return e->status == ATT_OK;
}

static json_t *text_json(att_text text)
{
    return json_stringn(text.data ? text.data : "", text.size);
}

// {"experiment": "bolder-mix", "variation": "treatment"}
static json_t *arm_json(const exporting *e, uint32_t code)
{
    const att_arm arm = att_arm_of(code);
    const att_experiments *set = &e->engine->experiments;
    if (arm.experiment == 0)
        return json_pack("{s:s,s:s}", "experiment", "holdout", "variation", "held-out");
    if (arm.experiment > set->all.count)
        return json_pack("{s:I,s:I}", "experiment", (json_int_t)arm.experiment, "variation", (json_int_t)arm.variation);
    const att_experiment *experiment = set->all.items[arm.experiment - 1];
    const att_text variation =
        arm.variation < experiment->variation_count ? experiment->variations[arm.variation].key : (att_text){"", 0};
    return json_pack("{s:o,s:o}", "experiment", text_json(experiment->key), "variation", text_json(variation));
}

static bool export_decision(exporting *e, const att_record *record)
{
    att_decided_slot slots[ATT_SLATE_MAX];
    att_decision_record decision;
    e->status = att_decision_decode(
        record->payload, record->payload_size, &decision, slots, ATT_SLATE_MAX, e->err);
    if (e->status)
        return false;
    json_t *list = json_array();
    for (uint32_t s = 0; s < decision.count; s++) {
        json_t *terms = json_object();
        for (int t = 0; t < ATT_TERM_COUNT; t++)
            json_object_set_new(terms, att_term_name((att_term)t), json_real((double)slots[s].terms[t]));
        json_array_append_new(list,
            json_pack("{s:o,s:s,s:f,s:o}", "item", text_json(item_id(e, slots[s].item)), "slot",
                att_slot_kind_name((att_slot_kind)slots[s].kind), "propensity", (double)slots[s].propensity, "terms", terms));
    }
    char id[24], seed[24];
    snprintf(id, sizeof id, "%016llx", (unsigned long long)record->seq);
    snprintf(seed, sizeof seed, "%016llx", (unsigned long long)decision.seed);
    json_t *arms = json_array();
    for (uint32_t a = 0; a < decision.arm_count; a++)
        json_array_append_new(arms, arm_json(e, decision.arms[a]));
    return export_json(e,
        json_pack("{s:s,s:s,s:o,s:I,s:s,s:I,s:I,s:I,s:o,s:o}", "kind", "decision", "decision", id, "user",
            text_json(e->user_id), "at", (json_int_t)record->at_ms, "seed", seed, "model",
            (json_int_t)decision.model, "eligible", (json_int_t)decision.eligible, "candidates",
            (json_int_t)decision.candidates, "slots", list, "arms", arms));
}

static bool export_exposure(exporting *e, const att_record *record)
{
    char id[24];
    uint32_t code;
    json_t *value = json_pack("{s:s,s:o,s:I}", "kind", "exposure", "user", text_json(e->user_id), "at",
        (json_int_t)record->at_ms);
    snprintf(id, sizeof id, "%016llx", (unsigned long long)record->decision);
    if (record->decision)
        json_object_set_new(value, "decision", json_string(id));
    else if (record->payload_size == sizeof code)
        json_object_set_new(value, "arm", arm_json(e, (memcpy(&code, record->payload, sizeof code), code)));
    return export_json(e, value);
}

static bool export_control(exporting *e, const att_record *record)
{
    const att_text item = record->payload_size
                              ? (att_text){record->payload, record->payload_size}
                              : item_id(e, record->item);
    return export_json(e,
        json_pack("{s:s,s:s,s:o,s:I,s:f,s:o}", "kind", "control", "control",
            att_control_kind_name((att_control_kind)record->signal), "user", text_json(e->user_id), "at",
            (json_int_t)record->at_ms, "value", isnan(record->value) ? 0.0 : (double)record->value, "item",
            text_json(item)));
}

static json_t *features_json(const att_choice_feature *features, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list,
            json_pack("[o,o,f]", text_json(features[i].name_space), text_json(features[i].name), features[i].value));
    return list;
}

static bool export_choice(exporting *e, const att_record *record)
{
    att_choice_record choice;
    att_arena scratch;
    att_arena_init(&scratch, &e->engine->host, 0);
    e->status = att_choice_decode(record->payload, record->payload_size, &scratch, &choice, e->err);
    bool going = false;
    if (!e->status) {
        json_t *options = json_array();
        for (size_t a = 0; a < choice.option_count; a++)
            json_array_append_new(options,
                json_pack("{s:o,s:f,s:o}", "option", text_json(choice.options[a].id), "probability",
                    (double)choice.probabilities[a], "features",
                    features_json(choice.options[a].features, choice.options[a].feature_count)));
        char id[24], seed[24];
        snprintf(id, sizeof id, "%016llx", (unsigned long long)record->seq);
        snprintf(seed, sizeof seed, "%016llx", (unsigned long long)choice.seed);
        going = export_json(e,
            json_pack("{s:s,s:s,s:o,s:o,s:I,s:s,s:o,s:o,s:b,s:b,s:o,s:o}", "kind", "choice", "decision", id, "choice",
                text_json(choice.name), "user", text_json(e->user_id), "at", (json_int_t)record->at_ms, "seed", seed,
                "shown", text_json(choice.options[choice.shown].id), "chosen",
                text_json(choice.options[choice.chosen].id), "apprentice", (int)choice.apprentice, "awaits_display",
                (int)choice.awaits_display, "features", features_json(choice.features, choice.feature_count), "options",
                options));
    }
    att_arena_deinit(&scratch);
    return going;
}

static bool export_reward(exporting *e, const att_record *record)
{
    char id[24];
    snprintf(id, sizeof id, "%016llx", (unsigned long long)record->decision);
    if (record->kind == ATT_RECORD_DISPLAYED)
        return export_json(e, json_pack("{s:s,s:s,s:o,s:I}", "kind", "displayed", "decision", id, "user",
                                  text_json(e->user_id), "at", (json_int_t)record->at_ms));
    return export_json(e,
        json_pack("{s:s,s:s,s:o,s:o,s:s,s:f,s:b,s:I}", "kind", "reward", "decision", id, "user", text_json(e->user_id),
            "id", text_json(record->id), "part", att_reward_part_name(record->signal & (uint8_t)~ATT_REWARD_MORE),
            "value", (double)record->value, "more", (int)(record->signal & ATT_REWARD_MORE), "at",
            (json_int_t)record->at_ms));
}

// What the person reported, appealed or wrote.
static bool export_case(exporting *e, const att_record *record)
{
    att_case_record said;
    e->status = att_case_record_decode(record->payload, record->payload_size, &said, e->err);
    if (e->status)
        return false;
    return export_json(e,
        json_pack("{s:s,s:s,s:o,s:I,s:o,s:o,s:o}", "kind", "case", "act", att_case_act_name((att_case_act)said.act), "user",
            text_json(e->user_id), "at", (json_int_t)record->at_ms, "item", text_json(item_id(e, record->item)), "reason",
            text_json(said.reason), "text", text_json(said.text)));
}

static bool write_record(exporting *e, const att_record *record)
{
    switch (record->kind) {
    case ATT_RECORD_EVENT:
        return export_event(e, record);
    case ATT_RECORD_DECISION:
        return export_decision(e, record);
    case ATT_RECORD_CONTROL:
        return export_control(e, record);
    case ATT_RECORD_EXPOSURE:
        return export_exposure(e, record);
    case ATT_RECORD_CASE:
        return export_case(e, record);
    case ATT_RECORD_CHOICE:
        return export_choice(e, record);
    case ATT_RECORD_REWARD:
    case ATT_RECORD_DISPLAYED:
        return export_reward(e, record);
    default:
        return true;
    }
}

// Ids are looked up under the lock; the sink may take its time without it.
static bool export_record(void *user, const att_record *record)
{
    exporting *e = user;
    if (record->seq > e->last_seq)
        return false;
    if (record->user != e->user)
        return true;
    e->line.count = 0;
    pthread_rwlock_rdlock(&e->engine->state_lock);
    bool go_on = write_record(e, record);
    pthread_rwlock_unlock(&e->engine->state_lock);
    if (go_on && e->text)
        go_on = e->sink(e->sink_user, att_text_of(e->text));
    else if (go_on && e->line.count) // without its line end
        go_on = e->sink(e->sink_user, (att_text){e->line.items, e->line.count - 1});
    free(e->text);
    e->text = NULL;
    return go_on;
}

static att_status find_exported(exporting *e, att_error *err)
{
    att_engine *engine = e->engine;
    pthread_rwlock_rdlock(&engine->state_lock);
    att_status status = att_engine_state_check(engine, err);
    if (!status) {
        e->user = att_names_find(&engine->users, e->user_id);
        e->last_seq = engine->last_seq;
    }
    pthread_rwlock_unlock(&engine->state_lock);
    return status || e->user != ATT_NO_INDEX ? status : no_such_person(err, e->user_id);
}

att_status att_engine_export(
    att_engine *engine, att_text user, att_line_sink *sink, void *sink_user, att_error *err)
{
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    exporting e = {.engine = engine, .user_id = user, .sink = sink, .sink_user = sink_user, .err = err};
    const att_store_options options = {.read_only = true, .busy_timeout_ms = engine->options.wait_ms};
    att_store *reader = NULL; // its own connection: writers are not kept waiting
    status = find_exported(&e, err);
    if (!status)
        status = att_store_open(&reader, engine->path, &options, &engine->host, err);
    if (!status)
        status = att_store_log_each(reader, 1, export_record, &e, err);
    att_store_close(reader);
    ATT_VEC_FREE(&engine->host, &e.line);
    status = status ? status : e.status;
    return status ? status : att_engine_provenance_export(engine, user, sink, sink_user, err);
}

// --- Forget -----------------------------------------------------------------------------------------------------

typedef struct forget_write {
    att_write write;
    att_text user;
    uint64_t rows;
} forget_write;

// A process that was killed while it wrote a checkpoint has left PATH-fold.tmp-PID. One that is writing now fails to give
// its file the final name, and says so.
static att_status remove_beginnings(const char *checkpoint, att_error *err)
{
    char folder[4200], path[8600];
    snprintf(folder, sizeof folder, "%s", checkpoint);
    char *slash = strrchr(folder, '/');
    const char *name = slash ? checkpoint + (slash - folder) + 1 : checkpoint;
    if (slash)
        *slash = 0;
    DIR *dir = opendir(!slash ? "." : folder[0] ? folder : "/");
    if (!dir)
        return att_fail_errno(err, errno, "looking for beginnings of %s", checkpoint);
    const size_t size = strlen(name);
    att_status status = ATT_OK;
    for (struct dirent *entry; (entry = readdir(dir)) && !status;) {
        if (strncmp(entry->d_name, name, size) != 0 || strncmp(entry->d_name + size, ".tmp-", 5) != 0)
            continue;
        snprintf(path, sizeof path, "%s%s%s", slash ? folder : "", slash ? "/" : "", entry->d_name);
        if (unlink(path) != 0 && errno != ENOENT)
            status = att_fail_errno(err, errno, "deleting %s", path);
    }
    closedir(dir);
    return status;
}

// The checkpoint holds the person's state too. It only saves time, so it goes first, and once more when all is done:
// whatever happens in between, no copy is left behind.
static att_status remove_beside(const att_engine *engine, const char *suffix, att_error *err)
{
    char path[4200];
    if ((size_t)snprintf(path, sizeof path, "%s%s", engine->path, suffix) >= sizeof path)
        return ATT_FAIL(err, ATT_LIMIT, "the path %s is too long", engine->path);
    if (remove(path) != 0 && errno != ENOENT)
        return att_fail_errno(err, errno, "deleting %s", path);
    return remove_beginnings(path, err);
}

static att_status remove_checkpoint(const att_engine *engine, att_error *err)
{
    const att_status status = remove_beside(engine, "-fold", err);
    const att_status choices = status ? status : remove_beside(engine, "-choices", err);
    return choices ? choices : remove_beside(engine, "-queue", err);
}

static att_status run_forget(att_engine *engine, att_write *write, att_error *err)
{
    forget_write *job = (forget_write *)write;
    const uint32_t number = att_names_find(&engine->users, job->user);
    if (number == ATT_NO_INDEX) { // said now, when what other processes wrote is known
        write->refused = no_such_person(&write->error, job->user);
        return ATT_OK;
    }
    att_status status = remove_checkpoint(engine, err);
    if (!status)
        status = att_store_forget(engine->store, number, &job->rows, err);
    if (status)
        return status;
    att_record record = att_record_blank(engine, ATT_RECORD_FORGET);
    record.user = number;
    return att_engine_append(engine, &record, 1, err);
}

att_status att_engine_forget(att_engine *engine, att_text user, uint64_t *rows, att_error *err)
{
    forget_write job = {.write.run = run_forget, .user = user};
    att_status status = att_engine_commit(engine, &job.write, err);
    if (rows)
        *rows = status ? 0 : job.rows;
    // Somebody may stand in the log of provenance alone, or have been forgotten half: by a process that was killed in between.
    if (!status || status == ATT_NOT_FOUND) {
        att_error story;
        const att_status keys = att_engine_provenance_forget(engine, user, &story);
        if (keys != ATT_NOT_FOUND)
            status = keys ? ATT_FAIL(err, keys, "%s", story.text) : ATT_OK;
    }
    if (!status) // another process may have closed meanwhile, and written one
        status = remove_checkpoint(engine, err);
    if (!status)
        status = att_engine_renew_choices(engine, err);
    return status;
}
