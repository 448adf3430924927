// SPDX-License-Identifier: Apache-2.0
// ingest/scan.h - a strict reader of JSON tokens (RFC 8259) over one line that somebody else holds.
//
// It builds no tree: the caller says what it expects next. Texts are views into the line; only a
// text with escapes is unescaped, into `scratch`. Nothing is read outside [start, end). Refused:
// everything that RFC 8259 does not allow, text that is not UTF-8, lone surrogates, and \u0000 (no
// field of ours may hold it).
#ifndef ATT_INGEST_SCAN_H
#define ATT_INGEST_SCAN_H

#include "base/arena.h"
#include "ingest/fault.h"

typedef struct att_scan {
    const char *start, *at, *end;
    const char *expected; // after a failure: what should have stood at `at`
    bool no_memory;       // the failure was ours, not the line's
} att_scan;

static inline att_scan att_scan_of(att_text line)
{
    return (att_scan){.start = line.data, .at = line.data, .end = line.data + line.size};
}

static inline void att_scan_space(att_scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\r' || *scan->at == '\n'))
        scan->at++;
}

// The next byte after white space, 0 at the end (a zero byte in the line is no token either).
static inline char att_scan_peek(att_scan *scan)
{
    att_scan_space(scan);
    return scan->at < scan->end ? *scan->at : 0;
}

static inline bool att_scan_fail(att_scan *scan, const char *expected)
{
    scan->expected = expected;
    return false;
}

// White space, then this byte.
static inline bool att_scan_take(att_scan *scan, char wanted, const char *expected)
{
    if (att_scan_peek(scan) != wanted)
        return att_scan_fail(scan, expected);
    scan->at++;
    return true;
}

// Behind a value inside an object or array: true and *more after ',', true and not *more after
// `close`.
static inline bool att_scan_next(att_scan *scan, char close, bool *more)
{
    const char byte = att_scan_peek(scan);
    *more = byte == ',';
    if (byte != ',' && byte != close)
        return att_scan_fail(scan, close == '}' ? "',' or '}'" : "',' or ']'");
    scan->at++;
    return true;
}

// A text in quotes; `at` stands on the opening quote.
bool att_scan_text(att_scan *scan, att_arena *scratch, att_text *out);

typedef struct att_number {
    bool whole;      // no fraction, no exponent, fits int64
    int64_t integer; // when whole
    double real;     // always, correctly rounded
} att_number;
// `at` stands on '-' or a digit. A number beyond double is refused.
bool att_scan_number(att_scan *scan, att_number *out);
// Exactly this word ("true", "false", "null"), if it stands here.
bool att_scan_word(att_scan *scan, const char *word);
// Nothing but white space is left.
bool att_scan_end(att_scan *scan);

// "column 17: found 'x', expected ':'" from the last failure.
bool att_scan_fault(const att_scan *scan, const char *field, att_fault *fault);
// What stands at `at`, for "found …": a number, text (excerpt), "null", "an object", "a list".
att_excerpt att_scan_describe(const att_scan *scan);

// Where a text's run of plain bytes ends: the first quote, backslash, control or non-ASCII byte in
// [at, end). Three twins with one answer; att_scan_text uses the fastest of this build.
const char *att_scan_plain_run_scalar(const char *at, const char *end);
const char *att_scan_plain_run_swar(const char *at, const char *end);
const char *att_scan_plain_run(const char *at, const char *end);

#endif
