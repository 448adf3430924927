// SPDX-License-Identifier: Apache-2.0
// retrieve/kept.h - who asks again need not be searched for again: the lists that long searches left, kept for whose they are.
//
// A search by codes leaves what it found before it was asked what of it may be shown: keys of the best slots, and the bar that
// nothing else is above. When the same person asks with another vector q' and other filters, the products of all that was left out are at most
//
//   bar + |q' - q| max |x|        (Cauchy and Schwarz)
//
// so where the last of the `count` that the list gives has more than that, the search would have given nothing that the list lacks. Else, and
// where too few of the list may be shown, it is searched for anew. For the same vector the answer is that of the search to the bit. What was
// added to the index since is looked at with the list, what was removed is not given; once a slot has another vector than before, no list
// from before is used.
#ifndef ATT_RETRIEVE_KEPT_H
#define ATT_RETRIEVE_KEPT_H

#include "attune/retrieve.h"

typedef struct att_kept att_kept;

// At most so many bytes of lists, which are taken as they are needed. Searches of several threads may use it side by side; as the
// index, not beside one who changes that.
att_status att_kept_create(att_kept **out, size_t bytes_max, const att_host *host, att_error *err);
void att_kept_destroy(att_kept *kept);
size_t att_kept_bytes(const att_kept *kept); // of lists and the table of them

// att_index_top of one and the same index; `whose` tells the lists apart. kept == NULL: no list is used or kept.
att_status att_kept_top(att_kept *kept, uint64_t whose, const att_index *index, att_search *search, const float *query,
    const att_filter *filter, size_t count, uint32_t width, att_hit *hits, size_t *found, att_error *err);

typedef struct att_kept_counts {
    uint64_t used, searched; // questions answered from a list, and by a search
} att_kept_counts;
att_kept_counts att_kept_count(const att_kept *kept);

#endif
