// SPDX-License-Identifier: Apache-2.0
// apps/cli/live_made.c - what was made meets simulated people: the world's truth does not know it, so they react as to the piece of the
// world that is most like it, by tags and by what both were measured for.
#include "live.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    bool ratio; // by octaves; else by difference
} compared[] = {{"energy", false}, {"valence", false}, {"brightness", false}, {"tempo_bpm", true}};

static double feature_of(const att_item *item, const char *name)
{
    for (size_t f = 0; f < item->feature_count; f++)
        if (att_text_equal(item->features[f].name, att_text_of(name)))
            return item->features[f].value;
    return NAN;
}

static double likeness(const att_item *a, const att_item *b)
{
    double sum = 0;
    for (size_t i = 0; i < a->tag_count; i++)
        for (size_t j = 0; j < b->tag_count; j++)
            sum += att_text_equal(a->tags[i], b->tags[j]);
    for (size_t c = 0; c < sizeof compared / sizeof compared[0]; c++) {
        const double x = feature_of(a, compared[c].name), y = feature_of(b, compared[c].name);
        if (!isnan(x) && !isnan(y))
            sum -= compared[c].ratio ? (x > 0 && y > 0 ? fabs(log2(x / y)) : 1) : fabs(x - y);
    }
    return sum;
}

typedef struct search {
    const att_world *world;
    size_t found; // SIZE_MAX: nothing of its medium
} search;

static bool find_alike(void *user, const att_item *made)
{
    search *s = user;
    double best = -INFINITY;
    for (size_t i = 0; i < att_world_item_count(s->world); i++) {
        const att_item *item = att_world_item(s->world, i);
        if (!att_text_equal(item->medium, made->medium))
            continue;
        const double alike = likeness(made, item);
        if (alike > best) {
            best = alike;
            s->found = i;
        }
    }
    return false;
}

// Looked for once. NULL: there is none, or too many were made for the demo to follow.
static live_piece *piece_of(live *l, const char *id)
{
    for (size_t i = 0; i < l->piece_count; i++)
        if (strcmp(l->pieces[i].id, id) == 0)
            return l->pieces[i].like == SIZE_MAX ? NULL : &l->pieces[i];
    if (l->piece_count == LIVE_PIECES_MAX)
        return NULL;
    live_piece *p = &l->pieces[l->piece_count++];
    search s = {l->world, SIZE_MAX};
    att_error err;
    snprintf(p->id, sizeof p->id, "%s", id);
    (void)att_engine_item_see(l->engine, att_text_of(p->id), find_alike, &s, &err);
    p->like = s.found;
    return p->like == SIZE_MAX ? NULL : p;
}

size_t live_made_stand_in(live *l, att_text made, uint64_t decision)
{
    char id[sizeof l->pieces[0].id];
    if (made.size >= sizeof id)
        return SIZE_MAX;
    snprintf(id, sizeof id, "%.*s", (int)made.size, made.data);
    const live_piece *p = piece_of(l, id);
    if (!p)
        return SIZE_MAX;
    l->met[l->met_count++ % LIVE_MET_MAX] = (live_met){.decision = decision, .like = p->like, .piece = (size_t)(p - l->pieces)};
    return p->like;
}

const char *live_made_meant(const live *l, uint64_t decision, size_t item)
{
    for (size_t i = 0; i < LIVE_MET_MAX && i < l->met_count; i++)
        if (decision && l->met[i].decision == decision && l->met[i].like == item)
            return l->pieces[l->met[i].piece].id;
    return NULL;
}
