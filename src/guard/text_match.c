// SPDX-License-Identifier: Apache-2.0
// guard/text_match.c - from phrases to needles, from needles found to phrases spelled.
//
// A needle is the key of a phrase; phrases of the same key share it. A phrase of one word of four letters or more has needles
// for a star in place of a letter, too: its key without that letter's class, and first and last alone.
#include "guard/text_match.h"

#include "guard/text_spell.h"

#include <stdlib.h>

// A text with more matches than FOUND_MAX is excused by no allowed phrase: they may be there to push others out.
enum { FOUND_MAX = 1 << 18 };
// A phrase is spelled from the first symbol of a run and from the last so many: each spelling may read all of the run.
enum { STARTS_MOST = 64 };

// A phrase under a needle.
typedef struct entry {
    const unsigned char *key;
    uint32_t size;
    uint32_t phrase;
    bool masked;
} entry;

struct att_matcher {
    att_host host;
    att_arena life;
    const att_rules *rules;
    const att_vocabulary *vocabulary;
    ATT_VEC(entry) entries; // in rising order of (key, phrase)
    uint32_t *starts;       // (needles.count + 1): entries of needle i
    const unsigned char **bytes;
    uint32_t *sizes;
    att_needles needles;
    att_automaton *automaton; // one of the two
    att_scanner *scanner;
};

// --- Needles --------------------------------------------------------------------------------------

static bool put_entry(att_matcher *m, uint32_t phrase, const uint32_t *codes, size_t count, size_t without, size_t without_end, bool masked)
{
    unsigned char *key = ATT_NEW(&m->life, unsigned char, count);
    uint32_t size = 0;
    if (!key)
        return false;
    for (size_t i = 0; i < count; i++) {
        const uint8_t class = i >= without && i < without_end ? 0 : codes[i] == ' ' ? 0 : att_class_of(codes[i]);
        if (class && (size == 0 || key[size - 1] != class))
            key[size++] = class;
    }
    if (size == 0)
        return true;
    const entry e = {key, size, phrase, masked};
    return ATT_VEC_PUSH(&m->host, &m->entries, e);
}

static bool put_phrase(att_matcher *m, uint32_t index)
{
    const att_phrase *phrase = &m->rules->phrases.items[index];
    if (!put_entry(m, index, phrase->codes, phrase->size, 0, 0, false))
        return false;
    bool one_word = true;
    for (uint32_t i = 0; i < phrase->size; i++)
        one_word &= phrase->codes[i] != ' ';
    if (phrase->allowed || !one_word || phrase->size < 4 || phrase->size > ATT_WORD_LETTERS_MAX)
        return true;
    for (uint32_t i = 1; i + 1 < phrase->size; i++)
        if (!put_entry(m, index, phrase->codes, phrase->size, i, i + 1, true))
            return false;
    for (uint32_t i = 1; i + 2 < phrase->size; i++) // two letters side by side
        if (!put_entry(m, index, phrase->codes, phrase->size, i, i + 2, true))
            return false;
    return phrase->size == 4 || put_entry(m, index, phrase->codes, phrase->size, 1, phrase->size - 1, true);
}

static int by_key(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    const int order = memcmp(a->key, b->key, ATT_MIN(a->size, b->size));
    if (order || a->size != b->size)
        return order ? order : a->size < b->size ? -1 : 1;
    if (a->phrase != b->phrase)
        return a->phrase < b->phrase ? -1 : 1;
    return (int)a->masked - (int)b->masked;
}

static bool same_key(const entry *a, const entry *b)
{
    return a->size == b->size && memcmp(a->key, b->key, a->size) == 0;
}

static bool gather(att_matcher *m)
{
    const size_t n = m->entries.count;
    if (n > 1)
        qsort(m->entries.items, n, sizeof *m->entries.items, by_key);
    m->starts = ATT_NEW(&m->life, uint32_t, n + 1);
    m->bytes = ATT_NEW(&m->life, const unsigned char *, n + 1);
    m->sizes = ATT_NEW(&m->life, uint32_t, n + 1);
    if (!m->starts || !m->bytes || !m->sizes)
        return false;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !same_key(&m->entries.items[i], &m->entries.items[i - 1])) {
            m->starts[m->needles.count] = (uint32_t)i;
            m->bytes[m->needles.count] = m->entries.items[i].key;
            m->sizes[m->needles.count++] = m->entries.items[i].size;
        }
    m->starts[m->needles.count] = (uint32_t)n;
    m->needles.bytes = m->bytes;
    m->needles.sizes = m->sizes;
    return true;
}

