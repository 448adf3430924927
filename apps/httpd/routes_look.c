// SPDX-License-Identifier: Apache-2.0
// httpd/routes_look.c - for people who look: neighbours of an item, where it was shown and why, what somebody did, the map of
// taste space and where somebody stands on it; and the shapes of these.
#include "routes.h"

#include <string.h>

// --- Shapes -----------------------------------------------------------------------------------------------------

static const char *signal_of(unsigned signal)
{
    return signal < ATT_SIGNAL_COUNT ? att_signal_name((att_signal)signal) : NULL;
}

static const char *slot_of(unsigned kind)
{
    return kind <= ATT_SLOT_OUT_OF_DISTRIBUTION ? att_slot_kind_name((att_slot_kind)kind) : NULL;
}

static const char *point_of(unsigned kind)
{
    return kind < ATT_POINT_COUNT ? att_taste_point_name((att_taste_point_kind)kind) : NULL;
}

static const shape_field limit_fields[] = {{"limit", SHAPE_WHOLE, "at most this many; 20 when left out", 1, ATT_LOOK_MAX}, {0}};
const shape httpd_shape_limit_query = {"LimitQuery", "", limit_fields};
static const shape_field back_fields[] = {{"limit", SHAPE_WHOLE, "at most this many; 20 when left out", 1, ATT_LOOK_MAX},
    {"before", SHAPE_TEXT, "go on here: next of the page before", 16, 16}, {0}};
const shape httpd_shape_back_query = {"BackQuery", "", back_fields};
static const shape_field map_query_fields[] = {{"limit", SHAPE_WHOLE, "items at most; 500 when left out", 1, ATT_MAP_ITEMS_MAX}, {0}};
const shape httpd_shape_map_query = {"MapQuery", "", map_query_fields};

static const shape_field neighbour_fields[] = {{"item", SHAPE_TEXT, "id", .required = true}, {"title", SHAPE_TEXT, "title", .required = true},
    {"medium", SHAPE_TEXT, "medium", .required = true},
    {"similarity", SHAPE_NUMBER, "cosine of the vectors, -1 to 1; by tags: shared ones of all, 0 to 1", .required = true}, {0}};
static const shape shape_neighbour = {"Neighbour", "An item that is near another one", neighbour_fields};
static const shape_field neighbours_fields[] = {{"item", SHAPE_TEXT, "whose", .required = true},
    {"by_tags", SHAPE_BOOL, "there are no vectors: by shared tags", .required = true},
    {"neighbours", SHAPE_LIST, "nearest first", .of = SHAPE_OBJECT, .shape = &shape_neighbour, .required = true}, {0}};
const shape httpd_shape_neighbours = {"Neighbours", "What is near an item", neighbours_fields};

static const shape_field shown_fields[] = {{"decision", SHAPE_TEXT, "its id", .required = true},
    {"at", SHAPE_TIME, "when", .required = true, .nullable = true},
    {"user", SHAPE_TEXT, "to whom; null: forgotten", .required = true, .nullable = true}, {"place", SHAPE_WHOLE, "0 first", .required = true},
    {"slot", SHAPE_TEXT, "why it stood there", .name_of = slot_of, .required = true},
    {"propensity", SHAPE_NUMBER, "probability that it stood there", .required = true}, {"score", SHAPE_NUMBER, "the sum of the terms", .required = true},
    {"terms", SHAPE_OBJECT, "each with its weight in it", .shape = &httpd_shape_terms, .required = true},
    {"model", SHAPE_WHOLE, "version that scored it", .required = true}, {0}};
static const shape shape_shown = {"ShownOnce", "A decision that showed an item", shown_fields};
static const shape_field shown_page_fields[] = {
    {"decisions", SHAPE_LIST, "newest first", .of = SHAPE_OBJECT, .shape = &shape_shown, .required = true},
    {"next", SHAPE_TEXT, "go on with before=this; null: all was seen", .required = true, .nullable = true}, {0}};
const shape httpd_shape_shown_page = {"ShownPage", "Where an item was shown, and why", shown_page_fields};

