// SPDX-License-Identifier: Apache-2.0
// ingest/text_file.h - a whole text file in memory.
#ifndef ATT_INGEST_TEXT_FILE_H
#define ATT_INGEST_TEXT_FILE_H

#include "base/base.h"

// *text is (*size), the caller's, to be freed by att_free(host, *text, *size, 1); NULL for an empty
// file and on failure. Plain files of at most size_max bytes only.
att_status att_text_file_load(const char *path, size_t size_max, const att_host *host, char **text,
    size_t *size, att_error *err);

#endif
