// SPDX-License-Identifier: Apache-2.0
// guard/text_letters.c - leet, as it is used since the bulletin boards of the 1980s, and the classes that follow from it.
#include "guard/text_letters.h"

typedef struct leet {
    uint32_t code;
    const char *letters;
} leet;

static const leet table[] = {{'0', "o"}, {'1', "il"}, {'2', "z"}, {'3', "e"}, {'4', "a"}, {'5', "s"}, {'6', "gb"}, {'7', "t"},
    {'8', "b"}, {'9', "gq"}, {'@', "a"}, {'$', "s"}, {'!', "il"}, {'|', "il"}, {'+', "t"}, {'(', "c"}, {'<', "c"}, {'#', "h"},
    {'^', "a"}, {0xA1, "i"}, {0xA2, "c"}, {0xA3, "l"}, {0xA7, "s"}, {0xA5, "y"}, {0x20AC, "e"}, {0x2020, "t"}};

const char *att_leet_of(uint32_t code)
{
    for (size_t i = 0; i < ATT_COUNT_OF(table); i++)
        if (table[i].code == code)
            return table[i].letters;
    return "";
}

static uint8_t letter_class(char letter)
{
    switch (letter) {
    case 'l':
        return 'i';
    case 'z':
        return 's';
    case 'g':
    case 'q':
        return 'b';
    case 'v':
    case 'w':
        return 'u';
    default:
        return (uint8_t)letter;
    }
}

static bool is_latin(uint32_t code)
{
    return code >= 'a' && code <= 'z';
}

uint8_t att_class_of(uint32_t code)
{
    if (is_latin(code))
        return letter_class((char)code);
    if (code < 0x80 || code == 0xA1 || code == 0xA2 || code == 0xA3 || code == 0xA5 || code == 0xA7 || code == 0x20AC || code == 0x2020) {
        const char *letters = att_leet_of(code);
        return letters[0] ? letter_class(letters[0]) : 0;
    }
    return (uint8_t)(0x80 | (code * 0x9E3779B1u >> 25)); // of other scripts: any class, not of Latin letters
}

bool att_reads_as(const att_symbol *symbol, uint32_t letter)
{
    if (symbol->code == letter)
        return true;
    const bool line = (symbol->code == 'i' || symbol->code == 'l') && (letter == 'i' || letter == 'l');
    if (symbol->kind == ATT_SYMBOL_LETTER)
        return line && (symbol->how & (ATT_HOW_LOOK | ATT_HOW_CASE | ATT_HOW_WIDTH)) != 0; // capital I and small l
    for (const char *at = att_leet_of(symbol->code); *at; at++)
        if ((uint32_t)*at == letter)
            return true;
    return false;
}

uint32_t att_default_letter(const att_symbol *symbol)
{
    if (symbol->kind == ATT_SYMBOL_LETTER)
        return symbol->code;
    return (unsigned char)att_leet_of(symbol->code)[0];
}

bool att_spells(const att_symbol *symbols, size_t count, const uint32_t *word, size_t size, uint16_t *how)
{
    size_t matched = 0;
    *how = 0;
    for (size_t i = 0; i < count; i++) {
        const att_symbol *s = &symbols[i];
        if (matched < size && att_reads_as(s, word[matched]))
            matched++;
        else if (matched > 0 && att_reads_as(s, word[matched - 1]))
            *how |= ATT_HOW_REPEAT;
        else
            return false;
        *how |= (uint16_t)(s->how | (s->kind == ATT_SYMBOL_LETTER ? 0 : ATT_HOW_LEET));
    }
    return matched == size;
}
