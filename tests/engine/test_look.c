// SPDX-License-Identifier: Apache-2.0
// What people look at: neighbours, the log newest first, and the map.
#include "scene.h"

#include "engine/internal.h"

#include <math.h>
#include <stdlib.h>

static att_error err;
static att_slate_memory *memory;
static att_engine *town;

typedef struct rows {
    char item[600][24];
    double x[600], y[600], value[600];
    uint64_t number[600];
    int64_t at_ms[600];
    size_t count;
} rows;
static rows got, other;

static bool take_near(void *user, const att_neighbour *n)
{
    rows *r = user;
    snprintf(r->item[r->count], 24, "%.*s", ATT_TEXT_ARGS(n->item));
    r->value[r->count++] = n->similarity;
    return true;
}

static int kind_of(const char *item)
{
    return atoi(item + 5) % 3;
}

CHECK_TEST(neighbours_are_of_the_same_kind_and_the_nearest_comes_first)
{
    CHECK_BEGIN();
    got.count = 0;
    CHECK_OK_ERR(att_engine_neighbours(town, scene_item_id(6), 10, take_near, &got, &err), &err);
    CHECK_EQ(got.count, 10);
    int same = 0;
    for (size_t i = 0; i < 10; i++) {
        CHECK(i == 0 || got.value[i] <= got.value[i - 1]);
        CHECK(got.value[i] <= 1 + 1e-6 && strcmp(got.item[i], "song-06") != 0);
        same += kind_of(got.item[i]) == 0;
    }
    CHECK(same >= 9);
    CHECK_EQ(att_engine_neighbours(town, att_text_of("nothing"), 10, take_near, &got, &err), ATT_NOT_FOUND);
    CHECK_EQ(att_engine_neighbours(town, scene_item_id(6), 0, take_near, &got, &err), ATT_INVALID);
}

CHECK_TEST(without_vectors_neighbours_share_tags)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(check_path("tags"), NULL);
    for (int i = 0; i < 12; i++)
        scene_put_item(engine, i, INT64_MAX);
    got.count = 0;
    CHECK_OK_ERR(att_engine_neighbours(engine, scene_item_id(0), 3, take_near, &got, &err), &err);
    CHECK_EQ(got.count, 3);
    CHECK(strcmp(got.item[0], "song-06") == 0); // the only other one with both tags
    CHECK_NEAR(got.value[0], 1, 1e-6);
    CHECK_NEAR(got.value[1], 1.0 / 3, 1e-6);
    att_map_about about;
    CHECK_EQ(att_engine_map(engine, 10, NULL, NULL, &about, &err), ATT_NOT_FOUND);
    att_engine_close(engine);
}

static bool shows(att_engine *engine, int item)
{
    att_request request = scene_request(1, SCENE_ITEMS);
    request.dry = true;
    att_slate slate;
    CHECK_OK_ERR(att_engine_decide(engine, &request, memory, &slate, &err), &err);
    for (size_t i = 0; i < slate.count; i++)
        if (att_text_equal(slate.shown[i].item, scene_item_id(item)))
            return true;
    return false;
}

static bool count_item(void *user, const att_item *item)
{
    (void)item;
    ++*(size_t *)user;
    return true;
}

static size_t listed(att_engine *engine)
{
    size_t count = 0;
    CHECK_OK_ERR(att_engine_items_each(engine, (att_text){0}, count_item, &count, &err), &err);
    return count;
}

