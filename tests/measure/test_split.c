// SPDX-License-Identifier: Apache-2.0
// Protocols leak nothing: what is sought is never shown, what is hidden is never learned from.
#include "measure/split.h"
#include "world.h"

#include <math.h>

typedef struct ground {
    att_dataset *dataset;
    att_host host;
    att_arena life;
    att_table table;
    att_evaluate_options options;
    uint32_t fold;
} ground;

static void begin(ground *g)
{
    g->dataset = world();
    g->host = att_host_default();
    g->options = att_evaluate_options_default();
    g->fold = 0;
    att_arena_init(&g->life, &g->host, 0);
    CHECK_OK(att_table_build(&g->table, g->dataset, 5, &g->life, NULL));
}

static void end(ground *g)
{
    att_arena_deinit(&g->life);
    att_dataset_destroy(g->dataset);
}

static void build(ground *g, att_split *split, uint32_t protocol)
{
    att_error err;
    CHECK_OK_ERR(
        att_split_build(split, &g->table, protocol, g->fold, &g->options, &g->host, &g->life, &err),
        &err);
}

static bool holds(const uint32_t *ascending, uint32_t count, uint32_t item)
{
    for (uint32_t i = 0; i < count; i++)
        if (ascending[i] == item)
            return true;
    return false;
}

// Place of (user, item) in the table.
static uint32_t place(const att_table *table, uint32_t user, uint32_t item)
{
    for (uint32_t i = table->user_start[user]; i < table->user_start[user + 1]; i++)
        if (table->item[i] == item)
            return i;
    CHECK(false);
    return 0;
}

static void check_common(const att_split *split)
{
    CHECK(split->cases > 0);
    for (uint32_t c = 0; c < split->cases; c++) {
        const uint32_t *history = split->history + split->history_start[c];
        const uint32_t *targets = split->targets + split->target_start[c];
        const uint32_t shown = split->history_start[c + 1] - split->history_start[c];
        const uint32_t sought = split->target_start[c + 1] - split->target_start[c];
        CHECK(shown > 0 && sought > 0);
        for (uint32_t i = 0; i < sought; i++) {
            CHECK(!holds(history, shown, targets[i]));
            CHECK(split->ranked[targets[i]]);
            CHECK(i == 0 || targets[i - 1] < targets[i]);
            (void)place(split->table, split->user[c], targets[i]);
        }
        for (uint32_t i = 0; i < shown; i++) {
            CHECK(i == 0 || history[i - 1] < history[i]);
            (void)place(split->table, split->user[c], history[i]);
        }
    }
}

// Does training hold this pair? Rows of train are anonymous: it is found by counting an item's
// people.
static uint32_t people_with(const att_split *split, uint32_t item)
{
    uint32_t count = 0;
    for (uint64_t i = 0; i < split->train.row_start[split->train.rows]; i++)
        count += split->train.col[i] == item;
    return count;
}

CHECK_TEST(leave_one_out_seeks_the_last_and_trains_on_the_rest)
{
    CHECK_BEGIN();
    ground g;
    att_split split;
    begin(&g);
    build(&g, &split, ATT_PROTOCOL_LEAVE_ONE_OUT);
    check_common(&split);
    CHECK_EQ(split.cases, g.table.users);
    CHECK_EQ(split.train.row_start[split.train.rows], g.table.count - g.table.users);
    for (uint32_t c = 0; c < split.cases; c++) {
        const uint32_t last = g.table.user_start[split.user[c] + 1] - 1;
        CHECK_EQ(split.target_start[c + 1] - split.target_start[c], 1);
        CHECK_EQ(split.targets[split.target_start[c]], g.table.item[last]);
        CHECK_EQ(split.history_start[c + 1] - split.history_start[c],
            last - g.table.user_start[split.user[c]]);
    }
    for (uint32_t i = 0; i < g.table.items; i++) {
        uint32_t all = 0, sought = 0;
        for (uint32_t p = 0; p < g.table.count; p++)
            all += g.table.item[p] == i;
        for (uint32_t c = 0; c < split.cases; c++)
            sought += split.targets[split.target_start[c]] == i;
        CHECK_EQ(people_with(&split, i), all - sought); // no target is in training
        CHECK_EQ(split.train_count[i], all - sought);
    }
    att_split_deinit(&split);
    end(&g);
}

