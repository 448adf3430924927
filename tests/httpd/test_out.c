// SPDX-License-Identifier: Apache-2.0
// tests/httpd/test_out.c - what is written by hand for speed says the same as the C library's way.
#include "check.h"
#include "base/rng.h"
#include "httpd/out.h"

#include <jansson.h>
#include <math.h>
#include <time.h>

static void is_the_time(int64_t at_ms)
{
    httpd_out o = {0};
    char wanted[40], day[32];
    const time_t seconds = (time_t)(at_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(wanted, sizeof wanted, "\"%s.%03dZ\"", day, (int)(at_ms % 1000));
    out_time(&o, at_ms);
    out_raw(&o, "", 1);
    CHECK_STR(o.data, wanted);
    out_free(&o);
}

CHECK_TEST(times_are_those_of_the_calendar)
{
    CHECK_BEGIN();
    static const int64_t edges[] = {1, 951782399999, 951782400000, 951868799999, 951868800000, 4107542399999, 4107542400000, 1709164800000,
        1709251200000, 253402300799999};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
        is_the_time(edges[i]);
    att_rng rng = att_rng_seed(11);
    for (int i = 0; i < 20000; i++)
        is_the_time(1 + (int64_t)att_rng_below(&rng, 253402300799999));
    httpd_out o = {0};
    out_time(&o, 0);
    out_raw(&o, "", 1);
    CHECK_STR(o.data, "null");
    out_free(&o);
}

static double read_back(double value)
{
    httpd_out o = {0};
    char *end;
    out_number(&o, value);
    out_raw(&o, "", 1);
    CHECK(!o.failed && strcmp(o.data, "-0") != 0);
    const double got = strtod(o.data, &end);
    CHECK(*end == 0);
    out_free(&o);
    return got;
}

CHECK_TEST(numbers_keep_six_decimals_and_small_ones_more)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(12);
    for (int i = 0; i < 20000; i++) {
        const double value = (att_rng_unit(&rng) - 0.5) * pow(10, (double)att_rng_below(&rng, 24) - 11);
        const double size = fabs(value), near = size >= 1e12 || size < 1e-6 ? 1e-8 * size : size < 1e-3 ? 0.51e-12 : 0.51e-6;
        CHECK_NEAR(read_back(value), value, near + 4e-16 * size);
    }
    CHECK_NEAR(read_back(0), 0, 0);
    CHECK_NEAR(read_back(0.999999999), 1, 0);
    CHECK_NEAR(read_back(0.000999999999999), 0.001, 1e-12);
    httpd_out o = {0};
    const double by_hand[] = {0.5, 12.34, -0.000001, 100, 7.000001, -3.25, 0.00012, 1e-7, 0.1};
    for (size_t i = 0; i < ATT_COUNT_OF(by_hand); i++) {
        out_number(&o, by_hand[i]);
        out_raw(&o, " ", 1);
    }
    out_raw(&o, "", 1);
    CHECK_STR(o.data, "0.5 12.34 -0.000001 100 7.000001 -3.25 0.00012 1e-07 0.1 ");
    out_clear(&o);
    out_number(&o, INFINITY);
    out_raw(&o, "", 1);
    CHECK_STR(o.data, "null");
    out_free(&o);
}

CHECK_TEST(any_bytes_become_json)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(13);
    for (int i = 0; i < 2000; i++) {
        char bytes[40];
        const size_t size = att_rng_below(&rng, sizeof bytes);
        for (size_t k = 0; k < size; k++)
            bytes[k] = (char)(att_rng_below(&rng, 3) ? att_rng_below(&rng, 128) : att_rng_below(&rng, 256));
        httpd_out o = {0};
        out_open(&o, '{');
        out_key_text(&o, "text", (att_text){bytes, size});
        out_key_whole(&o, "size", size);
        out_close(&o, '}');
        json_error_t error;
        json_t *read = json_loadb(o.data, o.size, JSON_ALLOW_NUL, &error);
        CHECK(read && json_integer_value(json_object_get(read, "size")) == (json_int_t)size);
        json_decref(read);
        out_free(&o);
    }
}

CHECK_TEST(printf_writes_what_does_not_fit_at_first)
{
    CHECK_BEGIN();
    for (int width = 1; width < 2000; width += 97) {
        httpd_out o = {0};
        out_printf(&o, "%*d|", width, 7);
        out_printf(&o, "%*d|", width, 8);
        CHECK_EQ(o.size, 2 * (size_t)(width + 1));
        CHECK(o.data[width] == '|' && o.data[width - 1] == '7' && o.data[2 * width] == '8');
        out_free(&o);
    }
}

CHECK_TEST(what_is_not_there_is_null_and_entries_may_come_before_what_stands_in_front)
{
    CHECK_BEGIN();
    httpd_out o = {0}, entries = {0};
    for (int i = 1; i < 3; i++) {
        out_item(&entries);
        out_whole(&entries, (uint64_t)i);
    }
    out_open(&o, '{');
    out_key_id(&o, "id", 0xAB);
    out_key_id(&o, "none", 0);
    out_key_text_or_null(&o, "text", att_text_of("a"));
    out_key_text_or_null(&o, "empty", (att_text){0});
    out_key_list(&o, "list", &entries);
    out_key_list(&o, "bare", &entries);
    out_key_bool(&o, "last", true);
    out_close(&o, '}');
    out_raw(&o, "", 1);
    CHECK_STR(o.data, "{\"id\":\"00000000000000ab\",\"none\":null,\"text\":\"a\",\"empty\":null,\"list\":[1,2],\"bare\":[],\"last\":true}");
    CHECK(!o.failed && !entries.data);
    entries.failed = true; // memory ran out for them: so it did for the whole
    out_key_list(&o, "list", &entries);
    CHECK(o.failed);
    out_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(times_are_those_of_the_calendar), CHECK_CASE(numbers_keep_six_decimals_and_small_ones_more),
        CHECK_CASE(any_bytes_become_json), CHECK_CASE(printf_writes_what_does_not_fit_at_first),
        CHECK_CASE(what_is_not_there_is_null_and_entries_may_come_before_what_stands_in_front)};
    return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);
}
