// SPDX-License-Identifier: Apache-2.0
// Many threads choose, reward, display, look and decide on one engine at once. Afterwards every count is exact, each draw's odds are a
// distribution, the exploration budget was never passed, and the log replayed from empty gives the learners that memory had.
#include "scene.h"

#include "engine/internal.h"

#include <math.h>
#include <pthread.h>
#include <unistd.h>

enum { CHOOSERS = 6, CHOICES = 60, OPTIONS = 5, NAMES = 3, PEOPLE = 7, LOOKERS = 2, LOOKS = 60, DECIDERS = 2, DECISIONS = 25 };
enum { WORKERS = CHOOSERS + LOOKERS + DECIDERS };

typedef struct worker {
    att_engine *engine;
    int number;
    // What it saw: of its own decisions, by the name of the choice.
    uint64_t decisions[NAMES], explored[NAMES], apprentice[NAMES], displayed[NAMES], rewarded[NAMES];
    uint64_t duplicates, slates;
    char story[512]; // of its first failure
} worker;

// A thread must not leave through cmocka's jump; it keeps the story for the main thread.
static bool failed(worker *w, att_status status, const att_error *err)
{
    if (status != ATT_OK && !w->story[0])
        snprintf(w->story, sizeof w->story, "%s: %s", att_status_name(status), err->text);
    return status != ATT_OK;
}

static void tell(worker *w, const char *what)
{
    if (!w->story[0])
        snprintf(w->story, sizeof w->story, "%s", what);
}

static const char *const names[NAMES] = {"thumbnail", "opening", "difficulty"};

// One round: a choice, of every fourth the display, of two in three a reward, sent twice.
static void one_round(worker *w, int i)
{
    static const char *const ids[OPTIONS] = {"a", "b", "c", "d", "e"};
    att_error err = {0};
    att_choice_option options[OPTIONS];
    float p[OPTIONS];
    char user[32];
    const int name = (w->number + i) % NAMES;
    for (int a = 0; a < OPTIONS; a++)
        options[a] = (att_choice_option){.id = att_text_of(ids[a])};
    snprintf(user, sizeof user, "person-%02d", (w->number * 5 + i) % PEOPLE);
    att_choice_request request = att_choice_request_default();
    request.user = att_text_of(i % 6 ? user : ""); // some are strangers
    request.choice = att_text_of(names[name]);
    request.options = options;
    request.option_count = OPTIONS;
    request.host_option = i % 10 == 9 ? i % OPTIONS : -1;
    request.await_display = i % 4 == 3;
    att_choice choice;
    if (failed(w, att_engine_choose(w->engine, &request, p, &choice, &err), &err))
        return;
    double total = 0;
    for (int a = 0; a < OPTIONS; a++)
        total += (double)p[a];
    if (fabs(total - 1) > 1e-5 || !(p[choice.chosen] > 0) || choice.decision == 0)
        tell(w, "odds that are no distribution, or a decision without a number");
    w->decisions[name]++;
    w->explored[name] += choice.explored;
    w->apprentice[name] += request.host_option >= 0;
    bool added = true;
    if (request.await_display && failed(w, att_engine_displayed(w->engine, choice.decision, &added, &err), &err))
        return;
    w->displayed[name] += added;
    const att_reward reward = {.decision = choice.decision, .value = choice.shown == (uint32_t)name};
    for (int times = 0; i % 3 && times < 2; times++) {
        att_reward_result result;
        if (failed(w, att_engine_reward(w->engine, &reward, 1, &result, &err), &err))
            return;
        w->rewarded[name] += result.added;
        w->duplicates += result.duplicates;
    }
}

static void *choose(void *argument)
{
    worker *w = argument;
    for (int i = 0; i < CHOICES && !w->story[0]; i++)
        one_round(w, i);
    return NULL;
}

static bool count_is_sound(void *user, const att_choice_count *count)
{
    worker *w = user;
    if (count->explored > count->impressions || count->impressions + count->apprentice > count->decisions)
        tell(w, "a ledger with more explored than shown, or more shown than decided");
    return true;
}

// Dry choices, ledgers and digests, none of which may wait for the disk or see half a write.
static void *look(void *argument)
{
    worker *w = argument;
    att_error err = {0};
    const att_choice_option options[] = {{.id = att_text_of("a")}, {.id = att_text_of("b")}};
    for (int i = 0; i < LOOKS && !w->story[0]; i++) {
        float p[2];
        att_choice choice;
        uint8_t digest[16];
        uint64_t impressions, explored;
        att_choice_request request = att_choice_request_default();
        request.choice = att_text_of(names[i % NAMES]);
        request.options = options;
        request.option_count = 2;
        request.dry = true;
        if (failed(w, att_engine_choose(w->engine, &request, p, &choice, &err), &err) ||
            failed(w, att_engine_choices_each(w->engine, count_is_sound, w, &err), &err))
            break;
        att_engine_person_choices(w->engine, att_text_of("person-03"), &impressions, &explored);
        if (explored > impressions || choice.decision != 0)
            tell(w, "a person with more explored than shown, or a dry choice with a number");
        if (i % 8 == 0)
            att_engine_choices_digest(w->engine, digest);
    }
    return NULL;
}

