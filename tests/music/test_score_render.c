// SPDX-License-Identifier: Apache-2.0
// Sound of a score: to the frame, the same every time, stems that sum to it, loops that go on as if they had never ended.
#include "check.h"

#include "attune/compose.h"
#include "music/score_reverb.h"

#include <math.h>
#include <unistd.h>

// Attune is built without FluidSynth, or there is no sound font.
static bool can_play(void)
{
    static int known = -1;
    if (known < 0) {
        att_score s;
        att_rendered sound;
        att_error err = {0};
        CHECK_OK(att_compose(&s, &(att_music_brief){.bars = 2, .loop = true, .style = "ambient", .tempo_bpm = 240, .attempts_max = 1}, NULL, NULL));
        const att_status status = att_score_render(&sound, &s, NULL, NULL, &err);
        known = status == ATT_OK;
        if (status != ATT_UNSUPPORTED)
            CHECK_OK_ERR(status, &err);
        else
            CHECK_NOTE("%s", err.text);
        att_rendered_deinit(&sound);
        att_score_deinit(&s);
    }
    return known;
}

static void make(att_song *out, const att_music_brief *brief, const att_render_options *options)
{
    att_error err = {0};
    CHECK_OK_ERR(att_song_make(out, brief, options, NULL, &err), &err);
    CHECK_EQ(out->breaches, 0);
}

static double largest_difference(att_sound a, att_sound b)
{
    double most = 0;
    CHECK_EQ(a.frames, b.frames);
    for (size_t i = 0; i < a.frames * a.channels; i++)
        most = fmax(most, fabs((double)a.samples[i] - (double)b.samples[i]));
    return most;
}

CHECK_TEST(the_same_brief_gives_the_same_bits)
{
    CHECK_BEGIN();
    if (!can_play())
        CHECK_SKIP("no synthesizer or sound font");
    att_song a, b;
    const att_music_brief brief = {.style = "lo-fi", .bars = 4, .seed = 2, .attempts_max = 1};
    const att_render_options options = {.rate_hz = 22050, .tail_s = 1};
    make(&a, &brief, &options);
    make(&b, &brief, &options);
    CHECK_EQ(a.sound.mix.frames, b.sound.mix.frames);
    CHECK(memcmp(a.sound.mix.samples, b.sound.mix.samples, a.sound.mix.frames * 2 * sizeof(float)) == 0);
    CHECK_EQ(a.sound.mix.frames, (size_t)llround(4 * 240 / a.score.tempo_bpm * 22050) + 22050);
    att_song_deinit(&a);
    att_song_deinit(&b);
}

CHECK_TEST(stems_sum_to_the_mix_bit_for_bit)
{
    CHECK_BEGIN();
    if (!can_play())
        CHECK_SKIP("no synthesizer or sound font");
    att_song song;
    make(&song, &(att_music_brief){.style = "synth pop", .bars = 8, .form = "verse chorus", .vocals = true, .attempts_max = 1}, &(att_render_options){.rate_hz = 16000, .stems = true, .tail_s = 1});
    const att_rendered *r = &song.sound;
    for (size_t i = 0; i < r->mix.frames * 2; i++) {
        const float backwards = r->stem[3].samples[i] + r->stem[2].samples[i] + r->stem[1].samples[i] + r->stem[0].samples[i];
        CHECK(r->mix.samples[i] == backwards);
        CHECK(fabsf(r->mix.samples[i]) <= 1);
    }
    for (int s = 0; s < ATT_STEM_COUNT; s++) {
        double energy = 0;
        for (size_t i = 0; i < r->mix.frames * 2; i++)
            energy += (double)(r->stem[s].samples[i] * r->stem[s].samples[i]);
        CHECK(energy > 1);
    }
    att_song_deinit(&song);
}

// A score of a few notes of one part, by hand.
static att_score by_hand(att_note *notes, size_t count, double tempo_bpm, uint32_t bars)
{
    att_score s = {.style = "by hand", .tempo_bpm = tempo_bpm, .bars = bars, .part_count = 1, .notes = notes, .note_count = count};
    s.parts[0] = (att_music_part){.role = ATT_ROLE_DRUMS, .key_low = 35, .key_high = 81};
    for (int key = 0; key < 128; key++) {
        s.key_cents[key] = 100.0 * key;
        s.key_mapped[key] = true;
    }
    return s;
}

static size_t first_sound(const att_audio *a)
{
    for (size_t i = 0; i < a->frames * 2; i++)
        if (fabsf(a->samples[i]) > 1e-4f)
            return i / 2;
    return SIZE_MAX;
}

