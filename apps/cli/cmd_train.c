// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_train.c - what is learned, and which of it is in force: train (once, or for as long as it is let), models,
// rollback.
#include "cli.h"

#include <string.h>
#include <time.h>

// --- What became of a training --------------------------------------------------------------------------------------

static void print_report(const cli *c, const att_train_report *r)
{
    if (!r->swapped) {
        printf("model %llu was not swapped in: %s\n", (unsigned long long)r->version, r->why);
        return;
    }
    printf("model %llu: %s, %u dimensions, learned from %llu preferences of %llu people for %llu items in %.1f s\n",
        (unsigned long long)r->version, r->kind, r->dim, (unsigned long long)r->preferences, (unsigned long long)r->users,
        (unsigned long long)r->items, r->seconds);
    if (c->quiet)
        return;
    if (r->incremental)
        printf("  begun from the vectors of the model before, with its parameters\n");
    if (r->trial.people)
        printf("  %s\n", r->why);
    for (size_t i = 0; i < r->tried_count; i++)
        printf("  %s %-46s NDCG@100 %.4f  Recall@20 %.4f  %5.1f s\n", i == r->chosen ? "*" : " ", r->tried[i].name,
            r->tried[i].ndcg_100, r->tried[i].recall_20, r->tried[i].seconds);
    if (r->sequence[0])
        printf("  sequence part: %s\n", r->sequence);
    if (r->trend[0])
        printf("  what is liked of late: %s\n", r->trend);
    if (r->newness[0])
        printf("  what is new since one's last visit: %s\n", r->newness);
}

// --- train --watch --------------------------------------------------------------------------------------------------

typedef struct watch {
    cli *c;
    att_engine *engine;
    att_train_options options;
    uint64_t every_s, cycles_most; // 0: without end
    uint64_t cycle;
    int code; // of the last cycle
} watch;

static void say_cycle(const watch *w, const att_train_need *need, const att_train_report *r)
{
    if (w->c->json) {
        json_t *line = json_pack("{s:I,s:b,s:s,s:I,s:I,s:I,s:f}", "cycle", (json_int_t)w->cycle, "needed", (int)need->needed, "need",
            need->why, "new_preferences", (json_int_t)need->new_preferences, "preferences", (json_int_t)need->preferences,
            "new_items", (json_int_t)need->new_items, "age_days", need->age_days);
        json_object_set_new(line, "training", need->needed ? say_training(r) : json_null());
        cli_print_json(line);
    } else if (!need->needed && !w->c->quiet) {
        printf("cycle %llu: %s\n", (unsigned long long)w->cycle, need->why);
    } else if (need->needed) {
        printf("cycle %llu: %s\n  ", (unsigned long long)w->cycle, need->why);
        if (r->swapped)
            printf("model %llu (%s, %u dimensions, %s) is in force after %.1f s: %s\n", (unsigned long long)r->version, r->kind,
                r->dim, r->incremental ? "begun warm" : "chosen anew", r->seconds, r->why);
        else
            printf("model %llu was not swapped in after %.1f s: %s\n", (unsigned long long)r->version, r->seconds, r->why);
    }
    fflush(stdout);
}

// What may pass by itself: somebody else writes, or trains; the disk is full; there is nothing to like yet.
static bool may_pass(att_status status)
{
    return status == ATT_BUSY || status == ATT_FULL || status == ATT_IO || status == ATT_INVALID;
}

// False: the watch is over.
static bool run_cycle(watch *w)
{
    att_train_need need = {0};
    att_train_report report = {0};
    att_error err = {0};
    w->cycle++;
    const att_status status = att_engine_train_if_needed(w->engine, &w->options, &need, &report, &err);
    cli_progress_clear();
    w->code = 0;
    if (status == ATT_CANCELLED)
        return false;
    if (status) {
        w->code = cli_fail(w->c, status, &err);
        return may_pass(status);
    }
    say_cycle(w, &need, &report);
    return true;
}

static void wait_for(uint64_t seconds)
{
    const struct timespec tenth = {0, 100000000};
    for (uint64_t i = 0; i < seconds * 10 && !cli_interrupted(); i++)
        nanosleep(&tenth, NULL);
}

static int run_watch(watch *w)
{
    cli_progress_start(w->c);
    while (run_cycle(w) && !cli_interrupted()) {
        if (w->cycles_most && w->cycle >= w->cycles_most)
            break;
        wait_for(w->every_s);
        if (cli_interrupted())
            break;
    }
    cli_progress_end();
    if (cli_interrupted() && !w->c->quiet)
        fprintf(stderr, "attune train: watched %s\n", cli_count(w->cycle, "cycle", "cycles"));
    return w->code;
}

// --- train ----------------------------------------------------------------------------------------------------------

static int run_once(cli *c, att_engine *engine, const att_train_options *options)
{
    att_train_report r = {0};
    att_error err = {0};
    cli_progress_start(c);
    const att_status status = att_engine_train(engine, options, &r, &err);
    cli_progress_end();
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(say_training(&r));
    print_report(c, &r);
    return 0;
}

