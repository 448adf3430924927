// SPDX-License-Identifier: Apache-2.0
// Made items in a slate: one of a brief, drawn by a bandit whose odds are exact, in the log, and learned from by what people do.
#include "tones.h"

#include "engine/internal.h"
#include "generate/ledger.h"

#include <math.h>

static att_error err;
static att_slate_memory *memory;
static int64_t clock_ms = SCENE_NOW;

static int64_t tell_time(void *user)
{
    (void)user;
    return clock_ms;
}

static const att_need at_120[] = {{{"tempo_bpm", 9}, 118, 122}};

static att_engine *town(const char *name, tones *t, uint32_t variants, double share)
{
    att_host host = att_host_default();
    host.now_ms = tell_time;
    att_engine *engine = tones_open(check_path(name), t, &host);
    att_policy policy = att_policy_default();
    policy.objective.repeat_gap_ms = 0; // so that the same can be asked again and again
    policy.choices.share = share;
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    for (int i = 0; i < 12; i++)
        scene_put_item(engine, i, INT64_MAX);
    const att_brief brief = tone_brief(at_120, 1);
    const att_generate_options options = {.candidates = variants};
    att_generated made;
    CHECK_OK_ERR(att_engine_generate(engine, &brief, &options, &made, &err), &err);
    CHECK_EQ(made.allowed, variants);
    return engine;
}

static att_slate decide(att_engine *engine, int user, uint32_t count, uint64_t seed)
{
    att_request request = scene_request(user, count);
    request.at_ms = 0;
    request.seed = seed;
    request.dry = seed != 0;
    att_slate slate;
    CHECK_OK_ERR(att_engine_decide(engine, &request, memory, &slate, &err), &err);
    return slate;
}

static int variant_of(att_text item)
{
    return item.size > 5 && memcmp(item.data, "made-", 5) == 0 ? item.data[item.size - 1] - '0' : -1;
}

// Over seeds, how often each variant stands in the slot is what the propensities say, on average.
CHECK_TEST(the_odds_of_a_variant_are_exact)
{
    CHECK_BEGIN();
    tones t = tones_new();
    att_engine *engine = town("odds", &t, 3, 1);
    enum { TURNS = 4000, SLOTS = 13 };
    int stood[3] = {0}, slates = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        const att_slate slate = decide(engine, 1, SLOTS, 1000 + (uint64_t)turn);
        int here = 0;
        for (size_t i = 0; i < slate.count; i++) {
            const int v = variant_of(slate.shown[i].item);
            if (v < 0)
                continue;
            here++;
            stood[v]++;
            CHECK(slate.shown[i].made.size == 64);
        }
        CHECK(here <= 1); // one of a brief
        slates += here;
    }
    CHECK_EQ(slates, TURNS); // thirteen slots for twelve songs and a brief
    // Nothing is learned yet, and all may be explored: each as often as the others.
    for (int v = 0; v < 3; v++) {
        CHECK_NOTE("variant %d: %.4f of slates", v, (double)stood[v] / TURNS);
        CHECK_NEAR((double)stood[v] / TURNS, 1.0 / 3, 4 * sqrt(2.0 / 9 / TURNS));
    }
    att_engine_close(engine);
}

// The propensity of the drawn item is that of its slot times that of the draw: with one variant the slot's alone.
CHECK_TEST(the_propensity_is_the_product_of_slot_and_draw)
{
    CHECK_BEGIN();
    tones one = tones_new(), three = tones_new();
    att_engine *a = town("one", &one, 1, 1), *b = town("three", &three, 3, 1);
    int seen = 0;
    for (uint64_t seed = 1; seed < 200; seed++) {
        double alone = 0, drawn = 0;
        const att_slate x = decide(a, 1, 6, seed);
        for (size_t i = 0; i < x.count; i++)
            if (variant_of(x.shown[i].item) >= 0 && x.shown[i].kind == ATT_SLOT_BEST)
                alone = x.shown[i].propensity;
        const att_slate y = decide(b, 1, 6, seed);
        for (size_t i = 0; i < y.count; i++)
            if (variant_of(y.shown[i].item) >= 0 && y.shown[i].kind == ATT_SLOT_BEST)
                drawn = y.shown[i].propensity;
        if (!(alone == 1 && drawn > 0)) // where the best stood for sure, the draw's odds are left
            continue;
        seen++;
        CHECK_NEAR(drawn, 1.0 / 3, 1e-6);
    }
    CHECK(seen > 20);
    att_engine_close(a);
    att_engine_close(b);
}

CHECK_TEST(where_only_what_was_made_is_asked_for_nothing_else_is_shown)
{
    CHECK_BEGIN();
    tones t = tones_new();
    att_engine *engine = town("made", &t, 3, 1);
    att_request request = scene_request(1, 10);
    request.at_ms = 0;
    request.made = request.dry = true;
    att_slate slate;
    CHECK_OK_ERR(att_engine_decide(engine, &request, memory, &slate, &err), &err);
    CHECK_EQ(slate.eligible, 3);
    CHECK_EQ(slate.count, 1); // one of a brief
    CHECK(variant_of(slate.shown[0].item) >= 0);
    char blocked[64];
    snprintf(blocked, sizeof blocked, "%.*s", (int)slate.shown[0].item.size, slate.shown[0].item.data);
    const att_control block = {.kind = ATT_CONTROL_BLOCK, .item = att_text_of(blocked)};
    CHECK_OK_ERR(att_engine_control(engine, request.user, &block, &err), &err);
    CHECK_OK_ERR(att_engine_decide(engine, &request, memory, &slate, &err), &err);
    CHECK_EQ(slate.eligible, 2);
    CHECK(slate.count == 1 && !att_text_equal(slate.shown[0].item, att_text_of(blocked)));
    att_engine_close(engine);
}

