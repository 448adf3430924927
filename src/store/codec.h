// SPDX-License-Identifier: Apache-2.0
// store/codec.h - log records and items as bytes. Little-endian, versioned; the byte tables are in
// record_codec.c and item_codec.c and in docs/formats.md. Any engine that keeps a store uses these.
#ifndef ATT_STORE_CODEC_H
#define ATT_STORE_CODEC_H

#include "base/arena.h"
#include "store/store.h"

#define ATT_PAYLOAD_SIZE_MAX ((size_t)1 << 20)

// The body holds all of a record but seq, kind and user, which the log keeps as columns.
size_t att_record_body_size(const att_record *record);
// Writes exactly att_record_body_size bytes. The record's id has at most ATT_ID_SIZE_MAX bytes.
void att_record_body_encode(const att_record *record, unsigned char *out);
// Fills all but seq, kind and user. id and payload point into `data`.
att_status att_record_body_decode(
    const unsigned char *data, size_t size, att_record *out, att_error *err);

// The body holds all of an item but id and taken_down. ATT_LIMIT, naming the field, when it does
// not fit the limits of attune/items.h.
att_status att_item_body_size(const att_item *item, size_t *size, att_error *err);
void att_item_body_encode(const att_item *item, unsigned char *out);
// Arrays and texts live in the arena. id and taken_down stay as they are.
att_status att_item_body_decode(
    const unsigned char *data, size_t size, att_arena *arena, att_item *out, att_error *err);

#endif
