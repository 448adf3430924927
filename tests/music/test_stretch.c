// SPDX-License-Identifier: Apache-2.0
// Tempo changes and nothing else: attacks lie where they belong, tones stay clean, a nudge leaves no gap.
#include "check.h"

#include "attune/stretch.h"
#include "base/rng.h"

#include <math.h>

enum { RATE = 44100 };

static att_audio silence(size_t frames, uint32_t channels)
{
    att_audio out;
    CHECK_OK(att_audio_init(&out, frames, channels, RATE, NULL, NULL));
    return out;
}

static att_audio tone(double hz, double seconds, uint32_t channels)
{
    att_audio out = silence((size_t)(seconds * RATE), channels);
    for (size_t i = 0; i < out.frames; i++)
        for (uint32_t c = 0; c < channels; c++)
            out.samples[i * channels + c] = (float)(0.3 * sin(2 * M_PI * hz * (double)i / RATE + c));
    return out;
}

static att_audio noise(size_t frames, uint32_t channels, uint64_t seed)
{
    att_rng rng = att_rng_seed(seed);
    att_audio out = silence(frames, channels);
    for (size_t i = 0; i < frames * channels; i++)
        out.samples[i] = (float)(0.1 * att_rng_normal(&rng));
    return out;
}

// A click is one sample and its echo, eight of them some 0.25 s apart; hits gets their frames.
static att_audio clicks(size_t hits[8])
{
    att_rng rng = att_rng_seed(3);
    att_audio out = silence(RATE * 5 / 2, 1);
    for (size_t i = 0; i < 8; i++) {
        hits[i] = RATE / 4 * (i + 1) + att_rng_below(&rng, 3000);
        out.samples[hits[i]] = 0.8f;
        out.samples[hits[i] + 3] = -0.4f;
    }
    return out;
}

static att_audio stretched(const att_audio *in, double ratio, double cents)
{
    att_audio out;
    att_error err;
    CHECK_OK_ERR(att_stretch(&out, att_audio_view(in), &(att_stretch_options){ratio, cents}, NULL, &err), &err);
    return out;
}

// The greatest sample within 20 ms.
static size_t loudest_near(const att_audio *audio, double at, float *level)
{
    const size_t from = (size_t)fmax(0, at - RATE * 0.02), to = (size_t)fmin((double)audio->frames, at + RATE * 0.02);
    size_t best = from;
    for (size_t i = from; i < to; i++)
        best = fabsf(audio->samples[i * audio->channels]) > fabsf(audio->samples[best * audio->channels]) ? i : best;
    *level = audio->samples[best * audio->channels];
    return best;
}

// What a least-squares fit of that frequency to the middle half of channel 0 leaves, in dB below the whole.
static double tone_error_db(const att_audio *audio, double hz)
{
    const size_t from = audio->frames / 4, to = audio->frames * 3 / 4;
    double cc = 0, cs = 0, ss = 0, cy = 0, sy = 0, rest = 0, whole = 0;
    for (size_t i = from; i < to; i++) {
        const double w = 2 * M_PI * hz * (double)i / RATE, y = (double)audio->samples[i * audio->channels], c = cos(w), s = sin(w);
        cc += c * c, cs += c * s, ss += s * s, cy += c * y, sy += s * y;
    }
    const double det = cc * ss - cs * cs, a = (cy * ss - sy * cs) / det, b = (sy * cc - cy * cs) / det;
    for (size_t i = from; i < to; i++) {
        const double w = 2 * M_PI * hz * (double)i / RATE, y = (double)audio->samples[i * audio->channels];
        rest += pow(y - a * cos(w) - b * sin(w), 2);
        whole += y * y;
    }
    return 10 * log10(whole / rest);
}

CHECK_TEST(the_length_is_exact)
{
    CHECK_BEGIN();
    static const double ratios[] = {0.25, 0.5, 120.0 / 127, 1, 120.0 / 114, 1.7, 2, 4};
    static const size_t lengths[] = {0, 1, 2, 3, 10, 99, 100, 4096, 10007};
    for (size_t r = 0; r < sizeof ratios / sizeof ratios[0]; r++)
        for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
            att_audio in = noise(lengths[l], 1 + l % 3, 1), out = stretched(&in, ratios[r], 0);
            CHECK_EQ(out.frames, llround((double)lengths[l] * ratios[r]));
            CHECK_EQ(out.channels, in.channels);
            for (size_t i = 0; i < out.frames * out.channels; i++)
                CHECK(isfinite(out.samples[i]) && fabsf(out.samples[i]) < 3);
            att_audio_deinit(&in);
            att_audio_deinit(&out);
        }
}

