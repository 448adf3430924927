// SPDX-License-Identifier: Apache-2.0
// decide/steady.h - in whom nothing has changed: what decide/drift.h said of a history is not asked again while that is the same.
//
// A key is a hash of all that the answer depends on; it is kept where the answer was "nothing": no binge and no move, everything
// counts in full. That is true of nearly everybody, and takes one number a person. Direct-mapped: a key has one place, and the newer one takes it. Each
// place is one atomic number, so threads read and write without a lock; what another thread overwrites is asked again.
#ifndef ATT_DECIDE_STEADY_H
#define ATT_DECIDE_STEADY_H

#include "base/base.h"

#define ATT_STEADY_PLACES 65536 // 8 bytes each

typedef struct att_steady att_steady;

att_status att_steady_create(att_steady **out, const att_host *host, att_error *err);
void att_steady_destroy(att_steady *steady);
bool att_steady_has(const att_steady *steady, uint64_t key);
void att_steady_add(att_steady *steady, uint64_t key);

#endif
