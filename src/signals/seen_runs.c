// SPDX-License-Identifier: Apache-2.0
// signals/seen_runs.c - sorted runs of keys in a file, with a filter before each.
//
// A page is 256 keys, one read. Space of runs that became a part of another is given back to the file system (a hole).
#include "signals/seen.h"

#include "base/rng.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 256, FAN = 16, BLOCK_WORDS = 8, BLOCK_KEYS = 64, PROBES = 6 };

// --- The file -------------------------------------------------------------------------------------------------

// Nobody else can open it, and the system takes it away with the process.
static int open_nameless(const char *folder)
{
    char name[4200];
    int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return file;
    if ((size_t)snprintf(name, sizeof name, "%s/.attune-ids-XXXXXX", folder) >= sizeof name)
        return errno = ENAMETOOLONG, -1;
    file = mkostemp(name, O_CLOEXEC);
    if (file >= 0)
        unlink(name);
    return file;
}

static bool open_file(att_seen_file *file)
{
    if (file->descriptor < 0)
        file->descriptor = open_nameless(file->folder);
    return file->descriptor >= 0;
}

static bool transfer(const att_seen_file *file, bool out, uint64_t at, void *keys, size_t count)
{
    char *bytes = keys;
    off_t place = (off_t)(at * sizeof(att_seen_key));
    for (size_t left = count * sizeof(att_seen_key); left;) {
        const ssize_t n = out ? pwrite(file->descriptor, bytes, left, place) : pread(file->descriptor, bytes, left, place);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? EIO : errno; // it is shorter than what was written to it
            return false;
        }
        bytes += n;
        place += n;
        left -= (size_t)n;
    }
    return true;
}

static bool read_keys(att_seen_file *file, uint64_t at, att_seen_key *keys, size_t count)
{
    if (transfer(file, false, at, keys, count))
        return true;
    file->trouble = errno;
    return false;
}

static void give_back(const att_seen_file *file, const att_seen_run *run)
{
    // Where holes are not supported the space stays taken until the process ends.
    (void)fallocate(file->descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(run->at * sizeof(att_seen_key)),
        (off_t)((uint64_t)run->pages * PAGE * sizeof(att_seen_key)));
}

static size_t keys_of_page(const att_seen_run *run, uint32_t page)
{
    return ATT_MIN((size_t)PAGE, run->count - (size_t)page * PAGE);
}

static uint32_t pages_used(const att_seen_run *run)
{
    return (run->count + PAGE - 1) / PAGE;
}

// --- The filter -----------------------------------------------------------------------------------------------

static uint64_t mixed(const att_seen_key *key)
{
    return att_mix64(key->low ^ (uint64_t)key->high << 16);
}

static uint64_t *block_of(const att_seen_run *run, uint64_t hash)
{
    return run->filter + ((hash & UINT32_MAX) * run->blocks >> 32) * BLOCK_WORDS;
}

static void note(att_seen_run *run, const att_seen_key *key)
{
    const uint64_t hash = mixed(key);
    uint64_t *block = block_of(run, hash), bits = att_mix64(hash);
    for (int i = 0; i < PROBES; i++, bits >>= 9)
        block[bits >> 6 & 7] |= (uint64_t)1 << (bits & 63);
}

static bool may_have(const att_seen_run *run, uint64_t hash, uint64_t bits)
{
    const uint64_t *block = block_of(run, hash);
    for (int i = 0; i < PROBES; i++, bits >>= 9)
        if (!(block[bits >> 6 & 7] >> (bits & 63) & 1))
            return false;
    return true;
}

void att_seen_runs_prefetch(const att_seen_shard *shard, const att_seen_key *key)
{
    const uint64_t hash = mixed(key);
    for (size_t r = 0; r < shard->runs.count; r++)
        __builtin_prefetch(block_of(&shard->runs.items[r], hash));
}

// --- Looking --------------------------------------------------------------------------------------------------

// The first page whose first key has a `high` of at least (or, with above, more than) this.
static uint32_t page_from(const att_seen_run *run, uint32_t high, bool above)
{
    uint32_t low = 0, end = pages_used(run);
    while (low < end) {
        const uint32_t middle = (low + end) / 2;
        if (run->firsts[middle] < high || (above && run->firsts[middle] == high))
            low = middle + 1;
        else
            end = middle;
    }
    return low;
}

