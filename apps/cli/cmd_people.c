// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_people.c - about one person: recommend, explain, event, control, person, export, forget.
#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool fill_request(const cli *c, att_request *request)
{
    *request = att_request_default();
    request->user = att_text_of(c->arguments[0]);
    request->medium = att_text_of(cli_get(c, "medium"));
    uint64_t count = 10, seed = 0;
    double age = -1;
    if (!cli_must_context(c, &request->context) || !cli_must_whole(c, "count", 1, ATT_SLATE_MAX, &count) ||
        !cli_must_whole(c, "seed", 1, UINT64_MAX, &seed) || !cli_must_number(c, "age", 0, 120, &age) ||
        !cli_must_time(c, "at", &request->at_ms))
        return false;
    request->count = (uint32_t)count;
    request->seed = seed;
    request->age = (int)age;
    const char *territory = cli_get(c, "territory");
    if (territory && !att_territory_parse(att_text_of(territory), &request->territory)) {
        cli_usage(c, "--territory is \"%s\", expected two letters such as DE", territory);
        return false;
    }
    const char *use = cli_get(c, "use");
    if (use && !att_use_parse(att_text_of(use), &request->use)) {
        cli_usage(c, "--use is \"%s\", expected stream, download, preview, remix or train", use);
        return false;
    }
    return true;
}

#define REQUEST_OPTIONS                                                                            \
    CLI_CONTEXT_OPTIONS, {"territory", 0, "XX", "where the person is, ISO 3166 (DE, US …)"},       \
    {"age", 0, "YEARS", "of the person; otherwise the policy's unknown_age"},                      \
    {"use", 0, "NAME", "stream (default), download, preview, remix, train"},                       \
    {"medium", 0, "NAME", "only this medium"}, {"at", 0, "TIME", "as if it were then; default now"}, \
    {"seed", 0, "N", "of this decision; otherwise the store's next"}

// --- recommend ----------------------------------------------------------------------------------------------

static int run_recommend(cli *c)
{
    att_request request;
    if (!fill_request(c, &request))
        return 64;
    request.explain = !cli_flag(c, "no-reasons");
    request.dry = cli_flag(c, "dry");
    request.made = cli_flag(c, "made");
    int code;
    att_engine *engine = cli_open(c, false, request.dry, &code);
    if (!engine)
        return code;
    att_slate_memory *memory = NULL;
    att_slate slate;
    att_error err = {0};
    att_status status = att_slate_memory_create(&memory, &c->host, &err);
    if (!status)
        status = att_engine_decide(engine, &request, memory, &slate, &err);
    if (status) {
        code = cli_fail(c, status, &err);
    } else if (c->json) {
        code = cli_print_json(cli_slate_json(request.explain ? engine : NULL, &request.context, &slate));
    } else {
        if (slate.count)
            cli_print_slate(c, engine, &request.context, &slate, request.explain);
        else
            printf("Nothing may be shown here and now. Why not this one? attune explain %s ITEM\n", c->arguments[0]);
        printf("%zu of %zu eligible items were scored; %zu explored; model %llu; ", slate.candidates, slate.eligible,
            slate.explored, (unsigned long long)slate.model);
        if (request.dry)
            printf("not logged\n");
        else
            printf("decision %016llx\n", (unsigned long long)slate.decision);
    }
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
    return code;
}

static const cli_option recommend_options[] = {{"count", 'n', "N", "slots, 1 to 200; default 10"},
    {"made", 0, NULL, "only what was made here"},
    {"dry", 0, NULL, "log nothing and use no exploration budget"}, {"no-reasons", 0, NULL, "leave explanations out"},
    REQUEST_OPTIONS, {0}};
static const char *const recommend_examples[] = {"attune recommend ann -n 5 --activity workout --territory DE",
    "a slate of five for ann at the gym", NULL};
