// SPDX-License-Identifier: Apache-2.0
// Every character is read, and nothing else.
#include "ingest/utf8.h"

#include "check.h"
#include "ingest/fault.h"

CHECK_TEST(every_character_is_written_and_read)
{
    CHECK_BEGIN();
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        char bytes[4];
        if (code >= 0xD800 && code <= 0xDFFF)
            continue;
        const size_t size = att_utf8_write(code, bytes);
        if (att_utf8_length(bytes, size) != size ||
            (size > 1 && att_utf8_length(bytes, size - 1) != 0))
            CHECK_EQ(code, -1);
    }
}

// Decodes by arithmetic alone, and asks whether the shortest form was used.
static size_t slow_length(const unsigned char *b, size_t size)
{
    const size_t wide = b[0] < 0x80             ? 1
                        : (b[0] & 0xE0) == 0xC0 ? 2
                        : (b[0] & 0xF0) == 0xE0 ? 3
                        : (b[0] & 0xF8) == 0xF0 ? 4
                                                : 0;
    if (!wide || wide > size)
        return 0;
    uint32_t code = wide == 1 ? b[0] : b[0] & (0xFFu >> (wide + 1));
    for (size_t i = 1; i < wide; i++) {
        if ((b[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (b[i] & 0x3Fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    return code < least[wide] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF) ? 0 : wide;
}

CHECK_TEST(every_run_of_bytes_is_judged_as_by_arithmetic)
{
    CHECK_BEGIN();
    static const unsigned char tails[] = {
        0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
    enum { N = sizeof tails };
    for (int first = 0; first < 256; first++)
        for (int second = 0; second < 256; second++)
            for (int k = 0; k < N * N; k++) {
                const unsigned char bytes[4] = {
                    (unsigned char)first, (unsigned char)second, tails[k % N], tails[k / N]};
                if (att_utf8_length((const char *)bytes, 4) != slow_length(bytes, 4))
                    CHECK_EQ(first * 256 + second, -1);
            }
}

CHECK_TEST(the_first_wrong_byte_is_found)
{
    CHECK_BEGIN();
    CHECK_EQ(att_utf8_check(ATT_LIT("plain text of more than eight bytes")), 35);
    CHECK_EQ(att_utf8_check((att_text){"12345678\xC3\xA9\xFF", 11}), 10);
    CHECK_EQ(att_utf8_check((att_text){"\xE2\x82", 2}), 0);
    CHECK_EQ(att_utf8_check((att_text){NULL, 0}), 0);
}

CHECK_TEST(an_excerpt_is_fit_for_a_message)
{
    CHECK_BEGIN();
    CHECK_STR(att_excerpt_of((att_text){"a\n\xFF\xC3\xA9\x7F", 6}).text, "a??\xC3\xA9?");
    CHECK_STR(att_excerpt_of(ATT_LIT("0123456789012345678901234567890123456789")).text,
        "0123456789012345678901234567890123456789");
    CHECK_STR(att_excerpt_of(ATT_LIT("012345678901234567890123456789012345678\xC3\xA9")).text,
        "012345678901234567890123456789012345678...");
}

CHECK_MAIN(CHECK_CASE(every_character_is_written_and_read),
    CHECK_CASE(every_run_of_bytes_is_judged_as_by_arithmetic),
    CHECK_CASE(the_first_wrong_byte_is_found), CHECK_CASE(an_excerpt_is_fit_for_a_message))
