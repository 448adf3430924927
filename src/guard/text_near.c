// SPDX-License-Identifier: Apache-2.0
// guard/text_near.c - the index of texts.
//
// Two texts share a band of their signatures with probability 1 - (1 - J^3)^42 at a share J of runs in common: 0.996 at 0.5, 0.68 at 0.3.
// And they share a fingerprint for certain when they have run_least letters in a row in common: of every window of
// run_least - 15 hashes of 16 letters the least is kept. A key that more texts have than KEY_MOST tells nothing and is not followed.
#include "guard/text_near.h"

#include <stdlib.h>
#include <xxhash.h>

enum { GRAM = 16, KEY_MOST = 512, CANDIDATES_MAX = 4096, INSIDE_LEAST = 24 };

typedef struct entry {
    uint64_t id;
    att_near_view view; // arrays on the heap
} entry;

typedef struct node {
    uint32_t entry, next; // next + 1, 0: none
} node;

typedef struct slot {
    uint64_t key; // 0: free
    uint32_t first, count; // first + 1
} slot;

struct att_near {
    att_host host;
    att_near_options options;
    att_folding *folding;
    ATT_VEC(entry) entries;
    ATT_VEC(node) nodes;
    slot *slots;
    size_t slot_count, used;
};

static att_status check_options(const att_near_options *o, att_error *err)
{
    if (!(o->likeness >= 0.1 && o->likeness <= 1) || !(o->inside >= 0.1 && o->inside <= 1))
        return ATT_FAIL(err, ATT_INVALID, "likeness %g and inside %g, expected 0.1 to 1", o->likeness, o->inside);
    if (o->run_least < GRAM || o->run_least > 100000)
        return ATT_FAIL(err, ATT_INVALID, "run_least %zu, expected %d to 100000", o->run_least, GRAM);
    return ATT_OK;
}

att_status att_near_create(att_near **out, const att_near_options *options, const att_host *host, att_error *err)
{
    *out = NULL;
    att_near_options o = options ? *options : (att_near_options){0};
    o.likeness = o.likeness == 0 ? 0.35 : o.likeness;
    o.inside = o.inside == 0 ? 0.8 : o.inside;
    o.run_least = o.run_least ? o.run_least : 40;
    att_status status = check_options(&o, err);
    if (status)
        return status;
    const att_host full = att_host_complete(host);
    att_near *near = ATT_NEW_ARRAY(&full, att_near, 1);
    if (!near)
        return att_no_memory(err, 1, "index of texts");
    near->host = full;
    near->options = o;
    status = att_folding_create(&near->folding, o.plain, &full, err);
    if (status)
        att_near_destroy(near);
    else
        *out = near;
    return status;
}

static void free_view(const att_host *host, att_near_view *v)
{
    ATT_FREE_ARRAY(host, v->letters, v->letter_count);
    ATT_FREE_ARRAY(host, v->shingles, v->shingle_count);
}

void att_near_destroy(att_near *near)
{
    if (!near)
        return;
    const att_host host = near->host;
    for (size_t i = 0; i < near->entries.count; i++)
        free_view(&host, &near->entries.items[i].view);
    ATT_VEC_FREE(&host, &near->entries);
    ATT_VEC_FREE(&host, &near->nodes);
    ATT_FREE_ARRAY(&host, near->slots, near->slot_count);
    att_folding_destroy(near->folding);
    ATT_FREE_ARRAY(&host, near, 1);
}

size_t att_near_count(const att_near *near)
{
    return near->entries.count;
}

// --- Keys -----------------------------------------------------------------------------------------

static uint64_t band_key(const att_near_view *v, size_t band)
{
    const uint64_t key = XXH3_64bits_withSeed(v->signature + band * ATT_NEAR_ROWS, ATT_NEAR_ROWS * sizeof v->signature[0], band + 1);
    return key ? key : 1;
}

static uint64_t gram_key(const att_near_view *v, size_t at)
{
    const uint64_t key = XXH3_64bits_withSeed(v->letters + at, GRAM * sizeof *v->letters, 1000);
    return key ? key : 1;
}

