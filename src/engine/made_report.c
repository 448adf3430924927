// SPDX-License-Identifier: Apache-2.0
// engine/made_report.c - the log read once, on a connection of its own, for what was made and what it cost.
#include "engine/internal.h"

#include "generate/report.h"

typedef struct reading {
    att_engine *engine;
    att_made_tally *tally;
    uint64_t seen, total;
    att_status status;
    att_error *err;
} reading;

static bool add_record(void *user, const att_record *record)
{
    reading *r = user;
    if ((++r->seen & 0x3FFF) == 0 &&
        !att_progress_tell(&r->engine->host, "report", record->seq, ATT_MAX(r->total, record->seq), "records")) {
        r->status = ATT_FAIL(r->err, ATT_CANCELLED, "the report was cancelled");
        return false;
    }
    r->status = att_made_tally_add(r->tally, record, r->err);
    return r->status == ATT_OK;
}

static att_status read_log(reading *r, att_error *err)
{
    const att_store_options options = {.read_only = true};
    att_store *reader = NULL;
    att_status status = att_store_open(&reader, r->engine->path, &options, &r->engine->host, err);
    if (!status)
        status = att_store_last_seq(reader, &r->total, err);
    if (!status)
        status = att_store_log_each(reader, 1, add_record, r, err);
    att_store_close(reader);
    return status ? status : r->status;
}

att_status att_engine_made_report(att_engine *engine, att_made_report *out, att_error *err)
{
    *out = (att_made_report){0};
    const att_policy policy = att_engine_policy(engine);
    reading r = {.engine = engine, .err = err};
    att_status status = att_made_tally_create(&r.tally, &policy, &engine->host, err);
    if (!status)
        status = read_log(&r, err);
    if (!status)
        status = att_made_tally_finish(r.tally, engine->host.now_ms(engine->host.user), out, err);
    att_made_tally_destroy(r.tally);
    return att_while(err, status, "reporting on what was made in %s", engine->path);
}
