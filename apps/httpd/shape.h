// SPDX-License-Identifier: Apache-2.0
// httpd/shape.h - what a JSON object looks like: one table that checks what arrives, documents it in OpenAPI, and tells
// tests what an answer must hold.
#ifndef ATT_HTTPD_SHAPE_H
#define ATT_HTTPD_SHAPE_H

#include "out.h"

#include <jansson.h>

typedef enum shape_type {
    SHAPE_TEXT,   // low and high: bytes
    SHAPE_NUMBER, // low and high: the range; both 0: any
    SHAPE_WHOLE,
    SHAPE_BOOL,
    SHAPE_TIME,   // a text in RFC 3339 or whole milliseconds since 1970
    SHAPE_SCALAR, // a text or a number
    SHAPE_OBJECT, // `shape`
    SHAPE_LIST,   // of `of`, low and high: how many
    SHAPE_MAP     // keys of any name to values of type `of`
} shape_type;

typedef struct shape shape;

typedef struct shape_field {
    const char *name;
    shape_type type;
    const char *text; // what it is, in a sentence without its stop
    double low, high;
    bool required;    // of what arrives; in an answer: always there
    bool nullable;    // may be null
    const shape *shape; // of an object, or of the objects in a list
    shape_type of;      // of a list or map
    const char *(*name_of)(unsigned); // a text that is one of these names; "?" or NULL ends them
    unsigned first_name;
} shape_field;

struct shape {
    const char *name; // "Event", as in #/components/schemas/Event
    const char *text;
    const shape_field *fields; // ends with a NULL name
};

typedef struct shape_fault {
    char field[128];
    char reason[480];
} shape_fault;

// False with the fault set: a field that is not known, missing, of another type or out of range.
bool shape_check(const shape *s, const json_t *value, shape_fault *fault);
// False with the fault set: a query has no such parameter. The fault says which was meant, or which there are.
bool shape_knows(const shape *s, const char *key, shape_fault *fault);
// The JSON Schema of the shape; others are referred to by name. `asked`: it occurs in what arrives, where a time may be a number.
void shape_schema(const shape *s, bool asked, httpd_out *o);
void shape_field_schema(const shape_field *f, httpd_out *o); // of a field that arrives
// Calls `see` for this shape and all that it refers to; the same one may come twice.
void shape_each(const shape *s, void (*see)(void *user, const shape *s), void *user);

// Values of a checked object; the default when absent or null.
att_text shape_text(const json_t *object, const char *name);
double shape_number(const json_t *object, const char *name, double otherwise);
int64_t shape_whole(const json_t *object, const char *name, int64_t otherwise);
bool shape_bool(const json_t *object, const char *name, bool otherwise);
// False: the text is no time. Absent: *out_ms is left alone.
bool shape_time(const json_t *object, const char *name, int64_t *out_ms);
// RFC 3339 with or without a fraction, Z or an offset.
bool shape_parse_time(att_text text, int64_t *out_ms);

#endif
