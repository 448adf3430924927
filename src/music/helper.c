// SPDX-License-Identifier: Apache-2.0
// music/helper.c - starts a helper program, listens to it, and never leaves one behind.
//
// posix_spawn takes no copy of the host's memory and runs none of its code in the child, so threads and locks are safe. Each
// descriptor is close-on-exec from its first moment and moved above 9, so that none is in the way of the child's 0, 1, 2 and 3.
//
// A number alone may name another process by the time we use it: a host that ignores SIGCHLD, or reaps whatever ends, gives it free.
// So the child is held by a descriptor (pidfd, Linux 5.4), got while the number is still its own: it has not ended as long as its end
// of the pipe is open. Where there is none, nothing is sent to a number that no child of ours has.
#include "music/helper.h"

#include "attune/audio.h"
#include "music/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef ATT_HELPERS_FOLDER
#define ATT_HELPERS_FOLDER "/usr/libexec/attune"
#endif

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

enum { TICK_MS = 100, PIPE_BYTES = 1 << 20 };

struct att_helper {
    att_host host;
    att_helper_options options;
    pid_t child;      // 0: reaped
    int process;      // descriptor of it; -1: none
    int from, to;     // its answer, its request; -1: closed
    size_t sent;      // of the request
    int exit_code, exit_signal; // when child is 0
    bool known, killed; // they are; by us
    uint64_t frames;  // read so far
    att_wire wire;
};

__attribute__((weak)) const char *att_helpers_installed(void)
{
    return ATT_HELPERS_FOLDER;
}

// Asked with no filter at all, a kernel that has them says that the pointer is bad.
bool att_helpers_filtered(void)
{
#if defined(__x86_64__) || defined(__aarch64__)
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) != 0 && errno == EFAULT;
#else
    return false;
#endif
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// --- The child --------------------------------------------------------------------------------------------

// Above 9 and close-on-exec; -1 and errno.
static int out_of_the_way(int descriptor)
{
    if (descriptor < 0)
        return -1;
    const int higher = fcntl(descriptor, F_DUPFD_CLOEXEC, 10), why = errno;
    close(descriptor);
    errno = why;
    return higher;
}

typedef struct ends {
    int answer_in, answer_out, request_in, request_out, nothing;
} ends;

static void close_ends(ends *e)
{
    int *const all[] = {&e->answer_in, &e->answer_out, &e->request_in, &e->request_out, &e->nothing};
    for (size_t i = 0; i < ATT_COUNT_OF(all); i++) {
        if (*all[i] >= 0)
            close(*all[i]);
        *all[i] = -1;
    }
}

static bool open_ends(ends *e, bool with_request)
{
    int answer[2], request[2] = {-1, -1};
    *e = (ends){-1, -1, -1, -1, -1};
    if (pipe2(answer, O_CLOEXEC) != 0)
        return false;
    e->answer_out = out_of_the_way(answer[0]);
    e->answer_in = out_of_the_way(answer[1]);
    // A socket, since sending to one that nobody reads need not raise SIGPIPE.
    if (with_request && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, request) == 0) {
        e->request_in = out_of_the_way(request[0]);
        e->request_out = out_of_the_way(request[1]);
    }
    e->nothing = out_of_the_way(open("/dev/null", O_RDWR | O_CLOEXEC));
    const bool fine = e->answer_out >= 0 && e->answer_in >= 0 && e->nothing >= 0 && (!with_request || (e->request_in >= 0 && e->request_out >= 0));
    const int why = errno;
    if (fine) {
        (void)fcntl(e->answer_out, F_SETPIPE_SZ, PIPE_BYTES); // fewer switches; the default does as well
        (void)fcntl(e->answer_out, F_SETFL, O_NONBLOCK);
    } else {
        close_ends(e);
        errno = why;
    }
    return fine;
}

// 0, or an errno.
static int spawn(pid_t *out, const char *path, const att_helper_options *o, const ends *e)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    char memory[24], cpu[16];
    snprintf(memory, sizeof memory, "%llu", (unsigned long long)o->memory_bytes);
    snprintf(cpu, sizeof cpu, "%u", o->cpu_s);
    char *const arguments[] = {(char *)(uintptr_t)o->name, memory, cpu, NULL};
    char locale[] = "LC_ALL=C", *const environment[] = {locale, NULL};
    int bad = posix_spawn_file_actions_init(&files);
    if (bad)
        return bad;
    bad = posix_spawnattr_init(&how);
    if (bad) {
        posix_spawn_file_actions_destroy(&files);
        return bad;
    }
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &all);
    posix_spawnattr_setpgroup(&how, 0); // Ctrl-C on a terminal is for the host to pass on
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    // The file first: in a host that closed its own 0, 1 or 2 it may stand there.
    bad = posix_spawn_file_actions_adddup2(&files, o->file >= 0 ? o->file : e->nothing, ATT_HELPER_FILE);
    bad = bad ? bad : posix_spawn_file_actions_adddup2(&files, e->request_in >= 0 ? e->request_in : e->nothing, STDIN_FILENO);
    bad = bad ? bad : posix_spawn_file_actions_adddup2(&files, e->answer_in, STDOUT_FILENO);
    bad = bad ? bad : posix_spawn_file_actions_adddup2(&files, e->nothing, STDERR_FILENO);
    bad = bad ? bad : posix_spawn(out, path, &files, &how, arguments, environment);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    return bad;
}

