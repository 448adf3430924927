// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_choose.c - choose, reward, bandit: one of a few options, what came of it, and how it is learned.
#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- choose -------------------------------------------------------------------------------------------------

enum { FEATURES_MAX = 64, OPTIONS_MAX = 15 };

typedef struct feature_list {
    att_choice_feature items[FEATURES_MAX];
    size_t count;
} feature_list;

// "hour=evening,age:0.3,bright": a class is {hour, evening, 1}, a number {"", age, 0.3}, a word {"", bright, 1}.
static bool parse_features(const char *text, feature_list *out)
{
    out->count = 0;
    while (text && *text) {
        const size_t size = strcspn(text, ",");
        if (!size || out->count == FEATURES_MAX)
            return false;
        att_choice_feature *feature = &out->items[out->count++];
        const char *equals = memchr(text, '=', size), *colon = memchr(text, ':', size);
        *feature = (att_choice_feature){{"", 0}, {text, size}, 1};
        if (equals) {
            feature->name_space = (att_text){text, (size_t)(equals - text)};
            feature->name = (att_text){equals + 1, (size_t)(text + size - equals - 1)};
        } else if (colon) {
            char number[64], *end;
            const size_t digits = (size_t)(text + size - colon - 1);
            if (!digits || digits >= sizeof number)
                return false;
            memcpy(number, colon + 1, digits);
            number[digits] = 0;
            feature->value = strtod(number, &end);
            feature->name.size = (size_t)(colon - text);
            if (*end || !isfinite(feature->value))
                return false;
        }
        if (!feature->name.size)
            return false;
        text += size + (text[size] == ',');
    }
    return true;
}

static json_t *choice_json(const cli *c, const att_choice_request *request, const att_choice *choice, const float *probabilities)
{
    char id[24], seed[24];
    snprintf(id, sizeof id, "%016llx", (unsigned long long)choice->decision);
    snprintf(seed, sizeof seed, "%016llx", (unsigned long long)choice->seed);
    json_t *options = json_array();
    for (size_t a = 0; a < request->option_count; a++)
        json_array_append_new(options, json_pack("{s:o,s:f}", "option", cli_json_text(request->options[a].id), "probability",
                                           (double)probabilities[a]));
    json_t *value = json_pack("{s:s,s:o,s:o,s:o,s:b,s:s,s:o}", "choice", c->arguments[0], "show",
        cli_json_text(request->options[choice->shown].id), "chosen", cli_json_text(request->options[choice->chosen].id), "best",
        cli_json_text(request->options[choice->greedy].id), "explored", (int)choice->explored, "seed", seed, "options", options);
    if (choice->decision)
        json_object_set_new(value, "decision", json_string(id));
    return value;
}

static int print_choice(const cli *c, const att_choice_request *request, const att_choice *choice, const float *probabilities)
{
    if (c->json)
        return cli_print_json(choice_json(c, request, choice, probabilities));
    for (size_t a = 0; a < request->option_count; a++)
        printf("%s %-24.*s %.4f%s\n", a == choice->shown ? ">" : " ", (int)request->options[a].id.size,
            request->options[a].id.data, (double)probabilities[a], a == choice->greedy ? "  best so far" : "");
    if (choice->shown != choice->chosen)
        printf("apprentice: the learner would have shown %.*s\n", (int)request->options[choice->chosen].id.size,
            request->options[choice->chosen].id.data);
    if (choice->decision)
        printf("decision %016llx\n", (unsigned long long)choice->decision);
    else
        printf("not logged\n");
    return 0;
}

static int run_choose(cli *c)
{
    static feature_list context, about[OPTIONS_MAX];
    att_choice_option options[OPTIONS_MAX];
    float probabilities[OPTIONS_MAX];
    att_choice_request request = att_choice_request_default();
    uint64_t seed = 0;
    request.choice = att_text_of(c->arguments[0]);
    request.user = att_text_of(cli_get(c, "user"));
    request.options = options;
    request.option_count = (size_t)c->argument_count - 1;
    request.await_display = cli_flag(c, "await-display");
    request.dry = cli_flag(c, "dry");
    if (!cli_must_context(c, &request.context) || !cli_must_whole(c, "seed", 1, UINT64_MAX, &seed))
        return 64;
    request.seed = seed;
    if (!parse_features(cli_get(c, "features"), &context))
        return cli_usage(c, "--features is \"%s\", expected such as hour=evening,age:0.3", cli_get(c, "features"));
    request.features = context.items;
    request.feature_count = context.count;
    const char *host_option = cli_get(c, "apprentice");
    for (size_t a = 0; a < request.option_count; a++) {
        const char *argument = c->arguments[a + 1], *brace = strchr(argument, '/');
        options[a] = (att_choice_option){.id = {argument, brace ? (size_t)(brace - argument) : strlen(argument)}};
        if (!parse_features(brace ? brace + 1 : NULL, &about[a]))
            return cli_usage(c, "the option is \"%s\", expected NAME or NAME/FEATURES such as poster-a/bright,faces:2", argument);
        options[a].features = about[a].items;
        options[a].feature_count = about[a].count;
        if (host_option && att_text_equal(options[a].id, att_text_of(host_option)))
            request.host_option = (int)a;
    }
    if (host_option && request.host_option < 0)
        return cli_usage(c, "--apprentice is \"%s\", expected one of the options", host_option);
    int code;
    att_engine *engine = cli_open(c, false, request.dry, &code);
    if (!engine)
        return code;
    att_choice choice;
    att_error err = {0};
    const att_status status = att_engine_choose(engine, &request, probabilities, &choice, &err);
    att_engine_close(engine);
    return status ? cli_fail(c, status, &err) : print_choice(c, &request, &choice, probabilities);
}

