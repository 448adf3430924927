// SPDX-License-Identifier: Apache-2.0
// A network learns from multitracks, the same whether or not it was stopped in between; it is kept in a file and found there again.
#include "check.h"

#include "base/rng.h"
#include "music/stems_learner.h"
#include "music/stems_model.h"

#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FRAMES = 12, SAMPLES = (FRAMES + 8) * 1024, STEPS = 24 };

// Noise bursts, a low tone, one in the middle, one high: easy to tell apart.
static void write_track(const char *folder, const char *name, int shift)
{
    static const double hz[] = {0, 70, 500, 3000};
    char path[4608];
    att_rng rng = att_rng_seed((uint64_t)shift);
    snprintf(path, sizeof path, "%.4000s/%s", folder, name);
    mkdir(path, 0777);
    for (int s = 0; s < ATT_STEM_COUNT; s++) {
        att_audio a;
        CHECK_OK(att_audio_init(&a, SAMPLES, 1, 44100, NULL, NULL));
        for (size_t i = 0; i < a.frames; i++)
            a.samples[i] = (float)(s ? 0.1 * sin(2 * M_PI * (hz[s] + 10 * shift) * (double)i / 44100)
                                     : 0.5 * exp(-(double)(i % 6000) / 500) * (att_rng_unit(&rng) - 0.5));
        snprintf(path, sizeof path, "%.4000s/%s/%s.wav", folder, name, att_stem_name((att_stem)s));
        if (s != ATT_STEM_OTHER || shift) // the first track has no other
            CHECK_OK(att_audio_write(att_audio_view(&a), path, NULL, NULL));
        att_audio_deinit(&a);
    }
}

static const char *folder(void)
{
    static char its[4096];
    if (!its[0]) {
        snprintf(its, sizeof its, "%s", check_path("multitracks"));
        mkdir(its, 0777);
        write_track(its, "a", 0);
        write_track(its, "b", 1);
    }
    return its;
}

static const att_stems_pace pace = {.seed = 5, .steps = STEPS, .frames = FRAMES, .ring = 3, .batch = 2, .rate = 3e-3};

CHECK_TEST(tracks_are_read_and_what_is_absent_is_silence)
{
    CHECK_BEGIN();
    att_stems_pool pool;
    att_error err;
    CHECK_OK_ERR(att_stems_pool_load(&pool, folder(), 1024, NULL, &err), &err);
    CHECK_EQ(pool.tracks.count, 2);
    CHECK(pool.tracks.items[0].samples[ATT_STEM_OTHER] == NULL);
    CHECK(pool.tracks.items[1].samples[ATT_STEM_OTHER] != NULL);
    CHECK_EQ(pool.tracks.items[1].frames, SAMPLES);
    att_stems_pool_deinit(&pool);
    CHECK_FAILS(att_stems_pool_load(&pool, folder(), SAMPLES + 1, NULL, &err), ATT_INSUFFICIENT);
    CHECK_HOLDS(err.text, "every track is shorter");
}

// With masks of ones the error of a stem is the rest of the mix: A - 2 B + C = |X - S|^2.
CHECK_TEST(an_example_holds_what_the_loss_needs)
{
    CHECK_BEGIN();
    att_stems_pool pool;
    att_stft *stft;
    att_arena life;
    const att_host host = att_host_default();
    CHECK_OK(att_stems_pool_load(&pool, folder(), 1024, NULL, NULL));
    CHECK_OK(att_stft_create(&stft, ATT_STEMS_RATE_HZ, NULL, NULL));
    att_arena_init(&life, &host, 0);
    att_stems_example e, again;
    CHECK(att_stems_example_init(&e, FRAMES, &life) && att_stems_example_init(&again, FRAMES, &life));
    for (uint64_t number = 0; number < 6; number++) {
        CHECK(att_stems_example_draw(&e, &pool, stft, 3, number, false, &life));
        CHECK(att_stems_example_draw(&again, &pool, stft, 3, number, false, &life));
        CHECK_EQ(memcmp(e.features, again.features, FRAMES * ATT_STEMS_FEATURES * sizeof *e.features), 0);
        double mix = 0, cross = 0;
        for (size_t i = 0; i < (size_t)FRAMES * ATT_STEMS_BANDS; i++)
            mix += e.mix[i];
        for (size_t i = 0; i < (size_t)FRAMES * ATT_STEMS_MASKS; i++)
            cross += e.cross[i];
        CHECK_NEAR(cross / mix, 1, 1e-4); // the stems sum to the mix
        for (int s = 0; s < ATT_STEM_COUNT; s++)
            CHECK(e.own[s] >= 0);
        for (size_t i = 0; i < (size_t)FRAMES * ATT_STEMS_FEATURES; i++)
            CHECK(isfinite(e.features[i]));
    }
    att_arena_deinit(&life);
    att_stft_destroy(stft);
    att_stems_pool_deinit(&pool);
}