static void close_one(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

// Waits for it, or with WNOHANG looks. False: it runs.
static bool is_gone(att_helper *h, int flags)
{
    siginfo_t how = {0};
    int bad;
    do
        bad = waitid(h->process >= 0 ? (idtype_t)P_PIDFD : P_PID, (id_t)(h->process >= 0 ? h->process : h->child), &how, WEXITED | flags);
    while (bad && errno == EINTR);
    if (!bad && how.si_pid == 0)
        return false;
    h->known = !bad; // else the host has taken the remains away itself
    h->exit_code = !bad && how.si_code == CLD_EXITED ? how.si_status : 0;
    h->exit_signal = !bad && how.si_code != CLD_EXITED ? how.si_status : 0;
    h->child = 0;
    close_one(&h->process);
    return true;
}

// Its number is its own while its end of the pipe is open, or while it can be waited for.
static void hold(att_helper *h)
{
    struct pollfd pipe = {.fd = h->from};
    h->process = -1;
#ifdef SYS_pidfd_open
    h->process = out_of_the_way((int)syscall(SYS_pidfd_open, h->child, 0));
    siginfo_t how = {0};
    if (h->process >= 0 && (poll(&pipe, 1, 0) < 0 || pipe.revents & (POLLHUP | POLLERR)) &&
        waitid((idtype_t)P_PIDFD, (id_t)h->process, &how, WEXITED | WNOHANG | WNOWAIT) != 0)
        close_one(&h->process);
#else
    (void)pipe;
#endif
}

static void end_by_force(const att_helper *h)
{
#ifdef SYS_pidfd_send_signal
    if (h->process >= 0) {
        syscall(SYS_pidfd_send_signal, h->process, SIGKILL, NULL, 0);
        return;
    }
#endif
    siginfo_t how = {0};
    if (waitid(P_PID, (id_t)h->child, &how, WEXITED | WNOHANG | WNOWAIT) == 0)
        kill(h->child, SIGKILL);
}

static void reap(att_helper *h, bool by_force)
{
    if (!h->child)
        return;
    if (by_force) {
        h->killed = true;
        end_by_force(h);
    }
    (void)is_gone(h, 0);
}

// --- Listening --------------------------------------------------------------------------------------------

static void send_request(att_helper *h)
{
    while (h->to >= 0) {
        const size_t left = h->options.request.size - h->sent;
        const ssize_t n = left ? send(h->to, h->options.request.data + h->sent, left, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        h->sent += n > 0 ? (size_t)n : 0;
        if (n < 0 || h->sent == h->options.request.size)
            close_one(&h->to); // all of it, or it is not wanted: its answer says why
    }
}

static att_status wait_for_more(att_helper *h, int64_t since_ms, att_error *err)
{
    struct pollfd watched[2] = {{.fd = h->from, .events = POLLIN}, {.fd = h->to, .events = POLLOUT}};
    const int ready = poll(watched, h->to >= 0 ? 2 : 1, TICK_MS);
    if (ready > 0 && h->to >= 0 && watched[1].revents)
        send_request(h);
    if (ready == 0 && !att_progress_tell(&h->host, "decode", h->frames, ATT_MAX(h->wire.head.frames, h->frames), "frames"))
        return ATT_FAIL(err, ATT_CANCELLED, "%s: cancelled while it was read", h->options.what);
    if (ready == 0 && now_ms() - since_ms > (int64_t)h->options.silence_s * 1000)
        return ATT_FAIL(err, ATT_LIMIT, "no sound came from %s in %u seconds", h->options.name, h->options.silence_s);
    return ATT_OK;
}

// att_wire_pull: the bytes of the pipe.
static att_status pull(void *source, void *out, size_t size, size_t *got, att_error *err)
{
    att_helper *h = source;
    int64_t since_ms = now_ms(); // when the last byte came
    while (*got < size) {
        const ssize_t n = read(h->from, (char *)out + *got, size - *got);
        att_status status = ATT_OK;
        if (n == 0)
            break;
        if (n > 0) {
            *got += (size_t)n;
            since_ms = now_ms();
        } else if (errno == EAGAIN)
            status = wait_for_more(h, since_ms, err);
        else if (errno != EINTR)
            status = att_fail_errno(err, errno, "reading from %s", h->options.name);
        if (status)
            return status;
    }
    return ATT_OK;
}

// The child is gone without a word, or with a wrong one: how it ended is the better story.
static att_status say_how_it_ended(const att_helper *h, att_error *err)
{
    const char *what = h->options.what, *name = h->options.name;
    const int signal_number = h->known && !h->killed ? h->exit_signal : 0;
    const int code = h->known ? h->exit_code : 0;
    if (signal_number == SIGXCPU || signal_number == SIGKILL)
        return ATT_FAIL(err, ATT_LIMIT, "%s: %s was ended (signal %d): it may use %u s of processor and %llu MiB", what, name, signal_number,
            h->options.cpu_s, (unsigned long long)h->options.memory_bytes >> 20);
    if (signal_number)
        return ATT_FAIL(err, ATT_INVALID, "%s: %s crashed on it (signal %d)", what, name, signal_number);
    if (code)
        return ATT_FAIL(err, ATT_INVALID, "%s: %s ended with code %d and no reason", what, name, code);
    att_error wire = err ? *err : (att_error){0};
    return ATT_FAIL(err, ATT_INVALID, "%s: the answer of %s is not right: %s", what, name, wire.text);
}

static att_status fail(att_helper *h, att_status status, att_error *err)
{
    close_one(&h->from); // what cannot be said any more ends it
    if (status != ATT_CORRUPT) {
        reap(h, true);
        return status == ATT_CANCELLED ? status : att_while(err, status, "%s", h->options.what);
    }
    const int64_t since_ms = now_ms();
    while (h->child && !is_gone(h, WNOHANG) && now_ms() - since_ms < 1000) // it may be about to end by itself
        poll(NULL, 0, 5);
    reap(h, true);
    return say_how_it_ended(h, err);
}

// --- From outside -----------------------------------------------------------------------------------------

static att_status start(att_helper *h, att_error *err)
{
    char path[PATH_MAX];
    ends e;
    const char *folder = h->host.helpers ? h->host.helpers : att_helpers_installed();
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, h->options.name) >= sizeof path)
        return ATT_FAIL(err, ATT_LIMIT, "%s/%s: the name is too long", folder, h->options.name);
    if (!open_ends(&e, h->options.request.size > 0))
        return att_fail_errno(err, errno, "starting %s", path);
    const int bad = spawn(&h->child, path, &h->options, &e);
    if (!bad) {
        h->from = e.answer_out;
        h->to = e.request_out;
        e.answer_out = e.request_out = -1;
    }
    close_ends(&e); // the pipe's other end is the child's alone now
    if (!bad) {
        hold(h);
        return ATT_OK;
    }
    h->child = 0;
    if (bad == ENOENT || bad == EACCES)
        return ATT_FAIL(err, ATT_UNSUPPORTED, "%s: the program that reads it cannot be run: %s: %s", h->options.what, path, strerror(bad));
    return att_fail_errno(err, bad, "starting %s", path);
}

