// SPDX-License-Identifier: Apache-2.0
// guard/prov_card.c - a model's card, from the log alone: nothing is in it that was not logged.
//
// The form follows Mitchell et al., Model Cards for Model Reporting (2019), as far as a log can answer: what it is, what it learned
// from and what was left out, what is known of its quality, what was made with it. What was not logged is said to be not known.
#include "base/arena.h"
#include "base/base.h"

#include "attune/provenance.h"

#include <stdio.h>
#include <time.h>

typedef struct card {
    att_host host;
    att_arena life;
    att_text wanted;
    bool found;
    att_provenance_entry model; // the newest of that name, its texts in `life`
    uint64_t versions, outputs, outputs_for_people, parents;
    int64_t first_output_ms, last_output_ms;
    bool no_memory;
    att_line_sink *sink;
    void *user;
    bool stopped;
} card;

// --- Gathering --------------------------------------------------------------------------------------------------------

static void keep_text(card *c, att_text *text)
{
    if (!text->size)
        return;
    *text = att_arena_text(&c->life, *text);
    c->no_memory |= !text->data;
}

static void keep_model(card *c, const att_provenance_entry *entry)
{
    c->model = *entry;
    c->found = true;
    c->versions++;
    keep_text(c, &c->model.subject);
    keep_text(c, &c->model.medium);
    keep_text(c, &c->model.note);
    att_provenance_learned *learned = entry->learned ? ATT_NEW(&c->life, att_provenance_learned, 1) : NULL;
    att_provenance_count *counts = ATT_NEW(&c->life, att_provenance_count, entry->count_count + 1);
    att_hash *parents = ATT_NEW(&c->life, att_hash, entry->parent_count + 1);
    c->no_memory |= !counts || !parents || (entry->learned && !learned);
    if (c->no_memory)
        return;
    if (learned)
        *learned = *entry->learned;
    if (entry->parent_count)
        memcpy(parents, entry->parents, entry->parent_count * sizeof *parents);
    for (size_t i = 0; i < entry->count_count; i++) {
        counts[i] = entry->counts[i];
        keep_text(c, &counts[i].name);
    }
    c->model.learned = learned;
    c->model.counts = counts;
    c->model.parents = parents;
    c->outputs = c->outputs_for_people = c->parents = 0; // of the newest alone
}

static bool gather(void *user, const att_provenance_entry *entry, att_text line)
{
    card *c = user;
    (void)line;
    if (entry->kind == ATT_PROVENANCE_MODEL && att_text_equal(entry->subject, c->wanted))
        keep_model(c, entry);
    if (entry->kind == ATT_PROVENANCE_OUTPUT && att_text_equal(entry->model, c->wanted)) {
        c->first_output_ms = c->outputs++ ? c->first_output_ms : entry->at_ms;
        c->last_output_ms = entry->at_ms;
        c->outputs_for_people += entry->who != ATT_PROVENANCE_NOBODY;
        c->parents += entry->parent_count > 0;
    }
    return !c->no_memory;
}

// --- Telling ----------------------------------------------------------------------------------------------------------

static void line(card *c, const char *format, ...) ATT_PRINTF(2, 3);
static void line(card *c, const char *format, ...)
{
    char text[ATT_PROVENANCE_NOTE_SIZE_MAX + 512];
    va_list args;
    if (c->stopped)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->stopped = !c->sink(c->user, att_text_of(text));
}

static const char *day(int64_t at_ms, char out[32])
{
    const time_t at_s = (time_t)(at_ms / 1000);
    struct tm parts;
    if (!gmtime_r(&at_s, &parts) || !strftime(out, 32, "%Y-%m-%d %H:%M UTC", &parts))
        snprintf(out, 32, "an unknown time");
    return out;
}

