// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_report.c - how people fared week by week, from the log; and a warning when clicks rise and people are worse off.
#include "report.h"

#include <errno.h>
#include <math.h>
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
            fprintf(stderr, "attune report: %s:%d: longer than an id of %d bytes\n", path, number,
                ATT_ID_SIZE_MAX);
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

// "TIME", "halves", "halves:SEED", "people:FILE", "experiment:KEY", "experiment:KEY:A,B", "holdout". 0, or the exit code.
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
                   ? cli_usage(
                         c, "--compare is \"%s\", expected halves:SEED with a whole number", text)
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
    if (strcmp(text, "holdout") == 0 || strncmp(text, "experiment:", 11) == 0) {
        o->compare = ATT_COMPARE_ARMS; // which arms is known once the store is open
        return 0;
    }
    o->compare = ATT_COMPARE_TIME;
    return cli_must_time(c, "compare", &o->at_ms) ? 0 : 64;
}

typedef struct arms_sought {
    const cli *c;
    att_longrun_options *options;
    const char *names;       // "A,B", or NULL: the first two
    char group_names[2][80]; // what the options point to
    int code;
} arms_sought;

static bool find_arm(arms_sought *s, const att_experiment *experiment, int side, att_text name)
{
    for (size_t v = 0; v < experiment->variation_count; v++) {
        if (s->names ? !att_text_equal(experiment->variations[v].key, name) : v != (size_t)side)
            continue;
        s->options->arms[side] = (att_arm){experiment->number, (uint32_t)v};
        snprintf(s->group_names[side], sizeof s->group_names[side], "%.*s",
            (int)experiment->variations[v].key.size, experiment->variations[v].key.data);
        s->options->group_names[side] = s->group_names[side];
        return true;
    }
    s->code = cli_usage(s->c, "experiment %.*s has no variation \"%.*s\"",
        (int)experiment->key.size, experiment->key.data, (int)name.size, name.data);
    return false;
}

static bool see_experiment(void *user, const att_experiment *experiment)
{
    arms_sought *s = user;
    const size_t first = s->names ? strcspn(s->names, ",") : 0;
    const char *rest = s->names && s->names[first] ? s->names + first + 1 : "";
    if (!experiment->started_ms)
        s->code = cli_usage(s->c, "experiment %.*s was not started yet", (int)experiment->key.size,
            experiment->key.data);
    else if (find_arm(s, experiment, 0, (att_text){s->names, first}))
        find_arm(s, experiment, 1, att_text_of(rest));
    return false;
}

// The arms, now that the store is open; the report begins with the experiment. 0, or the exit code.
static int find_arms(cli *c, att_engine *engine, arms_sought *s)
{
    const char *text = cli_get(c, "compare");
    att_longrun_options *o = s->options;
    att_error err = {0};
    if (o->compare != ATT_COMPARE_ARMS)
        return 0;
    if (strcmp(text, "holdout") == 0) {
        static const char *const names[] = {"the holdout", "all others"};
        att_policy policy;
        int64_t since_ms = 0;
        const att_status status = att_engine_holdout_policy(engine, &policy, &since_ms, &err);
        if (status)
            return cli_fail(c, status, &err);
        if (!since_ms)
            return cli_usage(c, "there is no holdout yet: it begins with the first experiment");
        o->arms[1].variation = ATT_ARM_REST;
        memcpy(o->group_names, names, sizeof names);
        return 0;
    }
    const char *key = text + strlen("experiment:");
    const size_t size = strcspn(key, ":");
    s->names = key[size] ? key + size + 1 : NULL;
    const att_status status =
        att_engine_experiment_see(engine, (att_text){key, size}, see_experiment, s, &err);
    return status ? cli_fail(c, status, &err) : s->code;
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
        !cli_must_whole(c, "churn", 2, 365, &churn) ||
        !cli_must_number(c, "left", 0, 3600, &left_s) ||
        !cli_must_number(c, "alarm", 0.000001, 0.5, &o->alarm) ||
        !cli_must_whole(c, "least", 2, 1000000000, &least))
        return 64;
    o->churn_days = (uint32_t)churn;
    o->early_session_ms = (int64_t)(left_s * 1000);
    o->people_min = o->answers_min = (uint32_t)least;
    return comparison_of(c, o, list);
}