CHECK_TEST(strong_generalization_trains_on_nobody_it_judges)
{
    CHECK_BEGIN();
    ground g;
    att_split split;
    begin(&g);
    build(&g, &split, ATT_PROTOCOL_STRONG);
    check_common(&split);
    CHECK_EQ(split.train.rows, 48); // of 60: 6 to test, 6 set aside
    CHECK(split.cases <= 6 && split.cases >= 5);
    // Items' people in training are at most all people without those judged.
    for (uint32_t i = 0; i < g.table.items; i++) {
        uint32_t others = 0;
        for (uint32_t u = 0; u < g.table.users; u++) {
            if (holds(split.user, split.cases, u))
                continue;
            for (uint32_t p = g.table.user_start[u]; p < g.table.user_start[u + 1]; p++)
                others += g.table.item[p] == i;
        }
        CHECK(people_with(&split, i) <= others);
        CHECK(split.ranked[i] == (split.train_count[i] > 0));
    }
    for (uint32_t c = 0; c < split.cases; c++) {
        const uint32_t shown = split.history_start[c + 1] - split.history_start[c];
        const uint32_t sought = split.target_start[c + 1] - split.target_start[c];
        CHECK_EQ(sought, (uint32_t)((shown + sought) * 0.2 + 0.5));
    }
    att_split_deinit(&split);

    g.options.fold_in_earliest = true;
    build(&g, &split, ATT_PROTOCOL_STRONG);
    for (uint32_t c = 0; c < split.cases; c++)
        for (uint32_t h = split.history_start[c]; h < split.history_start[c + 1]; h++)
            for (uint32_t t = split.target_start[c]; t < split.target_start[c + 1]; t++)
                CHECK(place(&g.table, split.user[c], split.history[h]) <
                      place(&g.table, split.user[c], split.targets[t]));
    att_split_deinit(&split);
    end(&g);
}

CHECK_TEST(folds_judge_everybody_once_and_never_train_on_them)
{
    CHECK_BEGIN();
    ground g;
    uint32_t seen[WORLD_PEOPLE] = {0}, people = 0;
    begin(&g);
    g.options.folds = 10;
    for (g.fold = 0; g.fold < 10; g.fold++) {
        att_split split;
        build(&g, &split, ATT_PROTOCOL_STRONG);
        check_common(&split);
        CHECK_EQ(split.train.rows, 48);
        for (uint32_t c = 0; c < split.cases; c++, people++)
            CHECK_EQ(seen[split.user[c]]++, 0);
        for (uint32_t i = 0; i < g.table.items; i++) {
            uint32_t own = 0, all = 0;
            for (uint32_t p = 0; p < g.table.count; p++)
                all += g.table.item[p] == i;
            for (uint32_t c = 0; c < split.cases; c++)
                for (uint32_t p = g.table.user_start[split.user[c]];
                     p < g.table.user_start[split.user[c] + 1]; p++)
                    own += g.table.item[p] == i;
            CHECK(people_with(&split, i) <= all - own);
        }
        att_split_deinit(&split);
    }
    CHECK(people >= 55 && people <= 60);
    end(&g);
}

CHECK_TEST(the_time_split_knows_nothing_of_the_future)
{
    CHECK_BEGIN();
    ground g;
    att_split split;
    begin(&g);
    g.options.split_ms = 1000000 + (int64_t)35 * 3600000;
    build(&g, &split, ATT_PROTOCOL_TIME);
    check_common(&split);
    uint64_t before = 0;
    for (uint32_t p = 0; p < g.table.count; p++)
        before += g.table.at_ms[p] < g.options.split_ms;
    CHECK_EQ(split.train.row_start[split.train.rows], before);
    for (uint64_t i = 0; i < before; i++)
        CHECK(split.train_at_ms[i] > 0 && split.train_at_ms[i] < g.options.split_ms);
    for (uint32_t c = 0; c < split.cases; c++) {
        for (uint32_t h = split.history_start[c]; h < split.history_start[c + 1]; h++)
            CHECK(g.table.at_ms[place(&g.table, split.user[c], split.history[h])] <
                  g.options.split_ms);
        for (uint32_t t = split.target_start[c]; t < split.target_start[c + 1]; t++) {
            CHECK(g.table.at_ms[place(&g.table, split.user[c], split.targets[t])] >=
                  g.options.split_ms);
            CHECK(split.train_count[split.targets[t]] > 0);
        }
    }
    CHECK(split.counts.strangers > 0); // some came later, and are counted
    const char *about =
        att_split_describe(&g.table, ATT_PROTOCOL_TIME, &split.counts, &g.options, false, &g.life);
    char wanted[64];
    snprintf(wanted, sizeof wanted, "%d without a history", (int)split.counts.strangers);
    CHECK_HOLDS(about, wanted);
    att_split_deinit(&split);
    end(&g);
}

