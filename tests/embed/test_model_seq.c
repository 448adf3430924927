// SPDX-License-Identifier: Apache-2.0
// The sequence part of a model: its share of scores, what removing an event does, its place in the file, and the choice of
// the share.
#include "check.h"
#include "embed/model_parts.h"
#include "embed/seq_parts.h"

#include <math.h>
#include <unistd.h>

enum { ITEMS = 60, PEOPLE = 300, EVENTS = 12 };

typedef struct world {
    att_matrix matrix;
    int64_t *at_ms; // beside matrix.col
    uint32_t *at_s;
    size_t count;
} world;

// In rings of ten, everybody goes on to the next item; or, without order, to any of the ring.
static world make_world(bool ordered, const att_host *host)
{
    world w = {0};
    att_rng rng = att_rng_seed(8);
    att_triplet *triplets = malloc(PEOPLE * EVENTS * sizeof *triplets);
    int64_t times[PEOPLE][ITEMS] = {{0}};
    size_t count = 0;
    for (uint32_t u = 0; u < PEOPLE; u++) {
        const uint32_t ring = (uint32_t)att_rng_below(&rng, ITEMS / 10);
        const uint32_t begin = (uint32_t)att_rng_below(&rng, 10);
        for (uint32_t k = 0; k < 8; k++) {
            const uint32_t place = ordered ? (begin + k) % 10 : (uint32_t)att_rng_below(&rng, 10);
            const uint32_t item = ring * 10 + place;
            if (times[u][item])
                continue;
            times[u][item] = (int64_t)(k + 1) * 60000;
            triplets[count++] = (att_triplet){u, item, 1};
        }
    }
    CHECK_OK(att_matrix_build(&w.matrix, PEOPLE, ITEMS, triplets, count, host, NULL));
    w.count = count;
    w.at_ms = malloc(count * sizeof *w.at_ms);
    w.at_s = malloc(count * sizeof *w.at_s);
    for (uint32_t u = 0; u < PEOPLE; u++)
        for (uint64_t k = w.matrix.row_start[u]; k < w.matrix.row_start[u + 1]; k++) {
            w.at_ms[k] = times[u][w.matrix.col[k]];
            w.at_s[k] = (uint32_t)(w.at_ms[k] / 1000);
        }
    free(triplets);
    return w;
}

static void end_world(world *w, const att_host *host)
{
    att_matrix_deinit(&w->matrix, host);
    free(w->at_ms);
    free(w->at_s);
}

// als and a sequence part of random weights.
static att_model *model_with_sequence(att_model_kind kind, const world *w, const att_host *host)
{
    att_recipe recipe = att_recipe_default();
    recipe.kind = kind;
    recipe.als.dim = 16;
    recipe.als.passes = 3;
    att_model *model;
    CHECK_OK(att_model_build(&model, &w->matrix, &recipe, 1, host, NULL, NULL));
    const att_seq_shape shape = {ITEMS, 8, 16, 2, 2, 32};
    const size_t weights = att_seq_weights(&shape), count = weights + ITEMS * 16;
    float *numbers = malloc(count * sizeof *numbers);
    uint32_t known[ITEMS];
    att_rng rng = att_rng_seed(2);
    for (size_t k = 0; k < count; k++)
        numbers[k] = (float)(0.3 * att_rng_normal(&rng));
    for (uint32_t i = 0; i < ITEMS; i++)
        known[i] = i != 19;
    att_seq *seq;
    CHECK_OK(att_seq_create(&seq, &shape, numbers, numbers + weights, known, host, NULL));
    CHECK_OK(att_model_add_sequence(model, seq, 0.4, &w->matrix, w->at_s, NULL, NULL));
    free(numbers);
    return model;
}

static const att_fold_item history[] = {
    {3, 0.9f, NULL}, {7, 0.5f, NULL}, {12, 1.0f, NULL}, {20, 0.6f, NULL}, {31, 0.2f, NULL}, {19, 0.4f, NULL}};
// In situations of device + 16 place + 128 activity + 2048 (hour band + 1).
static const att_model_event events[] = {{3, 500, 0x0801}, {7, 90, 0}, {12, 400000, 0x1992}, {20, 90, 0x0002},
    {31, 2000, 0x3021}, {19, 30, 0x0001}};
static const uint32_t asked = 0x2883;
static const uint32_t targets[] = {0, 5, 19, 44, 3};
enum { HISTORY = 6, TARGETS = 5 };

