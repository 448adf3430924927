// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_store.c - a store's life: init, import, info, doctor, backup, version, completion.
#include "chart.h"
#include "cli.h"
#ifdef ATT_HTTPD
#include "httpd/serve.h"
#endif

#include <string.h>

// --- init ---------------------------------------------------------------------------------------------------

static int run_init(cli *c)
{
    uint64_t seed = 0;
    if (!cli_must_whole(c, "seed", 1, UINT64_MAX, &seed))
        return 64;
    att_engine *engine = NULL;
    att_error err = {0};
    const att_open_options options = {.create = true, .exclusive = true, .seed = seed, .threads = 1};
    att_policy policy = att_policy_default();
    att_status status = cli_get(c, "policy") ? att_policy_load(&policy, cli_get(c, "policy"), &c->host, &err) : ATT_OK;
    if (!status)
        status = att_engine_open(&engine, cli_store_path(c), &options, &c->host, &err);
    if (!status && cli_get(c, "policy"))
        status = att_engine_policy_set(engine, &policy, &err);
    att_engine_close(engine);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:s}", "store", cli_store_path(c)));
    if (!c->quiet)
        printf("made %s; next: attune import ITEMS.ndjson EVENTS.ndjson --store %s\n", cli_store_path(c), cli_store_path(c));
    return 0;
}

static const cli_option init_options[] = {
    {"seed", 0, "N", "of every random choice of this store; otherwise from the clock"},
    {"policy", 0, "FILE", "start with this policy (see: attune policy --default)"},
    {0}};
static const char *const init_examples[] = {"attune init --store shop.attune", "make an empty store", NULL};
const cli_command cli_init = {"init", "Make an empty store", "", 0, 0,
    "A store is one SQLite file. Models are kept beside it in PATH-models, a checkpoint in PATH-fold.\n"
    "An existing store is never touched.",
    init_options, init_examples, run_init};

// --- import -------------------------------------------------------------------------------------------------

static bool import_format(const cli *c, att_import_format *out)
{
    static const char *const names[] = {"auto", "ndjson", "csv", "movielens"};
    const char *text = cli_get(c, "format");
    *out = cli_get(c, "map") ? ATT_IMPORT_CSV : ATT_IMPORT_AUTO;
    if (!text)
        return true;
    for (int i = 0; i < 4; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (att_import_format)i;
            return true;
        }
    cli_usage(c, "--format is \"%s\", expected auto, ndjson, csv or movielens", text);
    return false;
}

static int say_import(const cli *c, const char *source, const att_import_report *r)
{
    const bool pipe = strcmp(source, "-") == 0;
    if (c->json)
        return cli_print_json(json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:f,s:s,s:s}", "source", source, "lines",
            (json_int_t)r->lines, "items", (json_int_t)r->items, "events", (json_int_t)r->events, "duplicates",
            (json_int_t)r->duplicates, "rejected", (json_int_t)r->rejected, "resumed_at_line",
            (json_int_t)r->resumed_at_line, "seconds", r->seconds, "first_reject", r->first_reject, "reject_file",
            r->reject_path));
    if (pipe)
        source = "standard input";
    if (r->resumed_at_line && r->lines == 0) {
        if (!c->quiet)
            printf("%s: nothing new; its %s read before (--restart reads again)\n", source,
                cli_count(r->resumed_at_line, "line was", "lines were"));
        return 0;
    }
    if (c->quiet && !r->rejected)
        return 0;
    printf("%s: %s: %s, %s, %llu known already, %llu rejected; %.1f s", source, cli_count(r->lines, "line", "lines"),
        cli_count(r->items, "item", "items"), cli_count(r->events, "event", "events"), (unsigned long long)r->duplicates,
        (unsigned long long)r->rejected, r->seconds);
    if (r->seconds >= 0.1)
        printf(" (%.0f lines/s)", (double)r->lines / r->seconds);
    putchar('\n');
    if (r->resumed_at_line)
        printf("  went on at line %llu, where an earlier import had stopped\n", (unsigned long long)r->resumed_at_line);
    if (r->rejected)
        printf("  rejected lines are in %s; the first: %s\n", r->reject_path, r->first_reject);
    return 0;
}

