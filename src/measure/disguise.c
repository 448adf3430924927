// SPDX-License-Identifier: Apache-2.0
// measure/disguise.c - one function a disguise; each writes a word's letters anew.
#include "measure/disguise.h"

typedef struct writer {
    char *out;
    size_t size;
    att_rng *rng;
} writer;

typedef void disguiser(writer *w, const char *word, size_t size);

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char small(char c)
{
    return (char)(c | 0x20);
}

static void put(writer *w, const char *text)
{
    const size_t size = strlen(text);
    memcpy(w->out + w->size, text, size);
    w->size += size;
}

static void put_char(writer *w, char c)
{
    w->out[w->size++] = c;
}

static const char *one_of(writer *w, const char *const *list, size_t count)
{
    return list[att_rng_below(w->rng, count)];
}

static bool chance(writer *w, double p)
{
    return att_rng_unit(w->rng) < p;
}

static void hidden(writer *w, const char *word, size_t size)
{
    static const char *const marks[] = {"\u200B", "\u200C", "\u200D", "\u2060", "\uFEFF", "\u00AD", "\u034F", "\u180E", "\u2063",
        "\u200E", "\u0336", "\u0301", "\uFE0F"};
    for (size_t i = 0; i < size; i++) {
        put_char(w, word[i]);
        if (i + 1 < size && (i == 0 || chance(w, 0.6)))
            put(w, one_of(w, marks, ATT_COUNT_OF(marks)));
    }
}

// Up to six for each letter: Cyrillic, Greek, Armenian, Cherokee, Lisu, Coptic, mathematical, small capitals.
static const char *const homoglyphs[26][6] = {{"а", "ɑ", "α", "𝒂", "Ꭺ", "ꓮ"}, {"Ь", "Ᏼ", "ꓐ", "𝐛", "в", "Β"},
    {"с", "ϲ", "ⅽ", "ᴄ", "ꮯ", "Ⲥ"}, {"ԁ", "ⅾ", "Ꭰ", "ꓓ", "𝖉", "ꓒ"}, {"е", "ҽ", "℮", "Ꭼ", "ꓰ", "𝕖"},
    {"ƒ", "ꞙ", "ẝ", "ꓝ", "𝔣", "ք"}, {"ɡ", "ց", "Ꮐ", "ꓖ", "𝗴", "ᶃ"}, {"һ", "հ", "Ꮋ", "ꓧ", "𝘩", "Н"},
    {"і", "ι", "ӏ", "Ꭵ", "ⅰ", "ɩ"}, {"ј", "ϳ", "Ꭻ", "ꓙ", "𝒋", "ʝ"}, {"κ", "к", "Ꮶ", "ꓗ", "𝓴", "ⲕ"},
    {"ӏ", "ⅼ", "Ꮮ", "ꓡ", "𝚕", "ǀ"}, {"м", "ⅿ", "Ꮇ", "ꓟ", "𝕞", "Μ"}, {"ո", "ռ", "ꓠ", "Ν", "𝗇", "ɴ"},
    {"о", "ο", "օ", "ᴏ", "ꓳ", "𝛐"}, {"р", "ρ", "Ꮲ", "ꓑ", "ⲣ", "𝓅"}, {"ԛ", "գ", "զ", "𝕢", "ⵕ", "𝐪"},
    {"г", "ᴦ", "ꭇ", "Ꭱ", "ꓣ", "𝖗"}, {"ѕ", "ꜱ", "Ꮪ", "ꓢ", "𝘀", "ʂ"}, {"т", "τ", "Ꭲ", "ꓔ", "𝓉", "Τ"},
    {"υ", "ս", "ʋ", "ᴜ", "ꓴ", "𝓾"}, {"ν", "ѵ", "ⅴ", "ᴠ", "ꓦ", "𝒗"}, {"ѡ", "ա", "ԝ", "ᴡ", "Ꮃ", "ꓪ"},
    {"х", "χ", "ⅹ", "᙮", "ꓫ", "𝐱"}, {"у", "γ", "ү", "ყ", "ꓬ", "𝓎"}, {"ᴢ", "ꮓ", "Ζ", "ꓜ", "𝕫", "ʐ"}};

static void homoglyph(writer *w, const char *word, size_t size)
{
    const size_t sure = (size_t)att_rng_below(w->rng, size);
    for (size_t i = 0; i < size; i++)
        if (i == sure || chance(w, 0.5))
            put(w, one_of(w, homoglyphs[small(word[i]) - 'a'], 6));
        else
            put_char(w, word[i]);
}

static void full_width(writer *w, const char *word, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const uint32_t code = 0xFF00u + (uint32_t)(unsigned char)word[i] - 0x20;
        put_char(w, (char)(0xE0 | code >> 12));
        put_char(w, (char)(0x80 | (code >> 6 & 0x3F)));
        put_char(w, (char)(0x80 | (code & 0x3F)));
    }
}

