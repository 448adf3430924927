// SPDX-License-Identifier: Apache-2.0
// decide/experiment.c - a definition: what is allowed in it, what may not change once it runs, and its text.
#include "decide/experiment.h"

#include "signals/policy.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *att_experiment_status_name(att_experiment_status status)
{
    static const char *const names[] = {"draft", "running", "stopped"};
    return (unsigned)status < ATT_COUNT_OF(names) ? names[status] : "?";
}

// --- Overrides ------------------------------------------------------------------------------------------------

static bool may_override(const att_policy_field *field)
{
    return strcmp(field->section, "objective") == 0 || strcmp(field->section, "exploration") == 0 ||
           strcmp(field->section, "taste") == 0;
}

att_status att_overrides_parse(
    att_text yaml, const char *name, att_override *out, size_t *count, att_error *err)
{
    size_t field_count;
    uint32_t lines[ATT_OVERRIDES_MAX];
    const att_policy_field *fields = att_policy_fields(&field_count);
    assert(field_count <= ATT_OVERRIDES_MAX);
    att_policy policy = att_policy_default();
    *count = 0;
    const att_status status = att_policy_parse_given(&policy, yaml, name, lines, err);
    if (!status && policy.situations.count)
        return ATT_FAIL(err, ATT_INVALID, "%s: situations: an arm may change their weight, objective.situation, not what they want", name);
    for (size_t f = 0; f < field_count && !status; f++) {
        char path[96];
        if (lines[f] && !may_override(&fields[f]))
            return ATT_FAIL(err, ATT_INVALID,
                "%s:%u: %s: an arm may change objective, exploration and taste, not %s", name, lines[f],
                att_policy_field_path(&fields[f], path, sizeof path), fields[f].section);
        if (lines[f])
            out[(*count)++] = (att_override){(uint16_t)f, att_policy_field_get(&policy, &fields[f])};
    }
    return status;
}

void att_overrides_apply(att_policy *policy, const att_override *overrides, size_t count)
{
    size_t field_count;
    const att_policy_field *fields = att_policy_fields(&field_count);
    for (size_t i = 0; i < count; i++)
        att_policy_field_set(policy, &fields[overrides[i].field], overrides[i].value);
}

typedef struct writer {
    char *out;
    size_t size, length;
} writer;

static void emit(writer *to, const char *format, ...) ATT_PRINTF(2, 3);
static void emit(writer *to, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const bool fits = to->length < to->size;
    const int length = vsnprintf(
        fits ? to->out + to->length : NULL, fits ? to->size - to->length : 0, format, args);
    va_end(args);
    to->length += length > 0 ? (size_t)length : 0;
}

// The fewest digits that read back to the same bits.
static void emit_number(writer *to, double value)
{
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    emit(to, "%s", text);
}

static void emit_override(writer *to, const att_policy_field *field, double value)
{
    emit(to, "%s: ", field->key);
    if (field->kind == ATT_POLICY_DIVERSITY)
        emit(to, "%s", att_diversity_name((att_diversity)value));
    else if (field->kind == ATT_POLICY_BOOL)
        emit(to, "%s", value != 0 ? "true" : "false");
    else if (att_policy_kind_is_whole(field->kind))
        emit(to, "%lld", (long long)value);
    else
        emit_number(to, value);
}

static void emit_overrides(writer *to, const att_override *overrides, size_t count)
{
    size_t field_count;
    const att_policy_field *fields = att_policy_fields(&field_count);
    emit(to, "{");
    for (size_t i = 0; i < count; i++) {
        const char *section = fields[overrides[i].field].section;
        const bool opens = i == 0 || strcmp(section, fields[overrides[i - 1].field].section) != 0;
        emit(to, "%s", i == 0 ? "" : opens ? "}, " : ", ");
        if (opens)
            emit(to, "%s: {", section);
        emit_override(to, &fields[overrides[i].field], overrides[i].value);
    }
    emit(to, "%s}", count ? "}" : "");
}

// Numbers are written with a point whatever the program's language is.
static locale_t point_begin(locale_t *before)
{
    const locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    *before = plain ? uselocale(plain) : (locale_t)0;
    return plain;
}

static void point_end(locale_t plain, locale_t before)
{
    if (!plain)
        return;
    uselocale(before);
    freelocale(plain);
}

size_t att_overrides_write(const att_override *overrides, size_t count, char *out, size_t size)
{
    writer to = {.out = out, .size = size};
    locale_t before;
    const locale_t plain = point_begin(&before);
    emit_overrides(&to, overrides, count);
    point_end(plain, before);
    return to.length;
}

// --- As text ----------------------------------------------------------------------------------------------------

