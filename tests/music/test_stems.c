// SPDX-License-Identifier: Apache-2.0
// Four stems that sum to the track, whatever the track.
#include "check.h"

#include "attune/stems.h"
#include "base/rng.h"

#include <math.h>

// Clicks, a low tone, and a tone that comes once; on the grid of 24 bits.
static att_audio music(double seconds, uint32_t channels, uint32_t rate_hz)
{
    att_audio out;
    att_rng rng = att_rng_seed(11);
    CHECK_OK(att_audio_init(&out, (size_t)(seconds * rate_hz), channels, rate_hz, NULL, NULL));
    for (size_t i = 0; i < out.frames; i++) {
        const double t = (double)i / rate_hz, beat = fmod(t, 0.5);
        const double click = exp(-80 * beat) * (att_rng_unit(&rng) - 0.5), low = 0.2 * sin(2 * M_PI * 80 * t), high = 0.2 * sin(2 * M_PI * 700 * t);
        for (uint32_t c = 0; c < channels; c++)
            out.samples[i * channels + c] = (float)(round((click + low + high * (c ? 0.5 : 1)) * 0x1p23) * 0x1p-23);
    }
    return out;
}

static void check_sum(const att_stems *stems, const att_audio *a)
{
    size_t wrong = 0;
    for (size_t i = 0; i < a->frames * a->channels; i++) {
        float sum = 0;
        for (int s = 0; s < ATT_STEM_COUNT; s++)
            sum += stems->stem[s].samples[i];
        wrong += sum != a->samples[i];
    }
    CHECK_EQ(wrong, 0);
}

static double energy(const att_audio *a)
{
    double sum = 0;
    for (size_t i = 0; i < a->frames * a->channels; i++)
        sum += (double)a->samples[i] * a->samples[i];
    return sum;
}

CHECK_TEST(stems_sum_to_the_track_bit_for_bit)
{
    CHECK_BEGIN();
    static const struct { uint32_t channels, rate_hz; } shapes[] = {{1, 8000}, {2, 44100}, {3, 48000}};
    for (int k = 0; k < 3; k++) {
        att_audio a = music(2.1, shapes[k].channels, shapes[k].rate_hz);
        att_stems stems;
        att_error err;
        CHECK_OK_ERR(att_stems_separate(&stems, att_audio_view(&a), &(att_stems_options){.method = ATT_STEMS_CLASSICAL}, NULL, &err), &err);
        check_sum(&stems, &a);
        att_stems_deinit(&stems);
        att_audio_deinit(&a);
    }
}

CHECK_TEST(the_network_in_the_library_sums_too_and_has_its_card)
{
    CHECK_BEGIN();
    static const uint32_t rates[] = {11025, 44100, 96000};
    for (int k = 0; k < 3; k++) {
        att_audio a = music(1.5, 2, rates[k]);
        att_stems stems;
        att_error err;
        CHECK_OK_ERR(att_stems_separate(&stems, att_audio_view(&a), NULL, NULL, &err), &err);
        CHECK_EQ(stems.method, ATT_STEMS_NETWORK);
        check_sum(&stems, &a);
        att_stems_deinit(&stems);
        att_audio_deinit(&a);
    }
    char *card = NULL;
    CHECK_OK(att_stems_card(&card, NULL, NULL, NULL));
    CHECK_HOLDS(card, "# Model card");
    CHECK_HOLDS(card, "TimGM6mb (GPL-2)");
    att_stems_card_free(card, NULL);
}

// A frame is seen with 31 to either side, so where a track is cut into chunks makes no difference but for the classical shares.
CHECK_TEST(a_longer_track_is_split_as_its_beginning_was)
{
    CHECK_BEGIN();
    att_audio a = music(20, 1, 8000); // more than one chunk
    att_stems whole, part;
    CHECK_OK(att_stems_separate(&whole, att_audio_view(&a), NULL, NULL, NULL));
    check_sum(&whole, &a);
    CHECK_OK(att_stems_separate(&part, (att_sound){a.samples, 8000 * 19, 1, 8000}, NULL, NULL, NULL));
    double off = 0, all = 0;
    for (size_t i = 0; i < 8000 * 10; i++) {
        const double d = whole.stem[ATT_STEM_BASS].samples[i] - part.stem[ATT_STEM_BASS].samples[i];
        off += d * d;
        all += (double)whole.stem[ATT_STEM_BASS].samples[i] * whole.stem[ATT_STEM_BASS].samples[i];
    }
    CHECK(off < 1e-2 * all);
    att_stems_deinit(&whole);
    att_stems_deinit(&part);
    att_audio_deinit(&a);
}

