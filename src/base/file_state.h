// SPDX-License-Identifier: Apache-2.0
// base/file_state.h - has a file changed since it was read?
#ifndef ATT_BASE_FILE_STATE_H
#define ATT_BASE_FILE_STATE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct att_file_state {
    bool there;
    int64_t changed_ns, size;
    uint64_t number; // of the file itself: one that was renamed into its place has another
} att_file_state;

// To be taken before the file is read: what changes meanwhile is then read again.
att_file_state att_file_state_of(const char *path);
bool att_file_state_same(const att_file_state *a, const att_file_state *b);

#endif
