// SPDX-License-Identifier: Apache-2.0
// ingest/line.c - values, and which kind of line it is.
#include "ingest/line.h"

#include "ingest/wire.h"

bool att_line_expected(
    const att_scan *scan, const char *expected, const char *field, att_fault *fault)
{
    return att_fault_set(
        fault, field, "found %s, expected %s", att_scan_describe(scan).text, expected);
}

bool att_line_null(att_scan *scan)
{
    return scan->at < scan->end && *scan->at == 'n' && att_scan_word(scan, "null");
}

bool att_line_text(
    att_scan *scan, att_arena *scratch, att_text *out, const char *field, att_fault *fault)
{
    if (scan->at == scan->end || *scan->at != '"')
        return att_line_expected(scan, "a text in quotes", field, fault);
    return att_scan_text(scan, scratch, out) ? true : att_scan_fault(scan, field, fault);
}

static bool starts_number(const att_scan *scan)
{
    return scan->at < scan->end && (*scan->at == '-' || (*scan->at >= '0' && *scan->at <= '9'));
}

// A number that is well written but too great is shown; else the column tells where it breaks off.
static bool number_fault(
    const att_scan *scan, const char *begin, const char *field, att_fault *fault)
{
    return scan->at == begin ? att_line_expected(scan, scan->expected, field, fault)
                             : att_scan_fault(scan, field, fault);
}

bool att_line_whole(
    att_scan *scan, int64_t *out, const char *expected, const char *field, att_fault *fault)
{
    if (!starts_number(scan))
        return att_line_expected(scan, expected, field, fault);
    const att_scan before = *scan;
    att_number number;
    if (!att_scan_number(scan, &number))
        return number_fault(scan, before.at, field, fault);
    if (!number.whole)
        return att_line_expected(&before, expected, field, fault);
    *out = number.integer;
    return true;
}

bool att_line_real(att_scan *scan, double *out, const char *field, att_fault *fault)
{
    att_number number;
    const char *begin = scan->at;
    if (!starts_number(scan))
        return att_line_expected(scan, "a number", field, fault);
    if (!att_scan_number(scan, &number))
        return number_fault(scan, begin, field, fault);
    *out = number.real;
    return true;
}

bool att_line_when(att_scan *scan, att_arena *scratch, bool date_allowed, int64_t *out_ms,
    const char *field, att_fault *fault)
{
    if (scan->at < scan->end && *scan->at == '"') {
        att_text text;
        return att_line_text(scan, scratch, &text, field, fault) &&
               att_wire_when(text, date_allowed, out_ms, field, fault);
    }
    return att_line_whole(
        scan, out_ms, "whole milliseconds since 1970 or a time in quotes", field, fault);
}

bool att_line_key(att_scan *scan, att_arena *scratch, att_text *key, att_fault *fault)
{
    if (att_scan_peek(scan) != '"') {
        scan->expected = "a key in quotes";
        return att_scan_fault(scan, "", fault);
    }
    if (!att_scan_text(scan, scratch, key) || !att_scan_take(scan, ':', "':'"))
        return att_scan_fault(scan, "", fault);
    att_scan_space(scan);
    return true;
}

att_line_kind att_line_read(
    att_text line, att_arena *scratch, att_event *event, att_item *item, att_fault *fault)
{
    att_scan scan = att_scan_of(line);
    const char first = att_scan_peek(&scan);
    if (scan.at == scan.end)
        return ATT_LINE_BLANK;
    if (first != '{') {
        att_line_expected(&scan, "an object: {\"user\": …} or {\"id\": …}", "", fault);
        return ATT_LINE_BAD;
    }
    if (line.size > ATT_ITEM_LINE_MAX) {
        att_fault_set(fault, "", "the line has %zu bytes, expected at most %zu", line.size,
            ATT_ITEM_LINE_MAX);
        return ATT_LINE_BAD;
    }
    const att_scan begin = scan;
    const att_line_kind kind = att_event_line(&scan, scratch, -1, event, fault);
    if (kind == ATT_LINE_ITEM) {
        scan = begin;
        return att_item_line(&scan, scratch, (att_text){0}, item, fault);
    }
    if (kind == ATT_LINE_EVENT && line.size > ATT_EVENT_LINE_MAX) {
        att_fault_set(fault, "", "the event's line has %zu bytes, expected at most %zu", line.size,
            ATT_EVENT_LINE_MAX);
        return ATT_LINE_BAD;
    }
    return kind;
}
