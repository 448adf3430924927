// SPDX-License-Identifier: Apache-2.0
// Sound files as people have them, and as nobody should: each is read right or refused with its name, in bounded memory.
#include "check.h"

#include "attune/audio.h"
#include "music/helper.h"
#include "music/source.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct wav {
    uint16_t format, channels, bits; // 1: PCM, 3: float
    uint32_t rate_hz, claimed; // bytes of data, as the header says
} wav;

static size_t put_header(unsigned char *out, const wav *w)
{
    const uint16_t align = (uint16_t)(w->channels * w->bits / 8);
    const uint32_t riff = w->claimed + 36, sixteen = 16, per_s = w->rate_hz * align;
    size_t at = 0;
#define PUT(value, size) (memcpy(out + at, (value), (size)), at += (size))
    PUT("RIFF", 4), PUT(&riff, 4), PUT("WAVEfmt ", 8), PUT(&sixteen, 4), PUT(&w->format, 2), PUT(&w->channels, 2), PUT(&w->rate_hz, 4), PUT(&per_s, 4);
    PUT(&align, 2), PUT(&w->bits, 2), PUT("data", 4), PUT(&w->claimed, 4);
#undef PUT
    return at;
}

// A WAV file of its own with `size` bytes of data.
static const char *write_wav(const char *name, wav w, const void *data, size_t size)
{
    const char *path = check_path(name);
    unsigned char *bytes = malloc(64 + size);
    const size_t head = put_header(bytes, &w);
    memcpy(bytes + head, data, size);
    check_write_file(path, bytes, head + size);
    free(bytes);
    return path;
}

static int16_t tone_at(size_t i)
{
    return (int16_t)(8000 * sin(0.1 * (double)i));
}

CHECK_TEST(claims_of_a_header_are_not_believed)
{
    CHECK_BEGIN();
    int16_t tone[1000];
    att_audio a;
    att_error err;
    for (size_t i = 0; i < 1000; i++)
        tone[i] = tone_at(i);
    const char *path = write_wav("claims.wav", (wav){1, 1, 16, 8000, 0xFFFFFFF0u}, tone, sizeof tone); // 4 GB, and 2000 bytes follow
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    CHECK_OK_ERR(att_audio_read(&a, path, NULL, &host, &err), &err);
    CHECK_EQ(a.frames, 1000);
    CHECK_NEAR(a.samples[500], tone[500] / 32768.0, 1e-6);
    CHECK(heap.bytes_live < 1 << 20);
    att_audio_deinit(&a);
    CHECK_EQ(heap.bytes_live, 0);
    static const wav wrong[] = {{1, 65535, 16, 44100, 2000}, {1, 1, 16, 0, 2000}, {1, 0, 16, 44100, 2000}, {1, 9, 16, 44100, 1998}, {1, 1, 16, 4000000000u, 2000},
        {1, 1, 0, 44100, 2000}, {1, 1, 16, 3999, 2000}, {999, 1, 16, 44100, 2000}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        path = write_wav("wrong.wav", wrong[i], tone, sizeof tone);
        err.text[0] = 0;
        const att_status status = att_audio_read(&a, path, NULL, NULL, &err);
        CHECK(status == ATT_INVALID || status == ATT_LIMIT);
        CHECK_HOLDS(err.text, "wrong.wav: ");
        CHECK(a.samples == NULL);
    }
}

CHECK_TEST(every_usual_shape_is_read)
{
    CHECK_BEGIN();
    static const uint32_t rates[] = {8000, 44100, 192000};
    att_audio a;
    att_error err;
    for (size_t r = 0; r < 3; r++)
        for (uint32_t channels = 1; channels <= 8; channels += 7) {
            float data[800];
            for (size_t i = 0; i < 800; i++)
                data[i] = (float)i / 100; // far beyond full scale, as clipped float files are
            data[3] = NAN;
            data[5] = INFINITY;
            const char *path = write_wav("shape.wav", (wav){3, (uint16_t)channels, 32, rates[r], sizeof data}, data, sizeof data);
            CHECK_OK_ERR(att_audio_read(&a, path, NULL, NULL, &err), &err);
            CHECK_EQ(a.rate_hz, rates[r]);
            CHECK_EQ(a.channels, channels);
            CHECK_EQ(a.frames, 800 / channels);
            for (size_t i = 0; i < 800; i++)
                CHECK_NEAR(a.samples[i], i == 3 || i == 5 ? 0 : (double)data[i], 0);
            att_audio_deinit(&a);
            CHECK_OK(att_audio_read(&a, path, &(att_audio_read_options){.mono = true}, NULL, NULL));
            CHECK_EQ(a.channels, 1);
            CHECK_NEAR(a.samples[10], channels == 1 ? (double)data[10] : (double)(data[80] + data[87]) / 2, 1e-6);
            att_audio_deinit(&a);
        }
}

