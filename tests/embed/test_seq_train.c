// SPDX-License-Identifier: Apache-2.0
// Training: it learns an order, gives the same bits however it is run, and says what it cannot do.
#include "check.h"
#include "embed/seq_checkpoint.h"
#include "embed/seq_parts.h"

#include <math.h>
#include <unistd.h>

enum { ITEMS = 60, PEOPLE = 120, EVENTS = 12 };

typedef struct world {
    uint64_t start[PEOPLE + 1];
    uint32_t item[PEOPLE * EVENTS];
    int64_t at_s[PEOPLE * EVENTS];
    att_seq_data data;
} world;

// Everybody walks in rings of ten items: what comes next is the next item of the ring.
static void make_world(world *w)
{
    att_rng rng = att_rng_seed(4);
    for (uint32_t u = 0; u < PEOPLE; u++) {
        const uint32_t ring = (uint32_t)att_rng_below(&rng, ITEMS / 10), at = (uint32_t)att_rng_below(&rng, 10);
        w->start[u] = u * EVENTS;
        for (uint32_t k = 0; k < EVENTS; k++) {
            w->item[u * EVENTS + k] = ring * 10 + (at + k) % 10;
            w->at_s[u * EVENTS + k] = 1000 * k + u;
        }
    }
    w->start[PEOPLE] = PEOPLE * EVENTS;
    w->data = (att_seq_data){PEOPLE, ITEMS, w->start, w->item, w->at_s, NULL};
}

static att_seq_options small_options(void)
{
    return (att_seq_options){.seed = 9,
        .threads = 1,
        .length = 8,
        .dim = 16,
        .heads = 2,
        .negatives = 32,
        .dropout = 0.1,
        .rate = 0.01,
        .batch_tokens = 256,
        .epochs = 6};
}

static bool same_bits(const att_seq *a, const att_seq *b)
{
    const size_t weights = att_seq_weights(&a->shape), items = (size_t)a->shape.items * a->shape.dim;
    return memcmp(a->weights, b->weights, weights * sizeof(float)) == 0 &&
           memcmp(a->items, b->items, items * sizeof(float)) == 0;
}

CHECK_TEST(it_learns_what_comes_next)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    world *w = malloc(sizeof *w);
    make_world(w);
    size_t losses;
    const att_seq_loss *const *loss = att_seq_loss_list(&losses);
    for (size_t l = 0; l < losses; l++) {
        att_seq_options options = small_options();
        options.epochs = 40;
        options.loss = loss[l];
        att_seq *seq;
        att_seq_report report;
        att_error err = {0};
        CHECK_OK_ERR(att_seq_train(&seq, &w->data, &options, &report, &host, &err), &err);
        CHECK_EQ(report.judged, PEOPLE);
        CHECK(report.ndcg_10 > 0.9); // its history is left out, so nine of ten places are free
        CHECK(report.best_epoch >= 1 && report.best_epoch <= report.epochs);
        CHECK(report.flops > 0);
        // Somebody new, in the second ring.
        att_seq_reader *reader;
        CHECK_OK(att_seq_reader_create(&reader, seq, &host, NULL));
        att_seq_reader_begin(reader, true);
        for (uint32_t k = 0; k < 5; k++)
            att_seq_reader_add(reader, 12 + k, 1000 * k, NULL);
        att_seq_reader_add(reader, ITEMS + 7, 9000, NULL); // nothing that it knows
        float scores[ITEMS];
        att_seq_score_all(seq, att_seq_read(reader, NULL), scores);
        uint32_t best = 0; // that was not met yet
        for (uint32_t i = 1; i < ITEMS; i++)
            best = (i < 12 || i > 16) && scores[i] > scores[best] ? i : best;
        CHECK_EQ(best, 17);
        att_seq_reader_destroy(reader);
        att_seq_destroy(seq);
    }
    free(w);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(any_number_of_threads_gives_the_same_bits)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    world *w = malloc(sizeof *w);
    make_world(w);
    att_seq *seq[3];
    att_seq_report report;
    for (uint32_t i = 0; i < 3; i++) {
        att_seq_options options = small_options();
        options.threads = 1 + 2 * i;
        CHECK_OK(att_seq_train(&seq[i], &w->data, &options, &report, &host, NULL));
    }
    CHECK(same_bits(seq[0], seq[1]));
    CHECK(same_bits(seq[0], seq[2]));
    att_seq_options options = small_options();
    options.seed = 10;
    att_seq *other;
    CHECK_OK(att_seq_train(&other, &w->data, &options, &report, &host, NULL));
    CHECK(!same_bits(seq[0], other));
    for (uint32_t i = 0; i < 3; i++)
        att_seq_destroy(seq[i]);
    att_seq_destroy(other);
    free(w);
}

