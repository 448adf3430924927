// SPDX-License-Identifier: Apache-2.0
// apps/cli/out_report.c - the long run as tables for people.
#include "report.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define SPARKS_MAX 24 // spans in a sparkline; of more, the newest

static void date_text(int64_t at_ms, char out[16])
{
    const time_t seconds = (time_t)(at_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(out, 16, "%Y-%m-%d", &tm);
}

// --- Values -----------------------------------------------------------------------------------------------------

int cli_figure_decimals(att_figure figure, double value)
{
    const double size = fabs(value * att_figure_get(figure)->scale);
    return size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.095 || size == 0 ? 2 : 4;
}

void cli_figure_text(att_figure figure, double value, int decimals, char out[48])
{
    const att_figure_info *info = att_figure_get(figure);
    if (isnan(value))
        snprintf(out, 48, "-");
    else
        snprintf(out, 48, "%.*f%s%s", decimals < 0 ? cli_figure_decimals(figure, value) : decimals,
            value * info->scale, info->unit[0] ? " " : "", info->unit);
}

static void interval_text(att_figure figure, const att_interval *v, char out[64])
{
    const double scale = att_figure_get(figure)->scale;
    const int decimals = cli_figure_decimals(figure, v->mean);
    if (isnan(v->low))
        out[0] = 0;
    else
        snprintf(out, 64, "%.*f … %.*f", decimals, v->low * scale, decimals, v->high * scale);
}

// One block character a span, from the least to the greatest value; a space where there is none.
static void spark_text(const att_longrun_group *group, att_figure figure, char *out)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const size_t first = group->span_count > SPARKS_MAX ? group->span_count - SPARKS_MAX : 0;
    double least = INFINITY, most = -INFINITY;
    for (size_t i = first; i < group->span_count; i++) {
        least = fmin(least, group->spans[i].figures[figure].value.mean);
        most = fmax(most, group->spans[i].figures[figure].value.mean);
    }
    for (size_t i = first; i < group->span_count; i++) {
        const double v = group->spans[i].figures[figure].value.mean;
        const double height = most > least ? (v - least) / (most - least) : 0.5;
        out = stpcpy(out, isnan(v) ? " " : blocks[(int)fmin(7, floor(height * 8))]);
    }
    *out = 0;
}

// --- Tables -----------------------------------------------------------------------------------------------------

typedef struct table { // cells of a few bytes each; printed at the end
    char text[64][8][160];
    const char *cells[64 * 8];
    size_t columns, rows;
} table;

static char *cell(table *t, size_t row, size_t column)
{
    return t->text[row][column];
}

static void print_table(const cli *c, table *t, const char *align)
{
    for (size_t r = 0; r < t->rows; r++)
        for (size_t k = 0; k < t->columns; k++)
            t->cells[r * t->columns + k] = t->text[r][k];
    cli_print_table(c, t->cells, t->columns, t->rows, align);
}

static void head(table *t, const char *const *names)
{
    *t = (table){.rows = 1};
    for (; names[t->columns]; t->columns++)
        snprintf(cell(t, 0, t->columns), sizeof t->text[0][0], "%s", names[t->columns]);
}

static const char *const family_names[] = {"what else", "engagement", "satisfaction", "retention"};

static void print_figures(const cli *c, const att_longrun *report, att_figure_family family)
{
    static table t;
    static const char *const names[] = {
        "figure", "value", "interval", "cases", "week by week", NULL};
    head(&t, names);
    const att_longrun_group *group = &report->groups[0];
    snprintf(cell(&t, 0, 0), 32, "%s", family_names[family]);
    if (report->by == ATT_BY_DAY)
        strcpy(cell(&t, 0, 4), "day by day");
    for (int f = 0; f < ATT_FIGURE_COUNT; f++) {
        const att_figure_info *info = att_figure_get((att_figure)f);
        const att_figure_value *value = &group->all.figures[f];
        if (info->family != family || isnan(value->value.mean))
            continue;
        snprintf(cell(&t, t.rows, 0), 32, "%s", info->title);
        cli_figure_text((att_figure)f, value->value.mean, -1, cell(&t, t.rows, 1));
        interval_text((att_figure)f, &value->value, cell(&t, t.rows, 2));
        snprintf(cell(&t, t.rows, 3), 32, "%.0f", value->cases);
        spark_text(group, (att_figure)f, cell(&t, t.rows, 4));
        t.rows++;
    }
    if (t.rows == 1)
        return;
    putchar('\n');
    print_table(c, &t, "lrrrl");
}

