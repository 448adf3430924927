// SPDX-License-Identifier: Apache-2.0
// apps/cli/generate_brief.c - a brief from options, from a JSON file, or from both: options win.
#include "generate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int wrong(const cli *c, const char *path, const char *field, const char *expected)
{
    fprintf(stderr, "attune %s: %s: %s: expected %s\n", c->command->name, path, field, expected);
    return 65;
}

// --- The file -------------------------------------------------------------------------------------------------

static int take_text(const cli *c, const char *path, const char *field, const json_t *value, att_text *out)
{
    if (!json_is_string(value))
        return wrong(c, path, field, "a text");
    *out = (att_text){json_string_value(value), json_string_length(value)};
    return 0;
}

// A number, or [least, most].
static int take_need(const cli *c, const char *path, const char *name, const json_t *value, att_need *out)
{
    *out = (att_need){.name = att_text_of(name)};
    if (json_is_number(value)) {
        out->least = out->most = json_number_value(value);
        return 0;
    }
    if (json_array_size(value) != 2 || !json_is_number(json_array_get(value, 0)) || !json_is_number(json_array_get(value, 1)))
        return wrong(c, path, name, "a number, or two in brackets: [118, 122]");
    out->least = json_number_value(json_array_get(value, 0));
    out->most = json_number_value(json_array_get(value, 1));
    return 0;
}

static int take_needs(const cli *c, const char *path, json_t *object, brief_given *out)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object) || json_object_size(object) > ATT_BRIEF_NEEDS_MAX)
        return wrong(c, path, "needs", "an object of at most 32 measures: {\"tempo_bpm\": [118, 122]}");
    json_object_foreach(object, name, value) {
        const int code = take_need(c, path, name, value, &out->needs[out->brief.need_count++]);
        if (code)
            return code;
    }
    return 0;
}

static int take_taste(const cli *c, const char *path, json_t *object, brief_given *out)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object) || json_object_size(object) > ATT_BRIEF_TASTE_MAX)
        return wrong(c, path, "taste", "an object of at most 32 features: {\"energy\": 0.8}");
    json_object_foreach(object, name, value) {
        if (!json_is_number(value))
            return wrong(c, path, name, "a number");
        out->taste[out->brief.taste_count++] = (att_feature){att_text_of(name), json_number_value(value)};
    }
    return 0;
}

static int take_field(const cli *c, const char *path, const char *key, json_t *value, brief_given *out)
{
    att_text text;
    if (strcmp(key, "medium") == 0)
        return take_text(c, path, key, value, &out->brief.medium);
    if (strcmp(key, "kind") == 0)
        return take_text(c, path, key, value, &out->brief.kind);
    if (strcmp(key, "prompt") == 0)
        return take_text(c, path, key, value, &out->brief.prompt);
    if (strcmp(key, "person") == 0)
        return take_text(c, path, key, value, &out->brief.person);
    if (strcmp(key, "needs") == 0)
        return take_needs(c, path, value, out);
    if (strcmp(key, "taste") == 0)
        return take_taste(c, path, value, out);
    if (strcmp(key, "seed") == 0) {
        if (!json_is_integer(value) || json_integer_value(value) < 0)
            return wrong(c, path, key, "a whole number, 0 or more");
        out->brief.seed = (uint64_t)json_integer_value(value);
        return 0;
    }
    if (strcmp(key, "latency") == 0) {
        const int code = take_text(c, path, key, value, &text);
        return code ? code : att_latency_parse(text, &out->brief.latency) ? 0 : wrong(c, path, key, "\"ahead\" or \"real-time\"");
    }
    return wrong(c, path, key, "medium, kind, prompt, needs, taste, seed, latency or person");
}

