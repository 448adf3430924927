// SPDX-License-Identifier: Apache-2.0
// What the world does to a store: kills, full disks, locks, missing permissions, damaged bytes, and
// people who want to be forgotten.
#include "world.h"

#include "base/rng.h"

#include <grp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool count_one(void *user, const att_record *record)
{
    (void)record;
    ++*(uint64_t *)user;
    return true;
}

static uint64_t count_records(const char *path)
{
    att_error err;
    att_store *store = world_open(path);
    uint64_t count = 0;
    CHECK_OK_ERR(att_store_log_each(store, 1, count_one, &count, &err), &err);
    att_store_close(store);
    return count;
}

// --- Many processes -----------------------------------------------------------------------------

static int exit_code_of(pid_t child)
{
    int result;
    waitpid(child, &result, 0);
    return WIFEXITED(result) ? WEXITSTATUS(result) : -1;
}

enum { WRITERS = 4, COMMITS = 25 };

// Exit code 0: what begin called the end of the log was the end, every time.
static int write_in_turn(const char *path, int writer)
{
    att_store *store = world_open(path);
    for (int k = 0; k < COMMITS; k++) {
        char ids[2][64];
        att_record records[2];
        for (int i = 0; i < 2; i++) {
            snprintf(ids[i], sizeof ids[i], "w%d-%d-%d", writer, k, i);
            records[i] = world_event(ids[i], 0, 0);
        }
        uint64_t last;
        if (att_store_begin(store, &last, NULL) != ATT_OK || last % 2 != 0 ||
            att_store_append(store, records, 2, NULL) != ATT_OK || records[0].seq != last + 1 ||
            att_store_commit(store, NULL) != ATT_OK)
            return 1;
    }
    att_store_close(store);
    return 0;
}

CHECK_TEST(writers_in_many_processes_take_turns_and_lose_nothing)
{
    CHECK_BEGIN();
    att_error err;
    const char *path = check_path("many.attune");
    pid_t children[WRITERS]; // they also race to make the store
    for (int w = 0; w < WRITERS; w++)
        if ((children[w] = fork()) == 0)
            _exit(write_in_turn(path, w));
    for (int w = 0; w < WRITERS; w++)
        CHECK_EQ(exit_code_of(children[w]), 0);
    CHECK_EQ(count_records(path), WRITERS * COMMITS * 2);
    att_store *store = world_open(path);
    uint64_t last;
    CHECK_OK_ERR(att_store_begin(store, &last, &err), &err);
    CHECK_EQ(last, WRITERS * COMMITS * 2);
    CHECK_OK_ERR(att_store_user_add(store, 0, ATT_LIT("p"), &err), &err);
    CHECK_OK_ERR(att_store_item_put(store, 0, ATT_LIT("i"), NULL, &err), &err);
    CHECK_OK_ERR(att_store_commit(store, &err), &err);
    att_store_close(store);
    CHECK_EQ(world_doctor(path, NULL), 0); // no id twice, no hole
}

// --- Kills --------------------------------------------------------------------------------------

// Appends until it is killed; tells each number only after its commit.
static void write_until_killed(const char *path, int pipe_end, int round)
{
    att_store *store = world_open(path);
    for (int k = 0;; k++) {
        char id[64];
        snprintf(id, sizeof id, "r%d-%d", round, k);
        att_record records[3] = {
            world_event(id, 0, 0), world_event(id, 0, 0), world_event(id, 0, 0)};
        uint64_t last;
        att_error err;
        if (att_store_begin(store, &last, &err) != ATT_OK ||
            att_store_append(store, records, 3, &err) != ATT_OK ||
            att_store_commit(store, &err) != ATT_OK ||
            write(pipe_end, &records[2].seq, sizeof records[2].seq) != sizeof records[2].seq)
            _exit(1);
    }
}

static uint64_t kill_a_writer(const char *path, int round, long after_us)
{
    int ends[2];
    CHECK_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_until_killed(path, ends[1], round);
    }
    close(ends[1]);
    uint64_t acknowledged = 0, seq;
    CHECK_EQ(
        read(ends[0], &acknowledged, sizeof acknowledged), sizeof acknowledged); // it is at work
    nanosleep(&(struct timespec){.tv_nsec = after_us * 1000}, NULL);
    kill(child, SIGKILL);
    int result;
    waitpid(child, &result, 0);
    CHECK(WIFSIGNALED(result));
    while (read(ends[0], &seq, sizeof seq) == sizeof seq)
        acknowledged = seq;
    close(ends[0]);
    return acknowledged;
}

