// SPDX-License-Identifier: Apache-2.0
// apps/cli/generate_show.c - generate show: a brief with its candidates, or one item that was made.
#include "generate.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

typedef struct showing {
    cli *c;
    json_t *brief, *candidates; // NULL: text
    char asset[65]; // of the last that was seen
} showing;

static json_t *texts_json(const att_text *texts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, cli_json_text(texts[i]));
    return list;
}

static json_t *candidate_json(const att_candidate_about *a)
{
    json_t *measures = json_object();
    for (size_t i = 0; i < a->measure_count; i++) {
        char name[ATT_TAG_SIZE_MAX + 1];
        snprintf(name, sizeof name, "%.*s", (int)a->measures[i].name.size, a->measures[i].name.data);
        if (!json_object_get(measures, name)) // of several readings the first
            json_object_set_new(measures, name, json_real(a->measures[i].value));
    }
    return json_pack("{s:o,s:i,s:s,s:b,s:o,s:o,s:o,s:s,s:s,s:s,s:I,s:I,s:f,s:f,s:f,s:I,s:o,s:o,s:o}", "item", cli_json_text(a->item), "index", (int)a->index,
        "verdict", att_made_verdict_name(a->verdict), "shown", (int)a->shown, "title", cli_json_text(a->title), "media_type", cli_json_text(a->media_type),
        "maker", cli_json_text(a->maker), "asset", a->asset, "plan", a->made_detail, "analysis", a->analysis, "size", (json_int_t)a->size, "seed",
        (json_int_t)a->seed, "cpu_s", a->cpu_s, "gpu_s", a->gpu_s, "wall_s", a->wall_s, "at", (json_int_t)a->at_ms, "reasons",
        texts_json(a->reasons, a->reason_count), "measures", measures, "sources", texts_json(a->sources, a->source_count));
}

static bool see_brief(void *user, const att_brief_about *b)
{
    showing *s = user;
    if (s->c->json) {
        s->brief = json_pack("{s:s,s:o,s:s,s:I,s:i,s:i,s:i}", "id", b->id, "form", cli_json_text(b->form), "state", att_brief_state_name(b->state), "asked",
            (json_int_t)b->asked, "allowed", (int)b->allowed, "held", (int)b->held, "denied", (int)b->denied);
        s->candidates = json_array();
        return true;
    }
    printf("%s%s%s: %s, asked for %s\n", cli_paint(s->c, "bold"), b->id, cli_paint(s->c, "reset"), att_brief_state_name(b->state),
        cli_count(b->asked, "time", "times"));
    for (size_t i = 0, line = 0; i < b->form.size; i++) {
        if (i == 0 || b->form.data[i - 1] == '\n')
            line++;
        if (line > 1 && (i == 0 || b->form.data[i - 1] == '\n'))
            printf("  ");
        if (line > 1)
            putchar(b->form.data[i]);
    }
    return true;
}

static void print_candidate(const cli *c, const att_candidate_about *a)
{
    printf("%s%.*s%s \"%.*s\": %s%s, %.*s, %.1f KB by %.*s in %.2f s\n", cli_paint(c, "bold"), (int)a->item.size, a->item.data, cli_paint(c, "reset"),
        (int)a->title.size, a->title.data, att_made_verdict_name(a->verdict), a->verdict == ATT_MADE_ALLOW && !a->shown ? ", not shown" : "",
        (int)a->media_type.size, a->media_type.data, (double)a->size / 1000, (int)a->maker.size, a->maker.data, a->wall_s);
    for (size_t i = 0; i < a->measure_count; i++)
        printf("%s%.*s %.6g", i % 6 ? ", " : i ? "\n  " : "  ", (int)a->measures[i].name.size, a->measures[i].name.data, a->measures[i].value);
    if (a->measure_count)
        putchar('\n');
    for (size_t i = 0; i < a->reason_count; i++)
        printf("  %s%.*s%s\n", cli_paint(c, "red"), (int)a->reasons[i].size, a->reasons[i].data, cli_paint(c, "reset"));
}

static bool see_candidate(void *user, const att_candidate_about *a)
{
    showing *s = user;
    memcpy(s->asset, a->asset, sizeof s->asset);
    if (s->c->json)
        json_array_append_new(s->candidates ? s->candidates : (s->candidates = json_array()), candidate_json(a));
    else
        print_candidate(s->c, a);
    return true;
}

// --- The bytes ------------------------------------------------------------------------------------------------

typedef struct saving {
    const char *path;
    int error;
} saving;

// Whole or not at all.
static void save_bytes(void *user, const void *data, size_t size)
{
    saving *s = user;
    char part[PATH_MAX];
    if ((size_t)snprintf(part, sizeof part, "%s.part", s->path) >= sizeof part) {
        s->error = ENAMETOOLONG;
        return;
    }
    unlink(part); // of one who was killed; a new file follows nobody's link
    FILE *file = fopen(part, "wbxe");
    if (!file) {
        s->error = errno;
        return;
    }
    errno = 0;
    const bool written = fwrite(data, 1, size, file) == size;
    if (fclose(file) == 0 && written && rename(part, s->path) == 0)
        return;
    s->error = errno ? errno : EIO;
    unlink(part);
}

static int save(cli *c, att_engine *engine, const char *asset, const char *path)
{
    att_error err = {0};
    saving s = {path, 0};
    const att_status status = att_engine_asset_see(engine, att_text_of(asset), save_bytes, &s, &err);
    if (status)
        return cli_fail(c, status, &err);
    if (!s.error)
        return 0;
    fprintf(stderr, "attune generate show: writing %s: %s\n", path, strerror(s.error));
    return 74;
}

static int show(cli *c, att_engine *engine)
{
    att_error err = {0};
    showing s = {.c = c};
    const att_text what = att_text_of(c->arguments[0]);
    const char *path = cli_get(c, "save");
    att_status status = att_engine_candidate_see(engine, what, see_candidate, &s, &err);
    const bool one = status == ATT_OK;
    if (status == ATT_NOT_FOUND)
        status = att_engine_brief_see(engine, what, see_brief, see_candidate, &s, &err);
    int code = status ? cli_fail(c, status, &err) : 0;
    if (!code && path && !one)
        code = cli_usage(c, "--save wants an item, not a brief");
    if (!code && path)
        code = save(c, engine, s.asset, path);
    if (!code && c->json && one)
        code = cli_print_json(json_incref(json_array_get(s.candidates, 0)));
    else if (!code && c->json) {
        json_object_set(s.brief, "candidates", s.candidates);
        code = cli_print_json(json_incref(s.brief));
    }
    json_decref(s.brief);
    json_decref(s.candidates);
    return code;
}

static int run_show(cli *c)
{
    int code;
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    code = show(c, engine);
    att_engine_close(engine);
    return code;
}

static const cli_option options[] = {{"save", 'o', "FILE", "write the item's bytes there"}, {NULL, 0, NULL, NULL}};
static const char *const examples[] = {"attune generate show 8f14e45f", "a brief, by the first digits of its id",
    "attune generate show made-8f14e45fceea167a-0 --save song.wav", "an item that was made, and its bytes", NULL};
const cli_command cli_generate_show = {"generate show", "Show a brief with its candidates, or one item that was made", "BRIEF|ITEM", 1, 1,
    "Of each candidate: what was measured, the verdict and why, who made it and how long that took.", options, examples, run_show};
