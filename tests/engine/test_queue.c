// SPDX-License-Identifier: Apache-2.0
// Cases of the queue: who reports, who decides, what is not shown by it, and that a replay says the same.
#include "scene.h"

#include "engine/internal.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static att_error err;
static att_slate_memory *memory;

static bool shows(att_engine *engine, int user, int item)
{
    att_request request = scene_request(user, SCENE_ITEMS);
    request.dry = true;
    att_slate slate;
    CHECK_OK_ERR(att_engine_decide(engine, &request, memory, &slate, &err), &err);
    for (size_t i = 0; i < slate.count; i++)
        if (att_text_equal(slate.shown[i].item, scene_item_id(item)))
            return true;
    return false;
}

static void report(att_engine *engine, int user, int item, const char *why, char id[ATT_CASE_ID_SIZE], bool wanted)
{
    bool added;
    CHECK_OK_ERR(att_engine_report(engine, scene_user_id(user), scene_item_id(item), att_text_of(why), id, &added, &err), &err);
    CHECK_EQ(added, wanted);
}

static void decide(att_engine *engine, const char *id, att_case_act act)
{
    const att_case_decision decision = {act, att_text_of("looked at it")};
    CHECK_OK_ERR(att_engine_case_decide(engine, att_text_of(id), att_text_of("mara"), &decision, 1, &err), &err);
}

typedef struct copy {
    att_case c;
    att_case_act acts[32];
    char by[32][80], item[80], text[80];
} copy;

static bool take(void *user, const att_case *found)
{
    copy *out = user;
    out->c = *found;
    snprintf(out->item, sizeof out->item, "%.*s", ATT_TEXT_ARGS(found->item));
    snprintf(out->text, sizeof out->text, "%.*s", ATT_TEXT_ARGS(found->text));
    for (size_t i = 0; i < found->history_count && i < 32; i++) {
        out->acts[i] = found->history[i].act;
        snprintf(out->by[i], sizeof out->by[i], "%.*s", ATT_TEXT_ARGS(found->history[i].by));
    }
    return true;
}

static copy see(att_engine *engine, const char *id)
{
    copy out = {0};
    CHECK_OK_ERR(att_engine_case_see(engine, att_text_of(id), take, &out, &err), &err);
    return out;
}

// All cases as text, in the order of their ids, so that two engines can be held against each other.
typedef struct telling {
    att_engine *engine;
    char lines[64][400];
    size_t count;
} telling;

static bool tell(void *user, const att_case *c)
{
    telling *t = user;
    snprintf(t->lines[t->count++], sizeof t->lines[0], "%.*s %.*s %.*s by %.*s: %s %d%d%d%d %llu %u %lld %lld", ATT_TEXT_ARGS(c->id),
        ATT_TEXT_ARGS(c->item), ATT_TEXT_ARGS(c->text), ATT_TEXT_ARGS(c->author), att_case_verdict_name(c->verdict), c->waiting, c->barred,
        c->automatic, c->appealed, (unsigned long long)c->reports, c->reporters, (long long)c->opened_ms, (long long)c->changed_ms);
    return t->count < 64;
}

static telling told(att_engine *engine)
{
    telling t = {.engine = engine};
    size_t total;
    CHECK_OK_ERR(att_engine_cases_each(engine, NULL, tell, &t, &total, &err), &err);
    CHECK_EQ(total, t.count);
    return t;
}

static void same(const telling *a, const telling *b)
{
    CHECK_EQ(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->lines[i], b->lines[i]) != 0)
            CHECK_NOTE("\"%s\" is not \"%s\"", a->lines[i], b->lines[i]);
        CHECK(strcmp(a->lines[i], b->lines[i]) == 0);
    }
}

static att_engine *town(const char *name)
{
    att_engine *engine = scene_open(check_path(name), NULL);
    scene_fill(engine);
    scene_train(engine);
    return engine;
}

