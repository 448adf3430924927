// SPDX-License-Identifier: Apache-2.0
// tests/engine/scene.h - a small town: 90 songs of three kinds, 60 people who each love one kind and know a little of
// another. Times lie around SCENE_NOW.
#ifndef ATT_TESTS_SCENE_H
#define ATT_TESTS_SCENE_H

#include "check.h"

#include "attune/attune.h"
#include "base/rng.h"

#define SCENE_NOW INT64_C(1790000000000)
#define SCENE_DAY INT64_C(86400000)
enum { SCENE_ITEMS = 90, SCENE_PEOPLE = 60 };

static const char *const scene_kinds[] = {"jazz", "metal", "ambient"};

static inline att_text scene_item_id(int i)
{
    static _Thread_local char ids[4][16];
    static _Thread_local int next;
    char *id = ids[next++ % 4];
    snprintf(id, sizeof ids[0], "song-%02d", i);
    return att_text_of(id);
}

static inline att_text scene_user_id(int u)
{
    static _Thread_local char ids[4][16];
    static _Thread_local int next;
    char *id = ids[next++ % 4];
    snprintf(id, sizeof ids[0], "person-%02d", u);
    return att_text_of(id);
}

static inline void scene_put_item(att_engine *engine, int i, int64_t licence_end_ms)
{
    att_error err;
    const att_text tags[] = {att_text_of(scene_kinds[i % 3]), att_text_of(i % 2 ? "even-tempered" : "odd")};
    const att_feature features[] = {{att_text_of("energy"), i % 3 == 1 ? 0.9 : i % 3 == 0 ? 0.5 : 0.1}};
    const att_licence licence = {.start_ms = INT64_MIN, .end_ms = licence_end_ms, .uses = ATT_USE_ALL};
    char title[32];
    snprintf(title, sizeof title, "Song %d (%s)", i, scene_kinds[i % 3]);
    const att_item item = {.id = scene_item_id(i),
        .title = att_text_of(title),
        .medium = att_text_of("music"),
        .tags = tags,
        .tag_count = 2,
        .features = features,
        .feature_count = 1,
        .duration_ms = 200000,
        .published_at_ms = SCENE_NOW - (i + 1) * SCENE_DAY,
        .rights_known = true,
        .licences = &licence,
        .licence_count = 1};
    CHECK_OK_ERR(att_engine_items_put(engine, &item, 1, &err), &err);
}

static inline att_event scene_event(int user, int item, att_signal signal, int64_t at_ms)
{
    att_event event = att_event_empty();
    event.user = scene_user_id(user);
    event.item = scene_item_id(item);
    event.signal = signal;
    event.at_ms = at_ms;
    return event;
}

static inline att_engine *scene_open(const char *path, const att_host *host)
{
    att_engine *engine = NULL;
    att_error err;
    const att_open_options options = {.create = true, .seed = 11, .threads = 2};
    CHECK_OK_ERR(att_engine_open(&engine, path, &options, host, &err), &err);
    return engine;
}

// Person u loves kind u % 3: twenty plays to the end and two likes, and two completed songs of the next kind.
static inline void scene_fill(att_engine *engine)
{
    att_error err;
    for (int i = 0; i < SCENE_ITEMS; i++)
        scene_put_item(engine, i, INT64_MAX);
    att_rng rng = att_rng_seed(3);
    for (int u = 0; u < SCENE_PEOPLE; u++)
        for (int e = 0; e < 24; e++) {
            const int kind = e < 22 ? u % 3 : (u + 1) % 3;
            // The lower numbers of a kind are better known than the higher.
            const int of_kind = (int)(att_rng_unit(&rng) * att_rng_unit(&rng) * 30);
            const att_event event = scene_event(u, of_kind * 3 + kind, e < 2 ? ATT_SIGNAL_LIKE : ATT_SIGNAL_COMPLETE,
                SCENE_NOW - 10 * SCENE_DAY + (u * 24 + e) * 60000);
            CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
        }
}

static inline void scene_train(att_engine *engine)
{
    att_error err;
    CHECK_OK_ERR(att_engine_train(engine, NULL, NULL, &err), &err);
}

static inline att_request scene_request(int user, uint32_t count)
{
    att_request request = att_request_default();
    request.user = scene_user_id(user);
    request.count = count;
    request.at_ms = SCENE_NOW;
    request.explain = true;
    return request;
}

#endif
