// SPDX-License-Identifier: Apache-2.0
// decide/experiment_parse.c - a definition file becomes an experiment, or a story with line and key.
//
// libyaml's events become a small tree (no anchors, aliases, tags or further documents; at most six levels and 4,096 nodes),
// the tree an experiment. An arm's part of a policy is read by the policy's own reader: it gets the same file with
// everything else blanked out, so that its stories name the line in this file.
#include "decide/experiment.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <yaml.h>

#define DEPTH_MAX 6
#define NODES_MAX 4096
#define WORD_MAX 64 // bytes of a value that a story shows

typedef enum node_kind { NODE_EMPTY, NODE_VALUE, NODE_LIST, NODE_MAPPING } node_kind;

typedef struct node node;
struct node {
    node_kind kind;
    unsigned line;
    size_t from, to; // bytes of the file
    bool quoted;
    att_text text;   // NODE_VALUE
    att_text key;    // within a mapping
    node *first, *next; // what it holds, in order; its right neighbour
    bool used;
};

typedef struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
    att_text yaml;
    const char *name;
    size_t *bytes; // (characters + 1) where each character begins: libyaml counts characters
    size_t characters, nodes;
    const att_host *host;
    att_arena *scratch, *life;
    att_error *err;
} reader;

static att_status next(reader *in)
{
    if (in->has_event)
        yaml_event_delete(&in->event);
    in->has_event = yaml_parser_parse(&in->parser, &in->event) != 0;
    if (in->has_event)
        return ATT_OK;
    if (in->parser.error == YAML_MEMORY_ERROR)
        return att_no_memory(in->err, 1, "experiment files");
    return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: not YAML: %s", in->name,
        (unsigned)in->parser.problem_mark.line + 1, in->parser.problem ? in->parser.problem : "unreadable");
}

static unsigned line_of(const reader *in)
{
    return (unsigned)in->event.start_mark.line + 1;
}

// --- The tree ---------------------------------------------------------------------------------------------------

static size_t byte_of(const reader *in, yaml_mark_t mark)
{
    return in->bytes[ATT_MIN(mark.index, in->characters)];
}

static att_status check_plain(const reader *in)
{
    const yaml_event_t *event = &in->event;
    const bool named = (event->type == YAML_SCALAR_EVENT && (event->data.scalar.anchor || event->data.scalar.tag)) ||
                       (event->type == YAML_MAPPING_START_EVENT &&
                           (event->data.mapping_start.anchor || event->data.mapping_start.tag)) ||
                       (event->type == YAML_SEQUENCE_START_EVENT &&
                           (event->data.sequence_start.anchor || event->data.sequence_start.tag));
    if (event->type == YAML_ALIAS_EVENT || named)
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: anchors, aliases and tags are not allowed; write the value out",
            in->name, line_of(in));
    return ATT_OK;
}

static att_status read_node(reader *in, unsigned depth, node **out);

static att_status read_children(reader *in, unsigned depth, node *parent, yaml_event_type_t end)
{
    node **last = &parent->first;
    for (;;) {
        att_status status = next(in);
        if (status)
            return status;
        if (in->event.type == end) {
            parent->to = byte_of(in, in->event.end_mark);
            return ATT_OK;
        }
        node *child = NULL;
        att_text key = {0};
        if (parent->kind == NODE_MAPPING) {
            if (in->event.type != YAML_SCALAR_EVENT)
                return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: a key must be a plain word", in->name, line_of(in));
            key = att_arena_text(in->scratch,
                (att_text){(const char *)in->event.data.scalar.value, in->event.data.scalar.length});
            if (!key.data)
                return att_no_memory(in->err, in->nodes, "parts of an experiment");
            status = check_plain(in);
            if (!status)
                status = next(in);
        }
        if (!status)
            status = read_node(in, depth + 1, &child);
        if (status)
            return status;
        child->key = key;
        *last = child;
        last = &child->next;
    }
}

