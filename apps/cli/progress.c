// SPDX-License-Identifier: Apache-2.0
// apps/cli/progress.c - how far long work has come: a bar with rate and time left on a terminal, a plain line every
// ten seconds elsewhere. Nothing is shown of work that ends within a second. The library tells how far it has come when
// it can; a thread of this program shows the latest news, so that the line moves also while nothing is told.
#include "cli.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

typedef struct progress_state {
    bool terminal, shown, told, over;
    char task[96], unit[24];
    uint64_t done, total, first_done;
    double first_s, first_told_s, last_told_s, next_s; // first_told_s: when `done` was first_done
} progress_state;

// Of the program, which is one command; the library has none of this.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // guards state
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static progress_state state;
static pthread_t ticker;
static bool active;
static volatile sig_atomic_t interrupted;

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void on_interrupt(int signal_number)
{
    static const char text[] = "\nattune: stopping at the next safe point; Ctrl-C again ends it at once\n";
    (void)signal_number;
    interrupted = 1;
    const ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)written;
}

// 1234 bytes are "1.2 kB", 1234 of anything else "1234".
static void count_text(double count, const char *unit, char *out, size_t size)
{
    const bool bytes = strcmp(unit, "bytes") == 0;
    if (bytes)
        snprintf(out, size, count < 1e6 ? "%.0f kB" : "%.1f MB", count < 1e6 ? count / 1e3 : count / 1e6);
    else if (count >= 10e6)
        snprintf(out, size, "%.1fM", count / 1e6);
    else if (count >= 10e3)
        snprintf(out, size, "%.1fk", count / 1e3);
    else
        snprintf(out, size, count < 10 && count != (double)(int)count ? "%.1f" : "%.0f", count);
}

static void clock_text(double seconds, const char *what, char *out, size_t size)
{
    const int whole = seconds > 0 ? (int)(seconds < 360000 ? seconds : 360000) : 0;
    if (whole >= 3600)
        snprintf(out, size, "%d:%02d:%02d%s", whole / 3600, whole / 60 % 60, whole % 60, what);
    else
        snprintf(out, size, "%d:%02d%s", whole / 60, whole % 60, what);
}

static int terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// "import               █████▍      12.3 MB of 40.0 MB  4.1 MB/s  0:07 left", never wider than the terminal.
static void show(double now)
{
    enum { BAR = 24, TASK = 20 };
    char bar[BAR * 3 + 1] = "", done[24], total[24], rate[24], left[32] = "", figures[192];
    const bool bytes = strcmp(state.unit, "bytes") == 0;
    const double seconds = state.last_told_s - state.first_told_s;
    const double per_s = seconds > 0.05 ? (double)(state.done - state.first_done) / seconds : 0;
    const uint64_t to_do = state.total > state.done ? state.total - state.done : 0;
    count_text((double)state.done, state.unit, done, sizeof done);
    count_text((double)state.total, state.unit, total, sizeof total);
    count_text(per_s, state.unit, rate, sizeof rate);
    if (state.total && per_s > 0) // what was told a while ago has gone on since
        clock_text((double)to_do / per_s - (now - state.last_told_s), " left", left, sizeof left);
    else
        clock_text(now - state.first_s, " so far", left, sizeof left);
    snprintf(figures, sizeof figures, "%s%s%s%s%s%s%s%s  %s", done, state.total ? " of " : "", state.total ? total : "",
        bytes ? "" : " ", bytes ? "" : state.unit, per_s > 0 ? "  " : "", per_s > 0 ? rate : "", per_s > 0 ? "/s" : "", left);
    if (!state.terminal) {
        fprintf(stderr, "attune: %s: %s\n", state.task, figures);
        return;
    }
    const int width = terminal_width();
    int blocks = 0;
    if (state.total && width >= 72)
        cli_bar((double)state.done / (double)state.total, BAR, bar);
    for (const char *at = bar; *at; at++)
        blocks += ((unsigned char)*at & 0xC0) != 0x80;
    const int room = width - 1 - (bar[0] ? BAR + 1 : 0) - TASK - 1;
    fprintf(stderr, "\r\033[K%-*.*s %s%*s%.*s", TASK, TASK, state.task, bar, bar[0] ? BAR - blocks + 1 : 0, "",
        room > 0 ? room : 0, figures);
    fflush(stderr);
    state.shown = true;
}

static void *tick(void *unused)
{
    pthread_mutex_lock(&lock);
    while (!state.over) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 100000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&moved, &lock, &until);
        const double now = now_s();
        if (state.over || !state.told || now < state.next_s)
            continue;
        show(now);
        state.next_s = now + (state.terminal ? 0.1 : 10);
    }
    pthread_mutex_unlock(&lock);
    return unused;
}

bool cli_on_progress(void *user, const att_progress *p)
{
    (void)user;
    if (interrupted)
        return false;
    if (!active)
        return true;
    pthread_mutex_lock(&lock);
    const double now = now_s();
    if (!state.told || strncmp(state.task, p->task, sizeof state.task - 1) != 0 || p->done < state.done) {
        snprintf(state.task, sizeof state.task, "%s", p->task);
        snprintf(state.unit, sizeof state.unit, "%s", p->unit);
        state.first_told_s = now;
        state.first_done = p->done;
    }
    state.done = p->done;
    state.total = p->total;
    state.last_told_s = now;
    state.told = true;
    pthread_mutex_unlock(&lock);
    return true;
}

bool cli_interrupted(void)
{
    return interrupted != 0;
}

void cli_progress_start(const cli *c)
{
    const double now = now_s();
    state = (progress_state){.terminal = isatty(STDERR_FILENO), .first_s = now};
    state.next_s = now + (state.terminal ? 1 : 10);
    const struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigset_t none, before; // signals go to the thread that works
    sigfillset(&none);
    pthread_sigmask(SIG_SETMASK, &none, &before);
    active = !c->quiet && pthread_create(&ticker, NULL, tick, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void cli_progress_clear(void)
{
    if (!active)
        return;
    pthread_mutex_lock(&lock);
    if (state.shown)
        fputs("\r\033[K", stderr);
    state.shown = state.told = false;
    state.next_s = now_s() + (state.terminal ? 1 : 10);
    pthread_mutex_unlock(&lock);
}

void cli_progress_end(void)
{
    cli_progress_clear();
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    if (!active)
        return;
    pthread_mutex_lock(&lock);
    state.over = true;
    pthread_cond_signal(&moved);
    pthread_mutex_unlock(&lock);
    pthread_join(ticker, NULL);
    active = false;
}
