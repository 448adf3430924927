// SPDX-License-Identifier: Apache-2.0
// engine/variants.c - made items in a slate: one candidate of a brief enters, and when the brief has won a slot a bandit draws which of
// its candidates stands there.
//
// The draw has a seed of its own and is asked after the slots are filled, so it is independent of them:
//
//   P(item in slot | slots above) = P(brief in slot | slots above) x p(item),   p of the bandit over the brief's candidates that may be shown
//
// and the slot's propensity in the record is that product. The draw is a choice of its own in the log (attune/choose.h, name "made"), with
// all options and their odds, right behind the decision; what people do with the item is its reward. All briefs teach one learner: an option
// is known by its id and by its tags, so what is learned of one brief's candidates helps with the next.
#include "engine/made.h"
#include "engine/serve.h"

#include "signals/grade.h"
#include "store/choice.h"

#include <stdlib.h>

#define CHOICE_NAME ATT_LIT("made")
enum { OPTION_TAGS_MAX = 8, GROUPS_MAX = 64 };

// --- Candidates of a slate ------------------------------------------------------------------------------------------

// Whether it may enter: of a brief one. What was not made always may.
bool att_view_enter_made(att_view *view, uint32_t item)
{
    const att_ledger_candidate *made = att_ledger_of_item(view->engine->ledger, item);
    if (!made)
        return true;
    if (!view->made_briefs)
        view->made_briefs = ATT_NEW_RAW(&view->memory->scratch, uint32_t, GROUPS_MAX);
    if (!view->made_briefs || view->made_count == GROUPS_MAX)
        return false;
    for (size_t i = 0; i < view->made_count; i++)
        if (view->made_briefs[i] == made->brief)
            return false;
    view->made_briefs[view->made_count++] = made->brief;
    return true;
}

// Half of them the newest, the others drawn, so that what was made long ago has its chance too.
size_t att_view_list_made(const att_view *view, att_rng *rng, size_t wanted, uint32_t *out)
{
    const att_ledger *ledger = view->engine->ledger;
    const size_t count = ledger->candidates.count;
    size_t listed = 0;
    for (size_t i = count; i-- > 0 && listed < (wanted + 1) / 2;)
        if (ledger->candidates.items[i].verdict != ATT_MADE_DENY)
            out[listed++] = ledger->candidates.items[i].item;
    for (; count && listed < wanted; listed++)
        out[listed] = ledger->candidates.items[att_rng_below(rng, count)].item;
    return listed;
}

// The brief it was made for; empty: it was not made.
att_text att_view_made(const att_view *view, uint32_t item)
{
    const att_ledger_candidate *made = att_ledger_of_item(view->engine->ledger, item);
    char *hex = made ? ATT_NEW(view->answer, char, ATT_BRIEF_ID_SIZE) : NULL;
    if (!hex)
        return (att_text){"", 0};
    att_hash_hex(att_ledger_hash(view->engine->ledger, made->brief).bytes, hex);
    return (att_text){hex, ATT_BRIEF_ID_SIZE - 1};
}

// --- The draw -------------------------------------------------------------------------------------------------------

static bool may_stand(const att_view *view, uint32_t item)
{
    return item < view->bit_count && (view->bits[item / 64] >> item % 64 & 1) &&
           !(view->exclude_count && bsearch(&item, view->exclude, view->exclude_count, sizeof item, att_order_u32));
}

// The one that won the slot is among them; in order of making.
static void list_variants(const att_view *view, const att_ledger_candidate *made, att_variant_choice *out)
{
    const att_ledger *ledger = view->engine->ledger;
    const att_ledger_brief *brief = &ledger->briefs.items[made->brief];
    for (size_t i = 0; i < brief->candidates.count && out->count < ATT_VARIANTS_MAX; i++) {
        const uint32_t item = ledger->candidates.items[brief->candidates.items[i]].item;
        if (item == made->item || (may_stand(view, item) && out->count < ATT_VARIANTS_MAX - 1))
            out->items[out->count++] = item;
    }
}