// --- music ------------------------------------------------------------------------------------------------------

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : NAN;
}

static json_t *music_json(const att_music_report *r, const att_music_report_options *o)
{
    json_t *moods = json_object();
    for (unsigned m = 0; m < ATT_MUSIC_MOODS; m++)
        json_object_set_new(moods, att_music_mood_name(m),
            json_pack("{s:I,s:o,s:o,s:o}", "items", (json_int_t)r->moods[m].items, "pearson", real_or_null(r->moods[m].pearson), "spearman",
                real_or_null(r->moods[m].spearman), "distance", real_or_null(r->moods[m].distance)));
    json_t *workout = json_pack("{s:f,s:f,s:I,s:I,s:o,s:o}", "target_bpm", o->workout_bpm, "within_bpm", o->within_bpm, "begun",
        (json_int_t)r->workout_begun, "known", (json_int_t)r->workout_known, "within", real_or_null(share(r->workout_within, r->workout_known)),
        "within_octave", real_or_null(share(r->workout_within_octave, r->workout_known)));
    json_t *variety = json_pack("{s:f,s:f,s:i,s:I,s:I,s:o,s:I,s:o,s:i,s:o}", "window_min", (double)o->window_ms / 60000, "near", o->near, "near_most",
        (int)o->near_most, "people", (json_int_t)r->people, "windows", (json_int_t)r->windows, "crowded", real_or_null(share(r->crowded, r->windows)),
        "crowded_people", (json_int_t)r->crowded_people, "distinct", real_or_null(share(r->distinct, r->in_windows)), "near_greatest",
        (int)r->near_greatest, "left_early", real_or_null(share(r->left_early, r->begun)));
    return json_pack("{s:{s:I,s:I,s:o,s:o,s:o}}", "music", "begun", (json_int_t)r->begun, "items_with_tempo", (json_int_t)r->items_with_tempo, "workout",
        workout, "moods", moods, "variety", variety);
}

static void print_share(const char *what, uint64_t part, uint64_t whole, const char *of)
{
    if (whole)
        printf("  %-34s %5.1f %%   %llu of %llu %s\n", what, 100 * share(part, whole), (unsigned long long)part, (unsigned long long)whole, of);
    else
        printf("  %-34s     -     no %s\n", what, of);
}

static void print_music(const cli *c, const att_music_report *r, const att_music_report_options *o)
{
    char what[80];
    printf("%smusic%s: %s, %s with a tempo\n", cli_paint(c, "bold"), cli_paint(c, "reset"), cli_count(r->begun, "thing begun", "things begun"),
        cli_count(r->items_with_tempo, "item", "items"));
    snprintf(what, sizeof what, "workouts within %g of %g BPM", o->within_bpm, o->workout_bpm);
    print_share(what, r->workout_within, r->workout_known, "workout tracks of known tempo");
    print_share("  half or twice the tempo too", r->workout_within_octave, r->workout_known, "workout tracks of known tempo");
    for (unsigned m = 0; m < ATT_MUSIC_MOODS; m++) {
        const att_music_alignment *a = &r->moods[m];
        snprintf(what, sizeof what, "%s as people rated it", att_music_mood_name(m));
        if (a->items >= 3)
            printf("  %-34s %5.2f     correlation (%.2f by ranks) over %llu items, off by %.2f\n", what, a->pearson, a->spearman,
                (unsigned long long)a->items, a->distance);
        else
            printf("  %-34s     -     %s\n", what, cli_count(a->items, "rated item", "rated items"));
    }
    snprintf(what, sizeof what, "more than %u alike in %g min", o->near_most, (double)o->window_ms / 60000);
    print_share(what, r->crowded, r->windows, "windows");
    print_share("  people who met that", r->crowded_people, r->people, "people");
    print_share("different things in a window", r->distinct, r->in_windows, "things begun in windows");
    print_share("left before the early mark", r->left_early, r->begun, "things begun");
}

