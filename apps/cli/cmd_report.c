// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_report.c - how people fared week by week, from the log; and a warning when clicks rise and people are worse off.
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// --- What is compared -------------------------------------------------------------------------------------------

typedef struct people_list { // sorted ids of the second group
    char **ids;
    size_t count, capacity;
} people_list;

static int by_id(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void drop_list(people_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->ids[i]);
    free(list->ids);
    *list = (people_list){0};
}

static bool list_add(people_list *list, const char *line)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity * 2 + 64;
        char **grown = realloc(list->ids, list->capacity * sizeof *grown);
        if (!grown)
            return false;
        list->ids = grown;
    }
    list->ids[list->count] = strdup(line);
    return list->ids[list->count++] != NULL;
}

// One id a line. 0, or the exit code.
static int read_people(const cli *c, const char *path, people_list *list)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "attune report: opening %s: %s\n", path, strerror(errno));
        return 66;
    }
    char line[ATT_ID_SIZE_MAX + 3];
    int code = 0;
    for (int number = 1; !code && fgets(line, sizeof line, file); number++) {
        const size_t size = strcspn(line, "\r\n");
        if (line[size] == 0 && !feof(file)) {
            fprintf(stderr, "attune report: %s:%d: longer than an id of %d bytes\n", path, number, ATT_ID_SIZE_MAX);
            code = 65;
        }
        line[size] = 0;
        if (!code && size && !list_add(list, line))
            code = 71;
    }
    if (!code && ferror(file)) {
        fprintf(stderr, "attune report: reading %s: %s\n", path, strerror(errno));
        code = 74;
    }
    fclose(file);
    qsort(list->ids, list->count, sizeof *list->ids, by_id);
    (void)c;
    return code;
}

static int group_of(void *user, att_text person)
{
    const people_list *list = user;
    char id[ATT_ID_SIZE_MAX + 1];
    const char *key = id;
    snprintf(id, sizeof id, "%.*s", (int)person.size, person.data);
    return list->count && bsearch(&key, list->ids, list->count, sizeof *list->ids, by_id) != NULL;
}

// "TIME", "halves", "halves:SEED", "people:FILE", "arms:A,B". 0, or the exit code.
static int comparison_of(const cli *c, att_longrun_options *o, people_list *list)
{
    const char *text = cli_get(c, "compare");
    if (!text)
        return 0;
    char *rest;
    if (strcmp(text, "halves") == 0 || strncmp(text, "halves:", 7) == 0) {
        o->compare = ATT_COMPARE_HALVES;
        o->split_seed = text[6] ? strtoull(text + 7, &rest, 10) : 1;
        return text[6] && (rest == text + 7 || *rest)
                   ? cli_usage(c, "--compare is \"%s\", expected halves:SEED with a whole number", text)
                   : 0;
    }
    if (strncmp(text, "people:", 7) == 0) {
        static const char *const names[] = {"the others", "the list"};
        o->compare = ATT_COMPARE_PEOPLE;
        o->group_of = group_of;
        o->group_user = list;
        memcpy(o->group_names, names, sizeof names);
        return read_people(c, text + 7, list);
    }
    if (strncmp(text, "arms:", 5) == 0) {
        unsigned a, b;
        int end = 0;
        o->compare = ATT_COMPARE_ARMS;
        if (sscanf(text + 5, "%u,%u%n", &a, &b, &end) != 2 || text[5 + end])
            return cli_usage(c, "--compare is \"%s\", expected arms:A,B with two numbers of arms", text);
        o->arms[0] = a;
        o->arms[1] = b;
        return 0;
    }
    o->compare = ATT_COMPARE_TIME;
    return cli_must_time(c, "compare", &o->at_ms) ? 0 : 64;
}

// --- report -----------------------------------------------------------------------------------------------------

static int options_of(const cli *c, att_longrun_options *o, people_list *list)
{
    const char *by = cli_get(c, "by");
    uint64_t churn = o->churn_days, least = o->people_min;
    double left_s = (double)o->early_session_ms / 1000;
    if (by && strcmp(by, "day") != 0 && strcmp(by, "week") != 0)
        return cli_usage(c, "--by is \"%s\", expected day or week", by);
    o->by = by && strcmp(by, "day") == 0 ? ATT_BY_DAY : ATT_BY_WEEK;
    if (!cli_must_time(c, "from", &o->from_ms) || !cli_must_time(c, "to", &o->to_ms) ||
        !cli_must_whole(c, "churn", 2, 365, &churn) || !cli_must_number(c, "left", 0, 3600, &left_s) ||
        !cli_must_number(c, "alarm", 0.000001, 0.5, &o->alarm) || !cli_must_whole(c, "least", 2, 1000000000, &least))
        return 64;
    o->churn_days = (uint32_t)churn;
    o->early_session_ms = (int64_t)(left_s * 1000);
    o->people_min = o->answers_min = (uint32_t)least;
    return comparison_of(c, o, list);
}

static int run_report(cli *c)
{
    att_longrun_options options = att_longrun_options_default();
    people_list list = {0};
    int code = options_of(c, &options, &list);
    att_engine *engine = code ? NULL : cli_open(c, false, true, &code);
    att_longrun *report = NULL;
    if (engine) {
        att_error err = {0};
        cli_progress_start(c);
        const att_status status = att_engine_longrun(engine, &options, &report, &err);
        cli_progress_end();
        att_engine_close(engine);
        if (status)
            code = cli_fail(c, status, &err);
    }
    if (report && c->json)
        code = cli_print_json(cli_longrun_json(report));
    else if (report)
        cli_print_longrun(c, report);
    att_longrun_destroy(report);
    drop_list(&list);
    return code;
}

static const cli_option report_options[] = {
    {"from", 0, "TIME", "only what happened from this day on (UTC)"},
    {"to", 0, "TIME", "only what happened before this day"},
    {"by", 0, "SPAN", "week (from Monday on, the default) or day"},
    {"compare", 'c', "WHAT", "a day: before it and from it on; halves or halves:SEED: two random halves of the people; people:FILE: the ids in it and all others; arms:A,B: arms of an experiment"},
    {"churn", 0, "DAYS", "a silence this long is churn; default 28"},
    {"left", 0, "S", "a session shorter than this was left early; default 30"},
    {"alarm", 0, "P", "how probable a false warning may be; default 0.05"},
    {"least", 0, "N", "figures of fewer people or cases in a group are not judged; default 100"}, {0}};
static const char *const report_examples[] = {"attune report", "week by week, with retention and survival",
    "attune report --compare 2026-03-15", "did a change on that day help, and did it harm?",
    "attune report --compare people:new-feed.txt", "those who got the new feed, and all others",
    "attune report --compare halves", "two random halves: nothing should stand out", NULL};
const cli_command cli_report = {"report", "Report how people fare over the long run, and warn when clicks hide harm", "", 0, 0,
    "Read from the log in one pass: engagement, early skips, satisfaction, complaints, retention, survival, discovery and variety, with\n"
    "intervals over people. Bots and people who opted out are left out. A guardrail warning says when engagement\n"
    "rose while satisfaction or retention got worse. Every figure is defined in docs/reports.md.",
    report_options, report_examples, run_report};