static att_status describe_options(const att_engine *engine, const att_variant_choice *c, att_arena *arena, att_choice_option *out, att_error *err)
{
    const att_catalogue *catalogue = &engine->catalogue;
    for (uint32_t a = 0; a < c->count; a++) {
        size_t count;
        const uint16_t *tags = att_catalogue_tags(catalogue, c->items[a], &count);
        att_choice_feature *features = ATT_NEW(arena, att_choice_feature, OPTION_TAGS_MAX);
        if (!features)
            return att_no_memory(err, OPTION_TAGS_MAX, "features of a choice");
        count = ATT_MIN(count, (size_t)OPTION_TAGS_MAX);
        for (size_t t = 0; t < count; t++)
            features[t] = (att_choice_feature){ATT_LIT("tag"), att_names_get(&catalogue->tags, tags[t]), 1};
        out[a] = (att_choice_option){.id = att_names_get(&catalogue->ids, c->items[a]), .features = features, .feature_count = count};
    }
    return ATT_OK;
}

static att_allowance allowance_of(const att_view *view, bool without_exploration)
{
    const att_choices *choices = view->engine->choices;
    const double share = view->engine->policy.choices.share;
    if (without_exploration)
        return (att_allowance){0};
    if (share >= 1)
        return (att_allowance){.slots_max = 1, .probability = 1};
    const att_spent person = view->user == ATT_NO_INDEX ? choices->total : att_choices_spent(choices, view->user);
    return att_budget_allow(att_one_share(share), person, choices->total, 1);
}

static att_status bandit_memory(att_slate_memory *memory, att_error *err)
{
    if (memory->bandit)
        return ATT_OK;
    memory->bandit = ATT_NEW_ARRAY(&memory->host, att_bandit_memory, 1);
    if (!memory->bandit)
        return att_no_memory(err, 1, "memory of a choice");
    att_bandit_memory_init(memory->bandit, &memory->host);
    return ATT_OK;
}

static att_status draw(const att_view *view, bool without_exploration, att_variant_choice *c, att_error *err)
{
    att_choices *choices = view->engine->choices;
    att_arena *scratch = &view->memory->scratch;
    att_choice_option options[ATT_VARIANTS_MAX];
    att_bandit_question question;
    const uint32_t chooser = att_choices_find(choices, CHOICE_NAME);
    att_status status = bandit_memory(view->memory, err);
    if (!status)
        status = describe_options(view->engine, c, scratch, options, err);
    if (!status)
        status = att_choices_question(NULL, 0, &view->request->context, options, c->count, scratch, &question, err);
    if (!status)
        status = att_choices_distribution(choices, chooser, &question, c->seed, allowance_of(view, without_exploration), view->memory->bandit,
            c->probabilities, &c->greedy, err);
    if (status)
        return status;
    c->rounds = chooser == ATT_NO_INDEX ? 0 : choices->choosers.items[chooser]->bandit.rounds;
    c->chosen = att_bandit_draw(c->probabilities, c->count, c->seed);
    return ATT_OK;
}

att_status att_view_draw_variants(att_view *view, att_slot *slots, size_t filled, bool without_exploration, att_variant_choice **out, size_t *count,
    att_error *err)
{
    *out = NULL;
    *count = 0;
    if (!view->made_count)
        return ATT_OK;
    *out = ATT_NEW(view->answer, att_variant_choice, filled);
    if (!*out)
        return att_no_memory(err, filled, "variants");
    for (size_t s = 0; s < filled; s++) {
        att_candidate *candidate = &view->candidates[slots[s].candidate];
        const att_ledger_candidate *made = att_ledger_of_item(view->engine->ledger, candidate->item);
        att_variant_choice *c = &(*out)[*count];
        *c = (att_variant_choice){.slot = (uint16_t)s, .seed = att_mix64(view->seed ^ att_mix64(0x6d616465 + s))};
        if (made)
            list_variants(view, made, c);
        if (c->count < 2)
            continue;
        const att_status status = draw(view, without_exploration, c, err);
        if (status)
            return status;
        candidate->item = c->items[c->chosen];
        slots[s].propensity *= (double)c->probabilities[c->chosen];
        ++*count;
    }
    return ATT_OK;
}

