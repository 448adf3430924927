// SPDX-License-Identifier: Apache-2.0
// decide/tournament.h - who has the greatest score, while scores change one at a time (a winner tree: Knuth, The Art of Computer
// Programming 3, 5.4.1).
//
// Leaves are players in the order of their numbers, a node holds the better of its two children. A changed score meets
// one opponent on each level up to the root: unlike a heap's, the path is known beforehand, and who wins is taken
// without a branch, so nothing waits for a comparison to be foretold. Ties go to the lower leaf.
#ifndef ATT_DECIDE_TOURNAMENT_H
#define ATT_DECIDE_TOURNAMENT_H

#include "base/arena.h"

typedef struct att_match {
    int64_t rank; // rises with the score
    uint32_t leaf;
} att_match;

// By match: 1 is the root, `leaves` the first leaf.
typedef struct att_tournament {
    int64_t *ranks;    // (2 * leaves)
    uint32_t *winners; // (2 * leaves)
    size_t leaves;     // a power of two
} att_tournament;

#define ATT_RANK_OUT INT64_MIN // of who plays no more

// Numbers sort as doubles do; -0 is 0.
static inline int64_t att_rank_of_score(double score)
{
    int64_t bits;
    score += 0.0;
    memcpy(&bits, &score, sizeof bits);
    return bits ^ (int64_t)((uint64_t)(bits >> 63) >> 1);
}

// Room for `count` players, none of whom plays yet. False: out of memory.
static inline bool att_tournament_init(att_tournament *t, size_t count, att_arena *scratch)
{
    t->leaves = 1;
    while (t->leaves < count)
        t->leaves *= 2;
    t->ranks = ATT_NEW_RAW(scratch, int64_t, 2 * t->leaves);
    t->winners = ATT_NEW_RAW(scratch, uint32_t, 2 * t->leaves);
    if (!t->ranks || !t->winners)
        return false;
    for (size_t i = 0; i < t->leaves; i++) {
        t->ranks[t->leaves + i] = ATT_RANK_OUT;
        t->winners[t->leaves + i] = (uint32_t)i;
    }
    return true;
}

// Before the tournament is played.
static inline void att_tournament_seat(att_tournament *t, size_t leaf, double score)
{
    t->ranks[t->leaves + leaf] = att_rank_of_score(score);
}

static inline void att_tournament_play(att_tournament *t)
{
    for (size_t i = t->leaves; i-- > 1;) {
        const size_t better = 2 * i + (t->ranks[2 * i + 1] > t->ranks[2 * i]);
        t->ranks[i] = t->ranks[better];
        t->winners[i] = t->winners[better];
    }
}

// Who leads; rank ATT_RANK_OUT: nobody plays.
static inline att_match att_tournament_leader(const att_tournament *t)
{
    return (att_match){t->ranks[1], t->winners[1]};
}

static inline void att_tournament_change(att_tournament *t, size_t leaf, int64_t rank)
{
    uint32_t winner = (uint32_t)leaf;
    size_t at = t->leaves + leaf;
    t->ranks[at] = rank;
    for (; at > 1; at /= 2) {
        const int64_t other = t->ranks[at ^ 1];
        // All ones where the opponent wins; from the left it also wins a tie.
        const uint64_t lost = -(uint64_t)(other + (int64_t)(at & 1) > rank);
        rank ^= (int64_t)((uint64_t)(rank ^ other) & lost);
        winner ^= (winner ^ t->winners[at ^ 1]) & (uint32_t)lost;
        t->ranks[at / 2] = rank;
        t->winners[at / 2] = winner;
    }
}

#endif
