// SPDX-License-Identifier: Apache-2.0
// measure/longrun_judge.c - figures from sums, differences, and the warning that engagement rises while people are worse off.
//
// A figure moved for sure when its one-sided p, by the jackknife over people and Student's t, passes Holm's step-down
// test (1979) at `alarm` within its kind: all engagement figures are one kind, all of satisfaction and retention
// the other. The guardrail warning wants both: at least one engagement figure that rose, and at least one of the
// others that got worse. When nothing changed at all, or only one kind did, a warning is false, and its probability is at
// most `alarm`: each kind's family-wise error is. Figures of fewer than people_min people or answers_min cases
// in either group take no part.
//
// Trends: the slope of a figure over the whole spans of one group, least squares weighted by cases; its error by leaving
// out people, as above. It tells that people changed, not why: the season changes them, too.
#include "measure/longrun.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define TREND_SPANS_MIN 6
#define TEXT_SIZE 2048

// --- Figures -----------------------------------------------------------------------------------

typedef struct halves { // above and below the line: over all groups, and of each
    const double *above, *below;
    double above_all, below_all;
} halves;

static halves halves_of(const double *sums, att_figure figure)
{
    const longrun_ratio ratio = att_longrun_ratio(figure);
    halves h = {&sums[(size_t)ratio.above * LONGRUN_GROUPS],
        &sums[(size_t)ratio.below * LONGRUN_GROUPS], 0, 0};
    for (size_t g = 0; g < LONGRUN_GROUPS; g++) {
        h.above_all += h.above[g];
        h.below_all += h.below[g];
    }
    return h;
}

static double share(double above, double below)
{
    return below > 0 ? above / below : (double)NAN;
}

static double without_group(const halves *h, size_t group)
{
    return share(h->above_all - h->above[group], h->below_all - h->below[group]);
}

static bool is_empty(const halves *h, size_t group)
{
    return h->above[group] == 0 && h->below[group] == 0;
}

att_figure_value att_longrun_value(const double *sums, att_figure figure, double confidence)
{
    const halves h = halves_of(sums, figure);
    double without[LONGRUN_GROUPS];
    for (size_t g = 0; g < LONGRUN_GROUPS; g++)
        without[g] = is_empty(&h, g) ? (double)NAN : without_group(&h, g);
    att_interval interval =
        att_jackknife_interval(att_jackknife(share(h.above_all, h.below_all), without), confidence);
    if (interval.low < 0)
        interval.low = 0;
    if (att_figure_get(figure)->scale > 1 && interval.high > 1)
        interval.high = fmax(1, interval.mean);
    return (att_figure_value){interval, h.below_all};
}

att_longrun_difference att_longrun_difference_of(const double *before, const double *after,
    att_figure figure, const att_longrun_options *options)
{
    const halves a = halves_of(before, figure), b = halves_of(after, figure);
    const double first = share(a.above_all, a.below_all), second = share(b.above_all, b.below_all);
    double without[LONGRUN_GROUPS];
    for (size_t g = 0; g < LONGRUN_GROUPS; g++)
        without[g] = is_empty(&a, g) && is_empty(&b, g)
                         ? (double)NAN
                         : without_group(&b, g) - without_group(&a, g);
    const longrun_jackknife j = att_jackknife(second - first, without);
    att_longrun_difference d = {.value = att_jackknife_interval(j, options->confidence),
        .relative = first != 0 ? (second - first) / first : (double)NAN,
        .p_rise = (double)NAN,
        .p_fall = (double)NAN};
    if (j.error > 0) {
        d.p_fall = att_student_cdf(j.whole / j.error, j.df);
        d.p_rise = 1 - d.p_fall;
    }
    d.judged = !isnan(d.p_fall) && a.below_all >= options->answers_min &&
               b.below_all >= options->answers_min;
    return d;
}

// --- Holm --------------------------------------------------------------------------------------

typedef struct suspect {
    double p;
    att_figure figure;
} suspect;

static int less_likely(const void *a, const void *b)
{
    const suspect *x = a, *y = b;
    return x->p != y->p ? (x->p < y->p ? -1 : 1)
                        : (x->figure > y->figure) - (x->figure < y->figure);
}

static bool is_harm(const att_figure_info *info)
{
    return info->family == ATT_FAMILY_SATISFACTION || info->family == ATT_FAMILY_RETENTION;
}

// p of a rise for engagement, of a change for the worse for the others; NaN: takes no part.
static double suspicion(const att_longrun_difference *d, att_figure figure, bool harm)
{
    const att_figure_info *info = att_figure_get(figure);
    if (!d->judged || (harm ? !is_harm(info) : info->family != ATT_FAMILY_ENGAGEMENT))
        return (double)NAN;
    return info->good > 0 ? d->p_fall : d->p_rise;
}