static void emit_quoted(writer *to, att_text text)
{
    emit(to, "\"");
    for (size_t i = 0; i < text.size; i++) {
        const unsigned char byte = (unsigned char)text.data[i];
        if (byte == '"' || byte == '\\')
            emit(to, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7F)
            emit(to, "\\x%02X", byte);
        else
            emit(to, "%c", byte);
    }
    emit(to, "\"");
}

static void emit_range(writer *to, att_hash_range range)
{
    emit(to, "from: ");
    emit_number(to, range.from);
    emit(to, ", to: ");
    emit_number(to, range.to);
}

static void emit_filter(writer *to, const att_bucket_filter *filter)
{
    emit(to, "  - {seed: ");
    emit_quoted(to, filter->seed);
    emit(to, ", hash_version: %u, ranges: [", filter->hash_version);
    for (size_t r = 0; r < filter->range_count; r++) {
        emit(to, "%s{", r ? ", " : "");
        emit_range(to, filter->ranges[r]);
        emit(to, "}");
    }
    emit(to, "]}\n");
}

static void emit_variation(writer *to, const att_variation *variation)
{
    att_override overrides[ATT_OVERRIDES_MAX];
    size_t count;
    emit(to, "  - key: ");
    emit_quoted(to, variation->key);
    emit(to, "\n    weight: ");
    emit_number(to, variation->weight);
    emit(to, "\n");
    if (!variation->policy.size || att_overrides_parse(variation->policy, "policy", overrides, &count, NULL) || !count)
        return;
    emit(to, "    policy: ");
    emit_overrides(to, overrides, count);
    emit(to, "\n");
}

static void emit_experiment(writer *to, const att_experiment *experiment)
{
    emit(to, "key: ");
    emit_quoted(to, experiment->key);
    if (experiment->note.size) {
        emit(to, "\nnote: ");
        emit_quoted(to, experiment->note);
    }
    emit(to, "\nseed: ");
    emit_quoted(to, experiment->seed.size ? experiment->seed : experiment->key);
    emit(to, "\nhash_version: %u\ncoverage: ", experiment->hash_version);
    emit_number(to, experiment->coverage);
    if (experiment->space.size) {
        emit(to, "\nnamespace: {id: ");
        emit_quoted(to, experiment->space);
        emit(to, ", ");
        emit_range(to, experiment->space_part);
        emit(to, "}");
    }
    emit(to, "%s", experiment->filter_count ? "\nfilters:\n" : "\n");
    for (size_t f = 0; f < experiment->filter_count; f++)
        emit_filter(to, &experiment->filters[f]);
    for (size_t m = 0; m < experiment->metric_count; m++) {
        emit(to, "%s", m == 0 ? "metrics: [" : ", ");
        emit_quoted(to, experiment->metrics[m]);
    }
    emit(to, "%svariations:\n", experiment->metric_count ? "]\n" : "");
    for (size_t v = 0; v < experiment->variation_count; v++)
        emit_variation(to, &experiment->variations[v]);
}

size_t att_experiment_write(const att_experiment *experiment, char *out, size_t size)
{
    writer to = {.out = out, .size = size};
    locale_t before;
    const locale_t plain = point_begin(&before);
    emit_experiment(&to, experiment);
    point_end(plain, before);
    return to.length;
}

// --- What is allowed --------------------------------------------------------------------------------------------

