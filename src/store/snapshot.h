// SPDX-License-Identifier: Apache-2.0
// store/snapshot.h - an immutable file of checksummed sections, mapped from disk.
//
//   offset  bytes  what                                   (all numbers little-endian)
//        0      8  magic "ATTSNAP\n"
//        8      4  format version (1)
//       12      4  kind, four letters: "MODL", "INDX", "FOLD"
//       16      4  kind's own version
//       20      4  section count, at most 256
//       24      8  file size
//       32     16  XXH3-128 of the header (this field zero) and the section table
//       48     16  zero
//       64     48 each  section table: 4 id, 4 zero, 8 offset, 8 size, 16 XXH3-128 of the bytes, 8 zero
//     then the sections in the order of the table, each at the next multiple of 64, zeros between; the
//     last one ends the file
//
// A checksum is its low 8 bytes, then its high 8 bytes.
// Written beside its place, synced, then renamed: a reader sees the whole file or the one before.
#ifndef ATT_STORE_SNAPSHOT_H
#define ATT_STORE_SNAPSHOT_H

#include "base/base.h"

// Four letters as a number: ATT_TAG4('M','O','D','L').
#define ATT_TAG4(a, b, c, d)                                                                       \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

typedef struct att_snapshot_writer att_snapshot_writer;

att_status att_snapshot_writer_create(att_snapshot_writer **out, uint32_t kind, uint32_t version,
    const att_host *host, att_error *err);
// Borrows `data` until finish. The same id twice is a programming error.
att_status att_snapshot_add(
    att_snapshot_writer *writer, uint32_t id, const void *data, size_t size, att_error *err);
// A section that need not lie in memory as a whole: at finish `give` is called twice and hands the same `size` bytes in pieces to `take`;
// false ends it, and it ends when take says false.
typedef bool (*att_snapshot_taker)(void *user, const void *bytes, size_t size);
typedef bool (*att_snapshot_giver)(void *source, att_snapshot_taker take, void *user);
att_status att_snapshot_add_given(
    att_snapshot_writer *writer, uint32_t id, att_snapshot_giver give, void *source, size_t size, att_error *err);
// Writes PATH.tmp-PID, fsyncs file and folder, renames. On failure nothing is left behind.
att_status att_snapshot_finish(att_snapshot_writer *writer, const char *path, att_error *err);
void att_snapshot_writer_destroy(att_snapshot_writer *writer);

typedef struct att_snapshot att_snapshot;

// Maps the file and checks header, table, bounds and every checksum. ATT_CORRUPT, ATT_VERSION and
// ATT_NOT_FOUND tell what is wrong. `kind` must match; *version receives the kind's own version.
att_status att_snapshot_open(att_snapshot **out, const char *path, uint32_t kind, uint32_t *version,
    const att_host *host, att_error *err);
// The same over bytes in memory (borrowed, 64-byte aligned), for fuzzing and embedding.
att_status att_snapshot_open_memory(att_snapshot **out, const void *data, size_t size, uint32_t kind,
    uint32_t *version, const att_host *host, att_error *err);
void att_snapshot_close(att_snapshot *snapshot);
// The checksum in the header, which covers those of all sections: two files with the same one are the same file.
void att_snapshot_checksum(const att_snapshot *snapshot, unsigned char out[16]);
// NULL when there is no such section. 64-byte aligned; valid until close.
const void *att_snapshot_section(const att_snapshot *snapshot, uint32_t id, size_t *size);
// The same, but the story tells which section is missing or is not a whole number of items of item_size
// bytes; *count receives how many there are (zero is fine: what count must be is the caller's to check).
att_status att_snapshot_need(const att_snapshot *snapshot, uint32_t id, size_t item_size, size_t *count,
    const void **out, att_error *err);

#endif