static uint64_t holm(const att_longrun_difference *differences, bool harm, double alarm)
{
    suspect suspects[ATT_FIGURE_COUNT];
    size_t count = 0;
    uint64_t bits = 0;
    for (int f = 0; f < ATT_FIGURE_COUNT; f++) {
        const double p = suspicion(&differences[f], (att_figure)f, harm);
        if (!isnan(p))
            suspects[count++] = (suspect){p, (att_figure)f};
    }
    qsort(suspects, count, sizeof *suspects, less_likely);
    for (size_t i = 0; i < count && suspects[i].p <= alarm / (double)(count - i); i++)
        bits |= UINT64_C(1) << suspects[i].figure;
    return bits;
}

// --- Words -------------------------------------------------------------------------------------

typedef struct wording {
    char text[TEXT_SIZE];
    size_t used;
} wording;

static void say(wording *w, const char *format, ...) ATT_PRINTF(2, 3);
static void say(wording *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(w->text + w->used, sizeof w->text - w->used, format, args);
    va_end(args);
    if (length > 0)
        w->used = ATT_MIN(w->used + (size_t)length, sizeof w->text - 1);
}

static int decimals_of(double value)
{
    const double size = fabs(value);
    return size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.095 || size == 0 ? 2 : 4;
}

static void say_value(wording *w, const att_figure_info *info, double value)
{
    const double scaled = value * info->scale;
    say(w, "%.*f%s%s", decimals_of(scaled), scaled, info->unit[0] ? " " : "", info->unit);
}

static void say_changes(wording *w, const att_longrun *report, uint64_t bits)
{
    const char *between = "";
    for (int f = 0; f < ATT_FIGURE_COUNT; f++) {
        if (!(bits >> f & 1))
            continue;
        const att_figure_info *info = att_figure_get((att_figure)f);
        say(w, "%s%s ", between, info->title);
        say_value(w, info, report->groups[0].all.figures[f].value.mean);
        say(w, " -> ");
        say_value(w, info, report->groups[1].all.figures[f].value.mean);
        if (isfinite(report->differences[f].relative))
            say(w, " (%+.1f %%)", 100 * report->differences[f].relative);
        between = ", ";
    }
}

static void say_slopes(
    wording *w, const att_longrun_difference *slopes, uint64_t bits, const char *per)
{
    const char *between = "";
    for (int f = 0; f < ATT_FIGURE_COUNT; f++) {
        if (!(bits >> f & 1))
            continue;
        const att_figure_info *info = att_figure_get((att_figure)f);
        const double scaled = slopes[f].value.mean * info->scale;
        say(w, "%s%s %+.*f%s%s a %s", between, info->title, decimals_of(scaled), scaled,
            info->unit[0] ? " " : "", info->unit, per);
        between = ", ";
    }
}

static att_status keep_warning(att_longrun *report, att_longrun_warning *warnings,
    att_longrun_warning warning, const wording *w, att_arena *life, att_error *err)
{
    const att_text text = att_arena_text(life, (att_text){w->text, w->used});
    if (!text.data)
        return att_no_memory(err, w->used, "bytes of a warning");
    warning.text = text.data;
    warnings[report->warning_count++] = warning;
    return ATT_OK;
}

// --- Verdicts ----------------------------------------------------------------------------------

static const char *what_fell(uint64_t hurt)
{
    bool satisfaction = false, retention = false;
    for (int f = 0; f < ATT_FIGURE_COUNT; f++)
        if (hurt >> f & 1) {
            satisfaction |= att_figure_get((att_figure)f)->family == ATT_FAMILY_SATISFACTION;
            retention |= att_figure_get((att_figure)f)->family == ATT_FAMILY_RETENTION;
        }
    return satisfaction && retention ? "satisfaction and retention"
           : retention               ? "retention"
                                     : "satisfaction";
}

