// SPDX-License-Identifier: Apache-2.0
// signals/policy_parse.c - a policy file becomes a policy, or a story with line and key.
//
// YAML by libyaml's events, walked by hand: only mappings and plain values, at most four levels deep, no
// anchors, aliases, tags or further documents, so a file cannot unfold into more than it is. libyaml's own
// memory comes from malloc and is bounded by the size limit.
#include "signals/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <yaml.h>

#define SIZE_MAX_BYTES (256 * 1024)
#define KEY_SIZE_MAX 64
#define FIELDS_MAX 256

typedef struct reader {
    yaml_parser_t parser;
    yaml_event_t event; // the one being looked at
    bool has_event;
    const char *name; // of the file, for messages
    att_policy policy;
    uint32_t lines[FIELDS_MAX]; // where a field was given; 0: not
    const att_policy_field *fields;
    size_t field_count;
    att_error *err;
} reader;

static unsigned line_of(const reader *in)
{
    return (unsigned)in->event.start_mark.line + 1;
}

static att_status syntax_error(reader *in)
{
    if (in->parser.error == YAML_MEMORY_ERROR)
        return att_no_memory(in->err, 1, "policy files");
    const yaml_mark_t mark = in->parser.problem_mark;
    return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: not YAML: %s", in->name, (unsigned)mark.line + 1,
        in->parser.problem ? in->parser.problem : "unreadable");
}

static att_status check_plain(reader *in)
{
    const yaml_event_t *event = &in->event;
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    }
    if (anchor || event->type == YAML_ALIAS_EVENT)
        return ATT_FAIL(in->err, ATT_INVALID,
            "%s:%u: anchors and aliases are not allowed in a policy; write the value out", in->name,
            line_of(in));
    if (tag)
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: tags (\"!...\") are not allowed in a policy",
            in->name, line_of(in));
    return ATT_OK;
}

static att_status next(reader *in)
{
    if (in->has_event)
        yaml_event_delete(&in->event);
    in->has_event = yaml_parser_parse(&in->parser, &in->event) != 0;
    return in->has_event ? check_plain(in) : syntax_error(in);
}

// --- Which key was meant? -----------------------------------------------------------------------------

// Edits (insert, delete, replace, swap of neighbours) between two short words.
static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t rows[3][KEY_SIZE_MAX + 1];
    if (a_size > KEY_SIZE_MAX || b_size > KEY_SIZE_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *above_2 = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            row[j] = ATT_MIN(above[j] + 1, row[j - 1] + 1);
            row[j] = ATT_MIN(row[j], above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = ATT_MIN(row[j], above_2[j - 2] + 1);
        }
    }
    return rows[a_size % 3][b_size];
}

typedef struct nearest {
    size_t edits;
    char path[128];
} nearest;

static void consider(
    nearest *best, att_text word, const char *key, size_t surcharge, const char *parent)
{
    const size_t size = strlen(key);
    const size_t edits = distance(word.data, word.size, key, size);
    if (edits > ATT_MAX(size / 3, 1) || edits + surcharge >= best->edits)
        return;
    best->edits = edits + surcharge;
    snprintf(best->path, sizeof best->path, "%s%s%s", parent, *parent ? "." : "", key);
}

// The key's own neighbours first; then keys of other places, which cost two edits more.
static void find_nearest(const reader *in, const char *parent, att_text word, nearest *best)
{
    char owner[96];
    *best = (nearest){.edits = SIZE_MAX};
    for (size_t i = 0; i < in->field_count; i++) {
        const att_policy_field *field = &in->fields[i];
        consider(best, word, field->section, *parent ? 2 : 0, "");
        const size_t here = strcmp(parent, field->section) == 0 ? 0 : 2;
        consider(best, word, field->group ? field->group : field->key, here, field->section);
        if (!field->group)
            continue;
        snprintf(owner, sizeof owner, "%s.%s", field->section, field->group);
        if (strcmp(parent, owner) == 0)
            consider(best, word, field->key, 0, owner);
    }
}

