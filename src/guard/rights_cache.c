// SPDX-License-Identifier: Apache-2.0
// guard/rights_cache.c - eligible sets, kept while they are good.
//
// A set is found by its key and a span of time that holds the query's. Building one asks each
// profile once and each row once: O(profiles + items). A changed item touches one bit in every set,
// never a rebuild: the bit is set for the set's anchor (the time of its last query), and the span
// shrinks to where that bit is right. A set that somebody holds is never written: the cache goes on
// with a copy. The lock is held while a set is built, so one build serves all who wait for it.
#include "guard/rights_store.h"

static void free_entry(att_rights *rights, att_rights_set_entry *entry)
{
    rights->set_bytes -= sizeof *entry + entry->words * sizeof *entry->bits;
    ATT_FREE_ARRAY(&rights->host, entry->bits, entry->words);
    ATT_FREE_ARRAY(&rights->host, entry, 1);
}

static void forget_set(att_rights *rights, size_t index)
{
    att_rights_set_entry *entry = rights->sets[index];
    rights->sets[index] = rights->sets[--rights->set_count];
    entry->cached = false;
    if (!entry->held)
        free_entry(rights, entry);
}

void att_rights_cache_deinit(att_rights *rights)
{
    while (rights->set_count) {
        assert(!rights->sets[0]->held);
        forget_set(rights, 0);
    }
}

static att_rights_set_entry *new_entry(att_rights *rights, size_t words)
{
    att_rights_set_entry *entry = ATT_NEW_ARRAY(&rights->host, att_rights_set_entry, 1);
    uint64_t *bits = ATT_NEW_ARRAY(&rights->host, uint64_t, words);
    if (!entry || !bits) {
        ATT_FREE_ARRAY(&rights->host, entry, 1);
        ATT_FREE_ARRAY(&rights->host, bits, words);
        return NULL;
    }
    *entry =
        (att_rights_set_entry){.bits = bits, .words = words, .seen.bits = bits, .cached = true};
    rights->set_bytes += sizeof *entry + words * sizeof *bits;
    return entry;
}

static bool same_key(const att_rights_key *a, const att_rights_key *b)
{
    return a->territory == b->territory && a->age == b->age && a->use == b->use &&
           a->required == b->required && a->medium == b->medium;
}

static bool good_at(const att_eligible *set, int64_t at_ms)
{
    return set->good_from_ms <= at_ms &&
           (at_ms < set->good_until_ms || set->good_until_ms == INT64_MAX);
}

// --- Building ----------------------------------------------------------------

enum { memo_unknown, memo_holds, memo_bars };

// Fills an empty entry of enough words. `memo` is (profiles), cleared.
static void fill_entry(
    const att_rights *rights, att_rights_set_entry *entry, int64_t at_ms, unsigned char *memo)
{
    int64_t from = INT64_MIN, until = INT64_MAX;
    const att_rights_key *key = &entry->key;
    size_t eligible = 0;
    for (size_t i = 0; i < rights->rows.count; i++) {
        const att_rights_row row = rights->rows.items[i];
        if (row.flags != ATT_ROW_BODY || row.age > key->age ||
            (key->medium != ATT_NO_INDEX && row.medium != key->medium))
            continue;
        bool holds;
        if (row.profile >= ATT_PROFILE_NONE)
            holds = row.profile == ATT_PROFILE_UNKNOWN && !key->required;
        else {
            if (memo[row.profile] == memo_unknown)
                memo[row.profile] =
                    att_rights_profile_holds(rights, row.profile, key, at_ms, &from, &until)
                        ? memo_holds
                        : memo_bars;
            holds = memo[row.profile] == memo_holds;
        }
        entry->bits[i / 64] |= (uint64_t)holds << (i % 64);
        eligible += holds;
    }
    entry->seen = (att_eligible){.bits = entry->bits,
        .count = rights->rows.count,
        .eligible = eligible,
        .good_from_ms = from,
        .good_until_ms = until};
}

static size_t least_recently_used(const att_rights *rights)
{
    size_t oldest = 0;
    for (size_t i = 1; i < rights->set_count; i++)
        if (rights->sets[i]->used_at < rights->sets[oldest]->used_at)
            oldest = i;
    return oldest;
}

