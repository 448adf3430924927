// SPDX-License-Identifier: Apache-2.0
// store/choice.h - a choice among options as the log keeps it. Little-endian, versioned; a byte table is in choice.c.
#ifndef ATT_STORE_CHOICE_H
#define ATT_STORE_CHOICE_H

#include "attune/choose.h"
#include "base/arena.h"

typedef struct att_choice_record {
    uint64_t seed, rounds, policy; // rounds: rewards that the learner had learned from; policy: seq of its record, 0: default
    uint32_t chosen, shown, greedy;
    bool apprentice, awaits_display;
    float weight;
    uint32_t arms[8];
    uint8_t arm_count;
    att_text name;
    const att_choice_feature *features; // of the context
    size_t feature_count;
    const att_choice_option *options; // (option_count)
    const float *probabilities;       // (option_count)
    size_t option_count;
} att_choice_record;

size_t att_choice_size(const att_choice_record *choice);
// Writes exactly att_choice_size bytes. Texts have at most 255 bytes.
void att_choice_encode(const att_choice_record *choice, unsigned char *out);
// Arrays live in the arena, texts point into `data`. ATT_CORRUPT with a story on any disagreement, ATT_VERSION for a newer form.
att_status att_choice_decode(
    const unsigned char *data, size_t size, att_arena *arena, att_choice_record *out, att_error *err);

#endif