static void score_asked(const att_model *model, att_fold *fold, size_t left_out, size_t explained, uint32_t situation,
    float *scores)
{
    att_fold_item items[HISTORY];
    att_model_event places[HISTORY];
    size_t count = 0;
    for (size_t i = 0; i < HISTORY; i++)
        if (i != left_out) {
            items[count] = history[i];
            places[count++] = events[i];
        }
    CHECK_OK(att_model_fold(model, fold, items, count, NULL, NULL));
    CHECK_OK(att_model_read(model, fold, places, count, situation, explained, NULL));
    CHECK_OK(att_model_score(model, fold, targets, NULL, TARGETS, scores, NULL));
}

static void score(const att_model *model, att_fold *fold, size_t left_out, size_t explained, float *scores)
{
    score_asked(model, fold, left_out, explained, asked, scores);
}

CHECK_TEST(effects_are_what_removal_gives_of_all_events_or_of_the_newest)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    world w = make_world(true, &host);
    const att_model_kind kinds[] = {ATT_MODEL_ALS, ATT_MODEL_BLEND};
    for (size_t kind = 0; kind < 2; kind++) {
        att_model *model = model_with_sequence(kinds[kind], &w, &host);
        att_fold *fold, *again;
        CHECK_OK(att_fold_create(&fold, &host, NULL));
        CHECK_OK(att_fold_create(&again, &host, NULL));
        float with[TARGETS], without[TARGETS], all[HISTORY * TARGETS], some[HISTORY * TARGETS];
        score(model, fold, SIZE_MAX, ATT_MODEL_EXPLAINED, with);
        CHECK_OK(att_model_effects(model, fold, targets, NULL, TARGETS, some, NULL));
        score(model, fold, SIZE_MAX, ATT_MODEL_EXPLAINED, without); // remembered
        CHECK(memcmp(with, without, sizeof with) == 0);
        score(model, fold, SIZE_MAX, SIZE_MAX, with);
        CHECK_OK(att_model_effects(model, fold, targets, NULL, TARGETS, all, NULL));
        for (size_t i = 0; i < HISTORY; i++) {
            score(model, again, i, 0, without);
            for (size_t j = 0; j < TARGETS; j++) {
                CHECK_NEAR((double)all[j * HISTORY + i], (double)(with[j] - without[j]), 3e-5);
                if (i != 1) // the oldest that it knows is not among the newest four
                    CHECK_NEAR((double)some[j * HISTORY + i], (double)all[j * HISTORY + i], 3e-5);
            }
        }
        CHECK(fabsf(some[1] - all[1]) > 1e-5f);
        att_fold_destroy(fold);
        att_fold_destroy(again);
        att_model_destroy(model);
    }
    end_world(&w, &host);
    CHECK_EQ(heap.bytes_live, 0);
}

// By hand: (1 - share) of the rest and share of scale * state.(vector - mean); a stranger to the sequence part counts 0 there.
CHECK_TEST(a_score_is_the_two_parts_by_their_shares)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    world w = make_world(true, &host);
    att_model *model = model_with_sequence(ATT_MODEL_ALS, &w, &host);
    CHECK_NEAR(att_model_sequence_share(model), 0.4, 0);
    att_fold *fold;
    CHECK_OK(att_fold_create(&fold, &host, NULL));
    float rest[TARGETS], both[TARGETS];
    CHECK_OK(att_model_fold(model, fold, history, HISTORY, NULL, NULL));
    CHECK_OK(att_model_score(model, fold, targets, NULL, TARGETS, rest, NULL));
    score(model, fold, SIZE_MAX, 0, both);
    att_seq_reader *reader;
    CHECK_OK(att_seq_reader_create(&reader, model->seq, &host, NULL));
    att_seq_reader_begin(reader, true);
    static const size_t in_order[] = {1, 3, 0, 4, 2}; // 19 is not known; 7 and 20 at once: the lower number first
    static const uint8_t contexts[5][ATT_SEQ_FIELDS] = {{0}, {2, 0, 0, 0}, {1, 0, 0, 1}, {1, 2, 0, 6}, {2, 1, 3, 3}};
    static const uint8_t context[ATT_SEQ_FIELDS] = {3, 0, 1, 5};
    for (size_t k = 0; k < 5; k++)
        att_seq_reader_add(reader, events[in_order[k]].item, events[in_order[k]].at_s, contexts[k]);
    const float *state = att_seq_read(reader, context);
    for (size_t j = 0; j < TARGETS; j++) {
        double own = 0;
        for (size_t d = 0; d < 16; d++)
            own += (double)state[d] * (double)(att_seq_item(model->seq, targets[j])[d] - model->seq->mean[d]);
        own = targets[j] == 19 ? 0 : own * model->seq_scale;
        CHECK_NEAR((double)both[j], 0.6 * (double)rest[j] + 0.4 * own, 2e-5);
    }
    att_seq_reader_destroy(reader);
    att_fold_destroy(fold);
    att_model_destroy(model);
    end_world(&w, &host);
}