const cli_command cli_recommend = {"recommend", "Decide what to show a person, with every term of the score", "USER", 1, 1,
    "Each line: score = the sum of the terms beside it; slot is best, explore (drawn within the exploration budget) or outside (outside\n"
    "the person's usual taste); odds are the probability with which the item stood in this slot given those above.\n"
    "The decision is logged with all of this before the command ends. A stranger gets the popular and the various.",
    recommend_options, recommend_examples, run_recommend};

// --- explain ------------------------------------------------------------------------------------------------

static int run_explain(cli *c)
{
    att_request request;
    if (!fill_request(c, &request))
        return 64;
    int code;
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    att_slate_memory *memory = NULL;
    att_explanation e;
    att_error err = {0};
    att_status status = att_slate_memory_create(&memory, &c->host, &err);
    if (!status)
        status = att_engine_explain(engine, &request, att_text_of(c->arguments[1]), memory, &e, &err);
    if (status) {
        code = cli_fail(c, status, &err);
    } else if (c->json) {
        json_t *shown = cli_shown_json(&e.shown);
        json_object_set_new(shown, "reasons", cli_reasons_json(e.reasons, e.reason_count));
        json_object_set_new(shown, "eligible", json_boolean(e.eligible));
        json_object_set_new(shown, "barred_by", json_string(e.barred_by));
        json_t *wishes = cli_wishes_json(engine, &request.context, e.shown.item);
        if (wishes)
            json_object_set_new(shown, "wishes", wishes);
        json_object_set_new(shown, "score_without_reasons", json_real(e.score_without_reasons));
        code = cli_print_json(shown);
    } else {
        printf("%s%.*s%s for %s\n", cli_paint(c, "bold"), (int)e.shown.title.size, e.shown.title.data,
            cli_paint(c, "reset"), c->arguments[0]);
        if (!e.eligible)
            printf("%sit cannot be shown: %s%s\n", cli_paint(c, "red"), e.barred_by, cli_paint(c, "reset"));
        for (int t = 0; t < ATT_TERM_COUNT; t++)
            if (e.shown.terms[t] != 0)
                printf("  %-12s %+8.4f  %s\n", att_term_name((att_term)t), e.shown.terms[t], att_term_text((att_term)t));
        printf("  %-12s %+8.4f\n", "score", e.shown.score);
        cli_print_wishes(c, engine, &request.context, e.shown.item);
        for (size_t r = 0; r < e.reason_count; r++)
            printf("  %+8.4f  because you %s %.*s\n", e.reasons[r].effect,
                cli_signal_verb(e.reasons[r].signal), (int)e.reasons[r].title.size, e.reasons[r].title.data);
        if (e.reason_count)
            printf("  without %s the score would be %+.4f (computed anew)\n",
                e.reason_count == 1 ? "it" : "these", e.score_without_reasons);
    }
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
    return code;
}

static const cli_option explain_options[] = {REQUEST_OPTIONS, {0}};
static const char *const explain_examples[] = {"attune explain ann m42", "why m42 stands where it does for ann", NULL};
const cli_command cli_explain = {"explain", "Say why an item has its score for a person, and which events did it", "USER ITEM", 2, 2,
    "The effect of an event is what the score loses when that event is removed and the person's taste is computed again.",
    explain_options, explain_examples, run_explain};

// --- event --------------------------------------------------------------------------------------------------

static const char *signal_name(int number)
{
    return att_signal_name((att_signal)number);
}

static const char *control_name(int number)
{
    return att_control_kind_name((att_control_kind)number);
}

// All but number 0, which is none. Static memory: of the program's last words.
static const char *names_of(const char *(*name)(int), int count)
{
    static char text[512];
    text[0] = 0;
    for (int i = 1; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 1 ? ", " : "", name(i));
    return text;
}

static bool see_nothing(void *user, const att_item *item)
{
    (void)user;
    (void)item;
    return false;
}

