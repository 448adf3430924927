// SPDX-License-Identifier: Apache-2.0
// A snapshot is whole or refused: every byte of it counts.
#include "check.h"

#include "store/snapshot.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define KIND ATT_TAG4('T', 'E', 'S', 'T')
#define NUMBERS ATT_TAG4('N', 'U', 'M', 'S')
#define WORDS ATT_TAG4('W', 'O', 'R', 'D')
#define NOTHING ATT_TAG4('N', 'O', 'N', 'E')

static const uint32_t numbers[5] = {1, 2, 3, 4, 5};

static att_status write_small(const char *path, const att_host *host, att_error *err)
{
    att_snapshot_writer *writer = NULL;
    att_status status = att_snapshot_writer_create(&writer, KIND, 7, host, err);
    if (!status)
        status = att_snapshot_add(writer, NUMBERS, numbers, sizeof numbers, err);
    if (!status)
        status = att_snapshot_add(writer, NOTHING, NULL, 0, err);
    if (!status)
        status = att_snapshot_add(writer, WORDS, "taste", 5, err);
    if (!status)
        status = att_snapshot_finish(writer, path, err);
    att_snapshot_writer_destroy(writer);
    return status;
}

static size_t files_in_folder(void)
{
    DIR *dir = opendir(check_folder());
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

CHECK_TEST(what_was_added_comes_back_aligned)
{
    CHECK_BEGIN();
    att_error err;
    const char *path = check_path("a.snap");
    CHECK_OK_ERR(write_small(path, NULL, &err), &err);
    att_snapshot *snapshot;
    uint32_t version;
    CHECK_OK_ERR(att_snapshot_open(&snapshot, path, KIND, &version, NULL, &err), &err);
    CHECK_EQ(version, 7);
    size_t count, size;
    const void *data;
    CHECK_OK_ERR(att_snapshot_need(snapshot, NUMBERS, 4, &count, &data, &err), &err);
    CHECK_EQ(count, 5);
    CHECK_EQ((uintptr_t)data % 64, 0);
    CHECK(memcmp(data, numbers, sizeof numbers) == 0);
    CHECK_TEXT(((att_text){att_snapshot_section(snapshot, WORDS, &size), 5}), "taste");
    CHECK_EQ(size, 5);
    CHECK(att_snapshot_section(snapshot, NOTHING, &size) != NULL);
    CHECK_EQ(size, 0);
    CHECK(att_snapshot_section(snapshot, ATT_TAG4('X', 'X', 'X', 'X'), &size) == NULL);
    CHECK_FAILS(att_snapshot_need(snapshot, WORDS, 4, &count, &data, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "section WORD");
    CHECK_FAILS(att_snapshot_need(snapshot, ATT_TAG4('X', 'X', 'X', 1), 1, &count, &data, &err),
        ATT_CORRUPT);
    att_snapshot_close(snapshot);
}

CHECK_TEST(the_bytes_lie_where_the_table_in_the_header_file_says)
{
    CHECK_BEGIN();
    att_error err;
    const char *path = check_path("b.snap");
    CHECK_OK_ERR(write_small(path, NULL, &err), &err);
    size_t size;
    char *file = check_read_file(path, &size);
    CHECK(memcmp(file, "ATTSNAP\n\1\0\0\0TEST\7\0\0\0\3\0\0\0", 24) == 0);
    // The table ends at 64 + 3 * 48 = 208: numbers at 256, nothing at 320, words at 320 too.
    CHECK(memcmp(file + 64, "NUMS", 4) == 0);
    CHECK_EQ((unsigned char)file[64 + 9], 1); // offset 256
    CHECK(memcmp(file + 320, "taste", 5) == 0);
    CHECK_EQ(size, 325);
    CHECK_EQ((unsigned char)file[24] + 256 * (unsigned char)file[25], 325);
    free(file);
}

static att_status open_copy(const char *bytes, size_t size, uint32_t kind, att_error *err)
{
    char *copy = aligned_alloc(64, (size + 64) & ~(size_t)63);
    memcpy(copy, bytes, size);
    att_snapshot *snapshot = NULL;
    const att_status status =
        att_snapshot_open_memory(&snapshot, copy, size, kind, NULL, NULL, err);
    att_snapshot_close(snapshot);
    free(copy);
    return status;
}

CHECK_TEST(a_flip_of_any_bit_is_refused)
{
    CHECK_BEGIN();
    att_error err;
    const char *path = check_path("c.snap");
    CHECK_OK_ERR(write_small(path, NULL, &err), &err);
    size_t size;
    char *file = check_read_file(path, &size);
    CHECK_OK_ERR(open_copy(file, size, KIND, &err), &err);
    for (size_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit++) {
            file[i] ^= (char)(1 << bit);
            CHECK(open_copy(file, size, KIND, &err) != ATT_OK);
            file[i] ^= (char)(1 << bit);
        }
    free(file);
}

CHECK_TEST(a_file_cut_at_any_byte_or_grown_is_refused)
{
    CHECK_BEGIN();
    att_error err;
    const char *path = check_path("d.snap");
    CHECK_OK_ERR(write_small(path, NULL, &err), &err);
    size_t size;
    char *file = check_read_file(path, &size);
    for (size_t cut = 0; cut < size; cut++)
        CHECK_FAILS(open_copy(file, cut, KIND, &err), ATT_CORRUPT);
    CHECK_FAILS(open_copy(file, size + 1, KIND, &err), ATT_CORRUPT); // the zero behind it
    check_write_file(path, file, 100);
    att_snapshot *snapshot;
    CHECK_FAILS(att_snapshot_open(&snapshot, path, KIND, NULL, NULL, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, path);
    CHECK(snapshot == NULL);
    check_write_file(path, "", 0);
    CHECK_FAILS(att_snapshot_open(&snapshot, path, KIND, NULL, NULL, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "empty");
    free(file);
}

CHECK_TEST(each_refusal_has_its_own_status)
{
    CHECK_BEGIN();
    att_error err;
    const char *path = check_path("e.snap");
    CHECK_OK_ERR(write_small(path, NULL, &err), &err);
    att_snapshot *snapshot;
    CHECK_FAILS(
        att_snapshot_open(&snapshot, check_path("absent"), KIND, NULL, NULL, &err), ATT_NOT_FOUND);
    CHECK_FAILS(att_snapshot_open(&snapshot, check_folder(), KIND, NULL, NULL, &err), ATT_CORRUPT);
    CHECK_FAILS(att_snapshot_open(&snapshot, path, NUMBERS, NULL, NULL, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "it is of kind TEST, wanted is NUMS");
    size_t size;
    char *file = check_read_file(path, &size);
    file[8] = 2;
    CHECK_FAILS(open_copy(file, size, KIND, &err), ATT_VERSION);
    CHECK_HOLDS(err.text, "format 2");
    free(file);
}

CHECK_TEST(a_failed_write_leaves_the_old_file_and_nothing_beside_it)
{
    CHECK_BEGIN();
    att_error err;
    const char *path = check_path("f.snap");
    CHECK_OK_ERR(write_small(path, NULL, &err), &err);
    const size_t files = files_in_folder();
    const pid_t child = fork();
    if (child == 0) { // a full disk: no file may grow past 256 bytes
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){256, 256});
        _exit(write_small(path, NULL, &err) == ATT_FULL ? 0 : 1);
    }
    int result;
    waitpid(child, &result, 0);
    CHECK_EQ(result, 0);
    CHECK_EQ(files_in_folder(), files);
    att_snapshot *snapshot;
    CHECK_OK_ERR(att_snapshot_open(&snapshot, path, KIND, NULL, NULL, &err), &err);
    att_snapshot_close(snapshot);
    CHECK_FAILS(write_small(check_path("no/such/folder"), NULL, &err), ATT_NOT_FOUND);
}

CHECK_TEST(a_mapped_snapshot_outlives_its_replacement)
{
    CHECK_BEGIN();
    att_error err;
    const char *path = check_path("g.snap");
    CHECK_OK_ERR(write_small(path, NULL, &err), &err);
    att_snapshot *old;
    CHECK_OK_ERR(att_snapshot_open(&old, path, KIND, NULL, NULL, &err), &err);
    CHECK_OK_ERR(write_small(path, NULL, &err), &err);
    size_t count;
    const void *data;
    CHECK_OK_ERR(att_snapshot_need(old, NUMBERS, 4, &count, &data, &err), &err);
    CHECK(memcmp(data, numbers, sizeof numbers) == 0);
    att_snapshot_close(old);
}

CHECK_TEST(failed_allocations_are_told_and_leak_nothing)
{
    CHECK_BEGIN();
    att_error err;
    const char *path = check_path("h.snap");
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_status status = ATT_NO_MEMORY;
    for (uint64_t fail_at = 1; status == ATT_NO_MEMORY; fail_at++) {
        CHECK(fail_at < 100);
        heap.fail_at = fail_at;
        status = write_small(path, &host, &err);
        CHECK_EQ(heap.bytes_live, 0);
    }
    CHECK_OK_ERR(status, &err);
    att_snapshot *snapshot;
    heap.fail_at = 1;
    CHECK_FAILS(att_snapshot_open(&snapshot, path, KIND, NULL, &host, &err), ATT_NO_MEMORY);
    CHECK_OK_ERR(att_snapshot_open(&snapshot, path, KIND, NULL, &host, &err), &err);
    att_snapshot_close(snapshot);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_MAIN(CHECK_CASE(what_was_added_comes_back_aligned),
    CHECK_CASE(the_bytes_lie_where_the_table_in_the_header_file_says),
    CHECK_CASE(a_flip_of_any_bit_is_refused),
    CHECK_CASE(a_file_cut_at_any_byte_or_grown_is_refused),
    CHECK_CASE(each_refusal_has_its_own_status),
    CHECK_CASE(a_failed_write_leaves_the_old_file_and_nothing_beside_it),
    CHECK_CASE(a_mapped_snapshot_outlives_its_replacement),
    CHECK_CASE(failed_allocations_are_told_and_leak_nothing))