CHECK_TEST(it_is_kept_in_the_file_and_files_without_it_load_as_before)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    world w = make_world(true, &host);
    att_model *model = model_with_sequence(ATT_MODEL_ALS, &w, &host), *loaded;
    const char *path = check_path("with.model");
    CHECK_OK(att_model_save(model, 3, path, NULL));
    CHECK_OK(att_model_load(&loaded, path, &host, NULL));
    att_fold *fold;
    CHECK_OK(att_fold_create(&fold, &host, NULL));
    float a[TARGETS], b[TARGETS], best[5];
    uint32_t items[5];
    score(model, fold, SIZE_MAX, ATT_MODEL_EXPLAINED, a);
    score(loaded, fold, SIZE_MAX, ATT_MODEL_EXPLAINED, b);
    CHECK(memcmp(a, b, sizeof a) == 0);
    CHECK_EQ(att_model_sequence_top(loaded, fold, NULL, 0, 5, items, best), 5);
    CHECK(best[0] >= best[4]);
    att_model_destroy(loaded);
    att_seq_destroy(model->seq);
    model->seq = NULL;
    CHECK_OK(att_model_save(model, 4, path, NULL));
    CHECK_OK(att_model_load(&loaded, path, &host, NULL));
    CHECK_NEAR(att_model_sequence_share(loaded), 0, 0);
    CHECK_OK(att_model_fold(loaded, fold, history, HISTORY, NULL, NULL));
    CHECK_OK(att_model_read(loaded, fold, events, HISTORY, 0, 0, NULL));
    CHECK_EQ(att_model_sequence_top(loaded, fold, NULL, 0, 5, items, best), 0);
    att_model_destroy(loaded);
    att_model_destroy(model);
    att_fold_destroy(fold);
    end_world(&w, &host);
}

// The same file under another version and with so many of its weights. In version 1 they end before those of the context that is asked in.
static void save_as(const char *path, const char *from, uint32_t version_to, size_t weights, const att_host *host)
{
    static const char ids[][5] = {"HEAD", "TOUC", "POPU", "PLAC", "VECT", "BASE", "SEQH", "SEQW", "SEQI", "SEQK", "RECI", "ORIG"};
    const uint32_t kind = ATT_TAG4('M', 'O', 'D', 'L');
    uint32_t version = 0;
    att_snapshot *snapshot;
    att_snapshot_writer *writer;
    CHECK_OK(att_snapshot_open(&snapshot, from, kind, &version, host, NULL));
    CHECK_EQ(version, 2);
    CHECK_OK(att_snapshot_writer_create(&writer, kind, version_to, host, NULL));
    for (size_t i = 0; i < ATT_COUNT_OF(ids); i++) {
        uint32_t id;
        size_t size;
        memcpy(&id, ids[i], sizeof id);
        const void *data = att_snapshot_section(snapshot, id, &size);
        CHECK(data != NULL);
        if (strcmp(ids[i], "SEQW") == 0)
            size = weights * sizeof(float);
        CHECK_OK(att_snapshot_add(writer, id, data, size, NULL));
    }
    CHECK_OK(att_snapshot_finish(writer, path, NULL));
    att_snapshot_writer_destroy(writer);
    att_snapshot_close(snapshot);
}

