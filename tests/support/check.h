// SPDX-License-Identifier: Apache-2.0
// tests/support/check.h - the few words that tests speak. cmocka is reached only through here.
//
// A test is `CHECK_TEST(promise_in_words) { … }`; a file ends with CHECK_MAIN(CHECK_CASE(promise_in_words), …).
#ifndef ATT_TESTS_CHECK_H
#define ATT_TESTS_CHECK_H

#include "attune/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CHECK_TEST(name) static void name(void **check_state)
#define CHECK_CASE(name) cmocka_unit_test(name)
#define CHECK_MAIN(...)                                                                            \
    int main(void)                                                                                 \
    {                                                                                              \
        const struct CMUnitTest check_tests[] = {__VA_ARGS__};                                     \
        return cmocka_run_group_tests_name(__FILE__, check_tests, NULL, NULL);                     \
    }
// Silences the unused parameter; first line of a test that skips nothing.
#define CHECK_BEGIN() (void)check_state

#define CHECK(condition) check_true((condition), #condition, __FILE__, __LINE__)
// Prints the story of the failure. `err` is a pointer to the att_error that the call wrote.
#define CHECK_OK(call) check_status((call), ATT_OK, NULL, #call, __FILE__, __LINE__)
#define CHECK_OK_ERR(call, err) check_status((call), ATT_OK, (err), #call, __FILE__, __LINE__)
#define CHECK_FAILS(call, wanted) check_status((call), (wanted), NULL, #call, __FILE__, __LINE__)
#define CHECK_EQ(a, b) check_equal((long long)(a), (long long)(b), #a " == " #b, __FILE__, __LINE__)
// |a - b| <= tolerance, in double; NaN never passes.
#define CHECK_NEAR(a, b, tolerance) check_near((a), (b), (tolerance), #a " ~ " #b, __FILE__, __LINE__)
#define CHECK_STR(a, b) check_string((a), (b), #a, __FILE__, __LINE__)
#define CHECK_TEXT(text, b) check_text((text), (b), #text, __FILE__, __LINE__)
// The story (or any string) holds this.
#define CHECK_HOLDS(haystack, needle) check_holds((haystack), (needle), __FILE__, __LINE__)
// A line for people, as a comment of TAP's: no newline in it.
#define CHECK_NOTE(...) check_note(__VA_ARGS__)
// Leaves the test, saying why. (cmocka's own skip() prints "not ok # SKIP", which Meson takes for a failure.)
#define CHECK_SKIP(why) do { CHECK_NOTE("skipped: %s", why); return; } while (0)

void check_note(const char *format, ...) ATT_PRINTF(1, 2);
void check_true(int condition, const char *what, const char *file, int line);
void check_status(att_status got, att_status wanted, const att_error *err, const char *what, const char *file, int line);
void check_equal(long long a, long long b, const char *what, const char *file, int line);
void check_near(double a, double b, double tolerance, const char *what, const char *file, int line);
void check_string(const char *a, const char *b, const char *what, const char *file, int line);
void check_text(att_text a, const char *b, const char *what, const char *file, int line);
void check_holds(const char *haystack, const char *needle, const char *file, int line);

// A new folder under TMPDIR, removed with all in it when the program ends. Static memory.
const char *check_folder(void);
// check_folder() + "/" + name; static ring of eight.
const char *check_path(const char *name);
// ../shared/data/NAME, or NULL when it is absent (then CHECK_SKIP).
const char *check_shared(const char *name);
void check_write_file(const char *path, const void *data, size_t size);
// Malloc'ed, zero-terminated; the test frees it.
char *check_read_file(const char *path, size_t *size);

#include "attune/host.h"
// A host that counts, and fails the allocation with number `fail_at` (1 is the next one; 0: never).
typedef struct check_heap {
    uint64_t allocations, fail_at;
    int64_t bytes_live;
    int64_t now_ms; // what the clock says; 0: the real clock
    char last_log[1024];
} check_heap;
att_host check_host(check_heap *heap);

#endif
