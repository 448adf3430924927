// SPDX-License-Identifier: Apache-2.0
// httpd/shape.c - checking JSON against a table, and writing the table as JSON Schema.
#include "shape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool blame(shape_fault *fault, const char *prefix, const char *field, const char *format, ...) ATT_PRINTF(4, 5);
static bool blame(shape_fault *fault, const char *prefix, const char *field, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    snprintf(fault->field, sizeof fault->field, "%s%s", prefix, field);
    vsnprintf(fault->reason, sizeof fault->reason, format, args);
    va_end(args);
    return false;
}

static bool has_limits(const shape_field *field)
{
    return field->low != 0 || field->high != 0;
}

static const char *kind_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "a list";
    case JSON_STRING: return "a text";
    case JSON_INTEGER: return "a whole number";
    case JSON_REAL: return "a number";
    case JSON_NULL: return "null";
    default: return "true or false";
    }
}

static const char *wanted(shape_type type)
{
    switch (type) {
    case SHAPE_TEXT: return "a text";
    case SHAPE_NUMBER: return "a number";
    case SHAPE_WHOLE: return "a whole number";
    case SHAPE_BOOL: return "true or false";
    case SHAPE_TIME: return "a time such as \"2026-11-26T12:00:00Z\" or milliseconds since 1970";
    case SHAPE_SCALAR: return "a text or a number";
    case SHAPE_LIST: return "a list";
    default: return "an object";
    }
}

static bool fits(shape_type type, const json_t *value)
{
    switch (type) {
    case SHAPE_TEXT: return json_is_string(value);
    case SHAPE_NUMBER: return json_is_number(value);
    case SHAPE_WHOLE: return json_is_integer(value);
    case SHAPE_BOOL: return json_is_boolean(value);
    case SHAPE_TIME: return json_is_string(value) || json_is_integer(value);
    case SHAPE_SCALAR: return json_is_string(value) || json_is_number(value);
    case SHAPE_LIST: return json_is_array(value);
    default: return json_is_object(value);
    }
}

static bool is_named(const shape_field *field, const char *text)
{
    for (unsigned i = field->first_name;; i++) {
        const char *name = field->name_of(i);
        if (!name || strcmp(name, "?") == 0)
            return false;
        if (strcmp(name, text) == 0)
            return true;
    }
}

// Adds a name to a list of them; false when it is full, and says so.
static bool list_name(char *text, size_t size, const char *name)
{
    static const char more[] = " …";
    const size_t at = strlen(text);
    const bool fits_in = at + strlen(name) + 2 + sizeof more <= size;
    snprintf(text + at, size - at, "%s%s", fits_in && at ? ", " : "", fits_in ? name : more);
    return fits_in;
}

static void list_names(const shape_field *field, char *text, size_t size)
{
    text[0] = 0;
    for (unsigned i = field->first_name;; i++) {
        const char *name = field->name_of(i);
        if (!name || strcmp(name, "?") == 0 || !list_name(text, size, name))
            return;
    }
}

// Edits between two names, by which one is taken for the other: letters changed, added, left out, or two swapped.
static size_t distance(const char *a, const char *b)
{
    enum { MOST = 32 };
    const size_t rows = strlen(a), columns = strlen(b);
    if (rows > MOST || columns > MOST)
        return MOST;
    size_t d[MOST + 1][MOST + 1];
    for (size_t i = 0; i <= rows; i++)
        for (size_t j = 0; j <= columns; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            const size_t changed = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]), one_less = 1 + (d[i - 1][j] < d[i][j - 1] ? d[i - 1][j] : d[i][j - 1]);
            d[i][j] = changed < one_less ? changed : one_less;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < d[i][j])
                d[i][j] = d[i - 2][j - 2] + 1;
        }
    return d[rows][columns];
}

// A name that was cut short ("tempo" for "tempo_bpm") is as near as one letter.
static size_t far_from(const char *key, const char *name)
{
    return strlen(key) > 2 && strncmp(key, name, strlen(key)) == 0 ? 1 : distance(key, name);
}

// The field that `key` was meant to be: one that is spelt alike, or of the same name in an object of these fields. False: none.
static bool meant_by(const shape *s, const char *key, char *out, size_t size)
{
    size_t nearest = strlen(key) / 3 + 1;
    const char *name = NULL;
    for (const shape_field *f = s->fields; f->name; f++)
        if (far_from(key, f->name) <= nearest) {
            nearest = far_from(key, f->name) - 1; // not 0: it would have been found
            name = f->name;
        }
    if (name)
        snprintf(out, size, "%s", name);
    for (const shape_field *f = s->fields; !name && f->name; f++)
        for (const shape_field *inner = f->type == SHAPE_OBJECT && f->shape ? f->shape->fields : NULL; inner && inner->name; inner++)
            if (strcmp(inner->name, key) == 0) {
                snprintf(out, size, "%s.%s", f->name, key);
                return true;
            }
    return name != NULL;
}

