// SPDX-License-Identifier: Apache-2.0
// Our scanner and jansson: the same lines are taken, with the same values, however they were
// damaged.
#include "line_twin.h"

#include "base/rng.h"
#include "check.h"
#include "ingest/scan.h"

static const char *const seeds[] = {
    "{\"id\":\"e1\",\"user\":\"anna\",\"item\":\"song-7\",\"at\":1700000000000,\"signal\":\"play\","
    "\"value\":4.5,"
    "\"position_ms\":1000,\"length_ms\":2000,\"dwell_ms\":3,\"decision\":\"00000000000000ff\","
    "\"context\":{"
    "\"device\":\"phone\",\"place\":\"transit\",\"activity\":\"commute\",\"noise\":\"loud\",\"utc_"
    "offset_min\":-90}}",
    "{\"user\":\"u\",\"at\":\"2026-03-01T20:30:00.250+01:00\",\"signal\":\"quit\",\"decision\":"
    "12345}",
    " { \"user\" : \"Zo\xC3\xAB \\ud83c\\udfb5\\n\" , \"at\" : 0 , \"signal\":\"like\", "
    "\"value\":-1.5e-3, \"item\":null } ",
    "{\"id\":\"film-1\",\"title\":\"A "
    "\\\"B\\\"\",\"medium\":\"film\",\"text\":\"\\u00e9\xE2\x82\xAC\",\"tags\":[\"drama\","
    "\"slow\"],\"features\":{\"energy\":0.25,\"year\":-3e2},\"vector\":[1,-0.5,2.5e-3],\"duration_"
    "ms\":5400000,"
    "\"published_at\":\"1995-11-22\",\"age_rating\":12,\"boost\":-0.5,\"rights\":[{\"start\":1000,"
    "\"end\":"
    "\"2030-01-01\",\"include\":[\"DE\",\"AT\"],\"exclude\":[\"CH\"],\"uses\":[\"stream\","
    "\"train\"]},{}]}",
    "{\"id\":\"i\",\"features\":{},\"tags\":[],\"vector\":[],\"rights\":[]}",
    "{\"user\":\"u\",\"at\":\"1999-12-31t23:59:60z\",\"signal\":\"rage-quit\",\"context\":{}}",
};

static const char *const pieces[] = {"\"", "\\", "{", "}", "[", "]", ",", ":", "null", "true", "0",
    "-", "1e5", "1E-400", "1e400", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "0.1", "00", ".5", "\\u0000", "\\ud800", "\\udc00", "\\ud83c\\udfb5",
    "\\u0041", "\xC3\xA9", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF", "\t", "\n",
    "\x01", " ", "\"id\":", "\"user\":\"v\",", "\"title\":\"t\",", "\"x\":1,",
    "2024-02-29T00:00:00Z", "2023-02-29", "123456789012345678901234567890",
    "0.12345678901234567890123", "3.4028236e38", "3.4028234e38", "\"at\":1,", "\x7F", "\\/", "\\x",
    "-0", "1.", "e", "\"like\"", "2147483648"};

static size_t insert(
    char *line, size_t size, size_t capacity, size_t at, const char *text, size_t text_size)
{
    if (size + text_size > capacity)
        return size;
    memmove(line + at + text_size, line + at, size - at);
    memcpy(line + at, text, text_size);
    return size + text_size;
}

static size_t mutate(att_rng *rng, char *line, size_t size, size_t capacity)
{
    for (uint64_t times = 1 + att_rng_below(rng, 3); times > 0; times--) {
        const size_t at = size ? att_rng_below(rng, size) : 0;
        const size_t wanted = 1 + att_rng_below(rng, 12);
        const size_t run = ATT_MIN(size - at, wanted);
        const char *piece = pieces[att_rng_below(rng, ATT_COUNT_OF(pieces))];
        switch (att_rng_below(rng, 6)) {
        case 0: // flip a bit
            if (size)
                line[at] = (char)(line[at] ^ (1 << att_rng_below(rng, 8)));
            break;
        case 1: // take some out
            memmove(line + at, line + at + run, size - at - run);
            size -= run;
            break;
        case 2:
        case 3: // put something in
            size = insert(line, size, capacity, at, piece, strlen(piece));
            break;
        case 4: { // say something twice
            char copy[16];
            memcpy(copy, line + at, run);
            size = insert(line, size, capacity, att_rng_below(rng, size + 1), copy, run);
            break;
        }
        default: // break off
            if (att_rng_below(rng, 4) == 0)
                size = at;
        }
    }
    return size;
}

