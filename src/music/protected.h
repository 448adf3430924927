// SPDX-License-Identifier: Apache-2.0
// music/protected.h - what lies beside a store to protect works of others, and a sound held against it.
#ifndef ATT_MUSIC_PROTECTED_H
#define ATT_MUSIC_PROTECTED_H

#include "attune/audio.h"
#include "attune/generate.h"

// Any number of threads may use one.
typedef struct att_protected att_protected;

// Reads nothing yet.
att_status att_protected_create(att_protected **out, const char *store, const att_host *host, att_error *err);
void att_protected_destroy(att_protected *p); // NULL is fine
// Is there anything to be held against? What cannot be read counts as there.
bool att_protected_is_there(const att_protected *p);
// Adds to the judgement what speaks against the sound. A list that cannot be read is a failure, never an allowance.
att_status att_protected_judge(att_protected *p, att_sound sound, att_judgement *out, att_error *err);

#endif
