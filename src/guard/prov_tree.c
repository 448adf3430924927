// SPDX-License-Identifier: Apache-2.0
// guard/prov_tree.c - the tree, its proofs, and the checks of them.
#include "guard/prov_tree.h"

#include <sodium.h>

void att_tree_leaf(const void *data, size_t size, att_hash *out)
{
    static const unsigned char prefix = 0;
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, &prefix, 1);
    crypto_hash_sha256_update(&state, data, size);
    crypto_hash_sha256_final(&state, out->bytes);
}

void att_tree_node(const att_hash *left, const att_hash *right, att_hash *out)
{
    unsigned char both[1 + 2 * ATT_HASH_SIZE] = {1};
    memcpy(both + 1, left->bytes, ATT_HASH_SIZE);
    memcpy(both + 1 + ATT_HASH_SIZE, right->bytes, ATT_HASH_SIZE);
    crypto_hash_sha256(out->bytes, both, sizeof both);
}

bool att_hash_equal(const att_hash *a, const att_hash *b)
{
    return memcmp(a->bytes, b->bytes, ATT_HASH_SIZE) == 0;
}

size_t att_tree_add(att_tree *tree, const att_hash *leaf, att_hash nodes[ATT_TREE_LEVELS])
{
    size_t level = 0;
    nodes[0] = *leaf;
    for (; tree->size >> level & 1; level++)
        att_tree_node(&tree->peaks[level], &nodes[level], &nodes[level + 1]);
    tree->peaks[level] = nodes[level];
    tree->size++;
    return level + 1;
}

void att_tree_root(const att_tree *tree, att_hash *out)
{
    bool any = false;
    for (unsigned level = 0; level < ATT_TREE_LEVELS; level++) {
        if (!(tree->size >> level & 1))
            continue;
        if (any)
            att_tree_node(&tree->peaks[level], out, out);
        else
            *out = tree->peaks[level];
        any = true;
    }
    if (!any)
        crypto_hash_sha256(out->bytes, NULL, 0);
}

// --- Proofs -------------------------------------------------------------------------------------------------------

// The greatest power of two below n; n >= 2.
static unsigned split_level(uint64_t n)
{
    return 63 - (unsigned)__builtin_clzll(n - 1);
}

// Of the leaves from `begin` on, `count` of them; `begin` is a multiple of the greatest power of two up to `count`.
static bool range_root(att_tree_source *source, void *user, uint64_t begin, uint64_t count, att_hash *out)
{
    if ((count & (count - 1)) == 0) {
        const unsigned level = (unsigned)__builtin_ctzll(count);
        return source(user, level, begin >> level, out);
    }
    const uint64_t k = 1ull << split_level(count);
    att_hash left, right;
    if (!range_root(source, user, begin, k, &left) || !range_root(source, user, begin + k, count - k, &right))
        return false;
    att_tree_node(&left, &right, out);
    return true;
}

bool att_tree_root_of(att_tree_source *source, void *user, uint64_t size, att_hash *out)
{
    if (size)
        return range_root(source, user, 0, size, out);
    crypto_hash_sha256(out->bytes, NULL, 0);
    return true;
}

// Found from the top down, told from the bottom up.
static void turn_round(att_hash *hashes, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        const att_hash swap = hashes[i];
        hashes[i] = hashes[count - 1 - i];
        hashes[count - 1 - i] = swap;
    }
}

bool att_tree_path(att_tree_source *source, void *user, uint64_t index, uint64_t size, att_hash *out, size_t *count)
{
    uint64_t begin = 0, n = size;
    *count = 0;
    while (n > 1) {
        const uint64_t k = 1ull << split_level(n);
        const bool left = index - begin < k;
        if (!range_root(source, user, left ? begin + k : begin, left ? n - k : k, &out[(*count)++]))
            return false;
        begin += left ? 0 : k;
        n = left ? k : n - k;
    }
    turn_round(out, *count);
    return true;
}

bool att_tree_proof(att_tree_source *source, void *user, uint64_t first, uint64_t size, att_hash *out, size_t *count)
{
    uint64_t begin = 0, m = first, n = size;
    bool known = true; // the subtree that is left is one whose root the other side has
    *count = 0;
    while (m < n) {
        const uint64_t k = 1ull << split_level(n);
        const bool left = m <= k;
        if (!range_root(source, user, left ? begin + k : begin, left ? n - k : k, &out[(*count)++]))
            return false;
        if (!left)
            begin += k, m -= k, known = false;
        n = left ? k : n - k;
    }
    if (!known && !range_root(source, user, begin, m, &out[(*count)++]))
        return false;
    turn_round(out, *count);
    return true;
}

// --- Checks -------------------------------------------------------------------------------------------------------

bool att_tree_path_holds(const att_hash *leaf, uint64_t index, uint64_t size, const att_hash *path, size_t count, const att_hash *root)
{
    if (index >= size)
        return false;
    uint64_t at = index, last = size - 1;
    att_hash hash = *leaf;
    for (size_t i = 0; i < count; i++) {
        if (last == 0)
            return false;
        if ((at & 1) || at == last) {
            att_tree_node(&path[i], &hash, &hash);
            for (; !(at & 1) && at; at >>= 1)
                last >>= 1;
        } else {
            att_tree_node(&hash, &path[i], &hash);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && att_hash_equal(&hash, root);
}

bool att_tree_proof_holds(uint64_t first, const att_hash *first_root, uint64_t size, const att_hash *root, const att_hash *proof,
    size_t count)
{
    if (first == 0 || first > size)
        return false;
    if (first == size)
        return count == 0 && att_hash_equal(first_root, root);
    const bool whole = (first & (first - 1)) == 0; // then its root is the first hash of the proof, and is not told
    if (count == 0 && !whole)
        return false;
    uint64_t at = first - 1, last = size - 1;
    for (; at & 1; at >>= 1)
        last >>= 1;
    size_t i = whole ? 0 : 1;
    att_hash before = whole ? *first_root : proof[0], after = before;
    for (; i < count; i++) {
        if (last == 0)
            return false;
        if ((at & 1) || at == last) {
            att_tree_node(&proof[i], &before, &before);
            att_tree_node(&proof[i], &after, &after);
            for (; !(at & 1) && at; at >>= 1)
                last >>= 1;
        } else {
            att_tree_node(&after, &proof[i], &after);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && att_hash_equal(&before, first_root) && att_hash_equal(&after, root);
}
