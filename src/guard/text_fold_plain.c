// SPDX-License-Identifier: Apache-2.0
// guard/text_fold_plain.c - folding without ICU: formulas for the regular blocks, and short tables of what people use to
// disguise Latin letters. Fewer code points than Unicode's confusables know, the same answers where both know one.
#include "guard/text_fold.h"

typedef struct look {
    uint16_t code;
    char letter;
} look;

// In rising order. Letters of other scripts and small capitals that look like a … z.
static const look looks[] = {{0x131, 'i'}, {0x17F, 's'}, {0x1C0, 'l'}, {0x251, 'a'}, {0x261, 'g'}, {0x262, 'g'}, {0x26A, 'i'},
    {0x274, 'n'}, {0x280, 'r'}, {0x28F, 'y'}, {0x299, 'b'}, {0x29C, 'h'}, {0x29F, 'l'}, {0x391, 'a'}, {0x392, 'b'}, {0x395, 'e'},
    {0x396, 'z'}, {0x397, 'h'}, {0x399, 'i'}, {0x39A, 'k'}, {0x39C, 'm'}, {0x39D, 'n'}, {0x39F, 'o'}, {0x3A1, 'p'}, {0x3A4, 't'},
    {0x3A5, 'y'}, {0x3A7, 'x'}, {0x3B1, 'a'}, {0x3B3, 'y'}, {0x3B9, 'i'}, {0x3BA, 'k'}, {0x3BD, 'v'}, {0x3BF, 'o'},
    {0x3C1, 'p'}, {0x3C3, 'o'}, {0x3C5, 'u'}, {0x3F2, 'c'}, {0x3F3, 'j'}, {0x3F9, 'c'}, {0x405, 's'}, {0x406, 'i'}, {0x408, 'j'},
    {0x410, 'a'}, {0x412, 'b'}, {0x415, 'e'}, {0x41A, 'k'}, {0x41C, 'm'}, {0x41D, 'h'}, {0x41E, 'o'}, {0x420, 'p'}, {0x421, 'c'},
    {0x422, 't'}, {0x423, 'y'}, {0x425, 'x'}, {0x430, 'a'}, {0x433, 'r'}, {0x435, 'e'}, {0x43A, 'k'}, {0x43E, 'o'},
    {0x440, 'p'}, {0x441, 'c'}, {0x443, 'y'}, {0x445, 'x'}, {0x455, 's'}, {0x456, 'i'}, {0x458, 'j'}, {0x4AE, 'y'}, {0x4AF, 'y'},
    {0x4BB, 'h'}, {0x4BD, 'e'}, {0x4C0, 'l'}, {0x4CF, 'l'}, {0x501, 'd'}, {0x51B, 'q'}, {0x51D, 'w'}, {0x54D, 'u'}, {0x555, 'o'}, {0x561, 'w'},
    {0x566, 'q'}, {0x570, 'h'}, {0x578, 'n'}, {0x57D, 'u'}, {0x581, 'g'}, {0x585, 'o'}, {0x5D5, 'l'}, {0x5D8, 'v'},
    {0x5DF, 'l'}, {0x5E1, 'o'}, {0x1D00, 'a'}, {0x1D04, 'c'}, {0x1D05, 'd'}, {0x1D07, 'e'}, {0x1D0A, 'j'}, {0x1D0B, 'k'}, {0x1D0D, 'm'}, {0x1D0F, 'o'},
    {0x1D18, 'p'}, {0x1D1B, 't'}, {0x1D1C, 'u'}, {0x1D20, 'v'}, {0x1D21, 'w'}, {0x1D22, 'z'}, {0xA730, 'f'}, {0xA731, 's'}};

