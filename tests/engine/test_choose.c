// SPDX-License-Identifier: Apache-2.0
// Choices: the odds in the log are the odds of the draw, the budget is never passed, rewards come late, in parts, twice or never,
// and the state is what the log says, however it was read.
#include "scene.h"

#include "engine/internal.h"
#include "signals/policy.h"

#include <math.h>
#include <unistd.h>

static att_error err;
static check_heap heap; // its clock is the tests'

static att_engine *open_at(const char *name, int64_t now_ms)
{
    heap.now_ms = now_ms;
    static att_host host;
    host = check_host(&heap);
    return scene_open(check_path(name), &host);
}

static const char *const posters[] = {"poster-a", "poster-b", "poster-c", "poster-d"};

static att_choice_request request_of(att_choice_option options[4], const char *user)
{
    for (int a = 0; a < 4; a++)
        options[a] = (att_choice_option){.id = att_text_of(posters[a])};
    att_choice_request request = att_choice_request_default();
    request.user = att_text_of(user);
    request.choice = att_text_of("thumbnail");
    request.options = options;
    request.option_count = 4;
    return request;
}

static att_choice choose(att_engine *engine, const att_choice_request *request, float *p)
{
    att_choice choice;
    CHECK_OK_ERR(att_engine_choose(engine, request, p, &choice, &err), &err);
    double total = 0;
    for (size_t a = 0; a < request->option_count; a++)
        total += (double)p[a];
    CHECK_NEAR(total, 1, 1e-5);
    CHECK(p[choice.chosen] > 0);
    return choice;
}

static void reward(att_engine *engine, uint64_t decision, double value, const char *part, const char *id, bool more)
{
    const att_reward one = {
        .decision = decision, .value = value, .part = att_text_of(part), .id = att_text_of(id), .more = more};
    CHECK_OK_ERR(att_engine_reward(engine, &one, 1, NULL, &err), &err);
}

static bool keep_count(void *user, const att_choice_count *count)
{
    *(att_choice_count *)user = *count;
    return false;
}

static att_choice_count count_of(att_engine *engine)
{
    att_choice_count count = {0};
    CHECK_OK_ERR(att_engine_choices_each(engine, keep_count, &count, &err), &err);
    return count;
}

static void set_policy(att_engine *engine, double share, att_choice_algorithm algorithm)
{
    att_policy policy = att_policy_default();
    policy.choices.share = share;
    policy.choices.algorithm = algorithm;
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
}

// A hundred rounds of a world in which poster-b is liked by day and poster-c by night.
static uint64_t live(att_engine *engine, int rounds, uint64_t seed, const char *user)
{
    att_rng rng = att_rng_seed(seed);
    uint64_t liked = 0;
    for (int r = 0; r < rounds; r++) {
        att_choice_option options[4];
        float p[4];
        const bool day = att_rng_unit(&rng) < 0.5;
        const att_choice_feature when = {att_text_of("hour"), att_text_of(day ? "day" : "night"), 1};
        att_choice_request request = request_of(options, user);
        request.features = &when;
        request.feature_count = 1;
        const att_choice choice = choose(engine, &request, p);
        const bool likes = choice.shown == (day ? 1u : 2u);
        liked += likes;
        if (r % 5 != 4) // the fifth says nothing
            reward(engine, choice.decision, likes, "", "", false);
        heap.now_ms += 60000;
    }
    return liked;
}

CHECK_TEST(what_pays_is_learned_and_the_state_is_what_the_log_says)
{
    CHECK_BEGIN();
    uint8_t lived[16], again[16], replayed[16];
    att_engine *engine = open_at("learn.attune", SCENE_NOW);
    set_policy(engine, 1, ATT_CHOICE_REGCB);
    const uint64_t liked = live(engine, 400, 3, "");
    CHECK_NOTE("%llu of 400 liked; uniform choice has 100", (unsigned long long)liked);
    CHECK(liked > 300);
    att_engine_choices_digest(engine, lived);
    CHECK_OK_ERR(att_choices_save(engine->choices, check_path("learn.attune-choices"), &err), &err);
    CHECK_OK_ERR(att_people_save(engine->people, check_path("learn.attune-fold"), &err), &err);
    att_engine_close(engine);
    engine = open_at("learn.attune", heap.now_ms); // from the checkpoint
    att_engine_choices_digest(engine, again);
    live(engine, 50, 4, "");
    att_engine_choices_digest(engine, lived + 0);
    att_engine_close(engine);
    unlink(check_path("learn.attune-choices"));
    unlink(check_path("learn.attune-fold"));
    engine = open_at("learn.attune", heap.now_ms); // from the whole log
    att_engine_choices_digest(engine, replayed);
    CHECK(memcmp(lived, replayed, 16) == 0);
    CHECK(memcmp(again, replayed, 16) != 0);
    att_engine_close(engine);
}

