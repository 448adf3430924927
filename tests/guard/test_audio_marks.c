// SPDX-License-Identifier: Apache-2.0
// Peaks and their keys stay what they are under what the fingerprint promises to survive.
#include "sounds.h"

#include "guard/audio_marks.h"

static att_peaks peaks_of(const att_audio *a, att_peak_reach reach)
{
    att_peaks out = {0};
    uint32_t frames;
    CHECK_OK(att_peaks_find(att_audio_view(a), reach, NULL, &out, &frames, NULL));
    return out;
}

// One tone: its peak is where its frequency is, 768 log2(440 / 180) = 990.3.
CHECK_TEST(a_tone_is_a_peak_at_its_pitch)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_audio tone;
    CHECK_OK(att_audio_init(&tone, 16000, 1, 8000, NULL, NULL));
    add_tone(&tone, 0.5, 1, 440, 0.3);
    att_peaks p = peaks_of(&tone, att_peak_reach_kept);
    CHECK(p.count >= 1);
    bool seen = false;
    for (size_t i = 0; i < p.count; i++)
        seen |= abs(att_peak_pitch(p.items[i]) - 990) <= 4;
    CHECK(seen);
    ATT_VEC_FREE(&host, &p);
    att_audio_deinit(&tone);
}

CHECK_TEST(peaks_do_not_depend_on_level_and_rise)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_audio a = music_by_dice(8, 8);
    att_peaks loud = peaks_of(&a, att_peak_reach_kept), dense = peaks_of(&a, att_peak_reach_asked);
    for (size_t i = 0; i < a.frames; i++)
        a.samples[i] *= 0.25f;
    att_peaks soft = peaks_of(&a, att_peak_reach_kept);
    CHECK_EQ(loud.count, soft.count);
    for (size_t i = 0; i < loud.count; i++) {
        CHECK_EQ(loud.items[i], soft.items[i]);
        CHECK(i == 0 || loud.items[i] > loud.items[i - 1]);
    }
    // What is highest within a wide reach is highest within a narrow one.
    for (size_t i = 0, k = 0; i < loud.count; i++) {
        while (k < dense.count && dense.items[k] < loud.items[i])
            k++;
        CHECK(k < dense.count && dense.items[k] == loud.items[i]);
    }
    CHECK(dense.count > loud.count);
    ATT_VEC_FREE(&host, &loud);
    ATT_VEC_FREE(&host, &soft);
    ATT_VEC_FREE(&host, &dense);
    att_audio_deinit(&a);
}

CHECK_TEST(silence_and_scraps_have_no_peaks)
{
    CHECK_BEGIN();
    att_audio a;
    att_peaks p = {0};
    uint32_t frames;
    att_error err;
    CHECK_OK(att_audio_init(&a, 8000, 2, 44100, NULL, NULL));
    CHECK_OK(att_peaks_find(att_audio_view(&a), att_peak_reach_kept, NULL, &p, &frames, NULL));
    CHECK_EQ(p.count, 0);
    a.frames = 10;
    CHECK_OK(att_peaks_find(att_audio_view(&a), att_peak_reach_kept, NULL, &p, &frames, NULL));
    CHECK_EQ(frames, 0);
    att_sound endless = att_audio_view(&a);
    endless.frames = (size_t)44100 * 20000;
    CHECK_FAILS(att_peaks_find(endless, att_peak_reach_kept, NULL, &p, &frames, &err), ATT_LIMIT);
    CHECK_HOLDS(err.text, "20000 s");
    a.frames = 8000;
    att_audio_deinit(&a);
}

static uint32_t peak(double frame, double pitch)
{
    return (uint32_t)lround(frame) << 12 | (uint32_t)lround(pitch);
}

static bool holds(const att_marks *probes, uint32_t key)
{
    for (size_t i = 0; i < probes->count; i++)
        if (probes->items[i].key == key)
            return true;
    return false;
}

// Many threes of peaks by dice: what is probed for at another tempo, speed and pitch, with every peak half a frame and a tenth of a
// semitone off, holds the key under which the three were stored in nearly all cases, and in all where nothing is off.
CHECK_TEST(the_stored_key_is_among_those_probed_for)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_rng rng = att_rng_seed(11);
    size_t stored = 0, same = 0, moved = 0;
    for (int n = 0; n < 40000; n++) {
        const double t0 = 20 + 50 * att_rng_unit(&rng), t1 = t0 + 4 + 40 * att_rng_unit(&rng), t2 = t1 + 12 + 40 * att_rng_unit(&rng);
        double f[3];
        for (int i = 0; i < 3; i++)
            f[i] = 1000 + 700 * att_rng_unit(&rng);
        const uint32_t kept[] = {peak(t0, f[0]), peak(t1, f[1]), peak(t2, f[2])};
        att_marks marks = {0}, probes = {0}, others = {0};
        CHECK(att_marks_of(kept, 3, false, 0, &host, &marks));
        CHECK(marks.count <= 1);
        if (marks.count) {
            const double tempo = 0.95 + 0.1 * att_rng_unit(&rng), shift = 70 * (2 * att_rng_unit(&rng) - 1);
            const double off = 6 * (2 * att_rng_unit(&rng) - 1);
            const uint32_t asked[] = {peak(t0 / tempo, f[0] + shift), peak(t1 / tempo, f[1] + shift + off), peak(t2 / tempo, f[2] + shift)};
            CHECK(att_marks_of(kept, 3, true, 0, &host, &probes));
            CHECK(att_marks_of(asked, 3, true, 0, &host, &others));
            stored++;
            same += holds(&probes, marks.items[0].key);
            moved += holds(&others, marks.items[0].key);
        }
        ATT_VEC_FREE(&host, &marks);
        ATT_VEC_FREE(&host, &probes);
        ATT_VEC_FREE(&host, &others);
    }
    CHECK(stored > 3000);
    CHECK_EQ(same, stored);
    CHECK((double)moved > 0.95 * (double)stored);
    CHECK_NOTE("%zu of %zu", moved, stored);
}

CHECK_MAIN(CHECK_CASE(a_tone_is_a_peak_at_its_pitch), CHECK_CASE(peaks_do_not_depend_on_level_and_rise), CHECK_CASE(silence_and_scraps_have_no_peaks),
    CHECK_CASE(the_stored_key_is_among_those_probed_for))
