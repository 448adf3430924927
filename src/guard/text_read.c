// SPDX-License-Identifier: Apache-2.0
// guard/text_read.c - from symbols to words.
//
// A stretch without spaces is one of: an address, a user's name, or words between marks. Words between marks are taken
// together when they are single letters ("b.a.d"), or when the whole is a known word and not each part is ("ba.d"). A part
// is read as it stands if it is known so; else as the likeliest known word that it spells; else by the first letter of
// each digit.
#include "guard/text_read.h"

typedef struct reader {
    const att_vocabulary *vocabulary;
    const att_symbol *symbols;
    size_t count;
    att_arena *scratch;
    att_token *tokens; // (count + 1)
    size_t token_count;
    att_symbol *parts; // (count): symbols of a stretch without its separators
    bool no_memory;
} reader;

typedef struct span {
    size_t begin, end; // in reader.parts
} span;

static bool is_letter(const att_symbol *s)
{
    return s->kind == ATT_SYMBOL_LETTER;
}

static bool is_wordlike(const att_symbol *s)
{
    return s->kind == ATT_SYMBOL_LETTER || s->kind == ATT_SYMBOL_DIGIT;
}

static bool is_leet_mark(const att_symbol *s)
{
    return s->kind == ATT_SYMBOL_MARK && att_leet_of(s->code)[0];
}

static bool is_apostrophe(const att_symbol *s)
{
    return s->code == '\'' || s->code == 0x2019 || s->code == 0x2BC || s->code == 0x2018;
}

static bool is_picture(const att_symbol *s)
{
    return s->kind == ATT_SYMBOL_MARK && s->code >= 0x2190 && s->code != 0xFFFD;
}

static uint16_t how_of(const att_symbol *symbols, size_t count)
{
    uint16_t how = 0;
    for (size_t i = 0; i < count; i++)
        how |= symbols[i].how;
    return how;
}

static att_text key_text_of(reader *r, att_text word)
{
    char *out = ATT_NEW_RAW(r->scratch, char, word.size);
    size_t count = 0;
    if (!out) {
        r->no_memory = true;
        return (att_text){NULL, 0};
    }
    for (size_t at = 0, size; at < word.size; at += size) {
        const uint32_t code = att_fold_decode(word, at, &size);
        const uint8_t class = code < 0x80 && (code < 'a' || code > 'z') ? (uint8_t)code : att_class_of(code);
        if (class && (count == 0 || (uint8_t)out[count - 1] != class))
            out[count++] = (char)class;
    }
    return (att_text){out, count};
}

static void put(reader *r, att_text word, const att_symbol *first, const att_symbol *last, uint16_t how, bool known)
{
    r->tokens[r->token_count++] = (att_token){.word = word, .key = key_text_of(r, word), .begin = first->begin,
        .end = last->end, .how = how, .known = known};
}

static att_text spell(reader *r, const att_symbol *symbols, size_t count, bool decode, bool squeeze)
{
    char *out = ATT_NEW_RAW(r->scratch, char, count * 4);
    size_t size = 0;
    uint32_t before = 0;
    if (!out) {
        r->no_memory = true;
        return (att_text){NULL, 0};
    }
    for (size_t i = 0; i < count; i++) {
        const uint32_t code = decode && att_default_letter(&symbols[i]) ? att_default_letter(&symbols[i]) : symbols[i].code;
        if (!squeeze || code != before)
            size += att_fold_encode(code, out + size);
        before = code;
    }
    return (att_text){out, size};
}

static bool is_known(reader *r, const att_symbol *symbols, size_t count)
{
    if (!r->vocabulary)
        return true;
    for (size_t i = 0; i < count; i++)
        if (!is_letter(&symbols[i]))
            return false;
    return att_vocabulary_times(r->vocabulary, spell(r, symbols, count, false, false)) > 0;
}

static att_text read_known(const reader *r, const att_symbol *symbols, size_t count, uint16_t *how)
{
    return r->vocabulary ? att_vocabulary_read(r->vocabulary, symbols, count, how) : (att_text){NULL, 0};
}

static bool has_long_run(const att_symbol *symbols, size_t count)
{
    for (size_t i = 2; i < count; i++)
        if (symbols[i].code == symbols[i - 1].code && symbols[i].code == symbols[i - 2].code)
            return true;
    return false;
}