static const shape_field past_fields[] = {{"at", SHAPE_TIME, "when", .required = true, .nullable = true},
    {"signal", SHAPE_TEXT, "what they did", .name_of = signal_of, .first_name = 1, .required = true},
    {"item", SHAPE_TEXT, "on what; null: on nothing", .required = true, .nullable = true},
    {"title", SHAPE_TEXT, "its title", .required = true, .nullable = true},
    {"value", SHAPE_NUMBER, "null: none", .required = true, .nullable = true},
    {"position_ms", SHAPE_WHOLE, "null: not known", .required = true, .nullable = true},
    {"length_ms", SHAPE_WHOLE, "null: not known", .required = true, .nullable = true},
    {"dwell_ms", SHAPE_WHOLE, "null: not known", .required = true, .nullable = true},
    {"decision", SHAPE_TEXT, "that showed it; null: none", .required = true, .nullable = true},
    {"context", SHAPE_OBJECT, "the situation", .shape = &httpd_shape_context, .required = true},
    {"set_aside", SHAPE_BOOL, "a bot's: not learned from", .required = true}, {0}};
static const shape shape_past = {"PastEvent", "What a person did", past_fields};
static const shape_field past_page_fields[] = {
    {"events", SHAPE_LIST, "newest first", .of = SHAPE_OBJECT, .shape = &shape_past, .required = true},
    {"next", SHAPE_TEXT, "go on with before=this; null: all was seen", .required = true, .nullable = true}, {0}};
const shape httpd_shape_past_page = {"PastPage", "A person's history", past_page_fields};

#define MAP_ITEM_FIELDS                                                                                            \
    {"item", SHAPE_TEXT, "id", .required = true}, {"title", SHAPE_TEXT, "title", .required = true},                \
        {"tag", SHAPE_TEXT, "its first; null: none", .required = true, .nullable = true},                          \
        {"events", SHAPE_WHOLE, "that named it", .required = true}, {"x", SHAPE_NUMBER, "-2 to 2", .required = true},      \
        {"y", SHAPE_NUMBER, "-2 to 2", .required = true}
#define MAP_FIELDS                                                                                                 \
    {"model", SHAPE_WHOLE, "whose vectors", .required = true}, {"dim", SHAPE_WHOLE, "their dimensions", .required = true},     \
        {"shares", SHAPE_LIST, "of all variance, on each axis", .of = SHAPE_NUMBER, .required = true}
static const shape_field map_item_fields[] = {MAP_ITEM_FIELDS, {0}};
static const shape shape_map_item = {"MapItem", "An item on the map", map_item_fields};
static const shape_field map_fields[] = {MAP_FIELDS, {"total", SHAPE_WHOLE, "items that have a vector", .required = true},
    {"items", SHAPE_LIST, "met most first", .of = SHAPE_OBJECT, .shape = &shape_map_item, .required = true}, {0}};
const shape httpd_shape_map = {"Map", "Taste space on a plane: principal components of the items' directions", map_fields};
static const shape_field point_fields[] = {{"scale", SHAPE_TEXT, "which vector", .name_of = point_of, .required = true},
    {"share", SHAPE_NUMBER, "of the mix; of now: 1", .required = true}, {"x", SHAPE_NUMBER, "-2 to 2", .required = true},
    {"y", SHAPE_NUMBER, "-2 to 2", .required = true}, {0}};
static const shape shape_point = {"TastePoint", "One of a person's vectors on the map; absent when nothing weighs in it", point_fields};
static const shape_field taste_item_fields[] = {MAP_ITEM_FIELDS, {"weight", SHAPE_NUMBER, "in the mix", .required = true}, {0}};
static const shape shape_taste_item = {"TasteItem", "An item that a taste is made of", taste_item_fields};
static const shape_field taste_fields[] = {{"user", SHAPE_TEXT, "who", .required = true}, MAP_FIELDS,
    {"points", SHAPE_LIST, "vectors of the mix, and the mix", .of = SHAPE_OBJECT, .shape = &shape_point, .required = true},
    {"items", SHAPE_LIST, "heaviest first", .of = SHAPE_OBJECT, .shape = &shape_taste_item, .required = true}, {0}};
const shape httpd_shape_taste = {"Taste", "Where a person stands on the map", taste_fields};
static const shape_field taste_query_fields[] = {{"device", SHAPE_TEXT, "what it is played on", .name_of = att_device_name},
    {"place", SHAPE_TEXT, "what kind of place", .name_of = att_place_name},
    {"activity", SHAPE_TEXT, "what they are doing", .name_of = att_activity_name},
    {"limit", SHAPE_WHOLE, "items at most; 50 when left out", 1, ATT_LOOK_MAX}, {0}};
const shape httpd_shape_taste_query = {"TasteQuery", "", taste_query_fields};

