// SPDX-License-Identifier: Apache-2.0
// guard/prov_counts.c - inputs by licence, in the order in which licences first appear.
#include "guard/prov_counts.h"

#include "base/base.h"

// ATT_PROVENANCE_COUNTS_MAX when there is no room for one more.
static size_t place_of(const att_prov_counts *c, att_text licence, size_t room)
{
    size_t k = 0;
    while (k < c->count && !att_text_equal(c->counts[k].name, licence))
        k++;
    return k < room ? k : ATT_PROVENANCE_COUNTS_MAX;
}

static void add(att_prov_counts *c, size_t k, att_text licence, uint64_t more)
{
    if (k == c->count)
        c->counts[c->count++] = (att_provenance_count){licence, 0};
    c->counts[k].count += more;
}

void att_prov_counts_add(att_prov_counts *c, att_text licence)
{
    const size_t k = place_of(c, licence, ATT_PROVENANCE_COUNTS_MAX - 1); // the last place is for the others
    if (k < ATT_PROVENANCE_COUNTS_MAX)
        add(c, k, licence, 1);
    else
        c->others++;
}

void att_prov_counts_end(att_prov_counts *c)
{
    if (c->others) // a licence may be called so
        add(c, place_of(c, ATT_LIT("others"), ATT_PROVENANCE_COUNTS_MAX), ATT_LIT("others"), c->others);
}
