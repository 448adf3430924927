// SPDX-License-Identifier: Apache-2.0
// apps/cli/generate_list.c - generate list: the briefs, newest first.
#include "generate.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 512, COLUMNS = 7 };

typedef struct listing {
    json_t *list; // NULL: text
    char cells[ROWS_MOST][COLUMNS][80];
    size_t count, total;
} listing;

// The prompt's line of the canonical form, or its first need.
static att_text gist_of(att_text form)
{
    static const char *const lines[] = {"\nprompt ", "\nneed "};
    for (size_t i = 0; i < 2; i++) {
        const char *at = form.size ? memmem(form.data, form.size, lines[i], strlen(lines[i])) : NULL;
        if (!at)
            continue;
        at += strlen(lines[i]);
        const char *end = memchr(at, '\n', (size_t)(form.data + form.size - at));
        return (att_text){at, end ? (size_t)(end - at) : 0};
    }
    return (att_text){"", 0};
}

static bool add_row(void *user, const att_brief_about *b)
{
    listing *l = user;
    l->total++;
    if (l->list) {
        json_array_append_new(l->list, json_pack("{s:s,s:o,s:o,s:s,s:I,s:i,s:i,s:i,s:i,s:I,s:o}", "id", b->id, "medium", cli_json_text(b->medium),
            "kind", cli_json_text(b->kind), "state", att_brief_state_name(b->state), "asked", (json_int_t)b->asked, "candidates", (int)b->candidates,
            "allowed", (int)b->allowed, "held", (int)b->held, "denied", (int)b->denied, "last", (json_int_t)b->last_ms, "form", cli_json_text(b->form)));
        return true;
    }
    if (l->count + 1 >= ROWS_MOST)
        return true;
    char(*row)[80] = l->cells[++l->count];
    const att_text gist = b->form.size ? gist_of(b->form) : att_text_of("(of somebody who is forgotten)");
    snprintf(row[0], sizeof row[0], "%.12s", b->id);
    snprintf(row[1], sizeof row[1], "%.*s %.*s", (int)b->medium.size, b->medium.data ? b->medium.data : "", (int)b->kind.size, b->kind.data ? b->kind.data : "");
    snprintf(row[2], sizeof row[2], "%.*s", (int)(gist.size < 36 ? gist.size : 36), gist.data);
    snprintf(row[3], sizeof row[3], "%s", att_brief_state_name(b->state));
    snprintf(row[4], sizeof row[4], "%llu", (unsigned long long)b->asked);
    snprintf(row[5], sizeof row[5], "%u of %u", b->allowed, b->candidates);
    cli_time_text(b->last_ms, row[6]);
    return true;
}

static void print(const cli *c, listing *l)
{
    static const char *const head[COLUMNS] = {"brief", "class", "of", "state", "asked", "allowed", "last asked"};
    const char **cells = malloc((l->count + 1) * COLUMNS * sizeof *cells);
    if (!cells)
        return;
    memcpy(cells, head, sizeof head);
    for (size_t r = 1; r <= l->count; r++)
        for (size_t k = 0; k < COLUMNS; k++)
            cells[r * COLUMNS + k] = l->cells[r][k];
    cli_print_table(c, cells, COLUMNS, l->count + 1, "llllrrl");
    if (l->count < l->total && !c->quiet)
        printf("and %s\n", cli_count(l->total - l->count, "more brief", "more briefs"));
    free(cells);
}

static int run_list(cli *c)
{
    int code;
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    static listing l;
    att_error err = {0};
    l = (listing){.list = c->json ? json_array() : NULL};
    const att_status status = att_engine_briefs_each(engine, add_row, &l, &err);
    att_engine_close(engine);
    if (status)
        return json_decref(l.list), cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:o,s:I}", "briefs", l.list, "total", (json_int_t)l.total));
    if (l.count)
        print(c, &l);
    else if (!c->quiet)
        puts("nothing was made");
    return 0;
}

static const cli_option no_options[] = {{NULL, 0, NULL, NULL}};
static const char *const examples[] = {"attune generate list", "what was asked for, and what came of it", NULL};
const cli_command cli_generate_list = {"generate list", "List the briefs that were asked for", "", 0, 0,
    "Newest first. A brief is one however often and by whomever it was asked for.", no_options, examples, run_list};
