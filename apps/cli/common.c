// SPDX-License-Identifier: Apache-2.0
// apps/cli/common.c - values of options, the store, and what is said on a terminal.
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int cli_usage(const cli *c, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const size_t size = strlen(text);
    fprintf(stderr, "attune %s: %s%s: attune %s --help\n", c->command->name, text,
        size && text[size - 1] == '?' ? " See" : "; see", c->command->name);
    return 64;
}

int cli_fail(const cli *c, att_status status, const att_error *err)
{
    fprintf(stderr, "attune %s: %s\n", c->command->name,
        err && err->text[0] ? err->text : att_status_text(status));
    return att_status_exit_code(status);
}

bool cli_must_number(const cli *c, const char *option, double least, double most, double *out)
{
    const char *text = cli_get(c, option);
    if (!text)
        return true;
    char *end;
    errno = 0;
    const double value = strtod(text, &end);
    if (end == text || *end || errno || !(value >= least && value <= most)) {
        cli_usage(c, "--%s is \"%s\", expected a number from %g to %g", option, text, least, most);
        return false;
    }
    *out = value;
    return true;
}

bool cli_whole(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (end == text || *end || errno || text[0] == '-' || value < least || value > most)
        return false;
    *out = value;
    return true;
}

bool cli_must_whole(const cli *c, const char *option, uint64_t least, uint64_t most, uint64_t *out)
{
    const char *text = cli_get(c, option);
    if (!text)
        return true;
    if (!cli_whole(text, least, most, out)) {
        cli_usage(c, "--%s is \"%s\", expected a whole number from %llu to %llu", option, text,
            (unsigned long long)least, (unsigned long long)most);
        return false;
    }
    return true;
}

bool cli_time_parse(const char *text, int64_t *out_ms)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (end && (strcmp(end, "Z") == 0 || *end == 0)) {
        *out_ms = (int64_t)timegm(&tm) * 1000;
        return true;
    }
    memset(&tm, 0, sizeof tm);
    end = strptime(text, "%Y-%m-%d", &tm);
    if (end && *end == 0) {
        *out_ms = (int64_t)timegm(&tm) * 1000;
        return true;
    }
    char *rest;
    errno = 0;
    const long long ms = strtoll(text, &rest, 10);
    if (rest == text || *rest || errno || ms < 0)
        return false;
    *out_ms = ms;
    return true;
}

bool cli_must_time(const cli *c, const char *option, int64_t *out_ms)
{
    const char *text = cli_get(c, option);
    if (!text || cli_time_parse(text, out_ms))
        return true;
    cli_usage(c, "--%s is \"%s\", expected 2026-11-23, 2026-11-23T12:00:00Z, or milliseconds since 1970",
        option, text);
    return false;
}

static bool class_option(
    const cli *c, const char *option, bool (*parse)(att_text, uint8_t *), uint8_t *out)
{
    const char *text = cli_get(c, option);
    if (!text || parse(att_text_of(text), out))
        return true;
    for (const cli_option *o = c->command->options; o->name; o++)
        if (strcmp(o->name, option) == 0)
            cli_usage(c, "--%s is \"%s\", expected one of: %s", option, text, o->help);
    return false;
}

bool cli_must_context(const cli *c, att_context *out)
{
    *out = att_context_unknown();
    double offset = 0;
    if (!class_option(c, "device", att_device_parse, &out->device) ||
        !class_option(c, "place", att_place_parse, &out->place) ||
        !class_option(c, "activity", att_activity_parse, &out->activity) ||
        !class_option(c, "noise", att_noise_parse, &out->noise) ||
        !cli_must_number(c, "utc-offset", -840, 840, &offset))
        return false;
    if (cli_get(c, "utc-offset"))
        out->utc_offset_min = (int16_t)offset;
    return true;
}

const char *cli_store_path(const cli *c)
{
    const char *path = cli_get(c, "store");
    if (!path)
        path = getenv("ATTUNE_STORE");
    return path && path[0] ? path : "attune.attune";
}

// What is said again, of one file after another, is said once.
void cli_log(void *user, att_log_level level, const char *message)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static char last[512];
    const cli *c = user;
    if (level < ATT_LOG_WARNING || c->quiet)
        return;
    pthread_mutex_lock(&lock);
    if (strcmp(last, message) != 0) {
        snprintf(last, sizeof last, "%s", message);
        fprintf(stderr, "attune: %s\n", message);
    }
    pthread_mutex_unlock(&lock);
}

