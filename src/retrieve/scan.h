// SPDX-License-Identifier: Apache-2.0
// retrieve/scan.h - looking at every eligible vector; for this room only.
#ifndef ATT_RETRIEVE_SCAN_H
#define ATT_RETRIEVE_SCAN_H

#include "retrieve/graph.h"

typedef struct att_scan_plan {
    bool codes;      // scores are products of codes
    bool bits_lead;  // only the slots of set bits are looked at
    double eligible; // about how many there are
    size_t keep;     // at least 1
    bool by_reach;   // blocks out of reach are passed over (reach.c); search->blocks has room
    size_t unasked;  // by reach: so many are kept before it is asked which may be shown; 0: all are asked as they come
} att_scan_plan;

// So many that enough of them may be shown, as far as can be foretold; 0: too many to be worth it.
size_t att_scan_unasked(const att_index *index, const att_filter *filter, double eligible, size_t keep);
// Keys that a scan needs room for.
size_t att_scan_room(size_t keep, size_t unasked);

// The best `keep` eligible, best first (by codes: in no order), as rank keys of ids (of slots when by codes) in search->keys, which
// has room for att_scan_room. Returns how many.
size_t att_scan(const att_index *index, att_search *search, const att_probe *probe,
    const att_filter *filter, const att_scan_plan *plan);

// The same from a list that a scan left (codes, by reach), whose keys are in search->keys, and from the slots from `since` on,
// which are newer than it. Nothing else has a score above *below by codes. False: too few of them may be shown.
bool att_scan_list(const att_index *index, att_search *search, const att_probe *probe, const att_filter *filter,
    const att_long_list *list, uint32_t since, size_t keep, float *below);
// Of newer slots, at most.
enum { ATT_LIST_NEWER_MAX = 512 };
static inline size_t att_list_room(const att_long_list *list)
{
    return list->count + ATT_LIST_NEWER_MAX + 16;
}

// att_index_top from such a list, made for a query at the distance `moved`. False: it cannot be shown to hold what is asked for.
bool att_index_list_top(const att_index *index, att_search *search, const float *query, const att_filter *filter,
    const att_long_list *list, uint32_t since, double moved, size_t count, att_hit *hits);

// The two ways of att_index_top, without the choice between them; memory of the walk is reserved.
att_status att_index_scan_top(const att_index *index, att_search *search, const float *query,
    const att_filter *filter, double eligible, size_t count, att_hit *hits, size_t *found,
    att_error *err);
att_status att_index_walk_top(const att_index *index, att_search *search, const float *query,
    const att_filter *filter, size_t count, size_t width, att_hit *hits, size_t *found,
    att_error *err);

#endif
