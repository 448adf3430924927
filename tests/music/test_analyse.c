// SPDX-License-Identifier: Apache-2.0
// The whole analysis: the same from memory and from a file, of any shape of sound, within memory, and stoppable.
#include "sounds.h"

#include "attune/music.h"

// Beats under a cadence.
static att_audio piece(uint32_t channels, uint32_t rate_hz)
{
    att_audio chords = sound_cadence(2, true, 10, rate_hz), beats = sound_beats(120, 4, 8, 0, rate_hz), out = sound_silence(8, channels, rate_hz);
    for (size_t i = 0; i < out.frames; i++)
        for (uint32_t c = 0; c < channels; c++)
            out.samples[i * channels + c] = 0.5f * (chords.samples[i] + beats.samples[i]);
    att_audio_deinit(&chords);
    att_audio_deinit(&beats);
    return out;
}

static void check_is_piece(const att_music_analysis *a)
{
    CHECK_NEAR(a->seconds, 8, 1e-3);
    CHECK_NEAR(a->tempo_bpm, 120, 0.5);
    CHECK_EQ(a->key.tonic, 2);
    CHECK_EQ(a->key.mode, ATT_KEY_MINOR);
    CHECK_NEAR(a->tuning_cents, 10, 5);
    CHECK(a->crest_db > 3 && a->crest_db < 30);
    CHECK(a->centroid_hz > 100 && a->centroid_hz < 4000);
    const double figures[] = {a->brightness, a->harmonicity, a->energy, a->valence, a->arousal, a->tempo_confidence, a->key_confidence};
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        CHECK(figures[i] >= 0 && figures[i] <= 1);
}

static double likeness(const att_music_analysis *a, const att_music_analysis *b)
{
    double sum = 0;
    for (int i = 0; i < ATT_MUSIC_EMBEDDING; i++)
        sum += (double)a->embedding[i] * (double)b->embedding[i];
    return sum;
}

CHECK_TEST(every_shape_of_sound_is_understood)
{
    CHECK_BEGIN();
    static const uint32_t shapes[][2] = {{1, 8000}, {1, 11025}, {2, 22050}, {2, 44100}, {2, 48000}, {6, 96000}, {1, 192000}};
    att_music_analysis first = {0};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        att_audio sound = piece(shapes[s][0], shapes[s][1]);
        att_music_analysis a;
        CHECK_OK(att_music_analyse(att_audio_view(&sound), &a, NULL, NULL));
        check_is_piece(&a);
        CHECK_NEAR(likeness(&a, &a), 1, 1e-4);
        if (shapes[s][1] == 44100)
            first = a;
        if (shapes[s][1] > 44100)
            CHECK(likeness(&a, &first) > 0.95); // the shape is not the music
        att_audio_deinit(&sound);
    }
}

CHECK_TEST(a_file_is_heard_as_its_samples_are)
{
    CHECK_BEGIN();
    att_audio sound = piece(2, 44100);
    att_music_analysis whole, blocks;
    att_music_details details, others;
    att_error err;
    for (size_t i = 0; i < sound.frames * 2; i++)
        sound.samples[i] = roundf(sound.samples[i] * 8388608) / 8388608; // as 24 bits hold it
    CHECK_OK_ERR(att_audio_write(att_audio_view(&sound), check_path("piece.flac"), NULL, &err), &err);
    CHECK_OK(att_music_analyse_all(att_audio_view(&sound), &whole, &details, NULL, NULL));
    CHECK_OK_ERR(att_music_analyse_file(check_path("piece.flac"), 0, &blocks, &others, NULL, &err), &err);
    CHECK_EQ(memcmp(&whole, &blocks, sizeof whole), 0);
    CHECK_EQ(details.beat_count, others.beat_count);
    CHECK_EQ(memcmp(details.beats, others.beats, details.beat_count * sizeof *details.beats), 0);
    CHECK_OK(att_music_analyse_file(check_path("piece.flac"), 2.5, &blocks, NULL, NULL, NULL));
    CHECK_NEAR(blocks.seconds, 2.5, 1e-4);
    att_music_details_deinit(&details);
    att_music_details_deinit(&others);
    att_audio_deinit(&sound);
}

CHECK_TEST(a_channel_upside_down_hides_nothing)
{
    CHECK_BEGIN();
    att_audio sound = piece(2, 44100);
    att_music_analysis upright, inverted;
    CHECK_OK(att_music_analyse(att_audio_view(&sound), &upright, NULL, NULL));
    for (size_t i = 0; i < sound.frames; i++)
        sound.samples[2 * i + 1] = -sound.samples[2 * i + 1];
    CHECK_OK(att_music_analyse(att_audio_view(&sound), &inverted, NULL, NULL));
    check_is_piece(&inverted);
    CHECK(likeness(&inverted, &upright) > 0.95);
    att_audio_deinit(&sound);
}

CHECK_TEST(a_sample_alone_and_clipped_sound_are_no_trouble)
{
    CHECK_BEGIN();
    att_music_analysis a;
    for (size_t frames = 0; frames < 3000; frames = frames * 3 + 1) {
        att_audio sound = sound_silence(1, 1, 44100);
        for (size_t i = 0; i < frames; i++)
            sound.samples[i] = i % 2 ? 1 : -1;
        CHECK_OK(att_music_analyse((att_sound){sound.samples, frames, 1, 44100}, &a, NULL, NULL));
        CHECK_EQ(a.tempo_count, 0);
        CHECK_NEAR(a.clipped_share, frames ? 1 : 0, 1e-9);
        CHECK_NEAR(a.crest_db, 0, 1e-6);
        att_audio_deinit(&sound);
    }
}

CHECK_TEST(memory_may_run_out_at_any_point)
{
    CHECK_BEGIN();
    att_audio sound = piece(1, 8000);
    for (uint64_t at = 1;; at++) {
        check_heap heap = {.fail_at = at};
        const att_host host = check_host(&heap);
        att_music_analysis a;
        att_music_details details;
        const att_status status = att_music_analyse_all(att_audio_view(&sound), &a, &details, &host, NULL);
        att_music_details_deinit(&details);
        CHECK_EQ(heap.bytes_live, 0);
        if (status == ATT_OK) {
            CHECK(at > 20);
            check_is_piece(&a);
            break;
        }
        CHECK_EQ(status, ATT_NO_MEMORY);
    }
    att_audio_deinit(&sound);
}

static bool never(void *user, const att_progress *progress)
{
    (void)user;
    (void)progress;
    return false;
}

CHECK_TEST(hearing_can_be_cancelled)
{
    CHECK_BEGIN();
    att_audio sound = sound_silence(30, 1, 44100);
    att_music_analysis a;
    CHECK_FAILS(att_music_analyse(att_audio_view(&sound), &a, &(att_host){.progress = never}, NULL), ATT_CANCELLED);
    att_audio_deinit(&sound);
}

CHECK_MAIN(CHECK_CASE(every_shape_of_sound_is_understood), CHECK_CASE(a_file_is_heard_as_its_samples_are),
    CHECK_CASE(a_channel_upside_down_hides_nothing), CHECK_CASE(a_sample_alone_and_clipped_sound_are_no_trouble), CHECK_CASE(memory_may_run_out_at_any_point), CHECK_CASE(hearing_can_be_cancelled))
