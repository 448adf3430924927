// SPDX-License-Identifier: Apache-2.0
// A listener's profile is met, to the figure, and the music stays the same.
#include "check.h"

#include "attune/master.h"
#include "attune/stretch.h"
#include "base/fft.h"
#include "base/rng.h"
#include "music/master_bands.h"
#include "music/master_curve.h"
#include "music/master_figures.h"
#include "music/master_limit.h"
#include "music/master_same.h"

#include <math.h>

enum { RATE = 22050 };

// Eight bars of something like music: a bass, chords, strokes of noise, louder in its second half.
static att_audio song(double seconds, uint32_t channels)
{
    static const double roots_hz[] = {110, 98, 82.407, 123.471};
    att_rng rng = att_rng_seed(1);
    att_audio out;
    CHECK_OK(att_audio_init(&out, (size_t)(seconds * RATE), channels, RATE, NULL, NULL));
    for (size_t i = 0; i < out.frames; i++) {
        const double t = (double)i / RATE, beat = fmod(t, 0.5), root = roots_hz[(size_t)(t / 2) % 4];
        const double loud = i < out.frames / 2 ? 0.4 : 1, stroke = exp(-beat / 0.03);
        double x = 0.25 * sin(2 * M_PI * root * t) + 0.3 * stroke * att_rng_normal(&rng) * 0.5;
        for (int k = 2; k < 7; k++)
            x += 0.1 / k * sin(2 * M_PI * root * 2 * k * t + k) * exp(-fmod(t, 1));
        for (uint32_t c = 0; c < channels; c++)
            out.samples[i * channels + c] = (float)(loud * x * (c ? 0.8 : 1) * 0.5);
    }
    return out;
}

static double power_below(const att_audio *a, double hz)
{
    // One resonance-free look: a two-pole low pass twice is enough to tell what is left under a band limit.
    double y1 = 0, y2 = 0, y3 = 0, y4 = 0, sum = 0;
    const double k = 1 - exp(-2 * M_PI * hz / RATE);
    for (size_t i = 0; i < a->frames; i++) {
        y1 += k * ((double)a->samples[i * a->channels] - y1);
        y2 += k * (y1 - y2);
        y3 += k * (y2 - y3);
        y4 += k * (y3 - y4);
        sum += y4 * y4;
    }
    return sum;
}

CHECK_TEST(each_preset_is_met_to_the_figure)
{
    CHECK_BEGIN();
    size_t count;
    const att_master_profile *presets = att_master_presets(&count);
    att_audio in = song(12, 2);
    for (size_t p = 0; p < count; p++) {
        att_audio out;
        att_mastered f;
        att_error err;
        CHECK_OK_ERR(att_master(&out, att_audio_view(&in), &presets[p], &f, NULL, &err), &err);
        CHECK_EQ(out.frames, in.frames);
        CHECK_EQ(out.channels, 2);
        att_master_figures again;
        CHECK_OK(att_master_measure(att_audio_view(&out), &again, NULL, NULL));
        CHECK_NEAR(again.loudness_lufs, presets[p].loudness_lufs, 0.3);
        CHECK(again.true_peak_dbtp <= presets[p].true_peak_dbtp + 0.005);
        CHECK(presets[p].crest_db <= 0 || again.crest_db <= presets[p].crest_db + 0.5);
        CHECK_NEAR(f.after.loudness_lufs, again.loudness_lufs, 1e-9);
        for (size_t i = 0; i < out.frames * 2; i++)
            CHECK(isfinite(out.samples[i]) && fabsf(out.samples[i]) <= 1);
        att_audio_deinit(&out);
    }
    att_audio_deinit(&in);
}

CHECK_TEST(crest_and_band_become_narrower_and_the_same_input_gives_the_same_output)
{
    CHECK_BEGIN();
    att_audio in = song(5, 1), out, again;
    att_mastered f;
    const att_master_profile *phone = att_master_preset("phone");
    CHECK_OK(att_master(&out, att_audio_view(&in), phone, &f, NULL, NULL));
    CHECK(f.after.crest_db < f.before.crest_db - 1);
    CHECK(f.after.crest_db <= phone->crest_db + 0.5);
    const double share_in = power_below(&in, 60) / pow(att_master_rms(att_audio_view(&in)), 2);
    const double share_out = power_below(&out, 60) / pow(att_master_rms(att_audio_view(&out)), 2);
    CHECK(share_out < share_in / 100);
    CHECK_OK(att_master(&again, att_audio_view(&in), phone, NULL, NULL, NULL));
    CHECK(memcmp(out.samples, again.samples, out.frames * sizeof(float)) == 0);
    att_audio_deinit(&in);
    att_audio_deinit(&out);
    att_audio_deinit(&again);
}