// Keys of a text, in `scratch`: its bands, then the least gram of each window (the rightmost of equals, once).
static bool keys_of(const att_near *near, const att_near_view *v, att_arena *scratch, uint64_t **out, size_t *count)
{
    const size_t grams = v->letter_count >= GRAM ? v->letter_count - GRAM + 1 : 0, window = near->options.run_least - GRAM + 1;
    uint64_t *keys = ATT_NEW_RAW(scratch, uint64_t, ATT_NEAR_BANDS + grams), *hashes = ATT_NEW_RAW(scratch, uint64_t, grams + 1);
    if (!keys || !hashes)
        return false;
    *out = keys;
    *count = 0;
    for (size_t b = 0; v->shingle_count && b < ATT_NEAR_BANDS; b++)
        keys[(*count)++] = band_key(v, b);
    for (size_t i = 0; i < grams; i++)
        hashes[i] = gram_key(v, i);
    size_t least = 0, kept = SIZE_MAX;
    for (size_t end = window; end <= grams; end++) { // the window is [end - window, end)
        if (end == window || least < end - window) {
            least = end - window;
            for (size_t i = least + 1; i < end; i++)
                least = hashes[i] <= hashes[least] ? i : least;
        } else if (hashes[end - 1] <= hashes[least]) {
            least = end - 1;
        }
        if (least != kept)
            keys[(*count)++] = hashes[least];
        kept = least;
    }
    return true;
}

static slot *slot_for(const slot *slots, size_t count, uint64_t key)
{
    size_t at = (size_t)key & (count - 1);
    while (slots[at].key && slots[at].key != key)
        at = (at + 1) & (count - 1);
    return (slot *)(uintptr_t)&slots[at];
}

static bool make_room(att_near *near, size_t more)
{
    size_t wanted = near->slot_count ? near->slot_count : 1024;
    while ((near->used + more) * 2 > wanted)
        wanted *= 2;
    if (wanted == near->slot_count)
        return true;
    slot *slots = ATT_NEW_ARRAY(&near->host, slot, wanted);
    if (!slots)
        return false;
    for (size_t i = 0; i < near->slot_count; i++)
        if (near->slots[i].key)
            *slot_for(slots, wanted, near->slots[i].key) = near->slots[i];
    ATT_FREE_ARRAY(&near->host, near->slots, near->slot_count);
    near->slots = slots;
    near->slot_count = wanted;
    return true;
}

static bool keep(att_near *near, uint64_t id, const att_near_view *v)
{
    entry e = {.id = id, .view = *v};
    e.view.letters = att_alloc(&near->host, v->letter_count, sizeof *v->letters);
    e.view.shingles = att_alloc(&near->host, v->shingle_count, sizeof *v->shingles);
    const bool fine = e.view.letters && e.view.shingles && ATT_VEC_PUSH(&near->host, &near->entries, e);
    if (fine) {
        memcpy(e.view.letters, v->letters, v->letter_count * sizeof *v->letters);
        memcpy(e.view.shingles, v->shingles, v->shingle_count * sizeof *v->shingles);
    } else {
        free_view(&near->host, &e.view);
    }
    return fine;
}

static att_status check_text(att_text text, att_error *err)
{
    return text.size <= ATT_NEAR_TEXT_MAX ? ATT_OK
                                          : ATT_FAIL(err, ATT_LIMIT, "a text of %zu bytes, at most %zu", text.size, ATT_NEAR_TEXT_MAX);
}

static bool add(att_near *near, uint64_t id, att_text text, att_arena *scratch)
{
    att_near_view v;
    uint64_t *keys;
    size_t count;
    if (!att_near_view_of(near->folding, text, scratch, &v))
        return false;
    if (v.shingle_count == 0)
        return true;
    if (!keys_of(near, &v, scratch, &keys, &count) || near->nodes.count + count > UINT32_MAX || !make_room(near, count) ||
        !ATT_VEC_RESERVE(&near->host, &near->nodes, near->nodes.count + count) || !keep(near, id, &v))
        return false;
    const uint32_t index = (uint32_t)near->entries.count - 1;
    for (size_t i = 0; i < count; i++) {
        slot *s = slot_for(near->slots, near->slot_count, keys[i]);
        if (s->first && near->nodes.items[s->first - 1].entry == index)
            continue; // once a text, however often it has the run
        near->used += s->key == 0;
        s->key = keys[i];
        s->count++;
        near->nodes.items[near->nodes.count++] = (node){index, s->first};
        s->first = (uint32_t)near->nodes.count;
    }
    return true;
}