static bool blame_unknown(const shape *s, const char *prefix, const char *key, const char *what, shape_fault *fault)
{
    char short_key[64], names[320] = "";
    snprintf(short_key, sizeof short_key, "%s", key);
    if (meant_by(s, key, names, sizeof names))
        return blame(fault, prefix, short_key, "is not a %s, did you mean \"%s\"?", what, names);
    for (const shape_field *f = s->fields; f->name && list_name(names, sizeof names, f->name);)
        f++;
    return blame(fault, prefix, short_key, "is not a %s, expected one of %s", what, names);
}

static bool check_object(const shape *s, const json_t *value, const char *prefix, shape_fault *fault);

static bool check_text(const shape_field *f, const json_t *value, const char *prefix, shape_fault *fault)
{
    const size_t size = json_string_length(value);
    if (has_limits(f) && f->low == f->high && (double)size != f->low)
        return blame(fault, prefix, f->name, "has %zu bytes, expected exactly %.0f", size, f->low);
    if (has_limits(f) && ((double)size < f->low || (double)size > f->high))
        return blame(fault, prefix, f->name, "has %zu bytes, expected %.0f to %.0f", size, f->low, f->high);
    if (memchr(json_string_value(value), 0, size))
        return blame(fault, prefix, f->name, "holds a zero byte");
    if (f->name_of && !is_named(f, json_string_value(value))) {
        char names[160];
        list_names(f, names, sizeof names);
        return blame(fault, prefix, f->name, "found \"%.40s\", expected one of %s", json_string_value(value), names);
    }
    return true;
}

static bool check_value(const shape_field *f, shape_type type, const json_t *value, const char *prefix, shape_fault *fault)
{
    if (!fits(type, value))
        return blame(fault, prefix, f->name, "found %s, expected %s", kind_of(value), wanted(type));
    int64_t ms;
    switch (type) {
    case SHAPE_TEXT:
        return check_text(f, value, prefix, fault);
    case SHAPE_NUMBER:
    case SHAPE_WHOLE:
        if (has_limits(f) && !(json_number_value(value) >= f->low && json_number_value(value) <= f->high))
            return blame(fault, prefix, f->name, "found %g, expected %g to %g", json_number_value(value), f->low, f->high);
        return true;
    case SHAPE_TIME:
        if (json_is_string(value) && !shape_parse_time(att_text_of(json_string_value(value)), &ms))
            return blame(fault, prefix, f->name, "found \"%.40s\", expected %s", json_string_value(value), wanted(type));
        return true;
    case SHAPE_OBJECT: {
        char inner[128];
        snprintf(inner, sizeof inner, "%s%s.", prefix, f->name);
        return !f->shape || check_object(f->shape, value, inner, fault);
    }
    default:
        return true;
    }
}

static bool check_list(const shape_field *f, const json_t *value, const char *prefix, shape_fault *fault)
{
    const size_t count = json_array_size(value);
    if (has_limits(f) && ((double)count < f->low || (double)count > f->high))
        return blame(fault, prefix, f->name, "has %zu entries, expected %.0f to %.0f", count, f->low, f->high);
    for (size_t i = 0; i < count; i++) {
        char inner[128];
        shape_field each = *f;
        snprintf(inner, sizeof inner, "%s[%zu]", f->name, i);
        each.name = inner;
        each.low = each.high = 0;
        if (!check_value(&each, f->of, json_array_get(value, i), prefix, fault))
            return false;
    }
    return true;
}

static bool check_map(const shape_field *f, const json_t *value, const char *prefix, shape_fault *fault)
{
    const char *key;
    json_t *inner;
    json_object_foreach((json_t *)value, key, inner) {
        char name[128];
        shape_field each = *f;
        snprintf(name, sizeof name, "%s.%.60s", f->name, key);
        each.name = name;
        each.low = each.high = 0;
        if (!check_value(&each, f->of, inner, prefix, fault))
            return false;
    }
    return true;
}

static bool check_object(const shape *s, const json_t *value, const char *prefix, shape_fault *fault)
{
    const char *key;
    json_t *inner;
    json_object_foreach((json_t *)value, key, inner) {
        const shape_field *f = s->fields;
        while (f->name && strcmp(f->name, key) != 0)
            f++;
        if (!f->name) {
            char what[64];
            snprintf(what, sizeof what, "field of %s", s->name);
            return blame_unknown(s, prefix, key, what, fault);
        }
        if (json_is_null(inner)) {
            if (f->required && !f->nullable)
                return blame(fault, prefix, f->name, "found null, expected %s", wanted(f->type));
            continue;
        }
        if (!check_value(f, f->type, inner, prefix, fault))
            return false;
        if (f->type == SHAPE_LIST && !check_list(f, inner, prefix, fault))
            return false;
        if (f->type == SHAPE_MAP && !check_map(f, inner, prefix, fault))
            return false;
    }
    for (const shape_field *f = s->fields; f->name; f++)
        if (f->required && !json_object_get(value, f->name))
            return blame(fault, prefix, f->name, "is missing, expected %s", wanted(f->type));
    return true;
}

