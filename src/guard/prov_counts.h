// SPDX-License-Identifier: Apache-2.0
// guard/prov_counts.h - how many inputs of each licence a model learned from; the rarest, beyond the room of an entry, as "others".
#ifndef ATT_GUARD_PROV_COUNTS_H
#define ATT_GUARD_PROV_COUNTS_H

#include "attune/provenance.h"

typedef struct att_prov_counts {
    att_provenance_count counts[ATT_PROVENANCE_COUNTS_MAX];
    size_t count;
    uint64_t others;
} att_prov_counts;

// The name is borrowed.
void att_prov_counts_add(att_prov_counts *counts, att_text licence);
// Once, when all are added.
void att_prov_counts_end(att_prov_counts *counts);

#endif