static att_status unknown_key(reader *in, const char *parent, att_text word)
{
    nearest best;
    find_nearest(in, parent, word, &best);
    return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: %s%s%.*s: unknown key%s%s%s", in->name,
        line_of(in), parent, *parent ? "." : "", (int)ATT_MIN(word.size, (size_t)KEY_SIZE_MAX),
        word.data, best.edits == SIZE_MAX ? "" : "; did you mean ",
        best.edits == SIZE_MAX ? "" : best.path, best.edits == SIZE_MAX ? "" : "?");
}

// --- Values -------------------------------------------------------------------------------------------

static att_text scalar_of(const reader *in)
{
    return (att_text){(const char *)in->event.data.scalar.value, in->event.data.scalar.length};
}

static bool is_quoted(const reader *in)
{
    return in->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
}

static const char *kind_text(uint8_t kind)
{
    switch (kind) {
    case ATT_POLICY_BOOL:
        return "true or false";
    case ATT_POLICY_DIVERSITY:
        return "none, mmr or dpp";
    case ATT_POLICY_ALGORITHM:
        return "regcb, epsilon, linucb, thompson, squarecb, cover or bagging";
    case ATT_POLICY_DOUBLE:
        return "a number";
    default:
        return "a whole number";
    }
}

static bool parse_number(att_text text, bool whole, double *out)
{
    char copy[64];
    if (text.size == 0 || text.size >= sizeof copy)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!strchr(whole ? "+-0123456789" : "+-.0123456789eE", text.data[i]) || !text.data[i])
            return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    char *end;
    *out = strtod(copy, &end);
    return end == copy + text.size && *out - *out == 0;
}

static bool parse_value(att_text text, uint8_t kind, double *out)
{
    if (kind == ATT_POLICY_BOOL) {
        *out = att_text_equal(text, ATT_LIT("true"));
        return *out != 0 || att_text_equal(text, ATT_LIT("false"));
    }
    if (kind == ATT_POLICY_DIVERSITY) {
        for (unsigned i = ATT_DIVERSITY_NONE; i <= ATT_DIVERSITY_DPP; i++) {
            *out = i;
            if (att_text_equal(text, att_text_of(att_diversity_name((att_diversity)i))))
                return true;
        }
        return false;
    }
    if (kind == ATT_POLICY_ALGORITHM) {
        for (unsigned i = ATT_CHOICE_REGCB; i <= ATT_CHOICE_BAGGING; i++) {
            *out = i;
            if (att_text_equal(text, att_text_of(att_choice_algorithm_name((att_choice_algorithm)i))))
                return true;
        }
        return false;
    }
    return parse_number(text, att_policy_kind_is_whole(kind), out);
}

static att_status wrong_type(reader *in, size_t index, const char *found, att_text text)
{
    char path[96];
    return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: %s: expected %s, found %s%.*s%s", in->name,
        line_of(in), att_policy_field_path(&in->fields[index], path, sizeof path),
        kind_text(in->fields[index].kind), found, (int)ATT_MIN(text.size, (size_t)KEY_SIZE_MAX),
        text.size ? text.data : "", text.size ? "\"" : "");
}

static att_status read_value(reader *in, size_t index)
{
    const att_policy_field *field = &in->fields[index];
    char path[96];
    att_status status = next(in);
    if (status)
        return status;
    if (in->event.type != YAML_SCALAR_EVENT)
        return wrong_type(in, index,
            in->event.type == YAML_MAPPING_START_EVENT ? "a mapping" : "a list", (att_text){0});
    const att_text text = scalar_of(in);
    double value;
    if (is_quoted(in) && field->kind != ATT_POLICY_DIVERSITY && field->kind != ATT_POLICY_ALGORITHM)
        return wrong_type(in, index, "the text \"", text);
    if (!parse_value(text, field->kind, &value))
        return text.size ? wrong_type(in, index, "\"", text)
                         : wrong_type(in, index, "nothing", text);
    if (!(value >= field->low && value <= field->high))
        return ATT_FAIL(in->err, ATT_INVALID,
            "%s:%u: %s: %.*s is out of range; %.15g to %.15g is allowed", in->name, line_of(in),
            att_policy_field_path(field, path, sizeof path),
            (int)ATT_MIN(text.size, (size_t)KEY_SIZE_MAX), text.data, field->low, field->high);
    if (in->lines[index])
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: %s: given twice, first in line %u", in->name,
            line_of(in), att_policy_field_path(field, path, sizeof path), in->lines[index]);
    in->lines[index] = line_of(in);
    att_policy_field_set(&in->policy, field, value);
    return ATT_OK;
}

