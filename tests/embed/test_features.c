// SPDX-License-Identifier: Apache-2.0
#include "check.h"
#include "embed/features.h"

#include <math.h>

typedef struct shelf {
    att_item items[4];
    size_t count;
} shelf;

static const att_item *item_of(void *user, uint32_t item)
{
    const shelf *s = user;
    return item < s->count ? &s->items[item] : NULL;
}

static const att_text both[] = {{"Calm", 4}, {"Piano", 5}}, calm[] = {{"calm", 4}};
static const att_feature slow[] = {{{"energy", 6}, 0.1}}, fast[] = {{{"energy", 6}, 0.9}};
static const float north[] = {1, 0, 1}, south[] = {-1, 0, 1};

// Two calm items with a piano in one, an energy each, and vectors that differ in the first coordinate.
static shelf small_shelf(void)
{
    return (shelf){.count = 3,
        .items = {{.tags = both,
                      .tag_count = 2,
                      .features = slow,
                      .feature_count = 1,
                      .vector = north,
                      .vector_dim = 3,
                      .title = ATT_LIT("Rain and rain")},
            {.tags = calm,
                .tag_count = 1,
                .features = fast,
                .feature_count = 1,
                .vector = south,
                .vector_dim = 3,
                .title = ATT_LIT("RAIN, again")},
            {.tags = both, .tag_count = 2}}};
}

static uint32_t feature_of(const att_features *f, const char *name)
{
    const uint32_t at = att_names_find(&f->names, att_text_of(name));
    return at == ATT_NO_INDEX ? 0 : at + 1;
}

static float value_of(const att_feature_entry *row, size_t count, uint32_t feature)
{
    for (size_t k = 0; k < count; k++)
        if (row[k].feature == feature)
            return row[k].value;
    return 0;
}

CHECK_TEST(what_tells_items_apart_is_kept_and_scaled)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_arena life;
    att_arena_init(&life, &host, 0);
    shelf s = small_shelf();
    att_features f;
    CHECK_OK(att_features_learn(&f, 3, item_of, &s, &host, &life, NULL));
    CHECK_EQ(feature_of(&f, "t:calm"), 0);  // all have it
    CHECK_EQ(feature_of(&f, "w:again"), 0); // one alone has it
    const uint32_t piano = feature_of(&f, "t:piano"), rain = feature_of(&f, "w:rain");
    const uint32_t energy = feature_of(&f, "n:energy");
    CHECK(piano && rain && energy);
    size_t count;
    const att_feature_entry *row = att_features_row(&f, &s.items[0], &count, &life);
    CHECK_NEAR(value_of(row, count, 0), 1, 0);
    // idf 1 + ln(4 / 3) for both terms, then length one together; "rain" counts once.
    CHECK_NEAR(value_of(row, count, piano), sqrt(0.5), 1e-6);
    CHECK_NEAR(value_of(row, count, rain), sqrt(0.5), 1e-6);
    CHECK_NEAR(value_of(row, count, energy), -1, 1e-5); // mean 0.5, deviation 0.4
    // The vectors' mean is (0, 0, 1), what is left has length one.
    CHECK_NEAR(value_of(row, count, 1 + f.names.count), 1, 1e-6);
    CHECK_NEAR(value_of(row, count, 3 + f.names.count), 0, 1e-6);
    CHECK_EQ(att_features_count(&f), 1 + f.names.count + 3);
    for (size_t k = 1; k < count; k++)
        CHECK(row[k].feature > row[k - 1].feature);
    att_features_deinit(&f);
    att_arena_deinit(&life);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(the_unknown_gives_no_row)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_arena life;
    att_arena_init(&life, &host, 0);
    shelf s = small_shelf();
    att_features f;
    size_t count = 7;
    CHECK_OK(att_features_learn(&f, 3, item_of, &s, &host, &life, NULL));
    const att_item stranger = {.title = ATT_LIT("nothing of this")};
    CHECK(att_features_row(&f, &stranger, &count, &life) == NULL);
    CHECK_EQ(count, 0);
    CHECK(att_features_row(&f, NULL, &count, &life) == NULL);
    att_features_deinit(&f);
    s.count = 0;
    CHECK_OK(att_features_learn(&f, 3, item_of, &s, &host, &life, NULL));
    CHECK_EQ(att_features_count(&f), 0);
    CHECK(att_features_row(&f, &stranger, &count, &life) == NULL);
    att_features_deinit(&f);
    att_arena_deinit(&life);
}

CHECK_TEST(running_out_of_memory_leaves_nothing_behind)
{
    CHECK_BEGIN();
    for (uint64_t fail_at = 1;; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        const att_host host = check_host(&heap);
        att_arena life;
        att_arena_init(&life, &host, 0);
        shelf s = small_shelf();
        att_features f;
        const att_status status = att_features_learn(&f, 3, item_of, &s, &host, &life, NULL);
        if (status == ATT_OK)
            att_features_deinit(&f);
        att_arena_deinit(&life);
        CHECK_EQ(heap.bytes_live, 0);
        if (status == ATT_OK)
            break;
        CHECK_EQ(status, ATT_NO_MEMORY);
    }
}

CHECK_MAIN(CHECK_CASE(what_tells_items_apart_is_kept_and_scaled),
    CHECK_CASE(the_unknown_gives_no_row), CHECK_CASE(running_out_of_memory_leaves_nothing_behind))
