// SPDX-License-Identifier: Apache-2.0
// guard/text_automaton.c - Aho-Corasick: a trie of all needles, and from each node the longest other one that ends the same.
//
// Children are a list in the order of their making: keys have some thirty different bytes.
#include "guard/text_match.h"

typedef struct node {
    uint32_t child, sibling; // 0: none
    uint32_t fail;
    uint32_t shorter; // the next node on the way of `fail` that ends a needle, 0: none
    uint32_t needle;  // + 1, 0: none ends here
    unsigned char byte;
} node;

struct att_automaton {
    att_host host;
    node *nodes;
    size_t capacity, count;
};

static uint32_t child_of(const att_automaton *a, uint32_t at, unsigned char byte)
{
    uint32_t child = a->nodes[at].child;
    while (child && a->nodes[child].byte != byte)
        child = a->nodes[child].sibling;
    return child;
}

static uint32_t next_of(const att_automaton *a, uint32_t at, unsigned char byte)
{
    for (;;) {
        const uint32_t child = child_of(a, at, byte);
        if (child || at == 0)
            return child;
        at = a->nodes[at].fail;
    }
}

static void add(att_automaton *a, const unsigned char *bytes, uint32_t size, uint32_t needle)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < size; i++) {
        uint32_t child = child_of(a, at, bytes[i]);
        if (!child) {
            child = (uint32_t)a->count++;
            a->nodes[child] = (node){.byte = bytes[i], .sibling = a->nodes[at].child};
            a->nodes[at].child = child;
        }
        at = child;
    }
    a->nodes[at].needle = needle + 1;
}

// Breadth first, so that what a node falls back to is done before it.
static void link_up(att_automaton *a, uint32_t *queue)
{
    size_t head = 0, tail = 0;
    queue[tail++] = 0;
    while (head < tail) {
        const uint32_t at = queue[head++];
        for (uint32_t child = a->nodes[at].child; child; child = a->nodes[child].sibling) {
            node *n = &a->nodes[child];
            n->fail = at == 0 ? 0 : next_of(a, a->nodes[at].fail, n->byte);
            n->shorter = a->nodes[n->fail].needle ? n->fail : a->nodes[n->fail].shorter;
            queue[tail++] = child;
        }
    }
}

att_status att_automaton_create(att_automaton **out, const att_needles *needles, const att_host *host, att_error *err)
{
    *out = NULL;
    const att_host full = att_host_complete(host);
    size_t most = 1;
    for (uint32_t i = 0; i < needles->count; i++)
        most += needles->sizes[i];
    att_automaton *a = ATT_NEW_ARRAY(&full, att_automaton, 1);
    uint32_t *queue = ATT_NEW_ARRAY(&full, uint32_t, most);
    if (a) {
        a->host = full;
        a->capacity = most;
        a->count = 1;
        a->nodes = ATT_NEW_ARRAY(&full, node, most);
    }
    if (!a || !queue || !a->nodes) {
        ATT_FREE_ARRAY(&full, queue, most);
        att_automaton_destroy(a);
        return att_no_memory(err, most, "nodes of phrases");
    }
    for (uint32_t i = 0; i < needles->count; i++)
        add(a, needles->bytes[i], needles->sizes[i], i);
    link_up(a, queue);
    ATT_FREE_ARRAY(&full, queue, most);
    *out = a;
    return ATT_OK;
}

void att_automaton_destroy(att_automaton *a)
{
    if (!a)
        return;
    const att_host host = a->host;
    ATT_FREE_ARRAY(&host, a->nodes, a->capacity);
    ATT_FREE_ARRAY(&host, a, 1);
}

void att_automaton_search(const att_automaton *a, const unsigned char *text, size_t size, att_needle_found *found, void *user)
{
    uint32_t at = 0;
    for (size_t i = 0; i < size; i++) {
        at = next_of(a, at, text[i]);
        for (uint32_t end = a->nodes[at].needle ? at : a->nodes[at].shorter; end; end = a->nodes[end].shorter)
            if (!found(user, a->nodes[end].needle - 1, i + 1))
                return;
    }
}