static int run_train(cli *c)
{
    uint64_t seed = 0, threads = 0, dim = 0, every_s = 60, cycles = 0;
    if (!cli_must_whole(c, "seed", 1, UINT64_MAX, &seed) || !cli_must_whole(c, "threads", 1, 64, &threads) ||
        !cli_must_whole(c, "dim", 8, 512, &dim) || !cli_must_whole(c, "every", 0, 86400 * 366, &every_s) ||
        !cli_must_whole(c, "max-cycles", 1, 1000000000, &cycles))
        return 64;
    const char *kind = cli_get(c, "kind");
    if (kind && strcmp(kind, "auto") && strcmp(kind, "als") && strcmp(kind, "ease") && strcmp(kind, "blend"))
        return cli_usage(c, "--kind is \"%s\", expected auto, als, ease or blend", kind);
    const bool watches = cli_flag(c, "watch") || cli_flag(c, "once");
    if (!watches && (cli_get(c, "every") || cli_get(c, "max-cycles")))
        return cli_usage(c, "--every and --max-cycles belong to --watch");
    if (watches && (cli_flag(c, "incremental") || cli_flag(c, "validate")))
        return cli_usage(c, "a watch always validates, and decides itself when to begin warm");
    int code;
    att_engine *engine = cli_open(c, false, false, &code);
    if (!engine)
        return code;
    const att_train_options options = {.seed = seed,
        .threads = (uint32_t)threads,
        .dim = (uint32_t)dim,
        .kind = kind,
        .incremental = cli_flag(c, "incremental"),
        .validated = cli_flag(c, "validate")};
    watch w = {.c = c,
        .engine = engine,
        .options = options,
        .every_s = every_s,
        .cycles_most = cli_flag(c, "once") ? 1 : cycles};
    code = watches ? run_watch(&w) : run_once(c, engine, &options);
    att_engine_close(engine);
    return code;
}

static const cli_option train_options[] = {
    {"kind", 'k', "NAME", "auto (chosen by validation), als, ease or blend"},
    {"dim", 0, "N", "dimensions of taste space; otherwise chosen by validation"},
    {"incremental", 'i', NULL, "keep kind and parameters of the model in force, begin from its vectors"},
    {"validate", 0, NULL, "swap only if not worse than the model in force on what both have not seen"},
    {"watch", 'w', NULL, "look again and again; train, validated, when enough has changed"},
    {"once", 0, NULL, "one look of a watch"},
    {"every", 0, "SECONDS", "between two looks of a watch; default 60"},
    {"max-cycles", 0, "N", "end a watch after so many looks"},
    {"threads", 't', "N", "default: all cores"},
    {"seed", 0, "N", "otherwise from the store's seed and the version"},
    {0}};
static const char *const train_examples[] = {"attune train --store shop.attune", "learn from everything in the log",
    "attune train --watch --every 300 --json", "stay, train when enough is new, swap when it is not worse",
    "attune train --once", "the same from cron: train only if there is a reason to", NULL};
const cli_command cli_train = {"train", "Learn from the log and put the new model to work", "", 0, 0,
    "Tries factorization (iALS, Rendle et al. 2021), EASE (Steck 2019) and their blend on held-out people, keeps the best, trains\n"
    "it on everything, and swaps it in. Where it ranks held-out people better, a sequence model (a causal Transformer) gets a share\n"
    "of the score, found on them too. Decisions go on meanwhile. The model before stays on disk.\n\n"
    "A watch trains when the policy's section `learning` says that enough has changed, mostly begun warm from the model in\n"
    "force. A model of the log up to a cut is judged against the one in force on what people came to like behind it; only one that is\n"
    "not worse is finished on everything and swapped in. Each cycle is told in a line and each verdict kept in the log; Ctrl-C and\n"
    "SIGTERM end it at a safe point. See: attune models, attune rollback.",
    train_options, train_examples, run_train};

// --- models ---------------------------------------------------------------------------------------------------------

enum { MODELS_MOST = 512, COLUMNS = 7 };

typedef struct listing {
    const cli *c;
    json_t *list; // NULL: text
    char cells[MODELS_MOST][COLUMNS][224];
    size_t count;
} listing;

static bool see_model(void *user, const att_model_state *m)
{
    listing *l = user;
    if (l->list) {
        json_array_append_new(l->list, say_model(m));
        return true;
    }
    if (l->count + 1 >= MODELS_MOST)
        return false;
    char(*row)[224] = l->cells[++l->count];
    snprintf(row[0], sizeof row[0], "%s%llu", m->active ? "* " : "  ", (unsigned long long)m->version);
    if (m->kind[0])
        snprintf(row[1], sizeof row[1], "%s %u", m->kind, m->dim);
    else
        snprintf(row[1], sizeof row[1], "-");
    char when[32];
    cli_time_text(m->acted_ms, when);
    snprintf(row[2], sizeof row[2], "%s", when);
    snprintf(row[3], sizeof row[3], "%llu", (unsigned long long)m->log_seq);
    if (m->trial.people)
        snprintf(row[4], sizeof row[4], "%.4f > %.4f", m->trial.before_ndcg_100, m->trial.after_ndcg_100);
    else
        snprintf(row[4], sizeof row[4], "-");
    snprintf(row[5], sizeof row[5], "%s", m->on_disk ? "yes" : "no");
    snprintf(row[6], sizeof row[6], "%s%s%.180s", att_model_act_name(m->act), m->why[0] ? ": " : "", m->why);
    return true;
}

