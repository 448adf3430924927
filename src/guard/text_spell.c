// SPDX-License-Identifier: Apache-2.0
// guard/text_spell.c - symbol by symbol; the rules stand in text_match.h.
#include "guard/text_spell.h"

enum { SEPARATORS_MOST = 3, WORD_MOST = 64 };

typedef struct speller {
    const att_symbol *s;
    size_t count;
    const att_phrase *phrase;
    const att_vocabulary *vocabulary;
    bool masked;
    size_t at;      // the next symbol
    size_t matched; // codes of the phrase
    uint16_t how;
    size_t letters, marks, digits; // symbols that were read
    size_t piece;                  // letters of the phrase since the last separator
    size_t pieces, longest;        // of the word that is being read
    bool spaced;                   // a space stood between letters
    uint32_t separator;
    size_t doubled, longer; // runs of letters one longer than the phrase's; longer still, or of letters that no word doubles
    size_t run;             // repeats since the last match
    size_t masks;
    att_spelled *out;
} speller;

static bool is_wordlike(const att_symbol *s)
{
    return s->kind == ATT_SYMBOL_LETTER || s->kind == ATT_SYMBOL_DIGIT;
}

static bool is_mask(uint32_t code)
{
    return code == '*' || code == '#' || code == '%' || code == '_' || code == '?' || code == 0x2022;
}

static uint32_t wanted(const speller *p)
{
    return p->matched < p->phrase->size ? p->phrase->codes[p->matched] : 0;
}

static uint32_t before(const speller *p)
{
    return p->matched ? p->phrase->codes[p->matched - 1] : 0;
}

// Letters that English words double.
static bool may_double(uint32_t letter)
{
    return letter < 0x80 && strchr("bcdefglmnoprstz", (int)letter) != NULL;
}

static void end_run(speller *p)
{
    if (p->run == 1 && may_double(before(p)))
        p->doubled++;
    else if (p->run > 0)
        p->longer++;
    p->run = 0;
}

static void read_symbol(speller *p, const att_symbol *s)
{
    p->letters += s->kind == ATT_SYMBOL_LETTER;
    p->digits += s->kind == ATT_SYMBOL_DIGIT;
    p->marks += s->kind == ATT_SYMBOL_MARK;
    p->how |= s->how;
    p->out->last = p->at++;
}

static void advance(speller *p, const att_symbol *s)
{
    end_run(p);
    if (s->code != wanted(p) && s->kind != ATT_SYMBOL_LETTER)
        p->how |= ATT_HOW_LEET;
    p->matched++;
    p->piece++;
    p->longest = ATT_MAX(p->longest, p->piece);
    read_symbol(p, s);
}

// Between the words of a phrase: anything but letters, at least one.
static bool pass_space(speller *p)
{
    const size_t begin = p->at;
    end_run(p);
    while (p->at < p->count && !is_wordlike(&p->s[p->at]) && p->at - begin < 2 * SEPARATORS_MOST &&
           !(p->at > begin && p->phrase->codes[p->matched + 1] != ' ' && att_reads_as(&p->s[p->at], p->phrase->codes[p->matched + 1])))
        p->at++;
    if (p->at == begin)
        return false;
    p->matched++;
    p->piece = 0;
    return true;
}

static bool pass_separators(speller *p)
{
    const size_t begin = p->at;
    while (p->at < p->count && !is_wordlike(&p->s[p->at]) && !att_reads_as(&p->s[p->at], wanted(p))) {
        // An apostrophe is a mark within words, so it parts no more than a space does.
        p->spaced |= p->s[p->at].kind == ATT_SYMBOL_SPACE || p->s[p->at].code == '\'' || p->s[p->at].code == 0x2019;
        p->at++;
    }
    if (p->at == begin || p->at - begin > SEPARATORS_MOST || p->at == p->count)
        return false;
    p->separator = p->s[begin].code;
    p->how |= ATT_HOW_SPLIT;
    p->pieces++;
    p->piece = 0;
    return true;
}

static bool step(speller *p)
{
    const att_symbol *s = &p->s[p->at];
    const uint32_t want = wanted(p), last = before(p);
    if (want != ' ' && att_reads_as(s, want)) {
        advance(p, s);
        return true;
    }
    if (last && last != ' ' && is_wordlike(s) && att_reads_as(s, last)) {
        p->run++;
        p->how |= ATT_HOW_REPEAT;
        read_symbol(p, s);
        return true;
    }
    if (p->masked && last && want != ' ' && is_mask(s->code)) {
        p->masks++;
        p->matched++;
        p->how |= ATT_HOW_MASK;
        p->out->last = p->at++;
        return true;
    }
    if (!last || is_wordlike(s))
        return false;
    return want == ' ' ? pass_space(p) : last != ' ' && !p->masked && pass_separators(p);
}

// --- Is it one? -----------------------------------------------------------------------------------

static bool is_known_word(const speller *p, size_t begin, size_t end)
{
    char word[WORD_MOST * 4];
    size_t size = 0;
    if (!p->vocabulary || end - begin > WORD_MOST)
        return false;
    for (size_t i = begin; i < end; i++) {
        if (p->s[i].kind != ATT_SYMBOL_LETTER)
            return false;
        size += att_fold_encode(p->s[i].code, word + size);
    }
    return att_vocabulary_times(p->vocabulary, (att_text){word, size}) > 0;
}