// --- Mappings -----------------------------------------------------------------------------------------

static bool same(const char *zero_terminated, att_text text)
{
    return att_text_equal(att_text_of(zero_terminated), text);
}

// Reads a mapping's start. *empty: nothing but a blank stands there.
static att_status enter(reader *in, const char *path, bool *empty)
{
    *empty =
        in->event.type == YAML_SCALAR_EVENT && in->event.data.scalar.length == 0 && !is_quoted(in);
    if (*empty || in->event.type == YAML_MAPPING_START_EVENT)
        return ATT_OK;
    return ATT_FAIL(in->err, ATT_INVALID,
        "%s:%u: %s: expected a mapping of keys to values, found %s", in->name, line_of(in),
        *path ? path : "policy", in->event.type == YAML_SCALAR_EVENT ? "a value" : "a list");
}

// Reads the next key. *done: the mapping ended.
static att_status read_key(reader *in, const char *path, bool *done)
{
    const att_status status = next(in);
    if (status)
        return status;
    *done = in->event.type == YAML_MAPPING_END_EVENT;
    if (!*done && in->event.type != YAML_SCALAR_EVENT)
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: %s: a key must be a plain word", in->name,
            line_of(in), *path ? path : "policy");
    return ATT_OK;
}

static att_status read_group(reader *in, const char *section, const char *group)
{
    char path[96];
    snprintf(path, sizeof path, "%s.%s", section, group);
    bool empty, done = false;
    att_status status = next(in);
    if (!status)
        status = enter(in, path, &empty);
    if (status || empty)
        return status;
    for (;;) {
        status = read_key(in, path, &done);
        if (status || done)
            return status;
        size_t i = 0;
        while (
            i < in->field_count &&
            !(in->fields[i].group && strcmp(in->fields[i].section, section) == 0 &&
                strcmp(in->fields[i].group, group) == 0 && same(in->fields[i].key, scalar_of(in))))
            i++;
        status = i < in->field_count ? read_value(in, i) : unknown_key(in, path, scalar_of(in));
        if (status)
            return status;
    }
}

static att_status read_section_key(reader *in, const char *section)
{
    for (size_t i = 0; i < in->field_count; i++) {
        const att_policy_field *field = &in->fields[i];
        if (strcmp(field->section, section) != 0)
            continue;
        if (field->group && same(field->group, scalar_of(in)))
            return read_group(in, section, field->group);
        if (!field->group && same(field->key, scalar_of(in)))
            return read_value(in, i);
    }
    return unknown_key(in, section, scalar_of(in));
}

static att_status read_section(reader *in, const char *section)
{
    bool empty, done = false;
    att_status status = next(in);
    if (!status)
        status = enter(in, section, &empty);
    if (status || empty)
        return status;
    for (;;) {
        status = read_key(in, section, &done);
        if (status || done)
            return status;
        status = read_section_key(in, section);
        if (status)
            return status;
    }
}

// --- What situations want -----------------------------------------------------------------------------

static att_status read_wish_value(reader *in, const char *path, att_wish *wish)
{
    static const char *const keys[] = {"least", "most", "tolerance", "weight"};
    double *const values[] = {&wish->least, &wish->most, &wish->tolerance, &wish->weight};
    size_t k = 0;
    while (k < ATT_COUNT_OF(keys) && !same(keys[k], scalar_of(in)))
        k++;
    if (k == ATT_COUNT_OF(keys))
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: %s.%.*s: unknown key; least, most, tolerance and weight are known", in->name,
            line_of(in), path, (int)ATT_MIN(scalar_of(in).size, (size_t)KEY_SIZE_MAX), scalar_of(in).data);
    const att_status status = next(in);
    if (status)
        return status;
    if (in->event.type != YAML_SCALAR_EVENT || is_quoted(in) || !parse_number(scalar_of(in), false, values[k]))
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: %s.%s: expected a number", in->name, line_of(in), path, keys[k]);
    return ATT_OK;
}

