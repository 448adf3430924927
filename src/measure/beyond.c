// SPDX-License-Identifier: Apache-2.0
// measure/beyond.c - beyond accuracy: variety, surprise, fairness of attention, likeness to a
// person's mix.
//
// Formulas and sources: docs/evaluation.md. What cannot be said of a list is NaN and left out of
// means.
#include "attune/measure.h"
#include "base/base.h"

#include <math.h>
#include <stdlib.h>

static size_t depth_of(const att_ranking *ranking, size_t k)
{
    return k == 0 || k > ranking->count ? ranking->count : k;
}

typedef struct tag_list {
    const uint32_t *tags;
    size_t count;
} tag_list;

static tag_list tags_of(const att_measure_world *world, uint32_t item)
{
    if (!world || !world->tag_start || item >= world->items)
        return (tag_list){NULL, 0};
    const uint32_t start = world->tag_start[item];
    return (tag_list){world->tags + start, world->tag_start[item + 1] - start};
}

static size_t shared(tag_list a, tag_list b)
{
    size_t count = 0;
    for (size_t i = 0, j = 0; i < a.count && j < b.count;) {
        if (a.tags[i] == b.tags[j]) {
            count++;
            i++;
            j++;
        } else if (a.tags[i] < b.tags[j]) {
            i++;
        } else {
            j++;
        }
    }
    return count;
}

double att_list_diversity(const att_ranking *ranking, size_t k)
{
    const size_t depth = depth_of(ranking, k);
    double sum = 0.0;
    size_t pairs = 0;
    for (size_t i = 0; i < depth; i++) {
        const tag_list a = tags_of(ranking->world, ranking->items[i]);
        for (size_t j = i + 1; a.count > 0 && j < depth; j++) {
            const tag_list b = tags_of(ranking->world, ranking->items[j]);
            if (b.count == 0)
                continue;
            sum += 1.0 - (double)shared(a, b) / sqrt((double)a.count * (double)b.count);
            pairs++;
        }
    }
    return pairs > 0 ? sum / (double)pairs : (double)NAN;
}

double att_novelty(const att_ranking *ranking, size_t k)
{
    const size_t depth = depth_of(ranking, k);
    const att_measure_world *world = ranking->world;
    if (!world || !world->share || world->share_floor <= 0.0 || depth == 0)
        return (double)NAN;
    double bits = 0.0;
    for (size_t i = 0; i < depth; i++) {
        const uint32_t item = ranking->items[i];
        const double share = item < world->items ? world->share[item] : 0.0;
        bits -= log2(ATT_MAX(share, world->share_floor));
    }
    return bits / (double)depth;
}

static bool holds(const uint32_t *ascending, size_t count, uint32_t item)
{
    return count > 0 && bsearch(&item, ascending, count, sizeof item, att_order_u32);
}

double att_serendipity(const att_ranking *ranking, size_t k)
{
    const size_t depth = depth_of(ranking, k);
    const size_t places = k == 0 ? ranking->count : k;
    if (!ranking->expected || places == 0)
        return (double)NAN;
    size_t surprises = 0;
    for (size_t i = 0; i < depth; i++) {
        const uint32_t item = ranking->items[i];
        surprises += holds(ranking->relevant, ranking->relevant_count, item) &&
                     !holds(ranking->expected, ranking->expected_count, item);
    }
    return (double)surprises / (double)places;
}

// Each item spreads one unit evenly over its tags; mix is (tag_count) and sums to 1. False: no tags
// at all.
static bool tag_mix(
    const att_measure_world *world, const uint32_t *items, size_t count, double *mix)
{
    size_t tagged = 0;
    memset(mix, 0, world->tag_count * sizeof *mix);
    for (size_t i = 0; i < count; i++) {
        const tag_list list = tags_of(world, items[i]);
        tagged += list.count > 0;
        for (size_t t = 0; t < list.count; t++)
            mix[list.tags[t]] += 1.0 / (double)list.count;
    }
    for (uint32_t t = 0; tagged > 0 && t < world->tag_count; t++)
        mix[t] /= (double)tagged;
    return tagged > 0;
}

double att_calibration(const att_ranking *ranking, size_t k)
{
    static const double smoothing = 0.01;
    const att_measure_world *world = ranking->world;
    if (!world || !world->tag_start || !ranking->scratch || world->tag_count == 0)
        return (double)NAN;
    double *wanted = ranking->scratch, *given = wanted + world->tag_count;
    if (!tag_mix(world, ranking->history, ranking->history_count, wanted) ||
        !tag_mix(world, ranking->items, depth_of(ranking, k), given))
        return (double)NAN;
    double divergence = 0.0;
    for (uint32_t t = 0; t < world->tag_count; t++)
        if (wanted[t] > 0.0)
            divergence +=
                wanted[t] * log(wanted[t] / ((1.0 - smoothing) * given[t] + smoothing * wanted[t]));
    return ATT_MAX(divergence, 0.0);
}

double att_coverage(uint64_t *shown, size_t items)
{
    size_t seen = 0;
    for (size_t i = 0; i < items; i++)
        seen += shown[i] > 0;
    return items > 0 ? (double)seen / (double)items : (double)NAN;
}

double att_gini(uint64_t *shown, size_t items)
{
    double sum = 0.0, weighted = 0.0;
    qsort(shown, items, sizeof *shown, att_order_u64);
    for (size_t i = 0; i < items; i++) {
        sum += (double)shown[i];
        weighted += (2.0 * (double)(i + 1) - (double)items - 1.0) * (double)shown[i];
    }
    return sum > 0.0 ? weighted / ((double)items * sum) : (double)NAN;
}
