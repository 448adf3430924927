// SPDX-License-Identifier: Apache-2.0
// music/stems_train.c - from a folder of multitracks to a file with a network.
#include "music/stems_learner.h"
#include "music/stems_model.h"
#include "music/stems_parts.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { STEPS_DEFAULT = 13000, FRAMES = 256, RING = 64, BATCH = 2, SAVE_EVERY = 250, JUDGE_EVERY = 250, JUDGED = 12 };

static att_status stop(const att_stems_learner *l, const att_stems_train_options *o, att_error *err)
{
    const att_status status = o->checkpoint ? att_stems_learner_save(l, o->checkpoint, err) : ATT_OK;
    return status ? status : ATT_FAIL(err, ATT_CANCELLED, "training was stopped at step %u", att_stems_learner_at(l));
}

static att_status learn(att_stems_learner *l, const att_stems_pool *held_out, const att_stems_train_options *o, uint32_t steps, const att_host *host,
    double *loss, att_error *err)
{
    double sum = 0, below[ATT_STEM_COUNT];
    uint32_t summed = 0;
    att_status status = ATT_OK;
    while (!status && att_stems_learner_at(l) < steps) {
        double its = 0;
        const uint32_t at = att_stems_learner_at(l);
        if (!att_progress_tell(host, "learn to split", at, steps, "steps"))
            return stop(l, o, err);
        if (!status)
            status = att_stems_learner_step(l, &its, err);
        sum += its;
        summed++;
        if (!status && o->checkpoint && (at + 1) % SAVE_EVERY == 0)
            status = att_stems_learner_save(l, o->checkpoint, err);
        if (!status && (at + 1) % JUDGE_EVERY == 0) {
            status = att_stems_learner_judge(l, held_out, JUDGED, below, err);
            att_logf(host, ATT_LOG_INFO, "step %u: loss %.3f, held out %.2f %.2f %.2f %.2f dB", at + 1, sum / summed, below[0], below[1], below[2], below[3]);
        }
        if ((at + 1) % ATT_MAX(steps / 10, 1u) == 0 && at + 1 < steps)
            *loss = sum / summed, sum = 0, summed = 0;
    }
    if (summed)
        *loss = sum / summed;
    return status;
}

att_status att_stems_train(
    const char *folder, const char *model, const att_stems_train_options *options, const att_host *host, att_stems_trained *out, att_error *err)
{
    const att_stems_train_options o = options ? *options : (att_stems_train_options){0};
    const att_host its = att_host_complete(host);
    const att_stems_pace pace = {.seed = o.seed ? o.seed : 1, .steps = o.steps ? o.steps : STEPS_DEFAULT, .frames = FRAMES, .ring = RING, .batch = BATCH, .rate = 1.5e-3};
    att_stems_pool pool = {0}, held_out = {0};
    att_stems_learner *learner = NULL;
    *out = (att_stems_trained){.steps = pace.steps};
    const size_t least = (FRAMES + 4) * 1024;
    att_status status = att_stems_pool_load(&pool, folder, least, &its, err);
    if (!status && o.held_out)
        status = att_stems_pool_load(&held_out, o.held_out, least, &its, err);
    if (!status)
        status = att_stems_learner_create(&learner, &pool, &pace, &its, err);
    if (!status && o.checkpoint) {
        status = att_stems_learner_load(learner, o.checkpoint, err);
        status = status == ATT_NOT_FOUND ? ATT_OK : status;
    }
    if (!status)
        status = learn(learner, o.held_out ? &held_out : &pool, &o, pace.steps, &its, &out->loss, err);
    out->tracks = (uint32_t)pool.tracks.count;
    att_stems_pool_deinit(&pool); // room for what follows
    att_stems_pool_deinit(&held_out);
    if (!status)
        status = att_stems_finish(model, att_stems_learner_weights(learner), o.held_out ? o.held_out : folder, &o, &its, out, err);
    att_stems_learner_destroy(learner);
    if (!status && o.checkpoint)
        unlink(o.checkpoint);
    return status;
}
