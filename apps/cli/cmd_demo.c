// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_demo.c - the main job on an embedded store, told step by step.
#include "evaluate.h"
#include "serve_demo.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define DAY_MS INT64_C(86400000)

typedef struct demo {
    cli *c;
    const char *store;
    char folder[4096];
    att_world *world;
    att_engine *engine;
    att_slate_memory *memory;
    att_request request;
    size_t person;
    att_error err;
} demo;

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void heading(const demo *d, const char *text)
{
    cli_progress_clear();
    printf("\n%s%s%s\n", cli_paint(d->c, "bold"), text, cli_paint(d->c, "reset"));
    fflush(stdout);
}

static att_status make_world(demo *d)
{
    att_world_options options = att_world_options_default();
    const int64_t now_ms = d->c->host.now_ms(d->c->host.user);
    options.ahead_days = 1000; // so that the service at the end can go on
    options.start_ms = (now_ms / DAY_MS - options.days) * DAY_MS; // the history ends as today begins
    att_status status = att_world_create(&d->world, &options, &d->c->host, &d->err);
    return status ? status : att_world_write(d->world, d->folder, &d->err);
}

static att_status import_file(demo *d, const char *name)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", d->folder, name);
    att_import_report r = {0};
    const att_status status = att_import(d->engine, path, NULL, &r, &d->err);
    cli_progress_clear();
    if (!status)
        printf("  %-14s %8llu lines: %llu items, %llu events, %llu rejected, %.1f s\n", name, (unsigned long long)r.lines,
            (unsigned long long)r.items, (unsigned long long)r.events, (unsigned long long)r.rejected, r.seconds);
    return status;
}

static att_status train(demo *d)
{
    att_train_report r = {0};
    const att_status status = att_engine_train(d->engine, NULL, &r, &d->err);
    cli_progress_clear();
    if (!status)
        printf("  model %llu: %s with %u dimensions, the best of %zu tried on held-out people (NDCG@100 %.3f), %.1f s\n",
            (unsigned long long)r.version, r.kind, r.dim, r.tried_count, r.tried[r.chosen].ndcg_100, r.seconds);
    return status;
}

// Somebody with much to tell: the person with the most events among the first hundred who are no bots.
static att_status choose_listener(demo *d)
{
    uint64_t most = 0;
    for (size_t i = 0; i < 100 && i < att_world_person_count(d->world); i++) {
        const att_world_person one = att_world_person_at(d->world, i);
        att_person known;
        if (!one.bot && att_engine_person(d->engine, one.id, d->memory, &known, NULL) == ATT_OK && known.events > most) {
            most = known.events;
            d->person = i;
        }
    }
    const att_world_person person = att_world_person_at(d->world, d->person);
    d->request = att_request_default();
    d->request.user = person.id;
    d->request.territory = person.territory;
    d->request.age = person.age;
    d->request.count = 8;
    d->request.seed = 8; // so that only what is told here differs between the slates
    d->request.explain = true;
    d->request.context.utc_offset_min = person.utc_offset_min;
    return ATT_OK;
}

static att_status tell_listener(demo *d)
{
    att_person known;
    const att_status status = att_engine_person(d->engine, d->request.user, d->memory, &known, &d->err);
    if (status)
        return status;
    char territory[3], bar[20 * 3 + 1];
    att_territory_name(d->request.territory, territory);
    printf("  %.*s, %d years old, in %s: %llu events in %llu sessions\n", (int)d->request.user.size, d->request.user.data,
        d->request.age, territory, (unsigned long long)known.events, (unsigned long long)known.sessions);
    for (size_t t = 0; t < known.tag_count && t < 6; t++) {
        cli_bar(known.tags[t].share / known.tags[0].share, 20, bar);
        printf("  %-16.*s %5.1f %%  %s\n", (int)known.tags[t].tag.size, known.tags[t].tag.data, 100 * known.tags[t].share, bar);
    }
    return ATT_OK;
}

static att_status show_slate(demo *d, bool dry, bool reasons, char first[256])
{
    att_slate slate;
    att_request request = d->request;
    request.dry = dry;
    const att_status status = att_engine_decide(d->engine, &request, d->memory, &slate, &d->err);
    if (status)
        return status;
    cli_print_slate(d->c, d->engine, &request.context, &slate, reasons);
    if (first && slate.count)
        snprintf(first, 256, "%.*s", (int)slate.shown[0].item.size, slate.shown[0].item.data);
    printf("%s  %zu eligible, %zu scored, %zu explored%s%s\n", cli_paint(d->c, "dim"), slate.eligible, slate.candidates,
        slate.explored, dry ? "; a dry run, so that the next can be compared" : "; the decision is on disk", cli_paint(d->c, "reset"));
    return ATT_OK;
}

