// SPDX-License-Identifier: Apache-2.0
// measure/sim_write.c - a world as files that the import reads, and that other programs can read
// too.
#include "ingest/json_write.h"
#include "attune/version.h"
#include "measure/sim_live.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

typedef struct sim_file {
    const att_world *world;
    FILE *file;
    char path[1024];
    att_bytes line;
} sim_file;

static att_status file_open(
    sim_file *out, const att_world *world, const char *folder, const char *name, att_error *err)
{
    *out = (sim_file){.world = world};
    const int size = snprintf(out->path, sizeof out->path, "%s/%s", folder, name);
    if (size < 0 || (size_t)size >= sizeof out->path)
        return ATT_FAIL(err, ATT_INVALID, "the path %s/%s is longer than %zu bytes", folder, name,
            sizeof out->path - 1);
    out->file = fopen(out->path, "wb");
    return out->file ? ATT_OK : att_fail_errno(err, errno, "opening %s for writing", out->path);
}

// What was buffered reaches the file here, so a full disk is told at the latest now.
static att_status file_close(sim_file *out, att_status status, att_error *err)
{
    ATT_VEC_FREE(&out->world->host, &out->line);
    if (!out->file)
        return status;
    if (fclose(out->file) != 0 && !status)
        status = att_fail_errno(err, errno, "writing %s", out->path);
    return status;
}

static att_status put(sim_file *out, const char *data, size_t size, att_error *err)
{
    if (fwrite(data, 1, size, out->file) == size)
        return ATT_OK;
    return att_fail_errno(err, errno, "writing %s", out->path);
}

static att_status put_line(sim_file *out, att_error *err)
{
    const att_status status = put(out, (const char *)out->line.items, out->line.count, err);
    out->line.count = 0;
    return status;
}

static att_status write_event(void *user, const att_event *event, att_error *err)
{
    sim_file *out = user;
    const att_status status = att_event_write_json(&out->world->host, &out->line, event, err);
    return status ? status : put_line(out, err);
}

static att_status write_items(const att_world *world, const char *folder, att_error *err)
{
    sim_file out;
    att_status status = file_open(&out, world, folder, "items.ndjson", err);
    for (uint32_t i = 0; !status && i < world->item_count; i++) {
        status = att_item_write_json(&world->host, &out.line, &world->views[i], err);
        if (!status)
            status = put_line(&out, err);
    }
    return file_close(&out, status, err);
}

static att_status write_events(const att_world *world, const char *folder, att_error *err)
{
    sim_file out;
    att_status status = file_open(&out, world, folder, "events.ndjson", err);
    if (!status)
        status = att_world_history(world, write_event, &out, err);
    return file_close(&out, status, err);
}

static att_status write_people(const att_world *world, const char *folder, att_error *err)
{
    static const char head[] = "user,territory,age,utc_offset_min\n";
    sim_file out;
    att_status status = file_open(&out, world, folder, "people.csv", err);
    if (!status)
        status = put(&out, head, sizeof head - 1, err);
    for (uint32_t i = 0; !status && i < world->person_count; i++) {
        const sim_person *p = &world->people[i];
        char line[96];
        const int size = snprintf(line, sizeof line, "%.*s,%c%c,%d,%d\n", ATT_TEXT_ARGS(p->id),
            p->territory >> 8, p->territory & 0xFF, p->age, p->utc_offset_min);
        status = put(&out, line, (size_t)size, err);
    }
    return file_close(&out, status, err);
}

static att_status write_readme(const att_world *world, const char *folder, att_error *err)
{
    const att_world_options *o = &world->options;
    char text[1024];
    const int size = snprintf(text, sizeof text,
        "A simulated world. No person and no work in these files exists.\n\n"
        "Drawn by Attune %s from seed %" PRIu64 ": %" PRIu32 " people, %" PRIu32 " items, %" PRIu32
        " days from %" PRId64 " ms (Unix time), about %" PRIu64
        " events. The same numbers give the same files.\n\n"
        "items.ndjson   the catalogue, a line an item\n"
        "events.ndjson  what people did, a line an event, in order of arrival; a few events come "
        "late, a few\n"
        "               contradict each other, and a few people are bots\n"
        "people.csv     where people live and how old they are, for asking in their name\n\n"
        "How people choose here is told in docs/simulator.md. What works on them need not work on "
        "people.\n",
        ATT_VERSION, o->seed, o->people, o->items, o->days, o->start_ms, o->events);
    sim_file out;
    att_status status = file_open(&out, world, folder, "README.txt", err);
    if (!status)
        status = put(&out, text, (size_t)size, err);
    return file_close(&out, status, err);
}

att_status att_world_write(const att_world *world, const char *folder, att_error *err)
{
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return att_fail_errno(err, errno, "making the folder %s", folder);
    att_status status = write_readme(world, folder, err);
    if (!status)
        status = write_items(world, folder, err);
    if (!status)
        status = write_people(world, folder, err);
    if (!status)
        status = write_events(world, folder, err);
    return status ? att_while(err, status, "writing the simulated world to %s", folder) : ATT_OK;
}
