// SPDX-License-Identifier: Apache-2.0
// measure/disguise.h - words written so that an eye reads them and a filter may not: what a text filter is measured with.
//
// The tables are this file's own, written from how people do it, not taken from the filter's: homoglyphs are drawn from
// scripts that the filter's short tables do not hold, leet has letters of several symbols.
#ifndef ATT_MEASURE_DISGUISE_H
#define ATT_MEASURE_DISGUISE_H

#include "attune/filter.h"
#include "base/arena.h"
#include "base/rng.h"

// Disguises each word with probability `share` (a word: three letters or more; users' names and addresses are left).
// data == NULL: out of memory.
att_text att_disguise_text(att_disguise disguise, double share, att_text text, att_rng *rng, att_arena *scratch);

#endif