static int run_music(cli *c)
{
    att_music_report_options o = att_music_report_options_default();
    att_music_report report;
    att_error err = {0};
    uint64_t most = o.near_most;
    int code;
    if (!cli_must_time(c, "from", &o.from_ms) || !cli_must_time(c, "to", &o.to_ms) || !cli_must_number(c, "workout-bpm", 30, 300, &o.workout_bpm) ||
        !cli_must_number(c, "within", 0, 100, &o.within_bpm) || !cli_must_whole(c, "near-most", 1, 1000, &most))
        return 64;
    o.near_most = (uint32_t)most;
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    cli_progress_start(c);
    const att_status status = att_engine_music_report(engine, &o, &report, &err);
    cli_progress_end();
    att_engine_close(engine);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(music_json(&report, &o));
    print_music(c, &report, &o);
    return 0;
}

static int run_report(cli *c)
{
    if (cli_flag(c, "music"))
        return run_music(c);
    att_longrun_options options = att_longrun_options_default();
    people_list list = {0};
    int code = options_of(c, &options, &list);
    att_engine *engine = code ? NULL : cli_open(c, false, true, &code);
    att_longrun *report = NULL;
    arms_sought arms = {.c = c, .options = &options};
    if (engine && (code = find_arms(c, engine, &arms)) != 0) {
        att_engine_close(engine);
    } else if (engine) {
        att_error err = {0};
        cli_progress_start(c);
        const att_status status = att_engine_longrun(engine, &options, &report, &err);
        cli_progress_end();
        att_engine_close(engine);
        if (status)
            code = cli_fail(c, status, &err);
    }
    static const char *const charts[] = {"svg", "png"};
    for (int i = 0; report && i < 2 && !code; i++)
        if (cli_get(c, charts[i]))
            code = cli_chart_longrun(c, report, cli_get(c, "figures"), cli_get(c, charts[i]));
    if (report && !code && c->json)
        code = cli_print_json(say_longrun(report));
    else if (report && !code)
        cli_print_longrun(c, report);
    att_longrun_destroy(report);
    drop_list(&list);
    return code;
}

static const cli_option report_options[] = {
    {"from", 0, "TIME", "only what happened from this day on (UTC)"},
    {"to", 0, "TIME", "only what happened before this day"},
    {"by", 0, "SPAN", "week (from Monday on, the default) or day"},
    {"compare", 'c', "WHAT",
        "a day: before it and from it on; halves or halves:SEED: two random halves of the people; "
        "people:FILE: the ids in it and all others; experiment:KEY or experiment:KEY:A,B: two of "
        "its variations; holdout: the universal holdout and all others"},
    {"svg", 0, "FILE", "draw charts into FILE.svg, 1280 by 800"},
    {"png", 0, "FILE", "the same as a picture"},
    {"figures", 0, "LIST",
        "what the charts show: names as in --json, and survival; at most twelve"},
    {"churn", 0, "DAYS", "a silence this long is churn; default 28"},
    {"left", 0, "S", "a session shorter than this was left early; default 30"},
    {"alarm", 0, "P", "how probable a false warning may be; default 0.05"},
    {"music", 0, NULL, "the section on music instead: tempo of workouts, moods as people rated them, variety"},
    {"workout-bpm", 0, "BPM", "music: the target of workouts; default 130"},
    {"within", 0, "BPM", "music: so far from it still counts; default 10"},
    {"near-most", 0, "N", "music: near-identical tracks in 30 minutes; default 2"},
    {"least", 0, "N", "figures of fewer people or cases in a group are not judged; default 100"},
    {0}};
static const char *const report_examples[] = {"attune report",
    "week by week, with retention and survival", "attune report --compare 2026-03-15",
    "did a change on that day help, and did it harm?",
    "attune report --compare experiment:home-feed", "its first two variations, with retention",
    "attune report --png weeks.png --figures plays,survey,return-7,survival",
    "four charts on one page", "attune report --compare halves",
    "two random halves: nothing should stand out",
    "attune report --music --workout-bpm 128", "did workouts get their tempo?", NULL};
const cli_command cli_report = {"report",
    "Report how people fare over the long run, and warn when clicks hide harm", "", 0, 0,
    "Read from the log in one pass: engagement, early skips, satisfaction, complaints, retention, "
    "survival, discovery and variety, with\n"
    "intervals over people. Bots and people who opted out are left out. A guardrail warning says "
    "when engagement\n"
    "rose while satisfaction or retention got worse. Every figure is defined in docs/reports.md.",
    report_options, report_examples, run_report};
