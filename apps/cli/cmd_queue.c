// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_queue.c - the queue: what people should look at, what was decided, and why.
#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 512, COLUMNS = 6 };

// --- As JSON ------------------------------------------------------------------------------------------------

static json_t *text_or_null(att_text text)
{
    return text.size ? cli_json_text(text) : json_null();
}

static json_t *case_json(const att_case *c)
{
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:s,s:b,s:b,s:b,s:b,s:b,s:I,s:I,s:I,s:I}", "id", cli_json_text(c->id), "item",
        text_or_null(c->item), "title", text_or_null(c->title), "text", text_or_null(c->text), "author", text_or_null(c->author),
        "verdict", att_case_verdict_name(c->verdict), "waiting", (int)c->waiting, "barred", (int)c->barred, "automatic",
        (int)c->automatic, "appealed", (int)c->appealed, "taken_down", (int)c->taken_down, "reports", (json_int_t)c->reports,
        "reporters", (json_int_t)c->reporters, "opened", (json_int_t)c->opened_ms, "changed", (json_int_t)c->changed_ms);
}

static json_t *history_json(const att_case *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->history_count; i++) {
        const att_case_event *e = &c->history[i];
        json_array_append_new(list,
            json_pack("{s:I,s:s,s:o,s:b,s:o,s:o,s:o}", "at", (json_int_t)e->at_ms, "act", att_case_act_name(e->act), "by",
                cli_json_text(e->by), "by_person", (int)e->by_person, "reason", cli_json_text(e->reason), "matched",
                cli_json_text(e->matched), "score", isfinite(e->score) ? json_real(e->score) : json_null()));
    }
    return list;
}

// --- list ---------------------------------------------------------------------------------------------------

typedef struct listing {
    json_t *list; // NULL: text
    char cells[ROWS_MOST][COLUMNS][96];
    size_t count;
} listing;

static const char *state_of(const att_case *c)
{
    return c->appealed ? "appealed" : c->automatic ? "barred by reports" : c->barred ? "barred" : "shown";
}

static bool add_row(void *user, const att_case *c)
{
    listing *l = user;
    if (l->list) {
        json_array_append_new(l->list, case_json(c));
        return true;
    }
    if (l->count + 1 >= ROWS_MOST)
        return false;
    char(*row)[96] = l->cells[++l->count];
    const att_text what = c->item.size ? c->item : c->text;
    snprintf(row[0], sizeof row[0], "%s%.*s", c->waiting ? "* " : "  ", (int)c->id.size, c->id.data);
    snprintf(row[1], sizeof row[1], "%.*s", (int)(what.size < 40 ? what.size : 40), what.data);
    snprintf(row[2], sizeof row[2], "%s", att_case_verdict_name(c->verdict));
    snprintf(row[3], sizeof row[3], "%s", state_of(c));
    snprintf(row[4], sizeof row[4], "%llu", (unsigned long long)c->reports);
    cli_time_text(c->changed_ms, row[5]);
    return true;
}

static int run_list(cli *c)
{
    att_case_filter filter = att_case_filter_default();
    att_case_verdict verdict;
    const char *wanted = cli_get(c, "verdict");
    filter.waiting = cli_flag(c, "waiting");
    filter.barred = cli_flag(c, "barred");
    if (wanted && !att_case_verdict_parse(att_text_of(wanted), &verdict))
        return cli_usage(c, "--verdict is \"%s\", expected none, allow, hold or deny", wanted);
    if (wanted)
        filter.verdict = (int)verdict;
    int code;
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    static listing l;
    size_t total;
    att_error err = {0};
    l = (listing){.list = c->json ? json_array() : NULL};
    const att_status status = att_engine_cases_each(engine, &filter, add_row, &l, &total, &err);
    att_engine_close(engine);
    if (status)
        return json_decref(l.list), cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:o,s:I}", "cases", l.list, "total", (json_int_t)total));
    if (!l.count) {
        if (!c->quiet)
            puts("no cases");
        return 0;
    }
    static const char *const head[COLUMNS] = {"  case", "about", "verdict", "now", "reports", "changed"};
    const char **cells = malloc((l.count + 1) * COLUMNS * sizeof *cells);
    if (!cells)
        return 71;
    memcpy(cells, head, sizeof head);
    for (size_t r = 1; r <= l.count; r++)
        for (size_t k = 0; k < COLUMNS; k++)
            cells[r * COLUMNS + k] = l.cells[r][k];
    cli_print_table(c, cells, COLUMNS, l.count + 1, "llllrl");
    if (l.count < total && !c->quiet)
        printf("and %s\n", cli_count(total - l.count, "more case", "more cases"));
    free(cells);
    return 0;
}

