// SPDX-License-Identifier: Apache-2.0
// base/base.c - failing with a story, memory through the host.
#include "base/base.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

const char *att_status_name(att_status status)
{
    static const char *const names[] = {
#define X(name, exit_code, text) "ATT_" #name,
        ATT_STATUS_LIST(X)
#undef X
    };
    return (unsigned)status < ATT_STATUS_COUNT ? names[status] : "ATT_?";
}

const char *att_status_text(att_status status)
{
    static const char *const texts[] = {
#define X(name, exit_code, text) text,
        ATT_STATUS_LIST(X)
#undef X
    };
    return (unsigned)status < ATT_STATUS_COUNT ? texts[status] : "unknown status";
}

int att_status_exit_code(att_status status)
{
    static const int codes[] = {
#define X(name, exit_code, text) exit_code,
        ATT_STATUS_LIST(X)
#undef X
    };
    return (unsigned)status < ATT_STATUS_COUNT ? codes[status] : 70;
}

att_text att_text_of(const char *zero_terminated)
{
    return (att_text){zero_terminated, zero_terminated ? strlen(zero_terminated) : 0};
}

bool att_text_equal(att_text a, att_text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

// A story that was cut must not end inside a UTF-8 sequence.
static void trim_to_utf8(char *text, size_t size)
{
    size_t length = strlen(text);
    if (length + 1 < size)
        return;
    size_t start = length;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    const unsigned char lead = (unsigned char)text[start - 1];
    const size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (length - (start - 1) < need)
        text[start - 1] = 0;
}

att_status att_fail(att_error *err, att_status status, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        err->status = status;
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
        trim_to_utf8(err->text, sizeof err->text);
    }
    return status;
}

att_status att_while(att_error *err, att_status status, const char *format, ...)
{
    if (err && status != ATT_OK) {
        char below[sizeof err->text];
        memcpy(below, err->text, sizeof below);
        va_list args;
        va_start(args, format);
        err->status = status;
        int length = vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
        if (length >= 0 && (size_t)length < sizeof err->text)
            snprintf(err->text + length, sizeof err->text - (size_t)length, ": %s", below);
        trim_to_utf8(err->text, sizeof err->text);
    }
    return status;
}

static att_status status_of_errno(int errno_value)
{
    switch (errno_value) {
    case ENOENT:
    case ENOTDIR:
        return ATT_NOT_FOUND;
    case EEXIST:
        return ATT_EXISTS;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ATT_FULL;
    case EROFS:
    case EACCES:
    case EPERM:
        return ATT_READ_ONLY;
    case ENOMEM:
        return ATT_NO_MEMORY;
    case EAGAIN:
    case EBUSY:
    case EINTR:
        return ATT_BUSY;
    default:
        return ATT_IO;
    }
}

att_status att_fail_errno(att_error *err, int errno_value, const char *format, ...)
{
    const att_status status = status_of_errno(errno_value);
    if (err) {
        char buffer[128];
        const char *reason = strerror_r(errno_value, buffer, sizeof buffer); // GNU's: never NULL
        va_list args;
        va_start(args, format);
        err->status = status;
        int length = vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
        if (length >= 0 && (size_t)length < sizeof err->text)
            snprintf(err->text + length, sizeof err->text - (size_t)length, ": %s", reason);
        trim_to_utf8(err->text, sizeof err->text);
    }
    return status;
}

static void *default_resize(void *user, void *old, size_t old_size, size_t size)
{
    (void)user;
    (void)old_size;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, size);
}