static int run_import(cli *c)
{
    att_import_options options = {.mapping = cli_get(c, "map"),
        .reject_path = cli_get(c, "rejects"),
        .strict = cli_flag(c, "strict"),
        .restart = cli_flag(c, "restart")};
    uint64_t batch = 0;
    if (!import_format(c, &options.format) || !cli_must_whole(c, "batch", 1, 100000, &batch))
        return 64;
    options.batch = batch;
    int code;
    att_engine *engine = cli_open(c, !cli_flag(c, "no-create"), false, &code);
    if (!engine)
        return code;
    for (int i = 0; i < c->argument_count && !code; i++) {
        att_import_report report = {0};
        att_error err = {0};
        cli_progress_start(c);
        const att_status status = att_import(engine, c->arguments[i], &options, &report, &err);
        cli_progress_end();
        if (status) {
            code = cli_fail(c, status, &err);
            if (report.lines)
                fprintf(stderr, "  %s read, of which %s and %s are kept\n",
                    cli_count(report.lines, "line was", "lines were"), cli_count(report.items, "item", "items"), cli_count(report.events, "event", "events"));
        } else {
            code = say_import(c, c->arguments[i], &report);
        }
    }
    att_engine_close(engine);
    return code;
}

static const cli_option import_options[] = {
    {"format", 'f', "NAME", "auto, ndjson, csv or movielens (a folder); default auto"},
    {"map", 'm', "MAPPING", "for CSV: target=column pairs, see below"},
    {"rejects", 0, "FILE", "where bad lines go with their reasons; default SOURCE.rejects.ndjson"},
    {"strict", 0, NULL, "stop at the first bad line"},
    {"restart", 0, NULL, "read from the beginning even if an earlier import stopped half-way"},
    {"batch", 0, "N", "lines a commit; default 10000"},
    {"no-create", 0, NULL, "fail when the store does not exist"},
    {0}};
static const char *const import_examples[] = {
    "attune import items.ndjson events.ndjson", "items first, then what people did",
    "attune import ml-latest-small/", "a MovieLens folder",
    "attune import plays.csv --map 'user=listener,item=track,signal:play,at=time:s,position_ms=ms'", "a CSV file",
    "zcat events.ndjson.gz | attune import -", "from a pipe", NULL};
const cli_command cli_import = {"import", "Read items and events from files or a pipe", "SOURCE…", 1, 16,
    "An event's line: {\"id\":\"e1\",\"user\":\"u7\",\"item\":\"m3\",\"at\":\"2026-11-23T20:15:00Z\",\"signal\":\"play\",\"position_ms\":61000,\"length_ms\":180000}\n\n"
    "An item's line: {\"id\":\"m3\",\"title\":\"…\",\"medium\":\"music\",\"tags\":[\"jazz\"],\"rights\":[{\"start\":…,\"include\":[\"DE\"]}]}\n\n"
    "An event id counts once, however often it is imported, so running the same import again is safe; one that was cut off\n"
    "goes on behind its last durable batch. A bad line is set aside with its reason, and never stops the rest unless --strict.\n\n"
    "A mapping names for each target a column: user=userId,item=movieId,value=rating,at=timestamp:s. signal:rating gives every\n"
    "line that signal. Times are :s, :ms or :iso. Items: id=…,title=…,tags=genres:| splits at |.",
    import_options, import_examples, run_import};

// --- info ---------------------------------------------------------------------------------------------------

// What exploration took, slot by slot: of each choice, and of each place in slates.
typedef struct ledger {
    json_t *choices, *places;
} ledger;

static bool add_choice(void *user, const att_choice_count *count)
{
    ledger *l = user;
    json_array_append_new(l->choices,
        json_pack("{s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:f}", "choice", cli_json_text(count->name), "decisions",
            (json_int_t)count->decisions, "displayed", (json_int_t)count->displayed, "apprentice",
            (json_int_t)count->apprentice, "impressions", (json_int_t)count->impressions, "explored",
            (json_int_t)count->explored, "pending", (json_int_t)count->pending, "rewarded", (json_int_t)count->rewarded,
            "defaulted", (json_int_t)count->defaulted, "undisplayed", (json_int_t)count->undisplayed, "late_rewards",
            (json_int_t)count->late_rewards, "mean_reward", count->reward));
    return true;
}

static att_status read_ledger(att_engine *engine, ledger *l, att_error *err)
{
    uint64_t impressions, explored;
    for (uint32_t place = 0; place < ATT_SLATE_MAX && att_engine_slate_place(engine, place, &impressions, &explored); place++)
        json_array_append_new(l->places,
            json_pack("{s:I,s:I}", "impressions", (json_int_t)impressions, "explored", (json_int_t)explored));
    return att_engine_choices_each(engine, add_choice, l, err);
}