// Reads what the event that is being looked at begins.
static att_status read_node(reader *in, unsigned depth, node **out)
{
    att_status status = check_plain(in);
    if (status)
        return status;
    if (depth > DEPTH_MAX || ++in->nodes > NODES_MAX)
        return ATT_FAIL(in->err, ATT_LIMIT, "%s:%u: more than %d levels or %d parts", in->name, line_of(in), DEPTH_MAX,
            NODES_MAX);
    node *made = *out = ATT_NEW(in->scratch, node, 1);
    if (!made)
        return att_no_memory(in->err, in->nodes, "parts of an experiment");
    made->line = line_of(in);
    made->from = byte_of(in, in->event.start_mark);
    made->to = byte_of(in, in->event.end_mark);
    if (in->event.type == YAML_MAPPING_START_EVENT || in->event.type == YAML_SEQUENCE_START_EVENT) {
        const bool is_mapping = in->event.type == YAML_MAPPING_START_EVENT;
        made->kind = is_mapping ? NODE_MAPPING : NODE_LIST;
        return read_children(in, depth, made, is_mapping ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT);
    }
    made->quoted = in->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    made->kind = in->event.data.scalar.length || made->quoted ? NODE_VALUE : NODE_EMPTY;
    made->text = att_arena_text(
        in->scratch, (att_text){(const char *)in->event.data.scalar.value, in->event.data.scalar.length});
    return made->text.data ? ATT_OK : att_no_memory(in->err, in->nodes, "parts of an experiment");
}

static att_status read_tree(reader *in, node **root)
{
    *root = NULL;
    att_status status = next(in); // stream start
    if (!status)
        status = next(in);
    if (!status && in->event.type == YAML_STREAM_END_EVENT)
        return ATT_FAIL(in->err, ATT_INVALID, "%s: an experiment is expected, the file is empty", in->name);
    if (!status)
        status = next(in);
    if (!status)
        status = read_node(in, 1, root);
    if (!status)
        status = next(in); // document end
    if (!status)
        status = next(in);
    if (!status && in->event.type != YAML_STREAM_END_EVENT)
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: an experiment is one document", in->name, line_of(in));
    return status;
}

static att_status index_characters(reader *in)
{
    in->bytes = ATT_NEW_RAW(in->scratch, size_t, in->yaml.size + 1);
    if (!in->bytes)
        return att_no_memory(in->err, in->yaml.size, "bytes of an experiment");
    for (size_t i = 0; i < in->yaml.size; i++)
        if (((unsigned char)in->yaml.data[i] & 0xC0) != 0x80)
            in->bytes[in->characters++] = i;
    in->bytes[in->characters] = in->yaml.size;
    return ATT_OK;
}

// --- Values -----------------------------------------------------------------------------------------------------

static const char *found_of(const node *part)
{
    return part->kind == NODE_LIST ? "a list" : part->kind == NODE_MAPPING ? "a mapping" : part->kind == NODE_EMPTY ? "nothing" : "a value";
}

static att_status wrong(const reader *in, const char *where, const node *part, const char *expected)
{
    if (part->kind != NODE_VALUE)
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: %s: expected %s, found %s", in->name, part->line, where, expected,
            found_of(part));
    return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: %s: expected %s, found \"%.*s\"", in->name, part->line, where, expected,
        (int)ATT_MIN(part->text.size, (size_t)WORD_MAX), part->text.data);
}

static att_status read_text(const reader *in, const char *where, const node *part, att_text *out)
{
    if (part->kind != NODE_VALUE)
        return wrong(in, where, part, "a text");
    *out = att_arena_text(in->life, part->text);
    return out->data ? ATT_OK : att_no_memory(in->err, part->text.size, "bytes of an experiment");
}

static att_status read_number(const reader *in, const char *where, const node *part, double *out)
{
    char copy[WORD_MAX];
    bool good = part->kind == NODE_VALUE && !part->quoted && part->text.size < sizeof copy;
    for (size_t i = 0; i < part->text.size && good; i++)
        good = part->text.data[i] && strchr("+-.0123456789eE", part->text.data[i]);
    if (good) {
        char *end;
        memcpy(copy, part->text.data, part->text.size);
        copy[part->text.size] = 0;
        *out = strtod(copy, &end);
        good = end == copy + part->text.size && *out - *out == 0;
    }
    return good ? ATT_OK : wrong(in, where, part, "a number");
}

// The child of this key; NULL: not given.
static node *find(node *mapping, const char *key)
{
    for (node *child = mapping->first; child; child = child->next)
        if (att_text_equal(child->key, att_text_of(key)) && !child->used) {
            child->used = true;
            return child;
        }
    return NULL;
}

static size_t count_of(const node *list)
{
    size_t count = 0;
    for (const node *child = list->first; child; child = child->next)
        count++;
    return count;
}

