// SPDX-License-Identifier: Apache-2.0
// engine/worlds.c - the worlds that are built in. A new medium is a folder and one line here.
#include "engine/internal.h"

#include "generate/world.h"
#include "music/situations.h"
#ifdef ATT_MUSIC
#include "music/world.h"
#endif

static const att_medium *const built_in[] = {
#ifdef ATT_MUSIC
    &att_music_world,
#endif
    NULL,
};

static bool is_replaced(const att_engine *engine, const att_medium *world)
{
    for (const att_medium *const *own = engine->options.worlds; own && *own; own++)
        if (strcmp((*own)->name, world->name) == 0)
            return true;
    return false;
}

// The host's first; one of its own takes the place of one of that name.
const att_medium *att_engine_world(const att_engine *engine, size_t index)
{
    size_t at = 0;
    for (const att_medium *const *world = engine->options.worlds; world && *world; world++)
        if (at++ == index)
            return *world;
    for (const att_medium *const *world = built_in; *world; world++)
        if (!is_replaced(engine, *world) && at++ == index)
            return *world;
    return NULL;
}

const att_medium *att_engine_world_named(const att_engine *engine, att_text name)
{
    const att_medium *world;
    for (size_t i = 0; (world = att_engine_world(engine, i)); i++)
        if (att_text_equal(name, att_text_of(world->name)))
            return world;
    return NULL;
}

att_status att_engine_check_worlds(const att_engine *engine, att_error *err)
{
    const att_medium *world;
    att_status status = ATT_OK;
    for (size_t i = 0; !status && (world = att_engine_world(engine, i)); i++) {
        status = att_medium_check(world, err);
        if (!status && att_engine_world_named(engine, att_text_of(world->name)) != world)
            status = ATT_FAIL(err, ATT_EXISTS, "world %s is there twice", world->name);
    }
    return status;
}

// --- What situations want ---------------------------------------------------------------------------------------------

att_status att_engine_read_wishes(att_engine *engine, att_error *err)
{
    const att_medium *world;
    bool has_music = false;
    att_wishes_deinit(&engine->wishes);
    att_status status = att_wishes_add(&engine->wishes, NULL, engine->policy.situations.wish, engine->policy.situations.count, err);
    for (size_t i = 0; !status && (world = att_engine_world(engine, i)); i++) {
        has_music |= strcmp(world->name, ATT_MUSIC_MEDIUM) == 0;
        status = att_wishes_add(&engine->wishes, world->name, world->wishes, world->wish_count, err);
    }
    if (!status && !has_music) // a build without decoders knows what music is wanted when
        status = att_wishes_add(&engine->wishes, ATT_MUSIC_MEDIUM, att_music_wishes, ATT_MUSIC_WISH_COUNT, err);
    return status;
}

// --- What they keep beside the store ----------------------------------------------------------------------------------

att_status att_engine_open_worlds(att_engine *engine, att_error *err)
{
    const att_medium *world;
    size_t count = 0;
    while (att_engine_world(engine, count))
        count++;
    engine->beside = ATT_NEW_ARRAY(&engine->host, void *, count + 1);
    if (!engine->beside)
        return att_no_memory(err, count, "worlds");
    engine->world_count = count;
    for (size_t i = 0; (world = att_engine_world(engine, i)); i++) {
        const att_status status = world->open ? world->open(world, engine->path, &engine->beside[i], &engine->host, err) : ATT_OK;
        if (status)
            return att_while(err, status, "world %s", world->name);
    }
    return ATT_OK;
}

void att_engine_close_worlds(att_engine *engine)
{
    if (!engine->beside)
        return;
    for (size_t i = 0; i < engine->world_count; i++) {
        const att_medium *world = att_engine_world(engine, i);
        if (world->close)
            world->close(world, engine->beside[i]);
    }
    ATT_FREE_ARRAY(&engine->host, engine->beside, engine->world_count + 1);
    engine->beside = NULL;
}

void *att_engine_world_beside(const att_engine *engine, const att_medium *world)
{
    for (size_t i = 0; i < engine->world_count; i++)
        if (att_engine_world(engine, i) == world)
            return engine->beside[i];
    return NULL;
}