static att_status prove_explanation(demo *d, const char *item)
{
    att_explanation e;
    const att_status status = att_engine_explain(d->engine, &d->request, att_text_of(item), d->memory, &e, &d->err);
    if (status || !e.reason_count)
        return status;
    printf("  Is the explanation true? By itself, outside this slate, %.*s scores %.3f; computed anew\n"
           "  without the %zu events that 'attune explain' names, it scores %.3f.\n", (int)e.shown.title.size, e.shown.title.data, e.shown.score,
        e.reason_count, e.score_without_reasons);
    return ATT_OK;
}

static att_status show_slates(demo *d)
{
    char first[256] = "";
    heading(d, "The slate: score = the sum of the terms beside it; odds of standing there; and why");
    att_status status = show_slate(d, true, true, first);
    if (!status)
        status = prove_explanation(d, first);
    if (status)
        return status;
    heading(d, "The same person at the gym, with a phone");
    const att_context before = d->request.context;
    d->request.context.activity = ATT_ACTIVITY_WORKOUT;
    d->request.context.place = ATT_PLACE_GYM;
    d->request.context.device = ATT_DEVICE_PHONE;
    status = show_slate(d, true, false, NULL);
    d->request.context = before;
    if (status)
        return status;
    printf("\n%sAfter \"less like %s\"%s (an item of the first slate)\n", cli_paint(d->c, "bold"), first, cli_paint(d->c, "reset"));
    att_control control = {.kind = ATT_CONTROL_LESS_LIKE, .item = att_text_of(first)};
    status = att_engine_control(d->engine, d->request.user, &control, &d->err);
    if (!status)
        status = show_slate(d, true, false, NULL);
    if (status)
        return status;
    heading(d, "And with the novelty slider all the way up");
    control = (att_control){.kind = ATT_CONTROL_NOVELTY, .value = 1};
    status = att_engine_control(d->engine, d->request.user, &control, &d->err);
    if (!status)
        status = show_slate(d, true, false, NULL);
    if (status)
        return status;
    heading(d, "Asked for real, with room to explore: terms, odds and seed are on disk before the answer");
    d->request.count = 20;
    return show_slate(d, false, false, NULL);
}

// For the listener and four others who are no bots.
static att_status make_music(demo *d)
{
    demo_maker maker = {d->c, d->engine, d->memory};
    att_text people[5] = {d->request.user};
    size_t count = 1;
    for (size_t i = 0; i < att_world_person_count(d->world) && count < 5; i++) {
        const att_world_person one = att_world_person_at(d->world, i);
        if (!one.bot && i != d->person)
            people[count++] = one.id;
    }
    heading(d, "6. Made: pieces for five people in four situations, composed, heard again, held against their briefs: attune generate");
    att_status status = cli_demo_make(&maker, people, count, &d->err);
    if (status)
        return status;
    heading(d, "Music for the first of them at the gym: what was made stands beside the catalogue");
    d->request.medium = att_text_of("music");
    d->request.count = 10;
    d->request.context.activity = ATT_ACTIVITY_WORKOUT;
    status = show_slate(d, true, false, NULL);
    d->request.medium = (att_text){0};
    return status;
}

static att_status tell(demo *d)
{
    const att_open_options open = {.create = true, .seed = 1, .threads = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN)};
    heading(d, "1. A world, simulated: 2,000 items of music, film and games; 1,000 people; 60 days");
    att_status status = make_world(d);
    if (!status)
        status = att_engine_open(&d->engine, d->store, &open, &d->c->host, &d->err);
    if (!status)
        status = att_slate_memory_create(&d->memory, &d->c->host, &d->err);
    if (status)
        return status;
    heading(d, "2. Imported through the ordinary path: attune import");
    status = import_file(d, "items.ndjson");
    if (!status)
        status = import_file(d, "events.ndjson");
    if (status)
        return status;
    heading(d, "3. Learned from: attune train");
    status = train(d);
    if (!status)
        status = choose_listener(d);
    if (status)
        return status;
    heading(d, "4. What the engine knows of one listener: attune person");
    status = tell_listener(d);
    if (!status)
        status = show_slates(d);
    if (status)
        return status;
    heading(d, "5. How good is it? Trained on the days before, asked about the last 7: attune evaluate");
    status = cli_evaluate_demo(d->c, d->engine, &d->err);
    return status ? status : make_music(d);
}

