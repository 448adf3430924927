// SPDX-License-Identifier: Apache-2.0
// ingest/vw.c - reading and writing Vowpal Wabbit's text.
#include "ingest/vw.h"

#include "ingest/fault.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define OPTION_MOST ATT_CHOICE_OPTIONS_MAX

const char *att_vw_form_name(att_vw_form form)
{
    static const char *const names[] = {"unknown", "multiclass", "costs", "cb", "cb_adf"};
    return (unsigned)form < ATT_COUNT_OF(names) ? names[form] : "?";
}

// --- Words and numbers ------------------------------------------------------------------------------------------

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static att_text trim(att_text text)
{
    while (text.size && is_blank(text.data[0]))
        text = (att_text){text.data + 1, text.size - 1};
    while (text.size && is_blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

// Takes the next word off the front; empty at the end.
static att_text word(att_text *text)
{
    while (text->size && is_blank(text->data[0]))
        *text = (att_text){text->data + 1, text->size - 1};
    size_t size = 0;
    while (size < text->size && !is_blank(text->data[size]))
        size++;
    const att_text out = {text->data, size};
    *text = (att_text){text->data + size, text->size - size};
    return out;
}

// Splits at the first c; *rest is empty with data NULL when there is none.
static att_text before(att_text text, char c, att_text *rest)
{
    const char *at = text.size ? memchr(text.data, c, text.size) : NULL;
    *rest = at ? (att_text){at + 1, (size_t)(text.data + text.size - at - 1)} : (att_text){NULL, 0};
    return at ? (att_text){text.data, (size_t)(at - text.data)} : text;
}

static size_t count_of(att_text text, char c)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += text.data[i] == c;
    return count;
}

static bool number(const att_vw_reader *reader, att_text text, double *out)
{
    char copy[64], *end;
    if (!text.size || text.size >= sizeof copy)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!text.data[i] || !strchr("+-.0123456789eE", text.data[i]))
            return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    *out = strtod_l(copy, &end, (locale_t)reader->plain);
    return end == copy + text.size && isfinite((float)*out);
}

static att_status fault(const att_vw_reader *reader, uint64_t line, const char *field, att_text found, const char *expected, att_error *err)
{
    return ATT_FAIL(err, ATT_INVALID, "%s:%llu: %s: found \"%s\", expected %s", reader->name, (unsigned long long)line,
        field, att_excerpt_of(found).text, expected);
}

static att_status whole_option(const att_vw_reader *reader, uint64_t line, att_text text, uint32_t least, uint32_t *out, att_error *err)
{
    double value;
    if (!number(reader, text, &value) || value != floor(value) || value < least || value > OPTION_MOST)
        return fault(reader, line, "label", text, least ? "an option from 1 to 4096" : "an option from 0 to 4096", err);
    *out = (uint32_t)value;
    return ATT_OK;
}

// --- Lines ------------------------------------------------------------------------------------------------------

static bool next_line(att_vw_reader *reader, att_text *out)
{
    if (reader->at == reader->end)
        return false;
    const char *stop = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
    const char *last = stop ? stop : reader->end;
    *out = (att_text){reader->at, (size_t)(last - reader->at)};
    reader->at = stop ? stop + 1 : reader->end;
    reader->line++;
    return true;
}

// What stands before the first bar, and from it on. Without a bar all is label.
static att_text label_part(att_text line, att_text *features)
{
    att_text rest;
    const att_text label = before(line, '|', &rest);
    *features = rest.data ? rest : (att_text){"", 0};
    return trim(label);
}

static att_status parse_features(const att_vw_reader *reader, uint64_t line, att_text text, att_arena *arena,
    const att_choice_feature **out, size_t *count, att_error *err)
{
    size_t most = 1;
    for (size_t i = 0; i < text.size; i++)
        most += is_blank(text.data[i]) || text.data[i] == '|';
    att_choice_feature *features = ATT_NEW_RAW(arena, att_choice_feature, most);
    if (!features)
        return att_no_memory(err, most, "features");
    *count = 0;
    *out = features;
    for (att_text rest = text; rest.data; text = rest) {
        att_text space = before(text, '|', &rest), name = {"", 0}, scale_text;
        double scale = 1;
        if (space.size && !is_blank(space.data[0])) {
            const att_text named = word(&space);
            name = before(named, ':', &scale_text);
            if (scale_text.data && !number(reader, scale_text, &scale))
                return fault(reader, line, "namespace", named, "NAME or NAME:NUMBER", err);
        }
        for (att_text one = word(&space); one.size; one = word(&space)) {
            att_text value_text;
            double value = 1;
            const att_text feature = before(one, ':', &value_text);
            if (value_text.data && !number(reader, value_text, &value))
                return fault(reader, line, "feature", one, "NAME or NAME:NUMBER", err);
            if (feature.size > 255 || name.size > 255)
                return fault(reader, line, "feature", one, "a name of at most 255 bytes", err);
            if (*count == ATT_CHOICE_FEATURES_MAX)
                return ATT_FAIL(err, ATT_LIMIT, "%s:%llu: it has more than %d features", reader->name,
                    (unsigned long long)line, ATT_CHOICE_FEATURES_MAX);
            features[(*count)++] = (att_choice_feature){name, feature, value * scale};
        }
        if (!rest.data)
            break;
    }
    return ATT_OK;
}

