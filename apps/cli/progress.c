// SPDX-License-Identifier: Apache-2.0
// apps/cli/progress.c - how far long work has come: a bar with rate and time left on a terminal, a plain line
// every ten seconds elsewhere. Nothing is shown for work that ends within two seconds.
#include "cli.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct progress_state {
    const cli *c;
    bool terminal, shown;
    char task[96];
    double task_start_s, last_s, next_s;
    uint64_t task_start_done;
} progress_state;

static progress_state state; // of the program, which is one command; the library has none of this
static volatile sig_atomic_t interrupted;

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

static void count_text(double count, char *out, size_t size)
{
    if (count >= 10e6)
        snprintf(out, size, "%.1fM", count / 1e6);
    else if (count >= 10e3)
        snprintf(out, size, "%.1fk", count / 1e3);
    else
        snprintf(out, size, "%.0f", count);
}

static void left_text(double seconds, char *out, size_t size)
{
    if (!(seconds >= 0) || seconds > 360000)
        snprintf(out, size, "--:--");
    else if (seconds >= 3600)
        snprintf(out, size, "%d:%02d:%02d", (int)seconds / 3600, (int)seconds / 60 % 60, (int)seconds % 60);
    else
        snprintf(out, size, "%d:%02d", (int)seconds / 60, (int)seconds % 60);
}

static void show(const att_progress *p, double now)
{
    char bar[25 * 3 + 1] = "", done[24], total[24], rate[24], left[24];
    const double seconds = now - state.task_start_s;
    const double per_s = seconds > 0 ? (double)(p->done - state.task_start_done) / seconds : 0;
    count_text((double)p->done, done, sizeof done);
    count_text((double)p->total, total, sizeof total);
    count_text(per_s, rate, sizeof rate);
    left_text(p->total && per_s > 0 ? (double)(p->total - (p->done < p->total ? p->done : p->total)) / per_s : -1,
        left, sizeof left);
    if (!state.terminal) {
        fprintf(stderr, "attune: %s: %s%s%s %s, %s/s, %s left\n", p->task, done, p->total ? " of " : "",
            p->total ? total : "", p->unit, rate, left);
        return;
    }
    if (p->total)
        cli_bar((double)p->done / (double)p->total, 24, bar);
    fprintf(stderr, "\r\033[K%-28.60s %s%s%s %s  %s/s  %s%s", p->task, bar, p->total ? " " : "", done, p->unit, rate,
        left, p->total ? " left" : "");
    fflush(stderr);
    state.shown = true;
}

static bool on_progress(void *user, const att_progress *p)
{
    (void)user;
    if (interrupted)
        return false;
    const double now = now_s();
    if (strncmp(state.task, p->task, sizeof state.task - 1) != 0 || p->done < state.task_start_done) {
        snprintf(state.task, sizeof state.task, "%s", p->task);
        state.task_start_s = now;
        state.task_start_done = p->done;
    }
    if (now >= state.next_s) {
        state.next_s = now + (state.terminal ? 0.1 : 10);
        show(p, now);
    }
    return true;
}

void cli_progress_start(cli *c)
{
    state = (progress_state){.c = c, .terminal = isatty(STDERR_FILENO)};
    state.next_s = now_s() + (state.terminal ? 1 : 10);
    const struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    if (!c->quiet)
        c->host.progress = on_progress;
}

void cli_progress_end(cli *c)
{
    c->host.progress = NULL;
    if (state.shown)
        fputs("\r\033[K", stderr);
    state.shown = false;
    signal(SIGINT, SIG_DFL);
}