// An item id, not "tag:NAME", that the catalogue does not know: allowed, but perhaps a slip of the hand.
static bool is_stranger(att_engine *engine, att_text item)
{
    const bool tag = item.size >= 4 && memcmp(item.data, "tag:", 4) == 0;
    return item.size && !tag && att_engine_item_see(engine, item, see_nothing, NULL, NULL) == ATT_NOT_FOUND;
}

static void say_stranger(const cli *c)
{
    fprintf(stderr, "attune %s: remark: \"%s\" is not in the catalogue yet\n", c->command->name, c->arguments[2]);
}

static int run_event(cli *c)
{
    att_event event = att_event_empty();
    event.user = att_text_of(c->arguments[0]);
    if (!att_signal_parse(att_text_of(c->arguments[1]), &event.signal))
        return cli_usage(c, "unknown signal \"%s\", expected one of: %s", c->arguments[1],
            names_of(signal_name, ATT_SIGNAL_COUNT));
    event.item = att_text_of(c->argument_count > 2 ? c->arguments[2] : NULL);
    event.id = att_text_of(cli_get(c, "id"));
    event.at_ms = c->host.now_ms(c->host.user);
    double value = NAN;
    uint64_t position = UINT64_MAX, length = UINT64_MAX, dwell = UINT64_MAX;
    if (!cli_must_number(c, "value", -1e9, 1e9, &value) || !cli_must_whole(c, "position-ms", 0, INT32_MAX, &position) ||
        !cli_must_whole(c, "length-ms", 0, INT32_MAX, &length) || !cli_must_whole(c, "dwell-ms", 0, INT32_MAX, &dwell) ||
        !cli_must_time(c, "at", &event.at_ms) || !cli_must_context(c, &event.context))
        return 64;
    event.value = (float)value;
    event.position_ms = position == UINT64_MAX ? -1 : (int32_t)position;
    event.length_ms = length == UINT64_MAX ? -1 : (int32_t)length;
    event.dwell_ms = dwell == UINT64_MAX ? -1 : (int32_t)dwell;
    const char *decision = cli_get(c, "decision");
    if (decision) {
        char *end;
        event.decision = strtoull(decision, &end, 16);
        if (end == decision || *end)
            return cli_usage(c, "--decision is \"%s\", expected 16 hexadecimal digits as recommend prints them", decision);
    }
    int code;
    att_engine *engine = cli_open(c, false, false, &code);
    if (!engine)
        return code;
    bool added;
    att_error err = {0};
    const att_status status = att_engine_event(engine, &event, &added, &err);
    const bool stranger = is_stranger(engine, event.item);
    att_engine_close(engine);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:b}", "added", (int)added));
    if (!c->quiet)
        puts(added ? "logged" : "known already; nothing changed");
    if (!c->quiet && stranger)
        say_stranger(c);
    return 0;
}

static const cli_option event_options[] = {{"id", 0, "TEXT", "the same id counts once; otherwise made from the rest"},
    {"value", 0, "X", "rating, survey answer (0 to 1), amount"}, {"position-ms", 0, "MS", "how far it was played"},
    {"length-ms", 0, "MS", "length of the thing"}, {"dwell-ms", 0, "MS", "time on the thumbnail"},
    {"decision", 0, "HEX", "the decision that showed it"}, {"at", 0, "TIME", "when it happened; default now"},
    CLI_CONTEXT_OPTIONS, {0}};
static const char *const event_examples[] = {"attune event ann play m42 --position-ms 61000 --length-ms 180000",
    "ann heard a third of m42", "attune event ann like m42", "and liked it", NULL};
const cli_command cli_event = {"event", "Log one thing that a person did", "USER SIGNAL [ITEM]", 2, 3,
    "Signals: impression, like, dislike, save, rating, survey, play, skip, replay, complete, dwell, click, quit, rage-quit, purchase,\n"
    "report. It is on disk when the command ends, and moves the very next slate. For many events use import.",
    event_options, event_examples, run_event};

// --- control ------------------------------------------------------------------------------------------------

