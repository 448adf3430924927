// SPDX-License-Identifier: Apache-2.0
// signals/checkpoint.h - the rows of a "FOLD" snapshot: the state of a fold up to one record.
//
//   HEAD  one att_fold_head
//   PEOP  att_fold_person, each known person in order of number
//   PREF  att_preference, person by person in the order of PEOP
//   SHWN  att_shown_mark, person by person, oldest first
//   RARE  att_fold_rare, for those who have controls, in order of number
//   LIST  uint32: blocked items, less-like items, blocked tags, person by person in the order of RARE
//   TAGL  uint16: length of each tag's name; TAGN: their bytes, without separators
//   SEEN  att_seen_key, shard by shard (low >> 56); where they are more than fit into memory each shard by `high`, then `low`
//
// All numbers little-endian; rows have no gaps, so they are written as they lie in memory.
#ifndef ATT_SIGNALS_CHECKPOINT_H
#define ATT_SIGNALS_CHECKPOINT_H

#include "signals/fold.h"

#define ATT_FOLD_KIND ATT_TAG4('F', 'O', 'L', 'D')
#define ATT_FOLD_VERSION 2 // 1: preferences without situation and days

#define ATT_FOLD_HEAD ATT_TAG4('H', 'E', 'A', 'D')
#define ATT_FOLD_PEOPLE ATT_TAG4('P', 'E', 'O', 'P')
#define ATT_FOLD_PREFERENCES ATT_TAG4('P', 'R', 'E', 'F')
#define ATT_FOLD_SHOWN ATT_TAG4('S', 'H', 'W', 'N')
#define ATT_FOLD_RARE ATT_TAG4('R', 'A', 'R', 'E')
#define ATT_FOLD_LISTS ATT_TAG4('L', 'I', 'S', 'T')
#define ATT_FOLD_TAG_SIZES ATT_TAG4('T', 'A', 'G', 'L')
#define ATT_FOLD_TAG_NAMES ATT_TAG4('T', 'A', 'G', 'N')
#define ATT_FOLD_SEEN ATT_TAG4('S', 'E', 'E', 'N')

typedef struct att_fold_head {
    uint64_t seed, signals_hash, last_seq;
    uint64_t events, bot_events, decisions, impressions, explored, users;
    int64_t first_ms, last_ms;
    uint32_t count; // 1 + greatest user
    uint32_t zero;
} att_fold_head;

typedef struct att_fold_person {
    int64_t first_ms, last_ms, session_start_ms;
    uint32_t user, events, sessions, bot_events, decisions, impressions, explored;
    uint32_t rate_minute, rate_count, last_played, last_played_s, last_bot_s;
    uint16_t preference_count, shown_count;
    uint8_t device, place, activity, noise;
    int16_t utc_offset_min;
    uint16_t flags; // bits: last_complete, session_ended, opted_out, bot
    uint32_t zero;
} att_fold_person;

typedef struct att_fold_rare {
    int64_t reset_ms;
    uint32_t user;
    float energy, novelty;
    uint16_t blocked_items, less_like, blocked_tags, zero;
    uint32_t life_event_s;
} att_fold_rare;

_Static_assert(
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "checkpoints are written as they lie in memory");
_Static_assert(
    sizeof(att_fold_head) == 96 && sizeof(att_fold_person) == 88 && sizeof(att_fold_rare) == 32,
    "rows of a checkpoint have no gaps");
_Static_assert(
    sizeof(att_preference) == 24 && sizeof(att_shown_mark) == 8 && sizeof(att_seen_key) == 16,
    "rows of a checkpoint have no gaps");

// From an open snapshot, for att_people_load and the fuzzer. After a failure the fold is empty.
att_status att_people_load_from(att_people *people, const att_snapshot *snapshot, att_error *err);

#endif