CHECK_TEST(what_is_held_or_denied_is_not_shown_from_the_next_decision_on)
{
    CHECK_BEGIN();
    att_engine *engine = town("held");
    char id[ATT_CASE_ID_SIZE];
    CHECK(shows(engine, 1, 4));
    report(engine, 2, 4, "too loud", id, true);
    CHECK(shows(engine, 1, 4)); // one complaint bars nothing
    CHECK(see(engine, id).c.waiting);
    decide(engine, id, ATT_CASE_HOLD);
    CHECK(!shows(engine, 1, 4));
    CHECK(see(engine, id).c.waiting);
    decide(engine, id, ATT_CASE_ALLOW);
    CHECK(shows(engine, 1, 4));
    CHECK(!see(engine, id).c.waiting);
    decide(engine, id, ATT_CASE_DENY);
    CHECK(!shows(engine, 1, 4));
    scene_put_item(engine, 4, INT64_MAX); // a new body lifts no verdict
    CHECK(!shows(engine, 1, 4));
    CHECK_OK_ERR(att_engine_case_appeal(engine, att_text_of(id), (att_text){0}, att_text_of("label"), att_text_of("it is a song"), &err), &err);
    CHECK(!shows(engine, 1, 4));
    CHECK(see(engine, id).c.waiting && see(engine, id).c.appealed);
    decide(engine, id, ATT_CASE_ALLOW);
    CHECK(shows(engine, 1, 4));
    const copy c = see(engine, id);
    const att_case_act wanted[] = {ATT_CASE_REPORTED, ATT_CASE_HOLD, ATT_CASE_ALLOW, ATT_CASE_DENY, ATT_CASE_APPEALED, ATT_CASE_ALLOW};
    CHECK_EQ(c.c.history_count, 6);
    for (int i = 0; i < 6; i++)
        CHECK_EQ(c.acts[i], wanted[i]);
    CHECK(strcmp(c.by[0], "person-02") == 0 && strcmp(c.by[1], "mara") == 0 && strcmp(c.by[4], "label") == 0);
    att_engine_close(engine);
}

CHECK_TEST(an_explanation_says_that_it_is_barred)
{
    CHECK_BEGIN();
    att_engine *engine = town("barred");
    char id[ATT_CASE_ID_SIZE];
    report(engine, 2, 4, "", id, true);
    decide(engine, id, ATT_CASE_DENY);
    att_explanation e;
    const att_request request = scene_request(1, 1);
    CHECK_OK_ERR(att_engine_explain(engine, &request, scene_item_id(4), memory, &e, &err), &err);
    CHECK(!e.eligible && strstr(e.barred_by, "denied") != NULL);
    att_engine_close(engine);
}

CHECK_TEST(a_takedown_takes_the_item_down_and_denies)
{
    CHECK_BEGIN();
    att_engine *engine = town("down");
    char id[ATT_CASE_ID_SIZE];
    report(engine, 2, 7, "mine", id, true);
    const att_case_decision acts[] = {{ATT_CASE_NOTE, att_text_of("asked the label")}, {ATT_CASE_TAKEDOWN, att_text_of("not licensed")}};
    CHECK_OK_ERR(att_engine_case_decide(engine, att_text_of(id), att_text_of("mara"), acts, 2, &err), &err);
    CHECK(!shows(engine, 1, 7));
    CHECK(see(engine, id).c.taken_down && see(engine, id).c.verdict == ATT_VERDICT_DENY);
    decide(engine, id, ATT_CASE_ALLOW); // the catalogue's flag stays
    CHECK(!shows(engine, 1, 7));
    scene_put_item(engine, 7, INT64_MAX);
    CHECK(shows(engine, 1, 7));
    att_engine_close(engine);
}

CHECK_TEST(enough_different_people_hold_an_item_when_the_policy_says_so)
{
    CHECK_BEGIN();
    att_engine *engine = town("many");
    att_policy policy = att_engine_policy(engine);
    policy.moderation.hold_reports = 3;
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    char id[ATT_CASE_ID_SIZE];
    report(engine, 2, 4, "loud", id, true);
    report(engine, 2, 4, "loud", id, false);
    report(engine, 2, 4, "and long", id, true);
    att_event event = scene_event(3, 4, ATT_SIGNAL_REPORT, SCENE_NOW - SCENE_DAY);
    CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
    CHECK(shows(engine, 1, 4)); // two people
    CHECK_EQ(see(engine, id).c.reporters, 2);
    report(engine, 8, 4, "loud", id, true);
    CHECK(!shows(engine, 1, 4));
    CHECK(see(engine, id).c.automatic);
    decide(engine, id, ATT_CASE_ALLOW);
    CHECK(shows(engine, 1, 4));
    report(engine, 8, 4, "still", id, true);
    CHECK(shows(engine, 1, 4)); // counted from the verdict on
    CHECK(see(engine, id).c.waiting);
    policy.moderation.hold_reports = 1; // a threshold acts on what is known
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    CHECK(!shows(engine, 1, 4));
    att_engine_close(engine);
}

