// SPDX-License-Identifier: Apache-2.0
// engine/dataset.c - a store's preferences as data to measure on.
#include "engine/internal.h"

#include "measure/dataset.h"

typedef struct gathering {
    att_dataset *dataset;
    att_status status;
    att_error *err;
} gathering;

static bool add_item(void *user, uint32_t index, att_text id, const att_item *item)
{
    gathering *g = user;
    (void)index;
    (void)id;
    if (item)
        g->status = att_dataset_item(g->dataset, item, g->err);
    return g->status == ATT_OK;
}

// Positive grades without decay: a protocol by time brings its own clock.
static att_status add_preferences(const att_engine *engine, att_dataset *dataset, att_error *err)
{
    for (uint32_t u = 0; u < att_people_count(engine->people); u++) {
        const att_person_state *person = att_people_get(engine->people, u);
        if (!person || !att_person_is_learned_from(person))
            continue;
        for (uint32_t p = 0; p < person->preference_count; p++) {
            const att_preference *preference = &person->preferences[p];
            if (!(preference->grade > 0))
                continue;
            const att_status status = att_dataset_add_in(dataset, att_names_get(&engine->users, u),
                att_names_get(&engine->catalogue.ids, preference->item), (int64_t)preference->at_s * 1000,
                (double)preference->grade, preference->situation, err);
            if (status)
                return status;
        }
    }
    return ATT_OK;
}

att_status att_engine_dataset(att_engine *engine, att_dataset **out, att_error *err)
{
    *out = NULL;
    att_status status = att_engine_refresh(engine, err);
    gathering g = {.err = err};
    const att_store_options options = {.read_only = true, .busy_timeout_ms = engine->options.wait_ms};
    att_store *reader = NULL; // its own connection: writers are not kept waiting
    if (!status)
        status = att_dataset_create(&g.dataset, engine->path, &engine->host, err);
    if (status)
        return status;
    status = att_store_open(&reader, engine->path, &options, &engine->host, err);
    if (!status)
        status = att_store_items_each(reader, 0, add_item, &g, err);
    att_store_close(reader);
    pthread_rwlock_rdlock(&engine->state_lock);
    if (!status)
        status = g.status;
    if (!status)
        status = att_engine_state_check(engine, err);
    if (!status)
        status = add_preferences(engine, g.dataset, err);
    pthread_rwlock_unlock(&engine->state_lock);
    if (status)
        att_dataset_destroy(g.dataset);
    else
        *out = g.dataset;
    return status;
}
