// SPDX-License-Identifier: Apache-2.0
// engine/worlds.c - the worlds that are built in. A new medium is a folder and one line here.
#include "engine/internal.h"

#include "generate/world.h"

static const att_world *const built_in[] = {
    NULL,
};

const att_world *att_engine_world(const att_engine *engine, size_t index)
{
    size_t at = 0;
    for (const att_world *const *world = built_in; *world; world++)
        if (at++ == index)
            return *world;
    for (const att_world *const *world = engine->options.worlds; world && *world; world++)
        if (at++ == index)
            return *world;
    return NULL;
}

const att_world *att_engine_world_named(const att_engine *engine, att_text name)
{
    const att_world *world;
    for (size_t i = 0; (world = att_engine_world(engine, i)); i++)
        if (att_text_equal(name, att_text_of(world->name)))
            return world;
    return NULL;
}

att_status att_engine_check_worlds(const att_engine *engine, att_error *err)
{
    const att_world *world;
    att_status status = ATT_OK;
    for (size_t i = 0; !status && (world = att_engine_world(engine, i)); i++) {
        status = att_world_check(world, err);
        if (!status && att_engine_world_named(engine, att_text_of(world->name)) != world)
            status = ATT_FAIL(err, ATT_EXISTS, "world %s is there twice", world->name);
    }
    return status;
}