static const cli_option choose_options[] = {{"user", 'u', "ID", "who it is for; otherwise a stranger"},
    {"features", 'f', "LIST", "of the moment: CLASS=NAME, NAME:NUMBER or NAME, with commas between"}, CLI_CONTEXT_OPTIONS,
    {"apprentice", 0, "OPTION", "this one is shown whatever the learner says; it learns from it"},
    {"await-display", 0, NULL, "it counts as shown when attune reward ID --displayed says so"},
    {"seed", 0, "N", "of this decision; otherwise the store's next"}, {"dry", 0, NULL, "log nothing"}, {0}};
static const char *const choose_examples[] = {"attune choose thumbnail poster-a poster-b poster-c --user ann --device phone",
    "one of three, with the odds that were drawn from", "attune choose opening calm/energy:0.1 loud/energy:0.9 --features hour=night",
    "options with features of their own", NULL};
const cli_command cli_choose = {"choose", "Choose one of a few options", "CHOICE OPTION…", 2, OPTIONS_MAX + 1,
    "For a thumbnail, a scene order, a line of dialogue. The learner of CHOICE knows what was rewarded under this name before;\n"
    "an OPTION may have features: NAME/FEATURES. All options with their probabilities are in the log before the answer is\n"
    "given. Say what came of it by attune reward. How it learns, and how much it may explore: the policy's section choices.",
    choose_options, choose_examples, run_choose};

// --- reward -------------------------------------------------------------------------------------------------

static bool parse_decision(const char *text, uint64_t *out)
{
    char *end;
    *out = strtoull(text, &end, 16);
    return *text && strspn(text, "0123456789abcdef") == strlen(text) && strlen(text) <= 16 && *out;
}

static int run_reward(cli *c)
{
    att_reward reward = {.part = att_text_of(cli_get(c, "part")), .id = att_text_of(cli_get(c, "id")), .more = cli_flag(c, "more")};
    const bool displayed = cli_flag(c, "displayed");
    if (!parse_decision(c->arguments[0], &reward.decision))
        return cli_usage(c, "the decision is \"%s\", expected hexadecimal digits as attune choose prints them", c->arguments[0]);
    if (!displayed && c->argument_count < 2)
        return cli_usage(c, "a VALUE is missing (or --displayed)");
    char *end = NULL;
    if (c->argument_count > 1) {
        reward.value = strtod(c->arguments[1], &end);
        if (end == c->arguments[1] || *end || !isfinite(reward.value))
            return cli_usage(c, "the value is \"%s\", expected a number", c->arguments[1]);
    }
    if (!cli_must_time(c, "at", &reward.at_ms))
        return 64;
    int code;
    att_engine *engine = cli_open(c, false, false, &code);
    if (!engine)
        return code;
    att_error err = {0};
    att_reward_result result = {0};
    bool confirmed = false;
    att_status status = displayed ? att_engine_displayed(engine, reward.decision, &confirmed, &err) : ATT_OK;
    if (!status && c->argument_count > 1)
        status = att_engine_reward(engine, &reward, 1, &result, &err);
    att_engine_close(engine);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:b,s:I,s:I,s:I}", "displayed", (int)confirmed, "added", (json_int_t)result.added,
            "duplicates", (json_int_t)result.duplicates, "late", (json_int_t)result.late));
    if (displayed)
        printf("%s\n", confirmed ? "displayed" : "nothing to confirm: it was known, or not awaited");
    if (c->argument_count > 1)
        printf("%s\n", result.duplicates ? "known already: nothing was changed"
                       : result.late     ? "kept, but too late to be learned from"
                       : reward.more     ? "kept; waiting for more"
                                         : "kept");
    return 0;
}

static const cli_option reward_options[] = {
    {"part", 0, "NAME", "reward (default), click, play, satisfaction, purchase, complaint"},
    {"more", 0, NULL, "other parts may come: wait for them"}, {"id", 0, "ID", "so that sending it again counts once"},
    {"displayed", 0, NULL, "the option was really seen"}, {"at", 0, "TIME", "when; default now"}, {0}};
static const char *const reward_examples[] = {"attune reward 000000000000002a 1", "it was liked",
    "attune reward 000000000000002a 1 --part click --more", "clicked; how long it was watched comes later", NULL};
const cli_command cli_reward = {"reward", "Say what came of a choice", "DECISION [VALUE]", 1, 2,
    "The reward is the sum of the parts, each times its weight in the policy (choices.parts). Without --more it is the last\n"
    "part, and the choice is learned from at once; else when choices.reward_wait_s has passed, with what has come by then.",
    reward_options, reward_examples, run_reward};

