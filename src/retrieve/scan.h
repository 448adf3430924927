// SPDX-License-Identifier: Apache-2.0
// retrieve/scan.h - looking at every eligible vector; for this room only.
#ifndef ATT_RETRIEVE_SCAN_H
#define ATT_RETRIEVE_SCAN_H

#include "retrieve/graph.h"

// The best `keep` (at least 1) eligible, best first, as rank keys of ids (of slots when by codes)
// in search->keys, which has room for 3 * keep. Returns how many.
size_t att_scan_vectors(const att_index *index, att_search *search, const float *query,
    const att_filter *filter, size_t keep);
size_t att_scan_codes(const att_index *index, att_search *search, const att_probe *probe,
    const att_filter *filter, size_t keep);

// The two ways of att_index_top, without the choice between them; memory of the walk is reserved.
att_status att_index_scan_top(const att_index *index, att_search *search, const float *query,
    const att_filter *filter, size_t eligible, size_t count, att_hit *hits, size_t *found,
    att_error *err);
att_status att_index_walk_top(const att_index *index, att_search *search, const float *query,
    const att_filter *filter, size_t count, size_t width, att_hit *hits, size_t *found,
    att_error *err);

#endif
