// SPDX-License-Identifier: Apache-2.0
// One event at a time gives what the whole history gives, and the scan over bytes finds what all vectors would.
#include "check.h"
#include "base/rng.h"
#include "embed/seq_parts.h"
#include "embed/seq_serve.h"

#include <math.h>

enum { ITEMS = 3000, LENGTH = 24, DIM = 32 };

// Weights as they come: nothing here hangs on what a model has learned.
static att_seq *random_model(const att_host *host)
{
    const att_seq_shape shape = {ITEMS, LENGTH, DIM, 2, 2, 64};
    const size_t weights = att_seq_weights(&shape), items = (size_t)ITEMS * DIM;
    float *numbers = malloc((weights + items) * sizeof *numbers);
    uint32_t *known = malloc(ITEMS * sizeof *known);
    att_rng rng = att_rng_seed(21);
    for (size_t k = 0; k < weights + items; k++)
        numbers[k] = (float)(0.3 * att_rng_normal(&rng));
    for (uint32_t i = 0; i < ITEMS; i++)
        known[i] = i % 10 != 9; // nobody has met every tenth
    att_seq *seq;
    CHECK_OK(att_seq_create(&seq, &shape, numbers, numbers + weights, known, host, NULL));
    free(numbers);
    free(known);
    return seq;
}

// contexts is (count + 1, ATT_SEQ_FIELDS), the last what is asked in; NULL: none is known.
static const float *whole(att_seq_reader *reader, const uint32_t *items, size_t count, bool timed,
    const uint8_t *contexts)
{
    att_seq_reader_begin(reader, timed);
    for (size_t k = 0; k < count; k++)
        att_seq_reader_add(
            reader, items[k], (int64_t)(k * k * 1000), contexts ? contexts + k * ATT_SEQ_FIELDS : NULL);
    return att_seq_read(reader, contexts ? contexts + count * ATT_SEQ_FIELDS : NULL);
}

// Two ways to the same state, with a history some items of which they do not know.
typedef struct twins {
    check_heap heap;
    att_host host;
    att_seq *seq;
    att_seq_reader *reader;
    att_seq_cache *cache;
    uint32_t items[LENGTH];
} twins;

static void open_twins(twins *t, uint64_t seed)
{
    *t = (twins){0};
    t->host = check_host(&t->heap);
    t->seq = random_model(&t->host);
    CHECK_OK(att_seq_reader_create(&t->reader, t->seq, &t->host, NULL));
    CHECK_OK(att_seq_cache_create(&t->cache, t->seq, &t->host, NULL));
    att_rng rng = att_rng_seed(seed);
    for (size_t k = 0; k < LENGTH; k++)
        t->items[k] = (uint32_t)att_rng_below(&rng, ITEMS + 100);
}

static void close_twins(twins *t)
{
    att_seq_reader_destroy(t->reader);
    att_seq_cache_destroy(t->cache);
    att_seq_destroy(t->seq);
    CHECK_EQ(t->heap.bytes_live, 0);
}

CHECK_TEST(one_event_at_a_time_gives_the_state_of_the_whole_history)
{
    CHECK_BEGIN();
    twins t;
    open_twins(&t, 5);
    for (int timed = 0; timed < 2; timed++) {
        att_seq_cache_clear(t.cache);
        double moved = 0;
        for (size_t k = 0; k < LENGTH; k++) {
            const float *step =
                att_seq_push(t.cache, t.items[k], timed != 0, (int64_t)(k * k * 1000), NULL);
            const float *wanted = whole(t.reader, t.items, k + 1, timed != 0, NULL);
            for (size_t d = 0; d < DIM; d++) {
                CHECK_NEAR((double)step[d], (double)wanted[d], 2e-5);
                moved += fabs((double)wanted[d]);
            }
        }
        CHECK(moved > 10);
    }
    const uint64_t allocations = t.heap.allocations;
    att_seq_push(t.cache, 1, true, 900000, NULL);
    CHECK_EQ(t.heap.allocations, allocations);
    close_twins(&t);
}

// The same with the situations of the events, asked in a situation of its own after each; whoever asks in another one needs no event again.
CHECK_TEST(situations_change_the_state_one_at_a_time_as_they_do_in_the_whole)
{
    CHECK_BEGIN();
    twins t;
    open_twins(&t, 15);
    uint8_t contexts[(LENGTH + 1) * ATT_SEQ_FIELDS];
    float state[DIM];
    att_rng rng = att_rng_seed(16);
    for (size_t k = 0; k < sizeof contexts; k++)
        contexts[k] = (uint8_t)att_rng_below(&rng, ATT_SEQ_CLASSES + 1); // one class that cannot be
    double by_event = 0, by_question = 0;
    for (size_t k = 0; k < LENGTH; k++) {
        const uint8_t *own = contexts + k * ATT_SEQ_FIELDS;
        att_seq_push(t.cache, t.items[k], true, (int64_t)(k * k * 1000), own);
        for (size_t other = 0; other < 2; other++) {
            uint8_t asked[(LENGTH + 1) * ATT_SEQ_FIELDS];
            memcpy(asked, contexts, sizeof asked);
            if (other)
                memset(asked + (k + 1) * ATT_SEQ_FIELDS, 7, ATT_SEQ_FIELDS);
            att_seq_ask(t.seq, att_seq_sum(t.cache), asked + (k + 1) * ATT_SEQ_FIELDS, state);
            const float *wanted = whole(t.reader, t.items, k + 1, true, asked);
            for (size_t d = 0; d < DIM; d++)
                CHECK_NEAR((double)state[d], (double)wanted[d], 2e-5);
        }
        float plain[DIM];
        att_seq_ask(t.seq, att_seq_sum(t.cache), NULL, plain);
        const float *unknown = whole(t.reader, t.items, k + 1, true, NULL);
        for (size_t d = 0; d < DIM; d++) {
            by_question += fabs((double)(state[d] - plain[d]));
            by_event += fabs((double)(plain[d] - unknown[d]));
        }
    }
    CHECK(by_question > 10);
    CHECK(by_event > 10);
    close_twins(&t);
}