// "off", a date, or nothing: now.
static bool life_event_value(const cli *c, const char *argument, double *out)
{
    int64_t at_ms;
    *out = 0;
    if (!argument)
        return true;
    if (strcmp(argument, "off") == 0) {
        *out = -1;
        return true;
    }
    if (!cli_time_parse(argument, &at_ms) || at_ms < 86400000) {
        cli_usage(c, "life-event is \"%s\", expected a date such as 2026-09-01, off, or nothing for now", argument);
        return false;
    }
    *out = (double)(at_ms / 86400000);
    return true;
}

static int run_control(cli *c)
{
    att_control control = {0};
    if (!att_control_kind_parse(att_text_of(c->arguments[1]), &control.kind))
        return cli_usage(c, "unknown control \"%s\", expected one of: %s", c->arguments[1],
            names_of(control_name, ATT_CONTROL_KIND_COUNT));
    const char *argument = c->argument_count > 2 ? c->arguments[2] : NULL;
    const bool takes_number = control.kind == ATT_CONTROL_ENERGY || control.kind == ATT_CONTROL_NOVELTY ||
                              control.kind == ATT_CONTROL_OPT_OUT;
    if (control.kind != ATT_CONTROL_RESET && control.kind != ATT_CONTROL_LIFE_EVENT && !argument)
        return cli_usage(c, "%s needs %s", c->arguments[1], takes_number ? "a number" : "an item");
    if (control.kind == ATT_CONTROL_RESET && argument)
        return cli_usage(c, "reset takes no value, but \"%s\" stands there", argument);
    if (control.kind == ATT_CONTROL_LIFE_EVENT) {
        if (!life_event_value(c, argument, &control.value))
            return 64;
    } else if (takes_number) {
        char *end;
        control.value = strtod(argument, &end);
        if (end == argument || *end)
            return cli_usage(c, "%s is \"%s\", expected a number", c->arguments[1], argument);
    } else {
        control.item = att_text_of(argument);
    }
    int code;
    att_engine *engine = cli_open(c, false, false, &code);
    if (!engine)
        return code;
    att_error err = {0};
    const att_status status = att_engine_control(engine, att_text_of(c->arguments[0]), &control, &err);
    const bool stranger = is_stranger(engine, control.item);
    att_engine_close(engine);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:b}", "done", 1));
    if (!c->quiet)
        puts("done; the next slate obeys it");
    if (!c->quiet && stranger)
        say_stranger(c);
    return 0;
}

static const cli_option no_options[] = {{0}};
static const char *const control_examples[] = {"attune control ann energy -0.5", "calmer things",
    "attune control ann less-like m42", "less of its kind", "attune control ann block tag:horror", "none of that, ever",
    "attune control ann reset", "start over", "attune control ann life-event 2026-09-01",
    "what ann liked before that day counts little from now on", NULL};
const cli_command cli_control = {"control", "Set a person's sliders, less-like, blocks, reset, life events and opt-out",
    "USER KIND [VALUE]", 2, 3,
    "energy -1…1 (calm to lively), novelty -1…1 (familiar to new), less-like ITEM, block ITEM or tag:NAME, unblock, reset, opt-out 1\n"
    "(no personalization, no learning) or 0, life-event [DATE] (a new life: what was liked before counts little; off takes it back). It acts on the very next slate and is kept in the log.",
    no_options, control_examples, run_control};

// --- person -------------------------------------------------------------------------------------------------

// Columns that a bar takes: its bytes that begin a character.
static int bar_cells(const char *bar)
{
    int cells = 0;
    for (; *bar; bar++)
        cells += (*bar & 0xC0) != 0x80;
    return cells;
}