// Of the second group: better, worse, or moved, where a figure is no matter of good and bad.
static const char *verdict_of(const att_longrun *report, int figure)
{
    const att_longrun_difference *d = &report->differences[figure];
    const int good = att_figure_get((att_figure)figure)->good;
    if (!d->judged || !(d->value.low > 0 || d->value.high < 0))
        return d->judged ? "" : "too few";
    const bool up = d->value.low > 0;
    return good == 0 ? (up ? "up" : "down") : up == (good > 0) ? "better" : "worse";
}

void cli_print_differences(const cli *c, const att_longrun *report)
{
    static table t;
    const char *names[] = {"figure", report->groups[0].name, report->groups[1].name, "difference",
        "interval", "change", "", NULL};
    head(&t, names);
    for (int f = 0; f < ATT_FIGURE_COUNT; f++) {
        const att_longrun_difference *d = &report->differences[f];
        const att_figure_info *info = att_figure_get((att_figure)f);
        const double before = report->groups[0].all.figures[f].value.mean,
                     after = report->groups[1].all.figures[f].value.mean;
        if (isnan(before) && isnan(after))
            continue;
        snprintf(cell(&t, t.rows, 0), 32, "%s", info->title);
        cli_figure_text((att_figure)f, before, -1, cell(&t, t.rows, 1));
        cli_figure_text((att_figure)f, after, -1, cell(&t, t.rows, 2));
        const int decimals = !isnan(before) ? cli_figure_decimals((att_figure)f, before) : 2;
        if (!isnan(d->value.mean))
            snprintf(cell(&t, t.rows, 3), 32, "%+.*f", decimals, d->value.mean * info->scale);
        if (!isnan(d->value.low))
            snprintf(cell(&t, t.rows, 4), 64, "%+.*f … %+.*f", decimals, d->value.low * info->scale,
                decimals, d->value.high * info->scale);
        if (!isnan(d->relative))
            snprintf(cell(&t, t.rows, 5), 32, "%+.1f %%", 100 * d->relative);
        snprintf(cell(&t, t.rows, 6), 32, "%s", verdict_of(report, f));
        t.rows++;
    }
    putchar('\n');
    print_table(c, &t, "lrrrrrl");
}

static void print_spans(const cli *c, const att_longrun *report, const att_longrun_group *group)
{
    static const att_figure shown[] = {ATT_FIGURE_PLAYS, ATT_FIGURE_EARLY_SKIPS_10S,
        ATT_FIGURE_SURVEY, ATT_FIGURE_RETURN_1, ATT_FIGURE_NDCG};
    static table t;
    static const char *const names[] = {"week of", "people", "events", "plays", "skips < 10 s",
        "survey", "back day 1", "NDCG", NULL};
    const size_t first = group->span_count > 60 ? group->span_count - 60 : 0;
    head(&t, names);
    if (report->by == ATT_BY_DAY)
        strcpy(cell(&t, 0, 0), "day");
    for (size_t i = first; i < group->span_count; i++) {
        const att_longrun_span *span = &group->spans[i];
        char date[16];
        date_text(span->start_ms, date);
        snprintf(cell(&t, t.rows, 0), 32, "%s%s", date, span->partial ? " (part)" : "");
        snprintf(cell(&t, t.rows, 1), 32, "%llu", (unsigned long long)span->people);
        snprintf(cell(&t, t.rows, 2), 32, "%llu", (unsigned long long)span->events);
        for (size_t k = 0; k < sizeof shown / sizeof shown[0]; k++)
            cli_figure_text(
                shown[k], span->figures[shown[k]].value.mean, -1, cell(&t, t.rows, 3 + k));
        t.rows++;
    }
    putchar('\n');
    if (report->group_count > 1)
        printf("%s\n", group->name);
    print_table(c, &t, "lrrrrrrr");
    if (first)
        printf("the newest 60 of %zu\n", group->span_count);
}

