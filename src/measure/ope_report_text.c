// SPDX-License-Identifier: Apache-2.0
// measure/ope_report_text.c - an off-policy report as lines of at most a hundred columns.
#include "attune/ope.h"
#include "base/base.h"

#include <stdio.h>

#define LINE_SIZE 768
#define WIDTH 98

typedef struct printer {
    att_report_sink *sink;
    void *user;
    bool go;
    char line[LINE_SIZE];
    size_t used;
} printer;

static void put(printer *p, const char *format, ...) ATT_PRINTF(2, 3);
static void put(printer *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(p->line + p->used, LINE_SIZE - p->used, format, args);
    va_end(args);
    if (length > 0)
        p->used = ATT_MIN(p->used + (size_t)length, (size_t)LINE_SIZE - 1);
}

static void say(printer *p, att_text line)
{
    while (line.size > 0 && line.data[line.size - 1] == ' ')
        line.size--;
    p->go = p->go && p->sink(p->user, line);
}

// What was put, in lines of at most WIDTH bytes; lines after the first are indented.
static void end_line(printer *p)
{
    const char *at = p->line;
    size_t left = p->used;
    char indented[LINE_SIZE];
    for (bool first = true; first || left > 0; first = false) {
        const size_t width = WIDTH - (first ? 0 : 2);
        size_t size = left;
        if (size > width) {
            size = width;
            while (size > 1 && at[size] != ' ')
                size--;
        }
        const int length = snprintf(indented, sizeof indented, "%s%.*s", first ? "" : "  ", (int)size, at);
        say(p, (att_text){indented, (size_t)length});
        at += size;
        left -= size;
        while (left > 0 && *at == ' ') {
            at++;
            left--;
        }
    }
    p->used = 0;
}

static void name_of(const att_ope_pick *pick, char out[32])
{
    if (pick->estimator->has_level)
        snprintf(out, 32, "%s@%g", pick->estimator->name, pick->level);
    else
        snprintf(out, 32, "%s", pick->estimator->name);
}

static void put_pair(printer *p, const char *format, double low, double high, int width)
{
    char cell[64], a[24], b[24];
    snprintf(a, sizeof a, format, low);
    snprintf(b, sizeof b, format, high);
    snprintf(cell, sizeof cell, "[%s %s]%s", a, b, format[1] == '+' && (low > 0 || high < 0) ? "*" : "");
    put(p, "%-*s", width, cell);
}

static void put_support(printer *p, const att_ope_support *s)
{
    put(p, "%zu rows of %zu %s weigh like %.1f; weights average %.3f, the largest is %.1f.", s->rows, s->people,
        s->people == 1 ? "person" : "people", s->effective, s->weight_mean, s->weight_largest);
    end_line(p);
    put(p, "Support gaps: %.2f %% of the target's mass where the log has none, %.2f %% where it never came.", 100 * s->gap,
        100 * s->gap_unseen);
    end_line(p);
}

static void put_values(printer *p, const att_ope_report *report, const att_ope_part *part)
{
    char head[32];
    snprintf(head, sizeof head, "%g %% interval", 100 * report->confidence);
    put(p, "%-16s%-12s%-19s%-18s%-20s%-8s%s", "estimator", "value", head, "anytime-valid", "less the log", "ESS", "max w");
    end_line(p);
    for (size_t i = 0; i < part->value_count; i++) {
        const att_ope_value *v = &part->values[i];
        char name[32];
        name_of(&v->pick, name);
        put(p, "%-16s%-12.8f", name, v->value);
        put_pair(p, "%.5f", v->interval.low, v->interval.high, 19);
        put_pair(p, "%.4f", v->anytime.low, v->anytime.high, 18);
        put_pair(p, "%+.4f", v->difference.low, v->difference.high, 20);
        put(p, "%-8.1f%.3g", v->effective, v->weight_largest);
        end_line(p);
    }
}

static void put_all(printer *p, const att_ope_report *report, const att_ope_part *part)
{
    put_support(p, &part->support);
    put(p, "The log itself earned %.8f [%.5f %.5f] a row.", part->logged.mean, part->logged.low, part->logged.high);
    end_line(p);
    end_line(p);
    if (part->answer)
        put(p, "%s", part->why);
    else
        put_values(p, report, part);
    if (p->used)
        end_line(p);
    end_line(p);
}