// --- Values -----------------------------------------------------------------------------------------------------

static void put_ms(httpd_out *o, const char *key, int32_t ms)
{
    out_key(o, key);
    if (ms >= 0)
        out_whole(o, (uint64_t)ms);
    else
        out_string(o, "null");
}

// --- Neighbours -------------------------------------------------------------------------------------------------

typedef struct near_list {
    httpd_out rows;
    bool by_tags;
} near_list;

static bool write_neighbour(void *user, const att_neighbour *n)
{
    near_list *list = user;
    httpd_out *o = &list->rows;
    list->by_tags = n->by_tags;
    out_item(o);
    out_open(o, '{');
    out_key_text(o, "item", n->item);
    out_key_text(o, "title", n->title);
    out_key_text(o, "medium", n->medium);
    out_key_number(o, "similarity", n->similarity);
    out_close(o, '}');
    return !o->failed;
}

void httpd_item_neighbours(httpd_exchange *x)
{
    near_list list = {0};
    att_error err = {0};
    httpd_out *o = &x->answer;
    const att_status status = att_engine_neighbours(
        x->engine, att_text_of(x->params[0]), (size_t)shape_whole(x->query, "limit", 20), write_neighbour, &list, &err);
    out_open(o, '{');
    out_key_string(o, "item", x->params[0]);
    out_key_bool(o, "by_tags", list.by_tags);
    out_key_list(o, "neighbours", &list.rows);
    out_close(o, '}');
    if (status)
        httpd_failed(x, status, &err);
}

// --- The log, newest first --------------------------------------------------------------------------------------

static bool write_shown(void *user, const att_shown_once *s)
{
    httpd_out *o = user;
    out_item(o);
    out_open(o, '{');
    out_key_id(o, "decision", s->decision);
    out_key_time(o, "at", s->at_ms);
    out_key_text_or_null(o, "user", s->user);
    out_key_whole(o, "place", s->place);
    out_key_string(o, "slot", att_slot_kind_name(s->kind));
    out_key_number(o, "propensity", s->propensity);
    out_key_number(o, "score", s->score);
    out_key(o, "terms");
    out_open(o, '{');
    for (int t = 0; t < ATT_TERM_COUNT; t++)
        if (s->terms[t] != 0)
            out_key_number(o, att_term_name((att_term)t), s->terms[t]);
    out_close(o, '}');
    out_key_whole(o, "model", s->model);
    out_close(o, '}');
    return !o->failed;
}

static bool write_past(void *user, const att_past_event *past)
{
    httpd_out *o = user;
    const att_event *e = &past->event;
    const char *const names[] = {"device", "place", "activity", "noise"};
    const char *const values[] = {att_device_name(e->context.device), att_place_name(e->context.place),
        att_activity_name(e->context.activity), att_noise_name(e->context.noise)};
    const uint8_t known[] = {e->context.device, e->context.place, e->context.activity, e->context.noise};
    out_item(o);
    out_open(o, '{');
    out_key_time(o, "at", e->at_ms);
    out_key_string(o, "signal", att_signal_name(e->signal));
    out_key_text_or_null(o, "item", e->item);
    out_key_text_or_null(o, "title", past->title);
    out_key_number(o, "value", (double)e->value);
    put_ms(o, "position_ms", e->position_ms);
    put_ms(o, "length_ms", e->length_ms);
    put_ms(o, "dwell_ms", e->dwell_ms);
    out_key_id(o, "decision", e->decision);
    out_key(o, "context");
    out_open(o, '{');
    for (int i = 0; i < 4; i++)
        if (known[i])
            out_key_string(o, names[i], values[i]);
    if (e->context.utc_offset_min != ATT_OFFSET_UNKNOWN) {
        out_key(o, "utc_offset_min");
        out_signed(o, e->context.utc_offset_min);
    }
    out_close(o, '}');
    out_key_bool(o, "set_aside", past->set_aside);
    out_close(o, '}');
    return !o->failed;
}

static void look_back(httpd_exchange *x, const char *key, bool of_item)
{
    uint64_t before, next = 0;
    att_error err = {0};
    httpd_out *o = &x->answer;
    if (!httpd_read_decision(x, x->query, "before", &before))
        return;
    const size_t limit = (size_t)shape_whole(x->query, "limit", 20);
    const att_text id = att_text_of(x->params[0]);
    out_open(o, '{');
    out_key(o, key);
    out_open(o, '[');
    const att_status status = of_item ? att_engine_shown(x->engine, id, before, limit, write_shown, o, &next, &err)
                                      : att_engine_past(x->engine, id, before, limit, write_past, o, &next, &err);
    if (status) {
        httpd_failed(x, status, &err);
        return;
    }
    out_close(o, ']');
    out_key_id(o, "next", next);
    out_close(o, '}');
}