static void print_retention(const cli *c, const att_longrun *report)
{
    static table t;
    static const char *const names[] = {"since first seen", "people", "on that day", "interval", "",
        "then or later", "too young", NULL};
    head(&t, names);
    for (size_t g = 0; g < report->group_count; g++)
        for (int n = 0; n < ATT_RETENTION_COUNT; n++) {
            const att_retention *r = &report->groups[g].all.cohort[n];
            snprintf(cell(&t, t.rows, 0), 64, "%s%sback on day %u",
                report->group_count > 1 ? report->groups[g].name : "",
                report->group_count > 1 ? ": " : "", r->day);
            snprintf(cell(&t, t.rows, 1), 32, "%llu", (unsigned long long)r->people);
            snprintf(cell(&t, t.rows, 6), 32, "%llu", (unsigned long long)r->too_young);
            if (r->people) {
                snprintf(cell(&t, t.rows, 2), 32, "%.1f %%", 100 * r->classic.mean);
                snprintf(cell(&t, t.rows, 3), 32, "%.1f … %.1f", 100 * r->classic.low,
                    100 * r->classic.high);
                cli_bar(r->classic.mean, 20, cell(&t, t.rows, 4));
                snprintf(cell(&t, t.rows, 5), 32, "%.1f %%", 100 * r->rolling.mean);
            }
            t.rows++;
        }
    putchar('\n');
    print_table(c, &t, "lrrrlrr");
}

// Who came in which span, and how many of them were there again on day 1, 7, 28.
static void print_cohorts(const cli *c, const att_longrun *report, const att_longrun_group *group)
{
    static table t;
    static const char *const names[] = {
        "first seen in the week of", "people", "day 1", "day 7", "day 28", NULL};
    head(&t, names);
    if (report->by == ATT_BY_DAY)
        strcpy(cell(&t, 0, 0), "first seen on");
    for (size_t i = 0; i < group->span_count && t.rows < 60; i++) {
        const att_retention *cohort = group->spans[i].cohort;
        const uint64_t people = cohort[0].people + cohort[0].too_young;
        if (!people)
            continue;
        date_text(group->spans[i].start_ms, cell(&t, t.rows, 0));
        snprintf(cell(&t, t.rows, 1), 32, "%llu", (unsigned long long)people);
        for (int n = 0; n < ATT_RETENTION_COUNT; n++)
            if (cohort[n].people)
                snprintf(
                    cell(&t, t.rows, 2 + (size_t)n), 32, "%.1f %%", 100 * cohort[n].classic.mean);
        t.rows++;
    }
    if (t.rows < 3) // one row says what stands above
        return;
    putchar('\n');
    print_table(c, &t, "lrrrr");
}

// The curve's value on a day: that of the last step up to it.
static const att_survival_step *step_at(const att_longrun_group *group, uint32_t day)
{
    const att_survival_step *step = NULL;
    for (size_t i = 0; i < group->survival_count && group->survival[i].day <= day; i++)
        step = &group->survival[i];
    return step;
}

static void print_survival(const cli *c, const att_longrun *report)
{
    static const uint32_t days[] = {1, 7, 14, 28, 56, 84, 168, 364};
    static table t;
    static const char *const names[] = {"still there after", "share", "interval", "", NULL};
    head(&t, names);
    for (size_t g = 0; g < report->group_count; g++) {
        const att_longrun_group *group = &report->groups[g];
        for (size_t d = 0; d < sizeof days / sizeof days[0]; d++) {
            const att_survival_step *step = step_at(group, days[d]);
            if (!step || days[d] > group->survival_days)
                continue;
            snprintf(cell(&t, t.rows, 0), 64, "%s%s%s", report->group_count > 1 ? group->name : "",
                report->group_count > 1 ? ": " : "", cli_count(days[d], "day", "days"));
            snprintf(cell(&t, t.rows, 1), 32, "%.1f %%", 100 * step->alive.mean);
            snprintf(cell(&t, t.rows, 2), 32, "%.1f … %.1f", 100 * step->alive.low,
                100 * step->alive.high);
            cli_bar(step->alive.mean, 20, cell(&t, t.rows, 3));
            t.rows++;
        }
    }
    putchar('\n');
    if (t.rows > 1)
        print_table(c, &t, "lrrl");
    for (size_t g = 0; g < report->group_count; g++) {
        const att_longrun_group *group = &report->groups[g];
        printf(
            "%s%s: gone means silent for %u days; %llu people, %llu more came too late to tell\n",
            cli_paint(c, "dim"), group->name, report->churn_days,
            (unsigned long long)group->survival_people,
            (unsigned long long)group->survival_left_out);
    }
    fputs(cli_paint(c, "reset"), stdout);
}