CHECK_TEST(what_was_acknowledged_survives_a_kill_and_transactions_stay_whole)
{
    CHECK_BEGIN();
    const char *path = check_path("killed.attune");
    att_rng rng = att_rng_seed(5);
    for (int round = 0; round < 12; round++) {
        const uint64_t acknowledged = kill_a_writer(path, round, (long)att_rng_below(&rng, 20000));
        const uint64_t there = count_records(path);
        CHECK(there >= acknowledged);
        CHECK(there <= acknowledged + 6); // what it may have committed without telling
        CHECK_EQ(there % 3, 0);
    }
}

// --- Full disks ---------------------------------------------------------------------------------

// Exit code 0: the disk was full, the story said so, and after room was made all went on.
static int fill_the_disk(const char *path)
{
    att_store *store = world_open(path);
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){300000, limit.rlim_max});
    static unsigned char payload[50000];
    att_record record = world_event("a", 0, 0);
    record.payload = payload;
    record.payload_size = sizeof payload;
    att_status status = ATT_OK;
    att_error err;
    uint64_t last, committed = 0;
    for (int i = 0; status == ATT_OK && i < 100; i++) {
        status = att_store_begin(store, &last, &err);
        if (!status)
            status = att_store_append(store, &record, 1, &err);
        status = status ? status : att_store_commit(store, &err);
        att_store_rollback(store);
        committed += status == ATT_OK;
    }
    if (status != ATT_FULL || !strstr(err.text, "disk is full") || committed == 0)
        return 1;
    if (att_store_last_seq(store, &last, &err) != ATT_OK || last != committed)
        return 2;
    setrlimit(RLIMIT_FSIZE, &limit);
    if (att_store_begin(store, &last, &err) != ATT_OK || last != committed ||
        att_store_append(store, &record, 1, &err) != ATT_OK || record.seq != committed + 1 ||
        att_store_commit(store, &err) != ATT_OK)
        return 3;
    att_store_close(store);
    return 0;
}

CHECK_TEST(a_full_disk_is_told_and_loses_nothing)
{
    CHECK_BEGIN();
    const char *path = check_path("full.attune");
    att_store_close(world_open(path));
    const pid_t child = fork();
    if (child == 0)
        _exit(fill_the_disk(path));
    CHECK_EQ(exit_code_of(child), 0);
    CHECK(count_records(path) > 1);
}

CHECK_TEST(a_store_that_could_not_be_made_can_be_made_later)
{
    CHECK_BEGIN();
    const char *path = check_path("unmade.attune");
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){10000, 10000});
        const att_store_options options = {.create = true, .exclusive = true};
        att_store *store;
        _exit(att_store_open(&store, path, &options, NULL, NULL) == ATT_FULL ? 0 : 1);
    }
    CHECK_EQ(exit_code_of(child), 0);
    att_error err;
    att_store *store;
    const att_store_options options = {.create = true, .exclusive = true, .seed = 3};
    CHECK_OK_ERR(att_store_open(&store, path, &options, NULL, &err), &err);
    CHECK_EQ(att_store_seed(store), 3);
    att_store_close(store);
}

// --- Locks and permissions ----------------------------------------------------------------------

