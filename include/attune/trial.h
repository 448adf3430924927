// SPDX-License-Identifier: Apache-2.0
// attune/trial.h - what several time scales of taste do for people, tried in the simulator with and without them.
//
// Each world is lived again by the same people from the same history and the same model: once under the policy's defaults,
// once with taste.scales off (one half-life and the session). Figures are means over people of all worlds with 95 %
// bootstrap intervals. What each question means: docs/taste.md. What the simulation says holds for the simulation.
#ifndef ATT_TRIAL_H
#define ATT_TRIAL_H

#include "attune/engine.h"
#include "attune/measure.h"
#include "attune/simulate.h"

ATT_BEGIN

typedef struct att_trial_options {
    uint32_t people, items, days, events; // of each world's history
    uint32_t worlds;                      // 1 … 100
    uint64_t seed;                        // of the first world; the next take the numbers behind it
    bool situations;                      // ask what two contexts do
    uint32_t binge_plays;                 // of one late-night session; 0: leave this question out
    uint32_t move_days;                   // five plays of another taste each; 0: leave it out
    uint32_t bubble_days;                 // people meet the engine for so long; 0: leave it out
} att_trial_options;

att_trial_options att_trial_options_default(void); // 80 people, 800 items, 60 days, 2 worlds, 20 plays, 12 and 60 days

enum { ATT_TRIAL_WITH, ATT_TRIAL_WITHOUT, ATT_TRIAL_ARMS, ATT_TRIAL_BARE = ATT_TRIAL_ARMS, ATT_TRIAL_LOOPS };
enum { ATT_TRIAL_BEFORE, ATT_TRIAL_RIGHT_AFTER, ATT_TRIAL_NEXT_DAY, ATT_TRIAL_WEEK_LATER, ATT_TRIAL_TIMES };
#define ATT_TRIAL_MOVE_DAYS_MAX 60
#define ATT_TRIAL_WINDOW_DAYS 10
#define ATT_TRIAL_WINDOWS_MAX 20

// The same people at the gym in the morning and in bed at night. Worth by the truth of the moment.
typedef struct att_trial_situations {
    size_t people;
    att_interval gain[ATT_TRIAL_ARMS];    // of a slot in its own situation, over a slot made for the other one
    att_interval overlap[ATT_TRIAL_ARMS]; // things in both slates' draws, share of those in either
    att_interval worth[ATT_TRIAL_ARMS];   // of a slot in its own situation
    att_interval worth_gain;              // with less without, by person
} att_trial_situations;

// One session of a theme that is not theirs: slates of ten before it, right after it, next day, a week later.
typedef struct att_trial_binge {
    size_t people;
    att_interval share[ATT_TRIAL_ARMS][ATT_TRIAL_TIMES];    // of slots that carry the session's tag
    att_interval distance[ATT_TRIAL_ARMS][ATT_TRIAL_TIMES]; // KL divergence of the slates' tags from those before, nats;
                                                            // before: of two halves from each other, the noise
    att_interval less[ATT_TRIAL_TIMES];                     // share without less share with, by person
} att_trial_binge;

// From one day on all plays are of another person's taste. Progress: how far the slates' worth to the new taste has come from
// what it was towards what that taste's own slates are worth, as a ratio of means over people; followed: a person's slates have
// come half-way, today and at the next look.
typedef struct att_trial_move {
    size_t people, looks;
    uint32_t events_each; // between two looks
    att_interval progress[ATT_TRIAL_ARMS][ATT_TRIAL_MOVE_DAYS_MAX];
    double half_events[ATT_TRIAL_ARMS], most_events[ATT_TRIAL_ARMS]; // events until half and 90 % are followed; INFINITY: never
    double followed[ATT_TRIAL_ARMS];                                 // share of people, in the end
    double noticed[ATT_TRIAL_ARMS], noticed_before[ATT_TRIAL_ARMS];  // share whose move was detected; and before any
} att_trial_move;

// A closed loop. By windows of ten days: entropy of the tags that one person was shown, and the KL divergence of
// those from the tags of the forty things that are truly best for them. A third life shows what a bubble is: bare, with nothing
// but nearness to taste (no time scales, diversity, calibration, exploration, novelty, nothing unusual).
typedef struct att_trial_bubble {
    size_t people, windows;
    att_interval entropy[ATT_TRIAL_LOOPS][ATT_TRIAL_WINDOWS_MAX]; // bits
    att_interval calibration[ATT_TRIAL_LOOPS][ATT_TRIAL_WINDOWS_MAX];
    att_interval entropy_gain, calibration_gain; // with less without, mean over a person's windows
    double satisfaction[ATT_TRIAL_LOOPS], satisfaction_error[ATT_TRIAL_LOOPS], per_visit[ATT_TRIAL_LOOPS];
    double explored[ATT_TRIAL_LOOPS]; // share of impressions
    uint64_t decisions[ATT_TRIAL_LOOPS];
} att_trial_bubble;

typedef struct att_trial_report {
    att_trial_situations situations;
    att_trial_binge binge;
    att_trial_move move;
    att_trial_bubble bubble;
} att_trial_report;

// Makes stores in `folder`, which must be there, and leaves them. ATT_CANCELLED when the host asks for it.
att_status att_trial_run(const char *folder, const att_trial_options *options, const att_host *host,
    att_trial_report *report, att_error *err);

ATT_END
#endif
