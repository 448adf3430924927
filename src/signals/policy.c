// SPDX-License-Identifier: Apache-2.0
// signals/policy.c - the default policy, and the one table of all its keys.
//
// Adding a key: a field in attune/policy.h, a default here, a row in the table. Parser, writer, checks and
// the printed file follow. Why each default is what it is: docs/signals.md.
#include "signals/policy.h"

#include <math.h>
#include <stdio.h>
#include <xxhash.h>

#define DAY_MS (24.0 * 3600 * 1000)

#define RULES_DEFAULT                                                                              \
    {                                                                                              \
        [ATT_SIGNAL_IMPRESSION] = {0, 0}, [ATT_SIGNAL_LIKE] = {1, 1},                              \
        [ATT_SIGNAL_DISLIKE] = {-1, -1}, [ATT_SIGNAL_SAVE] = {0.9, 0.9},                           \
        [ATT_SIGNAL_RATING] = {1, 1}, [ATT_SIGNAL_SURVEY] = {1, 1},                                \
        [ATT_SIGNAL_PLAY] = {0.6, 0.6}, [ATT_SIGNAL_SKIP] = {-0.2, -0.2},                          \
        [ATT_SIGNAL_REPLAY] = {0.8, 0.8}, [ATT_SIGNAL_COMPLETE] = {0.7, 0.7},                      \
        [ATT_SIGNAL_DWELL] = {0.1, 0.05}, [ATT_SIGNAL_CLICK] = {0.2, 0.1},                         \
        [ATT_SIGNAL_QUIT] = {-0.05, 0}, [ATT_SIGNAL_RAGE_QUIT] = {-0.6, -0.8},                     \
        [ATT_SIGNAL_PURCHASE] = {1, 1}, [ATT_SIGNAL_REPORT] = {-1, -1},                            \
    }

att_policy att_policy_default(void)
{
    return (att_policy){
        .signals =
            {
                .rule = RULES_DEFAULT,
                .rating_min = 0.5,
                .rating_max = 5,
                .rating_neutral = 3,
                .early_skip_ms = 5000,
                .late_skip_ms = 10000,
                .early_skip_grade = -0.8,
                .soft_skip_grade = -0.4,
                .early_skip_reward = -0.8,
                .soft_skip_reward = -0.4,
                .complete_share = 0.9,
                .dwell_full_ms = 5000,
                .session_gap_ms = 30 * 60 * 1000,
                .half_life_days = 180,
                .session_half_life_events = 8,
                .future_ms = (int64_t)DAY_MS,
                .bot_events_per_minute = 600,
            },
        .objective =
            {
                .relevance = 1,
                .context = 0.3,
                .novelty = 0.1,
                .freshness = 0.05,
                .business = 0.1,
                .control = 0.5,
                .diversity = 0.3,
                .calibration = 0.3,
                .method = ATT_DIVERSITY_DPP,
                .session_mix = 0.3,
                .freshness_half_life_days = 14,
                .repeat_gap_ms = 12 * 3600 * 1000,
                .candidates = 500,
                .out_of_distribution = 1,
                .early_skip = 1,
                .situation = 0.5,
                .situation_evidence = 5000,
                .situation_share = 0.2,
            },
        .exploration = {.share = 0.1, .pool_log_share = 0.02},
        .choices =
            {
                .algorithm = ATT_CHOICE_REGCB,
                .share = 0.15,
                .floor = 0.02,
                .reward_wait_s = 3600,
                .default_reward = 0,
                .reward_low = 0,
                .reward_high = 1,
                .part = {[ATT_REWARD_PART_REWARD] = 1, [ATT_REWARD_PART_CLICK] = 0.2, [ATT_REWARD_PART_PLAY] = 0.5,
                    [ATT_REWARD_PART_SATISFACTION] = 0.5, [ATT_REWARD_PART_PURCHASE] = 1,
                    [ATT_REWARD_PART_COMPLAINT] = -1},
                .bits = 18,
            },
        .experiments = {.holdout_share = 0.02},
        .taste =
            {
                .scales = true,
                .recent_half_life_days = 14,
                .recent_share = 0.25,
                .recent_evidence = 5,
                .consolidation_days = 1,
                .context_share = 0.5,
                .context_evidence = 10,
                .binge_events = 6,
                .binge_evidence = 8,
                .session_worth = 2,
                .confirm_days = 3,
                .move_evidence = 9,
                .move_half_events = 8,
                .move_keep = 0.1,
                .season_boost = 1,
                .season_days = 30,
                .life_event_keep = 0.1,
                .reserve = 0.1,
            },
        .rights = {.required = false, .unknown_age = 0},
        .moderation = {.filter_items = false, .hold_reports = 0},
        .learning =
            {
                .new_share = 0.05,
                .new_least = 200,
                .new_items_share = 0.1,
                .age_days = 7,
                .held_share = 0.3,
                .people_least = 30,
                .margin = 0.05,
                .confidence = 0.95,
                .choose_every = 10,
                .warm_passes = 4,
                .keep_models = 5,
            },
        .generation =
            {
                .candidates = 3,
                .attempts = 3,
                .novelty = 0.0002,
                .review = false,
                .cpu_hour = 0.05,
                .gpu_hour = 2,
                .labour_hour = 30,
                .qa_minutes = 3,
                .storage_gb_month = 0.02,
                .egress_gb = 0.05,
                .success = 0.5,
                .realtime_ms = 2000,
                .risk = 0.05,
                .utilisation = 0.3,
            },
    };
}