att_status att_helper_start(att_helper **out, const att_helper_options *options, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    *out = NULL;
    att_helper *h = ATT_NEW_ARRAY(&full, att_helper, 1);
    if (!h)
        return att_no_memory(err, 1, "helper");
    *h = (att_helper){.host = full, .options = *options, .process = -1, .from = -1, .to = -1};
    h->options.memory_bytes = options->memory_bytes ? options->memory_bytes : (uint64_t)512 << 20;
    h->options.cpu_s = options->cpu_s ? options->cpu_s : 60;
    h->options.silence_s = options->silence_s ? options->silence_s : 60;
    att_error own = {0}; // the story is needed here also when nobody else wants it
    att_error *said = err ? err : &own;
    att_status status = start(h, said);
    if (!status) {
        send_request(h);
        status = att_wire_open(&h->wire, pull, h, said);
        if (status)
            status = fail(h, status, said);
    }
    if (!status && h->wire.head.flags & ATT_HELPER_UNFILTERED)
        att_logf(&full, ATT_LOG_WARNING, "no filter of system calls here: %s reads under limits of memory and time alone", h->options.name);
    if (status)
        att_helper_destroy(h);
    else
        *out = h;
    return status;
}

const att_helper_head *att_helper_head_of(const att_helper *helper)
{
    return &helper->wire.head;
}

att_status att_helper_read(att_helper *helper, float *out, size_t frames, size_t *got, att_error *err)
{
    const uint32_t channels = helper->wire.head.channels;
    att_error own = {0}, *said = err ? err : &own;
    size_t samples = 0;
    const att_status status = att_wire_read(&helper->wire, out, frames * channels, &samples, said);
    *got = samples / channels;
    helper->frames += *got;
    return status ? fail(helper, status, said) : ATT_OK;
}

void att_helper_destroy(att_helper *helper)
{
    if (!helper)
        return;
    const att_host host = helper->host;
    close_one(&helper->from);
    close_one(&helper->to);
    reap(helper, true); // after its END nothing of it is wanted, and it may not wait for that
    ATT_FREE_ARRAY(&host, helper, 1);
}
