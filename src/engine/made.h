// SPDX-License-Identifier: Apache-2.0
// engine/made.h - what was made, in a store: its fold, what it bars, and what it does in a slate.
#ifndef ATT_ENGINE_MADE_H
#define ATT_ENGINE_MADE_H

#include "engine/internal.h"
#include "generate/ledger.h"

// --- made.c -------------------------------------------------------------------------------------------
// What bars an item that was made, whatever the queue says of it otherwise. state_lock held.
typedef enum att_made_bar { ATT_MADE_FREE, ATT_MADE_HELD, ATT_MADE_DENIED } att_made_bar;
att_made_bar att_engine_made_bar(const att_engine *engine, uint32_t item, const att_queue_case *c);
// Applies the records behind `from` to a fold, up to what the engine has read. Of made.c and queue.c. store_lock held.
typedef att_status att_record_apply(void *fold, const att_record *record, uint32_t *item, att_error *err);
att_status att_engine_replay(att_engine *engine, uint64_t from, att_record_apply *apply, void *fold, att_error *err);
// One record by its number: false from `see` is not looked at. ATT_NOT_FOUND. store_lock held.
att_status att_engine_record_see(att_engine *engine, uint64_t seq, att_record_visitor *see, void *user, att_error *err);

// --- variants.c ---------------------------------------------------------------------------------------
// Of the candidates of one brief one enters a slate; when it has won a slot, a bandit draws which of them stands there. The draw is
// independent of everything above, so the odds of an item in its slot are those of the slot times those of the draw.
#define ATT_VARIANTS_MAX 16 // of one brief, that are drawn from
typedef struct att_variant_choice {
    uint16_t slot, count;
    uint32_t items[ATT_VARIANTS_MAX]; // (count) that may be shown to this person
    float probabilities[ATT_VARIANTS_MAX];
    uint32_t chosen, greedy;
    uint64_t seed, rounds;
} att_variant_choice;

struct att_view;
struct att_slot;
// The brief it was made for, in view->answer; empty: it was not made.
att_text att_view_made(const struct att_view *view, uint32_t item);
// Of a brief one item enters; true for what was not made.
bool att_view_enter_made(struct att_view *view, uint32_t item);
// At most `wanted` made items to be tried, in `out`.
size_t att_view_list_made(const struct att_view *view, att_rng *rng, size_t wanted, uint32_t *out);
// Draws for every slot that a brief with several candidates has won: the slot's candidate becomes the drawn item, its propensity the product.
// Choices lie in view->answer.
att_status att_view_draw_variants(struct att_view *view, struct att_slot *slots, size_t filled, bool without_exploration,
    att_variant_choice **out, size_t *count, att_error *err);
// Asked and done when it is the decision's turn to be written: store_lock held.
bool att_variants_fit(const att_engine *engine, const att_variant_choice *choices, size_t count, uint32_t user);
att_status att_variants_append(att_engine *engine, const att_variant_choice *choices, size_t count, uint64_t decision, uint32_t user,
    const att_context *context, att_arena *arena, att_error *err);
// An event that was just appended: if it is about an item that was drawn for the decision it names, the draw gets its reward. store_lock held.
att_status att_engine_reward_made(att_engine *engine, const att_record *event, att_error *err);

#endif