CHECK_TEST(at_ratio_one_the_output_is_the_input)
{
    CHECK_BEGIN();
    att_audio in = noise(30000, 2, 2), out = stretched(&in, 1, 0);
    for (size_t i = 0; i < in.frames * 2; i++)
        CHECK_NEAR(out.samples[i], in.samples[i], 1e-5);
    att_audio_deinit(&in);
    att_audio_deinit(&out);
}

CHECK_TEST(silence_stays_silence)
{
    CHECK_BEGIN();
    att_audio in = silence(20000, 2), out = stretched(&in, 1.3, 50);
    for (size_t i = 0; i < out.frames * 2; i++)
        CHECK(out.samples[i] == 0);
    att_audio_deinit(&in);
    att_audio_deinit(&out);
}

CHECK_TEST(attacks_lie_where_the_tempo_puts_them_and_stay_sharp)
{
    CHECK_BEGIN();
    static const double bpm[] = {114, 127, 90, 150};
    size_t hits[8];
    att_audio in = clicks(hits);
    for (int r = 0; r < 4; r++) {
        const double ratio = 120 / bpm[r];
        att_audio out = stretched(&in, ratio, 0);
        for (int i = 0; i < 8; i++) {
            float level;
            const size_t at = loudest_near(&out, (double)hits[i] * ratio, &level);
            CHECK_NEAR(((double)at - (double)hits[i] * ratio) / RATE, 0, 0.0015);
            CHECK_NEAR(level, 0.8, 0.08);
        }
        att_audio_deinit(&out);
    }
    att_audio_deinit(&in);
}

// A roll of drums: 62 ms apart, less than a window, so that every window holds two strokes.
CHECK_TEST(strokes_closer_than_a_window_stay_sharp)
{
    CHECK_BEGIN();
    static const double bpm[] = {114, 127};
    att_rng rng = att_rng_seed(9);
    att_audio in = silence(RATE * 2, 1);
    for (size_t hit = RATE / 4; hit + 3000 < in.frames; hit += RATE / 16)
        for (size_t i = 0; i < 2000; i++)
            in.samples[hit + i] += (float)((i ? 0.08 * att_rng_normal(&rng) : 0.9) * exp(-(double)i / 300));
    for (int r = 0; r < 2; r++) {
        const double ratio = 120 / bpm[r];
        att_audio out = stretched(&in, ratio, 0);
        for (size_t hit = RATE / 4 + 2 * (RATE / 16); hit + 4 * (RATE / 16) < in.frames; hit += RATE / 16) {
            float level;
            CHECK_NEAR(((double)loudest_near(&out, (double)hit * ratio, &level) - (double)hit * ratio) / RATE, 0, 0.0015);
            CHECK(level > 0.65);
        }
        att_audio_deinit(&out);
    }
    att_audio_deinit(&in);
}

CHECK_TEST(there_and_back_again_attacks_are_where_they_were)
{
    CHECK_BEGIN();
    size_t hits[8];
    att_audio in = clicks(hits), there = stretched(&in, 1.25, 0), back = stretched(&there, 0.8, 0);
    CHECK_EQ(back.frames, in.frames);
    for (int i = 0; i < 8; i++) {
        float level;
        CHECK_NEAR((double)loudest_near(&back, (double)hits[i], &level), hits[i], 90);
        CHECK_NEAR(level, 0.8, 0.1);
    }
    att_audio_deinit(&in);
    att_audio_deinit(&there);
    att_audio_deinit(&back);
}

CHECK_TEST(a_tone_keeps_its_pitch_and_stays_clean)
{
    CHECK_BEGIN();
    static const double ratios[] = {0.5, 120.0 / 127, 120.0 / 114, 2}, hz[] = {220, 1234.5, 6000};
    for (size_t r = 0; r < 4; r++)
        for (size_t k = 0; k < 3; k++) {
            att_audio in = tone(hz[k], 2, 1), out = stretched(&in, ratios[r], 0);
            CHECK(tone_error_db(&out, hz[k]) > 40);
            att_audio_deinit(&in);
            att_audio_deinit(&out);
        }
}

CHECK_TEST(a_click_does_not_disturb_a_tone)
{
    CHECK_BEGIN();
    att_audio in = tone(440, 3, 1);
    in.samples[20000] += 0.5f; // outside the middle half, inside the windows that lead to it
    att_audio out = stretched(&in, 120.0 / 114, 0);
    CHECK(tone_error_db(&out, 440) > 40);
    att_audio_deinit(&in);
    att_audio_deinit(&out);
}

