// SPDX-License-Identifier: Apache-2.0
// measure/split.c - the protocols as roles of preferences, and the building of a split from roles.
#include "measure/split.h"
#include "base/rng.h"
#include "measure/options.h"

#include <math.h>
#include <stdlib.h>

enum { TRAINED = 1, SHOWN = 2, SOUGHT = 4 };

// Streams of the seed, so that one choice does not move another.
enum { STREAM_PEOPLE = 1, STREAM_ITEMS = 2, STREAM_FOLD_IN = 1000, STREAM_NEGATIVES = 2000 };

typedef struct splitter {
    att_split *out;
    const att_table *table;
    const att_evaluate_options *options;
    uint32_t fold;
    uint8_t *role;     // (count)
    bool keep_unknown; // targets that training never saw stay, as misses
    att_arena *life;
} splitter;

static uint32_t share_of(double share, uint32_t count)
{
    return (uint32_t)(share * (double)count + 0.5);
}

// --- Roles -------------------------------------------------------------------------------------

static att_status leave_one_out(splitter *s, att_error *err)
{
    (void)err;
    for (uint32_t u = 0; u < s->table->users; u++) {
        const uint32_t last = s->table->user_start[u + 1] - 1;
        for (uint32_t i = s->table->user_start[u]; i < last; i++)
            s->role[i] = TRAINED | SHOWN;
        s->role[last] = SOUGHT;
    }
    s->keep_unknown = true;
    return ATT_OK;
}

static void hold_out(splitter *s, uint32_t user, const uint8_t *known, uint32_t *order)
{
    const uint32_t start = s->table->user_start[user], end = s->table->user_start[user + 1];
    uint32_t count = 0;
    for (uint32_t i = start; i < end; i++)
        if (known[s->table->item[i]])
            order[count++] = i;
        else
            s->out->counts.unknown_dropped++;
    att_rng rng = att_rng_stream(s->options->seed, STREAM_FOLD_IN + (uint64_t)user * 4096);
    if (!s->options->fold_in_earliest)
        att_rng_shuffle_u32(&rng, order, count);
    uint32_t sought = share_of(1.0 - s->options->fold_in_share, count);
    sought = count < 2 ? 0 : ATT_MAX(1, ATT_MIN(sought, count - 1));
    s->out->counts.without_target += sought == 0;
    for (uint32_t i = 0; sought > 0 && i < count; i++)
        s->role[order[i]] = i + sought < count ? SHOWN : SOUGHT;
}

// Shuffled people stand in a ring: fold f tests the f-th group and sets aside those that follow it.
static bool is_in(uint32_t place, uint32_t start, uint32_t count, uint32_t users)
{
    return (place + users - start) % users < count;
}

static void train_on(splitter *s, uint32_t user, uint8_t *known)
{
    const att_table *table = s->table;
    for (uint32_t i = table->user_start[user]; i < table->user_start[user + 1]; i++) {
        s->role[i] = TRAINED;
        known[table->item[i]] = 1;
    }
}

static att_status check_people(
    const splitter *s, uint32_t test, uint32_t validation, att_error *err)
{
    const uint32_t users = s->table->users;
    if (test == 0 || test + validation >= users)
        return ATT_FAIL(err, ATT_INVALID,
            "%u people are too few for %u to test and %u to validate on; change test_share", users,
            test, validation);
    if ((uint64_t)s->options->folds * test > users)
        return ATT_FAIL(err, ATT_INVALID,
            "%u folds of %u people are more than the %u there are; change folds or test_share",
            s->options->folds, test, users);
    return ATT_OK;
}

