// SPDX-License-Identifier: Apache-2.0
// measure/report_text.c - a report as tables of at most a hundred columns.
//
// Metrics of single lists carry their interval: "0.412 [0.371 0.455]". Metrics over all lists have
// none. Paired differences to the baseline follow; a star marks an interval that leaves zero out.
#include "attune/measure.h"
#include "base/base.h"

#include <math.h>
#include <stdio.h>

#define LINE_SIZE 512
#define WIDTH 98
#define BLOCK 4 // value columns side by side
#define CELL 21
#define DIFFERENCE_BLOCK 3
#define DIFFERENCE_CELL 26
#define PLAIN_BLOCK 8
#define PLAIN_CELL 11

typedef struct printer {
    att_report_sink *sink;
    void *user;
    bool go;
    char line[LINE_SIZE];
    size_t used;
} printer;

static void end_line(printer *p)
{
    while (p->used > 0 && p->line[p->used - 1] == ' ')
        p->used--;
    p->go = p->go && p->sink(p->user, (att_text){p->line, p->used});
    p->used = 0;
}

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

// Words of `text` in lines of at most WIDTH bytes.
static void put_paragraph(printer *p, const char *text)
{
    while (*text) {
        size_t size = strlen(text);
        if (size > WIDTH) {
            size = WIDTH;
            while (size > 1 && text[size] != ' ')
                size--;
        }
        put(p, "%.*s", (int)size, text);
        end_line(p);
        text += size;
        while (*text == ' ')
            text++;
    }
}

static void put_name(printer *p, const char *name)
{
    put(p, "%-18.18s", name);
}

static void put_head(
    printer *p, const att_report_part *part, const size_t *columns, size_t count, int cell)
{
    put_name(p, part->sampled ? "model (SAMPLED)" : "model");
    for (size_t i = 0; i < count; i++) {
        char head[48];
        const att_column *column = &part->columns[columns[i]];
        snprintf(head, sizeof head, "%s@%zu", column->metric->title, column->k);
        put(p, "%-*s", cell, head);
    }
    end_line(p);
}

static void put_value(printer *p, const att_interval *value)
{
    char cell[64];
    if (isnan(value->mean))
        snprintf(cell, sizeof cell, "-");
    else if (isnan(value->low))
        snprintf(cell, sizeof cell, "%.3f", value->mean);
    else
        snprintf(cell, sizeof cell, "%.3f [%.3f %.3f]", value->mean, value->low, value->high);
    put(p, "%-*s", CELL, cell);
}

static void put_difference(printer *p, const att_interval *value)
{
    char cell[64];
    const bool sure = value->low > 0.0 || value->high < 0.0;
    if (isnan(value->low))
        snprintf(cell, sizeof cell, "-");
    else
        snprintf(cell, sizeof cell, "%+.3f [%+.3f %+.3f]%s", value->mean, value->low, value->high,
            sure ? "*" : "");
    put(p, "%-*s", DIFFERENCE_CELL, cell);
}

static void put_block(printer *p, const att_report_part *part, const size_t *columns, size_t count)
{
    put_head(p, part, columns, count, CELL);
    for (size_t r = 0; r < part->row_count; r++) {
        put_name(p, part->rows[r].model);
        for (size_t i = 0; i < count; i++)
            put_value(p, &part->rows[r].values[columns[i]].value);
        end_line(p);
    }
    end_line(p);
}

static void put_plain_block(
    printer *p, const att_report_part *part, const size_t *columns, size_t count)
{
    put_head(p, part, columns, count, PLAIN_CELL);
    for (size_t r = 0; r < part->row_count; r++) {
        put_name(p, part->rows[r].model);
        for (size_t i = 0; i < count; i++) {
            const double value = part->rows[r].values[columns[i]].value.mean;
            if (isnan(value))
                put(p, "%-*s", PLAIN_CELL, "-");
            else
                put(p, "%-*.4f", PLAIN_CELL, value);
        }
        end_line(p);
    }
    end_line(p);
}

