// SPDX-License-Identifier: Apache-2.0
// engine/look.c - the log and taste space, for people who look.
//
// The log has no index by person or item. It is read from its end backwards, in windows that are each read forwards, by a
// connection of its own, and no further than ATT_LOOK_RECORDS_MAX records: the caller is told where to go on.
#include "attune/look.h"
#include "embed/project.h"
#include "engine/serve.h"

#include <math.h>
#include <stdlib.h>

enum { WINDOW = 20000, SAMPLE_WORK = 100000000 };

// --- Neighbours ---------------------------------------------------------------------------------------------------

typedef struct near_item {
    uint32_t item;
    float similarity;
} near_item;

static int nearest_first(const void *a, const void *b)
{
    const near_item *x = a, *y = b;
    if (x->similarity != y->similarity)
        return x->similarity < y->similarity ? 1 : -1;
    return x->item < y->item ? -1 : x->item > y->item;
}

static double size_of(const float *v, uint32_t dim)
{
    double sum = 0;
    for (uint32_t d = 0; d < dim; d++)
        sum += (double)v[d] * (double)v[d];
    return sqrt(sum);
}

static float cosine(const float *a, const float *b, uint32_t dim, double size_a)
{
    double sum = 0;
    for (uint32_t d = 0; d < dim; d++)
        sum += (double)a[d] * (double)b[d];
    const double size = size_a * size_of(b, dim);
    return size > 0 ? (float)(sum / size) : 0;
}

// Shared tags of all tags that either has (Jaccard).
static float shared_tags(const att_engine *engine, uint32_t a, uint32_t b)
{
    size_t count_a, count_b, shared = 0;
    const uint16_t *tags_a = att_catalogue_tags(&engine->catalogue, a, &count_a);
    const uint16_t *tags_b = att_catalogue_tags(&engine->catalogue, b, &count_b);
    for (size_t i = 0; i < count_a; i++)
        for (size_t k = 0; k < count_b; k++)
            shared += tags_a[i] == tags_b[k];
    return shared ? (float)shared / (float)(count_a + count_b - shared) : 0;
}

static att_status list_near(att_engine *engine, uint32_t item, size_t count, att_neighbour_seer *see, void *user, att_error *err)
{
    const att_serving *serving = &engine->serving;
    const att_catalogue *catalogue = &engine->catalogue;
    const uint32_t dim = serving->model ? att_model_dim(serving->model) : 0;
    const float *own = dim ? att_serving_vector(serving, item) : NULL;
    const double own_size = own ? size_of(own, dim) : 0;
    near_item *all = ATT_NEW_ARRAY(&engine->host, near_item, catalogue->entries.count);
    if (!all)
        return att_no_memory(err, catalogue->entries.count, "items");
    size_t found = 0;
    for (uint32_t i = 0; i < catalogue->entries.count; i++) {
        const float *other = own && i != item ? att_serving_vector(serving, i) : NULL;
        if (i == item || !catalogue->entries.items[i].has_body || (own && !other))
            continue;
        const float similarity = own ? cosine(own, other, dim, own_size) : shared_tags(engine, item, i);
        if (own || similarity > 0)
            all[found++] = (near_item){i, similarity};
    }
    qsort(all, found, sizeof *all, nearest_first);
    bool going = true;
    for (size_t i = 0; i < found && i < count && going; i++) {
        const att_entry *entry = &catalogue->entries.items[all[i].item];
        const att_neighbour n = {.item = att_names_get(&catalogue->ids, all[i].item),
            .title = att_catalogue_title(catalogue, all[i].item),
            .medium = att_names_get(&catalogue->media, entry->medium),
            .similarity = (double)all[i].similarity,
            .by_tags = !own};
        going = see(user, &n);
    }
    ATT_FREE_ARRAY(&engine->host, all, catalogue->entries.count);
    return ATT_OK;
}

static att_status no_item(att_text item, att_error *err)
{
    return ATT_FAIL(err, ATT_NOT_FOUND, "item \"%.*s\" is not in the catalogue", ATT_TEXT_ARGS(item));
}

att_status att_engine_neighbours(
    att_engine *engine, att_text item, size_t count, att_neighbour_seer *see, void *user, att_error *err)
{
    if (count < 1 || count > ATT_LOOK_MAX)
        return ATT_FAIL(err, ATT_INVALID, "%zu neighbours were asked for, 1 to %d expected", count, ATT_LOOK_MAX);
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    pthread_rwlock_rdlock(&engine->state_lock);
    status = att_engine_state_check(engine, err);
    const uint32_t index = status ? ATT_NO_INDEX : att_names_find(&engine->catalogue.ids, item);
    if (!status)
        status = index != ATT_NO_INDEX && engine->catalogue.entries.items[index].has_body
                     ? list_near(engine, index, count, see, user, err)
                     : no_item(item, err);
    pthread_rwlock_unlock(&engine->state_lock);
    return status;
}