CHECK_TEST(a_checkpoint_reads_back_to_the_same_bits_and_a_damaged_one_is_passed_over)
{
    CHECK_BEGIN();
    uint8_t before[16], after[16];
    att_engine *engine = open_at("check.attune", SCENE_NOW);
    live(engine, 120, 5, "ann");
    att_engine_choices_digest(engine, before);
    CHECK_OK_ERR(att_people_save(engine->people, check_path("check.attune-fold"), &err), &err);
    CHECK_OK_ERR(att_choices_save(engine->choices, check_path("check.attune-choices"), &err), &err);
    att_engine_close(engine);
    for (int damaged = 0; damaged < 2; damaged++) {
        if (damaged) {
            size_t size;
            char *bytes = check_read_file(check_path("check.attune-choices"), &size);
            bytes[size / 2] ^= 1;
            check_write_file(check_path("check.attune-choices"), bytes, size);
            free(bytes);
        }
        engine = open_at("check.attune", heap.now_ms);
        att_engine_choices_digest(engine, after);
        CHECK(memcmp(before, after, 16) == 0);
        att_engine_close(engine);
    }
}

CHECK_TEST(exploration_stays_within_its_share_for_everybody_and_overall)
{
    CHECK_BEGIN();
    att_engine *engine = open_at("budget.attune", SCENE_NOW);
    set_policy(engine, 0.1, ATT_CHOICE_EPSILON);
    att_rng rng = att_rng_seed(8);
    uint64_t total = 0, explored = 0;
    for (int r = 0; r < 1500; r++) {
        att_choice_option options[4];
        float p[4];
        char user[16];
        snprintf(user, sizeof user, "p%d", (int)att_rng_below(&rng, 12));
        const att_choice_request request = request_of(options, user);
        const att_choice choice = choose(engine, &request, p);
        total++;
        explored += choice.explored;
        CHECK(choice.explored == (choice.shown != choice.greedy));
        CHECK(explored <= floor(0.1 * (double)total));
        uint64_t impressions, own;
        att_engine_person_choices(engine, att_text_of(user), &impressions, &own);
        CHECK(own <= floor(0.1 * (double)impressions));
        reward(engine, choice.decision, att_rng_unit(&rng) < 0.3, "", "", false);
    }
    CHECK_NOTE("%llu of %llu explored", (unsigned long long)explored, (unsigned long long)total);
    CHECK(explored > 15);
    const att_choice_count count = count_of(engine);
    CHECK_EQ(count.impressions, total);
    CHECK_EQ(count.explored, explored);
    att_engine_close(engine);
}

CHECK_TEST(rewards_come_late_in_parts_twice_or_never)
{
    CHECK_BEGIN();
    att_choice_option options[4];
    float p[4];
    att_engine *engine = open_at("rewards.attune", SCENE_NOW);
    const att_choice_request request = request_of(options, "ann");
    // Parts: click 1 x 0.2 and play 0.8 x 0.5; the same id twice counts once; a part under another id replaces the first.
    const att_choice parts = choose(engine, &request, p);
    reward(engine, parts.decision, 1, "click", "c1", true);
    reward(engine, parts.decision, 7, "click", "c1", true);
    reward(engine, parts.decision, 0.1, "play", "p1", true);
    reward(engine, parts.decision, 0.8, "play", "p2", true);
    CHECK_EQ(count_of(engine).rewarded, 0);
    const att_choice silent = choose(engine, &request, p);
    heap.now_ms += 3600 * 1000 - 1;
    choose(engine, &request, p);
    CHECK_EQ(count_of(engine).rewarded, 0); // the hour is not quite over
    heap.now_ms += 1;
    choose(engine, &request, p); // any record moves the log's time
    att_choice_count count = count_of(engine);
    CHECK_EQ(count.rewarded, 1);
    CHECK_EQ(count.defaulted, 1);
    CHECK_NEAR(count.reward, (0.2 + 0.4) / 2, 1e-6);
    const att_reward late = {.decision = silent.decision, .value = 1};
    att_reward_result result;
    CHECK_OK_ERR(att_engine_reward(engine, &late, 1, &result, &err), &err);
    CHECK_EQ(result.added, 1);
    CHECK_EQ(result.late, 1);
    CHECK_OK_ERR(att_engine_reward(engine, &late, 1, &result, &err), &err);
    CHECK_EQ(result.duplicates, 1);
    count = count_of(engine);
    CHECK_EQ(count.late_rewards, 1);
    CHECK_EQ(count.rewarded + count.defaulted, 2);
    att_engine_close(engine);
}