// One mark between all letters, or here and there.
static void dots(writer *w, const char *word, size_t size)
{
    static const char *const marks[] = {".", ".", ".", "-", "_", "*", "·", "•", "~", ",", " . ", "/", ".."};
    const bool all = chance(w, 0.7);
    const size_t kinds = all ? ATT_COUNT_OF(marks) : 4;
    const char *mark = one_of(w, marks, kinds);
    const size_t sure = (size_t)att_rng_below(w->rng, size - 1);
    for (size_t i = 0; i < size; i++) {
        put_char(w, word[i]);
        if (i + 1 < size && (all || i == sure || chance(w, 0.2)))
            put(w, mark);
    }
}

static void leet(writer *w, const char *word, size_t size)
{
    static const char *const symbols[26][4] = {['a' - 'a'] = {"4", "@", "4", "^"}, ['b' - 'a'] = {"8", "8", "6", "|3"},
        ['c' - 'a'] = {"(", "<", "(", "¢"}, ['e' - 'a'] = {"3", "3", "3", "€"}, ['g' - 'a'] = {"9", "6", "9", "6"},
        ['h' - 'a'] = {"#", "|-|", "#", "#"}, ['i' - 'a'] = {"1", "!", "|", "1"}, ['l' - 'a'] = {"1", "|", "1", "1"},
        ['o' - 'a'] = {"0", "0", "0", "()"}, ['s' - 'a'] = {"5", "$", "5", "$"}, ['t' - 'a'] = {"7", "+", "7", "7"},
        ['z' - 'a'] = {"2", "2", "2", "2"}};
    for (size_t i = 0; i < size; i++) {
        const char *const *choices = symbols[small(word[i]) - 'a'];
        // Cypher of b, c, h is rarer than of vowels and s, t.
        const bool rare = strchr("bchz", small(word[i])) != NULL;
        if (choices[0] && chance(w, rare ? 0.3 : 0.8))
            put(w, choices[att_rng_below(w->rng, rare || small(word[i]) == 'o' ? 3 : 4)]);
        else
            put_char(w, word[i]);
    }
}

static void repeats(writer *w, const char *word, size_t size)
{
    const size_t sure = (size_t)att_rng_below(w->rng, size);
    for (size_t i = 0; i < size; i++) {
        const uint64_t times = i == sure ? 2 + att_rng_below(w->rng, 4) : chance(w, 0.25) ? 2 + att_rng_below(w->rng, 2) : 1;
        for (uint64_t k = 0; k < times; k++)
            put_char(w, word[i]);
    }
}

static disguiser *const disguisers[] = {[ATT_DISGUISE_HIDDEN] = hidden, [ATT_DISGUISE_HOMOGLYPH] = homoglyph,
    [ATT_DISGUISE_FULL_WIDTH] = full_width, [ATT_DISGUISE_DOTS] = dots, [ATT_DISGUISE_LEET] = leet, [ATT_DISGUISE_REPEATS] = repeats};

const char *att_disguise_name(att_disguise disguise)
{
    static const char *const names[] = {"none", "zero-width", "homoglyph", "full-width", "dots", "leet", "repeats", "mixed"};
    return (unsigned)disguise < ATT_COUNT_OF(names) ? names[disguise] : "?";
}

// Each word by one of them.
static disguiser *disguiser_for(att_disguise disguise, att_rng *rng)
{
    if (disguise == ATT_DISGUISE_MIXED)
        disguise = (att_disguise)(ATT_DISGUISE_HIDDEN + att_rng_below(rng, ATT_DISGUISE_MIXED - ATT_DISGUISE_HIDDEN));
    return disguise == ATT_DISGUISE_NONE ? NULL : disguisers[disguise];
}

static bool is_left_alone(att_text text, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        if (text.data[i] == '@' || text.data[i] == '/' || text.data[i] == '&')
            return true;
    return false;
}

static void put_stretch(writer *w, att_disguise disguise, double share, att_text text, size_t begin, size_t end)
{
    const bool plain = is_left_alone(text, begin, end);
    for (size_t at = begin; at < end;) {
        size_t stop = at;
        while (stop < end && is_letter(text.data[stop]))
            stop++;
        disguiser *chosen = stop - at >= 3 && !plain && chance(w, share) ? disguiser_for(disguise, w->rng) : NULL;
        if (chosen)
            chosen(w, text.data + at, stop - at);
        else
            for (size_t i = at; i < stop; i++)
                put_char(w, text.data[i]);
        for (at = stop; at < end && !is_letter(text.data[at]); at++)
            put_char(w, text.data[at]);
    }
}

att_text att_disguise_text(att_disguise disguise, double share, att_text text, att_rng *rng, att_arena *scratch)
{
    writer w = {.out = ATT_NEW_RAW(scratch, char, text.size * 8 + 1), .rng = rng};
    if (!w.out)
        return (att_text){NULL, 0};
    for (size_t at = 0; at < text.size;) {
        size_t end = at;
        while (end < text.size && (unsigned char)text.data[end] > ' ')
            end++;
        put_stretch(&w, disguise, share, text, at, end);
        for (at = end; at < text.size && (unsigned char)text.data[at] <= ' '; at++)
            put_char(&w, text.data[at]);
    }
    return (att_text){w.out, w.size};
}
