// SPDX-License-Identifier: Apache-2.0
// Times: the calendar against the C library's, and what is refused.
#include "ingest/when.h"

#include "base/rng.h"
#include "check.h"

#include <time.h>

static bool parse(const char *text, att_when_form form, int64_t *out)
{
    return att_when_parse(att_text_of(text), form, out);
}

CHECK_TEST(examples_of_rfc_3339)
{
    CHECK_BEGIN();
    int64_t ms;
    CHECK(parse("1985-04-12T23:20:50.52Z", ATT_WHEN_TIME, &ms));
    CHECK_EQ(ms, 482196050520);
    CHECK(parse("1996-12-19T16:39:57-08:00", ATT_WHEN_TIME, &ms));
    CHECK_EQ(ms, 851042397000);
    CHECK(parse("1990-12-31T23:59:60Z", ATT_WHEN_TIME, &ms));
    CHECK_EQ(ms, 662688000000);
    CHECK(parse("1937-01-01T12:00:27.87+00:20", ATT_WHEN_TIME, &ms));
    CHECK_EQ(ms, -1041337172130);
    CHECK(parse("1970-01-01", ATT_WHEN_TIME_OR_DATE, &ms));
    CHECK_EQ(ms, 0);
}

CHECK_TEST(what_names_no_point_in_time_is_refused)
{
    CHECK_BEGIN();
    static const char *const bad[] = {"", "2026", "2026-03-01", "2026-03-01T10:00:00",
        "2026-03-01T10:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00+1:00",
        "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:60", "2026-01-01T00:00:00+0100",
        "2026-01-01T00:00:00Z ", " 2026-01-01T00:00:00Z", "20260101T000000Z",
        "2026-1-01T00:00:00Z"};
    int64_t ms;
    for (size_t i = 0; i < ATT_COUNT_OF(bad); i++)
        CHECK(!parse(bad[i], ATT_WHEN_TIME, &ms));
    CHECK(parse("2000-02-29T00:00:00Z", ATT_WHEN_TIME, &ms));
}

CHECK_TEST(the_calendar_is_the_c_librarys)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(8);
    for (int i = 0; i < 20000; i++) {
        const int64_t ms =
            (int64_t)att_rng_below(&rng, 253402300800000 + 62167219200000) - 62167219200000;
        const time_t seconds = (time_t)((ms - ((ms % 1000) + 1000) % 1000) / 1000);
        struct tm parts;
        gmtime_r(&seconds, &parts);
        CHECK_EQ(att_when_days(parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday),
            (seconds - parts.tm_hour * 3600 - parts.tm_min * 60 - parts.tm_sec) / 86400);
        char wanted[64], text[32];
        size_t used = strftime(wanted, sizeof wanted, "%m-%dT%H:%M:%S", &parts);
        char full[96];
        const int rest = (int)(ms - (int64_t)seconds * 1000);
        used = (size_t)snprintf(full, sizeof full, "%04d-%s", parts.tm_year + 1900, wanted);
        if (rest)
            used += (size_t)snprintf(full + used, sizeof full - used, ".%03d", rest);
        snprintf(full + used, sizeof full - used, "Z");
        att_when_write(ms, text);
        CHECK_STR(text, full);
        int64_t back;
        CHECK(parse(text, ATT_WHEN_TIME, &back));
        CHECK_EQ(back, ms);
    }
}

CHECK_MAIN(CHECK_CASE(examples_of_rfc_3339), CHECK_CASE(what_names_no_point_in_time_is_refused),
    CHECK_CASE(the_calendar_is_the_c_librarys))
