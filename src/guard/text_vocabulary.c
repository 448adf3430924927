// SPDX-License-Identifier: Apache-2.0
// guard/text_vocabulary.c - words by their spelling and by their key.
//
// After close: words in rising order of (key, word), so those of one key stand side by side; a hash of the key leads there.
#include "base/names.h"
#include "guard/text_read.h"

#include <stdlib.h>
#include <xxhash.h>

typedef struct entry {
    uint32_t name, times;
} entry;

struct att_vocabulary {
    att_host host;
    att_names names;
    ATT_VEC(uint32_t) times; // by name
    // after close
    entry *entries;
    size_t entry_count;
    uint32_t *slots; // first entry of a key + 1
    size_t slot_count;
    uint32_t *by_name; // entry + 1
    bool closed;
};

typedef struct key_text {
    char bytes[ATT_WORD_LETTERS_MAX + 1];
    size_t size;
} key_text;

att_status att_vocabulary_create(att_vocabulary **out, const att_host *host, att_error *err)
{
    *out = NULL;
    const att_host full = att_host_complete(host);
    att_vocabulary *v = ATT_NEW_ARRAY(&full, att_vocabulary, 1);
    if (!v)
        return att_no_memory(err, 1, "vocabulary");
    v->host = full;
    att_names_init(&v->names, &v->host);
    *out = v;
    return ATT_OK;
}

void att_vocabulary_destroy(att_vocabulary *v)
{
    if (!v)
        return;
    const att_host host = v->host;
    ATT_FREE_ARRAY(&host, v->entries, v->entry_count);
    ATT_FREE_ARRAY(&host, v->slots, v->slot_count);
    ATT_FREE_ARRAY(&host, v->by_name, v->names.count);
    ATT_VEC_FREE(&host, &v->times);
    att_names_deinit(&v->names);
    ATT_FREE_ARRAY(&host, v, 1);
}

// Letters of a word; 0: it has other than letters, or too many.
static size_t letters_of(att_text word, uint32_t out[ATT_WORD_LETTERS_MAX])
{
    size_t count = 0;
    for (size_t at = 0, size; at < word.size; at += size) {
        const uint32_t code = att_fold_decode(word, at, &size);
        if (count == ATT_WORD_LETTERS_MAX || code == 0xFFFD || (code < 0x80 && (code < 'a' || code > 'z')))
            return 0;
        out[count++] = code;
    }
    return count;
}

static void put_class(key_text *key, uint32_t code)
{
    const uint8_t class = att_class_of(code);
    if (class && key->size < ATT_WORD_LETTERS_MAX && (key->size == 0 || (uint8_t)key->bytes[key->size - 1] != class))
        key->bytes[key->size++] = (char)class;
}

static key_text key_of(att_text word)
{
    key_text key = {.size = 0};
    for (size_t at = 0, size; at < word.size; at += size)
        put_class(&key, att_fold_decode(word, at, &size));
    return key;
}

att_status att_vocabulary_add(att_vocabulary *v, att_text word, uint32_t times, att_error *err)
{
    uint32_t letters[ATT_WORD_LETTERS_MAX];
    assert(!v->closed);
    if (!letters_of(word, letters))
        return ATT_OK;
    const uint32_t name = att_names_add(&v->names, word);
    if (name == ATT_NO_INDEX)
        return att_no_memory(err, 1, "word");
    while (v->times.count <= name)
        if (!ATT_VEC_PUSH(&v->host, &v->times, 0))
            return att_no_memory(err, v->times.count, "words");
    v->times.items[name] = v->times.items[name] > UINT32_MAX - times ? UINT32_MAX : v->times.items[name] + times;
    return ATT_OK;
}

att_status att_vocabulary_count(att_vocabulary *v, const att_folded *text, att_error *err)
{
    for (size_t i = 0; i < text->count;) {
        char word[ATT_WORD_LETTERS_MAX * 4];
        size_t size = 0, letters = 0;
        for (; i < text->count && text->symbols[i].kind == ATT_SYMBOL_LETTER; i++, letters++)
            if (letters < ATT_WORD_LETTERS_MAX)
                size += att_fold_encode(text->symbols[i].code, word + size);
        const bool next_digit = i < text->count && text->symbols[i].kind == ATT_SYMBOL_DIGIT;
        if (letters && letters <= ATT_WORD_LETTERS_MAX && !next_digit) {
            const att_status status = att_vocabulary_add(v, (att_text){word, size}, 1, err);
            if (status)
                return status;
        }
        i += letters == 0;
    }
    return ATT_OK;
}

// --- Closing --------------------------------------------------------------------------------------

typedef struct sortable {
    key_text key;
    att_text word;
    uint32_t name, times;
} sortable;