static bool is_in(att_seen_file *file, const att_seen_run *run, const att_seen_key *key)
{
    att_seen_key keys[PAGE];
    const uint32_t from = page_from(run, key->high, false), to = page_from(run, key->high, true);
    for (uint32_t page = from ? from - 1 : 0; page < to; page++) {
        const size_t count = keys_of_page(run, page);
        if (!read_keys(file, run->at + (uint64_t)page * PAGE, keys, count))
            return false;
        for (size_t i = 0; i < count; i++)
            if (att_seen_order(&keys[i], key) == 0)
                return true;
    }
    return false;
}

bool att_seen_runs_have(const att_seen *seen, const att_seen_shard *shard, const att_seen_key *key)
{
    const uint64_t hash = mixed(key), bits = att_mix64(hash);
    for (size_t r = shard->runs.count; r-- > 0;)
        if (may_have(&shard->runs.items[r], hash, bits) && is_in(seen->file, &shard->runs.items[r], key))
            return true;
    return false;
}

// --- Writing a run --------------------------------------------------------------------------------------------

typedef struct builder {
    att_seen *seen;
    att_seen_run run;
    uint32_t put; // keys
    size_t held;
    att_seen_key buffer[16 * PAGE];
} builder;

static void free_run(const att_seen *seen, att_seen_run *run)
{
    ATT_FREE_ARRAY(seen->host, run->firsts, run->pages);
    ATT_FREE_ARRAY(seen->host, run->filter, (size_t)run->blocks * BLOCK_WORDS);
    *run = (att_seen_run){0};
}

static builder *begin(att_seen *seen, uint32_t count, uint32_t tier)
{
    builder *b = open_file(seen->file) ? ATT_NEW_ARRAY(seen->host, builder, 1) : NULL;
    if (!b)
        return NULL;
    b->seen = seen;
    b->run = (att_seen_run){.at = seen->file->end, .count = count, .tier = tier, .pages = (count + PAGE - 1) / PAGE, .blocks = count / BLOCK_KEYS + 1};
    b->run.firsts = ATT_NEW_ARRAY(seen->host, uint32_t, b->run.pages);
    b->run.filter = ATT_NEW_ARRAY(seen->host, uint64_t, (size_t)b->run.blocks * BLOCK_WORDS);
    if (b->run.firsts && b->run.filter)
        return b;
    free_run(seen, &b->run);
    ATT_FREE_ARRAY(seen->host, b, 1);
    return NULL;
}

static bool flush(builder *b)
{
    const bool written = transfer(b->seen->file, true, b->run.at + b->put - b->held, b->buffer, b->held);
    b->held = 0;
    return written;
}

// A visitor.
static bool put_keys(void *user, const att_seen_key *keys, size_t count)
{
    builder *b = user;
    for (size_t i = 0; i < count; i++) {
        if (b->put % PAGE == 0)
            b->run.firsts[b->put / PAGE] = keys[i].high;
        note(&b->run, &keys[i]);
        b->buffer[b->held++] = keys[i];
        b->put++;
        if (b->held == ATT_COUNT_OF(b->buffer) && !flush(b))
            return false;
    }
    return true;
}

// Takes the run into the shard where `good`; the builder is gone in any case.
static bool finish(builder *b, att_seen_shard *shard, bool good)
{
    att_seen *seen = b->seen;
    good = good && b->put == b->run.count && flush(b) && ATT_VEC_PUSH(seen->host, &shard->runs, b->run);
    if (good)
        seen->file->end += (uint64_t)b->run.pages * PAGE;
    else
        free_run(seen, &b->run);
    ATT_FREE_ARRAY(seen->host, b, 1);
    return good;
}

bool att_seen_shard_add_run(att_seen *seen, att_seen_shard *shard, const att_seen_key *keys, size_t count)
{
    uint32_t tier = 0;
    for (uint64_t size = (uint64_t)seen->file->keys_max * FAN; size <= count; size *= FAN)
        tier++;
    builder *b = begin(seen, (uint32_t)count, tier);
    return b && finish(b, shard, put_keys(b, keys, count));
}

// --- Walking in order -----------------------------------------------------------------------------------------

