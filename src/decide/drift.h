// SPDX-License-Identifier: Apache-2.0
// decide/drift.h - what has changed in a person: a binge, a lasting move, a new device, place or time of day.
//
// All of it is read off the preferences at the moment of asking, so a replay of the log finds the same. With N liked
// things, of which n were last touched in one session and c of these carry tag g, which C of all carry:
//
// Binge. Of the session q = c / n, of the rest p = (C - c + 1/2) / (N - n + 1). The session is far from the person's mix when
//   n (q ln(q / p) + (1 - q) ln((1 - q) / (1 - p)))  >=  binge evidence
// for a tag with q >= 1/2, q >= 2 p and c >= binge events, and as much is known of the person besides (N - n >= n). It is confirmed
// as soon as the tag made a third of what was liked in sessions of as many separate days as the policy's confirm_days, this one
// included. Until then its things with that tag bring no more into lasting taste than one ordinary session does:
//   kept = min(1, max(session worth, mean grades of the other sessions) / grades of these things)
// The session's own vector is not touched by this.
//
// Move. The history is cut at 1, 2, 3, 5 … 730 days before the newest event: A is what is newer, B the rest, unconfirmed
// binges left out. A thing's mass is split evenly over its tags. Of the two sides the one with more things is taken for the
// person's taste: o(g) = (its mass of g + 5 e(g)) / (its things + 5), e(g) being everybody's share of the tag (the catalogue's);
// and the other is asked whether it is of that taste. The evidence of a cut is
//   sum over the other side of the mean over a thing's tags of ln(e / o)
// the statistic of Page's CUSUM (1954) for "anyone's taste" against "this person's". While nothing has changed it falls with every
// thing; that it ever reaches h has a chance of at most e^-h (Ville 1939), as far as o is right. The cut with the most is a move when
// that is at least the policy's move evidence and A has things of at least confirm_days days. Older things then keep
//   kept *= max(move keep, 1 - (1 - 2^(-|A| / move half events)) (1 - r))
// where r is the mean over the thing's tags of min(1, share in A / share in B): what goes on is not forgotten.
//
// Situation. A device, a place or an hour band is new when the person has liked twenty things with known ones, and fewer than two,
// or less than 2 %, there.
#ifndef ATT_DECIDE_DRIFT_H
#define ATT_DECIDE_DRIFT_H

#include "attune/decide.h"
#include "base/arena.h"
#include "decide/taste.h"

typedef struct att_drift {
    uint32_t changes; // bits of att_change
    // The newest session that is a binge and not confirmed; tag ATT_NO_INDEX: none.
    uint32_t binge_tag, binge_count, binge_s; // items of the tag, when the newest was touched
    double binge_evidence, binge_kept;
    // The move; moved_s 0: none.
    uint32_t moved_s, moved_count, moved_days; // begins here; things and days since
    double move_evidence;
} att_drift;

// Fills `kept` of the items (before: anything). Tags are below tag_total; `common` is (tag_total), everybody's share of each,
// above 0 for the tags of the items; NULL: all alike.
att_status att_drift_find(const att_taste_moment *moment, att_taste_item *items, size_t count, size_t tag_total,
    const float *common, att_arena *scratch, att_drift *out, att_error *err);

// The part of it that depends on the situation of the moment: bits of att_change, which att_drift_find gives too. The other parts depend on
// the items, on `common`, and on the policy (att_drift_numbers) alone.
uint32_t att_drift_situation(const att_taste_moment *moment, const att_taste_item *items, size_t count);

// What the policy has to say in it.
#define ATT_DRIFT_NUMBERS 7
void att_drift_numbers(const att_policy *policy, double out[ATT_DRIFT_NUMBERS]);

#endif
