// SPDX-License-Identifier: Apache-2.0
// ingest/utf8.c - table 3-7 of the Unicode standard, as comparisons.
#include "ingest/utf8.h"

static bool is_tail(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

size_t att_utf8_length(const char *data, size_t size)
{
    const unsigned char *b = (const unsigned char *)data;
    if (size == 0)
        return 0;
    if (b[0] < 0x80)
        return 1;
    if (b[0] < 0xC2)
        return 0;
    if (b[0] < 0xE0)
        return size >= 2 && is_tail(b[1]) ? 2 : 0;
    if (b[0] < 0xF0) {
        if (size < 3 || !is_tail(b[1]) || !is_tail(b[2]))
            return 0;
        if ((b[0] == 0xE0 && b[1] < 0xA0) || (b[0] == 0xED && b[1] > 0x9F))
            return 0;
        return 3;
    }
    if (b[0] > 0xF4 || size < 4 || !is_tail(b[1]) || !is_tail(b[2]) || !is_tail(b[3]))
        return 0;
    if ((b[0] == 0xF0 && b[1] < 0x90) || (b[0] == 0xF4 && b[1] > 0x8F))
        return 0;
    return 4;
}

size_t att_utf8_check(att_text text)
{
    size_t i = 0;
    while (i < text.size) {
        uint64_t eight;
        if (text.size - i >= sizeof eight) {
            memcpy(&eight, text.data + i, sizeof eight);
            if (!(eight & 0x8080808080808080u)) {
                i += sizeof eight;
                continue;
            }
        }
        const size_t wide = att_utf8_length(text.data + i, text.size - i);
        if (!wide)
            return i;
        i += wide;
    }
    return i;
}

size_t att_utf8_write(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}
