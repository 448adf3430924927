// SPDX-License-Identifier: Apache-2.0
// apps/media/sandbox.c - limits (setrlimit), no new privileges (prctl), and a filter of system calls (seccomp, classic BPF).
#include "sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

static bool limit(int what, rlim_t most)
{
    const struct rlimit both = {most, most};
    return setrlimit((__rlimit_resource_t)what, &both) == 0;
}

static bool number(const char *text, rlim_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return end != text && *end == 0 && errno == 0 && *out > 0;
}

// What the host left open by mistake. Linux before 5.9 and some containers have no close_range: one by one then.
static void close_strangers(void)
{
    struct rlimit open_files;
    if (syscall(SYS_close_range, 4u, ~0u, 0u) == 0 || getrlimit(RLIMIT_NOFILE, &open_files) != 0)
        return;
    const rlim_t most = open_files.rlim_cur < 65536 ? open_files.rlim_cur : 65536;
    for (rlim_t i = 4; i < most; i++)
        close((int)i);
}

bool sandbox_limits(int argc, char **argv)
{
    rlim_t memory, cpu;
    if (argc != 3 || !number(argv[1], &memory) || !number(argv[2], &cpu))
        return false;
    close_strangers();
    return limit(RLIMIT_AS, memory) && limit(RLIMIT_CPU, cpu) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, 4);
}

#ifdef ARCHITECTURE
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define ALLOW(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), ANSWER(SECCOMP_RET_ALLOW)

static bool filter_calls(void)
{
    struct sock_filter rules[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        ANSWER(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        ALLOW(read), ALLOW(write), ALLOW(writev), ALLOW(readv), ALLOW(pread64), ALLOW(lseek), ALLOW(fstat),
#ifdef SYS_newfstatat
        ALLOW(newfstatat),
#endif
        ALLOW(brk), ALLOW(munmap), ALLOW(mremap), ALLOW(madvise), ALLOW(futex),
        ALLOW(clock_gettime), ALLOW(gettimeofday), ALLOW(getrandom), ALLOW(rt_sigreturn), ALLOW(exit), ALLOW(exit_group),
        // mmap and mprotect, when the third argument does not ask for memory that can be executed: what is to run was loaded before.
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 3),
        LOAD(args[2]), // its low half: both processors are little-endian
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0),
        ANSWER(SECCOMP_RET_ALLOW),
        ANSWER(SECCOMP_RET_ERRNO | EPERM),
    };
    const struct sock_fprog program = {.len = sizeof rules / sizeof rules[0], .filter = rules};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}
#else
static bool filter_calls(void)
{
    errno = ENOSYS; // the limits alone
    return false;
}
#endif

static bool filtered; // of this process, as all that is limited here is

bool sandbox_close(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return false;
    filtered = filter_calls();
    return filtered || errno == EINVAL || errno == ENOSYS; // a kernel without filters has the limits alone
}

bool sandbox_is_filtered(void)
{
    return filtered;
}
