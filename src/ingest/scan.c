// SPDX-License-Identifier: Apache-2.0
// ingest/scan.c - JSON tokens.
//
// A number's fast way: up to 19 digits are gathered in 64 bits; when they are below 2^53 and the
// power of ten is within 10^±22, both are exact doubles and one operation rounds once (Clinger
// 1990). All else goes to strtod under the C locale.
#include "ingest/scan.h"

#include "ingest/utf8.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static bool ends_run(char byte)
{
    const unsigned char b = (unsigned char)byte;
    return b < 0x20 || b >= 0x80 || b == '"' || b == '\\';
}

const char *att_scan_plain_run_scalar(const char *at, const char *end)
{
    while (at < end && !ends_run(*at))
        at++;
    return at;
}

// The high bit of each byte that is zero; bits above the first such byte may be wrong, those below
// are not.
static uint64_t zero_bytes(uint64_t x)
{
    return (x - 0x0101010101010101u) & ~x & 0x8080808080808080u;
}

const char *att_scan_plain_run_swar(const char *at, const char *end)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; end - at >= 8; at += 8) {
        uint64_t eight;
        memcpy(&eight, at, 8);
        const uint64_t ones = 0x0101010101010101u;
        const uint64_t below_space = (eight - 0x20 * ones) & ~eight;
        const uint64_t stop = zero_bytes(eight ^ '"' * ones) | zero_bytes(eight ^ '\\' * ones) |
                              ((below_space | eight) & 0x8080808080808080u);
        if (stop)
            return at + (__builtin_ctzll(stop) >> 3);
    }
#endif
    return att_scan_plain_run_scalar(at, end);
}

const char *att_scan_plain_run(const char *at, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), back = _mm_set1_epi8('\\'),
                  space = _mm_set1_epi8(0x20);
    for (; end - at >= 16; at += 16) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        // As signed numbers, controls and non-ASCII bytes are both below the space.
        const __m128i stop = _mm_or_si128(_mm_cmplt_epi8(bytes, space),
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, back)));
        const int mask = _mm_movemask_epi8(stop);
        if (mask)
            return at + __builtin_ctz((unsigned)mask);
    }
#endif
    return att_scan_plain_run_swar(at, end);
}

// --- Texts ---------------------------------------------------------------------------------------

static bool hex4(att_scan *scan, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++, scan->at++) {
        const char c = scan->at < scan->end ? *scan->at : 0;
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0)
            return att_scan_fail(scan, "four hexadecimal digits after \\u");
        *out = *out << 4 | (uint32_t)digit;
    }
    return true;
}

static bool bad_unicode(att_scan *scan, const char *begin, const char *expected)
{
    scan->at = begin;
    return att_scan_fail(scan, expected);
}

// `at` stands behind "\u".
static bool unicode_escape(att_scan *scan, uint32_t *code)
{
    const char *begin = scan->at - 2;
    if (!hex4(scan, code))
        return false;
    if (*code == 0)
        return bad_unicode(scan, begin, "no \\u0000: a text may not hold a zero character");
    if (*code >= 0xDC00 && *code <= 0xDFFF)
        return bad_unicode(scan, begin, "a high surrogate \\uD800 to \\uDBFF before a low one");
    if (*code < 0xD800 || *code > 0xDBFF)
        return true;
    uint32_t low;
    if (scan->end - scan->at < 2 || scan->at[0] != '\\' || scan->at[1] != 'u')
        return bad_unicode(scan, begin, "a low surrogate \\uDC00 to \\uDFFF after a high one");
    scan->at += 2;
    if (!hex4(scan, &low))
        return false;
    if (low < 0xDC00 || low > 0xDFFF)
        return bad_unicode(scan, begin, "a low surrogate \\uDC00 to \\uDFFF after a high one");
    *code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

// `at` stands behind the backslash. Writes the character to *to and moves it on.
static bool escape(att_scan *scan, char **to)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    const char c = scan->at < scan->end ? *scan->at : 0;
    const char *known = c ? strchr(from, c) : NULL;
    if (known) {
        scan->at++;
        *(*to)++ = into[known - from];
        return true;
    }
    if (c != 'u')
        return att_scan_fail(scan, "one of \" \\ / b f n r t u after a backslash");
    scan->at++;
    uint32_t code;
    if (!unicode_escape(scan, &code))
        return false;
    *to += att_utf8_write(code, *to);
    return true;
}