// Between marks stand words of two letters and more, all known: "pen-island" is two words.
static bool pieces_are_words(const speller *p)
{
    bool all = true;
    for (size_t begin = p->out->first; begin <= p->out->last;) {
        size_t end = begin;
        while (end <= p->out->last && is_wordlike(&p->s[end]))
            end++;
        // The last piece may go on behind the match.
        while (end < p->count && end > p->out->last && is_wordlike(&p->s[end]))
            end++;
        if (end > begin)
            all = all && end - begin > 1 && (is_known_word(p, begin, end) || (!p->vocabulary && end - begin > 2));
        begin = end + 1;
    }
    return all;
}

// The stretch of letters around the match, as it is written.
static bool is_plain_word(const speller *p)
{
    size_t begin = p->out->first, end = p->out->last + 1;
    while (begin > 0 && end - begin <= WORD_MOST && p->s[begin - 1].kind == ATT_SYMBOL_LETTER)
        begin--;
    while (end < p->count && end - begin <= WORD_MOST && p->s[end].kind == ATT_SYMBOL_LETTER)
        end++;
    return is_known_word(p, begin, end);
}

static bool is_fair_split(const speller *p)
{
    if (!(p->how & ATT_HOW_SPLIT))
        return true;
    if (p->spaced)
        return p->longest == 1;
    return !pieces_are_words(p);
}

static bool is_fair_repeat(const speller *p)
{
    if (!(p->how & ATT_HOW_REPEAT) || p->longer || p->doubled > 1)
        return true;
    return p->vocabulary ? !is_plain_word(p) : (p->how & (ATT_HOW_LEET | ATT_HOW_LOOK | ATT_HOW_HIDDEN | ATT_HOW_SPLIT | ATT_HOW_WIDTH)) != 0;
}

static bool front_is_free(const speller *p)
{
    const size_t first = p->out->first;
    if (p->phrase->open_front || first == 0)
        return true;
    if (is_wordlike(&p->s[first - 1]))
        return false;
    if (!(p->how & ATT_HOW_SPLIT) || first < 2 || p->s[first - 1].code != p->separator || !is_wordlike(&p->s[first - 2]))
        return true;
    // Between spaces a single letter before would be part of the same spelled-out word, but so is "a" before a word.
    return p->spaced || p->longest > 1;
}

static bool back_is_free(const speller *p)
{
    const size_t next = p->out->last + 1;
    if (p->phrase->open_back || next >= p->count)
        return true;
    if (is_wordlike(&p->s[next]))
        return false;
    if (!(p->how & ATT_HOW_SPLIT) || p->s[next].code != p->separator || next + 1 >= p->count || !is_wordlike(&p->s[next + 1]))
        return true;
    const bool single = next + 2 >= p->count || !is_wordlike(&p->s[next + 2]);
    return p->longest > 1 || !single;
}

static double score_of(const speller *p)
{
    double score = 1;
    score *= p->how & (ATT_HOW_HIDDEN | ATT_HOW_WRITTEN | ATT_HOW_WIDTH | ATT_HOW_LOOK) ? 0.97 : 1;
    score *= p->how & ATT_HOW_LEET ? 0.92 : 1;
    score *= p->how & ATT_HOW_REPEAT ? p->longer || p->doubled > 1 ? 0.95 : 0.7 : 1;
    score *= p->how & ATT_HOW_SPLIT ? p->longest == 1 ? 0.95 : 0.7 : 1;
    return p->how & ATT_HOW_MASK ? score * 0.7 : score;
}

// Numbers are numbers, and "!!!" is no word; "@$$" and "4$$" are.
static bool is_written_in_letters(const speller *p)
{
    const size_t all = p->out->last - p->out->first + 1;
    size_t same = 0;
    for (size_t i = 0; i < all; i++)
        same += p->s[p->out->first + i].code == p->s[p->out->first].code;
    return p->letters > 0 || !(p->how & ATT_HOW_LEET) || (p->marks > 0 && same < all && p->phrase->size > 2);
}

static bool is_fair(const speller *p)
{
    if (!is_written_in_letters(p))
        return false;
    if (p->masked && (p->masks == 0 || p->letters < 2))
        return false;
    return is_fair_split(p) && is_fair_repeat(p) && front_is_free(p) && back_is_free(p);
}

bool att_spell_phrase(const att_folded *text, size_t from, const att_phrase *phrase, const att_vocabulary *vocabulary, bool masked,
    att_spelled *out)
{
    speller p = {.s = text->symbols, .count = text->count, .phrase = phrase, .vocabulary = vocabulary, .masked = masked, .at = from,
        .pieces = 1, .out = out};
    out->first = from;
    while (p.matched < phrase->size)
        if (p.at == p.count || !step(&p))
            return false;
    while (!phrase->open_back && p.at < p.count && p.s[p.at].kind == ATT_SYMBOL_LETTER && att_reads_as(&p.s[p.at], before(&p))) {
        p.run++;
        p.how |= ATT_HOW_REPEAT;
        read_symbol(&p, &p.s[p.at]);
    }
    end_run(&p);
    out->how = p.how;
    out->score = score_of(&p);
    return is_fair(&p);
}