CHECK_TEST(a_held_text_waits_with_what_matched)
{
    CHECK_BEGIN();
    att_engine *engine = town("text");
    char id[ATT_CASE_ID_SIZE];
    const att_case_hold hold = {.text = att_text_of("buy th1s"), .author = scene_user_id(9), .by = att_text_of("words"),
        .reason = att_text_of("advertising"), .matched = att_text_of("th1s"), .score = 0.8};
    CHECK_OK_ERR(att_engine_hold(engine, &hold, id, &err), &err);
    copy c = see(engine, id);
    CHECK(c.c.waiting && c.c.barred && strcmp(c.text, "buy th1s") == 0);
    CHECK(strcmp(c.by[0], "words") == 0);
    decide(engine, id, ATT_CASE_ALLOW);
    CHECK(!see(engine, id).c.barred);
    const att_case_decision down = {ATT_CASE_TAKEDOWN, att_text_of("x")};
    CHECK_EQ(att_engine_case_decide(engine, att_text_of(id), att_text_of("mara"), &down, 1, &err), ATT_INVALID);
    uint64_t rows;
    CHECK_OK_ERR(att_engine_forget(engine, scene_user_id(9), &rows, &err), &err);
    CHECK_EQ(att_engine_case_see(engine, att_text_of(id), take, &c, &err), ATT_NOT_FOUND);
    att_engine_close(engine);
}

CHECK_TEST(what_makes_no_sense_is_refused)
{
    CHECK_BEGIN();
    att_engine *engine = town("sense");
    char id[ATT_CASE_ID_SIZE];
    const att_case_decision deny = {ATT_CASE_DENY, att_text_of("x")}, report_act = {ATT_CASE_REPORTED, att_text_of("x")}, mute = {ATT_CASE_DENY, {0}};
    const att_text mara = att_text_of("mara");
    CHECK_EQ(att_engine_report(engine, scene_user_id(1), att_text_of("nothing"), (att_text){0}, id, NULL, &err), ATT_NOT_FOUND);
    CHECK_EQ(att_engine_case_decide(engine, att_text_of("item-3"), mara, &deny, 1, &err), ATT_NOT_FOUND);
    CHECK_EQ(att_engine_case_decide(engine, att_text_of("item--3"), mara, &deny, 1, &err), ATT_NOT_FOUND);
    report(engine, 1, 3, "", id, true);
    CHECK_EQ(att_engine_case_decide(engine, att_text_of(id), mara, &report_act, 1, &err), ATT_INVALID);
    CHECK_EQ(att_engine_case_decide(engine, att_text_of(id), mara, &mute, 1, &err), ATT_INVALID);
    CHECK_EQ(att_engine_case_decide(engine, att_text_of(id), (att_text){0}, &deny, 1, &err), ATT_INVALID);
    CHECK_EQ(att_engine_case_appeal(engine, att_text_of(id), (att_text){0}, mara, att_text_of("why"), &err), ATT_INVALID);
    decide(engine, id, ATT_CASE_DENY);
    CHECK_OK_ERR(att_engine_case_appeal(engine, att_text_of(id), scene_user_id(4), (att_text){0}, att_text_of("why"), &err), &err);
    CHECK_EQ(att_engine_case_appeal(engine, att_text_of(id), scene_user_id(4), (att_text){0}, att_text_of("why"), &err), ATT_EXISTS);
    const att_case_hold both = {.item = scene_item_id(1), .text = att_text_of("x"), .by = mara, .score = NAN};
    CHECK_EQ(att_engine_hold(engine, &both, id, &err), ATT_INVALID);
    const att_case_hold loud = {.text = att_text_of("x"), .by = mara, .score = 1e39}; // finite, but no float
    CHECK_EQ(att_engine_hold(engine, &loud, id, &err), ATT_INVALID);
    att_engine_close(engine);
}

// Random acts; now and then somebody is forgotten.
static void live(att_engine *engine, uint64_t seed)
{
    att_rng rng = att_rng_seed(seed);
    char id[ATT_CASE_ID_SIZE], last[ATT_CASE_ID_SIZE] = "item-0";
    for (int step = 0; step < 300; step++) {
        const int user = (int)att_rng_below(&rng, 12), item = (int)att_rng_below(&rng, 10);
        const uint64_t what = att_rng_below(&rng, 16);
        char why[20];
        snprintf(why, sizeof why, "reason %d", (int)att_rng_below(&rng, 3));
        const att_case_decision act = {(att_case_act)(ATT_CASE_ALLOW + att_rng_below(&rng, 5)), att_text_of(why)};
        const att_case_hold hold = {.text = att_text_of(why), .author = scene_user_id(user), .by = att_text_of("words"), .score = NAN};
        att_status status = ATT_OK;
        if (what < 7)
            status = att_engine_report(engine, scene_user_id(user), scene_item_id(item), att_text_of(why), id, NULL, &err);
        else if (what < 11)
            status = att_engine_case_decide(engine, att_text_of(last), att_text_of("mara"), &act, 1, &err);
        else if (what < 13)
            status = att_engine_hold(engine, &hold, id, &err);
        else if (what < 15)
            status = att_engine_case_appeal(engine, att_text_of(last), scene_user_id(user), (att_text){0}, att_text_of(why), &err);
        else if (step % 5 == 0)
            status = att_engine_forget(engine, scene_user_id(user), NULL, &err);
        CHECK(status == ATT_OK || status == ATT_INVALID || status == ATT_NOT_FOUND || status == ATT_EXISTS);
        if (!status && (what < 7 || (what >= 11 && what < 13)))
            snprintf(last, sizeof last, "%s", id);
    }
}