CHECK_TEST(what_stands_left_stays_left)
{
    CHECK_BEGIN();
    att_audio in = noise(40000, 2, 4);
    for (size_t i = 0; i < in.frames; i++)
        in.samples[2 * i + 1] = -0.5f * in.samples[2 * i];
    att_audio out = stretched(&in, 1.1, 0);
    for (size_t i = 0; i < out.frames; i++)
        CHECK_NEAR(out.samples[2 * i + 1], -0.5 * (double)out.samples[2 * i], 1e-6);
    att_audio_deinit(&in);
    att_audio_deinit(&out);
}

CHECK_TEST(a_change_of_pitch_keeps_the_length)
{
    CHECK_BEGIN();
    static const double cents[] = {1200, -100, 37};
    for (int i = 0; i < 3; i++) {
        att_audio in = tone(440, 2, 2), out = stretched(&in, 1, cents[i]);
        CHECK_EQ(out.frames, in.frames);
        CHECK(tone_error_db(&out, 440 * exp2(cents[i] / 1200)) > 40);
        att_audio_deinit(&in);
        att_audio_deinit(&out);
    }
}

// --- Live -----------------------------------------------------------------------------------------------------

static att_stretcher *stretcher(uint32_t channels, double ratio, bool live, const att_host *host)
{
    att_stretcher *s;
    att_error err;
    CHECK_OK_ERR(att_stretcher_create(&s, &(att_stretcher_options){channels, RATE, ratio, live}, host, &err), &err);
    return s;
}

// Everything through, in pieces: push_most 0 draws their sizes.
static void pass(att_stretcher *s, const att_audio *in, att_audio *out, size_t push_most, att_rng *rng)
{
    size_t at = 0, made = 0;
    while (made < out->frames) {
        const size_t piece = push_most ? push_most : 1 + att_rng_below(rng, 3000), wanted = push_most ? push_most : 1 + att_rng_below(rng, 3000);
        const size_t count = in->frames - at < piece ? in->frames - at : piece;
        at += att_stretcher_push(s, in->samples + at * in->channels, count);
        if (at == in->frames)
            att_stretcher_finish(s);
        made += att_stretcher_pull(s, out->samples + made * out->channels, out->frames - made < wanted ? out->frames - made : wanted);
    }
}

CHECK_TEST(pieces_of_any_size_give_the_same_as_the_whole)
{
    CHECK_BEGIN();
    att_audio in = noise(RATE, 2, 5);
    for (size_t i = 5000; i < in.frames; i += 7000)
        in.samples[2 * i] = 0.9f;
    for (int live = 0; live < 2; live++) {
        att_rng rng = att_rng_seed(6);
        att_audio whole = silence(RATE * 11 / 10, 2), pieces = silence(RATE * 11 / 10, 2);
        att_stretcher *a = stretcher(2, 1.1, live, NULL), *b = stretcher(2, 1.1, live, NULL);
        pass(a, &in, &whole, 4096, NULL);
        pass(b, &in, &pieces, 0, &rng);
        CHECK(memcmp(whole.samples, pieces.samples, whole.frames * 2 * sizeof(float)) == 0);
        if (!live) {
            att_audio batch = stretched(&in, 1.1, 0);
            CHECK_EQ(batch.frames, whole.frames);
            CHECK(memcmp(whole.samples, batch.samples, whole.frames * 2 * sizeof(float)) == 0);
            att_audio_deinit(&batch);
        }
        att_stretcher_destroy(a);
        att_stretcher_destroy(b);
        att_audio_deinit(&whole);
        att_audio_deinit(&pieces);
    }
    att_audio_deinit(&in);
}

// As a sound card would: 64 frames at a time; the tempo goes from 120 to 127 in the middle.
static void nudge(att_stretcher *s, const att_audio *in, att_audio *out, size_t nudge_at, double *position)
{
    size_t at = 0;
    for (size_t made = 0; made + 64 <= out->frames; made += 64) {
        const size_t wants = att_stretcher_wants(s, 64), left = in->frames - at;
        at += att_stretcher_push(s, in->samples + at * in->channels, wants < left ? wants : left);
        if (wants > left)
            att_stretcher_finish(s);
        CHECK_EQ(att_stretcher_pull(s, out->samples + made * out->channels, 64), 64);
        if (made == nudge_at) {
            CHECK(att_stretcher_nudge(s, 120.0 / 127));
            CHECK_NEAR(att_stretcher_ratio(s), 120.0 / 127, 1e-12);
        }
        *position = att_stretcher_position(s);
    }
}

