// SPDX-License-Identifier: Apache-2.0
// embed/seq_net.h - the causal Transformer over some sequences at once: forward and backward.
//
// Sequences of any lengths lie behind each other without padding: products run over all tokens, attention over one
// sequence. With x the sum of an item's vector (times sqrt dim) and its context:
//   x += attention(norm(x)); x += down(silu(up(norm(x))))     in each layer
//   out = norm(x + asked)                                     at the end, asked: the context of the event that is sought
// A context is a sum of vectors, one for each field that is known. What is sought enters behind the layers: who asks in another
// situation needs one norm, not the history anew.
// Attention is causal; its scores are q.k / sqrt(dim / heads) + near[distance] + apart[class of time between]. There are no
// absolute positions: a person's next event needs one more token, never a recomputation of what came before.
// Vaswani et al. 2017; Kang and McAuley 2018; pre-norm: Xiong et al. 2020; relative biases by place and time: Zhai et al. 2024.
#ifndef ATT_EMBED_SEQ_NET_H
#define ATT_EMBED_SEQ_NET_H

#include "base/arena.h"
#include "embed/seq_ops.h"
#include "embed/seq_shape.h"

// Borrowed. `at_s` NULL: only the order is known. `context` NULL: nothing is known of it.
typedef struct att_seq_tokens {
    size_t sequences, count; // count of tokens
    const uint32_t *start;   // (sequences + 1); no sequence longer than shape->length
    const uint32_t *item;    // (count)
    const int64_t *at_s;     // (count)
    const uint8_t *context;  // (count, ATT_SEQ_FIELDS) below ATT_SEQ_CLASSES
    const uint8_t *asked;    // likewise: of the event that is sought after each; NULL: nothing is known of it
} att_seq_tokens;

// What is dropped in training: a function of (seed, token, place), whoever computes it.
typedef struct att_seq_dropout {
    uint64_t seed;
    uint32_t threshold; // in 256ths; 0: nothing is dropped
    const uint64_t *token; // (count) which token of the training this is
} att_seq_dropout;

typedef struct att_seq_net {
    att_seq_shape shape;
    const float *weights; // (att_seq_weights)
    const float *items;   // (items, dim)
    const att_seq_ops *ops;
} att_seq_net;

// Room for so many tokens and all that backward needs of forward.
typedef struct att_seq_room att_seq_room;
att_seq_room *att_seq_room_new(
    const att_seq_shape *shape, size_t tokens, bool backward, att_arena *life); // NULL: no memory

// Returns out (count, dim), borrowed from the room. OpenBLAS runs on the threads it is set to.
float *att_seq_forward(const att_seq_net *net, const att_seq_tokens *tokens,
    const att_seq_dropout *dropout, att_seq_room *room);
// After forward with the same arguments: `gradient` (att_seq_weights) += ; dout (count, dim) is used up; returns what it
// means for the items' vectors, dx (count, dim), borrowed from the room.
float *att_seq_backward(const att_seq_net *net, const att_seq_tokens *tokens,
    const att_seq_dropout *dropout, att_seq_room *room, float *dout, float *gradient);

// Operations of one token's products, forward; for budgets and for the share of the machine's speed.
double att_seq_token_flops(const att_seq_shape *shape, double mean_length);

#endif