static void *decide(void *argument)
{
    worker *w = argument;
    att_error err = {0};
    att_slate_memory *memory = NULL;
    att_slate slate;
    char name[32];
    if (failed(w, att_slate_memory_create(&memory, NULL, &err), &err))
        return NULL;
    for (int i = 0; i < DECISIONS && !w->story[0]; i++) {
        att_request request = att_request_default();
        snprintf(name, sizeof name, "person-%02d", i % SCENE_PEOPLE);
        request.user = att_text_of(name);
        request.count = 5;
        if (!failed(w, att_engine_decide(w->engine, &request, memory, &slate, &err), &err))
            w->slates++;
    }
    att_slate_memory_destroy(memory);
    return NULL;
}

static bool keep_by_name(void *user, const att_choice_count *count)
{
    att_choice_count *all = user;
    for (int n = 0; n < NAMES; n++)
        if (att_text_equal(count->name, att_text_of(names[n])))
            all[n] = *count;
    return true;
}

static att_engine *open_stage(const char *path)
{
    att_engine *engine = scene_open(path, NULL);
    att_error err;
    att_policy policy = att_policy_default();
    policy.choices.share = 0.2;
    scene_fill(engine);
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    return engine;
}

CHECK_TEST(many_threads_choosing_and_rewarding_lose_nothing_and_pass_no_bound)
{
    CHECK_BEGIN();
    static worker workers[WORKERS];
    pthread_t threads[WORKERS];
    char path[512], checkpoint[600];
    snprintf(path, sizeof path, "%s", check_path("choices.attune"));
    att_engine *engine = open_stage(path);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (worker){.engine = engine, .number = i};
        void *(*work)(void *) = i < CHOOSERS ? choose : i < CHOOSERS + LOOKERS ? look : decide;
        CHECK_EQ(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    worker sum = {0};
    for (int i = 0; i < WORKERS; i++) {
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
        CHECK_STR(workers[i].story, "");
        for (int n = 0; n < NAMES; n++) {
            sum.decisions[n] += workers[i].decisions[n];
            sum.explored[n] += workers[i].explored[n];
            sum.apprentice[n] += workers[i].apprentice[n];
            sum.displayed[n] += workers[i].displayed[n];
            sum.rewarded[n] += workers[i].rewarded[n];
        }
        sum.duplicates += workers[i].duplicates;
        sum.slates += workers[i].slates;
    }
    att_error err;
    att_choice_count counts[NAMES] = {0};
    CHECK_OK_ERR(att_engine_choices_each(engine, keep_by_name, counts, &err), &err);
    uint64_t decisions = 0, explored = 0, impressions = 0;
    for (int n = 0; n < NAMES; n++) {
        CHECK_EQ(counts[n].decisions, sum.decisions[n]);
        CHECK_EQ(counts[n].explored, sum.explored[n]);
        CHECK_EQ(counts[n].apprentice, sum.apprentice[n]);
        CHECK_EQ(counts[n].displayed, sum.displayed[n]);
        CHECK_EQ(counts[n].rewarded, sum.rewarded[n]);
        CHECK_EQ(counts[n].late_rewards, 0);
        decisions += counts[n].decisions;
        explored += counts[n].explored;
        impressions += counts[n].impressions;
    }
    CHECK_EQ(decisions, CHOOSERS * CHOICES);
    CHECK_EQ(sum.duplicates, CHOOSERS * CHOICES * 2 / 3);
    CHECK_EQ(sum.slates, DECIDERS * DECISIONS);
    CHECK(explored > 0);
    CHECK((double)explored <= 0.2 * (double)impressions);
    for (int u = 0; u < PEOPLE; u++) {
        char user[32];
        uint64_t shown, own;
        snprintf(user, sizeof user, "person-%02d", u);
        att_engine_person_choices(engine, att_text_of(user), &shown, &own);
        CHECK(shown > 0);
        CHECK((double)own <= 0.2 * (double)shown);
    }
    uint8_t lived[16], replayed[16];
    att_engine_choices_digest(engine, lived);
    att_engine_close(engine);
    static const char *const kept[] = {"fold", "choices"};
    for (size_t k = 0; k < ATT_COUNT_OF(kept); k++) {
        snprintf(checkpoint, sizeof checkpoint, "%s-%s", path, kept[k]);
        unlink(checkpoint); // there may be none
    }
    engine = scene_open(path, NULL);
    att_engine_choices_digest(engine, replayed);
    CHECK(memcmp(lived, replayed, sizeof lived) == 0);
    att_engine_close(engine);
}

CHECK_MAIN(CHECK_CASE(many_threads_choosing_and_rewarding_lose_nothing_and_pass_no_bound))
