// SPDX-License-Identifier: Apache-2.0
// A helper program may crash, hang, lie or stay: it ends as a story, and nothing of it is left. tests/music/bad_helper.c does as told.
#include "check.h"

#include "attune/audio.h"
#include "music/helper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *bad_folder(void)
{
    static char path[1024];
    snprintf(path, sizeof path, "%s/../../tests/music", att_helpers_installed());
    return path;
}

static att_status start_as(att_helper **out, att_text request, const att_host *host, att_error *err)
{
    att_host its = att_host_complete(host);
    its.helpers = bad_folder();
    const att_helper_options options = {.name = "bad-helper", .what = "song", .file = -1, .request = request, .cpu_s = 1, .silence_s = 1,
        .memory_bytes = (uint64_t)256 << 20};
    return att_helper_start(out, &options, &its, err);
}

static att_status start(att_helper **out, const char *word, att_error *err)
{
    return start_as(out, att_text_of(word), NULL, err);
}

static void nothing_is_left(void)
{
    int status;
    CHECK_EQ(waitpid(-1, &status, WNOHANG), -1);
    CHECK_EQ(errno, ECHILD);
}

static size_t descriptors(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    CHECK(folder != NULL);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void check_refused(const char *word, att_status wanted, const char *story)
{
    att_helper *helper;
    att_error err;
    CHECK_FAILS(start(&helper, word, &err), wanted);
    CHECK(helper == NULL);
    CHECK_HOLDS(err.text, "song: ");
    CHECK_HOLDS(err.text, story);
    nothing_is_left();
}

static void check_breaks(const char *word, const char *story)
{
    att_helper *helper;
    att_error err;
    float samples[16];
    size_t got;
    CHECK_OK_ERR(start(&helper, word, &err), &err);
    CHECK_EQ(att_helper_head_of(helper)->rate_hz, 8000);
    CHECK_FAILS(att_helper_read(helper, samples, 16, &got, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "song: ");
    CHECK_HOLDS(err.text, story);
    CHECK(att_helper_read(helper, samples, 16, &got, &err) != ATT_OK); // and stays broken
    att_helper_destroy(helper);
    nothing_is_left();
}

CHECK_TEST(a_crash_is_a_story_with_its_signal)
{
    CHECK_BEGIN();
    const size_t before = descriptors();
    check_refused("crash...", ATT_INVALID, "bad-helper crashed on it (signal 11)");
    check_refused("code....", ATT_INVALID, "ended with code 3");
    check_breaks("midcrash", "crashed on it (signal 6)");
    CHECK_EQ(descriptors(), before);
}

CHECK_TEST(a_helper_that_says_nothing_or_spins_is_ended)
{
    CHECK_BEGIN();
    check_refused("silent..", ATT_LIMIT, "no sound came from bad-helper in 1 seconds");
    check_refused("spin....", ATT_LIMIT, "1 s");
}

CHECK_TEST(a_wrong_answer_is_refused_for_what_is_wrong_in_it)
{
    CHECK_BEGIN();
    check_refused("noise...", ATT_INVALID, "expected a head");
    check_refused("wide....", ATT_LIMIT, "channels: found 9, expected 1 to 8");
    check_refused("still...", ATT_LIMIT, "sample rate: found 0 Hz");
    check_refused("control.", ATT_INVALID, "a?b?[31m?");
    check_breaks("huge....", "block 2 of 4294967280 bytes");
    check_breaks("odd.....", "block 2 of 7 bytes");
    check_breaks("unknown.", "block 99");
    check_breaks("early...", "ended in the middle");
}

CHECK_TEST(a_helper_that_stays_after_its_end_does_not_hold_us_up)
{
    CHECK_BEGIN();
    att_helper *helper;
    float samples[16];
    size_t got;
    CHECK_OK(start(&helper, "endless.", NULL));
    CHECK_OK(att_helper_read(helper, samples, 16, &got, NULL));
    CHECK_EQ(got, 3);
    CHECK_NEAR(samples[2], 3, 0);
    CHECK_OK(att_helper_read(helper, samples, 16, &got, NULL));
    CHECK_EQ(got, 0);
    att_helper_destroy(helper);
    nothing_is_left();
}

// Larger than both pipes: it must be sent while the answer is read.
CHECK_TEST(a_long_request_and_a_long_answer_pass_each_other)
{
    CHECK_BEGIN();
    enum { SIZE = 3 << 20 };
    char *request = malloc(8 + SIZE);
    float samples[1000];
    size_t got, all = 0;
    att_helper *helper;
    att_error err;
    memcpy(request, "echo....", 8);
    for (size_t i = 0; i < SIZE; i++)
        request[8 + i] = (char)(i % 101);
    CHECK_OK_ERR(start_as(&helper, (att_text){request, 8 + SIZE}, NULL, &err), &err);
    do {
        CHECK_OK_ERR(att_helper_read(helper, samples, 1000, &got, &err), &err);
        for (size_t i = 0; i < got; i++)
            CHECK_EQ(samples[i], (all + i) % 101);
        all += got;
    } while (got == 1000);
    CHECK_EQ(all, SIZE);
    att_helper_destroy(helper);
    // One that never reads the rest of its request ends all the same.
    memcpy(request, "crash...", 8);
    CHECK_FAILS(start_as(&helper, (att_text){request, 8 + SIZE}, NULL, &err), ATT_INVALID);
    free(request);
    nothing_is_left();
}

CHECK_TEST(the_child_gets_four_descriptors_and_no_rights)
{
    CHECK_BEGIN();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    const int careless = open("/dev/null", O_RDONLY); // without O_CLOEXEC
    CHECK(careless >= 0);
    check_refused("rights..", ATT_NOT_FOUND, "4 descriptors, 1 words, signals as always");
    close(careless);
    signal(SIGPIPE, SIG_DFL);
    check_refused("try.....", ATT_NOT_FOUND, "nothing is allowed");
}

// From now on this process is on a kernel without filters: to ask for one is EINVAL.
static bool take_filters_away(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof rules / sizeof rules[0], .filter = rules};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

static void log_into(void *user, att_log_level level, const char *message)
{
    if (level == ATT_LOG_WARNING)
        snprintf(user, 200, "%s", message);
}

// The exit code of a child: 0 all as it should be.
static int read_without_filter(void)
{
    att_helper *helper;
    char said[200] = "";
    const att_host host = {.log = log_into, .user = said};
    if (!att_helpers_filtered())
        return 1;
    if (start_as(&helper, att_text_of("closed.."), &host, NULL) != ATT_OK || said[0])
        return 2;
    att_helper_destroy(helper);
    if (!take_filters_away())
        return 99;
    if (att_helpers_filtered())
        return 3;
    if (start_as(&helper, att_text_of("closed.."), &host, NULL) != ATT_OK)
        return 4;
    att_helper_destroy(helper);
    return strcmp(said, "no filter of system calls here: bad-helper reads under limits of memory and time alone") ? 5 : 0;
}

CHECK_TEST(a_kernel_without_filters_is_told)
{
    CHECK_BEGIN();
    if (!att_helpers_filtered())
        CHECK_SKIP("this kernel has no filters of system calls");
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        _exit(read_without_filter());
    int state;
    CHECK_EQ(waitpid(child, &state, 0), child);
    CHECK(WIFEXITED(state));
    if (WEXITSTATUS(state) == 99)
        CHECK_SKIP("no filter can be set here");
    CHECK_EQ(WEXITSTATUS(state), 0);
}

static bool no(void *user, const att_progress *progress)
{
    (void)progress;
    return ++*(int *)user < 2;
}

CHECK_TEST(reading_can_be_cancelled)
{
    CHECK_BEGIN();
    int asked = 0;
    att_helper *helper;
    att_error err;
    CHECK_FAILS(start_as(&helper, att_text_of("silent.."), &(att_host){.progress = no, .user = &asked}, &err), ATT_CANCELLED);
    CHECK_EQ(asked, 2);
    nothing_is_left();
}

CHECK_TEST(a_host_that_ignores_its_children_is_served)
{
    CHECK_BEGIN();
    att_helper *helper;
    att_error err;
    signal(SIGCHLD, SIG_IGN);
    CHECK_FAILS(start(&helper, "crash...", &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "song: ");
    signal(SIGCHLD, SIG_DFL);
}

// True: the next process that is made gets this number. It needs rights that a test seldom has.
static bool next_number_is(pid_t number)
{
    const int file = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
    char text[16];
    const int size = snprintf(text, sizeof text, "%d", (int)number - 1);
    const bool fine = file >= 0 && write(file, text, (size_t)size) == size;
    if (file >= 0)
        close(file);
    return fine;
}

CHECK_TEST(a_process_that_got_the_number_of_the_child_is_left_alone)
{
    CHECK_BEGIN();
    att_helper *helper = NULL;
    att_error err;
    pid_t number = 0, foreign = -1;
    signal(SIGCHLD, SIG_IGN);
    for (int attempt = 0; attempt < 50 && foreign != number; attempt++) { // others make processes too
        if (foreign > 0)
            kill(foreign, SIGKILL);
        att_helper_destroy(helper);
        helper = NULL;
        foreign = -1;
        for (number = 20000 + 100 * attempt; kill(number, 0) == 0; number++)
            ;
        if (!next_number_is(number))
            break;
        CHECK_OK_ERR(start(&helper, "midcrash", &err), &err);
        for (int waits = 0; waits < 400 && kill(number, 0) == 0; waits++)
            usleep(5000); // its end: nobody waits for it
        if (next_number_is(number) && (foreign = fork()) == 0)
            for (;;)
                pause();
    }
    if (foreign != number) {
        signal(SIGCHLD, SIG_DFL);
        att_helper_destroy(helper);
        CHECK_SKIP("numbers of processes cannot be chosen here");
    }
    att_helper_destroy(helper);
    usleep(20000);
    CHECK_EQ(kill(foreign, 0), 0);
    kill(foreign, SIGKILL);
    while (kill(foreign, 0) == 0)
        usleep(1000);
    signal(SIGCHLD, SIG_DFL);
}

CHECK_TEST(a_child_that_hangs_is_ended_for_a_host_that_ignores_its_children)
{
    CHECK_BEGIN();
    att_helper *helper;
    att_error err;
    const size_t before = descriptors();
    signal(SIGCHLD, SIG_IGN);
    CHECK_FAILS(start(&helper, "silent..", &err), ATT_LIMIT);
    nothing_is_left();
    CHECK_OK(start(&helper, "endless.", NULL));
    att_helper_destroy(helper);
    nothing_is_left();
    CHECK_EQ(descriptors(), before);
    signal(SIGCHLD, SIG_DFL);
}

CHECK_TEST(a_program_that_is_not_there_is_told_with_its_path)
{
    CHECK_BEGIN();
    att_helper *helper;
    att_error err;
    const att_host host = {.helpers = "/nowhere"};
    CHECK_FAILS(att_helper_start(&helper, &(att_helper_options){.name = "attune-audio", .what = "song", .file = -1}, &host, &err), ATT_UNSUPPORTED);
    CHECK_HOLDS(err.text, "/nowhere/attune-audio: No such file");
}

CHECK_MAIN(CHECK_CASE(a_crash_is_a_story_with_its_signal), CHECK_CASE(a_helper_that_says_nothing_or_spins_is_ended),
    CHECK_CASE(a_wrong_answer_is_refused_for_what_is_wrong_in_it), CHECK_CASE(a_helper_that_stays_after_its_end_does_not_hold_us_up),
    CHECK_CASE(a_long_request_and_a_long_answer_pass_each_other), CHECK_CASE(the_child_gets_four_descriptors_and_no_rights),
    CHECK_CASE(a_kernel_without_filters_is_told), CHECK_CASE(reading_can_be_cancelled), CHECK_CASE(a_host_that_ignores_its_children_is_served),
    CHECK_CASE(a_process_that_got_the_number_of_the_child_is_left_alone), CHECK_CASE(a_child_that_hangs_is_ended_for_a_host_that_ignores_its_children),
    CHECK_CASE(a_program_that_is_not_there_is_told_with_its_path))
