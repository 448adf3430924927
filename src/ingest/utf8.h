// SPDX-License-Identifier: Apache-2.0
// ingest/utf8.h - well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above
// U+10FFFF.
#ifndef ATT_INGEST_UTF8_H
#define ATT_INGEST_UTF8_H

#include "base/base.h"

// Bytes of the character at data[0], 1 … 4; 0 when it is not well-formed within `size` bytes.
size_t att_utf8_length(const char *data, size_t size);
// Offset of the first byte that is not part of a well-formed character; text.size when all is well.
size_t att_utf8_check(att_text text);
// Writes 1 … 4 bytes, returns how many. `code` is a scalar value.
size_t att_utf8_write(uint32_t code, char out[4]);

#endif