CHECK_TEST(moments_seek_nothing_twice_and_train_on_the_past)
{
    CHECK_BEGIN();
    ground g;
    begin(&g);
    g.options.moments = 4;
    uint8_t *sought = calloc(g.table.count, 1);
    uint64_t trained = 0;
    for (uint32_t moment = 0; moment < 4; moment++) {
        att_split split;
        att_error err;
        CHECK_OK_ERR(att_split_build(&split, &g.table, ATT_PROTOCOL_ROLLING, moment, &g.options, &g.host, &g.life, &err), &err);
        check_common(&split);
        const uint64_t before = split.train.row_start[split.train.rows];
        CHECK(before > trained);
        CHECK_NEAR(before, g.table.count * (moment + 1) / 5.0, g.table.count * 0.02);
        int64_t newest = 0;
        for (uint64_t i = 0; i < before; i++)
            newest = ATT_MAX(newest, split.train_at_ms[i]);
        for (uint32_t c = 0; c < split.cases; c++)
            for (uint32_t t = split.target_start[c]; t < split.target_start[c + 1]; t++) {
                const uint32_t p = place(&g.table, split.user[c], split.targets[t]);
                CHECK(g.table.at_ms[p] > newest);
                CHECK(!sought[p]);
                sought[p] = 1;
            }
        trained = before;
        att_split_deinit(&split);
    }
    free(sought);
    end(&g);
}

CHECK_TEST(a_half_life_weighs_recent_preferences_more)
{
    CHECK_BEGIN();
    ground g;
    att_split plain, decayed;
    begin(&g);
    build(&g, &plain, ATT_PROTOCOL_TIME);
    g.options.half_life_days = 0.5;
    build(&g, &decayed, ATT_PROTOCOL_TIME);
    const uint64_t count = plain.train.row_start[plain.train.rows];
    int64_t newest = 0;
    for (uint64_t i = 0; i < count; i++)
        newest = ATT_MAX(newest, plain.train_at_ms[i]);
    for (uint64_t i = 0; i < count; i++) {
        const double half_lives = (double)(newest - plain.train_at_ms[i]) / 43200000.0;
        CHECK_NEAR(decayed.train.value[i], plain.train.value[i] * exp2(-half_lives), 1e-6);
    }
    for (uint32_t i = 0; i < plain.history_start[plain.cases]; i++) {
        const double half_lives = (double)(newest - plain.history_at_ms[i]) / 43200000.0;
        CHECK_NEAR(decayed.history_weight[i], plain.history_weight[i] * exp2(-half_lives), 1e-6);
    }
    CHECK_HOLDS(att_split_describe(&g.table, ATT_PROTOCOL_TIME, &decayed.counts, &g.options, false, &g.life), "0.5 days");
    att_split_deinit(&plain);
    att_split_deinit(&decayed);
    end(&g);
}

CHECK_TEST(hidden_items_are_never_in_training_and_are_all_that_is_ranked)
{
    CHECK_BEGIN();
    ground g;
    att_split split;
    begin(&g);
    build(&g, &split, ATT_PROTOCOL_COLD);
    check_common(&split);
    CHECK_EQ(split.ranked_count, (uint32_t)(g.table.items * 0.1 + 0.5));
    for (uint32_t i = 0; i < g.table.items; i++) {
        CHECK(!split.ranked[i] || people_with(&split, i) == 0);
        CHECK(split.ranked[i] || people_with(&split, i) > 0);
    }
    for (uint32_t h = 0; h < split.history_start[split.cases]; h++)
        CHECK(!split.ranked[split.history[h]]);
    att_split_deinit(&split);
    end(&g);
}

CHECK_TEST(sampled_negatives_were_never_preferred)
{
    CHECK_BEGIN();
    ground g;
    att_split split;
    uint32_t *negatives, *again, *other;
    att_error err;
    begin(&g);
    build(&g, &split, ATT_PROTOCOL_LEAVE_ONE_OUT_SAMPLED);
    CHECK_OK(att_split_negatives(&split, 20, 1, &g.life, &negatives, NULL));
    CHECK_OK(att_split_negatives(&split, 20, 1, &g.life, &again, NULL));
    CHECK_OK(att_split_negatives(&split, 20, 2, &g.life, &other, NULL));
    CHECK(memcmp(negatives, again, split.cases * 20 * sizeof *again) == 0);
    CHECK(memcmp(negatives, other, split.cases * 20 * sizeof *again) != 0);
    for (uint32_t c = 0; c < split.cases; c++)
        for (uint32_t n = 0; n < 20; n++) {
            const uint32_t item = negatives[c * 20 + n];
            CHECK(item < g.table.items && (n == 0 || negatives[c * 20 + n - 1] < item));
            CHECK(!holds(g.table.item + g.table.user_start[split.user[c]],
                g.table.user_start[split.user[c] + 1] - g.table.user_start[split.user[c]], item));
        }
    CHECK_FAILS(att_split_negatives(&split, 48, 1, &g.life, &negatives, &err), ATT_LIMIT);
    CHECK_HOLDS(err.text, "negatives");
    att_split_deinit(&split);
    end(&g);
}

