// SPDX-License-Identifier: Apache-2.0
// httpd/console.c - the console's files, which are part of the program (apps/console bundles them).
#include "httpd.h"

#include <string.h>

typedef struct console_file {
    const char *path, *type;
    const unsigned char *data, *end;         // NULL: this build has none
    const unsigned char *packed, *packed_end; // gzip; NULL: only as it is
} console_file;

#ifdef ATT_CONSOLE
#include "console_tag.h" // CONSOLE_TAG: a hash of all files, so that this one is compiled anew with them

#define EMBED(name, file)                                                                                          \
    __asm__(".section .rodata\n.balign 16\n" #name ":\n.incbin \"" CONSOLE_FOLDER file "\"\n" #name "_end:\n.byte 0\n.previous\n"); \
    extern const unsigned char name[] __attribute__((visibility("hidden")));                                       \
    extern const unsigned char name##_end[] __attribute__((visibility("hidden")))
EMBED(console_page, "index.html");
EMBED(console_script, "console.js");
EMBED(console_style, "console.css");
EMBED(console_icon, "console.svg");
EMBED(console_script_gz, "console.js.gz");
EMBED(console_style_gz, "console.css.gz");

static const console_file console_files[] = {
    {"/", "text/html; charset=utf-8", console_page, console_page_end, NULL, NULL},
    {"/console.js", "text/javascript; charset=utf-8", console_script, console_script_end, console_script_gz, console_script_gz_end},
    {"/console.css", "text/css; charset=utf-8", console_style, console_style_end, console_style_gz, console_style_gz_end},
    {"/console.svg", "image/svg+xml", console_icon, console_icon_end, NULL, NULL}, {0}};
#else
#define CONSOLE_TAG ""
static const console_file console_files[] = {{0}};
#endif

// The same files stand under another tag when they are packed, since their bytes differ (RFC 9110, section 8.8.3).
static const char plain_tag[] = "\"" CONSOLE_TAG "\"", packed_tag[] = "\"" CONSOLE_TAG "-gz\"";

bool httpd_console_any(void)
{
    return console_files[0].path != NULL;
}

bool httpd_console_answer(httpd_exchange *x, const char *method)
{
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return false;
    for (const console_file *file = console_files; file->path; file++) {
        if (strcmp(file->path, x->path) != 0)
            continue;
        const char *accepted = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Accept-Encoding");
        x->packed = file->packed && accepted && strstr(accepted, "gzip");
        x->tag = x->packed ? packed_tag : plain_tag;
        x->type = file->type;
        x->page = true;
        x->answered = true;
        const char *known = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "If-None-Match");
        if (known && strstr(known, x->tag)) {
            x->status = 304;
            return true;
        }
        const unsigned char *data = x->packed ? file->packed : file->data, *end = x->packed ? file->packed_end : file->end;
        out_raw(&x->answer, (const char *)data, (size_t)(end - data));
        x->status = 200;
        return true;
    }
    return false;
}
