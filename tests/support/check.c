// SPDX-License-Identifier: Apache-2.0
// tests/support/check.c - what stands behind check.h.
#include "check.h"

#include <ftw.h>
#include <math.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void check_note(const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print_message("# %s\n", text);
}

void check_true(int condition, const char *what, const char *file, int line)
{
    if (!condition)
        print_error("%s:%d: not true: %s\n", file, line, what);
    _assert_true((unsigned long)(condition != 0), what, file, line);
}

void check_status(
    att_status got, att_status wanted, const att_error *err, const char *what, const char *file, int line)
{
    if (got == wanted)
        return;
    print_error("%s:%d: %s gave %s, wanted %s%s%s\n", file, line, what, att_status_name(got),
        att_status_name(wanted), err ? ": " : "", err ? err->text : "");
    _fail(file, line);
}

void check_equal(long long a, long long b, const char *what, const char *file, int line)
{
    if (a == b)
        return;
    print_error("%s:%d: %s: %lld is not %lld\n", file, line, what, a, b);
    _fail(file, line);
}

void check_near(double a, double b, double tolerance, const char *what, const char *file, int line)
{
    if (fabs(a - b) <= tolerance)
        return;
    print_error("%s:%d: %s: %.17g and %.17g differ by more than %g\n", file, line, what, a, b, tolerance);
    _fail(file, line);
}

void check_string(const char *a, const char *b, const char *what, const char *file, int line)
{
    if (a && b && strcmp(a, b) == 0)
        return;
    print_error("%s:%d: %s: \"%s\" is not \"%s\"\n", file, line, what, a ? a : "(null)", b ? b : "(null)");
    _fail(file, line);
}

void check_text(att_text a, const char *b, const char *what, const char *file, int line)
{
    if (att_text_equal(a, att_text_of(b)))
        return;
    print_error("%s:%d: %s: \"%.*s\" is not \"%s\"\n", file, line, what, (int)a.size, a.data ? a.data : "", b);
    _fail(file, line);
}

void check_holds(const char *haystack, const char *needle, const char *file, int line)
{
    if (haystack && strstr(haystack, needle))
        return;
    print_error("%s:%d: \"%s\" does not hold \"%s\"\n", file, line, haystack ? haystack : "(null)", needle);
    _fail(file, line);
}

static char folder[256];

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void remove_folder(void)
{
    if (folder[0])
        nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *check_folder(void)
{
    if (!folder[0]) {
        const char *base = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%s/attune-test-XXXXXX", base && base[0] ? base : "/tmp");
        if (!mkdtemp(folder)) {
            print_error("mkdtemp %s failed\n", folder);
            abort();
        }
        atexit(remove_folder);
    }
    return folder;
}

const char *check_path(const char *name)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", check_folder(), name);
    return path;
}

const char *check_shared(const char *name)
{
    static char path[1024];
    const char *shared = getenv("ATTUNE_SHARED");
    snprintf(path, sizeof path, "%s/data/%s", shared ? shared : "../shared", name);
    return access(path, R_OK) == 0 ? path : NULL;
}

void check_write_file(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    CHECK_EQ(fwrite(data, 1, size, file), size);
    CHECK_EQ(fclose(file), 0);
}

char *check_read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    fseek(file, 0, SEEK_END);
    const long length = ftell(file);
    rewind(file);
    char *data = malloc((size_t)length + 1);
    CHECK(data != NULL);
    CHECK_EQ(fread(data, 1, (size_t)length, file), length);
    data[length] = 0;
    fclose(file);
    if (size)
        *size = (size_t)length;
    return data;
}

static void *heap_resize(void *user, void *old, size_t old_size, size_t size)
{
    check_heap *heap = user;
    if (size == 0) {
        __atomic_sub_fetch(&heap->bytes_live, (int64_t)old_size, __ATOMIC_RELAXED);
        free(old);
        return NULL;
    }
    __atomic_add_fetch(&heap->allocations, 1, __ATOMIC_RELAXED);
    if (heap->fail_at && --heap->fail_at == 0)
        return NULL;
    void *memory = realloc(old, size);
    if (memory)
        __atomic_add_fetch(&heap->bytes_live, (int64_t)size - (int64_t)old_size, __ATOMIC_RELAXED);
    return memory;
}

static int64_t heap_now_ms(void *user)
{
    const check_heap *heap = user;
    return heap->now_ms ? heap->now_ms : att_host_default().now_ms(NULL);
}

static void heap_log(void *user, att_log_level level, const char *message)
{
    check_heap *heap = user;
    (void)level;
    snprintf(heap->last_log, sizeof heap->last_log, "%s", message);
}

// In the place of the library's own, which names the folder that programs are installed into.
const char *att_helpers_installed(void);
const char *att_helpers_installed(void)
{
    return CHECK_HELPERS;
}

att_host check_host(check_heap *heap)
{
    return (att_host){.resize = heap_resize, .now_ms = heap_now_ms, .log = heap_log, .user = heap};
}