#ifdef ATT_HTTPD
// A copy is served: its people live on by a clock of their own, and demo.attune stays as the steps above left it.
static int serve(demo *d)
{
    static const char copy[] = "demo-live.attune";
    const bool watched = isatty(STDOUT_FILENO);
    const att_open_options open = {.threads = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN)};
    const live_options lively = live_options_default();
    httpd_options options = httpd_options_default();
    uint64_t port = options.port;
    if (!cli_must_whole(d->c, "port", 0, 65535, &port))
        return 64;
    options.port = (uint16_t)port;
    live l;
    att_engine *engine = NULL;
    printf("\n%s7. As a service, with simulated people who use it: attune serve --demo%s\n", cli_paint(d->c, "bold"), cli_paint(d->c, "reset"));
    cli_demo_remove(copy);
    att_status status = att_backup(d->store, copy, &d->c->host, &d->err);
    if (!status)
        status = live_init(&l, d->c, &lively, &d->err);
    if (status)
        return cli_fail(d->c, status, &d->err);
    const att_host host = live_host(&l);
    status = att_engine_open(&engine, copy, &open, &host, &d->err);
    const int code = status ? cli_fail(d->c, status, &d->err)
                            : cli_serve_live(d->c, &l, copy, engine, d->world, host.now_ms(host.user), options,
                                  !cli_get(d->c, "port"), !watched);
    att_engine_close(engine);
    live_deinit(&l);
    return code;
}
#else
static int serve(demo *d)
{
    (void)d;
    printf("\nThis build has no daemon (libmicrohttpd was not there), so there is no service to look at.\n");
    return 0;
}
#endif

static int run_demo(cli *c)
{
    const char *named = cli_get(c, "store");
    demo d = {.c = c, .store = named ? named : "demo.attune"};
    if (access(d.store, F_OK) == 0 && strcmp(d.store, "demo.attune") != 0)
        return cli_usage(c, "%s exists, and the demo makes its own store", d.store);
    if (c->json)
        return cli_usage(c, "the demo is for reading, each of its steps is a command with --json");
    const double start_s = now_s();
    cli_demo_remove(d.store);
    snprintf(d.folder, sizeof d.folder, "%s-world", d.store);
    printf("%sAttune, the whole loop in one minute.%s Everything here is simulated; nobody is real.\n",
        cli_paint(c, "bold"), cli_paint(c, "reset"));
    cli_progress_start(c);
    const att_status status = tell(&d);
    cli_progress_end();
    att_slate_memory_destroy(d.memory);
    att_engine_close(d.engine);
    if (status) {
        att_world_destroy(d.world);
        return cli_fail(c, status, &d.err);
    }
    printf("\nDone in %.0f s. Look further:\n  attune recommend %.*s --store %s --activity sleep\n  attune items jazz --store %s\n"
           "  attune doctor --store %s\nYour own data:\n  attune init --store mine.attune\n"
           "  attune import items.ndjson events.ndjson --store mine.attune     (formats: attune import --help)\n"
           "  attune train --store mine.attune && attune recommend USER --store mine.attune\n",
        now_s() - start_s, (int)d.request.user.size, d.request.user.data, d.store, d.store, d.store);
    const int code = cli_flag(c, "serve") ? serve(&d) : 0;
    att_world_destroy(d.world);
    return code;
}

static const cli_option demo_options[] = {
    {"serve", 0, NULL, "then serve a copy, with simulated people who use it; without a terminal it asks the service once, and ends"},
    {"port", 'p', "N", "of the service; default 8080, or any that is free"}, {0}};
static const char *const demo_examples[] = {"attune demo", "less than a minute", "attune demo --serve", "and a page to look at it", NULL};
const cli_command cli_demo = {"demo", "Show the whole loop on a simulated world", "", 0, 0,
    "Makes demo.attune anew (and demo.attune-world with the files it imports), trains, and shows one listener's slates.",
    demo_options, demo_examples, run_demo};