// Letters and digits that no known word explains.
static void put_unknown(reader *r, const att_symbol *symbols, size_t count)
{
    size_t letters = 0;
    for (size_t i = 0; i < count; i++)
        letters += is_letter(&symbols[i]);
    const bool decode = letters > 0 && letters < count && is_letter(&symbols[0]) && letters * 2 >= count;
    const bool squeeze = has_long_run(symbols, count);
    const uint16_t how = (uint16_t)(how_of(symbols, count) | (decode ? ATT_HOW_LEET : 0) | (squeeze ? ATT_HOW_REPEAT : 0));
    if (letters == 0)
        put(r, ATT_LIT("0"), symbols, symbols + count - 1, how, false);
    else
        put(r, spell(r, symbols, count, decode, squeeze), symbols, symbols + count - 1, how, false);
}

// A part: letters, digits, marks that may be letters.
static void put_part(reader *r, const att_symbol *symbols, size_t count, uint16_t extra)
{
    if (count == 0)
        return;
    uint16_t how = 0;
    size_t digits = 0;
    for (size_t i = 0; i < count; i++)
        digits += symbols[i].kind == ATT_SYMBOL_DIGIT;
    if (is_known(r, symbols, count) && digits == 0 && !is_leet_mark(symbols)) {
        put(r, spell(r, symbols, count, false, false), symbols, symbols + count - 1,
            (uint16_t)(how_of(symbols, count) | extra), r->vocabulary != NULL);
        return;
    }
    const att_text word = digits == count ? (att_text){NULL, 0} : read_known(r, symbols, count, &how);
    if (word.size) {
        put(r, word, symbols, symbols + count - 1, how | extra, true);
        return;
    }
    for (size_t at = 0; at < count;) { // marks are marks, then
        size_t end = at;
        while (end < count && is_wordlike(&symbols[end]))
            end++;
        if (end > at && end - at < count)
            put_part(r, symbols + at, end - at, extra);
        else if (end > at)
            put_unknown(r, symbols + at, end - at);
        at = end + 1;
    }
}

// Single letters in a row: the longest known words in them.
static void put_letters(reader *r, const att_symbol *symbols, size_t count)
{
    for (size_t at = 0; at < count;) {
        size_t take = ATT_MIN(count - at, (size_t)ATT_WORD_LETTERS_MAX);
        uint16_t how = 0;
        att_text word = {NULL, 0};
        for (; take >= 3; take--) {
            word = read_known(r, symbols + at, take, &how);
            if (word.size)
                break;
        }
        if (word.size) {
            put(r, word, symbols + at, symbols + at + take - 1, (uint16_t)(how | ATT_HOW_SPLIT), true);
            at += take;
        } else if (!r->vocabulary) {
            put(r, spell(r, symbols, count, true, false), symbols, symbols + count - 1, ATT_HOW_SPLIT, false);
            return;
        } else {
            put_part(r, symbols + at, 1, 0);
            at++;
        }
    }
}

// --- Stretches ------------------------------------------------------------------------------------

static bool is_address(const att_symbol *s, size_t count)
{
    for (size_t i = 0; i + 2 < count; i++)
        if (s[i].code == ':' && s[i + 1].code == '/' && s[i + 2].code == '/')
            return true;
    return count > 4 && s[0].code == 'w' && s[1].code == 'w' && s[2].code == 'w' && s[3].code == '.';
}

static bool is_user(const reader *r, const att_symbol *s, size_t count)
{
    uint16_t how;
    if (count < 2 || s[0].code != '@')
        return false;
    size_t end = 1;
    while (end < count && (is_wordlike(&s[end]) || s[end].code == '_'))
        end++;
    return end > 1 && read_known(r, s, end, &how).size == 0;
}

// Marks at the ends that are hardly letters. `$` and `@` may be.
static bool trims_front(uint32_t code)
{
    return code != '$' && code != '@';
}

static bool trims_back(uint32_t code)
{
    return code != '$' && code != '@' && code != '+';
}

// Cuts a stretch into parts (without apostrophes) in r->parts.
static size_t cut(reader *r, const att_symbol *s, size_t count, span *spans)
{
    size_t filled = 0, begin = 0, found = 0;
    for (size_t i = 0; i <= count; i++) {
        const bool inside = i < count && (is_wordlike(&s[i]) || is_leet_mark(&s[i]));
        if (inside)
            r->parts[filled++] = s[i];
        else if (i < count && is_apostrophe(&s[i]) && filled > begin)
            continue;
        else if (filled > begin) {
            spans[found++] = (span){begin, filled};
            begin = filled;
        }
    }
    return found;
}

