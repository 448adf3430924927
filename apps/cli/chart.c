// SPDX-License-Identifier: Apache-2.0
// apps/cli/chart.c - charts: lines with a band of confidence, and steps; drawn by cairo as SVG or PNG.
//
// Colours are Okabe and Ito's (2008), told apart by people with any of the usual colour blindnesses; series differ in their
// marks, too. Ticks are 1, 2 or 5 times a power of ten, or days of the calendar.
#include "chart.h"

#include <string.h>

#ifdef ATT_CHARTS

#include <cairo-svg.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PATH_SIZE 4096
#define TICKS_MAX 16
#define DAY_MS 86400000.0

typedef struct colour {
    double r, g, b;
} colour;

static const colour ink = {0.13, 0.15, 0.18}, grey = {0.42, 0.45, 0.50}, rule = {0.90, 0.91, 0.93},
                    axis = {0.62, 0.65, 0.70}, paper = {1, 1, 1};
static const colour palette[] = {
    {0, 0.447, 0.698}, {0.835, 0.369, 0}, {0, 0.62, 0.451}, {0.8, 0.475, 0.655}};

typedef struct box {
    double x, y, width, height;
} box;

// --- Words ------------------------------------------------------------------------------------------------------

static void set(cairo_t *cr, colour c, double alpha)
{
    cairo_set_source_rgba(cr, c.r, c.g, c.b, alpha);
}

static void font(cairo_t *cr, double size, bool bold)
{
    cairo_select_font_face(cr, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
        bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, size);
}

static double text_width(cairo_t *cr, const char *text)
{
    cairo_text_extents_t extents;
    cairo_text_extents(cr, text, &extents);
    return extents.x_advance;
}

// `anchor` 0: begins at x, 0.5: centred, 1: ends there. y is the base line.
static void write_text(cairo_t *cr, double x, double y, double anchor, const char *text)
{
    cairo_move_to(cr, x - anchor * text_width(cr, text), y);
    cairo_show_text(cr, text);
}

// --- Scales -----------------------------------------------------------------------------------------------------

typedef struct scale { // values low … high lie at from … to
    double low, high, from, to;
    double ticks[TICKS_MAX];
    size_t tick_count;
    int decimals;
    bool is_time;
} scale;

static double place(const scale *s, double value)
{
    return s->from + (value - s->low) / (s->high - s->low) * (s->to - s->from);
}

static double nice_step(double range, double wanted)
{
    const double rough = range / wanted, power = pow(10, floor(log10(rough))), rest = rough / power;
    return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

static void add_ticks(scale *s, double step)
{
    for (double i = ceil(s->low / step - 1e-9);
         i * step <= s->high + 1e-9 * step && s->tick_count < TICKS_MAX; i++)
        s->ticks[s->tick_count++] = i * step;
}

static void number_scale(scale *s, double step)
{
    s->decimals = (int)fmax(0, fmin(6, ceil(-log10(step) - 1e-9)));
    add_ticks(s, step);
}

// Ticks on whole days; from a week on on Mondays, since day 0 was a Thursday.
static void time_scale(scale *s)
{
    static const double steps[] = {1, 2, 7, 14, 28, 56, 91, 182, 364, 728, 1820, 3640};
    const double days = (s->high - s->low) / DAY_MS;
    double step = 0;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        step = steps[i];
        if (days / step <= 5.5)
            break;
    }
    const double offset = step >= 7 ? 4 : 0, first = ceil((s->low / DAY_MS - offset) / step - 1e-9);
    s->is_time = true;
    for (double i = first; (i * step + offset) * DAY_MS <= s->high + 1 && s->tick_count < TICKS_MAX;
         i++)
        s->ticks[s->tick_count++] = (i * step + offset) * DAY_MS;
}

