// SPDX-License-Identifier: Apache-2.0
// The database of recordings: the fast look-up is the plain one, it grows by runs, it is saved and loaded, and damage is refused.
#include "sounds.h"

#include "guard/audio_prints_file.h"

enum { TRACKS = 7 };

static void add_track(att_prints *prints, uint64_t seed, double seconds)
{
    char name[32];
    att_error err;
    att_audio track = music_by_dice(seed, seconds);
    snprintf(name, sizeof name, "track %d", (int)seed);
    CHECK_OK_ERR(att_prints_add(prints, name, att_audio_view(&track), &err), &err);
    att_audio_deinit(&track);
}

static att_prints *some_tracks(const att_host *host)
{
    att_prints *prints;
    CHECK_OK(att_prints_create(&prints, host, NULL));
    for (uint64_t i = 0; i < TRACKS; i++)
        add_track(prints, i, i == 0 ? 25 : 12);
    return prints;
}

static int by_peaks(const void *a, const void *b)
{
    const att_print_hit *x = a, *y = b;
    return x->asked != y->asked ? (x->asked > y->asked) - (x->asked < y->asked) : (x->kept > y->kept) - (x->kept < y->kept);
}

CHECK_TEST(the_directory_finds_what_reading_everything_finds)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_prints *prints = some_tracks(NULL);
    att_audio track = music_by_dice(3, 12);
    att_peaks peaks = {0};
    att_marks probes = {0};
    att_print_hits fast = {0}, plain = {0};
    uint32_t frames;
    CHECK_OK(att_peaks_find(part_of(&track, 2, 3), att_peak_reach_asked, NULL, &peaks, &frames, NULL));
    CHECK(att_marks_of(peaks.items, peaks.count, true, 0, &host, &probes));
    CHECK(probes.count > 100);
    CHECK(prints->runs.count > 1);
    CHECK(att_prints_hits(prints, probes.items, probes.count, &host, &fast));
    CHECK(att_prints_hits_plain(prints, probes.items, probes.count, &host, &plain));
    CHECK(fast.count > 50);
    CHECK_EQ(fast.count, plain.count);
    qsort(fast.items, fast.count, sizeof *fast.items, by_peaks);
    qsort(plain.items, plain.count, sizeof *plain.items, by_peaks);
    for (size_t i = 0; i < fast.count; i++)
        CHECK(fast.items[i].asked == plain.items[i].asked && fast.items[i].kept == plain.items[i].kept);
    // One run finds the same.
    const size_t before = fast.count;
    CHECK(att_prints_merge_all(prints));
    CHECK_EQ(prints->runs.count, 1);
    fast.count = 0;
    CHECK(att_prints_hits(prints, probes.items, probes.count, &host, &fast));
    CHECK_EQ(fast.count, before);
    ATT_VEC_FREE(&host, &fast);
    ATT_VEC_FREE(&host, &plain);
    ATT_VEC_FREE(&host, &probes);
    ATT_VEC_FREE(&host, &peaks);
    att_audio_deinit(&track);
    att_prints_destroy(prints);
}

CHECK_TEST(runs_stay_few_and_sorted)
{
    CHECK_BEGIN();
    att_prints *prints = some_tracks(NULL);
    CHECK_EQ(att_prints_count(prints), TRACKS);
    for (size_t r = 0; r < prints->runs.count; r++) {
        const att_print_run *run = &prints->runs.items[r];
        CHECK(r == 0 || run[-1].count >= 2 * run->count);
        for (uint32_t i = 1; i < run->count; i++)
            CHECK(run->marks[i - 1].key <= run->marks[i].key);
    }
    size_t index;
    CHECK(att_prints_named(prints, "track 4", &index));
    CHECK_EQ(index, 4);
    CHECK(!att_prints_named(prints, "track 9", &index));
    CHECK_NEAR(att_prints_get(prints, 0).seconds, 25, 0.2);
    att_audio track = music_by_dice(4, 12);
    CHECK_FAILS(att_prints_add(prints, "track 4", att_audio_view(&track), NULL), ATT_EXISTS);
    CHECK_FAILS(att_prints_add(prints, "", att_audio_view(&track), NULL), ATT_LIMIT);
    CHECK_EQ(att_prints_count(prints), TRACKS);
    att_audio_deinit(&track);
    att_prints_destroy(prints);
}