// --- In the log -----------------------------------------------------------------------------------------------------

// Whether the share of explored choices holds with what was decided meanwhile.
bool att_variants_fit(const att_engine *engine, const att_variant_choice *choices, size_t count, uint32_t user)
{
    const double share = engine->policy.choices.share;
    att_spent person = user == ATT_NO_INDEX ? (att_spent){0} : att_choices_spent(engine->choices, user), total = engine->choices->total;
    for (size_t i = 0; i < count && share < 1; i++) {
        const uint32_t explored = choices[i].chosen != choices[i].greedy;
        if (explored && !att_budget_fits(att_one_share(share), person, total, 1, explored))
            return false;
        person.impressions++;
        person.explored += explored;
        total.impressions++;
        total.explored += explored;
    }
    return true;
}

att_status att_variants_append(att_engine *engine, const att_variant_choice *choices, size_t count, uint64_t decision, uint32_t user,
    const att_context *context, att_arena *arena, att_error *err)
{
    att_status status = ATT_OK;
    for (size_t i = 0; i < count && !status; i++) {
        const att_variant_choice *c = &choices[i];
        att_choice_option options[ATT_VARIANTS_MAX];
        status = describe_options(engine, c, arena, options, err);
        if (status)
            break;
        const att_choice_record choice = {.seed = c->seed,
            .rounds = c->rounds,
            .policy = engine->policy_seq,
            .chosen = c->chosen,
            .shown = c->chosen,
            .greedy = c->greedy,
            .weight = 1,
            .name = CHOICE_NAME,
            .options = options,
            .probabilities = c->probabilities,
            .option_count = c->count};
        att_record record = att_record_blank(engine, ATT_RECORD_CHOICE);
        record.payload_size = att_choice_size(&choice);
        unsigned char *payload = att_arena_alloc_raw(arena, record.payload_size, 1);
        if (!payload)
            return att_no_memory(err, record.payload_size, "bytes of a choice");
        att_choice_encode(&choice, payload);
        record.payload = payload;
        record.user = user;
        record.item = c->items[c->chosen];
        record.decision = decision;
        record.context = *context;
        status = att_engine_append(engine, &record, 1, err);
    }
    return status;
}

// --- Rewards --------------------------------------------------------------------------------------------------------

typedef struct seeking {
    uint64_t decision, found;
    uint32_t item;
} seeking;

// The choices of a decision stand right behind it.
static bool seek_choice(void *user, const att_record *record)
{
    seeking *s = user;
    if (record->kind != ATT_RECORD_CHOICE || record->decision != s->decision)
        return false;
    if (record->item == s->item)
        s->found = record->seq;
    return !s->found;
}

static bool settles(att_signal signal)
{
    return signal != ATT_SIGNAL_IMPRESSION && signal != ATT_SIGNAL_CLICK && signal != ATT_SIGNAL_DWELL && signal != ATT_SIGNAL_QUIT;
}

att_status att_engine_reward_made(att_engine *engine, const att_record *event, att_error *err)
{
    if (!event->decision || event->set_aside || !settles((att_signal)event->signal) || !att_ledger_of_item(engine->ledger, event->item))
        return ATT_OK;
    seeking s = {.decision = event->decision, .item = event->item};
    att_status status = att_store_log_each(engine->store, event->decision + 1, seek_choice, &s, err);
    const att_made_choice *made = status || !s.found ? NULL : att_choices_made(engine->choices, s.found);
    if (!made || made->user != event->user || att_choices_reward_seen(engine->choices, s.found, event->id, event->user))
        return status;
    const att_grade grade = att_grade_event(&engine->policy, event, 0);
    att_record record = att_record_blank(engine, ATT_RECORD_REWARD);
    record.at_ms = event->at_ms;
    record.user = event->user;
    record.decision = s.found;
    record.signal = ATT_REWARD_PART_REWARD;
    record.value = grade.reward;
    record.id = event->id;
    return att_engine_append(engine, &record, 1, err);
}
