// SPDX-License-Identifier: Apache-2.0
// apps/cli/music_prompt.c - music prompt: what words about music ask for, and which tracks fit them.
#include "music_tracks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FOUND_MOST = 1000, CELL = 96 };

typedef struct found {
    char id[256], title[ATT_TITLE_SIZE_MAX + 1];
    att_prompt_fit fit;
} found;

typedef struct finding {
    const att_music_prompt *prompt;
    found *best; // (limit) the best first
    size_t limit, count;
    uint64_t seen, fitting;
    bool all; // those that miss something too
} finding;

// --- What was understood --------------------------------------------------------------------------------------

static json_t *piece(const char *text, const att_prompt_said *said)
{
    return json_stringn(text + said->begin, said->end - said->begin);
}

static json_t *range_json(const att_prompt_range *range)
{
    if (!range->given)
        return json_null();
    return json_pack("{s:o,s:o}", "least", isfinite(range->least) ? json_real(range->least) : json_null(), "most",
        isfinite(range->most) ? json_real(range->most) : json_null());
}

static json_t *terms_json(const att_music_prompt *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->term_count; i++)
        json_array_append_new(list, json_pack("{s:s,s:o,s:b}", "kind", att_prompt_kind_name(p->terms[i].kind), "name",
                                        json_stringn(p->terms[i].names, strcspn(p->terms[i].names, "|")), "unwanted", (int)p->terms[i].unwanted));
    return list;
}

static json_t *prompt_json(const att_music_prompt *p, const char *text)
{
    static const char *const wishes[] = {"any", "with", "without"};
    json_t *understood = json_array(), *ignored = json_array(), *axes = json_object(), *vector = json_object();
    for (size_t i = 0; i < p->understood_count; i++)
        json_array_append_new(understood, json_pack("{s:o,s:s}", "text", piece(text, &p->understood[i]), "meaning", p->understood[i].meaning));
    for (size_t i = 0; i < p->ignored_count; i++)
        json_array_append_new(ignored, piece(text, &p->ignored[i]));
    for (unsigned a = 0; a < ATT_AXIS_COUNT; a++) {
        const char *name = att_prompt_axis_name((att_prompt_axis)a);
        if (p->axes[a].given)
            json_object_set_new(axes, name, range_json(&p->axes[a]));
        if (p->weight[a] > 0)
            json_object_set_new(vector, name, json_pack("{s:f,s:f}", "at", p->vector[a], "weight", p->weight[a]));
    }
    return json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:i,s:s,s:s,s:b,s:b,s:o,s:o,s:o}", "prompt", text, "understood", understood, "not_understood", ignored,
        "tempo_bpm", range_json(&p->tempo_bpm), "duration_s", range_json(&p->duration_s), "year", range_json(&p->year), "tonic", p->tonic, "mode", p->mode,
        "vocals", wishes[p->vocals], "half_time", (int)p->half_time, "double_time", (int)p->double_time, "bounds", axes, "terms", terms_json(p), "vector", vector);
}

static void print_prompt(const cli *c, const att_music_prompt *p, const char *text)
{
    for (size_t i = 0; i < p->understood_count; i++) {
        const att_prompt_said *said = &p->understood[i];
        printf("  %-24.*s %s%s%s\n", (int)(said->end - said->begin), text + said->begin, cli_paint(c, "bold"), said->meaning, cli_paint(c, "reset"));
    }
    for (size_t i = 0; i < p->ignored_count; i++)
        printf("%s%.*s", i ? ", " : "  not understood: ", (int)(p->ignored[i].end - p->ignored[i].begin), text + p->ignored[i].begin);
    if (p->ignored_count)
        putchar('\n');
    if (!p->understood_count)
        puts("  nothing was understood");
    const char *before = "  vector: ";
    for (unsigned a = 0; a < ATT_AXIS_COUNT; a++)
        if (p->weight[a] > 0) {
            printf("%s%s %.2f", before, att_prompt_axis_name((att_prompt_axis)a), p->vector[a]);
            before = ", ";
        }
    if (before[0] == ',')
        putchar('\n');
}

// --- Finding --------------------------------------------------------------------------------------------------

static void keep_text(char *out, size_t room, att_text text)
{
    snprintf(out, room, "%.*s", (int)text.size, text.size ? text.data : "");
}

// Equal scores keep the order of the catalogue.
static bool take_track(void *user, const att_item *item)
{
    finding *f = user;
    att_prompt_fit fit;
    att_music_prompt_fit(f->prompt, item, &fit);
    f->seen++;
    f->fitting += fit.missed == 0;
    if (fit.missed && !f->all)
        return true;
    size_t at = f->count;
    while (at > 0 && f->best[at - 1].fit.score < fit.score)
        at--;
    if (at == f->limit)
        return true;
    const size_t last = f->count < f->limit ? f->count++ : f->count - 1;
    memmove(f->best + at + 1, f->best + at, (last - at) * sizeof *f->best);
    f->best[at].fit = fit;
    keep_text(f->best[at].id, sizeof f->best[at].id, item->id);
    keep_text(f->best[at].title, sizeof f->best[at].title, item->title);
    return true;
}