void httpd_item_shown(httpd_exchange *x)
{
    look_back(x, "decisions", true);
}

void httpd_person_history(httpd_exchange *x)
{
    look_back(x, "events", false);
}

// --- The map ----------------------------------------------------------------------------------------------------

static void write_map_item(httpd_out *o, const att_map_item *item)
{
    out_key_text(o, "item", item->item);
    out_key_text(o, "title", item->title);
    out_key_text_or_null(o, "tag", item->tag);
    out_key_whole(o, "events", item->events);
    out_key_number(o, "x", item->x);
    out_key_number(o, "y", item->y);
}

static void write_about(httpd_out *o, const att_map_about *about)
{
    out_key_whole(o, "model", about->model);
    out_key_whole(o, "dim", about->dim);
    out_key(o, "shares");
    out_open(o, '[');
    for (int a = 0; a < 2; a++) {
        out_item(o);
        out_number(o, about->shares[a]);
    }
    out_close(o, ']');
}

static bool write_item(void *user, const att_map_item *item)
{
    httpd_out *o = user;
    out_item(o);
    out_open(o, '{');
    write_map_item(o, item);
    out_close(o, '}');
    return !o->failed;
}

static bool write_taste_item(void *user, const att_taste_item_point *point)
{
    httpd_out *o = user;
    out_item(o);
    out_open(o, '{');
    write_map_item(o, &point->item);
    out_key_number(o, "weight", point->weight);
    out_close(o, '}');
    return !o->failed;
}

static void write_points(httpd_out *o, const att_taste_map *map)
{
    out_key(o, "points");
    out_open(o, '[');
    for (int p = 0; p < ATT_POINT_COUNT; p++) {
        if (!map->points[p].known)
            continue;
        out_item(o);
        out_open(o, '{');
        out_key_string(o, "scale", att_taste_point_name((att_taste_point_kind)p));
        out_key_number(o, "share", map->points[p].share);
        out_key_number(o, "x", map->points[p].x);
        out_key_number(o, "y", map->points[p].y);
        out_close(o, '}');
    }
    out_close(o, ']');
}

static void close_items(httpd_exchange *x, httpd_out *rows, att_status status, const att_error *err)
{
    out_key_list(&x->answer, "items", rows);
    out_close(&x->answer, '}');
    if (status == ATT_NOT_FOUND && strncmp(err->text, "there is no map", 15) == 0)
        httpd_problem(x, 409, NULL, "%s", err->text);
    else if (status)
        httpd_failed(x, status, err);
}

void httpd_map_get(httpd_exchange *x)
{
    httpd_out rows = {0};
    att_map_about about = {0};
    att_error err = {0};
    const att_status status =
        att_engine_map(x->engine, (size_t)shape_whole(x->query, "limit", 500), write_item, &rows, &about, &err);
    out_open(&x->answer, '{');
    write_about(&x->answer, &about);
    out_key_whole(&x->answer, "total", about.items);
    close_items(x, &rows, status, &err);
}

void httpd_person_taste(httpd_exchange *x)
{
    httpd_out rows = {0};
    att_taste_map map;
    att_request request = att_request_default();
    att_error err = {0};
    if (!httpd_need_slate_memory(x))
        return;
    request.user = att_text_of(x->params[0]);
    request.count = 1;
    request.dry = true;
    (void)att_device_parse(shape_text(x->query, "device"), &request.context.device); // the shape has looked; left out: not known
    (void)att_place_parse(shape_text(x->query, "place"), &request.context.place);
    (void)att_activity_parse(shape_text(x->query, "activity"), &request.context.activity);
    const att_status status = att_engine_taste_map(
        x->engine, &request, x->slate_memory, (size_t)shape_whole(x->query, "limit", 50), write_taste_item, &rows, &map, &err);
    out_open(&x->answer, '{');
    out_key_string(&x->answer, "user", x->params[0]);
    write_about(&x->answer, &map.about);
    write_points(&x->answer, &map);
    close_items(x, &rows, status, &err);
}