// --- The log backwards ----------------------------------------------------------------------------------------------

// What a window found, oldest first.
typedef struct found_record {
    att_record record;       // its texts are gone
    att_decided_slot slot;   // of a decision
    uint32_t place;
    uint64_t model;
} found_record;

typedef struct backwards {
    att_engine *engine;
    uint32_t user, item;   // of whom or of what; one is ATT_NO_INDEX
    uint64_t to_seq;       // of the window, with it
    ATT_VEC(found_record) found;
    att_decided_slot *slots; // (ATT_SLATE_MAX)
    att_status status;
    att_error *err;
} backwards;

static bool keep_record(backwards *b, const att_record *record, const att_decided_slot *slot, uint32_t place, uint64_t model)
{
    found_record f = {.record = *record, .place = place, .model = model};
    if (slot)
        f.slot = *slot;
    f.record.id = (att_text){0};
    f.record.payload = NULL;
    if (!ATT_VEC_PUSH(&b->engine->host, &b->found, f))
        b->status = att_no_memory(b->err, b->found.count, "records");
    return b->status == ATT_OK;
}

static bool look_at(void *user, const att_record *record)
{
    backwards *b = user;
    if (record->seq > b->to_seq)
        return false;
    if (b->user != ATT_NO_INDEX)
        return record->kind != ATT_RECORD_EVENT || record->user != b->user || keep_record(b, record, NULL, 0, 0);
    if (record->kind != ATT_RECORD_DECISION)
        return true;
    att_decision_record decision;
    b->status = att_decision_decode(record->payload, record->payload_size, &decision, b->slots, ATT_SLATE_MAX, b->err);
    for (uint16_t s = 0; s < decision.count && !b->status; s++)
        if (b->slots[s].item == b->item)
            return keep_record(b, record, &b->slots[s], s, decision.model);
    return b->status == ATT_OK;
}

// Calls `tell` for each find, newest first, until it returns false or `count` were told.
static att_status walk_back(backwards *b, uint64_t before, size_t count, bool (*tell)(void *user, const found_record *found), void *user,
    uint64_t *next, att_error *err)
{
    att_store *reader = NULL;
    const att_store_options only_read = {.read_only = true};
    uint64_t end = 0, looked = 0;
    size_t told = 0;
    *next = 0;
    att_status status = att_store_open(&reader, b->engine->path, &only_read, &b->engine->host, err);
    if (!status)
        status = att_store_last_seq(reader, &end, err);
    uint64_t to = before && before <= end ? before - 1 : end;
    bool going = true;
    while (!status && to && going && told < count && looked < ATT_LOOK_RECORDS_MAX) {
        const uint64_t from = to > WINDOW ? to - WINDOW + 1 : 1;
        b->found.count = 0;
        b->to_seq = to;
        status = att_store_log_each(reader, from, look_at, b, err);
        if (!status)
            status = b->status;
        for (size_t i = b->found.count; i-- > 0 && !status && going && told < count; told++) {
            going = tell(user, &b->found.items[i]);
            to = b->found.items[i].record.seq; // behind it, for now
        }
        looked += WINDOW;
        if (told < count && going)
            to = from; // the whole window was told
        *next = to;
        to = told < count && going ? from - 1 : to;
    }
    if (*next == 1)
        *next = 0;
    att_store_close(reader);
    ATT_VEC_FREE(&b->engine->host, &b->found);
    return status;
}

typedef struct telling {
    att_engine *engine;
    att_shown_seer *see_shown;
    att_past_seer *see_past;
    void *user;
} telling;

// Names are looked up under the lock; the seer runs under it too.
static bool tell_shown(void *user, const found_record *found)
{
    const telling *t = user;
    att_shown_once shown = {.decision = found->record.seq,
        .at_ms = found->record.at_ms,
        .place = found->place,
        .kind = (att_slot_kind)found->slot.kind,
        .propensity = (double)found->slot.propensity,
        .model = found->model};
    for (int term = 0; term < ATT_TERM_COUNT; term++) {
        shown.terms[term] = (double)found->slot.terms[term];
        shown.score += shown.terms[term];
    }
    pthread_rwlock_rdlock(&t->engine->state_lock);
    if (found->record.user < t->engine->users.count)
        shown.user = att_names_get(&t->engine->users, found->record.user);
    const bool going = t->see_shown(t->user, &shown);
    pthread_rwlock_unlock(&t->engine->state_lock);
    return going;
}