// "2:0.5:0.3": option, cost, probability; fewer are fine where the form allows it.
static att_status parse_cost(const att_vw_reader *reader, uint64_t line, att_text token, att_vw_label *out, att_error *err)
{
    att_text cost, probability;
    const att_text option = before(token, ':', &cost);
    uint32_t number_of = 0;
    *out = (att_vw_label){.cost = NAN, .probability = NAN};
    const att_status status = whole_option(reader, line, option, reader->form == ATT_VW_ADF ? 0 : 1, &number_of, err);
    if (status)
        return status;
    out->option = number_of ? number_of - 1 : 0;
    if (!cost.data)
        return ATT_OK;
    cost = before(cost, ':', &probability);
    if (!number(reader, cost, &out->cost))
        return fault(reader, line, "label", token, "OPTION:COST:PROBABILITY", err);
    if (reader->form == ATT_VW_COSTS && probability.data)
        return fault(reader, line, "label", token, "OPTION:COST", err);
    if (reader->form == ATT_VW_COSTS)
        return ATT_OK;
    if (!probability.data || !number(reader, probability, &out->probability) || !(out->probability > 0 && out->probability <= 1))
        return fault(reader, line, "label", token, "OPTION:COST:PROBABILITY with a probability over 0 and at most 1", err);
    return ATT_OK;
}

static bool is_tag(att_text token)
{
    return token.size && token.data[0] == '\'';
}

// "3 1.5 'tag": label, importance, tag.
static att_status parse_class(const att_vw_reader *reader, uint64_t line, att_text label, att_vw_label *out, size_t *count,
    double *weight, att_error *err)
{
    const att_text first = word(&label);
    *count = 0;
    if (!first.size || is_tag(first))
        return ATT_OK;
    const att_status status = whole_option(reader, line, first, 1, &out->option, err);
    if (status)
        return status;
    out->option--;
    out->cost = out->probability = NAN;
    *count = 1;
    att_text second = word(&label);
    if (second.size && !is_tag(second)) {
        if (!number(reader, second, weight) || !(*weight > 0 && *weight <= 1e6))
            return fault(reader, line, "importance", second, "a number over 0 and at most 1e6", err);
        second = word(&label);
    }
    if (second.size && !is_tag(second))
        return fault(reader, line, "label", second, "LABEL IMPORTANCE 'TAG", err);
    return ATT_OK;
}

static att_status parse_label(const att_vw_reader *reader, uint64_t line, att_text label, att_arena *arena, att_vw_example *out, att_error *err)
{
    size_t most = 1, count = 0;
    for (size_t i = 0; i < label.size; i++)
        most += is_blank(label.data[i]);
    att_vw_label *labels = ATT_NEW(arena, att_vw_label, most);
    if (!labels)
        return att_no_memory(err, most, "labels");
    att_status status = ATT_OK;
    if (reader->form == ATT_VW_MULTICLASS) {
        status = parse_class(reader, line, label, labels, &count, &out->weight, err);
    } else {
        for (att_text token = word(&label); token.size && !status; token = word(&label))
            if (!is_tag(token))
                status = parse_cost(reader, line, token, &labels[count++], err);
    }
    out->labels = labels;
    out->label_count = count;
    return status;
}

// --- Examples ---------------------------------------------------------------------------------------------------

static bool is_shared(att_text label)
{
    const att_text first = word(&label);
    return att_text_equal(first, ATT_LIT("shared"));
}

static att_vw_form form_of(att_text text)
{
    const char *stop = memchr(text.data, '\n', text.size);
    att_text features;
    att_text label = label_part((att_text){text.data, stop ? (size_t)(stop - text.data) : text.size}, &features);
    if (is_shared(label))
        return ATT_VW_ADF;
    const size_t look = ATT_MIN(text.size, (size_t)1 << 16);
    bool in_block = false, has_block = false;
    for (size_t i = 0, start = 0; i < look; i++) { // an empty line with another line before it ends a block
        if (text.data[i] != '\n')
            continue;
        const bool empty = trim((att_text){text.data + start, i - start}).size == 0;
        has_block |= empty && in_block;
        in_block |= !empty;
        start = i + 1;
    }
    if (has_block)
        return ATT_VW_ADF;
    size_t colons = 0;
    for (att_text token = word(&label); token.size; token = word(&label))
        if (!is_tag(token))
            colons = ATT_MAX(colons, count_of(token, ':'));
    return colons >= 2 ? ATT_VW_CB : colons == 1 ? ATT_VW_COSTS : ATT_VW_MULTICLASS;
}