// Everything in the mapping was asked for. `known` is for the story.
static att_status check_used(const reader *in, const char *where, const node *mapping, const char *known)
{
    for (const node *child = mapping->first; child; child = child->next) {
        if (child->used)
            continue;
        for (const node *other = mapping->first; other != child; other = other->next)
            if (att_text_equal(other->key, child->key))
                return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: %s%s%.*s: given twice, first in line %u", in->name,
                    child->line, where, *where ? "." : "", (int)ATT_MIN(child->key.size, (size_t)WORD_MAX),
                    child->key.data, other->line);
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: %s%s%.*s: unknown key, expected one of: %s", in->name, child->line,
            where, *where ? "." : "", (int)ATT_MIN(child->key.size, (size_t)WORD_MAX), child->key.data, known);
    }
    return ATT_OK;
}

static att_status must_be(const reader *in, const char *where, const node *part, node_kind kind)
{
    static const char *const names[] = {"nothing", "a value", "a list", "a mapping of keys to values"};
    return part->kind == kind ? ATT_OK : wrong(in, where, part, names[kind]);
}

static att_status missing(const reader *in, const char *where, const node *mapping, const char *key)
{
    return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: %s%s%s is missing", in->name, mapping->line, where, *where ? "." : "", key);
}

// --- Parts of an experiment -------------------------------------------------------------------------------------

static att_status read_range(const reader *in, const char *where, node *part, att_hash_range *out)
{
    node *from = find(part, "from"), *to = find(part, "to");
    if (!from || !to)
        return missing(in, where, part, from ? "to" : "from");
    const att_status status = read_number(in, where, from, &out->from);
    return status ? status : read_number(in, where, to, &out->to);
}

static att_status read_space(const reader *in, node *part, att_experiment *e)
{
    att_status status = must_be(in, "namespace", part, NODE_MAPPING);
    if (status)
        return status;
    node *id = find(part, "id");
    if (!id)
        return missing(in, "namespace", part, "id");
    status = read_text(in, "namespace.id", id, &e->space);
    if (!status && e->space.size == 0)
        status = wrong(in, "namespace.id", id, "a name");
    if (!status)
        status = read_range(in, "namespace", part, &e->space_part);
    return status ? status : check_used(in, "namespace", part, "id, from, to");
}

static att_status read_whole(const reader *in, const char *where, const node *part, uint32_t *out)
{
    double value = 0;
    const att_status status = read_number(in, where, part, &value);
    if (status)
        return status;
    if (value != 1 && value != 2)
        return wrong(in, where, part, "1 or 2");
    *out = (uint32_t)value;
    return ATT_OK;
}

static att_status read_filter(const reader *in, const char *where, node *part, att_bucket_filter *out)
{
    att_status status = must_be(in, where, part, NODE_MAPPING);
    if (status)
        return status;
    node *seed = find(part, "seed"), *version = find(part, "hash_version"), *ranges = find(part, "ranges");
    out->hash_version = 2;
    if (!seed || !ranges)
        return missing(in, where, part, seed ? "ranges" : "seed");
    status = read_text(in, where, seed, &out->seed);
    if (!status && version)
        status = read_whole(in, where, version, &out->hash_version);
    if (!status)
        status = must_be(in, where, ranges, NODE_LIST);
    if (status)
        return status;
    out->range_count = count_of(ranges);
    att_hash_range *list = ATT_NEW(in->life, att_hash_range, out->range_count);
    if (!list)
        return att_no_memory(in->err, out->range_count, "ranges");
    out->ranges = list;
    for (node *range = ranges->first; range && !status; range = range->next, list++) {
        status = must_be(in, where, range, NODE_MAPPING);
        if (!status)
            status = read_range(in, where, range, list);
        if (!status)
            status = check_used(in, where, range, "from, to");
    }
    return status ? status : check_used(in, where, part, "seed, hash_version, ranges");
}

static att_status read_filters(const reader *in, node *part, att_experiment *e)
{
    att_status status = must_be(in, "filters", part, NODE_LIST);
    if (status)
        return status;
    e->filter_count = count_of(part);
    att_bucket_filter *list = ATT_NEW(in->life, att_bucket_filter, e->filter_count);
    if (!list)
        return att_no_memory(in->err, e->filter_count, "filters");
    e->filters = list;
    for (node *child = part->first; child && !status; child = child->next, list++) {
        char where[32];
        snprintf(where, sizeof where, "filters[%zu]", (size_t)(list - e->filters));
        status = read_filter(in, where, child, list);
    }
    return status;
}

