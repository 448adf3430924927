// SPDX-License-Identifier: Apache-2.0
// signals/event.h - checks on what comes from outside, shared with the rooms that read it.
#ifndef ATT_SIGNALS_EVENT_H
#define ATT_SIGNALS_EVENT_H

#include "attune/engine.h"
#include "base/base.h"

// Well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF) without control characters
// (U+0000 … 001F, 007F … 009F). `*bad` is the offset of the first byte that is not.
bool att_text_is_clean(att_text text, size_t *bad);
// An outside id: 1 … 255 clean bytes, or empty where that is allowed. The story names `field`.
att_status att_id_check(att_text id, bool may_be_empty, const char *field, att_error *err);

#endif
