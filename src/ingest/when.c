// SPDX-License-Identifier: Apache-2.0
// ingest/when.c - the proleptic Gregorian calendar, counted in eras of 400 years that begin on 1
// March.
#include "ingest/when.h"

#include <stdio.h>

enum { DAYS_PER_ERA = 146097, DAYS_TO_1970 = 719468 };

int64_t att_when_days(int year, int month, int day)
{
    // March is month 0, so that the leap day is the last of its year.
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t era = (y >= 0 ? y : y - 399) / 400;
    const int64_t year_of_era = y - era * 400;
    const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

typedef struct reader {
    const char *at, *end;
} reader;

// Exactly `digits` of them.
static bool number(reader *r, int digits, int *out)
{
    if (r->end - r->at < digits)
        return false;
    *out = 0;
    for (int i = 0; i < digits; i++, r->at++) {
        if (*r->at < '0' || *r->at > '9')
            return false;
        *out = *out * 10 + (*r->at - '0');
    }
    return true;
}

static bool one_of(reader *r, const char *set)
{
    if (r->at == r->end || !*r->at || !strchr(set, *r->at))
        return false;
    r->at++;
    return true;
}

static bool fraction(reader *r, int *out_ms)
{
    *out_ms = 0;
    if (!one_of(r, "."))
        return true;
    int digits = 0, unit = 100;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++, digits++, unit /= 10)
        *out_ms += (*r->at - '0') * unit;
    return digits >= 1 && digits <= 9;
}

static bool offset(reader *r, int *out_min)
{
    *out_min = 0;
    if (one_of(r, "Zz"))
        return true;
    const bool minus = r->at < r->end && *r->at == '-';
    int hours, minutes;
    if (!one_of(r, "+-") || !number(r, 2, &hours) || !one_of(r, ":") || !number(r, 2, &minutes) ||
        hours > 23 || minutes > 59)
        return false;
    *out_min = (minus ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

bool att_when_parse(att_text text, att_when_form form, int64_t *out_ms)
{
    reader r = {text.data, text.data + text.size};
    int year, month, day;
    if (!number(&r, 4, &year) || !one_of(&r, "-") || !number(&r, 2, &month) || !one_of(&r, "-") ||
        !number(&r, 2, &day) || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month))
        return false;
    const int64_t midnight_ms = att_when_days(year, month, day) * 86400000;
    if (r.at == r.end) {
        *out_ms = midnight_ms;
        return form == ATT_WHEN_TIME_OR_DATE;
    }
    int hour, minute, second, ms, offset_min;
    if (!one_of(&r, "Tt ") || !number(&r, 2, &hour) || !one_of(&r, ":") ||
        !number(&r, 2, &minute) || !one_of(&r, ":") || !number(&r, 2, &second) ||
        !fraction(&r, &ms) || !offset(&r, &offset_min) || r.at != r.end || hour > 23 ||
        minute > 59 || second > 60)
        return false;
    *out_ms = midnight_ms + ((hour * 60 + minute - offset_min) * 60 + second) * INT64_C(1000) + ms;
    return true;
}

void att_when_write(int64_t at_ms, char out[32])
{
    const int64_t day_ms = 86400000;
    int64_t days = at_ms / day_ms, rest = at_ms % day_ms;
    if (rest < 0) {
        rest += day_ms;
        days--;
    }
    const int64_t shifted = days + DAYS_TO_1970;
    const int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    const int64_t day_of_era = shifted - era * DAYS_PER_ERA;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t march_month = (5 * day_of_year + 2) / 153;
    const int day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
    const int month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    const int64_t year = year_of_era + era * 400 + (month <= 2);
    out[0] = 0;
    if (year < 0 || year > 9999)
        return;
    const int second = (int)(rest / 1000), ms = (int)(rest % 1000);
    const int used = snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02d", (int)year, month, day,
        second / 3600 % 24, second / 60 % 60, second % 60);
    if (ms)
        snprintf(out + used, 32 - (size_t)used, ".%03dZ", ms);
    else
        snprintf(out + used, 32 - (size_t)used, "Z");
}