CHECK_TEST(what_was_never_displayed_is_not_learned_from)
{
    CHECK_BEGIN();
    att_choice_option options[4];
    float p[4];
    bool added;
    att_engine *engine = open_at("display.attune", SCENE_NOW);
    att_choice_request request = request_of(options, "ann");
    request.await_display = true;
    const att_choice seen = choose(engine, &request, p), unseen = choose(engine, &request, p);
    reward(engine, seen.decision, 1, "", "", false);
    reward(engine, unseen.decision, 1, "", "", false);
    CHECK_EQ(count_of(engine).displayed, 0);
    CHECK_OK_ERR(att_engine_displayed(engine, seen.decision, &added, &err), &err);
    CHECK(added);
    CHECK_OK_ERR(att_engine_displayed(engine, seen.decision, &added, &err), &err);
    CHECK(!added);
    heap.now_ms += 3600 * 1000;
    choose(engine, &request, p);
    const att_choice_count count = count_of(engine);
    CHECK_EQ(count.displayed, 1);
    CHECK_EQ(count.rewarded, 1);
    CHECK_EQ(count.undisplayed, 1);
    CHECK_EQ(engine->choices->choosers.items[0]->bandit.rounds, 1);
    att_engine_close(engine);
}

CHECK_TEST(an_apprentice_watches_and_learns_and_spends_nothing)
{
    CHECK_BEGIN();
    att_choice_option options[4];
    float p[4];
    att_engine *engine = open_at("apprentice.attune", SCENE_NOW);
    att_choice_request request = request_of(options, "ann");
    for (int r = 0; r < 60; r++) {
        request.host_option = r % 4;
        const att_choice choice = choose(engine, &request, p);
        CHECK_EQ(choice.shown, r % 4);
        CHECK(!choice.explored);
        reward(engine, choice.decision, r % 4 == 3, "", "", false);
    }
    const att_choice_count count = count_of(engine);
    CHECK_EQ(count.apprentice, 60);
    CHECK_EQ(count.impressions, 0);
    request.host_option = -1;
    request.dry = true;
    const att_choice now = choose(engine, &request, p);
    CHECK_EQ(now.greedy, 3);
    CHECK_EQ(now.decision, 0);
    att_engine_close(engine);
}

typedef struct lines {
    char last_choice[4096];
    int choices, rewards;
} lines;

static bool see_line(void *user, att_text line)
{
    lines *l = user;
    char text[4096];
    snprintf(text, sizeof text, "%.*s", (int)line.size, line.data);
    if (strstr(text, "\"kind\":\"choice\"")) {
        snprintf(l->last_choice, sizeof l->last_choice, "%s", text);
        l->choices++;
    }
    l->rewards += strstr(text, "\"kind\":\"reward\"") != NULL;
    return true;
}

CHECK_TEST(a_person_can_be_exported_and_forgotten_and_what_was_learned_from_them_goes)
{
    CHECK_BEGIN();
    uint8_t without[16], forgotten[16], reopened[16];
    att_engine *engine = open_at("forget.attune", SCENE_NOW);
    live(engine, 40, 6, "ann");
    live(engine, 40, 7, "bob");
    lines l = {{0}, 0, 0};
    CHECK_OK_ERR(att_engine_export(engine, att_text_of("ann"), see_line, &l, &err), &err);
    CHECK_EQ(l.choices, 40);
    CHECK_EQ(l.rewards, 32);
    CHECK_HOLDS(l.last_choice, "\"option\":\"poster-b\",\"probability\":");
    att_engine_choices_digest(engine, without);
    uint64_t rows;
    CHECK_OK_ERR(att_engine_forget(engine, att_text_of("ann"), &rows, &err), &err);
    CHECK_EQ(rows, 72);
    att_engine_choices_digest(engine, forgotten);
    CHECK(memcmp(without, forgotten, 16) != 0);
    CHECK_EQ(count_of(engine).decisions, 40);
    att_engine_close(engine);
    engine = open_at("forget.attune", heap.now_ms);
    att_engine_choices_digest(engine, reopened);
    CHECK(memcmp(forgotten, reopened, 16) == 0);
    att_engine_close(engine);
}

CHECK_TEST(a_second_engine_on_the_store_sees_the_same)
{
    CHECK_BEGIN();
    uint8_t a[16], b[16];
    att_engine *first = open_at("two.attune", SCENE_NOW), *second = open_at("two.attune", SCENE_NOW);
    live(first, 20, 1, "ann");
    live(second, 20, 2, "bob");
    live(first, 20, 3, "ann");
    count_of(second); // catches up
    att_engine_choices_digest(first, a);
    att_engine_choices_digest(second, b);
    CHECK(memcmp(a, b, 16) == 0);
    CHECK_OK_ERR(att_engine_forget(first, att_text_of("bob"), NULL, &err), &err);
    count_of(second);
    att_engine_choices_digest(first, a);
    att_engine_choices_digest(second, b);
    CHECK(memcmp(a, b, 16) == 0);
    att_engine_close(first);
    att_engine_close(second);
}