// The wish that is written over: the policy's, or one more.
static att_status place_wish(reader *in, const char *path, const att_wish *named, att_wish **out)
{
    *out = att_policy_wish(&in->policy, (att_facet)named->facet, named->which, att_text_of(named->feature));
    if (*out)
        return ATT_OK;
    if (in->policy.situations.count == ATT_WISHES_MAX)
        return ATT_FAIL(in->err, ATT_LIMIT, "%s:%u: %s: more than %d wishes of situations", in->name, line_of(in), path, ATT_WISHES_MAX);
    *out = &in->policy.situations.wish[in->policy.situations.count++];
    **out = *named;
    return ATT_OK;
}

static att_status read_wish(reader *in, const char *situation, att_facet facet, uint8_t which)
{
    att_wish named = {.facet = (uint8_t)facet, .which = which, .least = -HUGE_VAL, .most = HUGE_VAL, .weight = 1}, *wish;
    const att_text feature = scalar_of(in);
    const unsigned line = line_of(in);
    char path[96], why[192];
    if (feature.size == 0 || feature.size >= sizeof named.feature)
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: situations.%s: a feature's name has 1 to %zu bytes, found %zu", in->name, line,
            situation, sizeof named.feature - 1, feature.size);
    for (size_t i = 0; i < feature.size; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.", feature.data[i]) || !feature.data[i])
            return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: situations.%s: a feature's name has letters, digits, '_', '-' and '.'", in->name,
                line, situation);
    memcpy(named.feature, feature.data, feature.size);
    snprintf(path, sizeof path, "situations.%s.%s", situation, named.feature);
    bool empty = false, done = false;
    att_status status = place_wish(in, path, &named, &wish);
    if (!status)
        status = next(in);
    if (!status)
        status = enter(in, path, &empty);
    while (!status && !empty && !done) {
        status = read_key(in, path, &done);
        if (!status && !done)
            status = read_wish_value(in, path, wish);
    }
    if (!status && att_wish_fault(wish, why, sizeof why))
        status = ATT_FAIL(in->err, ATT_INVALID, "%s:%u: %s: %s", in->name, line, path, why);
    return status;
}

static att_status read_situation(reader *in)
{
    char path[96], situation[KEY_SIZE_MAX + 1];
    att_facet facet;
    uint8_t which;
    bool empty = false, done = false;
    snprintf(situation, sizeof situation, "%.*s", (int)ATT_MIN(scalar_of(in).size, (size_t)KEY_SIZE_MAX), scalar_of(in).data);
    if (!att_facet_class_parse(scalar_of(in), &facet, &which))
        return ATT_FAIL(in->err, ATT_INVALID,
            "%s:%u: situations.%s: unknown situation; expected an activity, a device, a place or a noise, such as workout, car, home, loud",
            in->name, line_of(in), situation);
    snprintf(path, sizeof path, "situations.%s", situation);
    att_status status = next(in);
    if (!status)
        status = enter(in, path, &empty);
    while (!status && !empty && !done) {
        status = read_key(in, path, &done);
        if (!status && !done)
            status = read_wish(in, situation, facet, which);
    }
    return status;
}

static att_status read_situations(reader *in)
{
    bool empty = false, done = false;
    att_status status = next(in);
    if (!status)
        status = enter(in, "situations", &empty);
    while (!status && !empty && !done) {
        status = read_key(in, "situations", &done);
        if (!status && !done)
            status = read_situation(in);
    }
    return status;
}

static att_status read_root_key(reader *in)
{
    if (same("situations", scalar_of(in)))
        return read_situations(in);
    for (size_t i = 0; i < in->field_count; i++)
        if (same(in->fields[i].section, scalar_of(in)))
            return read_section(in, in->fields[i].section);
    return unknown_key(in, "", scalar_of(in));
}

static att_status read_root(reader *in)
{
    bool empty, done = false;
    att_status status = enter(in, "", &empty);
    if (status || empty)
        return status;
    for (;;) {
        status = read_key(in, "", &done);
        if (status || done)
            return status;
        status = read_root_key(in);
        if (status)
            return status;
    }
}