// The same in the eye of a reader who expects Latin, too far apart for Unicode's list.
static const look faint_looks[] = {{0x3B2, 'b'}, {0x3B5, 'e'}, {0x3B7, 'n'}, {0x3BC, 'u'}, {0x3C4, 't'}, {0x3C7, 'x'}, {0x3C9, 'w'}, {0x40F, 'u'},
    {0x418, 'n'}, {0x42C, 'b'}, {0x42F, 'r'}, {0x432, 'b'}, {0x438, 'u'}, {0x43C, 'm'}, {0x43D, 'h'}, {0x43F, 'n'}, {0x442, 't'},
    {0x44C, 'b'}, {0x44F, 'r'}, {0x452, 'h'}, {0x45B, 'h'}, {0x461, 'w'}, {0x475, 'v'}, {0x563, 'q'}, {0x572, 'n'}, {0x57C, 'n'}, {0x584, 'f'},
    {0x10E7, 'y'}, {0x1D26, 'r'}};

// Latin letters that lose an accent: the base letter of U+00C0 … U+017F, '.' where there is none.
static const char bases[] = "aaaaaa.ceeeeiiii.nooooo.ouuuuy..aaaaaa.ceeeeiiii.nooooo.ouuuuy.y" // C0 … FF
                            "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkk.lllllll" // 100 … 13F
                            "lllnnnnnn...oooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzz."; // 140 … 17F

static bool is_hidden(uint32_t c)
{
    return c == 0xAD || c == 0x34F || c == 0x61C || c == 0x115F || c == 0x1160 || c == 0x17B4 || c == 0x17B5 ||
           (c >= 0x180B && c <= 0x180E) || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F) || c == 0x3164 || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || c == 0xFFA0 ||
           (c >= 0x300 && c <= 0x36F) || (c >= 0x1AB0 && c <= 0x1AFF) || (c >= 0x1DC0 && c <= 0x1DFF) ||
           (c >= 0x20D0 && c <= 0x20FF) || (c >= 0xFE20 && c <= 0xFE2F) || (c >= 0xE0000 && c <= 0xE0FFF);
}

static bool is_space(uint32_t c)
{
    return c == 0x20 || (c >= 9 && c <= 13) || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x2800 || c == 0x3000;
}

static bool is_mark(uint32_t c)
{
    if (c < 0x80)
        return true;
    return c == 0xFFFD || (c >= 0x80 && c <= 0xBF && c != 0xAA && c != 0xB5 && c != 0xBA) || c == 0xD7 || c == 0xF7 ||
           (c >= 0x2000 && c <= 0x2BFF) || (c >= 0x3000 && c <= 0x303F) || (c >= 0xFE30 && c <= 0xFE6F) ||
           (c >= 0xE000 && c <= 0xF8FF) || (c >= 0x1F000 && c <= 0x1FAFF);
}

static att_symbol_kind kind_of(uint32_t c)
{
    if (is_space(c))
        return ATT_SYMBOL_SPACE;
    if (c >= '0' && c <= '9')
        return ATT_SYMBOL_DIGIT;
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || !is_mark(c) ? ATT_SYMBOL_LETTER : ATT_SYMBOL_MARK;
}