// --- show ---------------------------------------------------------------------------------------------------

static void print_event(const cli *c, const att_case_event *e)
{
    char at[32];
    cli_time_text(e->at_ms, at);
    printf("  %s  %s%-9s%s %.*s", at, cli_paint(c, "bold"), att_case_act_name(e->act), cli_paint(c, "reset"), (int)e->by.size,
        e->by.data ? e->by.data : "");
    if (e->reason.size)
        printf(": %.*s", (int)e->reason.size, e->reason.data);
    if (e->matched.size)
        printf(" (saw \"%.*s\"", (int)e->matched.size, e->matched.data);
    if (isfinite(e->score))
        printf("%sscore %.2f", e->matched.size ? ", " : " (", e->score);
    if (e->matched.size || isfinite(e->score))
        fputs(")", stdout);
    putchar('\n');
}

static bool show_case(void *user, const att_case *found)
{
    cli *c = user;
    if (c->json) {
        json_t *value = case_json(found);
        json_object_set_new(value, "history", history_json(found));
        cli_print_json(value);
        return false;
    }
    printf("%s%.*s%s: ", cli_paint(c, "bold"), (int)found->id.size, found->id.data, cli_paint(c, "reset"));
    if (found->item.size)
        printf("%.*s \"%.*s\"", (int)found->item.size, found->item.data, (int)found->title.size, found->title.data);
    else
        printf("a text\n  %.*s\n", (int)found->text.size, found->text.data);
    printf("%s%s, %s%s; %s by %s\n", found->item.size ? ", " : "  ", found->verdict ? att_case_verdict_name(found->verdict) : "not decided",
        state_of(found), found->taken_down ? ", taken down" : "", cli_count(found->reports, "report", "reports"),
        cli_count(found->reporters, "person since the last verdict", "people since the last verdict"));
    for (size_t i = 0; i < found->history_count; i++)
        print_event(c, &found->history[i]);
    return false;
}

static int show(cli *c, att_engine *engine, const char *id)
{
    att_error err = {0};
    const att_status status = att_engine_case_see(engine, att_text_of(id), show_case, c, &err);
    return status ? cli_fail(c, status, &err) : 0;
}

// --- report, hold, decide, appeal -----------------------------------------------------------------------------

static const char *by_of(const cli *c)
{
    const char *by = cli_get(c, "by");
    return by ? by : "command line";
}

static att_status act(cli *c, att_engine *engine, char id[ATT_CASE_ID_SIZE], att_error *err)
{
    const char *verb = c->arguments[0], *first = c->arguments[1], *second = c->arguments[2], *why = cli_get(c, "reason");
    const att_text reason = att_text_of(why ? why : "");
    if (strcmp(verb, "report") == 0)
        return att_engine_report(engine, att_text_of(second), att_text_of(first), reason, id, NULL, err);
    if (strcmp(verb, "hold") == 0) {
        const att_case_hold hold = {.item = att_text_of(first), .by = att_text_of(by_of(c)), .reason = reason, .score = NAN};
        return att_engine_hold(engine, &hold, id, err);
    }
    snprintf(id, ATT_CASE_ID_SIZE, "%s", first);
    if (strcmp(verb, "appeal") == 0)
        return att_engine_case_appeal(engine, att_text_of(first), att_text_of(cli_get(c, "user")), att_text_of(by_of(c)), reason, err);
    att_case_decision decision = {.reason = reason};
    (void)att_case_act_parse(att_text_of(second), &decision.act); // run_queue has looked
    return att_engine_case_decide(engine, att_text_of(first), att_text_of(by_of(c)), &decision, 1, err);
}

