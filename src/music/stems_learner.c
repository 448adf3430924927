// SPDX-License-Identifier: Apache-2.0
// music/stems_learner.c - steps of Adam over a ring of examples.
#include "music/stems_learner.h"
#include "base/rng.h"
#include "embed/blas.h"
#include "store/snapshot.h"

#include <math.h>
#include <xxhash.h>

enum {
    LEAR = ATT_TAG4('S', 'T', 'L', 'R'),
    HEAD = ATT_TAG4('H', 'E', 'A', 'D'),
    WEIG = ATT_TAG4('W', 'E', 'I', 'G'),
    VERSION = 2,
    WARM_STEPS = 100
};
#define MEAN_KEEPS 0.998
#define FALLS_FROM 0.7

typedef struct mark {
    uint64_t training; // hash of what it is trained on and how
    uint64_t step, steps;
} mark;

struct att_stems_learner {
    att_host host;
    att_arena life, scratch;
    const att_stems_pool *pool;
    att_stems_pace pace;
    att_stft *stft;
    att_stems_example *ring; // (pace.ring)
    uint64_t made;           // examples
    uint32_t step;
    size_t count;            // weights
    float *weights, *first, *second, *mean; // in one block
    float *gradient, *dmasks;
    att_stems_room *room;
    const att_seq_ops *ops;
};

static uint64_t hash_of(const att_stems_pool *pool, const att_stems_pace *p)
{
    const double numbers[] = {(double)p->frames, p->ring, p->batch, p->rate, (double)pool->tracks.count};
    uint64_t hash = XXH3_64bits_withSeed(numbers, sizeof numbers, p->seed);
    for (size_t i = 0; i < pool->tracks.count; i++) {
        const att_stems_track *t = &pool->tracks.items[i];
        hash = XXH3_64bits_withSeed(&t->frames, sizeof t->frames, hash);
        for (int s = 0; s < ATT_STEM_COUNT; s++)
            if (t->samples[s]) // its beginning stands for it
                hash = XXH3_64bits_withSeed(t->samples[s], ATT_MIN(t->frames, (size_t)65536) * 2 * sizeof(int16_t), hash);
    }
    return hash;
}

static bool make_room(att_stems_learner *l)
{
    const size_t frames = l->pace.frames;
    l->count = att_stems_layout_get().count;
    l->weights = ATT_NEW(&l->life, float, 4 * l->count);
    l->gradient = ATT_NEW(&l->life, float, l->count);
    l->dmasks = ATT_NEW(&l->life, float, frames *ATT_STEMS_MASKS);
    l->room = att_stems_room_new(frames, true, &l->life);
    l->ring = ATT_NEW(&l->life, att_stems_example, l->pace.ring + 1); // and one to judge by
    bool whole = l->weights && l->gradient && l->dmasks && l->room && l->ring;
    for (size_t i = 0; whole && i <= l->pace.ring; i++)
        whole = att_stems_example_init(&l->ring[i], frames, &l->life);
    l->first = whole ? l->weights + l->count : NULL;
    l->second = whole ? l->first + l->count : NULL;
    l->mean = whole ? l->second + l->count : NULL;
    return whole;
}

att_status att_stems_learner_create(att_stems_learner **out, const att_stems_pool *pool, const att_stems_pace *pace, const att_host *host, att_error *err)
{
    const att_host its = att_host_complete(host);
    att_stems_learner *l = *out = ATT_NEW_ARRAY(&its, att_stems_learner, 1);
    if (!l)
        return att_no_memory(err, 1, "learner");
    *l = (att_stems_learner){.host = its, .pool = pool, .pace = *pace, .ops = att_seq_ops_best()};
    att_arena_init(&l->life, &l->host, 0);
    att_arena_init(&l->scratch, &l->host, 0);
    att_status status = att_blas_check(&l->host, err);
    if (!status)
        status = att_stft_create(&l->stft, ATT_STEMS_RATE_HZ, &l->host, err);
    if (!status && !make_room(l))
        status = att_no_memory(err, l->pace.ring, "examples");
    if (status) {
        att_stems_learner_destroy(l);
        *out = NULL;
        return status;
    }
    att_stems_weights_draw(l->weights, pace->seed);
    memcpy(l->mean, l->weights, l->count * sizeof *l->mean);
    return ATT_OK;
}