static bool stop_at_the_third_epoch(void *user, const att_progress *progress)
{
    (void)user;
    return progress->done < 2 * PEOPLE + 1;
}

// Killed in its third epoch: the checkpoint holds two; going on from it, twice, ends in the bits of an undisturbed run.
CHECK_TEST(a_training_that_was_stopped_goes_on_to_the_same_bits)
{
    CHECK_BEGIN();
    att_host host = att_host_default();
    world *w = malloc(sizeof *w);
    make_world(w);
    att_seq_options options = small_options();
    att_seq *whole, *resumed;
    att_seq_report whole_report, report;
    CHECK_OK(att_seq_train(&whole, &w->data, &options, &whole_report, &host, NULL));
    options.checkpoint = check_path("training.seq");
    att_host stopping = host;
    stopping.progress = stop_at_the_third_epoch;
    CHECK_FAILS(att_seq_train(&resumed, &w->data, &options, &report, &stopping, NULL), ATT_CANCELLED);
    CHECK(resumed == NULL);
    CHECK(report.epochs >= 2 && report.epochs <= 3);
    options.threads = 2;
    CHECK_OK(att_seq_train(&resumed, &w->data, &options, &report, &host, NULL));
    CHECK(same_bits(whole, resumed));
    CHECK_EQ(report.epochs, whole_report.epochs);
    CHECK(report.ndcg_10 == whole_report.ndcg_10);
    att_seq_destroy(resumed);
    CHECK_OK(att_seq_train(&resumed, &w->data, &options, &report, &host, NULL)); // it is done
    CHECK(same_bits(whole, resumed));
    att_seq_destroy(resumed);
    att_seq_destroy(whole);
    free(w);
}