#define AT(member) (uint16_t) offsetof(att_policy, member)
#define RULE(id, wire, text)                                                                       \
    {"signals", wire, "grade", text, -1, 1, AT(signals.rule[ATT_SIGNAL_##id].grade),               \
        ATT_POLICY_DOUBLE},                                                                        \
    {                                                                                              \
        "signals", wire, "reward", "", -1, 1, AT(signals.rule[ATT_SIGNAL_##id].reward),            \
            ATT_POLICY_DOUBLE                                                                      \
    }
#define KEY(section, key, kind, low, high, text)                                                   \
    {                                                                                              \
#section, NULL, #key, text, low, high, AT(section.key), ATT_POLICY_##kind                  \
    }

#define PART(id, wire, text)                                                                       \
    {                                                                                              \
        "choices", "parts", #wire, text, -1000, 1000, AT(choices.part[ATT_REWARD_PART_##id]),      \
            ATT_POLICY_DOUBLE                                                                      \
    }

static const att_policy_field fields[] = {
    RULE(IMPRESSION, "impression", "really seen, and not acted on"),
    RULE(LIKE, "like", "explicit"),
    RULE(DISLIKE, "dislike", "explicit"),
    RULE(SAVE, "save", "explicit: kept for later"),
    RULE(RATING, "rating",
        "explicit: the grade of rating_max; scaled through 0 at rating_neutral to its opposite at "
        "rating_min"),
    RULE(SURVEY, "survey",
        "explicit: the grade of answer 1; scaled through 0 at 0.5 to its opposite at 0"),
    RULE(PLAY, "play",
        "times the share played; unknown share counts as half; from complete_share on as complete"),
    RULE(SKIP, "skip", "a late skip at share 0; slides to play's grade with the share played"),
    RULE(REPLAY, "replay", "wanted again"),
    RULE(COMPLETE, "complete", "heard or seen to the end"),
    RULE(DWELL, "dwell", "times dwell_ms / dwell_full_ms, at most 1"),
    RULE(CLICK, "click", "says little: headlines and thumbnails are made to be clicked"),
    RULE(QUIT, "quit", "to the item last played in the session, unless it was complete"),
    RULE(RAGE_QUIT, "rage-quit", "to the item last played in the session"),
    RULE(PURCHASE, "purchase", "explicit: paid for"),
    RULE(REPORT, "report", "explicit: a complaint about the item"),
    KEY(signals, rating_min, DOUBLE, -1000, 1000, "worst rating of the scale"),
    KEY(signals, rating_max, DOUBLE, -1000, 1000, "best rating of the scale"),
    KEY(signals, rating_neutral, DOUBLE, -1000, 1000, "neither liked nor disliked"),
    KEY(signals, early_skip_ms, I32, 0, 3600000, "a skip before this is a hard no"),
    KEY(signals, late_skip_ms, I32, 0, 3600000,
        "a skip before this is a soft no; later ones are graded by share played"),
    KEY(signals, early_skip_grade, DOUBLE, -1, 1, "of a hard no"),
    KEY(signals, soft_skip_grade, DOUBLE, -1, 1, "of a soft no"),
    KEY(signals, early_skip_reward, DOUBLE, -1, 1, "of a hard no"),
    KEY(signals, soft_skip_reward, DOUBLE, -1, 1, "of a soft no"),
    KEY(signals, complete_share, DOUBLE, 0.05, 1,
        "a play of at least this share counts as complete"),
    KEY(signals, dwell_full_ms, I32, 100, 3600000, "a dwell this long has the full grade"),
    KEY(signals, session_gap_ms, I64, 1000, 7 * DAY_MS, "silence that ends a session"),
    KEY(signals, half_life_days, DOUBLE, 0, 36500, "of a preference; 0: no decay"),
    KEY(signals, session_half_life_events, DOUBLE, 0.1, 1000, "of the session's vector, in events"),
    KEY(signals, future_ms, I64, 0, 366 * DAY_MS,
        "an event dated further ahead of the clock is refused"),
    KEY(signals, bot_events_per_minute, U32, 1, 1000000,
        "above: events are kept, set aside, counted, not learned from"),
    KEY(objective, relevance, DOUBLE, 0, 10, "weight: nearness to the person's taste"),
    KEY(objective, context, DOUBLE, 0, 10, "weight: fit to device, place, hour, activity"),
    KEY(objective, novelty, DOUBLE, 0, 10, "weight: a bonus for what few people know"),
    KEY(objective, freshness, DOUBLE, 0, 10, "weight: a bonus for what is newly published"),
    KEY(objective, business, DOUBLE, 0, 10, "weight: the catalogue owner's boost"),
    KEY(objective, control, DOUBLE, 0, 10, "weight: the person's sliders and 'less like this'"),
    KEY(objective, diversity, DOUBLE, 0, 10, "strength of the penalty for likeness within a slate"),
    KEY(objective, calibration, DOUBLE, 0, 10,
        "pull towards the person's own mix; Steck 2018's lambda / (1 - lambda)"),
    KEY(objective, method, DIVERSITY, 0, 2, "how likeness is penalized"),
    KEY(objective, session_mix, DOUBLE, 0, 1, "share of the running session in the taste"),
    KEY(objective, freshness_half_life_days, DOUBLE, 0.01, 36500,
        "a thing this old has half the freshness"),
    KEY(objective, repeat_gap_ms, I64, 0, 3660 * DAY_MS,
        "shown or finished, an item is not shown again for this long"),
    KEY(objective, candidates, U32, 50, 5000, "fetched before the slate is built"),
    KEY(objective, out_of_distribution, U32, 0, 5,
        "at least this many items outside the usual taste in a slate"),
    KEY(objective, early_skip, DOUBLE, 0, 10, "weight: against what is likely to be skipped before signals.late_skip_ms"),
    KEY(objective, situation, DOUBLE, 0, 10, "weight: fit to what the situation wants of the item's features (situations, below)"),
    KEY(objective, situation_evidence, DOUBLE, 0, 1e9,
        "events learned from a situation after which its wishes count half; 0: they never fade"),
    KEY(objective, situation_share, DOUBLE, 0, 0.5, "of the candidates, taken from what fits the situation"),
    KEY(exploration, share, DOUBLE, 0, 0.15, "of impressions, 0.05 to 0.15; 0 turns it off"),
    KEY(exploration, pool_log_share, DOUBLE, 0, 1,
        "of decisions that also log all they chose from (some 50 KB each), for off-policy estimates"),
    KEY(choices, algorithm, ALGORITHM, 0, 6, "how a choice among options is learned (docs/bandits.md)"),
    KEY(choices, share, DOUBLE, 0, 1,
        "of decisions that may show another option than the best, for every person and overall"),
    KEY(choices, floor, DOUBLE, 0, 1, "probability spread evenly over all options, within the share"),
    KEY(choices, reward_wait_s, U32, 1, 30 * 86400, "what has come by then is the reward"),
    KEY(choices, default_reward, DOUBLE, -1e6, 1e6, "when nothing has come by then"),
    KEY(choices, reward_low, DOUBLE, -1e6, 1e6, "this reward and less is learned as 0"),
    KEY(choices, reward_high, DOUBLE, -1e6, 1e6, "this reward and more is learned as 1"),
    PART(REWARD, reward, "weights of the parts that a reward is the sum of"),
    PART(CLICK, click, ""),
    PART(PLAY, play, ""),
    PART(SATISFACTION, satisfaction, ""),
    PART(PURCHASE, purchase, ""),
    PART(COMPLAINT, complaint, ""),
    KEY(choices, bits, U32, 10, 24, "a learner's tables have at most 2^bits weights"),
    KEY(experiments, holdout_share, DOUBLE, 0, 0.5,
        "of people, held back from all experiments for good; 0: none"),
    KEY(taste, scales, BOOL, 0, 1,
        "several time scales, contexts and detection of changes; false: one half-life and the session"),
    KEY(taste, recent_half_life_days, DOUBLE, 0.1, 3650, "of the recent vector"),
    KEY(taste, recent_share, DOUBLE, 0, 1, "at most this share of the taste is recent, the session aside"),
    KEY(taste, recent_evidence, DOUBLE, 0, 1000,
        "grades that give the recent vector half of its share"),
    KEY(taste, consolidation_days, U32, 1, 365,
        "recent taste moves into the long-term vector once in so many days"),
    KEY(taste, context_share, DOUBLE, 0, 1, "how far device, place, hours and activity bend the taste"),
    KEY(taste, context_evidence, DOUBLE, 0.1, 10000,
        "grades in like situations that count as much as everybody's habits"),
    KEY(taste, binge_events, U32, 2, 512, "a session with fewer liked things of one tag is no binge"),
    KEY(taste, binge_evidence, DOUBLE, 0, 1000,
        "log-likelihood ratio against the person's own mix that makes it one"),
    KEY(taste, session_worth, DOUBLE, 0, 512,
        "grades that a binge may bring into lasting taste until it is confirmed"),
    KEY(taste, confirm_days, U32, 1, 255, "separate days on which a theme must come up to be confirmed"),
    KEY(taste, move_evidence, DOUBLE, 0, 1000,
        "log-likelihood ratio of new mix over old that makes a change a lasting one"),
    KEY(taste, move_half_events, DOUBLE, 0.1, 1000,
        "liked things of the new taste that halve the weight of the old"),
    KEY(taste, move_keep, DOUBLE, 0, 1, "share of the old taste's weight that stays at least"),
    KEY(taste, season_boost, DOUBLE, 0, 10,
        "what a preference of the same time of another year gains, times its weight"),
    KEY(taste, season_days, DOUBLE, 1, 180, "around the anniversary, falling off evenly"),
    KEY(taste, life_event_keep, DOUBLE, 0, 1,
        "share of its weight that a preference from before a life event keeps"),
    KEY(taste, reserve, DOUBLE, 0, 0.9,
        "share of a person's exploration that waits for sudden changes; at most 20 slots wait"),
    KEY(rights, required, BOOL, 0, 1, "true: an item without a licence that holds is never shown"),
    KEY(rights, unknown_age, I32, 0, 120, "years: how old a person of unknown age counts"),
    KEY(moderation, filter_items, BOOL, 0, 1,
        "true: titles, texts and tags of items pass the text filter beside the store (docs/filter.md)"),
    KEY(moderation, hold_reports, U32, 0, 1000000,
        "an item is not shown once so many different people have reported it since the last verdict; 0: never"),
    KEY(learning, new_share, DOUBLE, 0.001, 100,
        "so many new preferences, as a share of those before, start a training of a watch"),
    KEY(learning, new_least, U32, 1, 1000000000, "and at least so many"),
    KEY(learning, new_items_share, DOUBLE, 0.001, 100,
        "so many items that people met and the model does not know, as a share, start one too"),
    KEY(learning, age_days, DOUBLE, 0, 36500,
        "so long after the last training one starts if anything is new; 0: never by age"),
    KEY(learning, held_share, DOUBLE, 0.05, 0.9,
        "the newest of what the model in force has not seen: old and new model are judged on it"),
    KEY(learning, people_least, U32, 2, 1000000, "with fewer to judge by nothing is swapped"),
    KEY(learning, margin, DOUBLE, 0, 1, "share of the quality that a swap may cost"),
    KEY(learning, confidence, DOUBLE, 0.5, 0.9999, "that it costs no more"),
    KEY(learning, choose_every, U32, 1, 1000000,
        "kind and parameters are chosen anew every so many trainings of a watch"),
    KEY(learning, warm_passes, U32, 1, 1000, "over the data, of the trainings between"),
    KEY(learning, keep_models, U32, 1, 1000,
        "newest versions kept on disk, beside the one in force and the one before it"),
    KEY(generation, candidates, U32, 1, 64, "that are allowed or held, wanted for a brief"),
    KEY(generation, attempts, U32, 1, 100, "so many times as many are tried at most"),
    KEY(generation, novelty, DOUBLE, 0, 1, "least distance (1 - cosine) from all that was made before"),
    KEY(generation, review, BOOL, 0, 1, "true: people look at all that is made before it is shown"),
    KEY(generation, cpu_hour, DOUBLE, 0, 1e6, "price of an hour of one processor core; all prices in one currency"),
    KEY(generation, gpu_hour, DOUBLE, 0, 1e6, "price of an hour of an accelerator"),
    KEY(generation, labour_hour, DOUBLE, 0, 1e6, "price of an hour of a person's work"),
    KEY(generation, qa_minutes, DOUBLE, 0, 10000, "of it, for each look at what was made"),
    KEY(generation, storage_gb_month, DOUBLE, 0, 1e6, "price of keeping 10^9 bytes for 30 days"),
    KEY(generation, egress_gb, DOUBLE, 0, 1e6, "price of sending 10^9 bytes to people"),
    KEY(generation, success, DOUBLE, 0.01, 1, "a slot whose events earn so much reward is a successful impression"),
    KEY(generation, realtime_ms, I32, 1, 3600000, "how long a person waits for what is made meanwhile"),
    KEY(generation, risk, DOUBLE, 0, 1, "share held or denied above which nothing is made while a person waits"),
    KEY(generation, utilisation, DOUBLE, 0.01, 1, "of the machines that are kept ready for real time"),
};

const att_policy_field *att_policy_fields(size_t *count)
{
    *count = ATT_COUNT_OF(fields);
    return fields;
}

bool att_policy_kind_is_whole(uint8_t kind)
{
    return kind == ATT_POLICY_I32 || kind == ATT_POLICY_I64 || kind == ATT_POLICY_U32;
}

double att_policy_field_get(const att_policy *policy, const att_policy_field *field)
{
    const void *at = (const char *)policy + field->offset;
    switch (field->kind) {
    case ATT_POLICY_I32:
        return *(const int32_t *)at;
    case ATT_POLICY_I64:
        return (double)*(const int64_t *)at;
    case ATT_POLICY_U32:
        return *(const uint32_t *)at;
    case ATT_POLICY_BOOL:
        return *(const bool *)at;
    case ATT_POLICY_DIVERSITY:
        return *(const att_diversity *)at;
    case ATT_POLICY_ALGORITHM:
        return *(const att_choice_algorithm *)at;
    default:
        return *(const double *)at;
    }
}

void att_policy_field_set(att_policy *policy, const att_policy_field *field, double value)
{
    void *at = (char *)policy + field->offset;
    switch (field->kind) {
    case ATT_POLICY_I32:
        *(int32_t *)at = (int32_t)value;
        break;
    case ATT_POLICY_I64:
        *(int64_t *)at = (int64_t)value;
        break;
    case ATT_POLICY_U32:
        *(uint32_t *)at = (uint32_t)value;
        break;
    case ATT_POLICY_BOOL:
        *(bool *)at = value != 0;
        break;
    case ATT_POLICY_DIVERSITY:
        *(att_diversity *)at = (att_diversity)value;
        break;
    case ATT_POLICY_ALGORITHM:
        *(att_choice_algorithm *)at = (att_choice_algorithm)value;
        break;
    default:
        *(double *)at = value;
    }
}

const char *att_diversity_name(att_diversity method)
{
    static const char *const names[] = {"none", "mmr", "dpp"};
    return (unsigned)method < ATT_COUNT_OF(names) ? names[method] : "?";
}

const char *att_choice_algorithm_name(att_choice_algorithm algorithm)
{
    static const char *const names[] = {"regcb", "epsilon", "linucb", "thompson", "squarecb", "cover", "bagging"};
    return (unsigned)algorithm < ATT_COUNT_OF(names) ? names[algorithm] : "?";
}

const char *att_policy_field_path(const att_policy_field *field, char *out, size_t size)
{
    snprintf(out, size, "%s.%s%s%s", field->section, field->group ? field->group : "",
        field->group ? "." : "", field->key);
    return out;
}

static size_t index_at(size_t offset)
{
    for (size_t i = 0; i < ATT_COUNT_OF(fields); i++)
        if (fields[i].offset == offset)
            return i;
    return 0;
}

static bool out_of_range(const att_policy *policy, size_t *at, char *why, size_t why_size)
{
    for (size_t i = 0; i < ATT_COUNT_OF(fields); i++) {
        const double value = att_policy_field_get(policy, &fields[i]);
        if (value >= fields[i].low && value <= fields[i].high)
            continue;
        *at = i;
        snprintf(why, why_size, "%.15g is out of range; %.15g to %.15g is allowed", value,
            fields[i].low, fields[i].high);
        return true;
    }
    return false;
}

// Values that must be in order: the first must be less than (or at most) the second.
static const struct {
    size_t low, high;
    bool may_be_equal;
} ordered[] = {
    {AT(signals.early_skip_ms), AT(signals.late_skip_ms), false},
    {AT(signals.early_skip_grade), AT(signals.soft_skip_grade), true},
    {AT(signals.rating_min), AT(signals.rating_neutral), false},
    {AT(signals.rating_neutral), AT(signals.rating_max), false},
    {AT(choices.reward_low), AT(choices.reward_high), false},
};

static bool out_of_order(
    const att_policy *policy, const uint32_t *lines, size_t *at, char *why, size_t why_size)
{
    for (size_t i = 0; i < ATT_COUNT_OF(ordered); i++) {
        const size_t low = index_at(ordered[i].low), high = index_at(ordered[i].high);
        const double a = att_policy_field_get(policy, &fields[low]);
        const double b = att_policy_field_get(policy, &fields[high]);
        if (a < b || (ordered[i].may_be_equal && a == b))
            continue;
        const bool blame_high = lines && !lines[low] && lines[high];
        const char *const words[2][2] = {{"less than", "more than"}, {"at most", "at least"}};
        char path[96];
        *at = blame_high ? high : low;
        snprintf(why, why_size, "%.15g must be %s %s, which is %.15g", blame_high ? b : a,
            words[ordered[i].may_be_equal][blame_high],
            att_policy_field_path(&fields[blame_high ? low : high], path, sizeof path),
            blame_high ? a : b);
        return true;
    }
    return false;
}

bool att_policy_fault(
    const att_policy *policy, const uint32_t *lines, size_t *at, char *why, size_t why_size)
{
    if (out_of_range(policy, at, why, why_size) || out_of_order(policy, lines, at, why, why_size))
        return true;
    const double share = policy->exploration.share;
    if (share != 0 && share < 0.05) {
        *at = index_at(AT(exploration.share));
        snprintf(
            why, why_size, "%.15g is out of range; 0.05 to 0.15 is allowed, or 0 for none", share);
        return true;
    }
    return false;
}

bool att_wish_fault(const att_wish *wish, char *why, size_t why_size)
{
    if (!memchr(wish->feature, 0, sizeof wish->feature) || !wish->feature[0] || wish->facet >= ATT_FACET_COUNT || !wish->which ||
        strcmp(att_facet_class_name((att_facet)wish->facet, wish->which), "?") == 0)
        snprintf(why, why_size, "no feature, or no situation");
    else if (isnan(wish->least) || isnan(wish->most) || (isinf(wish->least) && isinf(wish->most)))
        snprintf(why, why_size, "least or most must be given");
    else if (!(wish->least <= wish->most))
        snprintf(why, why_size, "least is %.15g, which must be at most most, %.15g", wish->least, wish->most);
    else if (!(wish->tolerance > 0 && wish->tolerance <= 1e9))
        snprintf(why, why_size, "tolerance must be given, above 0 and at most 1e9");
    else if (!(wish->weight >= 0 && wish->weight <= 10))
        snprintf(why, why_size, "weight is %.15g; 0 to 10 is allowed", wish->weight);
    else
        return false;
    return true;
}

att_wish *att_policy_wish(att_policy *policy, att_facet facet, uint8_t which, att_text feature)
{
    for (uint32_t i = 0; i < policy->situations.count; i++) {
        att_wish *wish = &policy->situations.wish[i];
        if (wish->facet == facet && wish->which == which && att_text_equal(att_text_of(wish->feature), feature))
            return wish;
    }
    return NULL;
}

bool att_policy_wishes_equal(const att_policy *a, const att_policy *b)
{
    bool equal = a->situations.count == b->situations.count;
    for (uint32_t i = 0; equal && i < a->situations.count; i++) {
        const att_wish *x = &a->situations.wish[i], *y = &b->situations.wish[i];
        equal = strcmp(x->feature, y->feature) == 0 && x->facet == y->facet && x->which == y->which && x->least == y->least &&
                x->most == y->most && x->tolerance == y->tolerance && x->weight == y->weight;
    }
    return equal;
}

static att_status check_wishes(const att_policy *policy, att_error *err)
{
    char why[192];
    if (policy->situations.count > ATT_WISHES_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "policy: situations: %u wishes, at most %d", policy->situations.count, ATT_WISHES_MAX);
    for (uint32_t i = 0; i < policy->situations.count; i++) {
        const att_wish *wish = &policy->situations.wish[i];
        if (att_wish_fault(wish, why, sizeof why))
            return ATT_FAIL(err, ATT_INVALID, "policy: situations.%s.%.*s: %s", att_facet_class_name((att_facet)wish->facet, wish->which),
                ATT_WISH_FEATURE_SIZE - 1, wish->feature, why);
    }
    return ATT_OK;
}

att_status att_policy_check(const att_policy *policy, att_error *err)
{
    size_t at;
    char why[192], path[96];
    const att_status status = check_wishes(policy, err);
    if (status)
        return status;
    if (!att_policy_fault(policy, NULL, &at, why, sizeof why))
        return ATT_OK;
    return ATT_FAIL(err, ATT_INVALID, "policy: %s: %s",
        att_policy_field_path(&fields[at], path, sizeof path), why);
}

static uint64_t section_hash(const att_policy *policy, const char *section)
{
    double values[ATT_COUNT_OF(fields)];
    size_t count = 0;
    for (size_t i = 0; i < ATT_COUNT_OF(fields); i++)
        if (strcmp(fields[i].section, section) == 0)
            values[count++] = att_policy_field_get(policy, &fields[i]) + 0.0; // -0 counts as 0
    return XXH3_64bits(values, count * sizeof *values);
}

uint64_t att_policy_signals_hash(const att_policy *policy)
{
    return section_hash(policy, "signals");
}

uint64_t att_policy_choices_hash(const att_policy *policy)
{
    return section_hash(policy, "choices");
}
