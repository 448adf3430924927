// SPDX-License-Identifier: Apache-2.0
// apps/cli/out_slate.c - a slate for people, and for machines.
#include "cli.h"

#include <math.h>
#include <string.h>

// "+0.412" in the term's colour, or a dim dot for nothing.
static void print_term(const cli *c, double value)
{
    if (fabs(value) < 0.0005)
        printf("%s%7s%s", cli_paint(c, "dim"), "·", cli_paint(c, "reset"));
    else
        printf("%s%+7.3f%s", value < 0 ? cli_paint(c, "red") : "", value, value < 0 ? cli_paint(c, "reset") : "");
}

static void print_clipped(att_text text, int width)
{
    int shown = 0;
    size_t at = 0;
    while (at < text.size && shown < width) {
        do
            at++;
        while (at < text.size && ((unsigned char)text.data[at] & 0xC0) == 0x80);
        shown++;
    }
    const bool cut = at < text.size;
    if (cut) { // the last character gives its place to the ellipsis
        do
            at--;
        while (at > 0 && ((unsigned char)text.data[at] & 0xC0) == 0x80);
    }
    printf("%.*s%s%*s", (int)at, text.data, cut ? "…" : "", width - shown, "");
}

// What fits over a column of seven.
static const char *short_name(att_term term)
{
    switch (term) {
    case ATT_TERM_RELEVANCE: return "relev.";
    case ATT_TERM_FRESHNESS: return "fresh";
    case ATT_TERM_BUSINESS: return "busin.";
    case ATT_TERM_CALIBRATION: return "calibr.";
    case ATT_TERM_REDUNDANCY: return "redund.";
    default: return att_term_name(term);
    }
}

static const char *mark_of(att_slot_kind kind)
{
    return kind == ATT_SLOT_EXPLORE ? "explore" : kind == ATT_SLOT_OUT_OF_DISTRIBUTION ? "outside" : "best";
}

const char *cli_signal_verb(att_signal signal)
{
    switch (signal) {
    case ATT_SIGNAL_LIKE: return "liked";
    case ATT_SIGNAL_SAVE: return "saved";
    case ATT_SIGNAL_RATING: return "rated";
    case ATT_SIGNAL_REPLAY: return "replayed";
    case ATT_SIGNAL_COMPLETE: return "finished";
    case ATT_SIGNAL_PLAY: return "played";
    case ATT_SIGNAL_PURCHASE: return "bought";
    case ATT_SIGNAL_CLICK: return "opened";
    case ATT_SIGNAL_DWELL: return "looked at";
    case ATT_SIGNAL_SURVEY: return "answered on";
    case ATT_SIGNAL_SKIP: return "heard much of";
    default: return "met";
    }
}

static void print_reasons(const cli *c, const att_shown *shown)
{
    if (!shown->reason_count)
        return;
    printf("%s      because you ", cli_paint(c, "dim"));
    for (size_t r = 0; r < shown->reason_count; r++)
        printf("%s%s %.*s (%+.3f)", r ? ", " : "", cli_signal_verb(shown->reasons[r].signal),
            (int)shown->reasons[r].title.size, shown->reasons[r].title.data, shown->reasons[r].effect);
    printf("%s\n", cli_paint(c, "reset"));
}

void cli_print_slate(const cli *c, const att_slate *slate, bool reasons)
{
    printf("%s  #  %-30s %-8s  score", cli_paint(c, "bold"), "title", "slot");
    for (int t = 0; t < ATT_TERM_COUNT; t++)
        printf(" %7s", short_name((att_term)t));
    printf("   odds%s\n", cli_paint(c, "reset"));
    for (size_t i = 0; i < slate->count; i++) {
        const att_shown *shown = &slate->shown[i];
        printf("%3zu  ", i + 1);
        print_clipped(shown->title, 30);
        printf(" %s%-8s%s %6.3f", shown->kind == ATT_SLOT_BEST ? cli_paint(c, "dim") : cli_paint(c, "cyan"),
            mark_of(shown->kind), cli_paint(c, "reset"), shown->score);
        for (int t = 0; t < ATT_TERM_COUNT; t++) {
            putchar(' ');
            print_term(c, shown->terms[t]);
        }
        printf(shown->propensity < 0.01 ? "  %.1e\n" : "  %.3f\n", shown->propensity);
        if (shown->made.size)
            printf("%s      made here, for brief %.12s%s\n", cli_paint(c, "dim"), shown->made.data, cli_paint(c, "reset"));
        if (reasons)
            print_reasons(c, shown);
    }
}

json_t *cli_reasons_json(const att_reason *reasons, size_t count)
{
    json_t *list = json_array();
    for (size_t r = 0; r < count; r++)
        json_array_append_new(list,
            json_pack("{s:o,s:o,s:s,s:I,s:f}", "item", cli_json_text(reasons[r].item), "title",
                cli_json_text(reasons[r].title), "signal", att_signal_name(reasons[r].signal), "at",
                (json_int_t)reasons[r].at_ms, "effect", reasons[r].effect));
    return list;
}

json_t *cli_shown_json(const att_shown *shown)
{
    json_t *terms = json_object();
    for (int t = 0; t < ATT_TERM_COUNT; t++)
        json_object_set_new(terms, att_term_name((att_term)t), json_real(shown->terms[t]));
    return json_pack("{s:o,s:o,s:o,s:o,s:s,s:f,s:o,s:f,s:o}", "item", cli_json_text(shown->item), "title",
        cli_json_text(shown->title), "medium", cli_json_text(shown->medium), "made", shown->made.size ? cli_json_text(shown->made) : json_null(), "slot", att_slot_kind_name(shown->kind),
        "score", shown->score, "terms", terms, "propensity", shown->propensity, "reasons",
        cli_reasons_json(shown->reasons, shown->reason_count));
}

json_t *cli_slate_json(const att_slate *slate)
{
    json_t *shown = json_array();
    for (size_t i = 0; i < slate->count; i++)
        json_array_append_new(shown, cli_shown_json(&slate->shown[i]));
    char decision[24], seed[24];
    snprintf(decision, sizeof decision, "%016llx", (unsigned long long)slate->decision);
    snprintf(seed, sizeof seed, "%016llx", (unsigned long long)slate->seed);
    return json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:o}", "decision", decision, "seed", seed, "at",
        (json_int_t)slate->at_ms, "model", (json_int_t)slate->model, "eligible", (json_int_t)slate->eligible,
        "candidates", (json_int_t)slate->candidates, "explored", (json_int_t)slate->explored, "items", shown);
}
