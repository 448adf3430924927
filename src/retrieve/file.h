// SPDX-License-Identifier: Apache-2.0
// retrieve/file.h - an index from an opened snapshot; for this room, its tests and fuzzing.
#ifndef ATT_RETRIEVE_FILE_H
#define ATT_RETRIEVE_FILE_H

#include "retrieve/graph.h"

// Adopts the snapshot: it is closed with the index, or at once when the file is refused.
att_status att_index_adopt(att_index **out, att_snapshot *snapshot, uint32_t version,
    const att_host *host, att_error *err);

#endif