static int take_file(const cli *c, const char *path, brief_given *out)
{
    json_error_t error;
    const char *key;
    json_t *value;
    out->file = strcmp(path, "-") == 0 ? json_loadf(stdin, JSON_REJECT_DUPLICATES, &error) : json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!out->file) {
        if (error.line < 0) { // it could not be opened, and the text names it
            fprintf(stderr, "attune %s: %s\n", c->command->name, error.text);
            return 66;
        }
        fprintf(stderr, "attune %s: %s: line %d: %s\n", c->command->name, path, error.line, error.text);
        return 65;
    }
    if (!json_is_object(out->file))
        return wrong(c, path, "the file", "an object");
    json_object_foreach(out->file, key, value) {
        const int code = take_field(c, path, key, value, out);
        if (code)
            return code;
    }
    return 0;
}

// --- Options --------------------------------------------------------------------------------------------------

static bool read_number(const char *from, size_t size, double *out)
{
    char digits[40], *end;
    if (size == 0 || size >= sizeof digits)
        return false;
    memcpy(digits, from, size);
    digits[size] = 0;
    *out = strtod(digits, &end);
    return !*end && isfinite(*out);
}

// Into the list, in place of one of that name.
static int set_need(const cli *c, const att_need *need, brief_given *out)
{
    for (size_t i = 0; i < out->brief.need_count; i++)
        if (att_text_equal(out->needs[i].name, need->name)) {
            out->needs[i] = *need;
            return 0;
        }
    if (out->brief.need_count == ATT_BRIEF_NEEDS_MAX)
        return cli_usage(c, "--need: more than %d measures", ATT_BRIEF_NEEDS_MAX);
    out->needs[out->brief.need_count++] = *need;
    return 0;
}

// "tempo_bpm=118..122,level_db=-14"
static int take_need_option(const cli *c, const char *text, brief_given *out)
{
    while (text && *text) {
        const char *comma = strchr(text, ','), *end = comma ? comma : text + strlen(text), *equals = memchr(text, '=', (size_t)(end - text));
        att_need need = {.name = {text, equals ? (size_t)(equals - text) : 0}};
        const char *dots = NULL;
        for (const char *at = equals; equals && at + 1 < end; at++)
            if (at[0] == '.' && at[1] == '.') {
                dots = at;
                break;
            }
        const bool good = need.name.size && (dots ? read_number(equals + 1, (size_t)(dots - equals - 1), &need.least) &&
                                                        read_number(dots + 2, (size_t)(end - dots - 2), &need.most)
                                                  : read_number(equals + 1, (size_t)(end - equals - 1), &need.least));
        if (!good)
            return cli_usage(c, "--need is \"%s\", expected NAME=NUMBER or NAME=LEAST..MOST, with commas between", text);
        if (!dots)
            need.most = need.least;
        const int code = set_need(c, &need, out);
        if (code)
            return code;
        text = comma ? comma + 1 : NULL;
    }
    return 0;
}

int brief_take(cli *c, const char *path, brief_given *out)
{
    *out = (brief_given){.brief = att_brief_default()};
    out->brief.needs = out->needs;
    out->brief.taste = out->taste;
    int code = path ? take_file(c, path, out) : 0;
    if (code)
        return code;
    if (cli_get(c, "medium"))
        out->brief.medium = att_text_of(cli_get(c, "medium"));
    else if (!out->brief.medium.size)
        out->brief.medium = att_text_of("music");
    if (cli_get(c, "kind"))
        out->brief.kind = att_text_of(cli_get(c, "kind"));
    if (cli_get(c, "prompt"))
        out->brief.prompt = att_text_of(cli_get(c, "prompt"));
    if (cli_get(c, "person"))
        out->brief.person = att_text_of(cli_get(c, "person"));
    if (cli_flag(c, "real-time"))
        out->brief.latency = ATT_LATENCY_REAL_TIME;
    if (!cli_must_whole(c, "seed", 0, UINT64_MAX, &out->brief.seed) || !cli_must_context(c, &out->brief.context))
        return 64;
    return take_need_option(c, cli_get(c, "need"), out);
}

void brief_given_free(brief_given *given)
{
    json_decref(given->file);
}
