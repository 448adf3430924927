// SPDX-License-Identifier: Apache-2.0
// httpd/signals.c - SIGTERM, SIGINT and SIGHUP, one after the other, for the thread that runs the service.
//
// Blocking them and sigwait would not do: OpenBLAS starts threads when it is loaded, which block nothing, and a signal that
// came while we were not waiting would end the process through one of them. So each has a handler, which writes its number
// into a pipe, whatever thread it runs in; the other end is read here.
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const int kinds[HTTPD_SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
static volatile sig_atomic_t pipe_in = -1; // a handler has no argument to find it by

static void on_signal(int signal)
{
    const int before = errno;
    const char number = (char)signal;
    if (write(pipe_in, &number, 1) < 0) {
        // The pipe is full: thousands of them wait already.
    }
    errno = before;
}

att_status httpd_signals_begin(httpd_signals *signals, att_error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return httpd_fail(err, ATT_IO, "opening a pipe for signals: %s", strerror(errno));
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    signals->out = ends[0];
    pipe_in = ends[1];
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigset_t ours;
    sigemptyset(&ours);
    for (size_t i = 0; i < HTTPD_SIGNALS; i++) {
        sigaction(kinds[i], &action, &signals->before[i]);
        sigaddset(&ours, kinds[i]);
    }
    pthread_sigmask(SIG_UNBLOCK, &ours, NULL); // whoever started us may have blocked them
    signals->begun = true;
    return ATT_OK;
}

int httpd_signals_next(httpd_signals *signals)
{
    char number = 0;
    struct pollfd ready = {.fd = signals->out, .events = POLLIN};
    // A signal ends a poll, never mind SA_RESTART: ThreadSanitizer runs handlers late, when a call has returned.
    while (poll(&ready, 1, -1) < 0 && errno == EINTR)
        ;
    return read(signals->out, &number, 1) == 1 ? number : SIGTERM;
}

void httpd_signals_end(httpd_signals *signals)
{
    if (!signals->begun)
        return;
    for (size_t i = 0; i < HTTPD_SIGNALS; i++)
        sigaction(kinds[i], &signals->before[i], NULL);
    close(signals->out);
    close(pipe_in);
    pipe_in = -1;
    signals->begun = false;
}