att_status att_matcher_create(att_matcher **out, const att_rules *rules, const att_vocabulary *vocabulary, bool plain,
    const att_host *host, att_error *err)
{
    *out = NULL;
    const att_host full = att_host_complete(host);
    att_matcher *m = ATT_NEW_ARRAY(&full, att_matcher, 1);
    if (!m)
        return att_no_memory(err, 1, "phrase matcher");
    m->host = full;
    m->rules = rules;
    m->vocabulary = vocabulary;
    att_arena_init(&m->life, &m->host, 0);
    bool fine = true;
    for (uint32_t i = 0; fine && i < rules->phrases.count; i++)
        fine = put_phrase(m, i);
    att_status status = fine && gather(m) ? ATT_OK : att_no_memory(err, rules->phrases.count, "phrases");
    if (!status && m->needles.count)
        status = plain || !att_scanner_exists() ? att_automaton_create(&m->automaton, &m->needles, host, err)
                                                : att_scanner_create(&m->scanner, &m->needles, host, err);
    if (status)
        att_matcher_destroy(m);
    else
        *out = m;
    return status;
}

void att_matcher_destroy(att_matcher *m)
{
    if (!m)
        return;
    const att_host host = m->host;
    att_automaton_destroy(m->automaton);
    att_scanner_destroy(m->scanner);
    ATT_VEC_FREE(&host, &m->entries);
    att_arena_deinit(&m->life);
    ATT_FREE_ARRAY(&host, m, 1);
}

// --- Finding --------------------------------------------------------------------------------------

typedef struct finder {
    const att_matcher *m;
    const att_folded *text;
    unsigned char *key;    // of the text, (key_size)
    uint32_t *first;       // (key_size): the symbol at which byte i of the key begins
    size_t key_size;
    ATT_VEC(att_phrase_match) found;
    bool no_memory, masks, full;
} finder;

static uint8_t class_of(const att_symbol *s)
{
    if (s->kind == ATT_SYMBOL_SPACE)
        return 0;
    if (s->kind == ATT_SYMBOL_MARK && !att_leet_of(s->code)[0])
        return 0;
    return att_class_of(s->code);
}

static void make_key(finder *f)
{
    for (size_t i = 0; i < f->text->count; i++) {
        const uint8_t class = class_of(&f->text->symbols[i]);
        f->masks |= f->text->symbols[i].kind == ATT_SYMBOL_MARK;
        if (!class || (f->key_size && f->key[f->key_size - 1] == class))
            continue;
        f->key[f->key_size] = class;
        f->first[f->key_size++] = (uint32_t)i;
    }
}

// A phrase may begin inside a run of its class: behind the end of a word, or after another letter of the class, or
// anywhere when it need not begin a word.
static bool begins_here(const finder *f, size_t at, size_t run_begin, const att_phrase *phrase)
{
    const att_symbol *s = &f->text->symbols[at];
    if (!att_reads_as(s, phrase->codes[0]))
        return false;
    return phrase->open_front || at == run_begin || f->text->symbols[at - 1].code != s->code;
}

static void spell_at(finder *f, const entry *e, size_t at)
{
    att_spelled spelled;
    const att_phrase *phrase = &f->m->rules->phrases.items[e->phrase];
    if (!att_spell_phrase(f->text, at, phrase, f->m->vocabulary, e->masked, &spelled))
        return;
    if (phrase->allowed && (spelled.how & (ATT_HOW_LEET | ATT_HOW_REPEAT | ATT_HOW_SPLIT)))
        return;
    const att_phrase_match match = {e->phrase, f->text->symbols[spelled.first].begin, f->text->symbols[spelled.last].end, spelled.how,
        spelled.score};
    if (f->found.count == FOUND_MAX)
        f->full = true;
    else if (!ATT_VEC_PUSH(&f->m->host, &f->found, match))
        f->no_memory = true;
}

