// SPDX-License-Identifier: Apache-2.0
// music/stems_learner.h - weights that move: examples in a ring, steps of Adam, a state that can be put away and taken up.
//
// An example costs more to make than to learn from once, so each step makes one and learns from two of the ring's, drawn at random
// (data echoing, Choi et al. 2019). Example number n lies at place n % ring, and what a step draws depends on seed and step alone.
// What is judged and kept are the weights' means over the last steps.
#ifndef ATT_MUSIC_STEMS_LEARNER_H
#define ATT_MUSIC_STEMS_LEARNER_H

#include "music/stems_examples.h"

typedef struct att_stems_learner att_stems_learner;

typedef struct att_stems_pace {
    uint64_t seed;
    uint32_t steps;  // in all: over the last three tenths the rate falls to nothing
    size_t frames;   // of a stretch
    uint32_t ring, batch;
    double rate;     // at its highest
} att_stems_pace;

att_status att_stems_learner_create(att_stems_learner **out, const att_stems_pool *pool, const att_stems_pace *pace, const att_host *host, att_error *err);
void att_stems_learner_destroy(att_stems_learner *learner); // NULL is fine
uint32_t att_stems_learner_at(const att_stems_learner *learner); // steps done
float *att_stems_learner_weights(att_stems_learner *learner);
// One step; *loss is the mean of its examples'.
att_status att_stems_learner_step(att_stems_learner *learner, double *loss, att_error *err);
// The mean error of each stem in decibels below it, over the first tracks of a pool as they are; stems that are silent do not count.
att_status att_stems_learner_judge(att_stems_learner *learner, const att_stems_pool *pool, uint32_t tracks, double below_db[ATT_STEM_COUNT], att_error *err);
att_status att_stems_learner_save(const att_stems_learner *learner, const char *path, att_error *err);
// ATT_NOT_FOUND: there is none; ATT_INVALID: it is of another training. One of another number of steps will do while its rate has not begun
// to fall in either.
att_status att_stems_learner_load(att_stems_learner *learner, const char *path, att_error *err);

#endif