static long long whole(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static void print_ledger(const ledger *l)
{
    size_t at;
    json_t *row;
    json_array_foreach(l->choices, at, row)
        printf("  choice     %s: %lld decisions, %lld explored, %lld displayed; %lld rewarded (mean %.3f), %lld by default, %lld wait\n",
            json_string_value(json_object_get(row, "choice")), whole(row, "decisions"), whole(row, "explored"),
            whole(row, "displayed"), whole(row, "rewarded"), json_real_value(json_object_get(row, "mean_reward")),
            whole(row, "defaulted"), whole(row, "pending"));
}

static int run_info(cli *c)
{
    int code;
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    att_engine_info i;
    att_train_need need = {0};
    att_error err = {0};
    att_engine_info_get(engine, &i);
    ledger l = {.choices = json_array(), .places = json_array()};
    att_status status = att_engine_train_need(engine, &need, &err);
    if (!status)
        status = read_ledger(engine, &l, &err);
    att_engine_close(engine);
    if (status) {
        json_decref(l.choices);
        json_decref(l.places);
        return cli_fail(c, status, &err);
    }
    if (c->json) {
        json_t *value = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:s}", "events",
            (json_int_t)i.events, "bot_events", (json_int_t)i.bot_events, "decisions", (json_int_t)i.decisions, "items",
            (json_int_t)i.items, "items_taken_down", (json_int_t)i.items_taken_down, "users", (json_int_t)i.users,
            "impressions", (json_int_t)i.impressions, "explored_impressions", (json_int_t)i.explored_impressions,
            "first_event", (json_int_t)i.first_event_ms, "last_event", (json_int_t)i.last_event_ms, "model",
            (json_int_t)i.model, "model_kind", i.model_kind, "items_bytes", (json_int_t)i.items_bytes, "users_bytes",
            (json_int_t)i.users_bytes, "index_bytes", (json_int_t)i.index_bytes, "model_in_force",
            (json_int_t)i.model_in_force, "new_preferences", (json_int_t)need.new_preferences, "new_items",
            (json_int_t)need.new_items, "training_needed", (int)need.needed, "training_why", need.why);
        json_object_set_new(value, "choices", l.choices);
        json_object_set_new(value, "slate_places", l.places);
        return cli_print_json(value);
    }
    char first[32], last[32];
    cli_time_text(i.first_event_ms, first);
    cli_time_text(i.last_event_ms, last);
    printf("%s\n  events     %llu, of these %llu set aside as bots'; %s to %s UTC\n  people     %llu\n"
           "  items      %llu (%llu taken down)\n  decisions  %llu with %llu slots, %llu explored (%.1f %%)\n  model      %llu (%s)\n"
           "  learning   %s\n  memory     %.0f bytes an item, %.0f a person, index %.1f MB\n",
        cli_store_path(c), (unsigned long long)i.events, (unsigned long long)i.bot_events, first, last,
        (unsigned long long)i.users, (unsigned long long)i.items, (unsigned long long)i.items_taken_down,
        (unsigned long long)i.decisions, (unsigned long long)i.impressions, (unsigned long long)i.explored_impressions,
        i.impressions ? 100.0 * (double)i.explored_impressions / (double)i.impressions : 0, (unsigned long long)i.model,
        i.model_kind, need.why, i.items ? (double)i.items_bytes / (double)i.items : 0,
        i.users ? (double)i.users_bytes / (double)i.users : 0, (double)i.index_bytes / 1e6);
    print_ledger(&l);
    json_decref(l.choices);
    json_decref(l.places);
    return 0;
}

static const cli_option no_options[] = {{0}};
static const char *const info_examples[] = {"attune info --store shop.attune", "counts, model, memory", NULL};
const cli_command cli_info = {"info", "Say what a store holds", "", 0, 0, "", no_options, info_examples, run_info};

// --- doctor -------------------------------------------------------------------------------------------------

typedef struct doctor_run {
    const cli *c;
    json_t *list;
} doctor_run;

static void see_finding(void *user, att_finding_kind kind, const char *what, const char *advice)
{
    static const char *const words[] = {"fine", "note", "warning", "damage"};
    static const char *const paints[] = {"green", "dim", "yellow", "red"};
    doctor_run *d = user;
    if (d->list) {
        json_array_append_new(d->list, json_pack("{s:s,s:s,s:s}", "kind", words[kind], "what", what, "advice", advice ? advice : ""));
        return;
    }
    printf("%s%-8s%s %s\n", cli_paint(d->c, paints[kind]), words[kind], cli_paint(d->c, "reset"), what);
    if (advice && advice[0] && kind != ATT_FINDING_FINE)
        printf("         %s\n", advice);
}

static int run_doctor(cli *c)
{
    doctor_run d = {c, c->json ? json_array() : NULL};
    size_t damage = 0;
    att_error err = {0};
    const att_status status = att_doctor(cli_store_path(c), &c->host, see_finding, &d, &damage, &err);
    if (status) {
        json_decref(d.list);
        return cli_fail(c, status, &err);
    }
    if (c->json)
        cli_print_json(json_pack("{s:o,s:I}", "findings", d.list, "damage", (json_int_t)damage));
    else
        printf("%s: %s\n", cli_store_path(c), damage ? "damaged" : "in good order");
    return damage ? att_status_exit_code(ATT_CORRUPT) : 0;
}

