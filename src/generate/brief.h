// SPDX-License-Identifier: Apache-2.0
// generate/brief.h - a brief's identity: the canonical form, and its hash.
#ifndef ATT_GENERATE_BRIEF_H
#define ATT_GENERATE_BRIEF_H

#include "attune/generate.h"
#include "base/arena.h"
#include "store/made_record.h"

#define ATT_BRIEF_FORM_SIZE_MAX 8192

// What is wrong with it, if anything, for the world that is to fulfil it.
att_status att_brief_check(const att_brief *brief, const att_medium *world, att_error *err);
// The canonical form of a brief that passed: texts with single blanks, names sorted, numbers with nine digits, taste in sixteenths. One
// line a field; written into the arena, with a zero behind it.
att_status att_brief_form(const att_brief *brief, const att_medium *world, att_arena *arena, att_text *out, att_error *err);
// Reads it back; texts and arrays live in the arena. *version receives the world's. ATT_CORRUPT.
att_status att_brief_read(att_text form, att_arena *arena, att_brief *out, uint32_t *version, att_error *err);
// BLAKE2b-256 of the canonical form.
att_brief_hash att_brief_hash_of(att_text form);
// What candidate `index` is made from.
uint64_t att_brief_seed(const att_brief_hash *hash, uint64_t seed, uint32_t index);

void att_hash_hex(const uint8_t hash[32], char out[65]);
bool att_hash_is_none(const uint8_t hash[32]);
bool att_hash_read(att_text hex, uint8_t out[32]); // all 64 digits

#endif
