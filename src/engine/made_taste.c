// SPDX-License-Identifier: Apache-2.0
// engine/made_taste.c - a person's taste in the words of items' features, for a brief.
//
//   t_f = sum_i w_i x_if / sum_i w_i     over the liked items i that have feature f, w as for a slate (decide/taste.c)
//
// A feature counts when items of at least half of all the weight have it, with a name and a value that a brief can hold.
#include "attune/generate.h"
#include "engine/serve.h"

#include <math.h>
#include <stdlib.h>

typedef struct summed {
    att_text name; // in the memory's answer
    double weight, sum;
} summed;

typedef struct summing {
    att_arena *answer;
    summed features[ATT_FEATURES_MAX];
    size_t count;
    double weight; // of the item that is looked at
} summing;

static summed *feature_named(summing *s, att_text name)
{
    for (size_t i = 0; i < s->count; i++)
        if (att_text_equal(s->features[i].name, name))
            return &s->features[i];
    if (s->count == ATT_FEATURES_MAX)
        return NULL;
    const att_text copy = att_arena_text(s->answer, name);
    if (!copy.data)
        return NULL;
    s->features[s->count] = (summed){.name = copy};
    return &s->features[s->count++];
}

// A brief has no room for others (generate/brief.c).
static bool fits_a_brief(const att_feature *f)
{
    return f->name.size && f->name.size <= ATT_TAG_SIZE_MAX && !memchr(f->name.data, ' ', f->name.size) && !memchr(f->name.data, '\n', f->name.size) &&
           fabs(f->value) <= 1e6;
}

static bool add_item(void *user, uint32_t index, att_text id, const att_item *item)
{
    (void)index, (void)id;
    summing *s = user;
    for (size_t f = 0; item && f < item->feature_count; f++) {
        summed *sum = fits_a_brief(&item->features[f]) ? feature_named(s, item->features[f].name) : NULL;
        if (!sum)
            continue;
        sum->weight += s->weight;
        sum->sum += s->weight * item->features[f].value;
    }
    return true;
}

static int heaviest_first(const void *a, const void *b)
{
    const summed *x = a, *y = b;
    return (x->weight < y->weight) - (x->weight > y->weight);
}

static att_status sum_up(att_engine *engine, const att_fold_item *history, size_t count, summing *s, att_error *err)
{
    att_status status = ATT_OK;
    pthread_mutex_lock(&engine->store_lock);
    for (size_t i = 0; i < count && !status; i++) {
        s->weight = (double)history[i].weight;
        status = att_store_item_see(engine->store, history[i].item, add_item, s, err);
    }
    pthread_mutex_unlock(&engine->store_lock);
    return status;
}

att_status att_engine_taste_features(att_engine *engine, const att_request *request, att_slate_memory *memory, att_feature *out, size_t capacity,
    size_t *count, att_error *err)
{
    att_view view;
    *count = 0;
    att_status status = att_engine_refresh(engine, err);
    if (!status)
        status = att_view_begin(engine, request, memory, &memory->answer, 1, &view, err);
    if (status)
        return status;
    const size_t liked = view.history_count; // it lives in the memory's scratch, behind the view's end too
    const att_fold_item *history = view.history;
    att_view_end(&view);
    double total = 0;
    for (size_t i = 0; i < liked; i++)
        total += (double)history[i].weight;
    summing *s = ATT_NEW(&memory->answer, summing, 1);
    if (!s)
        return att_no_memory(err, 1, "features of a taste");
    s->answer = &memory->answer;
    status = sum_up(engine, history, liked, s, err);
    if (status)
        return status;
    qsort(s->features, s->count, sizeof *s->features, heaviest_first);
    for (size_t i = 0; i < s->count && *count < capacity && s->features[i].weight * 2 >= total; i++)
        if (s->features[i].weight > 0)
            out[(*count)++] = (att_feature){s->features[i].name, s->features[i].sum / s->features[i].weight};
    return ATT_OK;
}