CHECK_TEST(a_deleted_item_is_gone_for_every_process_until_it_is_put_again)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(check_path("gone"), NULL), *second = scene_open(check_path("gone"), NULL);
    scene_fill(engine);
    CHECK(shows(second, 4));
    CHECK_OK_ERR(att_engine_item_delete(engine, scene_item_id(4), att_text_of("withdrawn"), &err), &err);
    CHECK(!shows(engine, 4) && !shows(second, 4));
    CHECK_EQ(listed(engine), SCENE_ITEMS - 1);
    att_engine_info info;
    att_engine_info_get(second, &info);
    CHECK_EQ(info.items, SCENE_ITEMS - 1);
    CHECK_EQ(att_engine_item_delete(second, scene_item_id(4), (att_text){0}, &err), ATT_NOT_FOUND);
    att_engine *third = scene_open(check_path("gone"), NULL); // reads it all anew
    CHECK(!shows(third, 4));
    scene_put_item(second, 4, INT64_MAX);
    CHECK(shows(engine, 4) && shows(second, 4) && shows(third, 4));
    att_engine_close(third);
    third = scene_open(check_path("gone"), NULL);
    CHECK(shows(third, 4)); // the newest word counts, though the log says "deleted" too
    CHECK_EQ(listed(third), SCENE_ITEMS);
    att_engine_close(third);
    att_engine_close(second);
    att_engine_close(engine);
}

static bool take_past(void *user, const att_past_event *past)
{
    rows *r = user;
    r->at_ms[r->count] = past->event.at_ms;
    snprintf(r->item[r->count++], 24, "%.*s", ATT_TEXT_ARGS(past->event.item));
    return true;
}

CHECK_TEST(a_history_is_paged_from_the_newest_on_and_whole)
{
    CHECK_BEGIN();
    uint64_t next = 0;
    got.count = other.count = 0;
    CHECK_OK_ERR(att_engine_past(town, scene_user_id(7), 0, 500, take_past, &got, &next, &err), &err);
    CHECK_EQ(got.count, 24);
    CHECK_EQ(next, 0);
    for (size_t i = 1; i < got.count; i++)
        CHECK(got.at_ms[i] < got.at_ms[i - 1]);
    size_t pages = 0;
    do {
        CHECK_OK_ERR(att_engine_past(town, scene_user_id(7), next, 5, take_past, &other, &next, &err), &err);
        pages++;
    } while (next && pages < 20);
    CHECK(pages >= 5);
    CHECK_EQ(other.count, got.count);
    for (size_t i = 0; i < got.count; i++)
        CHECK(other.at_ms[i] == got.at_ms[i] && strcmp(other.item[i], got.item[i]) == 0);
    CHECK_EQ(att_engine_past(town, att_text_of("nobody"), 0, 5, take_past, &got, &next, &err), ATT_NOT_FOUND);
}

static bool take_shown(void *user, const att_shown_once *s)
{
    rows *r = user;
    r->number[r->count] = s->decision;
    r->value[r->count] = s->score;
    r->x[r->count] = s->propensity;
    r->y[r->count] = s->place;
    snprintf(r->item[r->count++], 24, "%.*s", ATT_TEXT_ARGS(s->user));
    return true;
}

CHECK_TEST(where_an_item_was_shown_is_told_as_it_was_decided)
{
    CHECK_BEGIN();
    uint64_t decisions[6], next;
    double scores[6];
    for (int d = 0; d < 6; d++) {
        att_request request = scene_request(d, 90);
        att_slate slate;
        CHECK_OK_ERR(att_engine_decide(town, &request, memory, &slate, &err), &err);
        decisions[d] = slate.decision;
        scores[d] = NAN;
        for (size_t i = 0; i < slate.count; i++)
            if (att_text_equal(slate.shown[i].item, scene_item_id(80)))
                scores[d] = slate.shown[i].score;
    }
    got.count = 0;
    CHECK_OK_ERR(att_engine_shown(town, scene_item_id(80), 0, 500, take_shown, &got, &next, &err), &err);
    CHECK(got.count >= 3);
    CHECK_EQ(next, 0);
    size_t at = 0;
    for (int d = 6; d-- > 0;) {
        if (isnan(scores[d]))
            continue;
        CHECK_EQ(got.number[at], decisions[d]);
        CHECK_NEAR(got.value[at], scores[d], 1e-5);
        CHECK(got.x[at] > 0 && got.x[at] <= 1);
        at++;
    }
    CHECK_EQ(at, got.count);
}