att_status att_near_add(att_near *near, uint64_t id, att_text text, att_error *err)
{
    att_arena scratch;
    const att_status status = check_text(text, err);
    if (status)
        return status;
    if (near->entries.count == ATT_NEAR_TEXTS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "the index has %d texts, it takes no more", ATT_NEAR_TEXTS_MAX);
    att_arena_init(&scratch, &near->host, 0);
    const bool fine = add(near, id, text, &scratch);
    att_arena_deinit(&scratch);
    return fine ? ATT_OK : att_no_memory(err, text.size, "bytes of a text");
}

// --- Looking --------------------------------------------------------------------------------------

static size_t candidates(const att_near *near, const uint64_t *keys, size_t count, uint32_t *out)
{
    size_t found = 0, kept = 0;
    for (size_t i = 0; i < count; i++) {
        const slot *s = slot_for(near->slots, near->slot_count, keys[i]);
        if (!s->key || s->count > KEY_MOST)
            continue;
        for (uint32_t at = s->first; at && found < CANDIDATES_MAX; at = near->nodes.items[at - 1].next)
            out[found++] = near->nodes.items[at - 1].entry;
    }
    qsort(out, found, sizeof *out, att_order_u32);
    for (size_t i = 0; i < found; i++)
        if (kept == 0 || out[kept - 1] != out[i])
            out[kept++] = out[i];
    return kept;
}

static bool is_near(const att_near *near, const att_near_view *v, const entry *e, const att_near_match *m)
{
    const bool long_enough = ATT_MIN(v->shingle_count, e->view.shingle_count) >= INSIDE_LEAST;
    return m->likeness >= near->options.likeness || (long_enough && m->inside >= near->options.inside) || m->run >= near->options.run_least;
}

static double worth(const att_near_match *m)
{
    return ATT_MAX(m->likeness, m->inside);
}

// Sorted in, the least pushed out.
static void put(att_near_match out[ATT_NEAR_FOUND_MAX], size_t *count, const att_near_match *m)
{
    size_t at = *count;
    while (at > 0 && (worth(&out[at - 1]) < worth(m) || (worth(&out[at - 1]) == worth(m) && out[at - 1].id > m->id)))
        at--;
    if (at == ATT_NEAR_FOUND_MAX)
        return;
    const size_t last = ATT_MIN(*count, (size_t)ATT_NEAR_FOUND_MAX - 1);
    memmove(out + at + 1, out + at, (last - at) * sizeof *out);
    out[at] = *m;
    *count = last + 1;
}

static bool look(const att_near *near, att_text text, att_arena *scratch, att_near_match out[ATT_NEAR_FOUND_MAX], size_t *count)
{
    att_near_view v;
    uint64_t *keys;
    size_t key_count;
    uint32_t *found = ATT_NEW_RAW(scratch, uint32_t, CANDIDATES_MAX);
    if (!found || !att_near_view_of(near->folding, text, scratch, &v))
        return false;
    if (near->entries.count == 0)
        return true;
    if (!keys_of(near, &v, scratch, &keys, &key_count))
        return false;
    const size_t all = candidates(near, keys, key_count, found);
    const att_near_runs *runs = all ? att_near_runs_of(&v, scratch) : NULL;
    if (all && !runs)
        return false;
    for (size_t i = 0; i < all; i++) {
        const entry *e = &near->entries.items[found[i]];
        const att_near_match m = {.id = e->id, .likeness = att_near_jaccard(&v, &e->view), .inside = att_near_containment(&v, &e->view),
            .run = att_near_longest(runs, &e->view)};
        if (is_near(near, &v, e, &m))
            put(out, count, &m);
    }
    return true;
}

att_status att_near_find(const att_near *near, att_text text, att_near_match out[ATT_NEAR_FOUND_MAX], size_t *count, att_error *err)
{
    att_arena scratch;
    *count = 0;
    const att_status status = check_text(text, err);
    if (status)
        return status;
    att_arena_init(&scratch, &near->host, 0);
    const bool fine = look(near, text, &scratch, out, count);
    att_arena_deinit(&scratch);
    return fine ? ATT_OK : att_no_memory(err, text.size, "bytes of a text");
}
