// SPDX-License-Identifier: Apache-2.0
// engine/music_report.c - the log read once for the figures of music.
#include "engine/internal.h"
#include "measure/music_long.h"

typedef struct reading {
    att_engine *engine;
    const att_music_report_options *options;
    att_policy policy;
    uint8_t *left_out; // (people) bots, and who opted out
    uint32_t people;
    att_music_item *items; // (item_count)
    uint32_t item_count;
    att_arena life;
    ATT_VEC(att_music_begun) begun;
    uint64_t seen, total;
    att_status status;
    att_error *err;
} reading;

// --- The state ----------------------------------------------------------------------------------------------------

static att_status look_at_state(reading *r, att_error *err)
{
    att_engine *engine = r->engine;
    pthread_rwlock_rdlock(&engine->state_lock);
    att_status status = att_engine_state_check(engine, err);
    r->policy = engine->policy;
    r->people = engine->users.count;
    r->item_count = (uint32_t)engine->catalogue.entries.count;
    r->left_out = status ? NULL : ATT_NEW(&r->life, uint8_t, (size_t)r->people + 1);
    for (uint32_t u = 0; r->left_out && u < r->people; u++) {
        const att_person_state *person = att_people_get(engine->people, u);
        r->left_out[u] = person && !att_person_is_learned_from(person);
    }
    pthread_rwlock_unlock(&engine->state_lock);
    r->items = status ? NULL : ATT_NEW(&r->life, att_music_item, (size_t)r->item_count + 1);
    if (!status && (!r->left_out || !r->items))
        status = att_no_memory(err, r->item_count, "items");
    return status;
}

static bool see_item(void *user, uint32_t index, att_text id, const att_item *item)
{
    reading *r = user;
    static const att_item none = {0};
    (void)id;
    if (index < r->item_count && !att_music_item_of(item ? item : &none, &r->life, &r->items[index]))
        r->status = att_no_memory(r->err, index, "vectors of items");
    return r->status == ATT_OK;
}

// --- The log ------------------------------------------------------------------------------------------------------

static bool is_begun(const att_record *record)
{
    return record->kind == ATT_RECORD_EVENT && !record->set_aside && record->item != ATT_NO_INDEX &&
           (record->signal == ATT_SIGNAL_PLAY || record->signal == ATT_SIGNAL_SKIP || record->signal == ATT_SIGNAL_COMPLETE ||
               record->signal == ATT_SIGNAL_REPLAY);
}

static bool see_record(void *user, const att_record *record)
{
    reading *r = user;
    const att_music_report_options *o = r->options;
    if ((++r->seen & 0x3FFF) == 0 &&
        !att_progress_tell(&r->engine->host, "report", record->seq, ATT_MAX(r->total, record->seq), "records")) {
        r->status = ATT_FAIL(r->err, ATT_CANCELLED, "the report was cancelled");
        return false;
    }
    if (!is_begun(record) || record->user >= r->people || r->left_out[record->user] || (o->from_ms && record->at_ms < o->from_ms) ||
        (o->to_ms && record->at_ms >= o->to_ms))
        return true;
    const att_grade grade = att_grade_event(&r->policy, record, record->length_ms);
    const att_music_begun one = {.at_ms = record->at_ms, .user = record->user, .item = record->item,
        .workout = record->context.activity == ATT_ACTIVITY_WORKOUT, .left_early = grade.skip == ATT_SKIP_EARLY};
    if (!ATT_VEC_PUSH(&r->engine->host, &r->begun, one))
        r->status = att_no_memory(r->err, r->begun.count, "things begun");
    return r->status == ATT_OK;
}

static att_status read_store(reading *r, att_error *err)
{
    const att_store_options options = {.read_only = true};
    att_store *reader = NULL;
    att_status status = att_store_open(&reader, r->engine->path, &options, &r->engine->host, err);
    if (!status)
        status = att_store_items_each(reader, 0, see_item, r, err);
    if (!status && !(status = r->status))
        status = att_store_last_seq(reader, &r->total, err);
    if (!status)
        status = att_store_log_each(reader, 1, see_record, r, err);
    att_store_close(reader);
    return status ? status : r->status;
}

att_status att_engine_music_report(att_engine *engine, const att_music_report_options *options, att_music_report *out, att_error *err)
{
    const att_music_report_options o = options ? *options : att_music_report_options_default();
    reading r = {.engine = engine, .options = &o, .err = err};
    *out = (att_music_report){0};
    if (!(o.workout_bpm > 0) || !(o.within_bpm >= 0) || o.window_ms <= 0 || !(o.near > 0 && o.near <= 1) || o.near_most < 1)
        return ATT_FAIL(err, ATT_INVALID, "a report on music needs a target and a window above 0, near above 0 and at most 1, and at least 1 a window");
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    att_arena_init(&r.life, &engine->host, 0);
    status = look_at_state(&r, err);
    if (!status)
        status = read_store(&r, err);
    if (!status)
        status = att_music_report_make(out, &o, r.begun.items, r.begun.count, r.items, r.item_count, &engine->host, err);
    ATT_VEC_FREE(&engine->host, &r.begun);
    att_arena_deinit(&r.life);
    return att_while(err, status, "reporting on %s", engine->path);
}
