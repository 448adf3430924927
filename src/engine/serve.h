// SPDX-License-Identifier: Apache-2.0
// engine/serve.h - one request from inside: what is gathered about a person and the candidates.
//
// All memory is the request's scratch, but for what the answer points to. state_lock is held for reading from att_view_begin to att_view_end.
#ifndef ATT_ENGINE_SERVE_H
#define ATT_ENGINE_SERVE_H

#include "decide/drift.h"
#include "decide/pool.h"
#include "decide/slate.h"
#include "decide/taste.h"
#include "decide/terms.h"
#include "engine/internal.h"

// At most this many of a person's preferences shape one decision: the heaviest after decay.
#define ATT_HISTORY_MAX 256

// A person's liked things as decide/taste.h wants them, with what has changed.
typedef struct att_tastes {
    att_taste_item *items; // (count)
    uint32_t *chosen;      // (count) place among the preferences
    float *weights;        // (count)
    float *scales;         // (ATT_TASTE_SCALES, count)
    size_t count;
    att_taste_sum sum;
    att_drift drift;
} att_tastes;

// Raw quantities of the candidates, each (candidate_count), for their terms.
typedef struct att_raw_columns {
    float *novelty, *boost, *energy, *less_like, *situation, *skip;
    int64_t *published_at_ms;
} att_raw_columns;

typedef struct att_view {
    att_engine *engine;
    att_slate_memory *memory; // scratch, search and fold
    att_arena *answer;        // lives until the slate's memory is used again
    const att_request *request;
    const att_policy *policy; // in force for this person: the store's, or that of an experiment's arm
    att_policy own_policy;     // what `policy` points to when it is not the store's
    att_assignment assignment; // the person's arms
    int64_t at_ms;
    uint64_t seed;

    const att_person_state *person; // NULL: a stranger, or opted out
    const att_person_controls *controls;
    uint32_t user;                  // ATT_NO_INDEX: not known yet

    att_rights_query rights;
    const att_eligible *eligible;   // held until att_view_end
    const uint64_t *bits;           // eligible less blocked; may be eligible->bits
    size_t bit_count, eligible_count;
    uint32_t *exclude;              // ascending: shown lately, finished lately, disliked
    size_t exclude_count;

    uint32_t changes;               // bits of att_change
    att_taste_moment moment;
    att_wishes_now wishes;          // what the request's situation wants of features; count 0: nothing
    float *skips;                   // (serving.context_tag_count) by tag, what it adds to the odds of being left early here; NULL: not known
    float *lifts;                   // (serving.context_tag_count) of the request's situation, by tag; NULL: none learned
    att_fold_item *history;         // (history_count) what the person's vector is made of
    const att_preference **sources; // (history_count) the preference behind each
    size_t history_count;
    size_t explained;               // newest events whose part in the sequence is told exactly (att_model_read)
    bool folded;                    // memory->fold holds the person
    float *taste;                   // (dim); NULL: none

    double *taste_mix;              // (tags), sums to 1; NULL: nothing is known
    att_candidate *candidates;      // (candidate_count)
    size_t near_count;              // of them, the first ones, that came from the index
    float *relevance;               // (candidate_count) unweighted
    att_raw_columns columns;
    const uint64_t *open;           // what may become a candidate: `bits`, without what is excluded where that lacks in `entered`
    uint32_t *entered;              // (entered_mask + 1) open addressing over items plus one, candidates and perhaps excluded; 0 is free
    uint32_t entered_mask;
    double relevance_scale;         // of this person now; 0: not computed yet
    size_t candidate_count, candidate_capacity;
    uint32_t *made_briefs;          // (made_count) of which a candidate has entered; NULL: none
    size_t made_count;
    bool may_be_made;               // anything was
    bool keeps_pool;                // what the slate is chosen from goes into the record
    const float *raw;               // (ATT_TERM_COUNT, candidate_count) terms at weight 1, where a pool is kept
} att_view;

// Towards the caches.
static inline void att_fetch_vector(const float *vector, size_t dim)
{
    for (size_t k = 0; vector && k < ATT_MIN(dim, 128); k += 16)
        __builtin_prefetch(vector + k);
}

// `memory` may serve the next request as soon as this view has ended; `answer` not.
att_status att_view_begin(att_engine *engine, const att_request *request, att_slate_memory *memory,
    att_arena *answer, uint64_t seed, att_view *view, att_error *err);
void att_view_end(att_view *view);
// What the view weighs its person's preferences by; `tastes` is (capacity) and `chosen` says which preference each is.
// Also for telling a person what is known of them.
att_status att_view_tastes(const att_engine *engine, const att_person_state *person, const att_taste_moment *moment,
    const float *lifts, const att_wishes_now *wishes, att_arena *scratch, att_tastes *out, att_error *err);
// Fills candidates and their terms (all but those that depend on the slate).
att_status att_view_candidates(att_view *view, att_error *err);
// Whether this decision's pool is kept: drawn by its seed (pool.c).
bool att_view_keeps_pool(const att_view *view);
// The pool of the slate that was built, in view->answer; NULL where it would be too large.
att_status att_view_pool(const att_view *view, const att_slate_input *input, const att_slot *slots, size_t filled,
    const att_decision_pool **out, att_error *err);
// Terms at weight 1, before att_terms_fill writes the weighted ones.
att_status att_view_keep_raw(att_view *view, const att_raw_terms *raw, const att_term_settings *settings, att_error *err);
// Terms of all candidates (terms.c).
att_status att_view_terms(att_view *view, att_error *err);
// The same for one item, as the only candidate, under the scale that att_view_candidates has found.
att_status att_view_one(att_view *view, uint32_t item, att_error *err);
// Folds the person again without the history entries whose bit is set in `left_out` (history_count bytes).
att_status att_view_refold(att_view *view, const unsigned char *left_out, att_error *err);
// The strongest reasons for target `item`, most effective first; at most `capacity`. `weight` turns relevance into score.
att_status att_view_reasons(att_view *view, const uint32_t *items, size_t count, size_t capacity,
    att_reason *reasons, size_t *reason_counts, att_error *err);

#endif
