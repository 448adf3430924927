// SPDX-License-Identifier: Apache-2.0
// guard/prov_tree.h - a Merkle tree that only grows, as in RFC 6962, section 2.1 (Laurie, Langley, Kasper 2013).
//
//   leaf(d)    = SHA-256(0x00, d)
//   node(l, r) = SHA-256(0x01, l, r)
//   root of n leaves: n = 0: SHA-256 of nothing; n = 1: the leaf; else node(root of the first k, root of the rest), where
//   k is the greatest power of two below n
//
// A node is named by level and index: level 0 are the leaves, node (L, i) is over the leaves from i 2^L on, 2^L of them. It is
// whole as soon as its last leaf is there, and never changes then.
#ifndef ATT_GUARD_PROV_TREE_H
#define ATT_GUARD_PROV_TREE_H

#include "attune/provenance.h"
#include "base/base.h"

#define ATT_TREE_LEVELS 64

// Grows leaf by leaf and keeps the roots of its whole subtrees alone.
typedef struct att_tree {
    uint64_t size;
    att_hash peaks[ATT_TREE_LEVELS]; // peaks[k] is used where bit k of size is set
} att_tree;

void att_tree_leaf(const void *data, size_t size, att_hash *out);
void att_tree_node(const att_hash *left, const att_hash *right, att_hash *out);
// Writes the nodes that the leaf makes whole, from level 0 (the leaf) up; returns how many: 1 + trailing ones of the old size.
size_t att_tree_add(att_tree *tree, const att_hash *leaf, att_hash nodes[ATT_TREE_LEVELS]);
void att_tree_root(const att_tree *tree, att_hash *out);
bool att_hash_equal(const att_hash *a, const att_hash *b);

// Where the nodes of a tree are kept. False: it cannot be read; what asked for it says so.
typedef bool att_tree_source(void *user, unsigned level, uint64_t index, att_hash *out);

// Of the first `size` leaves. False: the source failed.
bool att_tree_root_of(att_tree_source *source, void *user, uint64_t size, att_hash *out);
// PATH(index, D[size]) and PROOF(first, D[size]); `out` has room for ATT_PROOF_HASHES_MAX. index < size, 0 < first <= size.
bool att_tree_path(att_tree_source *source, void *user, uint64_t index, uint64_t size, att_hash *out, size_t *count);
bool att_tree_proof(att_tree_source *source, void *user, uint64_t first, uint64_t size, att_hash *out, size_t *count);

// Do they prove it? RFC 9162 (Laurie, Messeri, Stradling 2021), 2.1.3.2 and 2.1.4.2.
bool att_tree_path_holds(const att_hash *leaf, uint64_t index, uint64_t size, const att_hash *path, size_t count, const att_hash *root);
bool att_tree_proof_holds(uint64_t first, const att_hash *first_root, uint64_t size, const att_hash *root, const att_hash *proof,
    size_t count);

#endif