CHECK_TEST(a_second_writer_is_told_who_holds_the_place)
{
    CHECK_BEGIN();
    att_error err;
    const char *path = check_path("locked.attune");
    att_store_close(world_open(path));
    int ready[2], done[2];
    CHECK_EQ(pipe(ready) | pipe(done), 0);
    const pid_t child = fork();
    char byte = 0;
    if (child == 0) {
        att_store *holder = world_open(path);
        uint64_t last;
        const att_status status = att_store_begin(holder, &last, NULL);
        const bool told = write(ready[1], &byte, 1) == 1 && read(done[0], &byte, 1) == 1;
        _exit(status != ATT_OK || !told);
    }
    CHECK_EQ(read(ready[0], &byte, 1), 1);
    const att_store_options options = {.busy_timeout_ms = 20};
    att_store *store;
    CHECK_OK_ERR(att_store_open(&store, path, &options, NULL, &err), &err);
    uint64_t last;
    CHECK_FAILS(att_store_begin(store, &last, &err), ATT_BUSY);
    CHECK_HOLDS(err.text, path);
    CHECK_HOLDS(err.text, "did not finish within 20 ms; try again, or stop it");
    char who[32];
    snprintf(who, sizeof who, "process %ld is writing", (long)child);
    if (access("/proc/locks", R_OK) == 0)
        CHECK_HOLDS(err.text, who);
    CHECK_OK_ERR(att_store_last_seq(store, &last, &err), &err); // reading goes on
    CHECK_EQ(write(done[1], &byte, 1), 1);
    CHECK_EQ(exit_code_of(child), 0);
    CHECK_OK_ERR(
        att_store_begin(store, &last, &err), &err); // the holder is gone, and so is its lock
    att_store_close(store);
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(done[i]);
    }
}

// As somebody who may read and not write. Exit code 0: all as promised.
static int try_without_permission(const char *path)
{
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setegid(65534) != 0 || seteuid(65534) != 0))
        return 77;
    att_error err;
    att_store *store;
    const att_store_options write = {.busy_timeout_ms = 100}, read = {.read_only = true};
    if (att_store_open(&store, path, &write, NULL, &err) != ATT_READ_ONLY ||
        !strstr(err.text, path))
        return 1;
    if (att_store_open(&store, path, &read, NULL, &err) != ATT_OK)
        return 2;
    uint64_t count = 0, last;
    if (att_store_log_each(store, 1, count_one, &count, &err) != ATT_OK || count != 25)
        return 3;
    if (att_store_begin(store, &last, &err) != ATT_READ_ONLY)
        return 4;
    att_store_close(store);
    return 0;
}

CHECK_TEST(a_file_without_write_permission_can_be_read)
{
    CHECK_BEGIN();
    char folder[600], path[700];
    snprintf(folder, sizeof folder, "%s", check_path("read-only # folder %41"));
    CHECK_EQ(mkdir(folder, 0755), 0);
    snprintf(path, sizeof path, "%s/s.attune", folder);
    att_store *store = world_open(path);
    world_fill(store, 5, 5, 4);
    att_store_close(store);
    CHECK_EQ(chmod(check_folder(), 0755) | chmod(path, 0444) | chmod(folder, 0555), 0);
    const pid_t child = fork();
    if (child == 0)
        _exit(try_without_permission(path));
    const int code = exit_code_of(child);
    chmod(folder, 0755);
    if (code == 77)
        CHECK_SKIP("cannot become another user here");
    CHECK_EQ(code, 0);
}

// --- Damage -------------------------------------------------------------------------------------

static bool keep_counting(void *user, uint32_t index, att_text id, const att_item *item)
{
    (void)id;
    *(uint64_t *)user += index + (item ? item->title.size : 0);
    return true;
}

static bool keep_naming(void *user, uint32_t index, att_text id)
{
    *(uint64_t *)user += index + id.size;
    return true;
}

// Reads all there is; whatever the bytes are, this ends with a status.
static att_status read_all(const char *path)
{
    att_error err;
    att_store *store;
    const att_store_options options = {.read_only = true};
    att_status status = att_store_open(&store, path, &options, NULL, &err);
    uint64_t sum = 0;
    if (!status)
        status = att_store_log_each(store, 1, count_one, &sum, &err);
    if (!status)
        status = att_store_users_each(store, 0, keep_naming, &sum, &err);
    if (!status)
        status = att_store_items_each(store, 0, keep_counting, &sum, &err);
    att_store_close(store);
    CHECK(status == ATT_OK || err.text[0] != 0);
    return status;
}

CHECK_TEST(a_cut_store_is_refused_or_found_out)
{
    CHECK_BEGIN();
    const char *path = check_path("whole.attune"), *cut = check_path("cut.attune");
    att_store *store = world_open(path);
    world_fill(store, 20, 10, 20);
    att_store_close(store);
    size_t size;
    char *file = check_read_file(path, &size);
    for (size_t keep = 100; keep < size; keep += 4001) {
        check_write_file(cut, file, keep);
        CHECK(read_all(cut) == ATT_CORRUPT || world_doctor(cut, NULL) > 0);
    }
    free(file);
}

