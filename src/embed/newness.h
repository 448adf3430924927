// SPDX-License-Identifier: Apache-2.0
// embed/newness.h - what came since a person was last here: a term of the score that belongs to person, item and day.
//
//   n_uj = (1 - 2^(-away)) * 2^(-max(0, t_u - b_j) / half-life), and 0 where b_j is after the moment that is asked for
//
// t_u is the newest thing the person came to like, `away` the days from then until the moment asked for, b_j when the item came: its
// publication, or the first that anybody liked it where that is earlier or the only thing known. So what came after t_u counts whole, what had
// been there for one half-life counts half; and for somebody who is still here (away 0) nothing is new.
//
// Why: a preference that is missing says little of a thing that a person could not meet and much of one that they met for years. Models
// of implicit feedback take both alike, and weigh what was not touched by one number (Hu, Koren, Volinsky 2008); that
// exposure belongs into the model is shown by Liang, Charlin, McInerney, Blei 2016, "Modeling User Exposure in Recommendation".
// Here being there while somebody was about stands for exposure.
#ifndef ATT_EMBED_NEWNESS_H
#define ATT_EMBED_NEWNESS_H

#include "embed/model.h"

typedef struct att_newness {
    const float *born_days; // (items) since 1970; NULL: there is none
    double weight;          // of 1 in the formula, by how far the person's other scores reach; > 0
    double half_life_days;
    int64_t at_ms; // the newest preference learned from
} att_newness;

// Who asks, and when. All zero: not known, and nothing is new.
typedef struct att_newness_moment {
    double share; // 1 - 2^(-away)
    float since_days, asked_days;
} att_newness_moment;

// born_days is (input->preferences->cols); items that nobody likes and that tell no publication get 0. O(nonzeros + items).
// Needs input->last_at_ms. Returns the newest moment.
int64_t att_newness_measure(float *born_days, const att_model_input *input);
// asked_ms 0: at the newest preference; since_ms 0: not known.
att_newness_moment att_newness_ask(const att_newness *newness, int64_t asked_ms, int64_t since_ms);
// n_uj.
double att_newness_of(const att_newness *newness, const att_newness_moment *moment, uint32_t item);

#endif
