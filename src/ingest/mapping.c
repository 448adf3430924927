// SPDX-License-Identifier: Apache-2.0
// ingest/mapping.c - reading the mapping itself, and finding its columns. cells.c reads the values.
#include "ingest/mapping.h"

#include "ingest/targets.h"
#include "ingest/utf8.h"

#include <stdio.h>

const att_target att_targets[ATT_TARGET_COUNT] = {
#define X(name, wire, event, item, value) {wire, event, item, value},
    ATT_TARGET_LIST(X)
#undef X
};

typedef struct parser {
    const char *begin, *at;
    att_arena *life;
    att_error *err;
    att_mapping *out;
} parser;

static att_status fail(const parser *p, att_text part, const char *format, ...) ATT_PRINTF(3, 4);
static att_status fail(const parser *p, att_text part, const char *format, ...)
{
    char reason[320];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    return ATT_FAIL(p->err, ATT_INVALID, "mapping part %zu \"%s\": %s", p->out->count + 1,
        att_excerpt_of(part).text, reason);
}

// A word up to one of `stops` or the end, or in quotes (a doubled quote stands for one). `*quoted`
// tells which.
static att_status word(parser *p, const char *stops, att_text *out, bool *quoted)
{
    const char *begin = p->at;
    *quoted = *p->at == '"';
    if (!*quoted) {
        p->at += strcspn(p->at, stops);
        *out = (att_text){begin, (size_t)(p->at - begin)};
        return ATT_OK;
    }
    char *text = ATT_NEW(p->life, char, strlen(begin) + 1), *to = text;
    if (!text)
        return att_no_memory(p->err, strlen(begin), "bytes of a mapping");
    for (p->at++;; p->at++) {
        if (!*p->at)
            return fail(p, (att_text){begin, strlen(begin)}, "found a quote that is never closed");
        if (*p->at == '"' && *++p->at != '"')
            break;
        *to++ = *p->at;
    }
    *out = (att_text){text, (size_t)(to - text)};
    return ATT_OK;
}

static att_status find_target(
    const parser *p, att_text written, att_text name, att_mapping_part *part)
{
    static const char feature[] = "feature.";
    const size_t prefix = sizeof feature - 1;
    if (name.size > prefix && memcmp(name.data, feature, prefix) == 0) {
        part->target = ATT_TARGET_FEATURE;
        part->feature = (att_text){name.data + prefix, name.size - prefix};
        return ATT_OK;
    }
    const char *names[ATT_TARGET_COUNT];
    for (int i = 0; i < ATT_TARGET_COUNT; i++) {
        names[i] = att_targets[i].name;
        if (i != ATT_TARGET_FEATURE && att_text_equal(name, att_text_of(names[i]))) {
            part->target = i;
            return ATT_OK;
        }
    }
    char advice[300];
    att_suggest(advice, sizeof advice, name, names, ATT_TARGET_COUNT);
    return fail(p, written, "unknown target \"%s\", %s", att_excerpt_of(name).text, advice);
}

static att_status set_option(
    const parser *p, att_text written, att_text option, att_mapping_part *part)
{
    static const char *const names[] = {"", "ms", "s", "iso", "year"};
    const att_target *target = &att_targets[part->target];
    if (target->value == ATT_VALUE_LIST || target->value == ATT_VALUE_NUMBERS) {
        if (option.size != 1)
            return fail(p, written,
                "found option \"%s\", expected the one character that stands between two values",
                att_excerpt_of(option).text);
        part->between = option.data[0];
        return ATT_OK;
    }
    const att_unit most = target->value == ATT_VALUE_WHEN        ? ATT_UNIT_ISO
                          : target->value == ATT_VALUE_PUBLISHED ? ATT_UNIT_YEAR
                          : target->value == ATT_VALUE_SPAN      ? ATT_UNIT_S
                                                                 : ATT_UNIT_NONE;
    for (att_unit unit = ATT_UNIT_MS; unit <= most; unit++)
        if (att_text_equal(option, att_text_of(names[unit]))) {
            part->unit = unit;
            return ATT_OK;
        }
    static const char *const expected[] = {
        "no option here", "", "ms or s", "ms, s or iso", "ms, s, iso or year"};
    return fail(p, written, "found option \"%s\", expected %s", att_excerpt_of(option).text,
        expected[most]);
}

static att_status set_delimiter(const parser *p, att_text written, att_text name)
{
    static const struct {
        const char *name;
        char delimiter;
    } known[] = {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"pipe", '|'}};
    for (size_t i = 0; i < ATT_COUNT_OF(known); i++)
        if (att_text_equal(name, att_text_of(known[i].name))) {
            p->out->delimiter = known[i].delimiter;
            return ATT_OK;
        }
    return fail(p, written, "found \"%s\", expected delimiter:comma, :semicolon, :tab or :pipe",
        att_excerpt_of(name).text);
}

static att_text part_text(const char *at)
{
    bool quoted = false;
    size_t size = 0;
    for (; at[size] && (quoted || at[size] != ','); size++)
        quoted ^= at[size] == '"';
    return (att_text){at, size};
}

static att_status once(const parser *p, att_text written, const att_mapping_part *part)
{
    for (size_t i = 0; i < p->out->count; i++)
        if (p->out->parts[i].target == part->target &&
            att_text_equal(p->out->parts[i].feature, part->feature))
            return fail(p, written, "the target is mapped twice, expected once");
    return ATT_OK;
}