CHECK_TEST(a_file_from_before_loads_as_a_model_that_knows_nothing_of_the_situation_it_is_asked_in)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    world w = make_world(true, &host);
    att_model *model = model_with_sequence(ATT_MODEL_ALS, &w, &host), *loaded, *refused;
    const char *path = check_path("new.model"), *before = check_path("before.model");
    CHECK_OK(att_model_save(model, 3, path, NULL));
    save_as(before, path, 1, att_seq_weights_unasked(&model->seq->shape), &host);
    CHECK_OK(att_model_load(&loaded, before, &host, NULL));
    att_fold *fold;
    CHECK_OK(att_fold_create(&fold, &host, NULL));
    float now[TARGETS], then[TARGETS], unasked[TARGETS];
    score(model, fold, SIZE_MAX, 0, now);
    score(loaded, fold, SIZE_MAX, 0, then);
    score_asked(model, fold, SIZE_MAX, 0, 0, unasked);
    CHECK(memcmp(then, unasked, sizeof then) == 0);
    CHECK(memcmp(then, now, sizeof then) != 0);
    // Saved again it is a file of now, with the same answers.
    CHECK_OK(att_model_save(loaded, 4, path, NULL));
    att_model_destroy(loaded);
    CHECK_OK(att_model_load(&loaded, path, &host, NULL));
    score(loaded, fold, SIZE_MAX, 0, now);
    CHECK(memcmp(then, now, sizeof then) == 0);
    // Weights of one version under the number of the other.
    save_as(before, path, 1, att_seq_weights(&model->seq->shape), &host);
    att_error err;
    CHECK_FAILS(att_model_load(&refused, before, &host, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "section SEQW");
    save_as(before, path, 3, att_seq_weights(&model->seq->shape), &host);
    CHECK_FAILS(att_model_load(&refused, before, &host, &err), ATT_VERSION);
    CHECK_HOLDS(err.text, "model version 3, this build reads 1 to 2");
    att_fold_destroy(fold);
    att_model_destroy(loaded);
    att_model_destroy(model);
    end_world(&w, &host);
    CHECK_EQ(heap.bytes_live, 0);
}

static void train_as(const world *w, bool timed, bool plain, att_train_report *report, att_model **model, const att_host *host)
{
    const att_model_input input = {.preferences = &w->matrix, .last_at_ms = timed ? w->at_ms : NULL};
    const att_train_options options = {.seed = 3, .threads = 2, .kind = "als", .dim = 16, .plain = plain};
    att_error err = {0};
    CHECK_OK_ERR(att_model_train(model, &input, &options, report, host, &err), &err);
}

static void train(const world *w, bool timed, att_train_report *report, att_model **model, const att_host *host)
{
    train_as(w, timed, false, report, model, host);
}

CHECK_TEST(the_share_is_learned_and_nothing_where_it_does_not_help)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_train_report report;
    att_model *model;
    world w = make_world(true, &host);
    train(&w, true, &report, &model, &host);
    CHECK_NOTE("%s", report.sequence);
    CHECK(report.sequence_share > 0);
    CHECK_NEAR(att_model_sequence_share(model), report.sequence_share, 0);
    CHECK_HOLDS(report.sequence, "it helps");
    att_model_destroy(model);
    train(&w, false, &report, &model, &host);
    CHECK_NEAR(report.sequence_share, 0, 0);
    CHECK_HOLDS(report.sequence, "order of events is not known");
    att_model_destroy(model);
    train_as(&w, true, true, &report, &model, &host);
    CHECK_NEAR(att_model_sequence_share(model), 0, 0);
    CHECK_EQ(report.sequence[0], 0);
    att_model_destroy(model);
    end_world(&w, &host);
    CHECK_EQ(heap.bytes_live, 0);
}

// Situations that nobody knows are the same as none: every weight, every score.
CHECK_TEST(without_situations_the_bits_are_those_of_a_model_that_was_never_told_of_any)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    world w = make_world(true, &host);
    uint16_t *unknown = calloc(w.count, sizeof *unknown);
    att_model_input input = {.preferences = &w.matrix, .last_at_ms = w.at_ms};
    const att_train_options options = {.seed = 3, .threads = 1, .kind = "als", .dim = 16};
    att_train_report report;
    att_model *told, *never;
    CHECK_OK(att_model_train(&never, &input, &options, &report, &host, NULL));
    input.situation = unknown;
    CHECK_OK(att_model_train(&told, &input, &options, &report, &host, NULL));
    CHECK_EQ(told->seq->fingerprint, never->seq->fingerprint);
    const att_seq_ends ends = att_seq_ends_of(&never->seq->shape, never->seq->weights);
    for (size_t k = 0; k < (size_t)2 * ATT_SEQ_FIELDS * ATT_SEQ_CLASSES * never->seq->shape.dim; k++)
        CHECK_NEAR((double)ends.context[k], 0, 0); // and those of what is asked behind it
    att_fold *fold;
    float asked_nothing[TARGETS], asked_something[TARGETS];
    CHECK_OK(att_fold_create(&fold, &host, NULL));
    score_asked(never, fold, SIZE_MAX, 0, 0, asked_nothing);
    score_asked(never, fold, SIZE_MAX, 0, asked, asked_something);
    CHECK(memcmp(asked_nothing, asked_something, sizeof asked_nothing) == 0);
    att_fold_destroy(fold);
    att_model_destroy(told);
    att_model_destroy(never);
    free(unknown);
    end_world(&w, &host);
}