static bool on_needle(void *user, uint32_t needle, size_t end)
{
    finder *f = user;
    const size_t begin = end - f->m->sizes[needle], symbol = f->first[begin];
    const size_t stop = begin + 1 < f->key_size ? f->first[begin + 1] : f->text->count;
    for (uint32_t i = f->m->starts[needle]; i < f->m->starts[needle + 1]; i++) {
        const entry *e = &f->m->entries.items[i];
        const att_phrase *phrase = &f->m->rules->phrases.items[e->phrase];
        if (e->masked && !f->masks)
            continue;
        const size_t last = stop - ATT_MIN(stop - symbol, (size_t)STARTS_MOST);
        for (size_t at = symbol; at < stop; at = ATT_MAX(at + 1, last))
            if (begins_here(f, at, symbol, phrase))
                spell_at(f, e, at);
    }
    return !f->no_memory && !f->full;
}

static int by_begin(const void *left, const void *right)
{
    const att_phrase_match *a = left, *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    if (a->end != b->end)
        return a->end > b->end ? -1 : 1;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return a->phrase != b->phrase ? (a->phrase < b->phrase ? -1 : 1) : (int)a->how - (int)b->how;
}

// Takes over what lies neither inside an allowed phrase nor inside a longer (or the same, earlier) match of its category.
static size_t take_uncovered(const finder *f, att_phrase_match *out)
{
    size_t count = 0, next = 0;
    uint32_t allowed_to = 0, taken_to[ATT_CATEGORIES_MAX] = {0}; // the farthest end of those that begin no later
    for (size_t i = 0; i < f->found.count; i++) {
        const att_phrase_match *one = &f->found.items[i];
        const att_phrase *phrase = &f->m->rules->phrases.items[one->phrase];
        for (; next < f->found.count && f->found.items[next].begin <= one->begin; next++)
            if (f->m->rules->phrases.items[f->found.items[next].phrase].allowed && !f->full)
                allowed_to = ATT_MAX(allowed_to, f->found.items[next].end);
        if (phrase->allowed)
            continue;
        uint32_t *to = &taken_to[phrase->category];
        if (one->end > allowed_to && one->end > *to)
            out[count++] = *one;
        *to = ATT_MAX(*to, one->end);
    }
    return count;
}

static bool collect(finder *f, att_arena *scratch, att_phrase_match **out, size_t *count)
{
    if (f->found.count == 0)
        return true;
    qsort(f->found.items, f->found.count, sizeof *f->found.items, by_begin);
    size_t kept = 0;
    for (size_t i = 0; i < f->found.count; i++) { // the same found by several needles
        const att_phrase_match *before = kept ? &f->found.items[kept - 1] : NULL;
        const att_phrase_match *one = &f->found.items[i];
        if (!before || before->begin != one->begin || before->end != one->end || before->phrase != one->phrase)
            f->found.items[kept++] = *one;
    }
    f->found.count = kept;
    *out = ATT_NEW(scratch, att_phrase_match, kept + 1);
    if (!*out)
        return false;
    *count = take_uncovered(f, *out);
    return true;
}

bool att_matcher_find(const att_matcher *m, const att_folded *text, att_arena *scratch, att_phrase_match **out, size_t *count)
{
    finder f = {.m = m, .text = text};
    *out = NULL;
    *count = 0;
    if (m->needles.count == 0)
        return true;
    f.key = ATT_NEW_RAW(scratch, unsigned char, text->count + 1);
    f.first = ATT_NEW_RAW(scratch, uint32_t, text->count + 1);
    if (!f.key || !f.first)
        return false;
    make_key(&f);
    bool fine = true;
    if (m->scanner)
        fine = att_scanner_search(m->scanner, f.key, f.key_size, on_needle, &f);
    else
        att_automaton_search(m->automaton, f.key, f.key_size, on_needle, &f);
    fine = fine && !f.no_memory && collect(&f, scratch, out, count);
    ATT_VEC_FREE(&m->host, &f.found);
    return fine;
}