static bool tell_past(void *user, const found_record *found)
{
    const telling *t = user;
    const att_record *r = &found->record;
    att_past_event past = {.event = att_event_empty(), .set_aside = r->set_aside};
    past.event.at_ms = r->at_ms;
    past.event.signal = (att_signal)r->signal;
    past.event.value = r->value;
    past.event.position_ms = r->position_ms;
    past.event.length_ms = r->length_ms;
    past.event.dwell_ms = r->dwell_ms;
    past.event.decision = r->decision;
    past.event.context = r->context;
    pthread_rwlock_rdlock(&t->engine->state_lock);
    if (r->item < t->engine->catalogue.entries.count) {
        past.event.item = att_names_get(&t->engine->catalogue.ids, r->item);
        past.title = att_catalogue_title(&t->engine->catalogue, r->item);
    }
    const bool going = t->see_past(t->user, &past);
    pthread_rwlock_unlock(&t->engine->state_lock);
    return going;
}

static att_status find_number(att_engine *engine, const att_names *names, att_text id, uint32_t *out, att_error *err)
{
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    pthread_rwlock_rdlock(&engine->state_lock);
    status = att_engine_state_check(engine, err);
    *out = status ? ATT_NO_INDEX : att_names_find(names, id);
    pthread_rwlock_unlock(&engine->state_lock);
    return status;
}

static att_status check_count(size_t count, att_error *err)
{
    return count >= 1 && count <= ATT_LOOK_MAX
               ? ATT_OK
               : ATT_FAIL(err, ATT_INVALID, "%zu rows were asked for, 1 to %d expected", count, ATT_LOOK_MAX);
}

att_status att_engine_shown(att_engine *engine, att_text item, uint64_t before, size_t count, att_shown_seer *see, void *user,
    uint64_t *next, att_error *err)
{
    att_decided_slot slots[ATT_SLATE_MAX];
    backwards b = {.engine = engine, .user = ATT_NO_INDEX, .slots = slots, .err = err};
    telling t = {.engine = engine, .see_shown = see, .user = user};
    att_status status = check_count(count, err);
    if (!status)
        status = find_number(engine, &engine->catalogue.ids, item, &b.item, err);
    if (!status && b.item == ATT_NO_INDEX)
        status = no_item(item, err);
    return status ? status : walk_back(&b, before, count, tell_shown, &t, next, err);
}

att_status att_engine_past(att_engine *engine, att_text person, uint64_t before, size_t count, att_past_seer *see, void *user,
    uint64_t *next, att_error *err)
{
    backwards b = {.engine = engine, .item = ATT_NO_INDEX, .err = err};
    telling t = {.engine = engine, .see_past = see, .user = user};
    att_status status = check_count(count, err);
    if (!status)
        status = find_number(engine, &engine->users, person, &b.user, err);
    if (!status && b.user == ATT_NO_INDEX)
        status = ATT_FAIL(err, ATT_NOT_FOUND, "nothing is known of \"%.*s\"", ATT_TEXT_ARGS(person));
    return status ? status : walk_back(&b, before, count, tell_past, &t, next, err);
}

// --- The map --------------------------------------------------------------------------------------------------------

typedef struct map {
    att_arena life, scratch;
    att_projection projection;
    att_map_about about;
} map;

static void drop_map(map *m)
{
    att_arena_deinit(&m->life);
    att_arena_deinit(&m->scratch);
}

// Of very many items an evenly spread part is enough to find the axes.
static att_status fit_map(att_engine *engine, map *m, att_error *err)
{
    const size_t items = engine->catalogue.entries.count;
    const uint32_t dim = m->about.dim;
    const float **vectors = ATT_NEW(&m->scratch, const float *, items + 1);
    if (!vectors)
        return att_no_memory(err, items, "items");
    size_t count = 0;
    for (uint32_t i = 0; i < items; i++) {
        const float *vector = engine->catalogue.entries.items[i].has_body ? att_serving_vector(&engine->serving, i) : NULL;
        if (vector)
            vectors[count++] = vector;
    }
    const size_t most = ATT_MAX((size_t)SAMPLE_WORK / ((size_t)dim * dim), (size_t)1000), used = ATT_MIN(count, most);
    for (size_t i = 0; i < used; i++)
        vectors[i] = vectors[(size_t)((double)i * (double)count / (double)used)];
    return att_projection_fit(&m->projection, vectors, used, dim, &m->life, &m->scratch, err);
}