att_status att_vw_reader_init(att_vw_reader *reader, att_text text, const char *name, att_error *err)
{
    *reader = (att_vw_reader){.name = name, .at = text.data, .end = text.data ? text.data + text.size : NULL};
    while (reader->at != reader->end && (is_blank(*reader->at) || *reader->at == '\n'))
        reader->line += *reader->at++ == '\n';
    if (reader->at == reader->end)
        return ATT_FAIL(err, ATT_INVALID, "%s: it is empty, expected lines such as \"2 | height:1.5\"", name);
    reader->form = form_of((att_text){reader->at, (size_t)(reader->end - reader->at)});
    reader->plain = (void *)newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    return reader->plain ? ATT_OK : att_no_memory(err, 1, "locales");
}

void att_vw_reader_deinit(att_vw_reader *reader)
{
    if (reader->plain)
        freelocale((locale_t)reader->plain);
    reader->plain = NULL;
}

static att_status check_line(const att_vw_reader *reader, att_text line, att_error *err)
{
    if (line.size > ATT_VW_LINE_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%s:%llu: the line has %zu bytes, %zu at most", reader->name,
            (unsigned long long)reader->line, line.size, ATT_VW_LINE_MAX);
    if (line.size && memchr(line.data, 0, line.size))
        return ATT_FAIL(err, ATT_INVALID, "%s:%llu: it holds a zero byte, expected text", reader->name,
            (unsigned long long)reader->line);
    return ATT_OK;
}

static att_status read_single(att_vw_reader *reader, att_arena *arena, att_vw_example *out, bool *found, att_error *err)
{
    att_text line;
    do {
        if (!next_line(reader, &line))
            return ATT_OK;
    } while (!trim(line).size);
    att_text features;
    att_status status = check_line(reader, line, err);
    const att_text label = label_part(line, &features);
    out->line = reader->line;
    if (!status)
        status = parse_label(reader, reader->line, label, arena, out, err);
    if (!status)
        status = parse_features(reader, reader->line, features, arena, &out->features, &out->feature_count, err);
    *found = !status;
    return status;
}

static att_status read_option(att_vw_reader *reader, att_text line, att_arena *arena, att_choice_option *options,
    size_t at, att_vw_label *label, size_t *labels, att_error *err)
{
    att_text features;
    att_text before_bar = label_part(line, &features);
    att_status status = parse_features(reader, reader->line, features, arena, &options[at].features, &options[at].feature_count, err);
    const char *id = status ? NULL : att_arena_printf(arena, "%zu", at + 1);
    if (!status && !id)
        status = att_no_memory(err, at, "options");
    options[at].id = att_text_of(id);
    for (att_text token = word(&before_bar); token.size && !status; token = word(&before_bar)) {
        if (is_tag(token))
            continue;
        if (*labels)
            return fault(reader, reader->line, "label", token, "one labelled option in a block", err);
        status = parse_cost(reader, reader->line, token, label, err);
        if (!status && isnan(label->cost))
            return fault(reader, reader->line, "label", token, "0:COST:PROBABILITY", err);
        label->option = (uint32_t)at;
        (*labels)++;
    }
    return status;
}

// How many lines the block that begins here has: room for its options.
static size_t lines_ahead(const att_vw_reader *reader)
{
    att_vw_reader ahead = *reader;
    att_text line;
    size_t count = 0;
    while (count <= OPTION_MOST && next_line(&ahead, &line) && trim(line).size)
        count++;
    return count;
}

static att_status read_block(att_vw_reader *reader, att_arena *arena, att_vw_example *out, bool *found, att_error *err)
{
    att_text line;
    do {
        if (!next_line(reader, &line))
            return ATT_OK;
    } while (!trim(line).size);
    const size_t most = lines_ahead(reader) + 1;
    att_choice_option *options = ATT_NEW(arena, att_choice_option, most);
    att_vw_label *label = ATT_NEW(arena, att_vw_label, 1);
    if (!options || !label)
        return att_no_memory(err, most, "options");
    att_status status = ATT_OK;
    out->line = reader->line;
    bool first = true;
    do {
        att_text features;
        status = check_line(reader, line, err);
        if (!status && is_shared(label_part(line, &features))) {
            if (!first)
                return fault(reader, reader->line, "label", ATT_LIT("shared"), "shared in the first line of a block alone", err);
            status = parse_features(reader, reader->line, features, arena, &out->features, &out->feature_count, err);
        } else if (!status && out->option_count == OPTION_MOST) {
            status = ATT_FAIL(err, ATT_LIMIT, "%s:%llu: a block has at most %d options", reader->name,
                (unsigned long long)reader->line, OPTION_MOST);
        } else if (!status) {
            status = read_option(reader, line, arena, options, out->option_count++, label, &out->label_count, err);
        }
        first = false;
    } while (!status && next_line(reader, &line) && trim(line).size);
    if (!status && !out->option_count)
        status = ATT_FAIL(err, ATT_INVALID, "%s:%llu: the block has no option, expected a line for each", reader->name,
            (unsigned long long)out->line);
    out->options = options;
    out->labels = label;
    *found = !status;
    return status;
}

