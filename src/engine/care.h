// SPDX-License-Identifier: Apache-2.0
// engine/care.h - what looking a store over and copying it have in common.
#ifndef ATT_ENGINE_CARE_H
#define ATT_ENGINE_CARE_H

#include "engine/internal.h"

// The versions that the log of the store at `path` names; is_own: a copy that nobody else opens.
att_status att_read_model_log(att_model_log *out, const char *path, bool is_own, const att_host *host, att_error *err);
// The lists that lie beside a store, "-filter.txt" …; NULL: no more.
const char *att_guard_suffix(size_t index);

#endif