static att_rights_set_entry *build_set(
    att_rights *rights, const att_rights_key *key, int64_t at_ms, att_error *err)
{
    const size_t profiles = (size_t)rights->profiles.count + 1, words = rights->rows.count / 64 + 1;
    unsigned char *memo = ATT_NEW_ARRAY(&rights->host, unsigned char, profiles);
    att_rights_set_entry *entry = memo ? new_entry(rights, words) : NULL;
    if (entry) {
        entry->key = *key;
        fill_entry(rights, entry, at_ms, memo);
        if (rights->set_count == ATT_RIGHTS_SETS_MAX)
            forget_set(rights, least_recently_used(rights));
        rights->sets[rights->set_count++] = entry;
    } else {
        (void)att_no_memory(err, rights->rows.count, "items of an eligible set");
    }
    ATT_FREE_ARRAY(&rights->host, memo, profiles);
    return entry;
}

static att_rights_set_entry *find_set(
    const att_rights *rights, const att_rights_key *key, int64_t at_ms)
{
    for (size_t i = 0; i < rights->set_count; i++)
        if (same_key(&rights->sets[i]->key, key) && good_at(&rights->sets[i]->seen, at_ms))
            return rights->sets[i];
    return NULL;
}

att_status att_rights_eligible(
    att_rights *rights, const att_rights_query *query, const att_eligible **out, att_error *err)
{
    const att_rights_key key = att_rights_key_of(query);
    *out = NULL;
    pthread_mutex_lock(&rights->lock);
    att_rights_set_entry *entry = find_set(rights, &key, query->at_ms);
    if (!entry)
        entry = build_set(rights, &key, query->at_ms, err);
    if (entry) {
        entry->anchor_ms = query->at_ms;
        entry->used_at = ++rights->tick;
        entry->held++;
        *out = &entry->seen;
    }
    pthread_mutex_unlock(&rights->lock);
    return entry ? ATT_OK : ATT_NO_MEMORY;
}

void att_rights_release(att_rights *rights, const att_eligible *eligible)
{
    if (!eligible)
        return;
    // The entry was handed out as const; it is ours, and not const.
    att_rights_set_entry *entry = (att_rights_set_entry *)(uintptr_t)eligible;
    pthread_mutex_lock(&rights->lock);
    assert(entry->held > 0);
    if (--entry->held == 0 && !entry->cached)
        free_entry(rights, entry);
    pthread_mutex_unlock(&rights->lock);
}

// --- Keeping up --------------------------------------------------------------

// A copy in the cache's place, for a set that is held. NULL: out of memory.
static att_rights_set_entry *replace_by_copy(att_rights *rights, size_t index)
{
    att_rights_set_entry *old = rights->sets[index];
    att_rights_set_entry *copy = new_entry(rights, old->words);
    if (!copy)
        return NULL;
    memcpy(copy->bits, old->bits, old->words * sizeof *old->bits);
    copy->seen = old->seen;
    copy->seen.bits = copy->bits;
    copy->key = old->key;
    copy->used_at = old->used_at;
    copy->anchor_ms = old->anchor_ms;
    old->cached = false;
    rights->sets[index] = copy;
    return copy;
}

static bool widen_entry(att_rights *rights, att_rights_set_entry *entry)
{
    const size_t had = entry->words;
    if (!att_vec_grow(&rights->host, (void **)&entry->bits, &entry->words,
            rights->rows.count / 64 + 1, sizeof *entry->bits))
        return false;
    if (entry->words > had)
        memset(entry->bits + had, 0, (entry->words - had) * sizeof *entry->bits);
    rights->set_bytes += (entry->words - had) * sizeof *entry->bits;
    entry->seen.bits = entry->bits;
    entry->seen.count = rights->rows.count;
    return true;
}

static bool touch_entry(att_rights *rights, size_t index, uint32_t item)
{
    att_rights_set_entry *entry = rights->sets[index];
    if (entry->held)
        entry = replace_by_copy(rights, index);
    if (!entry || !widen_entry(rights, entry))
        return false;
    const bool holds = att_rights_row_holds(rights, &rights->rows.items[item], &entry->key,
        entry->anchor_ms, &entry->seen.good_from_ms, &entry->seen.good_until_ms);
    const uint64_t bit = (uint64_t)1 << (item % 64);
    uint64_t *word = &entry->bits[item / 64];
    entry->seen.eligible += (size_t)holds - (size_t)((*word & bit) != 0);
    *word = holds ? *word | bit : *word & ~bit;
    return true;
}

void att_rights_cache_touch(att_rights *rights, uint32_t item)
{
    pthread_mutex_lock(&rights->lock);
    for (size_t i = rights->set_count; i-- > 0;)
        if (!touch_entry(rights, i, item))
            forget_set(rights, i);
    pthread_mutex_unlock(&rights->lock);
}