att_status att_longrun_judge_comparison(att_longrun *report, const att_longrun_options *options,
    att_longrun_warning *warnings, att_arena *life, att_error *err)
{
    const uint64_t risen = holm(report->differences, false, options->alarm);
    const uint64_t hurt = holm(report->differences, true, options->alarm);
    if (!hurt)
        return ATT_OK;
    wording w = {.used = 0};
    if (risen) {
        say(&w,
            "Engagement rose while %s got worse, from \"%s\" to \"%s\". Rose: ", what_fell(hurt),
            report->groups[0].name, report->groups[1].name);
        say_changes(&w, report, risen);
    } else {
        say(&w, "%c%s got worse, from \"%s\" to \"%s\"", what_fell(hurt)[0] - 'a' + 'A',
            what_fell(hurt) + 1, report->groups[0].name, report->groups[1].name);
    }
    say(&w, ". Worse: ");
    say_changes(&w, report, hurt);
    say(&w, ". Each stands out against chance at %g %% within its kind (Holm).",
        100 * options->alarm);
    const att_longrun_warning warning = {
        .kind = risen ? ATT_WARNING_GUARDRAIL : ATT_WARNING_HARM, .risen = risen, .hurt = hurt};
    return keep_warning(report, warnings, warning, &w, life, err);
}

// --- Trends ------------------------------------------------------------------------------------

typedef struct line { // sums of a weighted least-squares fit over time
    double w, x, y, xx, xy;
} line;

static double slope_of(const line *l)
{
    const double spread = l->xx - l->x * l->x / l->w;
    return spread > 0 ? (l->xy - l->x * l->y / l->w) / spread : (double)NAN;
}

static void line_add(line *l, double x, double above, double below)
{
    if (!(below > 0))
        return;
    l->w += below;
    l->x += below * x;
    l->y += above;
    l->xx += below * x * x;
    l->xy += x * above;
}

// Change per span, whole spans only; not judged with fewer than TREND_SPANS_MIN.
static att_longrun_difference trend_of(
    const att_longrun_fold *fold, int side, att_figure figure, const att_longrun_options *options)
{
    const longrun_side *s = &fold->sides[side];
    line whole = {0}, without[LONGRUN_GROUPS] = {{0}};
    bool empty[LONGRUN_GROUPS];
    size_t spans = 0;
    double least = INFINITY;
    memset(empty, 1, sizeof empty);
    for (size_t i = 0; i < s->spans.count; i++) {
        const halves h = halves_of(s->spans.items[i].sums, figure);
        if (att_longrun_span_is_partial(fold, side, &s->spans.items[i]) || !(h.below_all > 0))
            continue;
        const double x = (double)(s->spans.items[i].start_ms - s->spans.items[0].start_ms) /
                         (double)LONGRUN_DAY_MS / (fold->options.by == ATT_BY_DAY ? 1 : 7);
        line_add(&whole, x, h.above_all, h.below_all);
        for (size_t g = 0; g < LONGRUN_GROUPS; g++) {
            line_add(&without[g], x, h.above_all - h.above[g], h.below_all - h.below[g]);
            empty[g] &= is_empty(&h, g);
        }
        least = fmin(least, h.below_all);
        spans++;
    }
    double slopes[LONGRUN_GROUPS];
    for (size_t g = 0; g < LONGRUN_GROUPS; g++)
        slopes[g] = empty[g] ? (double)NAN : slope_of(&without[g]);
    const longrun_jackknife j = att_jackknife(slope_of(&whole), slopes);
    att_longrun_difference d = {.value = att_jackknife_interval(j, options->confidence),
        .p_rise = (double)NAN,
        .p_fall = (double)NAN};
    if (j.error > 0) {
        d.p_fall = att_student_cdf(j.whole / j.error, j.df);
        d.p_rise = 1 - d.p_fall;
    }
    d.judged = !isnan(d.p_fall) && spans >= TREND_SPANS_MIN && least >= options->answers_min;
    return d;
}

att_status att_longrun_judge_trend(const att_longrun_fold *fold, int side, att_longrun *report,
    att_longrun_warning *warnings, att_arena *life, att_error *err)
{
    att_longrun_difference slopes[ATT_FIGURE_COUNT];
    for (int f = 0; f < ATT_FIGURE_COUNT; f++)
        slopes[f] = trend_of(fold, side, (att_figure)f, &fold->options);
    const uint64_t risen = holm(slopes, false, fold->options.alarm),
                   hurt = holm(slopes, true, fold->options.alarm);
    if (!risen || !hurt)
        return ATT_OK;
    const char *per = fold->options.by == ATT_BY_DAY ? "day" : "week";
    wording w = {.used = 0};
    say(&w, "In \"%s\" engagement rises while %s gets worse, %s by %s. Rises: ",
        report->groups[side].name, what_fell(hurt), per, per);
    say_slopes(&w, slopes, risen, per);
    say(&w, ". Worse: ");
    say_slopes(&w, slopes, hurt, per);
    say(&w, ". A season does this, too: compare with people who were held out.");
    const att_longrun_warning warning = {.kind = ATT_WARNING_TREND, .risen = risen, .hurt = hurt};
    return keep_warning(report, warnings, warning, &w, life, err);
}