static att_status parse_part(parser *p)
{
    const att_text written = part_text(p->at);
    const char *end = p->at + written.size;
    if (p->out->count == ATT_MAPPING_PARTS_MAX)
        return fail(
            p, written, "found more than %d parts, expected at most that", ATT_MAPPING_PARTS_MAX);
    att_mapping_part part = {.written = written};
    const att_text name = {p->at, strcspn(p->at, "=:,")};
    const char sign = name.data[name.size];
    if (name.size >= written.size || (sign != '=' && sign != ':'))
        return fail(p, written, "expected target=column or target:constant");
    p->at += name.size + 1;
    part.constant = sign == ':';
    bool quoted;
    att_status status = word(p, part.constant ? "," : ":,", &part.source, &quoted);
    if (status)
        return status;
    if (part.source.size == 0)
        return fail(p, written, "found nothing behind '%c', expected %s", sign,
            part.constant ? "a constant" : "a column");
    if (part.constant && att_text_equal(name, ATT_LIT("delimiter")))
        return set_delimiter(p, written, part.source);
    status = find_target(p, written, name, &part);
    if (!status && !part.constant && *p->at == ':') {
        const att_text option = {p->at + 1, (size_t)(end - p->at - 1)};
        p->at = end;
        status = set_option(p, written, option, &part);
    }
    if (!status && p->at != end)
        status = fail(p, written, "found text behind a closing quote, expected ',' or ':'");
    if (!status)
        status = once(p, written, &part);
    if (!status)
        p->out->parts[p->out->count++] = part;
    return status;
}

static bool has(const att_mapping *mapping, int target)
{
    for (size_t i = 0; i < mapping->count; i++)
        if (mapping->parts[i].target == target)
            return true;
    return false;
}

// Events or items, and all that such a thing needs.
static att_status check_whole(att_mapping *mapping, att_error *err)
{
    static const int event_needs[] = {ATT_TARGET_USER, ATT_TARGET_SIGNAL, ATT_TARGET_AT},
                     item_needs[] = {ATT_TARGET_ID};
    mapping->items = !has(mapping, ATT_TARGET_USER);
    const char *kind = mapping->items ? "items" : "events";
    for (size_t i = 0; i < mapping->count; i++) {
        const att_target *target = &att_targets[mapping->parts[i].target];
        if (!(mapping->items ? target->item : target->event))
            return ATT_FAIL(err, ATT_INVALID, "mapping part %zu \"%s\": %s have no \"%s\" (%s)",
                i + 1, att_excerpt_of(mapping->parts[i].written).text, kind, target->name,
                mapping->items ? "without a \"user\" it maps items"
                               : "with a \"user\" it maps events");
    }
    const int *needs = mapping->items ? item_needs : event_needs;
    for (size_t i = 0; i < (mapping->items ? ATT_COUNT_OF(item_needs) : ATT_COUNT_OF(event_needs));
         i++)
        if (!has(mapping, needs[i]))
            return ATT_FAIL(err, ATT_INVALID,
                "mapping: %s need \"%s\", expected a part such as %s=COLUMN", kind,
                att_targets[needs[i]].name, att_targets[needs[i]].name);
    return ATT_OK;
}

att_status att_mapping_parse(att_mapping *out, const char *text, att_arena *life, att_error *err)
{
    *out = (att_mapping){.delimiter = ','};
    const att_text copy = att_arena_text(life, att_text_of(text));
    if (!copy.data)
        return att_no_memory(err, strlen(text), "bytes of a mapping");
    if (att_utf8_check(copy) != copy.size)
        return ATT_FAIL(err, ATT_INVALID, "the mapping is not UTF-8");
    parser p = {copy.data, copy.data, life, err, out};
    for (bool more = true; more;) {
        const att_status status = parse_part(&p);
        if (status)
            return status;
        more = *p.at == ',';
        p.at += more;
    }
    return check_whole(out, err);
}

static att_status no_column(const att_mapping_part *part, size_t index, const att_text *columns,
    size_t count, att_error *err)
{
    char names[16][48], advice[300];
    const char *list[16] = {0};
    const size_t shown = ATT_MIN(count, ATT_COUNT_OF(names));
    for (size_t i = 0; i < shown; i++) {
        snprintf(names[i], sizeof names[i], "%s", att_excerpt_of(columns[i]).text);
        list[i] = names[i];
    }
    att_suggest(advice, sizeof advice, part->source, list, shown);
    return ATT_FAIL(err, ATT_INVALID,
        "mapping part %zu \"%s\": the file has no column \"%s\", %s%s", index + 1,
        att_excerpt_of(part->written).text, att_excerpt_of(part->source).text, advice,
        shown < count ? " …" : "");
}

att_status att_mapping_bind(
    att_mapping *mapping, const att_text *columns, size_t count, att_error *err)
{
    for (size_t i = 0; i < mapping->count; i++) {
        att_mapping_part *part = &mapping->parts[i];
        if (part->constant)
            continue;
        size_t found = count;
        for (size_t c = 0; c < count; c++) {
            if (!att_text_equal(columns[c], part->source))
                continue;
            if (found < count)
                return ATT_FAIL(err, ATT_INVALID,
                    "mapping part %zu \"%s\": the file has two columns \"%s\"", i + 1,
                    att_excerpt_of(part->written).text, att_excerpt_of(part->source).text);
            found = c;
        }
        if (found == count)
            return no_column(part, i, columns, count, err);
        part->column = found;
    }
    mapping->column_count = count;
    return ATT_OK;
}