static line_twin twin;

CHECK_TEST(damaged_lines_are_judged_alike)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_arena scratch;
    att_arena_init(&scratch, &host, 0);
    att_rng rng = att_rng_seed(2026);
    size_t taken = 0;
    for (int i = 0; i < 150000; i++) {
        char line[2048];
        const char *seed = seeds[att_rng_below(&rng, ATT_COUNT_OF(seeds))];
        size_t size = strlen(seed);
        memcpy(line, seed, size);
        size = mutate(&rng, line, size, sizeof line);
        att_event event;
        att_item item;
        att_fault fault;
        const att_line_kind kind =
            att_line_read((att_text){line, size}, &scratch, &event, &item, &fault);
        twin_read(&twin, line, size);
        const bool same = kind == twin.kind &&
                          (kind != ATT_LINE_EVENT || twin_same_event(&event, &twin.event)) &&
                          (kind != ATT_LINE_ITEM || twin_same_item(&item, &twin.item));
        if (!same)
            print_error("round %d: %d is not %d (%s: %s): %.*s\n", i, kind, twin.kind, fault.field,
                fault.reason, (int)size, line);
        CHECK(same);
        taken += kind == ATT_LINE_EVENT || kind == ATT_LINE_ITEM;
        twin_free(&twin);
        att_arena_reset(&scratch);
    }
    CHECK(taken > 10000); // else the damage is so great that nothing is compared
    att_arena_deinit(&scratch);
}

// --- Any JSON, by the scanner's tokens -----------------------------------------------------------

static json_t *walk(att_scan *scan, att_arena *scratch, int depth);