static int look_in_store(cli *c, finding *f)
{
    int code;
    att_error err = {0};
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    const att_status status = att_engine_items_each(engine, (att_text){"", 0}, take_track, f, &err);
    att_engine_close(engine);
    return status ? cli_fail(c, status, &err) : 0;
}

static json_t *found_json(const finding *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < f->count; i++)
        json_array_append_new(list, json_pack("{s:s,s:s,s:f,s:f,s:i,s:i,s:i,s:s}", "item", f->best[i].id, "title", f->best[i].title, "score",
                                        f->best[i].fit.score, "likeness", f->best[i].fit.likeness, "met", (int)f->best[i].fit.met, "missed",
                                        (int)f->best[i].fit.missed, "unknown", (int)f->best[i].fit.unknown, "why", f->best[i].fit.why));
    return list;
}

static void print_found(const cli *c, const finding *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const found *one = &f->best[i];
        printf("%s%4.2f%s  %.*s%s%.*s", cli_paint(c, "bold"), one->fit.score, cli_paint(c, "reset"), CELL, one->id, one->title[0] ? "  " : "", CELL, one->title);
        if (one->fit.missed)
            printf("  but %s", one->fit.why);
        if (one->fit.unknown)
            printf("  (%s not known of it)", cli_count(one->fit.unknown, "thing is", "things are"));
        putchar('\n');
    }
    if (!c->quiet)
        printf("%llu of %s %s\n", (unsigned long long)f->fitting, cli_count(f->seen, "track", "tracks"), f->fitting == 1 ? "misses nothing" : "miss nothing");
}

static int find(cli *c, const att_music_prompt *p, const char *text, uint64_t limit)
{
    const char *from = cli_get(c, "from");
    finding f = {.prompt = p, .limit = limit, .all = cli_flag(c, "all"), .best = calloc(limit, sizeof *f.best)};
    uint64_t unread;
    if (!f.best)
        return 71;
    int code = from ? cli_tracks_of_file(c, from, take_track, &f, &unread) : look_in_store(c, &f);
    if (!code && c->json) {
        json_t *value = prompt_json(p, text);
        json_object_set_new(value, "found", found_json(&f));
        json_object_set_new(value, "seen", json_integer((json_int_t)f.seen));
        json_object_set_new(value, "fitting", json_integer((json_int_t)f.fitting));
        code = cli_print_json(value);
    } else if (!code) {
        print_found(c, &f);
    }
    free(f.best);
    return code;
}

// --- The command ----------------------------------------------------------------------------------------------

static int run_prompt(cli *c)
{
    char text[ATT_PROMPT_SIZE_MAX + 2] = "";
    att_music_prompt p;
    att_error err = {0};
    uint64_t limit = 10;
    size_t size = 0;
    for (int i = 0; i < c->argument_count && size < sizeof text; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%s", i ? " " : "", c->arguments[i]);
    if (!cli_must_whole(c, "limit", 1, FOUND_MOST, &limit))
        return 64;
    const att_status status = att_music_prompt_read(&p, (att_text){text, size < sizeof text ? size : sizeof text}, &err);
    if (status)
        return cli_fail(c, status, &err);
    const bool finds = cli_flag(c, "find") || cli_get(c, "from");
    if (c->json)
        return finds ? find(c, &p, text, limit) : cli_print_json(prompt_json(&p, text));
    print_prompt(c, &p, text);
    return finds ? find(c, &p, text, limit) : 0;
}

static const cli_option prompt_options[] = {{"find", 0, NULL, "rank the store's catalogue by it"},
    {"from", 0, "FILE", "rank these instead: what music analyze --json wrote, or item lines; - is standard input"},
    {"limit", 'n', "N", "at most so many; default 10"}, {"all", 0, NULL, "those too that miss something, told what"}, {0}};
static const char *const prompt_examples[] = {"attune music prompt 'high-energy synth pop, 120-128 BPM, minor, no vocals'", "what it is understood as",
    "attune music prompt 'calm piano, under 90 bpm' --find", "and the tracks that fit, the best first",
    "attune music prompt 'jazz, not sad' --from analysed.ndjson --all", "over what was analysed", NULL};
const cli_command cli_music_prompt = {"music prompt", "Say what words about music ask for, and find it", "WORD…", 1, 16,
    "Numbers, ranges and relations (120-128 BPM, around 90, under 3 minutes, 80s), keys (A minor, F# dorian), levels (high energy),\n"
    "negations (no vocals, not sad), genres, moods, instruments, uses. What is understood is told with what it was taken for, and what is\n"
    "not is told too. Tracks are ranked by their features and tags: what they do not say is no miss, but counts less.",
    prompt_options, prompt_examples, run_prompt};
