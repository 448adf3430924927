// SPDX-License-Identifier: Apache-2.0
// Records of RFC 4180.
#include "csv_twin.h"

#include "base/rng.h"
#include "check.h"

static att_host host;
static att_arena scratch;
static att_text fields[ATT_CSV_FIELDS_MAX];
static size_t count;
static att_piece piece;

static void read_record(const char *text, size_t size, bool last)
{
    if (!scratch.host) {
        host = att_host_default();
        att_arena_init(&scratch, &host, 0);
    }
    att_arena_reset(&scratch);
    att_csv_record((att_text){text, size}, last, ',', &scratch, fields, &count, &piece);
}

CHECK_TEST(quotes_commas_and_line_ends_inside_quotes)
{
    CHECK_BEGIN();
    const char *text = "a,\"b,\"\"c\"\"\",\"d\r\ne\",,\" \"\r\nnext";
    read_record(text, strlen(text), true);
    CHECK_EQ(piece.kind, ATT_PIECE_EVENT);
    CHECK_EQ(count, 5);
    CHECK_TEXT(fields[0], "a");
    CHECK_TEXT(fields[1], "b,\"c\"");
    CHECK_TEXT(fields[2], "d\r\ne");
    CHECK_TEXT(fields[3], "");
    CHECK_TEXT(fields[4], " ");
    CHECK_EQ(piece.size, strlen(text) - 4);
    CHECK_EQ(piece.lines, 2);
    CHECK(!piece.unended);
}

CHECK_TEST(the_last_record_needs_no_line_end)
{
    CHECK_BEGIN();
    read_record("a,b", 3, false);
    CHECK_EQ(piece.kind, ATT_PIECE_MORE);
    read_record("a,b", 3, true);
    CHECK_EQ(piece.kind, ATT_PIECE_EVENT);
    CHECK_EQ(count, 2);
    CHECK(piece.unended);
    CHECK_EQ(piece.lines, 1);
    read_record("a,\"b\"", 5, false);
    CHECK_EQ(piece.kind, ATT_PIECE_MORE);
    read_record("a,\"b\"", 5, true);
    CHECK_TEXT(fields[1], "b");
    read_record("a,", 2, true);
    CHECK_EQ(count, 2);
    CHECK_TEXT(fields[1], "");
}

CHECK_TEST(an_empty_line_is_blank_and_an_empty_quoted_field_is_not)
{
    CHECK_BEGIN();
    read_record("\r\na", 3, true);
    CHECK_EQ(piece.kind, ATT_PIECE_BLANK);
    CHECK_EQ(piece.size, 2);
    read_record("\"\"\n", 3, true);
    CHECK_EQ(piece.kind, ATT_PIECE_EVENT);
    CHECK_EQ(count, 1);
}

CHECK_TEST(a_stray_quote_costs_one_line)
{
    CHECK_BEGIN();
    static const struct {
        const char *text, *story;
    } cases[] = {
        {"a\"b,c\nd,e\n", "column 2: found a quote inside a field without quotes, expected the "
                          "whole field in quotes"},
        {"\"a\"b,c\nd,e\n", "column 4: found text behind a closing quote, expected a delimiter or "
                            "the end of the line"},
        {"a,\"bc\nd,e\n", "column 3: found a quote that is never closed, expected a closing quote"},
    };
    for (size_t i = 0; i < ATT_COUNT_OF(cases); i++) {
        read_record(cases[i].text, strlen(cases[i].text), true);
        CHECK_EQ(piece.kind, ATT_PIECE_BAD);
        CHECK_STR(piece.fault.reason, cases[i].story);
        CHECK_EQ(piece.lines, 1);
        read_record(cases[i].text + piece.size, strlen(cases[i].text) - piece.size, true);
        CHECK_TEXT(fields[0], "d");
    }
}

CHECK_TEST(a_record_without_end_is_given_up)
{
    CHECK_BEGIN();
    const size_t size = ATT_CSV_RECORD_MAX + 2;
    char *text = malloc(size);
    memset(text, 'x', size);
    text[0] = '"';
    text[9] = '\n';
    read_record(text, size, false);
    CHECK_EQ(piece.kind, ATT_PIECE_BAD);
    CHECK_EQ(piece.size, 10);
    CHECK(!piece.skip_rest);
    text[9] = 'x';
    read_record(text, size, false);
    CHECK_EQ(piece.kind, ATT_PIECE_BAD);
    CHECK_EQ(piece.size, size);
    CHECK(piece.skip_rest);
    free(text);
}

CHECK_TEST(too_many_fields_are_refused)
{
    CHECK_BEGIN();
    char text[ATT_CSV_FIELDS_MAX + 2];
    memset(text, ',', sizeof text);
    text[ATT_CSV_FIELDS_MAX - 1] = '\n';
    read_record(text, sizeof text, true);
    CHECK_EQ(piece.kind, ATT_PIECE_EVENT);
    CHECK_EQ(count, ATT_CSV_FIELDS_MAX);
    text[ATT_CSV_FIELDS_MAX - 1] = ',';
    read_record(text, sizeof text, true);
    CHECK_EQ(piece.kind, ATT_PIECE_BAD);
}

CHECK_TEST(random_bytes_are_read_as_the_twin_reads_them)
{
    CHECK_BEGIN();
    static csv_twin twin;
    att_rng rng = att_rng_seed(5);
    for (int i = 0; i < 60000; i++) {
        static const char alphabet[] = "ab,,\"\"\"\n\r;";
        char text[64];
        const size_t size = att_rng_below(&rng, sizeof text);
        for (size_t k = 0; k < size; k++)
            text[k] = alphabet[att_rng_below(&rng, sizeof alphabet - 1)];
        for (size_t at = 0; at < size;) {
            csv_twin_read(&twin, text + at, size - at, ',');
            read_record(text + at, size - at, true);
            CHECK(csv_twin_agrees(&twin, &piece, fields, count));
            // In parts: more is asked for until the record is whole, and it comes out the same.
            for (size_t part = 1; part < size - at; part++) {
                const size_t whole = piece.size;
                const att_piece_kind kind = piece.kind;
                read_record(text + at, part, false);
                if (piece.kind != ATT_PIECE_MORE && piece.kind != ATT_PIECE_BAD)
                    CHECK(piece.kind == kind && piece.size == whole &&
                          csv_twin_agrees(&twin, &piece, fields, count));
                piece.size = whole;
                piece.kind = kind;
            }
            at += piece.size;
        }
    }
    att_arena_deinit(&scratch);
    scratch.host = NULL;
}

CHECK_MAIN(CHECK_CASE(quotes_commas_and_line_ends_inside_quotes),
    CHECK_CASE(the_last_record_needs_no_line_end),
    CHECK_CASE(an_empty_line_is_blank_and_an_empty_quoted_field_is_not),
    CHECK_CASE(a_stray_quote_costs_one_line), CHECK_CASE(a_record_without_end_is_given_up),
    CHECK_CASE(too_many_fields_are_refused),
    CHECK_CASE(random_bytes_are_read_as_the_twin_reads_them))