CHECK_TEST(bad_requests_and_rewards_are_refused_with_a_reason)
{
    CHECK_BEGIN();
    att_choice_option options[4];
    float p[4];
    att_choice choice;
    att_engine *engine = open_at("refuse.attune", SCENE_NOW);
    att_choice_request request = request_of(options, "ann");
    options[2].id = options[0].id;
    CHECK_FAILS(att_engine_choose(engine, &request, p, &choice, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "\"poster-a\" is there twice");
    options[2].id = att_text_of("");
    CHECK_FAILS(att_engine_choose(engine, &request, p, &choice, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "option 3");
    request = request_of(options, "ann");
    const att_choice_feature bad = {att_text_of(""), att_text_of("age"), INFINITY};
    request.features = &bad;
    request.feature_count = 1;
    CHECK_FAILS(att_engine_choose(engine, &request, p, &choice, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "\"age\"");
    request = request_of(options, "ann");
    request.option_count = 0;
    CHECK_FAILS(att_engine_choose(engine, &request, p, &choice, &err), ATT_LIMIT);
    request = request_of(options, "ann");
    request.host_option = 4;
    CHECK_FAILS(att_engine_choose(engine, &request, p, &choice, &err), ATT_INVALID);
    const att_reward unknown = {.decision = 77, .value = 1};
    CHECK_FAILS(att_engine_reward(engine, &unknown, 1, NULL, &err), ATT_NOT_FOUND);
    CHECK_HOLDS(err.text, "000000000000004d");
    const att_reward part = {.decision = 1, .value = 1, .part = att_text_of("smile")};
    CHECK_FAILS(att_engine_reward(engine, &part, 1, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "click");
    CHECK_FAILS(att_engine_displayed(engine, 5, NULL, &err), ATT_NOT_FOUND);
    att_engine_close(engine);
}

CHECK_TEST(algorithms_of_the_policy_are_those_of_the_learner)
{
    CHECK_BEGIN();
    size_t count;
    const att_bandit_algorithm *algorithms = att_bandit_algorithms(&count);
    for (size_t i = 0; i < count; i++)
        CHECK_STR(att_choice_algorithm_name((att_choice_algorithm)i), algorithms[i].about.name);
    CHECK_EQ(count, ATT_CHOICE_BAGGING + 1);
}

static bool keep_text(void *user, att_text text)
{
    char **out = user;
    const size_t size = strlen(*out);
    *out = realloc(*out, size + text.size + 1);
    memcpy(*out + size, text.data, text.size);
    (*out)[size + text.size] = 0;
    return true;
}

CHECK_TEST(the_log_can_be_taken_to_vowpal_wabbit_and_run_again)
{
    CHECK_BEGIN();
    att_engine *engine = open_at("vw.attune", SCENE_NOW);
    set_policy(engine, 1, ATT_CHOICE_EPSILON);
    live(engine, 300, 9, "ann");
    char *text = calloc(1, 1);
    uint64_t written;
    CHECK_OK_ERR(att_engine_choices_export_vw(engine, att_text_of("thumbnail"), keep_text, &text, &written, &err), &err);
    CHECK_EQ(written, 300);
    CHECK_HOLDS(text, "shared |hour ");
    check_write_file(check_path("log.vw"), text, strlen(text));
    att_bandit_run_report report;
    const att_bandit_run_options options = {.seed = 1};
    CHECK_OK_ERR(att_bandit_run(check_path("log.vw"), &options, NULL, &report, &err), &err);
    CHECK_STR(report.form, "cb_adf");
    CHECK_EQ(report.rounds, 240); // those with a reward
    CHECK_EQ(report.options, 4);
    CHECK(report.loss < -0.6 && report.loss_logged < -0.3); // costs are rewards with the sign turned
    free(text);
    att_engine_close(engine);
}

CHECK_MAIN(CHECK_CASE(what_pays_is_learned_and_the_state_is_what_the_log_says),
    CHECK_CASE(a_checkpoint_reads_back_to_the_same_bits_and_a_damaged_one_is_passed_over),
    CHECK_CASE(exploration_stays_within_its_share_for_everybody_and_overall),
    CHECK_CASE(rewards_come_late_in_parts_twice_or_never), CHECK_CASE(what_was_never_displayed_is_not_learned_from),
    CHECK_CASE(an_apprentice_watches_and_learns_and_spends_nothing),
    CHECK_CASE(a_person_can_be_exported_and_forgotten_and_what_was_learned_from_them_goes),
    CHECK_CASE(a_second_engine_on_the_store_sees_the_same), CHECK_CASE(bad_requests_and_rewards_are_refused_with_a_reason),
    CHECK_CASE(algorithms_of_the_policy_are_those_of_the_learner),
    CHECK_CASE(the_log_can_be_taken_to_vowpal_wabbit_and_run_again))