static void put_differences(
    printer *p, const att_report_part *part, const size_t *columns, size_t count)
{
    if (!part->baseline || count == 0)
        return;
    put(p, "Difference to %s, same people and resamples; * the interval leaves zero out",
        part->baseline);
    end_line(p);
    put_head(p, part, columns, count, DIFFERENCE_CELL);
    for (size_t r = 0; r < part->row_count; r++) {
        if (strcmp(part->rows[r].model, part->baseline) == 0)
            continue;
        put_name(p, part->rows[r].model);
        for (size_t i = 0; i < count; i++)
            put_difference(p, &part->rows[r].values[columns[i]].difference);
        end_line(p);
    }
    end_line(p);
}

static bool is_empty(const att_report_part *part, size_t column)
{
    for (size_t r = 0; r < part->row_count; r++)
        if (!isnan(part->rows[r].values[column].value.mean))
            return false;
    return true;
}

// Columns of one kind that say anything in this protocol.
static size_t pick(const att_report_part *part, bool accuracy, size_t columns[ATT_COLUMNS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < part->column_count; i++)
        if (part->columns[i].metric->accuracy == accuracy && !is_empty(part, i))
            columns[count++] = i;
    return count;
}

static void put_models(printer *p, const att_report_part *part)
{
    for (size_t r = 0; r < part->row_count; r++) {
        char text[LINE_SIZE];
        const att_report_row *row = &part->rows[r];
        snprintf(text, sizeof text, "- %s: %s (trained %.1f s, scored %.1f s)", row->model,
            row->story, row->train_s, row->score_s);
        put_paragraph(p, text);
    }
    end_line(p);
}

static void put_part(printer *p, const att_report *report, const att_report_part *part)
{
    size_t columns[ATT_COLUMNS_MAX];
    put(p, "== %s ==", part->title);
    end_line(p);
    put_paragraph(p, part->about);
    put_models(p, part);
    put(p, "Mean and %g %% interval over %u people", report->confidence * 100.0, part->judged);
    end_line(p);
    size_t count = pick(part, true, columns);
    for (size_t i = 0; i < count; i += BLOCK)
        put_block(p, part, columns + i, ATT_MIN(BLOCK, count - i));
    put_differences(p, part, columns, ATT_MIN(DIFFERENCE_BLOCK, count));
    count = pick(part, false, columns);
    for (size_t i = 0; i < count; i += PLAIN_BLOCK)
        put_plain_block(p, part, columns + i, ATT_MIN(PLAIN_BLOCK, count - i));
}

static void put_legend(printer *p, const att_report *report)
{
    bool told[ATT_COLUMNS_MAX] = {false};
    const att_report_part *part = report->parts;
    for (size_t i = 0; i < part->column_count; i++) {
        for (size_t j = 0; j < i; j++)
            told[i] |= part->columns[j].metric == part->columns[i].metric;
        const att_metric *metric = part->columns[i].metric;
        if (told[i])
            continue;
        char text[LINE_SIZE];
        snprintf(text, sizeof text, "%s (%s): %s. %s.%s", metric->title, metric->name,
            metric->meaning, metric->source, metric->lower_is_better ? " Lower is better." : "");
        put_paragraph(p, text);
    }
}

att_status att_report_text(
    const att_report *report, att_report_sink *sink, void *user, att_error *err)
{
    printer p = {.sink = sink, .user = user, .go = true};
    put(&p,
        "Dataset %s: %llu preferences of %u people on %u items. Seed %llu, %u bootstrap resamples.",
        report->dataset, (unsigned long long)report->preferences, report->users, report->items,
        (unsigned long long)report->seed, report->resamples);
    end_line(&p);
    end_line(&p);
    for (size_t i = 0; i < report->part_count; i++)
        put_part(&p, report, &report->parts[i]);
    if (report->part_count > 0)
        put_legend(&p, report);
    return p.go ? ATT_OK : ATT_FAIL(err, ATT_CANCELLED, "the report was stopped");
}