void att_stems_learner_destroy(att_stems_learner *l)
{
    if (!l)
        return;
    const att_host host = l->host;
    att_stft_destroy(l->stft);
    att_arena_deinit(&l->scratch);
    att_arena_deinit(&l->life);
    ATT_FREE_ARRAY(&host, l, 1);
}

uint32_t att_stems_learner_at(const att_stems_learner *l)
{
    return l->step;
}

float *att_stems_learner_weights(att_stems_learner *l)
{
    return l->mean;
}

// --- Steps ----------------------------------------------------------------------------------------------------

// At step k the ring holds the examples before k + ring.
static bool fill_ring(att_stems_learner *l)
{
    const uint64_t wanted = (uint64_t)l->step + l->pace.ring;
    bool whole = true;
    l->made = ATT_MAX(l->made, wanted - l->pace.ring);
    for (; whole && l->made < wanted; l->made++)
        whole = att_stems_example_draw(&l->ring[l->made % l->pace.ring], l->pool, l->stft, l->pace.seed, l->made, false, &l->scratch);
    return whole;
}

// The rate rises, stays, and from here on falls in a line to nothing (Hu et al. 2024): until then steps do not depend on how many there will be.
static double falls_from(uint32_t steps)
{
    return FALLS_FROM * steps;
}

static double rate_at(const att_stems_pace *p, uint32_t step)
{
    const double rises = ATT_MIN((step + 1.0) / WARM_STEPS, 1), from = falls_from(p->steps);
    return p->rate * rises * ATT_MIN((p->steps - step) / (p->steps - from), 1);
}

static att_seq_pace pace_of(const att_stems_learner *l)
{
    const double beta1 = 0.9, beta2 = 0.99, t = (double)l->step + 1, rate = rate_at(&l->pace, l->step);
    return (att_seq_pace){.rate = (float)(rate / (1 - pow(beta1, t))), .second = (float)(1 / (1 - pow(beta2, t))), .beta1 = (float)beta1,
        .beta2 = (float)beta2, .epsilon = 1e-8f, .shrink = (float)(1 - rate * 0.01)};
}

// The mean over the last steps, each counting a little less than the one after it (Polyak and Juditsky 1992).
static void take_mean(att_stems_learner *l)
{
    const float keep = (float)ATT_MIN(MEAN_KEEPS, (1.0 + l->step) / (10.0 + l->step));
    l->ops->scale_to(l->mean, keep, l->mean, l->count);
    l->ops->add_scaled(l->mean, 1 - keep, l->weights, l->count);
}

att_status att_stems_learner_step(att_stems_learner *l, double *loss, att_error *err)
{
    const att_stems_net net = {l->weights, l->ops};
    const att_seq_pace pace = pace_of(l);
    att_rng rng = att_rng_stream(~l->pace.seed, l->step);
    if (!fill_ring(l))
        return att_no_memory(err, 1, "example");
    *loss = 0;
    memset(l->gradient, 0, l->count * sizeof *l->gradient);
    const int before = att_blas_hold();
    for (uint32_t b = 0; b < l->pace.batch; b++) {
        const att_stems_example *e = &l->ring[att_rng_below(&rng, l->pace.ring)];
        const att_stems_target target = {e->mix, e->cross, {e->own[0], e->own[1], e->own[2], e->own[3]}};
        const float *masks = att_stems_forward(&net, e->features, e->frames, l->room);
        *loss += att_stems_loss(masks, e->frames, &target, l->dmasks, NULL) / l->pace.batch;
        att_stems_backward(&net, e->features, e->frames, l->room, l->dmasks, l->gradient);
    }
    att_blas_release(before);
    l->ops->scale_to(l->gradient, 1.0f / (float)l->pace.batch, l->gradient, l->count);
    l->ops->adam(l->weights, l->first, l->second, l->gradient, &pace, l->count);
    take_mean(l);
    l->step++;
    return isfinite(*loss) ? ATT_OK : ATT_FAIL(err, ATT_INVALID, "step %u: the loss is not finite", l->step);
}