// --- bandit -------------------------------------------------------------------------------------------------

static int list_algorithms(const cli *c)
{
    json_t *list = json_array();
    const att_bandit_about *about;
    for (size_t i = 0; (about = att_bandit_about_at(i)); i++) {
        json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s}", "name", about->name, "title", about->title, "story",
                                        about->story, "paper", about->paper));
        if (!c->json)
            printf("%s%-10s%s %s%s\n           %s\n           %s\n", cli_paint(c, "bold"), about->name, cli_paint(c, "reset"),
                about->title, i ? "" : " (default)", about->story, about->paper);
    }
    if (c->json)
        return cli_print_json(json_pack("{s:o}", "algorithms", list));
    json_decref(list);
    return 0;
}

static int run_file(cli *c)
{
    att_bandit_run_options options = {.algorithm = cli_get(c, "algorithm")};
    att_bandit_run_report report;
    att_error err = {0};
    if (c->argument_count < 2)
        return cli_usage(c, "run needs a FILE");
    if (!cli_must_number(c, "floor", 0, 1, &options.floor) || !cli_must_whole(c, "seed", 1, UINT64_MAX, &options.seed) ||
        !cli_must_whole(c, "rounds", 1, UINT64_MAX, &options.rounds_max))
        return 64;
    cli_progress_start(c);
    const att_status status = att_bandit_run(c->arguments[1], &options, &c->host, &report, &err);
    cli_progress_end();
    if (status)
        return cli_fail(c, status, &err);
    const bool logged = !isnan(report.loss_logged);
    if (c->json) {
        json_t *value = json_pack("{s:s,s:s,s:s,s:I,s:I,s:f,s:f}", "file", c->arguments[1], "form", report.form, "algorithm",
            report.algorithm, "rounds", (json_int_t)report.rounds, "options", (json_int_t)report.options, "average_loss",
            report.loss, "seconds", report.seconds);
        if (logged) {
            json_object_set_new(value, "average_loss_ips", json_real(report.loss_ips));
            json_object_set_new(value, "average_loss_logged", json_real(report.loss_logged));
        }
        return cli_print_json(value);
    }
    printf("%s: %s, %llu rounds of at most %llu options\n  algorithm     %s\n  average loss  %.6f%s\n", c->arguments[1],
        report.form, (unsigned long long)report.rounds, (unsigned long long)report.options, report.algorithm, report.loss,
        logged ? " (doubly robust)" : "");
    if (logged)
        printf("                %.6f (inverse propensities)\n                %.6f of the policy that logged it\n", report.loss_ips,
            report.loss_logged);
    return 0;
}

static bool print_text(void *user, att_text text)
{
    (void)user;
    return fwrite(text.data, 1, text.size, stdout) == text.size;
}

static int export_vw(cli *c)
{
    int code;
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    uint64_t written = 0;
    att_error err = {0};
    const att_status status = att_engine_choices_export_vw(
        engine, att_text_of(c->argument_count > 1 ? c->arguments[1] : NULL), print_text, NULL, &written, &err);
    att_engine_close(engine);
    if (status)
        return cli_fail(c, status, &err);
    if (!c->quiet)
        fprintf(stderr, "attune bandit: %s\n", cli_count(written, "choice", "choices"));
    return 0;
}

static int run_bandit(cli *c)
{
    const char *verb = c->arguments[0];
    if (strcmp(verb, "list") == 0)
        return list_algorithms(c);
    if (strcmp(verb, "run") == 0)
        return run_file(c);
    if (strcmp(verb, "export") == 0)
        return export_vw(c);
    return cli_usage(c, "unknown action \"%s\", expected list, run or export", verb);
}

static const cli_option bandit_options[] = {{"algorithm", 'a', "NAME", "as attune bandit list prints them"},
    {"floor", 0, "SHARE", "probability spread over all options, 0 to 1; default 0"},
    {"seed", 0, "N", "of the draws; default 1"}, {"rounds", 0, "N", "at most so many; default all"}, {0}};
static const char *const bandit_examples[] = {"attune bandit run train.vw", "progressive loss on a file that vw --cbify K reads",
    "attune bandit run logged.vw --algorithm squarecb", "replay of a log of actions, costs and probabilities",
    "attune bandit export thumbnail > thumbnail.vw", "the store's choices for vw --cb_explore_adf", NULL};
const cli_command cli_bandit = {"bandit", "Run, list and export contextual bandits", "list|run|export [FILE|CHOICE]", 1, 2,
    "run reads Vowpal Wabbit's text: multiclass (\"3 | a:1 b\") and csoaa (\"1:0 2:1 | …\") lines are made into a bandit as by\n"
    "vw --cbify, cb (\"2:0.5:0.3 | …\") and cb_adf (blocks with \"shared |…\") are replayed; every line is predicted and counted\n"
    "before it is learned from. export prints what attune choose logged as cb_adf, costs being rewards with the sign turned.",
    bandit_options, bandit_examples, run_bandit};