// Frames that came, and that are missing by what the file's head says.
static void read_through(const char *path, uint64_t *there, uint64_t *missing)
{
    static float block[2 * 4096];
    att_source *source;
    size_t got = 4096;
    CHECK_OK(att_source_open(&source, path, NULL, NULL));
    for (*there = 0; got == 4096; *there += got) {
        CHECK_EQ(att_source_missing(source), 0);
        CHECK_OK(att_source_read(source, block, 4096, &got, NULL));
    }
    *missing = att_source_missing(source);
    att_source_close(source);
}

CHECK_TEST(a_cut_file_gives_what_is_there_or_says_that_it_is_cut)
{
    CHECK_BEGIN();
    att_audio a, b;
    att_error err;
    CHECK_OK(att_audio_init(&a, 40000, 2, 44100, NULL, NULL));
    for (size_t i = 0; i < 80000; i++)
        a.samples[i] = tone_at(i / 2) / 32768.0f;
    static const char *const names[] = {"cut.wav", "cut.flac", "cut.ogg"};
    int cut = 0;
    for (size_t n = 0; n < 3; n++) {
        size_t size;
        CHECK_OK_ERR(att_audio_write(att_audio_view(&a), check_path(names[n]), NULL, &err), &err);
        char *bytes = check_read_file(check_path(names[n]), &size);
        for (size_t keep = 0; keep < size; keep += size / 7 + 1) {
            check_write_file(check_path(names[n]), bytes, keep);
            const att_status status = att_audio_read(&b, check_path(names[n]), NULL, NULL, &err);
            if (status) {
                CHECK_EQ(status, ATT_INVALID);
                CHECK_HOLDS(err.text, names[n]);
                continue;
            }
            CHECK(b.frames > 0 && b.frames <= a.frames);
            if (n < 2) {
                uint64_t there, missing;
                CHECK_NEAR(b.samples[b.frames], a.samples[b.frames], 1e-6); // the middle of both channels
                read_through(check_path(names[n]), &there, &missing);
                CHECK_EQ(there, b.frames);
                CHECK_NEAR(missing, b.frames + 44100 / 4 < a.frames ? a.frames - b.frames : 0, 8); // bytes of half a frame
                cut += missing > 0;
            }
            att_audio_deinit(&b);
        }
        free(bytes);
    }
    CHECK(cut >= 8); // of both kinds
    att_audio_deinit(&a);
}

CHECK_TEST(the_ending_of_the_name_does_not_matter)
{
    CHECK_BEGIN();
    att_audio a, b;
    CHECK_OK(att_audio_init(&a, 1000, 1, 44100, NULL, NULL));
    CHECK_OK(att_audio_write(att_audio_view(&a), check_path("silence.flac"), NULL, NULL));
    CHECK_EQ(rename(check_path("silence.flac"), check_path("silence.mp3")), 0);
    CHECK_OK(att_audio_read(&b, check_path("silence.mp3"), NULL, NULL, NULL));
    CHECK_EQ(b.frames, 1000);
    CHECK_NEAR(b.samples[999], 0, 0);
    att_audio_deinit(&a);
    att_audio_deinit(&b);
}

