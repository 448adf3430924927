// SPDX-License-Identifier: Apache-2.0
// guard/prov_people.h - the keys under which people stand in the provenance log, and their destruction.
//
// commitment = BLAKE2b-256 keyed with the person's 32 random bytes, of "attune/provenance", the entry's number (8 bytes,
// little-endian) and the person's id. Without the key it tells nothing, not even whether two entries are about one person;
// with it, whoever knows the id can show that an entry is about them.
//
// PATH-people, mode 0600, little-endian, appended to and synced before the log is:
//
//        8  magic "ATTPEOP\n"
//     then records of 64 + size bytes each:
//        1  kind: 1 a person, 2 an entry about one, 3 somebody is being forgotten
//        1  size of the id (0: of an entry, or of somebody who was forgotten)
//        2  size of the bytes behind the 64
//        4  number of the person, from 0 in the order of the file; ATT_PROV_FORGOTTEN: they were forgotten
//        8  number of the entry; kind 3: the number that the entry of their erasure will have
//       32  the person's key; kind 3: how many entries are about them (8 bytes), zeros
//        8  zero
//        8  XXH3-64 of the bytes behind, seeded with XXH3-64 of the 56 bytes before
//     and behind it the id
//
// Forgetting overwrites, in place and synced: key and id with zeros, the person's number in every entry about them with
// ATT_PROV_FORGOTTEN. So an entry can still say that it is about somebody who was forgotten, and not whether another is too.
//
// A record of kind 3 is synced before the first byte is overwritten, is the last one as long as it is there, and is cut off when
// all is done, the entry of the erasure too. Who opens the file for writing and finds one finishes what it says; a record of that
// person that was overwritten in part (neither old nor new) is known by it.
//
// Bytes at the end of which no record can be read are what a write left that was cut off: they are passed over when no acknowledged
// entry needs them, which the log knows (att_prov_people_whole), and written over by the next.
#ifndef ATT_GUARD_PROV_PEOPLE_H
#define ATT_GUARD_PROV_PEOPLE_H

#include "attune/provenance.h"
#include "base/names.h"

#define ATT_PROV_FORGOTTEN UINT32_MAX

typedef struct att_prov_person {
    unsigned char key[32];
    uint64_t offset; // of the record
} att_prov_person;
typedef struct att_prov_about {
    uint64_t entry, offset;
    uint32_t person;
} att_prov_about;

typedef struct att_prov_people {
    const att_host *host;
    int file; // -1: none, or not open for writing
    uint64_t end;
    att_names names; // blank: forgotten
    ATT_VEC(att_prov_person) people;
    ATT_VEC(att_prov_about) entries; // in the order of their numbers
    bool torn;                       // behind `end` stands what cannot be read
    bool erasing;                    // a record of kind 3 stands at `end`:
    uint32_t erasing_person;
    uint64_t erasing_at, erasing_count;
} att_prov_people;

// Reads the file. Without `create`, no file is nobody. ATT_CORRUPT: what no cut-off write leaves.
att_status att_prov_people_open(att_prov_people *out, const char *path, bool create, const att_host *host, att_error *err);
// When the end is torn: does an acknowledged entry miss what stood there? ATT_CORRUPT, with the entry.
struct att_prov_view;
att_status att_prov_people_whole(const att_prov_people *people, const struct att_prov_view *view, att_error *err);
void att_prov_people_close(att_prov_people *people); // wipes the keys; one that is all zeros is fine
// What another process appended since is read.
att_status att_prov_people_catch_up(att_prov_people *people, const char *path, att_error *err);

// Writes that `entry` is about `id`, the person first if they are new, and computes the commitment. Synced by _sync.
att_status att_prov_people_commit(att_prov_people *people, att_text id, uint64_t entry, att_hash *out, att_error *err);
att_status att_prov_people_sync(att_prov_people *people, att_error *err);
void att_prov_commitment(const unsigned char key[32], uint64_t entry, att_text id, att_hash *out);
// Of an entry with a commitment. SOMEBODY, with the id, when the key is there and fits; ERASED; SOMEBODY without an id: no key.
att_provenance_person att_prov_people_who(
    const att_prov_people *people, uint64_t entry, const att_hash *commitment, att_text *id);
// Forgetting, in three steps. Say it, for good: `at` is the number that the entry of the erasure will have. ATT_NOT_FOUND.
att_status att_prov_people_begin_erasing(att_prov_people *people, att_text id, uint64_t at, att_error *err);
// Destroy the key and take the person out of their entries; may be done again.
att_status att_prov_people_erase(att_prov_people *people, att_error *err);
// The entry is on disk: there is nothing left to do.
att_status att_prov_people_end_erasing(att_prov_people *people, att_error *err);

#endif