CHECK_TEST(each_thing_goes_to_its_stem)
{
    CHECK_BEGIN();
    att_audio a = music(6, 1, 22050);
    att_stems stems;
    CHECK_OK(att_stems_separate(&stems, att_audio_view(&a), &(att_stems_options){.method = ATT_STEMS_CLASSICAL}, NULL, NULL));
    const double low = 0.02 * (double)a.frames; // of a sine of 0.2
    CHECK_NEAR(energy(&stems.stem[ATT_STEM_BASS]) / low, 1, 0.1);
    CHECK_NEAR((energy(&stems.stem[ATT_STEM_OTHER]) + energy(&stems.stem[ATT_STEM_VOCALS])) / low, 1, 0.1);
    CHECK(energy(&stems.stem[ATT_STEM_DRUMS]) > 0.5 * (energy(&a) - 2 * low));
    CHECK(isfinite(stems.expected_db[ATT_STEM_BASS]));
    att_stems_deinit(&stems);
    att_audio_deinit(&a);
}

CHECK_TEST(silence_and_nothing_are_split_too)
{
    CHECK_BEGIN();
    for (size_t frames = 0; frames <= 30000; frames += 30000) {
        att_audio a;
        att_stems stems;
        CHECK_OK(att_audio_init(&a, frames, 2, 44100, NULL, NULL));
        CHECK_OK(att_stems_separate(&stems, att_audio_view(&a), &(att_stems_options){.method = ATT_STEMS_CLASSICAL}, NULL, NULL));
        check_sum(&stems, &a);
        CHECK(!isfinite(stems.expected_db[ATT_STEM_DRUMS]));
        att_stems_deinit(&stems);
        att_audio_deinit(&a);
    }
}

CHECK_TEST(what_cannot_be_split_is_refused)
{
    CHECK_BEGIN();
    static const float sample[16] = {0};
    att_stems stems;
    att_error err;
    CHECK_FAILS(att_stems_separate(&stems, (att_sound){sample, (size_t)8000 * 3601, 1, 8000}, NULL, NULL, &err), ATT_LIMIT);
    CHECK_HOLDS(err.text, "3601 seconds");
    CHECK_FAILS(att_stems_separate(&stems, (att_sound){sample, 1, 9, 8000}, NULL, NULL, &err), ATT_LIMIT);
    CHECK_FAILS(att_stems_separate(&stems, (att_sound){sample, 1, 1, 100}, NULL, NULL, &err), ATT_LIMIT);
    CHECK_FAILS(att_stems_separate(&stems, (att_sound){sample, 1, 1, 8000}, &(att_stems_options){.method = 9}, NULL, &err), ATT_INVALID);
}

CHECK_TEST(memory_that_runs_out_is_told_and_given_back)
{
    CHECK_BEGIN();
    att_audio a = music(0.5, 2, 8000);
    for (int method = 0; method < ATT_STEMS_METHOD_COUNT; method++)
        for (uint64_t fail_at = 1;; fail_at++) {
            check_heap heap = {.fail_at = fail_at};
            const att_host host = check_host(&heap);
            att_stems stems;
            const att_status status =
                att_stems_separate(&stems, att_audio_view(&a), &(att_stems_options){.method = (att_stems_method)method}, &host, NULL);
            if (status == ATT_OK)
                att_stems_deinit(&stems);
            CHECK_EQ(heap.bytes_live, 0);
            if (status == ATT_OK)
                break;
            CHECK_EQ(status, ATT_NO_MEMORY);
            CHECK(fail_at < 100);
        }
    att_audio_deinit(&a);
}

CHECK_MAIN(CHECK_CASE(stems_sum_to_the_track_bit_for_bit), CHECK_CASE(the_network_in_the_library_sums_too_and_has_its_card),
    CHECK_CASE(a_longer_track_is_split_as_its_beginning_was), CHECK_CASE(each_thing_goes_to_its_stem), CHECK_CASE(silence_and_nothing_are_split_too),
    CHECK_CASE(what_cannot_be_split_is_refused), CHECK_CASE(memory_that_runs_out_is_told_and_given_back))