static void tick_text(const scale *s, double value, const char *unit, char out[32])
{
    if (s->is_time) {
        const time_t seconds = (time_t)(value / 1000);
        struct tm tm;
        static const char *const months[] = {
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        gmtime_r(&seconds, &tm);
        snprintf(out, 32, "%d %s", tm.tm_mday, months[tm.tm_mon]);
    } else {
        snprintf(
            out, 32, "%.*f%s%s", s->decimals, value == 0 ? 0.0 : value, unit[0] ? " " : "", unit);
    }
}

// --- Panels -----------------------------------------------------------------------------------------------------

typedef struct bounds {
    double x_low, x_high, y_low, y_high;
} bounds;

static bounds bounds_of(const chart_panel *panel)
{
    bounds b = {INFINITY, -INFINITY, INFINITY, -INFINITY};
    for (size_t s = 0; s < panel->series_count; s++)
        for (size_t i = 0; i < panel->series[s].count; i++) {
            const chart_point *p = &panel->series[s].points[i];
            if (isnan(p->y))
                continue;
            b.x_low = fmin(b.x_low, p->x);
            b.x_high = fmax(b.x_high, p->x);
            b.y_low = fmin(b.y_low, isnan(p->low) ? p->y : p->low);
            b.y_high = fmax(b.y_high, isnan(p->high) ? p->y : p->high);
        }
    return b;
}

// Round numbers at both ends of y; returns how far ticks are apart.
static double y_range(const chart_panel *panel, bounds *b)
{
    const double size = fmax(fabs(b->y_high), 1e-9);
    if (b->y_high - b->y_low < 1e-6 * size) {
        b->y_low -= 0.1 * size;
        b->y_high += 0.1 * size;
    }
    const double low = b->y_low;
    if (panel->from_zero && low >= 0)
        b->y_low = 0;
    const double step = nice_step(b->y_high - b->y_low, 4);
    b->y_low = floor(b->y_low / step + 1e-9) * step;
    b->y_high = ceil(b->y_high / step - 1e-9) * step;
    if (low >= 0 && b->y_low < 0)
        b->y_low = 0;
    if (!isnan(panel->most))
        b->y_high = fmin(b->y_high, panel->most);
    return step;
}

static void mark(cairo_t *cr, size_t series, double x, double y, bool faint)
{
    const colour c = palette[series % (sizeof palette / sizeof palette[0])];
    cairo_new_path(cr);
    if (series % 2 == 0)
        cairo_arc(cr, x, y, 3.4, 0, 2 * M_PI);
    else
        cairo_rectangle(cr, x - 3.1, y - 3.1, 6.2, 6.2);
    set(cr, faint ? paper : c, 1);
    cairo_fill_preserve(cr);
    set(cr, faint ? c : paper, 1);
    cairo_set_line_width(cr, 1.4);
    cairo_stroke(cr);
}

// The run of points from `first` on without a gap; where it ends.
static size_t run_end(const chart_series *s, size_t first)
{
    size_t end = first;
    while (end < s->count && !isnan(s->points[end].y))
        end++;
    return end;
}

static void band_edge(cairo_t *cr, const chart_panel *panel, const chart_series *s, size_t first,
    size_t end, bool upper, const scale *x, const scale *y)
{
    double before = NAN;
    for (size_t k = first; k < end; k++) {
        const size_t i = upper ? k : end - 1 - (k - first);
        const chart_point *p = &s->points[i];
        const double value = isnan(p->low) ? p->y : upper ? p->high : p->low;
        const double px = place(x, p->x), py = place(y, fmin(y->high, fmax(y->low, value)));
        if (panel->form == CHART_STEPS && !isnan(before)) {
            if (upper)
                cairo_line_to(cr, px, before);
            else
                cairo_line_to(cr, before, py);
        }
        cairo_line_to(cr, px, py);
        before = upper ? py : px;
    }
}

static void draw_band(
    cairo_t *cr, const chart_panel *panel, size_t series, const scale *x, const scale *y)
{
    const chart_series *s = &panel->series[series];
    for (size_t first = 0; first < s->count;) {
        const size_t end = run_end(s, first);
        if (end > first) {
            cairo_new_path(cr);
            band_edge(cr, panel, s, first, end, true, x, y);
            band_edge(cr, panel, s, first, end, false, x, y);
            cairo_close_path(cr);
            set(cr, palette[series % (sizeof palette / sizeof palette[0])], 0.16);
            cairo_fill(cr);
        }
        first = end + 1;
    }
}

static void draw_line(
    cairo_t *cr, const chart_panel *panel, size_t series, const scale *x, const scale *y)
{
    const chart_series *s = &panel->series[series];
    double before = NAN;
    cairo_new_path(cr);
    for (size_t i = 0; i < s->count; i++) {
        const chart_point *p = &s->points[i];
        const double px = place(x, p->x), py = place(y, p->y);
        if (isnan(p->y) || isnan(before))
            isnan(p->y) ? cairo_new_sub_path(cr) : cairo_move_to(cr, px, py);
        else {
            if (panel->form == CHART_STEPS)
                cairo_line_to(cr, px, before);
            cairo_line_to(cr, px, py);
        }
        before = py;
    }
    set(cr, palette[series % (sizeof palette / sizeof palette[0])], 1);
    cairo_set_line_width(cr, 2.2);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_stroke(cr);
    for (size_t i = 0; panel->form == CHART_LINES && s->count <= 40 && i < s->count; i++)
        if (!isnan(s->points[i].y))
            mark(
                cr, series, place(x, s->points[i].x), place(y, s->points[i].y), s->points[i].faint);
}

static void draw_axes(
    cairo_t *cr, const chart_panel *panel, const box *plot, const scale *x, const scale *y)
{
    char text[32];
    font(cr, 11, false);
    cairo_set_line_width(cr, 1);
    for (size_t i = 0; i < y->tick_count; i++) {
        const double at = floor(place(y, y->ticks[i])) + 0.5;
        set(cr, rule, 1);
        cairo_move_to(cr, plot->x, at);
        cairo_line_to(cr, plot->x + plot->width, at);
        cairo_stroke(cr);
        tick_text(y, y->ticks[i], panel->unit, text);
        set(cr, grey, 1);
        write_text(cr, plot->x - 8, at + 4, 1, text);
    }
    const double base = floor(plot->y + plot->height) + 0.5;
    set(cr, axis, 1);
    cairo_move_to(cr, plot->x, base);
    cairo_line_to(cr, plot->x + plot->width, base);
    cairo_stroke(cr);
    for (size_t i = 0; i < x->tick_count; i++) {
        const double at = floor(place(x, x->ticks[i])) + 0.5;
        set(cr, axis, 1);
        cairo_move_to(cr, at, base);
        cairo_line_to(cr, at, base + 5);
        cairo_stroke(cr);
        tick_text(x, x->ticks[i], "", text);
        set(cr, grey, 1);
        write_text(cr, at, base + 19, 0.5, text);
    }
    if (panel->x_title[0]) {
        set(cr, grey, 1);
        write_text(cr, plot->x + plot->width, base + 34, 1, panel->x_title);
    }
}

// Room for the widest label of the y axis.
static double label_width(cairo_t *cr, const scale *y, const char *unit)
{
    char text[32];
    double width = 0;
    font(cr, 11, false);
    for (size_t i = 0; i < y->tick_count; i++) {
        tick_text(y, y->ticks[i], unit, text);
        width = fmax(width, text_width(cr, text));
    }
    return width;
}

// In a smaller face when it is too long for the width.
static void write_note(cairo_t *cr, double x, double y, double width, const char *text)
{
    font(cr, 11, false);
    const double wide = text_width(cr, text);
    if (wide > width)
        font(cr, fmax(8.5, floor(22 * width / wide) / 2), false);
    set(cr, grey, 1);
    write_text(cr, x, y, 0, text);
}

static void draw_panel(cairo_t *cr, const chart_panel *panel, box area)
{
    bounds b = bounds_of(panel);
    font(cr, 14, true);
    set(cr, ink, 1);
    write_text(cr, area.x, area.y + 15, 0, panel->title);
    write_note(cr, area.x, area.y + 32, area.width, panel->note);
    if (b.x_low > b.x_high) {
        write_text(cr, area.x + area.width / 2, area.y + area.height / 2, 0.5, "nothing to show");
        return;
    }
    if (b.x_low == b.x_high) {
        b.x_low -= panel->x_is_time ? DAY_MS : 0.5;
        b.x_high += panel->x_is_time ? DAY_MS : 0.5;
    }
    const double step = y_range(panel, &b);
    scale y = {
        .low = b.y_low, .high = b.y_high, .from = area.y + area.height - 38, .to = area.y + 50};
    number_scale(&y, step);
    const double left = label_width(cr, &y, panel->unit) + 10;
    const box plot = {area.x + left, y.to, area.width - left - 8, y.from - y.to};
    scale x = {.low = b.x_low, .high = b.x_high, .from = plot.x + 8, .to = plot.x + plot.width - 8};
    if (panel->x_is_time)
        time_scale(&x);
    else
        number_scale(&x, nice_step(x.high - x.low, 5));
    draw_axes(cr, panel, &plot, &x, &y);
    for (size_t s = 0; s < panel->series_count; s++)
        draw_band(cr, panel, s, &x, &y);
    for (size_t s = 0; s < panel->series_count; s++)
        draw_line(cr, panel, s, &x, &y);
}

// --- The page ---------------------------------------------------------------------------------------------------

static void draw_legend(cairo_t *cr, const chart_page *page, double right, double y)
{
    font(cr, 13, false);
    for (size_t k = page->legend_count; page->legend_count > 1 && k-- > 0;) {
        right -= text_width(cr, page->legend[k]);
        set(cr, ink, 1);
        write_text(cr, right, y, 0, page->legend[k]);
        right -= 34;
        set(cr, palette[k % (sizeof palette / sizeof palette[0])], 1);
        cairo_set_line_width(cr, 2.2);
        cairo_move_to(cr, right, y - 4.5);
        cairo_line_to(cr, right + 26, y - 4.5);
        cairo_stroke(cr);
        mark(cr, k, right + 13, y - 4.5, false);
        right -= 24;
    }
}

static void draw_page(cairo_t *cr, const chart_page *page)
{
    const double margin = 36, top = 92, foot = 44, gap_x = 36, gap_y = 26;
    const size_t rows = (page->panel_count + page->columns - 1) / page->columns;
    const double width =
        (page->width - 2 * margin - gap_x * (double)(page->columns - 1)) / (double)page->columns;
    const double height = (page->height - top - foot - gap_y * (double)(rows - 1)) / (double)rows;
    set(cr, paper, 1);
    cairo_paint(cr);
    font(cr, 22, true);
    set(cr, ink, 1);
    write_text(cr, margin, 44, 0, page->title);
    font(cr, 13, false);
    set(cr, grey, 1);
    write_text(cr, margin, 66, 0, page->subtitle);
    draw_legend(cr, page, page->width - margin, 44);
    for (size_t i = 0; i < page->panel_count; i++)
        draw_panel(cr, &page->panels[i],
            (box){margin + (width + gap_x) * (double)(i % page->columns),
                top + (height + gap_y) * (double)(i / page->columns), width, height});
    font(cr, 11, false);
    set(cr, grey, 1);
    write_text(cr, margin, page->height - 18, 0, page->footer);
}

static att_status fail(att_error *err, att_status status, const char *path, const char *why)
{
    if (err) {
        err->status = status;
        snprintf(err->text, sizeof err->text, "drawing %s: %s", path, why);
    }
    return status;
}

static bool ends_with(const char *path, const char *end)
{
    const size_t size = strlen(path), end_size = strlen(end);
    return size > end_size && strcmp(path + size - end_size, end) == 0;
}

static cairo_status_t draw_to(const chart_page *page, const char *path, bool svg)
{
    cairo_surface_t *surface =
        svg ? cairo_svg_surface_create(path, page->width, page->height)
            : cairo_image_surface_create(CAIRO_FORMAT_RGB24, page->width, page->height);
    cairo_t *cr = cairo_create(surface);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_SLIGHT);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(cr, options);
    cairo_font_options_destroy(options);
    draw_page(cr, page);
    cairo_status_t status = cairo_status(cr);
    cairo_destroy(cr);
    if (status == CAIRO_STATUS_SUCCESS && !svg)
        status = cairo_surface_write_to_png(surface, path);
    cairo_surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    return status;
}

