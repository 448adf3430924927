// SPDX-License-Identifier: Apache-2.0
// A helper program that does what its request says, right or wrong: one word, then what that word needs.
#include "../../apps/media/sandbox.h"
#include "../../apps/media/say.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern char **environ;

// Mono at 8 kHz: one sample for each byte of the request that follows, written while the request still comes in.
static int echo(void)
{
    unsigned char bytes[4096];
    float samples[sizeof bytes];
    ssize_t n;
    if (!say_head(8000, 1, 0))
        return 1;
    while ((n = read(STDIN_FILENO, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            samples[i] = (float)bytes[i];
        if (!say_samples(samples, (size_t)n))
            return 1;
    }
    return say_end() ? 0 : 1;
}

// What the child was given: how many descriptors once it looked to that, how many words of environment, and whether the signals
// are as always.
static int tell_rights(int argc, char **argv)
{
    int descriptors = 0, words = 0;
    struct sigaction pipe_action, user_action;
    if (!sandbox_limits(argc, argv))
        return 1;
    for (int i = 0; i < 1024; i++)
        descriptors += fcntl(i, F_GETFD) >= 0;
    while (environ[words])
        words++;
    sigaction(SIGPIPE, NULL, &pipe_action);
    sigaction(SIGUSR1, NULL, &user_action);
    return say_story(ATT_NOT_FOUND, "%d descriptors, %d words, signals %s", descriptors, words,
        pipe_action.sa_handler == SIG_DFL && user_action.sa_handler == SIG_DFL ? "as always" : "changed");
}

// Everything that the sandbox forbids is tried.
static int try_all(int argc, char **argv)
{
    char name[] = "true", *const arguments[] = {name, NULL};
    if (!sandbox_limits(argc, argv) || !sandbox_close())
        return say_story(ATT_UNSUPPORTED, "no sandbox");
    const int file = open("/etc/passwd", O_RDONLY);
    if (file >= 0 || errno != EPERM)
        return say_story(ATT_INVALID, "a file could be opened");
    const pid_t child = fork();
    if (child >= 0)
        return child ? say_story(ATT_INVALID, "a child could be made") : 0;
    execve("/bin/true", arguments, environ);
    if (kill(getppid(), 0) == 0)
        return say_story(ATT_INVALID, "a signal could be sent");
    if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
        return say_story(ATT_INVALID, "memory that can be executed could be had");
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || mprotect(page, 4096, PROT_READ) != 0)
        return say_story(ATT_INVALID, "no memory could be had");
    if (mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0 || errno != EPERM)
        return say_story(ATT_INVALID, "memory could be made executable");
    void *volatile much = malloc((size_t)1 << 30);
    return say_story(ATT_NOT_FOUND, much ? "memory without end" : "nothing is allowed");
}

static int spin(int argc, char **argv)
{
    volatile unsigned long turns = 0;
    if (!sandbox_limits(argc, argv))
        return 1;
    for (;;)
        turns = turns + 1;
}

int main(int argc, char **argv)
{
    char word[9] = "";
    if (read(STDIN_FILENO, word, 8) != 8)
        return 1;
    const float samples[3] = {1, 2, 3};
    const uint32_t huge[2] = {ATT_HELPER_SAMPLES, 0xFFFFFFF0u}, odd[2] = {ATT_HELPER_SAMPLES, 7}, unknown[2] = {99, 4};
    if (strcmp(word, "echo....") == 0)
        return echo();
    if (strcmp(word, "rights..") == 0)
        return tell_rights(argc, argv);
    if (strcmp(word, "try.....") == 0)
        return try_all(argc, argv);
    if (strcmp(word, "closed..") == 0)
        return sandbox_limits(argc, argv) && sandbox_close() && say_head(8000, 1, 0) && say_end() ? 0 : 1;
    if (strcmp(word, "spin....") == 0)
        return spin(argc, argv);
    if (strcmp(word, "crash...") == 0)
        return raise(SIGSEGV);
    if (strcmp(word, "code....") == 0)
        return 3;
    if (strcmp(word, "control.") == 0)
        return say_story((att_status)77, "a\nb\x1b[31m\x80");
    if (strcmp(word, "noise...") == 0)
        return write(STDOUT_FILENO, "this is not the answer of a helper", 34) == 34 ? 0 : 1;
    if (strcmp(word, "silent..") == 0)
        return (int)pause();
    if (strcmp(word, "wide....") == 0)
        return say_head(8000, 9, 0) ? 0 : 1;
    if (strcmp(word, "still...") == 0)
        return say_head(0, 1, 0) ? 0 : 1;
    if (!say_head(8000, 1, UINT64_MAX) || !say_samples(samples, 3))
        return 1;
    if (strcmp(word, "midcrash") == 0)
        return raise(SIGABRT);
    if (strcmp(word, "huge....") == 0)
        return write(STDOUT_FILENO, huge, sizeof huge) > 0 ? 0 : 1;
    if (strcmp(word, "odd.....") == 0)
        return write(STDOUT_FILENO, odd, sizeof odd) > 0 ? 0 : 1;
    if (strcmp(word, "unknown.") == 0)
        return write(STDOUT_FILENO, unknown, sizeof unknown) > 0 ? 0 : 1;
    if (strcmp(word, "endless.") == 0)
        return say_end() ? (int)pause() : 1; // it says that it is done, and stays
    return 0; // "early...": no END
}