static bool stop_in_the_second_epoch(void *user, const att_progress *progress)
{
    (void)user;
    return strcmp(progress->task, "sequence model") != 0 || progress->done < PEOPLE + 1;
}

CHECK_TEST(a_training_that_was_stopped_goes_on_and_leaves_no_files)
{
    CHECK_BEGIN();
    att_host host = att_host_default();
    world w = make_world(true, &host);
    const att_model_input input = {.preferences = &w.matrix, .last_at_ms = w.at_ms};
    att_train_options options = {.seed = 3, .threads = 1, .kind = "als", .dim = 16};
    att_train_report report;
    att_model *whole, *resumed;
    CHECK_OK(att_model_train(&whole, &input, &options, &report, &host, NULL));
    options.checkpoints = check_path("stopped");
    att_host stopping = host;
    stopping.progress = stop_in_the_second_epoch;
    CHECK_FAILS(att_model_train(&resumed, &input, &options, &report, &stopping, NULL), ATT_CANCELLED);
    CHECK(access(check_path("stopped-sequence-trial"), F_OK) == 0);
    CHECK_OK(att_model_train(&resumed, &input, &options, &report, &host, NULL));
    CHECK(access(check_path("stopped-sequence-trial"), F_OK) != 0);
    CHECK(access(check_path("stopped-sequence"), F_OK) != 0);
    CHECK_NEAR(resumed->seq_share, whole->seq_share, 0);
    CHECK_EQ(resumed->seq->fingerprint, whole->seq->fingerprint);
    // What lies there of another training is no obstacle.
    check_write_file(check_path("stopped-sequence"), "nothing of the kind", 19);
    att_model_destroy(resumed);
    CHECK_OK(att_model_train(&resumed, &input, &options, &report, &host, NULL));
    CHECK_EQ(resumed->seq->fingerprint, whole->seq->fingerprint);
    att_model_destroy(resumed);
    att_model_destroy(whole);
    end_world(&w, &host);
}

CHECK_TEST(too_little_data_is_said)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    world w = make_world(true, &host);
    att_matrix few;
    uint32_t rows[40];
    for (uint32_t r = 0; r < 40; r++)
        rows[r] = r;
    CHECK_OK(att_matrix_pick_rows(&few, &w.matrix, rows, 40, &host, NULL));
    const att_model_input input = {.preferences = &few, .last_at_ms = w.at_ms};
    const att_train_options options = {.seed = 3, .threads = 1, .kind = "als", .dim = 16};
    att_train_report report;
    att_model *model;
    CHECK_OK(att_model_train(&model, &input, &options, &report, &host, NULL));
    CHECK_HOLDS(report.sequence, "fewer than 100 people");
    att_model_destroy(model);
    att_matrix_deinit(&few, &host);
    end_world(&w, &host);
}

CHECK_MAIN(CHECK_CASE(effects_are_what_removal_gives_of_all_events_or_of_the_newest),
    CHECK_CASE(a_score_is_the_two_parts_by_their_shares),
    CHECK_CASE(it_is_kept_in_the_file_and_files_without_it_load_as_before),
    CHECK_CASE(a_file_from_before_loads_as_a_model_that_knows_nothing_of_the_situation_it_is_asked_in),
    CHECK_CASE(the_share_is_learned_and_nothing_where_it_does_not_help),
    CHECK_CASE(without_situations_the_bits_are_those_of_a_model_that_was_never_told_of_any),
    CHECK_CASE(a_training_that_was_stopped_goes_on_and_leaves_no_files),
    CHECK_CASE(too_little_data_is_said))