static bool bad_text_byte(att_scan *scan)
{
    if (scan->at == scan->end)
        return att_scan_fail(scan, "a closing quote");
    if ((unsigned char)*scan->at < 0x20)
        return att_scan_fail(scan, "control characters escaped, as \\u000A");
    return att_scan_fail(scan, "well-formed UTF-8");
}

// Moves over plain and non-ASCII characters up to a quote or backslash.
static bool run(att_scan *scan)
{
    for (;;) {
        scan->at = att_scan_plain_run(scan->at, scan->end);
        if (scan->at == scan->end)
            return bad_text_byte(scan);
        if (*scan->at == '"' || *scan->at == '\\')
            return true;
        if ((unsigned char)*scan->at < 0x80)
            return bad_text_byte(scan);
        const size_t wide = att_utf8_length(scan->at, (size_t)(scan->end - scan->at));
        if (!wide)
            return bad_text_byte(scan);
        scan->at += wide;
    }
}

// Bytes from `begin` to the closing quote (or the end), read roughly: enough to know how much room
// is needed, since what is unescaped is never longer than what was escaped.
static size_t raw_size(const char *begin, const char *at, const char *end)
{
    while (at < end && *at != '"')
        at += *at == '\\' && end - at > 1 ? 2 : 1;
    return (size_t)(at - begin);
}

// The text began at `begin`, and `at` stands on its first backslash.
static bool unescape(att_scan *scan, const char *begin, att_arena *scratch, att_text *out)
{
    char *text = ATT_NEW(scratch, char, raw_size(begin, scan->at, scan->end) + 1);
    if (!text) {
        scan->no_memory = true;
        return false;
    }
    char *to = text;
    const char *plain = begin;
    for (;;) {
        memcpy(to, plain, (size_t)(scan->at - plain));
        to += scan->at - plain;
        if (*scan->at++ == '"')
            break;
        if (!escape(scan, &to))
            return false;
        plain = scan->at;
        if (!run(scan))
            return false;
    }
    *out = (att_text){text, (size_t)(to - text)};
    return true;
}

bool att_scan_text(att_scan *scan, att_arena *scratch, att_text *out)
{
    const char *begin = ++scan->at;
    if (!run(scan))
        return false;
    if (*scan->at == '\\')
        return unescape(scan, begin, scratch, out);
    *out = (att_text){begin, (size_t)(scan->at - begin)};
    scan->at++;
    return true;
}

// --- Numbers -------------------------------------------------------------------------------------

static bool is_digit(const att_scan *scan)
{
    return scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
}

typedef struct digits {
    uint64_t mantissa; // of the first 19 significant digits
    int kept;          // significant digits in the mantissa
    int64_t
        exponent; // power of ten behind it, from all of point, digits not kept and written exponent
    int64_t written; // the written exponent alone
    bool cut;        // a digit was left out
} digits;

static void take_digits(att_scan *scan, digits *d, bool behind_point)
{
    for (; is_digit(scan); scan->at++) {
        const unsigned digit = (unsigned)(*scan->at - '0');
        if (d->kept < 19) {
            d->mantissa = d->mantissa * 10 + digit;
            d->kept += d->mantissa != 0;
            d->exponent -= behind_point;
        } else {
            d->cut = true;
            d->exponent += !behind_point;
        }
    }
}

static bool exponent_part(att_scan *scan, digits *d)
{
    scan->at++;
    const bool minus = scan->at < scan->end && *scan->at == '-';
    if (minus || (scan->at < scan->end && *scan->at == '+'))
        scan->at++;
    if (!is_digit(scan))
        return att_scan_fail(scan, "a digit in the exponent");
    int64_t power = 0;
    for (; is_digit(scan); scan->at++)
        if (power < 1000000)
            power = power * 10 + (*scan->at - '0');
    d->written = minus ? -power : power;
    d->exponent += d->written;
    return true;
}