static const char *const doctor_examples[] = {"attune doctor --store shop.attune", "look the store and its models over", NULL};
const cli_command cli_doctor = {"doctor", "Check a store and its snapshots, and say what is wrong", "", 0, 0,
    "Reads everything, changes nothing. Exit code 76 when something is damaged.", no_options, doctor_examples, run_doctor};

// --- backup -------------------------------------------------------------------------------------------------

static int run_backup(cli *c)
{
    att_error err = {0};
    const att_status status = att_backup(cli_store_path(c), c->arguments[0], &c->host, &err);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:s,s:s}", "store", cli_store_path(c), "backup", c->arguments[0]));
    printf("%s is a whole copy of %s\n", c->arguments[0], cli_store_path(c));
    return 0;
}

static const char *const backup_examples[] = {"attune backup shop-2026-11-23.attune --store shop.attune", "copy it while others write", NULL};
const cli_command cli_backup = {"backup", "Copy a store and its newest model while others write", "TO", 1, 1,
    "The copy is consistent. TO must not exist.", no_options, backup_examples, run_backup};

// --- version ------------------------------------------------------------------------------------------------

// "OpenBLAS 0.3.21 DYNAMIC_ARCH …": its number alone.
static const char *number(const att_part *part)
{
    static const char name[] = "OpenBLAS ";
    return strncmp(part->version, name, sizeof name - 1) == 0 ? part->version + sizeof name - 1 : part->version;
}

static int number_size(const att_part *part)
{
    return (int)strcspn(number(part), " ");
}

static int run_version(cli *c)
{
    att_part parts[32];
    size_t count = att_parts(parts, 32);
    if (count > 30) // two more may follow
        count = 30;
#ifdef ATT_HTTPD
    parts[count++] = (att_part){"libmicrohttpd", httpd_http_version(), "LGPL-2.1-or-later"};
#endif
    if (cli_chart_version())
        parts[count++] = (att_part){"cairo", cli_chart_version(), "LGPL-2.1-only OR MPL-1.1"};
    if (c->json) {
        json_t *list = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "name", parts[i].name, "version", parts[i].version, "licence", parts[i].licence));
        json_t *out = json_pack("{s:s,s:s,s:s,s:o}", "version", att_version(), "licence", att_build_licence(), "kernels", att_kernels_name(), "parts", list);
#ifdef ATT_MUSIC
        json_object_set_new(out, "helpers_filtered", json_boolean(att_helpers_filtered()));
#endif
        return cli_print_json(out);
    }
    printf("attune %s, licence of this build: %s\nkernels: %s\n", att_version(), att_build_licence(), att_kernels_name());
#ifdef ATT_MUSIC
    printf("helpers: limits of memory and time, %s\n", att_helpers_filtered() ? "a filter of system calls" : "no filter of system calls on this system");
#endif
    for (size_t i = 0; i < count; i++)
        printf("  %-14s %-24s %.*s\n", parts[i].name, parts[i].licence, number_size(&parts[i]), number(&parts[i]));
    return 0;
}

static const char *const version_examples[] = {"attune version", "the build, its parts and their licences", NULL};
const cli_command cli_version = {"version", "Say which build this is, what is in it, and its licence", "", 0, 0, "",
    no_options, version_examples, run_version};

// --- completion ---------------------------------------------------------------------------------------------

static int run_completion(cli *c)
{
    if (cli_flag(c, "man")) {
        if (cli_print_man(strcmp(c->arguments[0], "attune") == 0 ? "" : c->arguments[0]) == 0)
            return 0;
        return cli_usage(c, "there is no command \"%s\"", c->arguments[0]);
    }
    if (cli_print_completion(c->arguments[0]) != 0)
        return cli_usage(c, "\"%s\" is not a shell it knows: bash, zsh or fish", c->arguments[0]);
    return 0;
}

static const cli_option completion_options[] = {{"man", 0, NULL, "print the man page of this command (or of attune) instead"}, {0}};
static const char *const completion_examples[] = {"attune completion bash > ~/.local/share/bash-completion/completions/attune",
    "complete commands and options", "attune completion --man import | man -l -", "read a page without installing", NULL};
const cli_command cli_completion = {"completion", "Print shell completion (bash, zsh, fish) or a man page", "SHELL", 1, 1,
    "make install puts both in their places.", completion_options, completion_examples, run_completion};