// The engine keeps the axes of the model in use: they are found once, whoever asks first.
static att_status find_axes(att_engine *engine, map *m, att_error *err)
{
    const uint32_t dim = m->about.dim;
    if (engine->map_version == m->about.model && engine->map_dim == dim) {
        double *kept = ATT_NEW(&m->life, double, 3 * (size_t)dim);
        if (!kept)
            return att_no_memory(err, dim, "numbers of a map");
        memcpy(kept, engine->map, 3 * (size_t)dim * sizeof *kept);
        m->projection = (att_projection){.dim = dim, .mean = kept, .axis = {kept + dim, kept + 2 * (size_t)dim}};
        memcpy(m->projection.shares, engine->map_shares, sizeof engine->map_shares);
        return ATT_OK;
    }
    const att_status status = fit_map(engine, m, err);
    double *fresh = status ? NULL : ATT_NEW_ARRAY(&engine->host, double, 3 * (size_t)dim);
    if (status || !fresh)
        return status ? status : att_no_memory(err, dim, "numbers of a map");
    ATT_FREE_ARRAY(&engine->host, engine->map, 3 * (size_t)engine->map_dim);
    engine->map = fresh;
    engine->map_dim = dim;
    engine->map_version = m->about.model;
    memcpy(fresh, m->projection.mean, dim * sizeof *fresh);
    for (int a = 0; a < 2; a++)
        memcpy(fresh + (size_t)(a + 1) * dim, m->projection.axis[a], dim * sizeof *fresh);
    memcpy(engine->map_shares, m->projection.shares, sizeof engine->map_shares);
    return ATT_OK;
}

// state_lock held.
static att_status make_map(att_engine *engine, map *m, att_error *err)
{
    const att_serving *serving = &engine->serving;
    att_arena_init(&m->life, &engine->host, 0);
    att_arena_init(&m->scratch, &engine->host, 0);
    m->about = (att_map_about){.model = serving->version, .dim = serving->model ? att_model_dim(serving->model) : 0};
    if (!m->about.dim)
        return ATT_FAIL(err, ATT_NOT_FOUND, "there is no map: %s", serving->model ? "the model in use has no vectors" : "no model was trained");
    for (uint32_t i = 0; i < engine->catalogue.entries.count; i++)
        m->about.items += engine->catalogue.entries.items[i].has_body && att_serving_vector(serving, i);
    pthread_mutex_lock(&engine->look_lock);
    const att_status status = find_axes(engine, m, err);
    pthread_mutex_unlock(&engine->look_lock);
    memcpy(m->about.shares, m->projection.shares, sizeof m->about.shares);
    return status;
}

// False: it has no vector.
static bool place(const att_engine *engine, const map *m, uint32_t item, att_map_item *out)
{
    const att_catalogue *catalogue = &engine->catalogue;
    const float *vector = att_serving_vector(&engine->serving, item);
    if (!vector)
        return false;
    size_t tags;
    const uint16_t *list = att_catalogue_tags(catalogue, item, &tags);
    *out = (att_map_item){.item = att_names_get(&catalogue->ids, item),
        .title = att_catalogue_title(catalogue, item),
        .tag = tags ? att_names_get(&catalogue->tags, list[0]) : (att_text){0},
        .events = catalogue->entries.items[item].events};
    att_projection_point(&m->projection, vector, &out->x, &out->y);
    return true;
}

typedef struct met_item {
    uint32_t item, events;
} met_item;

static int most_met(const void *a, const void *b)
{
    const met_item *x = a, *y = b;
    if (x->events != y->events)
        return x->events < y->events ? 1 : -1;
    return x->item < y->item ? -1 : x->item > y->item;
}

static att_status list_map(att_engine *engine, map *m, size_t count, att_map_seer *see, void *user, att_error *err)
{
    const att_catalogue *catalogue = &engine->catalogue;
    met_item *all = ATT_NEW(&m->scratch, met_item, catalogue->entries.count + 1);
    if (!all)
        return att_no_memory(err, catalogue->entries.count, "items");
    size_t found = 0;
    for (uint32_t i = 0; i < catalogue->entries.count; i++)
        if (catalogue->entries.items[i].has_body && att_serving_vector(&engine->serving, i))
            all[found++] = (met_item){i, catalogue->entries.items[i].events};
    qsort(all, found, sizeof *all, most_met);
    att_map_item item;
    for (size_t i = 0; i < found && i < count; i++)
        if (place(engine, m, all[i].item, &item) && !see(user, &item))
            break;
    return ATT_OK;
}

