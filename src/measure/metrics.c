// SPDX-License-Identifier: Apache-2.0
// measure/metrics.c - accuracy of one ranked list. Formulas and sources: docs/evaluation.md.
//
// The same functions serve the protocols and the trec_eval door (trec_eval.c), so what is compared
// with trec_eval's digits is what the tables print. Sums run in rank order, as trec_eval's do.
#include "attune/measure.h"
#include "base/base.h"

#include <math.h>

static size_t depth_of(const att_ranking *ranking, size_t k)
{
    return k == 0 || k > ranking->count ? ranking->count : k;
}

// Its place among the relevant, or relevant_count when it is not one of them.
static size_t find_relevant(const att_ranking *ranking, uint32_t item)
{
    size_t low = 0, high = ranking->relevant_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (ranking->relevant[middle] < item)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ranking->relevant_count && ranking->relevant[low] == item
               ? low
               : ranking->relevant_count;
}

static bool is_relevant(const att_ranking *ranking, uint32_t item)
{
    return find_relevant(ranking, item) < ranking->relevant_count;
}

static size_t hits_in(const att_ranking *ranking, size_t depth)
{
    size_t hits = 0;
    for (size_t i = 0; i < depth; i++)
        hits += is_relevant(ranking, ranking->items[i]);
    return hits;
}

static double discount(size_t place)
{
    return log2((double)place + 2.0);
}

static double grade_of(const att_ranking *ranking, size_t relevant, bool binary)
{
    return binary || !ranking->grades ? 1.0 : ranking->grades[relevant];
}

static double gained(const att_ranking *ranking, size_t depth, bool binary)
{
    double sum = 0.0;
    for (size_t i = 0; i < depth; i++) {
        const size_t at = find_relevant(ranking, ranking->items[i]);
        if (at < ranking->relevant_count)
            sum += grade_of(ranking, at, binary) / discount(i);
    }
    return sum;
}

// The greatest grade below `bound` and how many have it.
static size_t next_grade(const att_ranking *ranking, double bound, bool binary, double *grade)
{
    size_t count = 0;
    *grade = 0.0;
    for (size_t i = 0; i < ranking->relevant_count; i++) {
        const double own = grade_of(ranking, i, binary);
        if (own >= bound || own < *grade || own <= 0.0)
            continue;
        count = own > *grade ? 1 : count + 1;
        *grade = own;
    }
    return count;
}

// The best that any list of this depth could gain: grades in falling order.
static double ideal(const att_ranking *ranking, size_t k, bool binary)
{
    const size_t depth = k == 0 ? ranking->relevant_count : ATT_MIN(k, ranking->relevant_count);
    double sum = 0.0, bound = INFINITY, grade;
    size_t place = 0, count;
    while (place < depth && (count = next_grade(ranking, bound, binary, &grade)) > 0) {
        for (size_t i = 0; i < count && place < depth; i++)
            sum += grade / discount(place++);
        bound = grade;
    }
    return sum;
}

static double ndcg(const att_ranking *ranking, size_t k, bool binary)
{
    const double best = ideal(ranking, k, binary);
    return best > 0.0 ? gained(ranking, depth_of(ranking, k), binary) / best : 0.0;
}

double att_ndcg(const att_ranking *ranking, size_t k)
{
    return ndcg(ranking, k, false);
}

double att_ndcg_binary(const att_ranking *ranking, size_t k)
{
    return ndcg(ranking, k, true);
}

static double share_of(size_t hits, size_t of)
{
    return of > 0 ? (double)hits / (double)of : 0.0;
}

double att_recall(const att_ranking *ranking, size_t k)
{
    return share_of(hits_in(ranking, depth_of(ranking, k)), ranking->relevant_count);
}

double att_recall_capped(const att_ranking *ranking, size_t k)
{
    const size_t cap = k == 0 ? ranking->relevant_count : ATT_MIN(k, ranking->relevant_count);
    return share_of(hits_in(ranking, depth_of(ranking, k)), cap);
}

double att_precision(const att_ranking *ranking, size_t k)
{
    return share_of(hits_in(ranking, depth_of(ranking, k)), k == 0 ? ranking->count : k);
}

double att_average_precision(const att_ranking *ranking, size_t k)
{
    const size_t depth = depth_of(ranking, k);
    double sum = 0.0;
    size_t hits = 0;
    for (size_t i = 0; i < depth; i++)
        if (is_relevant(ranking, ranking->items[i]))
            sum += (double)++hits / (double)(i + 1);
    return ranking->relevant_count > 0 ? sum / (double)ranking->relevant_count : 0.0;
}

double att_reciprocal_rank(const att_ranking *ranking, size_t k)
{
    const size_t depth = depth_of(ranking, k);
    for (size_t i = 0; i < depth; i++)
        if (is_relevant(ranking, ranking->items[i]))
            return 1.0 / (double)(i + 1);
    return 0.0;
}

double att_hit_rate(const att_ranking *ranking, size_t k)
{
    return att_reciprocal_rank(ranking, k) > 0.0 ? 1.0 : 0.0;
}

double att_r_precision(const att_ranking *ranking, size_t k)
{
    (void)k;
    return ranking->relevant_count > 0 ? att_precision(ranking, ranking->relevant_count) : 0.0;
}
