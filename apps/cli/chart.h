// SPDX-License-Identifier: Apache-2.0
// apps/cli/chart.h - charts: lines with a band of confidence, and steps; drawn by cairo as SVG or PNG.
//
// Only what a report needs: panels of equal size in a grid, one legend for all. The same data gives the same bytes: no
// dates, no ids by chance. Built with the feature `charts`; without it cli_chart_draw says so.
#ifndef ATT_CLI_CHART_H
#define ATT_CLI_CHART_H

#include "attune/status.h"

typedef enum chart_form { CHART_LINES, CHART_STEPS } chart_form;

typedef struct chart_point {
    double x, y, low, high; // NaN in y: nothing there; NaN in low: no band
    bool faint;             // a span that is not whole: drawn hollow
} chart_point;

typedef struct chart_series {
    const chart_point *points; // (count), ascending in x
    size_t count;
} chart_series;

typedef struct chart_panel {
    const char *title, *unit; // unit: "", "%", "min"
    const char *note;         // small, under the title; "" for none
    chart_form form;
    bool x_is_time;             // x in ms since 1970, ticks are dates; else ticks are numbers
    const char *x_title;        // "" for none
    bool from_zero;             // the axis of y begins at 0
    double most;                // y never goes beyond this; NaN: no bound
    const chart_series *series; // (series_count), in the order of the legend
    size_t series_count;
} chart_panel;

typedef struct chart_page {
    const char *title, *subtitle;
    const char *const *legend; // (legend_count); one name is not drawn
    size_t legend_count;
    const char *footer;
    const chart_panel *panels; // (panel_count)
    size_t panel_count, columns;
    int width, height; // pixels, or points in SVG
} chart_page;

// By the ending of `path`: .svg or .png. Written under another name first and renamed, so nothing half-written is left.
att_status cli_chart_draw(const chart_page *page, const char *path, att_error *err);
const char *cli_chart_version(void); // of cairo; NULL: built without

#endif