CHECK_TEST(silence_and_scraps_have_no_loudness)
{
    CHECK_BEGIN();
    static const size_t lengths[] = {0, 1, 100, RATE / 4, RATE};
    for (size_t i = 0; i < 5; i++) {
        att_audio in, out;
        att_error err;
        CHECK_OK(att_audio_init(&in, lengths[i], 1, RATE, NULL, NULL));
        CHECK_FAILS(att_master(&out, att_audio_view(&in), att_master_preset("car"), NULL, NULL, &err), ATT_INSUFFICIENT);
        CHECK(out.samples == NULL);
        att_audio_deinit(&in);
    }
}

// --- Parts ----------------------------------------------------------------------------------------------------

// The plain twin: the curve at a frequency, by a tone.
CHECK_TEST(without_compression_a_tone_is_turned_by_the_curve_alone)
{
    CHECK_BEGIN();
    const att_master_profile p = {.band_low_hz = 300, .band_high_hz = 5000, .voice_db = 6, .compress_ratio = 1, .attack_ms = 10, .release_ms = 100};
    static const double hz[] = {150, 300, 700, 1200, 2700, 4000, 6000};
    for (int k = 0; k < 7; k++) {
        att_audio in, out;
        CHECK_OK(att_audio_init(&in, RATE, 1, RATE, NULL, NULL));
        CHECK_OK(att_audio_init(&out, RATE, 1, RATE, NULL, NULL));
        for (size_t i = 0; i < RATE; i++)
            in.samples[i] = (float)(0.3 * sin(2 * M_PI * hz[k] * (double)i / RATE));
        att_master_bands bands;
        CHECK_OK(att_master_bands_init(&bands, &p, 1, RATE, NULL, NULL));
        CHECK_OK(att_master_bands_run(&bands, att_audio_view(&in), 1, out.samples, NULL));
        const double factor = att_master_curve(&p, hz[k]);
        for (size_t i = RATE / 4; i < RATE * 3 / 4; i++) // no delay: the tone is where it was
            CHECK_NEAR(out.samples[i], factor * (double)in.samples[i], 0.004);
        att_master_bands_deinit(&bands);
        att_audio_deinit(&in);
        att_audio_deinit(&out);
    }
}

// Byrne and Dillon's formula by hand: H = 40 everywhere is X = 6; at 1000 Hz 6 + 12.4 + 1, at 250 Hz 6 + 12.4 - 17, at 4000 Hz 6 + 12.4 - 2.
CHECK_TEST(hearing_gains_are_those_of_the_papers)
{
    CHECK_BEGIN();
    att_master_profile p = {.hearing_count = 2, .hearing_hz = {250, 6000}, .hearing_db = {40, 40}};
    CHECK_NEAR(att_master_hearing_gain_db(&p, 1000), 19.4, 1e-9);
    CHECK_NEAR(att_master_hearing_gain_db(&p, 250), 1.4, 1e-9);
    CHECK_NEAR(att_master_hearing_gain_db(&p, 4000), 16.4, 1e-9);
    p.hearing_rule = ATT_HEARING_HALF_GAIN;
    CHECK_NEAR(att_master_hearing_gain_db(&p, 777), 20, 1e-9);
    p.hearing_db[1] = 100; // never above 30
    CHECK_NEAR(att_master_hearing_gain_db(&p, 6000), 30, 1e-9);
    p.hearing_count = 0;
    CHECK_NEAR(att_master_hearing_gain_db(&p, 1000), 0, 0);
    // A moderate loss in the treble is lifted more than one in the bass.
    const att_master_profile *n3 = att_master_preset("hearing-moderate");
    CHECK(att_master_hearing_gain_db(n3, 4000) > att_master_hearing_gain_db(n3, 500) + 10);
}

