// SPDX-License-Identifier: Apache-2.0
// apps/cli/out_chart.c - the long run as one page of charts: a panel for each figure that was asked for, and survival.
#include "chart.h"
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PANELS_MAX 12

typedef struct drawing {
    chart_panel panels[PANELS_MAX];
    chart_series series[PANELS_MAX][2];
    chart_point *points; // all of them, one after the other
    size_t panel_count, point_count;
} drawing;

static chart_point *take(drawing *d, chart_series *series, size_t count)
{
    chart_point *points = d->points + d->point_count;
    *series = (chart_series){points, count};
    d->point_count += count;
    return points;
}

static void add_figure(drawing *d, const att_longrun *report, att_figure figure)
{
    const att_figure_info *info = att_figure_get(figure);
    chart_series *series = d->series[d->panel_count];
    for (size_t g = 0; g < report->group_count; g++) {
        const att_longrun_group *group = &report->groups[g];
        chart_point *points = take(d, &series[g], group->span_count);
        for (size_t i = 0; i < group->span_count; i++) {
            const att_longrun_span *span = &group->spans[i];
            const att_interval *v = &span->figures[figure].value;
            points[i] = (chart_point){.x = ((double)span->start_ms + (double)span->end_ms) / 2,
                .y = v->mean * info->scale,
                .low = v->low * info->scale,
                .high = v->high * info->scale,
                .faint = span->partial};
        }
    }
    d->panels[d->panel_count++] = (chart_panel){.title = info->title,
        .unit = info->unit,
        .note = info->meaning,
        .form = CHART_LINES,
        .x_is_time = true,
        .x_title = "",
        .most = strcmp(info->unit, "%") == 0 ? 100 : (double)NAN,
        .series = series,
        .series_count = report->group_count};
}

static void add_survival(drawing *d, const att_longrun *report)
{
    chart_series *series = d->series[d->panel_count];
    for (size_t g = 0; g < report->group_count; g++) {
        const att_longrun_group *group = &report->groups[g];
        const bool any = group->survival_count > 0;
        chart_point *points = take(d, &series[g], group->survival_count + any);
        for (size_t i = 0; i < group->survival_count; i++) {
            const att_survival_step *step = &group->survival[i];
            points[i] = (chart_point){.x = step->day,
                .y = 100 * step->alive.mean,
                .low = 100 * step->alive.low,
                .high = 100 * step->alive.high};
        }
        if (any) { // level up to the last day that can be told
            points[group->survival_count] = points[group->survival_count - 1];
            points[group->survival_count].x =
                fmax(points[group->survival_count - 1].x, (double)group->survival_days);
        }
    }
    d->panels[d->panel_count++] = (chart_panel){.title = "still there",
        .unit = "%",
        .note = "Kaplan-Meier, of people by days since they were first seen",
        .form = CHART_STEPS,
        .x_title = "days",
        .most = 100,
        .series = series,
        .series_count = report->group_count};
}

// Names by commas; "survival" is one of them. False: there is no such figure, and *unknown is it.
static bool add_panels(drawing *d, const att_longrun *report, const char *names, char unknown[64])
{
    for (const char *at = names; *at && d->panel_count < PANELS_MAX;) {
        const size_t size = strcspn(at, ",");
        att_figure figure;
        if (size == 8 && memcmp(at, "survival", 8) == 0)
            add_survival(d, report);
        else if (att_figure_parse((att_text){at, size}, &figure))
            add_figure(d, report, figure);
        else {
            snprintf(unknown, 64, "%.*s", (int)size, at);
            return false;
        }
        at += size + (at[size] == ',');
    }
    return true;
}

static void subtitle_of(const att_longrun *report, char *out, size_t size)
{
    char from[32], to[32];
    cli_time_text(report->from_ms, from);
    cli_time_text(report->to_ms, to);
    snprintf(out, size, "%.10s to %.10s, %llu people, by %s (UTC)", from, to,
        (unsigned long long)report->people, report->by == ATT_BY_DAY ? "day" : "week");
}

static const char *defaults_for(const att_longrun *report)
{
    const bool decided = report->decisions > 0;
    return decided ? "plays,uptake,early-skips-10s,survey,return-1,survival"
                   : "plays,clicks,early-skips-10s,survey,return-1,survival";
}

int cli_chart_longrun(
    const cli *c, const att_longrun *report, const char *figures, const char *path)
{
    size_t points = 0;
    for (size_t g = 0; g < report->group_count; g++)
        points +=
            (report->groups[g].span_count + report->groups[g].survival_count + 1) * PANELS_MAX;
    drawing *d = calloc(1, sizeof *d);
    chart_point *all = calloc(points + 1, sizeof *all);
    char unknown[64] = "", subtitle[160], footer[200];
    int code = d && all ? 0 : 71;
    if (!code) {
        d->points = all;
        if (!add_panels(d, report, figures ? figures : defaults_for(report), unknown))
            code = cli_usage(c,
                "--figures names \"%s\", expected names from attune report --json, or survival",
                unknown);
    }
    if (!code) {
        const char *legend[] = {
            report->groups[0].name, report->group_count > 1 ? report->groups[1].name : ""};
        const bool warns =
            report->warning_count > 0 && report->warnings[0].kind == ATT_WARNING_GUARDRAIL;
        subtitle_of(report, subtitle, sizeof subtitle);
        snprintf(footer, sizeof footer,
            "Bands are %g %% intervals over people. Hollow marks: part of a %s. Gone means silent "
            "for %u days.%s",
            100 * report->confidence, report->by == ATT_BY_DAY ? "day" : "week", report->churn_days,
            warns ? " GUARDRAIL WARNING: see the report." : "");
        const chart_page page = {
            .title = report->group_count > 1 ? "The long run, compared" : "The long run",
            .subtitle = subtitle,
            .legend = legend,
            .legend_count = report->group_count,
            .footer = footer,
            .panels = d->panels,
            .panel_count = d->panel_count,
            .columns = d->panel_count == 1   ? 1
                       : d->panel_count <= 4 ? 2
                                             : 3,
            .width = 1280,
            .height = 800};
        att_error err = {0};
        const att_status status = cli_chart_draw(&page, path, &err);
        if (status)
            code = cli_fail(c, status, &err);
    }
    free(all);
    free(d);
    return code;
}