CHECK_TEST(a_checkpoint_of_another_training_or_a_damaged_one_is_refused)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    world *w = malloc(sizeof *w);
    make_world(w);
    att_seq_options options = small_options();
    options.epochs = 1;
    options.checkpoint = check_path("other.seq");
    att_seq *seq;
    att_seq_report report;
    att_error err;
    CHECK_OK(att_seq_train(&seq, &w->data, &options, &report, &host, NULL));
    att_seq_destroy(seq);
    options.seed++;
    CHECK_FAILS(att_seq_train(&seq, &w->data, &options, &report, &host, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "another");
    options.seed--;
    w->item[3] ^= 1;
    CHECK_FAILS(att_seq_train(&seq, &w->data, &options, &report, &host, &err), ATT_INVALID);
    w->item[3] ^= 1;
    size_t size;
    char *bytes = check_read_file(options.checkpoint, &size);
    bytes[size / 2] ^= 16;
    check_write_file(options.checkpoint, bytes, size);
    CHECK_FAILS(att_seq_train(&seq, &w->data, &options, &report, &host, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "other.seq");
    CHECK(seq == NULL);
    free(bytes);
    free(w);
}

CHECK_TEST(too_little_data_and_sizes_that_cannot_be_are_said)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    const uint64_t start[] = {0, 2, 4};
    const uint32_t item[] = {0, 1, 1, 2};
    const att_seq_data data = {2, 3, start, item, NULL, NULL};
    att_seq_options options = small_options();
    att_seq *seq;
    att_seq_report report;
    att_error err;
    CHECK_FAILS(att_seq_train(&seq, &data, &options, &report, &host, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "at least 3 events");
    options.dim = 17;
    CHECK_FAILS(att_seq_train(&seq, &data, &options, &report, &host, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "17");
}

CHECK_TEST(the_newest_events_are_what_is_read)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    world *w = malloc(sizeof *w);
    make_world(w);
    att_seq_options options = small_options();
    options.epochs = 1;
    att_seq *seq;
    att_seq_report report;
    CHECK_OK(att_seq_train(&seq, &w->data, &options, &report, &host, NULL));
    att_seq_reader *reader;
    CHECK_OK(att_seq_reader_create(&reader, seq, &host, NULL));
    float states[2][16];
    for (uint32_t run = 0; run < 2; run++) { // 40 events, of which the reader keeps 8; then those 8 alone
        att_seq_reader_begin(reader, true);
        for (uint32_t k = run ? 32 : 0; k < 40; k++)
            att_seq_reader_add(reader, k, 100 * k, NULL);
        memcpy(states[run], att_seq_read(reader, NULL), sizeof states[run]);
    }
    CHECK(memcmp(states[0], states[1], sizeof states[0]) == 0);
    att_seq_reader_begin(reader, false);
    const float *nothing = att_seq_read(reader, NULL);
    for (size_t k = 0; k < 16; k++)
        CHECK_NEAR((double)nothing[k], 0, 0);
    att_seq_reader_destroy(reader);
    att_seq_destroy(seq);
    free(w);
}

CHECK_TEST(what_is_not_told_is_taken_from_the_data)
{
    CHECK_BEGIN();
    static uint64_t sparse[10001], dense[2001];
    static uint32_t item[400000];
    for (uint32_t u = 0; u <= 10000; u++)
        sparse[u] = 10 * (uint64_t)u;
    for (uint32_t u = 0; u <= 2000; u++)
        dense[u] = 200 * (uint64_t)u;
    const att_seq_options nothing = {.seed = 1}, told = {.length = 40, .dim = 96, .dropout = -1, .popular = -1};
    const att_seq_data ten = {10000, 500, sparse, item, NULL, NULL}, many = {2000, 500, dense, item, NULL, NULL};
    att_seq_options o = att_seq_options_for(&nothing, &ten);
    CHECK_EQ(o.length, 16);
    CHECK_EQ(o.dim, 64);
    CHECK_NEAR(o.dropout, 0.6, 1e-9);
    CHECK_NEAR(o.decay, 0.3, 1e-9);
    CHECK_EQ(o.batch_tokens, 512);
    CHECK_EQ(o.held, UINT32_MAX); // everybody's newest event
    CHECK(o.loss == &att_seq_loss_sampled);
    o = att_seq_options_for(&nothing, &many);
    CHECK_EQ(o.length, 200);
    CHECK_EQ(o.dim, 128);
    CHECK_NEAR(o.dropout, 0.2, 1e-9);
    CHECK_NEAR(o.decay, 0.1, 1e-9);
    CHECK_EQ(o.batch_tokens, 2000);
    o = att_seq_options_for(&told, &many);
    CHECK_EQ(o.length, 40);
    CHECK_EQ(o.dim, 96);
    CHECK_NEAR(o.dropout, -1, 0);
    CHECK_NEAR(o.popular, -1, 0);
}

// With a rate of learning of nothing nothing gets better: patience ends it, four times as late while popularity is not clearly beaten.
CHECK_TEST(patience_ends_a_training_that_gets_no_better)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    world *w = malloc(sizeof *w);
    make_world(w);
    att_seq_options options = small_options();
    options.epochs = 100;
    options.patience = 3;
    options.rate = 1e-12;
    att_seq *seq;
    att_seq_report report;
    CHECK_OK(att_seq_train(&seq, &w->data, &options, &report, &host, NULL));
    CHECK(report.popular_ndcg_10 > 0);
    CHECK_EQ(report.epochs, report.best_epoch + (report.ndcg_10 > 1.5 * report.popular_ndcg_10 ? 3 : 12));
    att_seq_destroy(seq);
    free(w);
}

CHECK_TEST(running_out_of_memory_leaves_nothing_behind)
{
    CHECK_BEGIN();
    world *w = malloc(sizeof *w);
    make_world(w);
    att_seq_options options = small_options();
    options.epochs = 1;
    for (uint64_t fail_at = 1;; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        const att_host host = check_host(&heap);
        att_seq *seq;
        att_seq_report report;
        const att_status status = att_seq_train(&seq, &w->data, &options, &report, &host, NULL);
        CHECK(status == ATT_OK || seq == NULL);
        att_seq_destroy(seq);
        CHECK_EQ(heap.bytes_live, 0);
        if (status == ATT_OK)
            break;
        CHECK_EQ(status, ATT_NO_MEMORY);
    }
    free(w);
}

CHECK_MAIN(CHECK_CASE(it_learns_what_comes_next), CHECK_CASE(any_number_of_threads_gives_the_same_bits),
    CHECK_CASE(a_training_that_was_stopped_goes_on_to_the_same_bits),
    CHECK_CASE(a_checkpoint_of_another_training_or_a_damaged_one_is_refused),
    CHECK_CASE(too_little_data_and_sizes_that_cannot_be_are_said),
    CHECK_CASE(the_newest_events_are_what_is_read),
    CHECK_CASE(what_is_not_told_is_taken_from_the_data),
    CHECK_CASE(patience_ends_a_training_that_gets_no_better),
    CHECK_CASE(running_out_of_memory_leaves_nothing_behind))
