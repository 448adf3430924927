// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_serve.c - the daemon's door: serve, and the keys that open it.
#include "cli.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef ATT_HTTPD
#include "serve_demo.h"

#include <stdlib.h>

// --- serve --------------------------------------------------------------------------------------------------

// One JSON object a line on stderr: a time, a level, and what there is to say. Requests are objects of their own.
static void log_line(void *user, att_log_level level, const char *message)
{
    (void)user;
    static const char *const levels[] = {"debug", "info", "warning", "error"};
    if (level == ATT_LOG_DEBUG)
        return;
    struct timespec now;
    struct tm tm;
    char at[40];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%S", &tm);
    if (message[0] == '{') {
        fprintf(stderr, "{\"at\":\"%s.%03ldZ\",%s\n", at, now.tv_nsec / 1000000, message + 1);
        return;
    }
    json_t *line = json_pack("{s:s+,s:s,s:s}", "at", at, "Z", "level", levels[level], "message", message);
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    if (text)
        fprintf(stderr, "%s\n", text);
    free(text);
    json_decref(line);
}

// Said when requests can be served; that it listens before is in the log.
static void say_ready(void *user, const char *address, uint16_t port, int64_t took_ms, uint64_t events)
{
    const cli *c = user;
    const bool v6 = strchr(address, ':') != NULL;
    const char *scheme = cli_get(c, "tls-certificate") ? "https" : "http";
    if (c->json)
        printf("{\"ready_ms\":%lld,\"events\":%llu,\"url\":\"%s://%s%s%s:%u\"}\n", (long long)took_ms,
            (unsigned long long)events, scheme, v6 ? "[" : "", address, v6 ? "]" : "", port);
    else
        printf("attune serves %s on %s://%s%s%s:%u (ready after %.2f s with %s; Ctrl-C ends it)\n", cli_store_path(c), scheme,
            v6 ? "[" : "", address, v6 ? "]" : "", port, (double)took_ms / 1e3, cli_count(events, "event", "events"));
    fflush(stdout);
}

// "NAME=STORE,NAME=STORE" taken apart in `text`; false: told.
static bool read_tenants(const cli *c, char *text, httpd_store *stores, size_t *count)
{
    for (char *part; (part = strsep(&text, ","));) {
        char *equals = strchr(part, '=');
        if (!equals || equals == part || !equals[1])
            return cli_usage(c, "--tenants holds \"%s\", expected NAME=STORE with commas between", part), false;
        if (*count == HTTPD_TENANTS_MAX)
            return cli_usage(c, "--tenants has more than %d stores", HTTPD_TENANTS_MAX - 1), false;
        *equals = 0;
        stores[(*count)++] = (httpd_store){part, equals + 1};
    }
    return true;
}

// What is not there is told before anything listens.
static int check_stores(const cli *c, const httpd_store *stores, size_t count)
{
    for (size_t i = 0; i < count && !cli_flag(c, "create"); i++)
        if (access(stores[i].path, F_OK) != 0) {
            fprintf(stderr, "attune serve: there is no store %s; make one with: attune init --store %s\n", stores[i].path, stores[i].path);
            return att_status_exit_code(ATT_NOT_FOUND);
        }
    return 0;
}

static const char *keys_path(const cli *c, char *out, size_t size)
{
    const char *given = cli_get(c, "keys");
    if (given)
        return given;
    snprintf(out, size, "%s-keys", cli_store_path(c));
    return out;
}