static att_status read_metrics(const reader *in, node *part, att_experiment *e)
{
    att_status status = must_be(in, "metrics", part, NODE_LIST);
    if (status)
        return status;
    e->metric_count = count_of(part);
    att_text *list = ATT_NEW(in->life, att_text, e->metric_count);
    if (!list)
        return att_no_memory(in->err, e->metric_count, "metrics");
    e->metrics = list;
    for (node *child = part->first; child && !status; child = child->next)
        status = read_text(in, "metrics", child, list++);
    return status;
}

// The arm's part of a policy, by the policy's reader, from a copy of the file in which all else is blank.
static att_status read_policy(const reader *in, const node *part, att_text *out)
{
    if (part->kind == NODE_EMPTY)
        return ATT_OK;
    char *blanked = ATT_NEW_RAW(in->scratch, char, in->yaml.size + 1);
    att_override *overrides = ATT_NEW(in->scratch, att_override, ATT_OVERRIDES_MAX);
    size_t count;
    if (!blanked || !overrides)
        return att_no_memory(in->err, in->yaml.size, "bytes of an experiment");
    for (size_t i = 0; i < in->yaml.size; i++)
        blanked[i] = (i >= part->from && i < part->to) || in->yaml.data[i] == '\n' ? in->yaml.data[i] : ' ';
    const att_status status =
        att_overrides_parse((att_text){blanked, in->yaml.size}, in->name, overrides, &count, in->err);
    if (status || count == 0)
        return status;
    const size_t size = att_overrides_write(overrides, count, NULL, 0);
    char *text = ATT_NEW_RAW(in->life, char, size + 1);
    if (!text)
        return att_no_memory(in->err, size, "bytes of an experiment");
    att_overrides_write(overrides, count, text, size + 1);
    *out = (att_text){text, size};
    return ATT_OK;
}

static att_status read_variation(const reader *in, const char *where, node *part, size_t count, att_variation *out)
{
    att_status status = must_be(in, where, part, NODE_MAPPING);
    if (status)
        return status;
    node *key = find(part, "key"), *weight = find(part, "weight"), *policy = find(part, "policy");
    out->weight = 1 / (double)count;
    if (!key)
        return missing(in, where, part, "key");
    status = read_text(in, where, key, &out->key);
    if (!status && weight)
        status = read_number(in, where, weight, &out->weight);
    if (!status && policy)
        status = read_policy(in, policy, &out->policy);
    return status ? status : check_used(in, where, part, "key, weight, policy");
}

// Weights are given for all variations or for none.
static att_status read_variations(const reader *in, node *part, att_experiment *e)
{
    att_status status = must_be(in, "variations", part, NODE_LIST);
    if (status)
        return status;
    e->variation_count = count_of(part);
    if (e->variation_count > ATT_VARIATIONS_MAX)
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: variations: %zu of them, 2 to %d expected", in->name, part->line,
            e->variation_count, ATT_VARIATIONS_MAX);
    att_variation *list = ATT_NEW(in->life, att_variation, e->variation_count);
    if (!list)
        return att_no_memory(in->err, e->variation_count, "variations");
    e->variations = list;
    size_t at = 0;
    for (node *child = part->first; child && !status; child = child->next, at++) {
        char where[32];
        snprintf(where, sizeof where, "variations[%zu]", at);
        status = read_variation(in, where, child, e->variation_count, &list[at]);
    }
    return status;
}

static att_status read_simple(const reader *in, node *root, att_experiment *e)
{
    node *key = find(root, "key"), *seed = find(root, "seed"), *note = find(root, "note");
    node *version = find(root, "hash_version"), *coverage = find(root, "coverage");
    if (!key)
        return missing(in, "", root, "key");
    att_status status = read_text(in, "key", key, &e->key);
    e->seed = e->key;
    e->hash_version = 2;
    e->coverage = 1;
    if (!status && seed)
        status = read_text(in, "seed", seed, &e->seed);
    if (!status && e->seed.size == 0)
        e->seed = e->key;
    if (!status && note)
        status = read_text(in, "note", note, &e->note);
    if (!status && version)
        status = read_whole(in, "hash_version", version, &e->hash_version);
    if (!status && coverage)
        status = read_number(in, "coverage", coverage, &e->coverage);
    return status;
}

static att_status read_experiment(const reader *in, node *root, att_experiment *e)
{
    att_status status = must_be(in, "experiment", root, NODE_MAPPING);
    if (!status)
        status = read_simple(in, root, e);
    if (status)
        return status;
    node *space = find(root, "namespace"), *filters = find(root, "filters");
    node *metrics = find(root, "metrics"), *variations = find(root, "variations");
    if (!variations)
        return missing(in, "", root, "variations");
    if (space)
        status = read_space(in, space, e);
    if (!status && filters)
        status = read_filters(in, filters, e);
    if (!status && metrics)
        status = read_metrics(in, metrics, e);
    if (!status)
        status = read_variations(in, variations, e);
    return status ? status
                  : check_used(in, "", root,
                        "key, note, seed, hash_version, coverage, namespace, filters, metrics, variations");
}