typedef struct cursor {
    const att_seen_run *run; // NULL: all its keys are in memory
    uint32_t page;           // the next one to read
    size_t at, count;
    att_seen_key *keys;      // (PAGE), or those in memory
} cursor;

// False: it is through, or cannot be read.
static bool next_page(att_seen_file *file, cursor *c)
{
    if (!c->run || c->page == pages_used(c->run))
        return false;
    c->at = 0;
    c->count = keys_of_page(c->run, c->page);
    return read_keys(file, c->run->at + (uint64_t)c->page++ * PAGE, c->keys, c->count);
}

static bool merge(const att_seen *seen, cursor *cursors, size_t count, att_seen_visitor each, void *user)
{
    att_seen_key out[PAGE];
    size_t held = 0;
    for (size_t i = 0; i < count;) // those without keys are left out
        if (cursors[i].at < cursors[i].count || next_page(seen->file, &cursors[i]))
            i++;
        else
            cursors[i] = cursors[--count];
    while (count && !seen->file->trouble) {
        size_t least = 0;
        for (size_t i = 1; i < count; i++)
            if (att_seen_order(&cursors[i].keys[cursors[i].at], &cursors[least].keys[cursors[least].at]) < 0)
                least = i;
        cursor *c = &cursors[least];
        out[held++] = c->keys[c->at++];
        if (c->at == c->count && !next_page(seen->file, c))
            *c = cursors[--count];
        if (held == PAGE || !count) {
            if (!each(user, out, held))
                return false;
            held = 0;
        }
    }
    return !seen->file->trouble;
}