static int run_serve(cli *c)
{
    httpd_options options = httpd_options_default();
    uint64_t port = options.port, workers = options.workers, body = options.body_size_max, sound = options.sound_size_max, header_s = options.header_s,
             checkpoint_s = options.checkpoint_s;
    char path[4096];
    double tenant_rate = 0;
    if (!cli_must_number(c, "tenant-rate", 0, 1e9, &tenant_rate) || !cli_must_whole(c, "port", 0, 65535, &port) || !cli_must_whole(c, "workers", 1, HTTPD_WORKERS_MAX, &workers) ||
        !cli_must_whole(c, "body-size", 1024, (uint64_t)1 << 30, &body) || !cli_must_whole(c, "sound-size", 1024, (uint64_t)512 << 20, &sound) ||
        !cli_must_whole(c, "header-time", 1, 3600, &header_s) || !cli_must_whole(c, "checkpoint", 0, 86400, &checkpoint_s))
        return 64;
    options.port = (uint16_t)port;
    options.workers = (unsigned)workers;
    options.body_size_max = (size_t)body;
    options.sound_size_max = (size_t)sound;
    options.header_s = (unsigned)header_s;
    options.checkpoint_s = (unsigned)checkpoint_s;
    if (cli_get(c, "address"))
        options.address = cli_get(c, "address");
    options.open = cli_flag(c, "open");
    options.keys_path = options.open && !cli_get(c, "keys") ? NULL : keys_path(c, path, sizeof path);
    options.certificate_path = cli_get(c, "tls-certificate");
    options.private_key_path = cli_get(c, "tls-key");
    options.cors_origins = cli_get(c, "cors");
    options.policy_path = cli_get(c, "policy");
    options.quiet = c->quiet;
    options.ready = say_ready;
    options.ready_user = c;
    c->host.log = log_line;
    if (cli_flag(c, "demo")) {
        options.keys_path = cli_get(c, "keys");
        return cli_serve_demo(c, options);
    }
    c->host.progress = NULL;
    options.tenant_rate = tenant_rate;
    if (!cli_open_options(c, cli_flag(c, "create"), false, &options.open_stores))
        return 64;
    httpd_store stores[HTTPD_TENANTS_MAX] = {{"default", cli_store_path(c)}};
    char *tenants = cli_get(c, "tenants") ? strdup(cli_get(c, "tenants")) : NULL;
    options.stores = stores;
    options.store_count = 1;
    int code = tenants && !read_tenants(c, tenants, stores, &options.store_count) ? 64 : 0;
    if (!code)
        code = check_stores(c, stores, options.store_count);
    att_error err = {0};
    if (!code) {
        const att_status status = httpd_run(NULL, &options, &c->host, &err);
        code = status ? cli_fail(c, status, &err) : 0;
    }
    free(tenants);
    return code;
}

// --- key ----------------------------------------------------------------------------------------------------

static bool print_key(void *user, const char *name, const char *tenant, const char *scopes, double per_second, int64_t created_ms)
{
    const cli *c = user;
    char at[32];
    cli_time_text(created_ms, at);
    if (c->json)
        return cli_print_json(json_pack("{s:s,s:s,s:s,s:f,s:I}", "name", name, "tenant", tenant, "scopes", scopes, "per_second",
                   per_second, "created_ms", (json_int_t)created_ms)) == 0;
    printf("%-20s %-12s %-40s %s\n", name, tenant, scopes, at);
    return true;
}

static int create_key(cli *c, const char *path)
{
    char key[HTTPD_KEY_SIZE];
    double per_second = 0, burst = 0;
    att_error err = {0};
    if (c->argument_count < 2)
        return cli_usage(c, "create needs a NAME");
    if (!cli_must_number(c, "rate", 0, 1e9, &per_second) || !cli_must_number(c, "burst", 0, 1e9, &burst))
        return 64;
    const char *tenant = cli_get(c, "tenant") ? cli_get(c, "tenant") : "default";
    const char *scopes = cli_get(c, "scopes") ? cli_get(c, "scopes") : "read,events,decide";
    const att_status status = httpd_key_create(
        path, c->arguments[1], tenant, scopes, per_second, burst > 0 ? burst : per_second, key, &err);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:s,s:s,s:s}", "name", c->arguments[1], "scopes", scopes, "key", key));
    printf("%s\n", key);
    if (!c->quiet)
        fprintf(stderr, "attune key: this is the only time that the key is shown; %s holds a hash of it\n", path);
    return 0;
}

static int run_key(cli *c)
{
    char own[4096];
    const char *path = keys_path(c, own, sizeof own), *verb = c->arguments[0];
    att_error err = {0};
    att_status status = ATT_OK;
    if (strcmp(verb, "create") == 0)
        return create_key(c, path);
    if (strcmp(verb, "list") == 0)
        status = httpd_key_each(path, print_key, c, &err);
    else if (strcmp(verb, "revoke") != 0)
        return cli_usage(c, "unknown action \"%s\", expected create, list or revoke", verb);
    else if (c->argument_count < 2)
        return cli_usage(c, "revoke needs a NAME");
    else
        status = httpd_key_revoke(path, c->arguments[1], &err);
    return status ? cli_fail(c, status, &err) : 0;
}
#else
static int run_serve(cli *c)
{
    fprintf(stderr, "attune %s: this build has no daemon (libmicrohttpd was not there)\n", c->command->name);
    return 69;
}
#define run_key run_serve
#endif

