// SPDX-License-Identifier: Apache-2.0
// tests/retrieve/test_scan.c - the plain twin against a sort of everything.
#include "check.h"

#include "attune/retrieve.h"
#include "base/rng.h"

enum { COUNT = 700, DIM = 24 };

static att_index *filled(att_index_form form, float *vectors, const att_host *host)
{
    att_index *index = NULL;
    const att_index_options options = {.dim = DIM, .form = form, .seed = 1};
    att_error err;
    att_rng rng = att_rng_seed(3);
    static uint32_t ids[COUNT];
    for (uint32_t i = 0; i < COUNT; i++)
        ids[i] = i * 7; // with gaps
    for (size_t i = 0; i < COUNT * DIM; i++)
        vectors[i] = (float)(int)(att_rng_normal(&rng) * 4); // many ties
    CHECK_OK_ERR(att_index_create(&index, &options, host, &err), &err);
    CHECK_OK_ERR(att_index_add(index, ids, vectors, COUNT, 1, &err), &err);
    return index;
}

static bool before(att_hit a, att_hit b)
{
    return a.score > b.score || (a.score == b.score && a.id < b.id);
}

// Everything eligible, sorted slowly. Returns how many.
static size_t by_hand(
    const float *vectors, const float *query, const att_filter *filter, att_hit *out)
{
    size_t count = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        const uint32_t id = i * 7;
        bool allowed = true;
        if (filter && filter->bits)
            allowed = id < filter->bit_count && (filter->bits[id / 64] >> (id % 64) & 1);
        for (size_t e = 0; filter && e < filter->exclude_count; e++)
            allowed = allowed && filter->exclude[e] != id;
        if (!allowed)
            continue;
        float score = 0;
        for (size_t d = 0; d < DIM; d++)
            score += vectors[i * DIM + d] * query[d]; // whole numbers: exact
        const att_hit hit = {id, score};
        size_t at = count++;
        for (; at > 0 && before(hit, out[at - 1]); at--)
            out[at] = out[at - 1];
        out[at] = hit;
    }
    return count;
}

static void same_as_by_hand(const att_filter *filter, size_t wanted)
{
    static float vectors[COUNT * DIM];
    static att_hit slow[COUNT], fast[COUNT];
    att_index *index = filled(ATT_INDEX_F32, vectors, NULL);
    att_search *search = NULL;
    CHECK_OK(att_search_create(&search, NULL, NULL));
    att_rng rng = att_rng_seed(4);
    for (int round = 0; round < 10; round++) {
        float query[DIM];
        for (size_t d = 0; d < DIM; d++)
            query[d] = (float)(int)(att_rng_normal(&rng) * 4);
        const size_t eligible = by_hand(vectors, query, filter, slow);
        size_t found = 0;
        CHECK_OK(att_index_top_exact(index, search, query, filter, wanted, fast, &found, NULL));
        CHECK_EQ(found, wanted < eligible ? wanted : eligible);
        for (size_t i = 0; i < found; i++) {
            CHECK_EQ(fast[i].id, slow[i].id);
            CHECK_NEAR(fast[i].score, slow[i].score, 0);
        }
    }
    att_search_destroy(search);
    att_index_destroy(index);
}

CHECK_TEST(everything_comes_best_first_and_ties_by_lower_id)
{
    CHECK_BEGIN();
    same_as_by_hand(NULL, 1);
    same_as_by_hand(NULL, 10);
    same_as_by_hand(NULL, 300);
    same_as_by_hand(NULL, COUNT);
}

CHECK_TEST(a_filter_lets_only_the_eligible_through)
{
    CHECK_BEGIN();
    uint64_t bits[(COUNT * 7 + 63) / 64];
    att_rng rng = att_rng_seed(5);
    for (size_t w = 0; w < sizeof bits / sizeof *bits; w++)
        bits[w] = att_rng_u64(&rng) & att_rng_u64(&rng);
    const uint32_t exclude[] = {0, 14, 21, 700, 4893, 1u << 30};
    const att_filter filter = {bits, 4500, SIZE_MAX, exclude, 6};
    same_as_by_hand(&filter, 25);
    const att_filter only_exclude = {NULL, 0, SIZE_MAX, exclude, 6};
    same_as_by_hand(&only_exclude, 25);
    const att_filter nobody = {bits, 0, 0, NULL, 0};
    same_as_by_hand(&nobody, 25);
}

CHECK_MAIN(CHECK_CASE(everything_comes_best_first_and_ties_by_lower_id),
    CHECK_CASE(a_filter_lets_only_the_eligible_through))