static void run(att_stems_learner *l, uint32_t until, double *first, double *last)
{
    double loss;
    while (att_stems_learner_at(l) < until) {
        CHECK_OK(att_stems_learner_step(l, &loss, NULL));
        *first = att_stems_learner_at(l) == 1 ? loss : *first;
        *last = loss;
    }
}

CHECK_TEST(stopping_and_going_on_changes_nothing)
{
    CHECK_BEGIN();
    att_stems_pool pool;
    att_stems_learner *whole, *halves;
    att_error err;
    double first = 0, last = 0, below[ATT_STEM_COUNT], before[ATT_STEM_COUNT];
    const size_t bytes = att_stems_layout_get().count * sizeof(float);
    CHECK_OK(att_stems_pool_load(&pool, folder(), 1024, NULL, NULL));
    CHECK_OK(att_stems_learner_create(&whole, &pool, &pace, NULL, &err));
    CHECK_OK(att_stems_learner_judge(whole, &pool, 2, before, &err));
    run(whole, STEPS, &first, &last);
    CHECK_OK(att_stems_learner_judge(whole, &pool, 2, below, &err));
    CHECK(below[ATT_STEM_BASS] > before[ATT_STEM_BASS] + 3);
    CHECK(below[ATT_STEM_OTHER] > before[ATT_STEM_OTHER] + 3);

    CHECK_OK(att_stems_learner_create(&halves, &pool, &pace, NULL, &err));
    CHECK_FAILS(att_stems_learner_load(halves, check_path("none.part"), &err), ATT_NOT_FOUND);
    run(halves, STEPS / 2, &first, &last);
    CHECK_OK_ERR(att_stems_learner_save(halves, check_path("half.part"), &err), &err);
    att_stems_learner_destroy(halves);
    CHECK_OK(att_stems_learner_create(&halves, &pool, &pace, NULL, &err));
    CHECK_OK_ERR(att_stems_learner_load(halves, check_path("half.part"), &err), &err);
    CHECK_EQ(att_stems_learner_at(halves), STEPS / 2);
    run(halves, STEPS, &first, &last);
    CHECK_EQ(memcmp(att_stems_learner_weights(whole), att_stems_learner_weights(halves), bytes), 0);
    att_stems_learner_destroy(halves);

    att_stems_pace other = pace;
    other.seed = 6;
    CHECK_OK(att_stems_learner_create(&halves, &pool, &other, NULL, &err));
    CHECK_FAILS(att_stems_learner_load(halves, check_path("half.part"), &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "a training with other tracks");
    att_stems_learner_destroy(halves);
    att_stems_learner_destroy(whole);
    att_stems_pool_deinit(&pool);
}

// Until the rate falls, how many steps there will be is still open: a training may be made longer or shorter, and is as if it had been so from
// the beginning.
CHECK_TEST(a_training_can_be_made_longer_until_its_rate_falls)
{
    CHECK_BEGIN();
    att_stems_pool pool;
    att_stems_learner *l, *whole;
    att_error err;
    double first = 0, last = 0;
    att_stems_pace longer = pace;
    longer.steps = 12;
    CHECK_OK(att_stems_pool_load(&pool, folder(), 1024, NULL, NULL));
    CHECK_OK(att_stems_learner_create(&whole, &pool, &longer, NULL, &err));
    run(whole, 12, &first, &last);
    att_stems_pace few = pace;
    few.steps = 10;
    CHECK_OK(att_stems_learner_create(&l, &pool, &few, NULL, &err));
    run(l, 7, &first, &last);
    CHECK_OK_ERR(att_stems_learner_save(l, check_path("few.part"), &err), &err);
    run(l, 8, &first, &last);
    CHECK_OK_ERR(att_stems_learner_save(l, check_path("late.part"), &err), &err);
    att_stems_learner_destroy(l);
    CHECK_OK(att_stems_learner_create(&l, &pool, &longer, NULL, &err));
    CHECK_OK_ERR(att_stems_learner_load(l, check_path("few.part"), &err), &err);
    run(l, 12, &first, &last);
    CHECK_EQ(memcmp(att_stems_learner_weights(whole), att_stems_learner_weights(l), att_stems_layout_get().count * sizeof(float)), 0);
    CHECK_FAILS(att_stems_learner_load(l, check_path("late.part"), &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "other tracks or options");
    att_stems_learner_destroy(l);
    att_stems_learner_destroy(whole);
    att_stems_pool_deinit(&pool);
}

// --- Files ----------------------------------------------------------------------------------------------------

CHECK_TEST(a_network_comes_back_from_its_file_as_it_was_rounded)
{
    CHECK_BEGIN();
    const size_t count = att_stems_layout_get().count;
    float *weights = malloc(count * sizeof *weights), *before = malloc(count * sizeof *weights);
    const att_stems_trust trust[ATT_STEM_COUNT] = {{1, 0.5f}, {2, 0.25f}, {-3, 1}, {0, 2}};
    att_stems_model model;
    att_error err;
    att_stems_weights_draw(weights, 3);
    memcpy(before, weights, count * sizeof *weights);
    CHECK_OK_ERR(att_stems_model_save(check_path("a.stems"), weights, trust, "a card", NULL, &err), &err);
    CHECK_OK_ERR(att_stems_model_open(&model, check_path("a.stems"), NULL, &err), &err);
    CHECK_EQ(memcmp(model.weights, weights, count * sizeof *weights), 0);
    CHECK_EQ(memcmp(model.trust, trust, sizeof trust), 0);
    CHECK_STR(model.card, "a card");
    double off = 0, all = 0;
    for (size_t i = 0; i < count; i++) {
        off += pow(weights[i] - before[i], 2);
        all += pow(before[i], 2);
    }
    CHECK(sqrt(off / all) < 0.01);
    att_stems_model_close(&model);
    size_t size;
    char *bytes = check_read_file(check_path("a.stems"), &size);
    CHECK(size <= 4000 * 1000);
    bytes[size / 2] ^= 1;
    check_write_file(check_path("b.stems"), bytes, size);
    CHECK_FAILS(att_stems_model_open(&model, check_path("b.stems"), NULL, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "b.stems");
    CHECK_FAILS(att_stems_model_open(&model, check_path("none.stems"), NULL, &err), ATT_NOT_FOUND);
    free(bytes);
    free(before);
    free(weights);
}

CHECK_TEST(all_of_it_is_one_call)
{
    CHECK_BEGIN();
    att_stems_trained trained;
    att_error err;
    char path[4096];
    snprintf(path, sizeof path, "%s", check_path("long"));
    mkdir(path, 0777);
    CHECK_FAILS(att_stems_train(path, check_path("c.stems"), NULL, NULL, &trained, &err), ATT_INSUFFICIENT);
    CHECK_FAILS(att_stems_train(folder(), check_path("c.stems"), NULL, NULL, &trained, &err), ATT_INSUFFICIENT);
    CHECK_HOLDS(err.text, "shorter than 6.0 s");
}

CHECK_MAIN(CHECK_CASE(tracks_are_read_and_what_is_absent_is_silence), CHECK_CASE(an_example_holds_what_the_loss_needs),
    CHECK_CASE(stopping_and_going_on_changes_nothing),
    CHECK_CASE(a_training_can_be_made_longer_until_its_rate_falls), CHECK_CASE(a_network_comes_back_from_its_file_as_it_was_rounded), CHECK_CASE(all_of_it_is_one_call))
