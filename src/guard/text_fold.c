// SPDX-License-Identifier: Apache-2.0
// guard/text_fold.c - one pass over the bytes; what a code point folds to is looked up in pages that are filled when first
// met and never change.
#include "guard/text_fold.h"

#include <stdatomic.h>

enum { PAGE = 256, PAGES = 0x110000 / PAGE };

typedef struct page {
    att_fold_of of[PAGE];
} page;

struct att_folding {
    att_host host;
    void *checker; // NULL: the plain twin
    _Atomic(page *) pages[PAGES];
};

att_status att_folding_create(att_folding **out, bool plain, const att_host *host, att_error *err)
{
    *out = NULL;
    const att_host full = att_host_complete(host);
    att_folding *fold = ATT_NEW_ARRAY(&full, att_folding, 1);
    if (!fold)
        return att_no_memory(err, 1, "table of letters");
    fold->host = full;
    fold->checker = plain ? NULL : att_fold_icu_create();
    *out = fold;
    return ATT_OK;
}

void att_folding_destroy(att_folding *fold)
{
    if (!fold)
        return;
    const att_host host = fold->host;
    for (size_t i = 0; i < PAGES; i++)
        ATT_FREE_ARRAY(&host, atomic_load_explicit(&fold->pages[i], memory_order_relaxed), 1);
    att_fold_icu_destroy(fold->checker);
    ATT_FREE_ARRAY(&host, fold, 1);
}

static att_fold_of compute(const att_folding *fold, uint32_t code)
{
    att_fold_of of;
    return fold->checker && att_fold_icu(fold->checker, code, &of) ? of : att_fold_plain(code);
}

// Two threads may fill the same page; one of them is taken, both are the same.
static const page *fill(att_folding *fold, size_t index)
{
    page *mine = ATT_NEW_ARRAY(&fold->host, page, 1), *there = NULL;
    if (!mine)
        return NULL;
    for (uint32_t i = 0; i < PAGE; i++)
        mine->of[i] = compute(fold, (uint32_t)index * PAGE + i);
    if (atomic_compare_exchange_strong_explicit(&fold->pages[index], &there, mine, memory_order_acq_rel, memory_order_acquire))
        return mine;
    ATT_FREE_ARRAY(&fold->host, mine, 1);
    return there;
}

static const att_fold_of *look_up(const att_folding *fold, uint32_t code)
{
    const page *found = atomic_load_explicit(&fold->pages[code / PAGE], memory_order_acquire);
    if (!found)
        found = fill((att_folding *)(uintptr_t)fold, code / PAGE);
    return found ? &found->of[code % PAGE] : NULL;
}

// --- UTF-8 ----------------------------------------------------------------------------------------

uint32_t att_fold_decode(att_text text, size_t at, size_t *size)
{
    const unsigned char *data = (const unsigned char *)text.data + at;
    const size_t left = text.size - at;
    const unsigned char lead = data[0];
    *size = 1;
    if (lead < 0x80)
        return lead;
    const size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || left < need)
        return 0xFFFD;
    uint32_t code = lead & (0xFFu >> (need + 1));
    for (size_t i = 1; i < need; i++) {
        if ((data[i] & 0xC0) != 0x80)
            return 0xFFFD;
        code = code << 6 | (data[i] & 0x3F);
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) || code < (need == 4 ? 0x10000u : need == 3 ? 0x800u : 0x80u))
        return 0xFFFD;
    *size = need;
    return code;
}

size_t att_fold_encode(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    const size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)((0xF00u >> size & 0xFF) | code);
    return size;
}

// --- Character references of HTML -----------------------------------------------------------------

static uint32_t digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0');
    const char small = (char)(c | 0x20);
    return small >= 'a' && small <= 'f' ? (uint32_t)(small - 'a' + 10) : 99;
}