// $ATTUNE_WAIT: seconds to wait for another process that writes.
static bool wait_from_environment(const cli *c, int32_t *out_ms)
{
    const char *text = getenv("ATTUNE_WAIT");
    char *end;
    if (!text || !text[0])
        return true;
    const double seconds = strtod(text, &end);
    if (end == text || *end || !(seconds >= 0.001 && seconds <= 86400)) {
        cli_usage(c, "$ATTUNE_WAIT is \"%s\", expected seconds from 0.001 to 86400", text);
        return false;
    }
    *out_ms = (int32_t)(seconds * 1000);
    return true;
}

bool cli_open_options(cli *c, bool create, bool read_only, att_open_options *out)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    *out = (att_open_options){.create = create, .read_only = read_only, .threads = cores > 0 && cores < 64 ? (uint32_t)cores : 1};
    return wait_from_environment(c, &out->wait_ms);
}

att_engine *cli_open(cli *c, bool create, bool read_only, int *exit_code)
{
    att_engine *engine = NULL;
    att_error err = {0};
    att_open_options options;
    if (!cli_open_options(c, create, read_only, &options)) {
        *exit_code = 64;
        return NULL;
    }
    const att_status status = att_engine_open(&engine, cli_store_path(c), &options, &c->host, &err);
    if (status == ATT_NOT_FOUND)
        fprintf(stderr, "attune %s: there is no store %s; make one with: attune init --store %s\n",
            c->command->name, cli_store_path(c), cli_store_path(c));
    else if (status)
        cli_fail(c, status, &err);
    *exit_code = att_status_exit_code(status);
    return engine;
}

// --- Output -------------------------------------------------------------------------------------------------

json_t *cli_json_text(att_text text)
{
    json_t *value = json_stringn(text.data ? text.data : "", text.size);
    return value ? value : json_string("");
}

int cli_print_json(json_t *value)
{
    const int bad = json_dumpf(value, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9));
    json_decref(value);
    putchar('\n');
    return bad ? 74 : 0;
}

const char *cli_paint(const cli *c, const char *style)
{
    static const struct {
        const char *name, *code;
    } styles[] = {{"bold", "\033[1m"}, {"dim", "\033[2m"}, {"green", "\033[32m"}, {"red", "\033[31m"},
        {"yellow", "\033[33m"}, {"cyan", "\033[36m"}, {"reset", "\033[0m"}};
    for (size_t i = 0; c->colour && i < sizeof styles / sizeof styles[0]; i++)
        if (strcmp(styles[i].name, style) == 0)
            return styles[i].code;
    return "";
}

const char *cli_count(uint64_t count, const char *one, const char *many)
{
    static char ring[8][64];
    static unsigned next;
    char *out = ring[next++ % 8];
    snprintf(out, sizeof ring[0], "%llu %s", (unsigned long long)count, count == 1 ? one : many);
    return out;
}

void cli_time_text(int64_t at_ms, char out[32])
{
    if (at_ms == 0) {
        strcpy(out, "-");
        return;
    }
    const time_t seconds = (time_t)(at_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(out, 32, "%Y-%m-%d %H:%M", &tm);
}

void cli_bar(double share, int width, char *out)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const int units = (int)lround(fmin(1, fmax(0, share)) * width * 8);
    char *at = out;
    for (int i = 0; i < units / 8; i++)
        at = stpcpy(at, "█");
    stpcpy(at, eighths[units % 8]);
}

// Columns as wide as their widest cell, counted in code points (our texts have no wide characters of note).
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

void cli_print_table(
    const cli *c, const char *const *cells, size_t columns, size_t rows, const char *align)
{
    size_t widths[32] = {0};
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < columns && k < 32; k++) {
            const size_t width = width_of(cells[r * columns + k]);
            if (width > widths[k])
                widths[k] = width;
        }
    for (size_t r = 0; r < rows; r++) {
        fputs(r == 0 ? cli_paint(c, "bold") : "", stdout);
        for (size_t k = 0; k < columns && k < 32; k++) {
            const char *cell = cells[r * columns + k];
            const int pad = (int)(widths[k] - width_of(cell));
            fputs(k ? "  " : "", stdout);
            if (align[k] == 'r')
                printf("%*s%s", pad, "", cell);
            else
                printf("%s%*s", cell, k + 1 == columns ? 0 : pad, "");
        }
        fputs(r == 0 ? cli_paint(c, "reset") : "", stdout);
        putchar('\n');
    }
}