static bool take_place(void *user, const att_map_item *item)
{
    rows *r = user;
    snprintf(r->item[r->count], 24, "%.*s", ATT_TEXT_ARGS(item->item));
    r->x[r->count] = item->x;
    r->number[r->count] = item->events;
    r->y[r->count++] = item->y;
    return true;
}

static bool take_taste(void *user, const att_taste_item_point *point)
{
    rows *r = user;
    r->value[r->count] = point->weight;
    return take_place(r, &point->item);
}

static void middle_of(int kind, double *x, double *y)
{
    double sum = 0;
    *x = *y = 0;
    for (size_t i = 0; i < got.count; i++)
        if (kind_of(got.item[i]) == kind) {
            *x += got.x[i];
            *y += got.y[i];
            sum++;
        }
    *x /= sum;
    *y /= sum;
}

CHECK_TEST(kinds_lie_apart_on_the_map_and_a_person_lies_with_their_own)
{
    CHECK_BEGIN();
    att_map_about about;
    got.count = other.count = 0;
    CHECK_OK_ERR(att_engine_map(town, 90, take_place, &got, &about, &err), &err);
    CHECK_EQ(got.count, about.items);
    CHECK(about.shares[0] > 0 && about.shares[0] >= about.shares[1] && about.shares[0] + about.shares[1] <= 1);
    for (size_t i = 0; i < got.count; i++) {
        CHECK(fabs(got.x[i]) <= 2 && fabs(got.y[i]) <= 2);
        CHECK(i == 0 || got.number[i] <= got.number[i - 1]);
    }
    CHECK_OK_ERR(att_engine_map(town, 90, take_place, &other, &about, &err), &err); // the axes are kept
    for (size_t i = 0; i < got.count; i++)
        CHECK(got.x[i] == other.x[i] && got.y[i] == other.y[i]);
    double x[3], y[3];
    for (int kind = 0; kind < 3; kind++)
        middle_of(kind, &x[kind], &y[kind]);
    for (int user = 0; user < 3; user++) { // who loves one kind alone
        const att_request request = scene_request(user, 1);
        att_taste_map map;
        other.count = 0;
        CHECK_OK_ERR(att_engine_taste_map(town, &request, memory, 50, take_taste, &other, &map, &err), &err);
        CHECK(other.count > 5);
        for (size_t i = 1; i < other.count; i++)
            CHECK(other.value[i] <= other.value[i - 1]);
        const att_taste_point now = map.points[ATT_POINT_NOW];
        CHECK(now.known && map.points[ATT_POINT_LONG_TERM].known);
        double own = hypot(now.x - x[user % 3], now.y - y[user % 3]);
        for (int kind = 0; kind < 3; kind++)
            CHECK(kind == user % 3 || own < hypot(now.x - x[kind], now.y - y[kind]));
    }
    att_request request = scene_request(0, 1);
    att_taste_map map;
    request.user = att_text_of("nobody");
    CHECK_EQ(att_engine_taste_map(town, &request, memory, 50, take_taste, &other, &map, &err), ATT_NOT_FOUND);
}

static int begin(void **state)
{
    (void)state;
    town = scene_open(check_path("town"), NULL);
    scene_fill(town);
    const att_train_options options = {.kind = "als", .dim = 32};
    return att_engine_train(town, &options, NULL, &err) == ATT_OK && att_slate_memory_create(&memory, NULL, &err) == ATT_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    att_slate_memory_destroy(memory);
    att_engine_close(town);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(neighbours_are_of_the_same_kind_and_the_nearest_comes_first),
        CHECK_CASE(without_vectors_neighbours_share_tags),
        CHECK_CASE(a_deleted_item_is_gone_for_every_process_until_it_is_put_again), CHECK_CASE(a_history_is_paged_from_the_newest_on_and_whole),
        CHECK_CASE(where_an_item_was_shown_is_told_as_it_was_decided), CHECK_CASE(kinds_lie_apart_on_the_map_and_a_person_lies_with_their_own)};
    return cmocka_run_group_tests_name(__FILE__, tests, begin, end);
}