static void print_person(const cli *c, const att_person *p)
{
    char first[32], last[32], bar[20 * 3 + 1];
    cli_time_text(p->first_ms, first);
    cli_time_text(p->last_ms, last);
    printf("%s%s%s: %llu events in %llu sessions, %s to %s UTC; %llu slots decided, %llu of them explored\n",
        cli_paint(c, "bold"), c->arguments[0], cli_paint(c, "reset"), (unsigned long long)p->events,
        (unsigned long long)p->sessions, first, last, (unsigned long long)p->impressions, (unsigned long long)p->explored);
    if (p->opted_out)
        puts("  opted out: nothing is learned from this person");
    if (p->bot)
        puts("  looks like a bot: nothing is learned from it");
    printf("  sliders: energy %+.2f, novelty %+.2f\n", p->energy, p->novelty);
    for (size_t i = 0; i < p->change_count; i++)
        printf("  %s%.*s%s\n", cli_paint(c, "yellow"), (int)p->change_texts[i].size, p->change_texts[i].data, cli_paint(c, "reset"));
    if (p->tag_count)
        printf("  taste: %.0f %% long-term, %.0f %% recent, %.0f %% of the running session\n", 100 * p->long_share,
            100 * p->recent_share, 100 * p->session_share);
    if (p->tag_count)
        printf("  %s%-18s %7s  %-20s %9s %7s %8s%s\n", cli_paint(c, "dim"), "tag", "taste", "", "long-term", "recent",
            "session", cli_paint(c, "reset"));
    for (size_t t = 0; t < p->tag_count && t < 8; t++) {
        cli_bar(p->tags[t].share / p->tags[0].share, 20, bar);
        const int blank = 20 - bar_cells(bar);
        printf("  %-18.*s %5.1f %%  %s%*s %7.1f %% %5.1f %% %6.1f %%\n", (int)p->tags[t].tag.size, p->tags[t].tag.data,
            100 * p->tags[t].share, bar, blank, "", 100 * p->scales[t].long_term, 100 * p->scales[t].recent,
            100 * p->scales[t].session);
    }
    for (size_t i = 0; i < p->item_count && i < 8; i++)
        printf("  %+.2f  %-10s %.*s\n", p->items[i].grade, att_signal_name(p->items[i].signal),
            (int)p->items[i].title.size, p->items[i].title.data);
    for (size_t i = 0; i < p->blocked_count; i++)
        printf("  blocked: %.*s\n", (int)p->blocked[i].size, p->blocked[i].data);
    for (size_t i = 0; i < p->less_like_count; i++)
        printf("  less like: %.*s\n", (int)p->less_like[i].size, p->less_like[i].data);
}

static json_t *person_json(const att_person *p)
{
    json_t *tags = json_array(), *items = json_array(), *blocked = json_array(), *less = json_array(), *changes = json_array();
    for (size_t t = 0; t < p->tag_count; t++)
        json_array_append_new(tags, json_pack("{s:o,s:f,s:f,s:f,s:f}", "tag", cli_json_text(p->tags[t].tag), "share",
            p->tags[t].share, "long_term", p->scales[t].long_term, "recent", p->scales[t].recent, "session",
            p->scales[t].session));
    for (size_t i = 0; i < p->change_count; i++)
        json_array_append_new(changes, cli_json_text(p->change_texts[i]));
    for (size_t i = 0; i < p->item_count; i++)
        json_array_append_new(items, json_pack("{s:o,s:o,s:s,s:I,s:f}", "item", cli_json_text(p->items[i].item), "title",
            cli_json_text(p->items[i].title), "signal", att_signal_name(p->items[i].signal), "at",
            (json_int_t)p->items[i].at_ms, "grade", p->items[i].grade));
    for (size_t i = 0; i < p->blocked_count; i++)
        json_array_append_new(blocked, cli_json_text(p->blocked[i]));
    for (size_t i = 0; i < p->less_like_count; i++)
        json_array_append_new(less, cli_json_text(p->less_like[i]));
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:f,s:f,s:b,s:b,s:o,s:o,s:o,s:o,s:{s:f,s:f,s:f},s:o,s:b,s:b,s:I}", "events", (json_int_t)p->events,
        "sessions", (json_int_t)p->sessions, "impressions", (json_int_t)p->impressions, "explored",
        (json_int_t)p->explored, "first", (json_int_t)p->first_ms, "last", (json_int_t)p->last_ms, "energy", p->energy,
        "novelty", p->novelty, "opted_out", (int)p->opted_out, "bot", (int)p->bot, "tags", tags, "items", items,
        "blocked", blocked, "less_like", less, "scales",
        "long_term", p->long_share, "recent", p->recent_share, "session", p->session_share, "changes", changes, "binge",
        (p->changes & ATT_CHANGE_BINGE) != 0, "moved", (p->changes & ATT_CHANGE_MOVE) != 0, "life_event",
        (json_int_t)p->life_event_ms);
}

