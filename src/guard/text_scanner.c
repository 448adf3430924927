// SPDX-License-Identifier: Apache-2.0
// guard/text_scanner.c - the same search by vectorscan (or hyperscan, whose interface it keeps), on literals.
//
// A scan needs scratch space that one thread uses at a time: it is taken from a few places, or cloned when all are in use.
#include "guard/text_match.h"

#ifdef ATT_HS
#include <hs.h>
#include <stdatomic.h>

enum { PLACES = 16 };

struct att_scanner {
    att_host host;
    hs_database_t *database;
    hs_scratch_t *first; // to clone from
    _Atomic(hs_scratch_t *) spare[PLACES];
};

typedef struct search {
    att_needle_found *found;
    void *user;
} search;

bool att_scanner_exists(void)
{
    return hs_valid_platform() == HS_SUCCESS;
}

const char *att_scanner_version(void)
{
    return hs_version();
}

static att_status compile(att_scanner *s, const att_needles *needles, att_error *err)
{
    const size_t n = needles->count;
    unsigned *ids = ATT_NEW_ARRAY(&s->host, unsigned, n), *flags = ATT_NEW_ARRAY(&s->host, unsigned, n);
    size_t *sizes = ATT_NEW_ARRAY(&s->host, size_t, n);
    att_status status = ids && flags && sizes ? ATT_OK : att_no_memory(err, n, "phrases");
    for (size_t i = 0; !status && i < n; i++) {
        ids[i] = (unsigned)i;
        sizes[i] = needles->sizes[i];
    }
    hs_compile_error_t *story = NULL;
    if (!status && hs_compile_lit_multi((const char *const *)needles->bytes, flags, ids, sizes, (unsigned)n, HS_MODE_BLOCK, NULL,
                       &s->database, &story) != HS_SUCCESS) {
        status = ATT_FAIL(err, ATT_UNSUPPORTED, "compiling %zu phrases: %s", n, story ? story->message : "no memory");
        hs_free_compile_error(story);
    }
    if (!status && hs_alloc_scratch(s->database, &s->first) != HS_SUCCESS)
        status = att_no_memory(err, 1, "scratch of the phrase search");
    ATT_FREE_ARRAY(&s->host, ids, n);
    ATT_FREE_ARRAY(&s->host, flags, n);
    ATT_FREE_ARRAY(&s->host, sizes, n);
    return status;
}

att_status att_scanner_create(att_scanner **out, const att_needles *needles, const att_host *host, att_error *err)
{
    *out = NULL;
    const att_host full = att_host_complete(host);
    att_scanner *s = ATT_NEW_ARRAY(&full, att_scanner, 1);
    if (!s)
        return att_no_memory(err, 1, "phrase search");
    s->host = full;
    const att_status status = compile(s, needles, err);
    if (status)
        att_scanner_destroy(s);
    else
        *out = s;
    return status;
}

void att_scanner_destroy(att_scanner *s)
{
    if (!s)
        return;
    const att_host host = s->host;
    for (size_t i = 0; i < PLACES; i++)
        hs_free_scratch(atomic_load(&s->spare[i]));
    hs_free_scratch(s->first);
    hs_free_database(s->database);
    ATT_FREE_ARRAY(&host, s, 1);
}

static hs_scratch_t *take(att_scanner *s)
{
    hs_scratch_t *mine = NULL;
    for (size_t i = 0; i < PLACES; i++) {
        mine = atomic_exchange(&s->spare[i], NULL);
        if (mine)
            return mine;
    }
    return hs_clone_scratch(s->first, &mine) == HS_SUCCESS ? mine : NULL;
}

static void give_back(att_scanner *s, hs_scratch_t *mine)
{
    for (size_t i = 0; i < PLACES; i++) {
        hs_scratch_t *none = NULL;
        if (atomic_compare_exchange_strong(&s->spare[i], &none, mine))
            return;
    }
    hs_free_scratch(mine);
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *user)
{
    const search *s = user;
    (void)from;
    (void)flags;
    return !s->found(s->user, id, (size_t)to);
}

bool att_scanner_search(const att_scanner *scanner, const unsigned char *text, size_t size, att_needle_found *found, void *user)
{
    att_scanner *s = (att_scanner *)(uintptr_t)scanner;
    search about = {found, user};
    hs_scratch_t *mine = take(s);
    if (!mine)
        return false;
    const hs_error_t error = hs_scan(s->database, (const char *)text, (unsigned)size, 0, mine, on_match, &about);
    give_back(s, mine);
    return error == HS_SUCCESS || error == HS_SCAN_TERMINATED;
}
#else
bool att_scanner_exists(void)
{
    return false;
}

const char *att_scanner_version(void)
{
    return "";
}

att_status att_scanner_create(att_scanner **out, const att_needles *needles, const att_host *host, att_error *err)
{
    (void)needles;
    (void)host;
    *out = NULL;
    return ATT_FAIL(err, ATT_UNSUPPORTED, "this build has no vectorscan");
}

void att_scanner_destroy(att_scanner *scanner)
{
    (void)scanner;
}

bool att_scanner_search(const att_scanner *scanner, const unsigned char *text, size_t size, att_needle_found *found, void *user)
{
    (void)scanner;
    (void)text;
    (void)size;
    (void)found;
    (void)user;
    return false;
}
#endif