bool shape_knows(const shape *s, const char *key, shape_fault *fault)
{
    for (const shape_field *f = s->fields; f->name; f++)
        if (strcmp(f->name, key) == 0)
            return true;
    return blame_unknown(s, "", key, "parameter of this route", fault);
}

bool shape_check(const shape *s, const json_t *value, shape_fault *fault)
{
    if (!json_is_object(value))
        return blame(fault, "", "", "found %s, expected an object: %s", kind_of(value), s->name);
    return check_object(s, value, "", fault);
}

// --- JSON Schema ------------------------------------------------------------------------------------------------

// A time is sent in either way and answered as text. Alternatives stand in anyOf: generators of clients read it well, and
// take a list of types for one of them.
static void put_time(const shape_field *f, bool asked, httpd_out *o)
{
    const char *null = f->nullable ? ",{\"type\":\"null\"}" : "";
    if (asked || f->nullable) {
        out_key(o, "anyOf");
        out_printf(o, "[{\"type\":\"string\"%s}%s%s]", asked ? "" : ",\"format\":\"date-time\"", asked ? ",{\"type\":\"integer\"}" : "", null);
        return;
    }
    out_key_string(o, "type", "string");
    out_key_string(o, "format", "date-time");
}

static void put_type(const shape_field *f, shape_type type, bool asked, httpd_out *o)
{
    if (type == SHAPE_TIME) {
        put_time(f, asked, o);
        return;
    }
    if (type == SHAPE_SCALAR) {
        out_key(o, "anyOf");
        out_printf(o, "[{\"type\":\"string\"},{\"type\":\"number\"}%s]", f->nullable ? ",{\"type\":\"null\"}" : "");
        return;
    }
    static const char *const names[] = {[SHAPE_TEXT] = "string", [SHAPE_NUMBER] = "number", [SHAPE_WHOLE] = "integer",
        [SHAPE_BOOL] = "boolean", [SHAPE_LIST] = "array", [SHAPE_MAP] = "object", [SHAPE_OBJECT] = "object"};
    if (type == SHAPE_OBJECT && f->shape && f->nullable) {
        out_key(o, "anyOf");
        out_printf(o, "[{\"$ref\":\"#/components/schemas/%s\"},{\"type\":\"null\"}]", f->shape->name);
        return;
    }
    if (type == SHAPE_OBJECT && f->shape) {
        out_key(o, "$ref");
        out_printf(o, "\"#/components/schemas/%s\"", f->shape->name);
        return;
    }
    out_key(o, "type");
    if (f->nullable)
        out_printf(o, "[\"%s\",\"null\"]", names[type]);
    else
        out_printf(o, "\"%s\"", names[type]);
}

static void put_limits(const shape_field *f, httpd_out *o)
{
    static const char *const least[] = {[SHAPE_TEXT] = "minLength", [SHAPE_NUMBER] = "minimum", [SHAPE_WHOLE] = "minimum",
        [SHAPE_LIST] = "minItems"};
    static const char *const most[] = {[SHAPE_TEXT] = "maxLength", [SHAPE_NUMBER] = "maximum", [SHAPE_WHOLE] = "maximum",
        [SHAPE_LIST] = "maxItems"};
    if (!has_limits(f) || f->type > SHAPE_LIST || f->type == SHAPE_BOOL || f->type == SHAPE_TIME || f->type == SHAPE_SCALAR ||
        f->type == SHAPE_OBJECT)
        return;
    out_key_number(o, least[f->type], f->low);
    out_key_number(o, most[f->type], f->high);
}

static void put_names(const shape_field *f, httpd_out *o)
{
    if (!f->name_of)
        return;
    out_key(o, "enum");
    out_open(o, '[');
    for (unsigned i = f->first_name;; i++) {
        const char *name = f->name_of(i);
        if (!name || strcmp(name, "?") == 0)
            break;
        out_item(o);
        out_text(o, att_text_of(name));
    }
    out_close(o, ']');
}