static int64_t default_now_ms(void *user)
{
    (void)user;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void default_log(void *user, att_log_level level, const char *message)
{
    (void)user;
    (void)level;
    (void)message;
}

att_host att_host_default(void)
{
    return (att_host){.resize = default_resize, .now_ms = default_now_ms, .log = default_log};
}

att_host att_host_complete(const att_host *host)
{
    const att_host defaults = att_host_default();
    if (!host)
        return defaults;
    att_host full = *host;
    if (!full.resize)
        full.resize = defaults.resize;
    if (!full.now_ms)
        full.now_ms = defaults.now_ms;
    if (!full.log)
        full.log = defaults.log;
    return full;
}

void att_logf(const att_host *host, att_log_level level, const char *format, ...)
{
    if (!host || !host->log)
        return;
    char message[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    host->log(host->user, level, message);
}

bool att_progress_tell(
    const att_host *host, const char *task, uint64_t done, uint64_t total, const char *unit)
{
    if (!host || !host->progress)
        return true;
    const att_progress progress = {.task = task, .done = done, .total = total, .unit = unit};
    return host->progress(host->user, &progress);
}

// Nothing is one byte, so that it has an address; the host is told the same size when it comes back.
static size_t size_asked(size_t count, size_t item_size)
{
    return count && item_size ? count * item_size : 1;
}

void *att_alloc(const att_host *host, size_t count, size_t item_size)
{
    size_t size;
    if (__builtin_mul_overflow(count, item_size, &size))
        return NULL;
    return host->resize(host->user, NULL, 0, size ? size : 1);
}

void att_want_large_pages(void *memory, size_t size)
{
    const uintptr_t page = 1 << 21, from = ((uintptr_t)memory + page - 1) & ~(page - 1);
    const uintptr_t to = ((uintptr_t)memory + size) & ~(page - 1);
    if (from < to)
        (void)madvise((void *)from, to - from, MADV_HUGEPAGE);
}

void *att_alloc_zero(const att_host *host, size_t count, size_t item_size)
{
    void *memory = att_alloc(host, count, item_size);
    if (memory)
        memset(memory, 0, count * item_size);
    return memory;
}

void *att_realloc(
    const att_host *host, void *old, size_t old_count, size_t count, size_t item_size)
{
    size_t size;
    if (__builtin_mul_overflow(count, item_size, &size))
        return NULL;
    return host->resize(host->user, old, old ? size_asked(old_count, item_size) : 0, size ? size : 1);
}

void att_free(const att_host *host, void *memory, size_t count, size_t item_size)
{
    if (memory)
        host->resize(host->user, memory, size_asked(count, item_size), 0);
}

att_status att_no_memory(att_error *err, size_t count, const char *what)
{
    return att_fail(err, ATT_NO_MEMORY, "out of memory for %zu %s", count, what);
}

bool att_vec_grow(
    const att_host *host, void **items, size_t *capacity, size_t needed, size_t item_size)
{
    if (needed <= *capacity)
        return true;
    size_t grown = *capacity + *capacity / 2;
    if (grown < needed)
        grown = needed;
    if (grown < 8)
        grown = 8;
    void *memory = att_realloc(host, *items, *capacity, grown, item_size);
    if (!memory)
        return false;
    *items = memory;
    *capacity = grown;
    return true;
}

int att_order_u32(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

enum { DIGIT_MAX = 9 }; // bits

static void sort_few(uint32_t *list, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const uint32_t value = list[i];
        size_t j = i;
        for (; j > 0 && list[j - 1] > value; j--)
            list[j] = list[j - 1];
        list[j] = value;
    }
}

// One pass of a radix sort, by the `width` bits from `shift` on.
static void sort_digit(uint32_t *out, const uint32_t *in, size_t count, unsigned shift, unsigned width)
{
    uint32_t starts[1 << DIGIT_MAX] = {0}, sum = 0;
    const uint32_t digits = UINT32_C(1) << width;
    for (size_t i = 0; i < count; i++)
        starts[in[i] >> shift & (digits - 1)]++;
    for (uint32_t d = 0; d < digits; d++) {
        const uint32_t here = starts[d];
        starts[d] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++)
        out[starts[in[i] >> shift & (digits - 1)]++] = in[i];
}

// By as few digits as the bits need in which any two differ.
void att_sort_u32(uint32_t *list, size_t count, uint32_t *spare)
{
    enum { few = 32 };
    if (count <= few) {
        sort_few(list, count);
        return;
    }
    uint32_t all_or = 0, all_and = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
        all_or |= list[i];
        all_and &= list[i];
    }
    const uint32_t varying = all_or ^ all_and;
    if (!varying)
        return;
    const unsigned bits = 32 - (unsigned)__builtin_clz(varying), passes = (bits + DIGIT_MAX - 1) / DIGIT_MAX;
    const unsigned width = (bits + passes - 1) / passes;
    uint32_t *in = list, *out = spare;
    for (unsigned shift = 0; shift < bits; shift += width) {
        sort_digit(out, in, count, shift, width);
        uint32_t *const held = in;
        in = out;
        out = held;
    }
    if (in != list)
        memcpy(list, in, count * sizeof *list);
}

int att_order_u64(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}
