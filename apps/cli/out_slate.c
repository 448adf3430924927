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
    case ATT_TERM_SITUATION: return "situat.";
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

// --- What the situation wants ---------------------------------------------------------------------------------

// "120 to 140", "0.6 or more", "0.25 or less".
static const char *range_of(const att_wish *wish, char *out, size_t size)
{
    if (isinf(wish->most))
        snprintf(out, size, "%.4g or more", wish->least);
    else if (isinf(wish->least))
        snprintf(out, size, "%.4g or less", wish->most);
    else
        snprintf(out, size, "%.4g to %.4g", wish->least, wish->most);
    return out;
}

// One line a situation: "workout: tempo_bpm 128 fits 120 to 140, energy 0.31 misses 0.6 or more".
void cli_print_wishes(const cli *c, att_engine *engine, const att_context *context, att_text item)
{
    att_wish_met met[ATT_WISHES_MET_MAX];
    size_t count = 0;
    char range[48];
    if (!engine || att_engine_wishes_see(engine, context, item, met, ATT_WISHES_MET_MAX, &count, NULL))
        return;
    for (unsigned f = 0; f < ATT_FACET_COUNT; f++) {
        bool begun = false;
        for (size_t i = 0; i < count; i++) {
            if (met[i].wish.facet != f || !met[i].is_known)
                continue;
            if (!begun)
                printf("%s      %s:", cli_paint(c, "dim"), att_facet_class_name((att_facet)f, met[i].wish.which));
            printf("%s %s %.4g %s %s", begun ? "," : "", met[i].wish.feature, met[i].value,
                met[i].fit == 1 ? "fits" : met[i].fit > 0 ? "is near" : "misses", range_of(&met[i].wish, range, sizeof range));
            begun = true;
        }
        if (begun)
            printf("%s\n", cli_paint(c, "reset"));
    }
}

json_t *cli_wishes_json(att_engine *engine, const att_context *context, att_text item)
{
    att_wish_met met[ATT_WISHES_MET_MAX];
    size_t count = 0;
    if (!engine || att_engine_wishes_see(engine, context, item, met, ATT_WISHES_MET_MAX, &count, NULL) || !count)
        return NULL;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const att_wish *wish = &met[i].wish;
        json_t *one = json_pack("{s:s,s:s,s:f,s:f}", "situation", att_facet_class_name((att_facet)wish->facet, wish->which), "feature",
            wish->feature, "tolerance", wish->tolerance, "weight", wish->weight);
        if (!isinf(wish->least))
            json_object_set_new(one, "least", json_real(wish->least));
        if (!isinf(wish->most))
            json_object_set_new(one, "most", json_real(wish->most));
        json_object_set_new(one, "value", met[i].is_known ? json_real(met[i].value) : json_null());
        json_object_set_new(one, "fit", met[i].is_known ? json_real(met[i].fit) : json_null());
        json_array_append_new(list, one);
    }
    return list;
}

// --- The slate -------------------------------------------------------------------------------------------------

// A column for each term, but none for the situation where it wants nothing, and none for skips where nothing was learned of them.
static bool has_column(const att_slate *slate, att_term term)
{
    bool any = term != ATT_TERM_SITUATION && term != ATT_TERM_SKIP;
    for (size_t i = 0; i < slate->count; i++)
        any |= slate->shown[i].terms[term] != 0;
    return any;
}

void cli_print_slate(const cli *c, att_engine *engine, const att_context *context, const att_slate *slate, bool reasons)
{
    printf("%s  #  %-30s %-8s  score", cli_paint(c, "bold"), "title", "slot");
    for (int t = 0; t < ATT_TERM_COUNT; t++)
        if (has_column(slate, (att_term)t))
            printf(" %7s", short_name((att_term)t));
    printf("   odds%s\n", cli_paint(c, "reset"));
    for (size_t i = 0; i < slate->count; i++) {
        const att_shown *shown = &slate->shown[i];
        printf("%3zu  ", i + 1);
        print_clipped(shown->title, 30);
        printf(" %s%-8s%s %6.3f", shown->kind == ATT_SLOT_BEST ? cli_paint(c, "dim") : cli_paint(c, "cyan"),
            mark_of(shown->kind), cli_paint(c, "reset"), shown->score);
        for (int t = 0; t < ATT_TERM_COUNT; t++)
            if (has_column(slate, (att_term)t)) {
                putchar(' ');
                print_term(c, shown->terms[t]);
            }
        printf(shown->propensity < 0.01 ? "  %.1e\n" : "  %.3f\n", shown->propensity);
        if (shown->made.size)
            printf("%s      made here, for brief %.12s%s\n", cli_paint(c, "dim"), shown->made.data, cli_paint(c, "reset"));
        if (reasons)
            print_reasons(c, shown);
        if (reasons && shown->terms[ATT_TERM_SITUATION] != 0)
            cli_print_wishes(c, engine, context, shown->item);
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

json_t *cli_slate_json(att_engine *engine, const att_context *context, const att_slate *slate)
{
    json_t *shown = json_array();
    for (size_t i = 0; i < slate->count; i++) {
        json_t *one = cli_shown_json(&slate->shown[i]), *wishes = cli_wishes_json(engine, context, slate->shown[i].item);
        if (wishes)
            json_object_set_new(one, "wishes", wishes);
        json_array_append_new(shown, one);
    }
    char decision[24], seed[24];
    snprintf(decision, sizeof decision, "%016llx", (unsigned long long)slate->decision);
    snprintf(seed, sizeof seed, "%016llx", (unsigned long long)slate->seed);
    return json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:o}", "decision", decision, "seed", seed, "at",
        (json_int_t)slate->at_ms, "model", (json_int_t)slate->model, "eligible", (json_int_t)slate->eligible,
        "candidates", (json_int_t)slate->candidates, "explored", (json_int_t)slate->explored, "items", shown);
}