static void put_field(const shape_field *f, bool asked, httpd_out *o)
{
    out_open(o, '{');
    put_type(f, f->type, asked, o);
    if (f->text)
        out_key_string(o, "description", f->text);
    if (f->type == SHAPE_LIST || f->type == SHAPE_MAP) {
        const shape_field each = {.type = f->of, .shape = f->shape, .name_of = f->name_of, .first_name = f->first_name};
        out_key(o, f->type == SHAPE_LIST ? "items" : "additionalProperties");
        put_field(&each, asked, o);
        put_limits(f, o);
    } else {
        put_limits(f, o);
        put_names(f, o);
    }
    out_close(o, '}');
}

void shape_field_schema(const shape_field *f, httpd_out *o)
{
    put_field(f, true, o);
}

void shape_schema(const shape *s, bool asked, httpd_out *o)
{
    out_open(o, '{');
    out_key_string(o, "type", "object");
    if (s->text)
        out_key_string(o, "description", s->text);
    out_key(o, "properties");
    out_open(o, '{');
    for (const shape_field *f = s->fields; f->name; f++) {
        out_key(o, f->name);
        put_field(f, asked, o);
    }
    out_close(o, '}');
    out_key(o, "required");
    out_open(o, '[');
    for (const shape_field *f = s->fields; f->name; f++)
        if (f->required) {
            out_item(o);
            out_text(o, att_text_of(f->name));
        }
    out_close(o, ']');
    out_key_bool(o, "additionalProperties", false);
    out_close(o, '}');
}

void shape_each(const shape *s, void (*see)(void *user, const shape *s), void *user)
{
    see(user, s);
    for (const shape_field *f = s->fields; f->name; f++)
        if (f->shape)
            shape_each(f->shape, see, user);
}

// --- Values -----------------------------------------------------------------------------------------------------

att_text shape_text(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value) ? (att_text){json_string_value(value), json_string_length(value)} : (att_text){0};
}

double shape_number(const json_t *object, const char *name, double otherwise)
{
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

int64_t shape_whole(const json_t *object, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool shape_bool(const json_t *object, const char *name, bool otherwise)
{
    const json_t *value = json_object_get(object, name);
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

static bool digits(const char **at, const char *end, int count, int *value)
{
    *value = 0;
    for (int i = 0; i < count; i++, ++*at) {
        if (*at == end || **at < '0' || **at > '9')
            return false;
        *value = *value * 10 + (**at - '0');
    }
    return true;
}

static bool byte(const char **at, const char *end, char wanted_byte)
{
    if (*at == end || **at != wanted_byte)
        return false;
    ++*at;
    return true;
}

// Days since 1970-01-01 of a date of the Gregorian calendar, by counting 400-year cycles from March.
static int64_t days_of(int year, int month, int day)
{
    const int y = month <= 2 ? year - 1 : year;
    const int cycle = y / 400, of_cycle = y % 400;
    const int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return (int64_t)cycle * 146097 + of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + of_year - 719468;
}

bool shape_parse_time(att_text text, int64_t *out_ms)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *at = text.data, *end = text.data + text.size;
    int year, month, day, hour, minute, second, offset_hour = 0, offset_minute = 0, ms = 0;
    if (!digits(&at, end, 4, &year) || !byte(&at, end, '-') || !digits(&at, end, 2, &month) || !byte(&at, end, '-') ||
        !digits(&at, end, 2, &day) || !(byte(&at, end, 'T') || byte(&at, end, ' ')) || !digits(&at, end, 2, &hour) ||
        !byte(&at, end, ':') || !digits(&at, end, 2, &minute) || !byte(&at, end, ':') || !digits(&at, end, 2, &second))
        return false;
    if (byte(&at, end, '.')) {
        int scale = 100, count = 0;
        for (; at < end && *at >= '0' && *at <= '9'; at++, scale /= 10, count++)
            ms += (*at - '0') * scale;
        if (!count)
            return false;
    }
    int sign = 0;
    if (!byte(&at, end, 'Z')) {
        sign = byte(&at, end, '+') ? 1 : byte(&at, end, '-') ? -1 : 0;
        if (!sign || !digits(&at, end, 2, &offset_hour) || !byte(&at, end, ':') || !digits(&at, end, 2, &offset_minute))
            return false;
    }
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (at != end || year < 1970 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1] + (month == 2 && leap) ||
        hour > 23 || minute > 59 || second > 59 || offset_hour > 14 || offset_minute > 59)
        return false;
    *out_ms = ((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60000 + second * 1000 + ms -
              sign * (offset_hour * 60 + offset_minute) * INT64_C(60000);
    return *out_ms >= 0;
}

bool shape_time(const json_t *object, const char *name, int64_t *out_ms)
{
    const json_t *value = json_object_get(object, name);
    if (json_is_integer(value))
        *out_ms = json_integer_value(value);
    else if (json_is_string(value))
        return shape_parse_time(att_text_of(json_string_value(value)), out_ms);
    return true;
}