CHECK_TEST(the_seed_decides_the_split)
{
    CHECK_BEGIN();
    ground g;
    att_split a, b, other;
    begin(&g);
    build(&g, &a, ATT_PROTOCOL_STRONG);
    build(&g, &b, ATT_PROTOCOL_STRONG);
    g.options.seed = 2;
    build(&g, &other, ATT_PROTOCOL_STRONG);
    CHECK_EQ(a.cases, b.cases);
    CHECK(memcmp(a.user, b.user, a.cases * sizeof *a.user) == 0);
    CHECK(memcmp(a.targets, b.targets, a.target_start[a.cases] * sizeof *a.targets) == 0);
    CHECK(memcmp(a.user, other.user, ATT_MIN(a.cases, other.cases) * sizeof *a.user) != 0);
    att_split_deinit(&a);
    att_split_deinit(&b);
    att_split_deinit(&other);
    end(&g);
}

CHECK_TEST(a_split_that_leaves_nothing_is_refused)
{
    CHECK_BEGIN();
    ground g;
    att_split split;
    att_error err;
    begin(&g);
    g.options.split_ms = 1;
    CHECK_FAILS(
        att_split_build(&split, &g.table, ATT_PROTOCOL_TIME, 0, &g.options, &g.host, &g.life, &err),
        ATT_INVALID);
    CHECK_HOLDS(err.text, "nothing to learn from");
    g.options.split_ms = INT64_MAX;
    CHECK_FAILS(
        att_split_build(&split, &g.table, ATT_PROTOCOL_TIME, 0, &g.options, &g.host, &g.life, &err),
        ATT_INVALID);
    CHECK_HOLDS(err.text, "nobody to judge");
    g.options.test_share = 0.001;
    CHECK_FAILS(att_split_build(
                    &split, &g.table, ATT_PROTOCOL_STRONG, 0, &g.options, &g.host, &g.life, &err),
        ATT_INVALID);
    CHECK_HOLDS(err.text, "test_share");
    end(&g);
}

// A person's n-th preference was chosen in situation 100 user + n + 1.
CHECK_TEST(situations_go_where_their_preferences_go_and_the_first_sought_is_asked_in_its_own)
{
    CHECK_BEGIN();
    ground g;
    begin(&g);
    att_split split;
    build(&g, &split, ATT_PROTOCOL_LEAVE_ONE_OUT);
    CHECK(!split.train_situation && !split.history_situation && !split.asked); // nothing is known
    att_split_deinit(&split);
    end(&g);
    CHECK_OK(att_dataset_create(&g.dataset, "situated", NULL, NULL));
    for (uint16_t u = 0; u < 8; u++)
        for (uint16_t n = 0; n < 6; n++) {
            char user[8], item[8];
            snprintf(user, sizeof user, "u%u", u);
            snprintf(item, sizeof item, "i%u", (unsigned)(u + 5 * n) % 8);
            CHECK_OK(att_dataset_add_in(g.dataset, att_text_of(user), att_text_of(item), 1000 * n + 1, 1,
                (uint16_t)(100 * u + n + 1), NULL));
        }
    att_arena_init(&g.life, &g.host, 0);
    CHECK_OK(att_table_build(&g.table, g.dataset, 5, &g.life, NULL));
    build(&g, &split, ATT_PROTOCOL_TIME); // the last two of six are sought
    CHECK_EQ(split.cases, 8);
    for (uint32_t c = 0; c < split.cases; c++) {
        const uint32_t u = split.user[c];
        CHECK_EQ(split.history_start[c + 1] - split.history_start[c], 4);
        for (uint32_t i = split.history_start[c]; i < split.history_start[c + 1]; i++)
            CHECK_EQ(split.history_situation[i], 100 * u + split.history_order[i] + 1);
        for (uint64_t k = split.train.row_start[u]; k < split.train.row_start[u + 1]; k++)
            CHECK_EQ(split.train_situation[k], 100 * u + split.train_order[k] + 1);
        CHECK_EQ(split.asked[c], 100 * u + 5);
    }
    att_split_deinit(&split);
    end(&g);
}

CHECK_MAIN(CHECK_CASE(leave_one_out_seeks_the_last_and_trains_on_the_rest),
    CHECK_CASE(strong_generalization_trains_on_nobody_it_judges),
    CHECK_CASE(folds_judge_everybody_once_and_never_train_on_them),
    CHECK_CASE(the_time_split_knows_nothing_of_the_future),
    CHECK_CASE(moments_seek_nothing_twice_and_train_on_the_past),
    CHECK_CASE(a_half_life_weighs_recent_preferences_more), CHECK_CASE(hidden_items_are_never_in_training_and_are_all_that_is_ranked),
    CHECK_CASE(sampled_negatives_were_never_preferred), CHECK_CASE(the_seed_decides_the_split),
    CHECK_CASE(a_split_that_leaves_nothing_is_refused),
    CHECK_CASE(situations_go_where_their_preferences_go_and_the_first_sought_is_asked_in_its_own))