CHECK_TEST(flipped_bytes_never_crash_and_the_doctor_ends)
{
    CHECK_BEGIN();
    const char *path = check_path("sound.attune"), *damaged = check_path("flipped.attune");
    att_store *store = world_open(path);
    world_fill(store, 20, 10, 20);
    att_store_close(store);
    size_t size;
    char *file = check_read_file(path, &size);
    att_rng rng = att_rng_seed(11);
    int found_out = 0;
    for (int round = 0; round < 150; round++) {
        const size_t at = (size_t)att_rng_below(&rng, size);
        const char before = file[at];
        file[at] ^= (char)(1 + att_rng_below(&rng, 255));
        check_write_file(damaged, file, size);
        file[at] = before;
        const att_status status = read_all(damaged);
        att_error err;
        size_t damage = 0;
        world_findings findings = {0};
        const att_status looked =
            att_store_doctor(damaged, NULL, world_sink, &findings, &damage, &err);
        CHECK(looked == ATT_OK || looked == ATT_VERSION || looked == ATT_NOT_FOUND);
        if (status != ATT_OK && looked == ATT_OK)
            CHECK(damage > 0); // what reading stumbles over, the doctor finds
        found_out += damage > 0;
    }
    CHECK(found_out > 20);
    free(file);
}

// --- Forgetting ---------------------------------------------------------------------------------

static bool file_holds(const char *path, const char *needle)
{
    if (access(path, F_OK) != 0)
        return false;
    size_t size;
    char *file = check_read_file(path, &size);
    const bool found = memmem(file, size, needle, strlen(needle)) != NULL;
    free(file);
    return found;
}

CHECK_TEST(of_a_forgotten_person_no_byte_is_left)
{
    CHECK_BEGIN();
    att_error err;
    char path[600], wal[620], person[64], events[64];
    snprintf(path, sizeof path, "%s", check_path("forget.attune"));
    snprintf(wal, sizeof wal, "%s-wal", path);
    att_store *store = world_open(path);
    world_fill(store, 400, 50, 40);
    CHECK(
        file_holds(wal, "person-123-of-this-test") || file_holds(path, "person-123-of-this-test"));
    CHECK(file_holds(wal, "event-123-7-of-this-test") ||
          file_holds(path, "event-123-7-of-this-test"));
    uint64_t rows;
    for (uint32_t user = 100; user < 400; user += 43) {
        world_forget(store, user, &rows);
        CHECK_EQ(rows, 41); // 40 events and a decision
    }
    for (uint32_t user = 0; user < 400; user++) {
        const bool gone = user >= 100 && (user - 100) % 43 == 0;
        snprintf(person, sizeof person, "person-%u-of-this-test", user);
        snprintf(events, sizeof events, "event-%u-", user);
        if (!gone && user % 50)
            continue; // reading the file for each of the others would take long
        CHECK_EQ(file_holds(path, person), !gone);
        CHECK_EQ(file_holds(path, events), !gone);
        CHECK(!file_holds(wal, person) && !file_holds(wal, events));
    }
    uint64_t last;
    CHECK_OK_ERR(att_store_begin(store, &last, &err), &err);
    CHECK_FAILS(att_store_forget(store, 4000, &rows, &err), ATT_NOT_FOUND);
    att_store_rollback(store);
    att_store_close(store);
    world_findings findings;
    CHECK_EQ(world_doctor(path, &findings), 0);
}