att_status att_engine_map(
    att_engine *engine, size_t count, att_map_seer *see, void *user, att_map_about *about, att_error *err)
{
    map m = {0};
    if (count < 1 || count > ATT_MAP_ITEMS_MAX)
        return ATT_FAIL(err, ATT_INVALID, "%zu items were asked for, 1 to %d expected", count, ATT_MAP_ITEMS_MAX);
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    pthread_rwlock_rdlock(&engine->state_lock);
    status = att_engine_state_check(engine, err);
    if (!status)
        status = make_map(engine, &m, err);
    if (!status)
        status = list_map(engine, &m, count, see, user, err);
    pthread_rwlock_unlock(&engine->state_lock);
    *about = m.about;
    drop_map(&m);
    return status;
}

// --- Somebody on it -----------------------------------------------------------------------------------------------------

const char *att_taste_point_name(att_taste_point_kind kind)
{
    static const char *const names[] = {"long-term", "recent", "session", "now"};
    return (unsigned)kind < ATT_POINT_COUNT ? names[kind] : "?";
}

// The vector that the person would have by these weights alone.
static att_status place_weights(att_view *view, const map *m, const att_tastes *tastes, const float *weights, att_taste_point *out, att_error *err)
{
    const att_model *model = view->engine->serving.model;
    att_fold_item *items = ATT_NEW(&view->memory->scratch, att_fold_item, tastes->count + 1);
    float *vector = ATT_NEW(&view->memory->scratch, float, m->about.dim);
    if (!items || !vector)
        return att_no_memory(err, tastes->count, "preferences");
    size_t count = 0;
    for (size_t i = 0; i < tastes->count && count < ATT_HISTORY_MAX; i++) {
        const uint32_t item = view->person->preferences[tastes->chosen[i]].item;
        if (weights[i] > 0)
            items[count++] = (att_fold_item){
                .item = item, .weight = weights[i], .vector = att_serving_vector(&view->engine->serving, item)};
    }
    if (!count)
        return ATT_OK;
    const att_status status = att_model_fold(model, view->memory->fold, items, count, vector, err);
    out->known = !status && size_of(vector, m->about.dim) > 0;
    if (out->known)
        att_projection_point(&m->projection, vector, &out->x, &out->y);
    return status;
}

static att_status place_person(att_view *view, const map *m, att_taste_map *out, att_error *err)
{
    att_tastes tastes;
    att_status status = att_view_tastes(view->engine, view->person, &view->moment, view->lifts, &view->wishes, &view->memory->scratch, &tastes, err);
    if (view->taste) {
        out->points[ATT_POINT_NOW] = (att_taste_point){.known = true, .share = 1};
        att_projection_point(&m->projection, view->taste, &out->points[ATT_POINT_NOW].x, &out->points[ATT_POINT_NOW].y);
    }
    for (int s = 0; s < ATT_TASTE_SCALES && !status; s++) {
        out->points[s].share = tastes.sum.share[s];
        if (tastes.sum.share[s] > 0)
            status = place_weights(view, m, &tastes, tastes.scales + (size_t)s * tastes.count, &out->points[s], err);
    }
    return status;
}

static void list_history(att_view *view, const map *m, size_t count, att_taste_seer *see, void *user)
{
    att_taste_item_point point;
    for (size_t i = 0; i < view->history_count && i < count; i++)
        if (place(view->engine, m, view->history[i].item, &point.item)) {
            point.weight = (double)view->history[i].weight;
            if (!see(user, &point))
                return;
        }
}

att_status att_engine_taste_map(att_engine *engine, const att_request *request, att_slate_memory *memory, size_t count,
    att_taste_seer *see, void *user, att_taste_map *out, att_error *err)
{
    att_view view;
    map m = {0};
    *out = (att_taste_map){0};
    att_status status = att_engine_refresh(engine, err);
    if (!status)
        status = att_view_begin(engine, request, memory, &memory->answer, 1, &view, err);
    if (status)
        return status;
    status = make_map(engine, &m, err);
    out->about = m.about;
    if (!status && view.user == ATT_NO_INDEX)
        status = ATT_FAIL(err, ATT_NOT_FOUND, "nothing is known of \"%.*s\"", ATT_TEXT_ARGS(request->user));
    if (!status)
        list_history(&view, &m, count, see, user); // in the order of weight
    if (!status && view.person)
        status = place_person(&view, &m, out, err);
    att_view_end(&view);
    drop_map(&m);
    return status;
}