// Slots lie nearly in order already.
static void sort_nearly(att_seen_key *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const att_seen_key key = keys[i];
        size_t at = i;
        for (; at > 0 && att_seen_order(&key, &keys[at - 1]) < 0; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

// What is in memory, in order; its own, (shard->count). NULL: out of memory.
static att_seen_key *sorted_slots(const att_seen *seen, const att_seen_shard *shard)
{
    att_seen_key *keys = ATT_NEW_ARRAY(seen->host, att_seen_key, ATT_MAX(shard->count, 1u));
    size_t count = 0;
    for (size_t i = 0; keys && i < shard->capacity; i++)
        if (shard->slots[i].user_plus_1)
            keys[count++] = shard->slots[i];
    if (keys)
        sort_nearly(keys, count);
    return keys;
}

// Runs from `first` on, and the keys in memory where they are given.
static bool walk_some(const att_seen *seen, const att_seen_shard *shard, size_t first, att_seen_key *memory, att_seen_visitor each, void *user)
{
    const size_t runs = shard->runs.count - first;
    cursor *cursors = ATT_NEW_ARRAY(seen->host, cursor, runs + 1);
    att_seen_key *pages = ATT_NEW_ARRAY(seen->host, att_seen_key, ATT_MAX(runs, (size_t)1) * PAGE);
    bool whole = cursors && pages;
    if (whole) {
        for (size_t r = 0; r < runs; r++)
            cursors[r] = (cursor){.run = &shard->runs.items[first + r], .keys = pages + r * PAGE};
        cursors[runs] = (cursor){.keys = memory, .count = memory ? shard->count : 0};
        whole = merge(seen, cursors, runs + 1, each, user);
    }
    ATT_FREE_ARRAY(seen->host, pages, ATT_MAX(runs, (size_t)1) * PAGE);
    ATT_FREE_ARRAY(seen->host, cursors, runs + 1);
    return whole;
}

bool att_seen_runs_walk(const att_seen *seen, const att_seen_shard *shard, att_seen_visitor each, void *user)
{
    att_seen_key *memory = sorted_slots(seen, shard);
    const bool whole = memory && walk_some(seen, shard, 0, memory, each, user);
    ATT_FREE_ARRAY(seen->host, memory, ATT_MAX(shard->count, 1u));
    return whole;
}

// --- Spilling and merging -------------------------------------------------------------------------------------

// The last sixteen become one, when they are of a size. Where that fails they stay as they are.
static void merge_last(att_seen *seen, att_seen_shard *shard)
{
    const size_t runs = shard->runs.count, first = runs - FAN;
    if (runs < FAN || shard->runs.items[first].tier != shard->runs.items[runs - 1].tier)
        return;
    uint64_t count = 0;
    for (size_t r = first; r < runs; r++)
        count += shard->runs.items[r].count;
    builder *b = count && count < UINT32_MAX ? begin(seen, (uint32_t)count, shard->runs.items[first].tier + 1) : NULL;
    if (!b || !finish(b, shard, walk_some(seen, shard, first, NULL, put_keys, b)))
        return;
    for (size_t r = first; r < runs; r++) {
        give_back(seen->file, &shard->runs.items[r]);
        free_run(seen, &shard->runs.items[r]);
    }
    shard->runs.items[first] = shard->runs.items[runs];
    shard->runs.count = first + 1;
    merge_last(seen, shard);
}

bool att_seen_shard_spill(att_seen *seen, att_seen_shard *shard)
{
    errno = 0;
    att_seen_key *keys = sorted_slots(seen, shard);
    const size_t count = shard->count;
    builder *b = keys ? begin(seen, (uint32_t)count, 0) : NULL;
    const bool spilled = b && finish(b, shard, put_keys(b, keys, count));
    const int why = errno;
    ATT_FREE_ARRAY(seen->host, keys, ATT_MAX(count, (size_t)1));
    if (!spilled) {
        if (why && !seen->file->told)
            att_logf(seen->host, ATT_LOG_WARNING, "ids of events stay in memory: writing to their file failed: %s", strerror(why));
        seen->file->told = seen->file->told || why;
        shard->spill_at = (uint32_t)ATT_MIN((uint64_t)shard->spill_at * 2, UINT32_MAX); // tried again then
        return false;
    }
    memset(shard->slots, 0, shard->capacity * sizeof *shard->slots);
    shard->count = 0;
    shard->spill_at = seen->file->keys_max;
    merge_last(seen, shard);
    return true;
}

void att_seen_runs_clear(att_seen *seen, att_seen_shard *shard)
{
    for (size_t r = 0; r < shard->runs.count; r++)
        free_run(seen, &shard->runs.items[r]);
    ATT_VEC_FREE(seen->host, &shard->runs);
}

// --- Forgetting -----------------------------------------------------------------------------------------------

static bool holds(const att_seen_key *keys, size_t count, uint32_t user_plus_1)
{
    for (size_t i = 0; i < count; i++)
        if (keys[i].user_plus_1 == user_plus_1)
            return true;
    return false;
}

// In its own place: what is kept moves up. The filter keeps bits of what is gone, which costs a look and no more.
static bool forget_in(att_seen_file *file, att_seen_run *run, uint32_t user_plus_1)
{
    att_seen_key keys[PAGE], kept[2 * PAGE];
    const uint32_t pages = pages_used(run);
    uint32_t written = 0;
    size_t held = 0;
    bool moving = false;
    for (uint32_t page = 0; page < pages; page++) {
        const size_t count = keys_of_page(run, page);
        if (!read_keys(file, run->at + (uint64_t)page * PAGE, keys, count))
            return false;
        if (!moving && !holds(keys, count, user_plus_1)) {
            written += (uint32_t)count;
            continue;
        }
        moving = true; // from here on; what was written before ends a page
        for (size_t i = 0; i < count; i++)
            if (keys[i].user_plus_1 != user_plus_1)
                kept[held++] = keys[i];
        if (held < PAGE && page + 1 < pages)
            continue;
        for (size_t at = 0; at < held && (held - at >= PAGE || page + 1 == pages); at += PAGE) {
            const size_t some = ATT_MIN((size_t)PAGE, held - at);
            if (!transfer(file, true, run->at + written, kept + at, some)) {
                file->trouble = errno; // half of it has moved
                return false;
            }
            run->firsts[written / PAGE] = kept[at].high;
            written += (uint32_t)some;
        }
        const size_t done = page + 1 == pages ? held : held / PAGE * PAGE;
        memmove(kept, kept + done, (held - done) * sizeof *kept);
        held -= done;
    }
    run->count = written;
    return true;
}

att_status att_seen_runs_forget(att_seen *seen, att_seen_shard *shard, uint32_t user_plus_1, att_error *err)
{
    for (size_t r = 0; r < shard->runs.count; r++)
        if (!forget_in(seen->file, &shard->runs.items[r], user_plus_1))
            return att_fail_errno(err, seen->file->trouble, "taking somebody's ids of events out of their file");
    return ATT_OK;
}