static json_t *with_choices(att_engine *engine, const char *user, json_t *value)
{
    uint64_t impressions, explored;
    att_engine_person_choices(engine, att_text_of(user), &impressions, &explored);
    json_object_set_new(value, "choice_impressions", json_integer((json_int_t)impressions));
    json_object_set_new(value, "choice_explored", json_integer((json_int_t)explored));
    return value;
}

static int run_person(cli *c)
{
    int code;
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    att_slate_memory *memory = NULL;
    att_person person;
    att_error err = {0};
    att_status status = att_slate_memory_create(&memory, &c->host, &err);
    if (!status)
        status = att_engine_person(engine, att_text_of(c->arguments[0]), memory, &person, &err);
    if (status)
        code = cli_fail(c, status, &err);
    else if (c->json)
        code = cli_print_json(with_choices(engine, c->arguments[0], person_json(&person)));
    else
        print_person(c, &person);
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
    return code;
}

static const char *const person_examples[] = {"attune person ann", "taste, sliders, blocks", NULL};
const cli_command cli_person = {"person", "Say what the engine knows about a person", "USER", 1, 1, "", no_options,
    person_examples, run_person};

// --- export and forget ----------------------------------------------------------------------------------------

static bool print_line(void *user, att_text line)
{
    (void)user;
    return fwrite(line.data, 1, line.size, stdout) == line.size && putchar('\n') != EOF;
}

static int run_export(cli *c)
{
    int code;
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    att_error err = {0};
    const att_status status = att_engine_export(engine, att_text_of(c->arguments[0]), print_line, NULL, &err);
    att_engine_close(engine);
    return status ? cli_fail(c, status, &err) : 0;
}

static const char *const export_examples[] = {"attune export ann > ann.ndjson", "everything about ann, a line a record", NULL};
const cli_command cli_export = {"export", "Print all that is kept about one person, as NDJSON", "USER", 1, 1,
    "Events come out in the form that import reads; decisions and controls carry a \"kind\".", no_options, export_examples, run_export};

static int run_forget(cli *c)
{
    if (!cli_flag(c, "yes"))
        return cli_usage(c, "this deletes all records of \"%s\" for good, and needs --yes", c->arguments[0]);
    int code;
    att_engine *engine = cli_open(c, false, false, &code);
    if (!engine)
        return code;
    uint64_t rows = 0;
    att_error err = {0};
    const att_status status = att_engine_forget(engine, att_text_of(c->arguments[0]), &rows, &err);
    att_engine_close(engine);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:I}", "rows", (json_int_t)rows));
    printf("forgotten: %llu records. Models trained before may still hold their trace: run attune train, and delete old backups.\n",
        (unsigned long long)rows);
    return 0;
}

static const cli_option forget_options[] = {{"yes", 'y', NULL, "really"}, {0}};
static const char *const forget_examples[] = {"attune forget ann --yes", "delete ann's data", NULL};
const cli_command cli_forget = {"forget", "Delete all that is kept about one person", "USER", 1, 1,
    "Rows, state and name go, and their bytes are overwritten in the file.", forget_options, forget_examples, run_forget};