att_status cli_chart_draw(const chart_page *page, const char *path, att_error *err)
{
    char other[PATH_SIZE];
    const bool svg = ends_with(path, ".svg");
    if (!svg && !ends_with(path, ".png"))
        return fail(err, ATT_INVALID, path, "the name of a chart ends with .svg or .png");
    if (snprintf(other, sizeof other, "%s.tmp-%ld", path, (long)getpid()) >= PATH_SIZE)
        return fail(err, ATT_INVALID, path, "the name is too long");
    errno = 0;
    const cairo_status_t status = draw_to(page, other, svg);
    if (status == CAIRO_STATUS_SUCCESS && rename(other, path) == 0)
        return ATT_OK;
    const char *why = errno ? strerror(errno) : cairo_status_to_string(status);
    unlink(other);
    return fail(err, status == CAIRO_STATUS_NO_MEMORY ? ATT_NO_MEMORY : ATT_IO, path, why);
}

const char *cli_chart_version(void)
{
    return cairo_version_string();
}

#else

#include <stdio.h>

att_status cli_chart_draw(const chart_page *page, const char *path, att_error *err)
{
    (void)page;
    if (err) {
        err->status = ATT_UNSUPPORTED;
        snprintf(err->text, sizeof err->text,
            "drawing %s: this build is without charts (meson setup -Dcharts=enabled, with cairo)",
            path);
    }
    return ATT_UNSUPPORTED;
}

const char *cli_chart_version(void)
{
    return NULL;
}

#endif
