// SPDX-License-Identifier: Apache-2.0
// httpd/answer.c - an answer goes out: its body, its headers, and errors as problem details (RFC 9457).
#include "routes.h"
#include "server.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *title_of(int status)
{
    switch (status) {
    case 400: return "The request is not valid";
    case 401: return "A key is needed";
    case 403: return "This key may not do that";
    case 404: return "There is no such thing";
    case 405: return "The path does not have this method";
    case 408: return "The request took too long";
    case 409: return "It is in conflict with what is there";
    case 411: return "The length of the body is needed";
    case 413: return "The request is too large";
    case 414: return "The path is too long";
    case 415: return "The body is of another type";
    case 416: return "There is no such part of it";
    case 421: return "The request was meant for another host";
    case 422: return "The values do not agree";
    case 429: return "Too many requests";
    case 501: return "This build cannot do it";
    case 503: return "The service is busy";
    case 507: return "The disk is full";
    default: return "Something went wrong";
    }
}

const char *httpd_request_id(const httpd_exchange *x, char out[80])
{
    if (x->given_id[0])
        return x->given_id;
    snprintf(out, 80, "%x-%llx", x->worker->number, (unsigned long long)x->id);
    return out;
}

void httpd_problem(httpd_exchange *x, int status, const char *field, const char *format, ...)
{
    char detail[800], id[80];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    httpd_out *o = &x->answer;
    out_clear(o);
    out_open(o, '{');
    out_key_string(o, "type", "about:blank");
    out_key_string(o, "title", title_of(status));
    out_key_whole(o, "status", (uint64_t)status);
    out_key_string(o, "detail", detail);
    if (field && field[0]) {
        out_key(o, "errors");
        out_open(o, '[');
        out_item(o);
        out_open(o, '{');
        out_key_string(o, "field", field);
        out_key_string(o, "detail", detail);
        out_close(o, '}');
        out_close(o, ']');
    }
    out_key_string(o, "request_id", httpd_request_id(x, id));
    out_close(o, '}');
    x->status = status;
    x->type = "application/problem+json";
    x->answered = true;
}

void httpd_failed(httpd_exchange *x, att_status status, const att_error *err)
{
    static const int statuses[ATT_STATUS_COUNT] = {[ATT_INVALID] = 400, [ATT_NOT_FOUND] = 404, [ATT_EXISTS] = 409,
        [ATT_BUSY] = 503, [ATT_LIMIT] = 413, [ATT_FULL] = 507, [ATT_READ_ONLY] = 403, [ATT_NO_MEMORY] = 503,
        [ATT_CANCELLED] = 503, [ATT_UNSUPPORTED] = 501, [ATT_DENIED] = 403};
    const int http = statuses[status] ? statuses[status] : 500;
    const char *story = err && err->text[0] ? err->text : att_status_text(status);
    if (http == 503)
        x->retry_after_s = 1;
    char id[80];
    if (http == 500)
        httpd_say(x->worker->server, ATT_LOG_ERROR, "request %s failed: %s", httpd_request_id(x, id), story);
    httpd_problem(x, http, NULL, "%s", story);
}

static size_t field_size(const char *at)
{
    const size_t size = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-[]");
    return size && (strncmp(at + size, ": ", 2) == 0 || strncmp(at + size, " is missing", 11) == 0) ? size : 0;
}

void httpd_refused(httpd_exchange *x, att_status status, int http, const att_error *err)
{
    if (status != ATT_INVALID && status) {
        httpd_failed(x, status, err);
        return;
    }
    if (!status)
        return;
    const char *at = err->text, *colon = strchr(at, ':');
    char field[96] = "";
    if (colon && colon[1] >= '0' && colon[1] <= '9') { // NAME:LINE:
        at = colon + 1 + strspn(colon + 1, "0123456789");
        at += at[0] == ':' && at[1] == ' ' ? 2 : 0;
    }
    snprintf(field, sizeof field, "%.*s", (int)field_size(at), at);
    httpd_problem(x, http, field, "%s", err->text);
}

// Readers of lines name the field in their fault; checks behind them in the story alone: field "item": …
void httpd_wire_refused(httpd_exchange *x, size_t line, const att_wire_fault *fault, const att_error *err)
{
    static const char opening[] = "field \"";
    char field[sizeof fault->field] = "";
    if (fault->field[0])
        memcpy(field, fault->field, sizeof field);
    else if (strncmp(err->text, opening, sizeof opening - 1) == 0)
        snprintf(field, sizeof field, "%.*s", (int)strcspn(err->text + sizeof opening - 1, "\""), err->text + sizeof opening - 1);
    if (line)
        httpd_problem(x, 400, field, "line %zu: %s", line, err->text);
    else
        httpd_problem(x, 400, field, "%s", err->text);
}

enum MHD_Result httpd_answer(httpd_exchange *x)
{
    if (x->answer.failed) {
        out_free(&x->answer);
        httpd_problem(x, 503, NULL, "memory ran out");
    }
    struct httpd_range range;
    httpd_range_take(x, &range);
    struct MHD_Response *response =
        x->feed && !x->answered ? httpd_stream_response(x)
                                : MHD_create_response_from_buffer(
                                      range.size, x->answer.data ? x->answer.data + range.from : "", MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    char text[80];
    if (x->type)
        MHD_add_response_header(response, "Content-Type", x->type);
    MHD_add_response_header(response, "X-Request-Id", httpd_request_id(x, text));
    if (x->page) {
        // The page speaks to this service alone and loads nothing from elsewhere.
        MHD_add_response_header(response, "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src blob:; connect-src 'self'; base-uri 'none'; form-action "
            "'none'; frame-ancestors 'none'");
        MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
        MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
        MHD_add_response_header(response, "Cache-Control", "no-cache");
        MHD_add_response_header(response, "ETag", x->tag);
        MHD_add_response_header(response, "Vary", "Accept-Encoding");
        if (x->packed)
            MHD_add_response_header(response, "Content-Encoding", "gzip");
    } else if (x->route && strcmp(x->route->method, "GET") == 0) { // no cache keeps what others answer
        MHD_add_response_header(response, "Cache-Control", "no-store");
    }
    if (x->feed && !x->answered)
        MHD_add_response_header(response, "X-Accel-Buffering", "no"); // nginx would keep what is to be heard at once
    if (range.offered)
        MHD_add_response_header(response, "Accept-Ranges", "bytes");
    if (range.told[0])
        MHD_add_response_header(response, "Content-Range", range.told);
    if (x->allow[0])
        MHD_add_response_header(response, "Allow", x->allow);
    if (x->location[0])
        MHD_add_response_header(response, "Location", x->location);
    if (x->status == 401)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"attune\"");
    if (x->retry_after_s) {
        snprintf(text, sizeof text, "%d", x->retry_after_s);
        MHD_add_response_header(response, "Retry-After", text);
    }
    httpd_cors_headers(x, response);
    const enum MHD_Result queued = MHD_queue_response(x->connection, (unsigned)x->status, response);
    MHD_destroy_response(response);
    return queued;
}