static int run_act(cli *c)
{
    int code;
    char id[ATT_CASE_ID_SIZE] = "";
    att_error err = {0};
    att_engine *engine = cli_open(c, false, false, &code);
    if (!engine)
        return code;
    const att_status status = act(c, engine, id, &err);
    code = status ? cli_fail(c, status, &err) : c->quiet && !c->json ? 0 : show(c, engine, id);
    att_engine_close(engine);
    return code;
}

static int run_show(cli *c)
{
    int code;
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    code = show(c, engine, c->arguments[1]);
    att_engine_close(engine);
    return code;
}

static int run_queue(cli *c)
{
    static const struct {
        const char *name, *needs;
        int count;
        bool reason;
        int (*run)(cli *c);
    } verbs[] = {{"list", "nothing more", 1, false, run_list}, {"show", "a CASE", 2, false, run_show},
        {"decide", "a CASE and an ACT", 3, true, run_act}, {"appeal", "a CASE", 2, true, run_act},
        {"report", "an ITEM and a USER", 3, false, run_act}, {"hold", "an ITEM", 2, false, run_act}};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(c->arguments[0], verbs[i].name) != 0)
            continue;
        att_case_act parsed;
        if (c->argument_count != verbs[i].count)
            return cli_usage(c, "%s needs %s", verbs[i].name, verbs[i].needs);
        if (verbs[i].reason && !cli_get(c, "reason"))
            return cli_usage(c, "%s needs --reason", verbs[i].name);
        if (strcmp(verbs[i].name, "decide") == 0 && !att_case_act_parse(att_text_of(c->arguments[2]), &parsed))
            return cli_usage(c, "unknown act \"%s\", expected allow, hold, deny, takedown or note", c->arguments[2]);
        return verbs[i].run(c);
    }
    return cli_usage(c, "unknown action \"%s\", expected list, show, decide, appeal, report or hold", c->arguments[0]);
}

static const cli_option queue_options[] = {{"waiting", 0, NULL, "list: only those that somebody should look at"},
    {"barred", 0, NULL, "list: only those that are not shown"}, {"verdict", 0, "NAME", "list: none, allow, hold or deny"},
    {"reason", 'r', "TEXT", "why; kept in the log"}, {"by", 0, "NAME", "who decides, holds or appeals; default \"command line\""},
    {"user", 'u', "USER", "appeal: the person who asks"}, {0}};
static const char *const queue_examples[] = {"attune queue list --waiting", "what should be looked at, newest first",
    "attune queue report m7 ann --reason 'not for children'", "a person complains about an item",
    "attune queue decide item-7 deny --reason 'not for children' --by mara", "not shown from the next decision on",
    "attune queue appeal item-7 --reason 'it was another song' --by label", "asks to look again; it stays as it is meanwhile", NULL};
const cli_command cli_queue = {"queue", "Look after what was reported or held, and decide", "list|show|decide|appeal|report|hold [CASE|ITEM] [ACT|USER]", 1, 3,
    "A case is about one item, or one text that a host or a filter holds, for good: reports, holds, verdicts and appeals stand in\n"
    "its history. Acts: allow, hold, deny, takedown (deny, and taken down from the catalogue too), note. What is held or denied is not\n"
    "shown from the next decision on. With moderation.hold_reports in the policy, so many different people who report an item\n"
    "bar it until somebody decides. A star marks what waits.",
    queue_options, queue_examples, run_queue};
