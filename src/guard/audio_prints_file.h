// SPDX-License-Identifier: Apache-2.0
// guard/audio_prints_file.h - a database of recordings from an opened snapshot; for this room, its tests and fuzzing.
#ifndef ATT_GUARD_AUDIO_PRINTS_FILE_H
#define ATT_GUARD_AUDIO_PRINTS_FILE_H

#include "guard/audio_prints.h"

// Adopts the snapshot: it is closed with the database, or at once when the file is refused.
att_status att_prints_adopt(att_prints **out, att_snapshot *snapshot, uint32_t version, const att_host *host, att_error *err);

#endif