CHECK_TEST(no_peak_passes_the_limiter_and_what_lies_under_it_is_left_alone)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(2);
    att_audio in, out;
    CHECK_OK(att_audio_init(&in, RATE, 2, RATE, NULL, NULL));
    CHECK_OK(att_audio_init(&out, RATE, 2, RATE, NULL, NULL));
    for (size_t i = 0; i < in.frames * 2; i++)
        in.samples[i] = (float)(att_rng_normal(&rng) * (i < RATE ? 0.02 : 0.3));
    att_limiter limiter;
    CHECK_OK(att_limiter_init(&limiter, att_audio_view(&in), NULL, NULL));
    CHECK(att_limiter_peak(&limiter) >= att_master_peak(att_audio_view(&in)));
    const double most = att_limiter_run(&limiter, att_audio_view(&in), 0.5, out.samples);
    CHECK(most > 3);
    CHECK(att_master_peak(att_audio_view(&out)) <= 0.5 + 1e-6);
    for (size_t i = 0; i < RATE - 1000; i++)
        CHECK_NEAR(out.samples[i], in.samples[i], 1e-6);
    // Left and right are turned down alike.
    for (size_t i = RATE / 2 + 10; i < RATE; i++)
        CHECK_NEAR((double)out.samples[2 * i] * (double)in.samples[2 * i + 1], (double)out.samples[2 * i + 1] * (double)in.samples[2 * i], 1e-6);
    CHECK_NEAR(att_limiter_run(&limiter, att_audio_view(&in), 100, out.samples), 0, 1e-9);
    CHECK(memcmp(in.samples, out.samples, in.frames * 2 * sizeof(float)) == 0);
    att_limiter_deinit(&limiter);
    att_audio_deinit(&in);
    att_audio_deinit(&out);
}

// 120 BPM in A minor or C major; slower by a sixth, or three semitones higher, it is other music to the analyser.
CHECK_TEST(tempo_and_key_are_compared)
{
    CHECK_BEGIN();
    att_audio a = song(16, 1), slow, high;
    att_mastered f = {0};
    att_error err;
    CHECK_OK_ERR(att_master_check_analysis(att_audio_view(&a), att_audio_view(&a), &f, NULL, &err), &err);
    CHECK_NEAR(f.before.tempo_bpm / 120, 1, 0.01);
    CHECK_NEAR(f.after.tempo_bpm, f.before.tempo_bpm, 1e-9);
    CHECK_OK(att_stretch(&slow, att_audio_view(&a), &(att_stretch_options){1.2, 0}, NULL, NULL));
    CHECK_FAILS(att_master_check_analysis(att_audio_view(&a), att_audio_view(&slow), &f, NULL, &err), ATT_DENIED);
    CHECK_HOLDS(err.text, "tempo");
    CHECK_NEAR(f.after.tempo_bpm / 100, 1, 0.01);
    CHECK_OK(att_stretch(&high, att_audio_view(&a), &(att_stretch_options){1, 300}, NULL, NULL));
    CHECK_FAILS(att_master_check_analysis(att_audio_view(&a), att_audio_view(&high), &f, NULL, &err), ATT_DENIED);
    CHECK_HOLDS(err.text, "key");
    CHECK_EQ((f.before.key.tonic + 3) % 12, f.after.key.tonic);
    att_audio_deinit(&a);
    att_audio_deinit(&slow);
    att_audio_deinit(&high);
}

CHECK_TEST(other_music_or_another_tempo_is_denied)
{
    CHECK_BEGIN();
    att_audio a = song(20, 1), b = song(20, 1), c = song(20, 1);
    att_rng rng = att_rng_seed(3);
    for (size_t i = 0; i < b.frames; i++)
        b.samples[i] = (float)(0.1 * att_rng_normal(&rng));
    for (size_t i = 0; i < c.frames; i++) // 4 % faster, and higher
        c.samples[i] = a.samples[(size_t)((double)i * 1.04) % a.frames];
    att_error err;
    bool same;
    CHECK_OK_ERR(att_master_check_same(att_audio_view(&a), att_audio_view(&a), &same, NULL, &err), &err);
    CHECK(same);
    CHECK_FAILS(att_master_check_same(att_audio_view(&a), att_audio_view(&b), &same, NULL, &err), ATT_DENIED);
    CHECK_FAILS(att_master_check_same(att_audio_view(&a), att_audio_view(&c), &same, NULL, &err), ATT_DENIED);
    att_audio_deinit(&a);
    att_audio_deinit(&b);
    att_audio_deinit(&c);
}

// --- Profiles -------------------------------------------------------------------------------------------------