// An ASCII character in another form; 0: it is none.
static uint32_t narrow(uint32_t c)
{
    static const uint16_t holes[][2] = {{0x210A, 'g'}, {0x210B, 'h'}, {0x210C, 'h'}, {0x210D, 'h'}, {0x210E, 'h'}, {0x2110, 'i'},
        {0x2111, 'i'}, {0x2112, 'l'}, {0x2113, 'l'}, {0x2115, 'n'}, {0x2119, 'p'}, {0x211A, 'q'}, {0x211B, 'r'}, {0x211C, 'r'},
        {0x211D, 'r'}, {0x2124, 'z'}, {0x2128, 'z'}, {0x212A, 'k'}, {0x212C, 'b'}, {0x212D, 'c'}, {0x212F, 'e'}, {0x2130, 'e'},
        {0x2131, 'f'}, {0x2133, 'm'}, {0x2134, 'o'}, {0x2139, 'i'}};
    if (c >= 0xFF01 && c <= 0xFF5E)
        return c - 0xFF01 + '!';
    if (c >= 0x1D400 && c <= 0x1D6A3)
        return (c - 0x1D400) % 52 < 26 ? 'A' + (c - 0x1D400) % 52 : 'a' + (c - 0x1D400) % 52 - 26;
    if (c >= 0x1D7CE && c <= 0x1D7FF)
        return '0' + (c - 0x1D7CE) % 10;
    if (c >= 0x24B6 && c <= 0x24E9) // circled
        return (c - 0x24B6) < 26 ? 'A' + (c - 0x24B6) : 'a' + (c - 0x24B6) - 26;
    if (c >= 0x249C && c <= 0x24B5) // in parentheses
        return 'a' + (c - 0x249C);
    if (c >= 0x2460 && c <= 0x2468)
        return '1' + (c - 0x2460);
    if (c >= 0x1F130 && c <= 0x1F149)
        return 'A' + (c - 0x1F130);
    if (c >= 0x1F150 && c <= 0x1F169)
        return 'A' + (c - 0x1F150);
    if (c >= 0x1F170 && c <= 0x1F189)
        return 'A' + (c - 0x1F170);
    if (c >= 0x1F1E6 && c <= 0x1F1FF)
        return 'A' + (c - 0x1F1E6);
    for (size_t i = 0; i < ATT_COUNT_OF(holes); i++)
        if (holes[i][0] == c)
            return holes[i][1];
    return 0;
}

static char look_of(const look *list, size_t count, uint32_t c)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (list[middle].code < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && list[low].code == c ? list[low].letter : 0;
}

// Lower case of Greek, Cyrillic and Armenian capitals, where it is regular.
static uint32_t lower(uint32_t c)
{
    if ((c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F))
        return c + 32;
    if (c >= 0x400 && c <= 0x40F)
        return c + 80;
    return c >= 0x531 && c <= 0x556 ? c + 48 : c;
}

static uint8_t script_of(uint32_t c)
{
    return c < 0x370 || (c >= 0x1D00 && c <= 0x1EFF) || (c >= 0xA720 && c <= 0xA7FF) ? 0 : (uint8_t)(1 + c / 0x80 % 255);
}

static att_fold_of one(uint32_t code, uint32_t own, uint8_t how, uint8_t script)
{
    return (att_fold_of){.codes = {code}, .own = {own}, .count = 1, .own_count = 1, .how = how, .kind = (uint8_t)kind_of(code),
        .script = script};
}

static att_fold_of ascii(uint32_t c, uint8_t how)
{
    if (is_space(c))
        return one(' ', ' ', how, 0);
    const bool capital = c >= 'A' && c <= 'Z';
    const uint32_t small = capital ? c + 32 : c;
    return one(small, small, (uint8_t)(how | (capital ? ATT_HOW_CASE : 0)), 0);
}

att_fold_of att_fold_plain(uint32_t c)
{
    if (c < 0x80)
        return c < 0x20 && !is_space(c) ? one(0xFFFD, 0xFFFD, 0, 0) : ascii(c, 0);
    if (is_space(c))
        return one(' ', ' ', 0, 0);
    if (is_hidden(c))
        return (att_fold_of){.how = ATT_HOW_HIDDEN};
    const uint32_t narrowed = narrow(c);
    if (narrowed)
        return ascii(narrowed, ATT_HOW_WIDTH);
    if (c >= 0xC0 && c <= 0x17F && bases[c - 0xC0] != '.')
        return one((uint32_t)bases[c - 0xC0], (uint32_t)bases[c - 0xC0], ATT_HOW_ACCENT, 0);
    const char sure = look_of(looks, ATT_COUNT_OF(looks), c), faint = look_of(faint_looks, ATT_COUNT_OF(faint_looks), c);
    const char seen = sure ? sure : faint;
    const uint32_t small = lower(c);
    att_fold_of of = one(seen ? (uint32_t)seen : small, small, seen ? ATT_HOW_LOOK : small != c ? ATT_HOW_CASE : 0, script_of(c));
    of.faint = !sure && faint;
    return of;
}
