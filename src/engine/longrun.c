// SPDX-License-Identifier: Apache-2.0
// engine/longrun.c - the log read once, for a report over the long run.
//
// The pass has a connection of its own and takes from the state, under a brief lock, who is left out and what the items'
// tags are. What is logged during the pass is read, too; who comes first then counts as a person in good
// standing.
#include "engine/internal.h"
#include "measure/longrun.h"

typedef struct reading {
    att_engine *engine;
    att_longrun_fold *fold;
    uint64_t seen, total;
    att_status status;
    att_error *err;
} reading;

static bool add_record(void *user, const att_record *record)
{
    reading *r = user;
    if ((++r->seen & 0x3FFF) == 0 && !att_progress_tell(&r->engine->host, "report", record->seq,
                                         ATT_MAX(r->total, record->seq), "records")) {
        r->status = ATT_FAIL(r->err, ATT_CANCELLED, "the report was cancelled");
        return false;
    }
    r->status = att_longrun_fold_add(r->fold, record, r->err);
    return r->status == ATT_OK;
}

// --- What the state tells ----------------------------------------------------------------------

static uint8_t standing_of(const att_person_state *person)
{
    if (!person || att_person_is_learned_from(person))
        return LONGRUN_IN;
    return person->opted_out ? LONGRUN_OPTED_OUT : LONGRUN_BOT;
}

static int8_t group_of(const att_engine *engine, const att_longrun_options *options, uint32_t user)
{
    const int group = options->group_of(options->group_user, att_names_get(&engine->users, user));
    return group == 0 || group == 1 ? (int8_t)group : -1;
}

// Arrays in `life`, so that the lock is held briefly.
static att_status copy_state(const att_engine *engine, const att_longrun_options *options,
    att_arena *life, att_longrun_input *out, att_error *err)
{
    const att_catalogue *catalogue = &engine->catalogue;
    const uint32_t people = engine->users.count, items = (uint32_t)catalogue->entries.count;
    const bool by_name = options->compare == ATT_COMPARE_PEOPLE;
    size_t tags = 0, count;
    for (uint32_t i = 0; i < items; i++) {
        att_catalogue_tags(catalogue, i, &count);
        tags += count;
    }
    uint8_t *standing = ATT_NEW(life, uint8_t, people + 1);
    int8_t *groups = by_name ? ATT_NEW(life, int8_t, people + 1) : NULL;
    uint32_t *tag_start = ATT_NEW(life, uint32_t, (size_t)items + 1);
    uint16_t *all_tags = ATT_NEW(life, uint16_t, tags + 1);
    if (!standing || (by_name && !groups) || !tag_start || !all_tags)
        return att_no_memory(err, people, "people of a report");
    for (uint32_t user = 0; user < people; user++) {
        standing[user] = standing_of(att_people_get(engine->people, user));
        if (by_name)
            groups[user] = group_of(engine, options, user);
    }
    for (uint32_t i = 0; i < items; i++) {
        const uint16_t *list = att_catalogue_tags(catalogue, i, &count);
        if (count)
            memcpy(all_tags + tag_start[i], list, count * sizeof *list);
        tag_start[i + 1] = tag_start[i] + (uint32_t)count;
    }
    out->standing = standing;
    out->groups = groups;
    out->people_count = people;
    out->tag_start = tag_start;
    out->tags = all_tags;
    out->item_count = items;
    out->tag_count = catalogue->tags.count;
    return ATT_OK;
}

// --- The pass ----------------------------------------------------------------------------------

static att_status read_log(reading *r, att_error *err)
{
    const att_engine *engine = r->engine;
    const att_store_options options = {.read_only = true};
    att_store *reader = NULL;
    att_status status = att_store_open(&reader, engine->path, &options, &engine->host, err);
    if (!status)
        status = att_store_last_seq(reader, &r->total, err);
    if (!status)
        status = att_store_log_each(reader, 1, add_record, r, err);
    att_store_close(reader);
    return status ? status : r->status;
}

att_status att_engine_longrun(
    att_engine *engine, const att_longrun_options *options, att_longrun **out, att_error *err)
{
    const att_longrun_options o = options ? *options : att_longrun_options_default();
    *out = NULL;
    att_status status = att_longrun_options_check(&o, err);
    if (!status)
        status = att_engine_refresh(engine, err);
    if (status)
        return status;
    att_arena life;
    att_arena_init(&life, &engine->host, 0);
    pthread_rwlock_rdlock(&engine->state_lock);
    const att_policy policy = engine->policy;
    att_longrun_input input = {.policy = &policy};
    status = att_engine_state_check(engine, err);
    if (!status)
        status = copy_state(engine, &o, &life, &input, err);
    pthread_rwlock_unlock(&engine->state_lock);
    reading r = {.engine = engine, .err = err};
    if (!status)
        status = att_longrun_fold_create(&r.fold, &o, &input, &engine->host, err);
    if (!status)
        status = read_log(&r, err);
    if (!status)
        status = att_longrun_fold_finish(r.fold, out, err);
    att_longrun_fold_destroy(r.fold);
    att_arena_deinit(&life);
    return att_while(err, status, "reporting on %s", engine->path);
}