static int list_models(cli *c, att_engine *engine)
{
    static listing l;
    static const char *const head[COLUMNS] = {"  model", "kind", "since", "log up to", "NDCG@100", "on disk", "why"};
    static const char *cells[MODELS_MOST][COLUMNS];
    att_error err = {0};
    l = (listing){.c = c, .list = c->json ? json_array() : NULL};
    const att_status status = att_engine_models_each(engine, see_model, &l, &err);
    if (status) {
        json_decref(l.list);
        return cli_fail(c, status, &err);
    }
    if (c->json)
        return cli_print_json(json_pack("{s:o}", "models", l.list));
    if (!l.count) {
        printf("no model has been trained; next: attune train\n");
        return 0;
    }
    for (int k = 0; k < COLUMNS; k++) {
        cells[0][k] = head[k];
        for (size_t r = 1; r <= l.count; r++)
            cells[r][k] = l.cells[r][k];
    }
    cli_print_table(c, &cells[0][0], COLUMNS, l.count + 1, "lllrlll");
    return 0;
}

static int say_in_force(const cli *c, uint64_t version)
{
    if (c->json)
        return cli_print_json(json_pack("{s:I}", "version", (json_int_t)version));
    if (!c->quiet)
        printf("model %llu is in force\n", (unsigned long long)version);
    return 0;
}

static int run_models(cli *c)
{
    const bool activates = c->argument_count > 0 && strcmp(c->arguments[0], "activate") == 0;
    uint64_t version = 0;
    if (c->argument_count > 0 && !activates && strcmp(c->arguments[0], "list") != 0)
        return cli_usage(c, "\"%s\" is nothing to do with models, expected list or activate", c->arguments[0]);
    if (activates != (c->argument_count == 2))
        return cli_usage(c, activates ? "which one? activate N" : "list takes no number");
    if (activates && !cli_whole(c->arguments[1], 1, UINT64_MAX, &version))
        return cli_usage(c, "\"%s\" is no version, expected a number as in: attune models", c->arguments[1]);
    if (!activates && cli_get(c, "reason"))
        return cli_usage(c, "--reason belongs to activate");
    int code;
    att_engine *engine = cli_open(c, false, !activates, &code);
    if (!engine)
        return code;
    att_error err = {0};
    if (!activates) {
        code = list_models(c, engine);
    } else {
        const char *reason = cli_get(c, "reason");
        const att_status status = att_engine_model_activate(engine, version, att_text_of(reason ? reason : ""), &err);
        code = status ? cli_fail(c, status, &err) : say_in_force(c, version);
    }
    att_engine_close(engine);
    return code;
}

static const cli_option models_options[] = {{"reason", 0, "TEXT", "why it is activated; kept in the log"}, {0}};
static const char *const models_examples[] = {"attune models --store shop.attune", "which there are, since when, why",
    "attune models activate 3 --reason 'model 4 shows too little jazz'", "put an older one in force", NULL};
const cli_command cli_models = {"models", "List the models of a store, or put one in force", "[list | activate N]", 0, 2,
    "The star marks the one in force, which is what the log says. NDCG@100 is that of the model in force then, and of this one, on what\n"
    "neither had seen (docs/training.md). A model that was refused has no files; old ones are deleted, but for the newest few\n"
    "(policy: learning.keep_models), the one in force and the one to go back to.",
    models_options, models_examples, run_models};

// --- rollback -------------------------------------------------------------------------------------------------------

static int run_rollback(cli *c)
{
    int code;
    att_engine *engine = cli_open(c, false, false, &code);
    if (!engine)
        return code;
    const char *reason = cli_get(c, "reason");
    uint64_t version = 0;
    att_error err = {0};
    const att_status status = att_engine_model_rollback(engine, att_text_of(reason ? reason : ""), &version, &err);
    att_engine_close(engine);
    return status ? cli_fail(c, status, &err) : say_in_force(c, version);
}

static const cli_option rollback_options[] = {{"reason", 0, "TEXT", "kept in the log"}, {0}};
static const char *const rollback_examples[] = {
    "attune rollback --reason 'complaints since the last swap'", "back to the model that was in force before this one", NULL};
const cli_command cli_rollback = {"rollback", "Go back to the model before the one in force", "", 0, 0,
    "Takes effect on the next decision of every process that has the store open. A watch does not train again before something new\n"
    "has come. Going back twice goes back two.",
    rollback_options, rollback_examples, run_rollback};