static void put_words(reader *r, const att_symbol *s, size_t count, span *spans)
{
    const size_t parts = cut(r, s, count, spans);
    const size_t all = parts ? spans[parts - 1].end : 0;
    size_t single = 0, known = 0;
    uint16_t how;
    for (size_t i = 0; i < parts; i++) {
        const size_t size = spans[i].end - spans[i].begin;
        single += size == 1;
        known += size > 1 && is_known(r, r->parts + spans[i].begin, size);
    }
    if (parts > 2 && single == parts) {
        put_letters(r, r->parts, all);
        return;
    }
    const att_text whole = parts > 1 && known < parts ? read_known(r, r->parts, all, &how) : (att_text){NULL, 0};
    if (whole.size) {
        put(r, whole, r->parts, r->parts + all - 1, (uint16_t)(how | ATT_HOW_SPLIT), true);
        return;
    }
    for (size_t i = 0; i < parts; i++)
        put_part(r, r->parts + spans[i].begin, spans[i].end - spans[i].begin, 0);
}

static void put_pictures(reader *r, const att_symbol *s, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_picture(&s[i]))
            put(r, spell(r, &s[i], 1, false, false), &s[i], &s[i], s[i].how, false);
}

static void put_stretch(reader *r, const att_symbol *s, size_t count, span *spans)
{
    if (is_address(s, count)) {
        put(r, ATT_LIT("http"), s, s + count - 1, 0, false);
        return;
    }
    const att_symbol *whole = s;
    const size_t whole_count = count;
    uint16_t how;
    if (!is_wordlike(&s[0]) && s[0].code != '@' && is_leet_mark(&s[0])) { // "!diot"
        size_t size = count;
        while (size > 1 && !is_wordlike(&s[size - 1]) && trims_back(s[size - 1].code))
            size--;
        const att_text word = size > 2 ? read_known(r, s, size, &how) : (att_text){NULL, 0};
        if (word.size && !is_known(r, s + 1, size - 1)) {
            put(r, word, s, s + size - 1, how, true);
            put_pictures(r, s + size, count - size);
            return;
        }
    }
    while (count && !is_wordlike(&s[0]) && trims_front(s[0].code)) {
        s++;
        count--;
    }
    while (count && !is_wordlike(&s[count - 1]) && trims_back(s[count - 1].code))
        count--;
    if (is_user(r, s, count))
        put(r, ATT_LIT("@"), s, s + count - 1, 0, false);
    else if (count)
        put_words(r, s, count, spans);
    put_pictures(r, whole, whole_count);
}

// Behind one space, or one mark between two spaces.
static size_t behind_gap(const reader *r, size_t at)
{
    const att_symbol *s = r->symbols + at;
    if (at + 2 < r->count && s[0].kind == ATT_SYMBOL_SPACE && s[1].kind == ATT_SYMBOL_MARK && !is_leet_mark(&s[1]) && !is_picture(&s[1]) &&
        s[2].kind == ATT_SYMBOL_SPACE)
        return at + 3;
    return at < r->count && s[0].kind == ATT_SYMBOL_SPACE ? at + 1 : at;
}

// How many stretches of one letter each begin here.
static size_t single_letters(const reader *r, size_t at)
{
    size_t found = 0;
    while (at < r->count && (is_wordlike(&r->symbols[at]) || is_leet_mark(&r->symbols[at])) &&
           (at + 1 == r->count || r->symbols[at + 1].kind == ATT_SYMBOL_SPACE)) {
        found++;
        at = behind_gap(r, at + 1);
    }
    return found;
}

static size_t put_single_letters(reader *r, size_t at, size_t found)
{
    size_t filled = 0;
    while (filled < found) {
        r->parts[filled++] = r->symbols[at];
        at = behind_gap(r, at + 1);
    }
    put_letters(r, r->parts, filled);
    return at;
}

bool att_read_text(const att_vocabulary *vocabulary, const att_folded *text, att_arena *scratch, att_reading *out)
{
    reader r = {.vocabulary = vocabulary, .symbols = text->symbols, .count = text->count, .scratch = scratch};
    r.tokens = ATT_NEW_RAW(scratch, att_token, 2 * text->count + 1);
    r.parts = ATT_NEW_RAW(scratch, att_symbol, text->count + 1);
    span *spans = ATT_NEW_RAW(scratch, span, text->count + 1);
    *out = (att_reading){NULL, 0};
    if (!r.tokens || !r.parts || !spans)
        return false;
    for (size_t at = 0; at < r.count;) {
        if (r.symbols[at].kind == ATT_SYMBOL_SPACE) {
            at++;
            continue;
        }
        const size_t letters = vocabulary ? single_letters(&r, at) : 0;
        if (letters > 2) {
            at = put_single_letters(&r, at, letters);
            continue;
        }
        size_t end = at;
        while (end < r.count && r.symbols[end].kind != ATT_SYMBOL_SPACE)
            end++;
        put_stretch(&r, r.symbols + at, end - at, spans);
        at = end;
    }
    *out = (att_reading){r.tokens, r.token_count};
    return !r.no_memory;
}
