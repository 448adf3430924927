// SPDX-License-Identifier: Apache-2.0
// attune/status.h - how every call says that it worked, or why it did not.
//
// A call that can fail returns att_status, and writes a story for people into an att_error that the
// caller owns and may leave NULL. The library never prints, exits or aborts on bad input.
#ifndef ATT_STATUS_H
#define ATT_STATUS_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#ifdef __cplusplus
#define ATT_BEGIN extern "C" { _Pragma("GCC visibility push(default)")
#define ATT_END _Pragma("GCC visibility pop") }
#else
#define ATT_BEGIN _Pragma("GCC visibility push(default)")
#define ATT_END _Pragma("GCC visibility pop")
#endif

#if defined(__clang__)
#define ATT_MUST_USE_TYPE __attribute__((warn_unused_result))
#else
#define ATT_MUST_USE_TYPE
#endif

#if defined(__GNUC__)
#define ATT_PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#else
#define ATT_PRINTF(format_at, first_at)
#endif

ATT_BEGIN

// One list makes the enum, the names and the texts. Columns: name, exit code of the command line,
// what it means. Exit codes follow sysexits(3) where it has one.
#define ATT_STATUS_LIST(X)                                                                         \
    X(OK, 0, "it worked")                                                                          \
    X(INVALID, 65, "the input is not valid")                                                       \
    X(NOT_FOUND, 66, "there is no such thing")                                                     \
    X(EXISTS, 73, "it exists already")                                                             \
    X(CORRUPT, 76, "a file is damaged")                                                            \
    X(VERSION, 78, "a file is of a version that this build does not read")                         \
    X(IO, 74, "reading or writing failed")                                                         \
    X(FULL, 74, "the disk is full")                                                                \
    X(BUSY, 75, "somebody else holds it; try again")                                               \
    X(READ_ONLY, 77, "it may not be written")                                                      \
    X(NO_MEMORY, 71, "memory ran out")                                                             \
    X(LIMIT, 65, "a documented limit was passed")                                                  \
    X(CANCELLED, 130, "it was cancelled")                                                          \
    X(UNSUPPORTED, 69, "this build cannot do it")                                                  \
    X(DENIED, 77, "it is not allowed")                                                             \
    X(INSUFFICIENT, 69, "there is too little data to answer that")

typedef enum ATT_MUST_USE_TYPE att_status {
#define X(name, exit_code, text) ATT_##name,
    ATT_STATUS_LIST(X)
#undef X
    ATT_STATUS_COUNT
} att_status;

// The story of a failure: one line of UTF-8, cut at the end if too long. Owned by the caller.
typedef struct att_error {
    att_status status;
    char text[504];
} att_error;

// "ATT_CORRUPT" and the like; static strings, never NULL.
const char *att_status_name(att_status status);
const char *att_status_text(att_status status);
int att_status_exit_code(att_status status);

// A borrowed run of bytes, UTF-8 where it is text; owns nothing, is not zero-terminated.
typedef struct att_text {
    const char *data;
    size_t size; // bytes
} att_text;

// View of a zero-terminated string; NULL gives the empty text.
att_text att_text_of(const char *zero_terminated);
bool att_text_equal(att_text a, att_text b);

ATT_END
#endif