// An hour at 44.1 kHz in stereo is 635 MB of file here (with a hole in it) and would be 1.3 GB in memory.
CHECK_TEST(of_an_hour_only_the_seconds_asked_for_are_held)
{
    CHECK_BEGIN();
    const uint32_t bytes = 3600u * 44100 * 4;
    const int16_t first[4] = {1, 2, 3, 4};
    const char *path = write_wav("hour.wav", (wav){1, 2, 16, 44100, bytes}, first, sizeof first);
    CHECK_EQ(truncate(path, (off_t)bytes + 44), 0);
    att_audio a;
    att_error err;
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    CHECK_OK_ERR(att_audio_read(&a, path, &(att_audio_read_options){.seconds_max = 2.5, .mono = true}, &host, &err), &err);
    CHECK_EQ(a.frames, 110250);
    CHECK_NEAR(a.samples[1], 3.5 / 32768, 1e-9);
    CHECK_NEAR((double)heap.bytes_live, 110250 * 4, 0);
    att_audio_deinit(&a);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(what_is_no_file_is_refused_at_once)
{
    CHECK_BEGIN();
    att_audio a;
    att_error err;
    CHECK_FAILS(att_audio_read(&a, check_folder(), NULL, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "a folder");
    CHECK_EQ(mkfifo(check_path("fifo"), 0600), 0);
    CHECK_FAILS(att_audio_read(&a, check_path("fifo"), NULL, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "not a regular file");
}

CHECK_TEST(memory_may_run_out_at_any_point)
{
    CHECK_BEGIN();
    int16_t tone[3000] = {0};
    att_audio a;
    att_error err;
    const char *path = write_wav("short.wav", (wav){1, 2, 16, 44100, sizeof tone}, tone, sizeof tone);
    const att_audio_read_options options = {.mono = true, .rate_hz = 22050};
    for (uint64_t at = 1;; at++) {
        check_heap heap = {.fail_at = at};
        const att_host host = check_host(&heap);
        const att_status status = att_audio_read(&a, path, &options, &host, &err);
        if (status == ATT_OK) {
            CHECK(at > 4);
            att_audio_deinit(&a);
            break;
        }
        CHECK_EQ(status, ATT_NO_MEMORY);
        CHECK_EQ(heap.bytes_live, 0);
    }
}

static void *read_many(void *argument)
{
    const char *path = argument;
    for (int i = 0; i < 8; i++) {
        att_audio a;
        CHECK_OK(att_audio_read(&a, path, NULL, NULL, NULL));
        CHECK_EQ(a.frames, 20000);
        CHECK_NEAR(a.samples[777], tone_at(777) / 32768.0, 1e-6);
        att_audio_deinit(&a);
    }
    return NULL;
}

CHECK_TEST(several_threads_read_at_once)
{
    CHECK_BEGIN();
    pthread_t threads[4];
    static int16_t tone[20000];
    for (size_t i = 0; i < 20000; i++)
        tone[i] = tone_at(i);
    char path[1024];
    snprintf(path, sizeof path, "%s", write_wav("many.wav", (wav){1, 1, 16, 44100, sizeof tone}, tone, sizeof tone));
    for (int i = 0; i < 4; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, read_many, path), 0);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

// The file gets the first free descriptor, which is one of the child's own.
CHECK_TEST(a_host_that_closed_its_standard_input_reads_files_all_the_same)
{
    CHECK_BEGIN();
    int16_t tone[1000];
    att_audio a = {0};
    att_error err;
    for (size_t i = 0; i < 1000; i++)
        tone[i] = tone_at(i);
    const char *path = write_wav("closed.wav", (wav){1, 1, 16, 8000, sizeof tone}, tone, sizeof tone);
    const int kept = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
    close(STDIN_FILENO);
    const att_status status = att_audio_read(&a, path, NULL, NULL, &err);
    if (kept >= 0) {
        CHECK_EQ(dup2(kept, STDIN_FILENO), STDIN_FILENO);
        close(kept);
    }
    CHECK_OK_ERR(status, &err);
    CHECK_EQ(a.frames, 1000);
    att_audio_deinit(&a);
}

CHECK_TEST(writing_follows_nobodys_link_and_leaves_no_part)
{
    CHECK_BEGIN();
    float samples[800];
    att_audio a;
    att_error err;
    char victim[1024], path[1024], part[1040];
    for (size_t i = 0; i < 800; i++)
        samples[i] = (float)tone_at(i) / 32768;
    static const char *const endings[] = {"wav", "flac", "ogg"};
    for (size_t e = 0; e < 3; e++) {
        char name[32];
        snprintf(name, sizeof name, "written.%s", endings[e]);
        snprintf(path, sizeof path, "%s", check_path(name));
        snprintf(victim, sizeof victim, "%s", check_path("victim"));
        snprintf(part, sizeof part, "%s.part", path);
        check_write_file(victim, "mine", 4);
        CHECK_EQ(symlink(victim, part), 0);
        CHECK_OK_ERR(att_audio_write((att_sound){samples, 800, 1, 8000}, path, NULL, &err), &err);
        size_t size;
        char *bytes = check_read_file(victim, &size);
        CHECK(size == 4 && memcmp(bytes, "mine", 4) == 0);
        free(bytes);
        CHECK_OK_ERR(att_audio_read(&a, path, NULL, NULL, &err), &err);
        CHECK_EQ(a.frames, 800);
        att_audio_deinit(&a);
        CHECK(access(part, F_OK) != 0);
    }
    CHECK_FAILS(att_audio_write((att_sound){samples, 800, 1, 8000}, "/nowhere/at/all.wav", NULL, &err), ATT_IO);
    CHECK_HOLDS(err.text, "/nowhere/at/all.wav");
    CHECK_EQ(mkdir(check_path("folder.wav"), 0700), 0);
    snprintf(path, sizeof path, "%s", check_path("folder.wav"));
    CHECK_FAILS(att_audio_write((att_sound){samples, 800, 1, 8000}, path, NULL, &err), ATT_IO);
    snprintf(part, sizeof part, "%s.part", path);
    CHECK(access(part, F_OK) != 0);
}

CHECK_TEST(the_sound_of_a_video_is_read_where_ffmpeg_is)
{
    CHECK_BEGIN();
    att_audio a;
    att_error err;
    char helper[1024], path[1024];
    snprintf(helper, sizeof helper, "%s/attune-audio-av", att_helpers_installed());
    if (access(helper, X_OK) != 0)
        CHECK_SKIP("this build has no helper with FFmpeg");
    static const char *const names[] = {"video/big-buck-bunny-480p-30s.mp4", "video/big-buck-bunny-720p-30s.webm"};
    for (int i = 0; i < 2; i++) {
        if (!check_shared(names[i]))
            CHECK_SKIP("the videos are not here");
        CHECK_OK_ERR(att_audio_read(&a, check_shared(names[i]), &(att_audio_read_options){.mono = true}, NULL, &err), &err);
        CHECK_NEAR((double)a.frames / a.rate_hz, 30, 0.5);
        double energy = 0;
        for (size_t k = 0; k < a.frames; k++)
            energy += (double)a.samples[k] * (double)a.samples[k];
        CHECK(energy / (double)a.frames > 1e-5 && energy / (double)a.frames < 0.1);
        att_audio_deinit(&a);
        size_t size;
        char *bytes = check_read_file(check_shared(names[i]), &size);
        snprintf(path, sizeof path, "%s", check_path("half.mp4"));
        check_write_file(path, bytes, size / 20); // without the index at its end, or in the middle of things
        const att_status status = att_audio_read(&a, path, NULL, NULL, &err);
        CHECK(status == ATT_OK || status == ATT_INVALID);
        if (!status)
            att_audio_deinit(&a);
        free(bytes);
    }
}

CHECK_TEST(what_reads_such_a_file_is_named_when_it_is_missing)
{
    CHECK_BEGIN();
    att_audio a;
    att_error err;
    char folder[512], path[600], real[1024];
    snprintf(folder, sizeof folder, "%s", check_path("helpers"));
    CHECK_EQ(mkdir(folder, 0700), 0);
    snprintf(path, sizeof path, "%s/attune-audio", folder);
    snprintf(real, sizeof real, "%s/attune-audio", att_helpers_installed());
    CHECK_EQ(symlink(real, path), 0);
    const att_host host = {.helpers = folder};
    const char *song = check_path("song.m4a"), *text = check_path("text.m4a");
    check_write_file(song, "\0\0\0\x20" "ftypM4A \0\0\0\0M4A mp42isom\0\0\0\0", 32);
    check_write_file(text, "no sound at all, and nothing that looks like it", 47);
    CHECK_FAILS(att_audio_read(&a, song, NULL, &host, &err), ATT_UNSUPPORTED);
    CHECK_HOLDS(err.text, "song.m4a: the program that reads it cannot be run: ");
    CHECK_HOLDS(err.text, "/helpers/attune-audio-av: No such file");
    CHECK_HOLDS(err.text, "-Dav=enabled");
    CHECK_FAILS(att_audio_read(&a, text, NULL, &host, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "text.m4a: Format not recognised");
}

CHECK_MAIN(CHECK_CASE(claims_of_a_header_are_not_believed), CHECK_CASE(every_usual_shape_is_read),
    CHECK_CASE(a_cut_file_gives_what_is_there_or_says_that_it_is_cut), CHECK_CASE(the_ending_of_the_name_does_not_matter),
    CHECK_CASE(of_an_hour_only_the_seconds_asked_for_are_held), CHECK_CASE(what_is_no_file_is_refused_at_once),
    CHECK_CASE(memory_may_run_out_at_any_point), CHECK_CASE(a_host_that_closed_its_standard_input_reads_files_all_the_same), CHECK_CASE(writing_follows_nobodys_link_and_leaves_no_part), CHECK_CASE(several_threads_read_at_once), CHECK_CASE(the_sound_of_a_video_is_read_where_ffmpeg_is),
    CHECK_CASE(what_reads_such_a_file_is_named_when_it_is_missing))
