// SPDX-License-Identifier: Apache-2.0
// guard/prov_file.h - the file of the provenance log.
//
//   offset  bytes  what                                        (all numbers little-endian)
//        0      8  magic "ATTPROV\n"
//        8      4  format version (1)
//       12      4  zero
//       16     64  origin, zeros behind it
//       80     40  zero
//      120      8  XXH3-64 of the 120 bytes before
//      128     64  slot 0 of the head    8 turn, 8 entries, 8 where what is acknowledged ends, 32 root of the entries,
//      192     64  slot 1                8 XXH3-64 of the 56 bytes before
//      256         records, one behind the other:
//               4  size of the whole record
//               1  kind: 1 an entry, 2 a checkpoint
//               1  how many hashes end it
//               2  low 16 bits of XXH3-64 of the 6 bytes before and the 8 behind
//               8  number: the entry's, or how many entries the checkpoint is of
//                  an entry: its line; hashes: the nodes of the tree that it makes whole, from its leaf up
//                  a checkpoint: its note; one hash, SHA-256 of the note
//
// Appending writes behind the end, syncs, writes the slot whose turn it is, syncs, and only then acknowledges. So what lies below
// the end of the newest slot is whole, or somebody damaged it; what lies behind it was never acknowledged and is cut off by the
// next who appends. The nodes beside the entries are what tells a changed entry from a changed hash, and where.
#ifndef ATT_GUARD_PROV_FILE_H
#define ATT_GUARD_PROV_FILE_H

#include "guard/prov_tree.h"
#include "store/codec.h"

enum {
    ATT_PROV_SLOT_AT = 128,
    ATT_PROV_SLOT_SIZE = 64,
    ATT_PROV_RECORDS_AT = 256,
    ATT_PROV_FRAME_SIZE = 16,
    ATT_PROV_RECORD_SIZE_MAX = 1 << 18
};
typedef enum att_prov_record_kind { ATT_PROV_ENTRY = 1, ATT_PROV_CHECKPOINT = 2 } att_prov_record_kind;

typedef struct att_prov_head {
    uint64_t turn, entries, end;
    att_hash root;
} att_prov_head;

typedef struct att_prov_record {
    uint64_t offset, number;
    size_t size;
    att_prov_record_kind kind;
    att_text body;
    const unsigned char *hashes; // (hash_count, ATT_HASH_SIZE)
    size_t hash_count;
} att_prov_record;

// The first 256 bytes of a new log.
void att_prov_head_begin(unsigned char out[ATT_PROV_RECORDS_AT], const char *origin);
void att_prov_slot_write(unsigned char out[ATT_PROV_SLOT_SIZE], const att_prov_head *head);
// The newer of the slots that are whole. ATT_CORRUPT, ATT_VERSION. `damaged` (may be NULL): how many slots are not, of those
// that were ever written.
att_status att_prov_head_read(const unsigned char *data, size_t size, char origin[64], att_prov_head *out, int *damaged, att_error *err);

// Appends one record to `out`.
bool att_prov_record_write(const att_host *host, att_bytes *out, att_prov_record_kind kind, uint64_t number, att_text body,
    const att_hash *hashes, size_t hash_count);
// The record at `offset`, its frame checked against `end`. False: none is there.
bool att_prov_record_at(const unsigned char *data, uint64_t end, uint64_t offset, att_prov_record *out);

// A whole log in memory, borrowed. Read strictly: the first thing that is wrong is ATT_CORRUPT, told with its place.
typedef struct att_prov_view {
    const unsigned char *data;
    char origin[64];
    att_prov_head head;
    ATT_VEC(uint64_t) entries;     // offset of each
    ATT_VEC(uint64_t) checkpoints; // offset of each
    const att_host *host;
} att_prov_view;
att_status att_prov_view_init(att_prov_view *view, const void *data, size_t size, const att_host *host, att_error *err);
void att_prov_view_deinit(att_prov_view *view);
void att_prov_view_entry(const att_prov_view *view, uint64_t index, att_prov_record *out); // index < entries.count
// An att_tree_source over a view.
bool att_prov_view_node(void *view, unsigned level, uint64_t index, att_hash *out);

// A file's bytes, mapped. Empty files are refused.
typedef struct att_prov_map {
    void *data;
    size_t size;
} att_prov_map;
att_status att_prov_map_file(att_prov_map *map, const char *path, att_error *err);
void att_prov_unmap(att_prov_map *map);


// att_provenance_verify over bytes in memory (prov_verify.c).
att_status att_prov_verify_memory(const void *data, size_t size, const att_provenance_check *check, const att_host *host,
    att_provenance_fault_sink *sink, void *user, att_provenance_verdict *verdict, att_error *err);

#endif