// Most of the log is theirs: pages run empty and are merged while the rows go, so rows still to be
// deleted have moved by then and left copies behind.
CHECK_TEST(moving_rows_leave_no_copies)
{
    CHECK_BEGIN();
    att_error err;
    char path[600], wal[620];
    snprintf(path, sizeof path, "%s", check_path("moving.attune"));
    snprintf(wal, sizeof wal, "%s-wal", path);
    att_store *store = world_open(path);
    world_fill(store, 2, 2, 1);
    att_rng rng = att_rng_seed(17);
    uint64_t last, rows, theirs = 0;
    CHECK_OK_ERR(att_store_begin(store, &last, &err), &err);
    for (int i = 0; i < 8000; i++) {
        const uint32_t user = att_rng_below(&rng, 10) == 0;
        char id[200];
        const int padding = (int)att_rng_below(&rng, 120);
        snprintf(id, sizeof id, "%s-%d-%0*d", user ? "stays" : "leaves", i, padding, i);
        att_record record = world_event(id, user, 0);
        CHECK_OK_ERR(att_store_append(store, &record, 1, &err), &err);
        theirs += user == 0;
    }
    CHECK_OK_ERR(att_store_commit(store, &err), &err);
    world_forget(store, 0, &rows);
    CHECK_EQ(rows, theirs + 2);
    CHECK(!file_holds(path, "leaves-") && !file_holds(wal, "leaves-"));
    CHECK(file_holds(path, "stays-"));
    att_store_close(store);
    CHECK_EQ(world_doctor(path, NULL), 0);
}

typedef struct forget_meanwhile {
    att_store *writer;
    const char *wal;
} forget_meanwhile;

static bool forget_while_reading(void *user, const att_record *record)
{
    (void)record;
    const forget_meanwhile *it = user;
    uint64_t rows;
    world_forget(it->writer, 3, &rows);
    CHECK_EQ(rows, 11);
    CHECK(file_holds(it->wal, "event-3-")); // the reader may still need it
    att_record more = world_event("more", 0, 0);
    world_append(it->writer, &more, 1); // does not wait for the reader
    return false;
}

CHECK_TEST(a_reader_delays_forgetting_only_until_it_ends)
{
    CHECK_BEGIN();
    att_error err;
    char path[600], wal[620];
    snprintf(path, sizeof path, "%s", check_path("delayed.attune"));
    snprintf(wal, sizeof wal, "%s-wal", path);
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    const att_store_options options = {.create = true, .busy_timeout_ms = 20};
    att_store *writer, *reader;
    CHECK_OK_ERR(att_store_open(&writer, path, &options, &host, &err), &err);
    world_fill(writer, 10, 10, 10);
    reader = world_open(path);
    forget_meanwhile meanwhile = {writer, wal};
    CHECK_OK_ERR(att_store_log_each(reader, 1, forget_while_reading, &meanwhile, &err), &err);
    CHECK_HOLDS(
        heap.last_log, "deleted rows stay in the write-ahead log while another process reads");
    att_record more = world_event("even more", 0, 0);
    world_append(writer, &more, 1);
    CHECK(!file_holds(wal, "event-3-") && !file_holds(path, "event-3-"));
    CHECK(!file_holds(wal, "person-3-") && !file_holds(path, "person-3-"));
    att_store_close(reader);
    att_store_close(writer);
}

CHECK_TEST(numbers_of_deleted_rows_are_not_given_out_again)
{
    CHECK_BEGIN();
    const char *path = check_path("numbers.attune");
    att_store *store = world_open(path);
    world_fill(store, 1, 1, 3); // 3 events and a decision, all of person 0
    uint64_t rows;
    world_forget(store, 0, &rows);
    CHECK_EQ(rows, 4);
    att_store_close(store);
    store = world_open(path);
    att_record record = world_event("new", ATT_NO_INDEX, 0);
    world_append(store, &record, 1);
    CHECK_EQ(record.seq, 6); // after the record of the forgetting, 5
    att_store_close(store);
}

CHECK_MAIN(CHECK_CASE(what_was_acknowledged_survives_a_kill_and_transactions_stay_whole),
    CHECK_CASE(writers_in_many_processes_take_turns_and_lose_nothing),
    CHECK_CASE(a_full_disk_is_told_and_loses_nothing),
    CHECK_CASE(a_store_that_could_not_be_made_can_be_made_later),
    CHECK_CASE(a_second_writer_is_told_who_holds_the_place),
    CHECK_CASE(a_file_without_write_permission_can_be_read),
    CHECK_CASE(a_cut_store_is_refused_or_found_out),
    CHECK_CASE(flipped_bytes_never_crash_and_the_doctor_ends),
    CHECK_CASE(of_a_forgotten_person_no_byte_is_left), CHECK_CASE(moving_rows_leave_no_copies),
    CHECK_CASE(a_reader_delays_forgetting_only_until_it_ends),
    CHECK_CASE(numbers_of_deleted_rows_are_not_given_out_again))