att_status att_vw_next(att_vw_reader *reader, att_arena *arena, att_vw_example *out, bool *found, att_error *err)
{
    *out = (att_vw_example){.weight = 1};
    *found = false;
    return reader->form == ATT_VW_ADF ? read_block(reader, arena, out, found, err)
                                      : read_single(reader, arena, out, found, err);
}

// --- Writing ----------------------------------------------------------------------------------------------------

typedef struct writer {
    const att_host *host;
    att_bytes *out;
    bool failed;
} writer;

static void put(writer *to, const char *data, size_t size)
{
    if (to->failed || !ATT_VEC_RESERVE(to->host, to->out, to->out->count + size)) {
        to->failed = true;
        return;
    }
    if (size)
        memcpy(to->out->items + to->out->count, data, size);
    to->out->count += size;
}

static void put_name(writer *to, att_text name)
{
    const size_t at = to->out->count;
    put(to, name.data, name.size);
    for (size_t i = at; !to->failed && i < to->out->count; i++) {
        const unsigned char c = (unsigned char)to->out->items[i];
        if (c <= ' ' || c == ':' || c == '|' || c == 0x7f)
            to->out->items[i] = '_';
    }
}

// The fewest digits that read back to the same float; the "C" locale is the caller's to see to.
static void put_number(writer *to, double value)
{
    char text[40];
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if ((float)strtod(text, NULL) == (float)value)
            break;
    }
    put(to, text, strlen(text));
}

static void put_features(writer *to, const att_choice_feature *features, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !att_text_equal(features[i].name_space, features[i - 1].name_space)) {
            put(to, i ? " |" : "|", i ? 2 : 1);
            put_name(to, features[i].name_space);
        }
        put(to, " ", 1);
        put_name(to, features[i].name);
        if (features[i].value != 1) {
            put(to, ":", 1);
            put_number(to, features[i].value);
        }
    }
}

static void put_context(writer *to, const att_context *context)
{
    const att_choice_feature all[] = {
        {ATT_LIT("device"), att_text_of(att_device_name((att_device)context->device)), 1},
        {ATT_LIT("place"), att_text_of(att_place_name((att_place)context->place)), 1},
        {ATT_LIT("activity"), att_text_of(att_activity_name((att_activity)context->activity)), 1},
        {ATT_LIT("noise"), att_text_of(att_noise_name((att_noise)context->noise)), 1}};
    const bool known[] = {context->device != 0, context->place != 0, context->activity != 0, context->noise != 0};
    for (size_t i = 0; i < ATT_COUNT_OF(all); i++)
        if (known[i]) {
            put(to, " ", 1);
            put_features(to, &all[i], 1);
        }
}

att_status att_vw_write_choice(const att_host *host, att_bytes *out, const att_choice_feature *features, size_t feature_count,
    const att_context *context, const att_choice_option *options, size_t option_count, uint32_t shown, double probability,
    double cost, att_error *err)
{
    writer to = {host, out, false};
    const size_t before_it = out->count;
    const locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    const locale_t was = plain ? uselocale(plain) : (locale_t)0;
    to.failed = !plain;
    put(&to, "shared ", 7);
    put_features(&to, features, feature_count);
    if (!feature_count)
        put(&to, "|", 1);
    put_context(&to, context);
    put(&to, "\n", 1);
    for (size_t a = 0; a < option_count; a++) {
        if (a == shown && !isnan(cost)) {
            put(&to, "0:", 2);
            put_number(&to, cost);
            put(&to, ":", 1);
            put_number(&to, probability);
            put(&to, " ", 1);
        }
        put(&to, "|option ", 8);
        put_name(&to, options[a].id);
        if (options[a].feature_count)
            put(&to, " ", 1);
        put_features(&to, options[a].features, options[a].feature_count);
        put(&to, "\n", 1);
    }
    put(&to, "\n", 1);
    if (plain) {
        uselocale(was);
        freelocale(plain);
    }
    if (!to.failed)
        return ATT_OK;
    out->count = before_it;
    return att_no_memory(err, option_count, "options");
}
