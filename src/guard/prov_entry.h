// SPDX-License-Identifier: Apache-2.0
// guard/prov_entry.h - an entry as a line of JSON: the leaf that is hashed.
//
// One form alone is right: the keys in the order of the table below, what is not given left out, no spaces, numbers and escapes as
// ingest/json_write.h writes them. So an entry has one hash, and a line that does not read back to itself is refused.
//
//   entry at kind subject medium content licence opt_out model brief parents seed person learned licences note
//
// Hashes are hexadecimal; `seed` is decimal digits in quotes (readers of JSON lose whole numbers above 2^53); `person` is the
// commitment; `learned` holds records, first, last, events, people, items, preferences, inputs, opted_out, root.
#ifndef ATT_GUARD_PROV_ENTRY_H
#define ATT_GUARD_PROV_ENTRY_H

#include "attune/provenance.h"
#include "base/arena.h"
#include "store/codec.h"

#define ATT_PROV_LINE_SIZE_MAX 32768 // bytes

// What is wrong with an entry that a host made, if anything: ATT_INVALID, ATT_LIMIT with the field.
att_status att_prov_entry_check(const att_provenance_entry *entry, att_error *err);
// Appends the line, without a line end. entry->commitment stands for the person.
att_status att_prov_entry_write(const att_host *host, att_bytes *out, const att_provenance_entry *entry, att_error *err);
// Fills *out; texts lie in `arena`. ATT_CORRUPT with what is wrong; ATT_NO_MEMORY.
att_status att_prov_entry_read(att_text line, att_arena *arena, att_provenance_entry *out, att_error *err);
// The number that a line gives itself, without reading all of it. False: it gives none.
bool att_prov_entry_number(att_text line, uint64_t *out);

#endif