static json_t *walk_object(att_scan *scan, att_arena *scratch, int depth)
{
    json_t *object = json_object();
    scan->at++;
    bool more = att_scan_peek(scan) != '}';
    scan->at += !more;
    while (more) {
        att_text key;
        json_t *value = NULL;
        const bool good = att_scan_peek(scan) == '"' && att_scan_text(scan, scratch, &key) &&
                          att_scan_take(scan, ':', "':'") && (value = walk(scan, scratch, depth)) &&
                          json_object_setn_new(object, key.data, key.size, value) == 0 &&
                          att_scan_next(scan, '}', &more);
        if (!good) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static json_t *walk_list(att_scan *scan, att_arena *scratch, int depth)
{
    json_t *list = json_array();
    scan->at++;
    bool more = att_scan_peek(scan) != ']';
    scan->at += !more;
    while (more) {
        json_t *value = walk(scan, scratch, depth);
        if (!value || json_array_append_new(list, value) != 0 || !att_scan_next(scan, ']', &more)) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *walk(att_scan *scan, att_arena *scratch, int depth)
{
    const char c = att_scan_peek(scan);
    att_text text;
    att_number number;
    if (depth == 0)
        return NULL;
    if (c == '{')
        return walk_object(scan, scratch, depth - 1);
    if (c == '[')
        return walk_list(scan, scratch, depth - 1);
    if (c == '"')
        return att_scan_text(scan, scratch, &text) ? json_stringn(text.data, text.size) : NULL;
    if (c == '-' || (c >= '0' && c <= '9'))
        return !att_scan_number(scan, &number) ? NULL
               : number.whole                  ? json_integer(number.integer)
                                               : json_real(number.real);
    return att_scan_word(scan, "true")    ? json_true()
           : att_scan_word(scan, "false") ? json_false()
           : att_scan_word(scan, "null")  ? json_null()
                                          : NULL;
}

CHECK_TEST(any_json_is_read_as_jansson_reads_it)
{
    CHECK_BEGIN();
    static const char *const values[] = {"[1,2,{\"a\":[true,false,null]},\"x\\u00e9\\n\"]",
        "{\"a\":{\"b\":{\"c\":-0.5e+3}}}",
        "[0.1,1e22,1e23,123456789012345678,1.7976931348623157e308,5e-324,9007199254740993]"};
    const att_host host = att_host_default();
    att_arena scratch;
    att_arena_init(&scratch, &host, 0);
    att_rng rng = att_rng_seed(7);
    for (int i = 0; i < 60000; i++) {
        char line[1024];
        const char *seed = values[att_rng_below(&rng, ATT_COUNT_OF(values))];
        size_t size = strlen(seed);
        memcpy(line, seed, size);
        size = mutate(&rng, line, size, sizeof line);
        att_scan scan = att_scan_of((att_text){line, size});
        json_t *ours = walk(&scan, &scratch, 200),
               *theirs = json_loadb(line, size, JSON_DECODE_ANY, NULL);
        if (ours && !att_scan_end(&scan)) {
            json_decref(ours);
            ours = NULL;
        }
        if (!ours != !theirs || (ours && !json_equal(ours, theirs)))
            print_error("round %d: %s: %.*s\n", i, scan.expected, (int)size, line);
        CHECK(!ours == !theirs);
        CHECK(!ours || json_equal(ours, theirs));
        json_decref(ours);
        json_decref(theirs);
        att_arena_reset(&scratch);
    }
    att_arena_deinit(&scratch);
}

CHECK_TEST(numbers_are_rounded_as_strtod_rounds_them)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(3);
    for (int i = 0; i < 100000; i++) {
        char text[1200];
        size_t size = 0;
        // Digits without end now and then, and halves between two doubles.
        const uint64_t digits = 1 + att_rng_below(&rng, att_rng_below(&rng, 50) ? 25 : 1000);
        if (att_rng_below(&rng, 2)) {
            for (uint64_t d = 0; d < digits; d++) {
                text[size++] = (char)('0' + att_rng_below(&rng, 10));
                if (d == 0 && (text[0] == '0' || att_rng_below(&rng, 3) == 0))
                    text[size++] = '.';
            }
            size -= text[size - 1] == '.';
            if (att_rng_below(&rng, 2))
                size +=
                    (size_t)snprintf(text + size, 16, "e%d", (int)att_rng_below(&rng, 640) - 320);
        } else {
            const uint64_t bits = att_rng_u64(&rng) & ~(UINT64_C(1) << 63);
            double value;
            memcpy(&value, &bits, sizeof value);
            if (!isfinite(value))
                continue;
            size =
                (size_t)snprintf(text, sizeof text, "%.*e", (int)att_rng_below(&rng, 900), value);
        }
        text[size] = 0;
        att_scan scan = att_scan_of((att_text){text, size});
        att_number number;
        const double wanted = strtod(text, NULL);
        const bool whole = strspn(text, "0123456789") == size;
        const bool too_big = isinf(wanted) || (whole && wanted > 9.3e18);
        if (whole && wanted > 9.1e18 && wanted <= 9.3e18)
            continue;
        CHECK(att_scan_number(&scan, &number) == !too_big);
        if (!too_big && number.real != wanted)
            print_error("%s: %.17g is not %.17g\n", text, number.real, wanted);
        CHECK(too_big || (number.real == wanted && scan.at == text + size));
    }
}

CHECK_TEST(the_runs_twins_agree)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(4);
    for (int i = 0; i < 100000; i++) {
        char text[80];
        const size_t size = att_rng_below(&rng, sizeof text);
        for (size_t k = 0; k < size; k++)
            text[k] = (char)(att_rng_below(&rng, 30) ? 0x20 + att_rng_below(&rng, 0x5F)
                                                     : att_rng_u64(&rng));
        const char *plain = att_scan_plain_run_scalar(text, text + size);
        CHECK(att_scan_plain_run_swar(text, text + size) == plain);
        CHECK(att_scan_plain_run(text, text + size) == plain);
    }
}

CHECK_MAIN(CHECK_CASE(damaged_lines_are_judged_alike),
    CHECK_CASE(any_json_is_read_as_jansson_reads_it),
    CHECK_CASE(numbers_are_rounded_as_strtod_rounds_them), CHECK_CASE(the_runs_twins_agree))