att_status att_stems_learner_judge(att_stems_learner *l, const att_stems_pool *pool, uint32_t tracks, double below_db[ATT_STEM_COUNT], att_error *err)
{
    const att_stems_net net = {l->mean, l->ops};
    double counts[ATT_STEM_COUNT] = {0};
    att_stems_example *e = &l->ring[l->pace.ring];
    memset(below_db, 0, ATT_STEM_COUNT * sizeof *below_db);
    const int before = att_blas_hold();
    bool whole = true;
    for (uint32_t n = 0; whole && n < ATT_MIN(tracks, pool->tracks.count); n++) {
        double error[ATT_STEM_COUNT];
        whole = att_stems_example_draw(e, pool, l->stft, l->pace.seed, n, true, &l->scratch);
        const att_stems_target target = {e->mix, e->cross, {e->own[0], e->own[1], e->own[2], e->own[3]}};
        if (whole)
            att_stems_loss(att_stems_forward(&net, e->features, e->frames, l->room), e->frames, &target, l->dmasks, error);
        for (int s = 0; whole && s < ATT_STEM_COUNT; s++)
            if (isfinite(error[s])) {
                below_db[s] -= 10 * log10(ATT_MAX(error[s], 1e-6));
                counts[s]++;
            }
    }
    att_blas_release(before);
    for (int s = 0; s < ATT_STEM_COUNT; s++)
        below_db[s] /= ATT_MAX(counts[s], 1);
    return whole ? ATT_OK : att_no_memory(err, 1, "example");
}

// --- Checkpoints ----------------------------------------------------------------------------------------------

att_status att_stems_learner_save(const att_stems_learner *l, const char *path, att_error *err)
{
    const mark m = {hash_of(l->pool, &l->pace), l->step, l->pace.steps};
    att_snapshot_writer *writer = NULL;
    att_status status = att_snapshot_writer_create(&writer, LEAR, VERSION, &l->host, err);
    if (!status)
        status = att_snapshot_add(writer, HEAD, &m, sizeof m, err);
    if (!status)
        status = att_snapshot_add(writer, WEIG, l->weights, 4 * l->count * sizeof *l->weights, err);
    if (!status)
        status = att_snapshot_finish(writer, path, err);
    att_snapshot_writer_destroy(writer);
    return att_while(err, status, "saving checkpoint %s", path);
}

// Of a training of the same tracks and options, and of as many steps, unless its rate had not begun to fall.
static bool is_ours(const att_stems_learner *l, const mark *m)
{
    return m->training == hash_of(l->pool, &l->pace) && m->step <= l->pace.steps &&
           (m->steps == l->pace.steps || (double)m->step <= falls_from((uint32_t)ATT_MIN(m->steps, (uint64_t)l->pace.steps)));
}

static att_status take_up(att_stems_learner *l, const att_snapshot *s, uint32_t version, att_error *err)
{
    const void *m = NULL, *weights = NULL;
    size_t count = 0;
    if (version != VERSION)
        return ATT_FAIL(err, ATT_VERSION, "version %u, this build reads %d", version, VERSION);
    att_status status = att_snapshot_need(s, HEAD, sizeof(mark), &count, &m, err);
    if (!status && count != 1)
        status = ATT_FAIL(err, ATT_CORRUPT, "section HEAD is there %zu times", count);
    if (!status && !is_ours(l, m))
        status = ATT_FAIL(err, ATT_INVALID, "it is of a training with other tracks or options");
    if (!status)
        status = att_snapshot_need(s, WEIG, sizeof(float), &count, &weights, err);
    if (!status && count != 4 * l->count)
        status = ATT_FAIL(err, ATT_CORRUPT, "section WEIG has %zu numbers, expected %zu", count, 4 * l->count);
    for (size_t i = 0; !status && i < count; i++)
        if (!isfinite(((const float *)weights)[i]))
            status = ATT_FAIL(err, ATT_CORRUPT, "section WEIG: number %zu is not finite", i);
    if (status)
        return status;
    memcpy(l->weights, weights, count * sizeof *l->weights);
    l->step = (uint32_t)((const mark *)m)->step;
    l->made = l->step; // the ring is made anew
    return ATT_OK;
}

att_status att_stems_learner_load(att_stems_learner *l, const char *path, att_error *err)
{
    att_snapshot *s = NULL;
    uint32_t version = 0;
    att_status status = att_snapshot_open(&s, path, LEAR, &version, &l->host, err);
    if (status == ATT_NOT_FOUND)
        return status;
    if (!status)
        status = take_up(l, s, version, err);
    att_snapshot_close(s);
    return att_while(err, status, "going on from checkpoint %s", path);
}