static att_status read_stream(reader *in)
{
    att_status status = next(in); // stream start
    if (!status)
        status = next(in); // document start
    if (status || in->event.type == YAML_STREAM_END_EVENT)
        return status;
    status = next(in);
    if (!status)
        status = read_root(in);
    if (!status)
        status = next(in); // document end
    if (!status)
        status = next(in);
    if (!status && in->event.type != YAML_STREAM_END_EVENT)
        status = ATT_FAIL(
            in->err, ATT_INVALID, "%s:%u: a policy is one document", in->name, line_of(in));
    return status;
}

// A fault that several keys make together is told at the line of one that the file gave.
static att_status check_whole(const reader *in)
{
    size_t at;
    char why[192], path[96];
    if (!att_policy_fault(&in->policy, in->lines, &at, why, sizeof why))
        return ATT_OK;
    att_policy_field_path(&in->fields[at], path, sizeof path);
    return in->lines[at]
               ? ATT_FAIL(in->err, ATT_INVALID, "%s:%u: %s: %s", in->name, in->lines[at], path, why)
               : ATT_FAIL(in->err, ATT_INVALID, "%s: %s: %s", in->name, path, why);
}

static att_status read_policy(reader *in, att_text yaml)
{
    if (!yaml_parser_initialize(&in->parser))
        return att_no_memory(in->err, 1, "policy files");
    yaml_parser_set_encoding(&in->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(
        &in->parser, (const unsigned char *)(yaml.size ? yaml.data : ""), yaml.size);
    att_status status = read_stream(in);
    if (!status)
        status = check_whole(in);
    if (in->has_event)
        yaml_event_delete(&in->event);
    yaml_parser_delete(&in->parser);
    return status;
}

att_status att_policy_parse(
    att_policy *policy, att_text yaml, const char *name, const att_host *host, att_error *err)
{
    (void)host;
    return att_policy_parse_given(policy, yaml, name, NULL, err);
}

att_status att_policy_parse_given(
    att_policy *policy, att_text yaml, const char *name, uint32_t *lines, att_error *err)
{
    reader in = {.name = name ? name : "policy", .policy = *policy, .err = err};
    in.fields = att_policy_fields(&in.field_count);
    assert(in.field_count <= FIELDS_MAX);
    if (yaml.size > SIZE_MAX_BYTES)
        return ATT_FAIL(err, ATT_LIMIT, "%s: %zu bytes; a policy has at most %d", in.name,
            yaml.size, SIZE_MAX_BYTES);
    // Numbers have a point whatever the program's language is. The "C" locale needs no memory.
    const locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (!plain)
        return att_no_memory(err, 1, "locales");
    const locale_t before = uselocale(plain);
    const att_status status = read_policy(&in, yaml);
    uselocale(before);
    freelocale(plain);
    if (!status)
        *policy = in.policy;
    if (!status && lines)
        memcpy(lines, in.lines, in.field_count * sizeof *lines);
    return status;
}

// Reads at most one byte more than is allowed, so that a file that grows cannot fool us.
static att_status read_file(int file, const char *path, char *bytes, size_t *size, att_error *err)
{
    *size = 0;
    while (*size <= SIZE_MAX_BYTES) {
        const ssize_t got = read(file, bytes + *size, SIZE_MAX_BYTES + 1 - *size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return att_fail_errno(err, errno, "reading policy %s", path);
        if (got == 0)
            return ATT_OK;
        *size += (size_t)got;
    }
    return ATT_FAIL(err, ATT_LIMIT, "%s: a policy has at most %d bytes", path, SIZE_MAX_BYTES);
}

att_status att_policy_load(
    att_policy *policy, const char *path, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    char *bytes = att_alloc(&full, SIZE_MAX_BYTES + 1, 1);
    if (!bytes)
        return att_no_memory(err, SIZE_MAX_BYTES + 1, "bytes of policy");
    size_t size = 0;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    att_status status = file < 0 ? att_fail_errno(err, errno, "opening policy %s", path)
                                 : read_file(file, path, bytes, &size, err);
    if (file >= 0)
        close(file);
    if (!status)
        status = att_policy_parse(policy, (att_text){bytes, size}, path, &full, err);
    att_free(&full, bytes, SIZE_MAX_BYTES + 1, 1);
    return status;
}