static att_status strong(splitter *s, att_error *err)
{
    const att_table *table = s->table;
    const uint32_t test = share_of(s->options->test_share, table->users);
    const uint32_t validation = share_of(s->options->validation_share, table->users);
    const uint32_t start = s->fold * test;
    const att_status status = check_people(s, test, validation, err);
    if (status)
        return status;
    uint32_t *people = ATT_NEW(s->life, uint32_t, table->users);
    uint32_t *order = ATT_NEW(s->life, uint32_t, table->count);
    uint8_t *known = ATT_NEW(s->life, uint8_t, table->items);
    if (!people || !order || !known)
        return att_no_memory(err, table->count, "preferences");
    for (uint32_t u = 0; u < table->users; u++)
        people[u] = u;
    att_rng rng = att_rng_stream(s->options->seed, STREAM_PEOPLE);
    att_rng_shuffle_u32(&rng, people, table->users);
    for (uint32_t p = 0; p < table->users; p++)
        if (!is_in(p, start, test + validation, table->users))
            train_on(s, people[p], known);
    for (uint32_t p = start; p < start + test; p++)
        hold_out(s, people[p], known, order);
    return ATT_OK;
}

static int by_moment(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// The moment before which this share of all preferences lies.
static att_status moment_at(splitter *s, double share, int64_t *moment, att_error *err)
{
    const uint32_t count = s->table->count;
    int64_t *at_ms = ATT_NEW(s->life, int64_t, count);
    if (!at_ms)
        return att_no_memory(err, count, "moments");
    memcpy(at_ms, s->table->at_ms, count * sizeof *at_ms);
    qsort(at_ms, count, sizeof *at_ms, by_moment);
    *moment = at_ms[ATT_MIN(share_of(share, count), count - 1)];
    return ATT_OK;
}

static att_status check_timed(const splitter *s, att_error *err)
{
    if (!s->table->dataset->untimed)
        return ATT_OK;
    return ATT_FAIL(err, ATT_INVALID,
        "dataset %s has no times, only an order: a time split is not possible",
        s->table->dataset->name);
}

static att_status by_clock(splitter *s, att_error *err)
{
    int64_t moment = s->options->split_ms;
    att_status status = check_timed(s, err);
    if (!status && moment == 0)
        status = moment_at(s, s->options->train_share, &moment, err);
    for (uint32_t i = 0; !status && i < s->table->count; i++)
        s->role[i] = s->table->at_ms[i] < moment ? TRAINED | SHOWN : SOUGHT;
    return status;
}

// Moment f of n parts the preferences at (f + 1) / (n + 1) of them. Sought is what comes before the next moment, so
// that no preference is sought twice.
static att_status by_moments(splitter *s, att_error *err)
{
    const double pieces = s->options->moments + 1.0;
    int64_t moment = 0, next = INT64_MAX;
    att_status status = check_timed(s, err);
    if (!status)
        status = moment_at(s, (s->fold + 1) / pieces, &moment, err);
    if (!status && s->fold + 1 < s->options->moments)
        status = moment_at(s, (s->fold + 2) / pieces, &next, err);
    for (uint32_t i = 0; !status && i < s->table->count; i++) {
        const int64_t at_ms = s->table->at_ms[i];
        s->role[i] = at_ms < moment ? TRAINED | SHOWN : at_ms < next ? SOUGHT : 0;
    }
    return status;
}

static att_status cold(splitter *s, att_error *err)
{
    const att_table *table = s->table;
    uint32_t *described = ATT_NEW(s->life, uint32_t, table->items), count = 0;
    uint8_t *hidden = ATT_NEW(s->life, uint8_t, table->items);
    if (!described || !hidden)
        return att_no_memory(err, table->items, "items");
    for (uint32_t i = 0; i < table->items; i++)
        if (att_table_body(table, i))
            described[count++] = i;
    const uint32_t hide = share_of(s->options->cold_share, count);
    if (hide == 0 || hide >= table->items)
        return ATT_FAIL(err, ATT_INVALID,
            "cold start needs described items to hide, %u of %u items are described", count,
            table->items);
    att_rng rng = att_rng_stream(s->options->seed, STREAM_ITEMS);
    att_rng_shuffle_u32(&rng, described, count);
    for (uint32_t i = 0; i < hide; i++)
        hidden[described[i]] = 1;
    for (uint32_t i = 0; i < table->count; i++)
        s->role[i] = hidden[table->item[i]] ? SOUGHT : TRAINED | SHOWN;
    s->out->ranked = hidden;
    s->keep_unknown = true;
    return ATT_OK;
}

// --- Building ----------------------------------------------------------------------------------

static bool has_role(const splitter *s, uint32_t user, uint8_t role)
{
    for (uint32_t i = s->table->user_start[user]; i < s->table->user_start[user + 1]; i++)
        if (s->role[i] & role)
            return true;
    return false;
}

static uint64_t nonzero_of(const att_matrix *matrix, uint32_t row, uint32_t col)
{
    uint64_t low = matrix->row_start[row], high = matrix->row_start[row + 1];
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (matrix->col[middle] < col)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void note_times(splitter *s)
{
    uint32_t row = 0;
    for (uint32_t u = 0; u < s->table->users; u++) {
        if (!has_role(s, u, TRAINED))
            continue;
        for (uint32_t i = s->table->user_start[u]; i < s->table->user_start[u + 1]; i++)
            if (s->role[i] & TRAINED) {
                const uint64_t at = nonzero_of(&s->out->train, row, s->table->item[i]);
                s->out->train_at_ms[at] = s->table->at_ms[i];
                s->out->train_order[at] = i - s->table->user_start[u];
                if (s->table->situation)
                    s->out->train_situation[at] = s->table->situation[i];
            }
        row++;
    }
}

static att_status build_train(splitter *s, att_error *err)
{
    att_split *out = s->out;
    const att_table *table = s->table;
    att_triplet *triplets = ATT_NEW(s->life, att_triplet, table->count);
    out->train_at_ms = ATT_NEW(s->life, int64_t, table->count);
    out->train_order = ATT_NEW(s->life, uint32_t, table->count);
    out->train_count = ATT_NEW(s->life, uint32_t, table->items);
    out->train_situation = table->situation ? ATT_NEW(s->life, uint16_t, table->count) : NULL;
    if (!triplets || !out->train_at_ms || !out->train_order || !out->train_count ||
        (table->situation && !out->train_situation))
        return att_no_memory(err, table->count, "preferences");
    uint32_t count = 0;
    for (uint32_t u = 0; u < table->users; u++) {
        const uint32_t before = count;
        for (uint32_t i = table->user_start[u]; i < table->user_start[u + 1]; i++)
            if (s->role[i] & TRAINED) {
                triplets[count++] = (att_triplet){
                    (uint32_t)out->counts.trained_people, table->item[i], table->weight[i]};
                out->train_count[table->item[i]]++;
            }
        s->out->counts.trained_people += count > before;
    }
    if (count == 0)
        return ATT_FAIL(err, ATT_INVALID, "the split leaves nothing to learn from");
    const att_status status = att_matrix_build(&out->train, (uint32_t)out->counts.trained_people,
        table->items, triplets, count, out->host, err);
    if (!status)
        note_times(s);
    return status;
}

// Cold start ranks the hidden alone; all others rank what training knows, leave-one-out everything.
static att_status build_ranked(splitter *s, att_error *err)
{
    att_split *out = s->out;
    if (!out->ranked) {
        out->ranked = ATT_NEW(s->life, uint8_t, s->table->items);
        if (!out->ranked)
            return att_no_memory(err, s->table->items, "items");
        for (uint32_t i = 0; i < s->table->items; i++)
            out->ranked[i] = s->keep_unknown || out->train_count[i] > 0;
    }
    for (uint32_t i = 0; i < s->table->items; i++)
        out->ranked_count += out->ranked[i];
    return ATT_OK;
}

typedef struct pair {
    uint32_t item, place; // place in the table
    float weight;
} pair;

static int by_item(const void *a, const void *b)
{
    const uint32_t x = ((const pair *)a)->item, y = ((const pair *)b)->item;
    return (x > y) - (x < y);
}

static uint32_t gather(const splitter *s, uint32_t user, uint8_t role, pair *pairs)
{
    uint32_t count = 0;
    for (uint32_t i = s->table->user_start[user]; i < s->table->user_start[user + 1]; i++)
        if ((s->role[i] & role) && (role == SHOWN || s->out->ranked[s->table->item[i]]))
            pairs[count++] = (pair){s->table->item[i], i, s->table->weight[i]};
    qsort(pairs, count, sizeof *pairs, by_item);
    return count;
}

static void add_case(splitter *s, uint32_t user, const pair *shown, uint32_t shown_count,
    const pair *sought, uint32_t sought_count)
{
    att_split *out = s->out;
    uint32_t history = out->history_start[out->cases], target = out->target_start[out->cases];
    for (uint32_t i = 0; i < shown_count; i++, history++) {
        out->history[history] = shown[i].item;
        out->history_weight[history] = shown[i].weight;
        out->history_order[history] = shown[i].place - s->table->user_start[user];
        out->history_at_ms[history] = s->table->at_ms[shown[i].place];
        if (s->table->situation)
            out->history_situation[history] = s->table->situation[shown[i].place];
    }
    uint32_t first = UINT32_MAX; // place in the table, which is by time
    for (uint32_t i = 0; i < sought_count; i++) {
        out->targets[target++] = sought[i].item;
        first = ATT_MIN(first, sought[i].place);
        s->out->counts.unknown_sought += out->train_count[sought[i].item] == 0;
    }
    if (out->asked)
        out->asked[out->cases] = s->table->situation[first];
    out->user[out->cases++] = user;
    out->history_start[out->cases] = history;
    out->target_start[out->cases] = target;
}

static uint32_t count_role(const splitter *s, uint32_t user, uint8_t role)
{
    uint32_t count = 0;
    for (uint32_t i = s->table->user_start[user]; i < s->table->user_start[user + 1]; i++)
        count += (s->role[i] & role) != 0;
    return count;
}

static void build_case(splitter *s, uint32_t user, pair *pairs)
{
    const uint32_t wanted = count_role(s, user, SOUGHT);
    if (wanted == 0)
        return;
    const uint32_t shown = gather(s, user, SHOWN, pairs);
    if (shown == 0) {
        s->out->counts.strangers++;
        return;
    }
    const uint32_t sought = gather(s, user, SOUGHT, pairs + shown);
    s->out->counts.unknown_dropped += wanted - sought;
    if (sought == 0)
        s->out->counts.without_target++;
    else
        add_case(s, user, pairs, shown, pairs + shown, sought);
}

static att_status build_cases(splitter *s, att_error *err)
{
    att_split *out = s->out;
    const att_table *table = s->table;
    out->user = ATT_NEW(s->life, uint32_t, table->users);
    out->history_start = ATT_NEW(s->life, uint32_t, table->users + 1);
    out->target_start = ATT_NEW(s->life, uint32_t, table->users + 1);
    out->history = ATT_NEW(s->life, uint32_t, table->count);
    out->history_weight = ATT_NEW(s->life, float, table->count);
    out->history_order = ATT_NEW(s->life, uint32_t, table->count);
    out->history_at_ms = ATT_NEW(s->life, int64_t, table->count);
    out->targets = ATT_NEW(s->life, uint32_t, table->count);
    out->history_situation = table->situation ? ATT_NEW(s->life, uint16_t, table->count) : NULL;
    out->asked = table->situation ? ATT_NEW(s->life, uint16_t, table->users) : NULL;
    pair *pairs = ATT_NEW(s->life, pair, table->count);
    if (!out->user || !out->history_start || !out->target_start || !out->history ||
        !out->history_weight || !out->history_order || !out->history_at_ms || !out->targets || !pairs ||
        (table->situation && (!out->history_situation || !out->asked)))
        return att_no_memory(err, table->count, "preferences");
    for (uint32_t u = 0; u < table->users; u++)
        build_case(s, u, pairs);
    if (out->cases == 0 && out->protocol != ATT_PROTOCOL_ROLLING) // there, another moment may have some
        return ATT_FAIL(err, ATT_INVALID,
            "the split leaves nobody to judge: %llu people without a history, %llu without a "
            "target",
            (unsigned long long)out->counts.strangers,
            (unsigned long long)out->counts.without_target);
    return ATT_OK;
}

// As the engine weighs what it learns from: w 2^(-age / half-life), age from the newest of training.
static void decay(att_split *out, double half_life_days)
{
    const uint64_t count = out->train.row_start[out->train.rows];
    const uint32_t shown = out->history_start[out->cases];
    int64_t newest = INT64_MIN;
    if (half_life_days <= 0 || !out->timed)
        return;
    for (uint64_t i = 0; i < count; i++)
        newest = ATT_MAX(newest, out->train_at_ms[i]);
    const double half_life_ms = half_life_days * 86400000.0;
    for (uint64_t i = 0; i < count; i++)
        out->train.value[i] *= (float)exp2((double)(out->train_at_ms[i] - newest) / half_life_ms);
    for (uint32_t i = 0; i < shown; i++) // a person held out may have been there later than anybody in training
        out->history_weight[i] *= (float)exp2((double)ATT_MIN(out->history_at_ms[i] - newest, 0) / half_life_ms);
}

static const char *how(uint32_t protocol)
{
    switch (protocol) {
    case ATT_PROTOCOL_STRONG:
        return "People held out whole: part of their preferences is folded in, the rest is sought; "
               "the validation people are left unused";
    case ATT_PROTOCOL_TIME:
        return "What came before one moment is trained on and is the history, what came after is "
               "sought";
    case ATT_PROTOCOL_ROLLING:
        return "At each of several moments, spread evenly over all preferences, what came before is trained on and "
               "is the history, and what came until the next moment is sought. A person judged at several moments "
               "counts once, with the mean, and is drawn whole by the resampling";
    case ATT_PROTOCOL_COLD:
        return "Items drawn at random from the described ones are hidden from training and are all "
               "that is ranked";
    default:
        return "Each person's last preference is sought, the rest is trained on and is their "
               "history";
    }
}

static const char *label(bool sampled)
{
    return sampled ? " SAMPLED: each target is ranked among items drawn at random that the person "
                     "never preferred, not among all. Such figures are far higher than those of a "
                     "full ranking and can order models otherwise (Krichene and Rendle 2020)."
                   : "";
}

const char *att_split_describe(const att_table *table, uint32_t protocol,
    const att_split_counts *counts, const att_evaluate_options *options, bool sampled,
    att_arena *life)
{
    typedef unsigned long long count;
    const uint32_t folds = att_folds_of(options, protocol);
    const char *turns = "";
    if (folds > 1)
        turns = att_arena_printf(life,
            protocol == ATT_PROTOCOL_ROLLING
                ? " %u moments; what is said of training and of ranked items is the mean, of people and preferences the sum."
                : " Done %u times, each with other people; what is said of training and of ranked items "
                  "is the mean.",
            folds);
    if (!turns)
        return NULL;
    const char *decayed = "";
    if (options->half_life_days > 0 && !table->dataset->untimed)
        decayed = att_arena_printf(life, " Preferences learned from and histories lose half their weight in %g days.",
            options->half_life_days);
    if (!decayed)
        return NULL;
    return att_arena_printf(life,
        "%s.%s%s %llu people judged on %llu sought preferences; trained on %llu preferences of %llu "
        "people; %s%llu items, without those of the person's history. Left out: %u people with "
        "fewer than %u preferences, %llu without a history, %llu without a target; %llu "
        "preferences "
        "on items that training does not know. Sought though training does not know them: %llu.%s",
        how(protocol), turns, decayed, (count)counts->judged, (count)counts->sought,
        (count)(counts->trained_preferences / folds), (count)(counts->trained_people / folds),
        sampled ? "negatives drawn from " : "ranked are ", (count)(counts->ranked / folds),
        table->users_short, options->min_preferences, (count)counts->strangers,
        (count)counts->without_target, (count)counts->unknown_dropped,
        (count)counts->unknown_sought, label(sampled));
}

att_status att_split_build(att_split *out, const att_table *table, uint32_t protocol, uint32_t fold,
    const att_evaluate_options *options, const att_host *host, att_arena *life, att_error *err)
{
    *out = (att_split){.table = table, .host = host, .protocol = protocol, .timed = !table->dataset->untimed};
    splitter s = {.out = out, .table = table, .options = options, .fold = fold, .life = life};
    s.role = ATT_NEW(life, uint8_t, table->count);
    if (!s.role)
        return att_no_memory(err, table->count, "preferences");
    att_status status = protocol == ATT_PROTOCOL_STRONG ? strong(&s, err)
                        : protocol == ATT_PROTOCOL_TIME ? by_clock(&s, err)
                        : protocol == ATT_PROTOCOL_ROLLING ? by_moments(&s, err)
                        : protocol == ATT_PROTOCOL_COLD ? cold(&s, err)
                                                        : leave_one_out(&s, err);
    if (!status)
        status = build_train(&s, err);
    if (!status)
        status = build_ranked(&s, err);
    if (!status)
        status = build_cases(&s, err);
    if (status) {
        att_split_deinit(out);
        return status;
    }
    decay(out, options->half_life_days);
    out->counts.judged = out->cases;
    out->counts.sought = out->target_start[out->cases];
    out->counts.trained_preferences = out->train.row_start[out->train.rows];
    out->counts.ranked = out->ranked_count;
    return ATT_OK;
}

void att_split_deinit(att_split *split)
{
    if (split->host)
        att_matrix_deinit(&split->train, split->host);
    split->train = (att_matrix){0};
}

// --- Negatives ---------------------------------------------------------------------------------

static void mark(const att_split *split, uint32_t user, uint32_t *marks, uint32_t stamp)
{
    const att_table *table = split->table;
    for (uint32_t i = table->user_start[user]; i < table->user_start[user + 1]; i++)
        marks[table->item[i]] = stamp;
}

att_status att_split_negatives(const att_split *split, uint32_t count, uint64_t seed,
    att_arena *life, uint32_t **out, att_error *err)
{
    const att_table *table = split->table;
    uint32_t *marks = ATT_NEW(life, uint32_t, table->items); // case + 1 of the last who has it
    *out = ATT_NEW(life, uint32_t, (size_t)split->cases * count + 1);
    if (!marks || !*out)
        return att_no_memory(err, (size_t)split->cases * count, "negatives");
    for (uint32_t c = 0; c < split->cases; c++) {
        const uint32_t user = split->user[c];
        const uint32_t own = table->user_start[user + 1] - table->user_start[user];
        if (count > table->items - own)
            return ATT_FAIL(err, ATT_LIMIT,
                "%u negatives are wanted, %u items are left for one person; ask for fewer", count,
                table->items - own);
        att_rng rng = att_rng_stream(seed, STREAM_NEGATIVES + (uint64_t)user * 4096);
        mark(split, user, marks, c + 1);
        uint32_t *drawn = *out + (size_t)c * count;
        for (uint32_t n = 0; n < count;) {
            const uint32_t item = (uint32_t)att_rng_below(&rng, table->items);
            if (marks[item] == c + 1)
                continue;
            marks[item] = c + 1;
            drawn[n++] = item;
        }
        qsort(drawn, count, sizeof *drawn, att_order_u32);
    }
    return ATT_OK;
}