typedef struct draws {
    uint64_t decisions, rewarded;
} draws;

static bool count_made(void *user, const att_choice_count *count)
{
    draws *d = user;
    if (!att_text_equal(count->name, att_text_of("made")))
        return true;
    d->decisions = count->decisions;
    d->rewarded = count->rewarded;
    return false;
}

static draws drawn(att_engine *engine)
{
    draws d = {0};
    CHECK_OK_ERR(att_engine_choices_each(engine, count_made, &d, &err), &err);
    return d;
}

static void hear(att_engine *engine, int user, const att_slate *slate, const char *item, bool liked)
{
    att_event event = scene_event(user, 0, liked ? ATT_SIGNAL_COMPLETE : ATT_SIGNAL_SKIP, clock_ms);
    event.item = att_text_of(item);
    event.decision = slate->decision;
    event.position_ms = liked ? 60000 : 2000;
    event.length_ms = 60000;
    CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
}

CHECK_TEST(the_bandit_learns_from_plays_and_skips_which_variant_people_want)
{
    CHECK_BEGIN();
    tones t = tones_new();
    att_engine *engine = town("learns", &t, 3, 0.15);
    int wanted[2] = {0}, made = 0;
    enum { TURNS = 500 };
    for (int turn = 0; turn < TURNS; turn++) {
        clock_ms += 60000;
        const att_slate slate = decide(engine, turn, 13, 0);
        for (size_t i = 0; i < slate.count; i++) {
            const int v = variant_of(slate.shown[i].item);
            if (v < 0)
                continue;
            char item[64];
            snprintf(item, sizeof item, "%.*s", ATT_TEXT_ARGS(slate.shown[i].item));
            hear(engine, turn, &slate, item, v == 2); // only the last is liked; everybody comes once
            made++;
            wanted[turn >= TURNS - 100] += v == 2;
            break;
        }
    }
    const draws d = drawn(engine);
    CHECK_EQ(d.decisions, made);
    CHECK_EQ(d.rewarded, made);
    CHECK_NOTE("%d made slots; the wanted variant in %d of the last 100 slates", made, wanted[1]);
    CHECK(wanted[1] >= 75);
    uint8_t before[16], after[16]; // and a replay of the log has learned the same
    att_engine_choices_digest(engine, before);
    char path[300];
    snprintf(path, sizeof path, "%s", engine->path);
    att_engine_close(engine);
    engine = tones_open(path, &t, NULL);
    att_engine_choices_digest(engine, after);
    CHECK(memcmp(before, after, 16) == 0);
    att_engine_close(engine);
}

static void no_finding(void *user, att_finding_kind kind, const char *what, const char *advice)
{
    (void)user, (void)advice;
    if (kind == ATT_FINDING_DAMAGE)
        CHECK_NOTE("%s", what);
}

CHECK_TEST(an_event_rewards_a_draw_once_and_only_the_draw_that_showed_it)
{
    CHECK_BEGIN();
    tones t = tones_new();
    att_engine *engine = town("once", &t, 2, 0.15);
    const att_slate slate = decide(engine, 1, 13, 0);
    char item[64] = "";
    for (size_t i = 0; i < slate.count; i++)
        if (variant_of(slate.shown[i].item) >= 0)
            snprintf(item, sizeof item, "%.*s", ATT_TEXT_ARGS(slate.shown[i].item));
    CHECK(item[0]);
    hear(engine, 2, &slate, item, true); // somebody else
    CHECK_EQ(drawn(engine).rewarded, 0);
    char other[64];
    snprintf(other, sizeof other, "%s", item);
    other[strlen(other) - 1] = other[strlen(other) - 1] == '0' ? '1' : '0';
    hear(engine, 1, &slate, other, true); // not what was shown
    CHECK_EQ(drawn(engine).rewarded, 0);
    hear(engine, 1, &slate, item, true);
    CHECK_EQ(drawn(engine).rewarded, 1);
    hear(engine, 1, &slate, item, true); // the same event again
    clock_ms += 1000;
    hear(engine, 1, &slate, item, true); // another, too late to count
    CHECK_EQ(drawn(engine).rewarded, 1);
    att_engine_close(engine);
    size_t damage;
    CHECK_OK_ERR(att_doctor(check_path("once"), NULL, no_finding, NULL, &damage, &err), &err);
    CHECK_EQ(damage, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(the_odds_of_a_variant_are_exact), CHECK_CASE(the_propensity_is_the_product_of_slot_and_draw),
        CHECK_CASE(where_only_what_was_made_is_asked_for_nothing_else_is_shown),
        CHECK_CASE(the_bandit_learns_from_plays_and_skips_which_variant_people_want),
        CHECK_CASE(an_event_rewards_a_draw_once_and_only_the_draw_that_showed_it)};
    CHECK_OK_ERR(att_slate_memory_create(&memory, NULL, &err), &err);
    const int failed = cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);
    att_slate_memory_destroy(memory);
    return failed;
}