CHECK_TEST(a_nudge_leaves_no_gap_and_no_click)
{
    CHECK_BEGIN();
    for (int live = 0; live < 2; live++) {
        att_audio in = tone(440, 4, 1), out = silence(64 * 1800, 1);
        att_stretcher *s = stretcher(1, 1, live, NULL);
        double position;
        nudge(s, &in, &out, 64 * 900, &position);
        // A sine of w and amplitude 0.3 has second differences of at most 0.3 w^2; a click would have far greater ones.
        const double w = 2 * M_PI * 440 / RATE;
        for (size_t i = 6000; i + 1 < out.frames; i++)
            CHECK(fabs((double)out.samples[i + 1] - 2 * (double)out.samples[i] + (double)out.samples[i - 1]) < 0.3 * w * w * 1.05);
        att_stretcher_destroy(s);
        att_audio_deinit(&in);
        att_audio_deinit(&out);
    }
}

CHECK_TEST(after_a_nudge_the_tempo_is_exact)
{
    CHECK_BEGIN();
    for (int live = 0; live < 2; live++) {
        att_audio in = silence(RATE * 6, 1), out = silence(64 * 3400, 1);
        for (size_t i = 1; i < 12; i++)
            in.samples[RATE / 2 * i] = 0.8f;
        att_stretcher *s = stretcher(1, 1, live, NULL);
        double position, first = 0;
        nudge(s, &in, &out, 64 * 900, &position);
        // From the fifth click on all are 0.5 s x 120 / 127 apart.
        for (int i = 5; i <= 9; i++) {
            const double end = (double)out.frames - ((position - RATE / 2 * i) * 120 / 127);
            float level;
            const double at = (double)loudest_near(&out, end, &level);
            first = i == 5 ? at : first;
            CHECK_NEAR(at - first, (i - 5) * RATE / 2 * 120.0 / 127, 12);
            CHECK_NEAR(at, end, 12);
            CHECK_NEAR(level, 0.8, 0.08);
        }
        att_stretcher_destroy(s);
        att_audio_deinit(&in);
        att_audio_deinit(&out);
    }
}

CHECK_TEST(the_first_sound_comes_within_50_ms)
{
    CHECK_BEGIN();
    static const uint32_t rates[] = {8000, 16000, 22050, 44100, 48000, 96000, 192000};
    static const double ratios[] = {120.0 / 114, 1, 120.0 / 127, 0.9};
    for (int r = 0; r < 7; r++)
        for (int k = 0; k < 4; k++) {
            att_stretcher *s;
            CHECK_OK(att_stretcher_create(&s, &(att_stretcher_options){1, rates[r], ratios[k], true}, NULL, NULL));
            size_t pushed = 0;
            float out = 0;
            while (att_stretcher_pull(s, &out, 1) == 0)
                pushed += att_stretcher_push(s, &(float){0.25f}, 1);
            CHECK_EQ(pushed, att_stretcher_latency_frames(s));
            CHECK_NEAR(out, 0.25, 0.01);
            CHECK((double)pushed / rates[r] <= 0.05);
            CHECK((double)att_stretcher_nudge_frames(s) / rates[r] <= 0.05);
            att_stretcher_destroy(s);
        }
}

CHECK_TEST(the_frame_facing_calls_take_no_memory)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_audio in = noise(RATE, 2, 7), out = silence(RATE, 2);
    att_stretcher *s = stretcher(2, 1, true, &host);
    const uint64_t before = heap.allocations;
    CHECK(before > 0);
    double position;
    nudge(s, &in, &out, 64 * 100, &position);
    CHECK_EQ(heap.allocations, before);
    att_stretcher_destroy(s);
    CHECK_EQ(heap.bytes_live, 0);
    att_audio_deinit(&in);
    att_audio_deinit(&out);
}

// Any tempo at any moment, pushed and pulled at random: nothing breaks, nothing is lost, what comes out is finite.
CHECK_TEST(wild_nudges_break_nothing)
{
    CHECK_BEGIN();
    for (int live = 0; live < 2; live++) {
        att_rng rng = att_rng_seed(8);
        att_audio in = noise(RATE * 2, 1, 9);
        att_stretcher *s = stretcher(1, 1, live, NULL);
        float out[2000];
        size_t at = 0, idle = 0;
        for (int i = 0; i < 400 && idle < 20; i++) {
            const size_t left = in.frames - at, piece = att_rng_below(&rng, 2000);
            const size_t pushed = att_stretcher_push(s, in.samples + at, left < piece ? left : piece);
            at += pushed;
            const size_t got = att_stretcher_pull(s, out, att_rng_below(&rng, 2000));
            for (size_t k = 0; k < got; k++)
                CHECK(isfinite(out[k]) && fabsf(out[k]) < 2);
            idle = pushed || got ? 0 : idle + 1;
            att_stretcher_nudge(s, exp2(att_rng_unit(&rng) * 4 - 2));
        }
        CHECK(at > RATE / 2);
        att_stretcher_destroy(s);
        att_audio_deinit(&in);
    }
}