static bool is_key(att_text key)
{
    for (size_t i = 0; i < key.size; i++) {
        const char letter = key.data[i];
        const bool good = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                          (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' || letter == '.';
        if (!good)
            return false;
    }
    return key.size > 0 && key.size <= ATT_EXPERIMENT_KEY_MAX;
}

static bool is_part(att_hash_range range)
{
    return range.from >= 0 && range.to <= 1 && range.from < range.to;
}

#define FAULT(...) (snprintf(why, why_size, __VA_ARGS__), true)
#define AT(...) snprintf(where, where_size, __VA_ARGS__)

static bool filters_fault(const att_experiment *e, char *where, size_t where_size, char *why, size_t why_size)
{
    AT("filters");
    if (e->filter_count > ATT_EXPERIMENT_FILTERS_MAX)
        return FAULT("%zu filters, %d at most", e->filter_count, ATT_EXPERIMENT_FILTERS_MAX);
    for (size_t f = 0; f < e->filter_count; f++) {
        const att_bucket_filter *filter = &e->filters[f];
        AT("filters[%zu]", f);
        if (filter->hash_version != 1 && filter->hash_version != 2)
            return FAULT("hash_version is %u, 1 or 2 expected", filter->hash_version);
        if (filter->seed.size > ATT_ID_SIZE_MAX)
            return FAULT("the seed has %zu bytes, %d at most", filter->seed.size, ATT_ID_SIZE_MAX);
        if (filter->range_count < 1 || filter->range_count > ATT_EXPERIMENT_RANGES_MAX)
            return FAULT("%zu ranges, 1 to %d expected", filter->range_count, ATT_EXPERIMENT_RANGES_MAX);
        for (size_t r = 0; r < filter->range_count; r++)
            if (!is_part(filter->ranges[r]))
                return FAULT("range %zu is %g to %g, a part of 0 to 1 expected", r, filter->ranges[r].from,
                    filter->ranges[r].to);
    }
    return false;
}

static bool variation_fault(const att_experiment *e, size_t v, char *where, size_t where_size, char *why, size_t why_size)
{
    const att_variation *variation = &e->variations[v];
    att_override overrides[ATT_OVERRIDES_MAX];
    size_t count;
    att_error err;
    AT("variations[%zu].key", v);
    if (!is_key(variation->key))
        return FAULT("1 to %d letters, digits, '-', '_' or '.' expected", ATT_EXPERIMENT_KEY_MAX);
    for (size_t other = 0; other < v; other++)
        if (att_text_equal(e->variations[other].key, variation->key))
            return FAULT("\"%.*s\" is also the key of variation %zu", ATT_TEXT_ARGS(variation->key), other);
    AT("variations[%zu].weight", v);
    if (!(variation->weight > 0 && variation->weight < 1))
        return FAULT("%.15g is out of range; above 0 and below 1 is allowed", variation->weight);
    AT("variations[%zu].policy", v);
    if (variation->policy.size && att_overrides_parse(variation->policy, "policy", overrides, &count, &err))
        return FAULT("%s", err.text);
    return false;
}

static bool variations_fault(const att_experiment *e, char *where, size_t where_size, char *why, size_t why_size)
{
    AT("variations");
    if (e->variation_count < 2 || e->variation_count > ATT_VARIATIONS_MAX)
        return FAULT("%zu variations, 2 to %d expected", e->variation_count, ATT_VARIATIONS_MAX);
    double sum = 0;
    for (size_t v = 0; v < e->variation_count; v++) {
        if (variation_fault(e, v, where, where_size, why, why_size))
            return true;
        sum += e->variations[v].weight;
    }
    AT("variations");
    if (!(sum >= 0.99 && sum <= 1.01))
        return FAULT("the weights sum to %.15g, 1 expected", sum);
    return false;
}

bool att_experiment_fault(const att_experiment *e, char *where, size_t where_size, char *why, size_t why_size)
{
    AT("key");
    if (!is_key(e->key))
        return FAULT("1 to %d letters, digits, '-', '_' or '.' expected", ATT_EXPERIMENT_KEY_MAX);
    if (att_text_equal(e->key, ATT_LIT("holdout")))
        return FAULT("\"holdout\" is the universal holdout's name");
    AT("seed");
    if (e->seed.size > ATT_ID_SIZE_MAX)
        return FAULT("%zu bytes, %d at most", e->seed.size, ATT_ID_SIZE_MAX);
    AT("note");
    if (e->note.size > ATT_EXPERIMENT_NOTE_MAX)
        return FAULT("%zu bytes, %d at most", e->note.size, ATT_EXPERIMENT_NOTE_MAX);
    AT("hash_version");
    if (e->hash_version != 1 && e->hash_version != 2)
        return FAULT("%u is out of range; 1 or 2 is allowed", e->hash_version);
    AT("coverage");
    if (!(e->coverage > 0 && e->coverage <= 1))
        return FAULT("%.15g is out of range; above 0, at most 1 is allowed", e->coverage);
    AT("namespace");
    if (e->space.size && (e->space.size > ATT_ID_SIZE_MAX || !is_part(e->space_part)))
        return FAULT("an id of at most %d bytes and a part of 0 to 1 expected", ATT_ID_SIZE_MAX);
    if (e->space.size && e->filter_count)
        return FAULT("filters take the place of a namespace; give one of the two");
    AT("metrics");
    if (e->metric_count > ATT_EXPERIMENT_METRICS_MAX)
        return FAULT("%zu metrics, %d at most", e->metric_count, ATT_EXPERIMENT_METRICS_MAX);
    for (size_t m = 0; m < e->metric_count; m++)
        if (!is_key(e->metrics[m]))
            return FAULT("metric %zu has no plain name", m);
    return filters_fault(e, where, where_size, why, why_size) ||
           variations_fault(e, where, where_size, why, why_size);
}

att_status att_experiment_check(const att_experiment *experiment, att_error *err)
{
    char where[64], why[400];
    if (!att_experiment_fault(experiment, where, sizeof where, why, sizeof why))
        return ATT_OK;
    return ATT_FAIL(err, ATT_INVALID, "experiment: %s: %s", where, why);
}

// --- What may not change ----------------------------------------------------------------------------------------

static bool number_differs(const char *name, double was, double is, char *what, size_t size)
{
    if (was != is)
        snprintf(what, size, "%s is %.15g, %.15g was given", name, was, is);
    return was != is;
}

static bool text_differs(const char *name, att_text was, att_text is, char *what, size_t size)
{
    const bool differs = !att_text_equal(was, is);
    if (differs)
        snprintf(what, size, "%s is \"%.*s\", \"%.*s\" was given", name, (int)ATT_MIN(was.size, (size_t)160),
            was.size ? was.data : "", (int)ATT_MIN(is.size, (size_t)160), is.size ? is.data : "");
    return differs;
}

static bool filters_differ(const att_experiment *was, const att_experiment *is)
{
    bool differs = was->filter_count != is->filter_count;
    for (size_t f = 0; f < was->filter_count && !differs; f++) {
        const att_bucket_filter *a = &was->filters[f], *b = &is->filters[f];
        differs = !att_text_equal(a->seed, b->seed) || a->hash_version != b->hash_version ||
                  a->range_count != b->range_count;
        for (size_t r = 0; r < a->range_count && !differs; r++)
            differs = a->ranges[r].from != b->ranges[r].from || a->ranges[r].to != b->ranges[r].to;
    }
    return differs;
}

static bool variations_differ(
    const att_experiment *was, const att_experiment *is, char *what, size_t size)
{
    char name[96];
    if (number_differs("the number of variations", (double)was->variation_count, (double)is->variation_count, what, size))
        return true;
    for (size_t v = 0; v < was->variation_count; v++) {
        const att_variation *a = &was->variations[v], *b = &is->variations[v];
        snprintf(name, sizeof name, "the key of variation %zu", v);
        if (text_differs(name, a->key, b->key, what, size))
            return true;
        snprintf(name, sizeof name, "the weight of \"%.*s\"", ATT_TEXT_ARGS(a->key));
        if (number_differs(name, a->weight, b->weight, what, size))
            return true;
        snprintf(name, sizeof name, "the policy of \"%.*s\"", ATT_TEXT_ARGS(a->key));
        if (text_differs(name, a->policy, b->policy, what, size))
            return true;
    }
    return false;
}

bool att_experiment_differs(
    const att_experiment *was, const att_experiment *is, char *what, size_t size)
{
    if (text_differs("the seed", was->seed, is->seed, what, size) ||
        number_differs("hash_version", was->hash_version, is->hash_version, what, size) ||
        number_differs("coverage", was->coverage, is->coverage, what, size) ||
        text_differs("the namespace", was->space, is->space, what, size))
        return true;
    if (was->space.size && (number_differs("namespace.from", was->space_part.from, is->space_part.from, what, size) ||
                               number_differs("namespace.to", was->space_part.to, is->space_part.to, what, size)))
        return true;
    if (filters_differ(was, is)) {
        snprintf(what, size, "its filters are others");
        return true;
    }
    return variations_differ(was, is, what, size);
}

// --- Memory -----------------------------------------------------------------------------------------------------

typedef struct owned {
    att_experiment experiment; // first: what callers hold
    att_arena life;
    att_host host;
} owned;

att_status att_experiment_new(att_experiment **out, att_arena **arena, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    *out = NULL;
    owned *memory = ATT_NEW_ARRAY(&full, owned, 1);
    if (!memory)
        return att_no_memory(err, 1, "experiments");
    memory->host = full;
    att_arena_init(&memory->life, &memory->host, 4096);
    *arena = &memory->life;
    *out = &memory->experiment;
    return ATT_OK;
}

void att_experiment_destroy(att_experiment *experiment)
{
    if (!experiment)
        return;
    owned *memory = (owned *)experiment;
    const att_host host = memory->host;
    att_arena_deinit(&memory->life);
    att_free(&host, memory, 1, sizeof *memory);
}

// A copy has the store's fields too, and the canonical text of each arm's policy.
att_status att_experiment_copy(
    att_experiment **out, const att_experiment *from, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    const size_t size = att_experiment_write(from, NULL, 0);
    char *yaml = att_alloc(&full, size + 1, 1);
    *out = NULL;
    if (!yaml)
        return att_no_memory(err, size, "bytes of an experiment");
    att_experiment_write(from, yaml, size + 1);
    const att_status status = att_experiment_parse(out, (att_text){yaml, size}, "experiment", &full, err);
    att_free(&full, yaml, size + 1, 1);
    if (status)
        return status;
    (*out)->number = from->number;
    (*out)->status = from->status;
    (*out)->created_ms = from->created_ms;
    (*out)->started_ms = from->started_ms;
    (*out)->stopped_ms = from->stopped_ms;
    return ATT_OK;
}