static void check_found(const att_prints *prints, uint64_t seed, size_t index)
{
    att_print_match found[ATT_PRINT_FOUND_MAX];
    size_t count;
    att_audio track = music_by_dice(seed, 12);
    CHECK_OK(att_prints_find(prints, part_of(&track, 1, 10), NULL, found, &count, NULL));
    CHECK(count >= 1);
    CHECK_EQ(found[0].index, index);
    CHECK_NEAR(found[0].there_from_s - found[0].from_s, 1, 0.05);
    att_audio_deinit(&track);
}

CHECK_TEST(a_saved_database_finds_the_same_and_grows)
{
    CHECK_BEGIN();
    att_prints *prints = some_tracks(NULL), *loaded;
    att_error err;
    const char *path = check_path("known.prints");
    CHECK_OK_ERR(att_prints_save(prints, path, &err), &err);
    CHECK_OK_ERR(att_prints_load(&loaded, path, NULL, &err), &err);
    CHECK_EQ(att_prints_count(loaded), TRACKS);
    CHECK_TEXT(att_prints_get(loaded, 6).name, "track 6");
    CHECK_EQ(att_prints_get(loaded, 6).peaks, att_prints_get(prints, 6).peaks);
    check_found(loaded, 5, 5);
    add_track(loaded, 50, 12);
    check_found(loaded, 50, TRACKS);
    check_found(loaded, 2, 2);
    CHECK_OK_ERR(att_prints_save(loaded, path, &err), &err); // over the file that it is mapped from
    att_prints_destroy(loaded);
    CHECK_OK_ERR(att_prints_load(&loaded, path, NULL, &err), &err);
    check_found(loaded, 50, TRACKS);
    att_prints_destroy(loaded);
    att_prints_destroy(prints);
}

CHECK_TEST(a_damaged_file_is_refused)
{
    CHECK_BEGIN();
    att_prints *prints = some_tracks(NULL), *loaded;
    att_error err;
    const char *path = check_path("damaged.prints");
    CHECK_OK(att_prints_save(prints, path, NULL));
    size_t size;
    char *bytes = check_read_file(path, &size);
    for (size_t at = 0; at < size; at += size / 37) {
        bytes[at] ^= 0x10;
        check_write_file(path, bytes, size);
        const att_status status = att_prints_load(&loaded, path, NULL, &err);
        CHECK(status == ATT_CORRUPT || status == ATT_VERSION);
        CHECK(loaded == NULL);
        bytes[at] ^= 0x10;
    }
    check_write_file(path, bytes, size / 2);
    CHECK_FAILS(att_prints_load(&loaded, path, NULL, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "damaged.prints");
    free(bytes);
    att_prints_destroy(prints);
}

CHECK_TEST(when_memory_runs_out_all_is_as_it_was)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_prints *prints;
    att_audio track = music_by_dice(60, 12), other = music_by_dice(61, 12);
    CHECK_OK(att_prints_create(&prints, &host, NULL));
    CHECK_OK(att_prints_add(prints, "first", att_audio_view(&track), NULL));
    att_status status = ATT_NO_MEMORY;
    uint64_t failures = 0;
    while (status == ATT_NO_MEMORY) {
        heap.fail_at = ++failures;
        status = att_prints_add(prints, "second", att_audio_view(&other), NULL);
        CHECK_EQ(att_prints_count(prints), status ? 1 : 2);
    }
    heap.fail_at = 0;
    CHECK_OK(status);
    CHECK(failures > 10);
    check_found(prints, 61, 1);
    status = ATT_NO_MEMORY;
    for (failures = 1; status == ATT_NO_MEMORY; failures++) {
        att_print_match found[ATT_PRINT_FOUND_MAX];
        size_t count;
        heap.fail_at = failures;
        status = att_prints_find(prints, att_audio_view(&track), NULL, found, &count, NULL);
    }
    CHECK_OK(status);
    heap.fail_at = 0;
    att_prints_destroy(prints);
    CHECK_EQ(heap.bytes_live, 0);
    att_audio_deinit(&track);
    att_audio_deinit(&other);
}

CHECK_MAIN(CHECK_CASE(the_directory_finds_what_reading_everything_finds), CHECK_CASE(runs_stay_few_and_sorted),
    CHECK_CASE(a_saved_database_finds_the_same_and_grows), CHECK_CASE(a_damaged_file_is_refused), CHECK_CASE(when_memory_runs_out_all_is_as_it_was))