// Correctly rounded, whatever the program's locale says about the decimal point. 768 significant
// digits decide any double; what is behind them can only break a tie, for which one digit more
// stands.
static double slow_double(const char *begin, const char *end, int64_t power)
{
    enum { DECISIVE = 770 };
    char text[DECISIVE + 40];
    size_t used = 0;
    bool point = false, rest = false;
    for (const char *at = begin; at < end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.') {
            point = true;
        } else if (*at == '-' || (used < DECISIVE && (*at != '0' || used > (*begin == '-')))) {
            text[used++] = *at;
            power -= point;
        } else if (*at == '0' && used <= (*begin == '-')) {
            power -= point;
        } else {
            rest |= *at != '0';
            power += !point;
        }
    }
    if (rest) {
        text[used++] = '1';
        power--;
    }
    snprintf(text + used, sizeof text - used, "e%lld", (long long)power);
    const locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!plain)
        return NAN;
    const double value = strtod_l(text, NULL, plain);
    freelocale(plain);
    return value;
}

static double double_of(const digits *d, bool minus, const char *begin, const char *end)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (d->mantissa == 0 && !d->cut)
        return minus ? -0.0 : 0.0;
    if (d->cut || d->mantissa > (UINT64_C(1) << 53) || d->exponent < -22 || d->exponent > 22)
        return slow_double(begin, end, d->written);
    const double whole = (double)d->mantissa;
    const double value =
        d->exponent < 0 ? whole / powers[-d->exponent] : whole * powers[d->exponent];
    return minus ? -value : value;
}

bool att_scan_number(att_scan *scan, att_number *out)
{
    const char *begin = scan->at;
    const bool minus = *scan->at == '-';
    scan->at += minus;
    if (!is_digit(scan))
        return att_scan_fail(scan, "a digit");
    digits d = {0};
    if (*scan->at == '0')
        scan->at++;
    else
        take_digits(scan, &d, false);
    if (is_digit(scan))
        return att_scan_fail(scan, "no digit after a leading zero");
    bool whole = true;
    if (scan->at < scan->end && *scan->at == '.') {
        whole = false;
        scan->at++;
        if (!is_digit(scan))
            return att_scan_fail(scan, "a digit after the decimal point");
        take_digits(scan, &d, true);
    }
    if (scan->at < scan->end && (*scan->at == 'e' || *scan->at == 'E')) {
        whole = false;
        if (!exponent_part(scan, &d))
            return false;
    }
    const bool fits = whole && !d.cut && d.mantissa <= (uint64_t)INT64_MAX + minus;
    out->integer = !fits ? 0 : minus ? (int64_t)(0 - d.mantissa) : (int64_t)d.mantissa;
    out->whole = fits;
    out->real = double_of(&d, minus, begin, scan->at);
    if (isfinite(out->real) && (!whole || fits))
        return true;
    scan->at = begin;
    return att_scan_fail(scan,
        whole ? "a whole number of at most 64 bits" : "a number within the range of a double");
}

// --- The rest ------------------------------------------------------------------------------------

bool att_scan_word(att_scan *scan, const char *word)
{
    const size_t size = strlen(word);
    if ((size_t)(scan->end - scan->at) < size || memcmp(scan->at, word, size) != 0)
        return false;
    scan->at += size;
    return true;
}

bool att_scan_end(att_scan *scan)
{
    att_scan_space(scan);
    return scan->at == scan->end ? true : att_scan_fail(scan, "nothing behind the object");
}

att_excerpt att_scan_describe(const att_scan *scan)
{
    att_excerpt out = {"the end of the line"};
    if (scan->at >= scan->end)
        return out;
    const char c = *scan->at;
    if (c == '{' || c == '[') {
        snprintf(out.text, sizeof out.text, "%s", c == '{' ? "an object" : "a list");
        return out;
    }
    const char *stop = scan->at + 1;
    while (stop < scan->end && stop - scan->at < 30 &&
           (c == '"' ? *stop != '"' : !strchr(",]} \t\r\n:", *stop)))
        stop++;
    if (c == '"' && stop < scan->end && *stop == '"')
        stop++;
    return att_excerpt_of((att_text){scan->at, (size_t)(stop - scan->at)});
}

bool att_scan_fault(const att_scan *scan, const char *field, att_fault *fault)
{
    char found[24];
    const unsigned char byte = scan->at < scan->end ? (unsigned char)*scan->at : 0;
    if (scan->at >= scan->end)
        snprintf(found, sizeof found, "the end of the line");
    else if (byte < 0x20 || byte >= 0x7F)
        snprintf(found, sizeof found, "byte 0x%02X", byte);
    else
        snprintf(found, sizeof found, "'%c'", byte);
    return att_fault_set(fault, field, "column %zu: found %s, expected %s",
        (size_t)(scan->at - scan->start) + 1, found,
        scan->expected ? scan->expected : "something else");
}