CHECK_TEST(a_note_sounds_on_the_frame_of_its_tick)
{
    CHECK_BEGIN();
    if (!can_play())
        CHECK_SKIP("no synthesizer or sound font");
    size_t begin = 0;
    for (uint32_t ticks = 0; ticks < 4000; ticks += 777) {
        att_note note = {.start_ticks = ticks, .length_ticks = 120, .key = 37, .velocity = 100};
        const att_score s = by_hand(&note, 1, 133.7, 4);
        att_rendered r;
        CHECK_OK(att_score_render(&r, &s, &(att_render_options){.rate_hz = 44100, .tail_s = 1}, NULL, NULL));
        if (!ticks)
            begin = first_sound(&r.mix);
        CHECK_EQ(first_sound(&r.mix), begin + (size_t)llround(ticks * 60.0 * 44100 / (480 * 133.7)));
        att_rendered_deinit(&r);
    }
}

CHECK_TEST(loops_are_as_long_as_their_bars)
{
    CHECK_BEGIN();
    if (!can_play())
        CHECK_SKIP("no synthesizer or sound font");
    static const double tempos[] = {110, 120, 130, 97.3};
    for (int i = 0; i < 4; i++) {
        att_song song;
        att_seam seam;
        make(&song, &(att_music_brief){.style = "house", .tempo_bpm = tempos[i], .bars = 4, .loop = true, .seed = 5, .attempts_max = 1}, NULL);
        CHECK_EQ(song.sound.mix.frames, (size_t)llround(16 * 60 / tempos[i] * 44100));
        CHECK_OK(att_seam_measure(att_audio_view(&song.sound.mix), 4, &seam, NULL, NULL));
        CHECK(seam.step < 1.5);
        CHECK(seam.spectrum > 0.5 && seam.spectrum < 1.5);
        att_song_deinit(&song);
    }
}

// The loop written out four times and played as a piece: its last turn is the loop.
CHECK_TEST(a_loop_sounds_as_if_it_had_never_ended)
{
    CHECK_BEGIN();
    if (!can_play())
        CHECK_SKIP("no synthesizer or sound font");
    enum { TURNS = 4, TICKS = 4 * 4 * ATT_TICKS_PER_BEAT };
    att_song song;
    const att_render_options options = {.rate_hz = 16000, .tail_s = 1};
    make(&song, &(att_music_brief){.style = "synth pop", .tempo_bpm = 120, .bars = 4, .loop = true, .seed = 3, .attempts_max = 1}, &options);
    const size_t count = song.score.note_count, frames = song.sound.mix.frames;
    att_note *notes = calloc(count * TURNS, sizeof *notes);
    for (size_t i = 0; i < count * TURNS; i++) {
        notes[i] = song.score.notes[i % count];
        notes[i].start_ticks += (uint32_t)(i / count) * TICKS;
    }
    att_score long_score = song.score;
    long_score.loop = false;
    long_score.notes = notes;
    long_score.note_count = count * TURNS;
    long_score.bars = 4 * TURNS;
    att_rendered played;
    CHECK_OK(att_score_render(&played, &long_score, &options, NULL, NULL));
    const double gain = pow(10, (song.sound.gain_db - played.gain_db) / 20);
    att_sound last = {played.mix.samples + frames * (TURNS - 1) * 2, frames, 2, 16000};
    for (size_t i = 0; i < frames * 2; i++)
        ((float *)last.samples)[i] *= (float)gain;
    CHECK_NEAR(largest_difference(last, att_audio_view(&song.sound.mix)), 0, 2e-4);
    // The seam of a loop that was cut from a piece is told from it.
    att_seam seamless, cut;
    const att_sound first = {played.mix.samples, frames, 2, 16000};
    CHECK_OK(att_seam_measure(att_audio_view(&song.sound.mix), 4, &seamless, NULL, NULL));
    CHECK_OK(att_seam_measure(first, 4, &cut, NULL, NULL));
    CHECK_NOTE("seam %.2f, %.2f, %.1f dB; of the first turn, cut: %.2f, %.2f, %.1f dB", seamless.step, seamless.spectrum, seamless.level, cut.step, cut.spectrum, cut.level);
    CHECK(cut.spectrum > seamless.spectrum);
    att_rendered_deinit(&played);
    att_song_deinit(&song);
    free(notes);
}

// A click is seen: a sine cut within its period.
CHECK_TEST(the_seam_of_a_bad_loop_is_seen)
{
    CHECK_BEGIN();
    static float samples[44100];
    att_seam whole, torn;
    for (size_t i = 0; i < 44100; i++)
        samples[i] = 0.5f * (float)sin(2 * M_PI * 441 * (double)i / 44100);
    CHECK_OK(att_seam_measure((att_sound){samples, 44100, 1, 44100}, 4, &whole, NULL, NULL));
    CHECK_OK(att_seam_measure((att_sound){samples, 44100 - 25, 1, 44100}, 4, &torn, NULL, NULL));
    CHECK(whole.step < 1.1);
    CHECK(torn.step > 5);
    memset(samples, 0, sizeof samples);
    CHECK_FAILS(att_seam_measure((att_sound){samples, 44100, 1, 44100}, 4, &torn, NULL, NULL), ATT_INSUFFICIENT);
}