static uint32_t numbered(att_text rest, size_t *size)
{
    const bool hex = rest.size > 2 && (rest.data[2] | 0x20) == 'x';
    size_t at = hex ? 3 : 2, digits = 0;
    uint32_t code = 0;
    for (; at < rest.size && digits < 8; at++, digits++) {
        const uint32_t digit = digit_of(rest.data[at]);
        if (digit >= (hex ? 16u : 10u))
            break;
        code = code * (hex ? 16 : 10) + digit;
    }
    if (!digits || at >= rest.size || rest.data[at] != ';' || code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return 0;
    *size = at + 1;
    return code;
}

// The code point that a reference at the front of `rest` stands for; 0: there is none.
static uint32_t reference(att_text rest, size_t *size)
{
    static const struct {
        const char *name;
        uint32_t code;
    } names[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'},
        {"&apos;", '\''}, {"&nbsp;", ' '}, {"&shy;", 0xAD}, {"&zwnj;", 0x200C},
        {"&zwj;", 0x200D}};
    if (rest.size < 4)
        return 0;
    if (rest.data[1] == '#')
        return numbered(rest, size);
    for (size_t i = 0; i < ATT_COUNT_OF(names); i++)
        if (strncmp(rest.data, names[i].name, ATT_MIN(rest.size, strlen(names[i].name))) == 0 && rest.size >= strlen(names[i].name)) {
            *size = strlen(names[i].name);
            return names[i].code;
        }
    return 0;
}

// --- Words of other scripts -----------------------------------------------------------------------

typedef struct folder {
    const att_folding *fold;
    att_text text;
    att_symbol *symbols;
    size_t count;
    uint32_t *own;      // (count): in its own script
    size_t word;        // where the word began
    uint8_t script;     // of all its letters so far; 255 and `mixed`: of several
    bool mixed, foreign; // foreign: a letter that looks like no Latin one
    uint16_t hidden;
} folder;

static void end_word(folder *f)
{
    if (f->script && !f->mixed && f->foreign)
        for (size_t i = f->word; i < f->count; i++)
            if (f->symbols[i].how & ATT_HOW_LOOK) {
                f->symbols[i].code = f->own[i];
                f->symbols[i].how &= (uint16_t)~ATT_HOW_LOOK;
            }
    f->script = 0;
    f->mixed = f->foreign = false;
    f->word = f->count;
}

static void see_letter(folder *f, const att_fold_of *of)
{
    const bool first = f->word == f->count;
    if (!first && of->script != f->script)
        f->mixed = true;
    f->script = of->script;
    f->foreign |= of->codes[0] >= 0x80 || of->faint;
}

static void put(folder *f, const att_fold_of *of, size_t begin, size_t end, uint16_t how)
{
    if (of->count == 0) {
        f->hidden = ATT_HOW_HIDDEN;
        return;
    }
    if (of->kind == ATT_SYMBOL_LETTER)
        see_letter(f, of);
    for (uint8_t i = 0; i < of->count; i++) {
        f->symbols[f->count] = (att_symbol){.code = of->codes[i], .begin = (uint32_t)begin, .end = (uint32_t)end,
            .how = (uint16_t)(of->how | how | f->hidden), .kind = of->kind};
        f->own[f->count++] = of->count == of->own_count ? of->own[i] : of->codes[i];
    }
    f->hidden = 0;
    if (of->kind != ATT_SYMBOL_LETTER)
        end_word(f);
}

// --- Letters drawn of marks -------------------------------------------------------------------------

typedef struct drawing {
    const char *marks;
    char letter;
    bool between; // only between two letters
} drawing;

static bool is_wordlike(const att_symbol *s)
{
    return s->kind == ATT_SYMBOL_LETTER || s->kind == ATT_SYMBOL_DIGIT;
}

static bool draws(const att_symbol *s, size_t left, const drawing *d, bool letter_before)
{
    const size_t size = strlen(d->marks);
    if (left < size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (s[i].code != (unsigned char)d->marks[i])
            return false;
    const bool letter_behind = left > size && is_wordlike(&s[size]);
    return d->between ? letter_before && letter_behind : letter_before || letter_behind;
}

static size_t read_drawings(att_symbol *s, size_t count)
{
    static const drawing list[] = {{"|-|", 'h', false}, {"|_|", 'u', false}, {"|\\|", 'n', false}, {"\\/\\/", 'w', false}, {"\\/", 'v', false},
        {"/\\", 'a', false}, {"|3", 'b', false}, {"|)", 'd', false}, {"|<", 'k', false}, {"()", 'o', true}, {"[]", 'o', true}};
    size_t filled = 0;
    for (size_t i = 0; i < count;) {
        size_t size = 1;
        att_symbol one = s[i];
        for (size_t k = 0; one.kind == ATT_SYMBOL_MARK && k < ATT_COUNT_OF(list); k++)
            if (draws(s + i, count - i, &list[k], filled > 0 && is_wordlike(&s[filled - 1]))) {
                size = strlen(list[k].marks);
                one = (att_symbol){.code = (unsigned char)list[k].letter, .begin = one.begin, .end = s[i + size - 1].end,
                    .how = (uint16_t)(one.how | ATT_HOW_LEET), .kind = ATT_SYMBOL_LETTER};
                break;
            }
        s[filled++] = one;
        i += size;
    }
    return filled;
}

bool att_folding_text(const att_folding *fold, att_text text, att_arena *scratch, att_folded *out)
{
    // Two bytes of UTF-8 make at most four symbols, one byte one.
    const size_t most = text.size * 2 + 4;
    folder f = {.fold = fold, .text = text};
    *out = (att_folded){NULL, 0};
    if (text.size > ATT_FOLD_TEXT_MAX)
        return false;
    f.symbols = ATT_NEW_RAW(scratch, att_symbol, most);
    f.own = ATT_NEW_RAW(scratch, uint32_t, most);
    if (!f.symbols || !f.own)
        return false;
    for (size_t at = 0, size; at < text.size; at += size) {
        uint16_t how = 0;
        uint32_t code = 0;
        if (text.data[at] == '&')
            code = reference((att_text){text.data + at, text.size - at}, &size);
        if (code)
            how = ATT_HOW_WRITTEN;
        else
            code = att_fold_decode(text, at, &size);
        const att_fold_of *of = look_up(fold, code);
        if (!of)
            return false;
        put(&f, of, at, at + size, how);
    }
    end_word(&f);
    *out = (att_folded){f.symbols, read_drawings(f.symbols, f.count)};
    return true;
}
