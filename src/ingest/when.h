// SPDX-License-Identifier: Apache-2.0
// ingest/when.h - points in time as people and files write them: ISO 8601 / RFC 3339 <-> Unix ms.
//
// "2026-03-01T19:30:00Z", "2026-03-01 19:30:00.250+01:00". The offset is required: a local time
// without one names no point in time. Digits behind the millisecond are cut. A second of 60 (leap)
// is the next second.
#ifndef ATT_INGEST_WHEN_H
#define ATT_INGEST_WHEN_H

#include "base/base.h"

#define ATT_WHEN_MAX_MS 253402300799999 // the end of year 9999

typedef enum att_when_form {
    ATT_WHEN_TIME,        // date, time and offset
    ATT_WHEN_TIME_OR_DATE // "2026-03-01" alone is midnight UTC
} att_when_form;

// False when it is not of that form or no date of the calendar. Years 0000 … 9999.
bool att_when_parse(att_text text, att_when_form form, int64_t *out_ms);
// Days since 1970-01-01 of a date of the Gregorian calendar; month 1 … 12.
int64_t att_when_days(int year, int month, int day);
// "2026-03-01T19:30:00.250Z", without the fraction when it is zero. Years 0000 … 9999 only, else
// "".
void att_when_write(int64_t at_ms, char out[32]);

#endif