// The line where "variations[1].weight" stands, as far as it can be found.
static unsigned line_of_fault(const node *root, const char *where)
{
    unsigned line = root->line;
    size_t at = 0;
    const node *here = root;
    while (here && where[at]) {
        const size_t size = strcspn(where + at, ".[");
        const node *child = here->first;
        while (child && !att_text_equal(child->key, (att_text){where + at, size}))
            child = child->next;
        at += size;
        here = child;
        if (here && where[at] == '[') {
            long index = strtol(where + at + 1, NULL, 10);
            for (here = here->first; here && index > 0; index--)
                here = here->next;
            at += strcspn(where + at, "]") + 1;
        }
        at += where[at] == '.';
        line = here ? here->line : line;
    }
    return line;
}

static att_status read_all(reader *in, att_experiment *e)
{
    if (!yaml_parser_initialize(&in->parser))
        return att_no_memory(in->err, 1, "experiment files");
    yaml_parser_set_encoding(&in->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(
        &in->parser, (const unsigned char *)(in->yaml.size ? in->yaml.data : ""), in->yaml.size);
    node *root = NULL;
    char where[64], why[400];
    att_status status = index_characters(in);
    if (!status)
        status = read_tree(in, &root);
    if (in->has_event)
        yaml_event_delete(&in->event);
    yaml_parser_delete(&in->parser);
    if (!status)
        status = read_experiment(in, root, e);
    if (!status && att_experiment_fault(e, where, sizeof where, why, sizeof why))
        status = ATT_FAIL(in->err, ATT_INVALID, "%s:%u: %s: %s", in->name, line_of_fault(root, where), where, why);
    return status;
}

att_status att_experiment_parse(
    att_experiment **out, att_text yaml, const char *name, const att_host *host, att_error *err)
{
    *out = NULL;
    const att_host full = att_host_complete(host);
    if (yaml.size >= 3 && memcmp(yaml.data, "\xEF\xBB\xBF", 3) == 0)
        yaml = (att_text){yaml.data + 3, yaml.size - 3};
    if (yaml.size > ATT_EXPERIMENT_SIZE_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%s: %zu bytes; an experiment has at most %d", name ? name : "experiment",
            yaml.size, ATT_EXPERIMENT_SIZE_MAX);
    att_arena scratch, *life;
    att_experiment *made;
    att_status status = att_experiment_new(&made, &life, &full, err);
    if (status)
        return status;
    att_arena_init(&scratch, &full, 0);
    reader in = {.yaml = yaml, .name = name ? name : "experiment", .host = &full, .scratch = &scratch, .life = life, .err = err};
    // Numbers have a point whatever the program's language is. The "C" locale needs no memory.
    const locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    const locale_t before = plain ? uselocale(plain) : (locale_t)0;
    status = plain ? read_all(&in, made) : att_no_memory(err, 1, "locales");
    if (plain) {
        uselocale(before);
        freelocale(plain);
    }
    att_arena_deinit(&scratch);
    if (status)
        att_experiment_destroy(made);
    else
        *out = made;
    return status;
}

att_status att_experiment_load(att_experiment **out, const char *path, const att_host *host, att_error *err)
{
    *out = NULL;
    const att_host full = att_host_complete(host);
    const size_t capacity = ATT_EXPERIMENT_SIZE_MAX + 4;
    char *bytes = att_alloc(&full, capacity, 1);
    if (!bytes)
        return att_no_memory(err, capacity, "bytes of an experiment");
    size_t size = 0;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    att_status status = file < 0 ? att_fail_errno(err, errno, "opening experiment %s", path) : ATT_OK;
    while (!status && size < capacity) {
        const ssize_t got = read(file, bytes + size, capacity - size);
        if (got < 0 && errno != EINTR)
            status = att_fail_errno(err, errno, "reading experiment %s", path);
        if (got == 0)
            break;
        size += got > 0 ? (size_t)got : 0;
    }
    if (file >= 0)
        close(file);
    if (!status)
        status = att_experiment_parse(out, (att_text){bytes, size}, path, &full, err);
    att_free(&full, bytes, capacity, 1);
    return status;
}
