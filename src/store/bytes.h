// SPDX-License-Identifier: Apache-2.0
// store/bytes.h - numbers in and out of byte strings, little-endian, every read within its bounds.
//
// Sections of a snapshot are used where they lie, so a big-endian machine could not read them
// anyway: the build refuses it here once, and a plain copy is the little-endian form.
#ifndef ATT_STORE_BYTES_H
#define ATT_STORE_BYTES_H

#include "base/base.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "attune's files are little-endian and are mapped as they are; this machine is not"
#endif

static inline uint16_t att_load_u16(const unsigned char *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline uint32_t att_load_u32(const unsigned char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline uint64_t att_load_u64(const unsigned char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

// A place to write that the caller made large enough.
typedef struct att_byte_writer {
    unsigned char *at;
} att_byte_writer;

static inline void att_put(att_byte_writer *out, const void *value, size_t size)
{
    if (size)
        memcpy(out->at, value, size);
    out->at += size;
}

static inline void att_put_u8(att_byte_writer *out, uint8_t value)
{
    *out->at++ = value;
}

static inline void att_put_u16(att_byte_writer *out, uint16_t value)
{
    att_put(out, &value, sizeof value);
}

static inline void att_put_u32(att_byte_writer *out, uint32_t value)
{
    att_put(out, &value, sizeof value);
}

static inline void att_put_u64(att_byte_writer *out, uint64_t value)
{
    att_put(out, &value, sizeof value);
}

// What is left to read. Once a read passes the end, `bad` is set and everything after reads as
// zero: so a decoder checks once per part and not once per number.
typedef struct att_byte_reader {
    const unsigned char *at;
    size_t left;
    bool bad;
} att_byte_reader;

// NULL when fewer than `size` bytes are left.
static inline const unsigned char *att_take(att_byte_reader *in, size_t size)
{
    if (in->bad || size > in->left) {
        in->bad = true;
        return NULL;
    }
    const unsigned char *at = in->at;
    in->at += size;
    in->left -= size;
    return at;
}

static inline uint8_t att_take_u8(att_byte_reader *in)
{
    const unsigned char *at = att_take(in, 1);
    return at ? *at : 0;
}

static inline uint16_t att_take_u16(att_byte_reader *in)
{
    const unsigned char *at = att_take(in, 2);
    return at ? att_load_u16(at) : 0;
}

static inline uint32_t att_take_u32(att_byte_reader *in)
{
    const unsigned char *at = att_take(in, 4);
    return at ? att_load_u32(at) : 0;
}

static inline uint64_t att_take_u64(att_byte_reader *in)
{
    const unsigned char *at = att_take(in, 8);
    return at ? att_load_u64(at) : 0;
}

static inline float att_take_f32(att_byte_reader *in)
{
    float value = 0;
    const unsigned char *at = att_take(in, sizeof value);
    if (at)
        memcpy(&value, at, sizeof value);
    return value;
}

static inline double att_take_f64(att_byte_reader *in)
{
    double value = 0;
    const unsigned char *at = att_take(in, sizeof value);
    if (at)
        memcpy(&value, at, sizeof value);
    return value;
}

#endif
