// SPDX-License-Identifier: Apache-2.0
// tests/faults/test_kill_choices.c - the process is killed at random points while it chooses and rewards. What was acknowledged
// is there, nothing counts twice, and the state that is read is the state that the log says.
#include "../engine/scene.h"

#include "engine/internal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILLS = 20 };

static att_error err;

typedef struct told {
    uint32_t choices, rewards;
    uint64_t last; // decision that was acknowledged last
} told;

static att_engine *open_store(const char *store)
{
    return scene_open(store, NULL);
}

static att_status choose_one(att_engine *engine, uint32_t number, att_choice *choice)
{
    float p[3];
    char user[16];
    snprintf(user, sizeof user, "u%u", number % 7);
    const att_choice_option options[3] = {{.id = att_text_of("a")}, {.id = att_text_of("b")}, {.id = att_text_of("c")}};
    att_choice_request request = att_choice_request_default();
    request.user = att_text_of(user);
    request.choice = att_text_of("line");
    request.options = options;
    request.option_count = 3;
    return att_engine_choose(engine, &request, p, choice, &err);
}

// Chooses and rewards until it is killed, and tells each answer through the pipe.
static void work(const char *store, told t, int out)
{
    att_engine *engine = open_store(store);
    for (;;) {
        att_choice choice;
        if (choose_one(engine, t.choices, &choice))
            _exit(1);
        t.choices++;
        t.last = choice.decision;
        if (write(out, &t, sizeof t) != sizeof t)
            _exit(1);
        const att_reward reward = {.decision = choice.decision, .value = choice.shown == 1, .id = att_text_of("r")};
        att_reward_result result;
        if (att_engine_reward(engine, &reward, 1, &result, &err) || result.added != 1)
            _exit(1);
        t.rewards++;
        if (write(out, &t, sizeof t) != sizeof t)
            _exit(1);
    }
}

static told run_and_kill(const char *store, told t, long us)
{
    int ends[2];
    CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        work(store, t, ends[1]);
    close(ends[1]);
    told got = t, next;
    bool killed = false;
    while (read(ends[0], &next, sizeof next) == sizeof next) { // what was told before it died is read to the end
        got = next;
        if (!killed) {
            const struct timespec time = {0, us * 1000};
            nanosleep(&time, NULL);
            kill(child, SIGKILL);
            killed = true;
        }
    }
    close(ends[0]);
    int state;
    CHECK_EQ(waitpid(child, &state, 0), child);
    CHECK(WIFSIGNALED(state));
    return got;
}

static bool keep_count(void *user, const att_choice_count *count)
{
    *(att_choice_count *)user = *count;
    return false;
}

static void see(void *user, att_finding_kind kind, const char *what, const char *advice)
{
    (void)user;
    (void)advice;
    if (kind == ATT_FINDING_DAMAGE)
        CHECK_NOTE("%s", what);
}

CHECK_TEST(acknowledged_choices_and_rewards_outlive_their_process)
{
    CHECK_BEGIN();
    char store[512];
    snprintf(store, sizeof store, "%s", check_path("choices.attune"));
    att_engine_close(open_store(store));
    att_rng rng = att_rng_seed(17);
    told t = {0};
    for (int k = 0; k < KILLS; k++) {
        t = run_and_kill(store, t, (long)att_rng_below(&rng, 12000));
        size_t damage;
        CHECK_OK_ERR(att_doctor(store, NULL, see, NULL, &damage, &err), &err);
        CHECK_EQ(damage, 0);
        att_engine *engine = open_store(store);
        att_choice_count count = {0};
        CHECK_OK_ERR(att_engine_choices_each(engine, keep_count, &count, &err), &err);
        // One choice or one reward may be on disk without its answer having been heard.
        CHECK(count.decisions >= t.choices && count.decisions <= t.choices + 1u);
        CHECK(count.rewarded >= t.rewards && count.rewarded <= t.rewards + 1u);
        CHECK_EQ(engine->choices->choosers.items[0]->bandit.rounds, count.rewarded);
        // Its reward once more, as a client that heard no answer sends it: it counts once, whatever was on disk.
        const att_reward again = {.decision = t.last, .value = 1, .id = att_text_of("r")};
        att_reward_result result;
        CHECK_OK_ERR(att_engine_reward(engine, &again, 1, &result, &err), &err);
        CHECK_OK_ERR(att_engine_reward(engine, &again, 1, &result, &err), &err);
        CHECK_EQ(result.duplicates, 1);
        CHECK_OK_ERR(att_engine_choices_each(engine, keep_count, &count, &err), &err);
        uint8_t now[16], replayed[16];
        att_engine_choices_digest(engine, now);
        att_engine_close(engine);
        engine = open_store(store);
        att_engine_choices_digest(engine, replayed);
        CHECK(memcmp(now, replayed, 16) == 0);
        att_engine_close(engine);
        t.choices = (uint32_t)count.decisions;
        t.rewards = (uint32_t)count.rewarded;
    }
    CHECK_NOTE("%u choices and %u rewards were acknowledged over %d kills", t.choices, t.rewards, KILLS);
    CHECK(t.rewards > KILLS);
}

CHECK_MAIN(CHECK_CASE(acknowledged_choices_and_rewards_outlive_their_process))