static int by_bytes(const char *a, size_t a_size, const char *b, size_t b_size)
{
    const size_t both = ATT_MIN(a_size, b_size);
    const int order = both ? memcmp(a, b, both) : 0;
    return order ? order : (a_size > b_size) - (a_size < b_size);
}

static int by_key(const void *left, const void *right)
{
    const sortable *a = left, *b = right;
    const int order = by_bytes(a->key.bytes, a->key.size, b->key.bytes, b->key.size);
    return order ? order : by_bytes(a->word.data, a->word.size, b->word.data, b->word.size);
}

static size_t slot_of(const att_vocabulary *v, const key_text *key)
{
    return (size_t)XXH3_64bits(key->bytes, key->size) & (v->slot_count - 1);
}

static bool same_key(const att_vocabulary *v, const entry *e, const key_text *key)
{
    const key_text own = key_of(att_names_get(&v->names, e->name));
    return own.size == key->size && memcmp(own.bytes, key->bytes, key->size) == 0;
}

static void place(att_vocabulary *v, const sortable *sorted)
{
    for (size_t i = 0; i < v->entry_count; i++) {
        v->entries[i] = (entry){.name = sorted[i].name, .times = sorted[i].times};
        v->by_name[sorted[i].name] = (uint32_t)i + 1;
        if (i > 0 && sorted[i].key.size == sorted[i - 1].key.size &&
            memcmp(sorted[i].key.bytes, sorted[i - 1].key.bytes, sorted[i].key.size) == 0)
            continue;
        size_t slot = slot_of(v, &sorted[i].key);
        while (v->slots[slot])
            slot = (slot + 1) & (v->slot_count - 1);
        v->slots[slot] = (uint32_t)i + 1;
    }
}

att_status att_vocabulary_close(att_vocabulary *v, uint32_t least, att_error *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < v->times.count; i++)
        kept += v->times.items[i] >= least;
    size_t slots = 16;
    while (slots < kept * 2)
        slots *= 2;
    sortable *sorted = ATT_NEW_ARRAY(&v->host, sortable, kept + 1);
    v->entries = ATT_NEW_ARRAY(&v->host, entry, kept);
    v->entry_count = kept;
    v->slots = ATT_NEW_ARRAY(&v->host, uint32_t, slots);
    v->slot_count = slots;
    v->by_name = ATT_NEW_ARRAY(&v->host, uint32_t, v->names.count);
    v->closed = true;
    if (!sorted || (kept && !v->entries) || !v->slots || (v->names.count && !v->by_name)) {
        ATT_FREE_ARRAY(&v->host, sorted, kept + 1);
        return att_no_memory(err, kept, "words");
    }
    size_t n = 0;
    for (uint32_t i = 0; i < v->times.count; i++)
        if (v->times.items[i] >= least) {
            const att_text word = att_names_get(&v->names, i);
            sorted[n++] = (sortable){key_of(word), word, i, v->times.items[i]};
        }
    qsort(sorted, n, sizeof *sorted, by_key);
    place(v, sorted);
    ATT_FREE_ARRAY(&v->host, sorted, kept + 1);
    return ATT_OK;
}

// --- Asking ---------------------------------------------------------------------------------------

uint32_t att_vocabulary_times(const att_vocabulary *v, att_text word)
{
    const uint32_t name = att_names_find(&v->names, word);
    return name == ATT_NO_INDEX || !v->by_name[name] ? 0 : v->entries[v->by_name[name] - 1].times;
}

size_t att_vocabulary_size(const att_vocabulary *v)
{
    return v->entry_count;
}

att_text att_vocabulary_word(const att_vocabulary *v, size_t index, uint32_t *times)
{
    *times = v->entries[index].times;
    return att_names_get(&v->names, v->entries[index].name);
}

att_text att_vocabulary_read(const att_vocabulary *v, const att_symbol *symbols, size_t count, uint16_t *how)
{
    key_text key = {.size = 0};
    att_text best = {NULL, 0};
    uint32_t best_times = 0;
    for (size_t i = 0; i < count; i++)
        put_class(&key, symbols[i].code);
    if (key.size == 0)
        return best;
    size_t slot = slot_of(v, &key);
    while (v->slots[slot] && !same_key(v, &v->entries[v->slots[slot] - 1], &key))
        slot = (slot + 1) & (v->slot_count - 1);
    if (!v->slots[slot])
        return best;
    for (size_t i = v->slots[slot] - 1; i < v->entry_count && same_key(v, &v->entries[i], &key); i++) {
        uint32_t letters[ATT_WORD_LETTERS_MAX];
        uint16_t needed;
        const att_text word = att_names_get(&v->names, v->entries[i].name);
        const size_t size = letters_of(word, letters);
        if (v->entries[i].times > best_times && att_spells(symbols, count, letters, size, &needed)) {
            best = word;
            best_times = v->entries[i].times;
            *how = needed;
        }
    }
    return best;
}