static const att_ope_value *value_named(const att_ope_part *part, const char *name)
{
    for (size_t i = 0; i < part->value_count; i++)
        if (strcmp(part->values[i].pick.estimator->name, name) == 0)
            return &part->values[i];
    return part->value_count ? &part->values[0] : NULL;
}

static void put_slots(printer *p, const att_ope_report *report)
{
    if (report->part_count < 2)
        return;
    put(p, "%-9s%-9s%-9s%-9s%-8s%-12s%-12s%s", "slot", "rows", "ESS", "largest", "gap", "snips", "dr", "dr's interval");
    end_line(p);
    for (size_t i = 1; i < report->part_count; i++) {
        const att_ope_part *part = &report->parts[i];
        const att_ope_support *s = &part->support;
        const att_ope_value *snips = value_named(part, "snips"), *dr = value_named(part, "dr");
        put(p, "%-9s%-9zu%-9.1f%-9.4g%-8.4f", part->name, s->rows, s->effective, s->weight_largest, s->gap);
        if (part->answer)
            put(p, "insufficient support");
        else {
            put(p, "%-12.8f%-12.8f", snips->value, dr->value);
            put_pair(p, "%.5f", dr->interval.low, dr->interval.high, 0);
        }
        end_line(p);
    }
    end_line(p);
}

static void put_slates(printer *p, const att_ope_report *report)
{
    if (report->slate_count == 0)
        return;
    put(p, "Whole slates, sum of rewards; the log's own earned %.5f [%.5f %.5f].", report->slate_logged.mean,
        report->slate_logged.low, report->slate_logged.high);
    end_line(p);
    put(p, "%-25s%-12s%-22s%-9s%s", "slate estimator", "value", "interval", "ESS", "largest");
    end_line(p);
    for (size_t i = 0; i < report->slate_count; i++) {
        const att_ope_slate_value *v = &report->slates[i];
        char name[40];
        snprintf(name, sizeof name, "%s%s", v->estimator->name, v->normalized ? ", normalized" : "");
        put(p, "%-25s", name);
        if (v->answer)
            put(p, "%-34s", "insufficient support");
        else {
            put(p, "%-12.6f", v->value);
            put_pair(p, "%.5f", v->interval.low, v->interval.high, 22);
        }
        put(p, "%-9.1f%.4g", v->effective, v->weight_largest);
        end_line(p);
    }
    for (size_t i = 0; i < report->slate_count; i += 2) {
        const att_ope_slate_estimator *e = report->slates[i].estimator;
        put(p, "%s: %s; assumes %s. %s.", e->name, e->formula, e->assumes, e->paper);
        end_line(p);
    }
    end_line(p);
}

static void put_legend(printer *p, const att_ope_report *report)
{
    const att_ope_part *all = &report->parts[0];
    for (size_t i = 0; i < all->value_count; i++) {
        const att_ope_estimator *e = all->values[i].pick.estimator;
        if (i > 0 && all->values[i - 1].pick.estimator == e)
            continue;
        put(p, "%s: %s; %s. %s.", e->name, e->formula, e->note, e->paper);
        end_line(p);
    }
    if (all->value_count == 0)
        return;
    put(p, "The interval is asymptotic (normal, people as the unit); of a biased estimator (clipped-ips, dm, switch-dr, dros) it "
           "reaches to where the interval of its unbiased sibling ends. Anytime-valid is a confidence sequence of the true value (Waudby-Smith et al. 2022): it holds at "
           "every length of the log, and widens by what clipping or a support gap may hide. A star: the difference's interval "
           "leaves zero out.");
    end_line(p);
}

att_status att_ope_report_text(
    const att_ope_report *report, att_report_sink *sink, void *user, att_error *err)
{
    printer p = {.sink = sink, .user = user, .go = true};
    put(&p, "Log: %s. Target: %s. Reward model: %s. Rewards from %g to %g.", report->log, report->target, report->model,
        report->reward_low, report->reward_high);
    end_line(&p);
    put_all(&p, report, &report->parts[0]);
    put_slots(&p, report);
    put_slates(&p, report);
    put_legend(&p, report);
    return p.go ? ATT_OK : ATT_FAIL(err, ATT_CANCELLED, "the report was stopped");
}