// The room decays by 60 dB in its time, and is linear.
CHECK_TEST(a_room_decays_in_its_time)
{
    CHECK_BEGIN();
    enum { RATE = 16000, FRAMES = RATE * 3 };
    static float in[FRAMES], out[FRAMES * 2];
    att_reverb room;
    CHECK_OK(att_reverb_init(&room, RATE, 1.0, NULL, NULL));
    in[0] = 1;
    att_reverb_run(&room, in, out, FRAMES);
    att_reverb_deinit(&room);
    double early = 0, late = 0;
    for (size_t i = 0; i < RATE / 5 * 2; i++) {
        early += (double)(out[RATE / 5 + i] * out[RATE / 5 + i]);
        late += (double)(out[RATE / 5 + RATE * 2 + i] * out[RATE / 5 + RATE * 2 + i]);
    }
    const double lost_db = 10 * log10(early / late); // over one second, with heights damped sooner
    CHECK(lost_db > 55 && lost_db < 95);
}

CHECK_TEST(what_is_missing_is_told)
{
    CHECK_BEGIN();
    att_note note = {.length_ticks = 120, .key = 37, .velocity = 100};
    const att_score s = by_hand(&note, 1, 120, 2);
    att_rendered r;
    att_error err = {0};
    CHECK_FAILS(att_score_render(&r, &s, &(att_render_options){.sound_font = check_path("none.sf2")}, NULL, &err), ATT_NOT_FOUND);
    CHECK_HOLDS(err.text, "none.sf2");
    CHECK_FAILS(att_score_render(&r, &s, &(att_render_options){.rate_hz = 1}, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "rate_hz");
    CHECK_FAILS(att_score_render(&r, &s, &(att_render_options){.tail_s = -1}, NULL, &err), ATT_INVALID);
    CHECK_FAILS(att_score_render(&r, &s, &(att_render_options){.loudness_lufs = 3}, NULL, &err), ATT_INVALID);
    check_write_file(check_path("bad.sf2"), "RIFF no sound font", 18);
    att_host host = att_host_default();
    host.helpers = check_folder();
    CHECK_FAILS(att_score_render(&r, &s, &(att_render_options){.sound_font = check_path("bad.sf2")}, &host, &err), ATT_UNSUPPORTED);
    CHECK_HOLDS(err.text, "attune-synth");
    if (!can_play())
        return;
    CHECK_FAILS(att_score_render(&r, &s, &(att_render_options){.sound_font = check_path("bad.sf2")}, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "not a sound font");
}

static bool stop(void *user, const att_progress *progress)
{
    (void)user;
    return strcmp(progress->task, "render") != 0;
}

CHECK_TEST(rendering_stops_when_asked_and_leaves_nothing)
{
    CHECK_BEGIN();
    if (!can_play())
        CHECK_SKIP("no synthesizer or sound font");
    check_heap heap = {0};
    att_host host = check_host(&heap);
    att_song song;
    host.progress = stop;
    CHECK_FAILS(att_song_make(&song, &(att_music_brief){.bars = 4, .attempts_max = 1}, NULL, &host, NULL), ATT_CANCELLED);
    CHECK_EQ(heap.bytes_live, 0);
    host.progress = NULL;
    att_note note = {.length_ticks = 120, .key = 37, .velocity = 100};
    const att_score s = by_hand(&note, 1, 240, 2);
    bool whole = false;
    for (uint64_t fail_at = 1; !whole && fail_at < 60; fail_at++) {
        att_rendered r;
        heap.allocations = 0;
        heap.fail_at = fail_at;
        const att_status status = att_score_render(&r, &s, &(att_render_options){.rate_hz = 8000, .tail_s = 0.1}, &host, NULL);
        whole = status == ATT_OK;
        CHECK(whole || status == ATT_NO_MEMORY);
        att_rendered_deinit(&r);
        CHECK_EQ(heap.bytes_live, 0);
    }
    CHECK(whole);
}

CHECK_MAIN(CHECK_CASE(the_same_brief_gives_the_same_bits), CHECK_CASE(stems_sum_to_the_mix_bit_for_bit), CHECK_CASE(a_note_sounds_on_the_frame_of_its_tick),
    CHECK_CASE(loops_are_as_long_as_their_bars), CHECK_CASE(a_loop_sounds_as_if_it_had_never_ended), CHECK_CASE(the_seam_of_a_bad_loop_is_seen),
    CHECK_CASE(a_room_decays_in_its_time), CHECK_CASE(what_is_missing_is_told), CHECK_CASE(rendering_stops_when_asked_and_leaves_nothing))