CHECK_TEST(a_cache_goes_back_to_any_event_as_if_the_later_ones_had_not_been)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_seq *seq = random_model(&host);
    att_seq_cache *cache, *other;
    CHECK_OK(att_seq_cache_create(&cache, seq, &host, NULL));
    CHECK_OK(att_seq_cache_create(&other, seq, &host, NULL));
    for (uint32_t k = 0; k < 10; k++)
        att_seq_push(cache, k, true, 60 * k, NULL);
    att_seq_cache_keep(cache, 4);
    const float *back = att_seq_push(cache, 77, true, 5000, NULL);
    for (uint32_t k = 0; k < 4; k++)
        att_seq_push(other, k, true, 60 * k, NULL);
    const float *fresh = att_seq_push(other, 77, true, 5000, NULL);
    CHECK(memcmp(back, fresh, DIM * sizeof *back) == 0);
    CHECK(att_seq_cache_turn(cache, seq));
    att_seq_push(cache, 9, true, 0, NULL); // nobody has met it
    CHECK_NEAR((double)att_seq_push(cache, ITEMS + 1, true, 0, NULL)[3], 0, 0);
    att_seq_cache_destroy(cache);
    att_seq_cache_destroy(other);
    att_seq_destroy(seq);
}

// A window that is full goes on without what fell out of it, and stays near to a fresh reading of the newest.
CHECK_TEST(a_full_ring_lets_the_oldest_go)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_seq *seq = random_model(&host);
    att_seq_cache *cache;
    CHECK_OK(att_seq_cache_create(&cache, seq, &host, NULL));
    const float *state = NULL;
    for (uint32_t k = 0; k < 5 * LENGTH; k++)
        state = att_seq_push(cache, k % 8, true, 10 * k, NULL);
    float before[DIM];
    memcpy(before, state, sizeof before);
    for (uint32_t k = 5 * LENGTH; k < 10 * LENGTH; k++)
        state = att_seq_push(cache, k % 8, true, 10 * k, NULL);
    for (size_t d = 0; d < DIM; d++) // the same events at the same distances: the same state
        CHECK_NEAR((double)state[d], (double)before[d], 1e-4);
    att_seq_cache_destroy(cache);
    att_seq_destroy(seq);
}

CHECK_TEST(the_scan_finds_what_all_vectors_would_among_what_may_be_shown)
{
    CHECK_BEGIN();
    enum { WANTED = 20 };
    const att_host host = att_host_default();
    att_seq *seq = random_model(&host);
    att_rng rng = att_rng_seed(6);
    uint64_t bits[(ITEMS + 63) / 64] = {0};
    for (uint32_t i = 0; i < ITEMS; i++)
        bits[i / 64] |= (uint64_t)(att_rng_unit(&rng) < 0.4) << i % 64;
    for (int round = 0; round < 20; round++) {
        const uint64_t *allowed = round % 2 ? bits : NULL;
        float state[DIM], scores[WANTED], all[ITEMS];
        uint32_t items[WANTED];
        for (size_t d = 0; d < DIM; d++)
            state[d] = (float)att_rng_normal(&rng);
        CHECK_EQ(att_seq_top(seq, state, allowed, ITEMS, WANTED, items, scores), WANTED);
        att_seq_score_all(seq, state, all);
        for (size_t k = 0; k < WANTED; k++) {
            uint32_t best = ITEMS;
            for (uint32_t i = 0; i < ITEMS; i++)
                if (i % 10 != 9 && (!allowed || (bits[i / 64] >> i % 64 & 1)) &&
                    (best == ITEMS || all[i] > all[best]))
                    best = i;
            CHECK_EQ(items[k], best);
            CHECK_NEAR((double)scores[k], (double)all[best], 1e-5);
            all[best] = -INFINITY;
        }
    }
    CHECK_EQ(att_seq_top(seq, seq->mean, bits, 0, WANTED, &(uint32_t){0}, &(float){0}), 0);
    att_seq_destroy(seq);
}

CHECK_MAIN(CHECK_CASE(one_event_at_a_time_gives_the_state_of_the_whole_history),
    CHECK_CASE(situations_change_the_state_one_at_a_time_as_they_do_in_the_whole),
    CHECK_CASE(a_cache_goes_back_to_any_event_as_if_the_later_ones_had_not_been),
    CHECK_CASE(a_full_ring_lets_the_oldest_go),
    CHECK_CASE(the_scan_finds_what_all_vectors_would_among_what_may_be_shown))