// --- Refusals -------------------------------------------------------------------------------------------------

CHECK_TEST(what_cannot_be_is_refused_with_a_reason)
{
    CHECK_BEGIN();
    att_audio in = silence(100, 1), out;
    att_error err;
    static const att_stretch_options bad[] = {{0.1, 0}, {5, 0}, {-1, 0}, {NAN, 0}, {1, 3000}, {1, NAN}, {3.9, 1200}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_FAILS(att_stretch(&out, att_audio_view(&in), &bad[i], NULL, &err), ATT_INVALID);
        CHECK_HOLDS(err.text, "expected");
        CHECK(out.samples == NULL);
    }
    att_stretcher *s;
    CHECK_FAILS(att_stretcher_create(&s, &(att_stretcher_options){0, RATE, 1, false}, NULL, &err), ATT_LIMIT);
    CHECK_FAILS(att_stretcher_create(&s, &(att_stretcher_options){9, RATE, 1, false}, NULL, &err), ATT_LIMIT);
    CHECK_FAILS(att_stretcher_create(&s, &(att_stretcher_options){1, 100, 1, false}, NULL, &err), ATT_LIMIT);
    CHECK_FAILS(att_stretcher_create(&s, &(att_stretcher_options){1, RATE, NAN, false}, NULL, &err), ATT_INVALID);
    s = stretcher(1, 1, true, NULL);
    CHECK(!att_stretcher_nudge(s, 0) && !att_stretcher_nudge(s, NAN) && !att_stretcher_nudge(s, 100));
    CHECK_NEAR(att_stretcher_ratio(s), 1, 0);
    att_stretcher_destroy(s);
    att_stretcher_destroy(NULL);
    att_audio_deinit(&in);
}

CHECK_TEST(what_is_not_finite_is_taken_for_silence)
{
    CHECK_BEGIN();
    att_audio in = tone(440, 0.5, 1);
    in.samples[3000] = NAN;
    in.samples[9000] = INFINITY;
    att_audio out = stretched(&in, 1.05, 0);
    for (size_t i = 0; i < out.frames; i++)
        CHECK(isfinite(out.samples[i]));
    att_audio_deinit(&in);
    att_audio_deinit(&out);
}

CHECK_TEST(when_memory_runs_out_it_says_so_and_leaves_none_behind)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_audio in = silence(1000, 1), out;
    for (uint64_t at = 1; at < 60; at++) {
        heap = (check_heap){.fail_at = at};
        att_error err;
        const att_status status = att_stretch(&out, att_audio_view(&in), &(att_stretch_options){1.1, 10}, &host, &err);
        if (!status) {
            CHECK(at > 15);
            att_audio_deinit(&out);
            at = 60;
        } else {
            CHECK_EQ(status, ATT_NO_MEMORY);
        }
        CHECK_EQ(heap.bytes_live, 0);
    }
    att_audio_deinit(&in);
}

CHECK_MAIN(CHECK_CASE(the_length_is_exact), CHECK_CASE(at_ratio_one_the_output_is_the_input), CHECK_CASE(silence_stays_silence),
    CHECK_CASE(attacks_lie_where_the_tempo_puts_them_and_stay_sharp), CHECK_CASE(strokes_closer_than_a_window_stay_sharp), CHECK_CASE(there_and_back_again_attacks_are_where_they_were),
    CHECK_CASE(a_tone_keeps_its_pitch_and_stays_clean), CHECK_CASE(a_click_does_not_disturb_a_tone), CHECK_CASE(what_stands_left_stays_left),
    CHECK_CASE(a_change_of_pitch_keeps_the_length), CHECK_CASE(pieces_of_any_size_give_the_same_as_the_whole),
    CHECK_CASE(a_nudge_leaves_no_gap_and_no_click), CHECK_CASE(after_a_nudge_the_tempo_is_exact), CHECK_CASE(the_first_sound_comes_within_50_ms),
    CHECK_CASE(the_frame_facing_calls_take_no_memory), CHECK_CASE(wild_nudges_break_nothing), CHECK_CASE(what_cannot_be_is_refused_with_a_reason),
    CHECK_CASE(what_is_not_finite_is_taken_for_silence), CHECK_CASE(when_memory_runs_out_it_says_so_and_leaves_none_behind))