CHECK_TEST(a_profile_is_read)
{
    CHECK_BEGIN();
    att_master_profile p;
    att_error err;
    CHECK_OK_ERR(att_master_profile_parse(&p, att_text_of("# mine\nname: Ada\nloudness_lufs: -20\nband_low_hz: 0\nband_high_hz: 9000\n"
                                                          "hearing_rule: half-gain\naudiogram:\n  500: 20\n  4000: 55.5\n"),
                     "ada.yaml", &err), &err);
    CHECK_STR(p.name, "Ada");
    CHECK_NEAR(p.loudness_lufs, -20, 0);
    CHECK_NEAR(p.true_peak_dbtp, -1, 0);
    CHECK_NEAR(p.band_high_hz, 9000, 0);
    CHECK_EQ(p.hearing_rule, ATT_HEARING_HALF_GAIN);
    CHECK_EQ(p.hearing_count, 2);
    CHECK_NEAR(p.hearing_db[1], 55.5, 0);
    CHECK(att_master_preset("nobody") == NULL);
}

CHECK_TEST(a_wrong_profile_is_refused_with_line_and_key)
{
    CHECK_BEGIN();
    static const struct {
        const char *text, *story;
    } bad[] = {
        {"loudness_lufs: loud\n", "p.yaml:1: loudness_lufs: found \"loud\", expected a number from -40 to -8"},
        {"name: x\nloudness_lufs: -3\n", "p.yaml:2: loudness_lufs"},
        {"name: x\nloudness: -16\n", "p.yaml:2: loudness: unknown key"},
        {"crest_db: 10\nname: x\ncrest_db: 11\n", "p.yaml:3: crest_db is given twice, first in line 1"},
        {"crest_db: 2\n", "or 0 for none"},
        {"audiogram: {500: 20, 250: 10}\n", "audiogram.250: frequencies must rise"},
        {"audiogram: {500: 200}\n", "audiogram.500: expected a threshold"},
        {"audiogram: {}\n", "it is empty"},
        {"audiogram: 20\n", "expected thresholds by frequency"},
        {"hearing_rule: loudest\n", "expected nal-r or half-gain"},
        {"band_low_hz: 900\nband_high_hz: 2000\n", "two octaves"},
        {"crest_db: [1]\n", "p.yaml:1: crest_db: expected"},
        {"crest_db: &x 10\n", "not allowed"},
        {"- 1\n", "expected keys and values"},
        {"", "expected keys and values"},
        {"name: x\n---\nname: y\n", "one document"},
        {"name: \"", "not YAML"},
        {"crest_db: nan\n", "found \"nan\""},
        {"crest_db: 1e999\n", "found \"1e999\""},
        {"name: ''\n", "expected 1 to"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        att_master_profile p = {.name = "before"};
        att_error err;
        CHECK_FAILS(att_master_profile_parse(&p, att_text_of(bad[i].text), "p.yaml", &err), ATT_INVALID);
        CHECK_HOLDS(err.text, bad[i].story);
        CHECK_STR(p.name, "before");
    }
    att_master_profile p;
    att_error err;
    CHECK_FAILS(att_master_profile_read(&p, check_path("none.yaml"), &err), ATT_NOT_FOUND);
    char many[70000];
    memset(many, '#', sizeof many);
    check_write_file(check_path("many.yaml"), many, sizeof many);
    CHECK_FAILS(att_master_profile_read(&p, check_path("many.yaml"), &err), ATT_LIMIT);
}

CHECK_TEST(when_memory_runs_out_it_says_so_and_leaves_none_behind)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_audio in = song(1, 1), out;
    int refused = 0;
    for (uint64_t at = 1; at < 25; at++) {
        heap = (check_heap){.fail_at = at};
        att_error err;
        if (att_master(&out, att_audio_view(&in), att_master_preset("night"), NULL, &host, &err) == ATT_NO_MEMORY)
            refused++;
        else
            att_audio_deinit(&out);
        CHECK_EQ(heap.bytes_live, 0);
    }
    CHECK(refused > 12);
    att_audio_deinit(&in);
}

CHECK_MAIN(CHECK_CASE(each_preset_is_met_to_the_figure), CHECK_CASE(crest_and_band_become_narrower_and_the_same_input_gives_the_same_output),
    CHECK_CASE(silence_and_scraps_have_no_loudness), CHECK_CASE(without_compression_a_tone_is_turned_by_the_curve_alone),
    CHECK_CASE(hearing_gains_are_those_of_the_papers), CHECK_CASE(no_peak_passes_the_limiter_and_what_lies_under_it_is_left_alone),
    CHECK_CASE(tempo_and_key_are_compared), CHECK_CASE(other_music_or_another_tempo_is_denied),
    CHECK_CASE(a_profile_is_read), CHECK_CASE(a_wrong_profile_is_refused_with_line_and_key),
    CHECK_CASE(when_memory_runs_out_it_says_so_and_leaves_none_behind))