CHECK_TEST(a_replay_says_the_same_whoever_was_forgotten)
{
    CHECK_BEGIN();
    for (uint64_t seed = 1; seed <= 4; seed++) {
        char name[32];
        snprintf(name, sizeof name, "replay-%d", (int)seed);
        att_engine *engine = scene_open(check_path(name), NULL);
        scene_fill(engine);
        live(engine, seed);
        const telling before = told(engine);
        CHECK(before.count > 5);
        bool barred[10];
        for (int i = 0; i < 10; i++)
            barred[i] = !shows(engine, 50, i);
        engine->folded_since_checkpoint = 1000000; // so that closing writes checkpoints
        att_engine_close(engine);
        char path[4200];
        snprintf(path, sizeof path, "%s-queue", check_path(name));
        CHECK(access(path, F_OK) == 0);
        for (int round = 0; round < 3; round++) { // with the checkpoint, without, and with a damaged one
            engine = scene_open(check_path(name), NULL);
            const telling after = told(engine);
            same(&before, &after);
            for (int i = 0; i < 10; i++)
                CHECK_EQ(!shows(engine, 50, i), barred[i]);
            att_engine_close(engine);
            if (round == 0)
                CHECK(unlink(path) == 0);
            FILE *file = round == 1 ? fopen(path, "w") : NULL;
            if (file)
                CHECK(fputs("not a checkpoint", file) >= 0 && fclose(file) == 0);
        }
    }
}

CHECK_TEST(forgetting_leaves_no_checkpoint_with_their_words)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(check_path("words"), NULL);
    scene_fill(engine);
    char id[ATT_CASE_ID_SIZE], path[4200], fold[4200];
    report(engine, 3, 4, "my very own words", id, true);
    engine->folded_since_checkpoint = 1000000;
    att_engine_close(engine);
    snprintf(path, sizeof path, "%s-queue", check_path("words"));
    CHECK(access(path, F_OK) == 0);
    snprintf(fold, sizeof fold, "%s-fold", check_path("words"));
    size_t size, fold_size;
    char *late = check_read_file(path, &size), *late_fold = check_read_file(fold, &fold_size);
    engine = scene_open(check_path("words"), NULL);
    CHECK_OK_ERR(att_engine_forget(engine, scene_user_id(3), NULL, &err), &err);
    CHECK(access(path, F_OK) != 0);
    CHECK_EQ(told(engine).count, 0);
    att_engine_close(engine);
    // As when another process, which did not know, wrote checkpoints at that moment.
    check_write_file(path, late, size);
    check_write_file(fold, late_fold, fold_size);
    engine = scene_open(check_path("words"), NULL);
    CHECK(access(path, F_OK) != 0);
    CHECK_EQ(told(engine).count, 0);
    att_engine_close(engine);
    free(late);
    free(late_fold);
}

static int begin(void **state)
{
    (void)state;
    return att_slate_memory_create(&memory, NULL, &err) == ATT_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    att_slate_memory_destroy(memory);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(what_is_held_or_denied_is_not_shown_from_the_next_decision_on),
        CHECK_CASE(an_explanation_says_that_it_is_barred), CHECK_CASE(a_takedown_takes_the_item_down_and_denies),
        CHECK_CASE(enough_different_people_hold_an_item_when_the_policy_says_so), CHECK_CASE(a_held_text_waits_with_what_matched),
        CHECK_CASE(what_makes_no_sense_is_refused), CHECK_CASE(a_replay_says_the_same_whoever_was_forgotten),
        CHECK_CASE(forgetting_leaves_no_checkpoint_with_their_words)};
    return cmocka_run_group_tests_name(__FILE__, tests, begin, end);
}
