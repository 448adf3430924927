// SPDX-License-Identifier: Apache-2.0
// The tree is RFC 6962's: roots and proofs are those of the certificate-transparency reference data; every proof of every size
// holds, and none that was changed does.
#include "check.h"

#include "guard/prov_tree.h"

#include <sodium.h>

// Eight leaves and the roots after each, as the reference implementations of certificate transparency have them.
static const char *const leaves[8] = {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
static const char *const roots[8] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

enum { LEAVES = 70 };
typedef struct forest { // every whole node of a tree
    att_hash nodes[8][LEAVES];
    att_tree tree;
} forest;

static bool node_of(void *user, unsigned level, uint64_t index, att_hash *out)
{
    const forest *f = user;
    if (level >= 8 || ((index + 1) << level) > f->tree.size)
        return false;
    *out = f->nodes[level][index];
    return true;
}

static void grow(forest *f, const void *data, size_t size)
{
    att_hash leaf, nodes[ATT_TREE_LEVELS];
    att_tree_leaf(data, size, &leaf);
    const uint64_t index = f->tree.size;
    const size_t count = att_tree_add(&f->tree, &leaf, nodes);
    for (size_t level = 0; level < count; level++)
        f->nodes[level][index >> level] = nodes[level];
}

static void check_hash(const att_hash *hash, const char *hex)
{
    char text[2 * ATT_HASH_SIZE + 1];
    att_hash_text(hash, text);
    CHECK_STR(text, hex);
}

static void reference(forest *f)
{
    *f = (forest){0};
    for (size_t i = 0; i < 8; i++) {
        unsigned char bytes[16];
        size_t size;
        CHECK_EQ(sodium_hex2bin(bytes, sizeof bytes, leaves[i], strlen(leaves[i]), NULL, &size, NULL), 0);
        grow(f, bytes, size);
    }
}

CHECK_TEST(roots_are_those_of_the_reference)
{
    CHECK_BEGIN();
    static forest f;
    att_hash root;
    const att_tree empty = {0};
    att_tree_root(&empty, &root);
    check_hash(&root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    reference(&f);
    for (uint64_t n = 1; n <= 8; n++) {
        CHECK(att_tree_root_of(node_of, &f, n, &root));
        check_hash(&root, roots[n - 1]);
    }
    att_tree_root(&f.tree, &root);
    check_hash(&root, roots[7]);
}

CHECK_TEST(proofs_are_those_of_the_reference)
{
    CHECK_BEGIN();
    static const struct {
        bool consistency;
        uint64_t first, size;
        const char *hashes[4];
    } known[] = {{false, 0, 1, {NULL}},
        {false, 0, 8,
            {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
        {false, 5, 8,
            {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
        {false, 2, 3, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
        {false, 1, 5,
            {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
        {true, 1, 1, {NULL}},
        {true, 1, 8,
            {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
        {true, 6, 8,
            {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
        {true, 2, 5,
            {"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}}};
    static forest f;
    reference(&f);
    for (size_t i = 0; i < ATT_COUNT_OF(known); i++) {
        att_hash out[ATT_PROOF_HASHES_MAX];
        size_t count;
        CHECK(known[i].consistency ? att_tree_proof(node_of, &f, known[i].first, known[i].size, out, &count)
                                   : att_tree_path(node_of, &f, known[i].first, known[i].size, out, &count));
        for (size_t h = 0; h < count; h++)
            check_hash(&out[h], known[i].hashes[h]);
        CHECK(count == 4 || !known[i].hashes[count]);
    }
}

// All of them for trees of up to seventy leaves, and each with one bit flipped, one hash left out, one too many.
CHECK_TEST(every_proof_holds_and_no_changed_one_does)
{
    CHECK_BEGIN();
    static forest f;
    f = (forest){0};
    for (unsigned char i = 0; i < LEAVES; i++)
        grow(&f, &i, 1);
    uint64_t proofs = 0;
    for (uint64_t size = 1; size <= LEAVES; size++) {
        att_hash root, hashes[ATT_PROOF_HASHES_MAX];
        size_t count;
        CHECK(att_tree_root_of(node_of, &f, size, &root));
        for (uint64_t at = 0; at < size; at++) {
            const att_hash *leaf = &f.nodes[0][at];
            CHECK(att_tree_path(node_of, &f, at, size, hashes, &count));
            CHECK(att_tree_path_holds(leaf, at, size, hashes, count, &root));
            CHECK(!att_tree_path_holds(&f.nodes[0][(at + 1) % LEAVES], at, size, hashes, count, &root));
            CHECK(!att_tree_path_holds(leaf, at, size, hashes, count + 1, &root));
            if (count) {
                CHECK(!att_tree_path_holds(leaf, at, size, hashes, count - 1, &root));
                CHECK(!att_tree_path_holds(leaf, at ^ 1, size, hashes, count, &root));
                hashes[(at + size) % count].bytes[at % 32] ^= 1;
                CHECK(!att_tree_path_holds(leaf, at, size, hashes, count, &root));
            }
            proofs++;
        }
        for (uint64_t first = 1; first <= size; first++) {
            att_hash before;
            CHECK(att_tree_root_of(node_of, &f, first, &before));
            CHECK(att_tree_proof(node_of, &f, first, size, hashes, &count));
            CHECK(att_tree_proof_holds(first, &before, size, &root, hashes, count));
            CHECK(!att_tree_proof_holds(first, &before, size, &root, hashes, count + 1));
            CHECK(first == size || !att_tree_proof_holds(first, &root, size, &root, hashes, count));
            if (count) {
                CHECK(!att_tree_proof_holds(first, &before, size, &root, hashes, count - 1));
                hashes[(first + size) % count].bytes[first % 32] ^= 128;
                CHECK(!att_tree_proof_holds(first, &before, size, &root, hashes, count));
            }
            proofs++;
        }
    }
    CHECK_EQ(proofs, LEAVES * (LEAVES + 1));
    CHECK(!att_tree_path_holds(&f.nodes[0][0], 0, 0, NULL, 0, &f.nodes[0][0]));
    CHECK(!att_tree_proof_holds(0, &f.nodes[0][0], 1, &f.nodes[0][0], NULL, 0));
    CHECK(!att_tree_proof_holds(3, &f.nodes[0][0], 2, &f.nodes[0][0], NULL, 0));
}

CHECK_MAIN(CHECK_CASE(roots_are_those_of_the_reference), CHECK_CASE(proofs_are_those_of_the_reference),
    CHECK_CASE(every_proof_holds_and_no_changed_one_does))
