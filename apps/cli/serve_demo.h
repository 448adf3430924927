// SPDX-License-Identifier: Apache-2.0
// apps/cli/serve_demo.h - the service with simulated people who use it.
#ifndef ATT_CLI_SERVE_DEMO_H
#define ATT_CLI_SERVE_DEMO_H

#include "live.h"

// What the demo makes: for each of the people (five at most) a piece for each of four situations, told line by line. Where nothing can be made
// that is said.
typedef struct demo_maker {
    cli *c;
    att_engine *engine;
    att_slate_memory *memory;
    bool quiet; // nothing is told
} demo_maker;
att_status cli_demo_make(demo_maker *m, const att_text *people, size_t count, att_error *err);

// The files of a demo's store.
void cli_demo_remove(const char *store);

#ifdef ATT_HTTPD
#include "httpd/serve.h"

// Makes world and store, and serves until it is told to stop. `options` as the command line says.
int cli_serve_demo(cli *c, httpd_options options);
// Engine and world are made with live_host(l). Without keys and --open a key is made and printed with the address. any_port: another
// one when options.port is taken. check: asks the service once, tells what it saw, and ends.
int cli_serve_live(cli *c, live *l, const char *store, att_engine *engine, const att_world *world, int64_t begin_ms, httpd_options options,
    bool any_port, bool check);
#endif

#endif