static const cli_option serve_options[] = {{"address", 0, "IP", "to listen on; default 127.0.0.1"},
    {"port", 'p', "N", "default 8080; 0: any that is free"}, {"workers", 'w', "N", "threads that answer; default 2"},
    {"keys", 0, "FILE", "of keys; default STORE-keys"}, {"open", 0, NULL, "without keys, for this machine alone"},
    {"tls-certificate", 0, "FILE", "PEM; needed on other addresses than loopback"}, {"tls-key", 0, "FILE", "PEM"},
    {"tenants", 0, "LIST", "more stores, NAME=STORE,…; --store is the tenant \"default\""},
    {"tenant-rate", 0, "N", "requests a second of each tenant at most; default no limit"},
    {"policy", 0, "FILE", "YAML, put in force for --store at the start and on SIGHUP"},
    {"cors", 0, "LIST", "origins that browsers may call from, with commas between; default none"},
    {"body-size", 0, "BYTES", "of a request at most; default 4194304"}, {"sound-size", 0, "BYTES", "of a sound file at most; default 67108864"},
    {"header-time", 0, "S", "for a whole request to arrive; default 15"},
    {"checkpoint", 0, "S", "between looks whether enough is new to write people's state beside the store, so that it is ready soon after a kill; default 30; 0: when it stops alone"}, {"create", 0, NULL, "make the store when it is not there"},
    {"demo", 0, NULL, "simulated people use it, in a store that is made for them; default demo-live.attune"},
    {"day", 0, "S", "with --demo: how long a simulated day takes; default 30"},
    {"people", 0, "N", "with --demo; default 1000"}, {"items", 0, "N", "with --demo; default 2000"},
    {"days", 0, "N", "with --demo: of history; default 60"}, {"seed", 0, "N", "with --demo; default 1"}, {0}};
static const char *const serve_examples[] = {"attune key create app --scopes read,events,decide", "a key for an app",
    "attune serve --port 8080", "the service, on this machine", "attune serve --demo", "a first look: watch the engine learn from people who are made up",
    "attune serve --tenants shop=shop.attune,radio=radio.attune", "three stores; a key says which one is meant", NULL};
const cli_command cli_serve = {"serve", "Answer over HTTP", "", 0, 0,
    "Events, decisions, people, items and the policy as JSON over HTTP; /openapi.json describes all of it, /metrics is for\n"
    "Prometheus. Requests need a key (attune key); what a key may do is said by its scopes. It listens on this machine alone\n"
    "unless a certificate is given. SIGTERM ends it after what was begun, SIGHUP reads keys, certificate\n"
    "and policy anew without a dropped request. Log lines are JSON on\n"
    "standard error and name no person; --quiet leaves out those of single requests.\n"
    "It listens while the stores are read, and answers 503 until folds, model and index are in force; then it prints its address.",
    serve_options, serve_examples, run_serve};

static const cli_option key_options[] = {{"keys", 0, "FILE", "of keys; default STORE-keys"},
    {"scopes", 0, "LIST", "read, events, decide, people, catalogue, moderate, admin, or all; default read,events,decide"},
    {"tenant", 0, "NAME", "whose store it opens; default \"default\""},
    {"rate", 0, "N", "requests a second at most; default no limit"}, {"burst", 0, "N", "at once; default as the rate"}, {0}};
static const char *const key_examples[] = {"attune key create app --rate 500", "prints a new key, this once",
    "attune key revoke app", "it opens nothing from the next SIGHUP on",
    "attune key create shop-app --tenant shop", "opens the store of the tenant shop alone", NULL};
const cli_command cli_key = {"key", "Make, list and revoke keys of the service", "create|list|revoke [NAME]", 1, 2,
    "A key is 256 random bits. The file holds a keyed hash of it, so it cannot be shown a second time.", key_options, key_examples, run_key};