static void tell_identity(card *c)
{
    const att_provenance_entry *m = &c->model;
    char hex[2 * ATT_HASH_SIZE + 1], when[32];
    line(c, "# Model card: %.*s", ATT_TEXT_ARGS(m->subject));
    line(c, "%s", "");
    line(c, "| | |");
    line(c, "| --- | --- |");
    if (m->medium.size)
        line(c, "| for | %.*s |", ATT_TEXT_ARGS(m->medium));
    line(c, "| logged | %s, entry %llu |", day(m->at_ms, when), (unsigned long long)m->index);
    att_hash_text(&m->content, hex);
    line(c, "| SHA-256 of its file | %s |", att_hash_given(&m->content) ? hex : "not logged");
    if (m->seeded)
        line(c, "| seed | %llu |", (unsigned long long)m->seed);
    for (size_t i = 0; i < m->parent_count; i++) {
        att_hash_text(&m->parents[i], hex);
        line(c, "| made from | %s |", hex);
    }
    if (c->versions > 1)
        line(c, "| entries of this name | %llu; this is the newest |", (unsigned long long)c->versions);
    line(c, "%s", "");
}

static void tell_learned(card *c)
{
    const att_provenance_learned *l = c->model.learned;
    char first[32], last[32], hex[2 * ATT_HASH_SIZE + 1];
    line(c, "## What it learned from");
    line(c, "%s", "");
    if (!l) {
        line(c, "Not logged.");
        line(c, "%s", "");
        return;
    }
    if (l->events)
        line(c, "- %llu events up to record %llu of the store's log, from %s to %s", (unsigned long long)l->events,
            (unsigned long long)l->records, day(l->first_ms, first), day(l->last_ms, last));
    if (l->people)
        line(c, "- %llu preferences of %llu people for %llu items", (unsigned long long)l->preferences, (unsigned long long)l->people,
            (unsigned long long)l->items);
    line(c, "- %llu items that it could learn from; %llu more opt out of training and were left out", (unsigned long long)l->inputs,
        (unsigned long long)l->opted_out);
    att_hash_text(&l->inputs_root, hex);
    if (att_hash_given(&l->inputs_root))
        line(c, "- root of the tree over these inputs: `%s`", hex);
    line(c, "%s", "");
}

static void tell_licences(card *c)
{
    if (!c->model.count_count)
        return;
    line(c, "| licence of the inputs | items |");
    line(c, "| --- | ---: |");
    for (size_t i = 0; i < c->model.count_count; i++)
        line(c, "| %.*s | %llu |", ATT_TEXT_ARGS(c->model.counts[i].name), (unsigned long long)c->model.counts[i].count);
    line(c, "%s", "");
}

static void tell_rest(card *c)
{
    char first[32], last[32];
    line(c, "## What is known of it");
    line(c, "%s", "");
    if (c->model.note.size)
        line(c, "%.*s", ATT_TEXT_ARGS(c->model.note));
    else
        line(c, "Nothing was logged about its quality or its limits.");
    line(c, "%s", "");
    line(c, "## What was made with it");
    line(c, "%s", "");
    if (!c->outputs)
        line(c, "Nothing so far.");
    else
        line(c, "%llu outputs from %s to %s, %llu of them from parents, %llu for one person (who it was stands in no entry).",
            (unsigned long long)c->outputs, day(c->first_output_ms, first), day(c->last_output_ms, last), (unsigned long long)c->parents,
            (unsigned long long)c->outputs_for_people);
}

att_status att_provenance_card(
    const char *path, att_text model, const att_host *host, att_line_sink *sink, void *user, att_error *err)
{
    card c = {.host = att_host_complete(host), .wanted = model, .sink = sink, .user = user};
    att_arena_init(&c.life, &c.host, 0);
    att_status status = att_provenance_each(path, NULL, 0, &c.host, gather, &c, err);
    if (!status && c.no_memory)
        status = att_no_memory(err, 1, "model card");
    if (!status && !c.found)
        status = ATT_FAIL(err, ATT_NOT_FOUND, "no model \"%.*s\" is in %s", ATT_TEXT_ARGS(model), path);
    if (!status) {
        tell_identity(&c);
        tell_learned(&c);
        tell_licences(&c);
        tell_rest(&c);
    }
    att_arena_deinit(&c.life);
    return status;
}