// Words in lines of at most 98 bytes, `used` of the first one taken.
static void print_wrapped(const char *text, size_t used)
{
    while (*text) {
        size_t size = strcspn(text, " ");
        if (text[size] == ' ' && text[size + 1] == '%') // a number and its unit stay together
            size += 1 + strcspn(text + size + 1, " ");
        if (used > 2 && used + 1 + size > 98) {
            fputs("\n ", stdout);
            used = 1;
        }
        printf(" %.*s", (int)size, text);
        used += 1 + size;
        text += size + strspn(text + size, " ");
    }
    putchar('\n');
}

void cli_print_warnings(const cli *c, const att_longrun *report)
{
    static const char *const titles[] = {"GUARDRAIL WARNING", "WARNING", "TREND WARNING"};
    for (size_t i = 0; i < report->warning_count; i++) {
        const char *title = titles[report->warnings[i].kind];
        printf("\n%s%s%s:",
            cli_paint(c, report->warnings[i].kind == ATT_WARNING_GUARDRAIL ? "red" : "yellow"),
            title, cli_paint(c, "reset"));
        print_wrapped(report->warnings[i].text, strlen(title) + 1);
    }
    if (report->warning_count)
        return;
    bool judged = report->group_count == 1;
    for (int f = 0; f < ATT_FIGURE_COUNT && !judged; f++)
        judged = report->differences[f].judged;
    if (!judged) {
        printf(
            "\n%snothing is judged%s: too few people or cases in a group (--least says how few)\n",
            cli_paint(c, "yellow"), cli_paint(c, "reset"));
        return;
    }
    printf("\n%sno warning%s: %s\n", cli_paint(c, "green"), cli_paint(c, "reset"),
        report->group_count == 2
            ? "no satisfaction or retention figure got worse for sure, and no trend did"
            : "engagement does not rise while satisfaction or retention gets worse");
}

static void print_top(const cli *c, const att_longrun *report)
{
    char from[16], to[16];
    date_text(report->from_ms, from);
    date_text(report->to_ms, to);
    if (!report->people) {
        printf("the log holds nobody's events or decisions to report on\n");
        return;
    }
    printf("%s%s to %s%s: %s, %s, %s\n", cli_paint(c, "bold"), from, to, cli_paint(c, "reset"),
        cli_count(report->people, "person", "people"), cli_count(report->events, "event", "events"),
        cli_count(report->decisions, "decision", "decisions"));
    printf("%sleft out: %s, %llu opted out, %s set aside; %s in no session\n", cli_paint(c, "dim"),
        cli_count(report->bots, "bot", "bots"), (unsigned long long)report->opted_out,
        cli_count(report->set_aside_events, "event", "events"),
        cli_count(report->late_events, "late event", "late events"));
    if (report->in_both || report->in_neither)
        printf("%s in both groups, left out from then on; %llu in neither\n",
            cli_count(report->in_both, "person", "people"), (unsigned long long)report->in_neither);
    for (size_t g = 0; g < report->group_count; g++) {
        const att_longrun_group *group = &report->groups[g];
        printf("%s%s%llu people, %llu events, %llu decisions",
            report->group_count > 1 ? group->name : "", report->group_count > 1 ? ": " : "",
            (unsigned long long)group->all.people, (unsigned long long)group->all.events,
            (unsigned long long)group->all.decisions);
        if (!isnan(group->coverage))
            printf("; shown were %.1f %% of the catalogue, Gini %.3f", 100 * group->coverage,
                group->gini);
        if (!isnan(group->all.figures[ATT_FIGURE_EXPLORED].value.mean))
            printf("; explored %.2f %%, budget %g %%",
                100 * group->all.figures[ATT_FIGURE_EXPLORED].value.mean,
                100 * report->exploration_share);
        putchar('\n');
    }
    fputs(cli_paint(c, "reset"), stdout);
}

void cli_print_longrun(const cli *c, const att_longrun *report)
{
    print_top(c, report);
    if (!report->people)
        return;
    if (report->group_count == 2) {
        cli_print_differences(c, report);
    } else {
        for (int family = ATT_FAMILY_ENGAGEMENT; family <= ATT_FAMILY_RETENTION; family++)
            print_figures(c, report, (att_figure_family)family);
        print_figures(c, report, ATT_FAMILY_OTHER);
    }
    for (size_t g = 0; g < report->group_count; g++)
        print_spans(c, report, &report->groups[g]);
    print_retention(c, report);
    if (report->group_count == 1)
        print_cohorts(c, report, &report->groups[0]);
    print_survival(c, report);
    cli_print_warnings(c, report);
}
